"""The shapes of values in vectors: each checks and reads JSON, writes it, and is its own schema.

One definition gives the check that the tools make, the JSON Schema that is published, and the
table in a format's README; so none of them can say something else than the others.

- bytes are lower-case ``0x`` strings of whole bytes;
- integers that always fit 2^53 are JSON numbers, all others ``0x`` strings without leading zeros;
- every field of a record is there; what may be missing is null.

Not here: which shapes a format has (`conformance.formats`).
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.errors import MalformedVector
from wasm_interp.errors import printable

BYTES_MAX: Final = 4 * 2**20
"""No byte string in a vector is longer: the longest are modules."""
LIST_MAX: Final = 65_536
NUMBER_MAX: Final = 2**53 - 1

_BYTES: Final = re.compile(r"0x(?:[0-9a-f]{2})*")
_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]*)")

Schema = dict[str, Any]


class Shape(ABC):
    """A set of JSON values, and the Python values that they stand for."""

    @abstractmethod
    def schema(self) -> Schema:
        """Return the JSON Schema (draft 2020-12) of the values."""

    @abstractmethod
    def decode(self, value: object, *, at: str) -> Any:
        """Return the Python value of ``value``. Raises `MalformedVector`, naming ``at``."""

    @abstractmethod
    def encode(self, value: Any) -> Any:
        """Return the JSON value of ``value``."""

    @abstractmethod
    def describe(self) -> str:
        """Return a few words for a table in a README."""


def refuse(at: str, expected: str, value: object) -> MalformedVector:
    """Return the error for a value that has not the shape ``expected``."""
    if isinstance(value, str):
        text = f"'{value}'"
    elif isinstance(value, int) or value is None:
        text = json.dumps(value)
    else:
        text = "an object" if isinstance(value, dict) else "a list"
    if len(text) > 60:
        text = text[:59] + "…"
    return MalformedVector(f"{at}: must be {expected}, not {printable(text)}")


@dataclass(frozen=True, slots=True)
class Bytes(Shape):
    """Bytes, ``least`` to ``most`` of them."""

    least: int = 0
    most: int = BYTES_MAX

    @classmethod
    def exactly(cls, count: int) -> Bytes:
        """Return the shape of ``count`` bytes."""
        return cls(count, count)

    def schema(self) -> Schema:
        """Return a pattern and the bounds of the string's length."""
        return {
            "type": "string",
            "pattern": "^0x([0-9a-f]{2})*$",
            "minLength": 2 + 2 * self.least,
            "maxLength": 2 + 2 * self.most,
        }

    def decode(self, value: object, *, at: str) -> bytes:
        """Return the bytes that a ``0x`` string spells."""
        fits = isinstance(value, str) and 2 + 2 * self.least <= len(value) <= 2 + 2 * self.most
        if not isinstance(value, str) or not fits or not _BYTES.fullmatch(value):
            raise refuse(at, f"{self.describe()} as lower-case 0x digits", value)
        return bytes.fromhex(value[2:])

    def encode(self, value: Any) -> str:
        """Return the ``0x`` string."""
        return f"0x{bytes(value).hex()}"

    def describe(self) -> str:
        """Return how many bytes there are."""
        if self.least == self.most:
            return f"{self.least} bytes"
        if self.most == BYTES_MAX:
            return "bytes" if not self.least else f"at least {self.least} bytes"
        return f"{self.least} to {self.most:,} bytes"


@dataclass(frozen=True, slots=True)
class Number(Shape):
    """An integer from 0 to ``most``, a JSON number."""

    most: int = NUMBER_MAX

    def schema(self) -> Schema:
        """Return the bounds."""
        return {"type": "integer", "minimum": 0, "maximum": self.most}

    def decode(self, value: object, *, at: str) -> int:
        """Return the integer."""
        if type(value) is not int or not 0 <= value <= self.most:
            raise refuse(at, f"an integer from 0 to {self.most}", value)
        return value

    def encode(self, value: Any) -> int:
        """Return the integer, an enum's too, as a plain one."""
        return int(value)

    def describe(self) -> str:
        """Return the range."""
        return f"number, 0 to {self.most:,}"


