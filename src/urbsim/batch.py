"""Scenarios -> outcomes -> one results folder. No science in it."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from urbsim.assets import bundled, find_place
from urbsim.engine.compile import System, compile_program
from urbsim.engine.ensemble import solve_ensemble
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import honesty, solve
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import InputError, Problem, RunError
from urbsim.model.lower import lower
from urbsim.model.program_file import digest_of
from urbsim.study.apply_place import apply_place
from urbsim.study.catalogue_file import read_indicators, read_levers
from urbsim.study.contribution import Contribution
from urbsim.study.doubt import doubts, overruled
from urbsim.study.factor import factors
from urbsim.study.fit import check_catalogues, check_names, check_scenario
from urbsim.study.indicator import Indicator
from urbsim.study.judge import inspect, judge
from urbsim.study.kept import kept
from urbsim.study.lever import Lever
from urbsim.study.lowered import KINDS, Lowered, lowered_key
from urbsim.study.moved import RTOL, take_apart
from urbsim.study.moved import contributions as contributions_of
from urbsim.study.naming import put_values
from urbsim.study.outcome import Outcome, Run
from urbsim.study.place import Place
from urbsim.study.place_file import read_place
from urbsim.study.plan import Starts, find_lever, mute, own_values, plan, slots_of, start_inputs
from urbsim.study.reference import references_of
from urbsim.study.report import measure_areas, measure_each, variables_of
from urbsim.study.scenario import Scenario
from urbsim.study.scenario_file import UnreadableError, read_scenario
from urbsim.study.sweep import expand, stack
from urbsim.study.text_file import shown
from urbsim.study.words import Words

if TYPE_CHECKING:
    import pandas as pd

    from urbsim.study.words import Language

Floats = npt.NDArray[np.float64]

log = logging.getLogger(__name__)

MANY = 64  # combinations of a sweep that are solved together
MOST_DRAWN = 30  # runs that a figure can tell apart, at the utmost
SAME = 1e-9  # [-] of an indicator's largest value: a lever that moves less moves nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to solve: method, and relative tolerance where the method controls its error."""

    solver: str = "rk45"
    rtol: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a batch gives back.

    Parameters
    ----------
    seconds
        Wall time of the batch [s].
    added
        Names of the scenarios that were run only so that others can be held against them.
    """

    outcomes: tuple[Outcome, ...]
    options: Options
    seconds: float
    added: frozenset[str] = frozenset()

    @property
    def asked(self) -> tuple[Outcome, ...]:
        """Give the outcomes of the scenarios that were asked for."""
        return tuple(outcome for outcome in self.outcomes if outcome.name not in self.added)

    @property
    def trajectories(self) -> pd.DataFrame:
        """Every indicator, tidy: scenario, region, indicator, unit, year, value."""
        import pandas as pd

        from urbsim.output.tables.run import trajectory_table

        header, rows = trajectory_table(self.outcomes)
        return pd.DataFrame(rows, columns=list(header))

    @property
    def targets(self) -> pd.DataFrame:
        """Every target with what came of it."""
        import pandas as pd

        from urbsim.output.tables.run import target_table

        header, rows = target_table(self.outcomes)
        return pd.DataFrame(rows, columns=list(header))

    def write(
        self,
        folder: str | Path,
        *,
        languages: Sequence[Language] = (),
        figures: bool = True,
        formats: Collection[str] = (),
    ) -> Path:
        """Write the results folder, whole or not at all.

        Parameters
        ----------
        languages
            Of figures, report and workbook; none: both.
        figures
            Also draw, and write `report.html`.
        formats
            What tables are written as besides CSV: "xlsx", "parquet", "iamc".

        Raises
        ------
        InputError
            A language or format that there is not.
        RunError
            No scenario could be run; a folder that is there already stays as it is.
        """
        from urbsim.output.folder import FORMATS, write_results
        from urbsim.study.words import LANGUAGES

        for given, known, what in ((languages, LANGUAGES, "languages"), (formats, FORMATS, "formats")):
            if isinstance(given, str) or not set(given) <= {*known}:
                raise InputError(Problem(f"{given!r}, expected a list of {', '.join(known)}", what))
        if not any(outcome.run for outcome in self.outcomes):
            raise RunError("no scenario could be run, so nothing was written")
        drawn = figures and len(self.asked) <= MOST_DRAWN
        if figures and not drawn:
            log.warning("no figures: they can hold %d runs, not %d", MOST_DRAWN, len(self.asked))
        return write_results(
            Path(folder),
            self.outcomes,
            solver=self.options.solver,
            rtol=self.options.rtol,
            seconds=self.seconds,
            languages=languages or LANGUAGES,
            figures=drawn,
            report=figures,
            formats=formats,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A place with its catalogues, and the model compiled for it.

    `doubts` say what fits, and is yet probably not what was meant.
    """

    place: Place
    levers: tuple[Lever, ...]
    indicators: tuple[Indicator, ...]
    system: System
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A scenario that is known to fit its place and model, ready to run.

    `base` is the scenario that it is held against.
    """

    scenario: Scenario
    study: Study
    schedule: Schedule
    doubts: tuple[str, ...] = ()
    base: Scenario | None = None

    @property
    def outcome(self) -> Outcome:
        """Give the scenario with its place and targets, its own or else the place's, before it has run."""
        scenario, study, held = self.scenario, self.study, self.base
        moved = {*scenario.levers, *(held.levers if held else ())}
        levers = [find_lever(name, study.levers) for name in moved]
        inputs = self.schedule.inputs[:, 0]
        return Outcome(
            scenario=scenario,
            place=study.place,
            indicators=study.indicators,
            targets=study.place.targets if scenario.targets is None else scenario.targets,
            levers=tuple(lever for lever in study.levers if lever in levers),
            own={
                lever.id: own_values(lever, study.place, study.system, inputs)
                for lever in study.levers
                if lever in levers
            },
            base=held.name if held else "",
        )


