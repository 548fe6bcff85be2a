"""Indirect calls, directed: types, traps and their order."""

from __future__ import annotations

import pytest

from tests.wasm_interp.both import call, function, result, trap
from wasm_interp.state import Status, TrapCode

U32 = 2**32 - 1
PAGE = 65_536


# -- call_indirect -----------------------------------------------------------------------------

INDIRECT = """
  (type $i (func (result i32)))
  (type $same (func (result i32)))
  (type $long (func (result i64)))
  (type $none (func))
  (type $param (func (param i32) (result i32)))
  (table 8 funcref)
  (elem (i32.const 0) $one $two $long $none $param)
  (elem (i32.const 1) $three)
  (func $one (type $i) i32.const 1)
  (func $two (type $i) i32.const 2)
  (func $three (type $same) i32.const 3)
  (func $long (type $long) i64.const 4)
  (func $none (type $none))
  (func $param (type $param) local.get 0)
  (func (export "i") (param i32) (result i32) local.get 0 call_indirect (type $i))
  (func (export "same") (param i32) (result i32) local.get 0 call_indirect (type $same))
  (func (export "none") (param i32) local.get 0 call_indirect (type $none))
  (func (export "param") (param i32) (result i32)
     i32.const 55 local.get 0 call_indirect (type $param))
"""


@pytest.mark.parametrize("export", ["i", "same"])
def test_equal_types_are_one_type(export: str) -> None:
    assert [result(INDIRECT, export, index) for index in (0, 1)] == [1, 3]


@pytest.mark.parametrize(
    ("export", "index", "expected"),
    [
        ("i", 2, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        ("i", 3, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        ("i", 4, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        ("same", 4, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        ("none", 0, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        ("param", 0, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        ("i", 5, TrapCode.NULL_TABLE_ENTRY),
        ("i", 7, TrapCode.NULL_TABLE_ENTRY),
        ("param", 6, TrapCode.NULL_TABLE_ENTRY),
        ("i", 8, TrapCode.TABLE_OUT_OF_BOUNDS),
        ("i", 0x80000000, TrapCode.TABLE_OUT_OF_BOUNDS),
        ("i", U32, TrapCode.TABLE_OUT_OF_BOUNDS),
    ],
)
def test_call_indirect_traps(export: str, index: int, expected: TrapCode) -> None:
    assert trap(INDIRECT, export, index) is expected


def test_call_indirect_calls() -> None:
    assert result(INDIRECT, "param", 4) == 55
    assert call(INDIRECT, "none", 3).status is Status.HALTED


def test_call_indirect_of_an_empty_table() -> None:
    text = function("i32.const 0 call_indirect", results="") + "(table 0 funcref)"
    assert trap(text, "f") is TrapCode.TABLE_OUT_OF_BOUNDS
