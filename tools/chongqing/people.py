"""Everyone in a base year by region, age and status, holding every published total."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chongqing.evidence import (
    AGES,
    CITY,
    DISTRICTS,
    MERGED_2011,
    REGIONS,
    Evidence,
    Floats,
    by_region,
    scaled,
)
from chongqing.vital import national_death_rates, ten_year_survival

CONTRAST = 0.5
"""How much of the regression's urban-rural contrast (in logarithms) is kept below age 50; 0.3-1. Across
districts it is overdone: town residents of the mountain counties have more children and fewer young adults
than those of the centre. National shares of 2020, recalled: 0-14 about 1.15 times as frequent in villages as
in towns (the regression says 1.9), 20-39 about 0.6 times (it says 0.2)."""
RURAL_OUTSIDERS = 0.10
"""Share of people registered in another province who live in the countryside: judgement, 0.05-0.20."""
CHILD_OUTSIDERS = 0.06
"""Share of residents from outside aged 0-9: national inter-province migrants in 2020, recalled."""
VILLAGERS_URBAN_HUKOU = {2010: (0.05, 0.04, 0.03, 0.03), 2020: (0.10, 0.08, 0.06, 0.05)}
"""Share of rural residents with an urban registration, by region: judgement, half to double (town
registrations in places counted as rural; in 2020 also converts of 2010-2013 who kept their village home)."""
OUTSIDERS_URBAN_HUKOU = 0.30
"""Share of outsiders in towns with a non-agricultural registration in 2010: judgement, 0.15-0.45."""
MOVERS_URBAN_HUKOU = 0.70
"""Share with urban registration among people who left a region, over that of all its registered: judgement,
0.4-1.0."""
NEARNESS = (0.0, 1.0, 0.7, 0.7)
"""Moves to the central city per registered person, by region, relative to the metro districts next door:
judgement, 0.5-1.0 for the two mountain regions."""
AWAY_FROM_CENTRE = 0.02
"""Share of people registered in the central city living outside Chongqing: judgement, 0.01-0.04."""
AWAY_CHILDREN = 0.40
"""Absence at 0-14 over that at 25-39: judgement; many children stay with their grandparents."""
AWAY_OLDER = {
    2010: (0.70, 0.50, 0.33, 0.20, 0.13, 0.10, 0.08, 0.05),
    2020: (0.90, 0.75, 0.60, 0.45, 0.33, 0.25, 0.20, 0.15),
}
"""Absence from 50-54 on over that at 45-49. In 2020 set so that 10-17 % of those away are 60 or older, as
the register (706 registered in 2017, 10k) and the sample survey (622 resident) imply. In 2010 judgement:
leaving in great numbers began in the 1990s with those then in their twenties, so it falls off sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Persons in a base year, arrays of (4 regions, 18 ages), with the registered totals by region."""

    residents: Floats
    rural: Floats
    urban_hukou: Floats
    rural_hukou: Floats
    outside: Floats
    away: Floats
    registered: Floats
    registered_urban: Floats

    @property
    def urban(self) -> Floats:
        return self.residents - self.rural


def fit_margins(seed: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scale `seed` in turn to its row and column sums until both hold (iterative proportional fitting).

    References
    ----------
    Deming and Stephan (1940), "On a least squares adjustment of a sampled frequency table".
    """
    table = seed.copy()
    for _ in range(2000):
        table *= (rows / table.sum(axis=1))[:, None]
        table *= columns / table.sum(axis=0)
        if np.allclose(table.sum(axis=1), rows, rtol=1e-12):
            return table
    raise ArithmeticError("the margins do not agree with one another")


def whole(values: Floats, total: float) -> Floats:
    """Round to whole persons that still add to `total` (largest remainders first)."""
    rounded = np.floor(values)
    short = round(total) - int(rounded.sum())
    rounded[np.argsort(rounded - values, kind="stable")[:short]] += 1
    return rounded