def run(
    scenarios: Iterable[Scenario | str | Path],
    *,
    solver: str = "rk45",
    rtol: float | None = None,
    jobs: int = 1,
    base: bool = False,
    contributions: bool = False,
    starting: Callable[[str], object] = lambda _: None,
    progress: Callable[[Outcome], object] = lambda _: None,
) -> Results:
    """Run scenarios, given as nouns or as files.

    Parameters
    ----------
    jobs
        Processes to share the scenarios among; each compiles the model for itself, and starts by importing
        the program that calls this, which therefore needs ``if __name__ == "__main__":``.
    base
        Also run the scenario that each of them goes back to by `extends`, so that they can be held against
        it. It comes first of its place. One that cannot be run by itself is told in a warning, and left out.
    contributions
        Also work out what each lever bought, of scenarios whose base is run.
    starting, progress
        Called with the name of each scenario before it runs, and with each outcome as it comes.

    Raises
    ------
    InputError
        Something about any of the scenarios is wrong; nothing was run then.
    """
    begun = time.perf_counter()
    options = Options(solver=solver, rtol=rtol)
    read = read_scenarios(scenarios)
    outcomes: list[Outcome] = []
    studies: dict[Path, Study | None] = {}
    tasks = _prepare(read, studies)  # here too when others do the work: nothing runs when something is wrong
    for scenario in read:
        if scenario.uncertain:
            where = scenario.uncertain[0].entry or scenario.source
            log.warning("%s: what is uncertain is not drawn here; `urbsim sample` does that", where)
    given = {task.scenario.name for task in tasks}
    tasks = _against_bases(tasks, studies, add=base)
    for doubt in dict.fromkeys(doubt for task in tasks for doubt in (*task.study.doubts, *task.doubts)):
        log.warning(doubt)
    if jobs > 1 and len(tasks) > 1:
        for name in dict.fromkeys(task.scenario.sweep_of or task.scenario.name for task in tasks):
            starting(name)
        chunks = [tuple((t.scenario, t.base) for t in tasks[i::jobs]) for i in range(min(jobs, len(tasks)))]
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(len(chunks), mp_context=context) as pool:
            for chunk in pool.map(_run_chunk, chunks, [options] * len(chunks)):
                outcomes.extend(chunk)
                for outcome in chunk:
                    progress(outcome)
        order = {task.scenario.name: position for position, task in enumerate(tasks)}
        outcomes.sort(key=lambda outcome: order[outcome.name])
    else:
        said = ""
        for together in _together(tasks):
            name = together[0].scenario.sweep_of or together[0].scenario.name
            if name != said:
                starting(said := name)
            for outcome in run_together(together, options):
                outcomes.append(outcome)
                progress(outcome)
    if contributions:
        outcomes = list(_with_contributions(tasks, outcomes, options))
    return Results(
        outcomes=tuple(outcomes),
        options=options,
        seconds=time.perf_counter() - begun,
        added=frozenset(task.scenario.name for task in tasks) - given,
    )


