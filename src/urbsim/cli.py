"""Words in, exit status out. Heavy imports wait inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import gc
import glob
import io
import json
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from urbsim import __version__
from urbsim.errors import InputError, Problem, RunError, suggestion

if TYPE_CHECKING:
    from urbsim.analysis.validation import Validation
    from urbsim.output.report.files import Kind
    from urbsim.study.draw import Method
    from urbsim.study.outcome import Outcome
    from urbsim.study.words import Language

DONE, FAILED, WRONG_INPUT, BUG, INTERRUPTED = 0, 1, 2, 3, 130
SOLVERS = ("rk45", "dop853", "lsoda", "radau", "bdf", "euler", "rk4", "model")
SHOWN_PROBLEMS = 100
LISTS = ("scenarios", "levers", "parameters", "indicators", "places", "targets")
GRADES = ("official", "secondary", "derived", "judgement", "from-memory")
MOST_LETTERS = 80  # of the name of a folder that is made of others
WIPE = "\r\x1b[K"  # clears the line of a terminal
MOST_RUNS = 10_000_000  # of a sample; the runs of a series are sorted in memory
MOST_BLOCKS = 100_000  # of a sensitivity study, each with as many runs as there are factors, and more


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="urbsim")
def cli() -> None:
    """Simulate urbanization and judge the targets of plans.

    \b
    Exit status: 0 done; 1 a scenario failed, or a target or check was missed under --strict;
    2 the input is wrong (nothing is run or written); 3 a bug of urbsim; 130 interrupted.
    """


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO…")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [results/DATE-NAME].")
@click.option("--solver", type=click.Choice(SOLVERS), default="rk45", show_default=True)
@click.option("--rtol", type=click.FloatRange(1e-13, 1e-2), help="Relative tolerance of the solver.")
@click.option(
    "--lang",
    default="zh,en",
    show_default=True,
    help="Languages of the figures: zh, en or both; zh alone also prints in Chinese.",
)
@click.option(
    "--format",
    "formats",
    default="csv",
    show_default=True,
    help="Of the tables, besides CSV: xlsx, parquet, iamc; several with commas.",
)
@click.option("--no-figures", is_flag=True, help="Write tables only, no figures and no report.html.")
@click.option("--strict", is_flag=True, help="Exit with status 1 when a target is missed or a check fails.")
@click.option("--no-base", is_flag=True, help="Leave out the scenario that the others go back to.")
@click.option("--no-contributions", is_flag=True, help="Leave out what each lever bought.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to use.")
def run(
    scenarios: tuple[str, ...],
    out: Path | None,
    solver: str,
    rtol: float | None,
    lang: str,
    formats: str,
    no_figures: bool,
    strict: bool,
    no_base: bool,
    no_contributions: bool,
    jobs: int,
) -> int:
    """Run scenario files, folders of them, patterns or names; write tables, figures and verdicts.

    The scenario that they go back to by `extends` is run too, so that they can be held against it.
    """
    languages = _languages(lang)
    language: Language = "zh" if languages == ("zh",) else "en"
    files = find_scenarios(scenarios)
    asked = _formats(formats)
    folder = out or Path("results") / f"{datetime.now().astimezone().date()}-{_batch_name(scenarios, files)}"
    from urbsim.output.folder import check_folder

    check_folder(folder, command="urbsim run")
    from urbsim import batch
    from urbsim.output.tables.verdicts import console_for_people, print_verdicts

    results = batch.run(
        files,
        solver=solver,
        rtol=rtol,
        jobs=jobs,
        base=not no_base,
        contributions=not no_contributions,
        starting=_announce(len(files), language),
    )
    _wipe()
    try:
        results.write(folder, languages=languages, figures=not no_figures, formats=asked)
    except RunError as failure:
        for line in _remarks(results.outcomes, language):
            click.echo(line, err=True)
        kept = f"; {folder.as_posix()}/ is as it was" if folder.exists() else ""
        click.echo(f"{failure}{kept}.", err=True)
        return FAILED
    except OSError as failure:
        click.echo(f"{folder}: cannot be written: {failure.strerror}", err=True)
        return FAILED
    print_verdicts(results.outcomes, console_for_people(), language)
    for line in _remarks(results.outcomes, language):
        click.echo(line, err=True)
    click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    failed = any(outcome.run is None for outcome in results.outcomes)
    runs = [outcome.run for outcome in results.asked if outcome.run]
    missed = any(not v.met for run in runs for v in run.verdicts) or any(
        not finding.passed for run in runs for finding in run.findings
    )
    return FAILED if failed or (strict and missed) else DONE


def of_many_runs(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that all commands with thousands of runs have."""
    options = (
        click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the draws."),
        click.option("--solver", type=click.Choice(SOLVERS), default="rk45", show_default=True),
        click.option(
            "--rtol", type=click.FloatRange(1e-13, 1e-2), help="Relative tolerance of the solver [1e-6]."
        ),
        click.option(
            "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to use."
        ),
        click.option("--cluster", metavar="ADDRESS", help="Dask scheduler whose workers do the runs."),
        click.option("--resume", is_flag=True, help="Go on with what was left when it was interrupted."),
        click.option(
            "--lang",
            default="zh,en",
            show_default=True,
            help="Languages of the figures: zh, en or both; zh alone also prints in Chinese.",
        ),
        click.option("--no-figures", is_flag=True, help="Write tables only."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO…")
@click.option(
    "-n", "--runs", type=click.IntRange(1, MOST_RUNS), default=10_000, show_default=True, help="Draws."
)
@click.option("--method", type=click.Choice(("lhs", "sobol", "random")), default="lhs", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [results/DATE-NAME-sample].")
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    help="What to keep, besides the indicators of the targets; repeat for more [all].",
)
@of_many_runs
def sample(
    scenarios: tuple[str, ...],
    runs: int,
    method: str,
    seed: int,
    out: Path | None,
    solver: str,
    rtol: float | None,
    jobs: int,
    cluster: str | None,
    resume: bool,
    indicators: tuple[str, ...],
    lang: str,
    no_figures: bool,
) -> int:
    """Run scenarios many times, each with its own draw of what their files call uncertain.

    Gives percentiles by year and the probability of each target. Several scenarios share their draws. The
    same seed gives the same files, whoever does the runs, and whether they were interrupted or not.
    """
    if cluster is not None and jobs > 1:
        raise click.UsageError("--jobs and --cluster: expected one of them")
    languages = _languages(lang)
    files = find_scenarios(scenarios)
    folder = out or _sample_folder(f"{_batch_name(scenarios, files)}-sample", resume)
    from urbsim.output.folder import check_folder

    check_folder(folder, command="urbsim sample")
    from urbsim.ensemble.progress import show_progress, told_runs
    from urbsim.ensemble.sample import sample as draw_and_run
    from urbsim.ensemble.sample_table import print_chances
    from urbsim.ensemble.sampling import Sampling
    from urbsim.output.tables.verdicts import console_for_people

    sampling = Sampling(
        runs=runs,
        method=cast("Method", method),
        seed=seed,
        solver=solver,
        rtol=rtol,
        indicators=tuple(dict.fromkeys(indicators)),
    )
    try:
        with show_progress(console_for_people(stderr=True)) as (progress, starting):
            done = draw_and_run(
                files,
                folder,
                sampling,
                jobs=jobs,
                cluster=cluster,
                resume=resume,
                languages=() if no_figures else languages,
                progress=progress,
                starting=starting,
            )
    except (KeyboardInterrupt, RunError, OSError, MemoryError) as failure:
        return _tell_stop(failure, folder)
    language: Language = "zh" if languages == ("zh",) else "en"
    print_chances(done.sampled, console_for_people(), language)
    if done.failed:
        click.echo(f"{done.failed:,} of {told_runs(done.runs)} failed: see failures.csv", err=True)
    click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    return FAILED if done.failed else DONE


@cli.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--method", type=click.Choice(("morris", "sobol")), default="morris", show_default=True)
@click.option(
    "-n",
    "n",
    type=click.IntRange(1, MOST_BLOCKS),
    help="Trajectories of Morris [20], or rows of the base sample of Sobol', a power of two [512].",
)
@click.option("--levers", is_flag=True, help="Take all levers, over their allowed range.")
@click.option("--parameters", is_flag=True, help="Take all parameters that have a range.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    help="Id of a target, or an indicator; repeat for more [all targets].",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Results folder [results/DATE-NAME-sensitivity]."
)
@of_many_runs
def sensitivity(
    scenario: str,
    method: str,
    n: int | None,
    seed: int,
    levers: bool,
    parameters: bool,
    targets: tuple[str, ...],
    out: Path | None,
    solver: str,
    rtol: float | None,
    jobs: int,
    cluster: str | None,
    resume: bool,
    lang: str,
    no_figures: bool,
) -> int:
    """Find out which levers and parameters each target depends on, and when.

    Takes what the scenario says is uncertain; where that is nothing, all levers and parameters. Morris
    ranks many factors with few runs; Sobol' says which share of the variance is whose.
    """
    if cluster is not None and jobs > 1:
        raise click.UsageError("--jobs and --cluster: expected one of them")
    languages = _languages(lang)
    files = find_scenarios([scenario])
    if len(files) > 1:
        raise InputError(Problem(f"means {len(files)} scenarios, expected one", scenario))
    folder = out or _sample_folder(f"{files[0].stem}-sensitivity", resume)
    from urbsim.output.folder import check_folder

    check_folder(folder, command="urbsim sensitivity")
    from urbsim.analysis.sensitivity_run import Asking, explain
    from urbsim.analysis.sensitivity_tables import printed
    from urbsim.ensemble.progress import show_progress
    from urbsim.output.tables.verdicts import console_for_people

    asking = Asking(
        method=cast("Any", method),
        n=n,
        seed=seed,
        kinds=(*(("lever",) if levers else ()), *(("parameter",) if parameters else ())),
        targets=tuple(dict.fromkeys(targets)),
        solver=solver,
        rtol=rtol,
    )
    try:
        with show_progress(console_for_people(stderr=True)) as (progress, starting):
            found = explain(
                files[0],
                folder,
                asking,
                jobs=jobs,
                cluster=cluster,
                resume=resume,
                languages=() if no_figures else languages,
                progress=progress,
                starting=starting,
            )
    except (KeyboardInterrupt, RunError, OSError, MemoryError) as failure:
        return _tell_stop(failure, folder)
    console = console_for_people()
    for line in printed(found, "zh" if languages == ("zh",) else "en"):
        console.print(line)
    click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    return FAILED if found.failures else DONE


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO…")
@click.option("--place", "places", multiple=True, help="Name or folder of a place; repeat for more.")
@click.option(
    "--region", "areas", multiple=True, help="Region, group or place to report [all]; repeat for more."
)
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    default=("urbanization_rate",),
    show_default=True,
    help="What to report; the first is ranked.",
)
@click.option("--year", type=int, help="Year of the ranking [the last].")
@click.option("--at-least", type=float, help="Level for regions without a target of their own.")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [results/DATE-panel].")
@click.option("--solver", type=click.Choice(SOLVERS), default="rk45", show_default=True)
@click.option("--lang", type=click.Choice(("en", "zh")), default="en", show_default=True)
def panel(
    scenarios: tuple[str, ...],
    places: tuple[str, ...],
    areas: tuple[str, ...],
    indicators: tuple[str, ...],
    year: int | None,
    at_least: float | None,
    out: Path | None,
    solver: str,
    lang: Language,
) -> int:
    """Run scenarios in many places; rank regions by how far they fall short of their targets.

    Without --place, each scenario runs in its own. In another place it is held to that place's targets.
    """
    files = find_scenarios(scenarios)
    folder = out or Path("results") / f"{datetime.now().astimezone().date()}-panel"
    from urbsim.output.folder import check_folder

    check_folder(folder, command="urbsim panel")
    from urbsim.batch import Options
    from urbsim.output.tables.verdicts import console_for_people, print_ranking
    from urbsim.panel import run_panel

    result = run_panel(
        files,
        places,
        areas=areas,
        indicators=indicators,
        year=year,
        at_least=at_least,
        options=Options(solver=solver),
        starting=_announce(len(files) * max(1, len(places))),
    )
    _wipe()
    for outcome in result.outcomes:
        if outcome.run is None:
            click.echo(f"{outcome.name} in {outcome.place.name} failed: {outcome.failure}", err=True)
    try:
        result.write(folder)
    except RunError as failure:
        click.echo(f"{failure}.", err=True)
        return FAILED
    except OSError as failure:
        click.echo(f"{folder}: cannot be written: {failure.strerror}", err=True)
        return FAILED
    print_ranking(result.ranking, console_for_people(), lang)
    click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    return DONE if all(outcome.run for outcome in result.outcomes) else FAILED


@cli.command(name="list")
@click.argument("what", type=click.Choice(LISTS))
@click.argument("named", required=False, metavar="[PLACE]")
@click.option("--place", default="chongqing", show_default=True, help="Whose levers, parameters, targets …")
@click.option(
    "--grade", "grades", multiple=True, type=click.Choice(GRADES), help="Of parameters: only these."
)
@click.option(
    "--detail", is_flag=True, help="Of places: base years, fitted parameters, how sure the numbers are."
)
@click.option("--json", "as_json", is_flag=True, help="Print the same facts for other programs.")
def list_(
    what: str, named: str | None, place: str, grades: tuple[str, ...], detail: bool, as_json: bool
) -> int:
    """List what there is, with units, ranges, plan clauses, and how sure each number is.

    \b
    official     issued by a government body
    secondary    published, read in a copy or a compilation
    derived      follows from published values by a stated rule
    judgement    a choice; low and high say how far it may be off
    from-memory  recalled, to be checked before it is quoted
    """
    from urbsim.listing import for_table, list_facts

    facts = list_facts(what, named or place, grades)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        _print_table(for_table(what, facts, detail=detail))
    return DONE


@cli.command()
@click.argument("indicator")
@click.option("--place", default="chongqing", show_default=True, help="Name or folder of a place.")
@click.option("--region", default="", help="Region or group [the whole place].")
@click.option("--year", type=int, help="Year of the observed values [all].")
@click.option("--steps", type=click.IntRange(0), default=4, show_default=True, help="Equations to go back.")
@click.option("--json", "as_json", is_flag=True, help="Print the same facts for other programs.")
def trace(indicator: str, place: str, region: str, year: int | None, steps: int, as_json: bool) -> int:
    """Trace a reported number back to the lines of tables and sources that it stands on.

    An observed value is traced to its row and source; a computed one to the numbers its equations use.
    """
    from urbsim.listing import trace_facts

    facts = trace_facts(indicator, place, region, year, steps)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return DONE
    behind = " and ".join(f"{v['name']} ({v['where']})" for v in facts["variables"])
    click.echo(
        f"{facts['indicator']}, {facts['region']} [{facts['unit']}], {facts['defined']}: from {behind}"
    )
    click.echo(f"\nobserved: {'' if facts['observed'] else 'nothing'}")
    _print_table([{k: v for k, v in row.items() if k != "note"} for row in facts["observed"]])
    click.echo(f"\ncomputed from, within {steps} equations:")
    shown = [{**row, "where": _first(row["where"])} for row in facts["numbers"]]
    _print_table(shown)
    if facts["farther"]:
        click.echo(f"and {facts['farther']} more variables with numbers: --steps {facts['farthest']}")
    click.echo("\nsources:")
    for id_, source in facts["sources"].items():
        click.echo(f"  {id_}: " + ", ".join(filter(None, source.values())))
    return DONE


@cli.command()
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("--json", "as_json", is_flag=True, help="Print the same facts for other programs.")
def check(model: Path, as_json: bool) -> int:
    """Check a model file: units, documentation, numbers nothing uses, error of its own step.

    Exit status 1 when there is something to mend.
    """
    from urbsim.engine.simulate import simulate
    from urbsim.model.check import check_model
    from urbsim.model.read import read_model

    read = read_model(model)
    run = simulate(read)
    problems = check_model(read)
    if as_json:
        found = [{"what": p.what, "where": p.where, "fix": p.fix} for p in problems]
        facts = {"model": model.as_posix(), "problems": found, "honesty": str(run.honesty)}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{model.as_posix()}: {len(read.variables)} variables, {len(problems)} to mend")
        click.echo(str(run.honesty))
    return FAILED if problems else DONE


@cli.command()
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("--place", metavar="NAME", help="Show the numbers, sources and targets of this place.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.html", help="The page [MODEL-NAME.html]."
)
@click.option(
    "--lang",
    type=click.Choice(("zh", "en")),
    default="en",
    show_default=True,
    help="When the page is opened.",
)
@click.option("--force", is_flag=True, help="Replace a file that is no such page.")
def doc(model: Path, place: str | None, out: Path | None, lang: Language, force: bool) -> int:
    """Write a model as one searchable HTML page: pictures, equations, numbers, sources, loops and levers."""
    from urbsim.assets import find_model
    from urbsim.document.page import write_document

    model = find_model(model)
    click.echo(write_document(model, out, place=place, language=lang, force=force).as_posix())
    return DONE


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def init(folder: Path) -> int:
    """Copy models, places, scenarios, examples and the page of file formats to DIR, to start a study in."""
    from urbsim.assets import PAGE, PARTS, bundled

    for part in (*PARTS, PAGE):
        if (folder / part).exists():
            raise InputError(Problem("exists already, and is not overwritten", str(folder / part)))
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        shutil.copytree(bundled() / part, folder / part)
    (folder / PAGE).parent.mkdir(exist_ok=True)
    shutil.copyfile(bundled() / PAGE, folder / PAGE)
    click.echo(f"{folder.as_posix()}/  " + "  ".join((*(f"{part}/" for part in PARTS), PAGE.as_posix())))
    click.echo(f"next: cd {folder.as_posix()} && urbsim run scenarios/baseline.yaml")
    return DONE


@cli.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULT…", type=click.Path(path_type=Path))
@click.option("--base", default="", metavar="NAME", help="Scenario to hold all others against [their own].")
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    help="What to show; the first is ranked; repeat for more [those of targets, and the main ones].",
)
@click.option("--region", "areas", multiple=True, help="Region or group; repeat for more [whole places].")
@click.option("--year", type=int, help="Year of the ranking and of what levers bought [the last].")
@click.option("--at-least", type=float, help="Level for regions without a target of their own.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write [results/DATE-compare].")
@click.option(
    "--lang",
    default="zh,en",
    show_default=True,
    help="Languages of the figures: zh, en or both; zh alone also prints in Chinese.",
)
@click.option("--no-figures", is_flag=True, help="Write tables and the page only.")
@click.option(
    "--format",
    "formats",
    default="csv",
    show_default=True,
    help="Of the tables, besides CSV: xlsx, parquet, iamc; several with commas.",
)
def compare(
    results: tuple[Path, ...],
    base: str,
    indicators: tuple[str, ...],
    areas: tuple[str, ...],
    year: int | None,
    at_least: float | None,
    out: Path | None,
    lang: str,
    no_figures: bool,
    formats: str,
) -> int:
    """Put scenarios of results folders side by side.

    RESULT is a folder that `urbsim run` wrote. Writes every value with the difference to the base, what each
    lever bought, regions ranked by their gap to target, a figure for each, and a page to click through.
    """
    languages = _languages(lang)
    kinds = _formats(formats)
    folder = out or Path("results") / f"{datetime.now().astimezone().date()}-compare-{_joined(results)}"
    from urbsim.output.folder import check_folder

    check_folder(folder, command="urbsim compare", reads=results)
    from urbsim.compare import compare as put_side_by_side
    from urbsim.compare import write_comparison
    from urbsim.output.tables.compare import print_comparison
    from urbsim.output.tables.verdicts import console_for_people

    done = put_side_by_side(
        results, base=base, indicators=indicators, areas=areas, year=year, at_least=at_least
    )
    try:
        write_comparison(
            folder, done, languages=languages, figures=not no_figures, formats=kinds, starting=_tell_figure
        )
    except OSError as failure:
        _wipe()
        click.echo(f"{folder}: cannot be written: {failure.strerror}", err=True)
        return FAILED
    _wipe()
    language: Language = "zh" if languages == ("zh",) else "en"
    print_comparison(done.outcomes, done.levers, done.rankings, console_for_people(), language)
    for remark in done.remarks:
        click.echo(f"{'注意：' if language == 'zh' else 'warning: '}{remark[language]}", err=True)
    click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    return DONE


