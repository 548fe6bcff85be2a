"""Bound expressions, printed as SQL again: for `explain` and for the sentences of errors.

What is printed has the fewest parentheses that PostgreSQL's precedence allows. Conversions on
assignment are left out, as in SQL; a subquery is printed as a name, its plan stands elsewhere.

Not here: relations (`sqlstore.planner.explain`), what sources are called (`sqlstore.plan.naming`).

Spec: docs/spec/sql.md, Q-40 and on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, assert_never

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
    Extremum,
    InList,
    InSubquery,
    IsDistinct,
    IsNull,
    IsTruth,
    Like,
    Negate,
    Not,
    NumericDivide,
    Operator,
    Or,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.precedence import Precedence
from sqlstore.types import Kind, numeric_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import AggregateCall, SortKey
    from sqlstore.plan.walk import Subquery


class Naming(Protocol):
    """What the sources and subqueries of a statement are called."""

    def column(self, source: int, column: int) -> str:
        """Return the name of a column, or an expression that it stands for, in parentheses."""
        ...

    def subquery(self, subquery: Subquery) -> str:
        """Return the name of a subquery."""
        ...


PRODUCTS = (Operator.MULTIPLY, Operator.DIVIDE, Operator.REMAINDER)


def show(expr: Expr, naming: Naming) -> str:
    """Return ``expr`` as SQL.

    Spec: Q-40.
    """
    return _Printer(naming).text(expr)


def show_call(call: AggregateCall, naming: Naming) -> str:
    """Return an aggregate as SQL.

    Spec: Q-52.
    """
    if call.argument is None:
        return call.function.value
    return f"{call.function.value}({show(call.argument, naming)})"


def show_key(key: SortKey, naming: Naming) -> str:
    """Return a key of ORDER BY as SQL: the direction and the place of NULL if not the default.

    Spec: Q-40.
    """
    direction = " DESC" if key.descending else ""
    nulls = ""
    if key.nulls_first != key.descending:
        nulls = " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return f"{show(key.value, naming)}{direction}{nulls}"


def show_constant(const: Const) -> str:
    """Return a literal as SQL writes it.

    Spec: Q-41.
    """
    match const.value:
        case None:
            return "NULL"
        case bool(truth):
            return "true" if truth else "false"
        case int(number) if const.type.kind is Kind.NUMERIC:
            return numeric_text(number, const.type.scale)
        case int(number):
            return str(number)
        case str(text):
            return f"'{_quoted(text)}'"
        case bytes(octets):
            return f"'\\x{octets.hex()}'"
        case _:
            assert_never(const.value)


class _Printer:
    """Prints expressions, each in parentheses if it binds less than its place asks for."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming

    def text(self, expr: Expr, least: Precedence = Precedence.OR) -> str:
        text, binding = self._bound(expr)
        return text if binding >= least else f"({text})"

    def _list(self, expressions: Sequence[Expr]) -> str:
        return ", ".join(self.text(one) for one in expressions)

    def _infix(
        self, left: Expr, operator: str, right: Expr, binding: Precedence
    ) -> tuple[str, Precedence]:
        """Print an operator that takes from left to right; comparisons do not chain."""
        chains = binding is not Precedence.COMPARISON
        before = self.text(left, binding if chains else Precedence(binding + 1))
        return f"{before} {operator} {self.text(right, Precedence(binding + 1))}", binding

    def _call(self, name: str, arguments: Sequence[Expr]) -> tuple[str, Precedence]:
        return f"{name}({self._list(arguments)})", Precedence.ATOM

    def _bound(self, expr: Expr) -> tuple[str, Precedence]:  # noqa: PLR0911, PLR0912
        """Return an expression as text, and how strongly that binds."""
        match expr:
            case Const():
                text = show_constant(expr)
                return text, Precedence.SIGN if text.startswith("-") else Precedence.ATOM
            case Param():
                return f"${expr.index + 1}", Precedence.ATOM
            case ColumnRef():
                return self.naming.column(expr.source, expr.column), Precedence.ATOM
            case Arithmetic():
                level = Precedence.PRODUCT if expr.operator in PRODUCTS else Precedence.SUM
                return self._infix(expr.left, expr.operator.value, expr.right, level)
            case NumericDivide():
                quotient, _ = self._infix(expr.left, "/", expr.right, Precedence.PRODUCT)
                return f"({quotient})::{expr.type}", Precedence.CAST
            case Negate():
                return f"-{self.text(expr.operand, Precedence.CAST)}", Precedence.SIGN
            case Compare():
                return self._infix(
                    expr.left, expr.operator.value, expr.right, Precedence.COMPARISON
                )
            case Concat():
                return self._infix(expr.left, "||", expr.right, Precedence.OTHER)
            case And():
                return self._joined(" AND ", expr.operands, Precedence.AND)
            case Or():
                return self._joined(" OR ", expr.operands, Precedence.OR)
            case Not():
                return f"NOT {self.text(expr.operand, Precedence.NOT)}", Precedence.NOT
            case IsDistinct() | IsNull() | IsTruth():
                return self._test(expr), Precedence.IS
            case Like() | InList() | InSubquery():
                return self._membership(expr), Precedence.RANGE
            case Case():
                return self._case(expr), Precedence.ATOM
            case Coalesce():
                return self._call("coalesce", expr.operands)
            case Extremum():
                return self._call(expr.which.value, expr.operands)
            case Cast():
                return self._cast(expr)
            case Call():
                return self._call(expr.function.value, expr.arguments)
            case Exists():
                return f"EXISTS ({self.naming.subquery(expr)})", Precedence.ATOM
            case ScalarSubquery():
                return f"({self.naming.subquery(expr)})", Precedence.ATOM
            case _:
                assert_never(expr)

    def _joined(
        self, word: str, operands: Sequence[Expr], binding: Precedence
    ) -> tuple[str, Precedence]:
        stronger = Precedence(binding + 1)
        return word.join(self.text(one, stronger) for one in operands), binding

    def _test(self, expr: IsDistinct | IsNull | IsTruth) -> str:
        stronger = Precedence.COMPARISON
        negated = "NOT " if expr.negated else ""
        match expr:
            case IsDistinct():
                left, right = self.text(expr.left, stronger), self.text(expr.right, stronger)
                return f"{left} IS {negated}DISTINCT FROM {right}"
            case IsNull():
                return f"{self.text(expr.operand, stronger)} IS {negated}NULL"
            case IsTruth():
                truth = "TRUE" if expr.truth else "FALSE"
                return f"{self.text(expr.operand, stronger)} IS {negated}{truth}"
            case _:
                assert_never(expr)

    def _membership(self, expr: Like | InList | InSubquery) -> str:
        operand = self.text(expr.operand, Precedence.OTHER)
        negated = " NOT" if expr.negated else ""
        match expr:
            case Like():
                escape = "" if expr.escape == "\\" else f" ESCAPE '{_quoted(expr.escape)}'"
                return (
                    f"{operand}{negated} LIKE {self.text(expr.pattern, Precedence.OTHER)}{escape}"
                )
            case InList():
                return f"{operand}{negated} IN ({self._list(expr.items)})"
            case InSubquery():
                return f"{operand}{negated} IN ({self.naming.subquery(expr)})"
            case _:
                assert_never(expr)

    def _case(self, expr: Case) -> str:
        branches = " ".join(
            f"WHEN {self.text(condition)} THEN {self.text(value)}"
            for condition, value in expr.branches
        )
        return f"CASE {branches} ELSE {self.text(expr.default)} END"

    def _cast(self, expr: Cast) -> tuple[str, Precedence]:
        if expr.assignment:
            return self._bound(expr.operand)
        return f"{self.text(expr.operand, Precedence.CAST)}::{expr.type}", Precedence.CAST


def _quoted(text: str) -> str:
    return text.replace("'", "''")
