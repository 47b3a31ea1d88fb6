"""How moves out of the village and back depend on age."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chongqing.evidence import AGES, PLACE, REGIONS, Evidence, Floats, scaled
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

NET_DEPARTURE = 0.06
"""Departures from villages net of returns about 2020, of the age at the peak [1/year]: they take 10 (10k) a
year, the transfer of 2021-24 less villagers built over (`evidence/findings.md`, 4 and 6); 0.036-0.09."""
VILLAGE_TIES = {2010: 0.16, 2020: 0.30}
"""Share of town residents with local urban hukou who could go back to a village. 2020: 4 million converted in
2010-13 and 200 thousand a year since, some of them faded. 2010: half a million of the campaign and 120
thousand a year before it, faded over 20 years, over 9.2 million; 0.08-0.25."""


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


def _parameter(variable: str) -> Floats:
    """Return a parameter from `parameters.csv`: one number, or one for each region."""
    table = pd.read_csv(PLACE / "parameters.csv", keep_default_na=False)
    rows = table[table.variable == variable].set_index("region").value.astype(float)
    if not len(rows):
        raise KeyError(f"parameters.csv has no {variable}")
    return np.array([rows[region.name] if region.name in rows.index else rows[""] for region in REGIONS])


def returns_to_villages(everyone: People, ties: float) -> Floats:
    """Return the people who come back to villages at the reference, all pulls 1 [person/year].

    As the equations have it: town residents with rural hukou go back at the base rate, those with urban hukou
    and a village tie at part of it; some go to villages of other regions, shared out by `Share of village
    origins` without the region they leave; and of the people away those who do not come back to a town.
    """
    by_age = np.array(RETURNS)
    could = everyone.rural_hukou + ties * _parameter("Return of settlers")[:, None] * everyone.urban_hukou
    leaving = could * _parameter("Base village return rate")[:, None] * by_age
    elsewhere = leaving * _parameter("Share returning to other regions")[:, None]
    origins = _parameter("Share of village origins")
    weight = elsewhere / (origins.sum() - origins)[:, None]
    arriving = origins[:, None] * (weight.sum(axis=0) - weight)
    coming_home = everyone.away * _parameter("Base return rate from outside")[:, None] * by_age
    to_village = 1 - _parameter("Share of returners to towns")
    return np.asarray(leaving - elsewhere + arriving + coming_home * to_village[:, None])


def turnover_by_age(everyone: People) -> Floats:
    """Return the departures that make up for people who come back to villages, by age [1/year].

    Censuses show the balance of departures and returns by cohort (`departures_by_age`); departures are that
    balance and these. Mean over the regions by rural residents; `everyone` are the people of 2020.
    """
    made_good = returns_to_villages(everyone, VILLAGE_TIES[2020])
    return np.asarray(made_good.sum(axis=0) / everyone.rural.sum(axis=0))
