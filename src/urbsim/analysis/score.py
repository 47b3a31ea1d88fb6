"""How far a run is from what was observed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.engine.schedule import Floats

NOTHING = 1e-9  # [-] of the largest value: smaller ones are nought


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The error of a series, and what it is made of.

    Parameters
    ----------
    count
        Observations.
    bias
        Mean error, model less observed [unit of the series].
    rmse
        Root of the mean squared error [unit of the series].
    mape
        Mean of the absolute error relative to what was observed [%]; None when nought was observed.
    mean_share, spread_share, covariation_share
        Theil's parts of the mean squared error, which add up to 1: of unequal means (UM), unequal spreads
        (US) and unequal covariation (UC) [-]; None when there is no error.
    last
        Error in the last year [unit of the series].
    """

    count: int
    bias: float
    rmse: float
    mape: float | None
    mean_share: float | None
    spread_share: float | None
    covariation_share: float | None
    last: float


def score(model: Sequence[float], observed: Sequence[float]) -> Score:
    """Hold a series against what was observed at the same times, in order.

    References
    ----------
    J. D. Sterman, "Appropriate summary statistics for evaluating the historical fit of system dynamics
    models", Dynamica 10 (1984): the split of the mean squared error after H. Theil.

    Examples
    --------
    A series that lies higher by one throughout is all bias.

    >>> score([2, 3, 5], [1, 2, 4]).mean_share
    1.0
    """
    said, was = np.asarray(model, dtype=float), np.asarray(observed, dtype=float)
    error = said - was
    mse = float((error**2).mean())
    shares: tuple[float | None, float | None, float | None] = (None, None, None)
    if mse > 0:
        spreads = said.std(), was.std()
        covariation = float(((said - said.mean()) * (was - was.mean())).mean())
        shares = (
            float(error.mean() ** 2) / mse,
            float((spreads[0] - spreads[1]) ** 2) / mse,
            max(0.0, 2 * (float(spreads[0] * spreads[1]) - covariation) / mse),
        )
    return Score(
        count=len(error),
        bias=float(error.mean()),
        rmse=math.sqrt(mse),
        mape=_mape(error, was),
        mean_share=shares[0],
        spread_share=shares[1],
        covariation_share=shares[2],
        last=float(error[-1]),
    )


def _mape(error: Floats, observed: Floats) -> float | None:
    size = np.abs(observed)
    if (size <= NOTHING * size.max(initial=0.0)).any():
        return None
    return float(100 * np.abs(error / observed).mean())
