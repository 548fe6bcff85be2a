"""Errors of SQL: one class per SQLSTATE, under PostgreSQL's names for them.

An error of compilation has a place in its text and, where one helps, a hint; one of execution has
neither: it reaches the reducer as a number (`sqlstate_number`). The sentences are ours.

Spec: docs/spec/sql.md, Q-30 and on; PostgreSQL 15, appendix A. Not here: which rule raises what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from merkle.errors import ChannelsError

QUOTED_CHARACTERS_MAX: Final = 80
"""Of a text that an error quotes."""

REASON_CHARACTERS_MAX: Final = 500
"""Of a sentence, whoever wrote it."""


def excerpt(text: str) -> str:
    """Return the beginning of ``text``, as much as an error quotes."""
    return _cut(text, QUOTED_CHARACTERS_MAX)


def printable(text: str) -> str:
    """Return ``text`` fit for a terminal: what is not printable replaced, line breaks too."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _cut(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a file: line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(eq=False)
class SqlError(ChannelsError):
    """SQL that cannot be compiled, or a statement that failed."""

    sqlstate: ClassVar[str]

    reason: str
    place: Place | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = "" if self.place is None else f"{self.place}: "
        hint = "" if self.hint is None else f"\nhint: {_sentence(self.hint)}"
        return f"{place}{self.sqlstate}: {_sentence(self.reason)}{hint}"


def _sentence(text: str) -> str:
    """Return a sentence, which may quote SQL, fit for a terminal."""
    return printable(_cut(text, REASON_CHARACTERS_MAX))


def sqlstate_number(sqlstate: str) -> int:
    """Return a SQLSTATE as a positive number of 30 bits, as PostgreSQL's MAKE_SQLSTATE packs it.

    The five characters have six bits each, the first one lowest. Spec: Q-72.
    """
    assert len(sqlstate) == 5, "a SQLSTATE has five characters"
    return sum((ord(char) - ord("0") & 0x3F) << 6 * at for at, char in enumerate(sqlstate))


def sqlstate_text(number: int) -> str:
    """Return the five characters of `sqlstate_number`."""
    return "".join(chr((number >> 6 * at & 0x3F) + ord("0")) for at in range(5))


class CardinalityViolation(SqlError):
    """A subquery has two rows, or ON CONFLICT would touch a row twice."""

    sqlstate = "21000"


class StringDataRightTruncation(SqlError):
    """A text is longer than its VARCHAR(n)."""

    sqlstate = "22001"


class NumericValueOutOfRange(SqlError):
    """A number leaves its type's range."""

    sqlstate = "22003"


class SubstringError(SqlError):
    """A substring of negative length."""

    sqlstate = "22011"


class DivisionByZero(SqlError):
    """A division or remainder by zero."""

    sqlstate = "22012"


class CharacterNotInRepertoire(SqlError):
    """A text is not UTF-8, or contains U+0000."""

    sqlstate = "22021"


class InvalidParameterValue(SqlError):
    """A text in hexadecimal form is no BYTEA, or a type has an impossible length."""

    sqlstate = "22023"


class InvalidEscapeSequence(SqlError):
    """A LIKE pattern ends with its escape character, or the escape is longer than one."""

    sqlstate = "22025"


class InvalidTextRepresentation(SqlError):
    """A text is no value of the type that it is cast to."""

    sqlstate = "22P02"


class SequenceGeneratorLimitExceeded(SqlError):
    """An identity column has given its greatest number."""

    sqlstate = "2200H"


class InvalidRowCountInLimit(SqlError):
    """LIMIT is negative."""

    sqlstate = "2201W"


class InvalidRowCountInOffset(SqlError):
    """OFFSET is negative."""

    sqlstate = "2201X"


class NotNullViolation(SqlError):
    """A column that is NOT NULL would be NULL."""

    sqlstate = "23502"


class ForeignKeyViolation(SqlError):
    """A row refers to none, or a row that is referred to would go."""

    sqlstate = "23503"


class UniqueViolation(SqlError):
    """A key is taken."""

    sqlstate = "23505"


class CheckViolation(SqlError):
    """A CHECK is false."""

    sqlstate = "23514"


class InvalidSyntax(SqlError):
    """The text is not SQL."""

    sqlstate = "42601"


class DuplicateColumn(SqlError):
    """A column is named twice."""

    sqlstate = "42701"


class AmbiguousColumn(SqlError):
    """A name fits several columns."""

    sqlstate = "42702"


class UndefinedColumn(SqlError):
    """No column has this name."""

    sqlstate = "42703"


class UndefinedObject(SqlError):
    """A type, or a constraint that ON CONFLICT names, does not exist."""

    sqlstate = "42704"


class DuplicateObject(SqlError):
    """A constraint, or a named query, exists already."""

    sqlstate = "42710"


class DuplicateAlias(SqlError):
    """Two sources in one FROM have one name."""

    sqlstate = "42712"


class AmbiguousFunction(SqlError):
    """The operand types fit several operators."""

    sqlstate = "42725"


class GroupingError(SqlError):
    """A column is neither grouped nor aggregated, or an aggregate stands where none may."""

    sqlstate = "42803"


class DatatypeMismatch(SqlError):
    """An expression has another type than its place asks for."""

    sqlstate = "42804"


class WrongObjectType(SqlError):
    """DISTINCT or * in what is no aggregate, or an aggregate without argument."""

    sqlstate = "42809"


class InvalidForeignKey(SqlError):
    """What is referenced has no unique key."""

    sqlstate = "42830"


class CannotCoerce(SqlError):
    """No cast leads from one type to the other."""

    sqlstate = "42846"


class UndefinedFunction(SqlError):
    """No operator or function takes these types."""

    sqlstate = "42883"


class GeneratedAlways(SqlError):
    """A value is given for a column GENERATED ALWAYS."""

    sqlstate = "428C9"


class UndefinedTable(SqlError):
    """No table has this name."""

    sqlstate = "42P01"


class UndefinedParameter(SqlError):
    """A parameter where none may stand, or $0."""

    sqlstate = "42P02"


class AmbiguousParameter(SqlError):
    """A parameter would have two types."""

    sqlstate = "42P08"


class DuplicateTable(SqlError):
    """A table or index of this name exists."""

    sqlstate = "42P07"


class InvalidColumnReference(SqlError):
    """ON CONFLICT names no unique key, or ORDER BY a column that is not there."""

    sqlstate = "42P10"


class InvalidTableDefinition(SqlError):
    """A table cannot be defined so: two primary keys, for example."""

    sqlstate = "42P16"


class IndeterminateDatatype(SqlError):
    """The type of a parameter cannot be told."""

    sqlstate = "42P18"


class FeatureNotSupported(SqlError):
    """PostgreSQL has it, this has not; the hint says what to write."""

    sqlstate = "0A000"


class OutOfMemory(SqlError):
    """The arena is too small for the statement."""

    sqlstate = "53200"


class ProgramLimitExceeded(SqlError):
    """A key, a row, a statement or a scan is larger than its limit."""

    sqlstate = "54000"


class CorruptedData(SqlError):
    """Rows under a schema's keys are not rows of that schema."""

    sqlstate = "XX001"


SQLSTATES: Final = {cls.sqlstate: cls for cls in SqlError.__subclasses__()}
"""Every class by its SQLSTATE."""
