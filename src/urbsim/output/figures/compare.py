"""Scenarios side by side as pictures, each of which answers one question."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from urbsim.names import fold
from urbsim.output.figures.lettering import SMALL, shortened, width_of, wrap
from urbsim.output.figures.look import (
    DIAMOND,
    GREY,
    INK,
    OWN_TARGET,
    RED,
    TARGET,
    End,
    Handle,
    end_of,
    history_keys,
    keys,
    label_ends,
    labels_fit,
    left_room,
    line_styles,
    mark_history,
    number_axis,
    plot_line,
    room_for,
    save,
    styled,
    tidy,
)
from urbsim.output.figures.marks import Notes, distinct, draw_marks, target_marks
from urbsim.output.figures.page import EDGE, GAP, WIDTH, lay_out, sheet
from urbsim.output.tables.compare import (
    TOGETHER,
    area_around,
    base_values,
    last_rows,
    level_around,
    same_demand,
    target_of,
)
from urbsim.output.words.finding import find, lowered
from urbsim.output.words.moves import move
from urbsim.output.words.terms import (
    STOP,
    axis_number,
    axis_scale,
    axis_unit,
    base_position,
    quoted,
    with_unit,
)
from urbsim.study.bought import Bought
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation, Place
from urbsim.study.report import Series
from urbsim.study.standing import Standing
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

HIGH, HIGHEST = 2.8, 3.7  # [inches] height of the axes of a single picture, and what labels may make of it
FEW = 5  # columns of small multiples that hold as many lines as there are scenarios
LINES = 3  # in the small multiples of more columns: the base, and those that change most
NAMES = 185  # [points] width of the names of levers
UNTINTED = "#FEFEFE"
TINTS = ("#FFFFFF", "#FDF0E1", "#F9D9B4", "#EFB780")  # light to dark, in grey too: reached, and ever farther
UNHELD, UNHELD_HATCH = "#DDDDDD", "////"  # no target
BLUE, LIGHT = "#0072B2", "#B9D7EA"
EDGING: dict[str, Any] = {"edgecolor": "#BBBBBB", "linewidth": 0.5}
TICK: dict[str, Any] = {"marker": "|", "markersize": 6, "color": RED, "markeredgewidth": 1.6}
LEVEL: dict[str, Any] = {"color": "#7F7F7F", "linewidth": 0.9, "linestyle": (0, (3, 1.5))}  # no target
HATCHED: dict[str, Any] = {"facecolor": LIGHT, "edgecolor": BLUE, "linewidth": 0.6, "hatch": "////"}
TINY = 6.0  # size of type in a small panel
LEAST = 5.5  # and the least
TILES = 5.0  # [points] between many small panels
SEEN = 0.003  # [-] of what an axis spans: what can be seen on it

_QUESTION = {
    "values": Words(zh="各情景走向如何？", en="Where does each scenario lead?"),
    "differences": Words(zh="各情景改变了多少？", en="How much does each scenario change?"),
    "levers": Words(zh="每项政策带来了什么？", en="What did each lever buy?"),
    "map": Words(zh="哪些区域还差得最远，在哪里？", en="Which regions have farthest to go, and where?"),
    "changes": Words(zh="各情景改变了哪些区域？", en="Where does each scenario change things?"),
    "ranking": Words(zh="哪些区域还差得最远？", en="Which regions have farthest to go?"),
}
_POINTS = Words(zh="个百分点", en=" points")
_OVER = Words(zh="与{}之差", en="difference to {}")
_OWN_BASE = Words(zh="其对照情景", en="its base")
_OWN_BASES = Words(zh="各自的对照情景", en="base of each")
_SAME = Words(
    zh="{what}：到{year}年各情景与{base}几乎没有差别", en="{what}: by {year} no scenario differs from {base}"
)
_ONE = Words(zh="{what}：{year}年{who}比{base}{how}", en="{what} in {year}: {who} is {how} {base}")
_TWO = Words(
    zh="{what}：{year}年{who}比{base}{how}，{other}{less}",
    en="{what} in {year}: {who} is {how} {base}, {other} {less}",
)
_MORE = Words(zh="高{}", en="{} above")
_LESS = Words(zh="低{}", en="{} below")
_LEVERS = Words(
    zh="{what}：{when}{scenario}共带来{much}；影响最大的单项：{lever}（单独实施{alone}）",
    en="{what} {when}: {scenario} brings {much} in all; largest single effect: {lever} ({alone} alone)",
)
_LEVERS_OTHER = Words(zh="反方向最大的单项：{}（{}）", en="largest the other way: {} ({})")
_BY = Words(zh="到{last}年", en="by {last}")
_WITHIN = Words(zh="{first}—{last}年累计，", en="in {first} to {last}, added up")
_SINCE = Words(zh="{first}—{last}年累计{what}", en="sum of {what}, {first} to {last}")
_ALONE = Words(zh="单独实施这一项", en="this lever alone")
_LAST = Words(zh="在其余各项之后加入", en="added after all the others")
_LEVER_NOTE = Words(
    zh="政策之间相互影响，各项之和不等于合计，差额列在最下面：深色为合计减去各项单独之和，斜线为合计减去各项最后加入之和。",
    en="Levers act through each other, so all together are not the sum of the bars; the rest stands below.",
)
_NOT_SEEN = Words(zh="看不出作用的：{}。", en="Without an effect to be seen: {}.")
_UNDER = Words(zh="{name}：{year}年{base}下，{parts}", en="{name} in {year} under {base}: {parts}")
_REACH = Words(zh="{n}个有自身目标的区域{met}", en="{met} of {n} regions reach a target of their own")
_REACH_LEVEL = Words(zh="按{level}衡量，{n}个区域{met}", en="{met} of {n} regions come up to {level}")
_REACHES = {
    True: Words(zh="{who}达到自身目标", en="{who} reaches its own target"),
    False: Words(zh="{who}未达到自身目标", en="{who} misses its own target"),
}
_COUNTS = {
    "none": Words(zh="均未达到", en="none"),
    "all": Words(zh="全部达到", en="all"),
    "some": Words(zh="中{met}个达到", en="{met}"),
}
_FARTHEST = {
    ">=": Words(zh="，{who}低{gap}，差距最大", en=", {who} is farthest below, by {gap}"),
    "<=": Words(zh="，{who}高{gap}，差距最大", en=", {who} is farthest above, by {gap}"),
}
_GAP = {">=": Words(zh="，低{gap}", en=" by {gap}"), "<=": Words(zh="，高{gap}", en=" by {gap}")}
_BEST = Words(zh="{}下{}个", en="under {}: {}")
_NO_TARGET = Words(zh="{what}：{year}年各区域", en="{what} by region in {year}")
_CHANGES = Words(
    zh="{what}：到{year}年{who}变化最大的是{where}（{much}）",
    en="{what} by {year}: the largest change of {who} is in {where} ({much})",
)
_CHANGES_NONE = Words(zh="{what}：到{year}年各区域几乎没有变化", en="{what}: no region changes by {year}")
_NUMBER = Words(zh="格中数字：“{base}”{year}年的数值。", en="Numbers: ‘{base}’ in {year}.")
_NUMBER_BOTH = Words(zh="格中数字：{year}年“{base}”→“{other}”。", en="Numbers: {year}, ‘{base}’ → ‘{other}’.")
_NUMBER_CHANGE = Words(
    zh="格中数字：{year}年与{base}之差中最大的一个。",
    en="Numbers: the largest difference to {base} in {year}.",
)
_DRAWN = Words(
    zh="图中只画{n}个情景中的“{base}”和变化最大的{few}个；其余见ranking.csv。",
    en="Of {n} scenarios only ‘{base}’ and the {few} that change most are drawn; ranking.csv has all.",
)
_TINT = Words(zh="底色：“{base}”{year}年与{what}的差距。", en="Tint: gap of ‘{base}’ to {what} in {year}.")
_MET = Words(zh="达到{}", en="at {} or better")
_SHORT = {
    ">=": Words(zh="低于{what}{low}—{high}", en="{low} to {high} below {what}"),
    "<=": Words(zh="高于{what}{low}—{high}", en="{low} to {high} above {what}"),
}
_FAR = {
    ">=": Words(zh="低于{what}{low}以上", en="{low} or more below {what}"),
    "<=": Words(zh="高于{what}{low}以上", en="{low} or more above {what}"),
}
_UNHELD = Words(zh="没有目标", en="no target")
_ITS_TARGET = Words(zh="目标", en="its target")
_THE_CITYS = Words(zh="全市水平", en="the city’s level")
_THE_LEVEL = Words(zh="所列水平", en="the level")
_NOT_ITS_OWN = Words(
    zh="没有自身目标的区域按{}衡量，这不是对各区域的要求。",
    en="Regions without a target of their own are measured by {}, which is not demanded of each of them.",
)
_ITS_TARGETS = Words(
    zh="各情景的目标不同，图中目标和差距按“{}”的目标。",
    en="Scenarios have different targets; those drawn, and the gaps, are of ‘{}’.",
)
_GAPS = Words(zh="右侧数字：“{}”与{}的差距。", en="Numbers at the right: gap of ‘{}’ to {}.")
_ARRANGED = Words(
    zh="方格大致按地理位置排列，上北下南。", en="Panels stand roughly as on the map, north above."
)


def write_compare_figures(
    folder: Path,
    outcomes: Sequence[Outcome],
    indicators: Sequence[Indicator],
    areas: Sequence[str],
    rankings: Sequence[Sequence[Standing]],
    levers: Sequence[Bought],
    languages: Sequence[Language],
    starting: Callable[[str], object] = lambda _: None,
    differing: Collection[str] | None = None,
) -> None:
    """Draw what the comparison allows, as PNG and SVG, in each language.

    Parameters
    ----------
    differing
        Ids of the indicators of which differences are drawn too; None: of all.
    """
    folder.mkdir()
    for language in languages:
        with styled(language):
            for stem, figure in figures(outcomes, indicators, areas, rankings, levers, language, differing):
                starting(f"{stem}_{language}")
                save(figure, folder, f"{stem}_{language}")


def figures(
    outcomes: Sequence[Outcome],
    indicators: Sequence[Indicator],
    areas: Sequence[str],
    rankings: Sequence[Sequence[Standing]],
    levers: Sequence[Bought],
    language: Language,
    differing: Collection[str] | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Give every figure with the stem of its file name; see `write_compare_figures`."""
    for area in areas:
        part = f"{_stem(area)}_" if len(areas) > 1 else ""
        for indicator in indicators:
            runs = [outcome for outcome in outcomes if _find(outcome, indicator.id, area)]
            if not runs:
                continue
            yield f"{part}{indicator.id}", draw_values(runs, indicator, area, language)
            if differing is not None and indicator.id not in differing:
                continue
            if any(_differences(outcome, indicator, area, outcomes) is not None for outcome in runs):
                figure = draw_differences(runs, indicator, area, language, among=outcomes)
                yield f"{part}{indicator.id}_difference", figure
    for one in levers:
        part = f"{_stem(one.area)}_" if len(areas) > 1 else ""
        yield f"{part}levers_{_stem(one.outcome.name)}", draw_levers(one, language)
    for ranking in rankings:
        part = f"{ranking[0].outcome.place.name}_" if len(rankings) > 1 else ""
        yield f"{part}regions_{ranking[0].indicator.id}", draw_regions(ranking, language)
        if changes := draw_changes(_runs(ranking), ranking[0].indicator, ranking[0].year, language):
            yield f"{part}regions_{ranking[0].indicator.id}_difference", changes
        yield f"{part}ranking_{ranking[0].indicator.id}", draw_ranking(ranking, language)


