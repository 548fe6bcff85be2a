"""Operators on terms: which types they take, which they give.

An operand without a type takes that of the other one, as in PostgreSQL.

Spec: docs/spec/sql.md, Q-42 to Q-50. Not here: functions (`sqlstore.bind.functions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlstore.bind.coercion import PRECISION_HINT, Category, category
from sqlstore.bind.parse.syntax import Connective
from sqlstore.bind.terms import Term, UntypedLiteral, UntypedParameter, make, make_junction
from sqlstore.errors import AmbiguousFunction, FeatureNotSupported, UndefinedFunction
from sqlstore.plan.expressions import (
    Arithmetic,
    Compare,
    Comparison,
    Concat,
    Expr,
    InList,
    IsDistinct,
    Like,
    Negate,
    NumericDivide,
    Operator,
)
from sqlstore.plan.walk import columns_of
from sqlstore.types import BYTEA, INTEGER, PRECISION_MAX, TEXT, Kind, SqlType, numeric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.coercion import Coercion
    from sqlstore.bind.terms import AnyTerm

COMPARISONS: Final = {one.value: one for one in Comparison}
ARITHMETIC: Final = {one.value: one for one in Operator}

DIVISION_HINT: Final = "write CAST(a / b AS NUMERIC(p, s)): the quotient needs a scale"


@dataclass(frozen=True, slots=True)
class Operators:
    """Operators on terms of one statement."""

    coercion: Coercion

    def make(self, expr: Expr, at: int, parts: Sequence[Term]) -> Term:
        """Return ``expr``, made of ``parts``, as a term.

        Spec: Q-43.
        """
        return make(self.coercion.context.source, expr, at, parts)

    def pair(self, left: AnyTerm, right: AnyTerm) -> tuple[Term, Term]:
        """Return both operands with types: that of the other, TEXT if neither has one.

        Spec: Q-41.
        """
        if isinstance(left, Term):
            return left, self.as_operand(right, left.type)
        if isinstance(right, Term):
            return self.as_operand(left, right.type), right
        return self.coercion.as_text(left), self.coercion.as_text(right)

    def as_operand(self, term: AnyTerm, type_: SqlType) -> Term:
        """Return ``term``, with a type like ``type_`` if it had none.

        Spec: Q-41.
        """
        if isinstance(term, UntypedLiteral):
            return self.coercion.resolve(term, self.coercion.literal_type(term, type_))
        return self.coercion.resolve(term, type_)

    def no_operator(self, sign: str, left: AnyTerm, right: AnyTerm) -> Exception:
        """Return the error for operands that ``sign`` does not take.

        Spec: Q-42.
        """
        return self.coercion.context.source.error(
            UndefinedFunction,
            f"there is no operator {_type_name(left)} {sign} {_type_name(right)}",
            left.at,
            "write casts",
        )

    # --- comparison

    def compare(self, sign: str, left: AnyTerm, right: AnyTerm, at: int) -> Term:
        """Return ``left sign right``.

        Raises `UndefinedFunction`, `FeatureNotSupported`.

        Spec: Q-42, Q-45, Q-46.
        """
        one, two = self.comparable(sign, left, right)
        expr = Compare(operator=COMPARISONS[sign], left=one.expr, right=two.expr)
        return self.make(expr, at, [one, two])

    def distinct(self, left: AnyTerm, right: AnyTerm, at: int, *, negated: bool) -> Term:
        """Return ``left IS [NOT] DISTINCT FROM right``.

        Spec: Q-42, Q-45.
        """
        one, two = self.comparable("=", left, right)
        return self.make(IsDistinct(left=one.expr, right=two.expr, negated=negated), at, [one, two])

    def comparable(self, sign: str, left: AnyTerm, right: AnyTerm) -> tuple[Term, Term]:
        """Return both operands as `Compare` takes them: NUMERIC at one scale, integers as they are.

        Spec: Q-42, Q-46.
        """
        one, two = self.pair(left, right)
        if category(one.type) is not category(two.type):
            raise self.no_operator(sign, left, right)
        if Kind.NUMERIC not in (one.type.kind, two.type.kind):
            return one, two
        return self.at_one_scale(one, two)

    def at_one_scale(self, one: Term, two: Term) -> tuple[Term, Term]:
        """Return two numbers as NUMERIC of the greater scale, each with its own digits before it.

        Spec: Q-46.
        """
        types = [self.coercion.numeric_type(term) for term in (one, two)]
        scale = max(type_.scale for type_ in types)
        first, second = (self.at_scale(t, y, scale) for t, y in zip((one, two), types, strict=True))
        return first, second

    def at_scale(self, term: Term, type_: SqlType, scale: int) -> Term:
        """Return ``term``, a number that is NUMERIC ``type_``, at a scale that is not less.

        Spec: Q-46.
        """
        wider = self.coercion.checked_numeric(type_.precision - type_.scale + scale, scale, term.at)
        return self.coercion.cast(term, wider)

    def in_list(
        self, operand: AnyTerm, items: Sequence[AnyTerm], at: int, *, negated: bool
    ) -> Term:
        """Return ``operand [NOT] IN (items)``.

        Raises `UndefinedFunction`, `FeatureNotSupported`.

        Spec: Q-42, Q-45.
        """
        operand = self._list_operand(operand, items)
        typed = [one for one in (operand, *items) if isinstance(one, Term)]
        if len({category(one.type) for one in typed}) > 1:
            return self._one_by_one(operand, items, at, negated=negated)
        terms = self._list_terms(operand, items)
        exprs = [term.expr for term in terms]
        expr = InList(operand=exprs[0], items=tuple(exprs[1:]), negated=negated)
        return self.make(expr, at, terms)

    def _list_operand(self, operand: AnyTerm, items: Sequence[AnyTerm]) -> AnyTerm:
        """Give a parameter the type of the items without columns, if there are several.

        PostgreSQL looks at these together before all others.
        """
        plain = _without_columns(items)
        kinds = {category(one.type) for one in plain if isinstance(one, Term)}
        if isinstance(operand, UntypedParameter) and len(plain) > 1 and len(kinds) <= 1:
            return self.coercion.resolve(operand, self.coercion.common_type(plain, "IN"))
        return operand

    def _one_by_one(
        self, operand: AnyTerm, items: Sequence[AnyTerm], at: int, *, negated: bool
    ) -> Term:
        """Compare with each item alone: what PostgreSQL does if they have no common type."""
        sign, connective = ("<>", Connective.AND) if negated else ("=", Connective.OR)
        terms = [self.compare(sign, operand, item, at) for item in items]
        return make_junction(self.coercion.context.source, connective, terms, at)

    def _list_terms(self, operand: AnyTerm, items: Sequence[AnyTerm]) -> list[Term]:
        self._check_untyped(operand, items)
        everything = [operand, *items]
        common = self.coercion.common_type(everything, "IN")
        if common.kind is Kind.NUMERIC:
            return [self.coercion.to_common(one, common) for one in everything]
        return [self.as_operand(one, common) for one in everything]

    def _check_untyped(self, operand: AnyTerm, items: Sequence[AnyTerm]) -> None:
        """Give an operand without a type that of each item that is compared by itself.

        PostgreSQL does so with items that have columns, and with one that has none: a parameter may
        have two types then (42P08), or a literal be out of one's range.
        """
        if isinstance(operand, Term):
            return
        together = _without_columns(items) if len(_without_columns(items)) > 1 else []
        for item in items:
            if item not in together:
                self.pair(operand, item)

    # --- arithmetic

    def arithmetic(self, sign: str, left: AnyTerm, right: AnyTerm, at: int) -> Term:
        """Return ``left sign right`` of two numbers; NUMERIC has no division here.

        Raises `UndefinedFunction`, `AmbiguousFunction`, `FeatureNotSupported`.

        Spec: Q-44, Q-46.
        """
        one, two = self.numbers(sign, left, right)
        operator = ARITHMETIC[sign]
        if Kind.NUMERIC in (one.type.kind, two.type.kind):
            return self._numeric_arithmetic(operator, one, two, at)
        type_ = max(one.type, two.type, key=lambda type_: type_.greatest)
        one, two = self.coercion.cast(one, type_), self.coercion.cast(two, type_)
        expr = Arithmetic(operator=operator, left=one.expr, right=two.expr, type=type_)
        return self.make(expr, at, [one, two])

    def numbers(self, sign: str, left: AnyTerm, right: AnyTerm) -> tuple[Term, Term]:
        """Return two operands that are numbers.

        Raises `UndefinedFunction`, `AmbiguousFunction`.

        Spec: Q-42.
        """
        if not isinstance(left, Term) and not isinstance(right, Term):
            raise self.coercion.context.source.error(
                AmbiguousFunction,
                f"the operands of {sign} have no types",
                left.at,
                "write casts",
            )
        typed = left if isinstance(left, Term) else right
        assert isinstance(typed, Term), "one of the two has a type"
        if category(typed.type) is not Category.NUMBER:
            raise self.no_operator(sign, left, right)
        one, two = self.pair(left, right)
        if category(one.type) is not category(two.type):
            raise self.no_operator(sign, left, right)
        return one, two

    def _numeric_arithmetic(self, operator: Operator, one: Term, two: Term, at: int) -> Term:
        match operator:
            case Operator.DIVIDE:
                raise self.coercion.context.source.unsupported(
                    "a division of NUMERIC that is not directly under a cast", at, DIVISION_HINT
                )
            case Operator.MULTIPLY:
                return self._product(one, two, at)
            case Operator.ADD | Operator.SUBTRACT | Operator.REMAINDER:
                return self._sum(operator, one, two, at)

    def _product(self, one: Term, two: Term, at: int) -> Term:
        left, right = (self.coercion.numeric_type(term) for term in (one, two))
        type_ = self._result(left.precision + right.precision, left.scale + right.scale, at)
        one, two = self.coercion.cast(one, left), self.coercion.cast(two, right)
        expr = Arithmetic(operator=Operator.MULTIPLY, left=one.expr, right=two.expr, type=type_)
        return self.make(expr, at, [one, two])

    def _sum(self, operator: Operator, one: Term, two: Term, at: int) -> Term:
        left, right = self.coercion.numeric_type(one), self.coercion.numeric_type(two)
        scale = max(left.scale, right.scale)
        whole = max(left.precision - left.scale, right.precision - right.scale)
        carry = operator is not Operator.REMAINDER
        type_ = self._result(whole + scale + carry, scale, at)
        one, two = self.at_one_scale(one, two)
        expr = Arithmetic(operator=operator, left=one.expr, right=two.expr, type=type_)
        return self.make(expr, at, [one, two])

    def _result(self, precision: int, scale: int, at: int) -> SqlType:
        if precision > PRECISION_MAX:
            raise self.coercion.context.source.error(
                FeatureNotSupported,
                f"the result has up to {precision} digits, a NUMERIC has {PRECISION_MAX}",
                at,
                PRECISION_HINT,
            )
        return numeric(precision, scale)

    def numeric_quotient(self, left: AnyTerm, right: AnyTerm, type_: SqlType, at: int) -> Term:
        """Return ``CAST(left / right AS type_)``, where one of the two is NUMERIC.

        Spec: Q-47.
        """
        one, two = self.numbers("/", left, right)
        one = self.coercion.cast(one, self.coercion.numeric_type(one))
        two = self.coercion.cast(two, self.coercion.numeric_type(two))
        expr = NumericDivide(left=one.expr, right=two.expr, type=type_)
        return self.make(expr, at, [one, two])

    def sign(self, sign: str, operand: AnyTerm, at: int) -> Term:
        """Return ``-operand`` or ``+operand``.

        Raises `UndefinedFunction`, `AmbiguousFunction`.

        Spec: Q-44.
        """
        source = self.coercion.context.source
        if not isinstance(operand, Term):
            raise source.error(
                AmbiguousFunction, f"the operand of {sign} has no type", at, "write a cast"
            )
        if category(operand.type) is not Category.NUMBER:
            raise source.error(UndefinedFunction, f"there is no operator {sign} {operand.type}", at)
        return operand if sign == "+" else self.make(Negate(operand.expr), at, [operand])

    # --- texts

    def concat(self, left: AnyTerm, right: AnyTerm, at: int) -> Term:
        """Return ``left || right``: of two texts, one of them cast to TEXT, or of two BYTEA.

        Raises `UndefinedFunction`.

        Spec: Q-49.
        """
        kinds = [one.type.kind for one in (left, right) if isinstance(one, Term)]
        if kinds and all(kind is Kind.BYTEA for kind in kinds):
            type_ = BYTEA
        elif all(kind not in (Kind.TEXT, Kind.VARCHAR) for kind in kinds) and len(kinds) > 1:
            raise self.no_operator("||", left, right)
        else:
            type_ = TEXT
        one, two = (
            self.coercion.cast(self.coercion.resolve(part, type_), type_) for part in (left, right)
        )
        return self.make(Concat(left=one.expr, right=two.expr, type=type_), at, [one, two])

    def like(
        self, operand: AnyTerm, pattern: AnyTerm, escape: str, at: int, *, negated: bool
    ) -> Term:
        """Return ``operand [NOT] LIKE pattern ESCAPE escape``.

        Raises `UndefinedFunction`, `FeatureNotSupported`.

        Spec: Q-50.
        """
        types = [one.type for one in (operand, pattern) if isinstance(one, Term)]
        if types and all(type_ == BYTEA for type_ in types):
            raise self.coercion.context.source.unsupported("LIKE of BYTEA", at)
        if not all(type_.is_text for type_ in types):
            raise self.no_operator("LIKE", operand, pattern)
        one, two = self.coercion.as_text(operand), self.coercion.as_text(pattern)
        expr = Like(operand=one.expr, pattern=two.expr, escape=escape, negated=negated)
        return self.make(expr, at, [one, two])

    def integer(self, term: AnyTerm) -> Term:
        """Return ``term`` as the INTEGER that a position or length is, or as it is.

        Spec: Q-49.
        """
        found = self.coercion.resolve(term, INTEGER)
        return self.coercion.cast(found, INTEGER) if found.type.kind is Kind.SMALLINT else found


def _without_columns(items: Sequence[AnyTerm]) -> list[AnyTerm]:
    return [one for one in items if not (isinstance(one, Term) and columns_of(one.expr))]


def _type_name(term: AnyTerm) -> str:
    return str(term.type) if isinstance(term, Term) else "unknown"
