"""Cut the two fonts of figures, pages and documents out of Noto Sans CJK.

    python tools/cut_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

The Chinese one has the characters of GB 2312, those of European languages, signs of units and arithmetic,
and every other character that stands in a text of this repository. In it, quotation marks are as wide as a
Chinese character; English texts take theirs from the small second font, which is drawn alike. Hints and
features other than kerning go. New names keep both apart from an installed Noto; copyright and licence stay
in the files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

from urbsim.output.figures.font import CHINESE, LATIN, font_file

FACES = {CHINESE: "Noto Sans CJK SC", LATIN: "Noto Sans CJK JP"}  # the latter has marks of Latin width
ROOT = Path(__file__).parents[1]
FOLDERS = ("models", "scenarios", "src", "docs", "tools")
TEXTS = frozenset((".py", ".yaml", ".csv", ".md", ".in", ".mdl", ".html", ".toml"))
SIGNS = "–—‘’“”…‰‹›•′″€№℃™←↑→↓↔⇒−±×÷≈≠≤≥∞∑∂Δ√²³¹⁰⁴⁵⁶⁷⁸⁹⁻⁺₀₁₂₃₄₅₆₇₈₉½¼¾·°µ○●◇◆□■△▲▽▼☆★✓✗\u00a0\u2009"
NARROW = "–—‘’“”·•′″€"
MODIFIED = "cut from Noto Sans CJK by tools/cut_font.py of urbsim"


def gb2312() -> set[str]:
    """Give every character of GB 2312, from the table of Python's codec."""
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return {character for pair in pairs for character in pair.decode("gb2312", errors="ignore")}


def european() -> set[str]:
    """Give ASCII, Latin-1, Latin Extended-A and Greek."""
    spans = (range(0x20, 0x7F), range(0xA0, 0x180), range(0x386, 0x3CF))
    return {chr(code) for span in spans for code in span}


def written(root: Path = ROOT) -> set[str]:
    """Give every character beyond ASCII in the texts that the repository holds."""
    files = [file for folder in FOLDERS for file in (root / folder).rglob("*") if file.suffix in TEXTS]
    texts = (file.read_text(encoding="utf-8", errors="ignore") for file in [*files, *root.glob("*.md")])
    return {character for text in texts for character in set(text) if ord(character) > 0x7F}


def cut(font: TTFont, characters: Iterable[str]) -> None:
    """Take everything from a font that these characters do not need."""
    options = Options()
    options.hinting = False
    options.layout_features = ["kern"]
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "GSUB", "GDEF"]
    options.name_IDs = ["*"]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.desubroutinize = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes={ord(character) for character in characters})
    subsetter.subset(font)


def rename(font: TTFont, family: str) -> None:
    """Give the font another name, and say in it what it was cut from; copyright and licence stay."""
    plain = family.replace(" ", "")
    version = font["name"].getDebugName(5)
    names = {1: family, 2: "Regular", 3: f"{plain}-Regular", 4: family, 5: f"{version}; {MODIFIED}", 6: plain}
    table = font["name"]
    table.names = [record for record in table.names if record.langID == 0x409]
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [plain]
    top = cff.topDictIndex[0]
    for key, text in (("FullName", family), ("FamilyName", family)):
        if key in top.rawDict:
            setattr(top, key, text)


def main() -> None:
    """Cut the fonts and write them beside their licence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection", type=Path, help="NotoSansCJK-Regular.ttc")
    source = parser.parse_args().collection
    wanted = {
        CHINESE: gb2312() | european() | written() | set(SIGNS),
        LATIN: {character for character in european() if character not in "±×÷"} | set(NARROW),
    }
    for family, characters in wanted.items():
        fonts = TTCollection(source).fonts
        font = next(font for font in fonts if font["name"].getDebugName(1) == FACES[family])
        cut(font, characters)
        rename(font, family)
        font.recalcTimestamp = False  # the same source gives the same bytes
        path = font_file(family)
        path.parent.mkdir(parents=True, exist_ok=True)
        font.save(path)
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {len(font.getBestCmap())} characters")


if __name__ == "__main__":
    main()
