"""Run a model as a library call: no place, no scenario, just equations and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System, compile_program
from urbsim.engine.fixed import FIXED
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import honesty, solve
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import InputError, Problem, suggestion
from urbsim.model.equations import Model
from urbsim.model.lower import lower
from urbsim.names import fold

Floats = npt.NDArray[np.float64]
MOST_STEPS = 1e7


def simulate(
    model: Model | System,
    *,
    solver: str = "rk45",
    values: Mapping[str, float | Sequence[float] | Floats] | None = None,
    start: float | None = None,
    stop: float | None = None,
    save: Sequence[float] | Floats | None = None,
    rtol: float | None = None,
    honest: bool = True,
) -> Trajectory:
    """Run a model once.

    Parameters
    ----------
    model
        A model as read, or a compiled system (to spare compiling it again).
    solver, rtol
        See `solve`.
    values
        Constants to change: ``{"birth rate": 0.03, "capacity[north]": 20.0}``; an array gives all elements.
    start, stop, save
        First and last time and the times to report [time unit of the model]; from the model's INITIAL TIME,
        FINAL TIME and SAVEPER where not given.
    honest
        Add the honesty line, which takes one more run with the file's own method and step.

    Raises
    ------
    ModelError
        The model cannot be lowered.
    InputError
        An unknown solver or constant, a value of the wrong shape, or an empty period.
    RunError
        The run could not be completed.
    """
    system = model if isinstance(model, System) else compile_program(lower(model))
    problems: list[Problem] = []
    inputs = system.inputs.copy()
    for name, value in (values or {}).items():
        _set(system, inputs, name, value, problems)
    if rtol is not None and not 0 < rtol < 1:
        problems.append(Problem(f"rtol is {rtol:g}", "rtol", "expected a number between 0 and 1"))
    clock = system.clock(inputs)
    begin = clock["initial time"] if start is None else float(start)
    end = clock["final time"] if stop is None else float(stop)
    step = clock["time step"]
    if not (np.isfinite(step) and step > 0 and (end - begin) / step < MOST_STEPS):
        fix = f"expected a number above 0, and no more than {MOST_STEPS:.0e} steps in the period"
        problems.append(Problem(f"TIME STEP is {step:g}", system.program.source, fix))
    if not (np.isfinite([begin, end]).all() and end > begin):
        problems.append(Problem(f"the period ends at {end:g}, not after its start {begin:g}", "start, stop"))
    if problems:
        raise InputError(problems)
    times = saved_times(begin, end, clock["saveper"]) if save is None else np.array(save, dtype=float)
    if (
        times.size == 0
        or not np.isfinite(times).all()
        or np.any(np.diff(times) <= 0)
        or times[0] < begin
        or times[-1] > end
    ):
        raise InputError(Problem("the saved times must increase and lie within the period", "save"))
    schedule = Schedule(start=begin, stop=end, save=times, inputs=inputs[:, None])
    trajectory = solve(system, schedule, solver=solver, rtol=rtol)
    if not honest or trajectory.solver in FIXED:
        return trajectory
    return trajectory.with_honesty(honesty(system, schedule, trajectory))


def saved_times(start: float, stop: float, every: float) -> Floats:
    """List the times from `start` to `stop`, one every `every`; `stop` counts only where it falls on one."""
    count = int(np.floor((stop - start) / every * (1 + 1e-12) + 1e-9))
    return np.asarray(start + every * np.arange(count + 1), dtype=np.float64)


def _set(
    system: System,
    inputs: Floats,
    name: str,
    value: float | Sequence[float] | Floats,
    problems: list[Problem],
) -> None:
    """Put a value into the inputs; whatever is wrong with it goes to `problems`."""
    bare, bracket, rest = name.partition("[")
    where = f"values, {name}"
    known = {fold(c.name): c for c in system.constants}
    constant = known.get(fold(bare))
    if constant is None:
        what = f"the model has no constant '{bare.strip()}'"
        problems.append(Problem(what, where, suggestion(bare.strip(), [c.name for c in system.constants])))
        return
    shape = tuple(len(axis) for axis in constant.axes)
    part = inputs[constant.first : constant.first + constant.size].reshape(shape)
    try:
        given = np.asarray(value, dtype=float)
    except (ValueError, TypeError):
        problems.append(Problem(f"{value!r} is not a number", where, "give a finite number"))
        return
    if not np.isfinite(given).all():
        problems.append(Problem("the value is not a number", where, "give a finite number"))
        return
    if bracket:
        elements = [e.strip() for e in rest.rstrip("] ").split(",")]
        folded = [[fold(e) for e in axis] for axis in constant.axes]
        for element, axis, names in zip(elements, folded, constant.axes, strict=False):
            if fold(element) not in axis:
                problems.append(
                    Problem(
                        f"'{constant.name}' has no element '{element}'", where, suggestion(element, names)
                    )
                )
                return
        if len(elements) != len(folded) or given.shape:
            problems.append(Problem(f"expected one number for {len(folded)} subscripts", where))
            return
        part[tuple(axis.index(fold(e)) for e, axis in zip(elements, folded, strict=True))] = given
    elif given.shape not in {(), shape}:
        problems.append(
            Problem(f"expected one number or an array of shape {shape}, not {given.shape}", where)
        )
    else:
        part[...] = given
