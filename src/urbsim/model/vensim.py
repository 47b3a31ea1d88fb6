"""Read a Vensim text model.

PySD's grammars parse each equation; splitting the file, ranges and mappings are done here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pysd.translators.vensim.vensim_element as vensim
from pysd.translators.vensim.vensim_structures import parsing_ops
from pysd.translators.vensim.vensim_utils import Grammar

from urbsim.errors import ModelError, Problem, suggestion
from urbsim.model.equations import Dimension, Method, Model, Variable
from urbsim.model.translate import UNREADABLE, RefusedError, make_equation, tidy, unread
from urbsim.names import fold

# Euler, Runge-Kutta 4 (automatic), difference equations, 2 (automatic and fixed), 4 (fixed).
METHODS: dict[str, Method] = {"0": "euler", "1": "rk4", "2": "euler", "3": "rk2", "4": "rk2", "5": "rk4"}
SKETCH = "\\\\\\---///"
NUMBER = r"[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
POINT = rf"\(\s*{NUMBER}\s*,\s*{NUMBER}\s*\)"
LIMITS = re.compile(rf"\s*{POINT}\s*-\s*{POINT}\s*(?:,\s*{POINT}\s*)*")


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of an `.mdl`: the text of its equation, unit and documentation, and where it starts."""

    equation: str
    unit: str
    doc: str
    line: int
    whole: bool = True  # it has an equation, a unit, a documentation, and an end
    span: tuple[int, int, int] = (0, 0, 0)  # positions in the text: of the equation, of its end, of the end


def read_vensim(text: str, source: str) -> Model:
    """Read the text of a Vensim model; `source` names it in messages."""
    equations, _, sketch = text.partition(SKETCH)
    problems: list[Problem] = []
    dimensions: list[tuple[vensim.SubscriptRange, Block]] = []
    found: dict[str, list[tuple[Block, Any]]] = {}
    for block in blocks(equations):
        where = f"{source}:{block.line}"
        try:
            component = _parse_block(block)
        except RefusedError as refused:
            problems.append(Problem(refused.what, where, refused.fix))
            continue
        except UNREADABLE as error:
            problems.append(_syntax_problem(block, where, error))
            continue
        if isinstance(component, vensim.SubscriptRange):
            dimensions.append((component, block))
        else:
            found.setdefault(fold(component.name), []).append((block, component))
    model_dimensions = _vensim_dimensions(dimensions, source, problems)
    variables: dict[str, Variable] = {}
    for key, parts in found.items():
        made = []
        for block, component in parts:
            try:
                made.append(make_equation(component, block.line))
            except RefusedError as refused:
                where = f"{source}:{block.line}, {component.name}"
                problems.append(Problem(refused.what, where, refused.fix))
            except UNREADABLE as error:
                problems.append(_syntax_problem(block, f"{source}:{block.line}", error))
        if made:
            last = parts[-1]
            variables[key] = Variable(
                name=tidy(parts[0][1].name),
                unit=next((c.units for _, c in reversed(parts) if c.units), ""),
                doc=next((b.doc for b, _ in reversed(parts) if b.doc), ""),
                equations=tuple(made),
                limits=last[1].limits or (None, None),
            )
    if not variables and not problems:
        problems.append(
            Problem("the file holds no equations", source, "expected Vensim equations, each ended by |")
        )
    if problems:
        raise ModelError(problems)
    return Model(
        source=source, dimensions=model_dimensions, variables=variables, method=_vensim_method(sketch)
    )


def vensim_texts(text: str) -> dict[int, str]:
    """Give the text of each equation as the file has it, by the line on which it begins."""
    equations = text.partition(SKETCH)[0]
    return {block.line: equations[block.span[0] : block.span[1]].strip() for block in blocks(equations)}


def blocks(text: str) -> Iterator[Block]:
    """Split the equations of an `.mdl` at every ``|`` outside quotes; headings are left out."""
    line, start, quoted, braces = 1, 0, False, 0
    fields: list[str] = []
    ends: list[int] = []
    first_line = first = 0
    for position, character in enumerate(text):
        if character == "\n":
            line += 1
        if not fields:  # quotes and braces mean something in an equation only
            if character == '"' and not braces and text[position - 1 : position] != "\\":
                quoted = not quoted
            elif quoted:
                continue
            elif character in "{}":
                braces = max(0, braces + (1 if character == "{" else -1))
            elif braces:
                continue
        if not first_line and not character.isspace() and character not in "{}|":
            first_line, first = line, position
        if character in "~|":
            fields.append(text[start:position])
            ends.append(position)
            start = position + 1
        if character == "|":
            yield from _block(fields, first_line, (first, ends[0], start))
            fields, ends, first_line = [], [], 0
    rest = _uncommented(text[start:])
    if rest.strip() or fields:
        yield Block(tidy(fields[0] if fields else rest), "", "", first_line, whole=False)


