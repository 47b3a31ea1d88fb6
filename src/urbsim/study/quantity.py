"""Numbers with their units: how units are compared, and how a person would say them."""

from __future__ import annotations

from urbsim.study.words import Language

_PERSONS = {"persons": 1.0, "person": 1.0, "people": 1.0, "10k persons": 1e4, "million persons": 1e6}


def same_unit(one: str, other: str) -> bool:
    """Compare units as written, but for blanks and case; ``1`` and an empty unit are ``Dmnl``."""
    return _plain(one) == _plain(other)


def quantity(
    value: float, unit: str, *, language: Language = "en", long: bool = False, signed: bool = False
) -> str:
    """Write a value with its unit; counts of persons are in millions, in Chinese in 万人.

    `long` writes out a number that somebody set: with all its digits, and "million" in full.

    Examples
    --------
    >>> quantity(2390.4, "10k persons")
    '23.9 m'
    >>> quantity(2390.4, "10k persons", language="zh")
    '2390 万人'
    >>> quantity(-2.14, "%", signed=True)
    '-2.1'
    """
    sign = "+" if signed else ""

    def tenths(number: float) -> str:
        """Write one decimal, and two where one would hide that it is not nought."""
        return f"{number:{sign}.1f}" if abs(number) >= 0.05 or number == 0 else f"{number:{sign}.2f}"

    if unit in _PERSONS:
        persons = value * _PERSONS[unit]
        if language == "zh":
            return f"{persons / 1e4:{sign}.0f} 万人"
        return f"{persons / 1e6:{sign}g} million" if long else f"{tenths(persons / 1e6)} m"
    if unit == "%":
        return tenths(value)
    if long:
        return f"{value:{sign}g} {unit}".strip()
    decimals = 2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:{sign},.{decimals}f} {unit}".strip()


def _plain(unit: str) -> str:
    text = "".join(unit.split()).casefold()
    return "dmnl" if text in ("", "1", "-", "dimensionless") else text
