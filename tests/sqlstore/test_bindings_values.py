"""Values through the bindings of four languages: what is read is written again, and is the same.

In each language a reducer reads the rows of one table, of every type, and writes them to another;
compiled, linked and run as any.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.files import read_program
from cli.new import create
from sqlstore.bind import read_schema
from sqlstore.contents import Contents, read_contents, write_contents
from sqlstore.rows import SqlRow
from tests import languages
from tests.languages import ROOT
from tests.test_project_new import CHANNELS, compilers
from wasm_interp import Message, reduce
from wasm_interp.machine import Tier

TYPES = {
    "s": "SMALLINT", "m": "INTEGER", "l": "BIGINT", "b": "BOOLEAN", "t": "TEXT", "v": "VARCHAR(5)",
    "y": "BYTEA", "n": "NUMERIC(18, 2)",
}  # fmt: skip
COLUMNS = ",\n    ".join(
    [
        "id INTEGER PRIMARY KEY",
        *(f"{name}1 {kind} NOT NULL" for name, kind in TYPES.items()),
        # As many as a function has parameters for.
        *(f"{name}2 {kind}" for name, kind in TYPES.items() if name != "v"),
    ]
)
SCHEMA_TEXT = (
    f"CREATE TABLE source (\n    {COLUMNS}\n);\nCREATE TABLE target (\n    {COLUMNS}\n);\n"
)
SCHEMA = read_schema(SCHEMA_TEXT)
QUERIES = f"""
-- name: AllIds :many
-- scan: 64
SELECT id, t1 FROM source ORDER BY id;

-- name: ReadOne :one
SELECT * FROM source WHERE id = $1;

-- name: WriteOne :exec
INSERT INTO target VALUES ({", ".join(f"${at + 1}" for at in range(16))});

-- name: Change :execrows
UPDATE target SET m2 = $1 WHERE id = $2;
"""

# Each returns 0, 100 for a key that was there already, 101 for another failure, 102 for a row that
# was not found, 103 if the list of texts is not what each row has.

C = """\
#include "channels.h"
#include "sql.h"

static _Alignas(8) uint8_t kept[SQL_ARENA_BYTES];

static int same(sql_bytes a, sql_bytes b) {
    for (uint32_t at = 0; at < a.length && at < b.length; at++)
        if (a.at[at] != b.at[at]) return 0;
    return a.length == b.length;
}

static int32_t copy(int32_t id, sql_bytes text) {
    const sql_read_one_row *r;
    if (sql_read_one(id, &r) != 1) return 102;
    if (!same(r->t1, text)) return 103;
    int32_t result = sql_write_one(
        r->id, r->s1, r->m1, r->l1, r->b1, r->t1.at, r->t1.length, r->v1.at, r->v1.length, r->y1.at,
        r->y1.length, r->n1, r->s2, (int32_t)r->s2_is_null, r->m2, (int32_t)r->m2_is_null, r->l2,
        (int32_t)r->l2_is_null, r->b2, (int32_t)r->b2_is_null, r->t2.at, r->t2.length,
        (int32_t)r->t2_is_null, r->y2.at,
        r->y2.length, (int32_t)r->y2_is_null, r->n2, (int32_t)r->n2_is_null);
    if (result == -SQL_UNIQUE_VIOLATION) return 100;
    return result ? 101 : 0;
}

REDUCER(reduce)
int32_t reduce(void) {
    int32_t count = sql_all_ids_in(kept, sizeof kept);
    if (count < 0) return 101;
    const sql_all_ids_row *const *rows = *(const sql_all_ids_row *const *const *)kept;
    for (int32_t at = 0; at < count; at++) {
        int32_t result = copy(rows[at]->id, rows[at]->t1);
        if (result) return result;
    }
    if (sql_change(7, 0, 1) != 1 || sql_change(0, 1, 2) != 1) return 101;
    return sql_change(0, 0, 99) == 0 ? 0 : 101;
}
"""

ASSEMBLYSCRIPT = """\
import { channel } from "./channels";
import * as sql from "./sql";

const ids = memory.data(256);

function copy(id: i32): i32 {
  if (sql.readOne(id) != 1) return 102;
  const r = sql.row<sql.ReadOneRow>(0);
  const result = sql.writeOne(
    r.id, r.s1, r.m1, r.l1, r.b1, r.t1, r.t1Length, r.v1, r.v1Length, r.y1, r.y1Length, r.n1,
    r.s2, r.s2IsNull != 0, r.m2, r.m2IsNull != 0, r.l2, r.l2IsNull != 0, r.b2, r.b2IsNull != 0,
    r.t2, r.t2Length, r.t2IsNull != 0,
    r.y2, r.y2Length, r.y2IsNull != 0, r.n2, r.n2IsNull != 0
  );
  if (result == -sql.sqlstate.UNIQUE_VIOLATION) return 100;
  return result ? 101 : 0;
}

export function reduce(): i32 {
  const count = sql.allIds();
  if (count < 0) return 101;
  let length = 0;
  for (let at = 0; at < count; at++) {
    const r = sql.row<sql.AllIdsRow>(at);
    store<i32>(ids + 4 * at, r.id);
    length += r.t1String().length - String.UTF8.decodeUnsafe(r.t1, r.t1Length).length;
  }
  if (length != 0) return 103;
  for (let at = 0; at < count; at++) {
    const result = copy(load<i32>(ids + 4 * at));
    if (result) return result;
  }
  if (sql.change(7, false, 1) != 1 || sql.change(0, true, 2) != 1) return 101;
  return sql.change(0, false, 99) == 0 ? 0 : 101;
}
"""

RUST = """\
#![no_std]
mod channels;
mod sql;
use sql::{Arena, SqlState};

