"""Mistakes that verifiers of other projects have made about the machine: none of them is here.

One test for each; its docstring says who made it. What is expected is written out, not taken from
the rules, and the contract and its twin must both come to it.

Not here: mistakes about proofs and encodings (`test_peers_mistakes_in_proofs`), about states that
have no proof (`test_no_unprovable_state`), about the game and its clocks (`tests.bisection`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bisection.calldata import StepProof
from bisection.errors import OperandOutOfRange
from bisection.witness import prove_step, prove_steps
from merkle import ChannelsError, Hash32, OrderedMap, keccak256
from merkle.chain import push
from tests.bisection.machines import CODE, END, KEY_AT, OUT, U32, VALUE, scenarios, standing
from tests.cross_check import states
from tests.cross_check.both import Both
from tests.cross_check.states import before
from wasm_interp import Machine, Message, State, Status, TrapCode
from wasm_interp import instructions as ins
from wasm_interp.errors import ResultOutOfRange, StatusOutOfRange, TrapCodeOutOfRange
from wasm_interp.instructions import INSTRUCTIONS, Word, is_valid
from wasm_interp.profile import PAGE_BYTES

SIGNED_EDGE = {32: 2**31, 64: 2**63}


def after_of(both: Both, machine: Machine) -> State:
    """Return the state after the step of ``machine``, on which all three agree."""
    return both.accepted(prove_step(machine))


def result_of(both: Both, machine: Machine, operands: int) -> int | TrapCode:
    """Return the operand that a step leaves in place of ``operands``, or the code of its trap.

    The state has only a hash of the stack; the machine says what the operand is, and it must fit.
    """
    after = after_of(both, machine)
    if after.trap:
        return after.trap
    below = machine.stack_chain(without=operands)
    stepped = machine.copy()
    stepped.step()
    value = stepped.stack[-1]
    assert after.stack == push(below, value.to_bytes(8, "big"))
    return value


def numeric(both: Both, name: str, *operands: int) -> int | TrapCode:
    return result_of(both, standing(Word(CODE[name]), operands), len(operands))


def trap_of(both: Both, name: str, *operands: int, a: int = 0) -> TrapCode:
    return after_of(both, standing(Word(CODE[name], a), operands)).trap


# -- arithmetic ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [32, 64])
def test_shift_amounts_are_masked(both: Both, bits: int) -> None:
    """Arbitrum and Cannon shifted by the whole operand."""
    value = 0x9234_5678_9ABC_DEF1 >> (64 - bits)
    mask = 2**bits - 1
    signed = value - (mask + 1)
    for count in (0, 1, bits - 1, bits, bits + 1, 2 * bits, 2 * bits + 3, 2 ** (bits - 1), mask):
        n = count % bits
        rotated = (value << n | value >> (bits - n)) & mask
        assert numeric(both, f"i{bits}.shl", value, count) == value << n & mask
        assert numeric(both, f"i{bits}.shr_u", value, count) == value >> n
        assert numeric(both, f"i{bits}.shr_s", value, count) == signed >> n & mask
        assert numeric(both, f"i{bits}.rotl", value, count) == rotated
        assert numeric(both, f"i{bits}.rotr", rotated, count) == value


@pytest.mark.parametrize("bits", [32, 64])
def test_division_by_zero_and_of_the_least_by_minus_one(both: Both, bits: int) -> None:
    """Arbitrum had a value where it must trap, and a trap where it has a value."""
    least, minus_one = SIGNED_EDGE[bits], 2**bits - 1
    for operation in ("div_s", "div_u", "rem_s", "rem_u"):
        for lhs in (0, 1, least, minus_one):
            assert numeric(both, f"i{bits}.{operation}", lhs, 0) is TrapCode.DIVIDE_BY_ZERO
    assert numeric(both, f"i{bits}.div_s", least, minus_one) is TrapCode.INTEGER_OVERFLOW
    assert numeric(both, f"i{bits}.rem_s", least, minus_one) == 0
    assert numeric(both, f"i{bits}.div_u", least, minus_one) == 0
    assert numeric(both, f"i{bits}.rem_u", least, minus_one) == least
    # Towards zero, and the remainder has the dividend's sign.
    assert numeric(both, f"i{bits}.div_s", 2**bits - 7, 2) == 2**bits - 3
    assert numeric(both, f"i{bits}.rem_s", 2**bits - 7, 2) == 2**bits - 1
    assert numeric(both, f"i{bits}.rem_s", 7, 2**bits - 2) == 1


def test_popped_values_are_of_their_type(both: Both) -> None:
    """Arbitrum did not check the types of popped values."""
    counts = {"i32.add": 2, "i32.eqz": 1, "i32.shr_u": 2, "i64.extend_i32_u": 1, "i32.extend8_s": 1}
    for name, count in counts.items():
        machine = standing(Word(CODE[name]), (2**32,) * count)
        proof = prove_step(standing(Word(CODE[name]), (1,) * count))
        shown = (2**32).to_bytes(8, "big") * count
        wrong = replace(
            proof, pre_state=machine.state().encode(), witness=proof.witness[:80] + shown
        )
        refusal = both.agreed(wrong.calldata(), name)
        assert isinstance(refusal, OperandOutOfRange)
    # An address of 33 bits is beyond memory, not at its low 32 bits.
    for name, values in (("i32.load", ()), ("i64.store", (5,))):
        assert trap_of(both, name, 2**32, *values) is TrapCode.MEMORY_OUT_OF_BOUNDS
    assert trap_of(both, "db.delete", KEY_AT, 2**32 + 3) is TrapCode.KEY_LENGTH
    assert trap_of(both, "call_indirect", 2**32 + 1, a=5) is TrapCode.TABLE_OUT_OF_BOUNDS


# -- memory ----------------------------------------------------------------------------------------


def test_the_maximum_of_memory_is_the_committed_one(both: Both) -> None:
    """Arbitrum's contract had a constant of its own for the limit of memory."""
    for pages, most in ((1, 1), (1, 2), (0, 7), (3, 256), (255, 255)):
        for delta in (most - pages, most - pages + 1):
            machine = before("memory.grow", delta, pages=pages, memory_max=most)
            grown = delta == most - pages
            assert result_of(both, machine, 1) == (pages if grown else U32)
            after = after_of(both, machine)
            assert after.memory_pages == (most if grown else pages)
            assert after.memory_max == most


