"""Paint the pictures of an `.mdl`, as Vensim would show them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font_names
from matplotlib.patches import Ellipse, FancyArrowPatch, Polygon, Rectangle

from drawing.layout import MARGIN, Floats, arc
from drawing.sketch import BOX_SHAPE, Item, Line, Picture
from drawing.text import LINE, PIXELS_PER_POINT, wrap

DPI = 96
FACES = {"Arial": 1.0, "Liberation Sans": 1.0, "Arimo": 1.0, "DejaVu Sans": 0.86}  # how large to set the type
ARROW, PIPE = "#3465a4", "#7d8790"


def paint(picture: Picture, path: Path, scale: float = 1.25) -> None:
    """Paint one view into a PNG or SVG file."""
    right = max((i.x + i.w for i in picture.items), default=200) + MARGIN
    bottom = max((i.y + i.h for i in picture.items), default=200) + MARGIN
    figure = Figure(figsize=(right / DPI * scale, bottom / DPI * scale), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, right), ylim=(bottom, 0))
    axes.axis("off")
    items = {item.number: item for item in picture.items}
    for line in picture.lines:
        (_pipe if line.thick else _arrow)(axes, line, items)
    for item in picture.items:
        _item(axes, item, scale)
    figure.savefig(path, dpi=DPI)


def _item(axes: Axes, item: Item, scale: float) -> None:
    if item.what == 11:
        for side in (-1, 1):
            corners = [
                (item.x, item.y),
                (item.x + side * item.w, item.y - item.h),
                (item.x + side * item.w, item.y + item.h),
            ]
            axes.add_patch(Polygon(corners, facecolor="white", edgecolor=PIPE, zorder=4))
        return
    comment = item.comment
    if item.what == 12 and not comment:
        for dx, dy in ((-0.5, 0.1), (0.5, 0.1), (0, -0.3), (0, 0.3)):
            axes.add_patch(
                Ellipse(
                    (item.x + dx * item.w, item.y + dy * item.h),
                    1.2 * item.w,
                    1.2 * item.h,
                    facecolor="white",
                    edgecolor=PIPE,
                    linewidth=0.8,
                    zorder=3,
                )
            )
        return
    name = item.name.strip('"') if not comment else item.name
    shown = f"<{name}>" if item.shadow else name
    colour = "#{:02x}{:02x}{:02x}".format(*(int(part) for part in item.colour.split("-")))
    if item.what == 10 and item.shape == BOX_SHAPE:
        corner = (item.x - item.w, item.y - item.h)
        axes.add_patch(
            Rectangle(
                corner,
                2 * item.w,
                2 * item.h,
                facecolor="#eef3fa",
                edgecolor="black",
                linewidth=1.3,
                zorder=3,
            )
        )
    elif not comment:
        corner = (item.x - item.w, item.y - item.h)
        axes.add_patch(
            Rectangle(corner, 2 * item.w, 2 * item.h, facecolor="white", edgecolor="none", zorder=2.5)
        )
    lines = wrap(shown, item.points, 2 * item.w - 4)
    high = item.points * PIXELS_PER_POINT * LINE
    face = next((face for face in FACES if face in get_font_names()), "DejaVu Sans")
    weight = "bold" if item.bold else "normal"
    font = FontProperties(family=face, size=item.points * scale * FACES[face], weight=weight)
    for row, text in enumerate(lines):
        y = item.y + (row - (len(lines) - 1) / 2) * high
        x, align = (item.x - item.w, "left") if comment else (item.x, "center")
        axes.text(x, y, text, ha=align, va="center", fontproperties=font, color=colour, zorder=5)


def _border(way: Floats, item: Item, gap: float = 2.0) -> int:
    """Find the first point of a way, from its end, that is outside an item."""
    inside = (np.abs(way[:, 0] - item.x) < item.w + gap) & (np.abs(way[:, 1] - item.y) < item.h + gap)
    outside = np.flatnonzero(~inside)
    return int(outside[-1]) if len(outside) else 0


def _arrow(axes: Axes, line: Line, items: dict[int, Item]) -> None:
    start, end = items[line.start], items[line.end]
    way = arc((start.x, start.y), line.points[0], (end.x, end.y), 240)
    last = _border(way, end)
    first = len(way) - 1 - _border(way[::-1], start)
    if last - first < 2:
        return
    way = way[first : last + 1]
    axes.plot(way[:, 0], way[:, 1], color=ARROW, linewidth=0.9, zorder=2)
    back = max(0, len(way) - 8)
    axes.add_patch(
        FancyArrowPatch(
            tuple(way[back]),
            tuple(way[-1]),
            arrowstyle="-|>",
            mutation_scale=10,
            color=ARROW,
            linewidth=0.9,
            shrinkA=0,
            shrinkB=0,
            zorder=2.6,
        )
    )
    if line.polarity:
        at, step = way[-1], way[-1] - way[back]
        length = math.hypot(*step) or 1.0
        x, y = at - step / length * 12 + np.array([-step[1], step[0]]) / length * 7
        sign = "+" if line.polarity == "+" else "−"
        axes.text(x, y, sign, ha="center", va="center", fontsize=9, color=ARROW, zorder=6)


def _pipe(axes: Axes, line: Line, items: dict[int, Item]) -> None:
    valve = items[line.start]
    way = [(valve.x, valve.y), *line.points]
    end = items[line.end]
    if end.what == 12:  # up to the edge of the cloud
        way[-1] = (end.x - math.copysign(end.w + 2, end.x - way[-2][0]), end.y)
    xs, ys = [p[0] for p in way], [p[1] for p in way]
    axes.plot(xs, ys, color=PIPE, linewidth=2.6, solid_capstyle="butt", solid_joinstyle="miter", zorder=1)
    if line.shape == 4:
        axes.add_patch(
            FancyArrowPatch(
                way[-2],
                way[-1],
                arrowstyle="-|>",
                mutation_scale=16,
                color=PIPE,
                linewidth=0,
                shrinkA=0,
                shrinkB=0,
                zorder=3.5,
            )
        )
