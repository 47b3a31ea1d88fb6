"""Lowering: subscripts, definitions, cycles, and the errors that name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vensim import make_model
from urbsim.engine.simulate import simulate
from urbsim.errors import ModelError
from urbsim.model.lower import lower

RANGES = "Region: north, south ~~|\nAge: young, old ~~|\n"


def refused(folder: Path, equations: str) -> str:
    with pytest.raises(ModelError) as caught:
        lower(make_model(folder, equations))
    return str(caught.value)


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        (
            "brith rate = 1\nx = birth rate",
            "the variable 'birth rate' is not defined\n  fix: did you mean 'brith rate'?",
        ),
        ("x = SMOOTHING(3)", "no supported function and no lookup named SMOOTHING"),
        ("a = 1\nx = a(3)", "'a' is used like a lookup but is not one"),
        ("t((0,1),(2,3))\nx = t + 1", "the lookup 't' is used without an argument"),
        (RANGES + "x[Regoin] = 1", "there is no subscript 'regoin'\n  fix: did you mean 'Region'?"),
        (
            RANGES + "x[Region] = 1\ny = x[Region]",
            "'region' of 'x' is on neither the left-hand side nor in a sum",
        ),
        (RANGES + "x[Region] = 1\ny = x[west]", "'x' has no subscript 'west'"),
        (RANGES + "x[Region] = 1\ny = x[young]", "'x' is not defined for [young]"),
        (RANGES + "x[Region] = 1\ny = x[north,young]", "'x' has 1 subscripts, not 2"),
        (RANGES + "x[Region] = 1\ny = SUM(x[north])", "SUM has no subscript marked !"),
        (RANGES + "x[Region] = 1, 2, 3", "has 3 numbers for 2 elements"),
        (RANGES + "x[north,Age] = 1\nx[south,young] = 2", "has no equation for [south,old]"),
        (RANGES + "x[Region] = 1\nx[north] = 2", "has more than one equation for [north]"),
        ("x = 1\nx = 2", "x: has more than one equation"),
        (RANGES + "f[Region] = 1, 2\nm[Region,Region] = f[Region]", "has the same subscript twice"),
        (RANGES + "f[Region] = 1, 2\nx[Region] = f*2", "'f' has 1 subscripts, not 0"),
        ("n = 1.5\nx = SMOOTH N(3, 2, 1, n)", "the order of a delay or average must be a whole number"),
    ],
)
def test_a_wrong_equation_is_told_with_file_line_and_name(
    equations: str, message: str, tmp_path: Path
) -> None:
    text = refused(tmp_path, equations)

    assert message in text
    assert "model.mdl:" in text


def test_a_loop_without_a_stock_is_named_in_order(tmp_path: Path) -> None:
    text = refused(tmp_path, "a = b + 1\nb = c * 2\nc = a - 1")

    assert "these equations form a loop without a stock" in text
    assert any(loop in text for loop in ("a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c"))


def test_every_loop_is_told(tmp_path: Path) -> None:
    text = refused(tmp_path, "a = b + 1\nb = a * 2\nc = d\nd = c + a")

    assert text.count("these equations form a loop without a stock:") == 2


def test_a_loop_among_first_values_is_told_apart(tmp_path: Path) -> None:
    text = refused(tmp_path, "x = INTEG(1, y)\ny = x + 1")

    assert "while initial values are worked out" in text
    assert "ACTIVE INITIAL" in text


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, "x = nothing\ny = something + else").count("is not defined") == 3


def test_a_missing_clock_is_told(tmp_path: Path) -> None:
    from urbsim.model.vensim import read_vensim

    with pytest.raises(ModelError, match="TIME STEP is not defined"):
        lower(read_vensim("x = 1 ~~|", "m.mdl"))


def test_code_does_not_grow_with_the_number_of_regions(tmp_path: Path) -> None:
    # 38 districts must cost no more code than four regions: whole ranges stay loops.
    def size(count: int) -> int:
        names = ", ".join(f"r{k}" for k in range(count))
        stock = "x[Region] = INTEG(y[Region] - SUM(y[Region!]), 1)\ny[Region] = x[Region]*0.1"
        equations = f"Region: {names} ~~|\n{stock}"
        return len(lower(make_model(tmp_path, equations)).flows)

    assert size(38) == size(4)


def test_mappings_with_listed_elements_join_them_one_by_one(tmp_path: Path) -> None:
    equations = "Zone: zn, zs -> (Region: south, north) ~~|\nRegion: north, south ~~|\n"
    run = simulate(
        make_model(tmp_path, equations + "a[Zone] = 10, 20\nx[Region] = a[Zone]\nz = INTEG(0, 1)"),
        solver="euler",
    )

    assert run["x"][:, 0, 0].tolist() == [20.0, 10.0]


def test_mapped_elements_may_be_quoted_or_ranges_of_numbers(tmp_path: Path) -> None:
    equations = 'R: "a b","c-d" -> (S: s2,s1) ~~|\nS: s1, s2 ~~|\nQ: (q1-q2) -> (S: s2, s1) ~~|\n'
    equations += "f[R] = 10, 20\ng[Q] = 1, 2\nx[S] = f[R] + g[Q]\nz = INTEG(0, 1)"

    run = simulate(make_model(tmp_path, equations), solver="euler")

    assert run["x"][:, 0, 0].tolist() == [22.0, 11.0]


def test_a_copied_range_runs_beside_the_first(tmp_path: Path) -> None:
    equations = "Region: north, south ~~|\nTo <-> Region ~~|\nd[Region,To] = 1, 2; 3, 4;\n"
    run = simulate(
        make_model(
            tmp_path,
            equations + "out[Region] = SUM(d[Region,To!])\nin[To] = SUM(d[Region!,To])\nz = INTEG(0, 1)",
        ),
        solver="euler",
    )

    assert run["out"][:, 0, 0].tolist() == [3.0, 7.0]
    assert run["in"][:, 0, 0].tolist() == [4.0, 6.0]
