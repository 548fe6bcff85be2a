"""Modules that are refused, each for one fault, so that the kind of refusal is one, too.

- malformed: not a WebAssembly binary (P-3);
- invalid: does not validate (P-3);
- outside the profile: valid somewhere, but not here (P-1, P-4 to P-9);
- cannot link: a segment does not fit (P-10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from conformance.corpus.modules import plain
from conformance.corpus.wasm_text import PREAMBLE, Func, code, module
from conformance.format import BugType, Flag
from wasm_interp.encode import section, unsigned
from wasm_interp.errors import Invalid, LinkError, Malformed, ModuleError, ProfileViolation
from wasm_interp.opcodes import OPCODES
from wasm_interp.profile import PROFILE_V1

MALFORMED: Final = Flag(
    "malformed", BugType.MISSING_CHECK, "Bytes that are not a WebAssembly binary (P-3)."
)
LEB128: Final = Flag("leb128", BugType.MALLEABILITY, "An integer too long or too large (P-3).")
RESERVED: Final = Flag("reserved_byte", BugType.MISSING_CHECK, "A byte that is no opcode (P-3).")
INVALID: Final = Flag("invalid", BugType.MISSING_CHECK, "A module that does not validate (P-3).")
TYPING: Final = Flag("typing", BugType.MISSING_CHECK, "Operands of other types or numbers (P-3).")
EXCLUDED: Final = Flag(
    "excluded_opcode", BugType.MISSING_CHECK, "An opcode that the profile leaves out (P-4)."
)
OUTSIDE: Final = Flag(
    "outside_the_profile", BugType.MISSING_CHECK, "What the profile leaves out (P-4 to P-9)."
)
OVER_LIMIT: Final = Flag(
    "over_limit", BugType.MISSING_CHECK, "One more than a limit of the profile allows (P-1)."
)
SEGMENT: Final = Flag(
    "segment", BugType.MISSING_CHECK, "A segment that does not fit, by one byte or entry (P-10)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A module, and the kind of refusal."""

    name: str
    wasm: bytes
    error: type[ModuleError]
    flag: Flag
    why: str


def refused() -> Iterator[Refused]:
    """Yield all of them."""
    for name, wasm, flag, why in _malformed():
        yield Refused(name=f"malformed_{name}", wasm=wasm, error=Malformed, flag=flag, why=why)
    for name, wasm, flag, why in _invalid():
        yield Refused(name=f"invalid_{name}", wasm=wasm, error=Invalid, flag=flag, why=why)
    for name, wasm, flag, why in (*_outside(), *_over_limit(), *_opcodes(excluded=True)):
        error = ProfileViolation
        yield Refused(name=f"outside_{name}", wasm=wasm, error=error, flag=flag, why=why)
    for name, wasm, flag, why in _opcodes(excluded=False):
        yield Refused(name=f"malformed_{name}", wasm=wasm, error=Malformed, flag=flag, why=why)
    for name, wasm, flag, why in _segments():
        yield Refused(name=f"segment_{name}", wasm=wasm, error=LinkError, flag=flag, why=why)


_Entry = tuple[str, bytes, Flag, str]

_TYPE: Final = section(1, b"\1\x60\0\0")
_FUNCTION: Final = section(3, b"\1\0")
_MEMORY: Final = section(5, b"\1\0\0")


def _code(body: bytes, locals_: bytes = b"\0") -> bytes:
    entry = locals_ + body
    return section(10, b"\1" + unsigned(len(entry)) + entry)


def _one(body: bytes, locals_: bytes = b"\0", memory: bytes = b"") -> bytes:
    """Return a module of one function ``->``, its body byte for byte."""
    return PREAMBLE + _TYPE + _FUNCTION + memory + _code(body, locals_)


