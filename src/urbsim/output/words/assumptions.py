"""What scenarios assume, in words for people who do not read code."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from urbsim.study.amount import Amount
from urbsim.study.lever import Lever, Position
from urbsim.study.outcome import Outcome
from urbsim.study.place import NO_SET, Place, Source
from urbsim.study.plan import find_lever
from urbsim.study.position import PLANNED, name_of, position_at, position_of
from urbsim.study.quantity import quantity
from urbsim.study.scenario import Setting
from urbsim.study.words import Language, Words

__all__ = ("assumptions", "position_of", "sources_of")

ALIKE = 1e-9  # [-] values that differ by less are the same
FEW = 6  # regions that are told apart by what they have
DECIMALS = 3  # of values in sentences: what a place has may be a computed number

_WORDS = {
    "nothing": Words(zh="各项政策维持现状，不作调整", en="Policies stay as they are; no lever is moved"),
    "inherited": Words(zh="沿用情景“{}”：{}", en='As in the scenario "{}": {}'),
    "period": Words(zh="模拟时段为{}年底至{}年底", en="The run goes from the end of {} to the end of {}"),
    "no set": Words(
        zh="参数取原表数值，不采用按历史数据拟合的参数",
        en="Parameters are those of the tables; none are fitted to history",
    ),
    "set": Words(
        zh="按历史数据拟合的参数采用“{}”组", en='Of the parameters fitted to history, the set "{}" is used.'
    ),
    "targets": Words(
        zh="对照情景自设的目标，而非规划目标",
        en="It is held to targets of its own, not to those of the plans",
    ),
    "uncertain": Words(
        zh="另有{}项取值给出了不确定范围，单次模拟不抽取",
        en="Numbers that are given as ranges, from which a single run does not draw: {}",
    ),
    "parameter": Words(zh="模型参数“{}”", en='Parameter "{}"'),
}

_VERBS = {"year": ("延长", "缩短")}
_NUMBER = re.compile(r"(?P<number>[-+]?[\d,.]+)(?P<unit>.*)")


def assumptions(outcome: Outcome, language: Language) -> tuple[str, ...]:
    """Give what a scenario sets otherwise than its place, a sentence each.

    What it takes from another scenario comes after what it sets itself, and says so.
    """
    scenario, place = outcome.scenario, outcome.place
    own: list[str] = []
    taken: list[str] = []
    for name, settings in scenario.levers.items():
        lever = find_lever(name, outcome.levers)
        said = _sentence(name, lever, settings, outcome, language)
        _sort(said, settings, outcome, language, own, taken)
    for name, settings in scenario.parameters.items():
        said = _parameter(name, settings, place, language)
        _sort(said, settings, outcome, language, own, taken)
    if not scenario.levers and not scenario.parameters:
        own.append(_WORDS["nothing"][language])
    if scenario.period is not None and scenario.period != place.period:
        own.append(_WORDS["period"][language].format(*scenario.period))
    if scenario.parameter_set is not None and scenario.parameter_set != place.parameter_set:
        none = scenario.parameter_set == NO_SET
        own.append(_WORDS["no set" if none else "set"][language].format(scenario.parameter_set))
    if scenario.targets is not None:
        own.append(_WORDS["targets"][language])
    if scenario.uncertain:
        own.append(_WORDS["uncertain"][language].format(len(scenario.uncertain)))
    return (*own, *taken)


def sources_of(outcomes: Sequence[Outcome], language: Language) -> tuple[str, ...]:
    """Give title, publisher and date of every source that targets, levers and observations rest on."""
    cited: dict[str, str] = {}
    for outcome in outcomes:
        known = {source.id: source for source in outcome.place.sources}
        ids = (
            *(target.source for target in outcome.targets),
            *(lever.source for lever in outcome.levers),
            *(position.source for lever in outcome.levers for position in lever.positions),
            *(observation.source for observation in outcome.place.history),
        )
        for id_ in (part.strip() for joined in ids for part in joined.split(";")):
            if id_ in known:
                cited.setdefault(id_, _source(known[id_], language))
    return tuple(dict.fromkeys(cited.values()))


def _source(source: Source, language: Language) -> str:
    if language == "zh":
        date = source.date.replace("about ", "约").replace("; ", "、")
        return "，".join(filter(None, (source.zh or source.title, date)))
    return ", ".join(filter(None, (source.title, source.publisher, source.date)))


def _sort(
    said: str,
    settings: Sequence[Setting],
    outcome: Outcome,
    language: Language,
    own: list[str],
    taken: list[str],
) -> None:
    """Put a sentence where it belongs: with what the scenario sets, or what it takes from another."""
    scenario = outcome.scenario
    file = settings[0].entry.rsplit(":", 2)[0] if settings[0].entry else ""
    if file in scenario.extended and file != scenario.source:
        taken.append(_WORDS["inherited"][language].format(PurePath(file).stem, said))
    else:
        own.append(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """How a lever goes in some area: how far, when, the position that it ends at, and since what year."""

    area: str
    what: str
    when: str
    position: Position | None = None
    since: float | None = None


def _sentence(
    name: str, lever: Lever | None, settings: Sequence[Setting], outcome: Outcome, language: Language
) -> str:
    """Say how a lever goes; areas that go alike are said together, and when once where it is one for all."""
    zh = language == "zh"
    known = outcome.own.get(lever.id if lever else name, {})
    changes = []
    for setting, members, area in _areas(settings, outcome.place, language):
        for region, own in _by_value(members, area, known, outcome.place, language):
            changes.append(_change(setting, region, lever, own, outcome.place, language))
    alike: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        alike.setdefault((change.what, change.when), []).append(change.area)
    whens = {change.when for change in changes}
    title = lever.name[language] if lever else f"“{name}”" if zh else f'"{name}"'
    parts = []
    for (what, when), areas in alike.items():
        where = _listed([area for area in areas if area], language)
        said = what if len(whens) == 1 else _then(what, when, language)
        if len(alike) == 1:
            title += (f"（{where}）" if zh else f" – {where}") if where else ""
            parts.append(said)
        else:
            parts.append(f"{where}{said}" if zh else f"{where} {said}".strip())
    body = ("；" if zh else "; ").join(parts)
    if len(whens) == 1:
        body = _then(body, changes[0].when, language)
    ends = [(change.position, change.since) for change in changes if change.position]
    positions = dict.fromkeys(name_of(position, since)[language] for position, since in ends)
    clauses = dict.fromkeys(position.clause[language] for position, _ in ends if position.clause)
    if lever is not None and lever.clause and PLANNED not in (position.name for position, _ in ends):
        clauses = {lever.clause[language]: None, **clauses}
    if zh:
        behind = "；".join((*positions, *([f"依据：{'；'.join(clauses)}"] if clauses else [])))
        return f"{title}：{body}" + (f"（{behind}）" if behind else "")
    behind = "; ".join((*positions, *clauses))
    return f"{title}: {body}" + (f" ({behind})" if behind else "")


def _parameter(name: str, settings: Sequence[Setting], place: Place, language: Language) -> str:
    zh = language == "zh"
    parts = []
    for setting, _, area in _areas(settings, place, language):
        amount = setting.amounts[-1]
        if amount.relative:
            times = f"{amount.number:.6g}"
            said = f"取本地数值的{times}倍" if zh else f"{times} times the value of the place"
        else:
            said = f"取{amount}" if zh else f"{amount}"
        parts.append(f"{area}{said}" if zh else f"{area} {said}".strip())
    title = _WORDS["parameter"][language].format(place.vocabulary.words(name)[language])
    return (
        f"{title}：{'；'.join(parts)}，全程不变" if zh else f"{title}: {'; '.join(parts)}, for the whole run"
    )


def _areas(
    settings: Sequence[Setting], place: Place, language: Language
) -> Iterator[tuple[Setting, tuple[str, ...], str]]:
    """Give each setting with its regions and what these are called; the smaller area wins."""
    sizes = [(setting, place.members(setting.region) or ()) for setting in settings]
    for setting, members in sizes:
        smaller = {region for _, others in sizes if len(others) < len(members) for region in others}
        left = tuple(region for region in members if region not in smaller)
        if not left and members:
            continue
        whole = len(members) == len(place.regions)
        title = "" if whole else place.area_title(place.area(setting.region))[language]
        if len(left) < len(members):
            rest = {"zh": f"其余{title or '地区'}", "en": f"the rest of {title}" if title else "elsewhere"}
            title = rest[language]
        yield setting, left, title


def _by_value(
    members: Sequence[str], area: str, known: Mapping[str, float], place: Place, language: Language
) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Give an area with the values that its regions have; in parts where a few of them differ."""
    values = {member: known[member] for member in members if member in known}
    groups: dict[float, list[str]] = {}
    for member, value in values.items():
        groups.setdefault(value, []).append(member)
    if len(groups) < 2 or len(values) > FEW:
        yield area, tuple(values.values()) or tuple(known.values())
        return
    for value, regions in groups.items():
        yield _listed([place.area_title(region)[language] for region in regions], language), (value,)


