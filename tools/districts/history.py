"""The rows of `history.csv`: what was observed in districts and regions, 2010-2024."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from chongqing.evidence import Evidence, Floats

from districts.facts import CHONGQING, GUANGAN, PLACES, YEARS, ZONES, members, records, yearbook_counts
from districts.numbers import Numbers, Row

REGIONS = (*ZONES, "main metro", "chongqing")
FROM_REGIONS = ("urbanization_rate", "residents", "urban_residents", "rural_residents", "main_metro_share")
"""Indicators whose rows for `REGIONS` are those of the place `chongqing`."""
HEADS = {
    "residents": "resident_population",
    "urban_residents": "urban_population",
    "rural_residents": "rural_population",
}
FIRST_NEW_INCOME = 2014
"""First year in which all district incomes are on the definition that came with the survey of 2013."""


def observed(line: dict[str, object], indicator: str, place: str, year: int, unit: str, vintage: str) -> Row:
    """Give one published value."""
    return {
        "indicator": indicator,
        "region": place,
        "year": year,
        "value": float(str(line["value"])),
        "unit": unit,
        "vintage": vintage,
        "confidence": line["confidence"],
        "source": line["source"],
        "note": line["note"],
    }


def series(
    facts: Evidence, indicator: str, evidence: str, unit: str, years: range, vintages: Sequence[str]
) -> Iterator[Row]:
    """Give a published series of every place, the first vintage of each year that there is."""
    for place in PLACES:
        for year in years:
            keys = [key for v in vintages if (key := (place, evidence, year, v)) in facts.lines]
            if keys:
                yield observed(facts.lines[keys[0]], indicator, place, year, unit, keys[0][3])


def census_rates(facts: Evidence) -> Iterator[Row]:
    """Give the urbanization rate of every place at the censuses, from the counts."""
    for place in PLACES:
        for year in (2010, 2020):
            urban, everyone = (
                facts.count([place], f"{kind}_population", year) for kind in ("urban", "resident")
            )
            yield {
                "indicator": "urbanization_rate",
                "region": place,
                "year": year,
                "value": round(100 * urban / everyone, 2),
                "unit": "%",
                "vintage": f"census-{year}",
                "confidence": "secondary",
                "source": f"census-{year}",
                "note": "",
            }


def from_outside(made: Numbers) -> Iterator[Row]:
    """Give the residents registered in another province, as counted at the censuses."""
    for year in YEARS:
        for place, count in zip(PLACES, made.people[year].registers.outsiders, strict=True):
            yield {
                "indicator": "outside_residents",
                "region": place,
                "year": year,
                "value": round(count / 1e4, 4),
                "unit": "10k persons",
                "vintage": f"census-{year}",
                "confidence": "secondary" if place != GUANGAN else "derived",
                "source": f"census-{year}",
                "note": "" if place != GUANGAN else "and of half of those from another county of Sichuan",
            }


def per_1000(made: Numbers, indicator: str, counts: dict[int, Floats], unit: str, note: str) -> Iterator[Row]:
    """Give what the yearbook counts, raised to all institutions as in `base.csv`, per 1000 residents."""
    residents = {year: everyone.registers.residents for year, everyone in made.people.items()}
    residents[2015] = (residents[2010] + residents[2020]) / 2
    for year, values in counts.items():
        for i, place in enumerate(PLACES):
            if not np.isnan(values[i]):
                yield {
                    "indicator": indicator,
                    "region": place,
                    "year": year,
                    "value": round(1000 * float(values[i] / residents[year][i]), 3),
                    "unit": unit,
                    "vintage": "derived-estimate",
                    "confidence": "derived",
                    "source": "district-panel;place-chongqing",
                    "note": note,
                }


def raised(made: Numbers, variable: str, element: str, evidence: str) -> dict[int, Floats]:
    """Return yearbook counts times the factor that makes their sum the one in `chongqing`."""
    counted = {year: yearbook_counts(made.facts, evidence, year) for year in (2010, 2015, 2020)}
    factor: dict[int, Floats] = {}
    for year in YEARS:
        totals = made.zones.by_zone(variable, year, [element])[:, 0]
        sums = [np.nansum(counted[year][members(zone)]) for zone in ZONES]
        factor[year] = np.array([totals[1:].sum() / sum(sums[1:])] * len(PLACES))
    factor[2015] = (factor[2010] + factor[2020]) / 2
    return {year: counted[year] * factor[year] for year in sorted(factor)}


def of_the_regions() -> Iterator[Row]:
    """Give the published rows of the regions, as the place `chongqing` has them."""
    table = pd.read_csv(CHONGQING / "history.csv", dtype=str, keep_default_na=False)
    for row in records(table[table.indicator.isin(FROM_REGIONS) & table.region.isin(REGIONS)]):
        yield {**row, "year": int(row["year"])}


def with_dianjiang(facts: Evidence) -> Row:
    """Give the main metropolitan share of 2024, which is that of 22 districts."""
    evidence = "main_metro_share_of_resident_population"
    line = facts.lines["chongqing", evidence, 2024, "first-release"]
    row = observed(line, "main_metro_share_2024", "chongqing", 2024, "%", "first-release")
    return row | {"note": "read as that of 22 districts with Dianjiang: the boundary changed in March 2024"}


def known_indicators() -> list[str]:
    """Return the ids of the indicators that the model reports."""
    text = (CHONGQING.parents[1] / "indicators.yaml").read_text(encoding="utf-8")
    return re.findall(r"\bid: (\w+)", text)


def arranged(rows: Sequence[Row]) -> list[Row]:
    """Leave out what the model does not report, and sort by indicator, place and year."""
    indicators, places = known_indicators(), [*PLACES, *REGIONS]
    kept = [row for row in rows if row["indicator"] in indicators]
    order = {name: i for i, name in enumerate([*indicators, *places])}
    return sorted(
        kept, key=lambda row: (order[str(row["indicator"])], order[str(row["region"])], int(str(row["year"])))
    )


def history(made: Numbers) -> list[Row]:
    """Make `history.csv`, without indicators that the model does not report."""
    facts = made.facts
    late = range(2021, 2025)
    rows: list[Row] = [*census_rates(facts), *from_outside(made)]
    rows += series(facts, "urbanization_rate", "urbanization_rate", "%", range(2011, 2020), ["revised-2021"])
    rows += series(facts, "urbanization_rate", "urbanization_rate", "%", late, ["first-release"])
    for indicator, evidence in HEADS.items():
        for year in (2010, 2020):
            rows += series(
                facts, indicator, evidence, "10k persons", range(year, year + 1), [f"census-{year}"]
            )
        rows += series(facts, indicator, evidence, "10k persons", late, ["first-release"])
    for residence in ("urban", "rural"):
        name = f"{residence}_disposable_income"
        years = range(FIRST_NEW_INCOME, 2021)
        rows += series(facts, f"{residence}_income", name, "yuan/year", years, ["first-release"])
    rows += series(
        facts,
        "regional_income_ratio",
        "urban_rural_income_ratio",
        "ratio",
        range(2020, 2022),
        ["plan-baseline"],
    )
    city = "city_proper_population"
    rows += series(facts, city, city, "10k persons", range(2021, 2022), ["plan-baseline"])
    jobs = "urban_new_jobs"
    rows += series(facts, jobs, jobs, "10k persons/year", late, ["first-release"])
    text = "beds of hospitals and health centres, raised to all institutions"
    rows += per_1000(
        made,
        "hospital_beds_per_1000",
        raised(made, "Initial service capacity", "health", "hospital_beds"),
        "beds per 1000 residents",
        text,
    )
    text = "physicians of hospitals and health centres, raised to all institutions"
    doctors = raised(made, "Initial physicians", "", "practising_physicians")
    rows += per_1000(made, "physicians_per_1000", doctors, "physicians per 1000 residents", text)
    return arranged([*of_the_regions(), with_dianjiang(facts), *rows])
