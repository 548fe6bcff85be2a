"""Whole games in the contract, by hand-made moves: who wins, what is kept, said and paid."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bisection.expansion import STEPS, moves_max
from bisection.game import Phase
from merkle import keccak256
from solidity.abi import Revert
from solidity.artifacts import artifact
from solidity.evm import EVM_NAMES, Evm, open_evm
from solidity.gas import CODE_BYTES_MAX
from tests.solidity.evms import evm_or_skip
from tests.solidity.games import (
    BOND,
    CLOCK_SECONDS,
    KEYS,
    MOVE_SECONDS,
    PLAYERS,
    REFUSED,
    Channel,
    Match,
    Run,
    Table,
    TurnParts,
    a_hash,
    accept,
    event_of,
    liar,
    refusal,
)

NOBODY, ASSERTER, CHALLENGER = range(3)
FALSE = a_hash("a false db_root")
MESSAGES = [b"first", b"the second", b"3", b"fourth", b"fifth", b"six", b"the seventh"]


@pytest.fixture
def evm() -> Iterator[Evm]:
    with open_evm() as opened:
        yield opened


def last_step(match: Match) -> int:
    """Return the last step of the claim's turn that changes anything."""
    return len(Run(match.channel, match.claim.turn).records) - 2


# -- who wins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVM_NAMES)
def test_an_honest_challenger_proves_the_step(name: str) -> None:
    with evm_or_skip(name) as evm:
        match = Match(Table(evm), claim_root=FALSE)
        event = event_of(match.open())
        assert event.name == "GameOpened"
        step = last_step(match)
        match.play_to(Phase.STEP_PROVE, step=step)
        assert (match.low, match.high) == (step, step + 1)
        proof = Run(match.channel, 1).proof(step)
        won = event_of(match.prove(proof))
        assert (won.name, won.fields["winner"]) == ("GameWon", match.challenger)
        assert match.facts["winner"] == CHALLENGER
        balance = evm.balance(match.challenger)
        accept(match.table.send("withdraw", sender=match.challenger))
        assert evm.balance(match.challenger) == balance + 2 * BOND


@pytest.mark.parametrize("arity", [2, 3, 64])
@pytest.mark.parametrize("step", [0, 7, 10**6, STEPS - 1])
def test_any_step_may_be_the_false_one(evm: Evm, arity: int, step: int) -> None:
    match = Match(Table(evm, arity=arity), claim_root=FALSE)
    accept(match.open())
    match.play_to(Phase.STEP_PROVE, step=step)
    assert (match.low, match.high) == (step, step + 1)
    accept(match.prove(Run(match.channel, 1).proof(step)))
    assert match.facts["winner"] == CHALLENGER


@pytest.mark.parametrize("arity", [2, 3, 16])
def test_a_false_claim_over_many_turns_is_found(evm: Evm, arity: int) -> None:
    match = Match(Table(evm, MESSAGES, arity=arity), claim_root=FALSE, base=0)
    accept(match.open())
    assert match.phase is Phase.TURNS_POST
    match.play_to(Phase.TURN_OPEN)
    assert (match.low, match.high) == (len(MESSAGES) - 1, len(MESSAGES))
    match.play_to(Phase.STEP_PROVE, step=5)
    accept(match.prove(Run(match.channel, len(MESSAGES)).proof(5)))
    assert match.facts["winner"] == CHALLENGER


@pytest.mark.parametrize("segment", [0, 7, 15])
def test_an_honest_asserter_cannot_be_proven_wrong(evm: Evm, segment: int) -> None:
    match = Match(Table(evm))
    accept(match.open())
    accept(match.open_turn())
    run = Run(match.channel, 1)
    while match.phase is not Phase.STEP_PROVE:
        accept(match.post(run.point))
        accept(match.choose(segment))
    proof = run.proof(match.low)
    assert refusal(match.prove(proof)) == Revert("PostStateAgreed")
    false_proof = type(proof)(
        pre_state=proof.pre_state, op=proof.op, witness=proof.witness, post_state=FALSE
    )
    expected = {"expected": FALSE, "actual": run.point(match.high)}
    assert refusal(match.prove(false_proof)) == Revert("PostStateMismatch", expected)
    assert match.phase is Phase.STEP_PROVE
    evm.advance(MOVE_SECONDS + 1)
    won = event_of(match.claim_timeout(match.asserter))
    assert won.fields == {"gameId": match.id, "winner": match.asserter, "pot": 2 * BOND}
    assert match.facts["winner"] == ASSERTER


