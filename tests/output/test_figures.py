from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from tests.output.overlaps import problems
from urbsim import batch
from urbsim.output.figures import run as figures
from urbsim.output.figures.look import DPI, INK, line_style, styled
from urbsim.output.words.pictures import PICTURES, Picture, caption
from urbsim.study.outcome import Outcome
from urbsim.study.place import Margin
from urbsim.study.words import Language, Words

ROOT = Path(__file__).parents[2]
RATE = PICTURES[0]
STACK = Picture(
    id="stack",
    title=Words(zh="合计", en="Stack"),
    question=Words(zh="有多少？", en="How many?"),
    indicators=("urban_residents", "mood"),
    stacked=True,
)
LONG = Words(en="Services first, then county seats as well", zh="公共服务优先并且县城就近城镇化与土地联动")


@pytest.fixture
def results(tiny: Path) -> batch.Results:
    return batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"])


@pytest.fixture(scope="module")
def chongqing() -> tuple[Outcome, ...]:
    """Give runs of the shipped place, which has every picture, with history, targets and clauses."""
    return batch.run([ROOT / "scenarios" / f"{name}.yaml" for name in ("baseline", "everything")]).outcomes


def titled(outcomes: tuple[Outcome, ...], *titles: Words) -> list[Outcome]:
    """Give as many runs as there are titles."""
    return [
        replace(outcome, scenario=replace(outcome.scenario, title=title))
        for outcome, title in zip(cycle(outcomes), titles, strict=False)
    ]


def drawn(picture: Picture, outcomes: Sequence[Outcome], language: Language = "en") -> Figure:
    with styled(language):
        figure = figures.draw(picture, outcomes, language)
    assert figure is not None
    return figure


def words(figure: Figure) -> set[str]:
    return {text.get_text().replace("\u00a0", " ") for text in figure.findobj(Text)}


def test_each_picture_is_written_as_png_for_print_and_svg(results: batch.Results) -> None:
    figures.write_figures(Path("figures"), results.outcomes, ("en",))

    names = sorted(file.name for file in Path("figures").iterdir())
    assert names == [
        "urban_residents_en.png",
        "urban_residents_en.svg",
        "urbanization_rate_en.png",
        "urbanization_rate_en.svg",
    ]
    with Image.open("figures/urban_residents_en.png") as image:
        assert image.info["dpi"] == pytest.approx((DPI, DPI), rel=0.01)
        assert 16.0 <= image.width / DPI * 2.54 <= 17.0  # [cm] fits the text of a page of A4
    root = ElementTree.parse("figures/urban_residents_en.svg").getroot()  # noqa: S314
    assert root.tag.endswith("svg")
    assert not [node for node in root.iter() if node.tag.endswith("}text")]  # it needs no font


def test_a_picture_of_what_is_not_reported_is_left_out(results: batch.Results) -> None:
    land = next(picture for picture in PICTURES if picture.id == "land")

    assert figures.draw(land, results.outcomes, "en") is None
    assert caption(land, results.outcomes, "en") == ""


def test_a_picture_answers_a_question_and_names_place_scenarios_targets_and_history(
    results: batch.Results,
) -> None:
    told = words(drawn(RATE, results.outcomes))

    assert {"Does the urbanization rate reach its targets?", "Tiny · Urbanization rate (%)"} <= told
    assert {"T1 · ≥ 70 % · ch. 1", "T2 · about 80 % · ch. 2", "observed", "plan target"} <= told
    assert any(text.startswith("Urbanization rate: ") for text in told)
    for outcome in results.outcomes:
        assert outcome.run is not None
        series = outcome.run.measured.find("urbanization_rate", "tiny")
        assert series is not None
        assert f"{outcome.scenario.title.en} {series.values[-1]:.1f}" in told


