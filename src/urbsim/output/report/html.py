"""Outcomes -> `report.html`: one page that needs nothing else, for people who do not run programs.

Templates, style sheet and script stand in `templates/`; the figures are drawn by Apache ECharts, which
travels in the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from urbsim.output.figures.font import CHINESE, LATIN, font_file, subset_for
from urbsim.output.report.data import Findings, Packed, pack, script_json
from urbsim.output.report.words import MOST, Say, findings_of, told
from urbsim.output.whole_file import whole
from urbsim.study.outcome import Outcome
from urbsim.study.words import Language

LARGEST = 2_950_000  # [bytes] of a page; it shall stay below 3 MB
ABREAST = 8  # targets in a table of verdicts, so that it can be printed
ECHARTS = "6.1.0"
ECHARTS_SHA256 = "61f13280aba3161f77fc801bf5f9c786f55f10432153a0683fc5cc0700b013d5"
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}

# Markers of matplotlib, as ECharts draws them.
_SYMBOLS = {
    "o": "circle",
    "s": "rect",
    "^": "triangle",
    "D": "diamond",
    "v": "path://M0 0H10L5 10Z",
    "P": "path://M3 0h4v3h3v4h-3v3h-4v-3h-3v-4h3Z",
    "X": "path://M2 0L5 3L8 0L10 2L7 5L10 8L8 10L5 7L2 10L0 8L3 5L0 2Z",
}
_PARTS = re.compile(r"(?<=[，；：。、])|(?=（)")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
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
    text = render_report(outcomes, facts, languages=languages)
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def render_report(
    outcomes: Sequence[Outcome], facts: Mapping[str, Any], *, languages: Sequence[Language]
) -> str:
    """Give the page as text; see `write_report`."""
    shown = outcomes[:MOST]
    findings = findings_of(shown)
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
    environment.filters["clauses"] = _clauses
    echarts, script, css = (
        (_FOLDER / name).read_text(encoding="utf-8")
        for name in ("echarts/echarts.common.min.js", "templates/report.js", "templates/report.css")
    )
    pages = {language: _words(outcomes, facts, language, findings, packed) for language in languages}
    base, *others = _looks()
    for place in packed.places:
        _tell_looks(place["scenarios"])
    data = script_json({"places": packed.places, "looks": {"base": base, "others": others}})
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


def _looks() -> list[dict[str, Any]]:
    """Give the look of the base and of the lines after it, which is that of the figures."""
    from urbsim.output.figures.look import DISTINCT, line_style

    styles = [line_style(position) for position in range(max(MOST, DISTINCT) + 1)]
    return [
        {
            "color": style["color"],
            "width": 3.5 if position == 0 else 2,
            "dash": "solid"
            if style["linestyle"] == "-"
            else [2 * length for length in style["linestyle"][1]],
            "symbol": "" if position == 0 else _SYMBOLS.get(style["marker"], "circle"),
        }
        for position, style in enumerate(styles)
    ]


def _tell_looks(scenarios: Sequence[dict[str, Any]]) -> None:
    """Write beside each scenario which of the looks it has, the same as in the figures."""
    from urbsim.output.figures.look import positions

    base = next((i for i, one in enumerate(scenarios) if one["isBase"] and one["base"] is None), 0)
    for one, position in zip(scenarios, positions([one["id"] for one in scenarios], base), strict=True):
        one["look"] = position


def _clauses(text: str) -> Markup:
    """Keep the parts of a Chinese sentence on a line each, where they fit."""
    parts = [part for part in _PARTS.split(text) if part]
    if len(parts) < 2 or not _CHINESE.search(text):
        return escape(text)
    return Markup("").join(Markup('<span class="clause">{}</span>').format(part) for part in parts)


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


def _words(
    outcomes: Sequence[Outcome],
    facts: Mapping[str, Any],
    language: Language,
    findings: Findings,
    packed: Packed,
) -> dict[str, Any]:
    """Give what the templates of one language are filled with."""
    say = Say(language)
    return {
        **told(outcomes, facts, language, findings),
        "language": language,
        "say": say,
        "cut": _cut(outcomes, packed, say),
        "abreast": ABREAST,
    }


def _cut(outcomes: Sequence[Outcome], packed: Packed, say: Say) -> list[str]:
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
