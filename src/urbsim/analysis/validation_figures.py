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
from matplotlib.ticker import MaxNLocator

from urbsim.analysis.validation import Prediction, Validation
from urbsim.output.figures import COLOURS, DASHES, styled
from urbsim.output.fonts import chinese_font
from urbsim.study.indicator import Indicator
from urbsim.study.quantity import unit_name
from urbsim.study.words import Language, Words

MOST_PANELS = 9  # areas of a figure; the whole place, then groups, then regions
SHADE = "#EEEEEE"
DOT: dict[str, Any] = {
    "marker": "o",
    "markersize": 4,
    "markerfacecolor": "white",
    "markeredgecolor": "#444444",
}

SPECK: dict[str, Any] = {"marker": ".", "markersize": 4, "color": "#999999"}

_BETWEEN = Words(zh="普查间插值（不计分）", en="put between censuses, not scored")
_OBSERVED = Words(zh="实际值", en="observed")
_HOLD_OUT = Words(zh="检验期", en="hold-out")
_HISTORY = Words(zh="模型与历史", en="model and history")


def write_figures(folder: Path, validation: Validation, languages: Sequence[Language]) -> None:
    """Draw a figure per observed indicator, as PNG, in each language that a font is found for."""
    folder.mkdir()
    font = chinese_font()
    observed = {id_ for id_, _ in validation.observed}
    for language in languages:
        if language == "zh" and font is None:
            continue
        with styled(*((font,) if language == "zh" else ("DejaVu Sans", font))):
            for indicator in validation.study.indicators:
                if indicator.id not in observed:
                    continue
                figure = draw(validation, indicator, language)
                if figure is not None:
                    figure.savefig(
                        folder / f"{indicator.id}_{language}.png", dpi=110, metadata={"Software": None}
                    )


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
    columns = min(3, len(areas))
    rows = math.ceil(len(areas) / columns)
    figure = Figure(figsize=(max(5.6, 3.6 * columns), 2.7 * rows + 0.9), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for axes, area in zip(grid.flat, areas, strict=False):
        _draw_area(axes, validation, indicator, area)
        axes.set_title(place.area_title(area)[language])
    for axes in grid.flat[len(areas) :]:
        axes.remove()
    for column in range(columns):
        grid[(len(areas) - 1 - column) // columns, column].tick_params(labelbottom=True)
    unit = unit_name(indicator.unit, language)
    name = f"{indicator.name[language]} [{unit}]" if unit else indicator.name[language]
    colon = "：" if language == "zh" else ": "
    figure.suptitle(f"{name}{colon}{_HISTORY[language]}", x=0.01, ha="left")
    handles: list[Line2D | Patch] = [
        Line2D([], [], label=run.title[language], **_look(validation, run)) for run in validation.predictions
    ]
    handles.append(Line2D([], [], linestyle="none", label=_OBSERVED[language], **DOT))
    if any((indicator.id, area) in validation.interpolated for area in areas):
        handles.append(Line2D([], [], linestyle="none", label=_BETWEEN[language], **SPECK))
    handles.append(Patch(facecolor=SHADE, label=_HOLD_OUT[language]))
    figure.legend(handles=handles, loc="outside lower left", ncols=2 if columns == 1 else 3, frameon=False)
    return figure


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
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.tick_params(length=3)


def _first(validation: Validation) -> int:
    return min(run.base_year for run in validation.predictions)


def _look(validation: Validation, run: Prediction) -> dict[str, Any]:
    """Give a colour to each set, and dashes to each start and to what is unconditional."""
    starts = sorted({other.base_year for other in validation.predictions})
    dashes = DASHES[starts.index(run.base_year)] if run.conditional else DASHES[2]
    colour = COLOURS[validation.sets.index(run.parameter_set) + 1]
    return {"color": colour, "linestyle": dashes, "linewidth": 1.5 if run.conditional else 1.1}
