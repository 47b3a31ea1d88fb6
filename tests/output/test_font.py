"""The fonts that are shipped have what figures and pages write, and are small and lawfully named."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from tools import cut_font

from urbsim.output.figures.font import CHINESE, LATIN, characters, font_file, subset_for


def gb2312() -> set[str]:
    """Decode the rows of the table that hold characters: 1 to 9 signs, 16 to 87 Chinese ones."""
    rows = (*range(1, 10), *range(16, 88))
    pairs = (bytes((0xA0 + row, 0xA0 + cell)) for row in rows for cell in range(1, 95))
    return set(b"".join(pairs).decode("gb2312", errors="ignore"))


def test_the_font_has_all_of_gb2312() -> None:
    wanted = gb2312()

    assert sum("\u4e00" <= character <= "\u9fff" for character in wanted) == 6763
    assert wanted <= characters()


def test_the_font_has_every_chinese_character_that_urbsim_writes() -> None:
    wanted = {one for one in cut_font.written() if unicodedata.east_asian_width(one) in "WF"}

    missing = sorted(one for one in wanted - characters() if not unicodedata.category(one).startswith("S"))
    assert not missing, "run python tools/cut_font.py FILE"


def test_the_fonts_have_latin_letters_and_the_signs_of_figures() -> None:
    signs = set("“”‘’…‰–—²³→↑↓≥≤≈±×−·°Δμαβ")
    latin = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}

    assert signs | latin - {"\u00ad"} <= characters()
    assert set("Services first: 78.5 % — ‘Everything’") <= characters(LATIN)


def test_quotation_marks_have_the_width_of_their_language() -> None:
    widths = {}
    for family in (CHINESE, LATIN):
        with TTFont(font_file(family)) as font:
            widths[family] = font["hmtx"][font.getBestCmap()[ord("“")]][0] / font["head"].unitsPerEm

    assert widths[CHINESE] == 1
    assert widths[LATIN] < 0.6


@pytest.mark.parametrize("family", [CHINESE, LATIN])
def test_the_name_is_its_own_and_copyright_and_licence_stay(family: str) -> None:
    with TTFont(font_file(family)) as font:
        names = {record.nameID: record.toUnicode() for record in font["name"].names}

    assert names[1] == names[4] == family
    assert not {"source", "noto"} & set(" ".join((names[1], names[4], names[6])).casefold().split())
    assert "Adobe" in names[0]
    assert "SIL Open Font License" in names[13]


def test_the_files_are_small_and_have_their_licence_beside_them() -> None:
    folder = font_file().parent

    assert sum(file.stat().st_size for file in folder.iterdir()) < 3_000_000
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8")


def test_a_subset_has_the_characters_of_its_text() -> None:
    text = "重庆2035年城镇化率约80%" + "".join(sorted(gb2312())[-600:])

    made = subset_for(text)

    with TTFont(io.BytesIO(made)) as font:
        assert font.flavor == "woff"
        assert set(map(chr, font.getBestCmap())) == set(text)
    assert len(made) < 0.15 * font_file().stat().st_size
    assert subset_for(text) == made


def test_characters_that_no_font_has_are_left_out_of_a_subset() -> None:
    with TTFont(io.BytesIO(subset_for("A\u1200"))) as font:
        assert set(font.getBestCmap()) == {ord("A")}


def test_the_fonts_are_files_of_the_package() -> None:
    package = Path(cut_font.ROOT, "src", "urbsim")

    assert all(font_file(family).is_relative_to(package) for family in (CHINESE, LATIN))
