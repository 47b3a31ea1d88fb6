"""Targets and checks: what a plan or a modeller demands of a run, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from urbsim.study.words import Language, Words

Operator = Literal[">=", "<=", "~"]
OPERATORS: tuple[Operator, ...] = (">=", "<=", "~")

ABOUT_RATE = 0.5  # [percentage points] "about 80 %" is met from 79.5 %
ABOUT_COUNT = 0.01  # [-] "about 28 million" is met from 1 % below


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A level that an indicator should reach by the end of a year."""

    indicator: str
    year: int
    operator: Operator
    value: float  # [unit]
    unit: str = ""  # of the indicator; empty takes the indicator's
    region: str = ""  # a region, a group or, when empty, the whole place
    id: str = ""
    binding: str = ""
    source: str = ""
    clause: str = ""
    clause_en: str = ""
    note: str = ""
    where: str = ""

    def clause_in(self, language: Language) -> str:
        """Give the clause of the plan in a language; in English as it is written where it has no English."""
        return self.clause_en or self.clause if language == "en" else self.clause

    def level(self, unit: str) -> float:
        """Give the value from which the target counts as met [unit of the indicator]."""
        if self.operator != "~":
            return self.value
        return self.value - (ABOUT_RATE if unit == "%" else ABOUT_COUNT * abs(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a target in one run.

    Parameters
    ----------
    value, gap
        The indicator in the target's year, and what it has beyond the target (negative: it falls short)
        [unit].
    year_met
        First reported year in which the level is reached, before or after the target's year; None if the
        run never reaches it.
    level
        The value from which the target counts as met [unit].
    margin
        How far the run may be off in that year [unit], as `urbsim.study.error_band` has it; None where that
        is not known.
    """

    target: Target
    value: float
    gap: float
    met: bool
    year_met: int | None
    level: float
    margin: float | None = None

    @property
    def open(self) -> bool:
        """Whether the value is nearer to the level than the run may be off, so that either outcome may be."""
        return self.margin is not None and abs(self.value - self.level) < self.margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Bounds that a variable or an indicator must keep, in one year or in every reported year."""

    variable: str = ""
    indicator: str = ""
    low: float | None = None
    high: float | None = None
    year: int | None = None
    region: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if bool(self.variable) == bool(self.indicator):
            raise ValueError("expected either 'variable' or 'indicator'")
        if self.low is None and self.high is None:
            raise ValueError("expected one of 'at_least', 'at_most', 'between'")

    def __str__(self) -> str:
        name = self.variable or self.indicator
        bounds = (
            f"between {self.low:g} and {self.high:g}"
            if self.low is not None and self.high is not None
            else (f"at least {self.low:g}" if self.low is not None else f"at most {self.high:g}")
        )
        region = f" in {self.region}" if self.region else ""
        return f"{name}{region} {bounds}" + (f" in {self.year}" if self.year is not None else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of a check: the value nearest to, or farthest beyond, its bounds, and where that was."""

    check: Check
    passed: bool
    value: float
    element: str  # label of the variable, or region of the indicator
    year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A rate and a count that are set for the same year, and agree at one total only.

    Parameters
    ----------
    unit
        Of the count, and of the numbers below.
    total
        What the rate is a share of.
    needed
        The total at which both targets hold exactly.
    totals
        The total that each run has in that year.
    """

    rate: Target
    count: Target
    unit: str
    total: Words
    needed: float
    totals: Mapping[str, float]
