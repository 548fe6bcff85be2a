"""Attacks that once won, or stopped an honest side: each is lost now, whoever plays the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bisection.arena import at_once
from bisection.expansion import STEPS
from bisection.game import Address, Phase, Side, deadline
from bisection.moves import TimeoutClaimed, TurnAccepted, TurnOpened
from bisection.players.asserters import Liar, untrue
from bisection.players.challengers import Quarreller
from bisection.players.honest import Asserter
from bisection.players.player import Player, View
from channel.dispute.cases import NO_OUTCOME, demo_key
from channel.dispute.claim import DisputedClaim
from channel.dispute.dossier import Dossier, SignedPayload
from channel.dispute.driver import Driver, honest_player, play_out
from channel.dispute.errors import BaseNotKept, EventsDisagree
from channel.dispute.manager import MOVE_GAS_MAX, Manager
from channel.ids import ZERO_ADDRESS, FixedPart, mover_index
from channel.log import MessageLog
from channel.signatures import sign_message
from channel.states import ChannelState, sign_state
from merkle import Hash32, OrderedMap, keccak256
from solidity.evm import Evm, MinedLog
from solidity.evm.protocol import Address as EvmAddress
from solidity.evm.protocol import Topics
from tests.bisection.disputes import counter
from tests.channel.dispute.tables import BOND, ROWS, STRANGER, deployed, fast_evm
from wasm_interp import Message
from wasm_interp.turn import reduce


@pytest.fixture(scope="module")
def evm() -> Iterator[Evm]:
    with fast_evm() as opened:
        yield opened


@dataclass(frozen=True, kw_only=True)
class History:
    """A log with the rows after each turn; ``unsigned`` turns have a signature of somebody else."""

    fixed: FixedPart
    messages: tuple[SignedPayload, ...]
    logs: tuple[MessageLog, ...]
    rows: tuple[OrderedMap, ...]

    def state(self, turn: int, **changes: Hash32) -> ChannelState:
        state = ChannelState(
            channel_id=self.fixed.channel_id(),
            turn=turn,
            log_root=self.logs[turn].root,
            outcome_hash=NO_OUTCOME,
            db_root=self.rows[turn].root,
        )
        return replace(state, **changes)

    def disputed(self, base: ChannelState, claim: ChannelState) -> DisputedClaim:
        keys = [demo_key(index) for index in range(len(self.fixed.participants))]
        mover = self.fixed.mover(claim.turn)
        return DisputedClaim(
            fixed=self.fixed,
            base=base,
            base_signatures=tuple(sign_state(key, base) for key in keys),
            claim=claim,
            claim_signature=sign_state(keys[self.fixed.participants.index(mover)], claim),
        )

    def dossier(self, disputed: DisputedClaim, *, known: int | None = None) -> Dossier:
        return Dossier(
            program=counter(), disputed=disputed, rows=ROWS, messages=self.messages[:known]
        )


def told(
    payloads: Sequence[bytes],
    *,
    participants: int = 2,
    unsigned: Iterable[int] = (),
    nonce: int = 1,
) -> History:
    keys = [demo_key(index) for index in range(participants)]
    fixed = FixedPart(
        chain_id=31_337,
        adjudicator=ZERO_ADDRESS,
        participants=tuple(Address(key.public_key.to_canonical_address()) for key in keys),
        channel_nonce=1,
        app_definition=ZERO_ADDRESS,
        challenge_duration=1,
        reducer_id=counter().reducer_id,
    )
    messages, logs, rows = [], [MessageLog()], [ROWS]
    for turn, payload in enumerate(payloads, start=1):
        sender = mover_index(turn, participants=participants)
        message = Message(turn=turn, sender=sender, payload=payload)
        signature = sign_message(
            keys[(sender + (turn in unsigned)) % participants],
            channel_id=fixed.channel_id(),
            turn=turn,
            previous_log_root=logs[-1].root,
            payload=payload,
        )
        messages.append(SignedPayload(payload, signature))
        logs.append(logs[-1].append(message.hash()))
        rows.append(reduce(counter(), rows[-1], message).rows)
    return History(fixed=fixed, messages=tuple(messages), logs=tuple(logs), rows=tuple(rows))


def drivers(
    manager: Manager, disputed: DisputedClaim, by: Address, **players: Player
) -> list[Driver]:
    """Open the game; return the drivers of the asserter and of the challenger, ``by``."""
    for player in (disputed.asserter, by):
        manager.evm.fund(EvmAddress(player), 10 * BOND)
    sent = manager.open(disputed, sender=by)
    assert sent.refusal is None
    game_id = disputed.game_id(by)
    return [
        Driver(manager=manager, game_id=game_id, side=side, player=players[side.value])
        for side in Side
    ]


def winner(view: View) -> Side:
    return next(side for side in Side if view.game.position.address(side) == view.game.winner)


@pytest.mark.parametrize("arity", [2, 16])
def test_a_message_of_the_challengers_own_cannot_be_forged(evm: Evm, arity: int) -> None:
    """The asserter has told another turn 1, and forges the challenger's answer to that."""
    mine = told([b"one", b"two"])
    false = told([b"one'", b"steal everything", b"three"], unsigned=[2])
    disputed = false.disputed(false.state(0), false.state(3))
    liar = false.dossier(disputed)
    final = play_out(
        drivers(
            deployed(evm, arity=arity),
            disputed,
            false.fixed.participants[1],
            asserter=Asserter(liar.knowledge(accept_all=True), liar.show),
            challenger=honest_player(mine.dossier(disputed), Side.CHALLENGER),
        ),
        times=at_once,
    )
    assert winner(final) is Side.CHALLENGER
    assert final.turn() == 2


