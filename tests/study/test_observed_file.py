from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.study.nouns import YEARS, indicator, place
from urbsim.errors import InputError
from urbsim.study.observed_file import period_name, read_observed, read_period
from urbsim.study.place import Observation
from urbsim.study.report import Measured, Series
from urbsim.study.words import Words

RATE = indicator("urbanization_rate", name=Words(zh="城镇化率", en="Urbanization rate"))
COUNT = indicator("urban_residents", unit="10k persons", name=Words(zh="城镇人口", en="Urban residents"))
ARRIVALS = indicator("arrivals", unit="10k persons/year", total=True, name=Words(zh="迁入", en="Arrivals"))
INCOME = indicator("income", unit="yuan/year", name=Words(zh="收入", en="Income"))
HERE = place(regions={"east": Words(zh="东区", en="East"), "west": Words(zh="西区", en="West")})
RUN = Measured(
    years=YEARS,
    series=(
        Series(indicator=RATE, area="here", values=60 + (YEARS - 2020)),
        Series(indicator=RATE, area="east", values=70 + (YEARS - 2020)),
        Series(indicator=COUNT, area="here", values=2000 + 20 * (YEARS - 2020)),
        Series(indicator=INCOME, area="here", values=2000 + 20 * (YEARS - 2020)),
        Series(indicator=ARRIVALS, area="here", values=np.where(YEARS > 2020, 12.0, np.nan)),
    ),
)


def read(folder: Path, text: str, encoding: str = "utf-8") -> tuple[Observation, ...]:
    file = folder / "new.csv"
    file.write_bytes(text.encode(encoding))
    return read_observed(file, (RATE, COUNT, ARRIVALS, INCOME), HERE, RUN)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [str(problem).replace(str(folder), "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025", 2025),
        ("2025年", 2025),
        ("2025年末", 2025),
        ("2025Q1", 2024.25),
        ("2025-Q3", 2024.75),
        ("2025 q4", 2025),
        ("2025年第三季度", 2024.75),
        ("2025年一季度", 2024.25),
        ("2025年前三季度", 2024.75),
        ("2025H1", 2024.5),
        ("2025上半年", 2024.5),
        ("2025年 下半年", 2025),
        ("2025-06", 2024.5),
        ("2025/3", 2024.25),
        ("2025年9月", 2024.75),
        ("2025年1-6月", 2024.5),
        ("2025-13", None),
        ("2025Q5", None),
        ("2025-06-30", 2024.5),
        ("2025年6月30日", 2024.5),
        ("2025/12/31", 2025),
        ("2025-06-15", None),
        ("2025 Jan-Sep", 2024.75),
        ("2025年1—9月", 2024.75),
        ("2025年一至三季度", 2024.75),
        ("Jun-25", None),
        ("25", None),
    ],
)
def test_a_period_is_the_time_at_which_it_ends(text: str, time: float | None) -> None:
    period = read_period(text)

    assert (None if period is None else period.end) == time


def test_periods_are_named_as_they_are_read() -> None:
    for text in ("2025", "2025Q1", "2025H1", "2025Q3", "2025-05", "2025 Jan–Sep", "2025 Jan–May", "2025-01"):
        period = read_period(text)
        assert period is not None
        assert period_name(period.end, sums=period.sums) == text
        assert read_period(period_name(period.end, "zh", sums=period.sums)) == period


@pytest.mark.parametrize(
    "text",
    ["2025Q1", "2025H1", "2025年1-6月", "2025年前三季度", "2025上半年", "2025年1—12月", "2025", "2025-01"],
)
def test_a_count_is_read_from_january_on(tmp_path: Path, text: str) -> None:
    (one,) = read(tmp_path, f"指标,时间,数值\n迁入,{text},6\n")

    assert one.value == 6


@pytest.mark.parametrize(
    "text",
    ["2025H2", "2025Q4", "2025Q2", "2025-06", "2025年三季度", "2025下半年", "2025年12月", "2025-12-31"],
)
def test_a_count_that_may_not_be_from_january_on_is_refused(tmp_path: Path, text: str) -> None:
    (told,) = refused(tmp_path, f"指标,时间,数值\n迁入,{text},6\n城镇化率,{text},65\n")

    assert told.startswith(
        f"/new.csv:2: arrivals is counted over the year, and '{text}' may begin later than January\n"
    )
    assert "give the sum from 1 January on, and write" in told
    assert "2025年前三季度" in told


@pytest.mark.parametrize("heading", ["时间", "日期", "时期", "period"])
def test_three_columns_are_enough(tmp_path: Path, heading: str) -> None:
    (one,) = read(tmp_path, f"指标,{heading},数值\n城镇化率,2025,64\n")

    assert (one.region, one.year, one.value) == ("here", 2025, 64)


def test_a_table_without_times_is_told_so_once(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, "指标,数值\n城镇化率,64\n城镇人口,2100\n")

    assert told.startswith("/new.csv:1: no row says when\n  fix: expected a column period (时期, 时间)")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_tables_are_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    text = "指标,地区,时期,数值,单位\n城镇化率,东区,2025年上半年,75.5,%\n城镇人口,,2025,2110,万人\n"

    one, other = read(tmp_path, text, encoding)

    assert (one.indicator, one.region, one.year, one.value) == ("urbanization_rate", "east", 2024.5, 75.5)
    assert (other.indicator, other.region, other.year, other.unit) == (
        "urban_residents",
        "here",
        2025,
        "10k persons",
    )


