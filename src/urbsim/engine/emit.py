"""Write LLVM IR for a lowered model, with the runs of an ensemble as SIMD lanes.

Runs go in groups of `width`. Within a group the values of one element lie next to each other, so one vector
load takes the same element of all its runs, and every address is known when the code is written. What is the
same in every run (numbers) stays a scalar until it meets a vector; every run has a time of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llvmlite import ir

from urbsim.engine.layout import CLOCKS, Layout, lay_out
from urbsim.engine.nests import Element, Nest, element, nest_all, nest_flows
from urbsim.engine.stages import F64, I64, POINTER, counted, emit_attempt
from urbsim.engine.tableau import Tableau
from urbsim.model.equations import Table
from urbsim.model.program import (
    At,
    Const,
    Fold,
    Interpolate,
    Load,
    Node,
    Op,
    Program,
    children,
    loops_of,
)

I32 = ir.IntType(32)
SMALL = 1e-6  # Vensim's zero, in ZIDZ, XIDZ and QUANTUM
INTRINSICS = {
    "exp": "exp",
    "ln": "log",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "abs": "fabs",
    "integer": "trunc",
    "floor": "floor",
}
LIBRARY = {
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
}
# Functions that the C library has for vectors, by the name that its vector ABI gives the width.
IN_LIBRARY = {"exp", "log", "pow", "sin", "cos"}
VECTOR_ABI = {4: "d", 8: "e"}
COMPARISONS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
START = {"sum": 0.0, "prod": 1.0, "vmin": float("inf"), "vmax": float("-inf")}
FOLDING = {"sum": "+", "prod": "*", "vmin": "min", "vmax": "max"}
TIME, CLOCK, SWITCH = range(CLOCKS)  # rows of the times that every function is given


def emit_flows(program: Program, width: int, tableau: Tableau, vector_library: int = 0) -> str:
    """Write ``flows``, which works out net flows and nothing else, and a step of a solver made of it.

    See `emit_reports` for the arguments; the outputs are scratch, as `nest_flows` lays it out, which the
    groups share. ``attempt`` is that of `stages`.
    """
    nests, layout = nest_flows(program)
    module, tables = _module(program)
    group = _group(module, "flows", program, layout, width, tables, vector_library, nests)
    _over_groups(module, "flows", group, layout, width, shared=True)
    emit_attempt(module, group, tableau, layout.states, layout.inputs, width)
    return str(module)


def emit_reports(program: Program, width: int, vector_library: int = 0) -> str:
    """Write ``initial`` and ``observe`` for `width` runs at a time.

    Each is ``void(double* times, double* states, double* inputs, double* rates, double* outputs, i64
    groups)``: `groups` groups of `width` runs, each group's values one after another; element k of run r of a
    group lies at ``k * width + r``. `times` has three rows: the present time, the clock and the switch time.
    ``observe`` works out every auxiliary and every net flow.

    `vector_library` is how many numbers the C library's vector functions take at once; 0, it has none.
    """
    layout = lay_out(program)
    module, tables = _module(program)
    parts = {"initial": program.initial, "observe": (*program.flows, *program.reports)}
    for name, assigns in parts.items():
        group = _group(module, name, program, layout, width, tables, vector_library, nest_all(assigns))
        _over_groups(module, name, group, layout, width)
    return str(module)


def _module(program: Program) -> tuple[ir.Module, list[_TableGlobals]]:
    module = ir.Module(name="urbsim")
    return module, [_TableGlobals(module, f"table{i}", t.tables) for i, t in enumerate(program.tables)]


def _group(
    module: ir.Module,
    name: str,
    program: Program,
    layout: Layout,
    width: int,
    tables: Sequence[_TableGlobals],
    vector_library: int,
    nests: Sequence[Nest],
) -> ir.Function:
    """Write the function of one group of runs."""
    body = _Body(module, f"{name}_group", program, layout, width, tables, vector_library)
    for nest in nests:
        body.nest(nest, rates=name != "initial")
    body.builder.ret_void()
    return body.function


def _over_groups(
    module: ir.Module, name: str, group: ir.Function, layout: Layout, width: int, *, shared: bool = False
) -> None:
    """Run the function of a group over all groups of runs."""
    kind = ir.FunctionType(ir.VoidType(), [*[POINTER] * 5, I64])
    function = ir.Function(module, kind, name)
    *pointers, groups = function.args
    rows = (CLOCKS, layout.states, layout.inputs, layout.states, 0 if shared else layout.outputs)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    with counted(builder, groups) as turn:
        places = [builder.mul(turn, I64(count * width)) for count in rows]
        builder.call(group, [builder.gep(p, [at]) for p, at in zip(pointers, places, strict=True)])
    builder.ret_void()


@dataclass(frozen=True, slots=True)
class _Value:
    """An emitted value: a truth or a number, the same for all runs (a scalar) or one per run."""

    code: ir.Value
    truth: bool = False
    uniform: bool = False


class _TableGlobals:
    """The points of a lookup's tables as constant arrays, with the first point and count of each table."""

    def __init__(self, module: ir.Module, name: str, tables: Sequence[Table]) -> None:
        self.tables = tables
        self.firsts = [sum(len(t.x) for t in tables[:k]) for k in range(len(tables))]
        self.x = _constant_array(module, f"{name}x", F64, [v for t in tables for v in t.x])
        self.y = _constant_array(module, f"{name}y", F64, [v for t in tables for v in t.y])
        self.first = _constant_array(module, f"{name}first", I64, self.firsts)
        self.count = _constant_array(module, f"{name}count", I64, [len(t.x) for t in tables])


