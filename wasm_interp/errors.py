"""Errors of modules, of linking, of messages, and of calls, sorted by whose fault they are.

- `Malformed`: the bytes are not a WebAssembly binary.
- `Invalid`: they are, but the module does not validate.
- `ProfileViolation`: it uses what profile v1 leaves out, or more than it allows
  (docs/spec/profile.md); found while decoding, validating or linking.
- `LinkError`: a segment does not fit (P-10), or the module is not the reducer that it is to be.
- `RecordError`, `MessageError`: bytes are no machine record, a message is outside its ranges.
- `InputError`: a rows file, a log or an argument is not acceptable.

A trap is none of these: it is a state of the machine (`wasm_interp.state`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from merkle.errors import ChannelsError

NAME_CHARACTERS_MAX: Final = 200


def printable(name: str) -> str:
    """Return ``name`` fit for a terminal: unprintable characters replaced, overlong names cut."""
    if len(name) > NAME_CHARACTERS_MAX:
        name = name[: NAME_CHARACTERS_MAX - 1] + "…"
    if name.isprintable():
        return name
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


@dataclass(eq=False)
class ModuleError(ChannelsError):
    """A module is refused. ``rule`` says why; ``place`` where.

    ``offset`` is a byte offset in the module; ``function`` an index; ``symbol`` its name, if known.
    """

    sentence = "{rule}"
    kind = "refused"

    rule: str
    offset: int | None = None
    function: int | None = None
    symbol: str | None = field(default=None, kw_only=True)

    def __str__(self) -> str:
        place = []
        if self.function is not None:
            name = f" ({self.symbol})" if self.symbol else ""
            place.append(f"function {self.function}{name}")
        if self.offset is not None:
            place.append(f"byte 0x{self.offset:x}")
        where = f" [{', '.join(place)}]" if place else ""
        return f"{self.kind}: {self.rule}{where}"


class Malformed(ModuleError):
    """The bytes are not a WebAssembly binary. ``rule`` uses the specification suite's words."""

    kind = "malformed"


class Invalid(ModuleError):
    """The module does not validate. ``rule`` uses the specification suite's words."""

    kind = "invalid"


class ProfileViolation(ModuleError):
    """The module is outside the profile. ``rule`` starts with the rule's number."""

    kind = "outside the profile"


class LinkError(ModuleError):
    """The module lacks what is asked of it, or what is linked with it does not fit."""

    kind = "cannot link"


class NotAReducer(LinkError):
    """A module has not the reducer ABI (T-20), or no room for it (T-22)."""

    kind = "not a reducer"


class RecordError(ChannelsError):
    """Bytes are no machine record. Spec: S-1, S-10."""


@dataclass(eq=False)
class RecordLengthMismatch(RecordError):
    """A machine record has another length than 320 bytes."""

    sentence = "a machine record has 320 bytes, not {actual}"

    actual: int


@dataclass(eq=False)
class RecordVersionMismatch(RecordError):
    """A machine record is of another version."""

    sentence = "machine record version {actual} is not 1"

    actual: int


@dataclass(eq=False)
class StatusOutOfRange(RecordError):
    """A machine record has a status that there is not."""

    sentence = "a machine record has no status {status}"

    status: int


@dataclass(eq=False)
class TrapCodeOutOfRange(RecordError):
    """A machine record has a trap code that there is not."""

    sentence = "a machine record has no trap code {code}"

    code: int


@dataclass(eq=False)
class ResultOutOfRange(RecordError):
    """A machine record has a result, and the machine has not halted (S-13)."""

    sentence = "a machine record has result {result} of a machine that has not halted"

    result: int


class MessageError(ChannelsError):
    """A message is outside its ranges. Spec: T-1."""


@dataclass(eq=False)
class TurnOutOfRange(MessageError):
    """A turn is no u64."""

    sentence = "turn {turn} is not a u64"

    turn: int


@dataclass(eq=False)
class SenderOutOfRange(MessageError):
    """A sender is no u32."""

    sentence = "sender {sender} is not a u32"

    sender: int


@dataclass(eq=False)
class PayloadTooLong(MessageError):
    """A payload is longer than the profile allows (P-1)."""

    sentence = "payload has {length} bytes; at most {limit} are allowed (P-1)"

    length: int
    limit: int


@dataclass(eq=False)
class InputError(ChannelsError):
    """A message, a row, an argument or a file is not acceptable. ``what`` is a whole sentence."""

    sentence = "{what}"

    what: str
