"""The raw facts of the districts, and the four-region tables they are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from chongqing.evidence import AGES, DISTRICTS, PLACE, REGIONS, Evidence, Floats

CHONGQING = PLACE
HERE = CHONGQING.parent / "districts"
YEARS = (2010, 2020)
GUANGAN = "guangan"
NEIGHBOURS = "metro new"  # whose rates Guang'an takes
PLACES = (*DISTRICTS, GUANGAN)
ZONES = tuple(region.name for region in REGIONS)
ZONE_OF = {district: region.name for region in REGIONS for district in region.districts}
OWN_FILES = ("panel.csv", "published.csv")


def members(zone: str) -> list[int]:
    """Return the positions in `PLACES` of the districts of a region."""
    return [i for i, place in enumerate(PLACES) if ZONE_OF.get(place) == zone]


def zone_of(place: str) -> str:
    """Return the region of a district, for Guang'an the one whose rates it takes."""
    return ZONE_OF.get(place, NEIGHBOURS)


def per_zone(values: Floats) -> Floats:
    """Give every place the value of its region: (4,) to (39,)."""
    return np.array([values[ZONES.index(zone_of(place))] for place in PLACES])


def records(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows of a table of text."""
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


def read_facts(own: Path) -> Evidence:
    """Read the raw facts of the place `chongqing`, and those kept here."""
    facts = Evidence(CHONGQING / "evidence")
    for file in OWN_FILES:
        for line in pd.read_csv(own / file, keep_default_na=False).to_dict("records"):
            key = (line["place"], line["indicator"], int(line["year"]), line["vintage"])
            facts.lines.setdefault(key, {str(name): value for name, value in line.items()})
    return facts


def counts(facts: Evidence, indicator: str, year: int) -> Floats:
    """Return a census count of every place [person]."""
    return np.array([round(facts.count([place], indicator, year)) for place in PLACES], dtype=np.float64)


def ages(facts: Evidence, year: int) -> Floats:
    """Return the residents of every place by age [person]: (39, 18), whole persons."""
    return np.array([np.round(facts.ages([place], year)) for place in PLACES])


def yearbook(facts: Evidence, indicator: str, year: int) -> Floats:
    """Return a yearbook number of every place, nan where there is none (Yuzhong, Guang'an)."""
    return found([facts.get(place, indicator, year, "first-release", "revised-2021") for place in PLACES])


def yearbook_counts(facts: Evidence, indicator: str, year: int) -> Floats:
    """Return a yearbook count of every place on the boundaries of 2020; nan where there is none."""
    known = ~np.isnan(yearbook(facts, indicator, year))
    return np.where(known, [facts.panel([place], indicator, year) for place in PLACES], np.nan)


def found(values: Sequence[float | None]) -> Floats:
    """Return numbers as an array, what is missing as nan."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def published_share(facts: Evidence, place: str, indicator: str, year: int, *vintages: str) -> float:
    """Return a published percentage as a share [-]."""
    return facts.need(place, indicator, year, *vintages) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTables:
    """`base.csv` and `parameters.csv` of the place `chongqing`."""

    base: pd.DataFrame
    parameters: pd.DataFrame

    def lines(self, variable: str, year: int | None = None) -> list[dict[str, str]]:
        """Return the rows of a variable that hold in a base year; of `parameters.csv` without a year."""
        table = self.parameters if year is None else self.base
        rows = table[table.variable == variable]
        if year is not None:
            rows = rows[rows.year.isin(("", str(year)))]
        if rows.empty:
            raise KeyError(f"{variable} {year or ''}")
        return records(rows)

    def by_zone(self, variable: str, year: int | None = None, elements: Sequence[str] = ("",)) -> Floats:
        """Return a variable by region and element: (4, elements)."""
        value = {(row["region"], row["element"]): float(row["value"]) for row in self.lines(variable, year)}
        return np.array(
            [[value.get((zone, e), value.get(("", e), np.nan)) for e in elements] for zone in ZONES]
        )

    def one(self, variable: str) -> float:
        """Return a parameter that is the same everywhere."""
        return float(self.lines(variable)[0]["value"])

    def people(self, variable: str, year: int) -> Floats:
        """Return a stock of people by region and age [person]: (4, 18)."""
        return self.by_zone(variable, year, AGES)


def read_zones() -> ZoneTables:
    """Read the four-region tables."""

    def read(name: str) -> pd.DataFrame:
        table = pd.read_csv(CHONGQING / name, dtype=str, keep_default_na=False)
        return table.assign(year="2020") if name == "base.csv" and "year" not in table else table

    return ZoneTables(base=read("base.csv"), parameters=read("parameters.csv"))
