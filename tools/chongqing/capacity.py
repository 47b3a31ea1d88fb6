"""Public services, homes, physicians and land in a base year, by region."""

from __future__ import annotations

import numpy as np

from chongqing.evidence import AGE_IDS, AGES, CITY, REGIONS, Evidence, Floats, by_region, scaled
from chongqing.people import People

NURSERY = {2010: 0.5, 2020: 1.8}
"""Nursery places per 1000 residents. 2020: Jiulongpo's value, equal to the national one, recalled; 1.2-2.5.
2010: judgement, 0.2-1.0; public nurseries had been closed and programmes began only in 2019."""
KINDERGARTEN_ENROLMENT = 0.87
"""Gross pre-school enrolment in 2020, between 70.9 % (2010) and 93.4 % (2024)."""
BEDS_IN_YUZHONG = 2 / 3
"""Share of Yuzhong, the hospital district, in the beds or physicians that the other 37 districts lack against
the city: judgement."""
PUBLIC_RENTAL = {2010: 10_000, 2020: 530_000}
"""Public rental homes in use. 2020: between 113 (2012) and 583 thousand (2025), judgement, 450-570. 2010: the
programme had begun that year and completed 113 thousand by the end of 2012; a few flats for migrant workers
stood before, judgement, 0-30."""
NEWCOMER_TENANTS = 0.45
"""Share of public rental homes let to new citizens: 40-50 % of tenants are migrant workers (reports of
2010-2017)."""
WELFARE_BEDS_AND_MORE = 12.8 / 11.322
"""Care beds of all kinds over beds of social welfare in 37 districts in 2013, the first year with both."""
RENTAL_SHARES = (0.60, 0.20, 0.14, 0.06)
"""Public rental homes by region: judgement; the programme began with large estates in the central city."""
HOUSEHOLD = 2.45
"""Persons per household, census 2020."""

LAND_PER_HEAD = {2010: 0.875, 2020: 1.0}
"""Urban land per town resident relative to 2020. Built-up area of cities rose by 80 % in 2010-20 (recalled),
that of other towns is taken to have risen by half as much: 1340 km2 in 2010, 88 m2 a head (judgement)."""
LAND_PER_URBAN_RESIDENT = (90.0, 115.0, 97.0, 97.0)
"""Urban construction land per urban resident in 2020 [m2/person], by region: judgement. Together 2219 km2:
cities 1566 built up (808 in the centre in 2018), county towns and other towns about 650. Kaizhou states 100;
80-120 for the city."""
HOMESTEADS = 1700.0
"""Village homesteads [km2]: about 5.8 million households registered rural, 290 m2 each: guess, 1200-2400."""
IDLE_SHARE = {2010: 0.10, 2020: 0.15}
"""Idle part of the homesteads: national surveys, 0.10-0.30; in 2010 two thirds of it, judgement, when fewer
had left for good."""
RECLAMATION_YEARS = 2.0
"""Years from the exit of a homestead to its land ticket: judgement, 1-3."""
LAND_STARTS = {2010: 65.0, 2020: 45.0}
"""Urban construction land begun a year [km2/year]. 2020: 50-60 before 2015, 37 of built-up area in 2021-22.
2010: between the 50-60 of the planning bureau and the 70 by which built-up area grew in 2010-2020."""
DAYS_TO_CENSUS = 78
"""From the start of the campaign in mid-August 2010 to the census of 1 November."""
BEFORE_2010 = 10_000.0
"""Settlements a month before the campaign [person]: people with a non-agricultural registration rose from
8.77 million in 2007 to about 28 % of 32.8 million in 2009, a third of it natural growth; 6-15 thousand."""

BUILDING_YEARS = 3.0
"""From the start of a home to its completion: judgement, 2-4."""
HOMES_OF_COMPLETED = 0.70
"""Homes in the commercial floor space completed, 2020: recalled, 0.65-0.75."""


def _weights(**shares: float) -> Floats:
    """Turn `_5_9=0.8` and the like into a weight for every age."""
    weights = np.zeros(len(AGES))
    for name, share in shares.items():
        weights[AGE_IDS.index(name[1:])] = share
    return weights


def _panel(facts: Evidence, everyone: People, indicator: str, users: Floats, year: int) -> Floats:
    """Add up district counts; Yuzhong, missing, at the rate per user of the other districts of the centre."""
    counts = np.array([facts.panel(region.districts, indicator, year) for region in REGIONS])
    yuzhong = float(facts.ages(["yuzhong"], year) @ users)
    counts[0] *= 1 + yuzhong / (float(everyone.residents[0] @ users) - yuzhong)
    return counts


