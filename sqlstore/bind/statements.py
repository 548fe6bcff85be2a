"""queries.sql and schema.sql: files to statements, read and bound one by one.

Spec: docs/spec/sql.md, Q-10, Q-30 to Q-35. Not here: how queries.sql is cut into statements
(`sqlstore.bind.named_texts`), and the parts (`sqlstore.bind.parse.statement_reader`,
`sqlstore.bind.queries`, `sqlstore.bind.writes`, `sqlstore.bind.ddl`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.bind.bound import OutputColumn
from sqlstore.bind.coercion import Coercion
from sqlstore.bind.context import Context
from sqlstore.bind.ddl import SchemaBuilder
from sqlstore.bind.named_texts import SCAN_MAX, NamedText, named_texts, split
from sqlstore.bind.parameters import VALUES_MAX, Parameters
from sqlstore.bind.parse import render, render_schema, syntax
from sqlstore.bind.parse.faithful import check_faithful
from sqlstore.bind.parse.grammar import parse
from sqlstore.bind.parse.keywords import CREATE_CLAUSES, STATEMENTS
from sqlstore.bind.parse.lexer import Lexeme, LexemeKind, check_limits, lex
from sqlstore.bind.parse.nodes import Nodes
from sqlstore.bind.parse.schema_reader import SchemaReader
from sqlstore.bind.parse.source import Source
from sqlstore.bind.parse.statement_reader import StatementReader
from sqlstore.bind.queries import QueryBinder
from sqlstore.bind.terms import Term
from sqlstore.bind.writes import bind_write
from sqlstore.errors import (
    DuplicateObject,
    ProgramLimitExceeded,
    SqlError,
    UndefinedParameter,
)
from sqlstore.names import snake_case
from sqlstore.plan.nullability import is_nullable
from sqlstore.plan.statements import Body, Command, Output, Parameter, Select, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.schema import Schema

_QUERY_STARTS: Final = ("select", "with", "values", "insert", "update", "delete")


def read_schema(text: str, *, file: str = "schema.sql") -> Schema:
    """Return the schema that ``text`` declares.

    Raises `SqlError` with the place of what is wrong.

    Spec: Q-10 to Q-16.
    """
    source = Source(file, text)
    builder = SchemaBuilder(source)
    for lexemes in split(lex(source).lexemes):
        builder.add(_read_schema_statement(source, lexemes))
    return builder.finish()


def read_queries(text: str, schema: Schema, *, file: str = "queries.sql") -> tuple[Statement, ...]:
    """Return the statements of ``text``, bound and not planned.

    Raises `SqlError` with the place of what is wrong.

    Spec: Q-30 to Q-33.
    """
    source = Source(file, text)
    taken: dict[str, str] = {}
    statements: list[Statement] = []
    for named in named_texts(source):
        name = snake_case(named.name)
        if name in taken:
            reason = f"there is a statement {taken[name]} already"
            raise source.error(DuplicateObject, reason, named.at)
        taken[name] = named.name
        statements.append(_statement(source, named, schema))
    return tuple(statements)


def read_script(text: str, schema: Schema, *, file: str = "genesis.sql") -> tuple[Statement, ...]:
    """Return the INSERT, UPDATE and DELETE statements of ``text``, bound and not planned.

    They have no names, no parameters and no results; a scan has at most 65,535 rows.

    Raises `SqlError` with the place of what is wrong.

    Spec: Q-34.
    """
    source = Source(file, text)
    return tuple(_script_statement(source, part, schema) for part in split(lex(source).lexemes))


# --- schema.sql


def _read_schema_statement(source: Source, lexemes: tuple[Lexeme, ...]) -> syntax.SchemaStatement:
    first = lexemes[0]
    if not first.is_word("create"):
        raise _no_statement(source, first, "CREATE TABLE or CREATE INDEX")
    if len(lexemes) > 1 and not lexemes[1].is_word("table", "index", "unique"):
        if lexemes[1].kind is not LexemeKind.WORD:
            raise source.syntax_error(lexemes[1].start)
        raise source.unsupported(
            f"CREATE {lexemes[1].value.upper()}",
            first.start,
            "a schema has CREATE TABLE and CREATE [UNIQUE] INDEX",
        )
    check_limits(source, lexemes)
    _refuse_clauses(source, lexemes)
    tree = SchemaReader(Nodes(source, lexemes)).statement(parse(source, lexemes))
    check_faithful(source, lexemes, render_schema.schema_statement(tree))
    return tree


def _refuse_clauses(source: Source, lexemes: tuple[Lexeme, ...]) -> None:
    """Refuse what PostgreSQL takes in a table's list, and behind it, and we do not."""
    depth = 0
    for before, lexeme, behind in zip(lexemes, lexemes[1:], [*lexemes[2:], None], strict=False):
        depth += before.is_symbol("(") - before.is_symbol(")")
        opens = behind is not None and (behind.is_symbol("(") or behind.is_word("using"))
        if depth == 0:
            refused = lexeme.is_word("as") or (
                before.is_symbol(")") and lexeme.is_word(*CREATE_CLAUSES)
            )
        elif before.is_symbol("(", ","):
            refused = lexeme.is_word("like") or (lexeme.is_word("exclude") and opens)
        else:
            refused = before.is_word("as") and lexeme.is_word("identity") and opens
            refused |= before.is_word("always") and lexeme.is_word("as") and opens
        if refused:
            raise source.unsupported(
                f"{lexeme.value.upper()} at this place",
                lexeme.start,
                "write columns and constraints, without options",
            )


