"""An implementation under test: a child process that answers cases, one JSON line each.

Theory of operation:

1. The child is started in a session of its own and gets the handshake; what it does not answer in
   time, or not with what the protocol asks for, is not an implementation.
2. One case is asked at a time. The answer is one line; nothing may stand behind it.
3. Whatever goes wrong (an end, silence, junk, a flood) costs the case that was asked: the child
   and all that it started are killed, and a new one is started for the next case.
4. Nothing is read without a limit: a line has a greatest length, of standard error only the last
   bytes are kept, and starts that fail one after the other end the chunk.

Not here: the protocol in prose (docs/vectors.md).
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Any, Final

from conformance.errors import ImplementationUnusable, MalformedVector
from conformance.formats import FORMATS
from conformance.json_text import canonical_json, parse_json
from conformance.library import Fixture, check_answer
from conformance.results import Outcome, Result
from conformance.runners import compared
from conformance.shapes import ListOf, Record, Text
from wasm_interp.errors import printable

PROTOCOL: Final = 1
LINE_BYTES_MAX: Final = 16 * 2**20
STDERR_BYTES_MAX: Final = 64 * 1_024
ACTUAL_CHARACTERS_MAX: Final = 10_000
START_SECONDS: Final = 30.0
"""For the handshake: interpreters and virtual machines take their time."""
STOP_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.1
"""How often a silent child is asked whether it has ended."""
LOST_IN_A_ROW_MAX: Final = 20
"""So many cases lost one after the other, and the rest of the chunk is abandoned."""

HANDSHAKE: Final = {
    "protocol": PROTOCOL,
    "formats": {name: made.version for name, made in FORMATS.items()},
}
_ANSWER: Final = Record(
    {"implementation": Text(100), "version": Text(100), "formats": ListOf(Text(100), most=100)}
)


@dataclass(frozen=True, slots=True)
class Introduction:
    """What an implementation says of itself."""

    implementation: str
    version: str
    formats: tuple[str, ...]


class Lost(Exception):
    """The child cannot go on. ``answer`` is what it said, if anything."""

    def __init__(self, outcome: Outcome, detail: str, answer: str = "") -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.answer = answer


class Child:
    """A running implementation, its pipes read and written with limits."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start ``command``. Raises `ImplementationUnusable` if there is no such program."""
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            name = printable(command[0])
            raise ImplementationUnusable(f"'{name}' cannot be started: {reason}") from None
        self._output = bytearray()
        self._stderr = bytearray()
        self._pending = memoryview(b"")
        self._selector = selectors.DefaultSelector()
        for pipe in (self._process.stdout, self._process.stderr):
            self._watch(pipe, selectors.EVENT_READ)
        os.set_blocking(self._stdin.fileno(), False)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _watch(self, pipe: IO[bytes] | None, event: int) -> None:
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, event)

    @property
    def stderr(self) -> str:
        """The last bytes of standard error, as text."""
        return self._stderr.decode("utf-8", errors="replace")

    def ask(self, request: str, *, seconds: float) -> str:
        """Write one line and return the line that answers it. Raises `Lost`."""
        self._pending = memoryview(f"{request}\n".encode())
        deadline = time.monotonic() + seconds
        self._selector.register(self._stdin, selectors.EVENT_WRITE)
        while b"\n" not in self._output:
            self._turn(deadline, seconds)
        line, _, rest = bytes(self._output).partition(b"\n")
        self._output.clear()
        text = line.decode("utf-8", errors="replace")
        if self._pending:
            raise Lost(Outcome.MALFORMED, "answered before it had read the whole request", text)
        if rest:
            raise Lost(Outcome.MALFORMED, "wrote more than one line", text)
        return text

    def _turn(self, deadline: float, seconds: float) -> None:
        """Wait for a pipe and serve it."""
        # Asked before the pipes are: what it wrote before it ended is still to be read.
        ended = self._process.poll() is not None
        remaining = min(deadline - time.monotonic(), POLL_SECONDS)
        events = self._selector.select(max(remaining, 0))
        if not events and ended:
            # Something that it started holds its output open, and may for ever.
            raise Lost(Outcome.CRASHED, self._end(), self._said())
        if time.monotonic() >= deadline:
            raise Lost(Outcome.TIMED_OUT, f"no answer within {seconds:g} s", self._said())
        for key, _ in events:
            if key.fileobj is self._process.stdin:
                self._write()
            else:
                self._read(key.fileobj is self._process.stdout)

    def _write(self) -> None:
        try:
            written = os.write(self._stdin.fileno(), self._pending)
        except BlockingIOError:
            return
        except OSError:
            # It has closed its input: what it still says, and how it ends, tells more.
            written = len(self._pending)
        self._pending = self._pending[written:]
        if not self._pending:
            self._selector.unregister(self._stdin)

    def _read(self, is_stdout: bool) -> None:
        pipe = self._process.stdout if is_stdout else self._process.stderr
        assert pipe is not None
        try:
            data = os.read(pipe.fileno(), 65_536)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(pipe)
            if is_stdout:
                raise Lost(Outcome.CRASHED, self._end(), self._said())
        elif is_stdout:
            self._output += data
            # Whether or not a line ends in it: no answer is as long as this.
            if len(self._output) > LINE_BYTES_MAX:
                said = self._said()
                self._output.clear()
                raise Lost(Outcome.FLOODED, f"a line of more than {LINE_BYTES_MAX} bytes", said)
        else:
            self._stderr += data
            del self._stderr[:-STDERR_BYTES_MAX]

    def _said(self) -> str:
        return self._output[:ACTUAL_CHARACTERS_MAX].decode("utf-8", errors="replace")

    def _end(self) -> str:
        """Say how the process ended, having waited for it a little."""
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its output"
        self._drain_stderr()
        if code < 0:
            with suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}"
        return f"ended with exit status {code}"

    def _drain_stderr(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        with suppress(BlockingIOError, OSError):
            # Bounded: a grandchild may hold the pipe and go on writing.
            for _ in range(STDERR_BYTES_MAX // 4_096):
                data = os.read(pipe.fileno(), 4_096)
                if not data:
                    break
                self._stderr += data

    def stray_output(self) -> bool:
        """Return whether the child has written something that nobody asked for."""
        if self._output:
            return True
        for key, _ in self._selector.select(0):
            try:
                self._read(key.fileobj is self._process.stdout)
            except Lost:
                # It has ended after its answer; the next request will find no reader.
                return False
        return bool(self._output)

    def close(self) -> None:
        """End the child's input, wait a little, and kill it and all that it started."""
        with suppress(OSError):
            self._stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Kill the child's session: what it started, too, and even after it has ended."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def introduce(child: Child) -> Introduction:
    """Shake hands. Raises `Lost`, `MalformedVector`."""
    line = child.ask(canonical_json(HANDSHAKE), seconds=START_SECONDS)
    contents = parse_json(line, what="the handshake")
    if isinstance(contents, dict):
        # More than the protocol asks for is welcome: a language, a commit.
        contents = {name: contents[name] for name in _ANSWER.fields if name in contents}
    return Introduction(**_ANSWER.decode(contents, at="the handshake"))


def try_implementation(command: Sequence[str]) -> Introduction:
    """Start an implementation once and return what it says of itself.

    Raises `ImplementationUnusable`: one clear line before any case is run.
    """
    child = Child(command)
    try:
        return introduce(child)
    except (Lost, MalformedVector) as error:
        said = printable(" ".join(child.stderr.split())[-200:])
        reason = f"{error}" + (f"; it says: {said}" if said else "")
        raise ImplementationUnusable(
            f"'{printable(command[0])}' does not answer the handshake: {reason}"
        ) from None
    finally:
        child.kill()


@dataclass(frozen=True, slots=True)
class ChildRunner:
    """An implementation by its command. ``seconds`` is how long one case may take."""

    command: tuple[str, ...]
    formats: tuple[str, ...]
    seconds: float = 10.0

    def run(self, fixtures: Sequence[Fixture]) -> list[Result]:
        """Return the result of each case, all asked of one child as long as it goes on."""
        return _Chunk(self).run(fixtures)


class _Chunk:
    """Cases asked of one child after the other."""

    def __init__(self, runner: ChildRunner) -> None:
        self.runner = runner
        self.child: Child | None = None
        self.results: list[Result] = []
        self.lost = 0

    def run(self, fixtures: Sequence[Fixture]) -> list[Result]:
        try:
            for fixture in fixtures:
                self.results.append(self._result(fixture))
        finally:
            if self.child is not None:
                self._check_stray()
                if self.child is not None:
                    self.child.close()
        return self.results

    def _result(self, fixture: Fixture) -> Result:
        if fixture.format.name not in self.runner.formats:
            return Result(
                id=fixture.id,
                outcome=Outcome.SKIPPED,
                expected=fixture.expected,
                detail="the implementation has not this format",
            )
        if self.lost >= LOST_IN_A_ROW_MAX:
            return Result(
                id=fixture.id,
                outcome=Outcome.ABANDONED,
                expected=fixture.expected,
                detail=f"{LOST_IN_A_ROW_MAX} cases before it were lost in a row",
            )
        self._check_stray()
        result = self._asked(fixture)
        self.lost = self.lost + 1 if result.outcome.lost else 0
        return result

    def _check_stray(self) -> None:
        """Blame what was written unasked on the case before, which is the last that was asked."""
        if self.child is None or not self.results or not self.child.stray_output():
            return
        last = self.results[-1]
        if last.outcome is not Outcome.SKIPPED:
            self.results[-1] = replace(
                last, outcome=Outcome.MALFORMED, detail="wrote more than one line"
            )
        self._drop()

    def _drop(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child = None

    def _asked(self, fixture: Fixture) -> Result:
        request = request_of(fixture)
        began = time.perf_counter()
        line = ""
        try:
            if self.child is None:
                self._start()
            assert self.child is not None
            line = self.child.ask(request, seconds=self.runner.seconds)
            result = judged(fixture, line)
        except (Lost, MalformedVector, ImplementationUnusable) as error:
            result = self._lost(fixture, error, line)
            self._drop()
        spent = 1_000 * (time.perf_counter() - began)
        return replace(result, request=request, milliseconds=spent)

    def _start(self) -> None:
        self.child = Child(self.runner.command)
        try:
            introduce(self.child)
        except (Lost, MalformedVector) as error:
            outcome = error.outcome if isinstance(error, Lost) else Outcome.MALFORMED
            raise Lost(outcome, f"when started anew: {error}") from None

    def _lost(self, fixture: Fixture, error: Exception, line: str) -> Result:
        outcome = Outcome.MALFORMED
        answer = line
        if isinstance(error, Lost):
            outcome, answer = error.outcome, error.answer
        elif isinstance(error, ImplementationUnusable):
            outcome = Outcome.CRASHED
        return Result(
            id=fixture.id,
            outcome=outcome,
            expected=fixture.expected,
            actual=answer[:ACTUAL_CHARACTERS_MAX] or None,
            detail=str(error),
            stderr="" if self.child is None else self.child.stderr,
        )


def request_of(fixture: Fixture) -> str:
    """Return the line that asks a case."""
    return canonical_json(
        {
            "id": fixture.id,
            "format": fixture.format.name,
            "function": fixture.function.name,
            "input": fixture.input,
        }
    )


def judged(fixture: Fixture, line: str) -> Result:
    """Return the result of a case that ``line`` answers. Raises `MalformedVector`.

    What is no answer at all is malformed; what is one, but another than expected, differs.
    """
    contents = parse_json(line, what="the answer")
    if not isinstance(contents, dict):
        raise MalformedVector("the answer: must be an object")
    if contents.get("id") != fixture.id:
        raise MalformedVector(f"the answer: is to {ascii(contents.get('id'))[:100]}")
    answer: Mapping[str, Any] = {name: contents[name] for name in contents if name != "id"}
    if len(answer) != 1 or not answer.keys() <= {"output", "error", "skip"}:
        raise MalformedVector("the answer: must have one of 'output', 'error' and 'skip'")
    if "skip" in answer:
        reason = Text().decode(answer["skip"], at="skip")
        return Result(
            id=fixture.id, outcome=Outcome.SKIPPED, expected=fixture.expected, detail=reason
        )
    result = compared(fixture, answer)
    if result.outcome is Outcome.DIFFERS:
        try:
            check_answer(answer, fixture.function, at="the answer")
        except MalformedVector as error:
            # Still a difference, and the child goes on; but the shape is what is wrong.
            return replace(result, detail=str(error))
    return result
