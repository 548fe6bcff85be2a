"""Writing functions: names, scopes, and ways out of several loops."""

from __future__ import annotations

import pytest

from sqlstore.compile.writer import DEPTH_MAX, LINES_MAX, LOCALS_MAX, FunctionWriter, identifier
from sqlstore.errors import ProgramLimitExceeded
from wasm_interp.opcodes import ValueType


def written(text: FunctionWriter) -> str:
    return "\n".join(f"{'  ' * (line.depth - 1)}{line.text}" for line in text.lines if line.text)


def test_a_name_that_is_taken_gets_a_number() -> None:
    text = FunctionWriter(frozenset({"arena"}))
    assert [text.fresh("arena"), text.fresh("arena"), text.fresh("row")] == [
        *("arena_2", "arena_3"),
        "row",
    ]


def test_a_name_is_free_again_behind_its_scope_for_the_same_type() -> None:
    text = FunctionWriter()
    with text.scope():
        assert text.fresh("value") == "value"
        assert text.fresh("kept", keep=True) == "kept"
    assert text.fresh("value", ValueType.I64) == "value_2"
    assert text.fresh("value") == "value"
    assert text.fresh("kept") == "kept_2"


@pytest.mark.parametrize(
    ("base", "name"),
    [("a b", "a_b"), ("", "_"), ("1st", "_1st"), ("While", "while_"), ("é", "_")],
)
def test_any_column_name_makes_a_name(base: str, name: str) -> None:
    assert identifier(base) == name


def test_an_i64_says_its_type_once() -> None:
    text = FunctionWriter()
    name = text.local("sum", "0", ValueType.I64)
    text.assign(name, ValueType.I64, "1")
    assert written(text) == "sum: i64 = 0\nsum = 1"


def test_an_empty_block_passes_and_what_is_behind_a_return_is_not_written() -> None:
    text = FunctionWriter()
    with text.block("if a"):
        text.comment("nothing")
    with text.block("if b"):
        text.add("return 1")
        with text.block("while c"):
            text.add("d = 1")
    text.add("e = 1")
    assert written(text) == "if a:\n  # nothing\n  pass\nif b:\n  return 1\ne = 1"


def test_one_loop_is_left_by_a_break() -> None:
    text = FunctionWriter()
    out = text.exit_here()
    with text.loop("while a"):
        text.leave(out)
    assert written(text) == "while a:\n  break"


def test_several_loops_are_left_by_a_flag_that_each_asks_for() -> None:
    text = FunctionWriter()
    with text.loop("while a"):
        out = text.exit_here()
        with text.loop("while b"), text.loop("while c"), text.block("if d"):
            text.leave(out)
        text.add("behind = 1")
    assert written(text) == "\n".join(
        [
            "while a:",
            "  done = 0",
            "  while b:",
            "    while c:",
            "      if d:",
            "        done = 1",
            "        break",
            "    if done:",
            "      break",
            "  behind = 1",
        ]
    )


def test_captured_lines_go_where_they_are_pasted() -> None:
    text = FunctionWriter()
    with text.captured() as lines, text.block("if a"):
        text.add("b = 1")
    with text.block("while c"):
        text.paste(lines)
    assert written(text) == "while c:\n  if a:\n    b = 1"


def test_what_is_discarded_has_declared_nothing() -> None:
    text = FunctionWriter()
    with text.discarded(), text.block("if a"):
        assert text.local("sum", "0", ValueType.I64) == "sum"
        text.fresh("address", keep=True)
        text.fresh("count")
    assert text.local("sum", "1", ValueType.I64) == "sum"
    assert text.fresh("count", ValueType.I64) == "count"
    assert text.fresh("address") == "address_2", "what is kept is declared elsewhere"
    assert written(text) == "sum: i64 = 1"


def test_a_program_that_is_too_large_is_refused() -> None:
    text = FunctionWriter()
    for _ in range(LINES_MAX):
        text.add("a = 1")
    with pytest.raises(ProgramLimitExceeded):
        text.add("a = 1")
    text = FunctionWriter()
    for _ in range(LOCALS_MAX + 1):
        text.fresh("a")
    with pytest.raises(ProgramLimitExceeded):
        text.check_locals()


def test_blocks_that_nest_too_deep_are_refused() -> None:
    text = FunctionWriter()

    def nest(depth: int) -> None:
        with text.block("if a"):
            nest(depth - 1) if depth else None

    nest(DEPTH_MAX - 2)
    with pytest.raises(ProgramLimitExceeded):
        nest(DEPTH_MAX - 1)
