"""Draw values: the only door to `scipy.stats.qmc`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from urbsim.errors import InputError, Problem
from urbsim.study.factor import Factor, members
from urbsim.study.uncertain import Correlated

Floats = npt.NDArray[np.float64]
Method = Literal["lhs", "sobol", "random"]
METHODS: tuple[Method, ...] = get_args(Method)

MOST_SOBOL = 21201  # dimensions that scipy has direction numbers for
LEAST = 2.0**-54  # [-] the open interval (0, 1): a quantile of 0 or 1 need not be finite


def unit_sample(n: int, d: int, method: Method = "lhs", seed: int = 0) -> Floats:
    """Give `n` points in the unit cube of `d` dimensions, shape (n, d), every coordinate within (0, 1).

    Parameters
    ----------
    method
        ``lhs``: Latin hypercube, each coordinate has one point in each n-th; ``sobol``: scrambled Sobol
        sequence, of which `n` must be a power of two, or it is no longer balanced; ``random``: independent.
    seed
        The same one gives the same points on any machine.

    Raises
    ------
    InputError
        The method is unknown, or the number does not suit it.
    """
    from scipy.stats import qmc  # takes half a second, which no other command should wait for

    if method not in METHODS:
        raise InputError(Problem(f"there is no sampling method '{method}'", "", f"use {', '.join(METHODS)}"))
    if n < 1:
        raise InputError(Problem(f"{n} runs, expected at least 1"))
    if d == 0:
        return np.empty((n, 0))
    if method == "random":
        points = np.random.default_rng(seed).random((n, d))
    elif method == "lhs":
        points = qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(n)
    else:
        if n & (n - 1):
            below = 1 << (n.bit_length() - 1)
            raise InputError(
                Problem(
                    f"{n} runs of a Sobol sequence, expected a power of two",
                    "",
                    f"take {below} or {2 * below}, or another method",
                )
            )
        if d > MOST_SOBOL:
            raise InputError(Problem(f"{d} uncertain numbers, a Sobol sequence has at most {MOST_SOBOL}"))
        points = qmc.Sobol(d, rng=np.random.default_rng(seed)).random_base2(n.bit_length() - 1)
    return np.asarray(np.clip(points, LEAST, 1 - LEAST))


def tied(group: Correlated, factors: Sequence[Factor]) -> tuple[list[int], Floats]:
    """Give the positions of the draws of a group and their correlations, in the order of their labels.

    That order is the same however the names stand in the file, so that the draws are too.
    """
    positions = members(group, factors)
    order = sorted(range(len(positions)), key=lambda i: factors[positions[i]].label)
    return [positions[i] for i in order], group.correlations(len(positions))[np.ix_(order, order)]


def directions(factors: Sequence[Factor], correlated: Sequence[Correlated]) -> tuple[int, ...]:
    """Give for every factor which way it goes, 1 or -1, when the members of its group move together.

    Raises
    ------
    InputError
        The members of a group have no direction in common.
    """
    signs = [1] * len(factors)
    problems: list[Problem] = []
    for group in correlated:
        positions = members(group, factors)
        try:
            of_it = group.directions(len(positions))
        except ValueError as failure:
            problems.append(Problem(str(failure), group.where, "take --method sobol"))
            continue
        first = of_it[positions.index(min(positions))]  # the first factor leads, in whatever order they stand
        for position, sign in zip(positions, of_it, strict=True):
            signs[position] = sign * first
    if problems:
        raise InputError(problems)
    return tuple(signs)


def to_values(
    unit: Floats, factors: Sequence[Factor], correlated: Sequence[Correlated] = (), *, strata: bool = False
) -> Floats:
    """Turn points of the unit cube into values of the factors, row by row alone, but for `strata`.

    Parameters
    ----------
    unit
        Shape (n_runs, n_factors), within (0, 1).
    correlated
        Groups whose draws hang together, by a Gaussian copula; the others are independent. Their normal
        scores are mixed by the symmetric root of the correlations, which knows no first and no second, and
        moves the points less than any other.
    strata
        Whether a member of a group keeps its own coordinates, each given to the run that has its rank after
        the mixing, so that those of a Latin hypercube stay one in each n-th. The rows are then those of one
        sample, and not to be had one by one.

    Returns
    -------
    Shape (n_factors, n_runs) [unit of each factor].

    References
    ----------
    Iman and Conover, A distribution-free approach to inducing rank correlation among input variables,
    Communications in Statistics B 11 (1982): giving coordinates to runs by rank.
    """
    points = np.array(unit, dtype=float)
    if points.shape[1:] != (len(factors),):
        raise ValueError(f"points have {points.shape[1:]} coordinates for {len(factors)} factors")
    for group in correlated:
        from scipy.special import ndtr, ndtri

        columns, correlations = tied(group, factors)
        variances, axes = np.linalg.eigh(correlations)
        root = axes * np.sqrt(variances) @ axes.T
        scores = ndtri(points[:, columns])
        # Sums in a fixed order: the product of matrices may depend on how many rows there are.
        mixed = np.zeros_like(scores)
        for column in range(len(columns)):
            mixed += scores[:, column, np.newaxis] * root[:, column]
        if strata:
            ranks = mixed.argsort(axis=0, kind="stable").argsort(axis=0)
            points[:, columns] = np.take_along_axis(np.sort(points[:, columns], axis=0), ranks, axis=0)
        else:
            points[:, columns] = np.clip(ndtr(mixed), LEAST, 1 - LEAST)
    values = np.empty((len(factors), len(points)))
    for row, factor in enumerate(factors):
        values[row] = factor.distribution.quantile(points[:, row])
    return values
