"""What is kept of runs while they are solved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System
from urbsim.engine.layout import unpack
from urbsim.engine.trajectory import Output, Trajectory

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Effort:
    """What it took: right-hand sides (over all runs), steps and restarts (over all blocks)."""

    calls: int = 0
    steps: int = 0
    restarts: int = 0
    apart: int = 0  # runs that were solved on their own, being harder than those beside them


class Saved:
    """Values of the wanted arrays at the saved times; NaN until they are known.

    `suspect` tells of each run whether any value at a saved time, wanted or not, may be no finite number;
    constants are left out.
    """

    def __init__(self, system: System, times: Floats, runs: int, wanted: Sequence[int]) -> None:
        self._system, self._times, self._wanted = system, times, wanted
        sizes, place = system.sizes, system.layout.place
        rows: dict[str, list[int]] = {"states": [], "inputs": [], "outputs": []}
        self._first: dict[int, tuple[str, int]] = {}
        for number in wanted:
            storage, first = place[number]
            self._first[number] = (storage, len(rows[storage]))
            rows[storage].extend(range(first, first + sizes[number]))
        self.suspect = np.zeros(runs, dtype=bool)
        self._rows = {name: np.array(found, dtype=np.intp) for name, found in rows.items()}
        self._values = {name: np.full((len(found), len(times), runs), np.nan) for name, found in rows.items()}

    def put(self, position: int, first: int, runs: int, storages: Mapping[str, Floats]) -> None:
        """Keep what `runs` runs from `first` on have at a saved time; storages are (groups, n, lanes)."""
        constants = self._system.layout.constants  # of them a schedule tells
        with np.errstate(all="ignore"):
            for found in (storages["states"], storages["outputs"], storages["inputs"][:, constants:]):
                if not np.isfinite(found.sum()):  # as soon as one of them is not
                    unsound = ~np.isfinite(found.sum(axis=1))
                    self.suspect[first : first + runs] |= unsound.ravel()[:runs]
        for name, values in storages.items():
            rows = self._rows[name]
            if rows.size:
                self._values[name][:, position, first : first + runs] = unpack(values[:, rows], runs)

    def forget(self, run: int) -> None:
        """Make a run's values unknown again."""
        for values in self._values.values():
            values[..., run] = np.nan
        self.suspect[run] = False

    def parts(self) -> list[tuple[Output, Floats]]:
        """Give each wanted variable with its values, (*shape, n_times, n_runs)."""
        outputs = dict(zip(self._system.reported, self._system.outputs, strict=True))
        found = []
        for number in self._wanted:
            storage, first = self._first[number]
            output, size = outputs[number], self._system.sizes[number]
            values = self._values[storage][first : first + size]
            found.append((output, values.reshape(*output.shape, *values.shape[1:])))
        return found

    def trajectory(self, solver: str, effort: Effort) -> Trajectory:
        """Give what was kept as a trajectory."""
        parts = self.parts()
        return Trajectory(
            times=self._times,
            outputs=tuple(output for output, _ in parts),
            values=tuple(values for _, values in parts),
            solver=solver,
            statistics={
                "calls": effort.calls,
                "steps": effort.steps,
                "restarts": effort.restarts,
                "apart": effort.apart,
            },
        )
