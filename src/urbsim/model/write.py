"""Write other numbers into the text of a Vensim model, and leave the rest of it as it is.

Only the right-hand sides of constants, the points of lookups and the elements of subscript ranges are
written. Comments outside them, groups, units, documentation, the sketch and the order of the file stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

from urbsim.errors import ModelError, Problem
from urbsim.model.equations import Dimension, Equation, Expression, Model, Number, Numbers, Table, Variable
from urbsim.model.subscripts import Subscripts
from urbsim.model.vensim import SKETCH, Block, blocks
from urbsim.names import fold

WIDTH = 100  # [characters] of a line; Vensim itself breaks lines near 80
PLAIN = re.compile(r"[^\W\d_][\w $']*")  # a name that Vensim reads without quotes
HEAD = re.compile(r'\s*("(?:\\"|[^"])*"|[^=\[(:<~|]+)')
GRID = 2  # dimensions that one list of numbers can have in Vensim


def write_numbers(text: str, model: Model, other: Model) -> str:
    """Give the text of a model with the elements, constants and lookups of another state of it.

    Parameters
    ----------
    text, model
        A Vensim model and what was read from it.
    other
        What `substitute` made of `model`.

    Raises
    ------
    ModelError
        A new element has the name of a variable, which no Vensim file can tell apart.
    """
    equations, mark, sketch = text.partition(SKETCH)
    _refuse_twins(model, other)
    writer = _Writer(other)
    found: dict[str, list[Block]] = {}
    for block in blocks(equations):
        head = HEAD.match(block.equation)
        found.setdefault(fold(head[1]) if head else "", []).append(block)
    edits: list[tuple[int, int, str]] = []
    for dimension in other.dimensions:
        old = model.dimension(dimension.name)
        if old is not None and old.elements != dimension.elements:
            block = found[fold(dimension.name)][0]
            if "<->" not in block.equation:  # a copy follows what it is a copy of
                edits.append((*block.span[:2], writer.dimension(dimension)))
    for key, variable in other.variables.items():
        if variable is not model.variables[key] and not _same(variable, model.variables[key]):
            parts = found[key]
            keeper = next((part for part in reversed(parts) if part.unit), parts[-1])
            edits.extend((part.span[0], part.span[2], "") for part in parts if part is not keeper)
            edits.append((*keeper.span[:2], writer.variable(variable)))
    for start, end, new in sorted(edits, reverse=True):
        after = end if new else end + len(equations[end:]) - len(equations[end:].lstrip())
        equations = equations[:start] + new + equations[after:]
    header = "" if equations.startswith("{UTF-8}") else "{UTF-8}\n"
    return header + equations + mark + sketch


class _Writer:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.subscripts = Subscripts(model)
        self.spelled = {**self.subscripts.spelled, **{fold(d.name): d.name for d in model.dimensions}}

    def dimension(self, dimension: Dimension) -> str:
        elements = _wrap((quoted(e) for e in dimension.elements), ", ")
        mapped = [self.spelled.get(target, target) for target in dimension.mappings]
        arrow = f"\n\t-> {', '.join(map(quoted, mapped))}" if mapped else ""
        return f"{quoted(dimension.name)}:\n\t{elements}{arrow}\n\t"

    def variable(self, variable: Variable) -> str:
        """Write all equations of a variable; unit and documentation follow the last."""
        written = [w for equation in variable.equations for w in self.equation(variable, equation)]
        return "\n\t~~|\n".join(written) + "\n\t"

    def equation(self, variable: Variable, equation: Equation) -> Iterator[str]:
        name, expression = variable.name, equation.expression
        if isinstance(expression, Table):
            points = (f"({_text(x)},{_text(y)})" for x, y in zip(expression.x, expression.y, strict=True))
            yield f"{name}{self.bracket(equation.subscripts)}(\n\t{_wrap(points, ',')})"
            return
        numbers = _numbers(expression)
        axes = self.subscripts.folded_axes(variable)
        outer = max(0, len(axes) - GRID)
        rest = iter(numbers)
        for chosen in product(*axes[:outer]):
            within = axes[outer:]
            head = self.bracket((*chosen, *equation.subscripts[outer:]))
            width = len(within[-1]) if within else 1
            count = len(within[0]) if len(within) == GRID else 1
            rows = [_wrap(map(_text, islice(rest, width)), ", " if count > 1 else ",") for _ in range(count)]
            yield f"{name}{head}=\n\t" + (";\n\t".join(rows) + ";" if count > 1 else rows[0])

    def bracket(self, subscripts: Sequence[str]) -> str:
        names = ",".join(quoted(self.spelled.get(s, s)) for s in subscripts)
        return f"[{names}]" if names else ""


def quoted(name: str) -> str:
    """Give a name as Vensim reads it: in quotes where it holds more than letters, digits and blanks.

    Examples
    --------
    >>> quoted("metro new"), quoted("main-metro")
    ('metro new', '"main-metro"')
    """
    bare = name.strip().strip('"')
    return bare if PLAIN.fullmatch(bare) else f'"{bare}"'


def _refuse_twins(model: Model, other: Model) -> None:
    problems = [
        Problem(f"'{element}' is the name of a region and of a variable", model.where(model.variables[key]))
        for dimension in other.dimensions
        for element in dimension.elements
        if (key := fold(element)) in model.variables
    ]
    if problems:
        raise ModelError(dict.fromkeys(problems))


def _same(one: Variable, other: Variable) -> bool:
    """Tell whether two variables of numbers alone hold the same ones, however they are written."""
    return _content(one) == _content(other)


def _content(variable: Variable) -> dict[tuple[str, ...], object]:
    return {
        e.subscripts: (e.expression.x, e.expression.y)
        if isinstance(e.expression, Table)
        else _numbers(e.expression)
        for e in variable.equations
    }


def _numbers(expression: Expression) -> tuple[float, ...]:
    if isinstance(expression, Number):
        return (expression.value,)
    assert isinstance(expression, Numbers), "only constants and lookups are substituted"  # noqa: S101
    return expression.values


def _text(value: float) -> str:
    """Write a number so that it reads back exactly."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _wrap(parts: Iterable[str], comma: str) -> str:
    """Join parts by commas, in lines of bounded length that are broken after a comma."""
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += part + comma
    return "\n\t".join(lines)[: -len(comma)]