def test_an_honest_asserter_opens_any_turn(evm: Evm) -> None:
    for segment in range(len(MESSAGES)):
        table = Table(evm, MESSAGES)
        match = Match(table)
        accept(match.open())
        accept(match.post(table.channel.point))
        accept(match.choose(segment))
        assert (match.low, match.high) == (segment, segment + 1)
        accept(match.open_turn())
        assert match.facts["position"] == match.position_hash
        assert match.points == [Run(table.channel, segment + 1).point(at) for at in (0, STEPS)]


def test_the_base_may_be_any_turn(evm: Evm) -> None:
    match = Match(Table(evm, MESSAGES), base=4, claim_root=FALSE)
    accept(match.open())
    assert (match.facts["low"], match.facts["high"]) == (4, 7)
    match.play_to(Phase.STEP_PROVE, step=1)
    accept(match.prove(Run(match.channel, 7).proof(1)))


def test_a_message_that_was_refused_cannot_be_opened(evm: Evm) -> None:
    match = Match(Table(evm, [REFUSED]))
    accept(match.open())
    assert refusal(match.open_turn()) == Revert("EndNotAccepted")
    evm.advance(MOVE_SECONDS + 1)
    accept(match.claim_timeout(match.challenger))
    assert match.facts["winner"] == CHALLENGER


def test_a_forged_message_cannot_be_opened(evm: Evm) -> None:
    # Turn 2 is the challenger's own, and the asserter of turn 3 signs it in its place.
    table = Table(evm, [b"true"])
    table.channel.say(b"forged", key=KEYS[0])
    table.channel.say(b"true again")
    match = Match(table)
    accept(match.open())
    accept(match.post(table.channel.point))
    accept(match.choose(1))
    expected = {"expected": PLAYERS[1], "actual": PLAYERS[0]}
    assert refusal(match.open_turn()) == Revert("SignatureMismatch", expected)
    evm.advance(MOVE_SECONDS + 1)
    accept(match.claim_timeout(match.challenger))
    assert match.facts["winner"] == CHALLENGER


def test_a_message_moved_into_another_history_cannot_be_opened(evm: Evm) -> None:
    # The challenger's message of turn 2 is real, but it was said after another first message.
    table = Table(evm, [b"what was said", b"the answer"])
    answer = table.channel.signatures[1]
    other = Table(evm, [b"what was not", b"the answer", b"and on"])
    other.channel.signatures[1] = answer
    match = Match(other)
    accept(match.open())
    accept(match.post(other.channel.point))
    accept(match.choose(1))
    revert = refusal(match.open_turn())
    assert (revert.name, revert.fields["expected"]) == ("SignatureMismatch", PLAYERS[1])


def test_a_claim_over_another_history_of_the_base_cannot_be_opened(evm: Evm) -> None:
    """All that is claimed is signed, and follows: but from another message than all have signed."""
    true = Table(evm, [b"what was said", b"the answer", b"and on"])
    told = Channel([b"what was not", b"the answer", b"and on"], chain_id=evm.chain_id)
    claim = told.logs[3].root
    match = Match(true, base=1, log_root=claim)
    accept(match.open())
    # Rows of another history differ here, so the true ones are posted, with the log that is told.
    accept(match.post(lambda turn: (told.logs[turn].root, true.channel.rows[turn].root)))
    accept(match.choose(0))
    parts = TurnParts.of(told, 2)
    expected = {"expected": true.channel.logs[1].root, "actual": told.logs[1].root}
    assert refusal(match.open_turn(parts)) == Revert("RootMismatch", expected)
    evm.advance(MOVE_SECONDS + 1)
    accept(match.claim_timeout(match.challenger))
    assert match.facts["winner"] == CHALLENGER


def test_three_take_part(evm: Evm) -> None:
    match = Match(Table(evm, MESSAGES, participants=3), claim_root=FALSE, challenger=2)
    assert match.asserter == PLAYERS[0]
    accept(match.open())
    match.play_to(Phase.STEP_PROVE, step=3)
    accept(match.prove(Run(match.channel, 7).proof(3)))
    assert match.facts["winner"] == CHALLENGER


