"""Births and deaths: national patterns by age, levels fitted to the city's published counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from chongqing.evidence import AGE_IDS, AGES, CITY, Evidence, Floats, scaled

RURAL_MORTALITY = 1.25
"""Rural death rate over the urban one at the same age: judgement (national census of 2020, recalled),
1.1-1.45."""
RURAL_FERTILITY = 1.28
"""Rural total fertility over urban: national 1.54 in villages, about 1.20 in cities and towns, 2020; 1.1-1.5.
"""
FERTILITY_2024 = 1.05
"""Fertility of 2024 over 2023, the dragon year: national births rose 5.8 %, recalled; Chongqing's were not
found."""
FERTILITY_2025 = 0.95
"""Fertility of 2025 over 2023: judgement, the fall resumes after the dragon year."""
FERTILITY_2035 = 1.00
"""Fertility of 2035 over 2025: judgement, birth support no more than stops the fall; 0.80-1.30."""
MORTALITY_2024 = 0.97
"""Death rates at equal age of 2024 over 2023: the national crude rate fell from 7.87 to 7.76 per 1000,
recalled, while ageing alone adds about 2 % a year."""
MORTALITY_TREND = 0.985
"""Yearly factor on death rates at equal age after 2024: judgement, 0.975-1.0."""

KINDS = {"urban": (1.0, 1.0), "rural": (RURAL_FERTILITY, RURAL_MORTALITY)}  # fertility, mortality over urban
STEPS = 16  # Euler steps a year, as the equations

Stocks = dict[str, Floats]  # residents of the city by age, urban and rural


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """Births and deaths of the whole city."""

    death_rates: Floats  # [1/year] of urban residents by age, at the mortality level of 2021
    fertility: Mapping[int, float]  # children per woman in towns, by calendar year
    mortality: Mapping[int, float]  # death rates over those of 2021, by calendar year


def national_death_rates(facts: Evidence) -> Floats:
    """Return death rates by age of China in 2020 [1/year]; only their shape is used."""
    return np.array([facts.need("china", f"death_rate_age_{age}", 2020, "recalled") for age in AGE_IDS])


def person_years(rates: Floats) -> Floats:
    """Return the years lived in each age group per birth under these death rates (five-year life table)."""
    alive, lived = 1.0, []
    for rate in rates[:-1]:
        end = alive * np.exp(-5 * rate)
        lived.append((alive - end) / rate)
        alive = end
    return np.array([*lived, alive / rates[-1]])


def ten_year_survival(rates: Floats) -> Floats:
    """Return the share of each group from 0-4 to 70-74 alive ten years on."""
    lived = person_years(rates)
    return lived[2:-1] / lived[:-3]


def fertility_shares(facts: Evidence) -> Floats:
    """Return the share of total fertility by mother's age; adds to 1, zero outside 15-49."""
    rates = np.zeros(len(AGES))
    for a in range(3, 10):
        rates[a] = facts.need("china", f"fertility_rate_age_{AGE_IDS[a]}", 2020, "recalled")
    return scaled(rates, 1.0)


def women_shares(facts: Evidence) -> Floats:
    """Return the share of women among the residents of each age, census of 2020."""
    women, men = facts.ages([CITY], 2020, "_female"), facts.ages([CITY], 2020, "_male")
    return women / (women + men)


def published_count(facts: Evidence, indicator: str, year: int) -> float:
    """Return the births or deaths of a calendar year [person/year]."""
    return facts.need(CITY, indicator, year, "revised-2021", "first-release", "derived-estimate") * 1e4


def fit_levels(facts: Evidence, urban: Floats, rural: Floats) -> Vital:
    """Fit the yearly level of fertility and mortality to the published births and deaths.

    The age structure does the rest: `urban` and `rural` residents of the city by age, closed, moved on as the
    equations do it. Net migration of these years, under 0.3 % a year, is left out.
    """
    shape = national_death_rates(facts)
    shape = shape * (urban + rural) / (urban + RURAL_MORTALITY * rural)
    bearing = women_shares(facts) * fertility_shares(facts) / 5

    fertility = {
        2020: published_count(facts, "births", 2020) / float(bearing @ (urban + RURAL_FERTILITY * rural))
    }
    mortality = {
        2020: published_count(facts, "deaths", 2020) / float(shape @ (urban + RURAL_MORTALITY * rural))
    }
    for year in (2021, 2022, 2023):
        fertile, mortal = fertility[year - 1], mortality[year - 1]
        for _ in range(20):  # a fixed point, quick: the counts of a year barely feed back on its stocks
            towns, births, deaths = _live_a_year(urban, fertile * bearing, mortal * shape)
            villages, more_births, more_deaths = _live_a_year(
                rural, fertile * RURAL_FERTILITY * bearing, mortal * RURAL_MORTALITY * shape
            )
            fertile *= published_count(facts, "births", year) / (births + more_births)
            mortal *= published_count(facts, "deaths", year) / (deaths + more_deaths)
        fertility[year], mortality[year] = fertile, mortal
        urban, rural = towns, villages
    level = mortality[2021]
    return Vital(
        death_rates=shape * level,
        fertility=fertility,
        mortality={year: value / level for year, value in mortality.items()},
    )


