"""Outcomes -> the words of a report in one language, whether it becomes a page or a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypedDict

from urbsim.output.report.data import Findings
from urbsim.output.report.verdicts import Verdicts, verdicts
from urbsim.output.tables.compare import PRINTED, TOGETHER, by_effect, change_of, last_rows
from urbsim.output.tables.verdicts import VerdictRows, by_place, conflict_notes, verdict_rows
from urbsim.output.words import assumptions as wording
from urbsim.output.words.terms import short_titles
from urbsim.study.bought import Measure, bought
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.target import Conflict
from urbsim.study.words import LANGUAGES, Language, Words

MOST = 30  # runs that a report shows
OWN_MODEL = "urbanization.mdl"  # the model that some of the limits speak of

_FOLDED = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef—]) (?=[\u3000-\u9fff\uff00-\uffef—])")
_HONESTY = re.compile(
    r"the file's own (\S+) with step (\S+) differs from the error-controlled answer "
    r"by at most (\S+) of a stock's largest value \((.*), ([^,]*)\)"
)


class Grid(TypedDict):
    """A table: what stands above its columns, and rows that begin with a name."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


class BoughtGrid(TypedDict):
    """What the levers of a scenario bought by a year: rows of two numbers for each measure.

    `head` names measures with units, `against` the scenario that it is held against; a row ends with whether
    it is that of all levers together.
    """

    title: str
    against: str
    year: int
    head: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[str], bool]]


class ScenarioWords(TypedDict):
    """What a scenario is and assumes; `base` says that others are held against it."""

    title: str
    base: bool
    failure: str
    description: str
    assumptions: Sequence[str]


class Told(TypedDict):
    """The words of a report.

    `lead` has the finding on the first target of each place, `rules` say how verdicts are to be read, `notes`
    which targets agree at one total only, `made` from what the runs came: terms with lines.
    """

    title: str
    subtitle: str
    lead: Sequence[str]
    verdicts: Sequence[Verdicts]
    rules: Sequence[str]
    notes: Sequence[str]
    conflicts: Sequence[Grid]
    bought: Sequence[BoughtGrid]
    scenarios: Sequence[ScenarioWords]
    sources: Sequence[str]
    limits: Sequence[str]
    made: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Say:
    """Choose between the two languages, so that templates can hold both words side by side."""

    language: Language

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en


def told(
    outcomes: Sequence[Outcome],
    facts: Mapping[str, Any],
    language: Language,
    findings: Findings | None = None,
) -> Told:
    """Put the first `MOST` outcomes into words; `findings` are worked out where they are not given."""
    say, shown = Say(language), outcomes[:MOST]
    judged = verdict_rows(shown, language)
    tables = verdicts(shown, language)
    return {
        "title": _title(shown, language),
        "subtitle": _subtitle(shown, facts, say),
        "lead": _lead(shown, findings_of(shown) if findings is None else findings, language),
        "verdicts": tables,
        "rules": tuple(dict.fromkeys(rule for table in tables for rule in table.rules)),
        "notes": conflict_notes(shown, language, titled=True),
        "conflicts": [table for rows in judged for table in _conflicts(rows, say)],
        "bought": [*_bought(shown, language)],
        "scenarios": [
            {
                "title": _scenario(outcome, language),
                "base": is_base(outcome, shown),
                "failure": outcome.failure,
                "description": _unfolded(outcome.scenario.description[language]),
                "assumptions": wording.assumptions(outcome, language),
            }
            for outcome in shown
        ],
        "sources": wording.sources_of(shown, language),
        "limits": [*_limits(shown, facts, say)],
        "made": [*_made(facts, say)],
    }


def _scenario(outcome: Outcome, language: Language) -> str:
    return outcome.scenario.title[language] or outcome.name


def _unfolded(text: str) -> str:
    """Take out the blanks that the folded lines of a file leave between Chinese characters."""
    return _FOLDED.sub("", text)


def is_base(outcome: Outcome, outcomes: Iterable[Outcome]) -> bool:
    """Tell whether others are held against this one."""
    return any(
        other.base == outcome.name and other.place.folder == outcome.place.folder for other in outcomes
    )


