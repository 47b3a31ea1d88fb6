"""The shipped model as it stands: against PySD's own run, against a tiny step, and against itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.vensim import pysd_run
from urbsim.engine.compile import System, compile_program
from urbsim.engine.simulate import simulate
from urbsim.engine.trajectory import Trajectory
from urbsim.model.lower import lower
from urbsim.model.read import read_model

MODEL = Path(__file__).parents[1] / "models" / "urbanization.mdl"
YEARS = np.arange(2020.0, 2036.0)


@pytest.fixture(scope="module")
def system() -> System:
    return compile_program(lower(read_model(MODEL)))


def stocks(system: System, run: Trajectory) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    names = {a.name for a, _ in system.states if not a.owner}
    return {o.name: v for o, v in zip(run.outputs, run.values, strict=True) if o.name in names}


def test_every_stock_of_an_euler_run_equals_pysds(system: System, tmp_path: Path) -> None:
    # Half a year: PySD takes several seconds for it, and any wrong equation shows in the first step.
    copy = tmp_path / MODEL.name  # PySD writes its translation beside the model
    shutil.copy(MODEL, copy)
    theirs = pysd_run(copy, final_time=2020.5, saveper=0.0625)

    run = simulate(system, solver="euler", stop=2020.5, save=theirs.index.to_numpy())

    ours = run.to_frame()
    names = [f"{name}[" for name in stocks(system, run)] + list(stocks(system, run))
    compared = [c for c in theirs.columns if c.startswith(tuple(names))]
    assert len(compared) >= sum(array.size for array, _ in system.states if not array.owner)
    for column in compared:
        expected = theirs[column].to_numpy(dtype=float)
        np.testing.assert_allclose(ours[column], expected, rtol=1e-9, atol=1e-9, err_msg=column)


def test_rk45_at_its_default_agrees_with_rk4_at_a_tiny_step(system: System) -> None:
    fine = stocks(system, simulate(system, solver="rk4", values={"TIME STEP": 1 / 512}, save=YEARS))

    default = stocks(system, simulate(system, save=YEARS, honest=False))

    for name, values in default.items():
        scale = np.abs(fine[name]).max(axis=-2, keepdims=True)
        scale = np.maximum(scale, 1e-6 * scale.max())
        assert np.all(np.abs(values - fine[name]) <= 1e-6 * scale), name


def test_a_run_leaves_the_system_as_it_was(system: System) -> None:
    first = simulate(system, honest=False)
    simulate(system, solver="euler", values={"TIME STEP": 0.25}, stop=2030.0)
    again = simulate(system, honest=False)

    for a, b in zip(first.values, again.values, strict=True):
        np.testing.assert_array_equal(a, b)
