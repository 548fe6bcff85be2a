"""Roots and chains of a running machine, brought up to date from what changed.

Every commitment is a pure function of the machine's contents; what is kept here only saves work.
The stack's and the frames' chains reuse the hashes of the part that did not change, locals and
globals compare with a snapshot, memory follows the leaves that rules marked dirty, or compares.

Not here: the packed record (`wasm_interp.state`), the trees themselves (`merkle.word_tree`).

Spec: docs/spec/state.md, S-2 to S-6; docs/spec/merkle.md, M-8 and M-13.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from merkle import ZERO_HASH, Hash32, WordTree, depth_for, keccak256
from wasm_interp.profile import PAGE_BYTES
from wasm_interp.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasm_interp.machine import Machine
    from wasm_interp.program import Program

_U64: Final = struct.Struct(">Q")
_FOUR_U64: Final = struct.Struct(">4Q")
_FRAME_TAIL: Final = struct.Struct(">IB")
VALUES_PER_LEAF: Final = 4
"""u64 values in a leaf: the whole of a tree of depth 0."""

LEAF_BYTES: Final = 32
CHUNK_BYTES: Final = 4_096
"""What memory is compared by where nothing marked what was written."""
CHUNK_LEAVES: Final = CHUNK_BYTES // LEAF_BYTES
CHUNK_DEPTH: Final = depth_for(CHUNK_LEAVES)
PART_LEAVES_MIN: Final = CHUNK_LEAVES // 8
"""From how many changed leaves on a chunk is replaced whole. For speed only."""

_ZERO_CHUNK: Final = bytes(CHUNK_BYTES)

OPERANDS_MAX: Final = 5
"""The most operands that one step takes off the stack: those of ``db.seek``. For speed only."""


def padded(values: Sequence[int]) -> tuple[int, ...]:
    """Return ``values`` with zeros behind them, as many as fill a whole tree. Spec: M-8, S-6."""
    leaves = max(1, -(-len(values) // VALUES_PER_LEAF))
    count = VALUES_PER_LEAF << depth_for(leaves)
    return (*values, *(0,) * (count - len(values)))


def u64_leaves(values: Sequence[int]) -> bytes:
    """Return the leaves of the tree of ``values``, four a leaf, one after the other."""
    return b"".join(_U64.pack(value) for value in padded(values))


def u64_depth(values: Sequence[int]) -> int:
    """Return the depth of the tree that holds ``values``, already padded to ``4 * 2**depth``."""
    depth = (len(values) // VALUES_PER_LEAF).bit_length() - 1
    assert VALUES_PER_LEAF << depth == len(values), "values are not padded to a whole tree"
    return depth


class U64Tree:
    """The word tree of a list of u64 values, four a leaf, that follows the list's changes."""

    __slots__ = ("snapshot", "tree")

    def __init__(self, count: int) -> None:
        """Start from ``count`` zeros, a whole tree."""
        self.snapshot = [0] * count
        self.tree = WordTree.zero(u64_depth(self.snapshot))

    def follow(self, values: Sequence[int]) -> Hash32:
        """Return the root for ``values``, which has the length that the tree was made for."""
        old = self.snapshot
        if values != old:
            self.tree = self.tree.with_leaves(
                {
                    at >> 2: _FOUR_U64.pack(*values[at : at + 4])
                    for at in range(0, len(values), 4)
                    if values[at : at + 4] != old[at : at + 4]
                }
            )
            self.snapshot = list(values)
        return self.tree.root


class StackChain:
    """The hash chain of the operand stack. Spec: M-13, S-2."""

    __slots__ = ("hashes", "values")

    def __init__(self) -> None:
        self.values: list[int] = []
        self.hashes: list[Hash32] = [ZERO_HASH]

    def follow(self, stack: list[int]) -> Hash32:
        """Return the chain of ``stack``."""
        values, hashes = self.values, self.hashes
        same = common_prefix(values, stack)
        del values[same:], hashes[same + 1 :]
        chain = hashes[-1]
        for value in stack[same:]:
            chain = keccak256(chain + _U64.pack(value))
            values.append(value)
            hashes.append(chain)
        return chain


