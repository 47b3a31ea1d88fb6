"""Incomes and urban jobs in the base years, and what comes from outside the equations, 2010-2035.

Up to 2024 or 2025 the paths are published or follow from published values; after that they are assumptions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from chongqing.capacity import DAYS_TO_CENSUS
from chongqing.evidence import AGES, CITY, PLACE, REGIONS, Evidence, Floats, by_region, scaled
from chongqing.people import People

FIRST, LAST = 2010, 2035
"""Years of the paths; each value stands for the end of its year."""
RATIO_DECLINE = 0.015
"""Yearly fall of the national urban-rural income ratio from 2026 on: published studies and judgement,
0.005-0.025."""
OUTSIDE_2025 = {"urban": 0.043, "rural": 0.058}
"""Nominal growth of national incomes in 2025: recalled, to be checked."""
CAMPAIGN_NORMAL = 200_000.0
"""Settlers a year to which the multiple of the campaign is relative [person/year]: the floor of the plan for
2016-2020."""


PREMIUM_BEFORE = 1.55
"""What the higher worth of an urban hukou in 2010-13 multiplies applications by in the model, without any
campaign."""
STARTS = {
    "Initial growth of jobs": {2010: 0.032, 2020: 0.015},
    "Initial expected growth of outside income": {2010: 0.10, 2020: 0.065},
    "Initial land revenue": {2010: 9.1e10, 2020: 2.203e11},
}
"""Numbers of the two starts that no table gives; see grades.csv."""
NATIONAL_URBAN_JOBS = {
    **dict(zip(range(2010, 2020), (34, 33, 32, 31, 29, 27, 26, 26, 25, 22), strict=True)),
    **dict(zip(range(2020, 2025), (17, -3.5, 3, 15.5, 6.5), strict=True)),
    **dict(zip(range(2025, 2036), (6, 6, 5.5, 5, 5, 4.5, 4, 4, 3.5, 3, 3), strict=True)),
}
"""Growth of urban employment of the country at year ends [per mille a year]: mean of two years."""
POOL_BY_YEAR = (1.53, 1.50, 1.46, 1.40, 1.34, 1.27, 1.20, 1.14, 1.09, 1.04, 1.0, 0.98, 0.97, 0.97, 0.97, 0.98)
POOL_LATER = (1.0, 1.02, 1.04, 1.05, 1.06, 1.06, 1.06, 1.05, 1.03, 1.0)
OUTSIDE_POOL = dict(zip(range(2010, 2036), (*POOL_BY_YEAR, *POOL_LATER), strict=True))
"""People aged 15-24 in the country relative to 2020: censuses of 2010 and 2020, births 15-24 years before."""
PERMIT_KNOTS = {2010: 0.6, 2013: 0.7, 2016: 0.85, 2020: 1.0, 2035: 1.0}
PERMIT_COVERAGE = {
    year: float(np.interp(year, list(PERMIT_KNOTS), list(PERMIT_KNOTS.values())))
    for year in range(2010, 2036)
}
"""How far services had been opened to holders of a residence permit, relative to 2020: judgement."""
NEED_GROWTH = {
    2010: {"nursery": 0.25, "school": 0.0, "health": 0.075, "elderly care": 0.08, "rental housing": 0.04},
    2020: {"nursery": 0.0, "school": 0.01, "health": 0.02, "elderly care": 0.01, "rental housing": 0.01},
}
"""Growth of needed places that planners expected at either start [1/year]: judgement."""
QUOTA_KNOTS = {2010: 4.5, 2015: 4.0, 2021: 1.0, 2035: 1.0}
BASE_QUOTA = {
    year: float(np.interp(year, list(QUOTA_KNOTS), list(QUOTA_KNOTS.values()))) for year in range(2010, 2036)
}
"""Yearly land quota of the plan relative to 2020: judgement."""
REVENUE_SHARE_AFTER = 0.195
"""General budget revenue over disposable incomes from 2021 on: near the 0.199 of 2020, judgement."""


def income_growth(year: int) -> float:
    """Return the nominal growth of urban income: 4.6 % in 2026 falling to 4.0 % in 2035, judgement."""
    return 0.046 - 0.006 * (year - 2026) / 9


def national_growth(facts: Evidence, year: int) -> float:
    """Return the real growth of national output; from 2026 on 4.7 % falling to 3.6 % in 2036, judgement.

    2.3-4.5 % in 2036. The plan to 2035 asks for about 4.2 % a year on average.
    """
    if year <= 2025:
        return facts.need("china", "gdp_growth", year, "recalled") / 100
    return 0.047 - 0.011 * (year - 2026) / 10


def growth_path(facts: Evidence) -> dict[int, float]:
    """Return real national growth at year ends: the mean of the years before and after [1/year]."""
    return {
        year: (national_growth(facts, year) + national_growth(facts, year + 1)) / 2
        for year in range(FIRST, LAST + 1)
    }


def outside_income(facts: Evidence, residence: str) -> dict[int, float]:
    """Return national disposable income per head of urban or rural residents [yuan/year].

    On the definition in use since 2013; the years before as the national bureau carried them back.
    """
    path = {
        year: facts.need("china", f"{residence}_disposable_income", year, "recalled")
        for year in range(FIRST, 2025)
    }
    path[2025] = path[2024] * (1 + OUTSIDE_2025[residence])
    for year in range(2026, LAST + 1):
        path[year] = path[year - 1] * (1 + income_growth(year))
        if residence == "rural":
            path[year] /= 1 - RATIO_DECLINE
    return path


def present_definition(facts: Evidence, residence: str) -> float:
    """Return what turns an income of the old definition (to 2013) into one of the present.

    The value of 2014 less its growth printed on the present definition is 2013 as it would read today; over
    2013 as printed. Urban income fell by 9 % (migrant workers came in), rural rose by 2 %.
    """
    printed = facts.need(CITY, f"{residence}_disposable_income", 2013, "first-release")
    later = facts.need(CITY, f"{residence}_disposable_income", 2014, "first-release")
    return later / (1 + facts.need(CITY, f"{residence}_income_growth", 2014, "recalled") / 100) / printed


def city_income(facts: Evidence, residence: str, year: int) -> float:
    """Return the city's disposable income per head, present definition [yuan/year]."""
    name = f"{residence}_disposable_income"
    value = facts.need(CITY, name, year, "first-release", "derived-estimate")
    return value * present_definition(facts, residence) if year <= 2013 else value


