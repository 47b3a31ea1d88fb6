"""Results folders -> scenarios side by side: differences, what levers bought, regions ranked by their gap."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from urbsim.errors import InputError, Problem, suggestion
from urbsim.names import fold
from urbsim.output.folder import COLUMNS, REPORT, columns_of, made_facts, replace_folder, write_formats
from urbsim.output.result_file import Recorded, read_result
from urbsim.output.tables.compare import (
    bought_table,
    compared_ranking,
    compared_targets,
    comparison_table,
    side_by_side_table,
)
from urbsim.study.bought import Bought, bought
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import NO_SET, Place
from urbsim.study.standing import Standing, rank
from urbsim.study.target import Target
from urbsim.study.text_file import shown
from urbsim.study.words import LANGUAGES, Language, Words

log = logging.getLogger(__name__)

SAME = 1e-8  # [-] of an indicator's largest value: what tables of ten digits may lose
MOST_DRAWN = 30  # scenarios that a picture can tell apart, at the utmost

# Shown besides the indicators of targets: who settles, on how much land, with which places, money and work.
SHOWN = ("settlers", "urban_land", "school_adequacy", "local_debt", "urban_jobs")
# What levers buy: points of the rate, people, land, places, money.
BOUGHT = (
    *("urbanization_rate", "urban_residents", "settlers", "urban_land", "quota_inflow"),
    *("nursery_places", "school_places", "hospital_beds", "elderly_care_beds"),
    *("urban_jobs", "local_debt", "citizenization_fund"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Scenarios of several results folders, and what is asked of them.

    Parameters
    ----------
    outcomes
        Each with the name of the one that it is held against; that of the first comes first.
    indicators
        What tables and figures show.
    differing
        Ids of the indicators of which figures show the differences too: the first, or all that were asked
        for.
    areas
        What figures show, and tables where they were asked for.
    year
        Of the ranking, and of what levers bought.
    rankings
        Regions of each place by how far they fall short, in its first run and then in the others.
    levers
        What each lever of each scenario bought.
    remarks
        What else than policies differs between the folders.
    sources
        Folder -> its `run.json`.
    """

    outcomes: tuple[Outcome, ...]
    indicators: tuple[Indicator, ...]
    differing: frozenset[str]
    areas: tuple[str, ...]
    areas_asked: bool
    year: int
    rankings: tuple[tuple[Standing, ...], ...]
    levers: tuple[Bought, ...]
    remarks: tuple[Words, ...]
    sources: Mapping[str, Mapping[str, Any]]


def compare(
    folders: Sequence[Path],
    *,
    base: str = "",
    indicators: Sequence[str] = (),
    areas: Sequence[str] = (),
    year: int | None = None,
    at_least: float | None = None,
) -> Comparison:
    """Put the runs of results folders beside each other.

    Parameters
    ----------
    base
        Name of the scenario that all others are held against; empty: each against the one it was run against.
    indicators, areas
        What to show; empty: indicators of targets and the main ones beside them, and whole places.
    year, at_least
        Year of the ranking, by default the last that all runs have; level that regions without a target of
        their own are held to, by default the target of the smallest area around them that has one.

    Raises
    ------
    InputError
        Everything wrong with the folders, or with what is asked for.
    """
    recorded = _read(folders)
    outcomes = merge(recorded)
    _refuse_strangers(recorded)
    outcomes = _against(outcomes, base)
    shown_indicators = _indicators(outcomes, indicators)
    shown_areas = _areas(outcomes, areas)
    first = max(int(_years(outcome)[0]) for outcome in outcomes)
    last = min(int(_years(outcome)[-1]) for outcome in outcomes)
    if first > last:
        spans = [f"{one.name} {int(_years(one)[0])}-{int(_years(one)[-1])}" for one in outcomes]
        what = f"have no year in common: {', '.join(spans)}"
        raise InputError(Problem(what, ", ".join(map(shown, folders)), "give scenarios the same `period`"))
    if year is not None and not first <= year <= last:
        raise InputError(Problem(f"{year} is outside {first}-{last}, the years that all runs have", "--year"))
    if at_least is not None and not math.isfinite(at_least):
        raise InputError(Problem(f"is {at_least:g}, expected a finite number", "--at-least"))
    ranked_year = last if year is None else year
    named = {outcome.name: outcome for outcome in outcomes}
    return Comparison(
        outcomes=outcomes,
        indicators=shown_indicators,
        differing=frozenset(one.id for one in shown_indicators[: None if indicators else 1]),
        areas=shown_areas,
        areas_asked=bool(areas),
        year=ranked_year,
        rankings=tuple(_rankings(outcomes, shown_indicators[0].id, ranked_year, areas, at_least)),
        levers=tuple(
            found
            for outcome in outcomes
            for area in shown_areas
            if (
                found := bought(
                    outcome,
                    named.get(outcome.base),
                    [i.id for i in shown_indicators] if indicators else _bought_indicators(outcome),
                    area,
                    ranked_year,
                )
            )
        ),
        remarks=(
            *_failures(recorded),
            *_adopted(recorded, outcomes, base),
            *differences(recorded),
            *_not_known(outcomes, ranked_year),
        ),
        sources={shown(one.folder): one.facts for one in recorded},
    )


