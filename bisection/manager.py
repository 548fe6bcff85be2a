"""Many games by their ids, and what their winners are owed: the contract's storage as a value.

Not here: the rules of one game (`bisection.game`).

Spec: docs/spec/game.md, G-4, G-16, G-17. Mirror: ``ProofManager.sol``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bisection.game import Address, Constants, Dispute, Game, Position, game_id, open_game, update
from bisection.game_errors import GameExists, GameUnknown
from bisection.moves import Move
from merkle import Hash32


@dataclass(frozen=True, slots=True)
class ProofManager:
    """All games of one deployment. ``credits`` are in wei, by whom they belong to."""

    constants: Constants
    games: Mapping[Hash32, Game] = field(default_factory=dict, kw_only=True)
    credits: Mapping[Address, int] = field(default_factory=dict, kw_only=True)

    def game(self, identifier: Hash32) -> Game:
        """Return the game of this id. Raises `GameUnknown`. Spec: G-17."""
        found = self.games.get(identifier)
        if found is None:
            raise GameUnknown(game_id=identifier)
        return found

    def open(
        self, dispute: Dispute, *, challenger: Address, now: int, value: int
    ) -> tuple[ProofManager, Hash32]:
        """Return what there is with one more game, and its id.

        Raises as `open_game` does, then `GameExists`. Spec: G-3, G-4.
        """
        game = open_game(self.constants, dispute, challenger=challenger, now=now, value=value)
        identifier = game_id(dispute.claim_hash, challenger)
        if identifier in self.games:
            raise GameExists(game_id=identifier)
        return replace(self, games={**self.games, identifier: game}), identifier

    def move(
        self,
        identifier: Hash32,
        move: Move,
        *,
        mover: Address,
        now: int,
        value: int = 0,
        shown: Position | None = None,
    ) -> ProofManager:
        """Return what there is after a move in one game; a winner is credited what was paid in.

        Raises `GameUnknown`, and as `update` does. Spec: G-16, G-17.
        """
        game = self.game(identifier)
        after = update(game, move, mover=mover, now=now, value=value, shown=shown)
        credited = dict(self.credits)
        if after.winner is not None:
            credited[after.winner] = credited.get(after.winner, 0) + after.pot
        return replace(self, games={**self.games, identifier: after}, credits=credited)

    def withdraw(self, owner: Address) -> tuple[ProofManager, int]:
        """Return what there is when ``owner`` has taken all that it is owed, and how much.

        Spec: G-16.
        """
        left = {address: owed for address, owed in self.credits.items() if address != owner}
        return replace(self, credits=left), self.credits.get(owner, 0)
