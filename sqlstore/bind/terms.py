"""Terms: bound expressions on their way to a type, and the folding of constants.

PostgreSQL evaluates constants when it plans, after names and types are settled; so a constant that
fails does not fail here at once. Its error travels in ``failure`` with the terms that contain it,
and is raised when the statement is complete, unless a constant CASE, COALESCE, AND or OR has
excluded the part (Q-43).

Not here: what types a term may take (`sqlstore.bind.coercion`).
Spec: docs/spec/sql.md, Q-41, Q-43.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlstore.bind.parse.syntax import Connective
from sqlstore.errors import ProgramLimitExceeded, SqlError
from sqlstore.plan.expressions import (
    And,
    Arithmetic,
    Call,
    Case,
    Cast,
    Coalesce,
    ColumnRef,
    Compare,
    Concat,
    Const,
    Exists,
    InSubquery,
    Like,
    Negate,
    Not,
    NumericDivide,
    Or,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.walk import children
from sqlstore.types import BOOLEAN, Kind, SqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlstore.bind.parse.source import Source
    from sqlstore.plan.expressions import Expr

SIZE_MAX: Final = 4_000
"""Nodes of an expression, those of shared parts counted each time that they are evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """An expression with its place, its size, and the error of a constant in it.

    ``rescaled`` says of a NUMERIC that PostgreSQL's value may have fewer digits behind the point
    than its type here: it was brought to the type of other parts (``COALESCE(price, 0)``). The
    numbers are equal, their texts are not, so such a term is not cast to text.
    """

    expr: Expr
    at: int
    size: int = 1
    failure: SqlError | None = None
    rescaled: bool = False

    @property
    def type(self) -> SqlType:
        """The expression's type."""
        return self.expr.type


@dataclass(frozen=True, slots=True, kw_only=True)
class UntypedLiteral:
    """A string literal or NULL (None) whose place has not given it a type yet."""

    at: int
    value: str | None
    failure: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UntypedParameter:
    """A parameter whose type is not known yet; ``index`` counts from 0."""

    at: int
    index: int
    failure: None = None


Untyped: TypeAlias = UntypedLiteral | UntypedParameter
AnyTerm: TypeAlias = Term | Untyped

_STRICT: Final = (
    Arithmetic,
    NumericDivide,
    Negate,
    Compare,
    Not,
    Cast,
    Concat,
    Like,
    Call,
)
"""What is NULL for any operand NULL, whatever the others are: PostgreSQL folds these, too."""

_NEVER_CONSTANT: Final = (Const, Param, ColumnRef, Exists, ScalarSubquery, InSubquery)


def first_failure(parts: Iterable[AnyTerm | None]) -> SqlError | None:
    """Return the error of the first part that has one.

    Spec: Q-43.
    """
    failures = (part.failure for part in parts if part is not None)
    return next((one for one in failures if one is not None), None)


def any_failure(*failures: SqlError | None) -> SqlError | None:
    """Return the first error that is one.

    Spec: Q-43.
    """
    return next((one for one in failures if one is not None), None)


def make(source: Source, expr: Expr, at: int, parts: Sequence[Term]) -> Term:
    """Return ``expr``, made of ``parts``, as a term: its value, if it is constant.

    Raises `ProgramLimitExceeded` for an expression that is too large.

    Spec: Q-35, Q-43.
    """
    size = 1 + sum(part.size for part in parts)
    if size > SIZE_MAX:
        raise source.error(
            ProgramLimitExceeded,
            f"an expression has more than {SIZE_MAX} parts",
            at,
            "compute parts of it in a subquery in FROM",
        )
    failure = first_failure(parts)
    folded, error = _folded(expr)
    if error is not None and failure is None:
        failure = replace_place(source, error, at)
    rescaled = expr.type.kind is Kind.NUMERIC and any(part.rescaled for part in parts)
    return Term(expr=folded, at=at, size=size, failure=failure, rescaled=rescaled)