def _malformed() -> Iterator[_Entry]:
    m = MALFORMED
    yield "empty", b"", m, "no bytes"
    yield "magic", b"\0asn\1\0\0\0", m, "another magic"
    yield "version", b"\0asm\2\0\0\0", m, "another version"
    yield "short_version", b"\0asm\1\0\0", m, "the version is cut"
    yield "section_id", PREAMBLE + b"\x0e\0", m, "a section that there is not"
    yield "section_order", PREAMBLE + _FUNCTION + _TYPE, m, "functions before types"
    yield "section_twice", PREAMBLE + _TYPE + _TYPE, m, "two type sections"
    yield "section_cut", PREAMBLE + _TYPE[:-1], m, "the last byte is missing"
    yield "section_size", PREAMBLE + b"\1\5\1\x60\0\0\0", m, "a section longer than what it says"
    yield "no_code", PREAMBLE + _TYPE + _FUNCTION, m, "a function without code"
    yield "code_without_function", PREAMBLE + _TYPE + _code(b"\x0b"), m, "code without a function"
    yield "no_end", _one(b"\1"), m, "a body without end"
    yield "behind_end", _one(b"\x0b\1"), m, "an instruction behind the last end"
    yield "else_without_if", _one(b"\x05\x0b"), m, "else without if"
    yield "form_of_type", PREAMBLE + section(1, b"\1\x40\0\0"), m, "a type of another form"
    yield "value_type", _one(b"\x0b", b"\1\1\x11"), m, "a local of a type that there is not"
    yield "block_type", _one(b"\x02\x41\x0b\x0b"), m, "a block of a type that there is not"
    yield "limits", PREAMBLE + section(5, b"\1\x08\0"), m, "flags of limits that there are not"
    yield "export_kind", PREAMBLE + section(7, b"\1\1a\7\0"), m, "an export of no kind"
    yield "name_not_utf8", PREAMBLE + section(7, b"\1\1\xff\0\0"), m, "a name that is not UTF-8"
    yield "mutability", PREAMBLE + section(6, b"\1\x7f\2\x41\0\x0b"), m, "mutability 2"
    yield "too_many_locals", _one(b"\x0b", b"\2\xff\xff\xff\xff\x0f\x7f\1\x7f"), m, "2^32 locals"
    yield "memory_size_byte", _one(b"\x3f\x80\0\x1a\x0b", memory=_MEMORY), m, "a zero in two bytes"
    count = section(12, b"\1")
    wasm = PREAMBLE + _TYPE + _FUNCTION + count + _code(b"\x0b")
    yield "data_count", wasm, m, "one data segment is announced, none is there"
    huge = b"\xff\xff\xff\xff\x0f"
    yield "vector_count", PREAMBLE + section(1, huge), m, "2^32 - 1 types in no bytes"
    leb = LEB128
    yield "long_leb", PREAMBLE + b"\1\x84\x80\x80\x80\x80\0\1\x60\0\0", leb, "a u32 of six bytes"
    yield "large_leb", _one(b"\x10\xff\xff\xff\xff\x1f\x0b"), leb, "an index of 33 bits"
    yield "large_i32", _one(b"\x41\xff\xff\xff\xff\x4f\x1a\x0b"), leb, "a constant of 33 bits"
    long = b"\x42" + b"\x80" * 10 + b"\0\x1a\x0b"
    yield "long_i64", _one(long), leb, "a constant of 64 bits in eleven bytes"
    large = b"\x42" + b"\x80" * 9 + b"\x02\x1a\x0b"
    yield "large_i64", _one(large), leb, "a constant of 65 bits"


def _opcodes(*, excluded: bool) -> Iterator[_Entry]:
    """Yield a module for every byte that is no opcode, or one that the profile leaves out."""
    for row in OPCODES.values():
        if (row.excluded is None) if excluded else not row.reserved:
            continue
        body = bytes((row.code >> 8,)) + unsigned(row.code & 0xFF)
        if row.code <= 0xFF:
            body = bytes((row.code,))
        # Immediates of zeros: whatever the byte asks for, it is there.
        wasm = _one(body + bytes(12) + b"\x0b")
        flag = EXCLUDED if excluded else RESERVED
        yield f"opcode_{row.code:02x}", wasm, flag, f"{row.name} (0x{row.code:02x})"


