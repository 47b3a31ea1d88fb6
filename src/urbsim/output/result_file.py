"""A results folder read back: the outcomes that were written, but for the trajectory of every variable."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_unstructure_fn, override

from urbsim.errors import InputError, Problem
from urbsim.study.contribution import Contribution
from urbsim.study.indicator import Indicator
from urbsim.study.judge import judge
from urbsim.study.lever import Lever
from urbsim.study.outcome import Outcome, Run
from urbsim.study.place import Observation, Place, Source
from urbsim.study.report import Measured, Series
from urbsim.study.scenario import Scenario
from urbsim.study.target import Finding
from urbsim.study.text_file import read_text, shown
from urbsim.study.words import Words

Floats = npt.NDArray[np.float64]

LONGEST = 1000  # [years] of a run
AGAIN = "run the scenarios again with this urbsim"
_NOT_SAID = ("numbers", "paths", "sets", "history", "sources")  # of a place, in `run.json`
_BESIDE = ("name", "title", "description", "place", "source", "extended")  # of a scenario, beside `asked`
_SIGNS = {  # tables that only folders of other commands have
    "panel.csv": "urbsim panel",
    "scores.csv": "urbsim validate",
    "percentiles.csv": "urbsim sample",
    "sensitivity.csv": "urbsim sensitivity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a results folder holds.

    Parameters
    ----------
    outcomes
        As they were when they were written, in that order: numbers to ten digits, places with what describes
        them but without the numbers that they are made of, runs without the trajectory of every variable.
    facts
        `run.json` as it stands.
    """

    folder: Path
    outcomes: tuple[Outcome, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Catalogues:
    """What stands in `run.json` beside what describes a place; `by_region` is reported for every area."""

    indicators: tuple[Indicator, ...]
    by_region: tuple[str, ...] = ()
    levers: tuple[Lever, ...] = ()

    def __post_init__(self) -> None:
        if not self.indicators:
            raise ValueError("indicators is empty, expected those that are reported")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    passed: bool
    value: float
    element: str
    year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scenario:
    """A scenario in `run.json`; `asked` is what its file says, `own` what the place has for levers."""

    name: str
    place: str
    asked: Any
    file: str = ""
    extends: tuple[str, ...] = ()
    title: Words = field(default_factory=Words)
    description: Words = field(default_factory=Words)
    base: str = ""
    own: dict[str, dict[str, float]] = field(default_factory=dict)
    failed: str = ""
    period: tuple[float, float] | None = None
    solve_seconds: float = 0.0
    statistics: dict[str, float] = field(default_factory=dict)
    honesty: str = ""
    idle: dict[str, Words] = field(default_factory=dict)
    checks: tuple[_Found, ...] = ()

    def __post_init__(self) -> None:
        first, last = self.period or (0.0, 0.0)
        if not 0 <= last - first <= LONGEST:
            raise ValueError(f"period is {first:g} to {last:g}, expected two years, the earlier first")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    places: tuple[Place, ...]
    catalogues: tuple[_Catalogues, ...]
    scenarios: tuple[_Scenario, ...]
    tables: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)


