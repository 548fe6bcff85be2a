"""Steps: relations as readers and programs are shown them.

What consumes rows stands above what makes them; the inputs of a join stand in the order in which
they are read, the later once for each row of the earlier.

Spec: docs/spec/sql.md, Q-80 to Q-84. Not here: statements (`sqlstore.planner.explain`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, assert_never

from sqlstore.keys import key_columns
from sqlstore.plan.expressions import Comparison
from sqlstore.plan.relations import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Project,
    Scan,
    Sort,
    Union,
    Values,
)
from sqlstore.plan.show import show, show_call, show_key
from sqlstore.plan.walk import inputs
from sqlstore.planner.costs import scan_cost
from sqlstore.planner.rows import input_limits
from sqlstore.schema import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.naming import StatementNaming
    from sqlstore.plan.relations import Bound, Path, Relation
    from sqlstore.planner.rows import RowLimit

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

INDENT = "  "

VALUES_SHOWN_MAX = 4
"""Rows of VALUES that are printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a plan: ``text`` for readers, ``kind`` and ``facts`` for programs."""

    kind: str
    text: str
    facts: Mapping[str, Json] = field(default_factory=dict)
    inputs: tuple[Step, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the lines of this step and of those below it."""
        yield INDENT * depth + self.text
        for step in self.inputs:
            yield from step.lines(depth + 1)

    def data(self) -> dict[str, Json]:
        """Return this step and those below it as JSON has them."""
        below: list[Json] = [step.data() for step in self.inputs]
        return {"step": self.kind, **self.facts, **({"inputs": below} if below else {})}


