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
        saved = _fixed_step(system, schedule, inputs, *FIXED[solver])
    else:
        runs = [
            _controlled(
                system, schedule, inputs[:, [run]], CONTROLLED[solver], RTOL if rtol is None else rtol
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
    own = solve(system, replace(schedule, save=saved, stop=float(saved[-1])), solver="model")
    worst = Honesty(method=system.method, step=step, difference=0.0, variable="", time=schedule.start)
    stocks = [system.program.arrays[number].kind == "stock" for number in system.reported]
    for stock, output, controlled, rough in zip(
        stocks, trajectory.outputs, trajectory.values, own.values, strict=True
    ):
        if not stock:
            continue
        exact = controlled[..., met, :]
        magnitude = np.abs(exact).max(axis=-2, keepdims=True)
        # An element that is next to nothing beside its sisters is measured against them.
        magnitude = np.maximum(magnitude, 1e-6 * magnitude.max(initial=0.0))
        relative = np.divide(np.abs(rough - exact), magnitude, out=np.zeros_like(exact), where=magnitude > 0)
        if relative.size and relative.max() > worst.difference:
            *element, time, _ = np.unravel_index(int(relative.argmax()), relative.shape)
            label = output.labels()[int(np.ravel_multi_index(element, output.shape)) if element else 0]
            worst = Honesty(
                method=system.method,
                step=step,
                difference=float(relative.max()),
                variable=label,
                time=float(saved[time]),
            )
    return worst


def _refuse(system: System, schedule: Schedule, solver: str) -> None:
    """Refuse what the solver cannot do, with every reason at once."""
    problems = []
    if solver not in SOLVERS:
        problems.append(Problem(f"there is no solver '{solver}'", "solver", suggestion(solver, SOLVERS)))
    elif solver in CONTROLLED:
        fix = "use euler or rk4, which go by the model's TIME STEP"
        names = sorted({system.program.arrays[m.source].owner for m in system.program.memories})
        for name in names:
            what = f"'{name}' uses DELAY FIXED or SAMPLE IF TRUE, which {solver} cannot follow"
            problems.append(Problem(what, system.program.source, fix))
        for name in system.program.moving_breaks:
            what = f"'{name}' jumps at a time that changes during the run, so {solver} cannot stop there"
            problems.append(Problem(what, system.program.source, fix))
    rows = {
        system.layout.place[array][1] + k: (system.program.arrays[array].name, reason)
        for array, reason in system.program.fixed.items()
        for k in range(system.program.arrays[array].size)
    }
    for move in schedule.moves:
        if move.slot in rows:
            name, reason = rows[move.slot]
            problems.append(
                Problem(f"'{name}' cannot change during a run: {reason}", "", "set it for the whole run")
            )
    for array, reason in system.program.fixed.items():
        first, size = system.layout.place[array][1], system.program.arrays[array].size
        wanted = system.inputs[first : first + size, None]
        if "order" in reason and not np.all(schedule.inputs[first : first + size] == wanted):
            name = system.program.arrays[array].name
            problems.append(
                Problem(f"'{name}' cannot be changed: {reason}", "", "change it in the model file")
            )
    if problems:
        raise InputError(problems)


# ------------------------------------------------------------------------------------------------- moves


@dataclass(frozen=True, slots=True)
class _Lines:
    """The moving inputs on a stretch without kinks: rows, and value and slope from time `origin` on."""

    rows: npt.NDArray[np.intp]
    values: Floats  # (n_moves, n_runs)
    slopes: Floats  # (n_moves, 1)
    origin: float

    def set(self, inputs: Floats, time: float) -> None:
        if self.rows.size:
            inputs[self.rows] = self.values + self.slopes * (time - self.origin)


def _lines(moves: Sequence[Move], inputs: Floats, within: float) -> _Lines:
    """Find the straight lines of the moving inputs around a time; `inputs` holds the values before them."""
    values, slopes = np.empty((len(moves), inputs.shape[1])), np.zeros((len(moves), 1))
    for row, move in enumerate(moves):
        after = int(np.searchsorted(move.times, within, side="right"))
        if after == 0:
            values[row] = inputs[move.slot]
        elif after == len(move.times):
            values[row] = move.values[-1]
        else:
            t0, t1 = move.times[after - 1 : after + 1]
            v0, v1 = move.values[after - 1 : after + 1]
            slopes[row] = (v1 - v0) / (t1 - t0)
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
    first = int(bad.reshape(-1, *bad.shape[-2:]).any(axis=(0, 2)).argmax())
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
            lags = None
            if memory.delay is not None:
                delay = place[memory.delay][1]
                # Half a step rounds up, as in Vensim.
                lags = np.maximum(np.round(inputs[delay : delay + size] / step + 1e-6), 1).astype(int)
            self.items.append(
                (held, source, lags, inputs[held].copy(), np.empty((count, *inputs[held].shape)))
            )

    def renew(self, inputs: Floats, outputs: Floats, number: int) -> None:
        """Set the held values for the next step, after step `number`."""
        for held, source, lags, first, history in self.items:
            history[number] = outputs[source]
            if lags is None:
                inputs[held] = history[number]
                continue
            past = number + 1 - lags
            rows, runs = np.indices(past.shape)
            inputs[held] = np.where(past >= 0, history[np.maximum(past, 0), rows, runs], first)


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

    def slopes(lines: _Lines, clock: float) -> Callable[[float, Floats], Floats]:
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
    for begin, end in _stretches(system, schedule, inputs):
        middle = (begin + end) / 2
        function = slopes(_lines(schedule.moves, constants, middle), middle)
        restarts += 1
        if not state.size:
            while pending and pending[0][1] <= end:
                save(pending.pop(0)[0], state)
            continue
        first_rates = function(begin, state)
        _must_be_finite(system, first_rates, begin)
        solver = method(function, begin, state, end, rtol=rtol, atol=_atol(system, state, first_rates, rtol))
        while solver.status == "running":
            message = solver.step()
            steps += 1
            if message is not None:  # it failed
                last_rates = function(solver.t, solver.y)
                _must_be_finite(system, last_rates, solver.t)
                row = int(np.argmax(np.abs(last_rates) / (np.abs(solver.y) + 1e-300)))
                raise RunError(
                    f"the steps became too small at {solver.t:g}, where {system.state_name(row)} changes "
                    f"fastest ({message}): {LOOK_FOR}, or try a stiff solver (lsoda, radau, bdf)"
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


def _must_be_finite(system: System, rates: Floats, time: float) -> None:
    if not np.isfinite(rates).all():
        row = int((~np.isfinite(rates)).argmax())
        raise RunError(f"the net flow of {system.state_name(row)} is {rates[row]} at {time:g}: {LOOK_FOR}")


def _stretches(system: System, schedule: Schedule, inputs: Floats) -> Iterator[tuple[float, float]]:
    """Cut the period at every jump and kink; times that differ by rounding only are one."""
    known = sorted({schedule.start, schedule.stop, *map(float, schedule.save)})
    found = [
        *system.break_times(inputs, 0, schedule.start, schedule.stop),
        *(t for m in schedule.moves for t in m.times),
    ]
    cuts = {schedule.start, schedule.stop}
    for exact in sorted(found):
        near = min(known, key=lambda k: abs(k - exact))
        time = near if abs(near - exact) <= _nudge(exact) else exact
        if schedule.start < time < schedule.stop and all(abs(time - c) > _nudge(time) for c in cuts):
            cuts.add(time)
    yield from pairwise(sorted(cuts))


def _atol(system: System, state: Floats, rates: Floats, rtol: float) -> Floats:
    """Give the absolute tolerance of each stock: `rtol` / 1000 of the largest of its family at first."""
    tolerance = np.empty_like(state)
    for array, first in system.states:
        part = slice(first, first + array.size)
        size = max(np.abs(state[part]).max(initial=0.0), np.abs(rates[part]).max(initial=0.0))
        tolerance[part] = rtol * 1e-3 * (size or 1.0)
    return tolerance
