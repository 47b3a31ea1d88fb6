"""A place: its regions, the numbers of its base year, its history and its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from urbsim.names import fold, folded
from urbsim.study.target import Target
from urbsim.study.vocabulary import Vocabulary
from urbsim.study.words import Words

NO_SET = "none"  # what a scenario says to do without fitted parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A measured or judged constant of the place, with its range and its source.

    `base_year` is the start of a run that the number is for; None: every one. An `inherited` number comes
    from the tables of another place.
    """

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
    base_year: int | None = None
    inherited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A parameter as fitted to history.

    Parameters
    ----------
    value, standard_error
        What was fitted, and how sure that is by the data alone [unit]; None where the data say nothing.
    low, high, central
        The range within which it was fitted, and the value before [unit].
    bound
        "low" or "high" when the value sits on that end of its range.
    stage
        The stage of the calibration in which it was first fitted.
    """

    variable: str
    region: str
    elements: tuple[str, ...]
    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    unit: str
    bound: str
    central: float | None
    stage: str
    where: str
    inherited: bool = False

    def number(self) -> Number:
        """Give the value as a number of the place."""
        same = ("variable", "region", "elements", "value", "low", "high", "unit", "where", "inherited")
        fitted = {name: getattr(self, name) for name in same}
        return Number(**fitted, confidence="derived", source="", note=f"fitted, stage {self.stage}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """Parameters fitted to history together; they take the place of those in the tables."""

    name: str
    estimates: tuple[Estimate, ...]


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
    """Where a number comes from; `zh` is title and publisher in Chinese."""

    id: str
    title: str
    publisher: str
    date: str
    where: str
    zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Regions that are reported and addressed together."""

    regions: tuple[str, ...]
    title: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """An allowance for projections of an indicator, either way [unit of the indicator].

    It is judged from how far published ones were off; most of them were off by more.
    """

    indicator: str
    year: int
    value: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnError:
    """How far runs of this model were off what was observed, `tools/error_band.py` says how it is worked out.

    Parameters
    ----------
    horizon
        Years after the last one that the parameters saw; 0 is within the years that they were fitted to.
    error
        Root mean square within those years, largest absolute error after them [unit].
    n
        Observed values behind it.
    first_year, last_year
        The years that they are of: nobody knew the error before the last of them.
    """

    indicator: str
    region: str
    parameter_set: str
    horizon: int  # [year]
    error: float
    unit: str
    n: int
    first_year: int
    last_year: int
    source: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place to which the model is applied.

    Parameters
    ----------
    folder
        Where the place was read from.
    regions, groups
        Names with their titles, in the place's own order.
    grid
        Region -> (row, column), from 1 and from the north-west, of a picture with a panel for each; empty: in
        the place's own order.
    base_years
        Years at the end of which a run can start; `numbers` has the stocks of each.
    first_policy_year
        First year that a lever given as one number can change.
    period
        First and last year of a run by default.
    margins
        Allowances for projections of this kind, by year.
    errors
        How far runs of this model were off, by indicator, area and horizon.
    sets, parameter_set
        Parameters fitted to history by name, and the name of those used by default; empty: the tables' own.
    seen
        Last year that each set of parameters was fitted to, where that is known.
    short
        Titles of regions for labels that name several; others have but one.
    vocabulary
        What the names of the model are called.
    """

    name: str
    title: Words
    folder: Path
    model: Path
    regions: Mapping[str, Words]
    groups: Mapping[str, Group]
    grid: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    base_years: tuple[int, ...]
    last_observed_year: int
    first_policy_year: int
    period: tuple[int, int]
    numbers: tuple[Number, ...] = ()
    paths: tuple[PathPoint, ...] = ()
    history: tuple[Observation, ...] = ()
    targets: tuple[Target, ...] = ()
    sources: tuple[Source, ...] = ()
    margins: tuple[Margin, ...] = ()
    errors: tuple[OwnError, ...] = ()
    sets: Mapping[str, ParameterSet] = field(default_factory=dict)
    parameter_set: str = ""
    seen: Mapping[str, int] = field(default_factory=dict)
    short: Mapping[str, Words] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    @property
    def base_year(self) -> int:
        """Give the year at the end of which a run starts by default."""
        return self.period[0]

    def set_name(self, asked: str | None) -> str:
        """Give the set that a scenario asks for: the place's own when it does not say, empty for "none"."""
        return self.parameter_set if asked is None else "" if asked == NO_SET else asked

    def last_seen(self, parameter_set: str) -> int:
        """Give the last year that parameters have seen: all that was observed, where they were not fitted."""
        return self.seen.get(parameter_set, self.last_observed_year)

    def numbers_of(self, base_year: int, parameter_set: str = "") -> tuple[Number, ...]:
        """Give the numbers of a run from a base year, so that of those for the same thing the last one holds.

        A row for a region or an element wins over one for all, a fitted one over both, and the place's own
        rows win over all that are inherited.
        """
        tabled = [row for row in self.numbers if row.base_year in (None, base_year)]
        estimates = self.sets[parameter_set].estimates if parameter_set else ()
        fitted = [estimate.number() for estimate in estimates]
        tabled.sort(key=_specific)
        fitted.sort(key=_specific)
        return tuple(sorted((*tabled, *fitted), key=lambda row: not row.inherited))

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
        wanted = folded(tuple(self.regions))
        return next((i for i, axis in enumerate(axes) if folded(tuple(axis)) == wanted), None)

    def area(self, name: str) -> str:
        """Give an area's name as the place writes it; an empty one is the whole place."""
        return next((area for area in self.areas if fold(area) == fold(name)), self.name)

    def area_title(self, area: str) -> Words:
        """Give an area's name for people."""
        if area in self.regions and area != self.name:
            return self.regions[area]
        return self.groups[area].title if area in self.groups else self.title

    def short_title(self, area: str) -> Words:
        """Give an area's name for labels, which have little room."""
        return self.short.get(area) or self.area_title(area)


def _specific(row: Number) -> tuple[bool, bool, bool]:
    return bool(row.region), bool(row.elements), row.base_year is not None
