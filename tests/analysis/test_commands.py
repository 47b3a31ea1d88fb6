"""The commands that hold the model to history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim.cli import DONE, FAILED, WRONG_INPUT

PLACE = Path("models/places/line")


def test_calibrate_says_what_it_did_and_writes_the_set(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    status = urbsim("calibrate", "line", "--set", "early")

    said = capsys.readouterr().out
    assert status == DONE
    assert "joint: 2 parameters, 4 residuals, sum of squares" in said
    assert "early: 4 observations until 2014, runs from 2010" in said
    assert "Standard errors take the errors of the observations at their word." in said
    assert "Hard to tell apart (correlation): Slope / Height -0.91." in said
    assert "models/places/line/sets/early.csv" in said
    assert sorted(file.name for file in (PLACE / "sets").iterdir()) == [
        "early-correlations.csv",
        "early.csv",
        "early.json",
    ]


def test_calibrate_refuses_a_set_it_does_not_know(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    status = urbsim("calibrate", "line", "--set", "erly")

    said = capsys.readouterr().err
    assert status == WRONG_INPUT
    assert "sets: there is no 'erly'" in said
    assert "did you mean 'early'?" in said
    assert not (PLACE / "sets").exists()


def test_calibrate_fails_when_the_model_does(
    line: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path("models/line.mdl")
    model.write_text(model.read_text(encoding="utf-8").replace("Height+", "1/(Height-10)+"), encoding="utf-8")

    status = urbsim("calibrate", "line")

    assert status == FAILED
    assert "the set is as it was" in capsys.readouterr().err
    assert not (PLACE / "sets").exists()
