"""What was worked out once and need not be worked out again, in a folder that only the user can write.

Whatever goes wrong here costs time and nothing else: no function raises, and a caller that is given nothing
works the thing out anew. `URBSIM_CACHE` names another folder, or is ``off``.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

VARIABLE = "URBSIM_CACHE"
LIMIT = 500_000_000  # [bytes] of all entries together
ENDING = ".urbsim"  # of our files; others that may lie in a folder the user named are left alone
UNFINISHED = ".new"  # ends the name of a file that is still being written
ABANDONED = 3600.0  # [s] after which nobody is writing it any more
MARK = b"urbsim cache 1\n"  # to be counted up when the layout of an entry changes
HASH = hashlib.sha256().digest_size


def load(name: str, key: str) -> bytes | None:
    """Give what was stored under a key.

    Parameters
    ----------
    name, key
        What kind of thing it is, in letters and digits, and the hash of all that it follows from.

    Returns
    -------
    The very bytes that were stored. None where there are none or they are damaged, where the folder or the
    entry is not the user's alone, and where caching is off.
    """
    folder = _folder()
    if folder is None:
        return None
    path = folder / _file(name, key)
    try:
        with path.open("rb") as file:
            if _doubt(os.fstat(file.fileno())):
                return None
            entry = file.read()
        head, data = entry[: len(MARK) + HASH], entry[len(MARK) + HASH :]
    except OSError:
        return None
    if head != MARK + _checksum(name, key, data):
        log.debug("%s is damaged", path)
        return None
    with suppress(OSError):  # of a folder that may only be read
        os.utime(path)  # those not used for longest go first
    return data


def store(name: str, key: str, data: bytes) -> None:
    """Keep data under a key, as in `load`; a full disk or a folder that cannot be written is no error.

    The entry is written beside and renamed, so that a reader finds it whole or not at all. Entries that were
    not used for longest are removed when all together grow past `LIMIT`.
    """
    folder = _folder(make=True)
    if folder is None:
        return
    path = folder / _file(name, key)
    beside = folder / f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}{UNFINISHED}"
    try:
        try:
            with open(beside, "xb", opener=_private) as file:
                file.write(MARK + _checksum(name, key, data) + data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        _tidy(folder)
    except OSError as failure:
        log.debug("%s was not stored: %s", path, failure)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _file(name: str, key: str) -> str:
    return f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:40]}{ENDING}"


def _checksum(name: str, key: str, data: bytes) -> bytes:
    """Bind data to the name it is stored under, so that no entry is ever taken for another."""
    return hashlib.sha256(f"{name}\0{key}\0".encode() + data).digest()


def _folder(*, make: bool = False) -> Path | None:
    """Find the folder; None where there is none, or where others could have put something into it."""
    asked = os.environ.get(VARIABLE, "")
    if asked.lower() == "off":
        return None
    try:
        folder = Path(asked).expanduser() if asked else _default()
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if not stat.S_ISDIR(found.st_mode):
            return None
    except (OSError, RuntimeError):  # the latter where no home is known
        return None
    doubt = _doubt(found)
    if doubt:
        _warn(f"nothing is kept in {folder}: {doubt}; {VARIABLE} can name another folder, or be off")
        return None
    return folder


def _default() -> Path:
    from platformdirs import user_cache_path  # not needed where the user names a folder

    return user_cache_path("urbsim", appauthor=False)


def _doubt(found: os.stat_result) -> str:
    """Say why somebody else could have written a file or folder; empty where nobody could.

    Machine code is loaded from there. Windows keeps the folders of users apart by itself, without such bits.
    """
    if sys.platform == "win32":
        return ""
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    return "others can write to it" if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else ""


@functools.cache
def _warn(text: str) -> None:
    log.warning(text)


def _tidy(folder: Path) -> None:
    """Remove the entries that were not used for longest, and what killed processes left unfinished."""
    now = time.time()
    entries: list[tuple[float, int, Path]] = []
    for file in os.scandir(folder):
        unfinished = file.name.endswith(UNFINISHED) and ENDING + "." in file.name
        if not (unfinished or file.name.endswith(ENDING)):
            continue
        try:
            found = file.stat(follow_symlinks=False)
        except FileNotFoundError:  # another process removed it
            continue
        if not unfinished:
            entries.append((found.st_mtime, found.st_size, Path(file.path)))
        elif now - found.st_mtime > ABANDONED:
            Path(file.path).unlink(missing_ok=True)
    size = sum(size for _, size, _ in entries)
    for _, one, path in sorted(entries):
        if size <= LIMIT:
            break
        path.unlink(missing_ok=True)
        size -= one
