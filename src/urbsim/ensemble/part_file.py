"""Parts of an ensemble as Parquet files, each whole or not taken for one. The only door to pyarrow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

T = TypeVar("T")
Floats = npt.NDArray[np.float64]

KEY = b"urbsim"  # of what a file says of itself, in its footer
RUN, REGION, YEAR = "run", "region", "year"  # columns besides those of the indicators


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the footer of a file says.

    Parameters
    ----------
    chunk
        Hash of all that the content follows from.
    first, runs
        Position of its first run among all, and how many there are.
    failures
        Position among all of each run that failed, and why.
    """

    path: Path
    chunk: str
    first: int
    runs: int
    areas: tuple[str, ...]
    years: tuple[int, ...]
    indicators: tuple[str, ...]
    failures: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file holds.

    Parameters
    ----------
    chunk, first, failures
        As of a `Part`.
    values
        By indicator, of shape (n_runs, n_areas, n_years) [unit of the indicator]; NaN where there is none.
    """

    chunk: str
    first: int
    areas: tuple[str, ...]
    years: tuple[int, ...]
    values: Mapping[str, Floats]
    failures: Mapping[int, str]


def part_name(index: int) -> str:
    """Give the name of the file of a chunk."""
    return f"part-{index:05d}.parquet"


def keep(folder: Path, index: int, write: Callable[[Path], object]) -> None:
    """Write the file of a chunk beside and rename it, so that it is there whole or not at all."""
    beside = folder / f".{index:05d}.new"
    write(beside)
    beside.replace(folder / part_name(index))


def part_bytes(content: Content) -> bytes:
    """Give the bytes of a file, as `write_part` writes them."""
    sink = pa.BufferOutputStream()
    write_part(sink, content)
    return bytes(memoryview(sink.getvalue()))


def write_part(sink: Any, content: Content) -> None:
    """Write a row per run, area and year, in that order, and a column per indicator; NaN becomes null.

    Compression would save a fifth of the room, and cost more time than all else that is written.
    """
    areas, years = content.areas, content.years
    runs = len(next(iter(content.values.values())))
    cells = len(areas) * len(years)
    codes = np.tile(np.repeat(np.arange(len(areas), dtype=np.int16), len(years)), runs)
    columns: dict[str, Any] = {
        RUN: _column(np.repeat(np.arange(content.first, content.first + runs, dtype=np.int32), cells)),
        REGION: pa.DictionaryArray.from_arrays(_column(codes), _texts(areas)),
        YEAR: _column(np.tile(np.array(years, dtype=np.int16), len(areas) * runs)),
    }
    for id_, given in content.values.items():
        flat = given.reshape(-1)
        columns[id_] = _column(flat, np.isnan(flat))
    said = {
        "chunk": content.chunk,
        "first": content.first,
        "runs": runs,
        "areas": areas,
        "years": years,
        "failures": {str(run): why for run, why in sorted(content.failures.items())},
    }
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(said, ensure_ascii=False)})
    pq.write_table(
        table,
        sink,
        compression="none",
        use_dictionary=[RUN, REGION, YEAR],
        write_statistics=False,
        row_group_size=len(table),
    )


def _column(values: npt.NDArray[Any], nothing: npt.NDArray[np.bool_] | None = None) -> Any:
    """Give values as a column, without a copy; `pa.array` would import pandas, which takes half a second."""
    valid = None
    if nothing is not None and nothing.any():
        valid = pa.py_buffer(np.packbits(~nothing, bitorder="little"))
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(np.ascontiguousarray(values))])


def _texts(texts: Sequence[str]) -> Any:
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def read_part(path: Path) -> Part | None:
    """Read what a file says of itself; None when it is not there, or not whole."""
    try:
        footer = pq.read_metadata(path)
        said: dict[str, Any] = json.loads(footer.metadata[KEY])
        names = footer.schema.to_arrow_schema().names
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None
    part = Part(
        path=path,
        chunk=said["chunk"],
        first=said["first"],
        runs=said["runs"],
        areas=_shared(tuple(said["areas"])),
        years=_shared(tuple(said["years"])),
        indicators=_shared(tuple(name for name in names if name not in (RUN, REGION, YEAR))),
        failures={int(run): why for run, why in said["failures"].items()},
    )
    whole = footer.num_rows == part.runs * len(part.areas) * len(part.years)
    return part if whole else None


@lru_cache(maxsize=32)
def _shared(names: tuple[T, ...]) -> tuple[T, ...]:
    """Give the first tuple that was equal: thousands of files have the same areas, years and indicators."""
    return names


def read_values(part: Part, ids: Sequence[str]) -> dict[str, Floats]:
    """Read some indicators of a file, each as (runs, areas, years); null becomes NaN."""
    with pq.ParquetFile(part.path) as file:
        table = file.read(columns=list(ids), use_threads=False)
    shape = (part.runs, len(part.areas), len(part.years))
    return {id_: _values(table.column(id_)).reshape(shape) for id_ in ids}


def _values(column: Any) -> Floats:
    """Give the numbers of a column, NaN where it has none; `to_numpy` would import pandas."""
    pieces = []
    for piece in column.chunks:
        valid, numbers = piece.buffers()
        within = slice(piece.offset, piece.offset + len(piece))
        values = np.frombuffer(numbers, dtype=np.float64)[within]
        if piece.null_count:
            bits = np.unpackbits(np.frombuffer(valid, dtype=np.uint8), bitorder="little")
            values = np.where(bits[within], values, np.nan)
        pieces.append(values)
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
