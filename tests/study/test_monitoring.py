from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.study.nouns import COUNT, RATE, YEARS, indicator, place
from tests.study.test_error_band import own
from urbsim.study.indicator import Indicator
from urbsim.study.monitoring import Course, Monitoring, hold_against
from urbsim.study.outcome import Outcome, Run
from urbsim.study.place import Observation
from urbsim.study.report import Measured, Series
from urbsim.study.scenario import Scenario
from urbsim.study.target import Operator, Target

ARRIVALS = indicator("arrivals", unit="10k persons/year", total=True)
HISTORY = {2010: 50.0, 2011: 52.0, 2012: 53.0, 2013: 54.0, 2014: 55.0, 2015: 56.0, 2016: 56.5, 2020: 60.0}


def seen(
    time: float, value: float, what: Indicator = RATE, vintage: str = "", area: str = "here"
) -> Observation:
    return Observation(
        indicator=what.id,
        region=area,
        year=time,
        value=value,
        unit=what.unit,
        vintage=vintage,
        confidence="official",
        source="",
        note="",
        where="",
    )


def target(value: float, year: int, operator: Operator = ">=", what: Indicator = RATE) -> Target:
    return Target(indicator=what.id, year=year, operator=operator, value=value)


def outcome(*targets: Target, history: tuple[Observation, ...] | None = None) -> Outcome:
    """Give a run whose rate rises by a point a year from 60 % in 2020; 12 arrive in each year."""
    rate = 60 + (YEARS - 2020)
    run = Measured(
        years=YEARS,
        series=(
            Series(indicator=RATE, area="here", values=rate),
            Series(indicator=COUNT, area="here", values=10 * rate),
            Series(indicator=ARRIVALS, area="here", values=np.where(YEARS > 2020, 12.0, np.nan)),
        ),
    )
    before = tuple(seen(year, value) for year, value in HISTORY.items()) if history is None else history
    where = place(history=before, errors=(own(0, 0.3, last=2024, name=""), own(1, 0.5), own(10, 5.0)))
    return Outcome(
        scenario=Scenario(name="baseline", place="here"),
        place=where,
        indicators=(RATE, COUNT, ARRIVALS),
        targets=targets,
        run=Run(measured=run, verdicts=(), findings=(), idle={}, seconds=0.0),
    )


def course(of: Outcome, *new: Observation) -> Course:
    (found,) = hold_against(of, new).courses
    return found


def test_what_stands_at_a_date_is_held_against_a_straight_line_between_year_ends() -> None:
    readings = hold_against(outcome(), [seen(2024.5, 64.0), seen(2026, 65.0)]).readings

    assert [r.expected for r in readings] == pytest.approx([64.5, 66.0])
    assert [r.deviation for r in readings] == pytest.approx([-0.5, -1.0])
    assert [r.share for r in readings] == [1.0, 1.0]
    # Horizons of 0.5 and 2 years: halfway from 0.3 to 0.5, and a ninth of the way from 0.5 to 5.
    assert [r.widths for r in readings] == pytest.approx([0.5 / 0.4, 1.0 / 1.0])
    assert [r.inside for r in readings] == [False, True]


def test_a_total_of_part_of_a_year_is_held_against_that_share_of_it() -> None:
    (reading,) = hold_against(outcome(), [seen(2024.25, 2.5, ARRIVALS)]).readings

    assert (reading.expected, reading.share) == pytest.approx((3.0, 0.25))


def test_years_that_the_parameters_saw_are_marked() -> None:
    readings = hold_against(outcome(), [seen(2023, 63.0), seen(2025, 65.0)]).readings

    assert [(r.seen, r.band.kind if r.band else "") for r in readings] == [
        (True, "fitted"),
        (False, "hold-out"),
    ]


def test_years_outside_the_run_have_nothing_to_be_held_against() -> None:
    readings = hold_against(
        outcome(), [seen(2019, 59.0), seen(2031, 71.0), seen(2020, 5.0, ARRIVALS)]
    ).readings

    assert [r.expected for r in readings] == [None, None, None]
    assert [r.inside for r in readings] == [None, None, None]


