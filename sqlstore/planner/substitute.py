"""Columns of a derived relation, replaced by the expressions that they stand for.

Spec: docs/spec/sql.md, Q-63, Q-80.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlstore.plan.expressions import ColumnRef
from sqlstore.plan.predicates import has_subquery
from sqlstore.plan.walk import columns_of, rebuild

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlstore.plan.expressions import Expr


def substitute(expr: Expr, columns: Mapping[int, Sequence[Expr]]) -> Expr:
    """Return ``expr`` with each column of a source in ``columns`` replaced by its expression.

    Spec: Q-80.
    """
    return rebuild(expr, lambda node: replacement(node, columns))


def replacement(node: Expr, columns: Mapping[int, Sequence[Expr]]) -> Expr:
    """Return what stands for ``node``, which is itself unless it is a column of ``columns``.

    A column that may be NULL where it is used (behind a left join) stays one.
    """
    if not isinstance(node, ColumnRef) or node.source not in columns:
        return node
    expr = columns[node.source][node.column]
    if isinstance(expr, ColumnRef):
        return replace(expr, nullable=expr.nullable or node.nullable)
    return expr


def can_substitute(expr: Expr, source: int, columns: Sequence[Expr]) -> bool:
    """Whether the columns of ``source`` in ``expr`` may be replaced by their expressions.

    An expression with a subquery is not copied: its sources would be bound twice.
    """
    used = (column for one, column in columns_of(expr) if one == source)
    return not any(has_subquery(columns[column]) for column in used)