def _constant_array(
    module: ir.Module, name: str, kind: ir.Type, values: Sequence[float]
) -> ir.GlobalVariable:
    array = ir.ArrayType(kind, len(values))
    variable = ir.GlobalVariable(module, array, name)
    variable.global_constant = True
    variable.linkage = "private"
    variable.initializer = ir.Constant(array, [kind(v) for v in values])
    return variable


class _Body:
    """The code of one block of runs: assignments one after another, loops over subscripts as loops."""

    def __init__(
        self,
        module: ir.Module,
        name: str,
        program: Program,
        layout: Layout,
        width: int,
        tables: Sequence[_TableGlobals],
        vector_library: int,
    ) -> None:
        self.module, self.program, self.layout, self.width = module, program, layout, width
        self.tables, self.vector_library = tables, vector_library
        self.vector: ir.Type = F64 if width == 1 else ir.VectorType(F64, width)
        kind = ir.FunctionType(ir.VoidType(), [POINTER] * 5)
        self.function = ir.Function(module, kind, name)
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        for argument in self.function.args:
            argument.add_attribute("noalias")
        self.entry = self.function.append_basic_block("entry")
        self.builder = ir.IRBuilder(self.function.append_basic_block("start"))
        pointers = self.function.args
        before = ir.IRBuilder(self.entry)
        if width > 1:
            pointers = [before.bitcast(pointer, self.vector.as_pointer()) for pointer in pointers]
        self.times, states, inputs, self.rates, outputs = pointers
        self.pointers = {"states": states, "inputs": inputs, "outputs": outputs}
        before.branch(self.builder.block)
        self.turns: dict[int, ir.Value] = {}
        self.hoisted: dict[int, _Value] = {}  # by identity of the node, while one nest is emitted
        self.at_hand: dict[Element, _Value] = {}  # what has been loaded or worked out in this turn
        self.nesting: list[int] | None = None  # loops around the equation that is being emitted
        self.folding = 0  # how deep inside loops of sums, whose blocks do not reach what follows
        self.positions: dict[tuple[int, ...], ir.GlobalVariable] = {}

    # ------------------------------------------------------------------------------ statements

    def nest(self, nest: Nest, *, rates: bool) -> None:
        """Emit the loops of a nest; with `rates` a stock's target is its net flow."""
        self.hoisted.clear()
        self._loops(nest, 0, rates)

    def _loops(self, nest: Nest, depth: int, rates: bool) -> None:
        loops = nest.assigns[0].loops
        if depth < len(loops):
            for assign in nest.assigns:
                self._hoist(assign.expression, {inner.id for inner in assign.loops[depth:]})
            with counted(self.builder, I64(loops[depth].count)) as turn:
                for assign in nest.assigns:
                    self.turns[assign.loops[depth].id] = turn
                self._loops(nest, depth + 1, rates)
            return
        self.at_hand.clear()
        for assign in nest.assigns:
            self.nesting = [loop.id for loop in assign.loops]
            value = self._number(self.value(assign.expression))
            made = element(assign, self.nesting)
            if made is not None:
                self.at_hand[made] = value
            if assign.target in nest.kept:
                storage, _ = self.layout.place[assign.target]
                pointer = self.rates if storage == "states" and rates else self.pointers[storage]
                if pointer is self.rates and made is not None:
                    del self.at_hand[made]  # a net flow is not its stock
                address = self._address(pointer, assign.target, assign.index)
                self.builder.store(self._spread(value), address, align=8)
        self.nesting = None

    def _address(self, pointer: ir.Value, array: int, index: Sequence[At]) -> ir.Value:
        _, first = self.layout.place[array]
        return self.builder.gep(pointer, [self._flat(self.program.arrays[array].shape, index, first)])

    def _flat(self, shape: Sequence[int], index: Sequence[At], first: int) -> ir.Value:
        """Give the row of an element: the fixed part is worked out here, the looping part by the code."""
        fixed, moving, step = first, None, 1
        for size, at in zip(reversed(shape), reversed(index), strict=True):
            if at.loop < 0:
                fixed += step * at.positions[0]
            else:
                offset, position = self._position(at)
                fixed += step * offset
                part = self.builder.mul(position, I64(step)) if step > 1 else position
                moving = part if moving is None else self.builder.add(moving, part)
            step *= size
        return I64(fixed) if moving is None else self.builder.add(moving, I64(fixed))

    def _position(self, at: At) -> tuple[int, ir.Value]:
        """Give the position at a loop's turn: a fixed offset, and the turn or a table of positions."""
        turn = self.turns[at.loop]
        offset = at.positions[0]
        if at.positions == tuple(range(offset, offset + len(at.positions))):
            return offset, turn
        if at.positions not in self.positions:
            name = f"{self.function.name}_positions{len(self.positions)}"
            self.positions[at.positions] = _constant_array(self.module, name, I64, at.positions)
        return 0, self._element(self.positions[at.positions], turn)

    def _element(self, array: ir.GlobalVariable, index: ir.Value) -> ir.Value:
        return self.builder.load(self.builder.gep(array, [I64(0), index], inbounds=True))

    # ----------------------------------------------------------------------------- expressions

    def _hoist(self, node: Node, inner: set[int]) -> None:
        """Emit what does not change in the loops about to begin, so that they need not repeat it."""
        if id(node) in self.hoisted or isinstance(node, Const | Load):
            return
        if not loops_of(node) & inner:
            self.hoisted[id(node)] = self.value(node)
            return
        if isinstance(node, Fold):
            inner = inner | {loop.id for loop in node.loops}
        for child in children(node):
            self._hoist(child, inner)

    def value(self, node: Node) -> _Value:
        """Emit an expression."""
        if id(node) in self.hoisted:
            return self.hoisted[id(node)]
        match node:
            case Const():
                return _Value(F64(node.value), uniform=True)
            case Load():
                return self._load(node)
            case Fold():
                return self._fold(node)
            case Interpolate():
                return self._interpolate(node)
            case Op():
                return self._op(node)

    def _load(self, load: Load) -> _Value:
        """Emit a load, unless the value is at hand from earlier in this turn."""
        wanted = None if self.nesting is None else element(load, self.nesting)
        if wanted is not None and wanted in self.at_hand:
            return self.at_hand[wanted]
        storage, _ = self.layout.place[load.array]
        address = self._address(self.pointers[storage], load.array, load.index)
        value = _Value(self.builder.load(address, align=8))
        if wanted is not None and not self.folding:
            self.at_hand[wanted] = value
        return value

    def _op(self, op: Op) -> _Value:
        name = op.name
        if name in {"time", "clock", "switch"}:
            return self._clock({"time": TIME, "clock": CLOCK, "switch": SWITCH}[name])
        values = [self.value(a) for a in op.arguments]
        if name in {"and", "or"}:
            a, b = self._alike([self._truth(v) for v in values])
            return _Value(
                (self.builder.and_ if name == "and" else self.builder.or_)(a.code, b.code), True, a.uniform
            )
        if name == "not":
            truth = self._truth(values[0])
            return _Value(self.builder.not_(truth.code), True, truth.uniform)
        if name == "if then else":
            return self._select(self._truth(values[0]), self._number(values[1]), self._number(values[2]))
        return self._arithmetic(name, [self._number(v) for v in values])

    def _clock(self, row: int) -> _Value:
        return _Value(self.builder.load(self.builder.gep(self.times, [I64(row)]), align=8))

    def _arithmetic(self, name: str, values: Sequence[_Value]) -> _Value:
        """Emit a function of numbers; those that are made of others say so."""
        build = self.builder
        if name in {"clock >", "clock <"}:
            return self._compare(">" if name == "clock >" else "<", self._clock(CLOCK), values[0])
        if name == "instant":
            late = self._arithmetic("clock >", [values[0]])
            soon = self._arithmetic("clock <", [self._arithmetic("+", values)])
            a, b = self._alike([late, soon])
            return _Value(build.and_(a.code, b.code), True, a.uniform)
        if name in COMPARISONS:
            return self._compare(COMPARISONS[name], *values)
        if name in {"min", "max"}:
            a, b = self._alike(values)
            smaller = self._select(self._compare("<" if name == "min" else ">", a, b), a, b)
            missing = _Value(build.fcmp_unordered("uno", a.code, a.code), True, a.uniform)
            return self._select(missing, a, smaller)  # a value that is not a number stays one
        if name in {"zidz", "xidz"}:
            other = values[2] if name == "xidz" else _Value(F64(0.0), uniform=True)
            near = self._compare("<", self._arithmetic("abs", [values[1]]), _Value(F64(SMALL), uniform=True))
            return self._select(near, other, self._arithmetic("/", values[:2]))
        if name == "quantum":
            whole = self._arithmetic("integer", [self._arithmetic("/", values)])
            near = self._compare("<", values[1], _Value(F64(SMALL), uniform=True))
            return self._select(near, values[0], self._arithmetic("*", [values[1], whole]))
        if name == "modulo":
            return self._arithmetic("-", [values[0], self._arithmetic("quantum", values)])
        if name == "log":
            return self._arithmetic("/", [self._arithmetic("ln", [v]) for v in values])
        alike = self._alike(values)
        uniform = alike[0].uniform
        codes = [v.code for v in alike]
        if name in {"+", "-", "*", "/"}:
            operation = {"+": build.fadd, "-": build.fsub, "*": build.fmul, "/": build.fdiv}[name]
            return _Value(operation(*codes), uniform=uniform)
        if name == "negative":
            return _Value(build.fneg(codes[0]), uniform=uniform)
        if name in {"^", "power"}:
            name = "pow"
        called = {**INTRINSICS, **LIBRARY}.get(name, name)
        if called in IN_LIBRARY and self.vector_library and not uniform and self.width > 1:
            return self._by_library(called, codes)
        if name in LIBRARY:
            return self._lanes(alike, self._library(called))
        return _Value(build.call(self._intrinsic(called, codes[0].type), codes), uniform=uniform)

    def _by_library(self, name: str, codes: Sequence[ir.Value]) -> _Value:
        """Call a vector function of the C library on as many lanes at a time as it takes."""
        build, size = self.builder, self.vector_library
        kind = ir.VectorType(F64, size)
        full = f"_ZGV{VECTOR_ABI[size]}N{size}{'v' * len(codes)}_{name}"
        if full not in self.module.globals:
            ir.Function(self.module, ir.FunctionType(kind, [kind] * len(codes)), full)
        function = self.module.globals[full]
        parts: list[ir.Value] = [
            build.call(function, [self._slice(code, first, size) for code in codes])
            for first in range(0, self.width, size)
        ]
        while len(parts) > 1:
            parts = [
                self._shuffle(a, b, range(2 * size)) for a, b in zip(parts[::2], parts[1::2], strict=True)
            ]
            size *= 2
        return _Value(parts[0])

    def _slice(self, code: ir.Value, first: int, size: int) -> ir.Value:
        return code if size == self.width else self._shuffle(code, code, range(first, first + size))

    def _shuffle(self, a: ir.Value, b: ir.Value, lanes: range) -> ir.Value:
        mask = ir.Constant(ir.VectorType(I32, len(lanes)), list(lanes))
        return self.builder.shuffle_vector(a, b, mask)

    def _intrinsic(self, name: str, kind: ir.Type) -> ir.Function:
        suffix = "f64" if kind == F64 else f"v{self.width}f64"
        full = f"llvm.{name}.{suffix}"
        if full not in self.module.globals:
            count = 2 if name == "pow" else 1
            ir.Function(self.module, ir.FunctionType(kind, [kind] * count), full)
        return self.module.globals[full]

    def _library(self, name: str) -> Callable[[ir.Value], ir.Value]:
        if name not in self.module.globals:
            ir.Function(self.module, ir.FunctionType(F64, [F64]), name)
        function = self.module.globals[name]
        return lambda code: self.builder.call(function, [code])

    def _lanes(self, values: Sequence[_Value], call: Callable[..., ir.Value]) -> _Value:
        """Call a scalar function once, or once per run."""
        if values[0].uniform or self.width == 1:
            return _Value(call(*(v.code for v in values)), uniform=values[0].uniform)
        result = ir.Constant(self.vector, ir.Undefined)
        for lane in range(self.width):
            place = I32(lane)
            part = call(*(self.builder.extract_element(v.code, place) for v in values))
            result = self.builder.insert_element(result, part, place)
        return _Value(result)

    def _compare(self, sign: str, a: _Value, b: _Value) -> _Value:
        a, b = self._alike([a, b])
        compare = self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered
        return _Value(compare(sign, a.code, b.code), True, a.uniform)

    def _select(self, truth: _Value, yes: _Value, no: _Value) -> _Value:
        if truth.uniform and not (yes.uniform and no.uniform):
            yes, no = (_Value(self._spread(v)) for v in (yes, no))
            return _Value(self.builder.select(truth.code, yes.code, no.code))
        truth, yes, no = self._alike([truth, yes, no])
        return _Value(self.builder.select(truth.code, yes.code, no.code), uniform=truth.uniform)

    def _truth(self, value: _Value) -> _Value:
        if value.truth:
            return value
        zero = ir.Constant(value.code.type, 0.0 if value.uniform or self.width == 1 else [0.0] * self.width)
        return _Value(self.builder.fcmp_unordered("!=", value.code, zero), True, value.uniform)

    def _number(self, value: _Value) -> _Value:
        if not value.truth:
            return value
        kind = F64 if value.uniform else self.vector
        return _Value(self.builder.uitofp(value.code, kind), uniform=value.uniform)

    def _alike(self, values: Sequence[_Value]) -> list[_Value]:
        """Spread the values that are the same for all runs, unless all of them are."""
        if all(v.uniform for v in values):
            return list(values)
        return [_Value(self._spread(v), v.truth) for v in values]

    def _spread(self, value: _Value) -> ir.Value:
        if not value.uniform or self.width == 1:
            return value.code
        vector = ir.VectorType(value.code.type, self.width)
        if isinstance(value.code, ir.Constant):
            return ir.Constant(vector, [value.code.constant] * self.width)
        single = self.builder.insert_element(ir.Constant(vector, ir.Undefined), value.code, I32(0))
        mask = ir.Constant(ir.VectorType(I32, self.width), [0] * self.width)
        return self.builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), mask)

    def _fold(self, fold: Fold) -> _Value:
        kind = self.vector
        total = ir.IRBuilder(self.entry.instructions[0].parent)
        total.position_before(self.entry.instructions[-1])
        slot = total.alloca(kind)
        start = START[fold.function]
        self.builder.store(ir.Constant(kind, start if self.width == 1 else [start] * self.width), slot)
        self._fold_loops(fold, 0, slot)
        return _Value(self.builder.load(slot))

    def _fold_loops(self, fold: Fold, depth: int, slot: ir.Value) -> None:
        if depth < len(fold.loops):
            loop = fold.loops[depth]
            self._hoist(fold.body, {inner.id for inner in fold.loops[depth:]})
            with counted(self.builder, I64(loop.count)) as turn:
                self.turns[loop.id] = turn
                self.folding += 1
                self._fold_loops(fold, depth + 1, slot)
                self.folding -= 1
            return
        part = _Value(self._spread(self._number(self.value(fold.body))))
        so_far = _Value(self.builder.load(slot))
        self.builder.store(self._arithmetic(FOLDING[fold.function], [so_far, part]).code, slot)

    # --------------------------------------------------------------------------------- lookups

    def _interpolate(self, node: Interpolate) -> _Value:
        tables = self.tables[node.tables]
        shape = self.program.tables[node.tables].shape
        which = self._flat(shape, node.index, 0)
        if isinstance(which, ir.Constant):
            number = int(which.constant)
            first, count = I64(tables.firsts[number]), I64(len(tables.tables[number].x))
        else:
            first, count = self._element(tables.first, which), self._element(tables.count, which)
        x = self.builder.gep(tables.x, [I64(0), first], inbounds=True)
        y = self.builder.gep(tables.y, [I64(0), first], inbounds=True)
        function = self._interpolator(tables.tables[0].beyond)
        argument = self._number(self.value(node.argument))
        return self._lanes([argument], lambda code: self.builder.call(function, [code, x, y, count]))

    def _interpolator(self, beyond: str) -> ir.Function:
        """Give the function that looks up one number: bisection, then a straight line or a held value."""
        name = f"interpolate_{beyond}"
        if name in self.module.globals:
            return self.module.globals[name]
        function = ir.Function(self.module, ir.FunctionType(F64, [F64, POINTER, POINTER, I64]), name)
        function.linkage = "internal"
        at, x, y, count = function.args
        build = ir.IRBuilder(function.append_basic_block("entry"))
        head, body, done = (build.append_basic_block(n) for n in ("head", "body", "done"))
        before = build.block
        build.branch(head)
        # Invariant: x[low] <= at < x[high], as far as the ends of the table allow.
        build.position_at_end(head)
        low, high = build.phi(I64), build.phi(I64)
        low.add_incoming(I64(0), before)
        high.add_incoming(count, before)
        build.cbranch(build.icmp_signed(">", build.sub(high, low), I64(1)), body, done)
        build.position_at_end(body)
        middle = build.lshr(build.add(low, high), I64(1))
        beyond_middle = build.fcmp_ordered(">=", at, build.load(build.gep(x, [middle])))
        low.add_incoming(build.select(beyond_middle, middle, low), body)
        high.add_incoming(build.select(beyond_middle, high, middle), body)
        build.branch(head)
        build.position_at_end(done)
        last = build.sub(count, I64(1))
        if beyond == "backward":
            build.ret(build.load(build.gep(y, [low])))
            return function
        if beyond == "forward":
            exact = build.fcmp_ordered("<=", at, build.load(build.gep(x, [low])))
            following = build.add(low, I64(1))
            following = build.select(build.icmp_signed(">", following, last), last, following)
            build.ret(build.load(build.gep(y, [build.select(exact, low, following)])))
            return function
        # A table of one point has no second: its line then starts and ends there.
        start = build.select(build.icmp_signed("<", low, last), low, build.sub(last, I64(1)))
        start = build.select(build.icmp_signed("<", start, I64(0)), I64(0), start)
        end = build.add(start, I64(1))
        end = build.select(build.icmp_signed(">", end, last), last, end)
        x0, x1 = (build.load(build.gep(x, [i])) for i in (start, end))
        y0, y1 = (build.load(build.gep(y, [i])) for i in (start, end))
        run = build.fsub(x1, x0)
        slope = build.fdiv(build.fsub(y1, y0), run)
        line = build.fadd(y0, build.fmul(slope, build.fsub(at, x0)))
        line = build.select(build.fcmp_ordered("==", run, F64(0.0)), y0, line)
        if beyond == "clamp":
            line = build.select(build.fcmp_ordered("<=", at, build.load(x)), build.load(y), line)
            x_last, y_last = (build.load(build.gep(p, [last])) for p in (x, y))
            line = build.select(build.fcmp_ordered(">=", at, x_last), y_last, line)
        build.ret(line)
        return function
