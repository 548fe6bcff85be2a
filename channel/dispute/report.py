"""What a dispute was, from its opening to its verdict, as data for whoever shows it.

A report is made once, when a game is over (`channel.dispute.match.play_on_chain`), and refers to no
chain, player or machine. Amounts are in wei, times in seconds, gas as `solidity.gas` has it.

Not here: how it looks on a terminal or in a page (`cli`), how it is made
(`channel.dispute.match`, `channel.dispute.deciding`).

Spec: docs/spec/game.md. Mirror: none, this is for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bisection.game import Phase, Side
from merkle.display import Shown

if TYPE_CHECKING:
    from bisection.calldata import StepProof
    from bisection.game import Address
    from bisection.points import Point
    from merkle import Hash32
    from wasm_interp.state import State
    from wasm_interp.trace import Step

OPEN: Final = "open"
"""The kind of the entry that begins a game; other kinds are functions of the contract, too."""
HONEST: Final = "honest"
"""The strategy of a side that does not cheat."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReportedConstants(Shown):
    """What the deployment fixes. ``bond`` is in wei. Spec: G-1."""

    arity: int
    move_seconds: int
    clock_seconds: int
    bond: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReportedChain(Shown):
    """Where the game was played. ``evm`` is the name of the back end."""

    evm: str
    chain_id: int
    manager: Address
    verifier: Address


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReportedSide(Shown):
    """One side: ``strategy`` is ``honest``, or the name of the cheat that it plays.

    ``participant`` is its index in the channel.
    """

    side: Side
    address: Address
    participant: int
    name: str
    strategy: str

    @property
    def honest(self) -> bool:
        """Whether this side plays by what is true."""
        return self.strategy == HONEST


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReportedOpening(Shown):
    """What the game is about. Both accept the base; the claim is disputed. Spec: G-3 to G-5.

    ``true_root`` is the root that the channel's messages lead to, if all of them are accepted; log
    roots are those that base and claim have.
    """

    game_id: Hash32
    channel_id: Hash32
    base_turn: int
    base_root: Hash32
    base_log_root: Hash32
    claim_turn: int
    claim_root: Hash32
    claim_log_root: Hash32
    claim_hash: Hash32
    true_root: Hash32 | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Entry(Shown):
    """One transaction of a side: a move of the game, its opening, or what was refused.

    ``kind`` is the function of the contract: ``open``, ``postTurns``, ``chooseTurns``,
    ``openTurn``, ``acceptTurn``, ``postSteps``, ``chooseSteps``, ``proveStep``, ``claimTimeout``.
    ``at`` is when it was mined, ``seconds`` what it took from its side's clock: nothing for a claim
    of time (G-15), nor for what was refused. ``points`` are what was posted, ``segment`` is what
    was chosen.
    ``low``, ``high``, ``phase`` and clocks are those after it; ``low`` and ``high`` count turns, or
    from `Phase.STEPS_POST` on steps of the turn that was opened. ``refusal`` is the contract's
    error, None for a move that was taken.
    """

    index: int
    at: int
    seconds: int
    side: Side
    kind: str
    summary: str
    value: int
    points: tuple[Point, ...]
    segment: int | None
    low: int
    high: int
    phase: Phase
    asserter_clock: int
    challenger_clock: int
    calldata_bytes: int
    gas_used: int
    charged_gas: int
    refusal_name: str | None
    refusal: str | None

    @property
    def refused(self) -> bool:
        """Whether the contract refused it: then nothing has changed."""
        return self.refusal_name is not None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PathLevel(Shown):
    """One level of a path, from the leaf upwards: the node on it before and after, its sibling.

    Level 0 is the leaf's own hash level; ``on_right`` says whether the node is the right child.
    ``sibling`` is that before the step.
    """

    level: int
    before: Hash32
    after: Hash32
    sibling: Hash32
    on_right: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChangedLeaf(Shown):
    """A leaf that the step wrote, and the path from it to the root of its tree.

    ``tree`` is ``memory``, ``locals`` or ``globals``. ``levels`` end below the root, which is
    ``root_before`` and ``root_after``.
    """

    tree: str
    index: int
    depth: int
    before: bytes
    after: bytes
    levels: tuple[PathLevel, ...]
    root_before: Hash32
    root_after: Hash32


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DecidingStep(Shown):
    """The one step that the contract ran, and who was right about it.

    ``step`` has what it is: its number in the turn's run, location, instruction as text, the state
    before it and what it read and wrote. ``after`` is the true state after it; ``claimed`` is the
    state hash that the asserter claimed in its place. ``diff`` has the fields of the record that
    changed, each with its value before and after.
    """

    turn: int
    step: Step
    after: State
    claimed: Hash32
    proof: StepProof
    diff: tuple[tuple[str, object, object], ...]
    leaves: tuple[ChangedLeaf, ...]
    source_line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verdict(Shown):
    """Who won, and why in one sentence. ``winner`` is None if neither had more to send."""

    winner: Side | None
    reason: str
    pot: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SideTotals(Shown):
    """What a side sent: transactions, those of them refused, their gas and their bytes."""

    transactions: int
    refused: int
    seconds: int
    calldata_bytes: int
    gas_used: int
    charged_gas: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DisputeReport(Shown):
    """A dispute from its opening to its verdict."""

    constants: ReportedConstants
    chain: ReportedChain
    asserter: ReportedSide
    challenger: ReportedSide
    opening: ReportedOpening
    entries: tuple[Entry, ...]
    deciding: DecidingStep | None
    verdict: Verdict

    def side(self, side: Side) -> ReportedSide:
        """Return the facts of ``side``."""
        return self.asserter if side is Side.ASSERTER else self.challenger

    @property
    def winner(self) -> ReportedSide | None:
        """The side that won."""
        return None if self.verdict.winner is None else self.side(self.verdict.winner)

    @property
    def moves(self) -> tuple[Entry, ...]:
        """What the contract took, the opening included, in order."""
        return tuple(entry for entry in self.entries if not entry.refused)

    @property
    def rounds(self) -> int:
        """How often points were posted and a segment was chosen."""
        return sum(entry.segment is not None for entry in self.moves)

    def totals(self, side: Side | None = None) -> SideTotals:
        """Return the sums of ``side``, or of both."""
        entries = [entry for entry in self.entries if side in {None, entry.side}]
        return SideTotals(
            transactions=len(entries),
            refused=sum(entry.refused for entry in entries),
            seconds=sum(entry.seconds for entry in entries),
            calldata_bytes=sum(entry.calldata_bytes for entry in entries),
            gas_used=sum(entry.gas_used for entry in entries),
            charged_gas=sum(entry.charged_gas for entry in entries),
        )