def draw_values(outcomes: Sequence[Outcome], indicator: Indicator, area: str, language: Language) -> Figure:
    """Draw an indicator in every scenario, with what was observed and what plans demand."""
    styles = line_styles(outcomes)
    ends = [
        End(*end, f"{o.scenario.title[language]} {axis_number(end[1], indicator, language)}", style)
        for o, style in zip(outcomes, styles, strict=True)
        if (end := end_of(_years(o), _values(o, indicator, area)))
    ]
    figure, axes, beside = _sheet(ends)
    for position, (outcome, style) in enumerate(zip(outcomes, styles, strict=True)):
        plot_line(axes, _years(outcome), _values(outcome, indicator, area), style, position)
    observed, targets = _observed(outcomes, indicator, area), _targets(outcomes, indicator, area)
    mark_history(axes, observed)
    tidy(axes)
    number_axis(axes, indicator, language)
    right = room_for(end.text for end in ends) if beside else 0.0
    width = 72 * WIDTH - 2 * EDGE - left_room(axes) - max(right, 10.0)
    first, last = axes.get_xlim()
    rooms = [(target.year - first) / (last - first) * width for target in targets]
    notes = Notes()
    draw_marks([(axes, target_marks(targets, indicator, language, notes, rooms))], width)
    if beside:
        label_ends(axes, ends)
    handles = [] if beside else _line_keys(outcomes, styles, language)
    found = find(outcomes, indicator.id, area, language)
    lay_out(
        figure,
        question=_QUESTION["values"][language],
        title=found.head if found else _what(indicator, area, outcomes[0].place, language),
        detail=found.more[:1].upper() + found.more[1:] if found else "",
        subtitle=_subtitle(
            outcomes[0].place, area, indicator.name[language], axis_unit(indicator, language), language
        ),
        handles=[
            *handles,
            *history_keys(observed, language),
            *keys(targets=bool(targets), own=_have_own(outcomes), language=language),
        ],
        notes=notes.lines,
        right=right,
    )
    return figure


