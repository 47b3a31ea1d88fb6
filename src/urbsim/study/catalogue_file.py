"""Read the catalogues that stand beside a model: `levers.yaml`, `indicators.yaml` and `loops.yaml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from urbsim.errors import InputError, Problem
from urbsim.study.amount import Amount
from urbsim.study.indicator import Indicator
from urbsim.study.kept import kept, key_of
from urbsim.study.lever import Lever, Position
from urbsim.study.loop import Loop
from urbsim.study.position import name_problems
from urbsim.study.text_file import shown
from urbsim.study.words import Words
from urbsim.study.yaml_file import number, read_yaml

Entry = TypeVar("Entry", Lever, Indicator, Loop)
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def read_levers(path: Path) -> tuple[Lever, ...]:
    """Read the levers of a model.

    Raises
    ------
    InputError
        Every problem of the file.
    """
    return _read(path, tuple[Lever, ...], (Lever, Position, Amount, Words))


def read_indicators(path: Path) -> tuple[Indicator, ...]:
    """Read the indicators of a model.

    Raises
    ------
    InputError
        Every problem of the file.
    """
    return _read(path, tuple[Indicator, ...], (Indicator, Words))


def read_loops(path: Path) -> tuple[Loop, ...]:
    """Read the feedback loops of a model.

    Raises
    ------
    InputError
        Every problem of the file.
    """
    return _read(path, tuple[Loop, ...], (Loop, Words))


def _read(path: Path, form: type[tuple[Entry, ...]], kinds: tuple[type, ...]) -> tuple[Entry, ...]:
    def key() -> str:
        return key_of(shown(path), path.read_bytes()) if path.is_file() else ""

    def make() -> tuple[Entry, ...]:
        return _distinct(read_yaml(path, form, hooks={Amount: lambda value, _: _amount(value)})[0])

    return kept(kinds[0].__name__.lower(), key, kinds, make)


def _amount(value: Any) -> Amount:
    return Amount.parse(value) if isinstance(value, str) else Amount(number=number(value))


def _distinct(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for entry in entries:
        if not IDENTIFIER.fullmatch(entry.id):
            problems.append(Problem(f"id is '{entry.id}', expected a-z, 0-9 and _", entry.where))
        if entry.id in first:
            problems.append(Problem(f"id '{entry.id}' stands twice, first at {first[entry.id]}", entry.where))
        first.setdefault(entry.id, entry.where)
        if isinstance(entry, Lever):
            problems.extend(
                Problem(f"lever {entry.id}: {what}", entry.where) for what in name_problems(entry)
            )
    if problems:
        raise InputError(problems)
    return tuple(entries)
