"""What a run is given: its period and the value of every input over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An input that changes during the run, along straight lines between points.

    Before the first point the input keeps the value it has in `Schedule.inputs`; after the last it
    keeps the last value. A jump is two points at the same time, or a first point that differs from
    the value before it. What is reported for the time of a point goes with the first point of that time:
    two points at the end of 2025 leave 2025 as it was.
    """

    slot: int  # row of `Schedule.inputs`
    times: tuple[float, ...]  # [time unit of the model], not decreasing
    values: tuple[float, ...] | Floats  # [unit of the input]; by time, or (n_times, n_runs) by time and run

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values) or not self.times:
            raise ValueError("a move needs as many values as times, and at least one")
        if any(b < a for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueError("the times of a move must not decrease")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The period, the saved times, and the inputs of a set of runs.

    Parameters
    ----------
    start, stop
        First and last time [time unit of the model].
    save
        Times to report, shape (n_times,), increasing, within the period.
    inputs
        Values of the model's constants at the start, shape (n_inputs, n_runs).
    moves
        Inputs that change during the run, at the same times in every run.
    """

    start: float
    stop: float
    save: Floats
    inputs: Floats
    moves: tuple[Move, ...] = ()

    def of_runs(self, runs: slice | Sequence[int]) -> Schedule:
        """Give the schedule of some of the runs."""
        return replace(
            self,
            inputs=self.inputs[:, runs],
            moves=tuple(
                replace(move, values=move.values[:, runs]) if isinstance(move.values, np.ndarray) else move
                for move in self.moves
            ),
        )