@cli.command()
@click.argument("place", metavar="PLACE")
@click.argument("file", type=click.Path(path_type=Path), metavar="OUT.mdl")
@click.option("--start", type=int, metavar="YEAR", help="Base year [the place's own].")
@click.option(
    "--set", "parameter_set", metavar="NAME", help="Fitted parameters, or none [those that the place names]."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export(place: str, file: Path, start: int | None, parameter_set: str | None, force: bool) -> int:
    """Write a place's model, with its regions and numbers, as a Vensim file that stands alone.

    PLACE is the name of a place, or a folder that holds one.
    """
    from urbsim.assets import find_place
    from urbsim.export import write_export

    write_export(
        find_place(place, Path(), "PLACE"), file, start=start, parameter_set=parameter_set, force=force
    )
    click.echo(file.as_posix())
    return DONE


@cli.command()
@click.argument("place", metavar="PLACE")
@click.option("--set", "names", multiple=True, metavar="NAME", help="Set to fit; repeat for more [all].")
def calibrate(place: str, names: tuple[str, ...]) -> int:
    """Fit the parameters of a place to its history, as its calibration.yaml says.

    Writes the fitted values with standard errors and correlations to sets/NAME.csv in the place's folder.
    """
    from urbsim.analysis.calibrate import calibrate as fit_sets
    from urbsim.analysis.fit_report import fit_lines, stage_line
    from urbsim.assets import find_place
    from urbsim.output.tables.verdicts import console_for_people
    from urbsim.study.text_file import shown

    try:
        done = fit_sets(
            find_place(place, Path(), "PLACE"),
            names,
            starting=lambda name: click.echo(f"fitting {name}"),
            progress=lambda stage: click.echo(stage_line(stage)),
        )
    except RunError as failure:
        click.echo(f"{failure}; the set is as it was.", err=True)
        return FAILED
    except OSError as failure:
        click.echo(f"{place}: cannot be written: {failure.strerror}", err=True)
        return FAILED
    console = console_for_people()
    for fit in done.fits:
        for line in fit_lines(fit, done.calibration):
            console.print(line)
    for file in done.files:
        click.echo(shown(file))
    return DONE


@cli.command()
@click.argument("places", nargs=-1, required=True, metavar="PLACE…")
@click.option("--set", "names", multiple=True, metavar="NAME", help="Fitted parameters, or none [all].")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [results/DATE-validate-PLACE].")
@click.option("--lang", default="zh,en", show_default=True, help="Languages of the figures: zh, en or both.")
@click.option("--no-figures", is_flag=True, help="Write tables only.")
@click.option("--json", "as_json", is_flag=True, help="Print the same facts for other programs.")
@click.option("--strict", is_flag=True, help="Exit with status 1 when a level of acceptance is missed.")
def validate(
    places: tuple[str, ...],
    names: tuple[str, ...],
    out: Path | None,
    lang: str,
    no_figures: bool,
    as_json: bool,
    strict: bool,
) -> int:
    """Hold the model of a place against its history, next to projections by a line of arithmetic.

    Prints levels of acceptance, errors within the sample and after it, and what moved between two sets of
    parameters; writes every score, table and figure. With several places, --out names a folder of folders.
    """
    languages = _languages(lang)
    from urbsim.assets import find_place
    from urbsim.output.folder import check_folder

    today = datetime.now().astimezone().date()
    found = list(dict.fromkeys(find_place(place, Path(), "PLACE").resolve() for place in places))
    names_of = [place.name for place in found]
    for name in dict.fromkeys(name for name in names_of if names_of.count(name) > 1):
        what = f"two of the places are in folders named '{name}', and so would be their results"
        raise InputError(Problem(what, "PLACE", "validate them one by one, each with its --out"))
    folders = [
        (out / name if len(found) > 1 else out) if out else Path("results") / f"{today}-validate-{name}"
        for name in names_of
    ]
    for folder in folders:
        check_folder(folder, command="urbsim validate")
    from urbsim.analysis.validate import validate as hold_against_history
    from urbsim.analysis.validation_tables import facts, printed, write_validation
    from urbsim.output.tables.verdicts import console_for_people

    console = console_for_people()
    done: list[tuple[Path, Validation]] = []
    failed = False
    for place, folder in zip(found, folders, strict=True):
        try:
            done.append((folder, hold_against_history(place, names, starting=_announce(1))))
        except RunError as failure:
            failed = True
            click.echo(f"{WIPE * sys.stderr.isatty()}{place.name}: {failure}", err=True)
        _wipe()
    for folder, validation in done:  # after the last: nothing is written when any of the places is wrong
        try:
            write_validation(folder, validation, () if no_figures else languages)
        except OSError as failure:
            click.echo(f"{folder}: cannot be written: {failure.strerror}", err=True)
            return FAILED
        if as_json:
            continue
        for line in printed(validation):
            console.print(line)
        for warning in validation.warnings:
            click.echo(warning, err=True)
        click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    if as_json and done:
        told = [facts(validation) for _, validation in done]
        click.echo(
            json.dumps(told[0] if len(found) == len(told) == 1 else told, ensure_ascii=False, indent=2)
        )
    missed = any(not level.met for _, validation in done for level in validation.levels)
    return FAILED if failed or (strict and missed) else DONE


@cli.command()
@click.argument("result", type=click.Path(path_type=Path), metavar="RESULT")
@click.option(
    "--observed",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV of new values: indicator, region, year (or period), value.",
)
@click.option("--scenario", "name", help="Which run of the folder [the one beside the base, or the base].")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for tables and figures [RESULT-monitor]."
)
@click.option(
    "--lang",
    default="zh,en",
    show_default=True,
    help="Languages of the figures: zh, en or both; zh alone also prints in Chinese.",
)
@click.option("--no-figures", is_flag=True, help="Write tables only.")
@click.option("--strict", is_flag=True, help="Exit with status 1 when a target was missed or is behind.")
def monitor(
    result: Path,
    observed: Path,
    name: str | None,
    out: Path | None,
    lang: str,
    no_figures: bool,
    strict: bool,
) -> int:
    """Hold new observations against a run, and say what its targets now take.

    RESULT is a folder that `urbsim run` wrote. Says where observations left the run, by how much against the
    model's own error, and which gain a year each target needs, next to the run's and the best ever achieved.
    """
    languages = _languages(lang)
    whole = result.resolve()
    folder = out or _beside(whole, f"{whole.name}-monitor-{observed.stem}")
    from urbsim.output.folder import check_folder

    check_folder(folder, command="urbsim monitor", reads=[result])
    from urbsim.monitor import monitor as hold_against
    from urbsim.output.tables.monitor import print_monitoring
    from urbsim.output.tables.verdicts import console_for_people

    try:
        found = hold_against(
            result, observed, folder, scenario=name, languages=() if no_figures else languages
        )
    except OSError as failure:
        click.echo(f"{folder}: cannot be written: {failure.strerror}", err=True)
        return FAILED
    print_monitoring(found, console_for_people(), "zh" if languages == ("zh",) else "en")
    click.echo(f"{folder.as_posix()}/  " + "  ".join(_written(folder)))
    return FAILED if strict and found.behind else DONE


