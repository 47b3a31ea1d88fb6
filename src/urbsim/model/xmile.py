"""Read an XMILE model, through PySD's reader."""

from __future__ import annotations

import warnings
from pathlib import Path

from lxml import etree
from pysd.translators.structures.abstract_model import AbstractElement
from pysd.translators.xmile.xmile_file import XmileFile

from urbsim.errors import ModelError, Problem
from urbsim.model.equations import Dimension, Method, Model, Variable
from urbsim.model.translate import UNREADABLE, RefusedError, make_equation, tidy, unread
from urbsim.names import fold

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
        Problem(f"a {tag} is not supported", f"{source}:{node.sourceline}", "write one flat model")
        for tag in ("module", "macro")
        for node in root.xpath(f"//x:{tag}", namespaces=spaces)
    ]
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
            name = tidy(component.name)
            where = f"{source}:{line}, {name}" if line else f"{source}, {name}"
            try:
                component.parse(section.behaviors)
                variables[fold(name)] = _xmile_variable(component.get_abstract_element(), name, line)
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
    )


def _xmile_variable(element: AbstractElement, name: str, line: int) -> Variable:
    return Variable(
        name=name,
        unit=tidy(element.units),
        doc=tidy(element.documentation),
        limits=element.limits,
        equations=tuple(make_equation(component, line) for component in element.components),
    )
