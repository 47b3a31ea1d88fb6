"""A page for a figure, on which everything has its room: words, panels, legend and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from urbsim.output.figures.lettering import LEADING, SMALL, TEXT, TITLE, height_of, indent_of, width_of, wrap
from urbsim.output.figures.look import DPI, INK, SAMPLE, SOFT, Handle, renderer_of

WIDTH = 6.5  # [inches] 16.5 cm, the width of the text on a page of A4

EDGE = 5.0  # around a figure

GAP = 12.0  # between panels

ENTRY = 190.0  # width of an entry of a legend, at most


def sheet(
    rows: int = 1,
    columns: int = 1,
    height: float = 2.9,
    *,
    used: int | None = None,
    width: float = WIDTH,
    sharex: bool = True,
    sharey: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Make a figure with a grid of axes of this height each [inches], of which the first so many are used.

    With shared axes the outer panels carry the numbers. `lay_out` places them when all is drawn.
    """
    figure = Figure(figsize=(width, rows * height), dpi=DPI)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey)
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1, wspace=0.2, hspace=0)
    panels = list(grid.flat)
    used = len(panels) if used is None else used
    for axes in panels[used:]:
        axes.remove()
    if sharex:
        for column in range(min(columns, used)):  # the lowest panel of a column carries the years
            grid[(used - 1 - column) // columns, column].tick_params(labelbottom=True)
    return figure, panels[:used]


def lay_out(
    figure: Figure,
    *,
    title: str,
    detail: str = "",
    subtitle: str = "",
    question: str = "",
    handles: Sequence[Handle] = (),
    notes: Sequence[str] = (),
    right: float = 0.0,
    tops: float = 0.0,
    gap: float = GAP,
) -> None:
    """Give everything its room: words above, panels as high as they are, legend and notes below.

    Parameters
    ----------
    title
        What the figure shows, as a sentence; broken into lines as needed.
    detail
        What else it shows, in smaller type.
    subtitle
        Of what: place, indicator, unit.
    question
        What the figure answers, in small letters above.
    right
        Room beside the panels for labels, as `label_ends` gives it.
    tops
        Room above the panels beyond that for their titles.
    gap
        Room between panels.
    """
    width = 72 * figure.get_size_inches()[0]
    inner = width - 2 * EDGE
    heads = [
        (question, SMALL, SOFT, 1.5),
        (title, TITLE, INK, 1.5),
        (detail, TEXT, INK, 2.0),
        (subtitle, TEXT, SOFT, 3.0),
    ]
    blocks = [(wrap(text, inner, size), size, colour, after) for text, size, colour, after in heads if text]
    above = EDGE + sum(height_of(text, size) + after for text, size, _, after in blocks)
    panels = _Panels(figure, right, tops, gap)
    legend = _legend(figure, handles, inner)
    legend_height = legend.get_window_extent(renderer_of(figure)).height * 72 / figure.dpi if legend else 0.0
    told = [wrap(note, inner, SMALL) for note in notes if note]
    below = EDGE + sum(height_of(note, SMALL) for note in told) + (legend_height + 4 if legend else 0.0)
    below += 3 if told else 0
    height = above + panels.height + below
    figure.set_size_inches(width / 72, height / 72)
    panels.place(width, height, above)
    y = height - EDGE
    for text, size, colour, after in blocks:
        look: dict[str, Any] = {"fontsize": size, "color": colour, "va": "top", "linespacing": LEADING}
        if size == TITLE:
            first, left = next(_blocks(text, size))
            figure.suptitle(first, x=(EDGE - left) / width, y=y / height, ha="left", **look)
            _write(figure, text, size, y, skip=1, **look)
        else:
            _write(figure, text, size, y, **look)
        y -= height_of(text, size) + after
    y = below
    if legend:
        y -= 4
        legend.set_bbox_to_anchor((EDGE / width, y / height), transform=figure.transFigure)
        y -= legend_height
    y -= 3
    for note in told:
        _write(figure, note, SMALL, y, fontsize=SMALL, color=SOFT, va="top", linespacing=LEADING)
        y -= height_of(note, SMALL)


def _write(figure: Figure, text: str, size: float, y: float, skip: int = 0, **look: Any) -> None:
    """Write lines at the left edge from a height down [points], but the first so many blocks of them."""
    width, height = (72 * inches for inches in figure.get_size_inches())
    for i, (block, left) in enumerate(_blocks(text, size)):
        if i >= skip:
            figure.text((EDGE - left) / width, y / height, block, **look)
        y -= height_of(block, size)


def _blocks(text: str, size: float) -> Iterator[tuple[str, float]]:
    """Give lines, and how far they are moved left: opening marks are half blank."""
    for left, lines in groupby(text.split("\n"), lambda line: indent_of(line, size)):
        yield "\n".join(lines), left


class _Panels:
    """The grid of axes: how much room each row and column takes, and where its axes go."""

    def __init__(self, figure: Figure, right: float, tops: float, gap: float) -> None:
        self.gap = gap
        renderer = renderer_of(figure)
        self.axes = [axes for axes in figure.axes if axes.get_subplotspec() is not None]
        self.cells = [
            (spec.rowspan.start, spec.colspan.start)
            for axes in self.axes
            if (spec := axes.get_subplotspec()) is not None
        ]
        rows, columns = (max(cell[i] for cell in self.cells) + 1 for i in (0, 1))
        self.heights = [0.0] * rows
        self.left, self.right = [0.0] * columns, [right] * columns
        self.top, self.bottom = [tops] * rows, [0.0] * rows
        for axes, (row, column) in zip(self.axes, self.cells, strict=True):
            box = axes.bbox
            scale = 72 / figure.dpi
            self.heights[row] = box.height * scale
            spans = [axis.get_tightbbox(renderer) for axis in (axes.xaxis, axes.yaxis)]
            for span in (span for span in spans if span is not None):
                self.left[column] = max(self.left[column], (box.x0 - span.x0) * scale)
                self.right[column] = max(self.right[column], (span.x1 - box.x1) * scale)
                self.bottom[row] = max(self.bottom[row], (box.y0 - span.y0) * scale)
            heading = axes.get_title(loc="left")
            if heading:
                size = axes.title.get_fontsize()
                self.top[row] = max(self.top[row], tops + height_of(heading, float(size)) + 4)
        self.height = sum((*self.heights, *self.top, *self.bottom)) + (rows - 1) * 0.5 * gap

    def place(self, width: float, height: float, above: float) -> None:
        columns = len(self.left)
        room = width - 2 * EDGE - sum(self.left) - sum(self.right) - (columns - 1) * self.gap
        for axes, (row, column) in zip(self.axes, self.cells, strict=True):
            x = (
                EDGE
                + sum(self.left[: column + 1])
                + sum(self.right[:column])
                + column * (room / columns + self.gap)
            )
            y = above + sum(self.top[: row + 1]) + sum(self.heights[: row + 1]) + sum(self.bottom[:row])
            y = height - y - row * 0.5 * self.gap
            axes.set_position((x / width, y / height, room / columns / width, self.heights[row] / height))


def panel_width(columns: int, left: float) -> float:
    """Give the width of the axes of a panel, about, of which so much stands left of it."""
    return (72 * WIDTH - 2 * EDGE - (columns - 1) * GAP - 8) / columns - left


def _legend(figure: Figure, handles: Sequence[Handle], width: float) -> Any:
    """Set a legend in as many columns as fit the width; None where there is nothing to explain."""
    if not handles:
        return None
    size = float(mpl.rcParams["legend.fontsize"])
    for handle in handles:
        handle.set_label(wrap(str(handle.get_label()), ENTRY, size))
    widths = [
        SAMPLE
        + 1.4 * size
        + max(width_of(line, size) for line in str(handle.get_label()).splitlines() or [""])
        for handle in handles
    ]
    columns = next(
        n for n in range(min(6, len(handles)), 0, -1) if n == 1 or _across(widths, n, size) <= width
    )
    return figure.legend(
        handles=list(handles),
        loc="upper left",
        ncols=columns,
        borderpad=0,
        borderaxespad=0,
        labelspacing=0.45,
        handlelength=SAMPLE / size,
        handletextpad=0.6,
        columnspacing=1.4,
    )


def _across(widths: Sequence[float], columns: int, size: float) -> float:
    """Give the width of a legend whose entries fill so many columns, one after another."""
    rows, more = divmod(len(widths), columns)
    ends = np.cumsum([rows + (column < more) for column in range(columns)])
    parts = np.split(np.array(widths), ends[:-1])
    return sum(float(part.max()) for part in parts) + 1.4 * size * (columns - 1)
