"""Tables as Parquet files: the only door of `output` to pyarrow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from urbsim.output.tables.run import Cell, Table

_TEXT = pa.dictionary(pa.int32(), pa.string())


def write_parquet(folder: Path, tables: Mapping[str, Table]) -> None:
    """Write one file for each table, `NAME.parquet`, with every digit.

    Columns of whole numbers are 64-bit integers, those with any other number are 64-bit floats, truths are
    truths, and all others are text, as a dictionary. An empty cell, or a number that is none, is null.

    Parameters
    ----------
    tables
        Name, or file name (`trajectories.csv`), -> header and rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, (header, rows) in tables.items():
        columns = [_column(one, [row[position] for row in rows]) for position, one in enumerate(header)]
        pq.write_table(pa.table(columns, names=list(header)), folder / f"{Path(name).stem}.parquet")


def _column(name: str, cells: Sequence[Cell]) -> pa.Array:
    given = [None if isinstance(cell, float) and not math.isfinite(cell) else cell for cell in cells]
    kinds = {type(cell) for cell in given if cell is not None}
    if kinds == {bool}:
        return pa.array(given, pa.bool_())
    if kinds == {int} or (not kinds and name.startswith("year")):
        return pa.array(given, pa.int64())
    if kinds <= {int, float}:  # or nothing at all, which a number more often is than a text
        return pa.array([None if cell is None else float(cell) for cell in given], pa.float64())
    return pa.array([None if cell is None else _text(cell) for cell in given], pa.string()).cast(_TEXT)


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell:.17g}" if isinstance(cell, float) else str(cell)
