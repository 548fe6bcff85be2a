"""The contracts play the transcripts of games: what they answer is what the vectors expect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import MalformedVector
from conformance.evm import EvmRunner, is_answered
from conformance.evm_games import play_on_evm
from conformance.formats.game.replay import play
from conformance.formats.game.shapes import PLAYED
from conformance.library import Fixture
from conformance.results import Outcome
from conformance.selection import select
from solidity.evm import CHAIN_ID, EVM_NAMES
from tests.solidity.evms import evm_or_skip

Asked = dict[str, Any]

IN_BRIEF = (
    *("mistakes_over_turns", "mistakes_in_opening_a_turn", "mistakes_in_proving"),
    *("opening_chain", "both_clocks_run_out", "time_up_in_step_prove"),
)


@pytest.fixture(scope="module")
def transcript(smoke: list[Fixture]) -> Fixture:
    (found,) = select(smoke, "game/play", "1/1")
    return found


def test_what_the_contracts_answer(smoke: list[Fixture]) -> None:
    answered = {fixture.id.rpartition("/")[0] for fixture in smoke if is_answered(fixture)}
    assert answered == {"step/verify", "step/call", "game/play"}


@pytest.mark.parametrize("name", EVM_NAMES)
def test_every_evm_plays_the_transcript_of_the_smoke_set(name: str, transcript: Fixture) -> None:
    with evm_or_skip(name):
        pass
    (result,) = EvmRunner(name).run([transcript])
    assert (result.outcome, result.detail) == (Outcome.PASSED, "")


def test_an_answer_that_is_not_the_contracts_is_found(transcript: Fixture) -> None:
    output = transcript.expected["output"]
    first, *others = output["results"]
    assert first["error"] == "GameError.GameUnknown"
    wrong = [{**first, "error": "GameError.GameFinished"}, *others]
    changed = replace(transcript, expected={"output": {**output, "results": wrong}})
    (result,) = EvmRunner("py-evm").run([changed])
    assert result.outcome is Outcome.DIFFERS


@pytest.mark.parametrize("name", IN_BRIEF)
def test_the_contracts_agree_with_the_reference(name: str, full: list[Fixture]) -> None:
    (fixture,) = (one for one in full if one.id == f"game/play/{name}")
    (result,) = EvmRunner("py-evm").run([fixture])
    assert (result.outcome, result.detail) == (Outcome.PASSED, "")


@pytest.mark.nightly
@pytest.mark.parametrize("name", EVM_NAMES)
def test_the_contracts_agree_with_the_reference_about_all(name: str, full: list[Fixture]) -> None:
    with evm_or_skip(name):
        pass
    games = select(full, "game/play", "1/1")
    assert len(games) > 50
    for result in EvmRunner(name).run(games):
        assert (result.id, result.outcome) == (result.id, Outcome.PASSED)


def test_a_transcript_is_played_on_the_chain_that_it_names(transcript: Fixture) -> None:
    asked: Asked = transcript.decoded()
    other = CHAIN_ID + 5
    constants = {**asked["constants"], "chain_id": other}
    elsewhere = {**asked, "constants": constants}
    answer = play_on_evm("py-evm", elsewhere)
    errors = {result["error"] for result in answer["output"]["results"]}
    assert errors == {"GameError.WrongChainId", "GameError.GameUnknown"}
    assert answer == {"output": PLAYED.encode(play(**elsewhere))}


def test_a_withdrawal_before_there_is_a_game(transcript: Fixture) -> None:
    asked: Asked = transcript.decoded()
    first = asked["calls"][0]
    asked["calls"] = ({**first, "does": ("withdraw", True), "shown": None, "value": 0},)
    answer = play_on_evm("py-evm", asked)
    assert answer == {"output": PLAYED.encode(play(**asked))}
    assert answer["output"]["results"] == [{"error": None, "game": None}]


def test_no_calls(transcript: Fixture) -> None:
    asked: Asked = {**transcript.decoded(), "calls": ()}
    assert play_on_evm("py-evm", asked) == {"output": PLAYED.encode(play(**asked))}


def test_calls_that_run_backwards_are_no_transcript(transcript: Fixture) -> None:
    asked: Asked = transcript.decoded()
    asked["calls"] = (asked["calls"][-1], asked["calls"][0])
    with pytest.raises(MalformedVector, match="in order of time"):
        play_on_evm("py-evm", asked)
