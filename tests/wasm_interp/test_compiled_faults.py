"""Faults put into the compiler on purpose: each is caught by the comparison with the stepper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.wasm_interp.compiled_cases import CASES
from tests.wasm_interp.tiers import assert_tiers_agree, enter_always
from tests.wasm_interp.wat import program_of
from wasm_interp.compiled import numeric, source, supported
from wasm_interp.compiled.branches import Branches
from wasm_interp.compiled.instance import Instance
from wasm_interp.compiled.labels import Label
from wasm_interp.compiled.operands import Operands
from wasm_interp.compiled.straight import Straight
from wasm_interp.compiled.values import Value
from wasm_interp.profile import PAGE_BYTES

pytestmark = pytest.mark.skipif(not supported(), reason="this Python runs the stepper only")


def caught(*names: str) -> list[str]:
    """Return which of the cases differ between the tiers, or fail otherwise."""
    found = []
    for name in names:
        case = CASES[name]
        program = program_of(case.text)
        for args, _ in case.calls:
            try:
                assert_tiers_agree(program, "f", args)
                assert_tiers_agree(program, "f", args, stops=(20, None))
            except (AssertionError, BufferError, ValueError, KeyError):
                found.append(name)
                break
    return found


def swapped_select(patch: pytest.MonkeyPatch) -> None:
    original = Straight.selected
    patch.setattr(Straight, "selected", lambda self, test, one, two: original(self, test, two, one))


def branch_that_does_not_unwind(patch: pytest.MonkeyPatch) -> None:
    """Bring the operand at the label's height instead of the one on top."""
    original = Branches._exit

    def faulty(self: Branches, label: Label, extra: int = 0) -> None:
        whole = self.stack
        if label.results:
            self.stack = whole[: len(label.stack) + 1]
        original(self, label, extra)
        self.stack = whole

    patch.setattr(Branches, "_exit", faulty)


def unmasked_shift(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(numeric, "amount", lambda rhs, n: (f"({rhs.text})", None))


def wrong_signature_check(patch: pytest.MonkeyPatch) -> None:
    def faulty(self: Instance, type_id: int) -> list[Any]:
        program = self.compiled.program
        by_pc = {entry.pc: entry.index for entry in program.functions}
        return [self._callee(by_pc[entry & 0xFFFFFFFF]) for entry in program.table if entry]

    patch.setattr(Instance, "_table", faulty)


def stale_memory_view(patch: pytest.MonkeyPatch) -> None:
    def faulty(self: Instance, delta: int) -> int:
        m = self.machine
        assert m is not None
        pages = len(m.memory) // PAGE_BYTES
        if pages + delta > m.memory_max:
            return 2**32 - 1
        m.memory = m.memory + bytes(delta * PAGE_BYTES)
        return pages

    patch.setattr(Instance, "_grow", faulty)


def negative_index(patch: pytest.MonkeyPatch) -> None:
    original = Straight._address

    def faulty(self: Straight, *arguments: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Value, "masked", lambda value: value)
            return original(self, *arguments)

    patch.setattr(Straight, "_address", faulty)


def unpaid_step(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Branches, "_extra", lambda self, depth: 0)


def operand_read_too_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Operands, "spill", lambda self, **_: None)


def unchecked_region(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(source.Check, "lines", lambda self: [])


FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], tuple[str, ...]]] = {
    "a swapped select": (swapped_select, ("select",)),
    "a branch that does not unwind": (branch_that_does_not_unwind, ("unwinding",)),
    "an unmasked shift": (unmasked_shift, ("shift",)),
    "a wrong signature check": (wrong_signature_check, ("indirect calls",)),
    "a stale memory view": (stale_memory_view, ("grow",)),
    "a negative index": (negative_index, ("below zero",)),
    "unwinding that is not paid": (unpaid_step, ("unwinding",)),
    "an operand read too late": (
        operand_read_too_late,
        ("an operand read before its local changes", "a load before a store", "globals"),
    ),
    "a region that is not checked": (unchecked_region, ("nested loops", "recursion")),
}


@pytest.mark.parametrize(("fault", "cases"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_compiler_is_caught(
    fault: Callable[[pytest.MonkeyPatch], None],
    cases: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enter_always(monkeypatch)
    assert caught(*cases) == []
    fault(monkeypatch)
    assert caught(*cases) == list(cases)