@cli.command()
@click.argument("result", type=click.Path(path_type=Path), metavar="RESULT")
@click.option("--to", "kind", type=click.Choice(("docx", "html")), required=True, help="Word, or a page.")
@click.option(
    "--lang",
    default="zh,en",
    show_default=True,
    help="zh, en or both; a Word file for each, one page for both.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write [RESULT-LANG.docx, RESULT.html].")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def report(result: Path, kind: str, lang: str, out: Path | None, force: bool) -> int:
    """Write a report of a results folder, to be printed, edited in Word or opened in a browser.

    RESULT is a folder that `urbsim run` wrote. Files go to the current folder unless --out says where.
    """
    languages = _languages(lang)
    if kind == "docx" and out is not None and len(languages) > 1:
        raise click.UsageError(
            "--out names one file, and there is one for each language: choose --lang zh or en"
        )
    name = result.resolve().name
    if kind == "docx":
        files: dict[Path, tuple[Language, ...]] = {
            out or Path(f"{name}-{language}.docx"): (language,) for language in languages
        }
    else:
        files = {out or Path(f"{name}.html"): languages}
    from urbsim.output.report.files import write_reports

    try:
        write_reports(result, files, cast("Kind", kind), force=force)
    except OSError as failure:
        click.echo(f"{failure.filename or name}: cannot be written: {failure.strerror}", err=True)
        return FAILED
    for file in files:
        click.echo(file.as_posix())
    return DONE


