"""What every column of the tables of a folder means, and every indicator in them: `columns.csv`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from urbsim.output.tables.run import Cell, Table
from urbsim.study.indicator import Indicator
from urbsim.study.words import Language, Words

_YEAR = re.compile(r"\d{4}")
_GAP = re.compile(r"\d{4} difference")
_BOUGHT = re.compile(r"(?P<indicator>\w+) (?P<counted>stock|year|sum) \[(?P<unit>.*)\] (?P<which>alone|last)")
_LOGIC = "true or false"
_UNIT = "unit"  # the number is in the unit of its row


def _of(unit: str, zh: str, en: str) -> tuple[str, Words]:
    return unit, Words(zh=zh, en=en)


# Columns that mean the same wherever they stand.
_COLUMNS: Mapping[str, tuple[str, Words]] = {
    "scenario": _of("text", "情景的名称（文件中的name）", "Name of the scenario"),
    "place": _of("text", "地区", "The place"),
    "region": _of(
        "text",
        "区域、片区，或整个地区（以地区名称表示）",
        "Region, group, or the whole place under its own name",
    ),
    "indicator": _of(
        "text", "指标的标识，见本表“indicators”部分", "Id of the indicator; see `indicators` below"
    ),
    "unit": _of("text", "本行数值的单位", "Unit of the numbers of the row"),
    "year": _of(
        "year",
        "年份，指该年年末；年度流量为全年合计",
        "The end of this year; a yearly count is that of the year",
    ),
    "value": _of(_UNIT, "数值", "The value"),
    "parameter_set": _of(
        "text",
        "按历史数据拟合的参数组；none为不采用",
        "Parameters fitted to history; none: those of the tables",
    ),
    "base_year": _of("year", "模拟起始年（年末）", "The run starts at the end of this year"),
    "operator": _of("text", ">= 不低于，<= 不高于，~ 约", ">= at least, <= at most, ~ about"),
    "target": _of(_UNIT, "目标值", "Value of the target"),
    "gap": _of(_UNIT, "模拟值减目标值", "Value less target"),
    "margin": _of(
        _UNIT,
        "模型误差（半宽）：在未参与拟合的年份上的误差，或对同类预测误差的估计，取较大者；空：未知",
        "How far the model may be off in that year: its error in years that it had not seen, or an allowance "
        "judged from projections of its kind, whichever is wider; empty: not known",
    ),
    "met": _of(_LOGIC, "是否达到", "Whether it is met"),
    "year_met": _of(
        "year",
        "首次达到目标水平的年份；空：期内未达到",
        "First year in which the level is reached; empty: never",
    ),
    "source": _of(
        "text",
        "来源：sources.csv中的标识，多个以分号隔开",
        "Ids of `sources.csv`, joined by `;`, and the clause",
    ),
    "base": _of(
        "text",
        "用于对照的情景；空：本身即对照",
        "Scenario that it is held against; empty: it is the base",
    ),
    "lever": _of(
        "text",
        "政策杠杆的标识；在contributions.csv中也可为参数名，*为全部同时",
        "Id of the lever, or name of a parameter; *: all of them at once",
    ),
    "difference": _of(_UNIT, "与对照情景之差", "Value less that of the base"),
    "difference_percent": _of("%", "与对照情景相差的百分比", "Difference over the value of the base"),
    "short": _of(_UNIT, "距目标的差距；负数为超过", "How far it falls short; negative: it is beyond"),
    "held_to": _of(
        "text",
        "own为自身目标，asked为--at-least给定的水平，其余为所在更大区域的目标水平（并非对本区域的要求）",
        "own: a target of its own; asked: the level of --at-least; or the area around it, whose target is a "
        "level to measure by and no demand on the region",
    ),
    "row": _of(
        "text",
        "lever单项政策，together全部同时，left over全部同时减去各项之和，otherwise起始年或参数组不同所致",
        "lever; together: all of them; left over: together less the sum of the levers; otherwise: what a "
        "different start or fitted parameters do beside it",
    ),
    "lever_zh": _of("text", "政策名称（中文）", "Name of the lever, in Chinese"),
    "lever_en": _of("text", "政策名称（英文）", "Name of the lever, in English"),
    "scenario_zh": _of("text", "情景名称（中文）", "Title of the scenario, in Chinese"),
    "scenario_en": _of("text", "情景名称（英文）", "Title of the scenario, in English"),
    "region_zh": _of("text", "区域名称（中文）", "Name of the region, in Chinese"),
    "region_en": _of("text", "区域名称（英文）", "Name of the region, in English"),
    "indicator_zh": _of("text", "指标名称（中文）", "Name of the indicator, in Chinese"),
    "indicator_en": _of("text", "指标名称（英文）", "Name of the indicator, in English"),
    "name_zh": _of("text", "中文名称", "Name in Chinese"),
    "name_en": _of("text", "英文名称", "Name in English"),
    "own": _of(_UNIT, "该区域自身的现值", "What the region has itself"),
    "base_value": _of(_UNIT, "对照情景中的取值", "Value in the base"),
    "position_zh": _of("text", "取值的档位名称，或与现值之差（中文）", "Name of the position in Chinese"),
    "position_en": _of(
        "text", "取值的档位名称，或与现值之差（英文）", "Name of the position, or how far it is from `own`"
    ),
    "clause_zh": _of("text", "规划条款（中文）", "Clause of the plan, in Chinese"),
    "clause_en": _of("text", "规划条款（英文）", "Clause of the plan, in English"),
    "counted": _of(
        "text",
        "stock：年末数；year：该日历年的合计；sum：自首个政策年起的累计",
        "stock: at the end of the year; year: of that year; sum: added up from the first policy year on",
    ),
    "alone": _of(
        _UNIT, "只变动这一项时，相对对照情景的变化", "Change over the base when this lever alone is moved"
    ),
    "last": _of(
        _UNIT,
        "在其余各项之上再变动这一项带来的变化",
        "Change that is lost when it alone stays as in the base",
    ),
    "vintage": _of("text", "数据版本或口径", "Which kind or edition of statistics"),
    "confidence": _of(
        "text",
        "可信度：official官方，secondary转引，derived推算，judgement判断，from-memory待核",
        "official, secondary, derived, judgement, or from-memory (to be checked)",
    ),
    "note": _of("text", "备注", "Note"),
    "id": _of("text", "标识", "Id"),
    "title": _of("text", "资料名称", "Title"),
    "publisher": _of("text", "发布者", "Publisher"),
    "date": _of("text", "日期", "Date"),
    "where": _of("text", "出处：网址、卷册或页码", "Where it is found"),
    "zh": _of("text", "资料名称和发布者（中文）", "Title and publisher in Chinese"),
    "rank": _of("number", "名次：距目标最远者为1", "1 is farthest short of its target"),
    "run": _of("number", "抽样模拟的序号，从0起", "Number of the run, from 0"),
    "reason": _of("text", "模拟失败的原因", "Why the run failed"),
    "runs": _of("number", "完成的模拟次数", "Runs that came to an end"),
    "mean": _of(_UNIT, "平均值", "Mean"),
    "sd": _of(_UNIT, "标准差", "Standard deviation"),
    "probability": _of("share", "达到目标的模拟所占比例", "Share of the runs that meet the target"),
    "standard_error": _of("share", "该比例的抽样标准误", "Standard error of that share, from the draws"),
    "factor": _of("text", "不确定的参数或政策", "What is drawn"),
    "effect": _of("text", "一起变动的一组因素", "Factors that move together"),
    "kind": _of("text", "lever政策，parameter参数", "lever or parameter"),
    "name": _of("text", "名称", "Name"),
    "distribution": _of("text", "概率分布", "Its distribution"),
    "target_year": _of(_LOGIC, "是否为目标年", "Whether a target is set for that year"),
    "method": _of("text", "分析方法", "Method"),
    "mu": _of(_UNIT, "平均效应", "Mean effect of the factor over its range"),
    "mu_star": _of(_UNIT, "效应绝对值的平均", "Mean size of the effect"),
    "mu_star_conf": _of(
        _UNIT, "mu_star的95%置信区间半宽", "Half the width of the 95 % confidence interval of mu_star"
    ),
    "sigma": _of(
        _UNIT, "效应的标准差（非线性或相互作用）", "Standard deviation of the effect: bends, interaction"
    ),
    "S1": _of("share", "单独解释的方差比例", "Share of the variance that goes when the factor is known"),
    "S1_conf": _of("share", "S1的95%置信区间半宽", "Half the width of the 95 % confidence interval of S1"),
    "ST": _of(
        "share",
        "总效应：含相互作用的方差比例",
        "Share of the variance that is left when it alone is not known",
    ),
    "ST_conf": _of("share", "ST的95%置信区间半宽", "Half the width of the 95 % confidence interval of ST"),
    "n": _of("number", "所依据的数值或样本个数", "How many values or blocks of runs it rests on"),
    "by": _of("text", "模拟或对照推算的名称", "Run, or line of arithmetic, that is scored"),
    "window": _of("text", "in sample拟合期，hold-out样本外，all全部", "in sample, hold-out, or all years"),
    "first_year": _of("year", "起始年", "First year"),
    "last_year": _of("year", "截止年", "Last year"),
    "bias": _of(_UNIT, "模拟减实际的平均误差", "Mean of model less observed"),
    "rmse": _of(_UNIT, "均方根误差", "Root mean square error"),
    "mape": _of("%", "平均绝对百分比误差", "Mean absolute percentage error"),
    "theil_bias": _of(
        "share", "误差中均值偏差的比例（泰尔分解）", "Part of the squared error that is bias (Theil)"
    ),
    "theil_spread": _of("share", "误差中波动幅度差异的比例", "Part of it that is unequal spread"),
    "theil_covariation": _of("share", "误差中协变差异的比例", "Part of it that is unequal covariation"),
    "last_error": _of(_UNIT, "末年误差", "Error of the last year"),
    "observed": _of(_UNIT, "实际值", "Observed value"),
    "model": _of(_UNIT, "模拟值", "Value of the run"),
    "measure": _of("text", "验收指标", "What is measured"),
    "level": _of(_UNIT, "验收水平", "Level of acceptance"),
    "beyond": _of(_UNIT, "超出验收水平的幅度", "How far it lies beyond the level"),
    "detail": _of("text", "说明", "Detail"),
    "variable": _of("text", "模型变量", "Variable of the model"),
    "element": _of("text", "变量的其他维度", "Element of its further dimensions"),
    "moved_standard_errors": _of(
        "number", "两组取值之差为几倍标准误", "How far it moved, in standard errors"
    ),
    "path": _of("text", "外部路径", "Outside path"),
    "grades_in_hold_out": _of("text", "样本外年份的数据可信度", "How sure its years of the hold-out are"),
    "trend_when_unknown": _of(
        "number", "未知时采用的年均变化", "Trend per year that stands for it when unknown"
    ),
    "file": _of("text", "表的文件名；indicators：指标", "File of the table; `indicators` for an indicator"),
    "column": _of("text", "列名，或指标的标识", "Column, or id of the indicator"),
    "meaning_zh": _of("text", "含义（中文）", "Meaning, in Chinese"),
    "meaning_en": _of("text", "含义（英文）", "Meaning, in English"),
    "Model": _of("text", "模型", "Model"),
    "Scenario": _of("text", "情景的名称", "Name of the scenario"),
    "Region": _of("text", "区域，或整个地区", "Region, group, or the whole place under its own name"),
    "Variable": _of("text", "指标的标识", "Id of the indicator"),
    "Unit": _of("text", "本行数值的单位", "Unit of the numbers of the row"),
}
# Those that mean something else in one of the tables.
_OF_FILE: Mapping[str, Mapping[str, tuple[str, Words]]] = {
    "targets.csv": {"value": _of(_UNIT, "目标年的模拟值", "The indicator in the year of the target")},
    "levers.csv": {
        "year": _of("year", "取值所在年（年末）", "The lever has the value at the end of this year"),
        "value": _of(
            _UNIT, "该年末的取值；两点之间按直线变化", "Value then; on straight lines between the years"
        ),
    },
    "history.csv": {
        "year": _of(
            "year", "观测年（年末）；半年等为小数", "The end of this year; a part of a year as decimals"
        ),
        "value": _of(_UNIT, "实际值", "Observed value"),
        "region": _of("text", "区域；空：整个地区", "Region or group; empty: the whole place"),
        "source": _of("text", "来源：sources.csv中的标识", "Ids of `sources.csv`, joined by `;`"),
    },
    "probabilities.csv": {
        "met": _of("number", "达到目标的模拟次数", "Runs that meet the target"),
        "low": _of("share", "95%置信区间下限（Wilson）", "Lower end of Wilson's 95 % interval"),
        "high": _of("share", "95%置信区间上限（Wilson）", "Upper end of Wilson's 95 % interval"),
    },
    "factors.csv": {
        "low": _of(_UNIT, "最低值", "Lowest value"),
        "high": _of(_UNIT, "最高值", "Highest value"),
        "unit": _of("text", "因素的单位", "Unit of the factor"),
    },
    "columns.csv": {
        "unit": _of("text", "单位，或所填内容的类型", "Unit, or the kind of thing that stands in it"),
    },
    "acceptance.csv": {
        "value": _of(_UNIT, "实际得分", "What was found"),
        "operator": _of("text", "比较方式", "How it is compared"),
    },
}
_COUNTED = {
    "stock": Words(zh="年末数", en="at the end of the year"),
    "year": Words(zh="该年合计", en="of the calendar year"),
    "sum": Words(zh="自首个政策年起的累计", en="added up from the first policy year on"),
}
_PERCENTILE = re.compile(r"(gap_)?p(\d\d)")
_OF_SET = {  # endings, in `parameters.csv`
    "_value": _of(_UNIT, "{}组的取值", "Value in the set {}"),
    "_error": _of(_UNIT, "{}组的标准误", "Its standard error in the set {}"),
    "_bound": _of(
        "text", "{}组中取值落在范围的下端或上端", "The end of its range that it lies on in the set {}"
    ),
}
_DRAWN = _of(
    "own unit", "该次模拟的取值（因素自身的单位）", "Its value in the run, in the unit of the factor"
)
_SWEPT = _of(
    "own unit", "该次模拟的取值；x1.5为现值的1.5倍", "Its value in the run; x1.5 multiplies the place's own"
)
_BY_NAME = {
    "sweep.csv": _SWEPT,
    "draws.csv": _DRAWN,
    "failures.csv": _DRAWN,
}  # columns named by what is drawn

HEADER = ("file", "column", "unit", "name_zh", "name_en", "meaning_zh", "meaning_en")
INDICATORS = "indicators"


def column_table(
    headers: Mapping[str, Sequence[str]],
    indicators: Iterable[Indicator],
    extra: Iterable[Sequence[Cell]] = (),
) -> Table:
    """Give the meaning of every column of every table, a row each, then that of every indicator.

    Parameters
    ----------
    headers
        File name -> its columns.
    extra
        Rows for tables that others know of.
    """
    own = {"columns.csv": HEADER}
    rows: list[tuple[Cell, ...]] = [
        (file, column, unit, None, None, words.zh, words.en)
        for file, columns in {**headers, **own}.items()
        for column, unit, words in _columns(file, columns)
    ]
    rows.extend(tuple(row) for row in extra)
    rows.extend(
        (INDICATORS, one.id, one.unit, one.name.zh, one.name.en, definition(one, "zh"), definition(one, "en"))
        for one in {indicator.id: indicator for indicator in indicators}.values()
    )
    return HEADER, rows


def definition(indicator: Indicator, language: Language) -> str:
    """Say how an indicator follows from the model, and how regions add up.

    Examples
    --------
    >>> rate = Indicator(id="r", name=Words(en="R"), unit="%", variable="Towns", per="All", scale=100)
    >>> definition(rate, "en")
    '100 x Towns / All; of several regions both are added up'
    >>> definition(rate, "zh")
    '模型变量：100×Towns÷All；多个区域分别合计后再相除'
    """
    zh = language == "zh"
    factor = "" if indicator.scale == 1 else f"{indicator.scale:g}{'×' if zh else ' x '}"
    chosen = "、".join(indicator.select.values()) if zh else ", ".join(indicator.select.values())
    of = f"（{chosen}）" if zh else f" ({chosen})"
    said = f"{'模型变量：' if zh else ''}{factor}{indicator.variable}{of if chosen else ''}"
    if indicator.per:
        said += f"÷{indicator.per}" if zh else f" / {indicator.per}"
        said += "；多个区域分别合计后再相除" if zh else "; of several regions both are added up"
    elif indicator.weight:
        said += (
            f"；多个区域按{indicator.weight}加权平均" if zh else f"; mean of regions by {indicator.weight}"
        )
    else:
        said += "；多个区域相加" if zh else "; regions add up"
    if indicator.total:
        said += "；为全年合计（累计量的年度增量）" if zh else "; its change over the calendar year"
    note = indicator.note[language]
    if not note or (zh and note == indicator.note.en):  # a note in English alone is of no use in Chinese
        return said
    return f"{said}{'。' if zh else '. '}{note}"


def _columns(file: str, columns: Sequence[str]) -> Iterator[tuple[str, str, Words]]:
    years = [column for column in columns if _YEAR.fullmatch(column)]
    gaps = [column for column in columns if _GAP.fullmatch(column)]
    for column in columns:
        if column in gaps:
            if column == gaps[0]:
                span = column if len(gaps) == 1 else f"{gaps[0]} … {gaps[-1]}"
                yield span, *_of(_UNIT, "该年与对照情景之差", "Difference to the base in this year")
            continue
        if column in years:
            if column == years[0]:
                span = column if len(years) == 1 else f"{years[0]} … {years[-1]}"
                yield (
                    span,
                    *_of(_UNIT, "该年末的数值", "Value at the end of this year; of a count, of the year"),
                )
            continue
        found = _OF_FILE.get(file, {}).get(column) or _COLUMNS.get(column) or _of_pattern(file, column)
        yield column, *found


def _of_pattern(file: str, column: str) -> tuple[str, Words]:
    """Give the meaning of a column whose name is made of something."""
    percentile = _PERCENTILE.fullmatch(column)
    if percentile:
        number = int(percentile[2])
        if percentile[1]:
            return _UNIT, Words(
                zh=f"与目标之差的第{number}百分位数", en=f"Gap that {number} % of the runs lie below"
            )
        return _UNIT, Words(zh=f"第{number}百分位数", en=f"Value that {number} % of the runs lie below")
    if bought := _BOUGHT.fullmatch(column):
        which, counted = _COLUMNS[bought["which"]][1], _COUNTED[bought["counted"]]
        zh = f"指标{bought['indicator']}：{which.zh}（{counted.zh}）"
        return bought["unit"], Words(zh=zh, en=f"{bought['indicator']}: {which.en} ({counted.en})")
    if file in _BY_NAME:
        return _BY_NAME[file]
    for ending, (unit, words) in _OF_SET.items():
        if file == "parameters.csv" and column.endswith(ending):
            name = column.removesuffix(ending)
            return unit, Words(zh=words.zh.format(name), en=words.en.format(name))
    return "", Words()  # a test sees to it that there is none
