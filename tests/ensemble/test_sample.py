from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.ensemble.nouns import content
from urbsim.cli import DONE, FAILED, WRONG_INPUT
from urbsim.ensemble import sample_table
from urbsim.ensemble.run import Progress
from urbsim.ensemble.sample import draw, folder_names, sample
from urbsim.ensemble.sampling import Sampling
from urbsim.ensemble.store import open_store
from urbsim.ensemble.summary import Chance
from urbsim.ensemble.work_folder import partial_of, work_folder
from urbsim.errors import InputError
from urbsim.study.target import ABOUT_RATE, Target

Urbsim = Callable[..., int]
Captured = pytest.CaptureFixture[str]
RATES = Path("scenarios/rates.yaml")
LOW, HIGH = 0.01, 0.04  # of the rate of moving
UNIFORM = f"Rate of moving: {{uniform: [{LOW}, {HIGH}]}}"
TOWN, RESIDENTS = 20e6, 30e6

# Ends by its own hand in the middle of its work, as if somebody had pulled the plug.
KILLED = """
import os, signal, sys
from pathlib import Path
from urbsim.ensemble.run import Progress
from urbsim.ensemble.sample import sample
from urbsim.ensemble.sampling import Sampling

def progress(one):
    if one.done >= 12:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    sample(["scenarios/rates.yaml"], Path("out"), Sampling(runs=40, per_chunk=4), jobs=int(sys.argv[1]),
           progress=progress)
"""


@pytest.fixture
def rates(tiny: Path) -> Path:
    """Give the tiny study with a scenario whose rate of moving is uncertain; it is the current folder."""
    write(RATES)
    return tiny


def write(
    path: Path, more: str = "", uncertain: str = f"Rate of moving: {{uniform: [{LOW}, {HIGH}]}}"
) -> None:
    path.write_text(f"name: {path.stem}\nplace: tiny\n{more}uncertain:\n  {uncertain}\n", encoding="utf-8")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_probability_of_a_target_is_that_of_the_draws_that_meet_it(rates: Path) -> None:
    done = sample([RATES], rates / "out", Sampling(runs=500))

    chance = done.sampled[0].chances[1]
    level = 80 - ABOUT_RATE  # "about 80 %" in 2035
    rate = -np.log((1 - level / 100) * RESIDENTS / (RESIDENTS - TOWN)) / 15
    # A Latin hypercube has one draw in each 500th of the range.
    assert chance.probability == pytest.approx((HIGH - rate) / (HIGH - LOW), abs=1 / 500)
    assert chance.error == pytest.approx((chance.probability * (1 - chance.probability) / 500) ** 0.5)
    row = rows(rates / "out" / "probabilities.csv")[1]
    assert (row["operator"], row["target"], row["runs"]) == ("~", "80", "500")
    assert int(row["met"]) == chance.met
    # Wilson's interval: the proportions p for which the share found is 1.96 standard errors away.
    for bound in (float(row["low"]), float(row["high"])):
        away = abs(chance.probability - bound) / (bound * (1 - bound) / 500) ** 0.5
        assert away == pytest.approx(1.959964, rel=1e-5)
    draws = np.array([float(row["Rate of moving"]) for row in rows(rates / "out" / "draws.csv")])
    values = 100 * (1 - (1 - TOWN / RESIDENTS) * np.exp(-15 * draws))
    assert float(row["gap_p50"]) == pytest.approx(np.median(values) - 80, rel=1e-5)


def test_percentiles_are_those_of_the_runs(rates: Path) -> None:
    sample([RATES], rates / "out", Sampling(runs=50))

    table = rows(rates / "out" / "percentiles.csv")
    store = open_store(rates / "out" / "runs")
    for indicator, area in (("urbanization_rate", "west"), ("young_adequacy", "coast"), ("mood", "tiny")):
        values = store.read([(indicator, area)])[0]
        found = [row for row in table if (row["indicator"], row["region"]) == (indicator, area)]
        assert [int(row["year"]) for row in found] == [*range(2020, 2036)]
        for row, of_year in zip(found, values, strict=True):
            expected = [of_year.mean(), of_year.std(ddof=1), *np.percentile(of_year, [5, 25, 50, 75, 95])]
            told = [float(row[name]) for name in ("mean", "sd", "p05", "p25", "p50", "p75", "p95")]
            np.testing.assert_allclose(told, expected, rtol=1e-9, atol=1e-12)
            assert (row["runs"], row["parameter_set"], row["base_year"]) == ("50", "none", "2020")
    assert not any(row["indicator"] == "mood" and row["region"] != "tiny" for row in table)


