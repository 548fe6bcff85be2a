"""What is being generated: a statement's functions, and the places that they use in the arena.

The arena is used from three sides. *Places* at its beginning are fixed when the statement is
compiled: buffers for keys and rows, texts of the statement, the result of one row. Behind them the
*heap* grows: what has to be kept. *Temporaries*, the texts that expressions make, grow down from
the arena's end and are given up with the row that they belong to.

Not here: what is written where (all other modules of this package).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlstore.compile.layout import aligned
from sqlstore.compile.operands import (
    ALWAYS,
    Operand,
    is_cheap,
    is_literal,
    is_name,
    is_place,
    operand_text,
    reads_memory,
    value_type,
)
from sqlstore.compile.writer import Exit, FunctionWriter
from sqlstore.errors import OutOfMemory, SqlError, sqlstate_number
from wasm_interp.opcodes import ValueType

if TYPE_CHECKING:
    from sqlstore.compile.records import RecordList
    from sqlstore.compile.variables import Variable
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation
    from sqlstore.plan.statements import Statement
    from sqlstore.schema import Schema

ARENA: Final = "arena"
ARENA_BYTES: Final = "arena_bytes"
HEAP: Final = "heap"
TOP: Final = "top"
RESERVED: Final = frozenset((ARENA, ARENA_BYTES, HEAP, TOP))
"""Names that mean the same in every function."""

RESULT_BYTES: Final = 8
"""The result's list is found through the first word of the arena. Spec: Q-73."""


class Unit:
    """A statement that is being compiled: its functions, places and constants."""

    def __init__(self, statement: Statement, schema: Schema) -> None:
        self.statement = statement
        self.schema = schema
        self.parameters: tuple[Operand, ...] = ()
        self.functions: list[str] = []
        self._helpers: dict[str, str] = {}
        self.places_bytes = RESULT_BYTES
        self._constants: dict[str, str] = {}
        self._texts: dict[bytes, int] = {}
        self._buffers: dict[tuple[str, int, int], int] = {}
        self._names: set[str] = set()

    def place(self, size: int) -> int:
        """Return a new place of ``size`` bytes, aligned to 8, as its distance from the arena."""
        at = self.places_bytes
        self.places_bytes = aligned(at + size)
        return at

    def buffer(self, purpose: str, source: int, size: int) -> int:
        """Return the place of ``size`` that ``source`` has for ``purpose``: always the same one."""
        if (purpose, source, size) not in self._buffers:
            self._buffers[purpose, source, size] = self.place(size)
        return self._buffers[purpose, source, size]

    def text_constant(self, data: bytes) -> int:
        """Return the place that has ``data`` during the whole call."""
        if data not in self._texts:
            self._texts[data] = self.place(len(data))
        return self._texts[data]

    def condition(self, cause: type[SqlError]) -> str:
        """Return the name of the constant that is the number of a SQLSTATE."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", cause.__name__).upper()
        self._constants[name] = f"{sqlstate_number(cause.sqlstate)}  # {cause.sqlstate}"
        return name

    def constant(self, name: str, value: str) -> str:
        """Return the name of a constant, which is declared with the text ``value``."""
        self._constants[name] = value
        return name

    def function_name(self, base: str) -> str:
        """Return a new name for a helper function."""
        number = 1
        name = base
        while name in self._names:
            number += 1
            name = f"{base}_{number}"
        self._names.add(name)
        return name

    def helper(self, base: str, template: str) -> str:
        """Return the name of the function that ``template`` is, which there is once."""
        if base not in self._helpers:
            self._helpers[base] = self.function_name(base)
            self.functions.append(template.format(name=self._helpers[base]))
        return self._helpers[base]

    def constants(self) -> Iterator[str]:
        """Yield the declarations that the functions need."""
        for name, value in sorted(self._constants.items()):
            yield f"{name} = {value}"

    def text_stores(self) -> Iterator[str]:
        """Yield what writes the texts of the statement to their places."""
        for data, at in self._texts.items():
            for start in range(0, len(data), 8):
                word = int.from_bytes(data[start : start + 8], "little")
                # Of a comment every byte is ASCII that can be read, whatever the text has.
                note = ascii(data[start : start + 8])[2:-1]
                yield f"store64({ARENA}, {word:#x}, {at + start})  # {note}"


@dataclass(frozen=True, slots=True)
class StoredRow:
    """Where a row of a table lies as it is stored: texts of addresses and lengths."""

    key: str
    key_length: str
    row: str
    row_length: str


@dataclass(frozen=True, slots=True)
class _Recovery:
    """Where a failure leads after the first write, and the local that says what to return then."""

    result: str
    target: Exit


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a subquery that is run once: ``flag`` is a local that is 0 before that."""

    flag: str
    value: Variable | RecordList


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedRecord:
    """A record of a sort, when its turn comes: ``items`` is the sorted array of addresses."""

    items: str
    record: str


OnRow: TypeAlias = Callable[[], None]
"""Writes what is done with every row; while it does, the row's source is bound."""

