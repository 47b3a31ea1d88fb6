"""The lowered form of a model: arrays, loops of plain algebra in order, stocks, breaks.

Everything later works on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Literal

from urbsim.model.equations import Method, Table

ArrayKind = Literal["constant", "held", "stock", "auxiliary"]


@dataclass(frozen=True, slots=True)
class At:
    """A subscript: the position taken at each turn of a loop, or one fixed position where `loop` is -1."""

    loop: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop over `count` elements; `id` is unique within the expression it stands in."""

    id: int
    count: int


@dataclass(frozen=True, slots=True)
class Const:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Load:
    """The value of an array's element."""

    array: int
    index: tuple[At, ...]


@dataclass(frozen=True, slots=True)
class Op:
    """A function of `functions.FUNCTIONS`, or one that lowering makes.

    ``time`` is the present time. ``clock`` is a time between jumps: half a TIME STEP later with a fixed step,
    the middle of the stretch between two breaks with the others. ``switch`` is what Time is compared with:
    the present time with a fixed step, ``clock`` with the others.
    """

    name: str
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Interpolate:
    """A lookup at `argument`."""

    tables: int
    index: tuple[At, ...]
    argument: Node


@dataclass(frozen=True, slots=True)
class Fold:
    """A sum, product, smallest or largest value of `body` over loops."""

    function: str
    loops: tuple[Loop, ...]
    body: Node


Node = Const | Load | Op | Interpolate | Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """Storage of a variable, or of a hidden stock or held value that lowering made for `owner`."""

    name: str
    unit: str
    kind: ArrayKind
    axes: tuple[tuple[str, ...], ...] = ()
    owner: str = ""  # the variable it was made for; empty for a variable of the model

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """One loop nest: for every turn, `target` at `index` becomes `expression`; a stock's is its net flow."""

    target: int
    loops: tuple[Loop, ...]
    index: tuple[At, ...]
    expression: Node


@dataclass(frozen=True, slots=True)
class Break:
    """Times at which the right-hand side jumps or bends: `start`, and with `every` repeatedly until `end`.

    The fields are numbers, or arrays (by index) whose elements all count. `width` adds the end of each pulse.
    At a mere `bend` nothing jumps.
    """

    start: Load | Const
    width: Load | Const | None = None
    every: Load | Const | None = None
    end: Load | Const | None = None
    bend: bool = field(default=False, repr=False)  # fingerprints of fitted sets leave it out

    @property
    def parts(self) -> tuple[Load | Const | None, ...]:
        return self.start, self.width, self.every, self.end


@dataclass(frozen=True, slots=True)
class Memory:
    """A held value that a fixed-step solver renews after every step.

    With `delay`, the value of `source` that long ago; without, the present value of `source`.
    """

    held: int
    source: int
    delay: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSet:
    """The tables of a lookup variable, one per element in row-major order."""

    name: str
    shape: tuple[int, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A model as plain algebra.

    Parameters
    ----------
    arrays
        All storage; indices elsewhere count into it.
    values
        Default values of the constants, by array, in row-major order.
    tables
        The lookups.
    initial
        In order: what the start needs, ending in the stocks' first values and the held values.
    flows
        In order: the auxiliaries that net flows need, then the net flow of every stock.
    reports
        In order: the other auxiliaries, worked out only for reporting.
    breaks, moving_breaks
        Jumps known before the run, and names of the variables whose jumps are not.
    unseen_breaks
        Whether something driven by time may jump at times that are not known; steps must then stay short.
    memories
        Held values renewed after every step (DELAY FIXED, SAMPLE IF TRUE).
    fixed, structural
        Constants that must not change during a run, and those that must not change at all, with the reason.
    digest
        What `program_file.digest_of` gives, where somebody has worked it out already.
    """

    source: str
    method: Method
    arrays: tuple[Array, ...]
    values: Mapping[int, tuple[float, ...]]
    tables: tuple[TableSet, ...]
    initial: tuple[Assign, ...]
    flows: tuple[Assign, ...]
    reports: tuple[Assign, ...]
    breaks: tuple[Break, ...]
    moving_breaks: tuple[str, ...]
    unseen_breaks: bool
    memories: tuple[Memory, ...]
    fixed: Mapping[int, str]
    structural: Mapping[int, str]
    digest: str = field(default="", compare=False, repr=False)


def children(node: Node) -> tuple[Node, ...]:
    """Give the expressions directly inside one."""
    match node:
        case Op():
            return node.arguments
        case Interpolate():
            return (node.argument,)
        case Fold():
            return (node.body,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Visit an expression and everything in it, outside first."""
    yield node
    for child in children(node):
        yield from walk(child)


def loops_of(node: Node) -> set[int]:
    """List the loops that an expression depends on, those of its own sums left out."""
    match node:
        case Load():
            return {at.loop for at in node.index if at.loop >= 0}
        case Interpolate():
            return {at.loop for at in node.index if at.loop >= 0} | loops_of(node.argument)
        case Fold():
            return loops_of(node.body) - {loop.id for loop in node.loops}
        case Op():
            return set().union(*map(loops_of, node.arguments))
        case _:
            return set()


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """Apply `change` to every node of an expression, inside first."""
    match node:
        case Op():
            node = Op(node.name, tuple(rebuild(a, change) for a in node.arguments))
        case Interpolate():
            node = replace(node, argument=rebuild(node.argument, change))
        case Fold():
            node = replace(node, body=rebuild(node.body, change))
    return change(node)
