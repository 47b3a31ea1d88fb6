"""What a model's English names are called in Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from urbsim.names import fold
from urbsim.study.words import LANGUAGES, Language, Words

NameKind = Literal["variable", "element", "sector"]

FEW = 6  # names that are listed; of more, the first and how many there are
_RANGE = re.compile(r"(?P<head>ages )?(?P<low>\d+)(?:[–—](?P<high>\d+)岁?|岁及以上| and over)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name of the model and its words; of a sector, what it is about too."""

    kind: NameKind
    name: str
    words: Words
    lead: Words = field(default_factory=Words)
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All names of a model that have words of their own. Others are called as the model has them."""

    entries: tuple[Named, ...] = ()
    _known: Mapping[tuple[NameKind, str], Named] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {(entry.kind, fold(entry.name)): entry for entry in self.entries}
        object.__setattr__(self, "_known", known)

    def words(self, name: str, kind: NameKind = "variable") -> Words:
        """Give what a variable, an element of a dimension or a sector is called."""
        found = self._known.get((kind, fold(name)))
        return found.words if found else Words(en=name)

    def chinese(self, name: str) -> str:
        """Give the Chinese name of a variable; empty where it has none."""
        found = self._known.get(("variable", fold(name)))
        return found.words.zh if found else ""

    def lead(self, sector: str) -> Words:
        """Give what a sector is about, where the vocabulary says it."""
        found = self._known.get(("sector", fold(sector)))
        return found.lead if found else Words()


def listed(names: Sequence[Words]) -> Words:
    """Name several things together; age groups that follow each other become one.

    Examples
    --------
    >>> ages = [Words(zh=f"{y}—{y + 4}岁", en=f"ages {y}–{y + 4}") for y in range(15, 80, 5)]
    >>> listed(ages)
    Words(zh='15—79岁', en='ages 15–79')
    """
    zh, en = (_listed([name[language] for name in names], language) for language in LANGUAGES)
    return Words(zh=zh, en=en)


def _listed(names: Sequence[str], language: Language) -> str:
    zh = language == "zh"
    joined = _joined(list(dict.fromkeys(names)))
    if len(joined) > FEW:
        return f"{joined[0]}等{len(joined)}个" if zh else f"{joined[0]} and {len(joined) - 1} more"
    return ("、" if zh else ", ").join(joined)


def _joined(names: Sequence[str]) -> list[str]:
    parts: list[str] = []
    for name in names:
        match = _RANGE.fullmatch(name)
        before = _RANGE.fullmatch(parts[-1]) if parts else None
        if match and before and before["high"] and int(before["high"]) + 1 == int(match["low"]):
            parts[-1] = f"{before['head'] or ''}{before['low']}{name[match.end('low') :]}"
        else:
            parts.append(name)
    return parts
