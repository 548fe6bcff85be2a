"""Names of statements, as functions are called. Spec: docs/spec/sql.md, Q-30, Q-70."""

from __future__ import annotations

import re

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """Return a name in lower case, words joined by ``_``: ``MoveUnit`` is ``move_unit``."""
    return _WORD_START.sub("_", name).lower()
