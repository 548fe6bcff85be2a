"""A deployment of the dispute game on a chain: calls to it, and games as the twin has them.

`Manager.follow` is how a game is known: its moves from the contract's events, phase, clocks and
times from the contract's word, and all points from the position hash that both must agree upon.
Nothing of it is kept, so whoever is stopped begins again with the chain alone.

Not here: who decides what to send (`channel.dispute.driver`).

Spec: docs/spec/game.md. Mirror: ``ProofManager.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from bisection.game import Address, Constants, Game, Phase, Position, Side
from bisection.players.player import View
from channel.dispute.calls import move_call, open_call
from channel.dispute.errors import AnswerUnreadable, EventsDisagree, GameNotOnChain
from channel.dispute.events import (
    Event,
    GameOpened,
    is_of_another,
    read_log,
    topic_of,
    trail_of,
)
from channel.dispute.message import check_message
from channel.dispute.refusals import MANAGER, VERIFIER, manager_abi, refusal_of
from merkle import Hash32
from solidity.abi import decode_output, encode_call, encode_constructor
from solidity.artifacts import artifact
from solidity.errors import AbiDataMismatch
from solidity.evm.protocol import Address as EvmAddress
from solidity.gas import charged_gas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bisection.moves import Move
    from channel.dispute.claim import DisputedClaim
    from channel.dispute.events import Trail
    from merkle.errors import ChannelsError
    from solidity.evm import Evm, MinedLog, Receipt
    from solidity.evm.protocol import Topics

MOVE_SECONDS: Final = 3_600
CLOCK_SECONDS: Final = 86_400
BOND: Final = 10**17
"""Constants of a deployment that names no others: an hour, a day, and a tenth of an ether."""

MOVE_GAS_MAX: Final = 2**24
"""The gas that comes with a transaction: the most that a chain takes since Osaka (EIP-7825)."""
READS_MAX: Final = 4
"""How often a game is read anew because a move came in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A transaction to the manager. ``refusal`` is the contract's error, None if it was taken.

    ``at`` is the time that the contract saw.
    """

    at: int
    data: bytes
    value: int
    receipt: Receipt
    refusal: ChannelsError | None

    @property
    def charged_gas(self) -> int:
        """The gas with the floor of EIP-7623."""
        return charged_gas(self.data, self.receipt.exec_gas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """The contract at ``address``. Make one with `deploy` or `at`."""

    evm: Evm
    address: Address
    verifier: Address
    constants: Constants

    @classmethod
    def deploy(
        cls,
        evm: Evm,
        *,
        arity: int,
        move_seconds: int = MOVE_SECONDS,
        clock_seconds: int = CLOCK_SECONDS,
        bond: int = BOND,
        verifier: Address | None = None,
    ) -> Manager:
        """Create the contract, and its verifier if none is given.

        Raises `DeploymentFailed`, with what the constructor reverted with.
        """
        if verifier is None:
            verifier = Address(evm.deploy(artifact(VERIFIER).creation_code))
        made = artifact(MANAGER)
        values = (verifier, arity, move_seconds, clock_seconds, bond)
        args = encode_constructor(made.abi, *values)
        return cls.at(evm, Address(evm.deploy(made.creation_code, args=args)))

    @classmethod
    def at(cls, evm: Evm, address: Address) -> Manager:
        """Return the deployment at ``address``, its constants read from the chain.

        Raises `NoContract`, `AnswerUnreadable`, `ArityOutOfRange`, `DurationOutOfRange`,
        `BondOutOfRange`.
        """
        facts = [
            _ask(evm, address, name)
            for name in ("verifier", "arity", "moveSeconds", "clockSeconds", "bond")
        ]
        return cls(
            evm=evm,
            address=address,
            verifier=facts[0],
            constants=Constants(
                check_message=check_message,
                arity=facts[1],
                move_seconds=facts[2],
                clock_seconds=facts[3],
                bond=facts[4],
            ),
        )

    # -- transactions ---------------------------------------------------------------------------

    def open(self, disputed: DisputedClaim, *, sender: Address, value: int | None = None) -> Sent:
        """Open a game with the bond, or with another value. Spec: G-3."""
        due = self.constants.bond if value is None else value
        return self.send(open_call(disputed), sender=sender, value=due)

    def move(
        self, game_id: Hash32, move: Move, *, shown: Position, sender: Address, value: int = 0
    ) -> Sent:
        """Make a move with the position ``shown``. Spec: G-7, G-9 to G-15, G-22."""
        return self.send(move_call(game_id, shown, move), sender=sender, value=value)

    def withdraw(self, *, sender: Address) -> Sent:
        """Take all that ``sender`` is owed. Spec: G-16."""
        return self.send(encode_call(manager_abi(), "withdraw"), sender=sender)

    def send(
        self, data: bytes, *, sender: Address, value: int = 0, gas: int = MOVE_GAS_MAX
    ) -> Sent:
        """Send calldata. Raises `BalanceTooLow`, `GasOutOfRange`, and what a node fails with."""
        receipt = self.evm.send(
            EvmAddress(self.address), data, sender=EvmAddress(sender), value=value, gas=gas
        )
        refusal = refusal_of(receipt.output) if receipt.reverted else None
        at = self.evm.timestamp()
        return Sent(at=at, data=data, value=value, receipt=receipt, refusal=refusal)

    # -- what the contract says -----------------------------------------------------------------

    def credits(self, owner: Address) -> int:
        """Return what ``owner`` may withdraw, in wei. Spec: G-16."""
        owed: int = _ask(self.evm, self.address, "credits", owner)
        return owed

    def events(self, game_id: Hash32, *, from_block: int = 0) -> tuple[Event, ...]:
        """Return the events of one game, in order. Raises `EventUnknown`. Spec: G-18."""
        # The node is asked for this game's alone: anybody can fill the log with games of their own.
        logs = self._logs((None, game_id), from_block)
        return tuple(read_log(mined) for mined in logs if not is_of_another(mined, game_id))

    def games(self, *, from_block: int = 0) -> tuple[GameOpened, ...]:
        """Return the openings of all games. Raises `EventUnknown`."""
        logs = self._logs((topic_of(GameOpened),), from_block)
        found = (read_log(mined) for mined in logs)
        return tuple(event for event in found if isinstance(event, GameOpened))

    def _logs(self, topics: Topics, from_block: int) -> Iterator[MinedLog]:
        found = self.evm.logs(EvmAddress(self.address), topics=topics, from_block=from_block)
        for mined in found:
            # A node may answer with more than it was asked for.
            if bytes(mined.log.address) == self.address:
                yield mined

    def follow(self, game_id: Hash32, *, from_block: int = 0) -> View:
        """Return a game as its players see it now, read from the chain alone.

        Raises `GameNotOnChain`, `EventUnknown`, `EventOutOfPlace`, `EventsDisagree`,
        `AnswerUnreadable`.
        """
        for attempt in range(READS_MAX):
            try:
                return self._followed(game_id, from_block)
            except EventsDisagree:
                # Somebody has moved between the two reads; a contract that lies disagrees always.
                if attempt == READS_MAX - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _followed(self, game_id: Hash32, from_block: int) -> View:
        events = self.events(game_id, from_block=from_block)
        if not events:
            raise GameNotOnChain(game_id=game_id, manager=self.address)
        trail = trail_of(events, arity=self.constants.arity)
        game = self._game(game_id, trail)
        return View(
            opening=self._opening(game, trail),
            moves=trail.moves,
            game=game,
            now=self.evm.timestamp(),
        )

    def _game(self, game_id: Hash32, trail: Trail) -> Game:
        """Return the twin of the game: the contract's word, and what its events tell.

        Raises `EventsDisagree`, `AnswerUnreadable`.
        """
        phase, winner, paid, low, high, *times, position = self._word(game_id)
        pairs = {
            "phase": (phase, trail.phase),
            "low": (low, trail.low),
            "high": (high, trail.high),
            "position": (position, trail.position.hash()),
            "winner": (self._winner(trail, winner), trail.winner),
        }
        for what, (expected, actual) in pairs.items():
            if expected != actual:
                raise EventsDisagree(what=what, expected=expected, actual=actual)
        return Game(
            constants=self.constants,
            claim=trail.opened.claim,
            position=trail.position,
            phase=trail.phase,
            low=low,
            high=high,
            asserter_clock=times[0],
            challenger_clock=times[1],
            moved=times[2],
            paid=paid,
            winner=trail.winner,
        )

    def _word(self, game_id: Hash32) -> tuple[Any, ...]:
        word: tuple[Any, ...] = _ask(self.evm, self.address, "game", game_id)
        if not Phase.TURNS_POST <= word[0] <= Phase.FINISHED or word[1] > len(_SIDES):
            raise AnswerUnreadable(manager=self.address, function="game")
        return word

    def _winner(self, trail: Trail, winner: int) -> Address | None:
        return trail.position.address(_SIDES[winner - 1]) if winner else None

    def _opening(self, game: Game, trail: Trail) -> Game:
        """Return the game as it was opened: what both took since is what their clocks miss."""
        clock = self.constants.clock_seconds
        used = 2 * clock - game.asserter_clock - game.challenger_clock
        opened = trail_of((trail.opened,), arity=self.constants.arity)
        return replace(
            game,
            position=opened.position,
            phase=opened.phase,
            low=opened.low,
            high=opened.high,
            asserter_clock=clock,
            challenger_clock=clock,
            moved=game.moved - used,
            paid=False,
            winner=None,
        )


_SIDES: Final = (Side.ASSERTER, Side.CHALLENGER)
"""The sides as ``Game.sol`` numbers them, from 1 on."""


def _ask(evm: Evm, address: Address, name: str, *values: object) -> Any:
    """Return what a view function answers. Raises `NoContract`, `AnswerUnreadable`, its error."""
    data = encode_call(manager_abi(), name, *values)
    result = evm.call(EvmAddress(address), data)
    if result.reverted:
        raise refusal_of(result.output)
    try:
        (answer,) = decode_output(manager_abi(), name, result.output)
    except AbiDataMismatch:
        raise AnswerUnreadable(manager=address, function=name) from None
    return answer