def find_scenarios(given: Sequence[str]) -> tuple[Path, ...]:
    """Give the files that are meant: files, folders, patterns, or names of shipped scenarios.

    Raises
    ------
    InputError
        Everything that means no file.
    """
    from urbsim.assets import scenarios

    files: list[Path] = []
    problems: list[Problem] = []
    for text in given:
        path = Path(text)
        named = scenarios(Path()) if re.fullmatch(r"\w[\w-]*", text) else {}
        if path.is_dir():
            found = sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
        elif path.exists():
            found = [path]
        elif text in named:
            found = [named[text]]
        else:
            found = sorted(map(Path, glob.glob(text)))  # noqa: PTH207 - a pattern may be absolute
        if not found:
            siblings = [str(path.parent / file.name) for file in sorted(path.parent.glob("*.y*ml"))]
            what = "the folder holds no scenario files" if path.is_dir() else "there is no such scenario file"
            known = siblings or sorted(named) or sorted(scenarios(Path()))
            fix = suggestion(text, known, "" if siblings else "`urbsim list scenarios`")
            problems.append(Problem(what, text, fix))
        files.extend(found)
    if problems:
        raise InputError(problems)
    return tuple({file.resolve(): file for file in files}.values())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the status that the outcome has."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Chinese characters shows `?`
            stream.reconfigure(errors="replace")
    status = _status(arguments)
    if arguments is None:  # the process ends here: a last search for garbage would take a tenth of a second
        gc.freeze()
    sys.exit(status)