def merge(recorded: Sequence[Recorded]) -> tuple[Outcome, ...]:
    """Give the completed runs of all folders: equal ones once, others of one name with their folder's name.

    Two runs are equal when name, place, start, parameters, targets and every number are the same.
    """
    groups: list[list[tuple[int, Outcome]]] = []  # of equal runs, each with the number of its folder
    for position, one in enumerate(recorded):
        for outcome in (outcome for outcome in one.outcomes if outcome.run):
            twins = next((group for group in groups if same(group[0][1], outcome)), None)
            if twins is None:
                groups.append([(position, outcome)])
            else:
                twins.append((position, outcome))
    labels = _labels([one.folder for one in recorded])
    counts = Counter(fold(group[0][1].name) for group in groups)
    called: dict[tuple[int, str], tuple[str, str]] = {}  # folder and name there -> name here, folder's label
    for group in groups:
        position, first = group[0]
        label = labels[position] if counts[fold(first.name)] > 1 else ""
        name = f"{first.name}@{label}" if label else first.name
        called |= {(number, outcome.name): (name, label) for number, outcome in group}
    homes: dict[tuple[str, ...], Path] = {}
    kept = []
    for group in groups:
        # Of equal runs the one is kept that knows most about itself.
        position, outcome = max(group, key=lambda pair: (bool(pair[1].base), _told(pair[1])))
        name, label = called[position, outcome.name]
        place = outcome.place
        home = homes.setdefault((place.name, *place.regions), place.folder)  # however it was written
        kept.append(
            replace(
                outcome,
                scenario=replace(outcome.scenario, name=name, title=_titled(outcome, label)),
                place=replace(place, folder=home),
                base=called.get((position, outcome.base), (outcome.base, ""))[0],
            )
        )
    return tuple(kept)


def same(one: Outcome, other: Outcome) -> bool:
    """Tell whether two runs say the same."""
    if one.run is None or other.run is None:
        return False
    alike = (
        fold(one.name) == fold(other.name)
        and one.place.name == other.place.name
        and tuple(one.place.regions) == tuple(other.place.regions)
        and (one.base_year, one.parameter_set) == (other.base_year, other.parameter_set)
        and {_demand(t, one.place) for t in one.targets} == {_demand(t, other.place) for t in other.targets}
    )
    mine, yours = one.run.measured, other.run.measured
    if not alike or len(mine.series) != len(yours.series) or not np.array_equal(mine.years, yours.years):
        return False
    values = {(series.indicator.id, fold(series.area)): series.values for series in yours.series}
    for series in mine.series:
        twin = values.get((series.indicator.id, fold(series.area)))
        size = np.abs(np.nan_to_num(series.values)).max(initial=0.0)
        if twin is None or not np.allclose(series.values, twin, rtol=0, atol=SAME * size, equal_nan=True):
            return False
    return True


