"""A dispute on a terminal: a line for each transaction, then the rounds, the step, the verdict.

Not here: what is told (`cli.dispute.story`). What each line means: docs/disputes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from bisection.points import TurnPoint
from cli.dispute.facts import Effect, clock, ether, touch_of
from cli.dispute.story import Level, Standing
from merkle.hashing import short_hex
from wasm_interp.errors import printable

if TYPE_CHECKING:
    from bisection.points import Point as Claimed
    from channel.dispute import Cheat, DisputeCase
    from channel.dispute.report import ChangedLeaf, DecidingStep, Entry
    from cli.dispute.story import Point, Round, Story

MARKS: Final = {Standing.TRUE: "=", Standing.FALSE: "!", Standing.UNKNOWN: "?"}


class Lines:
    """Prints each transaction of a game when it is made."""

    def __init__(self, case: DisputeCase, cheat: Cheat) -> None:
        self.case = case
        self.cheat = cheat

    def print_entry(self, entry: Entry) -> None:
        """Print one transaction, below headings if it is the first."""
        if entry.index == 0:
            self._print_head()
        side = "A" if entry.side.value == "asserter" else "C"
        gas = f"{entry.charged_gas:,}"
        what = printable(entry.summary)
        if entry.refused:
            what = f"refused with {entry.refusal_name}: {printable(entry.refusal or '')}"
        took = f"+{entry.seconds:,} s"
        left = clock(entry.asserter_clock if side == "A" else entry.challenger_clock)
        click.echo(
            f"{entry.index:>3}  {side}  {entry.kind:<12}  {took:>8}  {left:>9}  {gas:>9}  {what}"
        )

    def _print_head(self) -> None:
        case = self.case
        asserter = case.name((case.claim_turn - 1) % len(case.keys))
        challenger = case.name(case.claim_turn % len(case.keys))
        names = {"asserter": asserter, "challenger": challenger}
        click.echo(f"A  {asserter} asserts the state after turn {case.claim_turn}")
        click.echo(f"C  {challenger} challenges it; turn {case.base} is agreed upon")
        click.echo(f"{names[self.cheat.side.value]} cheats: {self.cheat.description}")
        click.echo()
        click.echo(
            f"{'#':>3}  {'':1}  {'call':<12}  {'took':>8}  {'has left':>9}  {'gas':>9}  what"
        )


def print_story(story: Story) -> None:
    """Print what follows the transactions: the rounds, the step that decides, the verdict."""
    report = story.report
    click.echo()
    depth = 0
    for each in story.rounds:
        _print_round(each, story, depth)
        # After a turn that was accepted the game goes on beside its steps, not within them.
        depth += each.chosen is not None
    if report.deciding is not None:
        _print_deciding(story, report.deciding)
    totals = report.totals()
    chain = report.chain
    click.echo(
        f"{totals.transactions} transactions on {chain.evm}, {totals.charged_gas:,} gas, "
        f"{totals.calldata_bytes:,} bytes of calldata; rounds: {len(story.rounds)}, "
        f"arity {report.constants.arity}"
    )
    _print_verdict(story)


def _print_verdict(story: Story) -> None:
    report = story.report
    winner = report.winner
    if winner is None:
        click.echo(f"verdict: none, {report.verdict.reason}")
        return
    how = "honest" if winner.honest else f"cheats: {winner.strategy}"
    click.echo(
        f"verdict: {winner.name} ({winner.side.value}, {how}) wins {ether(report.verdict.pot)}: "
        f"{printable(report.verdict.reason)}"
    )


def _print_round(each: Round, story: Story, depth: int) -> None:
    where = "" if each.level is Level.TURNS else f" of turn {each.turn}"
    indent = "  " * depth
    segments = len(each.points) - 1
    stretch = f"{each.level.value} {each.low:,} to {each.high:,}{where}"
    click.echo(f"{indent}{stretch}, in {segments} segments")
    if each.chosen is None:
        accepted = any(one.turn == each.turn and one.acceptance for one in story.openings)
        click.echo(f"{indent}  {'the turn was accepted' if accepted else 'nobody chose'}")
        return
    for index in (each.chosen, each.chosen + 1):
        role = "accepted" if index == each.chosen else "disputed"
        click.echo(f"{indent}  {role}  {_point(each.points[index], each.level)}")


def _point(point: Point, level: Level) -> str:
    posted = f"{level.one} {point.at:,}: {_claimed(point.posted)}"
    if point.true is None:
        return f"{posted} {MARKS[point.standing]} not known to the other side"
    return f"{posted} {MARKS[point.standing]} {_claimed(point.true)} truly"


def _claimed(point: Claimed) -> str:
    if isinstance(point, TurnPoint):
        return f"rows {short_hex(point.db_root)} log {short_hex(point.log_root)}"
    return short_hex(point)


# -- the step --------------------------------------------------------------------------------------


def _print_deciding(story: Story, deciding: DecidingStep) -> None:
    step = deciding.step
    click.echo()
    click.echo(f"step {step.index:,} of turn {deciding.turn}, at {printable(str(step.location))}")
    if deciding.source_line is not None:
        click.echo(f"  {printable(deciding.source_line)}")
    for line in story.listing:
        mark = ">" if line.pc == step.location.pc else " "
        click.echo(f" {mark} {printable(str(line))}")
    if not story.listing:
        click.echo(f" > {step.text}: the machine has stopped, and steps to itself")
    for event in step.events:
        touch = touch_of(event)
        change = touch.new if touch.old is None else f"{touch.old} -> {touch.new}"
        sign = {Effect.READ: "r", Effect.WRITTEN: "w", Effect.STOPPED: "!"}[touch.effect]
        click.echo(f"   {sign} {printable(touch.what)}: {printable(change)}")
    for name, old, new in deciding.diff:
        click.echo(f"   ~ {name}: {_value(old)} -> {_value(new)}")
    for leaf in deciding.leaves:
        _print_leaf(leaf)
    click.echo(f"   true     {short_hex(deciding.after.hash())}")
    click.echo(f"   claimed  {short_hex(deciding.claimed)}")
    click.echo()


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return short_hex(value)
    return str(getattr(value, "name", value)).lower()


def _print_leaf(leaf: ChangedLeaf) -> None:
    click.echo(f"   leaf {leaf.index} of the {leaf.tree} tree, of depth {leaf.depth}")
    click.echo(f"     {leaf.before.hex()}")
    click.echo(f"     {leaf.after.hex()}")
    for level in leaf.levels[1:]:
        change = f"{short_hex(level.before)} -> {short_hex(level.after)}"
        click.echo(f"     level {level.level}: {change}")
    click.echo(f"     root: {short_hex(leaf.root_before)} -> {short_hex(leaf.root_after)}")
