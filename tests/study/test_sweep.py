from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.study.nouns import lever
from urbsim import batch
from urbsim.engine.paths import Paths
from urbsim.engine.schedule import Move, Schedule
from urbsim.errors import InputError, ScenarioError
from urbsim.study.amount import Amount
from urbsim.study.scenario import Scenario, Setting, Swept
from urbsim.study.sweep import expand, stack

SWEEP = """name: swept
title: {zh: 扫描, en: Swept}
extends: faster
sweep:
  moving_rate: {east: [1, x2], west: [3]}
  Share of movers: [x1, +10%]
"""
# Combinations are solved one by one within their own tolerance, with steps of their own, so that only sums in
# another order can differ.
TOLERANCE = 1e-9


def amounts(*values: float, relative: bool = False) -> tuple[Amount, ...]:
    return tuple(Amount(number=value, relative=relative) for value in values)


def test_every_combination_is_a_scenario_and_the_last_name_changes_fastest() -> None:
    scenario = Scenario(
        name="one",
        place="here",
        sweep=(
            Swept(name="quota", amounts=(*amounts(50), *amounts(1.5, relative=True))),
            Swept(name="wish", amounts=amounts(1, 2)),
        ),
    )

    variants = expand(scenario, (lever(),))

    assert [one.name for one in variants] == [
        "one@quota=50,wish=1",
        "one@quota=50,wish=2",
        "one@quota=x1.5,wish=1",
        "one@quota=x1.5,wish=2",
    ]
    assert variants[3].levers["quota"][0].amounts == amounts(1.5, relative=True)
    assert variants[3].parameters["wish"][0].amounts == amounts(2)
    assert {one.sweep_of for one in variants} == {"one"}
    assert not any(one.sweep for one in variants)


def test_a_scenario_without_a_sweep_is_left_as_it_is() -> None:
    scenario = Scenario(name="one", place="here")

    assert expand(scenario, (lever(),)) == (scenario,)


def test_a_sweep_takes_the_place_of_all_that_is_said_of_the_lever() -> None:
    path = (Setting(region="east", years=(2026.0, 2028.0), amounts=amounts(1, 2)),)
    scenario = Scenario(
        name="one",
        place="here",
        levers={"Quota": path, "other": path},
        sweep=(Swept(name="quota", region="west", amounts=amounts(7)),),
    )

    (variant,) = expand(scenario, (lever(),))

    assert set(variant.levers) == {"quota", "other"}
    assert [(s.region, s.amounts) for s in variant.levers["quota"]] == [("west", amounts(7))]
    assert variant.title.en.endswith(": Quota (west) 7 m²/person")


def test_too_many_combinations_are_refused_and_the_ensemble_is_named() -> None:
    many = tuple(
        Swept(name=name, amounts=amounts(*range(11)), entry="file.yaml:3:3") for name in ("a", "b", "c")
    )

    with pytest.raises(ScenarioError) as caught:
        expand(Scenario(name="one", place="here", sweep=many), (lever(),))

    assert "file.yaml:3:3: sweep: 1331 combinations, expected at most 1000" in str(caught.value)
    assert "choice" in str(caught.value)
    assert "urbsim sample" in str(caught.value)


def test_schedules_that_move_otherwise_give_each_run_what_its_own_says() -> None:
    """Jumps, slopes and inputs that only one of them moves, beside each other and each by itself."""
    moves = (
        (Move(slot=0, times=(2.0,), values=(1.0,)),),
        (Move(slot=0, times=(3.0,), values=(5.0,)), Move(slot=1, times=(4.0, 4.0), values=(0.0, 2.0))),
        (Move(slot=0, times=(1.0, 5.0), values=(0.0, 8.0)),),
        (
            Move(slot=0, times=(2.0, 2.0, 6.0), values=(0.0, 4.0, 0.0)),
            Move(slot=1, times=(4.0,), values=(9.0,)),
        ),
        (),
    )
    alone = [
        Schedule(start=0, stop=9, save=np.arange(10.0), inputs=np.full((2, 1), 0.5 * k), moves=own)
        for k, own in enumerate(moves)
    ]

    together = stack(alone)

    assert together is not None
    paths = Paths(together.moves, together.inputs)
    for run, schedule in enumerate(alone):
        own = Paths(schedule.moves, schedule.inputs)
        for time in np.arange(0.0, 9.0, 0.25):
            wanted = schedule.inputs[:, 0].copy()
            wanted[own.rows] = own.at(time)[:, 0]
            assert paths.at(time)[:, run] == pytest.approx(wanted[paths.rows])
            wanted[own.rows] = own.around(np.array([time]))[0][:, 0]
            assert paths.around(np.full(len(alone), time))[0][:, run] == pytest.approx(wanted[paths.rows])


