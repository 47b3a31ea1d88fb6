"""Print what came of the targets: the table that ends a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from urbsim.study.indicator import Indicator
from urbsim.study.judge import arithmetic_notes
from urbsim.study.outcome import Outcome
from urbsim.study.place import Place
from urbsim.study.quantity import quantity
from urbsim.study.target import Target, Verdict
from urbsim.study.words import Language

WIDE = 200  # [columns] of a log file
MANY = 6  # targets from which scenarios stand in columns, not rows

_WORDS = {
    "scenario": {"zh": "情景", "en": "scenario"},
    "target": {"zh": "目标", "en": "target"},
    "met": {"zh": "达到", "en": "met"},
    "missed": {"zh": "未达到", "en": "missed"},
    "about": {"zh": "约 ", "en": "about "},
    "at most": {"zh": "不超过 ", "en": "at most "},
    "failed": {"zh": "运行失败", "en": "failed"},
    "rule": {
        "zh": "“约”:比率低于目标不超过 0.5 个百分点、数量低于目标不超过 1 % 即视为达到。",
        "en": "'about' is met from half a point below for rates and 1 % below for counts.",
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
        build = _targets_down if len(targets) > MANY else _scenarios_down
        console.print(build(group, targets, place, language))
        if any(target.operator == "~" for target in targets):
            console.print(_WORDS["rule"][language])
        runs = {outcome.name: outcome.run.measured for outcome in group if outcome.run}
        for note in arithmetic_notes(runs, targets, indicators, place):
            console.print(note)


def _scenarios_down(
    outcomes: Sequence[Outcome], targets: Sequence[Target], place: Place, language: Language
) -> Table:
    table = _table()
    table.add_column(Text(f"\n{_WORDS['scenario'][language]}"))
    above = ""
    for target in targets:
        heading = _heading(target, outcomes[0].indicators, place, language)
        demand = f"{target.year}: {_demand(target, outcomes[0].indicators, language)}"
        table.add_column(Text(f"{heading if heading != above else ''}\n{demand}"))
        above = heading
    for outcome in outcomes:
        table.add_row(outcome.name, *(_cell(outcome, target, language) for target in targets))
    return table


def _targets_down(
    outcomes: Sequence[Outcome], targets: Sequence[Target], place: Place, language: Language
) -> Table:
    table = _table()
    table.add_column(_WORDS["target"][language])
    for outcome in outcomes:
        table.add_column(outcome.name)
    for target in targets:
        heading = _heading(target, outcomes[0].indicators, place, language)
        demand = _demand(target, outcomes[0].indicators, language)
        table.add_row(
            f"{heading} {target.year}: {demand}", *(_cell(outcome, target, language) for outcome in outcomes)
        )
    return table


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def _heading(target: Target, indicators: Iterable[Indicator], place: Place, language: Language) -> str:
    name = _indicator(target, indicators).name[language]
    name = name[:1].lower() + name[1:] if language == "en" else name
    area = place.area(target.region)
    return name if area == place.name else f"{place.area_title(area)[language]}, {name}"


def _demand(target: Target, indicators: Iterable[Indicator], language: Language) -> str:
    unit = _indicator(target, indicators).unit
    sign = {"~": _WORDS["about"][language], "<=": _WORDS["at most"][language], ">=": ""}[target.operator]
    number = (
        f"{target.value:g} %" if unit == "%" else quantity(target.value, unit, language=language, long=True)
    )
    return f"{sign}{number}"


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
    cell = Text(f"{_number(verdict.value, unit, language)}  ")
    if verdict.met:
        return cell.append(_WORDS["met"][language], style="green")
    gap = _number(verdict.gap, unit, language, signed=True)
    return cell.append(f"{_WORDS['missed'][language]} {gap}", style="red")


def _number(value: float, unit: str, language: Language, *, signed: bool = False) -> str:
    """Write a number for a cell; the unit stands with the target, but for millions of persons."""
    return quantity(value, unit, language=language, signed=signed).removesuffix(unit).rstrip()


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
