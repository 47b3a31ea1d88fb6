from __future__ import annotations

import logging
import warnings
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text

from urbsim import batch
from urbsim.output import figures
from urbsim.output.fonts import chinese_font


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


@pytest.mark.skipif(chinese_font() is None, reason="no font with Chinese characters on this system")
def test_no_character_is_drawn_as_a_box(results: batch.Results) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that is missing
        figures.write_figures(Path("figures"), results.outcomes, ("zh",))

    assert sorted(file.name for file in Path("figures").iterdir() if "png" in file.name) == [
        "urban_residents_zh.png",
        "urbanization_rate_zh.png",
    ]


def test_labels_never_touch() -> None:
    spread = figures._spread([0.1, 0.5, 0.5, 0.51, 0.9], 0.1)

    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(spread))
    assert (spread[0], spread[-1]) == (0.1, 0.9)


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
