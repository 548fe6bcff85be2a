"""Implementations that hang, die, print junk or without end lose the case in question alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.child import (
    LOST_IN_A_ROW_MAX,
    Child,
    ChildRunner,
    Lost,
    judged,
    request_of,
    try_implementation,
)
from conformance.errors import ImplementationUnusable, MalformedVector
from conformance.executors import open_executor
from conformance.library import Fixture
from conformance.results import Outcome, Result, summary, total
from conformance.runners import run_cases
from conformance.selection import select

HERE = Path(__file__).parent / "implementations"
SECONDS = 20.0


def faulty(fault: str, at: str, *, seconds: float = SECONDS) -> ChildRunner:
    command = (sys.executable, "-S", "-E", str(HERE / "faulty.py"), fault, at)
    return ChildRunner(command, ("word_tree",), seconds)


@pytest.fixture(scope="session")
def depths(smoke: list[Fixture]) -> list[Fixture]:
    """Four cases of one function."""
    return select(smoke, "word_tree/depth", "1/1")[-4:]


AT = "leaves_8"


def outcomes(results: Sequence[Result]) -> dict[str, Outcome]:
    return {result.id.rpartition("/")[2]: result.outcome for result in results}


FAULTS = {
    "hang": (Outcome.TIMED_OUT, "no answer within"),
    "die": (Outcome.CRASHED, "ended with exit status 3"),
    "signal": (Outcome.CRASHED, "killed by SIGABRT"),
    "close": (Outcome.CRASHED, "closed its output"),
    "empty": (Outcome.MALFORMED, "not valid JSON"),
    "text": (Outcome.MALFORMED, "not valid JSON"),
    "bytes": (Outcome.MALFORMED, "not valid JSON"),
    "nested": (Outcome.MALFORMED, "nested too deeply"),
    "number": (Outcome.MALFORMED, "must be an object"),
    "other_id": (Outcome.MALFORMED, "is to 'word_tree/depth/other'"),
    "no_answer": (Outcome.MALFORMED, "must have one of"),
    "two_answers": (Outcome.MALFORMED, "must have one of"),
    "two_lines": (Outcome.MALFORMED, "more than one line"),
    "flood": (Outcome.FLOODED, "more than"),
    "flood_of_lines": (Outcome.MALFORMED, "more than one line"),
    "stderr_and_die": (Outcome.CRASHED, "ended with exit status 4"),
    "grandchild": (Outcome.CRASHED, "ended with exit status 5"),
    "wrong": (Outcome.DIFFERS, "must be an integer"),
    "unknown_error": (Outcome.DIFFERS, "must be one of"),
    "wide_skip": (Outcome.MALFORMED, "skip: must be a text"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_one_case(fault: str, depths: list[Fixture]) -> None:
    ids = [fixture.id.rpartition("/")[2] for fixture in depths]
    seconds = 0.5 if fault in {"hang"} else SECONDS
    results = faulty(fault, AT, seconds=seconds).run(depths)
    expected, detail = FAULTS[fault]
    assert outcomes(results) == dict.fromkeys(ids, Outcome.PASSED) | {AT: expected}
    result = results[ids.index(AT)]
    assert detail in result.detail
    assert json.loads(result.request)["id"] == result.id


def test_a_line_too_late_is_blamed_on_its_case(depths: list[Fixture]) -> None:
    # The last one: between cases it is a race whether the line comes before the next question.
    last = depths[-1].id.rpartition("/")[2]
    results = faulty("late_line", f"depth/{last}").run(depths)
    failed = {id_ for id_, outcome in outcomes(results).items() if outcome.failed}
    assert failed <= {last}


def test_the_last_words_are_kept(depths: list[Fixture]) -> None:
    results = faulty("die", depths[0].id).run(depths[:1])
    assert results[0].stderr == "something went wrong\n"


def test_much_on_standard_error_does_no_harm(depths: list[Fixture]) -> None:
    results = faulty("stderr", depths[0].id).run(depths)
    assert {result.outcome for result in results} == {Outcome.PASSED}
    results = faulty("stderr_and_die", depths[0].id).run(depths[:1])
    assert results[0].stderr.endswith("the end\n")
    assert len(results[0].stderr) <= 64 * 1_024


def test_a_large_question_to_one_that_never_reads() -> None:
    # Larger than a pipe: writing it must not wait for ever.
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    child = Child(command)
    began = time.monotonic()
    with pytest.raises(Lost) as caught:
        child.ask("x" * 2_000_000, seconds=0.3)
    child.kill()
    assert caught.value.outcome is Outcome.TIMED_OUT
    assert time.monotonic() - began < 10


def test_what_a_dead_child_started_is_ended(depths: list[Fixture]) -> None:
    before = processes()
    faulty("grandchild", depths[0].id).run(depths[:2])
    faulty("hang", depths[0].id, seconds=0.5).run(depths[:2])
    assert processes() - before == set()


def processes() -> set[int]:
    """Return the processes that sleep for one of these tests."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if b"time.sleep(600)" in command or b"faulty.py" in command:
            found.add(int(entry.name))
    return found


