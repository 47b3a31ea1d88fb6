"""Scenarios side by side as tables: on disk, and in the terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Printed
from rich.text import Text

from urbsim.names import fold
from urbsim.output.tables.run import Cell, Table, counted, ranking_table, target_table
from urbsim.output.tables.verdicts import Judged, print_rows, verdict_rows
from urbsim.output.words.terms import quoted
from urbsim.study.bought import Bought, Measure
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import NO_SET
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.report import Series
from urbsim.study.standing import Standing
from urbsim.study.words import Language, Words

MOST_PRINTED = 10  # regions of a ranking; the table on disk has them all
MOST_LEVERS = 8  # of a scenario
# What is printed of what levers bought: points, people, land, places, money.
PRINTED = ("urbanization_rate", "urban_residents", "settlers", "urban_land", "school_places", "local_debt")

TOGETHER = Words(zh="全部政策同时", en="all of them together")
LEFT_OVER = Words(zh="相互作用（合计减去各项之和）", en="interaction: together less their sum")
OTHERWISE = Words(zh="起始年或参数组不同所致", en="other start or parameters of the base")
_LEVER = Words(zh="政策", en="lever")
_ALONE = Words(zh="单独实施", en="alone")
_LAST = Words(zh="最后加入", en="last")
_BOUGHT = Words(
    zh="{scenario}：各项政策相对“{base}”带来的变化（{area}，{year}年）",
    en="What each lever of {scenario} bought over {base} ({area}, {year})",
)
_BOUGHT_NOTE = Words(
    zh="单独实施：只有这项政策变动时的变化；最后加入：其余政策都在、再加上这项时的变化。",
    en="alone: this lever and no other; last: added to all the others.",
)
_SINCE = Words(zh="带“累计”的为{first}—{last}年合计。", en="Sums run over {first}-{last}.")
_SUM = Words(zh="累计", en="sum of ")
_RANKED = Words(zh="{name}，{year}年：与目标或水平的差距", en="{name}, {year}: gap to target or level")
_MORE = Words(zh="另有{n}个区域见ranking.csv", en="{n} more regions are in ranking.csv")
_MORE_LEVERS = Words(zh="另有{n}项政策见levers_bought.csv", en="{n} more levers are in levers_bought.csv")
_UNHELD = Words(zh="没有目标", en="no target")
_REGION = Words(zh="区域", en="region")
_TARGET = Words(zh="衡量标准", en="measured by")
_DELTA = Words(zh="方括号内：与{}之差。", en="In brackets: difference to {}.")
_ITS_BASE = Words(zh="各自的对照情景", en="the base of each")
_OWN = Words(zh="自身目标{}", en="its target, {}")
_ASKED = Words(zh="{}的水平", en="a level of {}")
_CITY = Words(zh="全市{}的水平", en="the city’s level of {}")
_AROUND = Words(zh="{where}{level}的水平", en="the level of {where}, {level}")

Runs = Sequence[Outcome]


def comparison_table(outcomes: Runs, indicators: Collection[str] = (), areas: Collection[str] = ()) -> Table:
    """Give every value with that of the scenario it is held against and the difference, a row each.

    Without `indicators` or `areas`, of all of them.
    """
    header = (
        *("scenario", "region", "indicator", "unit", "year", "value"),
        *("base", "base_value", "difference", "difference_percent", "place", "parameter_set", "base_year"),
    )
    rows: list[tuple[Cell, ...]] = []
    for outcome, series in _series(outcomes, indicators, areas):
        values, against = series.values.tolist(), base_values(outcome, series, outcomes)
        origin = (outcome.place.name, outcome.parameter_set or NO_SET, outcome.base_year)
        what = (outcome.name, series.area, series.indicator.id, series.indicator.unit)
        for year, value, base in zip(_years(outcome), values, against.tolist(), strict=True):
            if not math.isfinite(value):
                continue
            held: tuple[Cell, ...] = (None, None, None)
            if math.isfinite(base):
                held = (base, value - base, 100 * (value - base) / base if base else None)
            rows.append((*what, year, value, outcome.base, *held, *origin))
    return header, rows


def side_by_side_table(outcomes: Runs, indicators: Sequence[Indicator], areas: Collection[str] = ()) -> Table:
    """Give a block for each area and indicator, with a row per scenario: years, then differences by year.

    Numbers are rounded as they would be in a report.
    """
    years = sorted({year for outcome in outcomes for year in _years(outcome)})
    header = (
        *("region", "region_zh", "region_en", "indicator", "indicator_zh", "indicator_en", "unit"),
        *("scenario", "scenario_zh", "scenario_en", "base", *map(str, years)),
        *(f"{year} difference" for year in years),
    )
    wanted = dict.fromkeys(
        fold(area)
        for outcome in outcomes
        for area in outcome.place.areas
        if not areas or fold(area) in set(map(fold, areas))
    )
    found: dict[tuple[str, str], list[tuple[Outcome, Series]]] = {}
    for outcome, series in _series(outcomes, [one.id for one in indicators], areas):
        found.setdefault((fold(series.area), series.indicator.id), []).append((outcome, series))
    rows: list[tuple[Cell, ...]] = []
    for area in wanted:
        for indicator in indicators:
            block = found.get((area, indicator.id), [])
            decimals = decimals_of([series.values for _, series in block], indicator.unit)
            for outcome, series in block:
                values = dict(zip(_years(outcome), series.values.tolist(), strict=True))
                against = base_values(outcome, series, outcomes)
                gaps = dict(zip(_years(outcome), (series.values - against).tolist(), strict=True))
                title, region = outcome.scenario.title, outcome.place.area_title(series.area)
                rows.append(
                    (
                        *(series.area, region.zh, region.en, indicator.id, indicator.name.zh),
                        *(indicator.name.en, indicator.unit, outcome.name, title.zh, title.en, outcome.base),
                        *(rounded(values.get(year), decimals) for year in years),
                        *(rounded(gaps.get(year), decimals + 1) for year in years),
                    )
                )
    return header, rows


def compared_targets(outcomes: Runs) -> Table:
    """Give every target with what came of it, and the value and difference of the scenario held against."""
    header, rows = target_table(outcomes)
    named = {outcome.name: outcome for outcome in outcomes}
    at = {name: position for position, name in enumerate(header)}
    added: list[tuple[Cell, ...]] = []
    for row in rows:
        outcome = named[str(row[at["scenario"]])]
        value, year = row[at["value"]], row[at["year"]]
        base = math.nan
        against = named.get(outcome.base)
        run = against.run if against else None
        series = run.measured.find(str(row[at["indicator"]]), str(row[at["region"]])) if run else None
        if run and series and isinstance(year, int) and year in run.measured.years:
            base = float(series.values[run.measured.at(year)])
        told = math.isfinite(base) and isinstance(value, float)
        added.append((*row, outcome.base, base if told else None, float(value or 0) - base if told else None))
    return (*header, "base", "base_value", "difference"), added


def bought_table(found: Sequence[Bought]) -> Table:
    """Give what each lever bought: a row per lever, then all together and what is left over; see `Bought`.

    Two columns for every measure: `alone` and `last`, which are the same in the rows of all together and of
    what another start or other parameters do.
    """
    measures = {(one.indicator.id, one.total): one for each in found for one in each.measures}
    header = (
        *("scenario", "base", "region", "year", "row", "lever", "lever_zh", "lever_en"),
        *(
            f"{id_} {counted(measure.indicator.total, total)} [{measure.unit}] {which}"
            for (id_, total), measure in measures.items()
            for which in ("alone", "last")
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        here = {(measure.indicator.id, measure.total) for measure in one.measures}
        what = (one.outcome.name, one.outcome.base, one.area, one.measures[0].last)

        def cells(
            give: Callable[[str], tuple[float, float]], here: set[tuple[str, bool]] = here
        ) -> Iterator[Cell]:
            for key in measures:
                pair = give(key[0]) if key in here else (math.nan, math.nan)
                yield from (value if math.isfinite(value) else None for value in pair)

        def of_lever(id_: str, one: Bought = one) -> Callable[[str], tuple[float, float]]:
            return lambda indicator: (one.alone(id_, indicator), one.last(id_, indicator))

        rows.extend(
            (*what, "lever", lever, name.zh, name.en, *cells(of_lever(lever)))
            for lever, name in one.levers.items()
        )
        rows.extend((*what, row, None, name.zh, name.en, *cells(give)) for row, name, give in last_rows(one))
    return header, rows


def last_rows(one: Bought) -> tuple[tuple[str, Words, Callable[[str], tuple[float, float]]], ...]:
    """Give what stands below the levers: id, name, and what gives the two numbers of an indicator.

    All together comes first, then their interaction, then what is not of levers, where there is such.
    """
    rows: list[tuple[str, Words, Callable[[str], tuple[float, float]]]] = [
        ("together", TOGETHER, lambda indicator: (one.together[indicator],) * 2),
        ("left over", LEFT_OVER, one.left_over),
    ]
    if one.otherwise:
        rows.append(("otherwise", OTHERWISE, lambda indicator: (one.otherwise[indicator],) * 2))
    return tuple(rows)


def by_effect(one: Bought, measures: Sequence[Measure]) -> list[str]:
    """Give levers in the order of what they do most of, held against all together or the largest lever."""

    def sizes(lever: str, name: str) -> float:
        return max(abs(one.alone(lever, name)), abs(one.last(lever, name)))

    names = [measure.indicator.id for measure in measures]
    scale = {
        name: max([abs(np.nan_to_num(one.together[name])), *(sizes(lever, name) for lever in one.levers)])
        for name in names
    }
    shares = {
        lever: max((sizes(lever, name) / scale[name] for name in names if scale[name]), default=0.0)
        for lever in one.levers
    }
    return sorted(one.levers, key=lambda lever: -shares[lever])


def compared_ranking(ranking: Sequence[Standing]) -> Table:
    """Give regions by how far they fall short, run by run.

    `held_to` is `own`, `asked`, or the area around the region whose target it is.
    """
    header, _ = ranking_table(())
    rows: list[tuple[Cell, ...]] = []
    for _, each in groupby(ranking, key=lambda standing: standing.outcome.name):
        group = list(each)
        rows += [
            (*row, standing.short if math.isfinite(standing.short) else None, target_of(standing))
            for row, standing in zip(ranking_table(group)[1], group, strict=True)
        ]
    return (*header, "short", "held_to"), rows


def held_to(standing: Standing, language: Language) -> str:
    """Say what a region is held to: its own target, the level of an area around it, or the one asked for."""
    if standing.verdict is None:
        return _UNHELD[language]
    whose = target_of(standing)
    if whose in ("own", "asked"):
        return (_OWN if whose == "own" else _ASKED)[language].format(_level(standing, language))
    return level_around(standing, language)


def level_around(standing: Standing, language: Language) -> str:
    """Name the level that a region without a target of its own is measured by: no demand on the region."""
    if target_of(standing) == "asked":
        return _ASKED[language].format(_level(standing, language))
    place, area = standing.outcome.place, area_around(standing)
    title = place.area_title(area)
    if fold(area) == fold(place.name) and title.zh.endswith("市"):
        return _CITY[language].format(_level(standing, language))
    return _AROUND[language].format(where=title[language], level=_level(standing, language))


def _level(standing: Standing, language: Language) -> str:
    assert standing.verdict is not None  # noqa: S101 - asked of standings with a target or a level
    return quantity(standing.verdict.target.value, standing.indicator.unit, language=language, long=True)


def target_of(standing: Standing) -> str:
    """Give `own`, `asked`, or the area whose target a region is held to; empty where it is held to none."""
    if standing.verdict is None:
        return ""
    own = standing.verdict.target in standing.outcome.targets
    return area_around(standing) or ("own" if own else "asked")


def area_around(standing: Standing) -> str:
    """Give the area around a region whose target it is held to; empty: it has its own, or none."""
    verdict, place = standing.verdict, standing.outcome.place
    if verdict is None or verdict.target in standing.outcome.targets:
        return ""
    found = (
        t for t in standing.outcome.targets if replace(t, region=verdict.target.region) == verdict.target
    )
    return next((place.area(target.region) for target in found), "")


def base_values(outcome: Outcome, series: Series, outcomes: Runs) -> np.ndarray:
    """Give by year what the run has that a series is held against; NaN where it has nothing."""
    values = np.full(series.values.shape, np.nan)
    against = next((one for one in outcomes if one.name == outcome.base), None)
    if against is None or against.run is None or outcome.run is None:
        return values
    other = against.run.measured.find(series.indicator.id, series.area)
    if other is not None:
        known = dict(zip(_years(against), other.values.tolist(), strict=True))
        values[:] = [known.get(year, math.nan) for year in _years(outcome)]
    return values


def decimals_of(values: Sequence[np.ndarray], unit: str) -> int:
    """Give how many decimals numbers of this size have in a report."""
    largest = max((float(np.abs(np.nan_to_num(one)).max(initial=0.0)) for one in values), default=0.0)
    if unit == "%":
        return 1
    return 3 if largest < 2 else 2 if largest < 10 else 1 if largest < 1000 else 0


def rounded(value: float | None, decimals: int) -> Cell:
    """Round a number for a table that people read; None where there is none."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, decimals) + 0.0  # no negative nought


