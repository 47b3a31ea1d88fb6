"""Write a results folder: whole, or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import platform
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from glob import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from urbsim import __version__
from urbsim.errors import InputError, Problem
from urbsim.output.result_file import place_facts, scenario_facts
from urbsim.output.tables.dictionary import column_table
from urbsim.output.tables.run import (
    Cell,
    Table,
    contribution_table,
    history_table,
    lever_table,
    source_table,
    summary_table,
    target_table,
    trajectory_table,
)
from urbsim.study.amount import Amount
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import NO_SET, Place
from urbsim.study.text_file import shown
from urbsim.study.words import Language

TABLES = ("trajectories.csv", "summary.csv", "targets.csv")
SWEEP = "sweep.csv"
CONTRIBUTIONS = "contributions.csv"
LEVERS = "levers.csv"
COLUMNS = "columns.csv"
DESCRIBING = ("history.csv", "sources.csv")
REPORT = "report.html"
FORMATS = ("csv", "xlsx", "parquet", "iamc")
COMPARE_TABLES = ("comparison.csv", "side_by_side.csv", "levers_bought.csv", "columns.csv")
PANEL_TABLES = ("panel.csv", "ranking.csv")
VALIDATION_TABLES = (
    *("scores.csv", "model_and_history.csv", "acceptance.csv"),
    *("parameters.csv", "outside_paths.csv"),
)
SENSITIVITY_TABLES = ("sensitivity.csv", "factors.csv", "failures.csv")
MONITOR_TABLES = ("monitor.csv", "course.csv", "columns.csv")
SAMPLE_TABLES = ("percentiles.csv", "probabilities.csv", "draws.csv", "failures.csv")
OWN = frozenset(
    (
        *(
            *TABLES,
            SWEEP,
            LEVERS,
            CONTRIBUTIONS,
            COLUMNS,
            *DESCRIBING,
            *COMPARE_TABLES,
            *PANEL_TABLES,
            *VALIDATION_TABLES,
            *SAMPLE_TABLES,
            *SENSITIVITY_TABLES,
            *MONITOR_TABLES,
        ),
        *("run.json", "figures", "runs", REPORT),
        *("tables.xlsx", "tables_zh.xlsx", "tables_en.xlsx", "iamc.csv", "iamc.xlsx"),
    )
)
LITTER = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))  # what systems leave in every folder
LIBRARIES = ("numpy", "scipy", "llvmlite", "pysd", "matplotlib")


def check_folder(folder: Path, *, command: str = "", reads: Iterable[Path] = ()) -> None:
    """Refuse to replace a folder that holds anything but results, or results that would be missed.

    Parameters
    ----------
    command
        What is to write there, such as "urbsim run": results of another command stay.
    reads
        Folders that the results are made from.

    Raises
    ------
    InputError
        The path is a file, holds what urbsim did not write or what was changed since, is one of `reads`, or
        has no name beside which the results could be written until they are whole.
    """
    where = shown(folder)
    place = folder.resolve()
    if folder.name in ("", "..") or Path.cwd().is_relative_to(place):
        what = "cannot be replaced by a folder of results, because this runs in it"
        if not Path.cwd().is_relative_to(place):
            what = "does not name a folder"
        raise InputError(Problem(what, where, "name one, such as --out results/mine"))
    for read in map(Path.resolve, reads):
        if place == read or read.is_relative_to(place) or place.is_relative_to(read):
            raise InputError(
                Problem("holds the results that are read here", where, "name another with --out")
            )
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(Problem("is a file, expected a folder for the results", where))
    held = {_as_written(entry) for entry in folder.iterdir()} - LITTER
    if held and "run.json" not in held:
        raise InputError(
            Problem("is not a results folder, and would be replaced", where, "name another with --out")
        )
    facts = _facts_of(folder) if held else {}
    before = str(facts.get("command") or command)
    if command and before != command:
        what = f"holds results of `{before}`, which would be lost"
        raise InputError(Problem(what, where, "name another with --out"))
    extra = sorted(held - OWN) or _not_written(folder, facts.get("files"))
    if extra:
        named = ", ".join(extra[:5])
        raise InputError(
            Problem(f"holds {named}, which would be lost", where, "move it away, or name another with --out")
        )


def _facts_of(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _not_written(folder: Path, files: object) -> list[str]:
    """Give the files of a folder that are not, or not any more, as urbsim wrote them."""
    if not isinstance(files, dict):
        return []
    now = _files_of(folder)
    return [
        name if name not in files else f"{name} (changed since)"
        for name, hash_ in now.items()
        if Path(name).name not in LITTER and files.get(name, "") != hash_
    ]


def _files_of(folder: Path) -> dict[str, str | None]:
    """Give every file but `run.json`, with its hash; runs of an ensemble are too many bytes for one."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / "run.json")
    names = [path.relative_to(folder).as_posix() for path in files]
    return {
        name: None if name.startswith("runs/") else hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in zip(names, files, strict=True)
    }


