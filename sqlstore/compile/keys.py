"""Keys: written to and read from buffers, a column at a time.

As long as all columns before have fixed sizes, a column's place is known when the statement is
compiled, and a number is one store or load of its bytes in reverse.

Spec: docs/spec/sql.md, Q-20 to Q-24. Not here: rows' values (`sqlstore.compile.rows`), how keys are
sought (`sqlstore.compile.scans`). Mirror: `sqlstore.keys`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlstore.compile.arithmetic import literal
from sqlstore.compile.code import ARENA
from sqlstore.compile.operands import Operand, load, null_of, value_type
from sqlstore.compile.variables import Variable
from sqlstore.keys import ABSENT, PRESENT, ROWS, encode_value
from sqlstore.schema import KEY_BYTES_MAX
from sqlstore.types import TEXT, Kind
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlstore.compile.code import Code
    from sqlstore.schema import Column, Table
    from sqlstore.types import SqlType

END_BYTES: Final = 2
"""Behind a text or byte string stand two zero bytes."""

COPIED_BY_WORDS_MAX: Final = 24
"""What is copied by loads and stores; beyond, by a loop."""


def prefix_word(number: int) -> str:
    """Return the two bytes with which the keys of relation ``number`` begin, as a load has them.

    Spec: Q-20.
    """
    return f"{number << 8 | ROWS:#06x}"


def value_bytes(kind: SqlType) -> int | None:
    """Return the size of a value in a key, or None if values differ in size."""
    return None if kind.is_bytes else kind.fixed_bytes


def greatest_bytes(column: Column) -> int | None:
    """Return the greatest size of a column in a key; None: it may be of any size."""
    size = value_bytes(column.type)
    if size is None and column.type.kind is Kind.VARCHAR:
        size = 4 * column.type.length + END_BYTES
    return None if size is None else size + column.nullable


def reversed_bytes(code: Code, value: str, size: int) -> str:
    """Return the lowest ``size`` bytes of ``value``, which is cheap, in reverse order."""
    if size == 2:
        return f"{value} << 8 | {value} >> 8 & 255"
    lanes = {4: _LANES_OF_I32, 8: _LANES_OF_I64}[size]
    parts = (
        f"rotl({value}, {turn}) & {code.unit.constant(name, mask)}"
        for turn, (name, mask) in lanes.items()
    )
    return " | ".join(parts)


_LANES_OF_I32: Final = {8: ("EVEN", "0x00FF00FF"), 24: ("ODD", "0xFF00FF00")}
_LANES_OF_I64: Final = {
    8: ("LANE_0", "0x000000FF000000FF"),
    24: ("LANE_1", "0x0000FF000000FF00"),
    40: ("LANE_2", "0x00FF000000FF0000"),
    56: ("LANE_3", "0xFF000000FF000000"),
}
"""By how far a number is turned: which of its bytes have then their place in reverse order."""


def encoded_number(code: Code, operand: Operand, kind: SqlType) -> str:
    """Return a number or BOOLEAN as little-endian integer of the bytes it has in a key.

    ``operand`` is in the range of ``kind``, and has its representation.
    """
    number = literal(operand)
    if number is not None:
        if not kind.least <= number <= kind.greatest:
            # A constant that no cast lets through: this stands behind a check that fails.
            return "0"
        value = bool(number) if kind.kind is Kind.BOOLEAN else number
        return hex(int.from_bytes(encode_value(kind, value), "little"))
    if kind.kind is Kind.BOOLEAN:
        return operand.value
    if operand.encoded is not None and operand.encoded[1] == value_bytes(kind):
        return operand.encoded[0]
    operand = code.named(operand, "number")
    # The sign bit is in the first byte, which is now the lowest.
    return f"({reversed_bytes(code, operand.value, value_bytes(kind) or 0)}) ^ 0x80"


def as_sought(columns: Iterable[Column]) -> list[Column]:
    """Return columns as they are in a search key: a VARCHAR(n) may be sought as any text."""
    return [replace(one, type=TEXT) if one.type.is_text else one for one in columns]


def can_overflow(columns: Sequence[Column]) -> bool:
    """Return whether a key of these columns might be longer than 80 bytes."""
    sizes = [greatest_bytes(column) for column in columns]
    return None in sizes or 2 + sum(size or 0 for size in sizes) > KEY_BYTES_MAX


def buffer_bytes(columns: Sequence[Column]) -> int:
    """Return the room in which a key of these columns is written before its length is checked.

    Of a text or byte string no more is written than fits. The other columns come on top of that,
    and before a text that may be NULL the byte that says whether it is.
    """
    beyond = sum(
        int(column.nullable) if column.type.is_bytes else greatest_bytes(column) or 0
        for column in columns
    )
    return KEY_BYTES_MAX + (beyond if can_overflow(columns) else 0)


class KeyWriter:
    """Writes a key at the local ``base``, whose columns, if all are written, are ``columns``.

    ``overflow`` writes what happens where the key becomes longer than 80 bytes: it has to leave
    what uses the key. None: the key is known to fit.
    """

    def __init__(
        self,
        code: Code,
        base: str,
        number: int,
        *,
        columns: Sequence[Column],
        overflow: Callable[[], None] | None,
    ) -> None:
        self._code = code
        self._base = base
        self._overflow = overflow
        self._can_overflow = overflow is not None and can_overflow(columns)
        self._checked = True
        self._offset = 2
        self._end: str | None = None
        code.out.add(f"store16({base}, {prefix_word(number)})")

    def length(self) -> str:
        """Return the key's length so far."""
        if self._end is None:
            return str(self._offset)
        relative = f"{self._end} - {self._base}"
        return f"{relative} + {self._offset}" if self._offset else relative

    def finish(self) -> str:
        """Write the check of the key's length, if it needs one; return the length."""
        length = self.length()
        if self._end is not None:
            length = self._code.out.local("key_length", length)
        if self._can_overflow and not self._checked:
            self._check(f"{length} > {KEY_BYTES_MAX}")
        return length

    def column(self, column: Column, operand: Operand) -> None:
        """Write a column's value, whose null is None unless the column may be NULL."""
        if not column.nullable:
            self.value(column.type, operand)
        elif operand.is_null:
            self._store(str(ABSENT[0]), 1)
        elif operand.null is None:
            self.tag()
            self.value(column.type, operand)
        else:
            self._optional(column.type, self._code.pin(operand, "part"))

    def _optional(self, kind: SqlType, operand: Operand) -> None:
        """Write a value that may be NULL: behind it, places are known in relation to ``end``."""
        end = self._settle()
        out = self._code.out
        with out.block(f"if {operand.null}"):
            out.add(f"store8({end}, {ABSENT[0]})")
            out.assign(end, ValueType.I32, f"{end} + 1")
        with out.block("else"):
            self.tag()
            self.value(kind, operand.not_null())
            self._settle()

    def tag(self) -> None:
        """Write that what comes next is not NULL."""
        self._store(str(PRESENT[0]), 1)

    def value(self, kind: SqlType, operand: Operand) -> None:
        """Write a value that is not NULL."""
        if value_bytes(kind) is None:
            self._bytes(kind, self._code.pin(operand, "part"))
        else:
            self.number(kind, encoded_number(self._code, operand, kind))

    def number(self, kind: SqlType, encoded: str) -> None:
        """Write a number that is encoded already (`encoded_number`)."""
        size = value_bytes(kind)
        assert size is not None
        self._store(encoded, size)

    def copied(self, columns: Sequence[Column], key: str, key_length: str) -> None:
        """Write columns as they stand in another key behind its relation's number, to its end."""
        sizes = [value_bytes(column.type) for column in columns]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        if total is not None and total <= COPIED_BY_WORDS_MAX:
            at = 2
            for size in (8, 4, 2, 1):
                while total >= size:
                    self._store(load(8 * size, key, at), size)
                    at, total = at + size, total - size
            return
        out = self._code.out
        end = self._settle()
        rest = out.local("rest", f"{key_length} - 2")
        if self._can_overflow:
            self._check(f"{rest} > {self._base} + {KEY_BYTES_MAX} - {end}")
        out.add(f"copy({end}, {key} + 2, {rest})")
        out.assign(end, ValueType.I32, f"{end} + {rest}")
        self._checked = True

    def _store(self, value: str, size: int) -> None:
        self._code.out.store(8 * size, self._end or self._base, value, self._offset)
        self._offset += size
        self._checked = False

    def _settle(self) -> str:
        """Write that ``end`` is behind what was written; return it."""
        out = self._code.out
        if self._end is None:
            self._end = out.local("key_end", f"{self._base} + {self._offset}")
        elif self._offset:
            out.assign(self._end, ValueType.I32, f"{self._end} + {self._offset}")
        self._offset = 0
        return self._end

    def _bytes(self, kind: SqlType, operand: Operand) -> None:
        """Write a text or byte string, no more of it than fits."""
        out = self._code.out
        end = self._settle()
        room = f"{self._base} + {KEY_BYTES_MAX} - {end}"
        if kind.kind is Kind.BYTEA:
            call = f"write_key_bytes({end}, {room}, {operand.value}, {operand.length})"
            written = out.local("written", call)
            self._check(f"{written} < 0")
            out.assign(end, ValueType.I32, f"{end} + {written}")
        else:
            if self._can_overflow:
                self._check(f"{operand.length} > {room} - {END_BYTES}")
            out.add(f"copy({end}, {operand.value}, {operand.length})")
            out.assign(end, ValueType.I32, f"{end} + {operand.length}")
            out.add(f"store16({end}, 0)")
            out.assign(end, ValueType.I32, f"{end} + {END_BYTES}")
        self._checked = True

    def _check(self, too_long: str) -> None:
        if self._overflow is not None:
            with self._code.out.block(f"if {too_long}"):
                self._overflow()


