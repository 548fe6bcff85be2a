"""The machine record: fixed offsets, one encoding, a hash that depends on every bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle import Hash32, keccak256
from wasm_interp.errors import RecordError
from wasm_interp.state import RECORD_BYTES, State, Status, TrapCode

OFFSETS = {
    **{"status": (0, 1), "trap": (1, 1), "result": (2, 8), "pc": (10, 4), "fuel": (14, 4)},
    **{"call_depth": (18, 2), "memory_pages": (20, 2), "memory_max": (22, 2)},
    **{"table_length": (24, 2), "code_depth": (26, 1), "memory_depth": (27, 1)},
    **{"table_depth": (28, 1), "globals_depth": (29, 1), "locals_depth": (30, 1)},
    **{"stack": (32, 32), "frames": (64, 32), "locals_root": (96, 32), "globals_root": (128, 32)},
    **{"memory_root": (160, 32), "table_root": (192, 32), "code_root": (224, 32)},
    **{"db_root": (256, 32), "message": (288, 32)},
}
"""docs/spec/state.md, S-1, written once more by hand."""


def _value(name: str, size: int) -> st.SearchStrategy[object]:
    if name == "status":
        return st.sampled_from(Status)
    if name == "trap":
        return st.sampled_from(TrapCode)
    if size == 32:
        return st.binary(min_size=32, max_size=32).map(Hash32)
    return st.integers(0, 256**size - 1)


STATES = st.fixed_dictionaries({name: _value(name, size) for name, (_, size) in OFFSETS.items()})


@given(STATES)
def test_every_field_stands_at_its_offset(fields: dict[str, object]) -> None:
    record = State(**fields).encode()  # type: ignore[arg-type]
    assert len(record) == RECORD_BYTES
    assert record[31] == 1, "the version"
    for name, (at, size) in OFFSETS.items():
        value = fields[name]
        expected = value if isinstance(value, bytes) else int(value).to_bytes(size, "big")
        assert record[at : at + size] == expected, name


def test_the_fields_fill_the_record_without_gap_or_overlap() -> None:
    covered = [*OFFSETS.values(), (31, 1)]
    at = 0
    for offset, size in sorted(covered):
        assert offset == at
        at += size
    assert at == RECORD_BYTES


@given(STATES)
def test_decoding_gives_the_state_back(fields: dict[str, object]) -> None:
    state = State(**fields)  # type: ignore[arg-type]
    assert State.decode(state.encode()) == state
    assert state.hash() == keccak256(state.encode())


@given(STATES, st.integers(0, RECORD_BYTES * 8 - 1))
def test_any_changed_bit_is_another_state_or_refused(fields: dict[str, object], bit: int) -> None:
    state = State(**fields)  # type: ignore[arg-type]
    record = bytearray(state.encode())
    record[bit // 8] ^= 1 << bit % 8
    assert keccak256(bytes(record)) != state.hash()
    try:
        assert State.decode(bytes(record)) != state
    except RecordError:
        assert bit // 8 in {0, 1, 31}, "only status, trap and version have forbidden values"


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [(31, 2, "version 2"), (31, 0, "version 0"), (0, 3, "status 3"), (1, 15, "trap code 15")],
)
def test_forbidden_values_are_refused(at: int, value: int, words: str) -> None:
    record = bytearray(RECORD_BYTES)
    record[31] = 1
    record[at] = value
    with pytest.raises(RecordError, match=words):
        State.decode(bytes(record))


@pytest.mark.parametrize("length", [0, 319, 321])
def test_another_length_is_refused(length: int) -> None:
    with pytest.raises(RecordError, match=f"320 bytes, not {length}"):
        State.decode(bytes(length))


def test_trap_codes_are_the_closed_set_of_the_specification() -> None:
    assert [code.value for code in TrapCode] == list(range(15))
    assert TrapCode.DIVIDE_BY_ZERO.text == "divide by zero"


def test_a_repr_says_where_the_machine_stands() -> None:
    zero = State.decode(bytes(31) + b"\1" + bytes(288))
    assert repr(zero).startswith("State(pc=0, fuel=0, hash=0x")
    halted = State.decode(b"\1" + bytes(8) + b"\7" + bytes(21) + b"\1" + bytes(288))
    assert "halted, result=7" in repr(halted)
    trapped = State.decode(b"\2\4" + bytes(29) + b"\1" + bytes(288))
    assert "trapped at pc=0: divide by zero" in repr(trapped)
