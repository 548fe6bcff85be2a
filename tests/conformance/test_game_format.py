"""Transcripts of games: every error is in them, the right side wins, and the contract agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from bisection import game_errors
from bisection.expansion import STEPS, segment_ends
from bisection.game import Address, Phase, game_id, open_game, update
from bisection.moves import TimeoutClaimed
from channel.dispute.claim import DisputedClaim, dispute_of
from channel.states import ChannelState
from conformance.errors import CODES, MalformedVector, code_of
from conformance.evm_games import play_on_evm
from conformance.executors import InlineExecutor
from conformance.fill import fill
from conformance.format import VectorSet
from conformance.formats.game import GAME_FORMAT, cases
from conformance.formats.game.cases import false_scene
from conformance.formats.game.refused import Tape
from conformance.formats.game.replay import (
    constants_of,
    facts_of,
    fixed_part,
    move_of,
    play,
)
from conformance.formats.game.shapes import DOES, PLAY, OneOf
from conformance.library import INFO
from conformance.shapes import U8, Record
from merkle.errors import ChannelsError

Asked = dict[str, Any]


@cache
def full() -> dict[str, dict[str, Any]]:
    """Every transcript by its name: what is asked and what is answered, as JSON values."""
    texts = fill(InlineExecutor(), VectorSet.FULL, [GAME_FORMAT.name])
    found = json.loads(texts["game/play.json"])
    return {name.rpartition("/")[2]: case for name, case in found.items() if name != INFO}


def asked(name: str) -> Asked:
    return PLAY.decode(full()[name]["input"], at=name)


def errors(name: str) -> list[str | None]:
    return [result["error"] for result in full()[name]["output"]["results"]]


def last_game(name: str) -> dict[str, Any]:
    found = [result["game"] for result in full()[name]["output"]["results"] if result["game"]]
    return dict(found[-1])


# -- what is in the vectors ------------------------------------------------------------------------


OF_DEPLOYMENTS = {"ArityOutOfRange", "DurationOutOfRange", "BondOutOfRange"}
"""What a deployment is refused for, so that no game is played."""


def test_every_error_of_the_game_is_provoked() -> None:
    found = {error for name in full() for error in errors(name)} - {None}
    expected = {
        code
        for cause, code in CODES.items()
        if cause.__module__ == game_errors.__name__ and cause.__name__ not in OF_DEPLOYMENTS
    }
    assert expected <= found
    assert {
        *("ChannelError.SignatureMalformed", "ChannelError.SignatureMismatch"),
        *("ChannelError.SignatureCountMismatch", "MessageError.PayloadTooLong"),
        *("ProofError.RootMismatch", "VerifierError.PostStateMismatch"),
        "VerifierError.WitnessLengthMismatch",
    } <= found


@pytest.mark.parametrize("flag", [cases.ASSERTER_LIES, cases.CHALLENGER_LIES])
def test_the_honest_side_wins_every_whole_game(flag: Any) -> None:
    games = {name: case for name, case in full().items() if flag.name in case["flags"]}
    assert len(games) > 10
    for name, case in games.items():
        honest = "challenger" if flag is cases.ASSERTER_LIES else "asserter"
        given = case["input"]
        participants = given["fixed"]["participants"]
        sides = {
            "asserter": participants[(int(given["claim"]["turn"], 16) - 1) % len(participants)],
            "challenger": given["challenger"],
        }
        assert last_game(name)["winner"] == sides[honest], name
        assert [owed["owner"] for owed in case["output"]["credits"]] == [sides[honest]], name


def test_each_phase_is_ended_by_time_once() -> None:
    phases = {f"time_up_in_{phase.name.lower()}" for phase in list(Phase)[:-1]}
    assert phases <= full().keys()
    for name in phases:
        # The winner has taken what it was owed.
        assert full()[name]["output"]["credits"] == []


def test_both_clocks_run_out_to_the_second() -> None:
    clocks = [
        (result["game"]["asserter_clock"], result["game"]["challenger_clock"])
        for result in full()["both_clocks_run_out"]["output"]["results"]
        if result["game"]
    ]
    assert clocks[0] == (3_600, 3_600)
    assert 0 in clocks[-1]
    assert all(before >= after for before, after in pairwise(clocks))


def test_a_refused_call_changes_nothing() -> None:
    for name in ("mistakes_over_turns", "mistakes_in_proving", "blunders_asserter"):
        given = asked(name)
        taken = [
            call for call, error in zip(given["calls"], errors(name), strict=True) if error is None
        ]
        assert len(taken) < len(given["calls"])
        alone = play(**{**given, "calls": taken})
        assert facts_json(alone["results"][-1]["game"]) == last_game(name)


def facts_json(game: Mapping[str, Any]) -> dict[str, Any]:
    from conformance.formats.game.shapes import GAME

    return GAME.encode(game)


def test_an_expansion_is_the_game_s() -> None:
    texts = fill(InlineExecutor(), VectorSet.FULL, [GAME_FORMAT.name])
    for name, case in json.loads(texts["game/expansion.json"]).items():
        if name != INFO and "output" in case:
            given = case["input"]
            ends = segment_ends(given["low"], given["high"], arity=given["arity"])
            assert case["output"] == list(ends)


# -- the contract ----------------------------------------------------------------------------------

IN_BRIEF = (
    *("mistakes_over_turns", "order_of_every_move", "order_of_an_early_claim"),
    *("mistakes_in_opening_a_turn", "order_in_opening_a_turn"),
    *("mistakes_in_proving", "order_in_proving", "last_seconds", "time_up_in_step_prove"),
    *("opening_high_s", "opening_two_of_three", "opening_chain", "opening_own_claim"),
    *("opening_turns_before_signatures", "opening_bond_before_game", "liar_some_step_arity_64"),
    *("mistakes_in_accepting_a_turn", "accepting_a_turn_too_late"),
    *("another_history_of_the_base", "another_history_and_an_own_turn", "equivocation"),
)


@pytest.mark.parametrize("name", IN_BRIEF)
def test_the_contract_answers_as_the_vectors_do(name: str) -> None:
    check_on_chain(name)


@pytest.mark.nightly
def test_the_contract_answers_as_all_vectors_do() -> None:
    for name in full():
        check_on_chain(name)


def check_on_chain(name: str) -> None:
    """Make every call of a transcript of the contract, which must say the same of each."""
    case = full()[name]
    given = PLAY.decode(case["input"], at=name)
    assert play_on_evm("py-evm", given)["output"] == case["output"], name


# -- what cannot be asked --------------------------------------------------------------------------


def answered(**changes: Any) -> dict[str, Any]:
    function = GAME_FORMAT.function("play")
    assert function is not None
    return function.answer({**asked("mistakes_over_turns"), **changes})


def test_calls_that_run_backwards_are_no_transcript() -> None:
    calls = asked("mistakes_over_turns")["calls"]
    with pytest.raises(MalformedVector, match="in order of time"):
        answered(calls=(calls[-1], calls[0]))


@pytest.mark.parametrize("participants", [(), (bytes(20), b"\1" * 20), (b"\1" * 20,) * 2])
def test_participants_that_no_channel_has(participants: Sequence[Address]) -> None:
    fixed = asked("mistakes_over_turns")["fixed"]
    with pytest.raises(MalformedVector, match="cannot be asked this: Participant"):
        answered(fixed={**fixed, "participants": participants})


def test_an_arity_that_no_deployment_has() -> None:
    constants = asked("mistakes_over_turns")["constants"]
    with pytest.raises(MalformedVector, match="arity 65"):
        answered(constants={**constants, "arity": 65})


def test_no_stretch() -> None:
    function = GAME_FORMAT.function("expansion")
    assert function is not None
    with pytest.raises(MalformedVector, match="no stretch from 5 to 5"):
        function.answer({"low": 5, "high": 5, "arity": 2})
    assert function.answer({"low": 0, "high": STEPS, "arity": 2}) == {
        "output": [0, STEPS // 2, STEPS]
    }


def test_without_the_package_for_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    given = asked("mistakes_over_turns")
    monkeypatch.setitem(sys.modules, "eth_keys.datatypes", None)
    with pytest.raises(MalformedVector, match="need the extra `evm`: no package eth_keys"):
        answered(**given)


def test_the_other_formats_do_without_the_packages_of_an_evm() -> None:
    code = "import sys, conformance.formats; print([n for n in sys.modules if 'eth_' in n])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout == "[]\n"


def test_a_tape_that_the_reference_answers_otherwise_is_not_filled() -> None:
    tape = Tape(false_scene())
    tape.open()
    tape.open(game_errors.BondMismatch)
    with pytest.raises(AssertionError, match=r"GameExists.*is expected"):
        tape.case("wrong", "says the wrong error", cases.CLOCK)


def test_what_a_call_does_is_one_of_a_few_things() -> None:
    assert DOES.decode({"choose_turns": 3}, at="does") == ("choose_turns", 3)
    for value in ({}, {"open": True, "withdraw": True}, {"steal": 1}, [], "open", {"open": False}):
        with pytest.raises(MalformedVector, match="does"):
            DOES.decode(value, at="does")


def test_one_of_several_kinds_is_its_own_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is a development dependency")
    shape = OneOf({"small": U8, "record": Record({"at": U8})})
    for value in (("small", 7), ("record", {"at": 0})):
        written = shape.encode(value)
        jsonschema.validate(written, shape.schema())
        assert shape.decode(written, at="it") == value
    for wrong in ({}, {"small": 256}, {"small": 1, "record": {"at": 1}}, {"other": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, shape.schema())


def test_the_game_id_and_the_refusals_are_the_twin_s() -> None:
    """Replay one transcript by hand, without the format's own replay."""
    given = asked("last_seconds")
    fixed = fixed_part(given["fixed"])
    base, claim = (
        ChannelState(channel_id=fixed.channel_id(), **given[name]) for name in ("base", "claim")
    )
    disputed = DisputedClaim(
        fixed=fixed,
        base=base,
        base_signatures=given["base_signatures"],
        claim=claim,
        claim_signature=given["claim_signature"],
    )
    first, *moves = given["calls"]
    game = open_game(
        constants_of(given["constants"]),
        dispute_of(disputed, chain_id=given["constants"]["chain_id"]),
        challenger=first["by"],
        now=first["at"],
        value=first["value"],
    )
    expected = full()["last_seconds"]["output"]
    assert f"0x{game_id(claim.hash(), first['by']).hex()}" == expected["game_id"]
    for call, answer in zip(moves, expected["results"][1:], strict=True):
        move = move_of(*call["does"])
        assert not isinstance(move, TimeoutClaimed)
        found = None
        try:
            game = update(game, move, mover=call["by"], now=call["at"], value=call["value"])
        except ChannelsError as refusal:
            found = code_of(type(refusal))
        assert found == answer["error"]
        assert found is not None or facts_json(facts_of(game)) == answer["game"]
