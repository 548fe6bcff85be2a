"""Ranges of keys: where a search begins, and whether a key that was found still belongs to it.

All keys of a range begin with its *prefix*: the relation's number, the pinned columns, and a tag if
the column behind may be NULL and is bounded. If prefix and bounded column have fixed sizes, a key
is compared with them number by number, where it lies. Else both *edges* of the range are written as
byte strings: at one the search begins, with the other every key is compared.

Spec: docs/spec/sql.md, Q-86. Not here: the loop over the keys (`sqlstore.compile.scans`).
Mirror: `sqlstore.execute.ranges`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlstore.compile.arithmetic import literal
from sqlstore.compile.keys import (
    KeyWriter,
    can_overflow,
    decoded_number,
    encoded_number,
    prefix_word,
    value_bytes,
)
from sqlstore.compile.operands import Operand, infix, is_name, value_type, wide
from sqlstore.schema import KEY_BYTES_MAX
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.plan.relations import Bound, Path
    from sqlstore.schema import Column

SLACK_BYTES: Final = 16
"""What may be written of an edge behind its 80th byte, before it is cut: a tag, a number, an end.

A byte string is written whole, or until it is well behind the 80th byte.
"""

_OVERRUN: Final = 4
"""How far behind the 80th byte a byte string may go, so that those before are there if it is cut.

`write_key_bytes` keeps two bytes free for the end, and stops one early before a 00, which takes
two: 3 would do.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """Keys of the relation ``number``, of which the first columns are ``pinned``.

    ``next`` is the column behind, if it is bounded: by ``least`` and ``greatest``, numbers within
    its type or texts as they were given. ``key`` and ``end`` are locals of buffers; ``leave``
    writes what ends the search where no key can be in the range.
    """

    path: Path
    number: int
    pinned: tuple[tuple[Column, Operand], ...]
    next: Column | None
    least: Operand | None
    greatest: Operand | None
    key: str
    end: str
    leave: Callable[[], None]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the prefix, and the bounded one."""
        return tuple(column for column, _ in self.pinned) + ((self.next,) if self.next else ())

    @property
    def is_fixed(self) -> bool:
        """Whether all that is compared has a fixed size, and the search key need not be cut."""
        whole = not can_overflow(self.columns)
        return whole and not any(column.type.is_bytes for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search whose first key has been sought; ``length`` is the local of the found key's length.

    ``in_range`` is whether a key was found that begins as those of the range do; ``enter`` writes
    the rest of that question, inside the loop, and returns the bounded column's value if it is
    known by then.
    """

    length: str
    in_range: str
    enter: Callable[[], Operand | None]


# -- bounds ------------------------------------------------------------------------------------


def number_bounds(
    code: Code, column: Column, path: Path, ends: list[Operand], blocks: ExitStack
) -> tuple[Operand | None, Operand | None] | None:
    """Write a column's bounds, cut to its type; what follows is written where they hold something.

    None: they never do. A BOOLEAN is a number from 0 to 1.
    """
    least = greatest = None
    rest = list(ends)
    if path.low is not None:
        least = _number_bound(code, column, path.low, rest.pop(0), step=1, blocks=blocks)
        if least is None:
            return None
    if path.high is not None:
        greatest = _number_bound(code, column, path.high, rest.pop(0), step=-1, blocks=blocks)
        if greatest is None:
            return None
    if least and greatest:
        ends_known = literal(least), literal(greatest)
        if None not in ends_known:
            return (least, greatest) if _is_ascending(*ends_known) else None
        ascending = infix(least.value, "<=", greatest.value)
        blocks.enter_context(code.out.block(f"if {ascending}"))
    return least, greatest


def _is_ascending(least: int | None, greatest: int | None) -> bool:
    assert least is not None
    assert greatest is not None
    return least <= greatest


