"""Which elements a written subscript means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from urbsim.model.equations import Equation, Model, Variable
from urbsim.names import fold

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a subscript stands for in an equation: a loop over elements, or a single element (loop -1)."""

    loop: int
    elements: tuple[str, ...]


class Subscripts:
    """The dimensions of a model, and which elements a written subscript means."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.ranges = {fold(d.name): tuple(map(fold, d.elements)) for d in model.dimensions}
        self.spelled = {fold(e): e for d in model.dimensions for e in d.elements}
        self.mappings: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
            (fold(d.name), target): tuple((fold(a), fold(b)) for a, b in pairs)
            for d in model.dimensions
            for target, pairs in d.mappings.items()
        }

    def elements(self, subscript: str) -> tuple[str, ...] | None:
        """List the elements of a range, or the element itself; None if there is no such subscript."""
        if subscript in self.ranges:
            return self.ranges[subscript]
        return (subscript,) if subscript in self.spelled else None

    def folded_axes(self, variable: Variable) -> tuple[tuple[str, ...], ...]:
        """Give the folded elements along each position, in the order of the smallest range holding them."""
        rank = max((len(e.subscripts) for e in variable.equations), default=0)
        result = []
        for position in range(rank):
            written = [e.subscripts[position] for e in variable.equations if len(e.subscripts) == rank]
            used = {element for s in written for element in self.elements(s) or ()}
            if len(set(written)) == 1 and written[0] in self.ranges:
                result.append(self.ranges[written[0]])
                continue
            holding = [r for r in self.ranges.values() if used <= set(r)]
            order = min(holding, key=len, default=tuple(sorted(used)))
            result.append(tuple(e for e in order if e in used))
        return tuple(result)

    def axes(self, variable: Variable) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(self.spelled.get(e, e) for e in axis) for axis in self.folded_axes(variable))

    def mapped(self, wanted: str, name: str, turn: Turn) -> tuple[str, ...] | None:
        """Find the elements of range `wanted` that the mappings give for the turns of `name`."""
        for key, flip in (((name, wanted), False), ((wanted, name), True)):
            if key in self.mappings:
                pairs: dict[str, list[str]] = {}
                for a, b in self.mappings[key]:
                    pairs.setdefault(b if flip else a, []).append(a if flip else b)
                if all(len(pairs.get(e, ())) == 1 for e in turn.elements):
                    return tuple(pairs[e][0] for e in turn.elements)
        return None

    def mask(self, equation: Equation, folded: Sequence[tuple[str, ...]]) -> Mask:
        """Mark the elements that an equation is written for."""

        def marked(subscripts: Sequence[str]) -> Mask:
            mask = np.ones(tuple(len(axis) for axis in folded), dtype=bool)
            for position, subscript in enumerate(subscripts):
                members = set(self.elements(subscript) or ())
                inside = np.array([e in members for e in folded[position]], dtype=bool)
                shape = [1] * mask.ndim
                shape[position] = -1
                mask = mask & inside.reshape(shape)
            return mask

        mask = marked(equation.subscripts)
        for group in equation.excepted:
            mask &= ~marked(group)
        return mask


def axes(model: Model, name: str) -> tuple[tuple[str, ...], ...]:
    """Give the element names of each subscript position of a variable; empty for a scalar.

    Raises
    ------
    KeyError
        The model has no such variable.
    """
    subscripts = Subscripts(model)
    return subscripts.axes(model.variables[fold(name)])


def rectangles(mask: Mask) -> Iterator[list[list[int]]]:
    """Cut a set of elements into rectangles, each a list of positions per axis."""
    if mask.ndim == 0:
        if mask:
            yield []
        return
    groups: dict[bytes, list[int]] = {}
    for position, row in enumerate(mask):
        if row.any():
            groups.setdefault(row.tobytes(), []).append(position)
    for positions in groups.values():
        for rest in rectangles(mask[positions[0]]):
            yield [positions, *rest]