@pytest.mark.parametrize("participants", [3, 4])
@pytest.mark.parametrize("arity", [2, 16])
def test_messages_that_several_have_withheld_are_accepted_as_they_are_opened(
    evm: Evm, arity: int, participants: int
) -> None:
    """Of all turns after the challenger's own, the last one alone is false."""
    claim = 2 * participants - 1
    true = told([b"turn %d" % turn for turn in range(claim)], participants=participants)
    disputed = true.disputed(true.state(0), true.state(claim, db_root=untrue("db_root", claim)))
    own = claim + 1 - participants
    challenger = true.fixed.participants[own - 1]
    liar = true.dossier(disputed)
    sides = drivers(
        deployed(evm, arity=arity),
        disputed,
        challenger,
        asserter=Liar(liar.knowledge(accept_all=True), liar.show, turn=claim, step=STEPS),
        challenger=honest_player(true.dossier(disputed, known=own), Side.CHALLENGER),
    )
    final = play_out(sides, times=at_once)
    assert winner(final) is Side.CHALLENGER
    accepted = [move.turn for move in final.moves if isinstance(move, TurnAccepted)]
    assert accepted == list(range(own + 1, claim))
    opened = [move for move in final.moves if isinstance(move, TurnOpened)]
    assert len(opened) == participants - 1


def test_a_log_with_a_message_beyond_its_turn_cannot_be_opened(evm: Evm) -> None:
    """All rows are true, but nobody could ever append a message to this log."""
    true = told([b"one", b"two", b"three"])
    junk = true.logs[3].append(keccak256(b"junk"))
    disputed = true.disputed(true.state(0), true.state(3, log_root=junk.root))
    known = true.dossier(disputed)
    final = play_out(
        drivers(
            deployed(evm, arity=2),
            disputed,
            true.fixed.participants[1],
            asserter=Asserter(known.knowledge(accept_all=True), known.show),
            challenger=honest_player(known, Side.CHALLENGER),
        ),
        times=at_once,
    )
    assert winner(final) is Side.CHALLENGER
    assert final.turn() == 3


@pytest.mark.parametrize("base", [0, 1, 2])
def test_a_game_may_begin_with_any_state_that_all_have_signed(evm: Evm, base: int) -> None:
    """The asserter keeps a dossier of the last of them."""
    true = told([b"one", b"two", b"three", b"four"])
    kept = true.disputed(true.state(2), true.state(4))
    disputed = true.disputed(true.state(base), true.state(4))
    sides = drivers(
        deployed(evm, arity=2),
        disputed,
        true.fixed.participants[0],
        asserter=honest_player(true.dossier(kept), Side.ASSERTER),
        challenger=Quarreller(true.dossier(disputed).knowledge(), seed=base),
    )
    assert winner(play_out(sides, times=at_once)) is Side.ASSERTER
    late = replace(true.dossier(kept), rows=true.rows[2], rows_turn=2)
    player = honest_player(late, Side.ASSERTER)
    view = replace(sides[0].look(), now=0)
    if base < 2:
        with pytest.raises(BaseNotKept):
            player.next(view)


