"""Solving: orders of convergence, jumps, moving inputs, many runs at once, and runs that fail."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vensim import make_model
from urbsim.engine.compile import System, compile_program
from urbsim.engine.schedule import Move, Schedule
from urbsim.engine.simulate import simulate
from urbsim.engine.solve import solve
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
    assert line.difference == pytest.approx(gap.max() / run["x"].max())
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
            np.testing.assert_array_equal(wide[:, run], alone[:, 0])


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


def test_values_at_a_jump_are_those_after_it(tmp_path: Path) -> None:
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
        ({"values": {"r": [1.0, 2.0]}}, "expected one number or an array of shape"),
        ({"start": 5.0, "stop": 5.0}, "the period ends at 5, not after its start 5"),
        ({"save": [3.0, 2.0]}, "the saved times must increase"),
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
