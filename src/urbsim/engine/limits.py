"""Where a solver gives up, and what it then says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System
from urbsim.errors import RunError

Floats = npt.NDArray[np.float64]

LOOK_FOR = (
    "look for a division by zero (ZIDZ or XIDZ avoid it), a logarithm or root of a negative number, "
    "or growth without bound"
)
MANY_STEPS = 100_000  # of a run; the shipped model takes a hundred
NEAR = 1e-9  # times closer than this, relative to their size, are one


def nudge(time: float) -> float:
    """Give the smallest stretch of time that counts, at a time."""
    return NEAR * max(1.0, abs(time))


def must_be_finite(system: System, values: Floats, time: float, what: str = "net flow") -> None:
    """Refuse stocks or net flows of a run, (n_states,), that are not numbers.

    Raises
    ------
    RunError
        One of them is not; the message names the first.
    """
    if not np.isfinite(values).all():
        row = int(np.argmax(~np.isfinite(values)))
        raise RunError(f"the {what} of {system.state_name(row)} is {values[row]} at {time:g}: {LOOK_FOR}")


def most_steps(span: float, own_step: float) -> int:
    """Give how many steps a run may take over a period, whose file has a step of its own."""
    return max(MANY_STEPS, int(20 * span / own_step))
