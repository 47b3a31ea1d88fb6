"""Put other numbers into a model: a place's regions, constants and outside paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from urbsim.errors import ModelError, Problem, suggestion
from urbsim.model.equations import Dimension, Equation, Model, Numbers, Table, Variable
from urbsim.model.subscripts import Subscripts, axes
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
        New element names of a dimension. Constants and lookups over it must then be given too, for all
        elements.
    numbers
        Values of a constant by name, shaped like its axes.
    tables
        Points (x, y) of a lookup by name, for each tuple of elements; ``()`` for one without subscripts.

    Raises
    ------
    ModelError
        An unknown name, an equation where a number belongs, a wrong shape, or numbers missing for new
        elements.
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
                problems.append(
                    Problem(f"the model has no variable '{name}'", model.source, suggestion(name, names))
                )
            elif variable.kind != kind:
                what = f"'{variable.name}' is a {variable.kind} of the model, not a {kind}"
                problems.append(Problem(what, model.where(variable)))
    if problems:
        raise ModelError(problems)
    for name, array in numbers.items():
        variable = model.variables[fold(name)]
        subscripts, axes = _axes(model, changed, variable)
        shape = tuple(map(len, axes))
        if np.shape(array) != shape:
            what = f"'{variable.name}' takes an array of shape {shape}, not {np.shape(array)}"
            problems.append(Problem(what, model.where(variable)))
            continue
        values = Numbers(tuple(map(float, np.ravel(array))))
        equation = replace(variable.equations[0], subscripts=subscripts, excepted=(), expression=values)
        variables[fold(name)] = replace(variable, equations=(equation,))
    for name, by_element in tables.items():
        variable = model.variables[fold(name)]
        _, axes = _axes(model, changed, variable)
        points = {tuple(map(fold, k)): v for k, v in by_element.items()}
        made: list[Equation] = []
        for combination in product(*axes):
            if combination not in points:
                what = f"'{variable.name}' has no points for [{', '.join(combination)}]"
                problems.append(Problem(what, model.where(variable)))
                continue
            x, y = points[combination]
            table = Table(tuple(map(float, x)), tuple(map(float, y)))
            made.append(replace(variable.equations[0], subscripts=combination, excepted=(), expression=table))
        if made:
            variables[fold(name)] = replace(variable, equations=tuple(made))
    left = set(model.variables) - {fold(n) for n in (*numbers, *tables)}
    known = {fold(e) for d in changed.dimensions for e in (d.name, *d.elements)}
    for variable in (v for k, v in model.variables.items() if k in left):
        if any(s not in known for e in variable.equations for s in e.subscripts):
            what = f"'{variable.name}' is written out for elements that the place does not have"
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
            problems.append(
                Problem(f"the model has no dimension '{name}'", model.source, suggestion(name, names))
            )
        else:
            renewed[old.elements] = tuple(new)
    dimensions: list[Dimension] = []
    for dimension in model.dimensions:
        now = renewed.get(dimension.elements, dimension.elements)
        mappings = dimension.mappings
        if (
            now != dimension.elements
        ):  # a copy stays a copy; any other mapping would be to elements that are gone
            mappings = {target: tuple((e, e) for e in now) for target in mappings}
        dimensions.append(replace(dimension, elements=now, mappings=mappings))
    return replace(model, dimensions=tuple(dimensions))


def _axes(
    model: Model, changed: Model, variable: Variable
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Give the dimension of each subscript position and its elements after the change, all folded.

    A position that does not run over a whole dimension keeps the subscripts it is written with.
    """
    subscripts, axes = [], []
    by_elements = {tuple(map(fold, d.elements)): d for d in reversed(model.dimensions)}
    for position, axis in enumerate(Subscripts(model).folded_axes(variable)):
        dimension = by_elements.get(axis)
        now = changed.dimension(dimension.name) if dimension else None
        subscripts.append(fold(now.name) if now else variable.equations[0].subscripts[position])
        axes.append(tuple(map(fold, now.elements)) if now else axis)
    return tuple(subscripts), tuple(axes)


__all__ = ["Points", "axes", "substitute"]
