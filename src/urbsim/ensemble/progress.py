"""Show how far runs are: a bar on a terminal, a line every so often in a log."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from urbsim.ensemble.run import Progress

SILENCE = 10.0  # [s] between two lines of a log
Tell = Callable[[Progress], None]
Begin = Callable[[str], None]


@contextmanager
def show_progress(console: Console) -> Iterator[tuple[Tell, Begin]]:
    """Give what to call with progress, and with what begins."""
    begun = math.nan

    def told(one: Progress) -> str:
        """Say how fast it goes and how long it will take, as far as the runs of this time tell."""
        nonlocal begun
        if math.isnan(begun):
            begun = time.monotonic()
        done, seconds = one.done - one.before, time.monotonic() - begun
        words = [f"{one.failed:,} failed"] if one.failed else []
        if done > 0 and seconds > 0:
            left = duration((one.total - one.done) * seconds / done)
            words = [f"{done / seconds:,.0f} a second", f"{left} left", *words]
        return ", ".join(words)

    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Bar(*columns, TextColumn("{task.fields[told]}"), console=console, transient=True) as bar:
            task = bar.add_task("preparing", total=None, told="")
            yield (
                lambda one: bar.update(task, total=one.total, completed=one.done, told=told(one)),
                lambda text: bar.update(task, description=text),
            )
        return
    last = -math.inf

    def tell(one: Progress) -> None:
        nonlocal last
        words = told(one)
        if one.done and (time.monotonic() - last >= SILENCE or one.done == one.total):
            last = time.monotonic()
            console.print(", ".join(filter(None, (f"{one.done:,} of {told_runs(one.total)}", words))))

    yield tell, console.print


def told_runs(count: int) -> str:
    """Write a number of runs for people.

    Examples
    --------
    >>> told_runs(1), told_runs(10_000)
    ('1 run', '10,000 runs')
    """
    return f"{count:,} run{'s' * (count != 1)}"


def duration(seconds: float) -> str:
    """Write a duration for people.

    Examples
    --------
    >>> duration(7.6), duration(200), duration(9000)
    ('8 s', '3 min 20 s', '2 h 30 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
