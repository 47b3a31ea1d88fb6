"""Outcomes -> the rows of the tables that are written: `trajectories.csv`, `targets.csv` and the others."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence

from urbsim.names import fold
from urbsim.study.course import course_of
from urbsim.study.outcome import Outcome
from urbsim.study.place import NO_SET, Place
from urbsim.study.position import position_at, position_of
from urbsim.study.report import Series
from urbsim.study.standing import Standing

_ORIGIN = ("parameter_set", "base_year")  # which parameters a result came from, and which start
Cell = str | float | int | bool | None
Table = tuple[tuple[str, ...], list[tuple[Cell, ...]]]


def trajectory_table(outcomes: Sequence[Outcome]) -> Table:
    """Give every indicator by scenario, region and year, a row each."""
    header = ("scenario", "region", "indicator", "unit", "year", "value", *_ORIGIN)
    rows: list[tuple[Cell, ...]] = []
    for outcome in outcomes:
        years, origin = tuple(map(int, _years(outcome))), _origin(outcome)
        for _, series in _series([outcome]):
            what = (outcome.name, series.area, series.indicator.id, series.indicator.unit)
            rows.extend(
                (*what, year, value, *origin)
                for year, value in zip(years, series.values.tolist(), strict=True)
                if math.isfinite(value)
            )
    return header, rows


def summary_table(outcomes: Sequence[Outcome]) -> Table:
    """Give every indicator by scenario and region, a row each and a column per year (IAMC layout)."""
    years = sorted({int(year) for outcome in outcomes for year in _years(outcome)})
    header = ("Model", "Scenario", "Region", "Variable", "Unit", *map(str, years))
    rows: list[tuple[Cell, ...]] = []
    for outcome, series in _series(outcomes):
        values = dict(zip(map(int, _years(outcome)), series.values.tolist(), strict=True))
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

    `gap` is value minus target, `margin` how far the model may be off.
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


def lever_table(outcomes: Sequence[Outcome]) -> Table:
    """Give what each scenario, or the one that it is held against, sets levers to, a row each.

    Years are those that either names; `value` and `base_value` are what the lever is at their end.
    """
    header = (
        *("scenario", "base", "lever", "name_zh", "name_en", "region", "unit", "year", "value", "own"),
        *("base_value", "position_zh", "position_en", "clause_zh", "clause_en", *_ORIGIN),
    )
    by_name = {outcome.name: outcome for outcome in outcomes}
    rows: list[tuple[Cell, ...]] = []
    for outcome in outcomes:
        base = by_name.get(outcome.base)
        for lever in outcome.levers:
            known = outcome.own.get(lever.id, {})
            for area, own in known.items():
                course = course_of(outcome, lever, area)
                other = course_of(base, lever, area) if base else None
                for year in sorted({year for one in (course, other) if one for year in one.years}):
                    value = course.at(year) if course else own
                    since = course.since(year) if course else None
                    named, position = position_of(lever, value, own, since), position_at(lever, value, own)
                    clause = position.clause if position and position.clause else lever.clause
                    rows.append(
                        (
                            *(outcome.name, outcome.base, lever.id, lever.name.zh, lever.name.en, area),
                            *(lever.unit, year, value, own),
                            (other.at(year) if other else own) if base else None,
                            *(named.zh, named.en, clause.zh, clause.en, *_origin(outcome)),
                        )
                    )
    return header, rows


def contribution_table(outcomes: Sequence[Outcome]) -> Table:
    """Give what each lever of each scenario bought over its base, a row each."""
    header = (
        *("scenario", "base", "lever", "region", "indicator", "unit", "year", "counted"),
        *("alone", "last", *_ORIGIN),
    )
    rows: list[tuple[Cell, ...]] = []
    for outcome in outcomes:
        units = {indicator.id: indicator.unit for indicator in outcome.indicators}
        totals = {indicator.id: one_less(indicator.unit) for indicator in outcome.indicators}
        yearly = {indicator.id: indicator.total for indicator in outcome.indicators}
        origin = _origin(outcome)
        rows.extend(
            (
                *(outcome.name, outcome.base, one.lever, one.area, one.indicator),
                *((totals if one.total else units)[one.indicator], one.year),
                counted(yearly[one.indicator], one.total),
                *(_figures(one.alone), _figures(one.last), *origin),
            )
            for one in (outcome.run.contributions if outcome.run else ())
        )
    return header, rows


def _figures(change: float) -> float:
    """Round a change to five figures: what is known of it beyond the error of the solution."""
    return float(f"{change:.5g}")


def counted(yearly: bool, added_up: bool) -> str:
    """Say how an indicator is counted: at the end of a year, by calendar year, or added up over years."""
    if added_up:
        return "sum"
    return "year" if yearly else "stock"


def one_less(unit: str) -> str:
    """Give the unit of a sum over years of what is counted by year.

    Examples
    --------
    >>> one_less("10k persons/year"), one_less("%")
    ('10k persons', '%')
    """
    return unit.removesuffix("/year")


def history_table(places: Iterable[Place]) -> Table:
    """Give everything observed in the places, a row each."""
    names = ("indicator", "region", "year", "value", "unit", "vintage", "confidence", "source", "note")
    rows: list[tuple[Cell, ...]] = [
        (*(getattr(observed, name) for name in names), place.name)
        for place in places
        for observed in place.history
    ]
    return (*names, "place"), rows


def source_table(places: Iterable[Place]) -> Table:
    """Give the sources of what is known of the places, a row each."""
    names = ("id", "title", "publisher", "date", "where", "zh")
    rows: list[tuple[Cell, ...]] = [
        (*(getattr(source, name) for name in names), place.name)
        for place in places
        for source in place.sources
    ]
    return (*names, "place"), rows


def panel_table(outcomes: Sequence[Outcome], indicators: Collection[str], areas: Collection[str]) -> Table:
    """Give indicators by place, region, scenario and year, a row each; without `areas`, of all regions."""
    header = ("place", "region", "scenario", "indicator", "unit", "year", "value", *_ORIGIN)
    wanted = set(map(fold, areas))
    rows: list[tuple[Cell, ...]] = [
        (
            *(outcome.place.name, series.area, outcome.name, series.indicator.id, series.indicator.unit),
            *(int(year), float(value), *_origin(outcome)),
        )
        for outcome, series in _series(outcomes)
        if series.indicator.id in indicators and (not wanted or fold(series.area) in wanted)
        for year, value in zip(_years(outcome), series.values, strict=True)
        if math.isfinite(value)
    ]
    return header, rows


def ranking_table(ranking: Sequence[Standing]) -> Table:
    """Give areas in the order of how far they fall short of their targets, a row each."""
    header = (
        *("rank", "place", "region", "scenario", "indicator", "unit", "year", "value"),
        *("operator", "target", "gap", "met", "year_met", "source", *_ORIGIN),
    )
    rows: list[tuple[Cell, ...]] = []
    for position, standing in enumerate(ranking, start=1):
        verdict = standing.verdict
        judged: tuple[Cell, ...] = (None,) * 6
        if verdict is not None:
            target = verdict.target
            source = "; ".join(filter(None, (target.source, target.clause)))
            judged = (target.operator, target.value, verdict.gap, verdict.met, verdict.year_met, source)
        rows.append(
            (
                *(position, standing.outcome.place.name, standing.area, standing.outcome.name),
                *(standing.indicator.id, standing.indicator.unit, standing.year, standing.value),
                *(*judged, *_origin(standing.outcome)),
            )
        )
    return header, rows


def _series(outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, Series]]:
    for outcome in outcomes:
        for series in outcome.run.measured.series if outcome.run else ():
            yield outcome, series


def _origin(outcome: Outcome) -> tuple[Cell, ...]:
    return outcome.parameter_set or NO_SET, outcome.base_year


def _years(outcome: Outcome) -> list[float]:
    return [float(year) for year in outcome.run.measured.years] if outcome.run else []
