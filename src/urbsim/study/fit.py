"""Find out whether the catalogues, the targets and a scenario fit the model and each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from urbsim.engine.trajectory import Output
from urbsim.errors import InputError, PlaceError, Problem, ScenarioError, suggestion
from urbsim.model.equations import Model
from urbsim.names import fold
from urbsim.study.indicator import Indicator
from urbsim.study.lever import Lever
from urbsim.study.place import Observation, Place
from urbsim.study.plan import Interface
from urbsim.study.quantity import same_unit
from urbsim.study.scenario import Scenario
from urbsim.study.target import Check, Target
from urbsim.study.vocabulary import Vocabulary

Axes = tuple[tuple[str, ...], ...]

ABSURD = 100  # a level this many times all that was observed is in another unit


def check_catalogues(
    levers: Sequence[Lever], indicators: Sequence[Indicator], place: Place, system: Interface
) -> None:
    """Refuse levers and indicators that the model does not have, and data on other indicators.

    Raises
    ------
    InputError
        Every entry that does not fit.
    """
    constants = {fold(constant.name): constant.axes for constant in system.constants}
    outputs = {fold(output.name): output.axes for output in system.outputs}
    problems = [
        *(problem for lever in levers for problem in _lever_problems(lever, constants, system, place)),
        *(problem for one in indicators for problem in _indicator_problems(one, outputs, system, place)),
        *_iamc_problems(indicators),
    ]
    if problems:
        raise InputError(problems)
    known = {indicator.id: indicator for indicator in indicators}
    rows: tuple[Observation | Target, ...] = (*place.history, *place.targets)
    problems = [
        problem for row in rows for problem in _report_problems(row.indicator, row.unit, row.where, known)
    ]
    problems.extend(problem for target in place.targets for problem in _level_problems(target, place, known))
    if problems:
        raise PlaceError(problems)


def _iamc_problems(indicators: Sequence[Indicator]) -> Iterator[Problem]:
    """Refuse two indicators of one name in the IAMC layout, where a name is all that tells them apart."""
    first: dict[str, Indicator] = {}
    for one in indicators:
        if one.iamc and (other := first.setdefault(one.iamc.casefold(), one)) is not one:
            yield Problem(f"iamc name '{one.iamc}' is also that of '{other.id}'", one.where)


def check_names(vocabulary: Vocabulary, model: Model) -> None:
    """Refuse words for names that the model does not have.

    Raises
    ------
    InputError
        Every entry that names nothing.
    """
    elements = {fold(one): one for dimension in model.dimensions for one in dimension.elements}
    variables = {key: variable.name for key, variable in model.variables.items()}
    known = {"variable": variables, "element": elements}  # sectors are headings, which only a page reads
    problems = [
        Problem(
            f"the model has no {entry.kind} '{entry.name}'",
            entry.where,
            suggestion(entry.name, [*known[entry.kind].values()]),
        )
        for entry in vocabulary.entries
        if entry.kind in known and fold(entry.name) not in known[entry.kind]
    ]
    if problems:
        raise InputError(problems)


def check_scenario(
    scenario: Scenario, place: Place, indicators: Sequence[Indicator], outputs: Sequence[Output]
) -> None:
    """Refuse targets and checks on what is not reported.

    Raises
    ------
    ScenarioError
        Every target and check that does not fit.
    """
    known = {indicator.id: indicator for indicator in indicators}
    names = {fold(output.name): output.name for output in outputs}
    problems: list[Problem] = []
    demands: tuple[Target | Check, ...] = (*(scenario.targets or ()), *scenario.checks)
    for demand in demands:
        if demand.indicator:
            problems.extend(_report_problems(demand.indicator, None, demand.where, known))
            if isinstance(demand, Target):
                problems.extend(_level_problems(demand, place, known))
        elif isinstance(demand, Check) and fold(demand.variable) not in names:
            fix = suggestion(demand.variable, [*names.values()])
            problems.append(Problem(f"the model has no variable '{demand.variable}'", demand.where, fix))
        if place.members(demand.region) is None:
            fix = suggestion(demand.region, place.areas)
            problems.append(
                Problem(f"there is no region or group '{demand.region}' in {place.name}", demand.where, fix)
            )
    if problems:
        raise ScenarioError(problems)


def _lever_problems(
    lever: Lever, constants: Mapping[str, Axes], system: Interface, place: Place
) -> Iterator[Problem]:
    axes = constants.get(fold(lever.variable))
    if axes is None:
        known = [constant.name for constant in system.constants]
        what = f"lever {lever.id}: the model has no constant '{lever.variable}'"
        yield Problem(what, lever.where, suggestion(lever.variable, known))
        return
    yield from _select_problems(f"lever {lever.id}", lever.select, axes, lever.where, place)


def _indicator_problems(
    indicator: Indicator, outputs: Mapping[str, Axes], system: Interface, place: Place
) -> Iterator[Problem]:
    for variable in (indicator.variable, indicator.per, indicator.weight):
        if variable is None:
            continue
        axes = outputs.get(fold(variable))
        if axes is None:
            known = [output.name for output in system.outputs]
            what = f"indicator {indicator.id}: the model has no variable '{variable}'"
            yield Problem(what, indicator.where, suggestion(variable, known))
        elif variable == indicator.variable:
            who = f"indicator {indicator.id}"
            yield from _select_problems(who, indicator.select, axes, indicator.where, place)
            further = len(axes) - (place.axis(axes) is not None)
            if indicator.weight and further > len(indicator.select):
                yield Problem(
                    f"{who}: '{variable}' has further dimensions, which a weighted mean cannot add up",
                    indicator.where,
                    "name one element of each under 'select'",
                )


def _select_problems(
    who: str, select: Mapping[str, str], axes: Axes, where: str, place: Place
) -> Iterator[Problem]:
    regional = place.axis(axes)
    others = [axis for position, axis in enumerate(axes) if position != regional]
    for dimension, element in select.items():
        if not any(fold(element) in map(fold, axis) for axis in others):
            known = [name for axis in others for name in axis]
            yield Problem(
                f"{who}: select: its variable has no {dimension} '{element}'",
                where,
                suggestion(element, known) if known else "it has no dimension besides the region",
            )


def _report_problems(
    indicator: str, unit: str | None, where: str, known: Mapping[str, Indicator]
) -> Iterator[Problem]:
    if indicator not in known:
        fix = suggestion(indicator, [*known], "`urbsim list indicators`")
        yield Problem(f"there is no indicator '{indicator}'", where, fix)
    elif unit is not None and not same_unit(unit, known[indicator].unit):
        expected = f"expected '{known[indicator].unit}'"
        yield Problem(f"unit of {indicator} is '{unit}', {expected} as in indicators.yaml", where)


def _level_problems(target: Target, place: Place, known: Mapping[str, Indicator]) -> Iterator[Problem]:
    """Find a level that is off by so much that it must have been written in another unit."""
    indicator = known.get(target.indicator)
    if indicator is None:
        return
    unit, value = indicator.unit, target.value
    observed = [abs(row.value) for row in place.history if row.indicator == target.indicator]
    if unit == "%" and 0 < value <= 1:
        what = f"{target.indicator} of {value:g}: the unit is %"
        yield Problem(what, target.where, f"did you mean {100 * value:g}?")
    elif observed and abs(value) > ABSURD * max(observed):
        what = (
            f"{target.indicator} of {value:g}: the unit is {unit}, and at most {max(observed):g} was observed"
        )
        yield Problem(what, target.where, f"write the value in {unit}")
