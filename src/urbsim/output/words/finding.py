"""What a figure shows, as a sentence: which scenarios meet which target by when, or where they end.

A sentence is true of one scenario and of twelve. Scenarios that could not be run are named; a target whose
distance lies within how far the model may be off is open, whichever side of it a scenario comes to lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.output.words.terms import (
    BILLIONS,
    COLON,
    STOP,
    axis_number,
    axis_scale,
    axis_tick,
    base_position,
    counted,
    quoted,
)
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import quantity
from urbsim.study.target import Target, Verdict
from urbsim.study.words import Language, Words

NAMED = 2  # scenarios that are named; more are counted

_SIGNS = {
    "~": Words(zh="约", en="about "),
    ">=": Words(zh="不低于", en="at least "),
    "<=": Words(zh="不超过", en="at most "),
}
_ABOUT = Words(zh="约", en="about ")
_REACH = {"<=": ("keeps to", "keep to", "does not keep to", "do not keep to")}
_REACHES = ("reaches", "reach", "does not reach", "do not reach")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """The finding in one sentence, and what else is worth saying; either may stand alone."""

    head: str
    more: str = ""

    def __str__(self) -> str:
        return self.head


def finding(outcomes: Sequence[Outcome], indicator: str, area: str = "", language: Language = "en") -> str:
    """Say what runs of one place show of an indicator (its id) in an area (empty: the whole place).

    With targets: who meets the last one, and then the earlier ones. Without, or after them: the highest and
    the lowest at the end, and how they differ from the base. Empty where no run reports the indicator.
    """
    told = find(outcomes, indicator, area, language)
    if told is None:
        return ""
    return STOP[language].join(part for part in (told.head, told.more) if part)


def find(
    outcomes: Sequence[Outcome], indicator: str, area: str = "", language: Language = "en"
) -> Sentence | None:
    """Give the parts of `finding`; None where no run reports the indicator."""
    place = outcomes[0].place if outcomes else None
    if place is None:
        return None
    area = place.area(area)
    shown = [o for o in outcomes if _end(o, indicator, area)]
    known = next((i for o in shown for i in o.indicators if i.id == indicator), None)
    if known is None:
        return None
    subject = known.name[language]
    if area != place.name:
        title = place.area_title(area)[language]
        subject = f"{title}{subject}" if language == "zh" else f"{title}, {lowered(subject)}"
    judged = [(target, verdicts) for target, verdicts in _judged(shown, indicator, area) if verdicts]
    if judged:
        *earlier, (target, verdicts) = judged
        head = _of_target(target, verdicts, known, len(shown), language)
        parts = [_in_short(t, v, known, len(shown), language) for t, v in earlier]
        if target.year < _last_year(shown, indicator, area):
            parts.append(_of_ends(shown, known, area, language))
        more = STOP[language].join(parts)
    else:
        head, more = _of_ends(shown, known, area, language), ""
    failed = failures(outcomes, language)
    more = STOP[language].join(part for part in (more, failed) if part)
    return Sentence(head=f"{subject}{COLON[language]}{head}", more=more)


def find_level(
    outcomes: Sequence[Outcome],
    indicators: Sequence[Indicator],
    level: float,
    language: Language,
    area: str = "",
) -> Sentence | None:
    """Say which indicators of an area (empty: the whole place) end at a level or above it, and in whom."""
    shown = [o for o in outcomes if o.run]
    ends = {
        i.id: [end for o in shown if (end := _end(o, i.id, o.place.area(area))) is not None]
        for i in indicators
    }
    if not any(ends.values()):
        return None
    year = max(year for values in ends.values() for year, _ in values)
    groups: dict[str, list[str]] = {"all": [], "some": [], "none": []}
    for indicator in indicators:
        reached = [round(value, 2) >= level for _, value in ends[indicator.id]]
        if reached:
            key = "all" if all(reached) else "some" if any(reached) else "none"
            groups[key].append(lowered(indicator.name[language]))
    one = len(shown) == 1
    words = {
        "all": Words(
            zh="达到标准的有" if one else "各情景均达到标准的有",
            en="up to standard" + ("" if one else " in every scenario"),
        ),
        "some": Words(zh="部分情景达到的有", en="in some"),
        "none": Words(zh="未达到的有" if one else "均未达到的有", en="below it" + ("" if one else " in all")),
    }
    if not groups["all"] and not groups["some"]:
        told = (
            "各项均未达到标准"
            if language == "zh"
            else "none is up to standard" + ("" if one else " in any scenario")
        )
    elif not groups["some"] and not groups["none"]:
        told = (
            "各项均达到标准"
            if language == "zh"
            else "all are up to standard" + ("" if one else " in every scenario")
        )
    else:
        if not groups["all"]:
            words["some"] = Words(zh="部分情景达到标准的有", en="up to standard in some scenarios")
        told = STOP[language].join(
            f"{words[key][language]}{'' if language == 'zh' else ': '}{_listed(names, language)}"
            for key, names in groups.items()
            if names
        )
    head = f"{year}年{told}" if language == "zh" else f"In {year} {told}"
    return Sentence(head=head, more=failures(outcomes, language))


def failures(outcomes: Sequence[Outcome], language: Language) -> str:
    """Say which scenarios could not be run; empty where all could."""
    failed = [outcome for outcome in outcomes if outcome.run is None]
    if not failed:
        return ""
    if len(failed) <= NAMED:
        names = _listed([quoted(o.scenario.title[language], language) for o in failed], language)
    else:
        names = f"{len(failed)}个情景" if language == "zh" else f"{len(failed)} scenarios"
    return f"{names}运行失败" if language == "zh" else f"{names} could not be run"


def any_open(outcomes: Iterable[Outcome], indicators: Sequence[str], area: str) -> bool:
    """Say whether any value is nearer to the level of a target of these indicators than it may be off."""
    return any(
        verdict.open
        for outcome in outcomes
        if outcome.run
        for verdict in outcome.run.verdicts
        if verdict.target.indicator in indicators and outcome.place.area(verdict.target.region) == area
    )


def demand(target: Target, indicator: Indicator, language: Language) -> str:
    """Write what a target demands, with a sign, such as "about 80 %" or "≥ 73 %"."""
    sign = {"~": _ABOUT[language], ">=": "≥ ", "<=": "≤ "}[target.operator]
    sign = sign.strip() if language == "zh" else sign
    return f"{sign}{quantity(target.value, indicator.unit, language=language, long=True)}"


def short_demand(target: Target, indicator: Indicator, language: Language) -> str:
    """Write what a target demands in the numbers of the axis, which has the unit; "%" stays."""
    if indicator.unit == "%":
        return demand(target, indicator, language)
    sign = {"~": _ABOUT[language], ">=": "≥ ", "<=": "≤ "}[target.operator]
    value = axis_tick(target.value, indicator, language)
    return f"{sign.strip() if language == 'zh' else sign}{value}"


def lowered(name: str) -> str:
    """Write a name as it stands within a sentence.

    Examples
    --------
    >>> lowered("Urban land"), lowered("GDP per head"), lowered("城镇化率")
    ('urban land', 'GDP per head', '城镇化率')
    """
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _judged(
    outcomes: Sequence[Outcome], indicator: str, area: str
) -> list[tuple[Target, list[tuple[Outcome, Verdict]]]]:
    """Give the distinct targets by year, each with its verdicts."""
    found: dict[tuple[int, str, float], tuple[Target, list[tuple[Outcome, Verdict]]]] = {}
    for outcome in outcomes:
        for verdict in outcome.run.verdicts if outcome.run else ():
            target = verdict.target
            if target.indicator == indicator and outcome.place.area(target.region) == area:
                key = (target.year, target.operator, target.value)
                found.setdefault(key, (target, []))[1].append((outcome, verdict))
    return [found[key] for key in sorted(found)]


def _of_target(
    target: Target,
    judged: Sequence[tuple[Outcome, Verdict]],
    indicator: Indicator,
    shown: int,
    language: Language,
) -> str:
    """Say who meets a target, what they come to, and for whom that is open."""
    met = [pair for pair in judged if pair[1].met]
    missed = [pair for pair in judged if not pair[1].met]
    open_ = [pair for pair in judged if pair[1].open]
    wish = _wish(target, indicator, language)
    span = _span([verdict.value for _, verdict in judged], indicator, language)
    keeps = _REACH.get(target.operator, _REACHES)
    whose = "" if len(judged) == shown else ("有此目标的" if language == "zh" else " with this target")
    count = len(judged)
    if language == "zh":
        reach, goal = ("符合" if target.operator == "<=" else "达到"), f"{wish}的目标"
        if count == 1:
            core = f"{target.year}年{_names(judged, 'zh')}{'' if met else '未'}{reach}{goal}（{span}）"
        elif not missed:
            core = f"{target.year}年{whose}{count}个情景均{reach}{goal}（{span}）"
        elif not met:
            core = f"{target.year}年{whose or '各'}情景均未{reach}{goal}（{span}）"
        elif len(met) <= NAMED:
            core = f"{target.year}年{_names(met, 'zh')}{reach}{goal}，其余{len(missed)}个未{reach}（{span}）"
        elif len(missed) <= NAMED:
            core = f"{target.year}年除{_names(missed, 'zh')}外，其余{len(met)}个情景均{reach}{goal}（{span}）"
        else:
            core = f"{target.year}年{whose}{count}个情景中{len(met)}个{reach}{goal}（{span}）"
        return core + _openness(open_, count, language)
    year = f"in {target.year}"
    if count == 1:
        core = f"{_names(judged, 'en')} {keeps[0] if met else keeps[2]} {wish} {year} ({span})"
    elif not missed:
        every = "both scenarios" if count == 2 else f"all {count} scenarios"
        core = f"{every}{whose} {keeps[1]} {wish} {year} ({span})"
    elif not met:
        core = f"no scenario{whose} {keeps[0]} {wish} {year} ({span})"
    elif len(met) <= NAMED:
        verb, no = keeps[len(met) > 1], "does not" if len(missed) == 1 else "do not"
        core = f"{_names(met, 'en')} {verb} {wish} {year}, the other{_number(missed)} {no} ({span})"
    elif len(missed) <= NAMED:
        core = f"all{whose} but {_names(missed, 'en')} {keeps[1]} {wish} {year} ({span})"
    else:
        core = f"{len(met)} of {count} scenarios{whose} {keeps[1]} {wish} {year} ({span})"
    return core + _openness(open_, count, language)


def _openness(open_: Sequence[tuple[Outcome, Verdict]], count: int, language: Language) -> str:
    """Say for whom a verdict is open."""
    if not open_:
        return ""
    if language == "zh":
        if len(open_) == count:
            return "，但差距在误差之内，尚无定论"
        return f"，其中{_names(open_, 'zh')}尚无定论"
    if len(open_) == count:
        return ", but within the error: open"
    return f"; for {_names(open_, 'en')} it is open"


def _in_short(
    target: Target,
    judged: Sequence[tuple[Outcome, Verdict]],
    indicator: Indicator,
    shown: int,
    language: Language,
) -> str:
    """Say in few words what came of an earlier target, and whose it is where not all have it."""
    wish = _wish(target, indicator, language)
    verdicts = [verdict for _, verdict in judged]
    met, count = sum(verdict.met for verdict in verdicts), len(verdicts)
    years = {v.year_met for v in verdicts if not v.met and v.year_met and v.year_met > target.year}
    late = len(years) == 1 and not met and all(v.year_met for v in verdicts)
    open_ = [pair for pair in judged if pair[1].open]
    unsure = len(open_) == count  # then it is met or missed by what was worked out only
    if language == "zh":
        every = "" if count == 1 else "均"
        told = (
            f"{every}达到" if met == count else f"{every}未达到" if not met else f"{count}个情景中{met}个达到"
        )
        if late:
            told += f"（{years.pop()}年才达到）"
        goal = f"{target.year}年{wish}的目标"
        if count < shown:
            goal = f"{_names(judged, 'zh')}的{goal}" if count <= NAMED else f"{goal}（{count}个情景设有）"
        if unsure:
            return f"{goal}：计算值{told}，但差距在误差之内，尚无定论"
        return f"{goal}{told}" + (f"，{_names(open_, 'zh')}尚无定论" if open_ else "")
    every = "" if count == 1 else " by both" if count == 2 else " by all"
    paper = " on paper" if unsure else ""
    told = (
        f"met{paper}{every}"
        if met == count
        else f"missed{paper}{every}"
        if not met
        else f"met{paper} by {met} of {count}"
    )
    if late:
        told += f", reached in {years.pop()}"
    goal = f"{wish} in {target.year}" + (
        f", a target of {_names(judged, 'en')} alone," if count < shown else ""
    )
    openness = ", but within the error" if unsure else f" (open for {_names(open_, 'en')})" if open_ else ""
    return f"{goal} is {told}{openness}"


def _of_ends(outcomes: Sequence[Outcome], indicator: Indicator, area: str, language: Language) -> str:
    """Say where the highest and the lowest run end, and how far from the base; of one run, what it gained."""
    year = _last_year(outcomes, indicator.id, area)
    ends = [(o, *end) for o in outcomes if (end := _end(o, indicator.id, area)) and end[0] == year]
    if len(ends) == 1:
        outcome, _, value = ends[0]
        began, first = _start(outcome, indicator.id, area)
        name = _names([(outcome, None)], language)
        change = _change(value - first, value, indicator, language, over_time=True)
        said = _said(value, indicator, language)
        if language == "zh":
            return f"{year}年{name}为{said}（比{began}年{change}）"
        return f"{name} has {said} in {year} ({change} against {began})"
    base = outcomes[base_position(outcomes)]
    held = next((value for outcome, _, value in ends if outcome is base), None)
    low, high = min(ends, key=lambda end: end[2]), max(ends, key=lambda end: end[2])
    if alike := _alike(low[2], high[2], indicator, year, len(ends), language):
        return alike
    if len(ends) == 2 and held is not None:
        outcome, _, value = next(end for end in ends if end[0] is not base)
        name, against = (_names([(one, None)], language) for one in (outcome, base))
        said, change = _said(value, indicator, language), _change(value - held, held, indicator, language)
        before = _once(outcome, base, indicator, area, language)
        if language == "zh":
            return f"{year}年{name}为{said}，比{against}{change}{before}"
        return f"{name} has {said} in {year} ({change} against {against}{before})"
    parts = []
    for one, words in ((high, Words(zh="最高", en="highest")), (low, Words(zh="最低", en="lowest"))):
        against = ""
        if held is not None and one[0] is not base:
            than = _names([(base, None)], language) if one is high or high[0] is base else ""
            change = _change(one[2] - held, held, indicator, language)
            if language == "zh":
                against = f"比{than}{change}" if than else change
            else:
                against = f"{change} against {than}" if than else change
        name, said = _names([(one[0], None)], language), _said(one[2], indicator, language)
        if language == "zh":
            parts.append(f"{name}{words.zh}，为{said}" + (f"（{against}）" if against else ""))
        else:
            parts.append(f"{words.en} with {name}, {said}" + (f" ({against})" if against else ""))
    told = STOP[language].join(parts)
    return f"{year}年{told}" if language == "zh" else f"in {year} {told}"


def noise(indicator: Indicator, level: float) -> float:
    """Give the difference below which no order of scenarios is told [unit of the indicator]."""
    return 0.05 if indicator.unit == "%" else 0.01 * abs(level)


def _alike(low: float, high: float, indicator: Indicator, year: int, count: int, language: Language) -> str:
    """Say that scenarios hardly differ; empty where they do."""
    said = _said(high, indicator, language)
    scenarios = "both scenarios" if count == 2 else f"all {count} scenarios"
    if _said(low, indicator, language) == said:
        return f"{year}年各情景均为{said}" if language == "zh" else f"{said} in {year} in {scenarios}"
    if high - low >= noise(indicator, max(abs(low), abs(high))):
        return ""
    if language == "zh":
        apart = "0.05个百分点" if indicator.unit == "%" else "1%"
        return f"{year}年各情景几乎没有差别，约为{said}（相差不到{apart}）"
    apart = "0.05 points" if indicator.unit == "%" else "1 %"
    return f"about {said} in {year} in {scenarios} (less than {apart} apart)"


def _once(outcome: Outcome, base: Outcome, indicator: Indicator, area: str, language: Language) -> str:
    """Say when a run lay farthest on the other side of the base; empty where it always was on one side."""
    runs = [o.run.measured for o in (outcome, base) if o.run]
    series = [found for run in runs if (found := run.find(indicator.id, area))]
    if len(series) < 2 or not np.array_equal(runs[0].years, runs[1].years):
        return ""
    change = series[0].values - series[1].values
    if not np.isfinite(change[-1]):
        return ""
    change = np.nan_to_num(change)
    other = change * -np.sign(change[-1])
    at = int(other.argmax())
    level = float(series[1].values[at])
    if not other[at] > noise(indicator, level):
        return ""
    told = _change(float(change[at]), level, indicator, language)
    year = int(runs[0].years[at])
    return f"；{year}年曾{told}" if language == "zh" else f"; {told} in {year}"


def _end(outcome: Outcome, indicator: str, area: str) -> tuple[int, float] | None:
    series = outcome.run.measured.find(indicator, area) if outcome.run else None
    if outcome.run is None or series is None:
        return None
    shown = np.flatnonzero(np.isfinite(series.values))
    if not shown.size:
        return None
    return int(outcome.run.measured.years[shown[-1]]), float(series.values[shown[-1]])


def _start(outcome: Outcome, indicator: str, area: str) -> tuple[int, float]:
    series = outcome.run.measured.find(indicator, area) if outcome.run else None
    assert outcome.run is not None and series is not None, "only runs with an end are asked"  # noqa: PT018, S101
    first = np.flatnonzero(np.isfinite(series.values))[0]
    return int(outcome.run.measured.years[first]), float(series.values[first])


def _wish(target: Target, indicator: Indicator, language: Language) -> str:
    value = quantity(target.value, indicator.unit, language=language, long=True)
    return f"{_SIGNS[target.operator][language]}{value}"


def _said(
    value: float, indicator: Indicator, language: Language, *, bare: bool = False, like: float | None = None
) -> str:
    """Write a value; `bare` without the unit where another number has it, but never without per cent.

    A difference has the decimals of a value that it is `like`.
    """
    if indicator.unit == "%":
        return f"{counted(value, 1, language)}{'' if language == 'zh' else ' '}%"
    if language == "en" and indicator.unit in BILLIONS:
        number = counted(value / 10, 0 if abs(value if like is None else like) >= 1000 else 1, language)
        return number + ("" if bare else f" {BILLIONS[indicator.unit]}")
    return quantity(value, indicator.unit, language=language, bare=bare, like=like).replace("-", "\u2212")


def _change(
    change: float, level: float, indicator: Indicator, language: Language, *, over_time: bool = False
) -> str:
    """Write a difference from a level, in English with its sign; of rates in points."""
    if language == "zh":
        more, less = ("增加", "减少") if over_time else ("高", "低")
        size = (
            f"{_tenths(abs(change))}个百分点"
            if indicator.unit == "%"
            else _said(abs(change), indicator, "zh", like=level)
        )
        return f"{more if change >= 0 else less}{size}"
    sign = "\u2212" if change < 0 else "+"
    if indicator.unit == "%":
        return f"{sign}{_tenths(abs(change))} points"
    return f"{sign}{_said(abs(change), indicator, 'en', bare=True, like=level)}"


def told_size(size: float, level: float, indicator: Indicator, language: Language) -> str:
    """Write how large a difference from a level is; of rates in points."""
    if indicator.unit != "%":
        return _said(size, indicator, language, like=level)
    return f"{_tenths(size)}个百分点" if language == "zh" else f"{_tenths(size)} points"


def told_change(change: float, level: float, indicator: Indicator, language: Language) -> str:
    """Write a difference from a level as a number with its sign, without a unit."""
    sign = "\u2212" if change < 0 else "+"
    size = _tenths(abs(change)) if indicator.unit == "%" else _bare(abs(change), level, indicator, language)
    return f"{sign}{size}" if float(size.replace(",", "")) else "±0"


def _bare(size: float, level: float, indicator: Indicator, language: Language) -> str:
    """Write a difference as numbers of its axis, with the decimals of a level."""
    decimals = len(axis_number(level, indicator, language).partition(".")[2])
    return counted(size * axis_scale(indicator, language), decimals, language)


def _tenths(number: float) -> str:
    """Write one decimal, and two where one would hide that it is not nought."""
    return f"{number:.1f}" if number >= 0.05 or number < 0.005 else f"{number:.2f}"


def _span(values: Sequence[float], indicator: Indicator, language: Language) -> str:
    """Write the least and the most of values that stand beside a target, which has the unit."""
    low, high = (_said(value, indicator, language, bare=True) for value in (min(values), max(values)))
    if low == high:
        return low
    for unit in (" %", " m", "万人"):  # is said once
        if low.endswith(unit) and high.endswith(unit):
            low = low.removesuffix(unit)
    return f"{low}—{high}" if language == "zh" else f"{low} to {high}"


def _last_year(outcomes: Sequence[Outcome], indicator: str, area: str) -> int:
    return max(end[0] for o in outcomes if (end := _end(o, indicator, area)) is not None)


def _names(pairs: Sequence[tuple[Outcome, Verdict | None]], language: Language) -> str:
    """Name scenarios; more than two are counted."""
    if len(pairs) > NAMED:
        return f"{len(pairs)}个情景" if language == "zh" else f"{len(pairs)} scenarios"
    return _listed([quoted(o.scenario.title[language], language) for o, _ in pairs], language)


def _number(pairs: Sequence[object]) -> str:
    return "" if len(pairs) == 1 else f" {len(pairs)}"


def _listed(names: Sequence[str], language: Language) -> str:
    """Write names as a list.

    Examples
    --------
    >>> _listed(["a", "b", "c"], "en"), _listed(["甲", "乙"], "zh")
    ('a, b and c', '甲和乙')
    """
    *before, last = names
    if not before:
        return last
    if language == "zh":
        return f"{'、'.join(before)}和{last}"
    return f"{', '.join(before)} and {last}"