def _status(arguments: Sequence[str] | None) -> int:
    try:
        return int(cli.main(args=arguments, prog_name="urbsim", standalone_mode=False) or DONE)
    except InputError as failure:
        for problem in failure.problems[:SHOWN_PROBLEMS]:
            click.echo(str(problem), err=True)
        if len(failure.problems) > SHOWN_PROBLEMS:
            click.echo(f"… and {len(failure.problems) - SHOWN_PROBLEMS} more", err=True)
        click.echo("Nothing was run and nothing was written. 未运行，也未写入任何文件。", err=True)
        return WRONG_INPUT
    except click.ClickException as failure:
        failure.show()
        return failure.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stdout = None
        return DONE
    except SystemExit:  # rich's answer to the same
        return DONE
    except Exception:
        traceback.print_exc()
        click.echo("This is a bug of urbsim. Please report it with the lines above.", err=True)
        return BUG


def _languages(text: str) -> tuple[Language, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in text.replace("both", "zh,en").split(",")))
    if not parts or any(part not in ("zh", "en") for part in parts):
        raise click.BadParameter(f"'{text}', expected zh, en or both", param_hint="--lang")
    return cast("tuple[Language, ...]", parts)


def _batch_name(given: Sequence[str], files: Sequence[Path]) -> str:
    """Name a results folder by its one scenario, its one folder, or its first scenario."""
    if len(files) == 1:
        return files[0].stem
    if len(given) == 1 and Path(given[0]).is_dir():
        return Path(given[0]).resolve().name
    return f"{files[0].stem}-and-{len(files) - 1}-more"


