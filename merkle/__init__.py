"""Trees, chains and their proofs: bytes, indices and hashes only.

- `merkle.hashing`: Keccak-256, the only hash.
- `merkle.word_tree`, `merkle.window`: trees of 32-byte leaves, and range proofs of them.
- `merkle.chain`: stacks committed to by one hash.
- `merkle.ordered_map`: ordered rows whose root depends on the rows alone.
- `merkle.map_proofs`, `merkle.seek_proofs`: proofs about those rows, and their verification.
- `merkle.proof_bytes`: windows and proofs about rows as bytes, and back.
- `merkle.display`: how all these show themselves in a REPL and in a notebook.
- `merkle.errors`: what is wrong with a proof, one class per cause.

Not here: machines, instructions, SQL.

Spec: ``docs/spec/merkle.md``.
"""

from merkle.chain import chain_of, open_links, push
from merkle.errors import ChannelsError, ProofError
from merkle.hashing import ZERO_HASH, Hash32, backend_name, keccak256
from merkle.map_proofs import verify_delete, verify_get, verify_put
from merkle.ordered_map import OrderedMap, Row
from merkle.proof_bytes import (
    ByteReader,
    encode_delete,
    encode_get,
    encode_put,
    encode_seek,
    encode_window,
    read_delete,
    read_get,
    read_put,
    read_seek,
    read_window,
)
from merkle.seek_proofs import verify_seek, verify_seek_back
from merkle.window import Window, open_window
from merkle.word_tree import WordTree, depth_for, diff, zero_root

__all__ = [
    "ZERO_HASH",
    "ByteReader",
    "ChannelsError",
    "Hash32",
    "OrderedMap",
    "ProofError",
    "Row",
    "Window",
    "WordTree",
    "backend_name",
    "chain_of",
    "depth_for",
    "diff",
    "encode_delete",
    "encode_get",
    "encode_put",
    "encode_seek",
    "encode_window",
    "keccak256",
    "open_links",
    "open_window",
    "push",
    "read_delete",
    "read_get",
    "read_put",
    "read_seek",
    "read_window",
    "verify_delete",
    "verify_get",
    "verify_put",
    "verify_seek",
    "verify_seek_back",
    "zero_root",
]
