"""The one look of all figures: type, palette, lines, marks, and a page laid out by measured text.

A figure is made in four steps, inside `styled(language)`:

    figure, grid = sheet(rows, columns, height)      # axes of this height; nothing is placed for good yet
    ...                                              # draw; `label_ends` gives the room that labels take
    lay_out(figure, title=..., subtitle=..., ...)    # words above, legend and notes below: all has its room
    save(figure, folder, stem)                       # PNG for print and SVG

The only door to matplotlib, and never to pyplot. Lengths are points unless said otherwise.
"""

from __future__ import annotations

import functools
import logging
import math
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform, blended_transform_factory

from urbsim.output.font import CHINESE, FALLBACKS, LATIN, font_file
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation
from urbsim.study.quantity import unit_name
from urbsim.study.words import Language, Words

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Handle = Line2D | Patch

WIDTH = 6.5  # [inches] 16.5 cm, the width of the text on a page of A4
DPI = 300  # of PNG
TITLE, TEXT, SMALL = 11.0, 8.5, 7.5  # sizes of type as printed
LEADING = 1.32  # [-] height of a line of text, of its size
EDGE = 5.0  # around a figure
GAP = 12.0  # between panels
SAMPLE = 16.0  # length of the piece of line before a label
LABEL = 118.0  # width of a label at the end of a line, at most
ENTRY = 190.0  # width of an entry of a legend, at most

INK = "#1A1A1A"  # text, and the scenario that others are held against
SOFT = "#595959"  # words beside what matters
GREY = "#999999"  # what is uncertain
RED = "#B2182B"  # plan targets
# Okabe and Ito's colours without the one that prints too light, and one of Tol's. In their order any two of
# twelve lines differ in two of lightness, dashes and markers, which is what is left of them in grey.
COLOURS = (INK, "#0072B2", "#D55E00", "#E69F00", "#882255", "#009E73", "#56B4E9", "#CC79A7")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (5, 1, 1, 1)),
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FILLS = ("#08519C", "#6BAED6", "#E69F00", "#D9D9D9", "#8C6BB1")
HATCHES = ("", "////", "....", "", "\\\\\\\\")
DIAMOND: dict[str, Any] = {
    "marker": "D",
    "markersize": 5.5,
    "color": RED,
    "markerfacecolor": "white",
    "markeredgewidth": 1.2,
}
DOT: dict[str, Any] = {
    "marker": "o",
    "markersize": 3.6,
    "markerfacecolor": "white",
    "markeredgecolor": "#444444",
    "markeredgewidth": 0.8,
}

COLON = Words(zh="：", en=": ")
STOP = Words(zh="；", en="; ")
OBSERVED = Words(zh="实际值", en="observed")
TARGET = Words(zh="规划目标", en="plan target")
MARGIN = Words(zh="误差：同类预测以往偏差", en="how far such projections have been off")
BILLIONS = {"100 million yuan": "billion yuan", "100 million yuan/year": "billion yuan a year"}
# How English counts what is counted in ten thousands and hundred millions in Chinese.
_ENGLISH = {
    "10k persons": (0.01, "million persons"),
    "10k persons/year": (1e4, "persons a year"),
    **{unit: (0.1, name) for unit, name in BILLIONS.items()},
}

_STYLE: dict[Any, Any] = {
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a title is a dollar
    "text.hinting": "none",
    "axes.labelcolor": INK,
    "axes.edgecolor": "#666666",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "axes.titlesize": TEXT,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.labelsize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": SMALL + 0.25,
    "legend.frameon": False,
    "figure.dpi": DPI,
    "figure.titlesize": TITLE,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",  # shows on any machine
    "svg.hashsalt": "urbsim",  # the same run gives the same file
}


class End(NamedTuple):
    """The end of a line, what is written there, and the look of the line."""

    x: float
    y: float
    text: str
    style: Mapping[str, Any]


# --- style and files ---------------------------------------------------------------------------------------


