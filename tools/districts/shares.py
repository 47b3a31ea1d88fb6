"""How what is known of a region is shared out among its districts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from chongqing.capacity import KINDERGARTEN_ENROLMENT
from chongqing.evidence import AGES, Evidence, Floats, scaled

from districts.facts import (
    GUANGAN,
    NEIGHBOURS,
    PLACES,
    ZONE_OF,
    ZONES,
    ZoneTables,
    counts,
    found,
    members,
    per_zone,
    yearbook,
    yearbook_counts,
    zone_of,
)
from districts.moves import Moves
from districts.people import People, registered_urban_share

TICKET_YEARS = {2010: range(2009, 2013), 2020: range(2016, 2021)}
GROWTH_YEARS = (2017, 2020)
"""Years over which the growth of urban residents that is expected at the end of 2020 is taken."""


def share_out(totals: Floats, weights: Floats, pinned: Mapping[str, float] | None = None) -> Floats:
    """Share the regions' totals out by weight; Guang'an, in no total, takes its neighbours' rate per weight.

    Parameters
    ----------
    totals
        Of the four regions [any unit].
    weights
        Of the 39 places [any unit].
    pinned
        Places whose own number is published; the others of the region share the rest.
    """
    values = np.zeros(len(PLACES))
    for zone, total in zip(ZONES, totals, strict=True):
        fixed = {place: value for place, value in (pinned or {}).items() if ZONE_OF[place] == zone}
        here = [i for i in members(zone) if PLACES[i] not in fixed]
        if total:
            values[here] = weights[here] * (total - sum(fixed.values())) / weights[here].sum()
        for place, value in fixed.items():
            values[PLACES.index(place)] = value
    near = members(NEIGHBOURS)
    g = PLACES.index(GUANGAN)
    values[g] = weights[g] * values[near].sum() / weights[near].sum()
    return values


def filled(values: Floats, users: Floats) -> Floats:
    """Fill what is missing with the rate per user of the region's other districts."""
    result = values.copy()
    for i in np.flatnonzero(np.isnan(values)):
        near = [j for j in members(zone_of(PLACES[i])) if not np.isnan(values[j])]
        result[i] = users[i] * values[near].sum() / users[near].sum()
    return result


def medical(facts: Evidence, indicator: str, totals: Floats, users: Floats, year: int) -> Floats:
    """Return weights of beds or physicians: the yearbook's, for Yuzhong what its region has beyond."""
    weights = yearbook_counts(facts, indicator, year)
    counted = np.array([np.nansum(weights[members(zone)]) for zone in ZONES])
    rest = totals[0] * counted[1:].sum() / totals[1:].sum() - counted[0]
    if rest > 0:
        weights[PLACES.index("yuzhong")] = rest
    return filled(weights, users)


def pupils(facts: Evidence, everyone: People, year: int) -> Floats:
    """Return weights of school places: pupils and students of the yearbook, and kindergarten children."""
    ages = everyone.residents
    primary = yearbook_counts(facts, "primary_pupils", year)
    secondary = yearbook_counts(facts, "secondary_students", year)
    kindergarten = KINDERGARTEN_ENROLMENT * (0.4 * ages[:, 0] + 0.2 * ages[:, 1])
    return (
        filled(primary, 0.8 * ages[:, 1] + 0.4 * ages[:, 2])
        + filled(secondary, 0.6 * ages[:, 2] + 0.6 * ages[:, 3])
        + kindergarten
    )


def tickets(facts: Evidence, year: int) -> Floats:
    """Return land tickets sold a year by origin, around the base year [km2/year]; none from Guang'an."""
    span = TICKET_YEARS[year]
    return np.array(
        [
            sum(facts.get(place, "land_ticket_area_traded", y, "exchange-records") or 0.0 for y in span)
            / len(span)
            for place in PLACES
        ]
    )


def housing(facts: Evidence, everyone: People, year: int) -> Floats:
    """Return weights of urban homes: floor area per head of the district times its urban residents [m2]."""
    vintage = f"census-{year}"
    area = found([facts.get(place, "housing_area_per_capita", year, vintage) for place in PLACES])
    area = np.where(np.isnan(area), np.nanmedian(area[members(NEIGHBOURS)]), area)
    return np.asarray(area * everyone.urban.sum(axis=1), dtype=np.float64)


def participation(zones: ZoneTables) -> Floats:
    """Return the share of each age that works or wants to."""
    rates = {row["element"]: float(row["value"]) for row in zones.lines("Labour force participation")}
    return np.array([rates[age] for age in AGES])


