"""What a run of an ensemble follows from, and whether two machines, or two days, mean the same by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

import urbsim
from urbsim.batch import Study
from urbsim.engine.ensemble import ENSEMBLE_RTOL
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import CONTROLLED
from urbsim.model.program_file import digest_of
from urbsim.study.factor import Factor
from urbsim.study.scenario import Scenario

# What is read from files of the study; the schedule, `inputs`, follows from these and the scenario.
READ = ("model", "place", "levers", "indicators")
# What may move a digit of a chunk, besides the processor.
LIBRARIES = ("numpy", "scipy", "llvmlite", "pyarrow")
SOURCES = ("model", "engine", "study", "ensemble", "batch.py", "names.py")
_ORIGIN = frozenset(
    ("where", "entry", "source", "extended", "title", "description", "note", "clause", "clause_en")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one ensemble is run, and what is kept of it.

    Parameters
    ----------
    solver, rtol
        Method, and relative tolerance where the method controls its error; None: that of ensembles.
    series
        Pairs of indicator and area to keep; None keeps every indicator in every area.
    """

    scenario: Scenario
    solver: str = "rk45"
    rtol: float | None = None
    series: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A recipe with what a worker needs besides, on whatever machine it is.

    Parameters
    ----------
    factors
        What the rows of the values of a chunk stand for.
    place
        Folder of the place; a worker that has no such folder takes its own place of that name.
    content
        Hash of each thing that the results follow from; a worker that has others refuses.
    digest
        Hash of all that the runs follow from, but for the values of their factors.
    """

    recipe: Recipe
    factors: tuple[Factor, ...]
    place: Path
    content: Mapping[str, str]
    digest: str


def tolerance(solver: str, rtol: float | None) -> float | None:
    """Give the relative tolerance that an ensemble is run with; None for methods that have none."""
    if solver not in CONTROLLED:
        return None
    return ENSEMBLE_RTOL if rtol is None else rtol


def job_of(recipe: Recipe, factors: Sequence[Factor], study: Study, schedule: Schedule) -> Job:
    """Give the job of running a recipe, whose scenario has this schedule."""
    content = content_of(study, schedule)
    return Job(
        recipe=recipe,
        factors=tuple(factors),
        place=study.place.folder.resolve(),
        content=content,
        digest=digest((content, recipe.solver, recipe.rtol, recipe.series, tuple(factors))),
    )


def content_of(study: Study, schedule: Schedule) -> dict[str, str]:
    """Give the hash of each thing that runs follow from; not of where it lies.

    It is that of what was read, and not of files that may have been edited since; but for the model, which
    is told apart by its file, and enters `place` as it was compiled.
    """
    place, program = study.place, study.system.program
    areas = (place.name, tuple(place.regions), [(name, g.regions) for name, g in place.groups.items()])
    fitted = [row for set_ in place.sets.values() for row in set_.estimates]
    numbers = [(n.variable, n.region, n.elements, n.base_year, n.value) for n in place.numbers]
    numbers += [(e.variable, e.region, e.elements, None, e.value) for e in fitted]
    paths = [(p.variable, p.region, p.elements, p.year, p.value) for p in place.paths]
    return {
        "urbsim": urbsim.__version__,
        "source of urbsim": _source(),
        **{name: version(name) for name in LIBRARIES},
        "model": _hash(place.model.read_bytes()),
        "place": digest((repr((areas, numbers, paths)), digest_of(program), program.values)),
        "levers": digest(study.levers),
        "indicators": digest(study.indicators),
        "inputs": digest(schedule),
    }


def digest(thing: object) -> str:
    """Give a hash of what nouns say, whatever file and line it was read from."""
    return _hash("\n".join(_tell(thing)).encode())


def _tell(thing: object) -> Iterable[str]:
    if isinstance(thing, np.ndarray):
        yield f"array {thing.dtype.str} {thing.shape} {_hash(np.ascontiguousarray(thing).tobytes())}"
    elif isinstance(thing, Mapping):
        yield f"mapping {len(thing)}"
        for key, value in thing.items():
            yield repr(key)
            yield from _tell(value)
    elif isinstance(thing, tuple | list):
        yield f"sequence {len(thing)}"
        for value in thing:
            yield from _tell(value)
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield type(thing).__name__
        for field in fields(thing):
            if field.name not in _ORIGIN:
                yield field.name
                yield from _tell(getattr(thing, field.name))
    elif isinstance(thing, set | frozenset):
        yield repr(sorted(thing))
    else:
        yield repr(thing.item() if isinstance(thing, np.generic) else thing)


@cache
def _source() -> str:
    """Give the hash of the modules that compute."""
    root = Path(__file__).parents[1]
    files = [
        file
        for part in SOURCES
        for file in (sorted((root / part).glob("*.py")) if (root / part).is_dir() else (root / part,))
    ]
    return _hash(b"".join(file.name.encode() + file.read_bytes() for file in files))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
