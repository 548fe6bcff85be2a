"""What is refused of every move: game, phase, mover, time, value, position."""

from __future__ import annotations

from bisection.game import Phase
from solidity.evm import Evm, Receipt
from tests.solidity.games import BOND, MOVE_SECONDS, PLAYERS, STRANGER, Run, accept
from tests.solidity.refusals import FALSE, Fields, game_in, provokes
from tests.solidity.refusals.opening import opening


@provokes("GameUnknown")
def move_in_no_game(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    return match.move("postTurns", [], sender=PLAYERS[1], value=0), {"gameId": match.id}


@provokes("GameFinished")
def move_in_a_finished_game(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    proof = Run(match.channel, 2).proof(0)
    accept(match.prove(proof))
    return match.prove(proof), {}


@provokes("GameFinished")
def timeout_of_a_finished_game(evm: Evm) -> tuple[Receipt, Fields]:
    match = opening(evm)
    accept(match.open())
    evm.advance(MOVE_SECONDS + 1)
    accept(match.claim_timeout(match.challenger))
    evm.advance(MOVE_SECONDS + 1)
    return match.claim_timeout(match.challenger), {}


@provokes("PhaseMismatch")
def posted_twice(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_CHOOSE)
    match.points = match.points[:2]
    receipt = match.move("postTurns", [(FALSE, FALSE)], sender=match.asserter)
    return receipt, {"expected": Phase.TURNS_POST, "actual": Phase.TURNS_CHOOSE}


@provokes("PhaseMismatch")
def steps_for_turns(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    receipt = match.move("postSteps", [FALSE], sender=match.asserter)
    return receipt, {"expected": Phase.STEPS_POST, "actual": Phase.TURNS_POST}


@provokes("NotYourMove")
def strangers_move(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    receipt = match.move("postTurns", [(FALSE, FALSE)], sender=STRANGER, value=BOND)
    return receipt, {"mover": STRANGER}


@provokes("NotYourMove")
def challenger_posts(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_POST)
    receipt = match.move("postSteps", [FALSE] * 15, sender=match.challenger)
    return receipt, {"mover": match.challenger}


@provokes("NotYourMove")
def asserter_chooses(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    return match.move("chooseSteps", 0, sender=match.asserter), {"mover": match.asserter}


@provokes("NotYourMove")
def asserter_accepts(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    shown = (match.claimed, match.turn, match.reached)
    return match.move("acceptTurn", *shown, sender=match.asserter), {"mover": match.asserter}


@provokes("DeadlinePassed")
def late_move(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    due = evm.timestamp() + MOVE_SECONDS
    evm.advance(MOVE_SECONDS + 1)
    receipt = match.move("postTurns", [(FALSE, FALSE)], sender=match.asserter)
    return receipt, {"deadline": due, "now": due + 1}


@provokes("DeadlineNotPassed")
def stranger_claims_the_timeout_too_early(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_CHOOSE)
    now = evm.timestamp()
    return match.claim_timeout(STRANGER), {"deadline": now + MOVE_SECONDS, "now": now}


@provokes("DeadlineNotPassed")
def timeout_claimed_at_the_deadline(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    evm.advance(MOVE_SECONDS)
    now = evm.timestamp()
    return match.claim_timeout(match.challenger), {"deadline": now, "now": now}


@provokes("BondMismatch")
def first_move_without_bond(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    receipt = match.move("postTurns", [(FALSE, FALSE)], sender=match.asserter, value=0)
    return receipt, {"expected": BOND, "actual": 0}


@provokes("BondMismatch")
def bond_paid_twice(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_POST)
    receipt = match.move("postSteps", [FALSE] * 15, sender=match.asserter, value=BOND)
    return receipt, {"expected": 0, "actual": BOND}


@provokes("BondMismatch")
def money_with_a_choice(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_CHOOSE)
    receipt = match.move("chooseSteps", 0, sender=match.challenger, value=1)
    return receipt, {"expected": 0, "actual": 1}


@provokes("BondMismatch")
def money_with_a_proof(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    receipt = match.prove(Run(match.channel, 2).proof(0), value=1)
    return receipt, {"expected": 0, "actual": 1}


@provokes("BondMismatch")
def money_with_a_claimed_timeout(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURNS_POST)
    evm.advance(MOVE_SECONDS + 1)
    receipt = match.claim_timeout(match.challenger, value=1)
    return receipt, {"expected": 0, "actual": 1}


@provokes("PositionMismatch")
def thief_shows_itself_as_the_asserter(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_POST)
    expected = match.position_hash
    match.asserter = STRANGER
    receipt = match.move("postSteps", [FALSE] * 15, sender=STRANGER, value=0)
    return receipt, {"expected": expected, "actual": match.position_hash}


@provokes("PositionMismatch")
def thief_claims_the_timeout(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEPS_POST)
    expected = match.position_hash
    evm.advance(MOVE_SECONDS + 1)
    match.challenger = STRANGER
    return match.claim_timeout(STRANGER), {"expected": expected, "actual": match.position_hash}


@provokes("PositionMismatch")
def turn_opened_from_another_root(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURN_OPEN)
    expected = match.position_hash
    match.points[0] = (match.words[0], FALSE)
    receipt = match.move("openTurn", match.parts().values(), sender=match.asserter)
    return receipt, {"expected": expected, "actual": match.position_hash}


@provokes("PositionMismatch")
def turn_opened_from_another_log(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.TURN_OPEN)
    expected = match.position_hash
    match.points[0] = (FALSE, match.words[1])
    receipt = match.move("openTurn", match.parts().values(), sender=match.asserter)
    return receipt, {"expected": expected, "actual": match.position_hash}


@provokes("PositionMismatch")
def proof_of_another_position(evm: Evm) -> tuple[Receipt, Fields]:
    match = game_in(evm, Phase.STEP_PROVE)
    expected = match.position_hash
    match.points[1] = FALSE
    receipt = match.prove(Run(match.channel, 2).proof(0))
    return receipt, {"expected": expected, "actual": match.position_hash}
