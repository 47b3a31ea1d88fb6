"""Put the regions and numbers of a place into a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from urbsim.errors import PlaceError, Problem, suggestion
from urbsim.model.equations import Model, Variable
from urbsim.model.subscripts import axes
from urbsim.model.substitute import substitute
from urbsim.names import fold, folded
from urbsim.study.place import Number, PathPoint, Place
from urbsim.study.quantity import same_unit

Row = TypeVar("Row", Number, PathPoint)

REGION = "Region"
Axes = tuple[tuple[str, ...], ...]


def apply_place(
    model: Model, place: Place, *, base_year: int | None = None, parameter_set: str | None = None
) -> Model:
    """Give the model with the regions and numbers of the place.

    Parameters
    ----------
    base_year, parameter_set
        The start and the fitted parameters whose numbers to take; by default the place's own. What the
        tables have for the others is checked as well.

    Raises
    ------
    PlaceError
        Every row of the place's tables that does not fit the model.
    """
    region = model.dimension(REGION)
    old, new = (region.elements if region else ()), tuple(place.regions)

    def axes_here(name: str) -> Axes:
        return tuple(new if axis == old else axis for axis in axes(model, name))

    problems: list[Problem] = []
    start = place.base_year if base_year is None else base_year
    fitted = place.set_name(parameter_set)
    every = (*place.numbers, *(e.number() for one in place.sets.values() for e in one.estimates))
    fitting = {
        fold(variable.name): variable for variable, _ in _by_variable(model, every, ("constant",), problems)
    }
    for year, name in _others(place, start, fitted):
        for key, rows in _changed(place, year, name).items():
            if key in fitting:
                label = fitting[key].name
                array_of(label, axes_here(label), place, rows, problems, year)
    rows_here = _sorted(place.numbers_of(start, fitted))
    numbers = {
        variable.name: array_of(
            variable.name, axes_here(variable.name), place, rows_here.get(key, []), problems, start
        )
        for key, variable in fitting.items()
    }
    tables = {
        variable.name: _tables(axes_here(variable.name), place, rows, problems)
        for variable, rows in _by_variable(model, place.paths, ("lookup",), problems)
    }
    if problems:
        raise PlaceError(dict.fromkeys(problems))
    return substitute(model, elements={REGION: new} if region else {}, numbers=numbers, tables=tables)


def _others(place: Place, start: int, fitted: str) -> Iterator[tuple[int, str]]:
    """Give a choice of base year and set for each that is not in use."""
    yield from ((year, fitted) for year in place.base_years if year != start)
    yield from ((start, name) for name in ("", *place.sets) if name != fitted)


def _changed(place: Place, base_year: int, fitted: str) -> dict[str, list[Number]]:
    """Give the rows of the variables that hang on the base year or are in a set."""
    moving = {fold(row.variable) for row in place.numbers if row.base_year is not None}
    moving |= {fold(e.variable) for one in place.sets.values() for e in one.estimates}
    found = _sorted(place.numbers_of(base_year, fitted))
    return {key: found.get(key, []) for key in moving}


def _sorted(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Sort rows by variable."""
    sorted_rows: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        sorted_rows[fold(row.variable)].append(row)
    return sorted_rows


def _by_variable(
    model: Model, rows: Sequence[Row], kinds: tuple[str, ...], problems: list[Problem]
) -> list[tuple[Variable, list[Row]]]:
    """Sort rows by variable, leaving out (and reporting) those whose variable or unit does not fit."""
    fitting = []
    for key, group in _sorted(rows).items():
        variable = model.variables.get(key)
        rest = f" (and {len(group) - 1} more rows)" if len(group) > 1 else ""
        if variable is None:
            fix = suggestion(group[0].variable, [v.name for v in model.variables.values()])
            problems.append(
                Problem(f"the model has no variable '{group[0].variable}'{rest}", group[0].where, fix)
            )
        elif variable.kind not in kinds:
            problems.append(
                Problem(
                    f"'{variable.name}' is a{'n' if variable.kind[0] == 'a' else ''} {variable.kind} "
                    f"in the model, expected a {kinds[0]}{rest}",
                    group[0].where,
                )
            )
        else:
            wrong = [row for row in group if not same_unit(row.unit, variable.unit)]
            problems.extend(
                Problem(
                    f"unit of '{variable.name}' is '{row.unit}', expected '{variable.unit}' as in the model",
                    row.where,
                )
                for row in wrong
            )
            if not wrong:
                fitting.append((variable, group))
    return fitting


