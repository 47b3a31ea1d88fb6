from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from urbsim.ensemble import sample_folder
from urbsim.ensemble.sampling import Sampling
from urbsim.output import figures
from urbsim.output.ensemble_figures import (
    Area,
    Bar,
    Effects,
    Fan,
    Odds,
    Tornado,
    draw_effects,
    draw_fans,
    draw_tornado,
    write_fan_charts,
    write_tornados,
)
from urbsim.output.fonts import chinese_font
from urbsim.study.indicator import Indicator
from urbsim.study.place import Observation
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

RATE = Indicator(
    id="urbanization_rate", name=Words(zh="城镇化率", en="Urbanization rate"), unit="%", variable="x"
)
WHOLE = Area(place="tiny", name="tiny", title=Words(zh="小地", en="Tiny"))
COAST = Area(place="tiny", name="the coast", title=Words(zh="海岸", en="The coast"))
YEARS = np.arange(2020, 2036.0)
TARGETS = (
    Target(indicator="urbanization_rate", year=2025, operator=">=", value=73),
    Target(indicator="urbanization_rate", year=2030, operator="~", value=75),
    Target(indicator="urbanization_rate", year=2035, operator="~", value=80),
)
LONG = Words(
    en="Weight of affordable rental housing in the decision to settle in the central city (central city)",
    zh="公共服务优先并且县城就近城镇化与土地联动以及其他一切可以想到的政策措施（中心城区）",
)


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with figures.styled():
        yield


def observed(year: int, value: float) -> Observation:
    return Observation(
        indicator="urbanization_rate",
        region="",
        year=year,
        value=value,
        unit="%",
        vintage="",
        confidence="",
        source="",
        note="",
        where="",
    )


def fan(*shares: float, scenario: Words | None = None, area: Area = WHOLE) -> Fan:
    middle, spread = 70 + 0.4 * (YEARS - 2020), 0.1 * (YEARS - 2020)
    return Fan(
        scenario=scenario or Words(zh="基准", en="Baseline"),
        area=area,
        indicator=RATE,
        years=YEARS,
        percentiles=np.array([middle + k * spread for k in (-2, -1, 0, 1, 2)]),
        runs=10000,
        odds=tuple(Odds(target=t, probability=p) for t, p in zip(TARGETS[::-1], shares, strict=False)),
        history=tuple(observed(year, 50 + year - 2005) for year in range(2005, 2025)),
    )


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
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def title(figure: Figure | None) -> str:
    assert figure is not None
    return figure.get_suptitle().replace("\n", " ")


def test_a_fan_tells_how_many_runs_meet_each_target() -> None:
    told = words(draw_fans([fan(0.03, 0.4, 1.0)], "en"))

    assert "Tiny, urbanization rate: about 80 % in 2035 is met in 3 % of 10,000 runs" in " ".join(told)
    assert {"met in 3 %", "met in 40 %", "met in 100 %", "about 80 %", "≥ 73 %"} <= set(told)
    assert "median 76.0" in told
    assert any("73.0\u00a0to\u00a079.0" in text for text in told)


@pytest.mark.parametrize(
    ("share", "told"), [(0, "0 %"), (1e-4, "< 1 %"), (0.004, "< 1 %"), (0.999, "> 99 %"), (1, "100 %")]
)
def test_none_and_all_are_never_said_of_some(share: float, told: str) -> None:
    assert f"met in {told}" in words(draw_fans([fan(share)], "en"))


def test_several_scenarios_have_a_line_of_odds_each_in_their_colours() -> None:
    both = [fan(0.03, scenario=Words(en="Slow")), fan(0.5, scenario=Words(en="Fast"))]

    figure = draw_fans(both, "en")

    colours = {text.get_text(): text.get_color() for text in figure.findobj(Text)}
    assert len(figure.axes) == 1
    assert colours["3 %"] == figures.COLOURS[1]
    assert colours["50 %"] == figures.COLOURS[2]
    assert "3 % to 50 % of runs, by scenario" in " ".join(words(figure)).replace("\n", " ")


