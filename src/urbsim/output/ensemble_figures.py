"""Figures of many runs: fans of trajectories, and which factors move a target, at its year and over time."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.output.figures import (
    COLON,
    COLOURS,
    GREY,
    LABEL,
    LETTER,
    MARGIN,
    RED,
    YEARS_BEFORE,
    axis_unit,
    boxes_told,
    demand,
    draw_margins,
    drawable,
    fonts_of,
    has_chinese,
    keys,
    label_ends,
    labels_fit,
    letters_of,
    line_style,
    mark_history,
    number_axis,
    save,
    set_legend,
    styled,
    text_width,
    tidy,
    wrap,
)
from urbsim.output.shares import told_share
from urbsim.study.indicator import Indicator
from urbsim.study.place import Observation
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

Floats = npt.NDArray[np.float64]
Method = Literal["morris", "sobol"]

PERCENTILES = (5, 25, 50, 75, 95)  # [%] of the runs: the bands of 90 % and 50 %, and the median
OVERLAID = 3  # scenarios that one panel can hold; more get a panel each
STRONGEST = 12  # factors of a tornado
LINES = 6  # factors of the effects over time
FONT = 9.0  # [points]
SMALL = 8.0  # [points]
NAME = 46  # letters of a factor's name beside its bar, and …
QUOTED = 40  # … in a title
ROW = 0.33  # [inches] height of a bar whose name is one line
WIDE, NARROW = 0.15, 0.38  # opacity of the bands of 90 % and 50 %
_DIAMOND: dict[str, Any] = {"marker": "D", "markersize": 7, "color": RED, "markerfacecolor": "none"}
_EDGE: dict[str, Any] = {"edgecolor": "#555555", "linestyle": (0, (3, 2)), "linewidth": 0.8}
RAISES, LOWERS, EITHER = COLOURS[1], COLOURS[2], "#888888"

_HALF = Words(zh="50%的模拟", en="50 % of the runs")
_NINETY = Words(zh="90%的模拟", en="90 % of the runs")
_MEDIAN = Words(zh="中位数", en="median")
_ODDS = Words(zh="规划目标及达到目标的模拟占比", en="plan target, and the runs that meet it")
_RAISES = Words(zh="使其上升", en="raises it")
_LOWERS = Words(zh="使其下降", en="lowers it")
_EITHER = Words(zh="方向不定", en="either way")
_TOGETHER = Words(zh="相关因素合计", en="correlated factors together")
_TOTAL = Words(zh="总效应", en="total effect")
_FIRST = Words(zh="一阶效应", en="first-order effect")
_CONFIDENCE = Words(zh="95%置信区间", en="95 % confidence")
_POINTS = Words(zh="百分点", en="percentage points")
_OVER_RANGE = Words(
    zh="因素在其整个范围内变动的平均效应（μ*）", en="mean effect over a factor's whole range (mu*)"
)
_COUNTED = Words(zh="万人", en=" m")
_SHARE = Words(zh="占方差的比例", en="share of the variance")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where an indicator is reported: a region, a group or the whole place.

    Parameters
    ----------
    place, name
        Names of the place and of the area; the same for the whole place.
    title
        The area's name for people.
    """

    place: str
    name: str
    title: Words


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
        How far projections of this kind have been off, by year, NaN where that is not known; none where it
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What one factor does to an indicator, with half the width of the 95 % confidence interval.

    Parameters
    ----------
    effect, confidence
        mu* of Morris [unit of the indicator, over the whole range of the factor], or the total effect of
        Sobol [-].
    first, first_confidence
        The first-order effect of Sobol [-].
    direction
        Of Morris: 1 where the factor raises the indicator, -1 where it lowers it, 0 where it does either;
        None of correlated factors together.
    """

    factor: Words
    effect: float
    confidence: float
    first: float | None = None
    first_confidence: float | None = None
    direction: Literal[-1, 0, 1] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """Which factors an indicator depends on in a year; bars in any order, the strongest are drawn.

    Parameters
    ----------
    factors
        How many were drawn, where correlated ones share a bar; 0 where each has its own.
    """

    scenario: Words
    area: Area
    indicator: Indicator
    year: int
    method: Method
    bars: tuple[Bar, ...]
    runs: int
    factors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What factors do to an indicator over the years: mu* or total effect by factor and year.

    Parameters
    ----------
    effects
        Shape (n_factors, n_years); NaN where a year has none.
    """

    scenario: Words
    area: Area
    indicator: Indicator
    method: Method
    years: Floats
    factors: tuple[Words, ...]
    effects: Floats


