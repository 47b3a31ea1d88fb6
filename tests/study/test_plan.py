from __future__ import annotations

import numpy as np
import pytest

from tests.study.nouns import Interface, lever, place
from urbsim.engine.schedule import Schedule
from urbsim.errors import ScenarioError
from urbsim.study.amount import Amount
from urbsim.study.lever import Lever
from urbsim.study.plan import mute, plan, slots_of
from urbsim.study.scenario import Scenario, Setting


def amounts(*values: float, relative: bool = False) -> tuple[Amount, ...]:
    return tuple(Amount(number=value, relative=relative) for value in values)


def make(*settings: Setting, of: Lever | None = None, **changes: object) -> Schedule:
    used = of or lever()
    given: dict[str, object] = {
        "name": "one",
        "place": "here",
        "levers": {used.id: settings} if settings else {},
    }
    scenario = Scenario(**{**given, **changes})  # type: ignore[arg-type]
    return plan(scenario, place(), (used,), Interface())


def moved(schedule: Schedule) -> dict[int, tuple[tuple[float, ...], tuple[float, ...]]]:
    return {move.slot: (move.times, move.values) for move in schedule.moves}


def test_without_levers_the_inputs_are_those_of_the_place() -> None:
    schedule = make()

    assert schedule.moves == ()
    assert schedule.inputs.shape == (7, 1)
    assert schedule.inputs[:, 0] == pytest.approx(Interface().inputs)
    assert (schedule.start, schedule.stop) == (2020, 2030)
    assert schedule.save == pytest.approx(np.arange(2020, 2031))


def test_one_number_acts_from_the_first_day_of_the_first_policy_year() -> None:
    assert moved(make(Setting(amounts=amounts(100)))) == {
        0: ((2025.0, 2025.0), (50.0, 100.0)),
        1: ((2025.0, 2025.0), (80.0, 100.0)),
    }


def test_a_path_keeps_its_years_and_its_values() -> None:
    schedule = make(Setting(region="west", years=(2026.0, 2028.0), amounts=amounts(60, 100)))

    assert moved(schedule) == {1: ((2026.0, 2028.0), (60.0, 100.0))}


def test_a_relative_amount_is_relative_to_each_regions_own_value() -> None:
    schedule = make(Setting(amounts=amounts(1.5, relative=True)))

    assert moved(schedule) == {
        0: ((2025.0, 2025.0), (50.0, 75.0)),
        1: ((2025.0, 2025.0), (80.0, 120.0)),
    }


def test_a_lever_in_percent_is_scaled_to_the_units_of_the_model() -> None:
    used = lever(variable="Wish", scale=0.01, range=(0, 1000))

    assert moved(make(Setting(amounts=amounts(30)), of=used)) == {6: ((2025.0, 2025.0), (7.0, 0.3))}
    doubled = moved(make(Setting(amounts=amounts(1.25, relative=True)), of=used))
    assert doubled[6][1] == pytest.approx((7.0, 8.75))


def test_a_lever_that_selects_an_element_moves_only_that() -> None:
    used = lever(variable="Standard", select={"Service": "health"})

    assert set(moved(make(Setting(amounts=amounts(9)), of=used))) == {3, 5}
    assert set(moved(make(Setting(region="west", amounts=amounts(9)), of=used))) == {5}


def test_a_region_wins_over_its_group_and_a_group_over_the_whole_place() -> None:
    schedule = make(Setting(region="here", amounts=amounts(10)), Setting(region="West", amounts=amounts(20)))

    assert {slot: values[-1] for slot, (_, values) in moved(schedule).items()} == {0: 10.0, 1: 20.0}


def test_parameters_hold_from_the_start() -> None:
    settings = (Setting(region="east", amounts=amounts(1.1, relative=True)),)

    schedule = make(parameters={"quota_per_settler": settings})

    assert schedule.inputs[:2, 0] == pytest.approx([55.0, 80.0])
    assert schedule.moves == ()


def test_planning_leaves_the_system_as_it_was() -> None:
    system = Interface()
    scenario = Scenario(name="one", place="here", parameters={"Wish": (Setting(amounts=amounts(9)),)})

    plan(scenario, place(), (lever(),), system)

    assert system.inputs[6] == 7


def test_two_levers_may_not_move_the_same_number() -> None:
    levers = (lever(), lever(id="other"))
    setting = (Setting(amounts=amounts(1), where="file:1:1"),)
    scenario = Scenario(name="one", place="here", levers={"quota": setting, "other": setting})

    with pytest.raises(ScenarioError, match="levers 'other' and 'quota' move the same number"):
        plan(scenario, place(), levers, Interface())


def test_a_lever_that_begins_after_the_run_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match="2025, where a lever given as one number begins for here, is outside"
    ):
        make(Setting(amounts=amounts(1)), period=(2020, 2024))


def test_a_muted_lever_keeps_its_breaks_but_not_its_effect() -> None:
    schedule = make(Setting(region="west", years=(2026.0, 2028.0), amounts=amounts(60, 100)))

    muted = mute(schedule, slots_of(lever(), place(), Interface()))

    assert moved(muted) == {1: ((2026.0, 2028.0), (80.0, 80.0))}
