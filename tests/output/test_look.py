"""Lines are told apart in grey and by colour-blind eyes; words have the room that they are given."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tests.output.overlaps import problems
from urbsim import batch
from urbsim.output.figures import lettering, look, page
from urbsim.output.words import terms
from urbsim.study.words import Language

Floats = npt.NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), table 1: what eyes without one kind of cone see, in linear RGB.
BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour: str) -> Floats:
    """Undo the gamma of sRGB (IEC 61966-2-1)."""
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: Floats) -> Floats:
    """Give CIE L*a*b* of linear RGB: a distance of 2 is just seen, one of 10 at a glance."""
    share = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture
def results(tiny: Path) -> batch.Results:
    return batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"])


def test_twelve_lines_are_told_apart_in_grey() -> None:
    styles = [look.line_style(i) for i in range(12)]

    for one, other in combinations(styles, 2):
        # A print of one ink shows lightness, dashes and markers; two of them differ.
        lightness = abs(lab(linear(one["color"]))[0] - lab(linear(other["color"]))[0])
        differ = [lightness > 8, *(str(one[key]) != str(other[key]) for key in ("linestyle", "marker"))]
        assert sum(differ) >= 2, (one, other)
    assert len({(str(style["linestyle"]), style["marker"]) for style in styles}) == 12


@pytest.mark.parametrize("kind", BLIND)
def test_eight_colours_are_told_apart_by_colour_blind_eyes(kind: str) -> None:
    seen = [lab(np.array(BLIND[kind]) @ linear(colour)) for colour in look.COLOURS]

    for (i, one), (j, other) in combinations(enumerate(seen), 2):
        distance = float(np.linalg.norm(one - other))
        dashes = {str(look.line_style(k)["linestyle"]) for k in (i, j)}
        assert distance > 10 or len(dashes) == 2, (look.COLOURS[i], look.COLOURS[j], distance)


def test_lines_stand_out_from_paper() -> None:
    for colour in (*look.COLOURS, look.RED, look.SOFT):
        assert lab(linear(colour))[0] < 78, colour


def test_stacked_areas_differ_from_their_neighbours_in_grey() -> None:
    lightness = [lab(linear(colour))[0] for colour in look.FILLS[:4]]

    for (one, hatch), (other, another) in pairwise(zip(lightness, look.HATCHES, strict=False)):
        assert abs(one - other) > 20 or hatch != another


def test_forty_two_lines_have_a_look_of_their_own() -> None:
    styles = {tuple(map(str, look.line_style(i).values())) for i in range(42)}

    assert len(styles) == 42


def test_the_base_is_thick_and_dark_wherever_it_stands(results: batch.Results) -> None:
    first, second = results.outcomes
    last = [replace(second, base=first.name), first]

    assert terms.base_position(results.outcomes) == 0
    assert terms.base_position(last) == 1
    assert look.line_styles(last)[1] == look.line_style(0)
    assert look.line_style(0)["linewidth"] > 1.5 * look.line_style(1)["linewidth"]
    assert look.line_style(0)["color"] == look.INK


def test_a_scenario_looks_the_same_alone_and_among_eight_in_any_order() -> None:
    names = ["baseline", *[*look.LOOKS][:7]]  # those of the city; districts have the same looks again
    alone = look.positions(["baseline", "everything"])[1]

    assert look.positions(names)[names.index("everything")] == alone
    assert look.positions(names[::-1], base=len(names) - 1)[names[::-1].index("everything")] == alone
    assert sorted(look.positions(names)) == list(range(8))


def test_scenarios_of_any_names_have_looks_of_their_own() -> None:
    names = [f"sweep@x={i}" for i in range(13)]

    assert sorted(look.positions(names, base=3)) == list(range(13))
    assert look.positions(names[::-1], base=9) == look.positions(names, base=3)[::-1]


def test_a_sample_of_a_line_shows_its_dashes() -> None:
    for style in map(look.line_style, range(1, 12)):
        if style["linestyle"] != "-":
            period = sum(style["linestyle"][1]) * style["linewidth"]
            assert period * 2.5 <= look.SAMPLE, style


def test_chinese_breaks_between_words_and_keeps_numbers_with_their_units() -> None:
    text = (
        "2035年“基准情景”的常住人口城镇化率为75.1%，比“全部政策组合”低0.5个百分点；城镇建设用地1900平方公里"
    )
    for width in range(75, 300, 7):
        lines = lettering.wrap(text, width, 8.5).split("\n")
        assert "".join(lines) == text
        for whole in ("“基准情景”", "“全部政策组合”", "城镇化率", "0.5个百分点", "1900平方公里", "常住人口"):
            assert any(whole in line for line in lines), (width, lines)


def test_an_opening_mark_hangs_so_that_lines_look_aligned() -> None:
    with look.styled("zh"):
        figure, _ = page.sheet()
        page.lay_out(figure, title="“甲”与“乙”的差别" * 8)
        first = figure._suptitle  # type: ignore[attr-defined]  # there is no public way to it

        assert first.get_position()[0] * 72 * figure.get_size_inches()[0] == pytest.approx(
            page.EDGE - lettering.TITLE / 2
        )
        assert problems(figure) == []


def test_a_label_has_two_lines_at_most_and_keeps_its_number() -> None:
    label = look._label("公共服务优先并且县城就近城镇化与土地联动再加上就业优先和产业转移 75.0")

    assert label.count("\n") == 1
    assert label.endswith("… 75.0")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_measured_width_of_a_text_is_the_drawn_one(language: Language) -> None:
    text, slack = {
        "en": ("Urbanization rate, 78.5 % — ‘Everything’", 0.06),  # kerning, and the bearings of the ends
        "zh": ("常住人口城镇化率：2035年约80%，全部政策组合", 0.03),
    }[language]
    with look.styled(language):
        figure = Figure(dpi=look.DPI)
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        drawn = figure.text(0, 0, text, fontsize=9).get_window_extent(renderer)

    assert lettering.width_of(text, 9) == pytest.approx(drawn.width * 72 / look.DPI, rel=slack)


def test_lines_are_as_wide_as_they_may_be_and_break_where_the_sentence_does() -> None:
    text = "no scenario reaches about 80 % in 2035 (74.8 to 78.5 %); for ‘Everything’ it is open"

    lines = lettering.wrap(text, 270, 8.5).split("\n")

    assert lines[0].endswith(";")
    assert all(lettering.width_of(line, 8.5) <= 270 for line in lines)
    assert " ".join(lines).replace("\u00a0", " ") == text


def test_a_word_that_is_longer_than_a_line_is_cut() -> None:
    lines = lettering.wrap("x" * 200, 100, 8).split("\n")

    assert all(lettering.width_of(line, 8) <= 100 for line in lines)
    assert "".join(lines) == "x" * 200


def test_chinese_marks_stay_with_what_they_belong_to() -> None:
    lines = lettering.wrap("公共服务优先（含县城），再加土地：全部", 50, 8).split("\n")

    assert all(line[0] not in "）：，" and line[-1] != "（" for line in lines)


def test_a_character_that_no_font_has_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with look.styled():
        figure, _ = page.sheet()
        page.lay_out(figure, title="Odd \u1200 and \U000e0041")
        figure.draw_without_rendering()

    (message,) = caplog.messages
    assert message.startswith("some characters are in no font found here, and are drawn as boxes: ")


def test_a_dollar_is_a_dollar() -> None:
    with look.styled():
        figure, _ = page.sheet()
        page.lay_out(figure, title="$5 and $6_x")

        assert problems(figure) == []


def test_labels_never_touch() -> None:
    spread = look.spread([0.1, 0.5, 0.5, 0.51, 0.9], [0.1] * 5)

    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(spread))
    assert (spread[0], spread[-1]) == (0.1, 0.9)


def test_labels_of_several_lines_keep_clear_of_their_neighbours_and_of_the_edges() -> None:
    low, middle, high = look.spread([0.02, 0.5, 0.52], [0.1, 0.3, 0.1])

    assert low == pytest.approx(0.05)
    assert high - middle == pytest.approx(0.2)
    assert look.spread([0.5, 0.99], [0.2, 0.2])[1] == pytest.approx(0.9)


def test_what_overlaps_or_runs_off_is_found() -> None:
    with look.styled():
        figure, (axes,) = page.sheet()
        axes.text(0.5, 0.5, "hello")
        axes.text(0.51, 0.5, "world")
        axes.text(0.98, 0.8, "this runs off the page")
        page.lay_out(figure, title="T")

        assert problems(figure) == ["'this runs off the page' runs off the page", "'hello' touches 'world'"]


def test_the_log_is_quiet_about_what_has_a_font(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), look.styled("zh"):
        figure, _ = page.sheet()
        page.lay_out(figure, title="重庆市“约80%”—2035年≥73% km² ‰", question="？", notes=["〔2022〕9号"])
        figure.draw_without_rendering()

    assert caplog.messages == []
