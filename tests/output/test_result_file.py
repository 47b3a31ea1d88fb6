from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.study.nouns import RATE, place
from urbsim import batch
from urbsim.errors import InputError
from urbsim.output.result_file import _converter, _Scenario, _scenario, read_result, scenario_facts
from urbsim.study.amount import Amount
from urbsim.study.outcome import Outcome
from urbsim.study.scenario import Scenario, Setting
from urbsim.study.target import Check, Target
from urbsim.study.words import Words

SHIPPED = Path(__file__).parents[2] / "scenarios"
SWEEP = """
name: many
title: {zh: 许多, en: Many}
extends: faster
sweep:
  moving_rate: [1, x2, "+10%"]
  Share of movers: [0.4, 0.6]
targets: [{indicator: urban_residents, year: 2030, at_least: 0.3, region: coast, note: Mine.}]
uncertain: {young_standard: {triangular: [0.5, 1, 2]}}
"""


def same(found: Sequence[Outcome], wanted: Sequence[Outcome]) -> None:
    """Hold outcomes to others in everything but the trajectory, and what only the place's tables have."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert replace(one, run=None, place=other.place) == replace(other, run=None)
        _same_places(one, other)
        if one.run is None or other.run is None:
            assert one.run is other.run
            continue
        for ours, theirs in zip(one.run.measured.series, other.run.measured.series, strict=True):
            assert (ours.indicator, ours.area) == (theirs.indicator, theirs.area)
            np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-9, atol=0)
        assert np.array_equal(one.run.measured.years, other.run.measured.years)
        for mine, yours in zip(one.run.verdicts, other.run.verdicts, strict=True):
            assert replace(mine, value=0, gap=0) == replace(yours, value=0, gap=0)
            assert (mine.value, mine.gap) == pytest.approx((yours.value, yours.gap), rel=1e-6, nan_ok=True)
        for bought, wanted_one in zip(one.run.contributions, other.run.contributions, strict=True):
            assert replace(bought, alone=0, last=0) == replace(wanted_one, alone=0, last=0)
            assert (bought.alone, bought.last) == pytest.approx((wanted_one.alone, wanted_one.last), rel=5e-5)
        assert (one.run.findings, one.run.idle) == (other.run.findings, other.run.idle)
        assert (one.run.honesty, one.run.statistics) == (other.run.honesty, other.run.statistics)
        assert one.run.seconds == pytest.approx(other.run.seconds, abs=1e-6)


def _same_places(one: Outcome, other: Outcome) -> None:
    bare: dict[str, Any] = {"numbers": (), "paths": (), "sets": {}, "history": (), "folder": Path()}
    assert replace(one.place, **bare, model=Path()) == replace(other.place, **bare, model=Path())
    assert [replace(o, where="") for o in one.place.history] == [
        replace(o, where="") for o in other.place.history
    ]


def round_trip(results: batch.Results) -> None:
    results.write("out", figures=False)

    same(read_result(Path("out")).outcomes, results.outcomes)


def test_what_is_read_is_what_was_written(tiny: Path) -> None:
    round_trip(batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"]))


def test_a_sweep_comes_back(tiny: Path) -> None:
    Path("scenarios/many.yaml").write_text(SWEEP, encoding="utf-8")

    round_trip(batch.run(["scenarios/baseline.yaml", "scenarios/many.yaml"]))


def test_the_shipped_scenarios_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    round_trip(batch.run([SHIPPED / "baseline.yaml", SHIPPED / "everything.yaml"]))


def test_scenarios_that_move_other_levers_come_back_with_what_each_bought(tiny: Path) -> None:
    for name, levers in {
        "a": "{wish: 2, young_standard: 2}",
        "b": "{moving_rate: x2, wish: {2025: 1, 2030: 3}}",
    }.items():
        text = f"name: {name}\nextends: baseline\nlevers: {levers}\nparameters: {{Share of movers: +10%}}\n"
        Path(f"scenarios/{name}.yaml").write_text(text, encoding="utf-8")

    results = batch.run(["scenarios/a.yaml", "scenarios/b.yaml"], base=True, contributions=True)

    assert all(outcome.run and outcome.run.contributions for outcome in results.asked)
    round_trip(results)


def test_a_scenario_that_failed_comes_back_as_failed(tiny: Path) -> None:
    model = Path("models/tiny.mdl")
    spoilt = model.read_text(encoding="utf-8").replace(
        "Residents[Region]=\n\tVillagers[Region]+",
        "Residents[Region]=\n\tSQRT(0.03-Rate of moving[Region])+Villagers[Region]+",
    )
    model.write_text(spoilt, encoding="utf-8")
    scenario = Path("scenarios/faster.yaml")
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("2030: 4", "2030: 9"), encoding="utf-8")

    results = batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"])
    assert results.outcomes[1].failure

    round_trip(results)


def test_what_other_versions_write_and_this_one_does_not_know_is_let_be(tiny: Path) -> None:
    results = batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"])
    results.write("out", figures=False)
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    facts["weather"] = "fair"
    facts["places"][0]["anthem"] = {"zh": "歌"}
    facts["places"][0]["indicators"][0]["colour"] = "red"
    facts["scenarios"][1]["asked"]["levers"]["moving_rate"][0]["mood"] = 3
    del facts["scenarios"][1]["honesty"], facts["scenarios"][1]["asked"]["checks"]
    Path("out/run.json").write_text(json.dumps(facts), encoding="utf-8")

    found = read_result(Path("out"))

    assert found.outcomes[0].indicators == results.outcomes[0].indicators
    assert found.outcomes[1].scenario.levers == results.outcomes[1].scenario.levers
    assert found.outcomes[1].run is not None
    assert found.outcomes[1].run.honesty == ""
    assert found.facts["weather"] == "fair"


def old(folder: Path) -> None:
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    del facts["command"], facts["places"][0]["regions"]
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")


def unsigned(folder: Path) -> None:
    """Take the hashes out of a folder, so that what else is wrong with it is told."""
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    del facts["files"]
    (folder / "run.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2), encoding="utf-8")


def cut(name: str, keep: int) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text[: text.index("\n") + keep], encoding="utf-8")

    return spoil


def changed(name: str, before: str, after: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        unsigned(folder)
        text = (folder / name).read_text(encoding="utf-8")
        assert before in text
        (folder / name).write_text(text.replace(before, after, 1), encoding="utf-8")

    return spoil


def halved(folder: Path) -> None:
    """Cut a table off at the end of a line, as a full disk or a lost connection may."""
    table = folder / "trajectories.csv"
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join(lines[: len(lines) // 2]))


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (old, "out: was written by an older urbsim (0.1.0)"),
        (without("run.json"), "out: is not a results folder: it has no run.json"),
        (without("trajectories.csv"), "out/trajectories.csv: is missing from this results folder"),
        (without("sources.csv"), "out/sources.csv: is missing from this results folder"),
        (halved, "out/trajectories.csv: is not as it was written: changed since, or cut off"),
        (cut("run.json", 30), "out/run.json:3:3: is not JSON"),
        (
            changed("run.json", '"asked"', '"assked"'),
            "out/run.json: required field missing @ run.json.scenarios[0]",
        ),
        (changed("run.json", '"place": "tiny"', '"place": "tony"'), "scenario 'baseline' is of 'tony'"),
        (changed("trajectories.csv", ",2020,", ",soon,"), "out/trajectories.csv:2: a cell is missing"),
        (
            changed("trajectories.csv", "\nbaseline", "\nbottomline"),
            "scenario 'bottomline' does not stand in",
        ),
        (
            changed("trajectories.csv", "indicator", "index"),
            "out/trajectories.csv:1: has no column indicator",
        ),
        (changed("history.csv", ",2020,", ",then,"), "out/history.csv:2: year is 'then', expected a number"),
        (changed("run.json", "urbsim run", "urbsim sample"), "out: is a folder of `urbsim sample`"),
    ],
)
def test_a_folder_that_cannot_be_read_says_why(
    tiny: Path, spoil: Callable[[Path], None], message: str
) -> None:
    batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"]).write("out", figures=False)
    spoil(Path("out"))

    with pytest.raises(InputError) as failure:
        read_result(Path("out"))

    assert message in str(failure.value)
    assert "fix: " in str(failure.value)


def test_a_table_without_a_column_that_came_later_is_read(tiny: Path) -> None:
    results = batch.run(["scenarios/baseline.yaml"])
    results.write("out", figures=False)
    unsigned(Path("out"))
    sources = Path("out/sources.csv")
    lines = [line.split(",") for line in sources.read_text(encoding="utf-8-sig").splitlines()]
    at = lines[0].index("zh")
    kept = (",".join(cells[:at] + cells[at + 1 :]) for cells in lines)
    sources.write_text("\n".join(kept) + "\n", encoding="utf-8")

    assert read_result(Path("out")).outcomes[0].place.sources == results.outcomes[0].place.sources


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.builds(Words, zh=TEXT, en=TEXT)
AMOUNTS = st.builds(Amount, number=NUMBERS, relative=st.booleans())
SETTINGS = st.dictionaries(
    TEXT,
    st.lists(
        st.builds(
            Setting,
            region=TEXT,
            years=st.lists(NUMBERS, max_size=3).map(tuple),
            amounts=st.lists(AMOUNTS, min_size=1, max_size=3).map(tuple),
            where=TEXT,
            entry=TEXT,
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    max_size=3,
)
SCENARIOS = st.builds(
    Scenario,
    name=TEXT,
    place=st.just("here"),
    source=TEXT,
    extended=st.lists(TEXT, max_size=2).map(tuple),
    title=WORDS,
    description=WORDS,
    period=st.none() | st.tuples(st.integers(2000, 2020), st.integers(2021, 2050)),
    parameter_set=st.none() | TEXT,
    levers=SETTINGS,
    parameters=SETTINGS,
    where=st.dictionaries(TEXT, TEXT, max_size=2),
    sweep_of=TEXT,
    targets=st.none() | st.just((Target(indicator="rate", year=2030, operator="~", value=80.0, note="注"),)),
    checks=st.just((Check(variable="Townspeople", low=0.0, region="west"),)) | st.just(()),
)


@given(scenario=SCENARIOS)
def test_whatever_a_scenario_says_stands_in_run_json_and_comes_back(scenario: Scenario) -> None:
    outcome = Outcome(scenario=scenario, place=place(), indicators=(RATE,), targets=(), failure="no run")
    told = {"name": scenario.name, "place": scenario.place, "file": scenario.source}
    facts = {**told, "extends": list(scenario.extended), **scenario_facts(outcome), "failed": "no run"}

    found = _scenario(_converter().structure(json.loads(json.dumps(facts)), _Scenario))

    assert found == scenario
