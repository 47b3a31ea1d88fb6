"""Text as wide as it is: measured in the fonts that are shipped, and broken into lines."""

from __future__ import annotations

import functools
import itertools
import math
import re
import unicodedata
from collections.abc import Sequence

from matplotlib.ft2font import FT2Font, LoadFlags

from urbsim.output.figures.font import CHINESE, LATIN, font_file
from urbsim.output.words.terms import pieces

TITLE, TEXT, SMALL = 11.0, 8.5, 7.5  # sizes of type as printed

LABELS = 1.15  # [-] the same within a label at the end of a line

LEADING = 1.32  # [-] height of a line of text, of its size


def height_of(text: str, size: float, leading: float = LEADING) -> float:
    """Give the height of a text of one line or more."""
    return (text.count("\n") + 1) * leading * size


def width_of(text: str, size: float) -> float:
    """Give the width of a line of text, kerning aside.

    Examples
    --------
    >>> width_of("城镇", 10.0)
    20.0
    """
    return size * size_of(text, has_chinese(text))


def size_of(text: str, chinese: bool) -> float:
    """Give the width of a line of text [of the size of type]; in Chinese quotation marks are wide."""
    return sum(_advance(character, chinese) for character in text)


def indent_of(line: str, size: float) -> float:
    """Give how far a line is to be moved left, for an opening mark that is half blank."""
    return 0.5 * size if line[:1] in OPENING and line and has_chinese(line) else 0.0


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

OPENING = "“‘（《〔"  # full-width marks whose left half is blank


def wrap(text: str, width: float, size: float) -> str:
    r"""Break a text into as few lines as fit this width, as near as may be to where the sentence pauses.

    Examples
    --------
    >>> wrap("Services first and county seats", 80, 8)
    'Services first and\ncounty seats'
    >>> wrap("公共服务优先", 40, 8)
    '公共服务\n优先'
    >>> wrap("Base village departure rate（4个区域）", 120, 8)
    'Base village departure rate\n（4个区域）'
    """
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width / size))


def _lines(text: str, most: float) -> list[str]:
    text = re.sub(UNITS, "\u00a0", text)
    if width_of(text, 1.0) <= most:
        return [text]
    parts = [piece for word in pieces(text) for piece in _pieces(word, most)]
    chinese = has_chinese(text)
    wide = [size_of(part, chinese) for part in parts]
    bare = [size_of(part.rstrip(), chinese) for part in parts]
    starts = [0.0, *itertools.accumulate(wide)]
    # From the end: the fewest lines that the rest takes, what that costs, and where its first line ends.
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)] * (len(parts) + 1)
    for begin in range(len(parts) - 1, -1, -1):
        found = []
        for end in range(begin + 1, len(parts) + 1):
            filled = starts[end - 1] + bare[end - 1] - starts[begin]
            if filled > most and end > begin + 1:
                break
            lines, cost, _ = best[end]
            found.append((lines + 1, cost + _badness(parts, end, filled / most), end))
        best[begin] = min(found)
    cut, begin = list[str](), 0
    while begin < len(parts):
        end = best[begin][2]
        cut.append("".join(parts[begin:end]).strip())
        begin = end
    return cut


def _badness(parts: Sequence[str], end: int, filled: float) -> float:
    """Say how bad it is to end a line there [-]: a pause is worth a quarter of the line left empty."""
    if end == len(parts):
        return max(0.0, 0.3 - filled)  # a last line of one word
    mark = parts[end - 1].rstrip()[-1:]
    pause = 0.0 if mark in "，；。;" else 0.1 if mark in ",、：:" else 0.15
    if pause > 0.1 and parts[end][:1] not in "（(":
        pause = 0.25
    return pause + 4 * max(0.0, 1 - filled) ** 2


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
