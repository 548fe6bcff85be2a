"""The decoder: every malformed form, every exclusion, every byte, and what valid modules become."""

from __future__ import annotations

import contextlib

import pytest

from tests.wasm_interp.module_bytes import (
    BODY_START,
    FUNCTIONS,
    MEMORY,
    PREAMBLE,
    TABLE,
    TYPES,
    code_section,
    module_of,
    section,
    with_body,
)
from tests.wasm_interp.wat import wasm_of
from wasm_interp.binary import decode
from wasm_interp.errors import Malformed, ModuleError, ProfileViolation
from wasm_interp.module import (
    DataSegment,
    ElementSegment,
    Export,
    ExternKind,
    FunctionType,
    GlobalType,
    Import,
    Instr,
    Limits,
)
from wasm_interp.opcodes import BY_NAME, ValueType
from wasm_interp.profile import PROFILE_V1, Profile

I32, I64 = ValueType.I32, ValueType.I64


def instr(name: str, offset: int, **immediates: object) -> Instr:
    return Instr(opcode=BY_NAME[name], offset=offset, **immediates)  # type: ignore[arg-type]


# What is malformed.

END_OF_INPUT = "unexpected end of section or function"

MALFORMED = {
    "empty": (b"", END_OF_INPUT, 0),
    "short magic": (b"\x00as", END_OF_INPUT, 3),
    "magic": (b"\x00ASM\x01\x00\x00\x00", "magic header not detected", 0),
    "short version": (b"\x00asm\x01", END_OF_INPUT, 5),
    "version": (b"\x00asm\x02\x00\x00\x00", "unknown binary version", 4),
    "component version": (b"\x00asm\x0d\x00\x01\x00", "unknown binary version", 4),
    "section id 14": (module_of(b"\x0e\x01\x00"), "malformed section id", 8),
    "section id of two bytes": (module_of(b"\x81\x00\x01\x00"), "malformed section id", 8),
    "section size": (module_of(b"\x01\x05\x00"), "length out of bounds", 9),
    "section size missing": (module_of(b"\x01"), END_OF_INPUT, 9),
    "section size too long": (
        module_of(b"\x01\x81\x80\x80\x80\x80\x00\x00"),
        "integer representation too long",
        9,
    ),
    "section size too large": (module_of(b"\x01\x81\x80\x80\x80\x10"), "integer too large", 9),
    "section twice": (module_of(TYPES, TYPES), "unexpected content after last section", 14),
    "section out of order": (
        module_of(MEMORY, TABLE),
        "unexpected content after last section",
        8 + len(MEMORY),
    ),
    "data count after code": (
        module_of(section(10, b"\x00"), section(12, b"\x00")),
        "unexpected content after last section",
        11,
    ),
    "section too short": (module_of(b"\x01\x02\x01\x60\x00\x00"), "section size mismatch", 12),
    "section too long": (module_of(b"\x01\x02\x00\x00"), "section size mismatch", 11),
    "count beyond the module": (
        module_of(section(1, b"\xff\xff\xff\xff\x0f")),
        "length out of bounds",
        10,
    ),
    "custom section without name": (module_of(b"\x00\x00"), END_OF_INPUT, 10),
    "custom section name too long": (
        module_of(section(0, b"\x02a"), section(0, b"\x00")),
        END_OF_INPUT,
        15,
    ),
    "custom section name not UTF-8": (
        module_of(section(0, b"\x02a\xff")),
        "malformed UTF-8 encoding",
        12,
    ),
    "function type form": (module_of(section(1, b"\x01\x40\x00")), "malformed function type", 11),
    "function type form of two bytes": (
        module_of(section(1, b"\x01\xe0\x7f\x00\x00")),
        "integer representation too long",
        11,
    ),
    "value type": (module_of(section(1, b"\x01\x60\x01\x40\x00")), "malformed value type", 13),
    "value type of two bytes": (
        module_of(section(1, b"\x01\x60\x01\xff\x7f\x00")),
        "integer representation too long",
        13,
    ),
    "import name": (
        module_of(section(2, b"\x01\x01\xc0\x00\x00\x00")),
        "malformed UTF-8 encoding",
        12,
    ),
    "import kind": (module_of(section(2, b"\x01\x00\x00\x05")), "malformed import kind", 13),
    "export kind": (
        module_of(section(7, b"\x01\x00\x05\x00")),
        "malformed export kind",
        12,
    ),
    "table type": (module_of(section(4, b"\x01\x7f\x00\x00")), "malformed reference type", 11),
    "limits flags": (module_of(section(5, b"\x01\x08\x00")), "malformed limits flags", 11),
    "limits flags of two bytes": (
        module_of(section(5, b"\x01\x81\x00\x00\x00")),
        "malformed limits flags",
        11,
    ),
    "limits minimum of six bytes": (
        module_of(section(5, b"\x01\x00\x82\x80\x80\x80\x80\x00")),
        "integer representation too long",
        12,
    ),
    "limits maximum beyond 64 bits": (
        module_of(section(5, b"\x01\x01\x00\x82\x80\x80\x80\x80\x80\x80\x80\x80\x40")),
        "integer too large",
        13,
    ),
    "mutability": (module_of(section(6, b"\x01\x7f\x02\x41\x00\x0b")), "malformed mutability", 12),
    "global initializer without end": (
        module_of(section(6, b"\x01\x7f\x00\x41\x00")),
        END_OF_INPUT,
        15,
    ),
    "i32.const beyond 32 bits": (
        module_of(section(6, b"\x01\x7f\x00\x41\xff\xff\xff\xff\x4f\x0b")),
        "integer too large",
        14,
    ),
    "i32.const of six bytes": (
        module_of(section(6, b"\x01\x7f\x00\x41\x80\x80\x80\x80\x80\x00\x0b")),
        "integer representation too long",
        14,
    ),
    "i64.const beyond 64 bits": (
        module_of(section(6, b"\x01\x7e\x00\x42" + b"\xff" * 9 + b"\x01\x0b")),
        "integer too large",
        14,
    ),
    "element segment kind": (
        module_of(section(9, b"\x01\x08")),
        "malformed elements segment kind",
        11,
    ),
    "element kind": (
        module_of(section(9, b"\x01\x02\x00\x41\x00\x0b\x01\x00")),
        "malformed element kind",
        16,
    ),
    "data segment kind": (module_of(section(11, b"\x01\x03")), "malformed data segment kind", 11),
    "data segment too short": (
        module_of(section(11, b"\x01\x00\x41\x00\x0b\x02a")),
        END_OF_INPUT,
        17,
    ),
    "code without functions": (
        module_of(TYPES, code_section(b"\x0b")),
        "function and code section have inconsistent lengths",
        20,
    ),
    "functions without code": (
        module_of(TYPES, FUNCTIONS),
        "function and code section have inconsistent lengths",
        18,
    ),
    "data count without data": (
        module_of(section(12, b"\x01")),
        "data count and data section have inconsistent lengths",
        11,
    ),
    "data count unlike data": (
        module_of(MEMORY, section(12, b"\x02"), section(11, b"\x01\x00\x41\x00\x0b\x00")),
        "data count and data section have inconsistent lengths",
        18,
    ),
    "too many locals": (
        with_body(b"\x0b", b"\x02\xff\xff\xff\xff\x0f\x7f\x01\x7e"),
        "too many locals",
        None,
    ),
    "too large a run of locals": (
        with_body(b"\x0b", b"\x01\x80\x80\x80\x80\x10\x7f"),
        "integer too large",
        None,
    ),
    "body without end": (with_body(b"\x01"), END_OF_INPUT, None),
    "body too long": (with_body(b"\x0b\x0b"), "section size mismatch", None),
    "else without if": (with_body(b"\x05\x0b"), "END opcode expected", BODY_START + 1),
    "else in a block": (with_body(b"\x02\x40\x05\x0b\x0b"), "END opcode expected", None),
    "second else": (with_body(b"\x41\x00\x04\x40\x05\x05\x0b\x0b"), "END opcode expected", None),
    "illegal opcode": (with_body(b"\x01\xff\x0b"), "illegal opcode ff", BODY_START + 2),
    "illegal sub-opcode": (with_body(b"\xfc\x7f\x0b"), "illegal opcode fc 7f", BODY_START + 1),
    "block type": (with_body(b"\x02\x41\x0b\x0b"), "malformed block type", BODY_START + 2),
    "memop flags": (with_body(b"\x28\x80\x01\x00\x0b"), "malformed memop flags", BODY_START + 2),
    "memory.size": (with_body(b"\x3f\x80\x00\x0b"), "zero byte expected", BODY_START + 2),
    "memory.fill": (with_body(b"\xfc\x0b\x80\x00\x0b"), "zero byte expected", BODY_START + 3),
    "call_indirect": (with_body(b"\x11\x00\x80\x00\x0b"), "zero byte expected", BODY_START + 3),
    "br_table count": (
        with_body(b"\x0e\xff\xff\xff\xff\x0f\x0b"),
        "length out of bounds",
        BODY_START + 2,
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_bytes_are_refused_in_the_words_of_the_suite_and_at_the_right_byte(
    case: str,
) -> None:
    wasm, rule, offset = MALFORMED[case]
    with pytest.raises(Malformed) as caught:
        decode(wasm)
    assert caught.value.rule == rule
    if offset is not None:
        assert caught.value.offset == offset


def section_ends(wasm: bytes) -> list[int]:
    """Return where the sections of a module end, all of which are shorter than 128 bytes."""
    ends = [len(PREAMBLE)]
    while ends[-1] < len(wasm):
        ends.append(ends[-1] + 2 + wasm[ends[-1] + 1])
    return ends


def test_a_module_cut_anywhere_but_between_sections_is_malformed() -> None:
    whole = wasm_of(
        """(module (type (func (param i32) (result i32))) (memory 1 2) (table 2 funcref)
        (global (mut i32) (i32.const 5)) (export "f" (func 0)) (elem (i32.const 0) 0 0)
        (func (type 0) (local i64) (block (result i32) (local.get 0)) i32.clz)
        (data (i32.const 3) "abcdefghijklm"))"""
    )
    accepted = []
    for size in range(len(whole) + 1):
        with contextlib.suppress(Malformed):
            assert decode(whole[:size]).size == size
            accepted.append(size)
    ends = section_ends(whole)
    # From the function section on, up to the code section, a cut leaves functions without code.
    assert accepted == [*ends[:2], *ends[-2:]]


# What is outside the profile.

OUTSIDE = {
    "f32 parameter": (module_of(section(1, b"\x01\x60\x01\x7d\x00")), "P-4: f32: floating", 13),
    "f64 local": (with_body(b"\x0b", b"\x01\x01\x7c"), "P-4: f64: floating", BODY_START + 2),
    "v128 block": (with_body(b"\x02\x7b\x0b\x0b"), "P-4: v128: vector", BODY_START + 2),
    "funcref global": (module_of(section(6, b"\x01\x70\x00\xd0\x70\x0b")), "P-4: funcref", 11),
    "GC type": (module_of(section(1, b"\x01\x5f\x00")), "P-4: struct: garbage-collected", 11),
    "tag section": (module_of(section(13, b"\x00")), "P-4: tag section: exceptions", 8),
    "tag import": (
        module_of(section(2, b"\x01\x00\x00\x04\x00\x00")),
        "P-4: import of a tag: exceptions",
        13,
    ),
    "tag export": (module_of(section(7, b"\x01\x00\x04\x00")), "P-4: export of a tag", 12),
    "block with a type index": (with_body(b"\x02\x00\x0b\x0b"), "P-5: ", BODY_START + 2),
    "shared memory": (module_of(section(5, b"\x01\x03\x01\x01")), "P-6: shared limits", 11),
    "64-bit memory": (module_of(section(5, b"\x01\x04\x01")), "P-6: 64-bit", 11),
    "table of externref": (module_of(section(4, b"\x01\x6f\x00\x00")), "P-6: a table of ext", 11),
    "table with an initializer": (
        module_of(section(4, b"\x01\x40\x00\x70\x00\x00\xd0\x70\x0b")),
        "P-6: a table with an initializer",
        11,
    ),
    "memory index in an access": (
        with_body(b"\x28\x42\x01\x00\x0b"),
        "P-6: i32.load with a memory index",
        BODY_START + 1,
    ),
    "second memory": (with_body(b"\x40\x01\x0b"), "P-6: memory.grow with an index", BODY_START + 1),
    "second table": (
        with_body(b"\x11\x00\x01\x0b"),
        "P-6: call_indirect with an index",
        BODY_START + 1,
    ),
    "passive elements": (module_of(section(9, b"\x01\x01\x00\x00")), "P-7: an element", 11),
    "declared elements": (module_of(section(9, b"\x01\x03\x00\x00")), "P-7: an element", 11),
    "element expressions": (
        module_of(section(9, b"\x01\x04\x41\x00\x0b\x00")),
        "P-7: an element",
        11,
    ),
    "passive data": (module_of(section(11, b"\x01\x01\x00")), "P-7: passive segments", 11),
    "memory.init": (
        with_body(b"\xfc\x08\x00\x00\x0b"),
        "P-7: memory.init: passive segments",
        BODY_START + 1,
    ),
    "locals": (
        with_body(b"\x0b", b"\x01\x81\x08\x7f"),
        "P-1: 1025 parameters and locals, locals_max is 1024",
        BODY_START,
    ),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_what_is_outside_the_profile_is_refused_with_its_rule(case: str) -> None:
    wasm, rule, offset = OUTSIDE[case]
    with pytest.raises(ProfileViolation) as caught:
        decode(wasm)
    assert caught.value.rule.startswith(rule)
    assert caught.value.offset == offset


def test_parameters_count_as_locals_and_the_limit_is_that_of_the_profile() -> None:
    types = section(1, b"\x01\x60\x02\x7f\x7f\x00")
    wasm = module_of(types, FUNCTIONS, code_section(b"\x0b", b"\x01\x02\x7e"))
    assert decode(wasm, Profile(locals_max=4)).functions[0].locals == (I64, I64)
    with pytest.raises(ProfileViolation, match="P-1: 4 parameters and locals, locals_max is 3"):
        decode(wasm, Profile(locals_max=3))


# What modules become.


def test_an_empty_module_is_a_module() -> None:
    module = decode(PREAMBLE)
    assert (module.size, module.types, module.functions, module.start) == (8, (), (), None)


def test_a_module_with_every_section_decodes_to_its_parts() -> None:
    wasm = wasm_of(
        """(module $m
          (type $t (func (param i32 i64) (result i64)))
          (import "db" "get" (func $get (param i32 i64) (result i64)))
          (import "e" "t" (table 1 2 funcref))
          (import "e" "m" (memory 3))
          (import "e" "g" (global (mut i64)))
          (table 7 funcref)
          (memory 1 256)
          (global i32 (i32.const -1))
          (export "go" (func $go))
          (export "mem" (memory 1))
          (start $init)
          (elem (i32.const 2) $get $go)
          (elem (table 1) (offset (i32.const 3)) func $go)
          (func $go (type $t) (local i32 i32 i64) local.get 1)
          (func $init)
          (data (i32.const 9) "hi")
          (data (memory 1) (i32.const 10) "\\00"))"""
    )
    module = decode(wasm)
    assert module.types == (FunctionType((I32, I64), (I64,)), FunctionType((), ()))
    assert str(module.types[0]) == "(i32 i64) -> (i64)"
    kinds = [entry.kind for entry in module.imports]
    assert kinds == [
        ExternKind.FUNCTION,
        ExternKind.TABLE,
        ExternKind.MEMORY,
        ExternKind.GLOBAL,
    ]
    first = module.imports[0]
    assert first == Import(
        module="db", name="get", kind=ExternKind.FUNCTION, type_index=0, offset=first.offset
    )
    assert wasm[first.offset :].startswith(b"\x02db\x03get\x00\x00")
    assert [entry.limits for entry in module.imports] == [None, Limits(1, 2), Limits(3, None), None]
    assert module.imports[3].global_type == GlobalType(value_type=I64, mutable=True)
    assert (module.tables, module.memories) == ((Limits(7, None),), (Limits(1, 256),))
    assert module.globals[0].type == GlobalType(value_type=I32, mutable=False)
    assert [entry.a for entry in module.globals[0].init] == [2**32 - 1, 0]
    go, mem = module.exports
    assert go == Export(name="go", kind=ExternKind.FUNCTION, index=1, offset=go.offset)
    assert mem == Export(name="mem", kind=ExternKind.MEMORY, index=1, offset=mem.offset)
    assert module.start == 2
    assert wasm[module.start_offset] == 2
    assert [(e.table, e.functions) for e in module.elements] == [(0, (0, 1)), (1, (1,))]
    assert [(d.memory, d.data) for d in module.data] == [(0, b"hi"), (1, b"\x00")]
    assert [entry.a for entry in module.data[0].place] == [9, 0]
    assert module.functions[0].locals == (I32, I32, I64)
    assert module.names == {0: "get", 1: "go", 2: "init"}
    assert module.size == len(wasm)


def test_bodies_stay_flat_and_know_their_offsets() -> None:
    wasm = wasm_of(
        """(module (func (param i32) (result i32)
          (if (result i32) (local.get 0) (then (i32.const 7)) (else (i32.const -8)))
          (loop (br_if 0 (i32.const 0)))))"""
    )
    function = decode(wasm).functions[0]
    at = function.offset + 1
    assert wasm[function.offset] == 0
    assert function.body == (
        instr("local.get", at, a=0),
        instr("if", at + 2, block_type=I32),
        instr("i32.const", at + 4, a=7),
        instr("else", at + 6),
        instr("i32.const", at + 7, a=2**32 - 8),
        instr("end", at + 9),
        instr("loop", at + 10),
        instr("i32.const", at + 12, a=0),
        instr("br_if", at + 14, a=0),
        instr("end", at + 16),
        instr("end", at + 17),
    )
    for entry in function.body:
        assert wasm[entry.offset] == entry.opcode.code


def test_both_accepted_forms_of_segments_decode_alike() -> None:
    short = module_of(
        TABLE,
        MEMORY,
        section(9, b"\x01\x00\x41\x00\x0b\x01\x00"),
        section(11, b"\x01\x00\x41\x00\x0b\x01x"),
    )
    long = module_of(
        TABLE,
        MEMORY,
        section(9, b"\x01\x02\x00\x41\x00\x0b\x00\x01\x00"),
        section(11, b"\x01\x02\x00\x41\x00\x0b\x01x"),
    )

    def parts(wasm: bytes) -> list[object]:
        module = decode(wasm)
        element, data = module.elements[0], module.data[0]
        assert isinstance(element, ElementSegment)
        assert isinstance(data, DataSegment)
        places = [[entry.opcode.name for entry in place] for place in (element.place, data.place)]
        return [element.table, element.functions, data.memory, data.data, places]

    assert parts(short) == parts(long) == [0, (0,), 0, b"x", [["i32.const", "end"]] * 2]


def test_a_correct_data_count_is_accepted() -> None:
    data = section(11, b"\x01\x00\x41\x00\x0b\x00")
    assert len(decode(module_of(MEMORY, section(12, b"\x01"), data)).data) == 1
    assert decode(module_of(section(12, b"\x00"))).data == ()


def test_custom_sections_are_skipped_wherever_they_stand() -> None:
    custom = section(0, b"\x06customanything \xff at all")
    plain = with_body(b"\x0b")
    dressed = module_of(custom, TYPES, custom, FUNCTIONS, custom, code_section(b"\x0b"), custom)
    assert decode(dressed).types == decode(plain).types
    assert len(decode(dressed).functions) == 1


# Errors name the function.


def test_an_error_in_a_body_names_the_function_although_the_names_come_last() -> None:
    wasm = wasm_of(
        """(module (import "e" "f" (func)) (func $fine)
        (func $broken (drop (f32.add (f32.const 0) (f32.const 0)))))"""
    )
    with pytest.raises(ProfileViolation) as caught:
        decode(wasm)
    error = caught.value
    assert (error.function, error.symbol) == (2, "broken")
    assert error.offset is not None
    assert wasm[error.offset] == 0x43
    assert str(error) == (
        "outside the profile: P-4: f32.const: floating point is not deterministic enough to prove "
        f"[function 2 (broken), byte 0x{error.offset:x}]"
    )


def test_without_a_name_section_an_export_names_the_function() -> None:
    export = section(7, b"\x01\x03r\x1bn\x00\x00")
    with pytest.raises(Malformed) as caught:
        decode(module_of(TYPES, FUNCTIONS, export, code_section(b"\xff")))
    assert (caught.value.function, caught.value.symbol) == (0, "r\ufffdn")


def test_a_broken_section_after_the_error_costs_only_the_name() -> None:
    with pytest.raises(Malformed, match="illegal opcode ff") as caught:
        decode(with_body(b"\xff") + b"\x00\xff")
    assert caught.value.symbol == "$0"


def test_errors_outside_bodies_name_no_function() -> None:
    with pytest.raises(ModuleError) as caught:
        decode(with_body(b"\x0b") + section(11, b"\x01\x01\x00"))
    assert caught.value.function is None


def test_the_default_profile_is_version_one() -> None:
    assert decode(with_body(b"\x0b")) == decode(with_body(b"\x0b"), PROFILE_V1)
