"""A lowered model as machine code over groups of runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from urbsim.engine.layout import CLOCKS, LANES, aligned, lay_out, pack
from urbsim.engine.machine import Machine
from urbsim.engine.nests import nest_flows
from urbsim.engine.trajectory import Output
from urbsim.errors import RunError, suggestion
from urbsim.model.program import Array, Const, Load, Program
from urbsim.names import fold

Floats = npt.NDArray[np.float64]
MOST_BREAKS = 100_000
CLOCK_NAMES = ("initial time", "final time", "time step", "saveper")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant of the model: `first` is the row of its first element in the inputs, the rest follow."""

    name: str
    unit: str
    axes: tuple[tuple[str, ...], ...]
    first: int

    @property
    def size(self) -> int:
        return int(np.prod([len(axis) for axis in self.axes], dtype=int))


class System:
    """A model as machine code over groups of runs. Frozen: no call changes it.

    A group holds `LANES` runs, or a single one. All arrays are C-contiguous float64: `times` is (n_groups,
    3, lanes) with the present time, the clock and the switch time, see `program.Op`; `states` and `rates`
    are (n_groups, n_states, lanes); `inputs` is (n_groups, n_inputs + n_held, lanes), constants first;
    `outputs` is (n_groups, n_auxiliaries, lanes).
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.layout = lay_out(program)
        self._local = threading.local()

    @property
    def scratch(self) -> Floats:
        """Room for the auxiliaries of one group of runs; each thread has its own."""
        if not hasattr(self._local, "scratch"):
            self._local.scratch = aligned(max(1, self._scratch_rows) * LANES)
        scratch: Floats = self._local.scratch
        return scratch

    @cached_property
    def _scratch_rows(self) -> int:
        return nest_flows(self.program)[1].outputs

    def machine(self, lanes: int) -> Machine:
        """Give the code for groups of so many runs, 1 or `LANES`; it is made when first needed."""
        return self._single if lanes == 1 else self._vector

    @cached_property
    def _single(self) -> Machine:
        return Machine(self.program, 1)

    @cached_property
    def _vector(self) -> Machine:
        return Machine(self.program, LANES)

    # ------------------------------------------------------------------------------ what there is

    @cached_property
    def constants(self) -> tuple[Constant, ...]:
        return tuple(
            Constant(name=a.name, unit=a.unit, axes=a.axes, first=self.layout.place[i][1])
            for i, a in enumerate(self.program.arrays)
            if a.kind == "constant"
        )

    @cached_property
    def inputs(self) -> Floats:
        """Default values of the constants, shape (n_inputs,)."""
        values = np.zeros(self.layout.constants)
        for array, given in self.program.values.items():
            first = self.layout.place[array][1]
            values[first : first + len(given)] = given
        values.setflags(write=False)
        return values

    def constant(self, name: str) -> Constant:
        """Find a constant by name.

        Raises
        ------
        KeyError
            No such constant; the message offers the nearest.
        """
        found = self._by_name.get(fold(name))
        if found is None:
            raise KeyError(f"no constant '{name}'; {suggestion(name, [c.name for c in self.constants])}")
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, Constant]:
        return {fold(c.name): c for c in self.constants}

    @cached_property
    def reported(self) -> tuple[int, ...]:
        """The arrays behind `outputs`: those that belong to no other."""
        return tuple(i for i, a in enumerate(self.program.arrays) if not a.owner)

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """Every variable of the model, constants included, hidden stocks left out."""
        arrays = self.program.arrays
        return tuple(
            Output(name=arrays[i].name, unit=arrays[i].unit, axes=arrays[i].axes) for i in self.reported
        )

    @cached_property
    def states(self) -> tuple[tuple[Array, int], ...]:
        """The stocks, hidden ones included, each with its first row."""
        return tuple(
            (a, self.layout.place[i][1]) for i, a in enumerate(self.program.arrays) if a.kind == "stock"
        )

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many elements each array of the program has."""
        return tuple(array.size for array in self.program.arrays)

    @cached_property
    def families(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The first row and the number of elements of every stock that has any."""
        found = [(first, array.size) for array, first in self.states if array.size]
        firsts, counts = np.array(found, dtype=np.intp).reshape(-1, 2).T
        return firsts, counts

    def state_name(self, row: int) -> str:
        """Name the stock and element at a row of the state."""
        for array, first in self.states:
            if first <= row < first + array.size:
                return Output(name=array.name, unit="", axes=array.axes).labels()[row - first]
        raise IndexError(f"there is no state {row}")

    # ------------------------------------------------------------------------------------- numbers

    def initial(self, times: Floats, states: Floats, inputs: Floats, outputs: Floats) -> None:
        """Work out the stocks' first values and the held values (rows of `inputs` after the constants)."""
        addresses = [address(a) for a in (times, states, inputs, states, outputs)]
        self.machine(states.shape[2]).initial(*addresses, len(states))

    def rhs(self, times: Floats, states: Floats, inputs: Floats, rates: Floats) -> None:
        """Work out the net flow of every stock into `rates`."""
        addresses = [address(a) for a in (times, states, inputs, rates, self.scratch)]
        self.machine(states.shape[2]).flows(*addresses, len(states))

    def observe(self, times: Floats, states: Floats, inputs: Floats, rates: Floats, outputs: Floats) -> None:
        """Work out every auxiliary into `outputs`, and the net flows into `rates`."""
        addresses = [address(a) for a in (times, states, inputs, rates, outputs)]
        self.machine(states.shape[2]).observe(*addresses, len(states))

    # --------------------------------------------------------------------------------------- clock

    def clock(self, constants: Floats) -> Mapping[str, float]:
        """Give INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER of one run.

        `constants` is (n_inputs,). They may be equations; SAVEPER is TIME STEP where the model has none.
        Keys are folded names.
        """
        states, inputs, rates, outputs = self.blank(constants[:, None], 1)
        times = aligned(1, CLOCKS, 1)
        self.initial(times, states, inputs, outputs)
        self.observe(times, states, inputs, rates, outputs)
        storage = {"inputs": inputs, "outputs": outputs, "states": states}
        found = {name: float(storage[place][0, row, 0]) for name, (place, row) in self._clock_places.items()}
        return {"saveper": found["time step"], **found}

    @cached_property
    def _clock_places(self) -> Mapping[str, tuple[str, int]]:
        return {
            fold(array.name): self.layout.place[number]
            for number, array in enumerate(self.program.arrays)
            if fold(array.name) in CLOCK_NAMES and not array.axes
        }

    @cached_property
    def _clock(self) -> Mapping[str, float]:
        return self.clock(self.inputs)

    @cached_property
    def clock_rows(self) -> Mapping[str, int]:
        """The rows in `inputs` of those clock variables that are constants."""
        return {name: self._by_name[name].first for name in CLOCK_NAMES if name in self._by_name}

    def blank(self, constants: Floats, lanes: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Make empty states, inputs (constants filled in), rates and outputs for runs.

        `constants` is (n_inputs, n_runs); see `layout.pack` for how runs go into groups.
        """
        packed = pack(constants, lanes)
        groups = len(packed)
        inputs = aligned(groups, self.layout.inputs, lanes)
        inputs[:, : self.layout.constants] = packed
        states, rates = (aligned(groups, self.layout.states, lanes) for _ in range(2))
        return states, inputs, rates, aligned(groups, self.layout.outputs, lanes)

    @property
    def step(self) -> float:
        return self._clock["time step"]

    @property
    def method(self) -> str:
        return self.program.method

    # ---------------------------------------------------------------------------------------- jumps

    @property
    def breaks_vary(self) -> bool:
        """Whether the times at which the right-hand side jumps or bends hang on the inputs of a run."""
        return any(isinstance(part, Load) for item in self.program.breaks for part in item.parts)

    def break_times(self, column: Floats, start: float, stop: float) -> dict[float, bool]:
        """Give the times within a period at which the right-hand side of a run jumps or bends.

        `column` is (n_inputs + n_held,), the inputs of the run.

        Returns
        -------
        Each time, and whether something jumps there; if not, it only bends.
        """
        found: dict[float, bool] = {}
        for item in self.program.breaks:
            first, width, every, end = (self._values(part, column) for part in item.parts)
            for time in _repeated(first, width, every, end, stop):
                if start < time < stop:
                    found[time] = found.get(time, False) or not item.bend
        return found

    def _values(self, given: Load | Const | None, column: Floats) -> Floats:
        if given is None:
            return np.array([np.nan])
        if isinstance(given, Const):
            return np.array([given.value])
        first, size = self.layout.place[given.array][1], self.program.arrays[given.array].size
        return column[first : first + size]


def address(array: Floats) -> int:
    """Give where an array begins, for machine code."""
    return int(array.__array_interface__["data"][0])


def _repeated(first: Floats, width: Floats, every: Floats, end: Floats, stop: float) -> set[float]:
    """List the times of a break and its repetitions.

    Arrays of several elements are combined freely: a time too many costs only a restart.
    """
    turns: set[float] = set(map(float, first))
    for at in map(float, first):
        for period in (float(p) for p in every if p > 0):
            count = int(max(0.0, (stop - at) / period)) + 1
            if count > MOST_BREAKS:
                raise RunError(f"a pulse every {period:g} from {at:g} repeats more than {MOST_BREAKS} times")
            turns |= {at + k * period for k in range(count)}
    ends = {t + float(w) for t in turns for w in width if np.isfinite(w)}
    return turns | ends | {float(e) for e in end if np.isfinite(e)}


def compile_program(program: Program) -> System:
    """Make a system of a lowered model. Machine code is made when the first run needs it."""
    return System(program)
