"""Every integer instruction on all pairs of edge operands, against a model made by other means.

The model reads operands through ctypes, turns them into bits as text, and searches for quotients by
their definition; the rules mask and compare. Both ways of running are checked: `run` and `step`.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from functools import cache
from math import copysign

import pytest

from tests.wasm_interp.generator import encoder
from tests.wasm_interp.generator.writer import NUMERIC
from wasm_interp.link import load
from wasm_interp.opcodes import BY_NAME, Opcode, ValueType
from wasm_interp.program import Program
from wasm_interp.state import Status, TrapCode

EDGES_32 = sorted(
    {0, 1, 2, 3, 5, 7, 8, 10, 31, 32, 33, 63, 64, 65, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF}
    | {0x10000, 0x12345678, 0x55555555, 0xAAAAAAAA, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000}
    | {0x80000001, 0xFFFF8000, 0xFFFFFF80, 0xFFFFFFF6, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF}
)
EDGES_64 = sorted(
    {*EDGES_32, 1 << 32, (1 << 32) + 1, 0x123456789ABCDEF0, 0x5555555555555555, 0xAAAAAAAAAAAAAAAA}
    | {(1 << 63) - 2, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - (1 << 31)}
    | {(1 << 64) - (1 << 15), (1 << 64) - 128, (1 << 64) - 10, (1 << 64) - 2, (1 << 64) - 1}
)

_UNSIGNED = {8: ctypes.c_uint8, 16: ctypes.c_uint16, 32: ctypes.c_uint32, 64: ctypes.c_uint64}
_SIGNED = {8: ctypes.c_int8, 16: ctypes.c_int16, 32: ctypes.c_int32, 64: ctypes.c_int64}


def u(value: int, n: int) -> int:
    return int(_UNSIGNED[n](value).value)


def s(value: int, n: int) -> int:
    return int(_SIGNED[n](value).value)


def bits(value: int, n: int) -> str:
    return "".join(f"{byte:08b}" for byte in struct.pack(">Q", value))[-n:]


def from_bits(text: str) -> int:
    return int(text, 2)


class ModelTrap(Exception):
    def __init__(self, code: TrapCode) -> None:
        super().__init__(code)
        self.code = code


def quotient(lhs: int, rhs: int, n: int, *, signed: bool) -> int:
    if rhs == 0:
        raise ModelTrap(TrapCode.DIVIDE_BY_ZERO)
    size = 0
    # Long division on magnitudes, bit by bit; the sign is that of the product.
    remainder = 0
    for bit in f"{abs(lhs):b}":
        remainder = remainder * 2 + (bit == "1")
        size = size * 2 + (remainder >= abs(rhs))
        if remainder >= abs(rhs):
            remainder -= abs(rhs)
    value = int(copysign(1, lhs) * copysign(1, rhs)) * size
    if signed and s(value, n) != value:
        raise ModelTrap(TrapCode.INTEGER_OVERFLOW)
    return value


def remainder_of(lhs: int, rhs: int) -> int:
    if rhs == 0:
        raise ModelTrap(TrapCode.DIVIDE_BY_ZERO)
    return lhs - rhs * quotient(lhs, rhs, 64, signed=False)


def rotated(text: str, count: int) -> str:
    for _ in range(count):
        text = text[1:] + text[0]
    return text


def shifted_left(x: int, y: int, n: int) -> int:
    return from_bits((bits(x, n) + "0" * (y % n))[-n:])


def shifted_right(x: int, y: int, n: int, *, fill: str) -> int:
    return from_bits((fill * (y % n) + bits(x, n))[:n])


BINARY: dict[str, Callable[[int, int, int], int]] = {
    "add": lambda x, y, n: u(x + y, n),
    "sub": lambda x, y, n: u(x - y, n),
    "mul": lambda x, y, n: u(x * y, n),
    "div_u": lambda x, y, n: quotient(x, y, n, signed=False),
    "div_s": lambda x, y, n: u(quotient(s(x, n), s(y, n), n, signed=True), n),
    "rem_u": lambda x, y, n: remainder_of(x, y),
    "rem_s": lambda x, y, n: u(remainder_of(s(x, n), s(y, n)), n),
    "and": lambda x, y, n: from_bits(
        "".join("1" if a == b == "1" else "0" for a, b in zip(bits(x, n), bits(y, n), strict=True))
    ),
    "or": lambda x, y, n: from_bits(
        "".join("0" if a == b == "0" else "1" for a, b in zip(bits(x, n), bits(y, n), strict=True))
    ),
    "xor": lambda x, y, n: from_bits(
        "".join("0" if a == b else "1" for a, b in zip(bits(x, n), bits(y, n), strict=True))
    ),
    "shl": shifted_left,
    "shr_u": lambda x, y, n: shifted_right(x, y, n, fill="0"),
    "shr_s": lambda x, y, n: shifted_right(x, y, n, fill=bits(x, n)[0]),
    "rotl": lambda x, y, n: from_bits(rotated(bits(x, n), y % n)),
    "rotr": lambda x, y, n: from_bits(rotated(bits(x, n), (n - y % n) % n)),
    "eq": lambda x, y, n: int(bits(x, n) == bits(y, n)),
    "ne": lambda x, y, n: int(bits(x, n) != bits(y, n)),
    "lt_u": lambda x, y, n: int(bits(x, n) < bits(y, n)),
    "gt_u": lambda x, y, n: int(bits(x, n) > bits(y, n)),
    "le_u": lambda x, y, n: int(bits(x, n) <= bits(y, n)),
    "ge_u": lambda x, y, n: int(bits(x, n) >= bits(y, n)),
    "lt_s": lambda x, y, n: int(s(x, n) < s(y, n)),
    "gt_s": lambda x, y, n: int(s(x, n) > s(y, n)),
    "le_s": lambda x, y, n: int(s(x, n) <= s(y, n)),
    "ge_s": lambda x, y, n: int(s(x, n) >= s(y, n)),
}

UNARY: dict[str, Callable[[int, int], int]] = {
    "clz": lambda x, n: (bits(x, n) + "1").index("1"),
    "ctz": lambda x, n: (bits(x, n)[::-1] + "1").index("1"),
    "popcnt": lambda x, n: bits(x, n).count("1"),
    "eqz": lambda x, n: int("1" not in bits(x, n)),
    "extend8_s": lambda x, n: u(s(x, 8), n),
    "extend16_s": lambda x, n: u(s(x, 16), n),
    "extend32_s": lambda x, n: u(s(x, 32), n),
    "wrap_i64": lambda x, _: int.from_bytes(struct.pack("<Q", x)[:4], "little"),
    "extend_i32_s": lambda x, _: u(s(x, 32), 64),
    "extend_i32_u": lambda x, _: int.from_bytes(struct.pack("<I", x) + b"\0\0\0\0", "little"),
}


def model(row: Opcode, operands: tuple[int, ...]) -> int | TrapCode:
    """Return the result of an instruction, or the code of its trap."""
    operator = row.name.split(".")[1]
    n = 32 if row.name.startswith("i32") else 64
    try:
        rule = BINARY[operator] if len(operands) == 2 else UNARY[operator]
        return rule(*operands, n)
    except ModelTrap as trap:
        return trap.code


@cache
def program() -> Program:
    """A module with one exported function for each numeric instruction."""
    rows = NUMERIC
    get = [encoder.instruction("local.get", index) for index in range(2)]
    bodies = [
        b"\0" + b"".join(get[: len(row.pops)]) + encoder.instruction(row.name) + b"\x0b"
        for row in rows
    ]
    return load(
        encoder.MAGIC
        + encoder.section(
            1, encoder.vector(encoder.function_type(row.pops, row.pushes) for row in rows)
        )
        + encoder.section(3, encoder.vector(encoder.unsigned(i) for i in range(len(rows))))
        + encoder.section(
            7,
            encoder.vector(
                encoder.name(row.name) + b"\0" + encoder.unsigned(i) for i, row in enumerate(rows)
            ),
        )
        + encoder.section(10, encoder.vector(encoder.unsigned(len(body)) + body for body in bodies))
    )


def edges(kind: ValueType) -> list[int]:
    return EDGES_32 if kind is ValueType.I32 else EDGES_64


def operands_of(row: Opcode) -> list[tuple[int, ...]]:
    if len(row.pops) == 1:
        return [(x,) for x in edges(row.pops[0])]
    return [(x, y) for x in edges(row.pops[0]) for y in edges(row.pops[1])]


def test_the_model_has_every_numeric_instruction() -> None:
    rest = set(BY_NAME) - {row.name for row in NUMERIC}
    assert len(NUMERIC) == 2 * (3 + 15 + 11) + 8
    assert {name for name in rest if name[:4] in ("i32.", "i64.")} == {
        name for name in rest if ".const" in name or ".load" in name or ".store" in name
    }


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_numeric_instruction_agrees_with_the_model_on_edge_operands(row: Opcode) -> None:
    for operands in operands_of(row):
        m = program().call(row.name, operands)
        m.run()
        expected = model(row, operands)
        if isinstance(expected, TrapCode):
            assert (m.status, m.trap) == (Status.TRAPPED, expected), operands
            assert tuple(m.stack[-len(operands) :]) == operands, "a trap leaves the operands"
        else:
            assert m.trap is TrapCode.NONE, operands
            assert m.result == expected, operands


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_single_steps_give_what_the_loop_gives(row: Opcode) -> None:
    for operands in operands_of(row)[::7]:
        m, stepped = program().call(row.name, operands), program().call(row.name, operands)
        m.run()
        while stepped.running:
            stepped.step()
        assert stepped.state() == m.state(), operands


@pytest.mark.parametrize("name", ["i32.const", "i64.const"])
def test_constants_are_pushed_as_unsigned(name: str) -> None:
    kind = ValueType.I32 if name == "i32.const" else ValueType.I64
    for value in edges(kind):
        body = b"\0" + encoder.instruction(name, value) + b"\x0b"
        wasm = (
            encoder.MAGIC
            + encoder.section(1, encoder.vector([encoder.function_type((), (kind,))]))
            + encoder.section(3, encoder.vector([b"\0"]))
            + encoder.section(7, encoder.vector([encoder.name("f") + b"\0\0"]))
            + encoder.section(10, encoder.vector([encoder.unsigned(len(body)) + body]))
        )
        m = load(wasm).call("f")
        m.run()
        assert m.result == value
