"""What every rule does to a state: it goes on, it charges, it traps.

Fields wrap where the record's field would (V-18). No reachable state shows it, but any record may
be put before a verifier, and both twins must answer alike.

Spec: docs/spec/state.md, S-9, S-12; docs/spec/verifier.md, V-18. Mirror: ``Transition.sol``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from merkle.chain import push
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, Status, TrapCode

if TYPE_CHECKING:
    from merkle import Hash32

U16_MASK: Final = 2**16 - 1
U32_MASK: Final = 2**32 - 1


class FuelExhausted(Trap):
    """A surcharge is not covered: it takes the fuel left; ``trap 1`` does not. Spec: S-12."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(TrapCode.OUT_OF_FUEL)


def next_pc(state: State) -> int:
    """Return the pc of the next instruction. Spec: I-3, V-18."""
    return state.pc + 1 & U32_MASK


def advance(state: State, *, stack: Hash32) -> State:
    """Return the state at the next instruction, with another stack.

    Spec: I-3. Mirror: ``Transition.sol:advance``.
    """
    return replace(state, pc=next_pc(state), stack=stack)


def push_operand(chain: Hash32, value: int) -> Hash32:
    """Return the stack with ``value``, a u64, on top.

    Spec: S-2, M-13. Mirror: ``HashChain.sol:push``.
    """
    return push(chain, value.to_bytes(8, "big"))


def charge(state: State, amount: int) -> State:
    """Return the state after a surcharge of ``amount`` fuel. Raises the trap `FuelExhausted`.

    Spec: S-12. Mirror: ``Transition.sol:charge``.
    """
    if state.fuel < amount:
        raise FuelExhausted
    return replace(state, fuel=state.fuel - amount)


def trapped(state: State, code: TrapCode) -> State:
    """Return the state trapped with ``code``; pc, operands and fuel stay.

    Spec: S-9. Mirror: ``Transition.sol:trapped``.
    """
    return replace(state, status=Status.TRAPPED, trap=code)
