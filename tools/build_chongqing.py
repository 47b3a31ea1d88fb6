"""Build the derived tables of the place `chongqing` from the raw facts in its `evidence/` folder.

Run from a checkout: ``python tools/build_chongqing.py``. It reads `models/places/chongqing/evidence/*.csv` and writes
`base.csv`, `paths.csv` and `history.csv` beside them; nothing random, nothing from outside. Persons are counted in
`person` (the evidence prints 10k persons), land in km2, money in yuan. Years mean year ends; the census of
1 November 2020 stands for the end of 2020.

Judgements live here as named constants with the reason beside them; the notes in the tables repeat them in a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

PLACE = Path(__file__).resolve().parent.parent / "models" / "places" / "chongqing"

Floats = npt.NDArray[np.float64]

AGES = [f"age {a} {a + 4}" for a in range(0, 85, 5)] + ["age 85 plus"]
AGE_IDS = [a.removeprefix("age ").replace(" ", "_") for a in AGES]
N = len(AGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One of the four regions, with the districts that make it up (names as in the evidence)."""

    name: str
    evidence: str
    districts: tuple[str, ...]


REGIONS = (
    Region(
        name="central city",
        evidence="central-city",
        districts=tuple("yuzhong dadukou jiangbei shapingba jiulongpo nanan beibei yubei banan".split()),
    ),
    Region(
        name="metro new",
        evidence="metro-new",
        districts=tuple(
            "fuling changshou jiangjin hechuan yongchuan nanchuan qijiang dazu bishan tongliang tongnan rongchang".split()
        ),
    ),
    Region(
        name="northeast",
        evidence="northeast-cluster",
        districts=tuple(
            "wanzhou kaizhou liangping chengkou fengdu dianjiang zhongxian yunyang fengjie wushan wuxi".split()
        ),
    ),
    Region(
        name="southeast",
        evidence="southeast-cluster",
        districts=tuple("qianjiang wulong shizhu xiushan youyang pengshui".split()),
    ),
)
DISTRICTS = [d for r in REGIONS for d in r.districts]
CITY = "chongqing"


# --- reading the evidence -------------------------------------------------------------------------------------------


class Evidence:
    """The raw facts, looked up by place, indicator, year and (where several were published) vintage."""

    def __init__(self, folder: Path = PLACE / "evidence") -> None:
        files = ("census.csv", "districts.csv", "city.csv", "recalled.csv")
        self.table = pd.concat([pd.read_csv(folder / f, keep_default_na=False) for f in files], ignore_index=True)
        self._values: dict[tuple[str, str, int, str], float] = {
            (str(p), str(i), int(y), str(v)): float(x)
            for p, i, y, v, x in self.table[["place", "indicator", "year", "vintage", "value"]].itertuples(index=False)
        }

    def get(self, place: str, indicator: str, year: int, *vintages: str) -> float | None:
        """The first of `vintages` that exists, in the unit of the evidence; with none named, any."""
        if not vintages:
            found = [v for (p, i, y, _), v in self._values.items() if (p, i, y) == (place, indicator, year)]
            return found[0] if found else None
        for vintage in vintages:
            if (place, indicator, year, vintage) in self._values:
                return self._values[place, indicator, year, vintage]
        return None

    def need(self, place: str, indicator: str, year: int, *vintages: str) -> float:
        """As `get`, but a missing fact is a mistake of ours."""
        value = self.get(place, indicator, year, *vintages)
        if value is None:
            raise KeyError((place, indicator, year, vintages))
        return value

    def ages(self, places: Iterable[str], year: int, suffix: str = "") -> Floats:
        """Residents by five-year age at the census [person], added over `places`."""
        return np.array(
            [
                [self.need(p, f"population_age_{a}{suffix}", year, f"census-{year}") * 1e4 for a in AGE_IDS]
                for p in places
            ]
        ).sum(axis=0)

    def census(self, places: Iterable[str], indicator: str, year: int = 2020) -> float:
        """A census count [person], added over `places`."""
        return sum(self.need(p, indicator, year, f"census-{year}") * 1e4 for p in places)


# --- small tools ----------------------------------------------------------------------------------------------------


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
    """Round to whole persons so that they still add to `total` (largest remainders first)."""
    floor = np.floor(values)
    short = round(total) - int(floor.sum())
    order = np.argsort(floor - values, kind="stable")
    floor[order[:short]] += 1
    return floor


