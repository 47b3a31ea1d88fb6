"""What is to be fitted to what: the nouns of a place's `calibration.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

JOINT = "joint"  # the last stage, of every parameter and every observation
Z90 = 1.6448536269514722  # [-] standard deviations on either side that hold 90 % of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlan:
    """A set of parameters to fit.

    Parameters
    ----------
    runs
        Base years of the runs that are held against history.
    until
        Last year whose observations the fit may see.
    """

    runs: tuple[int, ...]
    until: int
    where: str = ""

    def __post_init__(self) -> None:
        if not self.runs or len(set(self.runs)) < len(self.runs):
            raise ValueError("runs: expected one or more base years, each once")
        if self.until <= max(self.runs):
            raise ValueError(f"until: is {self.until}, expected a year after every start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A parameter to fit, or several that are fitted alike.

    Parameters
    ----------
    stage
        The stage that fits it first; the joint stage fits it again.
    by
        "place": one value wherever it holds; "region": one for each region.
    element
        Elements of the further dimensions, joined by ``|``; empty: all of them, which then are one number.
    factor
        Range of one factor by which all of its numbers are multiplied, for a parameter of many numbers.
    scale
        Whether steps of the fit are differences or ratios.
    """

    variable: str
    stage: str
    by: Literal["place", "region"] = "place"
    element: str = ""
    factor: tuple[float, float] | None = None
    scale: Literal["linear", "log"] = "linear"
    where: str = ""

    def __post_init__(self) -> None:
        if self.factor and not 0 < self.factor[0] < 1 < self.factor[1]:
            raise ValueError("factor: expected a range around 1 such as [0.5, 2]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Observations to hold the model against: an indicator in some areas and years.

    Parameters
    ----------
    regions
        Regions, groups or the place; empty: the whole place; "each": every region.
    first, last, years
        The years that count: a span of them, or just these; empty: all that were observed.
    confidence
        Grades that count; empty: all.
    error, relative_error
        Standard error of one observation, of the measurement and of what the model leaves out [unit of the
        indicator, or a share of the value]; its inverse is the weight.
    stages
        Stages that look at it; the joint stage looks at everything.
    """

    indicator: str
    stages: tuple[str, ...]
    regions: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None
    years: tuple[int, ...] = ()
    vintage: str = ""
    confidence: tuple[str, ...] = ()
    error: float | None = None
    relative_error: float | None = None
    where: str = ""

    def __post_init__(self) -> None:
        if (self.error is None) == (self.relative_error is None):
            raise ValueError("expected one of 'error' and 'relative_error'")
        if (self.error or self.relative_error or 0) <= 0:
            raise ValueError("error: expected a number above 0")
        if self.years and (self.first or self.last):
            raise ValueError("expected either 'years' or 'first' and 'last'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a place fits.

    Parameters
    ----------
    stages
        Names of the stages in their order, before the joint one.
    prior
        Whether each parameter is held, weakly, near its central value: its range low-high is then read as
        what holds it with 90 % probability.
    weights
        "absolute": the errors of the observations are what they say; "relative": only their proportions
        count, and their size is estimated from the residuals.
    solver
        Method of the runs of the fit; a fixed step takes many runs at once.
    """

    sets: Mapping[str, SetPlan]
    stages: tuple[str, ...]
    parameters: tuple[Tuned, ...]
    observations: tuple[Held, ...]
    prior: bool = True
    weights: Literal["absolute", "relative"] = "absolute"
    solver: Literal["rk4", "rk2", "euler"] = "rk4"
    source: str = ""
    where: Mapping[str, str] = field(default_factory=dict)  # key of the file -> file:line:column
