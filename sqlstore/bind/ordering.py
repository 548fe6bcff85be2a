"""ORDER BY: which output, or which expression, a key is.

Spec: docs/spec/sql.md, Q-40. Not here: expressions over the input (`sqlstore.bind.selects`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlstore.bind.parse import syntax
from sqlstore.bind.parse.forms import bare, signed_number
from sqlstore.bind.terms import Term
from sqlstore.errors import (
    AmbiguousColumn,
    FeatureNotSupported,
    InvalidColumnReference,
    InvalidSyntax,
    UndefinedColumn,
)
from sqlstore.plan.relations import SortKey
from sqlstore.types import INTEGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.bound import OutputColumn
    from sqlstore.bind.context import Context
    from sqlstore.plan.expressions import Expr


@dataclass(frozen=True, slots=True)
class Ordering:
    """Finds keys among the outputs of one query."""

    context: Context
    columns: Sequence[OutputColumn]

    def by_output(self, key: syntax.OrderKey) -> SortKey:
        """Return the key of VALUES or UNION: an output's name or ordinal.

        Raises `UndefinedColumn`, `FeatureNotSupported`.

        Spec: Q-40.
        """
        tree = bare(key.expression)
        at = self.output(tree, "ORDER BY")
        if at is not None:
            term = self.columns[at].term
            assert isinstance(term, Term), "columns of VALUES and UNION have types"
            return sort_key(key, term.expr)
        if isinstance(tree, syntax.Column):
            raise self.context.source.error(
                UndefinedColumn, f'there is no output column "{tree.name.text}"', tree.at
            )
        raise self.context.source.error(
            FeatureNotSupported,
            "ORDER BY of VALUES or UNION takes names and numbers of output columns",
            tree.at,
            "write SELECT … FROM (…) AS u ORDER BY …",
        )

    def output(self, tree: syntax.Expression, clause: str) -> int | None:
        """Return the output that a name or ordinal means, None if ``tree`` is neither.

        Raises `AmbiguousColumn`, `InvalidColumnReference`, `InvalidSyntax`.

        Spec: Q-40.
        """
        match tree:
            case syntax.Column(table=None):
                return self._named(tree, clause)
            case syntax.NumberLiteral() | syntax.Unary():
                number = signed_number(tree)
                return None if number is None else self._ordinal(number, tree.at, clause)
            case syntax.StringLiteral() | syntax.KeywordLiteral():
                raise self._constant(tree.at, clause)
            case _:
                return None

    def _named(self, tree: syntax.Column, clause: str) -> int | None:
        found = [at for at, one in enumerate(self.columns) if one.name == tree.name.text]
        values = [self.columns[at].term for at in found]
        if any(_value(one) != _value(values[0]) for one in values):
            raise self.context.source.error(
                AmbiguousColumn,
                f'several output columns have the name "{tree.name.text}"',
                tree.at,
                f"write the column's number in {clause}",
            )
        return found[0] if found else None

    def _constant(self, at: int, clause: str) -> InvalidSyntax:
        return self.context.source.error(InvalidSyntax, f"a constant in {clause} is no column", at)

    def _ordinal(self, text: str, at: int, clause: str) -> int:
        if not text.removeprefix("-").isdigit() or int(text) > INTEGER.greatest:
            raise self._constant(at, clause)
        number = int(text)
        if not 1 <= number <= len(self.columns):
            raise self.context.source.error(
                InvalidColumnReference, f"{clause} {number} is no column of the list", at
            )
        return number - 1


def _value(term: object) -> object:
    return term.expr if isinstance(term, Term) else term


def sort_key(key: syntax.OrderKey, value: Expr) -> SortKey:
    """Return ``value`` as the key that ``key`` describes.

    Spec: Q-40.
    """
    return SortKey(value=value, descending=key.descending, nulls_first=key.nulls_first)
