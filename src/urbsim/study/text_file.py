"""Read a text file as people really write them: UTF-8 with or without a byte-order mark, or GB18030."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from urbsim.errors import InputError, Problem

# What XML 1.0 does not allow; texts pasted from elsewhere have it now and then.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def shown(path: Path) -> str:
    """Give a path as a person would write it here: relative when it lies below the current folder."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def control_character(text: str) -> str:
    """Say which character of a text no picture, page or document can hold; empty when there is none."""
    unseen = _UNSEEN.search(text)
    return f"holds the control character U+{ord(unseen[0]):04X}, which cannot be shown" if unseen else ""


def read_text(path: Path, error: type[InputError] = InputError) -> str:
    """Give the text of a file.

    Raises
    ------
    error
        The file is missing, empty, unreadable, packed, or neither UTF-8 nor GB18030, or holds characters that
        XML cannot, and so no picture, page or document.
    """
    where = shown(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise error(Problem("there is no such file", where, _neighbour(path))) from None
    except OSError as failure:
        raise error(Problem(f"cannot be read: {failure.strerror}", where)) from None
    if content.startswith(b"PK\x03\x04"):
        what = "is an Excel workbook or another packed file, expected text"
        raise error(Problem(what, where, "save it as CSV UTF-8 (另存为 CSV UTF-8)"))
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise error(Problem("the file is empty", where))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as failure:
            line = content.count(b"\n", 0, failure.start) + 1
        else:
            if unseen := _UNSEEN.search(text):
                at = f"{where}:{text.count(chr(10), 0, unseen.start()) + 1}"
                raise error(Problem(control_character(text), at, "delete it"))
            return text
    raise error(Problem("is neither UTF-8 nor GB18030 text", f"{where}:{line}", "save it as UTF-8"))


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {shown(path.parent)} either"
    stems = {other.stem: other.name for other in sorted(path.parent.iterdir())}
    near = get_close_matches(path.stem, [*stems], n=1)
    return f"did you mean '{stems[near[0]]}'?" if near else ""
