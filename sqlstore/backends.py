"""What both back ends keep to: the executor (`sqlstore.execute`) and the code generator.

Spec: docs/spec/sql.md, Q-64, Q-71. Not here: schemas (`sqlstore.schema`), plans (`sqlstore.plan`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlstore.schema import Key

if TYPE_CHECKING:
    from sqlstore.schema import Table

ARGUMENT_BYTES_MAX: Final = 4_096
"""The most bytes of a text or byte string that is passed. Spec: Q-71."""

CHECKED_SOURCE: Final = 0
"""The source of a row in the CHECKs of its table."""


def unique_keys(table: Table) -> tuple[Key, ...]:
    """Return the unique keys of ``table`` in the order of their checks. Spec: Q-64."""
    return (Key(None), *(Key(index) for index in table.indexes if index.unique))
