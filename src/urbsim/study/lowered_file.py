"""Keep the lowered model of a place, so that the next start need not read the model file again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from urbsim import __version__
from urbsim.cache import load, store
from urbsim.model.program import Program
from urbsim.model.program_file import digest_of, read_program, write_program
from urbsim.study.place import Place
from urbsim.study.text_file import shown

NAME = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """The lowered model with the numbers of a place, and what `doubt.overruled` says of it."""

    program: Program
    useless: str


def key_of(place: Place) -> str:
    """Give a hash of all that the lowered model of a place follows from.

    That is the model file, everything that the place puts into it and the lines it stands on, and the code
    that reads and lowers it: an edited checkout never meets what another state of it has left.
    """
    try:
        model = place.model.read_bytes()
    except OSError:
        return ""
    applied = (
        shown(place.model),
        *(place.regions, place.groups, place.base_years, place.period, place.parameter_set),
        *(place.numbers, place.paths, place.sets),
    )
    digest = hashlib.sha256(CODE.encode())
    for part in (hashlib.sha256(model).digest(), repr(applied).encode()):
        digest.update(part)
    return digest.hexdigest()


def load_lowered(key: str) -> Lowered | None:
    """Give what `keep_lowered` stored under a key; None where it has to be worked out."""
    kept = load(NAME, key) if key else None
    if kept is None:
        return None
    try:
        useless, digest, text = json.loads(kept)
        return Lowered(program=replace(read_program(text), digest=digest), useless=useless)
    except (TypeError, ValueError):
        return None


def keep_lowered(lowered: Lowered, key: str, place: Place) -> None:
    """Store what was worked out, unless the model changed meanwhile and `key` is no longer the place's."""
    if not key or key_of(place) != key:
        return
    try:
        text = write_program(lowered.program)
    except RecursionError:  # an equation nested hundreds deep
        return
    store(NAME, key, json.dumps([lowered.useless, digest_of(lowered.program), text]).encode())


def sources() -> tuple[Path, ...]:
    """Give the files of that code; none where only compiled ones are installed, which nobody edits."""
    package = Path(__file__).parents[1]
    return tuple(
        sorted(file for part in ("model/*.py", "study/*.py", "names.py") for file in package.glob(part))
    )


def _code() -> str:
    """Give a hash of the code that reads a model file, puts a place into it and lowers it."""
    digest = hashlib.sha256(f"{__version__} {_version('pysd')} {_version('parsimonious')}".encode())
    for file in sources():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


# Worked out now, because now is when the code is loaded: a file may be edited while this process goes on.
CODE = _code()
