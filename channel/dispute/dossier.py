"""What a side must keep of a channel to dispute in it, and its form on disk.

With the program, a dossier is all that a player needs besides the chain: it says what is claimed
and who signed it, the rows of turn 0, and every message with its signature. A game may begin with
any state that all have ever signed, so rows of a later turn do for games from there on only. What
was played so far is on the chain, so a side that was stopped is made anew from both
(`channel.dispute.driver`).

A file is JSON, read strictly: every text is what its parts say again, no key is twice or unknown,
and it has the hash of its contents.
Not here: keys; the program, which the fixed part commits to.

Spec: docs/spec/game.md, G-19, G-20; docs/spec/channel.md.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from bisection.game_errors import ClaimNotLater, ReducerIdMismatch
from bisection.players.knowledge import Knowledge
from channel.dispute.claim import DisputedClaim, turn_point
from channel.dispute.errors import (
    BaseNotKept,
    CaseNotDisputable,
    ClaimNotReached,
    DossierMalformed,
)
from channel.dispute.message import ShownMessage
from channel.errors import SignatureMalformed, SignatureMismatch
from channel.ids import Address, FixedPart, mover_index
from channel.log import MessageLog
from channel.signatures import verify_message
from channel.states import ChannelState, verify_supported, verify_unanimous
from merkle import Hash32, OrderedMap, keccak256
from wasm_interp import Message
from wasm_interp.message import PAYLOAD_MAX

if TYPE_CHECKING:
    from pathlib import Path

    from wasm_interp import Program

VERSION: Final = "channels/dossier/v2"
FILE_BYTES_MAX: Final = 2**28


@dataclass(frozen=True, slots=True)
class SignedPayload:
    """What a mover sent, and its signature over it and all that came before (C-10)."""

    payload: bytes
    signature: bytes


@dataclass(frozen=True, kw_only=True, repr=False)
class Dossier:
    """A disputed claim, rows after turn ``rows_turn``, and the messages from turn 1 on.

    Raises `ReducerIdMismatch` for a program that is not the channel's, `CaseNotDisputable` for
    messages or rows that do not reach the base; then as `verify_unanimous` does for the base and
    `verify_supported` for the claim.
    """

    program: Program
    disputed: DisputedClaim
    rows: OrderedMap
    messages: tuple[SignedPayload, ...]
    rows_turn: int = 0

    def __post_init__(self) -> None:
        expected, actual = self.fixed.reducer_id, self.program.reducer_id
        if expected != actual:
            raise ReducerIdMismatch(expected=expected, actual=actual)
        disputed, base = self.disputed, self.disputed.base
        if len(self.messages) < base.turn:
            raise CaseNotDisputable(f"{len(self.messages)} messages do not reach the base")
        if not 0 <= self.rows_turn <= base.turn:
            raise CaseNotDisputable(f"rows of turn {self.rows_turn} do not lead to the base")
        if self.rows_turn == base.turn and self.rows.root != base.db_root:
            raise CaseNotDisputable("the rows are not those of the base")
        if disputed.claim.turn <= base.turn:
            raise ClaimNotLater(base=base.turn, claim=disputed.claim.turn)
        verify_unanimous(self.fixed, base, disputed.base_signatures)
        verify_supported(self.fixed, disputed.claim, disputed.claim_signature)

    @property
    def fixed(self) -> FixedPart:
        """The fixed part of the channel."""
        return self.disputed.fixed

    def knowledge(self, *, base: int | None = None, accept_all: bool = False) -> Knowledge:
        """Return what a player knows: all messages up to the first that nobody signed as it stands.

        ``base`` is the turn that a game begins with, by default the dossier's. With ``accept_all``
        signatures are not asked for, as a liar does not. Raises `BaseNotKept`, and
        `CaseNotDisputable` for messages that are another history of the base. Spec: G-19, G-20.
        """
        base = self.disputed.base.turn if base is None else base
        if not self.rows_turn <= base <= len(self.messages):
            raise BaseNotKept(turn=base)
        count = len(self.messages) if accept_all else self.signed_after(base)
        messages = [self.message(turn) for turn in range(self.rows_turn + 1, count + 1)]
        logs = accumulate(messages, _appended, initial=self.log(self.rows_turn))
        known = Knowledge.replayed(
            self.program,
            base=self.rows_turn,
            rows=self.rows,
            messages=messages,
            log_roots=[log.root for log in logs],
            participants=self.fixed.participants,
        )
        agreed = self.disputed.base
        if not accept_all and known.point(agreed.turn) != turn_point(agreed):
            raise CaseNotDisputable("the messages are not those of the base")
        return known

    def asserted(self, *, base: int | None = None) -> Knowledge:
        """Return what an honest asserter knows: its messages lead to what it has signed.

        Raises as `knowledge` does, and `ClaimNotReached`. Spec: G-19.
        """
        known, claim = self.knowledge(base=base), self.disputed.claim
        if known.point(claim.turn) != turn_point(claim):
            raise ClaimNotReached(turn=claim.turn, messages=len(self.messages))
        return known

    def show(self, turn: int) -> ShownMessage:
        """Return what opens ``turn``: its message, to be appended to the log before it."""
        sent = self.messages[turn - 1]
        path = self.log(turn - 1).path(turn - 1)
        return ShownMessage(
            fixed=self.fixed, payload=sent.payload, path=path, signature=sent.signature
        )

    def message(self, turn: int) -> Message:
        """Return the message of ``turn``."""
        sender = mover_index(turn, participants=len(self.fixed.participants))
        return Message(turn=turn, sender=sender, payload=self.messages[turn - 1].payload)

    def log(self, length: int) -> MessageLog:
        """Return the log of the first ``length`` messages."""
        return MessageLog.of(self.message(turn).hash() for turn in range(1, length + 1))

    def signed_after(self, base: int) -> int:
        """Return how many messages there are before one that its mover has not signed.

        One that is too long is none, whoever signed it (T-1). For those up to ``base`` the
        signatures under that state stand.
        """
        log = self.log(base)
        for turn, sent in enumerate(self.messages[base:], start=base + 1):
            if len(sent.payload) > PAYLOAD_MAX:
                return turn - 1
            try:
                verify_message(
                    sent.signature,
                    signer=self.fixed.mover(turn),
                    channel_id=self.disputed.base.channel_id,
                    turn=turn,
                    previous_log_root=log.root,
                    payload=sent.payload,
                )
            except (SignatureMalformed, SignatureMismatch):
                return turn - 1
            log = log.append(self.message(turn).hash())
        return len(self.messages)

    # -- on disk ----------------------------------------------------------------------------------

    def write(self, path: Path) -> None:
        """Write the file whole, or not at all."""
        fields = _dossier_json(self)
        text = json.dumps({**fields, "hash": contents_hash(fields)}, indent=1) + "\n"
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_text(text, encoding="ascii")
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path, program: Program) -> Dossier:
        """Return the dossier that a file has. Raises `DossierMalformed`, and as the class does."""
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                raise DossierMalformed(f"more than {FILE_BYTES_MAX} bytes")
            fields = json.loads(path.read_text(encoding="ascii"), object_pairs_hook=_unique)
        except (OSError, ValueError, RecursionError) as error:
            raise DossierMalformed(str(error)) from None
        try:
            return _dossier(fields, program)
        except (TypeError, ValueError, AttributeError) as error:
            raise DossierMalformed(str(error)) from None


def _appended(log: MessageLog, message: Message) -> MessageLog:
    return log.append(message.hash())


def contents_hash(fields: dict[str, Any]) -> str:
    """Return the hash of a file's contents: of their JSON without blanks, in their order."""
    return keccak256(json.dumps(fields, separators=(",", ":")).encode("ascii")).hex()


