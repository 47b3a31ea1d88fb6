from __future__ import annotations

from dataclasses import replace

import pytest

from tests.study.nouns import COUNT, RATE, RESIDENTS, indicator, place, trajectory
from tests.study.test_error_band import own
from urbsim.study.judge import find_conflicts, inspect, judge
from urbsim.study.place import Margin
from urbsim.study.report import Measured, measure
from urbsim.study.target import Check, Operator, Target, Verdict


def measured() -> Measured:
    return measure(trajectory(), (RATE, COUNT, RESIDENTS), place())


def verdict(
    value: float, operator: Operator = ">=", year: int = 2030, of: str = "rate", region: str = ""
) -> Verdict:
    """Judge a target; the rate of the whole place goes from 45 % in 2020 to 55 % in 2030."""
    target = Target(indicator=of, year=year, operator=operator, value=value, region=region)
    return judge(measured(), (target,), place(), parameter_set="")[0]


def test_a_target_is_met_at_its_level_and_missed_below() -> None:
    assert verdict(55).met
    assert not verdict(55.01).met
    assert verdict(55.01).gap == pytest.approx(-0.01)


def test_an_upper_bound_is_met_at_its_level_and_missed_above() -> None:
    assert verdict(55, "<=").met
    assert not verdict(54.9, "<=").met
    assert verdict(54.9, "<=").gap == pytest.approx(0.1)


def test_about_a_rate_is_met_from_half_a_point_below() -> None:
    assert verdict(55.5, "~").met
    assert not verdict(55.51, "~").met
    assert verdict(40, "~").met


def test_about_a_count_is_met_from_one_per_cent_below() -> None:
    assert verdict(2200 / 0.99, "~", of="count").met
    assert not verdict(2200 / 0.989, "~", of="count").met


def test_the_year_met_is_the_first_in_which_the_level_is_reached_before_or_after() -> None:
    assert verdict(48, year=2030).year_met == 2023
    assert verdict(48, year=2021).year_met == 2023
    assert verdict(49.5, "~", year=2021).year_met == 2024
    assert verdict(70).year_met is None


def test_a_gap_inside_the_margin_is_open() -> None:
    # Nothing in the last observed year, 3 points in 2026: 1 point a year from 2023 on.
    margins = (Margin(indicator="rate", year=2026, value=3.0),)
    sure = place(margins=margins, last_observed_year=2023)

    def judged(level: float, operator: Operator = ">=") -> Verdict:
        (only,) = judge(
            measured(),
            (Target(indicator="rate", year=2025, operator=operator, value=level),),
            sure,
            parameter_set="",
        )
        return only

    value = judged(0).value
    assert judged(value + 1.9).margin == pytest.approx(2.0)
    assert judged(value + 1.9).open
    assert judged(value - 1.9).open
    assert not judged(value + 2.1).open
    # "About" is met from half a point below, and the distance is that to there.
    assert judged(value + 2.4, "~").open
    assert not judged(value - 1.6, "~").open
    assert verdict(48).margin is None


def test_a_run_is_held_to_its_own_margin_also_in_regions() -> None:
    errors = (own(0, 0.2, area="west"), own(5, 3.0, area="west", last=2025), own(0, 0.4, name="new"))
    known = place(errors=errors, seen={"new": 2025}, last_observed_year=2025)
    targets = [
        Target(indicator="rate", year=2030, operator=">=", value=50, region=region)
        for region in ("", "west", "east")
    ]

    verdicts = judge(measured(), targets, known, parameter_set="new")

    assert [verdict.margin for verdict in verdicts] == [None, pytest.approx(3.0), None]


def test_a_target_of_a_region_is_judged_there() -> None:
    assert verdict(70, region="East").value == pytest.approx(70)
    assert verdict(70, region="coast").met


def test_targets_outside_the_run_are_not_judged() -> None:
    later = Target(indicator="rate", year=2035, operator=">=", value=1)

    assert judge(measured(), (later,), place(), parameter_set="") == ()


def test_a_check_holds_for_every_element_and_year() -> None:
    checks = (
        Check(variable="Townspeople", low=6e6),
        Check(variable="Townspeople", low=6.1e6),
        Check(variable="Townspeople", low=11e6, region="west"),
        Check(indicator="rate", low=47.9, high=48.1, year=2023),
    )

    findings = inspect(checks, trajectory(), measured(), place())

    assert [finding.passed for finding in findings] == [True, False, True, True]
    assert (findings[1].element, findings[1].year, findings[1].value) == (
        "Townspeople[east]",
        2020,
        pytest.approx(6e6),
    )


def test_a_rate_and_a_count_agree_at_one_total_only() -> None:
    targets = (
        Target(indicator="rate", year=2030, operator="~", value=80),
        Target(indicator="count", year=2030, operator="~", value=2800, region="here"),
        Target(indicator="count", year=2025, operator="~", value=2800),
        Target(indicator="rate", year=2030, operator="~", value=80, region="west"),
    )

    (conflict,) = find_conflicts({"base": (measured(), targets)}, (RATE, COUNT, RESIDENTS), place())

    assert conflict.needed == pytest.approx(3500)
    assert conflict.totals == {"base": pytest.approx(4000)}
    assert conflict.total.en == "Residents"


def test_shares_of_something_else_do_not_conflict() -> None:
    other = indicator("rural", unit="10k persons", variable="Villagers")
    targets = (
        Target(indicator="rate", year=2030, operator="~", value=80),
        Target(indicator="rural", year=2030, operator="~", value=800),
    )

    assert find_conflicts({"base": (measured(), targets)}, (RATE, other), place()) == ()


def test_targets_conflict_only_within_those_of_one_run() -> None:
    rate = Target(indicator="rate", year=2030, operator="~", value=80)
    count = Target(indicator="count", year=2030, operator="~", value=2800)
    more = replace(count, value=3000)
    runs = {
        "both": (measured(), (rate, count)),
        "again": (measured(), (replace(rate, where="other.yaml:3"), count)),
        "rate only": (measured(), (rate,)),
        "more": (measured(), (rate, more)),
        "count only": (measured(), (more,)),
    }

    one, other = find_conflicts(runs, (RATE, COUNT, RESIDENTS), place())

    assert (one.needed, [*one.totals]) == (pytest.approx(3500), ["both", "again"])
    assert (other.needed, [*other.totals]) == (pytest.approx(3750), ["more"])
