-- name: GetUnit :one
SELECT owner, x, y, health, name FROM units WHERE id = $1;

-- name: AddUnit :execrows
INSERT INTO units (id, owner, x, y, health, name) VALUES ($1, 1, 2, 3, 10, 'unit');

-- name: HurtUnit :execrows
UPDATE units SET health = $2 WHERE id = $1;