# -- the parts of a file ---------------------------------------------------------------------------


def _dossier_json(dossier: Dossier) -> dict[str, Any]:
    disputed, fixed = dossier.disputed, dossier.fixed
    return {
        "version": VERSION,
        "fixed": {
            "chain_id": fixed.chain_id,
            "adjudicator": fixed.adjudicator.hex(),
            "participants": [address.hex() for address in fixed.participants],
            "channel_nonce": fixed.channel_nonce,
            "app_definition": fixed.app_definition.hex(),
            "challenge_duration": fixed.challenge_duration,
            "reducer_id": fixed.reducer_id.hex(),
        },
        "base": _state_json(disputed.base),
        "base_signatures": [signature.hex() for signature in disputed.base_signatures],
        "claim": _state_json(disputed.claim),
        "claim_signature": disputed.claim_signature.hex(),
        "rows_turn": dossier.rows_turn,
        "rows": [[key.hex(), value.hex()] for key, value in dossier.rows.items()],
        "messages": [[sent.payload.hex(), sent.signature.hex()] for sent in dossier.messages],
    }


def _state_json(state: ChannelState) -> dict[str, Any]:
    return {
        "turn": state.turn,
        "log_root": state.log_root.hex(),
        "outcome_hash": state.outcome_hash.hex(),
        "db_root": state.db_root.hex(),
        "is_final": state.is_final,
    }