def write_fan_charts(folder: Path, fans: Sequence[Fan], languages: Sequence[Language]) -> None:
    """Draw a fan chart per indicator and area, with all its scenarios, as PNG and SVG in each language.

    The order of the scenarios is that of their colours.
    """
    groups = _grouped(fans, lambda fan: (fan.area.place, fan.area.name, fan.indicator.id))
    places = len({fan.area.place for fan in fans})
    drawings = [(_stem("fan", group[0].indicator, group[0].area, places), group) for group in groups]
    titles = [fan.scenario.en for fan in fans]
    languages, font = drawable(languages, names_chinese=any(map(has_chinese, titles)))
    folder.mkdir(exist_ok=True)
    with boxes_told():
        for language in languages:
            with styled(*fonts_of(language, font)):
                for stem, group in drawings:
                    save(draw_fans(group, language), folder, f"{stem}_{language}")


def write_tornados(
    folder: Path, tornados: Sequence[Tornado], effects: Sequence[Effects], languages: Sequence[Language]
) -> None:
    """Draw which factors matter for each target, and how that changes over the years, as PNG and SVG.

    A target that no factor moves has no figure.
    """
    languages, font = drawable(
        languages,
        names_chinese=any(has_chinese(bar.factor.en) for tornado in tornados for bar in tornado.bars),
    )
    folder.mkdir(exist_ok=True)
    with boxes_told():
        for language in languages:
            with styled(*fonts_of(language, font)):
                for tornado in tornados:
                    stem = f"{_stem('tornado', tornado.indicator, tornado.area)}_{tornado.year}"
                    _save(draw_tornado(tornado, language), folder, f"{stem}_{language}")
                for one in effects:
                    stem = _stem("effects", one.indicator, one.area)
                    _save(draw_effects(one, language), folder, f"{stem}_{language}")


