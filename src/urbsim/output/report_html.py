"""Outcomes -> `report.html`: one page that needs nothing else, for people who do not run programs.

Templates, style sheet and script stand in `templates/`; the figures are drawn by Apache ECharts, which
travels in the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from urbsim.output import wording
from urbsim.output.compare_tables import LEFT_OVER, PRINTED, TOGETHER, change_of
from urbsim.output.font import CHINESE, LATIN, font_file, subset_for
from urbsim.output.report_data import Findings, Packed, pack, script_json, short_titles
from urbsim.output.verdicts import VerdictRows, by_place, conflict_notes, verdict_rows
from urbsim.study.bought import Measure, bought
from urbsim.study.outcome import Outcome
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.report import Measured
from urbsim.study.target import Conflict
from urbsim.study.words import LANGUAGES, Language, Words

NAME = "report.html"
LARGEST = 2_950_000  # [bytes] of a page; it shall stay below 3 MB
MOST = 30  # runs that a page shows
ABREAST = 8  # scenarios in a table of verdicts
ECHARTS = "6.1.0"
ECHARTS_SHA256 = "61f13280aba3161f77fc801bf5f9c786f55f10432153a0683fc5cc0700b013d5"
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}

# As in `output.look`, which this does not import: a page needs no matplotlib.
BASE_LOOK = {"color": "#1A1A1A", "width": 3.5, "dash": "solid", "symbol": ""}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
DASHES: tuple[Any, ...] = ([7, 2], [2, 2], [7, 2, 2, 2], [12, 3], [4, 2, 2, 2, 2, 2])
SYMBOLS = ("rect", "triangle", "diamond", "circle", "pin", "roundRect", "arrow")

_FOLDED = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef—]) (?=[\u3000-\u9fff\uff00-\uffef—])")
_OWN_MODEL = "urbanization.mdl"  # the model that some of the limits speak of
_HONESTY = re.compile(
    r"the file's own (\S+) with step (\S+) differs from the error-controlled answer "
    r"by at most (\S+) of a stock's largest value \((.*), ([^,]*)\)"
)
_FOLDER = Path(__file__).parent


def write_report(
    path: Path, outcomes: Sequence[Outcome], facts: Mapping[str, Any], *, languages: Sequence[Language]
) -> None:
    """Write the page of a results folder, in one file that opens without a network.

    Parameters
    ----------
    facts
        What stands in `run.json`: versions, hashes, solver, date.
    languages
        The first is shown at first; with both, the reader can switch.
    """
    path.write_text(render_report(outcomes, facts, languages=languages), encoding="utf-8", newline="\n")


def render_report(
    outcomes: Sequence[Outcome], facts: Mapping[str, Any], *, languages: Sequence[Language]
) -> str:
    """Give the page as text; see `write_report`."""
    shown = outcomes[:MOST]
    findings = _findings(shown)
    bare = pack(shown, findings, 0)  # all texts, and no number of a figure
    page = _page(outcomes, facts, languages, findings, bare, fonts="")
    fonts = _fonts(page)
    packed = pack(shown, findings, LARGEST - len(page.encode()) - len(fonts))
    return _page(outcomes, facts, languages, findings, packed, fonts)


def _page(
    outcomes: Sequence[Outcome],
    facts: Mapping[str, Any],
    languages: Sequence[Language],
    findings: Findings,
    packed: Packed,
    fonts: str,
) -> str:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    echarts, script, css = (
        (_FOLDER / name).read_text(encoding="utf-8")
        for name in ("echarts/echarts.common.min.js", "templates/report.js", "templates/report.css")
    )
    pages = {language: _words(outcomes, facts, language, findings, packed) for language in languages}
    data = script_json({"places": packed.places, "looks": {"base": BASE_LOOK, "others": [*_looks()]}})
    # What is marked as safe below is our own, or was written so that it can stand where it stands.
    return environment.get_template("report.html.j2").render(
        languages=languages,
        tags=TAGS,
        titles={language: pages[language]["title"] for language in languages},
        pages=pages,
        version=facts.get("urbsim", ""),
        echarts_version=ECHARTS,
        policy=Markup(_policy(echarts, script)),  # noqa: S704
        fonts=Markup(fonts),  # noqa: S704
        css=Markup(css),  # noqa: S704
        echarts=Markup(_inline(echarts)),  # noqa: S704
        script=Markup(_inline(script)),  # noqa: S704
        data=Markup(data),  # noqa: S704
    )


def _looks() -> Iterator[dict[str, Any]]:
    """Give the look of the line of each scenario but the base."""
    for i in range(MOST):
        yield {
            "color": COLOURS[i % len(COLOURS)],
            "width": 2,
            "dash": DASHES[i % len(DASHES)],
            "symbol": SYMBOLS[(i + 3 * (i // len(COLOURS))) % len(SYMBOLS)],
        }


def _inline(script: str) -> str:
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("a script that is embedded in the page may not hold the end of a script element")
    return script


def _policy(*scripts: str) -> str:
    """Allow these scripts alone, and no network: a title that got past all else would still be inert."""
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )


def _fonts(text: str) -> str:
    """Embed the characters of the page, so that a machine without a Chinese font shows no boxes."""
    chinese = subset_for("".join(filter(str.isprintable, set(text))), CHINESE)
    fonts = (("urbsim zh", "woff", chinese), ("urbsim latin", "otf", font_file(LATIN).read_bytes()))
    return "\n".join(
        f'@font-face{{font-family:"{name}";src:url(data:font/{kind};base64,{base64.b64encode(data).decode()})}}'
        for name, kind, data in fonts
    )


# --- words of one language ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Say:
    """Choose between the two languages, so that templates can hold both words side by side."""

    language: Language

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en


def _words(
    outcomes: Sequence[Outcome],
    facts: Mapping[str, Any],
    language: Language,
    findings: Findings,
    packed: Packed,
) -> dict[str, Any]:
    say = _Say(language)
    shown = outcomes[:MOST]
    judged = verdict_rows(shown, language)
    return {
        "language": language,
        "say": say,
        "title": _title(shown, language),
        "subtitle": _subtitle(shown, facts, say),
        "lead": _lead(shown, findings, language),
        "cut": _cut(outcomes, packed, say),
        "places": len(judged),
        "verdicts": [table for rows in judged for table in _verdicts(rows, language)],
        "rules": tuple(dict.fromkeys(rule for rows in judged for rule in rows.rules)),
        "notes": conflict_notes(shown, language, titled=True),
        "conflicts": [table for rows in judged for table in _conflicts(rows, say)],
        "bought": [*_bought(shown, language)],
        "scenarios": [
            {
                "title": _scenario(outcome, language),
                "base": _is_base(outcome, shown),
                "failure": outcome.failure,
                "description": _unfolded(outcome.scenario.description[language]),
                "assumptions": wording.assumptions(outcome, language),
            }
            for outcome in shown
        ],
        "sources": wording.sources_of(shown, language),
        "margins": any(outcome.place.margins for outcome in shown),
        "own_model": any(
            str(place.get("model", "")).endswith(_OWN_MODEL) for place in facts.get("places", ())
        ),
        "made": [*_made(facts, say)],
    }


def _scenario(outcome: Outcome, language: Language) -> str:
    return outcome.scenario.title[language] or outcome.name


def _unfolded(text: str) -> str:
    """Take out the blanks that the folded lines of a file leave between Chinese characters."""
    return _FOLDED.sub("", text)


def _is_base(outcome: Outcome, outcomes: Iterable[Outcome]) -> bool:
    return any(
        other.base == outcome.name and other.place.folder == outcome.place.folder for other in outcomes
    )


def _title(outcomes: Sequence[Outcome], language: Language) -> str:
    places = [group[0].place.title[language] for group in by_place(outcomes)]
    if language == "zh":
        return f"{'、'.join(places)}：城镇化情景"
    return f"{', '.join(places)}: urbanization scenarios"


def _subtitle(outcomes: Sequence[Outcome], facts: Mapping[str, Any], say: _Say) -> str:
    years = [year for outcome in outcomes if outcome.run for year in outcome.run.measured.years]
    period = f"{min(years):.0f}–{max(years):.0f}" if years else ""
    day = str(facts.get("made", ""))[:10]
    count = len(outcomes)
    zh = "，".join(filter(None, (f"{count}个情景", period and f"{period}年", day and f"制作于{day}")))
    named = f"{count} scenario{'s' if count != 1 else ''}"
    return say(zh, ", ".join(filter(None, (named, period, day and f"made on {day}"))))


def _lead(outcomes: Sequence[Outcome], findings: Findings, language: Language) -> list[str]:
    """Give the finding on the first target of each place: of the whole of it, or else of its first area."""
    lead = []
    for group in by_place(outcomes):
        place = group[0].place
        told = [(area, head) for (where, _, area), (head, _) in findings.items() if where == place.name]
        told.sort(key=lambda one: place.areas.index(one[0]))
        lead += [head[language] for _, head in told[:1]]
    return lead


def _cut(outcomes: Sequence[Outcome], packed: Packed, say: _Say) -> list[str]:
    lines = []
    if len(outcomes) > MOST:
        lines.append(
            say(
                f"本页只含{len(outcomes)}次运行中的前{MOST}次；其余见 trajectories.csv。",
                f"This page has the first {MOST} of {len(outcomes)} runs; trajectories.csv has all of them.",
            )
        )
    for place, indicators in packed.left_out:
        names = say("、", ", ").join(indicator.name[say.language] for indicator in indicators)
        lines.append(
            say(
                f"为使本页小于3 MB，{place.title.zh}的以下指标缺少部分区域的数据；"
                f"全部数据见 trajectories.csv：{names}。",
                f"To keep this page below 3 MB, these indicators of {place.title.en} are not here for all "
                f"regions; trajectories.csv has all of them: {names}.",
            )
        )
    return lines


def _verdicts(rows: VerdictRows, language: Language) -> Iterator[dict[str, Any]]:
    """Give tables with a row for every target, and few enough scenarios beside each other to be printed."""
    outcomes = [row.outcome for row in rows.rows]
    titles = short_titles(outcomes)
    for start in range(0, len(rows.rows), ABREAST):
        part = rows.rows[start : start + ABREAST]
        yield {
            "title": rows.place.title[language],
            "scenarios": [
                {"title": titles[row.outcome.name][language], "base": _is_base(row.outcome, outcomes)}
                for row in part
            ],
            "rows": [
                {
                    "heading": f"{demand.heading[:1].upper()}{demand.heading[1:]}",
                    "demand": f"{demand.target.year}{'年：' if language == 'zh' else ': '}{demand.demand}",
                    "source": demand.target.clause or demand.target.source,
                    "cells": [row.cells[column] for row in part],
                }
                for column, demand in enumerate(rows.demands)
            ],
        }


def _conflicts(rows: VerdictRows, say: _Say) -> Iterator[dict[str, Any]]:
    """Give for each pair of targets that agree at one total only what every scenario has and would need."""
    distinct = {
        (one.rate.indicator, one.rate.year, one.rate.value, one.count.value): one for one in rows.conflicts
    }
    for conflict in distinct.values():
        yield _conflict(conflict, rows, say)


def _conflict(conflict: Conflict, rows: VerdictRows, say: _Say) -> dict[str, Any]:
    language, year = say.language, conflict.rate.year
    rate_name, count_name = (
        next(d.indicator.name[language] for d in rows.demands if d.target == target)
        for target in (conflict.rate, conflict.count)
    )
    rate = quantity(conflict.rate.value, "%", language=language, long=True)
    goal = quantity(conflict.count.value, conflict.unit, language=language, long=True)
    total = conflict.total[language]
    head = (
        say("情景", "Scenario"),
        say(f"{year}年{total}", f"{total}, {year}"),
        say(f"{year}年{count_name}", f"{count_name}, {year}"),
        say(f"{year}年{rate_name}", f"{rate_name}, {year}"),
        say(f"达到{rate}还缺城镇人口", f"Short of {rate} by"),
        say(f"达到{goal}还缺", f"Short of {goal} by"),
        say(f"{goal}相当于城镇化率", f"{goal} would be a rate of"),
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
        urban = _at(row.outcome.run.measured, conflict.count.indicator, rows.place.name, year)
        if urban is None:
            continue
        missing = conflict.rate.value / 100 * residents - urban
        table.append(
            (
                titles[row.outcome.name][language],
                *(people(residents), people(urban), share(100 * urban / residents)),
                *(
                    people(short) if short > 0 else say("已达到", "met")
                    for short in _shorts(missing, conflict, urban)
                ),
                share(100 * conflict.count.value / residents),
            )
        )
    return {"head": head, "rows": table}


def _shorts(missing: float, conflict: Conflict, urban: float) -> tuple[float, float]:
    return missing, conflict.count.value - urban


def _at(measured: Measured, indicator: str, area: str, year: int) -> float | None:
    series = measured.find(indicator, area)
    return None if series is None else float(series.values[measured.at(year)])


def _bought(outcomes: Sequence[Outcome], language: Language) -> Iterator[dict[str, Any]]:
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
            for lever in sorted(found.levers, key=lambda lever: -abs(found.alone(lever, ids[0])))
        ]
        rows.append((TOGETHER[language], [(found.together[name],) * 2 for name in ids]))
        rows.append((LEFT_OVER[language], [found.left_over(name) for name in ids]))
        yield {
            "title": _scenario(outcome, language),
            "head": [_measure(measure, _Say(language)) for measure in found.measures],
            "rows": [
                (
                    name[:1].upper() + name[1:],
                    [
                        change_of(value, m)
                        for m, pair in zip(found.measures, pairs, strict=True)
                        for value in pair
                    ],
                )
                for name, pairs in rows
            ],
        }


def _measure(measure: Measure, say: _Say) -> tuple[str, str]:
    """Name what is counted, and its unit."""
    name = measure.indicator.name[say.language]
    unit = say("百分点", "points") if measure.unit == "%" else unit_name(measure.unit, say.language)
    return f"{name}{say('，累计', ', sum')}" if measure.total else name, unit


def _made(facts: Mapping[str, Any], say: _Say) -> Iterator[tuple[str, list[str]]]:
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
            f"{place.get('folder', '')}  sha256 {_short(place.get('sha256'))}",
            f"{place.get('model', '')}  sha256 {_short(place.get('model_sha256'))}",
        ]
        yield say(f"地区与模型：{name}", f"Place and model: {name}"), lines
    scenarios = [one for one in facts.get("scenarios", ()) if isinstance(one, dict)][:MOST]
    files = [f"{one.get('file', '')}  sha256 {_short(one.get('sha256'))}" for one in scenarios]
    if files:
        yield say("情景文件", "Scenario files"), [*dict.fromkeys(files)]
    honest = [_honesty(str(one["honesty"]), say) for one in scenarios if one.get("honesty")]
    if honest:
        yield say("数值误差", "Numerical error"), [*dict.fromkeys(honest)]


def _short(digest: object) -> str:
    """Give the first digits of a hash; `run.json` has all of them."""
    return f"{str(digest or '')[:12]}…"


def _honesty(line: str, say: _Say) -> str:
    """Say in either language how far the model file's own method is from the answer."""
    found = _HONESTY.fullmatch(line)
    if not found:
        return line
    method, step, difference, variable, year = found.groups()
    return say(
        f"模型文件自身的方法（{method}，步长{step}）与误差受控的解相差不超过存量最大值的{difference}（{variable}，{year}年）",
        line[:1].upper() + line[1:],
    )


def _findings(outcomes: Sequence[Outcome]) -> Findings:
    """Give what a figure of each target's indicator and area says, by place, indicator and area."""
    from urbsim.output.finding import find

    found = {}
    for group in by_place(outcomes):
        place = group[0].place
        aimed = [(target.indicator, place.area(target.region)) for one in group for target in one.targets]
        for indicator, area in dict.fromkeys(aimed):
            said = {language: find(group, indicator, area, language) for language in LANGUAGES}
            zh, en = said["zh"], said["en"]
            if zh and en:
                found[place.name, indicator, area] = (
                    Words(zh=zh.head, en=en.head),
                    Words(zh=zh.more, en=en.more),
                )
    return found


def told(outcomes: Sequence[Outcome], facts: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Give the words of the page in one language, for a report that is laid out otherwise."""
    packed = Packed(places=[], left_out=())
    return _words(outcomes, facts, language, _findings(outcomes[:MOST]), packed)
