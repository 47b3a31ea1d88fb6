"""The check of units, documentation and unused numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from urbsim.model.check import check_model
from urbsim.model.read import read_model
from urbsim.model.units import check_units
from urbsim.model.vensim import read_vensim

MODEL = Path(__file__).parents[2] / "models" / "urbanization.mdl"
GIVEN = (
    "people = 2 ~ person ~ a |\nrate = 0.1 ~ 1/year ~ a |\nland = 3 ~ km2 ~ a |\nTIME STEP = 1 ~ year ~ a |\n"
    "table((0,0),(1,1)) ~ km2 ~ a |\n"
)


def found(equation: str, unit: str) -> list[str]:
    model = read_vensim(f"{GIVEN}x = {equation} ~ {unit} ~ a |", "m.mdl")
    return [str(problem) for problem in check_units(model)]


@pytest.mark.parametrize(
    ("equation", "unit"),
    [
        ("people*rate", "person/year"),
        ("people*rate", "person / Year"),
        ("INTEG(people*rate, people)", "person"),
        ("MAX(0, people)", "person"),
        ("1 - EXP(-rate*TIME STEP)", "dmnl"),
        ("people/(land*land)", "person/(km2*km2)"),
        ("people/land^2", "person/km2^2"),
        ("ZIDZ(people, land) + XIDZ(people, land, people/land)", "person/km2"),
        ("SMOOTH3(people, TIME STEP)", "person"),
        ("DELAY1(people, 2*TIME STEP)", "person"),
        ("TREND(people, TIME STEP, rate)", "1/year"),
        ("IF THEN ELSE(people > 0 :AND: land < land, people, 0)", "person"),
        ("table(rate*TIME STEP)", "km2"),
        ("WITH LOOKUP(rate*TIME STEP, ((0,0),(1,5)))", "person"),
        ("STEP(people, Time)", "person"),
        ("RAMP(people*rate, Time, Time)", "person"),
        ("SQRT(land*land)", "km2"),
        ("(rate*TIME STEP)^(rate*TIME STEP)", "dmnl"),
        ("people*(rate*TIME STEP)^0.5", "person"),
    ],
)
def test_equations_that_agree_pass(equation: str, unit: str) -> None:
    assert found(equation, unit) == []


@pytest.mark.parametrize(
    ("equation", "unit", "message"),
    [
        ("people + land", "person", "+ joins person and km2"),
        ("people*rate", "person", "the equation is in person/year, the variable in person"),
        ("people + 1", "person", "+ joins person and dmnl"),
        ("INTEG(people, people)", "person", "INTEG joins person*year and person"),
        ("INTEG(people*rate, land)", "person", "INTEG joins person and km2"),
        ("EXP(people)", "dmnl", "the argument of exp joins person and dmnl"),
        ("SMOOTH(people, rate)", "person", "the time of smooth joins 1/year and year"),
        ("STEP(people, land)", "person", "the time of step joins km2 and year"),
        ("IF THEN ELSE(people > land, 1, 0)", "dmnl", "> joins person and km2"),
        ("IF THEN ELSE(Time > 3*TIME STEP, people, land)", "person", "if then else joins person and km2"),
        ("people^rate", "person", "an exponent joins 1/year and dmnl"),
        ("people^(rate*TIME STEP)", "person", "a power whose exponent is not a number"),
    ],
)
def test_equations_that_disagree_are_told_with_their_line(equation: str, unit: str, message: str) -> None:
    (problem,) = found(equation, unit)

    assert problem.startswith("m.mdl:6, x: ")
    assert message in problem


def test_a_unit_that_cannot_be_read_is_told() -> None:
    (problem,) = found("people", "person/(year")

    assert "the unit 'person/(year' cannot be read" in problem


def test_missing_units_documentation_and_uses_are_told() -> None:
    problems = [
        str(p) for p in check_model(read_vensim("a = 2 ~~|\nb = 3 ~ dmnl ~ b |\nc = a ~ dmnl ~ c |", "m"))
    ]

    assert "m:1, a: has no unit\n  fix: write dmnl for a pure number" in problems
    assert any(p.startswith("m:1, a: has no documentation") for p in problems)
    assert any(p.startswith("m:2, b: is a constant that no equation uses") for p in problems)
    assert len(problems) == 3


def test_the_shipped_model_has_nothing_to_mend() -> None:
    assert [str(problem) for problem in check_model(read_model(MODEL))] == []
