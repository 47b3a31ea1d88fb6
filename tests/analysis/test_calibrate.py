"""Fitting a straight line, whose answer is known in closed form, and the moving of villagers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import urbsim
from urbsim.analysis.calibrate import calibrate
from urbsim.analysis.calibration import Z90
from urbsim.analysis.fit import Fit
from urbsim.batch import run
from urbsim.errors import InputError, RunError
from urbsim.study.place_file import read_place
from urbsim.study.scenario import Scenario

PLACE = Path("models/places/line")
CALIBRATION = PLACE / "calibration.yaml"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def observed(until: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the matrix of the straight line and the observed levels."""
    found = [row for row in rows(PLACE / "history.csv") if int(row["year"]) <= until]
    years = np.array([int(row["year"]) - 2010 for row in found])
    return np.column_stack((np.ones(years.size), years)), np.array([float(row["value"]) for row in found])


def values(fit: Fit) -> list[float]:
    return [one.value for one in fit.parameters]


def errors(fit: Fit) -> list[float | None]:
    return [one.error for one in fit.parameters]


@pytest.mark.parametrize(("name", "until"), [("early", 2014), ("late", 2018)])
def test_a_line_is_fitted_as_by_the_normal_equations(name: str, until: int, line: Path) -> None:
    matrix, levels = observed(until)

    (fit,) = calibrate(PLACE, [name]).fits

    expected = np.linalg.lstsq(matrix, levels, rcond=None)[0]
    assert values(fit) == pytest.approx(expected, rel=1e-6)
    covariance = 0.25**2 * np.linalg.inv(matrix.T @ matrix)
    assert errors(fit) == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)
    assert fit.correlations[0, 1] == pytest.approx(
        covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]), rel=1e-4
    )
    squares = (((matrix @ expected - levels) / 0.25) ** 2).sum()
    assert fit.after == pytest.approx(squares, rel=1e-6)


def test_relative_weights_take_the_size_of_the_errors_from_the_residuals(line: Path) -> None:
    spoil(CALIBRATION, "weights: absolute", "weights: relative")
    matrix, levels = observed(2018)

    (fit,) = calibrate(PLACE, ["late"]).fits

    residuals = levels - matrix @ np.linalg.lstsq(matrix, levels, rcond=None)[0]
    variance = (residuals**2).sum() / (len(levels) - 2)
    expected = np.sqrt(variance * np.diag(np.linalg.inv(matrix.T @ matrix)))
    assert errors(fit) == pytest.approx(expected, rel=1e-4)


def test_a_prior_is_an_observation_of_the_parameter(line: Path) -> None:
    spoil(CALIBRATION, "prior: false", "prior: true")
    spoil(CALIBRATION, "scale: log", "scale: linear")
    spoil(PLACE / "parameters.csv", "10,-100,100", "10,4,16")
    spoil(PLACE / "parameters.csv", "1,0.1,10", "1,-9,11")
    matrix, levels = observed(2018)

    (fit,) = calibrate(PLACE, ["late"]).fits

    spread = np.array([6 / Z90, 10 / Z90])
    stacked = np.vstack((matrix / 0.25, np.diag(1 / spread)))
    levels = np.concatenate((levels / 0.25, np.array([10, 1]) / spread))
    assert values(fit) == pytest.approx(np.linalg.lstsq(stacked, levels, rcond=None)[0], rel=1e-6)
    deviations = np.sqrt(np.diag(np.linalg.inv(stacked.T @ stacked)))
    assert errors(fit) == pytest.approx(deviations, rel=1e-4)
    assert [one.learned for one in fit.parameters] == pytest.approx(1 - (deviations / spread) ** 2, rel=1e-4)


def test_the_same_observation_in_two_runs_counts_once(line: Path) -> None:
    late, twice = calibrate(PLACE, ["late", "twice"]).fits

    assert values(twice) == pytest.approx(values(late), rel=1e-6)
    assert errors(twice) == pytest.approx(errors(late), rel=1e-6)


def test_an_observation_in_two_runs_is_one_when_the_residuals_give_the_errors(line: Path) -> None:
    spoil(CALIBRATION, "weights: absolute", "weights: relative")

    late, twice = calibrate(PLACE, ["late", "twice"]).fits

    assert errors(twice) == pytest.approx(errors(late), rel=1e-6)


def test_a_folder_that_cannot_be_written_to_is_told_before_the_fit(line: Path) -> None:
    (PLACE / "sets").touch()

    with pytest.raises(InputError, match="models/places/line/sets: is not a folder that can be written to"):
        calibrate(PLACE, starting=lambda name: pytest.fail(f"fits {name}"))


