"""Print what a sample says of the targets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from urbsim.ensemble.sampling import Sampled, Sampling
from urbsim.ensemble.summary import Chance
from urbsim.output.verdicts import target_demand, target_heading
from urbsim.study.quantity import quantity
from urbsim.study.words import Language


def print_chances(
    sampled: Sequence[Sampled], sampling: Sampling, console: Console, language: Language = "en"
) -> None:
    """Print how probable each target is, with its sampling error, and where the runs lie."""
    words = _WORDS[language]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("scenario", "target", "probability", "median", "middle"):
        number = name in ("probability", "median")
        table.add_column(words[name], no_wrap=True, justify="right" if number else "left")
    for one in sampled:
        member = one.member
        study = member.task.study
        units = {indicator.id: indicator.unit for indicator in study.indicators}
        name = member.scenario.title.zh if language == "zh" else member.scenario.name
        for chance in one.chances:
            target = chance.target
            unit = units[target.indicator]
            heading = target_heading(target, study.indicators, study.place, language)
            demand = target_demand(target, study.indicators, language)
            low, middle, high = (
                quantity(target.value + gap, unit, language=language, bare=True)
                if math.isfinite(gap)
                else "–"
                for gap in chance.gap
            )
            table.add_row(
                Text(name),
                Text(words["demand"].format(year=target.year, heading=heading, demand=demand)),
                Text(_share(chance, language)),
                Text(middle),
                Text(words["span"].format(low=low, high=high)),
            )
    if table.row_count:
        console.print(table)
        console.print(words["note"].format(runs=f"{sampling.runs:,}"))


def _share(chance: Chance, language: Language) -> str:
    """Write a probability with its standard error; of none or all, what the number of runs leaves open."""
    if not chance.runs:
        return "–"
    low, high = (100 * bound for bound in chance.bounds)
    blank = "" if language == "zh" else " "
    if chance.met in (0, chance.runs):
        left = float(f"{high if chance.met == 0 else 100 - low:.2g}")  # what may be missing, in two digits
        bound = f"< {left:g}" if chance.met == 0 else f"> {100 - left:g}"
        return f"{100 * chance.probability:.0f}{blank}% ({bound}{blank}%)"
    digits = 1 if chance.error < 0.0095 else 0
    return f"{100 * chance.probability:.{digits}f}{blank}% ±{100 * chance.error:.{digits}f}"


_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "scenario": "scenario",
        "target": "target",
        "probability": "probability",
        "median": "median",
        "middle": "9 of 10 runs",
        "demand": "{heading} {year}: {demand}",
        "span": "{low} to {high}",
        "note": "±: standard error of a share of {runs} runs; that the model or the ranges may be wrong "
        "is not in it. In brackets: what so many runs leave open, with 95 % confidence.",
    },
    "zh": {
        "scenario": "情景",
        "target": "目标",
        "probability": "达到的概率",
        "median": "中位数",
        "middle": "90%的模拟",
        "demand": "{year}年{heading}：{demand}",
        "span": "{low}至{high}",
        "note": "“±”：{runs}次模拟的抽样标准误差；不反映模型或取值范围本身的误差。括号内为95%置信界限。",
    },
}
