"""Sweeps: every combination of a few values is a scenario of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from urbsim.engine.schedule import Schedule
from urbsim.errors import Problem, ScenarioError
from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.lever import Lever
from urbsim.study.plan import find_lever
from urbsim.study.scenario import Scenario, Setting, Settings, Swept
from urbsim.study.words import Language, Words

MOST = 1000  # runs of a sweep


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
        said.append(f"{name}{area} {amount}")
    return ("，" if language == "zh" else ", ").join(said)


def _over(below: Settings, above: Settings, levers: Sequence[Lever]) -> Settings:
    """Lay settings over others: those of one name as a whole."""

    def key(name: str) -> str:
        lever = find_lever(name, levers)
        return lever.id if lever else fold(name)

    replaced = {key(name) for name in above}
    return {**{name: one for name, one in below.items() if key(name) not in replaced}, **above}


def stack(schedules: Sequence[Schedule]) -> Schedule | None:
    """Put schedules of one run each side by side; None when they move other inputs, or at other times."""
    first = schedules[0]
    if len(schedules) == 1:
        return first
    for other in schedules[1:]:
        if (other.start, other.stop) != (first.start, first.stop) or not np.array_equal(
            other.save, first.save
        ):
            return None
        if [(move.slot, move.times) for move in other.moves] != [(m.slot, m.times) for m in first.moves]:
            return None
    moves = tuple(
        replace(move, values=np.array([schedule.moves[k].values for schedule in schedules], dtype=float).T)
        for k, move in enumerate(first.moves)
    )
    return replace(first, inputs=np.hstack([schedule.inputs for schedule in schedules]), moves=moves)
