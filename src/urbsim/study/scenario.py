"""A scenario: what is assumed, how levers move, and what is demanded of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from urbsim.study.amount import Amount
from urbsim.study.target import Check, Target
from urbsim.study.uncertain import Correlated, Uncertain
from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a lever or parameter is set in one area.

    Parameters
    ----------
    region
        A region, a group or the place; empty means everywhere.
    years, amounts
        Points of a path, at the ends of years, with straight lines between. Without years there is one
        amount: a lever takes it from the first policy year on, a parameter for the whole run.
    """

    region: str = ""
    years: tuple[float, ...] = ()
    amounts: tuple[Amount, ...]
    where: str = ""
    entry: str = ""  # where the name of the lever or parameter stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A lever or parameter that a sweep gives one value after another, in one area."""

    name: str
    amounts: tuple[Amount, ...]
    region: str = ""
    where: str = ""
    entry: str = ""  # where the name of the lever or parameter stands

    @property
    def label(self) -> str:
        """Give the name, with the region where there is one."""
        return f"{self.name}[{self.region}]" if self.region else self.name


Settings = Mapping[str, tuple[Setting, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a scenario file says, with everything that it takes from the files it extends.

    Parameters
    ----------
    source, extended
        The file it came from, and those that it takes the rest from, nearest first.
    period
        First and last year; None takes the place's.
    parameter_set
        Name of the parameters fitted to history; None takes the place's, "none" those of its tables.
    levers, parameters
        Lever id, or name of a constant of the model -> how it is set.
    uncertain, correlated
        What only a distribution is known of, and which of that hangs together; `urbsim sample` draws from
        them, where a draw takes the place of what `levers` and `parameters` say.
    sweep
        Every combination of these is a run; see `study.sweep.expand`.
    targets
        None takes the place's own.
    sweep_of, swept
        For a combination of a sweep: the name of the scenario that it is of, and its values, one each.
    """

    name: str
    place: str
    source: str = ""
    extended: tuple[str, ...] = ()
    title: Words = field(default_factory=Words)
    description: Words = field(default_factory=Words)
    period: tuple[int, int] | None = None
    parameter_set: str | None = None
    levers: Settings = field(default_factory=dict)
    parameters: Settings = field(default_factory=dict)
    uncertain: tuple[Uncertain, ...] = ()
    correlated: tuple[Correlated, ...] = ()
    sweep: tuple[Swept, ...] = ()
    targets: tuple[Target, ...] | None = None
    checks: tuple[Check, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)  # key of the file -> file:line:column
    sweep_of: str = ""
    swept: tuple[Swept, ...] = ()
