"""Outcomes -> a Word document that can be printed and edited. The only door to python-docx.

Words are those of the page (`report_words`), figures those of the results folder. All is set in styles of the
document, so that a reader can change them: headings, captions with numbers of Word's own, tables whose header
row is repeated, lists. Chinese has fonts that every Windows has; nothing is embedded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from urbsim.output.report.verdicts import Cell, Head, Row, State, Verdicts
from urbsim.output.report.words import BoughtGrid, ScenarioWords, Told, told
from urbsim.output.tables.verdicts import by_place
from urbsim.output.whole_file import whole
from urbsim.study.outcome import Outcome
from urbsim.study.words import Language, Words

A4 = (Cm(21.0), Cm(29.7))
MARGIN = Cm(2.5)
FIGURE, HIGHEST = Cm(16.0), Cm(21.5)  # width of a figure, within margins of A4, and height with its caption
NARROW = 7  # columns from which a long English word no longer fits in the usual type
ABREAST = 5  # targets beside each other
FONTS: Mapping[str, Mapping[Language, tuple[str, str]]] = {  # for Latin letters, and for Chinese
    "text": {"zh": ("Times New Roman", "SimSun"), "en": ("Times New Roman", "SimSun")},
    "heading": {"zh": ("Arial", "SimHei"), "en": ("Arial", "SimHei")},
}
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en-GB"}
INK, SOFT, RED, GREEN, BROWN = (
    RGBColor.from_string(c) for c in ("1A1A1A", "595959", "9C1C1C", "14632B", "6B4700")
)
SHADE = "EDEDED"
LOOKS: Mapping[State, tuple[RGBColor, str]] = {  # colour of the word, and of the cell
    "met": (GREEN, "EEF7F0"),
    "missed": (RED, "FBEEEE"),
    "open": (BROWN, "FDF0C4"),
    "failed": (RED, "FBEEEE"),
}

_SAID = {
    "report": Words(zh="城镇化情景分析报告", en="Urbanization scenarios: a report"),
    "findings": Words(zh="主要结论", en="Findings"),
    "verdicts": Words(zh="规划目标能否实现", en="What becomes of the targets"),
    "conflicts": Words(zh="两项目标能否同时实现", en="What two targets ask for together"),
    "figures": Words(zh="各项指标的走势", en="How indicators move"),
    "bought": Words(zh="附录：各项政策的作用", en="Appendix: what each lever bought"),
    "scenarios": Words(zh="各情景的假设", en="What each scenario assumes"),
    "sources": Words(zh="资料来源", en="Sources"),
    "limits": Words(zh="局限性与可靠程度", en="Limits, and how sure the numbers are"),
    "made": Words(zh="编制说明", en="How this report was made"),
    "base": Words(zh="（基准）", en=" (base)"),
    "target": Words(zh="目标", en="Target"),
    "scenario": Words(zh="情景", en="Scenario"),
    "computed": Words(zh="计算值", en="Computed"),
    "result": Words(zh="结果", en="Result"),
    "clause": Words(zh="依据", en="Set by"),
    "shared": Words(zh="{title}：各情景相同的结果", en="{title}: the same in every scenario"),
    "figure": Words(zh="图", en="Figure "),
    "table": Words(zh="表", en="Table "),
    "lever": Words(zh="政策杠杆", en="Lever"),
    "alone": Words(zh="单独实施", en="alone"),
    "last": Words(zh="追加", en="added"),
    "failed": Words(zh="运行失败：", en="The run failed: "),
    "page": Words(zh="第{}页，共{}页", en="Page {} of {}"),
    "no targets": Words(
        zh="这些情景没有可以判定的目标。", en="These scenarios have no target that could be judged."
    ),
    "counted": Words(
        zh="{met}：{scenario}（在可判定的{all}项目标中）。",
        en="{scenario} meets {met} of the {all} targets that could be judged.",
    ),
    "levers how": Words(
        zh=(
            "带“累计”的为首个政策年以来的合计。“单独实施”：只动用这一项；“追加”：在其他政策基础上追加这一项；"
            "未注明的为单独实施。各项相互影响，各项之和不等于合计。"
        ),
        en=(
            'Sums run from the first policy year on. "Alone": this lever and no other; "added": on top of '
            "all the others; where neither is written, alone. Levers act through each other, so that the "
            "parts do not add up to the whole."
        ),
    ),
    "table of": Words(zh="{title}：目标判定", en="{title}: verdicts on the targets"),
    "part": Words(zh="（续{}）", en=", part {}"),
    "arithmetic": Words(zh="同时实现两个目标所需的条件", en="What it takes for both targets to hold"),
    "bought by": Words(
        zh="“{title}”各项政策的作用：{year}年与“{against}”之差",
        en="What each lever of {title} bought: difference to {against} in {year}",
    ),
}


def write_word(path: Path, outcomes: Sequence[Outcome], facts: Mapping[str, Any], language: Language) -> None:
    """Write the report of a results folder; a file that is there is replaced when the new one is whole.

    Parameters
    ----------
    facts
        What stands in `run.json`: versions, hashes, solver, date.
    """
    document = report(outcomes, facts, language)
    made = io.BytesIO()  # a zip file that cannot be finished complains long after
    document.save(made)
    with whole(path) as beside:
        beside.write_bytes(made.getvalue())


def report(outcomes: Sequence[Outcome], facts: Mapping[str, Any], language: Language) -> Doc:
    """Lay out the report."""
    page = told(outcomes, facts, language)
    writer = _Writer(language)
    writer.begin(page, facts)
    writer.heading("findings")
    for line in (*_leads(outcomes, page, language), *page["notes"]):
        writer.bullet(line)
    writer.heading("verdicts")
    if not page["verdicts"]:
        writer.text(_SAID["no targets"][language])
    for table in page["verdicts"]:
        writer.verdicts(table)
    for rule in page["rules"]:
        writer.small(rule)
    if page["conflicts"]:
        writer.heading("conflicts")
        for line in page["notes"]:
            writer.text(line)
        for conflict in page["conflicts"]:
            writer.caption("table", _SAID["arithmetic"][language])
            writer.table(conflict["head"], conflict["rows"], first=Cm(3.6))
    writer.heading("figures")
    for group in by_place(outcomes):
        writer.figures(group)
    writer.heading("scenarios")
    for scenario in page["scenarios"]:
        writer.scenario(scenario)
    writer.heading("sources")
    for line in page["sources"]:
        writer.bullet(line, small=True)
    writer.heading("limits")
    for line in page["limits"]:
        writer.bullet(line)
    writer.heading("made")
    for term, lines in page["made"]:
        writer.term(term, lines)
    writer.bought(page["bought"])
    return writer.document


def _leads(outcomes: Sequence[Outcome], page: Told, language: Language) -> Iterator[str]:
    """Give the findings that come first: on the main targets, then one of every figure."""
    from urbsim.output.words.pictures import PICTURES, picture_finding

    given = list(page["lead"])
    yield from given
    for group in by_place(outcomes):
        for picture in PICTURES:
            found = picture_finding(picture, group, language)
            if found is not None and found.head not in given:
                given.append(found.head)
                yield found.head


class _Writer:
    """A document that grows from its first page to its last."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.document: Doc = Document()
        self.numbers = {"figure": 0, "table": 0}
        _set_page(self.document)
        _set_styles(self.document, language)
        self._footer()

    # --- words

    def begin(self, page: Told, facts: Mapping[str, Any]) -> None:
        self.document.add_paragraph(page["title"], style="Title")
        self.document.add_paragraph(page["subtitle"], style="Subtitle")
        names = ("、" if self.language == "zh" else ", ").join(one["title"] for one in page["scenarios"])
        self.document.add_paragraph(names, style="Subtitle")
        about = self.document.core_properties
        about.title, about.author, about.language = page["title"], "urbsim", TAGS[self.language]
        about.subject, about.comments, about.keywords = page["subtitle"], "", "urbsim"
        with suppress(ValueError):
            made = datetime.fromisoformat(str(facts.get("made", "")))
            about.created = about.modified = made.replace(tzinfo=None)

    def heading(self, key: str, *, level: int = 1) -> None:
        self.document.add_heading(_SAID[key][self.language] if key in _SAID else key, level)

    def text(self, text: str) -> None:
        self.document.add_paragraph(text)

    def bullet(self, text: str, *, small: bool = False) -> None:
        self.document.add_paragraph(text, style="List Bullet 2" if small else "List Bullet")

    def small(self, text: str) -> None:
        self.document.add_paragraph(text, style="Note")

    def term(self, term: str, lines: Sequence[str]) -> None:
        paragraph = self.document.add_paragraph(style="Note")
        paragraph.add_run(f"{term}{'：' if self.language == 'zh' else ': '}").bold = True
        paragraph.add_run(("；" if self.language == "zh" else "; ").join(lines))

    def scenario(self, scenario: ScenarioWords) -> None:
        base = _SAID["base"][self.language] if scenario["base"] else ""
        self.heading(f"{scenario['title']}{base}", level=2)
        if scenario["failure"]:
            self.text(f"{_SAID['failed'][self.language]}{scenario['failure']}")
        if scenario["description"]:
            self.text(scenario["description"])
        for line in scenario["assumptions"]:
            self.bullet(line)

    def caption(self, kind: str, text: str) -> None:
        """Write a caption with a number that Word keeps up to date."""
        self.numbers[kind] += 1
        word = _SAID[kind][self.language]
        paragraph = self.document.add_paragraph(word, style="Caption")
        _field(paragraph, f"SEQ {word.strip()} \\* ARABIC", str(self.numbers[kind]))
        paragraph.add_run(f"  {text}")
        paragraph.paragraph_format.keep_with_next = kind == "table"  # above its table, below its figure

    # --- tables

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        first: Length | None = None,
        widths: Sequence[Length] = (),
    ) -> Table:
        """Write a table whose header row is repeated on every page.

        `first` is the width of its first column, where the others have the same; or else there are `widths`.
        """
        section = self.document.sections[-1]
        page, left, right = section.page_width, section.left_margin, section.right_margin
        room = Length((page or A4[0]) - (left or MARGIN) - (right or MARGIN))
        if first is not None:
            widths = (first, *[Length(int((room - first) / (len(head) - 1)))] * (len(head) - 1))
        table: Table = self.document.add_table(rows=1, cols=len(head), style="Plan table")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for row in rows:
            table.add_row()  # type: ignore[no-untyped-call]
            for cell, text in zip(table.rows[-1].cells, row, strict=True):
                self._fill(cell, text)
        for cell, text in zip(table.rows[0].cells, head, strict=True):
            self._fill(cell, text, bold=True)
            if len(head) > NARROW:
                cell.paragraphs[0].runs[0].font.size = Pt(7.5)
            _shade(cell)
        for row in table.rows:
            for number, (cell, width) in enumerate(zip(row.cells, widths, strict=True)):
                cell.width = width
                if number:
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _row_property(row, "w:cantSplit")
        for number, column in enumerate(table.columns):
            column.width = widths[number]
        for line in list(table.rows)[:3]:  # no page ends with the head of a table
            for cell in line.cells:
                cell.paragraphs[0].paragraph_format.keep_with_next = len(table.rows) > 3
        _row_property(table.rows[0], "w:tblHeader")
        self.document.add_paragraph(style="Note")
        return table

    def _fill(self, cell: _Cell, text: str, *, bold: bool = False) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.style = "Table text"
        paragraph.add_run(text).bold = bold

    def verdicts(self, found: Verdicts) -> None:
        """Write a row for every scenario, in as many tables as targets need, then what is the same in all."""
        language = self.language
        title = found.place.title[language]
        for number, part in enumerate(found.parts(ABREAST)):
            again = _SAID["part"][language].format(number + 1) if number else ""
            self.caption("table", _SAID["table of"][language].format(title=title) + again)
            head = [_SAID["scenario"][language], *("" for _ in part)]
            body = [[_named(row, language), *("" for _ in part)] for row in found.rows]
            table = self.table(head, body, first=Cm(3.4))
            for cell, i in zip(table.rows[0].cells[1:], part, strict=True):
                self._demand(cell, found.heads[i])
            for line, row in zip(table.rows[1:], found.rows, strict=True):
                for cell, i in zip(line.cells[1:], part, strict=True):
                    self._judged(cell, row.cells[i])
        if not found.shared:
            return
        named = f"{title}{'：' if language == 'zh' else ': '}{found.alone}"
        self.caption("table", named if found.alone else _SAID["shared"][language].format(title=title))
        head = [_SAID[key][language] for key in ("target", "computed", "result", "clause")]
        stop = "，" if language == "zh" else ", "
        body = [[f"{one.heading}{stop}{one.demand}", c.value, "", one.clause] for one, c in found.shared]
        table = self.table(head, body, widths=(Cm(6.2), Cm(2.4), Cm(3.0), Cm(4.4)))
        for line, (_, judged) in zip(table.rows[1:], found.shared, strict=True):
            self._judged(line.cells[2], replace(judged, value=""))
        for line in table.rows:
            for at in line.cells[2:]:
                at.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.LEFT

    def _demand(self, cell: _Cell, head: Head) -> None:
        """Write the head of a column: indicator, what is demanded by when, and the clause in small type."""
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
        for number, text in enumerate((head.heading, head.demand, head.clause)):
            run = paragraph.add_run(text)
            run.font.size, run.bold = (Pt(6.5), False) if number == 2 else (Pt(7.5), number == 1)
            if number < 2:
                run.add_break()

    def _judged(self, at: _Cell, cell: Cell) -> None:
        paragraph = at.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
        colour, fill = LOOKS.get(cell.state, (INK, ""))
        for number, text in enumerate(filter(None, (cell.value, cell.result, cell.note))):
            if number:
                paragraph.runs[-1].add_break()
            run = paragraph.add_run(text)
            if text == cell.result:
                run.font.color.rgb, run.bold = colour, True
            elif text == cell.note:
                run.font.size = Pt(6.5)
        if fill:
            _shade(at, fill)

    # --- figures

    def figures(self, outcomes: Sequence[Outcome]) -> None:
        """Draw the figures of a place, each with its caption and with words for those who do not see it."""
        from urbsim.output.figures.look import styled
        from urbsim.output.figures.run import draw
        from urbsim.output.words.pictures import PICTURES, picture_finding

        for picture in PICTURES:
            with styled(self.language):
                figure = draw(picture, outcomes, self.language)
                if figure is None:
                    continue
                image = io.BytesIO()
                figure.savefig(image, format="png", dpi=300, metadata={"Software": None})
            image.seek(0)
            found = picture_finding(picture, outcomes, self.language)
            shape = self.document.add_picture(image, width=FIGURE)
            if shape.height > HIGHEST:
                shape.width, shape.height = Length(int(shape.width * HIGHEST / shape.height)), HIGHEST
            paragraph = self.document.paragraphs[-1]
            paragraph.style, paragraph.paragraph_format.keep_with_next = "Figure", True
            alternative = "" if found is None else f"{found.head} {found.more}".strip()
            about = shape._inline.docPr  # noqa: SLF001 - python-docx has no other way to alternative text
            about.set("descr", alternative)
            about.set("title", picture.title[self.language])
            place = outcomes[0].place.title[self.language]
            self.caption(
                "figure", f"{place}{'：' if self.language == 'zh' else ': '}{picture.title[self.language]}"
            )

    # --- what levers bought

    def bought(self, grids: Sequence[BoughtGrid]) -> None:
        """Write what the levers of each scenario bought: the first indicator alone and last, others alone."""
        if not grids:
            return
        language = self.language
        self.heading("bought")
        self.small(_SAID["levers how"][language])
        for grid in grids:
            (first, unit), *others = grid["head"]
            alone, last = (_SAID[key][language] for key in ("alone", "last"))
            head = [
                _SAID["lever"][language],
                *(
                    _headed(first, f"{side}, {unit}" if language == "en" else f"{side}，{unit}", language)
                    for side in (alone, last)
                ),
                *(_headed(name, unit, language) for name, unit in others),
            ]
            rows = [[name, *cells[:2], *cells[2::2]] for name, cells, _ in grid["rows"]]
            about = _SAID["bought by"][language].format(
                title=grid["title"], year=grid["year"], against=grid["against"]
            )
            self.caption("table", about)
            self.table(head, rows, first=Cm(3.6))

    def _footer(self) -> None:
        paragraph = self.document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        before, between, after = _SAID["page"][self.language].split("{}")
        paragraph.add_run(before)
        _field(paragraph, "PAGE", "1")
        paragraph.add_run(between)
        _field(paragraph, "NUMPAGES", "1")
        paragraph.add_run(after)


