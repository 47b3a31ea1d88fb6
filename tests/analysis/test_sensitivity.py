"""Effects against closed forms, and the command from a scenario file to tables and figures."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from urbsim.analysis import sensitivity_run
from urbsim.analysis.sensitivity import MEASURES, Design, Method, make_design, measure_effects
from urbsim.analysis.sensitivity_run import Asking, explain, find_asked, refuse_too_few
from urbsim.batch import prepare, read_scenarios
from urbsim.cli import DONE, FAILED, WRONG_INPUT
from urbsim.ensemble.run import Progress
from urbsim.ensemble.workers import processes
from urbsim.errors import InputError, RunError
from urbsim.study.amount import Amount
from urbsim.study.draw import directions, to_values
from urbsim.study.factor import Factor, together
from urbsim.study.uncertain import Correlated, Distribution, Kind
from urbsim.study.words import Words

Floats = npt.NDArray[np.float64]


def factor(kind: Kind, *numbers: float, name: str = "x", group: str = "") -> Factor:
    return Factor(
        label=name,
        name=name,
        region="",
        kind="parameter",
        title=Words(en=name),
        unit="dmnl",
        distribution=Distribution(kind=kind, amounts=tuple(Amount(number=n) for n in numbers)),
        group=group,
        slots=(0,),
        own=(1.0,),
        whole=(0,),
        before=(1.0,),
    )


def effects(
    model: Callable[..., Floats],
    factors: Sequence[Factor],
    method: Method,
    n: int,
    correlated: Sequence[Correlated] = (),
) -> dict[str, Floats]:
    """Give the measures of a function of the factors' values, by name."""
    ways = directions(factors, correlated) if method == "morris" else ()
    design = make_design([one.group for one in factors], method, n, 1, ways)
    found, used = measure_effects(
        design, model(*to_values(design.unit, factors, () if method == "morris" else correlated))
    )
    assert used == n
    return dict(zip(MEASURES[method], found, strict=True))


# ------------------------------------------------------------------------------------------ closed forms


def test_sobol_finds_the_indices_of_ishigami() -> None:
    """Ishigami and Homma (1990) with a = 7 and b = 0.1; the indices follow from its variance by hand."""
    angles = [factor("uniform", -math.pi, math.pi, name=f"x{i}") for i in range(3)]
    a, b = 7.0, 0.1
    first = (1 + b * math.pi**4 / 5) ** 2 / 2
    both = b**2 * math.pi**8 * 8 / 225
    total = first + a**2 / 8 + both

    found = effects(
        lambda x, y, z: np.sin(x) + a * np.sin(y) ** 2 + b * z**4 * np.sin(x), angles, "sobol", 2048
    )

    assert found["S1"] == pytest.approx(np.array([first, a**2 / 8, 0]) / total, abs=0.02)
    assert found["ST"] == pytest.approx(np.array([first + both, a**2 / 8, both]) / total, abs=0.02)
    assert (found["ST_conf"] < 0.06).all()


def test_sobol_gives_terms_of_a_sum_their_shares_whatever_their_distributions() -> None:
    terms = [
        factor("normal", 5, 2),  # variance 4
        factor("uniform", 0, 6),  # 36 / 12
        factor("choice", 1, 3),  # 1
        factor("triangular", 0, 0, 6),  # 36 / 18
    ]

    found = effects(lambda *x: np.sum(x, axis=0), terms, "sobol", 1024)

    assert found["S1"] == pytest.approx([0.4, 0.3, 0.1, 0.2], abs=0.02)
    assert found["ST"] == pytest.approx([0.4, 0.3, 0.1, 0.2], abs=0.02)


def test_morris_gives_slopes_over_the_whole_range() -> None:
    ranges = [factor("uniform", 0, 4), factor("uniform", -1, 1), factor("uniform", 10, 20)]

    found = effects(lambda x, y, z: 3 * x - 5 * y + 0 * z, ranges, "morris", 6)

    assert found["mu"] == pytest.approx([12, -10, 0])
    assert found["mu_star"] == pytest.approx([12, 10, 0])
    assert found["sigma"] == pytest.approx([0, 0, 0], abs=1e-12)
    assert found["mu_star_conf"] == pytest.approx([0, 0, 0], abs=1e-12)


