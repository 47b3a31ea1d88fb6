"""Who computes the chunks: this process, processes beside it, or a cluster. The only door to Dask."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from urbsim.ensemble.chunk import Chunk, run_chunk, write_chunk
from urbsim.ensemble.part_file import keep
from urbsim.errors import InputError, Problem, RunError

log = logging.getLogger(__name__)

# Chunks in; out, in any order, those whose file is in the folder.
Work = Callable[[Iterable[Chunk], Path], Iterator[Chunk]]

AHEAD = 2  # chunks handed out per worker: none waits for the next one, and few are in memory
PATIENCE = 10.0  # [s] to wait for a scheduler and its workers
RETRIES = 3  # of a chunk whose worker was lost
LOOK = 2.0  # [s] after which it is looked for new workers, when no chunk comes back
FETCH = 60.0  # [s] to bring a chunk here, some 30 megabytes
LONELY, GIVE_UP = 30.0, 600.0  # [s] without any worker until that is told, and until all ends
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def open_workers(jobs: int = 1, cluster: str | None = None) -> Iterator[Work | None]:
    """Give what computes chunks elsewhere; None: this process does.

    Raises
    ------
    InputError
        There is no scheduler at the address, it has no workers, or Dask is not installed.
    """
    if cluster is not None:
        with _client(cluster) as client:
            yield lambda chunks, folder: _on_cluster(client, chunks, folder)
    elif jobs > 1:
        with processes(jobs) as pool:
            yield lambda chunks, folder: _in_processes(pool, jobs * AHEAD, chunks, folder)
    else:
        yield None


# -------------------------------------------------------------------------------------- processes


@contextmanager
def processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Give processes beside this one, of one thread each; Ctrl-C is this one's, and they end with it.

    Raises
    ------
    RunError
        One of them was ended from outside.
    """
    others = set(multiprocessing.active_children())
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))  # the processes share the cores already
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker
    )
    try:
        yield pool
    except BrokenProcessPool:
        # One that the pool began while it ended the others would be waited for, for ever.
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise RunError("a worker process was ended from outside (was there enough memory?)") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin_worker() -> None:
    """Leave Ctrl-C to the process that hands out the chunks, and end when that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_processes(
    pool: ProcessPoolExecutor, window: int, chunks: Iterable[Chunk], folder: Path
) -> Iterator[Chunk]:
    waiting = iter(chunks)
    pending: dict[Future[None], Chunk] = {}
    try:
        while True:
            for chunk in islice(waiting, window - len(pending)):
                pending[pool.submit(write_chunk, chunk, folder)] = chunk
            if not pending:
                return
            for done in wait(pending, return_when=FIRST_COMPLETED).done:
                done.result()
                yield pending.pop(done)
    finally:
        for future in pending:
            future.cancel()


# -------------------------------------------------------------------------------------- Dask


@contextmanager
def _client(address: str) -> Iterator[Any]:
    where = f"--cluster {address}"
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        what = "a cluster needs Dask, which is not installed"
        raise InputError(Problem(what, where, "pip install 'urbsim[cluster]'")) from None
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as failure:
        what = f"no Dask scheduler answers there ({failure or type(failure).__name__})"
        fix = "start one with `dask scheduler`, and `dask worker ADDRESS` for each worker"
        raise InputError(Problem(what, where, fix)) from None
    for name in ("distributed", "distributed.client"):  # what it has to say is told by our own errors
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            what = "the Dask scheduler there has no workers"
            raise InputError(Problem(what, where, f"`dask worker {address}`")) from None
        yield client


def _on_cluster(client: Any, chunks: Iterable[Chunk], folder: Path) -> Iterator[Chunk]:
    """Hand chunks to the workers of a cluster; those of a worker that is lost go to another one.

    Workers may come and go. When there are none, they are waited for, and that is told.

    Raises
    ------
    RunError
        The scheduler was lost, or has had no workers for too long.
    """
    waiting = iter(chunks)
    pending: dict[Any, tuple[Any, Chunk]] = {}
    finished: SimpleQueue[Any] = SimpleQueue()
    seen, told = (
        time.monotonic(),
        False,
    )  # when there were workers last, and whether it was said that none are

    def hand_out() -> None:
        nonlocal seen, told
        threads = _threads(client)
        alone = 0.0 if threads else time.monotonic() - seen
        if threads:
            seen, told = time.monotonic(), False
        elif alone > GIVE_UP:
            raise RunError(f"{client.scheduler.address} has had no workers for {alone / 60:.0f} minutes")
        elif alone > LONELY and not told:
            told = True
            where = client.scheduler.address
            log.warning("%s: no workers are left; the rest waits for `dask worker %s`", where, where)
        for chunk in islice(waiting, max(0, AHEAD * max(1, threads) - len(pending))):
            future = client.submit(run_chunk, chunk, pure=False, retries=RETRIES)
            pending[future.key] = (future, chunk)
            future.add_done_callback(finished.put)

    try:
        hand_out()
        while pending:
            try:
                future = finished.get(timeout=LOOK)
            except Empty:
                hand_out()
                continue
            content = _result(future)
            if content is None:  # it was lost with its worker, and is done again
                future.add_done_callback(finished.put)
                hand_out()
                continue
            _, chunk = pending.pop(future.key)
            future.release()
            keep(folder, chunk.index, lambda path: path.write_bytes(content))  # noqa: B023 - called at once
            yield chunk
            hand_out()
    finally:
        for future, _ in pending.values():
            future.cancel()


def _threads(client: Any) -> int:
    from distributed.comm.core import CommClosedError

    try:
        return sum(client.nthreads().values())
    except (CommClosedError, OSError) as failure:  # a TimeoutError is an OSError
        raise RunError("the scheduler of the cluster was lost") from failure


def _result(future: Any) -> bytes | None:
    """Fetch what a worker has made; None when that does not come."""
    from distributed.client import FutureCancelledError
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    try:
        content: bytes = future.result(timeout=FETCH)
    except TimeoutError:
        return None
    except KilledWorker as failure:
        raise RunError(f"a chunk was lost with every worker that it was given to ({failure})") from None
    except (FutureCancelledError, CommClosedError, OSError) as failure:
        raise RunError("the scheduler of the cluster was lost") from failure
    except ModuleNotFoundError as failure:
        what = f"the workers of the cluster cannot import {failure.name}"
        raise InputError(Problem(what, fix="install the same urbsim for every worker")) from None
    return content
