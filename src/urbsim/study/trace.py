"""From an indicator back to what it stands on: observed values, and the numbers behind its equations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from urbsim.model.equations import Model, Name, Variable, walk
from urbsim.names import fold
from urbsim.study.indicator import Indicator
from urbsim.study.place import Number, Observation, PathPoint, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A variable of the model that an indicator is computed from, and the rows of the place that give it.

    Parameters
    ----------
    steps
        Equations between the indicator and the variable, at least: 0 for the indicator's own variables.
    where
        File and line of its equation.
    rows
        Numbers or path points of the place for the area asked for; none when it is computed.
    """

    variable: Variable
    steps: int
    where: str
    rows: tuple[Number | PathPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What an indicator of an area stands on."""

    indicator: Indicator
    area: str
    observed: tuple[Observation, ...]
    origins: tuple[Origin, ...]  # nearest first


def trace(indicator: Indicator, model: Model, place: Place, area: str = "", year: int | None = None) -> Trace:
    """Find the observed values of an indicator and every number of the place that it is computed from.

    Parameters
    ----------
    area
        A region, a group or, when empty, the whole place.
    year
        Of the observed values; None gives all. A number computed by the model stands on all its numbers,
        whatever the year.
    """
    name = place.area(area)
    members = set(map(fold, place.members(name) or ()))
    rows: dict[str, list[Number | PathPoint]] = {}
    for row in rows_in_use(place):
        if not row.region or fold(row.region) in members:
            rows.setdefault(fold(row.variable), []).append(row)
    return Trace(
        indicator=indicator,
        area=name,
        observed=tuple(
            one
            for one in place.history
            if one.indicator == indicator.id
            and place.area(one.region) == name
            and (year is None or one.year == year)
        ),
        origins=tuple(
            Origin(
                variable=model.variables[key],
                steps=steps,
                where=model.where(model.variables[key]),
                rows=tuple(rows.get(key, ())),
            )
            for key, steps in _upstream(indicator, model)
        ),
    )


def rows_in_use(place: Place) -> tuple[Number | PathPoint, ...]:
    """Give the numbers and paths that runs of the place use by default; a fitted one hides the table's."""
    numbers = place.numbers_of(place.base_year, place.parameter_set)
    last = {(fold(row.variable), fold(row.region), row.elements): row for row in numbers}
    return (*last.values(), *place.paths)


def _upstream(indicator: Indicator, model: Model) -> Iterator[tuple[str, int]]:
    """Visit every variable that an indicator depends on, the nearest first."""
    own = (indicator.variable, indicator.per, indicator.weight)
    level = [fold(name) for name in own if name and fold(name) in model.variables]
    seen = set(level)
    steps = 0
    while level:
        yield from ((key, steps) for key in level)
        following: dict[str, None] = {}
        for key in level:
            for equation in model.variables[key].equations:
                for part in walk(equation.expression):
                    read = fold(part.name) if isinstance(part, Name) else ""
                    if read in model.variables and read not in seen:
                        following[read] = None
        seen.update(following)
        level = list(following)
        steps += 1
