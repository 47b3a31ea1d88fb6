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
        self.table = pd.concat(
            [pd.read_csv(folder / f, keep_default_na=False) for f in files], ignore_index=True
        )
        self._values: dict[tuple[str, str, int, str], float] = {
            (str(p), str(i), int(y), str(v)): float(x)
            for p, i, y, v, x in self.table[["place", "indicator", "year", "vintage", "value"]].itertuples(
                index=False
            )
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
            sum(facts.get(d, "registered_population", 2020, "hukou-register") or 0.0 for d in r.districts)
            * 1e4
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

    before = {
        d: facts.get(d, "nonagricultural_hukou_share_of_residents", 2010, "census-2010") for d in DISTRICTS
    }
    known: dict[str, float] = {}
    rates = facts.table[(facts.table.indicator == "hukou_urbanization_rate")].sort_values("year")
    for place, value in rates[["place", "value"]].itertuples(index=False):
        if place in before:
            known[str(place)] = float(value) / 100
    pairs = [(logit(b / 100), logit(known[d])) for d, b in before.items() if d in known and b is not None]
    slope, level = np.polyfit([x for x, _ in pairs], [y for _, y in pairs], 1)
    mean = float(np.mean([b for b in before.values() if b is not None]))
    rate = {
        d: known.get(d, 1 / (1 + np.exp(-(level + slope * logit((b or mean) / 100)))))
        for d, b in before.items()
    }
    urban = []
    for region, count in zip(REGIONS, registered, strict=True):
        people = {
            d: facts.get(d, "registered_population", 2020, "hukou-register") or 0.0 for d in region.districts
        }
        missing = [d for d in people if people[d] == 0.0]
        for d in missing:
            people[d] = count / 1e4 - sum(people.values())
        urban.append(sum(people[d] * 1e4 * rate[d] for d in people))
    total = facts.need(CITY, "hukou_urbanization_rate", 2020, "plan-baseline") / 100 * registered.sum()
    return steady(np.array(urban), total)


def away_total(facts: Evidence) -> float:
    """Registered people living outside Chongqing at the end of 2020 [person]: 2021 plus the fall of 2021-2022."""
    first, second = (
        facts.need(CITY, "outflow_population_outside_city", y, "first-release") * 1e4 for y in (2021, 2022)
    )
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


# --- births and deaths ----------------------------------------------------------------------------------------------

RURAL_MORTALITY = 1.25
"""Rural death rate over the urban one at the same age: judgement (national census of 2020, recalled), 1.1-1.45."""
RURAL_FERTILITY = 1.28
"""Rural total fertility over urban: national 1.54 in villages against about 1.20 in cities and towns, 2020; 1.1-1.5."""
FERTILITY_2024 = 1.05
"""Fertility of 2024 over 2023: the dragon year; national births rose 5.8 %, recalled. Chongqing's were not found."""
FERTILITY_2025 = 0.95
"""Fertility of 2025 over 2023: judgement, the fall resumes after the dragon year."""
FERTILITY_2035 = 1.00
"""Fertility of 2035 over 2025: judgement, birth support no more than stops the fall; 0.80-1.30."""
MORTALITY_2024 = 0.97
"""Death rates at equal age of 2024 over 2023: the national crude rate fell from 7.87 to 7.76 per 1000, recalled, while
the population aged by about 2 % of deaths."""
MORTALITY_TREND = 0.985
"""Yearly factor on death rates at equal age after 2024: judgement, 0.975-1.0."""


def fertility_shares(facts: Evidence) -> Floats:
    """Share of total fertility by mother's age (adds to 1); zero outside 15-49."""
    rates = np.zeros(N)
    for a in range(3, 10):
        rates[a] = facts.need("china", f"fertility_rate_age_{AGE_IDS[a]}", 2020, "recalled")
    return steady(rates, 1.0)


def women_shares(facts: Evidence) -> Floats:
    """Share of women among the residents of each age at the census of 2020."""
    women, men = facts.ages([CITY], 2020, "_female"), facts.ages([CITY], 2020, "_male")
    return women / (women + men)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """Births and deaths of the reference years, all for the whole city."""

    death_rates: Floats  # [1/year] of urban residents, mortality level 1
    fertility: Mapping[int, float]  # urban total fertility of a calendar year [children per woman]
    mortality: Mapping[int, float]  # mortality level of a calendar year, 2021 = 1


def age_on(stock: Floats, births: float, deaths: Floats, step: float) -> Floats:
    """One Euler step of a population in five-year groups that are left at a fifth a year."""
    growing = stock / 5
    growing[-1] = 0.0
    joining = np.concatenate([[births], growing[:-1]])
    return stock + step * (joining - growing - deaths)


def vital(facts: Evidence, everyone: People) -> Vital:
    """Fit the yearly level of fertility and mortality to the published births and deaths.

    The age structure does the rest: a closed city, towns and villages apart, moved on as the equations do it. Net
    migration of these years (under 0.3 % a year) is left out.
    """
    step = 1 / 16
    rural = everyone.rural.sum(axis=0)
    urban = everyone.residents.sum(axis=0) - rural
    shape = standard_death_rates(facts)
    shape = shape * (urban + rural) / (urban + RURAL_MORTALITY * rural)
    bearing = women_shares(facts) * fertility_shares(facts) / 5

    def count(indicator: str, year: int) -> float:
        return facts.need(CITY, indicator, year, "revised-2021", "first-release", "derived-estimate") * 1e4

    fertility = {2020: count("births", 2020) / (bearing @ (urban + RURAL_FERTILITY * rural))}
    level = {2020: count("deaths", 2020) / (shape @ (urban + RURAL_MORTALITY * rural))}
    for year in (2021, 2022, 2023):
        tfr, mortality = fertility[year - 1], level[year - 1]
        for _ in range(20):  # a fixed point: the counts of a year barely feed back on its stocks
            u, r, births, deaths = urban, rural, 0.0, 0.0
            for _ in range(16):
                born_u, born_r = tfr * (bearing @ u), tfr * RURAL_FERTILITY * (bearing @ r)
                died_u, died_r = mortality * shape * u, mortality * shape * RURAL_MORTALITY * r
                births += step * (born_u + born_r)
                deaths += step * (died_u.sum() + died_r.sum())
                u, r = age_on(u, born_u, died_u, step), age_on(r, born_r, died_r, step)
            tfr *= count("births", year) / births
            mortality *= count("deaths", year) / deaths
        fertility[year], level[year] = float(tfr), float(mortality)
        urban, rural = u, r
    scale = level[2021]
    return Vital(
        death_rates=shape * scale,
        fertility=fertility,
        mortality={year: value / scale for year, value in level.items()},
    )


def year_ends(means: Mapping[int, float], first: int, last: int) -> dict[int, float]:
    """Values at year ends, joined by straight lines, whose mean over each calendar year is close to `means`.

    A year's mean is that of its two ends, which leaves one degree of freedom and invites zigzag; a small weight on
    the second differences takes it. The means of the observed years are then missed by about 1 %.
    """
    years = list(range(first, last + 1))
    rows, wanted = [], []
    for year, mean in means.items():
        if year in years[1:]:
            row = np.zeros(len(years))
            row[[year - 1 - first, year - first]] = 0.5
            rows.append(row)
            wanted.append(mean)
    for i in range(1, len(years) - 1):
        row = np.zeros(len(years))
        row[i - 1 : i + 2] = np.array([1.0, -2.0, 1.0]) * 0.2
        rows.append(row)
        wanted.append(0.0)
    solution = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
    return dict(zip(years, map(float, solution), strict=True))


def fertility_path(levels: Vital) -> dict[int, float]:
    """Urban total fertility at year ends, 2020-2035."""
    means = dict(levels.fertility)
    means[2024] = means[2023] * FERTILITY_2024
    means[2025] = means[2023] * FERTILITY_2025
    for year in range(2026, 2036):
        means[year] = means[2025] * (1 + (FERTILITY_2035 - 1) * (year - 2025) / 10)
    return year_ends(means, 2020, 2035)


def mortality_path(levels: Vital) -> dict[int, float]:
    """Mortality level at year ends, 2020-2035."""
    means = dict(levels.mortality)
    means[2024] = means[2023] * MORTALITY_2024
    for year in range(2025, 2036):
        means[year] = means[year - 1] * MORTALITY_TREND
    return year_ends(means, 2020, 2035)


# --- patterns of moving by age --------------------------------------------------------------------------------------

CHILD_MOVES = 0.8
"""Moves of children under ten against their parents' (25-34): the literature notes, 0.5-1.0."""
RETURNS = np.array(
    [
        0.30,
        0.30,
        0.25,
        0.15,
        0.20,
        0.35,
        0.45,
        0.50,
        0.60,
        0.75,
        0.90,
        1.00,
        1.00,
        0.80,
        0.60,
        0.45,
        0.30,
        0.20,
    ]
)
"""Return to the village by age, 1 at 55-64: judgement. Returners are those whose working life in town ends, and
young families with small children; the mountain regions regain 4-5 % per decade at 25-34 and 45-59."""


def departures_by_age(facts: Evidence) -> Floats:
    """Relative rate of moves out of the village by age, 1 at the peak.

    Yearly net loss of rural birth cohorts, 2010-2020, at the age half-way; the smallest of them, met by ages that move
    little (45-49), is read as in-place urbanization, which meets all ages alike, and taken off.
    """
    before, after = rural_by_age(facts, 2010), rural_by_age(facts, 2020)
    loss = np.zeros(N)
    survived = before[:-3] * ten_year_survival(standard_death_rates(facts))
    loss[1:-2] = -np.log(after[2:-1] / survived) / 10
    loss[-2:] = loss[-3]
    moves = np.maximum(loss - loss[3:14].min(), 0.0)
    smooth = moves.copy()
    smooth[6:-1] = (moves[5:-2] + 2 * moves[6:-1] + moves[7:]) / 4  # past the peak the ages scatter
    smooth[:2] = CHILD_MOVES * smooth[5:7].mean()
    return smooth / smooth.max()


# --- services -------------------------------------------------------------------------------------------------------

SERVICES = ("nursery", "school", "health", "elderly care", "rental housing")
NURSERY_2020 = 1.8
"""Nursery places per 1000 residents in 2020: the value of Jiulongpo, equal to the national one recalled; 1.2-2.5."""
KINDERGARTEN_ENROLMENT = 0.87
"""Gross pre-school enrolment in 2020, between 70.9 % (2010) and 93.4 % (2024)."""
PUBLIC_RENTAL_2020 = 53.0e4
"""Public rental homes in use at the end of 2020: 11.3 completed in 2012 and 58.3 collected by 2025, in 10k; 45-57."""
NEWCOMER_TENANTS = 0.45
"""Share of them let to new citizens: 40-50 % of tenants are migrant workers, 15-20 % graduates (reports of 2010-2017)."""
RENTAL_SHARES = (0.60, 0.20, 0.14, 0.06)
"""Public rental homes by region: judgement; the programme began with large estates in the central city."""
HOUSEHOLD = 2.45
"""Persons per household, census 2020."""


def new_citizens(everyone: People) -> Floats:
    """Urban residents with a rural or an outside registration, by region [person]."""
    return everyone.rural_hukou.sum(axis=1) + everyone.outside.sum(axis=1)


def service_capacity(facts: Evidence, everyone: People) -> dict[str, Floats]:
    """Places of each service by region at the end of 2020 [place]."""
    ages = everyone.residents

    def panel(indicator: str, basis: Floats) -> Floats:
        """District counts added up; Yuzhong, missing, at the rate of the other eight districts of the centre."""
        sums = np.array(
            [
                sum(facts.get(d, indicator, 2020, "first-release") or 0.0 for d in r.districts) * 1e4
                for r in REGIONS
            ]
        )
        yuzhong = facts.ages(["yuzhong"], 2020) @ basis
        sums[0] *= 1 + yuzhong / (ages[0] @ basis - yuzhong)
        return sums

    def span(**shares: float) -> Floats:
        basis = np.zeros(N)
        for name, share in shares.items():
            basis[AGE_IDS.index(name[1:])] = share
        return basis

    children_3_to_5 = ages @ span(_0_4=0.4, _5_9=0.2)
    pupils = (
        panel("primary_pupils", span(_5_9=0.8, _10_14=0.4))
        + panel("secondary_students", span(_10_14=0.6, _15_19=0.6))
        + KINDERGARTEN_ENROLMENT * children_3_to_5
    )
    beds = np.array(
        [
            sum(facts.get(d, "hospital_beds", 2020, "first-release") or 0.0 for d in r.districts) * 1e4
            for r in REGIONS
        ]
    )
    all_beds = facts.need(CITY, "health_beds_all_institutions", 2020, "recalled") * 1e4
    # Two thirds of what the 37 districts lack against the whole city is laid to Yuzhong, the city's hospital district.
    beds[0] += (all_beds - beds.sum()) * 2 / 3
    beds = steady(beds, all_beds)
    first, last = (facts.need(CITY, "elderly_care_beds", y, "first-release") * 1e4 for y in (2013, 2024))
    older = np.concatenate([np.zeros(12), np.ones(6)])
    care = steady(panel("social_welfare_beds", older), first + (last - first) * 7 / 11)
    return {
        "nursery": NURSERY_2020 / 1000 * ages.sum(axis=1),
        "school": pupils,
        "health": beds,
        "elderly care": care,
        "rental housing": np.array(RENTAL_SHARES) * PUBLIC_RENTAL_2020 * NEWCOMER_TENANTS,
    }


# --- land -----------------------------------------------------------------------------------------------------------

LAND_PER_URBAN_RESIDENT = (90.0, 115.0, 97.0, 97.0)
"""Urban construction land per urban resident in 2020 [m2/person] by region: judgement. Cities 1566 km2 of built-up area
(808 in the centre in 2018), county towns and other towns about 650; Kaizhou 100; 80-120 for the whole city."""
HOMESTEADS = 1700.0
"""Homesteads of the whole city [km2]: about 5.8 million rural-registered households times 290 m2; 1200-2400."""
IDLE_SHARE = 0.15
"""Idle part of the homesteads: the literature notes, 0.10-0.30."""
RECLAMATION_YEARS = 2.0
"""Years from the exit of a homestead to its ticket: the literature notes, 1-3."""
LAND_STARTS = 45.0
"""New urban construction land started per year about 2020 [km2/year]: 50-60 before 2015, 37 of built-up area after."""


def land_ticket_origin(facts: Evidence) -> Floats:
    """Mean land tickets sold a year in 2016-2020, by region of origin [km2/year]."""
    years = range(2016, 2021)
    return np.array(
        [
            sum(
                facts.get(d, "land_ticket_area_traded", y, "exchange-records") or 0.0
                for d in r.districts
                for y in years
            )
            / len(years)
            for r in REGIONS
        ]
    )


# --- tables ---------------------------------------------------------------------------------------------------------

Row = dict[str, object]
BASE_COLUMNS = "variable region element value low high unit confidence source note".split()
PATH_COLUMNS = "variable region element year value unit confidence source note".split()
HISTORY_COLUMNS = "indicator region year value unit vintage confidence source note".split()


def row(
    variable: str,
    value: float,
    *,
    unit: str,
    confidence: str,
    source: str,
    region: str = "",
    element: str = "",
    spread: tuple[float, float] | None = None,
    digits: int = 6,
    note: str = "",
) -> Row:
    """One line of `base.csv`; `spread` is low and high as factors of the value."""
    low, high = (float(f"{value * s:.{digits}g}") for s in spread) if spread else ("", "")
    return {
        "variable": variable,
        "region": region,
        "element": element,
        "value": float(f"{value:.{digits}g}"),
        "low": low,
        "high": high,
        "unit": unit,
        "confidence": confidence,
        "source": source,
        "note": note,
    }


def base_rows(facts: Evidence) -> list[Row]:
    """Base-year stocks and measured constants."""
    everyone = people(facts)
    rows: list[Row] = []

    stocks = (
        ("Initial rural residents", everyone.rural, (0.85, 1.15), "derived", "census-2020;derived-here",
         "census totals by age and by residence hold exactly; the age split is a tempered regression over districts"),
        ("Initial urban residents with local urban hukou", everyone.urban_hukou, (0.90, 1.10), "judgement",
         "census-2020;plan-urbanization;district-communiques;derived-here",
         "urban residents less the two other groups; total from the 49.2 % of registered people with urban hukou"),
        ("Initial urban residents with local rural hukou", everyone.rural_hukou, (0.75, 1.25), "judgement",
         "census-2020;plan-urbanization;district-communiques;derived-here",
         "urban residents less urban hukou less outsiders; ages follow the absence schedule of the mountain regions"),
        ("Initial urban residents from outside", everyone.outside, (0.90, 1.06), "judgement",
         "census-2020;derived-here",
         "registered in another province, 10 % of them taken as rural; ages from the cohort gains of the central city"),
        ("Initial registered people living away", everyone.away, (0.85, 1.15), "judgement",
         "communique-2021;communique-2022;census-2020;derived-here",
         "421.6 (10k) in all, carried back from 2021-22; region from registered less resident; ages by absence schedule"),
    )  # fmt: skip
    for variable, table, spread, confidence, source, note in stocks:
        for r, region in enumerate(REGIONS):
            for a, age in enumerate(AGES):
                rows.append(
                    row(
                        variable,
                        table[r, a],
                        region=region.name,
                        element=age,
                        unit="person",
                        spread=spread,
                        digits=9,
                        confidence=confidence,
                        source=source,
                        note=note if a == 0 else "",
                    )
                )

    levels = vital(facts, everyone)
    departures = departures_by_age(facts)
    by_age = (
        ("Death rate", levels.death_rates, "1/year", (0.92, 1.08), "from-memory", "recalled;bureau-2022-note",
         "of urban residents, mortality level 1 = 2021; rural = this x Rural mortality ratio. Shape: national census "
         "2020, recalled; level: deaths of 2021 (25.81 of 10k persons)"),
        ("Age-specific fertility share", fertility_shares(facts), "dmnl", (0.9, 1.1), "from-memory", "recalled",
         "share of total fertility falling in the age group, adds to 1; births a year = sum over ages of persons x Share "
         "of women x total fertility x share / 5. National census 2020, recalled"),
        ("Share of women", women_shares(facts), "dmnl", (1.0, 1.0), "official", "census-2020",
         "women over residents of the age, whole city"),
        ("Relative migration rate", departures, "dmnl", (0.6, 1.6), "derived", "census-2010;census-2020;derived-here",
         "moves out of the village, 1 at 15-19; net loss of rural birth cohorts 2010-2020 less its smallest value (read as "
         "in-place urbanization). A peak rate of 0.060 a year moves 10 (10k) of the rural residents of 2020"),
        ("Relative return rate", RETURNS, "dmnl", (0.5, 1.5), "judgement", "derived-here",
         "return to the village, 1 at 55-64; judgement, see RETURNS in tools/build_chongqing.py"),
    )  # fmt: skip
    for variable, profile, unit, spread, confidence, source, note in by_age:
        for a, age in enumerate(AGES):
            rows.append(
                row(
                    variable,
                    profile[a],
                    element=age,
                    unit=unit,
                    spread=spread,
                    digits=5,
                    confidence=confidence,
                    source=source,
                    note=note if a == 0 else "",
                )
            )
    rows.append(
        row("Rural mortality ratio", RURAL_MORTALITY, unit="dmnl", spread=(0.88, 1.16), confidence="judgement",
            source="recalled", note="rural over urban death rate at the same age")
    )  # fmt: skip

    capacity = service_capacity(facts, everyone)
    notes = {
        "nursery": ("judgement", "plan-jiulongpo", (0.67, 1.4), "1.8 places per 1000 residents everywhere"),
        "school": ("derived", "district-panel;census-2020;derived-here", (1.0, 1.08),
                   "pupils of primary and general secondary schools, Yuzhong estimated, and 87 % of the 3-5-year-olds; "
                   "vocational schools are not counted. Enrolled pupils stand for places"),
        "health": ("derived", "district-panel;recalled", (0.9, 1.05),
                   "beds of hospitals and health centres by district, scaled to 235 thousand of all institutions"),
        "elderly care": ("derived", "elderly-beds-ranking;civil-affairs-2024;district-panel", (0.7, 1.15),
                         "197 thousand, between 128 (about 2013) and 237 (2024); regions as social-welfare beds"),
        "rental housing": ("judgement", "peoples-daily-2025;derived-here", (0.7, 1.4),
                           "homes; 45 % of about 530 thousand public rental homes, let to new citizens; regions guessed. "
                           "Guaranteed rental housing began in 2021"),
    }  # fmt: skip
    for service in SERVICES:
        confidence, source, spread, note = notes[service]
        for r, region in enumerate(REGIONS):
            rows.append(
                row(
                    "Initial service capacity",
                    round(capacity[service][r]),
                    region=region.name,
                    element=service,
                    unit="place",
                    spread=spread,
                    digits=9,
                    confidence=confidence,
                    source=source,
                    note=note if r == 0 else "",
                )
            )
    children = everyone.residents[:, 0].sum() / everyone.residents.sum()
    standards = (
        ("nursery", 4.5 / 1000 / children, (0.9, 1.1), "official", "plan-county-seats;census-2020",
         "per resident aged 0-4: 4.5 places per 1000 residents, the aim for 2027, over their 4.76 % of residents in 2020"),
        ("school", 0.90, (0.95, 1.05), "judgement", "derived-here",
         "per resident of school age, 0.4 x (0-4) + (5-9) + (10-14) + 0.6 x (15-19): 3 years at 90 % (kindergarten), 9 at "
         "100 %, 3 at 60 % (general senior secondary)"),
        ("health", 0.0075, (0.8, 1.13), "judgement", "recalled;elderly-2024",
         "beds per resident; 7.5 per 1000, national aim for 2025 recalled; 7.8 reached in 2024"),
        ("elderly care", 0.035, (0.86, 1.29), "official", "plan-jiulongpo",
         "beds per resident aged 60 and over: 35 per 1000 elderly, aim of Jiulongpo for 2025"),
        ("rental housing", 0.15 / HOUSEHOLD, (0.67, 2.0), "derived", "plan-urbanization;census-2020",
         "homes per new citizen (urban residents with rural or outside hukou): 15 % coverage over 2.45 persons per home; "
         "45 thousand x 10 for the new citizens of 2020, against 40 planned for 2021-2025"),
    )  # fmt: skip
    for service, value, spread, confidence, source, note in standards:
        rows.append(
            row("Service standard", value, element=service, unit="place/person", spread=spread, digits=5,
                confidence=confidence, source=source, note=note)
        )  # fmt: skip

    urban = everyone.residents.sum(axis=1) - everyone.rural.sum(axis=1)
    urban_land = np.array(LAND_PER_URBAN_RESIDENT) * urban / 1e6
    rural_registered = everyone.registered - everyone.urban_registered
    homesteads = steady(rural_registered, HOMESTEADS)
    tickets = land_ticket_origin(facts)
    settlers = facts.need(CITY, "annual_new_urban_hukou_min", 2020, "plan-baseline") * 1e4
    candidates = everyone.rural_hukou.sum(axis=1)
    settler_shares = (candidates / candidates.sum() + rural_registered / rural_registered.sum()) / 2
    land = (
        ("Initial urban construction land", urban_land, "km2", (0.8, 1.2), "urban-construction-2022;recalled;derived-here",
         "not published: urban residents x 90, 115, 97, 97 m2; cities 1566 km2 built up, county towns and towns about 650"),
        ("Initial homesteads in use", homesteads * (1 - IDLE_SHARE), "km2", (0.7, 1.4), "derived-here",
         "guess: 1700 km2 by rural-registered people (578 thousand x 10 households of 3 persons, 290 m2), 85 % in use"),
        ("Initial idle homesteads", homesteads * IDLE_SHARE, "km2", (0.5, 2.5), "derived-here", "guess: 15 % of 1700 km2"),
        ("Initial homesteads under reclamation", tickets * RECLAMATION_YEARS, "km2", (0.5, 1.5), "land-ticket-panel",
         "two years of the mean tickets sold in 2016-2020, by region of origin"),
        ("Initial land under development", steady(urban_land, LAND_STARTS * 2), "km2", (0.7, 1.4),
         "survey-2015;urban-construction-2022;derived-here", "two years of starts at 45 km2 a year"),
        ("Initial quota bank", steady(urban_land, LAND_STARTS), "km2", (0.3, 2.0), "survey-2015;derived-here",
         "guess: one year of starts"),
        ("Settlers of the year before the start", settler_shares * settlers, "person/year", (0.75, 1.75),
         "plan-urbanization", "above 200 thousand a year in 2016-2020; region: mean of the shares in urban residents with rural "
         "hukou and in people with rural hukou. Kaizhou states above 20 thousand, Jiulongpo 10.8 thousand (2018)"),
    )  # fmt: skip
    for variable, values, unit, spread, source, note in land:
        for r, region in enumerate(REGIONS):
            rows.append(
                row(variable, values[r], region=region.name, unit=unit, spread=spread, digits=5,
                    confidence="derived" if source == "land-ticket-panel" else "judgement", source=source,
                    note=note if r == 0 else "")
            )  # fmt: skip
    rows.append(
        row("Initial land ticket inventory", tickets.sum(), unit="km2", spread=(0.3, 3.0), digits=5,
            confidence="judgement", source="land-ticket-panel", note="guess: one year of sales reclaimed and not yet sold")
    )  # fmt: skip
    return rows


# --- paths ----------------------------------------------------------------------------------------------------------

YEARS = range(2020, 2036)
RATIO_DECLINE = 0.015
"""Yearly fall of the urban-rural income ratio after 2025: the literature notes, 0.005-0.025."""
JOB_ELASTICITY = 0.15
"""Growth of urban jobs over growth of GDP after 2024: the literature notes, 0-0.37."""


def income_growth(year: int) -> float:
    """Nominal growth of urban income after 2025: 4.6 % in 2026 falling to 4.0 % in 2035, as GDP; judgement."""
    return 0.046 - 0.006 * (year - 2026) / 9


def gdp_growth(year: int) -> float:
    """Growth of GDP: 5.3 % in 2025 falling to 4.0 % in 2035 (literature notes)."""
    return 0.053 - 0.013 * (year - 2025) / 10


def city_incomes(facts: Evidence, residence: str) -> dict[int, tuple[float, str]]:
    """Income per head of the whole city [yuan/person/year] and its confidence, 2020-2035."""
    path: dict[int, tuple[float, str]] = {}
    for year in range(2020, 2026):
        value = facts.need(CITY, f"{residence}_disposable_income", year, "first-release", "derived-estimate")
        path[year] = (value, "from-memory" if year < 2024 else "derived")
    for year in range(2026, 2036):
        growth = income_growth(year)
        if residence == "rural":
            growth = (1 + growth) / (1 - RATIO_DECLINE) - 1
        path[year] = (path[year - 1][0] * (1 + growth), "judgement")
    return path


def relative_incomes(facts: Evidence, residence: str) -> Floats:
    """Regional income over the city's in 2020, from 37 districts weighted by their residents."""
    means, weights = [], []
    for region in REGIONS:
        pairs = [
            (income, facts.census([d], f"{residence}_population"))
            for d in region.districts
            if (income := facts.get(d, f"{residence}_disposable_income", 2020, "first-release")) is not None
        ]
        means.append(sum(i * w for i, w in pairs) / sum(w for _, w in pairs))
        weights.append(facts.census(region.districts, f"{residence}_population"))
    return np.array(means) / np.average(means, weights=weights)


def job_shares(facts: Evidence, everyone: People) -> Floats:
    """Regional shares of urban jobs in 2020 (add to 1): town residents aged 15-59, less those who farm.

    Town residents are taken to farm half as often as all residents at work (census).
    """
    towns = (everyone.residents - everyone.rural)[:, 3:12].sum(axis=1)
    farming = []
    for region in REGIONS:
        workers = [facts.ages([d], 2020)[3:12].sum() for d in region.districts]
        share = [
            facts.need(d, "employment_share_primary", 2020, "census-2020") / 100 for d in region.districts
        ]
        farming.append(np.average(share, weights=workers))
    return steady(towns * (1 - np.array(farming) / 2), 1.0)


def city_jobs(facts: Evidence) -> dict[int, tuple[float, str]]:
    """Urban employment of the whole city [person] and its confidence, 2020-2035."""
    known = {
        y: facts.need(CITY, "urban_employment", y, "revised-2021", "first-release") * 1e4
        for y in (2012, 2021, 2022, 2024)
    }
    path = {
        2020: (known[2012] * (known[2021] / known[2012]) ** (8 / 9), "derived"),
        2021: (known[2021], "derived"),
        2022: (known[2022], "derived"),
        2023: ((known[2022] + known[2024]) / 2, "derived"),
        2024: (known[2024], "derived"),
    }
    for year in range(2025, 2036):
        path[year] = (path[year - 1][0] * (1 + JOB_ELASTICITY * gdp_growth(year)), "judgement")
    return path


def path_rows(facts: Evidence) -> list[Row]:
    """Outside drivers at year ends; after the last observed year an assumption, stated in the note of its first row."""
    rows: list[Row] = []

    def add(
        variable: str,
        values: Mapping[int, tuple[float, str]],
        *,
        unit: str,
        source: str,
        region: str = "",
        digits: int = 6,
        notes: Mapping[int, str],
    ) -> None:
        for year in YEARS:
            value, confidence = values[year]
            rows.append(
                {
                    "variable": variable,
                    "region": region,
                    "element": "",
                    "year": year,
                    "value": float(f"{value:.{digits}g}"),
                    "unit": unit,
                    "confidence": confidence,
                    "source": "derived-here" if confidence == "judgement" else source,
                    "note": notes.get(year, ""),
                }
            )

    later = {
        "urban": "assumption: 4.6 % growth in 2026 falling to 4.0 % in 2035, nominal",
        "rural": "assumption: the urban-rural ratio falls by 1.5 % a year (0.5-2.5)",
    }
    for residence in ("urban", "rural"):
        city = city_incomes(facts, residence)
        relative = relative_incomes(facts, residence)
        for r, region in enumerate(REGIONS):
            add(
                f"{residence.capitalize()} income path",
                {year: (value * relative[r], sure) for year, (value, sure) in city.items()},
                unit="yuan/(year*person)",
                source="district-panel;recalled;bureau-2025-report;derived-here",
                region=region.name,
                notes={
                    2020: "city mean x the region's relative income of 2020 (37 districts by residents), held",
                    2025: "city: published all-resident income 41580 and ratio 2.21",
                    2026: later[residence],
                },
            )
    outside: dict[int, tuple[float, str]] = {
        y: (facts.need("china", "urban_disposable_income", y, "recalled"), "from-memory")
        for y in range(2020, 2025)
    }
    outside[2025] = (outside[2024][0] * 1.043, "judgement")
    for year in range(2026, 2036):
        outside[year] = (outside[year - 1][0] * (1 + income_growth(year)), "judgement")
    add("Outside income path", outside, unit="yuan/(year*person)", source="recalled",
        notes={2020: "national urban income per head; stands for where people from Chongqing go",
               2025: "assumption: 4.3 %, then as urban income of Chongqing"})  # fmt: skip

    everyone = people(facts)
    shares, jobs = job_shares(facts, everyone), city_jobs(facts)
    for r, region in enumerate(REGIONS):
        add(
            "Urban jobs path",
            {year: (value * shares[r], sure) for year, (value, sure) in jobs.items()},
            unit="person",
            source="bureau-2022-employment;labour-bulletin-2022;bureau-2025-report;census-2020;derived-here",
            region=region.name,
            digits=8,
            notes={
                2020: "urban employment of the city, 2012-2021 interpolated; regions by town residents of 2020 aged "
                "15-59 who do not farm, held",
                2023: "mean of 2022 and 2024",
                2025: "assumption: 0.15 (0-0.37) x GDP growth, 5.3 % in 2025 falling to 4.0 % in 2035",
            },
        )

    levels = vital(facts, everyone)
    fertility, mortality = fertility_path(levels), mortality_path(levels)

    def graded(path: Mapping[int, float], factor: float = 1.0) -> dict[int, tuple[float, str]]:
        return {y: (v * factor, "derived" if y <= 2023 else "judgement") for y, v in path.items()}

    fitted = "fitted through the age structure to the published births of 2021-2023; a year's mean is that of its two ends"
    ahead = "assumption: 2024 5 % above 2023 (dragon year), 2025 5 % below 2023, then level (0.8-1.3 by 2035)"
    source = "bureau-2022-note;communique-2022;communique-2023;census-2020;derived-here"
    add("Urban fertility path", graded(fertility), unit="dmnl", source=source, digits=5,
        notes={2020: "children per woman; " + fitted, 2024: ahead})  # fmt: skip
    add("Rural fertility path", graded(fertility, RURAL_FERTILITY), unit="dmnl", source=source, digits=5,
        notes={2020: "children per woman, 1.28 times the urban (1.1-1.5); " + fitted, 2024: ahead})  # fmt: skip
    add("Mortality level path", graded(mortality), unit="dmnl", source=source, digits=5,
        notes={2020: "multiplies Death rate; fitted to the published deaths of 2021-2023, smoothed (1.6 % off at most)",
               2024: "assumption: 3 % below 2023, then 1.5 % lower every year (0-2.5)"})  # fmt: skip
    return rows


# --- history --------------------------------------------------------------------------------------------------------

REVISED = {
    **{2010: ("census-2010",), 2020: ("census-2020",)},
    **{y: ("nbs-revised", "revised-2021", "derived-panel") for y in range(2011, 2020)},
    **{y: ("first-release",) for y in range(2021, 2025)},
}


def history_rows(facts: Evidence) -> list[Row]:
    """Observed series 2010-2024, one vintage per year."""
    lines = facts.table.set_index(["place", "indicator", "year", "vintage"])
    rows: list[Row] = []
    places = {CITY: CITY, "main metro": "main-metro", **{r.name: r.evidence for r in REGIONS}}

    def take(
        indicator: str,
        evidence: str,
        unit: str,
        *,
        vintages: Mapping[int, tuple[str, ...]] | tuple[str, ...] = (
            "first-release",
            "revised-2021",
            "derived-estimate",
        ),
        only: tuple[str, ...] = tuple(places),
        years: Iterable[int] = range(2010, 2025),
        note: str = "",
    ) -> None:
        for region in only:
            for year in years:
                choice = vintages.get(year, ()) if isinstance(vintages, Mapping) else vintages
                key = next(
                    (k for v in choice if (k := (places[region], evidence, year, v)) in lines.index), None
                )
                if key is None:
                    continue
                line = lines.loc[key]
                rows.append(
                    {
                        "indicator": indicator,
                        "region": region,
                        "year": year,
                        "value": float(line.value),
                        "unit": unit,
                        "vintage": key[3],
                        "confidence": line.confidence,
                        "source": line.source,
                        "note": note or str(line.note),
                    }
                )

    take("urbanization_rate", "urbanization_rate", "%", vintages=REVISED)
    take(
        "residents",
        "resident_population",
        "10k persons",
        vintages=REVISED,
        only=(CITY, *(r.name for r in REGIONS)),
    )
    take(
        "residents",
        "resident_population",
        "10k persons",
        vintages=REVISED,
        only=("main metro",),
        years=range(2010, 2023),
    )
    take("urban_residents", "urban_population", "10k persons", vintages=REVISED)
    take("rural_residents", "rural_population", "10k persons", vintages=REVISED)
    take("main_metro_share", "main_metro_share_of_resident_population", "%", vintages=("first-release", "plan-baseline"),
         only=(CITY,), years=range(2010, 2023), note="21 districts; 68.43 in 2024 is read as 22")  # fmt: skip
    take("away_residents", "outflow_population_outside_city", "10k persons", only=(CITY,))
    rows.append(
        {
            "indicator": "away_residents",
            "region": CITY,
            "year": 2020,
            "value": round(away_total(facts) / 1e4, 2),
            "unit": "10k persons",
            "vintage": "derived-estimate",
            "confidence": "derived",
            "source": "communique-2021;communique-2022",
            "note": "2021 less the change of 2021-2022",
        }
    )
    take("outside_residents", "inflow_population_from_outside", "10k persons", only=(CITY,),
         note="all residents from outside; about a tenth live in villages")  # fmt: skip
    for year in (2010, 2020):
        take("outside_residents", "population_registered_other_province", "10k persons",
             vintages=(f"census-{year}",), only=(CITY,), years=(year,),
             note="registered in another province, whole municipality; about a tenth live in villages")  # fmt: skip
    take("hukou_urbanization_rate", "hukou_urbanization_rate", "%", vintages=("hukou-register", "plan-baseline"),
         only=(CITY,), note="the register's definition changed between 2015 and 2018")  # fmt: skip
    take(
        "births",
        "births",
        "10k persons/year",
        only=(CITY,),
        vintages=("revised-2021", "first-release", "derived-estimate"),
    )
    take(
        "deaths",
        "deaths",
        "10k persons/year",
        only=(CITY,),
        vintages=("revised-2021", "first-release", "derived-estimate"),
    )
    take("urban_income", "urban_disposable_income", "yuan/year", only=(CITY,))
    take("rural_income", "rural_disposable_income", "yuan/year", only=(CITY,))
    take(
        "income_ratio",
        "urban_rural_income_ratio",
        "ratio",
        only=(CITY,),
        vintages=("first-release", "plan-baseline"),
    )
    take(
        "urban_employment",
        "urban_employment",
        "10k persons",
        only=(CITY,),
        vintages=("revised-2021", "first-release"),
    )
    take(
        "employment",
        "employment_total",
        "10k persons",
        only=(CITY,),
        vintages=("revised-2021", "first-release"),
    )
    for year in range(2016, 2021):
        rows.append(
            {
                "indicator": "settlers",
                "region": CITY,
                "year": year,
                "value": facts.need(CITY, "annual_new_urban_hukou_min", 2020, "plan-baseline"),
                "unit": "10k persons/year",
                "vintage": "plan-baseline",
                "confidence": "official",
                "source": "plan-urbanization",
                "note": "a floor: above 200 thousand in each year of 2016-2020; not a measured flow",
            }
        )
    take(
        "land_ticket_area",
        "land_ticket_area_traded",
        "km2/year",
        only=(CITY,),
        vintages=("exchange-records",),
    )
    for region in REGIONS:
        for year in range(2010, 2021):
            total = sum(
                facts.get(d, "land_ticket_area_traded", year, "exchange-records") or 0.0
                for d in region.districts
            )
            rows.append(
                {
                    "indicator": "land_ticket_area",
                    "region": region.name,
                    "year": year,
                    "value": round(total, 4),
                    "unit": "km2/year",
                    "vintage": "exchange-records",
                    "confidence": "derived",
                    "source": "land-ticket-panel",
                    "note": "tickets sold, by region of origin",
                }
            )
    take("built_up_area", "built_up_area", "km2", only=(CITY, "central city"),
         note="cities only, without the county towns")  # fmt: skip
    take("hospital_beds", "hospital_beds", "10k beds", only=("metro new", "northeast", "southeast"),
         vintages=("derived-panel",), note="hospitals and health centres")  # fmt: skip
    take("hospital_beds", "hospital_beds", "10k beds", only=(CITY,), years=(2024,), note="all institutions")
    take("hospital_beds_per_1000", "hospital_beds_per_1000", "beds per 1000 residents", only=(CITY,))
    take("elderly_care_beds", "elderly_care_beds", "10k beds", only=(CITY,))
    take("surveyed_unemployment", "surveyed_unemployment_rate", "%", only=(CITY,))
    order = {name: i for i, name in enumerate(dict.fromkeys(str(r["indicator"]) for r in rows))}
    spots = {name: i for i, name in enumerate(places)}
    return sorted(
        rows, key=lambda r: (order[str(r["indicator"])], spots[str(r["region"])], int(str(r["year"])))
    )


def tables(facts: Evidence | None = None) -> dict[str, pd.DataFrame]:
    """Every derived table by file name."""
    facts = facts or Evidence()
    return {
        "base.csv": pd.DataFrame(base_rows(facts), columns=BASE_COLUMNS),
        "paths.csv": pd.DataFrame(path_rows(facts), columns=PATH_COLUMNS),
        "history.csv": pd.DataFrame(history_rows(facts), columns=HISTORY_COLUMNS),
    }


def text(table: pd.DataFrame) -> str:
    """The table as it stands in the file: numbers in their shortest form, so that a rerun changes no byte."""
    plain = table.map(lambda value: f"{value:.10g}" if isinstance(value, float) else value)
    return plain.to_csv(index=False, lineterminator="\n")


def main() -> None:
    """Write the tables into the place's folder."""
    for name, table in tables().items():
        (PLACE / name).write_text(text(table), encoding="utf-8")


if __name__ == "__main__":
    main()
