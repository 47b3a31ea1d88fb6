"""Write into `docs/credibility.md` which parameters of a place move its urbanization rate of 2035 most.

    python tools/sensitivity_table.py            # write the table, in a few seconds
    python tools/sensitivity_table.py --check    # exit status 1 if model or tables have changed since

Each parameter of `parameters.csv` that has a range is put to its low and then to its high end for the whole
run from 2020, all others staying as they are in runs by default; all rows of a variable move together.
References are worked out anew each time, so that every effect is still 1 at the end of 2020. Levers, switches
of loops and shares that add up to 1 are left out.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim import batch
from urbsim.engine.compile import System
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import solve
from urbsim.model.equations import Model
from urbsim.model.read import read_model
from urbsim.names import fold
from urbsim.study.place import Number, Place
from urbsim.study.reference import references_of

Floats = npt.NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
PLACE = "chongqing"
TABLE = "parameters.csv"
START, STOP = 2020, 2035
SHOWN = 15
LITTLE = 0.01  # points
BLOCK = re.compile(r"<!-- sensitivity made from ([0-9a-f]*) -->\n.*?<!-- end of sensitivity -->", re.DOTALL)
SKETCH = b"\\\\\\---///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a parameter does alone: the rate of the last year at either end of its range [%]."""

    variable: str
    rows: tuple[Number, ...]
    at_low: float
    at_high: float

    def span(self, own: float) -> float:
        """Give how far apart the rates are that the parameter can give [%]."""
        rates = (self.at_low, self.at_high, own)
        return max(rates) - min(rates)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the table, or check that it is of the files as they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the table is stale")
    options = parser.parse_args(arguments)
    page = root / "docs" / "credibility.md"
    text = page.read_text(encoding="utf-8")
    found = BLOCK.search(text)
    if found is None:
        print(
            f"{page} has no '<!-- sensitivity made from ... -->' to '<!-- end of sensitivity -->'",
            file=sys.stderr,
        )
        return 2
    made_from = stamp(root)
    if options.check:
        if found[1] == made_from:
            return 0
        print(f"{page} is stale; run python tools/sensitivity_table.py", file=sys.stderr)
        return 1
    study = batch.read_study(root / "models" / "places" / PLACE)
    own, effects = measure(study, read_model(str(study.place.model)))
    lines = [
        f"<!-- sensitivity made from {made_from} -->",
        *table(study.place, own, effects),
        "<!-- end of sensitivity -->",
    ]
    page.write_text(text[: found.start()] + "\n".join(lines) + text[found.end() :], encoding="utf-8")
    return 0


def stamp(root: Path) -> str:
    """Give a hash of everything that the table is made from; the picture of the model is not."""
    models = root / "models"
    files = (
        *sorted(models.glob("*.mdl")),
        *sorted(models.glob("*.yaml")),
        *sorted(file for file in (models / "places" / PLACE).glob("*.csv") if file.name != "errors.csv"),
        models / "places" / PLACE / "place.yaml",
        *sorted((models / "places" / PLACE / "sets").glob("*.csv")),
        Path(__file__),
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes().replace(b"\r\n", b"\n").split(SKETCH)[0])
    return digest.hexdigest()


def measure(study: batch.Study, model: Model) -> tuple[float, list[Effect]]:
    """Give the rate of the last year as it is [%], and the effect of each parameter, the strongest first."""
    place, system = study.place, study.system
    groups = ranges(study, model)
    inputs = np.repeat(system.inputs[:, np.newaxis], 1 + 2 * len(groups), axis=1)
    for number, rows in enumerate(groups.values()):
        for column, end in ((1 + 2 * number, "low"), (2 + 2 * number, "high")):
            for row in rows:
                value = getattr(row, end)
                slots(system, place, row, inputs)[..., column] = row.value if value is None else value
    rates = rate(study, inputs)
    own = float(rates[0])
    effects = [
        Effect(variable=rows[0].variable, rows=rows, at_low=float(low), at_high=float(high))
        for rows, low, high in zip(groups.values(), rates[1::2], rates[2::2], strict=True)
    ]
    return own, sorted(effects, key=lambda effect: -effect.span(own))


