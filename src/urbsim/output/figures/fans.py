"""Fans: what many runs of a scenario say of an indicator, and how many of them meet its targets."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.output.figures.areas import Area, grouped, heading, stem_of
from urbsim.output.figures.look import (
    COLOURS,
    GREY,
    MARGIN,
    End,
    Floats,
    Handle,
    draw_margins,
    head_panel,
    history_keys,
    keys,
    label_ends,
    left_room,
    line_style,
    mark_history,
    number_axis,
    room_for,
    save,
    styled,
    thin,
    tidy,
)
from urbsim.output.figures.marks import Mark, Notes, Told, distinct, draw_marks, target_marks
from urbsim.output.figures.page import EDGE, WIDTH, lay_out, panel_width, sheet
from urbsim.output.words.finding import demand
from urbsim.output.words.shares import told_share
from urbsim.output.words.terms import COLON, axis_unit, with_unit
from urbsim.study.indicator import Indicator
from urbsim.study.place import Observation
from urbsim.study.quantity import quantity
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

PERCENTILES = (5, 25, 50, 75, 95)  # [%] of the runs: the bands of 90 % and 50 %, and the median
OVERLAID = 3  # scenarios that one panel can hold; more get a panel each
HIGH, PANEL = 3.0, 1.7  # height of axes alone, and of a panel [inches]
WIDE, NARROW = 0.15, 0.38  # opacity of the bands of 90 % and 50 %
YEARS_BEFORE = 5  # of history before the base year
_EDGE: dict[str, Any] = {"edgecolor": "#555555", "linestyle": (0, (3, 2)), "linewidth": 0.8}

_HALF = Words(zh="50%的模拟", en="50 % of the runs")
_NINETY = Words(zh="90%的模拟", en="90 % of the runs")
_MEDIAN = Words(zh="中位数", en="median")
_ODDS = Words(zh="目标及达到目标的模拟占比", en="target, and the runs that meet it")
_COUNTED = Words(zh="万人", en=" m")
_MIDDLE = Words(
    zh="抽样范围不一定以取用值为中心，中位数因此可能偏离单次模拟。",
    en="Ranges need not be even about the values of a single run, so the median may differ from it.",
)
_QUESTION = Words(zh="结果有多大把握？", en="How sure is that?")
_HELD = Words(zh="{}的中位数（对照）", en="median of {}, for comparison")


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """A target, and the share of the runs that meet it [-]."""

    target: Target
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """What the runs of one scenario say of one indicator in one area.

    Parameters
    ----------
    scenario
        The scenario's title.
    percentiles
        The `PERCENTILES` of the runs by year, shape (5, n_years) [unit of the indicator].
    runs
        How many runs they are of, those that failed not counted.
    parameters, levers
        How many of each were drawn.
    margins
        How far the model itself may be off, by year, NaN where that is not known; none where it
        never is [unit of the indicator].
    odds, history
        Targets and observations of this indicator in this area.
    """

    scenario: Words
    area: Area
    indicator: Indicator
    years: Floats
    percentiles: Floats
    runs: int
    parameters: int = 0
    levers: int = 0
    margins: Floats | None = None
    odds: tuple[Odds, ...] = ()
    history: tuple[Observation, ...] = ()


def write_fan_charts(folder: Path, fans: Sequence[Fan], languages: Sequence[Language]) -> None:
    """Draw a fan chart per indicator and area, with all its scenarios, as PNG and SVG in each language.

    The order of the scenarios is that of their colours; the others are held against the first.
    """
    groups = grouped(fans, lambda fan: (fan.area.place, fan.area.name, fan.indicator.id))
    places = len({fan.area.place for fan in fans})
    folder.mkdir(exist_ok=True)
    for language in languages:
        with styled(language):
            for group in groups:
                stem = stem_of("fan", group[0].indicator, group[0].area, places)
                save(draw_fans(group, language), folder, f"{stem}_{language}")


def draw_fans(fans: Sequence[Fan], language: Language) -> Figure:
    """Draw the fans of one indicator in one area: together when they are few, or else in a panel each."""
    together = len(fans) <= OVERLAID
    notes = Notes()
    draw = _draw_together if together else _draw_apart
    figure, right = draw(fans, language, notes)
    indicator, area = fans[0].indicator, fans[0].area
    unit = axis_unit(indicator, language)
    of = fans[0].scenario[language] if len(fans) == 1 else ""
    subtitle = " · ".join(
        part
        for part in (area.title[language], with_unit(indicator.name[language], unit, language), of)
        if part
    )
    lay_out(
        figure,
        title=f"{heading(area, indicator, language)}{COLON[language]}{_fan_title(fans, language)}",
        subtitle=subtitle,
        question=_QUESTION[language],
        handles=[*_fan_keys(fans, together, language)],
        notes=[_fan_caption(fans, language), _MIDDLE[language], *notes.lines],
        right=right,
    )
    return figure


def _draw_together(fans: Sequence[Fan], language: Language, notes: Notes) -> tuple[Figure, float]:
    figure, (axes,) = sheet(height=HIGH)
    _draw_behind(axes, fans[0])
    for position, fan in enumerate(fans):
        _draw_fan(axes, fan, position)
    _finish(axes, fans[0], 6, language)
    ends = [end for i, fan in enumerate(fans) for end in _fan_ends(fan, i, len(fans) == 1, language)]
    right = room_for(end.text for end in ends)
    width = 72 * WIDTH - 2 * EDGE - left_room(axes) - right
    left, last = axes.get_xlim()
    targets = _targets(fans)
    rooms = [(target.year - left) / (last - left) * width for target in targets]
    marks = target_marks(targets, fans[0].indicator, language, notes, rooms)
    told = [
        Mark(year=mark.year, value=mark.value, lines=(*mark.lines, *_odds_told(fans, target, language)))
        for mark, target in zip(marks, targets, strict=True)
    ]
    draw_marks([(axes, told)], width)
    label_ends(axes, ends)
    return figure, right


def _draw_apart(fans: Sequence[Fan], language: Language, notes: Notes) -> tuple[Figure, float]:
    columns = 2 if len(fans) == 4 else 3
    rows = math.ceil(len(fans) / columns)
    figure, panels = sheet(rows, columns, PANEL, used=len(fans), sharey=True)
    told = []
    for position, (axes, fan) in enumerate(zip(panels, fans, strict=True)):
        _draw_behind(axes, fan)
        _draw_fan(axes, fan, min(position, 1))
        if position:
            axes.plot(fans[0].years, fans[0].percentiles[2], **thin(line_style(0)))
        _finish(axes, fan, 4, language)
        targets = distinct(odds.target for odds in fan.odds)
        shares = [_odds(fan, target) for target in targets]
        marks = target_marks(targets, fan.indicator, language, notes)
        told.append(
            [
                Mark(year=mark.year, value=mark.value, lines=(_with_share(mark.lines[0], share, language),))
                for mark, share in zip(marks, shares, strict=True)
            ]
        )
        head_panel(axes, fan.scenario[language], panel_width(columns, 30.0 / columns))
    draw_marks([*zip(panels, told, strict=True)], panel_width(columns, 40.0 / columns))
    return figure, 0.0


def _with_share(told: Told, share: float | None, language: Language) -> Told:
    return told if share is None else Told(f"{told.text}{COLON[language]}{told_share(share, language)}")


def _draw_behind(axes: Axes, fan: Fan) -> None:
    if fan.margins is not None:
        _draw_margins(axes, fan, fan.margins)
    mark_history(axes, [one for one in fan.history if one.year >= fan.years[0] - YEARS_BEFORE])


def _finish(axes: Axes, fan: Fan, ticks: int, language: Language) -> None:
    tidy(axes, ticks=ticks)
    number_axis(axes, fan.indicator, language)


def _draw_fan(axes: Axes, fan: Fan, position: int) -> None:
    low, lower, middle, upper, high = fan.percentiles
    colour = _fan_colour(position)
    axes.fill_between(fan.years, low, high, color=colour, alpha=WIDE, linewidth=0, zorder=1)
    axes.fill_between(fan.years, lower, upper, color=colour, alpha=NARROW, linewidth=0, zorder=2)
    axes.plot(fan.years, middle, **_median_style(position))


def _median_style(position: int) -> dict[str, Any]:
    """Give the look of a median: the first one's is the thick dark line of what others are held against."""
    if position == 0:
        return {**line_style(0), "marker": ""}
    return {**line_style(position), "color": _fan_colour(position), "marker": "", "linewidth": 1.8}


