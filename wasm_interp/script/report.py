"""What a script comes to: counts, and a line for everything that did not pass.

Counted are assertions, and whatever else goes wrong: a module or a plain action that should have
worked and did not. A module that is refused is not counted itself; its assertions are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum


class Verdict(Enum):
    """What an assertion comes to."""

    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"
    """Not in the profile, or not known to this runner."""

    SKIPPED = "skipped"
    """About the text format, or decided by one of the profile's limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Something that did not pass, and why."""

    line: int
    command: str
    verdict: Verdict
    reason: str

    @property
    def kind(self) -> str:
        """The reason's first words: ``P-4``, ``text format``, ``limit``."""
        return self.reason.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMismatch:
    """A module was rightly refused, but in other words than the suite's."""

    line: int
    command: str
    expected: str
    actual: str


@dataclass(slots=True, kw_only=True)
class Report:
    """The verdicts of one script.

    ``modules`` were instantiated; ``modules_refused`` were not, because of the profile.
    ``error`` is set if the script could not be read, ``needs`` if something must be installed.
    """

    file: str
    passed: int = 0
    failed: int = 0
    refused: int = 0
    skipped: int = 0
    modules: int = 0
    modules_refused: int = 0
    details: list[Detail] = field(default_factory=list)
    message_mismatches: list[MessageMismatch] = field(default_factory=list)
    error: str | None = None
    needs: str | None = None

    def count(self, verdict: Verdict, *, line: int, command: str, reason: str = "") -> None:
        """Count a verdict; all but a pass leave a detail."""
        match verdict:
            case Verdict.PASSED:
                self.passed += 1
                return
            case Verdict.FAILED:
                self.failed += 1
            case Verdict.REFUSED:
                self.refused += 1
            case Verdict.SKIPPED:
                self.skipped += 1
        detail = Detail(line=line, command=command, verdict=verdict, reason=reason)
        self.details.append(detail)

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON has it."""
        return {
            "file": self.file,
            "passed": self.passed,
            "failed": self.failed,
            "refused": self.refused,
            "skipped": self.skipped,
            "modules": self.modules,
            "modules_refused": self.modules_refused,
            "error": self.error,
            "needs": self.needs,
            "details": [
                {**asdict(entry), "verdict": entry.verdict.value} for entry in self.details
            ],
            "message_mismatches": [asdict(entry) for entry in self.message_mismatches],
        }