def test_sigma_of_morris_tells_an_interaction() -> None:
    """With y at random among 1/8, 3/8, 5/8 and 7/8, the slope of x is y: mean 1/2, variance 5/64."""
    unit = [factor("uniform", 0, 1), factor("uniform", 0, 1)]

    found = effects(lambda x, y: x * y, unit, "morris", 2000)

    assert found["mu"] == pytest.approx([0.5, 0.5], abs=0.02)
    assert found["sigma"] == pytest.approx([math.sqrt(5) / 8] * 2, abs=0.02)


def test_a_normal_factor_is_never_taken_at_infinity() -> None:
    found = effects(lambda x, y: x + y, [factor("normal", 0, 1), factor("lognormal", 1, 2)], "morris", 4)

    quantiles = {0.125: -1.1503, 0.375: -0.3186, 0.625: 0.3186, 0.875: 1.1503}
    assert found["mu"][0] == pytest.approx((quantiles[0.625] - quantiles[0.125]) / 0.5, abs=1e-3)
    assert np.isfinite(found["mu"]).all()


def test_correlated_factors_have_the_effect_of_their_joint_variance() -> None:
    """x + y + 2 z of standard normals, x and y correlated by 0.6: variances 2 + 2 * 0.6, and 4."""
    three = [
        factor("normal", 0, 1, name="x", group="x + y"),
        factor("normal", 0, 1, name="z"),
        factor("normal", 0, 1, name="y", group="x + y"),
    ]
    joint = Correlated(names=("x", "y"), rho=0.6)

    found = effects(lambda x, z, y: x + y + 2 * z, three, "sobol", 2048, [joint])

    assert found["S1"] == pytest.approx([3.2 / 7.2, 4 / 7.2], abs=0.02)
    assert found["ST"] == pytest.approx([3.2 / 7.2, 4 / 7.2], abs=0.02)


@pytest.mark.parametrize(("rho", "strength", "mu"), [(0.7, 6.0, -6.0), (-0.2, 4.0, math.nan)])
@pytest.mark.parametrize("names", [("x", "y"), ("y", "x")])
def test_in_morris_a_group_moves_as_one_over_its_whole_range(
    rho: float, strength: float, mu: float, names: tuple[str, str]
) -> None:
    """-x - 5 y: together over their whole ranges, -1 - 5; against each other, 5 - 1 either way."""
    three = [factor("uniform", 0, 1, name=name, group="both" * (name != "z")) for name in "xyz"]

    found = effects(lambda x, y, z: 3 * z - x - 5 * y, three, "morris", 4, [Correlated(names=names, rho=rho)])

    assert found["mu_star"] == pytest.approx([strength, 3])
    assert found["mu"] == pytest.approx([mu, 3], nan_ok=True)
    assert found["sigma"] == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(
    "given",
    [
        Correlated(names=("x", "y", "z"), rho=-0.2),
        Correlated(names=("x", "y"), rho=0),
        Correlated(names=("x", "y", "z"), matrix=((1, 0.5, 0), (0.5, 1, 0), (0, 0, 1))),
    ],
)
def test_morris_refuses_a_group_that_does_not_move_as_one(given: Correlated) -> None:
    of_it = [factor("uniform", 0, 1, name=name) for name in given.names]

    with pytest.raises(InputError, match="without a direction in common") as refusal:
        directions(of_it, [given])
    assert refusal.value.problems[0].fix == "take --method sobol"


# ------------------------------------------------------------------------------------------ failed runs


@pytest.mark.parametrize(("method", "n"), [("morris", 8), ("sobol", 64)])
def test_a_failed_run_takes_its_block_with_it_and_nothing_else(method: Method, n: int) -> None:
    design = make_design(["", "", ""], method, n)
    values = design.unit @ np.array([1.0, 2.0, 3.0])
    third = slice(2 * design.block, 3 * design.block)
    absurd = values.copy()
    absurd[third] = 1e9
    absurd[third.stop - 1] = np.nan

    with_failure, used = measure_effects(design, absurd)

    without = Design(
        method=method,
        n=n - 1,
        seed=design.seed,
        groups=design.groups,
        directions=design.directions,
        points=np.delete(design.points, np.r_[third], axis=0),
    )
    expected, _ = measure_effects(without, np.delete(values, np.r_[third]))
    assert used == n - 1
    np.testing.assert_array_equal(with_failure, expected)


