-- One row by a key.

-- name: ByPrimaryKey :one
SELECT id, hp FROM units WHERE id = $1;

-- name: ByUniqueKey :one
SELECT id, hp FROM units WHERE y = $2 AND x = $1;

-- name: ByUniqueKeyAlone :one
SELECT id FROM units WHERE x = $1 AND y = $2;

-- name: PrimaryKeyBeforeUniqueKey :one
SELECT hp FROM units WHERE x = 1 AND y = 2 AND id = 3;

-- name: WiderInteger :one
SELECT name FROM kinds WHERE code = $1::bigint;

-- name: FirstOfTwoEqualities :one
SELECT hp FROM units WHERE id = $1 AND id = $2;

-- name: ComparedWithItsOwnRow :many
-- scan: 100
SELECT hp FROM units WHERE id = owner;

-- Several rows.

-- name: Owned :many
-- scan: 50
SELECT id, hp FROM units WHERE owner = $1;

-- name: OwnedWhole :many
-- scan: 50
SELECT * FROM units WHERE owner = $1 AND kind = 2;

-- name: OwnedStrong :many
-- scan: 50
SELECT id FROM units WHERE owner = $1 AND hp > $2 AND hp <= 100 AND hp < 50;

-- name: Between :many
-- scan: 10
SELECT turn, note FROM moves WHERE unit = $1 AND turn BETWEEN $2 AND $3;

-- name: BehindTheIndex :many
-- scan: 10
SELECT id FROM units WHERE owner = $1 AND hp = $2 AND id > $3;

-- name: Alive :many
-- scan: 10
SELECT id FROM units WHERE alive;

-- name: Dead :many
-- scan: 10
SELECT id FROM units WHERE NOT alive;

-- name: NothingFits :many
-- scan: 10
SELECT id FROM units WHERE owner <> $1 OR hp IS NULL;

-- name: OnlyIf :many
-- scan: 10
SELECT id FROM units WHERE $1 > 0 AND owner = $2;

-- Order and LIMIT.

-- name: Newest :many
SELECT id, hp FROM units ORDER BY id DESC LIMIT 10;

-- name: Page :many
SELECT id, hp FROM units WHERE id > $1 ORDER BY id LIMIT $2;

-- name: Offset :many
SELECT id FROM units ORDER BY id LIMIT 10 OFFSET 5;

-- name: OffsetByParameter :many
SELECT id FROM units ORDER BY id LIMIT 10 OFFSET $1;

-- name: Strongest :many
SELECT id, hp FROM units WHERE owner = $1 ORDER BY hp DESC, id DESC LIMIT 3;

-- name: PinnedColumnInOrder :many
SELECT id, owner, hp FROM units WHERE owner = $1 ORDER BY owner DESC, hp, id, kind LIMIT 3;

-- name: NullsElsewhere :many
-- scan: 20
SELECT id, hp FROM units WHERE owner = $1 ORDER BY hp NULLS FIRST LIMIT 3;

-- name: NoNullsInRange :many
SELECT id, hp FROM units WHERE owner = $1 AND hp > 0 ORDER BY hp NULLS FIRST LIMIT 3;

-- name: OtherOrder :many
-- scan: 20
SELECT id FROM units WHERE owner = $1 ORDER BY x, y LIMIT 3;

-- name: FilteredLimit :many
-- scan: 20
SELECT id FROM units WHERE owner = $1 AND kind = 1 ORDER BY hp, id LIMIT 3;

-- name: KeyByOrder :many
SELECT id, x, y FROM units ORDER BY x, y LIMIT 5;

-- name: OneOfMany :one
SELECT id FROM units WHERE owner = $1 ORDER BY hp;

-- Joins.

-- name: OuterByUniqueKey :many
SELECT u.id FROM units u JOIN players p ON p.id = u.owner WHERE p.name = $1 ORDER BY u.hp, u.id LIMIT 10;

-- name: TextOrder :many
-- scan: 8
SELECT a.id, b.id FROM units a JOIN units b ON a.x = b.y;

-- name: LookedUp :many
-- scan: 8
SELECT u.id, k.name FROM kinds k, units u, players p WHERE u.kind = k.code AND p.id = u.owner AND p.team = 1;

-- name: LeftJoin :many
-- scan: 8
SELECT u.id, k.name FROM units u LEFT JOIN kinds k ON k.code = u.kind AND u.alive AND k.strength > 2 WHERE u.owner = 3;

