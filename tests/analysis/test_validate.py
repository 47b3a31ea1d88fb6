"""Holding runs against history: a straight line, of which every score can be worked out."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from urbsim.analysis.calibrate import calibrate
from urbsim.analysis.trend import outside_paths, trended
from urbsim.analysis.validate import UNCONDITIONAL, validate, windows
from urbsim.analysis.validation import RATE
from urbsim.cli import DONE, FAILED, WRONG_INPUT
from urbsim.study.place import PathPoint, Place
from urbsim.study.place_file import read_place

PLACE = Path("models/places/line")


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def observed() -> dict[int, float]:
    with (PLACE / "history.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["year"]): float(row["value"]) for row in csv.DictReader(file)}


def test_a_run_from_the_first_base_year_has_a_sample_and_a_hold_out() -> None:
    assert [*windows(2010, 2020, 2024)] == [
        ("in sample", (2011, 2020)),
        ("hold-out", (2021, 2024)),
        ("all", (2011, 2024)),
    ]
    assert [*windows(2020, 2020, 2024)] == [("hold-out", (2021, 2024))]
    assert [*windows(2010, 2020, 2020)] == [("in sample", (2011, 2020))]


def test_the_tables_own_numbers_are_scored_where_there_are_no_sets(line: Path) -> None:
    """Height 10 and slope 1: the line is 10 + t; the sample ends in 2014."""
    found = validate(PLACE)

    assert (found.sets, found.split, found.last) == (("",), 2014, 2018)
    history = observed()
    for window, years in (("in sample", range(2011, 2015)), ("hold-out", range(2015, 2019))):
        errors = np.array([10 + (y - 2010) - history[y] for y in years])
        score = found.find("none", "level", "line", window, 2010)  # type: ignore[arg-type]
        assert score is not None
        assert score.count == 4
        assert score.rmse == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-6)
        assert score.last == pytest.approx(errors[-1], rel=1e-6)


def test_sets_are_scored_and_what_moved_is_in_standard_errors(line: Path) -> None:
    early, late = calibrate(PLACE, ["early", "late"]).fits

    found = validate(PLACE, ["early", "late"])

    assert found.sets == ("early", "late")
    height, slope = found.moved
    for one, i in ((height, 0), (slope, 1)):
        first, second = early.parameters[i], late.parameters[i]
        assert first.error is not None
        assert one.moved == pytest.approx((second.value - first.value) / first.error, rel=5e-3)
    in_sample = found.find("early", "level", "line", "in sample", 2010)
    assert in_sample is not None
    assert in_sample.rmse == pytest.approx(0.25 * np.sqrt(early.after / 4), rel=1e-5)


def test_the_hold_out_with_unknown_paths_takes_their_trend(line: Path) -> None:
    """The slope doubles after 2014; who did not know has a slope as in 2010-14."""
    years = "".join(
        f"Weather,,,{y},{1 if y <= 2014 else 2},dmnl,judgement,ruler,\n" for y in range(2010, 2025)
    )
    text = (PLACE / "paths.csv").read_text(encoding="utf-8").splitlines()[0]
    (PLACE / "paths.csv").write_text(f"{text}\n{years}", encoding="utf-8")

    found = validate(PLACE)

    known = found.find("none", "level", "line", "hold-out", 2010)
    unknown = found.find(f"none, {UNCONDITIONAL}", "level", "line", "hold-out")
    history = observed()
    assert known is not None
    assert unknown is not None
    assert known.last == pytest.approx(10 + 2 * 8 - history[2018])
    assert unknown.last == pytest.approx(10 + 8 - history[2018])
    (path,) = found.paths
    assert (path.variable, path.grades, path.trend) == ("Weather", ("judgement",), "mean growth of 2010-2014")


def path(*values: tuple[float, float]) -> tuple[PathPoint, ...]:
    return tuple(
        PathPoint(
            variable="Weather",
            region="",
            elements=(),
            year=year,
            value=value,
            unit="dmnl",
            confidence="official",
            source="",
            note="",
            where="",
        )
        for year, value in values
    )


@pytest.fixture
def place(line: Path) -> Place:
    return read_place(PLACE)


def test_a_path_of_positive_values_keeps_its_growth(place: Place) -> None:
    growing = path(*((year, 100 * 1.1 ** (year - 2015)) for year in range(2010, 2021)), (2022, 0.5))

    assert trended(replace(place, paths=growing), 2020).paths[-1].value == pytest.approx(100 * 1.1**7)


def test_another_path_keeps_its_change(place: Place) -> None:
    falling = path((2015, 4), (2020, -1), (2023, 7))

    assert [point.value for point in trended(replace(place, paths=falling), 2020).paths] == [4, -1, -4]


def test_a_path_that_begins_with_the_hold_out_keeps_its_value(place: Place) -> None:
    late = replace(place, paths=path((2020, 3), (2021, 4), (2024, 9)))

    assert [point.value for point in trended(late, 2020).paths] == [3, 3, 3]
    (found,) = outside_paths(late, 2020, 2024)
    assert (found.grades, found.trend) == (("official",), "as in 2020")


def test_a_set_fitted_with_other_numbers_is_told(line: Path) -> None:
    calibrate(PLACE, ["early"])
    spoil(Path("models/line.mdl"), "A straight line.", "A line that is straight.")
    assert not [warning for warning in validate(PLACE).warnings if "were fitted" in warning]

    spoil(PLACE / "paths.csv", "2010,1,", "2010,1.5,")

    (warning,) = [warning for warning in validate(PLACE).warnings if "were fitted" in warning]
    assert "'early' were fitted with other equations or numbers" in warning
    assert "urbsim calibrate line --set early" in warning


def test_validate_prints_and_writes_what_it_found(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    calibrate(PLACE)
    capsys.readouterr()

    status = urbsim("validate", "line", "--out", "out", "--lang", "en")

    said = capsys.readouterr().out
    assert status == DONE
    for part in (
        "level of acceptance",
        "moved by a 100 times smaller tolerance",
        "met",
        "From early to late",
    ):
        assert part in said
    assert sorted(entry.name for entry in Path("out").iterdir()) == [
        "acceptance.csv",
        "columns.csv",
        "figures",
        "model_and_history.csv",
        "outside_paths.csv",
        "parameters.csv",
        "run.json",
        "scores.csv",
    ]
    assert {file.name for file in Path("out/figures").iterdir()} == {"level_en.png", "level_en.svg"}
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert facts["validation"]["sets"] == ["early", "late", "twice"]
    header = Path("out/scores.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == (
        "by,base_year,indicator,unit,region,window,first_year,last_year,"
        "n,bias,rmse,mape,theil_bias,theil_spread,theil_covariation,last_error"
    )


def test_validate_gives_the_same_facts_to_other_programs(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    status = urbsim("validate", "line", "--out", "out", "--no-figures", "--json")

    facts = json.loads(capsys.readouterr().out)
    assert status == DONE
    assert (facts["place"], facts["sample_until"], facts["hold_out_until"]) == ("line", 2014, 2018)
    shares = ("theil_bias", "theil_spread", "theil_covariation")
    assert all(sum(row[share] for share in shares) == pytest.approx(1) for row in facts["scores"])


def test_validate_refuses_a_set_that_is_not_there(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    status = urbsim("validate", "line", "--set", "planning", "--out", "out")

    assert status == WRONG_INPUT
    assert "line has no parameters 'planning'" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_missed_level_fails_only_when_asked(tiny: Path, urbsim: Callable[..., int]) -> None:
    """Tiny ends 2024 with more than 67 % urban; history says 60."""
    history = Path("models/places/tiny/history.csv")
    with history.open("a", encoding="utf-8") as file:
        file.writelines(
            f"urbanization_rate,,{year},60,%,made,official,census,\n"
            for year in range(2011, 2025)
            if year != 2020
        )

    assert urbsim("validate", "tiny", "--out", "out", "--no-figures") == DONE
    assert urbsim("validate", "tiny", "--out", "out", "--no-figures", "--strict") == FAILED


def test_what_was_put_between_censuses_is_shown_but_not_scored(line: Path) -> None:
    spoil(PLACE / "history.csv", "2016,24.15,dmnl,ruler", "2016,24.15,dmnl,derived-panel")

    found = validate(PLACE)

    hold_out = found.find("none", "level", "line", "hold-out", 2010)
    assert hold_out is not None
    assert hold_out.count == 3
    assert found.interpolated == {("level", "line"): {2016: 24.15}}


@pytest.mark.parametrize("content", [b"{", b"{}", b"[]", b"\xff\xfe", b'{"runs": ["ten"]}'])
def test_a_spoiled_account_of_a_fit_is_told(content: bytes, line: Path) -> None:
    calibrate(PLACE, ["early"])
    (PLACE / "sets" / "early.json").write_bytes(content)

    (warning,) = [warning for warning in validate(PLACE).warnings if "early" in warning]

    assert warning.startswith("models/places/line/sets/early.json: is not what urbsim calibrate writes")


def test_nothing_is_written_when_one_of_the_places_is_wrong(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PLACE, PLACE.with_name("other"))
    spoil(PLACE.with_name("other") / "place.yaml", "base_years: [2010, 2012]", "base_years: [2010, 2010]")

    status = urbsim("validate", "line", "other", "--out", "out", "--no-figures")

    assert status == WRONG_INPUT
    assert "base_years: expected one or more years, each once" in capsys.readouterr().err
    assert not Path("out").exists()


def test_places_whose_results_would_share_a_folder_are_refused(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree("models", "copy")

    status = urbsim("validate", "line", "copy/places/line", "--out", "out", "--no-figures")

    assert status == WRONG_INPUT
    assert "two of the places are in folders named 'line'" in capsys.readouterr().err


def test_a_place_is_validated_once_however_it_is_named(
    line: Path, urbsim: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PLACE)

    assert urbsim("validate", ".", "line", "--no-figures") == DONE

    (written,) = Path("results").iterdir()
    assert written.name.endswith("-validate-line")
    assert (written / "scores.csv").is_file()


def test_results_that_cannot_be_written_are_told(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("full").touch()

    status = urbsim("validate", "line", "--out", "full/out", "--no-figures")

    assert status == FAILED
    assert "full/out: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "judged"), [("early", True), ("late", False), ("none", True)])
def test_a_set_that_saw_the_hold_out_is_not_judged_on_it(name: str, judged: bool, line: Path) -> None:
    for table in (PLACE / "history.csv", Path("models/indicators.yaml")):
        table.write_text(table.read_text(encoding="utf-8").replace("level", RATE), encoding="utf-8")
    spoil(PLACE / "calibration.yaml", "indicator: level", f"indicator: {RATE}")
    calibrate(PLACE, ["early", "late"])

    levels = validate(PLACE, [name]).levels

    assert any("outside paths known" in level.measure for level in levels) is judged