def test_the_gain_now_needed_stands_beside_those_of_the_run_and_of_the_past() -> None:
    found = course(outcome(target(75, 2030)), seen(2025, 64.0))

    assert found.years_left == 5
    assert found.needed == pytest.approx(11 / 5)
    assert found.planned == pytest.approx(1.0)
    assert found.projected == pytest.approx(69.0)
    assert found.short is not None
    assert found.long is not None
    assert (found.short.gain, found.short.first, found.short.last) == (2.0, 2010, 2011)
    assert (found.long.gain, found.long.first, found.long.last) == (pytest.approx(1.2), 2010, 2015)
    assert found.standing == "faster than ever"


def test_the_best_pace_of_five_years_counts_where_the_pace_must_be_kept_up() -> None:
    assert course(outcome(target(70, 2030)), seen(2025, 64.5)).standing == "behind"  # 1.1 of 1.2 a year
    assert course(outcome(target(71, 2030)), seen(2025, 64.5)).standing == "faster than ever"  # 1.3
    assert (
        course(outcome(target(66, 2026)), seen(2025, 64.5)).standing == "behind"
    )  # 1.5 in one year; 2.0 was


@pytest.mark.parametrize(
    ("wanted", "new", "standing"),
    [
        (target(69, 2030), (2025, 64.5), "on course"),  # 0.9 a year, as since 2020
        (target(69.5, 2030), (2025, 64.5), "by the run only"),  # 1.0 a year, as in the run
        (target(69.5, 2030, "~"), (2025, 64.5), "on course"),  # met from 69
        (target(64, 2030), (2025, 64.5), "beyond now"),
        (target(64, 2040), (2025, 64.5), "beyond now"),  # the run ends before
        (target(70, 2030, "<="), (2025, 64.9), "on course"),  # 1.0 a year up in the run, 0.98 lately
        (target(70.6, 2030, "<="), (2025, 65.5), "by the run only"),  # 1.1 lately, 1.02 may be
        (target(65, 2025), (2025, 64.9), "missed"),
        (target(65, 2025, "~"), (2025, 64.9), "reached"),
        (target(66, 2025, "<="), (2025, 64.9), "reached"),
        (target(64, 2030, "<="), (2025, 64.9), "faster than ever"),  # it never fell
    ],
)
def test_how_a_target_stands(wanted: Target, new: tuple[float, float], standing: str) -> None:
    assert course(outcome(wanted), seen(*new)).standing == standing


def test_a_target_nearer_than_the_run_may_be_off_is_open() -> None:
    # From the last observation in 2025, five years: 0.5 + 4/9 * 4.5 points.
    found = course(outcome(target(70, 2030)), seen(2025, 64.5))

    assert found.band is not None
    assert found.band.width == pytest.approx(2.5)
    assert found.gap == pytest.approx(-0.5)
    assert found.open
    assert not course(outcome(target(72.5, 2030)), seen(2025, 64.5)).open


def test_half_a_year_counts_as_half_a_year() -> None:
    found = course(outcome(target(66, 2026)), seen(2024.5, 64.5))

    assert found.years_left == 1.5
    assert found.needed == pytest.approx(1.0)
    assert found.standing == "on course"


def test_the_gain_of_late_is_that_of_three_years_or_as_near_as_may_be() -> None:
    history = tuple(seen(year, value) for year, value in ((2020, 60.0), (2022, 62.0), (2023, 63.0)))
    wanted = target(70, 2030)

    late = course(outcome(wanted, history=history), seen(2025, 63.5), seen(2024, 63.2))
    assert late.lately is not None
    assert late.latest is not None
    assert (late.lately.first, late.lately.gain) == (2022, pytest.approx(0.5))
    assert late.latest.gain == pytest.approx(0.3)
    part = course(outcome(wanted, history=history), seen(2024.5, 63.5))
    assert part.lately is not None
    assert (part.lately.first, part.latest) == (2022, None)
    assert course(outcome(wanted, history=history[:1]), seen(2028, 63.5)).lately is None


@pytest.mark.parametrize(("value", "held"), [(64.6, True), (63.0, False)])
def test_a_run_that_reality_has_left_is_told(value: float, held: bool) -> None:
    assert course(outcome(target(66, 2030)), seen(2025, value)).held is held
    assert course(outcome(target(66, 2030)), seen(2023, value)).held is None  # the fit saw that year


