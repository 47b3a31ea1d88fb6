from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import urbsim


def test_importing_the_package_imports_no_library() -> None:
    code = "import sys, urbsim; print([n for n in ('numpy', 'pandas', 'click', 'pysd') if n in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert all(getattr(urbsim, name) is not None for name in urbsim.__all__)
    assert set(urbsim.__all__) <= set(dir(urbsim))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = urbsim.nothing


def test_a_model_file_becomes_a_frame(tiny: Path) -> None:
    run = urbsim.simulate(urbsim.read_model("models/tiny.mdl"), solver="rk45")

    frame = run.to_frame()
    assert frame.index.name == "time"
    assert "Villagers[north]" in frame.columns


def test_scenarios_become_results(tiny: Path) -> None:
    study = urbsim.read_scenario("scenarios/baseline.yaml")

    results = urbsim.run([study, "scenarios/faster.yaml"])

    assert set(results.trajectories["scenario"]) == {"baseline", "faster"}
    assert results.write("out", figures=False) == Path("out")
