"""The commands of a script, from its S-expressions. Nothing is run or converted here.

What is unknown, or not shaped as expected, becomes `Unknown` or `Misshapen`, so that one strange
command does not hide the others. Values outside the profile become `Foreign`.

Spec: WebAssembly's reference interpreter, "Scripts".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from wasm_interp.opcodes import ValueType
from wasm_interp.script.sexpr import Atom, Form, Node, String, read_forms

# -- modules ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextModule:
    """A module in text form: its slice of the script."""

    text: str


@dataclass(frozen=True, slots=True)
class QuotedModule:
    """A module whose text is in strings, because it may not even be S-expressions."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryModule:
    """A module in binary form."""

    wasm: bytes


ModuleSource: TypeAlias = TextModule | QuotedModule | BinaryModule

# -- values and actions -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer of the profile: unsigned, below ``2**32`` or ``2**64``."""

    kind: ValueType
    value: int

    def __str__(self) -> str:
        return f"{self.kind.text}:{self.value}"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value, or a pattern of values, that no module of the profile has: ``f32.const``."""

    word: str


@dataclass(frozen=True, slots=True)
class Either:
    """Any one of several values."""

    options: tuple[Value, ...]


Value: TypeAlias = Integer | Foreign
Pattern: TypeAlias = Integer | Foreign | Either


@dataclass(frozen=True, slots=True)
class Invoke:
    """A call of an exported function of the module named ``module``, or else of the current one."""

    module: str | None
    export: str
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Get:
    """A look at an exported global."""

    module: str | None
    export: str


Action: TypeAlias = Invoke | Get

# -- commands -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """``line`` is where the command starts, ``word`` what it starts with."""

    line: int
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineModule(_Command):
    """``(module …)``; with ``instantiate`` it is also instantiated and becomes the current one."""

    name: str | None
    source: ModuleSource
    instantiate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantiateModule(_Command):
    """``(module instance $instance $definition)``."""

    name: str | None
    definition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(_Command):
    """``(register "name" $module)``."""

    export: str
    module: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform(_Command):
    """An action whose outcome nobody asks for, as long as it does not trap."""

    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertReturn(_Command):
    """An action that yields values."""

    action: Action
    expected: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertTrap(_Command):
    """``assert_trap`` and ``assert_exhaustion`` of an action."""

    action: Action
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertModule(_Command):
    """An assertion that a module is refused, or traps: ``assert_invalid`` and its like."""

    source: ModuleSource
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(_Command):
    """A command or action that this runner does not know. ``reason`` names it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misshapen(_Command):
    """A known command that does not have its shape."""

    reason: str


Command: TypeAlias = (
    DefineModule
    | InstantiateModule
    | Register
    | Perform
    | AssertReturn
    | AssertTrap
    | AssertModule
    | Unknown
    | Misshapen
)

# -- reading ------------------------------------------------------------------------------------

_FIELDS: Final = frozenset(
    {"type", "rec", "import", "func", "table", "memory"}
    | {"global", "export", "start", "elem", "data", "tag"}
)
"""What a script starts with that is one module without parentheses around it."""

_INTEGER_KINDS: Final = {"i32.const": ValueType.I32, "i64.const": ValueType.I64}
_INTEGER: Final = re.compile(r"[+-]?(?:0x[0-9a-fA-F](?:_?[0-9a-fA-F])*|[0-9](?:_?[0-9])*)")
_INTEGER_CHARACTERS_MAX: Final = 64


class _UnknownError(Exception):
    """Something that is not in the profile's part of the suite."""


class _ShapeError(Exception):
    """Something that is not as the suite writes it."""


def read_commands(text: str) -> list[Command]:
    """Return the commands of a script. Raises `ScriptError` if it is no S-expressions."""
    forms = read_forms(text)
    if forms and forms[0].head in _FIELDS:
        source = TextModule(text)
        line = forms[0].line
        return [DefineModule(line=line, word="module", name=None, source=source, instantiate=True)]
    return [_command(form, text) for form in forms]


def _command(form: Form, text: str) -> Command:
    line, word = form.line, form.head
    read = _READERS.get(word)
    try:
        if read is None:
            raise _UnknownError(f"'{word}' is not a command that this runner knows")
        return read(form, text)
    except _UnknownError as error:
        return Unknown(line=line, word=word, reason=str(error))
    except _ShapeError as error:
        return Misshapen(line=line, word=word, reason=str(error))