def _formats(given: str) -> tuple[str, ...]:
    """Read which formats tables are asked for in."""
    from urbsim.output.folder import FORMATS

    names = tuple(dict.fromkeys(part.strip().casefold() for part in given.split(",") if part.strip()))
    wrong = [name for name in names if name not in FORMATS]
    if wrong:
        raise click.BadParameter(f"'{wrong[0]}' is none of {', '.join(FORMATS)}", param_hint="--format")
    return names


def _joined(folders: Sequence[Path]) -> str:
    """Name what is made of several folders by all of them, or by as many as make a name."""
    names = list(dict.fromkeys(folder.resolve().name for folder in folders))
    joined = "-".join(names)
    return joined if len(joined) <= MOST_LETTERS else f"{names[0][:MOST_LETTERS]}-and-{len(names) - 1}-more"


def _beside(folder: Path, name: str) -> Path:
    """Give a folder beside another, written from here where it lies below."""
    made = folder.parent / name
    return made.relative_to(Path.cwd()) if made.is_relative_to(Path.cwd()) else made


def _announce(total: int, language: Language = "en") -> Callable[[str], None]:
    """Say which scenario runs: in one line that is wiped again on a terminal, in a line each in a log."""
    begun = 0

    def starting(name: str) -> None:
        nonlocal begun
        begun += 1
        of = max(total, begun)
        if language == "zh":
            text = f"正在运行 {name}" + (f"（{begun}/{of}）" if total > 1 else "")
        else:
            text = f"running {name}" + (f" ({begun} of {of})" if total > 1 else "")
        click.echo(f"{WIPE}{text}" if sys.stderr.isatty() else text, nl=not sys.stderr.isatty(), err=True)

    return starting