def common_prefix(old: list[int], new: list[int]) -> int:
    """Return how many leading values two lists share.

    One step changes the top only, so that is tried first; else by bisection on whole slices.
    """
    high = min(len(old), len(new))
    low = max(0, high - OPERANDS_MAX)
    if old[:low] != new[:low]:
        high, low = low, 0
        while high - low > 1:
            middle = (low + high) // 2
            if old[low:middle] == new[low:middle]:
                low = middle
            else:
                high = middle
    while low < high and old[low] == new[low]:
        low += 1
    return low


class FrameChain:
    """The hash chain of frames, and the trees of the locals at every level.

    ``levels[i]`` belongs to the locals list of call depth ``i``. A frame is a tuple that never
    changes while it is on the list, nor do the locals that it holds, because the first instruction
    of every function gives it locals of its own (``enter``, L-6): so a frame that is still the same
    object has the same hash. Spec: M-13, S-3.
    """

    __slots__ = ("frames", "hashes", "levels")

    def __init__(self) -> None:
        self.frames: list[tuple[int, list[int]]] = []
        self.hashes: list[Hash32] = [ZERO_HASH]
        self.levels: list[tuple[list[int], U64Tree]] = []

    def follow(
        self, frames: list[tuple[int, list[int]]], current: list[int]
    ) -> tuple[Hash32, Hash32]:
        """Return the chain of ``frames`` and the root of the current locals."""
        same = min(len(self.frames), len(frames))
        while same and self.frames[same - 1] is not frames[same - 1]:
            same -= 1
        del self.frames[same:], self.hashes[same + 1 :]
        chain = self.hashes[-1]
        for level in range(same, len(frames)):
            frame = frames[level]
            return_pc, values = frame
            root = self._locals_root(level, values)
            chain = keccak256(chain + root + _FRAME_TAIL.pack(return_pc, u64_depth(values)))
            self.frames.append(frame)
            self.hashes.append(chain)
        return chain, self._locals_root(len(frames), current)

    def _locals_root(self, level: int, values: list[int]) -> Hash32:
        if level >= len(self.levels) or self.levels[level][0] is not values:
            del self.levels[level:]
            self.levels.append((values, U64Tree(len(values))))
        return self.levels[level][1].follow(values)


