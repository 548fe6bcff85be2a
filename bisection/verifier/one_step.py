"""The one-step verifier: whether one step leads from one state to another.

Checks come in one order, so that of several failures the same one is the error here and in the
contract. A trap is a state: only what an honest witness never has is refused.

Not here: instructions (the other files of this package), witnesses (`bisection.witness`).

Spec: docs/spec/verifier.md. Mirror: ``OneStepVerifier.sol``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bisection.calldata import NO_INSTRUCTION, decode_call
from bisection.errors import (
    CalldataNotCanonical,
    PostStateMismatch,
    UnexpectedInstruction,
)
from bisection.verifier import control, memory, message_access, numeric, rows, variable
from bisection.verifier.source import WitnessReader, WitnessSource
from bisection.verifier.transition import FuelExhausted, trapped
from merkle import Hash32, Window, open_window
from merkle.hashing import check_word
from merkle.window import check_depth
from wasm_interp.errors import ResultOutOfRange, TrapCodeOutOfRange
from wasm_interp.instructions import (
    INSTRUCTIONS,
    WORD_BYTES,
    Family,
    Instruction,
    Word,
    decode_word,
)
from wasm_interp.rules.trap import Trap
from wasm_interp.state import State, Status, TrapCode

if TYPE_CHECKING:
    from types import ModuleType

Rule: TypeAlias = Callable[[State, Word, WitnessSource], State]


def verify_call(calldata: bytes) -> State:
    """Return the state that the call's step leads to, shown to be the one that it claims.

    Raises `UnknownSelector`, `CalldataNotCanonical`, and as `verify_step` does.

    Spec: V-2. Mirror: ``OneStepVerifier.sol``'s fallback.
    """
    call = decode_call(calldata)
    return verify_step(call.pre_state, call.op, call.witness, call.post_state)


def verify_step(pre_state: bytes, op: bytes, witness: bytes, post_state: Hash32) -> State:
    """Return the state after one step from ``pre_state``, shown to have the hash ``post_state``.

    ``pre_state`` is a record of 320 bytes, ``op`` the instruction word at its pc, 16 bytes.
    Raises a `RecordError`, `ProofError`, `VerifierError` or `MessageError`: the first failure in
    the order of V-4 to V-8.

    Spec: V-4 to V-8. Mirror: ``OneStepVerifier.sol:oneStepVerify``.
    """
    if len(op) != WORD_BYTES:
        raise CalldataNotCanonical
    check_word(post_state)
    state = State.decode(pre_state)
    check_outcome(state)
    check_depths(state)
    reader = WitnessReader(witness)
    after = step(state, op, reader)
    reader.check_end()
    actual = after.hash()
    if actual != post_state:
        raise PostStateMismatch(expected=post_state, actual=actual)
    return after


def check_outcome(state: State) -> None:
    """Refuse a trap code or a result of a machine that has not stopped in that way.

    A step that stops the machine overwrites them, so that without this two records would lead to
    one state. Raises `TrapCodeOutOfRange`, `ResultOutOfRange`.

    Spec: V-4, S-13. Mirror: ``MachineRecord.sol:checkOutcome``.
    """
    if (state.trap != TrapCode.NONE) != (state.status is Status.TRAPPED):
        raise TrapCodeOutOfRange(code=state.trap)
    if state.result != 0 and state.status is not Status.HALTED:
        raise ResultOutOfRange(result=state.result)


def check_depths(state: State) -> None:
    """Raise `DepthOutOfRange` for the first depth of the record that is above 32.

    Spec: V-4. Mirror: ``MachineRecord.sol:checkDepths``.
    """
    check_depth(state.code_depth)
    check_depth(state.memory_depth)
    check_depth(state.table_depth)
    check_depth(state.globals_depth)
    check_depth(state.locals_depth)


def step(state: State, op: bytes, source: WitnessSource) -> State:
    """Return the state after one step. Raises as the parts of the witness do.

    Spec: V-5 to V-7, S-8 to S-12. Mirror: ``OneStepVerifier.sol:step``.
    """
    if state.status is not Status.RUNNING:
        check_no_instruction(op)
        return state
    if state.fuel == 0:
        check_no_instruction(op)
        return trapped(state, TrapCode.OUT_OF_FUEL)
    state = replace(state, fuel=state.fuel - 1)
    try:
        word = fetch(state, op, source)
        return RULES[word.code](state, word, source)
    except FuelExhausted as exhausted:
        return trapped(replace(state, fuel=0), exhausted.code)
    except Trap as trap:
        return trapped(state, trap.code)


def check_no_instruction(op: bytes) -> None:
    """Raise `UnexpectedInstruction` unless ``op`` is zero, as where a step fetches none.

    Spec: V-5. Mirror: ``OneStepVerifier.sol:checkNoInstruction``.
    """
    if op != NO_INSTRUCTION:
        raise UnexpectedInstruction(op=op)


def fetch(state: State, op: bytes, source: WitnessSource) -> Word:
    """Return the instruction at pc, shown to be ``op``.

    Traps: `INVALID_INSTRUCTION`, for a pc beyond the code tree, where there is nothing to show, and
    for a word that is no instruction. Raises `UnexpectedInstruction`, `RootMismatch`.

    Spec: V-5, V-6. Mirror: ``OneStepVerifier.sol:fetch``.
    """
    if state.pc >= 2 << state.code_depth:
        check_no_instruction(op)
        raise Trap(TrapCode.INVALID_INSTRUCTION)
    path = source.code_path(state.pc, depth=state.code_depth)
    leaf = path.other_half + op if state.pc & 1 else op + path.other_half
    window = Window(index=state.pc >> 1, leaves=(leaf,), siblings=path.siblings)
    open_window(state.code_root, window, depth=state.code_depth)
    word = decode_word(op)
    if word is None:
        raise Trap(TrapCode.INVALID_INSTRUCTION)
    return word


def _rule_of(row: Instruction) -> Rule:
    """Return the rule of an instruction: the function with the name of its reference rule."""
    if row.family is Family.NUMERIC:
        return numeric.rule_of(row)
    name = row.rule.__name__
    files: dict[Family, ModuleType] = {
        Family.CONTROL: control,
        Family.VARIABLE: variable,
        Family.MEMORY: memory,
        Family.HOST: rows if name.startswith("db_") else message_access,
    }
    rule: Callable[..., Any] = getattr(files[row.family], name)
    return partial(rule, **row.params) if row.params else rule


RULES: Final[dict[int, Rule]] = {code: _rule_of(row) for code, row in INSTRUCTIONS.items()}
"""The rule of every instruction, by code. Spec: V-17."""
