"""The WebAssembly opcode table: one row for every byte, the excluded and reserved ones included.

The decoder, the validator, lowering, the disassembler and the documents read these rows. What an
instruction *does* is in `wasm_interp.rules`; what lowering makes of it in
`wasm_interp.instructions`.

Conventions: a type is one of the binary format's value-type bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final


class ValueType(IntEnum):
    """A value type of the profile. Spec: WebAssembly core 1.0, ``valtype``."""

    I32 = 0x7F
    I64 = 0x7E

    @property
    def text(self) -> str:
        """The type's name in the text format."""
        return self.name.lower()


_I: Final = ValueType.I32
_L: Final = ValueType.I64


class Immediate(Enum):
    """What follows an opcode in the binary format."""

    NONE = "none"
    BLOCK_TYPE = "block type"
    LABEL = "label index"
    LABEL_TABLE = "vector of label indices, and a default"
    FUNCTION = "function index"
    TYPE_AND_TABLE = "type index, table index"
    LOCAL = "local index"
    GLOBAL = "global index"
    MEMARG = "alignment exponent, offset"
    MEMORY = "zero byte"
    TWO_MEMORIES = "two zero bytes"
    I32 = "signed LEB128 of 32 bits"
    I64 = "signed LEB128 of 64 bits"


class Exclusion(Enum):
    """Why a byte is not in the profile."""

    FLOAT = "floating point is not deterministic enough to prove"
    REFERENCE = "reference types are not in the profile"
    TABLE_ACCESS = "tables are immutable in the profile"
    TAIL_CALL = "tail calls are not in the profile"
    EXCEPTION = "exceptions are not in the profile"
    SIMD = "vector instructions are not in the profile"
    THREADS = "shared memory is not in the profile"
    GARBAGE_COLLECTION = "garbage-collected types are not in the profile"
    TYPED_SELECT = "select with a type is not in the profile"
    PASSIVE_SEGMENT = "passive segments are not in the profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opcode:
    """One row: a byte (or a byte behind the prefix 0xFC) and what is known of it.

    ``pops`` and ``pushes`` are empty where validation has a rule of its own (``polymorphic``).
    ``width`` is the number of bytes that a load or store touches, 0 for others.
    """

    code: int
    name: str
    immediate: Immediate = Immediate.NONE
    pops: tuple[ValueType, ...] = ()
    pushes: tuple[ValueType, ...] = ()
    width: int = 0
    polymorphic: bool = False
    anchor: str = ""
    excluded: Exclusion | None = None
    reserved: bool = False


PREFIX_FC: Final = 0xFC
"""The prefix of bulk memory instructions; their rows have codes ``0xFC00 | sub-opcode``."""

UNREACHABLE: Final = 0x00
NOP: Final = 0x01
BLOCK: Final = 0x02
LOOP: Final = 0x03
IF: Final = 0x04
ELSE: Final = 0x05
END: Final = 0x0B
BR: Final = 0x0C
BR_IF: Final = 0x0D
BR_TABLE: Final = 0x0E
RETURN: Final = 0x0F
CALL: Final = 0x10
CALL_INDIRECT: Final = 0x11
DROP: Final = 0x1A
SELECT: Final = 0x1B
LOCAL_GET: Final = 0x20
LOCAL_SET: Final = 0x21
LOCAL_TEE: Final = 0x22
GLOBAL_GET: Final = 0x23
GLOBAL_SET: Final = 0x24
MEMORY_SIZE: Final = 0x3F
MEMORY_GROW: Final = 0x40
I32_CONST: Final = 0x41
I64_CONST: Final = 0x42
MEMORY_COPY: Final = 0xFC0A
MEMORY_FILL: Final = 0xFC0B


def _polymorphic(
    code: int, name: str, immediate: Immediate = Immediate.NONE, *, anchor: str
) -> Opcode:
    return Opcode(code=code, name=name, immediate=immediate, polymorphic=True, anchor=anchor)