def steady(values: Floats, total: float) -> Floats:
    """Scale a profile to a total."""
    return values * (total / values.sum())


# --- mortality and cohorts ------------------------------------------------------------------------------------------


def standard_death_rates(facts: Evidence) -> Floats:
    """National death rates by age, 2020 [1/year]: only their shape is used."""
    return np.array([facts.need("china", f"death_rate_age_{a}", 2020, "recalled") for a in AGE_IDS])


def person_years(rates: Floats) -> Floats:
    """Person-years lived in each age group per birth under these death rates (five-year life table)."""
    alive, lived = 1.0, []
    for rate in rates[:-1]:
        end = alive * np.exp(-5 * rate)
        lived.append((alive - end) / rate)
        alive = end
    return np.array([*lived, alive / rates[-1]])


def ten_year_survival(rates: Floats) -> Floats:
    """Share of each five-year age group up to 70-74 alive ten years on."""
    lived = person_years(rates)
    return lived[2:-1] / lived[:-3]


# --- people ---------------------------------------------------------------------------------------------------------

RURAL_OUTSIDERS = 0.10
"""Share of residents registered in another province who live in the countryside: judgement, 0.05-0.20."""
RURAL_URBAN_HUKOU = {"central city": 0.10, "metro new": 0.08, "northeast": 0.06, "southeast": 0.05}
"""Share of rural residents with an urban registration: judgement, half to double (kept rights of the converts of
2010-2013, town registrations in places counted as rural)."""
MOVER_URBAN_HUKOU = 0.70
"""Urban registration among people away, against all registered in the same region: judgement, 0.4-1.0."""
NEARNESS = {"metro new": 1.0, "northeast": 0.7, "southeast": 0.7}
"""Weight per registered person of moves to the central city; the metro districts are next door: judgement, 0.5-1.0."""
AWAY_FROM_CENTRE = 0.02
"""Share of people registered in the central city living outside Chongqing: judgement, 0.01-0.04."""
CHILD_OUTSIDERS = 0.06
"""Share of residents from outside aged 0-9: national inter-province migrants in 2020, recalled."""
AWAY_OLDER = np.array([0.90, 0.75, 0.60, 0.45, 0.33, 0.25, 0.20, 0.15])
"""Absence at 50-54 and older, against 45-49. Chosen so that 10-17 % of those away are 60 or older, as the register and
the residents of 2017 imply."""
CONTRAST = 0.5
"""How much of the regression's urban-rural contrast (in logarithms) is kept below age 50. Across districts the contrast
is overdone: urban residents of the mountain counties have more children and fewer young adults than those of the
centre. National shares of 2020, recalled: 0-14 about 1.15 times as frequent in villages as in towns (the regression
says 1.9), 20-39 about 0.6 times (the regression says 0.2). Range 0.3-1."""
AWAY_CHILDREN = 0.40
"""Absence at 0-14 against 25-39: judgement; many children stay with grandparents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone at the end of 2020 by region and age [person], arrays of (4, 18)."""

    residents: Floats
    rural: Floats
    urban_hukou: Floats
    rural_hukou: Floats
    outside: Floats
    away: Floats
    registered: Floats  # by region, (4,)
    urban_registered: Floats  # by region, (4,)


def shares_by_residence(facts: Evidence, year: int) -> tuple[Floats, Floats]:
    """Age shares of urban and of rural residents of the whole city, by regression over 39 districts.

    Persons of an age in a district = a x urban residents + b x rural residents, weighted by one over the population.
    Not published for Chongqing: an estimate, with the bias of every regression over places, tempered by `CONTRAST`.
    """
    places = [*DISTRICTS, "guangan"]
    if year == 2010:
        places = [p for p in places if facts.get(p, "population_age_0_4", year, "census-2010") is not None]
    ages = np.array([facts.ages([p], year) for p in places])
    total = ages.sum(axis=1)
    urban = np.array([facts.need(p, "urban_population", year, f"census-{year}") * 1e4 for p in places])
    weight = 1 / np.sqrt(total)
    design = np.column_stack([urban, total - urban]) * weight[:, None]
    solution = np.linalg.lstsq(design, ages * weight[:, None], rcond=None)[0]
    contrast = solution[1] / solution[0]
    contrast[:10] **= CONTRAST
    everyone = facts.ages(DISTRICTS, year)
    urban_total, rural_total = (facts.census(DISTRICTS, f"{k}_population", year) for k in ("urban", "rural"))
    urban_share = everyone / (urban_total + rural_total * contrast)
    return steady(urban_share, 1.0), steady(urban_share * contrast, 1.0)


