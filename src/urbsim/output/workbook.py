"""Tables as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from urbsim.output.tables import Table
from urbsim.study.outcome import Outcome
from urbsim.study.words import Language

Names = Mapping[str, Mapping[str, str]]


def write_workbook(
    path: Path, tables: Mapping[str, Table], language: Language, names: Names | None = None
) -> None:
    """Write one sheet for each table; `names` (column -> id -> words for people) adds a column beside ids."""
    raise NotImplementedError


def names_of(outcomes: Sequence[Outcome], language: Language) -> Names:
    """Give what people call the scenarios, regions, indicators and levers of outcomes."""
    raise NotImplementedError
