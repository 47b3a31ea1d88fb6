"""Files that are there whole, or as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from urbsim.output.whole_file import whole


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")

    with whole(path) as beside:
        beside.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"

    assert path.read_text(encoding="utf-8") == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def half_written(path: Path) -> None:
    with whole(path) as beside:
        beside.write_text("ne", encoding="utf-8")
        raise OSError(28, "No space left on device")


def test_a_disk_that_fills_up_leaves_what_was_there_and_the_error_names_it(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")

    with pytest.raises(OSError, match="No space left") as failure:
        half_written(path)

    assert failure.value.filename == str(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
