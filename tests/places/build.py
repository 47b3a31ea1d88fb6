"""Make the tiny place: a folder of tables in which every number is neutral but those that a test gives."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
from tools.fill_references import PREFIX, references
from tools.fill_references import main as fill_references

from urbsim.model.lower import lower
from urbsim.model.read import read_model
from urbsim.names import fold

TINY = Path(__file__).parent / "tiny"
MODEL = Path(__file__).parents[2] / "models" / "urbanization.mdl"
REGIONS = ("east", "west")
CLOCK = {"initial time", "final time", "time step", "saveper"}
NUMBERS = ("variable", "region", "element", "value", "low", "high", "unit", "confidence", "source", "note")
PATHS = ("variable", "region", "element", "year", "value", "unit", "confidence", "source", "note")
Change = float | Mapping[str, float]


def write_tiny(folder: Path, changes: Mapping[str, Change] | None = None, model: Path = MODEL) -> Path:
    """Write the place `tiny` as a folder, and give the folder.

    A constant is what `changes` says (one number, or numbers by region or by element), or else what
    `neutral.csv` says; one that neither names has the model file's number for its first region, in both.
    Paths stay as in their first year. References are what the place has at the start, so that every effect
    is 1 there.
    """
    shutil.copytree(TINY, folder)
    about = (folder / "place.yaml").read_text(encoding="utf-8")
    (folder / "place.yaml").write_text(
        about.replace("../../../models/urbanization.mdl", model.resolve().as_posix()), encoding="utf-8"
    )
    given: dict[str, dict[str, float]] = {}
    with (folder / "neutral.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            given.setdefault(fold(row["variable"]), {})[row["region"] or row["element"]] = float(row["value"])
    for name, change in (changes or {}).items():
        given[fold(name)] = dict(change) if isinstance(change, Mapping) else {"": change}
    read = read_model(model)
    region = read.dimension("Region")
    assert region is not None
    program = lower(read)
    referred = {fold(f"{PREFIX}{name}") for name in references(read)} - set(given)
    numbers: list[tuple[object, ...]] = []
    for position, values in program.values.items():
        array = program.arrays[position]
        key = fold(array.name)
        if key in CLOCK | referred or key not in read.variables:
            continue
        own = np.reshape(values, [len(axis) for axis in array.axes])
        regional = bool(array.axes) and tuple(array.axes[0]) == region.elements
        unit = read.variables[key].unit
        origin = ("", "", unit, "judgement", "round", "")
        if key in given:
            numbers.extend(
                (array.name, *((at, "") if at in REGIONS else ("", at)), v, *origin)
                for at, v in given.pop(key).items()
            )
            continue
        axes = array.axes[1:] if regional else array.axes
        first = own[0] if regional else own
        numbers.extend(
            (array.name, "", "|".join(elements), v, *origin)
            for elements, v in zip(product(*axes), np.ravel(first).tolist(), strict=True)
        )
    points: list[tuple[object, ...]] = []
    for variable in read.variables.values():
        if variable.kind != "lookup":
            continue
        table = variable.equations[0].expression
        value = given.pop(fold(variable.name), {"": table.y[0]})
        points.extend(
            (variable.name, area, "", year, v, variable.unit, "judgement", "round", "")
            for area, v in value.items()
            for year in (2020, 2035)
        )
    assert not given, f"the model has no constant or path of these names: {sorted(given)}"
    for file_name, header, rows in (
        ("parameters.csv", NUMBERS, numbers),
        ("base.csv", (*NUMBERS, "year"), []),
        ("paths.csv", PATHS, points),
    ):
        with (folder / file_name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    assert fill_references(["--source", "round", str(folder)]) == 0
    return folder
