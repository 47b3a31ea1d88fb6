from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.ensemble.nouns import Study, content, rates
from urbsim import batch
from urbsim.engine.ensemble import ENSEMBLE_RTOL
from urbsim.ensemble.part_file import part_name, read_part
from urbsim.ensemble.run import Progress, run_ensemble
from urbsim.ensemble.store import Store, open_store
from urbsim.errors import InputError, RunError
from urbsim.study.amount import Amount
from urbsim.study.scenario import Setting

YEARS = np.arange(16.0)  # since the start
VILLAGERS = 10e6
RESIDENTS = 30e6


def run(study: Study, folder: Path, **options: object) -> Store:
    return run_ensemble(study.recipe, study.values, study.factors, folder, per_chunk=3, **options)


def test_each_run_is_the_closed_form_of_its_draw(tiny: Path) -> None:
    study = rates()

    found = run(study, tiny / "out").read([("urbanization_rate", "tiny")])[0]

    # Share of movers adds up to 1 and the mood is 1, so villagers decline at the rate that was drawn.
    left = VILLAGERS * np.exp(-study.values[0] * YEARS[:, np.newaxis])
    np.testing.assert_allclose(found, 100 * (1 - left / RESIDENTS), rtol=1e-6)


def test_a_run_is_that_of_a_scenario_with_the_same_value_written_down(tiny: Path) -> None:
    study = rates(3)
    amounts = (Amount(number=float(study.values[0, 1])),)
    scenario = replace(
        study.task.scenario, uncertain=(), parameters={"Rate of moving": (Setting(amounts=amounts),)}
    )
    (outcome,) = batch.run([scenario], rtol=ENSEMBLE_RTOL).outcomes
    assert outcome.run is not None

    store = run(study, tiny / "out")

    for series in outcome.run.measured.series:
        (found,) = store.read([(series.indicator.id, series.area)])
        np.testing.assert_allclose(found[:, 1], series.values, rtol=2 * ENSEMBLE_RTOL)


def test_rows_are_by_run_region_and_year_in_that_order(tiny: Path) -> None:
    import pyarrow.parquet as pq

    run(rates(4), tiny / "out")

    frame = pq.read_table(tiny / "out" / part_name(1)).to_pandas()
    assert [*frame.columns] == [
        "run",
        "region",
        "year",
        "urbanization_rate",
        "urban_residents",
        "young_adequacy",
        "mood",
    ]
    assert frame["run"].unique().tolist() == [3]
    assert frame["region"].unique().tolist() == ["tiny", "coast", "east", "west"]
    assert frame["year"].tolist() == [*range(2020, 2036)] * 4
    assert frame["mood"].notna().tolist() == [True] * 16 + [False] * 48


def test_chosen_series_alone_are_kept(tiny: Path) -> None:
    study = rates(3)
    recipe = replace(study.recipe, series=(("urban_residents", "west"), ("mood", "")))

    store = run(replace(study, recipe=recipe), tiny / "out")

    assert store.indicators == ("urban_residents", "mood")
    assert store.areas == ("tiny", "west")


def test_unknown_series_are_refused(tiny: Path) -> None:
    study = rates(3)
    recipe = replace(study.recipe, series=(("nothing", "west"), ("mood", "nowhere")))

    with pytest.raises(InputError) as refused:
        run(replace(study, recipe=recipe), tiny / "out")

    assert "nothing is reported as nothing in west" in str(refused.value)
    assert "nothing is reported as mood in nowhere" in str(refused.value)


def test_two_processes_write_the_same_bytes_as_one(tiny: Path) -> None:
    study = rates()
    run(study, tiny / "one")

    run(study, tiny / "two", jobs=2)

    assert [*content(tiny / "one")] == [part_name(index) for index in range(4)]
    assert content(tiny / "two") == content(tiny / "one")


def test_a_worker_process_that_is_killed_is_told_and_loses_nothing_done(tiny: Path) -> None:
    study = rates(60)
    run(study, tiny / "whole")

    def progress(one: Progress) -> None:
        if one.done:
            for process in multiprocessing.active_children():
                process.kill()

    with pytest.raises(RunError, match=r"ended from outside \(was there enough memory\?\)$"):
        run(study, tiny / "out", jobs=2, progress=progress)
    assert 1 <= len(content(tiny / "out")) < 20
    run(study, tiny / "out", resume=True)

    assert content(tiny / "out") == content(tiny / "whole")


def test_resuming_does_only_what_is_missing_or_half_written(tiny: Path) -> None:
    study = rates()
    run(study, tiny / "out")
    whole = content(tiny / "out")
    (tiny / "out" / part_name(1)).unlink()
    half = tiny / "out" / part_name(2)
    half.write_bytes(half.read_bytes()[:-100])
    os.utime(tiny / "out" / part_name(3), (0, 0))
    told: list[Progress] = []

    run(study, tiny / "out", resume=True, progress=told.append)

    assert content(tiny / "out") == whole
    assert (tiny / "out" / part_name(3)).stat().st_mtime == 0
    assert [(p.before, p.done) for p in told] == [(4, 4), (4, 7), (4, 10)]


def test_runs_that_are_there_are_refused_unless_they_are_to_be_resumed(tiny: Path) -> None:
    study = rates()
    run(study, tiny / "out")

    with pytest.raises(InputError, match="holds runs already"):
        run(study, tiny / "out")
    with pytest.raises(InputError, match="is of another ensemble"):
        run(replace(study, values=study.values * 1.01), tiny / "out", resume=True)
    with pytest.raises(InputError, match="holds runs of another ensemble"):
        run(replace(study, values=study.values[:, :5]), tiny / "out", resume=True)


def test_a_run_that_fails_is_told_and_the_others_go_on(tiny: Path) -> None:
    study = rates()
    spoilt = study.values.copy()
    spoilt[0, 4] = -1.0  # adequacy is the standard over 1 + rate

    store = run(replace(study, values=spoilt), tiny / "out")

    assert [*store.failures] == [4]
    assert "Adequacy" in store.failures[4]
    found = store.read([("urbanization_rate", "tiny")])[0]
    assert np.isnan(found).any(axis=0).tolist() == [run == 4 for run in range(10)]


def test_a_store_is_opened_again_and_read_in_blocks(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = run(rates(), tiny / "out")

    store = open_store(tiny / "out")
    pool = ThreadPoolExecutor(2)
    together = [(id_, areas, values.copy()) for id_, areas, values in store.blocks(pool)]
    monkeypatch.setattr("urbsim.ensemble.store.ROOM", 2 * 16 * 10 * 8)
    monkeypatch.setattr("urbsim.ensemble.store.MORE_ROOM", 3 * 16 * 10 * 8)
    apart = [(id_, areas, values.copy()) for id_, areas, values in store.blocks(pool)]

    assert store.runs == written.runs == 10
    assert len(apart) == 2 * len(together) == 8
    for id_, areas, values in (*together, *apart):
        expected = written.read([(id_, area) for area in areas])
        np.testing.assert_array_equal(values, expected)


def test_a_store_with_a_gap_is_refused(tiny: Path) -> None:
    run(rates(), tiny / "out")
    (tiny / "out" / part_name(1)).unlink()

    with pytest.raises(InputError, match="does not hold a whole ensemble"):
        open_store(tiny / "out")


def test_what_is_no_part_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "noise").write_bytes(b"PAR1" + b"x" * 100 + b"PAR1")

    assert read_part(tmp_path / "empty") is None
    assert read_part(tmp_path / "noise") is None
    assert read_part(tmp_path / "missing") is None
