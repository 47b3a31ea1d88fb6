"""Solve a system over its schedule.

The right-hand side may jump: at a STEP or PULSE, at a comparison of Time with a fixed date, where a lever
moves. An integrator with error control would step over a short pulse without noticing, so integration stops
and restarts at every such time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from urbsim.engine.alone import solve_alone
from urbsim.engine.compile import System
from urbsim.engine.fixed import FIXED, solve_fixed
from urbsim.engine.layout import LANES
from urbsim.engine.limits import LOOK_FOR
from urbsim.engine.saved import Effort, Saved
from urbsim.engine.schedule import Schedule
from urbsim.engine.together import solve_together
from urbsim.engine.trajectory import Honesty, Output, Trajectory
from urbsim.errors import InputError, Problem, RunError, suggestion

Floats = npt.NDArray[np.float64]

CONTROLLED = ("rk45", "dop853", "lsoda", "radau", "bdf")  # methods that control their error
SOLVERS = (*CONTROLLED, *FIXED, "model")
RTOL = 1e-9
RTOL_OF_RK45 = (
    1e-10  # keeps it within 1e-6 of the exact answer of the shipped model (tests/test_shipped_model.py)
)
ROOM = 2**23  # bytes that stocks and inputs may take in all stages of a step together, to stay in the cache
STAGES = 12  # arrays of stocks that are in use during a step
MOST_GROUPS = 8
BATCH = 2**24  # stocks at saved times that are kept until the other variables are worked out of them


def solve(
    system: System, schedule: Schedule, *, solver: str = "rk45", rtol: float | None = None
) -> Trajectory:
    """Solve every run of a schedule.

    Parameters
    ----------
    system
        The compiled model; it is left as it is.
    schedule
        Period, saved times, inputs and their moves.
    solver
        "rk45", "dop853", "lsoda", "radau" or "bdf" with error control; "euler", "rk2" or "rk4" with the
        model's TIME STEP; "model" for the method that the file declares.
    rtol
        Relative error allowed in each step; the default keeps the whole run within 1e-6.

    Raises
    ------
    InputError
        The solver is unknown, or cannot do what the model or schedule asks.
    RunError
        A variable stopped being a number, or the steps became too small.
    """
    solver = system.method if solver == "model" else solver.lower()
    refuse(system, schedule, solver)
    runs = schedule.inputs.shape[1]
    saved = Saved(system, schedule.save, runs, system.reported)
    effort = Effort()
    for _, failure in solve_runs(
        system, schedule, solver, default_rtol(solver) if rtol is None else rtol, saved, effort
    ):
        raise failure
    for output, values in saved.parts():
        if not np.isfinite(values).all():
            raise not_a_number(output, values, schedule.save)
    return saved.trajectory(solver, effort)


def solve_runs(
    system: System, schedule: Schedule, solver: str, rtol: float, saved: Saved, effort: Effort
) -> Iterator[tuple[int, RunError]]:
    """Solve every run of a schedule that nothing is to be said against, and yield those that fail."""
    inputs = schedule.inputs.copy()
    for name, time in (("initial time", schedule.start), ("final time", schedule.stop)):
        if name in system.clock_rows:
            inputs[system.clock_rows[name]] = time
    schedule = replace(schedule, inputs=inputs)
    runs = inputs.shape[1]
    lanes = 1 if runs == 1 else LANES
    batch = max(LANES, BATCH // max(1, system.layout.states * len(schedule.save)) // LANES * LANES)
    for first in range(0, runs, batch):
        part = schedule.of_runs(slice(first, first + batch))
        alone: Sequence[int] = range(part.inputs.shape[1])
        with np.errstate(all="ignore"):  # what is not a number is told later
            if solver in FIXED:
                alone = _solve_blocks(system, part, solver, lanes, saved, first, effort)
            elif solver == "rk45" and system.layout.states:
                alone = solve_together(
                    system=system,
                    schedule=part,
                    lanes=lanes,
                    width=1 if lanes == 1 else block_width(system),
                    rtol=rtol,
                    saved=saved,
                    place=first,
                    effort=effort,
                )
                effort.apart += len(alone)
        for run in alone:
            saved.forget(first + run)
            try:
                one = part.of_runs(slice(run, run + 1))
                if solver in FIXED:
                    solve_fixed(system, one, solver, 1, saved, first + run, effort)
                else:
                    solve_alone(system, one, solver, rtol, saved, first + run, effort)
            except RunError as failure:
                saved.forget(first + run)
                yield first + run, failure


def _solve_blocks(
    system: System, schedule: Schedule, solver: str, lanes: int, saved: Saved, place: int, effort: Effort
) -> list[int]:
    """Solve runs with a fixed step, some at a time; give those that must be solved alone.

    Those are the runs of a block in which something is wrong with one of them.
    """
    runs, width = schedule.inputs.shape[1], block_width(system)
    alone: list[int] = []
    for begin in range(0, runs, width):
        try:
            block = schedule.of_runs(slice(begin, begin + width))
            solve_fixed(system, block, solver, lanes, saved, place + begin, effort)
        except RunError:
            alone.extend(range(begin, min(begin + width, runs)))
    return alone


def default_rtol(solver: str) -> float:
    """Give the relative tolerance that a solver has where none is asked for."""
    return RTOL_OF_RK45 if solver == "rk45" else RTOL


def block_width(system: System) -> int:
    """Give how many runs are solved side by side: whole groups of lanes, as many as the cache holds."""
    layout = system.layout
    group = 8 * LANES * (STAGES * layout.states + layout.inputs)
    return LANES * max(1, min(MOST_GROUPS, ROOM // group))


def honesty(system: System, schedule: Schedule, trajectory: Trajectory) -> Honesty:
    """Run the file's own method and step, and say where it differs most from `trajectory`."""
    step = system.clock(schedule.inputs[:, 0])["time step"]
    grid = (schedule.save - schedule.start) / step
    met = np.abs(grid - np.round(grid)) < 1e-6
    if not met.any():
        return Honesty(method=system.method, step=step, difference=np.nan, variable="", time=schedule.start)
    saved = schedule.save[met]
    worst = Honesty(method=system.method, step=step, difference=0.0, variable="", time=schedule.start)
    try:
        own = solve(system, replace(schedule, save=saved, stop=float(saved[-1])), solver="model")
    except RunError:
        return replace(worst, difference=np.inf)
    stocks = [system.program.arrays[number].kind == "stock" for number in system.reported]
    for stock, output, controlled, rough in zip(
        stocks, trajectory.outputs, trajectory.values, own.values, strict=True
    ):
        if not stock:
            continue
        exact = controlled[..., met, :]
        magnitude = np.maximum(np.abs(exact), np.abs(rough)).max(axis=-2, keepdims=True)
        # An element that is next to nothing beside its sisters is measured against them.
        magnitude = np.maximum(magnitude, 1e-6 * magnitude.max(initial=0.0))
        relative = np.divide(np.abs(rough - exact), magnitude, out=np.zeros_like(exact), where=magnitude > 0)
        if relative.size and relative.max() > worst.difference:
            *element, time, _ = np.unravel_index(int(np.argmax(relative)), relative.shape)
            label = output.labels()[int(np.ravel_multi_index(element, output.shape)) if element else 0]
            worst = replace(worst, difference=float(relative.max()), variable=label, time=float(saved[time]))
    return worst


