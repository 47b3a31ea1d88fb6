"""Numbers with their units: how units are compared, and how a person would say them."""

from __future__ import annotations

from urbsim.study.words import Language, Words

# Where a Chinese unit embraces its number.
_AROUND = {"x standard": "标准的{}倍", "% of jobs": "岗位的{}%"}
_PERSONS = {"persons": 1.0, "person": 1.0, "people": 1.0, "10k persons": 1e4, "million persons": 1e6}
_UNITS = {
    "10k persons": Words(zh="万人", en="10k persons"),
    "10k persons/year": Words(zh="万人/年", en="10k persons a year"),
    "persons": Words(zh="人", en="persons"),
    "persons/year": Words(zh="人/年", en="persons a year"),
    "person/year": Words(zh="人/年", en="persons a year"),
    "km2": Words(zh="平方公里", en="km²"),
    "km2/year": Words(zh="平方公里/年", en="km² a year"),
    "m2": Words(zh="平方米", en="m²"),
    "m2/person": Words(zh="平方米/人", en="m²/person"),
    "yuan": Words(zh="元", en="yuan"),
    "yuan/m2": Words(zh="元/平方米", en="yuan/m²"),
    "yuan/person": Words(zh="元/人", en="yuan/person"),
    "10k jobs": Words(zh="万个岗位", en="10k jobs"),
    "10k jobs/year": Words(zh="万个岗位/年", en="10k jobs a year"),
    "10k households": Words(zh="万户", en="10k households"),
    "x": Words(zh="倍", en="times"),
    "x standard": Words(zh="倍（标准=1）", en="times the standard"),
    "% of jobs": Words(zh="%（占岗位）", en="% of jobs"),
    "log points": Words(zh="对数点", en="log points"),
    "percentage points": Words(zh="个百分点", en="points"),
    "10k beds": Words(zh="万张", en="10k beds"),
    "10k places": Words(zh="万个", en="10k places"),
    "%/year": Words(zh="%/年", en="% a year"),
    "beds per 1000 residents": Words(zh="张/千人", en="beds per 1000 residents"),
    "beds per 1000 elderly": Words(zh="张/千名老年人", en="beds per 1000 elderly"),
    "places per 1000 residents": Words(zh="个/千人", en="places per 1000 residents"),
    "physicians per 1000 residents": Words(zh="人/千人", en="physicians per 1000 residents"),
    "100 million yuan": Words(zh="亿元", en="100 million yuan"),
    "100 million yuan/year": Words(zh="亿元/年", en="100 million yuan a year"),
    "yuan/year": Words(zh="元/年", en="yuan a year"),
    "year": Words(zh="年", en="years"),
    "dmnl": Words(),
    "1": Words(),
    "ratio": Words(),
}


def unit_name(unit: str, language: Language) -> str:
    """Name a unit for people; one that is not known is named as written."""
    words = _UNITS.get(" ".join(unit.split()).casefold())
    return unit if words is None else words[language]


def same_unit(one: str, other: str) -> bool:
    """Compare units as written, but for blanks and case; ``1`` and an empty unit are ``Dmnl``."""
    return _plain(one) == _plain(other)


