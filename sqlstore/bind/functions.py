"""Functions: those of Q-49 with the types they take, and what is said of the others.

Spec: docs/spec/sql.md, Q-32, Q-49. Not here: aggregates (`sqlstore.bind.aggregates`); COALESCE,
GREATEST, LEAST and NULLIF, which are syntax (`sqlstore.bind.expressions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlstore.bind.coercion import Category, category
from sqlstore.bind.parse.syntax import CallForm, FunctionCall
from sqlstore.bind.terms import Term, UntypedLiteral, UntypedParameter
from sqlstore.errors import UndefinedFunction
from sqlstore.plan.expressions import Builtin, Call
from sqlstore.types import INTEGER, TEXT, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlstore.bind.operators import Operators
    from sqlstore.bind.terms import AnyTerm

_CLOCK: Final = "a reducer has no clock: pass the time as a parameter"
_RANDOM: Final = "a reducer has no randomness: pass what is drawn as a parameter"
_SERVER: Final = "a reducer has no server and no session"
_NULLS: Final = "it passes over NULL: write a || b, or COALESCE"
_FLOATS: Final = "there are no floats: write arithmetic with casts"

UNSUPPORTED_FUNCTIONS: Final[dict[str, str | None]] = {
    **dict.fromkeys(
        (
            "now",
            "clock_timestamp",
            "statement_timestamp",
            "transaction_timestamp",
            "timeofday",
            "date_trunc",
            "date_part",
            "extract",
            "age",
            "to_timestamp",
        ),
        _CLOCK,
    ),
    **dict.fromkeys(("random", "setseed", "gen_random_uuid"), _RANDOM),
    **dict.fromkeys(("current_database", "current_setting", "version", "pg_backend_pid"), _SERVER),
    **dict.fromkeys(("concat", "concat_ws"), _NULLS),
    **dict.fromkeys(
        (
            "sqrt",
            "cbrt",
            "power",
            "pow",
            "exp",
            "ln",
            "log",
            "sin",
            "cos",
            "tan",
            "atan",
            "pi",
            "degrees",
            "radians",
        ),
        _FLOATS,
    ),
    **dict.fromkeys(
        ("ceil", "ceiling", "floor", "round", "trunc"), "write CAST(a AS NUMERIC(p, s)): it rounds"
    ),
    **dict.fromkeys(("div", "sign", "gcd", "lcm"), "write it with / and CASE"),
    **dict.fromkeys(
        (
            "trim",
            "btrim",
            "ltrim",
            "rtrim",
            "replace",
            "translate",
            "overlay",
            "left",
            "right",
            "lpad",
            "rpad",
            "repeat",
            "reverse",
            "initcap",
            "split_part",
            "starts_with",
            "format",
            "to_char",
            "to_number",
            "md5",
            "sha256",
            "encode",
            "decode",
            "chr",
            "ascii",
            "quote_ident",
            "get_byte",
            "set_byte",
            "regexp_replace",
            "regexp_match",
            "regexp_matches",
            "bit_length",
            "to_hex",
            "hashtext",
            "normalize",
        ),
        "do it in the reducer, or write substr and ||",
    ),
    **dict.fromkeys(
        (
            "row_number",
            "rank",
            "dense_rank",
            "lag",
            "lead",
            "first_value",
            "last_value",
            "ntile",
            "generate_series",
            "unnest",
            "array_length",
            "string_to_array",
        ),
        "write a subquery or a table",
    ),
    **dict.fromkeys(
        (
            "string_agg",
            "array_agg",
            "bool_and",
            "bool_or",
            "every",
            "json_agg",
            "jsonb_agg",
            "stddev",
            "variance",
            "bit_and",
            "bit_or",
            "any_value",
        ),
        "the aggregates are COUNT, SUM, MIN, MAX and AVG",
    ),
    **dict.fromkeys(
        ("int2", "int4", "int8", "bool", "text", "varchar", "bytea"), "write a cast: a::type"
    ),
    **dict.fromkeys(("nextval", "currval", "setval", "lastval"), "write an identity column"),
}
"""Functions that PostgreSQL has, with what to write instead."""


@dataclass(frozen=True, slots=True)
class Functions:
    """Calls of built-in functions in one statement."""

    operators: Operators

    def call(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        """Return the call ``node`` of bound ``arguments``.

        Raises `UndefinedFunction`, `FeatureNotSupported`.

        Spec: Q-49.
        """
        if node.form is CallForm.STAR or node.form is CallForm.DISTINCT:
            raise self._undefined(node, arguments)
        method = _METHODS.get((node.name.text, len(arguments)))
        if method is None:
            raise self._unknown(node, arguments)
        return method(self, node, arguments)

    def _unknown(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Exception:
        name = node.name.text
        if name in UNSUPPORTED_FUNCTIONS:
            return self.operators.coercion.context.source.unsupported(
                f"the function {name}", node.at, UNSUPPORTED_FUNCTIONS[name]
            )
        return self._undefined(node, arguments)

    def _undefined(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Exception:
        types = ", ".join(
            str(one.type) if isinstance(one, Term) else "unknown" for one in arguments
        )
        return self.operators.coercion.context.source.error(
            UndefinedFunction, f"there is no function {node.name.text}({types})", node.at
        )

    def _abs(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        term = arguments[0]
        if not isinstance(term, Term):
            raise self.operators.coercion.context.source.unsupported(
                "abs of what has no type, a float in PostgreSQL,", term.at, "write a cast"
            )
        if category(term.type) is not Category.NUMBER:
            raise self._undefined(node, arguments)
        return self._made(Builtin.ABS, [term], node)

    def _mod(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        if any(
            isinstance(one, Term) and category(one.type) is not Category.NUMBER for one in arguments
        ):
            raise self._undefined(node, arguments)
        return self.operators.arithmetic("%", arguments[0], arguments[1], node.at)

    def _length(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        term = self.operators.coercion.as_text(arguments[0])
        if term.type.kind is Kind.BYTEA and node.name.text == "length":
            return self._made(Builtin.OCTET_LENGTH, [term], node)
        return self._made(Builtin.LENGTH, [self._text(term, node, arguments)], node)

    def _encoded_length(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        raise self.operators.coercion.context.source.unsupported(
            f"length of {len(arguments)} arguments", node.at, "write length(a)"
        )

    def _octet_length(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        term = self.operators.coercion.as_text(arguments[0])
        if term.type.kind is not Kind.BYTEA:
            term = self._text(term, node, arguments)
        return self._made(Builtin.OCTET_LENGTH, [term], node)

    def _case(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        function = Builtin.LOWER if node.name.text == "lower" else Builtin.UPPER
        return self._made(function, [self._text(arguments[0], node, arguments)], node)

    def _substr(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        if node.form is CallForm.FOR_FROM:
            arguments = [arguments[0], arguments[2], arguments[1]]
        self._check_form(node, arguments)
        first = self.operators.coercion.as_text(arguments[0])
        if first.type.kind is Kind.BYTEA:
            raise self.operators.coercion.context.source.unsupported("substr of BYTEA", node.at)
        text = self._text(first, node, arguments)
        numbers = [self._integer(one, node, arguments) for one in arguments[1:]]
        if node.form is CallForm.FOR:
            one = self.operators.coercion.resolve(UntypedLiteral(at=node.at, value="1"), INTEGER)
            numbers.insert(0, one)
        return self._made(Builtin.SUBSTR, [text, *numbers], node)

    def _check_form(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> None:
        """Refuse ``substring(a, b)`` where PostgreSQL takes b for a pattern."""
        second = arguments[1]
        is_pattern = isinstance(second, Term) and second.type.is_text
        if is_pattern or (
            isinstance(second, UntypedLiteral | UntypedParameter) and node.name.text == "substring"
        ):
            raise self.operators.coercion.context.source.unsupported(
                "substring with a regular expression", second.at, "write a number, with a cast"
            )

    def _strpos(self, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        terms = [self.operators.coercion.as_text(one) for one in arguments]
        if any(term.type.kind is Kind.BYTEA for term in terms) and node.name.text == "position":
            raise self.operators.coercion.context.source.unsupported("position in BYTEA", node.at)
        texts = [self._text(one, node, arguments) for one in terms]
        if node.name.text == "position":
            if node.form is not CallForm.IN:
                raise self.operators.coercion.context.source.syntax_error(node.at)
            texts.reverse()
        return self._made(Builtin.STRPOS, texts, node)

    def _text(self, term: AnyTerm, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        found = self.operators.coercion.as_text(term)
        if not found.type.is_text:
            raise self._undefined(node, arguments)
        return found

    def _integer(self, term: AnyTerm, node: FunctionCall, arguments: Sequence[AnyTerm]) -> Term:
        found = self.operators.integer(term)
        if found.type.kind is not Kind.INTEGER:
            raise self._undefined(node, arguments)
        return found

    def _made(self, function: Builtin, parts: Sequence[Term], node: FunctionCall) -> Term:
        type_ = _TYPES.get(function, parts[0].type)
        exprs = tuple(part.expr for part in parts)
        return self.operators.make(
            Call(function=function, arguments=exprs, type=type_), node.at, parts
        )


_TYPES: Final = {
    Builtin.LENGTH: INTEGER,
    Builtin.OCTET_LENGTH: INTEGER,
    Builtin.STRPOS: INTEGER,
    Builtin.LOWER: TEXT,
    Builtin.UPPER: TEXT,
    Builtin.SUBSTR: TEXT,
}

_METHODS: Final[
    dict[tuple[str, int], Callable[[Functions, FunctionCall, Sequence[AnyTerm]], Term]]
] = {
    ("abs", 1): Functions._abs,
    ("mod", 2): Functions._mod,
    ("length", 1): Functions._length,
    ("length", 2): Functions._encoded_length,
    ("char_length", 1): Functions._length,
    ("character_length", 1): Functions._length,
    ("octet_length", 1): Functions._octet_length,
    ("lower", 1): Functions._case,
    ("upper", 1): Functions._case,
    ("substr", 2): Functions._substr,
    ("substr", 3): Functions._substr,
    ("substring", 2): Functions._substr,
    ("substring", 3): Functions._substr,
    ("strpos", 2): Functions._strpos,
    ("position", 2): Functions._strpos,
}
"""Functions by name and number of arguments."""
