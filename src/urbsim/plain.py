"""Nouns as plain data, in JSON and nothing that runs; what is read back is the same to the last bit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any

PAIRS = "pairs"  # marks a mapping: JSON's own has no numbers as keys


def write_plain(value: object, kinds: Iterable[type]) -> str:
    """Give a value as text: a noun is ``{"Kind": [field, …]}``, a tuple a list, a mapping a list of pairs.

    Parameters
    ----------
    value
        Nouns (frozen dataclasses), tuples, mappings, texts, truths, None, and numbers of any size or none.
    kinds
        The classes of all nouns in it; their names differ.
    """
    forms = {kind.__name__: tuple(field.name for field in fields(kind)) for kind in kinds}

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        if isinstance(value, Mapping):
            return {PAIRS: [[key, plain(item)] for key, item in value.items()]}
        kind = type(value).__name__
        if kind in forms:
            return {kind: [plain(getattr(value, name)) for name in forms[kind]]}
        return value

    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def read_plain(text: str | bytes, kinds: Iterable[type]) -> Any:
    """Read a text of `write_plain`; mappings come back as dicts.

    Raises
    ------
    ValueError
        The text is none, or was written of other nouns.
    """
    forms = {kind.__name__: (kind, tuple(field.name for field in fields(kind))) for kind in kinds}
    try:
        return _tuples(json.loads(text, object_hook=partial(_noun, forms)))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"this is not what `write_plain` writes: {error}") from error


def _noun(forms: Mapping[str, tuple[type, tuple[str, ...]]], found: dict[str, Any]) -> Any:
    """Make a noun or a mapping of what JSON read; those inside it are made already."""
    ((name, parts),) = found.items()
    if name == PAIRS:
        return {key: _tuples(item) for key, item in parts}
    kind, names = forms[name]
    return kind(**dict(zip(names, map(_tuples, parts), strict=True)))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if type(value) is list else value
