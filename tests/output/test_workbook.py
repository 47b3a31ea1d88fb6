"""The Excel workbook, read back with openpyxl."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from urbsim.output.tables import workbook
from urbsim.output.tables.run import Table
from urbsim.output.tables.workbook import write_workbook

TIDY: Table = (
    ("scenario", "region", "indicator", "unit", "year", "value", "base_year"),
    [
        ("a", "chongqing", "urbanization_rate", "%", 2035, 75.49818085123, 2020),
        ("a", "chongqing", "residents", "10k persons", 2035, 3057.123456789, 2020),
        ("a", "chongqing", "births", "10k persons/year", 2035, math.nan, 2020),
    ],
)
NAMES = {"indicator": {"urbanization_rate": "常住人口城镇化率", "residents": "常住人口"}}


def read(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def values(sheet: Any) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_numbers_keep_every_digit_and_years_have_neither_decimals_nor_separators(tmp_path: Path) -> None:
    write_workbook(tmp_path / "t.xlsx", {"trajectories.csv": TIDY}, "en")

    sheet = read(tmp_path / "t.xlsx")["trajectories"]
    assert [cell.value for cell in sheet[1]] == list(TIDY[0])
    year, value = sheet["E2"], sheet["F2"]
    assert (year.value, year.data_type) == (2035, "n")
    assert year.number_format in ("0", "General")
    assert (value.value, value.number_format) == (75.49818085123, "0.00")
    assert sheet["F3"].number_format == "#,##0"
    assert sheet["F4"].value is None  # a number that is none is an empty cell


def test_the_header_is_frozen_bold_and_filters(tmp_path: Path) -> None:
    write_workbook(tmp_path / "t.xlsx", {"trajectories.csv": TIDY}, "en")

    sheet = read(tmp_path / "t.xlsx")["trajectories"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G4"
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.column_dimensions["C"].width >= len("urbanization_rate")


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@sum", "1e5", "007", "2026-01-02", "#N/A", "1/2", "TRUE"],
)
def test_text_stays_text_and_never_becomes_a_formula_or_a_number(tmp_path: Path, text: str) -> None:
    table: Table = (("scenario", "=header"), [(text, text)])

    write_workbook(tmp_path / "t.xlsx", {"x.csv": table}, "en", {"scenario": {text: f"={text}"}})

    sheet = read(tmp_path / "t.xlsx")["x"]
    assert values(sheet)[1] == [text, f"={text}", text]
    assert values(sheet)[0][2] == "=header"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_control_characters_and_endless_texts_make_no_broken_file(tmp_path: Path) -> None:
    write_workbook(tmp_path / "t.xlsx", {"x.csv": (("note",), [("a\x00\x07b" + "c" * 40_000,)])}, "en")

    text = read(tmp_path / "t.xlsx")["x"]["A2"].value
    assert text.startswith("abc")
    assert len(text) == 32_767


def test_a_chinese_workbook_has_chinese_sheets_headings_units_and_names(tmp_path: Path) -> None:
    write_workbook(tmp_path / "t.xlsx", {"trajectories.csv": TIDY}, "zh", NAMES)

    book = read(tmp_path / "t.xlsx")
    assert book.sheetnames == ["说明", "轨迹"]
    header, first, second, _ = values(book["轨迹"])
    assert header == ["情景", "区域", "指标", "指标名称", "单位", "年份", "数值", "起始年"]
    assert first[2:5] == ["urbanization_rate", "常住人口城镇化率", "%"]
    assert second[4] == "万人"


def test_columns_of_the_other_language_are_left_out(tmp_path: Path) -> None:
    table: Table = (("lever", "name_zh", "name_en", "value"), [("q", "指标", "Quota", 1.5)])

    write_workbook(tmp_path / "t.xlsx", {"levers.csv": table}, "zh", {"lever": {"q": "不重复"}})

    assert values(read(tmp_path / "t.xlsx")["政策杠杆"]) == [["政策杠杆", "名称", "数值"], ["q", "指标", 1.5]]


def test_the_first_sheet_says_what_each_sheet_is(tmp_path: Path) -> None:
    empty: Table = (("scenario", "value"), [])

    write_workbook(tmp_path / "t.xlsx", {"trajectories.csv": TIDY, "sweep.csv": empty}, "en")

    about = values(read(tmp_path / "t.xlsx").worksheets[0])
    assert about[0] == ["sheet", "what it holds", "rows", "the same as CSV"]
    assert [row[0] for row in about[1:3]] == ["trajectories", "sweep"]
    assert [row[2:] for row in about[1:3]] == [[3, "trajectories.csv"], [0, "sweep.csv"]]


def test_a_table_of_more_rows_than_a_sheet_can_have_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)

    write_workbook(tmp_path / "t.xlsx", {"trajectories.csv": TIDY}, "en")

    book = read(tmp_path / "t.xlsx")
    assert book.sheetnames == ["about", "trajectories", "trajectories (2)"]
    rows = [row for name in book.sheetnames[1:] for row in values(book[name])[1:]]
    assert [row[2] for row in rows] == ["urbanization_rate", "residents", "births"]
    assert all(values(book[name])[0] == list(TIDY[0]) for name in book.sheetnames[1:])


def test_names_of_sheets_are_such_as_excel_takes(tmp_path: Path) -> None:
    tables: dict[str, Table] = {f"a:b*c?{'long' * 10}{i}.csv": (("x",), [(1,)]) for i in range(3)}

    write_workbook(tmp_path / "t.xlsx", {**tables, "About.csv": (("x",), [(1,)])}, "en")

    names = read(tmp_path / "t.xlsx").sheetnames
    assert len({name.casefold() for name in names}) == len(names) == 5
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_truths_are_words_and_years_met_are_whole(tmp_path: Path) -> None:
    table: Table = (("met", "year_met", "margin"), [(True, 2031.0, 2.5), (False, None, None)])

    write_workbook(tmp_path / "t.xlsx", {"targets.csv": table}, "en")

    assert values(read(tmp_path / "t.xlsx")["targets"])[1:] == [["yes", 2031, 2.5], ["no", None, None]]


def test_the_dictionary_of_a_chinese_workbook_gives_its_headings(tmp_path: Path) -> None:
    table: Table = (
        ("file", "column", "unit", "name_zh", "name_en", "meaning_zh", "meaning_en"),
        [("targets.csv", "gap", "unit", "", "", "模拟值减目标值", "Value minus target")],
    )

    write_workbook(tmp_path / "t.xlsx", {"columns.csv": table}, "zh")

    row = values(read(tmp_path / "t.xlsx")["字段说明"])[1]
    assert row == ["targets.csv", "gap", "该行的单位", "差距", "模拟值减目标值"]


def test_sources_are_cited_in_the_language_of_the_workbook(tmp_path: Path) -> None:
    table: Table = (
        ("id", "title", "publisher", "date", "zh"),
        [("c", "Census", "Bureau", "2020", "普查，统计局")],
    )

    for language, wanted in (
        ("zh", ["c", "2020", "普查，统计局"]),
        ("en", ["c", "Census", "Bureau", "2020"]),
    ):
        write_workbook(tmp_path / "t.xlsx", {"sources.csv": table}, language)  # type: ignore[arg-type]
        assert values(read(tmp_path / "t.xlsx").worksheets[1])[1] == wanted
