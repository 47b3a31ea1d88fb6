"""The one look of all figures: type, palette, lines, marks, labels.

A figure is made in four steps, inside `styled(language)`:

    figure, grid = sheet(rows, columns, height)      # axes of this height; nothing is placed for good yet
    ...                                              # draw; `label_ends` gives the room that labels take
    lay_out(figure, title=..., subtitle=..., ...)    # words above, legend and notes below: all has its room
    save(figure, folder, stem)                       # PNG for print and SVG

The first and third are in `page`, the width of text in `lettering`. Matplotlib comes in by these and by the
modules that draw, and never as pyplot. Lengths are points unless said otherwise.
"""

from __future__ import annotations

import functools
import logging
import re
import warnings
import zlib
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
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform, blended_transform_factory

from urbsim.output.figures.font import CHINESE, FALLBACKS, LATIN, font_file
from urbsim.output.figures.lettering import (
    LABELS,
    LEADING,
    SMALL,
    TEXT,
    TITLE,
    height_of,
    indent_of,
    width_of,
    wrap,
)
from urbsim.output.words.terms import INFERRED, axis_tick, base_position, pieces
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation
from urbsim.study.words import Language, Words

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Handle = Line2D | Patch

DPI = 300  # of PNG
SAMPLE = 30.0  # length of the piece of line before a label: two and a half of the longest dashes
LABEL = 118.0  # width of a label at the end of a line, at most

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
    (0, (7, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
# Scenarios that are shipped look the same in every figure, whichever others stand beside them.
LOOKS = {
    "everything": 1,
    "hukou-and-land": 2,
    "services-first": 3,
    "county-seats": 4,
    "jobs-first": 5,
    "rural-first": 6,
    "no-new-policy": 7,
    "metropolitan-circle": 1,  # of the districts
    "county-seats-22": 4,
    "kaizhou": 2,
    "jiulongpo": 5,
}
DISTINCT = 11  # lines beside the base that are told apart in grey
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

INFERRED_DOT: dict[str, Any] = {**DOT, "markersize": 2.4, "markeredgecolor": GREY, "markeredgewidth": 0.6}

OBSERVED = Words(zh="实际值", en="observed")
OWN_TARGET = Words(zh="目标", en="target")
INFERRED_WORDS = Words(zh="普查间推算", en="inferred between censuses")
TARGET = Words(zh="规划目标", en="plan target")
MARGIN = Words(zh="模型误差", en="how far the model may be off")

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


def line_styles(outcomes: Sequence[Outcome]) -> tuple[dict[str, Any], ...]:
    """Give the look of each scenario's line: its own in every figure, the base thick and dark."""
    names = [outcome.name for outcome in outcomes]
    return tuple(line_style(position) for position in positions(names, base_position(outcomes)))


def positions(names: Sequence[str], base: int = 0) -> tuple[int, ...]:
    """Give the number of each scenario's look for `line_style`: 0 for the base, for others by their name.

    Two names that say the same are told apart; the order in which scenarios are given is of no account.

    Examples
    --------
    >>> positions(["baseline", "everything"]), positions(["rural-first", "baseline", "everything"], base=1)
    ((0, 1), (6, 0, 1))
    """
    others = sorted((name, i) for i, name in enumerate(names) if i != base)
    room = max(DISTINCT, len(others))
    found, taken = {base: 0}, set[int]()
    for name, i in sorted(others, key=lambda other: (other[0] not in LOOKS, other)):
        wish = LOOKS.get(name) or 1 + zlib.crc32(name.encode()) % DISTINCT
        free = ((wish + step - 1) % room + 1 for step in range(room))
        found[i] = next(position for position in free if position not in taken)
        taken.add(found[i])
    return tuple(found[i] for i in range(len(names)))


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
    wrapped = sorted(((end, _label(end.text)) for end in ends), key=lambda pair: pair[0].y)
    sizes = [_label_height(text) / height for _, text in wrapped]
    centres = spread([(end.y - low) / (high - low) for end, _ in wrapped], sizes)
    for (end, text), centre in zip(wrapped, centres, strict=True):
        colour = end.style["color"]
        first = centre + text.count("\n") * LABELS * TEXT / 2 / height  # middle of the first line
        axes.annotate(
            "",
            (end.x, end.y),
            xytext=(9, first),
            textcoords=beside,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2},
        )
        sample = Line2D([9, 9 + SAMPLE / 2, 9 + SAMPLE], [first] * 3, transform=beside, clip_on=False)
        sample.update({**end.style, "markevery": [1], "zorder": 5})
        figure.add_artist(sample)
        axes.text(
            9 + SAMPLE + 4 - indent_of(text, TEXT),
            centre,
            text,
            transform=beside,
            va="center",
            fontsize=TEXT,
            linespacing=LABELS,
        )
    return room_for(end.text for end in ends)


def _label(text: str) -> str:
    """Break a label into two lines at most; dots say that it goes on, before the number that ends it."""
    if wrap(text, LABEL, TEXT).count("\n") < 2:
        return wrap(text, LABEL, TEXT)
    name, blank, number = text.rpartition(" ")
    if not re.search(r"\d", number):
        name, blank, number = text, "", ""
    words = pieces(name)
    while words and wrap(f"{''.join(words).rstrip()}…{blank}{number}", LABEL, TEXT).count("\n") > 1:
        words.pop()
    return wrap(f"{''.join(words).rstrip()}…{blank}{number}", LABEL, TEXT)


def _label_height(text: str) -> float:
    """Give the height of a label with half a line of air."""
    return height_of(text, TEXT, LABELS) + 0.5 * TEXT


def room_for(texts: Iterable[str]) -> float:
    """Give the room that labels of these texts will take beside the axes."""
    lines = [line for text in texts for line in _label(text).splitlines()]
    return 9 + SAMPLE + 4 + max((width_of(line, TEXT) for line in lines), default=-9 - SAMPLE - 4)


def left_room(axes: Axes) -> float:
    """Give the room that the numbers of axes take at their left."""
    figure = _figure(axes)
    span = axes.yaxis.get_tightbbox(renderer_of(figure))
    return float((axes.bbox.x0 - span.x0) * 72 / figure.dpi) if span is not None else 0.0


def labels_fit(texts: Iterable[str], height: float) -> bool:
    """Say whether these labels can stand beside axes of this height [inches]."""
    return sum(_label_height(_label(text)) for text in texts) <= 72 * height


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


def renderer_of(figure: Figure) -> Any:
    """Give what can measure the texts of a figure."""
    canvas = figure.canvas
    if not isinstance(canvas, FigureCanvasAgg):
        canvas = FigureCanvasAgg(figure)
    return canvas.get_renderer()  # type: ignore[no-untyped-call]


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
    """Draw what was observed, as dots, and what was inferred between censuses, smaller and pale."""
    for some, look in ((_inferred(observed), INFERRED_DOT), (_observed(observed), DOT)):
        if some:
            axes.plot([o.year for o in some], [o.value for o in some], linestyle="none", zorder=4, **look)


def history_keys(observed: Sequence[Observation], language: Language) -> list[Handle]:
    """Give the entries of a legend for what `mark_history` draws."""
    entries: list[Handle] = []
    if _observed(observed):
        entries.append(Line2D([], [], linestyle="none", label=OBSERVED[language], **DOT))
    if _inferred(observed):
        entries.append(Line2D([], [], linestyle="none", label=INFERRED_WORDS[language], **INFERRED_DOT))
    return entries


def _observed(history: Sequence[Observation]) -> list[Observation]:
    return [one for one in history if one.vintage != INFERRED]


def _inferred(history: Sequence[Observation]) -> list[Observation]:
    return [one for one in history if one.vintage == INFERRED]


def draw_margins(axes: Axes, years: Floats, values: Floats, margins: Floats) -> bool:
    """Draw a grey band around values, behind all else; False when fewer than two margins are known."""
    known = np.isfinite(margins)
    if known.sum() < 2:
        return False
    low, high = (values - margins)[known], (values + margins)[known]
    axes.fill_between(years[known], low, high, color=GREY, alpha=0.3, linewidth=0, zorder=0.9)
    return True


def keys(
    *,
    observed: bool = False,
    targets: bool = False,
    margin: bool = False,
    own: bool = False,
    language: Language,
) -> list[Handle]:
    """Give the entries of a legend for history, targets and the band of errors.

    `own` says that some of the targets are a scenario's, and not those of a plan.
    """
    entries: list[Handle] = []
    if observed:
        entries.append(Line2D([], [], linestyle="none", label=OBSERVED[language], **DOT))
    if targets:
        label = (OWN_TARGET if own else TARGET)[language]
        entries.append(Line2D([], [], linestyle="none", label=label, **DIAMOND))
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


def number_axis(axes: Axes, indicator: Indicator, language: Language) -> None:
    """Write the numbers of an axis with marks of thousands, and as English counts persons and money."""
    axes.yaxis.set_major_formatter(lambda value, _: axis_tick(value, indicator, language))