def draw_differences(
    outcomes: Sequence[Outcome],
    indicator: Indicator,
    area: str,
    language: Language,
    *,
    among: Sequence[Outcome] = (),
) -> Figure:
    """Draw what each scenario has beyond the one that it is held against, which is the line at nought."""
    styles = line_styles(outcomes)
    found = {
        outcome.name: values
        for outcome in outcomes
        if (values := _differences(outcome, indicator, area, among or outcomes)) is not None
    }
    shown = [(o, style) for o, style in zip(outcomes, styles, strict=True) if o.name in found]
    base = _base_title([o for o, _ in shown], among or outcomes, language)
    zero: dict[str, Any] = styles[base_position(outcomes)]
    ends = []
    span = float(np.ptp(np.concatenate([[0.0], *(values[np.isfinite(values)] for values in found.values())])))
    write = gap_writer(span, indicator, language)
    for outcome, style in shown:
        if end := end_of(_years(outcome), found[outcome.name]):
            number = signed(write(end[1]))
            ends.append(End(*end, f"{outcome.scenario.title[language]} {number}", style))
    last = max(end.x for end in ends)
    labels = [End(last, 0.0, base or _OWN_BASES[language], zero), *ends]
    figure, axes, beside = _sheet(labels)
    begin = _begin([(_years(o), found[o.name]) for o, _ in shown])
    axes.axhline(0, color=zero["color"], linewidth=zero["linewidth"], zorder=zero["zorder"])
    for position, (outcome, style) in enumerate(shown):
        late = _years(outcome) >= begin
        plot_line(axes, _years(outcome)[late], found[outcome.name][late], style, position)
    tidy(axes)
    number_axis(axes, indicator, language)
    right = label_ends(axes, labels) if beside else 0.0
    handles: list[Handle] = []
    if not beside:
        handles = [Line2D([], [], label=base or _OWN_BASES[language], color=zero["color"], linewidth=2.4)]
        handles += _line_keys([o for o, _ in shown], [style for _, style in shown], language)
    over = _OVER[language].format(quoted(base, language) if base else _OWN_BASES[language])
    unit = _POINTS[language].strip() if indicator.unit == "%" else axis_unit(indicator, language)
    lay_out(
        figure,
        question=_QUESTION["differences"][language],
        title=difference_title(
            [(o, float(end.y)) for (o, _), end in zip(shown, ends, strict=True)],
            _what(indicator, area, outcomes[0].place, language),
            lambda value: with_words(write(value), indicator, language),
            quoted(base, language) if base else _OWN_BASE[language],
            int(last),
            language,
        ),
        subtitle=_subtitle(
            outcomes[0].place, area, f"{indicator.name[language]}{_comma(language)}{over}", unit, language
        ),
        handles=handles,
        right=right,
    )
    return figure


def difference_title(
    found: Sequence[tuple[Outcome, float]],
    what: str,
    write: Callable[[float], str],
    base: str,
    year: int,
    language: Language,
) -> str:
    """Say which scenario changes an indicator most, and which the other way.

    Parameters
    ----------
    found
        Scenarios with their differences in that year.
    write
        Writes a difference with its unit.
    """

    def beyond(value: float) -> str:
        return (_MORE if value > 0 else _LESS)[language].format(write(abs(value)))

    outcome, most = max(found, key=lambda pair: abs(pair[1]))
    if nothing(write(most)):
        return _SAME[language].format(what=what, year=year, base=base)
    other, least = min(found, key=lambda pair: pair[1] * math.copysign(1, most))
    parts = {
        "what": what,
        "year": year,
        "base": base,
        "who": quoted(outcome.scenario.title[language], language),
        "how": beyond(most),
    }
    if least * most < 0 and not nothing(write(least)):
        who = quoted(other.scenario.title[language], language)
        return _TWO[language].format(**parts, other=who, less=beyond(least))
    return _ONE[language].format(**parts)


def gap_writer(span: float, indicator: Indicator, language: Language) -> Callable[[float], str]:
    """Give what writes differences in the numbers of their axis, with the digits that this span asks for."""
    scale = axis_scale(indicator, language)
    size = math.floor(math.log10(scale * span)) if span > 0 else 0
    decimals = max(1 if scale * span < 50 else 0, 1 - size)

    def write(value: float) -> str:
        number = scale * value
        if abs(number) >= 1e4:
            number = float(f"{number:.3g}")
        return f"{number:,.{decimals}f}".replace("-", "\u2212")

    return write


def nothing(number: str) -> bool:
    """Say whether a written number has no digit but nought."""
    return not re.search("[1-9]", number)


def told(value: float, indicator: Indicator, language: Language) -> str:
    """Write a value of an indicator, or a difference, as a person would say it, with its unit."""
    return with_words(axis_number(value, indicator, language), indicator, language)


def with_words(number: str, indicator: Indicator, language: Language) -> str:
    """Add to a written difference what it is counted in."""
    if indicator.unit == "%":
        return f"{number}{_POINTS[language]}"
    return f"{number}{'' if language == 'zh' else ' '}{axis_unit(indicator, language)}".strip()


def signed(number: str) -> str:
    """Write a number with its sign, and nought without one.

    Examples
    --------
    >>> signed("1.2"), signed("\u22120.0"), signed("\u22121.2")
    ('+1.2', '0.0', '−1.2')
    """
    bare = number.lstrip("\u2212")
    return bare if nothing(number) else number if bare != number else f"+{number}"


