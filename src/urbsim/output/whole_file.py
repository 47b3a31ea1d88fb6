"""A file that is there whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write to, which takes its place when all went well and goes when not.

    So a full disk, or a process that is killed, leaves what was there.

    Raises
    ------
    OSError
        It cannot be written; the error names `path`.
    """
    beside = path.with_name(f".{os.getpid()}.new{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    except OSError as failure:
        raise OSError(failure.errno, failure.strerror, str(path)) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
