"""The errors that places give of the model are those of the model as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tools import error_band

from urbsim.errors import InputError
from urbsim.study.place_file import read_place

ROOT = Path(__file__).resolve().parents[1]
PLACES = ROOT / "models" / "places"


@pytest.mark.parametrize("place", ["chongqing", "districts"])
def test_the_shipped_errors_are_those_of_the_model_as_it_is(place: str) -> None:
    assert error_band.main(["--check", str(PLACES / place)]) == 0


def test_errors_after_the_fitted_years_never_shrink_and_know_their_years() -> None:
    place = read_place(PLACES / "chongqing")
    rate = [e for e in place.errors if (e.indicator, e.region) == ("urbanization_rate", "chongqing")]
    after = [e for e in rate if e.horizon]

    assert [e.error for e in after] == sorted(e.error for e in after)
    assert [e.last_year for e in after] == [2021, 2022, 2023, 2024]
    # docs/validation.md, of the run from 2010: 0.13 within the sample and +2.02 points in the last year
    within = next(e for e in rate if e.parameter_set == "validation" and not e.horizon)
    assert within.error == pytest.approx(0.13, abs=0.005)
    assert after[-1].error == pytest.approx(2.1, abs=0.1)
    assert place.seen == {"validation": 2020, "planning": 2024}
    assert place.last_seen("") == 2024


def test_a_table_is_stale_once_a_number_of_it_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(
        ROOT / "models", tmp_path / "models", ignore=shutil.ignore_patterns("evidence", "districts")
    )
    place = tmp_path / "models" / "places" / "chongqing"
    table = place / "errors.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",0.455,", ",0.255,"), encoding="utf-8")

    assert error_band.main(["--check", str(place)]) == 1
    assert "run python tools/error_band.py" in capsys.readouterr().err


def test_a_wrong_table_of_errors_is_refused_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "models", tmp_path / "models", ignore=shutil.ignore_patterns("evidence", "districts")
    )
    place = tmp_path / "models" / "places" / "chongqing"
    table = place / "errors.csv"
    text = table.read_text(encoding="utf-8").replace(
        "urbanization_rate,chongqing", "urbanization_rate,chengdu", 1
    )
    table.write_text(text.replace(",0.455,", ",much,"), encoding="utf-8")

    with pytest.raises(InputError) as caught:
        read_place(place)

    said = str(caught.value)
    assert "errors.csv:2: there is no region 'chengdu'" in said
    assert "errors.csv:3: error is 'much', expected a number" in said