class MemoryTree:
    """The tree of memory, and what it was made from.

    Rules mark the leaves that they write (``m.dirty``). Compiled code marks nothing
    (``m.untracked``): then memory is compared with ``image``, chunk by chunk. ``stale`` are leaves
    that the tree has newer than the image.
    """

    __slots__ = ("image", "stale", "tree")

    def __init__(self, tree: WordTree, image: Sequence[bytes]) -> None:
        self.tree = tree
        self.image = list(image)
        self.stale: set[int] = set()

    def copy(self) -> MemoryTree:
        """Return one that follows another machine from here."""
        twin = MemoryTree(self.tree, self.image)
        twin.stale = set(self.stale)
        return twin

    def follow(self, m: Machine) -> WordTree:
        """Return the tree of ``m``'s memory; forget what changed in it. Spec: S-5."""
        memory, changed = m.memory, m.dirty
        if m.untracked:
            changed = changed | self.stale
            self.follow_chunks(chunks_of(memory, self.image))
            self.stale = set()
        else:
            self._deepen(len(memory))
            self.stale |= changed
        if changed:
            self.tree = self.tree.with_leaves(
                {leaf: bytes(memory[leaf << 5 : (leaf << 5) + LEAF_BYTES]) for leaf in changed}
            )
        m.dirty.clear()
        m.untracked = False
        return self.tree

    def follow_chunks(self, chunks: Sequence[bytes]) -> int:
        """Become the tree of a memory of ``chunks``; return how many leaves that replaced.

        Chunks that are the same object are the same; memory is no smaller than it was.
        """
        self._deepen(len(chunks) * CHUNK_BYTES)
        image = [*self.image, *[_ZERO_CHUNK] * (len(chunks) - len(self.image))]
        self.image = list(chunks)
        leaves: dict[int, bytes] = {}
        parts: dict[int, bytes] = {}
        for at, (old, new) in enumerate(zip(image, chunks, strict=True)):
            if old is new:
                continue
            changed = _changed_leaves(old, new)
            if len(changed) > PART_LEAVES_MIN:
                parts[at] = new
            else:
                first = at * CHUNK_LEAVES
                leaves.update({first + (start >> 5): leaf for start, leaf in changed.items()})
        self.tree = self.tree.with_parts(parts, depth=CHUNK_DEPTH).with_leaves(leaves)
        return len(leaves) + CHUNK_LEAVES * len(parts)

    def _deepen(self, memory_bytes: int) -> None:
        depth = depth_for(memory_bytes // LEAF_BYTES)
        if depth > self.tree.depth:
            self.tree = self.tree.deepened(depth)


def chunks_of(memory: bytearray, known: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return ``memory`` in chunks: those of ``known`` where they are the same."""
    begins = range(0, len(memory), CHUNK_BYTES)
    padded_known = [*known[: len(begins)], *[_ZERO_CHUNK] * (len(begins) - len(known))]
    return tuple(
        # Unlike a comparison of slices, this copies nothing.
        old if memory.startswith(old, begin) else bytes(memory[begin : begin + CHUNK_BYTES])
        for begin, old in zip(begins, padded_known, strict=True)
    )


def _changed_leaves(old: bytes, new: bytes) -> dict[int, bytes]:
    """Return the leaves in which two chunks differ, by their place in bytes."""
    return {
        start: leaf
        for start in range(0, CHUNK_BYTES, LEAF_BYTES)
        if (leaf := new[start : start + LEAF_BYTES]) != old[start : start + LEAF_BYTES]
    }


class Commitments:
    """What `Machine.state` asks for, for one machine."""

    __slots__ = ("_frames", "_globals", "_message", "_program", "_stack", "memory")

    def __init__(self, program: Program) -> None:
        self._program = program
        self._stack = StackChain()
        self._frames = FrameChain()
        self._globals = U64Tree(len(program.globals))
        self.memory = MemoryTree(program.memory_tree, program.memory_chunks)
        self._message: Hash32 | None = None

    def copy(self) -> Commitments:
        """Return commitments for a copy of the machine. Only memory's tree is carried over."""
        twin = Commitments(self._program)
        twin.memory = self.memory.copy()
        return twin

    def stack_chain(self, m: Machine, *, without: int) -> Hash32:
        """Return the chain of the stack without its top ``without`` operands."""
        self._stack.follow(m.stack)
        return self._stack.hashes[len(m.stack) - without]

    def frame_link(self, m: Machine) -> tuple[Hash32, Hash32]:
        """Return the chain below the frame on top, and the root of that frame's locals."""
        self._frames.follow(m.frames, m.locals)
        below = len(m.frames) - 1
        return self._frames.hashes[below], self._frames.levels[below][1].tree.root

    def locals_tree(self, m: Machine) -> WordTree:
        """Return the tree of the current locals."""
        self._frames.follow(m.frames, m.locals)
        return self._frames.levels[len(m.frames)][1].tree

    def globals_tree(self, m: Machine) -> WordTree:
        """Return the tree of the globals."""
        self._globals.follow(m.globals)
        return self._globals.tree

    def state(self, m: Machine) -> State:
        """Return the machine's state as a value."""
        if self._message is None:
            self._message = m.message.hash()
        frames, locals_root = self._frames.follow(m.frames, m.locals)
        memory = self.memory.follow(m)
        program = self._program
        return State(
            status=m.status,
            trap=m.trap,
            result=m.result,
            pc=m.pc,
            fuel=m.fuel,
            call_depth=len(m.frames),
            memory_pages=len(m.memory) // PAGE_BYTES,
            memory_max=m.memory_max,
            table_length=len(m.table),
            code_depth=program.code_tree.depth,
            memory_depth=memory.depth,
            table_depth=program.table_tree.depth,
            globals_depth=self._globals.tree.depth,
            locals_depth=u64_depth(m.locals),
            stack=self._stack.follow(m.stack),
            frames=frames,
            locals_root=locals_root,
            globals_root=self._globals.follow(m.globals),
            memory_root=memory.root,
            table_root=program.table_tree.root,
            code_root=program.code_tree.root,
            db_root=m.rows.root,
            message=self._message,
        )
