"""Syntax trees of queries and statements as the lexemes that PostgreSQL's grammar gives them.

Not here: the comparison with a text (`sqlstore.bind.parse.faithful`), definitions
(`sqlstore.bind.parse.render_schema`).

Spec: docs/spec/sql.md, Q-32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.faithful import Optionally, Pattern, Spot, listed, spot, wrapped
from sqlstore.bind.parse.syntax import CallForm, JoinForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlstore.bind.parse.syntax import Expression

_AS: Final = Optionally(("as",))


def _negation(*, negated: bool) -> Iterator[Pattern]:
    if negated:
        yield "not"


# --- expressions


def expression(tree: Expression) -> Iterator[Pattern]:  # noqa: PLR0912
    """Yield the patterns of an expression.

    Spec: Q-40.
    """
    match tree:
        case (
            syntax.NumberLiteral()
            | syntax.StringLiteral()
            | syntax.KeywordLiteral()
            | syntax.NumberedParameter()
        ):
            yield Spot(tree.at)
        case syntax.NamedParameter():
            yield from ("sqlc", ".", "narg" if tree.nullable else "arg")
            yield from wrapped(spot(tree.name))
        case syntax.Column():
            yield from _column(tree)
        case syntax.Paren():
            yield from wrapped(expression(tree.operand))
        case syntax.Unary():
            yield tree.operator
            yield from expression(tree.operand)
        case syntax.Binary():
            yield from expression(tree.left)
            yield tree.operator
            yield from expression(tree.right)
        case syntax.Junction():
            yield from _junction(tree)
        case syntax.CaseWhen():
            yield from _case(tree)
        case syntax.CastTo():
            yield from _cast(tree)
        case syntax.FunctionCall():
            yield Spot(tree.at)
            yield from wrapped(_arguments(tree))
        case syntax.ExistsQuery():
            yield "exists"
            yield from wrapped(query(tree.query))
        case syntax.ScalarQuery():
            yield from wrapped(query(tree.query))
        case syntax.Default():
            yield "default"
        case _:
            yield from _predicate(tree)


def _predicate(
    tree: syntax.Is
    | syntax.Distinction
    | syntax.Between
    | syntax.InItems
    | syntax.InQuery
    | syntax.LikePattern,
) -> Iterator[Pattern]:
    if isinstance(tree, syntax.Distinction):
        yield from expression(tree.left)
        yield "is"
        yield from _negation(negated=tree.negated)
        yield from ("distinct", "from")
        yield from expression(tree.right)
        return
    yield from expression(tree.operand)
    if isinstance(tree, syntax.Is):
        yield "is"
    yield from _negation(negated=tree.negated)
    match tree:
        case syntax.Is():
            yield tree.test.value
        case syntax.Between():
            yield "between"
            yield "symmetric" if tree.symmetric else Optionally(("asymmetric",))
            yield from expression(tree.low)
            yield "and"
            yield from expression(tree.high)
        case syntax.InItems():
            yield "in"
            yield from wrapped(listed(tree.items, expression))
        case syntax.InQuery():
            yield "in"
            yield from wrapped(query(tree.query))
        case syntax.LikePattern():
            yield "like"
            yield from expression(tree.pattern)
            if tree.escape is not None:
                yield "escape"
                yield from expression(tree.escape)
        case _:
            assert_never(tree)


def _column(tree: syntax.Column) -> Iterator[Pattern]:
    if tree.table is not None:
        yield Spot(tree.table.at)
        yield "."
    yield Spot(tree.name.at)


def _junction(tree: syntax.Junction) -> Iterator[Pattern]:
    for number, operand in enumerate(tree.operands):
        if number > 0:
            yield tree.connective.value
        yield from expression(operand)


def _case(tree: syntax.CaseWhen) -> Iterator[Pattern]:
    yield "case"
    if tree.operand is not None:
        yield from expression(tree.operand)
    for condition, value in tree.branches:
        yield "when"
        yield from expression(condition)
        yield "then"
        yield from expression(value)
    if tree.default is not None:
        yield "else"
        yield from expression(tree.default)
    yield "end"


def _cast(tree: syntax.CastTo) -> Iterator[Pattern]:
    type_ = Spot(tree.type.at, tree.type.end)
    if tree.postfix:
        yield from expression(tree.operand)
        yield "::"
        yield type_
        return
    yield from ("cast", "(")
    yield from expression(tree.operand)
    yield from ("as", type_, ")")


def _arguments(tree: syntax.FunctionCall) -> Iterator[Pattern]:
    match tree.form:
        case CallForm.PLAIN:
            yield Optionally(("all",))
            yield from listed(tree.arguments, expression)
        case CallForm.DISTINCT:
            yield "distinct"
            yield from listed(tree.arguments, expression)
        case CallForm.STAR:
            yield "*"
        case CallForm.FROM | CallForm.FOR | CallForm.IN | CallForm.FROM_FOR | CallForm.FOR_FROM:
            words = tree.form.name.lower().split("_")
            yield from expression(tree.arguments[0])
            for word, argument in zip(words, tree.arguments[1:], strict=True):
                yield word
                yield from expression(argument)
        case _:
            assert_never(tree.form)


# --- queries


def query(tree: syntax.Query) -> Iterator[Pattern]:
    """Yield the patterns of a query."""
    if tree.withs:
        yield "with"
        yield from listed(tree.withs, _with)
    yield from _body(tree.body)
    if tree.order:
        yield from ("order", "by")
        yield from listed(tree.order, _order_key)
    if tree.limit is not None and tree.offset is not None and tree.offset.at < tree.limit.at:
        yield from _offset(tree.offset)
        yield from _limit(tree.limit)
        return
    yield from _limit(tree.limit)
    yield from _offset(tree.offset)


def _limit(tree: Expression | None) -> Iterator[Pattern]:
    if tree is not None:
        yield "limit"
        yield from expression(tree)


def _offset(tree: Expression | None) -> Iterator[Pattern]:
    if tree is not None:
        yield "offset"
        yield from expression(tree)
        yield from (Optionally(("row",)), Optionally(("rows",)))


def _with(tree: syntax.With) -> Iterator[Pattern]:
    yield from _alias_name(tree.alias)
    yield "as"
    if tree.materialized is not None:
        yield from _negation(negated=not tree.materialized)
        yield "materialized"
    yield from wrapped(query(tree.query))


def _alias_name(alias: syntax.Alias) -> Iterator[Pattern]:
    yield Spot(alias.name.at)
    if alias.columns:
        yield from wrapped(listed(alias.columns, spot))


def _order_key(tree: syntax.OrderKey) -> Iterator[Pattern]:
    yield from expression(tree.expression)
    yield "desc" if tree.descending else Optionally(("asc",))
    nulls = "first" if tree.nulls_first else "last"
    if tree.nulls_first == tree.descending:
        yield Optionally(("nulls", nulls))
    else:
        yield from ("nulls", nulls)


def _body(tree: syntax.QueryBody) -> Iterator[Pattern]:
    match tree:
        case syntax.Select():
            yield from _select(tree)
        case syntax.ValuesList():
            yield "values"
            yield from listed(tree.rows, lambda row: wrapped(listed(row, expression)))
        case syntax.SetOperation():
            yield from _body(tree.left)
            yield "union"
            yield "all" if tree.all else Optionally(("distinct",))
            yield from _body(tree.right)
        case syntax.ParenQuery():
            yield from wrapped(query(tree.query))
        case _:
            assert_never(tree)


def _select(tree: syntax.Select) -> Iterator[Pattern]:
    yield "select"
    yield "distinct" if tree.distinct else Optionally(("all",))
    yield from listed(tree.items, _item)
    if tree.source is not None:
        yield "from"
        yield from _from_item(tree.source)
    yield from _where(tree.where)
    if tree.group:
        yield from ("group", "by")
        yield from listed(tree.group, expression)
    if tree.having is not None:
        yield "having"
        yield from expression(tree.having)


def _where(tree: Expression | None) -> Iterator[Pattern]:
    if tree is not None:
        yield "where"
        yield from expression(tree)


def _item(tree: syntax.Item | syntax.Star) -> Iterator[Pattern]:
    match tree:
        case syntax.Star():
            if tree.table is not None:
                yield from (Spot(tree.table.at), ".")
            yield "*"
        case syntax.Item():
            yield from expression(tree.expression)
            if tree.alias is not None:
                yield from (_AS, Spot(tree.alias.at))
        case _:
            assert_never(tree)


def _from_item(tree: syntax.FromItem) -> Iterator[Pattern]:
    match tree:
        case syntax.TableName():
            yield Spot(tree.name.at)
            yield from _alias(tree.alias)
        case syntax.DerivedTable():
            yield from wrapped(query(tree.query))
            yield from _alias(tree.alias)
        case syntax.ParenJoin():
            yield from wrapped(_from_item(tree.join))
        case syntax.Joined():
            yield from _joined(tree)
        case _:
            assert_never(tree)


def _joined(tree: syntax.Joined) -> Iterator[Pattern]:
    yield from _from_item(tree.left)
    match tree.form:
        case JoinForm.COMMA:
            yield ","
        case JoinForm.CROSS:
            yield from ("cross", "join")
        case JoinForm.INNER:
            yield from (Optionally(("inner",)), "join")
        case JoinForm.LEFT:
            yield from ("left", Optionally(("outer",)), "join")
        case _:
            assert_never(tree.form)
    yield from _from_item(tree.right)
    if tree.on is not None:
        yield "on"
        yield from expression(tree.on)
    if tree.using:
        yield "using"
        yield from wrapped(listed(tree.using, spot))


def _alias(alias: syntax.Alias | None) -> Iterator[Pattern]:
    if alias is not None:
        yield _AS
        yield from _alias_name(alias)


# --- statements


def statement(tree: syntax.StatementSyntax) -> Iterator[Pattern]:
    """Yield the patterns of a statement of queries.sql.

    Spec: Q-30.
    """
    match tree:
        case syntax.Query():
            yield from query(tree)
        case syntax.InsertStatement():
            yield from _insert(tree)
        case syntax.UpdateStatement():
            yield "update"
            yield from _target(tree.table, tree.alias)
            yield "set"
            yield from listed(tree.assignments, _set)
            yield from _where(tree.where)
        case syntax.DeleteStatement():
            yield from ("delete", "from")
            yield from _target(tree.table, tree.alias)
            yield from _where(tree.where)
        case _:
            assert_never(tree)
    if not isinstance(tree, syntax.Query) and tree.returning:
        yield "returning"
        yield from listed(tree.returning, _item)


def _target(table: syntax.Name, alias: syntax.Name | None) -> Iterator[Pattern]:
    yield Spot(table.at)
    if alias is not None:
        yield from (_AS, Spot(alias.at))


def _set(tree: syntax.SetClause) -> Iterator[Pattern]:
    yield from (Spot(tree.column.at), "=")
    yield from expression(tree.value)


def _insert(tree: syntax.InsertStatement) -> Iterator[Pattern]:
    yield from ("insert", "into")
    yield from _target(tree.table, tree.alias)
    if tree.columns is not None:
        yield from wrapped(listed(tree.columns, spot))
    if tree.query is None:
        yield from ("default", "values")
    else:
        yield from query(tree.query)
    if tree.conflict is not None:
        yield from _conflict(tree.conflict)


def _conflict(tree: syntax.ConflictClause) -> Iterator[Pattern]:
    yield from ("on", "conflict")
    if tree.columns:
        yield from wrapped(listed(tree.columns, spot))
    if tree.constraint is not None:
        yield from ("on", "constraint", Spot(tree.constraint.at))
    yield "do"
    if not tree.assignments:
        yield "nothing"
        return
    yield from ("update", "set")
    yield from listed(tree.assignments, _set)
    yield from _where(tree.where)
