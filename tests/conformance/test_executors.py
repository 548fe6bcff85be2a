"""Executors by name: they run the same tasks in the same order, and fail in one line."""

from __future__ import annotations

import importlib.util
import os
import time

import pytest

from conformance.errors import ExecutorFailed
from conformance.executors import InlineExecutor, in_order, open_executor
from conformance.fill import fill
from conformance.format import VectorSet
from tests.languages import missing
from wasm_interp.errors import InputError

NAMES = ["inline", "threads", "threads:2", "processes:2"]


def square(number: int) -> int:
    # The first tasks take the longest: order must not come from who is done first.
    time.sleep(0.02 if number < 2 else 0)
    return number * number


def die(_: int) -> int:
    os._exit(1)


def refuse(number: int) -> int:
    raise InputError(f"no {number}")


@pytest.mark.parametrize("name", NAMES)
def test_results_come_in_the_order_of_the_tasks(name: str) -> None:
    with open_executor(name) as executor:
        assert list(in_order(executor, square, range(6))) == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_of_a_task_comes_back(name: str) -> None:
    with open_executor(name) as executor, pytest.raises(InputError, match="no 0"):
        list(in_order(executor, refuse, range(3)))


def test_a_worker_that_dies_is_one_error() -> None:
    with pytest.raises(ExecutorFailed, match="worker"), open_executor("processes:1") as executor:
        list(in_order(executor, die, range(2)))


def test_a_cluster_fills_the_same_bytes(smoke_texts: dict[str, str]) -> None:
    if importlib.util.find_spec("distributed") is None:
        missing("no Dask: pip install distributed (the extra `dask`)")
    with open_executor("dask") as executor:
        assert fill(executor, VectorSet.SMOKE) == smoke_texts


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "is no executor; there is: inline"),
        ("inline:2", "is no executor"),
        ("fork", "is no executor"),
        ("threads:0", "no number of workers from 1 to 256"),
        ("threads:1e3", "no number of workers"),
        ("processes:-1", "no number of workers"),
        ("processes:99999999999999999999", "no number of workers"),
        ("\x1b[31m", "is no executor"),
    ],
)
def test_an_unknown_executor(name: str, says: str) -> None:
    with pytest.raises(InputError) as caught, open_executor(name):
        pass
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_cluster_that_is_not_there() -> None:
    with pytest.raises(ExecutorFailed), open_executor("dask:tcp://127.0.0.1:1"):
        pass


def test_an_inline_task_keeps_its_error() -> None:
    future = InlineExecutor().submit(refuse, 1)
    assert isinstance(future.exception(), InputError)
