"""The page of findings: made of the models and tables as they are, with no number typed by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from urbsim import batch

ROOT = Path(__file__).parents[1]
TEMPLATE = """# Findings

{{table_targets}}

Baseline {{rate.baseline.2035}} %, {{urban.faster.2035}} million.
T1 {{met.t1.baseline}} by {{gap.t1.baseline}}; mood low {{limit.mood.tiny}}.
Cut: {{loop.R1.2035}} points, {{ loop_urban.R1.2035 }}; strongest {{strongest.1}}.

{{table_loops}}

{{table_limits}}

{{table_others}}
"""


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("findings_page", ROOT / "tools" / "findings_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def findings(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the tool, for a study whose model has one loop; cut, nobody follows those who moved."""
    model = tiny / "models" / "tiny.mdl"
    text = model.read_text(encoding="utf-8")
    text = text.replace("*Attraction*", "*Attraction*(1+Loop R1*Townspeople[Region]/Residents[Region])*")
    text = text.replace(
        "\nAttraction=", "\nLoop R1=\n\t1\n\t~\tdmnl\n\t~\t1 on, 0 cut.\n\t|\n\nAttraction=", 1
    )
    model.write_text(text, encoding="utf-8")
    (tiny / "tools").mkdir()
    (tiny / "docs").mkdir()
    (tiny / "tools" / "findings.md.in").write_text(TEMPLATE, encoding="utf-8")
    module = tool()
    low = module.Limit(name="mood", variable="Attraction", below=0.955)
    monkeypatch.setattr(module, "LIMITS", (low,))
    monkeypatch.setattr(module, "CLAIMS", ())
    return module


def test_the_page_is_of_the_models_and_tables_as_they_are() -> None:
    if not (ROOT / "docs" / "findings.md").is_file():
        pytest.skip("docs/findings.md has not been made yet")

    assert tool().main(["--check"]) == 0, "run python tools/findings_page.py"


def test_every_number_of_the_page_comes_from_a_run(findings: ModuleType, tiny: Path) -> None:
    assert findings.main([], tiny) == 0

    page = (tiny / "docs" / "findings.md").read_text(encoding="utf-8")
    whole = (tiny / "whole.yaml", "name: whole\nplace: tiny\n")
    cut = (tiny / "cut.yaml", "name: cut\nplace: tiny\nparameters: {loop_r1: 0}\n")
    for path, text in (whole, cut):
        path.write_text(text, encoding="utf-8")
    rates = []
    for outcome in batch.run([whole[0], cut[0]]).outcomes:
        assert outcome.run is not None
        series = outcome.run.measured.find("urbanization_rate", "tiny")
        assert series is not None
        rates.append(float(series.values[-1]))
    assert f"Baseline {rates[0]:.1f} %" in page
    assert f"Cut: {rates[1] - rates[0]:+.2f} points" in page
    assert rates[1] < rates[0] - 1
    assert "strongest R1 (agglomeration)" in page
    assert "{{" not in page


