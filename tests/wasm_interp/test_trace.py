"""Traces and events: every step, with what it read and wrote."""

from __future__ import annotations

import pytest

from merkle import OrderedMap
from tests.wasm_interp.test_host import HOST, ROWS
from tests.wasm_interp.wat import program_of
from wasm_interp import Machine, Message, Step, Trace
from wasm_interp.events import (
    Called,
    Event,
    GlobalRead,
    GlobalWritten,
    Halted,
    LocalRead,
    LocalsEntered,
    LocalWritten,
    MemoryGrown,
    MemoryRead,
    MemoryWritten,
    MessageFieldRead,
    MessageRead,
    OperandsPopped,
    OperandsPushed,
    Returned,
    RowRead,
    RowSought,
    RowWritten,
    TableRead,
    Trapped,
    observe,
)
from wasm_interp.state import Status, TrapCode

BUSY = """
(module (memory 1 2) (global $g (mut i64) (i64.const 5)) (table funcref (elem $f))
  (func $f (param i32) (result i32) (local.get 0))
  (func (export "run") (result i32)
    (global.set $g (i64.add (global.get $g) (i64.const 1)))
    (i64.store (i32.const 8) (global.get $g))
    (drop (i32.load8_u (i32.const 8)))
    (drop (memory.grow (i32.const 1)))
    (drop (memory.size))
    (call_indirect (param i32) (result i32) (call $f (i32.const 7)) (i32.const 0))))
"""


def machine_of(
    text: str = BUSY, export: str = "run", *args: int, rows: OrderedMap = ROWS
) -> Machine:
    message = Message(turn=1, sender=1, payload=b"hello")
    return program_of(text).call(export, args, rows=rows, message=message)


def events_of(text: str = BUSY, export: str = "run", *args: int) -> list[Event]:
    return [
        event for step in Trace(machine=machine_of(text, export, *args)) for event in step.events
    ]


def test_a_trace_has_every_step_and_the_state_in_which_the_machine_stays() -> None:
    machine = machine_of()
    steps = list(Trace(machine=machine))
    assert [step.index for step in steps] == list(range(len(steps)))
    assert machine.steps == 0, "a copy runs"
    check = machine.copy()
    for step in steps:
        assert step.state == check.state()
        check.step()
    assert steps[-1].state.status is Status.HALTED
    assert steps[-1].events == ()
    assert "halted" in repr(steps[-1])
    assert repr(steps[0]) == "Step(0: pc 5 in $1 (byte 0x47): enter 0)" or "enter 0" in repr(
        steps[0]
    )


@pytest.mark.parametrize(
    ("start", "stop", "every"), [(0, 5, 1), (3, 12, 4), (0, None, 7), (2, 2, 1)]
)
def test_a_part_of_a_trace_is_that_part(start: int, stop: int | None, every: int) -> None:
    whole = list(Trace(machine=machine_of()))
    part = list(Trace(machine=machine_of(), start=start, stop=stop, every=every))
    expected: list[Step] = whole[start:stop:every]
    if stop is None and expected[-1] != whole[-1]:
        expected.append(whole[-1])
    assert part == expected


def test_a_trace_from_beyond_the_end_is_the_last_state() -> None:
    whole = list(Trace(machine=machine_of()))
    assert list(Trace(machine=machine_of(), start=10_000)) == whole[-1:]


def test_events_tell_what_was_read_and_written() -> None:
    events = events_of()
    for expected in (
        GlobalRead(index=0, value=5),
        GlobalWritten(index=0, old=5, new=6),
        MemoryWritten(address=8, old=bytes(8), new=b"\6" + bytes(7)),
        MemoryRead(address=8, data=b"\6"),
        MemoryGrown(pages_before=1, pages_after=2),
        OperandsPopped((5, 1)),
        OperandsPushed((6,)),
        LocalWritten(index=0, old=0, new=7),
        LocalRead(index=0, value=7),
        TableRead(index=0, entry=2),
        Halted(7),
    ):
        assert expected in events, expected
    calls = [event for event in events if isinstance(event, Called)]
    returns = [event for event in events if isinstance(event, Returned)]
    assert [call.pc for call in calls] == [2, 2]
    assert [back.pc for back in returns[:2]] == [call.return_pc for call in calls]


def test_popping_and_pushing_an_equal_value_is_told() -> None:
    text = '(module (func (export "run") (result i32) (i32.and (i32.const 3) (i32.const 3))))'
    events = events_of(text)
    assert OperandsPopped((3, 3)) in events
    assert events.count(OperandsPushed((3,))) == 3


def test_a_trap_is_the_only_event_of_its_step() -> None:
    text = '(module (func (export "run") (result i32) (i32.div_u (i32.const 1) (i32.const 0))))'
    steps = list(Trace(machine=machine_of(text)))
    assert steps[-2].events == (Trapped(TrapCode.DIVIDE_BY_ZERO),)
    assert steps[-1].text == "trapped: divide by zero"


@pytest.mark.parametrize(
    ("export", "args", "expected"),
    [
        ("get", (0, 3, 200, 9), RowRead(key=b"key", value=b"old")),
        ("get", (0, 3, 200, 9), MemoryWritten(address=200, old=bytes(3), new=b"old")),
        ("get", (0, 2, 200, 9), RowRead(key=b"ke", value=None)),
        ("put", (0, 3, 100, 5), RowWritten(key=b"key", old=b"old", new=b"value")),
        ("put", (0, 3, 100, 5), MemoryRead(address=100, data=b"value")),
        ("delete", (0, 3), RowWritten(key=b"key", old=b"old", new=None)),
        (
            "seek",
            (0, 3, 1, 200, 80),
            RowSought(query=b"key", strict=True, backwards=False, found=b"z" * 80),
        ),
        (
            "seek_back",
            (0, 3, 1, 200, 80),
            RowSought(query=b"key", strict=True, backwards=True, found=b"a"),
        ),
        ("read", (300, 1, 4), MessageRead(offset=1, data=b"ello")),
        ("size", (), MessageFieldRead(name="length", value=5)),
        ("sender", (), MessageFieldRead(name="sender", value=1)),
        ("turn", (), MessageFieldRead(name="turn", value=1)),
        ("turn", (), LocalsEntered(0)),
        ("read", (300, 1, 4), MemoryWritten(address=300, old=bytes(4), new=b"ello")),
    ],
)
def test_host_functions_tell_their_rows_and_bytes(
    export: str, args: tuple[int, ...], expected: Event
) -> None:
    assert expected in events_of(HOST, export, *args)


@pytest.mark.parametrize(
    ("export", "args"),
    [
        ("get", (0, 2**32 - 1, 0, 0)),
        ("put", (0, 2**31, 0, 2**31)),
        ("delete", (65_535, 80)),
        ("seek", (0, 65_536, 0, 0, 0)),
        ("read", (0, 2**32 - 1, 2**32 - 1)),
    ],
)
def test_a_violation_is_observed_without_harm(export: str, args: tuple[int, ...]) -> None:
    assert isinstance(events_of(HOST, export, *args)[-1], Trapped)


def test_a_stopped_machine_has_no_events() -> None:
    machine = machine_of()
    machine.run()
    before = machine.state()
    assert observe(machine) == ()
    assert machine.state() == before