def test_a_clause_that_does_not_fit_stands_below_under_a_letter(results: batch.Results) -> None:
    clause = "Plan of the whole province for towns and villages, part two, chapter three, section four"
    (first, second) = results.outcomes
    targets = tuple(replace(target, clause=clause) for target in first.targets)

    told = words(drawn(RATE, [replace(first, targets=targets), replace(second, targets=targets)]))

    assert {"T1 · ≥ 70 % [a]", "T2 · about 80 % [a]", f"[a] {clause}"} <= {
        text.replace("\n", " ") for text in told
    }


def test_the_same_run_gives_the_same_file(results: batch.Results) -> None:
    figures.write_figures(Path("one"), results.outcomes, ("en",))
    figures.write_figures(Path("two"), results.outcomes, ("en",))

    for file in Path("one").iterdir():
        assert file.read_bytes() == Path("two", file.name).read_bytes()


def test_no_character_is_drawn_as_a_box(results: batch.Results, caplog: pytest.LogCaptureFixture) -> None:
    figures.write_figures(Path("figures"), results.outcomes, ("zh", "en"))
    figures.write_figures(Path("english"), titled(results.outcomes, Words(zh="基准")), ("en",))

    assert caplog.messages == []
    assert {file.stem[-3:] for file in Path("figures").iterdir()} == {"_zh", "_en"}


# All pictures where words are longest; those with a line each and with the most panels elsewhere.
@pytest.mark.parametrize(
    ("count", "language", "ids"),
    [
        (1, "en", ()),
        (2, "zh", ("urbanization_rate", "land", "population_by_status")),
        (5, "en", ("urbanization_rate", "population_by_status")),
        (8, "zh", ("urbanization_rate", "service_adequacy")),
        (12, "en", ("urbanization_rate", "money")),
        (12, "zh", ("urban_residents", "land", "population_by_status")),
    ],
)
def test_nothing_overlaps_or_is_cut_off_however_many_scenarios(
    count: int, language: Language, ids: tuple[str, ...], chongqing: tuple[Outcome, ...]
) -> None:
    short = [Words(zh=f"情景{i}", en=f"Scenario {i}") for i in range(count)]
    for titles in (short, [LONG] * count) if count == 12 else (short,):
        for picture in (picture for picture in PICTURES if not ids or picture.id in ids):
            with styled(language):
                figure = figures.draw(picture, titled(chongqing, *titles), language)
                assert figure is not None, picture.id
                assert problems(figure) == [], picture.id


def test_every_shipped_picture_asks_in_both_languages_and_has_a_caption(
    chongqing: tuple[Outcome, ...],
) -> None:
    for picture in PICTURES:
        assert picture.question.en.endswith("?")
        assert picture.question.zh.endswith("？")
        assert caption(picture, chongqing, "en").startswith("Chongqing, ")
        assert caption(picture, chongqing, "zh").startswith("重庆市")
    told = caption(RATE, chongqing, "en")
    assert (
        "Dots: observed; diamonds: plan targets; grey band: ‘Baseline’, give or take how far the model may"
        in told
    )
    assert told.endswith("Open: the distance to the target is within what the model may be off.")


