"""Random schemas and literals. Not here: statements (`statements.py`), expressions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.sqlstore.differential.draws import Draws

INTEGERS = ("smallint", "integer", "bigint")
EDGES = {
    "smallint": (-32768, 32767),
    "integer": (-2147483648, 2147483647),
    "bigint": (-9223372036854775808, 9223372036854775807),
}


@dataclass(frozen=True)
class Column:
    """A column: ``type`` as SQL, ``kind`` its family (integer, numeric, boolean, text, bytea)."""

    name: str
    type: str
    kind: str
    not_null: bool = False
    identity: str = ""
    default: str = ""


@dataclass
class Table:
    """A table with what statements need to know of it."""

    name: str
    columns: list[Column]
    primary: list[str]
    uniques: list[list[str]] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    foreign_keys: list[tuple[list[str], str]] = field(default_factory=list)
    indexes: list[list[str]] = field(default_factory=list)

    def sql(self) -> str:
        """Return the CREATE statements."""
        lines = [self._column(column) for column in self.columns]
        lines.append(f"PRIMARY KEY ({', '.join(self.primary)})")
        lines += [f"UNIQUE ({', '.join(key)})" for key in self.uniques]
        lines += [f"CHECK ({check})" for check in self.checks]
        lines += [
            f"FOREIGN KEY ({', '.join(columns)}) REFERENCES {parent}"
            for columns, parent in self.foreign_keys
        ]
        body = ",\n  ".join(lines)
        creates = [f"CREATE TABLE {self.name} (\n  {body}\n);"]
        creates += [f"CREATE INDEX ON {self.name} ({', '.join(key)});" for key in self.indexes]
        return "\n".join(creates)

    def _column(self, column: Column) -> str:
        parts = [column.name, column.type]
        if column.identity:
            parts.append(f"GENERATED {column.identity} AS IDENTITY")
        elif column.not_null:
            parts.append("NOT NULL")
        if column.default:
            parts.append(f"DEFAULT {column.default}")
        return " ".join(parts)


def integer_literal(draws: Draws, of: str = "integer") -> str:
    """Return an integer, mostly small, sometimes at an edge; negative ones in parentheses."""
    value = draws.count(-2, 5)
    if draws.chance(0.08):
        draws.feature("edge integer")
        value = draws.one(EDGES[of]) + draws.one((0, 0, 1, -1))
    return str(value) if value >= 0 else f"({value})"


def literal(draws: Draws, column: Column) -> str:
    """Return a literal for a column; NULL now and then."""
    if draws.chance(0.02 if column.not_null else 0.12):
        draws.feature("null literal")
        return "NULL"
    match column.kind:
        case "integer":
            return integer_literal(draws, column.type)
        case "numeric":
            return draws.one(("0", "1", "1.5", "2.25", "-0.5", "3.14159", "99", "7.005", "12345"))
        case "boolean":
            return draws.one(("true", "false"))
        case "text":
            return quoted(draws.text())
        case _:
            return quoted(draws.one(("\\x", "\\x00", "\\x61", "\\x0001", "\\xff00")))


def quoted(text: str) -> str:
    """Return a text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def draw_schema(draws: Draws) -> list[Table]:
    """Return one to three tables, later ones referring to earlier ones."""
    tables: list[Table] = []
    for number in range(draws.count(1, 3)):
        tables.append(_table(draws, f"t{number}", tables))
    return tables


def _table(draws: Draws, name: str, earlier: list[Table]) -> Table:
    columns = [_column(draws, f"c{number}") for number in range(draws.count(2, 5))]
    primary = _primary(draws, columns)
    if draws.chance(0.2):
        draws.feature("identity column")
        # A column of its own, often the key.
        kind = draws.one(("ALWAYS", "BY DEFAULT"))
        columns.insert(0, Column("id", draws.one(INTEGERS), "integer", True, identity=kind))
        primary = ["id"] if draws.chance(0.7) else primary
    columns = [replace(one, not_null=one.not_null or one.name in primary) for one in columns]
    table = Table(name, columns, primary)
    names = [column.name for column in columns if column.kind != "bytea" or draws.chance(0.3)]
    if names and draws.chance(0.4):
        draws.feature("unique constraint")
        table.uniques.append(draws.some(names, 1, 2))
    if names and draws.chance(0.5):
        draws.feature("index")
        table.indexes.append(draws.some(names, 1, 2))
    integers = [column for column in columns if column.kind == "integer" and not column.identity]
    if integers and draws.chance(0.35):
        draws.feature("check constraint")
        column = draws.one(integers)
        table.checks.append(draws.one((f"{column.name} < 5", f"{column.name} <> 3")))
    if earlier and draws.chance(0.8):
        _refer(draws, table, draws.one(earlier))
    return table


def _refer(draws: Draws, table: Table, parent: Table) -> None:
    types = {column.name: column.type for column in parent.columns}
    if len(parent.primary) != 1:
        return
    fitting = [one for one in table.columns if one.type == types[parent.primary[0]]]
    fitting = [one for one in fitting if not one.identity]
    if fitting:
        draws.feature("foreign key")
        column = draws.one(fitting).name
        table.foreign_keys.append(([column], parent.name))
        # Without an index there, rows of the parent could not be deleted.
        table.indexes.append([column])


def _column(draws: Draws, name: str) -> Column:
    kind = draws.one(
        ("integer", "integer", "integer", "text", "text", "boolean", "numeric", "bytea")
    )
    of = {
        "integer": draws.one(INTEGERS),
        "text": draws.one(("text", "varchar(3)", "varchar(8)")),
        "boolean": "boolean",
        "numeric": draws.one(("numeric(5,2)", "numeric(8,0)", "numeric(9,3)")),
        "bytea": "bytea",
    }[kind]
    draws.feature(f"column {of.split('(')[0]}")
    column = Column(name, of, kind, not_null=draws.chance(0.3))
    if draws.chance(0.2):
        default = literal(draws, column)
        if default != "NULL" and default.strip("()-").isdigit() is False:
            draws.feature("default")
            return Column(name, of, kind, column.not_null, default=default)
    return column


def _primary(draws: Draws, columns: list[Column]) -> list[str]:
    fitting = [one.name for one in columns if one.kind in ("integer", "text", "boolean")]
    fitting = fitting or [columns[0].name]
    key = draws.some(fitting, 1, 2)
    draws.feature("primary key of two" if len(key) > 1 else "primary key of one")
    return key
