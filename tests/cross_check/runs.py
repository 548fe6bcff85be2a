"""Whole runs to take apart into steps: logs of the examples, generated modules, the official suite.

Not here: machines that stand before one instruction (`tests.bisection.machines`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bisection.calldata import StepProof
from bisection.witness import prove_steps
from cli.files import read_messages, read_program, read_rows
from merkle import OrderedMap
from tests.languages import EXAMPLES
from tests.wasm_interp.generator import Options, seeded_module
from wasm_interp import Machine, Message, load
from wasm_interp.instructions import INSTRUCTIONS, Family
from wasm_interp.machine import Tier
from wasm_interp.profile import PROFILE_V1
from wasm_interp.script import instance
from wasm_interp.script.runner import run_script

SMALL = Options(functions_max=3, budget=30, counter_max=8, host=True)
ROWS = OrderedMap.from_rows(
    [(b"\0", b"abc"), (b"\0\0", b""), (b"ab", b"y" * 1_024), (b"\xff", b"")]
)
MESSAGE = Message(turn=2**63 + 5, sender=2**31 + 1, payload=bytes(range(40)))
FUEL = 20_000


@dataclass(frozen=True, kw_only=True)
class Log:
    """A reducer, the messages that it reduces, and the rows that it starts from."""

    reducer: Path
    messages: Path
    rows: Path

    @property
    def name(self) -> str:
        return f"{self.reducer.parent.relative_to(EXAMPLES).as_posix()}-{self.messages.stem}"

    def machines(self) -> Iterator[Machine]:
        """Yield a machine at the start of each message; it must be run before the next one."""
        program = read_program(self.reducer, reducer=True)
        rows = read_rows(self.rows if self.rows.exists() else None, program)
        turn = 1
        for entry in read_messages(self.messages):
            machine = program.start(rows, entry.message(turn, participants=2))
            yield machine
            assert not machine.running, "the test has run the machine to its end"
            if machine.accepted:
                rows = machine.rows
                turn += 1


def example(folder: str, messages: str = "messages.jsonl") -> Log:
    """Return a log of an example of its own folder."""
    home = EXAMPLES / folder
    [reducer] = home.glob("*.wasm")
    return Log(reducer=reducer, messages=home / messages, rows=home / "rows.json")


def in_language(folder: Path) -> Log:
    """Return a game of the db form of Tic-Tac-Toe, in the language of ``folder``."""
    return Log(
        reducer=folder / "tic_tac_toe.wasm",
        messages=EXAMPLES / "tic_tac_toe" / "x_wins.jsonl",
        rows=folder.parent / "rows.json",
    )


DB_FORMS = {
    path.parent.name: in_language(path.parent) for path in EXAMPLES.glob("tic_tac_toe_db/*/*.wasm")
}

GAMES = (
    *(example("tic_tac_toe", f"{game}.jsonl") for game in ("x_wins", "draw", "refused")),
    *(DB_FORMS[language] for language in ("assemblyscript", "c")),
)
"""Games that are won, drawn, and full of moves that are refused."""

SHORT = (example("auction"),)
LONG = (
    *(example(folder) for folder in ("dice", "document", "tactics")),
    *(example("tic_tac_toe", f"{game}.jsonl") for game in ("o_wins", "x_wins_full_board")),
    *(DB_FORMS[language] for language in ("rust", "zig")),
)
"""What the default run takes a sample of."""


def sampled(machine: Machine, met: Counter[int], *, first: int, stride: int) -> Iterator[StepProof]:
    """Run ``machine`` to its end; yield the proofs of some of its steps.

    These are the ``first`` of each instruction that ``met`` counts, all of rows and messages, and
    every ``stride``th.
    """
    while machine.running:
        word = machine.word()
        assert word is not None
        met[word.code] += 1
        of_host = INSTRUCTIONS[word.code].family is Family.HOST
        if met[word.code] <= first or of_host or machine.steps % stride == 0:
            yield from prove_steps(machine, 1)
        else:
            machine.step()


def generated_steps(seed: int, *, steps_max: int) -> Iterator[StepProof]:
    """Yield the first steps of every call of a generated module."""
    generated = seeded_module(seed, SMALL)
    program = load(generated.wasm, fuel=FUEL)
    for call in generated.calls:
        machine = program.call(call.export, call.args, rows=ROWS, message=MESSAGE)
        yield from prove_steps(machine, steps_max if machine.running else 0)


class _ShowingMachine(Machine):
    """A machine that shows the proofs of its first steps before it runs on."""

    __slots__ = ()
    show: Callable[[Machine], None]

    def run(self, max_steps: int | None = None, *, tier: Tier = Tier.STEPPER) -> int:
        before = self.steps
        if self.memory_max <= PROFILE_V1.memory_pages_max:
            # An instance goes on with the memory of its last action: all of it may be new.
            self.untracked = True
            type(self).show(self)
        super().run(max_steps, tier=tier)
        return self.steps - before


@contextmanager
def shown(show: Callable[[Machine], None]) -> Iterator[None]:
    """Let ``show`` see every machine of a script before it runs; it may take steps with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ShowingMachine, "show", staticmethod(show), raising=False)
        patch.setattr(instance, "Machine", _ShowingMachine)
        yield


def run_suite(script: Path, show: Callable[[Machine], None]) -> None:
    """Run a script of the official suite, of which ``show`` sees every machine."""
    with shown(show):
        report = run_script(script.read_text(encoding="utf-8"), file=script.name)
    assert report.error is None
    assert report.failed == 0