def _with_yuzhong(facts: Evidence, indicator: str, year: int, total: float) -> Floats:
    """Add up district counts and share out what they lack against the city; see `BEDS_IN_YUZHONG`."""
    counts = np.array([facts.panel(region.districts, indicator, year) for region in REGIONS])
    counts[0] += (total - counts.sum()) * BEDS_IN_YUZHONG
    return scaled(counts, total)


def service_capacity(facts: Evidence, everyone: People, year: int) -> dict[str, Floats]:
    """Return the places of each service by region [place]."""
    small = everyone.residents @ _weights(_0_4=0.4, _5_9=0.2)
    if year == 2010:
        kindergartens = scaled(small, facts.need(CITY, "kindergarten_pupils", 2010, "first-release") * 1e4)
    else:
        kindergartens = KINDERGARTEN_ENROLMENT * small
    pupils = (
        _panel(facts, everyone, "primary_pupils", _weights(_5_9=0.8, _10_14=0.4), year)
        + _panel(facts, everyone, "secondary_students", _weights(_10_14=0.6, _15_19=0.6), year)
        + kindergartens
    )
    all_beds = facts.need(CITY, "health_beds_all_institutions", year, "recalled") * 1e4
    older = np.arange(len(AGES)) >= 12
    care = _panel(facts, everyone, "social_welfare_beds", older.astype(float), year)
    return {
        "nursery": NURSERY[year] / 1000 * everyone.residents.sum(axis=1),
        "school": pupils,
        "health": _with_yuzhong(facts, "hospital_beds", year, all_beds),
        "elderly care": scaled(care, care_beds(facts, year)),
        "rental housing": np.array(RENTAL_SHARES) * PUBLIC_RENTAL[year] * NEWCOMER_TENANTS,
    }


def care_beds(facts: Evidence, year: int) -> float:
    """Return care beds for the elderly in the whole city [place]."""
    if year == 2010:
        welfare = sum(facts.panel(region.districts, "social_welfare_beds", year) for region in REGIONS)
        return welfare * WELFARE_BEDS_AND_MORE
    then, later = (facts.need(CITY, "elderly_care_beds", y, "first-release") * 1e4 for y in (2013, 2024))
    return then + (later - then) * (year - 2013) / 11


def physicians(facts: Evidence, year: int) -> Floats:
    """Return practising physicians and assistants by region [person]."""
    total = facts.need(CITY, "practising_physicians", year, "recalled") * 1e4
    return _with_yuzhong(facts, "practising_physicians", year, total)


def physicians_per_1000(facts: Evidence) -> dict[int, float]:
    """Return practising physicians per 1000 residents, 2010-2020.

    What the 37 districts of the panel lack against the city in 2010 and 2020 lies on a straight line between.
    """
    districts = {
        year: facts.need(CITY, "practising_physicians_37_districts", year, "first-release")
        for year in range(2010, 2021)
    }
    lacking = {
        y: facts.need(CITY, "practising_physicians", y, "recalled") - districts[y] for y in (2010, 2020)
    }
    rates = {}
    for year, count in districts.items():
        rest = lacking[2010] + (lacking[2020] - lacking[2010]) * (year - 2010) / 10
        vintages = (f"census-{year}", "revised-2021")
        rates[year] = round(
            (count + rest) / facts.need(CITY, "resident_population", year, *vintages) * 1000, 3
        )
    return rates


def service_standards(facts: Evidence, everyone: People) -> dict[str, float]:
    """Return the places due per person served [place/person]; `grades.csv` says who is served."""
    young = float(everyone.residents[:, 0].sum() / everyone.residents.sum())
    residents = facts.need(CITY, "resident_population", 2024, "first-release") * 1e4
    return {
        "nursery": facts.need(CITY, "nursery_places", 2025, "first-release") * 1e4 / residents / young,
        "school": 0.90,
        "health": facts.need(CITY, "hospital_beds_per_1000", 2024, "first-release") / 1000,
        "elderly care": 0.035,
        "rental housing": 0.15 / HOUSEHOLD,
    }


def land_tickets(facts: Evidence, first: int, last: int) -> Floats:
    """Return the land tickets sold a year by region of origin, mean over the years [km2/year]."""
    years = range(first, last + 1)
    return np.array(
        [
            sum(
                facts.get(district, "land_ticket_area_traded", year, "exchange-records") or 0.0
                for district in region.districts
                for year in years
            )
            / len(years)
            for region in REGIONS
        ]
    )


