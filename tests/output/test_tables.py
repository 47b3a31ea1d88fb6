"""What levers are set to, and the formats that tables are written in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from urbsim import batch
from urbsim.errors import InputError
from urbsim.output.folder import check_folder
from urbsim.output.tables.run import lever_table

Urbsim = Callable[..., int]


def write(name: str, text: str) -> str:
    path = Path("scenarios", f"{name}.yaml")
    path.write_text(f"name: {name}\n{text}\n", encoding="utf-8")
    return str(path)


def levers(*given: str) -> list[dict[str, object]]:
    header, rows = lever_table(batch.run(given, base=True).outcomes)
    return [dict(zip(header, row, strict=True)) for row in rows]


def told(row: dict[str, object], *columns: str) -> tuple[object, ...]:
    return tuple(row[column] for column in columns)


def test_levers_are_told_in_the_years_that_either_scenario_names(tiny: Path) -> None:
    write("root", "place: tiny\nlevers: {moving_rate: {2025: 2, 2035: 4}}")
    child = write("child", "extends: root\nlevers: {moving_rate: {east: x2, west: {2028: 2, 2030: 4}}}")

    rows = levers(child)

    assert [told(row, "scenario", "region", "year", "value", "base_value") for row in rows] == [
        ("root", "east", 2025, 2, None),
        ("root", "east", 2035, 4, None),
        ("root", "west", 2025, 2, None),
        ("root", "west", 2035, 4, None),
        ("child", "east", 2025, 2, 2),  # one number is reached at the end of the first policy year, 2026
        ("child", "east", 2026, 4, pytest.approx(2.2)),
        ("child", "east", 2035, 4, 4),
        ("child", "west", 2025, 2, 2),
        ("child", "west", 2028, 2, pytest.approx(2.6)),
        ("child", "west", 2030, 4, 3),
        ("child", "west", 2035, 4, 4),
    ]
    assert told(rows[5], "position_en", "position_zh", "own", "clause_en") == (
        "doubled",
        "加倍",
        2,
        "clause 1",
    )


def test_a_smaller_area_wins_and_what_is_not_set_stays_its_own(tiny: Path) -> None:
    one = write(
        "one", "extends: baseline\nlevers: {moving_rate: {tiny: 3, coast: {2025: 2, 2027: 6}}, wish: 2}"
    )
    other = write("other", "extends: baseline\nlevers: {moving_rate: {west: 1}}")

    rows = [row for row in levers(one, other) if row["year"] == 2026 or row["scenario"] == "one"]

    assert [told(row, "scenario", "lever", "region", "year", "value") for row in rows] == [
        ("one", "moving_rate", "east", 2025, 2),
        ("one", "moving_rate", "east", 2027, 6),
        ("one", "moving_rate", "west", 2026, 3),
        ("one", "wish", "tiny", 2026, 2),
        ("other", "moving_rate", "west", 2026, 1),
    ]


def test_tables_are_written_in_the_formats_that_are_asked_for(tiny: Path, urbsim: Urbsim) -> None:
    import openpyxl
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    asked = ("--format", "csv,xlsx,parquet,iamc", "--no-figures", "--out", "out")
    assert urbsim("run", "scenarios", *asked) == 0

    written = {path.name for path in Path("out").iterdir()}
    assert {"tables_zh.xlsx", "tables_en.xlsx", "iamc.csv", "iamc.xlsx", "trajectories.parquet"} <= written
    for path in Path("out").glob("*.csv"):
        if path.name != "iamc.csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                lines = list(csv.reader(file))
            table = pq.read_table(path.with_suffix(".parquet"))
            assert (table.column_names, table.num_rows) == (lines[0], len(lines) - 1)
    assert "trajectories" in openpyxl.load_workbook("out/tables_en.xlsx", read_only=True).sheetnames
    check_folder(Path("out"))
    assert urbsim("run", "scenarios", "--format", "xlsx", "--lang", "en", "--no-figures", "--out", "out") == 0
    assert {path.name for path in Path("out").glob("*.xlsx")} == {"tables.xlsx"}


def test_an_unknown_format_is_refused(tiny: Path, urbsim: Urbsim, capsys: pytest.CaptureFixture[str]) -> None:
    assert urbsim("run", "scenarios", "--format", "pdf", "--out", "out") == 2

    assert "'pdf' is none of csv, xlsx, parquet, iamc" in capsys.readouterr().err
    assert not Path("out").exists()


@pytest.mark.parametrize("wrong", [{"formats": ["xslx"]}, {"formats": "xlsx"}, {"languages": ["fr"]}])
def test_what_cannot_be_written_is_refused_from_python_too(wrong: dict[str, Any], tiny: Path) -> None:
    results = batch.run(["scenarios/baseline.yaml"])

    with pytest.raises(InputError, match="expected a list of"):
        results.write("out", **wrong)

    assert not Path("out").exists()


def test_a_run_writes_a_report_unless_figures_are_left_out(tiny: Path, urbsim: Urbsim) -> None:
    assert urbsim("run", "scenarios", "--lang", "en", "--out", "out") == 0
    assert Path("out/report.html").stat().st_size > 0
    assert json.loads(Path("out/run.json").read_text(encoding="utf-8"))["command"] == "urbsim run"

    assert urbsim("run", "scenarios", "--no-figures", "--out", "out") == 0
    assert not Path("out/report.html").exists()


@pytest.mark.parametrize("given", ["out", "out/inner", "."])
def test_a_folder_that_is_read_is_not_replaced(
    given: str, tiny: Path, urbsim: Urbsim, capsys: pytest.CaptureFixture[str]
) -> None:
    urbsim("run", "scenarios", "--no-figures", "--out", "out")
    before = Path("out/trajectories.csv").read_bytes()

    assert urbsim("compare", "out", "--no-figures", "--out", given) == 2

    said = capsys.readouterr().err
    assert "holds the results that are read here" in said or "this runs in it" in said
    assert Path("out/trajectories.csv").read_bytes() == before


def test_results_of_another_command_are_not_replaced(
    tiny: Path, urbsim: Urbsim, capsys: pytest.CaptureFixture[str]
) -> None:
    urbsim("run", "scenarios", "--no-figures", "--out", "out")

    assert urbsim("panel", "baseline", "--out", "out") == 2

    assert "out: holds results of `urbsim run`, which would be lost" in capsys.readouterr().err


def test_what_was_added_or_changed_by_hand_is_not_lost(
    tiny: Path, urbsim: Urbsim, capsys: pytest.CaptureFixture[str]
) -> None:
    urbsim("run", "baseline", "--lang", "en", "--out", "out")
    Path("out/figures/letter.docx").write_text("Dear", encoding="utf-8")
    Path("out/.DS_Store").write_text("", encoding="utf-8")

    assert urbsim("run", "baseline", "--no-figures", "--out", "out") == 2
    assert "out: holds figures/letter.docx, which would be lost" in capsys.readouterr().err

    Path("out/figures/letter.docx").unlink()
    with Path("out/targets.csv").open("a", encoding="utf-8") as table:
        table.write("a note\n")
    assert urbsim("run", "baseline", "--no-figures", "--out", "out") == 2
    assert "out: holds targets.csv (changed since), which would be lost" in capsys.readouterr().err
