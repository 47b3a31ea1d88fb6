"""Read a Vensim `.mdl` or XMILE file. The only door to PySD's parser."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pysd.translators.structures.abstract_expressions as ae
import pysd.translators.vensim.vensim_element as vensim
from lxml import etree
from parsimonious.exceptions import ParseError, VisitationError
from pysd.translators.structures.abstract_model import AbstractElement
from pysd.translators.xmile.xmile_file import XmileFile

from urbsim.errors import ModelError, Problem, suggestion
from urbsim.model.equations import (
    Call,
    Dimension,
    Equation,
    Expression,
    Extension,
    Model,
    Name,
    Number,
    Numbers,
    Table,
    Variable,
    walk,
)
from urbsim.model.functions import FUNCTIONS, SPELLED
from urbsim.names import fold

SKETCH = "\\\\\\---///"
NUMBER = r"[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
POINT = rf"\(\s*{NUMBER}\s*,\s*{NUMBER}\s*\)"
LIMITS = re.compile(rf"\s*{POINT}\s*-\s*{POINT}\s*(?:,\s*{POINT}\s*)*")
EXTENSIONS: dict[str, Extension] = {
    "interpolate": "clamp",
    "extrapolate": "extrapolate",
    "hold_backward": "backward",
    "hold_forward": "forward",
}
RENAMED = {"xpulse": "xmile pulse", "xpulse train": "xmile pulse train", "xramp": "ramp"}


def read_model(path: str | Path) -> Model:
    """Read a model file.

    Parameters
    ----------
    path
        A Vensim text model (`.mdl`, UTF-8 or GB18030) or an XMILE file (`.xmile`, `.xml`, `.stmx`).

    Raises
    ------
    ModelError
        Every problem found in the file, each with its line.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(Problem("there is no such model file", str(path), "check the path and its spelling"))
    raw = path.read_bytes()
    if not raw.strip():
        raise ModelError(Problem("the model file is empty", str(path), "expected a Vensim .mdl or XMILE text"))
    suffix = path.suffix.lower()
    if suffix == ".mdl":
        return read_vensim(decode(raw, path), str(path))
    if suffix in {".xmile", ".xml", ".stmx"}:
        return _read_xmile(raw, path)
    raise ModelError(
        Problem(f"'{path.suffix}' is not a known kind of model file", str(path), "expected .mdl, .xmile, .xml or .stmx")
    )


def decode(raw: bytes, path: Path) -> str:
    """Decode a text as UTF-8, with or without a byte-order mark, or else as GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise ModelError(Problem("the text is neither UTF-8 nor GB18030", str(path), "save the file as UTF-8"))


# ---------------------------------------------------------------------------------------------- Vensim


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of an `.mdl`: the text of its equation, unit and documentation, and where it starts."""

    equation: str
    unit: str
    doc: str
    line: int


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
        except _Refused as refused:
            problems.append(Problem(refused.what, where, refused.fix))
            continue
        except (ParseError, VisitationError, SyntaxError, ValueError, IndexError, AttributeError, KeyError) as error:
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
            where = f"{source}:{block.line}, {component.name}"
            try:
                expression = _translate(component.ast)
            except _Refused as refused:
                problems.append(Problem(refused.what, where, refused.fix))
                continue
            subscripts, excepted = component.subscripts
            made.append(
                Equation(
                    subscripts=tuple(map(fold, subscripts)),
                    excepted=tuple(tuple(map(fold, group)) for group in excepted),
                    expression=expression,
                    line=block.line,
                )
            )
        if made:
            last = parts[-1]
            variables[key] = Variable(
                name=_tidy(parts[0][1].name),
                unit=next((c.units for _, c in reversed(parts) if c.units), ""),
                doc=next((b.doc for b, _ in reversed(parts) if b.doc), ""),
                equations=tuple(made),
                limits=last[1].limits or (None, None),
            )
    if not variables and not problems:
        problems.append(Problem("the file holds no equations", source, "expected Vensim equations, each ended by |"))
    if problems:
        raise ModelError(problems)
    return Model(source=source, dimensions=model_dimensions, variables=variables, method=_vensim_method(sketch))


def blocks(text: str) -> Iterator[Block]:
    """Split the equations of an `.mdl` at every ``|`` outside quotes; headings between sectors are left out."""
    line, start, quoted, braces = 1, 0, False, 0
    fields: list[str] = []
    first_line = 0
    for position, character in enumerate(text):
        if character == "\n":
            line += 1
        if character == '"' and text[position - 1 : position] != "\\" and not braces and len(fields) < 1:
            quoted = not quoted
        elif quoted:
            continue
        elif character == "{":
            braces += 1
        elif character == "}":
            braces = max(0, braces - 1)
        elif braces:
            continue
        if not first_line and not character.isspace() and character not in "{}|":
            first_line = line
        if character in "~|":
            fields.append(text[start:position])
            start = position + 1
        if character == "|":
            if len(fields) >= 3:
                equation = re.sub(r"\{[^}]*\}", " ", fields[0])
                yield Block(_tidy(equation), _tidy(fields[1]), _tidy(fields[2]), first_line)
            fields, first_line = [], 0
    rest = text[start:].strip()
    if rest and not re.fullmatch(r"\{[^}]*\}", rest) or fields:
        yield Block(_tidy(fields[0] if fields else rest), "", "\0unended", first_line)


