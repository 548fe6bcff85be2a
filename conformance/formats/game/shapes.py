"""The shapes of the format ``game``: channels, states, positions, and calls of many kinds.

Not here: what the calls do (`conformance.formats.game.replay`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bisection.expansion import ARITY_MAX
from bisection.game import Phase
from conformance.errors import MalformedVector
from conformance.formats.encodings import CALL
from conformance.shapes import (
    ACCEPTED,
    HASH,
    U32,
    U64,
    Boolean,
    Bytes,
    ListOf,
    Nullable,
    Number,
    Quantity,
    Record,
    Schema,
    Shape,
    Text,
    refuse,
)

CALLS_MAX: Final = 1_024
POINTS_MAX: Final = ARITY_MAX + 2
"""One more than a position has, so that a list that is too long can be shown."""
WORDS_MAX: Final = 2 * POINTS_MAX
"""A point of turns is two words. Spec: G-7."""
LOG_DEPTH: Final = 32


@dataclass(frozen=True, slots=True)
class OneOf(Shape):
    """One of several kinds of value: an object whose one field names the kind.

    In Python a pair: the kind, and its value.
    """

    kinds: Mapping[str, Shape]

    def schema(self) -> Schema:
        """Return the kinds as the properties of an object that has one."""
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.kinds.items()},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }

    def decode(self, value: object, *, at: str) -> tuple[str, Any]:
        """Return the kind and its value."""
        if not isinstance(value, dict) or len(value) != 1:
            raise refuse(at, "an object of one field", value)
        ((name, inner),) = value.items()
        if name not in self.kinds:
            raise MalformedVector(f"{at}: must have one of the fields {', '.join(self.kinds)}")
        return name, self.kinds[name].decode(inner, at=f"{at}.{name}")

    def encode(self, value: Any) -> dict[str, Any]:
        """Return the object."""
        name, inner = value
        return {name: self.kinds[name].encode(inner)}

    def describe(self) -> str:
        """Return the kinds."""
        return f"object of one field: {', '.join(f'`{name}`' for name in self.kinds)}"


ADDRESS: Final = Bytes.exactly(20)
SIGNATURE: Final = Bytes(0, 128)
SECONDS: Final = U32
TIME: Final = Number(2**48)
WEI: Final = Quantity(128)

CONSTANTS: Final = Record(
    {
        "chain_id": Quantity(256),
        "arity": Number(255),
        "move_seconds": SECONDS,
        "clock_seconds": SECONDS,
        "bond": WEI,
    }
)
FIXED: Final = Record(
    {
        "chain_id": Quantity(256),
        "adjudicator": ADDRESS,
        "participants": ListOf(ADDRESS, most=256),
        "channel_nonce": U64,
        "app_definition": ADDRESS,
        "challenge_duration": Number(2**48 - 1),
        "reducer_id": HASH,
    }
)
STATE: Final = Record(
    {
        "turn": U64,
        "log_root": HASH,
        "outcome_hash": HASH,
        "db_root": HASH,
        "is_final": Boolean(),
    }
)
POSITION: Final = Record(
    {
        "asserter": ADDRESS,
        "challenger": ADDRESS,
        "channel_id": HASH,
        "context": HASH,
        "points": ListOf(HASH, most=WORDS_MAX),
    }
)
TURN: Final = Record(
    {
        "fixed": FIXED,
        "payload": Bytes(0, 8_192),
        "path": ListOf(HASH, least=LOG_DEPTH, most=LOG_DEPTH),
        "signature": SIGNATURE,
        "wasm_hash": HASH,
        "profile_hash": HASH,
        "genesis": Bytes.exactly(320),
        "end": Bytes.exactly(320),
    }
)
TURN_POINT: Final = Record({"log_root": HASH, "db_root": HASH})
TURN_POINTS: Final = ListOf(TURN_POINT, most=POINTS_MAX)
ACCEPTANCE: Final = Record(
    {
        "participants": Number(255),
        "claim_turn": U32,
        "claim": TURN_POINT,
        "turn": U32,
        "point": TURN_POINT,
    }
)
STEP_POINTS: Final = ListOf(HASH, most=POINTS_MAX)
SEGMENT: Final = Number(255)
DOES: Final = OneOf(
    {
        "open": ACCEPTED,
        "post_turns": TURN_POINTS,
        "choose_turns": SEGMENT,
        "open_turn": TURN,
        "accept_turn": ACCEPTANCE,
        "post_steps": STEP_POINTS,
        "choose_steps": SEGMENT,
        "prove_step": CALL,
        "claim_timeout": ACCEPTED,
        "withdraw": ACCEPTED,
    }
)
A_CALL: Final = Record(
    {"at": TIME, "by": ADDRESS, "value": WEI, "shown": Nullable(POSITION), "does": DOES}
)
GAME: Final = Record(
    {
        "phase": Number(max(Phase)),
        "low": U32,
        "high": U32,
        "asserter_clock": SECONDS,
        "challenger_clock": SECONDS,
        "moved": TIME,
        "paid": Boolean(),
        "position": HASH,
        "winner": Nullable(ADDRESS),
    }
)
RESULT: Final = Record(
    {"error": Nullable(Text(80, r"[A-Za-z]+\.[A-Za-z0-9]+")), "game": Nullable(GAME)}
)
CREDIT: Final = Record({"owner": ADDRESS, "amount": WEI})

PLAY: Final = Record(
    {
        "constants": CONSTANTS,
        "fixed": FIXED,
        "base": STATE,
        "base_signatures": ListOf(SIGNATURE, most=256),
        "claim": STATE,
        "claim_signature": SIGNATURE,
        "challenger": ADDRESS,
        "calls": ListOf(A_CALL, most=CALLS_MAX),
    }
)
PLAYED: Final = Record(
    {"game_id": HASH, "results": ListOf(RESULT, most=CALLS_MAX), "credits": ListOf(CREDIT)}
)
