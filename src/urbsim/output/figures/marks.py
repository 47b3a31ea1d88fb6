"""Targets in a figure: a diamond each, with what it demands and where that is written in strips above."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.axes import Axes

from urbsim.output.figures.lettering import LEADING, SMALL, width_of
from urbsim.output.figures.look import DIAMOND, RED, points_high
from urbsim.output.words.finding import demand, short_demand
from urbsim.study.indicator import Indicator
from urbsim.study.target import Target
from urbsim.study.words import Language

SEPARATOR = " · "


class Told(NamedTuple):
    """A line of text and its colour."""

    text: str
    colour: str = RED


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A target in a panel, and the lines that are written above it."""

    year: float
    value: float
    lines: tuple[Told, ...]


class Notes:
    """Clauses that are too long for their place, each under a letter, in the order they were met."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def letter(self, clause: str) -> str:
        """Give the letter of a clause."""
        return self._letters.setdefault(clause, string.ascii_lowercase[len(self._letters) % 26])

    @property
    def lines(self) -> tuple[str, ...]:
        """Give a line that explains the letters; none where there are none."""
        told = "   ".join(f"[{letter}] {clause}" for clause, letter in self._letters.items())
        return (told,) if told else ()


def target_marks(
    targets: Sequence[Target],
    indicator: Indicator,
    language: Language,
    notes: Notes,
    room: Sequence[float] | None = None,
) -> list[Mark]:
    """Give the marks of targets: number, demand and clause where there is room for it, else a letter.

    Parameters
    ----------
    room
        Of each target: width left of it [points]. Where that is too little, and without it, in a small
        panel, the unit is left out too.
    """
    marks = []
    for target, width in zip(targets, room or [0.0] * len(targets), strict=True):
        clause = target.clause_in(language)
        number = [target.id.upper()] if re.fullmatch(r"[tT]\d+", target.id) else []
        wishes = [demand(target, indicator, language)] if room else []
        wishes.append(short_demand(target, indicator, language))
        texts = [SEPARATOR.join((*number, wish)) for wish in wishes]
        whole = SEPARATOR.join(part for part in (texts[0], clause) if part)
        if width_of(whole, SMALL) + 6 <= width:
            texts = [whole]
        elif clause:
            texts = [f"{text} [{notes.letter(clause)}]" for text in texts]
        text = next((text for text in texts if width_of(text, SMALL) + 6 <= width), texts[-1])
        marks.append(Mark(year=target.year, value=target.value, lines=(Told(text),)))
    return marks


def draw_marks(panels: Sequence[tuple[Axes, Sequence[Mark]]], width: float) -> None:
    """Draw targets in panels of one height, their words in strips above everything that is drawn.

    Words end left of their target, the earliest stand lowest, so that no line to a diamond crosses them.

    Parameters
    ----------
    width
        Of the axes, about, once they are laid out [points].
    """
    marks = {(m.year, m.value): m for _, some in panels for m in some}
    if not marks:
        return
    lines = max(len(mark.lines) for _, some in panels for mark in some)
    left, right = panels[0][0].get_xlim()
    scale = width / (right - left)
    strips: dict[tuple[float, float], int] = {}
    ends: list[tuple[float, int]] = []  # where the words, or the line, of an earlier mark end, and its strip
    for key in sorted(marks):
        texts = [t.text for _, some in panels for m in some if (m.year, m.value) == key for t in m.lines]
        x = (key[0] - left) * scale
        begins = x - max(width_of(text, SMALL) for text in texts) - 6
        strip = max((other + 1 for end, other in ends if begins < end + 4), default=0)
        strips[key] = strip
        ends.append((max(x, x - min(begins, 0.0)), strip))
    limits = [axes.get_ylim() for axes, _ in panels]
    low = min(*(low for low, _ in limits), *(value for _, value in marks))
    high = max(*(high for _, high in limits), *(value for _, value in marks))
    height = points_high(panels[0][0])
    rows = (max(strips.values()) + 1) * lines + 1.1
    share = LEADING * SMALL / height  # of the height of the axes that a line of text has
    share = min(share, 0.55 / rows)
    part = 1 - share * rows
    mark = (
        DIAMOND["markersize"] / height * (high - low) / part
    )  # so that a diamond stands whole above the axis
    low = min(low, min(value for _, value in marks) - mark)
    step = (high - low) * share / part
    for axes, some in panels:
        for one in some:
            top = high + step * (lines * (strips[one.year, one.value] + 1) + 0.7)
            axes.vlines(one.year, one.value, top, color=RED, linewidth=0.6, linestyle=":", zorder=2)
            axes.plot(one.year, one.value, linestyle="none", **DIAMOND, zorder=5)
            x = (one.year - left) * scale
            for line, (text, colour) in enumerate(one.lines):
                fits = width_of(text, SMALL) + 4 <= x
                axes.annotate(
                    text,
                    (one.year if fits else left, top - (line + 0.5) * step),
                    xytext=(-3 if fits else 2, 0),
                    textcoords="offset points",
                    ha="right" if fits else "left",
                    va="center_baseline",
                    color=colour,
                    fontsize=SMALL,
                    zorder=4.5,
                    bbox={"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none"},
                )
        axes.set_xlim(left, right)
        axes.set_ylim(low, high + step * rows)


def distinct(targets: Iterable[Target]) -> list[Target]:
    """Give targets that differ in year, operator or value, by year."""
    found: dict[tuple[int, str, float], Target] = {}
    for target in targets:
        found.setdefault((target.year, target.operator, target.value), target)
    return [found[key] for key in sorted(found)]
