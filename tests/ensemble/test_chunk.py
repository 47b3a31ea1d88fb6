"""A worker that lives longer than the files it has read."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.ensemble.nouns import rates
from urbsim.ensemble.chunk import run_chunk
from urbsim.ensemble.recipe import Job, job_of
from urbsim.ensemble.run import cut
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
