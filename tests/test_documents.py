"""What the documents show must be what the program says today."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from rich.console import Console

import urbsim
from urbsim.batch import Results, prepare
from urbsim.output.verdicts import print_verdicts
from urbsim.study.scenario_file import read_scenario

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *(ROOT / "docs").glob("*.md"),
]


@pytest.fixture(scope="module")
def results() -> Results:
    return urbsim.run(sorted((ROOT / "scenarios").glob("*.yaml")))


def test_the_readme_shows_the_verdicts_as_they_are_printed(results: Results) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(width=112, record=True, highlight=False, emoji=False, markup=False, file=nowhere)
        print_verdicts(results.outcomes, console)

    printed = "\n".join(line.rstrip() for line in console.export_text().rstrip().splitlines())
    assert printed in README


def test_the_readmes_example_scenario_can_be_run(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(name: .*?)```", README, re.DOTALL)
    assert example is not None
    (tmp_path / "faster-hukou.yaml").write_text(example[1], encoding="utf-8")

    scenario = read_scenario(tmp_path / "faster-hukou.yaml", (ROOT / "scenarios",))

    assert prepare([scenario])


def test_the_example_of_the_page_of_formats_can_be_run(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(name: .*?)```", FORMATS, re.DOTALL)
    assert example is not None
    (tmp_path / "services-first.yaml").write_text(example[1], encoding="utf-8")

    scenario = read_scenario(tmp_path / "services-first.yaml", (ROOT / "scenarios",))

    (task,) = prepare([scenario])
    assert task.doubts == ()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]

    assert [link for link in links if not (document.parent / link).exists()] == []
