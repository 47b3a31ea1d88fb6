"""What fits, and is yet probably not what was meant: things to warn of before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import Constant
from urbsim.engine.schedule import Schedule
from urbsim.model.equations import Model, Numbers, Table, Variable
from urbsim.model.equations import Number as Literal
from urbsim.model.subscripts import Subscripts
from urbsim.names import fold
from urbsim.study.apply_place import REGION
from urbsim.study.draw import tied
from urbsim.study.factor import Factor
from urbsim.study.place import Number, PathPoint, Place
from urbsim.study.plan import Interface, Starts, start_inputs
from urbsim.study.scenario import Scenario

Row = TypeVar("Row", Number, PathPoint)
Points = tuple[tuple[float, ...], tuple[float, ...]]

SLACK = 1e-9  # [-] of a bound: what arithmetic may lose
ALIKE = 1e-6  # [-] numbers of the model and of a table that differ by less are the same number, rounded
EVENLY = (np.arange(1000) + 0.5) / 1000  # probabilities at which a distribution is looked at
LEAST_SHARE = 0.01  # [-] of the draws: the tails of a normal distribution are not worth a warning
SHOWN = 3  # overruled numbers or draws that are named; the others are counted
DIGITS = 9  # correlations that differ by less are the same


def doubts(
    scenario: Scenario, place: Place, system: Interface, schedule: Schedule, starts: Starts | None = None
) -> tuple[str, ...]:
    """Point out parameters beyond the range that the place gives, and years beyond its own period."""
    starts = starts or partial(start_inputs, place, system)
    return (*_out_of_range(scenario, place, system, schedule, starts), *_beyond(scenario, place, schedule))


def draw_doubts(
    scenario: Scenario, place: Place, system: Interface, schedule: Schedule, factors: Sequence[Factor]
) -> tuple[str, ...]:
    """Point out parameters that are drawn beyond the range that the place gives, and levers cut to theirs.

    A line each, with the share of the draws.

    `schedule` is that of the scenario, which says from which year the runs start.
    """
    numbers = place.numbers_of(int(schedule.start), place.set_name(scenario.parameter_set))
    constants = {fold(constant.name): constant for constant in system.constants}
    said: list[str] = []
    for factor in factors:
        if factor.kind == "parameter":
            rows = [row for row in numbers if fold(row.variable) == fold(factor.name)]
            said.extend(_drawn_out_of_range(factor, constants[fold(factor.name)], rows, place))
        elif factor.cut > LEAST_SHARE:
            given = factor.distribution
            said.append(
                f"{factor.where}: {100 * factor.cut:.3g} % of what {factor.label} is drawn from is cut off, "
                f"because the lever is allowed {given.lowest:.6g} to {given.highest:.6g} {factor.unit}"
            )
    return tuple(said)


def pairing_doubts(drawn: Sequence[tuple[Scenario, Sequence[Factor]]]) -> tuple[str, ...]:
    """Point out draws that scenarios share, but that hang together otherwise in one than in another.

    Each scenario is held against the first that draws the same, a line for the two of them.
    """
    before: dict[str, tuple[str, object]] = {}
    odd: dict[tuple[str, str], list[str]] = {}
    for scenario, factors in drawn:
        name = scenario.sweep_of or scenario.name
        ties: dict[str, object] = {}
        for group in scenario.correlated:
            positions, correlations = tied(group, factors)
            labels = tuple(factors[position].label for position in positions)
            ties |= dict.fromkeys(labels, (labels, correlations.round(DIGITS).tolist()))
        for label in sorted(factor.label for factor in factors):
            other, tie = before.setdefault(label, (name, ties.get(label)))
            if tie != ties.get(label):
                odd.setdefault((other, name), []).append(label)
    return tuple(
        f"{_named(labels)}: `correlated` ties them otherwise in {name} than in {other}, so that run by run "
        "they do not have the same luck, and the difference between the two is not that of policies alone"
        for (other, name), labels in odd.items()
    )


def _named(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return f"draws of {', '.join(labels[:SHOWN])}{more}"


def _drawn_out_of_range(
    factor: Factor, constant: Constant, rows: Sequence[Number], place: Place
) -> Iterator[str]:
    """Tell of the row of which most draws lie outside."""
    drawn = factor.distribution.quantile(EVENLY)
    worst: tuple[float, Number | None] = (LEAST_SHARE, None)
    for slot, own in zip(factor.slots, factor.own, strict=True):
        element = tuple(
            axis[i]
            for axis, i in zip(
                constant.axes,
                np.unravel_index(slot - constant.first, [len(axis) for axis in constant.axes] or 1),
                strict=False,
            )
        )
        row = _row(rows, constant.axes, element, place)
        if row is not None:
            values = drawn * own if factor.relative else drawn
            low = -np.inf if row.low is None else row.low - SLACK * abs(row.low)
            high = np.inf if row.high is None else row.high + SLACK * abs(row.high)
            share = float(np.mean((values < low) | (values > high)))
            if share > worst[0]:
                worst = share, row
    if worst[1] is not None:
        row = worst[1]
        unit = f" times the place's own {row.value:g}" if factor.relative else ""
        yield (
            f"{factor.where}: {100 * worst[0]:.0f} % of the draws of {factor.label} "
            f"({drawn[0]:.3g} to {drawn[-1]:.3g}{unit}) lie outside {_range(row.low, row.high)}, "
            f"which {row.where} gives"
        )


def overruled(model: Model, applied: Model, place: Place) -> str:
    """Name numbers of the model file that the place's tables replace by others; empty when there are none.

    A file with other regions than the place was never meant to hold its numbers, and is not compared.
    """
    here, there = model.dimension(REGION), applied.dimension(REGION)
    if here is not None and there is not None and here.elements != there.elements:
        return ""
    written, used = Subscripts(model), Subscripts(applied)
    lines: list[str] = []
    names = [*(row.variable for row in place.numbers), *(row.variable for row in place.paths)]
    for key in dict.fromkeys(map(fold, names)):
        variable, other = model.variables[key], applied.variables[key]
        axes = written.axes(variable)
        if variable.kind == "constant":
            found = _differing(_array(written, variable), _array(used, other), axes, place, key)
        else:
            found = _differing_paths(_tables(written, variable), _tables(used, other), axes, place, key)
        lines.extend(f"  {model.where(variable)}{text}" for text in found)
    if not lines:
        return ""
    more = [f"  … and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    head = (
        "these numbers of the model file have no effect, because the place's tables win; change the tables:"
    )
    return "\n".join((head, *lines[:SHOWN], *more))


def _out_of_range(
    scenario: Scenario, place: Place, system: Interface, schedule: Schedule, starts: Starts
) -> Iterator[str]:
    if not scenario.parameters:
        return
    constants = {fold(constant.name): constant for constant in system.constants}
    base_year, parameter_set = int(schedule.start), place.set_name(scenario.parameter_set)
    own = starts(base_year, parameter_set)
    numbers = place.numbers_of(base_year, parameter_set)
    for name, settings in scenario.parameters.items():
        constant = constants[fold(name)]
        rows = [row for row in numbers if fold(row.variable) == fold(constant.name)]
        said: set[str] = set()
        for position, element in enumerate(product(*constant.axes)):
            slot = constant.first + position
            value = float(schedule.inputs[slot, 0])
            row = _row(rows, constant.axes, element, place)
            if row is None or value == own[slot]:
                continue
            low, high = row.low, row.high
            if (low is not None and value < low - SLACK * abs(low)) or (
                high is not None and value > high + SLACK * abs(high)
            ):
                text = f"{constant.name} is {value:g}; {row.where} gives {_range(low, high)}"
                if text not in said:
                    yield f"{settings[0].entry}: {text}"
                said.add(text)


def _beyond(scenario: Scenario, place: Place, schedule: Schedule) -> Iterator[str]:
    last: dict[str, float] = {}
    for point in place.paths:
        last[point.variable] = max(point.year, last.get(point.variable, point.year))
    if schedule.stop > place.period[1]:
        held = f": outside paths are held at their last value after {min(last.values()):g}" if last else ""
        where = scenario.where.get("period", scenario.source)
        yield f"{where}: period ends in {schedule.stop:g}, that of {place.name} in {place.period[1]}{held}"


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"at most {high:g}" if low is None else f"at least {low:g}"
    return f"{low:g} to {high:g}"


def _row(
    rows: Sequence[Row], axes: Sequence[Sequence[str]], element: Sequence[str], place: Place
) -> Row | None:
    """Find the row that gives the value of an element: the last of the most specific that fit it."""
    regional = place.axis(axes)
    region = "" if regional is None else fold(element[regional])
    others = tuple(fold(e) for i, e in enumerate(element) if i != regional)
    fitting = [
        row
        for row in rows
        if (not row.region or fold(row.region) == region)
        and (not row.elements or tuple(map(fold, row.elements)) == others)
    ]
    if fitting and isinstance(fitting[-1], Number):  # in order already, see `Place.numbers_of`
        return fitting[-1]
    return max(fitting, key=lambda row: (bool(row.region), bool(row.elements)), default=None)


def _array(subscripts: Subscripts, variable: Variable) -> npt.NDArray[np.float64]:
    axes = subscripts.folded_axes(variable)
    values = np.full([len(axis) for axis in axes], np.nan)
    for equation in variable.equations:
        expression = equation.expression
        if isinstance(expression, Literal | Numbers):
            numbers = expression.value if isinstance(expression, Literal) else expression.values
            values[subscripts.mask(equation, axes)] = numbers
    return values


def _tables(subscripts: Subscripts, variable: Variable) -> Mapping[tuple[int, ...], Points]:
    axes = subscripts.folded_axes(variable)
    return {
        tuple(map(int, index)): (equation.expression.x, equation.expression.y)
        for equation in variable.equations
        if isinstance(equation.expression, Table)
        for index in np.argwhere(subscripts.mask(equation, axes))
    }


def _differing(
    written: npt.NDArray[np.float64],
    used: npt.NDArray[np.float64],
    axes: tuple[tuple[str, ...], ...],
    place: Place,
    key: str,
) -> Iterator[str]:
    if np.allclose(written, used, rtol=ALIKE, atol=0):
        return
    numbers = place.numbers_of(place.base_year, place.parameter_set)
    rows = [row for row in numbers if fold(row.variable) == key]
    for index in np.argwhere(~np.isclose(written, used, rtol=ALIKE, atol=0)):
        position = tuple(map(int, index))
        element = tuple(axis[i] for axis, i in zip(axes, position, strict=True))
        row = _row(rows, axes, element, place)
        label = f"[{','.join(element)}]" if element else ""
        by = row.where if row else "the place"
        yield f"{label}: {written[position]:g}; {by} says {used[position]:g}"


def _differing_paths(
    written: Mapping[tuple[int, ...], Points],
    used: Mapping[tuple[int, ...], Points],
    axes: tuple[tuple[str, ...], ...],
    place: Place,
    key: str,
) -> Iterator[str]:
    rows: list[PathPoint] | None = None
    for position, (years, values) in used.items():
        before = dict(zip(*written.get(position, ((), ())), strict=True))
        wrong = [
            year
            for year, value in zip(years, values, strict=True)
            if not np.isclose(before.get(year, np.nan), value, rtol=ALIKE, atol=0)
        ]
        wrong.extend(sorted(set(before) - set(years)))
        if not wrong:
            continue
        rows = rows or [row for row in place.paths if fold(row.variable) == key]
        element = tuple(axis[i] for axis, i in zip(axes, position, strict=True))
        first = min(wrong)
        row = _row([row for row in rows if row.year == first], axes, element, place)
        says = f"{dict(zip(years, values, strict=True))[first]:g}" if first in years else "nothing"
        had = f"{before[first]:g}" if first in before else "nothing"
        label = f"[{','.join(element)}]" if element else ""
        yield f"{label} in {first:g}: {had}; {row.where if row else rows[0].where} says {says}"
