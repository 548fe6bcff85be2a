"""The turn that is disputed: 2^24 - 1 units of fuel, and the dearest plain step among its own.

The liar's run is true up to that step, so every game ends there, whatever the arity is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from bisection.expansion import STEPS
from bisection.players.knowledge import Knowledge
from channel.dispute.cases import DisputeCase, demo_key
from channel.ids import Address
from channel.log import MessageLog
from merkle import OrderedMap
from wasm_interp import Message, Program, load

PROGRAM: Final = Path(__file__).parents[1] / "programs" / "dispute.wasm"
PAYLOAD: Final = b"a message"
MIDDLE: Final = 2**23
"""The middle of 256 pages, in bytes."""

STORE: Final = "i64.store 0"
STEPS_PER_STORE: Final = 17
FIRST_STORE: Final = 10
"""Where the first store of the loop is in the run, and how far apart they are, in steps."""
STRIDE: Final = 36
WINDOW_BYTES: Final = 2**16


@cache
def program() -> Program:
    """Return the program."""
    return load(PROGRAM.read_bytes())


def case() -> DisputeCase:
    """Return a channel of two in which the turn is the first one."""
    return DisputeCase(
        program=program(),
        rows=OrderedMap(),
        payloads=(PAYLOAD,),
        keys=(demo_key(0), demo_key(1)),
    )


def knowledge() -> Knowledge:
    """Return what a side knows that has run the turn before, and keeps nothing of that."""
    message = Message(turn=1, sender=0, payload=PAYLOAD)
    rows, log = OrderedMap(), MessageLog()
    return Knowledge(
        program(),
        base=0,
        rows=(rows, rows),
        messages=(message,),
        log_roots=(log.root, log.append(message.hash()).root),
        participants=tuple(Address(key.public_key.to_canonical_address()) for key in case().keys),
    )


@cache
def dearest_step() -> int:
    """Return the step that stores across the middle of memory, nearest to two thirds of the run.

    Two thirds are in the middle of no bisection: neither side gets halves for nothing.
    """
    stores = range(FIRST_STORE, 2 * STEPS // 3, STEPS_PER_STORE)
    across = next(
        step
        for step in reversed(stores)
        if (step - FIRST_STORE) // STEPS_PER_STORE * STRIDE % WINDOW_BYTES == WINDOW_BYTES // 2
    )
    known = knowledge()
    machine = known.run(known.message(1)).machine(across)
    word = machine.word()
    assert word is not None
    assert program().text(word) == STORE
    assert machine.stack[-2] == MIDDLE - 4, "the store lies in the two leaves at the middle"
    return across
