from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from urbsim.analysis.benchmark import benchmarks
from urbsim.analysis.score import score

ROOT = Path(__file__).resolve().parents[2]
NUMBER = st.floats(-1e3, 1e3, allow_subnormal=False)


def test_a_shift_is_all_bias() -> None:
    found = score([11, 12, 14, 19], [10, 11, 13, 18])

    assert (found.bias, found.rmse, found.last) == (1, 1, 1)
    assert (found.mean_share, found.spread_share, found.covariation_share) == pytest.approx((1, 0, 0))


def test_a_wider_swing_is_all_unequal_spread() -> None:
    observed = np.array([1.0, 2, 3, 4])

    found = score(list(2.5 + 2 * (observed - 2.5)), list(observed))

    assert (found.mean_share, found.spread_share, found.covariation_share) == pytest.approx((0, 1, 0))


def test_a_swing_out_of_step_is_all_unequal_covariation() -> None:
    found = score([1, -1, 1, -1], [-1, 1, -1, 1])

    assert (found.mean_share, found.spread_share, found.covariation_share) == pytest.approx((0, 0, 1))
    assert found.rmse == 2


def test_the_mean_absolute_percentage_error_is_relative_to_what_was_observed() -> None:
    assert score([11, 18], [10, 20]).mape == pytest.approx(10)
    assert score([1, 2], [0, 2]).mape is None


def test_no_error_has_no_parts() -> None:
    found = score([1, 2], [1, 2])

    assert (found.rmse, found.mean_share, found.covariation_share) == (0, None, None)


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=20))
def test_the_parts_add_up_to_one(pairs: list[tuple[float, float]]) -> None:
    found = score([a for a, _ in pairs], [b for _, b in pairs])

    if found.rmse > 1e-3:
        parts = (found.mean_share, found.spread_share, found.covariation_share)
        assert sum(part or 0 for part in parts) == pytest.approx(1, abs=1e-9)


def history() -> dict[int, float]:
    with (ROOT / "models/places/chongqing/history.csv").open(encoding="utf-8-sig", newline="") as file:
        return {
            int(row["year"]): float(row["value"])
            for row in csv.DictReader(file)
            if row["indicator"] == "urbanization_rate" and row["region"] in ("", "chongqing")
        }


# Known for the rate of Chongqing, fitted on 2011-2020: RMSE of 2021-24 [points], value of 2035 [%].
KNOWN = {
    "growth-difference": (1.95, 86.8),
    "line": (2.6, None),
    "logistic-75": (0.08, 74.5),
    "logistic-80": (0.72, 78.1),
    "logistic-85": (1.2, 81.0),
}


@pytest.mark.parametrize(("name", "rmse", "in_2035"), [(k, *v) for k, v in KNOWN.items()])
def test_benchmarks_give_the_known_numbers(name: str, rmse: float, in_2035: float | None) -> None:
    rates = history()
    (benchmark,) = [b for b in benchmarks("urbanization_rate") if b.id == name]
    years = range(2011, 2021)

    found = benchmark.project(years, [rates[y] for y in years], [*range(2021, 2025), 2035])

    assert found is not None
    tolerance = 0.05 if name == "line" else 0.01
    assert score(found[:4], [rates[y] for y in range(2021, 2025)]).rmse == pytest.approx(rmse, abs=tolerance)
    if in_2035 is not None:
        assert found[-1] == pytest.approx(in_2035, abs=0.1)


def test_a_constant_growth_difference_keeps_the_growth_of_the_ratio() -> None:
    """Towns grow by 3 % and villages that shrink by 1 % a year: the ratio grows by 4 %."""
    years = np.arange(2011, 2021)
    urban, rural = 6 * np.exp(0.03 * (years - 2011)), 4 * np.exp(-0.01 * (years - 2011))
    benchmark = benchmarks("urbanization_rate")[0]

    found = benchmark.project(years, 100 * urban / (urban + rural), [2030])

    assert found == pytest.approx([100 / (1 + 4 / 6 * np.exp(-0.04 * 19))])


def test_a_logistic_is_not_made_for_what_lies_above_its_ceiling() -> None:
    (benchmark,) = [b for b in benchmarks("urbanization_rate") if b.id == "logistic-75"]

    assert benchmark.project(range(6), [70, 71, 72, 73, 74, 76], [7]) is None


def test_growth_is_for_counts() -> None:
    line, growth = benchmarks("births")
    years = range(2015, 2021)

    assert growth.project(years, [100 * 1.1**i for i in range(6)], [2022]) == pytest.approx([100 * 1.1**7])
    assert line.project(years, [100 + 3 * i for i in range(6)], [2022]) == pytest.approx([121])


def test_a_straight_line_may_cross_nought() -> None:
    line, growth = benchmarks("net_gain_from_outside")
    years, values = range(2015, 2021), [3 - i for i in range(6)]

    assert line.project(years, values, [2022]) == pytest.approx([-4])
    assert growth.project(years, values, [2022]) is None