@dataclass(frozen=True, slots=True)
class Quantity(Shape):
    """An integer of up to ``bits`` bits, a ``0x`` string: JSON numbers do not hold it."""

    bits: int = 64

    def schema(self) -> Schema:
        """Return the pattern and the greatest length."""
        return {
            "type": "string",
            "pattern": "^0x(0|[1-9a-f][0-9a-f]*)$",
            "maxLength": 2 + -(-self.bits // 4),
        }

    def decode(self, value: object, *, at: str) -> int:
        """Return the integer."""
        fits = isinstance(value, str) and len(value) <= 2 + -(-self.bits // 4)
        if not isinstance(value, str) or not fits or not _QUANTITY.fullmatch(value):
            raise refuse(at, f"an integer of {self.bits} bits as 0x digits", value)
        return int(value, 16)

    def encode(self, value: Any) -> str:
        """Return the ``0x`` string."""
        return f"{int(value):#x}"

    def describe(self) -> str:
        """Return the width."""
        return f"quantity of {self.bits} bits"


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One of a few words."""

    words: tuple[str, ...]

    def schema(self) -> Schema:
        """Return the list of words."""
        return {"enum": list(self.words)}

    def decode(self, value: object, *, at: str) -> str:
        """Return the word."""
        if not isinstance(value, str) or value not in self.words:
            raise refuse(at, f"one of {', '.join(self.words)}", value)
        return value

    def encode(self, value: Any) -> str:
        """Return the word."""
        return str(value)

    def describe(self) -> str:
        """Return the words."""
        return ", ".join(f'`"{word}"`' for word in self.words)


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """A text of printable ASCII, ``most`` characters at most; ``pattern`` may narrow it."""

    most: int = 1_000
    pattern: str = "[ -~]*"

    def schema(self) -> Schema:
        """Return the pattern and the greatest length."""
        return {"type": "string", "pattern": f"^{self.pattern}$", "maxLength": self.most}

    def decode(self, value: object, *, at: str) -> str:
        """Return the text."""
        fits = isinstance(value, str) and len(value) <= self.most
        if not isinstance(value, str) or not fits or not re.fullmatch(self.pattern, value):
            raise refuse(at, f"a text of the form {self.pattern}", value)
        return value

    def encode(self, value: Any) -> str:
        """Return the text."""
        return str(value)

    def describe(self) -> str:
        """Return one word."""
        return "text"


@dataclass(frozen=True, slots=True)
class Boolean(Shape):
    """True or false."""

    def schema(self) -> Schema:
        """Return the type."""
        return {"type": "boolean"}

    def decode(self, value: object, *, at: str) -> bool:
        """Return the boolean."""
        if not isinstance(value, bool):
            raise refuse(at, "true or false", value)
        return value

    def encode(self, value: Any) -> bool:
        """Return the boolean."""
        return bool(value)

    def describe(self) -> str:
        """Return the two values."""
        return "true or false"


@dataclass(frozen=True, slots=True)
class Nullable(Shape):
    """A value of another shape, or null."""

    of: Shape

    def schema(self) -> Schema:
        """Return the alternatives."""
        return {"anyOf": [self.of.schema(), {"type": "null"}]}

    def decode(self, value: object, *, at: str) -> Any:
        """Return the value, or None."""
        return None if value is None else self.of.decode(value, at=at)

    def encode(self, value: Any) -> Any:
        """Return the JSON value, or None."""
        return None if value is None else self.of.encode(value)

    def describe(self) -> str:
        """Return the alternatives."""
        return f"{self.of.describe()}, or null"


@dataclass(frozen=True, slots=True)
class ListOf(Shape):
    """Values of one shape, ``least`` to ``most`` of them."""

    of: Shape
    least: int = 0
    most: int = LIST_MAX

    def schema(self) -> Schema:
        """Return the shape of the items and their number."""
        return {
            "type": "array",
            "items": self.of.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }

    def decode(self, value: object, *, at: str) -> tuple[Any, ...]:
        """Return the values as a tuple."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise refuse(at, f"a list of {self.least} to {self.most} values", value)
        return tuple(self.of.decode(item, at=f"{at}[{i}]") for i, item in enumerate(value))

    def encode(self, value: Any) -> list[Any]:
        """Return the values as a list."""
        items: Sequence[Any] = value
        return [self.of.encode(item) for item in items]

    def describe(self) -> str:
        """Return what is listed."""
        return f"list of: {self.of.describe()}"


@dataclass(frozen=True, slots=True)
class Record(Shape):
    """Named values, all of them there and no others."""

    fields: Mapping[str, Shape] = field(default_factory=dict)

    def schema(self) -> Schema:
        """Return the shapes of the fields."""
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.fields.items()},
            "required": sorted(self.fields),
            "additionalProperties": False,
        }

    def decode(self, value: object, *, at: str) -> dict[str, Any]:
        """Return the values by name."""
        if not isinstance(value, dict):
            raise refuse(at, "an object", value)
        for name in sorted(value.keys() ^ self.fields.keys()):
            if name in self.fields:
                raise MalformedVector(f"{at}: the field '{name}' is missing")
            raise MalformedVector(f"{at}: there is no field '{printable(name)}'")
        return {
            name: shape.decode(value[name], at=f"{at}.{name}")
            for name, shape in self.fields.items()
        }

    def encode(self, value: Any) -> dict[str, Any]:
        """Return the JSON object."""
        given: Mapping[str, Any] = value
        assert given.keys() == self.fields.keys(), f"fields {sorted(given)} are not the record's"
        return {name: shape.encode(given[name]) for name, shape in self.fields.items()}

    def describe(self) -> str:
        """Return the fields on one line."""
        inner = "; ".join(f"`{name}`: {shape.describe()}" for name, shape in self.fields.items())
        return f"object ({inner})"


HASH: Final = Bytes.exactly(32)
U8: Final = Number(2**8 - 1)
U16: Final = Number(2**16 - 1)
U32: Final = Number(2**32 - 1)
U64: Final = Quantity(64)


@dataclass(frozen=True, slots=True)
class Accepted(Shape):
    """Nothing but that something is accepted: the value true."""

    def schema(self) -> Schema:
        """Return the one value."""
        return {"const": True}

    def decode(self, value: object, *, at: str) -> bool:
        """Return true."""
        if value is not True:
            raise refuse(at, "true", value)
        return True

    def encode(self, value: Any) -> bool:
        """Return true."""
        assert value is True
        return True

    def describe(self) -> str:
        """Return the one value."""
        return "`true`"


ACCEPTED: Final = Accepted()