def read_scenarios(scenarios: Iterable[Scenario | str | Path]) -> tuple[Scenario, ...]:
    """Read the scenarios that are given as files.

    Raises
    ------
    InputError
        The problems of all files together, or two scenarios of one name.
    """
    read: list[Scenario] = []
    problems: list[Problem] = []
    for given in scenarios:
        try:
            scenario = (
                given if isinstance(given, Scenario) else read_scenario(given, (bundled() / "scenarios",))
            )
        except UnreadableError as failure:
            problems.extend((*failure.problems, *_problems_of(failure.sound)))
            continue
        except InputError as failure:
            problems.extend(failure.problems)
            continue
        twin = next((other for other in read if other.name.casefold() == scenario.name.casefold()), None)
        if twin is not None:
            problems.append(Problem(f"name '{scenario.name}' is also that of {twin.source}", scenario.source))
        read.append(scenario)
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(read)


def _problems_of(scenario: Scenario) -> tuple[Problem, ...]:
    """Find what else is wrong with a scenario of which some values could not be read."""
    try:
        prepare([scenario])
    except InputError as failure:
        return failure.problems
    return ()


def prepare(scenarios: Sequence[Scenario]) -> tuple[Task, ...]:
    """Make scenarios ready to run, a sweep one task for each combination; those of a place share its model.

    Raises
    ------
    InputError
        The problems of all scenarios, places and models together.
    """
    return _prepare(scenarios, {})


def _prepare(
    scenarios: Sequence[Scenario], studies: dict[Path, Study | None], beside: str = ""
) -> tuple[Task, ...]:
    """Make scenarios ready to run; places that are read are put into `studies`, None where one is wrong.

    A place is looked for near the file that names it, or near the file `beside`.
    """
    tasks: list[Task] = []
    problems: list[Problem] = []
    for scenario in scenarios:
        try:
            source = beside or scenario.source
            near = Path(source).parent if source else Path()
            folder = find_place(scenario.place, near, scenario.where.get("place", scenario.source))
            if folder not in studies:
                studies[folder] = None
                studies[folder] = read_study(folder)
            study = studies[folder]
            if study is None:
                continue
            named, unknown = put_values(scenario, study.place, study.levers, study.system)
            problems.extend(unknown)
            tasks.extend(_fit_all(expand(named, study.levers), study))
        except InputError as failure:
            problems.extend(failure.problems)
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(tasks)


def _against_bases(
    tasks: Sequence[Task], studies: dict[Path, Study | None], *, add: bool
) -> tuple[Task, ...]:
    """Give tasks with what each is held against; with `add` those are run too, first of their place.

    A scenario is held against the one that it goes back to by `extends`, without its sweep; a copy of the
    file of that one will do.
    """
    roots: dict[Path, Task | None] = {}
    for task in tasks:
        scenario = task.scenario
        if scenario.source and not (scenario.extended or scenario.sweep_of):
            roots[Path(scenario.source).resolve()] = task
    held: list[Task | None] = []
    for task in tasks:
        source = (task.scenario.extended or (task.scenario.source,))[-1]
        key = Path(source).resolve()
        if source and key not in roots:
            alike = next((root for path, root in roots.items() if _same_bytes(path, key)), None)
            if alike is not None:
                roots[key] = alike
        if source and add and key not in roots:
            roots[key] = _base(source, task, tasks, studies)
        root = roots.get(key) if source else None
        held.append(root if root is not None and root.study is task.study else None)
    bases = {root.scenario.name: root for root in held if root is not None and add}
    ordered: list[Task] = []
    for task, root in zip(tasks, held, strict=True):
        of_place = [name for name, one in bases.items() if one.study is task.study]
        ordered.extend(bases.pop(name) for name in of_place)  # before the first of their place
        if not any(task is one for one in ordered):
            ordered.append(replace(task, base=root.scenario) if root and root is not task else task)
    return tuple(ordered)


