"""The numbers that a place has for each variable, set out so that a reader can take them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from urbsim.document.nouns import Given, Numbers, Origin
from urbsim.model.equations import Model
from urbsim.names import fold
from urbsim.study.place import Estimate, Number, PathPoint, Place
from urbsim.study.trace import rows_in_use

FEW = 6  # numbers that are shown one by one


def numbers_of(place: Place | None, model: Model) -> dict[str, Numbers]:
    """Give the numbers that runs of the place use by default, by folded name of the variable."""
    if place is None:
        return {}
    fitted = place.sets[place.parameter_set].estimates if place.parameter_set else ()
    estimates = {estimate.where: estimate for estimate in fitted}
    found: dict[str, list[Given]] = {}
    for row in rows_in_use(place):
        if fold(row.variable) in model.variables:
            found.setdefault(fold(row.variable), []).append(_given(row, estimates))
    return {key: _set_out(rows) for key, rows in found.items()}


def _given(row: Number | PathPoint, estimates: Mapping[str, Estimate]) -> Given:
    estimate = estimates.get(row.where)
    number = row if isinstance(row, Number) else None
    year = (f"{row.year:g}",) if isinstance(row, PathPoint) else ()
    return Given(
        label=(row.region, *row.elements, *year),
        value=row.value,
        low=number.low if number else None,
        high=number.high if number else None,
        standard_error=estimate.standard_error if estimate else None,
        bound=estimate.bound if estimate else "",
        grade=row.confidence,
        sources=tuple(filter(None, row.source.split(";"))),
        note=row.note,
        where=row.where,
    )


def _set_out(rows: Sequence[Given]) -> Numbers:
    """Put many numbers into a table: its columns are the last part of the labels that differs."""
    few = tuple(rows) if len(rows) <= FEW else ()
    columns: tuple[str, ...] = ()
    table: dict[tuple[str, ...], dict[str, Given]] = {}
    if not few:
        width = max(len(row.label) for row in rows)
        labels = [(*row.label, *([""] * (width - len(row.label)))) for row in rows]
        differ = [k for k in range(width) if len({label[k] for label in labels}) > 1]
        last = differ[-1:] if len(differ) > 1 else []
        for row, label in zip(rows, labels, strict=True):
            side = tuple(label[k] for k in differ if k not in last and label[k])
            table.setdefault(side, {})[label[last[0]] if last else ""] = row
        columns = tuple(dict.fromkeys(column for cells in table.values() for column in cells))
    values = [row.value for row in rows]
    return Numbers(
        few=few,
        columns=columns,
        rows=tuple((side, tuple(map(cells.get, columns))) for side, cells in table.items()),
        least=min(values),
        most=max(values),
        origins=_origins(rows),
    )


def _origins(rows: Sequence[Given]) -> tuple[Origin, ...]:
    groups: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.grade, row.sources, row.note), []).append(row.where)
    return tuple(
        Origin(count=len(lines), grade=grade, sources=sources, note=note, where=_span(lines))
        for (grade, sources, note), lines in groups.items()
    )


def _span(lines: Sequence[str]) -> str:
    """Say where rows stand: the first and the last line of a file."""
    first, last = lines[0], lines[-1]
    file, _, number = last.rpartition(":")
    return (
        first
        if first == last
        else f"{first}–{number}"
        if first.startswith(f"{file}:")
        else f"{first}, {last}"
    )
