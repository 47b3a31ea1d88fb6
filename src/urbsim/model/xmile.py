"""Read an XMILE model, through PySD's reader."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree
from pysd.translators.structures.abstract_model import AbstractElement
from pysd.translators.xmile.xmile_element import EquationVisitor
from pysd.translators.xmile.xmile_file import XmileFile
from pysd.translators.xmile.xmile_structures import parsing_ops
from pysd.translators.xmile.xmile_utils import Grammar

from urbsim.errors import ModelError, Problem
from urbsim.model.equations import Call, Dimension, Equation, Expression, Method, Model, Variable
from urbsim.model.translate import UNREADABLE, RefusedError, make_equation, tidy, unread
from urbsim.names import fold

UNSUPPORTED = ("module", "conveyor", "queue", "oven", "delay_aux", "init_eqn", "leak", "overflow")
METHODS: dict[str, Method] = {"rk2": "rk2", "rk4": "rk4"}


def read_xmile(raw: bytes, path: Path) -> Model:
    """Read the bytes of an XMILE file; `path` is where they come from."""
    source = str(path)
    try:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ModelError(
            Problem(f"this is not well-formed XML: {error.msg}", f"{source}:{error.lineno}")
        ) from error
    if root.getroottree().docinfo.doctype:
        raise ModelError(
            Problem("a document type declaration is not supported", source, "remove <!DOCTYPE …>")
        )
    namespace = root.nsmap.get(None)
    spaces = {"x": namespace} if namespace else {}
    if (
        not namespace
        or not root.xpath("x:model", namespaces=spaces)
        or not root.xpath("x:sim_specs", namespaces=spaces)
    ):
        raise ModelError(
            Problem("this is not an XMILE model", source, "expected <xmile> with <sim_specs> and <model>")
        )
    problems = [
        Problem(f"<{tag}> is not supported", f"{source}:{node.sourceline}", "write the model without it")
        for tag in UNSUPPORTED
        for node in root.xpath(f"//x:variables//x:{tag}", namespaces=spaces)
    ]
    problems += [
        Problem("<macro> is not supported", f"{source}:{node.sourceline}", "write its equations out")
        for node in root.xpath("//x:macro", namespaces=spaces)
    ]
    problems += [
        Problem("a <gf> of one element is not supported", f"{source}:{node.sourceline}", "name it as a <gf>")
        for node in root.xpath("//x:element/x:gf", namespaces=spaces)
    ]
    _prepare(root, spaces)
    variables: dict[str, Variable] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            file = _File(path, root)
            file.parse(parse_all=False)
            section = file.sections[0]
            section.parse(parse_all=False)
        except UNREADABLE as error:
            what = "the file lacks what a model needs: a name for each variable, <start>, <stop> and <dt>"
            raise ModelError([*problems, Problem(f"{what} ({error})", source)]) from error
        for component in section.components:
            node = getattr(component, "node", None)
            line = int(node.sourceline) if node is not None and node.sourceline else 0
            name = tidy(component.name)
            where = f"{source}:{line}, {name}" if line else f"{source}, {name}"
            if fold(name) in variables:
                problems.append(Problem("is defined twice", where, "give each variable one name"))
                continue
            try:
                component._smile_parser = _parse  # noqa: SLF001
                component.parse(section.behaviors)
                variables[fold(name)] = _variable(component.get_abstract_element(), name, line)
            except RefusedError as refused:
                problems.append(Problem(refused.what, where, refused.fix))
            except UNREADABLE as error:
                what = f"this equation cannot be read{unread(error)}"
                problems.append(Problem(what, where, "check brackets, commas and operators"))
    if problems:
        raise ModelError(problems)
    method = str(root.xpath("x:sim_specs", namespaces=spaces)[0].attrib.get("method", "euler")).lower()
    return Model(
        source=source,
        dimensions=tuple(
            Dimension(name=tidy(r.name), elements=tuple(map(tidy, r.definition))) for r in section.subscripts
        ),
        variables=variables,
        method=METHODS.get(method, "euler"),
        implicit_subscripts=True,
    )


def xmile_texts(raw: bytes) -> dict[str, str]:
    """Give the text of each variable's equations as the file has it, by folded name."""
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    found: dict[str, str] = {}
    for node in root.iter("{*}stock", "{*}flow", "{*}aux", "{*}gf"):
        if name := node.get("name"):
            found.setdefault(fold(tidy(name.replace("\\n", " "))), "\n".join(_lines(node)))
    return found


def _lines(node: etree._Element) -> Iterator[str]:
    """Write what a variable has of equations: each part on a line, with its tag unless it stands alone."""
    parts = [
        part for part in node.iterchildren() if etree.QName(part).localname in {"eqn", "inflow", "outflow"}
    ]
    for part in parts:
        text = " ".join((part.text or "").split())
        yield text if len(parts) == 1 else f"{etree.QName(part).localname}: {text}"
    for element in node.iterchildren("{*}element"):
        text = " ".join((element.findtext("{*}eqn") or "").split())
        yield f"[{element.get('subscript', '')}] {text}"
    graphs = [node] if etree.QName(node).localname == "gf" else list(node.iterchildren("{*}gf"))
    for part in (part for graph in graphs for part in graph.iterchildren("{*}xscale", "{*}xpts", "{*}ypts")):
        text = part.text.strip() if part.text else f"{part.get('min')} to {part.get('max')}"
        yield f"{etree.QName(part).localname}: {text}"


def _variable(element: AbstractElement, name: str, line: int) -> Variable:
    return Variable(
        name=name,
        unit=tidy(element.units),
        doc=tidy(element.documentation),
        limits=element.limits,
        equations=tuple(_floored(make_equation(component, line)) for component in element.components),
    )


def _floored(equation: Equation) -> Equation:
    """Take XMILE's INT for the largest whole number not above, where Vensim's goes towards zero."""

    def floored(expression: Expression) -> Expression:
        if not isinstance(expression, Call):
            return expression
        name = "floor" if expression.function == "integer" else expression.function
        return Call(name, tuple(map(floored, expression.arguments)))

    return replace(equation, expression=floored(equation.expression))


def _prepare(root: etree._Element, spaces: dict[str, str]) -> None:
    """Take comments out of equations, and name the elements of dimensions that have only a size."""
    for node in root.xpath("//x:eqn", namespaces=spaces):
        node.text = re.sub(r"\{[^}]*\}", " ", node.text or "")
    for node in root.xpath("//x:dim[@size and not(x:elem)]", namespaces=spaces):
        for number in range(int(node.attrib["size"]) if node.attrib["size"].isdigit() else 0):
            etree.SubElement(node, f"{{{spaces['x']}}}elem", name=str(number + 1))


class _File(XmileFile):  # type: ignore[misc]
    """PySD's reader over a tree that is read already, and checked."""

    def __init__(self, path: Path, root: etree._Element) -> None:
        self.root = root
        super().__init__(path)

    def _get_root(self) -> etree._Element:
        return self.root


class _Expressions(EquationVisitor):  # type: ignore[misc]
    def visit_neg_expr(self, _: Any, parts: Any) -> Any:
        """Keep the sign apart from a literal, so that -2^2 is not taken for (-2)^2."""
        if parts[0] == "-":
            self.negatives.add(parts[2])
        return parts[2]


def _parse(text: str) -> Any:
    return _Expressions(Grammar.get("equations", parsing_ops).parse(text.strip())).translation
