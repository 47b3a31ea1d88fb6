"""What comes from outside the equations: incomes and urban jobs by year, 2020-2035.

Up to 2024 or 2025 they are published or follow from published values; after that they are assumptions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from chongqing.evidence import AGES, CITY, PLACE, REGIONS, Evidence, Floats, by_region, scaled
from chongqing.people import People

RATIO_DECLINE = 0.015
"""Yearly fall of the urban-rural income ratio from 2026 on: published studies and judgement, 0.005-0.025."""
JOB_ELASTICITY = 0.15
"""Growth of urban jobs over growth of GDP from 2025 on: 0.37 in 2012-2021 and 0.02 in 2021-2024; 0-0.37."""
OUTSIDE_2025 = 0.043
"""Growth of national urban income in 2025: judgement."""


def income_growth(year: int) -> float:
    """Return the nominal growth of urban income: 4.6 % in 2026 falling to 4.0 % in 2035, judgement."""
    return 0.046 - 0.006 * (year - 2026) / 9


def gdp_growth(year: int) -> float:
    """Return the growth of GDP: 5.3 % in 2025 falling to 4.0 % in 2035, judgement (2.5-5.0 in 2035)."""
    return 0.053 - 0.013 * (year - 2025) / 10


def city_income(facts: Evidence, residence: str) -> dict[int, float]:
    """Return disposable income per head of urban or rural residents of the whole city [yuan/year]."""
    path = {
        year: facts.need(CITY, f"{residence}_disposable_income", year, "first-release", "derived-estimate")
        for year in range(2020, 2026)
    }
    for year in range(2026, 2036):
        path[year] = path[year - 1] * (1 + income_growth(year))
        if residence == "rural":
            path[year] /= 1 - RATIO_DECLINE
    return path


def relative_income(facts: Evidence, residence: str) -> Floats:
    """Return regional income over the city's in 2020: districts weighted by residents, without Yuzhong."""
    means = []
    for region in REGIONS:
        known = [d for d in region.districts if d != "yuzhong"]
        incomes = [facts.need(d, f"{residence}_disposable_income", 2020, "first-release") for d in known]
        weights = [facts.count([d], f"{residence}_population") for d in known]
        means.append(np.average(incomes, weights=weights))
    return np.array(means) / np.average(means, weights=by_region(facts, f"{residence}_population"))


def outside_income(facts: Evidence) -> dict[int, float]:
    """Return national urban income per head [yuan/year]: what those meet who leave Chongqing."""
    path = {y: facts.need("china", "urban_disposable_income", y, "recalled") for y in range(2020, 2025)}
    path[2025] = path[2024] * (1 + OUTSIDE_2025)
    for year in range(2026, 2036):
        path[year] = path[year - 1] * (1 + income_growth(year))
    return path


def city_jobs(facts: Evidence) -> dict[int, float]:
    """Return urban employment of the whole city [person]."""
    jobs = {
        year: facts.need(CITY, "urban_employment", year, "revised-2021", "first-release") * 1e4
        for year in (2012, 2021, 2022, 2024)
    }
    path = {
        2020: jobs[2012] * (jobs[2021] / jobs[2012]) ** (8 / 9),
        2021: jobs[2021],
        2022: jobs[2022],
        2023: (jobs[2022] + jobs[2024]) / 2,
        2024: jobs[2024],
    }
    for year in range(2025, 2036):
        path[year] = path[year - 1] * (1 + JOB_ELASTICITY * gdp_growth(year))
    return path


def participation() -> Floats:
    """Return the share of each age that works or wants to, as `parameters.csv` has it."""
    table = pd.read_csv(PLACE / "parameters.csv", keep_default_na=False)
    rows = table[table.variable == "Labour force participation"].set_index("element")
    return rows.value.astype(float)[list(AGES)].to_numpy()


def job_shares(everyone: People) -> Floats:
    """Return the regional shares of urban jobs: those of the urban labour force of 2020.

    Unemployment by region is not published: every region starts at the city's.
    """
    return scaled(everyone.urban @ participation(), 1.0)
