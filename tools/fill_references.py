"""Write the reference values of a place: what stood at the end of 2020, where every effect of the model is 1.

A constant of the model named `Reference <x>` beside a variable `<x>` gets the value that the variable has at
the start of a run from 2020, with the numbers that the place uses by default:

    python tools/fill_references.py models/places/chongqing            # write references.csv
    python tools/fill_references.py --check models/places/chongqing    # exit status 1 if that would change it
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import System, compile_program
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import solve
from urbsim.errors import InputError, Problem
from urbsim.model.equations import Model
from urbsim.model.lower import lower
from urbsim.model.read import read_model
from urbsim.names import fold
from urbsim.study.apply_place import apply_place
from urbsim.study.place import Number, Place
from urbsim.study.place_file import read_place
from urbsim.study.plan import start_inputs

Floats = npt.NDArray[np.float64]

YEAR = 2020
PREFIX = "Reference "
COLUMNS = ("variable", "region", "element", "value", "low", "high", "unit", "confidence", "source", "note")
NOTE = "at the end of 2020, by tools/fill_references.py"
SAME = 1e-9  # [-] values that differ by less are the same
DIGITS = 12
ROUNDS = 10  # a reference of a reference needs one more


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the table of a place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("place", type=Path, help="folder of the place")
    parser.add_argument("--source", default="derived-here", help="id in sources.csv for the model")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the table would change")
    options = parser.parse_args(arguments)
    table = options.place / "references.csv"
    try:
        place = read_place(options.place)
        model = read_model(str(place.model))
        names = references(model)
        if not names:
            return 0
        if YEAR not in place.base_years:
            what = f"base_years: references are of the end of {YEAR}, which is none of them"
            print(Problem(what, str(options.place / "place.yaml")), file=sys.stderr)
            return 2
        bare = without_references(place, model, names)
        system = compile_program(lower(apply_place(model, bare)))
    except InputError as failure:
        print(failure, file=sys.stderr)
        return 2
    found = settled(system, bare, names, place.parameter_set)
    for other in ("", *place.sets):
        for name in differing(found, settled(system, bare, names, other)):
            label = other or "the tables' own parameters"
            print(f"{name} is another with {label}: its effect is then not 1 in {YEAR}", file=sys.stderr)
    if options.check:
        used = compile_program(lower(apply_place(model, place, base_year=YEAR)))
        own = np.array(used.inputs)
        wrong = differing(found, {name: part(used, own, f"{PREFIX}{name}") for name in names})
        for name in wrong:
            print(f"{table}: {PREFIX}{name} is not what the model gives; run tools/fill_references.py")
        return 1 if wrong else 0
    beside = table.with_suffix(".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for name in names:
            writer.writerows(rows(system, place, name, found[name], options.source))
    beside.replace(table)
    return 0


def references(model: Model) -> list[str]:
    """Give the names of the variables that have a reference beside them."""
    return [
        model.variables[fold(variable.name[len(PREFIX) :])].name
        for variable in model.variables.values()
        if variable.kind == "constant"
        and variable.name.startswith(PREFIX)
        and fold(variable.name[len(PREFIX) :]) in model.variables
    ]


def without_references(place: Place, model: Model, names: Sequence[str]) -> Place:
    """Give the place with every reference at 1, whatever its table has."""
    mine = {fold(f"{PREFIX}{name}") for name in names}
    ones = [
        Number(
            variable=f"{PREFIX}{name}",
            region="",
            elements=(),
            value=1.0,
            low=None,
            high=None,
            unit=model.variables[fold(f"{PREFIX}{name}")].unit,
            confidence="derived",
            source="",
            note="",
            where="references.csv",
        )
        for name in names
    ]
    return replace(place, numbers=(*(row for row in place.numbers if fold(row.variable) not in mine), *ones))


def settled(system: System, place: Place, names: Sequence[str], parameter_set: str) -> dict[str, Floats]:
    """Give the variables at the start of a run from the reference year, with their own references."""
    inputs = start_inputs(place, system, YEAR, parameter_set)
    found: dict[str, Floats] = {}
    for _ in range(ROUNDS):
        now = at_start(system, inputs, names)
        if found and not differing(found, now):
            return now
        found = now
        for name in names:
            part(system, inputs, f"{PREFIX}{name}")[...] = now[name]
    raise SystemExit(f"the references of {place.name} hang on one another and do not settle")


def at_start(system: System, inputs: Floats, names: Sequence[str]) -> dict[str, Floats]:
    """Give variables at the start of a run."""
    save = np.array([float(YEAR)])
    schedule = Schedule(start=float(YEAR), stop=YEAR + 1.0, save=save, inputs=inputs[:, np.newaxis])
    run = solve(system, schedule, solver="euler")
    for name in names:
        constant = system.constant(f"{PREFIX}{name}")
        if run.output(name).axes != constant.axes:
            raise SystemExit(f"'{constant.name}' and '{name}' have other dimensions, expected the same")
    return {name: run[name][..., 0, 0] for name in names}


def part(system: System, inputs: Floats, name: str) -> Floats:
    """Give the part of the inputs that is one constant, in its shape."""
    constant = system.constant(name)
    shape = [len(axis) for axis in constant.axes]
    return inputs[constant.first : constant.first + constant.size].reshape(shape)


def differing(one: dict[str, Floats], other: dict[str, Floats]) -> list[str]:
    """Name the variables whose values are not the same in both."""
    return [name for name in one if not np.allclose(one[name], other[name], rtol=SAME, atol=0)]


def rows(system: System, place: Place, name: str, values: Floats, source: str) -> Iterator[tuple[str, ...]]:
    """Give the rows of the table for one reference."""
    constant = system.constant(f"{PREFIX}{name}")
    regional = place.axis(constant.axes)
    for position, elements in enumerate(product(*constant.axes)):
        region = "" if regional is None else elements[regional]
        others = "|".join(e for i, e in enumerate(elements) if i != regional)
        value = f"{float(values.ravel()[position]):.{DIGITS}g}"
        yield (constant.name, region, others, value, "", "", constant.unit, "derived", source, NOTE)


if __name__ == "__main__":
    raise SystemExit(main())
