"""The step that decided a dispute, taken apart for people: what it is, read, wrote and changed.

Spec: docs/spec/game.md, G-13. Mirror: none, this is for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from channel.dispute.report import ChangedLeaf, DecidingStep, PathLevel
from merkle.hashing import Hash32, keccak256
from merkle.word_tree import diff
from wasm_interp.events import GlobalWritten, LocalWritten, MemoryWritten
from wasm_interp.machine import Machine
from wasm_interp.trace import step_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bisection.calldata import StepProof
    from merkle import WordTree

_TREES: Final[dict[type[object], tuple[str, Callable[[Machine], WordTree]]]] = {
    MemoryWritten: ("memory", Machine.memory_tree),
    LocalWritten: ("locals", Machine.locals_tree),
    GlobalWritten: ("globals", Machine.globals_tree),
}
"""What a step writes leaves of, by the event that says so."""


def deciding_step(
    machine: Machine, proof: StepProof, *, turn: int, index: int, claimed: Hash32
) -> DecidingStep:
    """Return the step that ``machine`` is about to take: ``index`` others of ``turn`` are before.

    ``machine`` takes it. ``claimed`` is what the asserter said it leads to.
    """
    before = {kind: tree(machine) for kind, (_, tree) in _TREES.items()}
    step = step_of(machine, index=index)
    assert keccak256(proof.pre_state) == step.state.hash(), "the proof is of another step"
    after = machine.state()
    leaves = [
        leaf
        for kind, (name, tree) in _TREES.items()
        if any(isinstance(event, kind) for event in step.events)
        for leaf in changed_leaves(name, before[kind], tree(machine))
    ]
    return DecidingStep(
        turn=turn,
        step=step,
        after=after,
        claimed=claimed,
        proof=proof,
        diff=tuple((name, *pair) for name, pair in step.state.diff(after).items()),
        leaves=tuple(leaves),
    )


def changed_leaves(name: str, before: WordTree, after: WordTree) -> Iterator[ChangedLeaf]:
    """Yield the leaves in which two trees of one depth differ, each with its path."""
    for index, old, new in diff(before, after):
        yield ChangedLeaf(
            tree=name,
            index=index,
            depth=before.depth,
            before=old,
            after=new,
            levels=tuple(_levels(index, before, after)),
            root_before=before.root,
            root_after=after.root,
        )


def _levels(index: int, before: WordTree, after: WordTree) -> Iterator[PathLevel]:
    """Yield the nodes of a path from the leaf up, those below the root. Spec: M-4."""
    old, new = Hash32(before.leaf(index)), Hash32(after.leaf(index))
    siblings = zip(before.window(index, 1).siblings, after.window(index, 1).siblings, strict=True)
    for level, (sibling, new_sibling) in enumerate(siblings):
        on_right = bool(index >> level & 1)
        yield PathLevel(level=level, before=old, after=new, sibling=sibling, on_right=on_right)
        old = keccak256(sibling + old if on_right else old + sibling)
        new = keccak256(new_sibling + new if on_right else new + new_sibling)