def draw_levers(one: Bought, language: Language) -> Figure:
    """Draw what each lever of a scenario bought of its first measure, alone and last, and all together."""
    measure = one.measures[0]
    name = measure.indicator.id
    counted = replace(measure.indicator, unit=measure.unit)
    below = last_rows(one)
    values = {lever: (one.alone(lever, name), one.last(lever, name)) for lever in one.levers}
    ends = [*values.values(), *(give(name) for _, _, give in below)]
    write = _change_writer([value for pair in ends for value in pair], counted, language)
    ordered = sorted(one.levers, key=lambda lever: -max(map(abs, values[lever])))
    unseen = [lever for lever in ordered if all(nothing(write(value)) for value in values[lever])]
    levers = [lever for lever in ordered if lever not in unseen]
    rows = len(levers)
    figure, (axes,) = sheet(height=0.29 * (rows + 0.6 + 1.05 * len(below)), sharex=False)
    starts = [rows + 0.3 + 1.05 * i for i in range(len(below))]
    alone = [(row - 0.19, values[lever][0]) for row, lever in enumerate(levers)]
    last = [(row + 0.19, values[lever][1]) for row, lever in enumerate(levers)]
    whole = []
    for at, (row, _, give) in zip(starts, below, strict=True):
        if row == "left over":
            alone.append((at - 0.19, give(name)[0]))
            last.append((at + 0.19, give(name)[1]))
        else:
            whole.append((at, give(name)[0], INK if row == "together" else GREY))
    axes.barh([y for y, _ in alone], [value for _, value in alone], height=0.36, color=BLUE, zorder=3)
    axes.barh([y for y, _ in last], [value for _, value in last], height=0.36, zorder=3, **HATCHED)
    for y, value, colour in whole:
        axes.barh([y], [value], height=0.5, color=colour, zorder=3)
    for y, value in (*alone, *last, *((y, value) for y, value, _ in whole)):
        if math.isfinite(value):
            axes.annotate(
                signed(write(value)),
                (value, y),
                xytext=(3 if value >= 0 else -3, 0),
                textcoords="offset points",
                ha="left" if value >= 0 else "right",
                va="center",
                fontsize=TINY,
                zorder=4,
            )
    axes.axvline(0, color=INK, linewidth=0.8, zorder=3.5)
    axes.axhline(rows - 0.35, color="#888888", linewidth=0.6)
    names = [
        *(_with_move(one, lever, language) for lever in levers),
        *(said[language] for _, said, _ in below),
    ]
    axes.set_yticks([*range(rows), *starts], [wrap(text, NAMES, SMALL) for text in names], fontsize=SMALL)
    axes.set_ylim(starts[-1] + 0.6, -0.55)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(_numbers(counted, language))
    low, high = axes.get_xlim()
    room = 0.1 * (high - low)
    axes.set_xlim(low - room * (low < 0), high + room * (high > 0))
    place, what = one.outcome.place, counted.name[language]
    since = what
    if measure.total:
        since = _SINCE[language].format(first=measure.first, last=measure.last, what=lowered(what))
    unit = _POINTS[language].strip() if measure.unit == "%" else axis_unit(counted, language)
    lay_out(
        figure,
        question=_QUESTION["levers"][language],
        title=levers_title(one, lambda value: signed(with_words(write(value), counted, language)), language),
        subtitle=_subtitle(
            place,
            one.area,
            f"{since}{_comma(language)}{_OVER[language].format(quoted(one.against[language], language))}",
            unit,
            language,
        ),
        handles=[
            Patch(facecolor=BLUE, label=_ALONE[language]),
            Patch(**HATCHED, label=_LAST[language]),
            Patch(facecolor=INK, label=TOGETHER[language]),
        ],
        notes=[
            _LEVER_NOTE[language],
            _NOT_SEEN[language].format(_listed([one.levers[o][language] for o in unseen], language))
            if unseen
            else "",
        ],
    )
    return figure


def levers_title(one: Bought, write: Callable[[float], str], language: Language) -> str:
    """Say what all levers bring, and which one does most by itself, whichever way it pulls.

    One that pulls the other way is named too where it does so by more than all bring together.

    Parameters
    ----------
    write
        Writes a change with its sign and unit.
    """
    measure = one.measures[0]
    alone = {lever: one.alone(lever, measure.indicator.id) for lever in one.levers}
    most = max(alone, key=lambda lever: abs(alone[lever]))
    other = min(alone, key=lambda lever: alone[lever] * math.copysign(1, alone[most]))
    together = one.together[measure.indicator.id]
    indicator = measure.indicator
    title = _LEVERS[language].format(
        what=_what(indicator, one.area, one.outcome.place, language),
        when=(_WITHIN if measure.total else _BY)[language].format(first=measure.first, last=measure.last),
        scenario=quoted(one.outcome.scenario.title[language], language),
        much=write(together) if math.isfinite(together) else "?",
        lever=quoted(one.levers[most][language], language),
        alone=write(alone[most]),
    )
    if alone[other] * alone[most] < 0 and not abs(alone[other]) <= abs(together):
        against = _LEVERS_OTHER[language].format(
            quoted(one.levers[other][language], language), write(alone[other])
        )
        title = f"{title}{STOP[language]}{against}"
    return title


def _with_move(one: Bought, lever: str, language: Language) -> str:
    """Name a lever with what the scenario does with it."""
    name, said = (
        one.levers[lever][language],
        move(one.outcome, one.held, lever, one.measures[0].last, language),
    )
    if not said:
        return name
    return f"{name}（{said}）" if language == "zh" else f"{name} ({said})"


def _change_writer(values: Sequence[float], counted: Indicator, language: Language) -> Callable[[float], str]:
    """Give what writes changes in the numbers of their axis, with the digits that the largest asks for."""
    scale = axis_scale(counted, language)
    size = max((abs(scale * value) for value in values if math.isfinite(value)), default=0.0)
    decimals = 2 if size < 10 else 1 if size < 100 else 0
    digits = 3 if size >= 1e4 else 12

    def write(value: float) -> str:
        return f"{float(f'{scale * value:.{digits}g}'):,.{decimals}f}".replace("-", "\u2212")

    return write


def draw_regions(ranking: Sequence[Standing], language: Language) -> Figure:
    """Draw a panel for every region, laid out as on the map where the place says how, tinted by its gap."""
    every = _runs(ranking)
    place, indicator, year = every[0].place, ranking[0].indicator, ranking[0].year
    first = {one.area: one for one in ranking if one.outcome.name == every[0].name}
    regions = [region for region in place.regions if region in first]
    figure, panels = _tiles(place, regions, language)
    outcomes = _few_runs(every, indicator, regions, year)
    styles = [style for one, style in zip(every, line_styles(every), strict=True) if one in outcomes]
    bounds = _bounds([standing.short for standing in first.values()])
    marked = False
    limits = _Limits()
    for region, axes in panels.items():
        axes.set_facecolor(_tint(first[region], bounds))
        if first[region].verdict is None:
            axes.patch.set(hatch=UNHELD_HATCH, edgecolor=UNHELD)
        limits.add(_draw_tile(axes, outcomes, styles, [_values(o, indicator, region) for o in outcomes]))
        verdict = first[region].verdict
        if verdict is not None and _borrowed(first[region]):
            limits.add([verdict.target.value])
            axes.axhline(verdict.target.value, **{**LEVEL, "linewidth": 0.7}, zorder=2)
        for target in _targets(outcomes[:1], indicator, region):
            marked = True
            limits.add([target.value])
            axes.plot(target.year, target.value, linestyle="none", zorder=5, **{**DIAMOND, "markersize": 3.6})
    for region, axes in panels.items():
        values = [_at(outcome, indicator, region, year) for outcome in outcomes]
        shown = values[: 2 if len(outcomes) == 2 else 1]
        number = " → ".join(axis_number(value, indicator, language) for value in shown)
        _finish_tile(axes, limits, number, values[0])
    _number_tiles(panels, indicator, language)
    handles: list[Handle] = [*_line_keys(outcomes, styles, language, plain=True)]
    if marked:
        words = OWN_TARGET if _have_own(outcomes[:1]) else TARGET
        handles.append(Line2D([], [], linestyle="none", label=words[language], **DIAMOND))
    standings = [*first.values()]
    handles += [*_level_keys(standings, language), *_tint_keys(standings, bounds, indicator, language)]
    titles = [outcome.scenario.title[language] for outcome in outcomes]
    numbers = _NUMBER_BOTH if len(titles) == 2 else _NUMBER
    notes = [numbers[language].format(base=titles[0], other=titles[-1], year=year)]
    if any(standing.verdict for standing in standings):
        what = _held_to_what(standings, language)
        notes.append(_TINT[language].format(base=titles[0], year=year, what=what))
    if place.grid:
        notes.append(_ARRANGED[language])
    notes += [_drawn_note(outcomes, every, language)]
    lay_out(
        figure,
        question=_QUESTION["map"][language],
        title=reach_title(ranking, language),
        subtitle=_subtitle(
            place, place.name, indicator.name[language], axis_unit(indicator, language), language
        ),
        handles=handles,
        notes=[
            ("" if language == "zh" else " ").join(filter(None, notes)),
            *_held_note(standings, language),
            *_targets_note(ranking, language),
        ],
        gap=_gap(place, regions),
    )
    return figure


