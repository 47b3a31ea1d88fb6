"""Look a model over: units, documentation, and numbers that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from urbsim.errors import Problem
from urbsim.model.equations import Model
from urbsim.model.translate import references
from urbsim.model.units import check_units

CLOCK = {"initial time", "final time", "time step", "saveper"}


def check_model(model: Model) -> tuple[Problem, ...]:
    """List what a careful modeller would mend, each with file, line and variable.

    Missing units and documentation, constants and lookups that no equation uses, and units that disagree.
    What stops a model from running is found by `read_model` and `lower`.
    """
    return (*_missing(model), *_unused(model), *check_units(model))


def _missing(model: Model) -> Iterator[Problem]:
    for variable in model.variables.values():
        if not variable.unit:
            yield Problem("has no unit", model.where(variable), "write dmnl for a pure number")
        if not variable.doc:
            yield Problem("has no documentation", model.where(variable), "say in a line what it means")


def _unused(model: Model) -> Iterator[Problem]:
    used = {
        name.name
        for variable in model.variables.values()
        for equation in variable.equations
        for name in references(equation.expression)
    }
    for key, variable in model.variables.items():
        if variable.kind in {"constant", "lookup"} and key not in used | CLOCK:
            yield Problem(f"is a {variable.kind} that no equation uses", model.where(variable))
