"""What is refused of the parts of one kind of move."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from bisection.game import Phase
from channel import MessageLog
from merkle import Hash32, keccak256
from solidity.evm import Evm, Receipt
from tests.solidity.games import (
    KEYS,
    PLAYERS,
    REFUSED,
    Match,
    Run,
    Table,
    TurnParts,
    accept,
    with_db_root,
)
from tests.solidity.refusals import FALSE, Fields, game_in, provokes


@provokes("PointCountMismatch")
def too_few_points(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_POST)
    receipt = match.move("postSteps", [FALSE] * 14, sender=match.asserter)
    return receipt, {"expected": 15, "actual": 14}


@provokes("PointCountMismatch")
def too_many_points(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    receipt = match.move("postTurns", [(FALSE, FALSE)] * 15, sender=match.asserter)
    return receipt, {"expected": 1, "actual": 15}


@provokes("PointCountMismatch")
def no_points(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    return match.move("postTurns", [], sender=match.asserter), {"expected": 1, "actual": 0}


@provokes("SegmentOutOfRange")
def segment_behind_the_last(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    return match.choose(16), {"segment": 16, "count": 16}


@provokes("SegmentOutOfRange")
def segment_of_a_short_stretch(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_CHOOSE)
    return match.choose(2), {"segment": 2, "count": 2}


@provokes("SegmentOutOfRange")
def segment_that_would_wrap(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_CHOOSE)
    return match.choose(2**256 - 1), {"segment": 2**256 - 1, "count": 2}


def opened_with(
    evm: Evm, change: Callable[[TurnParts, Match], Fields], **scene: Any
) -> tuple[Receipt, Fields]:
    """Open the second turn with changed parts; ``change`` returns the fields of the error."""
    payloads = scene.get("payloads", [b"one", b"longer two"])
    match = Match(Table(evm, payloads), claim_root=scene.get("claim_root"))
    accept(match.open())
    match.play_to(Phase.TURN_OPEN)
    parts = match.parts()
    fields = change(parts, match)
    return match.open_turn(parts), fields


@provokes("ChannelIdMismatch")
def turn_of_another_channel(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        parts.fixed = replace(parts.fixed, channel_nonce=2)
        return {"expected": match.channel.id, "actual": parts.fixed.channel_id()}

    return opened_with(evm, change)


@provokes("PayloadTooLong")
def payload_too_long(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        parts.payload = bytes(4_097)
        return {"length": 4_097, "limit": 4_096}

    return opened_with(evm, change)


@provokes("RootMismatch")
def message_that_is_not_in_the_log(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        parts.payload = b"another message"
        message = replace(match.channel.messages[1], payload=parts.payload)
        actual = MessageLog.of([match.channel.messages[0].hash(), message.hash()]).root
        return {"expected": match.channel.logs[2].root, "actual": actual}

    return opened_with(evm, change)


@provokes("RootMismatch")
def path_of_another_message(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        # The first sibling is the message's own hash, where the first message should be.
        parts.path = match.channel.logs[2].path(0)
        own = match.channel.messages[1].hash()
        return {"expected": match.channel.logs[1].root, "actual": MessageLog.of([own]).root}

    return opened_with(evm, change)


@provokes("RootMismatch")
def message_of_another_turn(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        first = TurnParts.of(match.channel, 1)
        parts.payload, parts.path, parts.signature = first.payload, first.path, first.signature
        # Nothing stands to the left of the first message, and its place is free.
        return {"expected": match.channel.logs[1].root, "actual": MessageLog().root}

    return opened_with(evm, change)


@provokes("RootMismatch")
def log_that_does_not_extend_the_base(evm: Evm) -> tuple[Receipt, Fields]:
    """The asserter signs another history: rows and signature are right, the log before is not."""
    table, other = Table(evm, [b"one", b"longer two"]), Table(evm, [b"two", b"longer two"])
    told = other.channel.logs[2].root
    match = Match(table, base=1, log_root=told)
    accept(match.open())
    parts = TurnParts.of(other.channel, 2)
    fields = {"expected": table.channel.logs[1].root, "actual": other.channel.logs[1].root}
    return match.open_turn(parts), fields


@provokes("RootMismatch")
def log_with_something_behind_the_message(evm: Evm) -> tuple[Receipt, Fields]:
    table = Table(evm, [b"one", b"longer two"])
    longer = table.channel.logs[2].append(FALSE).root
    match = Match(table, base=1, log_root=longer)
    accept(match.open())
    return match.open_turn(), {"expected": longer, "actual": table.channel.logs[2].root}


@provokes("SignatureMismatch")
def message_signed_by_another(evm: Evm) -> tuple[Receipt, Fields]:
    table = Table(evm, [b"one"])
    table.channel.say(b"longer two", key=KEYS[0])
    match = Match(table, base=1)
    accept(match.open())
    return match.open_turn(), {"expected": PLAYERS[1], "actual": PLAYERS[0]}


@provokes("SignatureMalformed")
def message_without_signature(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        parts.signature = b""
        return {}

    return opened_with(evm, change)


def reducer_id(parts: TurnParts) -> Hash32:
    genesis = keccak256(parts.genesis)
    return keccak256(b"channels/reducer/v1" + parts.wasm_hash + parts.profile_hash + genesis)


@provokes("ReducerIdMismatch")
def another_module(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        expected = reducer_id(parts)
        parts.wasm_hash = FALSE
        return {"expected": expected, "actual": reducer_id(parts)}

    return opened_with(evm, change)


@provokes("ReducerIdMismatch")
def another_profile(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        expected = reducer_id(parts)
        parts.profile_hash = FALSE
        return {"expected": expected, "actual": reducer_id(parts)}

    return opened_with(evm, change)


@provokes("ReducerIdMismatch")
def genesis_with_rows_in_it(evm: Evm) -> tuple[Receipt, Fields]:
    def change(parts: TurnParts, match: Match) -> Fields:
        expected = reducer_id(parts)
        parts.genesis = with_db_root(parts.genesis, match.words[1])
        return {"expected": expected, "actual": reducer_id(parts)}

    return opened_with(evm, change)


@provokes("EndNotAccepted")
def end_with_other_rows(evm: Evm) -> tuple[Receipt, Fields]:
    return opened_with(evm, lambda parts, match: {}, claim_root=FALSE)


@provokes("EndNotAccepted")
def end_of_a_refused_message(evm: Evm) -> tuple[Receipt, Fields]:
    return opened_with(evm, lambda parts, match: {}, payloads=[b"one", REFUSED])


def first_opened(evm: Evm, *, participants: int) -> Match:
    """Return a game whose challenger may accept the first turn of three, with steps to choose."""
    payloads = [b"one", b"longer two", b"three"]
    match = Match(Table(evm, payloads, participants=participants), claim_root=FALSE)
    accept(match.open())
    accept(match.post(match.channel.point))
    accept(match.choose(0))
    accept(match.open_turn())
    accept(match.post(Run(match.channel, 1).point))
    return match


def contexts(match: Match, changed: Match) -> Fields:
    return {"expected": match.context, "actual": changed.context}


@provokes("ContextMismatch")
def another_turn_is_accepted(evm: Evm) -> tuple[Receipt, Fields]:
    match = first_opened(evm, participants=4)
    shown = copy(match)
    shown.turn = 2
    return match.accept_turn(turn=2), contexts(match, shown)


@provokes("ContextMismatch")
def another_point_is_reached(evm: Evm) -> tuple[Receipt, Fields]:
    match = first_opened(evm, participants=4)
    shown = copy(match)
    shown.reached = (FALSE, FALSE)
    return match.accept_turn(reached=(FALSE, FALSE)), contexts(match, shown)


@provokes("ContextMismatch")
def another_claim_is_gone_on_to(evm: Evm) -> tuple[Receipt, Fields]:
    match = first_opened(evm, participants=4)
    shown = copy(match)
    shown.claim = replace(match.claim, turn=4)
    return match.accept_turn(claimed=shown.claimed), contexts(match, shown)


@provokes("StepsDisputed")
def turn_is_accepted_after_a_step_was_disputed(evm: Evm) -> tuple[Receipt, Fields]:
    match = first_opened(evm, participants=4)
    accept(match.choose(0))
    low, high = match.low, match.high
    accept(match.post(Run(match.channel, 1).point))
    return match.accept_turn(), {"low": low, "high": high}


@provokes("TurnNotAcceptable")
def turn_that_the_challenger_knew_is_accepted(evm: Evm) -> tuple[Receipt, Fields]:
    match = first_opened(evm, participants=3)
    return match.accept_turn(), {"turn": 1, "claim": 3, "participants": 3}


@provokes("TurnNotAcceptable")
def claimed_turn_is_accepted(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    return match.accept_turn(), {"turn": 2, "claim": 2, "participants": 2}


@provokes("PreStateMismatch")
def step_from_another_state(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    run = Run(match.channel, 2)
    return match.prove(run.proof(1)), {"expected": match.points[0], "actual": run.point(1)}


@provokes("PostStateAgreed")
def step_that_both_agree_on(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    return match.prove(replace(Run(match.channel, 2).proof(0), post_state=match.points[1])), {}


@provokes("PostStateMismatch")
def step_that_leads_elsewhere(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    run = Run(match.channel, 2)
    receipt = match.prove(replace(run.proof(0), post_state=FALSE))
    return receipt, {"expected": FALSE, "actual": run.point(1)}


@provokes("WitnessLengthMismatch")
def witness_with_a_byte_too_many(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    proof = Run(match.channel, 2).proof(0)
    length = len(proof.witness)
    receipt = match.prove(replace(proof, witness=proof.witness + b"\0"))
    return receipt, {"expected": length, "actual": length + 1}


@provokes("CalldataNotCanonical")
def instruction_of_another_length(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    proof = Run(match.channel, 2).proof(0)
    return match.prove(replace(proof, op=proof.op[:15])), {}
