"""Moves between districts, from what two censuses count of people registered in another district."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from chongqing.evidence import AGES, Floats, scaled
from chongqing.people import RURAL_OUTSIDERS
from scipy.optimize import least_squares

from districts.facts import GUANGAN, PLACES, ZONES, ZoneTables, members, per_zone
from districts.fit import whole
from districts.people import People, Registers

FADING = 0.02
"""Part of those registered in another district who die, go back, move on or are registered there, a year:
judgement, 0.01-0.03. Arrivals of the decade are what the census gained, and this much of what was there."""
LEVEL_OF = np.array([0, 0, 1, 2])
"""Levels of departures by region: gains add to nothing, so three are enough for four regions. The two of the
main metropolitan area share one."""
NEAR = 10.0
"""Persons a year by which a region's gain may differ from that in the place `chongqing`."""
LEAST_RATE = 0.001
"""Town moving rate of a district whose villagers alone explain who left [1/year]."""
LEAVING_AGAIN = 0.06
"""Residents from outside who leave again, a year: `Base outsider departure rate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Parameters of the moves, by place."""

    to_own_towns: Floats
    to_other_regions: Floats
    destinations: Floats  # share of moves between regions that come here; adds to 1
    town_rate: Floats  # [1/year]
    town_rate_of_the_decade: Floats  # [1/year], which the departures of 2010-2020 would have needed
    returning_elsewhere: Floats
    village_origins: Floats  # adds to 1
    returners_elsewhere: Floats
    arrivals: Floats  # from outside [person/year], mean of 2010-2020

    def by_parameter(self) -> dict[str, Floats]:
        """Return the values of the model's parameters, by name."""
        return {
            "Share of movers to own towns": self.to_own_towns,
            "Share of movers to other regions": self.to_other_regions,
            "Share of moves between regions": self.destinations,
            "Base town moving rate": self.town_rate,
            "Share returning to other regions": self.returning_elsewhere,
            "Share of village origins": self.village_origins,
            "Share of returners to other regions": self.returners_elsewhere,
        }

    def of_the_decade(self) -> dict[str, Floats]:
        """Return the values that the flows of 2010-2020 would have needed, the high end of their ranges."""
        return {
            "Base town moving rate": self.town_rate_of_the_decade,
            "Base arrivals from outside": self.arrivals * (1 - RURAL_OUTSIDERS),
        }


def village_moves(lists: Registers, zones: ZoneTables) -> tuple[Floats, Floats]:
    """Return the shares of movers who go to towns of their own and of other districts.

    Where those who left their township are: in the district, in another one, outside. The share outside is
    then lowered in the proportion in which the region's parameter lies below the same share of the region;
    not so for Guang'an, whose outside includes Chongqing.
    """
    own = zones.by_zone("Share of movers to own towns")[:, 0]
    other = zones.by_zone("Share of movers to other regions")[:, 0]
    everyone = lists.from_own_district + lists.absent
    outside = lists.away / everyone
    for z, zone in enumerate(ZONES):
        here = members(zone)
        lower = (1 - own[z] - other[z]) / (lists.away[here].sum() / everyone[here].sum())
        outside[here] *= lower
    within = lists.from_own_district / (lists.from_own_district + lists.elsewhere)
    return (1 - outside) * within, (1 - outside) * (1 - within)


def flow(then: Floats, now: Floats) -> Floats:
    """Return the yearly inflow that made the count of 2010 that of 2020 [person/year]."""
    return np.maximum((now - then) / 10 + FADING * (then + now) / 2, 0.0)


def net_gain(out: Floats, destinations: Floats) -> Floats:
    """Return arrivals less departures [person/year]; movers share out over all regions but their own."""
    per_weight = out / (destinations.sum() - destinations)
    return np.asarray(destinations * (per_weight.sum() - per_weight) - out, dtype=np.float64)


def by_zone(stock: Floats) -> Floats:
    """Add the districts of each region up."""
    return np.array([stock[members(zone)].sum(axis=0) for zone in ZONES])


@dataclass(frozen=True, slots=True, kw_only=True)
class Movers:
    """Who could move to another region at the end of 2020, by place [person/year, person]."""

    villagers: Floats  # leaving their village, to wherever
    returners: Floats  # coming back from outside to towns
    townspeople: Floats  # registered in Chongqing, weighted with the age pattern of moving

    def by_zone(self) -> Movers:
        """Add the districts of each region up."""
        return Movers(
            villagers=by_zone(self.villagers),
            returners=by_zone(self.returners),
            townspeople=by_zone(self.townspeople),
        )