def _number_bound(
    code: Code, column: Column, bound: Bound, value: Operand, *, step: int, blocks: ExitStack
) -> Operand | None:
    """Write the least (``step`` 1) or greatest (-1) value within a bound; None if there is none."""
    kind = column.type
    first, last = (kind.least, kind.greatest)[::step]
    given_first, given_last = (value.type.least, value.type.greatest)[::step]
    shift = 0 if bound.inclusive else step
    known = literal(value)
    if known is not None:
        number = max(known + shift, first) if step > 0 else min(known + shift, first)
        return None if (number - last) * step > 0 else Operand(type=kind, value=str(number))
    in_i64 = kind.is_wide or value.type.is_wide
    text = wide(value) if in_i64 else value.value
    before, beyond = ("<", ">")[::step]
    if (given_last + shift - last) * step > 0:
        condition = f"{text} {before}{'=' if bound.inclusive else ''} {last}"
        blocks.enter_context(code.out.block(f"if {condition}"))
    if (given_first + shift - first) * step < 0:
        text = f"{text} if {text} {beyond} {first - shift} else {first - shift}"
    if in_i64 and not kind.is_wide:
        text = f"i32({text})"
    if shift:
        text = f"({text}) {'+' if shift > 0 else '-'} 1"
    name = code.out.local("least" if step > 0 else "greatest", text, value_type(kind))
    return Operand(type=kind, value=name)


# -- searches ----------------------------------------------------------------------------------


def search(code: Code, keys: KeyRange) -> Search:
    """Write the first key of a range into its buffer, and the first ``seek``."""
    if keys.is_fixed:
        checks, length = _write_numbers(code, keys)
        in_range = " and ".join(checks)
        edge = None
    else:
        length, edge = _write_edges(code, keys)
        in_range = f"{edge} {'>= 0' if keys.path.backward else '< 0'}"
    word, strict = ("db_seek_back", 1) if keys.path.backward else ("db_seek", 0)
    call = f"{word}({keys.key}, {length}, {strict}, {keys.key}, {KEY_BYTES_MAX})"
    found = code.out.local("found", call)
    return Search(
        length=found,
        in_range=f"{found} >= 0 and {in_range}".replace("FOUND", found),
        enter=(lambda: _checked_bound(code, keys)) if edge is None else (lambda: None),
    )


def advance(keys: KeyRange, length: str) -> str:
    """Return the ``seek`` of the key behind the one that was found."""
    word = "db_seek_back" if keys.path.backward else "db_seek"
    return f"{length} = {word}({keys.key}, {length}, 1, {keys.key}, {KEY_BYTES_MAX})"


def _write_numbers(code: Code, keys: KeyRange) -> tuple[list[str], str]:
    """Write the search key of a range of numbers; return the tests of found keys, its length."""
    key = keys.key
    writer = KeyWriter(code, key, keys.number, columns=keys.columns, overflow=keys.leave)
    checks = [f"load16({key}) == {prefix_word(keys.number)}"]
    for column, operand in keys.pinned:
        if column.nullable:
            checks.append(f"load8({key}, {writer.length()}) == 0")
            writer.tag()
        size = value_bytes(column.type) or 0
        encoded = encoded_number(code, operand, column.type)
        if literal(operand) is None and not is_name(encoded):
            encoded = code.out.local(
                f"{column.name}_key",
                f"({encoded}) & 65535" if size == 2 else encoded,
                value_type(column.type),
            )
        checks.append(f"load{8 * size}({key}, {writer.length()}) == {encoded}")
        writer.number(column.type, encoded)
    if keys.next is not None and keys.next.nullable:
        checks.append(f"load8({key}, {writer.length()}) == 0")
        writer.tag()
    start = keys.greatest if keys.path.backward else keys.least
    if start is not None:
        writer.value(start.type, start)
    length = writer.finish()
    if keys.path.backward:
        length = code.out.local("key_length", _successor(code, key, length))
    return checks, length


