"""Solve a block of runs with the model's TIME STEP, as Vensim does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System
from urbsim.engine.layout import CLOCKS, aligned, pack
from urbsim.engine.limits import LOOK_FOR
from urbsim.engine.paths import Paths
from urbsim.engine.saved import Effort, Saved
from urbsim.engine.schedule import Schedule
from urbsim.errors import InputError, Problem, RunError

Floats = npt.NDArray[np.float64]

# For each method, the weight of the first slope, then its later stages: how far into the step, and the weight
# of the slope found there. rk2 is Heun's method.
FIXED: Mapping[str, tuple[float, tuple[tuple[float, float], ...]]] = {
    "euler": (1.0, ()),
    "rk2": (1 / 2, ((1.0, 1 / 2),)),
    "rk4": (1 / 6, ((0.5, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 6))),
}


def solve_fixed(
    system: System, schedule: Schedule, method: str, lanes: int, saved: Saved, place: int, effort: Effort
) -> None:
    """Solve the runs of a schedule together; they are saved from run `place` on."""
    constants = schedule.inputs
    runs = constants.shape[1]
    step = system.clock(constants[:, 0])["time step"]
    count = _whole_steps(schedule.stop - schedule.start, step, "the period")
    wanted = {
        _whole_steps(t - schedule.start, step, f"the saved time {t:g}"): k
        for k, t in enumerate(schedule.save)
    }
    first, later = FIXED[method]
    states, inputs, rates, outputs = system.blank(constants, lanes)
    times = aligned(len(states), CLOCKS, lanes)
    paths, until = Paths(schedule.moves, constants), -np.inf

    def enter(within: float) -> tuple[float, Floats, Floats]:
        values, slopes = paths.around(np.full(runs, within))
        return within, pack(values, lanes), pack(slopes, lanes)

    def set_to(time: float, clock: float) -> None:
        times[:] = np.array([time, clock, time])[:, np.newaxis]
        if paths.rows.size:
            within, values, slopes = line
            inputs[:, paths.rows] = values + slopes * (time - within)

    line = enter(schedule.start + step / 2)
    set_to(schedule.start, schedule.start + step / 2)
    system.initial(times, states, inputs, outputs)
    recall = _Recall(system, inputs, step, count) if system.program.memories else None
    trial, change = aligned(*states.shape), aligned(*states.shape)

    def slope(time: float, at: Floats) -> None:
        set_to(time, present + step / 2)
        system.rhs(times, at, inputs, rates)
        effort.calls += runs

    def save(position: int) -> None:
        storages = {"states": states, "inputs": inputs, "outputs": outputs}
        time = float(schedule.save[position])
        if paths.jumps_at(time):  # what is reported is as before the jump, and the step goes on as after it
            before, seen = inputs.copy(), aligned(*outputs.shape)
            before[:, paths.rows] = pack(paths.at(time), lanes)
            system.observe(times, states, before, trial, seen)
            effort.calls += runs
            storages |= {"inputs": before, "outputs": seen}
        saved.put(position, place, runs, storages)

    for number in range(count + 1):
        present = schedule.start + number * step
        if present + step / 2 >= until:
            line = enter(present + step / 2)
            coming = paths.kinks[paths.kinks > present + step / 2]
            until = float(coming[0]) if coming.size else np.inf
        set_to(present, present + step / 2)
        if recall or number in wanted:
            system.observe(times, states, inputs, rates, outputs)
            effort.calls += runs
        else:
            slope(present, states)
        if number in wanted:
            save(wanted[number])
        if number == count:
            break
        np.multiply(rates, first * step, out=change)
        for fraction, weight in later:
            np.multiply(rates, fraction * step, out=trial)
            trial += states
            slope(present + fraction * step, trial)
            np.multiply(rates, weight * step, out=trial)
            change += trial
        states += change
        if recall:
            recall.renew(inputs, outputs, number)
    effort.steps += count


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
            lags = np.ones_like(inputs[:, held], dtype=int)
            if memory.delay is not None:
                delay = place[memory.delay][1]
                # Half a step rounds up, as in Vensim; a delay longer than the run never gives anything back.
                steps = np.round(inputs[:, delay : delay + size] / step + 1e-6)
                if np.isnan(steps).any():
                    raise RunError(
                        f"the delay time of {arrays[memory.delay].owner} is not a number: {LOOK_FOR}"
                    )
                lags = np.clip(steps, 1, count + 1).astype(int)
            # A ring of the last values, as many as the longest delay has steps.
            ring = np.repeat(inputs[np.newaxis, :, held], int(lags.max(initial=1)), axis=0)
            self.items.append((held, source, lags, ring))

    def renew(self, inputs: Floats, outputs: Floats, number: int) -> None:
        """Set the held values for the next step, after step `number`."""
        for held, source, lags, ring in self.items:
            ring[number % len(ring)] = outputs[:, source]
            groups, rows, lanes = np.indices(lags.shape)
            inputs[:, held] = ring[(number + 1 - lags) % len(ring), groups, rows, lanes]
