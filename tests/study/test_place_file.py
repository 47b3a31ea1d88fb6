from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from urbsim.model.read import read_model
from urbsim.model.subscripts import axes
from urbsim.study.apply_place import apply_place
from urbsim.study.place_file import read_place
from urbsim.study.quantity import quantity, same_unit


def test_a_place_is_read_with_its_tables(tiny: Path) -> None:
    place = read_place(Path("models/places/tiny"))

    assert place.name == "tiny"
    assert place.areas == ("tiny", "coast", "east", "west")
    assert (len(place.numbers), len(place.paths), len(place.history), len(place.targets)) == (9, 2, 3, 3)
    assert place.numbers[0].where == "models/places/tiny/parameters.csv:2"
    assert (place.numbers[0].low, place.numbers[0].high) == (0.01, 0.03)


def test_areas_are_found_by_any_spelling(tiny: Path) -> None:
    place = read_place(Path("models/places/tiny"))

    assert place.members("EAST") == ("east",)
    assert place.members("Coast") == ("east",)
    assert place.members("tiny") == place.members("") == ("east", "west")
    assert place.members("north") is None
    assert place.area("") == "tiny"
    assert place.area_title("coast").zh == "海岸"
    assert place.area_title("west").zh == "西"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_tables_are_read_as_excel_saves_them(encoding: str, tiny: Path) -> None:
    path = Path("models/places/tiny/sources.csv")
    text = path.read_text(encoding="utf-8").replace("A plan", '"规划,第一章"').replace("\n", "\r\n")
    path.write_bytes(text.encode(encoding))

    titles = [source.title for source in read_place(Path("models/places/tiny")).sources]

    assert titles == ["A census", "A survey", "规划,第一章"]


def test_a_place_gives_the_model_its_regions_and_numbers(tiny: Path) -> None:
    model = apply_place(read_model("models/tiny.mdl"), read_place(Path("models/places/tiny")))

    region = model.dimension("Region")
    assert region is not None
    assert region.elements == ("east", "west")
    assert axes(model, "Standard") == (("east", "west"), ("young", "old"))


def test_a_row_for_all_yields_to_a_row_for_one(tiny: Path) -> None:
    model = apply_place(read_model("models/tiny.mdl"), read_place(Path("models/places/tiny")))

    (equation,) = model.variables["standard"].equations
    assert np.asarray(equation.expression.values) == pytest.approx([1, 1, 0.8, 1])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2390.4, "10k persons", "23.9 m"),
        (2.39e7, "persons", "23.9 m"),
        (72.14, "%", "72.1"),
        (-0.02, "%", "-0.02"),
        (4.467, "beds", "4.47 beds"),
        (110.42, "m2/person", "110.4 m²/person"),
        (58012.3, "yuan", "58,012 yuan"),
    ],
)
def test_quantities_are_written_as_people_say_them(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_units_are_compared_as_written_but_for_blanks_and_case() -> None:
    assert same_unit("10k persons", "10K  persons")
    assert same_unit("", "Dmnl")
    assert not same_unit("person", "persons")
