"""Tables as an Excel workbook: the only door to openpyxl besides `iamc`."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from urbsim.output.tables.run import Cell, Table
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import unit_name
from urbsim.study.words import LANGUAGES, Language, Words

Names = Mapping[str, Mapping[str, str]]

MOST_ROWS = 1_048_576  # of a sheet, the header included
LONGEST_TEXT = 32_767  # [characters] of a cell
LONGEST_NAME = 31  # [characters] of a sheet
WIDEST, NARROWEST = 60, 7  # [characters] of a column
LOOKED_AT = 2000  # rows from which the width of a column is taken

_SHEETS = {
    "trajectories": Words(zh="轨迹", en="trajectories"),
    "summary": Words(zh="汇总", en="summary"),
    "targets": Words(zh="目标", en="targets"),
    "levers": Words(zh="政策杠杆", en="levers"),
    "contributions": Words(zh="政策贡献", en="contributions"),
    "history": Words(zh="历史数据", en="history"),
    "sources": Words(zh="数据来源", en="sources"),
    "columns": Words(zh="字段说明", en="columns"),
    "sweep": Words(zh="参数扫描", en="sweep"),
    "panel": Words(zh="多地比较", en="panel"),
    "ranking": Words(zh="排名", en="ranking"),
    "comparison": Words(zh="情景比较", en="comparison"),
    "side_by_side": Words(zh="情景并列", en="side by side"),
    "levers_bought": Words(zh="政策成效", en="levers bought"),
    "differences": Words(zh="与对照情景之差", en="differences"),
}
_MEANINGS = {
    "trajectories": Words(
        zh="每个情景、区域、指标、年份一行的模拟结果",
        en="Every indicator by scenario, region and year, a row each",
    ),
    "summary": Words(
        zh="每个情景、区域、指标一行，每年一列",
        en="A row per scenario, region and indicator, a column per year",
    ),
    "targets": Words(zh="规划目标及模拟结果是否达到", en="Targets of the plans, and what came of each"),
    "levers": Words(
        zh="各情景的政策取值及其规划依据", en="What each scenario sets, with the clause of the plan"
    ),
    "contributions": Words(
        zh="每项政策单独变动、以及单独不变动时的结果之差",
        en="What each lever does alone, and what is lost when it alone stays as it was",
    ),
    "history": Words(zh="模型所依据的历史观测值", en="Observed values"),
    "sources": Words(zh="所用资料的名称、发布者和日期", en="Title, publisher and date of what was used"),
    "columns": Words(
        zh="各表各列的含义和单位，以及各指标的定义", en="What each column and each indicator means"
    ),
    "sweep": Words(zh="参数扫描中每次模拟的取值", en="The values of each run of a sweep"),
    "comparison": Words(
        zh="每个情景、区域、指标、年份的数值及与对照情景之差",
        en="Every value with the difference to the base, a row each",
    ),
    "side_by_side": Words(
        zh="各情景并列，每年一列，其后为与对照情景之差；已取整，可直接粘贴",
        en="Scenarios below each other, a column per year, then differences to the base; rounded, to paste",
    ),
    "levers_bought": Words(
        zh="每项政策带来的变化、全部政策同时的变化及相互作用",
        en="What each lever brought, what all did together, and what is left over",
    ),
    "ranking": Words(zh="各区域按距目标的差距排名", en="Regions by how far they fall short of their target"),
}
_ABOUT = Words(zh="说明", en="about")
_ABOUT_HEADER = (
    Words(zh="工作表", en="sheet"),
    Words(zh="内容", en="what it holds"),
    Words(zh="行数", en="rows"),
    Words(zh="对应的CSV文件", en="the same as CSV"),
)
_ABOUT_NOTE = Words(
    zh="单元格保存全部有效数字，显示时按单位取整。",
    en="Cells hold every digit; they are shown rounded, by their unit.",
)
_PART = Words(zh="（{}）", en=" ({})")
_NAMED = Words(zh="{}名称", en="{} name")
_COLUMNS = {
    "scenario": "情景",
    "region": "区域",
    "indicator": "指标",
    "unit": "单位",
    "year": "年份",
    "value": "数值",
    "parameter_set": "参数组",
    "base_year": "起始年",
    "operator": "要求",
    "target": "目标值",
    "gap": "差距",
    "margin": "模型误差",
    "met": "是否达到",
    "year_met": "达到年份",
    "source": "来源",
    "clause": "条款",
    "place": "地区",
    "rank": "名次",
    "lever": "政策杠杆",
    "own": "现值",
    "base": "对照情景",
    "base_value": "对照情景取值",
    "position": "档位",
    "counted": "计算方式",
    "alone": "单独作用",
    "last": "缺此一项之差",
    "vintage": "数据版本",
    "confidence": "可信度",
    "note": "备注",
    "title": "名称",
    "publisher": "发布者",
    "date": "日期",
    "where": "出处",
    "file": "文件",
    "column": "列",
    "type": "类型",
    "meaning": "含义",
    "definition": "定义",
    "name": "名称",
    "id": "编号",
    "zh": "资料和发布者（中文）",
    "difference": "差值",
    "difference_percent": "差值（%）",
    "row": "行",
    "short": "距目标差距",
    "held_to": "目标所属",
    "Model": "模型",
    "Scenario": "情景",
    "Region": "区域",
    "Variable": "指标",
    "Unit": "单位",
}
_IDS = {
    "Scenario": "scenario",
    "Region": "region",
    "Variable": "indicator",
    "base": "scenario",
    "held_to": "region",
}
_CITED = {"zh": ("title", "publisher"), "en": ("zh",)}  # columns of sources that another one stands for
_NAMED_BESIDE = ("lever", "indicator")  # ids that a column `name_zh` may be of
_YEARS = frozenset({"year", "year_met", "base_year", "target_year", "first_year", "last_year"})
_TRUTH = {True: Words(zh="是", en="yes"), False: Words(zh="否", en="no")}
_CODES: Mapping[str, Mapping[str, str]] = {  # column -> code -> Chinese
    "operator": {">=": "不低于", "<=": "不高于", "~": "约"},
    "unit": {"text": "文本", "number": "数", "unit": "该行的单位", "true or false": "是或否"},  # of `columns`
    "counted": {"stock": "年末数", "year": "该年数", "sum": "累计数"},
    "row": {"lever": "单项政策", "together": "全部政策同时", "left over": "相互作用"},
    "held_to": {"own": "自身目标", "asked": "指定水平"},  # others are areas
    "confidence": {
        "official": "官方发布",
        "secondary": "转引",
        "derived": "推算",
        "judgement": "判断",
        "from-memory": "待核实",
    },
}
_FORMATS = {"%": "0.00", "ratio": "0.000", "x": "0.000", "x standard": "0.000", "log points": "0.000"}
_SIZES = ((0.01, "0.0000"), (10, "0.00"), (1000, "#,##0.0"), (math.inf, "#,##0"))  # below which size
_HEADER_FONT = Font(bold=True)
_HEADER_FILL = PatternFill("solid", fgColor="FFE7ECF2")
_HEADER_ALIGNMENT = Alignment(vertical="top", wrap_text=True)
# What Excel would take for a formula, or turn into a number or a date, when somebody edits the cell.
_RISKY = re.compile(r"\s*[=+\-@\t\r]|\s*[\d.]|#")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of a sheet: where its cells come from, and how they are shown.

    `names` (id -> words) makes it the column of words beside that of the ids.
    """

    source: int
    heading: str
    names: Mapping[str, str] | None = None
    unit: bool = False  # cells are units
    codes: Mapping[str, str] = field(default_factory=dict)  # what cells may be -> Chinese
    year: bool = False  # cells are years