def _same_bytes(one: Path, other: Path) -> bool:
    """Tell whether two files have the same content, as copies of a base in two folders have."""
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def _base(source: str, task: Task, tasks: Sequence[Task], studies: dict[Path, Study | None]) -> Task | None:
    """Make the scenario ready that a task goes back to; None, with a warning, where it cannot serve."""
    why = ""
    try:
        root = replace(read_scenario(Path(source)), sweep=())
        (found,) = _prepare([root], studies, task.scenario.source)  # in the same models, if there are several
    except InputError as failure:
        why = str(failure)
    else:
        twin = next((t.scenario for t in tasks if t.scenario.name.casefold() == root.name.casefold()), None)
        if twin is not None:
            why = f"'{root.name}' of {source} is also the name of {twin.source}"
        elif found.study is not task.study:
            why = f"'{root.name}' of {source} is of {root.place}, not of {task.scenario.place}"
        else:
            return found
    log.warning("%s is held against nothing: %s", task.scenario.sweep_of or task.scenario.name, why)
    return None


def read_study(folder: Path, *, sets: bool = True) -> Study:
    """Read a place and compile the model for it; `sets` as in `read_place`.

    Raises
    ------
    InputError
        The problems of the place's tables, or of the model and its catalogues, all at once.
    """
    place = read_place(folder, sets=sets)
    beside = place.model.parent
    levers = indicators = lowered = None
    problems: list[Problem] = []
    try:
        levers = read_levers(beside / "levers.yaml")
    except InputError as failure:
        problems.extend(failure.problems)
    try:
        indicators = read_indicators(beside / "indicators.yaml")
    except InputError as failure:
        problems.extend(failure.problems)
    try:
        lowered = kept("program", lambda: lowered_key(place), KINDS, lambda: _lower(place))
    except InputError as failure:
        problems.extend(failure.problems)
    if levers is None or indicators is None or lowered is None:
        raise InputError(problems)
    system = compile_program(lowered.program)
    check_catalogues(levers, indicators, place, system)
    return Study(
        place=place,
        levers=levers,
        indicators=indicators,
        system=system,
        doubts=(lowered.useless,) if lowered.useless else (),
    )


def _lower(place: Place) -> Lowered:
    from urbsim.model.read import read_model  # PySD takes longer to import than a scenario takes to run

    model = read_model(shown(place.model))
    check_names(place.vocabulary, model)
    applied = apply_place(model, place)
    program = lower(applied)
    program = replace(program, digest=digest_of(program))
    return Lowered(program=program, useless=overruled(model, applied, place))


def run_one(task: Task, options: Options) -> Outcome:
    """Solve a scenario, measure it and judge it; a run that fails gives an outcome that says why."""
    return run_together([task], options)[0]


def run_together(tasks: Sequence[Task], options: Options) -> list[Outcome]:
    """Run combinations of one sweep on the run axis of the engine; when any of them fails, one by one.

    Time and counts are each one's share, the honesty line is the worst of all.
    """
    study = tasks[0].study
    schedule = stack([task.schedule for task in tasks])
    if schedule is None:
        return [run_one(task, options) for task in tasks]
    scenario = tasks[0].scenario
    if scenario.parameters:
        references = references_of(study.place, study.system, int(schedule.start), scenario.parameter_set)
        schedule = references.follow(schedule)
    _ = study.system.step  # compiles, so that the time below is that of the solution alone
    begun = time.perf_counter()
    try:
        solved = solve(study.system, schedule, solver=options.solver, rtol=options.rtol)
        seconds = time.perf_counter() - begun
        solved = replace(
            solved,
            honesty=honesty(study.system, schedule, solved),
            statistics={name: count / len(tasks) for name, count in solved.statistics.items()},
        )
        measured = measure_each(solved, study.indicators, study.place)
        idle = _idle(tasks, schedule)
    except RunError as failure:
        if len(tasks) > 1:
            return [run_one(task, options) for task in tasks]
        return [replace(tasks[0].outcome, failure=str(failure))]
    outcomes = []
    for number, task in enumerate(tasks):
        outcome, trajectory = task.outcome, _of_run(solved, number)
        run = Run(
            measured=measured[number],
            verdicts=judge(
                measured[number], outcome.targets, study.place, parameter_set=outcome.parameter_set
            ),
            findings=inspect(task.scenario.checks, trajectory, measured[number], study.place),
            idle=idle[number],
            seconds=seconds / len(tasks),
            honesty=str(trajectory.honesty) if trajectory.honesty else "",
            statistics={name: float(count) for name, count in trajectory.statistics.items()},
            trajectory=trajectory,
        )
        outcomes.append(replace(outcome, run=run))
    return outcomes


