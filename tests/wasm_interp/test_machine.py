"""The machine at its edges: invalid code, fuel, limits, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wasm_interp.wat import program_of
from wasm_interp import Machine, Program, Status, TrapCode
from wasm_interp.errors import InputError
from wasm_interp.instructions import INVALID, JUMP, JUMP_TABLE, Word
from wasm_interp.opcodes import I32_CONST
from wasm_interp.stepper import LEAVE, dispatch_numbers, source

RECURSE = """(module (table funcref (elem $direct $indirect))
  (func $direct (export "direct") (call $direct))
  (func $indirect (export "indirect") (call_indirect (i32.const 1)))
  (func (export "one") (result i32) (i32.const 1)))"""


def with_words(program: Program, *words: Word) -> Program:
    """Return ``program`` with its last instructions replaced: code that lowering never makes."""
    kept = program.words[: len(program.words) - len(words)]
    return replace(program, words=(*kept, *words))


@pytest.mark.parametrize("run", [Machine.run, Machine.step])
@pytest.mark.parametrize(
    "words",
    [
        (Word(INVALID),),
        (Word(JUMP, 1_000_000),),
        (Word(I32_CONST, b=9), Word(JUMP_TABLE, 2**32 - 1)),
    ],
    ids=["an invalid word", "a jump out of the code", "a row of jumps that is not there"],
)
def test_what_is_no_instruction_traps(words: tuple[Word, ...], run: object) -> None:
    program = with_words(
        program_of('(module (func (export "f") (result i32) (i32.const 7)))'), *words
    )
    machine = program.call("f")
    while machine.running:
        machine.step() if run is Machine.step else machine.run(1)
    assert machine.trap is TrapCode.INVALID_INSTRUCTION


@pytest.mark.parametrize("export", ["direct", "indirect"])
def test_the_rules_themselves_bound_the_call_depth(export: str) -> None:
    machine = program_of(RECURSE).call(export)
    while machine.running:
        machine.step()
    assert machine.trap is TrapCode.CALL_STACK_EXHAUSTED
    assert len(machine.frames) == 1024


def test_a_stopped_machine_steps_to_itself() -> None:
    machine = program_of(RECURSE).call("one")
    machine.run()
    before = machine.state()
    machine.step()
    assert machine.run() == 0
    assert machine.run(10) == 0
    assert machine.state() == before
    assert before.status is Status.HALTED


def test_no_fuel_is_a_trap_before_anything_is_fetched() -> None:
    machine = program_of(RECURSE, fuel=0).call("one")
    assert machine.run() == 1
    assert (machine.trap, machine.fuel, machine.pc) == (
        *(TrapCode.OUT_OF_FUEL, 0, machine.program.exports["one"].pc),
    )


def test_run_takes_at_most_the_steps_it_is_given() -> None:
    machine = program_of(RECURSE).call("direct")
    assert machine.run(0) == 0
    assert machine.run(17) == 17
    assert machine.steps == 17


def test_reprs_say_where_a_machine_stands() -> None:
    program = program_of(RECURSE)
    assert "module, " in repr(program)
    machine = program.call("one")
    assert "running at pc" in repr(machine)
    machine.run()
    assert repr(machine) == f"Machine(halted, result=1, step=3, fuel={machine.fuel})" or (
        "halted, result=1" in repr(machine)
    )
    machine = program.call("direct")
    machine.run()
    assert "call stack exhausted" in repr(machine)
    assert str(program.location(10**6)) == "pc 1000000 in (outside the code)"
    assert program.text(None) == "(no instruction)"


@pytest.mark.parametrize(
    ("value", "kept"), [(-(2**31), 2**31), (-1, 2**32 - 1), (2**32 - 1, 2**32 - 1)]
)
def test_arguments_may_be_signed_or_unsigned(value: int, kept: int) -> None:
    program = program_of('(module (func (export "f") (param i32) (result i32) (local.get 0)))')
    machine = program.call("f", [value])
    assert machine.stack == [kept]
    with pytest.raises(InputError, match="is not an i32"):
        program.call("f", [-(2**31) - 1])


def test_a_constant_is_shown_signed() -> None:
    program = program_of('(module (func (export "f") (drop (i64.const -5)) (drop (i32.const -6))))')
    texts = [program.text(word) for word in program.words]
    assert "i64.const -5" in texts
    assert "i32.const -6" in texts


def test_the_generated_loop_leaves_to_the_rules_what_it_cannot_take() -> None:
    numbers = dispatch_numbers()
    assert len(set(numbers.values())) < len(numbers), "instructions of one text share a number"
    assert source().count(LEAVE.splitlines()[0] + "\n") == 1
