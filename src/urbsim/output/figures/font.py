"""The fonts of figures, pages and documents, Chinese and Latin, which are shipped with urbsim."""

from __future__ import annotations

import functools
import hashlib
import io
from pathlib import Path

from urbsim import cache

CHINESE = "urbsim Sans SC"  # subsets of Noto Sans, under names that no installed font has
LATIN = "urbsim Sans"  # the same letters, with quotation marks of Latin width
FILES = {CHINESE: "urbsim-sans-sc.otf", LATIN: "urbsim-sans.otf"}
MADE = 1  # to be counted up when `subset_for` makes other bytes of the same text

# What is asked for characters that the shipped fonts lack, in this order, where it is installed.
FALLBACKS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Noto Sans CJK JP", "Source Han Sans SC", "PingFang SC"),
    *("Microsoft YaHei", "SimSun", "WenQuanYi Zen Hei", "Arial Unicode MS"),
)


def font_file(family: str = CHINESE) -> Path:
    """Give the file of a font (OpenType); its licence stands beside it.

    `CHINESE` has Latin letters too; `LATIN` is for texts in English, before `CHINESE`.
    """
    return Path(__file__).parent / "fonts" / FILES[family]


def subset_for(text: str, family: str = CHINESE) -> bytes:
    """Give a font with nothing but the characters of a text, as WOFF; kept between starts.

    Characters that the font lacks are left out: whoever shows the text asks another font for them.
    """
    characters = "".join(sorted(set(text)))
    key = f"{MADE}\0{_digest(family)}\0{characters}"
    kept = cache.load("font", key)
    if kept is None:
        cache.store("font", key, kept := _cut(font_file(family), characters))
    return kept


@functools.cache
def characters(family: str = CHINESE) -> frozenset[str]:
    """Give the characters that a font has."""
    from fontTools.ttLib import TTFont  # takes a tenth of a second, and most starts draw nothing

    with TTFont(font_file(family), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


@functools.cache
def _digest(family: str) -> str:
    return hashlib.sha256(font_file(family).read_bytes()).hexdigest()


def _cut(file: Path, characters: str) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options()
    options.layout_features = ["kern"]
    options.name_IDs = ["*"]  # copyright and licence go with every copy
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    written = io.BytesIO()
    with TTFont(file, lazy=True, recalcTimestamp=False) as font:
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(written)
    return written.getvalue()
