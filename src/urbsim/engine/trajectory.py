"""What a run gives back: every variable at every saved time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from urbsim.errors import suggestion
from urbsim.names import fold

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One variable of the model: its name as the modeller wrote it, its unit, and its axes.

    `axes` holds the element names of each subscript position, so a scalar has no axes.
    """

    name: str
    unit: str
    axes: tuple[tuple[str, ...], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    def labels(self) -> list[str]:
        """Give a label per element: ``Name[elem,elem]``, or the bare name of a scalar."""
        if not self.axes:
            return [self.name]
        return [f"{self.name}[{','.join(elements)}]" for elements in product(*self.axes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """How far the model file's own method and step are from the error-controlled answer.

    `difference` is the largest |own - controlled| of any stock's element at a saved time, divided by the
    largest magnitude that the element reaches in the run [-].
    """

    method: str
    step: float
    difference: float
    variable: str
    time: float

    def __str__(self) -> str:
        if self.difference == float("inf"):
            return f"the file's own {self.method} with step {self.step:g} does not come to an end"
        if not self.difference >= 0:
            return f"the file's own {self.method} with step {self.step:g} does not meet the saved times"
        return (
            f"the file's own {self.method} with step {self.step:g} differs from the error-controlled answer "
            f"by at most {self.difference:.2g} of a stock's largest value ({self.variable}, {self.time:g})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """Every variable of a set of runs at every saved time.

    Parameters
    ----------
    times
        Saved times, shape (n_times,).
    outputs
        The variables, in the order of `values`.
    values
        One array per output, shape (*output.shape, n_times, n_runs) [unit of the output].
    solver, statistics
        The method, and counts such as right-hand side calls and restarts.
    """

    times: Floats
    outputs: tuple[Output, ...]
    values: tuple[Floats, ...]
    solver: str = ""
    statistics: Mapping[str, float] = field(default_factory=dict)
    honesty: Honesty | None = None

    def index(self, name: str) -> int:
        """Find a variable by name; case, spaces and underscores do not matter.

        Raises
        ------
        KeyError
            No such variable; the message offers the nearest.
        """
        key = fold(name)
        for position, output in enumerate(self.outputs):
            if fold(output.name) == key:
                return position
        raise KeyError(f"no variable '{name}'; {suggestion(name, [o.name for o in self.outputs])}")

    def with_honesty(self, line: Honesty) -> Trajectory:
        """Give the same trajectory with its honesty line."""
        return replace(self, honesty=line)

    def output(self, name: str) -> Output:
        return self.outputs[self.index(name)]

    def __getitem__(self, name: str) -> Floats:
        """Give a variable's values, shape (*output.shape, n_times, n_runs)."""
        return self.values[self.index(name)]

    def to_frame(self, run: int = 0) -> pd.DataFrame:
        """Give one run as a DataFrame: index time, columns ``Name[elem,elem]``."""
        import pandas as pd

        labels = [label for output in self.outputs for label in output.labels()]
        rows = [v[..., run].reshape(-1, len(self.times)) for v in self.values]
        data = np.concatenate(rows).T if rows else np.empty((len(self.times), 0))
        return pd.DataFrame(data, index=pd.Index(self.times, name="time"), columns=labels)
