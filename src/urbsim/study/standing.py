"""Outcomes of many places -> their areas, ranked by how far each is from its target."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from urbsim.names import fold
from urbsim.study.indicator import Indicator
from urbsim.study.judge import judge
from urbsim.study.outcome import Outcome
from urbsim.study.target import Target, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an area stands in one run, in one year.

    Parameters
    ----------
    value
        The indicator [its unit].
    verdict
        What came of the area's target; None where it has none, and no level was asked for.
    """

    outcome: Outcome
    area: str
    indicator: Indicator
    year: int
    value: float
    verdict: Verdict | None

    @property
    def short(self) -> float:
        """Give how far the area falls short of its target [unit]; below nought when it is beyond."""
        if self.verdict is None:
            return -math.inf
        return self.verdict.gap if self.verdict.target.operator == "<=" else -self.verdict.gap


def rank(
    outcomes: Sequence[Outcome],
    indicator: str,
    year: int,
    *,
    areas: Collection[str] = (),
    at_least: float | None = None,
) -> tuple[Standing, ...]:
    """Rank areas by how far they fall short of their targets, the farthest first.

    An area is held to the most demanding of its own targets for the year, else to `at_least`. Areas without
    either come last, the lowest value first.

    Parameters
    ----------
    areas
        Names of regions, groups and places to rank; empty means all of them.
    at_least
        The level that an area without a target of its own should reach [unit of the indicator].
    """
    wanted = set(map(fold, areas))
    found = [
        standing
        for outcome in outcomes
        if outcome.run is not None
        for standing in _standings(outcome, indicator, year, at_least)
        if not wanted or fold(standing.area) in wanted
    ]
    return tuple(sorted(found, key=lambda standing: (-standing.short, standing.value)))


def _standings(outcome: Outcome, indicator: str, year: int, at_least: float | None) -> Iterator[Standing]:
    assert outcome.run is not None  # noqa: S101 - `rank` leaves failed runs out
    measured, place = outcome.run.measured, outcome.place
    for series in measured.series:
        value = float(series.values[measured.at(year)])
        if series.indicator.id != indicator or not math.isfinite(value):
            continue
        own = [
            target
            for target in outcome.targets
            if (target.indicator, target.year, place.area(target.region)) == (indicator, year, series.area)
        ]
        if not own and at_least is not None:
            level = Target(indicator=indicator, year=year, operator=">=", value=at_least, region=series.area)
            own = [level]
        made = (
            Standing(
                outcome=outcome,
                area=series.area,
                indicator=series.indicator,
                year=year,
                value=value,
                verdict=verdict,
            )
            for verdict in (judge(measured, own, place, parameter_set=outcome.parameter_set) or (None,))
        )
        yield max(made, key=lambda standing: standing.short)
