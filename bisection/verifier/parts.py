"""The parts of a witness, checked against the state: what a rule may rely on.

Each function asks the source for one part and returns it only if the state commits to it.

Not here: row proofs, which the rules of rows check (`bisection.verifier.rows`).

Spec: docs/spec/verifier.md, V-9 to V-14. Mirror: ``Parts.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bisection.errors import MessageMismatch, PayloadMismatch
from bisection.verifier.source import Frame, MessageHead, Operands, Tree
from merkle import Hash32, Window, keccak256, open_window
from merkle.chain import open_links
from merkle.errors import ChainMismatch
from wasm_interp.commitments import LEAF_BYTES, VALUES_PER_LEAF
from wasm_interp.errors import PayloadTooLong
from wasm_interp.message import PAYLOAD_MAX

if TYPE_CHECKING:
    from bisection.verifier.source import WitnessSource
    from wasm_interp.state import State

U64_BYTES: Final = 8


def open_operands(state: State, source: WitnessSource, count: int) -> Operands:
    """Return the ``count`` operands on top of the stack, the lowest first.

    Raises `ChainMismatch`.

    Spec: V-9. Mirror: ``Parts.sol:openOperands``.
    """
    operands = source.operands(count)
    items = [value.to_bytes(U64_BYTES, "big") for value in operands.values]
    open_links(state.stack, operands.previous, items)
    return operands


def open_frame(state: State, source: WitnessSource) -> Frame:
    """Return the frame on top. Raises `ChainMismatch`.

    Spec: V-12. Mirror: ``Parts.sol:openFrame``.
    """
    frame = source.frame()
    actual = keccak256(frame.encode())
    if actual != state.frames:
        raise ChainMismatch(expected=state.frames, actual=actual)
    return frame


def open_message(state: State, source: WitnessSource) -> MessageHead:
    """Return the message. Raises `MessageMismatch`.

    Spec: V-13. Mirror: ``Parts.sol:openMessage``.
    """
    message = source.message()
    actual = keccak256(message.encode())
    if actual != state.message:
        raise MessageMismatch(expected=state.message, actual=actual)
    return message


def open_payload(message: MessageHead, source: WitnessSource) -> bytes:
    """Return the payload of ``message``. Raises `PayloadTooLong`, `PayloadMismatch`.

    No message has a payload that is too long (T-1), but a record made up for the purpose may say
    so, and the zeros beyond a witness would then be four gigabytes.

    Spec: V-14. Mirror: ``Parts.sol:openPayload``.
    """
    if message.length > PAYLOAD_MAX:
        raise PayloadTooLong(length=message.length, limit=PAYLOAD_MAX)
    payload = source.payload(message.length)
    actual = keccak256(payload)
    if actual != message.payload_hash:
        raise PayloadMismatch(expected=message.payload_hash, actual=actual)
    return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One u64 of a tree, in its leaf. ``place`` is 0 to 3. Spec: M-8."""

    window: Window
    depth: int
    place: int

    @property
    def value(self) -> int:
        """The u64."""
        start = self.place * U64_BYTES
        return int.from_bytes(self.window.leaves[0][start : start + U64_BYTES], "big")

    def updated_root(self, value: int) -> Hash32:
        """Return the root of the tree with ``value`` in this place. Spec: M-12."""
        leaf = spliced(
            self.window.leaves[0], self.place * U64_BYTES, value.to_bytes(U64_BYTES, "big")
        )
        return self.window.updated_root([leaf], self.depth)


def open_slot(state: State, source: WitnessSource, tree: Tree, index: int) -> Slot:
    """Return the u64 at ``index`` of the table, the globals or the locals.

    Raises `WindowOutOfRange`, `RootMismatch`.

    Spec: V-10. Mirror: ``Parts.sol:openSlot``.
    """
    leaf, place = divmod(index, VALUES_PER_LEAF)
    window = _open(state, source, tree, index=leaf, count=1)
    return Slot(window=window, depth=_commitment(state, tree)[1], place=place)


def read_buffer(state: State, source: WitnessSource, address: int, length: int) -> bytes:
    """Return ``length`` bytes of memory. Raises `WindowOutOfRange`, `RootMismatch`.

    Spec: V-11. Mirror: ``Parts.sol:readBuffer``.
    """
    if length == 0:
        return b""
    window, start = _open_buffer(state, source, address, length)
    return b"".join(window.leaves)[start : start + length]


def write_buffer(state: State, source: WitnessSource, address: int, data: bytes) -> Hash32:
    """Return the root of memory with ``data`` at ``address``.

    Raises `WindowOutOfRange`, `RootMismatch`.

    Spec: V-11, M-12. Mirror: ``Parts.sol:writeBuffer``.
    """
    if not data:
        return state.memory_root
    window, start = _open_buffer(state, source, address, len(data))
    held = spliced(b"".join(window.leaves), start, data)
    leaves = [held[at : at + LEAF_BYTES] for at in range(0, len(held), LEAF_BYTES)]
    return window.updated_root(leaves, state.memory_depth)


def spliced(held: bytes, start: int, data: bytes) -> bytes:
    """Return ``held`` with ``data`` in place of what is at ``start``.

    Mirror: none, a mask or ``mcopy`` does it.
    """
    return held[:start] + data + held[start + len(data) :]


def _open_buffer(
    state: State, source: WitnessSource, address: int, length: int
) -> tuple[Window, int]:
    """Return the window of the leaves that hold a buffer, and where in it the buffer starts."""
    first, start = divmod(address, LEAF_BYTES)
    last = (address + length - 1) // LEAF_BYTES
    return _open(state, source, Tree.MEMORY, index=first, count=last - first + 1), start


def _open(state: State, source: WitnessSource, tree: Tree, *, index: int, count: int) -> Window:
    """Return a window of a tree of the record, with the depth in the record (M-5). Spec: V-10."""
    root, depth = _commitment(state, tree)
    window = source.window(tree, index=index, count=count, depth=depth)
    open_window(root, window, depth=depth)
    return window


def _commitment(state: State, tree: Tree) -> tuple[Hash32, int]:
    match tree:
        case Tree.MEMORY:
            return state.memory_root, state.memory_depth
        case Tree.TABLE:
            return state.table_root, state.table_depth
        case Tree.GLOBALS:
            return state.globals_root, state.globals_depth
        case Tree.LOCALS:
            return state.locals_root, state.locals_depth
