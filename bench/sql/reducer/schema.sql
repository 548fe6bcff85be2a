CREATE TABLE units (
    id     INTEGER PRIMARY KEY,
    owner  SMALLINT NOT NULL,
    x      SMALLINT NOT NULL,
    y      SMALLINT NOT NULL,
    health SMALLINT NOT NULL,
    name   TEXT     NOT NULL
);
