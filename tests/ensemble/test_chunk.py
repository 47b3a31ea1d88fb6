"""A worker that lives longer than the files it has read."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.ensemble.nouns import rates
from urbsim.ensemble.chunk import run_chunk
from urbsim.ensemble.recipe import Job, job_of
from urbsim.ensemble.run import cut, run_ensemble
from urbsim.errors import InputError

INDICATORS = Path("models/indicators.yaml")


def job() -> Job:
    """Read the study in the current folder, as the process that hands out chunks does."""
    study = rates(3)
    return job_of(study.recipe, study.factors, study.task.study, study.task.schedule)


def residents(of: Job) -> float:
    """Give the townspeople of the last year in the first run, as the worker reports them."""
    (chunk,) = cut(of, rates(3).values, 3)
    rows = pq.read_table(io.BytesIO(run_chunk(chunk)))
    return float(rows.column("urban_residents")[15].as_py())


def edit(old: str, new: str) -> None:
    text = INDICATORS.read_text(encoding="utf-8")
    assert old in text
    INDICATORS.write_text(text.replace(old, new), encoding="utf-8")


def test_a_worker_computes_with_the_indicators_of_now(tiny: Path) -> None:
    before = residents(job())
    edit("scale: 0.0001", "scale: 0.001")

    assert residents(job()) == pytest.approx(10 * before)


def test_a_worker_refuses_what_it_has_not_and_reads_again_once_that_is_mended(tiny: Path) -> None:
    asked = job()
    right = residents(asked)
    edit("scale: 0.0001", "scale: 0.001")
    residents(job())
    edit("scale: 0.001", "scale: 0.002")
    other = job()
    edit("scale: 0.002", "scale: 0.003")

    with pytest.raises(InputError, match="a worker has not the same indicators as"):
        residents(other)
    edit("scale: 0.003", "scale: 0.002")

    assert residents(other) == pytest.approx(20 * right)


def test_words_for_people_are_not_part_of_what_runs_follow_from(tiny: Path) -> None:
    before = job()
    text = INDICATORS.read_text(encoding="utf-8")
    INDICATORS.write_text(f"# of the tiny place\n{text}", encoding="utf-8")

    assert job().digest == before.digest


def test_many_chunks_take_no_more_room_than_one(tiny: Path) -> None:
    asked, values = job(), np.zeros((1, 1_000_000))
    tracemalloc.start()
    try:
        found = sum(chunk.values.shape[1] for chunk in cut(asked, values, 1024))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == 1_000_000
    assert peak < values.nbytes / 20


def test_parts_of_one_ensemble_share_what_they_have_in_common(tiny: Path) -> None:
    study = rates(9)
    store = run_ensemble(study.recipe, study.values, study.factors, tiny / "out", per_chunk=3)

    one, *others = store.parts
    assert len(others) == 2
    for other in others:
        for name in ("areas", "years", "indicators"):
            assert getattr(other, name) is getattr(one, name)