# -- reading -----------------------------------------------------------------------------------


def decoded_number(code: Code, value: str, kind: SqlType) -> str:
    """Return the number whose bytes in a key are the little-endian integer ``value``."""
    match value_bytes(kind):
        case 1:
            return value
        case 2:
            # The turned sign bit makes the bytes the number plus 32,768.
            return f"(({value} & 255) << 8 | {value} >> 8) - 32768"
        case 4:
            return f"({reversed_bytes(code, value, 4)}) ^ 0x80000000"
        case _:
            return f"({reversed_bytes(code, value, 8)}) ^ 0x8000000000000000"


class KeyReader:
    """Reads columns of the key at the local ``base``, from behind its relation's number on."""

    def __init__(self, code: Code, base: str, table: Table) -> None:
        self._code = code
        self.base = base
        self._table = table
        self._offset = 2
        self._end: str | None = None

    @property
    def here(self) -> str:
        """The address of the next column."""
        return f"{self._end or self.base} + {self._offset}"

    @property
    def place(self) -> str:
        """The address and offset of the next column, as a load has them."""
        return f"{self._end or self.base}, {self._offset}"

    def skip(self, column: Column) -> None:
        """Go on behind a column."""
        size = value_bytes(column.type)
        if size is not None and not column.nullable:
            self._offset += size
            return
        out = self._code.out
        end = out.local("key_at", self.here)
        self._end, self._offset = end, 0
        length = f"skip_key_bytes({end})" if size is None else str(size)
        if not column.nullable:
            out.assign(end, ValueType.I32, f"{end} + {length}")
        elif size is not None:
            out.assign(end, ValueType.I32, f"{end} + (1 if load8({end}) else {1 + size})")
        else:
            inside = f"skip_key_bytes({end} + 1)"
            out.assign(end, ValueType.I32, f"{end} + 1 + (0 if load8({end}) else {inside})")

    def read_all(self, places: Sequence[int], wanted: Set[int]) -> dict[int, Operand]:
        """Write the decoding of those of the next columns ``places`` that are ``wanted``."""
        found: dict[int, Operand] = {}
        for at in places:
            column = self._table.columns[at]
            if wanted <= found.keys():
                break
            if at in wanted:
                found[at] = self.read(column, column.name)
            else:
                self.skip(column)
        return found

    def read(self, column: Column, name: str) -> Operand:
        """Write the decoding of a column, and go on behind it."""
        if not column.nullable:
            return self._value(column.type, name)
        out = self._code.out
        null = out.local(f"{name}_null", f"load8({self._end or self.base}, {self._offset})")
        self._offset += 1
        at = out.local("key_at", self.here)
        self._end, self._offset = at, 0
        result = Variable(self._code, column.type, name)
        if column.type.is_bytes:
            result.set(null_of(column.type).typed(column.type))
        with out.block(f"if not {null}"):
            result.set(self._value(column.type, name))
            out.assign(at, ValueType.I32, self.here)
        self._end, self._offset = at, 0
        return replace(result.operand(), null=null)

    def _value(self, kind: SqlType, name: str) -> Operand:
        size = value_bytes(kind)
        out = self._code.out
        if size is None:
            return self._bytes(kind, name)
        raw = f"load{8 * size}({self._end or self.base}, {self._offset})"
        self._offset += size
        if size == 1:
            return Operand(type=kind, value=out.local(name, raw))
        raw = out.local(f"{name}_bytes", raw, value_type(kind))
        value = out.local(name, decoded_number(self._code, raw, kind), value_type(kind))
        return Operand(type=kind, value=value, encoded=(raw, size))

    def _bytes(self, kind: SqlType, name: str) -> Operand:
        """Write the decoding of a out, which is as it is, or of a byte string, into a buffer."""
        out = self._code.out
        at = out.local(name, self.here)
        length = out.local(f"{name}_length", f"skip_key_bytes({at})")
        end = out.local("key_at", f"{at} + {length}")
        self._end, self._offset = end, 0
        if kind.is_text:
            out.assign(length, ValueType.I32, f"{length} - {END_BYTES}")
        else:
            buffer = f"{ARENA} + {self._code.unit.place(KEY_BYTES_MAX)}"
            out.assign(length, ValueType.I32, f"read_key_bytes({buffer}, {at}, {length})")
            out.assign(at, ValueType.I32, buffer)
        return Operand(type=kind, value=at, length=length)


def write_row_key(
    code: Code, table: Table, reader: KeyReader, length: str, row_key: str
) -> tuple[str, str]:
    """Write the key of the row that an index entry belongs to: the entry ends as that key does.

    ``reader`` is behind the index' columns of an entry of ``length`` bytes. Returns where the key
    is, and its length.
    """
    columns = [table.columns[at] for at in table.primary]
    code.out.add(f"store16({row_key}, {prefix_word(table.number)})")
    sizes = [value_bytes(column.type) for column in columns]
    if len(sizes) == 1 and sizes[0] is not None:
        bits = 8 * sizes[0]
        code.out.add(f"store{bits}({row_key}, load{bits}({reader.place}), 2)")
        return row_key, str(2 + sizes[0])
    rest = code.out.local("rest", f"{length} - ({reader.here} - {reader.base})")
    code.out.add(f"copy({row_key} + 2, {reader.here}, {rest})")
    if None not in sizes:
        return row_key, str(2 + sum(size or 0 for size in sizes))
    return row_key, code.out.local("row_key_length", f"{rest} + 2")
