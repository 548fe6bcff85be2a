"""Any step of a run, and its state hash, for little more than one run: what a dispute asks for.

1. *Checkpoints.* The first run leaves them behind, `SPACING_STEPS` apart; states that were asked
   for become checkpoints, too. Memory is kept in chunks, and what did not change is shared.
2. *One machine.* It runs from the nearest checkpoint, or on from where it stands, in one and the
   same memory: only chunks that differ are put back. Who wants a machine gets a copy of it.
3. *Trees.* A hash starts from the memory tree of the nearest state that was hashed, and replaces
   what differs. So whoever wants several hashes asks for them in order of their steps.

What is kept is bounded by `CHECKPOINTS_MAX`, `CHUNK_BYTES_MAX`, `TREES_MAX` and `LEAVES_MAX`; what
is thinned out is run again when asked for. Not here: what people look at (`wasm_interp.timeline`).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from operator import is_
from typing import TYPE_CHECKING, Final

from wasm_interp.commitments import CHUNK_BYTES, MemoryTree, chunks_of
from wasm_interp.errors import InputError
from wasm_interp.machine import Machine, Tier

if TYPE_CHECKING:
    from merkle import Hash32
    from wasm_interp.state import State

SPACING_STEPS: Final = 2**20
"""How far apart the first run's checkpoints are: 16 in the longest run. Each compares all memory
with the one before, so that more of them cost more than they save."""
CHECKPOINTS_MAX: Final = 128
CHUNK_BYTES_MAX: Final = 128 * 2**20
"""Memory that all checkpoints' chunks may take, shared ones counted once."""
TREES_MAX: Final = 72
"""Memory trees kept, which share what did not change between them: those of a dearest round."""
LEAVES_MAX: Final = 2**20
"""Leaves that all trees may have of their own: about 200 bytes each, with the nodes above."""


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A machine without its memory, and the memory in chunks."""

    machine: Machine
    chunks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Tree:
    """A memory tree, and how many leaves it does not share with the one that it was made from."""

    follower: MemoryTree
    leaves: int


class Checkpoints:
    """The states of one run by their step, counted from the machine given, which never changes."""

    def __init__(self, machine: Machine, *, tier: Tier = Tier.COMPILED) -> None:
        self._tier = tier
        self._base = machine.steps
        self._kept: dict[int, _Checkpoint] = {}
        self._indices: list[int] = []
        program = machine.program
        self._genesis = MemoryTree(program.memory_tree, program.memory_chunks)
        self._trees: dict[int, _Tree] = {}
        self._last: int | None = None
        self._live: Machine | None = None
        """The machine that runs; None while it does, so that none is left that was interrupted."""
        self._chunks = program.memory_chunks
        self._chunk_count = len(self._chunks)
        """How many chunks the checkpoints have, at most; shared ones count once."""
        self._keep(machine.copy())

    def __len__(self) -> int:
        """Return the number of steps to the end. The first run happens here."""
        if self._last is None:
            m = self._taken(self._indices[-1])
            while m.running:
                m.run(SPACING_STEPS, tier=self._tier)
                self._keep(m)
                m = self._taken(m.steps - self._base)
            self._keep(m)
            self._last = m.steps - self._base
        return self._last

    def run_to(self, step: int) -> Machine:
        """Return a machine of one's own after ``step`` steps.

        Raises `InputError` beyond the end.
        """
        m = self._go(step).copy()
        m.follow_memory(self._nearest_tree(step, chunks=len(self._chunks)))
        return m

    def state(self, step: int) -> State:
        """Return the state after ``step`` steps. Raises `InputError` beyond the end."""
        m = self._go(step)
        follower = self._nearest_tree(step, chunks=len(self._chunks)).copy()
        leaves = follower.follow_chunks(self._chunks)
        m.follow_memory(follower, current=True)
        result = m.state()
        self._keep_tree(step, _Tree(follower, leaves))
        return result

    def state_hash(self, step: int) -> Hash32:
        """Return the state hash after ``step`` steps. Raises `InputError` beyond the end."""
        return self.state(step).hash()

    # -- the machine ------------------------------------------------------------------------------

    def _go(self, step: int) -> Machine:
        """Return the machine after ``step`` steps, for whoever leaves it there."""
        if not 0 <= step <= len(self):
            raise InputError(f"the run has steps 0 to {len(self)}, not {step}")
        m = self._taken(step)
        m.run(step - (m.steps - self._base), tier=self._tier)
        self._keep(m)
        return m

    def _taken(self, step: int) -> Machine:
        """Take the machine out, where it stands or from a checkpoint: not after ``step``."""
        m = self._live
        nearest = self._indices[bisect_right(self._indices, step) - 1]
        if m is None or not nearest <= m.steps - self._base <= step:
            m = self._restored(self._kept[nearest])
        self._live = None
        return m

    def _restored(self, kept: _Checkpoint) -> Machine:
        """Return the machine of a checkpoint, in the memory that there is if it fits."""
        if self._live is None or len(self._live.memory) != len(kept.chunks) * CHUNK_BYTES:
            memory = bytearray(b"".join(kept.chunks))
        else:
            memory = self._live.memory
            for at, (new, old) in enumerate(zip(kept.chunks, self._chunks, strict=True)):
                if new is not old:
                    memory[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES] = new
        self._chunks = kept.chunks
        return kept.machine.copy(memory=memory)

    # -- what is kept -----------------------------------------------------------------------------

    def _keep(self, m: Machine) -> None:
        """Put the machine back, and make a checkpoint of it."""
        self._live = m
        step = m.steps - self._base
        if step in self._kept:
            self._chunks = self._kept[step].chunks
            return
        before, self._chunks = self._chunks, chunks_of(m.memory, self._chunks)
        shared = sum(map(is_, before, self._chunks))
        self._chunk_count += len(self._chunks) - shared
        twin = m.copy(memory=bytearray())
        # A checkpoint keeps no tree alive.
        twin.follow_memory(self._genesis)
        self._kept[step] = _Checkpoint(twin, self._chunks)
        insort(self._indices, step)
        while len(self._indices) > 2 and self._too_many():
            # The first stays, since everything can be reached from it.
            for dropped in self._indices[1::2]:
                del self._kept[dropped]
            self._indices = self._indices[::2]

    def _too_many(self) -> bool:
        if len(self._indices) > CHECKPOINTS_MAX:
            return True
        # Chunks of checkpoints that were dropped are counted, so where it matters all are seen.
        if self._chunk_count * CHUNK_BYTES > CHUNK_BYTES_MAX:
            different = {id(chunk) for kept in self._kept.values() for chunk in kept.chunks}
            self._chunk_count = len(different)
        return self._chunk_count * CHUNK_BYTES > CHUNK_BYTES_MAX

    def _nearest_tree(self, step: int, *, chunks: int) -> MemoryTree:
        """Return the tree of the nearest state that has one, else that of the program."""
        # Trees only grow: one of more memory than there was is of no use.
        usable = [at for at, tree in self._trees.items() if len(tree.follower.image) <= chunks]
        if not usable:
            return self._genesis
        return self._trees[min(usable, key=lambda at: abs(at - step))].follower

    def _keep_tree(self, step: int, tree: _Tree) -> None:
        """Keep a tree, as long as no others push it out."""
        self._trees.pop(step, None)
        self._trees[step] = tree
        while len(self._trees) > TREES_MAX or (
            len(self._trees) > 1 and sum(kept.leaves for kept in self._trees.values()) > LEAVES_MAX
        ):
            del self._trees[next(iter(self._trees))]
