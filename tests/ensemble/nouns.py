"""Ensembles of the tiny study, short to write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from urbsim import batch
from urbsim.engine.trajectory import Floats
from urbsim.ensemble.recipe import Recipe
from urbsim.study.amount import Amount
from urbsim.study.factor import Factor, factors
from urbsim.study.uncertain import Distribution, Uncertain


def uniform(name: str, low: float, high: float) -> Uncertain:
    ends = (Amount(number=low), Amount(number=high))
    return Uncertain(name=name, distribution=Distribution(kind="uniform", amounts=ends))


RATE = uniform("Rate of moving", 0.01, 0.03)


@dataclass(frozen=True, kw_only=True)
class Study:
    recipe: Recipe
    factors: tuple[Factor, ...]
    values: Floats
    task: batch.Task


def rates(runs: int = 10) -> Study:
    """Give an ensemble over the rate of moving of the study in the current folder, evenly spread."""
    path = Path("scenarios/rates.yaml")
    path.write_text("name: rates\nplace: tiny\nuncertain:\n  Rate of moving: {uniform: [0.01, 0.03]}\n")
    (task,) = batch.prepare(batch.read_scenarios([path]))
    study = task.study
    found = factors(task.scenario, study.place, study.levers, study.system, task.schedule)
    return Study(
        recipe=Recipe(scenario=task.scenario),
        factors=found,
        values=np.linspace(0.01, 0.03, runs)[np.newaxis],
        task=task,
    )


def content(folder: Path) -> dict[str, bytes]:
    """Give the bytes of every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
