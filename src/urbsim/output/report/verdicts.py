"""Verdicts as a page or a document shows them: a row for every scenario, a column for every target.

Targets of which the same came in every scenario, such as those of a year before any lever moves, have a table
of their own, with a row for each.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from urbsim.output.tables.verdicts import Demand, Judged, VerdictRow, VerdictRows, verdict_rows
from urbsim.output.words.terms import short_titles
from urbsim.study.outcome import Outcome
from urbsim.study.place import Place
from urbsim.study.words import Language, Words

State = Literal["met", "missed", "open", "failed", ""]

MAIN = re.compile(r"t\d+", re.IGNORECASE)  # ids of the targets that come first
MINUS = "\u2212"

_OPEN = Words(zh="尚无定论", en="open")
_OPEN_NOTE = Words(zh="计算值{}", en="computed: {}")
_MARGIN = Words(
    zh="±：本模型在未参与拟合的年份上的误差，或对同类预测误差的估计，取较大者；没有±的，误差未知。",
    en=(
        "±: how far this model was off in years it had not seen, or an allowance judged from projections of "
        "its kind, whichever is wider; where there is none, how far it may be off is not known."
    ),
)
_OPEN_RULE = Words(
    zh="尚无定论：计算值达到或未达到目标，但差距在误差之内。",
    en="Open: the computed value meets or misses the target, but by less than the error.",
)
_POINTS = Words(
    zh="以%为单位的目标，误差与差距为百分点；其他数字的单位与目标相同。",
    en="Errors and gaps of targets in % are percentage points; other numbers have the unit of their target.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A target: its indicator, what is demanded by when, with the unit, and the clause that does so."""

    heading: str
    demand: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one run stands to one target, in words; `note` says what an open verdict hides."""

    state: State
    value: str = ""
    result: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A scenario with a cell for every column; `base` says that others are held against it."""

    outcome: Outcome
    title: str
    base: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The verdicts of one place.

    Parameters
    ----------
    heads, rows
        Targets of which not the same came in every scenario, and the scenarios, the base first; with one
        scenario there are no heads.
    shared
        The other targets, with what came of them in all scenarios.
    alone
        The title of the only scenario; empty where there are several.
    rules
        How the tables are to be read.
    """

    place: Place
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    shared: tuple[tuple[Head, Cell], ...]
    alone: str
    rules: tuple[str, ...]

    def parts(self, most: int) -> tuple[range, ...]:
        """Cut the columns into as few tables as have at most so many, about the same number in each."""
        tables = max(1, -(-len(self.heads) // most))
        cuts = [round(len(self.heads) * i / tables) for i in range(tables + 1)]
        return tuple(range(a, b) for a, b in itertools.pairwise(cuts) if b > a)


def verdicts(outcomes: Sequence[Outcome], language: Language) -> tuple[Verdicts, ...]:
    """Put the verdicts into words, for each place of which any run was judged."""
    return tuple(_verdicts(rows, language) for rows in verdict_rows(outcomes, language))


def _verdicts(found: VerdictRows, language: Language) -> Verdicts:
    outcomes = [row.outcome for row in found.rows]
    titles = short_titles(outcomes)
    held = {outcome.base for outcome in outcomes if outcome.base}
    rows = sorted(found.rows, key=lambda row: row.outcome.name not in held)
    columns = sorted(range(len(found.demands)), key=lambda i: not MAIN.fullmatch(found.demands[i].target.id))
    heads = [_head(found.demands[i], language) for i in columns]
    cells = [[_cell(row.cells[i], language) for row in rows] for i in columns]
    judged = [[c for c, row in zip(column, rows, strict=True) if row.outcome.run] for column in cells]
    same = [len(set(column)) == 1 and column[0].state != "" for column in judged]
    return Verdicts(
        place=found.place,
        heads=tuple(head for head, alike in zip(heads, same, strict=True) if not alike),
        rows=tuple(
            Row(
                outcome=row.outcome,
                title=titles[row.outcome.name][language],
                base=row.outcome.name in held,
                cells=tuple(column[n] for column, alike in zip(cells, same, strict=True) if not alike),
            )
            for n, row in enumerate(rows)
        ),
        shared=tuple(
            (head, column[0]) for head, column, alike in zip(heads, judged, same, strict=True) if alike
        ),
        alone=titles[rows[0].outcome.name][language] if len(rows) == 1 else "",
        rules=_rules(found, rows, language),
    )


def _rules(found: VerdictRows, rows: Sequence[VerdictRow], language: Language) -> tuple[str, ...]:
    about = any(demand.target.operator == "~" for demand in found.demands)
    judged = [cell.verdict for row in rows for cell in row.cells if cell.verdict]
    rules = [*found.rules[:about]]
    if any(demand.indicator.unit == "%" for demand in found.demands):
        rules.append(_POINTS[language])
    if any(verdict.margin is not None for verdict in judged):
        rules.append(_MARGIN[language])
    if any(verdict.open for verdict in judged):
        rules.append(_OPEN_RULE[language])
    return tuple(rules)


def _head(demand: Demand, language: Language) -> Head:
    return Head(
        heading=f"{demand.heading[:1].upper()}{demand.heading[1:]}",
        demand=f"{demand.target.year}{'年：' if language == 'zh' else ': '}{demand.demand}",
        clause=demand.target.clause_in(language) or demand.target.source,
    )


def _cell(judged: Judged, language: Language) -> Cell:
    value, result = (text.replace("-", MINUS) for text in (judged.value, judged.result))
    if judged.verdict is not None and judged.verdict.open:
        note = _OPEN_NOTE[language].format(result)
        return Cell(state="open", value=value, result=_OPEN[language], note=note)
    return Cell(state=judged.state, value=value, result=result)
