"""Which turn of a claimed history an honest challenger disputes.

1. *Standing.* At each end of a segment the asserter shows a log and its rows. Both are the
   challenger's own (`OWN`); or the log is and the rows are not (`OTHER_ROWS`); or the log is none
   that the challenger knows (`OTHER_LOG`).
2. *Logs only grow.* So no turn leads from another log to the challenger's own: it cannot be opened.
3. *Own turns.* A turn of the challenger's needs its signature over the log before, which it has
   given once and over its own log. So no turn of its own stands in another log.
4. *One run.* From its own log and rows to its own log and other rows leads a message that it knows,
   and a run that it can make: some step of that is false.
5. Then only one way is left to leave its own history: by a message of somebody else's, after the
   last that the challenger has signed. It may be true, and must be opened to be known. If it
   proves true, the challenger accepts it: then it is a turn of its own history (G-22).

By 2 to 4 a segment is *false whatever the asserter still has to say*; each of its cuts leaves one
that is. The challenger takes such a segment where there is one, and one by 5 where there is none.

Not here: steps, moves (`bisection.players.honest`).

Spec: docs/spec/game.md, G-20. Mirror: none, contracts do not play.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bisection.game import Address
    from bisection.players.knowledge import Knowledge
    from bisection.points import TurnPoint


class Standing(Enum):
    """How what is claimed after a turn stands to what a challenger knows."""

    OWN = "own log and rows"
    OTHER_ROWS = "own log, other rows"
    OTHER_LOG = "another log"


def standing(knowledge: Knowledge, turn: int, point: TurnPoint) -> Standing:
    """Return how ``point`` stands, that is claimed after ``turn``."""
    if point.log_root != knowledge.log_root(turn):
        return Standing.OTHER_LOG
    return Standing.OWN if point.db_root == knowledge.root(turn) else Standing.OTHER_ROWS


def disputed_segment(
    knowledge: Knowledge,
    challenger: Address,
    *,
    ends: Sequence[int],
    points: Sequence[TurnPoint],
) -> int | None:
    """Return the segment that ``challenger`` disputes, None if it can vouch for all points.

    ``points`` are claimed after the turns ``ends``. Spec: G-20.
    """
    stands = [standing(knowledge, *end) for end in zip(ends, points, strict=True)]
    own_turns = [has_turn_of(knowledge, challenger, *stretch) for stretch in pairwise(ends)]
    return chosen_segment(stands, own_turns)


def chosen_segment(stands: Sequence[Standing], own_turns: Sequence[bool]) -> int | None:
    """Return the first segment that is false, else the first unknown one, None if there is none.

    ``stands`` are the standings of all ends, ``own_turns`` whether a segment has an own turn.
    """
    segments = list(zip(pairwise(stands), own_turns, strict=True))
    false = (at for at, (kinds, own) in enumerate(segments) if is_false(*kinds, own_turn=own))
    unknown = (
        at for at, (kinds, _) in enumerate(segments) if kinds == (Standing.OWN, Standing.OTHER_LOG)
    )
    return next(false, next(unknown, None))


def is_false(low: Standing, high: Standing, *, own_turn: bool) -> bool:
    """Return whether a segment is false whatever the asserter still says of it.

    ``own_turn`` is whether a turn of the challenger's is in it.
    """
    match low, high:
        case Standing.OTHER_LOG, Standing.OTHER_LOG:
            return own_turn
        case Standing.OTHER_LOG, _:
            return True
        case _:
            return low is Standing.OWN and high is Standing.OTHER_ROWS


def has_turn_of(knowledge: Knowledge, participant: Address, low: int, high: int) -> bool:
    """Return whether a turn after ``low``, up to ``high``, is the participant's. Spec: C-3."""
    count = len(knowledge.participants)
    index = knowledge.participants.index(participant)
    return low + (index - low) % count + 1 <= high
