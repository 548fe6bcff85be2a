"""Hostile modules: any bytes are accepted or refused, quickly, and never where wasmtime disagrees.

wasmtime runs with what is outside the profile switched off, as far as it can be. Differences that
remain, in each of which the profile refuses more:

- limits of a memory or table of more than five bytes: wasmtime reads 64-bit integers, the format of
  WebAssembly 1.0 has 32-bit ones ("integer representation too long");
- the zero byte of call_indirect at length (80 00): with reference types it is an index, and they
  cannot be switched off from Python ("zero byte expected").
"""

from __future__ import annotations

import functools

import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wasm_interp.module_bytes import code_section, leb, module_of, section
from tests.wasm_interp.wat import wasm_of
from wasm_interp.binary import decode
from wasm_interp.errors import Malformed, ModuleError, ProfileViolation
from wasm_interp.opcodes import END, IF, OPCODES, Immediate, Opcode
from wasm_interp.validate import check_imports, validate

KNOWN_DIFFERENCES = ("integer representation too long", "zero byte expected")

DEADLINE_MS = 1_000
"""Per module of some hundred bytes, which takes less than one."""

SEEDS = (
    wasm_of(
        """(module (type $t (func (param i32 i64) (result i64)))
        (import "db" "get" (func $get (param i32) (result i32)))
        (memory 1 2) (table 3 funcref) (global $g (mut i32) (i32.const 7))
        (export "run" (func $run)) (export "memory" (memory 0)) (start $init)
        (elem (i32.const 1) $run $get)
        (func $run (type $t) (local i32 i64)
          (block $out (loop $again
            (br_if $out (i32.eqz (local.get 0)))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_table $again $out $again (local.get 0))))
          (if (result i64) (global.get $g) (then (local.get 1)) (else (i64.const -1)))
          (call_indirect (type $t) (i32.const 0) (i64.load offset=8 (i32.const 16)) (i32.const 1))
          i64.add)
        (func $init (global.set $g (call $get (memory.grow (i32.const 0))))
          (memory.copy (i32.const 0) (i32.const 1) (i32.const 2)))
        (data (i32.const 4) "data"))"""
    ),
    wasm_of(
        """(module (memory 0) (func (export "f") (param i64) (result i32)
        (select (i32.wrap_i64 (local.get 0)) (i32.extend8_s (i32.const 200))
          (i64.eqz (local.get 0)))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
        return unreachable i32.add drop))"""
    ),
    wasm_of("(module (func $a (param $p i32)) (func $b nop))"),
)


@functools.cache
def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.wasm_bulk_memory = True
    for proposal in (
        *("threads", "tail_call", "gc", "function_references", "relaxed_simd", "simd"),
        *("multi_value", "multi_memory", "memory64", "exceptions", "stack_switching"),
        *("custom_page_sizes", "wide_arithmetic"),
    ):
        setattr(config, f"wasm_{proposal}", False)
    return wasmtime.Engine(config)


def accepted_by_wasmtime(wasm: bytes) -> bool:
    try:
        wasmtime.Module.validate(engine(), wasm)
    except wasmtime.WasmtimeError:
        return False
    return True


def refusal_of(wasm: bytes) -> ModuleError | None:
    """Return why a module is refused, None if it is accepted; any other exception is a failure."""
    try:
        validate(decode(wasm))
    except ModuleError as error:
        return error
    return None


def check_against_wasmtime(wasm: bytes) -> None:
    refusal = refusal_of(wasm)
    if refusal is None:
        assert accepted_by_wasmtime(wasm)
    elif not isinstance(refusal, ProfileViolation) and refusal.rule not in KNOWN_DIFFERENCES:
        assert not accepted_by_wasmtime(wasm), refusal
    if refusal is not None:
        assert refusal.offset is None or -1 <= refusal.offset <= len(wasm)
        assert str(refusal).isprintable()


