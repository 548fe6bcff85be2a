"""Values in keys: the order of bytes is that of values, and reading gives back what was written."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sqlstore.runtime.library import HERE, OUT, library, run, written
from tests.sqlstore.wasm.programs import call

ESCAPED = st.lists(st.sampled_from([b"\0", b"\xff", b"a", b"abcdefgh", b"\x01"]), max_size=9).map(
    b"".join
)
STRINGS = st.one_of(st.binary(max_size=30), ESCAPED)


def encoded(data: bytes) -> bytes:
    return data.replace(b"\0", b"\0\xff") + b"\0\0"


@settings(deadline=None)
@given(STRINGS, st.integers(0, 40))
@example(b"", 2)
@example(b"", 1)
@example(b"\0", 4)
@example(b"\0", 3)
@example(b"\1", 3)
@example(b"12345678", 10)
@example(b"12345678", 9)
def test_byte_strings_are_written_where_they_fit(data: bytes, room: int) -> None:
    whole = encoded(data)
    m = call(
        library(),
        *("write_key_bytes", OUT, room, HERE, len(data)),
        memory={HERE: data, OUT: b"\xaa" * 80},
    )
    fits = len(whole) <= room
    assert m.result == (len(whole) if fits else 2**32 - 1)
    assert m.memory[OUT + room : OUT + 80] == b"\xaa" * (80 - room)
    if fits:
        assert m.memory[OUT : OUT + room] == whole + b"\xaa" * (room - len(whole))


@settings(deadline=None)
@given(STRINGS, st.binary(max_size=3))
def test_byte_strings_are_read_back(data: bytes, behind: bytes) -> None:
    whole = encoded(data)
    m = call(library(), "skip_key_bytes", HERE, memory={HERE: whole + behind})
    assert m.result == len(whole)
    at_end = 0x10000 - len(whole)
    assert call(library(), "skip_key_bytes", at_end, memory={at_end: whole}).result == len(whole)
    length, memory = written("read_key_bytes", None, whole)
    assert memory[:length] == data
    assert memory[length : length + 8] == bytes(8)


@settings(deadline=None)
@given(STRINGS, STRINGS)
def test_their_order_is_that_of_their_encodings(one: bytes, other: bytes) -> None:
    by_key = run("compare_bytes", encoded(one), encoded(other))
    assert by_key == run("compare_bytes", one, other)
