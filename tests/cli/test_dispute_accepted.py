"""A dispute in which turns are accepted: told on a terminal, as JSON and as a page."""

from __future__ import annotations

import json
from functools import cache

import pytest

from channel.dispute import CHEATS
from cli.dispute.as_json import story_json
from cli.dispute.command import _played
from cli.dispute.page import page
from cli.dispute.story import Level, Story
from cli.dispute.terminal import print_story
from tests.channel.dispute.tables import case_for


@cache
def told() -> Story:
    """Return the story of four participants, of whom three have kept their messages from one."""
    cheat = "withheld-messages"
    return _played(
        case_for(cheat),
        CHEATS[cheat],
        evm_name="py-evm",
        processes=False,
        arity=16,
        quiet=True,
        step=None,
        seed=0,
    )


def test_every_turn_that_was_opened_is_told() -> None:
    story = told()
    assert story.honest_won
    assert [opened.turn for opened in story.openings] == [4, 5, 6]
    assert [opened.acceptance is not None for opened in story.openings] == [True, True, False]
    assert story.opened is story.openings[-1]
    kinds = [entry.kind for entry in story.report.moves]
    assert kinds.count("acceptTurn") == 2
    steps = [each for each in story.rounds if each.level is Level.STEPS]
    assert [each.turn for each in steps if each.chosen is None] == [4, 5]
    assert {each.turn for each in steps if each.chosen is not None} == {6}


def test_an_acceptance_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_story(told())
    printed = capsys.readouterr().out
    assert printed.count("the turn was accepted") == 2
    openings = [line for line in printed.splitlines() if "steps 0 to 16,777,216 of turn" in line]
    # Turn 5 was chosen among turns 4 to 6; turn 6 was opened after it was accepted, not within it.
    assert [len(line) - len(line.lstrip()) for line in openings] == [2, 4, 4]
    shown = page(told())
    assert shown.count("accepts the turn") == 2
    assert shown.count("acceptTurn") >= 2
    found = json.loads(json.dumps(story_json(told())))
    assert [opened["turn"] for opened in found["accepted"]] == [4, 5]
    assert found["opened"]["turn"] == 6
    assert found["opened"]["accepted_by"] is None
