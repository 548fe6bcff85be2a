"""Casts: from one type to another, and how PostgreSQL reads and prints values.

Spec: docs/spec/sql.md, Q-41, Q-48. Not here: which casts there are (`sqlstore.bind`).
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import Final, assert_never

from sqlstore.errors import (
    FeatureNotSupported,
    InvalidParameterValue,
    InvalidTextRepresentation,
    NumericValueOutOfRange,
    StringDataRightTruncation,
)
from sqlstore.execute.numbers import converted, in_range
from sqlstore.types import Kind, SqlType, Value, numeric_text

SPACES: Final = " \t\n\v\f\r"
"""What C's isspace takes for a space."""

INTEGER_TEXT: Final = re.compile(r"([+-]?)0*([0-9]+)(.*)", re.DOTALL)
DIGITS_MAX: Final = 20
"""So many digits are out of every integer's range, and more of them change nothing."""

NUMERIC_TEXT: Final = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:[eE][ \t\n\v\f\r]*([+-]?[0-9]{1,6}))?"
)
"""Mantissa and exponent, which PostgreSQL lets spaces precede."""

INFINITE_TEXT: Final = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE)
EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

TRUE_WORDS: Final = ("true", "yes", "on", "1")
FALSE_WORDS: Final = ("false", "no", "off", "0")


def cast(value: Value, *, source: SqlType, target: SqlType, assignment: bool) -> Value:
    """Return ``value``, of type ``source``, as one of type ``target``. NULL stays NULL.

    Raises `NumericValueOutOfRange`, `InvalidTextRepresentation`, `StringDataRightTruncation`.

    Spec: Q-48.
    """
    if value is None:
        return None
    if target.is_text:
        return fitted(printed(value, source), target, assignment=assignment)
    if isinstance(value, str):
        return read(value, target)
    if isinstance(value, bytes):
        return value
    if target.kind is Kind.BOOLEAN:
        return value != 0
    return converted(int(value), scale=source.scale, kind=target)


def printed(value: Value, kind: SqlType) -> str:
    """Return ``value``, which is not NULL, as PostgreSQL prints it. Spec: Q-48."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return numeric_text(value, kind.scale)
        case str():
            return value
        case bytes():
            return "\\x" + value.hex()
        case None:
            raise AssertionError("NULL has no text")
        case _:
            assert_never(value)


def fitted(text: str, kind: SqlType, *, assignment: bool) -> str:
    """Return ``text`` as TEXT or as VARCHAR(n), of which it becomes the first n code points.

    Raises `StringDataRightTruncation` if that is an assignment and loses more than spaces.

    Spec: Q-48.
    """
    if kind.kind is Kind.TEXT or len(text) <= kind.length:
        return text
    if assignment and text[kind.length :].strip(" "):
        raise StringDataRightTruncation(f"value too long for type {kind}")
    return text[: kind.length]


def read(text: str, kind: SqlType) -> Value:
    """Return the value of type ``kind`` that PostgreSQL reads from ``text``.

    Raises `InvalidTextRepresentation`, `NumericValueOutOfRange`.

    Spec: Q-41, Q-48.
    """
    match kind.kind:
        case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT:
            return _integer(text, kind)
        case Kind.NUMERIC:
            return _numeric(text, kind)
        case Kind.BOOLEAN:
            return _boolean(text)
        case Kind.BYTEA:
            return _bytea(text)
        case Kind.TEXT | Kind.VARCHAR:
            return fitted(text, kind, assignment=False)
        case _:
            assert_never(kind.kind)


def _invalid(text: str, kind: str) -> InvalidTextRepresentation:
    return InvalidTextRepresentation(f"invalid input syntax for type {kind}: {text!r}")


def _integer(text: str, kind: SqlType) -> int:
    match = INTEGER_TEXT.fullmatch(text.lstrip(SPACES))
    if match is None:
        raise _invalid(text, str(kind))
    sign, digits, rest = match.groups()
    magnitude = int(digits[:DIGITS_MAX])
    # PostgreSQL counts downward, and meets the end of the range before it meets what follows.
    if magnitude > -kind.least:
        raise NumericValueOutOfRange(f"value {text!r} is out of range for type {kind}")
    if rest.strip(SPACES):
        raise _invalid(text, str(kind))
    return in_range(-magnitude if sign == "-" else magnitude, kind)


def _numeric(text: str, kind: SqlType) -> int:
    trimmed = text.strip(SPACES)
    if INFINITE_TEXT.fullmatch(trimmed):
        raise FeatureNotSupported(f"{trimmed} is no value of {kind} here")
    match = NUMERIC_TEXT.fullmatch(trimmed)
    if match is None:
        raise _invalid(text, "numeric")
    mantissa, exponent = Decimal(match[1]), int(match[2] or "0")
    scaled = mantissa.scaleb(exponent + kind.scale, EXACT)
    scaled = scaled.to_integral_value(ROUND_HALF_UP, EXACT)
    if abs(scaled) > kind.greatest:
        raise NumericValueOutOfRange(f"value {text!r} is out of range for type {kind}")
    return int(scaled)


def _boolean(text: str) -> bool:
    word = text.strip(SPACES).lower()
    # "o" could begin "on" and "off" alike.
    if word and word != "o":
        if any(one.startswith(word) for one in TRUE_WORDS):
            return True
        if any(one.startswith(word) for one in FALSE_WORDS):
            return False
    raise _invalid(text, "boolean")


def _bytea(text: str) -> bytes:
    if text.startswith("\\x"):
        return _hexadecimal(text[2:])
    parts = []
    at = 0
    encoded = text.encode()
    while at < len(encoded):
        escape = re.match(rb"\\(?:\\|([0-3][0-7][0-7]))", encoded[at : at + 4])
        if escape is None and encoded[at : at + 1] == b"\\":
            raise _invalid(text, "bytea")
        size = 1 if escape is None else escape.end()
        octal = None if escape is None else escape[1]
        parts.append(encoded[at : at + 1] if octal is None else bytes([int(octal, 8)]))
        at += size
    return b"".join(parts)


def _hexadecimal(digits: str) -> bytes:
    """Return the bytes of pairs of digits; spaces may stand between pairs."""
    octets = bytearray()
    at = 0
    while at < len(digits):
        if digits[at] in " \n\t\r":
            at += 1
            continue
        pair = digits[at : at + 2]
        for digit in pair:
            if digit not in "0123456789abcdefABCDEF":
                raise InvalidParameterValue(f"invalid hexadecimal digit: {digit!r}")
        if len(pair) < 2:
            raise InvalidParameterValue("invalid hexadecimal data: odd number of digits")
        octets.append(int(pair, 16))
        at += 2
    return bytes(octets)