@contextmanager
def styled(language: Language = "en") -> Iterator[None]:
    """Draw in this look, in the type of a language, until the context ends.

    A character that no font has is told of in plain words, once; other warnings come as they are.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with mpl.rc_context({**_STYLE, "font.family": _families(language)}):
            yield
    boxes: list[str] = []
    for warning in caught:
        if match := re.match(r"Glyph (\d+) ", str(warning.message)):
            boxes.append(chr(int(match[1])))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if boxes:
        told = " ".join(dict.fromkeys(boxes))
        log.warning("some characters are in no font found here, and are drawn as boxes: %s", told)


@functools.cache
def _registered() -> tuple[str, ...]:
    """Make the shipped fonts known to matplotlib; give those installed that may have rare characters."""
    for family in (CHINESE, LATIN):
        font_manager.fontManager.addfont(font_file(family))
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return tuple([name for name in FALLBACKS if name in installed][:1])


def _families(language: Language) -> list[str]:
    own = (CHINESE,) if language == "zh" else (LATIN, CHINESE)
    return [*own, *_registered(), "DejaVu Sans"]


def save(figure: Figure, folder: Path, stem: str) -> None:
    """Write a figure as PNG and SVG, the same bytes for the same figure."""
    figure.savefig(
        folder / f"{stem}.png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 4}
    )
    figure.savefig(folder / f"{stem}.svg", metadata={"Date": None})


# --- lines -------------------------------------------------------------------------------------------------


def line_style(position: int) -> dict[str, Any]:
    """Give each of 42 lines a look of its own; that of the first, thick and dark, is for the base."""
    if position == 0:
        return {
            "color": INK,
            "linestyle": "-",
            "marker": "o",
            "markersize": 3.2,
            "linewidth": 2.4,
            "zorder": 2.9,  # lines that lie on it show
        }
    return {
        "color": COLOURS[1 + (position - 1) % (len(COLOURS) - 1)],
        "linestyle": DASHES[position % len(DASHES)],
        "marker": MARKERS[(position + 2 * ((position - 1) // (len(COLOURS) - 1))) % len(MARKERS)],
        "markersize": 3.2,
        "linewidth": 1.3,
        "zorder": 3,
    }


def base_position(outcomes: Sequence[Outcome]) -> int:
    """Give the position of the scenario that the others are held against; the first where none says which."""
    named = {outcome.base for outcome in outcomes if outcome.base}
    found = (i for i, outcome in enumerate(outcomes) if outcome.name in named and not outcome.base)
    return next(found, 0)


def line_styles(outcomes: Sequence[Outcome]) -> tuple[dict[str, Any], ...]:
    """Give the look of the line of each scenario: the base thick and dark wherever it stands."""
    base = base_position(outcomes)
    others = iter(range(1, len(outcomes)))
    return tuple(line_style(0 if i == base else next(others)) for i in range(len(outcomes)))


def thin(style: Mapping[str, Any]) -> dict[str, Any]:
    """Give the look of a line that is repeated in a panel for comparison."""
    return {**style, "linewidth": 0.9, "marker": "", "zorder": 2.8}


def plot_line(
    axes: Axes, years: Floats, values: Floats, style: Mapping[str, Any], position: int = 0, **more: Any
) -> None:
    """Draw a line with a marker every few years, not in the same years as its neighbours."""
    every = max(1, len(years) // 5)
    axes.plot(years, values, **{**style, **more}, markevery=(position % every, every))


def end_of(years: Floats, values: Floats) -> tuple[float, float] | None:
    """Give the last year with a value, and the value; None where there is none."""
    shown = np.flatnonzero(np.isfinite(values))
    return (float(years[shown[-1]]), float(values[shown[-1]])) if shown.size else None


# --- a page ------------------------------------------------------------------------------------------------


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
    above = EDGE + sum(_height(text, size) + after for text, size, _, after in blocks)
    panels = _Panels(figure, right, tops)
    legend = _legend(figure, handles, inner)
    legend_height = legend.get_window_extent(_renderer(figure)).height * 72 / figure.dpi if legend else 0.0
    told = [wrap(note, inner, SMALL) for note in notes if note]
    below = EDGE + sum(_height(note, SMALL) for note in told) + (legend_height + 4 if legend else 0.0)
    below += 3 if told else 0
    height = above + panels.height + below
    figure.set_size_inches(width / 72, height / 72)
    panels.place(width, height, above)
    y = height - EDGE
    for text, size, colour, after in blocks:
        look: dict[str, Any] = {"fontsize": size, "color": colour, "va": "top", "linespacing": LEADING}
        if size == TITLE:
            figure.suptitle(text, x=EDGE / width, y=y / height, ha="left", **look)
        else:
            figure.text(EDGE / width, y / height, text, **look)
        y -= _height(text, size) + after
    y = below
    if legend:
        y -= 4
        legend.set_bbox_to_anchor((EDGE / width, y / height), transform=figure.transFigure)
        y -= legend_height
    y -= 3
    for note in told:
        figure.text(
            EDGE / width,
            y / height,
            note,
            fontsize=SMALL,
            color=SOFT,
            va="top",
            linespacing=LEADING,
        )
        y -= _height(note, SMALL)


def _height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * LEADING * size


class _Panels:
    """The grid of axes: how much room each row and column takes, and where its axes go."""

    def __init__(self, figure: Figure, right: float, tops: float) -> None:
        renderer = _renderer(figure)
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
                self.top[row] = max(self.top[row], tops + _height(heading, float(size)) + 4)
        self.height = sum((*self.heights, *self.top, *self.bottom)) + (rows - 1) * 0.5 * GAP

    def place(self, width: float, height: float, above: float) -> None:
        columns = len(self.left)
        room = width - 2 * EDGE - sum(self.left) - sum(self.right) - (columns - 1) * GAP
        for axes, (row, column) in zip(self.axes, self.cells, strict=True):
            x = (
                EDGE
                + sum(self.left[: column + 1])
                + sum(self.right[:column])
                + column * (room / columns + GAP)
            )
            y = above + sum(self.top[: row + 1]) + sum(self.heights[: row + 1]) + sum(self.bottom[:row])
            y = height - y - row * 0.5 * GAP
            axes.set_position((x / width, y / height, room / columns / width, self.heights[row] / height))


def panel_width(columns: int, left: float) -> float:
    """Give the width of the axes of a panel, about, of which so much stands left of it."""
    return (72 * WIDTH - 2 * EDGE - (columns - 1) * GAP - 8) / columns - left


def _renderer(figure: Figure) -> Any:
    canvas = figure.canvas
    if not isinstance(canvas, FigureCanvasAgg):
        canvas = FigureCanvasAgg(figure)
    return canvas.get_renderer()  # type: ignore[no-untyped-call]


def _legend(figure: Figure, handles: Sequence[Handle], width: float) -> Any:
    """Set a legend in as many columns as fit the width; None where there is nothing to explain."""
    if not handles:
        return None
    size = float(mpl.rcParams["legend.fontsize"])
    for handle in handles:
        handle.set_label(wrap(str(handle.get_label()), ENTRY, size))
    widths = [
        4.2 * size + max(width_of(line, size) for line in str(handle.get_label()).splitlines() or [""])
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
        handlelength=2.8,
        handletextpad=0.6,
        columnspacing=1.4,
    )


def _across(widths: Sequence[float], columns: int, size: float) -> float:
    """Give the width of a legend whose entries fill so many columns, one after another."""
    rows, more = divmod(len(widths), columns)
    ends = np.cumsum([rows + (column < more) for column in range(columns)])
    parts = np.split(np.array(widths), ends[:-1])
    return sum(float(part.max()) for part in parts) + 1.4 * size * (columns - 1)


# --- labels and marks --------------------------------------------------------------------------------------


def label_ends(axes: Axes, ends: Sequence[End]) -> float:
    """Write a label right of each line, after a piece of the line, moved apart where they would touch.

    Returns
    -------
    The room that the labels take beside the axes, for `lay_out`.
    """
    if not ends:
        return 0.0
    figure = _figure(axes)
    low, high = axes.get_ylim()
    height = points_high(axes)
    beside = beside_axes(axes)
    wrapped = sorted(((end, wrap(end.text, LABEL, TEXT)) for end in ends), key=lambda pair: pair[0].y)
    sizes = [_height(text, TEXT) / height for _, text in wrapped]
    centres = spread([(end.y - low) / (high - low) for end, _ in wrapped], sizes)
    for (end, text), centre in zip(wrapped, centres, strict=True):
        colour = end.style["color"]
        axes.annotate(
            "",
            (end.x, end.y),
            xytext=(9, centre),
            textcoords=beside,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2},
        )
        sample = Line2D([9, 9 + SAMPLE / 2, 9 + SAMPLE], [centre] * 3, transform=beside, clip_on=False)
        sample.update({**end.style, "markevery": [1], "zorder": 5})
        figure.add_artist(sample)
        axes.text(
            9 + SAMPLE + 4,
            centre,
            text,
            transform=beside,
            va="center",
            fontsize=TEXT,
            linespacing=LEADING,
        )
    return room_for(end.text for end in ends)


def room_for(texts: Iterable[str]) -> float:
    """Give the room that labels of these texts will take beside the axes."""
    lines = [line for text in texts for line in wrap(text, LABEL, TEXT).splitlines()]
    return 9 + SAMPLE + 4 + max((width_of(line, TEXT) for line in lines), default=-9 - SAMPLE - 4)


def left_room(axes: Axes) -> float:
    """Give the room that the numbers of axes take at their left."""
    figure = _figure(axes)
    span = axes.yaxis.get_tightbbox(_renderer(figure))
    return float((axes.bbox.x0 - span.x0) * 72 / figure.dpi) if span is not None else 0.0


def labels_fit(texts: Iterable[str], height: float) -> bool:
    """Say whether these labels can stand beside axes of this height [inches]."""
    return sum(_height(wrap(text, LABEL, TEXT), TEXT) for text in texts) <= 72 * height


def beside_axes(axes: Axes) -> Transform:
    """Give coordinates for what stands right of axes: points from their edge, and part of their height."""
    figure = _figure(axes)
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    edge = ScaledTranslation(1, 0, axes.transAxes)  # type: ignore[arg-type]  # it takes any transform
    return blended_transform_factory(points + edge, axes.transAxes)


def points_high(axes: Axes) -> float:
    """Give the height of axes."""
    return float(axes.bbox.height * 72 / _figure(axes).dpi)


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("axes are not in a figure")
    return figure


def spread(heights: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Move the centres of labels of these sizes apart until none touch, as little as can be.

    Heights increase. Labels that fit between 0 and 1 stay there.

    Examples
    --------
    >>> [round(height, 2) for height in spread([0.5, 0.5, 0.9], [0.1, 0.1, 0.1])]
    [0.45, 0.55, 0.9]
    >>> [round(height, 2) for height in spread([0.96, 0.99], [0.1, 0.2])]
    [0.75, 0.9]
    """
    # Stacked without gaps from 0 up, centres would be at `stacked`; what each is moved by may not decrease.
    stacked = [sum(sizes[:i]) + size / 2 for i, size in enumerate(sizes)]
    groups: list[tuple[float, int]] = []  # mean move, number of labels
    for height, centre in zip(heights, stacked, strict=True):
        group = (height - centre, 1)
        while groups and groups[-1][0] >= group[0]:
            mean, count = groups.pop()
            group = ((mean * count + group[0] * group[1]) / (count + group[1]), count + group[1])
        groups.append(group)
    moves = [mean for mean, count in groups for _ in range(count)]
    return [
        centre + min(max(move, 0.0), max(1.0 - sum(sizes), 0.0))
        for centre, move in zip(stacked, moves, strict=True)
    ]


