"""Machines that stand where a command's options say: before a message of a log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.files import read_messages
from merkle import OrderedMap
from wasm_interp.errors import InputError
from wasm_interp.machine import Machine
from wasm_interp.program import Program
from wasm_interp.turn import LogEntry, replay


def read_log(messages: Path) -> list[LogEntry]:
    """Return the entries of a log, of which there is at least one."""
    log = list(read_messages(messages))
    if not log:
        raise InputError(f"{messages}: there is no message")
    return log


def machine_at_line(
    program: Program, rows: OrderedMap, messages: Path, *, participants: int, number: int | None
) -> Machine:
    """Return the machine about to reduce the message on line ``number``, those before it applied.

    The last message if ``number`` is None. Lines count from 1, blank ones left out.
    """
    log = read_log(messages)
    number = len(log) if number is None else number
    if number > len(log):
        raise InputError(f"{messages}: there is no message {number}, only {len(log)}")
    return _machine_at(program, rows, log, participants=participants, number=number)


def machine_at_turn(
    program: Program, rows: OrderedMap, messages: Path, *, participants: int, turn: int
) -> Machine:
    """Return the machine about to reduce the message that makes ``turn``.

    A message that is not accepted makes no turn (T-6): if none of the log makes this one, it is the
    last that was sent for it.
    """
    log = read_log(messages)
    reached, sent = 1, None
    for number, outcome in enumerate(replay(program, rows, log, participants=participants), 1):
        if reached == turn:
            sent = number
        reached += outcome.accepted
        if reached > turn:
            break
    if sent is None:
        raise InputError(
            f"{messages}: there is no message for turn {turn}, only up to {reached - 1}"
        )
    return _machine_at(program, rows, log, participants=participants, number=sent)


def _machine_at(
    program: Program,
    rows: OrderedMap,
    log: Sequence[LogEntry],
    *,
    participants: int,
    number: int,
) -> Machine:
    turn = 1
    for outcome in replay(program, rows, log[: number - 1], participants=participants):
        rows, turn = outcome.rows, turn + outcome.accepted
    return program.start(rows, log[number - 1].message(turn, participants=participants))