def _with_contributions(
    tasks: Sequence[Task], outcomes: Sequence[Outcome], options: Options
) -> Iterator[Outcome]:
    """Give outcomes with what each lever bought; those of a sweep differ in what is swept, and have none."""
    for task, outcome in zip(tasks, outcomes, strict=True):
        if task.base is None or task.scenario.swept or outcome.run is None:
            yield outcome
            continue
        bought = _contributions(task, task.base, outcome, options)
        yield replace(outcome, run=replace(outcome.run, contributions=bought))


def _contributions(
    task: Task, base: Scenario, outcome: Outcome, options: Options
) -> tuple[Contribution, ...]:
    """Run a scenario with each of its levers alone and with all but each, side by side."""
    study = task.study
    apart = take_apart(task.scenario, base, study.levers)
    if not apart.names:
        return ()
    starts = cache(partial(start_inputs, study.place, study.system))
    schedules = [plan(one, study.place, study.levers, study.system, starts) for one in apart.runs]
    schedule = stack(schedules)
    assert schedule is not None, "all runs have the same period"  # noqa: S101
    if any(one.parameters for one in apart.runs):
        scenario = task.scenario
        references = references_of(study.place, study.system, int(schedule.start), scenario.parameter_set)
        schedule = references.follow(schedule)
    wanted = variables_of(study.indicators)
    rtol = RTOL if options.rtol is None else options.rtol
    solved = solve_ensemble(study.system, schedule, wanted, solver=options.solver, rtol=rtol)
    for why in solved.failures.values():
        log.warning("%s: what its levers bought is not all known: %s", task.scenario.name, why)
        break
    years = solved.trajectory.times
    told = {int(years[-1]), *(target.year for target in outcome.targets)}
    measured = measure_areas(solved.trajectory, study.indicators, study.place, study.place.areas)
    return contributions_of(apart, measured, years, study.place, told)


def _of_run(trajectory: Trajectory, run: int) -> Trajectory:
    one = itemgetter((..., slice(run, run + 1)))
    return replace(trajectory, values=tuple(map(one, trajectory.values)))