def relative_income(facts: Evidence, residence: str, year: int) -> Floats:
    """Return regional income over the city's: districts weighted by residents, without Yuzhong."""
    census = 2010 if year < 2015 else 2020
    means = []
    for region in REGIONS:
        known = [d for d in region.districts if d != "yuzhong"]
        incomes = [facts.need(d, f"{residence}_disposable_income", year, "first-release") for d in known]
        weights = [facts.count([d], f"{residence}_population", census) for d in known]
        means.append(np.average(incomes, weights=weights))
    people = by_region(facts, f"{residence}_population", census)
    return np.array(means) / np.average(means, weights=people)


def regional_income(facts: Evidence, residence: str, year: int) -> Floats:
    """Return disposable income per head by region, present definition [yuan/(year*person)]."""
    return city_income(facts, residence, year) * relative_income(facts, residence, year)


def city_jobs(facts: Evidence, year: int) -> float:
    """Return urban employment of the whole city in a base year [person].

    2020: on the exponential from 2012 to 2021. 2010: 2012 at its employment per urban resident.
    """

    def published(when: int) -> float:
        return facts.need(CITY, "urban_employment", when, "revised-2021", "first-release") * 1e4

    if year == 2010:
        then, later = (
            facts.need(CITY, "urban_population", *choice)
            for choice in ((2010, "census-2010"), (2012, "nbs-revised"))
        )
        return published(2012) * then / later
    growth = float(np.log(published(2021) / published(2012)) / 9)
    return float(published(2012) * np.exp(8 * growth))


