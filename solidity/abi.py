"""Calls, results, logs and reverts of contracts: from Python values to bytes and back.

Addresses are 20 bytes here, not text. What a contract reverts with is read strictly: bytes that
are not the one encoding of an error's fields are no error of that name, so nothing that a hostile
contract returns raises or passes for what it is not. Not here: the types' encodings (eth-abi's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder
from eth_abi.encoding import AddressEncoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import ABIRegistry, BaseEquals, registry

from merkle.hashing import keccak256
from solidity.artifacts import Abi
from solidity.errors import AbiArgumentsMismatch, AbiDataMismatch, AbiEntryNotFound
from solidity.evm.protocol import Log

SELECTOR_BYTES: Final = 4

NO_REASON: Final = "(no reason)"
"""The name of a revert without data: out of gas, an invalid instruction, a bare revert."""

UNKNOWN: Final = "(unknown)"
"""The name of a revert with data that is no error of the ABI."""

REVERT_BYTES_MAX: Final = 2**16
"""Longer revert data is not taken apart: no error of ours is near it."""

BUILT_IN_ERRORS: Final[Abi] = (
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)
"""What `require` and `revert` with a text, and what the compiler's own checks revert with."""


class _BytesAddressDecoder(AddressDecoder):
    decoder_fn: Any = staticmethod(bytes)


def _codec() -> ABICodec:
    own: ABIRegistry = registry.copy()  # type: ignore[no-untyped-call]
    own.unregister("address")
    is_address: Any = BaseEquals("address")  # type: ignore[no-untyped-call]
    own.register(is_address, AddressEncoder, _BytesAddressDecoder, label="address")
    return ABICodec(own)


CODEC: Final = _codec()


@dataclass(frozen=True, slots=True)
class Revert:
    """Why a contract reverted: a custom error's name and fields, or one of the names above."""

    name: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.fields.items())
        return f"{self.name}({shown})" if self.fields else self.name


@dataclass(frozen=True, slots=True)
class Event:
    """What a log says: an event's name and fields."""

    name: str
    fields: Mapping[str, object]


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else repr(value)


def signature(entry: Mapping[str, Any]) -> str:
    """Return a function's, an error's or an event's signature: ``name(type,…)``."""
    return f"{entry['name']}({','.join(_types(entry['inputs']))})"


def selector(text: str) -> bytes:
    """Return the four bytes that a call or a custom error with this signature begins with."""
    return bytes(keccak256(text.encode()))[:SELECTOR_BYTES]


def encode_call(abi: Abi, name: str, *arguments: object) -> bytes:
    """Return the calldata that calls ``name``, a function's name or its whole signature.

    Raises `AbiEntryNotFound`, `AbiArgumentsMismatch`.
    """
    entry = _function(abi, name)
    return selector(signature(entry)) + _encode(entry["inputs"], arguments, signature(entry))


def encode_constructor(abi: Abi, *arguments: object) -> bytes:
    """Return constructor arguments, as creation code takes them behind itself."""
    inputs: Sequence[Mapping[str, Any]] = next(
        (entry["inputs"] for entry in abi if entry["type"] == "constructor"), ()
    )
    return _encode(inputs, arguments, f"constructor({','.join(_types(inputs))})")


def decode_output(abi: Abi, name: str, data: bytes) -> tuple[object, ...]:
    """Return what a function gave. Raises `AbiEntryNotFound`, `AbiDataMismatch`."""
    entry = _function(abi, name)
    values = _decode(tuple(_types(entry["outputs"])), data)
    if values is None:
        raise AbiDataMismatch(signature=signature(entry), length=len(data))
    return values


def decode_log(abi: Abi, log: Log) -> Event | None:
    """Return the event that a log is, or None if the ABI has none that it is."""
    for entry in abi:
        if entry["type"] != "event" or entry.get("anonymous"):
            continue
        if log.topics[:1] == (bytes(keccak256(signature(entry).encode())),):
            return _event(entry, log)
    return None


def decode_revert(abi: Abi, data: bytes) -> Revert:
    """Return why a contract reverted. Any bytes are taken."""
    if not data:
        return Revert(NO_REASON)
    entry = _errors(abi).get(data[:SELECTOR_BYTES])
    if entry is not None and len(data) <= REVERT_BYTES_MAX:
        values = _decode(tuple(_types(entry["inputs"])), data[SELECTOR_BYTES:])
        if values is not None:
            return Revert(entry["name"], _fields(entry["inputs"], values))
    return Revert(UNKNOWN, {"data": data})


def _errors(abi: Abi) -> dict[bytes, Mapping[str, Any]]:
    errors = [entry for entry in abi if entry["type"] == "error"]
    return {selector(signature(entry)): entry for entry in (*BUILT_IN_ERRORS, *errors)}


def _event(entry: Mapping[str, Any], log: Log) -> Event | None:
    """Return the event with an entry's types: indexed fields are topics, the others data.

    Of an indexed value that does not fit a topic, the topic is the hash, and so is the field.
    """
    inputs = entry["inputs"]
    in_topics = _decode(
        tuple(_topic_type(item) for item in inputs if item["indexed"]), b"".join(log.topics[1:])
    )
    in_data = _decode(tuple(_type(item) for item in inputs if not item["indexed"]), log.data)
    if in_topics is None or in_data is None:
        return None
    topics, others = iter(in_topics), iter(in_data)
    values = [next(topics if item["indexed"] else others) for item in inputs]
    return Event(entry["name"], _fields(inputs, values))


def _topic_type(item: Mapping[str, Any]) -> str:
    type_ = _type(item)
    return "bytes32" if type_ in {"bytes", "string"} or type_[-1] in "])" else type_


def _function(abi: Abi, name: str) -> Mapping[str, Any]:
    functions = [entry for entry in abi if entry["type"] == "function"]
    found = [entry for entry in functions if name in {entry["name"], signature(entry)}]
    if len(found) != 1:
        known = ", ".join(signature(entry) for entry in functions) or "none"
        raise AbiEntryNotFound(name=name, count=len(found), known=known)
    return found[0]


def _type(item: Mapping[str, Any]) -> str:
    """Return a parameter's type, a struct's written out: ``(uint256,bytes)[]``."""
    type_: str = item["type"]
    if type_.startswith("tuple"):
        return f"({','.join(_types(item['components']))}){type_.removeprefix('tuple')}"
    return type_


def _types(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_type(item) for item in items]


def _names(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return names of parameters; one that has none goes by its place."""
    return [item["name"] or f"_{place}" for place, item in enumerate(items)]


def _fields(items: Sequence[Mapping[str, Any]], values: Sequence[object]) -> dict[str, object]:
    return dict(zip(_names(items), values, strict=True))


def _encode(items: Sequence[Mapping[str, Any]], values: Sequence[object], what: str) -> bytes:
    try:
        return CODEC.encode(_types(items), values)
    except (EncodingError, ValueError, TypeError) as error:
        raise AbiArgumentsMismatch(signature=what, reason=str(error)) from None


def _decode(types: tuple[str, ...], data: bytes) -> tuple[object, ...] | None:
    """Return the values that ``data`` is the encoding of, or None if it is of none."""
    try:
        values: tuple[object, ...] = CODEC.decode(types, data)
        same = CODEC.encode(types, values) == data
    except (DecodingError, EncodingError, ValueError, OverflowError):
        return None
    return values if same else None
