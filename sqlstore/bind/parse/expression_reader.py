"""sqlglot's expressions as ours.

Conventions: a table of methods by class of node; a class that is not in it is refused. An operand
without parentheses has to bind as tightly as PostgreSQL's grammar asks for (`Precedence`): given
that the lexemes are the text's (`sqlstore.bind.parse.faithful`), the tree is then PostgreSQL's,
whatever sqlglot thinks of precedence.

Spec: docs/spec/sql.md, Q-32, Q-40 and on. Not here: queries (`sqlstore.bind.parse.query_reader`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.grammar import ARGUMENT_FORM, NEGATED, POSTFIX_CAST, WRITTEN, Plus
from sqlstore.bind.parse.keywords import NOT_FUNCTIONS, RESERVED
from sqlstore.bind.parse.lexer import Lexeme, LexemeKind
from sqlstore.bind.parse.nodes import Nodes
from sqlstore.bind.parse.syntax import CallForm, Connective, Expression, Test
from sqlstore.bind.parse.type_reader import read_type
from sqlstore.errors import UndefinedFunction
from sqlstore.plan.precedence import Precedence

if TYPE_CHECKING:
    from collections.abc import Callable


_BINARY: Final[dict[type[exp.Expr], tuple[str, Precedence]]] = {
    exp.Add: ("+", Precedence.SUM),
    exp.Sub: ("-", Precedence.SUM),
    exp.Mul: ("*", Precedence.PRODUCT),
    exp.Div: ("/", Precedence.PRODUCT),
    exp.Mod: ("%", Precedence.PRODUCT),
    exp.DPipe: ("||", Precedence.OTHER),
    exp.EQ: ("=", Precedence.COMPARISON),
    exp.NEQ: ("<>", Precedence.COMPARISON),
    exp.LT: ("<", Precedence.COMPARISON),
    exp.LTE: ("<=", Precedence.COMPARISON),
    exp.GT: (">", Precedence.COMPARISON),
    exp.GTE: (">=", Precedence.COMPARISON),
}

_CONNECTIVES: Final = {Connective.AND: Precedence.AND, Connective.OR: Precedence.OR}

_TESTS: Final = {True: Test.TRUE, False: Test.FALSE}


def level_of(expression: Expression) -> Precedence:  # noqa: PLR0911
    """Return how tightly ``expression`` binds.

    Spec: Q-40.
    """
    match expression:
        case syntax.Junction(connective=connective):
            return _CONNECTIVES[connective]
        case syntax.Unary(operator=operator):
            return Precedence.NOT if operator == "not" else Precedence.SIGN
        case syntax.Is() | syntax.Distinction():
            return Precedence.IS
        case syntax.Binary(operator=operator):
            return next(level for sign, level in _BINARY.values() if sign == operator)
        case syntax.Between() | syntax.InItems() | syntax.InQuery() | syntax.LikePattern():
            return Precedence.RANGE
        case syntax.CastTo(postfix=True):
            return Precedence.CAST
        case _:
            return Precedence.ATOM


def is_closed(expression: Expression) -> bool:
    """Return whether what stands behind ``expression`` cannot be part of it.

    Such an expression may be a left operand, whatever the levels: ``a IS NULL = b``.

    Spec: Q-40.
    """
    return isinstance(expression, syntax.Is | syntax.InItems | syntax.InQuery)


@dataclass(frozen=True, slots=True)
class ExpressionReader:
    """Reads expressions; ``query`` reads the queries in them."""

    nodes: Nodes
    query: Callable[[exp.Expr], syntax.Query]

    def read(self, node: exp.Expr) -> Expression:
        """Return ``node`` as an expression.

        Raises `InvalidSyntax`, `FeatureNotSupported`.

        Spec: Q-40.
        """
        for kind, method in _METHODS:
            if isinstance(node, kind):
                return method(self, node)
        raise self.nodes.unknown(node)

    def _left(self, node: exp.Expr, level: Precedence, name: str = "this") -> Expression:
        """Read a left operand that has to bind at least as tightly as ``level``."""
        operand = self.read(self.nodes.child(node, name))
        if level_of(operand) < level and not is_closed(operand):
            raise self._needs_parentheses(operand)
        return operand

    def _right(self, node: exp.Expr, level: Precedence, name: str = "expression") -> Expression:
        """Read a right operand that has to bind at least as tightly as ``level``."""
        operand = self.read(self.nodes.child(node, name))
        if level_of(operand) < level:
            raise self._needs_parentheses(operand)
        return operand

    def _needs_parentheses(self, operand: Expression) -> Exception:
        if isinstance(operand, syntax.Unary):
            return self.nodes.source.unsupported(
                "NOT as an operand of what binds tighter", operand.at, "write (NOT …)"
            )
        return self.nodes.source.syntax_error(
            operand.at, "operators that do not associate: one of them needs parentheses"
        )

    def _binary(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "expression", "typed", "safe")
        sign, level = _BINARY[type(node)]
        tighter = Precedence(level + 1)
        left = self._left(node, tighter if level is Precedence.COMPARISON else level)
        right = self._right(node, tighter)
        return syntax.Binary(at=left.at, operator=sign, left=left, right=right)

    def _junction(self, node: exp.Expr) -> Expression:
        """Read a chain of one connector, which sqlglot nests to the left, iteratively."""
        kind = type(node)
        connective = Connective.OR if kind is exp.Or else Connective.AND
        level = _CONNECTIVES[connective]
        rights: list[exp.Expr] = []
        while type(node) is kind:
            self.nodes.only(node, "this", "expression")
            rights.append(self.nodes.child(node, "expression"))
            node = self.nodes.child(node)
        operands = tuple(self.read(one) for one in (node, *reversed(rights)))
        for operand in operands:
            if level_of(operand) <= level:
                raise self._needs_parentheses(operand)
        return syntax.Junction(at=operands[0].at, connective=connective, operands=operands)

    def _not(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this")
        operand = self._right(node, Precedence.NOT, "this")
        at = self._prefix_place(operand.at, "not")
        return syntax.Unary(at=at, operator="not", operand=operand)

    def _before(self, at: int) -> Lexeme:
        """Return the lexeme before the first one of an operand, over its parentheses."""
        index = next(n for n, one in enumerate(self.nodes.lexemes) if one.start == at)
        return self.nodes.lexemes[max(index - 1, 0)]

    def _prefix_place(self, at: int, word: str) -> int:
        before = self._before(at)
        return before.start if before.is_word(word) or before.is_symbol(word) else at

    def _sign(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this")
        operand = self._right(node, Precedence.SIGN, "this")
        sign = "+" if isinstance(node, Plus) else "-"
        return syntax.Unary(at=self._prefix_place(operand.at, sign), operator=sign, operand=operand)

    def _is(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "expression")
        operand = self._left(node, Precedence.COMPARISON)
        return syntax.Is(
            at=operand.at,
            operand=operand,
            test=self._test(self.nodes.child(node, "expression")),
            negated=_is_negated(node),
        )

    def _test(self, node: exp.Expr) -> Test:
        match node:
            case exp.Null():
                return Test.NULL
            case exp.Boolean():
                return _TESTS[bool(node.this)]
            case exp.Column() if self.nodes.column_name(node).text == "unknown":
                return Test.UNKNOWN
            case _:
                raise self.nodes.unknown(node)

    def _distinction(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "expression")
        left = self._left(node, Precedence.COMPARISON)
        return syntax.Distinction(
            at=left.at,
            left=left,
            right=self._right(node, Precedence.COMPARISON),
            negated=isinstance(node, exp.NullSafeEQ),
        )

    def _between(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "low", "high", "symmetric")
        operand = self._left(node, Precedence.OTHER)
        return syntax.Between(
            at=operand.at,
            operand=operand,
            low=self._right(node, Precedence.OTHER, "low"),
            high=self._right(node, Precedence.OTHER, "high"),
            negated=_is_negated(node),
            symmetric=bool(node.args.get("symmetric")),
        )

    def _in(self, node: exp.Expr) -> Expression:
        operand = self._left(node, Precedence.OTHER)
        if node.args.get("query"):
            self.nodes.only(node, "this", "query")
            subquery = self.nodes.as_kind(self.nodes.child(node, "query"), exp.Subquery)
            return syntax.InQuery(
                at=operand.at,
                operand=operand,
                query=self.query(subquery.this),
                negated=_is_negated(node),
            )
        self.nodes.only(node, "this", "expressions")
        items = tuple(self.read(one) for one in self.nodes.many(node))
        if not items:
            raise self.nodes.unknown(node)
        return syntax.InItems(
            at=operand.at, operand=operand, items=items, negated=_is_negated(node)
        )

    def _like(self, node: exp.Expr) -> Expression:
        escape = None
        if isinstance(node, exp.Escape):
            self.nodes.only(node, "this", "expression")
            escape = self._escape(self.nodes.child(node, "expression"))
            node = self.nodes.as_kind(self.nodes.child(node), exp.Like)
        self.nodes.only(node, "this", "expression")
        operand = self._left(node, Precedence.OTHER)
        return syntax.LikePattern(
            at=operand.at,
            operand=operand,
            pattern=self._right(node, Precedence.OTHER),
            escape=escape,
            negated=_is_negated(node),
        )

    def _escape(self, node: exp.Expr) -> syntax.StringLiteral:
        literal = self.read(node)
        if not isinstance(literal, syntax.StringLiteral):
            raise self.nodes.source.unsupported("ESCAPE with other than a string", literal.at)
        return literal

    def _case(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "ifs", "default")
        operand = self.nodes.optional(node, "this")
        default = self.nodes.optional(node, "default")
        branches = []
        for one in self.nodes.many(node, "ifs"):
            self.nodes.only(one, "this", "true")
            then = self.nodes.child(one, "true")
            branches.append((self.read(self.nodes.child(one)), self.read(then)))
        if not branches:
            raise self.nodes.unknown(node)
        return syntax.CaseWhen(
            at=self._prefix_place(self.nodes.place(node), "case"),
            operand=None if operand is None else self.read(operand),
            branches=tuple(branches),
            default=None if default is None else self.read(default),
        )

    def _cast(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "to")
        postfix = POSTFIX_CAST in node.meta
        operand = (
            self._left(node, Precedence.CAST) if postfix else self.read(self.nodes.child(node))
        )
        return syntax.CastTo(
            at=self.nodes.place(node),
            operand=operand,
            type=read_type(self.nodes, self.nodes.child(node, "to")),
            postfix=postfix,
        )

    def _paren(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this")
        inside = self.nodes.child(node)
        at = node.meta.get(WRITTEN)
        if not isinstance(at, int):
            return self.read(inside)
        return syntax.Paren(at=at, operand=self.read(inside))

    def _subquery(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this")
        at = self.nodes.place(node)
        inside = self.nodes.child(node)
        if isinstance(inside, exp.Subquery) and not inside.args.keys() - {"this"}:
            return syntax.Paren(at=at, operand=self._subquery(inside))
        return syntax.ScalarQuery(at=at, query=self.query(inside))

    def _exists(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this")
        query = self.query(self.nodes.child(node))
        return syntax.ExistsQuery(at=query.at, query=query)

    def _literal(self, node: exp.Expr) -> Expression:
        lexeme = self.nodes.lexeme(node)
        if lexeme.kind is LexemeKind.NUMBER:
            return syntax.NumberLiteral(at=lexeme.start, text=lexeme.value)
        if lexeme.kind is LexemeKind.STRING:
            return syntax.StringLiteral(at=lexeme.start, value=lexeme.value)
        raise self.nodes.unknown(node)

    def _keyword(self, node: exp.Expr) -> Expression:
        value = bool(node.this) if isinstance(node, exp.Boolean) else None
        return syntax.KeywordLiteral(at=self.nodes.lexeme(node).start, value=value)

    def _column(self, node: exp.Expr) -> Expression:
        if node.args.get("db"):
            raise self.nodes.source.unsupported(
                "a name of three parts", self.nodes.place(node), "write table.column"
            )
        self.nodes.only(node, "this", "table")
        name = self.nodes.child(node)
        if isinstance(name, exp.Star):
            raise self.nodes.source.unsupported(
                "a whole row as a value", self.nodes.place(node), "name its columns"
            )
        table = self.nodes.optional(node, "table")
        lexeme = self.nodes.lexeme(name)
        if table is None and lexeme.kind is LexemeKind.PARAMETER:
            return syntax.NumberedParameter(at=lexeme.start, number=int(lexeme.value))
        if table is None and lexeme.is_word("default"):
            return syntax.Default(at=lexeme.start)
        return syntax.Column(
            at=self.nodes.place(node),
            table=None if table is None else self.nodes.name(table),
            name=self.nodes.label(name) if table is not None else self.nodes.name(name),
        )

    def _default(self, node: exp.Expr) -> Expression:
        if node.this != "DEFAULT":
            raise self.nodes.unknown(node)
        return syntax.Default(at=self.nodes.place(node))

    def _function(self, node: exp.Expr) -> Expression:
        self.nodes.only(node, "this", "expressions")
        name = self._function_name(node)
        arguments = self.nodes.many(node)
        words = node.meta.get(ARGUMENT_FORM, "")
        form = _WORDED_FORMS.get((len(arguments), words), CallForm.PLAIN)
        if words and form is CallForm.PLAIN:
            raise self.nodes.unknown(node)
        if len(arguments) == 1 and isinstance(arguments[0], exp.Star):
            return syntax.FunctionCall(at=name.at, name=name, arguments=(), form=CallForm.STAR)
        if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
            self.nodes.only(arguments[0], "expressions")
            arguments, form = self.nodes.many(arguments[0]), CallForm.DISTINCT
            if not arguments:
                raise self.nodes.unknown(node)
        return syntax.FunctionCall(
            at=name.at, name=name, arguments=tuple(map(self.read, arguments)), form=form
        )

    def _function_name(self, node: exp.Expr) -> syntax.Name:
        at = node.meta.get("start")
        if at is None and isinstance(node.this, exp.Expr):
            at = node.this.meta.get("start")
        lexeme = self.nodes.by_start.get(at) if isinstance(at, int) else None
        if lexeme is None or lexeme.kind not in (LexemeKind.WORD, LexemeKind.QUOTED):
            raise self.nodes.unknown(node)
        if lexeme.is_word(*RESERVED, *NOT_FUNCTIONS - _FUNCTIONS_OF_GRAMMAR):
            raise self.nodes.source.syntax_error(lexeme.start)
        return syntax.Name(at=lexeme.start, text=lexeme.value)

    def _dot(self, node: exp.Expr) -> Expression:
        """Read ``sqlc.arg(name)`` and ``sqlc.narg(name)``, the only functions with a prefix."""
        self.nodes.only(node, "this", "expression")
        prefix, call = self.nodes.child(node), self.nodes.child(node, "expression")
        if not isinstance(prefix, exp.Identifier) or not isinstance(call, exp.Anonymous):
            raise self.nodes.unknown(node)
        space, function = self.nodes.name(prefix), self._function_name(call)
        if space.text != "sqlc":
            raise self.nodes.source.unsupported("a name of three parts", space.at)
        if function.text not in ("arg", "narg"):
            raise self.nodes.source.error(
                UndefinedFunction,
                f"there is no function sqlc.{function.text}",
                space.at,
                "write sqlc.arg(name) or sqlc.narg(name)",
            )
        arguments = self.nodes.many(call)
        if len(arguments) != 1 or not isinstance(arguments[0], exp.Column):
            raise self.nodes.unknown(call)
        return syntax.NamedParameter(
            at=space.at,
            name=self.nodes.column_name(arguments[0]),
            nullable=function.text == "narg",
        )

    def _tuple(self, node: exp.Expr) -> Expression:
        raise self.nodes.source.unsupported(
            "a row value", self.nodes.place(node), "compare the columns one by one, with AND"
        )

    def _alias(self, node: exp.Expr) -> Expression:
        raise self.nodes.source.syntax_error(self.nodes.place(self.nodes.child(node, "alias")))

    def _window(self, node: exp.Expr) -> Expression:
        raise self.nodes.source.unsupported(
            "a window function, FILTER, or ORDER BY in an aggregate",
            self.nodes.place(node),
            "write a subquery",
        )


def _is_negated(node: exp.Expr) -> bool:
    return bool(node.meta.get(NEGATED))


_FUNCTIONS_OF_GRAMMAR: Final = frozenset(
    (
        "coalesce",
        "greatest",
        "least",
        "nullif",
        "substring",
        "position",
        "extract",
        "trim",
        "overlay",
        "normalize",
    )
)
"""Words that PostgreSQL's grammar makes functions of."""

