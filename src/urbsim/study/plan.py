"""Scenario + place + system -> schedule: names resolved, values within their range, paths over time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import Constant
from urbsim.engine.schedule import Move, Schedule
from urbsim.engine.trajectory import Output
from urbsim.errors import Problem, ScenarioError, suggestion
from urbsim.names import fold
from urbsim.study.apply_place import array_of
from urbsim.study.lever import Lever
from urbsim.study.place import NO_SET, Number, Place
from urbsim.study.scenario import Scenario, Setting
from urbsim.study.target import Check, Target
from urbsim.study.uncertain import Uncertain

Part = TypeVar("Part", Setting, Uncertain)
CLOCK = {  # numbers of the model that a run sets itself, and how to have others
    **dict.fromkeys(("initial time", "final time"), "use `period: [first year, last year]`"),
    "saveper": "leave it out: every year is reported",
    "time step": "change it in the model file",
}
# Inputs by base year and set of parameters, see `start_inputs`; whoever plans many runs may keep them.
Starts = Callable[[int, str], npt.NDArray[np.float64]]


class Interface(Protocol):
    """What a study needs to know of a compiled model: what can be set, and what can be reported."""

    @property
    def constants(self) -> tuple[Constant, ...]: ...
    @property
    def inputs(self) -> npt.NDArray[np.float64]: ...
    @property
    def outputs(self) -> tuple[Output, ...]: ...


def plan(
    scenario: Scenario,
    place: Place,
    levers: Sequence[Lever],
    system: Interface,
    starts: Starts | None = None,
) -> Schedule:
    """Give the inputs of a run over time.

    Raises
    ------
    ScenarioError
        Every lever, parameter, region, value or year that does not fit the place or the model.
    """
    problems: list[Problem] = []
    start, stop = period(scenario, place, problems)
    known_start = start if start in place.base_years else place.base_year
    known_set = _parameter_set(scenario, place, problems)
    constants = {fold(constant.name): constant for constant in system.constants}
    known = {lever.id: lever for lever in levers}
    starts = starts or partial(start_inputs, place, system)
    inputs = starts(known_start, known_set).copy()
    for name, settings in scenario.parameters.items():
        if fold(name) in CLOCK:
            problems.append(of_clock(name, settings[0].entry, "set"))
            continue
        constant = constants.get(fold(name))
        if constant is None:
            problems.append(_unknown_parameter(name, settings[0].entry, constants, known))
            continue
        _set_parameter(name, inputs, constant, settings, place, problems)

    moves: dict[int, tuple[Move, str]] = {}
    for id_, settings in scenario.levers.items():
        lever = find_lever(id_, levers)
        if lever is None:
            problems.append(
                Problem(
                    f"there is no lever '{id_}'",
                    settings[0].entry,
                    suggestion(id_, [*known], "`urbsim list levers`"),
                )
            )
            continue
        constant = constants[fold(lever.variable)]
        for regions, setting in spread(id_, settings, constant, place, problems):
            slots = slots_in(constant, lever.select, regions, place)
            for move in _moves(slots, setting, lever, inputs, place, (start, stop), problems):
                if move.slot in moves and moves[move.slot][1] != id_:
                    other = moves[move.slot][1]
                    problems.append(
                        Problem(f"levers '{id_}' and '{other}' move the same number", setting.where)
                    )
                moves[move.slot] = (move, id_)
    if problems:
        raise ScenarioError(_distinct(problems))
    return Schedule(
        start=float(start),
        stop=float(stop),
        save=np.arange(start, stop + 0.5, 1.0),
        inputs=inputs.reshape(-1, 1),
        moves=tuple(move for move, _ in moves.values()),
    )


def of_clock(name: str, where: str, done: str) -> Problem:
    """Say that a number of the clock is not a parameter, whatever was to be done with it."""
    what = f"{name} belongs to the clock of the run, and is not a parameter that can be {done}"
    return Problem(what, where, CLOCK[fold(name)])


def find_lever(name: str, levers: Sequence[Lever]) -> Lever | None:
    """Find a lever by its id; case, blanks and underscores do not matter."""
    key = fold(name).replace(" ", "_")
    return next((lever for lever in levers if lever.id in (name, key)), None)


def policy_start(
    name: str, place: Place, span: tuple[int, int], where: str, problems: list[Problem]
) -> float:
    """Give the time from which a lever given as one number acts; one outside the run is a problem.

    That is the first day of the first policy year: the end of the year before.
    """
    year = place.first_policy_year - 1.0
    if not span[0] <= year <= span[1]:
        first = f", where a lever given as one number begins for {place.name},"
        problems.append(Problem(f"{name}: {year:g}{first} is outside the period {span[0]}-{span[1]}", where))
    return year


def period(scenario: Scenario, place: Place, problems: list[Problem]) -> tuple[int, int]:
    """Give the first and last year of a run; one that the place has no stocks for is a problem."""
    first, last = scenario.period or place.period
    if first not in place.base_years:
        years = " or ".join(map(str, place.base_years))
        problems.append(
            Problem(
                f"period: starts in {first}, but the stocks of {place.name} are those of {years}",
                scenario.where.get("period", scenario.source),
                f"start in {years}",
            )
        )
    demands: tuple[Target | Check, ...] = (*(scenario.targets or ()), *scenario.checks)
    problems.extend(
        Problem(f"year {demand.year} is outside the period {first}-{last}", demand.where)
        for demand in demands
        if demand.year is not None and not first <= demand.year <= last
    )
    return first, last


def start_inputs(
    place: Place, system: Interface, base_year: int, parameter_set: str
) -> npt.NDArray[np.float64]:
    """Give the inputs of a run from a base year with a set of fitted parameters ("": the tables' own).

    Whatever base year and set the system was compiled with, nothing of it but the inputs hangs on them.
    """
    inputs = np.array(system.inputs, dtype=float)
    constants = {fold(constant.name): constant for constant in system.constants}
    rows: dict[str, list[Number]] = {}
    for row in place.numbers_of(base_year, parameter_set):
        rows.setdefault(fold(row.variable), []).append(row)
    for key, numbers in rows.items():
        constant = constants[key]
        values = array_of(constant.name, constant.axes, place, numbers, [], base_year)
        inputs[constant.first : constant.first + constant.size] = values.ravel()
    return inputs


def _parameter_set(scenario: Scenario, place: Place, problems: list[Problem]) -> str:
    """Give the set that a scenario asks for; one that the place does not have is a problem."""
    name = place.set_name(scenario.parameter_set)
    if name and name not in place.sets:
        problems.append(
            Problem(
                f"parameter_set: {place.name} has no parameters '{name}'",
                scenario.where.get("parameter_set", scenario.source),
                suggestion(name, [*place.sets, NO_SET]),
            )
        )
        return place.parameter_set
    return name


def own_values(
    lever: Lever, place: Place, system: Interface, inputs: npt.NDArray[np.float64] | None = None
) -> dict[str, float]:
    """Give the value that the place has for a lever by region, or one for the whole of it [its unit].

    `inputs` are those of a run; without them, the place's own in its default base year.
    """
    inputs = system.inputs if inputs is None else inputs
    constant = next(c for c in system.constants if fold(c.name) == fold(lever.variable))
    areas = place.regions if place.axis(constant.axes) is not None else (place.name,)
    return {
        area: round(
            float(inputs[slots_in(constant, lever.select, place.members(area) or (), place)[0]])
            / lever.scale,
            9,
        )
        for area in areas
    }


def slots_of(lever: Lever, place: Place, system: Interface) -> frozenset[int]:
    """Give the inputs that a lever may move."""
    constant = next(c for c in system.constants if fold(c.name) == fold(lever.variable))
    return frozenset(slots_in(constant, lever.select, tuple(place.regions), place))


def mute(schedule: Schedule, slots: Collection[int]) -> Schedule:
    """Give the schedule in which these inputs stay as they are, with every break of the run where it was."""

    def still(move: Move) -> Move:
        own = schedule.inputs[move.slot]
        alike = (own == own[0]).all()
        values = (float(own[0]),) * len(move.times) if alike else np.tile(own, (len(move.times), 1))
        return replace(move, values=values)

    moves = tuple(still(move) if move.slot in slots else move for move in schedule.moves)
    return replace(schedule, moves=moves)


def _set_parameter(
    name: str,
    inputs: npt.NDArray[np.float64],
    constant: Constant,
    settings: tuple[Setting, ...],
    place: Place,
    problems: list[Problem],
) -> None:
    for regions, setting in spread(name, settings, constant, place, problems):
        if setting.years:
            problems.append(
                Problem(
                    f"'{constant.name}' is a parameter and holds for the whole run, expected one value",
                    setting.where,
                    "only levers may change over the years",
                )
            )
            continue
        for slot in slots_in(constant, {}, regions, place):
            inputs[slot] = setting.amounts[0].of(float(inputs[slot]))


def _moves(
    slots: Sequence[int],
    setting: Setting,
    lever: Lever,
    inputs: npt.NDArray[np.float64],
    place: Place,
    span: tuple[int, int],
    problems: list[Problem],
) -> Iterator[Move]:
    start, stop = span
    # A lever given as one number jumps; what is reported for the time of the jump goes with its own value.
    years = setting.years or (policy_start(lever.id, place, span, setting.where, problems),) * 2
    problems.extend(
        Problem(f"{lever.id}: {year:g} is outside the period {start}-{stop}", setting.where)
        for year in setting.years
        if not start <= year <= stop
    )
    low, high = lever.range
    slack = 1e-9 * max(abs(low), abs(high))
    for slot in slots:
        values = [amount.of(float(inputs[slot]) / lever.scale) for amount in setting.amounts]
        for amount, value in zip(setting.amounts, values, strict=True):
            if not low - slack <= value <= high + slack:
                origin = f" (of the place's {inputs[slot] / lever.scale:g})" if amount.relative else ""
                problems.append(
                    Problem(
                        f"{lever.id} is {value:g} {lever.unit}{origin}, allowed are {low:g} to {high:g}",
                        setting.where,
                    )
                )
        before = () if setting.years else (float(inputs[slot]),)
        yield Move(slot=slot, times=years, values=(*before, *(value * lever.scale for value in values)))


def spread(
    name: str, settings: Sequence[Part], constant: Constant, place: Place, problems: list[Problem]
) -> Iterator[tuple[tuple[str, ...], Part]]:
    """Give each setting of a lever or parameter with the regions that it sets; the smaller area wins."""
    taken: dict[str, tuple[int, Part]] = {}
    regional = place.axis(constant.axes) is not None
    for setting in settings:
        regions = place.members(setting.region)
        if regions is None:
            problems.append(
                Problem(
                    f"{name}: there is no region or group '{setting.region}' in {place.name}",
                    setting.where,
                    suggestion(setting.region, place.areas),
                )
            )
            continue
        if not regional and len(regions) < len(place.regions):
            problems.append(
                Problem(
                    f"{name} is one number for the whole place, and cannot be set for '{setting.region}'",
                    setting.where,
                )
            )
            continue
        for region in regions:
            size, other = taken.get(region, (len(place.regions) + 1, setting))
            if size == len(regions):
                problems.append(
                    Problem(
                        f"{name}: {region} is set twice, "
                        f"as part of '{other.region}' and of '{setting.region}'",
                        setting.where,
                    )
                )
            if len(regions) < size:
                taken[region] = (len(regions), setting)
    for setting in settings:
        regions = tuple(region for region, (_, winner) in taken.items() if winner is setting)
        if regions:
            yield regions, setting


def slots_in(
    constant: Constant, select: Mapping[str, str], regions: Sequence[str], place: Place
) -> tuple[int, ...]:
    """Give the inputs of a constant in these regions and, where `select` names them, these elements."""
    regional = place.axis(constant.axes)
    wanted = {fold(region) for region in regions}
    elements = {fold(element) for element in select.values()}
    choices: list[list[int]] = []
    for position, axis in enumerate(constant.axes):
        folded = [fold(element) for element in axis]
        chosen = wanted if position == regional else elements & set(folded)
        choices.append([i for i, element in enumerate(folded) if not chosen or element in chosen])
    shape = [len(axis) for axis in constant.axes]
    return tuple(
        constant.first + int(np.ravel_multi_index(i, shape)) if i else constant.first
        for i in product(*choices)
    )


def _unknown_parameter(
    name: str, where: str, constants: Mapping[str, Constant], levers: Mapping[str, Lever]
) -> Problem:
    if name in levers:
        return Problem(f"'{name}' is a lever, not a parameter", where, "write it under 'levers'")
    return Problem(
        f"the model has no constant '{name}'", where, suggestion(name, [c.name for c in constants.values()])
    )


def _distinct(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