def fit_decade(facts: Evidence, levels: Vital, before: Stocks, after: Stocks) -> Vital:
    """Add the levels of 2011-2019 to those from 2020 on.

    Towns and villages are moved on from the census of 2010 with net arrivals at a constant rate by age, such
    that the stocks of 2020 are met; births and deaths of each year are the published ones.
    """
    bearing = women_shares(facts) * fertility_shares(facts) / 5
    years = range(2011, 2021)
    births = {year: published_count(facts, "births", year) for year in years}
    deaths = {year: published_count(facts, "deaths", year) for year in years}
    fertility = dict.fromkeys(years, levels.fertility[2020])
    mortality = dict.fromkeys(years, levels.mortality[2020])
    arriving = {kind: np.zeros(len(AGES)) for kind in before}
    for _ in range(150):  # a fixed point: 0.3 of a miss is made good at a time
        stocks = dict(before)
        for year in years:
            born = died = 0.0
            for kind, (fertile, mortal) in KINDS.items():
                stocks[kind], b, d = _live_a_year(
                    stocks[kind],
                    fertility[year] * fertile * bearing,
                    mortality[year] * mortal * levels.death_rates,
                    arriving[kind],
                )
                born, died = born + b, died + d
            fertility[year] *= births[year] / born
            mortality[year] *= deaths[year] / died
        for kind, goal in after.items():
            arriving[kind] += 0.3 * np.log(goal / stocks[kind]) / 10
    worst = max(float(np.abs(stocks[kind] / after[kind] - 1).max()) for kind in after)
    if worst > 1e-3:
        raise ArithmeticError(f"the census of 2020 is missed by {worst:.1%}")
    return replace(
        levels,
        fertility={**fertility, **levels.fertility},
        mortality={**mortality, **levels.mortality},
    )


def _live_a_year(
    stock: Floats, bearing: Floats, dying: Floats, arriving: Floats | float = 0.0
) -> tuple[Floats, float, float]:
    """Move a population on by a year, net arrivals at a rate by age: the stock, its births and its deaths."""
    births = deaths = 0.0
    for _ in range(STEPS):
        born, died = float(bearing @ stock), dying * stock
        growing = np.append(stock[:-1] / 5, 0.0)
        joining = np.concatenate([[born], growing[:-1]])
        stock = stock + (joining - growing - died + arriving * stock) / STEPS
        births += born / STEPS
        deaths += float(died.sum()) / STEPS
    return stock, births, deaths


def year_ends(
    means: Mapping[int, float], first: int, last: int, end: float | None = None
) -> dict[int, float]:
    """Return values at year ends whose means over calendar years come close to `means`.

    Straight lines join them, so the mean of a year is that of its two ends, which leaves one degree of
    freedom and invites zigzag; a small weight on the second differences takes it. Observed means are then
    missed by 1-2 %. The value of `last` is `end` where that is given.
    """
    size = last - first + 1
    rows, wanted = [], []
    for year in range(first + 1, last + 1):
        row = np.zeros(size)
        row[[year - 1 - first, year - first]] = 0.5
        rows.append(row)
        wanted.append(means[year])
    for middle in range(1, size - 1):
        row = np.zeros(size)
        row[middle - 1 : middle + 2] = 0.2, -0.4, 0.2
        rows.append(row)
        wanted.append(0.0)
    table, goal = np.array(rows), np.array(wanted)
    if end is None:
        solution = np.linalg.lstsq(table, goal, rcond=None)[0]
    else:
        free = np.linalg.lstsq(table[:, :-1], goal - table[:, -1] * end, rcond=None)[0]
        solution = np.append(free, end)
    return {first + i: float(value) for i, value in enumerate(solution)}


def _joined(means: Mapping[int, float]) -> dict[int, float]:
    """Return year ends 2010-2035; those from 2020 on do not depend on the decade before."""
    later = year_ends(means, 2020, 2035)
    return {**year_ends(means, 2010, 2020, end=later[2020]), **later}


def fertility_path(levels: Vital) -> dict[int, float]:
    """Return total fertility in towns at year ends, 2010-2035 [children per woman]."""
    means = dict(levels.fertility)
    means[2024] = means[2023] * FERTILITY_2024
    for year in range(2025, 2036):
        means[year] = means[2023] * FERTILITY_2025 * (1 + (FERTILITY_2035 - 1) * (year - 2025) / 10)
    return _joined(means)


def mortality_path(levels: Vital) -> dict[int, float]:
    """Return the mortality level at year ends, 2010-2035."""
    means = dict(levels.mortality)
    means[2024] = means[2023] * MORTALITY_2024
    for year in range(2025, 2036):
        means[year] = means[year - 1] * MORTALITY_TREND
    return _joined(means)