def differences(recorded: Sequence[Recorded]) -> tuple[Words, ...]:
    """Say what else than policies differs between runs, so that it may be part of their differences."""
    labels = _labels([one.folder for one in recorded])
    hashes: dict[Words, dict[str, dict[str, None]]] = {}  # what -> its hashes -> folders
    for label, one in zip(labels, recorded, strict=True):
        for place in one.facts.get("places", ()):
            for what, key in (
                (Words(zh="模型", en="the model is"), "model_sha256"),
                (
                    Words(zh="指标和政策的定义", en="the definitions of indicators and levers are"),
                    "catalogues_sha256",
                ),
                (
                    Words(
                        zh=f"{place.get('name')}的数据文件",
                        en=f"the files of the place {place.get('name')} are",
                    ),
                    "sha256",
                ),
            ):
                hashes.setdefault(what, {}).setdefault(str(place.get(key))[:8], {})[label] = None
    remarks = [
        Words(
            zh=f"{what.zh}不相同（{_listed(by_hash, 'zh')}）",
            en=f"{what.en} not the same ({_listed(by_hash)})",
        )
        for what, by_hash in hashes.items()
        if len(by_hash) > 1
    ]
    found: dict[Words, dict[str, dict[str, None]]] = {}  # what -> its values -> names of scenarios
    for outcome in (o for one in recorded for o in one.outcomes if o.run):
        for what, value in (
            (Words(zh="地方", en="places"), outcome.place.name),
            (Words(zh="参数组", en="parameter sets"), outcome.parameter_set or NO_SET),
            (Words(zh="起始年", en="base years"), str(outcome.base_year)),
            (Words(zh="模拟时段", en="periods"), f"{_years(outcome)[0]:g}-{_years(outcome)[-1]:g}"),
        ):
            found.setdefault(what, {}).setdefault(value, {})[outcome.name] = None
    remarks += [
        Words(zh=f"{what.zh}不同（{_listed(by_value, 'zh')}）", en=f"{what.en} differ ({_listed(by_value)})")
        for what, by_value in found.items()
        if len(by_value) > 1
    ]
    versions = Counter(str(one.facts.get("urbsim")) for one in recorded)
    if len(versions) > 1:
        told = ", ".join(versions)
        remarks.append(Words(zh=f"urbsim版本不同（{told}）", en=f"versions of urbsim differ ({told})"))
    return tuple(remarks)


def _read(folders: Sequence[Path]) -> tuple[Recorded, ...]:
    """Read results folders, each once.

    Raises
    ------
    InputError
        Whatever is wrong with any of them, or none of their runs came to an end.
    """
    read: list[Recorded] = []
    problems: list[Problem] = []
    for folder in {folder.resolve(): folder for folder in folders}.values():
        try:
            read.append(read_result(folder))
        except InputError as failure:
            problems.extend(failure.problems)
    problems.extend(
        Problem("none of its runs came to an end", shown(one.folder))
        for one in read
        if not any(outcome.run for outcome in one.outcomes)
    )
    if problems:
        raise InputError(problems)
    return tuple(read)


def _refuse_strangers(recorded: Sequence[Recorded]) -> None:
    """Refuse folders that share no region or no indicator with any other, and units that differ.

    Raises
    ------
    InputError
        Naming each of them.
    """
    areas = [{fold(a) for o in one.outcomes for a in o.place.areas} for one in recorded]
    reported = [{i.id: i for o in one.outcomes for i in o.indicators} for one in recorded]
    problems = []
    for position, one in enumerate(recorded):
        others = [i for i in range(len(recorded)) if i != position]
        where = shown(one.folder)
        for what, mine, yours in (
            ("region", areas[position], set().union(*(areas[i] for i in others))),
            ("indicator", set(reported[position]), set().union(*(reported[i] for i in others))),
        ):
            if others and not mine & yours:
                problems.append(
                    Problem(f"has no {what} in common with the other folders", where, "compare it by itself")
                )
    first: dict[str, tuple[str, Path]] = {}
    for one, known in zip(recorded, reported, strict=True):
        for name, indicator in known.items():
            unit, folder = first.setdefault(name, (indicator.unit, one.folder))
            if unit != indicator.unit:
                what = f"{name} is in '{indicator.unit}', but in '{unit}' in {shown(folder)}"
                problems.append(Problem(what, shown(one.folder)))
    outcomes = [outcome for one in recorded for outcome in one.outcomes if outcome.run]
    if len(outcomes) == 1 and len(outcomes[0].place.regions) == 1 and not problems:
        what = "holds one run of one region: there is nothing to compare"
        problems.append(Problem(what, shown(recorded[0].folder), "name another results folder"))
    if problems:
        raise InputError(dict.fromkeys(problems))


