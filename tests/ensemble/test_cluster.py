"""A real Dask scheduler with two workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.ensemble.nouns import content, rates
from urbsim.cli import WRONG_INPUT
from urbsim.ensemble import workers
from urbsim.ensemble.run import Progress, run_ensemble
from urbsim.ensemble.store import Store
from urbsim.errors import InputError, RunError

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # those of other people's libraries are not ours to mend


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--scheduler-file", "scheduler.json", "--no-dashboard"],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """Start a scheduler; gives its address."""
    file = folder / "scheduler.json"
    with started(folder, "scheduler", "--host", "127.0.0.1", "--port", "0") as process:
        deadline = time.monotonic() + 30
        while not file.exists() or not file.stat().st_size:
            assert process.poll() is None, (folder / "scheduler.log").read_text()
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.05)
        time.sleep(0.1)
        yield json.loads(file.read_text())["address"]


WORKER = ("worker", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")


def test_a_worker_that_is_killed_on_the_way_loses_and_doubles_nothing(tiny: Path, tmp_path: Path) -> None:
    study = rates(64)

    def run(folder: str, **options: object) -> Store:
        return run_ensemble(study.recipe, study.values, study.factors, tiny / folder, per_chunk=4, **options)

    run("alone")
    told: list[Progress] = []
    with scheduler(tmp_path) as address, started(tmp_path, *WORKER), started(tmp_path, *WORKER) as doomed:
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=30)

        def progress(one: Progress) -> None:
            told.append(one)
            if one.done == 12:
                doomed.kill()

        store = run("shared", cluster=address, progress=progress)
        assert doomed.wait(10) == -9

    assert [one.done for one in told] == [*range(0, 65, 4)]
    assert store.runs == 64
    assert content(tiny / "shared") == content(tiny / "alone")


def test_a_cluster_that_has_lost_all_workers_is_told_and_given_up(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, seconds in (("LOOK", 0.1), ("FETCH", 0.3), ("LONELY", 0.3), ("GIVE_UP", 1.0)):
        monkeypatch.setattr(workers, name, seconds)
    study = rates(64)
    with scheduler(tmp_path) as address, started(tmp_path, *WORKER) as worker:
        with pytest.raises(RunError, match=f"{address} has had no workers for"):
            run_ensemble(
                *(study.recipe, study.values, study.factors, tiny / "out"),
                per_chunk=4,
                cluster=address,
                progress=lambda one: worker.kill() if one.done else None,
            )
        warnings = [record.getMessage() for record in caplog.records if "no workers" in record.message]

    assert warnings == [f"{address}: no workers are left; the rest waits for `dask worker {address}`"]
    assert 1 <= len(content(tiny / "out")) < 16


class Cluster:
    """Stands for a client of a cluster whose second worker joins while the first is at its chunks."""

    def __init__(self) -> None:
        self.submitted: list[Waiting] = []
        self.looks = 0

    def nthreads(self) -> dict[str, int]:
        self.looks += 1
        joined = self.looks > 3
        if joined:
            for future in self.submitted[: 2 * workers.AHEAD] if len(self.submitted) > workers.AHEAD else ():
                future.finish()
        return {"first": 1, "second": 1} if joined else {"first": 1}

    def submit(self, _: object, chunk: object, **__: object) -> Waiting:
        self.submitted.append(Waiting(len(self.submitted)))
        return self.submitted[-1]


class Waiting:
    def __init__(self, key: int) -> None:
        self.key = key

    def add_done_callback(self, call: Callable[[Waiting], object]) -> None:
        self.call = call

    def finish(self) -> None:
        self.call(self)
        self.call = lambda _: None

    def result(self, timeout: float) -> bytes:
        return b"whole"

    def release(self) -> None:
        pass

    cancel = release


def test_workers_that_join_get_chunks_before_another_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LOOK", 0.01)
    client = Cluster()
    chunks = [SimpleNamespace(index=index) for index in range(2 * workers.AHEAD)]

    done = [chunk.index for chunk in workers._on_cluster(client, chunks, tmp_path)]

    assert done == [chunk.index for chunk in chunks]


def test_a_worker_with_another_place_refuses(tiny: Path, tmp_path: Path) -> None:
    study = rates(8)
    with scheduler(tmp_path) as address, started(tmp_path, *WORKER):
        # The workers read the place only now, when it is no longer what this process has read.
        table = tiny / "models/places/tiny/paths.csv"
        table.write_text(table.read_text(encoding="utf-8").replace("2030,1,", "2030,1.1,"), encoding="utf-8")

        with pytest.raises(InputError) as refused:
            run_ensemble(
                *(study.recipe, study.values, study.factors, tiny / "out"), task=study.task, cluster=address
            )

    assert "a worker has not the same place as the ensemble was started with" in str(refused.value)


def test_a_scheduler_that_does_not_answer_is_told(
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates()
    monkeypatch.setattr(workers, "PATIENCE", 0.3)

    status = urbsim("sample", "scenarios/rates.yaml", "--cluster", "tcp://127.0.0.1:9", "--out", "out")

    said = capsys.readouterr().err
    assert status == WRONG_INPUT
    assert "--cluster tcp://127.0.0.1:9: no Dask scheduler answers there" in said
    assert "fix: start one with `dask scheduler`, and `dask worker ADDRESS` for each worker" in said
    assert not [*Path().glob("*out*")]


def test_a_scheduler_without_workers_is_told(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 1.0)
    with (
        scheduler(tmp_path) as address,
        pytest.raises(InputError, match="the Dask scheduler there has no workers"),
        workers.open_workers(cluster=address),
    ):
        pass


def test_dask_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(InputError) as missing, workers.open_workers(cluster="tcp://127.0.0.1:9"):
        pass

    assert "a cluster needs Dask, which is not installed" in str(missing.value)
    assert "pip install 'urbsim[cluster]'" in str(missing.value)
