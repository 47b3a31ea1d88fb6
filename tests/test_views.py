"""The picture in an `.mdl`: it shows what the equations say, and it can be read."""

from __future__ import annotations

import sys
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tools.draw_views import draw, main

from urbsim.drawing.layout import VALVE, arc, passing
from urbsim.drawing.sketch import (
    HEAD,
    Picture,
    content_of_picture,
    content_of_view,
    read_sketch,
    split_sketch,
)
from urbsim.drawing.structure import make_views, read_sectors
from urbsim.drawing.svg import paint
from urbsim.drawing.text import width, wrap
from urbsim.model.equations import Model
from urbsim.model.read import read_model
from urbsim.names import fold

ROOT = Path(__file__).parents[1]


SHIPPED = ROOT / "models" / "urbanization.mdl"
TEXT = """{UTF-8}
********************************************************
	.Tea, and what it costs
********************************************************~
		A pot is filled, drunk and cleared away.
	|

Pot= INTEG (Pouring - Drinking, 5)
	~	cup
	~	Tea in the pot.
	|

Drunk= INTEG (Drinking - Forgetting, Cups before)
	~	cup
	~	Tea drunk.
	|

Total drunk= INTEG (Drinking, 0)
	~	cup
	~	An account.
	|

Drinking=
	Pot/Thirst time
	~	cup/year
	~	Falls with patience.
	|

Forgetting=
	Drunk*Forgetfulness
	~	cup/year
	~	Memory fades.
	|

Thirst time=
	2
	~	year
	~	Patience.
	|

Forgetfulness=
	0.1
	~	1/year
	~	A share a year.
	|

Cups before=
	1
	~	cup
	~	At the start.
	|

********************************************************
	.Kitchen
********************************************************~
		Where tea comes from.
	|

Pouring=
	MAX(0, Wanted-Pot)/"Kettle, time"
	~	cup/year
	~	Fills the pot.
	|

Wanted=
	6
	~	cup
	~	A full pot.
	|

"Kettle, time"=
	1
	~	year
	~	To boil.
	|

INITIAL TIME=
	0
	~	year
	~	Start.
	|

FINAL TIME=
	10
	~	year
	~	End.
	|

TIME STEP=
	0.25
	~	year
	~	Step.
	|

SAVEPER=
	1
	~	year
	~	Output.
	|
"""


