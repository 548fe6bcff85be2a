"""The server that tests are measured by is the one that the specification names."""

from __future__ import annotations

import psycopg


def test_the_collation_is_c_and_the_encoding_utf_8(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        rows = connection.execute(
            "SELECT datcollate, datctype, pg_encoding_to_char(encoding) FROM pg_database"
        ).fetchall()
    assert set(rows) == {("C", "C", "UTF8")}
