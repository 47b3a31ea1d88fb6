"""Write LLVM IR for a step of RK45 in groups of runs, each run with a time and a step of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

from urbsim.engine.layout import CLOCKS
from urbsim.engine.tableau import WIDE, Tableau, padded

F64, I64 = ir.DoubleType(), ir.IntType(64)
POINTER = F64.as_pointer()
INDICES = I64.as_pointer()


@contextmanager
def counted(builder: ir.IRBuilder, count: ir.Value) -> Iterator[ir.Value]:
    """Run a loop from 0 to `count`, not at all when count is 0."""
    before = builder.block
    head, body, after = (builder.append_basic_block(n) for n in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    turn = builder.phi(I64)
    turn.add_incoming(I64(0), before)
    builder.cbranch(builder.icmp_signed("<", turn, count), body, after)
    builder.position_at_end(body)
    yield turn
    turn.add_incoming(builder.add(turn, I64(1)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)


def emit_attempt(
    module: ir.Module, flows: ir.Function, tableau: Tableau, states: int, inputs: int, width: int
) -> None:
    """Write ``attempt``, which works out a step, and takes it where its error is small.

    ``attempt(times, now, next, trial, slopes, inputs, atol, norms, steps, time, inside, values, rises,
    scratch, rows, rtol, moves, groups, advance)``: from the stocks `now` and their slopes (stage 0), the
    stocks at the end of the step in `next`, the slopes of all stages, and in `norms` for every run the root
    mean square of error / (atol + rtol * max(|now|, |next|)); that is not a number where a slope is not. The
    inputs `rows` follow `values` + `rises` * (time - `inside`). Unless `advance` is 0, the end of the step
    becomes `now`, and its last slopes the first, in runs whose norm is at most 1.

    Everything is (groups, …, width); `trial` and `scratch` (for the auxiliaries) are of one group. Stocks
    take whole vectors of eight, see `padded`.
    """
    vector: ir.Type = F64 if width == 1 else ir.VectorType(F64, width)
    kind = ir.FunctionType(ir.VoidType(), [*[POINTER] * 14, INDICES, F64, I64, I64, I64])
    function = ir.Function(module, kind, "attempt")
    *pointers, rows, rtol, moves, groups, advance = function.args
    names = (
        *("times", "now", "next", "trial", "slopes", "inputs", "atol"),
        *("norms", "steps", "time", "inside", "values", "rises", "scratch"),
    )
    size = padded(states, width)  # numbers that the stocks of a group take
    stages = len(tableau.error)
    spans = {
        "times": CLOCKS * width,
        "now": size,
        "next": size,
        "trial": 0,
        "slopes": stages * size,
        "inputs": inputs * width,
        "atol": states * width,
        "scratch": 0,
    }
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    total = builder.alloca(vector)
    moving = builder.mul(moves, I64(width))
    with counted(builder, groups) as group:
        at = {
            name: builder.gep(
                pointer,
                [builder.mul(group, moving if name in {"values", "rises"} else I64(spans.get(name, width)))],
            )
            for name, pointer in zip(names, pointers, strict=True)
        }
        step, begun, inside = (_load(builder, at[name], vector) for name in ("steps", "time", "inside"))
        for stage, (weights, fraction) in enumerate(
            zip(tableau.weights, tableau.fractions, strict=True), start=1
        ):
            there = at["next"] if stage == stages - 1 else at["trial"]
            _blend(builder, there, at["now"], at["slopes"], weights, step, size)
            time = builder.fadd(begun, builder.fmul(_all(vector, fraction), step))
            _store(builder, time, at["times"])
            since = builder.fsub(time, inside)
            with counted(builder, moves) as move:
                place = [builder.mul(move, I64(width))]
                rise = _load(builder, builder.gep(at["rises"], place), vector)
                base = _load(builder, builder.gep(at["values"], place), vector)
                row = builder.load(builder.gep(rows, [move]))
                target = builder.gep(at["inputs"], [builder.mul(row, I64(width))])
                _store(builder, builder.fadd(base, builder.fmul(rise, since)), target)
            slope = builder.gep(at["slopes"], [I64(stage * size)])
            builder.call(flows, [at["times"], there, at["inputs"], slope, at["scratch"]])
        norm = _misfit(module, builder, at, total, tableau.error, step, rtol, states, size)
        _store(builder, norm, at["norms"])
        with builder.if_then(builder.icmp_signed("!=", advance, I64(0))):
            _advance(builder, at, norm, stages, size)
    builder.ret_void()


def _advance(builder: ir.IRBuilder, at: dict[str, ir.Value], norm: ir.Value, stages: int, size: int) -> None:
    """Take the step in the runs whose error is within bounds."""
    vector = ir.VectorType(F64, WIDE)
    wide = _spread(builder, norm, WIDE) if norm.type == F64 else norm
    taken = builder.fcmp_ordered("<=", wide, _all(vector, 1.0))
    pairs = (
        (at["now"], at["next"]),
        (at["slopes"], builder.gep(at["slopes"], [I64((stages - 1) * size)])),
    )
    with counted(builder, I64(size // WIDE)) as line:
        place = [builder.mul(line, I64(WIDE))]
        for old, new in pairs:
            target = builder.gep(old, place)
            before, after = _load(builder, target, vector), _load(builder, builder.gep(new, place), vector)
            _store(builder, builder.select(taken, after, before), target)


def _blend(
    builder: ir.IRBuilder,
    out: ir.Value,
    base: ir.Value,
    slopes: ir.Value,
    weights: Sequence[float],
    step: ir.Value,
    size: int,
) -> None:
    """Set out = base + step * sum of weights * slopes, eight numbers at a time."""
    vector = ir.VectorType(F64, WIDE)
    wide = _spread(builder, step, WIDE) if step.type == F64 else step
    with counted(builder, I64(size // WIDE)) as line:
        place = [builder.mul(line, I64(WIDE))]
        total = _weighted(builder, builder.gep(slopes, place), weights, vector, size)
        here = _load(builder, builder.gep(base, place), vector)
        _store(builder, builder.fadd(here, builder.fmul(wide, total)), builder.gep(out, place))


def _misfit(
    module: ir.Module,
    builder: ir.IRBuilder,
    at: dict[str, ir.Value],
    slot: ir.Value,
    weights: Sequence[float],
    step: ir.Value,
    rtol: ir.Value,
    states: int,
    size: int,
) -> ir.Value:
    vector = step.type
    width = 1 if vector == F64 else vector.count
    magnitude, root = (_intrinsic(module, name, vector) for name in ("fabs", "sqrt"))
    tolerance = rtol if width == 1 else _spread(builder, rtol, width)
    builder.store(_all(vector, 0.0), slot)
    with counted(builder, I64(states)) as row:
        place = [builder.mul(row, I64(width))]
        error = _weighted(builder, builder.gep(at["slopes"], place), weights, vector, size)
        here, there, least = (
            _load(builder, builder.gep(at[name], place), vector) for name in ("now", "next", "atol")
        )
        a, b = builder.call(magnitude, [here]), builder.call(magnitude, [there])
        larger = builder.select(builder.fcmp_ordered(">", a, b), a, b)
        scale = builder.fadd(least, builder.fmul(tolerance, larger))
        part = builder.fdiv(builder.fmul(step, error), scale)
        builder.store(builder.fadd(builder.load(slot), builder.fmul(part, part)), slot)
    return builder.call(root, [builder.fdiv(builder.load(slot), _all(vector, float(states)))])


def _weighted(
    builder: ir.IRBuilder, slopes: ir.Value, weights: Sequence[float], vector: ir.Type, size: int
) -> ir.Value:
    total = None
    for stage, weight in enumerate(weights):
        if weight == 0:
            continue
        slope = _load(builder, builder.gep(slopes, [I64(stage * size)]), vector)
        part = builder.fmul(slope, _all(vector, weight))
        total = part if total is None else builder.fadd(total, part)
    return total


def _load(builder: ir.IRBuilder, pointer: ir.Value, kind: ir.Type) -> ir.Value:
    return builder.load(pointer if kind == F64 else builder.bitcast(pointer, kind.as_pointer()), align=8)


def _store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value) -> None:
    kind = value.type
    builder.store(value, pointer if kind == F64 else builder.bitcast(pointer, kind.as_pointer()), align=8)


def _spread(builder: ir.IRBuilder, value: ir.Value, width: int) -> ir.Value:
    """Give a vector of a number over and over; for a width of 1, one of `WIDE` all the same."""
    lane, width = ir.IntType(32), max(width, 1)
    vector = ir.VectorType(F64, width if width > 1 else WIDE)
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, lane(0))
    mask = ir.Constant(ir.VectorType(lane, vector.count), [0] * vector.count)
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), mask)


def _all(kind: ir.Type, value: float) -> ir.Constant:
    return ir.Constant(kind, value if kind == F64 else [value] * kind.count)


def _intrinsic(module: ir.Module, name: str, kind: ir.Type) -> ir.Function:
    full = f"llvm.{name}.{'f64' if kind == F64 else f'v{kind.count}f64'}"
    if full not in module.globals:
        ir.Function(module, ir.FunctionType(kind, [kind]), full)
    return module.globals[full]