def _invalid() -> Iterator[_Entry]:
    bodies = {
        "stack_empty": ("drop", "->", "an operand is missing"),
        "operand_left": ("i32.const 1", "->", "an operand is left over"),
        "result_missing": ("", "-> i32", "no result"),
        "result_type": ("i64.const 1", "-> i32", "a result of another type"),
        "operand_type": ("i64.const 1 i32.eqz drop", "->", "an i64 where an i32 is asked for"),
        "select_types": ("i32.const 1 i64.const 1 i32.const 0 select drop", "->", "two types"),
        "if_without_else": ("i32.const 1 if:i32 i32.const 1 end drop", "->", "a result in one arm"),
        "branch_value": ("block:i32 br 0 end drop", "->", "a branch without its value"),
        "branch_table": (
            "block:i32 block i32.const 0 br_table:0,1 end i32.const 1 end drop",
            "->",
            "labels of different arities",
        ),
        "across_block": ("i32.const 1 block drop end", "->", "a block takes what is outside"),
        "unreachable_type": ("unreachable i64.const 1 i32.eqz drop", "->", "typed where it cannot"),
        "store_type": ("i32.const 0 i32.const 0 i64.store", "->", "the value is an i32"),
        "parameter_type": ("local.get 0 i64.eqz drop", "i32 ->", "a parameter of another type"),
    }
    for name, (body, type_, why) in bodies.items():
        yield name, plain(body, type_=type_), TYPING, why
    unknown = {
        "local": "local.get 0 drop",
        "global": "global.get 0 drop",
        "function": "call 1",
        "label": "br 1",
        "type": "i32.const 0 call_indirect 9",
    }
    for name, body in unknown.items():
        yield f"unknown_{name}", plain(body, type_="->"), INVALID, f"a {name} that there is not"
    i = INVALID
    yield "no_memory", _one(code("i32.const 0 i32.load drop") + b"\x0b"), i, "there is no memory"
    yield "no_table", plain("i32.const 0 call_indirect 0", type_="->"), i, "there is no table"
    yield "alignment", _one(b"\x41\0\x28\3\0\x1a\x0b", memory=_MEMORY), i, "above natural alignment"
    wasm = module(functions=(Func(1, ""),))
    yield "unknown_type_of_function", wasm, i, "a function of a type that there is not"
    function = (Func(0, ""),)
    wasm = module(functions=function, exports=(("a", 0), ("a", 0)))
    yield "export_twice", wasm, i, "two exports of one name"
    yield "unknown_export", module(functions=function, exports=(("a", 1),)), i, "no such function"
    yield "unknown_start", module(functions=function, start=1), i, "no such start function"
    wasm = module(types=("i32 ->",), functions=function, start=0)
    yield "start_type", wasm, i, "a start function with a parameter"
    yield "memory_limits", module(memory=(2, 1)), i, "a minimum above the maximum"
    yield "memory_pages", module(memory=(1, 65_537)), i, "more pages than WebAssembly has"
    yield "table_limits", module(table=(2, 1)), i, "a minimum above the maximum"
    yield "data_without_memory", module(data=((0, b"a"),)), i, "data without a memory"
    wasm = module(functions=function, elements=((0, (0,)),))
    yield "elements_without_table", wasm, i, "elements without a table"
    wasm = module(functions=function, table=(2, 2), elements=((0, (1,)),))
    yield "unknown_element", wasm, i, "an element that is no function"
    constant = PREAMBLE + section(6, b"\1\x7f\0\x42\0\x0b")
    yield "constant_type", constant, i, "an i32 that begins as an i64"
    constant = PREAMBLE + section(6, b"\1\x7f\0\x01\x41\0\x0b")
    yield "constant_expression", constant, i, "an instruction that is not constant"
    immutable = section(6, b"\1\x7f\0\x41\0\x0b")
    wasm = PREAMBLE + _TYPE + _FUNCTION + immutable + _code(b"\x41\0\x24\0\x0b")
    yield "global_immutable", wasm, i, "an immutable global is set"


