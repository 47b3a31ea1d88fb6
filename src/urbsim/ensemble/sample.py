"""Scenarios with what is uncertain in them -> draws -> ensembles -> one results folder."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from urbsim.batch import prepare, read_scenarios
from urbsim.ensemble.chunk import runs_per_chunk
from urbsim.ensemble.recipe import READ, Recipe, content_of, digest
from urbsim.ensemble.run import Progress, run_ensemble
from urbsim.ensemble.sample_folder import Made, write_sample
from urbsim.ensemble.sampling import Member, Sample, Sampled, Sampling
from urbsim.ensemble.store import Store, open_store
from urbsim.ensemble.summary import Outside, chances
from urbsim.ensemble.work_folder import Fingerprint, work_folder
from urbsim.ensemble.workers import Work, open_workers
from urbsim.errors import InputError, Problem, suggestion
from urbsim.study.doubt import draw_doubts, pairing_doubts
from urbsim.study.draw import to_values, unit_sample
from urbsim.study.factor import factors
from urbsim.study.scenario import Scenario
from urbsim.study.words import Language

log = logging.getLogger(__name__)

LONGEST = 60  # letters of the name of a folder: in Chinese 180 bytes, of the 255 that a file system has
HOW = "say what is uncertain, such as `uncertain: {income elasticity: {triangular: [0.3, 0.8, 1.5]}}`"


def sample(
    scenarios: Iterable[Scenario | str | Path],
    folder: Path,
    sampling: Sampling,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    languages: Sequence[Language] = (),
    progress: Callable[[Progress], object] = lambda _: None,
    starting: Callable[[str], object] = lambda _: None,
) -> Sample:
    """Draw what is uncertain in scenarios, run every draw, and write a results folder, whole or not at all.

    Scenarios share their draws: run 7 has the same luck in all of them, so that differences between
    scenarios are those of the policies. Runs go to a folder beside the results until all are there; it stays
    when the process is killed.

    Parameters
    ----------
    folder
        Of the results; what is there is replaced at the end.
    resume
        Whether to take up what an interrupted sample has left.
    languages
        Of the figures; none, no figures.
    progress, starting
        Called as runs are done, and with what begins.

    Raises
    ------
    InputError
        Something about the scenarios is wrong, or differs from what an interrupted sample was begun with.
    RunError
        Workers were lost; what is done is kept.
    """
    begun = time.perf_counter()
    members = draw(scenarios, sampling)
    pairing = pairing_doubts([(member.scenario, member.factors) for member in members])
    for doubt in dict.fromkeys((*(doubt for member in members for doubt in _doubts(member)), *pairing)):
        log.warning(doubt)
    names = folder_names([member.scenario.name for member in members])
    told: dict[str, Progress] = {}

    def tell(name: str, one: Progress) -> None:
        told[name] = one
        sums = {key: sum(getattr(p, key) for p in told.values()) for key in ("before", "done", "failed")}
        progress(Progress(total=sampling.runs * len(members), **sums))

    with work_folder(folder, fingerprint(members, sampling), resume=resume) as results:
        chunks = sum(-(-sampling.runs // _per_chunk(member, sampling)) for member in members)
        stores: list[Store] = []
        with open_workers(min(jobs, chunks), cluster) as work:
            for member, name in zip(members, names, strict=True):
                starting(f"running {member.scenario.name}")
                runs = results / "runs" / name
                stores.append(_run(member, sampling, runs, work, partial(tell, member.scenario.name)))
        working = time.perf_counter() - begun
        starting("working out percentiles")
        sampled = tuple(map(_summed, members, stores))
        made = Made(
            names=tuple(names),
            seconds=working,
            runs=sum(one.done - one.before for one in told.values()),
            jobs=jobs,
            cluster=cluster,
        )
        outside = write_sample(results, sampled, sampling, made, languages)
    for line in dict.fromkeys(_narrow(one) for of_one in outside for one in of_one if one.many):
        log.warning(line)
    return Sample(
        folder=folder,
        sampled=tuple(  # the files have moved with their folder
            replace(one, store=open_store(folder / "runs" / name))
            for one, name in zip(sampled, names, strict=True)
        ),
        sampling=sampling,
        seconds=time.perf_counter() - begun,
    )


def _doubts(member: Member) -> tuple[str, ...]:
    task, study = member.task, member.task.study
    drawn = draw_doubts(task.scenario, study.place, study.system, task.schedule, member.factors)
    return (*study.doubts, *task.doubts, *drawn)


def _narrow(one: Outside) -> str:
    years = f"{', '.join(map(str, one.years))} ({len(one.years)} of {len(one.observed)} observed)"
    return (
        f"observed {one.indicator} of {one.area} lies outside the middle 90 % of the runs in {years}: "
        "the ranges drawn are narrower than what is known"
    )


def draw(scenarios: Iterable[Scenario | str | Path], sampling: Sampling) -> tuple[Member, ...]:
    """Draw what is uncertain in scenarios: for the same factor, the same point of its distribution in all.

    Raises
    ------
    InputError
        Something about any of the scenarios is wrong, or nothing in one of them is uncertain.
    """
    tasks = prepare(read_scenarios(scenarios))
    problems = [
        Problem("nothing is uncertain here", task.scenario.source or task.scenario.name, HOW)
        for task in tasks
        if not task.scenario.uncertain
    ]
    for indicator in sampling.indicators:
        for study in {task.study.place.folder: task.study for task in tasks}.values():
            known = [one.id for one in study.indicators]
            if indicator not in known:
                fix = suggestion(indicator, known, "`urbsim list indicators`")
                problems.append(Problem(f"there is no indicator '{indicator}'", "--indicator", fix))
    if problems:
        raise InputError(dict.fromkeys(problems))
    found = [
        factors(task.scenario, task.study.place, task.study.levers, task.study.system, task.schedule)
        for task in tasks
    ]
    # One column for each label, in an order that no order of files or entries can change.
    labels = sorted({factor.label for of_one in found for factor in of_one})
    points = unit_sample(sampling.runs, len(labels), sampling.method, sampling.seed)
    members = []
    for task, of_one in zip(tasks, found, strict=True):
        own = points[:, [labels.index(factor.label) for factor in of_one]]
        if len(tasks) == 1:
            points = own  # a second copy would take as much room as the draws themselves
        values = to_values(own, of_one, task.scenario.correlated, strata=True)
        members.append(Member(task=task, factors=of_one, values=values))
    return tuple(members)


def fingerprint(members: Sequence[Member], sampling: Sampling) -> Fingerprint:
    """Give what the results follow from, in words where that is short, else as a hash."""
    told: dict[str, str | int | float | None] = {
        "number of runs": sampling.runs,
        "method": sampling.method,
        "seed": sampling.seed,
        "solver": sampling.solver,
        "rtol": sampling.tolerance,
        "indicators": ", ".join(sampling.indicators) or "all",
    }
    for member in members:
        study, name = member.task.study, member.scenario.name
        content = content_of(study, member.task.schedule)
        told |= {key: value for key, value in content.items() if key not in (*READ, "inputs")}
        told |= {f"{key} of {study.place.name}": content[key] for key in READ}
        told[f"indicators kept of {name}"] = ", ".join(_indicators(member, sampling) or ("all",))
        # Runs do not hang on what they are held to: targets may be changed, and are judged anew.
        runs = replace(member.scenario, targets=None, checks=())
        told[f"scenario {name}"] = digest((runs, content["inputs"], member.factors))
        told[f"draws of {name}"] = digest(member.values)
        told[f"runs per chunk of {name}"] = _per_chunk(member, sampling)
    return told


def folder_names(scenarios: Sequence[str]) -> list[str]:
    """Give the name of the folder of the runs of each scenario; a single one needs none.

    A long name is cut, and one that is taken, in capital letters or small ones, has a number behind it. Which
    is whose stands in `run.json`.
    """
    if len(scenarios) == 1:
        return [""]
    names: dict[str, str] = {}
    for scenario in scenarios:
        name = plain = re.sub(r'[\\/:*?"<>|\s]', "_", scenario)[:LONGEST]
        number = len(names)
        while name.casefold() in names or (len(scenario) > LONGEST and name == plain):
            name = f"{plain}_{number}"
            number += 1
        names[name.casefold()] = name
    return [*names.values()]


def _per_chunk(member: Member, sampling: Sampling) -> int:
    return sampling.per_chunk or runs_per_chunk(member.task.study)


def _indicators(member: Member, sampling: Sampling) -> tuple[str, ...]:
    """Give the indicators to keep; none: all."""
    if not sampling.indicators:
        return ()
    kept = {*sampling.indicators, *(target.indicator for target in member.task.outcome.targets)}
    return tuple(indicator.id for indicator in member.task.study.indicators if indicator.id in kept)


def _run(
    member: Member,
    sampling: Sampling,
    folder: Path,
    work: Work | None,
    progress: Callable[[Progress], object],
) -> Store:
    areas = member.task.study.place.areas
    series = tuple((id_, area) for id_ in _indicators(member, sampling) for area in areas) or None
    return run_ensemble(
        Recipe(scenario=member.scenario, solver=sampling.solver, rtol=sampling.rtol, series=series),
        member.values,
        member.factors,
        folder,
        resume=True,  # whether that is allowed was settled for the folder as a whole
        progress=progress,
        task=member.task,
        work=work,
        per_chunk=_per_chunk(member, sampling),
    )


def _summed(member: Member, store: Store) -> Sampled:
    outcome = member.task.outcome
    return Sampled(
        member=member,
        store=store,
        chances=chances(
            store,
            outcome.targets,
            outcome.indicators,
            outcome.place,
            parameter_set=outcome.parameter_set,
        ),
    )
