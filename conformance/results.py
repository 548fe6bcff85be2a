"""What running a case comes to, whoever runs it.

Not here: who runs it (`conformance.runners`, `conformance.child`), how it is shown (`cli.vectors`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Outcome(Enum):
    """What became of a case. All but the first two are failures."""

    PASSED = "passed"
    SKIPPED = "skipped"
    DIFFERS = "differs"
    MALFORMED = "malformed answer"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    FLOODED = "too much output"
    ABANDONED = "abandoned"

    @property
    def failed(self) -> bool:
        """Whether the case counts as a failure."""
        return self not in {Outcome.PASSED, Outcome.SKIPPED}

    @property
    def lost(self) -> bool:
        """Whether the implementation could not go on after the case."""
        return self.failed and self is not Outcome.DIFFERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one case. ``actual`` is what was answered, as far as it was JSON.

    ``detail`` is one line for people; ``stderr`` is what the implementation last said there;
    ``milliseconds`` is how long the answer took.
    """

    id: str
    outcome: Outcome
    expected: Mapping[str, Any]
    actual: object = None
    detail: str = ""
    stderr: str = ""
    milliseconds: float = 0.0
    request: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases of one function passed, failed and were skipped."""

    function: str
    passed: int
    failed: int
    skipped: int

    @property
    def cases(self) -> int:
        """All of them."""
        return self.passed + self.failed + self.skipped


def summary(results: Iterable[Result]) -> list[Count]:
    """Return the counts by function, in the order in which functions come first."""
    found: dict[str, Counter[str]] = {}
    for result in results:
        counter = found.setdefault(result.id.rpartition("/")[0], Counter())
        counter["failed" if result.outcome.failed else result.outcome.value] += 1
    return [
        Count(name, counter["passed"], counter["failed"], counter["skipped"])
        for name, counter in found.items()
    ]


def total(counts: Sequence[Count]) -> Count:
    """Return the sum of counts."""
    return Count(
        "total",
        sum(count.passed for count in counts),
        sum(count.failed for count in counts),
        sum(count.skipped for count in counts),
    )