def _tidy(text: str) -> str:
    return " ".join(text.replace("\\\n", " ").split())


class _Refused(Exception):
    """A construct that is understood but not supported."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what, fix)
        self.what, self.fix = what, fix


def _parse_block(block: Block) -> Any:
    """Parse one entry with PySD's grammars, after refusing what must not reach them."""
    if block.doc == "\0unended":
        raise _Refused(
            f"the equation '{_short(block.equation)}' is not ended", "end each equation with ~ unit ~ documentation |"
        )
    if re.match(r":MACRO:|:END OF MACRO:", block.equation, re.IGNORECASE):
        raise _Refused("macros (:MACRO:) are not supported", "write the macro's equations out")
    # PySD evaluates the limits of a lookup as Python: let nothing but numbers through.
    for opening in re.finditer(r"\(\s*\[", block.equation):
        inside = block.equation[opening.end() :].partition("]")[0]
        if not LIMITS.fullmatch(inside):
            raise _Refused(
                f"the limits of a lookup are '[{_short(inside)}]'", "expected numbers: [(xmin,ymin)-(xmax,ymax)]"
            )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        component = vensim.Element(_pair_lookup(block.equation), block.unit, block.doc).parse()
        if isinstance(component, vensim.Constraint | vensim.TestInput):
            raise _Refused("reality checks are not supported", "leave :THE CONDITION: and :TEST INPUT: out")
        if isinstance(component, vensim.Data):
            raise _Refused(
                f"'{component.name}' is a data variable, which is not supported",
                "write it as a lookup of Time, e.g. x = table(Time)",
            )
        if isinstance(component, vensim.SubscriptRange):
            if isinstance(component.definition, dict):
                raise _Refused("subscripts read from a spreadsheet are not supported", "list the elements in the file")
            return component
        component.parse()
    return component


def _pair_lookup(equation: str) -> str:
    """Write an old-style lookup ``table(x1,x2,y1,y2)`` as pairs, the only form that PySD's grammar knows."""
    numbers = rf"\s*{NUMBER}\s*(?:,\s*{NUMBER}\s*)+"
    match = re.fullmatch(rf"(?P<head>(?:\"[^\"]*\"|[^\"(=])+)\((?P<numbers>{numbers})\)\s*", equation)
    if not match:
        return equation
    values = [value.strip() for value in match["numbers"].split(",")]
    if len(values) % 2:
        raise _Refused("an odd number of numbers in a lookup", "expected all x values, then as many y values")
    half = len(values) // 2
    pairs = ",".join(f"({x},{y})" for x, y in zip(values[:half], values[half:], strict=True))
    return f"{match['head']}({pairs})"


def _syntax_problem(block: Block, where: str, error: Exception) -> Problem:
    name = re.split(r"[=\[(:]", block.equation, maxsplit=1)[0].strip()
    where = f"{where}, {name}" if name else where
    near = ""
    if isinstance(error, ParseError) and error.text:
        near = str(error.text)[error.pos : error.pos + 30].strip()
    what = f"this equation cannot be read{f', from {near!r} on' if near else ''}: {_short(block.equation)}"
    return Problem(what, where, "check brackets, commas and operators, and that the entry before it ends with |")


def _short(text: str, length: int = 70) -> str:
    return text if len(text) <= length else text[:length] + " …"