def participation() -> Floats:
    """Return the share of each age that works or wants to, as `parameters.csv` has it."""
    table = pd.read_csv(PLACE / "parameters.csv", keep_default_na=False)
    rows = table[table.variable == "Labour force participation"].set_index("element")
    return np.asarray(rows.value.astype(float)[list(AGES)], dtype=np.float64)


def regional_jobs(facts: Evidence, everyone: People, year: int) -> Floats:
    """Return urban employment by region [person]: the city's, by the urban labour force.

    Unemployment by region is not published: every region starts at the city's. The census long form gives
    employment by sector as shares only.
    """
    return scaled(everyone.urban @ participation(), city_jobs(facts, year))


def expected_growth(facts: Evidence, year: int) -> Floats:
    """Return the growth of urban residents that regions have seen [1/year].

    2020: 2017-2020. 2010: that of the city in 2007-2010 shifted by how regions differ in 2010-2013; zone
    figures begin in 2010.
    """

    def urban(place: str, when: int) -> float:
        return facts.need(place, "urban_population", when, f"census-{when}", "derived-panel", "first-release")

    first = 2010 if year == 2010 else 2017
    growth = np.array([np.log(urban(r.evidence, first + 3) / urban(r.evidence, first)) / 3 for r in REGIONS])
    if year == 2010:
        city = np.log(urban(CITY, 2010) / urban(CITY, 2007)) / 3
        growth += city - np.average(growth, weights=by_region(facts, "urban_population", 2010))
    return growth


def campaign(facts: Evidence) -> dict[int, float]:
    """Return the multiple of settlement applications at year ends, 1 from 2014 on.

    Conversions from the census of 2010 to the end of 2011, in 2012 and in 2013, over the normal number.
    Straight lines join the values, so that of a year is the mean of its two ends: begun at its height, the
    campaign fades within 2011. 2012 and 2013 share their mean, so that the line falls to 1. All is divided by
    what the model has the worth of an urban hukou bring by itself in those years (`PREMIUM_BEFORE`).
    """
    total = {
        year: facts.need(CITY, "hukou_conversions_cumulative", year, "reform-count") * 1e4
        for year in (2011, 2012, 2013)
    }
    before = facts.need(CITY, "hukou_conversions_per_day", 2010, "reform-count") * DAYS_TO_CENSUS
    first = (total[2011] - before) / CAMPAIGN_NORMAL
    later = (total[2013] - total[2011]) / 2 / CAMPAIGN_NORMAL
    # 2012 and 2013 together: (end of 2011)/2 + end of 2012 + (end of 2013)/2 = 2 * later, the last being 1.
    steady = (2 * later - 0.5) / 1.5
    path = {
        year: max(1.0, multiple / PREMIUM_BEFORE)
        for year, multiple in {2010: 2 * first - steady, 2011: steady, 2012: steady}.items()
    }
    return path | dict.fromkeys(range(2013, LAST + 1), 1.0)


def productivity_path(facts: Evidence) -> dict[int, float]:
    """Return the growth of output per urban job of the country at year ends [1/year]."""
    return {year: value - NATIONAL_URBAN_JOBS[year] / 1000 for year, value in growth_path(facts).items()}


def revenue_share(facts: Evidence) -> dict[int, float]:
    """Return general budget revenue over disposable incomes of all residents, held from 2021 on."""
    shares: dict[int, float] = {}
    for year in range(FIRST, LAST + 1):
        if year > 2020:
            shares[year] = REVENUE_SHARE_AFTER
            continue
        censuses = ("census-2010", "census-2020")
        rate = facts.need(CITY, "urbanization_rate", year, *censuses, "nbs-revised") / 100
        residents = facts.need(CITY, "resident_population", year, *censuses, "revised-2021")  # 10k
        income = rate * city_income(facts, "urban", year) + (1 - rate) * city_income(facts, "rural", year)
        revenue = facts.need(CITY, "general_budget_revenue", year, "first-release")
        shares[year] = revenue * 1e8 / (income * residents * 1e4)
    return shares
