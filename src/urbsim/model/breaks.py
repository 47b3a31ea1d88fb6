"""Find when a model jumps: write its functions of time as comparisons with the clock, and note the times."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from urbsim.model.equations import Table
from urbsim.model.functions import FUNCTIONS
from urbsim.model.program import (
    Array,
    Assign,
    At,
    Break,
    Const,
    Fold,
    Interpolate,
    Load,
    Loop,
    Node,
    Op,
    TableSet,
    walk,
)

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
TIMED = {name for name, function in FUNCTIONS.items() if function.group == "time"} | {
    "time",
    "clock",
    "switch",
    "clock >",
    "clock <",
    "instant",
}


class _Known(Protocol):
    """Holds break times at the start of the run; gives None if one of them changes during it."""

    def __call__(self, *nodes: Node) -> list[Load | Const] | None: ...


@dataclass(slots=True)
class Settling:
    """Equations on their way to having no function of time left but comparisons with the clock.

    Parameters
    ----------
    arrays, flows, initial, tables
        The program so far; held break times are added to `arrays` and `initial`.
    changing
        Held arrays that change during a run all the same (memories).
    step
        The array of TIME STEP.
    """

    arrays: list[Array]
    flows: list[Assign]
    initial: list[Assign]
    tables: Sequence[TableSet]
    changing: Collection[int]
    step: int
    breaks: list[Break] = field(default_factory=list)
    moving: dict[str, None] = field(
        default_factory=dict
    )  # variables whose jumps are not known before the run
    fixed: dict[int, str] = field(default_factory=dict)  # constants that jump times depend on
    steady: set[int] = field(default_factory=set)

    def settle(self) -> None:
        """Rewrite all equations; `breaks`, `moving` and `fixed` then hold what was found."""
        self._find_steady()
        for assigns in (self.flows, self.initial):
            for position, assign in enumerate(list(assigns)):
                node = self._settled(assign.expression, assign.loops, assign.target)
                assigns[position] = replace(assign, expression=node)

    def _find_steady(self) -> None:
        """Find the arrays in which there is neither time nor a stock: only moving inputs change them."""
        self.steady = {
            number
            for number, array in enumerate(self.arrays)
            if array.kind in {"constant", "held"} and number not in self.changing
        }
        written = _written(self.flows)
        while more := {
            target
            for target, nodes in written.items()
            if target not in self.steady
            and self.arrays[target].kind == "auxiliary"
            and all(map(self._is_steady, nodes))
        }:
            self.steady |= more

    def _is_steady(self, node: Node) -> bool:
        return not any(
            (isinstance(inner, Load) and inner.array not in self.steady)
            or (isinstance(inner, Op) and inner.name in TIMED)
            for inner in walk(node)
        )

    def _settled(self, node: Node, loops: tuple[Loop, ...], target: int) -> Node:
        match node:
            case Fold():
                return replace(node, body=self._settled(node.body, (*loops, *node.loops), target))
            case Interpolate():
                if node.argument == Op("time"):
                    self.breaks.extend(Break(Const(x)) for x in _kinks(self.tables[node.tables].tables))
                return replace(node, argument=self._settled(node.argument, loops, target))
            case Op():
                arguments = tuple(self._settled(a, loops, target) for a in node.arguments)
                return self._settled_op(Op(node.name, arguments), loops, target)
            case _:
                return node

    def _settled_op(self, op: Op, loops: tuple[Loop, ...], target: int) -> Node:
        arguments = op.arguments

        def known(*nodes: Node) -> list[Load | Const] | None:
            if not all(map(self._is_steady, nodes)):
                owner = self.arrays[target]
                self.moving[owner.owner or owner.name] = None
                return None
            return [n if isinstance(n, Const) else self._held_time(n, loops, target) for n in nodes]

        match op.name:
            case "step":
                height, start = arguments
                if times := known(start):
                    self.breaks.append(Break(times[0]))
                return Op("if then else", (Op("clock >", (start,)), height, Const(0.0)))
            case "ramp":
                slope, start, *ends = arguments
                if times := known(start, *ends):
                    self.breaks.extend(Break(t) for t in times)
                present: Node = Op("min", (Op("time"), ends[0])) if ends else Op("time")
                rise = Op("*", (slope, Op("-", (present, start))))
                return Op("if then else", (Op(">", (Op("time"), start)), rise, Const(0.0)))
            case "pulse":
                start, width, step = arguments
                return self._pulse(start, Op("max", (width, step)), None, None, Const(1.0), known)
            case "pulse train":
                start, width, every, end, step = arguments
                return self._pulse(start, Op("max", (width, step)), every, end, Const(1.0), known)
            case "xmile pulse":
                start, magnitude, step = arguments
                return self._pulse(start, step, None, None, Op("/", (magnitude, step)), known)
            case "xmile pulse train":
                start, every, magnitude, step = arguments
                return self._pulse(start, step, every, None, Op("/", (magnitude, step)), known)
            case "<" | "<=" | ">" | ">=" | "=":
                return self._compared(op, known)
            case _:
                return op

    def _pulse(
        self, start: Node, width: Node, every: Node | None, end: Node | None, height: Node, known: _Known
    ) -> Node:
        if times := known(*(n for n in (start, width, every, end) if n is not None)):
            rest = iter(times[2:])
            repeat = next(rest) if every is not None else None
            self.breaks.append(Break(times[0], times[1], repeat, next(rest) if end is not None else None))
        since: Node = Op("-", (Op("clock"), start))
        if every is not None:
            since = Op("modulo", (since, every))
        on: Node = Op("and", (Op("clock >", (start,)), Op("<", (since, width))))
        if end is not None:
            on = Op("and", (on, Op("clock <", (end,))))
        return Op("if then else", (on, height, Const(0.0)))

    def _compared(self, op: Op, known: _Known) -> Node:
        """Note that a comparison of Time itself with a time known beforehand jumps there."""
        left, right = op.arguments
        name = op.name
        if right == Op("time"):
            left, right, name = right, left, MIRRORED[name]
        if left != Op("time") or not self._is_steady(right):
            return op
        if name == "=":  # true for one TIME STEP, as with a fixed step
            step = Load(self.step, ())
            if times := known(right, step):
                self.breaks.append(Break(times[0], times[1]))
            return Op("instant", (right, step))
        if times := known(right):
            self.breaks.append(Break(times[0]))
        return Op(name, (Op("switch"), right))

    def _held_time(self, node: Node, loops: Sequence[Loop], target: int) -> Load:
        """Hold a break time that is an expression, for each turn of the loops that it depends on."""
        owner = self.arrays[target].owner or self.arrays[target].name
        used = tuple(loop for loop in loops if loop.id in set(_loops(node)))
        axes = tuple(tuple(str(k) for k in range(loop.count)) for loop in used)
        name = f"break {len(self.breaks) + 1} of {owner}"
        self.arrays.append(Array(name=name, unit="", kind="held", axes=axes, owner=owner))
        index = tuple(At(loop.id, tuple(range(loop.count))) for loop in used)
        held = Load(len(self.arrays) - 1, index)
        self.initial.append(Assign(target=held.array, loops=used, index=index, expression=node))
        for constant in self._constants_behind(node):
            self.fixed[constant] = f"'{owner}' jumps at a time that depends on it"
        return held

    def _constants_behind(self, node: Node) -> set[int]:
        written = _written((*self.flows, *self.initial))
        found: set[int] = set()
        waiting: list[Node] = [node]
        seen: set[int] = set()
        while waiting:
            for inner in walk(waiting.pop()):
                if isinstance(inner, Load) and inner.array not in seen:
                    seen.add(inner.array)
                    if self.arrays[inner.array].kind == "constant":
                        found.add(inner.array)
                    waiting.extend(written.get(inner.array, ()))
        return found


def _kinks(tables: Sequence[Table]) -> Iterator[float]:
    """List the points at which tables bend or jump."""
    for table in tables:
        slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(zip(table.x, table.y, strict=True))]
        beyond = slopes[:1] if table.beyond == "extrapolate" else [0.0]
        ends = slopes[-1:] if table.beyond == "extrapolate" else [0.0]
        for x, before, after in zip(table.x, beyond + slopes, slopes + ends, strict=True):
            if before != after or table.beyond in {"forward", "backward"}:
                yield x


def _written(assigns: Sequence[Assign]) -> dict[int, list[Node]]:
    written: dict[int, list[Node]] = {}
    for assign in assigns:
        written.setdefault(assign.target, []).append(assign.expression)
    return written


def _loops(node: Node) -> Iterator[int]:
    for inner in walk(node):
        if isinstance(inner, Load | Interpolate):
            yield from (at.loop for at in inner.index)
