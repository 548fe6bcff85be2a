"""Running many cases: each runner takes a chunk, and chunks run on any executor.

`PythonRunner` is the reference itself, `EvmRunner` the contracts, `ChildRunner` any program that
speaks the protocol. A runner is a small value, so that it can be sent to where the work is done.

Not here: the child process (`conformance.child`), the EVM (`conformance.evm`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from conformance.errors import ExecutorFailed, MalformedVector
from conformance.executors import in_order
from conformance.json_text import canonical_json
from conformance.library import Fixture
from conformance.results import Outcome, Result
from merkle.errors import ChannelsError
from wasm_interp.errors import InputError

CHUNK_CASES: Final = 64
"""Cases that run one after the other, in one child process. It does not depend on the executor."""


class Runner(Protocol):
    """Something that answers cases."""

    def run(self, fixtures: Sequence[Fixture]) -> list[Result]:
        """Return the result of each case."""


def run_cases(executor: Executor, runner: Runner, fixtures: Sequence[Fixture]) -> Iterator[Result]:
    """Yield the result of every case, in the order of ``fixtures``."""
    starts = range(0, len(fixtures), CHUNK_CASES)
    chunks = [list(fixtures[start : start + CHUNK_CASES]) for start in starts]
    for results in in_order(executor, partial(run_chunk, runner), chunks):
        yield from results


def run_chunk(runner: Runner, fixtures: Sequence[Fixture]) -> list[Result]:
    """Return the results of one chunk. A function of a module, so that it can be sent.

    Errors of ours that hold fields do not survive the way back from another process.
    """
    try:
        return runner.run(fixtures)
    except InputError:
        raise
    except ChannelsError as error:
        raise ExecutorFailed(str(error)) from None


@dataclass(frozen=True, slots=True)
class PythonRunner:
    """The reference: what vectors were filled with."""

    def run(self, fixtures: Sequence[Fixture]) -> list[Result]:
        """Return the result of each case."""
        return [self._run(fixture) for fixture in fixtures]

    def _run(self, fixture: Fixture) -> Result:
        began = time.perf_counter()
        try:
            answer = fixture.function.answer(fixture.decoded())
        except MalformedVector as error:
            raise MalformedVector(f"{fixture.id}: {error}") from None
        return compared(fixture, answer, milliseconds=1_000 * (time.perf_counter() - began))


def compared(fixture: Fixture, answer: object, *, milliseconds: float = 0.0) -> Result:
    """Return the result of a case to which ``answer`` was given."""
    # As texts: to Python, 1 is true.
    same = canonical_json(answer) == canonical_json(fixture.expected)
    return Result(
        id=fixture.id,
        outcome=Outcome.PASSED if same else Outcome.DIFFERS,
        expected=fixture.expected,
        actual=answer,
        detail="" if same else difference(fixture.expected, answer),
        milliseconds=milliseconds,
    )


SHOWN_CHARACTERS_MAX: Final = 100


def difference(expected: object, actual: object, *, at: str = "") -> str:
    """Return one line that says where two answers differ first."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys(), key=str):
            if name not in actual or name not in expected:
                side = "missing" if name in expected else "not expected"
                other = ", ".join(sorted(f"'{key}'" for key in actual.keys() - expected.keys()))
                there = f"; {other} is there" if name in expected and other else ""
                return f"{at}{name}: {side}{there}"
            if expected[name] != actual[name]:
                return difference(expected[name], actual[name], at=f"{at}{name}: ")
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{at}{len(expected)} values expected, {len(actual)} given"
        for i, (one, other) in enumerate(zip(expected, actual, strict=True)):
            if one != other:
                return difference(one, other, at=f"{at}[{i}] ")
    return f"{at}expected {_shown(expected)}, not {_shown(actual)}"


def _shown(value: object) -> str:
    text = ascii(value)
    if len(text) <= SHOWN_CHARACTERS_MAX:
        return text
    half = SHOWN_CHARACTERS_MAX // 2
    return f"{text[:half]}…{text[-half:]}"
