"""How names, numbers and units are written in figures and in what is said of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import commonprefix
from pathlib import Path

from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import counted as _counted
from urbsim.study.quantity import unit_name
from urbsim.study.words import LANGUAGES, Language, Words

COLON = Words(zh="：", en=": ")

INFERRED = "derived-panel"  # vintage of observations that were worked out between censuses

STOP = Words(zh="；", en="; ")

BILLIONS = {"100 million yuan": "billion yuan", "100 million yuan/year": "billion yuan a year"}

# How English counts what is counted in ten thousands and hundred millions in Chinese.
_ENGLISH = {
    "10k persons": (0.01, "million persons"),
    "10k persons/year": (1e4, "persons a year"),
    **{unit: (0.1, name) for unit, name in BILLIONS.items()},
}

_LISTS = re.split(r"^#.*$", (Path(__file__).parent / "terms.txt").read_text("utf-8"), flags=re.MULTILINE)
_TERMS, _UNITS = (words.split() for words in _LISTS[1:])  # not broken within; not broken from their number
_ANY_OF = "|".join(sorted(map(re.escape, _TERMS), key=len, reverse=True))
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_OPEN, _CLOSE = "（“‘《〔(", "）”’》〕)，。：；、！？"
_WIDE = r"\u2e80-\uffef"
_PIECE = re.compile(
    rf"[{_OPEN}]*?(?:"
    r"“[^“”\s]{1,12}”"  # a name in quotation marks
    rf"|(?:第[〇一二三四五六七八九十百\d—、]+[章节条款项])+"
    rf"|[高低为约≥≤±]?[+\u2212-]?\d[\d.,—–%]*(?:{_UNIT})"
    rf"|专栏\d+|{_ANY_OF}|(?!‘[{_WIDE}])[约≥≤±]?[^ {_WIDE}“”]+|[^ {_OPEN}]|[{_OPEN}]+(?= |$)"
    rf")[{_CLOSE}]*[ \u2009]?|[ ]"
)


def base_position(outcomes: Sequence[Outcome]) -> int:
    """Give the position of the scenario that the others are held against; the first where none says which."""
    named = {outcome.base for outcome in outcomes if outcome.base}
    found = (i for i, outcome in enumerate(outcomes) if outcome.name in named and not outcome.base)
    return next(found, 0)


def counted(number: float, decimals: int, language: Language) -> str:
    """Write a number with marks of thousands, in Chinese from 10,000 on, and the sign of minus."""
    return _counted(number, decimals, language).replace("-", "\u2212")


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
        return counted(number, 1, language)
    if abs(number) >= 1e4 and scale > 1:  # persons written out
        return counted(float(f"{number:.3g}"), 0, language)
    return counted(number, 0 if abs(number) >= 200 else 1 if abs(number) >= 10 else 2, language)


def axis_tick(value: float, indicator: Indicator, language: Language) -> str:
    """Write a number on an axis, with all its digits."""
    number = float(f"{axis_scale(indicator, language) * value:.10g}")
    decimals = len(f"{abs(number):.10f}".rstrip("0").partition(".")[2])
    return counted(number, decimals, language)


def axis_scale(indicator: Indicator, language: Language) -> float:
    """Give what values are multiplied by to be the numbers of an axis."""
    return _ENGLISH[indicator.unit][0] if language == "en" and indicator.unit in _ENGLISH else 1.0


def with_unit(name: str, unit: str, language: Language) -> str:
    """Write a name with its unit after it, as a heading of an axis.

    Examples
    --------
    >>> with_unit("Urban land", "km²", "en"), with_unit("城镇化率", "%", "zh"), with_unit("Ratio", "", "en")
    ('Urban land (km²)', '城镇化率（%）', 'Ratio')
    >>> with_unit("常住人口（按户籍）", "万人", "zh")
    '常住人口（按户籍，万人）'
    """
    if not unit:
        return name
    if name.endswith(("）", ")")):  # one pair of brackets is enough
        return f"{name[:-1]}，{unit}）" if language == "zh" else f"{name[:-1]}, {unit})"
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


def pieces(text: str) -> list[str]:
    """Cut a text where a line may end: words, numbers with their units, short names in quotation marks.

    Joined they are the text. In Chinese, words of the subject are kept whole, and marks stay with what they
    close or open.

    Examples
    --------
    >>> pieces("比“基准情景”高0.5个百分点；城镇化率约80%。")
    ['比', '“基准情景”', '高0.5个百分点；', '城镇化率', '约80%。']
    >>> pieces("Urban land, km²")
    ['Urban ', 'land, ', 'km²']
    """
    return _PIECE.findall(text)


def short_titles(outcomes: Sequence[Outcome]) -> dict[str, Words]:
    """Give the title of each scenario, of the runs of one sweep without what all of them begin with."""
    sweeps: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        sweeps.setdefault(outcome.scenario.sweep_of, []).append(outcome)
    titles = {outcome.name: outcome.scenario.title or Words(en=outcome.name) for outcome in outcomes}
    for sweep, runs in sweeps.items():
        if not sweep or len(runs) == 1:
            continue
        shared = {
            language: commonprefix([titles[run.name][language] for run in runs])  # noqa: RUF071
            for language in LANGUAGES
        }
        # Up to the colon that ends the title of the sweep: what follows is cut in the middle of a word.
        begins = {"zh": shared["zh"].rfind("：") + 1, "en": shared["en"].rfind(": ") + 1}
        for run in runs:
            told = {
                language: titles[run.name][language][begins[language] :].strip() for language in LANGUAGES
            }
            titles[run.name] = Words(zh=told["zh"], en=told["en"])
    return titles