-- name: LeftJoinLimited :many
SELECT u.id, k.name FROM units u LEFT JOIN kinds k ON k.code = u.kind ORDER BY u.id LIMIT 4;

-- name: LeftJoinWhere :many
-- scan: 8
SELECT u.id FROM units u LEFT JOIN kinds k ON k.code = u.kind JOIN players p ON p.id = u.owner WHERE k.name = 'x' AND u.owner = 3;

-- name: LeftJoinOfJoin :many
-- scan: 8
SELECT p.id, u.id FROM players p LEFT JOIN (units u JOIN kinds k ON k.code = u.kind) ON u.owner = p.id WHERE p.team = $1;

-- name: ValuesFirst :many
SELECT u.id FROM units u JOIN (VALUES (1), (2)) AS v (id) ON u.id = v.id;

-- Derived tables.

-- name: WithMerged :many
-- scan: 9
WITH mine AS (SELECT id, hp * 2 AS twice FROM units WHERE owner = $1)
SELECT id, twice FROM mine WHERE twice > 5 ORDER BY id LIMIT 2;

-- name: Grouped :many
-- scan: 9
SELECT owner, count(*), sum(hp) FROM units WHERE alive GROUP BY owner HAVING count(*) > 1 AND owner > 3 ORDER BY owner;

-- name: GroupedInside :one
-- scan: 9
SELECT s.n FROM (SELECT owner, count(*) AS n FROM units GROUP BY owner) s WHERE s.owner = $1;

-- name: Counted :one
-- scan: 9
SELECT count(*) FROM units WHERE owner = $1;

-- name: Distinctly :many
-- scan: 9
SELECT DISTINCT kind FROM units WHERE owner = $1 ORDER BY kind;

-- name: United :many
-- scan: 9
SELECT id FROM units WHERE owner = $1 UNION ALL SELECT unit FROM moves WHERE turn = $2 ORDER BY 1 DESC;

-- name: UnusedColumn :many
SELECT s.id FROM (SELECT id, x - y AS slope FROM units ORDER BY id LIMIT 5) s;

-- Subqueries.

-- name: ExistsOnce :many
-- scan: 7
SELECT id FROM units WHERE owner = $1 AND EXISTS (SELECT 1 FROM moves WHERE turn > 5);

-- name: ExistsEach :many
-- scan: 7
SELECT id FROM units u WHERE EXISTS (SELECT DISTINCT turn FROM moves m WHERE m.unit = u.id ORDER BY turn) AND owner = $1;

-- name: ScalarAsKey :one
SELECT hp FROM units WHERE id = (SELECT unit FROM moves ORDER BY unit DESC, turn DESC LIMIT 1);

-- name: InOnce :many
-- scan: 7
SELECT id FROM units WHERE owner IN (SELECT id FROM players WHERE team = $1);

-- name: ScalarInScalar :many
-- scan: 7
SELECT name, (SELECT (SELECT max(turn) FROM moves m WHERE m.unit = u.id) FROM units u WHERE u.x = p.id AND u.y = $2) FROM players p WHERE team = $1;

-- name: ScalarInOutput :many
-- scan: 7
SELECT name, (SELECT count(*) FROM units u WHERE u.owner = p.id) FROM players p WHERE team = $1;

-- Writes.

-- name: Spawn :one
INSERT INTO units (id, owner, kind, x, y, hp) VALUES ($1, $2, $3, $4, $5, 10) RETURNING id, hp;

-- name: Join :one
INSERT INTO players (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET gold = players.gold + 1 WHERE players.team IS NULL RETURNING id;

-- name: JoinOrNot :exec
INSERT INTO kinds VALUES (1, 'pawn', 1), (2, 'rook', 5) ON CONFLICT DO NOTHING;

-- name: CopyMoves :execrows
-- scan: 6
INSERT INTO moves SELECT id, $1, 'all' FROM units WHERE owner = $2;

-- name: Move :execrows
UPDATE units SET x = $2, y = $3 WHERE id = $1 AND alive;

-- name: Damage :many
-- scan: 6
UPDATE units SET hp = hp - $2, alive = hp > $2 WHERE owner = $1 RETURNING id, hp;

-- name: Renumber :exec
UPDATE players SET id = $2 WHERE id = $1;

-- name: Remove :execrows
DELETE FROM units WHERE id = $1;

-- name: RemoveAll :many
-- scan: 6
DELETE FROM units WHERE owner = $1 AND NOT alive RETURNING id;
