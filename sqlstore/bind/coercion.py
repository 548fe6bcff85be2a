"""Types that terms take: from their places, from each other, and by casts.

Spec: docs/spec/sql.md, Q-41, Q-42, Q-48. Not here: how a cast converts a value
(`sqlstore.execute`, `sqlstore.compile`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.bind.terms import Term, UntypedLiteral, UntypedParameter, make, replace_place
from sqlstore.errors import (
    CannotCoerce,
    DatatypeMismatch,
    FeatureNotSupported,
    NumericValueOutOfRange,
    SqlError,
)
from sqlstore.plan.expressions import Cast, Const
from sqlstore.types import (
    BOOLEAN,
    PRECISION_MAX,
    TEXT,
    Kind,
    SqlType,
    numeric,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.context import Context
    from sqlstore.bind.terms import AnyTerm

INTEGER_DIGITS: Final = {Kind.SMALLINT: 5, Kind.INTEGER: 10, Kind.BIGINT: 18}
"""Precision of the NUMERIC that an integer becomes."""

PRECISION_HINT: Final = "cast an operand to a NUMERIC of fewer digits"

_NUMBER: Final = re.compile(r"[+-]?0*([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]{1,3}))?")
_SPACES: Final = " \t\n\v\f\r"
_LEADING: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?0*")

TEXT_CHARACTERS_MAX: Final = 1_000
"""Of a text that is read as a number, leading zeros and spaces around it left out."""


class Category(Enum):
    """Types that PostgreSQL brings to one another without being asked."""

    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    BYTES = "bytes"


def category(type_: SqlType) -> Category:
    """Return the category of a type.

    Spec: Q-42.
    """
    match type_.kind:
        case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT | Kind.NUMERIC:
            return Category.NUMBER
        case Kind.TEXT | Kind.VARCHAR:
            return Category.STRING
        case Kind.BOOLEAN:
            return Category.BOOLEAN
        case Kind.BYTEA:
            return Category.BYTES
        case _:
            assert_never(type_.kind)


@dataclass(frozen=True, slots=True)
class Coercion:
    """Gives types to the terms of one statement."""

    context: Context

    # --- untyped terms

    def resolve(self, term: AnyTerm, type_: SqlType) -> Term:
        """Return ``term``, of the type ``type_`` if it had none.

        Raises `InvalidTextRepresentation`, `NumericValueOutOfRange`, `AmbiguousParameter`.

        Spec: Q-31, Q-41.
        """
        match term:
            case Term():
                return term
            case UntypedLiteral():
                return self._read(term, type_)
            case UntypedParameter():
                found = self.context.parameters.typed(term.index, type_, term.at)
                return Term(expr=found, at=term.at)
            case _:
                assert_never(term)

    def as_text(self, term: AnyTerm) -> Term:
        """Return ``term``, TEXT if nothing else has given it a type.

        Spec: Q-41.
        """
        return self.resolve(term, TEXT)

    def _read(self, term: UntypedLiteral, type_: SqlType) -> Term:
        """Return the constant that PostgreSQL reads from a literal: at once, not when it plans."""
        from sqlstore.execute.casts import read

        try:
            self._check_length(term, type_)
            value = None if term.value is None else read(term.value, type_)
        except SqlError as error:
            raise replace_place(self.context.source, error, term.at) from None
        return Term(expr=Const(value, type_), at=term.at)

    def _check_length(self, term: UntypedLiteral, type_: SqlType) -> None:
        """Refuse a number that is too long to be read. PostgreSQL's own limit is higher."""
        if term.value is None or not (type_.is_integer or type_.kind is Kind.NUMERIC):
            return
        leading = _LEADING.match(term.value)
        assert leading is not None, "the pattern takes the empty text, too"
        if len(term.value.rstrip(_SPACES)) - leading.end() > TEXT_CHARACTERS_MAX:
            raise NumericValueOutOfRange(
                f"a value of more than {TEXT_CHARACTERS_MAX} characters is out of range for type "
                f"{type_}"
            )

    def literal_type(self, term: UntypedLiteral, type_: SqlType) -> SqlType:
        """Return the type that a literal takes beside one of ``type_``: NUMERIC of its own digits.

        Spec: Q-41.
        """
        if type_.kind is Kind.VARCHAR:
            return TEXT
        if type_.kind is not Kind.NUMERIC or term.value is None:
            return type_
        return self.digits_type(term.value.strip(_SPACES).lower(), term.at, type_)

    def digits_type(self, text: str, at: int, type_: SqlType | None = None) -> SqlType:
        """Return the NUMERIC that has just the digits of ``text``; ``type_`` if it is no number.

        Raises `FeatureNotSupported` for too many digits.

        Spec: Q-41.
        """
        match_ = _NUMBER.fullmatch(text)
        if match_ is None and type_ is not None:
            return type_
        if match_ is None:
            # The lexer gives numbers: it is the exponent that is too long.
            raise self.context.source.error(
                NumericValueOutOfRange, "the number is out of range for type numeric", at
            )
        whole, fraction, exponent = match_[1], match_[2] or "", int(match_[3] or "0")
        scale = max(len(fraction) - exponent, 0)
        significant = len((whole + fraction).lstrip("0")) + max(exponent - len(fraction), 0)
        precision = max(significant, scale, 1)
        return self.checked_numeric(precision, scale, at)

    def checked_numeric(self, precision: int, scale: int, at: int) -> SqlType:
        """Return NUMERIC(precision, scale). Raises `FeatureNotSupported` beyond 18 digits.

        Spec: Q-41, Q-46.
        """
        if precision > PRECISION_MAX:
            raise self.context.source.error(
                FeatureNotSupported,
                f"a NUMERIC of {precision} digits is needed, there are {PRECISION_MAX}",
                at,
                PRECISION_HINT,
            )
        return numeric(precision, scale)

    # --- casts

    def cast(self, term: Term, type_: SqlType, *, assignment: bool = False) -> Term:
        """Return ``term`` as ``type_``, by a cast if it is of another type. Any pair of types.

        Spec: Q-48.
        """
        if term.type == type_:
            return term
        if term.rescaled and type_.is_text:
            raise self.context.source.unsupported(
                "the text of a NUMERIC that was brought to the scale of others",
                term.at,
                "cast it to NUMERIC(p, s) before",
            )
        expr = Cast(operand=term.expr, type=type_, assignment=assignment)
        return make(self.context.source, expr, term.at, [term])

    def explicit(self, term: AnyTerm, type_: SqlType, at: int) -> Term:
        """Return ``CAST(term AS type_)``.

        Raises `CannotCoerce`, `FeatureNotSupported`.

        Spec: Q-48.
        """
        if isinstance(term, UntypedParameter):
            return self.cast(self.resolve(term, type_), type_)
        if isinstance(term, UntypedLiteral):
            return self.resolve(term, type_)
        if not _has_cast(term.type, type_):
            raise self.context.source.error(
                CannotCoerce, f"there is no cast from {term.type} to {type_}", at
            )
        if term.type.is_text and type_.kind in (Kind.NUMERIC, Kind.BYTEA):
            raise self.context.source.unsupported(
                f"a cast from {term.type} to {type_}", at, "pass the value as a parameter"
            )
        return replace(self.cast(term, type_), rescaled=False)

    def assign(self, term: AnyTerm, type_: SqlType, what: str) -> Term:
        """Return ``term`` as the value of ``what``, a column of type ``type_``.

        Raises `DatatypeMismatch`, `InvalidTextRepresentation`, `NumericValueOutOfRange`,
        `StringDataRightTruncation`.

        Spec: Q-48.
        """
        if isinstance(term, UntypedParameter):
            return self.cast(self.resolve(term, type_), type_, assignment=True)
        if isinstance(term, UntypedLiteral):
            natural = TEXT if type_.kind is Kind.VARCHAR and term.value is not None else type_
            return self.cast(self.resolve(term, natural), type_, assignment=True)
        if not _is_assignable(term.type, type_):
            raise self.context.source.error(
                DatatypeMismatch,
                f"{what} is of type {type_}, the expression of type {term.type}",
                term.at,
                "write a cast" if _has_cast(term.type, type_) else None,
            )
        return self.cast(term, type_, assignment=True)

    def boolean(self, term: AnyTerm, what: str) -> Term:
        """Return ``term`` as a condition. Raises `DatatypeMismatch`.

        Spec: Q-45.
        """
        found = self.resolve(term, BOOLEAN)
        if found.type != BOOLEAN:
            raise self.context.source.error(
                DatatypeMismatch, f"{what} has to be boolean, not {found.type}", found.at
            )
        return found

    # --- several terms of one type

    def common(self, terms: Sequence[AnyTerm], what: str) -> list[Term]:
        """Return ``terms`` brought to one type, as those of CASE, UNION and the like.

        Raises `DatatypeMismatch`, `FeatureNotSupported`.

        Spec: Q-42.
        """
        type_ = self.common_type(terms, what)
        return [self.to_common(term, type_) for term in terms]

    def to_common(self, term: AnyTerm, type_: SqlType) -> Term:
        """Return one of the terms that `common_type` was found for.

        Spec: Q-42.
        """
        if isinstance(term, UntypedLiteral):
            term = self.resolve(term, self.literal_type(term, type_))
        found = self.resolve(term, type_)
        rescaled = found.rescaled or found.type.scale != type_.scale
        return replace(self.cast(found, type_), rescaled=rescaled)

    def common_type(self, terms: Sequence[AnyTerm], what: str) -> SqlType:
        """Return the type that all of ``terms`` can have.

        Raises `DatatypeMismatch`, `FeatureNotSupported`.

        Spec: Q-42.
        """
        typed = [term for term in terms if isinstance(term, Term)]
        if not typed:
            return TEXT
        first = typed[0]
        for term in typed:
            if category(term.type) is not category(first.type):
                raise self.context.source.error(
                    DatatypeMismatch,
                    f"{what}: the types {first.type} and {term.type} do not match",
                    term.at,
                )
        types = [term.type for term in typed]
        match category(first.type):
            case Category.NUMBER:
                return self._common_number(terms, types, first.at)
            case Category.STRING:
                return types[0] if len({*types}) == 1 and len(typed) == len(terms) else TEXT
            case Category.BOOLEAN | Category.BYTES:
                return first.type
            case _:
                assert_never(category(first.type))

    def _common_number(
        self, terms: Sequence[AnyTerm], types: Sequence[SqlType], at: int
    ) -> SqlType:
        if all(type_.is_integer for type_ in types):
            return max(types, key=lambda one: one.greatest)
        found = [self.numeric_type(term) for term in terms if isinstance(term, Term)]
        literals = (term for term in terms if isinstance(term, UntypedLiteral))
        found.extend(self.literal_type(term, numeric(1, 0)) for term in literals)
        return self.joined(found, at)

    def numeric_type(self, term: Term) -> SqlType:
        """Return the NUMERIC that a number is, or becomes.

        Spec: Q-42.
        """
        if term.type.kind is Kind.NUMERIC:
            return term.type
        if isinstance(term.expr, Const) and isinstance(term.expr.value, int):
            return self.checked_numeric(len(str(abs(term.expr.value))), 0, term.at)
        return numeric(INTEGER_DIGITS[term.type.kind], 0)

    def joined(self, types: Sequence[SqlType], at: int) -> SqlType:
        """Return the NUMERIC that holds all of ``types``: digits on both sides of the point.

        Raises `FeatureNotSupported`.

        Spec: Q-42, Q-46.
        """
        scale = max(one.scale for one in types)
        return self.checked_numeric(
            max(one.precision - one.scale for one in types) + scale, scale, at
        )


_INTEGER_AND_BOOLEAN: Final = frozenset(
    ((Kind.INTEGER, Kind.BOOLEAN), (Kind.BOOLEAN, Kind.INTEGER))
)


def _has_cast(source: SqlType, target: SqlType) -> bool:
    """Return whether PostgreSQL has an explicit cast: from and to TEXT, there is every one."""
    if category(source) is category(target) or source.is_text or target.is_text:
        return True
    return (source.kind, target.kind) in _INTEGER_AND_BOOLEAN


def _is_assignable(source: SqlType, target: SqlType) -> bool:
    return category(source) is category(target) or target.is_text
