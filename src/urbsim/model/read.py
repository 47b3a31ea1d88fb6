"""Read a model file, whatever its format.

With `vensim`, `xmile` and `translate`, the only door to PySD's parser.
"""

from __future__ import annotations

from pathlib import Path

from urbsim.errors import ModelError, Problem
from urbsim.model.equations import Model
from urbsim.model.vensim import read_vensim
from urbsim.model.xmile import read_xmile


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


def decode(raw: bytes, path: Path) -> str:
    """Decode a text as UTF-8, with or without a byte-order mark, or else as GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise ModelError(Problem("the text is neither UTF-8 nor GB18030", str(path), "save the file as UTF-8"))