def _together(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Give the combinations of each sweep, not too many at a time, and every other scenario alone."""
    for sweep, group in groupby(tasks, key=lambda task: (task.scenario.sweep_of, task.scenario.source)):
        combinations = list(group)
        width = MANY if sweep[0] else 1
        for first in range(0, len(combinations), width):
            yield combinations[first : first + width]


def _fit_all(scenarios: Sequence[Scenario], study: Study) -> list[Task]:
    """Make the combinations of a sweep ready, or tell every problem of any of them."""
    tasks: list[Task] = []
    problems: list[Problem] = []
    starts = cache(partial(start_inputs, study.place, study.system))
    for scenario in scenarios:
        try:
            tasks.append(_fit(scenario, study, starts))
        except InputError as failure:
            problems.extend(failure.problems)
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tasks


def _fit(scenario: Scenario, study: Study, starts: Starts | None = None) -> Task:
    problems: list[Problem] = []
    try:
        check_scenario(scenario, study.place, study.indicators, study.system.outputs)
    except InputError as failure:
        problems.extend(failure.problems)
    try:
        schedule = plan(scenario, study.place, study.levers, study.system, starts)
    except InputError as failure:
        problems.extend(failure.problems)
        bare = replace(scenario, levers={}, parameters={}, targets=(), checks=(), period=None)
        schedule = plan(replace(bare, parameter_set=None), study.place, study.levers, study.system)
    try:
        factors(scenario, study.place, study.levers, study.system, schedule)
    except InputError as failure:
        problems.extend(failure.problems)
    if problems:
        raise InputError(problems)
    return Task(
        scenario=scenario,
        study=study,
        schedule=schedule,
        doubts=doubts(scenario, study.place, study.system, schedule, starts),
    )


def _idle(tasks: Sequence[Task], schedule: Schedule) -> list[dict[str, Words]]:
    """Find, for each task, levers without which every reported number is the same, each with the reason.

    A swept lever may well have the place's own value in some combinations: it is idle when it is in all.
    A fixed step is enough to see that, and several times as fast.
    """
    study = tasks[0].study

    def reported(schedule: Schedule) -> list[Floats]:
        solved = solve_ensemble(study.system, schedule, variables_of(study.indicators), solver="euler")
        for failure in solved.failures.values():
            raise RunError(failure)
        measured = measure_areas(solved.trajectory, study.indicators, study.place, study.place.areas)
        return [values for _, values in measured]

    idle: list[dict[str, Words]] = [{} for _ in tasks]
    levers = [lever for lever in study.levers if lever.id in tasks[0].scenario.levers]
    if not levers:
        return idle
    with_all = reported(schedule)
    for lever in levers:
        same = _same(with_all, reported(mute(schedule, slots_of(lever, study.place, study.system))))
        swept = (find_lever(one.name, study.levers) for one in tasks[0].scenario.swept)
        if lever in swept and not same.all():
            continue
        for number, task in enumerate(tasks):
            if same[number]:
                idle[number][lever.id] = _why_idle(lever, task)
    return idle


def _why_idle(lever: Lever, task: Task) -> Words:
    slots = slots_of(lever, task.study.place, task.study.system)
    moves = [move for move in task.schedule.moves if move.slot in slots]
    own = {float(task.schedule.inputs[move.slot, 0]) for move in moves}
    if not all(np.allclose(move.values, task.schedule.inputs[move.slot, 0], rtol=SAME) for move in moves):
        return Words(zh="的变动对所报告的指标没有影响", en="moves nothing that is reported")
    amounts = [a for setting in task.scenario.levers[lever.id] for a in setting.amounts]
    if own == {0.0} and all(amount.relative and amount.number != 1 for amount in amounts):
        change = f"{100 * (amounts[0].number - 1):+.4g}"
        return Words(zh=f"没有作用：0的{change}%仍是0", en=f"moves nothing: {change} % of 0 is 0")
    values = sorted(value / lever.scale for value in own)
    ends = [f"{values[0]:g}", *([f"{values[-1]:g}"] if len(values) > 1 else [])]
    place = task.study.place
    return Words(
        zh=f"没有作用：{place.title.zh}现状已是{'—'.join(ends)}",
        en=f"moves nothing: it is already {' to '.join(ends)} in {place.name}",
    )


def _same(one: Sequence[Floats], other: Sequence[Floats]) -> npt.NDArray[np.bool_]:
    """Tell of each run whether all indicators, (areas, times, runs) each, are the same."""
    same = np.ones(one[0].shape[-1] if one else 0, dtype=bool)
    for a, b in zip(one, other, strict=True):
        size = np.abs(np.nan_to_num(a)).max(axis=1, keepdims=True)
        same &= ((np.abs(a - b) <= SAME * size) | (np.isnan(a) & np.isnan(b))).all(axis=(0, 1))
    return same


def _run_chunk(scenarios: Sequence[tuple[Scenario, Scenario | None]], options: Options) -> list[Outcome]:
    bases = {scenario.name: base for scenario, base in scenarios}
    tasks = prepare([scenario for scenario, _ in scenarios])
    groups = _together([replace(task, base=bases[task.scenario.name]) for task in tasks])
    return [outcome for together in groups for outcome in run_together(together, options)]