static mut KEPT: Arena = Arena::new();
static mut FIRST: Arena = Arena::new();
static mut SECOND: Arena = Arena::new();

struct Refusal(u32);

impl From<SqlState> for Refusal {
    fn from(state: SqlState) -> Refusal {
        Refusal(if state == SqlState::UNIQUE_VIOLATION { 100 } else { 101 })
    }
}

fn apply() -> Result<(), Refusal> {
    let (kept, first, second) = unsafe { (&mut KEPT, &mut FIRST, &mut SECOND) };
    for listed in sql::all_ids(kept)? {
        let r = sql::read_one(first, listed.id())?.ok_or(Refusal(102))?;
        if r.t1() != listed.t1() {
            return Err(Refusal(103));
        }
        sql::write_one(
            second, r.id(), r.s1(), r.m1(), r.l1(), r.b1(), r.t1(), r.v1(), r.y1(), r.n1(), r.s2(),
            r.m2(), r.l2(), r.b2(), r.t2(), r.y2(), r.n2(),
        )?;
    }
    let changed = sql::change(first, Some(7), 1)? == 1
        && sql::change(first, None, 2)? == 1
        && sql::change(first, Some(0), 99)? == 0;
    if changed { Ok(()) } else { Err(Refusal(101)) }
}

#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    let _ = channels::channel::message_size();
    apply().err().map_or(0, |refusal| refusal.0)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
"""

ZIG = """\
const std = @import("std");
const sql = @import("sql");

pub const panic = std.debug.no_panic;

const Listed = struct { id: i32, length: usize };

fn copy(listed: Listed) !u32 {
    const r = try sql.readOne(listed.id) orelse return 102;
    if (r.t1().len != listed.length) return 103;
    try sql.writeOne(
        r.id(), r.s1(), r.m1(), r.l1(), r.b1(), r.t1(), r.v1(), r.y1(), r.n1(), r.s2(), r.m2(),
        r.l2(), r.b2(), r.t2(), r.y2(), r.n2(),
    );
    return 0;
}

fn apply() !u32 {
    var list: [64]Listed = undefined;
    const rows = try sql.allIds();
    const count = rows.len;
    for (rows, 0..) |r, at| list[at] = .{ .id = r.id(), .length = r.t1().len };
    for (list[0..count]) |listed| {
        const result = try copy(listed);
        if (result != 0) return result;
    }
    const changed = try sql.change(7, 1) == 1 and try sql.change(null, 2) == 1 and
        try sql.change(0, 99) == 0;
    return if (changed) 0 else 101;
}

export fn reduce() u32 {
    return apply() catch |failure| if (failure == error.UniqueViolation) 100 else 101;
}
"""

SOURCES = {"assemblyscript": ASSEMBLYSCRIPT, "c": C, "rust": RUST, "zig": ZIG}

GREATEST: SqlRow = (
    *(2**15 - 1, 2**31 - 1, 2**63 - 1, True),
    *("é\U0001f600", "12345", b"\0\xff", 10**18 - 1),
)
LEAST: SqlRow = (-(2**15), -(2**31), -(2**63), False, "", "", b"", 1 - 10**18)
NULLS: SqlRow = (None,) * 7


def nullable(row: SqlRow) -> SqlRow:
    """Return the values of the columns that may be NULL: all but the VARCHAR."""
    return (*row[:5], *row[6:])


ROWS: tuple[SqlRow, ...] = (
    (1, *GREATEST, *NULLS),
    (2, *LEAST, *nullable(GREATEST)),
    (3, *GREATEST, *nullable(LEAST)),
    (2**31 - 1, *LEAST, *NULLS),
)


def reducer_of(folder: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the reducer that a new project makes of the language's source."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    variables = compilers(language)
    project = create("values", language, parent=folder, sql=True)
    next(project.glob("values.*")).write_text(SOURCES[language], encoding="utf-8")
    (project / "schema.sql").write_text(SCHEMA_TEXT)
    (project / "queries.sql").write_text(QUERIES)
    languages.make(*variables, CHANNELS, "values.wasm", cwd=project)
    return project / "values.wasm"


@pytest.mark.parametrize("language", SOURCES)
def test_every_value_comes_through(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = read_program(reducer_of(tmp_path, language, monkeypatch), reducer=True)
    genesis = write_contents(SCHEMA, Contents(tables={"source": ROWS}))
    message = Message(turn=1, sender=0, payload=b"")
    turn = reduce(program, genesis, message, tier=Tier.COMPILED)
    assert turn.verdict == "accepted"
    target = SCHEMA.by_name["target"]
    changed = {1: 7, 2: None}
    place = target.column("m2")
    assert place is not None
    expected = tuple(
        (*row[:place], changed.get(int(row[0] or 0), row[place]), *row[place + 1 :]) for row in ROWS
    )
    assert read_contents(SCHEMA, turn.rows).tables == {"source": ROWS, "target": expected}
    again = reduce(program, turn.rows, message, tier=Tier.COMPILED)
    assert again.verdict == "refused with 100"
