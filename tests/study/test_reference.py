from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from urbsim import batch
from urbsim.engine.ensemble import solve_ensemble
from urbsim.engine.schedule import Schedule
from urbsim.study.amount import Amount
from urbsim.study.draw import to_values, unit_sample
from urbsim.study.factor import apply_draws, factors, parameter_factors
from urbsim.study.reference import References, references_of
from urbsim.study.scenario import Scenario, Setting
from urbsim.study.scenario_file import read_scenario
from urbsim.study.uncertain import Distribution, Uncertain

SEARCH = "Time of search"
REFERENCE = "Reference openings per seeker"


@pytest.fixture(scope="module")
def task() -> batch.Task:
    (task,) = batch.prepare([read_scenario("scenarios/baseline.yaml")])
    return task


@pytest.fixture(scope="module")
def references(task: batch.Task) -> References:
    return references_of(task.study.place, task.study.system, 2020, None)


def with_parameter(
    task: batch.Task, name: str, factor: float, scenario: Scenario | None = None
) -> batch.Task:
    setting = Setting(amounts=(Amount(number=factor, relative=True),))
    changed = replace(scenario or task.scenario, name="changed", parameters={name: (setting,)})
    return batch._fit(changed, task.study)


def distance_from_references(task: batch.Task, schedule: Schedule) -> dict[str, float]:
    """Give how far each variable is from its reference at the end of 2020, in any run, at most [-]."""
    system = task.study.system
    start = replace(schedule, stop=2021.0, save=np.array([2020.0]), moves=())
    names = {output.name.casefold(): output.name for output in system.outputs}
    pairs = {
        names[name.removeprefix("reference ")]: label
        for name, label in names.items()
        if name.startswith("reference ") and name.removeprefix("reference ") in names
    }
    run = solve_ensemble(system, start, [*pairs, *pairs.values()], solver="euler").trajectory
    return {
        reference: float(
            np.max(np.abs(run[name] - run[reference]) / np.maximum(np.abs(run[reference]), 1e-9))
        )
        for name, reference in pairs.items()
    }


def test_references_follow_a_parameter_so_that_effects_are_still_one(
    task: batch.Task, references: References
) -> None:
    schedule = with_parameter(task, SEARCH, 1.5).schedule

    before, after = (distance_from_references(task, one) for one in (schedule, references.follow(schedule)))

    assert max(before.values()) > 0.05
    assert max(after.values()) < 1e-9


def test_without_other_parameters_nothing_changes_to_the_last_digit(
    task: batch.Task, references: References
) -> None:
    assert references.follow(task.schedule) is task.schedule
    delay = with_parameter(task, "Income and job perception delay", 1.5).schedule
    assert (references.follow(delay).inputs == delay.inputs).all()


def test_a_reference_that_is_set_itself_stays_as_set(task: batch.Task, references: References) -> None:
    constant = next(c for c in task.study.system.constants if c.name == REFERENCE)
    schedule = with_parameter(task, SEARCH, 1.5).schedule
    schedule.inputs[constant.first : constant.first + constant.size] *= 2

    followed = references.follow(schedule)

    rows = slice(constant.first, constant.first + constant.size)
    assert (followed.inputs[rows] == schedule.inputs[rows]).all()


def test_a_longer_search_is_no_shock_to_the_rate_of_the_following_years(task: batch.Task) -> None:
    own, longer = (
        batch.run_one(one, batch.Options(solver="euler")).run
        for one in (task, with_parameter(task, SEARCH, 1.5))
    )

    assert own is not None
    assert longer is not None
    rates = [run.measured.series[0].values for run in (own, longer)]
    assert np.abs(rates[1] - rates[0]).max() < 0.2


def test_runs_from_2010_take_the_references_of_2020_with_the_same_parameters(task: batch.Task) -> None:
    early = replace(task.scenario, period=(2010, 2024))
    changed = with_parameter(task, SEARCH, 1.5, early)
    late = with_parameter(task, SEARCH, 1.5)
    study = task.study

    of_2010, of_2020 = (
        references_of(study.place, study.system, year, None).follow(one.schedule).inputs
        for year, one in ((2010, changed), (2020, late))
    )

    for constant in study.system.constants:
        if constant.name.startswith("Reference "):
            rows = slice(constant.first, constant.first + constant.size)
            assert of_2010[rows] == pytest.approx(of_2020[rows], rel=1e-12), constant.name


def test_a_draw_and_a_file_with_the_same_number_have_the_same_references(
    task: batch.Task, references: References
) -> None:
    spread = Distribution(
        kind="uniform", amounts=(Amount(number=0.5, relative=True), Amount(number=1.5, relative=True))
    )
    scenario = replace(task.scenario, uncertain=(Uncertain(name=SEARCH, distribution=spread),))
    study = task.study
    found = factors(scenario, study.place, study.levers, study.system, task.schedule)
    values = np.linspace(0.5, 1.5, 11).reshape(1, -1)

    many = references.follow(apply_draws(task.schedule, found, values))

    for run, value in enumerate(values[0]):
        one = references.follow(with_parameter(task, SEARCH, float(value)).schedule)
        assert many.inputs[:, run] == pytest.approx(one.inputs[:, 0], rel=1e-12, abs=0)


def test_references_of_a_run_do_not_hang_on_the_runs_beside_it(
    task: batch.Task, references: References
) -> None:
    study = task.study
    found = parameter_factors(task.scenario, study.place, study.levers, study.system, task.schedule)
    values = to_values(unit_sample(53, len(found), seed=7), found, ())
    order = np.random.default_rng(1).permutation(53)

    many, mixed = (
        references.follow(apply_draws(task.schedule, found, some)) for some in (values, values[:, order])
    )
    few = references.follow(apply_draws(task.schedule, found, values[:, 20:31]))

    assert (mixed.inputs == many.inputs[:, order]).all()
    assert (few.inputs == many.inputs[:, 20:31]).all()


def test_no_parameter_of_the_tables_leaves_an_effect_of_2020_other_than_one(
    task: batch.Task, references: References
) -> None:
    study = task.study
    found = parameter_factors(task.scenario, study.place, study.levers, study.system, task.schedule)
    values = np.array([[1.0 if one.relative else one.own[0]] for one in found]).repeat(len(found), axis=1)
    np.fill_diagonal(values, [one.distribution.highest for one in found])

    many = references.follow(apply_draws(task.schedule, found, values))

    assert max(distance_from_references(task, many).values()) < 1e-8
