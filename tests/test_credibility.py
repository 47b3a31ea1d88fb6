"""The page of credibility names tests that there are, and a table of the model as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from tools import sensitivity_table

from urbsim import batch
from urbsim.model.read import read_model

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "credibility.md").read_text(encoding="utf-8")
TWELVE = (
    *("boundary", "structure", "dimensions", "parameters", "extreme conditions", "integration error"),
    *("reproduction", "anomaly", "family member", "surprise", "sensitivity", "improvement"),
)


def test_all_twelve_tests_stand_on_the_page() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in PAGE.splitlines() if line.count(" | ") == 3]

    assert tuple(rows[1:]) == TWELVE


def test_the_page_names_tests_that_there_are() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)

    assert len(named) > 15
    for file, test in named:
        assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_the_table_of_sensitivity_is_of_the_files_as_they_are() -> None:
    assert sensitivity_table.main(["--check"]) == 0


def test_the_strongest_parameters_stand_first_and_move_the_rate_alone() -> None:
    study = batch.read_study(ROOT / "models" / "places" / "chongqing")

    own, effects = sensitivity_table.measure(study, read_model(str(study.place.model)))

    spans = [effect.span(own) for effect in effects]
    assert spans == sorted(spans, reverse=True)
    baseline = batch.run([ROOT / "scenarios" / "baseline.yaml"], solver="euler").outcomes[0].run
    assert baseline is not None
    rate = baseline.measured.find("urbanization_rate", "chongqing")
    assert rate is not None
    assert own == pytest.approx(rate.values[-1], abs=0.001)  # nothing moved, nothing changed
    names = {effect.variable for effect in effects}
    assert "Base village departure rate" in names
    assert not names & {"Job programme", "Loop R1", "Service weight", "Reference year"}
    assert all(np.isfinite(spans))


def test_a_table_is_stale_once_a_number_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for part in ("models", "docs/credibility.md"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("evidence", "districts")
            )
        else:
            shutil.copyfile(ROOT / part, tmp_path / part)
    assert sensitivity_table.main([], tmp_path) == 0
    assert sensitivity_table.main(["--check"], tmp_path) == 0
    table = tmp_path / "models" / "places" / "chongqing" / "parameters.csv"
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert sensitivity_table.main(["--check"], tmp_path) == 1
    assert "run python tools/sensitivity_table.py" in capsys.readouterr().err
