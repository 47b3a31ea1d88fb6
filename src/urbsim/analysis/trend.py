"""Outside paths as if the hold-out were unknown: their trend of the years before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from urbsim.analysis.validation import OutsidePath
from urbsim.names import fold
from urbsim.study.place import PathPoint, Place

BACK = 5  # [year] over which a trend is taken


def trended(place: Place, split: int) -> Place:
    """Give the place with every path after `split` going on as in the years before.

    A path of positive values keeps its mean rate of growth over those years, another its mean change; one
    that begins later keeps its value.
    """
    series: dict[tuple[str, str, tuple[str, ...]], list[PathPoint]] = defaultdict(list)
    for point in place.paths:
        series[fold(point.variable), fold(point.region), point.elements].append(point)
    points: list[PathPoint] = []
    for group in series.values():
        group.sort(key=lambda point: point.year)
        points.extend(_trended(group, split))
    return replace(place, paths=tuple(points))


def outside_paths(place: Place, split: int, last: int) -> tuple[OutsidePath, ...]:
    """List the outside paths with what is known of them in the hold-out."""
    found: list[OutsidePath] = []
    for name in dict.fromkeys(point.variable for point in place.paths):
        points = [point for point in place.paths if point.variable == name]
        within = [point for point in points if split < point.year <= last]
        starts = [point.year for point in points if point.year <= split]
        at_split = {(p.region, p.elements): p.value for p in points if p.year == split}
        moves = any(p.value != at_split.get((p.region, p.elements)) for p in within)
        grades = tuple(sorted({point.confidence for point in within})) if moves else ()
        first = max(min(starts, default=split), split - BACK)
        positive = all(point.value > 0 for point in points)
        kind = "mean growth" if positive else "mean change"
        trend = f"{kind} of {first:g}-{split}" if first < split else f"as in {split}"
        found.append(OutsidePath(variable=name, grades=grades, trend=trend))
    return tuple(found)


def _trended(points: Sequence[PathPoint], split: int) -> list[PathPoint]:
    before = [point for point in points if point.year <= split]
    after = [point for point in points if point.year > split]
    if not before or not after:
        return [*points]
    end = before[-1]
    begin = next(point for point in before if point.year >= min(end.year, split - BACK))
    span = end.year - begin.year
    growing = all(point.value > 0 for point in points)

    def value(year: float) -> float:
        if not span:
            return end.value
        passed = (year - end.year) / span
        if growing:
            return end.value * float((end.value / begin.value) ** passed)
        return end.value + (end.value - begin.value) * passed

    return [*before, *(replace(point, value=value(point.year)) for point in after)]
