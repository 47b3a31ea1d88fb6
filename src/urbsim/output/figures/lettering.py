"""Text as wide as it is: measured in the fonts that are shipped, and broken into lines."""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from matplotlib.ft2font import FT2Font, LoadFlags

from urbsim.output.figures.font import CHINESE, LATIN, font_file

TITLE, TEXT, SMALL = 11.0, 8.5, 7.5  # sizes of type as printed

LEADING = 1.32  # [-] height of a line of text, of its size


def height_of(text: str, size: float) -> float:
    """Give the height of a text of one line or more."""
    return (text.count("\n") + 1) * LEADING * size


def width_of(text: str, size: float) -> float:
    """Give the width of a line of text, kerning aside.

    Examples
    --------
    >>> width_of("城镇", 10.0)
    20.0
    """
    chinese = has_chinese(text)  # then its quotation marks are as wide as characters
    return size * sum(_advance(character, chinese) for character in text)


@functools.cache
def _advance(character: str, chinese: bool) -> float:
    """Give the advance of a character [of the size of type]; of one that the fonts lack, its usual width."""
    for family in (CHINESE, LATIN) if chinese else (LATIN, CHINESE):
        font = _face(family)
        if font.get_char_index(ord(character)):
            glyph = font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
            return round(glyph.linearHoriAdvance / 65536 / 100, 4)
    return 1.0 if has_chinese(character) else 0.65


@functools.cache
def _face(family: str) -> FT2Font:
    font = FT2Font(font_file(family))
    font.set_size(100, 72)
    return font


def has_chinese(text: str) -> bool:
    """Say whether a text has characters as wide as Chinese ones."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


UNITS = r"(?<=\d) (?=(?:%|m\b|km²|million|billion|persons))"  # blanks that are not broken at

PARTS = r"[（“‘《〔(]*(?:[^ \u2e80-\uffef]+|[\u2e80-\uffef])[）”’》〕，。：；、！？]*[ \u2009]?"


def wrap(text: str, width: float, size: float) -> str:
    r"""Break a text into even lines of at most this width: between words, in Chinese between characters.

    Examples
    --------
    >>> wrap("Services first and county seats", 80, 8)
    'Services first and\ncounty seats'
    >>> wrap("公共服务优先", 40, 8)
    '公共服务\n优先'
    >>> wrap("Base village departure rate（4个区域）", 120, 8)
    'Base village departure\nrate（4个区域）'
    """
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width / size))


def _lines(text: str, most: float) -> list[str]:
    text = re.sub(UNITS, "\u00a0", text)
    if width_of(text, 1.0) <= most:
        return [text]
    parts = re.findall(PARTS, text)
    least = len(_filled(parts, most))
    low = min(most, width_of(text, 1.0) / least + has_chinese(text))
    fillings = [_filled(parts, float(width)) for width in np.linspace(low, most, 12)]
    even = [lines for lines in fillings if len(lines) <= least] or fillings[-1:]
    # Of those that need no line more, one that breaks where the sentence does; else the evenest, the first.
    return max(even, key=lambda lines: sum(line[-1:] in ";,:；，。：" for line in lines[:-1]))


def _filled(parts: Sequence[str], most: float) -> list[str]:
    """Fill lines with words and Chinese characters, each with the marks that belong to it."""
    lines = [""]
    for part in (piece for word in parts for piece in _pieces(word, most)):
        if lines[-1] and width_of(lines[-1] + part.rstrip(), 1.0) > most:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _pieces(word: str, most: float) -> list[str]:
    """Cut a word that is longer than a line."""
    width = width_of(word.rstrip(), 1.0)
    if width <= most:
        return [word]
    letters = max(1, math.floor(len(word) * most / width) - 1)
    return [word[i : i + letters] for i in range(0, len(word), letters)]


def shortened(text: str, width: float, size: float, lines: int = 3) -> str:
    """Cut a text after the words that fit into so many lines; dots say that it goes on.

    Examples
    --------
    >>> shortened("Income elasticity + Service elasticity + Nesting", 80, 8, lines=2)
    'Income elasticity + Service elasticity …'
    """
    short = text
    while wrap(short, width, size).count("\n") >= lines:
        text = re.sub(r"([!-~]+|.)$", "", text).rstrip(" +＋(（")  # without its last word
        short = f"{text} …"
    return short
