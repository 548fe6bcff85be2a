"""Machines that stand before one instruction: each instruction, and each way that it can go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from merkle import OrderedMap
from wasm_interp import Machine, Message, Program, TrapCode, load
from wasm_interp import instructions as ins
from wasm_interp.instructions import INSTRUCTIONS, Family, Shape, Word
from wasm_interp.opcodes import OPCODES, ValueType
from wasm_interp.profile import PAGE_BYTES

CODE: Final = {row.name: code for code, row in INSTRUCTIONS.items()}
KEY: Final = b"key"
VALUE: Final = bytes(range(100, 150))
MEMORY: Final = bytes(PAGE_BYTES - 64) + VALUE.ljust(64, b"\xee")
ROWS: Final = OrderedMap.from_rows(
    [(b"a", b"1"), (b"ab", b"12"), (KEY, VALUE), (b"key0", b""), (b"z" * 80, b"v" * 1024)]
)
MESSAGE: Final = Message(turn=2**40 + 1, sender=3, payload=bytes(range(70)))
TABLE: Final = (0, 5 << 32 | 77, 6 << 32 | 78)
END: Final = PAGE_BYTES
U32: Final = 2**32 - 1
KEY_AT: Final = 30
OUT: Final = 1_000
"""Where the scenarios of rows have their key, and where they write."""


@cache
def base() -> Program:
    """A program of one page of at most four, seven globals and three table entries."""
    program = load(b"\0asm\1\0\0\0" + bytes([5, 4, 1, 1, 1, 4]))
    memory = bytearray(MEMORY)
    memory[KEY_AT : KEY_AT + 4] = b"key0"
    memory[200:280] = b"z" * 80
    numbers = tuple(1 << (9 * at) for at in range(7))
    return replace(program, memory=bytes(memory), globals=(*numbers, 0), table=TABLE)


def standing(
    word: Word,
    stack: Sequence[int] = (),
    *,
    pc: int = 1,
    length: int = 4,
    rows: OrderedMap = ROWS,
    fuel: int = 100_000,
    message: Message = MESSAGE,
    program: Program | None = None,
) -> Machine:
    """Return a machine about to execute ``word``, with two operands below those of ``stack``.

    The code has ``length`` instructions.
    """
    words = [Word(ins.HALT), Word(ins.JUMP, 4), Word(ins.ENTER, 2)]
    words.insert(pc, word)
    m = Machine(
        replace(program or base(), words=tuple(words[:length])),
        pc=pc,
        stack=[11, 2**64 - 12, *stack],
        return_pcs=[0, 2],
        rows=rows,
        message=message,
        fuel=fuel,
    )
    m.locals = [at + 2**40 for at in range(16)]
    m.frames[-1] = (2, [7, 8, 9, 10])
    return m


def operands_of(code: int) -> tuple[int, ...]:
    """Return operands with which a numeric instruction does not trap."""
    kinds = OPCODES[code].pops
    first = 0x8000_00F5 if kinds[0] is ValueType.I32 else 0x8000_0000_9000_00F5
    return (first, 7)[: len(kinds)]


def numeric() -> Iterator[tuple[str, Machine]]:
    for code, row in INSTRUCTIONS.items():
        if row.family is Family.NUMERIC:
            yield row.name, standing(Word(code), operands_of(code))
            if row.shape is Shape.BINARY and row.name[4:7] in {"div", "rem"}:
                yield f"{row.name}: by zero", standing(Word(code), (7, 0))
    least = {"i32": (2**31, 2**32 - 1), "i64": (2**63, 2**64 - 1)}
    for kind, operands in least.items():
        for name in (f"{kind}.div_s", f"{kind}.rem_s"):
            yield f"{name}: least by -1", standing(Word(CODE[name]), operands)


def variable() -> Iterator[tuple[str, Machine]]:
    yield "drop", standing(Word(CODE["drop"]))
    yield "drop_under", standing(Word(ins.DROP_UNDER))
    yield "select: first", standing(Word(CODE["select"]), (1,))
    yield "select: second", standing(Word(CODE["select"]), (0,))
    yield "i32.const", standing(Word(CODE["i32.const"], b=U32))
    yield "i64.const", standing(Word(CODE["i64.const"], b=2**64 - 2), pc=2)
    for name in ("local.get", "local.set", "local.tee", "global.get", "global.set"):
        yield name, standing(Word(CODE[name], 6), (42,))


def control() -> Iterator[tuple[str, Machine]]:
    yield "jump", standing(Word(ins.JUMP, 3), pc=0)
    for name in ("jump_if", "jump_unless"):
        yield f"{name}: zero", standing(Word(CODE[name], 3), (0,))
        yield f"{name}: not zero", standing(Word(CODE[name], 3), (2**31,))
    yield "jump_table: in the row", standing(Word(ins.JUMP_TABLE, 2), (1,))
    yield "jump_table: last", standing(Word(ins.JUMP_TABLE, 1), (U32,))
    yield "enter", standing(Word(ins.ENTER, 8))
    yield "return", standing(Word(ins.RETURN))
    yield "halt: no result", standing(Word(ins.HALT, 0))
    yield "halt: result", standing(Word(ins.HALT, 1))
    for code in TrapCode:
        if code is not TrapCode.NONE:
            yield f"trap: {code.text}", standing(Word(ins.TRAP, code))
    yield "call", standing(Word(ins.CALL, 3))
    yield "call: too deep", deep(standing(Word(ins.CALL, 3)))
    indirect = Word(ins.CALL_INDIRECT, 5)
    yield "call_indirect", standing(indirect, (1,))
    yield "call_indirect: beyond the table", standing(indirect, (3,))
    yield "call_indirect: null", standing(indirect, (0,))
    yield "call_indirect: other type", standing(indirect, (2,))
    yield "call_indirect: too deep", deep(standing(indirect, (1,)))
    yield "no instruction: zero", standing(Word(0))
    yield "no instruction: immediate", standing(Word(ins.ENTER, 9))
    behind = standing(Word(CODE["drop"]), length=3)
    behind.pc = 3
    yield "no instruction: behind the code", behind


def deep(m: Machine) -> Machine:
    """Return ``m`` at call depth 1,024."""
    m.frames = [(2, [0, 0, 0, 0])] * 1_024
    return m


def memory() -> Iterator[tuple[str, Machine]]:
    for code, row in INSTRUCTIONS.items():
        width = row.params.get("width")
        if width is None:
            continue
        values = (0x1234_5678_9ABC_DEF0,) if row.name.split(".")[1].startswith("store") else ()
        places = {
            "": (END - 48, 1),
            "across leaves": (END - 33 - width // 2, 1),
            "at the end": (1, END - width - 1),
            "beyond the end": (1, END - width),
            "no wrapping": (U32, U32),
        }
        for place, (address, offset) in places.items():
            word = Word(code, offset)
            yield f"{row.name}: {place}".removesuffix(": "), standing(word, (address, *values))
    yield "memory.size", standing(Word(CODE["memory.size"]))
    for delta in (0, 1, 2, 3, 4, U32):
        yield f"memory.grow: by {delta}", standing(Word(CODE["memory.grow"]), (delta,))
    empty = replace(base(), memory=b"")
    for delta in (0, 1):
        word = Word(CODE["memory.grow"])
        yield f"memory.grow: from none by {delta}", standing(word, (delta,), program=empty)


def rows() -> Iterator[tuple[str, Machine]]:
    yield from reads()
    yield from writes()
    for name in ("db.seek", "db.seek_back"):
        yield from seeks(name)


def reads() -> Iterator[tuple[str, Machine]]:
    def get(*operands: int, **facts: Any) -> Machine:
        return standing(Word(ins.DB_GET), operands, **facts)

    yield "db.get: found", get(KEY_AT, 3, OUT, 50)
    yield "db.get: found, over its key", get(KEY_AT, 3, KEY_AT, 50)
    yield "db.get: does not fit", get(KEY_AT, 3, OUT, 49)
    yield "db.get: empty value", get(KEY_AT, 4, OUT, 0)
    yield "db.get: absent", get(KEY_AT, 2, OUT, 50)
    yield "db.get: no rows", get(KEY_AT, 3, OUT, 50, rows=OrderedMap())
    yield "db.get: one row", get(KEY_AT, 3, OUT, 50, rows=OrderedMap().put(KEY, VALUE))
    yield "db.get: long key and value", get(200, 80, OUT, 1_024)
    yield "db.get: no key", get(KEY_AT, 0, OUT, 50)
    yield "db.get: key too long", get(KEY_AT, 81, OUT, 50)
    yield "db.get: key outside", get(END - 2, 3, OUT, 50)
    yield "db.get: out outside", get(KEY_AT, 3, END - 49, 50)
    yield "db.get: no fuel", get(KEY_AT, 3, OUT, 50, fuel=512 + 3 + 50)
    yield "db.get: just enough fuel", get(KEY_AT, 3, OUT, 50, fuel=512 + 3 + 50 + 1)


def writes() -> Iterator[tuple[str, Machine]]:
    def put(*operands: int, **facts: Any) -> Machine:
        return standing(Word(ins.DB_PUT), operands, **facts)

    def delete(*operands: int, **facts: Any) -> Machine:
        return standing(Word(ins.DB_DELETE), operands, **facts)

    yield "db.put: update", put(KEY_AT, 3, 0, 9)
    yield "db.put: insert", put(KEY_AT, 2, END - 9, 9)
    yield "db.put: into no rows", put(KEY_AT, 3, END, 0, rows=OrderedMap())
    yield "db.put: beside one row", put(KEY_AT, 3, 0, 1_024, rows=OrderedMap().put(b"l", b""))
    yield "db.put: no key", put(KEY_AT, 0, 0, 9)
    yield "db.put: value too long", put(KEY_AT, 3, 0, 1_025)
    yield "db.put: key outside", put(END, 1, 0, 9)
    yield "db.put: value outside", put(KEY_AT, 3, END - 8, 9)
    yield "db.put: no fuel", put(KEY_AT, 3, 0, 9, fuel=2_048 + 3 + 9)
    yield "db.delete: present", delete(KEY_AT, 3)
    yield "db.delete: absent", delete(KEY_AT, 2)
    yield "db.delete: from no rows", delete(KEY_AT, 3, rows=OrderedMap())
    yield "db.delete: the last row", delete(KEY_AT, 3, rows=OrderedMap().put(KEY, VALUE))
    yield "db.delete: key too long", delete(KEY_AT, 81)
    yield "db.delete: key outside", delete(U32, 80)
    yield "db.delete: no fuel", delete(KEY_AT, 3, fuel=2_048 + 3)


def seeks(name: str) -> Iterator[tuple[str, Machine]]:
    def seek(*operands: int, **facts: Any) -> Machine:
        return standing(Word(CODE[name]), operands, **facts)

    yield f"{name}: equal", seek(KEY_AT, 3, 0, OUT, 80)
    yield f"{name}: strict", seek(KEY_AT, 3, 1, OUT, 80)
    yield f"{name}: between", seek(KEY_AT, 2, 2**31, OUT, 80)
    yield f"{name}: from nothing", seek(KEY_AT, 0, 0, OUT, 80)
    yield f"{name}: from the last", seek(200, 80, 1, OUT, 80)
    yield f"{name}: does not fit", seek(KEY_AT, 4, 1, OUT, 2)
    yield f"{name}: no rows", seek(KEY_AT, 3, 0, OUT, 80, rows=OrderedMap())
    yield f"{name}: one row", seek(KEY_AT, 2, 0, OUT, 80, rows=OrderedMap().put(KEY, VALUE))
    yield f"{name}: key too long", seek(KEY_AT, 81, 0, OUT, 80)
    yield f"{name}: key outside", seek(END - 1, 2, 0, OUT, 80)
    yield f"{name}: out outside", seek(KEY_AT, 3, 0, END - 79, 80)
    yield f"{name}: no fuel", seek(KEY_AT, 3, 0, OUT, 2_000, fuel=512 + 3 + 80)


def message() -> Iterator[tuple[str, Machine]]:
    for name in ("channel.message_size", "channel.sender", "channel.turn"):
        yield name, standing(Word(CODE[name]))

    def read(*operands: int, **facts: Any) -> Machine:
        return standing(Word(ins.CHANNEL_MESSAGE_READ), operands, **facts)

    name = "channel.message_read"
    yield name, read(OUT, 3, 40)
    yield f"{name}: whole", read(OUT, 0, 70)
    yield f"{name}: nothing", read(END, 70, 0)
    longest = Message(payload=bytes(4_095) + b"\1")
    yield f"{name}: longest", read(OUT, 4_096 - 1_024, 1_024, message=longest)
    yield f"{name}: too long", read(OUT, 0, 1_025)
    yield f"{name}: beyond the message", read(OUT, 1, 70)
    yield f"{name}: outside", read(END - 39, 3, 40)
    yield f"{name}: no fuel", read(OUT, 3, 40, fuel=32 + 40)


def stopped() -> Iterator[tuple[str, Machine]]:
    halted = standing(Word(ins.HALT, 1))
    halted.step()
    yield "stopped: halted", halted
    trapped = standing(Word(ins.TRAP, TrapCode.UNREACHABLE))
    trapped.step()
    yield "stopped: trapped", trapped
    yield "stopped: out of fuel", standing(Word(CODE["drop"]), fuel=0)
    outside = standing(Word(CODE["drop"]))
    outside.pc = 4
    yield "stopped: pc outside", outside
    far = standing(Word(CODE["drop"]))
    far.pc = 2**32 - 1
    yield "stopped: pc far outside", far


@cache
def scenarios() -> dict[str, Machine]:
    """Return the machines by name; a name begins with its instruction's. Nobody changes them."""
    families = (numeric, variable, control, memory, rows, message, stopped)
    named = [pair for family in families for pair in family()]
    assert len(dict(named)) == len(named), "two scenarios have one name"
    return dict(named)
