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

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
BENDING = {n for n, f in FUNCTIONS.items() if f.group == "algebra"} - {"zidz", "xidz", "if then else", "pi"}
PLAIN = {"+", "-", "*", "/", "negative", "zidz", "xidz"}
CORNERED = {"min", "max", "abs"}
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
    steady: set[int] = field(default_factory=set)  # arrays in which there is neither time nor a stock
    driven: set[int] = field(default_factory=set)  # auxiliaries in which there is time, but no stock
    smooth: set[int] = field(default_factory=set)  # of these, auxiliaries that bend at noted times only
    shifts: dict[int, Node] = field(default_factory=dict)  # auxiliaries that are Time and a steady shift
    unseen: bool = False  # something may jump at times that are not known

    def settle(self) -> None:
        """Rewrite all equations; `breaks`, `moving`, `fixed` and `unseen` then hold what was found."""
        self._classify()
        for assigns in (self.flows, self.initial):
            for position, assign in enumerate(list(assigns)):
                node = self._settled(assign.expression, assign.loops, assign.target)
                assigns[position] = replace(assign, expression=node)

    def _classify(self) -> None:
        """Find the arrays that only inputs change, those that time changes too, and those that are Time."""
        self.steady = {
            number
            for number, array in enumerate(self.arrays)
            if array.kind in {"constant", "held"} and number not in self.changing
        }
        written = {
            target: nodes
            for target, nodes in _written(self.flows).items()
            if self.arrays[target].kind == "auxiliary"
        }
        while more := {t for t, nodes in written.items() if all(map(self._is_steady, nodes))} - self.steady:
            self.steady |= more
        while more := {t for t, nodes in written.items() if all(map(self._is_driven, nodes))} - self.driven:
            self.driven |= more
        scalars = [
            (t, nodes[0]) for t, nodes in written.items() if t in self.driven and not self.arrays[t].axes
        ]
        while more_shifts := {
            target: shift
            for target, node in scalars
            if target not in self.shifts and (shift := self._shift(node)) is not None
        }:
            self.shifts |= more_shifts
        driven = {target: nodes for target, nodes in written.items() if target in self.driven}
        while more := {t for t, nodes in driven.items() if all(map(self._is_smooth, nodes))} - self.smooth:
            self.smooth |= more

    def _is_smooth(self, node: Node) -> bool:
        """Whether an expression is made of time, tables of time and steady values by plain arithmetic.

        Between the points of its tables, it has no corner that could hide a narrow peak.
        """
        match node:
            case Const():
                return True
            case Load(array):
                return array in self.steady or array in self.smooth or array in self.shifts
            case Interpolate():
                return self._shift(node.argument) is not None or self._is_steady(node.argument)
            case Op("time"):
                return True
            case Op(name, arguments):
                return self._is_steady(node) or (name in PLAIN and all(map(self._is_smooth, arguments)))
            case Fold():
                return self._is_steady(node) or (node.function == "sum" and self._is_smooth(node.body))

    def _is_driven(self, node: Node) -> bool:
        """Whether nothing but time and inputs is in an expression."""
        allowed = self.steady | self.driven
        return all(inner.array in allowed for inner in walk(node) if isinstance(inner, Load))

    def _shift(self, node: Node) -> Node | None:
        """Give what an expression adds to Time, where that is all it does."""
        match node:
            case Op("time"):
                return Const(0.0)
            case Load(array, ()):
                return self.shifts.get(array)
            case Op("+" | "-" as sign, (a, b)):
                if (shift := self._shift(a)) is not None and self._is_steady(b):
                    return b if sign == "+" and shift == Const(0.0) else Op(sign, (shift, b))
                if sign == "+" and (shift := self._shift(b)) is not None and self._is_steady(a):
                    return a if shift == Const(0.0) else Op("+", (a, shift))
        return None

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
                self._bent(node, loops, target)
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
                    self.breaks.extend(Break(t, bend=True) for t in times)
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
            case "<" | "<=" | ">" | ">=" | "=" | "<>":
                return self._compared(op, known)
            case "integer" | "floor" | "quantum" | "modulo":
                self.unseen |= not all(map(self._is_steady, arguments))
                return op
            case name if name in BENDING:  # a bend or a peak of time itself may be narrow
                timed = [a for a in arguments if self._is_driven(a) and not self._is_steady(a)]
                # Where two smooth curves cross there is a corner, but no peak that a step could pass over.
                crossing = name in CORNERED and all(map(self._is_smooth, timed))
                self.unseen |= bool(timed) and not crossing
                return op
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

    def _bent(self, node: Interpolate, loops: Sequence[Loop], target: int) -> None:
        """Note where a table of time bends."""
        shift = self._shift(node.argument)
        if shift is None:
            self.unseen |= self._is_driven(node.argument) and not self._is_steady(node.argument)
            return
        tables = self.tables[node.tables].tables
        bend = not any(table.beyond in {"forward", "backward"} for table in tables)
        for x in _kinks(tables):
            at: Node = Const(x) if shift == Const(0.0) else Op("-", (Const(x), shift))
            held = at if isinstance(at, Const) else self._held_time(at, loops, target)
            self.breaks.append(Break(held, bend=bend))

    def _compared(self, op: Op, known: _Known) -> Node:
        """Note that a comparison of Time with a time known beforehand jumps there."""
        left, right = op.arguments
        name = op.name
        shift = self._shift(left)
        if shift is None and (shift := self._shift(right)) is not None:
            left, right, name = right, left, MIRRORED[name]
        if shift is None:
            self.unseen |= not all(map(self._is_steady, (left, right)))
            return op
        if not self._is_steady(right):
            if self._is_driven(right):
                self.unseen = True
            else:
                known(right)
            return op
        plain = shift == Const(0.0)
        when: Node = right if plain else Op("-", (right, shift))
        if name in {"=", "<>"}:  # true for one TIME STEP, as with a fixed step
            step = Load(self.step, ())
            if times := known(when, step):
                self.breaks.append(Break(times[0], times[1]))
            instant = Op("instant", (when, step))
            return instant if name == "=" else Op("not", (instant,))
        if times := known(when):
            self.breaks.append(Break(times[0]))
        return Op(name, (Op("switch") if plain else Op("+", (Op("switch"), shift)), right))

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
