"""Values of levers that have names: "as planned", "doubled". Scenarios may name them in place of numbers."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from urbsim.names import fold
from urbsim.study.amount import Amount
from urbsim.study.lever import Lever, Position
from urbsim.study.quantity import quantity
from urbsim.study.words import LANGUAGES, Words

AS_TODAY = Position(name=Words(zh="维持现状", en="as today"), amount=Amount(number=1, relative=True))
DOUBLED = Position(name=Words(zh="加倍", en="doubled"), amount=Amount(number=2, relative=True))
HALVED = Position(name=Words(zh="减半", en="halved"), amount=Amount(number=0.5, relative=True))
NONE = Position(name=Words(zh="取消", en="none"), amount=Amount(number=0, relative=True))
GENERAL = (AS_TODAY, DOUBLED, HALVED, NONE)

PLANNED = Words(zh="按规划", en="as planned")  # what catalogues call a value that a plan states

# Units of levers that count from what is so anyway, 1 or 0: half of that, or none, is no policy.
NEUTRAL = ("x", "log points", "% of jobs")
STANDARD = "x standard"  # half a programme makes sense, none at all does not
_COUNTS = tuple(
    zip(
        ["零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十"],
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
        strict=True,
    )
)
ALIKE = 1e-9  # [-] values that differ by less are the same


def positions_of(lever: Lever, own: Collection[float]) -> tuple[Position, ...]:
    """Give the positions of a lever of which regions have `own`, that are in its range in all of them."""
    low, high = lever.range
    slack = ALIKE * max(abs(low), abs(high))
    return tuple(
        position
        for position in meaningful(lever, own)
        if all(low - slack <= position.amount.of(value) <= high + slack for value in own)
    )


def meaningful(lever: Lever, own: Collection[float]) -> tuple[Position, ...]:
    """Give the positions that mean something for a lever of which regions have `own`, in range or not.

    Those that its file names come first, so that what a plan states is called so.
    """
    if lever.unit in NEUTRAL or not any(own):
        return (*lever.positions, AS_TODAY)
    if lever.unit == STANDARD or lever.range[0] > 0:
        return (*lever.positions, AS_TODAY, DOUBLED, HALVED)
    return (*lever.positions, *GENERAL)


def position_at(lever: Lever, value: float, own: float) -> Position | None:
    """Find the position that a value is, of a lever of which the place has `own` [unit of the lever].

    Where `own` is NaN, because regions differ, only positions count that are the same everywhere. What a
    place has anyway is not "as planned", even where a plan aimed at no more.
    """
    if abs(value - own) <= ALIKE * abs(own):
        return AS_TODAY
    size = max(abs(value), abs(own)) if math.isfinite(own) else abs(value)
    for position in meaningful(lever, (own,)):
        if abs(position.amount.of(own) - value) <= ALIKE * size:
            return position
    return None


def name_of(position: Position, since: float | None = None) -> Words:
    """Name a position that a lever has since the end of a year: what comes late is not as planned.

    Examples
    --------
    >>> planned = Position(name=PLANNED, amount=Amount(number=100), year=2025)
    >>> [name_of(planned, year).en for year in (2025, 2030)]
    ['as planned', 'level of the plan, five years after its date']
    """
    late = 0 if since is None or position.year is None else math.ceil(since) - position.year
    if late <= 0:
        return position.name
    zh, en = _COUNTS[late] if late < len(_COUNTS) else (str(late), str(late))
    years = "year" if late == 1 else "years"
    if position.name == PLANNED:
        return Words(zh=f"规划水平，比规划晚{zh}年", en=f"level of the plan, {en} {years} after its date")
    return Words(zh=f"{position.name.zh}，晚{zh}年", en=f"{position.name.en}, {en} {years} after its date")


def position_of(lever: Lever, value: float, own: float, since: float | None = None) -> Words:
    """Name a value of a lever of which the place has `own`: by its position, or by how far it is from that.

    `since` is the year at the end of which the lever came to it, see `name_of`.

    Examples
    --------
    >>> quota = Lever(id="q", name=Words(en="Quota"), variable="Q", unit="m2/person", range=(0, 120))
    >>> [position_of(quota, value, 80).en for value in (80, 40, 100)]
    ['as today', 'halved', '+25 %']
    """
    found = position_at(lever, value, own)
    if found is not None:
        return name_of(found, since)
    if own == 0 or lever.unit in NEUTRAL:
        return _told(value, lever.unit)
    if lever.unit.startswith("%"):  # "+19 %" of 80 % would be taken for 99 %
        change = f"{round(value - own, 6):+g}"
        return Words(zh=f"{change}个百分点", en=f"{change} points")
    change = f"{100 * (value / own - 1):+.3g}"
    return Words(zh=f"{change}%", en=f"{change} %")


def amount_words(amount: Amount, lever: Lever | None) -> Words:
    """Write an amount for people, by its position where that hangs on no region.

    Examples
    --------
    >>> amount_words(Amount(number=2, relative=True), None).zh, amount_words(Amount.parse("x1.5"), None).en
    ('加倍', 'x1.5')
    """
    positions = () if lever is None else lever.positions
    if lever is None or lever.unit not in NEUTRAL:
        positions = (*positions, *GENERAL)
    found = next((position for position in positions if position.amount == amount), None)
    if found is not None:
        return found.name
    if amount.relative:
        return Words(zh=f"为现值的{amount.number:.12g}倍", en=str(amount))
    if lever is None:
        return Words(zh=f"为{amount}", en=str(amount))
    told = _told(amount.number, lever.unit)
    return Words(zh=f"为{told.zh}", en=told.en)


def _told(value: float, unit: str) -> Words:
    return Words(
        zh=quantity(value, unit, language="zh", long=True), en=quantity(value, unit, language="en", long=True)
    )


def name_problems(lever: Lever) -> Iterator[str]:
    """Find names that two positions of a lever have, or that mean something else for every lever."""
    taken = {fold(position.name[language]) for position in GENERAL for language in LANGUAGES}
    for position in lever.positions:
        names = {fold(position.name[language]) for language in LANGUAGES}
        if names & taken:
            yield f"the name of position '{position.name.en}' is taken"
        taken |= names
