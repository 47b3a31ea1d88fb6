"""Which factors an indicator depends on: a bar each in one year, and lines over the years."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.output.figures.areas import Area, heading, stem_of
from urbsim.output.figures.lettering import LEADING, SMALL, TEXT, shortened, wrap
from urbsim.output.figures.look import (
    COLOURS,
    LABEL,
    End,
    Floats,
    Handle,
    end_of,
    label_ends,
    labels_fit,
    line_style,
    plot_line,
    save,
    styled,
    tidy,
)
from urbsim.output.figures.page import lay_out, sheet
from urbsim.output.words.terms import COLON, axis_scale, axis_unit, quoted, with_unit
from urbsim.study.indicator import Indicator
from urbsim.study.words import Language, Words

Method = Literal["morris", "sobol"]

STRONGEST = 12  # factors of a tornado
LINES = 6  # factors of the effects over time
NAME = 170.0  # width of a factor's name beside its bar [points]
QUOTED = 200.0  # and in a title, at its size
ROW = 0.25  # height of a bar whose name is one line [inches]
RAISES, LOWERS, EITHER = COLOURS[1], COLOURS[2], "#888888"
WHISKER = "#333333"

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
_SHARE = Words(zh="占方差的比例", en="share of the variance")
_WHAT = Words(zh="结果最取决于什么？", en="What does it depend on most?")
_WHEN = Words(zh="各年结果最取决于什么？", en="What does it depend on most, and when?")


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


def write_tornados(
    folder: Path, tornados: Sequence[Tornado], effects: Sequence[Effects], languages: Sequence[Language]
) -> None:
    """Draw which factors matter for each target, and how that changes over the years, as PNG and SVG.

    A target that no factor moves has no figure.
    """
    folder.mkdir(exist_ok=True)
    for language in languages:
        with styled(language):
            drawn = [
                *(
                    (f"{stem_of('tornado', t.indicator, t.area)}_{t.year}", draw_tornado(t, language))
                    for t in tornados
                ),
                *(
                    (stem_of("effects", one.indicator, one.area), draw_effects(one, language))
                    for one in effects
                ),
            ]
            for stem, figure in drawn:
                if figure is not None:
                    save(figure, folder, f"{stem}_{language}")


def draw_tornado(tornado: Tornado, language: Language) -> Figure | None:
    """Draw a bar per factor, the strongest at the top; None where no factor has any effect."""
    bars = sorted((bar for bar in tornado.bars if bar.effect > 0), key=lambda bar: bar.effect, reverse=True)
    bars = bars[:STRONGEST]
    if not bars:
        return None
    sobol = tornado.method == "sobol"
    bars = [_scaled(bar, _scale(tornado.method, tornado.indicator, language)) for bar in bars]
    names = [wrap(shortened(bar.factor[language], NAME, SMALL), NAME, SMALL) for bar in bars]
    line = LEADING * SMALL / 72 / ROW  # of a row that a line of a name takes
    rows = np.array([max(1.0, line * (name.count("\n") + 1) + 0.15) for name in names])
    figure, (axes,) = sheet(height=ROW * (float(rows.sum()) + 0.2))
    whisker = {"ecolor": WHISKER, "elinewidth": 0.8, "capsize": 2.0}
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
            fontsize=SMALL,
        )
    axes.set_yticks(heights, names, linespacing=LEADING)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", length=2.5)
    axes.set_ylim(-0.1, float(rows.sum()) + 0.1)
    axes.set_xlim(0, 1.16 * max(bar.effect + bar.confidence for bar in bars))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_xlabel(_measure(tornado.method, tornado.indicator, language))
    head = f"{heading(tornado.area, tornado.indicator, language, tornado.year)}{COLON[language]}"
    lay_out(
        figure,
        title=head + _leaders(bars, language),
        subtitle=_tornado_facts(tornado, len(bars), language),
        question=_WHAT[language],
        handles=[*_tornado_keys(bars, tornado.method, language)],
    )
    return figure


def draw_effects(effects: Effects, language: Language) -> Figure | None:
    """Draw the effect of the strongest factors by year; None where no factor has any effect."""
    scale = _scale(effects.method, effects.indicator, language)
    values = scale * np.where(np.isfinite(effects.effects), effects.effects, np.nan)
    strength = np.nan_to_num(values).max(axis=1, initial=0.0)
    chosen = [int(i) for i in np.argsort(-strength, kind="stable")[:LINES] if strength[i] > 0]
    if not chosen:
        return None
    height = 2.9
    figure, (axes,) = sheet(height=height)
    ends: list[End] = []
    for position, i in enumerate(chosen):
        style = line_style(position + 1)  # the dark line is that of a base, and no factor is one
        name = shortened(effects.factors[i][language], LABEL, TEXT)
        plot_line(axes, effects.years, values[i], style, position, label=name)
        last = end_of(effects.years, values[i])
        if last is not None:
            ends.append(End(*last, name, style))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    tidy(axes)
    fit = labels_fit((end.text for end in ends), height)
    right = label_ends(axes, ends) if fit else 0.0
    head = f"{heading(effects.area, effects.indicator, language)}{COLON[language]}"
    lay_out(
        figure,
        title=head + _change(effects, np.nan_to_num(values), language),
        subtitle=f"{effects.scenario[language]} · {_measure(effects.method, effects.indicator, language)}",
        question=_WHEN[language],
        handles=[] if fit else list(axes.lines),
        right=right,
    )
    return figure


def _scale(method: Method, indicator: Indicator, language: Language) -> float:
    """Give what sizes of effects are multiplied by to be in the unit of the axis."""
    return 1.0 if method == "sobol" else axis_scale(indicator, language)


def _scaled(bar: Bar, scale: float) -> Bar:
    return replace(bar, effect=scale * bar.effect, confidence=scale * bar.confidence)


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
    sign = {1: "+", -1: "\u2212", 0: "±"}.get(bar.direction, "") if bar.direction is not None else ""
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


def _tornado_keys(bars: Sequence[Bar], method: Method, language: Language) -> Iterable[Handle]:
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
    unit = _POINTS[language] if indicator.unit == "%" else axis_unit(indicator, language)
    return with_unit(_OVER_RANGE[language], unit, language)


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
    return quoted(shortened(name[language], QUOTED, TEXT, lines=1), language)
