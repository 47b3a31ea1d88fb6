"""Read a table of new observations, of whole years or of parts of them."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from urbsim.errors import InputError, Problem, suggestion
from urbsim.names import fold
from urbsim.study.indicator import Indicator
from urbsim.study.place import Observation, Place
from urbsim.study.quantity import same_unit, unit_name
from urbsim.study.report import Measured, Series
from urbsim.study.table_file import Row, read_table
from urbsim.study.text_file import shown
from urbsim.study.words import LANGUAGES, Language, Words

NEEDED = ("indicator", "value")
OPTIONAL = ("region", "year", "period", "unit", "vintage", "confidence", "source", "note", "place")
ALIASES = {  # as statistical offices head them
    "指标": "indicator",
    "指标名称": "indicator",
    "地区名称": "region",
    "区域": "region",
    "地区": "region",
    "年份": "year",
    "时期": "period",
    "时间": "period",
    "日期": "period",
    "数值": "value",
    "单位": "unit",
    "来源": "source",
    "备注": "note",
}
FORMS = "2025, 2025Q1, 2025H1, 2025-06, 2025年, 2025年一季度, 2025年上半年 or 2025年6月"
SUMS = "2025, 2025Q1, 2025H1, 2025 Jan-Sep, 2025年, 2025年一季度, 2025年上半年, 2025年前三季度 or 2025年1-9月"
FAR = 50.0  # [-] times the trajectory: another unit was meant
SHARE = 1.0  # [%] at most: a share was written where per cent is expected

_ORDINALS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TO = r"[-—–~～至到]+"
_PERIODS = (  # a pattern, parts of the year that it counts in, and whether it says that it begins in January
    (re.compile(r"(\d{4})(?:\.0+)?(?:年(?:度|末|底|全年)?)?"), 0, True),
    (re.compile(r"(\d{4})[\s-]?q([1-4])", re.IGNORECASE), 4, False),
    (re.compile(r"(\d{4})年?前([一二三四1-4])(?:个)?季度"), 4, True),
    (re.compile(rf"(\d{{4}})年?(?:一|1){_TO}([二三四2-4])季度"), 4, True),
    (re.compile(r"(\d{4})年?第?([一二三四1-4])季度(?:末)?"), 4, False),
    (re.compile(r"(\d{4})[\s-]?h([12])", re.IGNORECASE), 2, False),
    (re.compile(r"(\d{4})年?(上|下)半年(?:末)?"), 2, False),
    (re.compile(r"(\d{4})[-/](\d{1,2})"), 12, False),
    (re.compile(rf"(\d{{4}})年?0?1月?{_TO}(\d{{1,2}})月"), 12, True),
    (re.compile(r"(\d{4})年(\d{1,2})月(?:末|底)?"), 12, False),
    (re.compile(rf"(\d{{4}})\s*jan(?:uary)?\s*{_TO}\s*({'|'.join(_MONTHS)})[a-z]*", re.IGNORECASE), 12, True),
)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s+0?0:00(?::00)?)?")


def read_observed(
    path: Path, indicators: Sequence[Indicator], place: Place, run: Measured
) -> tuple[Observation, ...]:
    """Read new observations, in the order of the file; the year of each is a time: 2024.5 is mid-2025.

    Values of part of a year are what stood at its end, or, for a total of the year, its sum from 1 January.

    Raises
    ------
    InputError
        Every problem of the table, each with its line.
    """
    problems: list[Problem] = []
    rows = read_table(path, NEEDED, problems, OPTIONAL, aliases=ALIASES)
    if not rows and not problems:
        problems.append(
            Problem("there are no observations", str(path), f"expected rows of {', '.join(NEEDED)}, year")
        )
    found: list[Observation] = []
    first: dict[tuple[str, str, float], str] = {}
    for row in rows:
        before = len(problems)
        indicator = _indicator(row, indicators)
        area = _area(row, place)
        period = _period(row)
        value = row.number("value")
        named = row.cells["place"]
        if named and fold(named) not in {fold(one) for one in (place.name, place.title.zh, place.title.en)}:
            row.refuse(f"is of place '{named}', and the run is of {place.name}")
        if period is not None and not run.years[0] <= period.end <= run.years[-1]:
            span = f"the end of {run.years[0]:g} to the end of {run.years[-1]:g}"
            row.refuse(f"{period_name(period.end)} is outside the run, which is from {span}")
        if len(problems) > before or indicator is None or period is None:
            continue
        _check_unit(row, indicator)
        time = period.end
        if indicator.unit.endswith("/year") and not indicator.total and time != year_of(time):
            what = f"{indicator.id} is an amount of twelve months, and {period_name(time)} is part of a year"
            row.refuse(what, "give that of a whole year")
        if indicator.total and not period.sums:
            text = row.cells["period"] or row.cells["year"]
            what = f"{indicator.id} is counted over the year, and '{text}' may begin later than January"
            row.refuse(what, f"give the sum from 1 January on, and write {SUMS}")
        series = run.find(indicator.id, area)
        if series is None:
            row.refuse(f"{indicator.id} is not reported for {area}", f"it is for {_reported(indicator, run)}")
        else:
            _check_size(row, value, indicator, series)
        if len(problems) > before:
            continue
        key = (indicator.id, area, time)
        if key in first:
            row.refuse(f"repeats the value of {first[key]}")
        first.setdefault(key, row.where)
        found.append(
            Observation(
                indicator=indicator.id,
                region=area,
                year=time,
                value=value,
                unit=indicator.unit,
                vintage=row.cells["vintage"],
                confidence=row.cells["confidence"],
                source=row.cells["source"],
                note=row.cells["note"],
                where=row.where,
            )
        )
    if rows and not any(row.cells["year"] or row.cells["period"] for row in rows):
        told = f"expected a column period (时期, 时间) or year (年份) with {FORMS}"
        problems = [Problem("no row says when", f"{shown(path)}:1", told)]
    if problems:
        raise InputError(problems)
    return tuple(found)


class Period(NamedTuple):
    """When a year or a part of one ends, and whether it says that it began on 1 January."""

    end: float
    sums: bool


def read_period(text: str) -> Period | None:
    """Read a year or a part of one; None where it is neither.

    Examples
    --------
    >>> [read_period(text).end for text in ("2025", "2025Q1", "2025-Q3", "2025上半年", "2025-06-30")]
    [2025.0, 2024.25, 2024.75, 2024.5, 2024.5]
    >>> [read_period(text).sums for text in ("2025Q1", "2025Q3", "2025年前三季度", "2025年1-9月", "2025-09")]
    [True, False, True, True, False]
    >>> read_period("last year") is None
    True
    """
    plain = "".join(text.split()) if not text.isascii() else text.strip()
    for pattern, parts, sums in _PERIODS:
        match = pattern.fullmatch(plain)
        if match is None:
            continue
        year = int(match[1])
        if not parts:
            return Period(float(year), sums=True)
        part = _part(match[2])
        ends = "末" not in plain and "底" not in plain
        return Period(year - 1 + part / parts, sums or (part == 1 and ends)) if 1 <= part <= parts else None
    if date := _DATE.fullmatch(plain):
        year, month, day = map(int, date.groups())
        if 1 <= month <= 12 and day == monthrange(year, month)[1]:
            return Period(year - 1 + month / 12, sums=False)
    return None


def _part(text: str) -> int:
    """Give the number of a quarter, a half or a month."""
    if text[:3].lower() in _MONTHS:
        return _MONTHS.index(text[:3].lower()) + 1
    return {"上": 1, "下": 2}.get(text) or _ORDINALS.get(text) or int(text)


def period_name(time: float, language: Language = "en", *, sums: bool = False) -> str:
    """Name the year or the part of one that ends at a time; `sums`: that of a count from 1 January on.

    Examples
    --------
    >>> period_name(2025.0), period_name(2024.5), period_name(2024.25, "zh"), period_name(2024.75, "zh")
    ('2025', '2025H1', '2025年3月末', '2025年9月末')
    >>> period_name(2024.75, sums=True), period_name(2024.75, "zh", sums=True)
    ('2025 Jan–Sep', '2025年前三季度')
    """
    year, months = year_of(time), round(12 * (time - year_of(time) + 1))
    until = _MONTHS[months - 1].title()
    names: Mapping[int, tuple[str, str]] = (
        {1: ("-01", "1月"), 3: ("Q1", "一季度"), 6: ("H1", "上半年"), 9: (f" Jan–{until}", "前三季度")}
        if sums
        else {3: ("Q1", "3月末"), 6: ("H1", "6月末"), 9: ("Q3", "9月末")}
    )
    other = (f" Jan–{until}", f"1—{months}月") if sums else (f"-{months:02}", f"{months}月末")
    en, zh = ("", "") if months == 12 else names.get(months, other)
    return f"{year}{en}" if language == "en" else f"{year}年{zh}"


def year_of(time: float) -> int:
    """Give the calendar year that a time belongs to: 2025 from 2024.0 (excluded) to 2025.0."""
    return math.ceil(time - 1e-9)


def _indicator(row: Row, indicators: Sequence[Indicator]) -> Indicator | None:
    text = row.text("indicator")
    if not text:
        return None
    names = {fold(name): one for one in indicators for name in (one.name.zh, one.name.en, one.id)}
    if fold(text) in names:
        return names[fold(text)]
    known = _said(text, [(one.id, one.name) for one in indicators])
    if alike := [name for name in known if text in name and len(text) > 1]:
        row.refuse(f"there is no indicator '{text}'", f"did you mean {' or '.join(map(repr, alike[:3]))}?")
        return None
    row.refuse(f"there is no indicator '{text}'", suggestion(text, known, "`urbsim list indicators`"))
    return None


def _area(row: Row, place: Place) -> str:
    text = row.cells["region"]
    titles = [(area, place.area_title(area)) for area in place.areas]
    names = {fold(name): area for area, title in reversed(titles) for name in (title.zh, title.en, area)}
    if not text or fold(text) in names:
        return names[fold(text)] if text else place.name
    row.refuse(f"there is no region '{text}'", suggestion(text, _said(text, titles)))
    return place.name


def _said(text: str, names: Iterable[tuple[str, Words]]) -> list[str]:
    """Give the names that a person who wrote `text` may have meant: Chinese ones for Chinese."""
    if text.isascii():
        return [name for id_, title in names for name in dict.fromkeys((title.en, id_))]
    return [title.zh for _, title in names]


def _period(row: Row) -> Period | None:
    """Give the period of a row; it may leave its year to the column of years."""
    year, period = row.cells["year"], row.cells["period"]
    if not year and not period:
        row.refuse("neither year nor period is given", f"write {FORMS}")
        return None
    of_year = read_period(year) if year else None
    if year and of_year is None:
        row.refuse(f"year is '{year}'", f"expected {FORMS}")
        return None
    if not period:
        return of_year
    time = read_period(period)
    if time is None and of_year is not None:
        time = read_period(f"{year_of(of_year.end)}{period}")
    if time is None:
        row.refuse(f"period is '{period}'", f"expected {FORMS}")
    elif of_year is not None and year_of(of_year.end) != year_of(time.end):
        row.refuse(f"year is {year}, but period is {period}")
    return time


def _check_unit(row: Row, indicator: Indicator) -> None:
    text = row.cells["unit"]
    known = (indicator.unit, *(unit_name(indicator.unit, language) for language in LANGUAGES))
    if not text or any(same_unit(text, unit) for unit in known):
        return
    zh = unit_name(indicator.unit, "zh")
    row.refuse(
        f"unit is '{text}', expected '{indicator.unit}'"
        + (f" ({zh})" if zh not in ("", indicator.unit) else ""),
        "give the value in that unit",
    )


def _check_size(row: Row, value: float, indicator: Indicator, series: Series) -> None:
    """Refuse a value that can only be in another unit."""
    known = np.abs(series.values[np.isfinite(series.values)])
    if not known.size or not known.max() > 0:
        return
    said = row.cells["value"]
    expected = f"about {_plain(known.min())} to {_plain(known.max())} {indicator.unit} in the run"
    if indicator.unit == "%" and 0 < abs(value) <= SHARE and known.min() > 2 * SHARE:
        row.refuse(f"value is {said}, {expected}", f"write {100 * value:g} for {100 * value:g} %")
    elif indicator.unit == "%" and abs(value) > 100 * SHARE and known.max() < 100 * SHARE:
        row.refuse(f"value is {said}, expected at most 100 %")
    elif value < 0 <= np.nanmin(series.values):
        row.refuse(f"value is {said}, {expected}")
    elif abs(value) > known.max() * FAR or (abs(value) < known.min() / FAR and not indicator.total):
        row.refuse(f"value is {said}, {expected}", f"give it in {indicator.unit}")


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _reported(indicator: Indicator, run: Measured) -> str:
    return ", ".join(one.area for one in run.series if one.indicator.id == indicator.id) or "no region"
