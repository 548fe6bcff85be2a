-- The rows that everyone signs before the first message. `make` carries this out to make rows.json.

INSERT INTO players (id) VALUES (0), (1), (2);