def _draw_margins(axes: Axes, fan: Fan, margins: Floats) -> None:
    """Draw how far projections have been off as a grey band; its edges show where a fan is wider."""
    middle = fan.percentiles[2]
    if draw_margins(axes, fan.years, middle, margins):
        axes.fill_between(
            fan.years, middle - margins, middle + margins, facecolor="none", **_EDGE, zorder=2.5
        )


def _fan_colour(position: int) -> str:
    return COLOURS[1 + position % (len(COLOURS) - 1)]  # black lends itself to lines, not to bands


def _fan_ends(fan: Fan, position: int, alone: bool, language: Language) -> Iterable[End]:
    """Give what is written at the right of a fan: its scenario; of a single one, what its parts are."""
    low, lower, middle, upper, high = (float(values[-1]) for values in fan.percentiles)
    year = float(fan.years[-1])
    style = _median_style(position)
    if not alone:
        yield End(year, middle, fan.scenario[language], style)
        return
    wide, narrow = (
        {"color": _fan_colour(position), "linewidth": 6, "alpha": a, "solid_capstyle": "butt"}
        for a in (WIDE, NARROW + WIDE)
    )

    def value(number: float) -> str:
        return quantity(number, fan.indicator.unit, language=language, bare=True)

    def span(first: float, last: float) -> str:
        ends = [value(first), value(last)]
        if all(end.endswith(_COUNTED[language]) for end in ends):  # "m" and 万人 are said once
            ends[0] = ends[0].removesuffix(_COUNTED[language])
        text = ("—" if language == "zh" else " to ").join(ends)
        return text.replace(" ", "\u00a0")  # is not broken into lines

    yield End(year, high, f"{_NINETY[language]}{COLON[language]}{span(low, high)}", wide)
    yield End(year, upper, f"{_HALF[language]}{COLON[language]}{span(lower, upper)}", narrow)
    yield End(year, middle, f"{_MEDIAN[language]} {value(middle)}", style)


