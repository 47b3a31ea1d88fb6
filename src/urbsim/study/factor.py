"""Factors: the numbers that differ from run to run of an ensemble, and where in the inputs they go."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import Constant
from urbsim.engine.schedule import Move, Schedule
from urbsim.errors import Problem, ScenarioError, suggestion
from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.lever import Lever
from urbsim.study.place import Estimate, Number, Place
from urbsim.study.plan import (
    CLOCK,
    Interface,
    find_lever,
    of_clock,
    policy_start,
    slots_in,
    slots_of,
    spread,
    start_inputs,
)
from urbsim.study.scenario import Scenario
from urbsim.study.uncertain import Correlated, Distribution, Uncertain
from urbsim.study.vocabulary import listed
from urbsim.study.words import Words

Floats = npt.NDArray[np.float64]
Kind = Literal["lever", "parameter"]

RELATIVE_UNIT = "x"  # of a factor that multiplies the place's own value
SLACK = 1e-9  # [-] of a bound: what arithmetic may lose
ALIKE = 1e-3  # [-] ranges that differ by less, relative to their values, are one range, rounded
ERRORS = 2.0  # standard errors either side of a fitted value: about 95 % of what history allows
FEW = 4  # rows that a label names; of more, the first and the last
NAMED = 2  # draws of one name that stand by their own names in a group; more are counted
TABLE = "parameters.csv"  # holds what is judged; base.csv holds what is measured
SWITCH = "loop "  # constants that cut a loop of the model: 1 or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One number that differs from run to run.

    Parameters
    ----------
    label
        ``settler_land_quota``, ``Base village departure rate[northeast]``: the lever's id, or the constant's
        name as the model has it, with the area. No two factors of a scenario have the same.
    name, region, kind
        Lever id or name of the constant, and the area; empty is the whole place.
    unit
        Of the values: the lever's or the constant's, or "x" when they multiply the place's own value.
    title, heading
        What people call it, with the area and without.
    distribution
        Of the values, within the allowed range of a lever.
    group
        Name of the correlated group that the factor belongs to; empty for none.
    slots, own
        The inputs that it sets, and what the place has for them [unit of the constant].
    whole, before
        All inputs of the lever or parameter, and what they are without the scenario [unit of the constant]:
        a draw replaces all that the scenario says of it.
    cut
        Share of the distribution as written that the allowed range of a lever cuts off [-].
    scale
        Value of the input = scale * value of the factor.
    start
        Time from which a lever acts; None for a parameter, which holds for the whole run.
    """

    label: str
    name: str
    region: str
    kind: Kind
    title: Words
    heading: Words = field(default_factory=Words)
    unit: str
    distribution: Distribution
    group: str = ""
    slots: tuple[int, ...]
    own: tuple[float, ...]
    whole: tuple[int, ...]
    before: tuple[float, ...]
    cut: float = 0.0
    scale: float = 1.0
    start: float | None = None
    where: str = ""

    @property
    def relative(self) -> bool:
        """Whether values are multiples of the place's own value."""
        return self.distribution.relative


def factors(
    scenario: Scenario, place: Place, levers: Sequence[Lever], system: Interface, schedule: Schedule
) -> tuple[Factor, ...]:
    """Give what a scenario draws, in the order of its file, regions in that of the place.

    Parameters
    ----------
    schedule
        Of the scenario, as `plan` gives it; it says what stays certain.

    Raises
    ------
    ScenarioError
        Every uncertain entry and correlated group that does not fit the place or the model.
    """
    if not scenario.uncertain and not scenario.correlated:
        return ()
    problems: list[Problem] = []
    context = _Context(scenario, place, levers, system, schedule)
    entries: dict[str, list[Uncertain]] = {}
    for one in scenario.uncertain:
        entries.setdefault(one.name, []).append(one)
    found: list[Factor] = []
    for name, parts in entries.items():
        if fold(name) in CLOCK:
            problems.append(of_clock(name, parts[0].entry, "drawn"))
            continue
        lever = find_lever(name, levers)
        constant = context.constants.get(fold(lever.variable if lever else name))
        if constant is None:
            known = [*(lever.id for lever in levers), *(c.name for c in system.constants)]
            what = f"uncertain: there is no lever and no constant '{name}'"
            problems.append(Problem(what, parts[0].entry, suggestion(name, known, "`urbsim list levers`")))
            continue
        found.extend(_factors_of(name, parts, lever, constant, context, problems))
    problems.extend(_clashes(found, context))
    found = _grouped(found, scenario, problems)
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    return tuple(found)


