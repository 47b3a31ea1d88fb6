"""What a sample is: how it is drawn, of which scenarios, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.batch import Task
from urbsim.ensemble.recipe import tolerance
from urbsim.ensemble.store import Store
from urbsim.ensemble.summary import Chance
from urbsim.study.draw import Method
from urbsim.study.factor import Factor
from urbsim.study.scenario import Scenario

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How an ensemble is drawn and run.

    Parameters
    ----------
    runs, method, seed
        Draws, and how they are made; the same seed gives the same draws.
    indicators
        Those to keep, besides those of the targets; none: all.
    per_chunk
        Runs of a chunk; None: as many as suit the size of the model.
    """

    runs: int = 10_000
    method: Method = "lhs"
    seed: int = 1
    solver: str = "rk45"
    rtol: float | None = None
    indicators: tuple[str, ...] = ()
    per_chunk: int | None = None

    @property
    def tolerance(self) -> float | None:
        """Give the relative tolerance that is used; None for methods that have none."""
        return tolerance(self.solver, self.rtol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One scenario of a sample, with its draws: shape (n_factors, n_runs) [unit of each factor]."""

    task: Task
    factors: tuple[Factor, ...]
    values: Floats

    @property
    def scenario(self) -> Scenario:
        return self.task.scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A scenario of a sample with its runs, and what they say of its targets."""

    member: Member
    store: Store
    chances: tuple[Chance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a sample gives back."""

    folder: Path
    sampled: tuple[Sampled, ...]
    sampling: Sampling
    seconds: float  # wall time [s]

    @property
    def failed(self) -> int:
        """Give how many runs failed."""
        return sum(len(one.store.failures) for one in self.sampled)

    @property
    def runs(self) -> int:
        """Give how many runs there were, failed ones included."""
        return sum(one.store.runs for one in self.sampled)
