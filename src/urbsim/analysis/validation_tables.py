"""Validation -> rows of tables, facts for other programs, and what is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table as Printed
from rich.text import Text

from urbsim.analysis.validation import RATE, Row, Validation
from urbsim.output.folder import COLUMNS, columns_of, replace_folder, run_facts
from urbsim.output.tables.run import Cell, Table
from urbsim.study.place import NO_SET
from urbsim.study.words import Language

SHOWN = 15  # parameters that moved most
FAR = 2.0  # [standard errors]

_SCORE = ("n", "bias", "rmse", "mape", "theil_bias", "theil_spread", "theil_covariation", "last_error")


def tables(validation: Validation) -> dict[str, Table]:
    """Give the tables of a results folder by file name."""
    return {
        "scores.csv": score_table(validation),
        "model_and_history.csv": series_table(validation),
        "acceptance.csv": level_table(validation),
        "parameters.csv": moved_table(validation),
        "outside_paths.csv": (
            ("path", "grades_in_hold_out", "trend_when_unknown"),
            [(path.variable, ";".join(path.grades), path.trend) for path in validation.paths],
        ),
    }


def write_validation(folder: Path, validation: Validation, languages: Sequence[Language]) -> Path:
    """Write the results folder, whole or not at all; figures in `languages`, or none."""
    place = validation.study.place
    made = {
        **run_facts([place], "rk45", None, validation.seconds, "urbsim validate"),
        "validation": {key: value for key, value in facts(validation).items() if key != "scores"},
    }

    def draw(figures: Path) -> None:
        from urbsim.analysis.validation_figures import write_figures

        write_figures(figures, validation, languages)

    written = tables(validation)
    written[COLUMNS] = columns_of(written, validation.study.indicators)
    return replace_folder(folder, written, made, draw if languages else None)


def score_table(validation: Validation) -> Table:
    """Give every score: run or benchmark, indicator, region, span of years."""
    header = ("by", "base_year", "indicator", "unit", "region", "window", "first_year", "last_year", *_SCORE)
    rows: list[tuple[Cell, ...]] = [
        (
            *(row.by, row.base_year, row.indicator.id, row.indicator.unit, row.area, row.window),
            *(*row.years, *_cells(row)),
        )
        for row in validation.rows
    ]
    return header, rows


def series_table(validation: Validation) -> Table:
    """Give what was observed and what each run has, by indicator, region and year."""
    header = ("by", "base_year", "indicator", "region", "year", "observed", "model")
    rows: list[tuple[Cell, ...]] = []
    for run in validation.predictions:
        for (id_, area), values in validation.observed.items():
            series = run.measured.find(id_, area)
            if series is None:
                continue
            for year, said in zip(map(int, run.measured.years), map(float, series.values), strict=True):
                if np.isfinite(said):
                    rows.append((run.by, run.base_year, id_, area, year, values.get(year), said))
    return header, rows


def level_table(validation: Validation) -> Table:
    """Give the levels of acceptance with what was found."""
    header = ("measure", "operator", "level", "value", "unit", "met", "beyond", "detail")
    return header, [
        (one.measure, one.operator, one.level, one.value, one.unit, one.met, one.beyond, one.detail)
        for one in validation.levels
    ]


def moved_table(validation: Validation) -> Table:
    """Give the parameters of two sets beside each other."""
    first, second = (*validation.sets, "", "")[:2]
    header = (
        *("variable", "region", "element", "unit", f"{first}_value", f"{first}_error", f"{first}_bound"),
        *(f"{second}_value", f"{second}_error", f"{second}_bound", "moved_standard_errors"),
    )
    return header, [
        (
            *(one.variable, one.region, one.element, one.unit),
            *(one.values[0], one.errors[0], one.bounds[0]),
            *(one.values[1], one.errors[1], one.bounds[1], one.moved),
        )
        for one in validation.moved
    ]


def facts(validation: Validation) -> dict[str, Any]:
    """Give everything that was found, for other programs."""
    place = validation.study.place
    return {
        "place": place.name,
        "sets": [name or NO_SET for name in validation.sets],
        "base_years": sorted({run.base_year for run in validation.predictions}),
        "sample_until": validation.split,
        "hold_out_until": validation.last,
        "acceptance": [{**asdict(one), "met": one.met, "beyond": one.beyond} for one in validation.levels],
        "scores": _records(score_table(validation)),
        "parameters": [asdict(one) for one in validation.moved],
        "outside_paths": [asdict(one) for one in validation.paths],
        "warnings": list(validation.warnings),
        "seconds": round(validation.seconds, 2),
    }


def printed(validation: Validation) -> Iterator[str | Printed]:
    """Give what to print: levels, the rate next to the benchmarks, every indicator, what moved."""
    yield _levels(validation)
    yield ""
    yield f"Urbanization rate, {validation.area}: errors in points"
    yield _rate(validation)
    yield ""
    yield (
        f"Every indicator of {validation.area}: root mean square error in its unit (mean absolute error in "
        f"%), from {min(run.base_year for run in validation.predictions)}"
    )
    yield _indicators(validation)
    yield from _moved(validation)
    known = [path for path in validation.paths if path.grades]
    if known:
        yield ""
        yield (
            f"Outside paths with the place's own values after {validation.split}, in all runs but the one in "
            "which they are unknown: "
            + "; ".join(f"{path.variable} ({', '.join(path.grades)})" for path in known)
            + "."
        )


def _levels(validation: Validation) -> Printed:
    table = _table("level of acceptance", "level", "found", "")
    for one in validation.levels:
        unit = f" {one.unit}" if one.unit else ""
        verdict = Text("met", style="green") if one.met else Text(f"missed by {one.beyond:.3g}", style="red")
        detail = f" ({one.detail})" if one.detail else ""
        sign = "at most" if one.operator == "<=" else "at least"
        table.add_row(
            Text(one.measure),
            Text(f"{sign} {one.level:g}{unit}"),
            Text(f"{one.value:.3g}"),
            Text.assemble(verdict, detail),
        )
    return table


def _rate(validation: Validation) -> Printed:
    table = _table(
        "run or benchmark", "years", "n", "RMSE", "bias", "last year", "Theil: bias, spread, covariation"
    )
    rows = [row for row in validation.rows if (row.indicator.id, row.area) == (RATE, validation.area)]
    for row in rows:
        it = row.score
        who = row.by if row.base_year is None else f"{row.by}, from {row.base_year}"
        table.add_row(
            Text(who),
            Text(f"{row.years[0]}-{row.years[1]}"),
            Text(f"{it.count}"),
            Text(f"{it.rmse:.2f}"),
            Text(f"{it.bias:+.2f}"),
            Text(f"{it.last:+.2f}"),
            Text(_theil(row)),
        )
    return table


def _indicators(validation: Validation) -> Printed:
    split = validation.split
    start = min(run.base_year for run in validation.predictions)
    heads = [
        f"{name or NO_SET} {window}"
        for name in validation.sets
        for window in ((f"to {split}", f"after {split}") if start < split else (f"after {split}",))
    ]
    table = _table("indicator", "unit", "n", *heads, "best benchmark")
    by_key: dict[tuple[str, str, str], Row] = {}
    benchmark: dict[str, Row] = {}
    for row in validation.rows:
        if row.area != validation.area:
            continue
        if row.base_year == start:
            by_key[row.by, row.indicator.id, row.window] = row
        elif row.base_year is None:
            best = benchmark.get(row.indicator.id)
            if best is None or row.score.rmse < best.score.rmse:
                benchmark[row.indicator.id] = row
    for indicator in validation.study.indicators:
        found = [
            by_key.get((name or NO_SET, indicator.id, window))
            for name in validation.sets
            for window in (("in sample", "hold-out") if start < split else ("hold-out",))
        ]
        if not any(found):
            continue
        per_set = len(found) // len(validation.sets)
        count = sum(row.score.count for row in found[:per_set] if row)
        best = benchmark.get(indicator.id)
        table.add_row(
            *(Text(indicator.id), Text(indicator.unit), Text(f"{count}")),
            *(Text(_errors(row) if row else "") for row in found),
            Text(f"{_errors(best)} {best.by}" if best else ""),
        )
    return table


def _moved(validation: Validation) -> Iterator[str | Printed]:
    ranked = sorted((one for one in validation.moved if one.moved), key=lambda one: -abs(one.moved or 0))
    if not validation.moved:
        return
    first, second = validation.sets[:2]
    far = sum(1 for one in ranked if abs(one.moved or 0) > FAR)
    yield ""
    yield (
        f"From {first} to {second}: {len(validation.moved)} parameters, {far} of them moved by more than "
        f"{FAR:g} standard errors of the first"
    )
    table = _table("parameter", "unit", first, "±", second, "±", "moved")
    for one in ranked[:SHOWN]:
        inner = ",".join(filter(None, (one.region, one.element)))
        table.add_row(
            *(Text(f"{one.variable}[{inner}]" if inner else one.variable), Text(one.unit)),
            *(Text(f"{one.values[0]:.4g}"), Text(_number(one.errors[0]))),
            *(Text(f"{one.values[1]:.4g}"), Text(_number(one.errors[1])), Text(f"{one.moved:+.1f}")),
        )
    yield table


def _table(*names: str) -> Printed:
    table = Printed(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(Text(name))
    return table


def _errors(row: Row) -> str:
    mape = "" if row.score.mape is None or row.indicator.unit == "%" else f" ({row.score.mape:.1f} %)"
    return f"{row.score.rmse:.3g}{mape}"


def _theil(row: Row) -> str:
    it = row.score
    return ", ".join(_number(share) for share in (it.mean_share, it.spread_share, it.covariation_share))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _cells(row: Row) -> Iterable[Cell]:
    it = row.score
    shares = (it.mean_share, it.spread_share, it.covariation_share)
    return (it.count, it.bias, it.rmse, it.mape, *shares, it.last)


def _records(table: Table) -> Sequence[dict[str, Cell]]:
    header, rows = table
    return [dict(zip(header, row, strict=True)) for row in rows]
