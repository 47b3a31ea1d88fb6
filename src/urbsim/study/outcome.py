"""What came of one scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from urbsim.engine.trajectory import Trajectory
from urbsim.study.contribution import Contribution
from urbsim.study.indicator import Indicator
from urbsim.study.lever import Lever
from urbsim.study.place import Place
from urbsim.study.report import Measured
from urbsim.study.scenario import Scenario
from urbsim.study.target import Finding, Target, Verdict
from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A completed run and what it says.

    Parameters
    ----------
    idle
        Levers of the scenario that move nothing that is reported, each with the reason.
    seconds
        Wall time of the solution alone [s].
    honesty, statistics
        How far the model file's own method is from the answer, in words, and what the solver counted.
    contributions
        What each lever bought over the scenario's base; empty where that was not asked for.
    trajectory
        Every variable of the model; None in a run that was read from a results folder, which has indicators.
    """

    measured: Measured
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    idle: Mapping[str, Words]
    seconds: float
    honesty: str = ""
    statistics: Mapping[str, float] = field(default_factory=dict)
    contributions: tuple[Contribution, ...] = ()
    trajectory: Trajectory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A scenario with its place, its targets and its run; a failed one has no run but a reason.

    Parameters
    ----------
    levers
        The levers that the scenario, or the one it is held against, moves.
    own
        Lever id -> region, or the place's name -> the place's own value [unit of the lever].
    base
        Name of the scenario that this one is held against; empty: none, or it is itself one.
    """

    scenario: Scenario
    place: Place
    indicators: tuple[Indicator, ...]
    targets: tuple[Target, ...]
    levers: tuple[Lever, ...] = ()
    own: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    base: str = ""
    run: Run | None = None
    failure: str = ""

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def base_year(self) -> int:
        """Give the year at the end of which the run starts."""
        return (self.scenario.period or self.place.period)[0]

    @property
    def parameter_set(self) -> str:
        """Give the name of the fitted parameters that the run has; empty for those of the place's tables."""
        return self.place.set_name(self.scenario.parameter_set)
