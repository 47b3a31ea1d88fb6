"""Reading model files: encodings, both formats, and what is refused, with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.vensim import CLOCK, make_model, write_model
from urbsim.engine.simulate import simulate
from urbsim.errors import ModelError
from urbsim.model.equations import Call, Name, Number
from urbsim.model.read import read_model
from urbsim.model.vensim import read_vensim


def problems_of(text: str) -> list[str]:
    with pytest.raises(ModelError) as caught:
        read_vensim(text, "m.mdl")
    return [str(p) for p in caught.value.problems]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.mdl: there is no such model file"):
        read_model(tmp_path / "nowhere.mdl")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mdl").write_text(" \n")

    with pytest.raises(ModelError, match="the model file is empty"):
        read_model(tmp_path / "empty.mdl")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.xlsx").write_text("x")

    with pytest.raises(ModelError, match=r"'.xlsx' is not a known kind of model file"):
        read_model(tmp_path / "model.xlsx")


@pytest.mark.parametrize(
    "text",
    [
        "a = 3 ~ 1 ~ use { here |\nb = 4 ~~|\nd = 5 ~~ close } |",
        "a = 3 ~ 1 ~ a 'quote |\nb = 4 ~~ \"another |\nd = 5 ~~|",
        "a = 3 {a ~ comment | in braces} ~ 1 ~|\nb = 4 ~~|\nd = 5 ~~|",
        "****\n.Group\n****~\n about it |\na = 3 ~~|\nb = 4 ~~ :SUPPLEMENTARY ~ |\nd = 5 ~~|",
    ],
)
def test_no_equation_is_lost(text: str) -> None:
    assert set(read_vensim(text, "m.mdl").variables) == {"a", "b", "d"}


@pytest.mark.parametrize(
    "text", ["b = 4 ~ u |", "c = 5 |", "a = 1 ~ u ~ forgot the end\nb = 2 ~ u ~ b |\nc = 3 ~ u ~ c |"]
)
def test_an_entry_that_is_not_whole_is_told(text: str) -> None:
    (problem,) = problems_of(text + "\nd = 1 ~~|")

    assert problem.startswith("m.mdl:1: the equation")
    assert "is not ended" in problem


def test_comments_may_nest_and_quoted_names_may_hold_braces() -> None:
    model = read_vensim('"a {k}" = 3 {x {y} z} ~~|\n"a {j}" = 4 ~~|\nc = "a {k}" + "a {j}" ~~|', "m.mdl")

    assert set(model.variables) == {"a {k}", "a {j}", "c"}
    assert model.variables["a {k}"].equations[0].expression == Number(3.0)


def test_a_subscript_range_defined_twice_is_told() -> None:
    (problem,) = problems_of("R: a, b ~~|\nR: c, d ~~|\nx[R] = 1 ~~|")

    assert problem.startswith("m.mdl:2, R: is defined twice")


def test_every_syntax_error_is_told_with_its_line() -> None:
    first, second = problems_of("x = 1 +* 2 ~ 1 ~ a |\n\n  y = (3 ~ 1 ~ b |\nz = 2 ~ 1 ~ c |")

    assert first.startswith("m.mdl:1, x: this equation cannot be read, from '+* 2' on")
    assert second.startswith("m.mdl:3, y: this equation cannot be read")


def test_an_entry_without_its_end_is_told() -> None:
    (problem,) = problems_of("x = 1 ~ 1 ~ a |\ny = 2 ~ 1 ~ b")

    assert problem.startswith("m.mdl:2: the equation 'y = 2' is not ended")


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("x = RANDOM NORMAL(0, 1, 0, 1, 1) ~~|", "the function RANDOM NORMAL is not supported"),
        ("x = VECTOR SELECT(a[b!], c, d, e, f) ~~|", "the function VECTOR SELECT is not supported"),
        ("x = GET XLS CONSTANTS('a.xlsx', 'b', 'C1') ~~|", "the function GET CONSTANTS is not supported"),
        ("x = STEP(1) ~~|", "STEP has 1 arguments\n  fix: expected 2"),
        ("x := 3 ~~|", "'x' is a data variable, which is not supported"),
        ("x = :NA: ~~|", "the missing value :NA: is not supported"),
        ("t(0,1,2) ~~|", "an odd number of numbers in a lookup"),
        ("t((0,1),(0,2)) ~~|", "a lookup has the same x twice"),
        (":MACRO: f(x) ~~|", "macros (:MACRO:) are not supported"),
        ("x :THE CONDITION: y > 3 ~~|", "reality checks are not supported"),
    ],
)
def test_what_is_not_supported_is_named_with_its_line(equation: str, message: str) -> None:
    (problem,) = problems_of("\n\n" + equation)

    assert problem.startswith("m.mdl:3")
    assert message in problem


@pytest.mark.parametrize("blank", ["", " ", "\\", " \\ "])
@pytest.mark.parametrize("form", ["t({}), (0,0),(1,1)) ~~|", "x = WITH LOOKUP(3, ({}),(0,0),(1,1))) ~~|"])
def test_lookup_limits_are_numbers_and_nothing_else(form: str, blank: str, tmp_path: Path) -> None:
    # The parser evaluates what stands between the brackets: no text of a model file may get that far.
    trace = tmp_path / "trace"
    attack = form.replace("{})", f"{blank}[open('{trace}','w').close() or (0,0)-(1,1)]")

    (problem,) = problems_of(attack)

    assert "the limits of a lookup are" in problem
    assert not trace.exists()


def test_chinese_models_are_read_in_utf8_and_gb18030(tmp_path: Path) -> None:
    path = write_model(tmp_path, "城镇人口 = INTEG(0.1*城镇人口, 100)")
    text = path.read_text(encoding="utf-8").replace("{UTF-8}", "{GB18030}")
    other = tmp_path / "other.mdl"
    other.write_bytes(text.encode("gb18030"))

    both = [simulate(read_model(p), solver="euler", honest=False)["城镇人口"] for p in (path, other)]

    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize(
    ("setting", "method"), [(0, "euler"), (1, "rk4"), (2, "euler"), (3, "rk2"), (5, "rk4")]
)
def test_the_declared_method_is_read_from_the_settings(setting: int, method: str) -> None:
    settings = f"\\\\\\---/// Sketch\n///---\\\\\\\n:L<%^E!@\n15:0,0,0,{setting},0,0\n"

    assert read_vensim("x = 1 ~~|\n" + settings, "m").method == method


def test_expressions_keep_their_order_of_operations() -> None:
    model = read_vensim("x = a - b - 2 ~~|", "m")

    a_less_b = Call("-", (Name("a"), Name("b")))
    assert model.variables["x"].equations[0].expression == Call("-", (a_less_b, Number(2.0)))


XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><product>Test</product><vendor>Test</vendor></header>
<sim_specs method="RK4" time_units="Year"><start>0</start><stop>10</stop><dt>0.25</dt></sim_specs>
<model><variables>
<stock name="Tea"><eqn>90</eqn><outflow>cooling</outflow><units>degree</units></stock>
<flow name="cooling"><eqn>(Tea - room) / DELAY</eqn></flow>
<aux name="room"><eqn>20</eqn></aux>
<aux name="DELAY"><eqn>3 + STEP(1, 5)</eqn></aux>
<aux name="warmth"><eqn>Tea</eqn><gf><xscale min="0" max="100"/><ypts>0,1,4</ypts></gf></aux>
</variables></model></xmile>
"""


