"""Proofs about rows as bytes, written from the specification and free to be wrong.

A second reading of M-37 to M-40, beside `merkle.proof_bytes`: what is made here is read there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from merkle import Hash32, OrderedMap, keccak256
from merkle.key_bits import first_diff
from merkle.map_proofs import Absent, Delete, Insert, Member, Path, PathBranch, Update
from merkle.seek_proofs import Between, Empty, Equal, First, Last, SeekProof

Branches = Sequence[tuple[int, bytes]]

EMPTY_MAP: Final = b"\0"


def branches(parts: Branches, *, count: int | None = None) -> bytes:
    """Return branches; ``count`` may claim another number than there are."""
    number = len(parts) if count is None else count
    return number.to_bytes(2, "big") + b"".join(
        bit.to_bytes(2, "big") + sibling for bit, sibling in parts
    )


def shown_row(key: bytes, value_hash: bytes, *, length: int | None = None) -> bytes:
    """Return a row; ``length`` may claim another length of the key."""
    return bytes((len(key) if length is None else length,)) + key + value_hash


def beside(path: Path, parts: Branches | None = None, *, kind: int = 2) -> bytes:
    """Return a proof that shows a row: absence, first, last."""
    row = shown_row(path.key, path.value_hash)
    return bytes((kind,)) + row + branches(path.branches if parts is None else parts)


def member(value: bytes, parts: Branches, *, length: int | None = None) -> bytes:
    """Return the proof that a row has ``value``."""
    size = len(value) if length is None else length
    return b"\1" + size.to_bytes(2, "big") + value + branches(parts)


def with_old_value(value_hash: bytes, parts: Branches) -> bytes:
    """Return the proof that the row in question is there: update, delete, equal."""
    return b"\1" + value_hash + branches(parts)


def between(before: Path, after: Path, shared: Branches) -> bytes:
    """Return the proof that two rows are neighbours."""
    rows = (shown_row(path.key, path.value_hash) for path in (before, after))
    own = (branches(path.branches) for path in (before, after))
    return b"\4" + b"".join((*rows, *own, branches(shared)))


def encode_row_proof(proof: Member | Absent | Update | Insert | Delete) -> bytes:
    """Return the bytes of a proof of get, put or delete."""
    match proof:
        case Member():
            return member(proof.value, proof.branches)
        case Absent() | Insert():
            return EMPTY_MAP if proof.neighbour is None else beside(proof.neighbour)
        case Update() | Delete():
            return with_old_value(proof.path.value_hash, proof.path.branches)


def encode_seek_proof(proof: SeekProof) -> bytes:
    """Return the bytes of a proof of seek or seek back."""
    match proof:
        case Empty():
            return EMPTY_MAP
        case Equal():
            return with_old_value(proof.path.value_hash, proof.path.branches)
        case First():
            return beside(proof.path)
        case Last():
            return beside(proof.path, kind=3)
        case Between():
            return between(proof.before, proof.after, proof.shared)


def path_of(rows: OrderedMap, key: bytes) -> Path:
    """Return the whole path of a row that is there."""
    proof = rows.prove_delete(key)
    assert isinstance(proof, Delete), f"there is no row {key!r}"
    return proof.path


def claimed_between(rows: OrderedMap, before: bytes, after: bytes) -> tuple[Path, Path, Branches]:
    """Return the parts of *Between* for any two rows, neighbours or not, in order or not."""
    one, other = path_of(rows, before), path_of(rows, after)
    parting = first_diff(before, after)
    assert parting is not None
    shared = [branch for branch in one.branches if branch.bit < parting]
    return _below(one, parting), _below(other, parting), shared


def _below(path: Path, bit: int) -> Path:
    own: Iterable[PathBranch] = (branch for branch in path.branches if branch.bit > bit)
    return Path(key=path.key, value_hash=path.value_hash, branches=tuple(own))


def value_hash(value: bytes) -> Hash32:
    """Return what a proof carries of a value."""
    return keccak256(value)
