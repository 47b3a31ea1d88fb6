"""Turn PySD's expression trees into ours, refusing what is not supported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pysd.translators.structures.abstract_expressions as ae
from parsimonious.exceptions import ParseError, VisitationError

from urbsim.errors import suggestion
from urbsim.model.equations import Call, Equation, Expression, Extension, Name, Number, Numbers, Table, walk
from urbsim.model.functions import FUNCTIONS, SPELLED
from urbsim.names import fold

EXTENSIONS: dict[str, Extension] = {
    "interpolate": "clamp",
    "extrapolate": "extrapolate",
    "hold_backward": "backward",
    "hold_forward": "forward",
}
# What PySD's parser raises over an equation that it cannot read.
UNREADABLE = (
    ParseError,
    VisitationError,
    SyntaxError,
    ValueError,
    IndexError,
    AttributeError,
    KeyError,
    TypeError,
    OverflowError,
    RecursionError,
)
RENAMED = {"xpulse": "xmile pulse", "xpulse train": "xmile pulse train", "xramp": "ramp"}


class RefusedError(Exception):
    """A construct that is understood but not supported."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.what, self.fix = what, fix


def tidy(text: str) -> str:
    """Put a text on one line, with single blanks."""
    return " ".join(text.replace("\\\n", " ").split())


def make_equation(component: Any, line: int) -> Equation:
    """Make an equation of a parsed component of PySD's.

    Raises
    ------
    RefusedError
        The equation uses something that is not supported.
    """
    subscripts, excepted = component.subscripts
    return Equation(
        subscripts=tuple(map(fold, subscripts)),
        excepted=tuple(tuple(map(fold, group)) for group in excepted),
        expression=translate(component.ast),
        line=line,
    )


def unread(error: Exception) -> str:
    """Say from where on an equation could not be read, as far as the parser's error tells."""
    if not isinstance(error, ParseError) or not error.text:
        return ""
    rest = str(error.text)[error.pos : error.pos + 30].strip()
    return f", from {rest!r} on" if rest else ""


def translate(node: Any) -> Expression:
    """Turn PySD's expression tree into ours, refusing what is not supported."""
    match node:
        case bool() | int() | float() | np.number():
            if np.isnan(node):
                raise RefusedError("the missing value :NA: is not supported", "give the variable a value")
            return Number(float(node))
        case np.ndarray():
            return Numbers(tuple(float(v) for v in node.ravel()))
        case ae.ArithmeticStructure():
            return _fold_left(node.operators, [translate(a) for a in node.arguments])
        case ae.LogicStructure():
            operators = [o.strip(":").lower() for o in node.operators]
            return _logic(operators, [translate(a) for a in node.arguments])
        case ae.ReferenceStructure():
            return Name(fold(node.reference), _subscripts(node))
        case ae.LookupsStructure():
            return _table(node)
        case ae.InlineLookupsStructure():
            return Call("lookup", (_table(node.lookups), translate(node.argument)))
        case ae.CallStructure():
            return _call(node)
        case _:
            return _structure(node)


def _subscripts(node: ae.ReferenceStructure) -> tuple[str, ...]:
    if node.subscripts is None:
        return ()
    return tuple(
        fold(s.rstrip("! ")) + ("!" if s.rstrip().endswith("!") else "") for s in node.subscripts.subscripts
    )


def _table(node: ae.LookupsStructure) -> Table:
    x, y = tuple(map(float, node.x)), tuple(map(float, node.y))
    if any(b <= a for a, b in pairwise(x)):
        raise RefusedError("a lookup has the same x twice", "give each x one y")
    return Table(x, y, EXTENSIONS[node.type])


def _fold_left(operators: Sequence[str], arguments: Sequence[Expression]) -> Expression:
    if list(operators) == ["negative"]:
        (argument,) = arguments
        return Number(-argument.value) if isinstance(argument, Number) else Call("negative", (argument,))
    if set(operators) == {"^"}:  # a^b^c is a^(b^c)
        result = arguments[-1]
        for argument in reversed(arguments[:-1]):
            result = Call("^", (argument, result))
        return result
    result = arguments[0]
    for operator, argument in zip(operators, arguments[1:], strict=True):
        result = Call(operator, (result, argument))
    return result


