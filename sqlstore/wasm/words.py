"""What the words of the language compile to: one row for each, by name.

The names, with their types for Python's tools, are `sqlstore.wasm.prelude`'s; a test holds the two
together. Not here: operators (`sqlstore.wasm.expressions`).
"""

from __future__ import annotations

from typing import Final

from wasm_interp.host import HOST_TYPES
from wasm_interp.opcodes import BY_NAME, Opcode, ValueType

I32: Final = ValueType.I32
I64: Final = ValueType.I64

TYPES: Final = {"i32": I32, "i64": I64}
"""Types by the name that an annotation has."""

LOADS: Final = {
    "load8": BY_NAME["i32.load8_u"],
    "load8_s": BY_NAME["i32.load8_s"],
    "load16": BY_NAME["i32.load16_u"],
    "load16_s": BY_NAME["i32.load16_s"],
    "load32": BY_NAME["i32.load"],
    "load64": BY_NAME["i64.load"],
}

WIDENED_LOADS: Final = {
    ("u64", "load8"): BY_NAME["i64.load8_u"],
    ("i64", "load8"): BY_NAME["i64.load8_u"],
    ("i64", "load8_s"): BY_NAME["i64.load8_s"],
    ("u64", "load16"): BY_NAME["i64.load16_u"],
    ("i64", "load16"): BY_NAME["i64.load16_u"],
    ("i64", "load16_s"): BY_NAME["i64.load16_s"],
    ("u64", "load32"): BY_NAME["i64.load32_u"],
    ("i64", "load32"): BY_NAME["i64.load32_s"],
}
"""A conversion of a load is one instruction."""

STORES: Final = {
    "store8": {I32: BY_NAME["i32.store8"], I64: BY_NAME["i64.store8"]},
    "store16": {I32: BY_NAME["i32.store16"], I64: BY_NAME["i64.store16"]},
    "store32": {I32: BY_NAME["i32.store"], I64: BY_NAME["i64.store32"]},
    "store64": {I64: BY_NAME["i64.store"]},
}
"""By the type of the value that is stored."""

CONVERSIONS: Final = {
    "i32": BY_NAME["i32.wrap_i64"],
    "i64": BY_NAME["i64.extend_i32_s"],
    "u64": BY_NAME["i64.extend_i32_u"],
}


def _of_both_types(*names: str) -> dict[str, dict[ValueType, Opcode]]:
    return {name: {kind: BY_NAME[f"{kind.text}.{name}"] for kind in ValueType} for name in names}


OPERATORS: Final = _of_both_types(
    *("lt_u", "le_u", "gt_u", "ge_u", "div_s", "div_u", "rem_s", "rem_u", "shr_u", "rotl"),
    *("clz", "ctz", "popcnt"),
)
"""Words of one or two operands, all of one type, by that type."""

INSTRUCTIONS: Final = {
    "copy": BY_NAME["memory.copy"],
    "fill": BY_NAME["memory.fill"],
    "memory_size": BY_NAME["memory.size"],
}
"""Words whose operands and results are the instruction's."""

TRAP: Final = "trap"

HOST_WORDS: Final = {
    f"{module}_{name}": (module, name) for module, name in HOST_TYPES if module == "db"
}
"""Host functions by their words."""

WORDS: Final = frozenset(
    (*LOADS, *STORES, *CONVERSIONS, *OPERATORS, *INSTRUCTIONS, TRAP, *HOST_WORDS)
)
"""Every word that is called."""

INVERSE: Final = {
    BY_NAME[f"{kind.text}.{one}"]: BY_NAME[f"{kind.text}.{other}"]
    for kind in ValueType
    for pair in map(str.split, ("eq ne", "lt_s ge_s", "gt_s le_s", "lt_u ge_u", "gt_u le_u"))
    for one, other in (pair, pair[::-1])
}
"""For each comparison the one that is true where it is false."""
