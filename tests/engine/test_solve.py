"""Solving: orders of convergence, jumps, moving inputs, many runs at once, and runs that fail."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vensim import make_model
from urbsim.engine.compile import System, compile_program
from urbsim.engine.ensemble import solve_ensemble
from urbsim.engine.schedule import Move, Schedule
from urbsim.engine.simulate import simulate
from urbsim.engine.solve import solve
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import InputError, RunError
from urbsim.model.lower import lower

LOGISTIC = "r = 0.6\nroom = 100\nx = INTEG(r*x*(1 - x/room), 5)"


@pytest.fixture(scope="module")
def logistic(tmp_path_factory: pytest.TempPathFactory) -> System:
    return compile_program(lower(make_model(tmp_path_factory.mktemp("m"), LOGISTIC)))


def exact(rate: float = 0.6, room: float = 100.0, time: float = 10.0) -> float:
    return room / (1 + (room / 5 - 1) * math.exp(-rate * time))


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("rk4", 4), ("model", 1)])
def test_a_fixed_step_converges_with_its_order(logistic: System, solver: str, order: int) -> None:
    errors = [
        abs(simulate(logistic, solver=solver, values={"TIME STEP": step}, save=[10.0])["x"][0, 0] - exact())
        for step in (0.0625, 0.03125)
    ]

    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.1)


def test_a_file_that_declares_heuns_method_is_solved_with_it(tmp_path: Path) -> None:
    model = replace(make_model(tmp_path, LOGISTIC), method="rk2")
    errors = [
        abs(simulate(model, solver="model", values={"TIME STEP": step}, save=[10.0])["x"][0, 0] - exact())
        for step in (0.0625, 0.03125)
    ]

    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_error_controlled_solvers_reach_the_closed_form(logistic: System) -> None:
    for solver in ("rk45", "dop853", "lsoda", "radau", "bdf"):
        assert simulate(logistic, solver=solver, honest=False)["x"][-1, 0] == pytest.approx(exact(), rel=1e-6)


def test_the_honesty_line_tells_how_far_the_files_own_method_is_off(logistic: System) -> None:
    run = simulate(logistic)

    line = run.honesty
    assert line is not None
    assert (line.method, line.step, line.variable) == ("euler", 0.125, "x")
    own = simulate(logistic, solver="model")
    gap = np.abs(own["x"] - run["x"])[:, 0]
    assert line.difference == pytest.approx(gap.max() / max(run["x"].max(), own["x"].max()))
    assert line.time == run.times[gap.argmax()]


def test_two_runs_in_either_order_are_equal(logistic: System) -> None:
    plain = simulate(logistic)["x"]
    changed = simulate(logistic, values={"r": 0.2}, start=1.0, stop=7.0)["x"]
    again = simulate(logistic)["x"]

    np.testing.assert_array_equal(plain, again)
    np.testing.assert_array_equal(changed, simulate(logistic, values={"r": 0.2}, start=1.0, stop=7.0)["x"])


@settings(max_examples=20, deadline=None)
@given(rates=st.lists(st.floats(0.01, 1.5), min_size=1, max_size=21))
def test_every_run_of_an_ensemble_equals_the_run_alone(
    rates: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    system = compile_program(lower(make_model(tmp_path_factory.mktemp("m"), LOGISTIC)))
    inputs = np.repeat(system.inputs[:, None], len(rates), axis=1)
    inputs[system.constant("r").first] = rates
    schedule = Schedule(start=0.0, stop=10.0, save=np.array([0.0, 5.0, 10.0]), inputs=inputs)
    for solver in ("rk4", "rk45"):
        wide = solve(system, schedule, solver=solver)["x"]

        for run, rate in enumerate(rates):
            alone = simulate(system, solver=solver, values={"r": rate}, save=[0.0, 5.0, 10.0], honest=False)[
                "x"
            ]
            np.testing.assert_allclose(wide[:, run], alone[:, 0], rtol=1e-13)


WIDE = """
Region: north, south ~~|
t((0,0),(3,2),(9,1))
rate = 0.1
x[Region] = INTEG(z0[Region]*x[Region]^1.5 + t(Time)*0.1 + held, 1 + rate)
z0[Region] = IF THEN ELSE(x[Region] > 3, -rate, rate)
held = INITIAL(rate*2)
past = DELAY FIXED(SUM(x[Region!]), 1.5, rate)
best = SAMPLE IF TRUE(SIN(3*Time) > 0.5, past, rate)
y[Region] = EXP(-x[Region]) + LN(1 + x[Region]) + MODULO(x[Region], 0.3) + y0[Region]
y0[Region] = SQRT(ABS(x[Region])) + TANH(x[Region])
z = VMAX(y[Region!]) + ZIDZ(1, x[north]) + LOG(2 + x[south], 10) + INTEGER(3*x[north]) + MIN(past, best)
"""


def wide_schedule(system: System, rates: np.ndarray) -> Schedule:
    inputs = np.repeat(system.inputs[:, None], len(rates), axis=1)
    inputs[system.constant("rate").first] = rates
    return Schedule(start=0.0, stop=10.0, save=np.arange(11.0), inputs=inputs)


@pytest.mark.parametrize("runs", [1, 7, 8, 9, 64])
def test_ensembles_of_any_width_equal_single_runs(runs: int, tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, WIDE)))
    rates = np.linspace(0.01, 0.9, runs)
    for solver in ("euler", "rk4"):
        wide = solve(system, wide_schedule(system, rates), solver=solver)

        for run in {0, runs // 2, runs - 1}:
            alone = simulate(system, solver=solver, values={"rate": rates[run]}, save=np.arange(11.0))
            for ours, single in zip(wide.values, alone.values, strict=True):
                # The C library's functions of vectors may differ from those of numbers in the last digits.
                np.testing.assert_allclose(ours[..., run], single[..., 0], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("solver", ["rk4", "rk45"])
def test_what_a_run_gives_does_not_hang_on_the_runs_beside_it(solver: str, tmp_path: Path) -> None:
    equations = WIDE if solver == "rk4" else SMOOTH
    system = compile_program(lower(make_model(tmp_path, equations)))
    rates = np.linspace(0.01, 0.9, 300)
    order = np.random.default_rng(1).permutation(300)

    one = solve(system, wide_schedule(system, rates), solver=solver)
    other = solve(system, wide_schedule(system, rates[order]), solver=solver)
    few = solve(system, wide_schedule(system, rates[order[:13]]), solver=solver)

    for a, b, c in zip(one.values, other.values, few.values, strict=True):
        np.testing.assert_array_equal(a[..., order], b)
        np.testing.assert_array_equal(b[..., :13], c)


SMOOTH = """
Region: north, south ~~|
t((0,0),(3,2),(9,1))
rate = 0.1
x[Region] = INTEG(z0[Region]*x[Region]^1.5 + t(Time)*0.1, 1 + rate)
z0[Region] = rate*(1 - x[Region]/5) - MAX(0, x[Region] - 3)/10
w = INTEG(PULSE(2.3, 0.5)*rate - w*5, 0)
y[Region] = EXP(-x[Region]) + LN(1 + x[Region])
"""


@pytest.mark.parametrize("saves", [np.arange(11.0), np.linspace(0.0, 10.0, 37), np.array([7.25])])
def test_rk45_of_many_runs_agrees_with_scipys_own(saves: np.ndarray, tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, SMOOTH)))
    rates = np.linspace(0.01, 0.9, 21)
    schedule = replace(wide_schedule(system, rates), save=saves)

    ours, scipys = (solve(system, schedule, solver=solver, rtol=1e-11) for solver in ("rk45", "dop853"))

    for a, b in zip(ours.values, scipys.values, strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-7, atol=1e-9)


def test_moves_may_differ_from_run_to_run(tmp_path: Path) -> None:
    """With r from 0 to its height between 1 and 3, x is exp(the area under r)."""
    system = compile_program(lower(make_model(tmp_path, "r = 0.2\nx = INTEG(r*x, 1)")))
    heights = np.linspace(-0.5, 0.5, 11)
    slot = system.constant("r").first
    values = np.array([np.zeros(11), heights])
    schedule = Schedule(
        start=0.0,
        stop=5.0,
        save=np.array([0.0, 0.5, 2.0, 5.0]),
        inputs=np.repeat(system.inputs[:, None], 11, axis=1),
        moves=(Move(slot=slot, times=(1.0, 3.0), values=values),),
    )
    area = np.array([0 * heights, 0.1 + 0 * heights, 0.2 + heights / 4, 0.2 + heights + heights * 2])

    for solver in ("rk45", "dop853"):
        np.testing.assert_allclose(solve(system, schedule, solver=solver)["x"], np.exp(area), rtol=1e-8)


def test_a_hard_run_neither_stops_nor_loosens_the_others(tmp_path: Path) -> None:
    equation = "k = 1\nx = INTEG(-k*(x - SIN(Time)), 0)\ny = INTEG(IF THEN ELSE(k > 1e5, SQRT(-y), 0), 1)"
    system = compile_program(lower(make_model(tmp_path, equation)))
    rates = np.array([1.0, 1e6, 3.0, 2000.0, *np.linspace(0.5, 2.0, 28)])
    inputs = np.repeat(system.inputs[:, None], len(rates), axis=1)
    inputs[system.constant("k").first] = rates
    schedule = Schedule(start=0.0, stop=10.0, save=np.arange(0.0, 10.5, 2.5), inputs=inputs)

    found = solve_ensemble(system, schedule, ["x"], rtol=1e-8)

    t, k = schedule.save[:, None], np.delete(rates, 1)
    exact = (k * k * np.sin(t) - k * np.cos(t) + k * np.exp(-k * t)) / (1 + k * k)
    assert list(found.failures) == [1]
    assert "y" in found.failures[1]
    assert np.isnan(found.trajectory["x"][:, 1]).all()
    np.testing.assert_allclose(np.delete(found.trajectory["x"], 1, axis=1), exact, atol=1e-6)


@pytest.mark.parametrize("solver", ["rk45", "dop853", "euler"])
def test_which_runs_fail_does_not_hang_on_what_is_kept(solver: str, tmp_path: Path) -> None:
    """Nobody reads z, which has no logarithm once a * Time is 3 or more."""
    equations = "a = 0.1\nx = INTEG(a, 0)\nz = LN(3 - a*Time)"
    system = compile_program(lower(make_model(tmp_path, equations)))
    draws = np.concatenate([np.linspace(0.01, 0.29, 70), [0.5, 0.31, 0.75]])
    inputs = np.repeat(system.inputs[:, None], len(draws), axis=1)
    inputs[system.constant("a").first] = draws
    schedule = Schedule(start=0.0, stop=10.0, save=np.arange(11.0), inputs=inputs)

    few, all_ = (solve_ensemble(system, schedule, wanted, solver=solver) for wanted in (["x"], ["x", "z"]))

    assert list(few.failures) == [70, 71, 72]
    assert few.failures == all_.failures
    for run, why in few.failures.items():
        with pytest.raises(RunError) as alone:
            solve(system, schedule.of_runs([run]), solver=solver)
        assert why == str(alone.value)
    assert "z is -inf at 6" in few.failures[70]  # 3 - 0.5 * 6 = 0
    np.testing.assert_array_equal(few.trajectory["x"], all_.trajectory["x"])
    np.testing.assert_allclose(few.trajectory["x"][-1, :70], 10 * draws[:70], rtol=1e-9)
    assert np.isnan(few.trajectory["x"][:, 70:]).all()


@pytest.mark.parametrize("equation", ["h = INITIAL(LN(a))", "h = DELAY FIXED(LN(a), 1, LN(a))", "h = a"])
def test_held_values_and_inputs_that_are_no_numbers_are_failures(equation: str, tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, f"a = 1\nx = INTEG(1, 0)\n{equation}")))
    inputs = np.repeat(system.inputs[:, None], 3, axis=1)
    inputs[system.constant("a").first, 1] = np.nan if equation == "h = a" else 0.0
    schedule = Schedule(start=0.0, stop=5.0, save=np.array([0.0, 5.0]), inputs=inputs)

    found = solve_ensemble(system, schedule, ["x"], solver="euler")

    assert list(found.failures) == [1]
    with pytest.raises(RunError) as alone:
        solve(system, schedule.of_runs([1]), solver="euler")
    assert found.failures[1] == str(alone.value)


def test_numbers_whose_sum_is_beyond_all_numbers_are_no_failure(tmp_path: Path) -> None:
    system = compile_program(
        lower(make_model(tmp_path, "a = 1e200\nb = a*1e108\nc = b + 0*a\nd = 1.5*c\nx = INTEG(1, 0)"))
    )
    schedule = Schedule(
        start=0.0, stop=5.0, save=np.array([5.0]), inputs=np.repeat(system.inputs[:, None], 3, axis=1)
    )

    found = solve_ensemble(system, schedule, ["x"])

    assert not found.failures
    assert found.trajectory["x"] == pytest.approx(5.0)


def test_an_ensemble_keeps_what_is_wanted_and_refuses_what_is_not_there(logistic: System) -> None:
    schedule = Schedule(
        start=0.0, stop=5.0, save=np.array([5.0]), inputs=np.repeat(logistic.inputs[:, None], 3, axis=1)
    )

    assert [o.name for o in solve_ensemble(logistic, schedule, ["X", "x"]).trajectory.outputs] == ["x"]
    with pytest.raises(KeyError, match="room"):
        solve_ensemble(logistic, schedule, ["rooom"])


def test_a_system_can_be_run_from_several_threads(tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, WIDE)))
    expected = simulate(system, solver="rk4")["x"]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: simulate(system, solver="rk4")["x"], range(24)))

    assert all(np.array_equal(expected, one) for one in found)


def test_a_small_stock_that_begins_with_nothing_is_as_exact_as_a_large_one(tmp_path: Path) -> None:
    def last(size: float, rtol: float) -> float:
        equations = f"s = 1\na = INTEG({size!r}*s, 0)\nb = INTEG(a*(2+SIN(25*Time))-3*b, 0)"
        return float(simulate(make_model(tmp_path, equations), rtol=rtol, honest=False)["b"][-1, 0]) / size

    exact = last(1.0, 1e-12)
    for size in (1e-12, 1e-9, 1.0, 1e9):
        assert last(size, 1e-9) == pytest.approx(exact, rel=1e-6)


def test_a_file_whose_own_method_diverges_still_gives_its_run(tmp_path: Path) -> None:
    run = simulate(make_model(tmp_path, "x = INTEG(-500*x^3, 1)", step=0.5))

    assert run["x"][-1, 0] == pytest.approx(1 / math.sqrt(1 + 2 * 500 * 10), rel=1e-6)
    assert "does not come to an end" in str(run.honesty)


def test_the_honesty_line_sees_what_only_the_files_own_method_finds(tmp_path: Path) -> None:
    # The pulse begins when a stock passes a level, so error control alone has to find it, and misses it.
    model = make_model(
        tmp_path, "s = INTEG(1, 0)\nx = INTEG(IF THEN ELSE(ABS(s-5.0005)<0.0004, 100, 0), 0)", step=0.0005
    )

    run = simulate(model, solver="dop853", save=[10.0])

    own = simulate(model, solver="euler", save=[10.0])
    assert run.honesty is not None
    gap = abs(run["x"][0, 0] - own["x"][0, 0])
    assert run.honesty.difference == pytest.approx(gap / max(run["x"][0, 0], own["x"][0, 0]))


@pytest.mark.parametrize("solver", ["rk45", "dop853", "lsoda", "radau", "bdf"])
@pytest.mark.parametrize("equation", ["x = INTEG(1, 1/0)", "x = INTEG(-SQRT(x), 1)", "x = INTEG(x^2, 1)"])
def test_a_run_that_cannot_go_on_is_told_by_every_solver(equation: str, solver: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="x"):
        simulate(make_model(tmp_path, equation), solver=solver, honest=False)


def test_a_run_that_changes_too_fast_to_follow_comes_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urbsim.engine.limits.MANY_STEPS", 2000)
    model = make_model(tmp_path, "x = INTEG(1e6*SIN(1e6*Time), 0)")

    with pytest.raises(RunError, match="2000 steps led only to"):
        simulate(model, honest=False)


def test_a_start_that_the_model_works_out_otherwise_is_refused(tmp_path: Path) -> None:
    from urbsim.model.vensim import read_vensim

    clock = "base=0 ~~|\nINITIAL TIME=base ~~|\nFINAL TIME=5 ~~|\nTIME STEP=1 ~~|\nx=INTEG(Time,0) ~~|"
    model = read_vensim(clock, "m.mdl")

    with pytest.raises(InputError, match="INITIAL TIME is an equation that gives 0, and the run asks for 2"):
        simulate(model, start=2.0)
    assert simulate(model)["x"][-1, 0] == pytest.approx(12.5)


def test_two_moves_of_one_input_and_moves_of_the_clock_are_refused(logistic: System) -> None:
    slot, step = logistic.constant("r").first, logistic.constant("TIME STEP").first
    moves = [Move(slot=k, times=(1.0,), values=(0.5,)) for k in (slot, slot, step)]

    with pytest.raises(InputError) as caught:
        moved(logistic, "rk45", *moves)

    assert "is moved 2 times over" in str(caught.value)
    assert "'TIME STEP' cannot change during a run: it sets the clock" in str(caught.value)


def moved(system: System, solver: str, *moves: Move) -> float:
    schedule = Schedule(
        start=0.0, stop=10.0, save=np.array([10.0]), inputs=system.inputs[:, None], moves=moves
    )
    return float(solve(system, schedule, solver=solver)["x"][0, 0])


@pytest.mark.parametrize("solver", ["rk45", "lsoda", "rk4", "euler"])
def test_a_moving_input_is_followed_through_jumps_and_slopes(solver: str, tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, "a = 1\nx = INTEG(a, 0)", step=0.0625)))
    slot = system.constant("a").first

    # 1 until 2, jump to 3, straight line down to 0 at 8, then 0: 2 + 3 * 6 / 2.
    value = moved(system, solver, Move(slot=slot, times=(2.0, 8.0), values=(3.0, 0.0)))

    assert value == pytest.approx(11.0, abs=0.1 if solver == "euler" else 1e-6)


def test_a_jump_back_after_a_hundredth_of_a_year_is_not_stepped_over(tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, "a = 0\nx = INTEG(a, 0)")))
    times, values = (4.321, 4.331, 4.331), (100.0, 100.0, 0.0)

    assert moved(system, "rk45", Move(slot=0, times=times, values=values)) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("solver", ["rk45", "dop853", "euler", "rk4"])
@pytest.mark.parametrize("runs", [1, 11])
def test_what_is_reported_at_a_jump_goes_with_the_value_before_it(
    solver: str, runs: int, tmp_path: Path
) -> None:
    system = compile_program(lower(make_model(tmp_path, "a = 3\nb = 2*a\nx = INTEG(a, a)")))
    low, high = np.linspace(1.0, 2.0, runs), np.linspace(5.0, 9.0, runs)
    inputs = np.repeat(system.inputs[:, None], runs, axis=1)
    slot = system.constant("a").first
    inputs[slot] = low
    save = np.array([0.0, 3.5, 4.0, 4.5, 10.0])

    def found(values: np.ndarray, time: float = 4.0) -> Trajectory:
        move = Move(slot=slot, times=(time,) * len(values), values=values)
        schedule = Schedule(start=0.0, stop=10.0, save=save, inputs=inputs, moves=(move,))
        return solve(system, schedule, solver=solver)

    before = np.array([low, low, low, high, high])  # by saved time
    jump = found(np.array([low, high]))
    np.testing.assert_array_equal(jump["a"], before)
    np.testing.assert_array_equal(jump["b"], 2 * before)
    np.testing.assert_allclose(jump["x"][[2, 4]], [5 * low, 5 * low + 6 * high], rtol=1e-9)
    # A first point says what holds at its time already.
    path = found(np.array([high]))
    np.testing.assert_array_equal(path["a"], [low, low, high, high, high])
    np.testing.assert_array_equal(path["x"], jump["x"])
    # At the start too, where stocks begin with what holds in the first moment.
    start = found(np.array([low, high]), time=0.0)
    np.testing.assert_array_equal(start["a"], [low, high, high, high, high])
    np.testing.assert_array_equal(start["x"][0], high)
    np.testing.assert_allclose(start["x"][4], 11 * high, rtol=1e-9)


def test_values_at_a_jump_of_the_model_are_those_after_it(tmp_path: Path) -> None:
    model = make_model(tmp_path, "y = STEP(1, 5)\nx = INTEG(y, 0)")

    run = simulate(model, save=[4.0, 5.0, 6.0])

    assert run["y"][:, 0].tolist() == [0.0, 1.0, 1.0]


def test_a_constant_behind_a_jump_cannot_move(tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, "when = 5\nx = INTEG(STEP(1, when), 0)")))
    move = Move(slot=system.constant("when").first, times=(1.0,), values=(7.0,))

    with pytest.raises(
        InputError, match="'when' cannot change during a run: 'x' jumps at a time that depends on it"
    ):
        moved(system, "rk45", move)


def test_a_jump_time_that_changes_needs_a_fixed_step(tmp_path: Path) -> None:
    model = make_model(tmp_path, "s = INTEG(0.1, 3)\nx = INTEG(STEP(1, s), 0)")

    with pytest.raises(InputError, match="'x' jumps at a time that changes during the run"):
        simulate(model)
    simulate(model, solver="euler")


def test_division_by_zero_is_told_with_variable_and_time(tmp_path: Path) -> None:
    model = make_model(tmp_path, "x = INTEG(-1, 5)\ny = INTEG(1/x, 0)")

    with pytest.raises(RunError, match="look for a division by zero"):
        simulate(model)
    with pytest.raises(RunError, match=r"y is inf at 5\.125"):
        simulate(model, solver="euler")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"solver": "rk54"}, "there is no solver 'rk54'\n  fix: did you mean 'rk4'"),
        ({"values": {"rr": 1.0}}, "the model has no constant 'rr'\n  fix: did you mean 'r'?|known names"),
        ({"values": {"r": float("nan")}}, "the value is not a number"),
        ({"values": {"r": "fast"}}, "'fast' is not a number"),
        ({"values": {"r": [1.0, 2.0]}}, "expected one number or an array of shape"),
        ({"start": 5.0, "stop": 5.0}, "the period ends at 5, not after its start 5"),
        ({"save": [3.0, 2.0]}, "the saved times must increase"),
        ({"stop": float("inf")}, "the period ends at inf"),
        ({"values": {"TIME STEP": 0.0}}, "TIME STEP is 0"),
        ({"values": {"TIME STEP": 1e-9}}, "TIME STEP is 1e-09"),
        ({"rtol": -1.0}, "rtol is -1"),
        ({"save": [float("nan")]}, "the saved times must increase"),
        ({"save": [0.3], "solver": "euler"}, "the saved time 0.3 is not a whole number of time steps"),
    ],
)
def test_wrong_arguments_are_told(logistic: System, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(logistic, **arguments)  # type: ignore[arg-type]


def test_the_frame_has_a_column_for_every_element(tmp_path: Path) -> None:
    model = make_model(tmp_path, "Region: north, south ~~|\nx[Region] = INTEG(1, 2)")

    frame = simulate(model, values={"TIME STEP": 0.5}).to_frame()

    assert frame.index.name == "time"
    assert {"x[north]", "x[south]", "TIME STEP"} <= set(frame.columns)
    assert frame.loc[10.0, "x[north]"] == pytest.approx(12.0)


def test_a_run_that_fails_with_a_fixed_step_does_not_stop_the_others(tmp_path: Path) -> None:
    equation = "lag = 1\nx = INTEG(DELAY FIXED(x, lag*SQRT(lag), 1), 1)"
    system = compile_program(lower(make_model(tmp_path, equation)))
    lags = np.array([1.0, -1.0, 2.0, 4.0])
    inputs = np.repeat(system.inputs[:, None], 4, axis=1)
    inputs[system.constant("lag").first] = lags
    schedule = Schedule(start=0.0, stop=2.0, save=np.array([2.0]), inputs=inputs)

    found = solve_ensemble(system, schedule, ["x"], solver="euler")

    assert list(found.failures) == [1]
    assert np.isfinite(np.delete(found.trajectory["x"], 1, axis=1)).all()


VARYING = """
turn = 3
rate = 0.4
x = INTEG(PULSE(turn, 1)*rate - x/4, 0)
y = INTEG(x - y, IF THEN ELSE(rate > 0.5, 0, 1))
"""


def test_runs_that_jump_at_times_of_their_own_do_not_hang_on_one_another(tmp_path: Path) -> None:
    system = compile_program(lower(make_model(tmp_path, VARYING)))
    turns, rates = np.linspace(1.0, 6.0, 20), np.linspace(0.1, 0.9, 20)
    inputs = np.repeat(system.inputs[:, None], 20, axis=1)
    inputs[system.constant("turn").first] = turns
    inputs[system.constant("rate").first] = rates
    schedule = Schedule(start=0.0, stop=10.0, save=np.array([5.0, 10.0]), inputs=inputs)

    wide, few = solve(system, schedule), solve(system, schedule.of_runs(slice(7, 12)))

    def exact(time: float) -> np.ndarray:
        on, off = (np.clip(time - turns - d, 0, None) for d in (0.0, 1.0))
        return 4 * rates * (np.exp(-off / 4) - np.exp(-on / 4))

    np.testing.assert_allclose(wide["x"], [exact(5.0), exact(10.0)], rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(wide["y"][:, 7:12], few["y"])
