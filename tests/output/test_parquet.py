"""Parquet files, read back with pyarrow."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow.parquet as pq

from urbsim.output.tables.parquet import write_parquet
from urbsim.output.tables.run import Table


def test_columns_have_the_types_that_they_are(tmp_path: Path) -> None:
    table: Table = (
        ("scenario", "year", "value", "met", "swept", "nothing", "odd"),
        [("1e5", 2020, 0.1 + 0.2, True, "x1.5", None, 2020), ("b", None, 3, False, 2.5, None, math.nan)],
    )

    write_parquet(tmp_path / "new", {"targets.csv": table})

    read = pq.read_table(tmp_path / "new" / "targets.parquet")
    assert {field.name: str(field.type) for field in read.schema} == {
        "scenario": "dictionary<values=string, indices=int32, ordered=0>",
        "year": "int64",
        "value": "double",
        "met": "bool",
        "swept": "dictionary<values=string, indices=int32, ordered=0>",
        "nothing": "double",
        "odd": "int64",
    }
    assert read.to_pylist() == [
        {
            "scenario": "1e5",
            "year": 2020,
            "value": 0.1 + 0.2,
            "met": True,
            "swept": "x1.5",
            "nothing": None,
            "odd": 2020,
        },
        {
            "scenario": "b",
            "year": None,
            "value": 3.0,
            "met": False,
            "swept": "2.5",
            "nothing": None,
            "odd": None,
        },
    ]


def test_an_empty_table_is_a_file_with_its_columns(tmp_path: Path) -> None:
    write_parquet(tmp_path, {"failures.csv": (("scenario", "reason"), [])})

    assert pq.read_table(tmp_path / "failures.parquet").column_names == ["scenario", "reason"]
