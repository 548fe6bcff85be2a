"""Disputes for tests: cases, and the contract's game with its twin beside it, held to each other.

`Shadowed` sends what it is given to both, and asserts that they say the same: the same error with
the same fields, or the same event, state word, position hash, credits and balances.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from bisection.game import Address, Position, Side
from bisection.manager import ProofManager
from bisection.moves import (
    Move,
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from channel.dispute.cases import DisputeCase, demo_key
from channel.dispute.cheats import CHEATS, Cheat
from channel.dispute.claim import DisputedClaim, dispute_of
from channel.dispute.driver import Attempt, Driver
from channel.dispute.events import (
    AcceptanceShown,
    GameWon,
    SegmentChosen,
    StepPointsPosted,
    TurnPointsPosted,
    TurnShown,
    read_log,
)
from channel.dispute.manager import Manager, Sent
from channel.dispute.match import Match, opened_match
from merkle import Hash32, OrderedMap
from merkle.errors import ChannelsError
from solidity.errors import EvmUnavailable
from solidity.evm import Evm, MinedLog, open_evm
from solidity.evm.protocol import Address as EvmAddress
from tests.bisection.disputes import counter, random_reducer
from wasm_interp import Program

MOVE_SECONDS = 600
CLOCK_SECONDS = 20_000
BOND = 7
ROWS = OrderedMap.from_rows([(b"a", b"1"), (b"count", bytes(8)), (b"key", b"value")])
OF_MANY = ("withheld-messages", "false-acceptance")
"""Cheats that need messages which a challenger may not know, and so more than two participants."""
STRANGER = Address(b"\x5f" * 20)


def a_case(
    payloads: Sequence[bytes] = (b"one", b"two", b"three"),
    *,
    participants: int = 2,
    program: Program | None = None,
    base: int = 0,
) -> DisputeCase:
    return DisputeCase(
        program=counter() if program is None else program,
        rows=ROWS,
        payloads=tuple(payloads),
        keys=tuple(demo_key(index) for index in range(participants)),
        base=base,
    )


def case_for(cheat: str, *, participants: int = 2) -> DisputeCase:
    """Return a case that the cheat fits: who tells another history needs turns to change."""
    if cheat in OF_MANY:
        return a_case([b"turn %d" % turn for turn in range(6)], participants=4, base=1)
    if CHEATS[cheat].retells is None:
        return a_case(participants=participants)
    payloads = [b"turn %d" % turn for turn in range(participants + 2)]
    return a_case(payloads, participants=participants, base=1)


@cache
def accepting_reducer(seed: int) -> Program:
    return random_reducer(seed, accepts=True)


@contextmanager
def fast_evm() -> Iterator[Evm]:
    """Open the fastest EVM that is here."""
    try:
        with open_evm("pyrevm") as evm:
            yield evm
        return
    except EvmUnavailable:
        pass
    with open_evm("py-evm") as evm:
        yield evm


def deployed(evm: Evm, *, arity: int = 16, verifier: Address | None = None) -> Manager:
    return Manager.deploy(
        evm,
        arity=arity,
        move_seconds=MOVE_SECONDS,
        clock_seconds=CLOCK_SECONDS,
        bond=BOND,
        verifier=verifier,
    )


def cheats_of(name: str) -> dict[Side, Cheat | None]:
    cheat = CHEATS[name]
    return {side: cheat if side is cheat.side else None for side in Side}


def a_match(evm: Evm, cheat: str, *, arity: int = 16, case: DisputeCase | None = None) -> Match:
    return opened_match(
        case_for(cheat) if case is None else case,
        manager=deployed(evm, arity=arity),
        cheats=cheats_of(cheat),
    )


def honest_side(cheat: str) -> Side:
    return CHEATS[cheat].side.other


def same_error(one: ChannelsError, other: ChannelsError) -> bool:
    """Whether two errors are of one class with equal fields."""
    return type(one) is type(other) and _facts(one) == _facts(other)


def _facts(error: Any) -> tuple[Any, ...]:
    if not dataclasses.is_dataclass(error):
        return ()
    return tuple(getattr(error, field.name) for field in dataclasses.fields(error))


@dataclass
class Shadowed:
    """A match, and the twin of its manager, which has made every move that the contract has."""

    match: Match
    twin: ProofManager

    @classmethod
    def of(cls, match: Match) -> Shadowed:
        """Open the twin of a game that was just opened, and hold the two to each other."""
        manager, view = match.manager, match.drivers[Side.ASSERTER].look()
        twin, identifier = ProofManager(manager.constants).open(
            dispute_of(match.dossier.disputed, chain_id=manager.evm.chain_id),
            challenger=view.game.position.challenger,
            now=view.game.moved,
            value=manager.constants.bond,
        )
        assert identifier == match.game_id
        made = cls(match, twin)
        made.agree()
        return made

    @property
    def manager(self) -> Manager:
        return self.match.manager

    def agree(self) -> None:
        """Assert that contract and twin have the same game, credits, and money in store."""
        view = self.match.drivers[Side.ASSERTER].look()
        game = self.twin.game(self.match.game_id)
        assert view.game == game
        for side in Side:
            owner = game.position.address(side)
            assert self.manager.credits(owner) == self.twin.credits.get(owner, 0)
        held = self.manager.evm.balance(EvmAddress(self.manager.address))
        owed = sum(self.twin.credits.values())
        assert held == (game.pot if game.winner is None else owed)

    def open_again(self, disputed: DisputedClaim, *, sender: Address, value: int) -> None:
        """Open a game, which both refuse."""
        manager = self.manager
        sent = manager.open(disputed, sender=sender, value=value)
        with raises_like(sent):
            self.twin.open(
                dispute_of(disputed, chain_id=manager.evm.chain_id),
                challenger=sender,
                now=sent.at,
                value=value,
            )
        self.agree()

    def act(self, driver: Driver) -> Attempt | None:
        """Let a driver act, and the twin do the same."""
        attempt = driver.act()
        if attempt is not None:
            submission, position = attempt.submission, attempt.view.game.position
            self.repeat(
                attempt.sent,
                submission.move,
                mover=position.address(driver.side),
                value=submission.value,
                shown=position if submission.shown is None else submission.shown,
            )
        return attempt

    def send(
        self,
        move: Move,
        *,
        mover: Address,
        value: int,
        shown: Position,
        game_id: Hash32 | None = None,
    ) -> Sent:
        """Send any move of anybody's, and let the twin do the same."""
        identifier = self.match.game_id if game_id is None else game_id
        self.manager.evm.fund(EvmAddress(mover), value)
        sent = self.manager.move(identifier, move, shown=shown, sender=mover, value=value)
        self.repeat(sent, move, mover=mover, value=value, shown=shown, game_id=identifier)
        return sent

    def repeat(
        self,
        sent: Sent,
        move: Move,
        *,
        mover: Address,
        value: int,
        shown: Position,
        game_id: Hash32 | None = None,
    ) -> None:
        """Make a move in the twin that was sent to the contract; assert that both agree."""
        identifier = self.match.game_id if game_id is None else game_id
        if sent.refusal is not None:
            assert sent.receipt.logs == ()
            with raises_like(sent):
                self.twin.move(identifier, move, mover=mover, now=sent.at, value=value, shown=shown)
        else:
            self.twin = self.twin.move(
                identifier, move, mover=mover, now=sent.at, value=value, shown=shown
            )
            self.check_event(sent, move)
        self.agree()

    def check_event(self, sent: Sent, move: Move) -> None:
        """Assert that the one event of a move tells what the twin has come to. Spec: G-18."""
        (log,) = sent.receipt.logs
        event = read_log(MinedLog(block=0, index=0, log=log))
        assert event.game_id == self.match.game_id
        game = self.twin.game(self.match.game_id)
        match move, event:
            case TurnsPosted(points), TurnPointsPosted():
                assert event.points == points == game.points[1:-1]
            case StepsPosted(hashes), StepPointsPosted():
                assert event.points == hashes == game.points[1:-1]
            case ((TurnsChosen(segment) | StepsChosen(segment)), SegmentChosen()):
                assert event.segment == segment
            case TurnOpened(signed=signed), TurnShown():
                assert (event.start_hash, event.end_hash) == game.points
                assert event.payload == signed.payload
                assert event.turn == self.match.dossier.message(event.turn).turn
                assert event.sender == self.match.dossier.message(event.turn).sender
                log_before = self.match.dossier.log(event.turn - 1)
                assert event.previous_log_root == log_before.root
            case TurnAccepted(turn=turn), AcceptanceShown():
                assert event.turn == turn == game.low
                assert game.turn_points == (move.point, move.claim.point)
            case ((StepProven() | TimeoutClaimed()), GameWon()):
                assert (event.winner, event.pot) == (game.winner, game.pot)
            case _:
                raise AssertionError(f"{move} emits {event}")


@contextmanager
def raises_like(sent: Sent) -> Iterator[None]:
    """Assert that the twin raises the very error that the contract refused with."""
    assert sent.refusal is not None, "the contract took what the twin refuses"
    with pytest.raises(ChannelsError) as raised:
        yield
    assert same_error(raised.value, sent.refusal), f"{raised.value!r}, not {sent.refusal!r}"
