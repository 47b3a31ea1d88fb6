"""Draw the figures of a results folder. The only door to matplotlib, and never to pyplot."""

from __future__ import annotations

import logging
import math
import re
import textwrap
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from urbsim.output.fonts import ADVICE, chinese_font
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place import Observation, Place
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.report import Series
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a figure shows: indicators of the whole place, in a panel each or stacked in one."""

    id: str
    title: Words
    indicators: tuple[str, ...]
    stacked: bool = False
    level: float | None = None  # a line to hold values against


PICTURES = (
    Picture(
        id="urbanization_rate",
        title=Words(zh="常住人口城镇化率", en="Urbanization rate"),
        indicators=("urbanization_rate",),
    ),
    Picture(
        id="urban_residents",
        title=Words(zh="城镇常住人口", en="Urban residents"),
        indicators=("urban_residents",),
    ),
    Picture(
        id="population_by_status",
        title=Words(zh="常住人口（按居住地和户籍）", en="Residents by residence and hukou"),
        indicators=(
            "urban_local_urban_hukou",
            "urban_local_rural_hukou",
            "urban_from_outside",
            "rural_residents",
        ),
        stacked=True,
    ),
    Picture(id="settlers", title=Words(zh="年落户人数", en="Settlers per year"), indicators=("settlers",)),
    Picture(
        id="land",
        title=Words(zh="用地指标与城镇建设用地", en="Land quota and land in use"),
        indicators=("quota_inflow", "quota_bank", "urban_land"),
    ),
    Picture(
        id="service_adequacy",
        title=Words(zh="公共服务满足程度（1 为达到标准）", en="Service adequacy (1 meets the standard)"),
        indicators=(
            "nursery_adequacy",
            "school_adequacy",
            "health_adequacy",
            "elderly_care_adequacy",
            "rental_housing_adequacy",
        ),
        level=1.0,
    ),
)

# Okabe and Ito's colours and one of Tol's, told apart by most colour-blind readers; dashes and markers do it
# in grey.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
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
HATCHES = ("", "///", "...", "", "\\\\\\")
RED = "#B2182B"  # plan targets
GREY = "#999999"  # what is uncertain
LINE_OF_TEXT = 0.055  # [-] of the height of a figure's axes
YEARS_BEFORE = 5  # of history before the base year: the recent pace, without flattening the scenarios
MANY = 9  # scenarios from which a legend below replaces labels at the ends of the lines
LETTER = 5.0  # [points] width of a letter of 9 points; a Chinese character takes two
ENTRY = 46  # [points] of a legend beside its text: the sample of line, and blanks
LABEL = 26  # letters of a label at the end of a line
WIDEST = 44  # letters of an entry of a legend

COLON = Words(zh="：", en=": ")
OBSERVED = Words(zh="实际值", en="observed")
TARGET = Words(zh="规划目标", en="plan target")
MARGIN = Words(zh="误差：同类预测以往偏差", en="how far such projections have been off")
_PERSONS = {"10k persons": (0.01, "million persons"), "10k persons/year": (1e4, "persons a year")}
_ABOUT = Words(zh="约", en="about ")

_STYLE: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.unicode_minus": False,
    "figure.titlesize": 12.0,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "urbsim",  # the same run gives the same file
}


def write_figures(folder: Path, outcomes: Sequence[Outcome], languages: Sequence[Language]) -> None:
    """Draw every picture that the indicators allow, as PNG and SVG, in each language.

    Without a font that has Chinese characters the figures are in English, and a warning says how to get one.
    """
    folder.mkdir()
    names_chinese = any(has_chinese(outcome.scenario.title.en) for outcome in outcomes)
    languages, font = drawable(languages, names_chinese=names_chinese)
    if font is None:
        outcomes = [_with_latin_title(outcome, i) for i, outcome in enumerate(outcomes, start=1)]
    groups = _by_place([outcome for outcome in outcomes if outcome.run])
    with boxes_told():
        _write(folder, groups, languages, font)


def drawable(
    languages: Sequence[Language], *, names_chinese: bool = False
) -> tuple[tuple[Language, ...], str | None]:
    """Give the languages that can be drawn here, and the font for Chinese where one is needed and found.

    `names_chinese` says that names stand in Chinese in English figures too.
    """
    font = chinese_font() if "zh" in languages or names_chinese else None
    if "zh" in languages and font is None:
        log.warning(ADVICE)
        return ("en",), None
    return tuple(languages), font


@contextmanager
def boxes_told() -> Iterator[None]:
    """Say in plain words, once, when a character is in no font; other warnings come as they are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if "Glyph" not in str(warning.message):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if any("Glyph" in str(warning.message) for warning in caught):
        log.warning("some characters of the titles are in no font found here, and are drawn as boxes")