def lever_factors(
    scenario: Scenario, place: Place, levers: Sequence[Lever], system: Interface, schedule: Schedule
) -> tuple[Factor, ...]:
    """Give every lever, at any value of its allowed range, the same everywhere, from the first policy year.

    It takes the place of what the scenario says of the lever.

    Raises
    ------
    ScenarioError
        No lever can act, because the first policy year lies outside the run.
    """
    context = _Context(scenario, place, levers, system, schedule)
    problems: list[Problem] = []
    found: list[Factor] = []
    for lever in levers:
        if lever.range[0] < lever.range[1]:
            part = Uncertain(name=lever.id, distribution=_uniform(*lever.range), where=scenario.source)
            constant = context.constants[fold(lever.variable)]
            found.extend(_factors_of(lever.id, [part], lever, constant, context, problems))
    if problems:
        raise ScenarioError(problems[0])
    return tuple(found)


def parameter_factors(
    scenario: Scenario, place: Place, levers: Sequence[Lever], system: Interface, schedule: Schedule
) -> tuple[Factor, ...]:
    """Give every parameter of the place's tables that has a range, at any value of its range.

    The range is `low` to `high` of `parameters.csv`. For a parameter fitted to history, where the scenario
    runs with fitted ones, it is the fitted value and two standard errors either side, within the range that
    it was fitted in: history does not allow the rest. One that ended on a bound, or that history says
    nothing of, has no standard error, and keeps the range that it was fitted in.

    Rows whose ranges are the same, as numbers or as multiples of their values, move together as one
    factor, so that what was judged or fitted as one number stays one. Left out are levers, switches of
    loops, what was measured (`base.csv`), references, and shares that add up to 1, because none of them
    can be moved alone.
    """
    context = _Context(scenario, place, levers, system, schedule)
    fitted = place.set_name(scenario.parameter_set)
    estimates = place.sets[fitted].estimates if fitted in place.sets else ()
    rows: dict[str, list[Number]] = {}
    for row in place.numbers_of(int(schedule.start), fitted):
        rows.setdefault(fold(row.variable), []).append(row)
    moved = {fold(lever.variable) for lever in levers}
    judged = {fold(row.variable) for row in place.numbers if _file_of(row) == TABLE}
    found: list[Factor] = []
    for constant in system.constants:
        key = fold(constant.name)
        if key not in judged or key in moved or key.startswith(SWITCH):
            continue
        if not _adds_up(context.own_array(constant)):
            found.extend(_ranges(constant, rows[key], estimates, context))
    return tuple(found)


def apply_draws(schedule: Schedule, factors: Sequence[Factor], values: Floats) -> Schedule:
    """Give the schedule of many runs, each with its own values of the factors.

    Parameters
    ----------
    schedule
        Of the scenario, one run.
    values
        Shape (n_factors, n_runs) [unit of each factor].
    """
    count = values.shape[1]
    inputs = np.repeat(schedule.inputs[:, :1], count, axis=1)
    parameters = [(f, v) for f, v in zip(factors, values, strict=True) if f.kind == "parameter"]
    moving = [(f, v) for f, v in zip(factors, values, strict=True) if f.kind == "lever"]
    for factor, _ in parameters:
        inputs[list(factor.whole)] = np.array(factor.before)[:, np.newaxis]
    for factor, drawn in parameters:
        for slot, own in zip(factor.slots, factor.own, strict=True):
            inputs[slot] = drawn * own if factor.relative else drawn
    replaced = {slot for factor, _ in moving for slot in factor.whole}
    moves = [move for move in schedule.moves if move.slot not in replaced]
    for factor, drawn in moving:
        if factor.start is None:
            raise ValueError(f"{factor.label} is a lever without a start")
        for slot, own in zip(factor.slots, factor.own, strict=True):
            # The same operations as of a scenario with this number, so that the last digit is the same too.
            value = (drawn * (own / factor.scale) if factor.relative else drawn) * factor.scale
            moves.append(Move(slot=slot, times=(factor.start,) * 2, values=np.array([inputs[slot], value])))
    return replace(schedule, inputs=inputs, moves=tuple(moves))


