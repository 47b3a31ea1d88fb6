"""Read the `calibration.yaml` of a place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal

from urbsim.analysis.calibration import JOINT, Calibration, Held, SetPlan, Tuned
from urbsim.errors import InputError, PlaceError, Problem, suggestion
from urbsim.study.place import NO_SET, Place
from urbsim.study.place_file import CONFIDENCE, CORRELATIONS
from urbsim.study.text_file import shown
from urbsim.study.yaml_file import read_yaml

FILE = "calibration.yaml"
_NAME = re.compile(r"\w[\w-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calibration:
    sets: Mapping[str, SetPlan]
    stages: tuple[str, ...]
    parameters: tuple[Tuned, ...]
    observations: tuple[Held, ...]
    prior: bool = True
    weights: Literal["absolute", "relative"] = "absolute"
    solver: Literal["rk4", "rk2", "euler"] = "rk4"


def read_calibration(place: Place) -> Calibration:
    """Read what the place fits to its history.

    Raises
    ------
    PlaceError
        Every problem of the file that can be seen without the model.
    """
    path = place.folder / FILE
    if not path.is_file():
        fix = "docs/formats.md says what it holds"
        raise PlaceError(Problem(f"{place.name} has no {FILE}, so there is nothing to fit", shown(path), fix))
    form, at = read_yaml(path, _Calibration, PlaceError)
    given = {field.name: getattr(form, field.name) for field in fields(_Calibration)}
    calibration = Calibration(**given, source=shown(path), where={name: at(name) for name in given})
    problems = [*_problems(calibration, place)]
    if problems:
        raise PlaceError(problems)
    return calibration


def plan_of(calibration: Calibration, name: str) -> SetPlan:
    """Give what is to be done for a set.

    Raises
    ------
    InputError
        The file does not say.
    """
    if name not in calibration.sets:
        fix = suggestion(name, [*calibration.sets])
        raise InputError(Problem(f"sets: there is no '{name}'", calibration.where["sets"], fix))
    return calibration.sets[name]


def _problems(calibration: Calibration, place: Place) -> Iterator[Problem]:
    where = calibration.where
    if not calibration.sets:
        yield Problem("sets: expected one or more", where["sets"])
    for name, plan in calibration.sets.items():
        if name == NO_SET or name.endswith(CORRELATIONS) or not _NAME.fullmatch(name):
            what = f"sets: '{name}' cannot name a set, expected letters, digits, - and _, and not '{NO_SET}'"
            yield Problem(what, plan.where)
        for year in plan.runs:
            if year not in place.base_years:
                years = " or ".join(map(str, place.base_years))
                yield Problem(f"sets: {name}: {year} is no base year", plan.where, f"expected {years}")
    if JOINT in calibration.stages or len(set(calibration.stages)) < len(calibration.stages):
        what = f"stages: expected names, each once and none of them '{JOINT}'"
        yield Problem(what, where["stages"])
    if not calibration.parameters:
        yield Problem("parameters: expected one or more", where["parameters"])
    if not calibration.observations:
        yield Problem("observations: expected one or more", where["observations"])
    for tuned in calibration.parameters:
        yield from _unknown_stages((tuned.stage,), calibration.stages, tuned.where)
    for held in calibration.observations:
        yield from _unknown_stages(held.stages, calibration.stages, held.where)
        for grade in held.confidence:
            if grade not in CONFIDENCE:
                yield Problem(f"confidence: there is no grade '{grade}'", held.where, ", ".join(CONFIDENCE))
        for area in held.regions:
            if area != "each" and place.members(area) is None:
                fix = suggestion(area, ["each", *place.areas])
                yield Problem(f"regions: there is no region or group '{area}'", held.where, fix)


def _unknown_stages(names: tuple[str, ...], known: tuple[str, ...], where: str) -> Iterator[Problem]:
    for name in names:
        if name not in (*known, JOINT):
            yield Problem(f"there is no stage '{name}'", where, suggestion(name, [*known, JOINT]))