def draw_fans(fans: Sequence[Fan], language: Language) -> Figure:
    """Draw the fans of one indicator in one area: together when they are few, or else in a panel each."""
    alone, together = len(fans) == 1, len(fans) <= OVERLAID
    columns = 1 if together else 2 if len(fans) == 4 else 3
    rows = 1 if together else math.ceil(len(fans) / columns)
    size = (8.4, 5.0) if together else (3.7 * columns, 2.9 * rows + 1.0)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    used = 1 if together else len(fans)
    panels = [(axes, fans if together else fans[i : i + 1]) for i, axes in enumerate(grid.flat[:used])]
    for axes in grid.flat[used:]:
        axes.remove()
    for column in range(columns):  # the lowest panel of a column carries the years
        grid[(used - 1 - column) // columns, column].tick_params(labelbottom=True)
    for axes, shown in panels:
        if shown[0].margins is not None:
            _draw_margins(axes, shown[0], shown[0].margins)
        for position, fan in enumerate(shown):
            _draw_fan(axes, fan, _fan_colour(position))
        mark_history(axes, [one for one in shown[0].history if one.year >= fans[0].years[0] - YEARS_BEFORE])
    _mark_odds(panels, fans[0].indicator, (430.0, 265.0) if together else (235.0, 160.0), language)
    unit = axis_unit(fans[0].indicator, language)
    for axes, shown in panels:
        tidy(axes, ticks=6 if together else 4)
        number_axis(axes, fans[0].indicator, language)
        name = unit if together else shown[0].scenario[language]
        axes.set_title(wrap(name, letters_of(figure) // columns - 6))
    if together:
        ends = [end for i, fan in enumerate(fans) for end in _fan_ends(fan, _fan_colour(i), alone, language)]
        label_ends(panels[0][0], ends)
    set_legend(figure, [*_fan_keys(fans, alone, together, language)])
    _set_caption(figure, _fan_caption(fans, language))
    head = f"{_heading(fans[0].area, fans[0].indicator, language)}{COLON[language]}"
    _set_title(figure, head, _fan_title(fans, language) + (f" [{unit}]" if unit and not together else ""))
    return figure


def draw_tornado(tornado: Tornado, language: Language) -> Figure | None:
    """Draw a bar per factor, the strongest at the top; None where no factor has any effect."""
    bars = sorted((bar for bar in tornado.bars if bar.effect > 0), key=lambda bar: bar.effect, reverse=True)
    bars = bars[:STRONGEST]
    if not bars:
        return None
    sobol = tornado.method == "sobol"
    names = [wrap(_shortened(bar.factor[language], NAME), NAME) for bar in bars]
    rows = np.array([max(1.0, 0.5 * (name.count("\n") + 1) + 0.2) for name in names])
    figure = Figure(figsize=(8.4, ROW * float(rows.sum()) + 1.9), layout="constrained")
    axes = figure.add_subplot()
    whisker = {"ecolor": "#333333", "elinewidth": 1.0, "capsize": 2.5}
    heights = rows.sum() - rows.cumsum() + rows / 2  # from the bottom of the axes [rows of one line]
    if sobol:
        _sobol_bars(axes, bars, heights, whisker)
    else:
        for bar, height in zip(bars, heights, strict=True):
            look = _direction_look(bar.direction)
            axes.barh(height, bar.effect, height=0.64, xerr=bar.confidence, error_kw=whisker, **look)
    for bar, height in zip(bars, heights, strict=True):
        axes.annotate(
            _bar_text(bar, tornado),
            (bar.effect + bar.confidence, height + (0.19 if sobol else 0)),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(heights, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.1, float(rows.sum()) + 0.1)
    axes.set_xlim(0, 1.14 * max(bar.effect + bar.confidence for bar in bars))
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_xlabel(_measure(tornado.method, tornado.indicator, language))
    axes.set_title(_tornado_facts(tornado, len(bars), language))
    set_legend(figure, [*_tornado_keys(bars, tornado.method, language)])
    title = f"{_heading(tornado.area, tornado.indicator, language, tornado.year)}{COLON[language]}"
    _set_title(figure, title, _leaders(bars, language))
    return figure


def draw_effects(effects: Effects, language: Language) -> Figure | None:
    """Draw the effect of the strongest factors by year; None where no factor has any effect."""
    values = np.where(np.isfinite(effects.effects), effects.effects, np.nan)
    strength = np.nan_to_num(values).max(axis=1, initial=0.0)
    chosen = [int(i) for i in np.argsort(-strength, kind="stable")[:LINES] if strength[i] > 0]
    if not chosen:
        return None
    figure = Figure(figsize=(8.8, 4.8), layout="constrained")
    axes = figure.add_subplot()
    ends: list[tuple[float, float, str, str]] = []
    lines = []
    for position, i in enumerate(chosen):
        style = line_style(position)
        colour = str(style["color"])
        name = _shortened(effects.factors[i][language], LABEL)
        lines += axes.plot(effects.years, values[i], **style, markevery=(position % 3, 3), label=name)
        last = np.flatnonzero(np.isfinite(values[i]))[-1]
        end = (float(effects.years[last]), float(values[i, last]))
        ends.append((*end, name, colour))
    axes.set_ylim(bottom=0)
    axes.set_title(_measure(effects.method, effects.indicator, language))
    tidy(axes)
    if labels_fit(text for _, _, text, _ in ends):
        label_ends(axes, ends)
    else:
        set_legend(figure, lines)
    title = f"{_heading(effects.area, effects.indicator, language)}{COLON[language]}"
    told = _change(effects, np.nan_to_num(values), language)
    _set_title(figure, title, told)
    return figure


def _set_title(figure: Figure, head: str, told: str) -> None:
    """Set a title of one line or two: broken between what it is of and what it says, where these fit."""
    letters = int(0.7 * letters_of(figure))
    if text_width(head + told) <= letters or max(text_width(head), text_width(told)) > letters:
        text = wrap(_shortened(head + told, letters, lines=2), letters)
    else:
        text = f"{head.rstrip()}\n{told}"
    figure.suptitle(text, x=0.01, ha="left")


def _draw_fan(axes: Axes, fan: Fan, colour: str) -> None:
    low, lower, middle, upper, high = fan.percentiles
    axes.fill_between(fan.years, low, high, color=colour, alpha=WIDE, linewidth=0, zorder=1)
    axes.fill_between(fan.years, lower, upper, color=colour, alpha=NARROW, linewidth=0, zorder=2)
    axes.plot(fan.years, middle, color=colour, linewidth=1.8, zorder=3)


def _draw_margins(axes: Axes, fan: Fan, margins: Floats) -> None:
    """Draw how far projections have been off as a grey band; its edges show where a fan is wider."""
    middle = fan.percentiles[2]
    if draw_margins(axes, fan.years, middle, margins):
        axes.fill_between(
            fan.years, middle - margins, middle + margins, facecolor="none", **_EDGE, zorder=2.5
        )


def _fan_colour(position: int) -> str:
    return COLOURS[1 + position % (len(COLOURS) - 1)]  # black lends itself to lines, not to bands


def _fan_ends(
    fan: Fan, colour: str, alone: bool, language: Language
) -> Iterable[tuple[float, float, str, str]]:
    """Give what is written at the right of a fan: its scenario; of a single one, what its parts are."""
    low, lower, middle, upper, high = (float(values[-1]) for values in fan.percentiles)
    year = float(fan.years[-1])
    if not alone:
        yield year, middle, fan.scenario[language], colour
        return

    def value(number: float) -> str:
        return quantity(number, fan.indicator.unit, language=language, bare=True)

    def span(first: float, last: float) -> str:
        ends = [value(first), value(last)]
        if all(end.endswith(_COUNTED[language]) for end in ends):  # "m" and 万人 are said once
            ends[0] = ends[0].removesuffix(_COUNTED[language])
        text = ("—" if language == "zh" else " to ").join(ends)
        return text.replace(" ", "\u00a0")  # is not broken into lines

    yield year, high, f"{_NINETY[language]}{COLON[language]}{span(low, high)}", colour
    yield year, upper, f"{_HALF[language]}{COLON[language]}{span(lower, upper)}", colour
    yield year, middle, f"{_MEDIAN[language]} {value(middle)}", colour


def _fan_keys(
    fans: Sequence[Fan], alone: bool, together: bool, language: Language
) -> Iterable[Line2D | Patch]:
    """Give the entries of the legend; a fan alone has its parts named beside it."""
    if not alone:
        colour = EITHER if together else _fan_colour(0)
        yield Line2D([], [], color=colour, linewidth=1.8, label=_MEDIAN[language])
        yield Patch(facecolor=colour, alpha=NARROW + WIDE, label=_HALF[language])
        yield Patch(facecolor=colour, alpha=WIDE, label=_NINETY[language])
    odds = any(fan.odds for fan in fans)
    entries = [*keys(any(fan.history for fan in fans), odds, language)]
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


def _set_caption(figure: Figure, text: str) -> None:
    """Set a line of small letters below the axes, above the legend's entries."""
    lines = wrap(text, letters_of(figure))
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + 0.16 * (lines.count("\n") + 1))
    if not figure.legends:
        figure.legend(handles=[], loc="outside lower left", frameon=False)
    legend = figure.legends[0]
    legend.set_title(lines)
    legend.get_title().set_fontsize(SMALL)
    legend.set_alignment("left")


def _mark_odds(
    panels: Sequence[tuple[Axes, Sequence[Fan]]],
    indicator: Indicator,
    size: tuple[float, float],
    language: Language,
) -> None:
    """Mark targets, each with what it demands and, in each fan's colour, how many runs meet it.

    The words stand in strips above everything that is drawn, at the same height in every panel.

    Parameters
    ----------
    size
        Width and height that the axes will have, about [points].
    """
    targets = _distinct(odds.target for _, fans in panels for fan in fans for odds in fan.odds)
    if not targets:
        return
    told = {
        (panel, _key(target)): _odds_told(fans, target, indicator, len(panels) > 1, language)
        for panel, (_, fans) in enumerate(panels)
        for target in targets
    }
    left, right = panels[0][0].get_xlim()
    taken: list[float] = []  # year up to which each strip is
    strips: dict[Hashable, int] = {}
    for target in targets:
        texts = [text for panel in range(len(panels)) for text, _ in told[panel, _key(target)]]
        begins = target.year - (right - left) * (LETTER * max(map(text_width, texts)) + 8) / size[0]
        strip = next((i for i, year in enumerate(taken) if begins >= year), len(taken))
        taken[strip : strip + 1] = [float(target.year)]
        strips[_key(target)] = strip
    limits = [axes.get_ylim() for axes, _ in panels]
    least = min(target.value for target in targets)
    low = min(*(low for low, _ in limits), least)
    high = max(*(high for _, high in limits), *(target.value for target in targets))
    lines = max(map(len, told.values()))
    rows = len(taken) * lines + 0.6
    share = min(1.45 * FONT / size[1], 0.6 / rows)  # of the height of the axes that a line of text has
    mark = _DIAMOND["markersize"] / size[1] * (high - low) / (1 - share * rows)
    low = min(low, least - mark)  # so that every mark stands whole above the axis
    step = (high - low) * share / (1 - share * rows)
    for panel, (axes, _) in enumerate(panels):
        for target in targets:
            top = high + step * lines * (len(taken) - strips[_key(target)])
            if told[panel, _key(target)]:
                axes.vlines(target.year, target.value, top, color=RED, linewidth=0.7, linestyle=":")
                axes.plot(target.year, target.value, **_DIAMOND, zorder=5)
            for line, (text, colour) in enumerate(told[panel, _key(target)]):
                axes.annotate(
                    text,
                    (target.year, top - line * step),
                    xytext=(-3, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    color=colour,
                    bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
                )
        axes.set_xlim(left, right)
        axes.set_ylim(low, high + step * rows)


def _odds_told(
    fans: Sequence[Fan], target: Target, indicator: Indicator, in_one_line: bool, language: Language
) -> list[tuple[str, str]]:
    """Give what is written of a target, and in which colour: its demand, and how many runs of a fan meet it.

    Nothing where none of the fans has the target.
    """
    odds = [_odds(fan, target) for fan in fans]
    if all(share is None for share in odds):
        return []
    wish = demand(target, indicator, language)
    shares = ["–" if share is None else told_share(share, language) for share in odds]
    if in_one_line:
        return [(f"{wish}{COLON[language]}{shares[0]}", RED)]
    if len(fans) > 1:
        return [(wish, RED), *((share, _fan_colour(i)) for i, share in enumerate(shares))]
    return [(wish, RED), (f"{shares[0]}达到" if language == "zh" else f"met in {shares[0]}", RED)]


def _odds(fan: Fan, target: Target) -> float | None:
    return next((o.probability for o in fan.odds if _key(o.target) == _key(target)), None)


def _key(target: Target) -> Hashable:
    return target.year, target.operator, target.value


def _distinct(targets: Iterable[Target]) -> list[Target]:
    return sorted({_key(target): target for target in targets}.values(), key=lambda target: target.year)


def _fan_title(fans: Sequence[Fan], language: Language) -> str:
    """Say what the fans show: how many runs meet the last target, or else where they end."""
    one = fans[0]
    targets = _distinct(odds.target for fan in fans for odds in fan.odds)
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


def _heading(area: Area, indicator: Indicator, language: Language, year: int | None = None) -> str:
    if language == "zh":
        return f"{area.title.zh}{indicator.name.zh}" + (f"（{year}年）" if year else "")
    name = indicator.name.en
    name = name[:1].lower() + name[1:] if name[1:2].islower() else name
    return f"{area.title.en}, {name}" + (f" in {year}" if year else "")


def _direction_look(direction: int | None) -> dict[str, Any]:
    looks: dict[int | None, dict[str, Any]] = {
        1: {"facecolor": RAISES},
        -1: {"facecolor": LOWERS, "hatch": "///", "edgecolor": "white", "linewidth": 0.0},
        0: {"facecolor": EITHER},
        None: {"facecolor": COLOURS[3]},
    }
    return looks[direction]


def _sobol_bars(axes: Axes, bars: Sequence[Bar], heights: Floats, whisker: dict[str, Any]) -> None:
    for first in (False, True):
        values = [(bar.first or 0.0) if first else bar.effect for bar in bars]
        confidence = [(bar.first_confidence or 0.0) if first else bar.confidence for bar in bars]
        axes.barh(
            heights + (-0.19 if first else 0.19),
            np.maximum(values, 0.0),  # an estimate may fall below the nought that bounds the truth
            height=0.36,
            xerr=confidence,
            error_kw=whisker,
            color=COLOURS[6] if first else COLOURS[1],
        )


def _bar_text(bar: Bar, tornado: Tornado) -> str:
    if tornado.method == "sobol":
        return f"{bar.effect:.2f}"
    sign = {1: "+", -1: "−", 0: "±"}.get(bar.direction, "") if bar.direction is not None else ""
    return f"{sign}{_digits(bar.effect)}"


def _digits(value: float) -> str:
    """Write a size with two digits that count, and no more than a reader can use.

    Examples
    --------
    >>> [_digits(value) for value in (0.0123, 0.5, 2.34, 45.2, 1234.5)]
    ['0.012', '0.50', '2.3', '45', '1,234']
    """
    if value >= 10:
        return f"{value:,.0f}"
    if value <= 0:
        return "0"
    return f"{value:.{max(1, 1 - math.floor(math.log10(value)))}f}"


def _tornado_keys(bars: Sequence[Bar], method: Method, language: Language) -> Iterable[Line2D | Patch]:
    if method == "sobol":
        yield Patch(facecolor=COLOURS[1], label=_TOTAL[language])
        yield Patch(facecolor=COLOURS[6], label=_FIRST[language])
    else:
        for direction, words in ((1, _RAISES), (-1, _LOWERS), (0, _EITHER), (None, _TOGETHER)):
            if any(bar.direction == direction for bar in bars):
                yield Patch(label=words[language], **_direction_look(direction))
    yield Line2D(
        [], [], color="#333333", linewidth=1.0, marker="|", markersize=5, label=_CONFIDENCE[language]
    )


def _measure(method: Method, indicator: Indicator, language: Language) -> str:
    """Name what the length of a bar, or the height of a line, is."""
    if method == "sobol":
        return f"{_SHARE[language]}{'（总效应）' if language == 'zh' else ' (total effect)'}"
    unit = _POINTS[language] if indicator.unit == "%" else unit_name(indicator.unit, language)
    return f"{_OVER_RANGE[language]}" + (f" [{unit}]" if unit else "")


def _tornado_facts(tornado: Tornado, drawn: int, language: Language) -> str:
    method = {"morris": "Morris", "sobol": "Sobol'"}[tornado.method]
    bars, factors = len(tornado.bars), tornado.factors or len(tornado.bars)
    apart = bars == factors
    if language == "zh":
        of = f"{factors}个因素" if apart else f"{factors}个因素的{bars}项效应"
        if drawn < bars:
            of += f"中最强的{drawn}{'个' if apart else '项'}"
        return f"{tornado.scenario.zh}；{of}；{method}法，{tornado.runs:,}次模拟"
    of = f"{factors} factors" if apart else f"{bars} effects of {factors} factors"
    if drawn < bars:
        of = f"{drawn} strongest of {of}"
    return f"{tornado.scenario.en}; {of}; {method}, {tornado.runs:,} runs"


def _leaders(bars: Sequence[Bar], language: Language) -> str:
    """Name what matters most; two when their order is not sure."""
    names = [_quoted(bars[0].factor, language)]
    if len(bars) > 1 and bars[1].effect + bars[1].confidence > bars[0].effect - bars[0].confidence:
        names.append(_quoted(bars[1].factor, language))
    if language == "zh":
        return f"最取决于{'和'.join(names)}"
    return f"depends most on {' and '.join(names)}"


def _change(effects: Effects, values: Floats, language: Language) -> str:
    """Say which factor matters most at the end, and which did before, once factors began to matter."""
    matter = np.flatnonzero(values.max(axis=0) >= 0.05 * values.max())
    first, last = int(matter[0]), int(matter[-1])
    began, ended = int(effects.years[first]), int(effects.years[last])
    leaders = values[:, first : last + 1].argmax(axis=0)
    before, after = (_quoted(effects.factors[int(leaders[at])], language) for at in (0, -1))
    if (leaders == leaders[-1]).all():
        return f"{after}始终最重要" if language == "zh" else f"{after} matters most, from {began} to {ended}"
    if leaders[0] == leaders[-1]:  # another one was ahead in between
        ahead = values[:, first : last + 1].max(axis=0) - values[leaders[-1], first : last + 1]
        at = int(ahead.argmax())
        other, year = _quoted(effects.factors[int(leaders[at])], language), int(effects.years[first + at])
        if language == "zh":
            return f"{began}年和{ended}年{after}最重要，{year}年{other}最重要"
        return f"in {began} and {ended} {after} matters most, in {year} {other}"
    if language == "zh":
        return f"{began}年{before}最重要，{ended}年{after}最重要"
    return f"in {ended} {after} matters most, in {began} {before}"


def _quoted(name: Words, language: Language) -> str:
    return f"“{_shortened(name[language], QUOTED, lines=1)}”"


def _shortened(text: str, letters: int, lines: int = 3) -> str:
    """Cut a text after the words that fit into so many lines; dots say that it goes on.

    Examples
    --------
    >>> _shortened("Income elasticity + Service elasticity + Nesting", 20, lines=2)
    'Income elasticity + Service elasticity …'
    """
    short = text
    while wrap(short, letters).count("\n") >= lines:
        text = re.sub(r"([!-~]+|.)$", "", text).rstrip(" +＋(（")  # without its last word
        short = f"{text} …"
    return short


def _stem(kind: str, indicator: Indicator, area: Area, places: int = 1) -> str:
    parts = [kind, indicator.id, *([] if area.name == area.place else [area.name])]
    return re.sub(r"[^\w-]+", "_", "_".join([area.place, *parts] if places > 1 else parts))


def _grouped(items: Iterable[_T], key: Any) -> list[list[_T]]:
    groups: dict[Hashable, list[_T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _save(figure: Figure | None, folder: Path, stem: str) -> None:
    if figure is not None:
        save(figure, folder, stem)
