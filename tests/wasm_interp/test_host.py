"""Host functions: checks in order, what is charged, what is read before what is written."""

from __future__ import annotations

import pytest

from merkle import OrderedMap
from tests.wasm_interp.wat import program_of
from wasm_interp import Machine, Message, Status, TrapCode
from wasm_interp.rules.host import NOT_FOUND

HOST = """
(module
  (import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
  (import "db" "delete" (func $delete (param i32 i32) (result i32)))
  (import "db" "seek" (func $seek (param i32 i32 i32 i32 i32) (result i32)))
  (import "db" "seek_back" (func $seek_back (param i32 i32 i32 i32 i32) (result i32)))
  (import "channel" "message_size" (func $size (result i32)))
  (import "channel" "message_read" (func $read (param i32 i32 i32)))
  (import "channel" "sender" (func $sender (result i32)))
  (import "channel" "turn" (func $turn (result i64)))
  (memory 1)
  (data (i32.const 0) "key") (data (i32.const 100) "value")
  (export "get" (func $get)) (export "put" (func $put)) (export "delete" (func $delete))
  (export "seek" (func $seek)) (export "seek_back" (func $seek_back))
  (export "size" (func $size)) (export "read" (func $read))
  (export "sender" (func $sender)) (export "turn" (func $turn)))
"""
END = 65_536
ROWS = OrderedMap.from_rows([(b"a", b"1"), (b"key", b"old"), (b"z" * 80, b"v" * 1024)])
U32 = 2**32 - 1


def call(
    name: str, *args: int, rows: OrderedMap = ROWS, fuel: int = 100_000, payload: bytes = b"hello"
) -> Machine:
    message = Message(turn=2**40, sender=3, payload=payload)
    machine = program_of(HOST, fuel=fuel).call(name, args, rows=rows, message=message)
    machine.run()
    return machine


def result(machine: Machine) -> int:
    assert machine.status is Status.HALTED, machine
    return machine.result


# -- get -----------------------------------------------------------------------------------------


def test_get_writes_the_value_and_returns_its_length() -> None:
    machine = call("get", 0, 3, 200, 10)
    assert result(machine) == 3
    assert machine.memory[200:204] == b"old\0"


def test_get_of_an_absent_row_is_minus_one_and_writes_nothing() -> None:
    machine = call("get", 0, 2, 0, 10)
    assert result(machine) == NOT_FOUND
    assert machine.memory[:4] == b"key\0"


def test_a_value_that_does_not_fit_is_not_written_but_its_length_is_returned() -> None:
    machine = call("get", 0, 3, 200, 2)
    assert result(machine) == 3
    assert machine.memory[200:203] == bytes(3)


def test_the_key_is_read_before_the_value_is_written_over_it() -> None:
    machine = call("get", 0, 3, 0, 3)
    assert result(machine) == 3
    assert machine.memory[:3] == b"old"


# -- put and delete ------------------------------------------------------------------------------


def test_put_tells_whether_the_row_existed() -> None:
    machine = call("put", 0, 3, 100, 5)
    assert result(machine) == 1
    assert machine.rows.get(b"key") == b"value"
    machine = call("put", 0, 2, 100, 0)
    assert result(machine) == 0
    assert machine.rows.get(b"ke") == b""


def test_delete_tells_whether_the_row_existed() -> None:
    machine = call("delete", 0, 3)
    assert result(machine) == 1
    assert b"key" not in machine.rows
    machine = call("delete", 0, 2)
    assert result(machine) == 0
    assert machine.rows == ROWS


# -- seek ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key_len", "strict", "found"),
    [
        ("seek", 0, 0, b"a"),
        ("seek", 2, 0, b"key"),
        ("seek", 3, 0, b"key"),
        ("seek", 3, 1, b"z" * 80),
        ("seek", 3, 7, b"z" * 80),
        ("seek_back", 3, 0, b"key"),
        ("seek_back", 3, 1, b"a"),
        ("seek_back", 2, 0, b"a"),
        ("seek_back", 0, 0, None),
    ],
)
def test_seek_finds_the_neighbour(
    name: str, key_len: int, strict: int, found: bytes | None
) -> None:
    machine = call(name, 0, key_len, strict, 200, 80)
    assert result(machine) == (NOT_FOUND if found is None else len(found))
    assert machine.memory[200 : 200 + len(found or b"")] == (found or b"")


def test_a_key_that_does_not_fit_is_not_written() -> None:
    machine = call("seek", 0, 3, 1, 200, 79)
    assert result(machine) == 80
    assert machine.memory[200:280] == bytes(80)


def test_seek_in_no_rows_finds_nothing() -> None:
    assert result(call("seek", 0, 3, 0, 200, 80, rows=OrderedMap())) == NOT_FOUND
    assert result(call("seek_back", 0, 3, 0, 200, 80, rows=OrderedMap())) == NOT_FOUND