def refuse(system: System, schedule: Schedule, solver: str) -> None:
    """Refuse what the solver or the model cannot do, with every reason at once."""
    problems = [*_solver_problems(system, solver), *_schedule_problems(system, schedule)]
    if problems:
        raise InputError(problems)


def _solver_problems(system: System, solver: str) -> Iterator[Problem]:
    if solver not in SOLVERS:
        yield Problem(f"there is no solver '{solver}'", "solver", suggestion(solver, SOLVERS))
    elif solver in CONTROLLED:
        fix = "use euler or rk4, which go by the model's TIME STEP"
        for name in sorted({system.program.arrays[m.source].owner for m in system.program.memories}):
            what = f"'{name}' uses DELAY FIXED or SAMPLE IF TRUE, which {solver} cannot follow"
            yield Problem(what, system.program.source, fix)
        for name in system.program.moving_breaks:
            what = f"'{name}' jumps at a time that changes during the run, so {solver} cannot stop there"
            yield Problem(what, system.program.source, fix)


def _schedule_problems(system: System, schedule: Schedule) -> Iterator[Problem]:
    program, place = system.program, system.layout.place

    def rows(array: int) -> range:
        return range(place[array][1], place[array][1] + program.arrays[array].size)

    names = {row: (program.arrays[a].name, why) for a, why in program.fixed.items() for row in rows(a)}
    clock = {row: (name.upper(), "it sets the clock") for name, row in system.clock_rows.items()}
    slots = [move.slot for move in schedule.moves]
    for slot in dict.fromkeys(slots):
        if slot in names | clock:
            name, why = (names | clock)[slot]
            yield Problem(f"'{name}' cannot change during a run: {why}", "", "set it for the whole run")
        if slots.count(slot) > 1:
            yield Problem(
                f"input {slot} is moved {slots.count(slot)} times over", "", "join its moves into one"
            )
    for array, why in program.structural.items():
        if not np.all(schedule.inputs[rows(array)] == system.inputs[rows(array), None]):
            name = program.arrays[array].name
            yield Problem(f"'{name}' cannot be changed: {why}", "", "change it in the model file")
    if "time step" in system.clock_rows and np.ptp(schedule.inputs[system.clock_rows["time step"]]) > 0:
        yield Problem("the runs have different time steps", "TIME STEP", "run them apart")
    times = system.clock(schedule.inputs[:, 0])
    for name, time in (("initial time", schedule.start), ("final time", schedule.stop)):
        if name not in system.clock_rows and times[name] != time:
            what = f"{name.upper()} is an equation that gives {times[name]:g}, and the run asks for {time:g}"
            yield Problem(what, program.source, "make it a number, or change what it is made of")


def not_a_number(output: Output, values: Floats, times: Floats) -> RunError:
    """Say which variable is not a number, and when it first is not."""
    bad = ~np.isfinite(values)
    first = int(np.argmax(bad.reshape(-1, *bad.shape[-2:]).any(axis=(0, 2))))
    *element, _, run = np.argwhere(bad[..., first : first + 1, :])[0]
    label = output.labels()[int(np.ravel_multi_index(element, output.shape)) if element else 0]
    value = values[(*element, first, run)]
    return RunError(f"{label} is {value} at {times[first]:g}: {LOOK_FOR}")
