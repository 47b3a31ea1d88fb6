"""Solve a system over its schedule. The only door to scipy's integrators.

The right-hand side may jump: at a STEP or PULSE, at a comparison of Time with a fixed date, where a lever
moves. An integrator with error control would step over a short pulse without noticing, so integration stops
and restarts at every such time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import integrate

from urbsim.engine.compile import System
from urbsim.engine.schedule import Move, Schedule
from urbsim.engine.trajectory import Honesty, Output, Trajectory
from urbsim.errors import InputError, Problem, RunError, suggestion

Floats = npt.NDArray[np.float64]
Slopes = Callable[[float, Floats], Floats]

CONTROLLED: Mapping[str, Callable[..., integrate.OdeSolver]] = {
    "rk45": integrate.RK45,
    "dop853": integrate.DOP853,
    "lsoda": integrate.LSODA,
    "radau": integrate.Radau,
    "bdf": integrate.BDF,
}
# For each fixed-step method, the weight of the first slope, then its later stages: how far into the step, and
# the weight of the slope found there. rk2 is Heun's method.
FIXED: Mapping[str, tuple[float, tuple[tuple[float, float], ...]]] = {
    "euler": (1.0, ()),
    "rk2": (1 / 2, ((1.0, 1 / 2),)),
    "rk4": (1 / 6, ((0.5, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 6))),
}
SOLVERS = (*CONTROLLED, *FIXED, "model")
RTOL = 1e-9  # keeps rk45 within 1e-6 of the exact answer of the shipped model (tests/test_shipped_model.py)
LOOK_FOR = (
    "look for a division by zero (ZIDZ or XIDZ avoid it), a logarithm or root of a negative number, "
    "or growth without bound"
)
NOTHING = 1e-300
LOOK_AHEAD = 8  # rough steps over a stretch, to see how large a stock becomes
SCIPY_ERRORS = (ValueError, FloatingPointError, np.linalg.LinAlgError)
MANY_STEPS = 100_000  # of a run; the shipped model takes a few hundred
STALLED = 1000  # steps of an integrator that together make no headway
NEAR = 1e-9  # times closer than this, relative to their size, are one


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
    _refuse(system, schedule, solver)
    inputs = schedule.inputs.copy()
    for name, time in (("initial time", schedule.start), ("final time", schedule.stop)):
        if name in system.clock_rows:
            inputs[system.clock_rows[name]] = time
    if solver in FIXED:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not a number is told below
            saved = _fixed_step(system, schedule, inputs, *FIXED[solver])
    else:
        runs = [
            _controlled(
                system,
                schedule.of_runs(slice(run, run + 1)),
                inputs[:, [run]],
                CONTROLLED[solver],
                RTOL if rtol is None else rtol,
            )
            for run in range(inputs.shape[1])
        ]
        saved = _Saved(
            states=np.concatenate([r.states for r in runs], axis=2),
            outputs=np.concatenate([r.outputs for r in runs], axis=2),
            inputs=np.concatenate([r.inputs for r in runs], axis=2),
            calls=sum(r.calls for r in runs),
            steps=sum(r.steps for r in runs),
            restarts=sum(r.restarts for r in runs),
        )
    return _trajectory(system, schedule, solver, saved)


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


def _refuse(system: System, schedule: Schedule, solver: str) -> None:
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


# ------------------------------------------------------------------------------------------------- moves


@dataclass(frozen=True, slots=True)
class _Lines:
    """The moving inputs on a stretch without kinks: rows, and value and slope from time `origin` on."""

    rows: npt.NDArray[np.intp]
    values: Floats  # (n_moves, n_runs)
    slopes: Floats  # (n_moves, n_runs)
    origin: float

    def set(self, inputs: Floats, time: float) -> None:
        if self.rows.size:
            inputs[self.rows] = self.values + self.slopes * (time - self.origin)


def _lines(moves: Sequence[Move], inputs: Floats, within: float) -> _Lines:
    """Find the straight lines of the moving inputs around a time; `inputs` holds the values before them."""
    values, slopes = (np.zeros((len(moves), inputs.shape[1])) for _ in range(2))
    for row, move in enumerate(moves):
        after = int(np.searchsorted(move.times, within, side="right"))
        if after == 0:
            values[row] = inputs[move.slot]
        elif after == len(move.times):
            values[row] = move.values[-1]
        else:
            t0, t1 = move.times[after - 1 : after + 1]
            v0, v1 = move.values[after - 1 : after + 1]
            slopes[row] = np.subtract(v1, v0) / (t1 - t0)
            values[row] = v0 + slopes[row] * (within - t0)
    return _Lines(np.array([m.slot for m in moves], dtype=np.intp), values, slopes, within)


# ------------------------------------------------------------------------------------------------ saving


@dataclass(frozen=True, slots=True)
class _Saved:
    """States, outputs and inputs at the saved times, each (n, n_times, n_runs), and what it took."""

    states: Floats
    outputs: Floats
    inputs: Floats
    calls: int = 0
    steps: int = 0
    restarts: int = 0


def _nudge(time: float) -> float:
    """Give the smallest stretch of time that counts, at a time."""
    return NEAR * max(1.0, abs(time))


def _trajectory(system: System, schedule: Schedule, solver: str, saved: _Saved) -> Trajectory:
    storage = {"states": saved.states, "outputs": saved.outputs, "inputs": saved.inputs}
    values = []
    for number, output in zip(system.reported, system.outputs, strict=True):
        place, first = system.layout.place[number]
        size = system.program.arrays[number].size
        part = storage[place][first : first + size].reshape(*output.shape, *storage[place].shape[1:])
        values.append(part)
        if not np.isfinite(part).all():
            _not_a_number(output, part, schedule.save)
    return Trajectory(
        times=schedule.save,
        outputs=system.outputs,
        values=tuple(values),
        solver=solver,
        statistics={"calls": saved.calls, "steps": saved.steps, "restarts": saved.restarts},
    )


def _not_a_number(output: Output, values: Floats, times: Floats) -> None:
    bad = ~np.isfinite(values)
    first = int(np.argmax(bad.reshape(-1, *bad.shape[-2:]).any(axis=(0, 2))))
    *element, _, run = np.argwhere(bad[..., first : first + 1, :])[0]
    label = output.labels()[int(np.ravel_multi_index(element, output.shape)) if element else 0]
    value = values[(*element, first, run)]
    raise RunError(f"{label} is {value} at {times[first]:g}: {LOOK_FOR}")


# ------------------------------------------------------------------------------------------- fixed steps


def _fixed_step(
    system: System,
    schedule: Schedule,
    constants: Floats,
    first: float,
    later: tuple[tuple[float, float], ...],
) -> _Saved:
    """Solve with the model's TIME STEP, all runs at once."""
    step = system.clock(constants[:, 0])["time step"]
    count = _whole_steps(schedule.stop - schedule.start, step, "the period")
    wanted = {
        _whole_steps(t - schedule.start, step, f"the saved time {t:g}"): k
        for k, t in enumerate(schedule.save)
    }
    states, inputs, rates, outputs = system.blank(constants)
    times = np.empty(3)
    saved = _empty(system, schedule, constants.shape[1])
    moves = schedule.moves
    kinks = np.unique([t for m in moves for t in m.times]) if moves else np.empty(0)
    lines, until = _lines(moves, constants, schedule.start + step / 2), -np.inf
    lines.set(inputs, schedule.start)
    times[:] = schedule.start, schedule.start + step / 2, schedule.start
    system.initial(times, states, inputs, outputs)
    recall = _Recall(system, inputs, step, count) if system.program.memories else None
    trial = np.empty_like(states)
    change = np.empty_like(states)
    calls = 0

    def slope(time: float, at: Floats, into: Floats) -> None:
        nonlocal calls
        times[0] = times[2] = time
        lines.set(inputs, time)
        system.rhs(times, at, inputs, into)
        calls += 1

    for number in range(count + 1):
        time = schedule.start + number * step
        times[:] = time, time + step / 2, time
        if moves and time + step / 2 >= until:
            lines = _lines(moves, constants, time + step / 2)
            coming = kinks[kinks > time + step / 2]
            until = float(coming[0]) if coming.size else np.inf
        lines.set(inputs, time)
        if recall or number in wanted:
            system.observe(times, states, inputs, rates, outputs)
            calls += 1
        else:
            slope(time, states, rates)
        if number in wanted:
            position = wanted[number]
            saved.states[:, position], saved.outputs[:, position] = states, outputs
            saved.inputs[:, position] = inputs
        if number == count:
            break
        np.multiply(rates, first * step, out=change)
        for fraction, weight in later:
            np.multiply(rates, fraction * step, out=trial)
            trial += states
            slope(time + fraction * step, trial, rates)
            change += rates * (weight * step)
        states += change
        if recall:
            recall.renew(inputs, outputs, number)
    return _Saved(saved.states, saved.outputs, saved.inputs, calls, count, 0)