def test_whoever_is_not_concerned_may_end_a_game_whose_time_is_up(evm: Evm) -> None:
    """The side that waits need not do so itself, and has what is its own all the same."""
    true = told([b"one"], participants=3)
    disputed = true.disputed(true.state(0), true.state(1))
    manager = deployed(evm, arity=2)
    challenger = true.fixed.participants[1]
    nobody = Liar(true.dossier(disputed).knowledge(), true.dossier(disputed).show, turn=1, step=1)
    sides = drivers(manager, disputed, challenger, asserter=nobody, challenger=nobody)
    view = sides[0].look()
    evm.advance(deadline(view.game) + 1 - evm.timestamp())
    game_id = disputed.game_id(challenger)
    sent = manager.move(game_id, TimeoutClaimed(), shown=view.game.position, sender=STRANGER)
    assert sent.refusal is None
    assert sides[0].look().game.winner == challenger
    assert (manager.credits(challenger), manager.credits(STRANGER)) == (BOND, 0)


def test_a_message_that_a_node_has_changed_is_not_run(evm: Evm) -> None:
    """The contract has computed the first state: a run of another message begins elsewhere."""
    true = told([b"one", b"two"])
    disputed = true.disputed(true.state(0), true.state(2, db_root=untrue("db_root", 2)))
    known = true.dossier(disputed)
    asserter, challenger = drivers(
        deployed(evm, arity=16),
        disputed,
        true.fixed.participants[0],
        asserter=Liar(known.knowledge(), known.show, turn=2, step=STEPS),
        challenger=honest_player(known, Side.CHALLENGER),
    )
    while asserter.look().game.phase is not Phase.STEPS_CHOOSE:
        assert (asserter.act() or challenger.act()) is not None
    view = challenger.look()
    assert challenger.player.next(view) is not None
    moves = tuple(
        replace(move, signed=replace(move.signed, payload=b"else"))  # type: ignore[type-var]
        if isinstance(move, TurnOpened)
        else move
        for move in view.moves
    )
    with pytest.raises(EventsDisagree):
        challenger.player.next(replace(view, moves=moves))


def test_a_message_that_a_node_changes_after_its_turn_was_accepted_is_not_learnt(evm: Evm) -> None:
    """The contract has the point that the turn led to: another message leads to other rows."""
    true = told([b"turn %d" % turn for turn in range(7)], participants=4)
    disputed = true.disputed(true.state(0), true.state(7, db_root=untrue("db_root", 7)))
    known = true.dossier(disputed)
    asserter, challenger = drivers(
        deployed(evm, arity=2),
        disputed,
        true.fixed.participants[3],
        asserter=Liar(known.knowledge(accept_all=True), known.show, turn=7, step=STEPS),
        challenger=honest_player(true.dossier(disputed, known=4), Side.CHALLENGER),
    )
    while not ((view := challenger.look()).accepted() and view.game.to_move is Side.CHALLENGER):
        assert (asserter.act() or challenger.act()) is not None
    assert challenger.player.next(view) is not None
    first = next(at for at, move in enumerate(view.moves) if isinstance(move, TurnOpened))
    opened = view.moves[first]
    assert isinstance(opened, TurnOpened)
    changed = replace(opened, signed=replace(opened.signed, payload=b"else"))  # type: ignore[type-var]
    moves = (*view.moves[:first], changed, *view.moves[first + 1 :])
    with pytest.raises(EventsDisagree):
        challenger.player.next(replace(view, moves=moves))


@dataclass
class Asked:
    """An EVM that remembers which events it was asked for."""

    evm: Evm
    topics: list[Topics] = field(default_factory=list)

    def logs(
        self, address: EvmAddress, *, topics: Topics = (), from_block: int = 0
    ) -> tuple[MinedLog, ...]:
        self.topics.append(topics)
        return self.evm.logs(address, topics=topics, from_block=from_block)

    def __getattr__(self, name: str) -> object:
        return getattr(self.evm, name)


def test_a_node_is_asked_for_the_events_of_one_game_alone(evm: Evm) -> None:
    """Anybody can fill the log with games of their own, until a node does not give it whole."""
    true = told([b"one", b"two"])
    manager = deployed(evm, arity=16)
    by = true.fixed.participants[0]
    evm.fund(EvmAddress(by), 3 * BOND)
    for number in range(3):
        claim = true.state(2, db_root=untrue("db_root", number))
        assert manager.open(true.disputed(true.state(0), claim), sender=by).refusal is None
    games = manager.games()
    assert len(games) == 3
    asked = Asked(evm)
    watched: Any = asked
    (event,) = replace(manager, evm=watched).events(games[1].game_id)
    assert event == games[1]
    assert asked.topics == [(None, games[1].game_id)]


def test_no_transaction_asks_for_more_gas_than_a_chain_takes(evm: Evm) -> None:
    assert MOVE_GAS_MAX == 2**24
