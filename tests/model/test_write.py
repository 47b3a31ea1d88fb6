"""Other numbers in the text of a Vensim model: what is read back is what was put in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from urbsim.errors import ModelError
from urbsim.model.lower import lower
from urbsim.model.read import read_model
from urbsim.model.substitute import Points, substitute
from urbsim.model.write import WIDTH, write_numbers

TEXT = """{UTF-8}
Region: north, south ~~ Where. |
Destination <-> Region ~~|
Age: young, old ~~|
Sex: women, men ~~|
Use[Region,Age,Sex]= 1 ~ dmnl ~ By three dimensions. |
Rate[north]= 0.1 ~~|
Rate[south]= 0.2 ~ 1/year ~ In two entries. |
{ kept }
"Year-end stock"= INTEG( SUM(Rate[Region!]*Use[Region!,young,men])*Path(Time), 0) ~ dmnl ~ A stock. |
Path( (0,1),(10,1) ) ~ dmnl ~ A path. |
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 0.5 ~~|
SAVEPER = 0.5 ~~|
"""
PLACES = ("hill", "shore", "渝中")
NUMBERS = {
    "Use": np.arange(12.0).reshape(3, 2, 2) / 7,
    "Rate": np.array([0.1, 1e-7, 12345678.0]),
}


def written(tmp_path: Path, **given: object) -> str:
    path = tmp_path / "model.mdl"
    path.write_text(TEXT, encoding="utf-8")
    model = read_model(path)
    other = substitute(model, **given)  # type: ignore[arg-type]
    text = write_numbers(TEXT, model, other)
    path.write_text(text, encoding="utf-8")
    back, there = lower(read_model(path)), lower(other)
    assert back.arrays == there.arrays
    assert back.values == there.values
    assert back.tables == there.tables
    return text


def test_constants_of_any_number_of_dimensions_read_back_exactly(tmp_path: Path) -> None:
    text = written(tmp_path, elements={"Region": PLACES}, numbers=NUMBERS)

    assert "Region:\n\thill, shore, 渝中\n\t~~ Where. |" in text
    assert "Use[hill,Age,Sex]=" in text  # Vensim takes a list of two dimensions at most
    assert "Rate[Region]=\n\t0.1,1e-07,12345678\n\t~ 1/year ~ In two entries. |" in text
    assert "Rate[north]" not in text
    assert "\n{ kept }\n" in text
    assert "Destination <-> Region ~~|" in text


def test_a_path_is_broken_into_lines_that_read_back(tmp_path: Path) -> None:
    years = tuple(1990.0 + i for i in range(60))
    points: Points = (years, tuple(year / 7 for year in years))

    text = written(tmp_path, tables={"Path": {(): points}})

    lines = [line for line in text.splitlines() if line.startswith("\t(")]
    assert len(lines) > 10
    assert max(map(len, lines)) <= WIDTH + 2


def test_numbers_that_stay_leave_the_text_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(TEXT, encoding="utf-8")
    model = read_model(path)

    assert write_numbers(TEXT, model, substitute(model, tables={"Path": {(): ((0, 10), (1, 1))}})) == TEXT


def test_a_region_named_as_a_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'rate' is the name of a region and of a variable"):
        written(tmp_path, elements={"Region": ("rate", "b", "c")}, numbers=NUMBERS)
