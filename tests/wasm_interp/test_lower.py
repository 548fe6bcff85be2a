"""Lowering, rule by rule: the very instructions that docs/spec/lowering.md asks for."""

from __future__ import annotations

import pytest

from merkle import keccak256
from tests.wasm_interp.wat import program_of, wasm_of
from wasm_interp import Program, load
from wasm_interp.errors import ProfileViolation
from wasm_interp.instructions import INSTRUCTIONS, Word, decode_word
from wasm_interp.lower import locals_depth
from wasm_interp.module import FunctionType
from wasm_interp.opcodes import ValueType
from wasm_interp.profile import Profile


def listing(program: Program, symbol: str = "f") -> list[str]:
    """Return the instructions of a function, targets relative to its first."""
    first = next(entry.pc for entry in program.functions if entry.symbol == symbol)
    lines = []
    for pc in range(first, len(program.words)):
        if program.location(pc).symbol != symbol:
            break
        word = program.words[pc]
        if INSTRUCTIONS[word.code].shown == "pc":
            lines.append(f"{INSTRUCTIONS[word.code].name} {word.a - first}")
        else:
            lines.append(program.text(word))
    return lines


CASES = {
    "L-5, L-6: enter, parameters last one first, code, return": (
        "(func $f (param i32 i64) (local i32) (drop (local.get 0)))",
        ["enter 0", "local.set 1", "local.set 0", "local.get 0", "drop", "return"],
    ),
    "L-6: five locals need depth 1": (
        "(func $f (local i32 i32 i32 i32 i32))",
        ["enter 1", "return"],
    ),
    "L-7: nop, block and loop emit nothing": (
        "(func $f (nop) (block (loop (nop))))",
        ["enter 0", "return"],
    ),
    "L-7: unreachable is a trap, and ends what can be reached": (
        "(func $f (unreachable) (drop (i32.const 1)))",
        ["enter 0", "trap unreachable"],
    ),
    "L-8: if with else": (
        """(func $f (result i32)
             (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))))""",
        [
            "enter 0",
            "i32.const 1",
            "jump_unless 5",
            "i32.const 2",
            "jump 6",
            "i32.const 3",
            "return",
        ],
    ),
    "L-8: if without else": (
        "(func $f (if (i32.const 1) (then (drop (i32.const 2)))))",
        ["enter 0", "i32.const 1", "jump_unless 5", "i32.const 2", "drop", "return"],
    ),
    "L-8: no jump over else from a branch that does not come back": (
        "(func $f (if (i32.const 1) (then (unreachable)) (else (nop))))",
        ["enter 0", "i32.const 1", "jump_unless 4", "trap unreachable", "return"],
    ),
    "L-9: a block that is branched out of goes on behind its end": (
        "(func $f (block (br 0) (drop (i32.const 1))) (drop (i32.const 2)))",
        ["enter 0", "jump 2", "i32.const 2", "drop", "return"],
    ),
    "L-9: blocks in dead code are dead to their ends": (
        "(func $f (return) (block (block (br 0))) (if (i32.const 1) (then) (else (nop))))",
        ["enter 0", "return"],
    ),
    "L-9: behind an endless loop nothing is emitted": (
        "(func $f (loop (br 0)) (drop (i32.const 1)))",
        ["enter 0", "jump 1"],
    ),
    "L-10: br unwinds in place, keeping its value": (
        """(func $f (result i32)
             (block (result i32) (i32.const 1) (i32.const 2) (i32.const 3) (br 0)) (drop)
             (i32.const 4))""",
        [
            *("enter 0", "i32.const 1", "i32.const 2", "i32.const 3"),
            *("drop_under", "drop_under", "jump 7", "drop", "i32.const 4", "return"),
        ],
    ),
    "L-10: a branch to the function's own label returns": (
        "(func $f (result i32) (i32.const 1) (i32.const 2) (br 0))",
        ["enter 0", "i32.const 1", "i32.const 2", "drop_under", "return"],
    ),
    "L-10: br_if without surplus jumps straight": (
        "(func $f (block (br_if 0 (i32.const 1))))",
        ["enter 0", "i32.const 1", "jump_if 3", "return"],
    ),
    "L-10, L-11: br_if with surplus goes through a stub behind the code": (
        """(func $f
             (block (i32.const 7) (br_if 0 (i32.const 1)) (drop)))""",
        ["enter 0", "i32.const 7", "i32.const 1", "jump_if 6", "drop", "return", "drop", "jump 5"],
    ),
    "L-10: br_table is a computed jump into a row, the default last": (
        """(func $f (param i32)
             (block (block (block (br_table 0 1 0 2 (local.get 0))) (return)) (nop)))""",
        [
            *("enter 0", "local.set 0", "local.get 0", "jump_table 3"),
            *("jump 8", "jump 9", "jump 8", "jump 9", "return", "return"),
        ],
    ),
    "L-11: equal branches share a stub": (
        """(func $f
             (block (i32.const 7) (br_if 0 (i32.const 1)) (br_if 0 (i32.const 2)) (drop)))""",
        [
            *("enter 0", "i32.const 7", "i32.const 1", "jump_if 8", "i32.const 2", "jump_if 8"),
            *("drop", "return", "drop", "jump 7"),
        ],
    ),
    "L-7: a load keeps its offset only": (
        "(func $f (drop (i64.load16_s offset=70000 align=1 (i32.const 3))))",
        ["enter 0", "i32.const 3", "i64.load16_s 70000", "drop", "return"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_code_is_lowered_as_the_specification_says(name: str) -> None:
    text, expected = CASES[name]
    assert listing(program_of(f"(module (memory 1) {text})")) == expected


def test_the_program_begins_with_the_two_halts() -> None:
    program = program_of("(module (func $f))")
    assert [program.text(word) for word in program.words[:2]] == ["halt 0", "halt 1"]
    assert program.functions[0].pc == 2


HOST = """(module (import "channel" "turn" (func $turn (result i64)))
  (import "db" "delete" (func $delete (param i32 i32) (result i32)))
  (memory 1) (table funcref (elem $delete))
  (func $f (result i64) (call $turn)) (export "turn" (func $turn)))"""


def test_a_host_function_is_one_instruction_and_a_thunk_where_it_needs_a_pc() -> None:
    program = program_of(HOST)
    assert listing(program) == ["enter 0", "channel.turn", "return"]
    assert listing(program, "turn") == ["enter 0", "channel.turn", "return"]
    assert listing(program, "delete") == [
        *("enter 0", "local.set 1", "local.set 0", "local.get 0", "local.get 1", "db.delete"),
        "return",
    ]
    assert program.table[0] & 0xFFFFFFFF == program.functions[1].pc


def test_equal_types_have_one_canonical_id() -> None:
    program = program_of(
        """(module (type (func)) (type $a (func (param i32))) (type $b (func (param i32)))
             (table funcref (elem $g)) (func $g (type $b)) (func $f
               (call_indirect (type $b) (i32.const 1) (i32.const 0))
               (call_indirect (type $a) (i32.const 1) (i32.const 0))))"""
    )
    assert [line for line in listing(program) if "indirect" in line] == ["call_indirect 1"] * 2
    assert program.table[0] >> 32 == 1


def test_bulk_memory_gets_three_scratch_locals_and_the_offset_of_its_instruction() -> None:
    program = program_of(
        """(module (memory 1) (func $f (param i32) (local i32)
             (memory.fill (i32.const 1) (i32.const 2) (i32.const 3))))"""
    )
    assert listing(program)[0] == "enter 1", "five locals"
    fill = [pc for pc in range(2, len(program.words)) if program.location(pc).symbol == "f"]
    assert len({program.location(pc).offset for pc in fill}) < len(fill) // 2


@pytest.mark.parametrize(
    ("count", "depth"), [(0, 0), (1, 0), (4, 0), (5, 1), (8, 1), (9, 2), (1021, 8), (1024, 8)]
)
def test_the_depth_of_locals_is_the_least_that_fits(count: int, depth: int) -> None:
    assert locals_depth(count) == depth


def test_scratch_locals_count_against_the_limit() -> None:
    locals_ = "(local" + " i32" * 1022 + ")"
    fill = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))"
    load(wasm_of(f"(module (memory 1) (func {locals_}))"))
    with pytest.raises(ProfileViolation, match=r"P-1: more than 1024 locals, scratch ones"):
        load(wasm_of(f"(module (memory 1) (func $f {locals_} {fill}))"))


def test_too_much_lowered_code_is_refused() -> None:
    body = "(drop (i32.const 1))" * 10
    with pytest.raises(ProfileViolation, match="P-1: lowered code has more than 20 instructions"):
        load(wasm_of(f"(module (func {body}))"), profile=Profile(code_instructions_max=20))


def test_unwinding_amplifies_no_further_than_the_limit() -> None:
    """Branches with a thousand operands below them: each stub is a thousand instructions."""
    operands = "(i32.const 0)" * 1000
    branches = "".join(
        f"(block (result i32) {operands} (br_if 0 (i32.const 1) (i32.const 1))"
        + "(drop)" * 1001
        + "(i32.const 0))(drop)"
        for _ in range(400)
    )
    with pytest.raises(ProfileViolation, match="P-1: lowered code"):
        load(wasm_of(f"(module (func {branches}))"), profile=Profile(code_instructions_max=2**16))


def test_words_have_one_encoding_and_other_bytes_are_no_instruction() -> None:
    for code, row in INSTRUCTIONS.items():
        word = Word(code, 1 if row.a_max else 0, row.b_max)
        raw = word.encode()
        assert decode_word(raw) == word
        for at in (1, 2, 3):
            assert decode_word(raw[:at] + b"\1" + raw[at + 1 :]) is None
        for limit, field in ((row.a_max, slice(4, 8)), (row.b_max, slice(8, 16))):
            size = field.stop - field.start
            if limit < 256**size - 1:
                broken = bytearray(raw)
                broken[field] = (limit + 1).to_bytes(size, "big")
                assert decode_word(bytes(broken)) is None, row.name
    assert decode_word(bytes(16)) is None, "the zero word"
    assert decode_word(b"\xe7" + bytes(15)) is None, "trap without a code"
    assert {code for code in range(256) if decode_word(bytes([code]) + bytes(15))} == (
        set(INSTRUCTIONS) - {0xE7}
    )


def test_lowering_depends_on_the_module_alone() -> None:
    wasm = wasm_of(HOST)
    one, other = load(wasm), load(wasm)
    assert one.words == other.words
    assert keccak256(b"".join(word.encode() for word in one.words)) == keccak256(
        b"".join(word.encode() for word in other.words)
    )


def test_a_program_has_the_types_of_its_exports() -> None:
    kind = program_of(HOST).exports["turn"].type
    assert kind == FunctionType((), (ValueType.I64,))
    assert str(kind) == "() -> (i64)"
