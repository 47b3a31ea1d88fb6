"""Figures of a validation say how far off the model is, and nothing in them overlaps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.output.overlaps import problems
from urbsim.analysis.validate import validate
from urbsim.analysis.validation_figures import draw
from urbsim.output.figures.look import styled
from urbsim.study.words import Language

PLACE = Path("models/places/line")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_title_gives_the_error_after_the_sample(line: Path, language: Language) -> None:
    """The line is 10 + t; it is held against what was observed from 2015 to 2018."""
    validation = validate(PLACE)
    score = validation.find("none", "level", "line", "hold-out", 2010)
    assert score is not None
    assert score.mape is not None

    with styled(language):
        figure = draw(validation, validation.study.indicators[0], language)

        assert figure is not None
        assert problems(figure) == []
    title = figure.get_suptitle().replace("\u00a0", " ").replace("\n", " ")
    expected = {
        "en": f"after 2014 the model is off by {score.mape:.1f} % on average",
        "zh": f"2014年之后模型平均偏差{score.mape:.1f}%",
    }
    assert expected[language] in title
