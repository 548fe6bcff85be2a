"""The cases of encodings: words, records, messages, hashes. Calldata is in `calldata_cases`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from conformance.corpus.chance import Chance
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from conformance.formats.encodings import calldata_cases
from merkle import ZERO_HASH, chain_of
from merkle.errors import ChainMismatch, ChannelsError
from wasm_interp.errors import (
    PayloadTooLong,
    RecordLengthMismatch,
    RecordVersionMismatch,
    SenderOutOfRange,
    StatusOutOfRange,
    TrapCodeOutOfRange,
    TurnOutOfRange,
)
from wasm_interp.instructions import INSTRUCTIONS, TRAP, Word
from wasm_interp.profile import PROFILE_V1
from wasm_interp.state import State, Status, TrapCode

NORMAL: Final = Flag("normal", BugType.BASIC, "An ordinary case.")
BLOCK_EDGE: Final = Flag(
    "block_edge", BugType.EDGE_CASE, "A length around Keccak's block of 136 bytes."
)
LIMIT: Final = Flag(
    "limit", BugType.EDGE_CASE, "The greatest immediate that a word may have (I-2)."
)
BEYOND_LIMIT: Final = Flag(
    "beyond_limit", BugType.MISSING_CHECK, "An immediate that the word may not have (I-2)."
)
NO_INSTRUCTION: Final = Flag(
    "no_instruction", BugType.MISSING_CHECK, "A code that is in no row of the table (I-2)."
)
PADDING_NOT_ZERO: Final = Flag(
    "padding_not_zero", BugType.MALLEABILITY, "One of the three zero bytes is not zero (I-2)."
)
ENDIANNESS: Final = Flag(
    "endianness", BugType.ENCODING, "Every byte differs, so that an order mistaken is seen (S-1)."
)
LENGTH: Final = Flag("length", BugType.MISSING_CHECK, "A record that has not 320 bytes (S-1).")
RANGE: Final = Flag("range", BugType.MISSING_CHECK, "A field beyond its range (S-1, S-10, T-1).")
ORDER: Final = Flag(
    "order", BugType.WRONG_ORDER, "Two things are wrong; the error is that of the first check."
)
WRONG_CHAIN: Final = Flag(
    "wrong_chain", BugType.MISSING_CHECK, "Operands that are not the top of the stack (M-14)."
)


def _keccak_cases(kind: VectorSet) -> Iterator[Case]:
    lengths = [0, 1, 31, 32, 33, 40, 64, 135, 136, 137, 271, 272, 273, 320, 1_024]
    if kind is VectorSet.FULL:
        lengths = sorted({*lengths, *range(409)})
    for length in lengths:
        data = bytes(i * 7 % 251 for i in range(length))
        yield Case(
            name=f"bytes_{length}",
            function="keccak",
            input={"data": data},
            comment=f"{length} bytes",
            flags=(BLOCK_EDGE if length % 136 in {0, 1, 135} else NORMAL,),
        )


# -- instruction words -----------------------------------------------------------------------------


def _word(name: str, word: bytes, flag: Flag, comment: str) -> Case:
    return Case(
        name=name, function="instruction", input={"word": word}, comment=comment, flags=(flag,)
    )


_SMOKE_LIMITS: Final = frozenset({0x1A, 0x41, 0x6A, 0xE5, 0xE6, 0xE7, 0xF0})
"""Codes whose limits are in the smoke set, one of each kind of instruction."""


def _instruction_cases(kind: VectorSet) -> Iterator[Case]:
    """Yield every instruction with its greatest immediates, and what is just beyond them."""
    full = kind is VectorSet.FULL
    for code, row in INSTRUCTIONS.items():
        name = f"code_{code:02x}"
        greatest = Word(code, row.a_max, row.b_max)
        yield _word(f"{name}_greatest", greatest.encode(), LIMIT, f"{row.name}, the greatest")
        if not full and code not in _SMOKE_LIMITS:
            continue
        if row.a_max < 2**32 - 1:
            word = Word(code, row.a_max + 1, 0)
            yield _word(f"{name}_a", word.encode(), BEYOND_LIMIT, f"{row.name}, a one too great")
        if row.b_max < 2**64 - 1:
            word = Word(code, int(code == TRAP), row.b_max + 1)
            yield _word(f"{name}_b", word.encode(), BEYOND_LIMIT, f"{row.name}, b one too great")
    for code in range(256):
        if code not in INSTRUCTIONS and (full or code % 16 in {0, 15}):
            comment = f"0x{code:02x} is no instruction"
            yield _word(
                f"code_{code:02x}_none", bytes((code,)) + bytes(15), NO_INSTRUCTION, comment
            )
    const = Word(0x42, 0, 0x0102030405060708).encode()
    yield _word("order_of_b", const, ENDIANNESS, "i64.const with eight different bytes")
    jump = Word(0xE0, 0x01020304).encode()
    yield _word("order_of_a", jump, ENDIANNESS, "jump with four different bytes")
    for place in (1, 2, 3):
        padded = jump[:place] + b"\1" + jump[place + 1 :]
        comment = f"byte {place} is not zero"
        yield _word(f"padding_{place}", padded, PADDING_NOT_ZERO, comment)
    trap = Word(TRAP).encode()
    yield _word("trap_none", trap, BEYOND_LIMIT, "a trap needs a code of at least 1")


# -- machine records -------------------------------------------------------------------------------


def sample_state() -> State:
    """Return a record in which every byte of every field tells its place."""
    chance = Chance("a record")
    return State(
        status=Status.HALTED,
        trap=TrapCode.NONE,
        result=0x0102030405060708,
        pc=0x090A0B0C,
        fuel=0x0D0E0F10,
        call_depth=0x1112,
        memory_pages=0x1314,
        memory_max=0x1516,
        table_length=0x1718,
        code_depth=0x19,
        memory_depth=0x1A,
        table_depth=0x1B,
        globals_depth=0x1C,
        locals_depth=0x1D,
        **{name: chance.bytes(32) for name in State.__slots__[14:]},  # type: ignore[arg-type]
    )


def _states(kind: VectorSet) -> Iterator[tuple[str, dict[str, Any], Flag, str]]:
    fields = asdict(sample_state())
    yield "every_byte", fields, ENDIANNESS, "every byte of the header differs"
    least = {name: ZERO_HASH if isinstance(value, bytes) else 0 for name, value in fields.items()}
    yield "least", least, NORMAL, "every field is zero"
    greatest = {
        **{name: b"\xff" * 32 for name, value in fields.items() if isinstance(value, bytes)},
        **{"status": Status.TRAPPED, "trap": max(TrapCode), "result": 2**64 - 1},
        **{"pc": 2**32 - 1, "fuel": 2**32 - 1},
        **dict.fromkeys(("call_depth", "memory_pages", "memory_max", "table_length"), 2**16 - 1),
        **{name: 255 for name in fields if name.endswith("_depth") and name != "call_depth"},
    }
    yield "greatest", greatest, NORMAL, "every field is the greatest that its bytes hold"
    for status in Status:
        yield f"status_{status}", {**fields, "status": status}, NORMAL, f"status {status}"
    for code in TrapCode if kind is VectorSet.FULL else (TrapCode.OUT_OF_FUEL, max(TrapCode)):
        changed = {**fields, "status": Status.TRAPPED, "trap": code}
        yield f"trap_{code}", changed, NORMAL, f"trap code {code}"
    for name, value in fields.items():
        if isinstance(value, bytes) and kind is VectorSet.FULL:
            changed = {**least, name: value}
            yield f"only_{name}", changed, ENDIANNESS, f"all fields but {name} are zero"


def _record_cases(kind: VectorSet) -> Iterator[Case]:
    for name, fields, flag, comment in _states(kind):
        state = State(**fields)
        yield Case(
            name=name, function="record_encode", input=fields, comment=comment, flags=(flag,)
        )
        yield Case(
            name=name,
            function="record_decode",
            input={"record": state.encode()},
            comment=comment,
            flags=(flag,),
        )
    record = sample_state().encode()
    for name, wrong, error, flag, comment in _wrong_records(record):
        yield Case(
            name=name,
            function="record_decode",
            input={"record": wrong},
            comment=comment,
            flags=(flag,),
            error=error,
        )


def _wrong_records(
    record: bytes,
) -> Iterator[tuple[str, bytes, type[ChannelsError], Flag, str]]:
    length, version = RecordLengthMismatch, RecordVersionMismatch
    yield "empty", b"", length, LENGTH, "no bytes"
    yield "short", record[:-1], length, LENGTH, "319 bytes"
    yield "long", record + b"\0", length, LENGTH, "321 bytes"
    yield "header_only", record[:32], length, LENGTH, "the first word alone"

    def with_byte(at: int, value: int, base: bytes = record) -> bytes:
        return base[:at] + bytes((value,)) + base[at + 1 :]

    for value in (0, 2, 255):
        name = f"version_{value}"
        yield name, with_byte(31, value), version, RANGE, f"version {value}"
    for value in (3, 255):
        name = f"no_status_{value}"
        yield name, with_byte(0, value), StatusOutOfRange, RANGE, f"status {value}"
    for value in (15, 255):
        name = f"no_trap_{value}"
        yield name, with_byte(1, value), TrapCodeOutOfRange, RANGE, f"trap code {value}"
    both = with_byte(0, 3, with_byte(1, 15))
    yield "status_before_trap", both, StatusOutOfRange, ORDER, "status and trap code are wrong"
    both = with_byte(0, 3, with_byte(31, 2))
    yield "version_before_status", both, version, ORDER, "version and status are wrong"
    both = with_byte(31, 2)[:-1]
    yield "length_before_version", both, length, ORDER, "length and version are wrong"


# -- messages, profiles, ids, chains ---------------------------------------------------------------


def _message_cases(kind: VectorSet) -> Iterator[Case]:
    chance = Chance("messages")
    for name, turn, sender, payload, flag, comment in (
        ("empty", 0, 0, b"", NORMAL, "no payload"),
        ("first_turn", 1, 0, b"\x00\x04", NORMAL, "the first message of a game"),
        (
            "every_byte",
            0x0102030405060708,
            0x090A0B0C,
            b"payload",
            ENDIANNESS,
            "every byte differs",
        ),
        ("greatest", 2**64 - 1, 2**32 - 1, chance.bytes(64), LIMIT_OF_MESSAGE, "greatest numbers"),
        ("longest", 7, 1, chance.bytes(4_096), LIMIT_OF_MESSAGE, "the longest payload"),
    ):
        if kind is VectorSet.SMOKE and name == "longest":
            continue
        asked = {"turn": turn, "sender": sender, "payload": payload}
        yield Case(name=name, function="message", input=asked, comment=comment, flags=(flag,))
    for name, turn, sender, payload, error, flag in (
        ("turn_65_bits", 2**64, 0, b"", TurnOutOfRange, RANGE),
        ("turn_72_bits", 2**72 - 1, 0, b"", TurnOutOfRange, RANGE),
        ("sender_33_bits", 1, 2**32, b"", SenderOutOfRange, RANGE),
        ("payload_too_long", 1, 0, bytes(4_097), PayloadTooLong, RANGE),
        ("turn_before_sender", 2**64, 2**32, b"", TurnOutOfRange, ORDER),
        ("sender_before_payload", 1, 2**32, bytes(4_097), SenderOutOfRange, ORDER),
    ):
        if kind is VectorSet.SMOKE and name == "sender_before_payload":
            continue
        yield Case(
            name=name,
            function="message",
            input={"turn": turn, "sender": sender, "payload": payload},
            comment="a message outside its ranges",
            flags=(flag,),
            error=error,
        )


LIMIT_OF_MESSAGE: Final = Flag(
    "limit_of_message", BugType.EDGE_CASE, "The greatest that a message may have (T-1)."
)


def _hash_cases(kind: VectorSet) -> Iterator[Case]:
    limits = asdict(PROFILE_V1)
    told_apart = {name: 0x01020304 * (i + 1) % 2**32 for i, name in enumerate(limits)}
    for name, given, flag in (("v1", limits, NORMAL), ("every_limit", told_apart, ENDIANNESS)):
        yield Case(
            name=name, function="profile", input=given, comment="limits in order", flags=(flag,)
        )
    chance = Chance("reducer id")
    for i in range(3 if kind is VectorSet.SMOKE else 20):
        names = ("wasm_hash", "profile_hash", "genesis_hash")
        yield Case(
            name=f"random_{i}",
            function="reducer_id",
            input={name: chance.bytes(32) for name in names},
            comment="three hashes in this order behind the tag",
            flags=(NORMAL,),
        )
    yield from _chain_cases(kind)


def _chain_cases(kind: VectorSet) -> Iterator[Case]:
    chance = Chance("chains")
    values = [int.from_bytes(chance.bytes(8), "big") for _ in range(64)]
    edges = [0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1]
    counts = (0, 1, 2, 3, 6) if kind is VectorSet.SMOKE else (*range(17), 64)
    for count in counts:
        given = (edges + values)[:count]
        for function, asked in (
            ("stack_chain", {"values": given}),
            ("frame_chain", {"frames": _frames(count)}),
        ):
            yield Case(
                name=f"items_{count}",
                function=function,
                input=asked,
                comment=f"{count} items, the lowest first",
                flags=(NORMAL,),
            )
    for value in edges:
        yield Case(
            name=f"value_{value:x}",
            function="stack_push",
            input={"chain": chance.bytes(32), "value": value},
            comment="a u64 of eight bytes, big-endian",
            flags=(NORMAL,),
        )
    yield from _openings(values[:5])


def _frames(count: int) -> list[dict[str, Any]]:
    chance = Chance("frames")
    depths = (0, 8, 255)
    return [
        {
            "locals_root": chance.bytes(32),
            "return_pc": 2**32 - 1 if i == 1 else chance.below(2**20),
            "locals_depth": depths[i % 3],
        }
        for i in range(count)
    ]


def _openings(values: list[int]) -> Iterator[Case]:
    chains = [
        chain_of(value.to_bytes(8, "big") for value in values[:n]) for n in range(len(values) + 1)
    ]
    top = chains[-1]
    for count in range(6):
        asked = {"chain": top, "previous": chains[5 - count], "values": values[5 - count :]}
        comment = f"the {count} operands on top"
        yield Case(
            name=f"top_{count}",
            function="stack_open",
            input=asked,
            comment=comment,
            flags=(NORMAL,),
        )
    pair = values[3:]
    for name, previous, given, comment in (
        ("value_wrong", chains[3], [pair[0], pair[1] ^ 1], "one bit of an operand is wrong"),
        ("swapped", chains[3], pair[::-1], "two operands are swapped"),
        ("previous_wrong", chains[2], pair, "the chain below is another"),
        ("one_missing", chains[3], pair[:1], "an operand is missing"),
        ("one_too_many", chains[3], [*pair, 0], "an operand too many"),
        ("nothing_shown", chains[3], [], "no operand is shown"),
    ):
        yield Case(
            name=name,
            function="stack_open",
            input={"chain": top, "previous": previous, "values": given},
            comment=comment,
            flags=(WRONG_CHAIN,),
            error=ChainMismatch,
        )
    yield Case(
        name="empty_stack",
        function="stack_open",
        input={"chain": ZERO_HASH, "previous": ZERO_HASH, "values": [0]},
        comment="the empty chain has no opening",
        flags=(WRONG_CHAIN,),
        error=ChainMismatch,
    )


GENERATORS: Final[tuple[Generator, ...]] = (
    _keccak_cases,
    _instruction_cases,
    _record_cases,
    _message_cases,
    _hash_cases,
    calldata_cases.calldata_cases,
)
