"""Figures of a validation: each indicator's model against its history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.analysis.validation import Prediction, Validation, WindowName
from urbsim.output.figures.look import (
    COLOURS,
    DASHES,
    DOT,
    MARKERS,
    OBSERVED,
    Handle,
    head_panel,
    number_axis,
    save,
    styled,
    tidy,
)
from urbsim.output.figures.page import lay_out, panel_width, sheet
from urbsim.output.words.terms import COLON, axis_unit, with_unit
from urbsim.study.indicator import Indicator
from urbsim.study.quantity import quantity
from urbsim.study.words import Language, Words

MOST_PANELS = 9  # areas of a figure; the whole place, then groups, then regions
HIGH, PANEL = 2.6, 1.5  # height of axes alone, and of a panel [inches]
SHADE = "#EEEEEE"
SPECK: dict[str, Any] = {"marker": ".", "markersize": 3.5, "color": "#999999"}

_BETWEEN = Words(zh="普查间插值（不计分）", en="put between censuses, not scored")
_HOLD_OUT = Words(zh="检验期", en="hold-out")
_ONE_SIDED = 0.8  # [-] part of the error that the mean error must be for the model to be too high or too low
_QUESTION = Words(zh="模型能否再现历史？", en="Does the model give what was observed?")


def write_figures(folder: Path, validation: Validation, languages: Sequence[Language]) -> None:
    """Draw a figure per observed indicator, as PNG and SVG, in each language."""
    folder.mkdir()
    observed = {id_ for id_, _ in validation.observed}
    for language in languages:
        with styled(language):
            for indicator in validation.study.indicators:
                figure = draw(validation, indicator, language) if indicator.id in observed else None
                if figure is not None:
                    save(figure, folder, f"{indicator.id}_{language}")


def draw(validation: Validation, indicator: Indicator, language: Language) -> Figure | None:
    """Draw an indicator in every area that it was observed in; None where no run reports it."""
    place = validation.study.place
    areas = [
        area
        for area in place.areas
        if (indicator.id, area) in validation.observed
        and any(run.measured.find(indicator.id, area) for run in validation.predictions)
    ][:MOST_PANELS]
    if not areas:
        return None
    columns = len(areas) if len(areas) < 3 else 2 if len(areas) == 4 else 3
    rows = math.ceil(len(areas) / columns)
    figure, panels = sheet(rows, columns, HIGH if len(areas) == 1 else PANEL, used=len(areas))
    for axes, area in zip(panels, areas, strict=True):
        _draw_area(axes, validation, indicator, area)
        number_axis(axes, indicator, language)
        if len(areas) > 1:
            head_panel(axes, place.area_title(area)[language], panel_width(columns, 30.0))
    handles: list[Handle] = [
        Line2D([], [], label=run.title[language], **_look(validation, run)) for run in validation.predictions
    ]
    handles.append(Line2D([], [], linestyle="none", label=OBSERVED[language], **DOT))
    if any((indicator.id, area) in validation.interpolated for area in areas):
        handles.append(Line2D([], [], linestyle="none", label=_BETWEEN[language], **SPECK))
    handles.append(Patch(facecolor=SHADE, label=_HOLD_OUT[language]))
    name = with_unit(indicator.name[language], axis_unit(indicator, language), language)
    where = place.area_title(areas[0]) if len(areas) == 1 else place.title
    found = _found(validation, indicator, areas[0], language)
    lay_out(
        figure,
        title=f"{indicator.name[language]}{COLON[language]}{found}",
        subtitle=f"{where[language]} · {name}",
        question=_QUESTION[language],
        handles=handles,
    )
    return figure


def _found(validation: Validation, indicator: Indicator, area: str, language: Language) -> str:
    """Say how far off the first run is after the split, or, where nothing was observed then, in all years."""
    windows: tuple[WindowName, ...] = ("hold-out", "all")
    found = (
        (run, window, score)
        for window in windows
        for run in validation.predictions
        if run.conditional and (score := validation.find(run.by, indicator.id, area, window)) is not None
    )
    run, window, score = next(found, (None, "all", None))
    if run is None or score is None:
        return "无可比较的观测值" if language == "zh" else "nothing to compare"
    if indicator.unit == "%":
        error = f"{score.rmse:.1f}个百分点" if language == "zh" else f"{score.rmse:.1f} points"
    elif score.mape is not None:
        error = f"{score.mape:.1f}{'%' if language == 'zh' else ' %'}"
    else:
        error = quantity(score.rmse, indicator.unit, language=language)
    sided = abs(score.bias) >= _ONE_SIDED * score.rmse > 0
    if language == "zh":
        when = f"{validation.split}年之后" if window == "hold-out" else "各年"
        side = ("，偏高" if score.bias > 0 else "，偏低") if sided else ""
        return f"{when}模型平均偏差{error}{side}（{run.title.zh}）"
    when = f"after {validation.split}" if window == "hold-out" else "in all years"
    side = (", too high" if score.bias > 0 else ", too low") if sided else ""
    return f"{when} the model is off by {error} on average{side} ({run.title.en})"


def _draw_area(axes: Axes, validation: Validation, indicator: Indicator, area: str) -> None:
    for run in validation.predictions:
        series = run.measured.find(indicator.id, area)
        if series is not None:
            axes.plot(run.measured.years, series.values, **_look(validation, run), zorder=3)
    values = validation.observed[indicator.id, area]
    shown = {year: value for year, value in values.items() if year >= _first(validation)}
    axes.plot([*shown], [*shown.values()], linestyle="none", zorder=4, **DOT)
    between = validation.interpolated.get((indicator.id, area), {})
    axes.plot([*between], [*between.values()], linestyle="none", zorder=2, **SPECK)
    axes.axvspan(validation.split, validation.last, facecolor=SHADE, zorder=0)
    axes.set_xlim(_first(validation) - 0.4, validation.last + 0.4)
    tidy(axes, ticks=4)


def _first(validation: Validation) -> int:
    return min(run.base_year for run in validation.predictions)


def _look(validation: Validation, run: Prediction) -> dict[str, Any]:
    """Give a colour and a marker to each set, and dashes to each start and to what is unconditional."""
    starts = sorted({other.base_year for other in validation.predictions})
    position = validation.sets.index(run.parameter_set) + 1
    return {
        "color": COLOURS[position],
        "linestyle": DASHES[starts.index(run.base_year)] if run.conditional else DASHES[2],
        "linewidth": 1.4 if run.conditional else 1.0,
        "marker": MARKERS[position],
        "markersize": 3.0,
        "markevery": (position, 4),
    }