def test_the_seeds_are_accepted_by_both() -> None:
    for seed in SEEDS:
        assert refusal_of(seed) is None
        assert accepted_by_wasmtime(seed)


TELLING_BYTES = st.sampled_from([0x00, 0x01, 0x02, 0x0B, 0x40, 0x60, 0x70, 0x7E, 0x7F, 0x80, 0xFF])
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "set", "flip", "insert", "delete", "copy", "cut"]),
        st.integers(0, 2**16),
        TELLING_BYTES | st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


def edited(wasm: bytes, edits: list[tuple[str, int, int]]) -> bytes:
    changed = bytearray(wasm)
    for kind, place, byte in edits:
        at = place % (len(changed) + 1)
        match kind:
            case "set":
                changed[at : at + 1] = bytes([byte])
            case "flip":
                changed[at : at + 1] = bytes(old ^ 1 << byte % 8 for old in changed[at : at + 1])
            case "insert":
                changed.insert(at, byte)
            case "delete":
                del changed[at : at + 1 + byte % 4]
            case "copy":
                changed[at:at] = changed[at : at + byte % 16]
            case "cut":
                del changed[max(at, 8) :]
    return bytes(changed)


@settings(max_examples=1_500, deadline=DEADLINE_MS)
@given(st.sampled_from(SEEDS), EDITS)
def test_edited_modules_are_accepted_or_refused_as_wasmtime_does(
    seed: bytes, edits: list[tuple[str, int, int]]
) -> None:
    check_against_wasmtime(edited(seed, edits))


@settings(max_examples=300, deadline=DEADLINE_MS)
@given(st.binary(max_size=200))
def test_any_sections_are_accepted_or_refused(payload: bytes) -> None:
    check_against_wasmtime(module_of(payload))
    check_against_wasmtime(payload)


@settings(max_examples=300, deadline=DEADLINE_MS)
@given(st.integers(0, 13), st.binary(max_size=40))
def test_any_section_of_any_bytes_is_accepted_or_refused(number: int, payload: bytes) -> None:
    check_against_wasmtime(module_of(section(number, payload)))


@settings(max_examples=200, deadline=DEADLINE_MS)
@given(st.sampled_from(SEEDS), st.binary(max_size=60))
def test_no_name_section_makes_a_module_unacceptable(seed: bytes, payload: bytes) -> None:
    named = decode(seed + section(0, b"\x04name" + payload))
    assert named.functions == decode(seed).functions
    assert all(name.isprintable() for name in named.names.values())


# Bodies of well-formed instructions, mostly ill-typed: what edits of bytes hardly reach.

PROFILE_ROWS = tuple(row for row in OPCODES.values() if row.excluded is None and not row.reserved)
OPERATORS = tuple(row for row in PROFILE_ROWS if row.code != END)
SMALL = st.integers(0, 3).map(leb)
IMMEDIATES: dict[Immediate, st.SearchStrategy[bytes]] = {
    Immediate.NONE: st.just(b""),
    Immediate.BLOCK_TYPE: st.sampled_from([b"\x40", b"\x7f", b"\x7e"]),
    Immediate.LABEL: SMALL,
    Immediate.LABEL_TABLE: st.lists(SMALL, min_size=1, max_size=3).map(
        lambda labels: leb(len(labels) - 1) + b"".join(labels)
    ),
    Immediate.FUNCTION: SMALL,
    Immediate.TYPE_AND_TABLE: SMALL.map(lambda index: index + b"\x00"),
    Immediate.LOCAL: SMALL,
    Immediate.GLOBAL: SMALL,
    Immediate.MEMARG: st.tuples(SMALL, SMALL).map(b"".join),
    Immediate.MEMORY: st.just(b"\x00"),
    Immediate.TWO_MEMORIES: st.just(b"\x00\x00"),
    Immediate.I32: SMALL,
    Immediate.I64: SMALL,
}


def encoded(row: Opcode) -> st.SearchStrategy[bytes]:
    code = bytes([row.code]) if row.code <= 0xFF else bytes([row.code >> 8, row.code & 0xFF])
    return IMMEDIATES[row.immediate].map(lambda immediates: code + immediates)


