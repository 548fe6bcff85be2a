"""No reachable state is without a proof: whoever is honest can always show what the next step does.

A search over states that satisfy the invariants S-13 to S-19: drawn at random, and each limit of
the profile exactly reached. The witness is the prover's; the machine, the twin and the contract
must come to one state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gas.rows import GREATER, LESSER
from bisection.witness import prove_steps
from merkle import OrderedMap
from merkle.map_proofs import Member
from tests.bisection.test_hostile_records import examples
from tests.cross_check import states
from tests.cross_check.both import Both
from tests.cross_check.states import COMB, FEW_ROWS, U32_MAX, before, keyed
from wasm_interp import Machine, Message, State, Status, TrapCode
from wasm_interp import instructions as ins
from wasm_interp.instructions import INSTRUCTIONS, Instruction, Word
from wasm_interp.profile import PAGE_BYTES, PROFILE_V1

PAGES_MAX = PROFILE_V1.memory_pages_max
END = PAGES_MAX * PAGE_BYTES
FUEL_MAX = PROFILE_V1.fuel_max
LONGEST = Message(turn=2**64 - 1, sender=U32_MAX, payload=b"\xa5" * 4_096)
NONE = TrapCode.NONE
SEEKS = ("db.seek", "db.seek_back")


def assert_provable(both: Both, machine: Machine) -> State:
    """Return the state after the step that ``machine`` takes, to which all three come."""
    [proof] = prove_steps(machine, 1)
    after = both.accepted(proof)
    assert after == machine.state()
    return after


# -- at random -------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", INSTRUCTIONS.values(), ids=lambda row: row.name)
@examples(12, nightly=1_500)
@given(data=st.data())
def test_a_state_at_random(both: Both, row: Instruction, data: st.DataObject) -> None:
    assert_provable(both, data.draw(states.machines(row)))


def test_what_is_drawn_goes_every_way() -> None:
    ends: Counter[TrapCode] = Counter()

    @examples(120, nightly=120)
    @given(machine=states.machines(INSTRUCTIONS[ins.DB_GET]))
    def draw(machine: Machine) -> None:
        machine.step()
        ends[machine.trap] += 1

    draw()
    assert set(ends) >= {
        *(NONE, TrapCode.KEY_LENGTH, TrapCode.MEMORY_OUT_OF_BOUNDS, TrapCode.OUT_OF_FUEL),
    }
    assert ends[NONE] > 10


# -- limits ----------------------------------------------------------------------------------------

Case = tuple[str, TrapCode, Callable[[], Machine]]
"""What it is, the trap that its step ends in, and how to make the machine."""


def of_stacks() -> Iterator[Case]:
    for name, operands in (("drop", ()), ("select", (1,)), ("i64.add", ()), ("local.get", ())):
        machine = partial(before, name, *operands, below=1_024 - len(operands))
        yield f"{name}: 1,024 operands", NONE, machine
    yield "drop: the only operand", NONE, partial(before, "drop", 5)
    yield "i32.const: upon nothing", NONE, partial(before, "i32.const", b=U32_MAX)


def of_calls() -> Iterator[Case]:
    table = (0, 9 << 32 | 5)
    for depth, trap in ((1_023, NONE), (1_024, TrapCode.CALL_STACK_EXHAUSTED)):
        yield f"call: at call depth {depth}", trap, partial(before, "call", a=9, depth=depth)
        machine = partial(before, "call_indirect", 1, a=9, table=table, depth=depth)
        yield f"call_indirect: at call depth {depth}", trap, machine
    yield "return: from call depth 1,024", NONE, partial(before, "return", depth=1_024)
    yield "return: from the outermost function", NONE, partial(before, "return")
    yield "return: to 1,024 locals", NONE, partial(before, "return", depth=2, locals_depth=8)
    for depth in range(9):
        yield f"enter: depth {depth}", NONE, partial(before, "enter", a=depth)


def of_trees() -> Iterator[Case]:
    for index in (0, 3, 4, 1_023):
        for name in ("local.get", "local.set", "local.tee"):
            machine = partial(before, name, 77, a=index, locals_depth=8)
            yield f"{name}: {index} of 1,024", NONE, machine
        for name in ("global.get", "global.set"):
            machine = partial(before, name, 77, a=index, globals_count=1_024)
            yield f"{name}: {index} of 1,024", NONE, machine
    beyond = TrapCode.TABLE_OUT_OF_BOUNDS
    full = (0, *(3 << 32 | at for at in range(1, 4_096)))
    for index, trap in (
        *((0, TrapCode.NULL_TABLE_ENTRY), (1, NONE), (4_095, NONE)),
        *((4_096, beyond), (U32_MAX, beyond)),
    ):
        machine = partial(before, "call_indirect", index, a=3, table=full)
        yield f"call_indirect: {index} of 4,096", trap, machine
    yield "call_indirect: no table", beyond, partial(before, "call_indirect", 0, a=3, table=())


GREAT = ("i64.load", "i32.store16")
"""What sees the greatest memory, which takes its time."""


def of_memory() -> Iterator[Case]:
    for row in INSTRUCTIONS.values():
        if width := row.params.get("width"):
            yield from accesses(row.name, width, PAGES_MAX if row.name in GREAT else 2)
    for pages, most, delta in (
        *((0, 0, 0), (0, 0, 1), (0, 256, 256), (0, 256, 257), (1, 256, 255), (1, 256, 256)),
        *((256, 256, 0), (256, 256, 1), (255, 256, 1), (3, 5, U32_MAX), (3, 5, 2), (2, 2, 0)),
    ):
        machine = partial(before, "memory.grow", delta, pages=pages, memory_max=most)
        yield f"memory.grow: {pages} of {most} by {delta}", NONE, machine
    for pages in (0, 1, 256):
        yield f"memory.size: {pages}", NONE, partial(before, "memory.size", pages=pages)


def accesses(name: str, width: int, pages: int) -> Iterator[Case]:
    """Yield a load or store at the edges of a memory."""
    out = TrapCode.MEMORY_OUT_OF_BOUNDS
    values = (0xFFEE_DDCC,) if "store" in name else ()
    end = pages * PAGE_BYTES
    for where, address, offset, trap in (
        ("the beginning", 0, 0, NONE),
        ("the end", end - width, 0, NONE),
        ("one byte beyond the end", end - width + 1, 0, out),
        ("across pages", PAGE_BYTES - width // 2, 0, NONE),
        ("an offset alone", 0, end - width, NONE),
        ("the greatest address and offset", U32_MAX, U32_MAX, out),
    ):
        machine = partial(before, name, address, *values, a=offset, pages=pages)
        yield f"{name}: {where} of {pages} pages", trap, machine
    yield f"{name}: in no pages", out, partial(before, name, 0, *values, pages=0)


def of_fuel() -> Iterator[Case]:
    out = TrapCode.OUT_OF_FUEL
    for fuel, trap in ((0, out), (1, NONE), (FUEL_MAX, NONE)):
        yield f"drop: fuel {fuel}", trap, partial(before, "drop", 1, fuel=fuel)
    for name, operands, price in (
        ("db.get", (0, 1, 64, 2_000), 1 + 512 + 1 + 1_024),
        ("db.put", (0, 1, 64, 1_024), 1 + 2_048 + 1 + 1_024),
        ("db.delete", (0, 80), 1 + 2_048 + 80),
        ("db.seek", (0, 0, 0, 64, 2_000), 1 + 512 + 80),
        ("db.seek_back", (0, 80, 1, 64, 7), 1 + 512 + 80 + 7),
        ("channel.message_read", (0, 0, 0), 1 + 32),
    ):
        for fuel in (1, price - 1, price, FUEL_MAX):
            machine = partial(before, name, *operands, fuel=fuel)
            yield f"{name}: fuel {fuel} of {price}", NONE if fuel >= price else out, machine


def of_messages() -> Iterator[Case]:
    read = "channel.message_read"
    for size in (0, 1, 4_096):
        message = Message(payload=b"\x77" * size)
        for name in ("channel.message_size", "channel.sender", "channel.turn"):
            yield f"{name}: of {size} bytes", NONE, partial(before, name, message=message)
        nothing = partial(before, read, PAGE_BYTES, size, 0, message=message)
        yield f"{read}: nothing of {size} bytes", NONE, nothing
        more = partial(before, read, 0, size, 1, message=message)
        yield f"{read}: one byte beyond {size}", TrapCode.MESSAGE_OUT_OF_BOUNDS, more
    for out, offset, length, trap in (
        (0, 0, 1_024, NONE),
        (END - 1_024, 3_072, 1_024, NONE),
        (PAGE_BYTES - 1, 17, 1_000, NONE),
        (31, 4_095, 1, NONE),
        (END - 1_023, 0, 1_024, TrapCode.MEMORY_OUT_OF_BOUNDS),
        (0, 0, 1_025, TrapCode.READ_TOO_LONG),
        (0, 0, U32_MAX, TrapCode.READ_TOO_LONG),
        (0, U32_MAX, 1_024, TrapCode.MESSAGE_OUT_OF_BOUNDS),
        (U32_MAX, 0, 0, TrapCode.MEMORY_OUT_OF_BOUNDS),
        (END, 4_096, 0, NONE),
    ):
        machine = partial(before, read, out, offset, length, pages=PAGES_MAX, message=LONGEST)
        yield f"{read}: {length} at {offset} to {out}", trap, machine


def of_keys() -> Iterator[Case]:
    """Yield row operations on keys and values of the least and the greatest length."""
    long = TrapCode.KEY_LENGTH
    key = b"\xff" * 80
    for rows, which in ((OrderedMap(), "no rows"), (FEW_ROWS, "few rows"), (COMB, "the comb")):
        for length, trap in ((0, long), (1, NONE), (80, NONE), (81, long), (U32_MAX, long)):
            what = f"key of {length} bytes, {which}"
            get, put = (4_096, 1_024), (4_096, 0)
            for name, rest in (
                ("db.get", get),
                ("db.put", get),
                ("db.put", put),
                ("db.delete", ()),
            ):
                machine = partial(keyed, key, name, 100, length, *rest, rows=rows)
                yield f"{name}: {what}, {rest}", trap, machine
            for name in SEEKS:
                machine = partial(keyed, key, name, 100, length, 1, 4_096, 80, rows=rows)
                yield f"{name}: {what}", trap if length else NONE, machine
    too_long = partial(before, "db.put", 0, 1, 0, 1_025)
    yield "db.put: value of 1,025 bytes", TrapCode.VALUE_LENGTH, too_long


def of_buffers() -> Iterator[Case]:
    """Yield buffers at the end of memory, across leaves and pages, empty and far too long."""
    out = TrapCode.MEMORY_OUT_OF_BOUNDS
    great = {"pages": PAGES_MAX}
    for where, key_at, to, cap, trap in (
        ("at the end", END - 1, END - 1_024, 1_024, NONE),
        ("beyond the end", END - 1, END - 1_023, 1_024, out),
        ("across pages", 5 * PAGE_BYTES - 1, 9 * PAGE_BYTES - 500, 1_024, NONE),
        ("across leaves", 31, 63, 1_024, NONE),
        ("over its own key", 10, 5, 1_024, NONE),
        ("no room at the end", END - 1, END, 0, NONE),
        ("no room", 10, 0, 0, NONE),
        ("one byte short", 10, 64, 1_023, NONE),
        ("far too much room", 10, 0, U32_MAX, out),
        ("all memory", 10, 0, END, NONE),
        ("all memory and a byte", 10, 0, END + 1, out),
    ):
        yield f"db.get: {where}", trap, partial(keyed, b"k", "db.get", key_at, 1, to, cap, **great)
        for name in SEEKS:
            machine = partial(keyed, b"k", name, key_at, 1, 1, to, cap, **great)
            yield f"{name}: {where}", trap, machine
    for name in SEEKS:
        for strict in (0, 1, U32_MAX):
            machine = partial(before, name, PAGE_BYTES, 0, strict, 0, 80)
            yield f"{name}: from nothing at the end of memory, strict {strict}", NONE, machine
        yield f"{name}: without memory", NONE, partial(before, name, 0, 0, 0, 0, 0, pages=0)
    shared = partial(before, "db.put", PAGE_BYTES - 40, 80, PAGE_BYTES - 512, 1_024, pages=2)
    yield "db.put: key and value in one place across pages", NONE, shared


def of_combs() -> Iterator[Case]:
    """Yield operations on a map whose paths have as many branches as any can have. Spec: M-34."""
    operations: list[tuple[str, tuple[int, ...]]] = [
        *(("db.get", (512, 1_024)), ("db.put", (512, 9)), ("db.delete", ())),
        *((name, (strict, 512, 80)) for name in SEEKS for strict in (0, 1)),
    ]
    for key in (LESSER, GREATER):
        alone = OrderedMap().put(key, b"")
        for rows, which in ((COMB, "there"), (COMB.delete(key), "absent"), (alone, "alone")):
            for name, rest in operations:
                machine = partial(keyed, key, name, 64, 80, *rest, rows=rows)
                yield f"{name}{rest}: the deep row of {key[:1]!r}, {which}", NONE, machine


def of_prefixes() -> Iterator[Case]:
    """Yield keys that are prefixes of each other, of every length, with other bytes behind them."""
    whole = bytes(range(0x41, 0x41 + 80))
    for length in range(1, 81):
        key, behind = whole[:length], b"\xaa\xbb"
        longer, shorter = whole[: length + 1], whole[: length - 1] or b"\0"
        for others in ((longer,), (shorter,), (longer, shorter), (key, longer, shorter)):
            rows = OrderedMap.from_rows((other, b"v") for other in others)
            for name, rest in (
                *(("db.get", (512, 9)), ("db.put", (512, 9)), ("db.delete", ())),
                *((name, (1, 512, 80)) for name in SEEKS),
            ):
                machine = partial(keyed, key + behind, name, 77, length, *rest, rows=rows)
                yield f"{name}: {length} bytes beside {len(others)} rows", NONE, machine


FAMILIES = (
    *(of_stacks, of_calls, of_trees, of_memory, of_fuel, of_messages),
    *(of_keys, of_prefixes, of_buffers, of_combs),
)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_limit_exactly_reached(both: Both, family: Callable[[], Iterator[Case]]) -> None:
    for name, trap, machine in family():
        assert assert_provable(both, machine()).trap is trap, name


def test_the_comb_has_719_branches() -> None:
    member = COMB.prove_get(LESSER)
    assert isinstance(member, Member)
    assert len(member.branches) == 719


# -- the greatest programs -------------------------------------------------------------------------


def test_a_program_of_2_to_the_20_instructions(both: Both) -> None:
    """Each instruction at the very end of the greatest code, and just behind it. Spec: P-1."""
    length = PROFILE_V1.code_instructions_max
    last = before("i32.const", b=1, pc=length - 1, length=length)
    program = last.program
    after = assert_provable(both, last)
    assert (after.pc, after.code_depth) == (length, 19)
    assert assert_provable(both, last).trap is TrapCode.INVALID_INSTRUCTION
    for pc in (0, 1, length // 2, length - 2):
        machine = states.standing(program, pc=pc)
        assert assert_provable(both, machine).pc == 1


def test_a_stack_as_high_as_calls_and_operands_allow(both: Both) -> None:
    machine = before("select", 1, below=PROFILE_V1.operand_height_max * 64, depth=64)
    assert_provable(both, machine)


@pytest.mark.nightly
def test_the_highest_stack(both: Both) -> None:
    machine = before("select", 1, below=PROFILE_V1.operand_height_max * 1_024 - 1, depth=1_024)
    assert_provable(both, machine)


# -- machines that have stopped --------------------------------------------------------------------


def test_every_stopped_machine(both: Both) -> None:
    for code in TrapCode:
        if code is NONE:
            continue
        machine = before("trap", a=code)
        for proof in prove_steps(machine, 3):
            after = both.accepted(proof)
            assert (after.status, after.trap) == (Status.TRAPPED, code)
    for result in (0, 1, 2**64 - 1):
        machine = before("halt", result, a=1)
        for proof in prove_steps(machine, 3):
            assert both.accepted(proof).result == result


def test_every_instruction_without_fuel_and_with_one(both: Both) -> None:
    for row in INSTRUCTIONS.values():
        for fuel in (0, 1):
            a = TrapCode.UNREACHABLE if row.code == ins.TRAP else 0
            machine = before(row.name, *(1,) * 5, a=a, fuel=fuel, message=LONGEST)
            after = assert_provable(both, machine)
            assert after.fuel == 0
            assert (after.trap is TrapCode.OUT_OF_FUEL) == (fuel == 0 or row.fuel > 1), row.name


def test_words_that_are_no_instruction(both: Both) -> None:
    for word in (
        Word(0),
        Word(1),
        Word(0xFF),
        Word(ins.ENTER, 9),
        Word(ins.HALT, 2),
        Word(ins.TRAP),
    ):
        machine = states.standing(states.program_of(word))
        assert assert_provable(both, machine).trap is TrapCode.INVALID_INSTRUCTION
