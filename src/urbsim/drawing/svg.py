"""Paint the pictures of an `.mdl` as SVG, as Vensim would show them. Text stays text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from urbsim.drawing.layout import CLOUD, MARGIN, Floats, Point, arc
from urbsim.drawing.sketch import BOX_SHAPE, COMMENT_OR_CLOUD, NAME, PIPE_TO, VALVE_ITEM, Item, Line, Picture
from urbsim.drawing.text import LINE, PIXELS_PER_POINT, width, wrap

STYLE = """
.picture text{font-family:Arial,Helvetica,"Liberation Sans",sans-serif;fill:#000}
.picture .box{fill:#eef3fa;stroke:#000;stroke-width:1.3}
.picture .room{fill:#fff}
.picture .small{fill:#404040}
.picture .shadow{fill:#767676}
.picture .bold{font-weight:bold}
.picture .pipe{fill:none;stroke:#7d8790;stroke-width:2.6}
.picture .head{fill:#7d8790}
.picture .valve,.picture .cloud{fill:#fff;stroke:#7d8790}
.picture .link path:first-child{fill:none;stroke:#3465a4;stroke-width:.9}
.picture .link path+path,.picture .link text{fill:#3465a4}
"""
HEAD_LENGTH, HEAD_WIDTH = 8.0, 3.2  # of an arrow [pixel]
PIPE_HEAD = 11.0
LEAST_SCALE = 0.85  # to which a narrow page may shrink a picture
PIECES = 120  # of an arc, where its end at a name is looked for


def paint(
    picture: Picture,
    *,
    address: Callable[[str], str] | None = None,
    skip: Sequence[str] = (),
    alone: bool = False,
) -> str:
    """Paint one view.

    Parameters
    ----------
    address
        Gives the address that a name leads to, or nothing.
    skip
        Comments to leave out.
    alone
        Give a file that stands alone, with its own style.
    """
    items = [item for item in picture.items if not (item.comment and item.name in skip)]
    known = {item.number: item for item in items}
    lines = [line for line in picture.lines if line.start in known and line.end in known and line.points]
    corners = [(i.x + s * i.w, i.y + s * i.h) for i in items for s in (-1, 1)]
    corners += [point for line in lines for point in line.points if point != (0, 0)]
    left, top = (min(axis) - MARGIN / 2 for axis in zip(*corners, strict=True)) if corners else (0, 0)
    right, bottom = (max(axis) + MARGIN / 2 for axis in zip(*corners, strict=True)) if corners else (1, 1)
    wide, high = math.ceil(right - left), math.ceil(bottom - top)
    parts = [*_pipes(lines, known), *_links(lines, known), *(_item(item, address) for item in items)]
    attributes = {
        "class": "picture",
        "viewBox": f"{_n(left)} {_n(top)} {wide} {high}",
        "width": wide,
        "height": high,
        "style": f"min-width:{LEAST_SCALE * wide:.0f}px",
        "role": "img",
        "aria-label": picture.title,
    }
    if alone:
        attributes["xmlns"] = "http://www.w3.org/2000/svg"
        parts.insert(0, f"<style>{escape(STYLE, quote=False)}</style>")
    return _tag("svg", "\n".join(parts), attributes)


def _tag(name: str, content: str, attributes: Mapping[str, Any]) -> str:
    inside = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name}{inside}>{content}</{name}>" if content else f"<{name}{inside}/>"


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _d(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


# --- things -----------------------------------------------------------------------------------------------


def _item(item: Item, address: Callable[[str], str] | None) -> str:
    if item.what == VALVE_ITEM:
        (x, y), (w, h) = (item.x, item.y), (item.w, item.h)
        bow = f"M{_n(x - w)} {_n(y - h)}V{_n(y + h)}L{_n(x + w)} {_n(y - h)}V{_n(y + h)}Z"
        return _tag("path", "", {"class": "valve", "d": bow})
    if item.what == COMMENT_OR_CLOUD and not item.comment:
        w, h = CLOUD
        puffs = [
            f"M{_n(item.x + dx * w - 0.6 * w)} {_n(item.y + dy * h)}"
            f"a{0.6 * w:g} {0.6 * h:g} 0 1 0 {1.2 * w:g} 0a{0.6 * w:g} {0.6 * h:g} 0 1 0 {-1.2 * w:g} 0"
            for dx, dy in ((-0.5, 0.1), (0.5, 0.1), (0, -0.3), (0, 0.3))
        ]
        return _tag("path", "", {"class": "cloud", "d": "".join(puffs)})
    name = item.name.strip('"') if item.what == NAME else item.name
    drawn = "".join((_title(name), _room(item), _text(f"<{name}>" if item.shadow else name, item)))
    to = address(item.name) if address and item.what == NAME else ""
    if to:
        return _tag("a", drawn, {"href": to, "data-n": item.number})
    return _tag("g", drawn, {"data-n": item.number})


def _title(name: str) -> str:
    """Say a name as a whole: its lines are not joined by blanks."""
    return _tag("title", escape(name), {}) if " " in name else ""


def _room(item: Item) -> str:
    if item.comment:
        return ""
    kind = "box" if item.shape == BOX_SHAPE and not item.shadow else "room"
    corner = {"x": _n(item.x - item.w), "y": _n(item.y - item.h)}
    return _tag("rect", "", {"class": kind, **corner, "width": _n(2 * item.w), "height": _n(2 * item.h)})


def _text(shown: str, item: Item) -> str:
    """Write a name in lines; each is set to the width it was measured with, whatever the reader's font."""
    high = item.points * PIXELS_PER_POINT * LINE
    size = item.points * PIXELS_PER_POINT
    lines = wrap(shown, item.points, max(2 * item.w - 4, size))
    kind = "bold" if item.bold else "shadow" if item.shadow else "small" if item.points < 10 else ""
    x, anchor = (item.x - item.w, "start") if item.comment else (item.x, "middle")
    spans = []
    for row, text in enumerate(lines):
        y = item.y + (row - (len(lines) - 1) / 2) * high + 0.35 * size
        attributes: dict[str, Any] = {"x": _n(x), "y": _n(y)}
        if not item.bold:  # only the plain face was measured
            attributes |= {"textLength": _n(width(text, item.points)), "lengthAdjust": "spacingAndGlyphs"}
        spans.append(_tag("tspan", escape(text), attributes))
    attributes = {"class": kind} if kind else {}
    attributes |= {"font-size": _n(size), "text-anchor": anchor}
    return _tag("text", "".join(spans), attributes)


# --- lines ------------------------------------------------------------------------------------------------


def _pipes(lines: Sequence[Line], items: Mapping[int, Item]) -> Iterator[str]:
    for line in lines:
        if line.thick:
            way = _pipe_way(line, items[line.start], items[line.end])
            if line.shape == PIPE_TO:
                *_, before, last = way
                head = _head(before, last, PIPE_HEAD, 0.5 * PIPE_HEAD)
                length = math.dist(before, last) or 1.0
                cut = max(0.0, 1 - 0.8 * PIPE_HEAD / length)
                short = (before[0] + (last[0] - before[0]) * cut, before[1] + (last[1] - before[1]) * cut)
                yield _tag("path", "", {"class": "pipe", "d": _d([*way[:-1], short])})
                yield _tag("path", "", {"class": "head", "d": head})
            else:
                yield _tag("path", "", {"class": "pipe", "d": _d(way)})


def _pipe_way(line: Line, valve: Item, end: Item) -> list[Point]:
    """Give the way of a pipe up to the border of what it leads to, turning at right angles."""
    way = [(valve.x, valve.y), *line.points]
    if end.what == COMMENT_OR_CLOUD:
        way[-1] = way[-1] if len(way) > 2 else (end.x, way[-1][1])
        before = way[-2]
        level = abs(end.y - before[1]) <= abs(end.x - before[0])
        if level:
            return [*way[:-1], (end.x - math.copysign(CLOUD[0] + 2, end.x - before[0]), before[1])]
        return [*way[:-1], (before[0], end.y - math.copysign(CLOUD[1] + 2, end.y - before[1]))]
    x, y = way[-1]
    if abs(x - end.x) <= end.w + 2 and abs(y - end.y) <= end.h + 2:
        return way
    if abs(y - end.y) > end.h and abs(x - end.x) > end.w:
        way.append((end.x, y))
        x = end.x
    if abs(x - end.x) <= end.w:
        return [*way, (x, end.y + math.copysign(end.h, y - end.y))]
    return [*way, (end.x + math.copysign(end.w, x - end.x), y)]


def _links(lines: Sequence[Line], items: Mapping[int, Item]) -> Iterator[str]:
    for line in lines:
        if line.thick:
            continue
        start, end = items[line.start], items[line.end]
        middle = (
            line.points[0] if line.points[0] != (0, 0) else ((start.x + end.x) / 2, (start.y + end.y) / 2)
        )
        way = arc((start.x, start.y), middle, (end.x, end.y), PIECES)
        last = _border(way, end)
        first = len(way) - 1 - _border(way[::-1], start)
        if last - first < 2:
            continue
        seen = way[first : last + 1]
        tip = (float(seen[-1][0]), float(seen[-1][1]))
        near = next((p for p in seen[::-1] if math.dist(p, tip) >= HEAD_LENGTH), seen[0])
        back = (float(near[0]), float(near[1]))
        drawn = _tag("path", "", {"d": _arc_path(seen)})
        drawn += _tag("path", "", {"d": _head(back, tip, HEAD_LENGTH, HEAD_WIDTH)})
        if line.polarity:
            x, y = _beside(back, tip, end)
            sign = "\N{MINUS SIGN}" if line.polarity == "-" else line.polarity
            place = {"x": _n(x), "y": _n(y + 4), "font-size": 12, "text-anchor": "middle"}
            drawn += _tag("text", escape(sign), place)
        yield _tag("g", drawn, {"class": "link", "data-a": line.start, "data-b": line.end})


def _beside(back: Point, tip: Point, end: Item) -> Point:
    """Find a place for a sign near the tip of an arrow, on the side on which the name does not cover it."""
    dx, dy = tip[0] - back[0], tip[1] - back[1]
    length = math.hypot(dx, dy) or 1.0
    dx, dy = dx / length, dy / length
    places = [
        (tip[0] - along * dx - side * 7 * dy, tip[1] - along * dy + side * 7 * dx)
        for along in (12, 18, 24)
        for side in (1, -1)
    ]
    free = ((x, y) for x, y in places if abs(x - end.x) > end.w + 4 or abs(y - end.y) > end.h + 5)
    return next(free, places[0])


def _arc_path(way: Floats) -> str:
    """Write points of an arc as an arc: its radius is that of the circle through three of them."""
    (ax, ay), (bx, by), (cx, cy) = (map(float, way[k]) for k in (0, len(way) // 2, -1))
    turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    chord = math.hypot(cx - ax, cy - ay)
    if abs(turn) < 1e-3 * chord * chord + 1e-9:
        return _d([(ax, ay), (cx, cy)])
    radius = chord * math.hypot(bx - ax, by - ay) * math.hypot(cx - bx, cy - by) / (2 * abs(turn))
    large = (ax - bx) * (cx - bx) + (ay - by) * (cy - by) > 0  # seen from the middle, under a right angle
    return f"M{_n(ax)} {_n(ay)}A{_n(radius)} {_n(radius)} 0 {int(large)} {int(turn > 0)} {_n(cx)} {_n(cy)}"


def _head(back: Point, tip: Point, length: float, half: float) -> str:
    dx, dy = tip[0] - back[0], tip[1] - back[1]
    size = math.hypot(dx, dy) or 1.0
    dx, dy = dx / size, dy / size
    x, y = tip[0] - length * dx, tip[1] - length * dy
    return _d([tip, (x - half * dy, y + half * dx), (x + half * dy, y - half * dx)]) + "Z"


def _border(way: Floats, item: Item, gap: float = 2.0) -> int:
    """Find the last point of a way that is outside the item it leads to."""
    inside = (np.abs(way[:, 0] - item.x) < item.w + gap) & (np.abs(way[:, 1] - item.y) < item.h + gap)
    outside = np.flatnonzero(~inside)
    return int(outside[-1]) if len(outside) else 0