def _change(
    setting: Setting, area: str, lever: Lever | None, own: Sequence[float], place: Place, language: Language
) -> _Change:
    """Say how far a lever goes from the place's own values, and when."""
    unit = lever.unit if lever else ""
    before = _span(own)
    # The value at the end of each year of the path, lowest and highest of the regions.
    reached = [
        _span([amount.of(value) for value in own]) if own else _given(amount) for amount in setting.amounts
    ]
    years: Sequence[float | None] = setting.years or (None,) * len(reached)
    points = list(zip(years, reached, strict=True))
    start: float | None = None
    while points and own and _alike(points[0][1], before):
        start = points[0][0]
        points = points[1:]
    if not points:
        kept = _told(before, unit, language)
        return _Change(area=area, what=f"维持{kept}" if language == "zh" else f"unchanged at {kept}", when="")
    if not own and len(points) > 1:  # what the place has is not known
        (start, before), *points = points
    while len(points) > 1 and _alike(points[-1][1], points[-2][1]):
        points = points[:-1]
    (year, end), amount = points[-1], setting.amounts[-1]
    position = None
    if lever is not None and own and end[0] == end[1]:
        position = position_at(lever, end[0], own[0] if len(set(own)) == 1 else math.nan)
    since = place.first_policy_year if year is None else year
    if len(points) > 1:
        path = _path(before, points, start, unit, language)
        return _Change(area=area, what=path, when="", position=position, since=since)
    if amount.relative and (end[0] != end[1] or unit == "x"):
        what = _multiple(amount, language)
    else:
        what = _move(before, end, unit, language)
    when = _when(start, year, place, language)
    return _Change(area=area, what=what, when=when, position=position, since=since)