def _whole_steps(span: float, step: float, what: str) -> int:
    count = span / step
    if not np.isfinite(count) or abs(count - round(count)) > 1e-6:
        raise InputError(
            Problem(
                f"{what} is not a whole number of time steps of {step:g}",
                "solver",
                "change TIME STEP or the times, or use a solver with error control (rk45)",
            )
        )
    return round(count)


class _Recall:
    """The held values of DELAY FIXED and SAMPLE IF TRUE, renewed after every step."""

    def __init__(self, system: System, inputs: Floats, step: float, count: int) -> None:
        place, arrays = system.layout.place, system.program.arrays
        self.items = []
        for memory in system.program.memories:
            size = arrays[memory.held].size
            held = slice(place[memory.held][1], place[memory.held][1] + size)
            source = slice(place[memory.source][1], place[memory.source][1] + size)
            lags = np.ones_like(inputs[held], dtype=int)
            if memory.delay is not None:
                delay = place[memory.delay][1]
                # Half a step rounds up, as in Vensim; a delay longer than the run never gives anything back.
                steps = np.round(inputs[delay : delay + size] / step + 1e-6)
                if np.isnan(steps).any():
                    raise RunError(
                        f"the delay time of {arrays[memory.delay].owner} is not a number: {LOOK_FOR}"
                    )
                lags = np.clip(steps, 1, count + 1).astype(int)
            # A ring of the last values, as many as the longest delay has steps.
            ring = np.repeat(inputs[held][np.newaxis], int(lags.max(initial=1)), axis=0)
            self.items.append((held, source, lags, ring))

    def renew(self, inputs: Floats, outputs: Floats, number: int) -> None:
        """Set the held values for the next step, after step `number`."""
        for held, source, lags, ring in self.items:
            ring[number % len(ring)] = outputs[source]
            rows, runs = np.indices(lags.shape)
            inputs[held] = ring[(number + 1 - lags) % len(ring), rows, runs]