def shares_by_residence(facts: Evidence, year: int) -> tuple[Floats, Floats]:
    """Estimate the age shares of urban and of rural residents of the city by regression over 39 districts.

    Persons of an age in a district = a x urban residents + b x rural residents, weighted by one over the
    population; the contrast b / a is then tempered (`CONTRAST`). Nothing is published for Chongqing.
    """
    places = (*DISTRICTS, "guangan")
    ages = np.array([facts.ages([place], year) for place in places])
    residents = ages.sum(axis=1)
    urban = np.array([facts.count([place], "urban_population", year) for place in places])
    weight = 1 / np.sqrt(residents)[:, None]
    in_towns, in_villages = np.linalg.lstsq(
        np.column_stack([urban, residents - urban]) * weight, ages * weight, rcond=None
    )[0]
    contrast = in_villages / in_towns
    contrast[:10] **= CONTRAST
    towns, villages = (facts.count(DISTRICTS, f"{kind}_population", year) for kind in ("urban", "rural"))
    in_towns = facts.ages(DISTRICTS, year) / (towns + villages * contrast)
    return scaled(in_towns, 1.0), scaled(in_towns * contrast, 1.0)


def rural_by_age(facts: Evidence, year: int) -> Floats:
    """Estimate the rural residents of the city by age at a census [person]."""
    return shares_by_residence(facts, year)[1] * facts.count(DISTRICTS, "rural_population", year)


def cohort_ratio(facts: Evidence, districts: Iterable[str]) -> Floats:
    """Return the size of birth cohorts in 2020 over 2010 and over survival, by age in 2010 (0-4 to 70-74).

    Above 1: the cohort gained by migration (census survival method).
    """
    districts = tuple(districts)
    before, after = facts.ages(districts, 2010), facts.ages(districts, 2020)
    return after[2:-1] / before[:-3] / ten_year_survival(national_death_rates(facts))


def absence_by_age(facts: Evidence, year: int) -> Floats:
    """Estimate how likely a registered person is to be away, by age, up to a factor.

    From 15 to 49 a chain of the ten-year net losses of the two mountain regions in 2010-2020, taken for both
    years; see the constants for children and the old.
    """
    ratio = cohort_ratio(facts, (d for region in REGIONS[2:] for d in region.districts))
    present = np.ones(len(AGES))
    for a in range(2, 10):
        present[a] = min(1.0, present[a - 2] * ratio[a - 2])
    absent = 1 - present
    absent[:3] = AWAY_CHILDREN * absent[5:8].mean()
    absent[10:] = np.array(AWAY_OLDER[year]) * absent[9]
    return absent


def outsiders_by_age(facts: Evidence, year: int) -> Floats:
    """Estimate the age profile of residents from outside the city; adds to 1.

    Those who came in the ten years before follow the cohort gains of the central city in 2010-2020, where
    two thirds of them live; those who were there before follow the same gains, ten years older.
    """
    centre = REGIONS[0].districts
    survival = ten_year_survival(national_death_rates(facts))
    gain = np.zeros(len(AGES))
    gain[2:-1] = facts.ages(centre, 2020)[2:-1] - facts.ages(centre, 2010)[:-3] * survival
    older = np.zeros(len(AGES))
    older[2:-1] = gain[:-3] * survival
    now = facts.count(DISTRICTS, "population_registered_other_province", year)
    if year == 2020:
        then = facts.count(DISTRICTS, "population_registered_other_province", 2010)
    else:
        then = facts.need(CITY, "population_registered_other_province", 2000, "recalled") * 1e4
    profile = scaled(gain, 1 - then / now) + scaled(older, then / now)
    profile[:2] = 0.0
    profile = scaled(profile, 1 - CHILD_OUTSIDERS)
    profile[:2] = CHILD_OUTSIDERS / 2
    return profile


