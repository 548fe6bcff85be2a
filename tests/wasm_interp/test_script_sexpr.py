"""The reader of S-expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasm_interp.script.sexpr import Atom, Form, Node, ScriptError, String, read_forms


def plain(node: Node) -> object:
    match node:
        case Atom(text=text):
            return text
        case String(data=data):
            return data
        case Form(items=items):
            return [plain(item) for item in items]


def read(text: str) -> list[object]:
    return [plain(form) for form in read_forms(text)]


def test_forms_hold_atoms_strings_and_forms() -> None:
    assert read('(a $b (c "d") 0x1_0)(e)') == [["a", "$b", ["c", b"d"], "0x1_0"], ["e"]]


def test_an_empty_text_and_an_empty_form() -> None:
    assert read(" \n\t") == []
    assert read("()") == [[]]
    assert read_forms("()")[0].head == ""


def test_tokens_need_no_space_between_them() -> None:
    assert read('(a"b""c"(d)e;;f\n)') == [["a", b"b", b"c", ["d"], "e"]]


@pytest.mark.parametrize(
    ("literal", "data"),
    [
        (r"\00\fF", b"\x00\xff"),
        (r"\t\n\r\"\'\\", b"\t\n\r\"'\\"),
        (r"\u{41}\u{20_AC}", "A€".encode()),
        (r"\u{10FFFF}", "\U0010ffff".encode()),
        ("grün ()", "grün ()".encode()),
        (r";; (; \\", rb";; (; " + b"\\"),
        ("", b""),
    ],
)
def test_strings_are_bytes(literal: str, data: bytes) -> None:
    assert read(f'(x "{literal}")') == [["x", data]]


@given(st.binary())
def test_escaped_bytes_read_as_themselves(data: bytes) -> None:
    escaped = "".join(f"\\{byte:02x}" for byte in data)
    assert read(f'("{escaped}")') == [[data]]


@pytest.mark.parametrize("literal", [r"\x", r"\4", r"\u{D800}", r"\u{110000}", r"\u{_}", r"\u41"])
def test_an_unknown_escape_is_refused(literal: str) -> None:
    with pytest.raises(ScriptError, match=r"line 2: .*(escape|scalar)"):
        read(f'\n("{literal}")')


def test_comments_are_left_out() -> None:
    assert read('(a ;; ) "\n b (; c (; ) ;) ;; " ;) d)') == [["a", "b", "d"]]


def test_annotations_are_left_out() -> None:
    assert read('(a (@name "x" (b) (@c)) d) (@custom "e")') == [["a", "d"]]


def test_quoted_identifiers_are_identifiers() -> None:
    assert read(r'($"\41 b" $a)') == [["$A b", "$a"]]


def test_nodes_know_their_line_and_their_slice() -> None:
    text = '(a\n "s"\n (; \n ;) (b $"c"))'
    (form,) = read_forms(text)
    nodes = (*form.items[:2], form.items[2])
    assert [node.line for node in nodes] == [1, 2, 4]
    assert [text[node.start : node.end] for node in nodes] == ["a", '"s"', '(b $"c")']
    assert (form.start, form.end) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(a\n(b\n)", "line 1: '(' is not closed"),
        ("(a)\n)", "line 2: ')' closes nothing"),
        ("\n(; (; ;)", "line 2: '(;' is not closed"),
        ('(a\n"b)', "line 2: string is not closed"),
        ('(a "b\n")', "line 1: string is not closed"),
        ("(a ; b)", "line 1: unexpected character ';'"),
        ("(a) b", "line 1: only forms in parentheses may stand at the top"),
        ("(@a", "line 1: '(' is not closed"),
    ],
)
def test_broken_text_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        read_forms(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("pair", ["()", "(;;)"])
def test_deep_nesting_does_not_recurse(pair: str) -> None:
    half = len(pair) // 2
    depth = 100_000
    text = pair[:half] * depth + pair[half:] * depth
    forms = read_forms(f"(a {text})")
    levels, node = 0, forms[0].items[-1]
    while isinstance(node, Form):
        levels += 1
        if not node.items:
            break
        node = node.items[0]
    assert levels == (depth if pair == "()" else 0)
    assert "Form" in repr(forms[0])
    with pytest.raises(ScriptError):
        read_forms("(" * depth)


@given(st.text(alphabet='()"\\;@$a0 \n\t{}u_é', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    lines = text.count("\n") + 1
    try:
        found = {form.line for form in read_forms(text)}
    except ScriptError as error:
        found = {error.line}
    assert all(1 <= line <= lines for line in found)