# -- the message ---------------------------------------------------------------------------------


def test_the_message_is_there_to_be_read() -> None:
    assert result(call("size")) == 5
    assert result(call("sender")) == 3
    assert result(call("turn")) == 2**40
    machine = call("read", 300, 1, 4)
    assert machine.memory[300:305] == b"ello\0"


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (5, 0), (0, 5)])
def test_reads_up_to_the_end_are_allowed(offset: int, length: int) -> None:
    assert call("read", END - length, offset, length).status is Status.HALTED


# -- traps, one cause at a time, then which comes first --------------------------------------------

TRAPS = [
    ("get", (0, 0, 0, 0), TrapCode.KEY_LENGTH),
    ("get", (0, 81, 0, 0), TrapCode.KEY_LENGTH),
    ("get", (END - 2, 3, 0, 0), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("get", (U32, 1, 0, 0), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("get", (0, 3, END, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("get", (0, 3, 200, U32), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("get", (0, 2, END, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("put", (0, 0, 0, 0), TrapCode.KEY_LENGTH),
    ("put", (0, 81, 0, 1025), TrapCode.KEY_LENGTH),
    ("put", (END, 1, 0, 1025), TrapCode.VALUE_LENGTH),
    ("put", (END, 1, END, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("put", (0, 1, END, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("delete", (0, 0), TrapCode.KEY_LENGTH),
    ("delete", (END, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("seek", (0, 81, 0, 0, 0), TrapCode.KEY_LENGTH),
    ("seek", (END, 1, 0, 0, 0), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("seek_back", (0, 1, 0, END, 1), TrapCode.MEMORY_OUT_OF_BOUNDS),
    ("read", (END, 9, 1025), TrapCode.READ_TOO_LONG),
    ("read", (END, 1, 5), TrapCode.MESSAGE_OUT_OF_BOUNDS),
    ("read", (0, U32, 1), TrapCode.MESSAGE_OUT_OF_BOUNDS),
    ("read", (END - 4, 0, 5), TrapCode.MEMORY_OUT_OF_BOUNDS),
]


@pytest.mark.parametrize(("name", "args", "code"), TRAPS)
def test_a_violation_traps_with_its_code_and_touches_nothing(
    name: str, args: tuple[int, ...], code: TrapCode
) -> None:
    machine = call(name, *args)
    assert (machine.status, machine.trap) == (Status.TRAPPED, code)
    assert machine.rows == ROWS
    assert machine.stack == list(args), "operands stay"
    assert machine.memory == machine.program.memory


@pytest.mark.parametrize("args", [(0, 1, END, 0), (END - 1, 1, 0, 0), (END - 80, 80, END - 80, 80)])
def test_buffers_may_end_where_memory_does(args: tuple[int, ...]) -> None:
    assert call("get", *args).status is Status.HALTED


def test_keys_and_values_at_their_limits_are_stored() -> None:
    machine = call("put", 0, 80, 100, 1024)
    assert result(machine) == 0
    assert len(machine.rows.get(b"key" + bytes(77)) or b"") == 1024


SURCHARGES = [
    ("get", (0, 3, 200, 10), 512 + 3 + 10),
    ("get", (0, 3, 200, 2000), 512 + 3 + 1024),
    ("put", (0, 3, 100, 5), 2048 + 3 + 5),
    ("delete", (0, 3), 2048 + 3),
    ("seek", (0, 3, 0, 200, 10), 512 + 3 + 10),
    ("seek_back", (0, 3, 0, 200, 2000), 512 + 3 + 80),
    ("size", (), 0),
    ("sender", (), 0),
    ("turn", (), 0),
    ("read", (0, 0, 5), 32 + 5),
]


@pytest.mark.parametrize(("name", "args", "surcharge"), SURCHARGES)
def test_fuel_is_one_a_step_and_the_surcharge(
    name: str, args: tuple[int, ...], surcharge: int
) -> None:
    machine = call(name, *args)
    assert 100_000 - machine.fuel == machine.steps + surcharge
    used = 100_000 - machine.fuel
    assert call(name, *args, fuel=used).status is Status.HALTED, "just enough"
    short = call(name, *args, fuel=used - 1)
    assert (short.trap, short.fuel) == (TrapCode.OUT_OF_FUEL, 0)


@pytest.mark.parametrize(("name", "args", "surcharge"), [case for case in SURCHARGES if case[2]])
def test_a_surcharge_that_cannot_be_paid_touches_nothing(
    name: str, args: tuple[int, ...], surcharge: int
) -> None:
    before = len(args) * 2 + 2  # enter, sets, gets, and the instruction's own 1
    machine = call(name, *args, fuel=before + surcharge - 1)
    assert (machine.status, machine.trap, machine.fuel) == (Status.TRAPPED, TrapCode.OUT_OF_FUEL, 0)
    assert machine.rows == ROWS
    assert machine.stack == list(args)
