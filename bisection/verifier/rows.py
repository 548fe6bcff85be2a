"""Rows: the host functions of ``db``.

Every rule here is the one of the same name in `wasm_interp.rules.host`: checks, the surcharge, then
what is read, then what is written.

Spec: docs/spec/turn.md, T-10 to T-16; docs/spec/verifier.md, V-17. Mirror: ``Rows.sol``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bisection.verifier.memory import check_buffer
from bisection.verifier.parts import open_operands, read_buffer, write_buffer
from bisection.verifier.transition import charge, next_pc, push_operand
from merkle import verify_delete, verify_get, verify_put, verify_seek, verify_seek_back
from merkle.map_proofs import Delete, Update
from wasm_interp.rules.host import (
    KEY_MAX,
    NOT_FOUND,
    ROW_READ_FUEL,
    ROW_WRITE_FUEL,
    VALUE_MAX,
    check_key_length,
)
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, TrapCode

if TYPE_CHECKING:
    from bisection.verifier.source import Operands, WitnessSource
    from merkle import Hash32
    from wasm_interp.instructions import Word


def db_get(state: State, word: Word, source: WitnessSource) -> State:
    """Read a row: ``(key, key_len, out, out_cap) -> len | -1``.

    Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then out), `OUT_OF_FUEL`.

    Spec: T-12. Mirror: ``Rows.sol:dbGet``.
    """
    operands = open_operands(state, source, 4)
    key, key_len, out, out_cap = operands.values
    check_key_length(key_len, least=1)
    check_buffer(state, key, key_len)
    check_buffer(state, out, out_cap)
    state = charge(state, ROW_READ_FUEL + key_len + min(out_cap, VALUE_MAX))
    row_key = read_buffer(state, source, key, key_len)
    value = verify_get(state.db_root, source.get_proof(row_key), key=row_key)
    return deliver(state, source, operands.previous, value, out=out, out_cap=out_cap)


def db_put(state: State, word: Word, source: WitnessSource) -> State:
    """Write a row: ``(key, key_len, value, value_len) -> existed``.

    Traps: `KEY_LENGTH`, `VALUE_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then value), `OUT_OF_FUEL`.

    Spec: T-13. Mirror: ``Rows.sol:dbPut``.
    """
    operands = open_operands(state, source, 4)
    key, key_len, value, value_len = operands.values
    check_key_length(key_len, least=1)
    if value_len > VALUE_MAX:
        raise Trap(TrapCode.VALUE_LENGTH)
    check_buffer(state, key, key_len)
    check_buffer(state, value, value_len)
    state = charge(state, ROW_WRITE_FUEL + key_len + value_len)
    row_key = read_buffer(state, source, key, key_len)
    row_value = read_buffer(state, source, value, value_len)
    proof = source.put_proof(row_key)
    root = verify_put(state.db_root, proof, key=row_key, value=row_value)
    existed = 1 if isinstance(proof, Update) else 0
    return written(state, operands, existed=existed, root=root)


def db_delete(state: State, word: Word, source: WitnessSource) -> State:
    """Delete a row: ``(key, key_len) -> existed``.

    Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS`, `OUT_OF_FUEL`.

    Spec: T-14. Mirror: ``Rows.sol:dbDelete``.
    """
    operands = open_operands(state, source, 2)
    key, key_len = operands.values
    check_key_length(key_len, least=1)
    check_buffer(state, key, key_len)
    state = charge(state, ROW_WRITE_FUEL + key_len)
    row_key = read_buffer(state, source, key, key_len)
    proof = source.delete_proof(row_key)
    root = verify_delete(state.db_root, proof, key=row_key)
    existed = 1 if isinstance(proof, Delete) else 0
    return written(state, operands, existed=existed, root=root)


def db_seek(state: State, word: Word, source: WitnessSource) -> State:
    """Find the least key at or above one: ``(key, key_len, strict, out, out_cap) -> len | -1``.

    Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then out), `OUT_OF_FUEL`.

    Spec: T-15. Mirror: ``Rows.sol:dbSeek``.
    """
    operands = open_operands(state, source, 5)
    key, key_len, strict, out, out_cap = operands.values
    state = check_seek(state, operands)
    query = read_buffer(state, source, key, key_len)
    proof = source.seek_proof(query, strict=strict != 0)
    found = verify_seek(state.db_root, proof, query=query, strict=strict != 0)
    return deliver(state, source, operands.previous, found, out=out, out_cap=out_cap)


def db_seek_back(state: State, word: Word, source: WitnessSource) -> State:
    """Find the greatest key at or below a given one (strict: below); otherwise as `db_seek`.

    Spec: T-16. Mirror: ``Rows.sol:dbSeekBack``.
    """
    operands = open_operands(state, source, 5)
    key, key_len, strict, out, out_cap = operands.values
    state = check_seek(state, operands)
    query = read_buffer(state, source, key, key_len)
    proof = source.seek_back_proof(query, strict=strict != 0)
    found = verify_seek_back(state.db_root, proof, query=query, strict=strict != 0)
    return deliver(state, source, operands.previous, found, out=out, out_cap=out_cap)


def check_seek(state: State, operands: Operands) -> State:
    """Return the state after a seek's checks and its charge.

    Spec: T-15. Mirror: ``Rows.sol:checkSeek``.
    """
    key, key_len, _, out, out_cap = operands.values
    check_key_length(key_len, least=0)
    check_buffer(state, key, key_len)
    check_buffer(state, out, out_cap)
    return charge(state, ROW_READ_FUEL + key_len + min(out_cap, KEY_MAX))


def deliver(
    state: State,
    source: WitnessSource,
    previous: Hash32,
    found: bytes | None,
    *,
    out: int,
    out_cap: int,
) -> State:
    """Write ``found`` to ``out`` if it is there and fits; push its length, or -1.

    Spec: T-11. Mirror: ``Rows.sol:deliver``.
    """
    memory_root = state.memory_root
    if found is not None and len(found) <= out_cap:
        memory_root = write_buffer(state, source, out, found)
    length = NOT_FOUND if found is None else len(found)
    return replace(
        state,
        pc=next_pc(state),
        stack=push_operand(previous, length),
        memory_root=memory_root,
    )


def written(state: State, operands: Operands, *, existed: int, root: Hash32) -> State:
    """Return the state after rows changed: it says whether the row had been there.

    Spec: T-13, T-14. Mirror: ``Rows.sol:written``.
    """
    stack = push_operand(operands.previous, existed)
    return replace(state, pc=next_pc(state), stack=stack, db_root=root)
