"""Turns, the two forms of the ABI, genesis, and the reducer id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from merkle import OrderedMap
from tests.wasm_interp.wat import program_of, wasm_of
from wasm_interp import LogEntry, Message, Program, Status, TrapCode, load, reduce, replay
from wasm_interp.abi import STATE_KEY, Form, state_rows
from wasm_interp.errors import InputError, MessageError, NotAReducer

COUNTER = """
(module
  (import "db" "get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "db" "put" (func $put (param i32 i32 i32 i32) (result i32)))
  (import "channel" "message_size" (func $size (result i32)))
  (import "channel" "sender" (func $sender (result i32)))
  (memory 1) (data (i32.const 0) "count")
  (func $reduce (export "reduce") (result i32)
    (drop (call $get (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 8)))
    (i64.store (i32.const 16) (i64.add (i64.load (i32.const 16)) (i64.const 1)))
    (drop (call $put (i32.const 0) (i32.const 5) (i32.const 16) (i32.const 8)))
    (if (i32.eq (call $size) (i32.const 3)) (then (unreachable)))
    (call $size)))
"""
"""Counts accepted messages: an empty payload is accepted, three bytes trap, others are refused."""


def test_rows_go_on_from_accepted_messages_only() -> None:
    log = [LogEntry(None, payload) for payload in (b"", b"x", b"", b"xyz", b"")]
    turns = list(replay(program_of(COUNTER), OrderedMap(), log))
    assert [turn.verdict for turn in turns] == [
        *("accepted", "refused with 1", "accepted", "trapped: unreachable", "accepted")
    ]
    assert [turn.message.turn for turn in turns] == [1, 2, 2, 3, 3]
    assert [turn.message.sender for turn in turns] == [0, 1, 1, 0, 0]
    assert turns[-1].rows.get(b"count") == (3).to_bytes(8, "little")
    assert turns[1].db_root == turns[0].db_root != turns[2].db_root
    assert turns[3].stopped_at.symbol == "reduce"


def test_a_trap_tells_the_calls_that_led_to_it() -> None:
    text = """(module (func $inner (unreachable)) (func $outer (call $inner))
                (func $reduce (export "reduce") (result i32) (call $outer) (i32.const 0)))"""
    turn = reduce(program_of(text), OrderedMap(), Message(turn=1))
    assert [place.symbol for place in turn.backtrace] == ["inner", "outer", "reduce"]
    assert turn.stopped_at == turn.backtrace[0]


def test_a_message_starts_from_genesis_memory() -> None:
    program = program_of(
        """(module (memory 1) (global $g (mut i32) (i32.const 0))
             (func (export "reduce") (result i32)
               (i32.or (i32.load (i32.const 8)) (global.get $g))
               (i32.store (i32.const 8) (i32.const 1)) (global.set $g (i32.const 1))))"""
    )
    turns = replay(program, OrderedMap(), [LogEntry(0, b"")] * 3)
    assert all(turn.accepted for turn in turns)


def test_fuel_bounds_a_message_and_running_out_refuses_it() -> None:
    endless = '(module (func (export "reduce") (result i32) (loop $l (br $l)) (unreachable)))'
    program = program_of(endless, fuel=1000)
    turn = reduce(program, OrderedMap(), Message(turn=1))
    assert (turn.status, turn.trap) == (Status.TRAPPED, TrapCode.OUT_OF_FUEL)
    assert (turn.steps, turn.fuel_used) == (1001, 1000)
    assert not turn.accepted


def test_the_start_function_runs_first_on_the_same_fuel() -> None:
    text = """(module (global $g (mut i32) (i32.const 5))
                (func $s (global.set $g (i32.const 0))) (start $s)
                (func (export "reduce") (result i32) (global.get $g)))"""
    machine = program_of(text).start()
    assert len(machine.frames) == 2
    machine.run()
    assert (machine.status, machine.result) == (Status.HALTED, 0)
    traps = text.replace("(global.set $g (i32.const 0))", "(unreachable)")
    machine = program_of(traps).start()
    machine.run()
    assert machine.trap is TrapCode.UNREACHABLE
    assert machine.program.location(machine.pc).symbol == "s"


# -- the blob form -------------------------------------------------------------------------------

ECHO = """
(module (memory (export "memory") {pages}) {extra}
  (func (export "reduce") (param $db i32) (param $db_len i32) (param $msg i32) (param $msg_len i32)
                          (param $out i32) (param $out_len i32) (result i32)
    (if (i32.eq (local.get $msg_len) (i32.const 1)) (then (return (i32.const 9))))
    {body}
    (i32.store (local.get $out) (local.get $msg))
    (i32.store (local.get $out_len) (local.get $msg_len))
    (i32.const 0)))
"""
"""The new state is the message; a message of one byte is refused with 9."""


def echo(*, pages: str = "1", extra: str = "", body: str = "", **options: int) -> Program:
    return program_of(ECHO.format(pages=pages, extra=extra, body=body), **options)


def blob_of(rows: OrderedMap) -> bytes:
    return b"".join(value for _, value in rows.items())


@pytest.mark.parametrize("size", [0, 2, 1023, 1024, 1025, 2048, 4095, 4096])
def test_a_new_state_of_any_size_is_written_and_read_back(size: int) -> None:
    program = echo()
    payload = bytes(i * 7 % 251 for i in range(size))
    rows = OrderedMap.from_rows(state_rows(b"old" * 900))
    turn = reduce(program, rows, Message(turn=1, payload=payload))
    assert turn.accepted
    assert turn.rows == OrderedMap.from_rows(state_rows(payload)), "no chunk of the old state stays"
    copied = echo(
        body="""(i32.store (local.get $out) (local.get $db))
                (i32.store (local.get $out_len) (local.get $db_len)) (return (i32.const 0))"""
    )
    again = reduce(copied, turn.rows, Message(turn=2, payload=b"ab"))
    assert again.accepted
    assert again.rows == turn.rows


def test_a_refusal_is_returned_as_it_is_and_changes_nothing() -> None:
    rows = OrderedMap.from_rows(state_rows(b"before"))
    turn = reduce(echo(), rows, Message(turn=1, payload=b"x"))
    assert turn.verdict == "refused with 9"
    assert turn.rows == rows


def test_a_state_beyond_the_declared_maximum_traps_in_the_entry() -> None:
    program = echo(state_bytes_max=1024)
    turn = reduce(program, OrderedMap(), Message(turn=1, payload=bytes(1025)))
    assert turn.trap is TrapCode.VALUE_LENGTH
    assert turn.stopped_at.symbol == "channels:entry"
    assert reduce(program, OrderedMap(), Message(turn=1, payload=bytes(1024))).accepted


@pytest.mark.parametrize("size", [0, 1, 1000, 1025, -1024, 2**20 + 1024])
def test_a_maximum_that_is_no_number_of_chunks_is_refused(size: int) -> None:
    with pytest.raises(InputError, match="T-23"):
        echo(state_bytes_max=size)


def test_buffers_lie_in_pages_above_the_modules_own() -> None:
    program = echo(pages="3")
    assert len(program.memory) == 4 * 65_536
    assert program.memory_max == 256
    assert echo(pages="3 5").memory_max == 6
    assert echo(pages="1 1", state_bytes_max=65_536).memory_max == 3


def test_no_room_for_the_buffers_is_refused() -> None:
    wasm = wasm_of(ECHO.format(pages="256", extra="", body=""))
    with pytest.raises(NotAReducer, match="T-22: no room for the buffers: 256 pages and 1 more"):
        load(wasm, reducer=True)
    assert load(wasm).form is None, "in the profile, it can still be called (P-12)"
    assert echo(pages="256", extra=ALLOCATORS["alloc"]).form is Form.BLOB


ALLOCATORS = {
    "alloc": """(global $top (mut i32) (i32.const 4096))
      (func (export "alloc") (param i32) (result i32)
        (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 0))))""",
    "__new": """(global $top (mut i32) (i32.const 4096)) (global $pinned (mut i32) (i32.const 0))
      (func (export "__new") (param i32 i32) (result i32)
        (if (local.get 1) (then (unreachable)))
        (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 0))))
      (func (export "__pin") (param i32) (result i32)
        (global.set $pinned (local.get 0)) (local.get 0))""",
}


@pytest.mark.parametrize("name", ALLOCATORS)
def test_buffers_come_from_an_exported_allocator(name: str) -> None:
    program = echo(extra=ALLOCATORS[name])
    assert len(program.memory) == 65_536, "no page is added"
    machine = program.start(OrderedMap(), Message(turn=1, payload=b"ab"))
    machine.run()
    assert machine.status is Status.HALTED
    assert blob_of(machine.rows) == b"ab"
    assert machine.globals[0] == 4096 + 4096 + 4096 + 16, "state, message, two u32, key"
    assert name == "alloc" or machine.globals[1] == 4096


def test_only_new_is_pinned() -> None:
    pin = """(func (export "__pin") (param i32) (result i32) (unreachable))"""
    assert reduce(
        echo(extra=ALLOCATORS["alloc"] + pin), OrderedMap(), Message(turn=1, payload=b"ab")
    ).accepted


def test_an_allocator_of_another_type_is_none() -> None:
    extra = '(func (export "alloc") (param i64) (result i32) (i32.const 0))'
    assert len(echo(extra=extra).memory) == 2 * 65_536


def test_a_stub_allocator_that_takes_the_end_of_memory_overwrites_the_input() -> None:
    """What T-22 warns of: a heap that grows into the added page sees, and spoils, the buffers."""
    fill = """(memory.fill (i32.const 65536) (i32.const 0)
                (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 65536)))"""
    turn = reduce(echo(body=fill), OrderedMap(), Message(turn=1, payload=b"ab"))
    assert turn.accepted
    assert blob_of(turn.rows) == b"\0\0", "the message was overwritten: export alloc to be safe"
    safe = echo(body=fill, extra=ALLOCATORS["alloc"])
    assert blob_of(reduce(safe, OrderedMap(), Message(turn=1, payload=b"ab")).rows) == b"ab"


def test_names_of_a_module_do_not_stand_for_generated_functions() -> None:
    hijack = """
      (func $channels:entry (export "entry") (result i32) (i32.const 0))
      (func $channels:chunk_key (export "chunk_key") (param i32 i32) (unreachable))
      (func $db.get (export "db.get") (param i32 i32 i32 i32) (result i32) (unreachable))"""
    turn = reduce(echo(extra=hijack), OrderedMap(), Message(turn=1, payload=b"ab"))
    assert turn.accepted
    assert blob_of(turn.rows) == b"ab"


# -- what is a reducer ---------------------------------------------------------------------------


def test_the_two_forms_are_told_apart() -> None:
    assert program_of(COUNTER).form is Form.DB
    assert echo().form is Form.BLOB
    assert program_of("(module)").form is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(module)", "no function is exported as 'reduce'"),
        ('(module (memory (export "reduce") 1))', "no function is exported as 'reduce'"),
        (
            '(module (func (export "reduce") (param i32) (result i32) (i32.const 0)))',
            r"'reduce' has type \(i32\) -> \(i32\)",
        ),
        (
            """(module (func (export "reduce") (param i32 i32 i32 i32 i32 i32) (result i32)
                 (i32.const 0)))""",
            "the blob form needs a memory",
        ),
    ],
)
def test_what_is_no_reducer_says_why(text: str, words: str) -> None:
    with pytest.raises(NotAReducer, match=f"T-20: .*{words}"):
        load(wasm_of(text), reducer=True)
    program = load(wasm_of(text))
    with pytest.raises(NotAReducer, match="not a reducer"):
        program.start()
    with pytest.raises(NotAReducer, match="not a reducer"):
        _ = program.reducer_id


# -- ids -----------------------------------------------------------------------------------------


def test_the_reducer_id_covers_code_fuel_state_and_memory() -> None:
    plain = echo().reducer_id
    others = [
        echo(fuel=99).reducer_id,
        echo(state_bytes_max=8192).reducer_id,
        echo(pages="2").reducer_id,
        echo(pages="1 9").reducer_id,
        echo(extra="(global i32 (i32.const 1))").reducer_id,
        echo(extra="(table 1 funcref)").reducer_id,
        echo(body="(nop)").reducer_id,
    ]
    assert len({plain, *others}) == 1 + len(others)
    assert echo().reducer_id == plain


def test_the_reducer_id_is_the_hash_that_the_specification_says() -> None:
    from dataclasses import replace

    from merkle import ZERO_HASH, keccak256
    from wasm_interp.profile import PROFILE_V1

    program = echo()
    rows = OrderedMap.from_rows(state_rows(b"anything"))
    state = program.start(rows, Message(turn=3, payload=b"x")).state()
    genesis = replace(state, db_root=ZERO_HASH, message=ZERO_HASH).hash()
    module = keccak256(wasm_of(ECHO.format(pages="1", extra="", body="")))
    assert program.reducer_id == keccak256(
        b"channels/reducer/v1" + module + PROFILE_V1.hash() + genesis
    )


def test_state_rows_are_chunks_under_the_reserved_key() -> None:
    rows = state_rows(bytes(1024) + b"tail")
    assert rows == [(STATE_KEY + b"\0\0", bytes(1024)), (STATE_KEY + b"\0\1", b"tail")]
    assert state_rows(b"") == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"turn": -1}, "turn -1"),
        ({"turn": 2**64}, "turn"),
        ({"sender": 2**32}, "sender"),
        ({"payload": bytes(4097)}, "4097 bytes"),
    ],
)
def test_a_message_out_of_range_is_refused(fields: dict[str, int], words: str) -> None:
    with pytest.raises(MessageError, match=words):
        Message(**fields)  # type: ignore[arg-type]


def test_a_message_hash_has_the_layout_of_the_specification() -> None:
    from merkle import keccak256

    message = Message(turn=3, sender=1, payload=b"abc")
    preimage = bytes(7) + b"\3" + bytes(3) + b"\1" + bytes(3) + b"\3" + keccak256(b"abc")
    assert message.encode() == preimage
    assert len(preimage) == 48
    assert message.hash() == keccak256(preimage)


# -- the seed's reducer --------------------------------------------------------------------------

CASE = Path(__file__).parents[2] / "examples" / "tic_tac_toe"


def test_the_seeds_tic_tac_toe_plays_whole_games() -> None:
    program = load((CASE / "tic_tac_toe.wasm").read_bytes(), reducer=True)
    genesis = OrderedMap.from_rows(state_rows(bytes(9) + b"\1\0"))
    for name, winner in (("x_wins", 1), ("o_wins", 2), ("draw", 3)):
        lines = (CASE / f"{name}.jsonl").read_text().splitlines()
        log = [
            LogEntry(entry["sender"], bytes.fromhex(entry["payload"][2:]))
            for entry in map(json.loads, lines)
        ]
        turns = list(replay(program, genesis, log))
        assert all(turn.accepted for turn in turns)
        assert blob_of(turns[-1].rows)[10] == winner
