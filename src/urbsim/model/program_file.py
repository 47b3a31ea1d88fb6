"""A lowered model as `plain` data: the nouns that it is made of, and its hash."""

from __future__ import annotations

import hashlib
from dataclasses import replace

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

KINDS: tuple[type, ...] = (
    *(Array, Assign, At, Break, Const, Fold, Interpolate, Load, Loop, Memory, Op),
    *(Program, Table, TableSet),
)


def digest_of(program: Program) -> str:
    """Give a hash of what a program does: all of it but the name of its file and its default numbers.

    Programs of one digest need the same machine code, whatever the numbers of their constants.
    """
    if program.digest:
        return program.digest
    return hashlib.sha256(repr(replace(program, source="", values={})).encode()).hexdigest()
