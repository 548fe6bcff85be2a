-- The statements, each a function of the reducer's language: `make` writes them to sql.*.
--
-- :one gives a row or none, :many rows, :execrows the number of rows that it changed, :exec nothing.

-- name: AddPoints :execrows
UPDATE players SET score = score + sqlc.arg(points) WHERE id = sqlc.arg(player);
