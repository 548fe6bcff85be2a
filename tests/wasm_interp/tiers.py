"""What the tests of tiers share: machines side by side, and modules that use everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest

from wasm_interp.compiled import driver
from wasm_interp.machine import Machine, Tier
from wasm_interp.message import Message
from wasm_interp.program import Program

MESSAGE: Final = Message(turn=7, sender=1, payload=bytes(range(40)))
FUEL: Final = 20_000


def start(program: Program, export: str, args: Iterable[int], fuel: int = FUEL) -> Machine:
    m = program.call(export, list(args), message=MESSAGE)
    m.fuel = fuel
    return m


def contents(m: Machine) -> dict[str, object]:
    """Everything that a machine holds, without any hash."""
    names = ("status", "trap", "result", "pc", "fuel", "steps", "stack", "frames", "locals")
    rest = ("globals", "memory", "memory_max", "table", "message")
    held = {name: getattr(m, name) for name in (*names, *rest)}
    return held | {"rows": list(m.rows.items())}


def assert_same(ours: Machine, theirs: Machine) -> None:
    """Assert that two machines are in one state, and that their hashes say so."""
    assert contents(ours) == contents(theirs)
    assert all(type(value) is int for value in (*ours.stack, *ours.locals, *ours.globals))
    assert ours.state() == theirs.state()


def assert_tiers_agree(
    program: Program,
    export: str,
    args: Iterable[int] = (),
    *,
    stops: Iterable[int | None] = (None,),
) -> Machine:
    """Run on both tiers, pausing after each of ``stops``; return the stepper's machine."""
    stepped, compiled = start(program, export, args), start(program, export, args)
    for steps in stops:
        before = compiled.steps
        taken = compiled.run(steps, tier=Tier.COMPILED)
        assert taken == compiled.steps - before
        stepped.run(steps)
        assert_same(compiled, stepped)
    return stepped


def enter_always(patch: pytest.MonkeyPatch) -> None:
    """Make the driver enter compiled code for any run, and soon again after it stopped."""
    patch.setattr(driver, "SHORT_RUN", 0)
    patch.setattr(driver, "STEPS_AFTER_STOP", 3)
    patch.setattr(driver, "ENTRIES_MIN", 10**9)
