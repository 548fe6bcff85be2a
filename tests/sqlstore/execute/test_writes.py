"""INSERT, UPDATE and DELETE: their operations one by one, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from merkle.ordered_map import OrderedMap
from sqlstore.errors import (
    CardinalityViolation,
    CheckViolation,
    CorruptedData,
    DivisionByZero,
    NotNullViolation,
    ProgramLimitExceeded,
    SequenceGeneratorLimitExceeded,
    SqlError,
    UniqueViolation,
)
from sqlstore.execute import Delete, Get, Put, Seek
from sqlstore.keys import encode_columns, encode_sequence, sequence_key
from sqlstore.plan.expressions import Arithmetic, Exists, Operator
from sqlstore.plan.relations import Values
from sqlstore.plan.statements import Assignment
from sqlstore.rows import SqlRow, StoredRow, stored_row
from sqlstore.schema import Key
from sqlstore.types import INTEGER, SMALLINT
from tests.sqlstore.execute.plans import (
    EXISTING,
    OLD,
    PLAYERS,
    PROPOSED,
    ROW,
    by_id,
    column,
    compare,
    contents,
    delete,
    failure,
    insert,
    number,
    on_conflict,
    run,
    scan,
    stored,
    text,
    update,
    words,
    written,
)

PRIMARY = Key(None)
NAME, RANK = (Key(index) for index in PLAYERS.indexes)
EMPTY = OrderedMap()
ANN: SqlRow = (1, "ann", 5)
BOB: SqlRow = (2, "bob", None)
MAP = stored({"players": [ANN, BOB], "units": [(1, "ann", 7), (4, None, 9)]})


def player(*row: object) -> StoredRow:
    at, name, rank = row
    assert isinstance(at, int) and isinstance(name, str)  # noqa: PT018
    assert rank is None or isinstance(rank, int)
    return stored_row(PLAYERS, (at, name, rank))


def lookups(row: StoredRow) -> list[Get | Seek]:
    """What is read before a player of other keys than all others is inserted."""
    name, rank = (
        bytes([1, index.number])
        + encode_columns((PLAYERS.columns[at], row.row[at]) for at in index.columns)
        for index in PLAYERS.indexes
    )
    return [
        Get(row.key, None),
        Seek(key=name, strict=False, found=None),
        *([] if row.row[2] is None else [Seek(key=rank, strict=False, found=None)]),
    ]


def puts(row: StoredRow) -> list[Put]:
    return [Put(row.key, row.value), *(Put(entry, b"") for entry in row.entries)]


# -- INSERT


def test_a_row_is_looked_for_by_all_its_keys_and_written_with_all_its_entries() -> None:
    ann = player(*ANN)
    result = run(insert(PLAYERS, ANN), EMPTY)
    assert result.operations == (*lookups(ann), *puts(ann))
    assert contents(result.rows) == {"players": [ANN]}


def test_null_is_nobodys_key() -> None:
    rows = stored({"players": [(3, "cid", None)]})
    result = run(insert(PLAYERS, BOB), rows)
    assert words(result.operations) == "Get Seek Put Put Put"
    assert contents(result.rows) == {"players": [BOB, (3, "cid", None)]}


def test_a_row_is_written_before_the_next_is_looked_for() -> None:
    result = run(insert(PLAYERS, ANN, (3, "zoe", 9)), EMPTY)
    assert words(result.operations) == "Get Seek Seek Put Put Put Get Seek Seek Put Put Put"
    failed = failure(insert(PLAYERS, ANN, (3, "ann", 9)), EMPTY)
    assert isinstance(failed.error, UniqueViolation)


def test_the_rows_are_computed_before_the_first_is_written() -> None:
    failing = Arithmetic(operator=Operator.DIVIDE, left=number(1), right=number(0), type=INTEGER)
    body = insert(PLAYERS, ANN)
    assert isinstance(body.relation, Values)
    rows = *body.relation.rows, (failing, text("bob"), number(None))
    failed = failure(replace(body, relation=replace(body.relation, rows=rows)), EMPTY)
    assert isinstance(failed.error, DivisionByZero)
    assert failed.operations == ()


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ((None, None, -1), NotNullViolation),
        ((9, None, -1), NotNullViolation),
        ((1, "ann", -1), CheckViolation),
        ((9, "z" * 73, 5), ProgramLimitExceeded),
    ],
)
def test_a_row_is_checked_before_its_keys(row: SqlRow, error: type[SqlError]) -> None:
    body = insert(PLAYERS, (3, "cid", None), row)
    failed = failure(body, MAP)
    assert isinstance(failed.error, error)
    assert words(failed.operations) == "Get Seek Put Put Put Delete Delete Delete"


def test_a_check_that_is_unknown_passes() -> None:
    assert contents(run(insert(PLAYERS, (3, "cid", None)), EMPTY).rows)


@pytest.mark.parametrize(
    ("row", "constraint", "operations"),
    [
        ((1, "ann", 5), "players_pkey", "Get"),
        ((3, "ann", 5), "players_name_key", "Get Seek"),
        ((3, "cid", 5), "players_rank", "Get Seek Seek"),
    ],
)
def test_a_key_that_is_taken_fails_the_primary_key_first(
    row: SqlRow, constraint: str, operations: str
) -> None:
    failed = failure(insert(PLAYERS, row), MAP)
    assert isinstance(failed.error, UniqueViolation)
    assert constraint in str(failed.error)
    assert words(failed.operations) == operations


def test_a_failure_undoes_the_writes_the_last_first() -> None:
    cid = player(3, "cid", 9)
    failed = failure(insert(PLAYERS, cid.row, ANN), MAP)
    made = [*puts(cid), *(Delete(one.key) for one in reversed(puts(cid)))]
    assert written(failed.operations) == made


def test_returning_is_the_row_as_written() -> None:
    returning = column(ROW, PLAYERS, "name"), column(ROW, PLAYERS, "id")
    result = run(insert(PLAYERS, ANN, BOB, returning=returning), EMPTY)
    assert result.outputs == (("ann", 1), ("bob", 2))


def test_returning_is_computed_before_the_row_is_written() -> None:
    seen = Exists(relation=scan(PLAYERS, source=7), correlated=True)
    result = run(insert(PLAYERS, ANN, returning=(seen,)), EMPTY)
    assert result.outputs == ((False,),)
    assert words(result.operations) == "Get Seek Seek Seek Put Put Put"
    zero = Arithmetic(
        operator=Operator.DIVIDE,
        left=number(1),
        right=column(ROW, PLAYERS, "id"),
        type=INTEGER,
    )
    failed = failure(insert(PLAYERS, (0, "zoe", None), returning=(zero,)), EMPTY)
    assert isinstance(failed.error, DivisionByZero)
    assert written(failed.operations) == []


# -- sequences


def test_numbers_are_read_when_needed_and_written_at_the_end() -> None:
    result = run(insert(PLAYERS, (None, "ann", 5), (None, "bob", None)), EMPTY)
    assert contents(result.rows) == {"players": [ANN, BOB]}
    key = sequence_key(PLAYERS)
    assert result.operations[0] == Get(key, None)
    assert result.operations[-1] == Put(key, encode_sequence(2))
    later = run(insert(PLAYERS, (None, "cid", None)), result.rows)
    assert later.operations[0] == Get(key, encode_sequence(2))
    assert contents(later.rows)["players"][-1] == (3, "cid", None)


def test_a_number_that_is_given_does_not_touch_the_sequence() -> None:
    result = run(insert(PLAYERS, (7, "ann", None)), EMPTY)
    assert result.rows.get(sequence_key(PLAYERS)) is None


def test_a_failed_insert_takes_no_number() -> None:
    failed = failure(insert(PLAYERS, (None, "cid", 5)), MAP)
    assert isinstance(failed.error, UniqueViolation)
    assert words(failed.operations) == "Get Get"


def test_a_row_that_is_passed_over_has_taken_its_number() -> None:
    rows = stored({"players": [(9, "ann", None)]})
    body = insert(PLAYERS, (None, "ann", 5), (None, "bob", None), conflict=on_conflict(NAME))
    result = run(body, rows)
    assert contents(result.rows)["players"] == [(2, "bob", None), (9, "ann", None)]
    assert result.rows.get(sequence_key(PLAYERS)) == encode_sequence(2)


def test_a_sequence_ends_with_its_type() -> None:
    rows = EMPTY.put(sequence_key(PLAYERS), encode_sequence(2**31 - 2))
    result = run(insert(PLAYERS, (None, "ann", None)), rows)
    assert contents(result.rows)["players"] == [(2**31 - 1, "ann", None)]
    failed = failure(insert(PLAYERS, (None, "bob", None)), result.rows)
    assert isinstance(failed.error, SequenceGeneratorLimitExceeded)


# -- ON CONFLICT


def test_do_nothing_is_about_every_key_or_about_one() -> None:
    for row in ((1, "zoe", None), (3, "ann", None), (3, "zoe", 5)):
        result = run(insert(PLAYERS, row, conflict=on_conflict(None)), MAP)
        assert result.rows == MAP
        assert result.count == 0
    failed = failure(insert(PLAYERS, (1, "zoe", None), conflict=on_conflict(NAME)), MAP)
    assert isinstance(failed.error, UniqueViolation)


def test_the_key_of_on_conflict_is_looked_at_before_all_others() -> None:
    result = run(insert(PLAYERS, (1, "ann", 5), conflict=on_conflict(NAME)), MAP)
    assert words(result.operations) == "Seek"
    result = run(insert(PLAYERS, (3, "cid", 9), conflict=on_conflict(RANK)), MAP)
    assert words(result.operations) == "Seek Get Seek Put Put Put"


@pytest.mark.parametrize("row", [(1, None, 5), (1, "ann", -1)])
def test_on_conflict_does_not_excuse_other_constraints(row: SqlRow) -> None:
    failed = failure(insert(PLAYERS, row, conflict=on_conflict(None)), MAP)
    assert isinstance(failed.error, NotNullViolation | CheckViolation)
    assert failed.operations == ()


def add_rank() -> Assignment:
    """SET rank = players.rank + EXCLUDED.rank."""
    sides = column(EXISTING, PLAYERS, "rank"), column(PROPOSED, PLAYERS, "rank")
    total = Arithmetic(operator=Operator.ADD, left=sides[0], right=sides[1], type=SMALLINT)
    return Assignment(column=2, value=total)


def test_do_update_sees_the_row_that_is_there_and_the_proposed_one() -> None:
    returning = (column(ROW, PLAYERS, "rank"),)
    body = insert(
        PLAYERS, (1, "zoe", 2), conflict=on_conflict(PRIMARY, add_rank()), returning=returning
    )
    result = run(body, MAP)
    assert result.outputs == ((7,),)
    assert contents(result.rows)["players"] == [(1, "ann", 7), BOB]
    # The row there is known from the arbiter's check; then rank 7 is free, and written.
    assert words(result.operations) == "Get Seek Put Delete Put"


def test_do_update_by_an_index_reads_the_row_by_its_primary_key() -> None:
    body = insert(PLAYERS, (8, "ann", 2), conflict=on_conflict(NAME, add_rank()))
    result = run(body, MAP)
    assert contents(result.rows)["players"] == [(1, "ann", 7), BOB]
    assert words(result.operations) == "Seek Get Seek Put Delete Put"
    assert result.operations[1] == Get(player(*ANN).key, player(*ANN).value)


def test_a_row_that_the_where_of_do_update_passes_over_is_not_counted() -> None:
    where = compare(column(EXISTING, PLAYERS, "rank"), ">", column(PROPOSED, PLAYERS, "rank"))
    conflict = on_conflict(PRIMARY, add_rank(), where=where)
    for rank in (5, None):
        result = run(insert(PLAYERS, (1, "zoe", rank), conflict=conflict), MAP)
        assert (result.rows, result.count) == (MAP, 0)


@pytest.mark.parametrize(
    "rows",
    [
        [(8, "cid", 1), (8, "cid", 2)],
        [(1, "ann", 1), (1, "ann", 2)],
    ],
)
def test_do_update_does_not_touch_a_row_twice(rows: list[SqlRow]) -> None:
    failed = failure(insert(PLAYERS, *rows, conflict=on_conflict(PRIMARY, add_rank())), MAP)
    assert isinstance(failed.error, CardinalityViolation)


def test_a_row_touched_twice_by_an_index_is_not_read_again() -> None:
    rows = (8, "cid", None), (9, "cid", None)
    failed = failure(insert(PLAYERS, *rows, conflict=on_conflict(NAME, add_rank())), MAP)
    assert isinstance(failed.error, CardinalityViolation)
    assert words(failed.operations) == "Seek Get Put Put Put Seek Delete Delete Delete"


def test_an_entry_without_a_row_is_corrupt() -> None:
    broken = MAP.delete(player(*ANN).key)
    body = insert(PLAYERS, (8, "ann", 2), conflict=on_conflict(NAME, add_rank()))
    assert isinstance(failure(body, broken).error, CorruptedData)


# -- UPDATE


def test_an_update_writes_the_row_and_the_entries_that_changed() -> None:
    old, new = player(*ANN), player(1, "ann", 6)
    returning = column(ROW, PLAYERS, "rank"), column(ROW, PLAYERS, "name")
    result = run(
        update(by_id(1), Assignment(column=2, value=number(6, SMALLINT)), returning=returning), MAP
    )
    assert result.outputs == ((6, "ann"),)
    assert words(result.operations) == "Get Seek Put Delete Put"
    assert written(result.operations) == [
        Put(new.key, new.value),
        Delete(old.entries[1]),
        Put(new.entries[1], b""),
    ]
    assert contents(result.rows)["players"] == [(1, "ann", 6), BOB]


def test_a_row_is_written_even_if_it_is_as_it_was() -> None:
    ann = player(*ANN)
    result = run(update(by_id(1), Assignment(column=2, value=number(5, SMALLINT))), MAP)
    assert result.operations == (Get(ann.key, ann.value), Put(ann.key, ann.value))


def test_a_new_primary_key_moves_the_row_and_all_entries() -> None:
    old, new = player(*BOB), player(7, "bob", None)
    result = run(update(by_id(2), Assignment(column=0, value=number(7))), MAP)
    assert words(result.operations).startswith("Get Get Delete Put Delete Put Delete Put")
    assert written(result.operations) == [
        Delete(old.key),
        Put(new.key, new.value),
        Delete(old.entries[0]),
        Put(new.entries[0], b""),
        Delete(old.entries[1]),
        Put(new.entries[1], b""),
    ]
    assert contents(result.rows)["players"] == [ANN, (7, "bob", None)]


def test_assignments_see_the_old_row() -> None:
    swapped = (
        Assignment(column=0, value=column(OLD, PLAYERS, "rank")),
        Assignment(column=2, value=column(OLD, PLAYERS, "id")),
    )
    result = run(update(by_id(1), *swapped), MAP)
    assert contents(result.rows)["players"] == [BOB, (5, "ann", 1)]


def test_all_rows_are_found_and_computed_before_the_first_is_written() -> None:
    top = stored({"players": [ANN, (2, "bob", 2**15 - 1)]})
    more = Arithmetic(
        operator=Operator.ADD,
        left=column(OLD, PLAYERS, "rank"),
        right=number(1, SMALLINT),
        type=SMALLINT,
    )
    failed = failure(update(None, Assignment(column=2, value=more)), top)
    assert written(failed.operations) == []
    assert words(failed.operations) == "Seek Get Seek Get"


@pytest.mark.parametrize(
    ("assignment", "error"),
    [
        (Assignment(column=1, value=text(None)), NotNullViolation),
        (Assignment(column=2, value=number(-1, SMALLINT)), CheckViolation),
        (Assignment(column=1, value=text("z" * 80)), ProgramLimitExceeded),
        (Assignment(column=1, value=text("ann")), UniqueViolation),
        (Assignment(column=2, value=number(5, SMALLINT)), UniqueViolation),
        (Assignment(column=0, value=number(1)), UniqueViolation),
    ],
)
def test_an_update_is_checked_as_an_insert(assignment: Assignment, error: type[SqlError]) -> None:
    failed = failure(update(by_id(2), assignment), MAP)
    assert isinstance(failed.error, error)
    assert written(failed.operations) == []


# -- DELETE


def test_a_delete_finds_all_rows_and_removes_each_with_its_entries() -> None:
    rows = stored({"players": [ANN, BOB]})
    result = run(delete(returning=(column(OLD, PLAYERS, "name"),)), rows)
    assert result.rows == EMPTY
    assert result.outputs == (("ann",), ("bob",))
    removed = [
        Delete(key) for one in (player(*ANN), player(*BOB)) for key in (one.key, *one.entries)
    ]
    assert written(result.operations) == removed
    # Each old name is looked for again, then the units that have it.
    assert words(result.operations) == ("Seek Get Seek Get Seek" + " Delete" * 6 + " Seek Seek" * 2)
