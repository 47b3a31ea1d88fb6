"""Every supported function against PySD's Euler run, or a closed form where PySD has none or differs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.vensim import make_model, pysd_run, write_model
from urbsim.engine.simulate import simulate
from urbsim.errors import RunError
from urbsim.model.read import read_model

RANGES = """
Region: north, south, west ~~|
Coast: south, west ~~|
Age: young, old ~~|
Later: second, third ~~|
"""

# One small model per function. Each has a stock or a changing input, so that a wrong derivative shows.
MODELS = {
    "integ": "x = INTEG(-0.3*x, 5)",
    "operators": "x = INTEG(1, 2)\ny = -x^2 + 3*x/(x+1) - 2 + x*x/4 - -x",
    "precedence": "x = INTEG(1, 2)\ny = 2 - 3 - x + 4/2/x*3",
    "signs and powers": "x = INTEG(0.1, 2)"
    "\na = -2^2\nb = -3^2*2\nc = x*-2^2\nd = 2^-x\ne = 2^3^2\nf = -x^2^0.5",
    "time relations with a shift": "x = INTEG(IF THEN ELSE(Time - 1 >= 2, 1, 0), 0)\nnow = Time + 0.5"
    "\nz = INTEG(IF THEN ELSE(now > 4, 1, 0), 0)\ny = IF THEN ELSE(Time <> 4, 1, 0)",
    "if then else": "x = INTEG(IF THEN ELSE(x > 4, -1, 2), 1)",
    "and or not": "x = INTEG(1, 0)\ny = IF THEN ELSE(x>1 :AND: :NOT: x>3 :OR: x=5, 1, 0)",
    "relations": "x = INTEG(1, 0)\n"
    "a=IF THEN ELSE(x<5,1,0)\nb=IF THEN ELSE(x<=5,1,0)\nc=IF THEN ELSE(x=5,1,0)\n"
    "d=IF THEN ELSE(x<>5,1,0)\ne=IF THEN ELSE(x>=5,1,0)\nf=IF THEN ELSE(x>5,1,0)",
    "time relations": "x = INTEG(IF THEN ELSE(Time > 3, 1, 0) + IF THEN ELSE(Time >= 3, 1, 0)"
    " + IF THEN ELSE(5 < Time, 2, 0) + IF THEN ELSE(Time <= 7, 0.5, 0) + IF THEN ELSE(Time = 4, 1, 0), 0)",
    "min max": "x = INTEG(1, -3)\ny = MIN(x, 2) + MAX(x, 0.5)",
    "abs": "x = INTEG(1, -3)\ny = ABS(x)",
    "exp ln": "x = INTEG(0.1, 0.5)\ny = EXP(x) + LN(x)",
    "log sqrt": "x = INTEG(0.1, 0.5)\ny = LOG(x, 10) + SQRT(x)",
    "trigonometry": "x = INTEG(0.05, 0.1)\ny = SIN(x)+COS(x)+TAN(x)+ARCSIN(x)+ARCCOS(x)+ARCTAN(x)",
    "hyperbolic": "x = INTEG(0.05, 0.1)\ny = SINH(x)+COSH(x)+TANH(x)",
    "modulo": "x = INTEG(0.7, -2)\ny = MODULO(x, 3)",
    "integer": "x = INTEG(0.7, -2)\ny = INTEGER(x)",
    "quantum": "x = INTEG(0.7, -2)\ny = QUANTUM(x, 1.5) + QUANTUM(x, 0)",
    "power": "x = INTEG(0.7, 2)\ny = POWER(x, 1.5) + x^0.5 + 2^x",
    "zidz": "x = INTEG(1, -3)\ny = ZIDZ(4, x)",
    "xidz": "x = INTEG(1, -3)\ny = XIDZ(4, x, 7)",
    "step": "h = 3\nx = INTEG(STEP(h, 4), 1)",
    "pulse": "x = INTEG(PULSE(2, 1.5), 0)",
    "pulse train": "x = INTEG(PULSE TRAIN(2, 0.5, 2, 7.5), 0)",
    "ramp": "x = INTEG(RAMP(0.5, 2, 6), 0)",
    "lookup": "t(\n(0,0),(2,3),(4,3.5),(8,-1))".replace("\n", "") + "\nx = INTEG(t(Time), 0)",
    "lookup limits": "t([(0,0)-(10,10)],(1,0),(2,3),(8,-1))\nx = INTEG(t(Time), 0)",
    "with lookup": "x = INTEG(WITH LOOKUP(Time, ([(0,0)-(9,9)],(1,1),(3,4),(8,2))), 0)",
    "lookup subscripted": RANGES
    + "t[north]((0,0),(9,1))\nt[south]((0,2),(5,1),(9,4))\nt[west]((1,1),(2,2))\n"
    "x[Region] = INTEG(t[Region](Time), 1)",
    "smooth": "x = INTEG(SMOOTH(3*SIN(Time), 2.5), 1)",
    "smoothi": "x = INTEG(SMOOTHI(3*SIN(Time), 2.5, 0.7), 1)",
    "smooth3": "x = INTEG(SMOOTH3(2+SIN(Time), 2.5), 1)",
    "smooth3i": "x = INTEG(SMOOTH3I(2+SIN(Time), 2.5, 0.7), 1)",
    "smooth n": "x = INTEG(SMOOTH N(2+SIN(Time), 2.5, 0.7, 4), 1)",
    "delay1": "x = INTEG(DELAY1(2+SIN(Time), 2.5), 1)",
    "delay1i": "x = INTEG(DELAY1I(2+SIN(Time), 2.5, 0.7), 1)",
    "delay3": "x = INTEG(DELAY3(2+SIN(Time), 2.5), 1)",
    "delay3 of a changing time": "x = INTEG(DELAY3(2+SIN(Time), 2.5+0.1*Time), 1)",
    "delay3i": "x = INTEG(DELAY3I(2+SIN(Time), 2.5, 0.7), 1)",
    "delay n": "x = INTEG(DELAY N(2+SIN(Time), 2.5, 0.7, 5), 1)",
    "delay fixed": "x = INTEG(DELAY FIXED(2+SIN(Time), 1.3, 0.7), 1)",
    "trend": "x = INTEG(TREND(2+SIN(Time), 2.5, 0.02), 1)",
    "forecast": "x = INTEG(FORECAST(2+SIN(Time), 2.5, 3), 1)",
    "initial": "x = INTEG(INITIAL(2*x+1)*0.1, 3)",
    "active initial": "x = INTEG(0.1*y, 3*y)\ny = ACTIVE INITIAL(x+1, 2)",
    "sample if true": "x = INTEG(SAMPLE IF TRUE(SIN(Time) > 0.5, Time, 0.25), 1)",
    "game": "x = INTEG(GAME(0.2*x), 1)",
    "sum": RANGES
    + "a[Region] = 1, 2, 3.5\nx[Region] = INTEG(a[Region]*0.1*SUM(x[Region!]), 1)\ny = SUM(x[Coast!])",
    "sum over two": RANGES
    + "x[Region,Age] = INTEG(0.1*x[Region,Age], 2)\na[Region]=1,2,3\ny = SUM(a[Region!]*x[Region!,Age!])\n"
    "z[Age] = SUM(a[Region!]*x[Region!,Age])",
    "prod": RANGES + "a[Region] = 1, 2, 3.5\nx[Region] = INTEG(a[Region]*0.1, 1)\ny = PROD(x[Region!])",
    "vmin vmax": RANGES + "a[Region] = 1, -2, 3.5\nx[Region] = INTEG(a[Region]*0.1, 1)\ny = VMIN(x[Region!])"
    "\nz = VMAX(x[Coast!])",
    "subrange": RANGES
    + "a[Region] = 1, 2, 3.5\nx[Region] = INTEG(y[Region], 1)\ny[north] = 0.5\ny[Coast] = a[Coast]*0.1",
    "except": RANGES
    + "x[Region] = INTEG(y[Region], 1)\ny[Region] :EXCEPT: [south] = 0.5*x[Region]\ny[south] = 1.25",
    "except of two": RANGES
    + "x[Region,Age] = INTEG(y[Region,Age], 1)\ny[Region,Age] :EXCEPT: [south,old] = 0.1*x[Region,Age]\n"
    "y[south,old] = 1.25",
    "elmcount": RANGES + "x = INTEG(ELMCOUNT(Region), 1)",
    "mapping": "A: a1, a2, a3 -> B ~~|\nB: b1, b2, b3 ~~|\nc[A] = 1, 2, 3\nx[B] = INTEG(c[A]*0.1, 1)\n",
    "chinese names": "城镇人口 = INTEG(0.1*城镇人口, 100)\n城镇化率 = 城镇人口/1000",
    "quoted names": 'x = INTEG("net (flow), %"*0.1, 1)\n"net (flow), %" = x + 1',
}


@pytest.mark.parametrize("name", MODELS)
def test_euler_equals_pysd(name: str, tmp_path: Path) -> None:
    path = write_model(tmp_path, MODELS[name])
    theirs = pysd_run(path)

    ours = simulate(read_model(path), solver="euler").to_frame()

    compared = [c for c in theirs.columns if c in ours.columns]
    assert any(c.startswith(("x", "城")) for c in compared)
    for column in compared:
        np.testing.assert_allclose(
            ours[column], theirs[column].astype(float), rtol=1e-9, atol=1e-12, err_msg=column
        )


def final(folder: Path, equations: str, **options: object) -> float:
    """The last value of x."""
    clock = {k: options.pop(k) for k in ("start", "stop", "step") if k in options}
    run = simulate(make_model(folder, equations, **clock), **options)  # type: ignore[arg-type]
    return float(run["x"][-1, 0])


@pytest.mark.parametrize("solver", ["rk45", "dop853", "lsoda", "radau", "bdf"])
@pytest.mark.parametrize(
    ("equation", "exact"),
    [
        ("x = INTEG(-0.3*x, 5)", 5 * math.exp(-3)),
        ("x = INTEG(STEP(3, 4.3), 1)", 1 + 3 * 5.7),
        ("x = INTEG(PULSE(2.21, 0.01), 0)", 0.125),  # a pulse lasts at least one TIME STEP
        ("x = INTEG(PULSE(2.21, 1.3), 0)", 1.3),
        ("x = INTEG(PULSE TRAIN(2.1, 0.2, 1.7, 7.3), 0)", 0.7),
        ("x = INTEG(PULSE TRAIN(0, 0.3, 0.7, 99), 0)", 14 * 0.3 + 0.2),
        ("x = INTEG(RAMP(0.5, 2, 6), 0)", 0.5 * 16 / 2 + 2 * 4),
        ("x = INTEG(IF THEN ELSE(Time > 3.7, 1, 0), 0)", 6.3),
        ("x = INTEG(IF THEN ELSE(3.7 >= Time, 1, 0), 0)", 3.7),
        ("x = INTEG(IF THEN ELSE(Time-1>=0.501 :AND: Time-1<0.51, 100, 0), 0)", 0.9),
        ("now = Time\nx = INTEG(IF THEN ELSE(now>=1.501 :AND: now<1.51, 100, 0), 0)", 0.9),
        ("x = INTEG(IF THEN ELSE(Time<>5, 1, 100), 0)", 10 + 99 * 0.125),
        ("t((0,0),(4.99,0),(5,100),(5.01,0))\nx = INTEG(t(Time-0.5), 0)", 1.0),
        ("e = INTEG(1,0)\nx = INTEG(IF THEN ELSE(e>5.03 :AND: e<6.03, 100, 0), 0)", 100.0),
        ("d = INTEG(0,5.03)\nx = INTEG(IF THEN ELSE(Time-d>0 :AND: Time-d<1, 100, 0), 0)", 100.0),
        ("x = INTEG(EXP(-((Time-5.03)/0.2)^2), 0)", 0.2 * math.sqrt(math.pi)),
        ("x = INTEG(MAX(0, 1-ABS(Time-5.03)/0.5), 0)", 0.5),
        ("x = INTEG(SMOOTHI(1, 2, 0), 0)", 10 - 2 * (1 - math.exp(-5))),
        ("x = INTEG(DELAY1I(1, 2, 0), 0)", 10 - 2 * (1 - math.exp(-5))),
    ],
)
def test_error_controlled_solvers_reach_the_closed_form(
    equation: str, exact: float, solver: str, tmp_path: Path
) -> None:
    assert final(tmp_path, equation, solver=solver) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("LOOKUP EXTRAPOLATE", {-1.0: -2.0, 0.5: 1.0, 3.0: 3.0, 6.0: 4.5}),
        ("LOOKUP FORWARD", {-1.0: 0.0, 0.5: 2.0, 1.0: 2.0, 3.0: 3.5, 6.0: 3.5}),
        ("LOOKUP BACKWARD", {-1.0: 0.0, 0.5: 0.0, 1.0: 2.0, 3.0: 2.0, 6.0: 3.5}),
    ],
)
def test_lookup_variants_follow_their_definition(
    function: str, expected: dict[float, float], tmp_path: Path
) -> None:
    # PySD has none of these. The table rises by 2 a year to (1, 2) and by 1/2 to (4, 3.5): hand arithmetic.
    for at, value in expected.items():
        equations = f"t((0,0),(1,2),(4,3.5))\ny = {function}(t, {at})\nx = INTEG(y, 0)"
        assert final(tmp_path, equations, solver="euler", stop=1) == pytest.approx(value, abs=1e-12)


def test_smooth_with_a_whole_initial_value_is_not_cut_to_whole_numbers(tmp_path: Path) -> None:
    # PySD keeps the state in the type of the initial value, so an integer 1 makes it cut the first input
    # (2.5 to 2). The closed form decides: 2.5 - 1.5 exp(-10 / 3).
    exact = 2.5 - 1.5 * math.exp(-10 / 3)

    assert final(tmp_path, "y = SMOOTHI(2.5, 3, 1)\nx = INTEG(0, y)") == pytest.approx(1.0)
    run = simulate(make_model(tmp_path, "x = SMOOTHI(2.5, 3, 1)"))
    assert run["x"][-1, 0] == pytest.approx(exact, rel=1e-6)


def test_delay_keeps_what_is_in_it(tmp_path: Path) -> None:
    # What entered and has not left is in the delay: inflow time less outflow, whatever the order.
    stocks = "rate = 3\ngone[Order] = INTEG(out[Order], 0)\n"
    equations = stocks + "out[one] = DELAY1(rate, 2)\nout[three] = DELAY3(rate, 2)"
    model = make_model(tmp_path, "Order: one, three ~~|\n" + equations)

    run = simulate(model, values={"rate": 5.0})

    np.testing.assert_allclose(run["gone"][:, -1, 0], 50.0, rtol=1e-6)


AGES = "Age: a1, a2, a3 ~~|\nOlder: a2, a3 -> Younger ~~|\nYounger: a1, a2 ~~|\n"


def test_ageing_moves_people_along_a_mapping_and_loses_none(tmp_path: Path) -> None:
    # PySD cannot run this form; conservation and the equilibrium (everyone passes at 2 a year) decide.
    chain = "p[a1] = INTEG(6 - p[a1]/2, 3)\np[Older] = INTEG(p[Younger]/2 - p[Older]/2, 3)\n"
    chain += "out = INTEG(p[a3]/2, 0)"
    run = simulate(make_model(tmp_path, AGES + chain, stop=80))

    total = run["p"].sum(axis=0) + run["out"]
    np.testing.assert_allclose(total[:, 0], 9 + 6 * run.times, rtol=1e-12)
    np.testing.assert_allclose(run["p"][:, -1, 0], 12.0, rtol=1e-6)


def test_a_chain_of_elements_of_one_auxiliary_is_worked_out_in_order(tmp_path: Path) -> None:
    # PySD recurses for ever; by hand at time 2: 2, 2 / 4 + 1, 1.5 / 4 + 1.
    chain = "y[a1] = Time\ny[Older] = y[Younger]*0.25 + 1"
    run = simulate(make_model(tmp_path, AGES + chain, stop=2))

    np.testing.assert_allclose(run["y"][:, -1, 0], [2.0, 1.5, 1.375], rtol=1e-15)


def test_old_style_lookups_list_all_x_before_all_y(tmp_path: Path) -> None:
    assert final(tmp_path, "t(0,1,4,0,2,3.5)\nx = INTEG(t(0.5), 0)", stop=1) == pytest.approx(1.0)


def test_a_number_list_leaves_excepted_elements_alone(tmp_path: Path) -> None:
    ranges = (
        "Region: north, south, west ~~|\nf[south] = 5\nf[Region] :EXCEPT: [south] = 1, 2, 3\nz = INTEG(0, 1)"
    )

    assert simulate(make_model(tmp_path, ranges), solver="euler")["f"][:, 0, 0].tolist() == [1.0, 5.0, 3.0]


def test_a_value_that_is_not_a_number_does_not_vanish_in_min_or_max(tmp_path: Path) -> None:
    for equation in ("MIN(LN(-1), 3)", "MIN(3, LN(-1))", "MAX(LN(-1), 3)", "MAX(3, LN(-1))"):
        with pytest.raises(RunError, match="y is nan at 0"):
            simulate(make_model(tmp_path, f"y = {equation}\nz = INTEG(0, 1)"), solver="euler")


def test_what_jumps_at_unseen_times_is_followed_with_the_step_of_the_file(tmp_path: Path) -> None:
    # A hundredth of each year: found only if no step is longer than a hundredth.
    equation = "x = INTEG(IF THEN ELSE(MODULO(Time,1) < 0.02, 100, 0), 0)"

    assert final(tmp_path, equation, step=0.01) == pytest.approx(20.0, rel=0.05)


@pytest.mark.parametrize(("delay", "last"), [("1e20", 4.0), ("1e9", 4.0), ("1/none", 4.0), ("0", 9.875)])
def test_a_delay_longer_than_the_run_gives_nothing_back(delay: str, last: float, tmp_path: Path) -> None:
    equations = f"none = 0\nx = DELAY FIXED(Time, {delay}, 4)\nz = INTEG(0, 1)"

    assert final(tmp_path, equations, solver="euler") == pytest.approx(last)


def test_a_delay_that_is_not_a_number_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the delay time of x is not a number"):
        final(tmp_path, "none = 0\nx = DELAY FIXED(Time, none/none, 4)\nz = INTEG(0, 1)", solver="euler")


def test_a_bracketed_sign_is_raised_with_its_number(tmp_path: Path) -> None:
    # PySD writes (-2)^2 out as -2**2 and gets -4.
    assert final(tmp_path, "y = (-2)^2\nx = INTEG(y, 0)", stop=1) == pytest.approx(4.0)


def test_logic_may_be_written_in_lower_case(tmp_path: Path) -> None:
    # PySD cannot run this form. True from 1 to 3, and again from 5 on: 2 + 5.
    equation = "x = INTEG(IF THEN ELSE(Time>1 :and: :not: Time>3 :or: Time>=5, 1, 0), 0)"

    assert final(tmp_path, equation) == pytest.approx(7.0)


def test_and_binds_tighter_than_or(tmp_path: Path) -> None:
    # 1 or (0 and 0) is true; (1 or 0) and 0 would be false.
    assert final(
        tmp_path, "a=1\nx = INTEG(IF THEN ELSE(a=1 :OR: a=2 :AND: a=3, 1, 0), 0)", stop=1
    ) == pytest.approx(1)


def test_the_ends_of_delay_fixed_and_sample_if_true_need_a_fixed_step(tmp_path: Path) -> None:
    from urbsim.errors import InputError

    model = make_model(tmp_path, "x = INTEG(DELAY FIXED(Time, 2, 0), 0)")

    with pytest.raises(
        InputError, match=r"'x' uses DELAY FIXED .* which rk45 cannot follow\n  fix: use euler or rk4"
    ):
        simulate(model)
