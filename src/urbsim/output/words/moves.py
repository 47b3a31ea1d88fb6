"""What a scenario does with a lever, in a few words beside its name."""

from __future__ import annotations

import math
import re

from urbsim.study.course import course_of
from urbsim.study.lever import Lever
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import quantity
from urbsim.study.words import Language, Words

ALIKE = 1e-6  # [-] ratios, and values, that differ by less are the same
DECIMALS = 3  # of values: what a place has may be a computed number

_NUMBER = re.compile(r"(?P<number>[-+]?[\d,.]+)(?P<unit>.*)")
_BY_REGION = Words(zh="各区域不同", en="by region")
_SOME = Words(zh="{}个区域", en="{} regions")


def move(outcome: Outcome, against: Outcome | None, name: str, year: int, language: Language) -> str:
    """Say where a lever or parameter is by the end of a year, and where it is in the scenario held against.

    Where regions differ in values but not in how far these move, that is said; where only some move, which.

    Examples: "20%→10%", "×1.5", "渝东北 0→3%".
    """
    lever = next((one for one in outcome.levers if one.id == name), None)
    if lever is None:
        return _parameter(outcome, name, language)
    ends = _ends(outcome, against, lever, year)
    moved = {area: pair for area, pair in ends.items() if not _alike(*pair)}
    if not moved:
        return ""
    said = _said([*moved.values()], lever, language)
    where = "" if len(moved) == len(ends) else _where(outcome, set(moved), language)
    return f"{where}{' ' if where else ''}{said}"


def _ends(
    outcome: Outcome, against: Outcome | None, lever: Lever, year: int
) -> dict[str, tuple[float, float]]:
    """Give by area what the lever is at the end of the year in the other scenario, and in this one."""
    ends = {}
    for area, own in outcome.own.get(lever.id, {}).items():
        courses = (course_of(one, lever, area) if one else None for one in (against, outcome))
        before, after = (course.at(year) if course else own for course in courses)
        ends[area] = (before, after)
    return ends


def _said(pairs: list[tuple[float, float]], lever: Lever, language: Language) -> str:
    befores, afters = zip(*pairs, strict=True)
    if _one(befores) and _one(afters):
        return _arrow(befores[0], afters[0], lever, language)
    ratios = [after / before if before else math.nan for before, after in pairs]
    if _one(ratios):
        return f"×{ratios[0]:.3g}"
    if _one(afters):
        return f"→{_told(afters[0], lever, language)}"
    low, high = (_told(bound(afters), lever, language) for bound in (min, max))
    dash = "—" if language == "zh" else " to "
    return f"→{_bare(low, high)}{dash}{high.removeprefix('岗位的')}"


def _arrow(before: float, after: float, lever: Lever, language: Language) -> str:
    start, end = _told(before, lever, language), _told(after, lever, language)
    return f"{'0' if before == 0 else _bare(start, end)}→{end}"


def _told(value: float, lever: Lever, language: Language) -> str:
    told = quantity(round(value, DECIMALS), lever.unit, language=language, long=True)
    return told.removeprefix("标准的")


def _bare(text: str, other: str) -> str:
    """Leave out a unit that the next number has too, but not per cent."""
    number, unit = _NUMBER.fullmatch(text), _NUMBER.fullmatch(other)
    alike = number is not None and unit is not None and number["unit"] == unit["unit"]
    return number["number"] if number is not None and alike and number["unit"].strip() != "%" else text


def _where(outcome: Outcome, moved: set[str], language: Language) -> str:
    """Name the areas that move: a group, one region, or how many."""
    place = outcome.place
    found = [area for area in place.areas if set(place.members(area) or ()) == moved]
    if found:
        return place.area_title(found[-1])[language]
    return _SOME[language].format(len(moved))


def _parameter(outcome: Outcome, name: str, language: Language) -> str:
    settings = next(
        (some for key, some in outcome.scenario.parameters.items() if key.casefold() == name.casefold()), ()
    )
    if len({(one.amounts[-1].relative, one.amounts[-1].number) for one in settings}) != 1:
        return _BY_REGION[language] if settings else ""
    amount = settings[0].amounts[-1]
    return f"×{amount.number:.6g}" if amount.relative else f"→{amount.number:.6g}"


def _one(values: tuple[float, ...] | list[float]) -> bool:
    return all(_alike(value, values[0]) for value in values)


def _alike(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=ALIKE, abs_tol=1e-12)
