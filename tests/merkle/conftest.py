"""Naive readings of the specification, against which the package is tested."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from merkle.hashing import ZERO_HASH, Hash32, keccak256
from merkle.map_proofs import Absent, Insert, Path, PathBranch

Rows = Mapping[bytes, bytes]


def spelled_bits(key: bytes) -> str:
    return "".join(f"1{byte:08b}" for byte in key) + "0"


def map_root(rows: Rows) -> bytes:
    if not rows:
        return ZERO_HASH
    if len(rows) == 1:
        [(key, value)] = rows.items()
        return keccak256(b"\0" + keccak256(key) + keccak256(value))
    spelled = {key: spelled_bits(key) for key in rows}
    lowest, highest = min(spelled.values()), max(spelled.values())
    bit = next(
        i for i, (one, other) in enumerate(zip(lowest, highest, strict=False)) if one != other
    )
    left = {key: rows[key] for key in rows if spelled[key][bit] == "0"}
    right = {key: rows[key] for key in rows if spelled[key][bit] == "1"}
    return keccak256(b"\1" + bit.to_bytes(2, "big") + map_root(left) + map_root(right))


def word_tree_root(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        leaves = [keccak256(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0]


@pytest.fixture(scope="session")
def naive_bits() -> Callable[[bytes], str]:
    return spelled_bits


@pytest.fixture(scope="session")
def naive_map_root() -> Callable[[Rows], bytes]:
    return map_root


@pytest.fixture(scope="session")
def naive_tree_root() -> Callable[[list[bytes]], bytes]:
    return word_tree_root


def change_bytes(data: bytes) -> Iterator[bytes]:
    for i in range(len(data)):
        yield data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :]
    yield data + b"\0"
    if data:
        yield data[:-1]


def change_branches(branches: tuple[PathBranch, ...]) -> Iterator[tuple[PathBranch, ...]]:
    for i, (bit, sibling) in enumerate(branches):
        before, after = branches[:i], branches[i + 1 :]
        yield before + after
        yield (*before, branches[i], *branches[i:])
        for other in {bit - 1, bit + 1, bit ^ 2, -bit, bit + 721, bit + 65536} - {bit}:
            yield (*before, PathBranch(other, sibling), *after)
        for word in change_bytes(sibling):
            yield (*before, PathBranch(bit, Hash32(word)), *after)
        if i:
            yield (*before[:-1], branches[i], before[-1], *after)
    added = {0, 1, 5, *(bit - 1 for bit, _ in branches), *(bit + 1 for bit, _ in branches)}
    for bit in added:
        for place in range(len(branches) + 1):
            yield (*branches[:place], PathBranch(bit, ZERO_HASH), *branches[place:])


def change_proof(proof: Any) -> Iterator[Any]:
    """Yield ``proof`` with one thing changed: a byte, a length, a bit index, a step."""
    for field in dataclasses.fields(proof):
        fact = getattr(proof, field.name)
        if isinstance(fact, bytes):
            others: Iterator[Any] = change_bytes(fact)
        elif isinstance(fact, tuple):
            others = change_branches(fact)
        elif fact is None:
            others = iter([Path(key=b"a", value_hash=ZERO_HASH, branches=())])
        else:
            others = change_proof(fact)
        for other in others:
            yield dataclasses.replace(proof, **{field.name: other})
        if isinstance(proof, Absent | Insert) and fact is not None:
            yield dataclasses.replace(proof, neighbour=None)


@pytest.fixture(scope="session")
def changes_of() -> Callable[[Any], Iterator[Any]]:
    return change_proof
