"""Foreign keys: what a row refers to is there, and what is referred to stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from merkle.ordered_map import OrderedMap
from sqlstore.errors import ForeignKeyViolation
from sqlstore.execute import Failed, Result, attempt
from sqlstore.plan import statements as plan
from sqlstore.plan.relations import Bound, Path
from sqlstore.plan.statements import Assignment
from sqlstore.rows import SqlRow, stored_row
from sqlstore.schema import Column, ForeignKey, Index, Key, Schema, Table
from sqlstore.types import INTEGER, SMALLINT
from tests.sqlstore.execute.plans import (
    OLD,
    PLAYERS,
    PROPOSED,
    UNITS,
    by_id,
    column,
    contents,
    delete,
    failure,
    insert,
    number,
    on_conflict,
    run,
    scan,
    statement,
    stored,
    text,
    update,
    words,
)

PRIMARY = Key(None)
ANN: SqlRow = (1, "ann", 5)
BOB: SqlRow = (2, "bob", None)
MAP = stored({"players": [ANN, BOB], "units": [(1, "ann", 7), (4, None, 9)]})


def test_a_reference_is_checked_after_all_rows_in_their_order() -> None:
    units: list[SqlRow] = [(7, "ann", None), (8, None, 1), (9, "cid", 1)]
    failed = failure(insert(UNITS, *units), MAP)
    assert isinstance(failed.error, ForeignKeyViolation)
    assert words(failed.operations) == "Get Put Put " * 3 + "Seek Seek" + " Delete" * 6
    result = run(insert(UNITS, *units[:2]), MAP)
    assert words(result.operations) == "Get Put Put Get Put Put Seek"


def test_a_reference_that_is_longer_than_a_key_is_to_nobody() -> None:
    (key,) = UNITS.foreign_keys
    units = replace(UNITS, indexes=(), foreign_keys=(replace(key, child_key=None),))
    schema = Schema(tables=(PLAYERS, units), text="")
    outcome = attempt(statement(insert(units, (7, "a" * 81, None))), schema, MAP, ())
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ForeignKeyViolation)
    assert words(outcome.operations) == "Get Put Delete"


@pytest.mark.parametrize(
    "body", [delete(by_id(1)), update(by_id(1), Assignment(column=1, value=text("eve")))]
)
def test_what_is_referred_to_stays(body: plan.Delete | plan.Update) -> None:
    failed = failure(body, MAP)
    assert isinstance(failed.error, ForeignKeyViolation)
    assert contents(run(delete(by_id(2)), MAP).rows)["players"] == [ANN]


def test_a_key_that_is_there_again_may_have_gone() -> None:
    """The first row renames ann, the second inserts another one: in one statement."""
    rename = Assignment(column=1, value=column(PROPOSED, PLAYERS, "name"))
    body = insert(PLAYERS, (1, "eve", 5), (3, "ann", None), conflict=on_conflict(PRIMARY, rename))
    result = run(body, MAP)
    assert contents(result.rows)["players"] == [(1, "eve", 5), BOB, (3, "ann", None)]
    assert words(result.operations).endswith("Put Put Put Seek")
    alone = insert(PLAYERS, (1, "eve", 5), conflict=on_conflict(PRIMARY, rename))
    assert isinstance(failure(alone, MAP).error, ForeignKeyViolation)


def test_an_update_that_keeps_the_key_looks_for_no_references() -> None:
    result = run(update(by_id(1), Assignment(column=2, value=number(None, SMALLINT))), MAP)
    assert words(result.operations) == "Get Put Delete Put"


NODES = Table(
    name="nodes",
    number=7,
    columns=(
        Column(name="id", type=INTEGER, nullable=False),
        Column(name="above", type=INTEGER, nullable=True),
    ),
    primary=(0,),
    primary_name="nodes_pkey",
    indexes=(Index(name="nodes_above", number=8, columns=(1,), unique=False, constraint=False),),
)
TREE = replace(
    NODES,
    foreign_keys=(
        ForeignKey(
            name="nodes_above_fkey",
            columns=(1,),
            parent="nodes",
            parent_key=PRIMARY,
            child_key=Key(NODES.indexes[0]),
        ),
    ),
)


def tree(*rows: SqlRow) -> OrderedMap:
    kept = [stored_row(TREE, row) for row in rows]
    cells = [(one.key, one.value) for one in kept]
    return OrderedMap.from_rows(cells + [(entry, b"") for one in kept for entry in one.entries])


def in_tree(body: plan.Body, rows: OrderedMap) -> Result | Failed:
    schema = Schema(tables=(TREE,), text="")
    return attempt(statement(body), schema, rows, ())


def test_a_row_may_refer_to_one_of_its_own_statement_and_to_itself() -> None:
    outcome = in_tree(insert(TREE, (1, 2), (2, 2), (3, None)), tree())
    assert isinstance(outcome, Result)
    assert words(outcome.operations) == "Get Put Put " * 3 + "Get Get"
    assert outcome.rows == tree((1, 2), (2, 2), (3, None))


def removed(*rows: int) -> plan.Delete:
    """DELETE of the nodes in a range."""
    path = Path(
        index=None,
        low=Bound(value=number(rows[0]), inclusive=True),
        high=Bound(value=number(rows[-1]), inclusive=True),
    )
    relation = scan(TREE, path, OLD)
    return plan.Delete(table=TREE, relation=relation, old=OLD, single=False, returning=())


def test_rows_that_refer_to_each_other_go_together() -> None:
    rows = tree((1, 2), (2, 1), (3, 1))
    outcome = in_tree(removed(1, 2), rows)
    assert isinstance(outcome, Failed)
    outcome = in_tree(removed(1, 3), rows)
    assert isinstance(outcome, Result)
    assert outcome.rows == tree()
    # Of each row: whether its key is there again, and who refers to it.
    assert words(outcome.operations).endswith(" Delete" * 6 + " Get Seek" * 3)


def test_a_new_key_leaves_those_behind_that_refer_to_the_old_one() -> None:
    def renumbered(rows: OrderedMap) -> Result | Failed:
        path = by_id(1)
        body = plan.Update(
            table=TREE,
            relation=scan(TREE, path, OLD),
            old=OLD,
            single=True,
            assignments=(Assignment(column=0, value=number(9)),),
            row=20,
            returning=(),
        )
        return in_tree(body, rows)

    outcome = renumbered(tree((1, 2), (2, None)))
    assert isinstance(outcome, Result)
    assert outcome.rows == tree((9, 2), (2, None))
    for rows in (tree((1, 1)), tree((1, None), (2, 1))):
        outcome = renumbered(rows)
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, ForeignKeyViolation)


def test_null_is_referred_to_by_nobody() -> None:
    """Ranks are a unique key with NULLs: of bob's nobody can be the child."""
    key = ForeignKey(
        name="units_x_fkey",
        columns=(2,),
        parent="players",
        parent_key=Key(PLAYERS.indexes[1]),
        child_key=Key(replace(UNITS.indexes[0], columns=(2, 1))),
    )
    units = replace(UNITS, foreign_keys=(key,))
    schema = Schema(tables=(PLAYERS, units), text="")
    outcome = attempt(statement(delete(by_id(2))), schema, MAP, ())
    assert isinstance(outcome, Result)
    assert words(outcome.operations) == "Get Delete Delete Delete"