# -- what is kept, and what is said ----------------------------------------------------------------


def test_every_move_keeps_the_position_shown_last(evm: Evm) -> None:
    match = Match(Table(evm, MESSAGES, arity=4), claim_root=FALSE)
    accept(match.open())
    moves = 1
    for phase in (Phase.TURN_OPEN, Phase.STEPS_POST, Phase.STEP_PROVE):
        match.play_to(phase, step=100)
        facts = match.facts
        assert facts["position"] == match.position_hash
        assert (facts["low"], facts["high"]) == (match.low, match.high)
        assert (facts["phase"], facts["winner"]) == (phase, NOBODY)
    moves += 2 * 2 + 1 + 2 * 12 + 1
    assert moves <= moves_max(4, participants=2)


def test_a_turn_that_is_accepted_leaves_those_after_it(evm: Evm) -> None:
    table = Table(evm, [b"one", b"two", b"three"], participants=4, arity=2)
    match = Match(table, claim_root=FALSE)
    accept(match.open())
    for turn in (1, 2):
        if match.phase is Phase.TURNS_POST:
            accept(match.post(table.channel.point))
            accept(match.choose(0))
        accept(match.open_turn())
        accept(match.post(Run(table.channel, turn).point))
        if turn == 2:
            break
        accepted = event_of(match.accept_turn())
        assert accepted.fields == {"gameId": match.id, "turn": 1}
        facts = match.facts
        assert (facts["phase"], facts["low"], facts["high"]) == (Phase.TURNS_POST, 1, 3)
        assert facts["position"] == match.position_hash
    assert refusal(match.accept_turn(turn=1)).name == "ContextMismatch"
    accept(match.accept_turn())
    assert match.facts["position"] == match.position_hash
    assert (match.phase, match.low, match.high) == (Phase.TURN_OPEN, 2, 3)


def test_events_say_what_the_other_side_needs(evm: Evm) -> None:
    table = Table(evm, [b"one", b"longer two"], arity=4)
    match = Match(table, claim_root=FALSE)
    opened = event_of(match.open())
    assert opened.fields == {
        "gameId": match.id,
        "asserter": match.asserter,
        "challenger": match.challenger,
        "channelId": match.channel.id,
        "participants": 2,
        "low": 0,
        "high": 2,
        "lowPoint": table.channel.point(0),
        "highPoint": (match.claim.log_root, FALSE),
    }
    middle = table.channel.point(1)
    posted = event_of(match.post(table.channel.point))
    assert (posted.name, posted.fields) == (
        "TurnPointsPosted",
        {"gameId": match.id, "points": (middle,)},
    )
    chosen = event_of(match.choose(0))
    assert (chosen.name, chosen.fields) == ("SegmentChosen", {"gameId": match.id, "segment": 0})
    turn = event_of(match.open_turn())
    assert turn.name == "TurnOpened"
    assert turn.fields == {
        "gameId": match.id,
        "turn": 1,
        "sender": 0,
        "previousLogRoot": table.channel.logs[0].root,
        "payload": b"one",
        "signature": table.channel.signatures[0],
        "startHash": match.points[0],
        "endHash": match.points[1],
    }
    run = Run(table.channel, 1)
    assert match.points == [run.point(at) for at in (0, STEPS)]
    steps = event_of(match.post(run.point))
    assert (steps.name, steps.fields) == (
        "StepPointsPosted",
        {"gameId": match.id, "points": tuple(match.words[1:-1])},
    )


def test_a_game_as_it_is_opened(evm: Evm) -> None:
    match = Match(Table(evm), base=0)
    accept(match.open())
    assert match.facts == {
        "phase": Phase.TURN_OPEN,
        "winner": NOBODY,
        "paid": False,
        "low": 0,
        "high": 1,
        "asserter_clock": CLOCK_SECONDS,
        "challenger_clock": CLOCK_SECONDS,
        "moved": evm.timestamp(),
        "position": match.position_hash,
    }


def test_a_games_id_is_of_claim_and_challenger(evm: Evm) -> None:
    table = Table(evm)
    claim_hash = a_hash("a claim")
    word = PLAYERS[1].rjust(32, b"\0")
    assert table.ask("gameIdOf", claim_hash, PLAYERS[1]) == keccak256(claim_hash + word)


