"""References: the conditions of the reference year, at which every effect of the model is 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import Constant, System
from urbsim.engine.layout import CLOCKS, LANES, aligned, pack, unpack
from urbsim.engine.schedule import Schedule
from urbsim.names import fold
from urbsim.study.place import Place
from urbsim.study.plan import start_inputs

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

YEAR = 2020  # at the end of which references are taken, whichever year a run starts in
PREFIX = "reference "
ROUNDS = 6  # a reference of a reference needs one more
AT_ONCE = 2**17  # auxiliaries that are worked out in one go, to stay in the cache of the processor
SAME = 1e-12  # [-] of a value: what rounding may make of the same arithmetic


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class References:
    """What references hang on, for the runs of a place from one base year; see `references_of`.

    Parameters
    ----------
    own, there
        Inputs of the place for runs from their base year, and from the reference year, shape (n_inputs, 1).
    settled
        The latter, with references as the equations have them.
    pairs
        Each reference with the array of its variable in the program.
    """

    system: System
    own: Floats
    there: Floats
    settled: Floats
    pairs: tuple[tuple[Constant, int], ...]

    def follow(self, schedule: Schedule) -> Schedule:
        """Let references follow the parameters of each run.

        A constant ``Reference x`` beside a variable ``x`` holds what ``x`` is at the end of the reference
        year. A parameter that makes ``x`` another there takes the reference along: a longer search for jobs
        means more unemployment in the year from which change is counted too, and is no shock to it. What
        the parameter changes is added to the reference of the tables. A reference that is itself set to
        something else stays as set, and without a change of parameters all stays to the last digit.
        """
        changed = (schedule.inputs != self.own).any(axis=1)
        if not self.pairs or not changed.any():
            return schedule
        # What differs between base years is measured, and of one of them alone.
        carried = changed & (self.own == self.there)[:, 0]
        after = np.where(carried[:, np.newaxis], schedule.inputs, self.there)
        for constant, _ in self.pairs:  # those that nothing changes are right from the start
            rows = slice(constant.first, constant.first + constant.size)
            after[rows] = self.settled[rows]
        _settle(after, self.system, self.pairs)
        inputs = schedule.inputs.copy()
        for constant, _ in self.pairs:
            rows = slice(constant.first, constant.first + constant.size)
            if changed[rows].any():
                continue
            before = self.settled[rows]
            moved = after[rows] - before
            moved[~(np.abs(moved) > SAME * np.abs(before))] = 0.0  # what is no number is told by the run
            inputs[rows] += moved
        return replace(schedule, inputs=inputs)


def references_of(place: Place, system: System, base_year: int, parameter_set: str | None) -> References:
    """Give the references of a place, for runs from a base year with a set of parameters (None: its own)."""
    fitted = place.set_name(parameter_set)
    own = start_inputs(place, system, base_year, fitted)[:, np.newaxis]
    pairs = _pairs(system) if YEAR in place.base_years else ()
    there = start_inputs(place, system, YEAR, fitted)[:, np.newaxis] if pairs else own
    settled = there.copy()
    if pairs:
        _settle(settled, system, pairs)
    return References(system=system, own=own, there=there, settled=settled, pairs=pairs)


def _pairs(system: System) -> tuple[tuple[Constant, int], ...]:
    """Give each reference with the array of its variable."""
    arrays = {fold(system.program.arrays[number].name): number for number in system.reported}
    return tuple(
        (constant, arrays[fold(constant.name).removeprefix(PREFIX)])
        for constant in system.constants
        if fold(constant.name).startswith(PREFIX) and fold(constant.name).removeprefix(PREFIX) in arrays
    )


def _settle(constants: Floats, system: System, pairs: Sequence[tuple[Constant, int]]) -> None:
    """Give runs from the reference year, (n_inputs, n_runs), references as the equations have them there."""
    for name, time in (("initial time", YEAR), ("final time", YEAR + 1)):
        if name in system.clock_rows:
            constants[system.clock_rows[name]] = time
    rows = _rows(system, pairs)
    runs = constants.shape[1]
    lanes = 1 if runs == 1 else LANES
    width = lanes * max(1, AT_ONCE // max(1, system.layout.outputs * lanes))
    room = system.blank(constants[:, :width], lanes)
    times = aligned(len(room[0]), CLOCKS, lanes)
    times[:] = YEAR
    for first in range(0, runs, width):
        block = constants[:, first : first + width]
        packed = pack(block, lanes)
        states, inputs, rates, outputs = (values[: len(packed)] for values in room)
        inputs[:, : len(block)] = packed
        storage = {"states": states, "inputs": inputs, "outputs": outputs}
        for _ in range(ROUNDS):
            system.initial(times[: len(packed)], states, inputs, outputs)
            system.observe(times[: len(packed)], states, inputs, rates, outputs)
            still = True
            for kind, (kept, sources) in rows.items():
                found = storage[kind][:, sources]
                still &= np.array_equal(inputs[:, kept], found, equal_nan=True)
                inputs[:, kept] = found
            if still:  # another round would change nothing
                break
        for kept, _ in rows.values():
            block[kept] = unpack(inputs[:, kept], block.shape[1])


def _rows(system: System, pairs: Sequence[tuple[Constant, int]]) -> dict[str, tuple[Rows, Rows]]:
    """Give, by storage of the variables, the rows of references among the inputs, and those of variables."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    for constant, array in pairs:
        kind, row = system.layout.place[array]
        kept, sources = found.setdefault(kind, ([], []))
        kept.extend(range(constant.first, constant.first + constant.size))
        sources.extend(range(row, row + constant.size))
    return {kind: (np.array(kept), np.array(sources)) for kind, (kept, sources) in found.items()}
