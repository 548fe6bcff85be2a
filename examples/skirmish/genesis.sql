-- The rows that everyone signs at turn 0: `channels sql genesis` makes rows.json of them.

INSERT INTO players (id, gold) VALUES (0, 100), (1, 100);

INSERT INTO kinds (name, cost, health, strength, speed, reach) VALUES
    ('guard',  20, 10, 3, 2, 1),
    ('archer', 30,  6, 2, 2, 4),
    ('rider',  40,  8, 4, 5, 1);
