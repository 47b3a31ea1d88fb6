"""What the figures of a monitoring say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from tests.study.nouns import RATE
from tests.study.test_error_band import own
from tests.study.test_monitoring import outcome, seen, target
from urbsim.output.figures.look import styled
from urbsim.output.figures.monitor import draw, finding
from urbsim.output.tables.monitor import span_text, standing_text
from urbsim.study.monitoring import Monitoring, Pace, hold_against
from urbsim.study.words import Words

RUN = outcome(replace(target(69.5, 2030), id="T9", clause="第一章"), target(64, 2030))


def monitored(value: float, year: float = 2025) -> Monitoring:
    titled = replace(RUN.scenario, title=Words(zh="基准情景", en="Baseline"))
    named = replace(RATE, name=Words(zh="城镇化率", en="Urbanization rate"))
    assert RUN.run is not None
    series = tuple(replace(s, indicator=named) if s.indicator == RATE else s for s in RUN.run.measured.series)
    run = replace(RUN.run, measured=replace(RUN.run.measured, series=series))
    made = replace(RUN, scenario=titled, run=run, indicators=(named, *RUN.indicators[1:]))
    return hold_against(made, [seen(year, value)])


def words(figure: Figure) -> str:
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return "\n".join(found).replace("\n", "")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (65.02, "城镇化率2025年与“基准情景”的模拟值一致"),
        (64.6, "城镇化率2025年低于“基准情景”的模拟值0.4个百分点，在模型误差之内"),
        (65.51, "城镇化率2025年高于“基准情景”的模拟值0.5个百分点，略超出模型误差"),
        (63.5, "城镇化率2025年低于“基准情景”的模拟值1.5个百分点，为模型误差的3倍"),
    ],
)
def test_the_title_says_how_far_reality_is_from_the_run(value: float, said: str) -> None:
    assert finding(monitored(value), "rate", "here", "zh").endswith(said)


def test_a_run_that_reality_has_left_and_a_pace_that_falls_short_are_told() -> None:
    found = monitored(64.4)  # 0.9 a year lately, 1.0 in the run, 1.02 to go
    with styled("zh"):
        said = words(draw(found, "rate", "here", "zh"))

    assert "实际已超出模型误差，宜重新推算；2030年69.5%每年需+1.02个百分点，模拟为+1.00个百分点，" in said
    assert "目前已高于目标水平" in said
    assert "T9 · ≥69.5% · 第一章" in said
    held = monitored(64.6)
    with styled("zh"):
        told = words(draw(held, "rate", "here", "zh"))
    assert "按模拟增速可达，但2020—2025年实际年均仅+0.92个百分点，低于所需（尚无定论）" in told
    assert "不再成立" not in told


def test_standings_and_spans_in_words() -> None:
    left = next(c for c in monitored(64.4).courses if c.target.value == 64)

    assert standing_text(left, "en") == "above the level now; reality has left the run, to be worked out anew"
    assert span_text(Pace(gain=1, first=2010, last=2016), "zh") == "2010—2016年"
    assert span_text(Pace(gain=1, first=2010, last=2016), "en") == "2010–2016"
    assert span_text(Pace(gain=1, first=2024, last=2024.75, sums=True), "zh") == "2025年前三季度"


def test_the_least_that_a_run_may_be_off_is_drawn_between_lines() -> None:
    found = monitored(64.6)
    bare = replace(found.outcome.place, errors=(own(0, 0.3, last=2024, name=""),))
    again = hold_against(replace(found.outcome, place=bare), found.observations)
    with styled("zh"):
        figure = draw(again, "rate", "here", "zh")

    assert "虚线之间为拟合期内误差：此后误差未知，至少如此。" in words(figure)
    bands = [artist for artist in figure.axes[0].collections if isinstance(artist, PolyCollection)]
    widest = max(band.get_paths()[0].vertices[:, 1].max() for band in bands)
    assert widest == pytest.approx(70.3)
