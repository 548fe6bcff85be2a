"""The contract's errors as the twin's: every one has its class, and nothing else passes for one."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.dispute.errors import RevertUnexplained
from channel.dispute.events import snake_case
from channel.dispute.refusals import error_classes, manager_abi, refusal_of
from solidity.abi import CODEC, selector, signature

ERRORS = {entry["name"]: entry for entry in manager_abi() if entry["type"] == "error"}
SAMPLES: dict[str, Any] = {
    "uint256": 7,
    "bytes32": b"\x07" * 32,
    "address": b"\x07" * 20,
    "bytes": b"sev",
    "bytes4": b"\x07" * 4,
    "bytes16": b"\x07" * 16,
}


def encoded(name: str) -> tuple[bytes, list[Any]]:
    entry = ERRORS[name]
    types = [item["type"] for item in entry["inputs"]]
    values = [SAMPLES[kind] for kind in types]
    return selector(signature(entry)) + CODEC.encode(types, values), values


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_error_of_the_contract_has_its_class_with_its_fields(name: str) -> None:
    kind: Any = error_classes()[name]
    own = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    assert own == [snake_case(item["name"]) for item in ERRORS[name]["inputs"]]
    data, values = encoded(name)
    error = refusal_of(data)
    assert type(error) is kind
    assert [getattr(error, field) for field in own] == values
    assert str(error)


@pytest.mark.parametrize("name", sorted(name for name in ERRORS if ERRORS[name]["inputs"]))
def test_an_error_with_more_or_less_behind_it_is_none(name: str) -> None:
    data, _ = encoded(name)
    for changed in (data[:-1], data + b"\0"):
        error = refusal_of(changed)
        assert isinstance(error, RevertUnexplained)
        assert error.length == len(changed)


@given(st.binary(max_size=200))
def test_any_bytes_are_taken(data: bytes) -> None:
    assert isinstance(refusal_of(data), RevertUnexplained)
