"""The period of a run, cut where its right-hand side jumps or bends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System
from urbsim.engine.limits import nudge
from urbsim.engine.paths import Paths
from urbsim.engine.schedule import Schedule

Floats = npt.NDArray[np.float64]
LOOK_AHEAD = 8  # rough steps over a stretch, to see how large a stock becomes


@dataclass(frozen=True, slots=True)
class Stretches:
    """The stretches of a run: `ends` of each, in order, and whether something jumps there."""

    start: float
    ends: tuple[float, ...]
    jumps: tuple[bool, ...]

    @property
    def middles(self) -> Floats:
        begins = np.array([self.start, *self.ends[:-1]])
        return np.asarray((begins + np.array(self.ends)) / 2)


def cut(system: System, schedule: Schedule, paths: Paths, column: Floats) -> Stretches:
    """Cut the period at every jump and bend of a run; times that differ by rounding only are one.

    `column` is (n_inputs + n_held,), the inputs of the run at the start.
    """
    known = np.unique([schedule.start, schedule.stop, *schedule.save])
    found = system.break_times(column, schedule.start, schedule.stop)
    for kink in map(float, paths.kinks):
        if schedule.start < kink < schedule.stop:
            found[kink] = found.get(kink, False) or paths.jumps_at(kink)
    ends: dict[float, bool] = {}
    last = schedule.start
    for exact, jump in sorted(found.items()):
        after = int(np.searchsorted(known, exact))
        near = min(known[max(after - 1, 0) : after + 1], key=lambda k: abs(k - exact))
        time = float(near) if abs(near - exact) <= nudge(exact) else exact
        if time - last > nudge(time) and schedule.stop - time > nudge(time):
            ends[time] = jump
            last = time
        elif last in ends:
            ends[last] |= jump
    ends[schedule.stop] = False
    return Stretches(schedule.start, tuple(ends), tuple(ends.values()))


def tolerances(
    system: System,
    rhs: Callable[[Floats, Floats], Floats],
    begin: float,
    end: Floats,
    states: Floats,
    slopes: Floats,
    rtol: float,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Give the absolute tolerance of each stock: `rtol` / 1000 of the largest of its family.

    `states`, and `slopes` at `begin`, are (n_groups, n_states, lanes); every run has its own. A family that
    begins with nothing, and does not change yet, is measured by what a few rough steps ahead make of it, to
    `end`, (n_groups, 1, lanes); `rhs` is given times of that shape.

    Returns
    -------
    The tolerances, and in which runs, (n_groups, lanes), nothing could be seen of some family.
    """
    firsts, counts = system.families
    sizes = np.maximum(np.abs(states), np.abs(slopes))
    largest = np.maximum.reduceat(sizes, firsts, axis=1)
    if not largest.all():
        ahead, rates, step = states, slopes, (end - begin) / LOOK_AHEAD
        for number in range(LOOK_AHEAD):
            ahead = ahead + step * (rates if number == 0 else rhs(begin + number * step, ahead))
            sizes = np.where(sizes > 0, sizes, np.where(np.isfinite(ahead), np.abs(ahead), 0.0))
        # Of the others nothing changes, or a run would hang on those beside it.
        largest = np.where(largest > 0, largest, np.maximum.reduceat(sizes, firsts, axis=1))
    known = np.where(largest > 0, largest, 1.0)
    return rtol * 1e-3 * np.repeat(known, counts, axis=1), (largest == 0).any(axis=1)