def mark_history(axes: Axes, observed: Sequence[Observation]) -> None:
    """Draw what was observed, as dots."""
    if observed:
        years, values = [one.year for one in observed], [one.value for one in observed]
        axes.plot(years, values, linestyle="none", zorder=4, **DOT)


def draw_margins(axes: Axes, years: Floats, values: Floats, margins: Floats) -> bool:
    """Draw a grey band around values, behind all else; False when fewer than two margins are known."""
    known = np.isfinite(margins)
    if known.sum() < 2:
        return False
    low, high = (values - margins)[known], (values + margins)[known]
    axes.fill_between(years[known], low, high, color=GREY, alpha=0.3, linewidth=0, zorder=0.9)
    return True


def keys(
    *, observed: bool = False, targets: bool = False, margin: bool = False, language: Language
) -> list[Handle]:
    """Give the entries of a legend for history, targets and the band of past errors."""
    entries: list[Handle] = []
    if observed:
        entries.append(Line2D([], [], linestyle="none", label=OBSERVED[language], **DOT))
    if targets:
        entries.append(Line2D([], [], linestyle="none", label=TARGET[language], **DIAMOND))
    if margin:
        entries.append(Patch(facecolor=GREY, alpha=0.3, label=MARGIN[language]))
    return entries


# --- axes --------------------------------------------------------------------------------------------------