def test_a_period_may_leave_its_year_to_the_column_of_years(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "indicator,region,year,period,value\nurbanization_rate,here,2025,H1,64\n")

    assert one.year == 2024.5


def test_every_problem_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "indicator,region,year,value,unit\n"
        "urbanisation_rate,here,2025,65,%\n"
        "城镇化,here,2025,65,%\n"
        "urbanization_rate,eastt,2025,65,%\n"
        "urbanization_rate,here,next year,65,%\n"
        "urbanization_rate,here,2025,65%,%\n"
        "urbanization_rate,here,,65,%\n"
        "urban_residents,here,2025,2100,persons\n"
        "urbanization_rate,here,2025,65,%\n"
        "urbanization_rate,,2025年,66,%\n"
        "urbanization_rate,west,2025,66,%\n",
    )

    forms = "2025, 2025Q1, 2025H1, 2025-06, 2025年, 2025年一季度, 2025年上半年 or 2025年6月"
    assert told == [
        "/new.csv:2: there is no indicator 'urbanisation_rate'\n  fix: did you mean 'urbanization_rate'?",
        "/new.csv:3: there is no indicator '城镇化'\n  fix: did you mean '城镇化率'?",
        "/new.csv:4: there is no region 'eastt'\n  fix: did you mean 'east'?",
        f"/new.csv:5: year is 'next year'\n  fix: expected {forms}",
        "/new.csv:6: value is '65%', expected a number\n  fix: write 65",
        f"/new.csv:7: neither year nor period is given\n  fix: write {forms}",
        "/new.csv:8: unit is 'persons', expected '10k persons' (万人)\n  fix: give the value in that unit",
        "/new.csv:10: repeats the value of /new.csv:9",
        "/new.csv:11: urbanization_rate is not reported for west\n  fix: it is for here, east",
    ]


def test_values_in_another_unit_are_refused(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "indicator,region,year,value\n"
        "urbanization_rate,here,2025,0.65\n"
        "urbanization_rate,east,2025,6500\n"
        "urban_residents,here,2025,21000000\n"
        "arrivals,here,2025,120000\n"
        "arrivals,here,2024,0.1\n",
    )

    assert told.pop() == (
        "/new.csv:5: value is 120000, about 12 to 12 10k persons/year in the run\n"
        "  fix: give it in 10k persons/year"
    )
    assert told.pop() == (
        "/new.csv:4: value is 21000000, about 2,000 to 2,200 10k persons in the run\n"
        "  fix: give it in 10k persons"
    )
    assert told == [
        "/new.csv:2: value is 0.65, about 60 to 70 % in the run\n  fix: write 65 for 65 %",
        "/new.csv:3: value is 6500, expected at most 100 %",
    ]


def test_a_yearly_amount_that_is_no_count_of_the_year_is_refused_for_part_of_one(tmp_path: Path) -> None:
    told = refused(
        tmp_path, "indicator,region,period,value\nincome,here,2025H1,2100\nincome,here,2025,2100\n"
    )

    (one,) = told
    assert one.startswith("/new.csv:2: income is an amount of twelve months, and 2025H1 is part of a year\n")
    assert one.endswith("fix: give that of a whole year")


def test_a_year_and_the_period_of_another_are_refused(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        "indicator,region,year,period,value\n"
        "urbanization_rate,here,2025,2026Q1,65\n"
        "urbanization_rate,here,2025,spring,65\n",
    )

    assert told[0] == "/new.csv:2: year is 2025, but period is 2026Q1"
    assert told[1].startswith("/new.csv:3: period is 'spring'\n  fix: expected 2025, 2025Q1")


def test_missing_and_unknown_columns_and_empty_tables_are_told(tmp_path: Path) -> None:
    told = refused(tmp_path, "indicator,region,yaer,val\n")

    assert told[0].startswith("/new.csv:1: column 'value' is missing")
    assert "/new.csv:1: unknown column 'yaer'\n  fix: did you mean 'year'?" in told
    assert "there are no observations" in refused(tmp_path, "indicator,region,year,value\n")[0]
    with pytest.raises(InputError, match="there is no such file"):
        read_observed(tmp_path / "no.csv", (RATE,), HERE, RUN)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("urbanization_rate,,2024,60,elsewhere", ":2: is of place 'elsewhere', and the run is of here"),
        ("urbanization_rate,,2024,-64,", ":2: value is -64, about 60 to"),
        ("urbanization_rate,,1900,20,", ":2: 1900 is outside the run, which is from the end of 2020"),
        ("urbanization_rate,,9999,90,", ":2: 9999 is outside the run"),
    ],
)
def test_a_value_that_cannot_be_of_the_run_is_refused(tmp_path: Path, row: str, message: str) -> None:
    said = refused(tmp_path, f"indicator,region,year,value,place\n{row}\n")

    assert len(said) == 1
    assert message in said[0]


def test_the_place_of_a_row_may_be_named_or_titled(tmp_path: Path) -> None:
    text = f"indicator,region,year,value,place\nurbanization_rate,,2024,64,{HERE.title.en}\n"

    assert [one.value for one in read(tmp_path, text)] == [64]
