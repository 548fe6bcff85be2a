"""Transcripts of the dispute game, played with the contracts: the function ``play`` on any EVM.

Each transcript has a chain of its own, with the id that it names, and a new deployment. A chain's
time begins later than a transcript's: what is kept of times is told in the transcript's.

Not here: single steps (`conformance.evm`), the twin's answer (`conformance.formats.game.replay`).
Signatures and the ABI need the extra `evm`, so this is imported when it is used.

Spec: conformance/formats/game/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bisection.game import Address, Game, Position
from channel.dispute.claim import DisputedClaim
from channel.dispute.manager import Manager, Sent
from conformance.errors import MalformedVector, code_of
from conformance.format import Answer
from conformance.formats.game.replay import (
    OPEN,
    WITHDRAW,
    disputed_of,
    facts_of,
    move_of,
    position_of,
)
from conformance.formats.game.shapes import PLAYED
from merkle import ZERO_HASH, Hash32
from solidity.abi import decode_output, encode_call
from solidity.artifacts import artifact
from solidity.evm import Evm, open_evm
from solidity.evm.protocol import Address as EvmAddress

BEGINS_SECONDS: Final = 1_000
"""How long a chain stands before the first call: deploying takes no time, so any would do."""


def play_on_evm(name: str, asked: Mapping[str, Any]) -> Answer:
    """Return what the contracts on the EVM ``name`` answer to a transcript.

    Raises `EvmError`, `ArtifactNotFound`, and `MalformedVector` for calls that run backwards.
    """
    with open_evm(name, chain_id=asked["constants"]["chain_id"]) as evm:
        return {"output": PLAYED.encode(_table(evm, asked).play(asked["calls"]))}


def _table(evm: Evm, asked: Mapping[str, Any]) -> _Table:
    """Return a deployment of the transcript's constants, where all who call can pay."""
    constants = ("arity", "move_seconds", "clock_seconds", "bond")
    manager = Manager.deploy(evm, **{name: asked["constants"][name] for name in constants})
    for call in asked["calls"]:
        evm.fund(EvmAddress(call["by"]), call["value"])
    names = ("fixed", "base", "base_signatures", "claim", "claim_signature")
    disputed = disputed_of(**{name: asked[name] for name in names})
    first = asked["calls"][0]["at"] if asked["calls"] else 0
    return _Table(
        manager=manager,
        disputed=disputed,
        game_id=_game_id(manager, disputed.claim.hash(), asked["challenger"]),
        later=evm.timestamp() + BEGINS_SECONDS - first,
    )


def _game_id(manager: Manager, claim_hash: Hash32, challenger: Address) -> Hash32:
    """Return the id that the contract gives the game of ``challenger``. Spec: G-4."""
    abi = artifact("ProofManager").abi
    data = encode_call(abi, "gameIdOf", claim_hash, challenger)
    (found,) = decode_output(
        abi, "gameIdOf", manager.evm.call(EvmAddress(manager.address), data).output
    )
    assert isinstance(found, bytes)
    return Hash32(found)


@dataclass(slots=True, kw_only=True)
class _Table:
    """A deployment, and the one game about a transcript's claim as far as it was played.

    ``later`` is by how many seconds the chain's time is ahead of the transcript's.
    """

    manager: Manager
    disputed: DisputedClaim
    game_id: Hash32
    later: int
    game: Game | None = None
    callers: set[Address] = field(default_factory=set)

    def play(self, calls: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
        """Make every call, and return what became of each and what is owed in the end."""
        results = [self._result(call) for call in calls]
        # Only a side can have won, and it takes part in the channel.
        sides = sorted({*self.disputed.fixed.participants, *self.callers})
        owed = [(owner, self.manager.credits(owner)) for owner in sides]
        return {
            "game_id": self.game_id,
            "results": results,
            "credits": [{"owner": owner, "amount": amount} for owner, amount in owed if amount],
        }

    def _result(self, call: Mapping[str, Any]) -> dict[str, Any]:
        self._wait_until(call["at"] + self.later)
        self.callers.add(call["by"])
        sent = self._sent(call)
        if sent.refusal is not None:
            kind = type(sent.refusal)
            # What is no error of ours (out of gas, a panic) is shown as it is.
            return {"error": code_of(kind) or kind.__name__, "game": None}
        # A withdrawal changes no game, so there may be none to be told of.
        if call["does"][0] != WITHDRAW:
            self.game = self.manager.follow(self.game_id).game
        return {"error": None, "game": None if self.game is None else self._facts(self.game)}

    def _facts(self, game: Game) -> dict[str, Any]:
        return {**facts_of(game), "moved": game.moved - self.later}

    def _wait_until(self, time: int) -> None:
        now = self.manager.evm.timestamp()
        if time < now:
            raise MalformedVector("the calls of a transcript must be in order of time")
        if time > now:
            self.manager.evm.advance(time - now)

    def _sent(self, call: Mapping[str, Any]) -> Sent:
        """Make a call of the contract."""
        kind, given = call["does"]
        sender, value = call["by"], call["value"]
        if kind == OPEN:
            return self.manager.open(self.disputed, sender=sender, value=value)
        if kind == WITHDRAW:
            return self.manager.withdraw(sender=sender)
        return self.manager.move(
            self.game_id,
            move_of(kind, given),
            shown=self._shown(call),
            sender=sender,
            value=value,
        )

    def _shown(self, call: Mapping[str, Any]) -> Position:
        """Return the position that a move shows: the one given, else the game's own."""
        if call["shown"] is not None:
            return position_of(call["shown"])
        if self.game is not None:
            return self.game.position
        # No game is there yet, which the contract finds out first: any position will do.
        return Position(
            asserter=call["by"],
            challenger=call["by"],
            channel_id=ZERO_HASH,
            context=ZERO_HASH,
            points=(ZERO_HASH, ZERO_HASH),
        )
