"""An outcome and the one it is held against -> what each of its levers bought, and all together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.names import fold
from urbsim.study.contribution import TOGETHER, Contribution
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is counted: an indicator in a year, or its sum over the years until then.

    Parameters
    ----------
    total
        The indicator counts a calendar year, and its sum from `first` to `last` is meant.
    """

    indicator: Indicator
    total: bool
    first: int
    last: int

    @property
    def unit(self) -> str:
        """Give the unit: that of the indicator, or what is left of it when years are added up."""
        return self.indicator.unit.removesuffix("/year") if self.total else self.indicator.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What a scenario changed in one area, against the one that it is held against.

    Parameters
    ----------
    levers
        Id -> name of everything that the scenario moves: levers, then parameters.
    contributions
        (Id, indicator id) -> what this one did alone, and what is lost without it; only what can be seen.
    together
        Indicator id -> what all levers and parameters do together [unit of the measure], with the start and
        the fitted parameters of the scenario; NaN where it is not known.
    otherwise
        Indicator id -> what the other start or the other fitted parameters do beside it [unit of the
        measure]; empty where both runs have the same, or the other run is not there.
    """

    outcome: Outcome
    held: Outcome | None  # the one that it is held against; None: it is not there
    against: Words  # its title
    area: str
    measures: tuple[Measure, ...]
    levers: Mapping[str, Words]
    contributions: Mapping[tuple[str, str], Contribution]
    together: Mapping[str, float]
    otherwise: Mapping[str, float]

    def alone(self, lever: str, indicator: str) -> float:
        """Give what a lever does alone [unit of the measure]; nought where nothing is to be seen."""
        found = self.contributions.get((lever, indicator))
        return 0.0 if found is None else found.alone

    def last(self, lever: str, indicator: str) -> float:
        """Give what is lost without a lever [unit of the measure]; nought where nothing is to be seen."""
        found = self.contributions.get((lever, indicator))
        return 0.0 if found is None else found.last

    def left_over(self, indicator: str) -> tuple[float, float]:
        """Give what all levers do together beyond the sums of what they do alone, and of what is lost."""
        sums = (
            math.fsum(self.alone(lever, indicator) for lever in self.levers),
            math.fsum(self.last(lever, indicator) for lever in self.levers),
        )
        return self.together[indicator] - sums[0], self.together[indicator] - sums[1]


def bought(
    outcome: Outcome, against: Outcome | None, indicators: Sequence[str], area: str, year: int
) -> Bought | None:
    """Put together what each lever of a scenario bought by the end of a year; None where that is not known.

    Parameters
    ----------
    against
        The outcome that the contributions were worked out against; None: it is not there.
    indicators
        Ids of what is counted, as far as contributions to it are known.
    """
    run = outcome.run
    here = [
        one for one in (run.contributions if run else ()) if one.year == year and fold(one.area) == fold(area)
    ]
    if not here or run is None:
        return None
    known = {indicator.id: indicator for indicator in outcome.indicators}
    sums = {name for name, indicator in known.items() if indicator.total and not indicator.per}
    measures = tuple(
        Measure(
            indicator=known[name],
            total=name in sums,
            first=outcome.place.first_policy_year if name in sums else year,
            last=year,
        )
        for name in indicators
        if name in known and run.measured.find(name, area)
    )
    if not measures:
        return None
    found = {(one.lever, one.indicator): one for one in here if one.total == (one.indicator in sums)}
    moved = dict.fromkeys(one.lever for one in run.contributions if one.lever != TOGETHER)
    differences = {one.indicator.id: change(outcome, against, one, area) for one in measures}
    alike = against is not None and (
        (against.place.name, against.base_year, against.parameter_set)
        == (outcome.place.name, outcome.base_year, outcome.parameter_set)
    )
    told = any(one.lever == TOGETHER for one in run.contributions)  # folders of older versions do not
    together = dict(differences)
    for name, difference in differences.items():
        if not (alike and math.isfinite(difference)):
            of_all = found.get((TOGETHER, name))
            together[name] = of_all.alone if of_all else 0.0 if told else math.nan
    names = {lever.id: lever.name for lever in outcome.levers if lever.id in moved}
    return Bought(
        outcome=outcome,
        held=against,
        against=(against.scenario.title if against else None) or Words(en=outcome.base),
        area=area,
        measures=measures,
        levers={
            **names,
            **{name: outcome.place.vocabulary.words(name) for name in moved if name not in names},
        },
        contributions=found,
        together=together,
        otherwise={name: gap - together[name] for name, gap in differences.items()}
        if against is not None and not alike
        else {},
    )


def change(outcome: Outcome, against: Outcome | None, measure: Measure, area: str) -> float:
    """Give what a run has beyond another [unit of the measure]; NaN where one of them does not tell."""
    values = []
    for one in (outcome, against):
        series = one.run.measured.find(measure.indicator.id, area) if one and one.run else None
        if one is None or one.run is None or series is None:
            return math.nan
        years = one.run.measured.years
        if not years[0] <= measure.first <= measure.last <= years[-1]:
            return math.nan
        counted = (years >= measure.first - 0.5) & (years <= measure.last + 0.5)
        values.append(float(np.sum(series.values[counted])))
    return values[0] - values[1]
