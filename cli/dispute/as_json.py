"""A dispute as JSON: everything that the page shows, for programs.

Bytes are ``0x`` strings, amounts in wei are strings of decimal digits, all other numbers are JSON
numbers. Format: docs/disputes.md.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from cli.dispute.facts import touch_of
from cli.output import hex_text

if TYPE_CHECKING:
    from channel.dispute.report import ChangedLeaf, DecidingStep, Entry
    from cli.dispute.story import OpenedTurn, Point, Round, Story


def story_json(story: Story) -> dict[str, Any]:
    """Return the story as JSON values."""
    report = story.report
    return {
        "constants": {**_plain(report.constants), "bond": str(report.constants.bond)},
        "chain": _plain(report.chain),
        "asserter": _side(story, "asserter"),
        "challenger": _side(story, "challenger"),
        "cheat": story.cheat,
        "opening": _plain(report.opening),
        "entries": [_entry(entry) for entry in report.entries],
        "rounds": [_round(each) for each in story.rounds],
        "opened": None if story.opened is None else _opened(story.opened),
        "accepted": [_opened(opened) for opened in story.openings if opened.acceptance],
        "deciding": None if report.deciding is None else _deciding(story, report.deciding),
        "verdict": {
            "winner": None if report.verdict.winner is None else report.verdict.winner.value,
            "honest_won": story.honest_won,
            "reason": report.verdict.reason,
            "pot": str(report.verdict.pot),
        },
    }


def _side(story: Story, name: str) -> dict[str, Any]:
    side = getattr(story.report, name)
    facts: dict[str, Any] = _plain(side)
    return {**facts, "honest": side.honest, "totals": _plain(story.report.totals(side.side))}


def _entry(entry: Entry) -> dict[str, Any]:
    facts: dict[str, Any] = _plain(entry)
    return {**facts, "phase": entry.phase.name, "value": str(entry.value)}


def _round(each: Round) -> dict[str, Any]:
    return {
        "number": each.number,
        "level": each.level.value,
        "turn": each.turn,
        "points": [_point(point) for point in each.points],
        "posted_by": each.posting.index,
        "chosen": each.chosen,
        "chosen_by": None if each.choice is None else each.choice.index,
    }


def _point(point: Point) -> dict[str, Any]:
    standing = point.standing.value.replace(" ", "_")
    posted, true = _plain(point.posted), _plain(point.true)
    return {"at": point.at, "posted": posted, "true": true, "standing": standing}


def _opened(opened: OpenedTurn) -> dict[str, Any]:
    return {
        "turn": opened.turn,
        "sender": opened.participant,
        "payload": hex_text(opened.payload),
        "start": _point(opened.start),
        "end": _point(opened.end),
        "opened_by": opened.opening.index,
        "accepted_by": None if opened.acceptance is None else opened.acceptance.index,
    }


def _deciding(story: Story, deciding: DecidingStep) -> dict[str, Any]:
    step = deciding.step
    touches = [touch_of(event) for event in step.events]
    return {
        "turn": deciding.turn,
        "step": step.index,
        "pc": step.location.pc,
        "symbol": step.location.symbol,
        "offset": step.location.offset if step.location.offset >= 0 else None,
        "source_line": deciding.source_line,
        "instruction": step.text,
        "listing": [
            {"pc": line.pc, "text": line.text, "here": line.pc == step.location.pc}
            for line in story.listing
        ],
        "touched": [_plain(touch) for touch in touches],
        "pre_state": hex_text(step.state.hash()),
        "post_state": hex_text(deciding.after.hash()),
        "claimed": hex_text(deciding.claimed),
        "diff": [
            {"field": name, "before": _plain(old), "after": _plain(new)}
            for name, old, new in deciding.diff
        ],
        "leaves": [_leaf(leaf) for leaf in deciding.leaves],
        "proof": {
            "op": hex_text(deciding.proof.op),
            "witness": hex_text(deciding.proof.witness),
            "calldata_bytes": deciding.proof.calldata_bytes,
        },
    }


def _leaf(leaf: ChangedLeaf) -> dict[str, Any]:
    facts: dict[str, Any] = _plain(leaf)
    return facts


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: bytes as text, enums by their names, records as objects."""
    if isinstance(value, bytes):
        return hex_text(value)
    if isinstance(value, Enum):
        return value.name.lower()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