def _fan_keys(fans: Sequence[Fan], together: bool, language: Language) -> Iterable[Handle]:
    """Give the entries of the legend; a fan alone has its parts named beside it."""
    if len(fans) > 1:
        colour = "#888888" if together else _fan_colour(1)
        style = {"color": colour, "linewidth": 1.8} if together else _median_style(1)
        yield Line2D([], [], label=_MEDIAN[language], **style)
        yield Patch(facecolor=colour, alpha=NARROW + WIDE, label=_HALF[language])
        yield Patch(facecolor=colour, alpha=WIDE, label=_NINETY[language])
    if not together:
        label = _HELD[language].format(fans[0].scenario[language])
        yield Line2D([], [], label=label, **thin(line_style(0)))
    odds = any(fan.odds for fan in fans)
    entries = [
        *history_keys([one for fan in fans for one in fan.history], language),
        *keys(targets=odds, language=language),
    ]
    if odds:
        entries[-1].set_label(_ODDS[language])
    yield from entries
    if any(fan.margins is not None for fan in (fans[:1] if together else fans)):
        yield Patch(facecolor=(GREY, 0.3), **_EDGE, label=MARGIN[language])


def _fan_caption(fans: Sequence[Fan], language: Language) -> str:
    """Say what the spread is of, and what is not in it."""
    counts = [_range(fan.parameters for fan in fans), _range(fan.levers for fan in fans)]
    if language == "zh":
        drawn = "和".join(
            f"{count}个{what}" for count, what in zip(counts, ("参数", "政策变量"), strict=True) if count
        )
        told = f"所示范围来自随机抽取的{drawn or '因素'}；方程本身视为正确。"
        return f"{fans[0].scenario.zh}：{told}" if len(fans) == 1 else told
    drawn = " and ".join(
        f"{count} {what}{'' if count == '1' else 's'}"
        for count, what in zip(counts, ("parameter", "lever"), strict=True)
        if count
    )
    told = f"pread of the {drawn or 'factors'} drawn; the equations are taken as right."
    return f"{fans[0].scenario.en}: s{told}" if len(fans) == 1 else f"S{told}"