@dataclass(frozen=True, slots=True)
class Steps:
    """Makes steps of the relations of one statement, whose sources ``naming`` knows."""

    naming: StatementNaming

    def relation(self, relation: Relation, limit: RowLimit | None = None) -> Step:
        """Return the step of ``relation``, planned, under ``limit``.

        Spec: Q-80.
        """
        below = tuple(
            self.relation(one, under)
            for one, under in zip(inputs(relation), input_limits(relation, limit), strict=True)
        )
        match relation:
            case Scan():
                return self._scan(relation, limit)
            case Join():
                return self._join(relation, below)
            case Filter():
                return self._filter(relation, below)
            case _:
                kind, text, facts = self._other(relation)
                return Step(kind=kind, text=text, facts=facts, inputs=below)

    def texts(self, expressions: Iterable[Expr]) -> list[Json]:
        """Return ``expressions`` as SQL."""
        return [show(one, self.naming) for one in expressions]

    def _other(  # noqa: PLR0911
        self, relation: Values | OneRow | Project | Aggregate | Sort | Distinct | Limit | Union
    ) -> tuple[str, str, dict[str, Json]]:
        """Return kind, text and facts of a relation."""
        match relation:
            case OneRow():
                return "row", "a single row", {}
            case Values():
                rows = [f"({listed(self.texts(row))})" for row in relation.rows]
                more = ["…"] if len(rows) > VALUES_SHOWN_MAX else []
                shown = ", ".join([*rows[:VALUES_SHOWN_MAX], *more])
                return "values", f"values {shown}", {"rows": list(rows)}
            case Project():
                columns = self.texts(relation.expressions)
                return "compute", f"compute {listed(columns)}", {"columns": columns}
            case Aggregate():
                return self._aggregate(relation)
            case Sort():
                keys: list[Json] = [show_key(key, self.naming) for key in relation.keys]
                return "sort", f"sort by {listed(keys)}", {"keys": keys}
            case Distinct():
                return "distinct", "distinct", {}
            case Limit():
                return self._limit(relation)
            case Union():
                return "union", "union all", {}
            case _:
                assert_never(relation)

    def _aggregate(self, relation: Aggregate) -> tuple[str, str, dict[str, Json]]:
        keys = self.texts(relation.keys)
        calls: list[Json] = [show_call(call, self.naming) for call in relation.aggregates]
        by = f"group by {listed(keys)}" if keys else "aggregate"
        separator = ": " if keys and calls else " " if calls else ""
        return "aggregate", f"{by}{separator}{listed(calls)}", {"keys": keys, "aggregates": calls}

    def _limit(self, relation: Limit) -> tuple[str, str, dict[str, Json]]:
        facts: dict[str, Json] = {}
        if relation.count is not None:
            facts["limit"] = show(relation.count, self.naming)
        if relation.offset is not None:
            facts["offset"] = show(relation.offset, self.naming)
        return "limit", " ".join(f"{name} {rows}" for name, rows in facts.items()), facts

    def _filter(self, relation: Filter, below: tuple[Step, ...]) -> Step:
        """Return a filter, together with those right below it; before any table it is a gate."""
        predicate = show(relation.predicate, self.naming)
        inner = below[0]
        predicates: list[Json] = [predicate]
        if inner.kind in ("filter", "gate"):
            earlier = inner.facts["predicates"]
            assert isinstance(earlier, list), "a filter has a list of predicates"
            predicates = [*earlier, predicate]
            below = inner.inputs
        is_gate = inner.kind in ("row", "gate")
        kind, word = ("gate", "only if") if is_gate else ("filter", "where")
        text = f"{word} {' and then '.join(map(str, predicates))}"
        return Step(
            kind=kind, text=text, facts={"predicates": predicates}, inputs=() if is_gate else below
        )

    def _join(self, relation: Join, below: tuple[Step, ...]) -> Step:
        """Return a join; inner joins without predicates, as plans have them, are one."""
        kind = "left join" if relation.kind is JoinKind.LEFT else "join"
        if relation.on is not None:
            on = show(relation.on, self.naming)
            return Step(kind=kind, text=f"{kind} on {on}", facts={"on": on}, inputs=below)
        left, right = below
        if (kind, left.kind, left.text) == ("join", "join", "join"):
            below = (*left.inputs, right)
        return Step(kind=kind, text=kind, inputs=below)

    def _scan(self, scan: Scan, limit: RowLimit | None) -> Step:
        path = scan.path
        assert path is not None, "a plan has a path for every table"
        key = scan.table.key_name(Key(path.index))
        conditions = self._conditions(scan, path)
        rows_max = scan_cost(path, limit).rows
        reads_row = path.fetch
        label = self.naming.table(scan.source)
        called = "" if label == scan.table.name else f" as {label}"
        text = (
            f"{scan.table.name}{called} by {key}"
            + (" backward" if path.backward else "")
            + (f": {listed(conditions)}" if conditions else "")
            + f", at most {rows_max} {'row' if rows_max == 1 else 'rows'}"
            + (" (else 54000)" if path.rows_max is not None else "")
            + ("" if reads_row else ", of the key alone")
        )
        facts: dict[str, Json] = {
            "table": scan.table.name,
            "name": label,
            "key": key,
            "conditions": conditions,
            "backward": path.backward,
            "unique": path.unique,
            "rows_max": rows_max,
            "checked": path.rows_max is not None,
            "reads_row": reads_row,
            "columns": [scan.table.columns[column].name for column in scan.columns],
        }
        return Step(kind="scan", text=text, facts=facts)

    def _conditions(self, scan: Scan, path: Path) -> list[Json]:
        """Return what the path says of the key's columns."""
        columns = key_columns(scan.table, path.index)
        names = [self.naming.column(scan.source, column) for column in columns]
        found: list[Json] = [
            f"{name} = {show(value, self.naming)}"
            for name, value in zip(names, path.equal, strict=False)
        ]
        if path.low is not None:
            found.append(self._bound(names[len(path.equal)], path.low, lower=True))
        if path.high is not None:
            found.append(self._bound(names[len(path.equal)], path.high, lower=False))
        return found

    def _bound(self, name: str, bound: Bound, *, lower: bool) -> str:
        strict = Comparison.GT if lower else Comparison.LT
        inclusive = Comparison.GE if lower else Comparison.LE
        operator = inclusive if bound.inclusive else strict
        return f"{name} {operator.value} {show(bound.value, self.naming)}"


def listed(texts: Iterable[Json]) -> str:
    """Return ``texts``, a comma between them."""
    return ", ".join(map(str, texts))