def _vensim_dimensions(
    ranges: Sequence[tuple[vensim.SubscriptRange, Block]], source: str, problems: list[Problem]
) -> tuple[Dimension, ...]:
    """Resolve ranges made of other ranges, copies (``<->``) and mappings."""
    written = {fold(r.name): r for r, _ in ranges}
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
                inner = expand(folded, (*trail, key), where) if folded in written else (_tidy(part),)
                out.extend(e for e in inner if e not in out)
            elements[key] = tuple(out)
        return elements[key]

    for key, (_, block) in zip(written, ranges, strict=False):
        expand(key, (), f"{source}:{block.line}")
    dimensions = []
    for subscript_range, block in ranges:
        where = f"{source}:{block.line}, {subscript_range.name}"
        own = elements[fold(subscript_range.name)]
        mappings = {}
        for target, listed in _mappings(block.equation):
            key = fold(target)
            if key not in elements:
                problems.append(
                    Problem(f"maps to '{target}', which is not a subscript range", where, suggestion(target, list(written)))
                )
                continue
            items = [tuple(elements.get(fold(i), (_tidy(i),))) for i in listed] or [(e,) for e in elements[key]]
            if len(items) != len(own):
                problems.append(
                    Problem(f"has {len(own)} elements but maps to {len(items)} of '{target}'", where, "match one to one")
                )
                continue
            mappings[key] = tuple((e, there) for e, group in zip(own, items, strict=True) for there in group)
        if isinstance(subscript_range.definition, str):  # a copy: A <-> B
            mappings[fold(subscript_range.definition)] = tuple((e, e) for e in own)
        dimensions.append(Dimension(name=_tidy(subscript_range.name), elements=own, mappings=mappings))
    return tuple(dimensions)


def _mappings(equation: str) -> Iterator[tuple[str, list[str]]]:
    """Find the targets after ``->``, each with its listed elements; PySD keeps the names alone."""
    _, arrow, text = equation.partition("->")
    if arrow and "<->" not in equation:
        for match in re.finditer(r"\(([^:()]+):([^()]*)\)|([^,()]+)", text):
            if match[3] is None:
                yield match[1].strip(), [item.strip() for item in match[2].split(",")]
            elif match[3].strip():
                yield match[3].strip(), []


def _vensim_method(sketch: str) -> Literal["euler", "rk4"]:
    """Find the declared method: the fourth number of the settings line ``15:``; 1 and 5 are Runge-Kutta of order 4."""
    match = re.search(r"^15:\s*\d+,\d+,\d+,(\d+)", sketch, re.MULTILINE)
    return "rk4" if match and match[1] in {"1", "5"} else "euler"


# ----------------------------------------------------------------------------------------------- XMILE


