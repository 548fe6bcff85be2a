"""Statements: the text of a function for each, with its helpers.

Not here: the language of the text (`sqlstore.wasm`), what the parts mean (all other modules).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from sqlstore.compile import parameters
from sqlstore.compile.code import ARENA, ARENA_BYTES, HEAP, TOP, Code, Unit
from sqlstore.compile.expressions import emit
from sqlstore.compile.insert import insert
from sqlstore.compile.modify import modify
from sqlstore.compile.relations import produce
from sqlstore.compile.select import select
from sqlstore.compile.writer import Line, identifier
from sqlstore.errors import OutOfMemory
from sqlstore.names import snake_case
from sqlstore.plan.statements import Delete, Insert, Select, Statement, Update

if TYPE_CHECKING:
    from sqlstore.schema import Schema


def compile_statement(statement: Statement, schema: Schema) -> str:
    """Return the text of a planned statement in the language of `sqlstore.wasm`.

    The function of the statement comes first; its name is `function_name`.
    Raises `ProgramLimitExceeded` for a statement whose program is too large.

    Spec: Q-70 to Q-74.
    """
    unit = Unit(statement, schema)
    name = unit.function_name(function_name(statement))
    declared = parameters.declare(statement.parameters)
    unit.parameters = declared.operands
    taken = frozenset(name for name, _ in declared.names)
    code = Code(unit, taken, emit_with=emit, produce_with=produce)
    parameters.check(code, declared.operands)
    begin = len(code.out.lines)
    _body(code, statement)
    code.out.check_locals()
    code.out.lines[begin:begin] = [Line(1, text) for text in _beginning(code)]
    signature = ", ".join(
        (
            f"{ARENA}: i32",
            f"{ARENA_BYTES}: i32",
            *(f"{one}: {kind.text}" for one, kind in declared.names),
        )
    )
    head = f"def {name}({signature}) -> i32:"
    main = "\n".join((*_comment(statement), head, *_rendered(code.out.lines))) + "\n"
    constants = "".join(f"{line}\n" for line in unit.constants())
    return "\n\n".join((constants, main, *unit.functions))


def function_name(statement: Statement) -> str:
    """Return the name that the function of a statement has in its text.

    Spec: Q-70.
    """
    return identifier(snake_case(statement.name))


def _body(code: Code, statement: Statement) -> None:
    body = statement.body
    match body:
        case Select():
            select(code, body)
        case Insert():
            insert(code, body)
        case Update() | Delete():
            modify(code, body)
        case _:
            assert_never(body)


def _beginning(code: Code) -> list[str]:
    """Return what is done first, when the parameters are checked."""
    unit = code.unit
    size = unit.places_bytes
    lines = [
        f"if lt_u({ARENA_BYTES}, {size}):",
        f"    return -{unit.condition(OutOfMemory)}",
        *unit.text_stores(),
        *code.setup,
    ]
    if code.uses_heap:
        lines += [f"{HEAP} = {ARENA} + {size}", f"{TOP} = {ARENA} + {ARENA_BYTES}"]
    return lines


def _rendered(lines: list[Line]) -> list[str]:
    return [f"{'    ' * line.depth}{line.text}" for line in lines if line.text is not None]


def _comment(statement: Statement) -> list[str]:
    """Return the statement's text as comments."""
    return [f"# {line}".rstrip() for line in statement.text.strip().splitlines()]