def test_constants_may_be_asked_for(evm: Evm) -> None:
    table = Table(evm, arity=3, bond=5)
    assert table.ask("verifier") == table.verifier
    names = ("arity", "moveSeconds", "clockSeconds", "bond")
    assert [table.ask(name) for name in names] == [3, MOVE_SECONDS, CLOCK_SECONDS, 5]


def test_games_that_there_are_not_and_games_that_are_finished_have_no_deadline(evm: Evm) -> None:
    match = Match(Table(evm), claim_root=FALSE)
    unknown = Revert("GameUnknown", {"gameId": match.id})
    assert match.table.ask("game", match.id) == unknown
    assert match.table.ask("deadline", match.id) == unknown
    accept(match.open())
    assert match.table.ask("deadline", match.id) == evm.timestamp() + MOVE_SECONDS
    evm.advance(MOVE_SECONDS + 1)
    accept(match.claim_timeout(match.challenger))
    assert match.table.ask("deadline", match.id) == Revert("GameFinished")


# -- money -----------------------------------------------------------------------------------------


def test_who_wins_before_the_asserter_paid_gets_its_own_bond_back(evm: Evm) -> None:
    match = Match(Table(evm))
    accept(match.open())
    evm.advance(MOVE_SECONDS + 1)
    won = event_of(match.claim_timeout(match.challenger))
    assert won.fields["pot"] == BOND
    assert match.table.ask("credits", match.challenger) == BOND
    assert evm.balance(match.table.at) == BOND


def test_what_is_owed_is_paid_once(evm: Evm) -> None:
    match = Match(Table(evm), claim_root=FALSE)
    accept(match.open())
    match.play_to(Phase.STEP_PROVE)
    accept(match.prove(Run(match.channel, 1).proof(0)))
    balance = evm.balance(match.challenger)
    for _ in range(2):
        accept(match.table.send("withdraw", sender=match.challenger))
        assert evm.balance(match.challenger) == balance + 2 * BOND
        assert match.table.ask("credits", match.challenger) == 0
    accept(match.table.send("withdraw", sender=match.asserter))
    assert evm.balance(match.table.at) == 0


def test_credits_of_many_games_add_up(evm: Evm) -> None:
    table = Table(evm)
    for root in (FALSE, a_hash("false, too")):
        match = Match(table, claim_root=root)
        accept(match.open())
        evm.advance(MOVE_SECONDS + 1)
        accept(match.claim_timeout(match.challenger))
    assert table.ask("credits", PLAYERS[1]) == 2 * BOND


def test_a_deployment_may_ask_for_no_bond(evm: Evm) -> None:
    match = Match(Table(evm, bond=0))
    accept(match.open(value=0))
    accept(match.open_turn(value=0))
    assert match.facts["paid"]


# -- what it costs ---------------------------------------------------------------------------------


def test_gas_of_a_game_over_one_turn(evm: Evm) -> None:
    """One turn of 2^24 steps, cut into 16: what each move may cost, calldata included."""
    match = Match(Table(evm, [b"hello, rows"]), claim_root=FALSE)
    total = 0
    spent: dict[str, int] = {}

    def spend(name: str, gas: int) -> None:
        nonlocal total
        total += gas
        spent[name] = max(gas, spent.get(name, 0))

    spend("open", accept(match.open()).gas_used)
    parts = match.parts()
    parts.end = parts.end[:256] + FALSE + parts.end[288:]
    spend("openTurn", accept(match.open_turn(parts)).gas_used)
    run, step = Run(match.channel, 1), last_step(match)
    while match.phase is not Phase.STEP_PROVE:
        spend("postSteps", accept(match.post(liar(run, step))).gas_used)
        inside = [end > step for end in match.ends()[1:]]
        spend("chooseSteps", accept(match.choose(inside.index(True))).gas_used)
    spend("proveStep", accept(match.prove(run.proof(step))).gas_used)
    limits = {
        "open": 100_000,
        "openTurn": 91_000,
        "postSteps": 51_000,
        "chooseSteps": 48_000,
        "proveStep": 80_000,
    }
    assert spent.keys() == limits.keys()
    assert all(spent[name] <= limit for name, limit in limits.items()), spent
    assert total <= 860_000


def test_the_contract_can_be_deployed() -> None:
    assert len(artifact("ProofManager").runtime_code) <= 16_000 < CODE_BYTES_MAX