def rural_by_age(facts: Evidence, year: int) -> Floats:
    """Rural residents of the whole city by age [person], the regression's shares times the census count."""
    shares = shares_by_residence(facts, year)[1]
    return steady(shares, facts.census(DISTRICTS, "rural_population", year))


def cohort_ratio(facts: Evidence, places: Iterable[str]) -> Floats:
    """Size in 2020 over 2010 of each birth cohort, divided by survival: ten-year net migration, by age in 2010."""
    places = list(places)
    old, new = facts.ages(places, 2010), facts.ages(places, 2020)
    return new[2:-1] / old[:-3] / ten_year_survival(standard_death_rates(facts))


def absence_by_age(facts: Evidence) -> Floats:
    """Relative chance of a registered person to be away, by age: a chain of the ten-year net losses of the two
    mountain regions (2010-2020), held flat for the old and set for children (see the constants)."""
    ratio = cohort_ratio(facts, [d for r in REGIONS[2:] for d in r.districts])
    present = np.ones(N)
    for a in range(2, N - 1):
        present[a] = min(1.0, present[a - 2] * ratio[a - 2])
    absent = 1 - present
    grown = absent[4:10]  # 20-24 to 45-49
    absent[:3] = AWAY_CHILDREN * grown[1:4].mean()
    absent[10:] = AWAY_OLDER * absent[9]
    return absent


def outsiders_by_age(facts: Evidence) -> Floats:
    """Age profile of residents from outside the city (adds to 1).

    Those who came in 2010-2020 follow the cohort gains of the central city, where two thirds of them live; those who
    were there in 2010 follow the same gains, ten years older. Children under ten are a set share.
    """
    centre = REGIONS[0].districts
    survival = ten_year_survival(standard_death_rates(facts))
    gain = np.zeros(N)
    gain[2:-1] = facts.ages(centre, 2020)[2:-1] - facts.ages(centre, 2010)[:-3] * survival
    older = np.zeros(N)
    older[2:-1] = gain[:-3] * survival
    older[-1] = gain[-3:].sum() * 0.3
    before = facts.census(DISTRICTS, "population_registered_other_province", 2010)
    now = facts.census(DISTRICTS, "population_registered_other_province")
    profile = steady(gain, 1 - before / now) + steady(older, before / now)
    profile[:2] = 0
    profile = steady(profile, 1 - CHILD_OUTSIDERS)
    profile[:2] = CHILD_OUTSIDERS / 2
    return profile


def registered_by_region(facts: Evidence) -> Floats:
    """Registered people at the end of 2020 [person]; Yuzhong, missing in the panel, is the city less all others."""
    counts = np.array(
        [
            sum(facts.get(d, "registered_population", 2020, "hukou-register") or 0.0 for d in r.districts) * 1e4
            for r in REGIONS
        ]
    )
    counts[0] += facts.need(CITY, "registered_population", 2020, "hukou-register") * 1e4 - counts.sum()
    return counts


def urban_registered_by_region(facts: Evidence, registered: Floats) -> Floats:
    """People with an urban registration [person], by region of registration.

    Published rates of eleven districts (latest year found); the other districts from a line through those, on the
    logits of their rate and of the non-agricultural share of residents in 2010; then scaled to the city's 49.2 %.
    """

    def logit(x: float) -> float:
        return float(np.log(x / (1 - x)))

    before = {d: facts.get(d, "nonagricultural_hukou_share_of_residents", 2010, "census-2010") for d in DISTRICTS}
    known: dict[str, float] = {}
    rates = facts.table[(facts.table.indicator == "hukou_urbanization_rate")].sort_values("year")
    for place, value in rates[["place", "value"]].itertuples(index=False):
        if place in before:
            known[str(place)] = float(value) / 100
    pairs = [(logit(b / 100), logit(known[d])) for d, b in before.items() if d in known and b is not None]
    slope, level = np.polyfit([x for x, _ in pairs], [y for _, y in pairs], 1)
    mean = float(np.mean([b for b in before.values() if b is not None]))
    rate = {
        d: known.get(d, 1 / (1 + np.exp(-(level + slope * logit((b or mean) / 100))))) for d, b in before.items()
    }
    urban = []
    for region, count in zip(REGIONS, registered, strict=True):
        people = {d: facts.get(d, "registered_population", 2020, "hukou-register") or 0.0 for d in region.districts}
        missing = [d for d in people if people[d] == 0.0]
        for d in missing:
            people[d] = count / 1e4 - sum(people.values())
        urban.append(sum(people[d] * 1e4 * rate[d] for d in people))
    total = facts.need(CITY, "hukou_urbanization_rate", 2020, "plan-baseline") / 100 * registered.sum()
    return steady(np.array(urban), total)


