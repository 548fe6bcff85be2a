"""The message: the host functions of ``channel``.

Every rule here is the one of the same name in `wasm_interp.rules.host`.

Spec: docs/spec/turn.md, T-17 to T-19; docs/spec/verifier.md, V-17. Mirror: ``MessageAccess.sol``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bisection.verifier.memory import check_buffer
from bisection.verifier.parts import open_message, open_operands, open_payload, write_buffer
from bisection.verifier.transition import advance, charge, next_pc, push_operand
from wasm_interp.rules.host import MESSAGE_READ_FUEL, READ_MAX
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, TrapCode

if TYPE_CHECKING:
    from bisection.verifier.source import WitnessSource
    from wasm_interp.instructions import Word


def channel_message_size(state: State, word: Word, source: WitnessSource) -> State:
    """Push the length of the payload: ``() -> i32``.

    Spec: T-17. Mirror: ``MessageAccess.sol:channelMessageSize``.
    """
    message = open_message(state, source)
    return advance(state, stack=push_operand(state.stack, message.length))


def channel_message_read(state: State, word: Word, source: WitnessSource) -> State:
    """Copy part of the payload to memory: ``(out, offset, len)``.

    Traps: `READ_TOO_LONG`, `MESSAGE_OUT_OF_BOUNDS`, `MEMORY_OUT_OF_BOUNDS`, `OUT_OF_FUEL`.

    Spec: T-18. Mirror: ``MessageAccess.sol:channelMessageRead``.
    """
    operands = open_operands(state, source, 3)
    out, offset, length = operands.values
    if length > READ_MAX:
        raise Trap(TrapCode.READ_TOO_LONG)
    message = open_message(state, source)
    if offset + length > message.length:
        raise Trap(TrapCode.MESSAGE_OUT_OF_BOUNDS)
    check_buffer(state, out, length)
    state = charge(state, MESSAGE_READ_FUEL + length)
    memory_root = state.memory_root
    if length != 0:
        payload = open_payload(message, source)
        memory_root = write_buffer(state, source, out, payload[offset : offset + length])
    return replace(state, pc=next_pc(state), stack=operands.previous, memory_root=memory_root)


def channel_sender(state: State, word: Word, source: WitnessSource) -> State:
    """Push the sender's index among the participants: ``() -> i32``.

    Spec: T-19. Mirror: ``MessageAccess.sol:channelSender``.
    """
    message = open_message(state, source)
    return advance(state, stack=push_operand(state.stack, message.sender))


def channel_turn(state: State, word: Word, source: WitnessSource) -> State:
    """Push the turn that the message makes: ``() -> i64``.

    Spec: T-19. Mirror: ``MessageAccess.sol:channelTurn``.
    """
    message = open_message(state, source)
    return advance(state, stack=push_operand(state.stack, message.turn))
