from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.output.overlaps import problems
from urbsim.output.figures.areas import Area
from urbsim.output.figures.factors import (
    Bar,
    Effects,
    Tornado,
    draw_effects,
    draw_tornado,
    write_tornados,
)
from urbsim.output.figures.look import styled
from urbsim.study.indicator import Indicator
from urbsim.study.words import Language, Words

RATE = Indicator(
    id="urbanization_rate", name=Words(zh="城镇化率", en="Urbanization rate"), unit="%", variable="x"
)
WHOLE = Area(place="tiny", name="tiny", title=Words(zh="小地", en="Tiny"))
LONG = Words(
    en="Weight of affordable rental housing in the decision to settle in the central city (central city)",
    zh="公共服务优先并且县城就近城镇化与土地联动以及其他一切可以想到的政策措施（中心城区）",
)


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with styled():
        yield


def bar(effect: float, name: Words | None = None, **more: float | None) -> Bar:
    return Bar(factor=name or Words(en=f"Factor of {effect:g}"), effect=effect, confidence=0.1, **more)  # type: ignore[arg-type]


def tornado(*bars: Bar, method: str = "morris") -> Tornado:
    return Tornado(
        scenario=Words(en="Baseline", zh="基准"),
        area=WHOLE,
        indicator=RATE,
        year=2035,
        method=method,  # type: ignore[arg-type]
        bars=bars,
        runs=400,
    )


def effects(values: list[list[float]], names: list[Words] | None = None) -> Effects:
    return Effects(
        scenario=Words(en="Baseline"),
        area=WHOLE,
        indicator=RATE,
        method="morris",
        years=np.array([2020.0, 2025, 2030]),
        factors=tuple(names or [Words(en=f"Factor {i}") for i in range(len(values))]),
        effects=np.array(values),
    )


def words(figure: Figure | None) -> list[str]:
    assert figure is not None
    return [text.get_text().replace("\u00a0", " ") for text in figure.findobj(Text) if text.get_text()]


def title(figure: Figure | None) -> str:
    assert figure is not None
    return re.sub(r"\s", " ", figure.get_suptitle())


def test_a_tornado_has_the_twelve_strongest_factors_and_their_direction() -> None:
    bars = [bar(float(i), direction=(-1, 0, 1, None)[i % 4]) for i in range(20)]

    figure = draw_tornado(tornado(*bars), "en")

    told = words(figure)
    assert figure is not None
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [f"Factor of {i}" for i in range(19, 7, -1)]
    assert {"19", "+18", "±17", "−16"} <= set(told)
    assert {"raises it", "lowers it", "either way", "correlated factors together"} <= set(told)
    assert "; 12 strongest of 20 factors; " in " ".join(told)


def test_effects_are_counted_beside_the_factors_that_they_are_of() -> None:
    some = replace(tornado(bar(2.0), bar(1.0)), factors=5)
    many = replace(tornado(*[bar(1.0)] * 21), factors=23)

    assert "Baseline; 2 effects of 5 factors; Morris, 400 runs" in words(draw_tornado(some, "en"))
    assert "Baseline; 12 strongest of 21 effects of 23 factors; Morris, 400 runs" in words(
        draw_tornado(many, "en")
    )
    assert "基准；23个因素的21项效应中最强的12项；Morris法，400次模拟" in words(draw_tornado(many, "zh"))


def test_rows_are_as_high_as_their_names_and_titles_have_two_lines() -> None:
    group = Words(en=" + ".join(f"Base village departure rate ({n} quarter)" for n in range(8)))
    bars = [bar(3.0, group), bar(2.9, group), *(bar(0.1 * i) for i in range(1, 9)), bar(0.05, group)]

    figure = draw_tornado(tornado(*bars), "en")

    assert figure is not None
    figure.draw_without_rendering()
    names = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(low.y1 <= up.y0 for up, low in pairwise(names))
    assert figure.axes[0].bbox.y0 <= names[-1].y0
    assert figure.get_suptitle().count("\n") == 1
    assert figure.axes[0].get_yticklabels()[0].get_text().count("\n") == 2
    assert figure.axes[0].get_yticklabels()[0].get_text().endswith("…")