def _title(outcomes: Sequence[Outcome], language: Language) -> str:
    places = [group[0].place.title[language] for group in by_place(outcomes)]
    if language == "zh":
        return f"{'、'.join(places)}：城镇化情景"
    return f"{', '.join(places)}: urbanization scenarios"


def _subtitle(outcomes: Sequence[Outcome], facts: Mapping[str, Any], say: Say) -> str:
    years = [year for outcome in outcomes if outcome.run for year in outcome.run.measured.years]
    dash = say("—", "–")
    period = f"{min(years):.0f}{dash}{max(years):.0f}" if years else ""
    day = str(facts.get("made", ""))[:10]
    count = len(outcomes)
    zh = "，".join(filter(None, (f"{count}个情景", period and f"{period}年", day and f"制作于{day}")))
    named = f"{count} scenario{'s' if count != 1 else ''}"
    return say(zh, ", ".join(filter(None, (named, period, day and f"made on {day}"))))


def _lead(outcomes: Sequence[Outcome], findings: Findings, language: Language) -> list[str]:
    """Give the finding on the first target of each place: of the whole of it, or else of its first area."""
    lead, groups = [], by_place(outcomes)
    for group in groups:
        place = group[0].place
        heads = (head for (where, _, _), (head, _) in findings.items() if where == place.name)
        before = f"{place.title[language]}{'：' if language == 'zh' else ': '}" if len(groups) > 1 else ""
        lead += [f"{before}{head[language]}" for head in heads][:1]
    return lead


def _conflicts(rows: VerdictRows, say: Say) -> Iterator[Grid]:
    """Give for each pair of targets that agree at one total only what every scenario has and would need."""
    distinct = {
        (one.rate.indicator, one.rate.region, one.rate.year, one.rate.value, one.count.value): one
        for one in rows.conflicts
    }
    for conflict in distinct.values():
        yield _conflict(conflict, rows, say)


def _conflict(conflict: Conflict, rows: VerdictRows, say: Say) -> Grid:
    language, year = say.language, conflict.rate.year
    rate_name, count_name = (
        next(d.indicator.name[language] for d in rows.demands if d.target == target)
        for target in (conflict.rate, conflict.count)
    )
    rate = quantity(conflict.rate.value, "%", language=language, long=True)
    goal = quantity(conflict.count.value, conflict.unit, language=language, long=True)
    total, area = conflict.total[language], rows.place.area(conflict.count.region)
    if area != rows.place.name:
        total = f"{rows.place.area_title(area)[language]}{say('：', ', ')}{total}"
    head = (
        say("情景", "Scenario"),
        say(f"{year}年{total}", f"{total}, {year}"),
        say(f"{year}年{count_name}", f"{count_name}, {year}"),
        say(f"{year}年{rate_name}", f"{rate_name}, {year}"),
        say(f"达到{rate}还缺{count_name}", f"Short of {rate} by"),
        say(f"达到{goal}还缺", f"Short of {goal} by"),
        say(f"{goal}相当于{rate_name}", f"{goal} would be a rate of"),
    )

    def people(value: float) -> str:
        return quantity(value, conflict.unit, language=language)

    def share(value: float) -> str:
        return f"{value:.1f}{say('', ' ')}%"

    table, titles = [], short_titles([row.outcome for row in rows.rows])
    for row in rows.rows:
        residents = conflict.totals.get(row.outcome.name)
        if residents is None or row.outcome.run is None:
            continue
        measured = row.outcome.run.measured
        counted = measured.find(conflict.count.indicator, area)
        if counted is None:
            continue
        urban = float(counted.values[measured.at(year)])
        short = (conflict.rate.value / 100 * residents - urban, conflict.count.value - urban)
        table.append(
            (
                titles[row.outcome.name][language],
                *(people(residents), people(urban), share(100 * urban / residents)),
                *(people(missing) if missing > 0 else say("已达到", "met") for missing in short),
                share(100 * conflict.count.value / residents),
            )
        )
    return {"head": head, "rows": table}