def _path(
    before: tuple[float, float],
    points: Sequence[tuple[float | None, tuple[float, float]]],
    start: float | None,
    unit: str,
    language: Language,
) -> str:
    """Say where a lever is at the end of several years, of which the first may be a jump."""
    zh = language == "zh"
    steps = []
    for position, (year, value) in enumerate(points):
        jumps = start is None and position == 0
        told = _told(value, unit, language)
        if zh:
            steps.append(f"{year:g}年底{'一次' if jumps else ''}调整到{told}")
        else:
            steps.append(f"to {told} {'at once at' if jumps else 'by'} the end of {year:g}")
    from_ = _told(before, unit, language)
    return f"由{from_}起，{'，'.join(steps)}" if zh else f"from {from_} {', '.join(steps)}"


def _move(before: tuple[float, float], end: tuple[float, float], unit: str, language: Language) -> str:
    """Say from where to where a lever goes.

    Examples
    --------
    >>> _move((80, 80), (95, 95), "%", "en"), _move((80, 80), (95, 95), "%", "zh")
    ('from 80 to 95 %', '由80%提高到95%')
    >>> _move((1, 1), (1.2, 1.2), "x", "en"), _move((0.5, 0.5), (0.25, 0.25), "year", "zh")
    ('raised by 20 %', '由0.5年缩短到0.25年')
    """
    zh = language == "zh"
    after = _told(end, unit, language)
    if math.isnan(before[0]):
        return f"取{after}" if zh else f"set to {after}"
    up = sum(end) > sum(before)
    if unit == "x" and before[0] == before[1] == 1 and end[0] == end[1]:
        share = f"{100 * abs(end[0] - 1):.6g}"
        if zh:
            return f"{'提高' if up else '降低'}{share}%"
        return f"{'raised' if up else 'lowered'} by {share} %"
    if before[0] != before[1] or end[0] != end[1]:
        differing = _told(before, unit, language)
        return (
            f"由{differing}（各区域不同）调整为{after}" if zh else f"from {differing}, by region, to {after}"
        )
    if unit == "log points" and before[0] == 0:
        share = f"{100 * abs(math.exp(end[0]) - 1):.2g}"
        if zh:
            return f"约{'增强' if up else '减弱'}{share}%（{after}）"
        return f"{'raised' if up else 'lowered'} by about {share} % ({after})"
    if zh:
        rise, fall = _VERBS.get(unit, ("提高", "降低"))
        from_ = "0" if before[0] == 0 else _told(before, unit, language)
        after = "0" if end[0] == 0 else after.removeprefix("标准的")
        return f"由{from_}{rise if up else fall}到{after}"
    return f"from {_bare(_told(before, unit, language), after)} to {after}"


