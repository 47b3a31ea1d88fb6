"""Write parameters fitted to history to the folder of their place: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from urbsim.analysis.calibration import Calibration
from urbsim.analysis.fit import DIGITS, Fit, Fitted
from urbsim.engine.compile import System
from urbsim.engine.schedule import Floats
from urbsim.output.folder import write_table
from urbsim.output.tables.run import Cell, Table
from urbsim.study.place_file import CORRELATIONS, ESTIMATES


def write_set(folder: Path, fit: Fit, facts: dict[str, Any]) -> tuple[Path, ...]:
    """Write `NAME.csv`, `NAME-correlations.csv` and `NAME.json`, what the fit did, into the folder.

    Each is written beside and renamed into place; the parameters come last, so that what stands beside them
    is never older.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    files: dict[str, str | Table] = {
        f"{fit.name}{CORRELATIONS}.csv": correlation_table(fit),
        f"{fit.name}.json": told,
        f"{fit.name}.csv": estimate_table(fit),
    }
    beside = {name: folder / f".{name}.{os.getpid()}.new" for name in files}
    try:
        for name, content in files.items():
            if isinstance(content, str):
                beside[name].write_text(content, encoding="utf-8")
            else:
                write_table(beside[name], content)
        for name, path in beside.items():
            path.replace(folder / name)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
    return tuple(folder / name for name in reversed(files))


def estimate_table(fit: Fit) -> Table:
    """Give a row for each number of the place that was fitted."""
    return ESTIMATES, [row for one in fit.parameters for row in _rows(one)]


def _rows(one: Fitted) -> Iterator[tuple[Cell, ...]]:
    knob = one.knob
    for part in knob.parts:
        error = None if one.error is None else abs(_round(part.times * one.error, 3))
        low, high = sorted((part.times * knob.low, part.times * knob.high))
        yield (
            *(knob.variable, part.region, "|".join(part.elements)),
            *(_round(part.times * one.value, DIGITS), error),
            *(_round(low, DIGITS), _round(high, DIGITS), knob.unit, one.bound),
            *(_round(part.times * knob.central, DIGITS), knob.stage),
        )


def correlation_table(fit: Fit) -> Table:
    """Give the correlation of each pair of parameters."""
    labels = [one.knob.label for one in fit.parameters]
    rows: list[tuple[Cell, ...]] = [
        (labels[i], labels[j], _round(float(fit.correlations[i, j]), 4))
        for i in range(len(labels))
        for j in range(i)
        if np.isfinite(fit.correlations[i, j])
    ]
    return ("parameter", "other", "correlation"), rows


def fit_facts(fit: Fit, calibration: Calibration, fingerprint: str) -> dict[str, Any]:
    """Give what the fit did, for other programs and for whoever asks where a number came from."""
    return {
        "set": fit.name,
        "runs": list(fit.plan.runs),
        "until": fit.plan.until,
        "observations": len(fit.data),
        "last_observation": max(datum.year for datum in fit.data),
        "weights": calibration.weights,
        "prior": calibration.prior,
        "solver": calibration.solver,
        "squared_residuals": {"before": _round(fit.before, 8), "after": _round(fit.after, 8)},
        "variance_of_a_residual": _round(fit.variance, 8),
        "stages": [
            {
                "stage": stage.name,
                "parameters": stage.parameters,
                "residuals": stage.residuals,
                "before": _round(stage.before, 8),
                "after": _round(stage.after, 8),
                "prior": _round(stage.prior, 8),
                "runs": stage.runs,
                "message": stage.message,
            }
            for stage in fit.stages
        ],
        "learned": {
            one.knob.label: None if one.learned is None else _round(one.learned, 3) for one in fit.parameters
        },
        "fingerprint": fingerprint,
    }


def fingerprint_of(system: System, starts: dict[int, Floats]) -> str:
    """Give a hash of everything that a run hangs on: equations, paths, and numbers at each start.

    Documentation, pictures and the order of rows in the tables do not enter.
    """
    program = system.program
    digest = hashlib.sha256()
    for part in (
        program.method,
        program.arrays,
        program.tables,
        program.initial,
        program.flows,
        program.reports,
        program.breaks,
        program.memories,
    ):
        digest.update(repr(part).encode())
    for start, inputs in sorted(starts.items()):
        digest.update(f"{start}".encode())
        digest.update(",".join(f"{value:.12g}" for value in inputs).encode())
    return digest.hexdigest()


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
