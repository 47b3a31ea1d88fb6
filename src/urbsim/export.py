"""A place and its model -> a Vensim file that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from urbsim.errors import InputError, PlaceError, Problem, suggestion
from urbsim.model.read import decode, read_model
from urbsim.model.substitute import substitute
from urbsim.model.write import write_numbers
from urbsim.names import fold
from urbsim.output.whole_file import whole
from urbsim.study.apply_place import apply_place
from urbsim.study.place import NO_SET, Place
from urbsim.study.place_file import read_place
from urbsim.study.text_file import shown


def export_place(folder: Path, *, start: int | None = None, parameter_set: str | None = None) -> str:
    """Give the text of the place's model with the place's regions and numbers.

    Parameters
    ----------
    folder
        The place.
    start
        Base year, at the end of which the model starts; by default the place's own.
    parameter_set
        Fitted parameters; by default the place's own, ``"none"`` for the numbers of its tables alone.

    Raises
    ------
    InputError
        The place does not fit its model, or has no such start or parameters.
    """
    place = read_place(folder)
    if place.model.suffix.lower() != ".mdl":
        raise InputError(Problem("is no Vensim text model, expected .mdl", shown(place.model)))
    first = place.base_year if start is None else start
    _refuse(place, first, parameter_set)
    model = read_model(place.model)
    applied = apply_place(model, place, base_year=first, parameter_set=parameter_set)
    clock: Mapping[str, float] = {"INITIAL TIME": first, "FINAL TIME": place.period[1]}
    own = {name: np.array(year, dtype=float) for name, year in clock.items() if fold(name) in model.variables}
    applied = substitute(applied, numbers=own)
    return write_numbers(decode(place.model.read_bytes(), place.model), model, applied)


def write_export(
    folder: Path,
    file: Path,
    *,
    start: int | None = None,
    parameter_set: str | None = None,
    force: bool = False,
) -> None:
    """Write the model of a place as a Vensim file (UTF-8); see `export_place`.

    Raises
    ------
    InputError
        As `export_place`; or the file exists and `force` is not given, or cannot be written.
    """
    where = shown(file)
    if file.suffix.lower() != ".mdl":
        raise InputError(
            Problem("is not the name of a Vensim model", where, "expected a name ending in .mdl")
        )
    if file.exists() and not force:
        raise InputError(
            Problem("exists already, and is not overwritten", where, "use --force, or another name")
        )
    text = export_place(folder, start=start, parameter_set=parameter_set)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole(file) as beside:
            beside.write_text(text, encoding="utf-8", newline="\n")
    except OSError as failure:
        raise InputError(Problem(f"cannot be written: {failure.strerror}", where)) from None


def _refuse(place: Place, start: int, parameter_set: str | None) -> None:
    problems = []
    if start not in place.base_years:
        years = " or ".join(map(str, place.base_years))
        problems.append(Problem(f"the stocks of {place.name} are those of {years}, not {start}", "--start"))
    wanted = place.set_name(parameter_set)
    if wanted and wanted not in place.sets:
        what = f"{place.name} has no parameters '{wanted}'"
        problems.append(Problem(what, "--set", suggestion(wanted, [*place.sets, NO_SET])))
    if problems:
        raise PlaceError(problems)
