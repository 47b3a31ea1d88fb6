from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.study.nouns import Interface, lever, place
from urbsim import batch
from urbsim.engine.schedule import Move, Schedule
from urbsim.errors import ScenarioError
from urbsim.study.amount import Amount
from urbsim.study.doubt import draw_doubts, pairing_doubts
from urbsim.study.draw import to_values, unit_sample
from urbsim.study.factor import Factor, apply_draws, factors, lever_factors, parameter_factors
from urbsim.study.lever import Lever
from urbsim.study.plan import plan
from urbsim.study.scenario import Scenario, Setting
from urbsim.study.scenario_file import read_scenario
from urbsim.study.uncertain import Correlated, Distribution, Uncertain


def uniform(low: float, high: float, *, relative: bool = False) -> Distribution:
    ends = (Amount(number=low, relative=relative), Amount(number=high, relative=relative))
    return Distribution(kind="uniform", amounts=ends)


def drawn(*entries: Uncertain, of: Lever | None = None, **changes: object) -> tuple[Factor, ...]:
    scenario = Scenario(name="one", place="here", uncertain=entries, **changes)  # type: ignore[arg-type]
    levers = (of or lever(),)
    schedule = plan(scenario, place(), levers, Interface())
    return factors(scenario, place(), levers, Interface(), schedule)


def applied(found: tuple[Factor, ...], *values: float, **changes: object) -> Schedule:
    scenario = Scenario(name="one", place="here", **changes)  # type: ignore[arg-type]
    schedule = plan(scenario, place(), (lever(),), Interface())
    return apply_draws(schedule, found, np.array(values).reshape(len(found), -1))


def written(schedule: Schedule) -> dict[int, tuple[tuple[float, ...], list[list[float]]]]:
    return {move.slot: (move.times, np.array(move.values).tolist()) for move in schedule.moves}


def test_one_draw_of_a_lever_acts_everywhere_from_the_first_policy_year() -> None:
    (one,) = drawn(Uncertain(name="quota", distribution=uniform(0, 100)))

    schedule = applied((one,), 10, 20)

    assert (one.label, one.kind, one.unit) == ("quota", "lever", "m2/person")
    assert written(schedule) == {
        0: ((2025.0, 2025.0), [[50, 50], [10, 20]]),
        1: ((2025.0, 2025.0), [[80, 80], [10, 20]]),
    }
    assert (schedule.inputs == Interface().inputs[:, np.newaxis]).all()


def test_by_region_gives_a_factor_for_each_region() -> None:
    found = drawn(Uncertain(name="Standard", distribution=uniform(0.8, 1.2, relative=True), by_region=True))

    assert [one.label for one in found] == ["Standard[east]", "Standard[west]"]
    assert found[0].title.en == "Standard (East)"
    assert applied(found, 0.9, 1.1).inputs[:, 0] == pytest.approx([50, 80, 0.9, 1.8, 3.3, 4.4, 7])


def test_the_smaller_area_wins_as_in_a_lever() -> None:
    found = drawn(
        Uncertain(name="quota", region="coast", distribution=uniform(0, 10)),
        Uncertain(name="quota", distribution=uniform(90, 100)),
    )

    assert {one.label: one.slots for one in found} == {"quota[coast]": (0,), "quota[here]": (1,)}


def test_a_draw_replaces_all_that_the_scenario_says_of_it() -> None:
    path = Setting(years=(2026.0, 2030.0), amounts=(Amount(number=60), Amount(number=100)))
    said = {
        "levers": {"quota": (path,)},
        "parameters": {"standard": (Setting(region="west", amounts=(Amount(number=9),)),)},
    }
    found = drawn(
        Uncertain(name="quota", region="east", distribution=uniform(0, 100)),
        Uncertain(name="standard", region="east", distribution=uniform(1, 3, relative=True)),
        **said,
    )

    schedule = applied(found, 30, 2, **said)

    assert written(schedule) == {0: ((2025.0, 2025.0), [[50], [30]])}
    assert schedule.inputs[:, 0] == pytest.approx([50, 80, 2, 4, 3, 4, 7])