def print_comparison(
    outcomes: Runs,
    levers: Sequence[Bought],
    rankings: Sequence[Sequence[Standing]],
    console: Console,
    language: Language = "en",
) -> None:
    """Print targets with the difference to the base, what levers bought, and regions by their gap."""
    for judged in verdict_rows(outcomes, language):
        rows = tuple(
            replace(
                row,
                cells=tuple(_with_difference(row.outcome, cell, outcomes, language) for cell in row.cells),
            )
            for row in judged.rows
        )
        print_rows(replace(judged, rows=rows), console, language)
    bases = {outcome.base: None for outcome in outcomes if outcome.base}
    if bases:
        titles = [quoted(one.scenario.title[language], language) for one in outcomes if one.name in bases]
        console.print(_DELTA[language].format(titles[0] if len(titles) == 1 else _ITS_BASE[language]))
    print_bought(levers, console, language)
    print_rankings(rankings, console, language)


def _with_difference(outcome: Outcome, cell: Judged, outcomes: Runs, language: Language) -> Judged:
    """Write behind a value how far it is from that of the scenario it is held against."""
    if cell.verdict is None or not outcome.base or outcome.run is None:
        return cell
    target, measured = cell.verdict.target, outcome.run.measured
    series = measured.find(target.indicator, outcome.place.area(target.region))
    if series is None:
        return cell
    gap = float((series.values - base_values(outcome, series, outcomes))[measured.at(target.year)])
    if not math.isfinite(gap):
        return cell
    said = quantity(gap, series.indicator.unit, language=language, signed=True, bare=True)
    if not re.search("[1-9]", said):
        said = "="
    return replace(cell, value=f"{cell.value} [{said}]")