def write_workbook(
    path: Path, tables: Mapping[str, Table], language: Language, names: Names | None = None
) -> None:
    """Write one sheet for each table, after one that says what each sheet is.

    Numbers keep every digit and are shown rounded; text stays text, whatever it looks like. A table of more
    rows than a sheet can have goes on in the next. Of columns in both languages, that of `language` is kept.

    Parameters
    ----------
    tables
        Name, or file name (`trajectories.csv`), -> header and rows.
    names
        Column -> id -> words for people; a column of such words is added beside that of the ids.
    """
    book = Workbook(write_only=True)
    about = book.create_sheet(_ABOUT[language])
    lines: list[tuple[Cell, ...]] = []
    taken = {_ABOUT[language].casefold()}
    for file, table in tables.items():
        stem = Path(file).stem
        if stem == "columns" and language == "zh":
            table = _with_headings(table)  # noqa: PLW2901
        meaning = _MEANINGS[stem][language] if stem in _MEANINGS else ""
        for title, part in _sheets(stem, table, language, taken):
            _write(book.create_sheet(title), part, _columns(part[0], language, names or {}), language)
            lines.append((title, meaning, len(part[1]), f"{stem}.csv"))
    header = tuple(words[language] for words in _ABOUT_HEADER)
    lines.append((None, _ABOUT_NOTE[language], None, None))
    columns = [_Column(source=position, heading=heading) for position, heading in enumerate(header)]
    _write(about, (header, lines), columns, language)
    book.save(path)


def names_of(outcomes: Sequence[Outcome], language: Language) -> Names:
    """Give what people call the scenarios, places, regions, indicators and levers of outcomes."""
    regions: dict[str, str] = {}
    for outcome in outcomes:
        for area in outcome.place.areas:
            regions.setdefault(area, outcome.place.area_title(area)[language])
    return {
        "scenario": {outcome.name: outcome.scenario.title[language] for outcome in outcomes},
        "place": {outcome.place.name: outcome.place.title[language] for outcome in outcomes},
        "region": regions,
        "indicator": {one.id: one.name[language] for outcome in outcomes for one in outcome.indicators},
        "lever": {lever.id: lever.name[language] for outcome in outcomes for lever in outcome.levers},
    }


def _sheets(stem: str, table: Table, language: Language, taken: set[str]) -> Iterator[tuple[str, Table]]:
    """Give a table in parts that a sheet can hold, each with the name of its sheet."""
    header, rows = table
    size = MOST_ROWS - 1
    title = _SHEETS[stem][language] if stem in _SHEETS else stem
    for number, first in enumerate(range(0, max(len(rows), 1), size), start=1):
        yield _title(title, number, language, taken), (header, rows[first : first + size])


