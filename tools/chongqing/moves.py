"""How moves out of the village and back depend on age."""

from __future__ import annotations

import numpy as np

from chongqing.evidence import AGES, Evidence, Floats, scaled
from chongqing.people import People, rural_by_age
from chongqing.vital import national_death_rates, ten_year_survival

CHILD_MOVES = 0.8
"""Moves of children under ten over those of their parents (25-34): published studies and judgement, 0.5-1.0.
"""
RETURNS = (
    *(0.30, 0.30, 0.25, 0.15, 0.20, 0.35, 0.45, 0.50, 0.60),
    *(0.75, 0.90, 1.00, 1.00, 0.80, 0.60, 0.45, 0.30, 0.20),
)
"""Return to the village by age, 1 at 55-64: judgement. Those go back whose working life in town ends, and
some young families; the two mountain regions regained 4-5 % of the cohorts aged 30-39 and 50-59 in 2010-2020.
"""


def loss_by_age(facts: Evidence) -> Floats:
    """Return the net loss of rural birth cohorts in 2010-2020 [1/year], at the age in mid-decade."""
    survivors = rural_by_age(facts, 2010)[:-3] * ten_year_survival(national_death_rates(facts))
    loss = np.zeros(len(AGES))
    loss[1:-2] = -np.log(rural_by_age(facts, 2020)[2:-1] / survivors) / 10
    loss[-2:] = loss[-3]
    return loss


def departures_by_age(facts: Evidence) -> Floats:
    """Return the relative rate of moves out of the village, 1 at the peak.

    The loss of the rural cohorts less its smallest value between 15 and 69: that much, met by ages that move
    little, is read as in-place urbanization, which meets all ages alike.
    """
    loss = loss_by_age(facts)
    moves = np.maximum(loss - loss[3:14].min(), 0.0)
    smooth = moves.copy()
    smooth[6:-1] = (moves[5:-2] + 2 * moves[6:-1] + moves[7:]) / 4  # from 30 on the estimates scatter
    smooth[:2] = CHILD_MOVES * smooth[5:7].mean()
    return scaled(smooth, float(smooth.sum() / smooth.max()))


def arrivals_by_age(facts: Evidence, everyone: People) -> Floats:
    """Return the share of arrivals from elsewhere by age; adds to 1.

    The ages of the outsiders of 2020 times the pattern of moving.
    """
    return scaled(everyone.outside.sum(axis=0) * departures_by_age(facts), 1.0)