def test_the_title_names_two_factors_when_their_order_is_not_sure() -> None:
    sure = title(draw_tornado(tornado(bar(2.0), bar(1.0)), "en"))
    unsure = title(draw_tornado(tornado(bar(2.0), bar(1.9)), "en"))

    assert sure.endswith("depends most on ‘Factor of 2’")
    assert unsure.endswith("depends most on ‘Factor of 2’ and ‘Factor of 1.9’")


def test_sobol_has_two_bars_each_and_none_below_nought() -> None:
    bars = [bar(0.6, first=0.5, first_confidence=0.1), bar(0.1, first=-0.02, first_confidence=0.1)]

    figure = draw_tornado(tornado(*bars, method="sobol"), "en")

    assert figure is not None
    widths = sorted(patch.get_width() for patch in figure.axes[0].patches)  # type: ignore[attr-defined]
    assert widths == pytest.approx([0, 0.1, 0.5, 0.6])
    assert {"total effect", "first-order effect"} <= set(words(figure))


def test_factors_without_effect_are_not_drawn(tmp_path: Path) -> None:
    assert draw_tornado(tornado(bar(0.0)), "en") is None
    assert draw_effects(effects([[0, 0, 0], [math.nan, 0, 0]]), "en") is None
    write_tornados(tmp_path / "none", [tornado(bar(0.0))], [], ("en",))
    assert list((tmp_path / "none").iterdir()) == []


def test_effects_over_time_name_what_matters_first_and_last() -> None:
    figure = draw_effects(effects([[math.nan, 1, 2], [0, 0.5, 3]]), "en")

    assert title(figure) == "Tiny, urbanization rate: in 2030 ‘Factor 1’ matters most, in 2025 ‘Factor 0’"


def test_a_factor_that_was_behind_for_a_time_is_not_said_to_lead_throughout() -> None:
    figure = draw_effects(effects([[1, 1, 3], [0, 2, 2]]), "en")

    assert title(figure).endswith("in 2020 and 2030 ‘Factor 0’ matters most, in 2025 ‘Factor 1’")


def test_the_six_strongest_factors_have_a_line() -> None:
    figure = draw_effects(effects([[0, i, i] for i in range(9)]), "en")

    assert figure is not None
    assert len(figure.axes[0].lines) == 6
    assert {f"Factor {i}" for i in range(3, 9)} <= set(words(figure))


def test_the_same_effects_give_the_same_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_tornados(tmp_path / folder, [tornado(bar(1.0))], [effects([[0, 1, 2]])], ("en",))

    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert names == [
        "effects_urbanization_rate_en.png",
        "effects_urbanization_rate_en.svg",
        "tornado_urbanization_rate_2035_en.png",
        "tornado_urbanization_rate_2035_en.svg",
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_runs_off_the_page_or_touches(language: Language) -> None:
    sobol = {"first": 0.5, "first_confidence": 0.1}
    lines = [[0, i, 3 + 0.01 * i] for i in range(6)]
    with styled(language):
        figures = [
            draw_tornado(tornado(*[bar(1.0 + i, LONG, direction=1) for i in range(12)]), language),
            draw_tornado(
                tornado(*[bar(0.1 * i, LONG, **sobol) for i in range(1, 7)], method="sobol"), language
            ),
            draw_effects(effects(lines, [*islice(cycle([LONG]), 6)]), language),
            draw_effects(effects([[0, 1, 2], [0, 2, 1]], [Words(en="Some factor of its own")] * 2), language),
        ]

        for figure in figures:
            assert figure is not None
            assert problems(figure) == []


def test_english_counts_persons_as_elsewhere() -> None:
    settlers = replace(RATE, id="settlers", name=Words(en="Settlers", zh="落户"), unit="10k persons/year")

    told = words(draw_tornado(replace(tornado(bar(1.5)), indicator=settlers), "en"))

    assert "mean effect over a factor's whole range (mu*, persons a year)" in told
    assert "15,000" in told
