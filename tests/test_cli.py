from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from urbsim import __version__, batch
from urbsim.cli import BUG, DONE, FAILED, INTERRUPTED, WRONG_INPUT, _languages, cli
from urbsim.errors import RunError

Urbsim = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_prints_verdicts_and_where_the_results_are(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    status = urbsim("run", "scenarios", "--no-figures", "--out", "out")

    said = capsys.readouterr()
    assert status == DONE
    assert "baseline  69.8  missed -0.2  75.3  missed -4.7  22.6 m  missed -5.4 m" in said.out
    assert "faster    70.1  met          79.7  met          23.9 m  missed -4.1 m" in said.out
    assert "'about' is met from half a point below for rates and 1 % below for counts." in said.out
    assert (
        "80 % and 28 million agree only at 35.0 m residents; the scenarios have 30.0 m in 2035." in said.out
    )
    assert said.out.splitlines()[-1] == "out/  " + "  ".join(
        sorted(path.name for path in Path("out").iterdir())
    )
    assert "checks: 2 of 2 passed" in said.err


def test_one_scenario_is_named_in_the_note(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    urbsim("run", "scenarios/baseline.yaml", "--no-figures", "--out", "out")

    expected = "80 % and 28 million agree only at 35.0 m residents; baseline has 30.0 m in 2035."
    assert expected in capsys.readouterr().out


def test_two_targets_of_the_same_numbers_give_one_note(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    Path("scenarios/twice.yaml").write_text(
        "name: twice\nplace: tiny\ntargets:\n"
        "  - {indicator: urbanization_rate, year: 2035, about: 80}\n"
        "  - {indicator: urbanization_rate, year: 2035, at_least: 80}\n"
        "  - {indicator: urban_residents, year: 2035, about: 2800}\n",
        encoding="utf-8",
    )

    urbsim("run", "twice", "--no-figures", "--out", "out")

    assert capsys.readouterr().out.count("agree only at") == 1


def test_the_table_speaks_chinese_when_only_chinese_is_asked_for(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    urbsim("run", "scenarios/baseline.yaml", "--no-figures", "--lang", "zh", "--out", "out")

    said = capsys.readouterr().out
    assert "2035年：约2800万人" in said
    assert "基准  69.8  未达到 -0.2" in said
    assert "未达到 -541万人" in said
    assert "80%与2800万人只在Residents为3500万人时同时成立；2035年基准为3000万人。" in said


def test_the_results_folder_is_named_by_date_and_scenario(tiny: Path, urbsim: Urbsim) -> None:
    urbsim("run", "scenarios/baseline.yaml", "--no-figures")
    urbsim("run", "scenarios", "--no-figures")

    names = sorted(folder.name for folder in Path("results").iterdir())
    assert [name[11:] for name in names] == ["baseline", "scenarios"]


def test_scenarios_are_found_by_file_folder_pattern_and_name(tiny: Path, urbsim: Urbsim) -> None:
    for words in (["scenarios/faster.yaml"], ["scenarios"], ["scenarios/fast*.yaml"], ["faster"]):
        assert urbsim("run", *words, "--no-figures", "--out", "out") == DONE
        assert "faster" in {row["scenario"] for row in rows(Path("out/targets.csv"))}


def test_a_file_named_twice_runs_once(tiny: Path, urbsim: Urbsim) -> None:
    urbsim("run", "scenarios", "scenarios/faster.yaml", "--no-figures", "--out", "out")

    assert len(rows(Path("out/targets.csv"))) == 6


def test_two_processes_give_the_same_files_as_one(tiny: Path, urbsim: Urbsim) -> None:
    urbsim("run", "scenarios", "--no-figures", "--out", "one")
    urbsim("run", "scenarios", "--no-figures", "--out", "two", "--jobs", "2")

    for name in ("trajectories.csv", "summary.csv", "targets.csv"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_a_missed_target_matters_only_under_strict(tiny: Path, urbsim: Urbsim) -> None:
    assert urbsim("run", "scenarios", "--no-figures", "--out", "out") == DONE
    assert urbsim("run", "scenarios", "--no-figures", "--out", "out", "--strict") == FAILED


def test_a_lever_that_moves_nothing_is_pointed_out(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    Path("scenarios/wish.yaml").write_text(
        "name: wish\nplace: tiny\nlevers: {wish: 2, moving_rate: 3}\n", encoding="utf-8"
    )

    urbsim("run", "wish", "--no-figures", "--out", "out")

    said = capsys.readouterr().err
    assert "wish: lever 'wish' moves nothing that is reported" in said
    assert "moving_rate" not in said
    assert json.loads(Path("out/run.json").read_text(encoding="utf-8"))["scenarios"][0]["idle_levers"] == [
        "wish"
    ]


def test_a_lever_that_is_set_to_what_it_is_or_to_a_multiple_of_nought_is_told_so(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    parameters = Path("models/places/tiny/parameters.csv")
    text = parameters.read_text(encoding="utf-8").replace("0.02,0.01,0.03", "0,0,0.03")
    parameters.write_text(text, encoding="utf-8")
    Path("scenarios/idle.yaml").write_text(
        "name: idle\nplace: tiny\nlevers: {moving_rate: +10%, young_standard: {west: 0.8}}\n",
        encoding="utf-8",
    )

    urbsim("run", "idle", "--no-figures", "--out", "out")

    said = capsys.readouterr().err
    assert "idle: lever 'moving_rate' moves nothing: +10 % of 0 is 0" in said
    assert "idle: lever 'young_standard' moves nothing: it is already 0.8 in tiny" in said
    urbsim("run", "idle", "--no-figures", "--lang", "zh", "--out", "out")
    said = capsys.readouterr().err
    assert "没有作用：0的+10%仍是0" in said
    assert "正在运行 idle" in said
    assert "running" not in said


def test_a_lever_given_as_one_number_leaves_the_year_before_as_it_was(tiny: Path, urbsim: Urbsim) -> None:
    """Adequacy is a standard over 1 + 0.02 in the east, of whom the lever is a factor."""
    Path("scenarios/higher.yaml").write_text(
        "name: higher\nplace: tiny\nlevers: {young_standard: 2}\n", encoding="utf-8"
    )
    Path("scenarios/path.yaml").write_text(
        "name: path\nplace: tiny\nlevers: {young_standard: {2025: 2}}\n", encoding="utf-8"
    )

    urbsim("run", "scenarios", "--no-figures", "--out", "out")

    found = {
        (row["scenario"], row["year"]): float(row["value"])
        for row in rows(Path("out/trajectories.csv"))
        if row["indicator"] == "young_adequacy" and row["region"] == "east"
    }
    own = found["baseline", "2025"]
    assert [found["higher", year] for year in ("2024", "2025", "2026")] == pytest.approx([own, own, 2 / 1.02])
    assert [found["path", year] for year in ("2024", "2025", "2026")] == pytest.approx(
        [own, 2 / 1.02, 2 / 1.02]
    )


def test_a_failed_check_is_reported_with_the_worst_value(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    Path("scenarios/strict.yaml").write_text(
        "name: strict\nplace: tiny\nchecks: [{variable: Villagers, at_least: 3e6, region: east}]\n",
        encoding="utf-8",
    )

    urbsim("run", "strict", "--no-figures", "--out", "out")

    said = capsys.readouterr().err
    assert "strict: check failed: Villagers in east at least 3e+06; it is" in said
    assert "(Villagers[east], 2035)" in said
    assert urbsim("run", "strict", "--no-figures", "--out", "out", "--strict") == FAILED


def test_a_failed_run_does_not_stop_the_others(
    tiny: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve = batch.solve

    def fail_baseline(system: batch.System, schedule: batch.Schedule, **options: object) -> object:
        if not schedule.moves:
            raise RunError("Villagers[east] is not a number from 2021 on")
        return solve(system, schedule, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "solve", fail_baseline)

    status = urbsim("run", "scenarios", "--no-figures", "--out", "out")

    said = capsys.readouterr()
    assert status == FAILED
    assert "baseline failed: Villagers[east] is not a number from 2021 on" in said.err
    assert {row["scenario"] for row in rows(Path("out/trajectories.csv"))} == {"faster"}
    assert "baseline  failed" in said.out


def test_when_every_run_fails_older_results_stay_as_they_were(
    tiny: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RunError("Villagers[east] is not a number from 2021 on")

    urbsim("run", "scenarios", "--no-figures", "--out", "out")
    before = {file.name: file.read_bytes() for file in Path("out").iterdir()}
    monkeypatch.setattr(batch, "solve", fail)
    capsys.readouterr()

    statuses = [urbsim("run", "scenarios", "--no-figures", "--out", out) for out in ("out", "new")]

    said = capsys.readouterr()
    assert statuses == [FAILED, FAILED]
    assert {file.name: file.read_bytes() for file in Path("out").iterdir()} == before
    assert not Path("new").exists()
    assert "faster failed: Villagers[east] is not a number from 2021 on" in said.err
    assert "no scenario could be run, so nothing was written; out/ is as it was." in said.err
    assert "trajectories.csv" not in said.out


def test_a_long_run_is_not_silent(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    urbsim("run", "scenarios", "--no-figures", "--out", "out")

    assert capsys.readouterr().err.startswith("running baseline (1 of 2)\nrunning faster (2 of 2)\n")


def test_both_languages_can_be_asked_for_by_that_word(tiny: Path, urbsim: Urbsim) -> None:
    assert urbsim("run", "baseline", "--lang", "both", "--out", "out") == DONE
    assert {file.stem[-3:] for file in Path("out/figures").iterdir()} == {"_zh", "_en"}
    assert _languages("both") == _languages("zh,en") == ("zh", "en")


def test_a_parameter_beyond_the_range_of_the_place_is_warned_of(
    tiny: Path, urbsim: Urbsim, caplog: pytest.LogCaptureFixture
) -> None:
    Path("scenarios/wild.yaml").write_text(
        "name: wild\nplace: tiny\nparameters: {rate of moving: {east: 0.5, west: 0.02}, standard: 1}\n",
        encoding="utf-8",
    )

    assert urbsim("run", "wild", "--no-figures", "--out", "out") == DONE

    (said,) = caplog.messages
    assert said.startswith("scenarios/wild.yaml:3:14: Rate of moving is 0.5; ")
    assert said.endswith("models/places/tiny/parameters.csv:2 gives 0.01 to 0.03")


def test_years_beyond_those_of_the_place_are_warned_of(
    tiny: Path, urbsim: Urbsim, caplog: pytest.LogCaptureFixture
) -> None:
    Path("scenarios/late.yaml").write_text(
        "name: late\nplace: tiny\nperiod: [2020, 2040]\n", encoding="utf-8"
    )

    assert urbsim("run", "late", "--no-figures", "--out", "out") == DONE

    (said,) = caplog.messages
    assert said.startswith("scenarios/late.yaml:3:1: period ends in 2040, that of tiny in 2035: ")
    assert said.endswith("outside paths are held at their last value after 2030")


def test_numbers_of_the_model_that_the_tables_overrule_are_named(
    tiny: Path, urbsim: Urbsim, caplog: pytest.LogCaptureFixture
) -> None:
    model = Path("models/tiny.mdl")
    text = model.read_text(encoding="utf-8").replace("Region: north, south", "Region: east, west")
    model.write_text(text, encoding="utf-8")

    urbsim("run", "scenarios", "--no-figures", "--out", "out")

    (said,) = caplog.messages
    assert "have no effect, because the place's tables win" in said
    assert (
        "models/tiny.mdl:53, Rate of moving[east]: 0.01; models/places/tiny/parameters.csv:2 says 0.02"
        in said
    )
    assert said.splitlines()[-1].startswith("  … and ")


def test_a_bug_keeps_its_traceback(
    tiny: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "measure_each", lambda *_: 1 / 0)

    status = urbsim("run", "scenarios", "--no-figures", "--out", "out")

    said = capsys.readouterr().err
    assert status == BUG
    assert "Traceback" in said
    assert "ZeroDivisionError" in said
    assert "This is a bug of urbsim." in said
    assert not Path("out").exists()


def test_an_interrupted_run_leaves_nothing(
    tiny: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "solve", interrupt)

    status = urbsim("run", "scenarios", "--no-figures", "--out", "out")

    assert status == INTERRUPTED
    assert "interrupted" in capsys.readouterr().err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--lang", "fr"], "'fr', expected zh, en or both"),
        (["--solver", "heun"], "'heun' is not one of"),
        (["--rtol", "1"], "is not in the range"),
    ],
)
def test_wrong_options_are_refused(
    words: list[str], expected: str, tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    assert urbsim("run", "scenarios", *words) == WRONG_INPUT
    assert expected in capsys.readouterr().err


def test_results_never_replace_a_folder_of_other_things(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    status = urbsim("run", "scenarios", "--no-figures", "--out", "models")

    assert status == WRONG_INPUT
    assert "models: is not a results folder, and would be replaced" in capsys.readouterr().err
    assert Path("models/tiny.mdl").exists()


def test_results_never_replace_notes_kept_beside_them(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    urbsim("run", "baseline", "--no-figures", "--out", "out")
    Path("out/notes.txt").write_text("mine", encoding="utf-8")

    status = urbsim("run", "baseline", "--no-figures", "--out", "out")

    assert status == WRONG_INPUT
    assert "out: holds notes.txt, which would be lost" in capsys.readouterr().err


def test_lists_are_the_same_facts_for_people_and_programs(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    expected = {
        "scenarios": ("name", ["baseline", "faster"]),
        "levers": ("id", ["moving_rate", "young_standard", "wish"]),
        "indicators": ("id", ["urbanization_rate", "urban_residents", "young_adequacy", "mood"]),
        "targets": ("id", ["T1", "T2", "T3"]),
    }
    for what, (key, names) in expected.items():
        assert urbsim("list", what, "--place", "tiny", "--json") == DONE
        facts = json.loads(capsys.readouterr().out)
        assert [fact[key] for fact in facts] == names

        urbsim("list", what, "--place", "tiny")
        table = capsys.readouterr().out
        assert all(name in table for name in names)


def test_levers_are_listed_with_the_value_that_the_place_has(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    urbsim("list", "levers", "--place", "tiny", "--json")

    levers = {lever["id"]: lever for lever in json.loads(capsys.readouterr().out)}
    assert levers["moving_rate"]["default"] == [2.0]
    assert levers["moving_rate"]["range"] == [0, 10]
    assert levers["young_standard"]["default"] == [0.8, 1.0]
    assert levers["young_standard"]["values"] == {"east": 1.0, "west": 0.8}
    assert (levers["moving_rate"]["by"], levers["wish"]["by"]) == ("region", "")
    assert levers["moving_rate"]["note"] == "Share of villagers who move in a year."


def test_listing_an_unknown_place_offers_the_nearest(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    assert urbsim("list", "levers", "--place", "tinny") == WRONG_INPUT
    assert "did you mean 'tiny'?" in capsys.readouterr().err


def test_check_tells_what_to_mend_and_how_far_the_step_is_off(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    model = next(tiny.rglob("*.mdl"))
    model.write_text(model.read_text(encoding="utf-8") + "\nspare = 2 ~~|\n", encoding="utf-8")

    assert urbsim("check", model) == FAILED

    out = capsys.readouterr().out
    assert "spare: has no unit" in out
    assert "spare: is a constant that no equation uses" in out
    assert "differs from the error-controlled answer by at most" in out


def test_init_copies_a_study_that_can_be_read(
    tmp_path: Path, urbsim: Urbsim, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert urbsim("init", tmp_path / "my-study") == DONE

    monkeypatch.chdir(tmp_path / "my-study")
    capsys.readouterr()
    assert urbsim("list", "places", "--json") == DONE
    folders = [place["folder"] for place in json.loads(capsys.readouterr().out)]
    assert "models/places/chongqing" in folders
    assert Path("docs/formats.md").read_text(encoding="utf-8").startswith("# File formats")


def test_init_refuses_to_overwrite(tiny: Path, urbsim: Urbsim, capsys: Captured) -> None:
    before = sorted(tiny.rglob("*"))

    assert urbsim("init", tiny) == WRONG_INPUT
    assert "exists already, and is not overwritten" in capsys.readouterr().err
    assert sorted(tiny.rglob("*")) == before


def test_the_version_and_the_help_are_given() -> None:
    runner = CliRunner()

    assert __version__ in runner.invoke(cli, ["--version"]).output
    for command in ("run", "list", "init"):
        assert command in runner.invoke(cli, ["--help"]).output


def test_help_imports_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "matplotlib", "scipy", "pysd", "llvmlite", "rich", "ruamel")
    code = (
        "import sys; from click.testing import CliRunner; from urbsim.cli import cli; "
        "CliRunner().invoke(cli, ['--help']); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_run_without_figures_never_imports_matplotlib_and_exits_with_its_status(
    tiny: Path,
) -> None:
    code = (
        "import sys; from urbsim.cli import _status; "
        "status = _status(['run', 'scenarios', '--no-figures', '--strict']); "
        "print('matplotlib' in sys.modules, file=sys.stderr); sys.exit(status)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == FAILED
    assert done.stderr.splitlines()[-1] == "False"
    assert "missed" in done.stdout


def test_a_terminal_without_chinese_characters_is_no_reason_to_stop(tiny: Path) -> None:
    command = [sys.executable, "-m", "urbsim", "list", "scenarios"]

    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )

    assert done.returncode == DONE
    assert b"Baseline" in done.stdout


def test_the_module_runs_as_a_program(tiny: Path) -> None:
    command = [sys.executable, "-m", "urbsim", "run", "nowhere.yaml"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == WRONG_INPUT
    assert "nowhere.yaml: there is no such scenario file" in done.stderr


def test_a_scenario_beside_the_folder_scenarios_is_held_against_the_base_in_it(
    tiny: Path, urbsim: Urbsim, capsys: Captured
) -> None:
    Path("mine").mkdir()
    for path in (Path("own.yaml"), Path("mine/inner.yaml")):
        path.write_text(
            f"name: {path.stem}\nextends: baseline\nlevers: {{moving_rate: x2}}\n", encoding="utf-8"
        )

    assert urbsim("run", "own.yaml", "mine/inner.yaml", "--no-figures", "--out", "out") == 0

    assert "held against nothing" not in capsys.readouterr().err
    scenarios = json.loads(Path("out/run.json").read_text(encoding="utf-8"))["scenarios"]
    assert [(one["name"], one["base"], one["file"]) for one in scenarios] == [
        ("baseline", "", "scenarios/baseline.yaml"),
        ("own", "baseline", "own.yaml"),
        ("inner", "baseline", "mine/inner.yaml"),
    ]


def test_levers_and_regions_may_be_called_by_their_titles(tiny: Path, urbsim: Urbsim) -> None:
    levers = Path("models/levers.yaml").read_text(encoding="utf-8")
    assert "name: {zh: 迁移率" in levers
    for name, text in {
        "ids": "moving_rate: {east: x2}",
        "titles": "迁移率: {东: x2}",
    }.items():
        Path(f"scenarios/{name}.yaml").write_text(
            f"name: {name}\nplace: tiny\nextends: baseline\nlevers: {{{text}}}\n", encoding="utf-8"
        )

    assert urbsim("run", "ids", "titles", "--no-figures", "--out", "out") == 0

    rows = [line.split(",") for line in Path("out/trajectories.csv").read_text(encoding="utf-8-sig").split()]
    found = {name: [row[1:6] for row in rows if row[0] == name] for name in ("baseline", "ids", "titles")}
    assert found["titles"] == found["ids"] != found["baseline"]
