"""A reader of S-expressions, as the WebAssembly text format writes them.

Iterative: nesting costs memory, never the interpreter's stack. Every node knows its line and its
slice of the source, so that the text of a module can be handed on unread. Comments and annotations
are left out. Not here: what the forms mean (`wasm_interp.script.commands`).

Spec: WebAssembly core, ``text/lexical``. More lenient where a reader need not judge: tokens need no
space between them, and an atom may hold any character that starts no other token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from merkle.errors import ChannelsError


@dataclass(eq=False)
class ScriptError(ChannelsError):
    """The text is no sequence of S-expressions. ``what`` says why, ``line`` counts from 1."""

    sentence = "line {line}: {what}"

    line: int
    what: str


# Nodes compare by identity and print by `object`: both would recurse into deep nesting otherwise.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Atom:
    """A word, number or identifier. ``$"a"`` is the same as ``$a``; ``start:end`` is its slice."""

    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class String:
    """A string literal: the bytes that it stands for, escapes resolved."""

    data: bytes
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Form:
    """A parenthesized sequence of nodes; ``start:end`` is its slice, parentheses included."""

    items: tuple[Node, ...]
    line: int
    start: int
    end: int

    @property
    def head(self) -> str:
        """The word that the form begins with, or an empty string."""
        first = self.items[0] if self.items else None
        return first.text if isinstance(first, Atom) else ""


Node: TypeAlias = Atom | String | Form

_STRING: Final = r'"[^"\\\n\r]*(?:\\[^\n\r][^"\\\n\r]*)*"'

_TOKEN: Final = re.compile(
    rf"""
      (?P<space> [ \t\n\r]+ | ;;[^\n\r]* )
    | (?P<comment> \(; )
    | (?P<annotation> \(@ )
    | (?P<open> \( )
    | (?P<close> \) )
    | (?P<string> {_STRING} )
    | (?P<quoted_id> \${_STRING} )
    | (?P<atom> [^ \t\n\r()";]+ )
    """,
    re.VERBOSE,
)

_COMMENT_EDGE: Final = re.compile(r"\(;|;\)")

_ESCAPE: Final = re.compile(
    rb"""\\(?: (?P<byte>[0-9a-fA-F]{2}) | u\{(?P<scalar>[0-9a-fA-F_]+)\} | (?P<sign>.) )""",
    re.VERBOSE | re.DOTALL,
)

_SIGNS: Final = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b'"': b'"', b"'": b"'", b"\\": b"\\"}

_SCALAR_DIGITS_MAX: Final = 16


def read_forms(text: str) -> list[Form]:
    """Return the forms of ``text``. Raises `ScriptError`."""
    return _Reader(text).read()


@dataclass(slots=True)
class _Open:
    """A form whose closing parenthesis has not been read."""

    line: int
    start: int
    annotation: bool
    items: list[Node]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[_Open] = []
        self.forms: list[Form] = []

    def read(self) -> list[Form]:
        text, size = self.text, len(self.text)
        at, line = 0, 1
        while at < size:
            match = _TOKEN.match(text, at)
            if match is None:
                raise ScriptError(line, _complaint(text, at))
            end = match.end()
            if match.lastgroup == "comment":
                end = self._comment_end(at, line)
            else:
                self._take(match, line)
            line += text.count("\n", at, end)
            at = end
        if self.open:
            raise ScriptError(self.open[-1].line, "'(' is not closed")
        return self.forms

    def _take(self, match: re.Match[str], line: int) -> None:
        start, end = match.span()
        match match.lastgroup:
            case "atom":
                self._add(Atom(text=match.group(), line=line, start=start, end=end))
            case "open" | "annotation":
                opened = _Open(line, start, match.lastgroup == "annotation", [])
                self.open.append(opened)
            case "close":
                self._close(end, line)
            case "string":
                data = _unescape(match.group()[1:-1], line)
                self._add(String(data=data, line=line, start=start, end=end))
            case "quoted_id":
                name = _unescape(match.group()[2:-1], line).decode("utf-8", "surrogateescape")
                self._add(Atom(text="$" + name, line=line, start=start, end=end))
            case _:
                pass  # White space.

    def _add(self, node: Node) -> None:
        if self.open:
            self.open[-1].items.append(node)
        elif isinstance(node, Form):
            self.forms.append(node)
        else:
            raise ScriptError(node.line, "only forms in parentheses may stand at the top")

    def _close(self, end: int, line: int) -> None:
        if not self.open:
            raise ScriptError(line, "')' closes nothing")
        form = self.open.pop()
        if form.annotation:
            return
        items = tuple(form.items)
        self._add(Form(items=items, line=form.line, start=form.start, end=end))

    def _comment_end(self, start: int, line: int) -> int:
        """Return where the block comment at ``start`` ends; comments nest."""
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self.text, start):
            depth += 1 if edge.group() == "(;" else -1
            if depth == 0:
                return edge.end()
        raise ScriptError(line, "'(;' is not closed")


def _complaint(text: str, at: int) -> str:
    return "string is not closed" if text[at] == '"' else f"unexpected character '{text[at]}'"


def _unescape(body: str, line: int) -> bytes:
    """Return the bytes of a string literal without its quotes."""
    raw = body.encode("utf-8", "surrogatepass")
    if b"\\" not in raw:
        return raw

    def one(match: re.Match[bytes]) -> bytes:
        if (byte := match["byte"]) is not None:
            return bytes.fromhex(byte.decode())
        if (digits := match["scalar"]) is not None:
            return _scalar(digits.decode(), line)
        if (sign := _SIGNS.get(match["sign"])) is not None:
            return sign
        escape = match.group().decode("utf-8", "replace")
        raise ScriptError(line, f"unknown escape '{escape}' in a string")

    return _ESCAPE.sub(one, raw)


def _scalar(digits: str, line: int) -> bytes:
    """Return the UTF-8 of the Unicode scalar value that ``digits`` spell."""
    try:
        return chr(int(digits[:_SCALAR_DIGITS_MAX], 16)).encode("utf-8")
    except (ValueError, OverflowError):
        what = f"'\\u{{{digits[:_SCALAR_DIGITS_MAX]}}}' is no Unicode scalar value"
        raise ScriptError(line, what) from None
