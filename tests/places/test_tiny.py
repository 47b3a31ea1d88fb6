"""What the shipped model gives for a place so simple that it can be worked out by hand.

Each region of `tests/places/tiny` starts with 180 000 villagers (18 ages of 10 000), 90 000 townspeople with
local urban hukou, 54 000 with local rural hukou and 36 000 from outside; 18 000 registered people live away.
So 180 000 of 360 000 residents are urban: 50 %. Nobody is born, dies, ages or moves until a test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.places.build import Change, write_tiny
from urbsim import batch
from urbsim.engine.trajectory import Floats
from urbsim.study.amount import Amount
from urbsim.study.outcome import Run
from urbsim.study.scenario import Scenario, Setting

YEARS = np.arange(16.0)  # since the start
PEOPLE = {
    "Rural residents": 180_000.0,
    "Urban residents with local urban hukou": 90_000.0,
    "Urban residents with local rural hukou": 54_000.0,
    "Urban residents from outside": 36_000.0,
    "Registered people living away": 18_000.0,
}
Simulate = Callable[[dict[str, Change]], Run]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> batch.Study:
    """Give the place in which nothing moves, compiled once."""
    return batch.read_study(write_tiny(tmp_path_factory.mktemp("places") / "tiny"))


@pytest.fixture
def simulate(tiny: batch.Study) -> Simulate:
    """Give what runs the tiny place with some parameters changed, in all or by region."""

    def run(changes: dict[str, Change]) -> Run:
        parameters = {
            name: tuple(
                Setting(region=region, amounts=(Amount(number=value),))
                for region, value in (change if isinstance(change, dict) else {"": change}).items()
            )
            for name, change in changes.items()
        }
        return run_one(Scenario(name="hand", place="tiny", parameters=parameters), tiny)

    return run


def run_one(scenario: Scenario, study: batch.Study) -> Run:
    outcome = batch.run_one(batch._fit(scenario, study), batch.Options())
    assert outcome.run is not None, outcome.failure
    return outcome.run


def people(run: Run, name: str) -> Floats:
    """Give a stock of people by region and year, all ages together."""
    return np.asarray(run.trajectory[name][..., 0].sum(axis=1))


def rate(run: Run, area: str = "tiny") -> Floats:
    series = run.measured.find("urbanization_rate", area)
    assert series is not None
    return series.values


def test_without_births_deaths_and_moves_every_stock_of_people_stays_as_it_is(simulate: Simulate) -> None:
    run = simulate({})

    for name, number in PEOPLE.items():
        np.testing.assert_allclose(people(run, name), number, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(rate(run), 50.0, rtol=1e-9)


def test_departures_at_a_constant_rate_empty_the_villages_exponentially(simulate: Simulate) -> None:
    # 5 % a year leave: R(t) = 180 000 exp(-t/20). Of those who left, 0.6 are in towns of their own region and
    # 0.3 in the other's, where as many come from: 0.9 are in town with a rural hukou, 0.1 away.
    run = simulate({"Base village departure rate": 0.05})

    left = 180_000 * (1 - np.exp(-0.05 * YEARS))
    for name, number in {
        "Rural residents": 180_000 - left,
        "Urban residents with local rural hukou": 54_000 + 0.9 * left,
        "Registered people living away": 18_000 + 0.1 * left,
        "Urban residents with local urban hukou": np.full(16, 90_000.0),
    }.items():
        np.testing.assert_allclose(people(run, name), np.tile(number, (2, 1)), rtol=1e-6, err_msg=name)
    # 2035: 180 000 exp(-0.75) = 85 026 villagers, 94 974 left; 265 476 urban of 350 503: 75.74 %.
    assert rate(run)[-1] == pytest.approx(75.742, abs=5e-4)


def test_deaths_at_one_constant_rate_shrink_towns_and_villages_apart(simulate: Simulate) -> None:
    # 1 % a year in towns and 1.25 % in villages: rate = 1 / (1 + exp(-0.0025 t)).
    run = simulate({"Death rate": 0.01, "Rural mortality ratio": 1.25})

    np.testing.assert_allclose(rate(run), 100 / (1 + np.exp(-0.0025 * YEARS)), rtol=1e-6)
    np.testing.assert_allclose(
        people(run, "Rural residents")[0], 180_000 * np.exp(-0.0125 * YEARS), rtol=1e-6
    )


def test_settlement_changes_the_register_and_not_the_rate(simulate: Simulate) -> None:
    run = simulate({"Base application rate": 0.04})

    settled = people(run, "Urban residents with local urban hukou") - 90_000
    np.testing.assert_allclose(rate(run), 50.0, rtol=1e-9)
    np.testing.assert_allclose(
        people(run, "Urban residents with local rural hukou"), 54_000 - settled, rtol=1e-9
    )
    # 2160 apply in the first year, in a queue of about half a year: in 15 years between a quarter and 45 %.
    assert (np.diff(settled, axis=1) > 0).all()
    assert ((settled[:, -1] > 0.25 * 54_000) & (settled[:, -1] < 0.45 * 54_000)).all()


def test_settlement_without_delay_or_lapse_empties_the_rural_hukou_exponentially(simulate: Simulate) -> None:
    # With q those who wait: N' = -q/0.05 = -20 q and q' = 0.04 N - 20 q, from q(0) = 0.
    # The roots of s^2 + 20 s + 0.8 = 0 are -0.0400802 and -19.9599: N decays at the slow one.
    run = simulate(
        {
            "Base application rate": 0.04,
            "Settlement processing time": 0.05,
            "Lapse rate of applications": 0.0,
            "Settlement capacity": 1e9,
            "Loop B11": 0.0,  # or the worth of an urban hukou would follow the places in town
        }
    )

    slow, fast = -10 + np.sqrt(100 - 0.8), -10 - np.sqrt(100 - 0.8)
    expected = 54_000 * (fast * np.exp(slow * YEARS) - slow * np.exp(fast * YEARS)) / (fast - slow)
    np.testing.assert_allclose(people(run, "Urban residents with local rural hukou")[0], expected, rtol=1e-6)


def test_a_bank_that_nobody_draws_on_fills_by_the_quota_granted(simulate: Simulate) -> None:
    run = simulate({"Base quota": {"east": 3.0, "west": 0.5}})

    bank = run.trajectory["Quota bank"][..., 0]
    np.testing.assert_allclose(bank[0], 10 + 3.0 * YEARS, rtol=1e-9)
    np.testing.assert_allclose(bank[1], 10 + 0.5 * YEARS, rtol=1e-9)


def test_settlers_of_the_year_before_bring_quota(simulate: Simulate) -> None:
    # Nobody settled before the start, so the bank fills slowly at first; by 2035 it has had 100 m2 for
    # everyone settled but those of about the last year.
    run = simulate({"Base application rate": 0.04, "Quota per settler": 100.0})

    bank = run.trajectory["Quota bank"][0, :, 0]
    settled = people(run, "Urban residents with local urban hukou")[0] - 90_000
    granted = (bank - 10) / 100e-6  # persons counted
    assert bank[0] == pytest.approx(10)
    assert settled[-2] * 0.97 < granted[-1] < settled[-1]


def test_regions_alike_stay_alike_when_everything_moves(tmp_path: Path) -> None:
    moving: dict[str, Change] = {
        "Urban fertility path": 1.0,
        "Rural fertility path": 1.3,
        "Death rate": 0.008,
        "Base village departure rate": 0.05,
        "Base town moving rate": 0.01,
        "Base village return rate": 0.01,
        "Base town leaving rate": 0.01,
        "Base return rate from outside": 0.05,
        "Base arrivals from outside": 500.0,
        "Base outsider departure rate": 0.06,
        "Base application rate": 0.04,
        "Share of new land on villages": 0.9,
        "Income elasticity": 0.8,
        "Job elasticity": 0.6,
        "Service elasticity": 0.3,
        "Network elasticity": 0.3,
        "Land wanted over land in use": 1.2,
        "Base quota": 1.0,
        "Quota per settler": 80.0,
    }
    run = run_one(
        Scenario(name="hand", place="tiny"), batch.read_study(write_tiny(tmp_path / "tiny", moving))
    )

    for output, values in zip(run.trajectory.outputs, run.trajectory.values, strict=True):
        if output.axes and output.axes[0] == ("east", "west"):
            np.testing.assert_allclose(values[0], values[1], rtol=1e-9, atol=1e-9, err_msg=output.name)
    assert rate(run)[-1] > rate(run)[0] + 5  # it was no standstill
    np.testing.assert_allclose(rate(run, "east"), rate(run), rtol=1e-9)


def test_an_age_group_empties_into_the_next_one(tmp_path: Path) -> None:
    # A fifth leaves every year. With nobody born, those of 0-4 are 10 000 exp(-t/5), those of 5-9 have
    # 10 000 exp(-t/5) (1 + t/5), and nobody is lost.
    ageing: dict[str, Change] = {"Ageing rate": {"": 0.2, "age 85 plus": 0.0}}
    run = run_one(
        Scenario(name="hand", place="tiny"), batch.read_study(write_tiny(tmp_path / "tiny", ageing))
    )

    villagers = run.trajectory["Rural residents"][0, :, :, 0]
    np.testing.assert_allclose(villagers[0], 10_000 * np.exp(-YEARS / 5), rtol=1e-6)
    np.testing.assert_allclose(villagers[1], 10_000 * np.exp(-YEARS / 5) * (1 + YEARS / 5), rtol=1e-6)
    np.testing.assert_allclose(villagers.sum(axis=0), 180_000, rtol=1e-9)


def test_base_jobs_grow_by_demand_less_productivity(tmp_path: Path) -> None:
    outside: dict[str, Change] = {
        "Outside growth path": 0.03,
        "Outside productivity growth path": 0.01,
        "Cost response of base jobs": 0.0,
    }
    run = run_one(
        Scenario(name="hand", place="tiny"), batch.read_study(write_tiny(tmp_path / "tiny", outside))
    )

    jobs = run.trajectory["Base jobs"][0, :, 0]
    # 65 000 jobs are filled and 3 % more are open; 0.23 for each of 180 000 townspeople serve the town.
    assert jobs[0] == pytest.approx(65_000 * 1.03 - 0.23 * 180_000)
    np.testing.assert_allclose(jobs, jobs[0] * np.exp(0.02 * YEARS), rtol=1e-6)


def test_debt_that_is_never_served_grows_with_interest_on_interest(tmp_path: Path) -> None:
    penniless: dict[str, Change] = {
        "Revenue share path": 0.0,
        "Transfer per head": 1e-6,  # revenue divides the debt service
        "Running costs per resident": 0.0,
        "Other investment per resident": 0.0,
        "Cost of a place": 0.0,
        "Interest rate": 0.04,
    }
    study = batch.read_study(write_tiny(tmp_path / "tiny", penniless))
    cut = {"loop_r6": (Setting(region="", amounts=(Amount(number=0.0),)),)}

    compound = run_one(Scenario(name="hand", place="tiny"), study).trajectory["Local debt"][..., 0]
    simple = run_one(Scenario(name="hand", place="tiny", parameters=cut), study).trajectory["Local debt"][
        ..., 0
    ]

    np.testing.assert_allclose(compound, 1e10 * np.exp(0.04 * YEARS), rtol=1e-6)
    np.testing.assert_allclose(simple, 1e10 * (1 + 0.04 * YEARS), rtol=1e-6)


def test_homes_that_nobody_builds_are_pulled_down_over_their_life(simulate: Simulate) -> None:
    run = simulate({"Reference floor area per urban resident": 0.0, "Life of a home": 50.0})  # none is wanted

    homes = run.trajectory["Market housing"][0, :, 0]
    np.testing.assert_allclose(homes, 6_300_000 * np.exp(-YEARS / 50), rtol=1e-6)