_WORDED_FORMS: Final[dict[tuple[int, str], CallForm]] = {
    (2, "from"): CallForm.FROM,
    (2, "for"): CallForm.FOR,
    (3, "from for"): CallForm.FROM_FOR,
    (3, "for from"): CallForm.FOR_FROM,
    (2, "in"): CallForm.IN,
}

_METHODS: Final[
    tuple[tuple[type[exp.Expr], Callable[[ExpressionReader, exp.Expr], Expression]], ...]
] = (
    *((kind, ExpressionReader._binary) for kind in _BINARY),
    (exp.And, ExpressionReader._junction),
    (exp.Or, ExpressionReader._junction),
    (exp.Not, ExpressionReader._not),
    (exp.Neg, ExpressionReader._sign),
    (Plus, ExpressionReader._sign),
    (exp.NullSafeEQ, ExpressionReader._distinction),
    (exp.NullSafeNEQ, ExpressionReader._distinction),
    (exp.Is, ExpressionReader._is),
    (exp.Between, ExpressionReader._between),
    (exp.In, ExpressionReader._in),
    (exp.Like, ExpressionReader._like),
    (exp.Escape, ExpressionReader._like),
    (exp.Case, ExpressionReader._case),
    (exp.Cast, ExpressionReader._cast),
    (exp.Paren, ExpressionReader._paren),
    (exp.Subquery, ExpressionReader._subquery),
    (exp.Exists, ExpressionReader._exists),
    (exp.Literal, ExpressionReader._literal),
    (exp.Null, ExpressionReader._keyword),
    (exp.Boolean, ExpressionReader._keyword),
    (exp.Column, ExpressionReader._column),
    (exp.Var, ExpressionReader._default),
    (exp.Anonymous, ExpressionReader._function),
    (exp.Dot, ExpressionReader._dot),
    (exp.Tuple, ExpressionReader._tuple),
    (exp.Alias, ExpressionReader._alias),
    (exp.Window, ExpressionReader._window),
    (exp.Filter, ExpressionReader._window),
    (exp.WithinGroup, ExpressionReader._window),
    (exp.Order, ExpressionReader._window),
)