def print_bought(found: Sequence[Bought], console: Console, language: Language = "en") -> None:
    """Print for each scenario the levers that did most, and what they bought alone and last."""
    for one in found:
        for table in _bought_tables(one, console, language):
            console.print(table)
        if len(one.levers) > MOST_LEVERS:
            console.print(_MORE_LEVERS[language].format(n=len(one.levers) - MOST_LEVERS))
    if found:
        said = [_BOUGHT_NOTE[language]]
        if sums := [measure for one in found for measure in _printed(one) if measure.total]:
            said.append(_SINCE[language].format(first=sums[0].first, last=sums[0].last))
        console.print(("" if language == "zh" else " ").join(said))


def _printed(one: Bought) -> Sequence[Measure]:
    return [measure for measure in one.measures if measure.indicator.id in PRINTED] or one.measures[:6]


def _bought_tables(one: Bought, console: Console, language: Language) -> Iterator[Printed]:
    """Give a row for each lever and a column for each measure, in as many tables as the width asks for."""
    block: list[Measure] = []
    for measure in _printed(one):
        wider = _bought(one, [*block, measure], language)
        if block and Measurement.get(console, console.options, wider).maximum >= console.width:
            yield _bought(one, block, language)
            block = []
        block.append(measure)
    yield _bought(one, block, language)


