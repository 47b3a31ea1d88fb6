"""The moving inputs of runs: straight lines between points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from urbsim.engine.limits import nudge
from urbsim.engine.schedule import Move

Floats = npt.NDArray[np.float64]
NOT_MOVED = 1e-12  # [-] a jump smaller than this is none


class Paths:
    """The moves of a schedule.

    `inputs` is (n_inputs, n_runs), the values before the moves.
    """

    def __init__(self, moves: Sequence[Move], inputs: Floats) -> None:
        self.rows = np.array([move.slot for move in moves], dtype=np.intp)
        self.kinks = np.unique([t for move in moves for t in move.times]) if moves else np.empty(0)
        self._before = inputs[self.rows]
        self._times = [np.asarray(move.times, dtype=float) for move in moves]
        self._values = [_by_run(move, inputs.shape[1]) for move in moves]

    def around(self, within: Floats) -> tuple[Floats, Floats]:
        """Give values and slopes of the lines that a time lies on; at a kink, of those after it.

        `within` is (..., n_runs), a time per run; both results are (n_moves, ..., n_runs). The values are
        those at the time itself.
        """
        values = np.empty((len(self.rows), *within.shape))
        slopes = np.zeros_like(values)
        runs = np.broadcast_to(np.arange(within.shape[-1]), within.shape)
        for row, (times, points) in enumerate(zip(self._times, self._values, strict=True)):
            after = np.searchsorted(times, within, side="right")
            earlier, later = np.maximum(after - 1, 0), np.minimum(after, len(times) - 1)
            base = np.where(after == 0, self._before[row], points[earlier, runs])
            between = (after > 0) & (after < len(times))
            rise = points[later, runs] - points[earlier, runs]
            span = np.where(between, times[later] - times[earlier], 1.0)
            slopes[row] = np.where(between, rise / span, 0.0)
            values[row] = base + slopes[row] * np.where(between, within - times[earlier], 0.0)
        return values, slopes

    def at(self, time: float) -> Floats:
        """Give the values that a report for a time goes with, (n_moves, n_runs).

        Those of the first point at that time, where there is one; so of a jump between two points those
        before it.
        """
        runs = self._before.shape[1]
        values, _ = self.around(np.full(runs, time))
        for row, (times, points) in enumerate(zip(self._times, self._values, strict=True)):
            first = int(np.searchsorted(times, time - nudge(time)))
            if first < len(times) and times[first] <= time + nudge(time):
                values[row] = points[first]
        return values

    def jumps_at(self, time: float) -> bool:
        """Tell whether an input of any run jumps at a time, rather than bends."""
        for row, (times, points) in enumerate(zip(self._times, self._values, strict=True)):
            here = np.flatnonzero(np.abs(times - time) <= nudge(time))
            if not here.size:
                continue
            before = self._before[row] if here[0] == 0 else points[here[0]]
            after = points[here[-1]]
            if not np.allclose(before, after, rtol=NOT_MOVED, atol=0):
                return True
        return False


def _by_run(move: Move, runs: int) -> Floats:
    values = np.asarray(move.values, dtype=float)
    return np.broadcast_to(values if values.ndim == 2 else values[:, np.newaxis], (len(move.times), runs))
