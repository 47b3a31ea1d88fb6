"""Compile a lowered model to machine code. The only door to llvmlite's compiler."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt

from urbsim.engine.emit import Layout, emit, lay_out
from urbsim.engine.trajectory import Output
from urbsim.errors import RunError, suggestion
from urbsim.model.program import Array, Const, Load, Program
from urbsim.names import fold

Floats = npt.NDArray[np.float64]
LANES = 8  # runs per vector: two AVX2 registers, or one of AVX-512
MOST_BREAKS = 100_000
CLOCK_NAMES = ("initial time", "final time", "time step", "saveper")
SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, *[ctypes.c_int64] * 4)


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


class _Machine:
    """The compiled functions for a number of runs at a time; keeps the code alive."""

    def __init__(self, program: Program, layout: Layout, width: int) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(emit(program, layout, width))
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=1
        )
        # The full pipeline takes ten times as long to compile the shipped model and gains a tenth in a call.
        builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=0))
        passes = llvm.create_new_module_pass_manager()
        passes.add_sroa_pass()
        passes.add_instruction_combine_pass()
        passes.run(module, builder)
        self.engine = llvm.create_mcjit_compiler(module, target)
        self.engine.finalize_object()
        self.initial = SIGNATURE(self.engine.get_function_address("initial"))
        self.flows = SIGNATURE(self.engine.get_function_address("flows"))
        self.reports = SIGNATURE(self.engine.get_function_address("reports"))


class System:
    """A model as machine code over a last axis of runs. Frozen: no call changes it.

    All arrays are C-contiguous float64. `times` is (present time, clock, switch time), see `program.Op`;
    `states` and `rates` are (n_states, n_runs); `inputs` is (n_inputs + n_held, n_runs), constants first;
    `outputs` is (n_auxiliaries, n_runs).
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.layout = lay_out(program)
        self._local = threading.local()

    @property
    def _scratch(self) -> Floats:
        """Room for the auxiliaries of one block of runs; each thread has its own."""
        if not hasattr(self._local, "scratch"):
            self._local.scratch = np.empty(max(1, self.layout.outputs) * LANES)
        scratch: Floats = self._local.scratch
        return scratch

    @cached_property
    def _single(self) -> _Machine:
        return _Machine(self.program, self.layout, 1)

    @cached_property
    def _vector(self) -> _Machine:
        return _Machine(self.program, self.layout, LANES)

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

    def state_name(self, row: int) -> str:
        """Name the stock and element at a row of the state."""
        for array, first in self.states:
            if first <= row < first + array.size:
                return Output(name=array.name, unit="", axes=array.axes).labels()[row - first]
        raise IndexError(f"there is no state {row}")

    # ------------------------------------------------------------------------------------- numbers

    def initial(self, times: Floats, states: Floats, inputs: Floats, outputs: Floats) -> None:
        """Work out the stocks' first values and the held values (rows of `inputs` after the constants)."""
        self._run("initial", times, states, inputs, states, outputs, outputs.shape[1])

    def rhs(self, times: Floats, states: Floats, inputs: Floats, rates: Floats) -> None:
        """Work out the net flow of every stock into `rates`."""
        self._run("flows", times, states, inputs, rates, self._scratch, 0)

    def bound_rhs(self, times: Floats, inputs: Floats, rates: Floats) -> Callable[[Floats], None]:
        """Give the right-hand side of one run with all but the state bound, to be called often."""
        function = self._single.flows
        before, after = _address(times), [_address(a) for a in (inputs, rates, self._scratch)]

        def call(state: Floats) -> None:
            function(before, _address(state), *after, 1, 1, 0, 1)

        return call

    def observe(self, times: Floats, states: Floats, inputs: Floats, rates: Floats, outputs: Floats) -> None:
        """Work out every auxiliary into `outputs`, and the net flows into `rates`."""
        self._run("flows", times, states, inputs, rates, outputs, outputs.shape[1])
        self._run("reports", times, states, inputs, rates, outputs, outputs.shape[1])

    def _run(
        self,
        name: str,
        times: Floats,
        states: Floats,
        inputs: Floats,
        rates: Floats,
        outputs: Floats,
        stride: int,
    ) -> None:
        runs = states.shape[1]
        blocks, rest = divmod(runs, LANES)
        addresses = [_address(a) for a in (states, inputs, rates)]
        time_address, output_address = _address(times), _address(outputs)
        if blocks:
            step = LANES if stride else 0
            function: Any = getattr(self._vector, name)
            function(time_address, *addresses, output_address, runs, stride or LANES, step, blocks)
        if rest:
            skip = 8 * LANES * blocks  # bytes
            shifted = [address + skip for address in addresses]
            function = getattr(self._single, name)
            out = output_address + (skip if stride else 0)
            function(time_address, *shifted, out, runs, stride or 1, 1 if stride else 0, rest)

    # --------------------------------------------------------------------------------------- clock

    def clock(self, constants: Floats) -> Mapping[str, float]:
        """Give INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER of one run.

        `constants` is (n_inputs,). They may be equations; SAVEPER is TIME STEP where the model has none.
        Keys are folded names.
        """
        states, inputs, rates, outputs = self.blank(constants[:, None])
        times = np.zeros(3)
        self.initial(times, states, inputs, outputs)
        self.observe(times, states, inputs, rates, outputs)
        storage = {"inputs": inputs, "outputs": outputs, "states": states}
        found = {}
        for number, array in enumerate(self.program.arrays):
            if fold(array.name) in CLOCK_NAMES and not array.axes:
                place, row = self.layout.place[number]
                found[fold(array.name)] = float(storage[place][row, 0])
        return {"saveper": found["time step"], **found}

    @cached_property
    def _clock(self) -> Mapping[str, float]:
        return self.clock(self.inputs)

    @cached_property
    def clock_rows(self) -> Mapping[str, int]:
        """The rows in `inputs` of those clock variables that are constants."""
        return {name: self._by_name[name].first for name in CLOCK_NAMES if name in self._by_name}

    def blank(self, constants: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Make empty states, inputs (constants filled in), rates and outputs for the runs of `constants`."""
        runs = constants.shape[1]
        inputs = np.zeros((self.layout.inputs, runs))
        inputs[: self.layout.constants] = constants
        return (
            np.zeros((self.layout.states, runs)),
            inputs,
            np.zeros((self.layout.states, runs)),
            np.zeros((self.layout.outputs, runs)),
        )

    @property
    def step(self) -> float:
        return self._clock["time step"]

    @property
    def method(self) -> str:
        return self.program.method

    # ---------------------------------------------------------------------------------------- jumps

    def break_times(self, inputs: Floats, run: int, start: float, stop: float) -> list[float]:
        """List the times within a period at which the right-hand side of a run jumps or bends."""
        found: set[float] = set()

        def values(given: Load | Const | None) -> Floats:
            if given is None:
                return np.array([np.nan])
            if isinstance(given, Const):
                return np.array([given.value])
            first, size = self.layout.place[given.array][1], self.program.arrays[given.array].size
            return inputs[first : first + size, run]

        for item in self.program.breaks:
            first, width, every, end = (values(v) for v in (item.start, item.width, item.every, item.end))
            found |= _repeated(first, width, every, end, stop)
        return sorted(t for t in found if start < t < stop)


def _address(array: Floats) -> int:
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
