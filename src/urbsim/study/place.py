"""A place: its regions, the numbers of its base year, its history and its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from urbsim.names import fold
from urbsim.study.target import Target
from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A measured or judged constant of the place, with its range and its source."""

    variable: str
    region: str  # empty: every region, or a variable without regions
    elements: tuple[str, ...]  # of the further dimensions, in the variable's order; empty: all of them
    value: float  # [unit]
    low: float | None
    high: float | None
    unit: str
    confidence: str
    source: str
    note: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPoint:
    """One year of an outside path."""

    variable: str
    region: str
    elements: tuple[str, ...]
    year: float
    value: float  # [unit]
    unit: str
    confidence: str
    source: str
    note: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observed value of an indicator, at the end of its year."""

    indicator: str
    region: str
    year: float
    value: float  # [unit]
    unit: str
    vintage: str
    confidence: str
    source: str
    note: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a number comes from."""

    id: str
    title: str
    publisher: str
    date: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Regions that are reported and addressed together."""

    regions: tuple[str, ...]
    title: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """How far projections of an indicator have been off by a year, either way [unit of the indicator]."""

    indicator: str
    year: int
    value: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place to which the model is applied.

    Parameters
    ----------
    folder
        Where the place was read from.
    regions, groups
        Names with their titles, in the place's own order.
    base_year
        The stocks of `numbers` are those at its end.
    first_policy_year
        First year that a lever given as one number can change.
    period
        First and last year of a run by default.
    margins
        How far projections of this kind have been off.
    """

    name: str
    title: Words
    folder: Path
    model: Path
    regions: Mapping[str, Words]
    groups: Mapping[str, Group]
    base_year: int
    last_observed_year: int
    first_policy_year: int
    period: tuple[int, int]
    numbers: tuple[Number, ...] = ()
    paths: tuple[PathPoint, ...] = ()
    history: tuple[Observation, ...] = ()
    targets: tuple[Target, ...] = ()
    sources: tuple[Source, ...] = ()
    margins: tuple[Margin, ...] = ()

    def margin(self, indicator: str, year: int) -> float | None:
        """Give the margin of an indicator in a year [its unit], None where none is known.

        Margins lie on straight lines that begin with nothing in the last observed year.
        """
        known = sorted((m.year, m.value) for m in self.margins if m.indicator == indicator)
        points = [(self.last_observed_year, 0.0), *known]
        for (before, low), (after, high) in pairwise(points):
            if before < year <= after:
                return low + (high - low) * (year - before) / (after - before)
        return None

    @property
    def areas(self) -> tuple[str, ...]:
        """Give everything that can be reported: the whole place, then its groups, then its regions."""
        return tuple(dict.fromkeys((self.name, *self.groups, *self.regions)))

    def members(self, area: str) -> tuple[str, ...] | None:
        """Give the regions of a region, a group or the whole place (an empty name); None if unknown."""
        if not area or fold(area) == fold(self.name):
            return tuple(self.regions)
        for region in self.regions:
            if fold(region) == fold(area):
                return (region,)
        for name, group in self.groups.items():
            if fold(name) == fold(area):
                return group.regions
        return None

    def axis(self, axes: Sequence[Sequence[str]]) -> int | None:
        """Find the axis of a variable whose elements are the regions; None when it has none."""
        wanted = [fold(region) for region in self.regions]
        return next((i for i, axis in enumerate(axes) if [fold(e) for e in axis] == wanted), None)

    def area(self, name: str) -> str:
        """Give an area's name as the place writes it; an empty one is the whole place."""
        return next((area for area in self.areas if fold(area) == fold(name)), self.name)

    def area_title(self, area: str) -> Words:
        """Give an area's name for people."""
        if area in self.regions and area != self.name:
            return self.regions[area]
        return self.groups[area].title if area in self.groups else self.title