def _against(outcomes: Sequence[Outcome], base: str) -> tuple[Outcome, ...]:
    """Say of every outcome which one it is held against, and put that of the first in front.

    Raises
    ------
    InputError
        There is no scenario of that name, or there are several.
    """
    names = [outcome.name for outcome in outcomes]
    if base:
        found = [name for name in names if fold(name) == fold(base)] or [
            name for name in names if fold(name.rpartition("@")[0]) == fold(base)
        ]
        if not found:
            raise InputError(Problem(f"there is no scenario '{base}'", "--base", suggestion(base, names)))
        if len(found) > 1:
            what = f"'{base}' is in several folders, and not the same"
            raise InputError(Problem(what, "--base", f"name one of {', '.join(found)}"))
        chosen = {name: found[0] for name in names if name != found[0]}
    else:
        chosen = {outcome.name: against for outcome in outcomes if (against := _own_base(outcome, outcomes))}
    front = next(iter(chosen.values()), names[0])
    held = []
    for outcome in sorted(outcomes, key=lambda one: one.name != front):
        against = chosen.get(outcome.name, "")
        run = outcome.run
        if run and against != outcome.base:  # what levers bought was worked out against another one
            run = replace(run, contributions=())
        held.append(replace(outcome, base=against, run=run))
    return tuple(held)


def _own_base(outcome: Outcome, outcomes: Sequence[Outcome]) -> str:
    """Give the name of the outcome that one is held against by default; empty for one that others are."""
    names = {one.name for one in outcomes}
    if outcome.base in names:
        return outcome.base
    named = [one.base for one in outcomes if one.base in names]
    roots = [one for one in outcomes if one.name in named] or [one for one in outcomes if not one.base]
    alike = [one for one in roots if one.place.name == outcome.place.name]
    if outcome.name in named:
        return ""
    first = (alike or roots or list(outcomes))[0]
    return "" if first.name == outcome.name else first.name