def test_an_interrupted_fit_leaves_the_set_as_it_was(line: Path) -> None:
    calibrate(PLACE, ["late"])
    before = {file.name: file.read_bytes() for file in (PLACE / "sets").iterdir()}

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    spoil(CALIBRATION, "error: 0.25", "error: 0.25, last: 2015")
    with pytest.raises(KeyboardInterrupt):
        calibrate(PLACE, ["late"], progress=stop)

    assert {file.name: file.read_bytes() for file in (PLACE / "sets").iterdir()} == before


def test_a_parameter_on_a_bound_says_so_and_has_no_standard_error(line: Path) -> None:
    spoil(PLACE / "parameters.csv", "10,-100,100", "10,5,11")

    (fit,) = calibrate(PLACE, ["late"]).fits

    height, slope = rows(PLACE / "sets" / "late.csv")
    assert (height["value"], height["bound"], height["standard_error"]) == ("11", "high", "")
    matrix, levels = observed(2018)
    best = (matrix[:, 1] * (levels - 11)).sum() / (matrix[:, 1] ** 2).sum()
    assert float(slope["value"]) == pytest.approx(best, rel=1e-4)
    assert np.isnan(fit.correlations[0, 1])


def test_a_set_that_ends_in_2014_never_sees_what_came_later(line: Path) -> None:
    calibrate(PLACE, ["early"])
    before = (PLACE / "sets" / "early.csv").read_bytes()
    for year in range(2015, 2019):
        (row,) = [row for row in rows(PLACE / "history.csv") if row["year"] == str(year)]
        spoil(PLACE / "history.csv", f"{year},{row['value']}", f"{year},999")

    (fit,) = calibrate(PLACE, ["early"]).fits

    assert (PLACE / "sets" / "early.csv").read_bytes() == before
    assert max(datum.year for datum in fit.data) == 2014
    assert json.loads((PLACE / "sets" / "early.json").read_text(encoding="utf-8"))["last_observation"] == 2014


def test_a_fit_is_repeatable_to_the_last_digit(line: Path) -> None:
    files = calibrate(PLACE).files
    before = [file.read_bytes() for file in files]

    calibrate(PLACE)

    assert [file.read_bytes() for file in files] == before


def test_a_fitted_set_can_be_run(line: Path) -> None:
    (fit,) = calibrate(PLACE, ["late"]).fits
    spoil(PLACE / "place.yaml", "period:", "parameter_set: late\nperiod:")

    (outcome,) = run([Scenario(name="x", place="line", targets=())]).outcomes

    assert outcome.run is not None
    assert outcome.run.trajectory["Level"][0, 0] == pytest.approx(values(fit)[0], rel=1e-9)
    assert outcome.parameter_set == "late"


MOVES = """\
sets:
  validation: {runs: [2020], until: 2030}
stages: [moves]
prior: false
parameters:
  - {variable: Rate of moving, stage: moves, by: region}
observations:
  - {indicator: urbanization_rate, regions: [each], stages: [moves], error: 0.1}
"""


def test_known_parameters_are_found_again_by_region(tiny: Path) -> None:
    """East loses villagers at 2.5 % a year, west at 1.5 %: 4 of 20 and 6 of 10 million at the start."""
    place = Path("models/places/tiny")
    (place / "calibration.yaml").write_text(MOVES, encoding="utf-8")
    with (place / "history.csv").open("a", encoding="utf-8") as file:
        for year in range(2021, 2031):
            for region, villagers, rate in (("east", 0.2, 0.025), ("west", 0.6, 0.015)):
                share = 100 * (1 - villagers * np.exp(-rate * (year - 2020)))
                file.write(f"urbanization_rate,{region},{year},{share:.12g},%,made,official,census,\n")

    (fit,) = calibrate(place).fits

    assert values(fit) == pytest.approx([0.025, 0.015], rel=1e-5)
    assert [stage.name for stage in fit.stages] == ["moves"]  # a joint one would do it again
    assert [(r["region"], r["stage"]) for r in rows(place / "sets" / "validation.csv")] == [
        ("east", "moves"),
        ("west", "moves"),
    ]


def test_a_factor_moves_all_numbers_of_a_parameter_alike(tiny: Path) -> None:
    """Shares of movers of 0.75 and 0.25 that are both 1.2 times as large."""
    place = Path("models/places/tiny")
    text = MOVES.replace("Rate of moving", "Share of movers").replace("by: region", "factor: [0.5, 2]")
    text = text.replace("[each]", "[east]")
    (place / "calibration.yaml").write_text(text, encoding="utf-8")
    with (place / "history.csv").open("a", encoding="utf-8") as file:
        for year in range(2021, 2031):
            share = 100 * (1 - 0.2 * np.exp(-0.024 * (year - 2020)))
            file.write(f"urbanization_rate,east,{year},{share:.12g},%,made,official,census,\n")

    calibrate(place)

    found = {row["element"]: float(row["value"]) for row in rows(place / "sets" / "validation.csv")}
    assert found == pytest.approx({"young": 0.9, "old": 0.3}, rel=1e-5)


