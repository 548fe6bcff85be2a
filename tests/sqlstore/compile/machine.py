"""Compiled statements in the machine, seen as the executor shows what it does.

`compiled` makes a program of a planned statement, `called` calls it and decodes what it leaves, and
`agrees` holds it to the executor: result, rows and every row operation.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from merkle.ordered_map import OrderedMap
from sqlstore.compile import Field, compile_statement, function_name, layout, signature
from sqlstore.compile.runtime import runtime_sources
from sqlstore.errors import sqlstate_text
from sqlstore.execute import (
    Delete,
    Failed,
    Get,
    Operation,
    Put,
    Seek,
    SeekBack,
    attempt,
)
from sqlstore.plan.nullability import is_nullable
from sqlstore.plan.statements import Command, Output, Parameter, Select, Statement
from sqlstore.schema import Schema
from sqlstore.types import Kind, Value
from sqlstore.wasm import Source, compile_program
from sqlstore.wasm.append import append_functions
from wasm_interp import Program, load
from wasm_interp.encode import encode
from wasm_interp.machine import Tier
from wasm_interp.module import Export, ExternKind, Limits, Module
from wasm_interp.state import Status

PAGES = 8
TEXTS = 0x100
"""Where arguments lie that are texts."""
ARENA = 0x20000 - 8
"""Across a page's border; aligned to 8."""
ARENA_BYTES = 0x40000
GUARD = 0xA5
"""What memory outside of the arena is filled with: it must not change."""

T = TypeVar("T")


