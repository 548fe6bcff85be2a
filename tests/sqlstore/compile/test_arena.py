"""The arena: nothing is used outside of it, and one that is too small fails with 53200."""

from __future__ import annotations

import pytest

from sqlstore.types import Value
from tests.sqlstore.compile.game import game
from tests.sqlstore.compile.machine import called
from tests.sqlstore.compile.project import Project

CALLS: list[tuple[str, tuple[Value, ...]]] = [
    ("UnitById", (1,)),
    ("ByOwner", (1,)),
    ("Board", (10, 0)),
    ("Names", (10,)),
    ("Fancy", ()),
    ("JoinAll", (2,)),
    ("UpsertMany", ("q1", "ann", "q2")),
    ("HealAll", (3, "+", 1)),
    ("Rename", (2, "hello", b"\0\1")),
    ("Give", (1, 2)),
    ("KillAll", (40,)),
]


@pytest.fixture(scope="module")
def project() -> Project:
    return game()


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_a_small_arena_changes_nothing(
    project: Project, name: str, arguments: tuple[Value, ...]
) -> None:
    it = project.compiled(name)
    enough = called(it, project.rows, arguments)
    assert enough.sqlstate is None
    needed = next(
        size
        for size in range(0, 2**16, 8)
        if called(it, project.rows, arguments, arena_bytes=size).sqlstate is None
    )
    for size in [*range(0, needed, max(8, needed // 256 * 8)), needed - 8]:
        call = called(it, project.rows, arguments, arena_bytes=size)
        assert call.sqlstate == "53200"
        assert call.rows == project.rows
    assert called(it, project.rows, arguments, arena_bytes=needed).outputs == enough.outputs


def test_an_arena_of_more_than_half_the_memory_is_not_negative(project: Project) -> None:
    it = project.compiled("UnitById")
    assert called(it, project.rows, (1,), arena_bytes=0x5_0000).count == 1


def test_a_result_that_is_an_argument_is_a_copy_of_it(project: Project) -> None:
    """`called` checks that it lies in the arena."""
    it = project.compiled("ByNote")
    assert called(it, project.rows, ("apple",)).outputs == ((4, "apple"),)
