"""Who takes part in the tests' channels: keys that everyone knows, and channels of theirs."""

from __future__ import annotations

from eth_keys.datatypes import PrivateKey

from channel import Address, ChannelState, FixedPart
from merkle import Hash32, keccak256

KEYS = tuple(PrivateKey(keccak256(bytes([index]))) for index in range(5))
ADDRESSES = tuple(Address(key.public_key.to_canonical_address()) for key in KEYS)


def a_hash(text: str) -> Hash32:
    return keccak256(text.encode())


def an_address(text: str) -> Address:
    return Address(a_hash(text)[:20])


def fixed_part(count: int = 2, /, **changes: object) -> FixedPart:
    facts: dict[str, object] = {
        "chain_id": 31_337,
        "adjudicator": an_address("adjudicator"),
        "participants": ADDRESSES[:count],
        "channel_nonce": 7,
        "app_definition": an_address("app"),
        "challenge_duration": 86_400,
        "reducer_id": a_hash("reducer"),
    }
    return FixedPart(**(facts | changes))  # type: ignore[arg-type]


def state_of(fixed: FixedPart, **changes: object) -> ChannelState:
    facts: dict[str, object] = {
        "channel_id": fixed.channel_id(),
        "turn": 3,
        "log_root": a_hash("log"),
        "outcome_hash": a_hash("outcome"),
        "db_root": a_hash("rows"),
        "is_final": False,
    }
    return ChannelState(**(facts | changes))  # type: ignore[arg-type]