def _control() -> list[Opcode]:
    return [
        _polymorphic(UNREACHABLE, "unreachable", anchor="syntax-unreachable"),
        _polymorphic(NOP, "nop", anchor="syntax-nop"),
        _polymorphic(BLOCK, "block", Immediate.BLOCK_TYPE, anchor="syntax-block"),
        _polymorphic(LOOP, "loop", Immediate.BLOCK_TYPE, anchor="syntax-loop"),
        _polymorphic(IF, "if", Immediate.BLOCK_TYPE, anchor="syntax-if"),
        _polymorphic(ELSE, "else", anchor="syntax-if"),
        _polymorphic(END, "end", anchor="syntax-instr-control"),
        _polymorphic(BR, "br", Immediate.LABEL, anchor="syntax-br"),
        _polymorphic(BR_IF, "br_if", Immediate.LABEL, anchor="syntax-br_if"),
        _polymorphic(BR_TABLE, "br_table", Immediate.LABEL_TABLE, anchor="syntax-br_table"),
        _polymorphic(RETURN, "return", anchor="syntax-return"),
        _polymorphic(CALL, "call", Immediate.FUNCTION, anchor="syntax-call"),
        _polymorphic(
            CALL_INDIRECT, "call_indirect", Immediate.TYPE_AND_TABLE, anchor="syntax-call_indirect"
        ),
        _polymorphic(DROP, "drop", anchor="syntax-drop"),
        _polymorphic(SELECT, "select", anchor="syntax-select"),
        _polymorphic(LOCAL_GET, "local.get", Immediate.LOCAL, anchor="syntax-local-get"),
        _polymorphic(LOCAL_SET, "local.set", Immediate.LOCAL, anchor="syntax-local-set"),
        _polymorphic(LOCAL_TEE, "local.tee", Immediate.LOCAL, anchor="syntax-local-tee"),
        _polymorphic(GLOBAL_GET, "global.get", Immediate.GLOBAL, anchor="syntax-global-get"),
        _polymorphic(GLOBAL_SET, "global.set", Immediate.GLOBAL, anchor="syntax-global-set"),
    ]


def _memory_accesses() -> list[Opcode]:
    loads = [
        (0x28, "i32.load", _I, 4),
        (0x29, "i64.load", _L, 8),
        (0x2C, "i32.load8_s", _I, 1),
        (0x2D, "i32.load8_u", _I, 1),
        (0x2E, "i32.load16_s", _I, 2),
        (0x2F, "i32.load16_u", _I, 2),
        (0x30, "i64.load8_s", _L, 1),
        (0x31, "i64.load8_u", _L, 1),
        (0x32, "i64.load16_s", _L, 2),
        (0x33, "i64.load16_u", _L, 2),
        (0x34, "i64.load32_s", _L, 4),
        (0x35, "i64.load32_u", _L, 4),
    ]
    stores = [
        (0x36, "i32.store", _I, 4),
        (0x37, "i64.store", _L, 8),
        (0x3A, "i32.store8", _I, 1),
        (0x3B, "i32.store16", _I, 2),
        (0x3C, "i64.store8", _L, 1),
        (0x3D, "i64.store16", _L, 2),
        (0x3E, "i64.store32", _L, 4),
    ]
    memarg = Immediate.MEMARG
    return [
        *(
            Opcode(
                code=code,
                name=name,
                immediate=memarg,
                pops=(_I,),
                pushes=(kind,),
                width=width,
                anchor="syntax-load",
            )
            for code, name, kind, width in loads
        ),
        *(
            Opcode(
                code=code,
                name=name,
                immediate=memarg,
                pops=(_I, kind),
                width=width,
                anchor="syntax-store",
            )
            for code, name, kind, width in stores
        ),
    ]


