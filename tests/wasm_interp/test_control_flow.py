"""Control flow, directed: what the official suite tests of it, without its floats."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.wasm_interp.both import compiled, function, result, trap
from wasm_interp.profile import PROFILE_V1
from wasm_interp.state import Status, TrapCode

U32 = 2**32 - 1
PAGE = 65_536


# -- block -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("block end i32.const 7", 7),
        ("block (result i32) i32.const 1 end", 1),
        ("block (result i32) block (result i32) i32.const 9 end end", 9),
        ("block (result i32) i32.const 1 i32.const 2 br 0 end", 2),
        ("block (result i32) i32.const 1 i32.const 2 i32.const 3 br 0 drop drop end", 3),
        ("i32.const 10 block (result i32) i32.const 1 i32.const 2 br 0 end i32.sub", 8),
        ("i32.const 10 block (result i32) i32.const 5 i32.const 3 br 0 end drop", 10),
        ("block (result i32) i32.const 4 block (result i32) i32.const 5 br 1 end i32.add end", 5),
        ("block (result i32) i32.const 4 block (result i32) i32.const 5 br 0 end i32.add end", 9),
        ("block i32.const 1 i32.const 2 br 0 end i32.const 3", 3),
        ("block (result i32) i32.const 8 i32.const 1 br_if 0 drop i32.const 9 end", 8),
        ("block (result i32) i32.const 8 i32.const 0 br_if 0 drop i32.const 9 end", 9),
        ("block (result i32) i32.const 6 i32.const 8 i32.const 1 br_if 0 i32.add end", 8),
        ("block (result i32) i32.const 6 i32.const 8 i32.const 0 br_if 0 i32.add end", 14),
        ("block (result i32) i64.const -1 i32.const 8 i32.const 0 br_table 0 0 end", 8),
        ("loop (result i32) i32.const 3 end", 3),
        ("loop (result i32) i32.const 3 br 1 end", 3),
        ("block (result i32) loop (result i32) i32.const 1 i32.const 4 br 1 end end", 4),
        ("i32.const 1 if (result i32) i32.const 2 else i32.const 3 end", 2),
        ("i32.const 0 if (result i32) i32.const 2 else i32.const 3 end", 3),
        ("i32.const 0x80000000 if (result i32) i32.const 2 else i32.const 3 end", 2),
        ("i32.const 1 if nop end i32.const 5", 5),
        ("i32.const 0 if unreachable end i32.const 5", 5),
        ("i32.const 1 if else unreachable end i32.const 5", 5),
        ("i32.const 1 if (result i32) i32.const 7 i32.const 2 br 0 else i32.const 3 end", 2),
        ("i32.const 0 if (result i32) i32.const 2 else i32.const 7 i32.const 3 br 0 end", 3),
        (
            "i32.const 1 if (result i32) i32.const 2 br 1 else i32.const 3 end i32.const 1 i32.add",
            2,
        ),
        ("i32.const 5 i32.const 0 if (result i32) i32.const 2 else i32.const 3 end i32.sub", 2),
    ],
)
def test_block_yields(body: str, expected: int) -> None:
    assert result(function(body), "f") == expected


@pytest.mark.parametrize("depth", [0, 1, 50, 99])
@pytest.mark.parametrize("opener", ["block", "loop", "i32.const 1 if"])
def test_a_branch_out_of_a_hundred_nested_blocks_carries_its_value(depth: int, opener: str) -> None:
    # Each level leaves an operand under the next, and adds it when it ends.
    if opener == "loop":
        opener = "block (result i32) loop"
    otherwise = " else i32.const 0 end" if "if" in opener else " end"
    otherwise = " end end" if "loop" in opener else otherwise
    labels = depth * (2 if "loop" in opener else 1) + ("loop" in opener)
    opening = f" i32.const 1000 {opener} (result i32) " * 100
    body = f"{opening} i32.const 5 br {labels} {(otherwise + ' i32.add ') * 100}"
    assert result(function(body), "f") == 5 + 1000 * (100 - depth)


def test_loops_nested_a_hundred_deep_run_each_level_twice() -> None:
    body = "".join(
        f" loop local.get {i} i32.const 1 i32.add local.tee {i} i32.const 2 i32.lt_u br_if 0"
        for i in range(100)
    )
    body += " end" * 100 + "".join(f" local.get {i} i32.add" for i in range(100)).replace(
        "local.get 0 i32.add", "local.get 0", 1
    )
    assert result(function("(local" + " i32" * 100 + ")" + body), "f") == 200


# -- loops, calls, recursion -------------------------------------------------------------------

SUM = function(
    """(local $sum i64)
    block $done loop $again
      local.get $n i32.eqz br_if $done
      i64.const 99 i32.const 1  ;; unwound by the back edge
      local.get $sum local.get $n i64.extend_i32_u i64.add local.set $sum
      local.get $n i32.const 1 i32.sub local.set $n
      br $again
    end end
    local.get $sum""",
    "(param $n i32)",
    "(result i64)",
)


@pytest.mark.parametrize("n", [0, 1, 2, 10, 1_000])
def test_a_back_edge_drops_what_is_above_the_loop(n: int) -> None:
    assert result(SUM, "f", n) == n * (n + 1) // 2


RECURSION = """
  (func $even (export "even") (param i32) (result i32)
    local.get 0 i32.eqz if (result i32) i32.const 1
    else local.get 0 i32.const 1 i32.sub call $odd end)
  (func $odd (export "odd") (param i32) (result i32)
    local.get 0 i32.eqz if i32.const 0 return end
    local.get 0 i32.const 1 i32.sub call $even)
  (func $fac (export "fac") (param i64) (result i64)
    local.get 0 i64.eqz if (result i64) i64.const 1
    else local.get 0 local.get 0 i64.const 1 i64.sub call $fac i64.mul end)
  (func $fib (export "fib") (param i32) (result i32)
    local.get 0 i32.const 2 i32.lt_u if (result i32) local.get 0
    else local.get 0 i32.const 2 i32.sub call $fib
         local.get 0 i32.const 1 i32.sub call $fib i32.add end)
  (func $ackermann (export "ackermann") (param i32 i32) (result i32)
    local.get 0 i32.eqz if local.get 1 i32.const 1 i32.add return end
    local.get 1 i32.eqz if
      local.get 0 i32.const 1 i32.sub i32.const 1 call $ackermann return end
    local.get 0 i32.const 1 i32.sub
    local.get 0 local.get 1 i32.const 1 i32.sub call $ackermann
    call $ackermann)
