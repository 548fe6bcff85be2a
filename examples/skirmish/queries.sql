-- name: Cost :one
SELECT cost FROM kinds WHERE name = $1;

-- A player who has less: 23514.
-- name: Pay :execrows
UPDATE players SET gold = gold - sqlc.arg(amount) WHERE id = sqlc.arg(player);

-- A field that is taken: 23505. One that is not on the board: 23514.
-- name: Spawn :execrows
INSERT INTO units (owner, kind, x, y, health)
SELECT sqlc.arg(owner), name, sqlc.arg(x), sqlc.arg(y), health FROM kinds WHERE name = sqlc.arg(kind);

-- name: StepsTo :one
SELECT abs(u.x - sqlc.arg(x)) + abs(u.y - sqlc.arg(y)) AS steps, k.speed
FROM units AS u JOIN kinds AS k ON k.name = u.kind
WHERE u.id = sqlc.arg(id) AND u.owner = sqlc.arg(owner);

-- name: MoveUnit :execrows
UPDATE units SET x = sqlc.arg(x), y = sqlc.arg(y) WHERE id = sqlc.arg(id);

-- The unit that is attacked. Half its cost goes to who kills it.
-- name: Target :one
SELECT t.health, k.cost / 2 AS reward
FROM units AS t JOIN kinds AS k ON k.name = t.kind
WHERE t.id = sqlc.arg(id) AND t.owner <> sqlc.arg(attacker);

-- The units that reach the target, the strongest first.
-- name: InReach :many
-- scan: 256
SELECT a.id, k.strength
FROM units AS t
JOIN units AS a ON a.owner = sqlc.arg(owner)
JOIN kinds AS k ON k.name = a.kind AND abs(a.x - t.x) + abs(a.y - t.y) <= k.reach
WHERE t.id = sqlc.arg(target)
ORDER BY k.strength DESC, a.id;

-- name: Hurt :execrows
UPDATE units SET health = health - sqlc.arg(strength) WHERE id = sqlc.arg(id);

-- name: Kill :execrows
DELETE FROM units WHERE id = $1;

-- name: CountKill :exec
INSERT INTO kills (owner, count) VALUES ($1, 1)
ON CONFLICT (owner) DO UPDATE SET count = kills.count + 1;

-- One gold for each unit on the board, after every message.
-- name: Earn :execrows
-- scan: 256
UPDATE players SET gold = gold + (SELECT count(*) FROM units WHERE owner = players.id) WHERE id = $1;
