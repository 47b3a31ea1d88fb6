"""Read a model file, whatever its format.

With `vensim`, `xmile` and `translate`, the only door to PySD's parser.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from urbsim.errors import ModelError, Problem
from urbsim.model.equations import Model, Variable
from urbsim.model.vensim import read_vensim, vensim_texts
from urbsim.model.xmile import read_xmile, xmile_texts
from urbsim.names import fold


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
        raise ModelError(
            Problem("the model file is empty", str(path), "expected a Vensim .mdl or XMILE text")
        )
    suffix = path.suffix.lower()
    if suffix == ".mdl":
        return read_vensim(decode(raw, path), str(path))
    if suffix in {".xmile", ".xml", ".stmx"}:
        return read_xmile(raw, path)
    raise ModelError(
        Problem(
            f"'{path.suffix}' is not a known kind of model file",
            str(path),
            "expected .mdl, .xmile, .xml or .stmx",
        )
    )


def read_equations(path: Path) -> Callable[[Variable], tuple[str, ...]]:
    """Read what a model file has for equations, word for word; gives the texts of a variable."""
    raw = path.read_bytes()
    if path.suffix.lower() == ".mdl":
        by_line = vensim_texts(decode(raw, path))
        return lambda variable: tuple(by_line[e.line] for e in variable.equations if e.line in by_line)
    by_name = xmile_texts(raw)
    return lambda variable: tuple(filter(None, [by_name.get(fold(variable.name), "")]))


def decode(raw: bytes, path: Path) -> str:
    """Decode a text as UTF-8, with or without a byte-order mark, or else as GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise ModelError(Problem("the text is neither UTF-8 nor GB18030", str(path), "save the file as UTF-8"))
