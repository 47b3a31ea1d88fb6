"""The folder in which results grow until they are whole: beside the one they go to, and taken up again."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from urbsim.errors import InputError, Problem
from urbsim.output.folder import check_folder, put_in_place
from urbsim.study.text_file import shown

log = logging.getLogger(__name__)

MANIFEST, RESULTS, LOCK = "manifest.json", "results", "lock"
Fingerprint = Mapping[str, str | int | float | None]


def partial_of(folder: Path) -> Path:
    """Give the folder in which the results of another grow."""
    return folder.with_name(f".{folder.name}.partial")


def holds_runs(folder: Path) -> bool:
    """Whether an interrupted run has left something beside a folder of results to go on with."""
    try:
        return any(partial_of(folder).glob(f"{RESULTS}/**/part-*.parquet"))
    except OSError:
        return False


@contextmanager
def work_folder(folder: Path, fingerprint: Fingerprint, *, resume: bool) -> Iterator[Path]:
    """Give a folder to put results into, which becomes `folder` when the context ends without an error.

    Until then it lies beside, under the name that `partial_of` gives, and stays there when the process is
    killed, or when an error ends the context after the first runs. It is taken up again when `resume` is
    asked for and the fingerprint is the same.

    Raises
    ------
    InputError
        Something else than results is at `folder`; unfinished results are there and are not to be resumed, or
        were begun from something else; another process is at work on them.
    """
    check_folder(folder)
    partial = partial_of(folder)
    manifest, results = partial / MANIFEST, partial / RESULTS
    told = json.dumps(fingerprint, ensure_ascii=False, indent=2)
    missing = [parent for parent in folder.absolute().parents if not parent.exists()]
    with _locked(partial):
        try:
            _check(folder, manifest, json.loads(told), resume=resume)
            results.mkdir(exist_ok=True)
            beside = manifest.with_suffix(".new")
            beside.write_text(told + "\n", encoding="utf-8")
            beside.replace(manifest)
            yield results
            put_in_place(results, folder)
            shutil.rmtree(partial, ignore_errors=True)
        except BaseException:
            if not holds_runs(folder):
                _remove(partial, missing)
            raise


def _remove(partial: Path, parents: Sequence[Path]) -> None:
    """Remove a folder, and those that were made for it, the innermost first."""
    shutil.rmtree(partial, ignore_errors=True)
    with suppress(OSError):  # somebody else has put something there
        for parent in parents:
            parent.rmdir()


def _check(folder: Path, manifest: Path, now: dict[str, Any], *, resume: bool) -> None:
    """Refuse what is there and may not be gone on with."""
    begun, partial = _read(manifest), manifest.parent
    if begun is None or not holds_runs(folder):
        if resume:
            log.warning("%s: nothing is left to go on with; begun from the start", shown(partial))
        return
    if not resume:
        fix = f"go on with --resume, or delete {shown(partial)}"
        raise InputError(Problem("an interrupted run left its results here", shown(partial), fix))
    _must_be_same(now, begun, partial)


def _must_be_same(now: dict[str, Any], begun: dict[str, Any], partial: Path) -> None:
    fix = f"go on as it was begun, or delete {shown(partial)} to begin anew"
    plain: list[Problem] = []
    hashed: list[Problem] = []
    for key in dict.fromkeys((*now, *begun)):
        one, other = now.get(key), begun.get(key)
        if one == other:
            continue
        hashes = any(isinstance(value, str) and len(value) == 64 for value in (one, other))
        what = f"{key}: now {_plain(one)}, but {_plain(other)} before the run was interrupted"
        if hashes:
            what = f"{key} changed since the run was interrupted"
        (hashed if hashes else plain).append(Problem(what, shown(partial), fix))
    if plain or hashed:  # hashes follow from what was said before them: they are told when nothing else is
        raise InputError(plain or hashed)


def _plain(value: object) -> str:
    return "not given" if value is None else str(value)


def _read(manifest: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def _locked(partial: Path) -> Iterator[None]:
    """Make a folder and keep other processes away from it, until this one ends in whatever way."""
    try:
        import fcntl
    except ImportError:  # Windows
        partial.mkdir(parents=True, exist_ok=True)
        yield
        return
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        try:
            file = (partial / LOCK).open("a+", encoding="utf-8")
        except FileNotFoundError:  # the process that was at work has just ended, and removed its folder
            continue
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                what = f"another process is at work here ({file.read().strip()})"
                raise InputError(Problem(what, shown(partial), "wait for it, or end it")) from None
            except OSError:  # a file system without locks
                pass
            if not _is_at(file, partial / LOCK):  # it was removed before it was locked
                continue
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
            yield
            return


def _is_at(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
