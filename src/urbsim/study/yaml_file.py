"""YAML to nouns, with every problem of the file and its line: the only door to ruamel.yaml and cattrs."""

from __future__ import annotations

import collections.abc
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from cattrs import (
    AttributeValidationNote,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from urbsim.errors import InputError, Problem, ValueProblemError, as_number, suggestion
from urbsim.study.text_file import control_character, read_text, shown
from urbsim.study.words import Words

T = TypeVar("T")
Hook = Callable[[Any, "Locate"], object]
Locate = Callable[[object, object], str]
"""Give ``file:line:column`` of a node, or of the entry of a node under a key."""


class LocatedError(ValueError):
    """Problems that already know their line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(*map(str, problems))


def read_yaml(
    path: Path,
    form: type[T],
    error: type[InputError] = InputError,
    hooks: Mapping[object, Hook] | None = None,
) -> tuple[T, Callable[[str], str]]:
    """Read a YAML file into `form`, a dataclass or a tuple of them.

    A field `where` of a dataclass is filled with its place in the file. `hooks` read types of their own.
    The second thing given back says where a key of the file stands.

    Raises
    ------
    error
        Every problem of the file, each with line and column.
    """
    source = shown(path)
    text = read_text(path, error)
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        node = yaml.load(text)
    except MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        raise error(
            Problem(_first_line(failure.problem or failure.context or "is not YAML"), where)
        ) from None
    except (YAMLError, ValueError) as failure:  # the latter from a date or number that cannot be
        raise error(Problem(_first_line(str(failure)), source)) from None

    def locate(parent: object, key: object = None) -> str:
        return _position(source, parent, key)

    try:
        return _converter(locate, hooks or {}).structure(node, form), lambda key: locate(node, key)
    except Exception as failure:
        problems = list(_problems(failure, node, node, None, locate))
        if not problems:
            raise
        raise error(problems) from None


def number(value: object) -> float:
    """Take a number as it is; text, truth values and NaN are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        fix = as_number(value) if isinstance(value, str) else ""
        raise ValueProblemError(f"{kind_of(value)}, expected a number", fix)
    if not math.isfinite(value):
        raise ValueError(f"is {value}, expected a finite number")
    return float(value)


def _converter(locate: Locate, hooks: Mapping[object, Hook]) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(float, lambda value, _: number(value))
    converter.register_structure_hook(int, lambda value, _: _whole(value))
    converter.register_structure_hook(bool, lambda value, _: _truth(value))
    converter.register_structure_hook(str, lambda value, _: _text(value))

    def of_class(cls: type[Any]) -> Callable[[Any, Any], Any]:
        located = "where" in {field.name for field in fields(cls)}
        overrides: dict[str, Any] = {"where": override(omit=True)} if located else {}
        read = make_dict_structure_fn(
            cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **overrides
        )

        def structure(value: Any, type_: Any) -> Any:
            noun = read(_expect(value, dict, "a mapping"), type_)
            return replace(noun, where=locate(value, None)) if located else noun

        return structure

    def of_mapping(type_: Any) -> Callable[[Any, Any], Any]:
        read = mapping_structure_factory(type_, converter, structure_to=dict)
        return lambda value, t: read(_expect(value, dict, "a mapping"), t)

    def of_list(type_: Any) -> Callable[[Any, Any], Any]:
        read = homogenous_tuple_structure_factory(type_, converter)
        return lambda value, t: read(_expect(value, list, "a list"), t)

    def of_pair(type_: Any) -> Callable[[Any, Any], Any]:
        first, second = get_args(type_)

        def structure(value: Any, _: Any) -> Any:
            if not isinstance(value, list) or len(value) != 2:
                raise ValueError(f"{kind_of(value)}, expected a list of two numbers")
            return converter.structure(value[0], first), converter.structure(value[1], second)

        return structure

    converter.register_structure_hook_factory(_is_mapping, of_mapping)
    converter.register_structure_hook_factory(lambda t: _is_tuple(t) and not _is_pair(t), of_list)
    converter.register_structure_hook_factory(_is_pair, of_pair)
    converter.register_structure_hook_factory(lambda t: isinstance(t, type) and is_dataclass(t), of_class)
    converter.register_structure_hook_func(_is_literal, _one_of)
    both = converter.get_structure_hook(Words)
    converter.register_structure_hook(
        Words, lambda value, t: Words(en=value) if isinstance(value, str) else both(value, t)
    )
    for type_, hook in hooks.items():
        converter.register_structure_hook_func(
            lambda t, type_=type_: t == type_,  # type: ignore[misc]
            lambda value, _, hook=hook: hook(value, locate),  # type: ignore[misc]
        )
    return converter


def _is_literal(type_: Any) -> bool:
    return get_origin(type_) is Literal


def _is_mapping(type_: Any) -> bool:
    return get_origin(type_) in (collections.abc.Mapping, dict)


def _is_tuple(type_: Any) -> bool:
    return get_origin(type_) is tuple


def _is_pair(type_: Any) -> bool:
    return _is_tuple(type_) and len(get_args(type_)) == 2 and get_args(type_)[-1] is not Ellipsis


def _problems(
    failure: BaseException, node: Any, parent: Any, key: object, locate: Locate
) -> Iterator[Problem]:
    label = f"{key}: " if isinstance(key, str) else ""
    if isinstance(failure, LocatedError):
        yield from failure.problems
    elif isinstance(failure, ClassValidationError | IterableValidationError):
        noted, bare = failure.group_exceptions()
        for inner, note in noted:
            entry = _entry_of(note)
            if isinstance(inner, KeyError) and isinstance(node, dict) and entry not in node:
                yield Problem(f"{label}'{entry}' is missing", locate(parent, key), _expected(failure))
            else:
                child = node[entry] if isinstance(node, dict | list) else None
                yield from _problems(inner, child, node, entry, locate)
        for inner in bare:
            yield from _problems(inner, node, parent, key, locate)
    elif isinstance(failure, ForbiddenExtraKeysError):
        known = [field.name for field in fields(failure.cl) if field.name != "where"]
        for extra in sorted(failure.extra_fields, key=str):
            yield Problem(f"unknown key '{extra}'", locate(node, extra), suggestion(str(extra), known))
    elif isinstance(failure, ValueError):
        yield Problem(f"{label}{failure}", locate(parent, key), getattr(failure, "fix", ""))


def _entry_of(note: object) -> Any:
    if isinstance(note, AttributeValidationNote):
        return note.name
    return note.index if isinstance(note, IterableValidationNote) else None


def _expected(failure: ClassValidationError | IterableValidationError) -> str:
    cls = getattr(failure, "cl", None)
    if cls is None or not is_dataclass(cls):
        return ""
    return "known keys: " + ", ".join(field.name for field in fields(cls) if field.name != "where")


def _position(source: str, parent: Any, key: object) -> str:
    places = getattr(getattr(parent, "lc", None), "data", None) or {}
    if key is not None and key in places:
        line, column = places[key][:2]
    elif hasattr(parent, "lc") and parent.lc.line is not None:
        line, column = parent.lc.line, parent.lc.col
    else:
        return f"{source}:1:1"
    return f"{source}:{line + 1}:{column + 1}"


def _expect(value: Any, type_: type, words: str) -> Any:
    if not isinstance(value, type_):
        raise ValueError(f"{kind_of(value)}, expected {words}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{kind_of(value)}, expected text (put it in quotes)")
    if unseen := control_character(value):
        raise ValueError(unseen)
    return str(value)


def _whole(value: object) -> int:
    if number(value) != int(number(value)):
        raise ValueError(f"is {value}, expected a whole number")
    return int(number(value))


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{kind_of(value)}, expected true or false")
    return value


def _one_of(value: object, type_: Any) -> object:
    known = get_args(type_)
    if value not in known:
        raise ValueError(f"is '{value}', expected {' or '.join(map(str, known))}")
    return value


def kind_of(value: object) -> str:
    """Say what a value is, where something else was expected."""
    if value is None:
        return "is empty"
    if isinstance(value, dict):
        return "is a mapping"
    if isinstance(value, list):
        return "is a list"
    if isinstance(value, str):
        return f"'{value}' is text"
    if isinstance(value, bool):
        return f"is {str(value).lower()}"
    return f"is the number {value}" if isinstance(value, int | float) else f"is '{value}'"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]
