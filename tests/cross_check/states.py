"""States that satisfy the invariants S-13 to S-19: drawn at random, and at every limit.

A machine here stands before one instruction, with operands of its types. It need not be one that
any module leads to; but nothing in it is what validation rules out.

Not here: records that no machine has (`tests.bisection.test_hostile_records`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from bench.gas.rows import GREATER, LESSER, comb
from merkle import OrderedMap
from tests.bisection.machines import CODE, base
from wasm_interp import Machine, Message, Program
from wasm_interp import instructions as ins
from wasm_interp.commitments import padded
from wasm_interp.instructions import Family, Instruction, Word
from wasm_interp.opcodes import BY_NAME, OPCODES, ValueType
from wasm_interp.profile import PAGE_BYTES, PROFILE_V1
from wasm_interp.program import NO_MESSAGE

U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1
COMB = comb(LESSER, GREATER)

FEW_ROWS = OrderedMap.from_rows(
    [(b"\0", b""), (b"\0\0", b"x"), (b"k", b"v" * 1_024), (b"ke", b""), (b"\xff" * 80, b"last")]
)
MAPS = (
    *(OrderedMap(), OrderedMap().put(b"k", b"v"), OrderedMap().put(b"\0" * 80, bytes(1_024))),
    *(FEW_ROWS, COMB),
)

EDGES_32 = (0, 1, 2, 31, 32, 33, 255, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, U32_MAX - 1, U32_MAX)
EDGES_64 = (*EDGES_32, 63, 64, 65, 2**32, 2**63 - 1, 2**63, 2**63 + 1, U64_MAX - 1, U64_MAX)
I32 = st.one_of(st.sampled_from(EDGES_32), st.integers(0, U32_MAX))
I64 = st.one_of(st.sampled_from(EDGES_64), st.integers(0, U64_MAX))

LENGTHS = st.one_of(
    st.sampled_from([0, 1, 2, 31, 32, 33, 79, 80, 81, 1_023, 1_024, 1_025, 4_096, U32_MAX]),
    st.integers(0, 90),
)


def program_of(
    word: Word,
    *,
    pc: int = 1,
    length: int | None = None,
    pages: int = 1,
    memory_max: int | None = None,
    globals_count: int = 4,
    table: Sequence[int] = (0,),
) -> Program:
    """Return a program with ``word`` at ``pc`` of its ``length`` instructions."""
    words = [Word(ins.JUMP, 1)] * (max(length or 0, pc + 1))
    words[pc] = word
    return replace(
        base(),
        words=tuple(words),
        memory=bytes(pages * PAGE_BYTES),
        memory_max=pages if memory_max is None else memory_max,
        globals=padded([at << 40 | at + 1 for at in range(globals_count)]),
        table=tuple(table),
    )


def standing(
    program: Program,
    operands: Sequence[int] = (),
    *,
    pc: int = 1,
    rows: OrderedMap = FEW_ROWS,
    message: Message = NO_MESSAGE,
    fuel: int = PROFILE_V1.fuel_max,
    depth: int = 1,
    locals_depth: int = 0,
    below: int = 0,
) -> Machine:
    """Return a machine at ``pc`` with ``below`` operands below its own, at call depth ``depth``."""
    machine = Machine(
        program,
        pc=pc,
        stack=[*range(below), *operands],
        return_pcs=[1],
        rows=rows,
        message=message,
        fuel=fuel,
    )
    machine.locals = list(range(7, 7 + (4 << locals_depth)))
    machine.frames += [(2 + level, [0] * 4) for level in range(depth - 1)]
    if depth > 1:
        machine.frames[-1] = (3, [0, 9, *range(2, 4 << locals_depth)])
    return machine


def put_into_memory(machine: Machine, address: int, data: bytes) -> None:
    """Write ``data`` as far as memory goes, as if the machine had."""
    fitting = data[: max(len(machine.memory) - address, 0)]
    machine.memory[address : address + len(fitting)] = fitting
    machine.dirty.update(range(address // 32, (address + len(fitting)) // 32 + 1))
    machine.dirty = {leaf for leaf in machine.dirty if leaf < len(machine.memory) // 32}


# -- operands --------------------------------------------------------------------------------------


def of_type(kind: ValueType) -> st.SearchStrategy[int]:
    return I32 if kind is ValueType.I32 else I64


@st.composite
def addresses(draw: st.DrawFn, pages: int, length: int) -> int:
    """Draw an address for ``length`` bytes: mostly in memory, often at an edge of something."""
    end = pages * PAGE_BYTES
    near = draw(st.sampled_from([0, 32, 64, PAGE_BYTES // 2, PAGE_BYTES, end - length, end]))
    shift = draw(st.integers(-33, 33))
    return draw(st.sampled_from([near, near + shift, draw(I32)])) & U32_MAX


@st.composite
def buffers(draw: st.DrawFn, pages: int) -> tuple[int, int]:
    length = draw(LENGTHS)
    return draw(addresses(pages, min(length, 4_096))), length


@st.composite
def operands_of(draw: st.DrawFn, row: Instruction, pages: int) -> list[int]:
    """Draw operands of the types that validation gives for an instruction. Spec: S-15."""
    if row.family is Family.NUMERIC:
        return [draw(of_type(kind)) for kind in OPCODES[row.code].pops]
    if width := row.params.get("width"):
        value = [draw(of_type(kind)) for kind in BY_NAME[row.name].pops[1:]]
        return [draw(addresses(pages, width)), *value]
    host = HOST_OPERANDS.get(row.name)
    if host is not None:
        return draw(host(pages))
    counts = {"select": 3, "drop_under": 2, "call": 0, "return": 0, "jump": 0, "enter": 0}
    values = [draw(I64) for _ in range(counts.get(row.name, 1))]
    if values and row.name in {"select", "jump_if", "jump_unless", "jump_table", "memory.grow"}:
        values[-1] = draw(st.one_of(I32, st.integers(0, 4)))
    if row.name == "call_indirect":
        values = [draw(st.one_of(st.integers(0, 6), I32))]
    return values


@st.composite
def _get(draw: st.DrawFn, pages: int) -> list[int]:
    return [*draw(buffers(pages)), *draw(buffers(pages))]


@st.composite
def _delete(draw: st.DrawFn, pages: int) -> list[int]:
    return [*draw(buffers(pages))]


@st.composite
def _seek(draw: st.DrawFn, pages: int) -> list[int]:
    strict = draw(st.sampled_from([0, 1, U32_MAX]))
    return [*draw(buffers(pages)), strict, *draw(buffers(pages))]


@st.composite
def _read(draw: st.DrawFn, pages: int) -> list[int]:
    out, length = draw(buffers(pages))
    return [out, draw(st.one_of(LENGTHS, I32)), length]


HOST_OPERANDS: dict[str, Callable[[int], st.SearchStrategy[list[int]]]] = {
    "db.get": _get,
    "db.put": _get,
    "db.delete": _delete,
    "db.seek": _seek,
    "db.seek_back": _seek,
    "channel.message_read": _read,
}


# -- whole states ----------------------------------------------------------------------------------


@st.composite
def words(draw: st.DrawFn, row: Instruction, *, locals_count: int, globals_count: int) -> Word:
    """Draw a valid word of an instruction, whose index is one that there is. Spec: I-2, S-17."""
    counts = {"local": locals_count, "global": globals_count}
    count = counts.get(row.name.split(".")[0])
    if count is not None:
        return Word(row.code, draw(st.integers(0, count - 1)))
    a = draw(st.one_of(st.integers(0, 9), st.sampled_from([PAGE_BYTES - 2, U32_MAX]), I32))
    a = min(a, row.a_max)
    least = 1 if row.code == ins.TRAP else 0
    return Word(row.code, max(a, least), min(draw(I64), row.b_max))


FUEL = st.sampled_from(
    [0, 1, 2, 33, 60, 513, 514, 515, 600, 1_700, 2_049, 2_060, 3_200, 2**24 - 2, 2**24 - 1]
)
KEYS = st.sampled_from(
    [b"", b"\0", b"k", b"ke", b"key", b"\xff" * 80, LESSER, GREATER, LESSER[:40]]
)


@st.composite
def machines(draw: st.DrawFn, row: Instruction) -> Machine:
    """Draw a machine before an instruction, in a state that satisfies S-13 to S-19."""
    pages = draw(st.sampled_from([0, 1, 1, 1, 2, 3, 5]))
    locals_depth = draw(st.sampled_from([0, 1, 2, 8]))
    globals_count = draw(st.sampled_from([1, 4, 5, 1_024]))
    word = draw(words(row, locals_count=4 << locals_depth, globals_count=globals_count))
    pc = draw(st.integers(0, 12))
    types = (word.a, word.a ^ 1, 7)
    table = [0, *(kind << 32 | target for kind in types for target in (5, U32_MAX))]
    program = program_of(
        word,
        pc=pc,
        length=draw(st.integers(1, 40)),
        pages=pages,
        memory_max=draw(st.integers(pages, 256)),
        globals_count=globals_count,
        table=table[: draw(st.integers(1, len(table)))],
    )
    operands = draw(operands_of(row, pages))
    payload = draw(st.binary(max_size=80)) + bytes(draw(st.sampled_from([0, 0, 1_024, 4_016])))
    machine = standing(
        program,
        operands,
        pc=pc,
        rows=draw(st.sampled_from(MAPS)),
        message=Message(turn=draw(I64), sender=draw(I32), payload=payload),
        fuel=draw(FUEL),
        depth=draw(st.sampled_from([1, 2, 1_023, 1_024] if "call" in row.name else [1, 2, 3])),
        locals_depth=locals_depth,
        below=draw(st.integers(0, 9)),
    )
    if operands and pages and row.name.startswith("db."):
        put_into_memory(machine, min(operands[0], len(machine.memory)), draw(KEYS))
    return machine


# -- states at the limits --------------------------------------------------------------------------


def before(name: str, *operands: int, a: int = 0, b: int = 0, **facts: Any) -> Machine:
    """Return a machine before the instruction ``name``.

    ``facts`` are those of `program_of` and of `standing`.
    """
    of_program = {"length", "pages", "memory_max", "globals_count", "table"}
    pc = facts.pop("pc", 1)
    program = program_of(
        Word(CODE[name], a, b),
        pc=pc,
        **{key: facts.pop(key) for key in of_program & set(facts)},
    )
    return standing(program, operands, pc=pc, **facts)


def keyed(key: bytes, name: str, key_at: int, *operands: int, **facts: Any) -> Machine:
    """Return a machine before a row operation, with ``key`` in memory at its first operand."""
    machine = before(name, key_at, *operands, **facts)
    put_into_memory(machine, key_at, key)
    return machine