def together(factors: Sequence[Factor]) -> tuple[str, Words]:
    """Give label and title of factors as one; draws of one name by region are counted if they are many."""
    names: dict[str, list[Factor]] = {}
    for factor in factors:
        names.setdefault(factor.name, []).append(factor)
    labels: list[str] = []
    titles: list[Words] = []
    for name, of_it in names.items():
        if len(of_it) <= NAMED:
            labels.extend(factor.label for factor in of_it)
            titles.extend(factor.title for factor in of_it)
        else:
            count, heading = len(of_it), of_it[0].heading or Words(en=name)
            labels.append(f"{name} ({count} regions)")
            titles.append(Words(zh=f"{heading.zh}（{count}个区域）", en=f"{heading.en} ({count} regions)"))
    return " + ".join(labels), Words(
        zh="＋".join(title.zh for title in titles), en=" + ".join(title.en for title in titles)
    )


def members(group: Correlated, factors: Sequence[Factor]) -> list[int]:
    """Give the positions of the draws of a correlated group, in its order."""
    wanted = dict.fromkeys(map(fold, group.names))
    return [
        position
        for name in wanted
        for position, factor in enumerate(factors)
        if name in (fold(factor.name), fold(factor.label)) or name == fold(factor.name).replace(" ", "_")
    ]


class _Context:
    """What the entries of one scenario are held against."""

    def __init__(
        self, scenario: Scenario, place: Place, levers: Sequence[Lever], system: Interface, schedule: Schedule
    ) -> None:
        self.scenario, self.place, self.levers, self.system = scenario, place, levers, system
        self.schedule = schedule
        self.constants = {fold(constant.name): constant for constant in system.constants}
        self.span = int(schedule.start), int(schedule.stop)
        fitted = place.set_name(scenario.parameter_set)
        known = fitted if fitted in place.sets else ""
        self.own = start_inputs(place, system, self.span[0], known)  # without what the scenario says

    def own_array(self, constant: Constant) -> Floats:
        values = self.own[constant.first : constant.first + constant.size]
        return values.reshape([len(axis) for axis in constant.axes])


def _uniform(low: float, high: float, *, relative: bool = False) -> Distribution:
    ends = (Amount(number=low, relative=relative), Amount(number=high, relative=relative))
    return Distribution(kind="uniform", amounts=ends)


def _factors_of(
    name: str,
    parts: Sequence[Uncertain],
    lever: Lever | None,
    constant: Constant,
    context: _Context,
    problems: list[Problem],
) -> Iterator[Factor]:
    """Give the factors of the entries of one name; what does not fit goes to `problems`."""
    place = context.place
    select = lever.select if lever else {}
    # A lever starts from what the scenario says of its constant; a parameter from what the place says.
    base = context.schedule.inputs[:, 0] if lever else context.own
    whole = tuple(sorted(slots_of(lever, place, context.system))) if lever else _slots(constant)
    start = policy_start(name, place, context.span, parts[0].where, problems) if lever else None
    regional = place.axis(constant.axes) is not None
    for regions, part in spread(name, parts, constant, place, problems):
        if part.by_region and not regional:
            problems.append(
                Problem(f"{name} is one number for the whole place, and has none by region", part.where)
            )
            continue
        everywhere = len(regions) == len(place.regions) and len(parts) == 1
        area = "" if everywhere else place.area(part.region)
        for where, within in [(r, (r,)) for r in regions] if part.by_region else [(area, regions)]:
            slots = slots_in(constant, select, within, place)
            own = tuple(float(base[slot]) for slot in slots)
            called = lever.id if lever else constant.name
            heading = lever.name if lever else place.vocabulary.words(called)
            factor = Factor(
                label=f"{called}[{where}]" if where else called,
                name=called,
                region=where,
                kind="lever" if lever else "parameter",
                title=_title(heading, where, place),
                heading=heading,
                unit=RELATIVE_UNIT if part.distribution.relative else (lever or constant).unit,
                distribution=part.distribution,
                slots=slots,
                own=own,
                whole=whole,
                before=tuple(float(base[slot]) for slot in whole),
                scale=lever.scale if lever else 1.0,
                start=start,
                where=part.where,
            )
            if factor.relative and not any(own):
                problems.append(
                    Problem(
                        f"{factor.label} is relative to the value of {place.name}, and multiples of 0 are 0",
                        part.where,
                        "write numbers",
                    )
                )
            else:
                yield _allowed(factor, lever, problems) if lever else factor


def _title(title: Words, region: str, place: Place) -> Words:
    if not region:
        return title
    return _with(title, place.area_title(region))


def _with(title: Words, what: Words) -> Words:
    return Words(zh=f"{title.zh}（{what.zh}）", en=f"{title.en} ({what.en})")


def _slots(constant: Constant) -> tuple[int, ...]:
    return tuple(range(constant.first, constant.first + constant.size))


