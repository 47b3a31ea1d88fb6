"""A sweep is a table: what each combination comes to, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.output.overlaps import problems
from urbsim import batch
from urbsim.output.figures import run as figures
from urbsim.output.figures.look import styled
from urbsim.output.words.matrix import matrix_of
from urbsim.output.words.pictures import PICTURES, caption
from urbsim.study.amount import Amount
from urbsim.study.outcome import Outcome
from urbsim.study.scenario import Swept
from urbsim.study.words import Language

RATE = PICTURES[0]


@pytest.fixture
def base(tiny: Path) -> Outcome:
    return batch.run(["scenarios/baseline.yaml"]).outcomes[0]


def swept(base: Outcome, first: float, second: float) -> list[Outcome]:
    """Give the base and a sweep of "a" and "b" in which each step adds so many points to the rate."""
    assert base.run is not None
    runs = [base]
    for i, j in product(range(3), range(2)):
        series = tuple(
            replace(one, values=one.values + first * i + second * j) if one.indicator.id == RATE.id else one
            for one in base.run.measured.series
        )
        measured = replace(base.run.measured, series=series)
        steps = [("a", float(i)), ("b", float(j))]
        scenario = replace(
            base.scenario,
            name=f"sweep@a={i},b={j}",
            sweep_of="sweep",
            swept=tuple(Swept(name=name, amounts=(Amount(number=number),)) for name, number in steps),
        )
        run = replace(base.run, measured=measured, verdicts=())
        runs.append(replace(base, scenario=scenario, base=base.name, run=run))
    return runs


def drawn(outcomes: list[Outcome], language: Language = "en") -> Figure:
    with styled(language):
        figure = figures.draw(RATE, outcomes, language)
        assert figure is not None
        assert problems(figure) == []
    return figure


def test_a_cell_holds_the_value_and_its_difference_to_the_base(base: Outcome) -> None:
    assert base.run is not None
    series = base.run.measured.find(RATE.id, base.place.name)
    assert series is not None
    held = float(series.values[-1])

    told = {text.get_text() for text in drawn(swept(base, 1.0, 0.2)).findobj(Text)}

    for i, j in product(range(3), range(2)):
        change = 1.0 * i + 0.2 * j
        assert f"{held + change:.1f}\n{f'+{change:.1f}' if change else '±0'}" in told


def test_the_title_says_how_much_each_can_change(base: Outcome) -> None:
    (much, none) = (drawn(swept(base, first, 0.2)) for first in (1.0, 0.0))

    assert "‘a’ changes urbanization rate in 2035 by up to 2.0 points, ‘b’ by up to 0.2 points" in title(much)
    assert "Neither ‘a’ nor ‘b’ changes" in title(drawn(swept(base, 0.01, 0.02)))
    assert "by up to 0.0 points, ‘b’ by up to 0.2 points" in title(none)
    assert "都几乎不改变" in title(drawn(swept(base, 0.01, 0.02), "zh"))


def title(figure: Figure) -> str:
    return figure.get_suptitle().replace("\n", " ")


def test_only_a_whole_sweep_of_one_or_two_names_is_a_table(base: Outcome) -> None:
    runs = swept(base, 1.0, 0.2)

    table = matrix_of(runs)
    assert table is not None
    assert [len(row) for row in table.runs] == [2, 2, 2]
    assert matrix_of(runs[:-1]) is None  # a hole
    assert matrix_of([*runs, replace(base, scenario=replace(base.scenario, name="other"))]) is None
    assert matrix_of([base]) is None
    assert "each cell" in caption(RATE, runs, "en").lower()
    assert "grey band" not in caption(RATE, runs, "en")