def test_a_line_labelled_at_its_end_has_no_entry_in_the_legend(chongqing: tuple[Outcome, ...]) -> None:
    figure = drawn(RATE, chongqing)

    entries = {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    assert entries == {"observed", "plan target", "how far the model may be off"}


def test_scenarios_whose_labels_do_not_fit_have_a_legend(chongqing: tuple[Outcome, ...]) -> None:
    figure = drawn(RATE, titled(chongqing, *[LONG] * 12))

    assert len(figure.legends[0].get_texts()) == 12 + 3


def test_the_base_is_the_same_line_in_every_panel_and_repeated_in_stacks(
    chongqing: tuple[Outcome, ...],
) -> None:
    for picture in PICTURES:
        for axes in drawn(picture, chongqing).axes:
            dark = [line for line in axes.lines if line.get_color() == INK]
            if picture.stacked:
                repeated = axes.get_title(loc="left") != "Baseline"
                assert len(dark) == (4 if repeated else 0)
            else:
                assert [line.get_linewidth() for line in dark] == [line_style(0)["linewidth"]]


def test_how_far_such_projections_have_been_off_is_drawn_around_the_base(results: batch.Results) -> None:
    margins = (Margin(indicator="urbanization_rate", year=2035, value=2.5),)
    first, second = (replace(o, place=replace(o.place, margins=margins)) for o in results.outcomes)

    figure = drawn(RATE, [replace(second, base=first.name), first])

    (band, *_) = figure.axes[0].collections
    (path,) = band.get_paths()
    assert first.run is not None
    series = first.run.measured.find("urbanization_rate", "tiny")
    assert series is not None
    assert np.asarray(path.vertices)[:, 1].max() == pytest.approx(series.values[-1] + 2.5)
    assert "how far the model may be off" in words(figure)


def test_what_was_inferred_between_censuses_is_not_called_observed(results: batch.Results) -> None:
    first, second = results.outcomes
    history = tuple(replace(one, vintage="derived-panel") for one in first.place.history)
    place = replace(first.place, history=history)

    told = words(drawn(RATE, [replace(first, place=place), replace(second, place=place)]))

    assert "inferred between censuses" in told
    assert "observed" not in told
    assert "small pale dots: inferred" in caption(RATE, [replace(first, place=place)], "en").lower()


def test_a_target_of_a_scenario_is_no_plan_target(results: batch.Results) -> None:
    (first, _) = results.outcomes
    own = replace(first, targets=tuple(replace(one, value=one.value + 1) for one in first.targets))

    assert "target" in words(drawn(RATE, [own]))
    assert "plan target" not in words(drawn(RATE, [own]))


def test_english_figures_have_english_clauses(chongqing: tuple[Outcome, ...]) -> None:
    told = " ".join(words(drawn(RATE, chongqing)))

    assert "Yufufa [2022] No. 9, ch. 2 sec. 3" in told
    assert "号" not in told
    assert all(target.clause_en for target in chongqing[0].targets)


def test_where_the_whole_place_has_no_targets_the_group_that_has_is_drawn(results: batch.Results) -> None:
    (first, second) = results.outcomes
    group = next(iter(first.place.groups))
    place = replace(first.place, history=(), targets=())
    moved = [
        replace(o, place=place, targets=tuple(replace(t, region=group) for t in o.targets))
        for o in (first, second)
    ]

    figure = drawn(RATE, moved)

    assert first.run is not None
    series = first.run.measured.find(RATE.id, group)
    assert series is not None
    assert any(np.array_equal(line.get_ydata(), series.values) for line in figure.axes[0].lines)
    assert any(place.area_title(group).en in text for text in words(figure))
    assert "plan target" not in words(figure)  # no plan of this place has them


def test_a_stack_adds_up_to_everyone(results: batch.Results) -> None:
    figure = drawn(STACK, results.outcomes)

    tops = [max(path.vertices[:, 1].max() for path in c.get_paths()) for c in figure.axes[0].collections]
    assert tops[-1] == pytest.approx(2259.18 + 1, abs=0.1)


def test_a_scenario_that_failed_is_told_of_and_not_drawn(results: batch.Results) -> None:
    first, second = results.outcomes

    figure = drawn(RATE, [first, replace(second, run=None, failure="it stopped")])

    assert any("‘Faster’ could not be run" in text for text in words(figure))
    assert not any(text.startswith("Faster") for text in words(figure))


def test_runs_of_two_places_have_figures_of_their_own(results: batch.Results) -> None:
    first, second = results.outcomes
    other = replace(second, place=replace(second.place, name="other"))

    figures.write_figures(Path("figures"), [first, replace(other, run=None, failure="x")], ("en",))

    assert {file.name.split("_")[0] for file in Path("figures").iterdir()} == {"tiny"}


def test_every_picture_is_written_and_all_are_small(chongqing: tuple[Outcome, ...], tmp_path: Path) -> None:
    figures.write_figures(tmp_path / "figures", chongqing, ("en",))

    assert len(list((tmp_path / "figures").glob("*.png"))) == len(PICTURES)
    assert sum(file.stat().st_size for file in (tmp_path / "figures").iterdir()) < 6e6
