"""Byte strings in the runtime are ordered as Python's."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sqlstore.runtime.library import run

STRINGS = st.one_of(st.binary(max_size=30), st.text("ab", max_size=30).map(str.encode))
NEAR = st.builds(
    lambda data, at, byte: (data, data[:at] + bytes([byte]) + data[at + 1 :]),
    STRINGS,
    st.integers(0, 30),
    st.integers(0, 255),
)
PAIRS = st.one_of(st.tuples(STRINGS, STRINGS), NEAR)


@settings(deadline=None)
@given(PAIRS)
@example((b"12345678\x80", b"12345678\x7f"))
@example((b"\xff1234567", b"\x011234567"))
@example((b"x1\xff45678", b"x2\x0045678"))
@example((b"12345678", b"1234567"))
@example((b"1\x00345678", b"1\x01345678"))
@example((b"1\x7f345678", b"1\xff345678"))
def test_order_is_that_of_bytes(pair: tuple[bytes, bytes]) -> None:
    one, other = pair
    assert run("compare_bytes", one, other) == (one > other) - (one < other)
    assert run("compare_bytes", other, one) == (one < other) - (one > other)
    assert run("equal_bytes", one, other) == (one == other)


@settings(deadline=None)
@given(STRINGS, STRINGS, st.booleans())
def test_prefixes(one: bytes, other: bytes, joined: bool) -> None:
    whole = other + one if joined else one
    assert run("has_prefix", whole, other) == whole.startswith(other)