def _allowed(factor: Factor, lever: Lever, problems: list[Problem]) -> Factor:
    """Give the factor within the allowed range of its lever."""
    low, high = lever.range
    slack = SLACK * max(abs(low), abs(high))
    bounds = (low, high)
    if factor.relative:  # the multiples that keep every region's value in the range
        spans = [sorted((low * lever.scale / own, high * lever.scale / own)) for own in factor.own if own]
        bounds = (max(span[0] for span in spans), min(span[1] for span in spans))
        slack = SLACK * max(map(abs, bounds))
    given = factor.distribution
    try:
        held = given.held(*bounds)
    except ValueError as failure:
        problems.append(Problem(f"{factor.label}: {failure}", factor.where))
        return factor
    if held.lowest < bounds[0] - slack or held.highest > bounds[1] + slack:
        unit = "times the place's own value" if factor.relative else lever.unit
        problems.append(
            Problem(
                f"{factor.label} is drawn from {held.lowest:.6g} to {held.highest:.6g} {unit}, "
                f"allowed are {bounds[0]:.6g} to {bounds[1]:.6g}",
                factor.where,
            )
        )
    return replace(factor, distribution=held, cut=0.0 if held is given else 1 - held.inside())


def _clashes(found: Sequence[Factor], context: _Context) -> Iterator[Problem]:
    """Find inputs that two entries set, and values relative to what is itself uncertain."""
    setters: dict[tuple[str, int], Factor] = {}
    for factor in found:
        for slot in factor.slots:
            other = setters.setdefault((factor.kind, slot), factor)
            if other is not factor:
                same = f"{factor.label} and {other.label} are the same number, and uncertain twice"
                twice = f"{factor.label} is uncertain twice, here and in {other.where}"
                yield Problem(twice if factor.label == other.label else same, factor.where)
    drawn = {slot: factor for (kind, slot), factor in setters.items() if kind == "parameter"}
    uncertain = {factor.name for factor in found if factor.kind == "lever"}
    for factor in found:
        if factor.kind == "lever" and factor.relative:
            yield from _relative_to(drawn, factor.name, factor.slots, factor.where)
    for id_, settings in context.scenario.levers.items():
        lever = find_lever(id_, context.levers)
        if lever is None or lever.id in uncertain:
            continue
        constant = context.constants[fold(lever.variable)]
        for regions, setting in spread(id_, settings, constant, context.place, []):
            slots = slots_in(constant, lever.select, regions, context.place)
            if any(amount.relative for amount in setting.amounts):
                yield from _relative_to(drawn, id_, slots, setting.where)
            for slot in slots:
                if ("lever", slot) in setters:
                    taken = setters["lever", slot].name
                    yield Problem(f"levers '{taken}' and '{id_}' move the same number", setting.where)


def _relative_to(
    drawn: Mapping[int, Factor], name: str, slots: Sequence[int], where: str
) -> Iterator[Problem]:
    for slot in slots:
        if slot in drawn:
            what = f"{name} is relative to '{drawn[slot].name}', which is uncertain itself"
            yield Problem(what, where, "write numbers")


def _grouped(found: list[Factor], scenario: Scenario, problems: list[Problem]) -> list[Factor]:
    """Give the factors with the name of the group that each belongs to."""
    found = list(found)
    for group in scenario.correlated:
        known = list(dict.fromkeys((*(f.name for f in found), *(f.label for f in found))))
        inherited = scenario.source and not group.where.startswith(f"{scenario.source}:")
        anew = f"write `correlated:` anew in {scenario.source}" if inherited else ""
        unknown = [name for name in group.names if not members(replace(group, names=(name,)), found)]
        problems.extend(
            Problem(
                f"correlated: '{name}' is not uncertain here", group.where, anew or suggestion(name, known)
            )
            for name in unknown
        )
        positions = members(group, found)
        for position in positions:
            other = found[position].group
            if other or positions.count(position) > 1:
                what = f"correlated: {found[position].label} is in two groups, or twice in one"
                problems.append(Problem(what, group.where))
            found[position] = replace(found[position], group=group.name)
        if not unknown:
            try:
                group.correlations(len(positions))
            except ValueError as failure:
                problems.append(Problem(f"correlated: {failure}", group.where, anew))
    return found


# ------------------------------------------------------------------------------- parameters with a range


def _file_of(row: Number) -> str:
    return Path(row.where.rpartition(":")[0]).name


