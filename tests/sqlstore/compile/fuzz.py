"""Random schemas and statements, as texts, for compiled code that is held to the executor.

What is drawn most is what code generation can get wrong and PostgreSQL has no opinion on: constants
beside columns, NULL everywhere, NUMERIC of several scales, assignments that read other assigned
columns, rows read from sorts, subqueries and the table itself. What the binder or planner refuses
is passed over.

    python -m tests.sqlstore.compile.fuzz SECONDS [SEED]

draws for so long, and says of every failure by which seed it comes again.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from random import Random

from sqlstore.errors import SqlError
from sqlstore.types import Kind, SqlType, Value
from tests.sqlstore.compile.project import Project

COLUMNS = {
    "small": ("SMALLINT", ("0", "1", "-1", "7", "32767", "-32768")),
    "int": ("INTEGER", ("0", "1", "-1", "5", "2147483647", "-2147483648")),
    "big": ("BIGINT", ("0", "1", "-3", "9223372036854775807", "40000000000")),
    "num": ("NUMERIC(5, 2)", ("0", "1.50", "-2.25", "999.99", "-0.01")),
    "tenth": ("NUMERIC(4, 1)", ("0", "1.5", "-2.5", "999.9", "7")),
    "bool": ("BOOLEAN", ("true", "false")),
    "text": ("TEXT", ("''", "'a'", "'ab'", "'x%'", "'7'")),
    "name": ("VARCHAR(3)", ("''", "'b'", "'abc'")),
    "bytes": ("BYTEA", ("''", "'\\x00'", "'\\x01ff'")),
}
NUMBERS = ("small", "int", "big", "num", "tenth")
TEXTS = ("text", "name")
TRIES = 40
STATEMENTS = 10
CALLS = 6


class Draw:
    """One schema, and statements over it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.columns: dict[str, dict[str, str]] = {}
        self.schema = "".join(self._table(name) for name in ("t", "u"))
        self.scope: list[tuple[str, str]] = []
        self._sources = 0

    def _table(self, name: str) -> str:
        pick = self.random
        keys = {"id": "int"}
        if pick.random() < 0.4:
            keys = {"id": pick.choice(("int", "small", "big", "num", "text", "bytes"))}
        if pick.random() < 0.3:
            keys["id2"] = pick.choice(("int", "num", "name", "bool"))
        columns = dict(keys)
        lines = [f"{key} {COLUMNS[kind][0]}" for key, kind in keys.items()]
        for at in range(pick.randint(2, 6)):
            kind = pick.choice(tuple(COLUMNS))
            columns[f"c{at}"] = kind
            null = " NOT NULL" if pick.random() < 0.25 else ""
            lines.append(f"c{at} {COLUMNS[kind][0]}{null}")
        others = [one for one in columns if one not in keys]
        lines.append(f"PRIMARY KEY ({', '.join(keys)})")
        if pick.random() < 0.4:
            lines.append(f"UNIQUE ({', '.join(pick.sample(others, pick.randint(1, 2)))})")
        self.columns[name] = columns
        text = f"CREATE TABLE {name} ({', '.join(lines)});\n"
        for at in range(pick.randint(0, 2)):
            of = ", ".join(pick.sample(others, pick.randint(1, 2)))
            text += f"CREATE INDEX {name}_i{at} ON {name} ({of});\n"
        return text

    # -- expressions ------------------------------------------------------------------------------

    def see(self, *sources: tuple[str, str]) -> None:
        """Let expressions use the columns of tables under names: (name, table)."""
        self.scope = [
            (f"{name}.{column}", kind)
            for name, table in sources
            for column, kind in self.columns[table].items()
        ]

    def leaf(self, kind: str) -> str:
        pick = self.random
        known = [name for name, one in self.scope if one == kind]
        if known and pick.random() < 0.7:
            return pick.choice(known)
        if pick.random() < 0.1:
            return f"CAST(NULL AS {COLUMNS[kind][0]})"
        constant = pick.choice(COLUMNS[kind][1])
        return constant if pick.random() < 0.6 else f"CAST({constant} AS {COLUMNS[kind][0]})"

    def value(self, kind: str, depth: int) -> str:
        """An expression that may be assigned to a column of ``kind``, or compared with one."""
        pick = self.random
        if depth == 0 or pick.random() < 0.2:
            return self.leaf(kind)
        match pick.randint(0, 9):
            case 0:
                return f"coalesce({self.value(kind, depth - 1)}, {self.value(kind, depth - 1)})"
            case 1:
                when = self.condition(depth - 1)
                then, otherwise = self.value(kind, depth - 1), self.leaf(kind)
                return f"CASE WHEN {when} THEN {then} ELSE {otherwise} END"
            case 2 if kind != "bytes":
                return f"nullif({self.value(kind, depth - 1)}, {self.leaf(kind)})"
            case 3 if kind not in ("bytes", "bool"):
                word = pick.choice(("greatest", "least"))
                return f"{word}({self.value(kind, depth - 1)}, {self.leaf(kind)})"
            case 4:
                return f"({self.subquery(kind)})"
            case _:
                return self._operation(kind, depth - 1)

    def _operation(self, kind: str, depth: int) -> str:
        pick = self.random
        if kind == "bool":
            return self.condition(depth)
        if kind in TEXTS:
            other = pick.choice(tuple(COLUMNS))
            form = pick.choice(
                (
                    f"{self.value('text', depth)} || {self.value('text', depth)}",
                    f"substr({self.value('text', depth)}, {self.value('int', 0)}, 2)",
                    f"upper({self.value('text', depth)})",
                    f"CAST({self.value(other, depth)} AS {COLUMNS[kind][0]})",
                )
            )
            return f"CAST({form} AS {COLUMNS[kind][0]})" if kind == "name" else f"({form})"
        if kind == "bytes":
            return f"({self.value(kind, depth)} || {self.value(kind, depth)})"
        other = kind if pick.random() < 0.5 else pick.choice(NUMBERS)
        left, right = self.value(kind, depth), self.value(other, depth)
        form = pick.choice(
            (
                *(f"({left} {sign} {right})" for sign in "+-*%"),
                *(f"(-({left}))", f"abs({left})", f"(({left} + {self.leaf(kind)}) * {right})"),
                *(f"({left} / {right})", f"({right} - ({left} + {self.leaf(kind)}))"),
            )
        )
        return f"CAST({form} AS {COLUMNS[kind][0]})"

    def condition(self, depth: int) -> str:
        pick = self.random
        if depth <= 0:
            kind = pick.choice(tuple(COLUMNS))
            sign = pick.choice(("=", "<>", "<", ">="))
            return f"({self.leaf(kind)} {sign} {self.leaf(kind)})"
        kind = pick.choice(tuple(COLUMNS))
        one, other = self.value(kind, depth - 1), self.value(kind, depth - 1)
        return pick.choice(
            (
                f"({one} IS {pick.choice(('', 'NOT '))}NULL)",
                f"(({one} IS NULL) = {self.condition(depth - 1)})",
                f"({one} IS DISTINCT FROM {other})",
                f"({self.condition(depth - 1)} AND {self.condition(depth - 1)})",
                f"({self.condition(depth - 1)} OR {self.condition(depth - 1)})",
                f"(NOT {self.condition(depth - 1)})",
                f"({self.condition(depth - 1)} IS NOT TRUE)",
                f"({one} IN ({other}, {self.leaf(kind)}))",
                f"({one} = {other})",
                f"({one} < {other})",
                f"({one} {pick.choice(('IN', 'NOT IN'))} ({self.subquery(kind, several=True)}))",
                f"EXISTS ({self.subquery(kind, several=True)})",
            )
        )

    def subquery(self, kind: str, *, several: bool = False) -> str:
        """A subquery over a table, whose WHERE and value may use what is outside."""
        pick = self.random
        outside, self._sources = list(self.scope), self._sources + 1
        name, table = f"s{self._sources}", pick.choice(("t", "u"))
        self.scope = [
            *outside,
            *((f"{name}.{column}", one) for column, one in self.columns[table].items()),
        ]
        value = self.value(kind, 1)
        own = pick.choice(list(self.columns[table]))
        test = f"{name}.{own} = {self.leaf(self.columns[table][own])}"
        if pick.random() < 0.4:
            test += f" AND {self.condition(1)}"
        self.scope = outside
        order = ", ".join(f"{name}.{key}" for key in self.columns[table])
        if several:
            return f"SELECT {value} FROM {table} {name} WHERE {test}"
        if pick.random() < 0.3 and kind not in ("bool", "bytes", "name"):
            return f"SELECT max({value}) FROM {table} {name} WHERE {test}"
        return f"SELECT {value} FROM {table} {name} WHERE {test} ORDER BY {order} LIMIT 1"

    # -- statements -------------------------------------------------------------------------------

    def some(self, count: int) -> str:
        """A few expressions with names."""
        kinds = self.random.choices(tuple(COLUMNS), k=count)
        return ", ".join(f"{self.value(kind, 3)} AS x{at}" for at, kind in enumerate(kinds))

    def assignments(self, table: str) -> str:
        columns = self.columns[table]
        names = self.random.sample(list(columns), self.random.randint(1, min(3, len(columns))))
        if self.random.random() < 0.8:
            names = [name for name in names if not name.startswith("id")] or ["c0"]
        return ", ".join(f"{name} = {self._assigned(columns[name])}" for name in names)

    def _assigned(self, kind: str) -> str:
        return "DEFAULT" if self.random.random() < 0.05 else self.value(kind, 3)

    def key(self, table: str, *, name: str = "") -> str:
        keys = [one for one in self.columns[table] if one.startswith("id")]
        prefix = f"{name}." if name else ""
        return " AND ".join(f"{prefix}{key} = ${at}" for at, key in enumerate(keys, 1))

    def statement(self) -> str:
        pick = self.random
        table = pick.choice(("t", "u"))
        keys = [one for one in self.columns[table] if one.startswith("id")]
        command = pick.choice((":one", ":many"))
        self.see((table, table))
        returning = f" RETURNING {pick.choice(('*', self.some(2)))}"
        if pick.random() < 0.3:
            command, returning = ":execrows", ""
        head = f"-- name: Test {command}\n-- scan: 60\n"
        match pick.randint(0, 6):
            case 0 | 1:
                where = self.key(table)
                if pick.random() < 0.4:
                    where = f"id >= $1 AND {self.condition(2)}"
                return (
                    f"{head}UPDATE {table} SET {self.assignments(table)} WHERE {where}{returning};"
                )
            case 2:
                return f"{head}DELETE FROM {table} WHERE {self.condition(2)}{returning};"
            case 3:
                self.see((table, table), ("excluded", table))
                changed = f"DO UPDATE SET {self.assignments(table)} WHERE {self.condition(1)}"
                conflict = pick.choice(("DO NOTHING", f"({', '.join(keys)}) {changed}"))
                rows = ", ".join([self._row(table)] * pick.randint(1, 2))
                return f"{head}INSERT INTO {table} VALUES {rows} ON CONFLICT {conflict}{returning};"
            case 4:
                source = pick.choice(("t", "u"))
                self.see(("o", source))
                values = ", ".join(self.value(kind, 2) for kind in self.columns[table].values())
                return (
                    f"{head}INSERT INTO {table} SELECT {values} FROM {source} o "
                    f"WHERE {self.condition(1)}{returning};"
                )
            case _:
                return self._select()

    def _row(self, table: str) -> str:
        scope, self.scope = self.scope, []
        values = ", ".join(
            f"${at}" if self.random.random() < 0.5 else self.value(kind, 1)
            for at, kind in enumerate(self.columns[table].values(), 1)
        )
        self.scope = scope
        return f"({values})"

    def _select(self) -> str:
        pick = self.random
        command = pick.choice((":one", ":many"))
        head = f"-- name: Test {command}\n-- scan: 60\n"
        inner = ", ".join(f"i.{column}" for column in self.columns["t"])
        self.see(("i", "t"))
        order = self.value(pick.choice(tuple(COLUMNS)), 2)
        derived = pick.choice(
            (
                f"(SELECT {inner} FROM t i ORDER BY {order}, {inner} LIMIT 20)",
                f"(SELECT DISTINCT {inner} FROM t i)",
                "t",
                "(SELECT * FROM t UNION ALL SELECT * FROM t)",
            )
        )
        self.see(("s", "t"), ("u", "u"))
        join = pick.choice(("JOIN", "LEFT JOIN"))
        kind = pick.choice(tuple(COLUMNS))
        on = f"{self.leaf(kind)} = {self.value(kind, 1)}"
        source = f"{derived} s {join} u ON {on} WHERE {self.condition(2)}"
        if pick.random() < 0.25:
            number = pick.choice(("int", "num", "tenth", "big"))
            group = self.value(pick.choice(tuple(COLUMNS)), 1)
            return (
                f"{head}SELECT {group} AS g, count(*) AS n, max({self.value(number, 2)}) AS m, "
                f"CAST(sum({self.value(number, 2)}) AS NUMERIC(18, 2)) AS s FROM {source} "
                f"GROUP BY {group} ORDER BY 1;"
            )
        columns = self.some(3)
        return f"{head}SELECT {columns} FROM {source} ORDER BY {pick.choice(('1', '2, 3', '3'))};"


