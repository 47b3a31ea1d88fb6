from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from urbsim import cache

KEY = "a" * 64
BITS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the cache; it is not there yet."""
    monkeypatch.setenv("URBSIM_CACHE", str(tmp_path / "kept"))
    cache._warn.cache_clear()
    return tmp_path / "kept"


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.urbsim"))


def test_what_was_stored_comes_back(folder: Path) -> None:
    assert cache.load("program", KEY) is None

    cache.store("program", KEY, b"\x00one")
    cache.store("object", KEY, b"two")

    assert (cache.load("program", KEY), cache.load("object", KEY)) == (b"\x00one", b"two")
    assert cache.load("program", "b" * 64) is None


def test_any_text_may_be_a_key(folder: Path) -> None:
    cache.store("object", "../../over there/\0 轻", b"data")

    assert cache.load("object", "../../over there/\0 轻") == b"data"
    assert len(entries(folder)) == 1


@BITS
def test_the_folder_is_the_users_alone(folder: Path) -> None:
    previous = os.umask(0)
    try:
        cache.store("program", KEY, b"data")
    finally:
        os.umask(previous)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert entries(folder)[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", [0, 20, 60, -1])
def test_a_damaged_entry_is_no_entry(folder: Path, place: int) -> None:
    cache.store("program", KEY, b"data" * 20)
    (entry,) = entries(folder)
    content = bytearray(entry.read_bytes())
    content[place] ^= 1
    entry.write_bytes(content)

    assert cache.load("program", KEY) is None

    cache.store("program", KEY, b"mended")
    assert cache.load("program", KEY) == b"mended"


@pytest.mark.parametrize("length", [0, 10, 60])
def test_an_entry_cut_short_is_no_entry(folder: Path, length: int) -> None:
    cache.store("program", KEY, b"data" * 20)
    (entry,) = entries(folder)
    os.truncate(entry, length)

    assert cache.load("program", KEY) is None


def test_an_entry_under_another_name_is_no_entry(folder: Path) -> None:
    cache.store("object", KEY, b"one")
    cache.store("object", "b" * 64, b"two")
    one, other = entries(folder)
    one.replace(other)

    assert (cache.load("object", KEY), cache.load("object", "b" * 64)) == (None, None)


@BITS
@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(
    folder: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    cache.store("object", KEY, b"data")
    folder.chmod(mode)

    assert cache.load("object", KEY) is None
    cache.store("object", "b" * 64, b"more")

    assert len(entries(folder)) == 1
    (record,) = caplog.records
    assert record.getMessage().startswith(f"nothing is kept in {folder}: others can write to it; ")


@BITS
def test_an_entry_that_others_can_write_to_is_refused(folder: Path) -> None:
    cache.store("object", KEY, b"data")
    entries(folder)[0].chmod(0o666)

    assert cache.load("object", KEY) is None


@BITS
def test_the_folder_of_another_user_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cache.store("object", KEY, b"data")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)

    assert cache.load("object", KEY) is None
    cache.store("object", "b" * 64, b"more")

    assert len(entries(folder)) == 1
    assert "it belongs to another user" in caplog.text


def read_only(*_: object, **__: object) -> NoReturn:
    """Answer as a read-only file system does; the tests may run as root, who may write to any folder."""
    raise OSError(errno.EROFS, "Read-only file system")


def test_a_home_that_is_read_only_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "mkdir", read_only)

    cache.store("object", KEY, b"data")

    assert cache.load("object", KEY) is None


def test_what_is_there_already_is_read_from_a_home_that_is_read_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store("object", KEY, b"data")
    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setattr(os, "utime", read_only)

    cache.store("object", "b" * 64, b"more")

    assert cache.load("object", KEY) == b"data"
    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_text("a file")
    for place in (folder, folder / "below"):
        monkeypatch.setenv("URBSIM_CACHE", str(place))

        cache.store("object", KEY, b"data")

        assert cache.load("object", KEY) is None


def test_a_full_disk_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    cache.store("object", KEY, b"data")

    assert list(folder.iterdir()) == []


def test_off_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("URBSIM_CACHE", "Off")
    monkeypatch.chdir(tmp_path)

    cache.store("object", KEY, b"data")

    assert cache.load("object", KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_the_default_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("URBSIM_CACHE")
    for variable in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, appauthor: tmp_path / "home" / name)

    cache.store("object", KEY, b"data")

    assert [entry.parent.name for entry in tmp_path.rglob("*.urbsim")] == ["urbsim"]


def test_those_not_used_for_longest_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overhead = len(cache.MARK) + cache.HASH
    monkeypatch.setattr(cache, "LIMIT", 3 * (1000 + overhead))
    keys = [letter * 64 for letter in "abcd"]
    for age, key in enumerate(keys[:3]):
        cache.store("object", key, b"x" * 1000)
        (new,) = [e for e in entries(folder) if e.stat().st_mtime > 1e6]
        os.utime(new, (1000 + age, 1000 + age))
    (folder / "mine.txt").write_bytes(b"x" * 10_000)
    (folder / "a.urbsim.1-2.new").write_bytes(b"a killed process wrote this")
    os.utime(folder / "a.urbsim.1-2.new", (1000, 1000))
    assert cache.load("object", keys[0])  # the oldest, but of use just now

    cache.store("object", keys[3], b"x" * 1000)

    assert [cache.load("object", key) is not None for key in keys] == [True, False, True, True]
    assert [file.name for file in folder.iterdir() if file.suffix != ".urbsim"] == ["mine.txt"]


WRITE = """
import sys
from urbsim import cache
for turn in range(200):
    cache.store("object", "k", sys.argv[1].encode() * 50_000)
    found = cache.load("object", "k")
    assert found is not None, turn
    assert len(set(found)) == 1, "half of one and half of the other"
"""


def test_two_processes_can_write_at_once(folder: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", WRITE, letter]) for letter in "ab"]

    assert [process.wait(60) for process in both] == [0, 0]
    assert len(list(folder.iterdir())) == 1
