"""Everyone by district, age and status, adding up to the four regions of the place `chongqing`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from chongqing.evidence import Evidence, Floats
from chongqing.people import (
    MOVERS_URBAN_HUKOU,
    OUTSIDERS_URBAN_HUKOU,
    RURAL_OUTSIDERS,
    VILLAGERS_URBAN_HUKOU,
    registered_by_district,
    urban_hukou_rates,
)

from districts.facts import (
    GUANGAN,
    NEIGHBOURS,
    PLACES,
    ZONES,
    ZoneTables,
    ages,
    counts,
    found,
    members,
    per_zone,
    published_share,
)
from districts.fit import fit_margins, shifted_shares, whole

STOCKS = {
    "rural": "Initial rural residents",
    "urban_hukou": "Initial urban residents with local urban hukou",
    "rural_hukou": "Initial urban residents with local rural hukou",
    "outside": "Initial urban residents from outside",
    "away": "Initial registered people living away",
}
FROM_OUTSIDE_GUANGAN = 0.5
"""Share of those registered in another county of Sichuan whose county is none of Guang'an's six:
judgement, 0.3-0.7. The census tells counties apart, the model takes Guang'an as one region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """Who is registered where at a census, by place [person]; what the stocks and the moves both need.

    For Guang'an, "another district" is Chongqing's word for nothing: 0.
    """

    registered: Floats
    residents: Floats
    rural: Floats
    outsiders: Floats  # residents registered outside Chongqing (outside Guang'an)
    from_other_districts: Floats  # residents registered in another district of Chongqing
    from_own_district: Floats  # residents registered in another township of the district
    absent: Floats  # registered here, living in another district or outside
    away: Floats  # of these, outside Chongqing (outside Guang'an)

    @property
    def elsewhere(self) -> Floats:
        """Registered here and living in another district of Chongqing [person]."""
        return self.absent - self.away


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Persons at a census: arrays of (39 places, 18 ages)."""

    registers: Registers
    residents: Floats
    rural: Floats
    urban_hukou: Floats
    rural_hukou: Floats
    outside: Floats
    away: Floats

    @property
    def urban(self) -> Floats:
        return self.residents - self.rural


def registered(facts: Evidence, year: int) -> Floats:
    """Return registered people by place [person]; Guang'an lies on the line between its counts."""
    then = facts.need(GUANGAN, "registered_population", 2010, "census-2010") * 1e4
    later = facts.need(GUANGAN, "registered_population", 2022, "hukou-register") * 1e4
    counted = registered_by_district(facts, year)
    counted[GUANGAN] = then + (later - then) * (year - 2010) / 12
    return np.array([counted[place] for place in PLACES])


def registers(facts: Evidence, zones: ZoneTables, year: int) -> Registers:
    """Find who is absent: registered people and newcomers less residents, district by district."""
    here = PLACES.index(GUANGAN)
    residents = ages(facts, year).sum(axis=1)
    outsiders = counts(facts, "population_registered_other_province", year)
    newcomers = counts(facts, "population_registered_elsewhere_other_district", year)
    within = counts(facts, "population_registered_elsewhere_same_district", year)
    outsiders[here] += FROM_OUTSIDE_GUANGAN * newcomers[here]
    within[here] += (1 - FROM_OUTSIDE_GUANGAN) * newcomers[here]
    newcomers[here] = 0.0

    everyone = registered(facts, year)
    absent = everyone + outsiders + newcomers - residents
    away = absent.copy()
    totals = zones.people(STOCKS["away"], year).sum(axis=1)
    for zone, total in zip(ZONES, totals, strict=True):
        away[members(zone)] *= total / absent[members(zone)].sum()
    return Registers(
        registered=everyone,
        residents=residents,
        rural=counts(facts, "rural_population", year),
        outsiders=outsiders,
        from_other_districts=newcomers,
        from_own_district=within,
        absent=absent,
        away=away,
    )


def registered_urban_share(facts: Evidence, year: int) -> Floats:
    """Return the share of urban hukou among registered people (2020), or residents (2010), by place."""
    if year == 2020:
        rates = urban_hukou_rates(facts)
        rates[GUANGAN] = published_share(facts, GUANGAN, "hukou_urbanization_rate", 2022, "hukou-register")
        return np.array([rates[place] for place in PLACES])
    indicator = "nonagricultural_hukou_share_of_residents"
    shares = found([facts.get(place, indicator, 2010, "census-2010") for place in PLACES]) / 100
    shares[np.isnan(shares)] = np.nanmedian(shares[members("metro new")])  # those merged in 2011
    return shares


def urban_hukou_in_towns(facts: Evidence, lists: Registers, year: int) -> Floats:
    """Estimate town residents with local urban hukou by place [person], before the regions' totals."""
    share = registered_urban_share(facts, year)
    in_villages = lists.rural * per_zone(np.array(VILLAGERS_URBAN_HUKOU[year]))
    if year == 2010:  # counted where people live
        return share * lists.residents - in_villages - OUTSIDERS_URBAN_HUKOU * lists.outsiders
    moved = MOVERS_URBAN_HUKOU * share
    among_movers = float(moved @ lists.elsewhere / lists.elsewhere.sum())
    return (
        share * lists.registered
        - in_villages
        - moved * lists.absent
        + among_movers * lists.from_other_districts
    )


