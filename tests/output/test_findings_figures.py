"""Figures of the page of findings name what stands out."""

from __future__ import annotations

import numpy as np

from tests.output.overlaps import problems
from urbsim.output.figures.findings import draw_changes, draw_spans
from urbsim.output.figures.look import styled


def test_the_title_names_the_largest_change_of_either_sign() -> None:
    with styled():
        figure = draw_changes(
            {"land": 0.4, "jobs and people": -1.2, "debt": -0.02}, "Change in 2035", "points"
        )

        assert problems(figure) == []
    assert figure.get_suptitle() == "Change in 2035: most by ‘jobs and people’, −1.20"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "debt",
        "land",
        "jobs and people",
    ]


def test_the_title_names_what_binds_longest() -> None:
    years = list(range(2020, 2050))
    spans = {"quota": np.array(years) > 2032, "debt": np.array(years) == 2030}

    with styled():
        figure = draw_spans(spans, years, "Years in which a limit binds")

        assert problems(figure) == []
    assert figure.get_suptitle() == "Years in which a limit binds: ‘quota’ longest, in 17 of 30"
