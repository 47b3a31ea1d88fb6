"""Outcomes -> the rows of `trajectories.csv`, `summary.csv` and `targets.csv`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from urbsim.study.outcome import Outcome
from urbsim.study.place import NO_SET
from urbsim.study.report import Series

_ORIGIN = ("parameter_set", "base_year")  # which parameters a result came from, and which start
Cell = str | float | int | bool | None
Table = tuple[tuple[str, ...], list[tuple[Cell, ...]]]


def trajectory_table(outcomes: Sequence[Outcome]) -> Table:
    """Give every indicator by scenario, region and year, a row each."""
    header = ("scenario", "region", "indicator", "unit", "year", "value", *_ORIGIN)
    rows: list[tuple[Cell, ...]] = [
        (
            *(outcome.name, series.area, series.indicator.id, series.indicator.unit),
            *(int(year), float(value), *_origin(outcome)),
        )
        for outcome, series in _series(outcomes)
        for year, value in zip(_years(outcome), series.values, strict=True)
        if math.isfinite(value)
    ]
    return header, rows


def summary_table(outcomes: Sequence[Outcome]) -> Table:
    """Give every indicator by scenario and region, a row each and a column per year (IAMC layout)."""
    years = sorted({int(year) for outcome in outcomes for year in _years(outcome)})
    header = ("Model", "Scenario", "Region", "Variable", "Unit", *map(str, years))
    rows: list[tuple[Cell, ...]] = []
    for outcome, series in _series(outcomes):
        values = dict(zip(map(int, _years(outcome)), map(float, series.values), strict=True))
        cells = [values.get(year, math.nan) for year in years]
        rows.append(
            (
                *(outcome.place.model.stem, outcome.name, series.area),
                *(series.indicator.id, series.indicator.unit),
                *(value if math.isfinite(value) else None for value in cells),
            )
        )
    return header, rows


def target_table(outcomes: Sequence[Outcome]) -> Table:
    """Give every target by scenario with what came of it, a row each.

    `gap` is value minus target, `margin` how far projections of this kind have been off.
    """
    header = (
        *("scenario", "region", "indicator", "unit", "year", "operator", "target"),
        *("value", "gap", "margin", "met", "year_met", "source", *_ORIGIN),
    )
    units = {indicator.id: indicator.unit for outcome in outcomes for indicator in outcome.indicators}
    rows: list[tuple[Cell, ...]] = [
        (
            *(outcome.name, outcome.place.area(verdict.target.region), verdict.target.indicator),
            *(units[verdict.target.indicator], verdict.target.year),
            *(verdict.target.operator, verdict.target.value),
            *(verdict.value, verdict.gap, verdict.margin, verdict.met, verdict.year_met),
            "; ".join(filter(None, (verdict.target.source, verdict.target.clause))),
            *_origin(outcome),
        )
        for outcome in outcomes
        for verdict in (outcome.run.verdicts if outcome.run else ())
    ]
    return header, rows


def _series(outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, Series]]:
    for outcome in outcomes:
        for series in outcome.run.measured.series if outcome.run else ():
            yield outcome, series


def _origin(outcome: Outcome) -> tuple[Cell, ...]:
    return outcome.parameter_set or NO_SET, outcome.base_year


def _years(outcome: Outcome) -> list[float]:
    return [float(year) for year in outcome.run.measured.years] if outcome.run else []