def town_outsiders(lists: Registers, totals: Floats) -> Floats:
    """Return residents of towns from outside by place [person]: all of them less those in villages.

    Of the outsiders of a district the more live in villages the more rural it is.
    """
    in_villages = lists.outsiders * lists.rural / lists.residents
    inside = lists.outsiders.copy()
    for zone, total in zip(ZONES, totals, strict=True):
        here = members(zone)
        inside[here] -= in_villages[here] * (lists.outsiders[here].sum() - total) / in_villages[here].sum()
    inside[PLACES.index(GUANGAN)] *= 1 - RURAL_OUTSIDERS
    return inside


def status_totals(facts: Evidence, zones: ZoneTables, lists: Registers, year: int) -> Floats:
    """Return whole residents by place and status (rural, urban hukou, rural hukou, outside): (39, 4)."""
    zone_totals = {name: zones.people(variable, year).sum(axis=1) for name, variable in STOCKS.items()}
    outside = town_outsiders(lists, zone_totals["outside"])
    locals_ = lists.residents - lists.rural - outside
    share = np.clip(urban_hukou_in_towns(facts, lists, year) / locals_, 0.05, 0.97)
    table = np.zeros((len(PLACES), 4))
    table[:, 0] = lists.rural
    for z, zone in enumerate(ZONES):
        here = members(zone)
        table[here, 3] = whole(outside[here], zone_totals["outside"][z])
        free = (lists.residents - lists.rural)[here] - table[here, 3]
        settled = free * shifted_shares(share[here], free, zone_totals["urban_hukou"][z])
        table[here, 1] = whole(settled, zone_totals["urban_hukou"][z])
        table[here, 2] = free - table[here, 1]
    g = PLACES.index(GUANGAN)
    table[g, 3] = np.round(outside[g])
    table[g, 1] = np.round(share[g] * (lists.residents[g] - lists.rural[g] - table[g, 3]))
    table[g, 2] = lists.residents[g] - table[g].sum()
    return table


def by_age(residents: Floats, totals: Floats, pattern: Floats, whole_zone: bool) -> Floats:
    """Fit (place, age, status) to ages and statuses of every place, and to those of the region as a whole.

    Parameters
    ----------
    residents
        Of every place by age [person]: (places, 18).
    totals
        Of every place by status [person]: (places, 4).
    pattern
        Of the region by age and status [person]: (18, 4).
    whole_zone
        Whether the places are all of the region, so that its pattern is a margin and not only a seed.
    """
    share = pattern / pattern.sum(axis=1, keepdims=True)
    seed = residents[:, :, None] * share[None] * (totals > 0)[:, None, :]
    margins = [((0, 1), residents), ((0, 2), totals)]
    return fit_margins(seed, [*margins, ((1, 2), pattern)] if whole_zone else margins)


def whole_people(cells: Floats, totals: Floats, residents: Floats) -> Floats:
    """Round one place's (age, status) to whole persons that keep its ages and statuses exactly."""
    table = np.column_stack([whole(cells[:, s], totals[s]) for s in range(4)])
    table[:, 1] += residents - table.sum(axis=1)  # urban hukou, the largest in towns, takes the remainders
    if (table < 0).any():
        raise ArithmeticError("rounding made a cell negative")
    return table


def people(facts: Evidence, zones: ZoneTables, year: int) -> People:
    """Place everyone: ages and statuses of each district as counted, of each region as in `chongqing`."""
    lists = registers(facts, zones, year)
    residents = ages(facts, year)
    totals = status_totals(facts, zones, lists, year)
    away_ages = zones.people(STOCKS["away"], year)
    patterns = np.stack(
        [zones.people(STOCKS[s], year) for s in ("rural", "urban_hukou", "rural_hukou", "outside")], axis=2
    )

    cells = np.zeros((len(PLACES), residents.shape[1], 4))
    away = np.zeros_like(residents)
    groups = [(z, members(zone), True) for z, zone in enumerate(ZONES)]
    groups.append((ZONES.index(NEIGHBOURS), [PLACES.index(GUANGAN)], False))
    for z, here, whole_zone in groups:
        cells[here] = by_age(residents[here], totals[here], patterns[z], whole_zone)
        absent = cells[here][:, :, :3].sum(axis=2) * away_ages[z] / patterns[z][:, :3].sum(axis=1)
        margins = [((0,), lists.away[here])]
        fitted = fit_margins(absent, [*margins, ((1,), away_ages[z])] if whole_zone else margins)
        sums = whole(lists.away[here], round(lists.away[here].sum()))
        away[here] = [whole(row, total) for row, total in zip(fitted, sums, strict=True)]
    for i in range(len(PLACES)):
        cells[i] = whole_people(cells[i], totals[i], residents[i])
    return People(
        registers=lists,
        residents=residents,
        rural=cells[:, :, 0],
        urban_hukou=cells[:, :, 1],
        rural_hukou=cells[:, :, 2],
        outside=cells[:, :, 3],
        away=away,
    )
