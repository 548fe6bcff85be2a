"""Texts in the runtime mean what Python's strings mean."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sqlstore.runtime.library import run, written

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
NEARLY_TEXTS = st.builds(
    lambda text, at, byte: text[:at] + bytes([byte]) + text[at + 1 :],
    TEXTS.map(str.encode),
    st.integers(0, 40),
    st.sampled_from([0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xF5, 0xFF]),
)
EDGES = ("c080", "c1bf", "c280", "e09fbf", "e0a080", "ed9fbf", "eda080", "efbfbf", "f08fbfbf")
MORE_EDGES = ("f0908080", "f48fbfbf", "f4908080", "f5808080", "80", "c2", "e1bf", "f1bfbf", "00")


def is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=24), NEARLY_TEXTS, TEXTS.map(str.encode)))
def test_a_text_is_utf_8_without_zero(data: bytes) -> None:
    assert run("is_text", data) == is_text(data)


def test_edges_of_utf_8_are_where_python_has_them() -> None:
    for edge in (*EDGES, *MORE_EDGES):
        for padding in (b"", b"abcdefg", b"abcdefgh"):
            data = padding + bytes.fromhex(edge) + padding
            assert run("is_text", data) == is_text(data), edge


@settings(deadline=None)
@given(TEXTS)
def test_length_counts_code_points(text: str) -> None:
    assert run("code_points", text.encode()) == len(text)


@settings(deadline=None)
@given(TEXTS, st.integers(-3, 45))
@example("\u0800\U00010000\u00c0x", 1)
@example("\u0800\U00010000\u00c0x", 2)
@example("\u0800\U00010000\u00c0x", 3)
def test_a_prefix_has_so_many_code_points(text: str, count: int) -> None:
    assert run("prefix_bytes", text.encode(), count) == len(text[: max(count, 0)].encode())


@settings(deadline=None)
@given(st.one_of(TEXTS, st.integers(0, 30).map(lambda n: " " * n)))
@example(" " * 8 + "x" + " " * 3)
@example(" " * 8 + " " * 3 + "\t")
def test_only_spaces(text: str) -> None:
    assert run("only_spaces", text.encode()) == (not text.strip(" "))


@settings(deadline=None)
@given(st.one_of(TEXTS, st.text(st.characters(max_codepoint=127, min_codepoint=1), max_size=40)))
def test_case_is_turned_for_ascii_letters_only(text: str) -> None:
    data = text.encode()
    for name, meaning in (("lower", bytes.lower), ("upper", bytes.upper)):
        _, memory = written(name, None, data)
        assert memory[: len(data) + 1] == meaning(data) + b"\0"


@settings(deadline=None)
@given(TEXTS, st.data())
def test_a_text_is_found_where_it_is_first(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    part = text[start : start + data.draw(st.integers(0, 9))]
    assert run("strpos", text.encode(), part.encode()) == text.find(part) + 1


@settings(deadline=None)
@given(st.text("ab", max_size=12), st.text("ab", max_size=4))
def test_a_text_may_be_found_nowhere(text: str, part: str) -> None:
    assert run("strpos", text.encode(), part.encode()) == text.find(part) + 1