def homesteads(facts: Evidence, everyone: People, year: int) -> dict[str, Floats]:
    """Return homesteads in use, idle and under reclamation by region [km2].

    Those of 2010 are those of 2020 and the land tickets that came of them since. Under reclamation are the
    tickets of two years: the mean of 2016-2020, or those sold in 2011 and 2012.
    """
    total = scaled(everyone.registered - everyone.registered_urban, HOMESTEADS)
    tickets = land_tickets(facts, 2016, 2020)
    if year == 2010:
        total = scaled(total, HOMESTEADS + 10 * land_tickets(facts, 2011, 2020).sum())
        tickets = land_tickets(facts, 2011, 2012)
    return {
        "Initial homesteads in use": total * (1 - IDLE_SHARE[year]),
        "Initial idle homesteads": total * IDLE_SHARE[year],
        "Initial homesteads under reclamation": tickets * RECLAMATION_YEARS,
    }


def tickets_unsold(facts: Evidence, year: int) -> float:
    """Return land tickets made and not yet sold [km2]: one year of sales."""
    first = 2016 if year == 2020 else year
    return float(land_tickets(facts, first, year).sum())


def settlers(facts: Evidence, everyone: People, year: int) -> Floats:
    """Return the settlers of the year before by region [person/year].

    2020: the official floor, above 200 thousand. 2010: the campaign from mid-August to the census of 1
    November, at its mean pace, and the trickle before. Regions take the mean of their shares in town
    residents with rural hukou and in all people with rural hukou.
    """
    in_towns = everyone.rural_hukou.sum(axis=1)
    anywhere = everyone.registered - everyone.registered_urban
    if year == 2010:
        a_day = facts.need(CITY, "hukou_conversions_per_day", 2010, "reform-count")
        total = a_day * DAYS_TO_CENSUS + BEFORE_2010 * 12
    else:
        total = facts.need(CITY, "annual_new_urban_hukou_min", 2020, "plan-baseline") * 1e4
    return scaled(scaled(in_towns, 0.5) + scaled(anywhere, 0.5), total)


# --- homes --------------------------------------------------------------------------------------------------


def urban_home_area(facts: Evidence, year: int) -> Floats:
    """Return the floor area of homes per urban resident by region [m2/person].

    The census counts floor area per person in family households by district, towns and villages together.
    They are told apart by the national ratio of cities (the centre) or towns (the other regions) to villages.
    """
    census = f"census-{year}"

    def national(kind: str) -> float:
        return facts.need("china", f"housing_area_per_capita_{kind}", year, "recalled")

    areas = []
    for region in REGIONS:
        known = [d for d in region.districts if facts.get(d, "housing_area_per_capita", year, census)]
        weights = [facts.count([d], "resident_population", year) for d in known]
        mean = np.average(
            [facts.need(d, "housing_area_per_capita", year, census) for d in known], weights=weights
        )
        urban = facts.count(region.districts, "urban_population", year)
        rural = facts.count(region.districts, "rural_population", year)
        ratio = national("city" if region is REGIONS[0] else "town") / national("village")
        areas.append(mean * (urban + rural) * ratio / (urban * ratio + rural))
    return np.array(areas)


def homes_under_construction(facts: Evidence, year: int) -> Floats:
    """Return the floor area of homes being built by region [m2].

    `BUILDING_YEARS` of the completions a year about then. 2010: the yearly growth of the stock in 2010-2020.
    2020: the commercial homes completed. Regions by the growth of their stocks in 2010-2020.
    """
    then, now = (urban_home_area(facts, y) * by_region(facts, "urban_population", y) for y in (2010, 2020))
    completed = (now - then) / 10
    if year == 2020:
        commercial = facts.need(CITY, "floor_space_completed", 2020, "recalled") * 1e4
        completed = scaled(completed, commercial * HOMES_OF_COMPLETED)
    return completed * BUILDING_YEARS


# --- money --------------------------------------------------------------------------------------------------


def local_debt(facts: Evidence, year: int) -> float:
    """Return the debt the governments of the place are liable for [yuan].

    2020: the explicit balance. 2010: that of 2012 as audited, moved back as the nation's.
    """
    if year == 2010:
        then, later = (facts.need("china", "government_debt_liable", y, "recalled") for y in (2010, 2012))
        return facts.need(CITY, "government_debt_liable", 2012, "recalled") * then / later * 1e8
    return facts.need(CITY, "government_debt_balance", year, "final-accounts") * 1e8


def land_share_of_funds(facts: Evidence) -> float:
    """Return the share of land transfer in the revenue of government funds, mean of 2020 and 2021."""
    shares = [
        facts.need(CITY, "land_transfer_revenue", year, "budget")
        / facts.need(CITY, "government_fund_revenue", year, "final-accounts")
        for year in (2020, 2021)
    ]
    return sum(shares) / len(shares)