def tidy(axes: Axes, ticks: int = 6) -> None:
    """Set ticks of years and values, about so many on each axis."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=ticks, integer=True, steps=[1, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=max(ticks, 5), steps=[1, 2, 2.5, 5, 10]))
    axes.tick_params(length=2.5)


def head_panel(axes: Axes, text: str, width: float) -> None:
    """Write the heading of a panel of about this width."""
    axes.set_title(wrap(text, width, TEXT), linespacing=LEADING)


def axis_unit(indicator: Indicator, language: Language) -> str:
    """Name what an axis is numbered in."""
    if language == "en" and indicator.unit in _ENGLISH:
        return _ENGLISH[indicator.unit][1]
    return unit_name(indicator.unit, language)


def axis_number(value: float, indicator: Indicator, language: Language) -> str:
    """Write a value as the numbers of its axis: without unit, with as many digits as a reader can use."""
    scale = axis_scale(indicator, language)
    number = scale * value
    if indicator.unit == "%":
        told = f"{number:.1f}"
    elif abs(number) >= 1e4 and scale > 1:  # persons written out
        told = f"{float(f'{number:.3g}'):,.0f}"
    else:
        told = f"{number:,.{0 if abs(number) >= 200 else 1 if abs(number) >= 10 else 2}f}"
    return told.replace("-", "\u2212")


def axis_scale(indicator: Indicator, language: Language) -> float:
    """Give what values are multiplied by to be the numbers of an axis."""
    return _ENGLISH[indicator.unit][0] if language == "en" and indicator.unit in _ENGLISH else 1.0


def with_unit(name: str, unit: str, language: Language) -> str:
    """Write a name with its unit after it, as a heading of an axis.

    Examples
    --------
    >>> with_unit("Urban land", "km²", "en"), with_unit("城镇化率", "%", "zh"), with_unit("Ratio", "", "en")
    ('Urban land (km²)', '城镇化率（%）', 'Ratio')
    """
    if not unit:
        return name
    return f"{name}（{unit}）" if language == "zh" else f"{name} ({unit})"


def number_axis(axes: Axes, indicator: Indicator, language: Language) -> None:
    """Write the numbers of an axis with marks of thousands, and as English counts persons and money."""
    scale = axis_scale(indicator, language)
    axes.yaxis.set_major_formatter(lambda value, _: f"{scale * value:,.10g}".replace("-", "\u2212"))


# --- text --------------------------------------------------------------------------------------------------


def width_of(text: str, size: float) -> float:
    """Give the width of a line of text, kerning aside.

    Examples
    --------
    >>> width_of("城镇", 10.0)
    20.0
    """
    chinese = has_chinese(text)  # then its quotation marks are as wide as characters
    return size * sum(_advance(character, chinese) for character in text)


@functools.cache
def _advance(character: str, chinese: bool) -> float:
    """Give the advance of a character [of the size of type]; of one that the fonts lack, its usual width."""
    for family in (CHINESE, LATIN) if chinese else (LATIN, CHINESE):
        font = _face(family)
        if font.get_char_index(ord(character)):
            glyph = font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
            return round(glyph.linearHoriAdvance / 65536 / 100, 4)
    return 1.0 if has_chinese(character) else 0.65


@functools.cache
def _face(family: str) -> FT2Font:
    font = FT2Font(font_file(family))
    font.set_size(100, 72)
    return font


def has_chinese(text: str) -> bool:
    """Say whether a text has characters as wide as Chinese ones."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