def registered_by_district(facts: Evidence, year: int) -> dict[str, float]:
    """Return registered people at the end of a year [person]; Yuzhong, missing, is the city less all others.

    In 2010 the yearbook has Qijiang and Dazu without the districts that joined them: the census count is
    taken for them.
    """
    counts = {d: facts.panel([d], "registered_population", year) for d in DISTRICTS}
    if year == 2010:
        counts |= {d: facts.count([d], "registered_population", 2010) for d in MERGED_2011}
    city = facts.need(CITY, "registered_population", year, "hukou-register") * 1e4
    counts["yuzhong"] = city - sum(count for d, count in counts.items() if d != "yuzhong")
    return counts


def urban_hukou_rates(facts: Evidence) -> dict[str, float]:
    """Return the share of registered people with urban registration, by district.

    Eleven districts published it (the latest year is taken). The others lie on a line through those, on the
    logits of the rate and of the non-agricultural share of residents in 2010.
    """
    before = {
        d: facts.need(d, "nonagricultural_hukou_share_of_residents", 2010, "census-2010") / 100
        for d in DISTRICTS
        if d not in MERGED_2011
    }
    typical = float(np.median([before[d] for d in REGIONS[1].districts if d in before]))
    before |= dict.fromkeys(MERGED_2011, typical)
    known = {
        place: line["value"] / 100
        for (place, indicator, _, _), line in sorted(facts.lines.items())  # the latest year last
        if indicator == "hukou_urbanization_rate" and place in DISTRICTS
    }

    x = np.array([before[d] for d in known])
    y = np.array(list(known.values()))
    slope, level = np.polyfit(np.log(x / (1 - x)), np.log(y / (1 - y)), 1)

    def fitted(share: float) -> float:
        return float(1 / (1 + np.exp(-(level + slope * np.log(share / (1 - share))))))

    return {d: known.get(d) or fitted(before[d]) for d in DISTRICTS}


def registered_by_region(facts: Evidence, year: int) -> Floats:
    """Return registered people by region [person]."""
    counts = registered_by_district(facts, year)
    return np.array([sum(counts[d] for d in region.districts) for region in REGIONS])


def registered_urban_2020(facts: Evidence) -> Floats:
    """Return registered people with urban hukou at the end of 2020, 49.2 % in all, by region [person]."""
    counts, rates = registered_by_district(facts, 2020), urban_hukou_rates(facts)
    urban = np.array([sum(counts[d] * rates[d] for d in region.districts) for region in REGIONS])
    share = facts.need(CITY, "hukou_urbanization_rate", 2020, "plan-baseline") / 100
    return scaled(urban, share * sum(counts.values()))


def nonagricultural_residents(facts: Evidence) -> Floats:
    """Return residents with a non-agricultural registration, census of 2010, by region [person].

    The two districts merged in 2011 share what the others leave of the city's total.
    """
    share = "nonagricultural_hukou_share_of_residents"

    def counted(place: str) -> float:
        residents = facts.count([place], "resident_population", 2010)
        return residents * facts.need(place, share, 2010, "census-2010") / 100

    counts = {d: counted(d) for d in DISTRICTS if d not in MERGED_2011}
    left = counted(CITY) - sum(counts.values())
    merged = facts.count(MERGED_2011, "resident_population", 2010)
    for d in MERGED_2011:
        counts[d] = left * facts.count([d], "resident_population", 2010) / merged
    return np.array([sum(counts[d] for d in region.districts) for region in REGIONS])


def away_total(facts: Evidence, year: int) -> float:
    """Return registered people living outside [person], on the concept published until 2007 and since 2021.

    2010: the straight line from 2007 to 2012. 2020: 2021 and its fall to 2022. Registered plus from other
    provinces less residents gives 1.1 and 1.2 % more. (The counts of 2012 and 2013 are of people away for a
    month or longer; they stand well above what registered and residents allow.)
    """

    def published(when: int) -> float:
        return facts.need(CITY, "outflow_population_outside_city", when, "first-release") * 1e4

    if year == 2010:
        return published(2007) + (published(2012) - published(2007)) * 3 / 5
    return published(2021) + (published(2021) - published(2022))