def draw_changes(
    outcomes: Sequence[Outcome], indicator: Indicator, year: int, language: Language
) -> Figure | None:
    """Draw for every region what each scenario changes; None where none is held against another."""
    place = outcomes[0].place
    found = {
        (outcome.name, region): values
        for outcome in outcomes
        for region in place.regions
        if (values := _differences(outcome, indicator, region, outcomes)) is not None
    }
    if not found:
        return None
    styles = line_styles(outcomes)
    names = {name for name, _ in found}
    few = _few_runs(outcomes, indicator, [*place.regions], year)
    pairs = [(o, style) for o, style in zip(outcomes, styles, strict=True) if o.name in names and o in few]
    figure, panels = _tiles(place, [*place.regions], language)
    zero = styles[base_position(outcomes)]
    limits = _Limits()
    limits.add([0.0])
    begin = _begin([(_years(o), found[o.name, r]) for o, _ in pairs for r in panels if (o.name, r) in found])
    most: dict[str, tuple[Outcome, float]] = {}
    for region, axes in panels.items():
        axes.axhline(0, color=zero["color"], linewidth=1.6, zorder=3.5)
        runs = [outcome for outcome, _ in pairs]
        lines = [_late(_years(o), found.get((o.name, region)), begin) for o in runs]
        limits.add(_draw_tile(axes, runs, [style for _, style in pairs], lines))
        ends = [float(line[o.run.measured.at(year)]) for o, line in zip(runs, lines, strict=True) if o.run]
        most[region] = max(zip(runs, ends, strict=True), key=lambda pair: np.nan_to_num(abs(pair[1])))
    write = gap_writer(limits.high - limits.low, indicator, language)
    for region, axes in panels.items():
        _finish_tile(axes, limits, signed(write(most[region][1])), 0.0, left=True)
    _number_tiles(panels, indicator, language)
    where, (who, much) = max(most.items(), key=lambda item: abs(item[1][1]))
    what = _what(indicator, place.name, place, language)
    title = _CHANGES[language].format(
        what=what,
        year=year,
        who=quoted(who.scenario.title[language], language),
        where=place.area_title(where)[language],
        much=signed(with_words(write(much), indicator, language)),
    )
    if nothing(write(much)):
        title = _CHANGES_NONE[language].format(what=what, year=year)
    base = _base_title([o for o, _ in pairs], outcomes, language)
    against = quoted(base, language) if base else _OWN_BASES[language]
    over = _OVER[language].format(against)
    unit = _POINTS[language].strip() if indicator.unit == "%" else axis_unit(indicator, language)
    zero_key = Line2D([], [], label=base or _OWN_BASES[language], color=zero["color"], linewidth=1.8)
    notes = [
        _NUMBER_CHANGE[language].format(year=year, base=against),
        _ARRANGED[language] if place.grid else "",
        _drawn_note(few, outcomes, language),
    ]
    lay_out(
        figure,
        question=_QUESTION["changes"][language],
        title=title,
        subtitle=_subtitle(
            place, place.name, f"{indicator.name[language]}{_comma(language)}{over}", unit, language
        ),
        handles=[zero_key, *_line_keys([o for o, _ in pairs], [s for _, s in pairs], language, plain=True)],
        notes=[("" if language == "zh" else " ").join(filter(None, notes))],
        gap=_gap(place, [*place.regions]),
    )
    return figure


def draw_ranking(ranking: Sequence[Standing], language: Language) -> Figure:
    """Draw regions in the order of how far they fall short, each with its value in every scenario."""
    outcomes = _runs(ranking)
    styles = line_styles(outcomes)
    place, indicator, year = outcomes[0].place, ranking[0].indicator, ranking[0].year
    order = [standing for standing in ranking if standing.outcome.name == outcomes[0].name]
    figure, (axes,) = sheet(height=max(1.0, 0.165 * len(order) + 0.1), sharex=False)
    found = {(standing.outcome.name, standing.area): standing for standing in ranking}
    looks = [_point(style, i == 0) for i, style in enumerate(styles)]
    span = float(np.ptp([standing.value for standing in ranking]))
    for row, standing in enumerate(order):
        if standing.verdict is not None:
            goal = standing.verdict.target.value
            axes.plot([standing.value, goal], [row, row], color="#C9C9C9", linewidth=1.0, zorder=1.5)
            if _borrowed(standing):
                axes.plot([goal, goal], [row - 0.5, row + 0.5], **LEVEL, zorder=2.5)
            else:
                axes.plot(goal, row, **TICK, zorder=4)
        for outcome, look in zip(outcomes, looks, strict=True):
            one = found.get((outcome.name, standing.area))
            if one and (one is standing or abs(one.value - standing.value) > SEEN * span):
                axes.plot(one.value, row, **look)
        if standing.verdict is not None:
            axes.annotate(
                signed(axis_number(standing.verdict.gap, indicator, language)),
                (1.0, row),
                xycoords=("axes fraction", "data"),
                xytext=(30, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=SMALL,
            )
    names = [place.area_title(standing.area)[language] for standing in order]
    axes.set_yticks(range(len(order)), names, fontsize=SMALL)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=True, axis="y", color="#F2F2F2")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(_numbers(indicator, language))
    title = outcomes[0].scenario.title[language]
    held = sum(standing.verdict is not None for standing in order)
    if 0 < held < len(order):
        axes.axhline(held - 0.5, color="#888888", linewidth=0.6)
    handles: list[Handle] = [
        Line2D([], [], label=outcome.scenario.title[language], **look)
        for outcome, look in zip(outcomes, looks, strict=True)
    ]
    if any(target_of(standing) == "own" for standing in order):
        words = OWN_TARGET if _have_own(outcomes[:1]) else TARGET
        handles.append(Line2D([], [], linestyle="none", label=words[language], **TICK))
    handles += _level_keys(order, language)
    lay_out(
        figure,
        question=_QUESTION["ranking"][language],
        title=reach_title(ranking, language),
        subtitle=_subtitle(
            place,
            place.name,
            f"{indicator.name[language]}{_comma(language)}{year}",
            axis_unit(indicator, language),
            language,
        ),
        handles=handles,
        notes=[
            *([_GAPS[language].format(title, _held_to_what(order, language))] if held else []),
            *_held_note(order, language),
            *_targets_note(ranking, language),
        ],
        right=34.0 if held else 0.0,
    )
    return figure


