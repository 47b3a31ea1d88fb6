"""Turn a model into plain algebra: subscripts resolved, delays made stocks, equations in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from urbsim.errors import ModelError, Problem, suggestion
from urbsim.model.breaks import Settling
from urbsim.model.equations import Call, Equation, Expression, Model, Name, Number, Numbers, Table, Variable
from urbsim.model.functions import FUNCTIONS
from urbsim.model.order import in_order, split_needed
from urbsim.model.program import (
    Array,
    ArrayKind,
    Assign,
    At,
    Const,
    Fold,
    Interpolate,
    Load,
    Loop,
    Memory,
    Node,
    Op,
    Program,
    TableSet,
    rebuild,
)
from urbsim.model.subscripts import Subscripts, Turn, rectangles
from urbsim.names import fold

BUILT_IN = {"dt": "time step", "starttime": "initial time", "stoptime": "final time"}  # XMILE's names
FOLDS = {"sum", "prod", "vmin", "vmax"}


def lower(model: Model) -> Program:
    """Turn a model into plain algebra.

    Raises
    ------
    ModelError
        Every problem found: undefined variables and subscripts, missing or double equations, loops without a
        stock.
    """
    return _Lowering(model).program()


@dataclass(slots=True)
class _Scope:
    """Where an expression stands: its variable and equation, subscripts in force, and loops around it."""

    variable: Variable
    equation: Equation
    turns: Mapping[str, Turn]
    loops: tuple[Loop, ...]
    made: int = 0  # hidden arrays made so far, for their names


@dataclass
class _Lowering:
    model: Model
    arrays: list[Array] = field(default_factory=list)
    values: dict[int, tuple[float, ...]] = field(default_factory=dict)
    tables: list[TableSet] = field(default_factory=list)
    initial: list[Assign] = field(default_factory=list)
    flows: list[Assign] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    orders: dict[int, str] = field(default_factory=dict)  # constants that decide how many stocks there are
    problems: list[Problem] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)  # folded variable name -> array
    table_index: dict[str, int] = field(default_factory=dict)
    folded_axes: dict[int, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    loop_count: int = 0

    def program(self) -> Program:
        self.subscripts = Subscripts(self.model)
        self._declare()
        for variable in self.model.variables.values():
            if fold(variable.name) in self.index and variable.kind != "constant":
                for equation in variable.equations:
                    self._equation(variable, equation)
        self._require_clock()
        if self.problems:
            raise ModelError(self.problems)
        settling = Settling(
            self.arrays,
            self.flows,
            self.initial,
            self.tables,
            changing={memory.held for memory in self.memories},
            step=self.index["time step"],
        )
        settling.settle()
        initial, flows, reports = self._ordered()
        if self.problems:
            raise ModelError(self.problems)
        return Program(
            source=self.model.source,
            method=self.model.method,
            arrays=tuple(self.arrays),
            values=self.values,
            tables=tuple(self.tables),
            initial=initial,
            flows=flows,
            reports=reports,
            breaks=tuple(dict.fromkeys(settling.breaks)),
            moving_breaks=tuple(settling.moving),
            memories=tuple(self.memories),
            unseen_breaks=settling.unseen,
            fixed=settling.fixed,
            structural=self.orders,
        )

    # ------------------------------------------------------------------------------- declarations

    def _declare(self) -> None:
        """Make the arrays of all variables, so that equations can refer to any of them."""
        for key, variable in self.model.variables.items():
            if not self._subscripts_known(variable):
                continue
            folded = self.subscripts.folded_axes(variable)
            if not self._defined_once(variable, folded):
                continue
            kind = variable.kind
            if kind == "lookup":
                self.table_index[key] = len(self.tables)
                self.tables.append(self._table_set(variable, folded))
                continue
            self.index[key] = self._array(
                variable.name, variable.unit, kind, self.subscripts.axes(variable), ""
            )
            self.folded_axes[self.index[key]] = folded
            if variable.kind == "constant":
                self.values[self.index[key]] = self._constant(variable, folded)

    def _subscripts_known(self, variable: Variable) -> bool:
        known = True
        for equation in variable.equations:
            where = self.model.where(variable, equation)
            written = [*equation.subscripts, *(s for group in equation.excepted for s in group)]
            for subscript in written:
                if self.subscripts.elements(subscript) is None:
                    names = [*(d.name for d in self.model.dimensions), *self.subscripts.spelled.values()]
                    self._problem(f"there is no subscript '{subscript}'", where, suggestion(subscript, names))
                    known = False
            if len(set(equation.subscripts)) < len(equation.subscripts):
                self._problem("has the same subscript twice", where, "copy the range: Other <-> This")
                known = False
            if len(equation.subscripts) != len(variable.equations[0].subscripts):
                self._problem("the equations of a variable differ in their number of subscripts", where)
                known = False
        return known

    def _defined_once(self, variable: Variable, folded: Sequence[tuple[str, ...]]) -> bool:
        counts = np.zeros(tuple(len(axis) for axis in folded), dtype=int)
        for equation in variable.equations:
            counts += self.subscripts.mask(equation, folded)
        where = self.model.where(variable)
        for wrong, what in ((counts == 0, "has no equation"), (counts > 1, "has more than one equation")):
            if wrong.any():
                position = np.argwhere(wrong)[0]
                labels = ",".join(
                    self.subscripts.spelled[axis[p]] for axis, p in zip(folded, position, strict=True)
                )
                more = f" and {int(wrong.sum()) - 1} more" if wrong.sum() > 1 else ""
                self._problem(
                    f"{what}{f' for [{labels}]{more}' if labels else ''}", where, "write each element once"
                )
                return False
        return True

    def _constant(self, variable: Variable, folded: Sequence[tuple[str, ...]]) -> tuple[float, ...]:
        values = np.zeros(tuple(len(axis) for axis in folded))
        for equation in variable.equations:
            if isinstance(equation.expression, Numbers):
                for position, value in self._listed(variable, equation, equation.expression, folded):
                    values[position] = value
            elif isinstance(equation.expression, Number):
                values[self.subscripts.mask(equation, folded)] = equation.expression.value
        return tuple(values.ravel())

    def _listed(
        self, variable: Variable, equation: Equation, numbers: Numbers, folded: Sequence[tuple[str, ...]]
    ) -> Iterator[tuple[tuple[int, ...], float]]:
        """Give the position of each number of a list, excepted elements left out."""
        mask = self.subscripts.mask(equation, folded)
        combinations = list(product(*(self.subscripts.elements(s) or () for s in equation.subscripts)))
        if len(combinations) != len(numbers.values):
            what = f"has {len(numbers.values)} numbers for {len(combinations)} elements"
            self._problem(what, self.model.where(variable, equation))
            return
        for combination, value in zip(combinations, numbers.values, strict=True):
            position = tuple(axis.index(e) for axis, e in zip(folded, combination, strict=True))
            if mask[position]:
                yield position, value

    def _table_set(self, variable: Variable, folded: Sequence[tuple[str, ...]]) -> TableSet:
        shape = tuple(len(axis) for axis in folded)
        if len({e.expression.beyond for e in variable.equations if isinstance(e.expression, Table)}) > 1:
            self._problem("has tables of different kinds", self.model.where(variable), "use one kind")
        tables = np.empty(shape, dtype=object)
        for equation in variable.equations:
            for position in np.argwhere(self.subscripts.mask(equation, folded)):
                tables[tuple(position)] = equation.expression
        return TableSet(name=variable.name, shape=shape, tables=tuple(tables.ravel()))

    def _array(
        self, name: str, unit: str, kind: ArrayKind, axes: tuple[tuple[str, ...], ...], owner: str
    ) -> int:
        self.arrays.append(Array(name=name, unit=unit, kind=kind, axes=axes, owner=owner))
        return len(self.arrays) - 1

    def _require_clock(self) -> None:
        for name in ("initial time", "final time", "time step"):
            if name not in self.model.variables:
                self._problem(
                    f"{name.upper()} is not defined", self.model.source, "give it a number and the time unit"
                )

    def _problem(self, what: str, where: str, fix: str = "") -> None:
        self.problems.append(Problem(what, where, fix))

    # ---------------------------------------------------------------------------------- equations

    def _equation(self, variable: Variable, equation: Equation) -> None:
        array = self.index[fold(variable.name)]
        folded = self.folded_axes[array]
        for rectangle in rectangles(self.subscripts.mask(equation, folded)):
            turns: dict[str, Turn] = {}
            loops: list[Loop] = []
            index: list[At] = []
            for subscript, axis, positions in zip(equation.subscripts, folded, rectangle, strict=True):
                elements = tuple(axis[p] for p in positions)
                if subscript in self.subscripts.ranges and len(positions) > 1:
                    loops.append(self._loop(len(positions)))
                    turns[subscript] = Turn(loops[-1].id, elements)
                    index.append(At(loops[-1].id, tuple(positions)))
                else:
                    turns[subscript] = Turn(-1, elements)
                    index.append(At(-1, tuple(positions)))
            scope = _Scope(variable, equation, turns, tuple(loops))
            expression = equation.expression
            if isinstance(expression, Call) and expression.function == "integ":
                flow, start = (self._node(a, scope) for a in expression.arguments)
                self.flows.append(
                    Assign(target=array, loops=scope.loops, index=tuple(index), expression=flow)
                )
                self.initial.append(
                    Assign(target=array, loops=scope.loops, index=tuple(index), expression=start)
                )
            elif self.arrays[array].kind == "stock":
                self._problem(
                    "is a stock for some elements and not for others",
                    self.model.where(variable, equation),
                    "write every element as INTEG(flow, initial)",
                )
            elif isinstance(expression, Numbers | Table):
                self._mixed(variable, equation, expression, array, folded)
                return
            else:
                node = self._node(expression, scope)
                self.flows.append(
                    Assign(target=array, loops=scope.loops, index=tuple(index), expression=node)
                )

    def _mixed(
        self,
        variable: Variable,
        equation: Equation,
        expression: Numbers | Table,
        array: int,
        folded: Sequence[tuple[str, ...]],
    ) -> None:
        """Take numbers for some elements of a variable whose other elements are equations."""
        if isinstance(expression, Table):
            what = "is a lookup for some elements and an equation for others"
            self._problem(what, self.model.where(variable, equation))
            return
        for position, value in self._listed(variable, equation, expression, folded):
            index = tuple(At(-1, (p,)) for p in position)
            self.flows.append(Assign(target=array, loops=(), index=index, expression=Const(value)))

    def _loop(self, count: int) -> Loop:
        self.loop_count += 1
        return Loop(self.loop_count, count)

    def _node(self, expression: Expression, scope: _Scope) -> Node:
        match expression:
            case Number():
                return Const(expression.value)
            case Name():
                return self._name(expression, scope)
            case Call():
                return self._call(expression, scope)
            case _:
                self._refuse(
                    "a table or list of numbers stands inside an equation", scope, "name it as a variable"
                )
                return Const(0.0)

    def _refuse(self, what: str, scope: _Scope, fix: str = "") -> Node:
        self._problem(what, self.model.where(scope.variable, scope.equation), fix)
        return Const(0.0)

    def _name(self, reference: Name, scope: _Scope) -> Node:
        name = reference.name
        if name not in self.model.variables:
            if name == "time":
                return Op("time")
            if name == "pi":
                return Const(float(np.pi))
            name = BUILT_IN.get(name, name)
        if name in self.table_index:
            return self._refuse(
                f"the lookup '{self.model.variables[name].name}' is used without an argument", scope
            )
        if name not in self.index:
            if name in self.model.variables:  # its own problem has been told
                return Const(0.0)
            known = [v.name for v in self.model.variables.values()]
            return self._refuse(
                f"the variable '{reference.name}' is not defined", scope, suggestion(name, known)
            )
        array = self.index[name]
        index = self._index(reference, self.folded_axes[array], self.arrays[array].name, scope)
        return Const(0.0) if index is None else Load(array, index)

    def _index(
        self, reference: Name, folded: Sequence[tuple[str, ...]], label: str, scope: _Scope
    ) -> tuple[At, ...] | None:
        """Resolve the subscripts of a reference against those in force."""
        if self.model.implicit_subscripts and not reference.subscripts and folded:
            same = [[n for n, t in scope.turns.items() if t.elements == axis] for axis in folded]
            if all(len(names) == 1 for names in same):
                return self._index(Name(reference.name, tuple(n[0] for n in same)), folded, label, scope)
        if len(reference.subscripts) != len(folded):
            self._refuse(f"'{label}' has {len(folded)} subscripts, not {len(reference.subscripts)}", scope)
            return None
        index = []
        for subscript, axis in zip(reference.subscripts, folded, strict=True):
            turn = self._turn(subscript, scope)
            if turn is None:
                names = [
                    *scope.turns,
                    *(d.name for d in self.model.dimensions),
                    *self.subscripts.spelled.values(),
                ]
                what = (
                    f"the subscript '{subscript}' of '{label}' is on neither the left-hand side nor in a sum"
                    if subscript in self.subscripts.ranges
                    else f"'{label}' has no subscript '{subscript}'"
                )
                self._refuse(what, scope, suggestion(subscript, names))
                return None
            missing = [e for e in turn.elements if e not in axis]
            if missing:
                self._refuse(f"'{label}' is not defined for [{self.subscripts.spelled[missing[0]]}]", scope)
                return None
            index.append(At(turn.loop, tuple(axis.index(e) for e in turn.elements)))
        return tuple(index)

    def _turn(self, subscript: str, scope: _Scope) -> Turn | None:
        if subscript in scope.turns:
            return scope.turns[subscript]
        if subscript in self.subscripts.ranges:
            found = [
                Turn(turn.loop, elements)
                for name, turn in scope.turns.items()
                if (elements := self.subscripts.mapped(subscript, name, turn)) is not None
            ]
            return found[0] if len(found) == 1 else None  # more than one mapping would be a guess
        return Turn(-1, (subscript,)) if subscript in self.subscripts.spelled else None

    def _call(self, call: Call, scope: _Scope) -> Node:
        name, arguments = call.function, call.arguments
        if name in FOLDS:
            return self._fold(name, arguments[0], scope)
        if name == "elmcount":
            elements = (
                self.subscripts.ranges.get(arguments[0].name) if isinstance(arguments[0], Name) else None
            )
            return (
                Const(float(len(elements)))
                if elements
                else self._refuse("ELMCOUNT takes a subscript range", scope)
            )
        if name.startswith("lookup"):
            return self._lookup(name, arguments, scope)
        if name == "pi":
            return Const(float(np.pi))
        group = FUNCTIONS[name].group
        if name == "integ":
            return self._stock(
                "stock", self._node(arguments[0], scope), self._node(arguments[1], scope), scope
            )
        if group == "dynamic":
            return self._dynamic(name, arguments, scope)
        if group == "memory":
            return self._memory(name, arguments, scope)
        nodes = tuple(self._node(a, scope) for a in arguments)
        if name == "initial":
            return self._held("initial value", nodes[0], scope)
        if name in {"pulse", "pulse train", "xmile pulse", "xmile pulse train"}:
            nodes = (*nodes, self._name(Name("time step"), scope))
        return Op(name, nodes)

    def _fold(self, function: str, body: Expression, scope: _Scope) -> Node:
        bound = list(dict.fromkeys(_bound(body)))
        if not bound:
            return self._refuse(
                f"{function.upper()} has no subscript marked !", scope, "mark what to run over: x[Region!]"
            )
        turns, loops = dict(scope.turns), []
        for marked in bound:
            elements = self.subscripts.ranges.get(marked.rstrip("!"))
            if elements is None:
                ranges = [d.name for d in self.model.dimensions]
                return self._refuse(
                    f"there is no subscript range '{marked[:-1]}'", scope, suggestion(marked[:-1], ranges)
                )
            loops.append(self._loop(len(elements)))
            turns[marked] = Turn(loops[-1].id, elements)
        inner = _Scope(scope.variable, scope.equation, turns, (*scope.loops, *loops), scope.made)
        node = self._node(body, inner)
        scope.made = inner.made
        return Fold(function, tuple(loops), node)

    def _lookup(self, function: str, arguments: Sequence[Expression], scope: _Scope) -> Node:
        table, argument = arguments[0], self._node(arguments[1], scope)
        beyond = {
            "lookup extrapolate": "extrapolate",
            "lookup forward": "forward",
            "lookup backward": "backward",
        }
        if isinstance(table, Table):
            self.tables.append(TableSet(name=scope.variable.name, shape=(), tables=(table,)))
            return Interpolate(len(self.tables) - 1, (), argument)
        if not isinstance(table, Name):
            return self._refuse(f"{function.upper()} takes a lookup variable first", scope)
        if table.name not in self.table_index:
            if table.name in self.model.variables:
                if self.model.variables[table.name].kind != "lookup":
                    label = self.model.variables[table.name].name
                    return self._refuse(f"'{label}' is used like a lookup but is not one", scope)
                return Const(0.0)
            names = [k for k in FUNCTIONS if k[0].isalpha()] + [
                self.model.variables[k].name for k in self.table_index
            ]
            return self._refuse(
                f"there is no supported function and no lookup named {table.name.upper()}",
                scope,
                suggestion(table.name, names),
            )
        number = self.table_index[table.name]
        variable = self.model.variables[table.name]
        index = self._index(table, self.subscripts.folded_axes(variable), variable.name, scope)
        if index is None:
            return Const(0.0)
        if function in beyond:
            old = self.tables[number]
            number = len(self.tables)
            tables = tuple(Table(t.x, t.y, beyond[function]) for t in old.tables)  # type: ignore[arg-type]
            self.tables.append(TableSet(name=old.name, shape=old.shape, tables=tables))
        return Interpolate(number, index, argument)

    # ----------------------------------------------------------------- hidden stocks and held values

    def _hidden(self, what: str, kind: ArrayKind, scope: _Scope) -> tuple[int, tuple[At, ...]]:
        """Make an array that runs over the loops around the present expression."""
        elements = {t.loop: t.elements for t in scope.turns.values() if t.loop >= 0}
        scope.made += 1
        owner = scope.variable.name
        at = "" if not scope.equation.subscripts else f"[{','.join(scope.equation.subscripts)}]"
        array = self._array(
            f"{what} {scope.made} of {owner}{at}",
            "",
            kind,
            tuple(elements[loop.id] for loop in scope.loops),
            owner,
        )
        return array, tuple(At(loop.id, tuple(range(loop.count))) for loop in scope.loops)

    def _stock(self, what: str, flow: Node, start: Node, scope: _Scope) -> Load:
        level = self._stage(what, scope)
        self._flow(level, flow, start, scope)
        return level

    def _held(self, what: str, value: Node, scope: _Scope) -> Load:
        array, index = self._hidden(what, "held", scope)
        self.initial.append(Assign(target=array, loops=scope.loops, index=index, expression=value))
        return Load(array, index)

    def _named(self, what: str, value: Node, scope: _Scope) -> Node:
        """Give an expression used several times a place of its own; numbers and references need none."""
        if isinstance(value, Const | Load):
            return value
        array, index = self._hidden(what, "auxiliary", scope)
        self.flows.append(Assign(target=array, loops=scope.loops, index=index, expression=value))
        return Load(array, index)

    def _dynamic(self, name: str, arguments: Sequence[Expression], scope: _Scope) -> Node:
        """SMOOTH, DELAY, TREND and FORECAST as the stocks that the Vensim Reference Manual gives for them."""
        source = self._named("input", self._node(arguments[0], scope), scope)
        time = self._named("time", self._node(arguments[1], scope), scope)
        if name in {"smooth", "delay"}:
            order = self._whole(arguments[3], scope)
            start = self._node(arguments[2], scope)
            stage_time = Op("/", (time, Const(float(order))))
            inflow: Node = source
            for stage in range(1, order + 1):
                if name == "smooth":
                    level = self._stage(f"smooth stage {stage}", scope)
                    self._flow(level, Op("/", (Op("-", (inflow, level)), stage_time)), start, scope)
                    inflow = level
                else:
                    level = self._stage(f"delay stage {stage}", scope)
                    outflow = Op("/", (level, stage_time))
                    self._flow(level, Op("-", (inflow, outflow)), Op("*", (start, stage_time)), scope)
                    inflow = outflow
            return inflow
        average = self._stage(f"{name} average", scope)
        difference = Op("-", (source, average))
        if name == "trend":
            initial_trend = self._node(arguments[2], scope)
            start = Op("/", (source, Op("+", (Const(1.0), Op("*", (initial_trend, time))))))
            self._flow(average, Op("/", (difference, time)), start, scope)
            return Op("zidz", (difference, Op("*", (time, Op("abs", (average,))))))
        horizon, initial_trend = (self._node(a, scope) for a in arguments[2:4])
        start = Op("/", (source, Op("+", (Const(1.0), Op("*", (initial_trend, time))))))
        self._flow(average, Op("/", (difference, time)), start, scope)
        trend = Op("zidz", (difference, Op("*", (time, average))))
        return Op("*", (source, Op("+", (Const(1.0), Op("*", (trend, horizon))))))

    def _stage(self, what: str, scope: _Scope) -> Load:
        return Load(*self._hidden(what, "stock", scope))

    def _flow(self, level: Load, flow: Node, start: Node, scope: _Scope) -> None:
        for assigns, node in ((self.flows, flow), (self.initial, start)):
            assigns.append(Assign(target=level.array, loops=scope.loops, index=level.index, expression=node))

    def _whole(self, order: Expression, scope: _Scope) -> int:
        """Find the order of a delay: it decides how many stocks there are, so it must be known now."""
        value: float | None = None
        if isinstance(order, Number):
            value = order.value
        elif isinstance(order, Name) and order.name in self.index and self.index[order.name] in self.values:
            array = self.index[order.name]
            if len(self.values[array]) == 1:
                value = self.values[array][0]
                self.orders[array] = "it is the order of a delay or average"
        if value is None or value != int(value) or value < 1:
            self._refuse(
                "the order of a delay or average must be a whole number, or a constant that is one", scope
            )
            return 1
        return int(value)

    def _memory(self, name: str, arguments: Sequence[Expression], scope: _Scope) -> Node:
        """Make a held value that is renewed after every step; solvers without a fixed step refuse it."""
        first, second, third = (self._node(a, scope) for a in arguments)
        held = self._held("memory", third, scope)
        value = Op("if then else", (first, second, held)) if name == "sample if true" else first
        source, index = self._hidden("present value", "auxiliary", scope)
        self.flows.append(Assign(target=source, loops=scope.loops, index=index, expression=value))
        if name == "sample if true":
            self.memories.append(Memory(held.array, source))
            return Load(source, index)
        delay = self._held("delay time", second, scope)
        self.memories.append(Memory(held.array, source, delay.array))
        return held

    # -------------------------------------------------------------------------------------- order

    def _ordered(self) -> tuple[tuple[Assign, ...], tuple[Assign, ...], tuple[Assign, ...]]:
        auxiliaries = [a for a in self.flows if self.arrays[a.target].kind == "auxiliary"]
        net_flows = [_in_phase(a, 0) for a in self.flows if self.arrays[a.target].kind == "stock"]
        flows, cycles = in_order([_in_phase(a, 0) for a in auxiliaries])
        for cycle in cycles:
            self._cycle(cycle, "")
        starts = [*(_in_phase(a, 1) for a in auxiliaries), *(_in_phase(a, 1) for a in self.initial)]
        initial, cycles = in_order(starts, wanted={a.target for a in self.initial})
        for cycle in cycles:
            self._cycle(cycle, " while initial values are worked out")
        needed, reports = split_needed(flows, net_flows)
        return tuple(initial), (*needed, *net_flows), tuple(reports)

    def _cycle(self, cycle: Sequence[int], when: str) -> None:
        names = [self.arrays[a].owner or self.arrays[a].name for a in cycle]
        names = [n for i, n in enumerate(names) if i == 0 or n != names[i - 1]] or names
        if names[0] != names[-1] or len(names) == 1:
            names.append(names[0])
        first = self.model.variables.get(fold(names[0]))
        where = self.model.where(first) if first else self.model.source
        fix = (
            "put a stock (INTEG, SMOOTH, DELAY) into the loop"
            if not when
            else "use ACTIVE INITIAL in one of them"
        )
        self._problem(f"these equations form a loop without a stock{when}: {' -> '.join(names)}", where, fix)


def _bound(expression: Expression) -> Iterator[str]:
    """List the subscripts marked ``!`` in an expression, those of sums inside it left out."""
    if isinstance(expression, Name):
        yield from (s for s in expression.subscripts if s.endswith("!"))
    elif isinstance(expression, Call) and expression.function not in FOLDS:
        for argument in expression.arguments:
            yield from _bound(argument)


def _in_phase(assign: Assign, phase: int) -> Assign:
    """Take the running (0) or the starting (1) side of every ACTIVE INITIAL."""

    def choose(node: Node) -> Node:
        return node.arguments[phase] if isinstance(node, Op) and node.name == "active initial" else node

    return Assign(
        target=assign.target,
        loops=assign.loops,
        index=assign.index,
        expression=rebuild(assign.expression, choose),
    )