def test_the_best_gain_is_one_within_a_kind_of_observation_where_there_is_one() -> None:
    history = (
        seen(2010, 50.0, vintage="census"),
        *(seen(2011 + i, 53.0 + i, vintage="revised") for i in range(6)),
        seen(2017, 60.0, vintage="census"),
    )

    found = course(outcome(target(70, 2030), history=history), seen(2025, 64))

    assert found.short is not None
    assert found.long is not None
    assert (found.short.gain, found.short.breaks) == (1.0, "")  # 3 to the first of the revised, 2 after them
    assert (found.long.gain, found.long.first, found.long.last) == (1.0, 2011, 2016)
    # Who does not say what kind a new value is has not changed the way of counting.
    later = course(outcome(target(70, 2030), history=history), seen(2018, 62.5), seen(2019, 63.0))
    assert later.short is not None
    assert (later.short.gain, later.short.breaks) == (2.5, "")


def test_a_yearly_count_that_is_passed_now_is_judged_by_where_it_goes() -> None:
    history = tuple(seen(year, value, ARRIVALS) for year, value in ((2022, 16.0), (2023, 15.0), (2024, 14.0)))

    slipping = course(outcome(target(13, 2026, what=ARRIVALS), history=history))
    assert slipping.standing == "by the run only"  # one less a year lately, and half a one may be
    assert course(outcome(target(11, 2026, what=ARRIVALS), history=history)).standing == "on course"
    falls = course(outcome(target(15, 2026, "<=", what=ARRIVALS), history=history))
    assert falls.standing == "on course"


def test_without_new_values_the_history_is_the_last_observation() -> None:
    found = course(outcome(target(66, 2026)))

    assert found.last is not None
    assert found.last.year == 2020
    assert course(outcome(target(66, 2026), history=())).standing == "not observed"


def test_a_gain_between_two_kinds_of_observation_is_marked_and_interpolation_is_no_pace() -> None:
    history = (
        seen(2010, 50, vintage="census"),
        seen(2015, 70, vintage="derived-panel"),
        seen(2020, 60, vintage="yearbook"),
    )
    found = course(outcome(target(70, 2030), history=history), seen(2026, 64, vintage="monthly"))

    assert found.long is not None
    assert (found.long.gain, found.long.breaks) == (1.0, "census / yearbook")
    assert found.long.span == 10  # no two are five years apart, nor of one kind
    assert found.short is None


def test_a_count_that_has_begun_goes_on_to_the_end_of_its_year() -> None:
    history = tuple(seen(year, value, ARRIVALS) for year, value in ((2022, 11.0), (2023, 13.0), (2024, 9.0)))
    wanted = target(12, 2025, what=ARRIVALS)
    behind = course(outcome(wanted, history=history), seen(2024.5, 5.6, ARRIVALS))

    assert behind.needed == pytest.approx(6.4 / 0.5)  # 12.8 a year in the half that is left
    assert behind.planned == pytest.approx(12.0)
    assert behind.projected == pytest.approx(11.6)
    assert behind.short is not None
    assert behind.short.gain == 13.0
    assert behind.standing == "behind"
    assert (
        course(outcome(wanted, history=history), seen(2024.5, 5.4, ARRIVALS)).standing == "faster than ever"
    )
    assert course(outcome(wanted, history=history), seen(2024.5, 6.1, ARRIVALS)).standing == "on course"
    assert course(outcome(wanted, history=history), seen(2024.75, 12.0, ARRIVALS)).standing == "reached"
    # A quarter of 2025 tells nothing of the year 2030.
    later = course(outcome(target(14, 2030, what=ARRIVALS), history=history), seen(2024.25, 9.0, ARRIVALS))
    assert later.last is not None
    assert later.last.year == 2024


def test_what_is_behind_is_told_as_a_whole() -> None:
    def behind(*targets: Target) -> Monitoring:
        return hold_against(outcome(*targets), [seen(2025, 64.5)])

    assert behind(target(64, 2030), target(75, 2030)).behind
    assert not behind(target(64, 2030), target(69, 2030), target(5, 2030, what=ARRIVALS)).behind


def test_a_floor_that_is_passed_decides_nothing() -> None:
    bare = outcome()
    bare = replace(bare, place=replace(bare.place, errors=(own(0, 0.3, last=2024, name=""),)))
    near, far = hold_against(bare, [seen(2025, 65.2), seen(2026, 70.0)]).readings

    assert (near.inside, far.inside) == (True, None)
    assert far.band is not None
    assert far.band.kind == "floor"
