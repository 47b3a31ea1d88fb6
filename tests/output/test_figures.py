from __future__ import annotations

import logging
from dataclasses import replace
from itertools import cycle, pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.text import Text

from urbsim import batch
from urbsim.output import figures
from urbsim.output.fonts import chinese_font
from urbsim.study.outcome import Outcome
from urbsim.study.place import Margin
from urbsim.study.words import Language, Words


@pytest.fixture
def results(tiny: Path) -> batch.Results:
    return batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"])


def test_each_picture_is_written_as_png_and_svg(results: batch.Results) -> None:
    figures.write_figures(Path("figures"), results.outcomes, ("en",))

    names = sorted(file.name for file in Path("figures").iterdir())
    assert names == [
        "urban_residents_en.png",
        "urban_residents_en.svg",
        "urbanization_rate_en.png",
        "urbanization_rate_en.svg",
    ]
    assert Path("figures/urban_residents_en.png").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse("figures/urban_residents_en.svg").getroot().tag.endswith("svg")  # noqa: S314


def test_a_picture_of_what_is_not_reported_is_left_out(results: batch.Results) -> None:
    land = next(picture for picture in figures.PICTURES if picture.id == "land")

    assert figures.draw(land, results.outcomes, "en") is None


def test_a_picture_names_scenarios_targets_and_what_was_observed(results: batch.Results) -> None:
    rate = next(picture for picture in figures.PICTURES if picture.id == "urbanization_rate")

    figure = figures.draw(rate, results.outcomes, "en")

    assert figure is not None
    words = {text.get_text() for text in figure.findobj(Text)}
    assert {"Tiny: Urbanization rate", "Baseline", "Faster", "≥ 70 %", "about 80 %"} <= words
    assert {"observed", "plan target"} <= words


def test_the_same_run_gives_the_same_file(results: batch.Results) -> None:
    figures.write_figures(Path("one"), results.outcomes, ("en",))
    figures.write_figures(Path("two"), results.outcomes, ("en",))

    for file in Path("one").iterdir():
        assert file.read_bytes() == Path("two", file.name).read_bytes()


