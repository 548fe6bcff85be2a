"""Plain steps: every instruction but those of rows, with operands that make it dear.

Not here: rows (`rows`), the game (`game`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.gas.machines import VALUE_I32, VALUE_I64, Bench
from wasm_interp import Machine
from wasm_interp.instructions import INSTRUCTIONS, Family, Instruction, Shape
from wasm_interp.opcodes import OPCODES, ValueType

OPERANDS: Final[dict[str, tuple[int, ...]]] = {
    "jump_if": (VALUE_I32,),
    "jump_unless": (0,),
    "jump_table": (VALUE_I32,),
    "drop": (),
    "drop_under": (),
    "select": (VALUE_I32,),
    "local.set": (VALUE_I64,),
    "local.tee": (VALUE_I64,),
    "global.set": (VALUE_I64,),
    "memory.grow": (),
}
"""What stands on the stack besides the two operands that are always there."""

READ_MAX: Final = 1_024


def steps(bench: Bench) -> Iterator[tuple[str, Machine]]:
    """Yield a name and a machine for every way to go that has a price of its own."""
    for row in INSTRUCTIONS.values():
        match row.family:
            case Family.NUMERIC:
                yield from _numeric(bench, row)
            case Family.MEMORY if "width" in row.params:
                yield from _access(bench, row)
            case Family.HOST:
                continue
            case _:
                yield from _other(bench, row)
    yield from _stopped(bench)


def messages(bench: Bench) -> Iterator[tuple[str, Machine]]:
    """Yield the steps that read the message, whose payload is the longest."""
    for name in ("channel.message_size", "channel.sender", "channel.turn"):
        yield name, bench.standing(name)
    name = "channel.message_read"
    for length in (32, READ_MAX):
        out = bench.across(length)
        yield f"{name}, {length:,} of 4,096 bytes", bench.standing(name, (out, 1_111, length))


def _numeric(bench: Bench, row: Instruction) -> Iterator[tuple[str, Machine]]:
    kinds = OPCODES[row.code].pops
    value = VALUE_I32 if kinds[0] is ValueType.I32 else VALUE_I64
    yield row.name, bench.standing(row.name, (value, value - 3)[-len(kinds) :])
    if row.shape is Shape.BINARY and row.name[4:7] in {"div", "rem"}:
        yield f"{row.name}, by zero", bench.standing(row.name, (value, 0))


def _access(bench: Bench, row: Instruction) -> Iterator[tuple[str, Machine]]:
    width = row.params["width"]
    value = (VALUE_I64,) if row.name.split(".")[1].startswith("store") else ()
    places = {"one leaf": bench.middle + 64}
    if width > 1:
        places["two leaves"] = bench.middle - 1
    for place, address in places.items():
        base = address - bench.size.offset
        yield f"{row.name}, {place}", bench.standing(row.name, (base, *value))
    outside = 0xF1F2_F3F4
    yield f"{row.name}, out of bounds", bench.standing(row.name, (outside, *value))


def _other(bench: Bench, row: Instruction) -> Iterator[tuple[str, Machine]]:
    if row.name == "memory.grow":
        for delta in (0, 256 - bench.size.pages, 256):
            yield f"memory.grow, by {delta}", bench.standing(row.name, (delta,))
    elif row.name == "call_indirect":
        for index, what in ((bench.size.table - 1, ""), (0, ", null"), (VALUE_I32, ", beyond")):
            yield f"{row.name}{what}", bench.standing(row.name, (index,))
    else:
        yield row.name, bench.standing(row.name, OPERANDS.get(row.name, ()))
    if row.name == "halt":
        yield "halt, no result", bench.standing("halt 0")


def _stopped(bench: Bench) -> Iterator[tuple[str, Machine]]:
    halted = bench.standing("halt")
    halted.step()
    yield "stopped: halted", halted
    spent = bench.standing("drop")
    spent.fuel = 0
    yield "stopped: out of fuel", spent