def _title(title: str, number: int, language: Language, taken: set[str]) -> str:
    """Give a name of a sheet that Excel takes, and that is not taken yet."""
    plain = re.sub(r"[\[\]:*?/\\]", "-", title).strip("'") or "-"
    while True:
        part = _PART[language].format(number) if number > 1 else ""
        name = plain[: LONGEST_NAME - len(part)] + part
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name
        number += 1


def _with_headings(table: Table) -> Table:
    """Put into the dictionary of columns what they are headed here."""
    header, rows = table
    column, name = header.index("column"), header.index("name_zh")
    return header, [
        (*row[:name], row[name] or _COLUMNS.get(str(row[column])), *row[name + 1 :]) for row in rows
    ]


def _columns(header: Sequence[str], language: Language, names: Names) -> list[_Column]:
    """Give the columns of a sheet: those of the table in this language, and words beside ids."""
    columns: list[_Column] = []
    others = tuple(f"_{other}" for other in LANGUAGES if other != language)
    for source, name in enumerate(header):
        stem = name.removesuffix(f"_{language}")
        if name.endswith(others) and f"{name[:-3]}_{language}" in header:
            continue
        if "zh" in header and name in _CITED[language]:
            continue
        heading = _made_of(stem, language, names) or (_COLUMNS.get(stem, stem) if language == "zh" else stem)
        if stem != name and stem in header:
            heading = _NAMED[language].format(heading)
        key = _IDS.get(name, name)
        columns.append(
            _Column(
                source=source,
                heading=heading,
                unit=key.casefold() == "unit",
                codes=_CODES.get(name, {}),
                year=key in _YEARS,
            )
        )
        told = f"{name}_{language}" in header or (name in _NAMED_BESIDE and f"name_{language}" in header)
        if key in names and not told:
            words = _NAMED[language].format(heading)
            said = {**names[key], **(_CODES.get(name, {}) if language == "zh" else {})}
            columns.append(_Column(source=source, heading=words, names=said))
    return columns


def _made_of(column: str, language: Language, names: Names) -> str:
    """Give the heading of a column whose name is made of a year or an indicator; empty for others."""
    if match := re.fullmatch(r"(\d{4}) difference", column):
        return f"{match[1]}与对照情景之差" if language == "zh" else column
    if match := re.fullmatch(r"(\w+) (stock|year|sum) \[(.*)\] (alone|last)", column):
        name, unit = names.get("indicator", {}).get(match[1], match[1]), unit_name(match[3], language)
        if language == "zh":
            summed = "累计" if match[2] == "sum" else ""
            return f"{summed}{name}（{unit}）{'单独实施' if match[4] == 'alone' else '最后加入'}"
        return f"{'sum of ' if match[2] == 'sum' else ''}{name} ({unit}), {match[4]}"
    return ""


def _write(sheet: Any, table: Table, columns: Sequence[_Column], language: Language) -> None:
    header, rows = table
    for position, column in enumerate(columns, start=1):
        widths = (_width(_value(row, column, language)) for row in rows[:LOOKED_AT])
        width = max((_width(column.heading) + 2, NARROWEST, *widths))  # 2: the arrow of the filter
        sheet.column_dimensions[get_column_letter(position)].width = min(width, WIDEST) + 2
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    sheet.append([_heading(sheet, column.heading) for column in columns])
    units = next((i for i, name in enumerate(header) if name.casefold() == "unit"), None)
    for row in rows:
        unit = "" if units is None else str(row[units] or "")
        sheet.append([_cell(sheet, _value(row, column, language), column, unit) for column in columns])


def _value(row: Sequence[Cell], column: _Column, language: Language) -> Cell:
    value = row[column.source]
    if column.names is not None:
        return column.names.get(str(value), value)
    if isinstance(value, bool):
        return _TRUTH[value][language]
    if language == "zh" and isinstance(value, str):
        said = column.codes.get(value, value)
        return unit_name(said, language) if column.unit else said
    if isinstance(value, float) and (column.year or not math.isfinite(value)):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    return value


def _cell(sheet: Any, value: Cell, column: _Column, unit: str) -> Any:
    """Give what to put into a cell; plain values where they cannot be misread, because that is faster."""
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_TEXT]
        return _text(sheet, text) if _RISKY.match(text) else text
    if isinstance(value, float) and not column.year:
        cell = WriteOnlyCell(sheet, value)
        by_size = next(form for size, form in _SIZES if abs(value) < size)
        cell.number_format = "0" if value == 0 else _FORMATS.get(unit, by_size)
        return cell
    return value


def _text(sheet: Any, text: str) -> Any:
    """Give a cell that is text, and stays it when somebody edits it."""
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = True
    return cell


def _heading(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, _HEADER_ALIGNMENT
    return cell


def _width(value: Cell) -> int:
    """Give the width of a cell's text in letters; a Chinese character is two."""
    if value is None:
        return 0
    text = f"{value:,.2f}" if isinstance(value, float) else str(value)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
