from __future__ import annotations

import math
import re
from statistics import NormalDist

import numpy as np
import pytest

from urbsim.study.amount import Amount
from urbsim.study.uncertain import Correlated, Distribution, Kind

EVENLY = (np.arange(100_000) + 0.5) / 100_000


def make(kind: Kind, *numbers: float, within: tuple[float, float] | None = None) -> Distribution:
    return Distribution(
        kind=kind,
        amounts=tuple(Amount(number=number) for number in numbers),
        within=None if within is None else (Amount(number=within[0]), Amount(number=within[1])),
    )


def test_a_triangular_distribution_has_the_mean_and_variance_of_the_textbook() -> None:
    low, mode, high = 0.3, 0.8, 1.5

    drawn = make("triangular", low, mode, high).quantile(EVENLY)

    assert drawn.mean() == pytest.approx((low + mode + high) / 3, rel=1e-6)
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    assert drawn.var() == pytest.approx(variance, rel=1e-4)


def test_the_mode_of_a_triangle_may_be_one_of_its_ends() -> None:
    assert make("triangular", 0, 0, 1).quantile(np.array([0.75])) == pytest.approx([0.5])


def test_two_numbers_of_a_lognormal_are_median_and_geometric_standard_deviation() -> None:
    drawn = make("lognormal", 2.0, 1.5).quantile(EVENLY)

    assert np.median(drawn) == pytest.approx(2, rel=1e-4)
    assert np.exp(np.log(drawn).std()) == pytest.approx(1.5, rel=1e-3)
    assert np.log(drawn).mean() == pytest.approx(math.log(2), abs=1e-6)


def test_within_renormalises_a_normal_and_does_not_pile_up_on_its_ends() -> None:
    mean, sd, low, high = 1.0, 0.5, 0.8, 2.0
    plain = NormalDist()
    a, b = (low - mean) / sd, (high - mean) / sd
    share = plain.cdf(b) - plain.cdf(a)

    drawn = make("normal", mean, sd, within=(low, high)).quantile(EVENLY)

    assert drawn.mean() == pytest.approx(mean + sd * (plain.pdf(a) - plain.pdf(b)) / share, rel=1e-5)
    assert low <= drawn.min()
    assert drawn.max() <= high
    assert np.unique(drawn).size == drawn.size


def test_a_far_tail_is_still_drawn_within_its_bounds() -> None:
    drawn = make("normal", 0, 1, within=(4.0, 4.5)).quantile(EVENLY)

    assert (drawn >= 4).all()
    assert (drawn <= 4.5).all()
    assert np.median(drawn) == pytest.approx(
        -NormalDist().inv_cdf((NormalDist().cdf(-4) + NormalDist().cdf(-4.5)) / 2), rel=1e-6
    )


def test_values_of_a_choice_come_up_as_often_as_their_weights_say() -> None:
    choice = Distribution(
        kind="choice", amounts=tuple(Amount(number=n) for n in (50, 80, 100)), weights=(1, 2, 1)
    )

    values, counts = np.unique(choice.quantile(EVENLY), return_counts=True)

    assert values.tolist() == [50, 80, 100]
    assert (counts / EVENLY.size).tolist() == pytest.approx([0.25, 0.5, 0.25], abs=1e-4)


def test_quantiles_never_fall() -> None:
    for one in (
        make("uniform", 1, 3),
        make("normal", 0, 1),
        make("lognormal", 1, 3, within=(0.1, 20)),
        make("choice", 1, 2, 3),
    ):
        assert (np.diff(one.quantile(EVENLY)) >= 0).all()


@pytest.mark.parametrize(
    ("kind", "numbers", "said"),
    [
        ("uniform", (1,), "uniform has 1 value, expected [lowest, highest]"),
        ("uniform", (2, 1), "uniform is [2, 1], expected [lowest, highest]"),
        ("uniform", (1, 1), "uniform is [1, 1], expected [lowest, highest]"),
        ("triangular", (1, 3, 2), "triangular is [1, 3, 2], expected [lowest, most likely, highest]"),
        ("normal", (1, 0), "the standard deviation is 0, expected more than 0"),
        ("lognormal", (0, 2), "the median of a lognormal is 0, expected more than 0"),
        ("lognormal", (1, 0.5), "the geometric standard deviation is 0.5, expected more than 1"),
        ("choice", (), "choice has 0 values, expected a list of values"),
    ],
)
def test_numbers_that_make_no_distribution_are_refused(
    kind: Kind, numbers: tuple[float, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        make(kind, *numbers)


def test_bounds_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="leaves almost nothing of this normal"):
        make("normal", 0, 1, within=(8, 9))


def test_correlations_that_no_numbers_can_have_are_refused() -> None:
    with pytest.raises(ValueError, match=r"3 draws need a rho of more than -0\.5"):
        Correlated(names=("a", "b", "c"), rho=-0.6).correlations(3)
    with pytest.raises(ValueError, match="not positive definite"):
        Correlated(names=("a",), matrix=((1, 0.9, -0.9), (0.9, 1, 0.9), (-0.9, 0.9, 1))).correlations(3)
    assert Correlated(names=("a", "b", "c"), rho=-0.4).correlations(3)[0].tolist() == [1, -0.4, -0.4]
