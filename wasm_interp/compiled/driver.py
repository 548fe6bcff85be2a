"""Running a machine in the fast tier: compiled functions where one can enter, else the stepper.

One can enter where a function begins and at loop heads. The stepper takes a machine from any state
to the next such place; it also takes the last steps before a stop, and every step that traps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Final

from wasm_interp.compiled.instance import abandon
from wasm_interp.profile import PROFILE_V1
from wasm_interp.state import Status
from wasm_interp.stepper import compiled_loop, source

if TYPE_CHECKING:
    from wasm_interp.compiled.program import CompiledFunction, CompiledProgram
    from wasm_interp.machine import Machine

PYTHONS: Final = frozenset({("cpython", 3, 11)})
"""Interpreters whose frames the tests have looked into; others run the stepper."""

SHORT_RUN: Final = 500
"""Steps that are not worth entering compiled code for."""
STEPS_AFTER_STOP: Final = 300
"""Steps that the stepper takes where compiled code stopped, before that is tried again."""
ENTRIES_MIN: Final = 100
STEPS_PER_ENTRY: Final = 1_000
"""Fewer steps, after some entries, and the stepper alone is faster than going to and fro."""
LOCALS_PER_ENTRY: Final = 4_096
"""Locals of frames rebuilt that cost as much as entering once more."""
CALL_DEPTH_MAX: Final = PROFILE_V1.call_depth_max
FRAMES_BESIDE: Final = 200
"""Python frames that a run needs beside one for each call."""


def supported() -> bool:
    """Return whether this interpreter, as it runs now, can run compiled code.

    A trace function may look at and change what frames hold, so there is none.
    """
    python = (sys.implementation.name, *sys.version_info[:2])
    return python in PYTHONS and sys.byteorder == "little" and sys.gettrace() is None


def run_compiled(m: Machine, max_steps: int | None = None) -> int:
    """Run until ``m`` halts or traps, or for ``max_steps``; return the steps taken."""
    before = m.steps
    # Every step but the last takes fuel, so the machine stops within fuel + 1 steps.
    end = before + (m.fuel + 1 if max_steps is None else max_steps)
    if not supported():
        return m.run(max_steps)
    compiled = m.program.compiled
    entries, counted = 0, before
    while m.status is Status.RUNNING and m.steps < end:
        worth_it = entries < ENTRIES_MIN or m.steps - before > entries * STEPS_PER_ENTRY
        if min(end - m.steps, m.fuel) < SHORT_RUN or not worth_it:
            m.run(end - m.steps)
        elif cost := _enter(m, compiled, end):
            entries += cost
        else:
            _step_to_entry(m, compiled, end)
        compiled.earned += m.steps - counted
        counted = m.steps
    return m.steps - before


@cache
def _loop_with_stops() -> Callable[..., None]:
    """Return the stepper's loop with dispatch numbers that are given: some of them leave it."""
    text = source()
    for old, new in _CHANGES:
        assert text.count(old) == 1, f"the stepper's loop has changed: {old}"
        text = text.replace(old, new)
    return compiled_loop(text, name="run_to_stops", file="<stepper with stops>")


_CHANGES: Final = (
    ("def run_plain_steps(m, limit):", "def run_to_stops(m, limit, numbers):"),
    ("numbers, imm_a, imm_b = m.program.dispatch", "_, imm_a, imm_b = m.program.dispatch"),
)


def _step_to_entry(m: Machine, compiled: CompiledProgram, end: int) -> None:
    """Let the stepper run to a place where one can enter, or past a step that only it can take."""
    compiled.look_at(m.pc)
    if m.pc <= len(m.program.words):
        _loop_with_stops()(m, min(end - m.steps, m.fuel), compiled.stops)
    at_entry = m.pc in compiled.entries or m.pc in compiled.heads
    if m.status is Status.RUNNING and m.steps < end and not at_entry:
        m.step()


def _enter(m: Machine, compiled: CompiledProgram, end: int) -> int:
    """Enter compiled code if it begins at pc; return what that cost, in entries, 0 if it does not.

    Whatever interrupts it (memory that ran out, Ctrl-C) leaves parts of different steps.
    """
    try:
        return _entered(m, compiled, end)
    except BaseException:
        abandon(m)
        raise


def _entered(m: Machine, compiled: CompiledProgram, end: int) -> int:
    compiled.look_at(m.pc)
    loop = compiled.heads.get(m.pc)
    if loop is not None:
        index, function = loop[0], compiled.function(*loop)
    elif m.pc in compiled.entries:
        index = compiled.entries[m.pc]
        function = compiled.function(index)
    else:
        return 0
    left = min(end - m.steps, m.fuel)
    fits = len(m.frames) + compiled.depths.headroom[index] <= CALL_DEPTH_MAX
    arguments = None
    if function is not None and fits:
        arguments = _call_arguments(m, index) if loop is None else _loop_arguments(m, function)
    returned, cost = False, 1
    if function is not None and arguments is not None:
        instance = compiled.borrow()
        with _room_for_calls():
            returned = instance.run(m, function, arguments, left)
        cost += instance.rebuilt // LOCALS_PER_ENTRY
        compiled.give_back(instance)
    if not returned:
        m.run(min(end - m.steps, STEPS_AFTER_STOP))
    return cost


def _call_arguments(m: Machine, index: int) -> list[int] | None:
    """Take the arguments of function ``index`` off the stack; None if they are not there."""
    count = len(m.program.linked[index].type.params)
    return _taken(m, count) if m.frames and len(m.stack) >= count else None


def _loop_arguments(m: Machine, function: CompiledFunction) -> list[int] | None:
    """Take what a resumption needs off the stack; None if the machine is not as it must be."""
    operands, count = function.text.operands, function.text.locals_count
    if len(m.locals) != function.locals_size or len(m.stack) < len(operands) or not m.frames:
        return None
    top = m.stack[len(m.stack) - len(operands) :]
    known = [value for value, operand in zip(top, operands, strict=True) if operand == value]
    if len(known) != sum(type(operand) is int for operand in operands):
        return None
    taken = _taken(m, len(operands))
    names = [v for v, operand in zip(taken, operands, strict=True) if type(operand) is str]
    return [*m.locals[:count], *names]


def _taken(m: Machine, count: int) -> list[int]:
    at = len(m.stack) - count
    taken = m.stack[at:]
    del m.stack[at:]
    return taken


class _Recursion:
    """How many runs are under way that need CPython's recursion limit raised."""

    lock = Lock()
    runs = 0
    limit = 0


@contextmanager
def _room_for_calls() -> Iterator[None]:
    """Let Python calls go as deep as the machine's: the machine's own limit is the one that holds.

    The limit belongs to the whole interpreter: the last of several threads puts it back.
    """
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    with _Recursion.lock:
        if _Recursion.runs == 0:
            _Recursion.limit = sys.getrecursionlimit()
        _Recursion.runs += 1
        needed = depth + 2 * CALL_DEPTH_MAX + FRAMES_BESIDE
        sys.setrecursionlimit(max(sys.getrecursionlimit(), needed))
    try:
        yield
    finally:
        with _Recursion.lock:
            _Recursion.runs -= 1
            if _Recursion.runs == 0:
                sys.setrecursionlimit(_Recursion.limit)