def fonts_of(language: Language, font: str | None) -> tuple[str | None, ...]:
    """Give the fonts of a figure in order of preference, where `font` has Chinese characters."""
    return (font,) if language == "zh" else ("DejaVu Sans", font)


def save(figure: Figure, folder: Path, stem: str) -> None:
    """Write a figure as PNG and SVG, the same bytes for the same figure."""
    figure.savefig(folder / f"{stem}.png", dpi=160, metadata={"Software": None})
    figure.set_layout_engine("none")  # it is laid out now; doing it again takes as long
    figure.savefig(folder / f"{stem}.svg", metadata={"Date": None})


@contextmanager
def styled(*fonts: str | None) -> Iterator[None]:
    """Draw in the project's style, with these fonts in order of preference, until the context ends."""
    with mpl.rc_context({**_STYLE, "font.family": [name for name in (*fonts, "DejaVu Sans") if name]}):
        yield


def _write(
    folder: Path, groups: Sequence[Sequence[Outcome]], languages: Sequence[Language], font: str | None
) -> None:
    for language in languages:
        with styled(*fonts_of(language, font)):
            for group in groups:
                before = f"{group[0].place.name}_" if len(groups) > 1 else ""
                for picture in PICTURES:
                    figure = draw(picture, group, language)
                    if figure is None:
                        continue
                    stem = f"{before}{picture.id}_{language}"
                    save(figure, folder, stem)


def draw(picture: Picture, outcomes: Sequence[Outcome], language: Language) -> Figure | None:
    """Draw a picture of the runs of one place; None when none of its indicators is reported."""
    known = {indicator.id: indicator for indicator in outcomes[0].indicators} if outcomes else {}
    indicators = [known[name] for name in picture.indicators if name in known]
    if not indicators:
        return None
    if picture.stacked:
        figure = _draw_stacks(indicators, outcomes, language)
    elif len(indicators) == 1:
        figure = _draw_one(indicators[0], outcomes, language)
    else:
        figure = _draw_panels(indicators, outcomes, language, picture.level)
    place = outcomes[0].place
    unit = f" [{axis_unit(indicators[0], language)}]" if picture.stacked else ""
    title = f"{place.title[language]}{COLON[language]}{picture.title[language]}{unit}"
    figure.suptitle(wrap(title, int(0.7 * letters_of(figure))), x=0.01, ha="left")
    return figure


