"""Instructions: each of the 256 bytes, and sizes and depths made to hurt."""

from __future__ import annotations

import time

import pytest

from tests.wasm_interp.module_bytes import BODY_START, leb, module_of, section, with_body
from wasm_interp.binary import decode
from wasm_interp.binary_reader import UNEXPECTED_END
from wasm_interp.errors import Malformed, ModuleError, ProfileViolation
from wasm_interp.module import Instr
from wasm_interp.opcodes import BLOCK, ELSE, END, IF, LOOP, OPCODES, PREFIX_FC, Immediate, Opcode

AT_ONCE_SECONDS_MAX = 0.25
"""For modules that are to be refused without work."""

LINEAR_SECONDS_MAX = 5.0
"""For 100,000 nested blocks, which take 0.2 s: a quadratic decoder would take minutes."""

# Every byte.

IMMEDIATES = {
    Immediate.NONE: b"",
    Immediate.BLOCK_TYPE: b"\x40",
    Immediate.LABEL: b"\x00",
    Immediate.LABEL_TABLE: b"\x02\x01\x02\x03",
    Immediate.FUNCTION: b"\x85\x01",
    Immediate.TYPE_AND_TABLE: b"\x03\x00",
    Immediate.LOCAL: b"\x04",
    Immediate.GLOBAL: b"\x05",
    Immediate.MEMARG: b"\x02\x80\x01",
    Immediate.MEMORY: b"\x00",
    Immediate.TWO_MEMORIES: b"\x00\x00",
    Immediate.I32: b"\x7f",
    Immediate.I64: b"\x7f",
}

DECODED: dict[Immediate, dict[str, object]] = {
    Immediate.LABEL_TABLE: {"labels": (1, 2, 3)},
    Immediate.FUNCTION: {"a": 133},
    Immediate.TYPE_AND_TABLE: {"a": 3},
    Immediate.LOCAL: {"a": 4},
    Immediate.GLOBAL: {"a": 5},
    Immediate.MEMARG: {"a": 2, "b": 128},
    Immediate.I32: {"a": 2**32 - 1},
    Immediate.I64: {"a": 2**64 - 1},
}


def body_with(row: Opcode) -> tuple[bytes, int]:
    """Return a body that contains the opcode once, and its position in it."""
    prefixed = row.code > 0xFF
    code = bytes([PREFIX_FC, row.code & 0xFF]) if prefixed else bytes([row.code])
    encoded = code + IMMEDIATES[row.immediate]
    match row.code:
        case 0x02 | 0x03 | 0x04:
            return encoded + b"\x0b\x0b", 0
        case 0x05:
            return b"\x04\x40" + encoded + b"\x0b\x0b", 1
        case 0x0B:
            return encoded, 0
    return encoded + b"\x0b", 0


@pytest.mark.parametrize("code", list(OPCODES), ids=lambda code: f"{code:04x}")
def test_each_byte_decodes_or_is_excluded_by_name_or_is_illegal(code: int) -> None:
    row = OPCODES[code]
    body, position = body_with(row)
    wasm = with_body(body)
    offset = BODY_START + 1 + (2 if position else 0)
    if row.reserved:
        with pytest.raises(Malformed) as malformed:
            decode(wasm)
        assert malformed.value.rule == f"illegal opcode {code:02x}"
        assert malformed.value.offset == offset
    elif row.excluded is not None:
        with pytest.raises(ProfileViolation) as outside:
            decode(wasm)
        assert outside.value.rule.endswith(f": {row.name}: {row.excluded.value}")
        assert outside.value.offset == offset
    else:
        expected = Instr(opcode=row, offset=offset, **DECODED.get(row.immediate, {}))  # type: ignore[arg-type]
        assert decode(wasm).functions[0].body[position] == expected


def test_there_is_a_case_for_each_of_the_256_bytes() -> None:
    assert {code for code in OPCODES if code < 0x100} | {PREFIX_FC} == set(range(0x100))


@pytest.mark.parametrize("sub_opcode", [0x12, 0x13, 0x80, 0xFC0A, 2**32 - 1])
def test_sub_opcodes_without_a_row_are_illegal(sub_opcode: int) -> None:
    with pytest.raises(Malformed, match=f"illegal opcode fc {sub_opcode:02x}"):
        decode(with_body(b"\xfc" + leb(sub_opcode) + b"\x0b"))


def test_a_sub_opcode_may_be_encoded_at_length() -> None:
    body = decode(with_body(b"\xfc\x8a\x80\x00\x00\x00\x0b")).functions[0].body
    assert [entry.opcode.name for entry in body] == ["memory.copy", "end"]


# Hostile sizes.


def seconds_to_refuse(wasm: bytes, rule: str) -> float:
    start = time.perf_counter()
    with pytest.raises(ModuleError) as caught:
        decode(wasm)
    assert caught.value.rule.startswith(rule)
    return time.perf_counter() - start


def test_a_small_module_with_billions_of_locals_is_refused_at_once() -> None:
    many = b"\xff\xff\xff\xff\x0f\x7f"
    one_run = with_body(b"\x0b", b"\x01" + many)
    assert seconds_to_refuse(one_run, "P-1: 4294967295 ") < AT_ONCE_SECONDS_MAX
    runs = with_body(b"\x0b", leb(160) + many * 160)
    assert 900 < len(runs) < 1100
    assert seconds_to_refuse(runs, "too many locals") < AT_ONCE_SECONDS_MAX


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11])
def test_a_count_of_billions_is_refused_at_once(number: int) -> None:
    wasm = module_of(section(number, b"\xff\xff\xff\xff\x0f" + b"\x00" * 1000))
    assert seconds_to_refuse(wasm, "length out of bounds") < AT_ONCE_SECONDS_MAX


def test_a_thousand_open_blocks_that_never_close_are_refused_at_once() -> None:
    wasm = with_body(b"\x02\x40" * 500)
    assert seconds_to_refuse(wasm, UNEXPECTED_END) < AT_ONCE_SECONDS_MAX


def test_a_hundred_thousand_open_blocks_are_refused_in_linear_time() -> None:
    assert seconds_to_refuse(with_body(b"\x02\x40" * 100_000), UNEXPECTED_END) < LINEAR_SECONDS_MAX


def test_a_hundred_thousand_nested_blocks_decode_in_linear_time() -> None:
    start = time.perf_counter()
    module = decode(with_body(b"\x02\x40" * 100_000 + b"\x0b" * 100_001))
    assert len(module.functions[0].body) == 200_001
    assert time.perf_counter() - start < LINEAR_SECONDS_MAX


def test_the_opcodes_that_nest_are_those_that_the_decoder_follows() -> None:
    nesting = {row.code for row in OPCODES.values() if row.immediate is Immediate.BLOCK_TYPE}
    assert nesting == {BLOCK, LOOP, IF}
    # The decoder's quick way out relies on it: beyond `end`, no byte nests.
    assert max(nesting | {ELSE}) < END