def _memory_management() -> list[Opcode]:
    return [
        Opcode(
            code=MEMORY_SIZE,
            name="memory.size",
            immediate=Immediate.MEMORY,
            pushes=(_I,),
            anchor="syntax-memory-size",
        ),
        Opcode(
            code=MEMORY_GROW,
            name="memory.grow",
            immediate=Immediate.MEMORY,
            pops=(_I,),
            pushes=(_I,),
            anchor="syntax-memory-grow",
        ),
        Opcode(
            code=MEMORY_COPY,
            name="memory.copy",
            immediate=Immediate.TWO_MEMORIES,
            pops=(_I, _I, _I),
            anchor="syntax-memory-copy",
        ),
        Opcode(
            code=MEMORY_FILL,
            name="memory.fill",
            immediate=Immediate.MEMORY,
            pops=(_I, _I, _I),
            anchor="syntax-memory-fill",
        ),
    ]


_COMPARISONS = ("eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u")
_UNARY = ("clz", "ctz", "popcnt")
_BINARY = (
    *("add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u"),
    *("and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"),
)


def _numeric_of(
    kind: ValueType, *, const: int, eqz: int, unary: int, immediate: Immediate
) -> list[Opcode]:
    """The integer instructions of one type, whose codes lie in three runs."""
    name = kind.text
    binary = unary + len(_UNARY)
    return [
        Opcode(
            code=const,
            name=f"{name}.const",
            immediate=immediate,
            pushes=(kind,),
            anchor="syntax-const",
        ),
        Opcode(code=eqz, name=f"{name}.eqz", pops=(kind,), pushes=(_I,), anchor="op-ieqz"),
        *(
            Opcode(
                code=eqz + 1 + i,
                name=f"{name}.{op}",
                pops=(kind, kind),
                pushes=(_I,),
                anchor=f"op-i{op}",
            )
            for i, op in enumerate(_COMPARISONS)
        ),
        *(
            Opcode(
                code=unary + i,
                name=f"{name}.{op}",
                pops=(kind,),
                pushes=(kind,),
                anchor=f"op-i{op}",
            )
            for i, op in enumerate(_UNARY)
        ),
        *(
            Opcode(
                code=binary + i,
                name=f"{name}.{op}",
                pops=(kind, kind),
                pushes=(kind,),
                anchor=f"op-i{op}",
            )
            for i, op in enumerate(_BINARY)
        ),
    ]


def _conversions() -> list[Opcode]:
    rows = [
        (0xA7, "i32.wrap_i64", _L, _I, "op-wrap"),
        (0xAC, "i64.extend_i32_s", _I, _L, "op-extend-s"),
        (0xAD, "i64.extend_i32_u", _I, _L, "op-extend-u"),
        (0xC0, "i32.extend8_s", _I, _I, "op-iextendn-s"),
        (0xC1, "i32.extend16_s", _I, _I, "op-iextendn-s"),
        (0xC2, "i64.extend8_s", _L, _L, "op-iextendn-s"),
        (0xC3, "i64.extend16_s", _L, _L, "op-iextendn-s"),
        (0xC4, "i64.extend32_s", _L, _L, "op-iextendn-s"),
    ]
    return [
        Opcode(code=code, name=name, pops=(source,), pushes=(target,), anchor=anchor)
        for code, name, source, target, anchor in rows
    ]


def _float_names() -> dict[int, str]:
    """Name every float instruction, so that a refusal can say which one it met."""
    names = {0x2A: "f32.load", 0x2B: "f64.load", 0x38: "f32.store", 0x39: "f64.store"}
    names |= {0x43: "f32.const", 0x44: "f64.const"}
    compare = ("eq", "ne", "lt", "gt", "le", "ge")
    unary = ("abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt")
    binary = ("add", "sub", "mul", "div", "min", "max", "copysign")
    for kind, first_compare, first_operator in (("f32", 0x5B, 0x8B), ("f64", 0x61, 0x99)):
        names |= {first_compare + i: f"{kind}.{op}" for i, op in enumerate(compare)}
        names |= {first_operator + i: f"{kind}.{op}" for i, op in enumerate(unary + binary)}
    for first, target in ((0xA8, "i32"), (0xAE, "i64")):
        for i, source in enumerate(("f32_s", "f32_u", "f64_s", "f64_u")):
            names[first + i] = f"{target}.trunc_{source}"
            names[0xFC00 + (0 if target == "i32" else 4) + i] = f"{target}.trunc_sat_{source}"
    for first, target in ((0xB2, "f32"), (0xB7, "f64")):
        for i, source in enumerate(("i32_s", "i32_u", "i64_s", "i64_u")):
            names[first + i] = f"{target}.convert_{source}"
    names |= {0xB6: "f32.demote_f64", 0xBB: "f64.promote_f32"}
    names |= {0xBC: "i32.reinterpret_f32", 0xBD: "i64.reinterpret_f64"}
    names |= {0xBE: "f32.reinterpret_i32", 0xBF: "f64.reinterpret_i64"}
    return names