def test_too_few_whole_blocks_are_refused_with_the_first_reason() -> None:
    design = make_design(["", ""], "morris", 4)

    refuse_too_few(design, {0: "why", 1: "why", 5: "why"})  # two of four trajectories are left

    with pytest.raises(RunError) as refusal:
        refuse_too_few(design, {11: "later", 0: "division by zero in 2031", 5: "later"})
    assert str(refusal.value) == (
        "3 of 12 runs failed, which leaves 1 of 4 trajectories whole, too few to say what matters; "
        "run 0: division by zero in 2031"
    )


def test_a_number_that_too_few_runs_have_has_no_measures() -> None:
    design = make_design(["", ""], "morris", 4)

    found, used = measure_effects(design, np.where(np.arange(12) < 3, 1.0, np.nan))

    assert used == 1
    assert np.isnan(found).all()


def test_what_does_not_vary_has_no_sobol_indices_and_no_effect_by_morris() -> None:
    sobol, morris = make_design(["", ""], "sobol", 16), make_design(["", ""], "morris", 4)
    noise = 1 + 1e-7 * np.sin(np.arange(64))

    assert np.isnan(measure_effects(sobol, np.full(64, 72.1))[0]).all()
    assert np.isnan(measure_effects(sobol, noise)[0]).all()
    assert np.isnan(measure_effects(sobol, np.zeros(64))[0]).all()
    assert (measure_effects(morris, np.full(12, 72.1))[0] == 0).all()


# ------------------------------------------------------------------------------------------ designs


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("method", "n"), [("morris", 4), ("sobol", 16)])
def test_the_same_seed_gives_the_same_runs_and_intervals(method: Method, n: int, seed: int) -> None:
    one, again, other = (make_design(["", "", ""], method, n, s) for s in (seed, seed, seed + 1))
    values = np.sin(9 * one.unit).sum(axis=1)

    np.testing.assert_array_equal(one.points, again.points)
    assert not np.array_equal(one.points, other.points)
    np.testing.assert_array_equal(measure_effects(one, values)[0], measure_effects(again, values)[0])


def test_runs_are_counted_by_effects_and_not_by_members_of_groups() -> None:
    groups = ["", "g", "", "g"]

    assert len(make_design(groups, "morris", 5).points) == 5 * (3 + 1)
    assert len(make_design(groups, "sobol", 16).points) == 16 * (3 + 2)


@pytest.mark.parametrize(
    ("groups", "method", "n", "said"),
    [
        (["", ""], "sobol", 500, "-n is 500, expected a power of two"),
        (["", ""], "sobol", 8, "-n is 8, expected 16 or more"),
        (["", ""], "morris", 1, "-n is 1, expected 2 or more"),
        (["g", "g"], "morris", 4, "all factors are correlated"),
        ([], "sobol", 64, "there is no factor"),
    ],
)
def test_a_number_that_does_not_suit_the_method_is_refused(
    groups: list[str], method: Method, n: int, said: str
) -> None:
    with pytest.raises(InputError) as refusal:
        make_design(groups, method, n)

    assert said in str(refusal.value)
    assert method != "sobol" or n != 500 or "take 256 or 512" in str(refusal.value)


# ------------------------------------------------------------------------------------------ the command

LINE = """name: guess
title: {zh: 猜测, en: A guess}
place: line
uncertain:
  Height: {uniform: [0, 40]}
  slope: {uniform: [0, 2]}
"""
TINY = """name: guess
extends: baseline
uncertain:
  moving_rate: {east: {triangular: [1, 2, 4]}, west: {uniform: [0, 3]}}
  Share of movers: {uniform: [x0.9, x1.1]}
"""


