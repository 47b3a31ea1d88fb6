from __future__ import annotations

import numpy as np
import pytest

from tests.study.nouns import COUNT, RATE, YEARS, indicator, place, trajectory
from urbsim.study.indicator import Indicator
from urbsim.study.report import measure, measure_each


def values(of: Indicator, area: str) -> list[float]:
    series = measure(trajectory(), (of,), place()).find(of.id, area)
    assert series is not None
    return [float(value) for value in series.values]


def test_every_area_is_reported_the_whole_place_first() -> None:
    measured = measure(trajectory(), (RATE,), place())

    assert [series.area for series in measured.series] == ["here", "coast", "east", "west"]
    assert measured.years == pytest.approx(YEARS)


def test_counts_add_up_over_regions() -> None:
    assert values(COUNT, "here")[0] == pytest.approx(600 + 1200)
    assert values(COUNT, "coast")[0] == pytest.approx(600)


def test_a_rate_is_a_ratio_of_sums_and_not_a_mean_of_rates() -> None:
    assert values(RATE, "here")[0] == pytest.approx(100 * 18 / 40)
    assert values(RATE, "west")[10] == pytest.approx(50)


def test_a_weighted_mean_weighs_regions() -> None:
    adequacy = indicator(
        "a", variable="Adequacy", select={"Service": "school"}, weight="Residents", unit="dmnl"
    )

    assert values(adequacy, "here")[0] == pytest.approx((0.6 * 10 + 0.4 * 30) / 40)
    assert values(adequacy, "east")[0] == pytest.approx(0.6)


def test_dimensions_that_are_not_selected_are_summed() -> None:
    assert values(indicator("a", variable="Adequacy"), "east")[0] == pytest.approx(0.6 + 1.2)


def test_a_number_of_the_whole_place_is_reported_for_it_alone() -> None:
    measured = measure(trajectory(), (indicator("fund", variable="Fund"),), place())

    assert [series.area for series in measured.series] == ["here"]
    assert measured.series[0].values == pytest.approx(5)


def test_a_ratio_without_a_denominator_is_left_open() -> None:
    assert np.isnan(values(indicator("none", per="Nobody"), "here")).all()


def test_only_the_run_that_is_asked_for_is_measured() -> None:
    one = trajectory()
    two = type(one)(
        times=one.times,
        outputs=one.outputs,
        values=tuple(np.concatenate([value, 2 * value], axis=-1) for value in one.values),
    )

    doubled = measure(two, (COUNT,), place(), run=1).find("count", "here")

    assert doubled is not None
    assert doubled.values[0] == pytest.approx(3600)


def test_runs_measured_together_are_those_measured_one_by_one() -> None:
    one = trajectory()
    factors = (1.0, 1 / 3, 0.7)
    many = type(one)(
        times=one.times,
        outputs=one.outputs,
        values=tuple(np.concatenate([f * value for f in factors], axis=-1) for value in one.values),
    )
    indicators = (
        COUNT,
        indicator("fund", variable="Fund"),
        indicator("none", per="Nobody"),
        indicator("a", variable="Adequacy"),
        indicator("arrivals", variable="Townspeople", unit="person/year", total=True),
    )

    together = measure_each(many, indicators, place())

    assert len(together) == 3
    for run, found in enumerate(together):
        alone = measure(many, indicators, place(), run=run)
        assert [(s.indicator, s.area) for s in found.series] == [(s.indicator, s.area) for s in alone.series]
        for ours, single in zip(found.series, alone.series, strict=True):
            np.testing.assert_array_equal(ours.values, single.values)


def test_the_total_of_a_year_is_the_change_of_the_stock_that_accumulates_it() -> None:
    arrivals = indicator("arrivals", variable="Townspeople", unit="person/year", total=True)

    assert np.isnan(values(arrivals, "here")[0])
    assert values(arrivals, "here")[1:] == pytest.approx([0.01 * 40e6] * 10)


def test_a_rate_of_totals_is_the_ratio_of_two_changes() -> None:
    share = indicator(
        "share", variable="Adequacy", select={"Service": "school"}, per="Townspeople", total=True
    )

    assert values(share, "east")[1:] == pytest.approx([0.01 / (0.01 * 10e6)] * 10)


def test_a_total_has_no_weighted_mean() -> None:
    with pytest.raises(ValueError, match="weight"):
        indicator("odd", total=True, weight="Residents")
