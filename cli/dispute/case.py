"""The channel that a dispute is about: a reducer, rows, and the accepted messages of a log.

Spec: docs/spec/channel.md, C-2, C-3; docs/spec/turn.md, T-6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from wasm_interp.errors import InputError
from wasm_interp.machine import Tier
from wasm_interp.turn import LogEntry, reduce

if TYPE_CHECKING:
    from channel.dispute import DisputeCase
    from merkle import OrderedMap
    from wasm_interp.program import Program

TURN_RANGE: Final = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")


def dispute_case(
    program: Program, rows: OrderedMap, log: Sequence[LogEntry], *, participants: int, turns: str
) -> DisputeCase:
    """Return the channel whose turns are the accepted messages of ``log``.

    ``turns`` is which of them are claimed: all if it is empty, else ``5`` or ``2-5``; the state
    before them is the one that all have signed. Raises `InputError`.
    """
    from channel.dispute import DisputeCase
    from channel.dispute.cases import demo_key

    payloads = list(_turns(program, rows, log, participants=participants))
    if not payloads:
        raise InputError("no message of the log is accepted, so there is no turn to claim")
    first, last = turn_range(turns, last=len(payloads))
    return DisputeCase(
        program=program,
        rows=rows,
        payloads=tuple(payloads[:last]),
        keys=tuple(demo_key(index) for index in range(participants)),
        base=first - 1,
        claim=last,
    )


def _turns(
    program: Program, rows: OrderedMap, log: Sequence[LogEntry], *, participants: int
) -> Iterator[bytes]:
    """Yield the payloads of the turns; a message that is not accepted is none (T-6)."""
    turn = 1
    for number, entry in enumerate(log, start=1):
        message = entry.message(turn, participants=participants)
        outcome = reduce(program, rows, message, tier=Tier.COMPILED)
        if not outcome.accepted:
            continue
        mover = (turn - 1) % participants
        if message.sender != mover:
            raise InputError(
                f"message {number} is accepted from participant {message.sender}, "
                f"but turn {turn} is participant {mover}'s (C-3)"
            )
        yield entry.payload
        rows, turn = outcome.rows, turn + 1


def turn_range(turns: str, *, last: int) -> tuple[int, int]:
    """Return the first and the last turn that are claimed. Raises `InputError`."""
    if not turns:
        return 1, last
    found = TURN_RANGE.fullmatch(turns)
    if found is None:
        raise InputError("--turn must be a turn, as 5, or a range of turns, as 2-5")
    end = int(found[2] or found[1])
    begin = int(found[1])
    if not 1 <= begin <= end <= last:
        raise InputError(f"--turn {turns} is not in the log, which has turns 1 to {last}")
    return begin, end