def reach_title(ranking: Sequence[Standing], language: Language) -> str:
    """Say how many regions are on target in the first run, which is farthest off, and which run is best.

    Regions that are only measured by the level of an area around them are counted apart. Runs under other
    targets than the first are not held beside it.
    """
    runs: dict[str, dict[str, Standing]] = {}
    for standing in ranking:
        runs.setdefault(standing.outcome.name, {})[standing.area] = standing
    standings = [*next(iter(runs.values())).values()]
    first = standings[0]
    name = first.indicator.name[language]
    groups: dict[str, list[Standing]] = {}
    for standing in (one for one in standings if one.verdict is not None):
        own = target_of(standing) == "own"
        groups.setdefault("" if own else level_around(standing, language), []).append(standing)
    if not groups:
        return _NO_TARGET[language].format(what=name, year=first.year)
    parts = [_reached(some, level, [*runs.values()], language) for level, some in groups.items()]
    return _UNDER[language].format(
        name=name,
        year=first.year,
        base=quoted(first.outcome.scenario.title[language], language),
        parts=STOP[language].join(parts),
    )


def _reached(
    some: Sequence[Standing], level: str, runs: Sequence[Mapping[str, Standing]], language: Language
) -> str:
    """Say how many of these regions reach their own targets or, where it is named, a level."""
    first = max(some, key=lambda one: one.short)

    def met(run: Mapping[str, Standing]) -> int:
        here = [run[one.area] for one in some if one.area in run and same_demand(one, run[one.area])]
        if len(here) < len(some):
            return -1  # held to something else
        return sum(one.verdict.met for one in here if one.verdict)

    reached, n = met(runs[0]), len(some)
    who = first.outcome.place.area_title(first.area)[language]
    far = ""
    if first.verdict is not None and not first.verdict.met:
        side = "<=" if first.verdict.target.operator == "<=" else ">="
        gap = told(abs(first.verdict.gap), first.indicator, language)
        far = (_FARTHEST if n > 1 or level else _GAP)[side][language].format(who=who, gap=gap)
    if n == 1 and not level:
        return f"{_REACHES[reached == 1][language].format(who=who)}{far}"
    count = _COUNTS["none" if not reached else "all" if reached == n else "some"][language].format(
        met=reached
    )
    text = f"{(_REACH_LEVEL if level else _REACH)[language].format(level=level, n=n, met=count)}{far}"
    best = max(runs, key=met)
    if met(best) > reached:
        title = next(iter(best.values())).outcome.scenario.title[language]
        also = _BEST[language].format(quoted(title, language), met(best))
        text += f"（{also}）" if language == "zh" else f" ({also})"
    return text


# --- small multiples ---------------------------------------------------------------------------------------


class _Limits:
    """The lowest and the highest of what is drawn in any panel."""

    def __init__(self) -> None:
        self.low, self.high = math.inf, -math.inf

    def add(self, values: Sequence[float] | np.ndarray) -> None:
        known = np.asarray(values)[np.isfinite(values)]
        if known.size:
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))

    def set(self, axes: Axes) -> None:
        room = 0.07 * ((self.high - self.low) or abs(self.high) or 1.0)
        axes.set_ylim(self.low - room, self.high + room)