def _logic(operators: Sequence[str], arguments: Sequence[Expression]) -> Expression:
    """Read ``a :OR: b :AND: c`` as a or (b and c): and binds tighter."""
    if list(operators) == ["not"]:
        return Call("not", tuple(arguments))
    if "or" in operators and "and" in operators:
        groups: list[list[Expression]] = [[arguments[0]]]
        for operator, argument in zip(operators, arguments[1:], strict=True):
            if operator == "or":
                groups.append([argument])
            else:
                groups[-1].append(argument)
        parts = [_fold_left(["and"] * (len(g) - 1), g) for g in groups]
        return _fold_left(["or"] * (len(parts) - 1), parts)
    return _fold_left(operators, arguments)


def _call(node: ae.CallStructure) -> Expression:
    name = fold(node.function.reference)
    name = RENAMED.get(name, name)
    arguments = tuple(translate(a) for a in node.arguments)
    if name == "pulse train":  # PySD has them as start, interval, width, end
        arguments = tuple(arguments[k] for k in (0, 2, 1, 3))
    if name in {"vmax xmile", "vmin xmile"}:
        return Call(name.removesuffix(" xmile"), arguments)
    if name in {"lookup extrapolate", "lookup forward", "lookup backward"} or name not in FUNCTIONS:
        if name not in FUNCTIONS and len(arguments) == 1:
            # A named lookup, or an unknown function; `lower` tells which, once all variables are known.
            return Call("lookup", (Name(name, _subscripts(node.function)), arguments[0]))
        if name not in FUNCTIONS:
            raise _unsupported(name)
    function = FUNCTIONS[name]
    if not function.least <= len(arguments) <= function.most:
        expected = (
            str(function.least) if function.least == function.most else f"{function.least} or {function.most}"
        )
        raise RefusedError(
            f"{name.upper()} has {len(arguments)} arguments", f"expected {expected}: {function.meaning}"
        )
    return Call(name, arguments)


def _unsupported(name: str) -> RefusedError:
    known = [*FUNCTIONS, *(s for group in SPELLED.values() for s in group)]
    return RefusedError(
        f"the function {name.upper()} is not supported",
        suggestion(name, [k for k in known if k[0].isalpha()]),
    )


def _order(node: Any) -> Expression:
    return Number(float(node.order)) if isinstance(node.order, int | float) else translate(node.order)


STRUCTURES: dict[type, Callable[[Any], Expression]] = {
    ae.IntegStructure: lambda n: Call("integ", (translate(n.flow), translate(n.initial))),
    ae.SmoothStructure: lambda n: Call(
        "smooth", (translate(n.input), translate(n.smooth_time), translate(n.initial), _order(n))
    ),
    ae.DelayStructure: lambda n: Call(
        "delay", (translate(n.input), translate(n.delay_time), translate(n.initial), _order(n))
    ),
    ae.TrendStructure: lambda n: Call(
        "trend", (translate(n.input), translate(n.average_time), translate(n.initial_trend))
    ),
    ae.ForecastStructure: lambda n: Call(
        "forecast",
        (translate(n.input), translate(n.average_time), translate(n.horizon), translate(n.initial_trend)),
    ),
    ae.GameStructure: lambda n: translate(n.expression),
    ae.InitialStructure: lambda n: Call("initial", (translate(n.initial),)),
    ae.SampleIfTrueStructure: lambda n: Call(
        "sample if true", (translate(n.condition), translate(n.input), translate(n.initial))
    ),
    ae.DelayFixedStructure: lambda n: Call(
        "delay fixed", (translate(n.input), translate(n.delay_time), translate(n.initial))
    ),
}
STRUCTURES[ae.SmoothNStructure] = STRUCTURES[ae.SmoothStructure]
STRUCTURES[ae.DelayNStructure] = STRUCTURES[ae.DelayStructure]


def _structure(node: Any) -> Expression:
    if isinstance(node, ae.IntegStructure) and node.non_negative:
        raise RefusedError(
            "a non-negative stock is not supported",
            "limit its outflow instead, e.g. MIN(outflow, stock / dt)",
        )
    if type(node) in STRUCTURES:
        return STRUCTURES[type(node)](node)
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__.removesuffix("Structure"))
    raise _unsupported(words)


def references(expression: Expression) -> Iterator[Name]:
    """List the variables that an expression names."""
    return (node for node in walk(expression) if isinstance(node, Name))
