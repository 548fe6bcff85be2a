"""Memory, directed: bounds, growth, copy and fill."""

from __future__ import annotations

import pytest

from tests.wasm_interp.both import call, compiled, function, result, trap
from wasm_interp.machine import Machine
from wasm_interp.state import Status, TrapCode

U32 = 2**32 - 1
PAGE = 65_536


# -- memory ------------------------------------------------------------------------------------


def test_memory_grows_to_its_maximum_and_no_further() -> None:
    text = '(memory (export "m") 1 3)' + function("local.get 0 memory.grow", "(param i32)")
    for delta, before in ((0, 1), (1, 1), (2, 1), (3, U32), (U32, U32), (65_536, U32)):
        m = call(text, "f", delta)
        assert m.result == before
        assert len(m.memory) == PAGE * (1 if before == U32 else 1 + delta)


def test_memory_without_a_maximum_grows_to_that_of_the_profile() -> None:
    body = """local.get 0 memory.grow i32.const 1000 i32.mul memory.size i32.add"""
    text = '(memory (export "m") 1)' + function(body, "(param i32)")
    assert result(text, "f", 255) == 1_256
    assert result(text, "f", 256) == (U32 * 1_000 + 1) % 2**32


def test_grown_memory_is_zero_and_usable_to_its_last_byte() -> None:
    text = '(memory (export "m") 1 2)' + function(
        """i32.const 1 memory.grow drop
        i32.const 65532 i64.const -1 i64.store
        local.get 0 i32.load8_u""",
        "(param i32)",
    )
    assert [result(text, "f", at) for at in (65_531, 65_532, 65_539, 65_540)] == [0, 255, 255, 0]
    assert result(text, "f", 2 * PAGE - 1) == 0
    assert trap(text, "f", 2 * PAGE) is TrapCode.MEMORY_OUT_OF_BOUNDS


ACCESSES = [
    *(("i32", "load", "", 4), ("i64", "load", "", 8), ("i32", "load", "8_s", 1)),
    *(("i32", "load", "16_u", 2), ("i64", "load", "32_s", 4), ("i64", "load", "8_u", 1)),
    *(("i32", "store", "", 4), ("i64", "store", "", 8), ("i32", "store", "8", 1)),
    *(("i32", "store", "16", 2), ("i64", "store", "32", 4), ("i64", "store", "8", 1)),
]


@pytest.mark.parametrize(("kind", "verb", "suffix", "width"), ACCESSES)
@pytest.mark.parametrize("offset", [0, 1, 7, 65_535, U32])
def test_accesses_end_where_memory_does(
    kind: str, verb: str, suffix: str, width: int, offset: int
) -> None:
    access = f"{kind}.{verb}{suffix} offset={offset}"
    body = (
        f"local.get 0 {access} drop" if verb == "load" else f"local.get 0 {kind}.const -1 {access}"
    )
    text = '(memory (export "m") 1 1)' + function(body, "(param i32)", "")
    last = PAGE - width - offset
    if last >= 0:
        m = call(text, "f", last)
        assert m.status is Status.HALTED
        assert m.memory[-width:] == (b"\xff" if verb == "store" else b"\0") * width
    for base in {max(0, last + 1), PAGE, U32, (1 << 32) - offset if offset else U32}:
        m = call(text, "f", base)
        assert m.trap is TrapCode.MEMORY_OUT_OF_BOUNDS
        assert not any(m.memory), "a trap writes nothing"


BULK = """
  (memory (export "m") 1 1)
  (func $pattern (local i32)
    loop local.get 0 local.get 0 i32.const 31 i32.mul i32.const 7 i32.add i32.store8
      local.get 0 i32.const 1 i32.add local.tee 0 i32.const 64 i32.lt_u br_if 0 end)
  (func (export "copy") (param i32 i32 i32)
    call $pattern local.get 0 local.get 1 local.get 2 memory.copy)
  (func (export "fill") (param i32 i32 i32)
    call $pattern local.get 0 local.get 1 local.get 2 memory.fill)
"""
PATTERN = bytes((i * 31 + 7) % 256 for i in range(64))


def ours_alone(export: str, *args: int) -> Machine:
    m = compiled(BULK)[0].call(export, args)
    m.run()
    return m


@pytest.mark.parametrize("length", [*range(10), 15, 16, 17, 25])
def test_copy_of_overlapping_memory_at_every_alignment(length: int) -> None:
    for source in (*range(9), 17):
        for target in (*range(12), 16, 23):
            m = ours_alone("copy", target, source, length)
            expected = bytearray(PATTERN + bytes(36))
            expected[target : target + length] = PATTERN[source : source + length]
            assert m.status is Status.HALTED
            assert m.memory[:100] == expected, (target, source, length)
    assert call(BULK, "copy", 3, 5, length).status is Status.HALTED
    assert call(BULK, "copy", 5, 3, length).status is Status.HALTED


@pytest.mark.parametrize("value", [0, 1, 0x80, 0xFF, 0x1FE, U32])
def test_fill_at_every_alignment(value: int) -> None:
    for length in (*range(10), 15, 16, 17, 40):
        for target in range(9):
            m = ours_alone("fill", target, value, length)
            expected = bytearray(PATTERN)
            expected[target : target + length] = bytes([value % 256]) * length
            assert m.memory[:64] == expected, (target, length)
    assert call(BULK, "fill", 3, value, 21).status is Status.HALTED


@pytest.mark.parametrize(
    ("export", "args", "fits"),
    [
        ("copy", (PAGE, PAGE, 0), True),
        ("copy", (PAGE, 0, 0), True),
        ("copy", (0, PAGE, 0), True),
        ("copy", (PAGE + 1, 0, 0), False),
        ("copy", (0, PAGE + 1, 0), False),
        ("copy", (PAGE - 20, 0, 20), True),
        ("copy", (PAGE - 19, 0, 20), False),
        ("copy", (0, PAGE - 20, 20), True),
        ("copy", (0, PAGE - 19, 20), False),
        ("copy", (0, 0, PAGE + 1), False),
        ("copy", (1, 0, PAGE), False),
        ("copy", (1, 0, U32), False),
        ("copy", (U32, U32, 1), False),
        ("copy", (U32, 0, 2), False),
        ("fill", (PAGE, 1, 0), True),
        ("fill", (PAGE + 1, 1, 0), False),
        ("fill", (PAGE - 20, 1, 20), True),
        ("fill", (PAGE - 19, 1, 20), False),
        ("fill", (0, 1, PAGE + 1), False),
        ("fill", (1, 1, U32), False),
        ("fill", (U32, 1, 1), False),
    ],
)
def test_bulk_memory_checks_all_bounds_before_it_writes(
    export: str, args: tuple[int, ...], fits: bool
) -> None:
    m = call(BULK, export, *args)
    if fits:
        assert m.status is Status.HALTED
    else:
        assert m.trap is TrapCode.MEMORY_OUT_OF_BOUNDS
        assert bytes(m.memory) == PATTERN + bytes(PAGE - 64)


def test_bulk_memory_in_a_recursive_function_keeps_its_scratch_locals_apart() -> None:
    text = """
      (memory (export "m") 1 1)
      (func $f (export "f") (param i32) (result i32)
        local.get 0 i32.eqz if (result i32) i32.const 0 else
          local.get 0 local.get 0 i32.const 1 memory.fill
          local.get 0 local.get 0 i32.const 1 i32.sub call $f
          i32.const 1 memory.fill
          i32.const 40 i32.const 0 local.get 0 memory.copy
          local.get 0 end)"""
    assert result(text, "f", 9) == 9