class _Items:
    """The nodes of a form behind its head, taken from left to right."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.rest = list(form.items[:0:-1])

    def name(self) -> str | None:
        """Take an identifier, if one is next."""
        top = self.rest[-1] if self.rest else None
        if isinstance(top, Atom) and top.text.startswith("$"):
            self.rest.pop()
            return top.text
        return None

    def keyword(self, *words: str) -> Atom | None:
        """Take one of ``words``, if one is next."""
        top = self.rest[-1] if self.rest else None
        if isinstance(top, Atom) and top.text in words:
            self.rest.pop()
            return top
        return None

    def form_next(self) -> Form:
        top = self.rest.pop() if self.rest else None
        if not isinstance(top, Form):
            raise _ShapeError(f"'{self.form.head}' lacks a form in parentheses")
        return top

    def string(self) -> bytes:
        top = self.rest.pop() if self.rest else None
        if not isinstance(top, String):
            raise _ShapeError(f"'{self.form.head}' lacks a string")
        return top.data

    def message(self) -> str:
        """Take the words of an error; where there are none, any will do."""
        return _utf8(self.string()) if self.rest else ""

    def all_forms(self) -> Iterable[Form]:
        while self.rest:
            yield self.form_next()

    def end(self) -> None:
        if self.rest:
            raise _ShapeError(f"'{self.form.head}' is followed by more than it takes")


def _utf8(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _module(form: Form, text: str) -> Command:
    items = _Items(form)
    keyword = items.keyword("definition", "instance")
    name = items.name()
    if keyword is not None and keyword.text == "instance":
        definition = items.name()
        items.end()
        return InstantiateModule(line=form.line, word="module", name=name, definition=definition)
    return DefineModule(
        line=form.line,
        word="module",
        name=name,
        source=_source(form, text),
        instantiate=keyword is None,
    )


def _source(form: Form, text: str) -> ModuleSource:
    """Return the source of a ``(module …)`` form."""
    if form.head != "module":
        raise _UnknownError(f"'{form.head}' is not a module")
    items = _Items(form)
    definition = items.keyword("definition")
    items.name()
    encoding = items.keyword("binary", "quote")
    if encoding is None:
        # The converter does not know the word ``definition``; everything else is left as it is.
        after = form.start if definition is None else definition.end
        opening = "" if definition is None else "(module"
        return TextModule(opening + text[after : form.end])
    strings = []
    while items.rest:
        strings.append(items.string())
    if encoding.text == "binary":
        return BinaryModule(b"".join(strings))
    return QuotedModule(_utf8(b"".join(strings)))


def _register(form: Form, _text: str) -> Command:
    items = _Items(form)
    export, name = _utf8(items.string()), items.name()
    items.end()
    return Register(line=form.line, word="register", export=export, module=name)


def _perform(form: Form, _text: str) -> Command:
    return Perform(line=form.line, word=form.head, action=_action(form))


def _assert_return(form: Form, _text: str) -> Command:
    items = _Items(form)
    action = _action(items.form_next())
    expected = tuple(_pattern(entry) for entry in items.all_forms())
    return AssertReturn(line=form.line, word=form.head, action=action, expected=expected)


def _assert_trap(form: Form, text: str) -> Command:
    items = _Items(form)
    subject = items.form_next()
    if subject.head == "module":
        return _assert_module(form, text)
    action, message = _action(subject), items.message()
    items.end()
    return AssertTrap(line=form.line, word=form.head, action=action, message=message)


def _assert_module(form: Form, text: str) -> Command:
    items = _Items(form)
    source, message = _source(items.form_next(), text), items.message()
    items.end()
    return AssertModule(line=form.line, word=form.head, source=source, message=message)


def _assert_exception(_form: Form, _text: str) -> Command:
    raise _UnknownError("'assert_exception': P-4: exceptions are not in the profile")


def _action(form: Form) -> Action:
    if form.head not in ("invoke", "get"):
        raise _UnknownError(f"'{form.head}' is not an action that this runner knows")
    items = _Items(form)
    module, export = items.name(), _utf8(items.string())
    if form.head == "get":
        items.end()
        return Get(module, export)
    return Invoke(module, export, tuple(_value(entry) for entry in items.all_forms()))


def _pattern(form: Form) -> Pattern:
    """Return an expectation. Options of ``either`` are values, so that nesting is one deep."""
    if form.head == "either":
        return Either(tuple(_value(entry) for entry in _Items(form).all_forms()))
    return _value(form)


def _value(form: Form) -> Value:
    kind = _INTEGER_KINDS.get(form.head)
    if kind is None:
        return Foreign(form.head)
    literal: Node | None = form.items[1] if len(form.items) == 2 else None
    if not isinstance(literal, Atom):
        raise _ShapeError(f"'{form.head}' takes one literal")
    return Integer(kind, integer(literal.text, bits=32 if kind is ValueType.I32 else 64))


def integer(literal: str, *, bits: int) -> int:
    """Return the value of an integer literal, unsigned. Raises `_ShapeError`."""
    value = None
    if len(literal) <= _INTEGER_CHARACTERS_MAX and _INTEGER.fullmatch(literal):
        digits = literal.replace("_", "")
        value = int(digits, 16 if "x" in digits else 10)
    if value is None or not -(1 << (bits - 1)) <= value < 1 << bits:
        raise _ShapeError(f"'{literal[:_INTEGER_CHARACTERS_MAX]}' is no integer of {bits} bits")
    return value & ((1 << bits) - 1)


_READERS: Final[dict[str, Callable[[Form, str], Command]]] = {
    "module": _module,
    "register": _register,
    "invoke": _perform,
    "get": _perform,
    "assert_return": _assert_return,
    "assert_trap": _assert_trap,
    "assert_exhaustion": _assert_trap,
    "assert_invalid": _assert_module,
    "assert_malformed": _assert_module,
    "assert_unlinkable": _assert_module,
    "assert_exception": _assert_exception,
}