def place_facts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Tell what describes the place of outcomes, with what is reported there and which levers were moved."""
    place = outcomes[0].place
    levers = {lever.id: lever for outcome in outcomes for lever in outcome.levers}
    regional = {
        series.indicator.id: True
        for outcome in outcomes
        for series in (outcome.run.measured.series if outcome.run else ())
        if series.area != place.name
    }
    return {
        **_converter().unstructure(place),
        "indicators": _converter().unstructure(outcomes[0].indicators),
        "by_region": [*regional],
        "levers": _converter().unstructure(tuple(levers.values())),
    }


def scenario_facts(outcome: Outcome) -> dict[str, Any]:
    """Tell what a scenario says, what it is held against, and what the place itself has for its levers."""
    asked = _converter().unstructure(outcome.scenario)
    beside = {name: asked.pop(name, None) for name in _BESIDE}
    return {
        "title": beside["title"] or {},
        "description": beside["description"] or {},
        "base": outcome.base,
        "asked": asked,
        "own": _converter().unstructure(outcome.own),
    }


def read_result(folder: Path) -> Recorded:
    """Read what `urbsim run` wrote.

    Raises
    ------
    InputError
        The folder is not one of `urbsim run`, is older than this way of writing, or is damaged.
    """
    facts = _read_facts(folder)
    try:
        form = _converter().structure({**facts, "catalogues": facts.get("places")}, _Facts)
        scenarios = [_scenario(told) for told in form.scenarios]
    except (BaseValidationError, ValueError, TypeError, KeyError) as failure:
        where = shown(folder / "run.json")
        wrong = transform_error(failure, path="run.json") if isinstance(failure, BaseValidationError) else []
        raise InputError([Problem(what, where, AGAIN) for what in wrong or [str(failure)]]) from None
    found = zip(_places(folder, form), form.catalogues, strict=True)
    places = {place.name: (place, of) for place, of in found}
    known = {told.name for told in form.scenarios if told.place in places}
    problems = [
        Problem(f"scenario '{told.name}' is of '{told.place}', which stands under no 'places'", where, AGAIN)
        for where in [shown(folder / "run.json")]
        for told in form.scenarios
        if told.name not in known
    ]
    if problems:
        raise InputError(problems)
    written = _trajectories(folder, form)
    bought = _contributions(folder, form)
    outcomes = []
    for told, scenario in zip(form.scenarios, scenarios, strict=True):
        place, of = places[told.place]
        outcome = Outcome(
            scenario=scenario,
            place=place,
            indicators=of.indicators,
            targets=place.targets if scenario.targets is None else scenario.targets,
            levers=tuple(lever for id_ in told.own for lever in of.levers if lever.id == id_),
            own=told.own,
            base=told.base,
            failure=told.failed,
        )
        if not told.failed:
            measured = _measured(told, of, place, written[told.name])
            run = Run(
                measured=measured,
                verdicts=judge(measured, outcome.targets, place, parameter_set=outcome.parameter_set),
                findings=_findings(told, scenario),
                idle=told.idle,
                seconds=told.solve_seconds,
                honesty=told.honesty,
                statistics=told.statistics,
                contributions=tuple(bought.get(told.name, ())),
            )
            outcome = replace(outcome, run=run)
        outcomes.append(outcome)
    return Recorded(folder=folder, outcomes=tuple(outcomes), facts=facts)


def _read_facts(folder: Path) -> dict[str, Any]:
    where = shown(folder)
    if not folder.exists():
        raise InputError(Problem("there is no such results folder", where))
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(
            Problem(
                "is not a results folder: it has no run.json", where, "name a folder that urbsim run wrote"
            )
        )
    try:
        facts = json.loads(read_text(path))
    except json.JSONDecodeError as failure:
        at = f"{shown(path)}:{failure.lineno}:{failure.colno}"
        raise InputError(Problem(f"is not JSON: {failure.msg}", at, AGAIN)) from None
    except RecursionError:
        raise InputError(Problem("is not what urbsim writes", shown(path), AGAIN)) from None
    if not isinstance(facts, dict):
        raise InputError(Problem("is not what urbsim writes", shown(path), AGAIN))
    other = str(facts.get("command") or "")
    other = other or next((sign for name, sign in _SIGNS.items() if (folder / name).is_file()), "urbsim run")
    if other != "urbsim run":
        raise InputError(Problem(f"is a folder of `{other}`", where, "name a folder that `urbsim run` wrote"))
    places = facts.get("places")
    if isinstance(places, list) and any(isinstance(p, dict) and "regions" not in p for p in places):
        version = facts.get("urbsim", "")
        what = f"was written by an older urbsim ({version}), which did not write all that is needed here"
        raise InputError(Problem(what, where, AGAIN))
    return facts


def _places(folder: Path, form: _Facts) -> Iterator[Place]:
    """Give the places, with their history and sources from the tables."""
    history: dict[str, list[Observation]] = {}
    sources: dict[str, list[Source]] = {}
    names = [f.name for f in fields(Observation) if f.name not in ("where", "year", "value")]
    for row in _rows(folder, "history.csv", ("place", "year", "value", *names), form):
        texts = {name: row[name] for name in names}
        observed = Observation(**texts, year=row.number("year"), value=row.number("value"), where=row.where)
        history.setdefault(row["place"], []).append(observed)
    names = [f.name for f in fields(Source)]
    later = [f.name for f in fields(Source) if f.default is not MISSING]  # than the first of these folders
    for row in _rows(folder, "sources.csv", ("place", *names), form, later):
        texts = {name: row[name] for name in names}
        sources.setdefault(row["place"], []).append(Source(**texts))
    for place in form.places:
        yield replace(
            place,
            history=tuple(history.get(place.name, ())),
            sources=tuple(sources.get(place.name, ())),
        )


def _scenario(told: _Scenario) -> Scenario:
    beside = {name: getattr(told, name) for name in ("name", "title", "description", "place")}
    asked = _converter().structure({**told.asked, "name": told.name, "place": told.place}, Scenario)
    return replace(asked, **beside, source=told.file, extended=told.extends)


def _findings(told: _Scenario, scenario: Scenario) -> tuple[Finding, ...]:
    return tuple(
        Finding(check=check, passed=f.passed, value=f.value, element=f.element, year=f.year)
        for check, f in zip(scenario.checks, told.checks, strict=False)
    )


Written = dict[tuple[str, str], tuple[list[int], list[float]]]  # indicator and area -> years and values


def _trajectories(folder: Path, form: _Facts) -> dict[str, Written]:
    """Give what `trajectories.csv` has of each scenario."""
    found: dict[str, Written] = {told.name: {} for told in form.scenarios}
    table = _Table(folder, "trajectories.csv", form.files.get("trajectories.csv", ""))
    columns = table.positions(("scenario", "region", "indicator", "year", "value"))
    key: tuple[str, str, str] | None = None
    years: list[int] = []
    values: list[float] = []
    for (
        cells
    ) in table.lines():  # hundreds of thousands of rows may be: no more is done with each than must be
        try:
            scenario, area, indicator, year, value = (cells[at] for at in columns)
            if key != (scenario, area, indicator):
                key = (scenario, area, indicator)
                years, values = found[scenario].setdefault((indicator, area), ([], []))
            years.append(int(year))
            values.append(float(value))
            if not math.isfinite(values[-1]):
                table.refuse(f"value is '{value}', expected a number")
        except KeyError:
            table.refuse(f"scenario '{cells[columns[0]]}' does not stand in run.json")
        except (IndexError, ValueError):
            table.refuse("a cell is missing, or is not a number where one is expected")
    table.close()
    return found


def _measured(told: _Scenario, of: _Catalogues, place: Place, written: Written) -> Measured:
    known = {key for key, _ in written}
    first, last = told.period or place.period
    years = np.arange(first, last + 0.5, 1.0)
    series = []
    for indicator in of.indicators:
        regional = indicator.id in of.by_region
        for area in place.areas if regional else (place.name,):
            values = np.full(years.size, np.nan)
            if indicator.id in known and (indicator.id, area) in written:
                at, found = written[indicator.id, area]
                inside = [(int(year - first), value) for year, value in zip(at, found, strict=True)]
                for position, value in inside:
                    if 0 <= position < years.size:
                        values[position] = value
            series.append(Series(indicator=indicator, area=area, values=values))
    return Measured(years=years, series=tuple(series))


def _contributions(folder: Path, form: _Facts) -> dict[str, list[Contribution]]:
    bought: dict[str, list[Contribution]] = {}
    columns = ("scenario", "lever", "region", "indicator", "year", "counted", "alone", "last")
    for row in _rows(folder, "contributions.csv", columns, form):
        bought.setdefault(row["scenario"], []).append(
            Contribution(
                lever=row["lever"],
                indicator=row["indicator"],
                area=row["region"],
                year=int(row.number("year")),
                alone=row.number("alone"),
                last=row.number("last"),
                total=row["counted"] == "sum",
            )
        )
    return bought


class _Row(dict[str, str]):
    """Cells by column, and where they stand."""

    where: str
    table: _Table

    def number(self, column: str) -> float:
        try:
            value = float(self[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.table.refuse(f"{column} is '{self[column]}', expected a number")
        return value


def _rows(
    folder: Path, name: str, columns: Sequence[str], form: _Facts, optional: Collection[str] = ()
) -> Iterator[_Row]:
    """Give the rows of a table; none where the folder was written without it.

    Cells of `optional` columns that it does not have are empty.
    """
    if name not in form.tables:
        return
    table = _Table(folder, name, form.files.get(name, ""))
    absent = {column: "" for column in optional if column not in table.header}
    columns = [column for column in columns if column not in absent]
    positions = table.positions(columns)
    for cells in table.lines():
        if len(cells) < len(table.header):
            table.refuse(f"has {len(cells)} cells, expected {len(table.header)}")
            continue
        row = _Row({**absent, **dict(zip(columns, (cells[at] for at in positions), strict=True))})
        row.where, row.table = table.where, table
        yield row
    table.close()


class _Table:
    """A table of a results folder, with every problem found in it; `wanted` is its hash, if known."""

    def __init__(self, folder: Path, name: str, wanted: str) -> None:
        path = folder / name
        self.source = shown(path)
        self.problems: list[Problem] = []
        if not path.is_file():
            raise InputError(Problem("is missing from this results folder", self.source, AGAIN))
        if wanted not in ("", hashlib.sha256(path.read_bytes()).hexdigest()):
            raise InputError(
                Problem("is not as it was written: changed since, or cut off", self.source, AGAIN)
            )
        self._reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
        self.header = [cell.strip() for cell in next(self._reader, [])]

    @property
    def where(self) -> str:
        return f"{self.source}:{self._reader.line_num}"

    def positions(self, columns: Sequence[str]) -> list[int]:
        missing = [name for name in columns if name not in self.header]
        if missing:
            what = f"has no column {', '.join(missing)}"
            raise InputError(Problem(what, f"{self.source}:1", AGAIN))
        return [self.header.index(name) for name in columns]

    def lines(self) -> Iterator[list[str]]:
        try:
            yield from (cells for cells in self._reader if cells)
        except csv.Error as failure:
            self.refuse(f"is not a CSV table: {failure}")

    def refuse(self, what: str) -> None:
        self.problems.append(Problem(what, self.where, AGAIN))

    def close(self) -> None:
        if self.problems:
            raise InputError(self.problems)


@cache
def _converter() -> Converter:
    """Give what turns nouns into plain data and back: by name, without defaults, unknown keys let be."""
    converter = Converter(omit_if_default=True, forbid_extra_keys=False)
    converter.register_unstructure_hook(Path, shown)
    # JSON has no number for what is none.
    converter.register_unstructure_hook(float, lambda value: value if math.isfinite(value) else None)
    converter.register_structure_hook(float, lambda value, _: math.nan if value is None else float(value))
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    unsaid: dict[str, Any] = {name: override(omit=True) for name in _NOT_SAID}
    converter.register_unstructure_hook(
        Place, make_dict_unstructure_fn(Place, converter, _cattrs_omit_if_default=True, **unsaid)
    )
    return converter