def array_of(
    name: str, axes: Axes, place: Place, rows: Sequence[Number], problems: list[Problem], base_year: int
) -> npt.NDArray[np.float64]:
    """Fill a variable's array with the rows of a base year, of which the later win (`Place.numbers_of`)."""
    values = np.full([len(axis) for axis in axes], np.nan)
    before = len(problems)
    for row in rows:
        index = index_of(axes, place, row, problems)
        if index is not None:
            values[index] = row.value
    if np.isnan(values).any() and len(problems) == before:
        position = tuple(map(int, np.argwhere(np.isnan(values))[0]))
        label = ",".join(axis[i] for axis, i in zip(axes, position, strict=True))
        count = int(np.isnan(values).sum())
        what = f"'{name}' has no value" + (f" for {label}" if label else "")
        more = f" (and {count - 1} others)" if count > 1 else ""
        when = f", base year {base_year}" if len(place.base_years) > 1 else ""
        where = next(row.where for row in (*rows, *place.numbers) if fold(row.variable) == fold(name))
        problems.append(Problem(f"{what}{more}{when}", where))
    return values


def _tables(
    axes: Axes, place: Place, rows: list[PathPoint], problems: list[Problem]
) -> Mapping[tuple[str, ...], tuple[tuple[float, ...], tuple[float, ...]]]:
    points: dict[tuple[int, ...], dict[float, float]] = defaultdict(dict)
    before = len(problems)
    shape = [len(axis) for axis in axes]
    for row in sorted(rows, key=lambda row: (bool(row.region), bool(row.elements), row.year)):
        index = index_of(axes, place, row, problems)
        if index is not None:
            numbered = np.arange(int(np.prod(shape))).reshape(shape)[index]
            for flat in np.atleast_1d(numbered).ravel():
                points[tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()][row.year] = (
                    row.value
                )
    missing = [p for p in np.ndindex(*shape) if p not in points]
    if missing and len(problems) == before:
        label = ",".join(axis[i] for axis, i in zip(axes, missing[0], strict=True))
        problems.append(Problem(f"'{rows[0].variable}' has no values for {label}", rows[0].where))
    return {
        tuple(axis[i] for axis, i in zip(axes, position, strict=True)): (
            tuple(sorted(path)),
            tuple(path[year] for year in sorted(path)),
        )
        for position, path in points.items()
    }


def index_of(
    axes: Axes, place: Place, row: Number | PathPoint, problems: list[Problem]
) -> tuple[int | slice, ...] | None:
    """Give the index of a row in its variable's array; None, and a problem, when it does not fit."""
    index: list[int | slice] = [slice(None)] * len(axes)
    regional = place.axis(axes)
    if row.region:
        if regional is None:
            problems.append(
                Problem(
                    f"'{row.variable}' is not by region, expected an empty region, not '{row.region}'",
                    row.where,
                )
            )
            return None
        index[regional] = folded(axes[regional]).index(fold(row.region))
    others = [i for i in range(len(axes)) if i != regional]
    if row.elements and len(row.elements) != len(others):
        problems.append(
            Problem(
                f"element is '{'|'.join(row.elements)}', but '{row.variable}' has {len(others)} dimensions "
                "besides the region",
                row.where,
            )
        )
        return None
    for axis, element in zip(others, row.elements, strict=False):
        known = folded(axes[axis])
        if fold(element) not in known:
            problems.append(
                Problem(
                    f"'{row.variable}' has no element '{element}'", row.where, suggestion(element, axes[axis])
                )
            )
            return None
        index[axis] = known.index(fold(element))
    return tuple(index)
