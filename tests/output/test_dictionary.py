from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim.output.tables.dictionary import INDICATORS, definition
from urbsim.study.indicator import Indicator
from urbsim.study.words import Words

Urbsim = Callable[..., int]
SWEEP = "name: swept\nextends: baseline\nsweep: {moving_rate: [1, 2], Share of movers: [x1, x1.1]}\n"
UNCERTAIN = """name: drawn
extends: faster
uncertain: {young_standard: {uniform: [0.6, 1.2]}, wish: {uniform: [0, 2]}}
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def is_complete(folder: Path) -> None:
    """Hold `columns.csv` to the tables beside it: every column is there, in both languages, and no other."""
    told = rows(folder / "columns.csv")
    for table in sorted(folder.glob("*.csv")):
        with table.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file))
        meant = {row["column"] for row in told if row["file"] == table.name}
        plain = {column for column in header if not column.isdigit()}
        assert meant - {column for column in meant if "…" in column} == plain, table.name
    for row in told:
        assert row["meaning_zh"], row
        assert row["meaning_en"], row
        assert row["unit"], row
    assert {row["file"] for row in told} - {INDICATORS} == {table.name for table in folder.glob("*.csv")}
    assert any(row["file"] == INDICATORS for row in told)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "scenarios"),
        ("run", "swept.yaml"),
        ("panel", "scenarios"),
        ("sample", "drawn.yaml", "-n", "5"),
        ("sensitivity", "drawn.yaml", "-n", "2"),
    ],
)
def test_every_column_of_every_table_is_explained(tiny: Path, urbsim: Urbsim, words: tuple[str, ...]) -> None:
    Path("swept.yaml").write_text(SWEEP, encoding="utf-8")
    Path("drawn.yaml").write_text(UNCERTAIN, encoding="utf-8")
    for name in ("swept", "drawn"):
        Path(f"{name}.yaml").rename(f"scenarios/{name}.yaml")
    given = [f"scenarios/{word}" if word.endswith(".yaml") else word for word in words]
    plain = () if words[0] == "panel" else ("--no-figures",)
    if words == ("run", "scenarios"):
        Path("scenarios/swept.yaml").unlink()

    assert urbsim(*given, *plain, "--out", "out") == 0

    is_complete(Path("out"))


def test_every_column_of_a_validation_is_explained(line: Path, urbsim: Urbsim) -> None:
    assert urbsim("calibrate", "models/places/line") == 0
    assert urbsim("validate", "models/places/line", "--no-figures", "--out", "out") in (0, 1)

    is_complete(Path("out"))


def test_definitions_say_how_an_indicator_follows_from_the_model() -> None:
    one = Indicator(
        id="a",
        name=Words(en="A"),
        unit="ratio",
        variable="Adequacy",
        select={"Service": "school"},
        weight="Residents",
        note=Words(zh="注", en="A note."),
    )
    flow = Indicator(id="b", name=Words(en="B"), unit="persons/year", variable="Births so far", total=True)

    assert definition(one, "en") == "Adequacy (school); mean of regions by Residents. A note."
    assert definition(one, "zh") == "模型变量：Adequacy（school）；多个区域按Residents加权平均。注"
    assert definition(flow, "en") == "Births so far; regions add up; its change over the calendar year"
