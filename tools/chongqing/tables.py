"""The rows of `base.csv`, `paths.csv` and `history.csv`.

Unit, range, confidence, source and note of a variable stand in `evidence/grades.csv`; this module pairs them
with the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from chongqing import capacity, drivers
from chongqing.evidence import AGES, BASE_YEARS, CITY, PLACE, REGIONS, Evidence, scaled
from chongqing.moves import RETURNS, VILLAGE_TIES, arrivals_by_age, departures_by_age, turnover_by_age
from chongqing.people import People, away_total, people
from chongqing.vital import (
    RURAL_FERTILITY,
    RURAL_MORTALITY,
    Vital,
    fertility_path,
    fertility_shares,
    fit_decade,
    fit_levels,
    mortality_path,
    women_shares,
)

Row = dict[str, object]

REGION_NAMES = [region.name for region in REGIONS]


def rounded(value: float, digits: int = 5) -> float:
    """Round to significant digits."""
    return float(f"{value:.{digits}g}")


# --- base.csv -----------------------------------------------------------------------------------------------

Values = Iterator[tuple[str, npt.ArrayLike, Sequence[str], Sequence[str]]]
"""Variable, values, and the regions and elements they run over."""


def stock_values(facts: Evidence, everyone: People, year: int) -> Values:
    """Yield the numbers of one base year."""
    stocks = {
        "Initial rural residents": everyone.rural,
        "Initial urban residents with local urban hukou": everyone.urban_hukou,
        "Initial urban residents with local rural hukou": everyone.rural_hukou,
        "Initial urban residents from outside": everyone.outside,
        "Initial registered people living away": everyone.away,
    }
    for variable, stock in stocks.items():
        yield variable, stock, REGION_NAMES, AGES
    yield "Initial share with village ties", VILLAGE_TIES[year], [""], [""]

    for service, places in capacity.service_capacity(facts, everyone, year).items():
        yield "Initial service capacity", np.round(places), REGION_NAMES, [service]

    urban = everyone.urban.sum(axis=1)
    land = np.array(capacity.LAND_PER_URBAN_RESIDENT) * capacity.LAND_PER_HEAD[year] * urban / 1e6
    starts = capacity.LAND_STARTS[year]
    regional = {
        "Initial urban employment": np.round(drivers.regional_jobs(facts, everyone, year)),
        "Initial urban income": drivers.regional_income(facts, "urban", year),
        "Initial rural income": drivers.regional_income(facts, "rural", year),
        "Initial expected growth of urban residents": drivers.expected_growth(facts, year),
        "Initial market housing": capacity.urban_home_area(facts, year) * urban,
        "Initial market housing under construction": capacity.homes_under_construction(facts, year),
        "Initial physicians": np.round(capacity.physicians(facts, year)),
        "Initial urban construction land": land,
        "Initial land under development": scaled(land, starts * 2),
        "Initial quota bank": scaled(land, starts),
        **capacity.homesteads(facts, everyone, year),
        "Settlers of the year before the start": capacity.settlers(facts, everyone, year),
    }
    for variable, values in regional.items():
        yield variable, values, REGION_NAMES, [""]
    yield "Initial land ticket inventory", capacity.tickets_unsold(facts, year), [""], [""]
    yield "Initial local debt", capacity.local_debt(facts, year), [""], [""]
    yield "Initial citizenization fund", 0.0, [""], [""]
    for service, growth in drivers.NEED_GROWTH[year].items():
        yield "Initial expected growth of need", growth, [""], [service]
    for variable, by_year in drivers.STARTS.items():
        yield variable, by_year[year], [""], [""]


def constant_values(facts: Evidence, everyone: People, levels: Vital) -> Values:
    """Yield the numbers that are the same for every base year; `everyone` are the people of 2020."""
    yield "Death rate", levels.death_rates, [""], AGES
    yield "Rural mortality ratio", RURAL_MORTALITY, [""], [""]
    yield "Age-specific fertility share", fertility_shares(facts), [""], AGES
    yield "Share of women", women_shares(facts), [""], AGES
    yield "Relative migration rate", departures_by_age(facts), [""], AGES
    yield "Turnover rate", turnover_by_age(everyone), [""], AGES
    yield "Relative return rate", RETURNS, [""], AGES
    yield "Share of arrivals by age", arrivals_by_age(facts, everyone), [""], AGES
    for service, standard in capacity.service_standards(facts, everyone).items():
        yield "Service standard", standard, [""], [service]
    land = np.array(capacity.LAND_PER_URBAN_RESIDENT) * everyone.urban.sum(axis=1) / 1e6
    yield "Urban construction land of 2020", land, REGION_NAMES, [""]


def base_rows(facts: Evidence, people_of: Mapping[int, People], levels: Vital) -> list[Row]:
    """Make `base.csv`; the note of a variable stands in its first row of a year."""
    rows: list[Row] = []
    constants = [("", *values) for values in constant_values(facts, people_of[2020], levels)]
    stocks = [
        (str(year), *values) for year in BASE_YEARS for values in stock_values(facts, people_of[year], year)
    ]
    for year, variable, values, regions, elements in constants + stocks:
        element = elements[0] if len(elements) == 1 else ""
        grade = facts.grades.get((variable, element, year)) or facts.grades[variable, element, ""]
        digits = 9 if grade["unit"] in ("person", "place") else 5  # counts are whole
        spots = [(region, element) for region in regions for element in elements]
        for i, (value, (region, element)) in enumerate(zip(np.ravel(values), spots, strict=True)):
            low, high = (
                rounded(value * float(f), digits) if (f := grade[k]) else "" for k in ("low", "high")
            )
            rows.append(
                {
                    "variable": variable,
                    "region": region,
                    "element": element,
                    "year": year,
                    "value": rounded(value, digits),
                    "low": low,
                    "high": high,
                    "unit": grade["unit"],
                    "confidence": grade["confidence"],
                    "source": grade["source"],
                    "note": grade["note"] if i == 0 else "",
                }
            )
    return rows


# --- paths.csv ----------------------------------------------------------------------------------------------


def path_values(facts: Evidence, levels: Vital) -> Iterator[tuple[str, Mapping[int, float]]]:
    """Yield the outside paths of the whole place: variable and values by year."""
    yield "Outside income path", drivers.outside_income(facts, "urban")
    yield "Outside rural income path", drivers.outside_income(facts, "rural")
    yield "Outside growth path", drivers.growth_path(facts)
    fertility = fertility_path(levels)
    yield "Urban fertility path", fertility
    yield "Rural fertility path", {year: value * RURAL_FERTILITY for year, value in fertility.items()}
    yield "Mortality level path", mortality_path(levels)
    yield "Settlement campaign path", drivers.campaign(facts)
    yield "Outside productivity growth path", drivers.productivity_path(facts)
    yield "Outside pool path", drivers.OUTSIDE_POOL
    yield "Revenue share path", drivers.revenue_share(facts)
    yield "Permit coverage path", drivers.PERMIT_COVERAGE
    yield "Base quota path", drivers.BASE_QUOTA


def path_rows(facts: Evidence, levels: Vital) -> list[Row]:
    """Make `paths.csv`; a grade holds from its year on, its note stands in that year."""
    rows: list[Row] = []
    for variable, path in path_values(facts, levels):
        grade: Mapping[str, str] = {}
        for year, value in path.items():
            first = facts.grades.get((variable, "", str(year)))
            grade = first or grade
            rows.append(
                {
                    "variable": variable,
                    "region": "",
                    "element": "",
                    "year": year,
                    "value": rounded(value, 6),
                    "unit": grade["unit"],
                    "confidence": grade["confidence"],
                    "source": grade["source"],
                    "note": first["note"] if first else "",
                }
            )
    return rows


# --- history.csv --------------------------------------------------------------------------------------------

CENSUS_BASED = (
    {2010: ("census-2010",), 2020: ("census-2020",)}
    | dict.fromkeys(range(2011, 2020), ("nbs-revised", "revised-2021", "derived-panel"))
    | dict.fromkeys(range(2021, 2025), ("first-release",))
)
"""Vintages of population that may be joined: censuses, the series revised after 2020, first releases from
2021."""
ONCE = dict.fromkeys(
    range(2010, 2025), ("revised-2021", "first-release", "derived-estimate", "plan-baseline")
)
"""Vintages of everything else: the revision where there is one, then what was first printed."""
ZONES = {region.name: region.evidence for region in REGIONS}
PLACES = {CITY: CITY, "main metro": "main-metro", **ZONES}  # in the model and in the evidence


HECTO = "100 million yuan"


def observed(
    facts: Evidence,
    indicator: str,
    evidence: str,
    unit: str,
    vintages: Mapping[int, tuple[str, ...]] = ONCE,
    regions: Iterable[str] = (CITY,),
    last: int = 2024,
    note: str = "",
) -> Iterator[Row]:
    """Yield a published series, one vintage a year; `note` replaces the notes of the evidence.

    What was interpolated between the censuses is graded `derived`, so that it can be left out.
    """
    for region in regions:
        for year, choice in vintages.items():
            keys = [key for v in choice if (key := (PLACES[region], evidence, year, v)) in facts.lines]
            if keys and year <= last:
                line = facts.lines[keys[0]]
                yield {
                    "indicator": indicator,
                    "region": region,
                    "year": year,
                    "value": float(line["value"]),
                    "unit": unit,
                    "vintage": keys[0][3],
                    "confidence": "derived" if keys[0][3] == "derived-panel" else line["confidence"],
                    "source": line["source"],
                    "note": note or line["note"],
                }


def worked_out(
    indicator: str, region: str, year: int, value: float, unit: str, source: str, note: str
) -> Row:
    """Make a row of a value worked out here."""
    return {
        "indicator": indicator,
        "region": region,
        "year": year,
        "value": value,
        "unit": unit,
        "vintage": "derived-estimate",
        "confidence": "derived",
        "source": source,
        "note": note,
    }


def people_history(facts: Evidence, people_of: Mapping[int, People]) -> Iterator[Row]:
    """Yield residents, registered people and vital events."""
    unit = "10k persons"
    yield from observed(facts, "urbanization_rate", "urbanization_rate", "%", CENSUS_BASED, PLACES)
    for indicator, evidence in (
        ("residents", "resident_population"),
        ("urban_residents", "urban_population"),
        ("rural_residents", "rural_population"),
    ):
        yield from observed(facts, indicator, evidence, unit, CENSUS_BASED, (CITY, *ZONES))
        # The count of 2024 is read as that of 22 districts.
        yield from observed(facts, indicator, evidence, unit, CENSUS_BASED, ("main metro",), last=2022)
    share = "main_metro_share"
    text = "21 districts; 68.43 in 2024 is read as 22"
    yield from observed(facts, share, f"{share}_of_resident_population", "%", last=2022, note=text)

    away = "away_residents"
    yield from observed(facts, away, "outflow_population_outside_city", unit)
    for year, source, text in (
        (2010, "yearbook-2008;population-commission-2013", "straight line from 2007 to 2012"),
        (2020, "communique-2021;communique-2022", "2021 less the change of 2021-2022"),
    ):
        yield worked_out(away, CITY, year, round(away_total(facts, year) / 1e4, 2), unit, source, text)

    text = "whole municipality; about a tenth live in villages"
    yield from observed(facts, "outside_residents", "inflow_population_from_outside", unit, note=text)
    censuses = {2010: ("census-2010",), 2020: ("census-2020",)}
    text = "registered in another province, " + text
    evidence = "population_registered_other_province"
    yield from observed(facts, "outside_residents", evidence, unit, censuses, note=text)

    rate = "hukou_urbanization_rate"
    register = dict.fromkeys(range(2010, 2025), ("hukou-register", "plan-baseline"))
    text = "the definition of the register changed between 2015 and 2018"
    yield from observed(facts, rate, rate, "%", register, note=text)
    then = people_of[2010]
    share_2010 = 100 * float(then.registered_urban.sum() / then.registered.sum())
    text = "non-agricultural residents of the census and an assumed share of people away; on 1 November"
    yield worked_out(rate, CITY, 2010, round(share_2010, 1), "%", "census-2010;derived-here", text)

    older = dict.fromkeys(range(2010, 2025), ("sample-survey",))
    older |= {2010: ("census-2010-tabulation",), 2020: ("census-2020",)}
    for indicator, ages in (
        ("rural_residents_15_24", slice(3, 5)),
        ("rural_residents_65_plus", slice(13, 18)),
    ):
        for year, everyone in people_of.items():
            text = "ages by residence from a tempered regression over districts"
            count = round(float(everyone.rural[:, ages].sum()) / 1e4, 2)
            yield worked_out(indicator, CITY, year, count, unit, f"census-{year};derived-here", text)
    yield from observed(facts, "share_65_plus", "population_age_65_plus_share", "%", older)
    yield from observed(facts, "births", "births", "10k persons/year")
    yield from observed(facts, "deaths", "deaths", "10k persons/year")


def income_history(facts: Evidence) -> Iterator[Row]:
    """Yield incomes on the present definition, of the city and, to 2020, of the regions."""
    city: dict[tuple[str, int], float] = {}
    for residence in ("urban", "rural"):
        indicator, evidence = f"{residence}_income", f"{residence}_disposable_income"
        years = ONCE | {2025: ("derived-estimate",)}
        for row in observed(facts, indicator, evidence, "yuan/year", years, last=2025):
            year = int(str(row["year"]))
            city[residence, year] = value = round(drivers.city_income(facts, residence, year), 2)
            if year <= 2013:
                source = f"{row['source']};recalled;derived-here"
                text = f"{row['value']:.2f} as printed, brought to the definition that began in 2013"
                yield worked_out(indicator, CITY, year, value, "yuan/year", source, text)
            else:
                yield row
        for year in range(2010, 2021):
            text = "city mean x 37 districts weighted by residents over all districts so weighted"
            values = drivers.regional_income(facts, residence, year)
            for region, value in zip(ZONES, values, strict=True):
                source = "district-panel;derived-here"
                yield worked_out(indicator, region, year, round(float(value)), "yuan/year", source, text)
    printed = dict.fromkeys(range(2020, 2026), ("plan-baseline", "first-release"))
    yield from observed(facts, "income_ratio", "urban_rural_income_ratio", "ratio", printed, last=2025)
    for year in range(2010, 2020):
        ratio = round(city["urban", year] / city["rural", year], 3)
        text = "of the two incomes on the present definition"
        yield worked_out("income_ratio", CITY, year, ratio, "ratio", "provincial-panel;derived-here", text)


def work_history(facts: Evidence) -> Iterator[Row]:
    """Yield urban employment, unemployment and new jobs."""
    unit = "10k persons"
    yield from observed(facts, "urban_employment", "urban_employment", unit)
    for year, text in (
        (2010, "2012 carried back at its employment per urban resident"),
        (2020, "on the exponential from 2012 to 2021"),
    ):
        jobs = round(drivers.city_jobs(facts, year) / 1e4, 1)
        source = "bureau-2022-employment;derived-here"
        yield worked_out("urban_employment", CITY, year, jobs, unit, source, text)
    yield from observed(facts, "surveyed_unemployment", "surveyed_unemployment_rate", "%")
    text = "gross: people newly employed in towns as the labour offices count them"
    yield from observed(facts, "urban_new_jobs", "urban_new_jobs", "10k persons/year", note=text)


def land_history(facts: Evidence) -> Iterator[Row]:
    """Yield the land tickets sold."""
    sold = dict.fromkeys(range(2010, 2021), ("exchange-records",))
    text = "sold, by origin; the model counts tickets where they are used"
    unit = "km2/year"
    for row in observed(facts, "land_ticket_area", "land_ticket_area_traded", unit, sold, note=text):
        yield row
        year = int(str(row["year"]))
        for region, area in zip(ZONES, capacity.land_tickets(facts, year, year), strict=True):
            yield row | {"region": region, "value": round(float(area), 4), "confidence": "derived"}


def urban_land_history(people_of: Mapping[int, People]) -> Iterator[Row]:
    """Yield urban construction land at the censuses, an estimate."""
    text = "town residents x m2 per head by region, an estimate (findings.md section 7)"
    for year, everyone in people_of.items():
        heads = everyone.urban.sum(axis=1) * capacity.LAND_PER_HEAD[year] / 1e6
        land = round(float((np.array(capacity.LAND_PER_URBAN_RESIDENT) * heads).sum()))
        yield worked_out("urban_land", CITY, year, land, "km2", "recalled;derived-here", text)


def service_history(facts: Evidence, people_of: Mapping[int, People]) -> Iterator[Row]:
    """Yield places, physicians and homes."""
    beds, unit = "hospital_beds", "10k beds"
    recalled = {2010: ("recalled",), 2020: ("recalled",)}
    yield from observed(facts, beds, "health_beds_all_institutions", unit, recalled)
    yield from observed(facts, beds, beds, unit, {2024: ("derived-estimate",)}, note="all institutions")
    yield from observed(facts, f"{beds}_per_1000", f"{beds}_per_1000", "beds per 1000 residents")
    yield from observed(facts, "elderly_care_beds", "elderly_care_beds", unit)
    care = round(capacity.care_beds(facts, 2010) / 1e4, 2)
    text = "beds of social welfare in 37 districts x 1.13, the ratio of 2013"
    source = "district-panel;elderly-beds-ranking;derived-here"
    yield worked_out("elderly_care_beds", CITY, 2010, care, unit, source, text)
    nursery = {2025: ("first-release",)}
    yield from observed(facts, "nursery_places", "nursery_places", "10k places", nursery, last=2025)

    doctors, unit = "physicians_per_1000", "physicians per 1000 residents"
    yield from observed(facts, doctors, "doctors_per_1000", unit)
    for year, rate in capacity.physicians_per_1000(facts).items():
        text = (
            "city total recalled"
            if year in BASE_YEARS
            else "37 districts, the rest between 2010 and 2020 on a straight line"
        )
        row = worked_out(doctors, CITY, year, rate, unit, "recalled;district-panel;derived-here", text)
        yield row | ({"confidence": "from-memory"} if year in BASE_YEARS else {})

    homes, unit = "housing_area_per_urban_resident", "m2/person"
    text = "census area per person in family households, towns told from villages by the national ratio"
    for year in BASE_YEARS:
        areas = capacity.urban_home_area(facts, year)
        source = f"census-{year};recalled;derived-here"
        mean = float(np.average(areas, weights=people_of[year].urban.sum(axis=1)))
        for region, area in zip((CITY, *ZONES), (mean, *areas), strict=True):
            yield worked_out(homes, region, year, round(float(area), 2), unit, source, text)


def money_history(facts: Evidence) -> Iterator[Row]:
    """Yield revenue, land revenue and debt of the governments of the place."""
    unit = f"{HECTO}/year"
    years = dict.fromkeys(range(2010, 2026), ("final-accounts", "first-release"))
    name = "general_budget_revenue"
    yield from observed(facts, name, name, unit, years, last=2025)
    yield from observed(
        facts, "land_revenue", "land_transfer_revenue", unit, {2020: ("budget",), 2021: ("budget",)}
    )
    share = capacity.land_share_of_funds(facts)
    for year in (*range(2010, 2020), 2022, 2023):
        funds = facts.need(CITY, "government_fund_revenue", year, "final-accounts", "recalled")
        text = f"revenue of government funds x {share:.2f}, the share of land in 2020-21"
        recalled = year < 2020
        source = "recalled" if recalled else "accounts-2023"
        row = worked_out("land_revenue", CITY, year, round(share * funds, -1), unit, source, text)
        yield row | ({"confidence": "from-memory"} if recalled else {})

    explicit = dict.fromkeys(range(2016, 2024), ("final-accounts",))
    text = "explicit general and special debt, recalled and rounded; without platforms"
    yield from observed(facts, "local_debt", "government_debt_balance", HECTO, explicit, note=text)
    audited = {2012: ("recalled",)}
    yield from observed(facts, "local_debt", "government_debt_liable", HECTO, audited)
    text = "2012 as audited in 2013, moved back as the nation's"
    debt = round(capacity.local_debt(facts, 2010) / 1e8, -1)
    row = worked_out("local_debt", CITY, 2010, debt, HECTO, "recalled;derived-here", text)
    yield row | {"confidence": "from-memory"}


def history_rows(facts: Evidence, people_of: Mapping[int, People]) -> list[Row]:
    """Make `history.csv`: observed series 2010-2025 of the indicators the model reports."""
    rows = [
        *people_history(facts, people_of),
        *income_history(facts),
        *work_history(facts),
        *land_history(facts),
        *urban_land_history(people_of),
        *service_history(facts, people_of),
        *money_history(facts),
    ]
    indicators, places = list(dict.fromkeys(row["indicator"] for row in rows)), list(PLACES)
    return sorted(
        rows,
        key=lambda row: (
            indicators.index(row["indicator"]),
            places.index(str(row["region"])),
            int(str(row["year"])),
        ),
    )


# --- files --------------------------------------------------------------------------------------------------


def tables() -> dict[str, str]:
    """Make every derived table: the text of each file by its name."""
    facts = Evidence(PLACE / "evidence")
    people_of = {year: people(facts, year) for year in BASE_YEARS}
    then, now = ({"urban": p.urban.sum(axis=0), "rural": p.rural.sum(axis=0)} for p in people_of.values())
    levels = fit_decade(facts, fit_levels(facts, **now), then, now)
    rows = {
        "base.csv": base_rows(facts, people_of, levels),
        "paths.csv": path_rows(facts, levels),
        "history.csv": history_rows(facts, people_of),
    }
    return {name: spell(pd.DataFrame(lines)) for name, lines in rows.items()}


def spell(table: pd.DataFrame) -> str:
    """Write a table as CSV, numbers in their shortest form, so that a rerun changes no byte."""
    plain = table.map(lambda value: f"{value:.10g}" if isinstance(value, float) else value)
    return str(plain.to_csv(index=False, lineterminator="\n"))
