"""Measure speed and memory of the shipped model here, in PySD and in pysimlin, side by side in one process.

``make bench`` runs it and prints docs/performance.md's tables. Every time is the best of several turns, in
seconds; PySD runs five steps once, and its time is scaled to the period. Nothing is compared across machines:
read the ratios. ``--quick`` leaves out the sample of 100,000 runs, which takes some minutes and 4 GB of disk.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.batch import Study, prepare, read_scenarios
from urbsim.engine.compile import System, compile_program
from urbsim.engine.ensemble import solve_ensemble
from urbsim.engine.layout import CLOCKS, LANES, aligned
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import block_width, solve
from urbsim.ensemble.chunk import make_ready
from urbsim.ensemble.recipe import Recipe
from urbsim.ensemble.run import run_ensemble
from urbsim.ensemble.sample import draw
from urbsim.ensemble.sampling import Sampling
from urbsim.model.lower import lower
from urbsim.model.read import decode, read_model
from urbsim.model.substitute import substitute
from urbsim.model.write import write_numbers
from urbsim.study.apply_place import apply_place
from urbsim.study.factor import apply_draws
from urbsim.study.place import Place
from urbsim.study.place_file import read_place
from urbsim.study.reference import references_of
from urbsim.study.report import measure, measure_areas

Floats = npt.NDArray[np.float64]

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "urbanization.mdl"
PLACES = ROOT / "models" / "places"
BASELINE = ROOT / "scenarios" / "baseline.yaml"
UNCERTAIN = ROOT / "scenarios" / "uncertain" / "baseline-uncertain.yaml"
RTOL = 1e-6
EXACT = 1e-10
CLOSELY = 24  # runs of the ensemble that are compared with single ones
WIDE, MANY = 1024, 16_384
SLOTS = 65_536  # values that pysimlin's machine can address, more than which it refuses
SPREAD = (0.85, 1.15)  # by how much the runs of the many regions differ, in these parameters
SPREAD_IN = (
    *("Job elasticity", "Nesting", "Income and job perception delay", "Settlement processing time"),
    *("Base village departure rate", "Base village return rate", "Land planning time", "Time to use quota"),
)
MEASURED = """
import resource, subprocess, sys, time
begun = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


@dataclass(frozen=True, slots=True)
class Level:
    """A measured value beside the level that it should reach."""

    measure: str
    value: float
    level: float
    at_least: bool
    unit: str = ""

    @property
    def row(self) -> str:
        met = self.value >= self.level if self.at_least else self.value <= self.level
        sign = "≥" if self.at_least else "≤"
        unit = f" {self.unit}" if self.unit else ""
        verdict = "met" if met else "missed"
        return f"| {self.measure} | {self.value:,.3g}{unit} | {sign} {self.level:,.6g}{unit} | {verdict} |"


def best(work: Callable[[], object], turns: int = 7) -> float:
    """Give the shortest of several times [s]."""
    times = []
    for _ in range(turns):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


# ------------------------------------------------------------------------------------------ the others


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


def with_pysimlin(file: Path, turns: int = 5) -> float:
    """Time pysimlin's compiled run of a model file [s], its analysis of loops left out."""
    import simlin

    model = simlin.load(str(file))
    return best(lambda: model.run(analyze_loops=False), turns)


# --------------------------------------------------------------------------------------- many regions


def with_regions(place: Place, count: int) -> Place:
    """Give a place with only the first of its regions."""
    regions = dict(list(place.regions.items())[:count])
    kept = {"", *regions}
    return replace(
        place,
        regions=regions,
        groups={},
        numbers=tuple(row for row in place.numbers if row.region in kept),
        paths=tuple(row for row in place.paths if row.region in kept),
        sets={},
        parameter_set="",
        history=(),
        targets=(),
    )


def exported(place: Place, folder: Path) -> tuple[Path, System]:
    """Write a place's model as a file of its own, and give the same compiled here."""
    model = read_model(MODEL)
    applied = apply_place(model, place, parameter_set="none")
    clock = {"INITIAL TIME": np.array(2020.0), "FINAL TIME": np.array(2035.0)}
    applied = substitute(applied, numbers=clock)
    file = folder / f"{len(place.regions)}.mdl"
    file.write_text(write_numbers(decode(MODEL.read_bytes(), MODEL), model, applied), encoding="utf-8")
    return file, compile_program(lower(applied))


