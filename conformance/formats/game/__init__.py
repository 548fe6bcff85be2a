"""Games: transcripts of the dispute game, call by call, and what a chain keeps after each.

Signatures and drivers need the extra `evm`, so all but the shapes is imported when it is used: the
other formats do without.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bisection.expansion import ARITY_MAX, ARITY_MIN, segment_ends
from bisection.game_errors import ArityOutOfRange
from conformance.errors import ImplementationUnusable, MalformedVector
from conformance.format import Case, Format, Function, VectorSet
from conformance.formats.game.shapes import PLAY, PLAYED
from conformance.shapes import U32, ListOf, Number, Record


def expansion(*, low: int, high: int, arity: int) -> tuple[int, ...]:
    """Return the ends of the segments of a stretch."""
    if not ARITY_MIN <= arity <= ARITY_MAX:
        raise ArityOutOfRange(arity=arity)
    if low >= high:
        raise MalformedVector(f"there is no stretch from {low} to {high}")
    return segment_ends(low, high, arity=arity)


def play(**asked: Any) -> dict[str, Any]:
    """Return what became of each call, and what is owed in the end."""
    with _signatures():
        from conformance.formats.game import replay

        return replay.play(**asked)


def generate(kind: VectorSet) -> Iterator[Case]:
    """Yield the cases of both functions."""
    with _signatures():
        from conformance.formats.game import acceptances, cases, refused

        for generator in (*cases.GENERATORS, *refused.GENERATORS, *acceptances.GENERATORS):
            yield from generator(kind)


@contextmanager
def _signatures() -> Iterator[None]:
    """Raise `ImplementationUnusable` where the packages that games need are not installed."""
    try:
        yield
    except ImportError as error:
        raise ImplementationUnusable(
            f"games have signatures, which need the extra `evm`: no package {error.name}"
        ) from None


GAME_FORMAT: Final = Format(
    name="game",
    version="1.0.0",
    title="Game",
    functions=(
        Function(
            name="expansion",
            comment="The ends of the segments that a stretch of turns or steps is cut into.",
            rules=("G-1", "G-8"),
            input=Record({"low": U32, "high": U32, "arity": Number(255)}),
            output=ListOf(U32, most=ARITY_MAX + 1),
            run=expansion,
            errors=(ArityOutOfRange,),
        ),
        Function(
            name="play",
            comment="What becomes of the calls about one game, and what is kept after each.",
            rules=(
                *(f"G-{n}" for n in (*range(1, 18), 22)),
                *("C-3", "C-7", "C-9", "C-10", "C-13"),
            ),
            input=PLAY,
            output=PLAYED,
            run=play,
        ),
    ),
    generators=(generate,),
)