def _headed(name: str, unit: str, language: Language) -> str:
    if not unit:
        return name
    return f"{name}（{unit}）" if language == "zh" else f"{name} ({unit})"


def _named(row: Row, language: Language) -> str:
    return f"{row.title}{_SAID['base'][language] if row.base else ''}"


# --- pages, styles and what python-docx has no word for ------------------------------------------


def _set_page(document: Doc) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = A4
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN


def _set_styles(document: Doc, language: Language) -> None:
    styles = document.styles
    text, heading = FONTS["text"][language], FONTS["heading"][language]
    size: float = 10.5
    _style(styles["Normal"], text, size, after=6, line=1.3)
    _style(styles["Title"], heading, 20, after=4, bold=True)
    _style(styles["Subtitle"], text, 10.5, colour=SOFT, after=4)
    for level, points in ((1, 15.0), (2, 12.0)):
        _style(
            styles[f"Heading {level}"], heading, points, before=14 if level == 1 else 10, after=5, bold=True
        )
    _style(styles["List Bullet"], text, size, after=3, line=1.25)
    _style(styles["List Bullet 2"], text, 9, after=1, line=1.15)
    styles["List Bullet 2"].paragraph_format.left_indent = styles["List Bullet"].paragraph_format.left_indent
    _style(styles["Caption"], heading, 9.5, before=4, after=4, bold=False)
    styles["Caption"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for name, points in (("Table text", 8.0), ("Note", 9.0), ("Figure", size)):
        made = styles.add_style(name, 1)
        made.base_style = styles["Normal"]
        _style(
            made,
            text,
            points,
            after=3 if name == "Note" else 0,
            line=1.1 if name == "Note" else 1.0,
            colour=SOFT if name == "Note" else INK,
        )
    styles["Figure"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    table = styles.add_style("Plan table", 3)
    table.base_style = styles["Normal Table"]
    _borders(table.element)
    defaults = styles.element.find(qn("w:docDefaults"))
    if defaults is not None:
        for lang in defaults.iter(qn("w:lang")):
            lang.set(qn("w:val"), TAGS["en"])
            lang.set(qn("w:eastAsia"), TAGS["zh"])


def _style(
    style: Any,
    fonts: tuple[str, str],
    size: float,
    *,
    before: float = 0,
    after: float = 0,
    line: float | None = None,
    colour: RGBColor = INK,
    bold: bool | None = None,
) -> None:
    """Set type, size and spacing of a style [points]; theme fonts would win over those set, and go."""
    latin, chinese = fonts
    style.font.name, style.font.size, style.font.color.rgb = latin, Pt(size), colour
    style.font.italic = False
    if bold is not None:
        style.font.bold = bold
    marks = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in [key for key in marks.attrib if "Theme" in key]:
        del marks.attrib[key]
    for key, name in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", chinese)):
        marks.set(qn(f"w:{key}"), name)
    spacing = style.element.find(qn("w:rPr")).find(qn("w:spacing"))
    if spacing is not None:  # letters of titles are set apart in the template
        style.element.find(qn("w:rPr")).remove(spacing)
    if isinstance(style, ParagraphStyle):
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = line
        borders = style.element.get_or_add_pPr().find(qn("w:pBdr"))
        if borders is not None:
            style.element.pPr.remove(borders)


def _field(paragraph: Paragraph, instruction: str, shown: str) -> None:
    """Write a field of Word's with what it shows until it is brought up to date."""
    for kind in ("begin", "instruction", "separate", "shown", "end"):
        run = paragraph.add_run(shown if kind == "shown" else "")
        if kind == "instruction":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {instruction} "
            run._r.append(code)  # noqa: SLF001 - python-docx has no fields
        elif kind != "shown":
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)  # noqa: SLF001


def _row_property(row: Any, name: str) -> None:
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001


def _shade(cell: _Cell, fill: str = SHADE) -> None:
    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{key}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001


def _borders(style: Any) -> None:
    """Draw a line above, below and between rows, as printed tables have."""
    properties = OxmlElement("w:tblPr")
    borders = OxmlElement("w:tblBorders")
    for side, size in (("top", "10"), ("bottom", "10"), ("insideH", "4")):
        line = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", "808080")):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)
    properties.append(borders)
    margins = OxmlElement("w:tblCellMar")
    for side, size in (("top", "25"), ("left", "50"), ("bottom", "25"), ("right", "50")):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:w"), size)
        line.set(qn("w:type"), "dxa")
        margins.append(line)
    properties.append(margins)
    style.append(properties)