def _bought(one: Bought, measures: Sequence[Measure], language: Language) -> Printed:
    place, first = one.outcome.place, one.measures[0]
    title = _BOUGHT[language].format(
        scenario=_named(one.outcome, language),
        base=one.against[language],
        area=place.area_title(one.area)[language],
        year=first.last,
    )
    table = _plain_table(title)
    table.add_column(Text(f"\n\n{_LEVER[language]}"), no_wrap=True)
    for measure in measures:
        name, unit = measure_name(measure, language)
        heading = _two_lines(f"{name} [{unit}]" if unit else name)
        table.add_column(
            Text(f"{heading}\n{_ALONE[language]} / {_LAST[language]}"), justify="right", no_wrap=True
        )

    def add(name: str, give: Callable[[str], tuple[float, float]], style: str = "") -> None:
        cells = [pair(*give(measure.indicator.id), measure) for measure in measures]
        table.add_row(Text(name), *map(Text, cells), style=style)

    def of(lever: str) -> dict[str, tuple[float, float]]:
        ids = [measure.indicator.id for measure in measures]
        return {name: (one.alone(lever, name), one.last(lever, name)) for name in ids}

    for lever in by_effect(one, _printed(one))[:MOST_LEVERS]:
        add(one.levers[lever][language], of(lever).__getitem__)
    for row, said, give in last_rows(one):
        add(said[language], give, "bold" if row == "together" else "")
    return table


def _two_lines(text: str) -> str:
    """Break a heading into two lines of about the same length, or begin it with an empty one."""
    if "[" in text and cell_len(text) > 16:
        name, _, unit = text.rpartition(" [")
        return f"{name}\n[{unit}"
    return f"\n{text}"


def _plain_table(title: str) -> Printed:
    return Printed(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        title=Text(title),
        title_justify="left",
        title_style="bold",
    )


