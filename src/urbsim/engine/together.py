"""Solve many runs with RK45 in machine code, every run at its own time, with its own step and its own error.

The lanes of a vector are independent: each carries one run, takes the steps which the error of that run alone
asks for, and takes the next run when it has finished. So a hard run neither loosens the bounds of the others
nor holds them up, and what a run gives does not hang on the runs beside it. A run that cannot go on leaves,
and is solved alone by scipy's own RK45, which says what is wrong with it.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System, address
from urbsim.engine.layout import CLOCKS, aligned, pack, unpack
from urbsim.engine.limits import nudge
from urbsim.engine.paths import Paths
from urbsim.engine.saved import Effort, Saved
from urbsim.engine.schedule import Schedule
from urbsim.engine.stretches import Stretches, cut, tolerances
from urbsim.engine.tableau import STAGES, padded

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

ORDER = 5
SAFETY, SHRINK, GROW = 0.9, 0.2, 10.0  # as in scipy's Runge-Kutta methods
NEVER = -1
PATIENCE = 3000  # attempts at steps before a run leaves; the shipped model takes a hundred
WORSE = 1e6  # stands for an error that is not a number
OBSERVED = 2**17  # auxiliaries that are worked out in one go, to stay in the cache
ROUNDING = 1e-12  # [-] by how much a step may miss the end of its stretch


def solve_together(
    *,
    system: System,
    schedule: Schedule,
    lanes: int,
    width: int,
    rtol: float,
    saved: Saved,
    place: int,
    effort: Effort,
) -> list[int]:
    """Solve the runs of a schedule, `width` of them at a time; they are saved from run `place` on.

    Returns
    -------
    The runs (positions in the schedule) that must be solved alone.
    """
    runs = _Runs(system, schedule, lanes, rtol, effort)
    slots = _Slots(runs, min(width, -(-runs.count // lanes) * lanes), lanes, rtol, effort)
    while slots.busy.any():
        slots.step()
    _observe(runs, lanes, saved, place)
    return [int(run) for run in np.flatnonzero(runs.astray)]


class _Runs:
    """All runs: where each begins, the stretches of its period, and the stocks at the saved times."""

    def __init__(self, system: System, schedule: Schedule, lanes: int, rtol: float, effort: Effort) -> None:
        self.system, self.schedule = system, schedule
        self.count = schedule.inputs.shape[1]
        self.save = schedule.save
        self.paths = Paths(schedule.moves, schedule.inputs)
        start = schedule.start
        states, self.inputs, rates, outputs = system.blank(schedule.inputs, lanes)
        times = self.clock(start, start + nudge(start), lanes)
        self.set_inputs(self.inputs, np.full(self.count, start), np.full(self.count, start + nudge(start)))
        system.initial(times, states, self.inputs, outputs)
        flat = unpack(self.inputs, self.count)
        alike = not system.breaks_vary
        self.stretches = [
            cut(system, schedule, self.paths, flat[:, run]) for run in range(1 if alike else self.count)
        ]
        slopes, atol, unseen = self._first_stretch(times, states, rates, rtol)
        effort.calls += self.count
        # By run, (n_runs, n): what a lane is given when it takes the run.
        self.first, self.slopes, self.tolerance, self.constants = (
            np.ascontiguousarray(unpack(v, self.count).T) for v in (states, slopes, atol, self.inputs)
        )
        sound = np.isfinite(self.first).all(axis=1) & np.isfinite(self.slopes).all(axis=1)
        self.astray: Bools = ~sound | unseen
        self.states = np.empty((self.count, len(self.save), system.layout.states))
        self.own_step = system.clock(schedule.inputs[:, 0])["time step"]
        self.longest = self.own_step if system.program.unseen_breaks else np.inf
        self._lay_stretches()

    def _lay_stretches(self) -> None:
        """Put the stretches of all runs into arrays, (n_stretches, n_runs) or (n_stretches, 1)."""
        most = max(len(one.ends) for one in self.stretches)

        def column(one: Stretches, values: list[float] | Floats) -> Floats:
            return np.array([*values, *[values[-1]] * (most - len(one.ends))], dtype=float)

        self.ends = np.stack([column(s, list(s.ends)) for s in self.stretches], axis=1)
        self.jumps = np.stack([column(s, list(map(float, s.jumps))) for s in self.stretches], axis=1) > 0
        self.within = np.stack([column(s, s.middles) for s in self.stretches], axis=1)
        shape = (most, self.count)
        self.lines, self.rises = self.paths.around(np.broadcast_to(self.within, shape))

    def clock(self, time: float, within: float, lanes: int) -> Floats:
        """Give the times of all runs at one time, (n_groups, 3, lanes)."""
        times = aligned(-(-self.count // lanes), CLOCKS, lanes)
        times[:] = np.array([time, within, within])[:, np.newaxis]
        return times

    def set_inputs(self, inputs: Floats, time: Floats, within: Floats) -> None:
        """Put the moving inputs at a time of each run into `inputs`, (n_groups, n_inputs, lanes)."""
        if self.paths.rows.size:
            values, slopes = self.paths.around(within)
            inputs[:, self.paths.rows] = pack(values + slopes * (time - within), inputs.shape[2])

    def _first_stretch(
        self, times: Floats, states: Floats, rates: Floats, rtol: float
    ) -> tuple[Floats, Floats, Bools]:
        """Give first slopes, absolute tolerances, and which runs have stocks of a size that nothing tells."""
        begin, lanes = self.schedule.start, states.shape[2]
        ends = np.broadcast_to([one.ends[0] for one in self.stretches], self.count)
        inputs, within = self.inputs.copy(), (begin + ends) / 2
        inside = pack(within[np.newaxis], lanes)[:, 0]

        def slopes(time: Floats, at: Floats) -> Floats:
            self.set_inputs(inputs, unpack(time, self.count)[0], within)
            times[:, 0], times[:, 1], times[:, 2] = time[:, 0], inside, inside
            self.system.rhs(times, np.ascontiguousarray(at), inputs, rates)
            return rates.copy()

        end = pack(ends[np.newaxis], lanes)
        first = slopes(np.full_like(end, begin), states)
        found, unseen = tolerances(self.system, slopes, begin, end, states, first, rtol)
        return first, found, np.asarray(unpack(unseen[:, np.newaxis].astype(float), self.count)[0] > 0)


class _Slots:
    """The lanes at work: which run each carries, its time, its step, and room for the stages of a step."""

    def __init__(self, runs: _Runs, width: int, lanes: int, rtol: float, effort: Effort) -> None:
        self.runs, self.rtol, self.effort, self.lanes = runs, rtol, effort, lanes
        layout, groups = runs.system.layout, width // lanes
        self.groups = groups
        size, rows = padded(layout.states, lanes), layout.states
        now, following = aligned(groups, size), aligned(groups, size)
        room = aligned(groups, STAGES, size)
        self.now, self.next = (v[:, : rows * lanes].reshape(groups, rows, lanes) for v in (now, following))
        self.slopes = room[..., : rows * lanes].reshape(groups, STAGES, rows, lanes)
        self.atol, self.spare = aligned(groups, rows, lanes), aligned(1, rows, lanes)
        self.inputs = aligned(groups, layout.inputs, lanes)
        self.times = aligned(groups, CLOCKS, lanes)
        # By lane: error, length of the step, present time, a time inside the stretch.
        self.norms, self.steps, self.begun, self.inside = (aligned(groups, lanes) for _ in range(4))
        self.values, self.rises = (aligned(groups, len(runs.paths.rows), lanes) for _ in range(2))
        self.moved = np.ascontiguousarray(runs.paths.rows)
        self.machine = runs.system.machine(lanes)
        arrays = (
            *(self.times, now, following, aligned(size), room, self.inputs, self.atol, self.norms),
            *(self.steps, self.begun, self.inside, self.values, self.rises, runs.system.scratch),
        )
        self._kept_alive = arrays
        self.attempted = (*map(address, arrays), self.moved.ctypes.data, rtol)
        # By lane, in the order of the groups:
        self.run = np.full(width, -1)
        self.time, self.wanted = np.zeros(width), np.ones(width)  # present time; step it would take next
        self.stretch, self.saves = (np.zeros(width, dtype=np.intp) for _ in range(2))
        self.taken = np.full(width, NEVER)  # attempts since a lane has its run
        self.refused, self.stale = (np.zeros(width, dtype=bool) for _ in range(2))
        self._waiting = [int(run) for run in np.flatnonzero(~runs.astray)]
        self._fill(np.arange(width))

    @property
    def busy(self) -> Bools:
        """Which lanes carry a run."""
        return np.asarray(self.run >= 0)

    # ------------------------------------------------------------------------------ runs come and go

    def _fill(self, free: Integers) -> None:
        """Give free lanes the next runs; when there are none, what they hold is worked on and ignored."""
        count = min(len(free), len(self._waiting))
        lanes, self.run[free] = free[:count], -1
        if not count:
            return
        chosen = np.array(self._waiting[:count], dtype=np.intp)
        del self._waiting[:count]
        runs = self.runs
        self.run[lanes] = chosen
        self._load(lanes, chosen)
        if (self.taken == NEVER).any():  # lanes that find no run at the start still need numbers to work on
            idle = np.flatnonzero(~self.busy)
            self._load(idle, np.full(idle.size, chosen[0]))
        for position in np.flatnonzero(runs.save <= runs.schedule.start):
            runs.states[chosen, position] = runs.first[chosen]
        self.saves[lanes] = np.count_nonzero(runs.save <= runs.schedule.start)
        self._retire(lanes[self.saves[lanes] >= len(runs.save)])

    def _load(self, lanes: Integers, chosen: Integers) -> None:
        runs, (groups, at) = self.runs, np.divmod(lanes, self.lanes)
        self.now[groups, :, at] = runs.first[chosen]
        self.slopes[groups, 0, :, at] = runs.slopes[chosen]
        self.atol[groups, :, at] = runs.tolerance[chosen]
        self.inputs[groups, :, at] = runs.constants[chosen]
        self.time[lanes], self.wanted[lanes] = runs.schedule.start, runs.own_step
        self.taken[lanes], self.stretch[lanes], self.refused[lanes] = 0, 0, False
        self.stale[lanes] = False
        self._enter(lanes, chosen)

    def _retire(self, lanes: Integers) -> None:
        if lanes.size:
            self._fill(lanes)

    def _enter(self, lanes: Integers, chosen: Integers) -> None:
        """Take clock and lines of the moving inputs from the stretch that each lane has come to."""
        runs, (groups, at) = self.runs, np.divmod(lanes, self.lanes)
        stretch = self.stretch[lanes]
        column = chosen if runs.within.shape[1] > 1 else np.zeros_like(chosen)
        self.inside[groups, at] = runs.within[stretch, column]
        self.times[:, 1] = self.times[:, 2] = self.inside
        if runs.paths.rows.size:
            self.values[groups, :, at] = runs.lines[:, stretch, chosen].T
            self.rises[groups, :, at] = runs.rises[:, stretch, chosen].T

    # ------------------------------------------------------------------------------------------- steps

    def step(self) -> None:
        """Attempt a step in every lane; those that succeed go on."""
        runs, busy = self.runs, self.busy
        if self.stale.any():
            self._refresh()
        column = np.maximum(self.run, 0) if runs.ends.shape[1] > 1 else np.zeros_like(self.run)
        end = runs.ends[self.stretch, column]
        left = end - self.time
        wanted = np.minimum(self.wanted, runs.longest)
        # Steps of one length to the end of the stretch, none longer than the one wanted.
        steps = left / np.maximum(1.0, np.ceil(left / wanted * (1 - ROUNDING)))
        smallest = 10 * np.abs(np.nextafter(self.time, np.inf) - self.time)
        reached = left - steps <= smallest
        after = np.where(reached, end, self.time + steps)
        due = np.append(runs.save, np.inf)[self.saves]
        within = busy & (due < after)  # lanes with a saved time inside the step
        self._attempt(steps, advance=not within.any())
        norms = np.where(np.isfinite(self.norms), self.norms, WORSE).ravel()
        taken = norms <= 1
        factor = np.minimum(GROW, SAFETY * np.maximum(norms, 1e-10) ** (-1 / ORDER))
        factor = np.where(
            taken, np.where(self.refused, np.minimum(1.0, factor), factor), np.maximum(SHRINK, factor)
        )
        self.wanted = steps * factor
        self.refused = ~taken
        self.taken += 1
        if within.any():
            self._save_between(np.flatnonzero(taken & within), after, steps)
            self._advance(taken)
        self.time = np.where(taken, after, self.time)
        self.effort.steps += int(np.count_nonzero(taken & busy))
        lost = busy & ((~taken & (self.wanted < smallest)) | (self.taken > PATIENCE))
        if lost.any():
            runs.astray[self.run[lost]] = True
        self._arrive(np.flatnonzero(taken & busy & reached & ~lost), np.flatnonzero(lost))

    def _attempt(self, steps: Floats, *, advance: bool) -> None:
        """Work out a step in every lane: `next`, its slopes and the error; with `advance`, take it."""
        self.steps[...] = steps.reshape(self.steps.shape)
        self.begun[...] = self.time.reshape(self.begun.shape)
        self.machine.attempt(*self.attempted, len(self.moved), self.groups, int(advance))
        self.effort.calls += (STAGES - 1) * int(np.count_nonzero(self.busy))

    def _refresh(self) -> None:
        """Work out the first slopes anew in lanes where something has jumped."""
        time, stale = self.time.reshape(self.begun.shape), self.stale.reshape(self.begun.shape)
        for group in map(int, np.flatnonzero(stale.any(axis=1))):
            part = slice(group, group + 1)
            self.times[part, 0] = time[part]
            if len(self.moved):
                since = (time[part] - self.inside[part])[:, np.newaxis]
                self.inputs[part, self.moved] = self.values[part] + self.rises[part] * since
            self.runs.system.rhs(self.times[part], self.now[part], self.inputs[part], self.spare)
            np.copyto(self.slopes[group, 0], self.spare[0], where=stale[group])
        self.effort.calls += int(np.count_nonzero(self.stale & self.busy))
        self.stale[:] = False

    def _advance(self, taken: Bools) -> None:
        """Take the step where its error is small; its last slopes are the first of the next."""
        kept = taken.reshape(self.groups, 1, self.lanes)
        np.copyto(self.now, self.next, where=kept)
        np.copyto(self.slopes[:, 0], self.slopes[:, STAGES - 1], where=kept)

    # ---------------------------------------------------------------------------- what is reported

    def _save_between(self, lanes: Integers, later: Floats, steps: Floats) -> None:
        """Keep the stocks at saved times before the end of the step, from scipy's dense output."""
        save = self.runs.save
        from scipy import integrate  # takes long to import, and most runs never come here

        for lane in lanes:
            group, at = divmod(int(lane), self.lanes)
            step = SimpleNamespace(
                K=self.slopes[group, :, :, at],
                P=integrate.RK45.P,
                t_old=self.time[lane],
                t=self.time[lane] + steps[lane],
                y_old=self.now[group, :, at],
            )
            between = integrate.RK45._dense_output_impl(step)  # type: ignore[attr-defined]  # noqa: SLF001
            while self.saves[lane] < len(save) and save[self.saves[lane]] < later[lane]:
                self.runs.states[self.run[lane], self.saves[lane]] = between(save[self.saves[lane]])
                self.saves[lane] += 1

    def _arrive(self, lanes: Integers, lost: Integers) -> None:
        """Let lanes at the end of a stretch enter the next; those at the end of the period take a new run."""
        runs = self.runs
        finished = [lost]
        if lanes.size:
            due = lanes[runs.save[np.minimum(self.saves[lanes], len(runs.save) - 1)] == self.time[lanes]]
            due = due[self.saves[due] < len(runs.save)]
            groups, at = np.divmod(due, self.lanes)
            runs.states[self.run[due], self.saves[due]] = self.now[groups, :, at]
            self.saves[due] += 1
            chosen = self.run[lanes]
            column = chosen if runs.jumps.shape[1] > 1 else np.zeros_like(chosen)
            self.stale[lanes] |= runs.jumps[self.stretch[lanes], column]
            over = (self.time[lanes] >= runs.schedule.stop) | (self.saves[lanes] >= len(runs.save))
            finished.append(lanes[over])
            going = lanes[~over]
            if going.size:
                self.stretch[going] += 1
                self._enter(going, self.run[going])
            self.effort.restarts += int(lanes.size)
        free = np.concatenate(finished)
        if free.size:
            self._fill(free)


def _observe(runs: _Runs, lanes: int, saved: Saved, place: int) -> None:
    """Work out every variable of all runs at the saved times, some groups at a time."""
    system = runs.system
    several = max(1, OBSERVED // max(1, system.layout.outputs * lanes))
    room = aligned(several, system.layout.outputs, lanes)
    for position, time in enumerate(map(float, runs.save)):
        within = time + nudge(time)
        times = runs.clock(time, within, lanes)
        if runs.paths.rows.size:
            runs.inputs[:, runs.paths.rows] = pack(runs.paths.at(time), lanes)
        for first in range(0, len(times), several):
            part = slice(first * lanes, (first + several) * lanes)
            states = pack(runs.states[part, position].T, lanes)
            inputs = runs.inputs[first : first + several]
            rates, outputs = np.empty_like(states), room[: len(states)]
            system.observe(times[: len(states)], states, inputs, rates, outputs)
            count = min(len(states) * lanes, runs.count - first * lanes)
            storages = {"states": states, "inputs": inputs, "outputs": outputs}
            saved.put(position, place + first * lanes, count, storages)
