"""How names, numbers and units are written in figures and in what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import unit_name
from urbsim.study.words import Language, Words

COLON = Words(zh="：", en=": ")

STOP = Words(zh="；", en="; ")

BILLIONS = {"100 million yuan": "billion yuan", "100 million yuan/year": "billion yuan a year"}

# How English counts what is counted in ten thousands and hundred millions in Chinese.
_ENGLISH = {
    "10k persons": (0.01, "million persons"),
    "10k persons/year": (1e4, "persons a year"),
    **{unit: (0.1, name) for unit, name in BILLIONS.items()},
}


def base_position(outcomes: Sequence[Outcome]) -> int:
    """Give the position of the scenario that the others are held against; the first where none says which."""
    named = {outcome.base for outcome in outcomes if outcome.base}
    found = (i for i, outcome in enumerate(outcomes) if outcome.name in named and not outcome.base)
    return next(found, 0)


def axis_unit(indicator: Indicator, language: Language) -> str:
    """Name what an axis is numbered in."""
    if language == "en" and indicator.unit in _ENGLISH:
        return _ENGLISH[indicator.unit][1]
    return unit_name(indicator.unit, language)


def axis_number(value: float, indicator: Indicator, language: Language) -> str:
    """Write a value as the numbers of its axis: without unit, with as many digits as a reader can use."""
    scale = axis_scale(indicator, language)
    number = scale * value
    if indicator.unit == "%":
        told = f"{number:.1f}"
    elif abs(number) >= 1e4 and scale > 1:  # persons written out
        told = f"{float(f'{number:.3g}'):,.0f}"
    else:
        told = f"{number:,.{0 if abs(number) >= 200 else 1 if abs(number) >= 10 else 2}f}"
    return told.replace("-", "\u2212")


def axis_scale(indicator: Indicator, language: Language) -> float:
    """Give what values are multiplied by to be the numbers of an axis."""
    return _ENGLISH[indicator.unit][0] if language == "en" and indicator.unit in _ENGLISH else 1.0


def with_unit(name: str, unit: str, language: Language) -> str:
    """Write a name with its unit after it, as a heading of an axis.

    Examples
    --------
    >>> with_unit("Urban land", "km²", "en"), with_unit("城镇化率", "%", "zh"), with_unit("Ratio", "", "en")
    ('Urban land (km²)', '城镇化率（%）', 'Ratio')
    """
    if not unit:
        return name
    return f"{name}（{unit}）" if language == "zh" else f"{name} ({unit})"


def quoted(name: str, language: Language) -> str:
    """Write a name in quotation marks; marks within it become those of the second order.

    Examples
    --------
    >>> quoted("Everything", "en"), quoted("全面", "zh"), quoted("某区“十四五”规划", "zh")
    ('‘Everything’', '“全面”', '“某区‘十四五’规划”')
    """
    if language == "zh":
        return f"“{name.replace('“', '‘').replace('”', '’')}”"
    return f"‘{name}’"
