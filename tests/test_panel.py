"""`urbsim panel`: any set of places and regions in one call, ranked by their gap to target."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim.panel import run_panel

Command = Callable[..., int]


@pytest.fixture
def twin(tiny: Path) -> Path:
    """Give a second place, in a folder of the user's own, with no targets but one for the west."""
    folder = tiny / "elsewhere"
    shutil.copytree(tiny / "models" / "places" / "tiny", folder)
    about = (folder / "place.yaml").read_text(encoding="utf-8").replace("name: tiny", "name: twin")
    (folder / "place.yaml").write_text(
        about.replace("../../tiny.mdl", "../models/tiny.mdl").replace(
            "title: {zh: 小地方, en: Tiny}", "title: Twin"
        ),
        encoding="utf-8",
    )
    header = (folder / "targets.csv").read_text(encoding="utf-8").splitlines()[0]
    row = "W,urbanization_rate,west,2035,>=,10,%,yes,plan,ch. 9,"
    (folder / "targets.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    for name in ("history.csv",):
        text = (folder / name).read_text(encoding="utf-8").replace(",tiny,", ",twin,")
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_panel_has_every_place_region_scenario_and_year(urbsim: Command, tiny: Path, twin: Path) -> None:
    words = (
        "panel",
        "scenarios",
        "--place",
        "tiny",
        "--place",
        "elsewhere",
        "--at-least",
        "70",
        "--out",
        "out",
    )

    assert urbsim(*words) == 0

    assert (tiny / "out" / "panel.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    table = rows(tiny / "out" / "panel.csv")
    assert {(r["place"], r["region"]) for r in table} == {
        *(("tiny", area) for area in ("tiny", "coast", "east", "west")),
        *(("twin", area) for area in ("twin", "coast", "east", "west")),
    }
    assert {r["scenario"] for r in table} == {"baseline", "faster"}
    assert len(table) == 2 * 4 * 2 * 16
    assert not (tiny / "out" / "trajectories.csv").exists()


def test_a_region_is_held_to_its_own_target_and_else_to_the_level_given(tiny: Path, twin: Path) -> None:
    panel = run_panel(["scenarios/baseline.yaml"], ["tiny", "elsewhere"], at_least=70)

    held = {
        (s.outcome.place.name, s.area): (s.verdict.target.operator, s.verdict.target.value)
        for s in panel.ranking
        if s.verdict is not None
    }
    assert held["tiny", "tiny"] == ("~", 80)  # its plan's
    assert held["tiny", "west"] == (">=", 70)
    assert held["twin", "west"] == (">=", 10)  # its own, of the user's folder
    assert held["twin", "twin"] == (">=", 70)


def test_the_farthest_behind_comes_first(tiny: Path, twin: Path) -> None:
    panel = run_panel(["scenarios/baseline.yaml"], ["tiny", "elsewhere"], at_least=70)

    gaps = [s.verdict.gap for s in panel.ranking if s.verdict is not None]
    assert gaps == sorted(gaps)
    assert len(gaps) == 8
    assert panel.ranking[-1].area == "west"
    assert panel.ranking[-1].outcome.place.name == "twin"


def test_a_level_not_to_be_exceeded_counts_the_other_way_round(tiny: Path) -> None:
    path = tiny / "models" / "places" / "tiny" / "targets.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text
        + "A,urbanization_rate,east,2035,<=,2,%,,plan,,\nB,urbanization_rate,west,2035,<=,99,%,,plan,,\n",
        encoding="utf-8",
    )

    panel = run_panel(["scenarios/baseline.yaml"], areas=["east", "west"])

    assert [s.area for s in panel.ranking] == ["east", "west"]
    assert [s.verdict.met for s in panel.ranking if s.verdict] == [False, True]


def test_areas_without_any_level_come_last_and_say_nothing_of_a_gap(urbsim: Command, tiny: Path) -> None:
    assert urbsim("panel", "baseline", "--region", "west", "--region", "tiny", "--out", "out") == 0

    ranking = rows(tiny / "out" / "ranking.csv")
    assert [(r["rank"], r["region"], r["target"]) for r in ranking] == [
        ("1", "tiny", "80"),
        ("2", "west", ""),
    ]


def test_the_ranking_is_printed(urbsim: Command, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        urbsim("panel", "baseline", "--region", "tiny", "--year", "2025", "--lang", "zh", "--out", "out") == 0
    )

    printed = capsys.readouterr().out
    assert "2025" in printed
    assert "小地方" in printed
    assert "70%" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--place", "tinny"), "--place: there is no place 'tinny'\n  fix: did you mean 'tiny'?"),
        (("--region", "wst"), "--region: no place has a region or group 'wst'\n  fix: did you mean 'west'?"),
        (("--indicator", "urban_rate"), "--indicator, tiny: there is no indicator 'urban_rate'"),
        (("--at-least", "nan"), "--at-least: is nan, expected a finite number"),
        (("--year", "2050"), "--year: 2050 is outside the period 2020-2035 of baseline"),
        (("--place", "tiny", "--place", "copy"), "--place: two of the places are named 'tiny'"),
    ],
)
def test_what_is_wrong_with_a_panel_is_said_before_anything_runs(
    words: tuple[str, ...], message: str, urbsim: Command, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny / "models" / "places" / "tiny", tiny / "models" / "places" / "copy")

    assert urbsim("panel", "baseline", *words, "--out", "out") == 2

    assert message in capsys.readouterr().err
    assert not (tiny / "out").exists()


def test_a_scenario_that_names_regions_of_its_own_place_is_refused_elsewhere(
    urbsim: Command, tiny: Path, twin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = twin / "place.yaml"
    text = place.read_text(encoding="utf-8").replace("west", "south").replace("West", "South")
    place.write_text(text, encoding="utf-8")
    for table in twin.glob("*.csv"):
        table.write_text(table.read_text(encoding="utf-8").replace("west", "south"), encoding="utf-8")
    scenario = tiny / "scenarios" / "baseline.yaml"
    scenario.write_text(
        scenario.read_text(encoding="utf-8") + "parameters: {rate of moving: {west: 0.02}}\n",
        encoding="utf-8",
    )

    assert urbsim("panel", "baseline", "--place", "elsewhere", "--out", "out") == 2
    assert "there is no region or group 'west' in twin" in capsys.readouterr().err


def test_a_scenario_keeps_its_own_targets_in_its_place_given_as_a_folder(tiny: Path) -> None:
    scenario = tiny / "scenarios" / "baseline.yaml"
    own = "targets: [{indicator: urbanization_rate, year: 2035, at_least: 99}]\n"
    scenario.write_text(scenario.read_text(encoding="utf-8") + own, encoding="utf-8")

    panel = run_panel([scenario], [str(tiny / "models" / "places" / "tiny")], areas=["tiny"])

    assert [s.verdict.target.value for s in panel.ranking if s.verdict] == [99]