def _multiple(amount: Amount, language: Language) -> str:
    """Say how far a lever goes from what each region has."""
    share = f"{100 * abs(amount.number - 1):.6g}"
    if language == "zh":
        return f"比现值{'提高' if amount.number > 1 else '降低'}{share}%"
    return f"{'raised' if amount.number > 1 else 'lowered'} by {share} %"


def _when(start: float | None, year: float | None, place: Place, language: Language) -> str:
    """Say when a lever moves that reaches its value at the end of `year`.

    `start` is the end of the year from which it leaves the place's own value on a straight line, None where
    it jumps; without `year` it jumps at the start of the first policy year.
    """
    zh = language == "zh"
    if year is None:
        return f"自{place.first_policy_year}年起" if zh else f"from {place.first_policy_year} on"
    if start is None:
        return f"自{year:g}年底起" if zh else f"from the end of {year:g} on"
    if year - start <= 1:
        return f"{year:g}年内到位" if zh else f"in the course of {year:g}"
    return f"{start + 1:g}—{year:g}年逐步到位" if zh else f"step by step from {start + 1:g} to {year:g}"


def _told(value: tuple[float, float], unit: str, language: Language) -> str:
    low, high = (quantity(round(end, DECIMALS), unit, language=language, long=True) for end in value)
    if value[0] == value[1]:
        return low
    return f"{low}至{high}" if language == "zh" else f"{_bare(low, high)}–{high}"


def _bare(text: str, other: str) -> str:
    """Leave out a unit that the next number has too."""
    number, unit = _NUMBER.fullmatch(text), _NUMBER.fullmatch(other)
    if number is None or unit is None or not unit["unit"].startswith(number["unit"]):
        return text
    return number["number"]


def _span(values: Sequence[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (math.nan, math.nan)


def _given(amount: Amount) -> tuple[float, float]:
    return (math.nan, math.nan) if amount.relative else (amount.number, amount.number)


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, rel_tol=ALIKE, abs_tol=ALIKE) for a, b in zip(one, other, strict=True))


def _then(what: str, when: str, language: Language) -> str:
    return ("，" if language == "zh" else ", ").join(filter(None, (what, when)))


def _listed(names: Sequence[str], language: Language) -> str:
    if language == "zh":
        return "、".join(names)
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