Emit: TypeAlias = "Callable[[Code, Expr], Operand]"
Produce: TypeAlias = "Callable[[Code, Relation, OnRow], None]"


class Code:
    """One function while it is written.

    ``rows`` has the current row of each source: operands by column, None where all are NULL;
    ``stored`` where the rows of scans lie; ``targets`` are sources whose rows are going to be
    changed. ``written`` says that rows may have been written by now. ``first_columns`` says of a
    sort which columns its records begin with, ``sorted_records`` has its current one. ``setup`` are
    lines for the function's beginning.

    `emit` and `produce` are those of `expressions` and `relations`, given as ``emit_with`` and
    ``produce_with``: an expression may have subqueries, so the two depend on one another, and most
    modules of this package on both.
    """

    def __init__(
        self, unit: Unit, taken: frozenset[str], *, emit_with: Emit, produce_with: Produce
    ) -> None:
        self.unit = unit
        self._emit_with = emit_with
        self._produce_with = produce_with
        self.out = FunctionWriter(taken | RESERVED)
        self.rows: dict[int, Mapping[int, Operand] | None] = {}
        self.stored: dict[int, StoredRow] = {}
        self.targets: set[int] = set()
        self.first_columns: dict[int, tuple[int, ...]] = {}
        self.sorted_records: dict[int, SortedRecord] = {}
        self.answers: dict[Expr, Answer] = {}
        self.written = False
        self._recovery: _Recovery | None = None
        self.setup: list[str] = []
        self._buffers: dict[tuple[str, int, int], str] = {}
        self.uses_heap = False
        self.temporaries = 0
        self.allocations = 0
        self.permanent = 0

    def emit(self, expr: Expr) -> Operand:
        """Write the evaluation of ``expr``; return its value."""
        return self._emit_with(self, expr)

    def produce(self, relation: Relation, on_row: OnRow) -> None:
        """Write the rows of ``relation``, with what ``on_row`` writes for each."""
        self._produce_with(self, relation, on_row)

    # -- failing ----------------------------------------------------------------------------------

    def fail(self, cause: type[SqlError]) -> None:
        """Write what ends the statement with a SQLSTATE, all rows as they were before."""
        self._fail_with(f"-{self.unit.condition(cause)}")

    def fail_if(self, condition: str, cause: type[SqlError]) -> None:
        """Write what ends the statement if ``condition`` is not 0."""
        with self.out.block(f"if {condition}"):
            self.fail(cause)

    def check_call(self, call: str) -> None:
        """Write a call that returns 0, or the number of the SQLSTATE with which to fail."""
        error = self.out.local("error", call)
        with self.out.block(f"if {error}"):
            self._fail_with(f"0 - {error}")

    def _fail_with(self, result: str) -> None:
        if self._recovery is None:
            assert not self.written, "what can fail after a write must be undone"
            self.out.add(f"return {result}")
        else:
            self.out.assign(self._recovery.result, ValueType.I32, result)
            self.out.leave(self._recovery.target)

    @contextmanager
    def undoing(self, undo: Callable[[], None] | None) -> Iterator[None]:
        """Write what may fail after rows were written, and returns if it does not.

        If it fails, what ``undo`` writes is run. None: it cannot fail.

        Spec: Q-93.
        """
        self.written = True
        if undo is None:
            yield
        else:
            result = self.out.fresh("failure")
            target = self.out.exit_here()
            with self.out.loop("while True"):
                self._recovery = _Recovery(result, target)
                yield
                self._recovery = None
            self.written = False
            undo()
            self.out.add(f"return {result}")
        self.written = False

    def row(self, source: int) -> Mapping[int, Operand]:
        """Return the current row of a source that has one."""
        row = self.rows[source]
        assert row is not None, "only a left join binds a row that is not there"
        return row

    def scratch(self) -> str:
        """Return the address of eight bytes for what a function returns besides its result."""
        return f"{ARENA} + {self.unit.buffer('scratch', 0, 8)}"

    # -- operands ---------------------------------------------------------------------------------

    def pin(self, operand: Operand, base: str = "value") -> Operand:
        """Return ``operand`` with texts that may be written several times."""
        null = operand.null
        if null is not None and not is_cheap(null):
            null = self.out.local(f"{base}_null", null)
        value = operand.value
        # The sum of a number would have to be bracketed wherever it is written.
        at_hand = is_cheap(value) or (operand.type.is_bytes and is_place(value))
        if not operand.is_null and not at_hand:
            value = self.out.local(base, value, value_type(operand.type))
        length = operand.length
        if length and not is_cheap(length):
            length = self.out.local(f"{base}_length", length)
        return replace(operand, value=value, length=length, null=null)

    def keep(self, operand: Operand, base: str = "value") -> Operand:
        """Return ``operand`` in locals, whatever becomes of the memory that it was read from.

        Of a text only address and length are kept.
        """
        null = operand.null
        if null not in (None, ALWAYS):
            assert null is not None
            null = self.out.local(f"{base}_null", null)
        if operand.is_null or is_literal(operand.value):
            return replace(operand, null=null)
        value = self.out.local(base, operand.value, value_type(operand.type))
        length = operand.length
        if length and not is_literal(length):
            length = self.out.local(f"{base}_length", length)
        return replace(operand, value=value, length=length, null=null)

    def detached(self, operand: Operand, base: str) -> Operand:
        """Return a number in a form that memory which is going to be written does not change."""
        null = operand.null
        if null is not None and reads_memory(null):
            null = self.out.local(f"{base}_null", null)
        value = operand.value
        if reads_memory(value):
            value = self.out.local(base, value, value_type(operand.type))
        return replace(operand, value=value, null=null)

    def named(self, operand: Operand, base: str) -> Operand:
        """Return a number, not NULL, as a local or literal."""
        if is_literal(operand.value) or is_name(operand.value):
            return operand
        value = self.out.local(base, operand.value, value_type(operand.type))
        return replace(operand, value=value)

    @contextmanager
    def unless(self, null: str | None) -> Iterator[None]:
        """Write what follows under the condition that ``null`` is 0; None: under none."""
        if null is None:
            yield
            return
        with self.out.block(f"if not {operand_text(null)}"):
            yield

    # -- memory -----------------------------------------------------------------------------------

    def allocate(self, size: str, base: str = "at") -> str:
        """Write the allocation of ``size`` bytes, a multiple of 8, to be kept; return its local."""
        self.allocations += 1
        self.check_room(size)
        name = self.out.local(base, HEAP)
        self.out.durable.add(name)
        self.out.assign(HEAP, ValueType.I32, f"{HEAP} + {operand_text(size)}")
        return name

    def check_room(self, size: str) -> None:
        """Write the check that the heap can grow by ``size`` bytes."""
        self.uses_heap = True
        self.fail_if(f"gt_u({size}, {TOP} - {HEAP})", OutOfMemory)

    def temporary(self, size: str, base: str = "at") -> str:
        """Write the allocation of ``size`` bytes for as long as the current row lasts."""
        self.temporaries += 1
        self.check_room(size)
        self.out.assign(TOP, ValueType.I32, f"{TOP} - {operand_text(size)}")
        name = self.out.local(base, TOP)
        self.out.durable.add(name)
        return name

    def made_durable(self, operand: Operand) -> Operand:
        """Return a value that holds until the arena is used again: a text may have to be copied."""
        if not operand.type.is_bytes or operand.is_null or operand.length == "0":
            return operand
        return operand if self.is_durable(operand.value) else self.copied(operand)

    def is_durable(self, address: str) -> bool:
        """Return whether nothing is written any more to where a text lies."""
        return address in self.out.durable or (
            is_place(address) and address.startswith(f"{ARENA} + ")
        )

    def copied(self, operand: Operand) -> Operand:
        """Write a copy of a text into the heap; return that."""
        operand = self.pin(operand, "text")
        size = self.out.local("size", f"{operand.length} + 7 & -8")
        at = self.allocate(size, "copied")
        self.out.add(f"copy({at}, {operand.value}, {operand.length})")
        return replace(operand, value=at, zeroed=False)

    def buffer(self, purpose: str, source: int, size: int, name: str) -> str:
        """Return the local that has the address of a buffer of ``source``, always the same one.

        One of another size is another one.
        """
        if (purpose, source, size) not in self._buffers:
            at = self.unit.buffer(purpose, source, size)
            local = self.out.fresh(name, keep=True)
            self._buffers[purpose, source, size] = local
            self.setup.append(f"{local} = {ARENA} + {at}")
        return self._buffers[purpose, source, size]

    @contextmanager
    def once(self) -> Iterator[Callable[[], None]]:
        """Write what can be left before its end: by what the function given here writes."""
        target = self.out.exit_here()
        with self.out.loop("while True"):
            yield lambda: self.out.leave(target)
            self.out.add("break")

    @contextmanager
    def loop(self, head: str) -> Iterator[None]:
        """Write a loop over rows: with every row it gives up the temporaries of the one before."""
        mark = self.out.place()
        before = self.temporaries
        with self.out.loop(head):
            reset = self.out.place()
            with self.out.scope():
                yield
        if self.temporaries > before:
            # Its scope is closed, but what this sets before the loop is read in every round of it.
            name = self.out.fresh("row_top", keep=True)
            mark.text = f"{name} = {TOP}"
            reset.text = f"{TOP} = {name}"

    @contextmanager
    def released(self) -> Iterator[Callable[[], bool]]:
        """Give back what is allocated inside, unless some of it holds for the whole statement.

        Whether there is anything to give back is what the function given here returns.
        """
        mark = self.out.place()
        allocations, permanent = self.allocations, self.permanent
        name = self.out.fresh("heap_before", keep=True)

        def is_released() -> bool:
            return self.allocations > allocations and self.permanent == permanent

        yield is_released
        if is_released():
            mark.text = f"{name} = {HEAP}"
            self.out.assign(HEAP, ValueType.I32, name)

    def flag(self, base: str) -> str:
        """Return a local that is 0 until it is set."""
        name = self.out.fresh(base, keep=True)
        self.setup.append(f"{name} = 0")
        return name