def test_more_than_three_scenarios_have_a_panel_each_on_one_scale() -> None:
    many = [fan(0.1 * i, scenario=Words(en=f"Scenario {i}")) for i in range(5)]

    figure = draw_fans(many, "en")

    assert [axes.get_title(loc="left") for axes in figure.axes] == [f"Scenario {i}" for i in range(5)]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_history_begins_five_years_before_the_run() -> None:
    (axes,) = draw_fans([fan(0.5)], "en").axes

    dots = [offset for part in axes.collections for offset in np.asarray(part.get_offsets()) if offset[0]]
    assert min(x for x, _ in dots) == 2015


def test_without_a_target_the_title_says_where_runs_end() -> None:
    assert title(draw_fans([fan()], "en")) == (
        "Tiny, urbanization rate: 73.0 to 79.0 % in 90 % of the runs in 2035"
    )


def test_a_fan_says_what_its_spread_is_of() -> None:
    few, many = replace(fan(0.5), parameters=1), replace(fan(0.5), parameters=20, levers=3)

    assert "Baseline: spread of the 1 parameter drawn; the equations are taken as right." in words(
        draw_fans([few], "en")
    )
    assert "Spread of the 1–20 parameters and 0–3 levers drawn; the equations are taken as right." in words(
        draw_fans([few, many], "en")
    )


@pytest.mark.parametrize("scenarios", [1, 2, 4])
def test_how_far_projections_were_off_is_grey_behind_fans_and_history_before_them(scenarios: int) -> None:
    margins = np.where(YEARS < 2024, np.nan, 0.25 * (YEARS - 2024))

    figure = draw_fans([replace(fan(0.5), margins=margins)] * scenarios, "en")

    for axes in figure.axes:
        grey, *fans, _edge, dots = sorted(axes.collections[:-1], key=lambda drawn: drawn.get_zorder())
        assert len(fans) == (4 if scenarios == 2 else 2)
        heights = np.asarray(grey.get_paths()[0].vertices)[:, 1]
        assert (heights.min(), heights.max()) == pytest.approx((71.6, 76 + 2.75))
        assert np.asarray(dots.get_offsets())[0] == pytest.approx((2015, 60))
        assert all(dots.get_zorder() > line.get_zorder() for line in axes.lines[:1])
    assert "how far such projections have been off" in words(figure)


@pytest.mark.parametrize("panels", [1, 4])
@pytest.mark.parametrize("goal", [40, 62, 95])
def test_the_mark_of_a_target_is_whole(panels: int, goal: float) -> None:
    target = replace(TARGETS[-1], value=goal)
    drawn = replace(fan(), odds=(Odds(target=target, probability=0.5),))

    figure = draw_fans([drawn] * panels, "en")

    figure.draw_without_rendering()
    for axes in figure.axes:
        (mark,) = [line for line in axes.lines if line.get_marker() == "D"]
        assert axes.bbox.contains(*mark.get_window_extent().min)
        assert axes.bbox.contains(*mark.get_window_extent().max)


def test_fans_that_are_too_many_are_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sample_folder, "MANY_FANS", 1)
    place = SimpleNamespace(name="tiny", area=lambda region: region or "tiny")
    scenario = SimpleNamespace(name="slow")
    chances = [SimpleNamespace(target=target) for target in TARGETS]
    one: Any = SimpleNamespace(
        member=SimpleNamespace(task=SimpleNamespace(study=SimpleNamespace(place=place)), scenario=scenario),
        chances=chances,
    )

    assert sample_folder._pictured(one, Sampling()) == (("urbanization_rate", "tiny"),)
    assert not caplog.messages
    assert sample_folder._pictured(one, Sampling(indicators=("jobs",))) == (("jobs", "tiny"),)
    assert "slow: only 1 of 2 fan charts are drawn" in caplog.text


def test_a_fan_without_anything_to_explain_has_its_caption() -> None:
    with warnings.catch_warnings(action="error"):
        figure = draw_fans([replace(fan(), history=(), parameters=2)], "en")

    assert "Baseline: spread of the 2 parameters drawn; the equations are taken as right." in words(figure)


def test_millions_are_said_once_of_a_span() -> None:
    residents = Indicator(id="residents", name=Words(en="Residents"), unit="10k persons", variable="x")
    drawn = replace(fan(), indicator=residents, percentiles=fan().percentiles * 30)

    assert "90 % of the runs:\n21.9\u00a0to\u00a023.7\u00a0m" in words(draw_fans([drawn], "en"))
    assert "90%的模拟：2190—2370万人" in words(draw_fans([drawn], "zh"))


