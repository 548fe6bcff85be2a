"""Every error of the dispute game's contract, provoked by name and fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bisection.game import Phase
from solidity.abi import Revert, decode_revert, encode_constructor
from solidity.artifacts import artifact
from solidity.errors import DeploymentFailed
from solidity.evm import Evm, open_evm
from tests.solidity.games import (
    ABI,
    MANAGER_ABI,
    MOVE_SECONDS,
    PLAYERS,
    STRANGER,
    Address,
    Match,
    Table,
    TurnParts,
    deploy,
    refusal,
)
from tests.solidity.refusals import CASES, FALSE, Case, Fields, game_in
from tests.solidity.refusals import moves as _moves
from tests.solidity.refusals.parts import opened_with

assert _moves, "imported, so that its cases are listed"


@pytest.fixture
def evm() -> Iterator[Evm]:
    with open_evm() as opened:
        yield opened


# -- deployments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "constants"),
    [
        ("ArityOutOfRange", {"arity": 1}),
        ("ArityOutOfRange", {"arity": 65}),
        ("ArityOutOfRange", {"arity": 2**256 - 1}),
        ("DurationOutOfRange", {"move_seconds": 0}),
        ("DurationOutOfRange", {"move_seconds": 2**32}),
        ("DurationOutOfRange", {"clock_seconds": 0}),
        ("DurationOutOfRange", {"clock_seconds": 2**32}),
        ("BondOutOfRange", {"bond": 2**128}),
    ],
)
def test_constants_are_in_range(evm: Evm, name: str, constants: dict[str, int]) -> None:
    verifier = evm.deploy(artifact("OneStepVerifier").creation_code)
    with pytest.raises(DeploymentFailed) as caught:
        deploy(evm, verifier=Address(verifier), **constants)
    (field,) = {"arity": "arity", "bond": "bond"}.keys() & constants or {"duration"}
    (value,) = constants.values()
    assert decode_revert(ABI, caught.value.output) == Revert(name, {field: value})


def test_constants_may_be_at_the_ends_of_their_ranges(evm: Evm) -> None:
    verifier = Address(evm.deploy(artifact("OneStepVerifier").creation_code))
    last = 2**32 - 1
    deploy(evm, verifier=verifier, arity=2, move_seconds=1, clock_seconds=1, bond=0)
    ends = {"move_seconds": last, "clock_seconds": last, "bond": 2**128 - 1}
    deploy(evm, verifier=verifier, arity=64, **ends)


def test_the_verifier_is_a_contract(evm: Evm) -> None:
    with pytest.raises(DeploymentFailed) as caught:
        deploy(evm, verifier=STRANGER)
    expected = Revert("VerifierMissing", {"verifier": STRANGER})
    assert decode_revert(ABI, caught.value.output) == expected


def test_a_deployment_takes_no_money(evm: Evm) -> None:
    made = artifact("ProofManager")
    args = encode_constructor(made.abi, evm.deploy(b"\x60\1\x60\0\xf3"), 2, 1, 1, 0)
    evm.fund(STRANGER, 1)
    with pytest.raises(DeploymentFailed):
        evm.deploy(made.creation_code, args=args, sender=STRANGER, value=1)


MOVES: dict[str, tuple[Phase, Callable[[Match], tuple[object, ...]]]] = {
    "postTurns": (Phase.TURNS_POST, lambda match: ([],)),
    "chooseTurns": (Phase.TURNS_CHOOSE, lambda match: (0,)),
    "openTurn": (
        Phase.TURN_OPEN,
        lambda match: (TurnParts.of(match.channel, 2).values(),),
    ),
    "acceptTurn": (Phase.STEPS_CHOOSE, lambda match: (match.claimed, 2, (FALSE, FALSE))),
    "postSteps": (Phase.STEPS_POST, lambda match: ([],)),
    "chooseSteps": (Phase.STEPS_CHOOSE, lambda match: (0,)),
    "proveStep": (Phase.STEP_PROVE, lambda match: (b"", b"", b"", FALSE)),
}


@pytest.mark.parametrize("phase", list(Phase)[:-1])
@pytest.mark.parametrize("name", MOVES)
def test_a_move_belongs_to_one_phase(evm: Evm, name: str, phase: Phase) -> None:
    match = game_in(evm, phase, arity=3)
    own, values = MOVES[name]
    sender = match.asserter if name.startswith(("post", "open")) else match.challenger
    receipt = match.move(name, *values(match), sender=sender, value=0)
    if phase is own:
        assert decode_revert(ABI, receipt.output).name != "PhaseMismatch"
    else:
        expected = Revert("PhaseMismatch", {"expected": own, "actual": phase})
        assert refusal(receipt) == expected


POSITIONS: dict[str, Callable[[Match], None]] = {
    "false rows": lambda match: match.points.__setitem__(0, (match.words[0], FALSE)),
    "another log": lambda match: match.points.__setitem__(2, (FALSE, match.words[-1])),
    "rows for a log": lambda match: match.points.__setitem__(0, (match.words[1], match.words[0])),
    "points exchanged": lambda match: match.points.reverse(),
    "a point too many": lambda match: match.points.append((FALSE, FALSE)),
    "a point too few": lambda match: match.points.__delitem__(1),
    "another asserter": lambda match: setattr(match, "asserter", STRANGER),
    "another channel": lambda match: setattr(match.channel, "id", FALSE),
}


def test_withdrawing_takes_no_money(evm: Evm) -> None:
    table = Table(evm)
    assert table.send("withdraw", sender=PLAYERS[0], value=1).reverted


@pytest.mark.parametrize("change", POSITIONS.values(), ids=POSITIONS)
def test_no_other_position_may_be_shown_when_choosing(
    evm: Evm, change: Callable[[Match], None]
) -> None:
    match = game_in(evm, Phase.TURNS_CHOOSE)
    expected = match.position_hash
    change(match)
    revert = refusal(match.move("chooseTurns", 0, sender=match.challenger, value=0))
    fields = {"expected": expected, "actual": match.position_hash}
    assert revert == Revert("PositionMismatch", fields)
    evm.advance(MOVE_SECONDS + 1)
    if match.asserter != STRANGER:
        assert refusal(match.claim_timeout(match.asserter)) == revert


def byte_changed(record: bytes, place: int, value: int) -> bytes:
    return record[:place] + bytes([value]) + record[place + 1 :]


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 0), (0, 2), (0, 129), (1, 1), (1, 14), (2, 1), (9, 1), (9, 255), (31, 0), (31, 2)],
)
def test_the_end_is_a_machine_that_has_accepted(evm: Evm, place: int, value: int) -> None:
    def change(parts: TurnParts, match: Match) -> Fields:
        parts.end = byte_changed(parts.end, place, value)
        return {}

    receipt, _ = opened_with(evm, change)
    assert refusal(receipt) == Revert("EndNotAccepted")


# -- all of them -----------------------------------------------------------------------------------

LISTED = [(name, case) for name, cases in CASES.items() for case in cases]

ELSEWHERE = {
    "ArityOutOfRange",
    "BondOutOfRange",
    "DurationOutOfRange",
    "VerifierMissing",
    "WithdrawalFailed",
}
"""Errors of deployments, above, and of withdrawing, in the file of hostile behaviour."""

UNREACHABLE = {"WindowOutOfRange"}
"""No turn of a game is without a leaf: ``ClaimTurnOutOfRange``."""


@pytest.mark.parametrize(("name", "case"), LISTED, ids=lambda value: getattr(value, "__name__", ""))
def test_each_error_comes_with_its_fields_and_changes_nothing(
    evm: Evm, name: str, case: Case
) -> None:
    receipt, fields = case(evm)
    assert refusal(receipt) == Revert(name, fields)


def test_every_error_of_the_contract_is_provoked() -> None:
    errors = {entry["name"] for entry in MANAGER_ABI if entry["type"] == "error"}
    verifiers = {"PostStateMismatch", "WitnessLengthMismatch", "CalldataNotCanonical"}
    assert errors == (CASES.keys() - verifiers) | ELSEWHERE | UNREACHABLE
