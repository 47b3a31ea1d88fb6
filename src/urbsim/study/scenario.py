"""A scenario: what is assumed, how levers move, and what is demanded of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from urbsim.errors import ValueProblemError, as_number
from urbsim.study.target import Check, Target
from urbsim.study.words import Words

_RELATIVE = re.compile(
    r"\s*(?:[x×]\s*(?P<factor>\d+(?:\.\d*)?(?:e[+-]?\d+)?)|(?P<percent>[+-]\s*\d+(?:\.\d*)?)\s*%)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A value: a number [unit of the lever], or a multiple of the value that the place has."""

    number: float
    relative: bool = False

    def of(self, base: float) -> float:
        """Give the value, for a place whose own value is `base`."""
        return self.number * base if self.relative else self.number

    @staticmethod
    def parse(text: str) -> Amount:
        """Read ``x1.5``, ``+10%`` or ``-10%``.

        Examples
        --------
        >>> round(Amount.parse("-10%").of(2300.0), 6)
        2070.0
        """
        match = _RELATIVE.fullmatch(text)
        if match is None:
            what = f"'{text}' is text, expected a number, or x1.5, +10%, -10%"
            raise ValueProblemError(what, as_number(text))
        if match["factor"]:
            return Amount(number=float(match["factor"]), relative=True)
        return Amount(number=1 + float(match["percent"].replace(" ", "")) / 100, relative=True)


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
    targets
        None takes the place's own.
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
    targets: tuple[Target, ...] | None = None
    checks: tuple[Check, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)  # key of the file -> file:line:column
