"""A small study of two regions with round numbers, to run and to spoil."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim.cli import main

TINY = Path(__file__).parent / "data" / "tiny"
LINE = Path(__file__).parent / "data" / "line"


def pytest_configure(config: pytest.Config) -> None:
    """Give all tests, and whatever processes they start, one empty cache instead of the user's."""
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist inherit that of their parent
        os.environ["URBSIM_CACHE"] = tempfile.mkdtemp(prefix="urbsim-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ["URBSIM_CACHE"], ignore_errors=True))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the tiny study; it is the current folder."""
    folder = tmp_path / "study"
    shutil.copytree(TINY, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of a study whose model is a straight line, to fit; it is the current folder."""
    folder = tmp_path / "study"
    shutil.copytree(LINE, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def urbsim() -> Callable[..., int]:
    """Give the command line: words in, exit status out."""

    def run(*words: str | Path) -> int:
        with pytest.raises(SystemExit) as ending:
            main([str(word) for word in words])
        return int(ending.value.code or 0)

    return run
