"""Messages: what a reducer is given, and the hash that the machine record commits to.

Signatures and the log are the channel's. Spec: docs/spec/turn.md, T-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from merkle import Hash32, keccak256
from wasm_interp.errors import PayloadTooLong, SenderOutOfRange, TurnOutOfRange
from wasm_interp.profile import PROFILE_V1

PAYLOAD_MAX: Final = PROFILE_V1.message_bytes_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: ``payload`` of at most 4,096 bytes, sent by participant ``sender`` for ``turn``.

    ``turn`` is in ``range(2**64)``, ``sender`` in ``range(2**32)``. Raises `TurnOutOfRange`,
    `SenderOutOfRange`, `PayloadTooLong`.
    """

    turn: int = 0
    sender: int = 0
    payload: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.turn < 2**64:
            raise TurnOutOfRange(turn=self.turn)
        if not 0 <= self.sender < 2**32:
            raise SenderOutOfRange(sender=self.sender)
        if len(self.payload) > PAYLOAD_MAX:
            raise PayloadTooLong(length=len(self.payload), limit=PAYLOAD_MAX)

    def encode(self) -> bytes:
        """Return the preimage of the hash: 48 bytes."""
        return b"".join(
            (
                self.turn.to_bytes(8, "big"),
                self.sender.to_bytes(4, "big"),
                len(self.payload).to_bytes(4, "big"),
                keccak256(self.payload),
            )
        )

    def hash(self) -> Hash32:
        """Return the hash that a machine record holds. Spec: T-1. Mirror: ``MachineRecord.sol``."""
        return keccak256(self.encode())
