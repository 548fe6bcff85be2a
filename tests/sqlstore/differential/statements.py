"""Random statements over a random schema: queries of every form, and what writes.

Each comes with values for its parameters and says whether its order is total. Every scan is bounded
by ``-- scan: 1000``. Not here: expressions, running anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.sqlstore.differential.draws import Draws
from tests.sqlstore.differential.expressions import Scope, condition, expression
from tests.sqlstore.differential.schemas import Column, Table, literal

KINDS = ("integer", "numeric", "boolean", "text", "bytea")


@dataclass(frozen=True)
class Statement:
    """A statement: its text, its arguments as literals, and how results compare."""

    sql: str
    arguments: tuple[str, ...]
    ordered: bool = False
    returns: bool = False


@dataclass(frozen=True)
class Query:
    """A SELECT without ORDER BY, and the families of its columns."""

    sql: str
    kinds: tuple[str, ...]


def draw_statement(draws: Draws, tables: list[Table]) -> Statement:
    """Return a statement: rows are written first of all."""
    table = draws.one(tables)
    choice = draws.count(0, 9)
    if choice <= 3:
        return insert(draws, tables, table)
    if choice == 4:
        return update(draws, tables, table)
    if choice == 5 and draws.chance(0.5):
        return delete(draws, tables, table)
    return select(draws, tables)


def select(draws: Draws, tables: list[Table]) -> Statement:
    """Return a SELECT, often ordered by all its columns, which makes the order total."""
    parameters: list[str] = []
    query = _query(draws, tables, parameters)
    sql, ordered = query.sql, False
    if draws.chance(0.6):
        ordered = True
        places = list(range(1, len(query.kinds) + 1))
        draws.random.shuffle(places)
        keys = [_sort_key(draws, place) for place in places]
        sql += f" ORDER BY {', '.join(keys)}"
        if draws.chance(0.4):
            draws.feature("LIMIT")
            sql += f" LIMIT {draws.count(0, 4)}"
            if draws.chance(0.4):
                draws.feature("OFFSET")
                sql += f" OFFSET {draws.count(0, 2)}"
    return Statement(sql, tuple(parameters), ordered=ordered, returns=True)


def _sort_key(draws: Draws, place: int) -> str:
    direction = draws.one(("", " ASC", " DESC"))
    nulls = draws.one(("", "", " NULLS FIRST", " NULLS LAST"))
    draws.feature(f"ORDER BY{direction}{nulls}")
    return f"{place}{direction}{nulls}"


def _query(draws: Draws, tables: list[Table], parameters: list[str], depth: int = 1) -> Query:
    if depth and draws.chance(0.12):
        word = draws.one(("UNION", "UNION ALL"))
        draws.feature(word)
        left = _block(draws, tables, parameters, depth - 1)
        right = _block(draws, tables, parameters, depth - 1, kinds=left.kinds)
        return Query(f"{left.sql} {word} {right.sql}", left.kinds)
    if depth and draws.chance(0.1):
        draws.feature("WITH")
        inner = _block(draws, tables, parameters, 0)
        names = ", ".join(f"w{at}" for at in range(len(inner.kinds)))
        derived = _derived(f"WITH q ({names}) AS ({inner.sql})", inner.kinds)
        outer = _over(draws, derived[1], parameters)
        return Query(f"{derived[0]} {outer.sql}", outer.kinds)
    return _block(draws, tables, parameters, depth)


def _derived(head: str, kinds: tuple[str, ...]) -> tuple[str, Table]:
    columns = [Column(f"w{at}", "", kind) for at, kind in enumerate(kinds)]
    return head, Table("q", columns, [])


def _over(draws: Draws, table: Table, parameters: list[str]) -> Query:
    scope = Scope((("q", table),), parameters)
    kinds = tuple(column.kind for column in table.columns)
    columns = ", ".join(f"q.{column.name}" for column in table.columns)
    sql = f"SELECT {columns} FROM q"
    if draws.chance(0.6):
        sql += f" WHERE {condition(draws, scope, 1)}"
    return Query(sql, kinds)


def _block(
    draws: Draws,
    tables: list[Table],
    parameters: list[str],
    depth: int,
    kinds: tuple[str, ...] | None = None,
) -> Query:
    source, scope = _from(draws, tables, parameters, depth)
    if kinds is None and draws.chance(0.3):
        return _grouped(draws, source, scope)
    kinds = kinds or tuple(draws.one(KINDS[:4]) for _ in range(draws.count(1, 3)))
    outputs = [_output(draws, kind, scope, tables, depth) for kind in kinds]
    distinct = ""
    if draws.chance(0.15):
        draws.feature("DISTINCT")
        distinct = "DISTINCT "
    sql = f"SELECT {distinct}{', '.join(outputs)} FROM {source}"
    if draws.chance(0.7):
        draws.feature("WHERE")
        sql += f" WHERE {_where(draws, scope, tables, depth)}"
    return Query(sql, kinds)


def _output(draws: Draws, kind: str, scope: Scope, tables: list[Table], depth: int) -> str:
    if depth and kind == "integer" and draws.chance(0.08):
        draws.feature("scalar subquery")
        return f"({_aggregate_of(draws, scope, tables)})"
    sql = expression(draws, kind, scope, 2)
    # UNION asks for one scale, and one width of text is as good as another.
    return f"CAST({sql} AS numeric(9,3))" if kind == "numeric" else sql


def _aggregate_of(draws: Draws, scope: Scope, tables: list[Table]) -> str:
    table = draws.one(tables)
    inner = Scope((*scope.tables, ("s", table)), scope.parameters)
    if draws.chance(0.5):
        draws.feature("correlated subquery")
    else:
        inner = Scope((("s", table),), scope.parameters)
    return f"SELECT count(*) FROM {table.name} AS s WHERE {condition(draws, inner, 1)}"


def _where(draws: Draws, scope: Scope, tables: list[Table], depth: int) -> str:
    if depth and draws.chance(0.2):
        table = draws.one(tables)
        inner = Scope((*scope.tables, ("e", table)), scope.parameters)
        negated = draws.one(("", "NOT "))
        if draws.chance(0.5):
            draws.feature("EXISTS")
            found = condition(draws, inner, 1)
            return f"{negated}EXISTS (SELECT 1 FROM {table.name} AS e WHERE {found})"
        draws.feature("IN subquery")
        alone = Scope((("e", table),), scope.parameters)
        kind = draws.one(("integer", "text"))
        value = expression(draws, kind, scope, 1)
        found = expression(draws, kind, alone, 1)
        return f"{value} {negated}IN (SELECT {found} FROM {table.name} AS e)"
    if draws.chance(0.3):
        return _by_key(draws, scope)
    return condition(draws, scope, 2)


def _by_key(draws: Draws, scope: Scope) -> str:
    """Return comparisons of the first columns of a key, which a path can use."""
    alias, table = draws.one(scope.tables)
    keys = [key for key in (table.primary, *table.uniques, *table.indexes) if key]
    if not keys:
        return condition(draws, scope, 1)
    draws.feature("key comparison")
    by_name = {column.name: column for column in table.columns}
    parts = []
    for name in draws.one(keys):
        column = by_name[name]
        operator = draws.one(("=", "=", "=", "<", "<=", ">", ">="))
        if column.kind == "numeric":
            operator = "="
        value = literal(draws, column)
        if value != "NULL" and draws.chance(0.5):
            scope.parameters.append(value)
            value = f"${len(scope.parameters)}"
        parts.append(f"{alias}.{name} {operator} {value}")
    return " AND ".join(parts)


def _from(
    draws: Draws, tables: list[Table], parameters: list[str], depth: int
) -> tuple[str, Scope]:
    first = draws.one(tables)
    sql, scope = f"{first.name} AS a", Scope((("a", first),), parameters)
    if depth and draws.chance(0.1):
        draws.feature("subquery in FROM")
        inner = _block(draws, tables, parameters, 0)
        names = ", ".join(f"w{at}" for at in range(len(inner.kinds)))
        _, table = _derived("", inner.kinds)
        return f"({inner.sql}) AS q ({names})", Scope((("q", table),), parameters)
    for alias in ("b", "c")[: draws.one((0, 0, 1, 1, 2))]:
        table = draws.one(tables)
        both = Scope((*scope.tables, (alias, table)), parameters)
        kind = draws.one(("JOIN", "INNER JOIN", "LEFT JOIN", "CROSS JOIN", ","))
        draws.feature(kind)
        if kind in ("CROSS JOIN", ","):
            sql += (
                f", {table.name} AS {alias}"
                if kind == ","
                else f" CROSS JOIN {table.name} AS {alias}"
            )
            if kind == ",":
                # A comma binds less than JOIN: what follows could not see what is on its left.
                return sql, both
        else:
            sql += f" {kind} {table.name} AS {alias} ON {condition(draws, both, 1)}"
        scope = both
    return sql, scope


def _grouped(draws: Draws, source: str, scope: Scope) -> Query:
    keys: list[tuple[str, str]] = []
    for kind in draws.some(("integer", "text", "boolean"), 0, 2):
        columns = scope.columns(kind)
        if columns:
            keys.append((draws.one(columns)[0], kind))
    outputs, kinds = [sql for sql, _ in keys], [kind for _, kind in keys]
    for _ in range(draws.count(1, 2)):
        sql, kind = _aggregate(draws, scope)
        outputs.append(sql)
        kinds.append(kind)
    sql = f"SELECT {', '.join(outputs)} FROM {source}"
    if draws.chance(0.5):
        sql += f" WHERE {condition(draws, scope, 1)}"
    if keys:
        draws.feature("GROUP BY")
        sql += f" GROUP BY {', '.join(sql for sql, _ in keys)}"
    else:
        draws.feature("aggregate without GROUP BY")
    if draws.chance(0.3):
        draws.feature("HAVING")
        sql += f" HAVING count(*) {draws.one(('>', '<', '='))} {draws.count(0, 2)}"
    return Query(sql, tuple(kinds))


def _aggregate(draws: Draws, scope: Scope) -> tuple[str, str]:
    name = draws.one(("count(*)", "count", "sum", "sum numeric", "min", "max", "avg"))
    draws.feature(f"aggregate {name}")
    match name:
        case "count(*)":
            return name, "integer"
        case "count":
            return f"count({expression(draws, draws.one(KINDS[:4]), scope, 1)})", "integer"
        case "sum":
            return f"CAST(sum({expression(draws, 'integer', scope, 1)}) AS bigint)", "integer"
        case "sum numeric":
            return (
                f"CAST(sum({expression(draws, 'numeric', scope, 1)}) AS numeric(12,2))",
                "numeric",
            )
        case "avg":
            kind = draws.one(("integer", "numeric"))
            return f"CAST(avg({expression(draws, kind, scope, 1)}) AS numeric(14,4))", "numeric"
        case _:
            kind = draws.one(("integer", "numeric", "text"))
            return f"{name}({expression(draws, kind, scope, 1)})", kind


def insert(draws: Draws, tables: list[Table], table: Table) -> Statement:
    """Return an INSERT of VALUES, of a SELECT, with or without ON CONFLICT and RETURNING."""
    parameters: list[str] = []
    columns = [one for one in table.columns if not one.identity or draws.chance(0.2)]
    if draws.chance(0.15) and len(columns) > 1:
        draws.feature("INSERT without a column")
        columns = columns[:-1]
    names = ", ".join(column.name for column in columns)
    if not columns:
        return Statement(f"INSERT INTO {table.name} DEFAULT VALUES", ())
    if draws.chance(0.12):
        draws.feature("INSERT SELECT")
        source = draws.one(tables)
        scope = Scope((("s", source),), parameters)
        values = ", ".join(_assignable(draws, column, scope) for column in columns)
        sql = f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source.name} AS s"
        if draws.chance(0.5):
            sql += f" WHERE {condition(draws, scope, 1)}"
        # Which of two rows is there first, and gets which number, must not depend on the heap.
        sql += f" ORDER BY {', '.join(f's.{name}' for name in source.primary)}"
    else:
        count = draws.one((1, 1, 1, 2, 3))
        draws.feature("INSERT of one row" if count == 1 else "INSERT of rows")
        rows = ", ".join(_row(draws, columns, parameters) for _ in range(count))
        sql = f"INSERT INTO {table.name} ({names}) VALUES {rows}"
    if draws.chance(0.3):
        sql += _on_conflict(draws, table, parameters)
    return _returning(draws, sql, table, parameters)


def _row(draws: Draws, columns: list[Column], parameters: list[str]) -> str:
    values = []
    for column in columns:
        value = literal(draws, column)
        if draws.chance(0.06):
            draws.feature("DEFAULT in a row")
            value = "DEFAULT"
        elif draws.chance(0.3):
            draws.feature("parameter in a row")
            parameters.append(value)
            value = f"${len(parameters)}"
        values.append(value)
    return f"({', '.join(values)})"


def _assignable(draws: Draws, column: Column, scope: Scope) -> str:
    value = expression(draws, column.kind, scope, 1)
    return f"CAST({value} AS {column.type})" if draws.chance(0.5) else value


def _on_conflict(draws: Draws, table: Table, parameters: list[str]) -> str:
    keys = [table.primary, *table.uniques]
    target = f" ({', '.join(draws.one(keys))})"
    scope = Scope(((table.name, table), ("excluded", table)), parameters)
    keyed = {name for key in (table.primary, *table.uniques) for name in key}
    keyed |= {column.name for column in table.columns if column.identity}
    free = [column for column in table.columns if column.name not in keyed]
    if not free or draws.chance(0.4):
        target = target if draws.chance(0.6) else ""
        draws.feature("DO NOTHING" if target else "DO NOTHING without a key")
        return f" ON CONFLICT{target} DO NOTHING"
    draws.feature("DO UPDATE")
    sets = [
        f"{column.name} = {_assignable(draws, column, scope)}" for column in draws.some(free, 1, 2)
    ]
    sql = f" ON CONFLICT{target} DO UPDATE SET {', '.join(sets)}"
    if draws.chance(0.3):
        draws.feature("DO UPDATE WHERE")
        sql += f" WHERE {condition(draws, scope, 1)}"
    return sql


def update(draws: Draws, tables: list[Table], table: Table) -> Statement:
    """Return an UPDATE, of key columns only where WHERE pins the primary key."""
    parameters: list[str] = []
    scope = Scope(((table.name, table),), parameters)
    keyed = {name for key in (table.primary, *table.uniques) for name in key}
    free = [one for one in table.columns if not one.identity]
    pinned = draws.chance(0.5)
    if not pinned:
        free = [one for one in free if one.name not in keyed]
    if not free:
        return delete(draws, tables, table)
    chosen = draws.some(free, 1, 2)
    if any(column.name in keyed for column in chosen):
        draws.feature("UPDATE of a key")
    sets = []
    for column in chosen:
        if draws.chance(0.06):
            draws.feature("SET DEFAULT")
            sets.append(f"{column.name} = DEFAULT")
        else:
            sets.append(f"{column.name} = {_assignable(draws, column, scope)}")
    sql = f"UPDATE {table.name} SET {', '.join(sets)}"
    if pinned:
        sql += f" WHERE {_pin(draws, table, parameters)}"
    elif draws.chance(0.8):
        sql += f" WHERE {_where(draws, scope, tables, 1)}"
    draws.feature("UPDATE of one row" if pinned else "UPDATE of rows")
    return _returning(draws, sql, table, parameters)


def delete(draws: Draws, tables: list[Table], table: Table) -> Statement:
    """Return a DELETE."""
    parameters: list[str] = []
    scope = Scope(((table.name, table),), parameters)
    if draws.chance(0.4):
        draws.feature("DELETE of one row")
        where = _pin(draws, table, parameters)
    else:
        draws.feature("DELETE of rows")
        where = _where(draws, scope, tables, 1)
    return _returning(draws, f"DELETE FROM {table.name} WHERE {where}", table, parameters)


def _pin(draws: Draws, table: Table, parameters: list[str]) -> str:
    by_name = {column.name: column for column in table.columns}
    parts = []
    for name in table.primary:
        value = literal(draws, by_name[name])
        value = "1" if value == "NULL" and by_name[name].kind == "integer" else value
        if value != "NULL" and draws.chance(0.5):
            parameters.append(value)
            value = f"${len(parameters)}"
        parts.append(f"{name} = {value}")
    return " AND ".join(parts)


def _returning(draws: Draws, sql: str, table: Table, parameters: list[str]) -> Statement:
    if not draws.chance(0.3):
        return Statement(sql, tuple(parameters))
    draws.feature("RETURNING")
    if draws.chance(0.5):
        draws.feature("RETURNING *")
        return Statement(f"{sql} RETURNING *", tuple(parameters), returns=True)
    scope = Scope(((table.name, table),), parameters)
    outputs = [expression(draws, draws.one(KINDS[:4]), scope, 1) for _ in range(draws.count(1, 2))]
    return Statement(f"{sql} RETURNING {', '.join(outputs)}", tuple(parameters), returns=True)
