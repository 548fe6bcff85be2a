"""Forms of one thing: expressions in parentheses, numbers behind signs.

Spec: docs/spec/sql.md, Q-40, Q-41. Not here: what they mean (`sqlstore.bind.expressions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlstore.bind.parse import syntax

if TYPE_CHECKING:
    from sqlstore.bind.parse.syntax import Expression


def bare(tree: Expression) -> Expression:
    """Return ``tree`` without parentheses around it.

    Spec: Q-40.
    """
    while isinstance(tree, syntax.Paren):
        tree = tree.operand
    return tree


def signed_number(tree: Expression) -> str | None:
    """Return the number that ``tree`` is, with its sign: PostgreSQL takes ``-2147483648`` as one.

    Spec: Q-41.
    """
    negative, inside = False, bare(tree)
    while isinstance(inside, syntax.Unary) and inside.operator == "-":
        negative, inside = not negative, bare(inside.operand)
    if not isinstance(inside, syntax.NumberLiteral):
        return None
    return "-" + inside.text if negative else inside.text
