"""Reports of a results folder: what Word will show of them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from urbsim import batch
from urbsim.cli import DONE, FAILED, WRONG_INPUT
from urbsim.output.report.word import report
from urbsim.output.report.words import told
from urbsim.output.result_file import read_result
from urbsim.output.tables.compare import OTHERWISE
from urbsim.study.judge import judge
from urbsim.study.words import Language

Urbsim = Callable[..., int]
Captured = pytest.CaptureFixture[str]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def result(tiny: Path, urbsim: Urbsim, capsys: Captured) -> Path:
    assert urbsim("run", "scenarios", "--no-figures", "--out", "out") == DONE
    capsys.readouterr()
    return tiny / "out"


def parts(file: Path) -> str:
    with zipfile.ZipFile(file) as archive:
        return archive.read("word/document.xml").decode()


def cells(document: Any) -> list[str]:
    return [cell.text for table in document.tables for row in table.rows for cell in row.cells]


def styled(document: Any, style: str) -> list[str]:
    return [p.text for p in document.paragraphs if p.style.name == style]


def test_a_report_is_written_in_each_language(result: Path, urbsim: Urbsim, capsys: Captured) -> None:
    assert urbsim("report", result, "--to", "docx") == DONE

    assert capsys.readouterr().out.split() == ["out-zh.docx", "out-en.docx"]
    zh, en = Document("out-zh.docx"), Document("out-en.docx")
    assert styled(zh, "Title") == ["小地方：城镇化情景"]
    assert styled(en, "Title") == ["Tiny: urbanization scenarios"]
    assert styled(zh, "Heading 1")[:3] == ["主要结论", "规划目标能否实现", "两项目标能否同时实现"]
    assert "What becomes of the targets" in styled(en, "Heading 1")
    assert "未达到 −541万人" in "".join(cells(zh))
    assert any("missed −5.4 m" in text for text in cells(en))
    words = " ".join(p.text for p in en.paragraphs) + " ".join(cells(en))
    assert not CHINESE.search(words)


def test_verdicts_and_the_arithmetic_of_two_targets_are_those_of_the_run(
    result: Path, urbsim: Urbsim
) -> None:
    urbsim("report", result, "--to", "docx", "--lang", "en", "--out", "mine.docx")

    document = Document("mine.docx")
    verdicts, arithmetic, *_ = document.tables
    assert [row.cells[0].text for row in verdicts.rows] == ["Scenario", "Baseline (base)", "Faster"]
    assert [row.cells[1].text for row in verdicts.rows] == [
        "Urbanization rate\n2025: 70 %\nch. 1",
        "69.8\nmissed −0.2",
        "70.1\nmet",
    ]
    notes = " ".join(p.text for p in document.paragraphs)
    assert "80 % and 28 million agree only at 35.0 m residents" in notes
    # 30 million residents, 22.6 million of them urban in the baseline: 75.3 %, short of 28 by 5.4 million.
    assert [cell.text for cell in arithmetic.rows[1].cells][:4] == ["Baseline", "30.0 m", "22.6 m", "75.3 %"]


def test_word_can_number_repeat_and_find_its_parts(result: Path, urbsim: Urbsim) -> None:
    urbsim("report", result, "--to", "docx", "--lang", "zh", "--out", "mine.docx")

    document = Document("mine.docx")
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    for table in document.tables:  # a header row that is repeated, rows that are not broken
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        width = sum(cell.width for cell in table.rows[0].cells)
        assert width <= section.page_width - section.left_margin - section.right_margin + 1000
    fields = re.findall(r"> (SEQ [^<]*?) \\\* ARABIC <", parts(Path("mine.docx")))
    assert fields.count("SEQ 表") == len(document.tables)
    assert fields.count("SEQ 图") == len(document.inline_shapes) == 2
    footer = section.footer._element.xml
    assert "PAGE" in footer
    assert "NUMPAGES" in footer
    assert styled(document, "Caption")[0].startswith("表1  小地方")
    shapes = [shape._inline.docPr for shape in document.inline_shapes]
    assert all(shape.get("descr") for shape in shapes)
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert (fonts.get(qn("w:eastAsia")), fonts.get(qn("w:ascii"))) == ("SimSun", "Times New Roman")
    heading = document.styles["Heading 1"].element.rPr.rFonts
    assert heading.get(qn("w:eastAsia")) == "SimHei"
    assert not any("Theme" in key for key in heading.attrib)  # or it would win over the fonts above
    assert document.core_properties.title == "小地方：城镇化情景"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_many_targets_are_cut_into_tables_with_every_scenario_in_each(tiny: Path, language: Language) -> None:
    results = batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"], base=True)
    first = results.outcomes[0].targets[0]
    many = [replace(first, id=f"x{value}", value=value / 10) for value in range(691, 703)]
    base, faster = (
        replace(
            one,
            run=replace(
                one.run,
                verdicts=judge(one.run.measured, many, one.place, parameter_set=one.parameter_set),
            ),
        )
        for one in results.outcomes
        if one.run
    )

    document = report([faster, base], {}, language)

    tables = [table for table in document.tables if table.rows[0].cells[0].text in ("情景", "Scenario")]
    assert [len(table.columns) - 1 for table in tables] == [4, 4, 4]
    for table in tables:  # upright pages all through, the base first
        assert [row.cells[0].text for row in table.rows][1:] == [
            base.scenario.title[language] + ("（基准）" if language == "zh" else " (base)"),
            faster.scenario.title[language],
        ]
    assert len(document.sections) == 1


def test_a_file_that_is_there_is_not_replaced_unless_asked(
    result: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    Path("mine.docx").write_text("edited", encoding="utf-8")
    words = ("report", result, "--to", "docx", "--lang", "en", "--out", "mine.docx")

    assert urbsim(*words) == WRONG_INPUT
    assert capsys.readouterr().err.startswith(
        "mine.docx: is there already, and may have been edited\n"
        "  fix: name another with --out, or replace it with --force\n"
    )
    assert Path("mine.docx").read_text(encoding="utf-8") == "edited"
    assert urbsim(*words, "--force") == DONE
    assert Document("mine.docx").paragraphs


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "docx", "--lang", "en", "--out", "no/mine.docx"), "no/mine.docx: there is no folder no"),
        (("--to", "docx", "--lang", "en", "--out", "mine.doc"), "mine.doc: ends in '.doc', expected .docx"),
        (("--to", "docx", "--lang", "en", "--out", "scenarios"), "scenarios: is a folder, expected a file"),
        (("--to", "docx", "--out", "mine.docx"), "choose --lang zh or en"),
        (
            (
                "--to",
                "pdf",
            ),
            "'pdf' is not one of 'docx', 'html'",
        ),
    ],
)
def test_what_cannot_be_written_is_told(
    result: Path, urbsim: Urbsim, capsys: Captured, words: tuple[str, ...], told: str
) -> None:
    assert urbsim("report", result, *words) == WRONG_INPUT
    assert told in capsys.readouterr().err
    assert not [*Path().glob("*.docx")]


def test_a_page_is_written_anew_from_a_folder(result: Path, urbsim: Urbsim, capsys: Captured) -> None:
    assert urbsim("report", result, "--to", "html") == DONE

    assert capsys.readouterr().out.split() == ["out.html"]
    assert "<title>小地方" in Path("out.html").read_text(encoding="utf-8")


def test_a_disk_that_cannot_be_written_to_is_told(
    result: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "mine.docx")

    monkeypatch.setattr("urbsim.output.report.word.write_word", full)

    assert urbsim("report", result, "--to", "docx", "--lang", "en", "--out", "mine.docx") == FAILED
    assert "mine.docx: cannot be written: No space left on device" in capsys.readouterr().err


def test_a_scenario_that_failed_is_told_with_its_reason(result: Path) -> None:
    recorded = read_result(result)
    first, *_ = recorded.outcomes
    failed = replace(
        first, scenario=replace(first.scenario, name="broken"), run=None, failure="it went wrong"
    )

    document = report([*recorded.outcomes, failed], recorded.facts, "en")

    assert "The run failed: it went wrong" in [p.text for p in document.paragraphs]


def test_what_is_not_of_levers_has_a_row_of_its_own(result: Path) -> None:
    base, faster = read_result(result).outcomes
    assert base.run
    fewer = tuple(replace(one, values=one.values - 2) for one in base.run.measured.series)
    other = replace(
        base,
        scenario=replace(base.scenario, period=(2010, 2035)),
        run=replace(base.run, measured=replace(base.run.measured, series=fewer)),
    )

    ((alike,), (unlike,)) = (told([one, faster], {}, "zh")["bought"] for one in (base, other))

    assert [row[0] for row in unlike["rows"]] == [*(row[0] for row in alike["rows"]), OTHERWISE.zh]
    # What levers did is what it was, whatever they are held against; the rest is all in the last row.
    assert [row[1] for row in unlike["rows"][:-2]] == [row[1] for row in alike["rows"][:-1]]
    assert [row[2] for row in alike["rows"]].index(True) == len(alike["rows"]) - 2
    assert (alike["against"], alike["year"]) == (base.scenario.title.zh, 2035)