def _bought(outcomes: Sequence[Outcome], language: Language) -> Iterator[BoughtGrid]:
    """Give what the levers of each scenario bought for the whole place by the last year."""
    named = {(outcome.place.folder, outcome.name): outcome for outcome in outcomes}
    for outcome in outcomes:
        if outcome.run is None:
            continue
        against = named.get((outcome.place.folder, outcome.base))
        last = int(outcome.run.measured.years[-1])
        found = bought(outcome, against, PRINTED, outcome.place.name, last)
        if found is None:
            continue
        ids = [measure.indicator.id for measure in found.measures]
        rows = [
            (
                found.levers[lever][language],
                [(found.alone(lever, name), found.last(lever, name)) for name in ids],
            )
            for lever in by_effect(found, found.measures)
        ]
        rows += [(name[language], [give(one) for one in ids]) for _, name, give in last_rows(found)]
        yield {
            "title": _scenario(outcome, language),
            "against": found.against[language],
            "year": last,
            "head": [_measure(measure, Say(language)) for measure in found.measures],
            "rows": [
                (
                    name[:1].upper() + name[1:],
                    [
                        change_of(value, m).replace("-", "\u2212")
                        for m, pair in zip(found.measures, pairs, strict=True)
                        for value in pair
                    ],
                    name == TOGETHER[language],
                )
                for name, pairs in rows
            ],
        }


def _measure(measure: Measure, say: Say) -> tuple[str, str]:
    """Name what is counted, and its unit."""
    name = measure.indicator.name[say.language]
    unit = say("百分点", "points") if measure.unit == "%" else unit_name(measure.unit, say.language)
    return f"{name}{say('，累计', ', sum')}" if measure.total else name, unit


def _limits(outcomes: Sequence[Outcome], facts: Mapping[str, Any], say: Say) -> Iterator[str]:
    """Say how sure the numbers are, and what the model cannot say."""
    if any(v.margin is not None for outcome in outcomes if outcome.run for v in outcome.run.verdicts):
        yield say(
            "“±”：本模型在未参与拟合的年份上的误差，或对同类预测误差的估计，取较大者；超出已检验的年限，"
            "按直线外推。样本外检验只有一次，同类预测以往的偏差多大于这一估计，因此“±”不是置信区间。"
            "“尚无定论”表示差距小于这一误差：模型不能断定结果落在目标的哪一侧。",
            "±: how far this model was off in years it had not seen, or an allowance judged from projections "
            "of its kind, whichever is wider; beyond the horizon of either, it goes on in a straight line. "
            "There was one such test, and most published projections missed by more than the allowance, so "
            "that it is no confidence interval. Open means that the gap is smaller than the ±: "
            "the model cannot say on which side of the target the place will end.",
        )
    yield say(
        "没有“±”的数字并非更可靠，只是不知道误差有多大。",
        "A number without a ± is not surer: how far it may be off is not known.",
    )
    yield say(
        "情景不是预测：它说明在所列假设之下会怎样。各情景的外部条件相同，模型的误差也大多相同，"
        "因此情景之间的差别通常比各自的水平可靠。",
        "A scenario is not a forecast: it says what follows from what it assumes. Scenarios share their "
        "outside conditions and most errors of the model, so that differences between them are usually surer "
        "than their levels.",
    )
    models = [str(place.get("model", "")) for place in facts.get("places", ())]
    if any(model.endswith(OWN_MODEL) for model in models):
        yield say(
            "全国的需求与收入、生育和死亡、市外的年轻人数量取外部给定的路径。"
            "碳排放、水、交通、空气和数字服务不在模型之内，有关目标未作判定。",
            "Demand and incomes of the country, births and deaths, and the number of young people elsewhere "
            "follow given paths. Carbon, water, transport, air and digital services are outside the model: "
            "targets on them are not judged.",
        )
        yield say(
            "与历史相符不等于正确：有些参数落在取值范围的边上，或无法彼此区分。",
            "What fits history is not thereby right: several parameters end on a bound of their range, or "
            "cannot be told apart.",
        )
        yield say(
            "整个地区只有一本财政账；城镇建设用地、宅基地以及分年龄、分户籍的人口，部分是估计数。",
            "There is one budget for the whole place; urban construction land, homesteads, and people by age "
            "and hukou are partly estimates.",
        )
    yield say(
        "这里的数字约取四位有效数字；全部位数见结果文件夹中的 trajectories.csv。",
        "Numbers have about four digits here; trajectories.csv in the folder of results has all of them.",
    )


