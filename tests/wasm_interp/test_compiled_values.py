"""Ranges of operands in the fast tier: what an unmasked value may be, against the stepper.

Found by an audit: shifts of constants by variables, and divisions of values that may be below zero,
once claimed ranges that were too narrow, and a mask was left out.
"""

from __future__ import annotations

import random

import pytest

from tests.wasm_interp.wat import program_of
from wasm_interp import Machine, Program, Status
from wasm_interp.machine import Tier

EDGES = (0, 1, 2, 7, 31, 32, 63, 127, 128, 255, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
BELOW = "(i32.sub (i32.shl (i32.const 1) (local.get 0)) (i32.const 2))"
SHIFTED = "(i32.sub (i32.shr_s (i32.const 64) (local.get 0)) (i32.const 64))"
BODIES = {
    "a constant shifted left": BELOW,
    "a constant shifted right": SHIFTED,
    "as an address to load from": f"(i32.load8_u {BELOW})",
    "as an address to store to": f"(i32.store8 {BELOW} (i32.const 7)) (i32.const 0)",
    "as a value to store": f"(i32.store (i32.const 0) {BELOW}) (i32.load (i32.const 0))",
    "as a number of pages": f"(memory.grow {BELOW})",
    "as an index of a table": f"(call_indirect (result i32) {BELOW})",
    "as a case": f"""(block (block (block (br_table 0 1 2 {BELOW})) (return (i32.const 4)))
                       (return (i32.const 5))) (i32.const 9)""",
    "a quotient of what may be below zero": """(i32.lt_s
        (i32.div_u (i32.extend8_s (local.get 0)) (local.get 1)) (i32.const 0))""",
    "a quotient added to itself": """(i32.add
        (i32.div_u (i32.extend8_s (local.get 0)) (local.get 1))
        (i32.div_u (i32.extend8_s (local.get 0)) (local.get 1)))""",
    "a remainder by what may be below zero": """(i32.lt_s
        (i32.rem_u (local.get 0) (i32.extend8_s (local.get 1))) (i32.const 0))""",
    "eqz of eqz of a choice": """(i32.eqz (i32.eqz
        (select (local.get 0) (local.get 1) (i32.lt_u (local.get 0) (i32.const 9)))))""",
    "eqz of eqz of a comparison, extended": """(i64.eqz (i64.extend_i32_u (i32.eqz (i32.wrap_i64
        (i64.extend_i32_u (i32.lt_s (local.get 0) (local.get 1)))))))""",
}


def both(program: Program, *args: int) -> tuple[Machine, Machine]:
    """Run "f" on the stepper and on the fast tier, past what it thinks worth entering."""
    machines = program.call("f", args), program.call("f", args)
    machines[0].run()
    machines[1].run(tier=Tier.COMPILED)
    return machines


@pytest.fixture(autouse=True)
def _enter_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from wasm_interp.compiled import driver

    monkeypatch.setattr(driver, "SHORT_RUN", 0)


@pytest.mark.parametrize("name", BODIES)
def test_both_tiers_agree_at_the_edges_of_ranges(name: str) -> None:
    program = program_of(
        f"""(module (memory 1 2) (table funcref (elem $one))
              (func $one (result i32) (i32.const 1))
              (func (export "f") (param i32 i32) (result i32) {BODIES[name]}))"""
    )
    for first in EDGES:
        for second in (1, 3, 255, 2**32 - 1, 2**31):
            stepper, compiled = both(program, first, second)
            assert compiled.state() == stepper.state(), (first, second)


OPERATORS = (
    *("add", "sub", "mul", "div_u", "rem_u", "and", "or", "xor", "shl", "shr_s", "shr_u"),
    *("rotl", "rotr", "lt_s", "gt_u", "eq"),
)
UNARY = ("eqz", "clz", "extend8_s", "extend16_s")


def expression(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice([f"(i32.const {rng.choice(EDGES)})", "(local.get 0)", "(local.get 1)"])
    if rng.random() < 0.25:
        return f"(i32.{rng.choice(UNARY)} {expression(rng, depth - 1)})"
    operands = f"{expression(rng, depth - 1)} {expression(rng, depth - 1)}"
    if rng.random() < 0.15:
        return f"(select {operands} {expression(rng, depth - 1)})"
    return f"(i32.{rng.choice(OPERATORS)} {operands})"


@pytest.mark.parametrize("seed", range(60))
def test_both_tiers_agree_on_random_expressions(seed: int) -> None:
    rng = random.Random(seed)
    program = program_of(
        f"""(module (func (export "f") (param i32 i32) (result i32)
              {expression(rng, rng.randrange(2, 6))}))"""
    )
    for _ in range(12):
        stepper, compiled = both(program, rng.choice(EDGES), rng.choice(EDGES))
        assert compiled.state() == stepper.state()
    assert stepper.status is not Status.RUNNING


LOOPS = """(module (memory 1) (global $g (mut i32) (i32.const 0))
  (func $f (export "f") (param i32 i32) (result i32) (local i32) {loops} (local.get 0)))"""
LOOP = """(local.set 2 (i32.const 0))
  (loop (local.set 2 (i32.add (local.get 2) (i32.const 1)))
    (br_if 0 (i32.lt_u (local.get 2) (i32.const 40))))"""


def test_what_is_compiled_must_be_earned(monkeypatch: pytest.MonkeyPatch) -> None:
    from wasm_interp.compiled import program as compiled_program

    monkeypatch.setattr(compiled_program, "FREE_INSTRUCTIONS", 100)
    program = program_of(LOOPS.format(loops=LOOP * 40))
    stepper, compiled = both(program, 1, 2)
    assert compiled.state() == stepper.state()
    code = program.compiled
    assert code.spent <= 100 + code.earned // compiled_program.STEPS_PER_INSTRUCTION


@pytest.mark.parametrize("where", ["_bind", "_rebuild"])
def test_an_interrupt_leaves_no_machine_to_go_on_with(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wasm_interp.compiled.instance import Instance

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    program = program_of(
        """(module (func $r (export "f") (param i32 i32) (result i32)
             (if (i32.eqz (local.get 0)) (then (unreachable)))
             (call $r (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))"""
    )
    machine = program.call("f", [50, 0])
    monkeypatch.setattr(Instance, where, interrupted)
    with pytest.raises(KeyboardInterrupt):
        machine.run(tier=Tier.COMPILED)
    monkeypatch.undo()
    with pytest.raises(AttributeError):
        machine.run()