def test_an_axis_of_persons_reads_as_its_targets_do() -> None:
    jobs = Indicator(id="jobs", name=Words(en="New jobs"), unit="10k persons/year", variable="x")
    target = Target(indicator="jobs", year=2030, operator=">=", value=60)
    drawn = replace(fan(), indicator=jobs, odds=(Odds(target=target, probability=1),))

    figure = draw_fans([drawn], "en")

    assert {"≥ 600,000 persons a year", "persons a year", "median 760,000"} <= set(words(figure))
    assert figure.axes[0].yaxis.get_major_formatter()(72.0) == "720,000"


def test_a_fan_chart_is_written_for_each_indicator_and_area(tmp_path: Path) -> None:
    write_fan_charts(tmp_path / "figures", [fan(0.5), fan(0.2), fan(0.1, area=COAST)], ("en",))

    assert sorted(file.name for file in (tmp_path / "figures").iterdir()) == [
        "fan_urbanization_rate_en.png",
        "fan_urbanization_rate_en.svg",
        "fan_urbanization_rate_the_coast_en.png",
        "fan_urbanization_rate_the_coast_en.svg",
    ]


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

    assert sure.endswith("depends most on “Factor of 2”")
    assert unsure.endswith("depends most on “Factor of 2” and “Factor of 1.9”")


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

    assert title(figure) == "Tiny, urbanization rate: in 2030 “Factor 1” matters most, in 2025 “Factor 0”"


def test_a_factor_that_was_behind_for_a_time_is_not_said_to_lead_throughout() -> None:
    figure = draw_effects(effects([[1, 1, 3], [0, 2, 2]]), "en")

    assert title(figure).endswith("in 2020 and 2030 “Factor 0” matters most, in 2025 “Factor 1”")


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
def test_nothing_runs_off_the_page_and_no_labels_touch(language: Language) -> None:
    family = "DejaVu Sans" if language == "en" else chinese_font()
    if family is None:
        pytest.skip("no font with Chinese characters on this system")
    sobol = {"first": 0.5, "first_confidence": 0.1}
    drawn = replace(
        fan(0.4, 0.999, 0.001), scenario=LONG, parameters=23, levers=4, margins=0.2 * (YEARS - 2020)
    )
    drawings = [
        *[("fans", [drawn] * n) for n in (1, 2, 3, 4, 8, 14)],
        ("tornado", tornado(*[bar(1.0 + i, LONG, direction=1) for i in range(12)])),
        ("title", effects([[0, 1, 2], [0, 2, 1]], [Words(en="Some factor of its own")] * 2)),
        ("tornado", tornado(*[bar(0.1 * i, LONG, **sobol) for i in range(1, 7)], method="sobol")),
        ("effects", effects([[0, i, 3 + 0.01 * i] for i in range(6)], [*islice(cycle([LONG]), 6)])),
    ]
    draw = {"fans": draw_fans, "tornado": draw_tornado, "effects": draw_effects, "title": draw_effects}
    for kind, what in drawings:
        with mpl.rc_context({**figures._STYLE, "font.family": [family, "DejaVu Sans"]}):
            figure = draw[kind](what, language)  # type: ignore[operator]
            figure.draw_without_rendering()
        width, height = figure.bbox.size
        ticks = {text for axes in figure.axes for text in axes.xaxis.findobj(Text)}
        if kind != "tornado":  # the names of factors are ticks
            ticks |= {text for axes in figure.axes for text in axes.yaxis.findobj(Text)}
        for text in set(figure.findobj(Text)) - ticks:
            if text.get_text():
                box = text.get_window_extent()
                assert -2 <= box.x0 < box.x1 <= width + 2, (kind, text.get_text())
                assert -2 <= box.y0 < box.y1 <= height + 2, (kind, text.get_text())
        if kind in ("fans", "title"):
            continue
        legend = [t for legend in figure.legends for t in legend.get_texts()]
        rows = [t for axes in figure.axes for t in (*axes.get_yticklabels(), *axes.texts)]
        rows += legend if kind == "effects" else []
        side = [Text.get_window_extent(text) for text in rows if LONG[language][:8] in text.get_text()]
        side.sort(key=lambda box: box.y0)
        assert len(side) >= 6
        assert all(low.y1 <= up.y0 + 1 or low.x1 < up.x0 or up.x1 < low.x0 for low, up in pairwise(side))
