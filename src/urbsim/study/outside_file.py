"""Read `targets_outside.csv`: targets of the plans that the model cannot judge, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from urbsim.errors import PlaceError, Problem
from urbsim.study.table_file import read_table
from urbsim.study.target import OPERATORS

_OUTSIDE = (
    *("indicator", "region", "year", "operator", "value", "unit"),
    *("binding", "source", "clause", "reason"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTarget:
    """A target outside the boundary of the model: what a plan says, and why the model cannot judge it."""

    indicator: str
    region: str
    year: int
    operator: str
    value: float  # [unit]
    unit: str
    binding: str
    source: str
    clause: str
    reason: str
    where: str


def read_outside(folder: Path) -> tuple[OutsideTarget, ...]:
    """Read the targets of a place that are outside the model; none when it has no such table.

    Raises
    ------
    PlaceError
        Every problem of the table, each with its line.
    """
    path = folder / "targets_outside.csv"
    if not path.is_file():
        return ()
    problems: list[Problem] = []
    targets = tuple(
        OutsideTarget(
            indicator=row.text("indicator"),
            region=row.cells["region"],
            year=row.year(),
            operator=row.choice("operator", OPERATORS),
            value=row.number("value"),
            unit=row.cells["unit"],
            binding=row.cells["binding"],
            source=row.cells["source"],
            clause=row.cells["clause"],
            reason=row.text("reason"),
            where=row.where,
        )
        for row in read_table(path, _OUTSIDE, problems)
    )
    if problems:
        raise PlaceError(problems)
    return targets