def _uncommented(text: str) -> str:
    """Take comments in braces out, nested ones too, but leave quoted names alone."""
    parts = re.split(r'("(?:\\"|[^"])*"|[{}])', text)
    kept, depth = [], 0
    for part in parts:
        if part in {"{", "}"}:
            depth = max(0, depth + (1 if part == "{" else -1))
            kept.append(" ")
        elif not depth:
            kept.append(part)
    return "".join(kept)


def _block(fields: Sequence[str], line: int, span: tuple[int, int, int]) -> Iterator[Block]:
    """Give the entry that the fields between two ``|`` make; headings of groups give none."""
    equation = tidy(_uncommented(fields[0]))
    if not equation.startswith("*") and (equation or len(fields) > 1):
        unit, doc = (tidy(fields[1]), tidy(fields[2])) if len(fields) > 2 else ("", "")
        yield Block(equation, unit, doc, line, whole=len(fields) in {3, 4}, span=span)


def _parse_block(block: Block) -> Any:
    """Parse one entry with PySD's grammars, after refusing what must not reach them."""
    if not block.whole:
        raise RefusedError(
            f"the equation '{_short(block.equation)}' is not ended",
            "end each equation with ~ unit ~ documentation |, and the one before it",
        )
    if re.match(r":MACRO:|:END OF MACRO:", block.equation, re.IGNORECASE):
        raise RefusedError("macros (:MACRO:) are not supported", "write the macro's equations out")
    equation = re.sub(r":(and|or|not):", lambda m: m[0].upper(), block.equation, flags=re.IGNORECASE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        component = vensim.Element(_pair_lookup(_unmapped(equation)), block.unit, block.doc).parse()
        if isinstance(component, vensim.Constraint | vensim.TestInput):
            raise RefusedError(
                "reality checks are not supported", "leave :THE CONDITION: and :TEST INPUT: out"
            )
        if isinstance(component, vensim.Data):
            raise RefusedError(
                f"'{component.name}' is a data variable, which is not supported",
                "write it as a lookup of Time, e.g. x = table(Time)",
            )
        if isinstance(component, vensim.SubscriptRange):
            if isinstance(component.definition, dict):
                raise RefusedError(
                    "subscripts read from a spreadsheet are not supported", "list the elements in the file"
                )
            return component
        if isinstance(component, vensim.Lookup):
            tree = Grammar.get("lookups").parse(component.expression)
            component.ast = _Lookups(tree).translation
        else:
            tree = Grammar.get("components", parsing_ops).parse(component.expression)
            component.ast = _Expressions(tree).translation
    return component


class _Numeric:
    """PySD's visitors evaluate the limits of a lookup as Python: here nothing but numbers gets that far."""

    unwrapped_exceptions = (RefusedError,)

    def refuse_text(self, limits: str) -> None:
        inside = limits.strip().lstrip("[").rstrip(", ").rstrip("]")
        if not LIMITS.fullmatch(inside):
            raise RefusedError(
                f"the limits of a lookup are '[{_short(inside)}]'",
                "expected numbers: [(xmin,ymin)-(xmax,ymax)]",
            )


class _Lookups(_Numeric, vensim.LookupsVisitor):  # type: ignore[misc]
    def visit_limits(self, node: Any, _: Any) -> str:
        self.refuse_text(node.text)
        return "((0,0),(0,0))"  # limits are for drawing only


class _Expressions(_Numeric, vensim.EquationVisitor):  # type: ignore[misc]
    def visit_limits(self, node: Any, _: Any) -> Any:
        self.refuse_text(node.text)
        return self.add_element("((0,0),(0,0))")

    def visit_neg_expr(self, _: Any, parts: Any) -> Any:
        """Keep the sign apart from a literal, so that -2^2 is not taken for (-2)^2."""
        if parts[0] == "-":
            self.negatives.add(parts[2])
        return parts[2]


def _arrow(equation: str) -> int | None:
    """Find the ``->`` of a subscript range with mappings, outside quotes."""
    plain = re.sub(r'"[^"]*"', lambda quoted: "x" * len(quoted[0]), equation)
    match = re.match(r"[^=:<]*:[^=:]*?->", plain)
    return match.end() - 2 if match else None


def _unmapped(equation: str) -> str:
    """Leave the mappings of a subscript range out: PySD would take their elements for the range's own."""
    return equation[: _arrow(equation)]


def _pair_lookup(equation: str) -> str:
    """Write a lookup as two or more pairs: PySD reads neither ``table(x1,x2,y1,y2)`` nor a single pair."""
    if single := re.fullmatch(
        rf"(?P<head>[^=]+?\(\s*(?:\[[^\]]*\]\s*,?)?\s*)\(\s*({NUMBER})\s*,\s*({NUMBER})\s*\)\s*\)", equation
    ):
        head, x, y = single["head"], single[2].replace(" ", ""), single[3]
        return f"{head}({x},{y}),({float(x) + 1},{y}))"
    numbers = rf"\s*{NUMBER}\s*(?:,\s*{NUMBER}\s*)+"
    match = re.fullmatch(rf"(?P<head>(?:\"[^\"]*\"|[^\"(=])+)\((?P<numbers>{numbers})\)\s*", equation)
    if not match:
        return equation
    values = [value.strip() for value in match["numbers"].split(",")]
    if len(values) % 2:
        raise RefusedError(
            "an odd number of numbers in a lookup", "expected all x values, then as many y values"
        )
    half = len(values) // 2
    pairs = ",".join(f"({x},{y})" for x, y in zip(values[:half], values[half:], strict=True))
    return f"{match['head']}({pairs})"


def _syntax_problem(block: Block, where: str, error: Exception) -> Problem:
    name = re.split(r"[=\[(:]", block.equation, maxsplit=1)[0].strip()
    where = f"{where}, {name}" if name else where
    if isinstance(error, RecursionError):
        return Problem("this equation is nested too deeply", where, "give parts of it names of their own")
    what = f"this equation cannot be read{unread(error)}: {_short(block.equation)}"
    return Problem(
        what, where, "check brackets, commas and operators, and that the entry before it ends with |"
    )


def _short(text: str, length: int = 70) -> str:
    return text if len(text) <= length else text[:length] + " …"


def _vensim_dimensions(
    ranges: Sequence[tuple[vensim.SubscriptRange, Block]], source: str, problems: list[Problem]
) -> tuple[Dimension, ...]:
    """Resolve ranges made of other ranges, copies (``<->``) and mappings."""
    written: dict[str, vensim.SubscriptRange] = {}
    for subscript_range, block in ranges:
        if fold(subscript_range.name) in written:
            problems.append(Problem("is defined twice", f"{source}:{block.line}, {subscript_range.name}"))
        written[fold(subscript_range.name)] = subscript_range
    elements: dict[str, tuple[str, ...]] = {}

    def expand(key: str, trail: tuple[str, ...], where: str) -> tuple[str, ...]:
        if key in trail:
            problems.append(Problem(f"the subscript range '{key}' contains itself", where))
            return ()
        if key not in elements:
            definition = written[key].definition
            parts = [definition] if isinstance(definition, str) else definition
            out: list[str] = []
            for part in parts:
                folded = fold(part)
                inner = expand(folded, (*trail, key), where) if folded in written else (tidy(part),)
                out.extend(e for e in inner if e not in out)
            elements[key] = tuple(out)
        return elements[key]

    for subscript_range, block in ranges:
        expand(fold(subscript_range.name), (), f"{source}:{block.line}")
    dimensions = []
    for subscript_range, block in ranges:
        where = f"{source}:{block.line}, {subscript_range.name}"
        own = elements[fold(subscript_range.name)]
        mappings = {}
        for target, listed in _mappings(block.equation):
            key = fold(target)
            if key not in elements:
                problems.append(
                    Problem(
                        f"maps to '{target}', which is not a subscript range",
                        where,
                        suggestion(target, list(written)),
                    )
                )
                continue
            items = [tuple(elements.get(fold(i), (tidy(i),))) for i in listed] or [
                (e,) for e in elements[key]
            ]
            if len(items) != len(own):
                problems.append(
                    Problem(
                        f"has {len(own)} elements but maps to {len(items)} of '{target}'",
                        where,
                        "match one to one",
                    )
                )
                continue
            mappings[key] = tuple((e, there) for e, group in zip(own, items, strict=True) for there in group)
        if isinstance(subscript_range.definition, str):  # a copy: A <-> B
            mappings[fold(subscript_range.definition)] = tuple((e, e) for e in own)
        dimensions.append(Dimension(name=tidy(subscript_range.name), elements=own, mappings=mappings))
    return tuple(dimensions)


def _mappings(equation: str) -> Iterator[tuple[str, list[str]]]:
    """Find the targets after ``->``, each with its listed elements; PySD keeps the names alone."""
    arrow = _arrow(equation)
    if arrow is None:
        return
    name = r'(?:"[^"]*"|[^"(),:])+'
    for match in re.finditer(rf"\(({name}):((?:{name}|,)*)\)|({name})", equation[arrow + 2 :]):
        if match[3] is None:
            yield match[1].strip(), [item.strip() for item in re.findall(name, match[2])]
        elif match[3].strip():
            yield match[3].strip(), []


def _vensim_method(sketch: str) -> Method:
    """Find the declared method: the fourth number of the settings line ``15:``."""
    match = re.search(r"^15:\s*\d+,\d+,\d+,(\d+)", sketch, re.MULTILINE)
    return METHODS.get(match[1], "euler") if match else "euler"
