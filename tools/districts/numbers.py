"""The rows of `base.csv`, `parameters.csv` and `paths.csv`.

What holds for the whole of Chongqing is inherited from the place `chongqing` and not repeated. Every number
it has by region is given by district: rates of the region as they are, amounts shared out. Source and note of
a variable stand in `evidence/notes.csv`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from chongqing.evidence import AGES, Evidence, Floats

from districts import shares
from districts.facts import (
    CHONGQING,
    GUANGAN,
    HERE,
    PLACES,
    YEARS,
    ZONES,
    ZoneTables,
    per_zone,
    records,
    zone_of,
)
from districts.moves import moves
from districts.people import STOCKS, People, people, registered_urban_share, registers

Row = dict[str, object]

AMOUNTS = ("person", "person/year", "place", "km2", "km2/year", "m2", "yuan", "yuan/year")
"""Units of what adds up over districts; everything else is a rate of the region."""
MONEY = ("yuan", "yuan/year")
"""Units of amounts of the whole place that Guang'an enlarges, in proportion to urban residents."""
NOT_HERE = {"Share in the main metropolitan area": 0.0}
"""Rates in which Guang'an is not like its neighbours."""
EXCEPTIONS = {("Part in the ticket market", GUANGAN): 0.0, ("Share of returners to towns", "yuzhong"): 1.0}
"""Numbers that are the same everywhere else, and inherited."""
CITY_SHARE, METRO_2024 = "City proper share", "Share in the main metropolitan area of 2024"
CITY_SHARE_RANGE = (0.55, 0.85)
WIDER = {"Base village departure rate": 1.5, "Villagers per km2 built over": 1.5}
"""How much farther than the range of its region a district may lie: regions are means of unlike districts,
and the urban land that the latter multiplies is shared out by head."""
HALF_WIDTHS = {"Share of movers to own towns": 0.15, "Share of movers to other regions": 0.12}
"""Half widths of the ranges of shares; those of the other moves are half to double."""


def rounded(value: float, unit: str) -> float:
    """Round to whole persons and places, everything else to five digits."""
    return float(round(value)) if unit in ("person", "place") else float(f"{value:.5g}")