def test_a_limit_binds_in_the_years_in_which_it_is_low(findings: ModuleType, tiny: Path) -> None:
    # The path falls on a straight line from 1 in 2020 to 0.9 in 2030, and is held.
    paths = tiny / "models" / "places" / "tiny" / "paths.csv"
    lines = paths.read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    rows = [dict(zip(head, line.split(","), strict=False)) for line in lines[1:]]
    for row, value in zip(rows, ("1", "0.9"), strict=True):
        row["value"] = value
    paths.write_text(
        "\n".join([lines[0], *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8"
    )

    findings.main([], tiny)

    page = (tiny / "docs" / "findings.md").read_text(encoding="utf-8")
    assert "mood low 2025-2035." in page
    assert "| mood | below 0.955 | 2025-2035 | 0.90 (2030) |" in page


def test_a_limit_may_lie_above_and_be_a_ratio() -> None:
    module = tool()
    crowded = module.Limit(name="crowded", variable="People", over="Room", above=1.5)

    assert crowded.holds(np.array([1.4, 1.5, 1.6])).tolist() == [False, False, True]
    assert crowded.rule == "above 1.5"


def test_the_figures_stand_beside_the_page(
    findings: ModuleType, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "LIMITS", (findings.Limit(name="mood", variable="Attraction", below=9.0),))

    findings.main([], tiny)

    figures = sorted(file.name for file in (tiny / "docs" / "images").iterdir())
    assert figures == ["findings-limits.png", "findings-loops.png", "findings-scenarios.png"]


@pytest.mark.parametrize(
    "changed",
    [
        "models/tiny.mdl",
        "models/indicators.yaml",
        "models/places/tiny/base.csv",
        "scenarios/faster.yaml",
        "tools/findings.md.in",
    ],
)
def test_the_page_is_stale_once_anything_it_is_made_from_changes(
    changed: str, findings: ModuleType, tiny: Path
) -> None:
    findings.main([], tiny)
    assert findings.main(["--check"], tiny) == 0

    with (tiny / changed).open("a", encoding="utf-8") as file:
        file.write("\n")

    assert findings.main(["--check"], tiny) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{rat.baseline.2035}}", "'rat.baseline.2035': there is nothing of this name; did you mean 'rate'?"),
        ("{{rate.basline.2035}}", "'rate.basline.2035' cannot be worked out: 'basline'"),
        ("{{rate.baseline.1999}}", "'rate.baseline.1999' cannot be worked out: 1999 is not reported"),
        ("{{loop.B9.2035}}", "'loop.B9.2035' cannot be worked out: 'B9'"),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused(
    text: str, message: str, findings: ModuleType, tiny: Path
) -> None:
    (tiny / "tools" / "findings.md.in").write_text(text, encoding="utf-8")

    with pytest.raises(SystemExit) as ending:
        findings.main([], tiny)

    assert message in str(ending.value.code)
    assert not (tiny / "docs" / "findings.md").exists()


def test_years_are_written_as_spans(findings: ModuleType) -> None:
    held = np.array([True, True, False, True, False])

    assert findings.spans(held, np.arange(2020.0, 2025.0)) == "2020-2021, 2023"
    assert findings.spans(~held & held, np.arange(2020.0, 2025.0)) == "never"


def test_words_that_no_longer_hold_are_not_printed(
    findings: ModuleType, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = (
        ("the loop pushes the rate", lambda f: f.figure("loop.R1.2035") < 0),
        ("nobody lives in town", lambda f: f.figure("rate.baseline.2035") == 0),
    )
    monkeypatch.setattr(findings, "CLAIMS", claims)

    assert findings.main([], tiny) == 1

    said = capsys.readouterr().err
    assert "nobody lives in town" in said
    assert "the loop pushes the rate" not in said
    assert not (tiny / "docs" / "findings.md").exists()


def test_districts_are_spoken_of_once_there_are_scenarios_of_them(findings: ModuleType, tiny: Path) -> None:
    words = "{{#districts}}\nDistricts: {{rate.small.2030}}\n{{/districts}}\nend {{scenarios}}\n"
    (tiny / "tools" / "findings.md.in").write_text(words, encoding="utf-8")
    findings.main([], tiny)
    page = tiny / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8").startswith("end ")

    (tiny / "scenarios" / "districts").mkdir()
    scenario = "name: small\nplace: tiny\ntitle: {en: Small}\n"
    (tiny / "scenarios" / "districts" / "small.yaml").write_text(scenario, encoding="utf-8")

    assert findings.main(["--check"], tiny) == 1
    findings.main([], tiny)
    assert page.read_text(encoding="utf-8").startswith("Districts: ")


def test_a_lever_is_judged_at_its_better_end(findings: ModuleType, tiny: Path) -> None:
    (tiny / "tools" / "findings.md.in").write_text("{{singles.2035}}\n", encoding="utf-8")

    findings.main([], tiny)

    page = (tiny / "docs" / "findings.md").read_text(encoding="utf-8")
    assert float(page.splitlines()[0]) > 1
