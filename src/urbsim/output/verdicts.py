"""Print what came of the targets: the tables that end a run and a panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from urbsim.study.indicator import Indicator
from urbsim.study.judge import find_conflicts
from urbsim.study.outcome import Outcome
from urbsim.study.place import Place
from urbsim.study.quantity import quantity
from urbsim.study.standing import Standing
from urbsim.study.target import Conflict, Target, Verdict
from urbsim.study.words import Language

WIDE = 200  # [columns] of a log file

_WORDS = {
    "scenario": {"zh": "情景", "en": "scenario"},
    "met": {"zh": "达到", "en": "met"},
    "missed": {"zh": "未达到", "en": "missed"},
    "about": {"zh": "约", "en": "about "},
    "at most": {"zh": "不超过", "en": "at most "},
    "open": {"zh": "？", "en": " ?"},
    "year": {"zh": "年：", "en": ": "},
    "comma": {"zh": "：", "en": ", "},
    "region": {"zh": "区域", "en": "region"},
    "place": {"zh": "地区", "en": "place"},
    "target": {"zh": "目标", "en": "target"},
    "verdict": {"zh": "结果", "en": "result"},
    "failed": {"zh": "运行失败", "en": "failed"},
    "rule": {
        "zh": "“约”：比率低于目标不超过0.5个百分点、数量低于目标不超过1%，即视为达到。",
        "en": "'about' is met from half a point below for rates and 1 % below for counts.",
    },
    "margin": {
        "zh": "“±”：同类预测以往的误差；“？”：差距在误差之内，尚无定论。",
        "en": "±: how far projections of this kind have been off; '?': the gap is within that, it is open.",
    },
}


def console_for_people(*, stderr: bool = False) -> Console:
    """Give a console that is as wide as its terminal, and wide enough not to fold lines in a log."""
    console = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def print_verdicts(outcomes: Sequence[Outcome], console: Console, language: Language = "en") -> None:
    """Print a table per place, what "about" means, and which targets cannot be met together."""
    for group in _by_place(outcomes):
        place, indicators = group[0].place, group[0].indicators
        targets = _judged(group)
        if not targets:
            continue
        for table in _tables(group, targets, console, language):
            console.print(table)
        if any(target.operator == "~" for target in targets):
            console.print(_WORDS["rule"][language])
        if any(v.margin is not None for outcome in group if outcome.run for v in outcome.run.verdicts):
            console.print(_WORDS["margin"][language])
        runs = {outcome.name: outcome.run.measured for outcome in group if outcome.run}
        names = {outcome.name: _scenario(outcome, language) for outcome in group}
        conflicts = find_conflicts(runs, targets, indicators, place)
        # A plan may set the same two numbers twice, as "about" and as "at least": one line says it all.
        for note in dict.fromkeys(_note(conflict, names, language) for conflict in conflicts):
            console.print(note)


def print_ranking(ranking: Sequence[Standing], console: Console, language: Language = "en") -> None:
    """Print areas by how far they fall short of their targets, the farthest first."""
    if not ranking:
        return
    first = ranking[0]
    unit = first.indicator.unit
    heading = f"{first.indicator.name[language]}, {first.year}"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    for column in ("", "region", "place", "scenario"):
        table.add_column(Text(_WORDS[column][language] if column else ""), no_wrap=True)
    table.add_column(Text(heading), no_wrap=True, justify="right")
    for column in ("target", "verdict"):
        table.add_column(Text(_WORDS[column][language]), no_wrap=True)
    for position, standing in enumerate(ranking, start=1):
        place, verdict = standing.outcome.place, standing.verdict
        demand = target_demand(verdict.target, (standing.indicator,), language) if verdict else ""
        table.add_row(
            str(position),
            Text(place.area_title(standing.area)[language]),
            Text(place.title[language]),
            Text(_scenario(standing.outcome, language)),
            Text(quantity(standing.value, unit, language=language)),
            Text(demand),
            _distance(verdict, unit, language) if verdict else Text(""),
        )
    console.print(table)
    if any(s.verdict is not None and s.verdict.target.operator == "~" for s in ranking):
        console.print(_WORDS["rule"][language])


def _tables(
    outcomes: Sequence[Outcome], targets: Sequence[Target], console: Console, language: Language
) -> Iterator[Table]:
    """Give a row per scenario and a column per target, in as many tables as the width asks for."""
    block: list[Target] = []
    for target in targets:
        wider = _table(outcomes, [*block, target], language)
        if block and Measurement.get(console, console.options, wider).maximum >= console.width:
            yield _table(outcomes, block, language)
            block = []
        block.append(target)
    yield _table(outcomes, block, language)


def _table(outcomes: Sequence[Outcome], targets: Sequence[Target], language: Language) -> Table:
    place, indicators = outcomes[0].place, outcomes[0].indicators
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(Text(f"\n{_WORDS['scenario'][language]}"), no_wrap=True)
    above = ""
    for target in targets:
        heading = target_heading(target, indicators, place, language)
        demand = f"{target.year}{_WORDS['year'][language]}{target_demand(target, indicators, language)}"
        table.add_column(Text(f"{'' if heading == above else heading}\n{demand}"), no_wrap=True)
        above = heading
    for outcome in outcomes:
        table.add_row(_scenario(outcome, language), *(_cell(outcome, target, language) for target in targets))
    return table


def target_heading(target: Target, indicators: Iterable[Indicator], place: Place, language: Language) -> str:
    """Name the indicator of a target for people, with the area where that is not the whole place."""
    name = _indicator(target, indicators).name[language]
    name = name[:1].lower() + name[1:] if language == "en" else name
    area = place.area(target.region)
    where = f"{place.area_title(area)[language]}{_WORDS['comma'][language]}"
    return name if area == place.name else f"{where}{name}"


def _scenario(outcome: Outcome, language: Language) -> str:
    """Name a scenario: by its title in Chinese, and by the short name of its file in English."""
    return outcome.scenario.title.zh if language == "zh" else outcome.name


def target_demand(target: Target, indicators: Iterable[Indicator], language: Language) -> str:
    """Write what a target demands, with its unit."""
    unit = _indicator(target, indicators).unit
    sign = {"~": _WORDS["about"][language], "<=": _WORDS["at most"][language], ">=": ""}[target.operator]
    return f"{sign}{quantity(target.value, unit, language=language, long=True)}"


def _cell(outcome: Outcome, target: Target, language: Language) -> Text:
    if outcome.run is None:
        return Text(_WORDS["failed"][language], style="red")
    wanted = _demanded(target, outcome.place)
    verdict = next((v for v in outcome.run.verdicts if _demanded(v.target, outcome.place) == wanted), None)
    if verdict is None:
        return Text("")
    unit = _indicator(target, outcome.indicators).unit
    return _verdict(verdict, unit, language)


def _verdict(verdict: Verdict, unit: str, language: Language) -> Text:
    value = _number(verdict.value, unit, language)
    if verdict.margin is not None:
        value += f" ±{_number(verdict.margin, unit, language)}"
    if verdict.met:
        cell = Text(f"{value}  ").append(_WORDS["met"][language], style="green")
    else:
        gap = _number(verdict.gap, unit, language, signed=True)
        cell = Text(f"{value}  ").append(f"{_WORDS['missed'][language]} {gap}", style="red")
    return cell.append(_WORDS["open"][language], style="yellow") if verdict.open else cell


def _distance(verdict: Verdict, unit: str, language: Language) -> Text:
    word, style = ("met", "green") if verdict.met else ("missed", "red")
    gap = _number(verdict.gap, unit, language, signed=True)
    return Text(f"{_WORDS[word][language]} {gap}", style=style)


def _number(value: float, unit: str, language: Language, *, signed: bool = False) -> str:
    """Write a number for a cell; the unit stands with the target, but for millions of persons."""
    return quantity(value, unit, language=language, signed=signed, bare=True)


def _note(conflict: Conflict, names: Mapping[str, str], language: Language) -> str:
    """Say what it would take for both targets to hold, and what the runs have."""

    def said(value: float, *, long: bool = False) -> str:
        return quantity(value, conflict.unit, language=language, long=long)

    year, rate = conflict.rate.year, quantity(conflict.rate.value, "%", language=language, long=True)
    goal, needed = said(conflict.count.value, long=True), said(conflict.needed)
    low, high = (pick(conflict.totals, key=lambda n: conflict.totals[n]) for pick in (min, max))
    least, most = said(conflict.totals[low]), said(conflict.totals[high])
    if language == "zh":
        who = names[low] if len(conflict.totals) == 1 else "各情景"
        range_ = least if least == most else f"{least}（{names[low]}）至{most}（{names[high]}）"
        total = conflict.total.zh
        return f"{rate}与{goal}只在{total}为{needed}时同时成立；{year}年{who}为{range_}。"
    who = f"{low} has" if len(conflict.totals) == 1 else "the scenarios have"
    range_ = least if least == most else f"{least} ({low}) to {most} ({high})"
    return f"{rate} and {goal} agree only at {needed} {conflict.total.en.lower()}; {who} {range_} in {year}."


def _indicator(target: Target, indicators: Iterable[Indicator]) -> Indicator:
    return next(indicator for indicator in indicators if indicator.id == target.indicator)


def _judged(outcomes: Sequence[Outcome]) -> tuple[Target, ...]:
    """Give the targets that any of the runs was judged by, by indicator and year."""
    place = outcomes[0].place
    judged = [v.target for outcome in outcomes if outcome.run for v in outcome.run.verdicts]
    distinct = {_demanded(target, place): target for target in reversed(judged)}
    order = {target.indicator: position for position, target in reversed([*enumerate(judged)])}
    areas = place.areas
    return tuple(
        sorted(
            distinct.values(),
            key=lambda t: (areas.index(place.area(t.region)), order[t.indicator], t.year),
        )
    )


def _demanded(target: Target, place: Place) -> tuple[str, str, int, str, float]:
    """Give what makes two targets the same, wherever they are written."""
    return target.indicator, place.area(target.region), target.year, target.operator, target.value


def _by_place(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(str(outcome.place.folder), []).append(outcome)
    return list(groups.values())
