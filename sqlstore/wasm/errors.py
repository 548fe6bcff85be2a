"""Errors of the language, which are bugs of ours, and of linking."""

from __future__ import annotations

from wasm_interp.errors import LinkError


class LanguageError(AssertionError):
    """A source does not compile: what stands in ``line`` of ``source`` has no meaning."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}:{line}: {reason}")
        self.source = source
        self.line = line


class StatementUnknown(LinkError):
    """A module imports from ``sql`` what is no statement of queries.sql. Spec: Q-95."""


class StatementTypeMismatch(LinkError):
    """A module imports a statement with another type than it has. Spec: Q-70, Q-71."""


class MemoryMissing(LinkError):
    """A module imports statements and has no memory for their arena. Spec: Q-73."""


class AlreadyLinked(LinkError):
    """A module that is to be linked carries SQL already. Spec: Q-95."""


class SqlMissing(LinkError):
    """A module carries no SQL. Spec: Q-96."""


class LinkedCodeDiffers(LinkError):
    """A statement's function is not what the module's own SQL compiles to. Spec: Q-97."""
