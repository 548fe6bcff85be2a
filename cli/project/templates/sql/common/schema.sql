-- The tables. What PostgreSQL has and this has not is refused when the project is built.

CREATE TABLE players (
    id    INTEGER PRIMARY KEY,    -- a participant's index
    score INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT score_in_range CHECK (score BETWEEN 0 AND 1000)
);