def _tiles(place: Place, regions: Sequence[str], language: Language) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure with a small panel for each region, as the place lays them out, or in its own order."""
    columns, grid = _cells(place, regions)
    wide = columns > FEW
    figure, panels = sheet(
        max(row for row, _ in grid.values()), columns, 0.46 if wide else 1.25, sharex=False
    )
    cells = {(1 + i // columns, 1 + i % columns): axes for i, axes in enumerate(panels)}
    for cell in cells.keys() - grid.values():
        cells[cell].remove()
    room = (72 * WIDTH - 30) / columns - (TILES if wide else 14)
    for region, cell in grid.items():
        name = _short(place.short_title(region)[language]) if wide else place.area_title(region)[language]
        size = min(SMALL - wide, room / width_of(name, 1.0))
        if size < LEAST:
            size, name = LEAST, shortened(name, room, LEAST, lines=1)
        cells[cell].set_title(name, fontsize=size, pad=2)
    return figure, {region: cells[cell] for region, cell in grid.items()}


def _short(name: str) -> str:
    """Shorten the name of a county for a small panel.

    Examples
    --------
    >>> _short("彭水苗族土家族自治县"), _short("綦江区（含万盛）"), _short("Wuxi")
    ('彭水县', '綦江区', 'Wuxi')
    """
    return re.sub(r"^(..)\w*族自治(?=[县州旗]$)", r"\1", re.sub(r"（.*）$", "", name))


def _cells(place: Place, regions: Sequence[str]) -> tuple[int, dict[str, tuple[int, int]]]:
    """Give how many columns panels of these regions have, and the row and column of each, from 1."""
    n = len(regions)
    if n and all(region in place.grid for region in regions) and len(place.grid) == n:
        return max(column for _, column in place.grid.values()), {one: place.grid[one] for one in regions}
    columns = n if n < FEW else min(9, math.ceil(math.sqrt(1.7 * n)))
    return columns, {region: (1 + i // columns, 1 + i % columns) for i, region in enumerate(regions)}


def _gap(place: Place, regions: Sequence[str]) -> float:
    """Give the room between panels of these regions."""
    return TILES if _cells(place, regions)[0] > FEW else GAP


def _few_runs(
    outcomes: Sequence[Outcome], indicator: Indicator, regions: Sequence[str], year: int
) -> list[Outcome]:
    """Give the runs that fit small panels: all of them, or the base and those that change most."""
    if len(outcomes) <= LINES or _cells(outcomes[0].place, regions)[0] <= FEW:
        return [*outcomes]
    base = outcomes[base_position(outcomes)]

    def changed(outcome: Outcome) -> float:
        gaps = [_at(outcome, indicator, one, year) - _at(base, indicator, one, year) for one in regions]
        return float(np.nansum(np.abs(gaps)))

    others = sorted((one for one in outcomes if one is not base), key=changed, reverse=True)
    chosen = [base, *others[: LINES - 1]]
    return [outcome for outcome in outcomes if outcome in chosen]


def _drawn_note(drawn: Sequence[Outcome], outcomes: Sequence[Outcome], language: Language) -> str:
    """Say which of many runs are drawn; empty where all are."""
    if len(drawn) == len(outcomes):
        return ""
    base = outcomes[base_position(outcomes)].scenario.title[language]
    return _DRAWN[language].format(n=len(outcomes), base=base, few=len(drawn) - 1)


def _draw_tile(
    axes: Axes, outcomes: Sequence[Outcome], styles: Sequence[dict[str, Any]], lines: Sequence[np.ndarray]
) -> np.ndarray:
    """Draw a line for each scenario, the base thick and over the others; give all values."""
    for outcome, style, values in zip(outcomes, styles, lines, strict=True):
        base = style["linewidth"] > 2
        look = {**style, "marker": "", "linewidth": 1.8 if base else 0.9, "zorder": 3.5 if base else 3}
        axes.plot(_years(outcome), values, **look)
    return np.concatenate(lines)


def _finish_tile(axes: Axes, limits: _Limits, number: str, value: float, *, left: bool = False) -> None:
    """Set limits and frame, and write a number into the corner that lines near `value` leave free."""
    limits.set(axes)
    low, high = axes.get_ylim()
    above = not value > (low + high) / 2
    axes.text(
        0.05 if left else 0.96,
        0.93 if above else 0.07,
        number,
        transform=axes.transAxes,
        ha="left" if left else "right",
        va="top" if above else "bottom",
        fontsize=TINY + 0.5,
        zorder=6,
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    for border in axes.spines.values():
        border.set(color="#BBBBBB", linewidth=0.5)


def _number_tiles(panels: Mapping[str, Axes], indicator: Indicator, language: Language) -> None:
    """Write the numbers of axes of panels that are the first of their row, or the last of their column."""
    cells = {}
    for axes in panels.values():
        spec = axes.get_subplotspec()
        if spec is not None:
            cells[spec.rowspan.start, spec.colspan.start] = axes
    left = {row: min(column for other, column in cells if other == row) for row, _ in cells}
    below = {column: max(row for row, other in cells if other == column) for _, column in cells}
    low_row = max(row for row, _ in cells)
    for (row, column), axes in cells.items():
        tidy(axes, ticks=3)
        number_axis(axes, indicator, language)
        lines = [line for line in axes.get_lines() if np.size(line.get_xdata()) > 2]
        seen = [np.asarray(line.get_xdata())[np.isfinite(line.get_ydata())] for line in lines]
        years = np.concatenate(seen)
        axes.set_xticks([float(years.min()), float(years.max())])
        axes.tick_params(length=1.5, labelsize=TINY, pad=1.5)
        axes.tick_params(labelleft=column == 0, labelbottom=row == low_row)
        look: dict[str, Any] = {"textcoords": "offset points", "fontsize": TINY, "color": "#444444"}
        if column > 0 and column == left[row]:
            write = _numbers(indicator, language)
            low, high = axes.get_ylim()
            for tick in (tick for tick in axes.get_yticks() if low <= tick <= high):
                beside: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "xytext": (-3, 0), **look}
                axes.annotate(write(tick, 0), (0, tick), ha="right", va="center", **beside)
        if row < low_row and row == below[column]:
            for tick in axes.get_xticks():
                under: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "xytext": (0, -3), **look}
                axes.annotate(f"{tick:g}", (tick, 0), ha="center", va="top", **under)


def _bounds(shorts: Sequence[float]) -> tuple[float, ...]:
    """Give where the classes of shortfall begin: nought, and two round numbers.

    Examples
    --------
    >>> _bounds([29.97, 3.0, -2.0]), _bounds([-1.0])
    ((0.0, 10.0, 20.0), (0.0,))
    """
    most = max((short for short in shorts if math.isfinite(short)), default=0.0)
    if most <= 0:
        return (0.0,)
    power = 10.0 ** math.floor(math.log10(most / 3))
    step = min(
        (factor * power for factor in (1, 2, 2.5, 5, 10)), key=lambda step: abs(math.log(3 * step / most))
    )
    return (0.0, step, 2 * step)


def _tint(standing: Standing, bounds: Sequence[float]) -> str:
    if standing.verdict is None:
        return UNTINTED
    if standing.verdict.met or standing.short <= 0:
        return TINTS[0]
    return TINTS[sum(standing.short >= bound for bound in bounds)]


def _tint_keys(
    standings: Sequence[Standing], bounds: Sequence[float], indicator: Indicator, language: Language
) -> Iterator[Handle]:
    """Give the entries of a legend for the tints that occur; none where no region has a target."""
    tints = {_tint(standing, bounds) for standing in standings}
    if tints == {UNTINTED}:
        return
    what = _held_to_what(standings, language)
    most_held = (one.verdict.target.operator for one in standings if one.verdict)
    side = "<=" if set(most_held) == {"<="} else ">="
    said = [f"{axis_scale(indicator, language) * bound:g}" for bound in bounds]
    whole = [with_words(number, indicator, language) for number in said]
    most = max(TINTS.index(tint) for tint in tints if tint in TINTS)
    if TINTS[0] in tints:
        yield Patch(facecolor=TINTS[0], label=_MET[language].format(what), **EDGING)
    for i, tint in enumerate(TINTS[1 : 1 + len(bounds)]):
        if i < most:
            label = _FAR[side][language].format(what=what, low=whole[i])
            if i + 1 < len(bounds):
                label = _SHORT[side][language].format(what=what, low=said[i], high=whole[i + 1])
            yield Patch(facecolor=tint, label=label, **EDGING)
    if UNTINTED in tints:
        yield Patch(facecolor=UNTINTED, edgecolor=UNHELD, hatch=UNHELD_HATCH, label=_UNHELD[language])


def _held_to_what(standings: Sequence[Standing], language: Language) -> str:
    """Name in short what regions are held to: their targets, a level, or both."""
    names: dict[str, None] = {}
    for standing in (one for one in standings if one.verdict):
        place, whose = standing.outcome.place, target_of(standing)
        city = fold(whose) == fold(place.name) and place.title.zh.endswith("市")
        names[(_ITS_TARGET if whose == "own" else _THE_CITYS if city else _THE_LEVEL)[language]] = None
    return ("或" if language == "zh" else " or ").join(names)


def _level_keys(standings: Sequence[Standing], language: Language) -> Sequence[Handle]:
    """Give the entries of a legend for levels that are no targets."""
    levels = {level_around(one, language): None for one in standings if _borrowed(one)}
    return [Line2D([], [], label=level, **LEVEL) for level in levels][:1]


def _held_note(standings: Sequence[Standing], language: Language) -> list[str]:
    """Say that a level which regions without a target of their own are measured by is no demand on them."""
    levels = {level_around(one, language): None for one in standings if area_around(one)}
    return [_NOT_ITS_OWN[language].format(_listed([*levels], language))] if levels else []


def _targets_note(ranking: Sequence[Standing], language: Language) -> list[str]:
    """Say whose targets are drawn where they are not the same in all runs."""
    first = {one.area: one for one in ranking if one.outcome.name == ranking[0].outcome.name}
    if all(same_demand(one, first[one.area]) for one in ranking if one.area in first):
        return []
    return [_ITS_TARGETS[language].format(ranking[0].outcome.scenario.title[language])]


def _borrowed(standing: Standing) -> bool:
    """Say whether a region is measured by a level that is no target of its own."""
    return target_of(standing) not in ("", "own")


def _have_own(outcomes: Sequence[Outcome]) -> bool:
    """Say whether targets of a scenario stand among them, which are not those of a plan."""
    return any(outcome.scenario.targets for outcome in outcomes)


# --- parts -------------------------------------------------------------------------------------------------


def _sheet(ends: Sequence[End]) -> tuple[Figure, Axes, bool]:
    """Make a figure of one panel, higher where labels ask for it; False: they have no room beside it."""
    beside, height = labels_fit((end.text for end in ends), HIGHEST), HIGH
    while beside and not labels_fit((end.text for end in ends), height):
        height += 0.1
    figure, (axes,) = sheet(height=height)
    return figure, axes, beside


def _point(style: Mapping[str, Any], base: bool) -> dict[str, Any]:
    """Give the look of a scenario that is a point: that of the base larger, and under the others."""
    look = {"marker": style["marker"], "color": style["color"], "linestyle": "none"}
    return {**look, "markersize": 6.0 if base else 3.4, "zorder": 2.8 if base else 3}


def _numbers(indicator: Indicator, language: Language) -> Callable[..., str]:
    """Give what writes the numbers of an axis, as `number_axis` does."""
    axes = Figure().add_subplot()
    number_axis(axes, indicator, language)
    return axes.yaxis.get_major_formatter()


def _begin(lines: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Give the year from which differences are to be shown; the first where there are none."""
    most = max(float(np.nanmax(np.abs(values))) for _, values in lines)
    begin = min(_first_seen(years, values, SEEN * most) for years, values in lines)
    return begin if math.isfinite(begin) else min(float(years[0]) for years, _ in lines)


