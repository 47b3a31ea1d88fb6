"""CSV tables, row by row, with every bad cell and its line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from urbsim.errors import InputError, PlaceError, Problem, as_number, suggestion
from urbsim.study.text_file import read_text, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; a cell that cannot be read is noted in `problems`, and a stand-in is given."""

    cells: dict[str, str]
    where: str
    problems: list[Problem]

    def text(self, column: str) -> str:
        """Give a cell that must not be empty."""
        if not self.cells[column]:
            self.refuse(f"{column} is empty")
        return self.cells[column]

    def number(self, column: str) -> float:
        """Give a cell that must be a finite number; nought stands in for one that is not."""
        return self.number_or_none(column, required=True) or 0.0

    def number_or_none(self, column: str, *, required: bool = False) -> float | None:
        """Give a cell that is a finite number or empty."""
        text = self.cells[column]
        if not text:
            if required:
                self.refuse(f"{column} is empty, expected a number")
            return None
        try:
            value = float(text)
        except ValueError:
            self.refuse(f"{column} is '{text}', expected a number", as_number(text))
            return None
        if not math.isfinite(value):
            self.refuse(f"{column} is '{text}', expected a finite number")
            return None
        return value

    def year(self, column: str = "year") -> int:
        """Give a cell that must be a whole year."""
        before = len(self.problems)
        value = self.number(column)
        if len(self.problems) > before:
            return 0
        if value != int(value) or not (value == 0 or 1000 <= value <= 9999):
            self.refuse(f"{column} is '{self.cells[column]}', expected a year such as 2020")
        return int(value)

    def choice(self, column: str, known: Sequence[str]) -> str:
        """Give a cell that must be one of `known`."""
        text = self.text(column)
        if text and text not in known:
            self.refuse(f"{column} is '{text}'", "expected " + ", ".join(known))
        return text

    def refuse(self, what: str, fix: str = "") -> None:
        self.problems.append(Problem(what, self.where, fix))


def read_table(
    path: Path,
    columns: Sequence[str],
    problems: list[Problem],
    optional: Sequence[str] = (),
    *,
    aliases: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """Read a table with exactly these columns, in any order; problems are added to `problems`.

    Cells of an `optional` column that the table does not have are empty. `aliases`: other names of columns.
    """
    source = shown(path)
    try:
        text = read_text(path, PlaceError)
    except InputError as failure:
        problems.extend(failure.problems)
        return ()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = [(aliases or {}).get(name.strip(), name.strip()) for name in next(reader)]
        missing = [name for name in columns if name not in header]
        unknown = [name for name in header if name not in (*columns, *optional)]
        twice = sorted({name for name in header if header.count(name) > 1})
        other = next((mark for mark in ";\t" if len(header) == 1 and mark in header[0]), None)
        if other is not None:
            what = f"this file uses {'tabs' if other == chr(9) else other} between its cells, expected commas"
            problems.append(Problem(what, f"{source}:1", "save it as comma-separated CSV"))
            return ()
        problems.extend(
            Problem(f"column '{name}' is missing", f"{source}:1", "expected " + ", ".join(columns))
            for name in missing
        )
        problems.extend(
            Problem(f"unknown column '{name}'", f"{source}:1", suggestion(name, (*columns, *optional)))
            for name in unknown
        )
        problems.extend(Problem(f"column '{name}' stands twice", f"{source}:1") for name in twice)
        if missing or unknown or twice:
            return ()
        absent = dict.fromkeys(optional, "")
        line = reader.line_num + 1
        for cells in reader:
            where, line = f"{source}:{line}", reader.line_num + 1
            cells = [cell.strip() for cell in cells]  # noqa: PLW2901
            if not any(cells):
                continue
            if len(cells) != len(header):
                problems.append(Problem(f"has {len(cells)} cells, expected {len(header)}", where))
                continue
            named = {**absent, **dict(zip(header, cells, strict=True))}
            rows.append(Row(cells=named, where=where, problems=problems))
    except csv.Error as failure:
        problems.append(Problem(f"is not a CSV table: {failure}", f"{source}:{reader.line_num}"))
    return tuple(rows)
