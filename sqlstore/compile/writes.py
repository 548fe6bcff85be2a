"""What INSERT, UPDATE and DELETE have in common: how changes are carried out, one or several.

A statement that changes one row at most makes its change in the middle of the search for it, and
returns there. Others keep what they have found as records, and go over these: to check and write
row after row, then to check foreign keys, and, if something fails, to undo.

Spec: docs/spec/sql.md, Q-60, Q-61, Q-93. Mirror: `sqlstore.execute.writes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from sqlstore.compile.changes import Change, ChangeKind, Entry, undo, write
from sqlstore.compile.constraints import check_foreign_keys, foreign_keys_matter
from sqlstore.compile.purity import is_total
from sqlstore.compile.rows import stored_columns
from sqlstore.compile.select import Returned, write_single
from sqlstore.compile.text import Machine
from sqlstore.plan.statements import Command
from sqlstore.plan.walk import columns_of

if TYPE_CHECKING:
    from sqlstore.compile.code import Code
    from sqlstore.compile.operands import Operand
    from sqlstore.compile.records import RecordList
    from sqlstore.plan.expressions import Expr

CarryOut: TypeAlias = Callable[[Change, Mapping[int, Entry]], None]
"""Writes a change that has been checked; nothing follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """RETURNING: its expressions, and the source that the row is there."""

    source: int
    expressions: tuple[Expr, ...]


# -- one change --------------------------------------------------------------------------------


def carry_out_single(
    code: Code,
    change: Change,
    entries: Mapping[int, Entry],
    *,
    returning: Returning,
    save: Callable[[], None],
) -> None:
    """Write the only change of a statement, up to the statement's end.

    ``save`` writes what is left to do when all went well.
    """
    command = code.unit.statement.command
    if returning.expressions:
        code.rows[returning.source] = _returned_columns(code, change, returning)
    if command in (Command.ONE, Command.MANY):
        write_single(code, returning.expressions)
    else:
        evaluate(code, returning.expressions)
    can_fail = foreign_keys_matter(code, change.kind)
    with code.undoing(partial(undo, code, change) if can_fail else None):
        write(code, change, entries)
        check_foreign_keys(code, change)
        save()
        code.text.add(f"return {0 if command is Command.EXEC else 1}")


def evaluate(code: Code, expressions: Sequence[Expr]) -> None:
    """Write the evaluation of what nobody is going to see."""
    from sqlstore.compile.relations import computed

    computed(code, tuple(expr for expr in expressions if not is_total(expr)), "unseen")


def _returned_columns(code: Code, change: Change, returning: Returning) -> Mapping[int, Operand]:
    """Return the columns that RETURNING sees: texts as the row has them in its buffer."""
    row = change.new or change.old
    assert row is not None, "a change has a row"
    used = {at for expr in returning.expressions for _, at in columns_of(expr)}
    texts = [at for at in used & set(change.table.stored) if change.table.columns[at].type.is_bytes]
    return {**row.columns, **stored_columns(code, change.table, row.stored.row, texts)}


# -- several changes ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A statement that may change several rows.

    ``found`` are records of what is to be done; ``each`` writes that for one, and calls what it is
    given for a change that has been checked. ``made``
    are records of changes: those found, if each of them is one; else ``keep`` writes them.
    ``changes`` writes what is done with every change that a record of ``made`` may be; ``save``
    what is left to do when all went well.
    """

    code: Code
    kinds: tuple[ChangeKind, ...]
    returning: Returning
    found: RecordList
    each: Callable[[str, CarryOut], None]
    made: RecordList
    changes: Callable[[str, Callable[[Change], None]], None]
    keep: Callable[[Change], None] | None
    save: Callable[[], None]


def carry_out_several(several: Several) -> None:
    """Write the changes of a statement, up to the statement's end.

    Spec: Q-60, Q-93.
    """
    code, text = several.code, several.code.text
    several.found.close()
    done = text.local("done", "0")
    with code.undoing(lambda: _undo_all(several, done)):
        returned = Returned(code)

        def carry_out(change: Change, entries: Mapping[int, Entry]) -> None:
            row = change.new or change.old
            assert row is not None, "a change has a row"
            code.rows[several.returning.source] = row.columns
            returned.add(several.returning.expressions)
            if several.keep is not None:
                several.keep(change)
            write(code, change, entries)
            text.assign(done, Machine.I32, f"{done} + 1")

        with several.found.each() as record:
            several.each(record, carry_out)
        if any(foreign_keys_matter(code, kind) for kind in several.kinds):
            if several.keep is not None:
                several.made.close()
            with several.made.each() as record:
                several.changes(record, lambda change: check_foreign_keys(code, change))
        result = returned.finish()
        several.save()
        text.add(f"return {result}")


def _undo_all(several: Several, done: str) -> None:
    """Write the undoing of the changes that were made: their records are turned around first."""
    code, text = several.code, several.code.text
    before = text.local("before", "0")
    record = text.local("record", several.made.first)
    with text.loop(f"while {done}"):
        text.assign(done, Machine.I32, f"{done} - 1")
        after = text.local("after", f"load32({record})")
        text.add(f"store32({record}, {before})")
        text.assign(before, Machine.I32, record)
        text.assign(record, Machine.I32, after)
    with text.loop(f"while {before}"):
        several.changes(before, lambda change: undo(code, change))
        text.assign(before, Machine.I32, f"load32({before})")
