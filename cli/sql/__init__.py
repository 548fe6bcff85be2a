"""`channels sql`: queries over a channel's rows; the parts of `channels build`.

Guide: docs/sql.md.
"""

from cli.sql.command import sql

__all__ = ["sql"]