def _sample_folder(name: str, resume: bool) -> Path:
    """Name a results folder by today's date, or by the day on which what is to be resumed was begun."""
    results = Path("results")
    begun = sorted(results.glob(f".????-??-??-{glob.escape(name)}.partial")) if resume else []
    if begun:
        return results / begun[-1].name.removeprefix(".").removesuffix(".partial")
    return results / f"{datetime.now().astimezone().date()}-{name}"


def _tell_stop(failure: BaseException, folder: Path) -> int:
    """Say why many runs stopped, and what is kept of them; gives the exit status."""
    from urbsim.ensemble.work_folder import holds_runs, partial_of

    if isinstance(failure, MemoryError):
        said = "there is not enough memory for so many runs; ask for fewer with -n"
    elif isinstance(failure, OSError):
        said = f"{folder}: cannot be written: {failure.strerror or failure}"
    else:
        said = str(failure)
    kept = ""
    if holds_runs(folder):
        kept = f"what is done is kept in {partial_of(folder).as_posix()}/; go on with --resume"
    if told := "; ".join(filter(None, (said, kept))):
        click.echo(told, err=True)
    if isinstance(failure, KeyboardInterrupt):
        raise failure
    return FAILED


def _tell_figure(name: str) -> None:
    """Say on a terminal which figure is being drawn."""
    if sys.stderr.isatty():
        click.echo(f"{WIPE}drawing {name}", nl=False, err=True)


