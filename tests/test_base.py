"""What scenarios are held against: the one that they go back to by `extends`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim import batch

Urbsim = Callable[..., int]


def write(name: str, text: str) -> str:
    path = Path("scenarios", f"{name}.yaml")
    path.write_text(f"name: {name}\n{text}\n", encoding="utf-8")
    return str(path)


def named(results: batch.Results) -> list[tuple[str, str]]:
    return [(outcome.name, outcome.base) for outcome in results.outcomes]


def test_the_root_of_the_chain_is_run_too_and_comes_first(tiny: Path) -> None:
    fastest = write("fastest", "extends: faster\nlevers: {moving_rate: 3}")

    results = batch.run([fastest], base=True)

    assert named(results) == [("baseline", ""), ("fastest", "baseline")]
    assert [outcome.name for outcome in results.asked] == ["fastest"]


def test_a_root_that_is_given_is_not_added_but_comes_first(tiny: Path) -> None:
    given = ["scenarios/faster.yaml", "scenarios/baseline.yaml"]

    with_base, without = batch.run(given, base=True), batch.run(given)

    assert named(with_base) == [("baseline", ""), ("faster", "baseline")]
    assert named(without) == [("faster", "baseline"), ("baseline", "")]
    assert with_base.added == without.added == frozenset()


def test_without_its_root_a_scenario_is_held_against_nothing(tiny: Path) -> None:
    assert named(batch.run(["scenarios/faster.yaml"])) == [("faster", "")]


def test_outcomes_know_the_levers_of_both_and_what_the_place_has(tiny: Path) -> None:
    base = Path("scenarios/baseline.yaml")
    base.write_text(base.read_text(encoding="utf-8") + "levers: {wish: 2}\n", encoding="utf-8")
    still = write("still", "extends: baseline\nlevers: {moving_rate: x2}")

    one, other = batch.run([still], base=True).outcomes

    assert [lever.id for lever in one.levers] == ["wish"]
    assert [lever.id for lever in other.levers] == ["moving_rate", "wish"]
    assert other.own == {"moving_rate": {"east": 2.0, "west": 2.0}, "wish": {"tiny": 1.0}}


def test_combinations_of_a_sweep_are_held_against_the_root(tiny: Path) -> None:
    sweep = write("many", "extends: faster\nsweep: {moving_rate: [1, 2]}")

    results = batch.run([sweep], base=True)

    assert named(results) == [
        ("baseline", ""),
        ("many@moving_rate=1", "baseline"),
        ("many@moving_rate=2", "baseline"),
    ]


def test_a_sweep_that_extends_nothing_is_held_against_the_scenario_without_it(tiny: Path) -> None:
    sweep = write("many", "place: tiny\nlevers: {wish: 3}\nsweep: {moving_rate: [1, 2]}")

    results = batch.run([sweep], base=True)

    assert [name for name, _ in named(results)] == ["many", "many@moving_rate=1", "many@moving_rate=2"]
    assert {outcome.base for outcome in results.asked} == {"many"}


def test_a_root_that_cannot_be_run_by_itself_is_told_once(
    tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("half", "place: tiny\nlevers: {moving_rate: 11}")
    whole = [write(name, "extends: half\nlevers: {moving_rate: 1}") for name in ("one", "two")]

    results = batch.run(whole, base=True)

    assert named(results) == [("one", ""), ("two", "")]
    (said,) = caplog.messages
    assert said.startswith("one is held against nothing: scenarios/half.yaml:3:10: moving_rate is 11 %/year")


def test_a_root_with_the_name_of_another_scenario_is_told(
    tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twin = Path("scenarios/twin.yaml")
    twin.write_text("name: baseline\nextends: baseline\nlevers: {moving_rate: 1}\n", encoding="utf-8")

    assert named(batch.run([twin], base=True)) == [("baseline", "")]
    assert "'baseline' of scenarios/baseline.yaml is also the name of scenarios/twin.yaml" in caplog.text


def test_processes_give_the_same_outcomes(tiny: Path) -> None:
    one, two = (batch.run(["scenarios/faster.yaml"], base=True, jobs=jobs) for jobs in (1, 2))

    assert named(one) == named(two)
    assert [outcome.own for outcome in one.outcomes] == [outcome.own for outcome in two.outcomes]
    assert one.trajectories.equals(two.trajectories)


def test_strict_judges_only_what_was_asked_for(
    tiny: Path, urbsim: Urbsim, capsys: pytest.CaptureFixture[str]
) -> None:
    easy = write(
        "easy", "extends: baseline\ntargets: [{indicator: urbanization_rate, year: 2025, at_least: 60}]"
    )
    words = ("run", easy, "--no-figures", "--strict", "--out", "out")

    assert urbsim(*words) == 0
    assert "baseline" in capsys.readouterr().out
    assert urbsim("run", "scenarios/baseline.yaml", *words[2:]) == 1
    assert urbsim(*words, "--no-base") == 0
    assert "baseline" not in capsys.readouterr().out.splitlines()[-1]


def test_a_copy_of_the_base_in_another_folder_serves_as_it(tiny: Path) -> None:
    folder = Path("mine")
    folder.mkdir()
    for name in ("baseline", "faster"):
        shutil.copy(Path("scenarios", f"{name}.yaml"), folder)

    results = batch.run(["scenarios/baseline.yaml", folder / "faster.yaml"], base=True)

    assert named(results) == [("baseline", ""), ("faster", "baseline")]
