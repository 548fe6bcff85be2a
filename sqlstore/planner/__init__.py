"""The planner: which rows a statement reads, by which keys and in which order, by rules alone.

A plan depends on the text and the schema, not on what the tables hold; so every implementation has
the same one, and makes the same row operations.

| file | what |
|---|---|
| `statements` | the passes, one after the other |
| `merge`, `substitute` | derived tables become part of what surrounds them |
| `relations`, `joins`, `filters` | predicates and orders go down to the tables, which are joined |
| `paths`, `order` | the key through which a table is read |
| `columns` | what is used of a table |
| `rows`, `bounds` | how many rows are read |
| `costs`, `writes` | how many row operations that makes |
| `explain`, `steps`, `notes` | a plan for readers and programs |

Spec: docs/spec/sql.md, Q-80 to Q-84. Not here: names and types (`sqlstore.bind`), what a plan does
(`sqlstore.execute`, `sqlstore.compile`).
"""

from sqlstore.planner.explain import explain, explain_data
from sqlstore.planner.statements import OPERATIONS_MAX, plan

__all__ = ["OPERATIONS_MAX", "explain", "explain_data", "plan"]
