"""Read the catalogues beside a model: `levers.yaml`, `indicators.yaml`, `loops.yaml` and `names.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from urbsim.errors import InputError, Problem
from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.indicator import Indicator
from urbsim.study.kept import kept, key_of
from urbsim.study.lever import Lever, Position
from urbsim.study.loop import Loop
from urbsim.study.position import name_problems
from urbsim.study.text_file import shown
from urbsim.study.vocabulary import Named, NameKind, Vocabulary
from urbsim.study.words import Words
from urbsim.study.yaml_file import Locate, LocatedError, kind_of, number, read_yaml

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


def read_names(path: Path) -> Vocabulary:
    """Read what the names of a model are called; nothing where there is no such file.

    Raises
    ------
    InputError
        Every problem of the file.
    """
    if not path.is_file():
        return Vocabulary()

    def make() -> tuple[Named, ...]:
        form = read_yaml(path, _Names, hooks={_Section: _section})[0]
        return tuple(_distinct_names(form))

    key = partial(key_of, shown(path), path.read_bytes())
    return Vocabulary(entries=kept("names", key, (Named, Words), make))


_Section = dict[str, Named]  # by the names of the model


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    sectors: _Section = field(default_factory=dict)
    elements: _Section = field(default_factory=dict)
    variables: _Section = field(default_factory=dict)


def _section(value: Any, locate: Locate) -> _Section:
    """Read what names are called: a text in Chinese, or a mapping of `zh`, `en` and `lead`."""
    if not isinstance(value, dict):
        raise ValueError(f"{kind_of(value)}, expected names of the model, each with its words")
    read: _Section = {}
    problems = []
    for name, said in value.items():
        where = locate(value, name)
        parts = {"zh": said} if isinstance(said, str) else said
        if not isinstance(parts, dict) or not parts.get("zh"):
            problems.append(Problem(f"{name}: {kind_of(said)}, expected a Chinese name", where, "or zh: …"))
        elif unknown := [key for key in parts if key not in ("zh", "en", "lead")]:
            problems.append(Problem(f"{name}: unknown key '{unknown[0]}'", where, "known keys: zh, en, lead"))
        elif bad := [key for key, text in parts.items() if not isinstance(text, str)]:
            problems.append(Problem(f"{name}: {bad[0]} {kind_of(parts[bad[0]])}, expected text", where))
        else:
            words = Words(zh=str(parts["zh"]), en=str(parts.get("en") or name))
            lead = Words(zh=str(parts.get("lead", "")))
            read[str(name)] = Named(kind="variable", name=str(name), words=words, lead=lead, where=where)
    if problems:
        raise LocatedError(problems)
    return read


def _distinct_names(form: _Names) -> Iterator[Named]:
    """Give all names; a Chinese one that two variables have would not tell which."""
    problems = []
    sections: tuple[tuple[NameKind, _Section], ...] = (
        ("sector", form.sectors),
        ("element", form.elements),
        ("variable", form.variables),
    )
    for kind, section in sections:
        keys: dict[str, Named] = {}
        taken: dict[str, Named] = {}
        for entry in section.values():
            first = keys.setdefault(fold(entry.name), entry)
            if first is not entry:
                problems.append(Problem(f"'{entry.name}' stands twice, first at {first.where}", entry.where))
            same = taken.setdefault(entry.words.zh, entry)
            if same.name != entry.name:
                what = f"'{entry.name}' has the Chinese name of '{same.name}', {entry.words.zh}"
                problems.append(Problem(what, entry.where, "give each a name of its own"))
            yield replace(entry, kind=kind)
    if problems:
        raise InputError(problems)


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
