"""A schema and its statements, called one after the other: every call is held to the executor."""

from __future__ import annotations

from merkle.ordered_map import OrderedMap
from sqlstore.bind import read_queries, read_schema
from sqlstore.planner import plan
from sqlstore.types import Value
from tests.sqlstore.compile.machine import Called, Compiled, agrees_compiled, compiled
from wasm_interp.machine import Tier


class Project:
    """Statements, compiled when they are first called, and the rows that they have made."""

    def __init__(self, schema: str, queries: str) -> None:
        self.schema = read_schema(schema)
        self.statements = {one.name: one for one in read_queries(queries, self.schema)}
        self.rows = OrderedMap()
        self.tier = Tier.COMPILED
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, name: str) -> Compiled:
        if name not in self._compiled:
            planned = plan(self.statements[name], self.schema)
            self._compiled[name] = compiled(planned, self.schema)
        return self._compiled[name]

    def call(self, name: str, *arguments: Value) -> Called:
        """Call a statement, which may fail; the rows are then those after it."""
        call = agrees_compiled(self.compiled(name), self.rows, arguments, tier=self.tier)
        self.rows = call.rows
        return call

    def rows_of(self, name: str, *arguments: Value) -> list[tuple[Value, ...]]:
        """Return the rows that a statement returns."""
        call = self.call(name, *arguments)
        assert call.sqlstate is None, call
        return list(call.outputs)

    def count(self, name: str, *arguments: Value) -> int:
        """Return the number that a statement returns."""
        call = self.call(name, *arguments)
        assert call.sqlstate is None, call
        return call.count

    def fails(self, name: str, *arguments: Value) -> str:
        """Return the SQLSTATE with which a statement fails; no row has changed."""
        before = self.rows
        call = self.call(name, *arguments)
        assert call.sqlstate is not None, call
        assert self.rows == before
        return call.sqlstate