WRONG: dict[str, tuple[str, str, str]] = {
    "unknown variable": (
        "variable: Height",
        "variable: Hight",
        r"yaml:9:5: .*'Hight'\n.*'Height'",
    ),
    "unknown stage": ("stage: slope", "stage: slop", r"yaml:10:5: there is no stage 'slop'"),
    "unknown indicator": (
        "indicator: level",
        "indicator: levl",
        r"yaml:12:5: .*'levl'\n.*'level'",
    ),
    "unknown region": ("error:", "regions: [moon], error:", r"yaml:12:5: regions: .*'moon'"),
    "no error": (
        ", error: 0.25",
        "",
        r"yaml:12:5: .*expected one of 'error' and 'relative_error'",
    ),
    "an error of 0": ("error: 0.25", "error: 0", r"yaml:12:5: .*expected a number above 0"),
    "no base year": ("runs: [2010]", "runs: [2011]", r"yaml:2:.*2011 is no base year"),
    "an end before the start": (
        "until: 2014",
        "until: 2010",
        r"yaml:2:.*a year after every start",
    ),
    "a name for no set": ("early:", "none:", r"yaml:2:.*'none' cannot name a set"),
    "a log of nothing": (
        "Height, stage: height",
        "Height, stage: height, scale: log",
        r"yaml:9:5: 'Height' may be -100, which has no logarithm",
    ),
    "fitted twice": (
        "- {variable: Slope,",
        "- {variable: Height, stage: slope}\n  - {variable: Slope,",
        r"yaml:10:5: 'Height' is fitted twice",
    ),
    "not by region": ("stage: height}", "stage: height, by: region}", r"'Height' is not by region"),
    "another scale": ("scale: log", "scale: cubic", r"is 'cubic', expected linear or log"),
    "nothing observed": ("error:", "vintage: tape, error:", r"nothing was observed of level in line"),
    "seen twice": (
        "error: 0.25}",
        "error: 0.25}\n  - {indicator: level, stages: [slope], error: 1, first: 2013}",
        r"level in line, 2013, is used twice: .*history.csv:4, .*history.csv:4",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_told_and_harms_no_set(old: str, new: str, told: str, line: Path) -> None:
    calibrate(PLACE, ["late"])
    before = {file.name: file.read_bytes() for file in (PLACE / "sets").iterdir()}
    spoil(CALIBRATION, old, new)

    with pytest.raises(InputError, match=told):
        calibrate(PLACE)

    assert {file.name: file.read_bytes() for file in (PLACE / "sets").iterdir()} == before


def test_a_parameter_without_a_range_is_told_with_its_row(line: Path) -> None:
    spoil(PLACE / "parameters.csv", "10,-100,100", "10,,")

    with pytest.raises(InputError, match=r"parameters.csv:2: 'Height' has no range, low to high"):
        calibrate(PLACE)


def test_a_place_without_a_calibration_is_told(line: Path) -> None:
    CALIBRATION.unlink()

    with pytest.raises(InputError, match=r"yaml: line has no calibration.yaml"):
        calibrate(PLACE)


def test_a_model_that_cannot_run_harms_no_set(line: Path) -> None:
    calibrate(PLACE, ["late"])
    before = {file.name: file.read_bytes() for file in (PLACE / "sets").iterdir()}
    spoil(Path("models/line.mdl"), "Height+Slope", "1/(Height-10)+Slope")

    with pytest.raises(RunError, match="Sum of levels is inf at 2010"):
        calibrate(PLACE, ["late"])

    assert {file.name: file.read_bytes() for file in (PLACE / "sets").iterdir()} == before


def test_a_set_that_no_longer_fits_the_model_can_be_fitted_anew(line: Path) -> None:
    calibrate(PLACE, ["late"])
    spoil(PLACE / "sets" / "late.csv", "Slope", "Slant")
    with pytest.raises(InputError, match="'Slant' is in none of the place's own tables"):
        read_place(PLACE)

    calibrate(PLACE, ["late"])

    assert read_place(PLACE).sets["late"].estimates[1].variable == "Slope"


def test_the_copy_of_a_place_inside_the_program_is_not_written_to() -> None:
    installed = Path(urbsim.__file__).parent / "data" / "models" / "places" / "line"

    with pytest.raises(InputError, match=r"belongs to the installed program.*\n.*urbsim init DIR"):
        calibrate(installed)


def test_an_indicator_of_the_whole_place_is_not_held_against_a_region(tiny: Path) -> None:
    place = Path("models/places/tiny")
    (place / "calibration.yaml").write_text(MOVES.replace("urbanization_rate", "mood"), encoding="utf-8")

    with pytest.raises(InputError, match=r"calibration.yaml:8:5: mood is one number for the whole place"):
        calibrate(place)
