"""Opening a turn: what the asserter must show, and in which order it is checked."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bisection.expansion import STEPS
from bisection.game import Game, Phase, update
from bisection.game_errors import ChannelIdMismatch, EndNotAccepted, ReducerIdMismatch
from bisection.moves import TurnOpened
from bisection.opening import ReducerParts, end_hash, start_hash
from bisection.players.asserters import Liar, untrue
from bisection.players.honest import Asserter
from bisection.players.player import View
from merkle import ZERO_HASH, Hash32, OrderedMap, WordTree, keccak256
from merkle.errors import ChannelsError, RootMismatch, SiblingCountMismatch, WordLengthMismatch
from tests.bisection.disputes import (
    BOND,
    LOG_DEPTH,
    OPENED_AT,
    REFUSED,
    TRAPS,
    Channel,
    NotSigned,
    Scene,
    Shown,
    counter,
    random_reducer,
    scene,
)
from wasm_interp import Message
from wasm_interp.errors import PayloadTooLong, RecordLengthMismatch
from wasm_interp.message import PAYLOAD_MAX


@cache
def table() -> Scene:
    return scene(counter(), [b"abc", b"", b"12345", b"x"], base=3)


@cache
def honest() -> TurnOpened:
    return opening_of(table())


def opening_of(at: Scene) -> TurnOpened:
    game = at.open()
    view = View(opening=game, moves=(), game=game, now=OPENED_AT)
    move = Asserter(at.fresh(), at.channel.show).turn_opened(view)
    assert move is not None
    return move


def opened(move: TurnOpened, at: Scene | None = None) -> Game:
    game = (at or table()).open()
    return update(game, move, mover=game.position.asserter, now=OPENED_AT, value=BOND)


def showing(**facts: Any) -> TurnOpened:
    signed = honest().signed
    assert isinstance(signed, Shown)
    return replace(honest(), signed=replace(signed, **facts))


def test_an_opened_turn_runs_from_genesis_to_the_end_shown() -> None:
    at = table()
    game = opened(honest())
    assert (game.low, game.high, game.phase) == (0, STEPS, Phase.STEPS_POST)
    machine = counter().start(at.truth.rows[0], at.channel.messages[3])
    assert game.points[0] == machine.state_hash()
    machine.run()
    assert machine.accepted
    assert game.points[1] == machine.state_hash()


@pytest.mark.parametrize("seed", range(12))
def test_the_start_follows_from_genesis_for_any_reducer(seed: int) -> None:
    program = random_reducer(seed)
    rows = OrderedMap.from_rows([(b"key", b"value")])
    message = Message(turn=5, sender=1, payload=b"hello")
    parts = ReducerParts.of(program)
    assert parts.reducer_id() == program.reducer_id
    expected = program.start(rows, message).state_hash()
    assert start_hash(parts.genesis, db_root=rows.root, message=message.hash()) == expected


def test_parts_of_the_message_that_do_not_fit_are_refused() -> None:
    at = table()
    signed = at.channel.show(4)
    other = Channel(random_reducer(1)).fixed
    with pytest.raises(ChannelIdMismatch) as caught:
        opened(showing(fixed=other))
    assert caught.value.expected == at.dispute.channel_id
    with pytest.raises(PayloadTooLong):
        opened(showing(payload=bytes(PAYLOAD_MAX + 1)))
    for payload in (b"", b"y", bytes(PAYLOAD_MAX)):
        with pytest.raises(RootMismatch):
            opened(showing(payload=payload))
    with pytest.raises(RootMismatch):
        opened(showing(siblings=signed.siblings[::-1]))
    with pytest.raises(SiblingCountMismatch):
        opened(showing(siblings=signed.siblings[:-1]))
    with pytest.raises(NotSigned):
        opened(showing(signature=at.channel.signatures[1]))


def test_another_turns_message_is_not_this_turns() -> None:
    at = table()
    with pytest.raises(RootMismatch):
        opened(replace(honest(), signed=at.channel.show(2)))


def test_a_message_of_another_history_is_not_in_this_log() -> None:
    fork = scene(counter(), [b"abc", b"", b"another", b"x"], base=3)
    with pytest.raises(RootMismatch) as caught:
        opened(replace(honest(), signed=fork.channel.show(4)))
    assert caught.value.expected == table().channel.log_root(3)
    assert caught.value.actual == fork.channel.log_root(3)


def test_a_claim_whose_log_does_not_extend_the_base_cannot_be_opened() -> None:
    """The mover signs all of another history: rows and signatures are right, the log is not."""
    fork = scene(counter(), [b"abc", b"", b"54321", b"x"], base=3)
    assert fork.dispute.base.db_root == table().dispute.base.db_root
    told = fork.told_of(table().dispute.base)
    for move in (opening_of(fork), honest(), replace(opening_of(fork), signed=honest().signed)):
        with pytest.raises(RootMismatch):
            opened(move, told)
    with pytest.raises(RootMismatch) as caught:
        opened(opening_of(fork), told)
    assert caught.value.expected == table().channel.log_root(3)
    assert opened(opening_of(fork), fork).phase is Phase.STEPS_POST


def test_the_log_has_nothing_behind_the_message() -> None:
    """Whoever claims a log with a leaf beyond its length has claimed no log of the turn."""
    at = table()
    hashes = {index: message.hash() for index, message in enumerate(at.channel.messages)}
    longer = WordTree.zero(LOG_DEPTH).with_leaves({**hashes, 9: keccak256(b"beyond")})
    claim = replace(at.dispute.claim, log_root=longer.root)
    told = replace(at, dispute=replace(at.dispute, claim=claim))
    with pytest.raises(RootMismatch) as caught:
        opened(honest(), told)
    assert caught.value.expected == longer.root
    assert caught.value.actual == at.channel.log_root(4)
    siblings = longer.window(3, 1).siblings
    with pytest.raises(RootMismatch) as caught:
        opened(showing(siblings=siblings), told)
    assert caught.value.expected == at.channel.log_root(3)


def test_a_signature_over_another_history_is_not_one_over_this() -> None:
    at = table()
    fork = scene(counter(), [b"abc", b"", b"another", b"x"], base=3)
    moved = replace(at.channel.show(4), signature=fork.channel.signatures[3])
    with pytest.raises(NotSigned):
        opened(replace(honest(), signed=moved))


def test_a_forged_message_cannot_be_opened() -> None:
    at = scene(counter(), [b"abc", b"", b"12345", b"forged"], base=3, unsigned=(4,))
    with pytest.raises(NotSigned):
        opened(opening_of(at), at)


def test_the_reducer_shown_is_the_channels() -> None:
    parts = honest().reducer
    genesis = bytearray(parts.genesis)
    for at in (0, 15, 31, 100, 256, 319):
        changed = bytearray(genesis)
        changed[at] ^= 1
        with pytest.raises(ReducerIdMismatch):
            opened(replace(honest(), reducer=replace(parts, genesis=bytes(changed))))
    for genesis_of_another_length in (b"", parts.genesis[:-1], parts.genesis + b"\0"):
        with pytest.raises(ReducerIdMismatch):
            opened(
                replace(honest(), reducer=replace(parts, genesis=genesis_of_another_length)),
            )
    with pytest.raises(ReducerIdMismatch) as caught:
        opened(replace(honest(), reducer=ReducerParts.of(random_reducer(2))))
    assert caught.value.expected == counter().reducer_id
    assert caught.value.actual == random_reducer(2).reducer_id
    for name in ("wasm_hash", "profile_hash"):
        with pytest.raises(ReducerIdMismatch):
            opened(replace(honest(), reducer=replace(parts, **{name: ZERO_HASH})))
        with pytest.raises(WordLengthMismatch):
            opened(replace(honest(), reducer=replace(parts, **{name: Hash32(b"")})))


def test_bytes_cannot_move_between_the_parts_of_an_id() -> None:
    parts = honest().reducer
    shifted = replace(
        parts,
        wasm_hash=Hash32(parts.wasm_hash + parts.profile_hash[:1]),
        profile_hash=Hash32(parts.profile_hash[1:]),
    )
    with pytest.raises(WordLengthMismatch):
        opened(replace(honest(), reducer=shifted))


def test_the_end_shows_a_machine_that_accepted_with_the_claimed_root() -> None:
    end = honest().end
    # Version, status, trap, result, db_root: every bit of them is decided.
    for at in (0, 1, *range(2, 10), 31, *range(256, 288)):
        for bit in (1, 2, 128):
            changed = bytearray(end)
            changed[at] ^= bit
            with pytest.raises(EndNotAccepted):
                opened(replace(honest(), end=bytes(changed)))
    for record in (b"", end[:-1], end + b"\0"):
        with pytest.raises(RecordLengthMismatch):
            opened(replace(honest(), end=record))
    # Everything else is the asserter's claim, which the challenger may dispute.
    for at in (10, 14, 18, 30, 32, 200, 300):
        changed = bytearray(end)
        changed[at] ^= 1
        assert opened(replace(honest(), end=bytes(changed))).points[1] != opened(honest()).points[1]


@pytest.mark.parametrize("payload", [REFUSED, TRAPS])
def test_a_message_that_was_not_accepted_has_no_end_to_show(payload: bytes) -> None:
    at = scene(counter(), [b"abc", payload], base=1, claim_root=untrue("db_root", 2))
    message = at.channel.messages[1]
    machine = counter().start(at.truth.rows[0], message)
    machine.run()
    assert not machine.accepted
    with pytest.raises(EndNotAccepted):
        end_hash(machine.state().encode(), db_root=machine.rows.root)
    liar = Liar(at.fresh(), at.channel.show, turn=2, step=1)
    claimed = at.dispute.claim.db_root
    assert end_hash(liar.end_record(2, db_root=claimed), db_root=claimed)


def test_the_first_of_several_failures_is_the_error() -> None:
    at = table()
    other = Channel(random_reducer(1)).fixed
    worst = replace(
        honest(),
        signed=Shown(
            fixed=other, payload=bytes(PAYLOAD_MAX + 1), siblings=(), signature=b"nobody's"
        ),
        reducer=ReducerParts.of(random_reducer(2)),
        end=b"",
    )
    signed = at.channel.show(4)
    expected: list[tuple[type[ChannelsError], dict[str, Any]]] = [
        (ChannelIdMismatch, {"fixed": signed.fixed}),
        (PayloadTooLong, {"payload": b"another"}),
        (SiblingCountMismatch, {"siblings": signed.siblings[::-1]}),
        (RootMismatch, {"siblings": signed.siblings}),
        (RootMismatch, {"payload": signed.payload}),
        (NotSigned, {"signature": signed.signature}),
    ]
    move = worst
    for error, mended in expected:
        with pytest.raises(error):
            opened(move)
        assert isinstance(move.signed, Shown)
        move = replace(move, signed=replace(move.signed, **mended))
    with pytest.raises(ReducerIdMismatch):
        opened(move)
    move = replace(move, reducer=honest().reducer)
    with pytest.raises(RecordLengthMismatch):
        opened(move)
    move = replace(move, end=bytes(320))
    with pytest.raises(EndNotAccepted):
        opened(move)
    assert opened(replace(move, end=honest().end)).phase is Phase.STEPS_POST
