"""Run + new observations -> what left the run, and whether its targets are still within reach."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from urbsim.names import fold
from urbsim.study.error_band import Band, error_band
from urbsim.study.indicator import Indicator
from urbsim.study.observed_file import year_of
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation, Place
from urbsim.study.report import Series
from urbsim.study.target import Target

Standing = Literal["reached", "on course", "behind", "faster than ever", "missed", "not observed"]
BEHIND: tuple[Standing, ...] = ("behind", "faster than ever", "missed")

INTERPOLATED = "derived-panel"  # vintage of what was put between two censuses by arithmetic
LONG, SHORT = 5, 1  # [year] over which the best pace ever is looked for
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
    """The largest gain per year between two observed years [unit per year].

    `breaks` names the two kinds of observation where they are not of one kind, so that part of the gain may
    be a change of counting.
    """

    gain: float
    first: float
    last: float
    breaks: str = ""


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
        The largest gain ever observed, in one year and per year over five years or more.
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
        undecided = self.standing in ("on course", "behind", "faster than ever")
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
        courses=tuple(_courses(outcome, observations)),
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


def band_at(outcome: Outcome, indicator: str, area: str, time: float) -> Band | None:
    """Give how far a run may be off at a time, after the years that its parameters saw."""
    name = outcome.parameter_set
    seen = outcome.place.last_seen(name)
    return error_band(outcome.place, indicator, area, time - seen, parameter_set=name, known=seen)


def history_of(place: Place, indicator: str, area: str) -> list[Observation]:
    """Give what was observed before, a value for each year: of two vintages the later row."""
    found = {
        one.year: one
        for one in place.history
        if one.indicator == indicator and place.area(one.region) == area and one.vintage != INTERPOLATED
    }
    return [found[year] for year in sorted(found)]


def sign_of(target: Target) -> int:
    """Give the direction in which a target lies: -1 where less is demanded."""
    return -1 if target.operator == "<=" else 1


def _reading(observation: Observation, outcome: Outcome) -> Reading:
    series, years = _series(outcome, observation.indicator, observation.region)
    share = share_of(observation.year) if series.indicator.total else 1.0
    band = band_at(outcome, observation.indicator, observation.region, observation.year)
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


def _courses(outcome: Outcome, observations: Sequence[Observation]) -> Iterator[Course]:
    for target in outcome.targets:
        area = outcome.place.area(target.region)
        found = outcome.run.measured.find(target.indicator, area) if outcome.run else None
        if found is not None:
            new = [o for o in observations if o.indicator == target.indicator and o.region == area]
            yield _course(target, area, outcome, new)


def _course(target: Target, area: str, outcome: Outcome, new: Sequence[Observation]) -> Course:
    series, years = _series(outcome, target.indicator, area)
    indicator, sign = series.indicator, sign_of(target)
    known = {one.year: one for one in history_of(outcome.place, indicator.id, area)}
    known |= {one.year: one for one in new}
    # The total of part of a year tells of that year alone.
    usable = [
        one
        for year, one in sorted(known.items())
        if not indicator.total or _whole(year) or year_of(year) == target.year
    ]
    whole = [one for one in usable if _whole(one.year)]
    begun_at = next((o for o in usable if not _whole(o.year)), None) if indicator.total else None
    level = target.level(indicator.unit)
    course = Course(
        target=target,
        indicator=indicator,
        area=area,
        level=level,
        standing="not observed",
        short=_best(whole, sign, SHORT, total=begun_at is not None),
        long=_best(whole, sign, LONG, total=begun_at is not None),
    )
    last = next((one for one in reversed(usable) if one.year <= target.year), None)
    if last is None:
        return course
    course = replace(course, last=last)
    left, enough = target.year - last.year, ROUNDING * abs(level)
    missing = sign * (level - last.value)
    if left <= 0:
        return replace(course, projected=last.value, standing="reached" if missing <= enough else "missed")
    end, now = value_at(series, years, target.year), value_at(series, years, last.year)
    planned = None if end is None or now is None else sign * (end - now) / left
    needed = missing / left
    best = course.long if left >= SUSTAINED else course.short
    standing: Standing
    if missing <= enough and (begun_at is None or sign > 0):
        standing = "reached"
    elif planned is not None and planned >= needed - enough:
        standing = "on course"
    elif best is not None and needed > best.gain:
        standing = "faster than ever"
    else:
        standing = "behind"
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
    """Find the largest gain per year over exactly one year, or over five or more.

    Of any ten years or more five have gained as much per year, so that long spans only stand in where years
    between were not observed. With `total`, the gain is the count itself.
    """
    if total:
        runs = [observed[i : i + span] for i in range(len(observed) - span + 1)]
        paces = [
            Pace(gain=sign * sum(o.value for o in run) / span, first=run[0].year - 1, last=run[-1].year)
            for run in runs
            if run[-1].year - run[0].year == span - 1
        ]
    else:
        paces = [
            Pace(
                gain=sign * (b.value - a.value) / (b.year - a.year),
                first=a.year,
                last=b.year,
                breaks="" if a.vintage == b.vintage else f"{a.vintage} / {b.vintage}",
            )
            for a, b in combinations(observed, 2)
            if (b.year - a.year == 1 if span == SHORT else b.year - a.year >= span)
        ]
    return max(paces, key=lambda pace: pace.gain, default=None)


def _whole(time: float) -> bool:
    return abs(time - round(time)) < ROUNDING


def _series(outcome: Outcome, indicator: str, area: str) -> tuple[Series, np.ndarray]:
    series = outcome.run.measured.find(indicator, area) if outcome.run else None
    if series is None or outcome.run is None:
        raise ValueError(f"{outcome.name} does not report {indicator} for {area}")
    return series, outcome.run.measured.years


def _order(indicator: Indicator, outcome: Outcome) -> int:
    return next(i for i, one in enumerate(outcome.indicators) if fold(one.id) == fold(indicator.id))
