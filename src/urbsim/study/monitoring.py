"""Run + new observations -> what left the run, and whether its targets are still within reach."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from urbsim.names import fold
from urbsim.study.error_band import Band, band_at, error_band
from urbsim.study.indicator import Indicator
from urbsim.study.observed_file import year_of
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation, Place
from urbsim.study.report import Series
from urbsim.study.target import Target

Standing = Literal[
    "reached",
    "beyond now",
    "on course",
    "by the run only",
    "behind",
    "faster than ever",
    "missed",
    "not observed",
]
BEHIND: tuple[Standing, ...] = ("by the run only", "behind", "faster than ever", "missed")
LED_BY_RUN: tuple[Standing, ...] = ("beyond now", "on course", "by the run only")  # the run says they are met

INTERPOLATED = "derived-panel"  # vintage of what was put between two censuses by arithmetic
LONG, SHORT = 5, 1  # [year] over which the best pace ever is looked for
LATELY, BEFORE = 3, 5  # [year] over which the pace of late is taken, and at most
SUSTAINED = 3.0  # [year] left from which on a pace must be kept up, and not be that of one good year
ROUNDING = 1e-9  # [-] what arithmetic may lose


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An observation beside what the run has for the same time.

    Parameters
    ----------
    expected
        Of the run [unit]: on a straight line between year ends; of the total of part of a year, the same
        share of the year's total, as if every month were alike. None outside the years of the run.
    share
        Share of its year that a total covers [-]; 1 for all that stands at a date.
    seen
        Whether the year is one of those that the parameters of the run were fitted to.
    """

    observation: Observation
    indicator: Indicator
    expected: float | None
    band: Band | None
    share: float
    seen: bool

    @property
    def deviation(self) -> float | None:
        """Give what was observed beyond what the run has [unit]."""
        return None if self.expected is None else self.observation.value - self.expected

    @property
    def widths(self) -> float | None:
        """Give the size of the deviation in widths of the band [-]; more than 1 lies outside."""
        if self.band is None or self.deviation is None or not self.band.width:
            return None
        return abs(self.deviation) / self.band.width

    @property
    def inside(self) -> bool | None:
        """Whether the observation lies in the band; None where there is none, or only the least it can be."""
        if self.widths is None or self.band is None or (self.band.kind == "floor" and self.widths > 1):
            return None
        return self.widths <= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A gain per year between two observed times [unit per year].

    `breaks` names the two kinds of observation where they are not of one kind, so that part of the gain may
    be a change of counting.
    """

    gain: float
    first: float
    last: float
    breaks: str = ""
    sums: bool = False  # of a count, and the mean of it over the years

    @property
    def span(self) -> float:
        """Give the time between the two [year]."""
        return self.last - self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a target stands after the last observation. Gains are per year, in the direction of the target.

    Parameters
    ----------
    level
        The value from which the target counts as met [unit].
    last
        The last observation before or in the target's year; None where there is none.
    needed, planned
        Gain per year from the last observation to the target: what it takes, and what the run has [unit per
        year]. None where no year is left.
    short, long
        The largest gain ever observed, in one year and per year over five years; over more, or between two
        kinds of observation, only where there is nothing else.
    latest, lately
        The gain of the last observed year, and per year of the last three (as near to that as was observed).
    held
        False where the last new observation of the series lies outside the band of the run, None where that
        is not known.
    projected
        The last observation and from there on the gains of the run [unit].
    band
        How far the run may be off between the last observation and the target's year.
    """

    target: Target
    indicator: Indicator
    area: str
    level: float
    standing: Standing
    last: Observation | None = None
    needed: float | None = None
    planned: float | None = None
    short: Pace | None = None
    long: Pace | None = None
    latest: Pace | None = None
    lately: Pace | None = None
    held: bool | None = None
    projected: float | None = None
    band: Band | None = None

    @property
    def years_left(self) -> float | None:
        """Give the time from the last observation to the end of the target's year [year]."""
        return None if self.last is None else max(0.0, self.target.year - self.last.year)

    @property
    def gap(self) -> float | None:
        """Give what the projected value has beyond the level, in the direction of the target [unit]."""
        return None if self.projected is None else sign_of(self.target) * (self.projected - self.level)

    @property
    def open(self) -> bool:
        """Whether the projected value is nearer to the level than the run may be off."""
        undecided = self.standing not in ("reached", "missed", "not observed")
        return (
            undecided and self.band is not None and self.gap is not None and abs(self.gap) < self.band.width
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """A run beside what was observed since."""

    outcome: Outcome
    observations: tuple[Observation, ...]
    readings: tuple[Reading, ...]
    courses: tuple[Course, ...]

    @property
    def behind(self) -> bool:
        """Whether any target was missed or is behind."""
        return any(course.standing in BEHIND for course in self.courses)


def hold_against(outcome: Outcome, observations: Sequence[Observation]) -> Monitoring:
    """Hold observations against a run that did not fail, and say of each of its targets how it stands."""
    readings = sorted(
        (_reading(one, outcome) for one in observations),
        key=lambda r: (
            _order(r.indicator, outcome),
            outcome.place.areas.index(r.observation.region),
            r.observation.year,
        ),
    )
    return Monitoring(
        outcome=outcome,
        observations=tuple(observations),
        readings=tuple(readings),
        courses=tuple(_courses(outcome, observations, readings)),
    )


def value_at(series: Series, years: np.ndarray, time: float) -> float | None:
    """Give what a run has at a time, None where it has nothing.

    Of the total of a year it is the part of the year that has gone by, as if every month were alike.
    """
    if series.indicator.total:
        at = np.flatnonzero(years == year_of(time))
        value = float(series.values[at[0]]) * share_of(time) if at.size else math.nan
    else:
        known = np.isfinite(series.values)
        inside = known.any() and years[known][0] <= time <= years[known][-1]
        value = float(np.interp(time, years[known], series.values[known])) if inside else math.nan
    return value if math.isfinite(value) else None


def share_of(time: float) -> float:
    """Give the share of its year that has gone by at a time: 0.5 at 2024.5, 1 at 2025.0."""
    return time - year_of(time) + 1


def history_of(place: Place, indicator: str, area: str) -> list[Observation]:
    """Give what was observed before, a value for each year: of two vintages the later row."""
    found = {one.year: one for one in _rows_of(place, indicator, area)}
    return [found[year] for year in sorted(found)]


def _rows_of(place: Place, indicator: str, area: str) -> list[Observation]:
    return [
        one
        for one in place.history
        if one.indicator == indicator and place.area(one.region) == area and one.vintage != INTERPOLATED
    ]


def sign_of(target: Target) -> int:
    """Give the direction in which a target lies: -1 where less is demanded."""
    return -1 if target.operator == "<=" else 1


def _reading(observation: Observation, outcome: Outcome) -> Reading:
    series, years = _series(outcome, observation.indicator, observation.region)
    share = share_of(observation.year) if series.indicator.total else 1.0
    band = band_at(
        outcome.place,
        observation.indicator,
        observation.region,
        observation.year,
        parameter_set=outcome.parameter_set,
    )
    if band is not None and share < 1:
        band = Band(width=band.width * share, kind=band.kind, horizon=band.horizon)
    return Reading(
        observation=observation,
        indicator=series.indicator,
        expected=value_at(series, years, observation.year),
        band=band,
        share=share,
        seen=observation.year <= outcome.place.last_seen(outcome.parameter_set),
    )


def _courses(
    outcome: Outcome, observations: Sequence[Observation], readings: Sequence[Reading]
) -> Iterator[Course]:
    for target in outcome.targets:
        area = outcome.place.area(target.region)
        found = outcome.run.measured.find(target.indicator, area) if outcome.run else None
        if found is not None:
            new = [o for o in observations if o.indicator == target.indicator and o.region == area]
            of_it = [r for r in readings if r.indicator.id == target.indicator]
            compared = [r for r in of_it if r.observation.region == area and r.deviation is not None]
            held = compared[-1].inside if compared and not compared[-1].seen else None
            yield replace(_course(target, area, outcome, new), held=held)


def _course(target: Target, area: str, outcome: Outcome, new: Sequence[Observation]) -> Course:
    series, years = _series(outcome, target.indicator, area)
    indicator, sign = series.indicator, sign_of(target)
    known = {one.year: one for one in history_of(outcome.place, indicator.id, area)}
    known |= {one.year: one for one in new}
    rows = {(one.year, one.vintage): one for one in _rows_of(outcome.place, indicator.id, area)}
    rows |= {(one.year, one.vintage): one for one in new}
    # The total of part of a year tells of that year alone.
    usable = [
        one
        for year, one in sorted(known.items())
        if not indicator.total or _whole(year) or year_of(year) == target.year
    ]
    every = [one for _, one in sorted(rows.items()) if _whole(one.year)]  # of every vintage
    counts = [one for one in usable if _whole(one.year)]
    begun = indicator.total and any(not _whole(one.year) for one in usable)
    level = target.level(indicator.unit)
    course = Course(
        target=target,
        indicator=indicator,
        area=area,
        level=level,
        standing="not observed",
        short=_best(counts if begun else every, sign, SHORT, total=begun),
        long=_best(counts if begun else every, sign, LONG, total=begun),
    )
    last = next((one for one in reversed(usable) if one.year <= target.year), None)
    if last is None:
        return course
    until = [one for one in usable if one.year <= last.year]
    course = replace(
        course,
        last=last,
        latest=_of_late(until, sign, SHORT, SHORT, total=begun),
        lately=_of_late(until, sign, LATELY, BEFORE, total=begun),
    )
    left, enough = target.year - last.year, ROUNDING * abs(level)
    missing = sign * (level - last.value)
    if left <= 0:
        return replace(course, projected=last.value, standing="reached" if missing <= enough else "missed")
    end, now = value_at(series, years, target.year), value_at(series, years, last.year)
    planned = None if end is None or now is None else sign * (end - now) / left
    needed = missing / left
    best = course.long if left >= SUSTAINED else course.short
    by_run = planned is not None and planned >= needed - enough
    standing: Standing
    if begun and sign > 0 and missing <= enough:
        standing = "reached"  # a count that has begun does not go back
    elif missing <= enough and (planned is None or (sign > 0 and not indicator.total)):
        standing = "beyond now"
    elif by_run and (course.lately is None or course.lately.gain >= needed - enough):
        standing = "on course"
    elif best is not None and needed > max(best.gain, 0.0):
        standing = "faster than ever"
    else:
        standing = "by the run only" if by_run else "behind"
    parameters = outcome.parameter_set
    told = max(last.year, outcome.place.last_seen(parameters))
    return replace(
        course,
        standing=standing,
        needed=needed,
        planned=planned,
        projected=None if planned is None else last.value + sign * planned * left,
        band=error_band(outcome.place, indicator.id, area, left, parameter_set=parameters, known=told),
    )


def _best(observed: Sequence[Observation], sign: int, span: int, *, total: bool) -> Pace | None:
    """Find the largest gain per year between two observations of one kind, so many years apart.

    More years stand in for five where no two observations are five years apart, two kinds of observation
    where there is no gain within one. With `total`, the gain is the count itself.
    """
    if total:
        by_year = {one.year: one for one in observed}
        runs = [[by_year.get(year + i) for i in range(span)] for year in by_year]
        whole = [[one for one in run if one is not None] for run in runs]
        paces = [
            Pace(
                gain=sign * sum(o.value for o in run) / span,
                first=run[0].year - 1,
                last=run[-1].year,
                sums=True,
            )
            for run in whole
            if len(run) == span
        ]
    else:
        longest = SHORT if span == SHORT else math.inf
        paces = [
            _between(a, b, sign) for a, b in combinations(observed, 2) if span <= b.year - a.year <= longest
        ]
    for broken, exact in ((False, True), (False, False), (True, True), (True, False)):
        kind = [p for p in paces if bool(p.breaks) == broken and (p.span == span or not exact)]
        if total or kind:
            return max(paces if total else kind, key=lambda pace: pace.gain, default=None)
    return None


def _of_late(observed: Sequence[Observation], sign: int, span: int, most: int, *, total: bool) -> Pace | None:
    """Give the gain per year up to the last observation over so many years, or as near to that as may be.

    Of a count that has begun it is what it comes to in a whole year at the pace so far.
    """
    last = observed[-1]
    if total:
        first = year_of(last.year) - 1
        return Pace(gain=sign * last.value / share_of(last.year), first=first, last=last.year, sums=True)
    before = [one for one in observed if SHORT - ROUNDING <= last.year - one.year <= most + ROUNDING]
    if not before:
        return None
    kind = [one for one in before if _of_one_kind(one, last)]
    return _between(min(kind or before, key=lambda one: abs(last.year - span - one.year)), last, sign)


def _between(one: Observation, other: Observation, sign: int) -> Pace:
    return Pace(
        gain=sign * (other.value - one.value) / (other.year - one.year),
        first=one.year,
        last=other.year,
        breaks="" if _of_one_kind(one, other) else f"{one.vintage} / {other.vintage}",
    )


def _of_one_kind(one: Observation, other: Observation) -> bool:
    """Whether two observations are of one vintage; who does not say which has none of their own."""
    return one.vintage == other.vintage or not (one.vintage and other.vintage)


def _whole(time: float) -> bool:
    return abs(time - round(time)) < ROUNDING


def _series(outcome: Outcome, indicator: str, area: str) -> tuple[Series, np.ndarray]:
    series = outcome.run.measured.find(indicator, area) if outcome.run else None
    if series is None or outcome.run is None:
        raise ValueError(f"{outcome.name} does not report {indicator} for {area}")
    return series, outcome.run.measured.years


def _order(indicator: Indicator, outcome: Outcome) -> int:
    return next(i for i, one in enumerate(outcome.indicators) if fold(one.id) == fold(indicator.id))
