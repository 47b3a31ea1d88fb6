"""Draw what was observed beside a run, with the model's own error, and what targets now take."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from urbsim.output.figures import look, page
from urbsim.output.figures.marks import Notes, distinct, draw_marks, target_marks
from urbsim.output.tables.monitor import (
    LEFT,
    NOTES,
    gain,
    lately_text,
    number,
    pace_text,
    place_name,
    span_text,
    standing_text,
)
from urbsim.output.tables.verdicts import target_demand
from urbsim.output.words import terms
from urbsim.output.words.finding import lowered
from urbsim.study.error_band import band_at
from urbsim.study.indicator import Indicator
from urbsim.study.monitoring import LATELY, LONG, Course, Monitoring, Pace, Reading, history_of, sign_of
from urbsim.study.observed_file import period_name
from urbsim.study.place import Observation
from urbsim.study.quantity import unit_name
from urbsim.study.words import Language, Words

log = logging.getLogger(__name__)

MOST = 24  # figures of a folder
SLIGHT = 1.05  # [-] widths of the band up to which an observation is just outside it
YEARS_BEFORE = 10  # of history before the run starts: the pace that targets are held against
NEW = "#0072B2"
NEEDED: dict[str, Any] = {"color": look.RED, "linestyle": (0, (5, 2)), "linewidth": 1.4, "zorder": 3.2}
BEST: dict[str, Any] = {"color": "#009E73", "linestyle": (0, (1, 1.3)), "linewidth": 1.6, "zorder": 3.1}
FLOOR: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#888888",
    "linestyle": (0, (2, 2)),
    "linewidth": 0.8,
}
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
    "band": look.MARGIN,
    "least": Words(
        zh="虚线之间为拟合期内误差：此后误差未知，至少如此。",
        en="Between the broken lines: error within the fitted years; that after them is not known, nor less.",
    ),
    "floor": Words(zh="至少有的误差（拟合期内误差）", en="the least that it may be off (of fitted years)"),
    "needed": Words(zh="达到目标所需路径", en="what the target now takes"),
    "best": Words(zh="历史最快{}的速度", en="the best {} ever"),
    "five": Words(zh="五年", en="five years"),
    "years": Words(zh="{:g}年", en="{:g} years"),
    "lately": Words(zh="近三年", en="the last three years"),
    "part": Words(
        zh="一年中部分时间的累计值按同样速度折算为全年。",
        en="Totals of part of a year are drawn as the year's at the same pace.",
    ),
    "open": Words(zh="（尚无定论）", en=" (open)"),
    "question": Words(
        zh="现实是否偏离了模拟？目标还需要多快？",
        en="Has reality left the run, and what do targets now take?",
    ),
    "hold": Words(
        zh=(
            "误差带：参数所见年份内为拟合误差，其后为样本外误差或对同类预测误差的估计，取较大者，"
            "更远按直线外推；不是置信区间。"
        ),
        en=(
            "Band: error within the fitted years, then that of the hold-out or an allowance judged from "
            "projections of its kind, whichever is wider, in a straight line beyond; no confidence interval."
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
    of = readings[-1].indicator
    name = place_name(monitoring, of, area, language)
    place = monitoring.outcome.place
    if area == place.name:
        where = place.title[language]
        name = f"{where}{name}" if language == "zh" else f"{where}, {lowered(name)}"
    if not compared:
        return name
    last = compared[-1]
    run = terms.quoted(monitoring.outcome.scenario.title[language], language)
    when = period_name(last.observation.year, language, sums=of.total)
    size = _amount(abs(last.deviation or 0.0), of, language)
    above = (last.deviation or 0.0) > 0
    same = not any(digit in "123456789" for digit in size)
    times = "" if last.widths is None else f"{last.widths:.2g}"
    since = _since(compared, language)
    if language == "zh":
        how = f"与{run}的模拟值一致" if same else f"{'高' if above else '低'}于{run}的模拟值{size}"
        text = f"{name}{when}{how}"
        if last.band is None or last.widths is None:
            return f"{text}，模型误差未知"
        if last.inside is None:
            return f"{text}，为拟合期内误差的{times}倍，此后误差未知"
        outside = "略超出模型误差" if last.widths < SLIGHT else f"为模型误差的{times}倍"
        within = "在模型误差之内" if last.inside else f"{outside}{since}"
        return text if same and last.inside else f"{text}，{within}"
    how = f"as in the run {run}" if same else f"{size} {'above' if above else 'below'} the run {run}"
    text = f"{name}, {when}: {how}"
    if last.band is None or last.widths is None:
        return f"{text}; how far the model may be off is not known"
    if last.inside is None:
        return f"{text}, {times} times its error within the fitted years; that after them is not known"
    outside = "just beyond" if last.widths < SLIGHT else f"{times} times"
    within = "within what the model may be off" if last.inside else f"{outside} what it may be off{since}"
    return text if same and last.inside else f"{text}, {within}"


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
    bands = _draw_bands(axes, monitoring, series.indicator, area, language)
    style = look.line_style(0)
    look.plot_line(axes, years, values, style)
    old = _old(monitoring, indicator, area)
    look.mark_history(axes, old)
    fresh = [r.observation.value / r.share for r in readings]
    axes.plot([r.observation.year for r in readings], fresh, linestyle="none", zorder=4.5, **FRESH)
    ends = []
    if (end := look.end_of(years, values)) is not None:
        ends.append(look.End(*end, outcome.scenario.title[language], style))
    needed, best = _paths(axes, courses)
    targets, notes = distinct(course.target for course in courses), Notes()
    axes.margins(x=0.02)
    if targets:
        axes.set_xlim(right=max(axes.get_xlim()[1], *(target.year + 0.5 for target in targets)))
    look.tidy(axes)
    look.number_axis(axes, series.indicator, language)
    right = look.room_for(end.text for end in ends)
    width = 72 * page.WIDTH - 2 * page.EDGE - look.left_room(axes) - max(right, 10.0)
    scale = width / float(np.ptp(axes.get_xlim()))
    rooms = [(target.year - axes.get_xlim()[0]) * scale for target in targets]
    draw_marks([(axes, target_marks(targets, series.indicator, language, notes, rooms))], width)
    right = look.label_ends(axes, ends)
    takes = _takes(courses, monitoring, language)
    handles = look.keys(observed=bool(old), targets=bool(courses), language=language)
    handles.insert(1 if old else 0, Line2D([], [], linestyle="none", label=_SAID["new"][language], **FRESH))
    if needed:
        handles.append(Line2D([], [], label=_SAID["needed"][language], **NEEDED))
    if best is not None:
        label = _SAID["best"][language].format(_span(best, language))
        handles.append(Line2D([], [], label=label, **BEST))
    page.lay_out(
        figure,
        title=finding(monitoring, indicator, area, language),
        detail=takes,
        subtitle=_subtitle(monitoring, series.indicator, area, language),
        question=_SAID["question"][language],
        handles=[*handles, *bands.values()],
        notes=[
            *(_SAID[key][language] for key in bands),
            NOTES["break"][language] if "*" in takes else "",
            _SAID["part"][language] if any(r.share < 1 for r in readings) else "",
            *notes.lines,
        ],
        right=right,
    )
    return figure


def _draw_bands(
    axes: Axes, monitoring: Monitoring, indicator: Indicator, area: str, language: Language
) -> dict[str, Patch]:
    """Draw how far the run may be off, and between lines what is only the least; give the keys of both."""
    outcome = monitoring.outcome
    series = outcome.run.measured.find(indicator.id, area) if outcome.run else None
    if series is None or outcome.run is None:
        return {}
    years, values = outcome.run.measured.years, series.values
    name = outcome.parameter_set
    found = [band_at(outcome.place, indicator.id, area, float(y), parameter_set=name) for y in years]
    known, least = (
        np.array([b.width if b is not None and (b.kind == "floor") == floor else np.nan for b in found])
        for floor in (False, True)
    )
    handles = {}
    if look.draw_margins(axes, years, values, known):
        handles["hold"] = Patch(facecolor=look.GREY, alpha=0.3, label=_SAID["band"][language])
    if np.isfinite(least * values).any():
        after = np.flatnonzero(np.isfinite(least))[0]
        if after and np.isfinite(known[after - 1]):
            least[after - 1] = known[after - 1]
        axes.fill_between(years, values - least, values + least, **FLOOR, zorder=0.9)
        handles["least"] = Patch(**FLOOR, label=_SAID["floor"][language])
    return handles


def _subtitle(monitoring: Monitoring, indicator: Indicator, area: str, language: Language) -> str:
    where = monitoring.outcome.place.area_title(area)[language]
    unit = terms.axis_unit(indicator, language)
    return f"{where} · {terms.with_unit(indicator.name[language], unit, language)}"


def _takes(courses: Sequence[Course], monitoring: Monitoring, language: Language) -> str:
    """Say what the targets of a series take from now on."""
    said = [_take(course, monitoring, language) for course in courses]
    undecided = [course for course in courses if _undecided(course)]
    if any(course.held is False for course in undecided):
        said.insert(0, LEFT[language])
    late = next((lately_text(course, language) for course in undecided if course.lately is not None), "")
    if late:
        said.append(f"近来实际每年{late}" if language == "zh" else f"observed lately, a year: {late}")
    said += [_ever(course.long, course, language) for course in undecided if course.long is not None][:1]
    text = terms.STOP[language].join(said)
    return text[:1].upper() + text[1:]


def _take(course: Course, monitoring: Monitoring, language: Language) -> str:
    """Say what a target takes from now on, and how it stands."""
    demand = target_demand(course.target, monitoring.outcome.indicators, language)
    standing, year = standing_text(replace(course, held=None), language, _SAID["open"]), course.target.year
    if course.needed is None or not _undecided(course):
        return f"{year}年{demand}：{standing}" if language == "zh" else f"{demand} by {year}: {standing}"
    if course.standing == "by the run only" and course.lately is not None:
        standing = _slow(course, course.lately, language) + _SAID["open"][language] * course.open
    need = gain(course.needed, course, language)
    own = "" if course.planned is None else gain(course.planned, course, language)
    if language == "zh":
        return f"{year}年{demand}每年需{need}{f'，模拟为{own}' if own else ''}，{standing}"
    return f"{demand} by {year} takes {need} a year{f', the run has {own}' if own else ''}: {standing}"


def _undecided(course: Course) -> bool:
    return course.needed is not None and course.standing not in ("reached", "missed", "not observed")


def _slow(course: Course, lately: Pace, language: Language) -> str:
    """Say that the pace of the run would do, and the one of late would not."""
    usual = abs(lately.span - LATELY) < 0.01
    when = _SAID["lately"][language] if usual else span_text(lately, language)
    have = gain(lately.gain, course, language)
    if language == "zh":
        return f"按模拟增速可达，但{when}实际年均仅{have}，低于所需"
    return f"met at the pace of the run, but {when} had only {have} a year, less than it takes"


def _ever(pace: Pace, course: Course, language: Language) -> str:
    text = pace_text(pace, course, language)
    years = _span(pace, language)
    return f"历史最快{years}年均{text}" if language == "zh" else f"the best {years} ever had {text} a year"


def _span(pace: Pace, language: Language) -> str:
    """Write how many years a pace was kept up."""
    return _SAID["five" if pace.span == LONG else "years"][language].format(pace.span)


def _paths(axes: Axes, courses: Sequence[Course]) -> tuple[bool, Pace | None]:
    """Draw from the last observation to each target, and how far the best pace ever would lead."""
    needed = False
    best: Pace | None = None
    for course in courses:
        if course.last is None or not _undecided(course) or course.indicator.total:
            continue
        start = (course.last.year, course.last.value)
        axes.plot([start[0], course.target.year], [start[1], course.level], **NEEDED)
        needed = True
    farthest = max(
        (c for c in courses if _undecided(c) and c.long is not None and not c.indicator.total),
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
        best = farthest.long
    return needed, best


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
    when = period_name(outside[-1].observation.year, language, sums=outside[-1].indicator.total)
    return f"（自{when}起在误差之外）" if language == "zh" else f" (outside since {when})"


def _amount(value: float, indicator: Indicator, language: Language) -> str:
    if indicator.unit == "%":
        return f"{value:.1f}个百分点" if language == "zh" else f"{value:.1f} points"
    if indicator.unit.startswith("10k persons"):
        return f"{value:.1f}万人" if language == "zh" else f"{float(f'{value * 1e4:.3g}'):,.0f} persons"
    blank = "" if language == "zh" else " "
    return f"{number(value, indicator, language)}{blank}{unit_name(indicator.unit, language)}".strip()