def measure_name(measure: Measure, language: Language) -> tuple[str, str]:
    """Name what is counted, and its unit."""
    name = measure.indicator.name[language]
    if measure.total:
        name = f"{_SUM[language]}{name[:1].lower() + name[1:] if language == 'en' else name}"
    if measure.unit == "%":
        return name, {"zh": "百分点", "en": "points"}[language]
    return name, unit_name(measure.unit, language)


def pair(alone: float, last: float, measure: Measure) -> str:
    """Write two numbers of a measure, or one where they are the same."""
    told = [change_of(value, measure) for value in (alone, last)]
    return told[0] if alone == last or told[0] == told[1] else f"{told[0]} / {told[1]}"


def change_of(value: float, measure: Measure) -> str:
    """Write a change with its sign and as many decimals as its size calls for."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    decimals = 2 if size < 10 or measure.unit == "%" else 1 if size < 100 else 0
    return "0" if round(value, decimals) == 0 else f"{value:+.{decimals}f}"


def print_rankings(
    rankings: Sequence[Sequence[Standing]], console: Console, language: Language = "en"
) -> None:
    """Print for each place the regions that fall farthest short in its first run, and them in the others."""
    for ranking in rankings:
        names = list(dict.fromkeys(standing.outcome.name for standing in ranking))
        block: list[str] = []
        for name in names:
            wider = _ranking(ranking, [*block, name], language)
            if len(block) > 1 and Measurement.get(console, console.options, wider).maximum >= console.width:
                console.print(_ranking(ranking, block, language))
                block = names[:1]
            block.append(name)
        console.print(_ranking(ranking, block, language))
        regions = sum(standing.outcome.name == names[0] for standing in ranking)
        if regions > MOST_PRINTED:
            console.print(_MORE[language].format(n=regions - MOST_PRINTED))


def _ranking(ranking: Sequence[Standing], names: Sequence[str], language: Language) -> Printed:
    """Give the regions in the order of the first of these runs, with a column for each of them."""
    of = {(standing.outcome.name, standing.area): standing for standing in ranking}
    first = [standing for standing in ranking if standing.outcome.name == names[0]]
    indicator = first[0].indicator
    heading = _RANKED[language].format(name=indicator.name[language], year=first[0].year)
    table = _plain_table(f"{first[0].outcome.place.title[language]} · {heading}")
    table.add_column("")
    for words in (_REGION, _TARGET):
        table.add_column(Text(words[language]), no_wrap=True)
    for name in names:
        outcome = next(one.outcome for one in ranking if one.outcome.name == name)
        table.add_column(Text(_named(outcome, language)), justify="right", no_wrap=True)
    for position, standing in enumerate(first[:MOST_PRINTED], start=1):
        cells = [_stands(of.get((name, standing.area)), standing, language) for name in names]
        area = standing.outcome.place.area_title(standing.area)[language]
        table.add_row(str(position), Text(area), Text(held_to(standing, language)), *cells)
    return table


def _stands(standing: Standing | None, first: Standing, language: Language) -> Text:
    """Write where a region stands in a run; with what it is held to where that is not as in the first run."""
    if standing is None:
        return Text("–")
    unit = standing.indicator.unit
    value = quantity(standing.value, unit, language=language, bare=True)
    if standing.verdict is None:
        return Text(value)
    gap = quantity(standing.verdict.gap, unit, language=language, bare=True, signed=True)
    told = Text(f"{value}  ").append(gap, style="green" if standing.verdict.met else "red")
    return told if same_demand(standing, first) else told.append(f" ({held_to(standing, language)})")


def same_demand(one: Standing, other: Standing) -> bool:
    """Say whether a region is held to the same in two runs, so that its gaps can be held side by side."""

    def demand(standing: Standing) -> tuple[object, ...]:
        target = standing.verdict.target if standing.verdict else None
        return () if target is None else (target.operator, target.value, target_of(standing))

    return demand(one) == demand(other)


def _named(outcome: Outcome, language: Language) -> str:
    return outcome.scenario.title.zh if language == "zh" else outcome.name


def _series(
    outcomes: Runs, indicators: Collection[str], areas: Collection[str]
) -> Iterator[tuple[Outcome, Series]]:
    wanted = set(map(fold, areas))
    for outcome in outcomes:
        for series in outcome.run.measured.series if outcome.run else ():
            if (not indicators or series.indicator.id in indicators) and (
                not wanted or fold(series.area) in wanted
            ):
                yield outcome, series


def _years(outcome: Outcome) -> list[int]:
    return [int(year) for year in outcome.run.measured.years] if outcome.run else []