def write(text: str) -> str:
    Path("scenarios").mkdir(exist_ok=True)
    Path("scenarios/guess.yaml").write_text(text, encoding="utf-8")
    return "scenarios/guess.yaml"


def rows(file: str) -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_morris_of_a_straight_line_is_its_slopes(line: Path, urbsim: Callable[..., int]) -> None:
    """Level = Height + slope * (year - 2010), the slope being a lever that acts from the end of 2019."""
    status = urbsim(
        "sensitivity", write(LINE), "--target", "level", "-n", "4", "--out", "out", "--no-figures"
    )

    assert status == DONE
    found = {(row["year"], row["factor"]): row for row in rows("out/sensitivity.csv")}
    assert float(found["2024", "Height"]["mu_star"]) == pytest.approx(40, rel=1e-6)
    assert float(found["2024", "slope"]["mu"]) == pytest.approx(28, rel=1e-6)
    assert float(found["2022", "slope"]["mu"]) == pytest.approx(24, rel=1e-6)
    assert float(found["2018", "slope"]["mu_star"]) == 0
    assert {row["n"] for row in found.values()} == {"4"}
    assert {row["target_year"] for row in found.values() if row["year"] == "2024"} == {"true"}
    assert {row["target_year"] for row in found.values() if row["year"] != "2024"} == {"false"}


def test_sobol_of_a_straight_line_is_the_shares_of_its_variance(
    line: Path, urbsim: Callable[..., int]
) -> None:
    given = ("--method", "sobol", "-n", "256", "--target", "level", "--out", "out", "--no-figures")

    assert urbsim("sensitivity", write(LINE), *given) == DONE

    found = {(row["year"], row["factor"]): row for row in rows("out/sensitivity.csv")}
    assert float(found["2024", "Height"]["S1"]) == pytest.approx(1600 / 2384, abs=0.02)
    assert float(found["2024", "slope"]["ST"]) == pytest.approx(784 / 2384, abs=0.02)
    assert float(found["2015", "Height"]["ST"]) == pytest.approx(1, abs=0.02)
    assert list(found["2024", "slope"]) == [
        *("scenario", "region", "indicator", "unit", "year", "target_year", "factor", "method"),
        *("S1", "S1_conf", "ST", "ST_conf", "n", "parameter_set", "base_year"),
    ]