def replace_place(source: Source, error: SqlError, at: int) -> SqlError:
    """Return ``error`` with the place of what failed."""
    return type(error)(reason=error.reason, place=source.place(at), hint=error.hint)


def _folded(expr: Expr) -> tuple[Expr, SqlError | None]:
    """Return the value of a constant expression as one, and the error if it has none."""
    if isinstance(expr, _NEVER_CONSTANT):
        return expr, None
    operands = children(expr)
    if isinstance(expr, _STRICT) and any(_is_null(one) for one in operands):
        return Const(None, expr.type), None
    if not operands or not all(isinstance(one, Const) for one in operands):
        return expr, None
    from sqlstore.execute.evaluate import evaluate_constant

    try:
        return Const(evaluate_constant(expr), expr.type), None
    except SqlError as error:
        return expr, error


def _is_null(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value is None


# --- what stops early


def make_junction(
    source: Source, connective: Connective, operands: Sequence[Term], at: int
) -> Term:
    """Return AND or OR of ``operands``; a constant that decides it excludes what follows.

    Spec: Q-43, Q-45.
    """
    decisive = connective is Connective.OR
    kept: list[Term] = []
    seen: list[Term] = []
    null = None
    for operand in operands:
        seen.append(operand)
        match operand.expr:
            case Const(value=None):
                null = operand
            case Const(value=value) if value is decisive:
                return replace(operand, at=at, failure=first_failure(seen))
            case Const():
                pass
            case _:
                kept.append(operand)
    failure = first_failure(seen)
    if null is not None:
        kept.append(null)
    match kept:
        case []:
            return Term(expr=Const(not decisive, BOOLEAN), at=at, failure=failure)
        case [only]:
            return replace(only, at=at, failure=failure)
    kind = Or if connective is Connective.OR else And
    return replace(make(source, kind(_flattened(kind, kept)), at, kept), failure=failure)


def _flattened(kind: type[And] | type[Or], operands: Sequence[Term]) -> tuple[Expr, ...]:
    """Return the operands, those of a junction of the same kind in its place."""
    found: list[Expr] = []
    for operand in operands:
        if isinstance(operand.expr, kind):
            found.extend(operand.expr.operands)
        else:
            found.append(operand.expr)
    return tuple(found)


def make_case(
    source: Source,
    branches: Sequence[tuple[Term, Term]],
    default: Term,
    at: int,
) -> Term:
    """Return CASE without the branches that a constant condition excludes.

    Spec: Q-43, Q-45.
    """
    kept: list[tuple[Term, Term]] = []
    parts: list[Term] = []
    last = default
    for condition, value in branches:
        parts.append(condition)
        if isinstance(condition.expr, Const):
            if condition.expr.value is not True:
                continue
            last = value
            break
        parts.append(value)
        kept.append((condition, value))
    parts.append(last)
    if not kept:
        return replace(last, at=at, failure=first_failure(parts))
    pairs = tuple((condition.expr, value.expr) for condition, value in kept)
    return make(source, Case(branches=pairs, default=last.expr, type=last.type), at, parts)


def make_coalesce(source: Source, operands: Sequence[Term], at: int) -> Term:
    """Return COALESCE up to the first constant; NULLs are left out.

    Spec: Q-43, Q-45.
    """
    kept: list[Term] = []
    seen: list[Term] = []
    for operand in operands:
        seen.append(operand)
        if _is_null(operand.expr):
            continue
        kept.append(operand)
        if isinstance(operand.expr, Const):
            break
    failure = first_failure(seen)
    if not kept:
        return replace(operands[0], at=at, failure=failure)
    if len(kept) == 1:
        return replace(kept[0], at=at, failure=failure)
    exprs = tuple(one.expr for one in kept)
    made = make(source, Coalesce(operands=exprs, type=kept[0].type), at, kept)
    return replace(made, failure=failure)
