"""The runs of a sweep of one or two names, as a table by what was swept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from urbsim.output.words.terms import base_position
from urbsim.study.outcome import Outcome
from urbsim.study.plan import find_lever
from urbsim.study.position import amount_words
from urbsim.study.words import Words

FEWEST = 4  # runs of a sweep that are worth a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The runs of a sweep by the values of its one or two names; one name has one column.

    Parameters
    ----------
    base
        What the runs are held against.
    names
        What was swept.
    """

    base: Outcome
    names: tuple[Words, ...]
    rows: tuple[Words, ...]
    columns: tuple[Words, ...]
    runs: tuple[tuple[Outcome, ...], ...]


def matrix_of(outcomes: Sequence[Outcome]) -> Matrix | None:
    """Give the table of runs that are one sweep, with or without its base; None of all others."""
    if not outcomes:
        return None
    base = outcomes[base_position(outcomes)]
    runs = [outcome for outcome in outcomes if outcome.scenario.sweep_of]
    others = [outcome for outcome in outcomes if not outcome.scenario.sweep_of and outcome is not base]
    sweeps = {outcome.scenario.sweep_of for outcome in runs}
    if len(sweeps) != 1 or others or len(runs) < FEWEST or not all(outcome.run for outcome in (base, *runs)):
        return None
    swept = runs[0].scenario.swept
    if not 1 <= len(swept) <= 2:
        return None
    values = [
        list(dict.fromkeys(run.scenario.swept[i].amounts[0] for run in runs)) for i in range(len(swept))
    ]
    by_value = {tuple(one.amounts[0] for one in run.scenario.swept): run for run in runs}
    second = values[1] if len(values) > 1 else [None]
    table = [
        [by_value.get((one,) if other is None else (one, other)) for other in second] for one in values[0]
    ]
    levers = {lever.id: lever for run in runs for lever in run.levers}
    known = [find_lever(one.name, tuple(levers.values())) for one in swept]
    said = [
        tuple(amount_words(amount, lever) for amount in amounts)
        for amounts, lever in zip(values, known, strict=True)
    ]
    names = tuple(
        lever.name if lever else Words(en=one.name) for one, lever in zip(swept, known, strict=True)
    )
    rows = tuple(tuple(run for run in row if run is not None) for row in table)
    if any(len(row) < len(second) for row in rows):
        return None
    columns = said[1] if len(said) > 1 else (Words(),)
    return Matrix(base=base, names=names, rows=said[0], columns=columns, runs=rows)