def _empty(system: System, schedule: Schedule, runs: int) -> _Saved:
    shape = (len(schedule.save), runs)
    layout = system.layout
    states, outputs, inputs = (np.empty((n, *shape)) for n in (layout.states, layout.outputs, layout.inputs))
    return _Saved(states, outputs, inputs)


# ----------------------------------------------------------------------------------------- error control


def _controlled(
    system: System,
    schedule: Schedule,
    constants: Floats,
    method: Callable[..., integrate.OdeSolver],
    rtol: float,
) -> _Saved:
    """Solve one run with error control, stretch by stretch between breaks."""
    states, inputs, rates, outputs = system.blank(constants)
    times = np.empty(3)
    saved = _empty(system, schedule, 1)
    first = schedule.start + _nudge(schedule.start)
    _lines(schedule.moves, constants, first).set(inputs, schedule.start)
    times[:] = schedule.start, first, first
    system.initial(times, states, inputs, outputs)
    calls = steps = restarts = 0

    rhs = system.bound_rhs(times, inputs, rates)

    def slopes(lines: _Lines, clock: float) -> Slopes:
        moving = bool(lines.rows.size)

        def function(time: float, state: Floats) -> Floats:
            nonlocal calls
            calls += 1
            times[:] = time, clock, clock
            if moving:
                lines.set(inputs, time)
            rhs(np.ascontiguousarray(state))
            return rates[:, 0].copy()

        return function

    def save(position: int, state: Floats) -> None:
        time = float(schedule.save[position])
        clock = time + _nudge(time)
        times[:] = time, clock, clock
        _lines(schedule.moves, constants, clock).set(inputs, time)
        column = np.ascontiguousarray(state).reshape(-1, 1)
        system.observe(times, column, inputs, rates, outputs)
        saved.states[:, position], saved.outputs[:, position], saved.inputs[:, position] = (
            column,
            outputs,
            inputs,
        )

    state = states[:, 0].copy()
    pending = list(enumerate(map(float, schedule.save)))
    while pending and pending[0][1] <= schedule.start:
        save(pending.pop(0)[0], state)
    # What may jump at times that are not known is at least not stepped over by more than the file's step.
    own_step = system.clock(constants[:, 0])["time step"]
    longest = own_step if system.program.unseen_breaks else np.inf
    most = max(MANY_STEPS, int(20 * (schedule.stop - schedule.start) / own_step))
    for begin, end in _stretches(system, schedule, inputs):
        middle = (begin + end) / 2
        function = slopes(_lines(schedule.moves, constants, middle), middle)
        restarts += 1
        if not state.size:
            while pending and pending[0][1] <= end:
                save(pending.pop(0)[0], state)
            continue
        _must_be_finite(system, state, begin, "value")
        _must_be_finite(system, function(begin, state), begin)
        options = {
            "rtol": rtol,
            "atol": _atol(system, function, begin, end, state, rtol),
            "max_step": longest,
        }
        try:
            solver = method(function, begin, state, end, **options)
        except SCIPY_ERRORS as error:
            raise RunError(f"the run cannot start at {begin:g} ({error}): {LOOK_FOR}") from error
        for _ in _steps(system, solver, function):
            steps += 1
            if steps > most:
                raise RunError(
                    f"{most} steps led only to {solver.t:g}: the run changes too fast to follow; look at "
                    "extreme parameters, allow a larger error (rtol), or try a stiff solver (lsoda, bdf)"
                )
            between = None
            while pending and pending[0][1] < solver.t:
                between = between or solver.dense_output()
                save(pending[0][0], between(pending[0][1]))
                pending.pop(0)
        state = solver.y.copy()
        while pending and pending[0][1] <= end:
            save(pending.pop(0)[0], state)
    return _Saved(saved.states, saved.outputs, saved.inputs, calls, steps, restarts)


