"""Units as people read them."""

import re

import pytest

from urbsim.assets import bundled
from urbsim.study.catalogue_file import read_indicators, read_levers
from urbsim.study.quantity import quantity, unit_name

MODELS = bundled() / "models"
UNITS = sorted(
    {one.unit for one in (*read_indicators(MODELS / "indicators.yaml"), *read_levers(MODELS / "levers.yaml"))}
)


@pytest.mark.parametrize("unit", UNITS)
def test_no_unit_of_the_shipped_catalogues_stays_english_in_chinese(unit: str) -> None:
    said = (unit_name(unit, "zh"), *(quantity(1.5, unit, language="zh", long=long) for long in (True, False)))

    assert not re.search("[A-Za-z]", "".join(said))


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        *(
            (6000, "yuan/person", "6000元/人", "6,000 yuan/person"),
            (292, "yuan/m2", "292元/平方米", "292 yuan/m²"),
        ),
        *(
            (5, "% of jobs", "岗位的5%", "5 % of jobs"),
            (1.2, "x standard", "标准的1.2倍", "1.2 times the standard"),
        ),
        *((0.1, "log points", "0.1对数点", "0.1 log points"), (1.3, "x", "1.3倍", "1.3 times")),
        *((0.1 + 0.2, "%", "0.3%", "0.3 %"), (1234567, "km2", "1234567平方公里", "1,234,567 km²")),
    ],
)
def test_a_number_that_somebody_set_is_written_with_all_its_digits(
    value: float, unit: str, zh: str, en: str
) -> None:
    assert quantity(value, unit, language="zh", long=True) == zh
    assert quantity(value, unit, language="en", long=True) == en
