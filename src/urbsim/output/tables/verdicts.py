"""What came of the targets, in words, and the tables of it that end a run and a panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from urbsim.study.indicator import Indicator
from urbsim.study.judge import demanded, find_conflicts
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
        "zh": (
            "“±”：本模型在未参与拟合的年份上的误差，或对同类预测误差的估计，取较大者；"
            "“？”：差距在误差之内，尚无定论。"
        ),
        "en": (
            "±: how far this model was off in years it had not seen, or an allowance judged from projections "
            "of its kind, whichever is wider; '?': the gap is within that, it is open."
        ),
    },
}


def console_for_people(*, stderr: bool = False) -> Console:
    """Give a console that is as wide as its terminal, and wide enough not to fold lines in a log."""
    console = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A target in words: the head of a column.

    Parameters
    ----------
    heading
        The indicator, with the area where that is not the whole place.
    demand
        What is demanded of it by the year of the target, with its unit: "about 80 %".
    source
        The plan and its clause, as the target names them.
    """

    target: Target
    indicator: Indicator
    heading: str
    demand: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How one run stands to one target, in words: a cell.

    Parameters
    ----------
    value
        The indicator, with how far the model may be off where that is known: "74.7 ±1.5"; the unit stands
        with the target.
    result
        "met", or "missed" with the gap; "failed" for a scenario without a run.
    mark
        A question mark where the gap lies within the margin.
    verdict
        What the words say; None where the run is not held to this target, or failed.
    """

    value: str = ""
    result: str = ""
    mark: str = ""
    verdict: Verdict | None = None

    @property
    def state(self) -> Literal["met", "missed", "failed", ""]:
        """Give in one word what came of the target; empty where nothing was asked."""
        if self.verdict is None:
            return "failed" if self.result else ""
        return "met" if self.verdict.met else "missed"

    def __str__(self) -> str:
        return f"{self.value}  {self.result}{self.mark}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """A scenario with a cell for every demand."""

    outcome: Outcome
    scenario: str
    cells: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRows:
    """The verdicts of one place: a column for every target, a row for every scenario.

    Parameters
    ----------
    rules
        How the table is to be read: what "about" and the question marks mean, as far as they occur.
    conflicts
        Rates and counts that are set for the same year and agree at one total only.
    """

    place: Place
    demands: tuple[Demand, ...]
    rows: tuple[VerdictRow, ...]
    rules: tuple[str, ...]
    conflicts: tuple[Conflict, ...]


def verdict_rows(outcomes: Sequence[Outcome], language: Language) -> tuple[VerdictRows, ...]:
    """Put the verdicts into words, for each place of which any run was judged."""
    return tuple(
        _rows(group, targets, language) for group in by_place(outcomes) if (targets := _judged(group))
    )


def conflict_notes(
    outcomes: Sequence[Outcome], language: Language, *, titled: bool = False
) -> tuple[str, ...]:
    """Say of every two targets that agree at one total only what that is, and what the runs have.

    A plan may set the same two numbers twice, as "about" and as "at least": one line says it all. `titled`
    names scenarios by their titles in English too.
    """
    notes = []
    for judged in verdict_rows(outcomes, language):
        names = {
            row.outcome.name: row.outcome.scenario.title[language] if titled else row.scenario
            for row in judged.rows
        }
        notes += [_note(conflict, names, language) for conflict in judged.conflicts]
    return tuple(dict.fromkeys(notes))


def print_verdicts(outcomes: Sequence[Outcome], console: Console, language: Language = "en") -> None:
    """Print a table per place, what "about" means, and which targets cannot be met together."""
    for judged in verdict_rows(outcomes, language):
        print_rows(judged, console, language)


def print_rows(judged: VerdictRows, console: Console, language: Language = "en") -> None:
    """Print the verdicts of one place, as many tables as the width asks for."""
    for table in _tables(judged, console, language):
        console.print(table)
    for line in (*judged.rules, *conflict_notes([row.outcome for row in judged.rows], language)):
        console.print(line)


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


def _rows(outcomes: Sequence[Outcome], targets: Sequence[Target], language: Language) -> VerdictRows:
    place, indicators = outcomes[0].place, outcomes[0].indicators
    about = any(target.operator == "~" for target in targets)
    margins = any(v.margin is not None for outcome in outcomes if outcome.run for v in outcome.run.verdicts)
    runs = {
        outcome.name: (outcome.run.measured, [verdict.target for verdict in outcome.run.verdicts])
        for outcome in outcomes
        if outcome.run
    }
    return VerdictRows(
        place=place,
        demands=tuple(
            Demand(
                target=target,
                indicator=_indicator(target, indicators),
                heading=target_heading(target, indicators, place, language),
                demand=target_demand(target, indicators, language),
                source="; ".join(filter(None, (target.source, target.clause))),
            )
            for target in targets
        ),
        rows=tuple(
            VerdictRow(
                outcome=outcome,
                scenario=_scenario(outcome, language),
                cells=tuple(_cell(outcome, target, language) for target in targets),
            )
            for outcome in outcomes
        ),
        rules=tuple(_WORDS[rule][language] for rule, told in (("rule", about), ("margin", margins)) if told),
        conflicts=find_conflicts(runs, indicators, place),
    )


def _tables(judged: VerdictRows, console: Console, language: Language) -> Iterator[Table]:
    """Give a row per scenario and a column per target, in as many tables as the width asks for."""
    block: list[int] = []
    for column in range(len(judged.demands)):
        wider = _table(judged, [*block, column], language)
        if block and Measurement.get(console, console.options, wider).maximum >= console.width:
            yield _table(judged, block, language)
            block = []
        block.append(column)
    yield _table(judged, block, language)


def _table(judged: VerdictRows, columns: Sequence[int], language: Language) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(Text(f"\n{_WORDS['scenario'][language]}"), no_wrap=True)
    above = ""
    for one in (judged.demands[column] for column in columns):
        heading = "" if one.heading == above else one.heading
        demand = f"{one.target.year}{_WORDS['year'][language]}{one.demand}"
        table.add_column(Text(f"{heading}\n{demand}"), no_wrap=True)
        above = one.heading
    for row in judged.rows:
        table.add_row(row.scenario, *(_coloured(row.cells[column]) for column in columns))
    return table


def _coloured(cell: Judged) -> Text:
    if cell.verdict is None:
        return Text(cell.result, style="red" if cell.result else "")
    text = Text(f"{cell.value}  ").append(cell.result, style="green" if cell.verdict.met else "red")
    return text.append(cell.mark, style="yellow") if cell.mark else text


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


def _cell(outcome: Outcome, target: Target, language: Language) -> Judged:
    if outcome.run is None:
        return Judged(result=_WORDS["failed"][language])
    wanted = demanded(target, outcome.place)
    verdict = next((v for v in outcome.run.verdicts if demanded(v.target, outcome.place) == wanted), None)
    if verdict is None:
        return Judged()
    unit = _indicator(target, outcome.indicators).unit
    value = _number(verdict.value, unit, language)
    if verdict.margin is not None:
        value += f" ±{_number(verdict.margin, unit, language)}"
    result = _WORDS["met" if verdict.met else "missed"][language]
    if not verdict.met:
        result += f" {_number(verdict.gap, unit, language, signed=True)}"
    mark = _WORDS["open"][language] if verdict.open else ""
    return Judged(value=value, result=result, mark=mark, verdict=verdict)


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
    who = f"{names[low]} has" if len(conflict.totals) == 1 else "the scenarios have"
    range_ = least if least == most else f"{least} ({names[low]}) to {most} ({names[high]})"
    return f"{rate} and {goal} agree only at {needed} {conflict.total.en.lower()}; {who} {range_} in {year}."


def _indicator(target: Target, indicators: Iterable[Indicator]) -> Indicator:
    return next(indicator for indicator in indicators if indicator.id == target.indicator)


def _judged(outcomes: Sequence[Outcome]) -> tuple[Target, ...]:
    """Give the targets that any of the runs was judged by, by indicator and year."""
    place = outcomes[0].place
    judged = [v.target for outcome in outcomes if outcome.run for v in outcome.run.verdicts]
    distinct = {demanded(target, place): target for target in reversed(judged)}
    order = {target.indicator: position for position, target in reversed([*enumerate(judged)])}
    areas = place.areas
    return tuple(
        sorted(
            distinct.values(),
            key=lambda t: (areas.index(place.area(t.region)), order[t.indicator], t.year),
        )
    )


def by_place(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Put outcomes of the same place together, in the order in which they come."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(str(outcome.place.folder), []).append(outcome)
    return list(groups.values())
