"""A scenario and its factors -> runs -> which factors each target depends on, and when."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from urbsim.analysis.sensitivity import LEAST, Design, Method, make_design, measure_effects
from urbsim.batch import Task, prepare, read_scenarios
from urbsim.ensemble.recipe import Recipe, content_of, digest, tolerance
from urbsim.ensemble.run import Progress, run_ensemble
from urbsim.ensemble.store import Store
from urbsim.ensemble.work_folder import Fingerprint, work_folder
from urbsim.ensemble.workers import processes
from urbsim.errors import InputError, Problem, RunError, suggestion
from urbsim.names import fold
from urbsim.study.doubt import draw_doubts
from urbsim.study.draw import directions, to_values
from urbsim.study.factor import Factor, factors, lever_factors, parameter_factors, together
from urbsim.study.indicator import Indicator
from urbsim.study.place import Place
from urbsim.study.scenario import Scenario
from urbsim.study.target import Target
from urbsim.study.uncertain import Correlated
from urbsim.study.words import Language, Words

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kind = Literal["lever", "parameter"]

BLOCKS: Mapping[Method, str] = {"morris": "trajectories", "sobol": "rows of the base sample"}


class TooFewRunsError(RunError):
    """So many runs failed that nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a sensitivity study is made.

    Parameters
    ----------
    n, seed
        Trajectories, or rows of the base sample; None: as many as suit the method.
    kinds
        All levers over their allowed range, all parameters over that of the place's tables, or both. None:
        what the scenario says is uncertain, or both where it says nothing.
    targets
        Ids of targets, or indicators; none: all targets of the scenario.
    """

    method: Method = "morris"
    n: int | None = None
    seed: int = 1
    kinds: tuple[Kind, ...] = ()
    targets: tuple[str, ...] = ()
    solver: str = "rk45"
    rtol: float | None = None

    @property
    def tolerance(self) -> float | None:
        """Give the relative tolerance that is used; None for methods that have none."""
        return tolerance(self.solver, self.rtol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An indicator in an area, and the targets that ask for it; without one it is of the last year."""

    indicator: Indicator
    area: str
    targets: tuple[Target, ...]

    def years(self, last: int) -> tuple[int, ...]:
        """Give the years of the targets, each once."""
        return tuple(sorted({target.year for target in self.targets})) or (last,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an effect is of: a factor, or those of a correlated group together."""

    label: str
    title: Words
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What came of a sensitivity study.

    Parameters
    ----------
    drawn, values
        The factors, and their values in every run, shape (n_factors, n_runs) [unit of each factor].
    measures
        Shape (asked, years, measures of the method, effects), NaN where one is not defined.
    used
        Whole blocks that the measures are of, shape (asked, years).
    seconds
        Wall time [s].
    """

    task: Task
    asking: Asking
    design: Design
    drawn: tuple[Factor, ...]
    values: Floats
    effects: tuple[Effect, ...]
    asked: tuple[Asked, ...]
    years: tuple[int, ...]
    measures: Floats
    used: Ints
    failures: Mapping[int, str]
    seconds: float

    @property
    def runs(self) -> int:
        return len(self.design.points)

    @property
    def place(self) -> Place:
        return self.task.study.place


def explain(
    scenario: Scenario | str | Path,
    folder: Path,
    asking: Asking,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    languages: Sequence[Language] = (),
    progress: Callable[[Progress], object] = lambda _: None,
    starting: Callable[[str], object] = lambda _: None,
) -> Sensitivity:
    """Run what the method asks for, measure the effects, and write a results folder, whole or not at all.

    A run that fails takes the rest of its block with it, a trajectory or a row of the base sample. What is
    said then holds for the part of the ranges where the model can be run.

    Parameters
    ----------
    folder
        Of the results; what is there is replaced at the end. The runs themselves are not kept.
    languages
        Of the figures; none, no figures.
    progress, starting
        Called as runs are done, and with the name of each thing that begins.

    Raises
    ------
    InputError
        Something about the scenario or the targets is wrong, or an interrupted study was begun with another.
    RunError
        Too many runs failed, or workers were lost.
    """
    from urbsim.analysis.sensitivity_tables import write_sensitivity

    begun = time.perf_counter()
    task = _ready(scenario)
    asked = find_asked(task, asking.targets)
    drawn, correlated = find_factors(task, asking.kinds)
    study = task.study
    beyond = draw_doubts(task.scenario, study.place, study.system, task.schedule, drawn)
    for doubt in dict.fromkeys((*study.doubts, *task.doubts, *beyond)):
        log.warning(doubt)
    groups, morris = [factor.group for factor in drawn], asking.method == "morris"
    ways = directions(drawn, correlated) if morris else ()
    design = make_design(groups, asking.method, asking.n, asking.seed, ways)
    values = to_values(design.unit, drawn, () if morris else correlated)
    recipe = Recipe(
        scenario=task.scenario,
        solver=asking.solver,
        rtol=asking.rtol,
        series=tuple((one.indicator.id, one.area) for one in asked),
    )
    with work_folder(folder, _fingerprint(task, asking, asked, drawn, values), resume=resume) as results:
        starting(f"running {task.scenario.name}")
        store = run_ensemble(
            recipe,
            values,
            drawn,
            results / "runs",
            jobs=jobs,
            cluster=cluster,
            resume=True,  # whether that is allowed was settled by the folder as a whole
            progress=progress,
            task=task,
        )
        starting("working out effects")
        try:
            refuse_too_few(design, store.failures)
        except TooFewRunsError:
            shutil.rmtree(results)  # to go on with them would end the same way
            raise
        measures, used = _measure(design, asked, store, jobs)
        found = Sensitivity(
            task=task,
            asking=asking,
            design=design,
            drawn=drawn,
            values=values,
            effects=name_effects(drawn, design),
            asked=asked,
            years=store.years,
            measures=measures,
            used=used,
            failures=store.failures,
            seconds=time.perf_counter() - begun,
        )
        shutil.rmtree(results / "figures", ignore_errors=True)  # of a process that was killed while drawing
        write_sensitivity(results, found, languages)
        shutil.rmtree(results / "runs")
    return found


def find_asked(task: Task, names: Sequence[str]) -> tuple[Asked, ...]:
    """Give what is to be explained: each indicator of a target in its area once, with all its targets.

    Parameters
    ----------
    names
        Ids of targets, or indicators; an indicator without a target is that of the whole place in the last
        year. None: all targets.

    Raises
    ------
    InputError
        Every name that is neither, or there is no target.
    """
    place = task.study.place
    known = {fold(indicator.id): indicator for indicator in task.study.indicators}
    targets = task.outcome.targets
    found: dict[tuple[str, str], list[Target]] = {}
    problems: list[Problem] = []
    for name in names or [target.indicator for target in targets]:
        meant = [t for t in targets if fold(name) in (fold(t.id), fold(t.indicator))]
        for target in meant:
            listed = found.setdefault((fold(target.indicator), place.area(target.region)), [])
            listed.extend([target] * (target not in listed))
        if not meant and fold(name) in known:
            found.setdefault((fold(name), place.name), [])
        elif not meant:
            choice = [*(t.id for t in targets if t.id), *(one.id for one in task.study.indicators)]
            what = f"there is no target and no indicator '{name}'"
            problems.append(Problem(what, "--target", suggestion(name, choice, "`urbsim list targets`")))
    if not found and not problems:
        where = task.scenario.source or task.scenario.name
        problems.append(Problem("there is no target to explain", where, "name an indicator with --target"))
    if problems:
        raise InputError(problems)
    return tuple(
        Asked(indicator=known[id_], area=area, targets=tuple(of_it)) for (id_, area), of_it in found.items()
    )


def find_factors(task: Task, kinds: Sequence[Kind]) -> tuple[tuple[Factor, ...], tuple[Correlated, ...]]:
    """Give the factors, and which of them hang together.

    Raises
    ------
    InputError
        What the scenario says of them does not fit, or there is none.
    """
    scenario, study = task.scenario, task.study
    context = (scenario, study.place, study.levers, study.system, task.schedule)
    if scenario.uncertain and not kinds:
        return factors(*context), scenario.correlated
    kinds = kinds or ("lever", "parameter")
    found = (
        *(lever_factors(*context) if "lever" in kinds else ()),
        *(parameter_factors(*context) if "parameter" in kinds else ()),
    )
    if not found:
        what = f"{study.place.name} has no {' and no '.join(kinds)} with a range"
        raise InputError(Problem(what, scenario.source or scenario.name, "say what is `uncertain:`"))
    return found, ()


def name_effects(drawn: Sequence[Factor], design: Design) -> tuple[Effect, ...]:
    """Give what each effect of a design is of."""
    members = [
        tuple(factor for factor, group in zip(drawn, design.groups, strict=True) if group == effect)
        for effect in range(design.effects)
    ]
    named = [together(of_it) for of_it in members]
    if len({label for label, _ in named}) < len(named):  # as many of one name in two groups
        labels = (" + ".join(factor.label for factor in of_it) for of_it in members)
        named = [(label, title) for label, (_, title) in zip(labels, named, strict=True)]
    return tuple(
        Effect(label=label, title=title, factors=of_it)
        for of_it, (label, title) in zip(members, named, strict=True)
    )


def refuse_too_few(design: Design, failures: Mapping[int, str]) -> None:
    """Refuse to say anything when failed runs leave less than half of the blocks, or next to none.

    Raises
    ------
    TooFewRunsError
        How many are left, and why the first run failed.
    """
    if not failures:
        return
    broken = {run // design.block for run in failures}
    left, n = design.n - len(broken), design.n
    if left >= max(LEAST[design.method], n / 2):
        return
    first = min(failures)
    raise TooFewRunsError(
        f"{len(failures)} of {len(design.points)} runs failed, which leaves {left} of {n} "
        f"{BLOCKS[design.method]} whole, too few to say what matters; run {first}: {failures[first]}"
    )


def _ready(scenario: Scenario | str | Path) -> Task:
    (read,) = read_scenarios([scenario])
    if read.sweep:
        what = f"'{read.name}' is a sweep of several scenarios, expected one"
        fix = "write what is swept as `uncertain: {name: {choice: [...]}}`"
        raise InputError(Problem(what, read.sweep[0].entry or read.source, fix))
    (task,) = prepare([read])
    return task


def _measure(design: Design, asked: Sequence[Asked], store: Store, jobs: int) -> tuple[Floats, Ints]:
    """Give the measures of everything asked in every year, and of how many blocks they are.

    The bootstrap of many Sobol' indices takes longer than the runs, and is shared among processes, year by
    year, so that none is waited for long.
    """
    outputs = [values for one in asked for values in store.read([(one.indicator.id, one.area)])[0]]
    if design.method == "sobol" and jobs > 1:
        light = replace(design, points=np.empty((0, len(design.groups))))  # Sobol' indices need no points
        with processes(min(jobs, len(outputs))) as pool:
            found = list(pool.map(measure_effects, repeat(light), outputs))
    else:
        found = [measure_effects(design, values) for values in outputs]
    shape = len(asked), len(store.years)
    measures, used = (np.array(part) for part in zip(*found, strict=True))
    return measures.reshape(*shape, *measures.shape[1:]), used.reshape(shape)


def _fingerprint(
    task: Task, asking: Asking, asked: Sequence[Asked], drawn: Sequence[Factor], values: Floats
) -> Fingerprint:
    """Give what the results follow from, in words where that is short, else as a hash."""
    content = content_of(task.study, task.schedule)
    return {
        "method": asking.method,
        "n": asking.n,
        "seed": asking.seed,
        "solver": asking.solver,
        "rtol": asking.tolerance,
        "targets": digest(tuple(asked)),
        "scenario": digest((task.scenario, content["inputs"], tuple(drawn))),
        "draws": digest(values),
        **{key: value for key, value in content.items() if key != "inputs"},
    }
