"""Put other numbers into a model: a place's regions, constants and outside paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from urbsim.errors import ModelError, Problem, suggestion
from urbsim.model.equations import Dimension, Equation, Model, Numbers, Table, Variable
from urbsim.model.lower import axes
from urbsim.names import fold

Points = tuple[Sequence[float], Sequence[float]]


def substitute(
    model: Model,
    *,
    elements: Mapping[str, Sequence[str]] | None = None,
    numbers: Mapping[str, npt.NDArray[np.float64]] | None = None,
    tables: Mapping[str, Mapping[tuple[str, ...], Points]] | None = None,
) -> Model:
    """Give the model with other elements, constants and lookups.

    Parameters
    ----------
    elements
        New element names of a dimension. Constants and lookups over it must then be given too, for all elements.
    numbers
        Values of a constant by name, shaped like its axes.
    tables
        Points (x, y) of a lookup by name, for each tuple of elements; ``()`` for one without subscripts.

    Raises
    ------
    ModelError
        An unknown name, an equation where a number belongs, a wrong shape, or numbers missing for new elements.
    """
    elements, numbers, tables = elements or {}, numbers or {}, tables or {}
    problems: list[Problem] = []
    changed = _dimensions(model, elements, problems)
    variables = dict(model.variables)
    for kind, given in (("constant", numbers), ("lookup", tables)):
        for name in given:
            variable = model.variables.get(fold(name))
            if variable is None:
                names = [v.name for v in model.variables.values() if v.kind == kind]
                problems.append(Problem(f"the model has no variable '{name}'", model.source, suggestion(name, names)))
            elif variable.kind != kind:
                what = f"'{variable.name}' is a {variable.kind} of the model, not a {kind}"
                problems.append(Problem(what, model.where(variable)))
    if problems:
        raise ModelError(problems)
    for name, array in numbers.items():
        variable = model.variables[fold(name)]
        names = _subscripts(changed, variable)
        shape = tuple(len(e) for _, e in names)
        if np.shape(array) != shape:
            what = f"'{variable.name}' takes an array of shape {shape}, not {np.shape(array)}"
            problems.append(Problem(what, model.where(variable)))
            continue
        equation = replace(
            variable.equations[0],
            subscripts=tuple(fold(n) for n, _ in names),
            excepted=(),
            expression=Numbers(tuple(map(float, np.ravel(array)))),
        )
        variables[fold(name)] = replace(variable, equations=(equation,))
    for name, by_element in tables.items():
        variable = model.variables[fold(name)]
        names = _subscripts(changed, variable)
        points = {tuple(map(fold, k)): v for k, v in by_element.items()}
        made: list[Equation] = []
        for combination in product(*(tuple(map(fold, e)) for _, e in names)):
            if combination not in points:
                what = f"'{variable.name}' has no points for [{', '.join(combination)}]"
                problems.append(Problem(what, model.where(variable)))
                continue
            x, y = points[combination]
            table = Table(tuple(map(float, x)), tuple(map(float, y)))
            made.append(replace(variable.equations[0], subscripts=combination, excepted=(), expression=table))
        if made:
            variables[fold(name)] = replace(variable, equations=tuple(made))
    given = {fold(n) for n in (*numbers, *tables)}
    for key, variable in changed.variables.items():
        if key not in given and _names_old_elements(model, changed, variable):
            what = f"'{variable.name}' has its own numbers or equations for regions that the place does not have"
            problems.append(Problem(what, model.where(variable), "give its numbers in the place's tables"))
    if problems:
        raise ModelError(problems)
    return replace(changed, variables=variables)


def _dimensions(model: Model, elements: Mapping[str, Sequence[str]], problems: list[Problem]) -> Model:
    """Replace the elements of dimensions, of copies of them (same elements) as well."""
    renewed = {}
    for name, new in elements.items():
        old = model.dimension(name)
        if old is None:
            names = [d.name for d in model.dimensions]
            problems.append(Problem(f"the model has no dimension '{name}'", model.source, suggestion(name, names)))
        else:
            renewed[old.elements] = tuple(new)
    dimensions: list[Dimension] = []
    for dimension in model.dimensions:
        if dimension.elements not in renewed:
            dimensions.append(dimension)
            continue
        new = renewed[dimension.elements]
        mappings = {target: tuple((e, e) for e in new) for target in dimension.mappings}
        dimensions.append(replace(dimension, elements=new, mappings=mappings))
    return replace(model, dimensions=tuple(dimensions))


def _subscripts(model: Model, variable: Variable) -> list[tuple[str, tuple[str, ...]]]:
    """For each subscript position of a variable, a dimension with just its elements."""
    result = []
    ranges = [(d.name, d.elements) for d in model.dimensions]
    for position in range(len(variable.equations[0].subscripts)):
        written = {e.subscripts[position] for e in variable.equations}
        whole = next(((n, e) for n, e in ranges if fold(n) in written), None)
        if whole is None:
            holding = [(n, e) for n, e in ranges if written <= set(map(fold, e))]
            whole = min(holding, key=lambda r: len(r[1]), default=None)
        if whole is None:  # the elements have been replaced: find the dimension by what it was
            whole = next((n, e) for n, e in ranges if fold(n) == "region")
        result.append(whole)
    return result


def _names_old_elements(model: Model, changed: Model, variable: Variable) -> bool:
    known = {fold(e) for d in changed.dimensions for e in d.elements} | {fold(d.name) for d in changed.dimensions}
    return any(s not in known for e in variable.equations for s in e.subscripts)


__all__ = ["axes", "substitute"]