def weights(facts: Evidence, zones: ZoneTables, everyone: People, year: int) -> dict[tuple[str, str], Floats]:
    """Return the weights by which base-year numbers are shared out, by variable and element.

    An element of "" stands for all elements of the variable.
    """
    lists = everyone.registers
    urban = everyone.urban.sum(axis=1)
    in_towns = everyone.rural_hukou.sum(axis=1)
    newcomers = in_towns + everyone.outside.sum(axis=1)
    if year == 2020:
        registered_rural = lists.registered * (1 - registered_urban_share(facts, year))
    else:
        registered_rural = np.maximum(lists.registered - everyone.urban_hukou.sum(axis=1), 0.0)
    registered_rural = np.where(lists.rural > 0, registered_rural, 0.0)  # Yuzhong has no countryside
    beds = zones.by_zone("Initial service capacity", year, ["health"])[:, 0]
    physicians = zones.by_zone("Initial physicians", year)[:, 0]
    old = everyone.residents[:, 12:].sum(axis=1)
    return {
        ("Initial service capacity", "nursery"): lists.residents,
        ("Initial service capacity", "school"): pupils(facts, everyone, year),
        ("Initial service capacity", "health"): medical(facts, "hospital_beds", beds, lists.residents, year),
        ("Initial service capacity", "elderly care"): filled(
            yearbook_counts(facts, "social_welfare_beds", year), old
        ),
        ("Initial service capacity", "rental housing"): newcomers,
        ("Initial urban construction land", ""): urban,
        ("Urban construction land of 2020", ""): urban,
        ("Initial land under development", ""): urban,
        ("Initial quota bank", ""): urban,
        ("Initial homesteads in use", ""): registered_rural,
        ("Initial idle homesteads", ""): registered_rural,
        ("Initial homesteads under reclamation", ""): tickets(facts, year),
        ("Settlers of the year before the start", ""): scaled(in_towns, 0.5) + scaled(registered_rural, 0.5),
        ("Initial urban employment", ""): everyone.urban @ participation(zones),
        ("Initial market housing", ""): housing(facts, everyone, year),
        ("Initial physicians", ""): medical(
            facts, "practising_physicians", physicians, lists.residents, year
        ),
    }


def pinned(facts: Evidence, everyone: People, year: int) -> dict[tuple[str, str], dict[str, float]]:
    """Return the numbers that a district has published itself, by variable and element."""
    if year != 2020:
        return {}
    here = "jiulongpo"
    old = float(everyone.residents[PLACES.index(here), 12:].sum())
    residents = float(everyone.residents[PLACES.index(here)].sum())
    care = facts.need(here, "elderly_care_beds_per_1000_elderly", 2020, "plan-baseline")
    doctors = facts.need(here, "doctors_per_1000", 2020, "plan-baseline")
    nursery = facts.need(here, "nursery_places_per_1000", 2020, "plan-baseline")
    return {
        ("Initial service capacity", "elderly care"): {here: care / 1000 * old},
        ("Initial service capacity", "nursery"): {here: nursery / 1000 * residents},
        ("Initial physicians", ""): {here: doctors / 1000 * residents},
    }


def parameter_weights(everyone: People, moved: Moves) -> dict[str, Floats]:
    """Return the weights by which parameters that are amounts are shared out, by variable."""
    urban = everyone.urban.sum(axis=1)
    return {
        "Base quota": urban,
        "Settlement capacity": everyone.rural_hukou.sum(axis=1),
        "Base arrivals from outside": moved.arrivals,
        "Share of moved industry": np.where(np.array(PLACES) == GUANGAN, 0.0, urban),
    }


def incomes(facts: Evidence, zones: ZoneTables, everyone: People, residence: str, year: int) -> Floats:
    """Return disposable income per head of urban or rural residents by place [yuan/(year*person)].

    In 2020 as published for the district (their mean is 3-4 % above the city's own figure). In 2010 also
    carried to the definition of 2013 by the factor of the region. Yuzhong and Guang'an take the mean.
    """
    heads = everyone.urban if residence == "urban" else everyone.rural
    heads = heads.sum(axis=1)
    indicator = f"{residence}_disposable_income"

    def mean(values: Floats, zone: str) -> float:
        known = [i for i in members(zone) if not np.isnan(values[i])]
        return float(np.average(values[known], weights=heads[known]))

    values, now = yearbook(facts, indicator, year), yearbook(facts, indicator, 2020)
    if year != 2020:
        then = zones.by_zone(f"Initial {residence} income", year)[:, 0]
        of_2020 = zones.by_zone(f"Initial {residence} income", 2020)[:, 0]
        factor = [then[z] / mean(values, zone) * mean(now, zone) / of_2020[z] for z, zone in enumerate(ZONES)]
        values = values * per_zone(np.array(factor))
    means = per_zone(np.array([mean(values, zone) for zone in ZONES]))
    return np.where(np.isnan(values), means, values)


def expected_growth(facts: Evidence, zones: ZoneTables, year: int) -> Floats:
    """Return the growth of urban residents that people expect, by place [1/year].

    In 2020 the region's, plus how far the district's own growth of 2017-20 lay from it; Yuzhong and
    Guang'an, without yearly rates: their growth of 2010-20 in the proportion in which that of the region has
    changed. In 2010 the region's, as no earlier rates fit the census.
    """
    expected = per_zone(zones.by_zone("Initial expected growth of urban residents", year)[:, 0])
    if year != 2020:
        return expected
    before, after = (counts(facts, "urban_population", y) for y in (2010, 2020))
    decade = np.log(after / before) / 10
    then, now = GROWTH_YEARS
    residents = [counts(facts, "resident_population", y) for y in (2010, 2020)]
    middle = residents[0] + (residents[1] - residents[0]) * (then - 2010) / 10
    urban = middle * yearbook(facts, "urbanization_rate", then) / 100
    recent = np.log(after / urban) / (now - then)

    def of_the_zone(growth: Floats) -> Floats:
        means = []
        for zone in ZONES:
            known = [i for i in members(zone) if not np.isnan(growth[i])]
            means.append(np.average(growth[known], weights=after[known]))
        return per_zone(np.array(means))

    own = expected + recent - of_the_zone(recent)
    return np.where(np.isnan(own), decade * expected / of_the_zone(decade), own)