INSTRUCTIONS = st.sampled_from(PROFILE_ROWS).flatmap(encoded)
STARTS = st.sampled_from([b"", b"\x00", b"\x41\x00", b"\x42\x00", b"\x41\x00\x41\x00\x41\x00"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Draw a body whose blocks are closed, as far as the instructions drawn do not close them."""
    instructions = draw(st.lists(INSTRUCTIONS, max_size=8))
    nesting = {0x02: 1, 0x03: 1, IF: 1, END: -1}
    depth = sum(nesting.get(entry[0], 0) for entry in instructions)
    return draw(STARTS) + b"".join(instructions) + b"\x0b" * (max(depth, 0) + 1)


FRAME = (
    section(1, b"\x04\x60\x00\x00\x60\x00\x01\x7f\x60\x02\x7f\x7e\x01\x7e\x60\x01\x7f\x00"),
    section(4, b"\x01\x70\x00\x01"),
    section(5, b"\x01\x00\x01"),
    section(6, b"\x03\x7f\x01\x41\x00\x0b\x7e\x00\x42\x00\x0b\x7e\x01\x42\x00\x0b"),
)


def with_function(type_index: int, body: bytes) -> bytes:
    types, table, memory, global_values = FRAME
    functions = section(3, b"\x01" + leb(type_index))
    return module_of(
        types, functions, table, memory, global_values, code_section(body, b"\x01\x01\x7e")
    )


@settings(max_examples=2_500, deadline=DEADLINE_MS)
@given(st.integers(0, 3), bodies())
def test_bodies_are_typed_as_wasmtime_types_them(type_index: int, body: bytes) -> None:
    check_against_wasmtime(with_function(type_index, body))


def test_bodies_of_one_operator_are_typed_as_wasmtime_types_them() -> None:
    for row in OPERATORS:
        immediates = b"\x00" * {Immediate.NONE: 0}.get(row.immediate, 1)
        if row.immediate in (
            *(Immediate.MEMARG, Immediate.TWO_MEMORIES, Immediate.TYPE_AND_TABLE),
            Immediate.LABEL_TABLE,
        ):
            immediates += b"\x00"
        if row.immediate is Immediate.BLOCK_TYPE:
            immediates = b"\x40\x0b"
        code = bytes([row.code]) if row.code <= 0xFF else row.code.to_bytes(2, "big")
        for operands in (b"", b"\x41\x00", b"\x42\x00", b"\x41\x00\x41\x00", b"\x42\x00\x42\x00"):
            for end in (b"\x0b", b"\x1a\x0b", b"\x45\x1a\x0b", b"\x50\x1a\x0b"):
                check_against_wasmtime(with_function(0, operands + code + immediates + end))


def test_the_known_differences_are_as_described() -> None:
    long_limit = module_of(section(5, b"\x01\x00\x82\x80\x80\x80\x80\x00"))
    long_zero = with_function(0, b"\x41\x00\x11\x00\x80\x00\x0b")
    for wasm, rule in zip((long_limit, long_zero), KNOWN_DIFFERENCES, strict=True):
        refusal = refusal_of(wasm)
        assert isinstance(refusal, Malformed)
        assert refusal.rule == rule
        assert accepted_by_wasmtime(wasm)


@settings(max_examples=100, deadline=DEADLINE_MS)
@given(st.sampled_from(SEEDS), EDITS)
def test_checking_imports_of_a_valid_module_only_ever_refuses(
    seed: bytes, edits: list[tuple[str, int, int]]
) -> None:
    wasm = edited(seed, edits)
    if refusal_of(wasm) is not None:
        return
    module = decode(wasm)
    try:
        check_imports(module, {})
    except ProfileViolation as error:
        assert error.rule.startswith("P-8: ")  # noqa: PT017 (either outcome is fine)
    else:
        assert not module.imports
