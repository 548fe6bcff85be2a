"""A channel to have a dispute in: reducer, rows, a log of messages, and who takes part.

A case is plain data: `played` signs everything with the keys given, as the participants would
have, and gives each side its dossier. Cases are for demonstrations, benches and tests; a running
channel makes its dossiers itself.

Not here: who cheats (`channel.dispute.cheats`).

Spec: docs/spec/channel.md; docs/spec/game.md, G-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from channel.dispute.claim import DisputedClaim
from channel.dispute.dossier import Dossier, SignedPayload
from channel.dispute.errors import CaseNotDisputable
from channel.ids import ZERO_ADDRESS, Address, FixedPart, mover_index
from channel.log import MessageLog
from channel.outcome import encode_outcome
from channel.signatures import sign_message
from channel.states import ChannelState, sign_state
from merkle import Hash32, OrderedMap, keccak256
from wasm_interp import Message
from wasm_interp.machine import Tier
from wasm_interp.turn import reduce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_keys.datatypes import PrivateKey

    from wasm_interp import Program

CHALLENGE_SECONDS: Final = 86_400
NO_OUTCOME: Final = keccak256(encode_outcome(()))
NAMES: Final = ("Alice", "Bob", "Carol", "Dave", "Eve")


def demo_key(index: int) -> PrivateKey:
    """Return a participant's key that everybody knows: for demonstrations and tests."""
    from eth_keys.datatypes import PrivateKey as Key

    return Key(keccak256(b"channels/demo/%d" % index))


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeCase:
    """A channel from turn 0: ``rows`` are its genesis rows, ``payloads`` those of turns 1 and on.

    ``base`` is the turn that all have signed, ``claim`` the one that is claimed, by default the
    last. ``keys`` are the participants', in their order.
    """

    program: Program
    rows: OrderedMap
    payloads: tuple[bytes, ...]
    keys: tuple[PrivateKey, ...]
    names: tuple[str, ...] = NAMES
    base: int = 0
    claim: int | None = None
    channel_nonce: int = 1

    @property
    def claim_turn(self) -> int:
        """The turn that is claimed."""
        return len(self.payloads) if self.claim is None else self.claim

    def name(self, participant: int) -> str:
        """Return what a participant is called."""
        known = participant < len(self.names)
        return self.names[participant] if known else f"participant {participant}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedChannel:
    """A case whose messages were sent and signed, up to the claimed turn.

    ``rows`` are those after turn 0, 1 and on, as far as messages were accepted.
    """

    case: DisputeCase
    fixed: FixedPart
    messages: tuple[SignedPayload, ...]
    logs: tuple[MessageLog, ...]
    rows: tuple[OrderedMap, ...]

    @property
    def true_root(self) -> Hash32 | None:
        """The root that the claimed log leads to; None if a message of it is not accepted."""
        return self.rows[-1].root if len(self.rows) > self.case.claim_turn else None

    def state(self, turn: int, db_root: Hash32) -> ChannelState:
        """Return the state after ``turn``, with a root that may be claimed only."""
        return ChannelState(
            channel_id=self.fixed.channel_id(),
            turn=turn,
            log_root=self.logs[turn].root,
            outcome_hash=NO_OUTCOME,
            db_root=db_root,
        )

    def dossier(
        self, claim_root: Hash32, *, known: int | None = None, rows_turn: int = 0
    ) -> Dossier:
        """Return what a side has that knows the messages up to turn ``known``, by default all.

        Its rows are those after ``rows_turn``, the base at most.
        """
        base = self.state(self.case.base, self.rows[self.case.base].root)
        claim = self.state(self.case.claim_turn, claim_root)
        mover = mover_index(claim.turn, participants=len(self.case.keys))
        return Dossier(
            program=self.case.program,
            disputed=DisputedClaim(
                fixed=self.fixed,
                base=base,
                base_signatures=tuple(sign_state(key, base) for key in self.case.keys),
                claim=claim,
                claim_signature=sign_state(self.case.keys[mover], claim),
            ),
            rows=self.rows[rows_turn],
            rows_turn=rows_turn,
            messages=self.messages if known is None else self.messages[:known],
        )


def played(case: DisputeCase, *, chain_id: int, forged: int | None = None) -> PlayedChannel:
    """Return the channel of ``case`` on a chain; of turn ``forged`` the signature is nobody's.

    Raises `CaseNotDisputable` unless the base was reached and the claim is later and in the log.
    """
    if not case.base < case.claim_turn <= len(case.payloads):
        what = f"turn {case.claim_turn} is claimed over turn {case.base} of {len(case.payloads)}"
        raise CaseNotDisputable(what)
    fixed = _fixed_part(case, chain_id)
    messages: list[SignedPayload] = []
    logs, rows = [MessageLog()], reduced(case, (case.rows,))
    for turn, payload in enumerate(case.payloads[: case.claim_turn], start=1):
        sender = mover_index(turn, participants=len(case.keys))
        message = Message(turn=turn, sender=sender, payload=payload)
        signature = sign_message(
            case.keys[sender],
            channel_id=fixed.channel_id(),
            # Signed for another turn, it is a signature of the right form that does not hold here.
            turn=turn + (turn == forged),
            previous_log_root=logs[-1].root,
            payload=payload,
        )
        messages.append(SignedPayload(payload, signature))
        logs.append(logs[-1].append(message.hash()))
    if len(rows) <= case.base:
        raise CaseNotDisputable(f"message {len(rows)} is not accepted, and the base comes after it")
    return PlayedChannel(
        case=case, fixed=fixed, messages=tuple(messages), logs=tuple(logs), rows=rows
    )


def reduced(case: DisputeCase, known: Sequence[OrderedMap]) -> tuple[OrderedMap, ...]:
    """Return the rows after turn 0, 1 and on to the claimed one, as far as it is accepted.

    ``known`` are the first of them.
    """
    rows = list(known)
    for turn in range(len(rows), case.claim_turn + 1):
        sender = mover_index(turn, participants=len(case.keys))
        message = Message(turn=turn, sender=sender, payload=case.payloads[turn - 1])
        outcome = reduce(case.program, rows[-1], message, tier=Tier.COMPILED)
        if not outcome.accepted:
            break
        rows.append(outcome.rows)
    return tuple(rows)


def _fixed_part(case: DisputeCase, chain_id: int) -> FixedPart:
    return FixedPart(
        chain_id=chain_id,
        adjudicator=ZERO_ADDRESS,
        participants=tuple(Address(key.public_key.to_canonical_address()) for key in case.keys),
        channel_nonce=case.channel_nonce,
        app_definition=ZERO_ADDRESS,
        challenge_duration=CHALLENGE_SECONDS,
        reducer_id=case.program.reducer_id,
    )