def _as_written(entry: Path) -> str:
    """Give the name of a file, or of the table that it has the numbers of."""
    return f"{entry.stem}.csv" if entry.suffix == ".parquet" else entry.name


def write_results(
    folder: Path,
    outcomes: Sequence[Outcome],
    *,
    solver: str,
    rtol: float | None,
    seconds: float,
    languages: Sequence[Language],
    figures: bool = True,
    report: bool = True,
    formats: Collection[str] = (),
) -> Path:
    """Write tables, figures and a report in `languages`, and `run.json`; see `write_folder`.

    Parameters
    ----------
    formats
        In which formats the tables are written besides CSV: "xlsx", "parquet", "iamc".
    """
    made = (trajectory_table(outcomes), summary_table(outcomes), target_table(outcomes))
    tables = dict(zip(TABLES, made, strict=True))
    if any(outcome.scenario.swept for outcome in outcomes):
        tables[SWEEP] = sweep_table(outcomes)
    if any(outcome.run and outcome.run.contributions for outcome in outcomes):
        tables[CONTRIBUTIONS] = contribution_table(outcomes)
    if any(outcome.levers for outcome in outcomes):
        tables[LEVERS] = lever_table(outcomes)
    places = [*{outcome.place.folder: outcome.place for outcome in outcomes}.values()]
    tables |= dict(zip(DESCRIBING, (history_table(places), source_table(places)), strict=True))

    tables[COLUMNS] = columns_of(tables, (one for outcome in outcomes for one in outcome.indicators))

    def draw(into: Path) -> None:
        from urbsim.output.figures.run import write_figures

        write_figures(into, outcomes, languages)

    def finish(beside: Path, facts: Mapping[str, Any]) -> None:
        write_formats(beside, tables, outcomes, languages, formats)
        if report:
            from urbsim.output.report.html import write_report

            write_report(beside / REPORT, outcomes, facts, languages=languages)

    return write_folder(
        folder,
        tables,
        outcomes,
        solver=solver,
        rtol=rtol,
        seconds=seconds,
        draw=draw if figures else None,
        finish=finish,
        command="urbsim run",
    )


def columns_of(tables: Mapping[str, Table], indicators: Iterable[Indicator]) -> Table:
    """Give the data dictionary of tables by file name, and of the indicators in them."""
    return column_table({name: header for name, (header, _) in tables.items()}, indicators)


def write_formats(
    folder: Path,
    tables: Mapping[str, Table],
    outcomes: Sequence[Outcome],
    languages: Sequence[Language],
    formats: Collection[str],
) -> None:
    """Write tables in further formats; workbooks and the IAMC layout with the names that outcomes have."""
    if "parquet" in formats:
        from urbsim.output.tables.parquet import write_parquet

        write_parquet(folder, tables)
    if "xlsx" in formats:
        from urbsim.output.tables.workbook import names_of, write_workbook

        for language in languages:
            name = "tables.xlsx" if len(languages) == 1 else f"tables_{language}.xlsx"
            write_workbook(folder / name, tables, language, names_of(outcomes, language))
    if "iamc" in formats:
        from urbsim.output.tables.iamc import write_iamc

        write_iamc(folder / "iamc.csv", outcomes)
        if "xlsx" in formats:
            write_iamc(folder / "iamc.xlsx", outcomes)


def sweep_table(outcomes: Sequence[Outcome]) -> Table:
    """Give the values of every combination of a sweep: a column for each name, empty in other sweeps."""
    swept = [outcome for outcome in outcomes if outcome.scenario.swept]
    names = list(dict.fromkeys(one.label for outcome in swept for one in outcome.scenario.swept))
    rows = []
    for outcome in swept:
        values = {one.label: _swept(one.amounts[0]) for one in outcome.scenario.swept}
        rows.append((outcome.name, *(values.get(name) for name in names)))
    return ("scenario", *names), rows


def write_folder(
    folder: Path,
    tables: Mapping[str, Table],
    outcomes: Sequence[Outcome],
    *,
    solver: str,
    rtol: float | None,
    seconds: float,
    draw: Callable[[Path], None] | None = None,
    finish: Callable[[Path, Mapping[str, Any]], None] | None = None,
    command: str,
) -> Path:
    """Write the results of runs: tables by file name, `run.json` and figures; see `replace_folder`."""
    by_place: dict[Path, list[Outcome]] = {}
    for outcome in outcomes:
        by_place.setdefault(outcome.place.folder, []).append(outcome)
    facts = run_facts([group[0].place for group in by_place.values()], solver, rtol, seconds, command)
    for told, group in zip(facts["places"], by_place.values(), strict=True):
        told.update({**place_facts(group), **told})
    if COLUMNS not in tables:
        tables = {**tables, COLUMNS: columns_of(tables, outcomes[0].indicators)}
    facts |= {"tables": [*tables], "scenarios": [_scenario_facts(outcome) for outcome in outcomes]}
    return replace_folder(folder, tables, facts, draw, finish)


