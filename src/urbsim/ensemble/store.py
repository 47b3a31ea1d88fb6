"""The runs of an ensemble on disk: Parquet files, each of some neighbouring runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.ensemble.part_file import Part, read_part, read_values
from urbsim.errors import InputError, Problem
from urbsim.study.text_file import shown

Floats = npt.NDArray[np.float64]
ROOM = 80_000_000  # [bytes] of values that are read at a time


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

    def blocks(self) -> Iterator[tuple[str, tuple[str, ...], Floats]]:
        """Give every indicator, some areas at a time, as (areas, years, runs); in bounded memory."""
        each = len(self.years) * self.runs * 8
        at_once = max(1, ROOM // each)  # series
        if at_once < len(self.areas):
            for id_ in self.indicators:
                for first in range(0, len(self.areas), at_once):
                    areas = self.areas[first : first + at_once]
                    yield id_, areas, self._block((id_,), slice(first, first + at_once))[0]
            return
        together = at_once // len(self.areas)
        for first in range(0, len(self.indicators), together):
            ids = self.indicators[first : first + together]
            for id_, values in zip(ids, self._block(ids, slice(None)), strict=True):
                yield id_, self.areas, values

    def _block(self, ids: Sequence[str], areas: slice) -> Floats:
        count = len(self.areas[areas])
        found = np.empty((len(ids), count, len(self.years), self.runs))
        for part in self.parts:
            columns = read_values(part, ids)
            for position, id_ in enumerate(ids):
                values = columns[id_][:, areas]
                found[position, ..., part.first : part.first + part.runs] = np.moveaxis(values, 0, -1)
        return found


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
