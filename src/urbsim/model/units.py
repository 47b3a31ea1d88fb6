"""Check that the units of equations agree. The only door to pint.

Units are names, as in Vensim: ``km2`` and ``m2`` have nothing to do with each other until a constant in
``m2/km2`` joins them. A literal number has no unit, but zero, and a variable that is nothing but numbers,
may have any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from tokenize import TokenError

import pint
from pint.util import UnitsContainer

from urbsim.errors import Problem
from urbsim.model.equations import Call, Equation, Expression, Model, Name, Number, Numbers, Table, Variable
from urbsim.model.functions import FUNCTIONS

PLAIN = {"", "1", "dmnl", "dimensionless", "unitless", "fraction"}
ALIKE = {"+", "-", "min", "max", "modulo"}
COMPARED = {"=", "<>", "<", "<=", ">", ">="}
SAME = {"abs", "integer", "negative", "sum", "vmin", "vmax", "initial", "game"}
TRANSCENDENT = {
    name for name, function in FUNCTIONS.items() if function.group == "algebra" and function.most == 1
} - {*SAME, "sqrt", "pi"}

Unit = UnitsContainer | None  # None may be any unit


def check_units(model: Model) -> tuple[Problem, ...]:
    """List the equations whose units do not agree, and the units that cannot be read."""
    return tuple(_Units(model).problems())


class _DisagreementError(Exception):
    """Two units that should be the same are not."""


@dataclass
class _Units:
    model: Model
    registry: pint.UnitRegistry[float] = field(default_factory=lambda: pint.UnitRegistry(None))
    names: dict[str, str] = field(default_factory=dict)  # unit as written -> name that pint takes
    units: dict[str, Unit] = field(default_factory=dict)  # folded variable name -> unit

    def problems(self) -> Iterator[Problem]:
        for key, variable in self.model.variables.items():
            try:
                self.units[key] = self._parse(variable.unit)
            except (pint.errors.PintError, TokenError, SyntaxError, ValueError, TypeError, AttributeError):
                self.units[key] = None
                fix = "expected names joined by * and /, like person/year or yuan/(year*person)"
                yield Problem(f"the unit '{variable.unit}' cannot be read", self.model.where(variable), fix)
        for variable in self.model.variables.values():
            for equation in variable.equations:
                problem = self._problem(variable, equation)
                if problem is not None:
                    yield problem

    def _parse(self, text: str) -> UnitsContainer:
        """Read a unit; every name in it becomes a unit of its own."""

        def named(match: re.Match[str]) -> str:
            written = " ".join(match[0].split()).casefold()
            if written in PLAIN:
                return "1"
            if written not in self.names:
                self.names[written] = f"u{len(self.names)}"
                self.registry.define(f"{self.names[written]} = [{self.names[written]}]")
            return self.names[written]

        if " ".join(text.split()).casefold() in PLAIN:
            return UnitsContainer()
        written = re.sub(r"[^\W\d][\w%$€¥ .]*", named, text.replace("^", "**"))
        quantity = self.registry.parse_expression(written)
        return (
            UnitsContainer(dict(quantity.unit_items()))
            if isinstance(quantity, pint.Quantity)
            else UnitsContainer()
        )

    def _problem(self, variable: Variable, equation: Equation) -> Problem | None:
        if isinstance(equation.expression, Number | Numbers | Table):
            return None
        own = self.units[next(k for k, v in self.model.variables.items() if v is variable)]
        where = self.model.where(variable, equation)
        try:
            found = self._of(equation.expression, own)
        except _DisagreementError as disagreement:
            return Problem(str(disagreement), where)
        if own is None or found is None or own == found:
            return None
        return Problem(f"the equation is in {self._said(found)}, the variable in {self._said(own)}", where)

    def _said(self, unit: Unit) -> str:
        """Write a unit with the names that the modeller uses."""
        if unit is None:
            return "any unit"
        written = {name: text for text, name in self.names.items()}
        powers = sorted((written[name], float(str(power))) for name, power in unit.items())
        above = [_power(name, power) for name, power in powers if power > 0]
        below = [_power(name, -power) for name, power in powers if power < 0]
        top = "*".join(above) or ("1" if below else "dmnl")
        return f"{top}/({'*'.join(below)})" if len(below) > 1 else "/".join([top, *below])

    def _time(self) -> Unit:
        return self.units.get("time step")

    # ------------------------------------------------------------------------------- expressions

    def _of(self, expression: Expression, own: Unit) -> Unit:
        """Give the unit of an expression; `own` is that of the variable it defines."""
        match expression:
            case Number():
                return None if expression.value == 0 else UnitsContainer()
            case Name():
                if expression.name == "time" and "time" not in self.model.variables:
                    return self._time()
                return self.units.get(expression.name)
            case Call():
                return self._call(expression.function, expression.arguments, own)
            case _:
                return own

    def _call(self, function: str, arguments: tuple[Expression, ...], own: Unit) -> Unit:
        if function.startswith("lookup"):
            self._of(arguments[1], own)
            return self.units.get(arguments[0].name) if isinstance(arguments[0], Name) else own
        if function == "elmcount":
            return UnitsContainer()
        units = [self._of(a, own) for a in arguments]
        time, plain = self._time(), UnitsContainer()
        match function:
            case "*":
                return None if None in units else units[0] * units[1]  # type: ignore[operator]
            case "/" | "zidz":
                return self._ratio(*units[:2])
            case "xidz":
                return self._alike(function, self._ratio(*units[:2]), units[2])
            case "^" | "power":
                return self._raised(units, arguments)
            case "sqrt":
                return None if units[0] is None else units[0] ** 0.5
            case "if then else" | "sample if true":
                return self._alike(function, units[1], units[2])
            case "and" | "or" | "not" | "pi":
                return plain
            case "log":
                self._alike(function, units[0], units[1])
                return plain
            case "quantum":
                return self._alike(function, *units)
            case "integ":
                self._alike("INTEG", self._product(units[0], time), units[1], own)
                return own
            case "smooth" | "delay":
                self._alike(f"the time of {function}", units[1], time)
                return self._alike(function, units[0], units[2])
            case "trend":
                self._alike("the time of trend", units[1], time)
                return self._ratio(plain, time)
            case "forecast":
                self._alike("the times of forecast", units[1], units[2], time)
                return units[0]
            case "delay fixed":
                self._alike("the time of delay fixed", units[1], time)
                return self._alike(function, units[0], units[2])
            case "active initial":
                return self._alike(function, *units)
            case "step":
                self._alike("the time of step", units[1], time)
                return units[0]
            case "ramp":
                self._alike("the times of ramp", *units[1:], time)
                return self._product(units[0], time)
            case "pulse" | "pulse train":
                self._alike(f"the times of {function}", *units, time)
                return plain
            case "xmile pulse" | "xmile pulse train":
                return self._ratio(units[-1], time)
        if function in ALIKE:
            return self._alike(function, *units)
        if function in COMPARED:
            self._alike(function, *units)
            return plain
        if function in TRANSCENDENT:
            self._alike(f"the argument of {function}", units[0], plain)
            return plain
        return units[0] if function in SAME else None

    def _alike(self, what: str, *units: Unit) -> Unit:
        known = [u for u in units if u is not None]
        if any(u != known[0] for u in known):
            said = " and ".join(dict.fromkeys(map(self._said, known)))
            raise _DisagreementError(f"{what} joins {said}")
        return known[0] if known else None

    def _product(self, a: Unit, b: Unit) -> Unit:
        return None if a is None or b is None else a * b

    def _ratio(self, a: Unit, b: Unit) -> Unit:
        return None if a is None or b is None else a / b

    def _raised(self, units: list[Unit], arguments: tuple[Expression, ...]) -> Unit:
        base, exponent = units
        self._alike("an exponent", exponent, UnitsContainer())
        if base is None or not base:
            return base
        if isinstance(arguments[1], Number):
            raised: UnitsContainer = base ** arguments[1].value
            return raised
        raise _DisagreementError(
            f"a power whose exponent is not a number takes a base without unit, not {self._said(base)}"
        )


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}^{power:g}"
