"""What a function's structured code looks like, found in one pass before anything is emitted.

The compiler walks the same body as `wasm_interp.lower`; this pass tells it in advance which labels
are branched to, where constructs end, and which hold calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wasm_interp import opcodes as wasm

if TYPE_CHECKING:
    from wasm_interp.module import Instr

FUNCTION: Final = -1
"""The construct that is the whole function."""

OPENS: Final = frozenset({wasm.BLOCK, wasm.LOOP, wasm.IF})
GROUP_MIN: Final = 3
"""How many blocks that begin at one place are made one Python loop."""
CALLS: Final = frozenset({wasm.CALL, wasm.CALL_INDIRECT})


@dataclass(slots=True)
class Construct:
    """A block, loop or if; ``start`` and ``end`` are indices of its first and last instruction.

    ``falls_to`` is the index of the first instruction after it that is not an ``end``: two
    constructs with the same one end at the same place. ``parent`` is the construct around it.
    ``members`` are, for the outermost of some blocks that begin at one place, the blocks that are
    branched to, the innermost first: a switch looks so, and its cases follow their ends.
    """

    start: int
    opcode: int
    parent: int
    end: int = 0
    falls_to: int = 0
    otherwise: int = 0
    targeted: bool = False
    calls: bool = False
    members: tuple[int, ...] = ()


def constructs_of(body: tuple[Instr, ...]) -> dict[int, Construct]:
    """Return every construct of ``body`` by the index of the instruction that opens it."""
    found = {FUNCTION: Construct(FUNCTION, FUNCTION, FUNCTION)}
    path = [found[FUNCTION]]
    for at, instr in enumerate(body):
        code = instr.opcode.code
        if code in OPENS:
            path.append(Construct(at, code, path[-1].start))
            found[at] = path[-1]
        elif code == wasm.ELSE:
            path[-1].otherwise = at
        elif code == wasm.END:
            path.pop().end = at
        elif code in {wasm.BR, wasm.BR_IF}:
            path[-1 - instr.a].targeted = True
        elif code == wasm.BR_TABLE:
            for depth in instr.labels:
                path[-1 - depth].targeted = True
        elif code in CALLS:
            for construct in path:
                construct.calls = True
    falls_to = [len(body)] * (len(body) + 1)
    for at in range(len(body) - 1, -1, -1):
        falls_to[at] = falls_to[at + 1] if body[at].opcode.code == wasm.END else at
    for construct in found.values():
        construct.falls_to = falls_to[construct.end]
    _find_groups(body, found)
    return found


def _find_groups(body: tuple[Instr, ...], found: dict[int, Construct]) -> None:
    at = 0
    while at < len(body):
        members = []
        first = at
        while body[at].opcode.code == wasm.BLOCK:
            if found[at].targeted:
                members.append(at)
            at += 1
        if len(members) >= GROUP_MIN:
            found[members[0]].members = tuple(reversed(members))
        at += at == first


def path_to(constructs: dict[int, Construct], start: int) -> frozenset[int]:
    """Return ``start`` and all constructs around it."""
    path = {FUNCTION}
    while start != FUNCTION:
        path.add(start)
        start = constructs[start].parent
    return frozenset(path)
