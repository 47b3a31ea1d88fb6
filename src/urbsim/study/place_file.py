"""Read a place: `place.yaml` and its tables, every problem of all of them at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from urbsim.errors import InputError, PlaceError, Problem, suggestion
from urbsim.names import fold, folded
from urbsim.study.catalogue_file import read_names
from urbsim.study.place import (
    NO_SET,
    Estimate,
    Group,
    Margin,
    Number,
    Observation,
    OwnError,
    ParameterSet,
    PathPoint,
    Place,
    Source,
)
from urbsim.study.table_file import Row, read_table
from urbsim.study.target import OPERATORS, Operator, Target
from urbsim.study.text_file import shown
from urbsim.study.vocabulary import Vocabulary
from urbsim.study.words import Words
from urbsim.study.yaml_file import read_yaml

CONFIDENCE = ("official", "secondary", "derived", "judgement", "from-memory")
NAME = re.compile(r"\w[\w-]{0,79}")
AREA = re.compile(r"\w[\w -]{0,79}")

_NUMBERS = ("variable", "region", "element", "value", "low", "high", "unit", "confidence", "source", "note")
_PATHS = ("variable", "region", "element", "year", "value", "unit", "confidence", "source", "note")
_HISTORY = ("indicator", "region", "year", "value", "unit", "vintage", "confidence", "source", "note")
_TARGETS = (
    *("id", "indicator", "region", "year", "operator", "value", "unit"),
    *("binding", "source", "clause", "note"),
)
_SOURCES = ("id", "title", "publisher", "date", "where")
ESTIMATES = (
    *("variable", "region", "element", "value", "standard_error"),
    *("low", "high", "unit", "bound", "central", "stage"),
)
ERRORS = (
    *("indicator", "region", "parameter_set", "horizon", "error", "unit"),
    *("n", "first_year", "last_year", "source"),
)
_BOUNDS = ("low", "high")
MOST_CELLS = 20  # rows or columns of a grid
CORRELATIONS = "-correlations"  # ends the name of the table beside a set


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    regions: tuple[str, ...]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    name: str
    title: Words
    model: str
    regions: Mapping[str, Words]
    groups: Mapping[str, _Group] | None = None
    grid: Mapping[str, tuple[int, int]] | None = None
    short: Mapping[str, Words] | None = None
    base_years: tuple[int, ...]
    last_observed_year: int
    first_policy_year: int
    period: tuple[int, int]
    margins: tuple[Margin, ...] = ()
    parameter_set: str = ""
    inherits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    """The tables of a place that another may take rows from."""

    sources: tuple[Source, ...] = ()
    numbers: tuple[Number, ...] = ()
    paths: tuple[PathPoint, ...] = ()
    sets: Mapping[str, ParameterSet] = field(default_factory=dict)


def read_place(folder: Path, *, sets: bool = True) -> Place:
    """Read a place folder; without `sets` its own parameters fitted to history are left where they are.

    Raises
    ------
    PlaceError
        Every problem of its files, each with its line.
    """
    problems: list[Problem] = []
    form, above = None, _Tables()
    try:
        form, at = read_yaml(folder / "place.yaml", _Place, PlaceError)
        if form.inherits:
            above = _read_parent(folder, form.inherits, at("inherits"), problems)
    except InputError as failure:
        problems.extend(failure.problems)
    tables = _read_tables(folder, problems, above, sets=sets)
    known = {source.id for source in tables.sources}
    history = _read_history(folder / "history.csv", known, problems)
    targets = _read_targets(folder / "targets.csv", known, problems)
    _refuse_twins(history, lambda o: (o.indicator, fold(o.region), o.year, o.vintage), problems)
    _refuse_twins(targets, lambda t: t.id, problems)
    errors = read_errors(folder / "errors.csv", problems) if (folder / "errors.csv").is_file() else ()
    if form is None:
        raise PlaceError(problems)
    vocabulary = Vocabulary()
    try:
        vocabulary = read_names((folder / form.model).resolve().parent / "names.yaml")
    except InputError as failure:
        problems.extend(failure.problems)

    place = Place(
        name=form.name,
        title=form.title,
        folder=folder,
        model=(folder / form.model).resolve(),
        regions=dict(form.regions),
        groups={
            name: Group(regions=group.regions, title=Words(zh=group.zh or name, en=group.en or name))
            for name, group in (form.groups or {}).items()
        },
        grid=dict(form.grid or {}),
        short=dict(form.short or {}),
        vocabulary=vocabulary,
        base_years=form.base_years,
        last_observed_year=form.last_observed_year,
        first_policy_year=form.first_policy_year,
        period=form.period,
        numbers=tuple(
            n for n in tables.numbers if not n.inherited or n.base_year in (None, *form.base_years)
        ),
        paths=tables.paths,
        history=history,
        targets=targets,
        sources=tables.sources,
        margins=form.margins,
        errors=errors,
        seen={name: year for name in tables.sets if (year := _last_seen(folder, form.inherits, name))},
        sets=tables.sets,
        parameter_set=form.parameter_set if form.parameter_set in tables.sets or sets else "",
    )
    problems = [*_problems_of(place, at), *problems, *_foreign(place)]
    if problems:
        raise PlaceError(problems)
    return place


def _read_tables(
    folder: Path, problems: list[Problem], above: _Tables | None = None, *, sets: bool = True
) -> _Tables:
    """Read what another place may inherit, and add what this one inherits to it."""
    above = above or _Tables()
    sources = _read_sources(folder / "sources.csv", problems)
    own = {source.id for source in sources}
    sources = (*sources, *(source for source in above.sources if source.id not in own))
    known = {source.id for source in sources}
    numbers = [
        *_read_numbers(folder / "parameters.csv", known, problems),
        *_read_numbers(folder / "base.csv", known, problems, ("year",)),
    ]
    if (folder / "references.csv").is_file():
        numbers.extend(_read_numbers(folder / "references.csv", known, problems))
    fitted = _read_sets(folder / "sets", problems) if sets else {}
    paths = _read_paths(folder / "paths.csv", known, problems)
    _refuse_twins(numbers, lambda n: (fold(n.variable), fold(n.region), n.elements, n.base_year), problems)
    for one in fitted.values():
        _refuse_twins(one.estimates, lambda e: (fold(e.variable), fold(e.region), e.elements), problems)
    _refuse_twins(paths, lambda p: (fold(p.variable), fold(p.region), p.elements, p.year), problems)
    pathed = {fold(point.variable) for point in paths}
    tabled = {fold(number.variable) for number in (*numbers, *above.numbers)}
    nothing: tuple[Estimate, ...] = ()
    merged: dict[str, ParameterSet] = {}
    for name in sorted({*fitted, *above.sets}):
        own_rows = fitted[name].estimates if name in fitted else nothing
        rows = above.sets[name].estimates if name in above.sets else nothing
        estimates = (*own_rows, *(row for row in rows if fold(row.variable) in tabled))
        merged[name] = ParameterSet(name=name, estimates=estimates)
    return _Tables(
        sources=sources,
        numbers=(*numbers, *above.numbers),
        # A path is a whole: years of one are not mixed with those of another.
        paths=(*paths, *(point for point in above.paths if fold(point.variable) not in pathed)),
        sets=merged,
    )


def _read_parent(folder: Path, name: str, where: str, problems: list[Problem]) -> _Tables:
    """Read what a place inherits: the rows of another that are of no region in particular."""
    parent = folder.parent / name
    if not NAME.fullmatch(name) or parent == folder or not (parent / "place.yaml").is_file():
        beside = [file.parent.name for file in sorted(folder.parent.glob("*/place.yaml"))]
        others = [other for other in beside if other != folder.name]
        what = f"inherits: there is no place '{name}' beside this one"
        problems.append(Problem(what, where, suggestion(name, others)))
        return _Tables()
    form, _ = read_yaml(parent / "place.yaml", _Place, PlaceError)
    if form.inherits:
        what = f"inherits: {name} itself inherits from {form.inherits}, expected a place that does not"
        problems.append(Problem(what, where))
    tables = _read_tables(parent, problems)
    return _Tables(
        sources=tables.sources,
        numbers=tuple(replace(row, inherited=True) for row in tables.numbers if not row.region),
        paths=tuple(row for row in tables.paths if not row.region),
        sets={
            set_.name: ParameterSet(
                name=set_.name,
                estimates=tuple(replace(e, inherited=True) for e in set_.estimates if not e.region),
            )
            for set_ in tables.sets.values()
        },
    )


def _problems_of(place: Place, at: Callable[[str], str]) -> list[Problem]:
    # Only the place's own name is ever part of a file name; those of regions may hold blanks.
    allowed = "is not allowed, expected letters, digits, - and _"
    problems = [
        Problem(f"'{name}' {allowed}", at(key))
        for key, pattern, names in (
            ("name", NAME, (place.name,)),
            ("regions", AREA, place.regions),
            ("groups", AREA, place.groups),
        )
        for name in names
        if not pattern.fullmatch(name)
    ]
    known = {source.id for source in place.sources}
    problems.extend(
        Problem(
            f"margins: there is no source '{margin.source}'",
            at("margins"),
            suggestion(margin.source, [*known]),
        )
        for margin in place.margins
        if margin.source not in known
    )
    if not place.regions:
        problems.append(Problem("there are no regions", at("regions")))
    names = [fold(name) for name in (*place.regions, *place.groups)]
    problems.extend(
        Problem(f"'{name}' names two regions or groups", at("groups"))
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    if fold(place.name) in names and len(place.regions) > 1:
        problems.append(
            Problem(
                f"'{place.name}' is the whole place, and cannot also name a region or group", at("regions")
            )
        )
    for name, group in place.groups.items():
        problems.extend(
            Problem(
                f"group {name}: there is no region '{region}'",
                at("groups"),
                suggestion(region, [*place.regions]),
            )
            for region in group.regions
            if region not in place.regions
        )
        if len(set(group.regions)) < len(group.regions) or not group.regions:
            problems.append(Problem(f"group {name}: expected one or more regions, each once", at("groups")))
    problems.extend(Problem(f"grid: {what}", at("grid"), fix) for what, fix in _problems_of_grid(place))
    for region in place.short:
        if region not in place.regions:
            what = f"short: there is no region '{region}'"
            problems.append(Problem(what, at("short"), suggestion(region, [*place.regions])))
    if place.period[0] >= place.period[1]:
        problems.append(Problem("period: expected the first year before the last", at("period")))
    if not place.base_years or len(set(place.base_years)) < len(place.base_years):
        problems.append(Problem("base_years: expected one or more years, each once", at("base_years")))
    elif place.period[0] not in place.base_years:
        years = " or ".join(map(str, place.base_years))
        problems.append(
            Problem(f"period: starts in {place.period[0]}, but the stocks are those of {years}", at("period"))
        )
    if place.parameter_set and place.parameter_set not in place.sets:
        problems.append(
            Problem(
                f"parameter_set: there is no table sets/{place.parameter_set}.csv",
                at("parameter_set"),
                suggestion(place.parameter_set, [*place.sets]),
            )
        )
    if not place.model.is_file():
        problems.append(Problem(f"there is no model {shown(place.model)}", at("model")))
    return problems


def _problems_of_grid(place: Place) -> Iterator[tuple[str, str]]:
    """Give what is wrong with the places of regions in a picture of small multiples, and how to mend it."""
    taken: dict[tuple[int, int], str] = {}
    for region, cell in place.grid.items():
        if region not in place.regions:
            yield f"there is no region '{region}'", suggestion(region, [*place.regions])
        if min(cell) < 1 or max(cell) > MOST_CELLS:
            what = f"{region} stands at {list(cell)}"
            yield f"{what}, expected [row, column], each from 1 to {MOST_CELLS}", ""
        elif cell in taken:
            yield f"{region} and {taken[cell]} both stand at {list(cell)}", ""
        taken.setdefault(cell, region)
    if missing := [region for region in place.regions if place.grid and region not in place.grid]:
        yield f"{', '.join(missing)} not there, expected every region or no grid", ""


def _foreign(place: Place) -> list[Problem]:
    """Find rows that name an area which the place does not have."""
    estimates = [estimate for one in place.sets.values() for estimate in one.estimates]
    rows: Iterable[Number | Estimate | PathPoint | Observation | Target | OwnError] = (
        *place.numbers,
        *estimates,
        *place.paths,
        *place.history,
        *place.targets,
        *place.errors,
    )
    problems = []
    regions, areas = tuple(place.regions), place.areas
    for row in rows:
        known = areas if isinstance(row, Observation | Target | OwnError) else regions
        if row.region and fold(row.region) not in folded(known):
            problems.append(
                Problem(f"there is no region '{row.region}'", row.where, suggestion(row.region, known))
            )
    years = ", ".join(map(str, place.base_years))
    problems.extend(
        Problem(f"{row.base_year} is not a base year", row.where, f"expected {years}, or nothing for all")
        for row in place.numbers
        if row.base_year is not None and row.base_year not in place.base_years
    )
    # Without a fitted value the tables' own must be there to fall back on.
    tabled = {fold(number.variable): number.variable for number in place.numbers}
    problems.extend(
        Problem(
            f"'{row.variable}' is in none of the place's own tables",
            row.where,
            suggestion(row.variable, [*tabled.values()]),
        )
        for row in estimates
        if not row.inherited and fold(row.variable) not in tabled
    )
    return problems


def _read_numbers(
    path: Path, sources: Collection[str], problems: list[Problem], optional: Sequence[str] = ()
) -> list[Number]:
    return [_read_number(row, sources) for row in read_table(path, _NUMBERS, problems, optional)]


def _read_number(row: Row, sources: Collection[str]) -> Number:
    before = len(row.problems)
    value, low, high = row.number("value"), row.number_or_none("low"), row.number_or_none("high")
    sound = len(row.problems) == before
    if sound and ((low is not None and low > value) or (high is not None and high < value)):
        bounds = f"low {row.cells['low'] or '-'}, value {row.cells['value']}, high {row.cells['high'] or '-'}"
        row.refuse(f"{bounds}: expected low <= value <= high")
    return Number(
        variable=row.text("variable"),
        region=row.cells["region"],
        elements=_elements(row),
        value=value,
        low=low,
        high=high,
        unit=row.text("unit"),
        confidence=row.choice("confidence", CONFIDENCE),
        source=_source(row, sources),
        note=row.cells["note"],
        where=row.where,
        base_year=(row.year() or None) if row.cells.get("year") else None,
    )


def _read_sets(folder: Path, problems: list[Problem]) -> dict[str, ParameterSet]:
    sets: dict[str, ParameterSet] = {}
    for path in sorted(folder.glob("*.csv")):
        if path.stem.endswith(CORRELATIONS):
            continue
        if path.stem == NO_SET or not NAME.fullmatch(path.stem):
            what = f"'{path.stem}' cannot name a set, expected letters, digits, - and _, and not '{NO_SET}'"
            problems.append(Problem(what, shown(path)))
        estimates = tuple(_read_estimate(row) for row in read_table(path, ESTIMATES, problems))
        sets[path.stem] = ParameterSet(name=path.stem, estimates=estimates)
    return sets


def _read_estimate(row: Row) -> Estimate:
    return Estimate(
        variable=row.text("variable"),
        region=row.cells["region"],
        elements=_elements(row),
        value=row.number("value"),
        standard_error=row.number_or_none("standard_error"),
        low=row.number_or_none("low"),
        high=row.number_or_none("high"),
        unit=row.text("unit"),
        bound=row.choice("bound", _BOUNDS) if row.cells["bound"] else "",
        central=row.number_or_none("central"),
        stage=row.cells["stage"],
        where=row.where,
    )


def read_errors(path: Path, problems: list[Problem], *, more: Sequence[str] = ()) -> tuple[OwnError, ...]:
    """Read how far runs of the model were off; `more` are columns that the table may have besides."""
    return tuple(
        OwnError(
            indicator=row.text("indicator"),
            region=row.cells["region"],
            parameter_set=row.cells["parameter_set"],
            horizon=int(row.number("horizon")),
            error=row.number("error"),
            unit=row.text("unit"),
            n=int(row.number("n")),
            first_year=row.year("first_year"),
            last_year=row.year("last_year"),
            source=row.cells["source"],
            where=row.where,
        )
        for row in read_table(path, ERRORS, problems, more)
    )


def _last_seen(folder: Path, inherits: str, name: str) -> int | None:
    """Give the last year that a set was fitted to, which stands beside it; None where that is not told."""
    for place in (folder, folder.parent / inherits) if inherits else (folder,):
        try:
            told = json.loads((place / "sets" / f"{name}.json").read_text(encoding="utf-8"))
            return int(told["until"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _read_paths(path: Path, sources: Collection[str], problems: list[Problem]) -> tuple[PathPoint, ...]:
    return tuple(
        PathPoint(
            variable=row.text("variable"),
            region=row.cells["region"],
            elements=_elements(row),
            year=row.year(),
            value=row.number("value"),
            unit=row.text("unit"),
            confidence=row.choice("confidence", CONFIDENCE),
            source=_source(row, sources),
            note=row.cells["note"],
            where=row.where,
        )
        for row in read_table(path, _PATHS, problems)
    )


def _read_history(path: Path, sources: Collection[str], problems: list[Problem]) -> tuple[Observation, ...]:
    return tuple(
        Observation(
            indicator=row.text("indicator"),
            region=row.cells["region"],
            year=row.year(),
            value=row.number("value"),
            unit=row.text("unit"),
            vintage=row.cells["vintage"],
            confidence=row.choice("confidence", CONFIDENCE),
            source=_source(row, sources),
            note=row.cells["note"],
            where=row.where,
        )
        for row in read_table(path, _HISTORY, problems)
    )


def _read_targets(path: Path, sources: Collection[str], problems: list[Problem]) -> tuple[Target, ...]:
    return tuple(
        Target(
            id=row.text("id"),
            indicator=row.text("indicator"),
            region=row.cells["region"],
            year=row.year(),
            operator=cast("Operator", row.choice("operator", OPERATORS)),
            value=row.number("value"),
            unit=row.text("unit"),
            binding=row.cells["binding"],
            source=_source(row, sources),
            clause=row.cells["clause"],
            clause_en=row.cells["clause_en"],
            note=row.cells["note"],
            where=row.where,
        )
        for row in read_table(path, _TARGETS, problems, ("clause_en",))
    )


def _read_sources(path: Path, problems: list[Problem]) -> tuple[Source, ...]:
    sources: list[Source] = []
    for row in read_table(path, _SOURCES, problems, ("zh",)):
        cells = {column: row.cells[column] for column in (*_SOURCES, "zh")}
        row.text("id"), row.text("title")
        if any(source.id == cells["id"] for source in sources):
            row.refuse(f"source '{cells['id']}' stands twice")
        sources.append(Source(**cells))
    return tuple(sources)


def _source(row: Row, known: Collection[str]) -> str:
    text = row.text("source")
    if not known or text in known:
        return text
    for source in filter(None, (part.strip() for part in text.split(";"))):
        if source not in known:
            row.refuse(f"sources.csv has no source '{source}'", suggestion(source, sorted(known)))
    return text


def _elements(row: Row) -> tuple[str, ...]:
    return tuple(part.strip() for part in row.cells["element"].split("|")) if row.cells["element"] else ()


def _refuse_twins(rows: Iterable[Any], key: Callable[[Any], object], problems: list[Problem]) -> None:
    first: dict[object, str] = {}
    bad = {problem.where for problem in problems}  # a stand-in for a bad cell repeats nothing
    for row in rows:
        if row.where in bad:
            continue
        here = key(row)
        if here in first:
            problems.append(Problem(f"repeats the entry of {first[here]}", row.where))
        first.setdefault(here, row.where)