def test_a_normal_lever_is_cut_to_its_allowed_range_and_others_are_refused() -> None:
    spread = (Amount(number=100), Amount(number=50))
    (one,) = drawn(Uncertain(name="quota", distribution=Distribution(kind="normal", amounts=spread)))

    assert (one.distribution.lowest, one.distribution.highest) == (0, 120)
    with pytest.raises(ScenarioError) as caught:
        drawn(Uncertain(name="quota", distribution=uniform(50, 150), where="file.yaml:3:3"))
    assert str(caught.value) == (
        "file.yaml:3:3: quota is drawn from 50 to 150 m2/person, allowed are 0 to 120"
    )


def test_a_relative_lever_stays_in_range_in_every_region() -> None:
    spread = (Amount(number=1, relative=True), Amount(number=1, relative=True))
    (one,) = drawn(Uncertain(name="quota", distribution=Distribution(kind="normal", amounts=spread)))

    assert (one.unit, one.distribution.highest) == ("x", 1.5)  # 120 of the 80 in the west
    with pytest.raises(ScenarioError, match=r"from 1 to 2 times .*, allowed are 0 to 1\.5"):
        drawn(Uncertain(name="quota", distribution=uniform(1, 2, relative=True)))


@pytest.mark.parametrize(
    ("entries", "changes", "said"),
    [
        ([Uncertain(name="quotta", distribution=uniform(0, 1))], {}, "no lever and no constant 'quotta'"),
        (
            [Uncertain(name="quota", region="north", distribution=uniform(0, 1))],
            {},
            "quota: there is no region or group 'north' in here",
        ),
        (
            [Uncertain(name="wish", region="east", distribution=uniform(0, 1))],
            {},
            "wish is one number for the whole place, and cannot be set for 'east'",
        ),
        (
            [Uncertain(name="wish", by_region=True, distribution=uniform(0, 1))],
            {},
            "wish is one number for the whole place, and has none by region",
        ),
        (
            [
                Uncertain(name="wish", distribution=uniform(0, 1), where="one.yaml:3:3"),
                Uncertain(name="Wish", distribution=uniform(0, 2)),
            ],
            {},
            "Wish is uncertain twice, here and in one.yaml:3:3",
        ),
        (
            [
                Uncertain(name="quota", distribution=uniform(0, 1)),
                Uncertain(name="quota", region="east", distribution=uniform(0, 1)),
                Uncertain(name="Quota", distribution=uniform(0, 1)),
            ],
            {},
            "quota and quota[east] are the same number, and uncertain twice",
        ),
        (
            [
                Uncertain(name="quota", distribution=uniform(0.5, 1, relative=True)),
                Uncertain(name="quota per settler", distribution=uniform(1, 2)),
            ],
            {},
            "quota is relative to 'Quota per settler', which is uncertain itself",
        ),
        (
            [Uncertain(name="quota per settler", distribution=uniform(1, 2))],
            {"levers": {"quota": (Setting(amounts=(Amount(number=1.5, relative=True),)),)}},
            "quota is relative to 'Quota per settler', which is uncertain itself",
        ),
        (
            [Uncertain(name="quota", distribution=uniform(0, 1))],
            {"correlated": (Correlated(names=("quota", "wish"), rho=0.5),)},
            "correlated: 'wish' is not uncertain here",
        ),
        (
            [Uncertain(name="quota", distribution=uniform(0, 1))],
            {"correlated": (Correlated(names=("quota",), rho=0.5),)},
            "correlated: names has one draw, expected two or more",
        ),
        (
            [Uncertain(name="quota", by_region=True, distribution=uniform(0, 1))],
            {"correlated": (Correlated(names=("quota",), rho=0.5), Correlated(names=("quota",), rho=0.1))},
            "correlated: quota[east] is in two groups",
        ),
        (
            [Uncertain(name="quota", by_region=True, distribution=uniform(0, 1))],
            {"correlated": (Correlated(names=("quota",), matrix=((1, 0, 0), (0, 1, 0), (0, 0, 1))),)},
            "the matrix is of 3 draws, but these names have 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    entries: list[Uncertain], changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        drawn(*entries, **changes)

    assert said in str(caught.value)


def test_a_single_draw_of_a_name_by_region_can_be_correlated_by_its_label() -> None:
    found = drawn(
        Uncertain(name="quota", by_region=True, distribution=uniform(0, 1)),
        Uncertain(name="wish", distribution=uniform(0, 1)),
        correlated=(Correlated(names=("quota[west]", "wish"), rho=0.5),),
    )

    assert [one.group for one in found] == ["", "quota[west] + wish", "quota[west] + wish"]


UNCERTAIN = """name: drawn
extends: faster
uncertain:
  moving_rate: {coast: {triangular: [x0.5, x1, x2]}, west: {uniform: [1, 6]}}
  share of movers: {lognormal: [x1, 1.2], within: [x0.5, x1.5]}
  Standard: {normal: [+0%, +10%], by_region: true}
  wish: {choice: [1, 2, 5], weights: [1, 1, 2]}
correlated:
  - {names: [Standard, wish], rho: 0.4}
"""


def test_a_run_with_a_draw_is_the_run_of_a_file_with_the_same_numbers(tiny: Path) -> None:
    Path("scenarios/drawn.yaml").write_text(UNCERTAIN)
    (task,) = batch.prepare([read_scenario("scenarios/drawn.yaml")])
    study = task.study
    found = factors(task.scenario, study.place, study.levers, study.system, task.schedule)
    assert [one.label for one in found] == [
        *("moving_rate[coast]", "moving_rate[west]", "Share of movers"),
        *("Standard[east]", "Standard[west]", "wish"),
    ]
    values = to_values(unit_sample(5, len(found), seed=4), found, task.scenario.correlated)
    ensemble = apply_draws(task.schedule, found, values)

    for run in range(5):
        text = {
            one.label: f"x{value!r}" if one.relative else repr(value)
            for one, value in zip(found, values[:, run].tolist(), strict=True)
        }
        Path("scenarios/written.yaml").write_text(
            "name: written\nextends: baseline\nlevers:\n"
            f"  moving_rate: {{coast: {text['moving_rate[coast]']}, west: {text['moving_rate[west]']}}}\n"
            f"  wish: {text['wish']}\n"
            f"parameters:\n  Share of movers: {text['Share of movers']}\n"
            f"  Standard: {{east: {text['Standard[east]']}, west: {text['Standard[west]']}}}\n"
        )
        (other,) = batch.prepare([read_scenario("scenarios/written.yaml")])

        one = ensemble.of_runs(slice(run, run + 1))
        assert (one.inputs == other.schedule.inputs).all()
        assert written(one) == {
            slot: (times, [[value] for value in values])
            for slot, (times, values) in written(other.schedule).items()
        }
        drawn_run = batch.run_one(replace(task, schedule=one), batch.Options()).run
        written_run = batch.run_one(other, batch.Options()).run
        assert drawn_run is not None
        assert written_run is not None
        for mine, its in zip(drawn_run.measured.series, written_run.measured.series, strict=True):
            assert np.array_equal(mine.values, its.values, equal_nan=True)


def test_draws_beyond_the_range_of_the_tables_are_told_in_one_line(tiny: Path) -> None:
    Path("scenarios/drawn.yaml").write_text(
        "name: drawn\nextends: baseline\nuncertain:\n  Standard: {west: {uniform: [x0.5, x1]}}\n"
    )
    (task,) = batch.prepare([read_scenario("scenarios/drawn.yaml")])
    study = task.study
    found = factors(task.scenario, study.place, study.levers, study.system, task.schedule)

    (line,) = draw_doubts(task.scenario, study.place, study.system, task.schedule, found)

    # The west's young have 0.8, from 0.5 to 1: x0.625 is the lowest multiple in the range.
    assert line.startswith("scenarios/drawn.yaml:4:14: 25 % of the draws of Standard[west] (0.5 to 1 times")
    assert line.endswith("lie outside 0.5 to 1, which models/places/tiny/parameters.csv:6 gives")


@pytest.mark.parametrize(("mean", "told"), [(130, "84.1 %"), (100, "2.28 %"), (90, "")])
def test_a_lever_of_which_much_is_cut_off_is_told(mean: float, told: str) -> None:
    """What lies above 120: beyond one, two and three standard deviations of 10 (16 %, 2.3 %, 0.1 %)."""
    spread = (Amount(number=mean), Amount(number=10))
    given = Distribution(kind="normal", amounts=spread)
    found = drawn(Uncertain(name="quota", distribution=given, where="file.yaml:3:3"))
    scenario = Scenario(name="one", place="here")
    schedule = plan(scenario, place(), (lever(),), Interface())

    said = draw_doubts(scenario, place(), Interface(), schedule, found)

    expected = "of what quota is drawn from is cut off, because the lever is allowed 0 to 120 m2/person"
    assert said == ((f"file.yaml:3:3: {told} {expected}",) if told else ())


def test_draws_that_scenarios_tie_otherwise_are_told() -> None:
    entries = (
        Uncertain(name="quota", distribution=uniform(0, 1)),
        Uncertain(name="wish", distribution=uniform(0, 1)),
    )
    groups = {
        "a": (Correlated(names=("quota", "wish"), rho=0.5),),
        "turned": (Correlated(names=("wish", "quota"), matrix=((1, 0.5), (0.5, 1))),),
        "none": (),
        "weaker": (Correlated(names=("quota", "wish"), rho=0.4),),
    }
    of_all = [
        (Scenario(name=name, place="", correlated=own), drawn(*entries)) for name, own in groups.items()
    ]

    said = pairing_doubts(of_all)

    assert [line.partition(", so")[0] for line in said] == [
        f"draws of Wish, quota: `correlated` ties them otherwise in {name} than in a"
        for name in ("none", "weaker")
    ]


def test_levers_are_drawn_over_their_allowed_range() -> None:
    schedule = plan(Scenario(name="one", place="here"), place(), (lever(),), Interface())

    (one,) = lever_factors(Scenario(name="one", place="here"), place(), (lever(),), Interface(), schedule)

    assert (one.label, one.distribution, one.slots) == ("quota", uniform(0, 120), (0, 1))


@pytest.fixture(scope="module")
def shipped() -> batch.Task:
    (task,) = batch.prepare([read_scenario("scenarios/baseline.yaml")])
    return task


def test_parameters_of_the_shipped_place_are_those_that_can_be_moved_alone(shipped: batch.Task) -> None:
    study = shipped.study
    found = parameter_factors(shipped.scenario, study.place, study.levers, study.system, shipped.schedule)
    names = {one.name for one in found}

    assert not names & {lever.variable for lever in study.levers}
    assert not {name for name in names if name.startswith(("Loop", "Reference"))}
    text = study.place.model.read_text(encoding="utf-8")
    summing = [part.rpartition("|")[2] for part in text.split("adds up to 1")[:-1]]
    assert summing
    assert not [part for part in summing if part.split("[")[0].strip().strip('"') in names]
    assert len({one.label for one in found}) == len(found)
    slots = [slot for one in found for slot in one.slots]
    assert len(slots) == len(set(slots))
    for one in found:
        ends = (one.distribution.lowest, one.distribution.highest)
        assert ends[0] < ends[1]
        own = [1.0] if one.relative else one.own
        assert all(ends[0] * (1 - 1e-9) <= value <= ends[1] * (1 + 1e-9) for value in own), one.label


def test_a_fitted_parameter_is_drawn_within_two_standard_errors(shipped: batch.Task) -> None:
    study = shipped.study
    found = parameter_factors(shipped.scenario, study.place, study.levers, study.system, shipped.schedule)
    estimates = {one.variable: one for one in study.place.sets["planning"].estimates if not one.region}

    elasticity = estimates["Income elasticity"]
    (one,) = (factor for factor in found if factor.name == "Income elasticity")
    assert elasticity.standard_error is not None
    reach = 2 * elasticity.standard_error
    assert one.distribution == uniform(elasticity.value - reach, elasticity.value + reach)
    (rates,) = (factor for factor in found if factor.name == "Base town moving rate")
    assert rates.relative
    assert len(rates.slots) == 4
    departures = [factor.label for factor in found if factor.name == "Base village departure rate"]
    assert len(departures) == 4  # fitted one by one


def test_moves_of_other_levers_stay_as_they_are() -> None:
    other = Move(slot=6, times=(2026.0,), values=(1.0,))
    schedule = plan(Scenario(name="one", place="here"), place(), (lever(),), Interface())
    (one,) = drawn(Uncertain(name="quota", distribution=uniform(0, 100)))

    many = apply_draws(replace(schedule, moves=(other,)), (one,), np.array([[1.0, 2.0]]))

    assert many.moves[0] == other
    assert many.of_runs(slice(1, 2)).moves[0] == other