def test_skipped_cases(depths: list[Fixture], smoke: list[Fixture]) -> None:
    results = faulty("skip", "depth").run(depths)
    assert {result.outcome for result in results} == {Outcome.SKIPPED}
    assert results[0].detail == "not today"
    steps = select(smoke, "step/call", "1/1")
    results = faulty("hang", "nothing").run(steps)
    assert {result.outcome for result in results} == {Outcome.SKIPPED}


def test_a_hopeless_implementation_is_abandoned(smoke: list[Fixture]) -> None:
    cases = select(smoke, "word_tree/open", "1/1")[: LOST_IN_A_ROW_MAX + 3]
    counts = Counter(result.outcome for result in faulty("text", "open").run(cases))
    assert counts == {Outcome.MALFORMED: LOST_IN_A_ROW_MAX, Outcome.ABANDONED: 3}


def test_wrong_answers_are_no_reason_to_abandon(smoke: list[Fixture]) -> None:
    cases = select(smoke, "word_tree/open", "1/1")[: LOST_IN_A_ROW_MAX + 3]
    counts = Counter(result.outcome for result in faulty("wrong", "open").run(cases))
    assert counts == {Outcome.DIFFERS: LOST_IN_A_ROW_MAX + 3}


@pytest.mark.parametrize("executor", ["inline", "threads:2"])
def test_chunks_run_anywhere_in_order(executor: str, smoke: list[Fixture]) -> None:
    cases = select(smoke, "word_tree", "1/1")
    with open_executor(executor) as running:
        results = list(run_cases(running, faulty("die", "open/index_30"), cases))
    assert [result.id for result in results] == [fixture.id for fixture in cases]
    assert total(summary(results)).failed == 1


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("junk", "not valid JSON"),
        ("fields", "the field 'formats' is missing"),
        ("end", "ended with exit status 2; it says: no such option"),
    ],
)
def test_an_implementation_without_handshake(how: str, says: str) -> None:
    command = [sys.executable, str(HERE / "no_handshake.py"), how]
    with pytest.raises(ImplementationUnusable) as caught:
        try_implementation(command)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_implementation_that_is_not_there(tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("no program")
    for command in ("/nonexistent/implementation", str(plain), "", "a\0b"):
        with pytest.raises(ImplementationUnusable, match="cannot be started"):
            try_implementation([command])


def test_an_introduction() -> None:
    said = try_implementation([sys.executable, str(HERE / "faulty.py"), "", "x"])
    assert (said.implementation, said.version, said.formats) == ("faulty", "1", ("word_tree",))


def test_true_is_not_one(smoke: list[Fixture]) -> None:
    accepted = next(f for f in smoke if f.expected == {"output": True})
    assert (
        judged(accepted, json.dumps({"id": accepted.id, "output": True})).outcome.value == "passed"
    )
    result = judged(accepted, json.dumps({"id": accepted.id, "output": 1}))
    assert result.outcome is Outcome.DIFFERS
    assert "must be true" in result.detail


def test_a_request_does_not_tell_the_answer(smoke: list[Fixture]) -> None:
    for fixture in smoke:
        assert json.loads(request_of(fixture)).keys() == {"id", "format", "function", "input"}


def test_an_answer_that_is_no_answer(smoke: list[Fixture]) -> None:
    for line in ("null", "[]", "{}", '{"id": 1}', '{"output": 1}'):
        with pytest.raises(MalformedVector):
            judged(smoke[0], line)


def test_no_process_is_left(depths: list[Fixture], monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests of this worker may have children of their own.
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def recorded(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        child: subprocess.Popen[bytes] = start(*args, **options)
        started.append(child)
        return child

    monkeypatch.setattr(subprocess, "Popen", recorded)
    faulty("die", "nothing").run(depths)
    assert started
    for child in started:
        with pytest.raises(ChildProcessError):
            # It has been waited for.
            os.waitpid(child.pid, os.WNOHANG)
