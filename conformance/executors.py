"""What the work runs on: any `concurrent.futures.Executor`, chosen by name.

- ``inline``: here and now, one task after the other;
- ``threads``, ``threads:N``;
- ``processes``, ``processes:N``: the default, one process a core;
- ``dask``: a cluster of this machine's cores; ``dask:ADDRESS``: a running one (extra ``dask``).

Results are taken in the order of the tasks, so that output does not depend on the executor.

Not here: the tasks (`conformance.fill`, `conformance.runners`).
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar

from conformance.errors import ExecutorFailed
from wasm_interp.errors import InputError, printable

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

KINDS: Final = ("inline", "threads[:N]", "processes[:N]", "dask[:ADDRESS]")
WORKERS_MAX: Final = 256


class InlineExecutor(Executor):
    """Runs each task when it is submitted: for debuggers, tests and small work."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run ``fn`` and return its outcome."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def open_executor(name: str) -> Iterator[Executor]:
    """Yield the executor ``name`` (see above). Raises `InputError`, `ExecutorFailed`."""
    kind, _, detail = name.partition(":")
    made: Executor
    match kind:
        case "inline" if not detail:
            made = InlineExecutor()
        case "threads":
            made = ThreadPoolExecutor(_workers(detail))
        case "processes":
            # Started anew, not forked: the same everywhere, and safe beside threads.
            context = multiprocessing.get_context("spawn")
            made = ProcessPoolExecutor(_workers(detail), mp_context=context)
        case "dask":
            with _dask(detail) as executor:
                yield executor
            return
        case _:
            raise InputError(f"'{printable(name)}' is no executor; there is: {', '.join(KINDS)}")
    with made:
        try:
            yield made
        except BaseException:
            made.shutdown(wait=False, cancel_futures=True)
            raise


def _workers(text: str) -> int:
    if not text:
        return min(os.cpu_count() or 1, WORKERS_MAX)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= WORKERS_MAX:
        raise InputError(f"'{printable(text)}' is no number of workers from 1 to {WORKERS_MAX}")
    return int(text)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        # By name: a type checker need not have it, and nobody else pays for its import.
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise ExecutorFailed(
            "the executor 'dask' needs the package distributed: install the extra `dask`"
        ) from None
    cluster = None
    try:
        if not address:
            cluster = distributed.LocalCluster(
                n_workers=_workers(""), threads_per_worker=1, dashboard_address=None
            )
        client = distributed.Client(cluster or address, timeout=10)
    except (OSError, ValueError) as error:
        where = f" at {printable(address)}" if address else ""
        raise ExecutorFailed(f"no Dask cluster{where}: {printable(str(error))}") from None
    try:
        # Tasks are pure as seen from here, but asked for twice they are meant twice.
        yield client.get_executor(pure=False)
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def in_order(executor: Executor, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield ``task(item)`` for each item, in the order of ``items``. Raises `ExecutorFailed`.

    Everything is submitted before the first result is waited for.
    """
    futures: list[Future[Any]] = [executor.submit(task, item) for item in items]
    try:
        for future in futures:
            yield future.result()
    except BrokenExecutor:
        raise ExecutorFailed("a worker process has gone: killed, or out of memory") from None
    finally:
        for future in futures:
            future.cancel()
