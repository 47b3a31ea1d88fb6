from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.study.nouns import place
from urbsim.study.error_band import Band, error_band, margin_at, margins_at
from urbsim.study.place import Margin, OwnError, Place


def own(
    horizon: int, error: float, *, n: int = 10, last: int = 2020, name: str = "old", area: str = "here"
) -> OwnError:
    return OwnError(
        indicator="rate",
        region=area,
        parameter_set=name,
        horizon=horizon,
        error=error,
        unit="%",
        n=n,
        first_year=2011,
        last_year=last,
    )


OLD = (own(0, 0.2), own(1, 0.5, last=2021), own(2, 0.4, last=2022), own(4, 2.0, last=2024))
RECORD = (Margin(indicator="rate", year=2030, value=1.5), Margin(indicator="rate", year=2035, value=2.5))
HERE = place(errors=(*OLD, own(0, 0.3, last=2024, name="new")), seen={"old": 2020, "new": 2024})


def of(where: Place, horizon: float, *, name: str = "new", known: float = 2024, area: str = "here") -> Band:
    found = error_band(where, "rate", area, horizon, parameter_set=name, known=known)
    assert found is not None
    return found


def test_within_the_fitted_years_it_is_the_error_of_those_parameters() -> None:
    assert of(HERE, 0) == Band(width=0.3, kind="fitted", horizon=0)
    assert of(HERE, -3, name="old", known=2020).width == 0.2


@pytest.mark.parametrize(("horizon", "width"), [(0.5, 0.4), (1, 0.5), (2, 0.5), (3, 1.25), (4, 2.0)])
def test_after_them_it_is_that_of_the_hold_out_and_never_shrinks(horizon: float, width: float) -> None:
    found = of(HERE, horizon)

    assert found.kind == "hold-out"
    assert found.width == pytest.approx(width)


def test_farther_out_it_grows_with_the_horizon() -> None:
    # From 0.2 within the fitted years to 2.0 after four: 0.45 more in each year.
    assert of(HERE, 10) == Band(width=pytest.approx(2.0 + 6 * 0.45), kind="continued", horizon=10)
    flat = place(errors=(own(0, 2.0), own(4, 2.0, last=2024)))
    assert of(flat, 10, name="old") == Band(width=2.0, kind="continued", horizon=10)


def test_a_run_does_not_know_errors_that_were_found_after_its_time() -> None:
    then = place(errors=OLD, seen={"old": 2020}, margins=RECORD)

    assert of(then, 4, name="old", known=2020) == Band(width=1.0, kind="record", horizon=4)  # 0.25 a year
    assert of(then, 4, name="old", known=2022).kind == "record"  # 0.2 to 0.5 in two years is 0.8 in four
    assert of(then, 4, name="old", known=2024) == Band(width=2.0, kind="hold-out", horizon=4)
    assert of(then, 15, name="old", known=2020).width == pytest.approx(2.5 * 15 / 11)
    assert of(then, 15, name="old", known=2020).kind == "continued"


def test_the_wider_of_the_hold_out_and_the_record_holds() -> None:
    wide = place(errors=HERE.errors, margins=(Margin(indicator="rate", year=2028, value=3.0),))

    assert of(wide, 4) == Band(width=3.0, kind="record", horizon=4)


def test_the_error_within_the_fitted_years_is_the_least_that_the_allowance_can_be() -> None:
    then = place(errors=OLD, margins=RECORD, seen={"old": 2020})

    assert of(then, 0.5, name="old", known=2020) == Band(width=0.2, kind="record", horizon=0.5)


def test_parameters_that_were_not_fitted_may_be_off_by_more_than_fitted_ones() -> None:
    assert of(HERE, -2, name="", known=2024) == Band(width=0.3, kind="floor", horizon=-2)
    assert margin_at(HERE, "rate", "here", 2022, parameter_set="") is None
    assert margin_at(HERE, "rate", "here", 2022, parameter_set="new") == 0.3
    # Their tables were made from all that was observed, 2024 here: two years on, whenever the run starts.
    after = replace(HERE, last_observed_year=2024)
    assert margin_at(after, "rate", "here", 2026, parameter_set="") == pytest.approx(0.5)


def test_margins_count_from_the_last_year_that_the_parameters_saw_and_need_more_than_the_least() -> None:
    bare = place(errors=(own(0, 0.3, last=2024, name="new"),), seen={"new": 2024})

    assert margins_at(HERE, "rate", "here", [2020, 2026], parameter_set="new") == pytest.approx([0.3, 0.5])
    assert np.isnan(margins_at(bare, "rate", "here", [2026], parameter_set="new")).all()
    assert np.isnan(margins_at(HERE, "rate", "east", [2026], parameter_set="new")).all()


def test_with_nothing_after_the_fitted_years_their_error_is_the_least() -> None:
    bare = place(errors=(own(0, 0.3, last=2024, name="new"),))

    assert of(bare, 2) == Band(width=0.3, kind="floor", horizon=2)


def test_where_nothing_is_known_there_is_no_band() -> None:
    few = place(errors=(own(0, 0.001, n=2, last=2024, name="new"),), margins=RECORD)

    assert error_band(few, "rate", "here", 0, parameter_set="new", known=2024) is None
    assert error_band(few, "other", "here", 2, parameter_set="new", known=2024) is None
    assert (
        error_band(few, "rate", "east", 2, parameter_set="new", known=2024) is None
    )  # the record is of the whole
