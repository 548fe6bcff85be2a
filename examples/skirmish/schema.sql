-- A board of 16 by 16 fields, two players, units that are spawned, moved and attacked.

CREATE TABLE players (
    id   SMALLINT PRIMARY KEY,            -- the participant's index
    gold INTEGER NOT NULL CHECK (gold >= 0)
);

CREATE TABLE kinds (
    name     VARCHAR(12) PRIMARY KEY,
    cost     INTEGER  NOT NULL,
    health   SMALLINT NOT NULL,
    strength SMALLINT NOT NULL,
    speed    SMALLINT NOT NULL,           -- fields a move
    reach    SMALLINT NOT NULL            -- fields an attack
);

CREATE TABLE units (
    id     INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner  SMALLINT    NOT NULL REFERENCES players,
    kind   VARCHAR(12) NOT NULL REFERENCES kinds,
    x      SMALLINT    NOT NULL CHECK (x BETWEEN 0 AND 15),
    y      SMALLINT    NOT NULL CHECK (y BETWEEN 0 AND 15),
    health SMALLINT    NOT NULL CHECK (health > 0),
    CONSTRAINT one_unit_a_field UNIQUE (x, y)
);

CREATE INDEX units_of_owner ON units (owner);

CREATE TABLE kills (
    owner SMALLINT PRIMARY KEY REFERENCES players,
    count INTEGER NOT NULL
);
