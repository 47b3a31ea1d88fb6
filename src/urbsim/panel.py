"""Scenarios x places -> one table and one ranking: any set of places or regions in one call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from urbsim import batch
from urbsim.assets import find_place
from urbsim.errors import InputError, Problem, RunError, suggestion
from urbsim.names import fold
from urbsim.study.outcome import Outcome
from urbsim.study.scenario import Scenario
from urbsim.study.standing import Standing, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What a panel gives back: the runs, and the areas ranked by how far they are from their targets."""

    outcomes: tuple[Outcome, ...]
    indicators: tuple[str, ...]  # of the table
    areas: tuple[str, ...]  # of the table and the ranking; empty means all of them
    ranking: tuple[Standing, ...]
    options: batch.Options
    seconds: float  # wall time [s]

    def write(self, folder: str | Path) -> Path:
        """Write `panel.csv`, `ranking.csv` and `run.json`, whole or not at all.

        Raises
        ------
        RunError
            No scenario could be run.
        """
        if not any(outcome.run for outcome in self.outcomes):
            raise RunError("no scenario could be run, so nothing was written")
        from urbsim.output.folder import write_folder
        from urbsim.output.tables.run import panel_table, ranking_table

        tables = {
            "panel.csv": panel_table(self.outcomes, self.indicators, self.areas),
            "ranking.csv": ranking_table(self.ranking),
        }
        return write_folder(
            Path(folder),
            tables,
            self.outcomes,
            solver=self.options.solver,
            rtol=self.options.rtol,
            seconds=self.seconds,
            command="urbsim panel",
        )


def run_panel(
    scenarios: Iterable[Scenario | str | Path],
    places: Sequence[str] = (),
    *,
    areas: Sequence[str] = (),
    indicators: Sequence[str] = ("urbanization_rate",),
    year: int | None = None,
    at_least: float | None = None,
    options: batch.Options | None = None,
    starting: Callable[[str], object] = lambda _: None,
) -> Panel:
    """Run every scenario in every place.

    Parameters
    ----------
    places
        Names or folders of places; without any, each scenario runs in its own. In another place than its own,
        a scenario is held to that place's targets, and its checks are left out.
    areas
        Regions, groups and places to report; empty means all.
    indicators
        What the table holds; the first is ranked.
    year, at_least
        Of the ranking: by default the last year, and each area's own target alone. See `rank`.

    Raises
    ------
    InputError
        Something about a scenario, a place or what is asked for is wrong; nothing was run then.
    """
    begun = time.perf_counter()
    options = options or batch.Options()
    read = batch.read_scenarios(scenarios)
    tasks = batch.prepare(_placed(read, places)) if places else batch.prepare(read)
    ranked = year if year is not None else int(min(task.schedule.stop for task in tasks))
    _refuse(tasks, areas, indicators, ranked, at_least)
    for doubt in dict.fromkeys(doubt for task in tasks for doubt in (*task.study.doubts, *task.doubts)):
        batch.log.warning(doubt)
    outcomes = []
    for task in tasks:
        starting(f"{task.scenario.name} in {task.study.place.name}")
        outcomes.append(batch.run_one(task, options))
    return Panel(
        outcomes=tuple(outcomes),
        indicators=tuple(indicators),
        areas=tuple(areas),
        ranking=rank(outcomes, indicators[0], ranked, areas=areas, at_least=at_least),
        options=options,
        seconds=time.perf_counter() - begun,
    )


def _placed(scenarios: Sequence[Scenario], places: Sequence[str]) -> list[Scenario]:
    """Give every scenario in every place."""
    folders: dict[Path, str] = {}
    problems: list[Problem] = []
    for name in places:
        try:
            folders.setdefault(find_place(name, Path(), "--place").resolve(), name)
        except InputError as failure:
            problems.extend(failure.problems)
    if problems:
        raise InputError(problems)
    return [
        replace(scenario, place=str(folder))
        if fold(scenario.place) == fold(name) or _folder_of(scenario) == folder
        else replace(scenario, place=str(folder), targets=None, checks=())
        for folder, name in folders.items()
        for scenario in scenarios
    ]


def _folder_of(scenario: Scenario) -> Path | None:
    """Find the folder of a scenario's own place; None where it has none."""
    try:
        return find_place(scenario.place, Path(scenario.source).parent).resolve()
    except InputError:
        return None


def _refuse(
    tasks: Sequence[batch.Task],
    areas: Sequence[str],
    indicators: Sequence[str],
    year: int,
    at_least: float | None,
) -> None:
    """Refuse areas and indicators that no place has, years that a run lacks, and places of one name."""
    places = {task.study.place.folder: task.study.place for task in tasks}
    problems: list[Problem] = []
    if at_least is not None and not math.isfinite(at_least):
        problems.append(Problem(f"is {at_least:g}, expected a finite number", "--at-least"))
    names = [fold(place.name) for place in places.values()]
    problems.extend(
        Problem(f"two of the places are named '{name}'", "--place", "rename one in its place.yaml")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    known = list(dict.fromkeys(area for place in places.values() for area in place.areas))
    problems.extend(
        Problem(f"no place has a region or group '{area}'", "--region", suggestion(area, known))
        for area in areas
        if fold(area) not in map(fold, known)
    )
    for task in tasks:
        reported = [indicator.id for indicator in task.study.indicators]
        where = f"--indicator, {task.study.place.name}"
        see = "`urbsim list indicators`"
        problems.extend(
            Problem(f"there is no indicator '{indicator}'", where, suggestion(indicator, reported, see))
            for indicator in indicators
            if indicator not in reported
        )
        first, last = task.schedule.start, task.schedule.stop
        if not first <= year <= last:
            what = f"{year} is outside the period {first:g}-{last:g} of {task.scenario.name}"
            problems.append(Problem(what, "--year"))
    if problems:
        raise InputError(dict.fromkeys(problems))