def test_the_command_writes_tables_and_figures_and_prints_what_matters(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert urbsim("sensitivity", write(TINY), "-n", "3", "--out", "out", "--lang", "en") == DONE

    said = capsys.readouterr().out
    assert "Tiny, Urbanization rate, 2035: about 80 % [percentage points]" in said
    assert "Rate of moving (East)" in said
    assert "Morris: 3 factors, 12 runs" in said
    assert "out/  columns.csv  factors.csv  failures.csv  figures/  run.json  sensitivity.csv" in said
    assert {file.name for file in Path("out/figures").iterdir() if file.suffix == ".png"} == {
        "effects_urban_residents_en.png",
        "effects_urbanization_rate_en.png",
        "tornado_urban_residents_2035_en.png",
        "tornado_urbanization_rate_2025_en.png",
        "tornado_urbanization_rate_2035_en.png",
    }
    east, _, shares = rows("out/factors.csv")
    assert east == {
        "factor": "moving_rate[east]",
        "effect": "moving_rate[east]",
        "kind": "lever",
        "name": "moving_rate",
        "region": "east",
        "unit": "%/year",
        "distribution": "triangular 1, 2, 4",
        "low": "1",
        "high": "4",
    }
    assert (shares["unit"], shares["low"], shares["high"]) == ("x", "0.9", "1.1")
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert (facts["method"], facts["n"], facts["seed"], facts["runs"]) == ("morris", 3, 1, 12)
    assert (facts["factors"], facts["failures"], facts["rtol"]) == (3, 0, 1e-6)
    assert facts["scenarios"][0]["name"] == "guess"
    assert not list(Path().glob(".out*"))


def test_draws_of_a_group_by_region_are_counted_and_effects_beside_factors(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = write(TINY + "correlated: [{names: ['moving_rate[east]', 'moving_rate[west]'], rho: 0.5}]\n")

    assert urbsim("sensitivity", scenario, "-n", "2", "--no-figures", "--out", "out", "--lang", "en") == DONE

    said = capsys.readouterr().out
    assert "Rate of moving (East) + Rate of moving (West)" in said
    assert "Morris: 2 effects of 3 factors, 6 runs" in said
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert (facts["factors"], facts["effects"]) == (3, 2)
    four = [
        replace(factor("uniform", 0, 1, name="rate"), label=f"rate[{i}]", heading=Words(zh="率", en="Rate"))
        for i in "abcd"
    ]
    assert together([*four, factor("uniform", 0, 1, name="z")]) == (
        "rate (4 regions) + z",
        Words(zh="率（4个区域）＋z", en="Rate (4 regions) + z"),
    )


@pytest.mark.parametrize(
    ("names", "years"),
    [((), (2025, 2035)), (("urbanization_rate",), (2025, 2035)), (("t2",), (2035,)), (("mood",), (2035,))],
)
def test_a_target_may_have_the_name_of_its_indicator(
    names: tuple[str, ...], years: tuple[int, ...], tiny: Path
) -> None:
    table = Path("models/places/tiny/targets.csv")
    text = table.read_text(encoding="utf-8").replace("T1,", "urbanization_rate,")
    table.write_text(text, encoding="utf-8")
    (task,) = prepare(read_scenarios(["scenarios/baseline.yaml"]))

    first = find_asked(task, names)[0]

    assert first.years(2035) == years


def test_what_no_factor_moves_yet_has_empty_cells(tiny: Path) -> None:
    """Before the first policy year no lever moves anything, and the base year is what it is."""
    found = explain(write(TINY), Path("out"), Asking(method="sobol", n=16, targets=("T2",)))

    (asked,) = found.asked
    assert [target.id for target in asked.targets] == ["T2"]
    by_year = dict(zip(found.years, found.measures[0], strict=True))
    assert np.isnan(by_year[2020]).all()
    assert by_year[2025][2] == pytest.approx([0, 0, 1], abs=0.3)  # ST of two levers, and of a parameter
    assert "nan" not in Path("out/sensitivity.csv").read_text(encoding="utf-8").casefold()
    empty = [row for row in rows("out/sensitivity.csv") if row["year"] == "2020"]
    assert {row["ST"] for row in empty} == {""}


def spoil_model() -> None:
    """Make the model fail where the standard is 0.9 or less."""
    model = Path("models/tiny.mdl")
    text = model.read_text(encoding="utf-8")
    spoilt = text.replace("*Attraction*", "*Attraction*(1+1e-6*LN(Standard[Region,young]-0.9))*")
    assert spoilt != text
    model.write_text(spoilt, encoding="utf-8")


def test_failed_runs_are_left_out_with_their_rows_and_told(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_model()
    scenario = write(TINY + "  Standard: {uniform: [0.85, 1.85]}\n")
    given = ("--method", "sobol", "-n", "64", "--solver", "euler", "--target", "T2", "--no-figures")

    status = urbsim("sensitivity", scenario, *given, "--out", "out")

    said = capsys.readouterr().out
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    (used,) = {int(row["n"]) for row in rows("out/sensitivity.csv")}
    assert status == FAILED
    assert 0 < facts["failures"] < 64
    assert 48 < used < 64
    assert f"{facts['failures']} runs failed, and {used} of 64 rows of the base sample are used" in said
    failed = rows("out/failures.csv")
    assert len(failed) == facts["failures"]
    assert "is nan at 20" in failed[0]["reason"]
    assert all(float(row["Standard"]) <= 0.9 for row in failed)


def test_a_study_of_which_too_little_is_left_says_nothing(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_model()
    scenario = write(TINY + "  Standard: {uniform: [0.5, 1.5]}\n")

    for _ in "ab":  # the second finds nothing of the first in its way
        assert urbsim("sensitivity", scenario, "-n", "4", "--solver", "euler", "--out", "out") == FAILED

        told = capsys.readouterr().err
        assert "which leaves 0 of 4 trajectories whole, too few to say what matters; run 0" in told
        assert "--resume" not in told
        assert not Path("out").exists()


def test_doubts_of_draws_are_told(tiny: Path, caplog: pytest.LogCaptureFixture) -> None:
    explain(write(TINY + "  Standard: {west: {uniform: [x0.5, x1]}}\n"), Path("out"), Asking(n=2))

    assert "25 % of the draws of Standard[west]" in caplog.text


def test_two_processes_give_the_same_table_as_one(tiny: Path, urbsim: Callable[..., int]) -> None:
    scenario = write(TINY)
    common = ("--method", "sobol", "-n", "256", "--solver", "euler", "--no-figures")

    for jobs in ("1", "2"):
        assert urbsim("sensitivity", scenario, *common, "--jobs", jobs, "--out", f"jobs{jobs}") == DONE

    one, two = (Path(f"jobs{jobs}/sensitivity.csv").read_bytes() for jobs in "12")
    assert one == two


def test_processes_of_the_bootstrap_are_like_those_of_the_runs(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They leave Ctrl-C to the parent and have a thread each; one that is lost is told."""
    seen: list[object] = []

    @contextmanager
    def ended(jobs: int) -> Iterator[ProcessPoolExecutor]:
        with processes(jobs) as pool:
            seen.append(pool.submit(signal.getsignal, signal.SIGINT).result())
            seen.append(pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result())
            pool.submit(os._exit, 1)
            yield pool

    monkeypatch.setattr(sensitivity_run, "processes", ended)
    asking = Asking(method="sobol", n=16, targets=("T2",), solver="euler")

    with pytest.raises(RunError, match="a worker process was ended from outside"):
        explain(write(TINY), Path("out"), asking, jobs=2)

    assert seen == [signal.SIG_IGN, "1"]


def test_an_interrupted_study_goes_on_where_it_was(tiny: Path) -> None:
    asking = Asking(method="sobol", n=256, targets=("T2",), solver="euler")
    scenario, seen = write(TINY), []

    def interrupt(one: Progress) -> None:
        if one.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain(scenario, Path("out"), asking, progress=interrupt)
    assert not Path("out").exists()
    with pytest.raises(InputError, match="go on with --resume"):
        explain(scenario, Path("out"), asking)
    explain(scenario, Path("out"), asking, resume=True, progress=seen.append)
    explain(scenario, Path("whole"), asking)

    assert seen[0].before == 1024
    table = "sensitivity.csv"
    assert Path("out", table).read_bytes() == Path("whole", table).read_bytes()


def test_without_anything_uncertain_all_levers_and_parameters_are_factors(
    line: Path, urbsim: Callable[..., int]
) -> None:
    scenario = write("name: guess\nplace: line\n")

    given = ("--target", "level", "-n", "2", "--no-figures", "--out")
    assert urbsim("sensitivity", scenario, *given, "both") == DONE
    assert urbsim("sensitivity", scenario, *given, "parameters", "--parameters") == DONE
    assert urbsim("sensitivity", write(LINE), *given, "levers", "--levers") == DONE

    found = {name: [row["factor"] for row in rows(f"{name}/factors.csv")] for name in ("both", "levers")}
    assert found == {"both": ["slope", "Height"], "levers": ["slope"]}
    (height,) = rows("parameters/factors.csv")
    assert (height["low"], height["high"], height["kind"]) == ("-100", "100", "parameter")


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        (TINY, ("--target", "T7"), "there is no target and no indicator 'T7'"),
        (TINY, ("--method", "sobol", "-n", "100"), "take 64 or 128"),
        (TINY + "targets: []\n", (), "there is no target to explain"),
        (TINY + "sweep: {Standard: [1, 2]}\n", (), "is a sweep of several scenarios"),
        ("name: guess\nextends: baseline\n", ("--parameters",), "tiny has no parameter with a range"),
    ],
)
def test_what_cannot_be_studied_is_told(
    text: str,
    given: tuple[str, ...],
    said: str,
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert urbsim("sensitivity", write(text), *given, "--out", "out") == WRONG_INPUT

    told = capsys.readouterr().err
    assert said in told
    assert not Path("out").exists()
