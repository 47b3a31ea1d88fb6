from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isnan, nan

import pytest

from urbsim.plain import read_plain, write_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A noun with one of everything."""

    name: str
    size: float
    twins: tuple[Town, ...] = ()
    years: Mapping[int, str] = field(default_factory=dict)
    capital: bool = False
    note: str | None = None


@dataclass(frozen=True)
class Positive:
    """A noun that refuses what is wrong by itself."""

    value: float

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError("expected a number above 0")


KINDS = (Town, Positive)


def test_what_is_read_is_what_was_written() -> None:
    twin = Town(name='轻轨 "quoted"\n', size=0.1 + 0.2, years={2020: "a", -1: ""})
    town = Town(name="", size=-inf, twins=(twin, twin), capital=True, note="pairs")

    assert read_plain(write_plain(town, KINDS), KINDS) == town
    assert read_plain(write_plain((town, (), (1, 2.0)), KINDS), KINDS) == (town, (), (1, 2.0))


def test_a_number_stays_of_its_kind() -> None:
    back = read_plain(write_plain((1, 1.0, -0.0, True, nan, 5e-324), KINDS), KINDS)

    assert [type(item) for item in back] == [int, float, float, bool, float, float]
    assert str(back[2]) == "-0.0"
    assert isnan(back[4])
    assert back[5] == 5e-324


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "{",
            "{}",
            "\ud800",
            '{"Town":[]}',
            '{"Town":1}',
            '{"pairs":[]}x',
            '{"pairs":[1]}',
            '{"City":[1]}',
        ),
        *('{"os":["system"]}', '{"Town":["a",1.0],"Positive":[1.0]}', '{"Positive":[-1.0]}', "[" * 100_000),
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="this is not what `write_plain` writes"):
        read_plain(text, KINDS)


def test_a_noun_that_was_not_named_is_not_written() -> None:
    with pytest.raises(TypeError):
        write_plain(Positive(1.0), (Town,))