def _read_xmile(raw: bytes, path: Path) -> Model:
    source = str(path)
    try:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ModelError(Problem(f"this is not well-formed XML: {error.msg}", f"{source}:{error.lineno}")) from error
    if root.getroottree().docinfo.doctype:
        raise ModelError(Problem("a document type declaration is not supported", source, "remove <!DOCTYPE …>"))
    namespace = root.nsmap.get(None)
    spaces = {"x": namespace} if namespace else {}
    if not namespace or not root.xpath("x:model", namespaces=spaces) or not root.xpath("x:sim_specs", namespaces=spaces):
        raise ModelError(Problem("this is not an XMILE model", source, "expected <xmile> with <sim_specs> and <model>"))
    problems: list[Problem] = []
    for tag, what in (("module", "modules"), ("macro", "macros"), ("group", "")):
        for node in root.xpath(f"//x:{tag}", namespaces=spaces) if what else []:
            problems.append(Problem(f"{what} are not supported", f"{source}:{node.sourceline}", "write one flat model"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = XmileFile(path)
        file.parse(parse_all=False)
        section = file.sections[0]
        section.parse(parse_all=False)
        variables: dict[str, Variable] = {}
        for component in section.components:
            node = getattr(component, "node", None)
            line = int(node.sourceline) if node is not None and node.sourceline else 0
            name = _tidy(component.name)
            where = f"{source}:{line}, {name}" if line else f"{source}, {name}"
            try:
                component.parse(section.behaviors)
                variables[fold(name)] = _xmile_variable(component.get_abstract_element(), name, line)
            except _Refused as refused:
                problems.append(Problem(refused.what, where, refused.fix))
            except (ParseError, VisitationError, SyntaxError, ValueError, IndexError, AttributeError, KeyError) as error:
                near = str(error.text)[error.pos : error.pos + 30].strip() if isinstance(error, ParseError) else ""
                what = f"this equation cannot be read{f', from {near!r} on' if near else ''}"
                problems.append(Problem(what, where, "check brackets, commas and operators"))
    if problems:
        raise ModelError(problems)
    method = str(root.xpath("x:sim_specs", namespaces=spaces)[0].attrib.get("method", "euler")).lower()
    return Model(
        source=source,
        dimensions=tuple(
            Dimension(name=_tidy(r.name), elements=tuple(map(_tidy, r.definition))) for r in section.subscripts
        ),
        variables=variables,
        method="rk4" if method == "rk4" else "euler",
    )


def _xmile_variable(element: AbstractElement, name: str, line: int) -> Variable:
    return Variable(
        name=name,
        unit=_tidy(element.units),
        doc=_tidy(element.documentation),
        limits=element.limits,
        equations=tuple(
            Equation(
                subscripts=tuple(map(fold, component.subscripts[0])),
                excepted=tuple(tuple(map(fold, group)) for group in component.subscripts[1]),
                expression=_translate(component.ast),
                line=line,
            )
            for component in element.components
        ),
    )


# ------------------------------------------------------------------------------------------ expressions


def _translate(node: Any) -> Expression:
    """Turn PySD's expression tree into ours, refusing what is not supported."""
    match node:
        case bool() | int() | float() | np.number():
            if np.isnan(node):
                raise _Refused("the missing value :NA: is not supported", "give the variable a value")
            return Number(float(node))
        case np.ndarray():
            return Numbers(tuple(float(v) for v in node.ravel()))
        case ae.ArithmeticStructure():
            return _fold_left(node.operators, [_translate(a) for a in node.arguments])
        case ae.LogicStructure():
            operators = [o.strip(":").lower() for o in node.operators]
            return _logic(operators, [_translate(a) for a in node.arguments])
        case ae.ReferenceStructure():
            return Name(fold(node.reference), _subscripts(node))
        case ae.LookupsStructure():
            return _table(node)
        case ae.InlineLookupsStructure():
            return Call("lookup", (_table(node.lookups), _translate(node.argument)))
        case ae.CallStructure():
            return _call(node)
        case _:
            return _structure(node)


def _subscripts(node: ae.ReferenceStructure) -> tuple[str, ...]:
    if node.subscripts is None:
        return ()
    return tuple(fold(s.rstrip("! ")) + ("!" if s.rstrip().endswith("!") else "") for s in node.subscripts.subscripts)


def _table(node: ae.LookupsStructure) -> Table:
    x, y = tuple(map(float, node.x)), tuple(map(float, node.y))
    if any(b <= a for a, b in zip(x, x[1:], strict=False)):
        raise _Refused("a lookup has the same x twice", "give each x one y")
    return Table(x, y, EXTENSIONS[node.type])


def _fold_left(operators: Sequence[str], arguments: Sequence[Expression]) -> Expression:
    if list(operators) == ["negative"]:
        (argument,) = arguments
        return Number(-argument.value) if isinstance(argument, Number) else Call("negative", (argument,))
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
    arguments = tuple(_translate(a) for a in node.arguments)
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
        expected = str(function.least) if function.least == function.most else f"{function.least} or {function.most}"
        raise _Refused(f"{name.upper()} has {len(arguments)} arguments", f"expected {expected}: {function.meaning}")
    return Call(name, arguments)


def _unsupported(name: str) -> _Refused:
    known = [*FUNCTIONS, *(s for group in SPELLED.values() for s in group)]
    return _Refused(f"the function {name.upper()} is not supported", suggestion(name, [k for k in known if k[0].isalpha()]))


def _order(node: Any) -> Expression:
    return Number(float(node.order)) if isinstance(node.order, int | float) else _translate(node.order)


STRUCTURES: dict[type, Callable[[Any], Expression]] = {
    ae.IntegStructure: lambda n: Call("integ", (_translate(n.flow), _translate(n.initial))),
    ae.SmoothStructure: lambda n: Call(
        "smooth", (_translate(n.input), _translate(n.smooth_time), _translate(n.initial), _order(n))
    ),
    ae.DelayStructure: lambda n: Call(
        "delay", (_translate(n.input), _translate(n.delay_time), _translate(n.initial), _order(n))
    ),
    ae.TrendStructure: lambda n: Call(
        "trend", (_translate(n.input), _translate(n.average_time), _translate(n.initial_trend))
    ),
    ae.ForecastStructure: lambda n: Call(
        "forecast",
        (_translate(n.input), _translate(n.average_time), _translate(n.horizon), _translate(n.initial_trend)),
    ),
    ae.GameStructure: lambda n: _translate(n.expression),
    ae.InitialStructure: lambda n: Call("initial", (_translate(n.initial),)),
    ae.SampleIfTrueStructure: lambda n: Call(
        "sample if true", (_translate(n.condition), _translate(n.input), _translate(n.initial))
    ),
    ae.DelayFixedStructure: lambda n: Call(
        "delay fixed", (_translate(n.input), _translate(n.delay_time), _translate(n.initial))
    ),
}
STRUCTURES[ae.SmoothNStructure] = STRUCTURES[ae.SmoothStructure]
STRUCTURES[ae.DelayNStructure] = STRUCTURES[ae.DelayStructure]


def _structure(node: Any) -> Expression:
    if isinstance(node, ae.IntegStructure) and node.non_negative:
        raise _Refused("a non-negative stock is not supported", "limit its outflow instead, e.g. MIN(outflow, stock / dt)")
    if type(node) in STRUCTURES:
        return STRUCTURES[type(node)](node)
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__.removesuffix("Structure"))
    raise _unsupported(words)


def references(expression: Expression) -> Iterator[Name]:
    """List the variables that an expression names."""
    return (node for node in walk(expression) if isinstance(node, Name))
