"""Units as people read them."""

import re

import pytest

from urbsim.assets import bundled
from urbsim.study.catalogue_file import read_indicators
from urbsim.study.quantity import unit_name

UNITS = sorted({each.unit for each in read_indicators(bundled() / "models" / "indicators.yaml")})


@pytest.mark.parametrize("unit", UNITS)
def test_no_unit_of_a_shipped_indicator_stays_english_on_a_chinese_figure(unit: str) -> None:
    assert not re.search("[A-Za-z]", unit_name(unit, "zh"))