def quantity(
    value: float,
    unit: str,
    *,
    language: Language = "en",
    long: bool = False,
    bare: bool = False,
    signed: bool = False,
    like: float | None = None,
) -> str:
    """Write a value with its unit; counts of persons are in millions, in Chinese in 万人.

    English counts below a million are written out, or "0.4 m" would lose the number.

    English persons a year are written out: there are too few of them for millions.

    `long` writes out a number that somebody set: with all its digits, the sign of per cent, and "million"
    in full. `bare` leaves out a unit that stands elsewhere, but never the millions. A difference has the
    decimals of a value that it is `like`, unless they would hide that it is not nought.

    Examples
    --------
    >>> quantity(2390.4, "10k persons")
    '23.9 m'
    >>> quantity(2390.4, "10k persons", language="zh")
    '2390万人'
    >>> quantity(43.64, "10k persons"), quantity(43.64, "10k persons", language="zh")
    ('436,000', '43.6万人')
    >>> quantity(-62.0, "10k persons", signed=True, like=2740), quantity(3.24, "km2", bare=True, like=1910)
    ('-0.6 m', '3')
    >>> quantity(80, "%", long=True)
    '80 %'
    >>> quantity(60, "10k persons/year", long=True)
    '600,000 persons a year'
    >>> quantity(120, "m2/person", long=True), quantity(2.1, "ratio", long=True)
    ('120 m²/person', '2.1')
    >>> quantity(1.2, "x standard", language="zh", long=True), quantity(6000, "yuan/person", long=True)
    ('标准的1.2倍', '6,000 yuan/person')
    >>> quantity(81.973, "10k persons/year", bare=True)
    '820,000'
    >>> quantity(-2.14, "%", signed=True)
    '-2.1'
    """
    size = abs(value) if like is None else abs(like)  # decides on decimals
    sign = "+" if signed else ""
    blank = "" if language == "zh" else " "

    def tenths(number: float) -> str:
        """Write one decimal, and two where one would hide that it is not nought."""
        return f"{number:{sign}.1f}" if abs(number) >= 0.05 or number == 0 else f"{number:{sign}.2f}"

    if unit in _PERSONS:
        persons = value * _PERSONS[unit]
        if language == "zh":
            digits = (
                f"{persons / 1e4:{sign}.12g}"
                if long
                else _few(persons / 1e4, sign, size * _PERSONS[unit] / 1e4)
            )
            return f"{digits}万人"
        if round(size * _PERSONS[unit]) >= 1e6 or not persons:
            return f"{persons / 1e6:{sign}g} million" if long else f"{tenths(persons / 1e6)} m"
        return f"{persons:{sign},.0f}" if long else f"{float(f'{persons:.3g}'):{sign},.0f}"
    if unit == "%":
        return f"{value:{sign}.12g}{blank}%" if long else tenths(value)
    if unit == "10k persons/year" and language == "en":  # nobody says "20 10k persons"
        persons = value * 1e4 if long else float(f"{value * 1e4:.3g}")
        return f"{persons:{sign},.0f}{'' if bare else ' persons a year'}"
    name = "" if bare else unit_name(unit, language)
    if long:
        # .12g: what somebody set, without the dust of binary fractions.
        digits = f"{value:{sign}.12g}" if language == "zh" else f"{value:{sign},.12g}"
        if language == "zh" and name and unit in _AROUND:
            return _AROUND[unit].format(digits)
        return f"{digits}{blank}{name}".strip()
    decimals = 2 if size < 10 else 1 if size < 1000 else 0
    if value and not round(value, decimals):
        decimals = 2
    return f"{counted(value, decimals, language, signed=signed)}{blank}{name}".strip()


def counted(number: float, decimals: int, language: Language, *, signed: bool = False) -> str:
    """Write a number with marks of thousands, in Chinese from 10,000 on.

    Examples
    --------
    >>> counted(2390.4, 0, "zh"), counted(2390.4, 0, "en"), counted(-12390.4, 1, "zh")
    ('2390', '2,390', '-12,390.4')
    """
    marks = "" if language == "zh" and abs(number) < 1e4 else ","
    return f"{number:{'+' if signed else ''}{marks}.{decimals}f}"


def _few(number: float, sign: str, size: float) -> str:
    """Write a number with one decimal below a hundred, and two where one would hide that it is not 0."""
    decimals = 0 if size >= 100 or not number else 1
    while number and decimals < 2 and not round(number, decimals):
        decimals += 1
    return f"{number:{sign}.{decimals}f}"


def _plain(unit: str) -> str:
    text = "".join(unit.split()).casefold()
    return "dmnl" if text in ("", "1", "-", "dimensionless") else text
