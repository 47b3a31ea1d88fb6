"""Draw what was observed beside a run, with the model's own error, and what targets now take."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.output.figures import lettering, look, page
from urbsim.output.tables.monitor import (
    NOTES,
    STANDINGS,
    gain,
    number,
    pace_text,
    place_name,
    scenario_name,
)
from urbsim.output.tables.verdicts import target_demand
from urbsim.output.words import terms
from urbsim.study.indicator import Indicator
from urbsim.study.monitoring import Course, Monitoring, Reading, band_at, history_of, sign_of, value_at
from urbsim.study.observed_file import period_name
from urbsim.study.place import Observation
from urbsim.study.quantity import unit_name
from urbsim.study.words import Language, Words

log = logging.getLogger(__name__)

MOST = 24  # figures of a folder
YEARS_BEFORE = 10  # of history before the run starts: the pace that targets are held against
NEW = "#0072B2"
NEEDED: dict[str, Any] = {"color": look.RED, "linestyle": (0, (5, 2)), "linewidth": 1.4, "zorder": 3.2}
BEST: dict[str, Any] = {"color": "#009E73", "linestyle": (0, (1, 1.3)), "linewidth": 1.6, "zorder": 3.1}
FRESH: dict[str, Any] = {
    "marker": "o",
    "markersize": 5.2,
    "markerfacecolor": NEW,
    "markeredgecolor": "white",
    "markeredgewidth": 0.7,
    "color": NEW,
}

_SAID = {
    "new": Words(zh="新的实际值", en="new observations"),
    "band": Words(zh="模型自身误差", en="the model's own error"),
    "needed": Words(zh="达到目标所需路径", en="what the target now takes"),
    "best": Words(zh="历史最快五年的速度", en="the best five years ever"),
    "part": Words(
        zh="一年中部分时间的累计值按同样速度折算为全年。",
        en="Totals of part of a year are drawn as the year's at the same pace.",
    ),
    "open": Words(zh="（尚无定论）", en=" (open)"),
    "question": Words(
        zh="现实是否偏离了轨迹？目标还需要多快？",
        en="Has reality left the run, and what do targets now take?",
    ),
    "hold": Words(
        zh=(
            "误差带：参数所见年份内为拟合误差，其后为样本外误差或同类预测以往偏差中较大者，"
            "更远按直线外推；不是置信区间。"
        ),
        en=(
            "Band: error within the fitted years, then the larger of its error in the hold-out and the "
            "record of such projections, farther out along a straight line; no confidence interval."
        ),
    ),
}


def write_figures(folder: Path, monitoring: Monitoring, languages: Sequence[Language]) -> None:
    """Draw every series that has new observations, as PNG and SVG, in each language."""
    folder.mkdir()
    shown = list(dict.fromkeys((r.indicator.id, r.observation.region) for r in monitoring.readings))
    wanted = [(c.indicator.id, c.area) for c in monitoring.courses]
    shown.sort(key=lambda one: one not in wanted)  # those with targets first
    if len(shown) > MOST:
        log.warning("%d series were observed, and the first %d are drawn", len(shown), MOST)
    for language in languages:
        with look.styled(language):
            for indicator, area in shown[:MOST]:
                whole = area == monitoring.outcome.place.name
                stem = indicator if whole else f"{indicator}-{area.replace(' ', '-')}"
                look.save(draw(monitoring, indicator, area, language), folder, f"{stem}_{language}")


def finding(monitoring: Monitoring, indicator: str, area: str, language: Language) -> str:
    """Say in a sentence how the last observation of a series lies to the run."""
    readings = _readings(monitoring, indicator, area)
    compared = [reading for reading in readings if reading.deviation is not None]
    name = place_name(monitoring, readings[-1].indicator, area, language)
    place = monitoring.outcome.place
    if area == place.name:
        name = f"{place.title[language]}{terms.COLON[language]}{name}"
    if not compared:
        return name
    last = compared[-1]
    run = terms.quoted(scenario_name(monitoring, language), language)
    when = period_name(last.observation.year, language)
    off = abs(last.deviation or 0.0)
    size = _amount(off, last.indicator, language)
    above = (last.deviation or 0.0) > 0
    times = "" if last.widths is None else f"{last.widths:.2g}"
    since = _since(compared, language)
    if language == "zh":
        text = f"{name}{when}{'高' if above else '低'}于轨迹{run}{size}"
        if last.band is None or last.widths is None:
            return f"{text}，模型自身误差未知"
        if last.inside is None:
            return f"{text}，为拟合期内误差的{times}倍，此后误差未知"
        return f"{text}，" + ("在模型自身误差之内" if last.inside else f"为模型自身误差的{times}倍{since}")
    text = f"{name}, {when}: {size} {'above' if above else 'below'} the run {run}"
    if last.band is None or last.widths is None:
        return f"{text}; how far the model may be off is not known"
    if last.inside is None:
        return f"{text}, {times} times its error within the fitted years; that after them is not known"
    return f"{text}, " + (
        "within the model's own error" if last.inside else f"{times} times its own error{since}"
    )


def draw(monitoring: Monitoring, indicator: str, area: str, language: Language) -> Figure:
    """Draw one series: run with its band, what was observed, and what its targets take from now on."""
    outcome = monitoring.outcome
    series = outcome.run.measured.find(indicator, area) if outcome.run else None
    if series is None or outcome.run is None:
        raise ValueError(f"{outcome.name} does not report {indicator} for {area}")
    years, values = outcome.run.measured.years, series.values
    readings = _readings(monitoring, indicator, area)
    courses = [c for c in monitoring.courses if c.indicator.id == indicator and c.area == area]
    figure, (axes,) = page.sheet()
    bands = np.array(
        [
            np.nan
            if (band := band_at(outcome, indicator, area, float(year))) is None or band.kind == "floor"
            else band.width
            for year in years
        ]
    )
    banded = look.draw_margins(axes, years, values, bands)
    style = look.line_style(0)
    look.plot_line(axes, years, values, style)
    old = _old(monitoring, indicator, area)
    look.mark_history(axes, old)
    fresh = [r.observation.value / r.share for r in readings]
    axes.plot([r.observation.year for r in readings], fresh, linestyle="none", zorder=4.5, **FRESH)
    ends = []
    if (end := look.end_of(years, values)) is not None:
        ends.append(look.End(*end, scenario_name(monitoring, language), style))
    needed, best = _paths(axes, courses)
    _mark_targets(axes, monitoring, courses, language)
    look.tidy(axes)
    look.number_axis(axes, series.indicator, language)
    axes.set_title(terms.axis_unit(series.indicator, language))
    right = look.label_ends(axes, ends)
    takes = _takes(monitoring, courses, language)
    handles = look.keys(observed=bool(old), targets=bool(courses), language=language)
    handles.insert(1 if old else 0, Line2D([], [], linestyle="none", label=_SAID["new"][language], **FRESH))
    if needed:
        handles.append(Line2D([], [], label=_SAID["needed"][language], **NEEDED))
    if best:
        handles.append(Line2D([], [], label=_SAID["best"][language], **BEST))
    if banded:
        handles.append(Patch(facecolor=look.GREY, alpha=0.3, label=_SAID["band"][language]))
    page.lay_out(
        figure,
        title=finding(monitoring, indicator, area, language),
        subtitle=takes,
        question=_SAID["question"][language],
        handles=handles,
        notes=[
            _SAID["hold"][language] if banded else "",
            NOTES["break"][language] if "*" in takes else "",
            _SAID["part"][language] if any(r.share < 1 for r in readings) else "",
        ],
        right=right,
    )
    return figure


def _takes(monitoring: Monitoring, courses: Sequence[Course], language: Language) -> str:
    """Say what the targets of a series take from now on."""
    said, ever = [], ""
    for course in courses:
        demand = target_demand(course.target, monitoring.outcome.indicators, language)
        standing, year = STANDINGS[course.standing][language], course.target.year
        standing += _SAID["open"][language] * course.open
        if course.needed is None or course.standing == "reached":
            said.append(
                f"{year}年{demand}：{standing}" if language == "zh" else f"{demand} by {year}: {standing}"
            )
            continue
        need = gain(course.needed, course, language)
        own = "" if course.planned is None else gain(course.planned, course, language)
        ever = "" if course.long is None else pace_text(course.long, course, language)
        if language == "zh":
            own = f"，轨迹为{own}" if own else ""
            said.append(f"{year}年{demand}每年需{need}{own}：{standing}")
        else:
            own = f", the run has {own}" if own else ""
            said.append(f"{demand} by {year} takes {need} a year{own}: {standing}")
    if ever:
        said.append(f"历史最快五年年均{ever}" if language == "zh" else f"the best five years ever had {ever}")
    text = terms.STOP[language].join(said)
    return text[:1].upper() + text[1:]


def _paths(axes: Axes, courses: Sequence[Course]) -> tuple[bool, bool]:
    """Draw from the last observation to each target, and how far the best pace ever would lead."""
    needed = best = False
    for course in courses:
        if (
            course.last is None
            or course.needed is None
            or course.standing == "reached"
            or course.indicator.total
        ):
            continue
        start = (course.last.year, course.last.value)
        axes.plot([start[0], course.target.year], [start[1], course.level], **NEEDED)
        needed = True
    farthest = max(
        (
            c
            for c in courses
            if c.needed is not None
            and c.standing != "reached"
            and c.long is not None
            and not c.indicator.total
        ),
        key=lambda c: c.target.year,
        default=None,
    )
    if (
        farthest is not None
        and farthest.last is not None
        and farthest.long is not None
        and farthest.long.gain > 0
    ):
        left = farthest.target.year - farthest.last.year
        reached = sign_of(farthest.target) * (farthest.level - farthest.last.value) / farthest.long.gain
        time = min(left, reached)
        value = farthest.last.value + sign_of(farthest.target) * farthest.long.gain * time
        axes.plot([farthest.last.year, farthest.last.year + time], [farthest.last.value, value], **BEST)
        best = True
    return needed, best


def _mark_targets(axes: Axes, monitoring: Monitoring, courses: Sequence[Course], language: Language) -> None:
    """Mark targets, and write what each demands on the side where the run is not."""
    for course in courses:
        target, projected = course.target, course.projected
        axes.plot(target.year, target.value, linestyle="none", zorder=5, **look.DIAMOND)
        run = monitoring.outcome.run
        series = run.measured.find(course.indicator.id, course.area) if run else None
        here = value_at(series, run.measured.years, target.year) if series and run else projected
        below = here is not None and here > target.value
        late = target.year == max(c.target.year for c in courses)
        axes.annotate(
            target_demand(target, monitoring.outcome.indicators, language),
            (target.year, target.value),
            xytext=(5 if late else 0, -6 if below else 6),
            textcoords="offset points",
            ha="right" if late else "center",
            va="top" if below else "bottom",
            color=look.RED,
            fontsize=lettering.SMALL + 0.5,
            zorder=4.8,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.8},
        )


def _readings(monitoring: Monitoring, indicator: str, area: str) -> list[Reading]:
    return [r for r in monitoring.readings if r.indicator.id == indicator and r.observation.region == area]


def _old(monitoring: Monitoring, indicator: str, area: str) -> list[Observation]:
    new = {r.observation.year for r in _readings(monitoring, indicator, area)}
    first = monitoring.outcome.base_year - YEARS_BEFORE
    before = history_of(monitoring.outcome.place, indicator, area)
    return [one for one in before if one.year >= first and one.year not in new]


def _since(readings: Sequence[Reading], language: Language) -> str:
    """Say since when observations lie outside the band on one side, where that is more than the last."""
    outside = []
    for reading in reversed(readings):
        same = (reading.deviation or 0.0) * (readings[-1].deviation or 0.0) > 0
        if not (same and reading.widths is not None and reading.widths > 1):
            break
        outside.append(reading)
    if len(outside) < 2:
        return ""
    when = period_name(outside[-1].observation.year, language)
    return f"（自{when}起在误差之外）" if language == "zh" else f" (outside since {when})"


def _amount(value: float, indicator: Indicator, language: Language) -> str:
    if indicator.unit == "%":
        return f"{value:.1f}个百分点" if language == "zh" else f"{value:.1f} points"
    if indicator.unit.startswith("10k persons"):
        return f"{value:.1f}万人" if language == "zh" else f"{float(f'{value * 1e4:.3g}'):,.0f} persons"
    return f"{number(value, indicator, language)} {unit_name(indicator.unit, language)}".strip()