def _indicators(outcomes: Sequence[Outcome], asked: Sequence[str]) -> tuple[Indicator, ...]:
    """Give the indicators to show, those of targets first.

    Raises
    ------
    InputError
        Those asked for that no run reports.
    """
    known = {indicator.id: indicator for outcome in outcomes for indicator in outcome.indicators}
    problems = [
        Problem(
            f"there is no indicator '{name}'",
            "--indicator",
            suggestion(name, [*known], "`urbsim list indicators`"),
        )
        for name in asked
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    targeted = [target.indicator for outcome in outcomes for target in outcome.targets]
    wanted = dict.fromkeys(asked or [name for name in (*targeted, *SHOWN) if name in known])
    return tuple(known[name] for name in wanted or known)


def _areas(outcomes: Sequence[Outcome], asked: Sequence[str]) -> tuple[str, ...]:
    """Give the areas to show: those asked for, as their places write them, or else the whole places.

    Raises
    ------
    InputError
        Those asked for that no place has.
    """
    known = {fold(area): area for outcome in outcomes for area in outcome.place.areas}
    problems = [
        Problem(f"no run has a region or group '{area}'", "--region", suggestion(area, [*known.values()]))
        for area in asked
        if fold(area) not in known
    ]
    if problems:
        raise InputError(problems)
    return tuple(dict.fromkeys(known[fold(a)] for a in asked) or {o.place.name: None for o in outcomes})


def _rankings(
    outcomes: Sequence[Outcome], indicator: str, year: int, areas: Sequence[str], at_least: float | None
) -> Iterator[tuple[Standing, ...]]:
    """Rank the regions of each place that has several, in every run."""
    for place in {outcome.place.name: outcome.place for outcome in outcomes}.values():
        wanted = [r for r in place.regions if not areas or any(fold(r) in _within(place, a) for a in areas)]
        if len(wanted) < 2:
            continue
        runs = [outcome for outcome in outcomes if outcome.place.name == place.name]
        ranked = [[*_rank(run, indicator, year, wanted, at_least)] for run in runs]
        if ranked[0]:
            yield tuple(chain.from_iterable(ranked))


def _rank(
    outcome: Outcome, indicator: str, year: int, areas: Sequence[str], at_least: float | None
) -> Iterator[Standing]:
    held = outcome if at_least is not None else _with_targets_around(outcome, indicator, year)
    for standing in rank([held], indicator, year, areas=areas, at_least=at_least):
        yield replace(standing, outcome=outcome)


def _with_targets_around(outcome: Outcome, indicator: str, year: int) -> Outcome:
    """Hold every region without a target of its own to that of the smallest area around it that has one."""
    place = outcome.place
    levels = [target for target in outcome.targets if (target.indicator, target.year) == (indicator, year)]
    own = {fold(place.area(target.region)) for target in levels}
    added: list[Target] = []
    for region in place.regions:
        if fold(region) in own:
            continue
        around = [t for t in levels if region in (place.members(t.region) or ())]
        sizes = [len(place.members(target.region) or ()) for target in around]
        smallest = [t for t, size in zip(around, sizes, strict=True) if size == min(sizes)]
        added.extend(replace(target, region=region) for target in smallest)
    return replace(outcome, targets=(*outcome.targets, *added))


def _within(place: Place, area: str) -> set[str]:
    return set(map(fold, place.members(area) or ()))


def _bought_indicators(outcome: Outcome) -> list[str]:
    known = {indicator.id for indicator in outcome.indicators}
    return [name for name in BOUGHT if name in known]


def _failures(recorded: Sequence[Recorded]) -> Iterator[Words]:
    for one in recorded:
        for outcome in one.outcomes:
            if outcome.run is None:
                where = shown(one.folder)
                yield Words(
                    zh=f"{where}中的{outcome.name}模拟失败，未列入：{outcome.failure}",
                    en=f"{outcome.name} failed in {where}, and is left out: {outcome.failure}",
                )


def _adopted(recorded: Sequence[Recorded], outcomes: Sequence[Outcome], asked: str) -> Iterator[Words]:
    """Say which runs are held against another one than they were run against, because that is not there."""
    names = {outcome.name for outcome in outcomes}
    own = {outcome.name: outcome.base for one in recorded for outcome in one.outcomes}
    for outcome in () if asked else outcomes:
        wanted = own.get(outcome.name.rpartition("@")[0] or outcome.name, "")
        if wanted and outcome.base and wanted not in names and outcome.base.rpartition("@")[0] != wanted:
            yield Words(
                zh=f"{outcome.name}原以“{wanted}”为对照，此处没有该情景，改与“{outcome.base}”比较",
                en=f"{outcome.name} was run against {wanted}, not here, and is held against {outcome.base}",
            )


def _not_known(outcomes: Sequence[Outcome], year: int) -> Iterator[Words]:
    """Say when it is not known of this year what levers bought, and of which years it is."""
    missing: dict[tuple[int, ...], list[str]] = {}
    for outcome in outcomes:
        years = {one.year for one in outcome.run.contributions} if outcome.run else set()
        if years and year not in years:
            missing.setdefault(tuple(sorted(years)), []).append(outcome.name)
    for known, names in missing.items():
        told = ", ".join(map(str, known))
        yield Words(
            zh=f"{_few(names, 'zh')}各项政策到{year}年带来的变化未知；已知的年份：--year {told}",
            en=f"what levers bought until {year} is not known of {_few(names)}; it is of --year {told}",
        )


def _labels(folders: Sequence[Path]) -> list[str]:
    """Name folders by the last parts of their paths, as many as it takes to tell them apart."""
    parts = [folder.resolve().parts for folder in folders]
    deepest = max(map(len, parts), default=1)
    for depth in range(1, deepest + 1):
        labels = ["-".join(part.strip("/") for part in one[-depth:]) for one in parts]
        if len(set(labels)) == len(labels):
            return labels
    return labels


def _titled(outcome: Outcome, label: str) -> Words:
    """Give the title of a scenario, with the folder that it is from where that tells it apart."""
    title = outcome.scenario.title or Words(en=outcome.name)
    return Words(zh=f"{title.zh}（{label}）", en=f"{title.en} ({label})") if label else title


def _told(outcome: Outcome) -> int:
    return len(outcome.run.contributions) if outcome.run else -1


def _demand(target: Target, place: Place) -> tuple[object, ...]:
    return target.indicator, place.area(target.region), target.year, target.operator, target.value


def _listed(names: Mapping[str, Iterable[str]], language: Language = "en") -> str:
    colon, stop = ("：", "；") if language == "zh" else (": ", "; ")
    return stop.join(f"{value}{colon}{_few(having, language)}" for value, having in names.items())


def _few(names: Iterable[str], language: Language = "en") -> str:
    listed = [*names]
    if language == "zh":
        return "、".join(listed[:3]) + (f"等{len(listed)}个" if len(listed) > 3 else "")
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def _years(outcome: Outcome) -> np.ndarray:
    return outcome.run.measured.years if outcome.run else np.array([])


def write_comparison(
    folder: Path,
    comparison: Comparison,
    *,
    languages: Sequence[Language] = LANGUAGES,
    figures: bool = True,
    formats: Collection[str] = (),
    starting: Callable[[str], object] = lambda _: None,
) -> Path:
    """Write tables, figures (in `languages`) and a page, whole or not at all.

    Parameters
    ----------
    formats
        In which formats the tables are written besides CSV: "xlsx", "parquet", "iamc".
    starting
        Called with the name of each figure before it is drawn.
    """
    it = comparison
    areas = it.areas if it.areas_asked else ()
    tables = {
        "comparison.csv": comparison_table(it.outcomes, [one.id for one in it.indicators], areas),
        "side_by_side.csv": side_by_side_table(it.outcomes, it.indicators, areas),
        "targets.csv": compared_targets(it.outcomes),
    }
    if it.levers:
        tables["levers_bought.csv"] = bought_table(it.levers)
    if it.rankings:
        tables["ranking.csv"] = compared_ranking([*chain.from_iterable(it.rankings)])
    tables[COLUMNS] = columns_of(tables, _known(it))
    facts = {
        **made_facts("urbsim compare"),
        "folders": {name: _origin(told) for name, told in it.sources.items()},
        "scenarios": [
            {"name": one.name, "base": one.base, "place": one.place.name, "file": one.scenario.source}
            for one in it.outcomes
        ],
        "indicators": [one.id for one in it.indicators],
        "regions": [*it.areas],
        "year": it.year,
        "differ": [remark.en for remark in it.remarks],
        "tables": [*tables],
    }
    drawn = figures and len(it.outcomes) <= MOST_DRAWN
    if figures and not drawn:
        log.warning("no figures: they can hold %d scenarios, not %d", MOST_DRAWN, len(it.outcomes))

    def draw(into: Path) -> None:
        from urbsim.output.figures.compare import write_compare_figures

        write_compare_figures(
            into,
            it.outcomes,
            it.indicators,
            it.areas,
            it.rankings,
            it.levers,
            languages,
            starting,
            it.differing,
        )

    def finish(beside: Path, facts: Mapping[str, Any]) -> None:
        from urbsim.output.report.html import write_report

        write_formats(beside, tables, it.outcomes, languages, formats)
        write_report(beside / REPORT, it.outcomes, _page_facts(it, facts), languages=languages)

    return replace_folder(folder, tables, facts, draw if drawn else None, finish)


def _known(comparison: Comparison) -> list[Indicator]:
    shown_ = {one.indicator.id: one.indicator for each in comparison.levers for one in each.measures}
    return [*{**{one.id: one for one in comparison.indicators}, **shown_}.values()]


def _page_facts(comparison: Comparison, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a page tells of how it was made: the places and scenarios of all folders, each once."""
    sources = [*comparison.sources.values()]
    places = {(p.get("name"), p.get("sha256")): p for told in sources for p in told.get("places", ())}
    scenarios = {s.get("name"): s for told in sources for s in told.get("scenarios", ())}
    return {**sources[0], **facts, "places": [*places.values()], "scenarios": [*scenarios.values()]}


def _origin(told: Mapping[str, Any]) -> dict[str, Any]:
    """Give of the `run.json` of a folder what says where its numbers come from."""
    said = ("made", "urbsim", "solver", "rtol")
    hashes = ("name", "sha256", "model", "model_sha256", "catalogues_sha256")
    return {
        **{key: told[key] for key in said if key in told},
        "places": [{key: place[key] for key in hashes if key in place} for place in told.get("places", ())],
        "scenarios": [one.get("name") for one in told.get("scenarios", ())],
    }
