"""The runs of an ensemble on disk: Parquet files, each of some neighbouring runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.ensemble.part_file import Part, read_part, read_values
from urbsim.errors import InputError, Problem
from urbsim.study.text_file import shown

Floats = npt.NDArray[np.float64]
ROOM = 80_000_000  # [bytes] of values that are read at a time
MORE_ROOM = 240_000_000  # [bytes] where the areas of one indicator do not fit into that


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All runs of an ensemble, read back in pieces."""

    parts: tuple[Part, ...]

    @property
    def runs(self) -> int:
        return sum(part.runs for part in self.parts)

    @property
    def areas(self) -> tuple[str, ...]:
        return self.parts[0].areas

    @property
    def years(self) -> tuple[int, ...]:
        return self.parts[0].years

    @property
    def indicators(self) -> tuple[str, ...]:
        return self.parts[0].indicators

    @property
    def failures(self) -> dict[int, str]:
        """Give the runs that failed, each with the reason."""
        return {run: why for part in self.parts for run, why in part.failures.items()}

    def read(self, series: Sequence[tuple[str, str]]) -> Floats:
        """Give some series, each an indicator in an area, as (series, years, runs).

        NaN in the runs that failed, and where nothing is reported.
        """
        found = np.empty((len(series), len(self.years), self.runs))
        for part in self.parts:
            columns = read_values(part, list(dict.fromkeys(id_ for id_, _ in series)))
            for position, (id_, area) in enumerate(series):
                found[position, :, part.first : part.first + part.runs] = columns[id_][
                    :, self.areas.index(area), :
                ].T
        return found

    def blocks(self, pool: Executor) -> Iterator[tuple[str, tuple[str, ...], Floats]]:
        """Give every indicator, in as many areas at a time as there is room for, as (areas, years, runs).

        The values are in a place that is used again for the next ones. `pool` has the threads that read.
        """
        each = len(self.years) * self.runs  # numbers of a series
        fitting = max(1, ROOM // (8 * each))  # series
        if fitting < len(self.areas):  # every group of areas reads the whole files again
            fitting = min(len(self.areas), max(1, MORE_ROOM // (8 * each)))
        together = max(1, fitting // len(self.areas))  # indicators
        room = np.empty(each * min(fitting, together * len(self.areas)))
        for first in range(0, len(self.indicators), together):
            ids = self.indicators[first : first + together]
            for start in range(0, len(self.areas), fitting):
                areas = self.areas[start : start + fitting]
                shape = (len(ids), len(areas), len(self.years), self.runs)
                found = room[: int(np.prod(shape))].reshape(shape)
                some = slice(start, start + fitting)
                for _ in pool.map(partial(_fill, found, ids, some), self.parts):
                    pass
                for id_, values in zip(ids, found, strict=True):
                    yield id_, areas, values


def _fill(found: Floats, ids: Sequence[str], areas: slice, part: Part) -> None:
    columns = read_values(part, ids)
    for position, id_ in enumerate(ids):
        values = columns[id_][:, areas].reshape(part.runs, -1)
        turned = np.ascontiguousarray(values.T)  # while it is in the cache of the processor
        runs = slice(part.first, part.first + part.runs)
        found[position, ..., runs] = turned.reshape(*found.shape[1:3], part.runs)


def open_store(folder: Path) -> Store:
    """Open the runs in a folder.

    Raises
    ------
    InputError
        There are none, or some between others are missing or damaged.
    """
    files = sorted(folder.glob("part-*.parquet"))
    parts = [part for part in map(read_part, files) if part is not None]
    parts.sort(key=lambda part: part.first)
    expected = 0
    for part in parts:
        if part.first != expected:
            break
        expected += part.runs
    else:
        if parts and len(parts) == len(files):
            return Store(parts=tuple(parts))
    raise InputError(Problem("does not hold a whole ensemble", shown(folder)))
