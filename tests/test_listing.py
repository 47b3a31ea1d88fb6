"""`urbsim list` and `urbsim trace`: how sure each number is, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def facts(urbsim: Command, capsys: Captured) -> Callable[..., Any]:
    """Give what a command prints with --json."""

    def read(*words: str) -> Any:
        assert urbsim(*words, "--json") == 0
        return json.loads(capsys.readouterr().out)

    return read


def test_parameters_are_listed_with_grade_source_range_and_line(
    tiny: Path, facts: Callable[..., Any]
) -> None:
    listed = facts("list", "parameters", "tiny")

    rate = next(fact for fact in listed if fact["variable"] == "Rate of moving")
    assert rate == {
        "variable": "Rate of moving",
        "zh": "",
        "region": "",
        "element": "",
        "year": None,
        "value": 0.02,
        "low": 0.01,
        "high": 0.03,
        "unit": "1/year",
        "grade": "judgement",
        "source": "census;survey",
        "note": "for both",
        "where": "models/places/tiny/parameters.csv:2",
    }
    places = {Path(fact["where"].rpartition(":")[0]).name for fact in listed}
    assert places == {"parameters.csv", "base.csv", "paths.csv"}


def test_numbers_recalled_from_memory_can_be_seen_and_singled_out(
    tiny: Path, urbsim: Command, facts: Callable[..., Any], capsys: Captured
) -> None:
    table = tiny / "models" / "places" / "tiny" / "parameters.csv"
    text = table.read_text(encoding="utf-8").replace("0.03,1/year,judgement", "0.03,1/year,from-memory")
    table.write_text(text, encoding="utf-8")

    only = facts("list", "parameters", "tiny", "--grade", "from-memory")
    assert [fact["variable"] for fact in only] == ["Rate of moving"]
    assert facts("list", "places")[0]["grades"]["from-memory"] == 1

    assert urbsim("list", "parameters", "tiny") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Rate of moving"))
    assert "from-memory" in line
    assert "0.01 … 0.03" in line
    assert urbsim("list", "places", "--detail") == 0
    assert "from-memory 1" in capsys.readouterr().out


def test_every_number_of_chongqing_from_memory_or_by_judgement_is_listed_as_such(
    facts: Callable[..., Any],
) -> None:
    listed = facts("list", "parameters", "chongqing")

    grades = {fact["grade"] for fact in listed}
    assert (
        {"judgement", "derived"} <= grades <= {"official", "secondary", "derived", "judgement", "from-memory"}
    )
    assert all(fact["where"] for fact in listed)


def test_a_fitted_number_hides_the_one_in_the_table(tiny: Path, facts: Callable[..., Any]) -> None:
    place = tiny / "models" / "places" / "tiny"
    (place / "sets").mkdir()
    (place / "sets" / "planning.csv").write_text(
        "variable,region,element,value,standard_error,low,high,unit,bound,central,stage\n"
        "Rate of moving,,,0.025,0.001,0.01,0.03,1/year,,0.02,people\n",
        encoding="utf-8",
    )
    about = place / "place.yaml"
    about.write_text(about.read_text(encoding="utf-8") + "\nparameter_set: planning\n", encoding="utf-8")

    listed = [f for f in facts("list", "parameters", "tiny") if f["variable"] == "Rate of moving"]

    assert [(f["value"], f["where"]) for f in listed] == [(0.025, "models/places/tiny/sets/planning.csv:2")]


def test_targets_outside_the_model_are_listed_with_the_reason(
    tiny: Path, urbsim: Command, facts: Callable[..., Any], capsys: Captured
) -> None:
    (tiny / "models" / "places" / "tiny" / "targets_outside.csv").write_text(
        "indicator,region,year,operator,value,unit,binding,source,clause,reason\n"
        "stations_5g,tiny,2035,>=,5,per 10k,,plan,ch. 7,networks are outside the boundary\n",
        encoding="utf-8",
    )

    listed = facts("list", "targets", "tiny")

    assert [(f["indicator"], f["judged"], f["reason"]) for f in listed[2:]] == [
        ("urban_residents", True, ""),
        ("stations_5g", False, "networks are outside the boundary"),
    ]
    urbsim("list", "targets", "tiny")
    assert "networks are outside the boundary" in capsys.readouterr().out


def test_a_wrong_row_of_targets_outside_is_named_by_its_line(
    tiny: Path, urbsim: Command, capsys: Captured
) -> None:
    (tiny / "models" / "places" / "tiny" / "targets_outside.csv").write_text(
        "indicator,region,year,operator,value,unit,binding,source,clause,reason\n"
        "stations_5g,tiny,2035,>=,many,per 10k,,plan,ch. 7,\n",
        encoding="utf-8",
    )

    assert urbsim("list", "targets", "tiny") == 2

    said = capsys.readouterr().err
    assert "targets_outside.csv:2: value is 'many', expected a number" in said
    assert "targets_outside.csv:2: reason is empty" in said


def test_an_observed_value_is_traced_to_its_row_and_its_source(tiny: Path, facts: Callable[..., Any]) -> None:
    traced = facts("trace", "urbanization_rate", "--place", "tiny", "--year", "2020")

    (row,) = traced["observed"]
    file, _, line = row["where"].rpartition(":")
    written = Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert f",2020,{row['value']:g},%" in written
    for id_ in row["source"].split(";"):
        assert traced["sources"][id_]["title"]


def test_a_computed_value_is_traced_to_the_numbers_behind_its_equations(
    tiny: Path, facts: Callable[..., Any]
) -> None:
    traced = facts("trace", "urbanization_rate", "--place", "tiny", "--region", "west")

    assert [variable["name"] for variable in traced["variables"]] == ["Townspeople", "Residents"]
    steps = {row["variable"]: row["steps"] for row in traced["numbers"]}
    assert steps["Townspeople at the start"] == 1  # Townspeople = INTEG(…, Townspeople at the start)
    assert steps["Rate of moving"] == 2  # through Moving
    assert "Standard" not in steps
    start = next(row for row in traced["numbers"] if row["variable"] == "Townspeople at the start")
    rows = [Path(w.rpartition(":")[0]).read_text(encoding="utf-8").splitlines() for w in start["where"]]
    lines = [text[int(w.rpartition(":")[2]) - 1] for text, w in zip(rows, start["where"], strict=True)]
    assert all(line.startswith("Townspeople at the start,west,") for line in lines)
    near = facts("trace", "urbanization_rate", "--place", "tiny", "--steps", "1")
    assert near["farther"] == len(traced["numbers"]) - len(near["numbers"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("urbanisation_rate",), "INDICATOR: there is no indicator 'urbanisation_rate'\n  fix: did you mean"),
        (("mood", "--region", "wst"), "--region: there is no region or group 'wst' in tiny"),
    ],
)
def test_what_cannot_be_traced_says_why(
    words: tuple[str, ...], message: str, tiny: Path, urbsim: Command, capsys: Captured
) -> None:
    assert urbsim("trace", *words, "--place", "tiny") == 2
    assert message in capsys.readouterr().err