def _range(counts: Iterable[int]) -> str:
    """Write the least and the most of counts; nothing of nought."""
    low, *_, high = sorted([*counts] * 2)
    return "" if not high else f"{high}" if low == high else f"{low}–{high}"


def _odds_told(fans: Sequence[Fan], target: Target, language: Language) -> list[Told]:
    """Give the lines that say how many runs of each fan meet a target, in the fans' colours."""
    odds = [_odds(fan, target) for fan in fans]
    shares = ["—" if share is None else told_share(share, language) for share in odds]
    if len(fans) > 1:
        return [Told(share, _fan_colour(i)) for i, share in enumerate(shares)]
    return [Told(f"{shares[0]}达到" if language == "zh" else f"met in {shares[0]}")]


def _odds(fan: Fan, target: Target) -> float | None:
    return next((o.probability for o in fan.odds if _key(o.target) == _key(target)), None)


def _key(target: Target) -> Hashable:
    return target.year, target.operator, target.value


def _targets(fans: Sequence[Fan]) -> list[Target]:
    return distinct(odds.target for fan in fans for odds in fan.odds)


def _fan_title(fans: Sequence[Fan], language: Language) -> str:
    """Say what the fans show: how many runs meet the last target, or else where they end."""
    one = fans[0]
    targets = _targets(fans)
    if not targets:
        return _ends_told(fans, language)
    target = targets[-1]
    wish = demand(target, one.indicator, language)
    shares = [share for fan in fans if (share := _odds(fan, target)) is not None]
    low, high = told_share(min(shares), language), told_share(max(shares), language)
    if language == "zh":
        goal = f"{target.year}年{wish}的目标"
        if len(fans) == 1:
            return f"{goal}，{one.runs:,}次模拟中{low}达到"
        return f"{goal}，{'各情景均' if low == high else '视情景不同'}有{low}" + (
            "的模拟达到" if low == high else f"至{high}的模拟达到"
        )
    told = f"{wish} in {target.year} is met in {low}"
    if len(fans) == 1:
        return f"{told} of {one.runs:,} runs"
    return (
        f"{told} of the runs of every scenario" if low == high else f"{told} to {high} of runs, by scenario"
    )


def _ends_told(fans: Sequence[Fan], language: Language) -> str:
    year = int(fans[0].years[-1])
    low = min(float(fan.percentiles[0, -1]) for fan in fans)
    high = max(float(fan.percentiles[-1, -1]) for fan in fans)
    unit = fans[0].indicator.unit
    ends = [quantity(value, unit, language=language) for value in (low, high)]
    percent = ("%" if language == "zh" else " %") if unit == "%" else ""
    if language == "zh":
        return f"{year}年90%的模拟在{ends[0]}—{ends[1]}{percent}之间"
    return f"{ends[0]} to {ends[1]}{percent} in 90 % of the runs in {year}"
