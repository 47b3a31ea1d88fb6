"""Public services and land at the end of 2020, by region."""

from __future__ import annotations

import numpy as np

from chongqing.evidence import AGE_IDS, AGES, CITY, REGIONS, Evidence, Floats, scaled
from chongqing.people import People

NURSERY_2020 = 1.8
"""Nursery places per 1000 residents in 2020: Jiulongpo's value, equal to the national one, recalled; 1.2-2.5.
"""
KINDERGARTEN_ENROLMENT = 0.87
"""Gross pre-school enrolment in 2020, between 70.9 % (2010) and 93.4 % (2024)."""
BEDS_IN_YUZHONG = 2 / 3
"""Share of Yuzhong, the hospital district, in the beds that the other 37 districts lack against the city:
judgement."""
PUBLIC_RENTAL = 530_000
"""Public rental homes in use at the end of 2020, between 113 (2012) and 583 thousand (2025): judgement,
450-570."""
NEWCOMER_TENANTS = 0.45
"""Share of public rental homes let to new citizens: 40-50 % of tenants are migrant workers (reports of
2010-2017)."""
RENTAL_SHARES = (0.60, 0.20, 0.14, 0.06)
"""Public rental homes by region: judgement; the programme began with large estates in the central city."""
HOUSEHOLD = 2.45
"""Persons per household, census 2020."""

LAND_PER_URBAN_RESIDENT = (90.0, 115.0, 97.0, 97.0)
"""Urban construction land per urban resident in 2020 [m2/person], by region: judgement. Together 2219 km2:
cities 1566 built up (808 in the centre in 2018), county towns and other towns about 650. Kaizhou states 100;
80-120 for the city."""
HOMESTEADS = 1700.0
"""Village homesteads [km2]: about 5.8 million households registered rural, 290 m2 each: guess, 1200-2400."""
IDLE_SHARE = 0.15
"""Idle part of the homesteads: national surveys, 0.10-0.30."""
RECLAMATION_YEARS = 2.0
"""Years from the exit of a homestead to its land ticket: judgement, 1-3."""
LAND_STARTS = 45.0
"""Urban construction land begun a year about 2020 [km2/year]: 50-60 before 2015, 37 of built-up area in
2021-22."""


def _weights(**shares: float) -> Floats:
    """Turn `_5_9=0.8` and the like into a weight for every age."""
    weights = np.zeros(len(AGES))
    for name, share in shares.items():
        weights[AGE_IDS.index(name[1:])] = share
    return weights


def _panel(facts: Evidence, everyone: People, indicator: str, users: Floats) -> Floats:
    """Add up district counts; Yuzhong, missing, at the rate per user of the other districts of the centre."""
    counts = np.array([facts.panel(region.districts, indicator) for region in REGIONS])
    yuzhong = float(facts.ages(["yuzhong"], 2020) @ users)
    counts[0] *= 1 + yuzhong / (float(everyone.residents[0] @ users) - yuzhong)
    return counts


def service_capacity(facts: Evidence, everyone: People) -> dict[str, Floats]:
    """Return the places of each service by region [place]."""
    pupils = (
        _panel(facts, everyone, "primary_pupils", _weights(_5_9=0.8, _10_14=0.4))
        + _panel(facts, everyone, "secondary_students", _weights(_10_14=0.6, _15_19=0.6))
        + KINDERGARTEN_ENROLMENT * everyone.residents @ _weights(_0_4=0.4, _5_9=0.2)
    )
    beds = np.array([facts.panel(region.districts, "hospital_beds") for region in REGIONS])
    all_beds = facts.need(CITY, "health_beds_all_institutions", 2020, "recalled") * 1e4
    beds[0] += (all_beds - beds.sum()) * BEDS_IN_YUZHONG
    older = np.arange(len(AGES)) >= 12
    care = _panel(facts, everyone, "social_welfare_beds", older.astype(float))
    then, later = (
        facts.need(CITY, "elderly_care_beds", year, "first-release") * 1e4 for year in (2013, 2024)
    )
    return {
        "nursery": NURSERY_2020 / 1000 * everyone.residents.sum(axis=1),
        "school": pupils,
        "health": scaled(beds, all_beds),
        "elderly care": scaled(care, then + (later - then) * 7 / 11),
        "rental housing": np.array(RENTAL_SHARES) * PUBLIC_RENTAL * NEWCOMER_TENANTS,
    }


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


def settlers(facts: Evidence, everyone: People) -> Floats:
    """Return the settlers of 2020 by region [person/year]: the official floor, above 200 thousand.

    Regions take the mean of their shares in town residents with rural hukou and in all people with rural
    hukou.
    """
    in_towns = everyone.rural_hukou.sum(axis=1)
    anywhere = everyone.registered - everyone.registered_urban
    floor = facts.need(CITY, "annual_new_urban_hukou_min", 2020, "plan-baseline") * 1e4
    return scaled(scaled(in_towns, 0.5) + scaled(anywhere, 0.5), floor)