def test_bounds_are_not_off_by_one(both: Both) -> None:
    """asterisc was off by one, inverted a condition, and had a bitwise for a logical operator."""
    for row in INSTRUCTIONS.values():
        if width := row.params.get("width"):
            values = (7,) if "store" in row.name else ()
            for offset in (0, 1, width):
                last = END - width - offset
                assert trap_of(both, row.name, last, *values, a=offset) is TrapCode.NONE
                beyond = trap_of(both, row.name, last + 1, *values, a=offset)
                assert beyond is TrapCode.MEMORY_OUT_OF_BOUNDS
    for at, trap in ((END - 3, TrapCode.NONE), (END - 2, TrapCode.MEMORY_OUT_OF_BOUNDS)):
        assert trap_of(both, "db.delete", at, 3) is trap
        assert trap_of(both, "channel.message_read", at, 67, 3) is trap
    assert trap_of(both, "channel.message_read", 0, 68, 3) is TrapCode.MESSAGE_OUT_OF_BOUNDS
    for index, trap in (
        (2, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        (3, TrapCode.TABLE_OUT_OF_BOUNDS),
    ):
        assert trap_of(both, "call_indirect", index, a=5) is trap
    assert trap_of(both, "db.delete", 200, 80) is TrapCode.NONE
    assert trap_of(both, "db.delete", 200, 81) is TrapCode.KEY_LENGTH


CONTENTS = keccak256(b"contents") + keccak256(b"of memory") + keccak256(b"in three leaves")
AT = 32 * 100


@pytest.mark.parametrize(
    "name", [row.name for row in INSTRUCTIONS.values() if "width" in row.params]
)
def test_unaligned_and_narrow_accesses_are_where_they_say(both: Both, name: str) -> None:
    """Cannon and asterisc wrote parts of words, and unaligned words, to the wrong place."""
    row = INSTRUCTIONS[CODE[name]]
    width, bits = row.params["width"], row.params.get("n")
    for place in range(33):
        value = 0xF1E2_D3C4_B5A6_9788 if place % 2 else 0x0112_2334_4556_6778
        values = (value & (2**32 - 1 if name.startswith("i32") else 2**64 - 1),)
        stores = "store" in name
        machine = standing(Word(CODE[name], AT), (place, *(values if stores else ())))
        states.put_into_memory(machine, AT, CONTENTS)
        after = after_of(both, machine)
        if stores:
            expected = bytearray(CONTENTS)
            expected[place : place + width] = values[0].to_bytes(8, "little")[:width]
            leaves = {100 + at: bytes(expected[32 * at : 32 * at + 32]) for at in range(3)}
            assert after.memory_root == machine.memory_tree().with_leaves(leaves).root
        else:
            loaded = CONTENTS[place : place + width]
            number = int.from_bytes(loaded, "little", signed=bits is not None)
            assert result_of(both, machine, 1) == number % 2 ** (bits or 64)


def test_memory_wraps_into_nothing(both: Both) -> None:
    """Cannon's allocation pointer wrapped around into the code. (Critical.)"""
    for pages, delta in ((1, U32), (1, 2**16 - 1), (1, 2**16), (256, U32 - 255), (4, 253)):
        machine = before("memory.grow", delta, pages=pages, memory_max=256)
        assert result_of(both, machine, 1) == U32
        assert after_of(both, machine).memory_pages == pages
    for name, machine in scenarios().items():
        if name.split(".")[0] in {"i32", "i64", "memory", "db", "channel"}:
            after, was = after_of(both, machine), machine.state()
            assert (after.code_root, after.table_root) == (was.code_root, was.table_root), name


def test_a_prover_is_not_stale_after_memory_has_grown(both: Both) -> None:
    """Arbitrum's prover kept a Merkle cache across a resize."""
    store, load, grow = (Word(CODE[name]) for name in ("i32.store8", "i32.load8_u", "memory.grow"))
    const, drop = CODE["i32.const"], Word(CODE["drop"])
    words: list[Word] = []
    for pages in range(1, 7):
        for at in (0, pages * PAGE_BYTES - 1):
            words += [Word(const, b=at), Word(const, b=pages), store, Word(const, b=at), load, drop]
        words += [Word(const, b=1), grow, drop]
    program = replace(states.program_of(Word(ins.HALT), memory_max=6), words=tuple(words))
    followed, forked = (states.standing(program, pc=0) for _ in range(2))
    for proof in prove_steps(followed, len(words)):
        # One machine is followed, the other one is hashed at some steps only, and copied.
        if forked.steps % 5 == 3:
            forked = forked.copy()
            assert prove_step(forked) == proof
        forked.step()
        assert both.accepted(proof) == followed.state()
    assert (followed.trap, forked.state()) == (TrapCode.NONE, followed.state())
    assert followed.state().memory_pages == 6


def test_what_one_path_writes_every_other_one_reads(both: Both) -> None:
    """Cannon had side state that a new write path did not clear."""
    writers = (
        ("i64.store8", (OUT, 0xAB), b"\xab"),
        ("i32.store", (OUT, 0x0403_0201), b"\1\2\3\4"),
        ("db.get", (KEY_AT, 3, OUT, 50), VALUE),
        ("db.seek", (KEY_AT, 3, 0, OUT, 80), b"key"),
        ("db.seek_back", (KEY_AT, 3, 0, OUT, 80), b"key"),
        ("channel.message_read", (OUT, 3, 40), bytes(range(3, 43))),
    )
    for name, operands, written in writers:
        machine = standing(Word(CODE[name]), operands)
        for proof in prove_steps(machine, 1):
            both.accepted(proof)
        for at, byte in enumerate(written):
            reader = standing(Word(CODE["i32.load8_u"]), (OUT + at,))
            states.put_into_memory(reader, OUT, written)
            # The very memory that the writer's proof has led to.
            assert reader.memory_root() == machine.memory_root()
            assert result_of(both, reader, 1) == byte, (name, at)


# What a step may change, by instruction; `pc`, `fuel` and `stack` may always. Spec: V-17, S-9.
CHANGED = {
    "call": {"frames", "call_depth"},
    "call_indirect": {"frames", "call_depth"},
    "return": {"frames", "call_depth", "locals_root", "locals_depth"},
    "enter": {"locals_root", "locals_depth"},
    "halt": {"status", "result"},
    "local.set": {"locals_root"},
    "local.tee": {"locals_root"},
    "global.set": {"globals_root"},
    "memory.grow": {"memory_pages", "memory_depth", "memory_root"},
    "db.get": {"memory_root"},
    "db.seek": {"memory_root"},
    "db.seek_back": {"memory_root"},
    "db.put": {"db_root"},
    "db.delete": {"db_root"},
    "channel.message_read": {"memory_root"},
}


def changes(one: State, other: State) -> set[str]:
    return {name for name in State.__slots__ if getattr(one, name) != getattr(other, name)}


def test_a_step_changes_nothing_beside_what_it_does(both: Both) -> None:
    """The other side of the same mistake: what a path has no business with stays as it is."""
    for name, machine in scenarios().items():
        was, after = machine.state(), after_of(both, machine)
        instruction = name.split(":")[0]
        allowed = {"pc", "fuel", "stack"} | CHANGED.get(instruction, set())
        if ".store" in instruction:
            allowed.add("memory_root")
        if after.trap:
            allowed = {"status", "trap", "fuel"}
        assert changes(was, after) <= allowed, name


# -- traps -----------------------------------------------------------------------------------------


def test_a_trap_is_a_state_and_no_revert(both: Both) -> None:
    """Arbitrum's contract reverted where the machine enters its error state."""
    met: set[TrapCode] = set()
    for name, machine in scenarios().items():
        stepped = machine.copy()
        stepped.step()
        if stepped.trap:
            after = after_of(both, machine)
            assert (after.status, after.trap) == (Status.TRAPPED, stepped.trap), name
            met.add(after.trap)
    assert met == set(TrapCode) - {TrapCode.NONE}


ORDER: Sequence[tuple[str, tuple[int, ...], dict[str, int], TrapCode]] = (
    # Each of these has two or more things wrong.
    ("db.get", (END, 0, END, U32), {"fuel": 1}, TrapCode.KEY_LENGTH),
    ("db.get", (END, 81, END, U32), {"fuel": 1}, TrapCode.KEY_LENGTH),
    ("db.get", (END, 3, 0, 50), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("db.get", (KEY_AT, 3, END, 1), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("db.get", (KEY_AT, 3, OUT, 50), {"fuel": 1}, TrapCode.OUT_OF_FUEL),
    ("db.put", (END, 0, END, 1_025), {"fuel": 1}, TrapCode.KEY_LENGTH),
    ("db.put", (END, 3, END, 1_025), {"fuel": 1}, TrapCode.VALUE_LENGTH),
    ("db.put", (END, 3, 0, 9), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("db.put", (KEY_AT, 3, END, 9), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("db.delete", (END, 81), {"fuel": 1}, TrapCode.KEY_LENGTH),
    ("db.delete", (END, 3), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("db.seek", (END, 81, 0, END, 80), {"fuel": 1}, TrapCode.KEY_LENGTH),
    ("db.seek", (KEY_AT, 3, 0, END, 80), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("channel.message_read", (END, 70, 1_025), {"fuel": 1}, TrapCode.READ_TOO_LONG),
    ("channel.message_read", (END, 70, 1), {"fuel": 1}, TrapCode.MESSAGE_OUT_OF_BOUNDS),
    ("channel.message_read", (END, 69, 1), {"fuel": 1}, TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("call_indirect", (3,), {"a": 9}, TrapCode.TABLE_OUT_OF_BOUNDS),
    ("call_indirect", (0,), {"a": 9}, TrapCode.NULL_TABLE_ENTRY),
    ("call_indirect", (1,), {"a": 9}, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
    ("call_indirect", (1,), {"a": 5}, TrapCode.CALL_STACK_EXHAUSTED),
    ("call_indirect", (3,), {"a": 9, "fuel": 0}, TrapCode.OUT_OF_FUEL),
    ("i32.div_s", (2**31, 0), {"fuel": 0}, TrapCode.OUT_OF_FUEL),
    ("trap", (), {"a": 15, "fuel": 0}, TrapCode.OUT_OF_FUEL),
    ("trap", (), {"a": 15, "fuel": 1}, TrapCode.INVALID_INSTRUCTION),
)


@pytest.mark.parametrize(("name", "operands", "facts", "trap"), ORDER)
def test_the_order_of_checks_is_the_same(
    both: Both, name: str, operands: tuple[int, ...], facts: dict[str, int], trap: TrapCode
) -> None:
    """Arbitrum's order of error checks differed on chain and off chain."""
    word = Word(CODE[name], facts.get("a", 0))
    machine = standing(word, operands, fuel=facts.get("fuel", 100_000))
    if name == "call_indirect":
        machine.frames = [(2, [0, 0, 0, 0])] * 1_024
    after = after_of(both, machine)
    assert after.trap is trap
    # Fuel is taken only by what comes before the check that fails.
    assert after.fuel == max(machine.fuel - 1, 0)


# -- instructions ----------------------------------------------------------------------------------

A_EDGES = (0, 1, 2, 8, 9, 14, 15, 2**16, 2**31, U32)
B_EDGES = (0, 1, U32, 2**32, 2**64 - 1)


def encodings(code: int) -> Iterator[tuple[bytes, bool]]:
    """Yield words of a code at the boundaries of their immediates, and whether they are valid."""
    for a in A_EDGES:
        for b in B_EDGES:
            word = Word(code, a, b)
            yield word.encode(), is_valid(word)
    for at in (1, 2, 3):
        for bit in range(8):
            padded = bytearray(Word(code, 1, 0).encode())
            padded[at] = 1 << bit
            yield bytes(padded), False


TRAPS_SO = Word(ins.TRAP, TrapCode.INVALID_INSTRUCTION).encode()
"""The one valid word that leads where an invalid one does."""

CODES_OF_A_TEST = 32


@pytest.mark.parametrize("first", range(0, 256, CODES_OF_A_TEST))
def test_every_code_is_dispatched_and_no_other(both: Both, first: int) -> None:
    """Arbitrum's dispatch missed an opcode; asterisc and Cannon ignored unused bits.

    An invalid word traps, and nothing else does so with `INVALID_INSTRUCTION`: the claim that a
    step traps is accepted if and only if the word is invalid.
    """
    machine = standing(Word(0))
    honest, was = prove_step(machine), machine.state()
    trapped = after_of(both, machine)
    sibling = Hash32(honest.witness[16:48])
    for code in range(first, first + CODES_OF_A_TEST):
        for op, valid in encodings(code):
            leaf = honest.witness[:16] + op
            root = keccak256(leaf + sibling)
            claim = StepProof(
                pre_state=replace(was, code_root=root).encode(),
                op=op,
                witness=honest.witness,
                post_state=replace(trapped, code_root=root).hash(),
            )
            answer = both.agreed(claim.calldata(), f"word 0x{op.hex()}")
            traps = not valid or op == TRAPS_SO
            assert isinstance(answer, State) == traps, op.hex()


def test_immediates_are_not_truncated(both: Both) -> None:
    """Arbitrum truncated the argument of an instruction."""
    for target in (0, 1, 2**8, 2**16, 2**24, 2**31, U32):
        for name in ("jump", "jump_if", "call"):
            machine = standing(Word(CODE[name], target), (1,) if name == "jump_if" else ())
            assert after_of(both, machine).pc == target
        # Beyond, pc would wrap, and no reachable state leads there (V-18).
        index = min(target, U32 - 2)
        machine = standing(Word(ins.JUMP_TABLE, U32), (index,))
        assert after_of(both, machine).pc == 2 + index
        machine = before("call_indirect", 1, a=target, table=(0, target << 32 | 7))
        assert after_of(both, machine).pc == 7
    for value in (2**32 - 1, 2**32, 2**63, 2**64 - 1):
        machine = standing(Word(CODE["i64.const"], b=value))
        pushed = push(machine.stack_chain(), value.to_bytes(8, "big"))
        assert after_of(both, machine).stack == pushed
    for index in (0, 255, 256, 1_023):
        machine = before("local.get", a=index, locals_depth=8)
        held = machine.locals[index].to_bytes(8, "big")
        assert after_of(both, machine).stack == push(machine.stack_chain(), held)


def test_the_place_of_an_instruction_is_that_of_its_half_leaf(both: Both) -> None:
    """Arbitrum did not divide a code index by the size of a chunk."""
    length = 23
    words = tuple(Word(CODE["i32.const"], b=1_000 + at) for at in range(length))
    program = replace(states.program_of(Word(ins.HALT)), words=words)
    proofs = []
    for pc in range(length):
        machine = states.standing(program, pc=pc)
        pushed = push(machine.stack_chain(), (1_000 + pc).to_bytes(8, "big"))
        after = after_of(both, machine)
        assert (after.pc, after.stack) == (pc + 1, pushed)
        proofs.append(prove_step(machine))
    for pc, proof in enumerate(proofs):
        for other in proofs[:pc] + proofs[pc + 1 :]:
            wrong = replace(proof, op=other.op, witness=other.witness)
            assert isinstance(both.agreed(wrong.calldata(), f"{pc}"), ChannelsError)


def test_an_unknown_host_function_is_no_instruction(both: Both) -> None:
    """Cannon let an unknown system call succeed."""
    for code in range(0xF0, 0x100):
        known = code in INSTRUCTIONS
        machine = standing(Word(code), (KEY_AT, 3, OUT, 50, 80))
        assert (after_of(both, machine).trap is TrapCode.INVALID_INSTRUCTION) == (not known)


def test_addresses_of_host_functions_are_not_aligned(both: Both) -> None:
    """Cannon aligned the address of a system call in silence."""
    rows = OrderedMap().put(b"k", b"value")
    for at in range(30, 67):
        machine = before("db.get", at, 1, at + 70, 5, rows=rows)
        states.put_into_memory(machine, at, b"k")
        after = after_of(both, machine)
        machine.step()
        assert after == machine.state()
        assert machine.memory[at + 69 : at + 76] == b"\0value\0"
        read = before("channel.message_read", at, 1, 3, message=Message(payload=b"abcd"))
        after = after_of(both, read)
        read.step()
        assert after == read.state()
        assert read.memory[at - 1 : at + 4] == b"\0bcd\0"


# -- the record ------------------------------------------------------------------------------------


def test_a_flag_is_one_of_its_values(both: Both) -> None:
    """Cannon's ``exited`` could be 2."""
    proof = prove_step(scenarios()["stopped: halted"])
    for status in range(256):
        record = bytes([status]) + proof.pre_state[1:]
        claim = replace(proof, pre_state=record, post_state=keccak256(record))
        answer = both.agreed(claim.calldata(), f"status {status}")
        # Running it has no result, and trapped a trap code: neither is a halted machine.
        expected = {0: ResultOutOfRange, 1: State, 2: TrapCodeOutOfRange}
        assert isinstance(answer, expected.get(status, StatusOutOfRange)), status
    trapped = prove_step(scenarios()["stopped: trapped"])
    for code in range(256):
        record = trapped.pre_state[:1] + bytes([code]) + trapped.pre_state[2:]
        claim = replace(trapped, pre_state=record, post_state=keccak256(record))
        known = code in set(TrapCode) - {TrapCode.NONE}
        answer = both.agreed(claim.calldata(), f"trap code {code}")
        assert isinstance(answer, State if known else TrapCodeOutOfRange)
    # Where a number is a condition, every number but zero is true.
    for condition in (1, 2, 3, 256, 2**31, U32):
        select = Word(CODE["select"])
        assert numeric(both, "i32.eqz", condition) == 0
        assert result_of(both, standing(select, (condition,)), 3) == 11
        assert after_of(both, standing(Word(ins.JUMP_IF, 3), (condition,))).pc == 3
        strict = standing(Word(ins.DB_SEEK), (KEY_AT, 3, condition, OUT, 80))
        assert result_of(both, strict, 5) == len(b"key0")
