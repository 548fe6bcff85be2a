"""Hash chains: a stack that is committed to by one hash.

Not here: what the items are (`wasm_interp.state` has operands and frames).

Spec: ``docs/spec/merkle.md#chain``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from merkle.errors import ChainMismatch
from merkle.hashing import ZERO_HASH, Hash32, check_word, keccak256

if TYPE_CHECKING:
    from collections.abc import Iterable


def push(chain: Hash32, item: bytes) -> Hash32:
    """Return ``chain`` with ``item`` on top. All items of one chain have one length.

    Spec: M-13. Mirror: ``HashChain.sol:push``.
    """
    return keccak256(chain + item)


def open_link(chain: Hash32, previous: Hash32, item: bytes) -> Hash32:
    """Return the chain below the top of ``chain``, shown to be ``previous`` under ``item``.

    The arguments stand in the order of the hashed bytes. The caller fixes the length of ``item``.
    Raises `ChainMismatch` (the empty chain has no opening), `WordLengthMismatch`.

    Spec: M-14. Mirror: ``HashChain.sol:openLink``.
    """
    check_word(previous)
    if push(previous, item) != chain:
        raise ChainMismatch(chain=chain, previous=previous, item=item)
    return previous


def chain_of(items: Iterable[bytes]) -> Hash32:
    """Return the chain of ``items``, the bottom first.

    Spec: M-13. Mirror: none, contracts never see a whole chain.
    """
    chain = ZERO_HASH
    for item in items:
        chain = push(chain, item)
    return chain
