"""Hash chains: a stack that is committed to by one hash.

Not here: what the items are (`wasm_interp.state` has operands and frames).

Spec: ``docs/spec/merkle.md#chain``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from merkle.errors import ChainMismatch
from merkle.hashing import ZERO_HASH, Hash32, check_word, keccak256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def push(chain: Hash32, item: bytes) -> Hash32:
    """Return ``chain`` with ``item`` on top. All items of one chain have one length.

    Spec: M-13. Mirror: ``HashChain.sol:push``.
    """
    return keccak256(chain + item)


def open_links(chain: Hash32, previous: Hash32, items: Sequence[bytes]) -> Hash32:
    """Return ``previous``, shown to be the chain below ``items``, the top ones of ``chain``.

    The lowest item comes first: the arguments stand in the order of the hashed bytes. The caller
    fixes number and length of the items. Without items, ``previous`` is ``chain``.
    Raises `ChainMismatch` (the empty chain has no items), `WordLengthMismatch`.

    Spec: M-14. Mirror: ``HashChain.sol:openLinks``.
    """
    check_word(previous)
    actual = previous
    for item in items:
        actual = push(actual, item)
    if actual != chain:
        raise ChainMismatch(expected=chain, actual=actual)
    return previous


def chain_of(items: Iterable[bytes]) -> Hash32:
    """Return the chain of ``items``, the bottom first.

    Spec: M-13. Mirror: none, contracts never see a whole chain.
    """
    chain = ZERO_HASH
    for item in items:
        chain = push(chain, item)
    return chain