def spread(system: System, runs: int) -> Schedule:
    """Give runs that differ from each other in some parameters."""
    random = np.random.default_rng(1)
    inputs = np.repeat(system.inputs[:, None], runs, axis=1)
    for name in SPREAD_IN:
        constant = system.constant(name)
        inputs[constant.first : constant.first + constant.size] *= random.uniform(*SPREAD, (1, runs))
    return Schedule(start=2020.0, stop=2035.0, save=np.arange(2020.0, 2035.5), inputs=inputs)


# ----------------------------------------------------------------------------------------------- here


def call_cost(system: System, schedule: Schedule) -> float:
    """Time the right-hand side alone [s per run and call], on a block as wide as those of an ensemble."""
    width = min(block_width(system), schedule.inputs.shape[1] // LANES * LANES)
    states, inputs, rates, outputs = system.blank(schedule.inputs[:, :width], LANES)
    times = aligned(len(states), CLOCKS, LANES)
    times[:] = schedule.start
    system.initial(times, states, inputs, outputs)
    turns = 20

    def work() -> None:
        for _ in range(turns):
            system.rhs(times, states, inputs, rates)

    return best(work, 9) / turns / width


def ensemble_of(study: Study, runs: int) -> tuple[Schedule, tuple[str, ...]]:
    """Give the draws of the shipped uncertainty study as a schedule, and the variables of all indicators."""
    (member,) = draw([UNCERTAIN], Sampling(runs=runs))
    task = member.task
    ready = make_ready(Recipe(scenario=task.scenario), member.factors, task.study, task.schedule)
    drawn = apply_draws(task.schedule, member.factors, member.values)
    references = references_of(study.place, study.system, 2020, task.scenario.parameter_set)
    return references.follow(drawn), ready.wanted


def errors_of(study: Study, schedule: Schedule, rtol: float) -> dict[str, float]:
    """Give, for each indicator, the largest error of an ensemble's runs against single runs held far closer.

    It is relative to the largest magnitude of the indicator in the area and run [-].
    """
    few = schedule.of_runs(slice(0, CLOSELY))
    wanted = tuple({n: n for i in study.indicators for n in (i.variable, i.per, i.weight) if n})
    wide = solve_ensemble(study.system, few, wanted, rtol=rtol).trajectory
    areas = study.place.areas
    found = dict.fromkeys((indicator.id for indicator in study.indicators), 0.0)
    ours = list(measure_areas(wide, study.indicators, study.place, areas))
    for run in range(CLOSELY):
        single = solve(study.system, few.of_runs(slice(run, run + 1)), rtol=EXACT)
        exact = {
            (s.indicator.id, s.area): s.values for s in measure(single, study.indicators, study.place).series
        }
        for indicator, values in ours:
            for position, area in enumerate(areas):
                if (indicator.id, area) not in exact:
                    continue
                truth = exact[indicator.id, area]
                size = np.nanmax(np.abs(truth), initial=0.0)
                if size > 0:
                    off = float(np.nanmax(np.abs(values[position, :, run] - truth)) / size)
                    found[indicator.id] = max(found[indicator.id], off)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def against(
    system: System, file: Path, exact: Floats, value: Callable[[System], Floats]
) -> tuple[float, float]:
    """Give the errors of pysimlin's run and of ours, relative to the largest value [-]."""
    import simlin

    frame = simlin.load(str(file)).run(analyze_loops=False).results
    years = np.arange(2020.0, 2035.5)
    columns = [c for c in frame.columns if c.lower().replace("_", " ").startswith("urban residents[")]
    theirs = frame.loc[years, columns].sum(axis=1).to_numpy()
    scale = exact.max()
    return float(np.abs(theirs - exact).max() / scale), float(np.abs(value(system) - exact).max() / scale)


@contextmanager
def fresh_cache() -> Iterator[None]:
    """Let nothing be found in the cache."""
    before = os.environ.get("URBSIM_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["URBSIM_CACHE"] = folder
        try:
            yield
        finally:
            os.environ.pop("URBSIM_CACHE")
            if before is not None:
                os.environ["URBSIM_CACHE"] = before


def compile_times(program: object) -> tuple[float, float]:
    """Time making machine code for single runs: with an empty cache, and from it [s]."""
    cold, warm = [], []
    for _ in range(3):
        with fresh_cache():
            begun = time.perf_counter()
            compile_program(program).machine(1)  # type: ignore[arg-type]
            cold.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            compile_program(program).machine(1)  # type: ignore[arg-type]
            warm.append(time.perf_counter() - begun)
    return min(cold), min(warm)


def command(*words: str, turns: int = 3) -> float:
    """Time a command from its start to its end [s]."""
    return best(
        lambda: subprocess.run([sys.executable, "-m", "urbsim", *words], capture_output=True, check=True),
        turns,
    )


def sample(runs: int, folder: Path) -> tuple[float, float]:
    """Run `urbsim sample` with one process; give its time [s] and the most memory it held [MB]."""
    words = ["sample", str(UNCERTAIN), "-n", str(runs), "--no-figures", "--out", str(folder / str(runs))]
    # A process is told at least the memory of the one that started it, so that one has to be small.
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, "-m", "urbsim", *words],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    shutil.rmtree(folder / str(runs))
    return float(told[-2]), float(told[-1])


def workers(folder: Path) -> float:
    """Give how many times as fast two worker processes are as one, starting them included."""
    (member,) = draw([UNCERTAIN], Sampling(runs=MANY))
    recipe = Recipe(scenario=member.scenario, rtol=RTOL)
    taken = []
    for jobs in (1, 2):
        begun = time.perf_counter()
        run_ensemble(recipe, member.values, member.factors, folder / f"jobs{jobs}", jobs=jobs)
        taken.append(time.perf_counter() - begun)
    return taken[0] / taken[1]


def main(words: Sequence[str]) -> None:
    """Print the tables."""
    quick = "--quick" in words
    (task,) = prepare(read_scenarios([BASELINE]))
    study = task.study
    times: dict[str, float] = {}
    levels: list[Level] = []

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = compile_program(lower(read_model(MODEL)))
        own = Schedule(
            start=2020.0, stop=2035.0, save=np.arange(2020.0, 2035.5), inputs=plain.inputs[:, None].copy()
        )
        for system, schedule in ((study.system, task.schedule), (plain, own)):
            solve(system, schedule, solver="euler")
        times["read the .mdl"] = best(lambda: read_model(MODEL), 3)
        times["one run, rk45, default"] = best(lambda: solve(plain, own))
        times["one run, rk45, rtol 1e-6"] = best(lambda: solve(plain, own, rtol=RTOL))
        times["one run, Euler 1/16"] = best(lambda: solve(plain, own, solver="euler"))
        times["PySD, Euler 1/16"] = with_pysd()
        times["pysimlin, Euler 1/16"] = with_pysimlin(MODEL)
        levels.append(
            Level(
                "one run, rk45 rtol 1e-6, against PySD Euler",
                times["PySD, Euler 1/16"] / times["one run, rk45, rtol 1e-6"],
                3000,
                True,
                "x",
            )
        )
        levels.append(
            Level(
                "one run against pysimlin's",
                times["pysimlin, Euler 1/16"] / times["one run, rk45, rtol 1e-6"],
                1,
                True,
                "x",
            )
        )
        urban = lambda run: run["Urban residents"].sum(axis=0)[:, 0]  # noqa: E731
        exact = urban(solve(plain, own, rtol=1e-11))
        theirs, ours = against(plain, MODEL, exact, lambda system: urban(solve(system, own, rtol=RTOL)))

        schedule, wanted = ensemble_of(study, WIDE)
        solve_ensemble(study.system, schedule.of_runs(slice(0, 64)), wanted, rtol=RTOL)
        done = solve_ensemble(study.system, schedule, wanted, rtol=RTOL)
        wide = best(lambda: solve_ensemble(study.system, schedule, wanted, rtol=RTOL), 5)
        calls = done.trajectory.statistics["calls"]
        cost = call_cost(study.system, schedule)
        times[f"a run among {WIDE:,}, rk45, rtol 1e-6"] = wide / WIDE
        times["right-hand side, a run's share"] = cost
        levels.append(
            Level(
                "throughput of an ensemble per core against pysimlin",
                times["pysimlin, Euler 1/16"] / (wide / WIDE),
                30,
                True,
                "x",
            )
        )

        place = read_place(PLACES / "districts")
        count = len(place.regions)
        for count in range(len(place.regions), 0, -1):
            file, system = exported(with_regions(place, count), folder)
            try:
                simlin = with_pysimlin(file, 3)
                break
            except Exception as refusal:
                if "addressable limit" not in str(refusal):
                    raise
        many = spread(system, 64)
        names = ["Urban residents", "Residents"]
        solve_ensemble(system, many, names, rtol=RTOL)
        regional = best(lambda: solve_ensemble(system, many, names, rtol=RTOL), 3) / 64
        times[f"pysimlin, Euler 1/16, {count} regions"] = simlin
        times[f"a run among 64, {count} regions"] = regional
        levels.append(
            Level(
                f"the same with {count} regions (pysimlin can address no more)",
                simlin / regional,
                100,
                True,
                "x",
            )
        )
        levels.append(
            Level("throughput against the right-hand side alone", 100 * calls * cost / wide, 60, True, "%")
        )
        levels.append(
            Level(
                "two workers against one, starting them included, 16,384 runs",
                workers(folder),
                1.8,
                True,
                "x",
            )
        )
        errors = errors_of(study, schedule, RTOL)
        aimed = {target.indicator for target in study.place.targets}
        reported = max(error for id_, error in errors.items() if id_ in aimed)
        levels.append(Level("error of ensemble runs, worst indicator", max(errors.values()), 1e-5, False))
        levels.append(Level("the same, indicators that a target is set for", reported, 1e-5, False))

        (whole,) = prepare(read_scenarios([ROOT / "scenarios" / "districts" / "districts-baseline.yaml"]))
        for label, program, limit in (
            ("4 regions", study.system.program, 0.5),
            ("39 regions", whole.study.system.program, 2.0),
        ):
            cold, warm = compile_times(program)
            levels.append(Level(f"compile, cold, {label}", cold, limit, False, "s"))
            levels.append(Level(f"compile, from the cache, {label}", warm, 0.05, False, "s"))

        sizes = (1_000, 10_000) if quick else (1_000, 10_000, 100_000)
        taken = {size: sample(size, folder) for size in sizes}
        for size, (seconds, memory) in taken.items():
            times[f"urbsim sample -n {size:,}, one process"] = seconds
            times[f"its memory [MB], {size:,}"] = memory
        largest = sizes[-1]
        levels.append(
            Level(f"peak memory, {largest:,} runs, all indicators", taken[largest][1], 700, False, "MB")
        )
        if not quick:
            early = (taken[10_000][0] - taken[1_000][0]) / 9_000
            late = (taken[100_000][0] - taken[10_000][0]) / 90_000
            levels.append(
                Level(
                    "cost of a run, 10,000 to 100,000 against 1,000 to 10,000: off by",
                    100 * abs(late / early - 1),
                    10,
                    False,
                    "%",
                )
            )

        run = ["run", str(BASELINE), "--no-figures", "--out", str(folder / "out")]
        with fresh_cache():
            times["urbsim run baseline --no-figures, first start"] = command(*run, turns=1)
            levels.append(
                Level("urbsim run baseline --no-figures, a later start", command(*run), 1.5, False, "s")
            )
        whole = ["run", str(BASELINE.parent), "--out", str(folder / "whole")]
        times["urbsim run scenarios, with figures and report.html in two languages"] = command(*whole)
        compared = ["compare", str(folder / "whole"), "--out", str(folder / "compared")]
        times["urbsim compare of these, in two languages"] = command(*compared, turns=1)
        levels.append(Level("urbsim --help", command("--help"), 0.3, False, "s"))

    layout = study.system.layout
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, {layout.states} stocks, {layout.outputs} auxiliaries\n")
    print("| measure | value | level | |\n|---|---|---|---|")
    for level in levels:
        print(level.row)
    print("\n| what | seconds |\n|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {seconds:.3g} |")
    print(
        f"\nUrban residents, largest error: pysimlin's Euler {theirs:.2g}, one run at rtol 1e-6 {ours:.2g}."
    )
    print(f"Right-hand sides of a run of the ensemble: {calls / WIDE:.0f}.")
    print(
        "Errors of ensemble runs by indicator, worst first: "
        + ", ".join(f"{k} {v:.1g}" for k, v in list(errors.items())[:8])
        + "."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