def _wipe() -> None:
    if sys.stderr.isatty():
        click.echo(WIPE, nl=False, err=True)


def _remarks(outcomes: Sequence[Outcome], language: Language) -> Iterator[str]:
    chinese = language == "zh"
    for outcome in outcomes:
        name = outcome.scenario.title.zh if chinese else outcome.name
        if outcome.run is None:
            yield f"{name}：运行失败：{outcome.failure}" if chinese else f"{name} failed: {outcome.failure}"
            continue
        for lever, why in outcome.run.idle.items():
            title = next((one.name.zh for one in outcome.levers if one.id == lever), lever)
            yield f"{name}：“{title}”{why.zh}" if chinese else f"{name}: lever '{lever}' {why.en}"
        for finding in outcome.run.findings:
            if not finding.passed:
                value = f"{finding.value:g} ({finding.element}, {finding.year:g})"
                failed = f"核查未通过：{finding.check}；实为{value}"
                told = f"check failed: {finding.check}; it is {value}"
                yield f"{name}：{failed}" if chinese else f"{name}: {told}"
    checks = [finding for outcome in outcomes if outcome.run for finding in outcome.run.findings]
    if checks:
        passed = sum(f.passed for f in checks)
        of = len(checks)
        yield f"核查：{of}项中{passed}项通过" if chinese else f"checks: {passed} of {of} passed"


def _written(folder: Path) -> list[str]:
    return [entry.name + "/" * entry.is_dir() for entry in sorted(folder.iterdir())]


def _print_table(facts: Sequence[dict[str, Any]]) -> None:
    """Print facts as a table; grades that call for caution stand out."""
    from rich.table import Table
    from rich.text import Text

    from urbsim.output.tables.verdicts import console_for_people

    if not facts:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for key in facts[0]:
        table.add_column(key, no_wrap=key in ("id", "name", "variable", "grade"))
    for fact in facts:
        table.add_row(*(Text(_plain(v), style=_style(k, v)) for k, v in fact.items()))
    console_for_people().print(table)


def _style(key: str, value: object) -> str:
    if key != "grade":
        return ""
    return "red" if "from-memory" in str(value) else "yellow" if "judgement" in str(value) else ""


def _first(lines: Sequence[str]) -> str:
    return lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " … ".join(map(_plain, value)) if len(value) == 2 else ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
