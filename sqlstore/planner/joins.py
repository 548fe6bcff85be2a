"""Joins: inner joins in the order of their paths, predicates where their sources are bound.

A *group* is a tree of joins and filters. It is taken apart into items (what is joined) and
predicates, and put together again, one item after the other: of the items that may come next the
one with the best path, the first in the text among equals. What an item brings is filtered at once.

Predicates that use nothing of the group are a *gate* before it: a filter of a single empty row, so
that nothing is read if one is not true. The predicates of a left join's ON are those of its right
side, which is a group of its own. So no join is left with a predicate.

Not here: items that are not tables (`sqlstore.planner.relations`).

Spec: docs/spec/sql.md, Q-80.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sqlstore.plan.predicates import conjuncts, is_known
from sqlstore.plan.relations import Filter, Join, JoinKind, OneRow, Scan, Values
from sqlstore.plan.walk import bound_sources
from sqlstore.planner.filters import filtered
from sqlstore.planner.paths import Level, Rank, best_path
from sqlstore.planner.rows import at_most_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation, SortKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A relation, and whether its rows come in the order that was asked for."""

    relation: Relation
    ordered: bool


class PlanItem(Protocol):
    """Plans an item that is not a table, with predicates on its rows and an order asked for."""

    def __call__(
        self, relation: Relation, predicates: Sequence[Expr], order: Sequence[SortKey], /
    ) -> Planned:
        """Return ``relation``, planned."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A relation that is joined; the right side of a left join has its ON as predicates, ``on``.

    ``place`` is that in the text. ``sources`` is what the relation binds.
    """

    relation: Relation
    kind: JoinKind
    place: int
    on: tuple[Expr, ...]
    sources: frozenset[int]


def plan_group(
    relation: Relation,
    predicates: Sequence[Expr],
    order: Sequence[SortKey],
    plan_item: PlanItem,
) -> Planned:
    """Return the group ``relation``, planned, with those rows for which ``predicates`` are true.

    ``order`` is asked for, not owed.

    Spec: Q-80.
    """
    items, own = _take_apart(relation)
    return _Group(items, [*own, *predicates], plan_item).put_together(order)


class _Group:
    """A group while it is put together.

    ``items``, ``predicates`` (in the order of the text) and ``pending`` (sources) are those still
    to come.
    """

    def __init__(
        self, items: Sequence[Item], predicates: Sequence[Expr], plan_item: PlanItem
    ) -> None:
        self.items = list(items)
        self.predicates = list(predicates)
        self.pending = frozenset[int]().union(*(item.sources for item in items))
        self.plan_item = plan_item

    def put_together(self, order: Sequence[SortKey]) -> Planned:
        """Join the items. Their order is that of the first of them that may have several rows."""
        tree = filtered(OneRow(), self._take_evaluable())
        ordered: bool | None = None
        while self.items:
            asked = order if ordered is None else ()
            item = min(self._eligible(), key=lambda one: (self._rank(one, asked), one.place))
            self.items.remove(item)
            self.pending -= item.sources
            # An order by what is joined later cannot be this item's.
            servable = all(is_known(key.value, self.pending) for key in asked)
            planned = self._plan(item, asked if servable else ())
            tree = _joined(item.kind, tree, planned.relation)
            if item.kind is JoinKind.LEFT:
                tree = filtered(tree, self._take_evaluable())
            if ordered is None and not at_most_one(planned.relation):
                ordered = servable and planned.ordered
        return Planned(relation=tree, ordered=ordered is not False)

    def _take_evaluable(self) -> list[Expr]:
        """Remove and return the predicates that need none of the pending sources."""
        taken = [one for one in self.predicates if is_known(one, self.pending)]
        self.predicates = [one for one in self.predicates if not is_known(one, self.pending)]
        return taken

    def _eligible(self) -> list[Item]:
        """Return the items that may come next: a left join when all to its left has come."""
        first = self.items[0]
        return [one for one in self.items if one is first or one.kind is JoinKind.INNER]

    def _rank(self, item: Item, order: Sequence[SortKey]) -> Rank:
        """Return how good a path there is to ``item``, given what has been joined."""
        match item.kind:
            case JoinKind.INNER:
                table, predicates = item.relation, self.predicates
            case JoinKind.LEFT:
                items, own = _take_apart(item.relation)
                table = items[0].relation if len(items) == 1 else item.relation
                predicates = [*own, *item.on]
        match table:
            case Scan():
                choice = best_path(table, predicates=predicates, pending=self.pending, order=order)
                return choice.rank
            case Values():
                return Rank(Level.NOTHING_READ)
            case _:
                return Rank(Level.DERIVED)

    def _plan(self, item: Item, order: Sequence[SortKey]) -> Planned:
        """Return ``item`` with the best path, filtered by what can be evaluated then."""
        if item.kind is JoinKind.LEFT:
            return plan_group(item.relation, item.on, order, self.plan_item)
        predicates = self._take_evaluable()
        match item.relation:
            case Scan() as scan:
                choice = best_path(scan, predicates=predicates, pending=item.sources, order=order)
                rest = (one for one in predicates if one not in choice.used)
                table = filtered(replace(scan, path=choice.path), rest)
                return Planned(relation=table, ordered=choice.ordered)
            case Values() as values:
                return Planned(relation=filtered(values, predicates), ordered=not order)
            case relation:
                return self.plan_item(relation, predicates, order)


def _take_apart(relation: Relation) -> tuple[list[Item], list[Expr]]:
    """Return the items and the predicates of a group, both in the order of the text.

    A single empty row is no item: joined with others it changes nothing.
    """
    items: list[Item] = []
    predicates: list[Expr] = []

    def add(relation: Relation, kind: JoinKind, on: tuple[Expr, ...]) -> None:
        sources = bound_sources(relation)
        items.append(Item(relation=relation, kind=kind, place=len(items), on=on, sources=sources))

    def visit(relation: Relation) -> None:
        match relation:
            case Filter():
                visit(relation.input)
                predicates.extend(conjuncts(relation.predicate))
            case Join():
                on = () if relation.on is None else conjuncts(relation.on)
                visit(relation.left)
                if relation.kind is JoinKind.LEFT:
                    add(relation.right, JoinKind.LEFT, on)
                else:
                    visit(relation.right)
                    predicates.extend(on)
            case OneRow():
                pass
            case _:
                add(relation, JoinKind.INNER, ())

    visit(relation)
    return items, predicates


def _joined(kind: JoinKind, left: Relation, right: Relation) -> Relation:
    """Join two relations; a single empty row on the left changes nothing, but for a left join."""
    if kind is JoinKind.INNER and left == OneRow():
        return right
    return Join(kind=kind, left=left, right=right, on=None)
