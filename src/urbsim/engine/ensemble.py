"""Solve many runs of one schedule, keeping only what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.engine.compile import System
from urbsim.engine.saved import Effort, Saved
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import not_a_number, refuse, solve_runs
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import suggestion
from urbsim.names import fold

# Residents and rates then are within 1e-5; a few land indicators with corners are not (docs/performance.md).
ENSEMBLE_RTOL = 1e-6
LOOKED_AT = 64  # runs at a time that are solved again, with every variable, to see what is wrong with them


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

    Parameters
    ----------
    wanted
        Names of the variables to keep, in any spelling.
    solver, rtol
        See `solve`; the default of `rtol` is `ENSEMBLE_RTOL`.

    Raises
    ------
    InputError
        The solver is unknown, or cannot do what the model or schedule asks.
    KeyError
        A wanted variable is not in the model; the message offers the nearest.
    """
    solver = system.method if solver == "model" else solver.lower()
    refuse(system, schedule, solver)
    known = {
        fold(output.name): number for number, output in zip(system.reported, system.outputs, strict=True)
    }
    for name in wanted:
        if fold(name) not in known:
            raise KeyError(f"no variable '{name}'; {suggestion(name, [o.name for o in system.outputs])}")
    kept = [known[key] for key in dict.fromkeys(map(fold, wanted))]
    saved = Saved(system, schedule.save, schedule.inputs.shape[1], kept)
    effort = Effort()
    tolerance = ENSEMBLE_RTOL if rtol is None else rtol
    failures = {
        run: str(failure) for run, failure in solve_runs(system, schedule, solver, tolerance, saved, effort)
    }
    # Which runs fail does not hang on what is kept: the others are looked at whole, as `solve` would.
    suspect = saved.suspect | ~np.isfinite(schedule.inputs).all(axis=0)
    for move in schedule.moves:
        suspect |= ~np.isfinite(move.values).all(axis=0)
    suspects = [run for run in map(int, np.flatnonzero(suspect)) if run not in failures]
    for first in range(0, len(suspects), LOOKED_AT):
        some = suspects[first : first + LOOKED_AT]
        whole = Saved(system, schedule.save, len(some), system.reported)
        for _ in solve_runs(system, schedule.of_runs(some), solver, tolerance, whole, effort):
            pass  # what could be solved once can be so again
        found = _not_numbers(whole, schedule)
        failures |= {some[run]: why for run, why in found.items()}
    failures = _not_numbers(saved, schedule) | failures
    for run in failures:
        saved.forget(run)
    return Ensemble(trajectory=saved.trajectory(solver, effort), failures=dict(sorted(failures.items())))


def _not_numbers(saved: Saved, schedule: Schedule) -> dict[int, str]:
    """Say of each run in which a kept value is no finite number what `solve` says of it."""
    found: dict[int, str] = {}
    for output, values in saved.parts():
        sound = np.isfinite(values).reshape(-1, values.shape[-1]).all(axis=0)
        for run in map(int, np.flatnonzero(~sound)):
            if run not in found:
                found[run] = str(not_a_number(output, values[..., [run]], schedule.save))
    return found
