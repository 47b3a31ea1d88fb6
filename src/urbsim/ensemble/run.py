"""Run an ensemble: hand out the chunks that are not done, and keep each as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.batch import Task, prepare
from urbsim.ensemble.chunk import Chunk, Ready, make_ready, runs_per_chunk, write_chunk
from urbsim.ensemble.part_file import Part, part_name, read_part
from urbsim.ensemble.recipe import Job, Recipe, job_of
from urbsim.ensemble.store import Store
from urbsim.ensemble.workers import Work, open_workers
from urbsim.errors import InputError, Problem
from urbsim.study.factor import Factor
from urbsim.study.text_file import shown

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an ensemble is: runs in all, there at the start, there now, and failed."""

    total: int
    before: int
    done: int
    failed: int


def run_ensemble(
    recipe: Recipe,
    values: Floats,
    factors: Sequence[Factor],
    folder: Path,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    progress: Callable[[Progress], object] = lambda _: None,
    task: Task | None = None,
    work: Work | None = None,
    per_chunk: int | None = None,
) -> Store:
    """Run a scenario once for each column of values, and keep what is reported in Parquet files.

    The files depend on the recipe and the values alone: not on who computes them, nor on interruptions.

    Parameters
    ----------
    values, factors
        Shape (n_factors, n_runs), and what the rows stand for [unit of each factor].
    folder
        Where the files go, each whole or not at all.
    jobs, cluster
        Processes of this machine, or address of a Dask scheduler.
    resume
        Whether to keep the files that are there, and do only the others.
    progress
        Called at the start and after each chunk.
    task
        The scenario made ready, where the caller has that.
    work
        Workers that the caller has opened with `open_workers`, in place of `jobs` and `cluster`.
    per_chunk
        Runs of a chunk; by default they follow from the size of the model.

    Raises
    ------
    InputError
        The scenario does not fit, the folder holds runs that may not be kept, or a worker has another
        place, model or urbsim than this process.
    RunError
        Workers were lost; what is done is kept.
    """
    if values.ndim != 2 or values.shape[0] != len(factors) or not values.shape[1]:
        raise ValueError(f"values are {values.shape}, expected ({len(factors)}, n_runs)")
    if task is None:
        (task,) = prepare([recipe.scenario])
    ready = make_ready(recipe, tuple(factors), task.study, task.schedule)
    job = job_of(recipe, factors, task.study, task.schedule)
    width = per_chunk or runs_per_chunk(task.study)
    count = -(-values.shape[1] // width)
    parts = _kept(cut(job, values, width), count, folder, resume=resume)
    before = sum(part.runs for part in parts.values())

    def tell() -> None:
        done, failed = (sum(map(number, parts.values())) for number in (_runs, _failed))
        progress(Progress(total=values.shape[1], before=before, done=done, failed=failed))

    def do(work: Work | None) -> None:
        left = (chunk for chunk in cut(job, values, width) if chunk.index not in parts)
        for chunk in work(left, folder) if work else _here(left, ready, folder):
            path = folder / part_name(chunk.index)
            part = read_part(path)
            if part is None:
                raise OSError(f"{shown(path)} could not be read again")
            parts[chunk.index] = part
            tell()

    tell()
    if work is not None:
        do(work)
    elif len(parts) < count:
        with open_workers(min(jobs, count - len(parts)), cluster) as opened:
            do(opened)
    return Store(parts=tuple(parts[index] for index in range(count)))


def cut(job: Job, values: Floats, runs: int) -> Iterator[Chunk]:
    """Cut an ensemble into chunks, each made when it is asked for."""
    for index, first in enumerate(range(0, values.shape[1], runs)):
        some = np.ascontiguousarray(values[:, first : first + runs])
        yield Chunk(job=job, index=index, first=first, values=some)


def _here(chunks: Iterable[Chunk], ready: Ready, folder: Path) -> Iterator[Chunk]:
    for chunk in chunks:
        write_chunk(chunk, folder, ready)
        yield chunk


def _kept(chunks: Iterable[Chunk], count: int, folder: Path, *, resume: bool) -> dict[int, Part]:
    """Find the chunks that are done; files of other runs, or of none that may be kept, are refused."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.glob("part-*.parquet")}
    if there and not resume:
        raise InputError(Problem("holds runs already", shown(folder), "delete it, or name another"))
    if there - set(map(part_name, range(count))):
        raise InputError(Problem("holds runs of another ensemble", shown(folder), "delete it"))
    kept: dict[int, Part] = {}
    for chunk in chunks if there else ():
        part = read_part(folder / part_name(chunk.index)) if part_name(chunk.index) in there else None
        if part is not None and part.chunk != chunk.digest:
            raise InputError(Problem("is of another ensemble", shown(part.path), "delete the folder"))
        if part is not None:
            kept[chunk.index] = part
    return kept


def _runs(part: Part) -> int:
    return part.runs


def _failed(part: Part) -> int:
    return len(part.failures)