def test_an_xmile_model_runs(tmp_path: Path) -> None:
    path = tmp_path / "tea.xmile"
    path.write_text(XMILE)

    run = simulate(read_model(path))

    # Newton's cooling: 20 + 70 exp(-5/3) at time 5, then with a time of 4.
    assert run["Tea"][-1, 0] == pytest.approx(20 + 70 * np.exp(-5 / 3 - 5 / 4), rel=1e-8)
    assert run["warmth"][0, 0] == pytest.approx(1 + 3 * 40 / 50)
    assert read_model(path).method == "rk4"


def test_an_xmile_error_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tea.xmile"
    path.write_text(XMILE.replace("(Tea - room) / DELAY", "(Tea - room / DELAY"))

    with pytest.raises(ModelError, match=r"tea\.xmile:7, cooling: this equation cannot be read"):
        read_model(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('<aux name="room"><eqn>20</eqn></aux>', '<aux name="tea"><eqn>20</eqn></aux>', "is defined twice"),
        ("<outflow>cooling</outflow>", "<conveyor/>", "<conveyor> is not supported"),
        ("<dt>0.25</dt>", "", "the file lacks what a model needs"),
        ('<aux name="room">', "<aux>", "the file lacks what a model needs"),
    ],
)
def test_xmile_that_means_something_else_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tea.xmile"
    path.write_text(XMILE.replace(old, new))

    with pytest.raises(ModelError, match=message):
        read_model(path)


def test_xmile_signs_comments_whole_numbers_and_encodings_are_read_as_meant(tmp_path: Path) -> None:
    path = tmp_path / "tea.xmile"
    text = XMILE.replace("<eqn>20</eqn>", "<eqn>20 {degrees} + 4 - 2^2 + INT(-2.5) + 3</eqn>")
    path.write_bytes(text.replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16"))

    assert simulate(read_model(path), honest=False)["room"][0, 0] == 20.0


def test_xml_that_is_not_well_formed_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tea.xmile"
    path.write_text(XMILE.replace("</variables>", ""))

    with pytest.raises(ModelError, match=r"tea\.xmile:\d+: this is not well-formed XML"):
        read_model(path)


def test_documentation_units_and_lines_are_kept(tmp_path: Path) -> None:
    model = make_model(
        tmp_path, "rate = 0.02\n\t~\t1/year [0,1]\n\t~\tBirths per person and year.\n\t|".replace("\n", " ")
    )

    rate = model.variables["rate"]
    assert (rate.unit, rate.doc, rate.limits, rate.line) == (
        "1/year",
        "Births per person and year.",
        (0.0, 1.0),
        2,
    )
    assert CLOCK.count("|") == 4
