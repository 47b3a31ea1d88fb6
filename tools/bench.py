"""Time the shipped model here, in PySD and in pysimlin, side by side in one process.

``make bench`` runs it. Every time is the best of several, in seconds; PySD runs five steps once, and its time
is scaled to the period. Nothing is compared across machines: read the ratios.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from urbsim.engine.compile import System, compile_program
from urbsim.engine.schedule import Schedule
from urbsim.engine.simulate import simulate
from urbsim.engine.solve import solve
from urbsim.model.lower import lower
from urbsim.model.read import read_model

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "urbanization.mdl"
YEARS = np.arange(2020.0, 2036.0)
WIDE = 256


def best(work: Callable[[], object], turns: int = 7) -> float:
    """Give the shortest of several times [s]."""
    times = []
    for _ in range(turns):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def ours() -> tuple[dict[str, float], System]:
    """Time each step from the file to the answer."""
    model = read_model(MODEL)
    program = lower(model)
    times = {
        "read the .mdl": best(lambda: read_model(MODEL), 3),
        "lower": best(lambda: lower(model), 3),
        "compile to machine code, one run": best(lambda: compile_program(program).step, 3),
    }
    system = compile_program(program)
    inputs = np.repeat(system.inputs[:, None], WIDE, axis=1)
    wide = Schedule(start=2020.0, stop=2035.0, save=YEARS, inputs=inputs)
    runs: dict[str, Callable[[], object]] = {
        "one run, rk45": lambda: simulate(system, save=YEARS, honest=False),
        "one run, rk45, rtol 1e-6": lambda: simulate(system, save=YEARS, honest=False, rtol=1e-6),
        "one run, Euler 1/16": lambda: simulate(system, solver="euler", save=YEARS),
        f"{WIDE} runs at once, Euler 1/16": lambda: solve(system, wide, solver="euler"),
    }
    for name, work in runs.items():
        work()
        times[name] = best(work, 3 if "at once" in name else 7)
    return times, system


def with_pysd() -> float:
    """Time PySD's Euler run over the period [s], from five steps."""
    import pysd

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = shutil.copy(MODEL, folder)  # PySD writes its translation beside the model
        model = pysd.read_vensim(copy)
        model.run(final_time=2020.0625, progress=False)
        begun = time.perf_counter()
        model.run(final_time=2020.3125, progress=False)
        return (time.perf_counter() - begun) * 15 / 0.3125


def with_pysimlin() -> float:
    """Time pysimlin's compiled Euler run over the period [s]."""
    import simlin

    model = simlin.load(str(MODEL))
    return best(lambda: model.run(analyze_loops=False), 3)


def cold(*words: str) -> float:
    """Time a command from its start to its end [s]."""
    return best(
        lambda: subprocess.run([sys.executable, "-m", "urbsim", *words], capture_output=True, check=True), 3
    )


def main() -> None:
    """Print the table."""
    times, system = ours()
    pysd, simlin = with_pysd(), with_pysimlin()
    with tempfile.TemporaryDirectory() as folder:
        run = ["run", str(ROOT / "scenarios" / "baseline.yaml"), "--no-figures", "--out", f"{folder}/out"]
        times["urbsim run baseline --no-figures, cold"] = cold(*run)
    times["urbsim --help, cold"] = cold("--help")
    layout = system.layout
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, {layout.states} stocks, {layout.outputs} auxiliaries")
    print("\n| what | seconds |\n|---|---|")
    for name, seconds in {**times, "PySD, Euler 1/16": pysd, "pysimlin, Euler 1/16": simlin}.items():
        print(f"| {name} | {seconds:.3g} |")
    euler, wide = times["one run, Euler 1/16"], times[f"{WIDE} runs at once, Euler 1/16"] / WIDE
    print("\n| ratio | times faster |\n|---|---|")
    for name, ratio in {
        "one run, rk45, than PySD": pysd / times["one run, rk45"],
        "one run, Euler, than PySD": pysd / euler,
        "one run, Euler, than pysimlin": simlin / euler,
        "a run among many, Euler, than pysimlin": simlin / wide,
    }.items():
        print(f"| {name} | {ratio:,.1f} |")


if __name__ == "__main__":
    main()