class Numbers:
    """The numbers of every district; facts and four-region tables are read once."""

    def __init__(self, facts: Evidence, zones: ZoneTables) -> None:
        self.facts, self.zones = facts, zones
        self.people: dict[int, People] = {year: people(facts, zones, year) for year in YEARS}
        hukou = registered_urban_share(facts, 2020)
        self.moves = moves(self.people[2020], registers(facts, zones, 2010), zones, hukou)
        notes = pd.read_csv(HERE / "evidence" / "notes.csv", dtype=str, keep_default_na=False)
        self.notes = {
            (row["variable"], row["element"]): (row["source"], row["note"]) for row in records(notes)
        }

    # --- base.csv ------------------------------------------------------------------------------------------

    def base(self) -> list[Row]:
        """Make `base.csv`."""
        rows: list[Row] = []
        for year in YEARS:
            rows.extend(self._stocks(year))
        table = self.zones.base
        regional = table[(table.region != "") & ~table.variable.isin(list(STOCKS.values()))]
        for key, lines in regional.groupby(["variable", "element", "year"], sort=False):
            variable, element, start = map(str, key)
            values = self._base_values(variable, element, int(start or 2020), lines)
            rows.extend(self._rows(variable, element, values, lines, year=start))
        rows.extend(
            self._whole(line) for line in records(table[(table.region == "") & table.unit.isin(MONEY)])
        )
        return rows

    def _stocks(self, year: int) -> Iterator[Row]:
        for stock, variable in STOCKS.items():
            source, note = self._said(variable, "")
            confidence = self.zones.lines(variable, year)[0]["confidence"]
            for place, counts in zip(PLACES, getattr(self.people[year], stock), strict=True):
                for age, count in zip(AGES, counts, strict=True):
                    yield {
                        "variable": variable,
                        "region": place,
                        "element": age,
                        "year": year,
                        "value": int(count),
                        "unit": "person",
                        "confidence": "judgement" if confidence == "judgement" else "derived",
                        "source": source.replace("census", f"census-{year}"),
                        "note": note,
                    }
                    note = ""

    def _base_values(self, variable: str, element: str, year: int, lines: pd.DataFrame) -> Floats:
        """Give a base-year number of the regions by district."""
        everyone, totals = self.people[year], self._by_zone(lines)
        if variable in ("Initial urban income", "Initial rural income"):
            return shares.incomes(self.facts, self.zones, everyone, variable.split()[1], year)
        if variable == "Initial expected growth of urban residents":
            return shares.expected_growth(self.facts, self.zones, year)
        if str(lines.unit.iloc[0]) not in AMOUNTS:
            return per_zone(totals)
        weights = shares.weights(self.facts, self.zones, everyone, year)
        weights["Initial market housing under construction", ""] = self._new_homes()
        key = (variable, element) if (variable, element) in weights else (variable, "")
        if key not in weights:
            raise KeyError(f"{variable} {element} adds up over districts: say by what in shares.weights")
        fixed = shares.pinned(self.facts, everyone, year).get((variable, element))
        return shares.share_out(totals, weights[key], fixed)

    def _new_homes(self) -> Floats:
        """Return the growth of urban homes between the censuses, by place [m2]."""
        then, now = (shares.housing(self.facts, self.people[year], year) for year in YEARS)
        return np.maximum(now - then, 0.0)

    def _whole(self, line: Mapping[str, str]) -> Row:
        """Give an amount of the whole place, with Guang'an's share of it."""
        urban = self.people[int(line["year"] or 2020)].urban.sum(axis=1)
        factor = urban.sum() / (urban.sum() - urban[PLACES.index(GUANGAN)])
        amounts = {
            end: rounded(float(line[end]) * factor, line["unit"]) if line[end] else ""
            for end in ("value", "low", "high")
        }
        note = "that of Chongqing, enlarged by the urban residents of Guang'an"
        return {**line, **amounts, "confidence": "judgement", "source": "place-chongqing", "note": note}

    # --- parameters.csv ------------------------------------------------------------------------------------

    def parameters(self) -> list[Row]:
        """Make `parameters.csv`: every parameter that differs by region."""
        rows: list[Row] = []
        weights = shares.parameter_weights(self.people[2020], self.moves)
        counted = self.moves.by_parameter()
        table = self.zones.parameters
        for key, lines in table[table.region != ""].groupby(["variable", "element"], sort=False):
            variable, element = map(str, key)
            if variable in counted:
                rows.extend(self._move_rows(variable, counted[variable], str(lines.unit.iloc[0])))
            elif variable in weights:
                values = shares.share_out(self._by_zone(lines), weights[variable])
                rows.extend(self._rows(variable, element, values, lines))
            elif str(lines.unit.iloc[0]) in AMOUNTS:
                raise KeyError(f"{variable} adds up over districts: say by what in shares.parameter_weights")
            elif variable not in (CITY_SHARE, METRO_2024):
                values = per_zone(self._by_zone(lines))
                values[-1] = NOT_HERE.get(variable, values[-1])  # Guang'an
                rows.extend(self._rows(variable, element, values, lines))
        rows.extend(self._of_the_plans(set(table.variable)))
        rows.extend(self._medical_centres())
        for (variable, place), exception in EXCEPTIONS.items():
            source, note = self._said(variable, "")
            rows.append(
                {
                    "variable": variable,
                    "region": place,
                    "value": exception,
                    "unit": "dmnl",
                    "confidence": "derived",
                    "source": source,
                    "note": note,
                }
            )
        for variable, highs in self.moves.of_the_decade().items():
            for row in (row for row in rows if row["variable"] == variable):
                high = float(highs[PLACES.index(str(row["region"]))])
                row["high"] = max(float(str(row["high"])), rounded(high, str(row["unit"])))
        return rows

    def _move_rows(self, variable: str, values: Floats, unit: str) -> Iterator[Row]:
        source, note = self._said(variable, "")
        for place, value in zip(PLACES, values, strict=True):
            width = HALF_WIDTHS.get(variable)
            low, high = (value - width, value + width) if width else (value / 2, value * 2)
            yield {
                "variable": variable,
                "region": place,
                "element": "",
                "value": rounded(value, unit),
                "low": rounded(max(0.0, low), unit),
                "high": rounded(high if unit == "1/year" else min(high, 1.0), unit),
                "unit": unit,
                "confidence": "derived",
                "source": source,
                "note": note,
            }
            note = ""

    def _of_the_plans(self, names: set[str]) -> Iterator[Row]:
        """Give what plans say of single districts, as far as the model asks for it."""
        inside = {place: float(zone_of(place) in ZONES[:2]) for place in PLACES}
        inside |= {GUANGAN: 0.0, "dianjiang": 1.0}
        city = dict.fromkeys(PLACES, 1.0) | {"kaizhou": self._city_share()}
        values = {CITY_SHARE: city, METRO_2024: inside}
        for variable in sorted(names & values.keys()):
            source, note = self._said(variable, "")
            for place, value in values[variable].items():
                ends = CITY_SHARE_RANGE if 0 < value < 1 else ("", "")
                yield {
                    "variable": variable,
                    "region": place,
                    "element": "",
                    "value": value,
                    "low": ends[0],
                    "high": ends[1],
                    "unit": "dmnl",
                    "confidence": "derived",
                    "source": source,
                    "note": note,
                }
                note = ""

    def _medical_centres(self) -> Iterator[Row]:
        """Let every district aim at beds and physicians per head in its own proportion to the city of 2020.

        Hospitals of one district serve the patients of others, so that the standard of the city is not
        that of each district.
        """
        residents = self.people[2020].registers.residents
        inside = np.array(PLACES) != GUANGAN
        base = self.zones.base
        for programme, element, stock in (
            ("Service programme", "health", "Initial service capacity"),
            ("Physician programme", "", "Initial physicians"),
        ):
            rows = (base.variable == stock) & (base.element == element) & base.year.isin(("", "2020"))
            amounts = self._base_values(stock, element, 2020, base[rows])
            ratios = amounts / residents / (amounts[inside].sum() / residents[inside].sum())
            source, note = self._said(programme, element)
            for place, ratio in zip(PLACES, ratios, strict=True):
                yield {
                    "variable": programme,
                    "region": place,
                    "element": element,
                    "value": rounded(ratio, "dmnl"),
                    "low": rounded(0.8 * ratio, "dmnl"),
                    "high": rounded(1.3 * ratio, "dmnl"),
                    "unit": "dmnl",
                    "confidence": "judgement",
                    "source": source,
                    "note": note,
                }
                note = ""

    def _city_share(self) -> float:
        """Return the share of Kaizhou's urban residents of 2021 who lived in the city proper."""
        here = "kaizhou"
        rates = [
            self.facts.need(here, "urbanization_rate", 2020, "revised-2021"),
            self.facts.need(here, "urbanization_rate", 2022, "first-release"),
        ]
        residents = [
            self.facts.need(here, "resident_population", 2020, "census-2020"),
            self.facts.need(here, "resident_population", 2023, "first-release"),
        ]
        urban = np.mean(rates) / 100 * (residents[0] + (residents[1] - residents[0]) / 3)
        city = self.facts.need(here, "city_proper_population", 2021, "plan-baseline")
        return float(f"{city / urban:.3g}")

    # --- paths.csv -----------------------------------------------------------------------------------------

    def paths(self) -> list[Row]:
        """Make `paths.csv`: the outside paths that differ by region, as in the region."""
        table = pd.read_csv(CHONGQING / "paths.csv", dtype=str, keep_default_na=False)
        rows: list[Row] = []
        for (variable, _), lines in table[table.region != ""].groupby(["variable", "region"], sort=False):
            if lines.unit.iloc[0] in AMOUNTS:
                raise KeyError(f"{variable} adds up over districts: say by what")
            near = [place for place in PLACES if zone_of(place) == lines.region.iloc[0]]
            rows += [{**line, "region": place} for place in near for line in records(lines)]
        return rows

    # --- shared --------------------------------------------------------------------------------------------

    def _said(self, variable: str, element: str) -> tuple[str, str]:
        """Return source and note of a variable."""
        default = ("place-chongqing", "as in the region of the place chongqing")
        return self.notes.get((variable, element), self.notes.get((variable, ""), default))

    def _by_zone(self, lines: pd.DataFrame) -> Floats:
        values = dict(zip(lines.region, lines.value.astype(float), strict=True))
        return np.array([values[zone] for zone in ZONES])

    def _rows(
        self,
        variable: str,
        element: str,
        values: Sequence[float] | Floats,
        lines: pd.DataFrame,
        year: str = "",
    ) -> Iterator[Row]:
        """Give one number by district, with the relative range of its region."""
        by_zone: Mapping[str, Mapping[str, str]] = {line["region"]: line for line in records(lines)}
        source, note = self._said(variable, element)
        for place, value in zip(PLACES, values, strict=True):
            line = by_zone[zone_of(place)]
            of_zone, unit = float(line["value"]), line["unit"]
            factor = value / of_zone if of_zone else 1.0
            wider = WIDER.get(variable, 1.0)
            widths = (("low", 1 / wider), ("high", wider))
            spread = [rounded(float(line[end]) * factor * width, unit) for end, width in widths if line[end]]
            known = len(spread) == 2 and (value or not of_zone)
            ends = {"low": min(spread), "high": max(spread)} if known else {}
            judged = line["confidence"] == "judgement" or place == GUANGAN
            yield {
                "variable": variable,
                "region": place,
                "element": element,
                "year": year,
                "value": rounded(value, unit),
                **ends,
                "unit": unit,
                "confidence": "judgement" if judged else "derived",
                "source": source.replace("census;", f"census-{year};"),
                "note": note,
            }
            note = ""
