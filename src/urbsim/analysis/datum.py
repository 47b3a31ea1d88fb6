"""An observation as the fit sees it, with its error and the runs that are held against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from urbsim.analysis.calibration import Calibration, Held, SetPlan
from urbsim.engine.trajectory import Output
from urbsim.errors import PlaceError, Problem, suggestion
from urbsim.names import fold
from urbsim.study.indicator import Indicator
from urbsim.study.place import Observation, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One observed value and its standard error [unit of the indicator]."""

    indicator: Indicator
    area: str
    year: int
    value: float
    error: float
    stages: tuple[str, ...]
    where: str


def data_of(
    calibration: Calibration,
    plan: SetPlan,
    place: Place,
    indicators: Sequence[Indicator],
    outputs: Sequence[Output],
) -> tuple[Datum, ...]:
    """Find what a set is fitted to: no observation after `plan.until`, none before the first run begins.

    Raises
    ------
    PlaceError
        Every entry that asks for what was not observed, and every observation that is asked for twice.
    """
    problems: list[Problem] = []
    known = {indicator.id: indicator for indicator in indicators}
    regional = {fold(output.name) for output in outputs if place.axis(output.axes) is not None}
    data: list[Datum] = []
    used: dict[tuple[str, str, float], str] = {}
    for held in calibration.observations:
        if held.indicator not in known:
            fix = suggestion(held.indicator, [*known], "`urbsim list indicators`")
            problems.append(Problem(f"there is no indicator '{held.indicator}'", held.where, fix))
            continue
        for area in _areas(held, place):
            if area != place.name and fold(known[held.indicator].variable) not in regional:
                what = f"{held.indicator} is one number for the whole place, not known by region"
                problems.append(Problem(what, held.where, "leave out 'regions'"))
                continue
            rows = [*_rows(held, place, area)]
            if not rows:
                what = f"nothing was observed of {held.indicator} in {area} with this choice"
                problems.append(Problem(what, held.where, _observed_years(held, place)))
            for row in rows:
                # What may not be seen goes first, before anything can depend on it.
                if not min(plan.runs) < row.year <= plan.until:
                    continue
                key = (held.indicator, area, row.year)
                if key in used:
                    what = (
                        f"{held.indicator} in {area}, {row.year:g}, is used twice: {used[key]}, {row.where}"
                    )
                    problems.append(Problem(what, held.where, "name one 'vintage', or other years"))
                    continue
                used[key] = row.where
                error = held.error or abs(row.value) * (held.relative_error or 0)
                if not error:
                    what = "a 'relative_error' of 0 is no error"
                    problems.append(Problem(what, row.where, "give an 'error'"))
                    continue
                data.append(
                    Datum(
                        indicator=known[held.indicator],
                        area=area,
                        year=int(row.year),
                        value=row.value,
                        error=error,
                        stages=held.stages,
                        where=row.where,
                    )
                )
    if not data and not problems:
        problems.append(Problem(f"nothing was observed until {plan.until}", plan.where))
    if problems:
        raise PlaceError(dict.fromkeys(problems))
    return tuple(data)


def _areas(held: Held, place: Place) -> Iterator[str]:
    for area in held.regions or ("",):
        if area == "each":
            yield from place.regions
        else:
            yield place.area(area)


def _rows(held: Held, place: Place, area: str) -> Iterator[Observation]:
    for row in place.history:
        if (
            row.indicator == held.indicator
            and place.area(row.region) == area
            and (not held.years or row.year in held.years)
            and (held.first is None or row.year >= held.first)
            and (held.last is None or row.year <= held.last)
            and held.vintage in ("", row.vintage)
            and (not held.confidence or row.confidence in held.confidence)
        ):
            yield row


def _observed_years(held: Held, place: Place) -> str:
    found = sorted(
        {f"{place.area(r.region)} {r.year:g}" for r in place.history if r.indicator == held.indicator}
    )
    few = ", ".join(found[:6])
    return f"observed are {few}{', …' if len(found) > 6 else ''}" if found else "history.csv has none of it"
