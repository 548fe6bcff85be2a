"""Where the columns of a result row stand, and which WebAssembly types parameters have."""

from __future__ import annotations

import ctypes

from hypothesis import given
from hypothesis import strategies as st

from sqlstore.compile import layout, signature
from sqlstore.plan.statements import Output, Parameter
from sqlstore.types import BIGINT, BOOLEAN, INTEGER, TEXT, Kind, SqlType, numeric
from tests.sqlstore.values import TYPES

OUTPUTS = st.lists(
    st.builds(Output, name=st.just(""), type=st.sampled_from(TYPES), nullable=st.booleans())
)


def declared(kind: SqlType) -> list[type[ctypes._SimpleCData[int]]]:
    """What C declares for a value."""
    if kind.is_bytes:
        return [ctypes.c_uint32, ctypes.c_uint32]
    return [ctypes.c_int64 if kind.kind in (Kind.BIGINT, Kind.NUMERIC) else ctypes.c_int32]


@given(OUTPUTS)
def test_fields_stand_where_a_struct_of_c_has_them(columns: list[Output]) -> None:
    members: list[tuple[str, type[ctypes._SimpleCData[int]]]] = []
    for at, column in enumerate(columns):
        parts = declared(column.type) + [ctypes.c_uint32] * column.nullable
        members += [(f"m{at}_{part}", kind) for part, kind in enumerate(parts)]
    struct = type("Row", (ctypes.Structure,), {"_fields_": members})
    found = layout(columns)
    for at, (column, field) in enumerate(zip(columns, found.fields, strict=True)):
        parts = [field.value, *(one for one in (field.length, field.null) if one is not None)]
        assert parts == [
            getattr(struct, f"m{at}_{part}").offset
            for part in range(len(declared(column.type)) + column.nullable)
        ]
    assert found.size % 8 == 0
    assert 0 <= found.size - ctypes.sizeof(struct) < 8


def test_a_parameter_is_passed_as_q_71_says() -> None:
    def parameter(kind: SqlType, nullable: bool = False) -> Parameter:
        return Parameter(name="p", type=kind, nullable=nullable)

    plain = [parameter(one) for one in (INTEGER, BIGINT, BOOLEAN, numeric(3, 1), TEXT)]
    assert signature(plain) == (False, True, False, True, False, False)
    assert signature([parameter(BIGINT, True), parameter(TEXT, True)]) == (
        *(True, False),
        *(False, False, False),
    )
