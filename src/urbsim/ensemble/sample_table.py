"""Print what a sample says of the targets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from urbsim.ensemble.sampling import Sampled
from urbsim.ensemble.summary import Chance
from urbsim.output.tables.verdicts import target_demand, target_heading
from urbsim.output.words.shares import told_share
from urbsim.study.quantity import quantity
from urbsim.study.words import Language

FEW = 10  # runs that meet a target, or miss it: with fewer a standard error means nothing


def print_chances(sampled: Sequence[Sampled], console: Console, language: Language = "en") -> None:
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
            if chance.margin is not None:
                middle += f" ±{quantity(chance.margin, unit, language=language, bare=True)}"
            table.add_row(
                Text(name),
                Text(words["demand"].format(year=target.year, heading=heading, demand=demand)),
                Text(_share(chance, language)),
                Text(middle).append(words["open"] if chance.open else "", style="yellow"),
                Text(words["span"].format(low=low, high=high)),
            )
    if table.row_count:
        console.print(table)
        for note in _notes(sampled, language):
            console.print(note)


def _notes(sampled: Sequence[Sampled], language: Language) -> Iterator[str]:
    """Say what the numbers of the table mean, and what they do not."""
    words = _WORDS[language]
    chances = [chance for one in sampled for chance in one.chances]
    counts = [chance.runs for chance in chances]
    low, high = f"{min(counts):,}", f"{max(counts):,}"
    count = low if low == high else words["from to"].format(low=low, high=high)
    yield words["error"].format(runs=count, s="s" * (high != "1"))
    yield words["drawn"]
    if any(chance.margin is not None for chance in chances):
        yield words["margin"]
    for year in _over(sampled):
        yield words["over"].format(year=year)
    if failed := sum(len(one.store.failures) for one in sampled):
        total = sum(one.store.runs for one in sampled)
        yield words["failed"].format(failed=f"{failed:,}", runs=f"{total:,}", s="s" * (total > 1))


def _over(sampled: Sequence[Sampled]) -> list[int]:
    """Find the years of targets that no policy can change, and that were not published either."""
    return sorted(
        {
            chance.target.year
            for one in sampled
            for chance in one.chances
            if one.member.task.study.place.last_observed_year
            < chance.target.year
            < one.member.task.study.place.first_policy_year
        }
    )


def _share(chance: Chance, language: Language) -> str:
    """Write a probability with its standard error; of a few or most, with what so many runs leave open."""
    if not chance.runs:
        return "–"
    fewer = min(chance.met, chance.runs - chance.met)
    share = chance.probability
    if fewer >= FEW:
        digits = _digits(chance.error)
        return f"{told_share(share, language, digits)} ±{100 * chance.error:.{digits}f}"
    blank = "" if language == "zh" else " "
    low, high = (_bound(100 * bound) for bound in chance.bounds)
    if chance.met == 0:
        left = f"< {high}"
    elif chance.met == chance.runs:
        left = f"> {low}"
    else:
        left = _WORDS[language]["from to"].format(low=low, high=high)
    digits = _digits(fewer / chance.runs) if fewer else 0
    return f"{told_share(share, language, digits)} ({left}{blank}%)"


def _digits(share: float) -> int:
    """Give the decimals that a share needs in per cent, to have one digit that is not 0."""
    return max(0, -math.floor(math.log10(100 * share) + 0.02))  # 0.96 is 1


def _bound(percent: float) -> str:
    """Write a bound so that two digits of what it is away from none, or from all, can be seen."""
    near = float(f"{min(percent, 100 - percent):.2g}")
    return f"{near if percent < 50 else 100 - near:g}"


_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "scenario": "scenario",
        "target": "target",
        "probability": "probability",
        "median": "median",
        "middle": "9 of 10 runs",
        "demand": "{heading} {year}: {demand}",
        "span": "{low} to {high}",
        "open": " ?",
        "from to": "{low} to {high}",
        "error": "± of a probability: standard error of a share of {runs} run{s}. In brackets: what so many "
        "runs leave open, with 95 % confidence.",
        "drawn": "The spread is that of what was drawn, and of nothing else that may be wrong.",
        "margin": "± of a median: how far this model was off in years it had not seen, or an allowance "
        "judged from projections of its kind, whichever is wider; '?': within that the target is open.",
        "over": "{year} is over, but was not published yet when the data were compiled: the draws differ in "
        "what it was.",
        "failed": "{failed} of {runs} run{s} failed: the probabilities hold only for the part of the ranges "
        "in which the model can be run.",
    },
    "zh": {
        "scenario": "情景",
        "target": "目标",
        "probability": "达到的概率",
        "median": "中位数",
        "middle": "90%的模拟",
        "demand": "{year}年{heading}：{demand}",
        "span": "{low}至{high}",
        "open": "？",
        "from to": "{low}至{high}",
        "error": "概率的“±”：{runs}次模拟的抽样标准误差；括号内为95%置信界限。",
        "drawn": "离散程度只反映所抽取的不确定性，不包括模型等其他可能的误差。",
        "margin": "中位数的“±”：本模型在未参与拟合的年份上的误差，或对同类预测误差的估计，取较大者；"
        "“？”：差距在误差之内，尚无定论。",
        "over": "{year}年已经过去，但编制数据时尚未公布，各次模拟对当年的估计不同。",
        "failed": "{runs}次模拟中有{failed}次失败：概率只适用于模型能够运行的那部分取值范围。",
    },
}