def _no_statement(source: Source, first: Lexeme, wanted: str) -> SqlError:
    if first.is_word(*STATEMENTS):
        return source.unsupported(first.value.upper(), first.start, f"write {wanted}")
    return source.syntax_error(first.start)


# --- scripts


def _script_statement(source: Source, lexemes: tuple[Lexeme, ...], schema: Schema) -> Statement:
    first = lexemes[0]
    if first.is_word("select", "with", "values") or first.is_symbol("("):
        raise source.syntax_error(first.start, "a script has INSERT, UPDATE and DELETE only")
    for lexeme in lexemes:
        if lexeme.kind is LexemeKind.PARAMETER or lexeme.is_word("sqlc"):
            raise source.error(UndefinedParameter, "a script has no parameters", lexeme.start)
        if lexeme.is_word("returning"):
            raise source.syntax_error(lexeme.start, "a script has nobody to return rows to")
    named = NamedText(
        name="script",
        command=Command.EXECROWS,
        scan_max=SCAN_MAX,
        lexemes=lexemes,
        at=first.start,
    )
    return _statement(source, named, schema)


# --- statements


def _statement(source: Source, named: NamedText, schema: Schema) -> Statement:
    tree = _read_statement(source, named.lexemes)
    context = Context(source, schema.by_name, Parameters(source))
    body, columns, failure = _bind(context, tree)
    parameters = context.parameters.finish()
    _check_command(source, named, columns)
    _check_values(source, named, parameters)
    if failure is not None:
        raise failure
    return Statement(
        name=named.name,
        command=named.command,
        parameters=parameters,
        columns=tuple(_output(column) for column in columns),
        body=body,
        text=source.text[named.lexemes[0].start : named.lexemes[-1].end],
        sources=context.sources,
        scan_max=named.scan_max,
        place=source.place(named.at),
    )


def _read_statement(source: Source, lexemes: tuple[Lexeme, ...]) -> syntax.StatementSyntax:
    first = lexemes[0]
    if not first.is_word(*_QUERY_STARTS) and not first.is_symbol("("):
        raise _no_statement(source, first, "SELECT, INSERT, UPDATE or DELETE")
    check_limits(source, lexemes)
    tree = StatementReader(Nodes(source, lexemes)).statement(parse(source, lexemes))
    check_faithful(source, lexemes, render.statement(tree))
    return tree


def _bind(
    context: Context, tree: syntax.StatementSyntax
) -> tuple[Body, tuple[OutputColumn, ...], SqlError | None]:
    queries = QueryBinder(context)
    if not isinstance(tree, syntax.Query):
        write = bind_write(queries, tree)
        return write.body, write.columns, write.failure
    bound = queries.bind(tree, None)
    columns = tuple(
        OutputColumn(one.name, Coercion(context).as_text(one.term)) for one in bound.columns
    )
    if not columns:
        raise context.source.unsupported("a result without columns", tree.at)
    outputs = tuple(one.term.expr for one in columns if isinstance(one.term, Term))
    return Select(relation=bound.relation, outputs=outputs), columns, bound.all_failure


def _check_command(source: Source, named: NamedText, columns: Sequence[OutputColumn]) -> None:
    """Refuse a command that does not fit what the statement gives."""
    wants_rows = named.command in (Command.ONE, Command.MANY)
    if wants_rows and not columns:
        raise source.syntax_error(
            named.at, f"{named.name} gives no rows: write :exec, :execrows, or RETURNING"
        )
    if columns and not wants_rows:
        raise source.syntax_error(
            named.at, f"{named.name} gives rows: write :one or :many, or leave RETURNING out"
        )


def _check_values(source: Source, named: NamedText, parameters: Sequence[Parameter]) -> None:
    """Refuse parameters that are more values than a function takes, the arena's two included."""
    values = sum(1 + one.type.is_bytes + one.nullable for one in parameters)
    if values > VALUES_MAX:
        raise source.error(
            ProgramLimitExceeded,
            f"the parameters of {named.name} are {values} WebAssembly values, "
            f"more than {VALUES_MAX}",
            named.at,
            "a text or byte string is two values, and what may be NULL is one more",
        )


def _output(column: OutputColumn) -> Output:
    assert isinstance(column.term, Term), "outputs have types"
    expr = column.term.expr
    return Output(name=column.name, type=expr.type, nullable=is_nullable(expr))
