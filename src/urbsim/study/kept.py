"""What follows from files alone is worked out once, and kept for the next start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar, cast

from urbsim import __version__
from urbsim.cache import load, store
from urbsim.plain import read_plain, write_plain

T = TypeVar("T")
READERS = ("pysd", "parsimonious", "ruamel.yaml", "cattrs")  # other packages that a result hangs on


def kept(name: str, key: Callable[[], str], kinds: Iterable[type], make: Callable[[], T]) -> T:
    """Give what `make` gives, or what it gave in an earlier run.

    Parameters
    ----------
    name
        What kind of thing it is, in letters.
    key
        Gives a hash of all that the thing follows from (see `key_of`); empty where nothing is to be kept.
    kinds
        The nouns that it is made of, see `plain`.
    make
        Works it out. What it raises is not kept: mistakes are told at every start.
    """
    before = key()
    found = load(name, before) if before else None
    if found is not None:
        try:
            return cast("T", read_plain(found, kinds))
        except ValueError:  # worked out anew
            pass
    made = make()
    if before and key() == before:  # or a file was changed while it was read
        try:
            text = write_plain(made, kinds)
        except RecursionError:  # an equation nested hundreds deep
            return made
        store(name, before, text.encode())
    return made


def key_of(*parts: bytes | str) -> str:
    """Give a hash of parts and of the code, so that an edited checkout never meets what another left."""
    digest = hashlib.sha256(CODE.encode())
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(hashlib.sha256(raw).digest())
    return digest.hexdigest()


def sources() -> tuple[Path, ...]:
    """Give the files of the code that reads files, puts a place into a model and lowers it.

    None where only compiled ones are installed, which nobody edits.
    """
    package = Path(__file__).parents[1]
    parts = ("model/*.py", "study/*.py", "names.py", "plain.py")
    return tuple(sorted(file for part in parts for file in package.glob(part)))


def _code() -> str:
    digest = hashlib.sha256(" ".join((__version__, *map(_version, READERS))).encode())
    for file in sources():
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


# Worked out now, because now is when the code is loaded: a file may be edited while this process goes on.
CODE = _code()