def moved_to_centre(registered: Floats, gone: Floats) -> Floats:
    """Return the net number registered in each region who live in another one inside Chongqing [person].

    `gone` are the registered people missing in each region, net of outsiders. The central city gains what it
    lacks; the other three send it by size and nearness, and exchange nothing among themselves.
    """
    gain = AWAY_FROM_CENTRE * registered[0] - gone[0]
    moved = scaled(np.array(NEARNESS) * registered, gain)
    moved[0] = -gain
    return moved


def registered_urban_2010(present: Floats, moved: Floats, away: Floats, registered: Floats) -> Floats:
    """Return registered people with urban hukou in 2010 by region [person].

    Those present, and among those away or in the centre `MOVERS_URBAN_HUKOU` times the region's own share.
    """
    share = (present[1:]) / (registered[1:] - MOVERS_URBAN_HUKOU * (moved + away)[1:])
    from_elsewhere = float((MOVERS_URBAN_HUKOU * share * moved[1:]).sum())
    centre = (present[0] - from_elsewhere) / (registered[0] - MOVERS_URBAN_HUKOU * away[0])
    return np.append(centre, share) * registered


def people(facts: Evidence, year: int = 2020) -> People:
    """Place everyone: residence by age, then hukou among town residents, then those away."""
    residents = np.array([facts.ages(region.districts, year) for region in REGIONS])
    urban = by_region(facts, "urban_population", year)
    rural = residents.sum(axis=1) - urban
    outsiders = by_region(facts, "population_registered_other_province", year)
    registered = registered_by_region(facts, year)

    gone = registered + outsiders - residents.sum(axis=1)
    moved = moved_to_centre(registered, gone)
    away = scaled(gone - moved, away_total(facts, year))
    outside = outsiders * (1 - RURAL_OUTSIDERS)
    in_villages = np.array(VILLAGERS_URBAN_HUKOU[year]) * rural
    if year == 2010:  # the census asked for the kind of registration where people live
        urban_hukou = nonagricultural_residents(facts) - OUTSIDERS_URBAN_HUKOU * outside - in_villages
        registered_urban = registered_urban_2010(urban_hukou + in_villages, moved, away, registered)
    else:  # the register's own, less those away, in villages and gone to the centre
        registered_urban = registered_urban_2020(facts)
        mover_rate = MOVERS_URBAN_HUKOU * registered_urban / registered
        moved_urban = moved * mover_rate
        moved_urban[0] = -moved_urban[1:].sum()
        urban_hukou = registered_urban - away * mover_rate - in_villages - moved_urban
    rural_hukou = urban - outside - urban_hukou

    urban_shares, rural_shares = shares_by_residence(facts, year)
    absence, outsider_shares = absence_by_age(facts, year), outsiders_by_age(facts, year)
    stocks: dict[str, list[Floats]] = {
        "rural": [],
        "urban_hukou": [],
        "rural_hukou": [],
        "outside": [],
        "away": [],
    }
    for r in range(len(REGIONS)):
        seed = np.column_stack([rural_shares * rural[r], urban_shares * urban[r]])
        villages = whole(fit_margins(seed, residents[r], np.array([rural[r], urban[r]]))[:, 0], rural[r])
        towns = residents[r] - villages
        seed = np.column_stack(
            [
                outsider_shares * outside[r],
                absence / absence.mean() * urban_shares * rural_hukou[r],
                urban_shares * urban_hukou[r],
            ]
        )
        totals = np.array([outside[r], rural_hukou[r], urban_hukou[r]])
        from_outside, from_villages, _ = fit_margins(seed, towns, totals).T
        from_outside, from_villages = whole(from_outside, outside[r]), whole(from_villages, rural_hukou[r])
        stocks["rural"].append(villages)
        stocks["outside"].append(from_outside)
        stocks["rural_hukou"].append(from_villages)
        stocks["urban_hukou"].append(towns - from_outside - from_villages)
        stocks["away"].append(whole(scaled(absence * (residents[r] - from_outside), away[r]), away[r]))
    return People(
        residents=residents,
        registered=registered,
        registered_urban=registered_urban,
        **{name: np.array(rows) for name, rows in stocks.items()},
    )
