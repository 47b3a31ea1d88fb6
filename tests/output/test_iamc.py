"""The IAMC layout, held to the published rules of the column template.

Columns Model, Scenario, Region, Variable, Unit, then years in ascending order; a row is told by the first
five, letter by letter; parts of a variable are parted by ``|`` without blanks beside it; a value that is not
there is an empty cell.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest

from urbsim.assets import bundled
from urbsim.batch import run
from urbsim.output.tables.iamc import iamc_table, variable_of, write_iamc
from urbsim.study.catalogue_file import read_indicators
from urbsim.study.outcome import Outcome

NAMES = ["Model", "Scenario", "Region", "Variable", "Unit"]
ILLEGAL = re.compile(
    r'[:;"*?\[\]{}\\\t\r\n]'
)  # refused by the checks of the databases, or wildcards of their tools
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?")
INDICATORS = read_indicators(bundled() / "models" / "indicators.yaml")


def broken_rules(header: Sequence[object], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Name every rule that a table breaks."""
    if list(header[:5]) != NAMES:
        yield f"columns are {header[:5]}"
    years = [int(str(name)) for name in header[5:]]
    if (
        not years
        or years != sorted(set(years))
        or any(str(y) != str(n) for y, n in zip(years, header[5:], strict=True))
    ):
        yield f"years are {header[5:]}"
    for row in rows:
        names = row[:5]
        if len(row) != len(header):
            yield f"{names}: {len(row)} cells"
        for name in names:
            if not name or name != name.strip() or ILLEGAL.search(name):
                yield f"{names}: '{name}' is empty, has blanks around it, or a character that is not allowed"
        parts = row[3].split("|")
        if any(not part or part != part.strip() for part in parts):
            yield f"{names}: blanks or nothing between the bars"
        if any(cell and not NUMBER.fullmatch(cell) for cell in row[5:]):
            yield f"{names}: {row[5:]} are not numbers"
        if not any(row[5:]):
            yield f"{names}: no values"
    yield from (
        f"{names} stands twice" for names, n in Counter(tuple(row[:5]) for row in rows).items() if n > 1
    )


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, ...]:
    return run([bundled() / "scenarios" / f"{name}.yaml" for name in ("baseline", "rural-first")]).outcomes


@pytest.fixture(scope="module")
def written(outcomes: Sequence[Outcome], tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    path = tmp_path_factory.mktemp("iamc") / "iamc.csv"
    write_iamc(path, outcomes)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def value(rows: Sequence[Sequence[str]], scenario: str, region: str, variable: str, year: int) -> float:
    (row,) = (row for row in rows[1:] if row[1:4] == [scenario, region, variable])
    return float(row[rows[0].index(str(year))])


def test_what_is_written_keeps_the_published_rules(written: list[list[str]]) -> None:
    assert list(broken_rules(written[0], written[1:])) == []


@pytest.mark.parametrize(
    ("header", "row", "rule"),
    [
        (["model", *NAMES[1:], "2020"], ["m", "s", "r", "A|B", "%", "1"], "columns are"),
        ([*NAMES, "2021", "2020"], ["m", "s", "r", "A|B", "%", "1", "1"], "years are"),
        ([*NAMES, "2020"], ["m", "s", "r", "A | B", "%", "1"], "between the bars"),
        ([*NAMES, "2020"], ["m", "s", "r", "A||B", "%", "1"], "between the bars"),
        ([*NAMES, "2020"], ["m", "s", "r ", "A|B", "%", "1"], "blanks around"),
        ([*NAMES, "2020"], ["m", "s", "r", "A: B", "%", "1"], "not allowed"),
        ([*NAMES, "2020"], ["m", "s", "r", "A|B", "", "1"], "is empty"),
        ([*NAMES, "2020"], ["m", "s", "r", "A|B", "%", "nan"], "are not numbers"),
        ([*NAMES, "2020"], ["m", "s", "r", "A|B", "%", ""], "no values"),
    ],
)
def test_the_check_finds_what_breaks_a_rule(header: list[str], row: list[str], rule: str) -> None:
    assert any(rule in broken for broken in broken_rules(header, [row]))
    assert any("stands twice" in broken for broken in broken_rules(header, [row, row]))


def test_people_are_in_millions_and_parts_add_up(
    written: list[list[str]], outcomes: Sequence[Outcome]
) -> None:
    everyone, urban, rural = (
        value(written, "baseline", "chongqing", name, 2030)
        for name in ("Population", "Population|Urban", "Population|Rural")
    )

    assert urban + rural == pytest.approx(everyone, rel=1e-9)
    assert value(written, "baseline", "chongqing", "Population|Urban|Share", 2030) == pytest.approx(
        100 * urban / everyone
    )
    assert outcomes[0].run is not None
    series = outcomes[0].run.measured.find("residents", "chongqing")
    assert series is not None
    assert everyone == pytest.approx(0.01 * series.values[10])  # from 10k persons, ten years after 2020
    assert 30 < everyone < 33


def test_money_is_in_billions(written: list[list[str]]) -> None:
    (row,) = (
        r for r in written if r[1:4] == ["baseline", "chongqing", "Public Finance|General Budget Revenue"]
    )

    assert row[4] == "billion CNY/yr"
    assert 200 < float(row[written[0].index("2024")]) < 300  # 2595 x 10^8 yuan in 2024


def test_the_workbook_holds_the_same(outcomes: Sequence[Outcome], tmp_path: Path) -> None:
    write_iamc(tmp_path / "iamc.xlsx", outcomes)

    sheet = openpyxl.load_workbook(tmp_path / "iamc.xlsx")["data"]
    header, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert header[5:] == list(range(2020, 2036))
    wanted = iamc_table(outcomes)[1]
    assert [row[:5] for row in rows] == [list(row[:5]) for row in wanted]
    for row, other in zip(rows, wanted, strict=True):
        assert row[5:] == [None if cell is None else pytest.approx(cell, rel=1e-14) for cell in other[5:]]


def test_every_shipped_indicator_has_a_name_of_its_own() -> None:
    names = [variable_of(indicator) for indicator in INDICATORS]

    assert all(indicator.iamc for indicator in INDICATORS)
    assert len({name.casefold() for name in names}) == len(names)


def test_series_of_one_name_are_refused(outcomes: Sequence[Outcome]) -> None:
    with pytest.raises(
        ValueError, match=r"two series are named urbsim, baseline, chongqing, Population\|Urban\|Share"
    ):
        iamc_table([outcomes[0], outcomes[0]])
