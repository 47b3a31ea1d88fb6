"""An outcome and a lever -> what the lever is in one area, year by year."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass

from urbsim.study.lever import Lever
from urbsim.study.outcome import Outcome
from urbsim.study.place import Place
from urbsim.study.plan import find_lever
from urbsim.study.scenario import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a scenario sets a lever to in one area.

    Parameters
    ----------
    own
        What the area has itself, until the first of the years [unit of the lever].
    years, values
        Ends of years, with the values there and straight lines between.
    """

    own: float
    years: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, year: float) -> float:
        """Give the value at the end of a year."""
        after = bisect(self.years, year)
        if after == 0:
            return self.own
        if after == len(self.years):
            return self.values[-1]
        (before, low), (then, high) = ((self.years[i], self.values[i]) for i in (after - 1, after))
        return low + (high - low) * (year - before) / (then - before)

    def since(self, year: float) -> float | None:
        """Give the end of the year from which the value of a year has held; None for the area's own."""
        value, found = self.at(year), None
        for then, there in zip(reversed(self.years), reversed(self.values), strict=True):
            if then <= year:
                if there != value:
                    break
                found = then
        return year if found is None and year > self.years[0] else found


def course_of(outcome: Outcome, lever: Lever, area: str) -> Course | None:
    """Give the course of a lever in a region, or the place where it is one for all; None where it is not set.

    A lever given as one number is at it from the end of the first policy year on.
    """
    own = outcome.own.get(lever.id, {}).get(area)
    settings = next(
        (found for name, found in outcome.scenario.levers.items() if find_lever(name, [lever])), ()
    )
    setting = _smallest(settings, area, outcome.place)
    if setting is None or own is None:
        return None
    return Course(
        own=own,
        years=setting.years or (float(outcome.place.first_policy_year),),
        values=tuple(amount.of(own) for amount in setting.amounts),
    )


def _smallest(settings: tuple[Setting, ...], area: str, place: Place) -> Setting | None:
    """Give the setting of the smallest area that an area lies in."""
    wanted = set(place.members(area) or ())
    sizes = [(place.members(setting.region) or (), setting) for setting in settings]
    holding = [(len(members), setting) for members, setting in sizes if wanted and wanted <= set(members)]
    return min(holding, key=lambda one: one[0])[1] if holding else None