@pytest.fixture(scope="module")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("views") / "tea.mdl"
    path.write_text(TEXT, encoding="utf-8")
    path.write_text(draw(TEXT, read_model(path)), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module", params=["tea", "shipped"])
def drawn(request: pytest.FixtureRequest, tea: Path) -> Path:
    if request.param == "shipped" and HEAD[0] not in SHIPPED.read_text(encoding="utf-8"):
        pytest.skip("the shipped model has no views yet")
    return tea if request.param == "tea" else SHIPPED


@pytest.fixture(scope="module")
def model(drawn: Path) -> Model:
    return read_model(drawn)


@pytest.fixture(scope="module")
def pictures(drawn: Path) -> list[Picture]:
    return read_sketch(drawn.read_text(encoding="utf-8"))


def test_every_variable_is_drawn_with_its_causes_in_one_view(model: Model, pictures: list[Picture]) -> None:
    shown = [key for picture in pictures for key in content_of_picture(picture).own]

    assert sorted(shown) == sorted(model.variables)


def test_every_stock_is_one_box(model: Model, pictures: list[Picture]) -> None:
    boxes = [key for picture in pictures for key in content_of_picture(picture).boxes]

    assert sorted(boxes) == sorted(
        key for key, variable in model.variables.items() if variable.kind == "stock"
    )


def test_views_show_what_the_equations_say(drawn: Path, model: Model, pictures: list[Picture]) -> None:
    views = make_views(model, read_sectors(drawn.read_text(encoding="utf-8")))

    for picture, view in zip(pictures, views, strict=True):
        assert content_of_picture(picture) == content_of_view(view), picture.title


def test_every_line_joins_things_of_its_view(pictures: list[Picture]) -> None:
    for picture in pictures:
        numbers = [thing.number for thing in (*picture.items, *picture.lines)]
        items = {item.number for item in picture.items}

        assert len(numbers) == len(set(numbers)), picture.title
        assert all({line.start, line.end} <= items for line in picture.lines), picture.title


def test_every_valve_has_two_pipes(pictures: list[Picture]) -> None:
    for picture in pictures:
        valves = sorted(item.number for item in picture.items if item.what == 11)
        pipes = [(line.start, line.shape) for line in picture.lines if line.thick]

        assert sorted(pipes) == sorted((valve, shape) for valve in valves for shape in (4, 100))


def test_nothing_lies_on_anything_else(pictures: list[Picture]) -> None:
    for picture in pictures:
        for a, b in combinations(picture.items, 2):
            apart = abs(a.x - b.x) >= a.w + b.w or abs(a.y - b.y) >= a.h + b.h
            assert apart, f"{picture.title}: {a.name} ({a.x}, {a.y}) and {b.name} ({b.x}, {b.y})"


def test_names_fit_their_room(pictures: list[Picture]) -> None:
    for picture in pictures:
        for item in picture.items:
            if item.what == 10:
                shown = f"<{item.name}>" if item.shadow else item.name
                lines = wrap(shown.replace('"', ""), item.points, 2 * item.w - 4)
                assert max(width(line, item.points) for line in lines) <= 2 * item.w, item.name
                assert len(lines) * item.points * 1.6 <= 2 * item.h, item.name


def test_few_arrows_pass_behind_a_name(pictures: list[Picture]) -> None:
    hidden = []
    arrows = 0
    for picture in pictures:
        items = {item.number: item for item in picture.items}
        for line in picture.lines:
            if line.thick:
                continue
            arrows += 1
            start, end = items[line.start], items[line.end]
            way = arc((start.x, start.y), line.points[0], (end.x, end.y))
            meant = {
                start.number,
                end.number,
                *_companions(start.number, picture),
                *_companions(end.number, picture),
            }
            for item in picture.items:
                centre, half = np.array([item.x, item.y]), np.array([item.w, item.h])
                if item.number not in meant and passing(way[:-1], way[1:], centre, half).any():
                    hidden.append(f"{picture.title}: {start.name} -> {end.name} behind {item.name}")

    assert len(hidden) <= 0.01 * arrows, hidden


def _companions(number: int, picture: Picture) -> set[int]:
    """Give the valve of a name, or the name of a valve."""
    index = next(i for i, item in enumerate(picture.items) if item.number == number)
    near = picture.items[max(index - 1, 0) : index + 2]
    return {item.number for item in near if 11 in (item.what, picture.items[index].what)}


def test_a_page_is_not_crowded(pictures: list[Picture]) -> None:
    for picture in pictures:
        assert sum(item.what == 10 for item in picture.items) <= 70, picture.title


def test_pipes_are_level_or_upright_and_end_where_they_should(pictures: list[Picture]) -> None:
    for picture in pictures:
        items = {item.number: item for item in picture.items}
        for line in picture.lines:
            if line.thick:
                valve, end = items[line.start], items[line.end]
                way = [(valve.x, valve.y), *line.points]
                assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(way))
                assert abs(way[-1][0] - end.x) <= end.w + 1
                assert abs(way[-1][1] - end.y) <= end.h + 1
                assert (valve.w, valve.h) == VALVE


def test_the_picture_changes_no_equation(drawn: Path, model: Model, tmp_path: Path) -> None:
    bare = tmp_path / "bare.mdl"
    bare.write_text(split_sketch(drawn.read_text(encoding="utf-8"))[0], encoding="utf-8")
    without = read_model(bare)

    assert without.variables == model.variables
    assert without.dimensions == model.dimensions
    assert without.method == model.method


def test_pysd_reads_equations_and_views(drawn: Path, model: Model) -> None:
    from pysd.translators.vensim.vensim_file import VensimFile

    file = VensimFile(drawn)
    file.parse()
    names = {fold(element.name) for element in file.get_abstract_model().sections[0].elements}
    assert set(model.variables) <= names

    file.parse_sketch([])
    shown = {fold(name) for views in file.sections[0].views_dict.values() for name in views}
    assert {key for key in model.variables if "," not in key} <= shown


def test_pysimlin_reads_the_same_equations(drawn: Path, model: Model, tmp_path: Path) -> None:
    simlin = pytest.importorskip("simlin", reason="needs the bench extra")
    bare = tmp_path / "bare.mdl"
    bare.write_text(split_sketch(drawn.read_text(encoding="utf-8"))[0], encoding="utf-8")
    with_views, without = simlin.load(str(drawn)), simlin.load(str(bare))

    names = with_views.get_var_names()

    assert sorted(names) == sorted(without.get_var_names())
    assert all(with_views.get_variable(name) == without.get_variable(name) for name in names)