def _adds_up(values: Floats) -> bool:
    """Whether the elements of an array, along any of its axes, are shares of one whole."""
    return any(
        size > 1 and np.allclose(values.sum(axis=axis), 1, rtol=0, atol=1e-6) and (values >= 0).all()
        for axis, size in enumerate(values.shape)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """The range of one row, and the inputs that have the row's value."""

    row: Number
    value: float
    low: float
    high: float
    slots: tuple[int, ...]
    elements: tuple[str, ...]


def _ranges(
    constant: Constant, rows: Sequence[Number], estimates: Sequence[Estimate], context: _Context
) -> Iterator[Factor]:
    """Give the factors of a constant: one for the rows whose ranges are alike."""
    holding: dict[int, tuple[Number, list[int]]] = {}
    regional = context.place.axis(constant.axes)
    for position, elements in enumerate(product(*constant.axes)):
        region = "" if regional is None else fold(elements[regional])
        others = tuple(fold(e) for i, e in enumerate(elements) if i != regional)
        fitting = [
            row
            for row in rows
            if (not row.region or fold(row.region) == region)
            and (not row.elements or tuple(map(fold, row.elements)) == others)
        ]
        if fitting:  # in order already: the last one holds, see `Place.numbers_of`
            holding.setdefault(id(fitting[-1]), (fitting[-1], []))[1].append(constant.first + position)
    alike: list[list[_Range]] = []
    for row, held in holding.values():
        low, high = _range(row, estimates)
        if low is None or high is None or not low < high:
            continue
        labels = ([context.place.area(row.region)] if row.region else []) + list(row.elements)
        one = _Range(row=row, value=row.value, low=low, high=high, slots=tuple(held), elements=tuple(labels))
        for group in alike:
            if _alike(group[0], one):
                group.append(one)
                break
        else:
            alike.append([one])
    heading = context.place.vocabulary.words(constant.name)
    for group in alike:
        first = group[0]
        same = all((one.low, one.high) == (first.low, first.high) for one in group)
        ends = (first.low, first.high) if same else (first.low / first.value, first.high / first.value)
        whole = len(alike) == 1 and sum(len(one.slots) for one in group) == constant.size
        element = "" if whole else _listed([",".join(one.elements) for one in group])
        slots = tuple(slot for one in group for slot in one.slots)
        region = first.row.region if len(group) == 1 and not whole else ""
        yield Factor(
            label=f"{constant.name}[{element}]" if element else constant.name,
            name=constant.name,
            region=region,
            kind="parameter",
            title=heading if whole else _with(heading, _areas_of(group, context.place)),
            heading=heading,
            unit=constant.unit if same else RELATIVE_UNIT,
            distribution=_uniform(*ends, relative=not same),
            slots=slots,
            own=tuple(float(context.own[slot]) for slot in slots),
            whole=slots,
            before=tuple(float(context.own[slot]) for slot in slots),
            where=first.row.where,
        )


def _areas_of(group: Sequence[_Range], place: Place) -> Words:
    """Name areas and elements of rows, by dimension where all combinations are there."""
    rows = [tuple(_called(element, place) for element in one.elements) for one in group]
    columns = [list(dict.fromkeys(column)) for column in zip(*rows, strict=True)]
    if math.prod(map(len, columns)) == len(rows):
        parts = [listed(column) for column in columns]
        return Words(zh="，".join(part.zh for part in parts), en="; ".join(part.en for part in parts))
    return listed([Words(zh="".join(e.zh for e in r), en=" ".join(e.en for e in r)) for r in rows])


def _called(element: str, place: Place) -> Words:
    known = place.area(element)
    if known == place.name or known not in place.areas:
        return place.vocabulary.words(element, "element")
    return place.short_title(known)


def _listed(names: Sequence[str]) -> str:
    return ";".join(names if len(names) <= FEW else (names[0], "…", names[-1]))


def _range(row: Number, estimates: Sequence[Estimate]) -> tuple[float | None, float | None]:
    """Give the range of a row; of a fitted one, what history allows of it."""
    estimate = next((one for one in estimates if one.where == row.where), None)
    if estimate is None or estimate.standard_error is None or row.low is None or row.high is None:
        return row.low, row.high
    reach = ERRORS * estimate.standard_error
    return max(row.low, row.value - reach), min(row.high, row.value + reach)


def _alike(one: _Range, other: _Range) -> bool:
    if (one.low, one.high) == (other.low, other.high) and one.value == other.value:
        return True
    if not one.value or not other.value:
        return False
    ends = np.array([one.low, one.high]) / one.value
    return bool(np.allclose(ends, np.array([other.low, other.high]) / other.value, rtol=ALIKE, atol=ALIKE))