def test_without_a_chinese_font_figures_are_english_and_the_log_says_how_to_get_one(
    results: batch.Results, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(figures, "chinese_font", lambda: None)

    with caplog.at_level(logging.WARNING):
        figures.write_figures(Path("figures"), results.outcomes, ("zh", "en"))

    assert "fonts-noto-cjk" in caplog.text
    assert all("_en." in file.name for file in Path("figures").iterdir())


def titled(results: batch.Results, *titles: Words) -> list[Outcome]:
    """Give as many runs as there are titles."""
    return [
        replace(outcome, scenario=replace(outcome.scenario, title=title))
        for outcome, title in zip(cycle(results.outcomes), titles, strict=False)
    ]


def test_without_a_chinese_font_a_title_in_chinese_only_gives_way_to_the_name(
    results: batch.Results, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(figures, "chinese_font", lambda: None)
    outcomes = titled(results, Words(zh="基准"), Words(en="Faster"))

    figures.write_figures(Path("figures"), outcomes, ("en",))

    svg = Path("figures/urbanization_rate_en.svg").read_text(encoding="utf-8")
    assert ">baseline<" in svg.replace("<!-- ", ">").replace(" -->", "<")
    assert "基准" not in svg
    assert caplog.messages == []


def test_a_character_that_no_font_has_is_told_in_plain_words(
    results: batch.Results, caplog: pytest.LogCaptureFixture
) -> None:
    figures.write_figures(Path("figures"), titled(results, Words(en="Odd \u1200")), ("en",))

    assert caplog.messages == [
        "some characters of the titles are in no font found here, and are drawn as boxes"
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_runs_off_the_page_however_many_and_long_the_titles(
    language: Language, results: batch.Results
) -> None:
    long = Words(
        en="Services first, then county seats as well", zh="公共服务优先并且县城就近城镇化与土地联动"
    )
    pictures = [
        *figures.PICTURES,
        figures.Picture(
            id="stack", title=Words(en="Stack"), indicators=("urban_residents", "mood"), stacked=True
        ),
    ]
    family = "DejaVu Sans" if language == "en" else chinese_font()
    if family is None:
        pytest.skip("no font with Chinese characters on this system")
    style = {**figures._STYLE, "font.family": [family, "DejaVu Sans"]}
    for count in (3, 8, 14):
        for picture in pictures:
            with mpl.rc_context(style):
                figure = figures.draw(picture, titled(results, *[long] * count), language)
                if figure is None:
                    continue
                figure.draw_without_rendering()
            ticks = {
                text
                for axes in figure.axes
                for text in (*axes.xaxis.findobj(Text), *axes.yaxis.findobj(Text))
            }
            width, height = figure.bbox.size
            for text in set(figure.findobj(Text)) - ticks:
                if text.get_text():
                    box = text.get_window_extent()
                    assert -2 <= box.x0 < box.x1 <= width + 2, (picture.id, count, text.get_text())
                    assert -2 <= box.y0 < box.y1 <= height + 2, (picture.id, count, text.get_text())


def test_fourteen_scenarios_look_different() -> None:
    styles = {tuple(map(str, figures.line_style(i).values())) for i in range(42)}

    assert len(styles) == 42


def test_how_far_such_projections_have_been_off_is_drawn_around_the_first_run(
    results: batch.Results,
) -> None:
    rate = figures.PICTURES[0]
    margins = (Margin(indicator="urbanization_rate", year=2035, value=2.5),)
    outcomes = [replace(o, place=replace(o.place, margins=margins)) for o in results.outcomes]

    figure = figures.draw(rate, outcomes, "en")

    assert figure is not None
    (band, *_) = figure.axes[0].collections
    (path,) = band.get_paths()
    run = outcomes[0].run
    assert run is not None
    series = run.measured.find("urbanization_rate", "tiny")
    assert series is not None
    assert path.vertices[:, 1].max() == pytest.approx(series.values[-1] + 2.5)
    assert "how far such projections have been off" in {t.get_text() for t in figure.findobj(Text)}


@pytest.mark.skipif(chinese_font() is None, reason="no font with Chinese characters on this system")
def test_no_character_is_drawn_as_a_box(results: batch.Results, caplog: pytest.LogCaptureFixture) -> None:
    figures.write_figures(Path("figures"), results.outcomes, ("zh",))
    figures.write_figures(Path("english"), titled(results, Words(zh="基准")), ("en",))

    assert caplog.messages == []
    assert sorted(file.name for file in Path("figures").iterdir() if "png" in file.name) == [
        "urban_residents_zh.png",
        "urbanization_rate_zh.png",
    ]


def test_labels_never_touch() -> None:
    spread = figures.spread([0.1, 0.5, 0.5, 0.51, 0.9], [0.1] * 5)

    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(spread))
    assert (spread[0], spread[-1]) == (0.1, 0.9)


def test_labels_of_several_lines_keep_clear_of_their_neighbours_and_of_the_edges() -> None:
    low, middle, high = figures.spread([0.02, 0.5, 0.52], [0.1, 0.3, 0.1])

    assert low == pytest.approx(0.05)
    assert high - middle == pytest.approx(0.2)
    assert figures.spread([0.5, 0.99], [0.2, 0.2])[1] == pytest.approx(0.9)


def test_a_stack_adds_up_to_everyone(results: batch.Results) -> None:
    picture = figures.Picture(
        id="stack", title=figures.Words(en="Stack"), indicators=("urban_residents", "mood"), stacked=True
    )

    figure = figures.draw(picture, results.outcomes, "en")

    assert figure is not None
    tops = [max(path.vertices[:, 1].max() for path in c.get_paths()) for c in figure.axes[0].collections]
    assert tops[-1] == pytest.approx(2259.18 + 1, abs=0.1)


def test_many_scenarios_get_a_legend_instead_of_labels(results: batch.Results) -> None:
    rate = next(picture for picture in figures.PICTURES if picture.id == "urbanization_rate")

    figure = figures.draw(rate, results.outcomes * 5, "en")

    assert figure is not None
    assert len(figure.legends[0].get_texts()) == 12
