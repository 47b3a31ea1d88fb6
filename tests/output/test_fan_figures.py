from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from tests.output.overlaps import problems
from urbsim.ensemble import sample_folder
from urbsim.ensemble.sampling import Sampling
from urbsim.output.figures.areas import Area
from urbsim.output.figures.fans import Fan, Odds, draw_fans, write_fan_charts
from urbsim.output.figures.look import COLOURS, line_style, styled
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
    with styled():
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


def words(figure: Figure | None) -> list[str]:
    assert figure is not None
    return [text.get_text().replace("\u00a0", " ") for text in figure.findobj(Text) if text.get_text()]


def dots(axes: Axes) -> Line2D:
    """Find what was observed."""
    return next(line for line in axes.lines if line.get_marker() == "o" and line.get_linestyle() == "None")


def title(figure: Figure | None) -> str:
    assert figure is not None
    return re.sub(r"\s", " ", figure.get_suptitle())


def test_a_fan_tells_how_many_runs_meet_each_target() -> None:
    told = words(draw_fans([fan(0.03, 0.4, 1.0)], "en"))

    assert any("rate: about 80 % in 2035 is met in 3 % of 10,000 runs" in text for text in told)
    assert {"met in 3 %", "met in 40 %", "met in 100 %", "about 80 %", "≥ 73 %"} <= set(told)
    assert "median 76.0" in told
    assert any("73.0 to 79.0" in text for text in told)


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
    assert colours["3 %"] == COLOURS[1]
    assert colours["50 %"] == COLOURS[2]
    assert "3 % to 50 % of runs, by scenario" in title(figure)


def test_more_than_three_scenarios_have_a_panel_each_on_one_scale() -> None:
    many = [fan(0.1 * i, scenario=Words(en=f"Scenario {i}")) for i in range(5)]

    figure = draw_fans(many, "en")

    assert [axes.get_title(loc="left") for axes in figure.axes] == [f"Scenario {i}" for i in range(5)]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_history_begins_five_years_before_the_run() -> None:
    (axes,) = draw_fans([fan(0.5)], "en").axes

    assert min(dots(axes).get_xdata()) == 2015


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
        grey, *fans, _edge = sorted(
            (part for part in axes.collections if isinstance(part, PolyCollection)),
            key=lambda drawn: drawn.get_zorder(),
        )
        assert len(fans) == (4 if scenarios == 2 else 2)
        heights = np.asarray(grey.get_paths()[0].vertices)[:, 1]
        assert (heights.min(), heights.max()) == pytest.approx((71.6, 76 + 2.75))
        assert dots(axes).get_xydata()[0] == pytest.approx((2015, 60))
        medians = [line for line in axes.lines if line.get_linestyle() != "None"]
        assert all(dots(axes).get_zorder() > line.get_zorder() for line in medians)
    assert "how far the model may be off" in words(figure)


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

    assert "90 % of the runs:\n21.9 to 23.7 m" in words(draw_fans([drawn], "en"))
    assert "90%的模拟：2190—2370万人" in words(draw_fans([drawn], "zh"))


def test_an_axis_of_persons_reads_as_its_targets_do() -> None:
    jobs = Indicator(id="jobs", name=Words(en="New jobs"), unit="10k persons/year", variable="x")
    target = Target(indicator="jobs", year=2030, operator=">=", value=60)
    drawn = replace(fan(), indicator=jobs, odds=(Odds(target=target, probability=1),))

    figure = draw_fans([drawn], "en")

    assert {"≥ 600,000 persons a year", "median 760,000"} <= set(words(figure))
    assert "Tiny · New jobs (persons a year) · Baseline" in words(figure)
    assert figure.axes[0].yaxis.get_major_formatter()(72.0) == "720,000"


def test_a_fan_chart_is_written_for_each_indicator_and_area(tmp_path: Path) -> None:
    write_fan_charts(tmp_path / "figures", [fan(0.5), fan(0.2), fan(0.1, area=COAST)], ("en",))

    assert sorted(file.name for file in (tmp_path / "figures").iterdir()) == [
        "fan_urbanization_rate_en.png",
        "fan_urbanization_rate_en.svg",
        "fan_urbanization_rate_the_coast_en.png",
        "fan_urbanization_rate_the_coast_en.svg",
    ]


@pytest.mark.parametrize(
    ("count", "language"), [(1, "zh"), (2, "en"), (3, "zh"), (4, "en"), (8, "en"), (14, "zh")]
)
def test_nothing_runs_off_the_page_or_touches(language: Language, count: int) -> None:
    drawn = replace(
        fan(0.4, 0.999, 0.001), scenario=LONG, parameters=23, levers=4, margins=0.2 * (YEARS - 2020)
    )

    with styled(language):
        figure = draw_fans([drawn] * count, language)

        assert problems(figure) == []


def test_the_first_median_is_thick_and_dark_and_repeated_in_every_other_panel() -> None:
    figure = draw_fans([fan(0.5)] * 5, "en")

    dark = line_style(0)["color"]
    widths = [
        [line.get_linewidth() for line in axes.lines if line.get_color() == dark] for axes in figure.axes
    ]
    assert widths[0] == [line_style(0)["linewidth"]]
    assert all(len(one) == 1 and one[0] < widths[0][0] for one in widths[1:])


def test_a_target_has_its_number_and_its_clause() -> None:
    target = replace(TARGETS[-1], id="t2", clause="No. 9, chapter 2")
    drawn = replace(fan(), odds=(Odds(target=target, probability=0.5),))

    assert "T2 · about 80 % · No. 9, chapter 2" in words(draw_fans([drawn], "en"))
    assert {"T2 · about 80 % [a]: 50 %", "[a] No. 9, chapter 2"} <= set(words(draw_fans([drawn] * 4, "en")))
