"""How wide text is, in a sans-serif face of Helvetica's widths (Arial, Liberation Sans)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

PIXELS_PER_POINT = 96 / 72
LINE = 1.2  # line height over the size of the type

# Adobe's widths for Helvetica, in thousandths of the size, from the space to the tilde.
WIDTHS = (
    (278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278)
    + (556,) * 10
    + (278, 278, 584, 584, 584, 556, 1015)
    + (667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833)
    + (722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611)
    + (278, 278, 278, 469, 556, 333)
    + (556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833)
    + (556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500)
    + (334, 260, 334, 584)
)
OTHER = 1000  # a Chinese character is as wide as high
# What is not broken: a Chinese character with the brackets and stops beside it, or a run of anything else.
WIDE = "\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff"
PIECE = re.compile(
    rf"\s*(?:[<(\[\u3008\u300a\u300c\u3010\uff08]*[{WIDE}][>)\],.;:!?%\u3001-\u3003\u3009\u300b\u300d\u3011\uff00-\uff1f]*"
    rf"|[^\s{WIDE}]+)"
)


@lru_cache(maxsize=1 << 14)
def width(text: str, points: float) -> float:
    """Give the width of a line of text [pixel]."""
    thousandths = sum(WIDTHS[ord(c) - 32] if 32 <= ord(c) < 127 else OTHER for c in text)
    return thousandths / 1000 * points * PIXELS_PER_POINT


def wrap(text: str, points: float, widest: float) -> tuple[str, ...]:
    """Break text between words into the fewest lines that fit, then even these out.

    A word wider than `widest` gets a line of its own. Chinese may be broken between any two characters.
    """
    words = PIECE.findall(text.strip())
    lines = _fill(words, points, widest)
    narrower = widest
    while narrower > widest / 2 and len(_fill(words, points, narrower - 4)) == len(lines):
        narrower -= 4
    return tuple(_fill(words, points, narrower))


def size(lines: tuple[str, ...], points: float) -> tuple[float, float]:
    """Give half the width and half the height of wrapped text, with a little air [pixel]."""
    height = len(lines) * points * PIXELS_PER_POINT * LINE
    return max((width(line, points) for line in lines), default=0.0) / 2 + 3, height / 2 + 2


def _fill(words: Sequence[str], points: float, widest: float) -> list[str]:
    """Fill lines with words, each of which begins with the blank before it, if there is one."""
    lines: list[str] = []
    for word in words:
        longer = lines[-1] + (f" {word.strip()}" if word[0].isspace() else word) if lines else word
        if lines and width(longer, points) <= widest:
            lines[-1] = longer
        else:
            lines.append(word.strip())
    return lines
