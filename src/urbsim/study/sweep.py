"""Sweeps: every combination of a few values is a scenario of its own."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, product
from math import prod

import numpy as np

from urbsim.engine.limits import nudge
from urbsim.engine.schedule import Move, Schedule
from urbsim.errors import Problem, ScenarioError
from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.lever import Lever
from urbsim.study.plan import find_lever
from urbsim.study.position import amount_words
from urbsim.study.scenario import Scenario, Setting, Settings, Swept
from urbsim.study.words import Language, Words

MOST = 1000  # runs of a sweep
BEFORE = 4  # nudges of time, so that two times are not taken for one


def expand(scenario: Scenario, levers: Sequence[Lever]) -> tuple[Scenario, ...]:
    """Give a scenario for every combination of the values of a sweep; without a sweep, the scenario itself.

    The last name of the sweep changes fastest. A value takes the place of all that the scenario says of that
    lever or parameter; the others stay as they are.

    Raises
    ------
    ScenarioError
        There are more combinations than are worth a row of a table each.
    """
    if not scenario.sweep:
        return (scenario,)
    count = prod(len(one.amounts) for one in scenario.sweep)
    if count > MOST:
        raise ScenarioError(
            Problem(
                f"sweep: {count} combinations, expected at most {MOST}",
                scenario.sweep[0].entry,
                "write them as `uncertain: {name: {choice: [...]}}`, and draw from them with `urbsim sample`",
            )
        )
    return tuple(
        _variant(scenario, tuple(zip(scenario.sweep, amounts, strict=True)), levers)
        for amounts in product(*(one.amounts for one in scenario.sweep))
    )


def _variant(
    scenario: Scenario, values: tuple[tuple[Swept, Amount], ...], levers: Sequence[Lever]
) -> Scenario:
    of_levers: dict[str, tuple[Setting, ...]] = {}
    of_parameters: dict[str, tuple[Setting, ...]] = {}
    titles = Words(zh=_titles(values, levers, "zh"), en=_titles(values, levers, "en"))
    for swept, amount in values:
        lever = find_lever(swept.name, levers)
        settings, key = (of_levers, lever.id) if lever else (of_parameters, swept.name)
        one = Setting(region=swept.region, amounts=(amount,), where=swept.where, entry=swept.entry)
        key = next((known for known in settings if fold(known) == fold(key)), key)
        settings[key] = (*settings.get(key, ()), one)
    label = ",".join(f"{swept.label}={amount}" for swept, amount in values)
    return replace(
        scenario,
        name=f"{scenario.name}@{label}",
        title=Words(zh=f"{scenario.title.zh}：{titles.zh}", en=f"{scenario.title.en}: {titles.en}"),
        levers=_over(scenario.levers, of_levers, levers),
        parameters=_over(scenario.parameters, of_parameters, levers),
        sweep=(),
        sweep_of=scenario.name,
        swept=tuple(replace(swept, amounts=(amount,)) for swept, amount in values),
    )


def _titles(values: Sequence[tuple[Swept, Amount]], levers: Sequence[Lever], language: Language) -> str:
    said = []
    for swept, amount in values:
        lever = find_lever(swept.name, levers)
        name = lever.name[language] if lever else swept.name
        area = ("（{}）" if language == "zh" else " ({})").format(swept.region) if swept.region else ""
        said.append(f"{name}{area}{'' if language == 'zh' else ' '}{amount_words(amount, lever)[language]}")
    return ("，" if language == "zh" else ", ").join(said)


def _over(below: Settings, above: Settings, levers: Sequence[Lever]) -> Settings:
    """Lay settings over others: those of one name as a whole."""

    def key(name: str) -> str:
        lever = find_lever(name, levers)
        return lever.id if lever else fold(name)

    replaced = {key(name) for name in above}
    return {**{name: one for name, one in below.items() if key(name) not in replaced}, **above}


def stack(schedules: Sequence[Schedule]) -> Schedule | None:
    """Put schedules of one run each side by side; None when they have other periods.

    A run gets what its own schedule says, whatever other inputs the others move, and when.
    """
    first = schedules[0]
    if len(schedules) == 1:
        return first
    for other in schedules[1:]:
        if (other.start, other.stop) != (first.start, first.stop):
            return None
        if not np.array_equal(other.save, first.save):
            return None
    paths = [{move.slot: move for move in schedule.moves} for schedule in schedules]
    slots = dict.fromkeys(slot for moves in paths for slot in moves)
    inputs = np.hstack([schedule.inputs for schedule in schedules])
    moves = tuple(
        _side_by_side(slot, [moves.get(slot) for moves in paths], inputs[slot].tolist()) for slot in slots
    )
    return replace(first, inputs=inputs, moves=moves)


def _side_by_side(slot: int, moves: Sequence[Move | None], own: Sequence[float]) -> Move:
    """Put the moves of one input side by side; a run without one keeps its own value."""
    lines = [
        (move.times, np.asarray(move.values, dtype=float).ravel().tolist()) if move else ((), [])
        for move in moves
    ]
    if len({times for times, _ in lines if times}) > 1:
        begin = min(times[0] for times, _ in lines if times)
        lines = [_explicit(*line, value, begin) for line, value in zip(lines, own, strict=True)]
    counts: Counter[float] = Counter()
    for times, _ in lines:
        counts |= Counter(times)
    union = tuple(sorted(counts.elements()))
    runs = [_at(union, *line, value) for line, value in zip(lines, own, strict=True)]
    return Move(slot=slot, times=union, values=np.array(runs, dtype=float).T)


def _explicit(
    times: tuple[float, ...], values: list[float], own: float, begin: float
) -> tuple[tuple[float, ...], list[float]]:
    """Say by a point that an input keeps its own value until it jumps to its first one.

    It stands just before, since what is reported for the time of the jump goes with the value after it.
    """
    if not times or times[0] <= begin or values[0] == own:
        return times, values
    return (times[0] - BEFORE * nudge(times[0]), *times), [own, *values]


def _at(union: Sequence[float], times: Sequence[float], values: Sequence[float], own: float) -> list[float]:
    """Give the values of a line at the times of all lines together, of which it has some itself."""
    if not times:
        return [own] * len(union)
    given: dict[float, list[float]] = {}
    for time, value in zip(times, values, strict=True):
        given.setdefault(time, []).append(value)
    found = []
    for time, group in groupby(union):
        here, wanted = given.get(time), len(list(group))
        if here is None:
            after = bisect(times, time)
            if 0 < after < len(times):
                share = (time - times[after - 1]) / (times[after] - times[after - 1])
                here = [values[after - 1] + share * (values[after] - values[after - 1])]
            else:
                here = [values[-1] if after else own]
        found.extend([*here, *[here[-1]] * (wanted - len(here))])
    return found
