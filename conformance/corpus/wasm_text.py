"""A small writer of WebAssembly binaries, for modules that vectors need byte for byte.

Instructions are written as in the text format, flat and with numbers only: ``local.get 0``,
``i32.load offset=4``, ``block:i32``, ``br_table:0,1,2``, ``call_indirect 3``. ``raw:0b45`` stands
for those bytes, so that a module can be wrong wherever a case wants it to be.

No compiler and no library takes part: a later version of one would write other bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wasm_interp.encode import name as name_bytes
from wasm_interp.encode import section, signed, unsigned, vector
from wasm_interp.opcodes import BY_NAME, Immediate, Opcode, ValueType

PREAMBLE: Final = b"\0asm\1\0\0\0"
END: Final = b"\x0b"
_TYPES: Final = {"i32": ValueType.I32, "i64": ValueType.I64}


def type_byte(name: str) -> bytes:
    """Return the byte of a value type; any byte may be given as two hexadecimal digits."""
    return bytes((_TYPES[name],)) if name in _TYPES else bytes.fromhex(name)


def function_type(text: str) -> bytes:
    """Return the type that ``i32 i64 -> i32`` spells."""
    params, results = text.split("->")
    sides = (vector(type_byte(name) for name in side.split()) for side in (params, results))
    return b"\x60" + b"".join(sides)


def code(text: str) -> bytes:
    """Return the bytes of instructions, the ``end`` of the function not added."""
    words = [word for line in text.splitlines() for word in line.split(";;")[0].split()]
    out = bytearray()
    at = 0
    while at < len(words):
        head, _, detail = words[at].partition(":")
        at += 1
        if head == "raw":
            out += bytes.fromhex(detail)
            continue
        row = BY_NAME[head]
        immediates, at = _immediates(row, detail, words, at)
        out += _opcode(row) + immediates
    return bytes(out)


def _opcode(row: Opcode) -> bytes:
    if row.code > 0xFF:
        return bytes((row.code >> 8,)) + unsigned(row.code & 0xFF)
    return bytes((row.code,))


_WITHOUT_WORD: Final = {
    Immediate.NONE: b"",
    Immediate.MEMORY: b"\0",
    Immediate.TWO_MEMORIES: b"\0\0",
}
"""What follows an opcode behind which no word follows."""


def _immediates(row: Opcode, detail: str, words: Sequence[str], at: int) -> tuple[bytes, int]:
    """Return the bytes behind an opcode, and where the next instruction begins."""
    kind = row.immediate
    if kind in _WITHOUT_WORD:
        return _WITHOUT_WORD[kind], at
    if kind is Immediate.BLOCK_TYPE:
        return type_byte(detail) if detail else b"\x40", at
    if kind is Immediate.LABEL_TABLE:
        *labels, default = (unsigned(int(label)) for label in detail.split(","))
        return vector(labels) + default, at
    if kind is Immediate.MEMARG:
        named = at < len(words) and words[at].startswith("offset=")
        offset = int(words[at].removeprefix("offset="), 0) if named else 0
        return b"\0" + unsigned(offset), at + named
    return _number(kind, words[at]), at + 1


def _number(kind: Immediate, word: str) -> bytes:
    """Return the bytes of an index or a constant."""
    if kind in {Immediate.I32, Immediate.I64}:
        return signed(int(word, 0))
    return unsigned(int(word)) + (b"\0" if kind is Immediate.TYPE_AND_TABLE else b"")


@dataclass(frozen=True, slots=True)
class Func:
    """A function: index of its type, body, and declared locals as (count, type)."""

    type: int
    body: str
    locals: tuple[tuple[int, str], ...] = ()

    def encode(self) -> bytes:
        """Return the entry of the code section."""
        runs = vector(unsigned(count) + type_byte(kind) for count, kind in self.locals)
        entry = runs + code(self.body) + END
        return unsigned(len(entry)) + entry


def limits(least: int, most: int | None) -> bytes:
    """Return a memory's or a table's limits."""
    if most is None:
        return b"\0" + unsigned(least)
    return b"\1" + unsigned(least) + unsigned(most)


def module(
    *,
    types: Sequence[str] = ("->",),
    imports: Sequence[tuple[str, str, int]] = (),
    functions: Sequence[Func] = (),
    table: tuple[int, int | None] | None = None,
    memory: tuple[int, int | None] | None = None,
    globals: Sequence[tuple[str, int]] = (),
    exports: Sequence[tuple[str, int]] = (),
    start: int | None = None,
    elements: Sequence[tuple[int, Sequence[int]]] = (),
    data: Sequence[tuple[int, bytes]] = (),
    custom: bytes = b"",
) -> bytes:
    """Return a module. ``exports`` are functions; globals are mutable; sections may be left out."""
    out = PREAMBLE + custom
    out += _section(1, [function_type(text) for text in types])
    out += _section(
        2, [name_bytes(of) + name_bytes(what) + b"\0" + unsigned(i) for of, what, i in imports]
    )
    out += _section(3, [unsigned(function.type) for function in functions])
    out += _section(4, [] if table is None else [b"\x70" + limits(*table)])
    out += _section(5, [] if memory is None else [limits(*memory)])
    out += _section(6, [type_byte(kind) + b"\1" + _constant(kind, v) for kind, v in globals])
    out += _section(7, [name_bytes(name) + b"\0" + unsigned(index) for name, index in exports])
    out += b"" if start is None else section(8, unsigned(start))
    out += _section(
        9, [b"\0" + _constant("i32", at) + vector(map(unsigned, of)) for at, of in elements]
    )
    out += _section(10, [function.encode() for function in functions])
    return out + _section(
        11, [b"\0" + _constant("i32", at) + unsigned(len(of)) + of for at, of in data]
    )


def _constant(kind: str, value: int) -> bytes:
    return code(f"{kind}.const {value}") + END


def _section(number: int, items: Sequence[bytes]) -> bytes:
    return section(number, vector(items)) if items else b""