def replace_folder(
    folder: Path,
    tables: Mapping[str, Table],
    facts: Mapping[str, Any],
    draw: Callable[[Path], None] | None = None,
    finish: Callable[[Path, Mapping[str, Any]], None] | None = None,
) -> Path:
    """Write tables by file name, `run.json`, and what `draw` puts into the folder `figures`.

    `finish` is given the folder and the facts in the end, to add what it likes.
    Everything is written beside the folder and renamed into place, so that a killed run leaves the old
    one whole.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir()
        for name, table in tables.items():
            write_table(beside / name, table)
        if draw is not None:
            draw(beside / "figures")
        write_facts(beside, facts)
        if finish is not None:
            finish(beside, facts)
        put_in_place(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write `run.json`, without which a folder is not known as one of results."""
    told = json.dumps(facts, ensure_ascii=False, indent=2)
    (folder / "run.json").write_text(told + "\n", encoding="utf-8")


def put_in_place(new: Path, folder: Path) -> None:
    """Rename a folder of results that is whole to where it belongs, in place of older results.

    Its `run.json` gets a list of all files with their hashes, by which what was added or changed since is
    known.

    Raises
    ------
    InputError
        Something else than results is there.
    """
    folder = folder.resolve()
    for old in folder.parent.glob(f".{escape(folder.name)}.*.old"):
        if not folder.exists():  # a run was killed between its last two steps
            old.rename(folder)
    check_folder(folder)
    write_facts(new, {**_facts_of(new), "files": _files_of(new)})
    _swap(new, folder)


def write_table(path: Path, table: tuple[Sequence[str], Iterable[Sequence[Cell]]]) -> None:
    """Write a CSV that Excel opens cleanly: UTF-8 with byte-order mark, one header row, point decimals."""
    header, rows = table
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([cell if type(cell) is str else _written(cell) for cell in row] for row in rows)


def _written(cell: Cell) -> str:
    if isinstance(cell, float):  # most are, and tables may be long
        return f"{cell:.10g}"
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def _swap(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def run_facts(
    places: Sequence[Place], solver: str, rtol: float | None, seconds: float, command: str
) -> dict[str, Any]:
    """Give what made a results folder: versions, places and models with their hashes, solver and time."""
    return {
        **made_facts(command),
        "solver": solver,
        "rtol": rtol,
        "wall_seconds": round(seconds, 3),
        "places": [
            {
                "name": place.name,
                "folder": shown(place.folder),
                "sha256": _hash(sorted((*place.folder.glob("*.*"), *place.folder.glob("sets/*.csv")))),
                "model": shown(place.model),
                "model_sha256": _hash([place.model]),
                "catalogues_sha256": _hash(sorted(place.model.parent.glob("*.yaml"))),
            }
            for place in places
        ],
    }


def made_facts(command: str) -> dict[str, Any]:
    """Give which command made a folder, when, and with which versions."""
    return {
        "command": command,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "urbsim": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def origin_facts(outcome: Outcome) -> dict[str, Any]:
    """Give what a scenario was made from, whatever came of it."""
    source = Path(outcome.scenario.source)
    return {
        "name": outcome.name,
        "file": outcome.scenario.source,
        "extends": list(outcome.scenario.extended),
        "sha256": _hash([source, *map(Path, outcome.scenario.extended)]),
        "place": outcome.place.name,
        "base_year": outcome.base_year,
        "parameter_set": outcome.parameter_set or NO_SET,
    }


def _scenario_facts(outcome: Outcome) -> dict[str, Any]:
    facts = {**origin_facts(outcome), **scenario_facts(outcome)}
    if outcome.scenario.swept:
        facts["sweep"] = {one.label: _swept(one.amounts[0]) for one in outcome.scenario.swept}
    if outcome.run is None:
        return {**facts, "failed": outcome.failure}
    run = outcome.run
    return {
        **facts,
        "period": [float(run.measured.years[0]), float(run.measured.years[-1])],
        "solve_seconds": round(run.seconds, 6),
        "statistics": dict(run.statistics),
        "honesty": run.honesty,
        "idle_levers": list(run.idle),
        "idle": {lever: {"zh": why.zh, "en": why.en} for lever, why in run.idle.items()},
        "checks": [
            {
                "check": str(finding.check),
                "passed": finding.passed,
                "value": finding.value if math.isfinite(finding.value) else None,
                "element": finding.element,
                "year": finding.year,
            }
            for finding in run.findings
        ],
    }


def _swept(amount: Amount) -> float | str:
    """Give a value as a number; as text (x1.5) where it multiplies the place's own."""
    return str(amount) if amount.relative else amount.number


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.name.encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