def _steps(system: System, solver: integrate.OdeSolver, function: Slopes) -> Iterator[None]:
    """Take the steps of an integrator to the end of its stretch, or say where it fails."""
    taken, headway = 0, solver.t
    while solver.status == "running":
        try:
            message = solver.step()
        except SCIPY_ERRORS as error:
            message = str(error)
        taken += 1
        if taken % STALLED == 0:
            if message is None and abs(solver.t - headway) <= NEAR * abs(solver.t_bound - headway):
                message = f"{STALLED} steps made no headway"
            headway = solver.t
        if message is not None:
            rates = function(solver.t, solver.y)
            _must_be_finite(system, rates, solver.t)
            row = int(np.argmax(np.abs(rates) / (np.abs(solver.y) + NOTHING)))
            raise RunError(
                f"the steps became too small at {solver.t:g}, where {system.state_name(row)} changes "
                f"fastest ({message}): {LOOK_FOR}, or try a stiff solver (lsoda, radau, bdf)"
            )
        yield


def _must_be_finite(system: System, values: Floats, time: float, what: str = "net flow") -> None:
    if not np.isfinite(values).all():
        row = int(np.argmax(~np.isfinite(values)))
        raise RunError(f"the {what} of {system.state_name(row)} is {values[row]} at {time:g}: {LOOK_FOR}")


def _stretches(system: System, schedule: Schedule, inputs: Floats) -> Iterator[tuple[float, float]]:
    """Cut the period at every jump and kink; times that differ by rounding only are one."""
    known = np.unique([schedule.start, schedule.stop, *schedule.save])
    found = [
        *system.break_times(inputs, 0, schedule.start, schedule.stop),
        *(t for m in schedule.moves for t in m.times if schedule.start < t < schedule.stop),
    ]
    cuts = [schedule.start]
    for exact in sorted(found):
        after = int(np.searchsorted(known, exact))
        near = min(known[max(after - 1, 0) : after + 1], key=lambda k: abs(k - exact))
        time = float(near) if abs(near - exact) <= _nudge(exact) else exact
        if time - cuts[-1] > _nudge(time) and schedule.stop - time > _nudge(time):
            cuts.append(time)
    yield from pairwise([*cuts, schedule.stop])


def _atol(system: System, function: Slopes, begin: float, end: float, state: Floats, rtol: float) -> Floats:
    """Give the absolute tolerance of each stock: `rtol` / 1000 of the largest of its family.

    A family that begins with nothing, and does not change yet, is measured by what a few rough steps ahead
    make of it.
    """
    sizes = np.maximum(np.abs(state), np.abs(function(begin, state)))
    families = [slice(first, first + array.size) for array, first in system.states]
    if any(part.stop > part.start and not sizes[part].any() for part in families):
        ahead, step = state, (end - begin) / LOOK_AHEAD
        for number in range(LOOK_AHEAD):
            ahead = ahead + step * function(begin + number * step, ahead)
            if not np.isfinite(ahead).all():
                break
            sizes = np.where(sizes > 0, sizes, np.abs(ahead))
    tolerance = np.empty_like(state)
    for part in families:
        tolerance[part] = rtol * 1e-3 * (sizes[part].max(initial=0.0) or 1.0)
    return tolerance