def _checked_bound(code: Code, keys: KeyRange) -> Operand | None:
    """Write the check of the bound that the search runs against; return the column's value."""
    limit = keys.least if keys.path.backward else keys.greatest
    if limit is None or keys.next is None:
        return None
    kind = keys.next.type
    sizes = (1 * column.nullable + (value_bytes(column.type) or 0) for column, _ in keys.pinned)
    offset = 2 + sum(sizes) + keys.next.nullable
    size = value_bytes(kind) or 0
    raw = f"load{8 * size}({keys.key}, {offset})"
    encoded = None
    if size > 1:
        raw = code.out.local(f"{keys.next.name}_bytes", raw, value_type(kind))
        encoded = raw, size
    value = code.out.local(keys.next.name, decoded_number(code, raw, kind), value_type(kind))
    with code.out.block(f"if {value} {'<' if keys.path.backward else '>'} {limit.value}"):
        code.out.add("break")
    return Operand(type=kind, value=value, encoded=encoded)


# -- edges -------------------------------------------------------------------------------------


def _write_edges(code: Code, keys: KeyRange) -> tuple[str, str]:
    """Write both edges; return the search key's length, and the comparison with the other edge."""
    out, key, end = code.out, keys.key, keys.end
    columns = [column for column, _ in keys.pinned]
    writer = KeyWriter(code, key, keys.number, columns=columns, overflow=keys.leave)
    for column, operand in keys.pinned:
        writer.column(column, operand)
    prefix = writer.finish()
    if keys.next is not None and keys.next.nullable:
        out.add(f"store8({key} + {prefix}, 0)")
        prefix = out.local("prefix_length", f"{prefix} + 1")
    out.add(f"copy({end}, {key}, {prefix})")
    bytewise = keys.next is not None and keys.next.type.is_bytes
    low, high = keys.path.low, keys.path.high
    after_low = bytewise and low is not None and not low.inclusive
    after_high = not bytewise or high is None or high.inclusive
    low_at, high_at = (end, key) if keys.path.backward else (key, end)
    lengths = {
        low_at: _edge(code, keys, low_at, prefix, keys.least, after=after_low),
        high_at: _edge(code, keys, high_at, prefix, keys.greatest, after=after_high),
    }
    return lengths[key], f"compare_bytes({key}, FOUND, {end}, {lengths[end]})"


def _edge(
    code: Code, keys: KeyRange, at: str, prefix: str, value: Operand | None, *, after: bool
) -> str:
    """Write an edge behind the prefix at ``at``; return its length.

    ``after`` asks for what comes behind all keys that begin so. What is longer than a key is cut
    to 80 bytes instead: no key lies between the two.
    """
    out = code.out
    length = out.local("edge_length", prefix)
    cut = []
    if value is not None:
        size = value_bytes(value.type)
        if size is None:
            room = f"{KEY_BYTES_MAX + _OVERRUN} - {prefix}"
            call = f"write_key_bytes({at} + {prefix}, {room}, {value.value}, {value.length})"
            written = out.local("written", call)
            cut.append(f"{written} < 0")
        else:
            encoded = encoded_number(code, value, value.type)
            out.add(f"store{8 * size}({at} + {prefix}, {encoded})")
            written = str(size)
        out.assign(length, ValueType.I32, f"{length} + {written}")
    if keys.next is not None and can_overflow(keys.columns):
        cut.append(f"{length} > {KEY_BYTES_MAX}")
        with out.block(f"if {' or '.join(cut)}"):
            out.assign(length, ValueType.I32, str(KEY_BYTES_MAX))
        if after:
            with out.block("else"):
                out.assign(length, ValueType.I32, _successor(code, at, length))
    elif after:
        out.assign(length, ValueType.I32, _successor(code, at, length))
    return length


_SUCCESSOR: Final = """\
def {name}(key: i32, length: i32) -> i32:
    \"\"\"Make a key the least byte string above all that begin with it; return its length.\"\"\"
    while load8(key + length - 1) == 255:
        length -= 1
    last = key + length - 1
    store8(last, load8(last) + 1)
    return length
"""


def _successor(code: Code, key: str, length: str) -> str:
    """Return the call that makes a key its successor: the new length."""
    return f"{code.unit.helper('successor', _SUCCESSOR)}({key}, {length})"
