"""A chunk of an ensemble: the values of its factors in, one Parquet file out. The same wherever it runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.assets import find_place
from urbsim.batch import Study, read_study
from urbsim.engine.ensemble import solve_ensemble
from urbsim.engine.schedule import Schedule
from urbsim.ensemble.part_file import Content, keep, part_bytes, write_part
from urbsim.ensemble.recipe import READ, Job, Recipe, content_of, digest
from urbsim.errors import InputError, Problem
from urbsim.names import fold
from urbsim.study.factor import Factor, apply_draws
from urbsim.study.indicator import Indicator
from urbsim.study.plan import plan
from urbsim.study.reference import References, references_of
from urbsim.study.report import measure_areas

Floats = npt.NDArray[np.float64]

STATES_AT_ONCE = 320_000  # [states x runs] of a chunk: about a second of work, and some tens of megabytes
LEAST, MOST = 16, 1024  # runs of a chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some neighbouring runs of an ensemble.

    Parameters
    ----------
    index, first
        Position of the chunk among the chunks, and of its first run among the runs.
    values
        Shape (n_factors, n_runs) [unit of each factor].
    """

    job: Job
    index: int
    first: int
    values: Floats

    @property
    def digest(self) -> str:
        """Give the hash of all that the chunk follows from."""
        return digest((self.job.digest, self.first, self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A job with the compiled model and all that measuring needs."""

    recipe: Recipe
    factors: tuple[Factor, ...]
    study: Study
    schedule: Schedule
    references: References
    indicators: tuple[Indicator, ...]
    areas: tuple[str, ...]

    @property
    def wanted(self) -> tuple[str, ...]:
        """Give the variables of the model that the indicators need."""
        names = [n for i in self.indicators for n in (i.variable, i.per, i.weight) if n]
        return tuple({fold(name): name for name in names}.values())


def runs_per_chunk(study: Study) -> int:
    """Give how many runs make a chunk: a power of two that follows from the size of the model alone."""
    states = max(1, sum(array.size for array, _ in study.system.states))
    return int(np.clip(2 ** round(np.log2(STATES_AT_ONCE / states)), LEAST, MOST))


def make_ready(recipe: Recipe, factors: tuple[Factor, ...], study: Study, schedule: Schedule) -> Ready:
    """Find the indicators and areas that a recipe asks for.

    Raises
    ------
    InputError
        It asks for what is not reported.
    """
    place, known = study.place, {indicator.id: indicator for indicator in study.indicators}
    asked = recipe.series
    if asked is None:
        asked = tuple((id_, area) for id_ in known for area in place.areas)
    problems = [
        Problem(f"nothing is reported as {id_} in {area or place.name}")
        for id_, area in asked
        if id_ not in known or place.members(area) is None
    ]
    if problems:
        raise InputError(problems)
    ids, areas = {id_ for id_, _ in asked}, {place.area(area) for _, area in asked}
    return Ready(
        recipe=recipe,
        factors=factors,
        study=study,
        schedule=schedule,
        references=references_of(place, study.system, int(schedule.start), recipe.scenario.parameter_set),
        indicators=tuple(indicator for id_, indicator in known.items() if id_ in ids),
        areas=tuple(area for area in place.areas if area in areas),
    )


def run_chunk(chunk: Chunk) -> bytes:
    """Give the Parquet file of a chunk; what it needs to get ready is kept for the next one."""
    return part_bytes(solve_chunk(chunk, _ready(chunk.job)))


def write_chunk(chunk: Chunk, folder: Path, ready: Ready | None = None) -> None:
    """Write the Parquet file of a chunk, in this process or one on the same machine."""
    solved = solve_chunk(chunk, ready or _ready(chunk.job))
    keep(folder, chunk.index, lambda path: write_part(path, solved))


def solve_chunk(chunk: Chunk, ready: Ready) -> Content:
    """Solve and measure the runs of a chunk."""
    runs = chunk.values.shape[1]
    schedule = ready.references.follow(apply_draws(ready.schedule, ready.factors, chunk.values))
    recipe = ready.recipe
    done = solve_ensemble(ready.study.system, schedule, ready.wanted, solver=recipe.solver, rtol=recipe.rtol)
    years, areas = tuple(map(int, schedule.save)), ready.areas
    values: dict[str, Floats] = {}
    for indicator, found in measure_areas(done.trajectory, ready.indicators, ready.study.place, areas):
        by_run = np.ascontiguousarray(found.reshape(-1, runs).T)
        values[indicator.id] = by_run.reshape(runs, len(areas), len(years))
    return Content(
        chunk=chunk.digest,
        first=chunk.first,
        areas=areas,
        years=years,
        values=values,
        failures={chunk.first + run: why for run, why in done.failures.items()},
    )


_preparing = threading.Lock()  # the threads of a worker get ready once


def _ready(job: Job) -> Ready:
    with _preparing:
        return _prepare(_Keyed(job))


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A job that equals another of the same digest."""

    job: Job

    def __hash__(self) -> int:
        return hash(self.job.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.job.digest == self.job.digest


@lru_cache(maxsize=4)
def _prepare(keyed: _Keyed) -> Ready:
    job = keyed.job
    scenario = job.recipe.scenario
    folder = job.place if (job.place / "place.yaml").is_file() else find_place(scenario.place, Path())
    study = _study(folder, tuple(job.content[key] for key in READ))
    try:
        schedule = plan(scenario, study.place, study.levers, study.system)
        check_content(job, content_of(study, schedule))
    except InputError:
        _study.cache_clear()  # so that files that are put right are read again
        raise
    return make_ready(job.recipe, job.factors, study, schedule)


@lru_cache(maxsize=2)
def _study(folder: Path, read: tuple[str, ...]) -> Study:  # noqa: ARG001 - edited files are read again
    return read_study(folder)


def check_content(job: Job, own: Mapping[str, str]) -> None:
    """Refuse to compute from anything but what the ensemble was started from.

    Raises
    ------
    InputError
        What differs.
    """
    other = [key for key in job.content if own.get(key) != job.content[key]]
    if other:
        what = f"a worker has not the same {', '.join(other)} as the ensemble was started with"
        fix = "install the same urbsim and libraries, and the same place and model, for every worker"
        raise InputError(Problem(what, job.recipe.scenario.source or job.recipe.scenario.name, fix))
