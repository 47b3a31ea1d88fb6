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
from chongqing.evidence import AGES, CITY, PLACE, REGIONS, Evidence, scaled
from chongqing.moves import RETURNS, arrivals_by_age, departures_by_age
from chongqing.people import People, away_total, people
from chongqing.vital import (
    RURAL_FERTILITY,
    RURAL_MORTALITY,
    Vital,
    fertility_path,
    fertility_shares,
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


def base_values(
    facts: Evidence, everyone: People, levels: Vital
) -> Iterator[tuple[str, npt.ArrayLike, Sequence[str], Sequence[str]]]:
    """Yield the numbers of the base year: variable, values, and the regions and elements they run over."""
    stocks = {
        "Initial rural residents": everyone.rural,
        "Initial urban residents with local urban hukou": everyone.urban_hukou,
        "Initial urban residents with local rural hukou": everyone.rural_hukou,
        "Initial urban residents from outside": everyone.outside,
        "Initial registered people living away": everyone.away,
    }
    for variable, stock in stocks.items():
        yield variable, stock, REGION_NAMES, AGES

    yield "Death rate", levels.death_rates, [""], AGES
    yield "Rural mortality ratio", RURAL_MORTALITY, [""], [""]
    yield "Age-specific fertility share", fertility_shares(facts), [""], AGES
    yield "Share of women", women_shares(facts), [""], AGES
    yield "Relative migration rate", departures_by_age(facts), [""], AGES
    yield "Relative return rate", RETURNS, [""], AGES
    yield "Share of arrivals by age", arrivals_by_age(facts, everyone), [""], AGES

    for service, places in capacity.service_capacity(facts, everyone).items():
        yield "Initial service capacity", np.round(places), REGION_NAMES, [service]
    for service, standard in capacity.service_standards(facts, everyone).items():
        yield "Service standard", standard, [""], [service]

    urban_land = np.array(capacity.LAND_PER_URBAN_RESIDENT) * everyone.urban.sum(axis=1) / 1e6
    homesteads = scaled(everyone.registered - everyone.registered_urban, capacity.HOMESTEADS)
    tickets = capacity.land_tickets(facts, 2016, 2020)
    land = {
        "Initial urban construction land": urban_land,
        "Initial land under development": scaled(urban_land, capacity.LAND_STARTS * 2),
        "Initial quota bank": scaled(urban_land, capacity.LAND_STARTS),
        "Initial homesteads in use": homesteads * (1 - capacity.IDLE_SHARE),
        "Initial idle homesteads": homesteads * capacity.IDLE_SHARE,
        "Initial homesteads under reclamation": tickets * capacity.RECLAMATION_YEARS,
        "Settlers of the year before the start": capacity.settlers(facts, everyone),
    }
    for variable, values in land.items():
        yield variable, values, REGION_NAMES, [""]
    yield "Initial land ticket inventory", tickets.sum(), [""], [""]


def base_rows(facts: Evidence, everyone: People, levels: Vital) -> list[Row]:
    """Make `base.csv`; the note of a variable stands in its first row."""
    rows: list[Row] = []
    for variable, values, regions, elements in base_values(facts, everyone, levels):
        grade = facts.grades[variable, elements[0] if len(elements) == 1 else "", ""]
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


def path_values(
    facts: Evidence, everyone: People, levels: Vital
) -> Iterator[tuple[str, Mapping[int, float], Sequence[str], npt.ArrayLike]]:
    """Yield the outside paths: variable, values by year, regions, and the factor of each region."""
    for residence in ("urban", "rural"):
        path = drivers.city_income(facts, residence)
        relative = drivers.relative_income(facts, residence)
        yield f"{residence.capitalize()} income path", path, REGION_NAMES, relative
    yield "Outside income path", drivers.outside_income(facts), [""], 1.0
    yield "Urban jobs path", drivers.city_jobs(facts), REGION_NAMES, drivers.job_shares(everyone)
    yield "Urban fertility path", fertility_path(levels), [""], 1.0
    yield "Rural fertility path", fertility_path(levels), [""], RURAL_FERTILITY
    yield "Mortality level path", mortality_path(levels), [""], 1.0


def path_rows(facts: Evidence, everyone: People, levels: Vital) -> list[Row]:
    """Make `paths.csv`; a grade holds from its year on, its note stands in that year."""
    rows: list[Row] = []
    for variable, path, regions, factors in path_values(facts, everyone, levels):
        for region, factor in zip(regions, np.ravel(factors), strict=True):
            grade: Mapping[str, str] = {}
            for year, value in path.items():
                first = facts.grades.get((variable, "", str(year)))
                grade = first or grade
                rows.append(
                    {
                        "variable": variable,
                        "region": region,
                        "element": "",
                        "year": year,
                        "value": rounded(value * factor, 8 if grade["unit"] == "person" else 6),
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
    """Yield a published series, one vintage a year; `note` replaces the notes of the evidence."""
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
                    "confidence": line["confidence"],
                    "source": line["source"],
                    "note": note or line["note"],
                }


def history_rows(facts: Evidence) -> list[Row]:
    """Make `history.csv`: observed series 2010-2024 of the indicators the model reports."""
    people_unit = "10k persons"
    rows = list(observed(facts, "urbanization_rate", "urbanization_rate", "%", CENSUS_BASED, PLACES))
    for indicator, evidence in (
        ("residents", "resident_population"),
        ("urban_residents", "urban_population"),
        ("rural_residents", "rural_population"),
    ):
        rows += observed(facts, indicator, evidence, people_unit, CENSUS_BASED, (CITY, *ZONES))
        # The count of 2024 is read as that of 22 districts.
        rows += observed(facts, indicator, evidence, people_unit, CENSUS_BASED, ("main metro",), last=2022)
    share = "main_metro_share"
    text = "21 districts; 68.43 in 2024 is read as 22"
    rows += observed(facts, share, f"{share}_of_resident_population", "%", last=2022, note=text)

    rows += observed(facts, "away_residents", "outflow_population_outside_city", people_unit)
    rows.append(
        rows[-1]
        | {
            "year": 2020,
            "value": round(away_total(facts) / 1e4, 2),
            "vintage": "derived-estimate",
            "confidence": "derived",
            "source": "communique-2021;communique-2022",
            "note": "2021 less the change of 2021-2022",
        }
    )
    text = "whole municipality; about a tenth live in villages"
    rows += observed(facts, "outside_residents", "inflow_population_from_outside", people_unit, note=text)
    censuses = {2010: ("census-2010",), 2020: ("census-2020",)}
    text = "registered in another province, " + text
    evidence = "population_registered_other_province"
    rows += observed(facts, "outside_residents", evidence, people_unit, censuses, note=text)
    register = dict.fromkeys(range(2010, 2025), ("hukou-register", "plan-baseline"))
    text = "the definition of the register changed between 2015 and 2018"
    rows += observed(facts, "hukou_urbanization_rate", "hukou_urbanization_rate", "%", register, note=text)

    older = dict.fromkeys(range(2010, 2025), ("sample-survey",))
    older |= {2010: ("census-2010-tabulation",), 2020: ("census-2020",)}
    rows += observed(facts, "share_65_plus", "population_age_65_plus_share", "%", older)

    rows += observed(facts, "births", "births", "10k persons/year")
    rows += observed(facts, "deaths", "deaths", "10k persons/year")
    rows += observed(facts, "urban_income", "urban_disposable_income", "yuan/year")
    rows += observed(facts, "rural_income", "rural_disposable_income", "yuan/year")
    printed = ONCE | {2020: ("plan-baseline",)}  # that of 2020 is recalled elsewhere, and printed in the plan
    rows += observed(facts, "income_ratio", "urban_rural_income_ratio", "ratio", printed)
    rows += observed(facts, "urban_employment", "urban_employment", people_unit)
    rows += observed(facts, "surveyed_unemployment", "surveyed_unemployment_rate", "%")

    sold = dict.fromkeys(range(2010, 2021), ("exchange-records",))
    text = "sold, by origin; the model counts tickets where they are used"
    tickets = list(
        observed(facts, "land_ticket_area", "land_ticket_area_traded", "km2/year", sold, note=text)
    )
    rows += tickets
    for row in tickets:
        year = int(str(row["year"]))
        for region, area in zip(ZONES, capacity.land_tickets(facts, year, year), strict=True):
            rows.append(row | {"region": region, "value": round(float(area), 4), "confidence": "derived"})

    beds, unit = "hospital_beds", "10k beds"
    rows += observed(facts, beds, beds, unit, {2024: ("derived-estimate",)}, note="all institutions")
    rows += observed(facts, f"{beds}_per_1000", f"{beds}_per_1000", "beds per 1000 residents")
    rows += observed(facts, "elderly_care_beds", "elderly_care_beds", unit)
    rows += observed(
        facts, "nursery_places", "nursery_places", "10k places", {2025: ("first-release",)}, last=2025
    )

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
    everyone = people(facts)
    levels = fit_levels(facts, everyone.urban.sum(axis=0), everyone.rural.sum(axis=0))
    rows = {
        "base.csv": base_rows(facts, everyone, levels),
        "paths.csv": path_rows(facts, everyone, levels),
        "history.csv": history_rows(facts),
    }
    return {name: spell(pd.DataFrame(lines)) for name, lines in rows.items()}


def spell(table: pd.DataFrame) -> str:
    """Write a table as CSV, numbers in their shortest form, so that a rerun changes no byte."""
    plain = table.map(lambda value: f"{value:.10g}" if isinstance(value, float) else value)
    return str(plain.to_csv(index=False, lineterminator="\n"))