def test_schedules_of_other_periods_are_not_put_together() -> None:
    one = Schedule(start=0, stop=9, save=np.arange(3.0), inputs=np.zeros((2, 1)))

    assert stack([one, replace(one, stop=8)]) is None


def write_by_hand(folder: Path) -> list[str]:
    names = []
    for east in ("1", "x2"):
        for share in ("x1", "+10%"):
            names.append(f"hand-{len(names)}")
            (folder / f"{names[-1]}.yaml").write_text(
                f"name: {names[-1]}\nextends: faster\nlevers:\n  moving_rate: {{east: {east}, west: 3}}\n"
                f"parameters:\n  Share of movers: {share}\n"
            )
    return names


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_combination_is_the_same_run_as_the_scenario_written_by_hand(tiny: Path, jobs: int) -> None:
    Path("scenarios/swept.yaml").write_text(SWEEP, encoding="utf-8")
    hand = write_by_hand(Path("scenarios"))

    swept = batch.run(["scenarios/swept.yaml"], jobs=jobs).outcomes
    written = batch.run([f"scenarios/{name}.yaml" for name in hand]).outcomes

    assert [outcome.name for outcome in swept] == [
        f"swept@moving_rate[east]={east},moving_rate[west]=3,Share of movers={share}"
        for east in ("1", "x2")
        for share in ("x1", "x1.1")
    ]
    for one, other in zip(swept, written, strict=True):
        assert one.run is not None
        assert other.run is not None
        for mine, its in zip(one.run.trajectory.values, other.run.trajectory.values, strict=True):
            np.testing.assert_allclose(mine, its, rtol=TOLERANCE)
        assert [v.met for v in one.run.verdicts] == [v.met for v in other.run.verdicts]


def test_values_of_a_sweep_stand_in_a_table_of_their_own(tiny: Path, urbsim: Callable[..., int]) -> None:
    Path("scenarios/swept.yaml").write_text(SWEEP, encoding="utf-8")

    assert urbsim("run", "scenarios/swept.yaml", "--out", "out", "--no-figures") == 0

    with Path("out/sweep.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    name = "swept@moving_rate[east]=x2,moving_rate[west]=3,Share of movers=x1.1"
    values = {"moving_rate[east]": "x2", "moving_rate[west]": "3", "Share of movers": "x1.1"}
    assert rows[-1] == {"scenario": name, **values}
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert facts["scenarios"][-1]["sweep"] == {**values, "moving_rate[west]": 3.0}
    with Path("out/targets.csv").open(encoding="utf-8-sig") as file:
        judged = {row["scenario"] for row in csv.DictReader(file)}
    assert judged == {"baseline", *(row["scenario"] for row in rows)}


def test_a_lever_is_idle_in_a_sweep_only_when_no_value_moves_anything(tiny: Path) -> None:
    Path("scenarios/swept.yaml").write_text(
        "name: swept\nextends: baseline\nsweep:\n  moving_rate: [2, 3]\n  wish: [1, 2]\n"
    )

    outcomes = batch.run(["scenarios/swept.yaml"]).outcomes

    assert [set(outcome.run.idle) for outcome in outcomes if outcome.run] == [{"wish"}] * 4


def test_when_a_combination_fails_the_others_go_on(tiny: Path) -> None:
    Path("scenarios/swept.yaml").write_text(
        "name: swept\nextends: baseline\nsweep: {Share of movers: [x1, x1e300, x1.1]}\n"
    )

    outcomes = batch.run(["scenarios/swept.yaml"], solver="euler").outcomes

    assert [outcome.run is not None for outcome in outcomes] == [True, False, True]
    assert "look for a division by zero" in outcomes[1].failure


def test_all_wrong_values_of_a_sweep_are_told_at_once(tiny: Path) -> None:
    Path("scenarios/swept.yaml").write_text(
        "name: swept\nextends: baseline\nsweep:\n  moving_rate: [2, 30, 40]\n  wish: [1, 20]\n"
    )

    with pytest.raises(InputError) as caught:
        batch.run(["scenarios/swept.yaml"])

    assert [str(problem).split(",")[0] for problem in caught.value.problems] == [
        "scenarios/swept.yaml:5:3: wish is 20 dmnl",
        "scenarios/swept.yaml:4:3: moving_rate is 30 %/year",
        "scenarios/swept.yaml:4:3: moving_rate is 40 %/year",
    ]
