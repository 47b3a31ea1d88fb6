"""What the documents show must be what the program says today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import verdict_block

from urbsim.batch import prepare
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


def test_the_readme_shows_the_verdicts_as_they_are_printed() -> None:
    assert verdict_block.printed(verdict_block.run_all()) in README, "run python tools/verdict_block.py"


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(name: .*?)```", README, re.DOTALL))
def test_an_example_of_the_readme_can_be_run(tmp_path: Path, example: str) -> None:
    (tmp_path / "example.yaml").write_text(example, encoding="utf-8")

    scenario = read_scenario(tmp_path / "example.yaml", (ROOT / "scenarios",))

    (task,) = prepare([scenario])
    assert task.doubts == ()


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