def movers(everyone: People, zones: ZoneTables) -> Movers:
    """Find who could move, with the rates of the place `chongqing`."""

    def by_age(variable: str) -> Floats:
        return np.asarray(zones.by_zone(variable, 2020, AGES)[0], dtype=np.float64)

    back, to_towns = zones.one("Base return rate from outside"), zones.one("Share of returners to towns")
    rate = per_zone(zones.by_zone("Base village departure rate")[:, 0])
    return Movers(
        villagers=everyone.rural @ by_age("Relative migration rate") * rate
        + everyone.rural @ by_age("Turnover rate"),
        returners=everyone.away @ by_age("Relative return rate") * back * to_towns,
        townspeople=(everyone.urban_hukou + everyone.rural_hukou) @ by_age("Relative migration rate"),
    )


def gains_of_regions(who: Movers, zones: ZoneTables) -> Floats:
    """Return what each region gains from the others at the start in the place `chongqing` [person/year]."""

    def parameter(name: str) -> Floats:
        return zones.by_zone(name)[:, 0]

    out = (
        who.townspeople * parameter("Base town moving rate")
        + who.villagers * parameter("Share of movers to other regions")
        + who.returners * parameter("Share of returners to other regions")
    )
    return net_gain(out, parameter("Share of moves between regions"))


def moves(everyone: People, before: Registers, zones: ZoneTables, urban_hukou: Floats) -> Moves:
    """Find the parameters of moves between districts.

    Destinations and departures by district follow the two censuses; the level of departures of each region
    is such that it gains from the others what it gains in the place `chongqing`.

    Parameters
    ----------
    everyone
        People of 2020.
    before
        Registers of 2010.
    zones
        The four-region tables.
    urban_hukou
        Share of urban hukou among registered people, by place.
    """
    lists, who = everyone.registers, movers(everyone, zones)
    own, other = village_moves(lists, zones)
    came = flow(before.from_other_districts, lists.from_other_districts)
    left = scaled(flow(before.elsewhere, lists.elsewhere), came.sum())
    destinations = scaled(came, 1.0)
    known = (who.villagers + who.returners) * other

    def town_rate(levels: Floats) -> Floats:
        rate = np.maximum((per_zone(levels[LEVEL_OF]) * left - known) / who.townspeople, LEAST_RATE)
        rate[PLACES.index(GUANGAN)] = 0.0
        return np.asarray(rate, dtype=np.float64)

    def off(levels: Floats) -> Floats:
        out = known + who.townspeople * town_rate(levels)
        return np.asarray((by_zone(net_gain(out, destinations)) - wanted) / NEAR, dtype=np.float64)

    wanted = gains_of_regions(who.by_zone(), zones)
    found = least_squares(off, np.full(3, 0.5), bounds=(0.05, 3.0))
    if np.abs(found.fun).max() > 1:
        raise ArithmeticError(f"regions gain {found.fun * NEAR} persons a year more than in chongqing")

    elsewhere_share = lists.from_other_districts / (lists.from_other_districts + lists.from_own_district)
    elsewhere_share[lists.rural == 0] = 1.0  # there is no village to go back to
    origins = lists.elsewhere * (lists.rural > 0) * (1 - urban_hukou)
    return Moves(
        to_own_towns=own,
        to_other_regions=other,
        destinations=rounded_shares(destinations),
        town_rate=town_rate(found.x),
        town_rate_of_the_decade=town_rate(np.ones(3)),
        returning_elsewhere=elsewhere_share,
        village_origins=rounded_shares(scaled(origins, 1.0)),
        returners_elsewhere=other,
        arrivals=flow_of_outsiders(before.outsiders, lists.outsiders),
    )


def rounded_shares(shares: Floats) -> Floats:
    """Round shares to five decimals that still add to 1."""
    return np.asarray(whole(shares * 1e5, 1e5) / 1e5, dtype=np.float64)


def flow_of_outsiders(then: Floats, now: Floats) -> Floats:
    """Return the yearly arrivals that made the outsiders of 2010 those of 2020 [person/year]."""
    return np.maximum((now - then) / 10 + LEAVING_AGAIN * (then + now) / 2, 0.0)
