"""What figures of many runs are of: an indicator in an area."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from urbsim.output.words.finding import lowered
from urbsim.study.indicator import Indicator
from urbsim.study.words import Language, Words

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where an indicator is reported: a region, a group or the whole place.

    Parameters
    ----------
    place, name
        Names of the place and of the area; the same for the whole place.
    title
        The area's name for people.
    """

    place: str
    name: str
    title: Words


def heading(area: Area, indicator: Indicator, language: Language, year: int | None = None) -> str:
    """Write an area and an indicator as the beginning of a title."""
    if language == "zh":
        return f"{area.title.zh}{indicator.name.zh}" + (f"（{year}年）" if year else "")
    return f"{area.title.en}, {lowered(indicator.name.en)}" + (f" in {year}" if year else "")


def stem_of(kind: str, indicator: Indicator, area: Area, places: int = 1) -> str:
    """Name the file of a figure; where there are several places, after its own first."""
    parts = [kind, indicator.id, *([] if area.name == area.place else [area.name])]
    return re.sub(r"[^\w-]+", "_", "_".join([area.place, *parts] if places > 1 else parts))


def grouped(items: Iterable[_T], key: Callable[[_T], Hashable]) -> list[list[_T]]:
    """Put together what has the same key, in the order in which keys are met."""
    groups: dict[Hashable, list[_T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
