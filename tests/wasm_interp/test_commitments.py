"""Roots that follow a running machine equal those computed from nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle import ZERO_HASH, Hash32, WordTree, depth_for, keccak256
from tests.wasm_interp.wat import program_of
from wasm_interp import Machine
from wasm_interp.commitments import common_prefix, padded, u64_depth, u64_leaves

BUSY = """
(module
  (memory 1 3)
  (global $g (mut i64) (i64.const -1))
  (func $deep (param $n i32) (result i32) (local $a i64) (local $b i64) (local $c i64)
    (local.set $c (i64.extend_i32_u (local.get $n)))
    (global.set $g (i64.add (global.get $g) (local.get $c)))
    (i64.store offset=27 (i32.mul (local.get $n) (i32.const 31)) (local.get $c))
    (if (result i32) (local.get $n)
      (then (i32.add (local.get $n) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
      (else (memory.grow (i32.const 1)))))
  (func (export "run") (param i32) (result i32)
    (i32.add (call $deep (local.get 0)) (call $deep (local.get 0)))))
"""


def _u64_root(values: list[int] | tuple[int, ...]) -> Hash32:
    leaves = u64_leaves(values)
    return WordTree.from_bytes(leaves, depth=depth_for(len(leaves) // 32)).root


def state_hash_from_nothing(m: Machine) -> Hash32:
    """Compute docs/spec/state.md without any of the machine's shortcuts."""
    stack = frames = ZERO_HASH
    for value in m.stack:
        stack = keccak256(stack + value.to_bytes(8, "big"))
    for return_pc, values in m.frames:
        link = _u64_root(values) + return_pc.to_bytes(4, "big")
        frames = keccak256(frames + link + bytes([u64_depth(values)]))
    memory = WordTree.from_bytes(bytes(m.memory), depth=depth_for(len(m.memory) // 32))
    header = b"".join(
        (
            *(bytes([m.status, m.trap]), m.result.to_bytes(8, "big"), m.pc.to_bytes(4, "big")),
            *(m.fuel.to_bytes(4, "big"), len(m.frames).to_bytes(2, "big")),
            *((len(m.memory) >> 16).to_bytes(2, "big"), m.memory_max.to_bytes(2, "big")),
            *(len(m.table).to_bytes(2, "big"), bytes([m.program.code_tree.depth, memory.depth])),
            bytes([u64_depth(padded(m.table)), u64_depth(m.globals), u64_depth(m.locals), 1]),
        )
    )
    roots = (stack, frames, _u64_root(m.locals), _u64_root(m.globals), memory.root)
    code = b"".join(word.encode() for word in m.program.words)
    code_tree = WordTree.from_bytes(code, depth=depth_for(-(-len(code) // 32)))
    rest = (_u64_root(m.table), code_tree.root, m.rows.root, m.message.hash())
    return keccak256(b"".join((header, *roots, *rest)))


def test_every_state_hash_of_a_busy_program_equals_the_plain_computation() -> None:
    machine = program_of(BUSY).call("run", [6])
    while machine.running:
        machine.step()
        assert machine.state_hash() == state_hash_from_nothing(machine), machine.steps
    assert machine.result == 1 + 2 + 2 * sum(range(7))


def test_hashes_after_leaps_equal_the_plain_computation() -> None:
    leaps = random.Random(7)
    machine = program_of(BUSY).call("run", [40])
    while machine.running:
        machine.run(leaps.randrange(1, 60))
        assert machine.state_hash() == state_hash_from_nothing(machine), machine.steps


def test_a_copy_runs_on_by_itself() -> None:
    machine = program_of(BUSY).call("run", [5])
    machine.run(50)
    before = machine.state_hash()
    twin = machine.copy()
    twin.run()
    assert machine.state_hash() == before
    machine.run()
    assert machine.state_hash() == twin.state_hash() == state_hash_from_nothing(twin)


SMALL = st.lists(st.integers(0, 2), max_size=40)


@given(SMALL, SMALL)
def test_common_prefix_is_the_longest(old: list[int], new: list[int]) -> None:
    expected = 0
    while expected < min(len(old), len(new)) and old[expected] == new[expected]:
        expected += 1
    assert common_prefix(old, new) == expected


@pytest.mark.parametrize(
    ("count", "depth"), [(0, 0), (1, 0), (4, 0), (5, 1), (8, 1), (9, 2), (1024, 8)]
)
def test_values_are_padded_to_a_whole_tree(count: int, depth: int) -> None:
    values = padded([7] * count)
    assert u64_depth(values) == depth
    assert len(u64_leaves([7] * count)) == 32 << depth
    assert values[:count] == (7,) * count
    assert not any(values[count:])
