"""What influences what: the causes of each variable with their signs, and the flows of each stock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from urbsim.model.equations import Call, Expression, Model, Name, Number, Numbers, Table, Variable, walk
from urbsim.names import fold


@dataclass(frozen=True, slots=True)
class Net:
    """The net flow of a stock: flows in and out, and what else its equation reads."""

    inflows: tuple[str, ...]
    outflows: tuple[str, ...]
    account: bool  # it starts at zero and adds up: what it takes in comes out of no other stock


def names_in(expression: Expression, model: Model) -> Iterator[str]:
    """Visit the variables that an expression reads."""
    for part in walk(expression):
        if isinstance(part, Name) and fold(part.name) in model.variables:
            yield fold(part.name)


def causes_of(variable: Variable, model: Model, *, running: bool = False) -> dict[str, int]:
    """List what the equations of a variable read, with polarity.

    The polarity is 1 when more of the cause means more of the variable, -1 when it means less, and 0 when
    the equations do not tell; it takes factors to be positive. With `running`, what is read at the start of
    a run only, such as the initial value of a stock, is left out.
    """
    found: dict[str, set[int]] = {}
    for equation in variable.equations:
        read = _while_running(equation.expression) if running else equation.expression
        for name, sign in _signs(read, 1, model):
            if name in model.variables:
                found.setdefault(name, set()).add(sign)
    return {name: next(iter(signs)) if len(signs) == 1 else 0 for name, signs in found.items()}


def nets_of(model: Model) -> dict[str, Net]:
    """Give the net flow of every stock."""
    return {
        key: _net(variable, model) for key, variable in model.variables.items() if variable.kind == "stock"
    }


def _net(variable: Variable, model: Model) -> Net:
    """Take the net flow of a stock apart: a term is a flow when one variable of it is a quantity per time."""
    step = model.variables.get("time step")
    per_time = f"{_plain(variable.unit)}/{_plain(step.unit if step and step.unit else 'year')}"
    inflows: dict[str, None] = {}
    outflows: dict[str, None] = {}
    starts: set[Expression] = set()
    for equation in variable.equations:
        for part in walk(equation.expression):
            if not (isinstance(part, Call) and part.function == "integ"):
                continue
            starts.add(part.arguments[1])
            for sign, term in _terms(part.arguments[0], 1):
                flow = _flow_of(term, per_time, model)
                if flow is not None:
                    (inflows if sign > 0 else outflows)[flow] = None
    return Net(tuple(inflows), tuple(n for n in outflows if n not in inflows), starts == {Number(0.0)})


def _terms(expression: Expression, sign: int) -> Iterator[tuple[int, Expression]]:
    """Give the signed terms of a sum; the sum over a range of a sum counts as a sum."""
    if isinstance(expression, Call) and expression.function in ("+", "-"):
        left, right = expression.arguments
        yield from _terms(left, sign)
        yield from _terms(right, sign if expression.function == "+" else -sign)
    elif isinstance(expression, Call) and expression.function == "negative":
        yield from _terms(expression.arguments[0], -sign)
    elif isinstance(expression, Call) and expression.function == "sum":
        yield from _terms(expression.arguments[0], sign)
    else:
        yield sign, expression


def _flow_of(term: Expression, per_time: str, model: Model) -> str | None:
    candidates = list(
        dict.fromkeys(
            name for name in names_in(term, model) if model.variables[name].kind not in ("stock", "lookup")
        )
    )
    fitting = [name for name in candidates if _plain(model.variables[name].unit) == per_time]
    if fitting:
        return min(fitting, key=lambda name: model.variables[name].kind == "constant")
    return candidates[0] if isinstance(term, Name) and candidates else None


def _plain(unit: str) -> str:
    return re.sub(r"[\s()]", "", unit).casefold()


# Arguments that are read at the start of a run only.
AT_START = {
    "integ": 1,
    "initial": 0,
    "active initial": 1,
    "smooth": 2,
    "delay": 2,
    "delay fixed": 2,
    "trend": 2,
    "forecast": 3,
    "sample if true": 2,
}


def _while_running(expression: Expression) -> Expression:
    """Put a zero for what is read at the start of a run only."""
    if not isinstance(expression, Call):
        return expression
    left_out = AT_START.get(expression.function)
    parts = (
        Number(0.0) if index == left_out else _while_running(part)
        for index, part in enumerate(expression.arguments)
    )
    return Call(expression.function, tuple(parts))


RISING = {
    "exp",
    "ln",
    "log",
    "sqrt",
    "sum",
    "prod",
    "max",
    "min",
    "vmax",
    "vmin",
    "integer",
    "floor",
    "initial",
    "game",
}


def _signs(expression: Expression, sign: int, model: Model) -> Iterator[tuple[str, int]]:
    """Give each name of an expression with the direction in which it moves the whole; 0 where open."""
    if isinstance(expression, Name):
        yield fold(expression.name), sign
    if not isinstance(expression, Call):
        return
    function, parts = expression.function, expression.arguments
    signs: list[int]
    if function in RISING or function in ("+", "active initial"):
        signs = [sign] * len(parts)
    elif function == "-":
        signs = [sign, -sign]
    elif function == "negative":
        signs = [-sign]
    elif function == "*":
        signs = [sign * _positive(parts[1], model), sign * _positive(parts[0], model)]
    elif function in ("/", "zidz", "xidz"):
        below, above = _positive(parts[1], model), _positive(parts[0], model)
        signs = [sign * below, -sign * above, *([sign] * (len(parts) - 2))]
    elif function in ("^", "power"):
        signs = [sign * _positive(parts[1], model), 0]
    elif function == "if then else":
        signs = [0, sign, sign]
    elif function in ("smooth", "delay", "delay fixed"):
        signs = [sign, 0, sign, 0][: len(parts)]
    elif function == "integ":
        signs = [sign, sign]
    elif function.startswith("lookup"):
        signs = [0, sign * _slope(parts[0], model)]
        if isinstance(parts[0], Name):
            signs[0] = sign
    else:
        signs = [0] * len(parts)
    for part, each in zip(parts, signs, strict=True):
        yield from _signs(part, each, model)


def _positive(expression: Expression, model: Model) -> int:
    """Say the sign of a factor: that of a number, 0 for a difference of two variables, else 1."""
    if isinstance(expression, Number):
        return (expression.value > 0) - (expression.value < 0)
    if isinstance(expression, Name) and fold(expression.name) in model.variables:
        values = [
            value
            for equation in model.variables[fold(expression.name)].equations
            for value in _values(equation.expression)
        ]
        return (
            0
            if any(v < 0 for v in values) and any(v > 0 for v in values)
            else -1
            if min(values, default=1) < 0
            else 1
        )
    if isinstance(expression, Call):
        function, parts = expression.function, expression.arguments
        if function == "-":
            return 1 if isinstance(parts[0], Number) and parts[0].value > 0 else 0
        if function == "negative":
            return -_positive(parts[0], model)
        if function in ("*", "/", "zidz"):
            return _positive(parts[0], model) * _positive(parts[1], model)
        if function == "max" and any(isinstance(part, Number) and part.value >= 0 for part in parts):
            return 1
        if function in ("+", "max", "min", "sum"):
            return 1 if all(_positive(part, model) == 1 for part in parts) else 0
    return 1


def _values(expression: Expression) -> tuple[float, ...]:
    if isinstance(expression, Number):
        return (expression.value,)
    return expression.values if isinstance(expression, Numbers) else ()


def _slope(expression: Expression, model: Model) -> int:
    """Say whether a table rises (1), falls (-1) or does both (0)."""
    if isinstance(expression, Name) and fold(expression.name) in model.variables:
        equations = model.variables[fold(expression.name)].equations
        tables = [e.expression for e in equations if isinstance(e.expression, Table)]
    else:
        tables = [expression] if isinstance(expression, Table) else []
    steps = [b - a for table in tables for a, b in zip(table.y, table.y[1:], strict=False)]
    if steps and all(step >= 0 for step in steps):
        return 1
    return -1 if steps and all(step <= 0 for step in steps) else 0
