"""Results in the layout that integrated-assessment models exchange theirs in (IAMC).

Columns Model, Scenario, Region, Variable, Unit and one for every year, a row for each series. Names of
variables go from the general to the particular, parted by `|`, as in ``Population|Urban``; units are theirs.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from urbsim.output.tables.run import Cell, Table
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome

MODEL = "urbsim"
SHEET = "data"
_UNITS = {  # unit of ours -> theirs, and how many of theirs one of ours is
    "10k persons": ("million", 0.01),
    "10k persons/year": ("million/yr", 0.01),
    "10k places": ("million", 0.01),
    "10k beds": ("million", 0.01),
    "km2/year": ("km2/yr", 1.0),
    "m2/person": ("m2/cap", 1.0),
    "%/year": ("%/yr", 1.0),
    "yuan/year": ("CNY/yr", 1.0),
    "100 million yuan": ("billion CNY", 0.1),
    "100 million yuan/year": ("billion CNY/yr", 0.1),
    "ratio": ("dimensionless", 1.0),
    "dmnl": ("dimensionless", 1.0),
    "": ("dimensionless", 1.0),
}


def write_iamc(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write every indicator by scenario and region, as CSV, or as a workbook when it ends in `.xlsx`."""
    table = iamc_table(outcomes)
    if path.suffix.casefold() == ".xlsx":
        _write_sheet(path, table)
        return
    header, rows = table
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(
            ["" if cell is None else f"{cell:.10g}" if isinstance(cell, float) else cell for cell in row]
            for row in rows
        )


def iamc_table(outcomes: Sequence[Outcome]) -> Table:
    """Give a row for each series; a cell is empty where the indicator is not reported.

    Raises
    ------
    ValueError
        Two series have the same names, so that nobody could tell them apart.
    """
    done = [outcome for outcome in outcomes if outcome.run is not None]
    years = sorted({int(year) for outcome in done if outcome.run for year in outcome.run.measured.years})
    rows: list[tuple[Cell, ...]] = []
    for outcome in done:
        if outcome.run is None:
            continue
        reported = [int(year) for year in outcome.run.measured.years]
        for series in outcome.run.measured.series:
            unit, factor = _unit(series.indicator.unit)
            values = dict(zip(reported, series.values.tolist(), strict=True))
            cells = [factor * values.get(year, math.nan) for year in years]
            names = (MODEL, outcome.name, series.area, variable_of(series.indicator), unit)
            if any(map(math.isfinite, cells)):
                rows.append((*names, *(cell if math.isfinite(cell) else None for cell in cells)))
    twice = [names for names, count in Counter(row[:5] for row in rows).items() if count > 1]
    if twice:
        raise ValueError(f"two series are named {', '.join(map(str, twice[0]))}")
    return ("Model", "Scenario", "Region", "Variable", "Unit", *map(str, years)), rows


def variable_of(indicator: Indicator) -> str:
    """Give the name of an indicator in this layout: what the catalogue says, or else its id in words.

    Examples
    --------
    >>> from urbsim.study.words import Words
    >>> variable_of(Indicator(id="school_places", name=Words(en="School places"), unit="1", variable="S"))
    'School Places'
    """
    return indicator.iamc or indicator.id.replace("_", " ").title()


def _unit(unit: str) -> tuple[str, float]:
    return _UNITS.get(unit, (unit, 1.0))


def _write_sheet(path: Path, table: Table) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    header, rows = table
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    sheet.append([int(name) if name.isdigit() else name for name in header])
    for row in rows:
        cells: list[object] = []
        for value in row:
            if isinstance(value, str):
                cell = WriteOnlyCell(sheet, value)
                cell.data_type = "s"  # a name stays a name, whatever it begins with
                cells.append(cell)
            else:
                cells.append(value)
        sheet.append(cells)
    book.save(path)
