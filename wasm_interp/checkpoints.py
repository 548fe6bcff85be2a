"""Any step of a run, and its state hash, for little more than one run: what a dispute asks for.

The first run leaves checkpoints behind, `SPACING_STEPS` apart. A checkpoint shares every chunk of
memory that did not change with the one before; a hash starts from the memory tree of the nearest
state that was hashed and replaces the leaves that differ. States that were asked for become
checkpoints themselves: a bisection runs on from the last one it visited.

What is kept is bounded by `CHECKPOINTS_MAX`, `CHUNK_BYTES_MAX` and `TREES_MAX`; what is thinned
out is run again when asked for. Not here: what people look at (`wasm_interp.timeline`).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wasm_interp.commitments import CHUNK_BYTES
from wasm_interp.errors import InputError
from wasm_interp.machine import Machine, Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from merkle import Hash32
    from wasm_interp.commitments import MemoryTree

SPACING_STEPS: Final = 2**18
"""How far apart the first run's checkpoints are: 64 in the longest run."""
CHECKPOINTS_MAX: Final = 128
CHUNK_BYTES_MAX: Final = 128 * 2**20
"""Memory that all checkpoints' chunks may take, shared ones counted once."""
TREES_MAX: Final = 4
"""Memory trees kept: they share what did not change between them."""


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A machine without its memory, and the memory in chunks."""

    machine: Machine
    chunks: tuple[bytes, ...]

    def restored(self) -> Machine:
        return self.machine.copy(memory=bytearray(b"".join(self.chunks)))


class Checkpoints:
    """The states of one run by their step, counted from the machine given, which never changes."""

    def __init__(self, machine: Machine, *, tier: Tier = Tier.COMPILED) -> None:
        self._tier = tier
        self._base = machine.steps
        self._kept: dict[int, _Checkpoint] = {}
        self._indices: list[int] = []
        self._trees: dict[int, MemoryTree] = {}
        self._last: int | None = None
        self._newest = machine.copy()
        self._keep(self._newest)

    def __len__(self) -> int:
        """Return the number of steps to the end. The first run happens here."""
        if self._last is None:
            m = self._kept[self._indices[-1]].restored()
            while m.running:
                m.run(SPACING_STEPS, tier=self._tier)
                self._keep(m)
            self._last = m.steps - self._base
        return self._last

    def run_to(self, step: int) -> Machine:
        """Return a machine of one's own after ``step`` steps.

        Raises `InputError` beyond the end.
        """
        if not 0 <= step <= len(self):
            raise InputError(f"the run has steps 0 to {len(self)}, not {step}")
        nearest = self._indices[bisect_right(self._indices, step) - 1]
        m = self._kept[nearest].restored()
        m.untracked = True
        if nearest != step:
            m.run(step - nearest, tier=self._tier)
            self._keep(m)
        return m

    def state_hash(self, step: int) -> Hash32:
        """Return the state hash after ``step`` steps. Raises `InputError` beyond the end."""
        m = self.run_to(step)
        # Trees only grow: one of more memory than there was is of no use.
        chunks = len(m.memory) // CHUNK_BYTES
        usable = [index for index, tree in self._trees.items() if len(tree.image) <= chunks]
        if usable:
            m.follow_memory(self._trees[min(usable, key=lambda index: abs(index - step))])
        result = m.state_hash()
        self._trees.pop(step, None)
        self._trees[step] = m.memory_follower()
        if len(self._trees) > TREES_MAX:
            del self._trees[next(iter(self._trees))]
        return result

    # -- what is kept -----------------------------------------------------------------------------

    def _keep(self, m: Machine) -> None:
        """Make a checkpoint of ``m``."""
        step = m.steps - self._base
        if step in self._kept:
            return
        before = bisect_right(self._indices, step) - 1
        known = self._kept[self._indices[before]].chunks if before >= 0 else m.program.memory_chunks
        self._kept[step] = _Checkpoint(m.copy(memory=bytearray()), _chunks(m.memory, known))
        insort(self._indices, step)
        while len(self._indices) > 2 and self._too_many():
            # The first stays, since everything can be reached from it.
            for dropped in self._indices[1::2]:
                del self._kept[dropped]
            self._indices = self._indices[::2]

    def _too_many(self) -> bool:
        if len(self._indices) > CHECKPOINTS_MAX:
            return True
        # Checkpoints can share chunks, so the exact sum is only taken where it may matter.
        if sum(len(kept.chunks) for kept in self._kept.values()) * CHUNK_BYTES <= CHUNK_BYTES_MAX:
            return False
        different = {id(chunk) for kept in self._kept.values() for chunk in kept.chunks}
        return len(different) * CHUNK_BYTES > CHUNK_BYTES_MAX


def _chunks(memory: bytearray, known: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return ``memory`` in chunks, those of ``known`` where they are the same."""
    chunks = []
    for at, begin in enumerate(range(0, len(memory), CHUNK_BYTES)):
        chunk = bytes(memory[begin : begin + CHUNK_BYTES])
        old = known[at] if at < len(known) else b""
        chunks.append(old if chunk == old else chunk)
    return tuple(chunks)