def argument(random: Random, kind: SqlType, *, nullable: bool) -> Value:
    """A value to call a statement with, from a few that meet one another."""
    if nullable and random.random() < 0.25:
        return None
    match kind.kind:
        case Kind.BOOLEAN:
            return random.random() < 0.5
        case Kind.TEXT | Kind.VARCHAR:
            return random.choice(("", "a", "b", "ab", "abc", "7"))
        case Kind.BYTEA:
            return random.choice((b"", b"\0", b"\1\xff"))
        case Kind.NUMERIC:
            return random.choice((0, 1, 15, 150, -225, kind.greatest, kind.least))
        case _:
            return random.choice((0, 1, 1, 2, 3, 5, -1, kind.greatest, kind.least))


def run(seed: int, seen: Counter[str]) -> None:
    """Draw a schema and statements, and call each a few times; ``seen`` counts the outcomes."""
    random = Random(seed)
    drawn = Draw(random)
    fill = "".join(
        f"-- name: Fill{table} :exec\nINSERT INTO {table} VALUES "
        f"({', '.join(f'${at}' for at in range(1, len(columns) + 1))}) ON CONFLICT DO NOTHING;\n"
        for table, columns in drawn.columns.items()
    )
    project = Project(drawn.schema, fill)
    for _ in range(5):
        for table in drawn.columns:
            call(project, f"Fill{table}", random, seen)
    full = project.rows
    for _ in range(STATEMENTS):
        text = next_accepted(drawn, seen)
        if text is None:
            continue
        project = Project(drawn.schema, text)
        project.rows = full
        for _ in range(CALLS):
            call(project, "Test", random, seen)


def next_accepted(drawn: Draw, seen: Counter[str]) -> str | None:
    """Return a statement that compiles, if one of a few does."""
    for _ in range(TRIES):
        text = drawn.statement()
        try:
            Project(drawn.schema, text).compiled("Test")
        except SqlError as error:
            seen[f"refused: {error.sqlstate}"] += 1
            continue
        return text
    return None


def call(project: Project, name: str, random: Random, seen: Counter[str]) -> None:
    """Call a statement with values that are drawn; `Project.call` holds it to the executor."""
    parameters = project.statements[name].parameters
    arguments = [argument(random, one.type, nullable=one.nullable) for one in parameters]
    made = project.call(name, *arguments)
    body = type(project.statements[name].body).__name__
    seen[f"{body}: {made.sqlstate or 'done'}"] += 1


def main(seconds: float, seed: int) -> None:
    """Draw for ``seconds``."""
    seen: Counter[str] = Counter()
    failed: list[int] = []
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            run(seed, seen)
        except Exception as error:
            # Whatever it is, the seed is what is wanted.
            failed.append(seed)
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}", flush=True)
        seed += 1
    print(f"{dict(sorted(seen.items()))}\n{len(failed)} failures: {failed}; next seed {seed}")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
