"""References of a place are what the model gives at the end of 2020."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "fill_references.py"
PLACES = sorted(file.parent for file in (ROOT / "models" / "places").glob("*/place.yaml"))


def fill(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(TOOL), *map(str, words)], capture_output=True, text=True)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_the_references_of_a_shipped_place_are_what_the_model_gives(place: Path) -> None:
    run = fill("--check", place)

    assert run.returncode == 0, run.stdout + run.stderr


def test_references_are_values_at_the_start_from_2020(tiny: Path) -> None:
    """Adequacy is standard / (1 + rate of moving); its reference scales another, which has one too."""
    model = Path("models/tiny.mdl")
    text = model.read_text(encoding="utf-8")
    text = text.replace("Unheard wish=\n", "Relative=\n", 1).replace(
        "\t1\n\t~\tdmnl\n\t~\tA number that nothing",
        "\tSUM(Residents[Region!]/Reference Residents[Region!])\n\t~\tdmnl\n\t~\tA number that nothing",
        1,
    )
    text = text.replace(
        "INITIAL TIME",
        "Reference Residents[Region]= 7 ~ person ~ Reference. |\n"
        "Reference Relative= 7 ~ dmnl ~ Reference. |\n"
        "Reference nothing= 7 ~ dmnl ~ No variable. |\n\nINITIAL TIME",
        1,
    )
    model.write_text(text, encoding="utf-8")
    place = Path("models/places/tiny")

    run = fill("--source", "survey", place)

    assert run.returncode == 0, run.stdout + run.stderr
    with (place / "references.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["variable"], row["region"]): float(row["value"]) for row in csv.DictReader(file)}
    assert found == {
        ("Reference Residents", "east"): 20e6,
        ("Reference Residents", "west"): 10e6,
        ("Reference Relative", ""): 2.0,
    }
    assert fill("--check", place).returncode == 0
    table = place / "base.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("16000000", "15000000"), encoding="utf-8")
    stale = fill("--check", place)
    assert stale.returncode == 1
    assert "Reference Residents is not what the model gives" in stale.stdout


def test_a_place_without_the_reference_year_is_refused(tiny: Path) -> None:
    model, place = Path("models/tiny.mdl"), Path("models/places/tiny")
    text = model.read_text(encoding="utf-8")
    constant = "Reference Residents[Region]= 7 ~ person ~ Reference. |\nINITIAL TIME"
    model.write_text(text.replace("INITIAL TIME", constant, 1), encoding="utf-8")
    about = (place / "place.yaml").read_text(encoding="utf-8")
    about = about.replace("base_years: [2020]", "base_years: [2015]").replace("[2020, 2035]", "[2015, 2035]")
    (place / "place.yaml").write_text(about, encoding="utf-8")

    run = fill("--source", "survey", place)

    assert run.returncode == 2
    assert "place.yaml: base_years: references are of the end of 2020" in run.stderr
    assert not (place / "references.csv").exists()
