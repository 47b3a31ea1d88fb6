from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from urbsim import batch
from urbsim.output import folder

TABLES = ("trajectories.csv", "summary.csv", "targets.csv")


@pytest.fixture
def results(tiny: Path) -> batch.Results:
    return batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"])


def test_tables_open_cleanly_in_excel(results: batch.Results) -> None:
    results.write("out", figures=False)

    for name in TABLES:
        content = Path("out", name).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in content
        content.decode("utf-8-sig")


def test_column_names_never_change_silently(results: batch.Results) -> None:
    results.write("out", figures=False)

    heads = {name: Path("out", name).read_text(encoding="utf-8-sig").splitlines()[0] for name in TABLES}
    years = ",".join(map(str, range(2020, 2036)))
    assert heads == {
        "trajectories.csv": "scenario,region,indicator,unit,year,value,parameter_set,base_year",
        "summary.csv": f"Model,Scenario,Region,Variable,Unit,{years}",
        "targets.csv": "scenario,region,indicator,unit,year,operator,target,"
        "value,gap,margin,met,year_met,source,parameter_set,base_year",
    }


def test_trajectories_and_summary_hold_the_same_numbers(results: batch.Results) -> None:
    results.write("out", figures=False)

    with Path("out/trajectories.csv").open(encoding="utf-8-sig", newline="") as file:
        tidy = {
            (row["scenario"], row["region"], row["indicator"], row["year"]): row["value"]
            for row in csv.DictReader(file)
        }
    with Path("out/summary.csv").open(encoding="utf-8-sig", newline="") as file:
        wide = {
            (row["Scenario"], row["Region"], row["Variable"], year): row[year]
            for row in csv.DictReader(file)
            for year in map(str, range(2020, 2036))
        }
    assert tidy == wide
    assert tidy["baseline", "tiny", "urban_residents", "2020"] == "2000"
    assert tidy["baseline", "coast", "urbanization_rate", "2020"] == "80"


def test_targets_say_what_came_of_them(results: batch.Results) -> None:
    results.write("out", figures=False)

    with Path("out/targets.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["scenario"], row["indicator"], row["year"]): row for row in csv.DictReader(file)}
    row = rows["faster", "urbanization_rate", "2035"]
    assert (row["region"], row["operator"], row["target"], row["met"]) == ("tiny", "~", "80", "true")
    assert row["year_met"] == "2035"
    assert row["source"] == "plan; ch. 2"
    assert float(row["gap"]) == pytest.approx(float(row["value"]) - 80, abs=1e-6)
    assert rows["baseline", "urban_residents", "2035"]["met"] == "false"
    assert rows["baseline", "urban_residents", "2035"]["year_met"] == ""


def test_the_frames_hold_what_the_files_hold(results: batch.Results) -> None:
    names = "scenario region indicator unit year value parameter_set base_year"
    assert list(results.trajectories.columns) == names.split()
    assert set(results.trajectories.parameter_set) == {"none"}
    assert set(results.trajectories.base_year) == {2020}
    assert len(results.trajectories) == 2 * 16 * (3 * 4 + 1)
    assert results.targets["met"].tolist() == [False, False, False, True, True, False]


def test_run_json_says_what_made_the_results(results: batch.Results) -> None:
    results.write("out", figures=False)

    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert facts["solver"] == "rk45"
    assert facts["places"][0]["model"] == "models/tiny.mdl"
    assert len(facts["places"][0]["model_sha256"]) == 64
    baseline, faster = facts["scenarios"]
    assert baseline["file"] == "scenarios/baseline.yaml"
    assert (baseline["extends"], faster["extends"]) == ([], ["scenarios/baseline.yaml"])
    assert baseline["period"] == [2020, 2035]
    assert "the file's own euler with step 0.25 differs" in baseline["honesty"]
    assert [check["passed"] for check in faster["checks"]] == [True, True]


def test_another_model_has_another_hash(results: batch.Results) -> None:
    results.write("one", figures=False)
    Path("models/tiny.mdl").write_text(
        Path("models/tiny.mdl").read_text(encoding="utf-8").replace("Everyone.", "All."), encoding="utf-8"
    )
    results.write("two", figures=False)

    one, two = (
        json.loads(Path(name, "run.json").read_text(encoding="utf-8"))["places"][0] for name in ("one", "two")
    )
    assert one["model_sha256"] != two["model_sha256"]
    assert one["sha256"] == two["sha256"]


def test_results_replace_older_ones_and_leave_nothing_behind(results: batch.Results) -> None:
    results.write("out", figures=False)
    results.write("out", figures=False)

    assert sorted(entry.name for entry in Path().iterdir() if "out" in entry.name) == ["out"]


def test_a_failure_while_writing_leaves_the_old_results_whole(
    results: batch.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.write("out", figures=False)
    before = {file.name: file.read_bytes() for file in Path("out").iterdir()}

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "target_table", fail)
    with pytest.raises(KeyboardInterrupt):
        results.write("out", figures=False)

    assert {file.name: file.read_bytes() for file in Path("out").iterdir()} == before
    assert sorted(entry.name for entry in Path().iterdir() if "out" in entry.name) == ["out"]


def test_results_lost_between_two_renames_are_found_again(results: batch.Results) -> None:
    results.write("out", figures=False)
    Path("out").rename(".out.123.old")

    results.write("out", figures=False)

    assert sorted(entry.name for entry in Path().iterdir() if "out" in entry.name) == ["out"]


def test_two_runs_in_either_order_give_the_same_numbers(tiny: Path) -> None:
    forth = batch.run(["scenarios/baseline.yaml", "scenarios/faster.yaml"]).trajectories
    back = batch.run(["scenarios/faster.yaml", "scenarios/baseline.yaml"]).trajectories

    for name in ("baseline", "faster"):
        one, two = (frame[frame["scenario"] == name].reset_index(drop=True) for frame in (forth, back))
        assert one.equals(two)
