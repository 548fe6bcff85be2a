"""Generated modules behave here as they do in wasmtime.

Default: a modest number of examples, the same ones every time. ``HYPOTHESIS_PROFILE=nightly`` asks
for many more, at random; the tests marked ``nightly`` run long ranges of seeds.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.wasm_interp.generator import FULL, GeneratedModule, Options, modules, seeded_module
from tests.wasm_interp.wasmtime_peer import Outcome, Peer, as_map, our_outcome
from wasm_interp import instructions as code
from wasm_interp.instructions import INSTRUCTIONS, Word
from wasm_interp.link import load
from wasm_interp.machine import Machine
from wasm_interp.message import Message
from wasm_interp.opcodes import BY_NAME, OPCODES
from wasm_interp.profile import PAGE_BYTES
from wasm_interp.state import TrapCode

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FUEL = 1_000_000
"""Enough for nearly every generated call; the others are not compared."""

HOST = Options(functions_max=3, host=True)
STRAIGHT_LINE = Options(functions_max=2, straight_line=True, traps=False)
TRAP_FREE = Options(functions_max=4, traps=False)
ROWS = {b"\0": b"abc", b"\0\0": b"", b"\1": b"x" * 300, b"ab": b"y" * 1_024, b"\xff" * 80: b"last"}
MESSAGE = Message(turn=2**63 + 5, sender=2**31 + 1, payload=bytes(range(40)))


def examples(count: int, *, nightly: int) -> settings:
    return settings(
        max_examples=nightly if NIGHTLY else count,
        derandomize=not NIGHTLY,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def compare(generated: GeneratedModule, *, host: bool = False) -> Counter[str]:
    """Make every call on both sides; return how many ended in which way."""
    rows, message = (ROWS, MESSAGE) if host else ({}, Message())
    program = load(generated.wasm, fuel=FUEL)
    peer = Peer(generated.wasm)
    ends: Counter[str] = Counter()
    for call in generated.calls:
        m = program.call(call.export, call.args, rows=as_map(rows), message=message)
        m.run()
        ends[m.trap.name] += 1
        if m.trap is TrapCode.OUT_OF_FUEL:
            continue
        ours = our_outcome(
            m,
            has_result=bool(program.exports[call.export].type.results),
            globals_count=generated.globals,
        )
        theirs = peer.outcome(call.export, call.args, rows=rows, message=message)
        if theirs.memory is None:
            # The start function trapped: wasmtime has no instance to look into.
            assert generated.starts
            ours = Outcome(trap=ours.trap, result=None, memory=None, globals=None, rows=ours.rows)
        difference = ours.difference(theirs)
        assert not difference, f"{call}: {difference}\n{generated}"
    return ends


def executed_words(m: Machine) -> Iterator[Word]:
    """Step ``m`` to its end; yield the instruction of each step before it is taken."""
    while m.running:
        word = m.word()
        assert word is not None
        yield word
        m.step()


# -- the generator itself ----------------------------------------------------------------------


def test_the_generator_emits_every_opcode_of_the_profile() -> None:
    emitted: set[str] = set()
    for seed in range(40):
        emitted |= seeded_module(seed).used
    assert emitted == set(BY_NAME)


def test_generated_modules_execute_every_instruction_of_the_machine() -> None:
    executed: set[int] = set()
    for seed in range(200):
        generated = seeded_module(seed, HOST if seed % 2 == 0 else FULL)
        program = load(generated.wasm, fuel=6_000)
        for call in generated.calls:
            m = program.call(call.export, call.args, rows=as_map(ROWS), message=MESSAGE)
            executed |= {word.code for word in executed_words(m)}
    assert not [row.name for row in INSTRUCTIONS.values() if row.code not in executed]


def test_generated_calls_end_in_many_ways() -> None:
    ends: Counter[str] = Counter()
    for seed in range(300):
        ends += compare(seeded_module(seed))
    causes = {"UNREACHABLE", "DIVIDE_BY_ZERO", "INTEGER_OVERFLOW", "MEMORY_OUT_OF_BOUNDS"}
    causes |= {"TABLE_OUT_OF_BOUNDS", "NULL_TABLE_ENTRY", "INDIRECT_CALL_TYPE_MISMATCH"}
    assert causes <= set(ends)
    assert ends["NONE"] > ends.total() / 2, "most calls should come to their end"
    assert ends["OUT_OF_FUEL"] < ends.total() / 20


def test_the_same_seed_gives_the_same_module() -> None:
    assert seeded_module(7) == seeded_module(7)
    assert seeded_module(7) != seeded_module(8)


# -- against wasmtime --------------------------------------------------------------------------


@examples(150, nightly=5_000)
@given(modules())
def test_generated_modules_agree_with_wasmtime(generated: GeneratedModule) -> None:
    compare(generated)


@examples(60, nightly=2_000)
@given(modules(Options(functions_max=2, budget=160, counter_max=200)))
def test_large_bodies_agree_with_wasmtime(generated: GeneratedModule) -> None:
    compare(generated)


@examples(60, nightly=2_000)
@given(modules(HOST))
def test_modules_that_call_the_host_agree_with_a_model(generated: GeneratedModule) -> None:
    compare(generated, host=True)


@pytest.mark.parametrize("first", range(0, 1_000, 250))
def test_seeded_modules_agree_with_wasmtime(first: int) -> None:
    for seed in range(first, first + 250):
        compare(seeded_module(seed))


def test_seeded_host_modules_agree_with_a_model() -> None:
    ends: Counter[str] = Counter()
    for seed in range(300):
        ends += compare(seeded_module(seed, HOST), host=True)
    causes = {"KEY_LENGTH", "VALUE_LENGTH", "MESSAGE_OUT_OF_BOUNDS", "READ_TOO_LONG"}
    assert causes <= set(ends)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(10_000, 60_000, 5_000))
def test_long_ranges_of_seeds_agree_with_wasmtime(first: int) -> None:
    if not NIGHTLY:
        pytest.skip("long: set HYPOTHESIS_PROFILE=nightly")
    for seed in range(first, first + 5_000):
        compare(seeded_module(seed, HOST if seed % 5 == 0 else FULL), host=seed % 5 == 0)


# -- fuel --------------------------------------------------------------------------------------
# wasmtime takes 1 for each operator that it meets, 0 for nop, drop, block, loop, unreachable,
# return, else and end, 1 for entering a function, and the size too for memory.grow, memory.copy and
# memory.fill. It calls a start function from a function of its own, which takes 2.

FREE_OF_CHARGE = {"nop", "drop", "block", "loop", "unreachable", "return", "else", "end"}
BULK = {"memory.copy", "memory.fill"}


def peer_price(m: Machine, word: Word, wasm: bytes) -> int:
    """Return what wasmtime takes for the instruction that ``word``, the next of ``m``, stands for.

    Where lowering makes several words of one instruction, one of them bears its price.
    """
    if word.code == code.ENTER:
        return 1
    origins = m.program.origins
    offset = origins[m.pc].offset
    if offset < 0:
        return 0
    row = OPCODES[wasm[offset] if wasm[offset] != 0xFC else 0xFC00 | wasm[offset + 1]]
    if row.name in BULK:
        # The first of its words takes the size from the operand stack.
        return 1 + m.stack[-1] if origins[m.pc - 1].offset != offset else 0
    if row.name in FREE_OF_CHARGE or word.code in (code.DROP_UNDER, BY_NAME["drop"].code):
        return 0
    if word.code == code.JUMP:
        return 1 if row.name == "br" else 0
    return 1 + m.stack[-1] if row.name == "memory.grow" else 1


def cannot_grow(m: Machine, word: Word) -> bool:
    """Whether the next step is a memory.grow that fails, which wasmtime prices in its own ways."""
    pages = len(m.memory) // PAGE_BYTES
    return word.code == BY_NAME["memory.grow"].code and pages + m.stack[-1] > m.memory_max


def assert_fuel_agrees(generated: GeneratedModule) -> int:
    """Compare the fuel of all calls that do not trap; return how many there were."""
    program, peer, compared = load(generated.wasm, fuel=FUEL), Peer(generated.wasm), 0
    for call in generated.calls:
        m = program.call(call.export, call.args)
        price, comparable = 0, True
        for word in executed_words(m):
            price += peer_price(m, word, generated.wasm)
            comparable = comparable and not cannot_grow(m, word)
        if not comparable or m.trap is not TrapCode.NONE:
            continue
        assert FUEL - m.fuel == m.steps
        assert peer.outcome(call.export, call.args).trap is TrapCode.NONE
        assert peer.fuel_used == price + 2 * generated.starts, f"{call}\n{generated}"
        compared += 1
    return compared


def test_straight_line_code_costs_what_wasmtime_takes_and_what_lowering_adds() -> None:
    # enter, a move for each parameter, return and halt are ours alone; drop is free in wasmtime.
    for seed in range(150):
        generated = seeded_module(seed, STRAIGHT_LINE)
        program, peer = load(generated.wasm), Peer(generated.wasm)
        for call in generated.calls:
            m = program.call(call.export, call.args)
            drops = sum(word.code == BY_NAME["drop"].code for word in executed_words(m))
            assert m.trap is TrapCode.NONE
            peer.outcome(call.export, call.args)
            operators = peer.fuel_used - 1
            assert m.steps == operators + drops + 1 + len(call.args) + 1 + 1
            assert m.fuel == program.fuel - m.steps


def test_fuel_follows_from_the_executed_instructions() -> None:
    compared = sum(assert_fuel_agrees(seeded_module(seed, TRAP_FREE)) for seed in range(150))
    compared += sum(assert_fuel_agrees(seeded_module(seed, FULL)) for seed in range(100))
    assert compared > 400


@examples(40, nightly=1_000)
@given(modules(TRAP_FREE))
def test_fuel_of_drawn_modules_follows_from_the_executed_instructions(
    generated: GeneratedModule,
) -> None:
    assert_fuel_agrees(generated)