def _draw_one(indicator: Indicator, outcomes: Sequence[Outcome], language: Language) -> Figure:
    figure = Figure(figsize=(8.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    place = outcomes[0].place
    margin = _band(axes, indicator, outcomes[0])
    ends = _lines(axes, indicator, outcomes, language)
    observed = _observations(place, indicator)
    targets = _targets(outcomes, indicator)
    mark_history(axes, observed)
    _mark(axes, targets, indicator, language)
    axes.set_title(axis_unit(indicator, language))
    tidy(axes)
    number_axis(axes, indicator, language)
    handles: list[Line2D | Patch] = [*keys(bool(observed), bool(targets), language)]
    if margin:
        handles.append(Patch(facecolor=GREY, alpha=0.3, label=MARGIN[language]))
    if len(outcomes) < MANY and labels_fit(text for _, _, text, _ in ends):
        label_ends(axes, ends)
    else:
        handles = [*_scenario_keys(outcomes, language), *handles]
    set_legend(figure, handles)
    return figure


def _draw_panels(
    indicators: Sequence[Indicator], outcomes: Sequence[Outcome], language: Language, level: float | None
) -> Figure:
    columns = min(3, len(indicators))
    rows = math.ceil(len(indicators) / columns)
    figure = Figure(figsize=(4.2 * columns if columns < 3 else 10.2, 3.1 * rows + 0.9), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=level is not None)
    for axes, indicator in zip(grid.flat, indicators, strict=False):
        _lines(axes, indicator, outcomes, language)
        mark_history(axes, _observations(outcomes[0].place, indicator))
        _mark(axes, _targets(outcomes, indicator), indicator, language)
        if level is not None:
            axes.axhline(level, color="#888888", linewidth=0.8, zorder=1)
        unit = axis_unit(indicator, language)
        title = f"{indicator.name[language]} [{unit}]" if unit else indicator.name[language]
        axes.set_title(wrap(title, letters_of(figure) // columns - 6))
        tidy(axes, ticks=4)
        number_axis(axes, indicator, language)
    for axes in grid.flat[len(indicators) :]:
        axes.remove()
    for column in range(columns):  # the lowest panel of a column carries the years
        lowest = (len(indicators) - 1 - column) // columns
        grid[lowest, column].tick_params(labelbottom=True)
    observed = any(_observations(outcomes[0].place, indicator) for indicator in indicators)
    targets = any(_targets(outcomes, indicator) for indicator in indicators)
    set_legend(figure, [*_scenario_keys(outcomes, language), *keys(observed, targets, language)])
    return figure


def _draw_stacks(indicators: Sequence[Indicator], outcomes: Sequence[Outcome], language: Language) -> Figure:
    columns = min(3, len(outcomes))
    rows = math.ceil(len(outcomes) / columns)
    figure = Figure(figsize=(max(6.4, 3.4 * columns), 2.9 * rows + 1.1), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    fills: list[dict[str, Any]] = [
        {
            "facecolor": FILLS[i % len(FILLS)],
            "hatch": HATCHES[i % len(HATCHES)],
            "edgecolor": "white",
            "linewidth": 0.6,
        }
        for i in range(len(indicators))
    ]
    for axes, outcome in zip(grid.flat, outcomes, strict=False):
        floor: Any = 0.0
        for indicator, fill in zip(indicators, fills, strict=True):
            series = _series(outcome, indicator)
            top = floor + series.values
            axes.fill_between(_years(outcome), floor, top, **fill)
            floor = top
        axes.set_title(wrap(outcome.scenario.title[language], letters_of(figure) // columns - 6))
        tidy(axes, ticks=4)
        number_axis(axes, indicators[0], language)
        axes.margins(x=0, y=0.04)
    grid[0, 0].set_ylim(bottom=0)
    for axes in grid.flat[len(outcomes) :]:
        axes.remove()
    for column in range(columns):
        lowest = (len(outcomes) - 1 - column) // columns
        grid[lowest, column].tick_params(labelbottom=True)
    handles = [Patch(label=i.name[language], **fill) for i, fill in zip(indicators, fills, strict=True)]
    set_legend(figure, handles)
    return figure


def set_legend(figure: Figure, handles: Sequence[Line2D | Patch]) -> None:
    """Set a legend below, in as many columns as fit the width; many rows make the figure higher."""
    if not handles:
        return
    for handle in handles:
        handle.set_label(wrap(str(handle.get_label()), WIDEST))
    texts = [line for handle in handles for line in str(handle.get_label()).splitlines()]
    width, height = figure.get_size_inches()
    columns = int((72 * width - 20) / (ENTRY + LETTER * max(map(text_width, texts))))
    columns = max(1, min(4, columns, len(handles)))
    rows = math.ceil(len(handles) / columns)
    figure.set_size_inches(width, height + 0.2 * max(0, rows - 2))
    figure.legend(handles=handles, loc="outside lower left", ncols=columns, frameon=False)


def _lines(
    axes: Axes, indicator: Indicator, outcomes: Sequence[Outcome], language: Language
) -> list[tuple[float, float, str, str]]:
    """Draw a line per scenario; give the end of each with its label and colour."""
    ends = []
    for position, outcome in enumerate(outcomes):
        years, values = _years(outcome), _series(outcome, indicator).values
        style = line_style(position)
        every = max(1, len(years) // 5)
        axes.plot(years, values, **style, markevery=(position % every, every), zorder=3)
        shown = np.flatnonzero(np.isfinite(values))
        if shown.size:
            end = (float(years[shown[-1]]), float(values[shown[-1]]))
            ends.append((*end, outcome.scenario.title[language], str(style["color"])))
    return ends


def _band(axes: Axes, indicator: Indicator, outcome: Outcome) -> bool:
    """Draw around a run how far projections of this kind have been off; False when that is not known."""
    years, values = _years(outcome), _series(outcome, indicator).values
    return draw_margins(axes, years, values, margins_of(outcome.place, indicator.id, years))


def margins_of(place: Place, indicator: str, years: Sequence[float] | np.ndarray) -> np.ndarray:
    """Give by year how far projections have been off [unit of the indicator]; NaN where that is not known."""
    margins = (
        0.0 if year == place.last_observed_year else place.margin(indicator, int(year)) for year in years
    )
    return np.array([np.nan if margin is None else margin for margin in margins])


def draw_margins(axes: Axes, years: np.ndarray, values: np.ndarray, margins: np.ndarray) -> bool:
    """Draw a grey band around values, behind all else; False when fewer than two margins are known."""
    known = np.isfinite(margins)
    if known.sum() < 2:
        return False
    low, high = (values - margins)[known], (values + margins)[known]
    axes.fill_between(years[known], low, high, color=GREY, alpha=0.3, linewidth=0, zorder=0.9)
    return True


def line_style(position: int) -> dict[str, Any]:
    """Give each of the first 42 scenarios a look of its own: another marker when the colours begin again."""
    return {
        "color": COLOURS[position % len(COLOURS)],
        "linestyle": DASHES[position % len(DASHES)],
        "marker": MARKERS[(position + 3 * (position // len(COLOURS))) % len(MARKERS)],
        "markersize": 3.5,
        "linewidth": 1.6,
    }


def mark_history(axes: Axes, observed: Sequence[Observation]) -> None:
    """Draw what was observed, as dots."""
    if observed:
        axes.scatter(
            [one.year for one in observed],
            [one.value for one in observed],
            s=16,
            facecolor="white",
            edgecolor="#444444",
            linewidth=1,
            zorder=4,
        )


def _mark(axes: Axes, targets: Sequence[Target], indicator: Indicator, language: Language) -> None:
    """Mark targets, each with its value in a strip above everything that is drawn."""
    if not targets:
        return
    low, high = axes.get_ylim()
    low, high = min(low, *(t.value for t in targets)), max(high, *(t.value for t in targets))
    low = min(low, min(t.value for t in targets) - 0.04 * (high - low))  # marks stand whole above the axis
    left, right = axes.get_xlim()
    line = 0.06 * (high - low)
    free = [-math.inf, -math.inf]  # where the two lines of the strip are free again
    for target in sorted(targets, key=lambda target: target.year):
        row = 0 if target.year - 0.17 * (right - left) > free[0] else 1
        free[row] = target.year
        top = high + line * (1 + row)
        axes.vlines(target.year, target.value, top, color=RED, linewidth=0.7, linestyle=":")
        axes.plot(
            target.year, target.value, marker="D", markersize=7, color=RED, markerfacecolor="none", zorder=5
        )
        axes.annotate(
            demand(target, indicator, language),
            (target.year, top),
            xytext=(-3, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=RED,
        )
    axes.set_xlim(left, right)
    axes.set_ylim(low, high + line * (2 + (free[1] > -math.inf)))


def demand(target: Target, indicator: Indicator, language: Language) -> str:
    """Write what a target demands, such as "about 80 %"."""
    sign = {"~": _ABOUT[language], ">=": "≥ ", "<=": "≤ "}[target.operator]
    sign = sign.strip() if language == "zh" else sign
    return f"{sign}{quantity(target.value, indicator.unit, language=language, long=True)}"


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write a name at the right of each line, moved apart where they would touch."""
    low, high = axes.get_ylim()
    ends = sorted(((x, y, wrap(text, LABEL), colour) for x, y, text, colour in ends), key=lambda end: end[1])
    sizes = [LINE_OF_TEXT * (text.count("\n") + 1) for _, _, text, _ in ends]
    heights = spread([(y - low) / (high - low) for _, y, _, _ in ends], sizes)
    for (x, y, text, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            text,
            (x, y),
            xytext=(1.05, height),
            textcoords="axes fraction",
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 1.0,
                "shrinkA": 1,
                "shrinkB": 3,
                "relpos": (0, 0.5),
            },
        )


def labels_fit(texts: Iterable[str]) -> bool:
    """Say whether these names can stand beside each other's lines."""
    return LINE_OF_TEXT * sum(wrap(text, LABEL).count("\n") + 1 for text in texts) <= 1


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


def tidy(axes: Axes, ticks: int = 6) -> None:
    """Set ticks of years and values, about so many on each axis."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=ticks, integer=True, steps=[1, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=ticks))
    axes.tick_params(length=3)


def keys(observed: bool, targets: bool, language: Language) -> Iterator[Line2D]:
    """Give the entries of a legend for history and targets."""
    if observed:
        dot: dict[str, Any] = {"marker": "o", "markersize": 4, "markerfacecolor": "white", "color": "#444444"}
        yield Line2D([], [], linestyle="none", label=OBSERVED[language], **dot)
    if targets:
        diamond: dict[str, Any] = {"marker": "D", "markersize": 6, "markerfacecolor": "none", "color": RED}
        yield Line2D([], [], linestyle="none", label=TARGET[language], **diamond)


def _scenario_keys(outcomes: Sequence[Outcome], language: Language) -> list[Line2D]:
    return [
        Line2D([], [], label=outcome.scenario.title[language], **line_style(position))
        for position, outcome in enumerate(outcomes)
    ]


def _observations(place: Place, indicator: Indicator) -> list[Observation]:
    return [
        one
        for one in place.history
        if one.indicator == indicator.id
        and place.area(one.region) == place.name
        and one.year >= place.base_year - YEARS_BEFORE
    ]


def _targets(outcomes: Sequence[Outcome], indicator: Indicator) -> list[Target]:
    place = outcomes[0].place
    wanted: dict[tuple[int, str, float], Target] = {}
    for target in (target for outcome in outcomes for target in outcome.targets):
        if target.indicator == indicator.id and place.area(target.region) == place.name:
            wanted.setdefault((target.year, target.operator, target.value), target)
    return list(wanted.values())


def _series(outcome: Outcome, indicator: Indicator) -> Series:
    series = outcome.run.measured.find(indicator.id, outcome.place.name) if outcome.run else None
    if series is None:
        raise ValueError(f"{outcome.name} does not report {indicator.id}")
    return series


def _years(outcome: Outcome) -> np.ndarray:
    return outcome.run.measured.years if outcome.run else np.array([])


def axis_unit(indicator: Indicator, language: Language) -> str:
    """Name what an axis is numbered in."""
    if language == "en" and indicator.unit in _PERSONS:
        return _PERSONS[indicator.unit][1]
    return unit_name(indicator.unit, language)


def number_axis(axes: Axes, indicator: Indicator, language: Language) -> None:
    """Write the numbers of an axis of persons as English says them, which is not in ten thousands."""
    if language == "en" and indicator.unit in _PERSONS:
        scale = _PERSONS[indicator.unit][0]
        axes.yaxis.set_major_formatter(lambda value, _: f"{scale * value:,.10g}")


def letters_of(figure: Figure) -> int:
    """Give how many letters fit the width of a figure."""
    return int(72 * figure.get_size_inches()[0] / LETTER)


def has_chinese(text: str) -> bool:
    """Say whether a text has characters that need a Chinese font."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


def text_width(text: str) -> int:
    """Give the width of a text in letters."""
    return sum(2 if has_chinese(character) else 1 for character in text)


def wrap(text: str, letters: int) -> str:
    r"""Break a text into even lines of at most so many letters: between words, in Chinese between characters.

    Examples
    --------
    >>> wrap("Services first and county seats", 16)
    'Services first\nand county seats'
    >>> wrap("公共服务优先", 8)
    '公共服务\n优先'
    >>> wrap("Base village departure rate（4个区域）", 26)
    'Base village departure\nrate（4个区域）'
    """
    if text_width(text) <= letters:
        return text
    lines_needed = math.ceil(text_width(text) / letters)
    even = min(letters, math.ceil(text_width(text) / lines_needed) + (2 if has_chinese(text) else 5))
    if not has_chinese(text):
        return "\n".join(textwrap.wrap(text, max(even, 8)))
    lines: list[str] = []
    for width in range(even, letters + 1):  # wider where words and marks that stay together ask for it
        lines = _filled(text, width)
        if len(lines) == lines_needed:
            break
    return "\n".join(lines)


def _filled(text: str, letters: int) -> list[str]:
    """Fill lines with Chinese characters and words in Latin letters, with the marks that belong to them."""
    lines = [""]
    for part in re.findall(r"[（“]*(?:[!-~]+|.)[）”，。：；、]* ?", text):
        if lines[-1] and text_width(lines[-1] + part.rstrip()) > letters:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _with_latin_title(outcome: Outcome, number: int) -> Outcome:
    """Give a title that can be drawn without a Chinese font: the scenario's name, or else a number."""
    scenario = outcome.scenario
    if not has_chinese(scenario.title.en):
        return outcome
    title = f"scenario {number}" if has_chinese(scenario.name) else scenario.name
    return replace(outcome, scenario=replace(scenario, title=Words(en=title)))


def _by_place(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(str(outcome.place.folder), []).append(outcome)
    return list(groups.values())
