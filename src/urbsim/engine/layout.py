"""Where the values of a model lie in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from urbsim.model.program import Program

Floats = npt.NDArray[np.float64]
LANES = 8  # runs per group: one AVX-512 register, or two of AVX2
CLOCKS = 3  # rows of the times: the present time, the clock, the switch time (see `program.Op`)
LINE = 8  # numbers in a line of the cache


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each array lies: its storage ("inputs", "states" or "outputs") and its first row there."""

    place: Mapping[int, tuple[str, int]]
    constants: int
    inputs: int  # constants, then held values
    states: int
    outputs: int  # auxiliaries


def lay_out(program: Program) -> Layout:
    """Give every array its rows: constants before held values, the rest in the order of the model."""
    place: dict[int, tuple[str, int]] = {}
    counts = {"inputs": 0, "states": 0, "outputs": 0}
    storage = {"constant": "inputs", "held": "inputs", "stock": "states", "auxiliary": "outputs"}
    constants = 0
    for kind in ("constant", "held", "stock", "auxiliary"):
        for number, array in enumerate(program.arrays):
            if array.kind == kind:
                place[number] = (storage[kind], counts[storage[kind]])
                counts[storage[kind]] += array.size
        if kind == "constant":
            constants = counts["inputs"]
    return Layout(place, constants, counts["inputs"], counts["states"], counts["outputs"])


def aligned(*shape: int) -> Floats:
    """Give an array of zeros that begins a cache line, where vectors are read in one go."""
    size = int(np.prod(shape, dtype=int))
    room = np.zeros(size + LINE)
    first = -(room.__array_interface__["data"][0] // 8) % LINE
    return room[first : first + size].reshape(shape)


def pack(values: Floats, lanes: int) -> Floats:
    """Put runs into groups: (n, n_runs) -> (n_groups, n, lanes); the last run fills what is left over."""
    rows, runs = values.shape
    groups = -(-runs // lanes)
    packed = aligned(groups, rows, lanes)
    whole = runs // lanes
    packed[:whole] = values[:, : whole * lanes].reshape(rows, whole, lanes).swapaxes(0, 1)
    if whole < groups:
        packed[whole] = values[:, -1:]
        packed[whole, :, : runs - whole * lanes] = values[:, whole * lanes :]
    return packed


def unpack(values: Floats, runs: int) -> Floats:
    """Take runs out of their groups: (n_groups, n, lanes) -> (n, n_runs)."""
    groups, rows, lanes = values.shape
    return values.swapaxes(0, 1).reshape(rows, groups * lanes)[:, :runs]
