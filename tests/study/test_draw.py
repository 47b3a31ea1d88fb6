from __future__ import annotations

from math import asin, pi

import numpy as np
import pytest
from scipy import stats

from urbsim.errors import InputError
from urbsim.study.amount import Amount
from urbsim.study.draw import METHODS, Method, to_values, unit_sample
from urbsim.study.factor import Factor
from urbsim.study.uncertain import Correlated, Distribution, Kind
from urbsim.study.words import Words


def factor(name: str, kind: Kind = "uniform", *numbers: float, region: str = "") -> Factor:
    amounts = tuple(Amount(number=number) for number in numbers or (0.0, 1.0))
    return Factor(
        label=f"{name}[{region}]" if region else name,
        name=name,
        region=region,
        kind="parameter",
        title=Words(en=name),
        unit="dmnl",
        distribution=Distribution(kind=kind, amounts=amounts),
        slots=(0,),
        own=(1.0,),
        whole=(0,),
        before=(1.0,),
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_points_and_another_seed_others(method: Method) -> None:
    one, same, other = (unit_sample(64, 5, method, seed) for seed in (7, 7, 8))

    assert (one == same).all()
    assert (one != other).any()
    assert one.shape == (64, 5)
    assert (one > 0).all()
    assert (one < 1).all()


def test_a_latin_hypercube_has_one_point_in_every_row_and_column() -> None:
    cells = np.sort(np.floor(unit_sample(100, 3, "lhs", 1) * 100).astype(int), axis=0)

    assert (cells == np.arange(100)[:, np.newaxis]).all()


def test_a_sobol_sequence_is_balanced_in_every_half_of_every_dimension() -> None:
    points = unit_sample(256, 6, "sobol", 3)

    assert ((points < 0.5).sum(axis=0) == 128).all()


def test_a_sobol_sequence_of_another_length_is_refused_and_the_nearest_are_named() -> None:
    with pytest.raises(InputError) as caught:
        unit_sample(1000, 3, "sobol")

    assert "1000 runs of a Sobol sequence, expected a power of two" in str(caught.value)
    assert "take 512 or 1024" in str(caught.value)


def test_correlated_draws_have_the_rank_correlation_that_the_page_names() -> None:
    both = (factor("a"), factor("b", "lognormal", 1.0, 2.0), factor("c"))
    unit = unit_sample(20_000, 3, "random", 5)

    values = to_values(unit, both, (Correlated(names=("a", "b"), rho=0.6),))

    rank = stats.spearmanr(values.T).statistic
    assert rank[0, 1] == pytest.approx(6 / pi * asin(0.3), abs=0.01)
    assert np.abs(rank[2, :2]).max() < 0.02
    scores = np.log(values[1])
    assert np.corrcoef(stats.norm.ppf(values[0]), scores)[0, 1] == pytest.approx(0.6, abs=0.01)


def test_each_draw_keeps_its_own_distribution_in_a_group() -> None:
    both = (factor("a", "triangular", 0.0, 1.0, 4.0), factor("b"))
    unit = unit_sample(20_000, 2, "random", 5)

    values = to_values(unit, both, (Correlated(names=("a", "b"), rho=-0.8),))

    assert stats.kstest(values[0], stats.triang(0.25, 0, 4).cdf).pvalue > 0.01
    assert stats.kstest(values[1], "uniform").pvalue > 0.01


def test_draws_of_one_name_by_region_can_hang_together() -> None:
    regions = tuple(factor("rate", region=region) for region in ("east", "north", "west"))

    values = to_values(unit_sample(20_000, 3, "random", 2), regions, (Correlated(names=("rate",), rho=0.9),))

    expected = 6 / pi * asin(0.45)
    assert stats.spearmanr(values.T).statistic[np.triu_indices(3, 1)] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("strata", [True, False])
def test_draws_of_a_group_do_not_hang_on_the_order_of_its_names(strata: bool) -> None:
    three = tuple(factor(name) for name in "cab")
    unit = unit_sample(500, 3)
    given = ((1, 0.6, 0.1), (0.6, 1, -0.3), (0.1, -0.3, 1))
    turned = ((1, -0.3, 0.1), (-0.3, 1, 0.6), (0.1, 0.6, 1))

    one, other = (
        to_values(unit, three, (Correlated(names=names, matrix=matrix),), strata=strata)
        for names, matrix in ((("a", "b", "c"), given), (("c", "b", "a"), turned))
    )

    assert (one == other).all()


def test_correlated_draws_of_a_latin_hypercube_keep_one_point_in_each_stratum() -> None:
    three = (factor("a"), factor("b"), factor("c"))
    unit = unit_sample(2000, 3)

    values = to_values(unit, three, (Correlated(names=("b", "a"), rho=0.6),), strata=True)

    assert (np.sort(np.floor(values * 2000), axis=1) == np.arange(2000)).all()
    assert (values[2] == unit[:, 2]).all()
    assert stats.spearmanr(*values[:2]).statistic == pytest.approx(6 / pi * asin(0.3), abs=0.03)


def test_a_run_has_the_same_values_whichever_others_are_drawn_with_it() -> None:
    four = tuple(factor(name, "normal", 0.0, 1.0) for name in "abcd")
    group = (Correlated(names=("a", "b", "c", "d"), rho=0.3),)
    unit = unit_sample(1000, 4)

    whole = to_values(unit, four, group)

    assert (np.hstack([to_values(unit[i : i + 7], four, group) for i in range(0, 1000, 7)]) == whole).all()
