"""Scenarios side by side as pictures, each of which answers one question."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.names import fold
from urbsim.output.compare_tables import (
    LEFT_OVER,
    LEFT_OVER_TOO,
    TOGETHER,
    area_around,
    base_values,
    change_of,
    measure_name,
)
from urbsim.output.look import (
    COLON,
    DIAMOND,
    INK,
    RED,
    SMALL,
    TEXT,
    WIDTH,
    End,
    Handle,
    axis_unit,
    end_of,
    keys,
    label_ends,
    labels_fit,
    lay_out,
    line_styles,
    mark_history,
    number_axis,
    plot_line,
    quoted,
    save,
    sheet,
    styled,
    thin,
    tidy,
    width_of,
    with_unit,
    wrap,
)
from urbsim.study.bought import Bought
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation, Place
from urbsim.study.quantity import quantity
from urbsim.study.report import Series
from urbsim.study.standing import Standing
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

HEIGHT = 2.9  # [inches] of the axes of a single picture
PAGE = 10.2  # [inches] width of a page of A4 laid across, less its margins
FEW = 5  # regions up to which small multiples stand in a row of an upright page
TINTS = ("#FFFFFF", "#FBE3CC", "#F4C08F", "#E2955A")  # light to dark, in grey too: reached, and ever farther
UNHELD = "#EFEFEF"  # no target
BLUE, LIGHT = "#0072B2", "#B9D7EA"

_BY = Words(zh="{name}（{area}）", en="{name}, {area}")
_QUESTION = {
    "values": Words(zh="各情景走向如何？", en="Where does each scenario lead?"),
    "differences": Words(zh="与基准相比差多少？", en="How much does each scenario change?"),
    "levers": Words(zh="每项政策带来了什么？", en="What did each lever buy?"),
    "map": Words(zh="哪些区域离目标最远？", en="Which regions are farthest from their target, and where?"),
    "ranking": Words(zh="哪些区域离目标最远？", en="Which regions are farthest from their target?"),
}
_POINTS = Words(zh="个百分点", en=" points")
_OVER = Words(zh="与“{base}”之差", en="difference to ‘{base}’")
_OVER_OWN = Words(zh="与各自基准情景之差", en="difference to the scenario each is held against")
_SAME = Words(
    zh="{name}：到{year}年各情景与{base}几乎没有差别", en="{name}: by {year} no scenario differs from {base}"
)
_ONE = Words(zh="{name}：{year}年{who}比{base}{how}", en="{name}: {who} is {how} {base} in {year}")
_TWO = Words(
    zh="{name}：{year}年{who}比{base}{how}，{other}{less}",
    en="{name} in {year}: {who} is {how} {base}, {other} {less}",
)
_MORE = Words(zh="高{much}", en="{much} above")
_LESS = Words(zh="低{much}", en="{much} below")
_LEVERS = Words(
    zh="{scenario}使{name}到{year}年变化{much}，其中“{lever}”作用最大（单独{alone}）",
    en="{scenario} changes the {name} by {much} by {year}; ‘{lever}’ does most of it ({alone} alone)",
)
_ALONE = Words(zh="单独实施这一项", en="this lever alone")
_LAST = Words(zh="在其余各项之后加入", en="added after all the others")
_LEVER_NOTE = Words(
    zh="政策之间相互影响：各项之和不等于合计，差额列在最下面。",
    en="Levers act through each other, so all together are not the sum of the bars; the rest stands below.",
)
_REACH = Words(
    zh="{year}年“{base}”下{n}个有目标的区域中{met}个达到目标，{who}差距最大（{gap}）",
    en="{met} of {n} regions reach their target by {year} under ‘{base}’; {who} is farthest off ({gap})",
)
_NO_TARGET = Words(zh="{name}：{year}年各区域", en="{name} by region in {year}")
_NUMBER = Words(zh="格中数字：“{base}”{year}年的数值。", en="Numbers: ‘{base}’ in {year}.")
_NUMBER_BOTH = Words(zh="格中数字：{year}年“{base}”→“{other}”。", en="Numbers: {year}, ‘{base}’ → ‘{other}’.")
_TINT = Words(zh="底色：“{base}”{year}年与目标的差距。", en="Tint: gap of ‘{base}’ to the target in {year}.")
_MET = Words(zh="达到目标", en="reached")
_SHORT = Words(zh="差{low}—{high}", en="short by {low} to {high}")
_FAR = Words(zh="差{low}以上", en="short by {low} or more")
_UNHELD = Words(zh="没有目标", en="no target")
_HELD_TO = Words(
    zh="目标：自身目标；没有自身目标的，按{area}的目标（{demand}），它并非对每个区域的要求。",
    en="Target: its own, or else that of {area} ({demand}), which is not one for each region.",
)
_ARRANGED = Words(
    zh="方格大致按地理位置排列，上北下南。", en="Panels stand roughly as on the map, north above."
)
_TARGET = Words(zh="目标", en="target")
_OWN_TARGET = Words(zh="规划目标", en="plan target")


def write_compare_figures(
    folder: Path,
    outcomes: Sequence[Outcome],
    indicators: Sequence[Indicator],
    areas: Sequence[str],
    rankings: Sequence[Sequence[Standing]],
    levers: Sequence[Bought],
    languages: Sequence[Language],
) -> None:
    """Draw what the comparison allows, as PNG and SVG, in each language."""
    folder.mkdir()
    for language in languages:
        with styled(language):
            for stem, figure in figures(outcomes, indicators, areas, rankings, levers, language):
                save(figure, folder, f"{stem}_{language}")


def figures(
    outcomes: Sequence[Outcome],
    indicators: Sequence[Indicator],
    areas: Sequence[str],
    rankings: Sequence[Sequence[Standing]],
    levers: Sequence[Bought],
    language: Language,
) -> Iterator[tuple[str, Figure]]:
    """Give every figure with the stem of its file name."""
    for area in areas:
        part = f"{_stem(area)}_" if len(areas) > 1 else ""
        for indicator in indicators:
            runs = [outcome for outcome in outcomes if _find(outcome, indicator.id, area)]
            if not runs:
                continue
            yield f"{part}{indicator.id}", draw_values(runs, indicator, area, language)
            if any(_differences(outcome, indicator, area, outcomes) is not None for outcome in runs):
                figure = draw_differences(runs, indicator, area, language, among=outcomes)
                yield f"{part}{indicator.id}_difference", figure
    for one in levers:
        part = f"{_stem(one.area)}_" if len(areas) > 1 else ""
        yield f"{part}levers_{_stem(one.outcome.name)}", draw_levers(one, language)
    for ranking in rankings:
        part = f"{ranking[0].outcome.place.name}_" if len(rankings) > 1 else ""
        yield f"{part}regions_{ranking[0].indicator.id}", draw_regions(ranking, language)
        yield f"{part}ranking_{ranking[0].indicator.id}", draw_ranking(ranking, language)


def draw_values(outcomes: Sequence[Outcome], indicator: Indicator, area: str, language: Language) -> Figure:
    """Draw an indicator in every scenario, with what was observed and what plans demand."""
    figure, (axes,) = sheet(height=HEIGHT)
    styles = line_styles(outcomes)
    ends = []
    for position, (outcome, style) in enumerate(zip(outcomes, styles, strict=True)):
        years, values = _years(outcome), _values(outcome, indicator, area)
        plot_line(axes, years, values, style, position)
        if end := end_of(years, values):
            ends.append(End(*end, outcome.scenario.title[language], style))
    observed, targets = _observed(outcomes, indicator, area), _targets(outcomes, indicator, area)
    mark_history(axes, observed)
    for target in targets:
        axes.plot(target.year, target.value, linestyle="none", zorder=5, **DIAMOND)
    tidy(axes)
    number_axis(axes, indicator, language)
    handles = list(keys(observed=bool(observed), targets=bool(targets), language=language))
    right = 0.0
    if labels_fit((end.text for end in ends), HEIGHT):
        right = label_ends(axes, ends)
    else:
        handles = [*_line_keys(outcomes, styles, language), *handles]
    place = outcomes[0].place
    lay_out(
        figure,
        question=_QUESTION["values"][language],
        title=_heading(indicator, area, place, language),
        subtitle=with_unit(indicator.name[language], axis_unit(indicator, language), language),
        handles=handles,
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
    figure, (axes,) = sheet(height=HEIGHT)
    styles = line_styles(outcomes)
    ends, bases = [], dict.fromkeys(outcome.base for outcome in outcomes if outcome.base)
    for position, (outcome, style) in enumerate(zip(outcomes, styles, strict=True)):
        values = _differences(outcome, indicator, area, among or outcomes)
        if values is None:
            continue
        years = _years(outcome)
        plot_line(axes, years, values, style, position)
        if end := end_of(years, values):
            ends.append((outcome, End(*end, outcome.scenario.title[language], style)))
    (zero,) = styles[:1]
    axes.axhline(0, **{key: zero[key] for key in ("color", "linewidth", "linestyle")}, zorder=3.2)
    named = {outcome.name: outcome.scenario.title[language] for outcome in among or outcomes}
    titles = [named[name] for name in bases]
    tidy(axes)
    number_axis(axes, indicator, language)
    zero_name = titles[0] if len(titles) == 1 else _OVER_OWN[language]
    last = max(end.x for _, end in ends)
    labels = (
        [End(last, 0.0, titles[0], zero), *(end for _, end in ends)]
        if len(titles) == 1
        else [e for _, e in ends]
    )
    handles: list[Handle] = []
    right = 0.0
    if labels_fit((end.text for end in labels), HEIGHT):
        right = label_ends(axes, labels)
    else:
        handles = [
            Line2D([], [], **thin(zero), label=zero_name),
            *(Line2D([], [], **end.style, label=end.text) for _, end in ends),
        ]
    over = _OVER[language].format(base=titles[0]) if len(titles) == 1 else _OVER_OWN[language]
    unit = _POINTS[language].strip() if indicator.unit == "%" else axis_unit(indicator, language)
    lay_out(
        figure,
        question=_QUESTION["differences"][language],
        title=difference_title([(o, e.y) for o, e in ends], indicator, area, zero_name, int(last), language),
        subtitle=with_unit(f"{indicator.name[language]}{_comma(language)}{over}", unit, language),
        handles=handles,
        right=right,
    )
    return figure


def difference_title(
    found: Sequence[tuple[Outcome, float]],
    indicator: Indicator,
    area: str,
    base: str,
    year: int,
    language: Language,
) -> str:
    """Say which scenario changes an indicator most, and which the other way."""
    place = found[0][0].place
    name = _heading(indicator, area, place, language)
    quotes = (
        quoted(base, language)
        if base != _OVER_OWN[language]
        else {"zh": "各自基准", "en": "its base"}[language]
    )
    outcome, most = max(found, key=lambda pair: abs(pair[1]))
    if told(most, indicator, language) == told(0.0, indicator, language):
        return _SAME[language].format(name=name, year=year, base=quotes)
    other, least = min(found, key=lambda pair: pair[1] * math.copysign(1, most))
    parts = {
        "name": name,
        "year": year,
        "base": quotes,
        "who": quoted(outcome.scenario.title[language], language),
        "how": beyond(most, indicator, language),
    }
    if least * most < 0 and told(least, indicator, language) != told(0.0, indicator, language):
        less = beyond(least, indicator, language)
        who = quoted(other.scenario.title[language], language)
        return _TWO[language].format(**parts, other=who, less=less)
    return _ONE[language].format(**parts)


def beyond(value: float, indicator: Indicator, language: Language) -> str:
    """Write how far a value is above or below another: "1.2 points above"."""
    return (_MORE if value > 0 else _LESS)[language].format(much=told(abs(value), indicator, language))


def told(value: float, indicator: Indicator, language: Language, *, signed: bool = False) -> str:
    """Write a difference of an indicator as a person would say it."""
    text = quantity(value, indicator.unit, language=language, signed=signed)
    return f"{text}{_POINTS[language]}" if indicator.unit == "%" else text


def draw_levers(one: Bought, language: Language) -> Figure:
    """Draw what each lever of a scenario bought of its first measure, alone and last, and all together."""
    measure = one.measures[0]
    name = measure.indicator.id
    levers = sorted(one.levers, key=lambda lever: -abs(one.alone(lever, name)))
    rows = len(levers)
    figure, (axes,) = sheet(height=0.27 * (rows + 2.6), sharex=False)
    places = [float(row) for row in range(rows)]
    both = [(one.alone(lever, name), one.last(lever, name)) for lever in levers]
    left = one.left_over(name)
    together = one.together[name]
    axes.barh([p - 0.19 for p in places], [a for a, _ in both], height=0.36, color=BLUE, zorder=3)
    hatched: dict[str, Any] = {"facecolor": LIGHT, "edgecolor": BLUE, "linewidth": 0.6, "hatch": "////"}
    axes.barh([p + 0.19 for p in places], [b for _, b in both], height=0.36, zorder=3, **hatched)
    at = rows + 0.3
    axes.barh([at], [together], height=0.5, color=INK, zorder=3)
    axes.barh([at + 0.81], [left[0]], height=0.36, color=BLUE, zorder=3)
    axes.barh([at + 1.19], [left[1]], height=0.36, zorder=3, **hatched)
    ends = [*zip([p - 0.19 for p in places], [a for a, _ in both], strict=True)]
    ends += [*zip([p + 0.19 for p in places], [b for _, b in both], strict=True)]
    ends += [(at, together), (at + 0.81, left[0]), (at + 1.19, left[1])]
    for y, value in ends:
        if math.isfinite(value):
            axes.annotate(
                change_of(value, measure),
                (value, y),
                xytext=(3 if value >= 0 else -3, 0),
                textcoords="offset points",
                ha="left" if value >= 0 else "right",
                va="center",
                fontsize=SMALL - 0.5,
                color=INK,
                zorder=4,
            )
    axes.axvline(0, color=INK, linewidth=0.8, zorder=3.5)
    axes.axhline(rows - 0.35, color="#888888", linewidth=0.6)
    names = [one.levers[lever][language] for lever in levers]
    names += [TOGETHER[language], (LEFT_OVER_TOO if one.otherwise else LEFT_OVER)[language]]
    axes.set_yticks([*places, at, at + 1], [wrap(text, 165, TEXT) for text in names], fontsize=TEXT)
    axes.set_ylim(at + 1.55, -0.55)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    room = 0.09 * (high - low)
    axes.set_xlim(low - room * (low < 0), high + room * (high > 0))
    best = levers[0] if levers else ""
    place = one.outcome.place
    indicator = measure.indicator
    say = _heading(indicator, one.area, place, language)
    title = _LEVERS[language].format(
        scenario=quoted(one.outcome.scenario.title[language], language),
        name=say[:1].lower() + say[1:] if language == "en" else say,
        year=measure.last,
        much=told_change(together, measure.unit, language),
        lever=one.levers[best][language] if best else "",
        alone=told_change(one.alone(best, name), measure.unit, language) if best else "",
    )
    lay_out(
        figure,
        question=_QUESTION["levers"][language],
        title=title,
        subtitle=measure_name(measure, language),
        handles=[
            Patch(facecolor=BLUE, label=_ALONE[language]),
            Patch(**hatched, label=_LAST[language]),
            Patch(facecolor=INK, label=TOGETHER[language]),
        ],
        notes=[_LEVER_NOTE[language]],
    )
    return figure


def told_change(value: float, unit: str, language: Language) -> str:
    """Write a change with its sign and unit."""
    if not math.isfinite(value):
        return "–"
    if unit == "%":
        return f"{value:+.2f}{_POINTS[language]}"
    return quantity(value, unit, language=language, signed=True)


def draw_regions(ranking: Sequence[Standing], language: Language) -> Figure:
    """Draw a panel for every region, laid out as on the map where the place says how, tinted by its gap."""
    outcomes = _runs(ranking)
    place, indicator, year = outcomes[0].place, ranking[0].indicator, ranking[0].year
    first = {s.area: s for s in ranking if s.outcome.name == outcomes[0].name}
    grid = _grid(place, [region for region in place.regions if region in first])
    rows, columns = (max(cell[i] for cell in grid.values()) for i in (0, 1))
    wide = columns > FEW
    figure, panels = sheet(
        rows, columns, 0.6 if wide else 1.25, width=PAGE if wide else WIDTH, sharex=False, sharey=False
    )
    styles = line_styles(outcomes)
    cells = {
        (row, column): panels[(row - 1) * columns + column - 1]
        for row in range(1, rows + 1)
        for column in range(1, columns + 1)
    }
    taken = set(grid.values())
    for cell, axes in cells.items():
        if cell not in taken:
            axes.remove()
    bounds = _bounds([standing.short for standing in first.values()])
    every = [_values(outcome, indicator, region) for outcome in outcomes for region in grid]
    low, high = (
        float(f(each)) for f, each in ((np.nanmin, np.concatenate(every)), (np.nanmax, np.concatenate(every)))
    )
    marks = [t for region in grid for t in _targets(outcomes, indicator, region)]
    low, high = min([low, *(t.value for t in marks)]), max([high, *(t.value for t in marks)])
    low, high = low - 0.06 * (high - low), high + 0.06 * (high - low)
    for region, (row, column) in grid.items():
        axes = cells[row, column]
        axes.set_facecolor(_tint(first[region], bounds))
        for position, (outcome, style) in reversed([*enumerate(zip(outcomes, styles, strict=True))]):
            own: dict[str, Any] = {"marker": "", "linewidth": 1.8 if position == 0 else 0.9}
            axes.plot(_years(outcome), _values(outcome, indicator, region), **{**style, **own})
        for target in _targets(outcomes, indicator, region):
            axes.plot(target.year, target.value, linestyle="none", zorder=5, **{**DIAMOND, "markersize": 3.6})
        axes.set_ylim(low, high)
        _number_tile(axes, outcomes, indicator, region, year, language)
        tidy(axes, ticks=3)
        number_axis(axes, indicator, language)
        for spine in ("top", "right"):
            axes.spines[spine].set_visible(True)
        for border in axes.spines.values():
            border.set(color="#BBBBBB", linewidth=0.5)
        axes.tick_params(length=1.5, labelsize=5.5, pad=1.5)
        axes.set_xticks([float(_years(outcomes[0])[0]), year])
        axes.tick_params(labelleft=column == 1, labelbottom=row == rows)
        if column > 1 and (row, column - 1) not in taken:
            _number_left(axes, indicator, language)
        if row < rows and (row + 1, column) not in taken:
            _number_below(axes)
        room = 66.0 if wide else 110.0
        name = place.area_title(region)[language]
        axes.set_title(name, fontsize=max(5.0, min(SMALL, room / width_of(name, 1.0))), pad=2)
    handles: list[Handle] = [*_line_keys(outcomes, styles, language, plain=True)]
    if marks:
        handles.append(Line2D([], [], linestyle="none", label=_OWN_TARGET[language], **DIAMOND))
    handles += _tint_keys(first.values(), bounds, indicator, language)
    notes = [_number_note(outcomes, year, language)]
    if any(standing.verdict for standing in first.values()):
        base = outcomes[0].scenario.title[language]
        notes += [_TINT[language].format(base=base, year=year), *_held_note([*first.values()], language)]
    if place.grid:
        notes.append(_ARRANGED[language])
    lay_out(
        figure,
        question=_QUESTION["map"][language],
        title=reach_title([*first.values()], language),
        subtitle=with_unit(indicator.name[language], axis_unit(indicator, language), language),
        handles=handles,
        notes=["".join(notes) if language == "zh" else " ".join(notes)],
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
    for row, standing in enumerate(order):
        if standing.verdict is not None:
            goal = standing.verdict.target.value
            line = {"color": "#C9C9C9", "linewidth": 1.0, "zorder": 1.5}
            axes.plot([standing.value, goal], [row, row], **line)  # type: ignore[arg-type]
            axes.plot(goal, row, marker="|", markersize=6, color=RED, markeredgewidth=1.6, zorder=2.5)
        for outcome, style in [*zip(outcomes, styles, strict=True)][::-1]:
            if one := found.get((outcome.name, standing.area)):
                base = outcome is outcomes[0]
                mark = {"marker": style["marker"], "color": style["color"], "linestyle": "none"}
                axes.plot(one.value, row, **mark, markersize=5.0 if base else 3.4, zorder=3 - 0.2 * base)
    names = [place.area_title(standing.area)[language] for standing in order]
    axes.set_yticks(range(len(order)), names, fontsize=SMALL)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=True, axis="y", color="#F0F0F0")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(_numbers(indicator, language))
    held = sum(standing.verdict is not None for standing in order)
    if 0 < held < len(order):
        axes.axhline(held - 0.5, color="#888888", linewidth=0.6)
    handles: list[Handle] = [
        Line2D(
            [], [], marker=style["marker"], color=style["color"], linestyle="none", markersize=4, label=label
        )
        for style, label in (
            (style, outcome.scenario.title[language]) for outcome, style in zip(outcomes, styles, strict=True)
        )
    ]
    if held:
        tick: dict[str, Any] = {"marker": "|", "markersize": 6, "color": RED, "markeredgewidth": 1.6}
        handles.append(Line2D([], [], linestyle="none", label=_TARGET[language], **tick))
    lay_out(
        figure,
        question=_QUESTION["ranking"][language],
        title=reach_title(order, language),
        subtitle=with_unit(
            f"{indicator.name[language]}{_comma(language)}{year}", axis_unit(indicator, language), language
        ),
        handles=handles,
        notes=_held_note(order, language),
    )
    return figure


def reach_title(standings: Sequence[Standing], language: Language) -> str:
    """Say how many regions reach their target in a run, and which is farthest from it."""
    held = [standing for standing in standings if standing.verdict is not None]
    first = standings[0]
    name = first.indicator.name[language]
    if not held or held[0].verdict is None:
        return _NO_TARGET[language].format(name=name, year=first.year)
    met = sum(standing.verdict.met for standing in held if standing.verdict)
    title = _REACH[language].format(
        year=first.year,
        base=first.outcome.scenario.title[language],
        n=len(held),
        met=met,
        who=held[0].outcome.place.area_title(held[0].area)[language],
        gap=told(held[0].verdict.gap, first.indicator, language, signed=True),
    )
    return f"{name}{COLON[language]}{title}"


def _grid(place: Place, regions: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Give row and column of each region, from 1: as the place says, or in its own order."""
    if place.grid and len(regions) == len(place.regions):
        return {region: place.grid[region] for region in regions}
    n = len(regions)
    columns = n if n <= FEW - 1 else min(9, math.ceil(math.sqrt(1.7 * n)))
    return {region: (1 + i // columns, 1 + i % columns) for i, region in enumerate(regions)}


def _bounds(shorts: Sequence[float]) -> tuple[float, ...]:
    """Give where the classes of shortfall begin: nought, and two round numbers."""
    most = max((short for short in shorts if math.isfinite(short)), default=0.0)
    if most <= 0:
        return (0.0,)
    step = most / 3
    power = 10 ** math.floor(math.log10(step))
    step = max(factor * power for factor in (1, 2, 2.5, 5) if factor * power <= step * 1.0001)
    return (0.0, step, 2 * step)


def _tint(standing: Standing, bounds: Sequence[float]) -> str:
    if standing.verdict is None:
        return UNHELD
    if standing.verdict.met or standing.short <= 0:
        return TINTS[0]
    return TINTS[sum(standing.short >= bound for bound in bounds)]


def _tint_keys(
    standings: Iterable[Standing], bounds: Sequence[float], indicator: Indicator, language: Language
) -> Iterator[Handle]:
    tints = {_tint(standing, bounds) for standing in standings}
    edge: dict[str, Any] = {"edgecolor": "#BBBBBB", "linewidth": 0.5}

    def say(value: float) -> str:
        return (
            quantity(value, indicator.unit, language=language, long=True)
            if indicator.unit != "%"
            else f"{value:g}"
        )

    if len(tints) > 1 or UNHELD not in tints:
        yield Patch(facecolor=TINTS[0], label=_MET[language], **edge)
        points = _POINTS[language] if indicator.unit == "%" else ""
        for i, low in enumerate(bounds):
            if TINTS[i + 1] not in tints:
                continue
            if i + 1 < len(bounds):
                label = _SHORT[language].format(low=say(low), high=f"{say(bounds[i + 1])}{points}")
            else:
                label = _FAR[language].format(low=f"{say(low)}{points}")
            yield Patch(facecolor=TINTS[i + 1], label=label, **edge)
    if UNHELD in tints:
        yield Patch(facecolor=UNHELD, label=_UNHELD[language], **edge)


def _number_tile(
    axes: Axes, outcomes: Sequence[Outcome], indicator: Indicator, region: str, year: int, language: Language
) -> None:
    """Write the value of the first run, and of the second where there are two, in the free corner."""
    values = [_at(outcome, indicator, region, year) for outcome in outcomes[: 2 if len(outcomes) == 2 else 1]]
    text = " → ".join(quantity(value, indicator.unit, language=language, bare=True) for value in values)
    low, high = axes.get_ylim()
    shown = _values(outcomes[0], indicator, region)
    above = np.nanmean(shown) < (low + high) / 2
    axes.text(
        0.96,
        0.93 if above else 0.07,
        text,
        transform=axes.transAxes,
        ha="right",
        va="top" if above else "bottom",
        fontsize=SMALL - 0.5,
        fontweight="bold",
        zorder=6,
    )


def _number_note(outcomes: Sequence[Outcome], year: int, language: Language) -> str:
    titles = [outcome.scenario.title[language] for outcome in outcomes]
    if len(titles) == 2:
        return _NUMBER_BOTH[language].format(year=year, base=titles[0], other=titles[1])
    return _NUMBER[language].format(base=titles[0], year=year)


def _held_note(standings: Sequence[Standing], language: Language) -> list[str]:
    """Say whose target regions without one of their own are held to."""
    around = {
        area: standing.verdict.target
        for standing in standings
        if standing.verdict and (area := area_around(standing))
    }
    place, unit = standings[0].outcome.place, standings[0].indicator.unit
    return [
        _HELD_TO[language].format(
            area=place.area_title(area)[language],
            demand=quantity(target.value, unit, language=language, long=True),
        )
        for area, target in around.items()
    ]


def _number_left(axes: Axes, indicator: Indicator, language: Language) -> None:
    """Write the numbers of the axis where no neighbour stands at the left."""
    formatter = _numbers(indicator, language)
    low, high = axes.get_ylim()
    for tick in axes.get_yticks():
        if low <= tick <= high:
            axes.annotate(
                formatter(tick, 0),
                (0, tick),
                xycoords=("axes fraction", "data"),
                xytext=(-3, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=5.5,
                color="#444444",
            )


def _number_below(axes: Axes) -> None:
    """Write the years where no neighbour stands below."""
    for tick in axes.get_xticks():
        axes.annotate(
            f"{tick:g}",
            (tick, 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=5.5,
            color="#444444",
        )


def _numbers(indicator: Indicator, language: Language) -> Callable[..., str]:
    """Give what writes the numbers of an axis, as `number_axis` does."""
    axes = Figure().add_subplot()
    number_axis(axes, indicator, language)
    return axes.yaxis.get_major_formatter()


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


def _heading(indicator: Indicator, area: str, place: Place, language: Language) -> str:
    return _BY[language].format(name=indicator.name[language], area=place.area_title(area)[language])


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
    found: dict[tuple[int, str, float], Target] = {}
    for outcome in outcomes:
        for target in outcome.targets:
            if target.indicator == indicator.id and fold(outcome.place.area(target.region)) == fold(area):
                found.setdefault((target.year, target.operator, target.value), target)
    return list(found.values())