def ranges(study: batch.Study, model: Model) -> dict[str, tuple[Number, ...]]:
    """Give the rows of each parameter that has a range and can be moved alone."""
    levers = {fold(lever.variable) for lever in study.levers}
    groups: dict[str, list[Number]] = {}
    for row in study.place.numbers:
        key = fold(row.variable)
        if not row.where.split(":")[0].endswith(TABLE) or key in levers or key.startswith("loop "):
            continue
        if "adds up to 1" not in model.variables[key].doc:
            groups.setdefault(key, []).append(row)
    return {key: tuple(rows) for key, rows in groups.items() if any(row.low != row.high for row in rows)}


def slots(system: System, place: Place, row: Number, inputs: Floats) -> Floats:
    """Give the part of the inputs that a row of a table sets, in all runs."""
    constant = system.constant(row.variable)
    part = inputs[constant.first : constant.first + constant.size]
    part = part.reshape([*(len(axis) for axis in constant.axes), inputs.shape[1]])
    regional = place.axis(constant.axes)
    elements = iter(row.elements)
    index: list[int | slice] = []
    for position, axis in enumerate(constant.axes):
        if position == regional:
            members = [fold(element) for element in axis]
            index.append(members.index(fold(row.region)) if row.region else slice(None))
        else:
            element = next(elements, "")
            members = [fold(one) for one in axis]
            index.append(members.index(fold(element)) if element else slice(None))
    return part[tuple(index)]


def rate(study: batch.Study, inputs: Floats) -> Floats:
    """Give the urbanization rate of the whole place in the last year of every run [%]."""
    schedule = Schedule(start=START, stop=STOP, save=np.array([float(STOP)]), inputs=inputs)
    followed = references_of(study.place, study.system, START, None).follow(schedule)
    run = solve(study.system, followed, solver="euler")
    urban, everyone = (run[name][:, -1, :].sum(axis=0) for name in ("Urban residents", "Residents"))
    return np.asarray(100 * urban / everyone)


def table(place: Place, own: float, effects: Sequence[Effect]) -> list[str]:
    """Give the rows of the page."""
    fitted = {
        fold(estimate.variable)
        for name, one in place.sets.items()
        if name == place.parameter_set
        for estimate in one.estimates
    }
    lines = [
        f"Of {len(effects)} parameters, these {SHOWN} move the rate of {STOP} most.",
        f"With all of them as they are it is {own:.1f} %; given are points more or less.",
        "",
        "| parameter | low to high | unit | at low | at high | grade |",
        "|---|---|---|---|---|---|",
    ]
    for effect in effects[:SHOWN]:
        grades = "; ".join(sorted({row.confidence for row in effect.rows}))
        grade = "fitted" if fold(effect.variable) in fitted else grades
        low, high = span([row.low for row in effect.rows]), span([row.high for row in effect.rows])
        ends = f"{effect.at_low - own:+.2f} | {effect.at_high - own:+.2f}"
        unit = effect.rows[0].unit
        lines.append(f"| {effect.variable} | {low} to {high} | {unit} | {ends} | {grade} |")
    rest = [effect.span(own) for effect in effects[SHOWN:]]
    most, still = max(rest, default=0.0), sum(one < LITTLE for one in rest)
    lines += ["", f"None of the others moves it by more than {most:.2f}; {still} do by less than {LITTLE}."]
    return lines


def span(values: Sequence[float | None]) -> str:
    """Write the values of the rows of a parameter: one, or the smallest and the largest."""
    known = sorted({value for value in values if value is not None})
    return f"{known[0]:g}" if len(known) == 1 else f"({known[0]:g}-{known[-1]:g})"


if __name__ == "__main__":
    raise SystemExit(main())
