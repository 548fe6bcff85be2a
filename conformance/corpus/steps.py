"""Steps to verify: honest ones of every instruction and trap, and calls that are refused.

A generator of steps yields `StepCase`. The format ``step`` makes cases of what each generator in
its `conformance.formats.step.cases.STEP_GENERATORS` yields.

Not here: wrong steps (`conformance.corpus.wrong_steps`), the format (`conformance.formats.step`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from bisection.calldata import StepProof
from bisection.witness import prove_step, prove_steps
from conformance.corpus.modules import samples, tic_tac_toe
from conformance.format import BugType, Flag, VectorSet
from merkle import OrderedMap
from merkle.errors import ChannelsError
from wasm_interp import instructions as ins
from wasm_interp.abi import state_rows
from wasm_interp.instructions import INSTRUCTIONS, Family, Word
from wasm_interp.link import load
from wasm_interp.machine import Machine
from wasm_interp.message import Message
from wasm_interp.opcodes import OPCODES, ValueType
from wasm_interp.profile import PAGE_BYTES
from wasm_interp.program import Program
from wasm_interp.state import TrapCode

INSTRUCTION: Final = Flag("instruction", BugType.BASIC, "An honest step of an instruction.")
TRAP: Final = Flag(
    "trap", BugType.WRONG_CHECK, "A step that traps: a state like others, never a refusal (S-9)."
)
STAYS: Final = Flag(
    "stays", BugType.EDGE_CASE, "A machine that has stopped, or has no fuel: no witness (V-5)."
)
RUN: Final = Flag("run", BugType.BASIC, "A step of a whole run.")

KEY: Final = b"key"
VALUE: Final = bytes(range(100, 150))
ROWS: Final = OrderedMap.from_rows(
    [(b"a", b"1"), (b"ab", b"12"), (KEY, VALUE), (b"key0", b""), (b"z" * 80, b"v" * 64)]
)
MESSAGE: Final = Message(turn=2**40 + 1, sender=3, payload=bytes(range(70)))
KEY_AT: Final = 30
OUT: Final = 1_000
END: Final = PAGE_BYTES
CODE: Final = {row.name: code for code, row in INSTRUCTIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCase:
    """A call of the verifier, and the error that must come of it, None if it is true.

    ``error`` may be `ChannelsError` itself: refused, whatever the reference calls it.
    """

    name: str
    proof: StepProof
    comment: str
    flags: tuple[Flag, ...]
    error: type[ChannelsError] | None = None


Generator = Callable[[VectorSet], Iterator[StepCase]]


# -- machines that stand before one instruction ----------------------------------------------------


@cache
def base() -> Program:
    """Return a program of one page of at most four, seven globals and three table entries."""
    program = load(b"\0asm\1\0\0\0" + bytes([5, 4, 1, 1, 1, 4]))
    memory = bytearray(PAGE_BYTES)
    memory[END - 64 : END - 14] = VALUE
    memory[KEY_AT : KEY_AT + 4] = b"key0"
    numbers = (*(1 << 9 * at for at in range(7)), 0)
    table = (0, 5 << 32 | 77, 6 << 32 | 78)
    return replace(program, memory=bytes(memory), globals=numbers, table=table)


def standing(
    word: Word,
    stack: Sequence[int] = (),
    *,
    rows: OrderedMap = ROWS,
    message: Message = MESSAGE,
    fuel: int = 100_000,
    pc: int = 1,
) -> Machine:
    """Return a machine about to execute ``word``, with two operands below those of ``stack``."""
    words = [Word(ins.HALT), Word(ins.JUMP, 4), Word(ins.ENTER, 2)]
    words.insert(pc, word)
    m = Machine(
        replace(base(), words=tuple(words)),
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


def deep(m: Machine) -> Machine:
    """Return ``m`` at call depth 1,024."""
    m.frames = [(2, [0, 0, 0, 0])] * 1_024
    return m


def case_of(name: str, machine: Machine, comment: str) -> StepCase:
    """Return the honest step that ``machine`` is about to take."""
    proof = prove_step(machine)
    after = machine.copy()
    after.step()
    stays = not machine.running or machine.fuel == 0
    flag = STAYS if stays else TRAP if after.trap else INSTRUCTION
    return StepCase(name=name, proof=proof, comment=comment, flags=(flag,))


Standing = Iterator[tuple[str, Machine]]


def _numeric() -> Standing:
    for code, row in INSTRUCTIONS.items():
        if row.family is not Family.NUMERIC:
            continue
        kinds = OPCODES[code].pops
        first = 0x8000_00F5 if kinds[0] is ValueType.I32 else 0x8000_0000_9000_00F5
        yield row.name, standing(Word(code), (first, 7)[: len(kinds)])
    for name in ("i32.div_s", "i32.rem_u", "i64.div_u", "i64.rem_s"):
        yield f"{name} by zero", standing(Word(CODE[name]), (7, 0))
    yield "i32.div_s overflow", standing(Word(CODE["i32.div_s"]), (2**31, 2**32 - 1))
    yield "i64.div_s overflow", standing(Word(CODE["i64.div_s"]), (2**63, 2**64 - 1))


def _variable() -> Standing:
    yield "drop", standing(Word(CODE["drop"]))
    yield "drop_under", standing(Word(ins.DROP_UNDER))
    yield "select first", standing(Word(CODE["select"]), (1,))
    yield "select second", standing(Word(CODE["select"]), (0,))
    yield "i32.const", standing(Word(CODE["i32.const"], b=2**32 - 1))
    yield "i64.const", standing(Word(CODE["i64.const"], b=2**64 - 2), pc=2)
    for name in ("local.get", "local.set", "local.tee", "global.get", "global.set"):
        yield name, standing(Word(CODE[name], 6), (42,))


def _control() -> Standing:
    yield "jump", standing(Word(ins.JUMP, 3), pc=0)
    for name in ("jump_if", "jump_unless"):
        yield f"{name} zero", standing(Word(CODE[name], 3), (0,))
        yield f"{name} not zero", standing(Word(CODE[name], 3), (2**31,))
    yield "jump_table in the row", standing(Word(ins.JUMP_TABLE, 2), (1,))
    yield "jump_table last", standing(Word(ins.JUMP_TABLE, 1), (2**32 - 1,))
    yield "enter", standing(Word(ins.ENTER, 8))
    yield "return", standing(Word(ins.RETURN))
    yield "halt without result", standing(Word(ins.HALT, 0))
    yield "halt with result", standing(Word(ins.HALT, 1))
    yield "trap", standing(Word(ins.TRAP, TrapCode.UNREACHABLE))
    yield "call", standing(Word(ins.CALL, 3))
    yield "call too deep", deep(standing(Word(ins.CALL, 3)))
    indirect = Word(ins.CALL_INDIRECT, 5)
    for name, index in (("", 1), (" null", 0), (" of another type", 2), (" beyond", 3)):
        yield f"call_indirect{name}", standing(indirect, (index,))
    yield "no instruction", standing(Word(0))
    yield "no instruction by its immediate", standing(Word(ins.ENTER, 9))


def _memory() -> Standing:
    for code, row in INSTRUCTIONS.items():
        if width := row.params.get("width"):
            stored = (0x1234_5678_9ABC_DEF0,) if "store" in row.name else ()
            # Across two leaves.
            at = END - 33 - width // 2
            yield row.name, standing(Word(code, 1), (at, *stored))
    for name in ("i32.load", "i64.store"):
        stored = (1,) if "store" in name else ()
        yield f"{name} beyond", standing(Word(CODE[name], 1), (END - 4, *stored))
    yield "i64.load at the end", standing(Word(CODE["i64.load"], 1), (END - 9,))
    yield "i32.load does not wrap", standing(Word(CODE["i32.load"], 2**32 - 1), (2**32 - 1,))
    yield "memory.size", standing(Word(CODE["memory.size"]))
    for delta in (0, 1, 3, 4):
        yield f"memory.grow by {delta}", standing(Word(CODE["memory.grow"]), (delta,))


def _rows() -> Standing:
    for name, code, operands in (
        ("db.get found", ins.DB_GET, (KEY_AT, 3, OUT, 50)),
        ("db.get does not fit", ins.DB_GET, (KEY_AT, 3, OUT, 49)),
        ("db.get empty value", ins.DB_GET, (KEY_AT, 4, OUT, 9)),
        ("db.get absent", ins.DB_GET, (KEY_AT, 2, OUT, 50)),
        ("db.get no key", ins.DB_GET, (KEY_AT, 0, OUT, 50)),
        ("db.put update", ins.DB_PUT, (KEY_AT, 3, END - 64, 9)),
        ("db.put insert", ins.DB_PUT, (KEY_AT, 2, END - 64, 9)),
        ("db.put value too long", ins.DB_PUT, (KEY_AT, 3, 0, 1_025)),
        ("db.delete present", ins.DB_DELETE, (KEY_AT, 3)),
        ("db.delete absent", ins.DB_DELETE, (KEY_AT, 2)),
        ("db.seek equal", ins.DB_SEEK, (KEY_AT, 3, 0, OUT, 80)),
        ("db.seek between", ins.DB_SEEK, (KEY_AT, 2, 0, OUT, 80)),
        ("db.seek first", ins.DB_SEEK, (KEY_AT, 0, 0, OUT, 80)),
        ("db.seek does not fit", ins.DB_SEEK, (KEY_AT, 3, 1, OUT, 3)),
        ("db.seek out outside", ins.DB_SEEK, (KEY_AT, 3, 0, END - 79, 80)),
        ("db.seek_back equal", ins.DB_SEEK_BACK, (KEY_AT, 3, 0, OUT, 80)),
        ("db.seek_back between", ins.DB_SEEK_BACK, (KEY_AT, 3, 1, OUT, 80)),
        ("db.seek_back none", ins.DB_SEEK_BACK, (KEY_AT, 0, 0, OUT, 80)),
    ):
        yield name, standing(Word(code), operands)
    one, none = OrderedMap().put(KEY, VALUE), OrderedMap()
    yield "db.get no rows", standing(Word(ins.DB_GET), (KEY_AT, 3, OUT, 50), rows=none)
    yield "db.put into no rows", standing(Word(ins.DB_PUT), (KEY_AT, 3, END, 0), rows=none)
    yield "db.delete the last row", standing(Word(ins.DB_DELETE), (KEY_AT, 3), rows=one)
    yield "db.seek no rows", standing(Word(ins.DB_SEEK), (KEY_AT, 3, 0, OUT, 80), rows=none)
    fuel = 2_048 + 3 + 9
    put = Word(ins.DB_PUT)
    yield "db.put no fuel", standing(put, (KEY_AT, 3, 0, 9), fuel=fuel)
    yield "db.put just enough fuel", standing(put, (KEY_AT, 3, 0, 9), fuel=fuel + 1)


def _messages() -> Standing:
    for name in ("message_size", "sender", "turn"):
        yield f"channel.{name}", standing(Word(CODE[f"channel.{name}"]))
    read = Word(ins.CHANNEL_MESSAGE_READ)
    name = "channel.message_read"
    yield name, standing(read, (OUT, 3, 40))
    yield f"{name} nothing", standing(read, (END, 70, 0))
    yield f"{name} too long", standing(read, (OUT, 0, 1_025))
    yield f"{name} beyond the message", standing(read, (OUT, 1, 70))
    yield f"{name} outside memory", standing(read, (END - 39, 3, 40))


def _stopped() -> Standing:
    halted = standing(Word(ins.HALT, 1))
    halted.step()
    yield "stopped halted", halted
    trapped = standing(Word(ins.TRAP, TrapCode.UNREACHABLE))
    trapped.step()
    yield "stopped trapped", trapped
    yield "stopped out of fuel", standing(Word(CODE["drop"]), fuel=0)
    outside = standing(Word(CODE["drop"]))
    outside.pc = 4
    yield "stopped pc outside", outside


@cache
def machines() -> dict[str, Machine]:
    """Return machines before every instruction by name. Nobody changes them."""
    families = (_numeric, _variable, _control, _memory, _rows, _messages, _stopped)
    named = [pair for family in families for pair in family()]
    assert len(dict(named)) == len(named), "two machines have one name"
    return dict(named)


_FULL_ONLY: Final = frozenset(
    {
        *("db.get does not fit", "db.get empty value", "db.get no key", "db.get no rows"),
        *("db.put value too long", "db.put just enough fuel", "db.put into no rows"),
        *("db.delete absent", "db.delete the last row", "db.seek does not fit", "db.seek no rows"),
        *("db.seek out outside", "db.seek_back equal", "db.seek_back none"),
        *("i64.store beyond", "memory.grow by 0", "memory.grow by 3", "select second"),
        *("channel.message_read too long", "channel.message_read outside memory"),
    }
)


_SMOKE_ACCESSES: Final = frozenset({"i32.load", "i64.load32_s", "i32.load8_s", "i64.store"})


_SMOKE_NUMERIC: Final = frozenset(
    {
        *("const", "add", "sub", "mul", "div_s", "rem_u", "and", "shl", "shr_s", "rotl", "clz"),
        *("eqz", "lt_s", "ge_u", "wrap_i64", "extend8_s"),
    }
)


def _in_smoke(name: str) -> bool:
    """Return whether a step is in the smoke set: of i64, what i32 has too is left out."""
    kind, _, operation = name.partition(".")
    if operation.startswith(("load", "store")) and " " not in name:
        return name in _SMOKE_ACCESSES
    if kind == "i32" and " " not in name:
        return operation in _SMOKE_NUMERIC
    return name not in _FULL_ONLY and not (kind == "i64" and f"i32.{operation}" in machines())


def honest_steps(kind: VectorSet) -> Iterator[StepCase]:
    """Yield a step of every instruction, of every trap, and of machines that have stopped."""
    for name, machine in machines().items():
        if kind is VectorSet.SMOKE and not _in_smoke(name):
            continue
        yield case_of(name.replace(".", "_").replace(" ", "_"), machine, name)


# -- steps of whole runs ---------------------------------------------------------------------------


def _runs() -> Iterator[tuple[str, Machine, int]]:
    """Yield a name, a machine, and how many steps of it to leave out after each."""
    counter = load(samples()["counter"].wasm, fuel=100_000)
    yield "counter", counter.start(OrderedMap(), Message(turn=1, payload=b"\5")), 1
    diary = load(samples()["diary"].wasm, fuel=100_000)
    rows = OrderedMap.from_rows([(b"alpha", b"1"), (b"beta", b"2"), (b"gamma", b"3")])
    yield "diary", diary.start(rows, Message(turn=2, sender=1, payload=b"beta")), 1
    game = load(tic_tac_toe().wasm, fuel=100_000)
    blob = OrderedMap.from_rows(state_rows(bytes.fromhex("0000000000000000000100")))
    yield "tic_tac_toe", game.start(blob, Message(turn=1, payload=bytes.fromhex("0104"))), 7


def steps_of_runs(kind: VectorSet) -> Iterator[StepCase]:
    """Yield steps of runs, the full set only: most instructions come many times."""
    if kind is VectorSet.SMOKE:
        return
    for name, machine, every in _runs():
        for number, proof in enumerate(prove_steps(machine)):
            if number % every == 0:
                comment = f"step {number} of a run of {name}"
                yield StepCase(name=f"{name}_{number}", proof=proof, comment=comment, flags=(RUN,))
