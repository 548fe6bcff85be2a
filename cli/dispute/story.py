"""What is told of a dispute: its report, and beside each point of the asserter what is true there.

The report has what happened on the chain; events have the hashes that the contract computed. What
is true is run here once more, from the reducer and the log: the same that an honest side does.

Not here: how it looks (`cli.dispute.terminal`, `cli.dispute.page`, `cli.dispute.as_json`).

Spec: docs/spec/game.md, G-8 to G-10, G-18 to G-20.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from bisection.expansion import STEPS, segment_ends
from bisection.game import Side
from bisection.points import TurnPoint
from channel.dispute.events import TurnShown
from merkle import Hash32
from wasm_interp.disassembly import Line, disassemble
from wasm_interp.message import Message

if TYPE_CHECKING:
    from bisection.players.knowledge import Knowledge, Run
    from bisection.points import Point as Claimed
    from channel.dispute.events import Event
    from channel.dispute.report import DecidingStep, DisputeReport, Entry, ReportedSide
    from wasm_interp.program import Program

LISTING_LINES: Final = 5
"""Instructions shown before and after the one that decides."""


class Level(Enum):
    """What a stretch is of."""

    TURNS = "turns"
    STEPS = "steps"

    @property
    def one(self) -> str:
        """The word for one of them."""
        return self.value[:-1]


class Standing(Enum):
    """How a posted point stands to what is true."""

    TRUE = "agrees"
    FALSE = "differs"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One end of a segment: what the asserter says of it, and what is true, if it can be known."""

    at: int
    posted: Claimed
    true: Claimed | None

    @property
    def standing(self) -> Standing:
        """Whether they are the same."""
        if self.true is None:
            return Standing.UNKNOWN
        return Standing.TRUE if self.true == self.posted else Standing.FALSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: the points at all ends of the segments, and the segment that was chosen.

    ``turn`` is the one whose steps they are. ``chosen`` and ``choice`` are None if nobody chose.
    """

    number: int
    level: Level
    turn: int | None
    points: tuple[Point, ...]
    posting: Entry
    chosen: int | None = None
    choice: Entry | None = None

    @property
    def low(self) -> int:
        """Where the stretch begins."""
        return self.points[0].at

    @property
    def high(self) -> int:
        """Where it ends."""
        return self.points[-1].at


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTurn:
    """A turn that was opened: its message, and the machine's first and last state.

    ``opening`` is the transaction; ``acceptance`` is the one by which the challenger accepted the
    turn, None if it did not. ``run`` is the true run, None if it cannot be known.
    """

    turn: int
    sender: ReportedSide | None
    participant: int
    payload: bytes
    start: Point
    end: Point
    opening: Entry
    acceptance: Entry | None
    run: Run | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A dispute as it is told. ``cheat`` says in a line what the dishonest side does.

    ``openings`` are the turns that were opened, in order: all but the last were accepted.
    """

    report: DisputeReport
    cheat: str
    claim: tuple[Point, Point]
    rounds: tuple[Round, ...]
    openings: tuple[OpenedTurn, ...]
    listing: tuple[Line, ...]

    @property
    def opened(self) -> OpenedTurn | None:
        """The turn that was opened last, None if none was."""
        return self.openings[-1] if self.openings else None

    @property
    def honest_won(self) -> bool:
        """Whether the side that won is the honest one."""
        return self.report.winner is not None and self.report.winner.honest

    def name(self, side: Side) -> str:
        """Return what a side is called."""
        return self.report.side(side).name


class Truth:
    """What is true of a log, as an honest side knows it."""

    def __init__(self, knowledge: Knowledge, report: DisputeReport) -> None:
        self._knowledge = knowledge
        self._report = report

    def point(self, turn: int) -> TurnPoint | None:
        """Return log and rows after ``turn``, None if the reducer does not accept its message."""
        # The claimed turn's message is the cheat's, which may be another than the file's.
        if turn == self._report.opening.claim_turn and self._report.opening.true_root is None:
            return None
        return self._knowledge.point(turn)

    def run(self, event: TurnShown) -> Run | None:
        """Return the run of the turn that was opened, None if the rows before it are not known."""
        if self.point(event.turn - 1) is None:
            return None
        message = Message(turn=event.turn, sender=event.sender, payload=event.payload)
        return self._knowledge.run(message)


