"""Expressions: syntax to terms.

Spec: docs/spec/sql.md, Q-40 to Q-52, Q-62. Not here: the types of operators
(`sqlstore.bind.operators`) and functions (`sqlstore.bind.functions`), queries
(`sqlstore.bind.queries`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from sqlstore.bind.aggregates import FUNCTIONS as AGGREGATES
from sqlstore.bind.coercion import Coercion
from sqlstore.bind.functions import Functions
from sqlstore.bind.operators import COMPARISONS, Operators
from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.forms import bare, signed_number
from sqlstore.bind.parse.syntax import Connective, Expression, Test
from sqlstore.bind.scope import Scope, resolve
from sqlstore.bind.terms import (
    Term,
    UntypedLiteral,
    UntypedParameter,
    any_failure,
    make_case,
    make_coalesce,
    make_junction,
)
from sqlstore.errors import (
    GroupingError,
    InvalidEscapeSequence,
    InvalidSyntax,
)
from sqlstore.plan.expressions import (
    Const,
    Exists,
    Extreme,
    Extremum,
    InSubquery,
    IsNull,
    IsTruth,
    Not,
    Param,
    ScalarSubquery,
)
from sqlstore.plan.subqueries import is_correlated, subqueries_in
from sqlstore.types import BIGINT, BOOLEAN, INTEGER, Kind, SqlType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlstore.bind.aggregates import Grouping
    from sqlstore.bind.bound import BoundQuery
    from sqlstore.bind.context import Context
    from sqlstore.bind.terms import AnyTerm

_EXTREMES: Final = {"greatest": Extreme.GREATEST, "least": Extreme.LEAST}


class QueryBinder(Protocol):
    """Binds the query of a subquery."""

    def __call__(self, query: syntax.Query, parent: Scope | None, *, rows_only: bool) -> BoundQuery:
        """Return ``query``, whose outer names are those of ``parent``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionBinder:
    """Binds the expressions of one clause.

    ``clause`` is what an error calls it; ``grouping`` takes the aggregates, None where there may be
    none; ``queries`` binds subqueries, None where there may be none.
    """

    context: Context
    scope: Scope | None
    clause: str
    grouping: Grouping | None = None
    queries: QueryBinder | None = None

    @property
    def coercion(self) -> Coercion:
        """What gives types to terms."""
        return Coercion(self.context)

    @property
    def operators(self) -> Operators:
        """The operators on terms."""
        return Operators(self.coercion)

    def condition(self, tree: Expression) -> Term:
        """Return ``tree`` as a BOOLEAN.

        Raises `SqlError`.

        Spec: Q-45.
        """
        return self.coercion.boolean(self.bind(tree), f"the argument of {self.clause}")

    def typed(self, tree: Expression) -> Term:
        """Return ``tree`` with a type: TEXT if nothing gives it another.

        Raises `SqlError`.

        Spec: Q-41.
        """
        return self.coercion.as_text(self.bind(tree))

    def bind(self, tree: Expression) -> AnyTerm:  # noqa: PLR0911, PLR0912
        """Return ``tree`` as a term.

        Raises `SqlError`.

        Spec: Q-40.
        """
        match tree:
            case syntax.NumberLiteral():
                return self._number(tree.text, tree.at)
            case syntax.StringLiteral():
                return UntypedLiteral(at=tree.at, value=tree.value)
            case syntax.KeywordLiteral(value=None):
                return UntypedLiteral(at=tree.at, value=None)
            case syntax.KeywordLiteral():
                return Term(expr=Const(tree.value, BOOLEAN), at=tree.at)
            case syntax.NumberedParameter() | syntax.NamedParameter():
                return self._parameter(tree)
            case syntax.Column():
                return resolve(self.context, self.scope, tree)
            case syntax.Paren():
                return self.bind(tree.operand)
            case syntax.Unary():
                return self._unary(tree)
            case syntax.Binary():
                return self._binary(tree)
            case syntax.Junction():
                what = f"the argument of {tree.connective.name}"
                operands = [self.coercion.boolean(self.bind(one), what) for one in tree.operands]
                return make_junction(self.context.source, tree.connective, operands, tree.at)
            case syntax.Is():
                return self._is(tree)
            case syntax.Distinction():
                left, right = self._operands(tree.left, tree.right)
                return self.operators.distinct(left, right, tree.at, negated=tree.negated)
            case syntax.Between():
                return self._between(tree)
            case syntax.InItems():
                return self._in_items(tree)
            case syntax.InQuery():
                return self._in_query(tree)
            case syntax.LikePattern():
                return self._like(tree)
            case syntax.CaseWhen():
                return self._case(tree)
            case syntax.CastTo():
                return self._cast(tree)
            case syntax.FunctionCall():
                return self._call(tree, None)
            case syntax.ExistsQuery():
                return self._exists(tree)
            case syntax.ScalarQuery():
                return self._scalar(tree)
            case syntax.Default():
                raise self.context.source.error(
                    InvalidSyntax, "DEFAULT stands only in VALUES of an INSERT and in SET", tree.at
                )
            case _:
                assert_never(tree)

    # --- literals and parameters

    def _number(self, text: str, at: int) -> Term:
        """Return the constant that a number without point is, or with its sign."""
        digits = text.removeprefix("-")
        if digits.isdigit():
            value = int(text)
            for type_ in (INTEGER, BIGINT):
                if type_.least <= value <= type_.greatest:
                    return Term(expr=Const(value, type_), at=at)
        type_ = self.coercion.digits_type(digits, at)
        return self.coercion.resolve(UntypedLiteral(at=at, value=text), type_)

    def _parameter(self, tree: syntax.NumberedParameter | syntax.NamedParameter) -> AnyTerm:
        index = self.context.parameters.index(tree)
        known = self.context.parameters.known(index)
        if known is None:
            return UntypedParameter(at=tree.at, index=index)
        return Term(expr=known, at=tree.at)

    # --- operators

    def _unary(self, tree: syntax.Unary) -> Term:
        if tree.operator == "not":
            term = self.coercion.boolean(self.bind(tree.operand), "the argument of NOT")
            return self.operators.make(Not(term.expr), tree.at, [term])
        literal = signed_number(tree)
        if literal is not None:
            return self._number(literal, tree.at)
        return self.operators.sign(tree.operator, self.bind(tree.operand), tree.at)

    def _binary(self, tree: syntax.Binary) -> Term:
        if tree.operator in COMPARISONS:
            left, right = self._operands(tree.left, tree.right)
            return self.operators.compare(tree.operator, left, right, tree.at)
        left, right = self.bind(tree.left), self.bind(tree.right)
        if tree.operator == "||":
            return self.operators.concat(left, right, tree.at)
        return self.operators.arithmetic(tree.operator, left, right, tree.at)

    def _operands(self, left: Expression, right: Expression) -> tuple[AnyTerm, AnyTerm]:
        """Return two operands that are compared; a parameter is named for a column beside it."""
        one, two = self.bind(left), self.bind(right)
        self.name_parameter(one, right)
        self.name_parameter(two, left)
        return one, two

    def name_parameter(self, term: AnyTerm, beside: Expression) -> None:
        """Name a parameter for the column that it stands beside.

        Spec: Q-31.
        """
        column = bare(beside)
        if not isinstance(column, syntax.Column):
            return
        if isinstance(term, UntypedParameter):
            self.context.parameters.suggest_name(term.index, column.name.text)
        elif isinstance(term, Term) and isinstance(term.expr, Param):
            self.context.parameters.suggest_name(term.expr.index, column.name.text)

    def again(self, tree: Expression, term: AnyTerm) -> AnyTerm:
        """Return the term of ``tree`` for a second use.

        Its subqueries have sources of their own, a parameter has the type that it has by now.

        Spec: Q-31, Q-62.
        """
        if isinstance(term, UntypedParameter) or (
            isinstance(term, Term) and subqueries_in(term.expr)
        ):
            return self.bind(tree)
        return term

    def _is(self, tree: syntax.Is) -> Term:
        term = self.bind(tree.operand)
        if tree.test is Test.NULL:
            if isinstance(term, UntypedParameter):
                found = self.context.parameters.known(term.index)
                term = term if found is None else Term(expr=found, at=term.at)
            operand = self._tested(term)
            return self.operators.make(
                IsNull(operand=operand.expr, negated=tree.negated), tree.at, [operand]
            )
        what = f"the argument of IS {tree.test.value.upper()}"
        operand = self.coercion.boolean(term, what)
        if tree.test is Test.UNKNOWN:
            return self.operators.make(
                IsNull(operand=operand.expr, negated=tree.negated), tree.at, [operand]
            )
        truth = tree.test is Test.TRUE
        expr = IsTruth(operand=operand.expr, truth=truth, negated=tree.negated)
        return self.operators.make(expr, tree.at, [operand])

    def _tested(self, term: AnyTerm) -> Term:
        """Return the operand of IS NULL, which takes any type."""
        if isinstance(term, UntypedParameter):
            parameter = self.context.parameters.without_type(term.index, term.at)
            return Term(expr=parameter, at=term.at)
        return self.coercion.as_text(term)

    def _between(self, tree: syntax.Between) -> Term:
        """Bind ``a BETWEEN b AND c`` as ``a >= b AND a <= c``, as PostgreSQL does."""
        operand, low = self._operands(tree.operand, tree.low)
        above = self.operators.compare(">=", operand, low, tree.at)
        # A parameter has the type that the first comparison gave it.
        second = self.again(tree.operand, operand)
        high = self.bind(tree.high)
        self.name_parameter(high, tree.operand)
        below = self.operators.compare("<=", second, high, tree.at)
        source = self.context.source
        term = make_junction(source, Connective.AND, [above, below], tree.at)
        if tree.symmetric:
            turned = [
                self._compared_again(sign, tree.operand, operand, bound, bound_term)
                for sign, bound, bound_term in ((">=", tree.high, high), ("<=", tree.low, low))
            ]
            other = make_junction(source, Connective.AND, turned, tree.at)
            term = make_junction(source, Connective.OR, [term, other], tree.at)
        return self._negated(term) if tree.negated else term

    def _compared_again(
        self, sign: str, tree: Expression, term: AnyTerm, bound: Expression, bound_term: AnyTerm
    ) -> Term:
        left, right = self.again(tree, term), self.again(bound, bound_term)
        return self.operators.compare(sign, left, right, tree.at)

    def _negated(self, term: Term) -> Term:
        return self.operators.make(Not(term.expr), term.at, [term])

    def _in_items(self, tree: syntax.InItems) -> Term:
        operand = self.bind(tree.operand)
        items = [self.bind(one) for one in tree.items]
        for item, term in zip(tree.items, items, strict=True):
            self.name_parameter(term, tree.operand)
            self.name_parameter(operand, item)
        if len(items) == 1:
            sign = "<>" if tree.negated else "="
            return self.operators.compare(sign, operand, items[0], tree.at)
        return self.operators.in_list(operand, items, tree.at, negated=tree.negated)

    def _like(self, tree: syntax.LikePattern) -> Term:
        operand, pattern = self._operands(tree.operand, tree.pattern)
        escape = "\\" if tree.escape is None else tree.escape.value
        if len(escape) > 1:
            raise self.context.source.error(
                InvalidEscapeSequence, "ESCAPE takes one character, or none", tree.at
            )
        return self.operators.like(operand, pattern, escape, tree.at, negated=tree.negated)

    # --- CASE and its kin

    def _case(self, tree: syntax.CaseWhen) -> Term:
        conditions = self._case_conditions(tree)
        values: list[AnyTerm] = [self.bind(one) for _, one in tree.branches]
        default = (
            UntypedLiteral(at=tree.at, value=None)
            if tree.default is None
            else self.bind(tree.default)
        )
        # PostgreSQL takes the type of ELSE first.
        last, *terms = self.coercion.common([default, *values], "CASE")
        branches = list(zip(conditions, terms, strict=True))
        return make_case(self.context.source, branches, last, tree.at)

    def _case_conditions(self, tree: syntax.CaseWhen) -> list[Term]:
        """Return the conditions, comparisons with the operand if there is one."""
        if tree.operand is None:
            what = "the argument of CASE WHEN"
            return [self.coercion.boolean(self.bind(one), what) for one, _ in tree.branches]
        operand = self.typed(tree.operand)
        conditions = []
        for number, (tested, _) in enumerate(tree.branches):
            value = self.bind(tested)
            self.name_parameter(value, tree.operand)
            left = operand if number == 0 else self.again(tree.operand, operand)
            conditions.append(self.operators.compare("=", left, value, tested.at))
        return conditions

    def _cast(self, tree: syntax.CastTo) -> Term:
        """Bind a cast, and with it the quotient or aggregate that it gives a type."""
        inside, type_ = bare(tree.operand), tree.type.type
        gives_scale = type_.is_integer or type_.kind is Kind.NUMERIC
        if (
            gives_scale
            and isinstance(inside, syntax.FunctionCall)
            and inside.name.text in AGGREGATES
        ):
            return self.coercion.explicit(self._call(inside, type_), type_, tree.at)
        if gives_scale and isinstance(inside, syntax.Binary) and inside.operator == "/":
            left, right = self.bind(inside.left), self.bind(inside.right)
            if Kind.NUMERIC in _kinds(left, right):
                return self.operators.numeric_quotient(left, right, type_, inside.at)
            term: AnyTerm = self.operators.arithmetic("/", left, right, inside.at)
            return self.coercion.explicit(term, type_, tree.at)
        return self.coercion.explicit(self.bind(tree.operand), type_, tree.at)

    def _call(self, tree: syntax.FunctionCall, cast_to: SqlType | None) -> Term:
        name = tree.name.text
        if name in AGGREGATES:
            return self._aggregate(tree, cast_to)
        if tree.form is syntax.CallForm.PLAIN and name in _SPECIAL:
            return _SPECIAL[name](self, tree)
        return Functions(self.operators).call(tree, [self.bind(one) for one in tree.arguments])

    def _aggregate(self, tree: syntax.FunctionCall, cast_to: SqlType | None) -> Term:
        if self.grouping is None:
            raise self.context.source.error(
                GroupingError, f"there are no aggregates in {self.clause}", tree.at
            )
        inner = replace(self, grouping=None, clause="an aggregate")
        return self.grouping.call(tree, [inner.bind(one) for one in tree.arguments], cast_to)

    def _coalesce(self, tree: syntax.FunctionCall) -> Term:
        terms = self._several(tree, "COALESCE")
        return make_coalesce(self.context.source, terms, tree.at)

    def _extremum(self, tree: syntax.FunctionCall) -> Term:
        terms = self._several(tree, tree.name.text.upper())
        exprs = tuple(term.expr for term in terms)
        which = _EXTREMES[tree.name.text]
        expr = Extremum(which=which, operands=exprs, type=terms[0].type)
        return self.operators.make(expr, tree.at, terms)

    def _several(self, tree: syntax.FunctionCall, what: str) -> list[Term]:
        if not tree.arguments:
            raise self.context.source.syntax_error(tree.at)
        return self.coercion.common([self.bind(one) for one in tree.arguments], what)

    def _nullif(self, tree: syntax.FunctionCall) -> Term:
        """Bind ``NULLIF(a, b)`` as ``CASE WHEN a = b THEN NULL ELSE a END``, of a's type."""
        if len(tree.arguments) != 2:
            raise self.context.source.syntax_error(tree.at)
        left, right = self._operands(*tree.arguments)
        same = self.operators.compare("=", left, right, tree.at)
        value, _ = self.operators.pair(self.again(tree.arguments[0], left), right)
        null = Term(expr=Const(None, value.type), at=tree.at)
        return make_case(self.context.source, [(same, null)], value, tree.at)

    # --- subqueries

    def _query(self, tree: syntax.Query, *, rows_only: bool = False) -> BoundQuery:
        if self.queries is None:
            raise self.context.source.unsupported(f"a subquery in {self.clause}", tree.at)
        return self.queries(tree, self.scope, rows_only=rows_only)

    def _exists(self, tree: syntax.ExistsQuery) -> Term:
        bound = self._query(tree.query, rows_only=True)
        expr = Exists(relation=bound.relation, correlated=is_correlated(bound.relation))
        return Term(expr=expr, at=tree.at, failure=bound.all_failure)

    def _one_column(self, tree: syntax.Query) -> tuple[BoundQuery, Term]:
        bound = self._query(tree)
        if len(bound.columns) != 1:
            raise self.context.source.error(
                InvalidSyntax, "this subquery has to have one column", tree.at
            )
        return bound, self.coercion.as_text(bound.columns[0].term)

    def _scalar(self, tree: syntax.ScalarQuery) -> Term:
        bound, value = self._one_column(tree.query)
        expr = ScalarSubquery(
            relation=bound.relation,
            value=value.expr,
            correlated=is_correlated(bound.relation, [value.expr]),
            type=value.type,
        )
        return Term(expr=expr, at=tree.at, size=1 + value.size, failure=bound.all_failure)

    def _in_query(self, tree: syntax.InQuery) -> Term:
        operand = self.bind(tree.operand)
        bound, column = self._one_column(tree.query)
        one, value = self.operators.comparable("=", operand, column)
        expr = InSubquery(
            operand=one.expr,
            relation=bound.relation,
            value=value.expr,
            correlated=is_correlated(bound.relation, [value.expr]),
            negated=tree.negated,
        )
        failure = any_failure(one.failure, bound.all_failure, value.failure)
        return Term(expr=expr, at=tree.at, size=1 + one.size + value.size, failure=failure)


_SPECIAL: Final[dict[str, Callable[[ExpressionBinder, syntax.FunctionCall], Term]]] = {
    "coalesce": ExpressionBinder._coalesce,
    "greatest": ExpressionBinder._extremum,
    "least": ExpressionBinder._extremum,
    "nullif": ExpressionBinder._nullif,
}
"""What looks like a function and is syntax to PostgreSQL."""


def _kinds(*terms: AnyTerm) -> set[Kind]:
    return {term.type.kind for term in terms if isinstance(term, Term)}