def _outside() -> Iterator[_Entry]:
    o = OUTSIDE
    yield "float_local", _one(b"\x0b", b"\1\1\x7d"), o, "an f32 local that is not used"
    yield "float_parameter", PREAMBLE + section(1, b"\1\x60\1\x7c\0"), o, "an f64 parameter"
    yield "float_global", PREAMBLE + section(6, b"\1\x7c\0\x44" + bytes(8) + b"\x0b"), o, "an f64"
    yield "vector_local", _one(b"\x0b", b"\1\1\x7b"), o, "a v128 local"
    yield "reference_local", _one(b"\x0b", b"\1\1\x70"), o, "a funcref local"
    yield "two_results", module(types=("-> i32 i32",)), o, "a type with two results"
    wasm = _one(b"\x02\0\x0b\x0b")
    yield "block_of_type_index", wasm, o, "a block whose type is an index"
    yield "two_memories", PREAMBLE + section(5, b"\2\0\0\0\0"), o, "two memories"
    yield "two_tables", PREAMBLE + section(4, b"\2\x70\0\0\x70\0\0"), o, "two tables"
    yield "table_of_extern", PREAMBLE + section(4, b"\1\x6f\0\0"), o, "a table of externref"
    yield "shared_memory", PREAMBLE + section(5, b"\1\3\1\1"), o, "a shared memory"
    yield "memory_64", PREAMBLE + section(5, b"\1\4\1"), o, "a memory of 64 bits"
    passive = PREAMBLE + _MEMORY + section(11, b"\1\1\1a")
    yield "passive_data", passive, o, "a passive data segment"
    passive = PREAMBLE + section(9, b"\1\1\0\0")
    yield "passive_elements", passive, o, "a passive element segment"
    yield "declared_elements", PREAMBLE + section(9, b"\1\3\0\0"), o, "declared elements"
    yield "tag_section", PREAMBLE + section(13, b"\0"), o, "a tag section"
    get = module(types=("->",), imports=(("env", "abort", 0),))
    yield "unknown_import", get, o, "an import that there is not"
    get = module(types=("->",), imports=(("db", "get", 0),))
    yield "import_type", get, o, "db.get of another type"
    get = module(types=("->",), imports=(("db", "Get", 0),))
    yield "import_name", get, o, "db.Get"
    imported = PREAMBLE + section(2, b"\1\1a\1b\2\0\1")
    yield "imported_memory", imported, o, "an imported memory"
    imported = PREAMBLE + section(2, b"\1\1a\1b\3\x7f\0")
    yield "imported_global", imported, o, "an imported global"
    constant = section(6, b"\1\x7f\0\x41\1\x41\1\x6a\x0b")
    yield "extended_constant", PREAMBLE + constant, o, "1 + 1 as a constant expression"


def _over_limit() -> Iterator[_Entry]:
    p = PROFILE_V1
    o = OVER_LIMIT
    params = " ".join(["i32"] * (p.params_max + 1))
    yield "params", module(types=(f"{params} ->",)), o, "33 parameters"
    yield "locals", plain("", type_="->", locals=((p.locals_max + 1, "i32"),)), o, "1,025 locals"
    wasm = plain("", type_="i32 ->", locals=((p.locals_max, "i32"),))
    yield "locals_and_params", wasm, o, "1,024 locals and a parameter"
    fill = "i32.const 0 i32.const 0 i32.const 0 memory.fill"
    wasm = plain(fill, type_="->", locals=((p.locals_max - 2, "i32"),))
    yield "scratch_locals", wasm, o, "1,022 locals and three of lowering (L-12, L-15)"
    yield "memory_minimum", module(memory=(p.memory_pages_max + 1, None)), o, "257 pages"
    yield "memory_maximum", module(memory=(1, p.memory_pages_max + 1)), o, "up to 257 pages"
    yield "table", module(table=(p.table_entries_max + 1, None)), o, "4,097 entries"
    wasm = module(globals=(("i32", 0),) * (p.globals_max + 1))
    yield "globals", wasm, o, "1,025 globals"
    height = p.operand_height_max + 1
    wasm = plain("i32.const 1 " * height + "drop " * height, type_="->")
    yield "operand_height", wasm, o, "1,025 operands"


def _segments() -> Iterator[_Entry]:
    s = SEGMENT
    wasm = module(memory=(1, 2), data=((65_536, b"\1"),))
    yield "data_one_too_far", wasm, s, "a byte behind the last page, though it may grow"
    wasm = module(memory=(1, None), data=((65_535, b"ab"),))
    yield "data_across_the_end", wasm, s, "the second byte is outside"
    wasm = module(memory=(0, None), data=((-1, b"a"),))
    yield "data_offset_unsigned", wasm, s, "an offset is unsigned: 2^32 - 1, not -1"
    function = (Func(0, ""),)
    wasm = module(functions=function, table=(1, 9), elements=((1, (0,)),))
    yield "elements_one_too_far", wasm, s, "an entry behind the last"
    wasm = module(functions=function, table=(2, None), elements=((1, (0, 0)),))
    yield "elements_across_the_end", wasm, s, "the second entry is outside"
