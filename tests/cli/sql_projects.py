"""A reducer over SQL tables that needs no compiler but ours, with a log, for tests of commands."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cli.rows import rows_file
from merkle import OrderedMap
from sqlstore.bind import read_schema
from sqlstore.script import run_script
from sqlstore.wasm.link import link
from tests.wasm_interp.wat import wasm_of

SCHEMA: Final = """\
CREATE TABLE players (
    id    INTEGER PRIMARY KEY,
    name  TEXT,
    score NUMERIC(6, 2) NOT NULL DEFAULT 0 CHECK (score < 10),
    mark  BYTEA
);
"""
QUERIES: Final = """\
-- name: AddPoints :execrows
UPDATE players SET score = score + 2.50 WHERE id = sqlc.arg(player);

-- name: Leaders :many
-- scan: 16
SELECT name, score FROM players ORDER BY score DESC, id;
"""
GENESIS: Final = """\
INSERT INTO players (id, name, mark) VALUES (0, 'Ann', '\\x00ff'::bytea);
INSERT INTO players (id) VALUES (1);
"""
MODULE: Final = """
(module
  (import "sql" "add_points" (func $add (param i32 i32 i32) (result i32)))
  (import "channel" "sender" (func $sender (result i32)))
  (memory 1)
  (func (export "reduce") (result i32)
    (i32.sub (i32.const 1)
      (call $add (i32.const 0) (i32.const 65536) (call $sender)))))
"""
"""Accepts a message if one row was changed."""

LOG: Final = "".join(f'{{"sender": {sender}, "payload": "0x"}}\n' for sender in (0, 7, 1, 0, 0, 0))
"""Senders 0, 1, 0, 0 score; 7 is no player, and the last would pass the CHECK."""


def write_project(folder: Path) -> None:
    """Write the sources, the reducer, its log and genesis rows into ``folder``."""
    texts = {"schema.sql": SCHEMA, "queries.sql": QUERIES, "genesis.sql": GENESIS, "log": LOG}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    module = wasm_of(MODULE)
    (folder / "module.wasm").write_bytes(module)
    (folder / "game.wasm").write_bytes(link(module, schema=SCHEMA, queries=QUERIES))
    rows = run_script(GENESIS, read_schema(SCHEMA), OrderedMap(), file="genesis.sql")
    (folder / "rows.json").write_text(rows_file(rows), encoding="utf-8")