def away_total(facts: Evidence) -> float:
    """Registered people living outside Chongqing at the end of 2020 [person]: 2021 plus the fall of 2021-2022."""
    first, second = (facts.need(CITY, "outflow_population_outside_city", y, "first-release") * 1e4 for y in (2021, 2022))
    return first + (first - second)


def moves_to_centre(facts: Evidence, registered: Floats) -> Floats:
    """Net people registered in each region but living in another one inside Chongqing [person]; the centre gains."""
    residents = np.array([facts.census(r.districts, "resident_population") for r in REGIONS])
    outsiders = np.array([facts.census(r.districts, "population_registered_other_province") for r in REGIONS])
    gone = registered + outsiders - residents  # net of everything inside and outside Chongqing
    to_centre = AWAY_FROM_CENTRE * registered[0] - gone[0]
    weight = np.array([0.0, *(NEARNESS[r.name] for r in REGIONS[1:])]) * registered
    moved = steady(weight, to_centre)
    moved[0] = -to_centre
    return moved


def people(facts: Evidence) -> People:
    """Everyone by region, age and status at the end of 2020, holding every published margin."""
    residents = np.array([facts.ages(r.districts, 2020) for r in REGIONS])
    urban_total = np.array([facts.census(r.districts, "urban_population") for r in REGIONS])
    rural_total = residents.sum(axis=1) - urban_total
    registered = registered_by_region(facts)
    urban_registered = urban_registered_by_region(facts, registered)
    hukou_rate = urban_registered / registered
    outsiders = np.array([facts.census(r.districts, "population_registered_other_province") for r in REGIONS])

    moved = moves_to_centre(facts, registered)
    gone = registered + outsiders - residents.sum(axis=1)
    away_by_region = steady(gone - moved, away_total(facts))
    outside_total = outsiders * (1 - RURAL_OUTSIDERS)

    # Urban registrations found in towns: all, less those away, in villages and moved to another region.
    mover_rate = MOVER_URBAN_HUKOU * hukou_rate
    moved_urban = moved * mover_rate
    moved_urban[0] = -moved_urban[1:].sum()
    rural_urban = np.array([RURAL_URBAN_HUKOU[r.name] for r in REGIONS]) * rural_total
    urban_hukou_total = urban_registered - away_by_region * mover_rate - rural_urban - moved_urban
    rural_hukou_total = urban_total - outside_total - urban_hukou_total

    urban_share, rural_share = shares_by_residence(facts, 2020)
    absence = absence_by_age(facts)
    outside_profile = outsiders_by_age(facts)

    shape = residents.shape
    rural, outside, rural_hukou, urban_hukou, away = (np.zeros(shape) for _ in range(5))
    for r in range(len(REGIONS)):
        seed = np.column_stack([rural_share * rural_total[r], urban_share * urban_total[r]])
        split = fit_margins(seed, residents[r], np.array([rural_total[r], urban_total[r]]))
        rural[r] = whole(split[:, 0], rural_total[r])
        towns = residents[r] - rural[r]
        status = np.column_stack(
            [
                outside_profile * outside_total[r],
                absence / absence.mean() * urban_share * rural_hukou_total[r],
                urban_share * urban_hukou_total[r],
            ]
        )
        totals = np.array([round(outside_total[r]), round(rural_hukou_total[r]), 0.0])
        totals[2] = towns.sum() - totals.sum()
        split = fit_margins(status, towns, totals)
        outside[r] = whole(split[:, 0], totals[0])
        rural_hukou[r] = whole(split[:, 1], totals[1])
        urban_hukou[r] = towns - outside[r] - rural_hukou[r]
        # The absence schedule is read as odds against the registered people at home.
        at_home = residents[r] - outside[r]
        away[r] = whole(steady(absence * at_home, away_by_region[r]), away_by_region[r])
    return People(
        residents=residents,
        rural=rural,
        urban_hukou=urban_hukou,
        rural_hukou=rural_hukou,
        outside=outside,
        away=away,
        registered=registered,
        urban_registered=urban_registered,
    )