UNITS = r"(?<=\d) (?=(?:%|m\b|km²|million|billion|persons))"  # blanks that are not broken at
PARTS = r"[（“‘《〔(]*(?:[^ \u2e80-\uffef]+|[\u2e80-\uffef])[）”’》〕，。：；、！？]*[ \u2009]?"


def wrap(text: str, width: float, size: float) -> str:
    r"""Break a text into even lines of at most this width: between words, in Chinese between characters.

    Examples
    --------
    >>> wrap("Services first and county seats", 80, 8)
    'Services first and\ncounty seats'
    >>> wrap("公共服务优先", 40, 8)
    '公共服务\n优先'
    >>> wrap("Base village departure rate（4个区域）", 120, 8)
    'Base village departure\nrate（4个区域）'
    """
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width / size))


def _lines(text: str, most: float) -> list[str]:
    text = re.sub(UNITS, "\u00a0", text)
    if width_of(text, 1.0) <= most:
        return [text]
    parts = re.findall(PARTS, text)
    least = len(_filled(parts, most))
    low = min(most, width_of(text, 1.0) / least + has_chinese(text))
    fillings = [_filled(parts, float(width)) for width in np.linspace(low, most, 12)]
    even = [lines for lines in fillings if len(lines) <= least] or fillings[-1:]
    # Of those that need no line more, one that breaks where the sentence does; else the evenest, the first.
    return max(even, key=lambda lines: sum(line[-1:] in ";,:；，。：" for line in lines[:-1]))


