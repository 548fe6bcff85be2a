// PGlite's side of `python -m bench.sql`: the same table and statements, in memory, autocommit.
//
//   node measure.mjs ROWS COUNT WARM NEW       prints one JSON object
//
// What they mean, and the order, are those of bench/sql/workload.py.
import { PGlite } from "@electric-sql/pglite";

const [rows, count, warm, first] = process.argv.slice(2).map(Number);
const begun = performance.now();
const database = await PGlite.create();
await database.query("SELECT 1");
const cold_ms = performance.now() - begun;

await database.exec(`CREATE TABLE units (id INTEGER PRIMARY KEY, owner SMALLINT NOT NULL, x SMALLINT NOT NULL,
  y SMALLINT NOT NULL, health SMALLINT NOT NULL, name TEXT NOT NULL);
  INSERT INTO units SELECT i, 1, 2, 3, 10, 'unit' FROM generate_series(0, ${rows - 1}) AS i;`);

async function rate(sql, parameters) {
  for (let at = 0; at < warm; at++) await database.query(sql, parameters(at));
  const start = performance.now();
  for (let at = warm; at < warm + count; at++) await database.query(sql, parameters(at));
  return (count * 1000) / (performance.now() - start);
}

const place = (at) => (at * 7919) % rows;
const selects = await rate("SELECT owner, x, y, health, name FROM units WHERE id = $1", (at) => [place(at)]);
const updates = await rate("UPDATE units SET health = $2 WHERE id = $1", (at) => [place(at), at % 99]);
const inserts = await rate(
  "INSERT INTO units (id, owner, x, y, health, name) VALUES ($1, 1, 2, 3, 10, 'unit')",
  (at) => [first + at],
);
console.log(JSON.stringify({ cold_ms, select_per_s: selects, update_per_s: updates, insert_per_s: inserts }));
await database.close();
