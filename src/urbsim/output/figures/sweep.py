"""Draw the runs of a sweep of one or two names as a table of what each combination comes to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from urbsim.output.figures.lettering import LEADING, SMALL, wrap
from urbsim.output.figures.look import COLOURS, Floats, head_panel
from urbsim.output.figures.page import lay_out, panel_width, sheet
from urbsim.output.words.finding import noise, told_change, told_size
from urbsim.output.words.matrix import Matrix
from urbsim.output.words.pictures import (
    Picture,
    area_of,
    indicators_of,
    open_note,
    picture_finding,
    targets_of,
)
from urbsim.output.words.terms import axis_number, axis_unit, quoted, with_unit
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.words import Language, Words

ROW = 0.34  # height of a row [inches]
NAME = 66.0  # width of the value that a row or column is of [points]
DEEPEST = 0.5  # opacity of the largest difference

_HARDLY = Words(
    zh="{first}和{second}都几乎不改变{what}（最多相差{size}）",
    en="neither {first} nor {second} changes {what} by more than {size}",
)
_HARDLY_ONE = Words(
    zh="{first}几乎不改变{what}（最多相差{size}）", en="{first} does not change {what} by more than {size}"
)
_ONE = Words(zh="{first}使{what}最多相差{size}", en="{first} changes {what} by up to {size}")
_BOTH = Words(
    zh="{first}使{what}最多相差{size}，{second}最多相差{other}",
    en="{first} changes {what} by up to {size}, {second} by up to {other}",
)
_CELLS = Words(zh="{year}年；第二行为与{base}之差", en="{year}; second line: difference to {base}")


def draw_sweep(picture: Picture, matrix: Matrix, language: Language) -> Figure | None:
    """Draw a table for each indicator of a picture, inside `styled`; None where none of it is reported."""
    outcomes = [matrix.base, *(run for row in matrix.runs for run in row if run is not matrix.base)]
    told = picture_finding(picture, outcomes, language)
    if told is None:
        return None
    indicators, area = indicators_of(picture, outcomes), area_of(picture, outcomes)
    lead = next((i for i in indicators if i.id == picture.lead), indicators[0])
    years = {i.id: _year(picture, i, outcomes) for i in indicators}
    across = 1 if len(indicators) == 1 or len(matrix.columns) > 4 else 2
    figure, panels = sheet(
        math.ceil(len(indicators) / across),
        across,
        ROW * (len(matrix.rows) + 0.1),
        used=len(indicators),
        sharex=False,
    )
    for axes, indicator in zip(panels, indicators, strict=True):
        _draw_table(axes, indicator, matrix, area, years[indicator.id], language)
        heading = with_unit(indicator.name[language], axis_unit(indicator, language), language)
        if len(indicators) > 1:
            head_panel(axes, heading, panel_width(across, 80.0))
    place = matrix.base.place
    unit = axis_unit(lead, language) if len(indicators) == 1 else ""
    cells = _CELLS[language].format(
        year=years[lead.id], base=quoted(matrix.base.scenario.title[language], language)
    )
    title = _finding(lead, matrix, area, years[lead.id], language)
    name = lead.name if len(indicators) == 1 else picture.title
    of = with_unit(name[language], unit, language)
    lay_out(
        figure,
        title=title[:1].upper() + title[1:],
        detail=told.head,
        subtitle=f"{place.area_title(area)[language]} · {of} · {cells}",
        question=picture.question[language],
        notes=[open_note(picture, outcomes, language)],
    )
    return figure


def _year(picture: Picture, indicator: Indicator, outcomes: Sequence[Outcome]) -> int:
    """Give the year of the indicator's last target, or the last one that runs have."""
    wanted = [t.year for t in targets_of(picture, outcomes) if t.indicator == indicator.id]
    last = min(int(o.run.measured.years[-1]) for o in outcomes if o.run)
    policy = outcomes[0].place.first_policy_year
    return max((year for year in wanted if policy < year <= last), default=last)


def _values(matrix: Matrix, indicator: Indicator, area: str, year: int) -> tuple[Floats, float]:
    """Give the indicator by row and column, and that of the base [unit of the indicator]."""

    def value(outcome: Outcome) -> float:
        series = outcome.run.measured.find(indicator.id, area) if outcome.run else None
        if series is None or outcome.run is None:
            return math.nan
        return float(series.values[outcome.run.measured.at(year)])

    return np.array([[value(run) for run in row] for row in matrix.runs]), value(matrix.base)


def _draw_table(
    axes: Axes, indicator: Indicator, matrix: Matrix, area: str, year: int, language: Language
) -> None:
    values, held = _values(matrix, indicator, area, year)
    changes = values - held
    most = max(float(np.nanmax(np.abs(changes))), 4 * noise(indicator, held))
    rows, columns = values.shape
    for i in range(rows):
        for j in range(columns):
            change = float(changes[i, j])
            shade = DEEPEST * abs(change) / most if np.isfinite(change) else 0.0
            colour = COLOURS[1] if change > 0 else COLOURS[3]
            axes.add_patch(Rectangle((j, rows - 1 - i), 1, 1, facecolor=(colour, shade), edgecolor="white"))
            if np.isfinite(change):
                number = axis_number(float(values[i, j]), indicator, language)
                told = told_change(change, held, indicator, language)
                axes.text(
                    j + 0.5,
                    rows - 0.5 - i,
                    f"{number}\n{told}",
                    ha="center",
                    va="center",
                    fontsize=SMALL,
                    linespacing=1.15,
                )
    axes.set_xlim(0, columns)
    axes.set_ylim(0, rows)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    names = [wrap(name[language], NAME, SMALL) for name in matrix.rows]
    axes.set_yticks([rows - 0.5 - i for i in range(rows)], names, linespacing=LEADING)
    axes.set_ylabel(
        wrap(matrix.names[0][language], 72 * ROW * rows, SMALL), fontsize=SMALL, linespacing=LEADING
    )
    if len(matrix.names) > 1:
        names = [wrap(name[language], NAME, SMALL) for name in matrix.columns]
        axes.set_xticks([j + 0.5 for j in range(columns)], names, linespacing=LEADING)
        axes.set_xlabel(matrix.names[1][language], fontsize=SMALL)
    else:
        axes.set_xticks([])


def _finding(indicator: Indicator, matrix: Matrix, area: str, year: int, language: Language) -> str:
    """Say how much each name can change the indicator."""
    values, held = _values(matrix, indicator, area, year)
    sizes = [float(np.ptp(values, axis=axis).max()) for axis in range(len(matrix.names))]
    told = [told_size(size, held, indicator, language) for size in sizes]
    first, *rest = (quoted(name[language], language) for name in matrix.names)
    name = indicator.name[language]
    what = f"{year}年{name}" if language == "zh" else f"{name[:1].lower()}{name[1:]} in {year}"
    hardly = max(sizes) < 4 * noise(indicator, held)
    words = (_HARDLY if hardly else _BOTH) if rest else (_HARDLY_ONE if hardly else _ONE)
    size = told[int(np.argmax(sizes))] if hardly else told[0]
    return words[language].format(
        first=first, second=rest[0] if rest else "", what=what, size=size, other=told[-1]
    )
