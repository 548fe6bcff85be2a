"""The template of a sort: stable, for any number of items."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from sqlstore.compile.runtime.sort import sort_function
from tests.sqlstore.wasm.programs import call, program_of
from wasm_interp.state import Status

ROWS, ITEMS, SCRATCH = 0x100, 0x4000, 0x8000
TEXT = f"""
def by_key(left: i32, right: i32) -> i32:
    return load8(left) - load8(right)

{sort_function("sort_rows", "by_key")}
"""
PROGRAM = program_of(TEXT, "sort_rows")


@settings(deadline=None)
@given(
    st.one_of(st.lists(st.integers(0, 255), max_size=70), st.lists(st.integers(0, 3), max_size=70))
)
def test_rows_come_in_order_and_equal_ones_as_they_were(keys: list[int]) -> None:
    addresses = [ROWS + 8 * at for at in range(len(keys))]
    memory = {address: bytes([key]) for address, key in zip(addresses, keys, strict=True)}
    size = 4 * len(keys)
    packed = struct.pack(f"<{len(keys)}I", *addresses)
    m = call(
        PROGRAM,
        *("sort_rows", ITEMS, len(keys), SCRATCH),
        memory={**memory, ITEMS: packed + b"\xaa" * 4, SCRATCH + size: b"\xbb" * 4},
    )
    assert m.status is Status.HALTED
    expected = sorted(addresses, key=lambda address: memory[address])
    assert struct.unpack(f"<{len(keys)}I", m.memory[ITEMS : ITEMS + size]) == tuple(expected)
    assert m.memory[ITEMS + size : ITEMS + size + 4] == b"\xaa" * 4
    assert m.memory[SCRATCH + size : SCRATCH + size + 4] == b"\xbb" * 4


def test_the_work_grows_as_that_of_a_merge_sort() -> None:
    steps = []
    for count in (256, 1024):
        addresses = [ROWS + at * 7 % 251 for at in range(count)]
        memory = {ROWS: bytes(range(251)), ITEMS: struct.pack(f"<{count}I", *addresses)}
        steps.append(call(PROGRAM, "sort_rows", ITEMS, count, SCRATCH, memory=memory).steps)
    assert steps[1] < 6 * steps[0]
