"""The validator of function bodies: the algorithm of the specification's appendix.

Operand types are a stack, with None for a type that is not known because the code is unreachable;
open blocks are another. Both are lists, so that nesting costs no recursion and a body takes time
linear in its size. An instruction with fixed operands is checked against its row in `OPCODES`; the
others have a rule here. Not here: the rest of a module (`wasm_interp.validate`).

Spec: WebAssembly core, ``appendix/algorithm``; docs/spec/profile.md, P-1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from wasm_interp.errors import Invalid, ProfileViolation
from wasm_interp.opcodes import (
    BLOCK,
    BR,
    BR_IF,
    BR_TABLE,
    CALL,
    CALL_INDIRECT,
    DROP,
    ELSE,
    END,
    GLOBAL_GET,
    GLOBAL_SET,
    IF,
    LOCAL_GET,
    LOCAL_SET,
    LOCAL_TEE,
    LOOP,
    NOP,
    OPCODES,
    RETURN,
    SELECT,
    UNREACHABLE,
    Immediate,
    ValueType,
)

if TYPE_CHECKING:
    from wasm_interp.module import Function, FunctionType, GlobalType, Instr, Module
    from wasm_interp.profile import Profile

Operand: TypeAlias = ValueType | None
"""The type of an operand, None if it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a body may refer to: the index spaces of its module, imports first."""

    module: Module
    profile: Profile
    imported_functions: int
    function_types: tuple[FunctionType, ...]
    global_types: tuple[GlobalType, ...]
    memories: int
    tables: int


@dataclass(slots=True)
class _Frame:
    """An open block. ``height`` is that of the operand stack below it."""

    opener: int
    result: ValueType | None
    height: int
    unreachable: bool = False

    @property
    def label_type(self) -> ValueType | None:
        """What a branch to it takes along: a loop is entered anew, without operands."""
        return None if self.opener == LOOP else self.result


def check_body(context: Context, index: int, function: Function) -> None:
    """Check the body of ``function``, whose index among all functions is ``index``.

    Raises `Invalid`; `ProfileViolation` if it has too many locals or operands.
    """
    _BodyChecker(context, index, function).check(function)


class _BodyChecker:
    """The state of the algorithm for one body. ``at`` is the instruction being checked."""

    def __init__(self, context: Context, index: int, function: Function) -> None:
        kind = context.function_types[index]
        self.context = context
        self.index = index
        self.at = function.body[0]
        self.locals = kind.params + function.locals
        self.operands: list[Operand] = []
        self.frames = [_Frame(BLOCK, kind.results[0] if kind.results else None, 0)]

    def check(self, function: Function) -> None:
        profile = self.context.profile
        if len(self.locals) > profile.locals_max:
            self.refuse(f"{len(self.locals)} parameters and locals", "locals_max")
        operands, height_max = self.operands, profile.operand_height_max
        for instr in function.body:
            self.at = instr
            rule = _RULES.get(instr.opcode.code)
            if rule is not None:
                rule(self, instr)
            else:
                for expected in instr.opcode.pops[::-1]:
                    self.pop(expected)
                operands += instr.opcode.pushes
            # Counted in unreachable code too: the limit is on what is written, not on what runs.
            if len(operands) > height_max:
                self.refuse(f"{len(operands)} operands", "operand_height_max")
        assert not self.frames, "a body ends with the end that closes it"

    def fail(self, rule: str) -> NoReturn:
        raise Invalid(rule, self.at.offset, self.index, symbol=self.symbol())

    def refuse(self, what: str, limit: str) -> NoReturn:
        rule = f"P-1: {what}, {limit} is {getattr(self.context.profile, limit)}"
        raise ProfileViolation(rule, self.at.offset, self.index, symbol=self.symbol())

    def symbol(self) -> str:
        return self.context.module.symbol(self.index)

    def pop(self, expected: Operand) -> Operand:
        """Take an operand of type ``expected`` (None: any). Return its type, None if unknown."""
        frame = self.frames[-1]
        if len(self.operands) == frame.height:
            if frame.unreachable:
                return None
            self._mismatch(expected, "nothing")
        found = self.operands.pop()
        if found is not expected and found is not None and expected is not None:
            self._mismatch(expected, found.text)
        return found

    def _mismatch(self, expected: Operand, found: str) -> NoReturn:
        wanted = "an operand" if expected is None else expected.text
        self.fail(f"type mismatch: {self.at.opcode.name} expects {wanted}, found {found}")

    def enter(self, opener: int, result: ValueType | None) -> None:
        self.frames.append(_Frame(opener, result, len(self.operands)))

    def leave(self) -> _Frame:
        """Close the innermost block, which must leave its result and nothing else."""
        frame = self.frames[-1]
        if frame.result is not None:
            self.pop(frame.result)
        if len(self.operands) != frame.height:
            self.fail(f"type mismatch: {self.at.opcode.name} expects no further operand")
        return self.frames.pop()

    def set_unreachable(self) -> None:
        frame = self.frames[-1]
        del self.operands[frame.height :]
        frame.unreachable = True

    def label(self, depth: int) -> _Frame:
        if depth >= len(self.frames):
            self.fail(f"unknown label {depth}")
        return self.frames[-1 - depth]

    def call(self, kind: FunctionType) -> None:
        for param in reversed(kind.params):
            self.pop(param)
        self.operands += kind.results

    def local(self, index: int) -> ValueType:
        if index >= len(self.locals):
            self.fail(f"unknown local {index}")
        return self.locals[index]

    def global_type(self, index: int) -> GlobalType:
        if index >= len(self.context.global_types):
            self.fail(f"unknown global {index}")
        return self.context.global_types[index]

    def need_memory(self) -> None:
        if not self.context.memories:
            self.fail("unknown memory 0")


def _unreachable(checker: _BodyChecker, _instr: Instr) -> None:
    checker.set_unreachable()


def _nop(_checker: _BodyChecker, _instr: Instr) -> None:
    pass


def _block(checker: _BodyChecker, instr: Instr) -> None:
    checker.enter(instr.opcode.code, instr.block_type)


def _if(checker: _BodyChecker, instr: Instr) -> None:
    checker.pop(ValueType.I32)
    checker.enter(IF, instr.block_type)


def _else(checker: _BodyChecker, _instr: Instr) -> None:
    frame = checker.leave()
    assert frame.opener == IF, "the decoder matches else with if"
    checker.enter(ELSE, frame.result)


def _end(checker: _BodyChecker, _instr: Instr) -> None:
    frame = checker.leave()
    if frame.result is None:
        return
    if frame.opener == IF:
        checker.fail(f"type mismatch: if without else cannot yield {frame.result.text}")
    checker.operands.append(frame.result)


def _br(checker: _BodyChecker, instr: Instr) -> None:
    taken = checker.label(instr.a).label_type
    if taken is not None:
        checker.pop(taken)
    checker.set_unreachable()


def _br_if(checker: _BodyChecker, instr: Instr) -> None:
    checker.pop(ValueType.I32)
    taken = checker.label(instr.a).label_type
    if taken is not None:
        checker.pop(taken)
        checker.operands.append(taken)


def _br_table(checker: _BodyChecker, instr: Instr) -> None:
    checker.pop(ValueType.I32)
    default = checker.label(instr.labels[-1]).label_type
    for depth in instr.labels:
        taken = checker.label(depth).label_type
        if (taken is None) != (default is None):
            checker.fail("type mismatch: br_table has labels with and without a result")
        if taken is not None:
            checker.operands.append(checker.pop(taken))
    checker.set_unreachable()


def _return(checker: _BodyChecker, _instr: Instr) -> None:
    result = checker.frames[0].result
    if result is not None:
        checker.pop(result)
    checker.set_unreachable()


def _call(checker: _BodyChecker, instr: Instr) -> None:
    if instr.a >= len(checker.context.function_types):
        checker.fail(f"unknown function {instr.a}")
    checker.call(checker.context.function_types[instr.a])


def _call_indirect(checker: _BodyChecker, instr: Instr) -> None:
    types = checker.context.module.types
    if instr.b >= checker.context.tables:
        checker.fail(f"unknown table {instr.b}")
    if instr.a >= len(types):
        checker.fail(f"unknown type {instr.a}")
    checker.pop(ValueType.I32)
    checker.call(types[instr.a])


def _drop(checker: _BodyChecker, _instr: Instr) -> None:
    checker.pop(None)


def _select(checker: _BodyChecker, _instr: Instr) -> None:
    checker.pop(ValueType.I32)
    second = checker.pop(None)
    first = checker.pop(second)
    checker.operands.append(second if first is None else first)


def _local_get(checker: _BodyChecker, instr: Instr) -> None:
    checker.operands.append(checker.local(instr.a))


def _local_set(checker: _BodyChecker, instr: Instr) -> None:
    checker.pop(checker.local(instr.a))


def _local_tee(checker: _BodyChecker, instr: Instr) -> None:
    kind = checker.local(instr.a)
    checker.pop(kind)
    checker.operands.append(kind)


def _global_get(checker: _BodyChecker, instr: Instr) -> None:
    checker.operands.append(checker.global_type(instr.a).value_type)


def _global_set(checker: _BodyChecker, instr: Instr) -> None:
    kind = checker.global_type(instr.a)
    if not kind.mutable:
        checker.fail(f"immutable global {instr.a}")
    checker.pop(kind.value_type)


def _fixed(checker: _BodyChecker, instr: Instr) -> None:
    for expected in reversed(instr.opcode.pops):
        checker.pop(expected)
    checker.operands += instr.opcode.pushes


def _memory_access(checker: _BodyChecker, instr: Instr) -> None:
    checker.need_memory()
    if 2**instr.a > instr.opcode.width:
        checker.fail("alignment must not be larger than natural")
    if instr.b >= 2**32:
        checker.fail("offset out of range")
    _fixed(checker, instr)


def _memory_operation(checker: _BodyChecker, instr: Instr) -> None:
    checker.need_memory()
    _fixed(checker, instr)


_Rule: TypeAlias = Callable[[_BodyChecker, "Instr"], None]

_MEMORY_RULES: dict[Immediate, _Rule] = {
    Immediate.MEMARG: _memory_access,
    Immediate.MEMORY: _memory_operation,
    Immediate.TWO_MEMORIES: _memory_operation,
}

_RULES: Final[dict[int, _Rule]] = {
    UNREACHABLE: _unreachable,
    NOP: _nop,
    BLOCK: _block,
    LOOP: _block,
    IF: _if,
    ELSE: _else,
    END: _end,
    BR: _br,
    BR_IF: _br_if,
    BR_TABLE: _br_table,
    RETURN: _return,
    CALL: _call,
    CALL_INDIRECT: _call_indirect,
    DROP: _drop,
    SELECT: _select,
    LOCAL_GET: _local_get,
    LOCAL_SET: _local_set,
    LOCAL_TEE: _local_tee,
    GLOBAL_GET: _global_get,
    GLOBAL_SET: _global_set,
    **{
        code: _MEMORY_RULES[row.immediate]
        for code, row in OPCODES.items()
        if row.immediate in _MEMORY_RULES
    },
}
"""The instructions that are more than operands and results of fixed types."""
