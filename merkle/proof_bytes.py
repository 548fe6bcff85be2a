"""The bytes of proofs: windows, and proofs about the rows of an ordered map.

Readers take bytes from anyone. They say what the bytes claim, and refuse at once what no proof can
be: an unlisted kind, a length that no row has. Whether a proof shows anything is for the functions
``verify_…`` to say. Who reads and then verifies gets the first broken rule in the order of M-36.

A count of branches is a claim as well: behind the first branch that does not descend, nothing is
kept, because verifying ends there at the latest. So no count makes a reader work for long.

Encoders take the proofs that `merkle.ordered_map` and `merkle.word_tree` make, or readers gave; a
proof that is made up may have no encoding. The key in question is never part of the bytes.

Spec: ``docs/spec/merkle.md#encodings``, M-37 to M-41.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from merkle.errors import KeyOutOfOrder, ProofKindOutOfRange
from merkle.hashing import HASH_BYTES, Hash32
from merkle.key_bits import bit_count, check_row_key_length, check_value_length
from merkle.map_proofs import (
    Absent,
    Delete,
    DeleteProof,
    GetProof,
    Insert,
    Member,
    Path,
    PathBranch,
    PutProof,
    Update,
)
from merkle.seek_proofs import Between, Empty, Equal, First, Last, SeekProof
from merkle.window import Window, sibling_count

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND_BYTES: Final = 1
KEY_LENGTH_BYTES: Final = 1
VALUE_LENGTH_BYTES: Final = 2
COUNT_BYTES: Final = 2
BIT_BYTES: Final = 2
BRANCH_BYTES: Final = BIT_BYTES + HASH_BYTES


class ByteReader:
    """Bytes that are read from their beginning, part by part. Beyond their end they are zeros.

    So reading never fails. Whoever gave the bytes must in the end be held to ``position``, which
    advances beyond the end too.

    Spec: V-3. Mirror: ``WitnessReader.sol``.
    """

    __slots__ = ("_data", "position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        start = self.position
        self.position = start + count
        return self._data[start : self.position].ljust(count, b"\0")

    def uint(self, size_bytes: int) -> int:
        """Return the next ``size_bytes`` bytes as a big-endian number."""
        return int.from_bytes(self.take(size_bytes), "big")

    def word(self) -> Hash32:
        """Return the next 32 bytes."""
        return Hash32(self.take(HASH_BYTES))

    def skip(self, count: int) -> None:
        """Go on behind ``count`` bytes."""
        self.position += count


def read_window(reader: ByteReader, *, index: int, count: int, depth: int) -> Window:
    """Return the window of ``count`` leaves at ``index`` of a tree of ``depth``.

    Raises `DepthOutOfRange`, `WindowOutOfRange`, before anything is read.

    Spec: M-9, M-11, V-10. Mirror: none, contracts verify as they read.
    """
    siblings = sibling_count(index, count, depth)
    return Window(
        index=index,
        leaves=tuple(reader.word() for _ in range(count)),
        siblings=tuple(reader.word() for _ in range(siblings)),
    )


def encode_window(window: Window) -> bytes:
    """Return leaves, then siblings: index and count follow from what is asked for.

    Spec: M-11, V-10. Mirror: none, contracts make no proofs.
    """
    return b"".join((*window.leaves, *window.siblings))


def read_branches(reader: ByteReader, *, limit: int) -> tuple[PathBranch, ...]:
    """Return the branches of a path: all of them if they descend from below bit ``limit``.

    Otherwise the first that does not is the last one returned, for `check_branch` to refuse; those
    behind it are passed over.

    Spec: M-20, M-37. Mirror: ``OrderedMap.sol:readBranches``.
    """
    count = reader.uint(COUNT_BYTES)
    branches: list[PathBranch] = []
    descends = True
    while descends and len(branches) < count:
        branch = PathBranch(reader.uint(BIT_BYTES), reader.word())
        descends = branch.bit < limit
        limit = branch.bit
        branches.append(branch)
    reader.skip(BRANCH_BYTES * (count - len(branches)))
    return tuple(branches)


def encode_branches(branches: Sequence[PathBranch]) -> bytes:
    """Return the branches of a path as bytes. Spec: M-37. Mirror: none."""
    parts = [len(branches).to_bytes(COUNT_BYTES, "big")]
    for bit, sibling in branches:
        parts += (bit.to_bytes(BIT_BYTES, "big"), sibling)
    return b"".join(parts)


def read_row(reader: ByteReader) -> tuple[bytes, Hash32]:
    """Return key and value hash of a row that is shown.

    Raises `KeyLengthOutOfRange` before the key is read.

    Spec: M-37. Mirror: ``OrderedMap.sol:readRow``.
    """
    length = reader.uint(KEY_LENGTH_BYTES)
    check_row_key_length(length)
    return reader.take(length), reader.word()


def encode_row(path: Path) -> bytes:
    """Return key and value hash of a row as bytes. Spec: M-37. Mirror: none."""
    return len(path.key).to_bytes(KEY_LENGTH_BYTES, "big") + path.key + path.value_hash


def read_path(reader: ByteReader) -> Path:
    """Return a row that is shown, and its branches. Raises `KeyLengthOutOfRange`.

    Spec: M-37. Mirror: none, contracts verify as they read.
    """
    key, value_hash = read_row(reader)
    branches = read_branches(reader, limit=bit_count(key))
    return Path(key=key, value_hash=value_hash, branches=branches)


def encode_path(path: Path) -> bytes:
    """Return a row and its branches as bytes. Spec: M-37. Mirror: none."""
    return encode_row(path) + encode_branches(path.branches)


def read_path_of(reader: ByteReader, *, key: bytes) -> Path:
    """Return the path of the row ``key``, which the bytes do not repeat.

    Spec: M-38. Mirror: none, contracts verify as they read.
    """
    value_hash = reader.word()
    branches = read_branches(reader, limit=bit_count(key))
    return Path(key=key, value_hash=value_hash, branches=branches)


def encode_path_of(path: Path) -> bytes:
    """Return the path of the row in question as bytes. Spec: M-38. Mirror: none."""
    return path.value_hash + encode_branches(path.branches)


def encode_neighbour(path: Path | None) -> bytes:
    """Return the proof of absence beside a row, or in the empty map. Spec: M-37. Mirror: none."""
    return b"\0" if path is None else b"\2" + encode_path(path)


def read_get(reader: ByteReader, *, key: bytes) -> GetProof:
    """Return the proof of what a get of ``key`` finds.

    Raises `ProofKindOutOfRange`, `ValueTooLong` before the value is read, `KeyLengthOutOfRange`.

    Spec: M-37. Mirror: none, contracts verify as they read.
    """
    match reader.uint(KIND_BYTES):
        case 0:
            return Absent(None)
        case 1:
            length = reader.uint(VALUE_LENGTH_BYTES)
            check_value_length(length)
            value = reader.take(length)
            branches = read_branches(reader, limit=bit_count(key))
            return Member(key=key, value=value, branches=branches)
        case 2:
            return Absent(read_path(reader))
        case kind:
            raise ProofKindOutOfRange(kind=kind)


def encode_get(proof: GetProof) -> bytes:
    """Return the proof of what a get finds as bytes. Spec: M-37. Mirror: none."""
    match proof:
        case Member():
            length = len(proof.value).to_bytes(VALUE_LENGTH_BYTES, "big")
            return b"\1" + length + proof.value + encode_branches(proof.branches)
        case Absent(neighbour):
            return encode_neighbour(neighbour)
        case _:
            assert_never(proof)


def read_put(reader: ByteReader, *, key: bytes) -> PutProof:
    """Return the proof of what a put of ``key`` replaces.

    Raises `ProofKindOutOfRange`, `KeyLengthOutOfRange`.

    Spec: M-38. Mirror: none, contracts verify as they read.
    """
    match reader.uint(KIND_BYTES):
        case 0:
            return Insert(None)
        case 1:
            return Update(read_path_of(reader, key=key))
        case 2:
            return Insert(read_path(reader))
        case kind:
            raise ProofKindOutOfRange(kind=kind)


def encode_put(proof: PutProof) -> bytes:
    """Return the proof of what a put replaces as bytes. Spec: M-38. Mirror: none."""
    match proof:
        case Update(path):
            return b"\1" + encode_path_of(path)
        case Insert(neighbour):
            return encode_neighbour(neighbour)
        case _:
            assert_never(proof)


def read_delete(reader: ByteReader, *, key: bytes) -> DeleteProof:
    """Return the proof of what a delete of ``key`` removes.

    Raises `ProofKindOutOfRange`, `KeyLengthOutOfRange`.

    Spec: M-39. Mirror: none, contracts verify as they read.
    """
    match reader.uint(KIND_BYTES):
        case 0:
            return Absent(None)
        case 1:
            return Delete(read_path_of(reader, key=key))
        case 2:
            return Absent(read_path(reader))
        case kind:
            raise ProofKindOutOfRange(kind=kind)


def encode_delete(proof: DeleteProof) -> bytes:
    """Return the proof of what a delete removes as bytes. Spec: M-39. Mirror: none."""
    match proof:
        case Delete(path):
            return b"\1" + encode_path_of(path)
        case Absent(neighbour):
            return encode_neighbour(neighbour)
        case _:
            assert_never(proof)


def read_between(reader: ByteReader) -> Between:
    """Return two rows, and their branches: both rows come first. Raises `KeyLengthOutOfRange`.

    Spec: M-40. Mirror: none, contracts verify as they read.
    """
    before_key, before_value_hash = read_row(reader)
    after_key, after_value_hash = read_row(reader)
    before_limit, after_limit = bit_count(before_key), bit_count(after_key)
    before_branches = read_branches(reader, limit=before_limit)
    after_branches = read_branches(reader, limit=after_limit)
    return Between(
        before=Path(key=before_key, value_hash=before_value_hash, branches=before_branches),
        after=Path(key=after_key, value_hash=after_value_hash, branches=after_branches),
        # They must stay below the bit at which the rows part, which is below this one.
        shared=read_branches(reader, limit=before_limit),
    )


def encode_between(proof: Between) -> bytes:
    """Return two rows, and their branches, as bytes. Spec: M-40. Mirror: none."""
    rows = encode_row(proof.before) + encode_row(proof.after)
    parts = (proof.before.branches, proof.after.branches, proof.shared)
    return rows + b"".join(encode_branches(branches) for branches in parts)


def read_seek(reader: ByteReader, *, query: bytes, strict: bool) -> SeekProof:
    """Return the proof of what a seek or a seek back from ``query`` finds.

    Raises `ProofKindOutOfRange`, `KeyLengthOutOfRange`, and `KeyOutOfOrder` for the very row of
    ``query`` in answer to a strict seek, before that row is read.

    Spec: M-40. Mirror: none, contracts verify as they read.
    """
    match reader.uint(KIND_BYTES):
        case 0:
            return Empty()
        case 1:
            if strict:
                raise KeyOutOfOrder(lesser=query, greater=query)
            return Equal(read_path_of(reader, key=query))
        case 2:
            return First(read_path(reader))
        case 3:
            return Last(read_path(reader))
        case 4:
            return read_between(reader)
        case kind:
            raise ProofKindOutOfRange(kind=kind)


def encode_seek(proof: SeekProof) -> bytes:
    """Return the proof of what a seek or a seek back finds as bytes. Spec: M-40. Mirror: none."""
    match proof:
        case Empty():
            return b"\0"
        case Equal(path):
            return b"\1" + encode_path_of(path)
        case First(path):
            return b"\2" + encode_path(path)
        case Last(path):
            return b"\3" + encode_path(path)
        case Between():
            return b"\4" + encode_between(proof)
        case _:
            assert_never(proof)
