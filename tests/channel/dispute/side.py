"""One side of a game in a process of its own, made from its dossier and the chain alone.

``python -m tests.channel.dispute.side URL MANAGER GAME SIDE STRATEGY DOSSIER``: it acts whenever it
can, waits where it cannot, and ends with the game.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from bisection.game import Address, Phase, Side
from bisection.players.player import Player
from channel.dispute.cheats import CHEATS, HONEST, Scheme
from channel.dispute.dossier import Dossier
from channel.dispute.driver import Driver, honest_player
from channel.dispute.manager import Manager
from merkle import Hash32
from solidity.evm import open_evm
from tests.bisection.disputes import counter

POLL_SECONDS: Final = 0.02


def player_of(dossier: Dossier, side: Side, strategy: str, *, arity: int) -> Player:
    if strategy == HONEST:
        return honest_player(dossier, side)
    turn = dossier.disputed.claim.turn
    scheme = Scheme(dossier=dossier, arity=arity, turn=turn, step=None, seed=0)
    return CHEATS[strategy].player(scheme)


def main() -> None:
    url, manager_at, game, side_name, strategy, path = sys.argv[1:]
    side = Side(side_name)
    with open_evm("anvil", url=url) as evm:
        manager = Manager.at(evm, Address(bytes.fromhex(manager_at)))
        dossier = Dossier.read(Path(path), counter())
        player = player_of(dossier, side, strategy, arity=manager.constants.arity)
        identifier = Hash32(bytes.fromhex(game))
        driver = Driver(manager=manager, game_id=identifier, side=side, player=player)
        while driver.look().game.phase is not Phase.FINISHED:
            if driver.act() is None:
                time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
