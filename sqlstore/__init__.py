"""SQL in the reducer: schemas, statements and their plans, two back ends, snapshots.

Spec: docs/spec/sql.md. Not here: the machine (`wasm_interp`), trees and proofs (`merkle`).
"""
