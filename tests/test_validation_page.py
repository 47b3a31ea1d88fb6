"""The page of validation is of the model and tables as they are."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = ROOT / "tools" / "validation_page.py"
    spec = importlib.util.spec_from_file_location("validation_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["validation_page"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(line: Path) -> Path:
    """Give a study of the straight line with a template of its own."""
    (line / "tools").mkdir()
    (line / "docs").mkdir()
    keys = "levels missed sets rate indicators moved bounds little correlated paths verdict regions warnings"
    text = "\n\n".join(f"{{{{{key}.line}}}}" for key in keys.split())
    score = "{{score.line.none.level.line.hold-out.2010.rmse}}"
    (line / "tools" / "validation.md.in").write_text(f"# Page\n\n{text}\n\n{score}\n", encoding="utf-8")
    return line


def test_the_shipped_page_is_of_the_files_as_they_are(tool: ModuleType) -> None:
    files = tool.Files(root=ROOT)
    if not files.page.is_file():
        pytest.skip("docs/validation.md has not been made yet")

    assert files.fresh(), "docs/validation.md is stale; run python tools/validation_page.py"


def test_the_levels_of_the_shipped_page_come_out_again(tool: ModuleType) -> None:
    files = tool.Files(root=ROOT)
    if not files.page.is_file():
        pytest.skip("docs/validation.md has not been made yet")

    assert tool.off(files, ["chongqing"]) == []


def test_a_page_holds_what_its_template_names(tool: ModuleType, root: Path) -> None:
    assert tool.main([], root) == 0

    page = (root / "docs" / "validation.md").read_text(encoding="utf-8")
    assert "{{" not in page
    assert "| any value reported for 2024, moved by a 100 times smaller tolerance | at most 0.001" in page
    assert "| Level | dmnl |" in page
    assert tool.main(["--check"], root) == 0


def test_a_page_is_stale_once_a_table_changes(
    tool: ModuleType, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool.main([], root)
    table = root / "models" / "places" / "line" / "history.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("2018,28.05", "2018,29"), encoding="utf-8")

    assert tool.main(["--check"], root) == 1
    assert "docs/validation.md is stale; run python tools/validation_page.py" in capsys.readouterr().err


def test_a_name_that_means_nothing_is_told(tool: ModuleType, root: Path) -> None:
    template = root / "tools" / "validation.md.in"
    template.write_text("{{levls.line}}", encoding="utf-8")

    with pytest.raises(SystemExit, match=r"'levls\.line': there is nothing of this name; .*'levels'"):
        tool.main([], root)
    assert not (root / "docs" / "validation.md").exists()


def test_the_shipped_template_can_be_filled_for_its_places(tool: ModuleType, tmp_path: Path) -> None:
    for part in ("models", "tools/validation.md.in"):
        source, target = ROOT / part, tmp_path / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("evidence"))
        else:
            shutil.copyfile(source, target)
    (tmp_path / "docs").mkdir()

    assert tool.main([], tmp_path) == 0

    page = (tmp_path / "docs" / "validation.md").read_text(encoding="utf-8")
    assert "{{" not in page
    assert (tmp_path / "docs/images/validation-chongqing-urbanization-rate.png").is_file()
    assert tool.off(tool.Files(root=tmp_path), ["chongqing"]) == []
