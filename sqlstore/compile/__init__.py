"""The code generator: planned statements become functions in the language of `sqlstore.wasm`.

Relations are nested loops with what is done with a row in the middle; they make the row operations
of the executor (`sqlstore.execute`), in its order. Like it, this follows docs/spec/sql.md.

| file | what |
|---|---|
| `statement`, `parameters`, `select` | a statement's function, what goes in and what comes out |
| `insert`, `modify`, `writes` | INSERT; UPDATE and DELETE; what they have in common |
| `changes`, `constraints`, `sequences` | how rows are written, what is checked, identity columns |
| `relations`, `scans`, `ranges`, `blocking`, `aggregates` | loops over rows |
| `expressions`, `arithmetic`, `casts`, `texts`, `logic`, `subqueries` | values |
| `keys`, `rows`, `records`, `layout` | values in memory |
| `code`, `text`, `operands`, `variables`, `shape`, `purity` | what all of it is written with |

Spec: docs/spec/sql.md, Q-60 to Q-93. Not here: the runtime library that functions call
(`sqlstore.compile.runtime`), linking (`sqlstore.wasm.link`).
"""

from sqlstore.compile.layout import Field, RowLayout, layout, signature
from sqlstore.compile.statement import compile_statement, function_name

__all__ = ["Field", "RowLayout", "compile_statement", "function_name", "layout", "signature"]
