"""Solve many runs of one schedule, keeping only what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from urbsim.engine.compile import System
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import solve
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import RunError

ENSEMBLE_RTOL = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """What many runs give back.

    Parameters
    ----------
    trajectory
        The wanted variables; NaN in the runs that failed.
    failures
        Position of each run that failed, and why.
    """

    trajectory: Trajectory
    failures: Mapping[int, str]


def solve_ensemble(
    system: System,
    schedule: Schedule,
    wanted: Sequence[str],
    *,
    solver: str = "rk45",
    rtol: float | None = None,
) -> Ensemble:
    """Solve every run of a schedule; a run that fails is told, and does not stop the others.

    Raises
    ------
    InputError
        The solver is unknown, or cannot do what the model or schedule asks.
    KeyError
        A wanted variable is not in the model.
    """
    done: dict[int, Trajectory] = {}
    failures: dict[int, str] = {}
    for run in range(schedule.inputs.shape[1]):
        try:
            one = solve(
                system,
                schedule.of_runs(slice(run, run + 1)),
                solver=solver,
                rtol=ENSEMBLE_RTOL if rtol is None else rtol,
            )
        except RunError as failure:
            failures[run] = str(failure)
            continue
        kept = [one.index(name) for name in wanted]
        done[run] = replace(
            one, outputs=tuple(one.outputs[k] for k in kept), values=tuple(one.values[k] for k in kept)
        )
    outputs = next(iter(done.values())).outputs if done else tuple(o for o in system.outputs)
    values = []
    for position, output in enumerate(outputs):
        part = np.full((*output.shape, len(schedule.save), schedule.inputs.shape[1]), np.nan)
        for run, one in done.items():
            part[..., run] = one.values[position][..., 0]
        values.append(part)
    trajectory = Trajectory(times=schedule.save, outputs=outputs, values=tuple(values), solver=solver)
    return Ensemble(trajectory=trajectory, failures=failures)