"""


@pytest.mark.parametrize(
    ("export", "args", "expected"),
    [
        *(("even", (n,), 1 - n % 2) for n in (0, 1, 7, 100)),
        *(("odd", (n,), n % 2) for n in (0, 1, 7, 100)),
        ("fac", (0,), 1),
        ("fac", (20,), 2_432_902_008_176_640_000),
        ("fac", (25,), 7_034_535_277_573_963_776),
        ("fib", (15,), 610),
        ("ackermann", (0, 5), 6),
        ("ackermann", (2, 3), 9),
        ("ackermann", (3, 3), 61),
    ],
)
def test_recursion(export: str, args: tuple[int, ...], expected: int) -> None:
    assert result(RECURSION, export, *args) == expected


DEEP = """
  (type $t (func (param i32) (result i32)))
  (table funcref (elem $indirect))
  (func $direct (export "direct") (param i32) (result i32)
    local.get 0 i32.eqz if (result i32) i32.const 77
    else local.get 0 i32.const 1 i32.sub call $direct end)
  (func $indirect (export "indirect") (param i32) (result i32)
    local.get 0 i32.eqz if (result i32) i32.const 77
    else local.get 0 i32.const 1 i32.sub i32.const 0 call_indirect (type $t) end)
"""


@pytest.mark.parametrize("export", ["direct", "indirect"])
def test_calls_nest_to_exactly_the_greatest_call_depth(export: str) -> None:
    # The outermost call has a frame, which returns to the halt. So a call n levels deep has n + 1
    # frames, and the greatest n is one below the limit. wasmtime's stack goes deeper.
    program, _ = compiled(DEEP)
    greatest = PROFILE_V1.call_depth_max - 1
    m = program.call(export, [greatest])
    depth = 0
    while m.running:
        depth = max(depth, len(m.frames))
        m.run(1)
    assert (m.status, m.result, depth) == (Status.HALTED, 77, PROFILE_V1.call_depth_max)
    m = program.call(export, [greatest + 1])
    m.run()
    assert (m.trap, len(m.frames)) == (TrapCode.CALL_STACK_EXHAUSTED, PROFILE_V1.call_depth_max)
    assert m.stack, "the arguments are still there"
    assert program.text(m.word()).startswith("call")


def test_a_start_function_takes_a_frame_of_its_own() -> None:
    text = DEEP + "(func $s i32.const 1023 call $direct drop) (start $s)"
    program, _ = compiled(text)
    m = program.call("direct", [0])
    m.run()
    # Two frames lie under the start function: the halt's, and the return into the export.
    assert m.trap is TrapCode.CALL_STACK_EXHAUSTED
    program, _ = compiled(text.replace("1023", "1021"))
    m = program.call("direct", [1023])
    m.run()
    assert (m.status, m.result) == (Status.HALTED, 77)


def test_a_callee_has_fresh_locals_and_leaves_the_callers_alone() -> None:
    text = """
      (func $dirty (param i32) (result i32) (local i32 i64 i32)
        local.get 1 local.get 3 i32.add local.get 0 i32.add
        i32.const 5 local.set 1 i64.const 6 local.set 2 i32.const 7 local.set 3)
      (func (export "f") (param i32) (result i32) (local i32)
        i32.const 100 local.set 1
        local.get 0 call $dirty local.get 0 call $dirty i32.add local.get 1 i32.add)"""
    assert result(text, "f", 3) == 106


def test_arguments_arrive_in_order() -> None:
    kinds = ("i32", "i64") * 4
    args = tuple((2**32 if kind == "i64" else 1) * (i + 3) for i, kind in enumerate(kinds))
    for index, kind in enumerate(kinds):
        text = f"""
          (func $g (param {" ".join(kinds)}) (result {kind}) local.get {index})
          (func (export "f") (param {" ".join(kinds)}) (result {kind})
            {" ".join(f"local.get {i}" for i in range(8))} call $g)"""
        assert result(text, "f", *args) == args[index]


# -- br_table ----------------------------------------------------------------------------------


def switch(labels: Iterable[int], default: int, *, surplus: int = 0) -> str:
    """A switch over four blocks; branching to block ``i`` yields ``100 + i``."""
    under = " ".join(["i64.const -1"] * surplus)
    body = f"{under} local.get 0 br_table {' '.join(map(str, labels))} {default}"
    for i in range(4):
        body = f"block {body} end i32.const {100 + i} return"
    return function(body, "(param i32)")


@pytest.mark.parametrize("surplus", [0, 1, 3])
@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, 5, 6, 7, 0x7FFFFFFF, 0x80000000, U32])
@pytest.mark.parametrize("labels", [(), (2,), (3, 2, 1, 0), (1, 1, 1, 2, 2)])
def test_br_table_takes_the_indexed_label_or_the_default(
    labels: tuple[int, ...], index: int, surplus: int
) -> None:
    for default in (0, 3):
        expected = labels[index] if index < len(labels) else default
        got = result(switch(labels, default, surplus=surplus), "f", index)
        assert got == 100 + expected


def test_br_table_with_a_thousand_labels() -> None:
    labels = [i * 7 % 4 for i in range(1_000)]
    text = switch(labels, 3, surplus=1)
    for index in (0, 1, 500, 998, 999):
        assert result(text, "f", index) == 100 + labels[index]
    assert result(text, "f", 1_000) == 103


def test_br_table_with_a_value_unwinds_a_different_number_of_operands_to_each_label() -> None:
    text = function(
        """
        i32.const 1000
        block $a (result i32)
          i32.const 1 i32.const 2
          block $b (result i32)
            i32.const 3
            loop $back (result i32)
              i64.const 4 i32.const 50 local.get 0 br_table $b $a 3 $b
            end
            i32.add
          end
          i32.add i32.add
        end
        i32.add""",
        "(param i32)",
    )
    assert [result(text, "f", i) for i in (0, 1, 2, 3, U32)] == [1053, 1050, 50, 1053, 1053]


def test_branches_to_one_label_unwind_as_many_operands_as_each_leaves() -> None:
    text = function(
        """
        i32.const 1000 i32.const 2000
        block (result i32)
          i32.const 1
          i32.const 10 local.get 0 i32.const 0 i32.eq br_if 0
          i32.const 20 local.get 0 i32.const 1 i32.eq br_if 0
          i32.const 30 local.get 0 i32.const 2 i32.eq br_if 0
          i32.const 40 local.get 0 br_table 0 0 0 0 1
        end
        i32.add i32.add""",
        "(param i32)",
    )
    assert [result(text, "f", i) for i in range(5)] == [3010, 3020, 3030, 3040, 40]


def test_a_back_edge_of_a_loop_with_a_result_carries_nothing() -> None:
    text = function(
        """(local i32)
        i32.const 1000
        loop $again (result i32)
          local.get 1 i32.const 1 i32.add local.set 1
          i32.const 7 i32.const 8
          local.get 1 local.get 0 i32.lt_u br_if $again
          i32.sub local.get 1 i32.add
        end
        i32.add""",
        "(param i32)",
    )
    assert [result(text, "f", n) for n in (0, 1, 2, 9)] == [1000, 1000, 1001, 1008]


def test_br_table_to_a_loop_is_a_back_edge() -> None:
    text = function(
        """(local i32)
        block $out loop $again
          local.get 1 i32.const 1 i32.add local.set 1
          i64.const 1 i64.const 2
          local.get 1 local.get 0 i32.ge_u br_table $again $out
        end end local.get 1""",
        "(param i32)",
    )
    assert [result(text, "f", n) for n in (0, 1, 5)] == [1, 1, 5]


# -- return and branches as operands -----------------------------------------------------------

LEAVING = ["i32.const 42 return", "i32.const 42 br $f", "i32.const 9 i32.const 42 br $f"]
LEAVING += ["i32.const 42 i32.const 0 br_table $f $f", "i32.const 42 i32.const 1 br_if $f"]
PLACES = [
    "{} i32.const 1 i32.add",
    "i32.const 1 {} i32.add",
    "{} i32.eqz",
    "{} i32.load",
    "{} i32.const 1 i32.store i32.const 1",
    "i32.const 1 {} i32.store i32.const 1",
    "{} i32.const 2 i32.const 3 select",
    "i32.const 1 {} i32.const 3 select",
    "i32.const 1 i32.const 2 {} select",
    "{} drop i32.const 1",
    "{} local.set 0 i32.const 1",
    "{} local.tee 0",
    "{} global.set 0 i32.const 1",
    "{} if (result i32) i32.const 1 else i32.const 2 end",
    "i32.const 1 if (result i32) {} else i32.const 2 end",
    "i32.const 0 if (result i32) i32.const 2 else {} end",
    "{} block (param i32) drop end i32.const 1",
    "block (result i32) {} end",
    "loop (result i32) {} end",
    "block {} br_if 0 end i32.const 1",
    "block (result i32) {} i32.const 1 br_if 0 end",
    "block (result i32) {} br 0 end",
    "block {} br_table 0 0 end i32.const 1",
    "{} return",
    "{} i32.const 1 call $two",
    "i32.const 1 {} call $two",
    "i32.const 1 i32.const 1 {} call_indirect (type $two)",
    "{} i32.const 1 i32.const 0 call_indirect (type $two)",
    "{} memory.grow",
    "i32.const 0 i32.const 0 {} memory.fill i32.const 1",
    "{} i32.const 0 i32.const 0 memory.copy i32.const 1",
    "{} i64.extend_i32_u i32.wrap_i64",
]


@pytest.mark.parametrize("leaving", LEAVING)
@pytest.mark.parametrize("place", [place for place in PLACES if "param" not in place])
def test_leaving_the_function_from_where_an_operand_is_due(place: str, leaving: str) -> None:
    text = f"""
      (memory 1 1) (global (mut i32) (i32.const 0)) (table funcref (elem $two))
      (type $two (func (param i32 i32) (result i32)))
      (func $two (type $two) local.get 0)
      (func (export "f") (result i32) (local i32) i64.const 7 i32.const 8
        block $in (result i32)
          block $f (result i32) {place.format(leaving)} br $in end
          return
        end drop drop drop i32.const 13)"""
    assert result(text, "f") == 42


# -- select ------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", [0, 1, 2, 0x80000000, U32])
def test_select_takes_the_first_unless_the_condition_is_zero(condition: int) -> None:
    for kind, first, second in (("i32", 3, U32), ("i64", 2**63, 5)):
        text = function(
            "local.get 0 local.get 1 local.get 2 select",
            f"(param {kind} {kind} i32)",
            f"(result {kind})",
        )
        assert result(text, "f", first, second, condition) == (first if condition else second)


# -- unreachable code --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dead",
    [
        "unreachable",
        "drop drop drop",
        "i32.add drop",
        "select drop",
        "i64.const 1 i32.const 1 select drop",
        "i32.const 1 select drop",
        "i64.const 1 i64.store",
        "i32.store",
        "local.set 0",
        "local.tee 0 drop",
        "br_if 0 drop",
        "i32.const 5 br_if 0 drop",
        "br 0",
        "br_table 0 0",
        "return",
        "call $two drop",
        "call_indirect (type $two) drop",
        "block (result i64) i64.const 1 end drop",
        "block unreachable i32.add drop end",
        "loop br 0 end",
        "if unreachable else i32.const 1 drop end",
        "if (result i32) i32.const 1 else unreachable i32.add end drop",
        "block block br 1 end unreachable end",
        "memory.fill memory.copy",
        "memory.grow drop",
        "i32.eqz if i32.const 3 br 1 end",
        "i64.eqz i64.extend_i32_u i64.popcnt drop",
    ],
)
@pytest.mark.parametrize(
    ("leave", "expected"),
    [
        ("i32.const 6 br 0", 6),
        ("i32.const 9 i32.const 6 br 0", 6),
        ("i32.const 6 return", 6),
        ("i32.const 6 i32.const 3 br_table 0 0 1", 6),
        ("unreachable", None),
    ],
)
def test_dead_code_takes_any_operands(dead: str, leave: str, expected: int | None) -> None:
    text = f"""
      (memory 1) (table 1 funcref) (type $two (func (param i64 i32) (result i32)))
      (func $two (type $two) i32.const 0)
      (func (export "f") (result i32) (local i32)
        block (result i32) {leave} {dead} i32.const 1 end)"""
    if expected is None:
        assert trap(text, "f") is TrapCode.UNREACHABLE
    else:
        assert result(text, "f") == expected


def test_code_after_a_dead_if_with_a_live_else_is_reached() -> None:
    body = "i32.const 0 if (result i32) unreachable else i32.const 3 end"
    assert result(function(body), "f") == 3
    body = "i32.const 1 if (result i32) i32.const 4 else unreachable end i32.const 1 i32.add"
    assert result(function(body), "f") == 5
    body = "block i32.const 1 br_if 0 unreachable end i32.const 2"
    assert result(function(body), "f") == 2
    body = "block block br 0 end br 0 unreachable end i32.const 2"
    assert result(function(body), "f") == 2
    # Reached only through a stub.
    body = "block i64.const 1 i32.const 1 br_if 0 unreachable end i32.const 2"
    assert result(function(body), "f") == 2


# -- start -------------------------------------------------------------------------------------

START = """
  (memory (export "m") 1)
  (global $g (mut i32) (i32.const 1))
  (func $s global.get $g i32.const 41 i32.add global.set $g
    i32.const 0 i32.const 7 i32.store)
  (start $s)
  (func (export "f") (param i32) (result i32)
    global.get $g i32.const 0 i32.load i32.add local.get 0 i32.add)
"""


def test_the_start_function_runs_first_and_once() -> None:
    assert result(START, "f", 100) == 149


def test_a_trap_in_the_start_function_is_a_trap_of_the_call() -> None:
    text = START.replace("(func $s", "(func $s unreachable")
    program, peer = compiled(text)
    m = program.call("f", [0])
    m.run()
    assert m.trap is peer.outcome("f", [0]).trap is TrapCode.UNREACHABLE