def story_of(
    report: DisputeReport, events: Iterable[Event], truth: Truth, program: Program, *, cheat: str
) -> Story:
    """Return the story of a report, the events of its game and what is true."""
    opening = report.opening
    ends = [
        Point(
            at=turn,
            posted=TurnPoint(log_root=log_root, db_root=db_root),
            true=truth.point(turn),
        )
        for turn, log_root, db_root in (
            (opening.base_turn, opening.base_log_root, opening.base_root),
            (opening.claim_turn, opening.claim_log_root, opening.claim_root),
        )
    ]
    shown = [event for event in events if isinstance(event, TurnShown)]
    openings = tuple(_openings(report, shown, truth))
    rounds = tuple(_rounds(report, truth, (ends[0], ends[1]), openings))
    return Story(
        report=report,
        cheat=cheat,
        claim=(ends[0], ends[1]),
        rounds=rounds,
        openings=openings,
        listing=_listing(report.deciding, program),
    )


def _openings(
    report: DisputeReport, shown: Iterable[TurnShown], truth: Truth
) -> Iterator[OpenedTurn]:
    """Yield the turns that were opened, each with the transactions about it."""
    opened = [entry for entry in report.moves if entry.kind == "openTurn"]
    accepted = [entry for entry in report.moves if entry.kind == "acceptTurn"]
    sides = (report.asserter, report.challenger)
    for entry, acceptance, event in zip_longest(opened, accepted, shown):
        assert event is not None, "a turn was opened, so the contract has said so"
        run = truth.run(event)
        yield OpenedTurn(
            turn=event.turn,
            sender=next((side for side in sides if side.participant == event.sender), None),
            participant=event.sender,
            payload=event.payload,
            start=_step_point(run, 0, event.start_hash),
            end=_step_point(run, STEPS, event.end_hash),
            opening=entry,
            acceptance=acceptance,
            run=run,
        )


def _step_point(run: Run | None, step: int, posted: Hash32) -> Point:
    return Point(at=step, posted=posted, true=None if run is None else run.state_hash(step))


def _rounds(
    report: DisputeReport,
    truth: Truth,
    ends: tuple[Point, Point],
    openings: tuple[OpenedTurn, ...],
) -> Iterator[Round]:
    """Yield the rounds, the points of each from the entry that posted them. Spec: G-8 to G-10."""
    first, last = ends
    following = iter(openings)
    opened: OpenedTurn | None = None
    reached, count, pending = last, 0, None
    for entry in report.moves:
        if entry.kind == "openTurn":
            opened, reached = next(following), last
            first, last = opened.start, opened.end
        elif entry.kind == "acceptTurn":
            # The round was posted, and the turn accepted instead of a segment.
            if pending is not None:
                yield pending
            opened, pending, first, last = None, None, reached, ends[1]
        elif entry.kind in {"postTurns", "postSteps"}:
            count += 1
            inner = segment_ends(first.at, last.at, arity=report.constants.arity)[1:-1]
            posted = zip(inner, entry.points, strict=True)
            run = None if opened is None else opened.run
            pending = Round(
                number=count,
                level=Level.TURNS if opened is None else Level.STEPS,
                turn=None if opened is None else opened.turn,
                points=(first, *(_point(truth, run, *pair) for pair in posted), last),
                posting=entry,
            )
        elif entry.kind in {"chooseTurns", "chooseSteps"}:
            assert pending is not None, "a segment is chosen of points that were posted"
            assert entry.segment is not None, "a choice has its segment"
            first, last = pending.points[entry.segment : entry.segment + 2]
            yield replace(pending, chosen=entry.segment, choice=entry)
            pending = None
    if pending is not None:
        yield pending


def _point(truth: Truth, run: Run | None, at: int, posted: Claimed) -> Point:
    if isinstance(posted, TurnPoint):
        return Point(at=at, posted=posted, true=truth.point(at))
    return _step_point(run, at, posted)


def _listing(deciding: DecidingStep | None, program: Program) -> tuple[Line, ...]:
    """Return the instructions around the one that decided; none if the machine had stopped."""
    if deciding is None or deciding.step.word is None:
        return ()
    pc = deciding.step.location.pc
    lines = disassemble(program).lines
    near = range(pc - LISTING_LINES, pc + LISTING_LINES + 1)
    symbol = deciding.step.location.symbol
    return tuple(line for line in lines if line.pc in near and line.location.symbol == symbol)