def test_the_command_tells_probabilities_and_where_the_results_are(
    rates: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    status = urbsim("sample", RATES, "-n", 200, "--out", "out", "--no-figures")

    said = capsys.readouterr()
    assert status == DONE
    assert "urbanization rate 2025: 70 %" in said.out
    assert "urban residents 2035: about 28 million  0 % (< 1.9 %)" in said.out
    assert "± of a probability: standard error of a share of 200 runs." in said.out
    assert "The spread is that of what was drawn, and of nothing else that may be wrong." in said.out
    assert "2025 is over, but was not published yet when the data were compiled" in said.out
    assert (
        "out/  columns.csv  draws.csv  failures.csv  percentiles.csv  probabilities.csv  run.json  runs/"
        in said.out
    )
    assert "200 of 200 runs" in said.err
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert (facts["seed"], facts["method"], facts["runs"], facts["failed"]) == (1, "lhs", 200, 0)
    assert facts["scenarios"][0]["factors"] == [
        {
            "label": "Rate of moving",
            "kind": "parameter",
            "unit": "1/year",
            "distribution": "uniform",
            "values": ["0.01", "0.04"],
        }
    ]


def test_the_table_speaks_chinese_when_only_chinese_is_asked_for(
    rates: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    urbsim("sample", RATES, "-n", 20, "--out", "out", "--no-figures", "--lang", "zh")

    said = capsys.readouterr().out
    assert re.search(r"2035年城镇常住人口：约2800万人 +0% \(< 16%\)", said)
    assert "2025年已经过去" in said


def test_fans_are_drawn_for_targets_and_chosen_indicators(rates: Path, urbsim: Urbsim) -> None:
    urbsim("sample", RATES, "-n", 20, "--out", "out", "--lang", "en", "--indicator", "young_adequacy")

    names = {path.name for path in Path("out/figures").glob("*.png")}
    assert names == {
        f"fan_{name}_en.png" for name in ("urbanization_rate", "urban_residents", "young_adequacy")
    }
    # Chosen indicators are kept with those of the targets, and no others.
    assert {row["indicator"] for row in rows(Path("out/percentiles.csv"))} == {
        *("urbanization_rate", "urban_residents", "young_adequacy")
    }


def test_a_scenario_without_anything_uncertain_is_told_how(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    status = urbsim("sample", "scenarios/baseline.yaml", "--indicator", "young_adequasy")

    said = capsys.readouterr().err
    assert status == WRONG_INPUT
    assert "scenarios/baseline.yaml: nothing is uncertain here" in said
    assert "fix: say what is uncertain, such as `uncertain: {income elasticity: {triangular: " in said
    assert "--indicator: there is no indicator 'young_adequasy'" in said
    assert not Path("results").exists()


def test_scenarios_share_their_draws_in_any_order(rates: Path) -> None:
    more = Path("scenarios/more.yaml")
    write(
        more,
        uncertain=f"young_standard: {{uniform: [0.5, 2]}}\n  Rate of moving: {{uniform: [{LOW}, {HIGH}]}}",
    )

    one, other = draw([RATES, more], Sampling(runs=9))
    turned = draw([more, RATES], Sampling(runs=9))

    assert [factor.label for factor in other.factors] == ["young_standard", "Rate of moving"]
    np.testing.assert_array_equal(one.values[0], other.values[1])
    np.testing.assert_array_equal(turned[0].values, other.values)
    np.testing.assert_array_equal(turned[1].values, one.values)


def test_several_scenarios_have_a_folder_of_runs_each(rates: Path, urbsim: Urbsim) -> None:
    swept = Path("scenarios/swept.yaml")
    write(swept, more="sweep: {young_standard: [1, x1.5]}\n")

    urbsim("sample", RATES, swept, "-n", 5, "--out", "out", "--no-figures")

    names = ["rates", "swept@young_standard=1", "swept@young_standard=x1.5"]
    assert sorted(path.name for path in Path("out/runs").iterdir()) == sorted(names)
    assert list(dict.fromkeys(row["scenario"] for row in rows(Path("out/draws.csv")))) == names
    assert len(rows(Path("out/draws.csv"))) == 15
    rate = ("urbanization_rate", "tiny")
    one, other = (open_store(Path("out/runs") / name).read([rate]) for name in names[:2])
    np.testing.assert_allclose(one, other, rtol=1e-5)  # adequacy moves nobody here


def test_a_run_that_fails_is_listed_with_its_draws(rates: Path, urbsim: Urbsim, capsys: Captured) -> None:
    write(RATES, uncertain="Rate of moving: {choice: [0.02, -1], weights: [3, 1]}")

    status = urbsim("sample", RATES, "-n", 20, "--out", "out", "--no-figures")

    assert status == FAILED
    said = capsys.readouterr()
    assert "5 of 20 runs failed: see failures.csv" in said.err
    failed = rows(Path("out/failures.csv"))
    assert len(failed) == 5
    assert {row["Rate of moving"] for row in failed} == {"-1.0"}
    assert all("Adequacy" in row["reason"] for row in failed)
    draws = {row["run"]: row["Rate of moving"] for row in rows(Path("out/draws.csv"))}
    assert {run for run, drawn in draws.items() if drawn == "-1.0"} == {row["run"] for row in failed}
    assert {row["runs"] for row in rows(Path("out/percentiles.csv"))} == {"15"}
    assert {row["runs"] for row in rows(Path("out/probabilities.csv"))} == {"15"}
    assert "standard error of a share of 15 runs" in said.out
    assert "5 of 20 runs failed: the probabilities hold only for the part of the ranges in which" in said.out


def test_how_far_projections_were_off_stands_beside_the_median(
    rates: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    place = Path("models/places/tiny/place.yaml")
    text = place.read_text(encoding="utf-8")
    margin = "{indicator: urbanization_rate, year: 2035, value: 4, source: census}"
    place.write_text(f"{text}margins:\n  - {margin}\n", encoding="utf-8")

    urbsim("sample", RATES, "-n", 20, "--out", "out", "--no-figures")

    found = {(r["indicator"], r["year"]): r for r in rows(Path("out/probabilities.csv"))}
    # Straight from nothing in 2024 to 4 points in 2035; no other indicator has one.
    assert float(found["urbanization_rate", "2025"]["margin"]) == pytest.approx(4 / 11)
    assert found["urban_residents", "2035"]["margin"] == ""
    said = capsys.readouterr().out
    near = found["urbanization_rate", "2035"]
    assert abs(float(near["gap_p50"])) < 4
    (line,) = [line for line in said.splitlines() if "2035: about 80 %" in line]
    assert f"{80 + float(near['gap_p50']):.1f} ±4.0 ?" in line
    assert "± of a median: how far this model was off in years it had not seen" in said


def test_runs_that_miss_what_was_observed_are_told(rates: Path, caplog: pytest.LogCaptureFixture) -> None:
    # Of 10 million villagers 1 to 4 % a year move to towns: in 2024 the rate is 68.0 to 71.6 %, and
    # the middle 90 % of the runs lie between 68.2 and 71.4. In 2020 they all have the rate of the start.
    seen = {2020: 50, 2022: 66, 2023: 69, 2024: 71.5}
    with Path("models/places/tiny/history.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"urbanization_rate,tiny,{y},{v},%,first,official,census,\n" for y, v in seen.items())
        file.writelines(f"urban_residents,,{y},2080,10k persons,first,official,census,\n" for y in (2023,))

    sample([RATES], Path("out"), Sampling(runs=50))

    (said,) = [record.message for record in caplog.records if "observed" in record.message]
    assert said == (
        "observed urbanization_rate of tiny lies outside the middle 90 % of the runs in 2022, 2024 "
        "(2 of 3 observed): the ranges drawn are narrower than what is known"
    )
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    (told,) = facts["scenarios"][0]["observed_outside_middle_90_percent"]
    assert (told["years"], told["of"]) == ([2022, 2024], [2022, 2023, 2024])


@pytest.mark.parametrize(
    ("command", "out"),
    [("run", "."), ("sample", "."), ("sensitivity", "."), ("sample", ".."), ("sample", "/")],
)
def test_the_current_folder_is_not_replaced(
    rates: Path, urbsim: Urbsim, capsys: Captured, command: str, out: str
) -> None:
    status = urbsim(command, RATES, "--out", out)

    assert status == WRONG_INPUT
    assert f"{out}: cannot be replaced by a folder of results, because this runs in it" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("command", ["sample", "sensitivity"])
@pytest.mark.parametrize("runs", ["1000000000000", "123456789012345678901234"])
def test_more_runs_than_can_be_are_refused(
    rates: Path, urbsim: Urbsim, capsys: Captured, command: str, runs: str
) -> None:
    assert urbsim(command, RATES, "-n", runs) == WRONG_INPUT
    assert f"{runs} is not in the range 1<=x<=" in capsys.readouterr().err


def test_runs_that_do_not_fit_into_memory_are_told(
    rates: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("urbsim.ensemble.sample.unit_sample", fail)

    assert urbsim("sample", RATES, "--out", "out") == FAILED
    assert capsys.readouterr().err == ("there is not enough memory for so many runs; ask for fewer with -n\n")


def test_what_is_kept_is_told_when_something_is(
    rates: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("file").touch()
    options = ("sample", RATES, "-n", 8, "--no-figures", "--out")

    assert urbsim(*options, "file/out") == FAILED
    assert capsys.readouterr().err.endswith("file/out: cannot be written: Not a directory\n")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("urbsim.ensemble.sample.write_sample", fail)
    assert urbsim(*options, "out") == FAILED
    assert capsys.readouterr().err.endswith(
        "out: cannot be written: No space left on device; what is done is kept in .out.partial/; "
        "go on with --resume\n"
    )


def test_long_names_of_scenarios_give_short_names_of_folders() -> None:
    long = "和".join(["swept@" + "a=1," * 60] * 3)

    names = folder_names([f"{long}1", f"{long}2", "Same", "same", "a/b:c", "A_b_c", "情" * 300])

    assert len({name.casefold() for name in names}) == 7
    assert max(len(name.encode()) for name in names) < 200
    assert names[2:5] == ["Same", "same_3", "a_b_c"]
    assert names == folder_names([f"{long}1", f"{long}2", "Same", "same", "a/b:c", "A_b_c", "情" * 300])


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_sample_is_resumed_to_the_same_results(rates: Path, jobs: int) -> None:
    sampling = Sampling(runs=40, per_chunk=4)
    sample([RATES], rates / "whole", sampling)
    Path("killed.py").write_text(KILLED, encoding="utf-8")

    killed = subprocess.run([sys.executable, "killed.py", str(jobs)], capture_output=True)
    left = partial_of(Path("out")) / "results" / "runs"
    before = {path.name: path.stat().st_mtime_ns for path in left.glob("part-*")}
    sample([RATES], Path("out"), sampling, resume=True)

    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert 3 <= len(before) < 10
    after = {path.name: path.stat().st_mtime_ns for path in Path("out/runs").iterdir()}
    assert {name: after[name] for name in before} == before
    assert content(Path("out/runs")) == content(rates / "whole" / "runs")
    for name in ("percentiles.csv", "probabilities.csv", "draws.csv", "failures.csv"):
        assert Path("out", name).read_bytes() == (rates / "whole" / name).read_bytes()
    assert not partial_of(Path("out")).exists()


def interrupted(folder: Path, sampling: Sampling) -> None:
    def progress(one: object) -> None:
        if getattr(one, "done", 0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample([RATES], folder, sampling, progress=progress)


def test_an_interrupted_sample_leaves_older_results_whole(rates: Path) -> None:
    sample([RATES], Path("out"), Sampling(runs=4))
    old = content(Path("out/runs"))

    interrupted(Path("out"), Sampling(runs=8, per_chunk=4))

    assert content(Path("out/runs")) == old


def test_what_is_left_of_a_sample_is_not_thrown_away_unasked(
    rates: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    interrupted(Path("out"), Sampling(runs=8, per_chunk=4))

    status = urbsim("sample", RATES, "-n", 8, "--out", "out", "--no-figures")

    assert status == WRONG_INPUT
    said = capsys.readouterr().err
    assert ".out.partial: an interrupted run left its results here" in said
    assert "fix: go on with --resume, or delete .out.partial" in said


def test_a_sample_is_only_resumed_as_it_was_begun(rates: Path) -> None:
    interrupted(Path("out"), Sampling(runs=8, per_chunk=4))

    with pytest.raises(InputError) as other_options:
        sample([RATES], Path("out"), Sampling(runs=8, per_chunk=4, seed=2, rtol=1e-8), resume=True)
    write(RATES, more="parameters: {Share of movers: +10%}\n")
    with pytest.raises(InputError) as other_scenario:
        sample([RATES], Path("out"), Sampling(runs=8, per_chunk=4), resume=True)
    write(RATES)
    table = Path("models/places/tiny/paths.csv")
    table.write_text(table.read_text(encoding="utf-8").replace("2030,1,", "2030,1.1,"), encoding="utf-8")
    with pytest.raises(InputError) as other_place:
        sample([RATES], Path("out"), Sampling(runs=8, per_chunk=4), resume=True)

    assert [problem.what for problem in other_options.value.problems] == [
        "seed: now 2, but 1 before the run was interrupted",
        "rtol: now 1e-08, but 1e-06 before the run was interrupted",
    ]
    assert "scenario rates changed since the run was interrupted" in str(other_scenario.value)
    assert "place of tiny changed since the run was interrupted" in str(other_place.value)


TARGETS = "targets: [{indicator: urbanization_rate, year: 2030, at_least: 73}]\n"
MOOD = "targets: [{indicator: mood, year: 2030, at_least: 0.5}]\n"


def test_targets_may_be_changed_on_the_way_and_are_judged_anew(rates: Path) -> None:
    sampling = Sampling(runs=8, per_chunk=4)
    interrupted(Path("out"), sampling)
    write(RATES, more=TARGETS)

    done = sample([RATES], Path("out"), sampling, resume=True)

    (chance,) = done.sampled[0].chances
    assert (chance.target.year, chance.target.value, chance.runs) == (2030, 73, 8)
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert facts["done_this_time"] == 4


def test_a_target_of_what_was_not_kept_is_not_resumed(rates: Path) -> None:
    write(RATES, more=TARGETS)
    sampling = Sampling(runs=8, per_chunk=4, indicators=("urban_residents",))
    interrupted(Path("out"), sampling)
    write(RATES, more=MOOD)

    with pytest.raises(InputError) as refused:
        sample([RATES], Path("out"), sampling, resume=True)

    (problem,) = refused.value.problems
    assert problem.what == (
        "indicators kept of rates: now urban_residents, mood, but urbanization_rate, urban_residents "
        "before the run was interrupted"
    )


def test_what_fails_before_the_first_run_leaves_nothing(rates: Path) -> None:
    before = sorted(rates.rglob("*"))

    def fail(one: Progress) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        sample([RATES], Path("new/results/out"), Sampling(runs=8), progress=fail)

    assert sorted(rates.rglob("*")) == before


def test_a_folder_that_is_removed_while_it_is_being_locked_is_made_again(
    rates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    lock, partial = fcntl.flock, partial_of(Path("out"))
    removed = []

    def lock_late(*given: object) -> None:
        if not removed:  # the process before has just put its results in place
            removed.append(partial)
            shutil.rmtree(partial)
        lock(*given)

    monkeypatch.setattr(fcntl, "flock", lock_late)

    with work_folder(Path("out"), {}, resume=False) as results:
        (results / "run.json").write_text("{}")

    assert removed
    assert Path("out/run.json").exists()


def test_two_processes_do_not_work_in_one_folder(rates: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    interrupted(Path("out"), Sampling(runs=8, per_chunk=4))

    with (partial_of(Path("out")) / "lock").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(InputError, match=f"another process is at work here .process {os.getpid()}"):
            sample([RATES], Path("out"), Sampling(runs=8, per_chunk=4), resume=True)


def test_resuming_what_was_never_begun_begins_it(
    rates: Path, urbsim: Urbsim, caplog: pytest.LogCaptureFixture
) -> None:
    status = urbsim("sample", RATES, "-n", 8, "--out", "out", "--resume", "--no-figures")

    assert status == DONE
    assert ".out.partial: nothing is left to go on with; begun from the start" in caplog.text


def test_a_sample_begun_on_another_day_is_found_again(rates: Path, urbsim: Urbsim) -> None:
    interrupted(Path("results/2026-01-31-rates-sample"), Sampling(runs=8))

    status = urbsim("sample", RATES, "-n", 8, "--resume", "--no-figures")

    assert status == DONE
    assert [path.name for path in Path("results").iterdir()] == ["2026-01-31-rates-sample"]


@pytest.mark.parametrize(
    ("runs", "met", "told"),
    [
        (2000, 2000, "100 % (> 99.81 %)"),
        (2000, 0, "0 % (< 0.19 %)"),
        (2000, 580, "29 % ±1"),
        (10_000, 2900, "29.0 % ±0.5"),
        # Wilson's interval of 1 in 10,000 is 1.8e-5 to 5.7e-4.
        (10_000, 1, "0.01 % (0.0018 to 0.057 %)"),
        (10_000, 9_999, "99.99 % (99.943 to 99.9982 %)"),
        (10_000, 4, "0.04 % (0.016 to 0.1 %)"),
        (1_000_000, 100, "0.010 % ±0.001"),
        (3, 1, "33 % (6.1 to 79 %)"),
    ],
)
def test_a_share_of_few_or_most_says_what_the_runs_leave_open(runs: int, met: int, told: str) -> None:
    target = Target(indicator="rate", year=2035, operator=">=", value=80.0)
    chance = Chance(target=target, runs=runs, met=met, gap=(0.0, 0.0, 0.0))

    assert sample_table._share(chance, "en") == told


def test_a_single_run_is_told_as_one(rates: Path, urbsim: Urbsim, capsys: Captured) -> None:
    urbsim("sample", RATES, "-n", 1, "--out", "out", "--no-figures")

    said = capsys.readouterr()
    assert "1 of 1 run," in said.err
    assert "standard error of a share of 1 run." in said.out