def _made(facts: Mapping[str, Any], say: Say) -> Iterator[tuple[str, list[str]]]:
    """Tell from what, by what and when the runs were made."""
    libraries = facts.get("libraries") or {}
    rtol = facts.get("rtol")
    told = [f"urbsim {facts.get('urbsim', '')}", f"Python {facts.get('python', '')}"]
    told += [f"{name} {version}" for name, version in libraries.items() if version]
    yield say("制作时间", "Made"), [str(facts.get("made", ""))]
    yield say("程序版本", "Versions"), [", ".join(told)]
    tolerance = f"{rtol:g}" if isinstance(rtol, (int, float)) else say("默认", "default")
    yield (
        say("求解器", "Solver"),
        [
            say(
                f"{facts.get('solver', '')}，相对容差：{tolerance}",
                f"{facts.get('solver', '')}, relative tolerance: {tolerance}",
            )
        ],
    )
    for place in facts.get("places", ()):
        name = str(place.get("name", ""))
        lines = [
            f"{_path(place.get('folder'))}  sha256 {_short(place.get('sha256'))}",
            f"{_path(place.get('model'))}  sha256 {_short(place.get('model_sha256'))}",
        ]
        yield say(f"地区与模型：{name}", f"Place and model: {name}"), lines
    scenarios = [one for one in facts.get("scenarios", ()) if isinstance(one, dict)][:MOST]
    files = [f"{_path(one.get('file'))}  sha256 {_short(one.get('sha256'))}" for one in scenarios]
    if files:
        yield say("情景文件", "Scenario files"), [*dict.fromkeys(files)]
    honest = [_honesty(str(one["honesty"]), say) for one in scenarios if one.get("honesty")]
    if honest:
        yield say("数值误差", "Numerical error"), [*dict.fromkeys(honest)]


def _path(path: object) -> str:
    """Write a path without the folders of the machine: from those that urbsim has in common, or its name."""
    written = str(path or "").replace("\\", "/")
    parts = PurePath(written).parts
    if not written.startswith("/") and ":" not in written[:2] and ".." not in parts:
        return written
    known = [i for i, part in enumerate(parts) if part in ("models", "scenarios")]
    return "/".join(parts[known[-1] if known else -1 :])


def _short(digest: object) -> str:
    """Give the first digits of a hash; `run.json` has all of them."""
    return f"{str(digest or '')[:12]}…"


def _honesty(line: str, say: Say) -> str:
    """Say in either language how far the model file's own method is from the answer."""
    found = _HONESTY.fullmatch(line)
    if not found:
        return line
    method, step, difference, variable, year = found.groups()
    return say(
        f"模型文件自身的方法（{method}，步长{step}）与误差受控的解相差不超过存量最大值的{difference}（模型变量“{variable}”，{year}年）",
        line[:1].upper() + line[1:],
    )


def findings_of(outcomes: Sequence[Outcome]) -> Findings:
    """Give what a figure of each target's indicator and area says, by place, indicator and area.

    The whole place comes first, then groups and regions; of each the target that is farthest in time.
    """
    from urbsim.output.words.finding import find

    found = {}
    for group in by_place(outcomes):
        place = group[0].place
        aimed = {
            (t.indicator, place.area(t.region)): t.year
            for one in group
            for t in sorted(one.targets, key=lambda t: t.year)
        }
        first = sorted(aimed, key=lambda pair: (place.areas.index(pair[1]), -aimed[pair]))
        for indicator, area in first:
            said = {language: find(group, indicator, area, language) for language in LANGUAGES}
            zh, en = said["zh"], said["en"]
            if zh and en:
                found[place.name, indicator, area] = (
                    Words(zh=zh.head, en=en.head),
                    Words(zh=zh.more, en=en.more),
                )
    return found
