"""Solve one run with an integrator of scipy's, and say where and why it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System
from urbsim.engine.layout import CLOCKS, aligned
from urbsim.engine.limits import LOOK_FOR, NEAR, most_steps, must_be_finite, nudge
from urbsim.engine.paths import Paths
from urbsim.engine.saved import Effort, Saved
from urbsim.engine.schedule import Schedule
from urbsim.engine.stretches import cut, tolerances
from urbsim.errors import RunError

Floats = npt.NDArray[np.float64]
Slopes = Callable[[float, Floats], Floats]

SCIPY_ERRORS = (ValueError, FloatingPointError, np.linalg.LinAlgError)
STALLED = 1000  # steps of an integrator that together make no headway
NOTHING = 1e-300


def solve_alone(
    system: System, schedule: Schedule, method: str, rtol: float, saved: Saved, place: int, effort: Effort
) -> None:
    """Solve the one run of a schedule, stretch by stretch between breaks; it is saved as run `place`.

    Raises
    ------
    RunError
        A variable stopped being a number, or the steps became too small.
    """
    from scipy import integrate  # takes long to import, and rk45 seldom needs it

    integrator: Callable[..., Any] = getattr(integrate, method.upper() if method != "radau" else "Radau")
    run = _Run(system, schedule, saved, place, effort)
    state = run.states.ravel()
    pending = list(enumerate(map(float, schedule.save)))
    while pending and pending[0][1] <= schedule.start:
        run.save(pending.pop(0)[0], state)
    # What may jump at times that are not known is at least not stepped over by more than the file's step.
    own_step = system.clock(schedule.inputs[:, 0])["time step"]
    longest = own_step if system.program.unseen_breaks else np.inf
    most, steps = most_steps(schedule.stop - schedule.start, own_step), 0
    begin = schedule.start
    for end in run.stretches.ends:
        run.enter((begin + end) / 2)
        effort.restarts += 1
        if state.size:
            must_be_finite(system, state, begin, "value")
            slopes = run.slopes(begin, state)
            must_be_finite(system, slopes, begin)
            shaped = state.reshape(run.states.shape), slopes.reshape(run.states.shape)
            last = np.full((1, 1, 1), end)
            atol, _ = tolerances(system, run.slopes_ahead, begin, last, *shaped, rtol)
            options = {"rtol": rtol, "atol": atol.ravel(), "max_step": longest}
            try:
                solver = integrator(run.slopes, begin, state, end, **options)
            except SCIPY_ERRORS as error:
                raise RunError(f"the run cannot start at {begin:g} ({error}): {LOOK_FOR}") from error
            for _ in _steps(system, solver, run.slopes):
                steps += 1
                effort.steps += 1
                if steps > most:
                    raise RunError(
                        f"{most} steps led only to {solver.t:g}: the run changes too fast to follow; look at "
                        "extreme parameters, allow a larger error (rtol), or try a stiff solver (lsoda, bdf)"
                    )
                between = None
                while pending and pending[0][1] < solver.t:
                    between = between or solver.dense_output()
                    run.save(pending[0][0], between(pending[0][1]))
                    pending.pop(0)
            state = solver.y.copy()
        while pending and pending[0][1] <= end:
            run.save(pending.pop(0)[0], state)
        begin = end


class _Run:
    """One run on its way: its inputs and clock follow the stretch that it is in."""

    def __init__(self, system: System, schedule: Schedule, saved: Saved, place: int, effort: Effort) -> None:
        self._system, self._save_times, self._saved, self._place = system, schedule.save, saved, place
        self._effort = effort
        self.states, self._inputs, self._rates, self._outputs = system.blank(schedule.inputs, 1)
        self._times = aligned(1, CLOCKS, 1)
        self._paths = Paths(schedule.moves, schedule.inputs)
        self.enter(schedule.start + nudge(schedule.start))
        self._set(schedule.start)
        system.initial(self._times, self.states, self._inputs, self._outputs)
        self.stretches = cut(system, schedule, self._paths, self._inputs[0, :, 0])

    def enter(self, within: float) -> None:
        """Take clock and lines of the moving inputs from the stretch that a time lies in."""
        self._within = within
        values, slopes = self._paths.around(np.array([within]))
        self._line = values[:, 0], slopes[:, 0]

    def _set(self, time: float) -> None:
        self._times[0, :, 0] = time, self._within, self._within
        if self._paths.rows.size:
            values, slopes = self._line
            self._inputs[0, self._paths.rows, 0] = values + slopes * (time - self._within)

    def slopes(self, time: float, state: Floats) -> Floats:
        """Give the net flows at a state, (n_states,)."""
        return self.slopes_at(time, state.reshape(self.states.shape)).ravel()

    def slopes_ahead(self, times: Floats, states: Floats) -> Floats:
        """Give the net flows at a time, (1, 1, 1), as `tolerances` asks for them."""
        return self.slopes_at(float(times[0, 0, 0]), states)

    def slopes_at(self, time: float, states: Floats) -> Floats:
        """Give the net flows at a state, (1, n_states, 1)."""
        self._set(time)
        self._effort.calls += 1
        self._system.rhs(self._times, np.ascontiguousarray(states), self._inputs, self._rates)
        return self._rates.copy()

    def save(self, position: int, state: Floats) -> None:
        """Keep what the run has at a saved time."""
        time = float(self._save_times[position])
        within = time + nudge(time)
        self._times[0, :, 0] = time, within, within
        if self._paths.rows.size:
            self._inputs[0, self._paths.rows, 0] = self._paths.at(time)[:, 0]
        states = np.ascontiguousarray(state).reshape(self.states.shape)
        self._system.observe(self._times, states, self._inputs, self._rates, self._outputs)
        storages = {"states": states, "inputs": self._inputs, "outputs": self._outputs}
        self._saved.put(position, self._place, 1, storages)


def _steps(system: System, solver: Any, function: Slopes) -> Iterator[None]:
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
            must_be_finite(system, rates, solver.t)
            row = int(np.argmax(np.abs(rates) / (np.abs(solver.y) + NOTHING)))
            raise RunError(
                f"the steps became too small at {solver.t:g}, where {system.state_name(row)} changes "
                f"fastest ({message}): {LOOK_FOR}, or try a stiff solver (lsoda, radau, bdf)"
            )
        yield