def _late(years: np.ndarray, values: np.ndarray | None, begin: float) -> np.ndarray:
    return np.full(years.shape, np.nan) if values is None else np.where(years >= begin, values, np.nan)


def _base_title(held: Sequence[Outcome], among: Sequence[Outcome], language: Language) -> str:
    """Name the scenario that all of these are held against; empty where they are several."""
    bases = {outcome.base for outcome in held}
    titles = [outcome.scenario.title[language] for outcome in among if outcome.name in bases]
    return titles[0] if len(bases) == 1 and titles else ""


def _first_seen(years: np.ndarray, values: np.ndarray, least: float) -> float:
    """Give the year before the first in which values differ from nought by more than this; infinity: none."""
    seen = np.flatnonzero(np.abs(np.nan_to_num(values)) > least)
    return float(years[max(0, seen[0] - 1)]) if seen.size else math.inf


def _line_keys(
    outcomes: Sequence[Outcome], styles: Sequence[dict[str, Any]], language: Language, *, plain: bool = False
) -> list[Handle]:
    return [
        Line2D(
            [], [], label=outcome.scenario.title[language], **{**style, **({"marker": ""} if plain else {})}
        )
        for outcome, style in zip(outcomes, styles, strict=True)
    ]


def _runs(ranking: Sequence[Standing]) -> list[Outcome]:
    return list({standing.outcome.name: standing.outcome for standing in ranking}.values())


def _what(indicator: Indicator, area: str, place: Place, language: Language) -> str:
    """Name an indicator, with its area where that is not the whole place."""
    name, where = indicator.name[language], place.area_title(area)[language]
    if fold(area) == fold(place.name):
        return name
    return f"{where}{name}" if language == "zh" else f"{where}, {lowered(name)}"


def _subtitle(place: Place, area: str, name: str, unit: str, language: Language) -> str:
    return f"{place.area_title(area)[language]} · {with_unit(name, unit, language)}"


def _listed(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def _comma(language: Language) -> str:
    return "，" if language == "zh" else ", "


def _stem(name: str) -> str:
    return "-".join(name.split())


def _find(outcome: Outcome, indicator: str, area: str) -> Series | None:
    return outcome.run.measured.find(indicator, area) if outcome.run else None


def _values(outcome: Outcome, indicator: Indicator, area: str) -> np.ndarray:
    series = _find(outcome, indicator.id, area)
    return series.values if series is not None else np.full(_years(outcome).shape, np.nan)


def _at(outcome: Outcome, indicator: Indicator, area: str, year: int) -> float:
    assert outcome.run is not None  # noqa: S101 - standings are of completed runs
    return float(_values(outcome, indicator, area)[outcome.run.measured.at(year)])


def _years(outcome: Outcome) -> np.ndarray:
    return outcome.run.measured.years if outcome.run else np.array([])


def _differences(
    outcome: Outcome, indicator: Indicator, area: str, among: Sequence[Outcome]
) -> np.ndarray | None:
    """Give what a run has beyond the one it is held against; None where that is not known in any year."""
    series = _find(outcome, indicator.id, area)
    if series is None or not outcome.base:
        return None
    values = np.asarray(series.values - base_values(outcome, series, among))
    return values if np.isfinite(values).any() else None


def _observed(outcomes: Sequence[Outcome], indicator: Indicator, area: str) -> list[Observation]:
    first = min(float(_years(outcome)[0]) for outcome in outcomes)
    place = outcomes[0].place
    return [
        one
        for one in place.history
        if one.indicator == indicator.id
        and fold(place.area(one.region)) == fold(area)
        and one.year >= first - 5
    ]


def _targets(outcomes: Sequence[Outcome], indicator: Indicator, area: str) -> list[Target]:
    """Give the targets of an area that any of the runs is held to, each once."""
    return distinct(
        target
        for outcome in outcomes
        for target in outcome.targets
        if target.indicator == indicator.id and fold(outcome.place.area(target.region)) == fold(area)
    )
