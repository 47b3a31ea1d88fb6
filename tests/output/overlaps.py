"""What of a figure overlaps or runs off the page, by the boxes of its texts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.0  # [points] by which boxes of letters may overlap: they are a little larger than the letters


def problems(figure: Figure) -> list[str]:
    """Give everything that is cut off, or lies upon something that it hides or is hidden by."""
    figure.draw_without_rendering()
    slack = SLACK * figure.dpi / 72
    texts = list(_texts(figure))
    boxes = [(text, _shrunk(text.get_window_extent(), slack)) for text in texts]
    wrong = [f"{_name(text)} runs off the page" for text, box in boxes if _outside(box, figure, slack)]
    wrong += [
        f"{_name(one)} touches {_name(other)}"
        for (one, box), (other, another) in combinations(boxes, 2)
        if _overlap(box, another)
    ]
    legends = [_shrunk(legend.get_window_extent(), slack) for legend in figure.legends]
    for axes in figure.axes:
        title = axes.get_title(loc="left")
        wrong += [f"the legend lies on axes {title!r}" for box in legends if _overlap(box, axes.bbox)]
        wrong += [f"{_name(text)} lies on an axis" for text, box in boxes if _on_spine(box, axes)]
        wrong += [
            f"{_name(text)} lies in axes {title!r}"
            for text, box in boxes
            if text.axes is not axes and _overlap(box, axes.bbox)
        ]
    wrong += [
        f"axes {one.get_title(loc='left')!r} and {other.get_title(loc='left')!r} overlap"
        for one, other in combinations(figure.axes, 2)
        if _overlap(one.bbox, other.bbox)
    ]
    return wrong


def _texts(figure: Figure) -> Iterator[Text]:
    """Give every text that shows, the numbers of axes only where they are drawn."""
    ticks: dict[Text, bool] = {}
    for axes in figure.axes:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                inside = min(low, high) - 1e-9 <= tick.get_loc() <= max(low, high) + 1e-9
                ticks[tick.label1] = inside and tick.label1.get_visible()
                ticks[tick.label2] = inside and tick.label2.get_visible()
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_text().strip() and text.get_visible() and ticks.get(text, True):
            yield text


def _shrunk(box: Bbox, by: float) -> Bbox:
    x, y = min(by, box.width / 2), min(by, box.height / 2)
    return Bbox.from_extents(box.x0 + x, box.y0 + y, box.x1 - x, box.y1 - y)


def _outside(box: Bbox, figure: Figure, slack: float) -> bool:
    width, height = figure.bbox.size
    return box.x0 < -slack or box.y0 < -slack or box.x1 > width + slack or box.y1 > height + slack


def _overlap(one: Bbox, other: Bbox) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _on_spine(box: Bbox, axes: Axes) -> bool:
    lines = [
        spine.get_window_extent()
        for name, spine in axes.spines.items()
        if spine.get_visible() and name in ("left", "bottom")
    ]
    return any(_overlap(box, line) for line in lines)


def _name(text: Text) -> str:
    return repr(text.get_text())