def _filled(parts: Sequence[str], most: float) -> list[str]:
    """Fill lines with words and Chinese characters, each with the marks that belong to it."""
    lines = [""]
    for part in (piece for word in parts for piece in _pieces(word, most)):
        if lines[-1] and width_of(lines[-1] + part.rstrip(), 1.0) > most:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _pieces(word: str, most: float) -> list[str]:
    """Cut a word that is longer than a line."""
    width = width_of(word.rstrip(), 1.0)
    if width <= most:
        return [word]
    letters = max(1, math.floor(len(word) * most / width) - 1)
    return [word[i : i + letters] for i in range(0, len(word), letters)]


def shortened(text: str, width: float, size: float, lines: int = 3) -> str:
    """Cut a text after the words that fit into so many lines; dots say that it goes on.

    Examples
    --------
    >>> shortened("Income elasticity + Service elasticity + Nesting", 80, 8, lines=2)
    'Income elasticity + Service elasticity …'
    """
    short = text
    while wrap(short, width, size).count("\n") >= lines:
        text = re.sub(r"([!-~]+|.)$", "", text).rstrip(" +＋(（")  # without its last word
        short = f"{text} …"
    return short


def quoted(name: str, language: Language) -> str:
    """Write a name in quotation marks; marks within it become those of the second order.

    Examples
    --------
    >>> quoted("Everything", "en"), quoted("全面", "zh"), quoted("某区“十四五”规划", "zh")
    ('‘Everything’', '“全面”', '“某区‘十四五’规划”')
    """
    if language == "zh":
        return f"“{name.replace('“', '‘').replace('”', '’')}”"
    return f"‘{name}’"
