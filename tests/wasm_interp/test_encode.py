"""Modules are written as they are read: decoding what was encoded gives the same module."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tests.wasm_interp.generator import GeneratedModule, modules
from tests.wasm_interp.module_bytes import PREAMBLE, module_of
from tests.wasm_interp.module_bytes import section as section_bytes
from tests.wasm_interp.test_fuzz_modules import SEEDS
from wasm_interp import load
from wasm_interp.assemble import TRAP
from wasm_interp.binary import decode
from wasm_interp.encode import custom_section, encode, instruction
from wasm_interp.module import (
    DataSegment,
    ElementSegment,
    ExternKind,
    FunctionType,
    GlobalType,
    Import,
    Instr,
    Limits,
    Module,
)
from wasm_interp.opcodes import BY_NAME, ValueType

ROOT = Path(__file__).parents[2]
BINARIES = sorted(
    path
    for folder in ("examples", "bench", "conformance")
    for path in (ROOT / folder).rglob("*.wasm")
    if "node_modules" not in path.parts
)


def without_offsets(module: Module) -> Module:
    """Return a module without what tells where in its binary something was."""

    def body(instrs: tuple[Instr, ...]) -> tuple[Instr, ...]:
        return tuple(replace(each, offset=-1) for each in instrs)

    return replace(
        module,
        size=0,
        start_offset=-1,
        imports=tuple(replace(each, offset=-1) for each in module.imports),
        exports=tuple(replace(each, offset=-1) for each in module.exports),
        globals=tuple(replace(each, init=body(each.init), offset=-1) for each in module.globals),
        functions=tuple(
            replace(each, body=body(each.body), offset=-1) for each in module.functions
        ),
        elements=tuple(
            replace(each, place=body(each.place), offset=-1) for each in module.elements
        ),
        data=tuple(replace(each, place=body(each.place), offset=-1) for each in module.data),
    )


def assert_round_trip(wasm: bytes) -> None:
    decoded = decode(wasm)
    encoded = encode(decoded)
    assert without_offsets(decode(encoded)) == without_offsets(decoded)
    assert encode(decode(encoded)) == encoded


@pytest.mark.parametrize("path", BINARIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_compilers_wrote_is_written_again(path: Path) -> None:
    assert_round_trip(path.read_bytes())


@pytest.mark.parametrize("wasm", SEEDS)
def test_every_kind_of_section_is_written_again(wasm: bytes) -> None:
    assert_round_trip(wasm)


@given(modules())
def test_generated_modules_are_written_again_and_load(generated: GeneratedModule) -> None:
    assert_round_trip(generated.wasm)
    words = load(generated.wasm, reducer=False).words
    assert load(encode(decode(generated.wasm)), reducer=False).words == words


def test_an_empty_module_is_its_preamble() -> None:
    assert encode(Module()) == PREAMBLE


def test_imports_of_every_kind() -> None:
    imports = (
        Import(module="a", name="f", kind=ExternKind.FUNCTION, type_index=1, offset=-1),
        Import(module="b", name="t", kind=ExternKind.TABLE, limits=Limits(1, 2), offset=-1),
        Import(module="c", name="m", kind=ExternKind.MEMORY, limits=Limits(1, None), offset=-1),
        Import(
            module="é",
            name="",
            kind=ExternKind.GLOBAL,
            global_type=GlobalType(value_type=ValueType.I64, mutable=True),
            offset=-1,
        ),
    )
    types = (FunctionType((), ()), FunctionType((ValueType.I64,), (ValueType.I32,)))
    module = Module(types=types, imports=imports)
    assert without_offsets(decode(encode(module))) == module


def test_segments_of_a_table_or_memory_that_is_not_the_first() -> None:
    place = (Instr(opcode=BY_NAME["i32.const"], a=7), Instr(opcode=BY_NAME["end"]))
    elements = (ElementSegment(table=1, place=place, functions=(2, 3), offset=-1),)
    data = (DataSegment(memory=2, place=place, data=b"xyz", offset=-1),)
    module = Module(elements=elements, data=data)
    assert without_offsets(decode(encode(module))) == module


def test_names_come_last_in_the_order_of_their_indices() -> None:
    module = Module(names={300: "late", 2: "soon"})
    assert encode(module).endswith(b"\x04soon" + b"\xac\x02" + b"\x04late")
    assert list(decode(encode(module)).names) == [2, 300]


def test_a_custom_section_may_be_appended() -> None:
    assert custom_section("a", b"bc") == section_bytes(0, b"\x01abc")
    assert decode(module_of(custom_section("a", b"bc"))).size == len(PREAMBLE) + 6


def test_what_is_no_byte_of_webassembly_is_not_written() -> None:
    with pytest.raises(AssertionError, match="no encoding"):
        instruction(Instr(opcode=TRAP))