def test_drawing_again_changes_nothing(tea: Path) -> None:
    text = tea.read_text(encoding="utf-8")

    assert draw(text, read_model(tea)) == text
    assert draw(text, read_model(tea), afresh=True) == text


def test_a_view_moved_by_hand_is_kept_until_its_equations_change(tea: Path, tmp_path: Path) -> None:
    text = tea.read_text(encoding="utf-8")
    (wanted,) = [line for line in text.splitlines() if line.startswith("10,") and ",Wanted," in line]
    number, name, _x, _y, *rest = wanted.split(",", 2)[0:1] + wanted.split(",")[2:]
    moved = text.replace(wanted, ",".join([number, wanted.split(",")[1], name, "999", "888", *rest]))
    path = tmp_path / "tea.mdl"
    path.write_text(moved, encoding="utf-8")
    assert draw(moved, read_model(path)) == moved

    changed = moved.replace("MAX(0, Wanted-Pot)", "MAX(0, Wanted-Pot-Drunk)")
    path.write_text(changed, encoding="utf-8")
    redrawn = draw(changed, read_model(path))

    assert ",999,888," not in redrawn
    assert read_sketch(redrawn)[0] == read_sketch(moved)[0]


def test_check_tells_a_stale_picture(
    tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tea.mdl"
    path.write_text(tea.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["draw_views.py", "--check", str(path)])
    assert main() == 0

    path.write_text(path.read_text(encoding="utf-8").replace("Pot/Thirst time", "Pot"), encoding="utf-8")

    assert main() == 1
    assert "run tools/draw_views.py" in capsys.readouterr().out


def test_flows_join_stocks_and_accounts_take_from_no_stock(tea: Path) -> None:
    first, second = (content_of_picture(p) for p in read_sketch(tea.read_text(encoding="utf-8")))

    assert set(first.flows) == {
        ("pouring", True, None, "pot"),
        ("drinking", False, "pot", "drunk"),
        ("drinking", True, None, "total drunk"),
        ("forgetting", False, "drunk", None),
    }
    assert not second.flows


def test_polarity_follows_the_equations(tea: Path) -> None:
    first, second = (content_of_picture(p) for p in read_sketch(tea.read_text(encoding="utf-8")))

    assert ("pot", "drinking", "+") in first.links
    assert ("thirst time", "drinking", "-") in first.links
    assert ("cups before", "drunk", "+") in first.links
    assert ("wanted", "pouring", "+") in second.links
    assert ("pot", "pouring", "-") in second.links
    assert ("kettle, time", "pouring", "") in second.links or ("kettle, time", "pouring", "-") in second.links


def test_a_view_can_be_painted(tea: Path) -> None:
    picture = read_sketch(tea.read_text(encoding="utf-8"))[0]

    root = ElementTree.fromstring(paint(picture, alone=True))  # noqa: S314 - our own

    kinds = [element.get("class") for element in root.iter()]
    assert kinds.count("box") == 3
    assert kinds.count("valve") == 4
    assert kinds.count("link") == sum(not line.thick for line in picture.lines)
    shown = {"".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Pot", "Total drunk", "Forgetting", "<Pouring>"} <= shown


def test_names_in_a_painted_view_lead_somewhere_and_are_written_as_text(tea: Path) -> None:
    picture = read_sketch(tea.read_text(encoding="utf-8"))[0]

    painted = paint(picture, address=lambda name: f'#{fold(name)}&"x')

    assert '<a href="#pot&amp;&quot;x"' in painted
    assert "&lt;Pouring&gt;" in painted


def test_text_is_as_wide_as_helvetica() -> None:
    # Adobe's metrics: H 722, a 556, m 833 thousandths; 12 points are 16 pixels.
    assert width("Ham", 12) == pytest.approx(16 * 2.111)
    assert wrap("one two three", 12, width("one two", 12)) == ("one two", "three")


def test_chinese_names_are_broken_between_characters() -> None:
    assert wrap("城镇常住人口, 2020年", 12, 16 * 6.5) == ("城镇常住人", "口, 2020年")
    assert wrap("<常住人口>", 12, 16 * 3.9) == ("<常住", "人口>")
