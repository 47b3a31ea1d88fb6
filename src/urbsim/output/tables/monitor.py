"""New observations beside a run, and the course of its targets: as tables, and printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from urbsim.output.tables.dictionary import column_table
from urbsim.output.tables.run import Cell, Table
from urbsim.output.tables.verdicts import target_demand
from urbsim.output.words.terms import STOP
from urbsim.study.indicator import Indicator
from urbsim.study.monitoring import BEHIND, LED_BY_RUN, Course, Monitoring, Pace, Reading, sign_of
from urbsim.study.observed_file import period_name
from urbsim.study.place import NO_SET
from urbsim.study.quantity import quantity, unit_name
from urbsim.study.words import Language, Words

STANDINGS = {
    "reached": Words(zh="已达到", en="reached"),
    "beyond now": Words(zh="目前已高于目标水平", en="above the level now"),
    "on course": Words(zh="进度符合", en="on course"),
    "by the run only": Words(zh="仅按模拟增速可达", en="at the pace of the run only"),
    "behind": Words(zh="落后", en="behind"),
    "faster than ever": Words(zh="须快于历史最快", en="only faster than ever"),
    "missed": Words(zh="未达到", en="missed"),
    "not observed": Words(zh="无实际值", en="not observed"),
}
KINDS = {
    "fitted": Words(zh="拟合期内误差", en="within the fitted years"),
    "hold-out": Words(zh="样本外误差", en="of the hold-out"),
    "continued": Words(zh="误差按直线外推", en="continued in a straight line"),
    "record": Words(zh="对同类预测误差的估计", en="allowance for such projections"),
    "floor": Words(zh="至少为拟合期内误差", en="at least, of the fitted years"),
}
ROOMY = 140  # [columns] from which the best gains ever are printed too
_LEAST = {"%": 0.01, "10k persons": 0.1, "ratio": 0.01}  # changes that would be written as +0 or -0
STYLES = {"reached": "green", "on course": "green", "beyond now": "green", "not observed": "dim"}
UNDER = Words(zh="目前已低于目标水平", en="below the level now")  # where at most is demanded
LEFT = Words(zh="实际已超出模型误差，宜重新推算", en="reality has left the run, to be worked out anew")
_SAID = {
    "indicator": Words(zh="指标", en="indicator"),
    "period": Words(zh="时期", en="period"),
    "observed": Words(zh="实际值", en="observed"),
    "deviation": Words(zh="偏离", en="off by"),
    "band": Words(zh="模型自身误差", en="model's own error"),
    "found": Words(zh="判断", en="found"),
    "inside": Words(zh="误差之内", en="inside"),
    "outside": Words(zh="误差之外", en="outside"),
    "beyond": Words(zh="超过下限，尚无定论", en="beyond the least, open"),
    "times": Words(zh="倍", en=" x"),
    "unknown": Words(zh="未知", en="not known"),
    "seen": Words(zh="拟合所用年份", en="year of the fit"),
    "share": Words(zh="累计值，按时间比例对照", en="year to date, held against that share of the year"),
    "target": Words(zh="目标", en="target"),
    "last": Words(zh="最近实际值", en="last observed"),
    "needed": Words(zh="今后每年需", en="needed a year"),
    "planned": Words(zh="模拟每年", en="run, a year"),
    "short": Words(zh="历史最快一年", en="best year ever"),
    "long": Words(zh="历史最快五年，每年", en="best 5 years, a year"),
    "lately": Words(zh="近来实际每年", en="observed lately, a year"),
    "latest": Words(zh="最近一年{}", en="{} in the last year"),
    "standing": Words(zh="进度", en="standing"),
}
NOTES = {
    "open": Words(
        zh="“？”：差距在模型自身误差之内，尚无定论。“约”按放宽后的水平计。",
        en="'?': the gap is within the model's own error, it is open. 'about' counts from where it is met.",
    ),
    "band": Words(
        zh=(
            "模型自身误差：参数所见年份内为拟合误差（均方根）；其后为样本外误差或对同类预测误差的估计，取较大者，"
            "更远年份按直线外推。样本外检验只有一次；这一估计由已发表预测判断，其中多数偏差更大，"
            "首个给定年份以前按直线内插。因此不是置信区间。"
        ),
        en=(
            "Model's own error: root mean square within the years that the parameters were fitted to; after "
            "them its error in the hold-out or an allowance judged from projections of its kind, whichever "
            "is wider, farther out along a straight line. There was one hold-out; most of those projections "
            "missed by more than the allowance, which before its first year is interpolated from nothing. "
            "It is no confidence interval."
        ),
    ),
    "break": Words(
        zh="*：口径或数据版本不同，增幅可能含口径变化。",
        en="*: between two vintages, part of the gain may be a change of counting.",
    ),
}


def monitor_table(monitoring: Monitoring) -> Table:
    """Give every observation beside the run, a row each."""
    header = (
        *("scenario", "region", "indicator", "unit", "period", "time", "value", "expected", "deviation"),
        *("band", "band_kind", "horizon", "widths", "inside", "share_of_year", "fitted_year"),
        *("vintage", "confidence", "source", "note", "parameter_set", "base_year"),
    )
    outcome = monitoring.outcome
    rows: list[tuple[Cell, ...]] = [
        (
            *(outcome.name, r.observation.region, r.indicator.id, r.indicator.unit),
            *(
                period_name(r.observation.year, sums=r.indicator.total),
                r.observation.year,
                r.observation.value,
                r.expected,
                r.deviation,
            ),
            *((r.band.width, r.band.kind, r.band.horizon) if r.band else (None, None, None)),
            *(r.widths, r.inside, r.share, r.seen),
            *(r.observation.vintage, r.observation.confidence, r.observation.source, r.observation.note),
            *(outcome.parameter_set or NO_SET, outcome.base_year),
        )
        for r in monitoring.readings
    ]
    return header, rows


def course_table(monitoring: Monitoring) -> Table:
    """Give every target with how it stands, a row each; gains per year are in its direction."""
    header = (
        *("scenario", "region", "indicator", "unit", "year", "operator", "target", "level"),
        *("last_period", "last_value", "years_left", "needed_per_year", "run_per_year"),
        *("best_1y", "best_1y_years", "best_1y_break", "best_5y", "best_5y_years", "best_5y_break"),
        *("latest_per_year", "lately_per_year", "lately_years", "lately_break", "run_holds"),
        *("projected", "gap", "band", "band_kind", "standing", "open"),
        *("source", "parameter_set", "base_year"),
    )
    outcome = monitoring.outcome
    rows: list[tuple[Cell, ...]] = [
        (
            *(outcome.name, c.area, c.indicator.id, c.indicator.unit),
            *(c.target.year, c.target.operator, c.target.value, c.level),
            *((period_name(c.last.year, sums=c.indicator.total), c.last.value) if c.last else (None, None)),
            *(c.years_left, c.needed, c.planned),
            *(*_pace_cells(c.short), *_pace_cells(c.long)),
            *(c.latest.gain if c.latest else None, *_pace_cells(c.lately), c.held, c.projected, c.gap),
            *((c.band.width, c.band.kind) if c.band else (None, None)),
            *(c.standing, c.open, "; ".join(filter(None, (c.target.source, c.target.clause)))),
            *(outcome.parameter_set or NO_SET, outcome.base_year),
        )
        for c in monitoring.courses
    ]
    return header, rows


def _pace_cells(pace: Pace | None) -> tuple[Cell, ...]:
    return (None, None, None) if pace is None else (pace.gain, f"{pace.first:g}-{pace.last:g}", pace.breaks)


_OF_BOTH = {
    "scenario": ("", "the run that observations are held against", "与实际值对照的情景"),
    "region": ("", "region, group or the whole place", "区域、分组或全域"),
    "indicator": ("", "id of the indicator", "指标代码"),
    "unit": ("", "unit of the indicator", "指标单位"),
    "band": ("unit", "half the width of the model's own error band", "模型自身误差（半宽）"),
    "band_kind": (
        "",
        (
            "what the band stands on: fitted, hold-out, record (an allowance judged from such projections), "
            "continued or floor"
        ),
        "fitted 拟合期内，hold-out 样本外，record 对同类预测误差的估计，continued 按直线外推，floor 下限",
    ),
    "source": ("", "where the observation, or the target, comes from", "实际值或目标的来源"),
    "parameter_set": ("", "fitted parameters of the run", "情景所用的拟合参数"),
    "base_year": ("year", "the run starts at the end of this year", "起算年（年末）"),
}
COLUMNS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "monitor.csv": {
        **_OF_BOTH,
        "period": ("", "year or part of a year observed", "时期"),
        "time": (
            "year",
            "time at which it ends: 2024.5 is the end of June 2025",
            "期末时点：2024.5为2025年6月底",
        ),
        "value": ("unit", "observed value", "实际值"),
        "expected": ("unit", "the run at the same time", "同一时点的模拟值"),
        "deviation": ("unit", "observed less expected", "实际值减模拟值"),
        "horizon": ("year", "years after the last one that the parameters saw", "距参数所见末年的年数"),
        "widths": (
            "-",
            "size of the deviation in bands; above 1 is outside",
            "偏离为误差的几倍，大于1为误差之外",
        ),
        "inside": (
            "true or false",
            "whether it lies in the band; empty: no band known",
            "是否在误差之内；空：误差未知",
        ),
        "share_of_year": (
            "-",
            "share of the year that a total covers; 1 otherwise",
            "累计值所占全年的比例；其余为1",
        ),
        "fitted_year": (
            "true or false",
            "the parameters were fitted to this year too",
            "该年份是否用于拟合参数",
        ),
        "vintage": ("", "kind of observation", "数据版本"),
        "confidence": ("", "how sure the observation is", "可信度"),
        "note": ("", "note of the observation", "备注"),
    },
    "course.csv": {
        **_OF_BOTH,
        "year": ("year", "year of the target, at its end", "目标年（年末）"),
        "operator": ("", ">= at least, <= at most, ~ about", ">= 不低于，<= 不高于，~ 约"),
        "target": ("unit", "value of the target", "目标值"),
        "level": ("unit", "value from which the target counts as met", "视为达到的水平"),
        "last_period": ("", "last observed year or part of one", "最近有实际值的时期"),
        "last_value": ("unit", "last observed value", "最近实际值"),
        "years_left": (
            "year",
            "from the last observation to the end of the target's year",
            "距目标年末的年数",
        ),
        "needed_per_year": ("unit per year", "gain per year that it takes from now on", "今后每年所需变化"),
        "run_per_year": (
            "unit per year",
            "gain per year of the run over the same years",
            "同期模拟的年均变化",
        ),
        "best_1y": ("unit per year", "largest gain ever observed in one year", "历史最快一年的变化"),
        "best_1y_years": ("year", "from the end of which year to that of which", "起止年（年末）"),
        "best_1y_break": ("", "vintages of the two years, where they are not one", "两年数据版本不同时列出"),
        "best_5y": (
            "unit per year",
            "largest gain per year over five years, over more where no two values are five years apart",
            "历史最快五年的年均变化，无相隔五年的两个值时取更长年份",
        ),
        "best_5y_years": ("year", "as above", "同上"),
        "best_5y_break": ("", "as above", "同上"),
        "latest_per_year": ("unit per year", "gain of the last observed year", "最近一年的实际变化"),
        "lately_per_year": (
            "unit per year",
            "observed gain per year up to the last value, over three years or as near to that as there is",
            "截至最近实际值的年均变化，取三年或最接近三年的年数",
        ),
        "lately_years": ("year", "as above", "同上"),
        "lately_break": ("", "as above", "同上"),
        "run_holds": (
            "true or false",
            "whether the last new value of the series lies in the band; empty: not known",
            "该指标最近的新值是否在误差之内；空：未知",
        ),
        "projected": (
            "unit",
            "last observed value and the gains of the run",
            "最近实际值加模拟变化推算的目标年值",
        ),
        "gap": (
            "unit",
            "projected beyond the level, in the direction of the target",
            "推算值超出水平的幅度（按目标方向）",
        ),
        "standing": (
            "",
            (
                "reached, beyond now, on course, by the run only (lately too slow), behind, faster than ever "
                "(ever observed), missed, not observed"
            ),
            (
                "已达到，目前已超出目标水平，进度符合，仅按模拟增速可达（近来实际过慢），落后，须快于历史最快，"
                "未达到，无实际值（与英文次序相同）"
            ),
        ),
        "open": ("true or false", "the gap is within the model's own error", "差距是否在模型自身误差之内"),
    },
}


def columns_table(indicators: Sequence[Indicator]) -> Table:
    """Give the meaning of every column, a row each, then that of every indicator."""
    rows: list[Sequence[Cell]] = [
        (file, column, unit, "", "", zh, en)
        for file, columns in COLUMNS.items()
        for column, (unit, en, zh) in columns.items()
    ]
    return column_table({}, indicators, rows)


def write_monitoring(
    folder: Path, monitoring: Monitoring, facts: Mapping[str, Any], languages: Sequence[Language]
) -> Path:
    """Write a folder of tables, figures (in `languages`; none, no figures) and `run.json`, in one step."""
    from urbsim.output.folder import replace_folder

    def draw(figures: Path) -> None:
        from urbsim.output.figures.monitor import write_figures

        write_figures(figures, monitoring, languages)

    told = [
        *(reading.indicator for reading in monitoring.readings),
        *(course.indicator for course in monitoring.courses),
    ]
    tables = {
        "monitor.csv": monitor_table(monitoring),
        "course.csv": course_table(monitoring),
        "columns.csv": columns_table(told),
    }
    return replace_folder(folder, tables, facts, draw if languages else None)


def print_monitoring(monitoring: Monitoring, console: Console, language: Language = "en") -> None:
    """Print observations beside the run, then how the targets stand."""
    if monitoring.readings:
        console.print(_readings(monitoring, language))
        console.print(Text(NOTES["band"][language], style="dim"))
        console.print()
    if monitoring.courses:
        console.print(_courses(monitoring, language, paces=console.width >= ROOMY))
        if any(p is not None and p.breaks for c in monitoring.courses for p in (c.short, c.long, c.lately)):
            console.print(Text(NOTES["break"][language], style="dim"))
        console.print(Text(NOTES["open"][language], style="dim"))


def _grid(*columns: tuple[str, bool]) -> Printed:
    table = Printed(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading, right in columns:
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(Text(heading), no_wrap=right, overflow="fold", justify=justify)
    return table


def _readings(monitoring: Monitoring, language: Language) -> Printed:
    title = scenario_name(monitoring, language)
    table = _grid(
        (_SAID["indicator"][language], False),
        (_SAID["period"][language], False),
        (_SAID["observed"][language], True),
        (title, True),
        (_SAID["deviation"][language], True),
        (_SAID["band"][language], False),
        (_SAID["found"][language], False),
    )
    above = ""
    for reading in monitoring.readings:
        name = place_name(monitoring, reading.indicator, reading.observation.region, language)
        unit = unit_name(reading.indicator.unit, language)
        heading = f"{name} ({unit})" if language == "en" and unit else f"{name}（{unit}）" if unit else name
        table.add_row(
            Text("" if heading == above else heading),
            Text(period_name(reading.observation.year, language, sums=reading.indicator.total)),
            Text(number(reading.observation.value, reading.indicator, language)),
            Text("" if reading.expected is None else number(reading.expected, reading.indicator, language)),
            Text(
                ""
                if reading.deviation is None
                else number(reading.deviation, reading.indicator, language, signed=True)
            ),
            Text(_band(reading, language)),
            _found(reading, language),
        )
        above = heading
    return table


def _band(reading: Reading, language: Language) -> str:
    if reading.band is None:
        return _SAID["unknown"][language]
    return f"±{number(reading.band.width, reading.indicator, language)} {KINDS[reading.band.kind][language]}"


def _found(reading: Reading, language: Language) -> Text:
    text = Text("")
    if reading.widths is not None:
        word, style = {True: ("inside", "green"), False: ("outside", "red"), None: ("beyond", "yellow")}[
            reading.inside
        ]
        text.append(_SAID[word][language], style=style)
        text.append(f"  {reading.widths:.2f}{_SAID['times'][language]}")
    marks = [_SAID["share"][language]] if reading.share < 1 else []
    marks += [_SAID["seen"][language]] if reading.seen else []
    return text.append("  " * bool(text.plain and marks) + "; ".join(marks), style="dim")


def _courses(monitoring: Monitoring, language: Language, *, paces: bool) -> Printed:
    """Give how the targets stand; without the best gains ever where there is no room for them."""
    said = ("target", "last", "needed", "planned", "lately", *(("short", "long") * paces), "standing")
    table = _grid(*((_SAID[key][language], key in ("needed", "planned")) for key in said))
    for course in monitoring.courses:
        table.add_row(*_course_cells(monitoring, course, language, paces=paces))
    return table


def _course_cells(
    monitoring: Monitoring, course: Course, language: Language, *, paces: bool
) -> Iterator[Text]:
    indicator = course.indicator
    yield Text(target_name(monitoring, course, language))
    last, done = course.last, course.needed is None or course.standing == "reached"
    yield Text(
        ""
        if last is None
        else _bracketed(
            _with_persons(last.value, indicator, language),
            period_name(last.year, language, sums=indicator.total),
            language,
        )
    )
    for value in (course.needed, course.planned):
        yield Text("" if value is None or done else gain(value, course, language))
    yield Text("" if done else lately_text(course, language, "\n"))
    for pace in (course.short, course.long) if paces else ():
        yield Text("" if pace is None or done else pace_text(pace, course, language))
    style = STYLES.get(course.standing, "red" if course.standing in BEHIND else "")
    if style == "green" and not done and (course.open or course.held is False or (course.gap or 0.0) < 0):
        style = "yellow"
    yield Text(standing_text(course, language), style=style)


def standing_text(course: Course, language: Language, mark: Words | None = None) -> str:
    """Say how a target stands, with a question mark, or another, where that is within the error.

    Where the run says that it will be met, and reality has left the run, that is said too.
    """
    mark = mark or Words(zh="？", en=" ?")
    words = UNDER if course.standing == "beyond now" and sign_of(course.target) < 0 else None
    text = f"{(words or STANDINGS[course.standing])[language]}{mark[language] * course.open}"
    left = course.held is False and course.standing in LED_BY_RUN
    return text + (f"{STOP[language]}{LEFT[language]}" if left else "")


def lately_text(course: Course, language: Language, between: str = "") -> str:
    """Write the gain of late, and that of the last year; empty where there is none."""
    text = "" if course.lately is None else pace_text(course.lately, course, language)
    if text and course.latest is not None and course.latest != course.lately:
        latest = _SAID["latest"][language].format(gain(course.latest.gain, course, language))
        text += f"{between or ('，' if language == 'zh' else ', ')}{latest}"
    return text


def pace_text(pace: Pace, course: Course, language: Language) -> str:
    """Write a pace with its years, and a mark where they are not of one kind."""
    return _bracketed(gain(pace.gain, course, language), span_text(pace, language), language) + "*" * bool(
        pace.breaks
    )


def span_text(pace: Pace, language: Language) -> str:
    """Write the years between whose ends a pace was: "2010—2016年"; the first and last of a yearly count."""
    if pace.sums and pace.span <= 1:
        return period_name(pace.last, language, sums=True)
    first, last = (period_name(time, language) for time in (pace.first + pace.sums, pace.last))
    return f"{first.removesuffix('年')}—{last}" if language == "zh" else f"{first}–{last}"


def _with_persons(value: float, indicator: Indicator, language: Language) -> str:
    if indicator.unit == "10k persons":
        return quantity(value, indicator.unit, language=language)
    if indicator.unit == "10k persons/year":
        return quantity(value, indicator.unit, language=language, bare=language == "en")
    return number(value, indicator, language)


def _bracketed(text: str, more: str, language: Language) -> str:
    return f"{text}（{more}）" if language == "zh" else f"{text} ({more})"


def gain(value: float, course: Course, language: Language) -> str:
    """Write a change of one year in the direction of the target, as a change of the value."""
    change = sign_of(course.target) * value
    change = (
        0.0 if abs(change) < 0.5 * _LEAST.get(course.indicator.unit.removesuffix("/year"), 0.0) else change
    )
    unit = course.indicator.unit
    if unit == "%":
        return minus(f"{change:+.2f}{'个百分点' if language == 'zh' else ' points'}")
    if unit.startswith("10k persons"):
        if language == "zh":
            return minus(f"{change:+.1f}万人")
        return minus(f"{float(f'{change * 1e4:.3g}'):+,.0f} persons")
    # The unit stands with the target.
    return minus(quantity(change, unit, language=language, signed=True, bare=True))


def minus(number: str) -> str:
    """Write a number with the sign of minus."""
    return number.replace("-", "\u2212")


def number(value: float, indicator: Indicator, language: Language, *, signed: bool = False) -> str:
    """Write a value so that deviations of some thousand persons show."""
    sign = "+" if signed else ""
    if indicator.unit.startswith("10k persons"):
        return minus(f"{value:{sign},.1f}")
    if indicator.unit == "%":
        return minus(f"{value:{sign}.2f}")
    return minus(quantity(value, indicator.unit, language=language, signed=signed, bare=True))


def target_name(monitoring: Monitoring, course: Course, language: Language) -> str:
    """Name a target: indicator, year and level."""
    name = place_name(monitoring, course.indicator, course.area, language)
    demand = target_demand(course.target, monitoring.outcome.indicators, language)
    year = course.target.year
    return f"{name} {year}年：{demand}" if language == "zh" else f"{name} {year}: {demand}"


def place_name(monitoring: Monitoring, indicator: Indicator, area: str, language: Language) -> str:
    """Name an indicator, with its area where that is not the whole place."""
    place = monitoring.outcome.place
    name = indicator.name[language]
    if area == place.name:
        return name
    name = name[:1].lower() + name[1:] if language == "en" else name
    return f"{place.area_title(area)[language]}{'：' if language == 'zh' else ', '}{name}"


def scenario_name(monitoring: Monitoring, language: Language) -> str:
    """Name the run for people."""
    scenario = monitoring.outcome.scenario
    return scenario.title.zh or scenario.name if language == "zh" else scenario.name