def _excluded() -> list[Opcode]:
    names: dict[int, tuple[str, Exclusion]] = {
        code: (name, Exclusion.FLOAT) for code, name in _float_names().items()
    }
    exceptions = {0x06: "try", 0x07: "catch", 0x08: "throw", 0x09: "rethrow", 0x0A: "throw_ref"}
    exceptions |= {0x18: "delegate", 0x19: "catch_all", 0x1F: "try_table"}
    tail_calls = {0x12: "return_call", 0x13: "return_call_indirect"}
    tail_calls |= {0x15: "return_call_ref"}
    references = {0x14: "call_ref"}
    references |= {0xD0: "ref.null", 0xD1: "ref.is_null", 0xD2: "ref.func", 0xD3: "ref.eq"}
    references |= {0xD4: "ref.as_non_null", 0xD5: "br_on_null", 0xD6: "br_on_non_null"}
    tables = {0x25: "table.get", 0x26: "table.set", 0xFC0C: "table.init", 0xFC0D: "elem.drop"}
    tables |= {0xFC0E: "table.copy", 0xFC0F: "table.grow", 0xFC10: "table.size"}
    tables |= {0xFC11: "table.fill"}
    for group, reason in (
        (exceptions, Exclusion.EXCEPTION),
        (tail_calls, Exclusion.TAIL_CALL),
        (references, Exclusion.REFERENCE),
        (tables, Exclusion.TABLE_ACCESS),
        ({0xFC08: "memory.init", 0xFC09: "data.drop"}, Exclusion.PASSIVE_SEGMENT),
        ({0x1C: "select (with type)"}, Exclusion.TYPED_SELECT),
        ({0xFB: "0xFB prefix"}, Exclusion.GARBAGE_COLLECTION),
        ({0xFD: "0xFD prefix"}, Exclusion.SIMD),
        ({0xFE: "0xFE prefix"}, Exclusion.THREADS),
    ):
        names |= {code: (name, reason) for code, name in group.items()}
    return [Opcode(code=code, name=name, excluded=reason) for code, (name, reason) in names.items()]


def _table() -> dict[int, Opcode]:
    rows = [
        *_control(),
        *_memory_accesses(),
        *_memory_management(),
        *_numeric_of(_I, const=0x41, eqz=0x45, unary=0x67, immediate=Immediate.I32),
        *_numeric_of(_L, const=0x42, eqz=0x50, unary=0x79, immediate=Immediate.I64),
        *_conversions(),
        *_excluded(),
    ]
    table = {row.code: row for row in rows}
    assert len(table) == len(rows), "two rows for one code"
    for code in range(0x100):
        if code not in table and code != PREFIX_FC:
            table[code] = Opcode(code=code, name=f"0x{code:02X}", reserved=True)
    return dict(sorted(table.items()))


OPCODES: Final[dict[int, Opcode]] = _table()
"""All rows by code: 255 single bytes (0xFC is the prefix), and the sub-opcodes behind 0xFC."""

BY_NAME: Final[dict[str, Opcode]] = {
    row.name: row for row in OPCODES.values() if row.excluded is None and not row.reserved
}
"""The rows of the profile by their name in the text format."""
