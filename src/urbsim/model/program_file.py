"""Write a lowered model as plain data, JSON and nothing that runs, and read back exactly the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any

from urbsim.model.equations import Table
from urbsim.model.program import (
    Array,
    Assign,
    At,
    Break,
    Const,
    Fold,
    Interpolate,
    Load,
    Loop,
    Memory,
    Op,
    Program,
    TableSet,
)

KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        *(Array, Assign, At, Break, Const, Fold, Interpolate, Load, Loop, Memory, Op),
        *(Program, Table, TableSet),
    )
}
PAIRS = "pairs"  # marks a mapping: JSON's own has no numbers as keys


def write_program(program: Program) -> str:
    """Give a program as text: a noun is `{"Kind": [field, …]}`, a tuple a list, a mapping a list of pairs.

    Numbers are written so that they read back to the last bit, those that are infinite or none included.
    """
    return json.dumps(_plain(program), ensure_ascii=False, separators=(",", ":"))


def read_program(text: str) -> Program:
    """Read a text of `write_program`.

    Raises
    ------
    ValueError
        The text is no program of this version of urbsim.
    """
    try:
        program = json.loads(text, object_hook=_noun)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError("this is no program as `write_program` writes it") from error
    if not isinstance(program, Program):
        raise ValueError("this is no program as `write_program` writes it")
    return program


def digest_of(program: Program) -> str:
    """Give a hash of what a program does: all of it but the name of its file and its default numbers.

    Programs of one digest need the same machine code, whatever the numbers of their constants.
    """
    if program.digest:
        return program.digest
    return hashlib.sha256(repr(replace(program, source="", values={})).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {PAIRS: [[key, _plain(item)] for key, item in value.items()]}
    kind = type(value).__name__
    if kind in KINDS:
        return {kind: [_plain(getattr(value, name)) for name in _names(KINDS[kind])]}
    return value


def _noun(found: dict[str, Any]) -> Any:
    """Make a noun or a mapping of what JSON read; those inside it are made already."""
    ((name, parts),) = found.items()
    if name == PAIRS:
        return {key: _tuples(item) for key, item in parts}
    kind = KINDS[name]
    return kind(**dict(zip(_names(kind), map(_tuples, parts), strict=True)))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if type(value) is list else value


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
