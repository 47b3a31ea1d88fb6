"""Draw the figures of a results folder: the runs of a place, in a line each or in a panel each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.output.figures.look import (
    FILLS,
    HATCHES,
    INK,
    End,
    Floats,
    Handle,
    draw_margins,
    end_of,
    head_panel,
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
from urbsim.output.figures.page import EDGE, WIDTH, lay_out, panel_width, sheet
from urbsim.output.figures.sweep import draw_sweep
from urbsim.output.words.matrix import matrix_of
from urbsim.output.words.pictures import (
    PICTURES,
    Picture,
    area_of,
    indicators_of,
    is_own,
    picture_finding,
    reading_notes,
)
from urbsim.output.words.terms import axis_number, axis_unit, base_position, short_titles, with_unit
from urbsim.study.error_band import margins_at
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

YEARS_BEFORE = 5  # of history before the base year: the recent pace, without flattening the scenarios
HIGH, HIGHEST = 2.8, 3.7  # height of the axes of a single panel, and what it may grow to for labels [inches]
PANEL = 1.45  # height of the axes of a panel [inches]

_HELD = Words(zh="{}（对照）", en="{}, for comparison")


def write_figures(folder: Path, outcomes: Sequence[Outcome], languages: Sequence[Language]) -> None:
    """Draw every picture that the indicators allow, as PNG and SVG, in each language."""
    folder.mkdir()
    groups = _by_place(outcomes)
    for language in languages:
        with styled(language):
            for name, group in groups.items():
                before = f"{name}_" if len(groups) > 1 else ""
                for picture in PICTURES:
                    figure = draw(picture, group, language)
                    if figure is not None:
                        save(figure, folder, f"{before}{picture.id}_{language}")


def draw(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> Figure | None:
    """Draw a picture of the runs of one place, inside `styled`; None when none of it is reported."""
    matrix = matrix_of(outcomes)
    if matrix is not None:
        return draw_sweep(picture, matrix, language)
    told = picture_finding(picture, outcomes, language)
    if told is None:
        return None
    shown = [outcome for outcome in outcomes if outcome.run]
    indicators = indicators_of(picture, outcomes)
    area = area_of(picture, outcomes)
    notes = Notes()
    if picture.stacked:
        figure, handles, right = _draw_stacks(indicators, shown, area, language)
    elif len(indicators) == 1:
        figure, handles, right = _draw_one(indicators[0], shown, area, language, notes)
    else:
        figure, handles, right = _draw_panels(indicators, shown, area, language, picture.level, notes)
    unit = axis_unit(indicators[0], language) if picture.stacked or len(indicators) == 1 else ""
    name = indicators[0].name if len(indicators) == 1 else picture.title
    subtitle = f"{shown[0].place.area_title(area)[language]} · {with_unit(name[language], unit, language)}"
    lay_out(
        figure,
        title=told.head,
        detail=told.more[:1].upper() + told.more[1:],
        subtitle=subtitle,
        question=picture.question[language],
        handles=handles,
        notes=[*notes.lines, " ".join(reading_notes(picture, outcomes, language))],
        right=right,
    )
    return figure


def _draw_one(
    indicator: Indicator, outcomes: Sequence[Outcome], area: str, language: Language, notes: Notes
) -> tuple[Figure, list[Handle], float]:
    base = outcomes[base_position(outcomes)]
    styles, titles = line_styles(outcomes), short_titles(outcomes)
    ends = [
        End(*end, f"{titles[o.name][language]} {axis_number(end[1], indicator, language)}", style)
        for o, style in zip(outcomes, styles, strict=True)
        if (end := end_of(_years(o), _values(o, indicator, area))) is not None
    ]
    beside = labels_fit((end.text for end in ends), HIGHEST)
    height = HIGH
    while beside and not labels_fit((end.text for end in ends), height):
        height += 0.1
    figure, (axes,) = sheet(height=height)
    margin = _band(axes, indicator, base, area)
    _draw_lines(axes, indicator, outcomes, area, styles)
    observed, targets = _observations(outcomes, indicator, area), _targets(outcomes, indicator, area)
    mark_history(axes, observed)
    tidy(axes)
    number_axis(axes, indicator, language)
    right = room_for(end.text for end in ends) if beside else 0.0
    width = 72 * WIDTH - 2 * EDGE - left_room(axes) - max(right, 10.0)
    rooms = [(target.year - axes.get_xlim()[0]) / np.ptp(axes.get_xlim()) * width for target in targets]
    draw_marks([(axes, target_marks(targets, indicator, language, notes, rooms))], width)
    handles = [] if beside else _scenario_keys(outcomes, language)
    if beside:
        label_ends(axes, ends)
    handles += _mark_keys(observed, targets, outcomes, language, margin=margin)
    return figure, handles, right


def _draw_panels(
    indicators: Sequence[Indicator],
    outcomes: Sequence[Outcome],
    area: str,
    language: Language,
    level: float | None,
    notes: Notes,
) -> tuple[Figure, list[Handle], float]:
    columns = 2 if len(indicators) in (2, 4) else 3
    rows = math.ceil(len(indicators) / columns)
    figure, panels = sheet(
        rows, columns, PANEL + 0.3 * (columns == 2), used=len(indicators), sharey=level is not None
    )
    styles = line_styles(outcomes)
    history: list[Observation] = []
    marked: list[Target] = []
    for axes, indicator in zip(panels, indicators, strict=True):
        _draw_lines(axes, indicator, outcomes, area, styles)
        if level is not None:
            axes.axhline(level, color="#888888", linewidth=0.8, zorder=1)
        observed = _observations(outcomes, indicator, area)
        mark_history(axes, observed)
        tidy(axes, ticks=4)
        number_axis(axes, indicator, language)
        history += observed
    for axes, indicator in zip(panels, indicators, strict=True):  # limits of shared axes are known now
        targets = _targets(outcomes, indicator, area)
        marked += targets
        width = panel_width(columns, 34.0)
        draw_marks([(axes, target_marks(targets, indicator, language, notes))], width)
        heading = with_unit(indicator.name[language], axis_unit(indicator, language), language)
        head_panel(axes, heading, width)
    handles = [
        *_scenario_keys(outcomes, language),
        *_mark_keys(history, marked, outcomes, language),
    ]
    return figure, handles, 0.0


def _draw_stacks(
    indicators: Sequence[Indicator], outcomes: Sequence[Outcome], area: str, language: Language
) -> tuple[Figure, list[Handle], float]:
    columns = min(len(outcomes), 2 if len(outcomes) in (2, 4) else 3)
    rows = math.ceil(len(outcomes) / columns)
    height = HIGH if len(outcomes) == 1 else PANEL
    figure, panels = sheet(rows, columns, height, used=len(outcomes), sharey=True)
    fills: list[dict[str, Any]] = [
        {
            "facecolor": FILLS[i % len(FILLS)],
            "hatch": HATCHES[i % len(HATCHES)],
            "edgecolor": "white",
            "linewidth": 0.5,
        }
        for i in range(len(indicators))
    ]
    base, titles = outcomes[base_position(outcomes)], short_titles(outcomes)
    for axes, outcome in zip(panels, outcomes, strict=True):
        tops = np.cumsum([_values(outcome, indicator, area) for indicator in indicators], axis=0)
        for floor, top, fill in zip([0.0 * tops[0], *tops], tops, fills, strict=False):
            axes.fill_between(_years(outcome), floor, top, **fill)
        for indicator_top in (
            np.cumsum([_values(base, i, area) for i in indicators], axis=0) if outcome is not base else ()
        ):
            axes.plot(_years(base), indicator_top, color=INK, linewidth=0.8, zorder=3)
        if len(outcomes) > 1:
            head_panel(axes, titles[outcome.name][language], panel_width(columns, 30.0 / columns))
        tidy(axes, ticks=4)
        number_axis(axes, indicators[0], language)
        axes.margins(x=0, y=0.04)
    panels[0].set_ylim(bottom=0)
    handles: list[Handle] = [
        Patch(label=i.name[language], **fill) for i, fill in zip(indicators, fills, strict=True)
    ]
    if len(outcomes) > 1:
        label = _HELD[language].format(titles[base.name][language])
        handles.append(Line2D([], [], color=INK, linewidth=0.8, label=label))
    return figure, handles, 0.0


def _draw_lines(
    axes: Axes,
    indicator: Indicator,
    outcomes: Sequence[Outcome],
    area: str,
    styles: Sequence[dict[str, Any]],
) -> None:
    for position, (outcome, style) in enumerate(zip(outcomes, styles, strict=True)):
        plot_line(axes, _years(outcome), _values(outcome, indicator, area), style, position)


def _band(axes: Axes, indicator: Indicator, outcome: Outcome, area: str) -> bool:
    """Draw around a run how far it may be off; False when that is not known."""
    years, place = _years(outcome), outcome.place
    margins = margins_at(place, indicator.id, area, years, parameter_set=outcome.parameter_set)
    return draw_margins(axes, years, _values(outcome, indicator, area), margins)


def _scenario_keys(outcomes: Sequence[Outcome], language: Language) -> list[Handle]:
    titles = short_titles(outcomes)
    return [
        Line2D([], [], label=titles[outcome.name][language], **style)
        for outcome, style in zip(outcomes, line_styles(outcomes), strict=True)
    ]


def _mark_keys(
    history: Sequence[Observation],
    targets: Sequence[Target],
    outcomes: Sequence[Outcome],
    language: Language,
    *,
    margin: bool = False,
) -> list[Handle]:
    own = any(is_own(target, outcomes) for target in targets)
    return [
        *history_keys(history, language),
        *keys(targets=bool(targets), own=own, margin=margin, language=language),
    ]


def _observations(outcomes: Sequence[Outcome], indicator: Indicator, area: str) -> list[Observation]:
    place = outcomes[0].place
    return [
        one
        for one in place.history
        if one.indicator == indicator.id
        and place.area(one.region) == area
        and one.year >= place.base_year - YEARS_BEFORE
    ]


def _targets(outcomes: Sequence[Outcome], indicator: Indicator, area: str) -> list[Target]:
    place = outcomes[0].place
    return distinct(
        target
        for outcome in outcomes
        for target in outcome.targets
        if target.indicator == indicator.id and place.area(target.region) == area
    )


def _values(outcome: Outcome, indicator: Indicator, area: str) -> Floats:
    """Give an indicator of an area by year; NaN where the run does not report it."""
    series = outcome.run.measured.find(indicator.id, area) if outcome.run else None
    return np.full(_years(outcome).shape, np.nan) if series is None else series.values


def _years(outcome: Outcome) -> Floats:
    return outcome.run.measured.years if outcome.run else np.array([])


def _by_place(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.place.name, []).append(outcome)
    return groups