def _dossier(fields: Any, program: Program) -> Dossier:
    """Return the dossier that ``fields`` spell. Raises `DossierMalformed`, `ChannelsError`."""
    shape = (
        *("version", "fixed", "base", "base_signatures", "claim", "claim_signature"),
        *("rows_turn", "rows", "messages"),
    )
    *values, written = _object(fields, (*shape, "hash"))
    version, fixed_json, base, base_signatures, claim, signature, rows_turn, rows, messages = values
    if version != VERSION:
        raise DossierMalformed(f"version {version!r}, not {VERSION!r}")
    contents = {name: value for name, value in fields.items() if name != "hash"}
    if written != contents_hash(contents):
        raise DossierMalformed("its hash is not that of its contents")
    fixed = _fixed(fixed_json)
    dossier = Dossier(
        program=program,
        disputed=DisputedClaim(
            fixed=fixed,
            base=_state(base, fixed),
            base_signatures=tuple(_bytes(text) for text in _list(base_signatures)),
            claim=_state(claim, fixed),
            claim_signature=_bytes(signature),
        ),
        rows_turn=_int(rows_turn),
        rows=OrderedMap.from_rows(_pair(row) for row in _list(rows)),
        messages=tuple(SignedPayload(*_pair(sent)) for sent in _list(messages)),
    )
    if _dossier_json(dossier) != contents:
        raise DossierMalformed("it is not in its one form")
    return dossier


def _fixed(value: Any) -> FixedPart:
    shape = (
        *("chain_id", "adjudicator", "participants", "channel_nonce", "app_definition"),
        *("challenge_duration", "reducer_id"),
    )
    chain_id, adjudicator, participants, nonce, app, duration, reducer = _object(value, shape)
    return FixedPart(
        chain_id=_int(chain_id),
        adjudicator=Address(_bytes(adjudicator)),
        participants=tuple(Address(_bytes(text)) for text in _list(participants)),
        channel_nonce=_int(nonce),
        app_definition=Address(_bytes(app)),
        challenge_duration=_int(duration),
        reducer_id=Hash32(_bytes(reducer)),
    )


def _state(value: Any, fixed: FixedPart) -> ChannelState:
    shape = ("turn", "log_root", "outcome_hash", "db_root", "is_final")
    turn, log_root, outcome_hash, db_root, is_final = _object(value, shape)
    if not isinstance(is_final, bool):
        raise DossierMalformed("a state's is_final is no boolean")
    return ChannelState(
        channel_id=fixed.channel_id(),
        turn=_int(turn),
        log_root=Hash32(_bytes(log_root)),
        outcome_hash=Hash32(_bytes(outcome_hash)),
        db_root=Hash32(_bytes(db_root)),
        is_final=is_final,
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise DossierMalformed("a key stands twice")
    return dict(pairs)


def _object(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    if not isinstance(value, dict) or value.keys() != set(names):
        raise DossierMalformed(f"an object of {', '.join(names)} is missing")
    return tuple(value[name] for name in names)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DossierMalformed("a list is missing")
    return value


def _pair(value: Any) -> tuple[bytes, bytes]:
    first, second = _list(value)
    return _bytes(first), _bytes(second)


def _int(value: Any) -> int:
    if type(value) is not int:
        raise DossierMalformed("a number is missing")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise DossierMalformed("bytes in hexadecimal are missing")
    return bytes.fromhex(value)
