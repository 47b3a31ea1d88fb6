"""The nouns of a model as the modeller wrote it: dimensions, variables, equations, expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from urbsim.names import fold

Kind = Literal["stock", "auxiliary", "constant", "lookup"]
Method = Literal["euler", "rk2", "rk4"]
Extension = Literal["clamp", "extrapolate", "forward", "backward"]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A reference to a variable; `subscripts` are folded, and end in ``!`` where they are bound by a sum."""

    name: str
    subscripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function applied to arguments; `function` is a key of `functions.FUNCTIONS`."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Points of a lookup, x increasing; `beyond` says what holds outside them, or between them."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    beyond: Extension = "clamp"


@dataclass(frozen=True, slots=True)
class Numbers:
    """An array of literal numbers, as in ``rate[Region] = 1, 2, 3``, in row-major order."""

    values: tuple[float, ...]


Expression = Number | Name | Call | Table | Numbers


def walk(expression: Expression) -> Iterator[Expression]:
    """Visit an expression and everything in it, outside first."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A subscript range: its name, its elements, and what it maps to.

    `mappings` holds, for a target dimension (folded), pairs of an element here and an element there.
    """

    name: str
    elements: tuple[str, ...]
    mappings: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One equation of a variable: what it is written for, what is excepted, and its right-hand side."""

    subscripts: tuple[str, ...]
    excepted: tuple[tuple[str, ...], ...]
    expression: Expression
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable as the modeller wrote it: name, unit, documentation, and one or more equations."""

    name: str
    unit: str
    doc: str
    equations: tuple[Equation, ...]
    limits: tuple[float | None, float | None] = (None, None)

    @property
    def line(self) -> int:
        """The line of the first equation; 0 where the format has no lines."""
        return self.equations[0].line

    @property
    def kind(self) -> Kind:
        expressions = [equation.expression for equation in self.equations]
        if all(isinstance(e, Table) for e in expressions):
            return "lookup"
        if all(isinstance(e, Number | Numbers) for e in expressions):
            return "constant"
        if any(isinstance(e, Call) and e.function == "integ" for e in expressions):
            return "stock"
        return "auxiliary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model file as read: dimensions and variables (by folded name), and the method it declares.

    With `implicit_subscripts`, as in XMILE, an arrayed equation may leave out the subscripts of what it
    reads.
    """

    source: str
    dimensions: tuple[Dimension, ...]
    variables: Mapping[str, Variable]
    method: Method = "euler"
    implicit_subscripts: bool = False

    def dimension(self, name: str) -> Dimension | None:
        """Find a dimension by name; None when there is none."""
        key = fold(name)
        return next((d for d in self.dimensions if fold(d.name) == key), None)

    def where(self, variable: Variable, equation: Equation | None = None) -> str:
        """Say where a variable stands: file, line and name."""
        line = (equation or variable).line
        return f"{self.source}:{line}, {variable.name}" if line else f"{self.source}, {variable.name}"
