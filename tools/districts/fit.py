"""Tables held to their margins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from chongqing.evidence import Floats
from scipy.optimize import brentq

STEPS = 20_000
CLOSE = 1e-9  # of the largest margin


def fit_margins(seed: Floats, margins: Sequence[tuple[tuple[int, ...], Floats]]) -> Floats:
    """Scale `seed` to sums over some of its axes until all hold (iterative proportional fitting).

    Parameters
    ----------
    seed
        Any number of axes, no cell negative; a cell of zero stays zero.
    margins
        Pairs of the axes that are kept, in rising order, and the sums over all the others [unit of `seed`].

    References
    ----------
    Deming and Stephan (1940), "On a least squares adjustment of a sampled frequency table".

    Examples
    --------
    >>> fit_margins(np.ones((2, 2)), [((0,), np.array([3.0, 1.0])), ((1,), np.array([2.0, 2.0]))])
    array([[1.5, 1.5],
           [0.5, 0.5]])
    """
    table = seed.copy()
    for _ in range(STEPS):
        worst = 0.0
        for kept, wanted in margins:
            others = tuple(axis for axis in range(table.ndim) if axis not in kept)
            sums = table.sum(axis=others)
            worst = max(worst, float(np.abs(sums - wanted).max() / wanted.max()))
            factor = np.divide(wanted, sums, out=np.zeros_like(sums), where=sums > 0)
            table *= np.expand_dims(factor, others)
        if worst < CLOSE:
            return table
    raise ArithmeticError(f"the margins do not agree with one another: {worst:.2g} of the largest is left")


def whole(values: Floats, total: float) -> Floats:
    """Round to whole numbers that still add to `total` (largest remainders first).

    Examples
    --------
    >>> whole(np.array([1.5, 1.4, 0.1]), 3)
    array([2., 1., 0.])
    """
    rounded = np.floor(values)
    short = round(total) - int(rounded.sum())
    if not 0 <= short <= len(values):
        raise ArithmeticError(f"{values.sum():g} cannot be rounded to {total:g}")
    rounded[np.argsort(rounded - values, kind="stable")[:short]] += 1
    return rounded


def shifted_shares(shares: Floats, sizes: Floats, total: float) -> Floats:
    """Move shares between 0 and 1 alike on the logits until `sizes @ shares` is `total`.

    Examples
    --------
    >>> shifted_shares(np.array([0.5, 0.8]), np.array([100.0, 100.0]), 130.0).round(3)
    array([0.5, 0.8])
    """
    odds = shares / (1 - shares)

    def moved(shift: float) -> Floats:
        return np.asarray(odds * np.exp(shift) / (1 + odds * np.exp(shift)), dtype=np.float64)

    return moved(brentq(lambda shift: float(sizes @ moved(shift)) - total, -12, 12, xtol=1e-14))