class RecordedRows(OrderedMap):
    """An ordered map that notes what is asked of it."""

    __slots__ = ("log",)

    log: list[Operation]

    @classmethod
    def of(cls, rows: OrderedMap, log: list[Operation]) -> RecordedRows:
        recorded = cls(rows._node, rows._count)
        object.__setattr__(recorded, "log", log)
        return recorded

    def get(self, key: bytes) -> bytes | None:
        found = OrderedMap.get(self, key)
        self.log.append(Get(key, found))
        return found

    def put(self, key: bytes, value: bytes) -> RecordedRows:
        self.log.append(Put(key, value))
        return self.of(OrderedMap.put(self, key, value), self.log)

    def delete(self, key: bytes) -> RecordedRows:
        self.log.append(Delete(key))
        return self.of(OrderedMap.delete(self, key), self.log)

    def seek(self, key: bytes, strict: bool = False) -> bytes | None:
        found = OrderedMap.seek(self, key, strict)
        self.log.append(Seek(key=key, strict=strict, found=found))
        return found

    def seek_back(self, key: bytes, strict: bool = False) -> bytes | None:
        found = OrderedMap.seek_back(self, key, strict)
        self.log.append(SeekBack(key=key, strict=strict, found=found))
        return found

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, bytes)
        return OrderedMap.get(self, key) is not None

    def __eq__(self, other: object) -> bool:
        return OrderedMap.__eq__(self, other)

    def __hash__(self) -> int:
        return OrderedMap.__hash__(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a call did: ``sqlstate`` None is success."""

    sqlstate: str | None
    count: int
    outputs: tuple[tuple[Value, ...], ...]
    operations: tuple[Operation, ...]
    rows: OrderedMap
    steps: int
    fuel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A statement as a program."""

    statement: Statement
    schema: Schema
    text: str
    program: Program


def with_columns(statement: Statement) -> Statement:
    """Return a statement made by hand with the columns that the binder would give it."""
    body = statement.body
    outputs = body.outputs if isinstance(body, Select) else body.returning
    if statement.columns or statement.command in (Command.EXEC, Command.EXECROWS):
        return statement
    columns = tuple(
        Output(name=f"c{at}", type=one.type, nullable=is_nullable(one))
        for at, one in enumerate(outputs)
    )
    return replace(statement, columns=columns)


def compiled(statement: Statement, schema: Schema) -> Compiled:
    """Compile a planned statement and link it with the runtime."""
    (only,) = compiled_together([statement], schema)
    return only


def compiled_together(statements: Sequence[Statement], schema: Schema) -> tuple[Compiled, ...]:
    """Compile planned statements to one program, which is loaded once."""
    statements = [with_columns(statement) for statement in statements]
    texts = [compile_statement(statement, schema) for statement in statements]
    names = [function_name(statement) for statement in statements]
    sources = [
        Source(name=f"test {at}", text=text, roots=(name,))
        for at, (text, name) in enumerate(zip(texts, names, strict=True))
    ]
    code = compile_program(sources, library=runtime_sources())
    module = append_functions(Module(memories=(Limits(PAGES, PAGES),)), code, {})
    first = len(module.imported(ExternKind.FUNCTION))
    places = {one.name: at for at, one in reversed(list(enumerate(code.functions)))}
    exports = tuple(
        Export(name=name, kind=ExternKind.FUNCTION, index=first + places[name], offset=-1)
        for name in names
    )
    program = load(encode(replace(module, exports=exports)), reducer=False)
    for statement, name in zip(statements, names, strict=True):
        kinds = [kind.text for kind in program.exports[name].type.params[2:]]
        expected = ["i64" if wide else "i32" for wide in signature(statement.parameters)]
        assert kinds == expected, "the function has the parameters of Q-71"
    return tuple(
        Compiled(statement=statement, schema=schema, text=text, program=program)
        for statement, text in zip(statements, texts, strict=True)
    )


def called(
    it: Compiled,
    rows: OrderedMap,
    arguments: Sequence[Value] = (),
    *,
    arena_bytes: int = ARENA_BYTES,
    tier: Tier = Tier.COMPILED,
    decoded: bool = True,
) -> Called:
    """Call the statement; its result need not be ``decoded`` if it may be of no row's values."""
    passed, texts = _passed(it.statement.parameters, arguments)
    log: list[Operation] = []
    m = it.program.call(
        function_name(it.statement), [ARENA, arena_bytes, *passed], rows=RecordedRows.of(rows, log)
    )
    m.memory[:] = bytes([GUARD]) * len(m.memory)
    m.memory[TEXTS : TEXTS + len(texts)] = texts
    before = bytes(m.memory)
    fuel = m.fuel
    m.run(tier=tier)
    assert m.status is Status.HALTED, f"{m!r}\n{it.text}"
    memory = bytes(m.memory)
    end = ARENA + arena_bytes
    assert memory[:ARENA] == before[:ARENA], "nothing is written before the arena"
    assert memory[end:] == before[end:], "nothing is written behind the arena"
    result = m.result - 2**32 if m.result >= 2**31 else m.result
    failed = result < 0
    return Called(
        sqlstate=sqlstate_text(-result) if failed else None,
        count=0 if failed else result,
        outputs=() if failed or not decoded else _outputs(it.statement, memory, result),
        operations=tuple(log),
        rows=m.rows,
        steps=m.steps,
        fuel=fuel - m.fuel,
    )


def _passed(parameters: Sequence[Parameter], arguments: Sequence[Value]) -> tuple[list[int], bytes]:
    passed: list[int] = []
    texts = b""
    for parameter, value in zip(parameters, arguments, strict=True):
        match value:
            case None:
                # What is not looked at may be anything.
                passed += [0x7FFF_FFFF, 0x7FFF_FFFF] if parameter.type.is_bytes else [2]
            case int():
                passed.append(3 * value if value is True else int(value))
            case str() | bytes():
                data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
                passed += [TEXTS + len(texts), len(data)]
                texts += data
        if parameter.nullable:
            passed.append(7 if value is None else 0)
    return passed, texts


def _outputs(statement: Statement, memory: bytes, count: int) -> tuple[tuple[Value, ...], ...]:
    if statement.command not in (Command.ONE, Command.MANY) or not count:
        return ()
    (items,) = struct.unpack_from("<I", memory, ARENA)
    rows = struct.unpack_from(f"<{count}I", memory, items)
    return tuple(_row(statement, memory, at) for at in rows)


def _row(statement: Statement, memory: bytes, at: int) -> tuple[Value, ...]:
    assert at % 8 == 0, "rows are aligned"
    fields = layout(statement.columns).fields
    return tuple(
        _value(memory, at, column, field)
        for column, field in zip(statement.columns, fields, strict=True)
    )


def _value(memory: bytes, at: int, column: Output, field: Field) -> Value:
    def read(form: str, place: int) -> int:
        (found,) = struct.unpack_from(form, memory, at + place)
        assert isinstance(found, int)
        return found

    number = read("<q" if column.type.is_wide else "<i", field.value)
    size = 0 if field.length is None else read("<I", field.length)
    if field.null is not None:
        flag = read("<I", field.null)
        assert flag in (0, 1)
        if flag:
            assert number == 0
            assert size == 0
            return None
    if field.length is None:
        return bool(number) if column.type.kind is Kind.BOOLEAN else number
    # A reducer may use its arguments' buffers again while it looks at the row (Q-73).
    assert not size or number >= ARENA, "a result has no text outside of the arena"
    data = memory[number : number + size]
    return data.decode() if column.type.is_text else data


def agrees(
    statement: Statement,
    schema: Schema,
    rows: OrderedMap,
    arguments: Sequence[Value] = (),
    *,
    tier: Tier = Tier.COMPILED,
) -> Called:
    """Call the compiled statement, and check that the executor does the same."""
    it = compiled(statement, schema)
    return agrees_compiled(it, rows, arguments, tier=tier)


def agrees_compiled(
    it: Compiled,
    rows: OrderedMap,
    arguments: Sequence[Value] = (),
    *,
    tier: Tier = Tier.COMPILED,
) -> Called:
    """Call ``it``, and check that the executor does the same."""
    expected = attempt(it.statement, it.schema, rows, arguments)
    call = called(it, rows, arguments, tier=tier)
    _same("operations", call.operations, expected.operations, it)
    if isinstance(expected, Failed):
        _same("SQLSTATE", call.sqlstate, expected.error.sqlstate, it)
        _same("rows", call.rows, rows, it)
    else:
        _same("SQLSTATE", call.sqlstate, None, it)
        _same("outputs", call.outputs, expected.outputs, it)
        _same("count", call.count, expected.count, it)
        _same("rows", call.rows, expected.rows, it)
    return call


def _same(what: str, found: T, expected: T, it: Compiled) -> None:
    assert found == expected, f"{what}: {found} is not {expected}\n{it.text}"
