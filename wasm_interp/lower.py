"""Lowering: structured code of linked functions to one array of instruction words.

1. Every function becomes: ``enter``, moves of its parameters into locals, its code, ``return``.
2. A branch is a jump. Where a branch leaves operands behind, it goes through a *stub* after the
   function's end that drops them (`drop_under` where it carries a value).
3. Code that cannot be reached is not emitted; ``nop``, ``block``, ``loop``, ``end`` emit nothing.

The walk is iterative and in order, so the output depends on the input alone. It is consensus.
Spec: docs/spec/lowering.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from merkle import depth_for
from wasm_interp import instructions as code
from wasm_interp import opcodes as wasm
from wasm_interp.assemble import TRAP
from wasm_interp.bulk_memory import (
    BULK_MEMORY,
    SCRATCH_LOCALS,
    bulk_memory_code,
    uses_bulk_memory,
)
from wasm_interp.errors import ProfileViolation
from wasm_interp.instructions import Word
from wasm_interp.module import FunctionType, Instr
from wasm_interp.profile import Profile
from wasm_interp.state import TrapCode

PROLOGUE: Final = (Word(code.HALT, 0), Word(code.HALT, 1))
"""The first instructions of every program: where the outermost function returns to."""
HALT_WITHOUT_RESULT: Final = 0
HALT_WITH_RESULT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFunction:
    """A function in the linked index space: imports resolved, generated ones added.

    A host function has ``host`` (its instruction code) and no body. ``needs_pc`` asks for a body
    all the same, a *thunk*, because the function is in the table or is exported.
    """

    symbol: str
    type: FunctionType
    locals_count: int = 0
    body: tuple[Instr, ...] = ()
    host: int | None = None
    needs_pc: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an instruction comes from: a linked function, and a byte offset in the module or -1."""

    function: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """The output: words, the origin of each, and the pc of each function (0 if it has none)."""

    words: tuple[Word, ...]
    origins: tuple[Origin, ...]
    function_pcs: tuple[int, ...]


def lower(
    functions: tuple[LinkedFunction, ...], *, types: tuple[FunctionType, ...], profile: Profile
) -> Lowered:
    """Lower all functions, in index order, behind the prologue. Spec: L-5.

    ``types`` are the module's, by type index.
    Raises `ProfileViolation` (P-1) if there is too much code or a function's operands are too many.
    """
    output = _Output(profile)
    for word in PROLOGUE:
        output.emit(word, Origin(-1, -1))
    ids = canonical_type_ids(types)
    pcs = [0] * len(functions)
    for index, function in enumerate(functions):
        if function.host is None or function.needs_pc:
            pcs[index] = len(output.words)
            _FunctionLowering(output, functions, index, types, ids).run()
    for at, callee in output.calls:
        output.words[at] = Word(code.CALL, pcs[callee])
    return Lowered(
        words=tuple(output.words), origins=tuple(output.origins), function_pcs=tuple(pcs)
    )


def canonical_type_ids(types: tuple[FunctionType, ...]) -> tuple[int, ...]:
    """Return for each type index the least index of an equal type. Spec: L-4."""
    first: dict[FunctionType, int] = {}
    return tuple(first.setdefault(kind, index) for index, kind in enumerate(types))


def locals_depth(count: int) -> int:
    """Return the least depth whose tree, four values a leaf, holds ``count`` locals. Spec: L-6."""
    return depth_for((count + 3) // 4)


def body_of(function: LinkedFunction, index: int) -> tuple[Instr, ...]:
    """Return what is lowered: for a host function a thunk, which calls the function. Spec: L-2."""
    if function.host is None:
        return function.body
    by_name = wasm.BY_NAME
    return (
        *(Instr(opcode=by_name["local.get"], a=at) for at in range(len(function.type.params))),
        Instr(opcode=by_name["call"], a=index),
        Instr(opcode=by_name["end"]),
    )


class _Output:
    """The program so far, and the calls whose targets are not known yet."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.words: list[Word] = []
        self.origins: list[Origin] = []
        self.calls: list[tuple[int, int]] = []

    def emit(self, word: Word, origin: Origin) -> int:
        """Append ``word``; return its pc."""
        limit = self.profile.code_instructions_max
        if len(self.words) >= limit:
            raise ProfileViolation(
                f"P-1: lowered code has more than {limit} instructions",
                origin.offset if origin.offset >= 0 else None,
                origin.function,
            )
        self.words.append(word)
        self.origins.append(origin)
        return len(self.words) - 1


@dataclass(slots=True)
class _Label:
    """An open block, loop, if, or the function itself.

    ``height`` is the operand height below the block's ``results``; ``arity`` what a branch carries.
    ``target`` is known for loops only; others collect ``jumps`` to be filled in at the end, and
    remember with ``stubbed`` that a stub will jump there.
    ``otherwise`` is the conditional jump of an ``if`` that still needs its target.
    """

    height: int
    results: int
    arity: int
    target: int | None = None
    stubbed: bool = False
    jumps: list[int] = field(default_factory=list)
    otherwise: int | None = None


class _FunctionLowering:
    """The lowering of one function: where it stands in the code, and what it has still to emit.

    ``height`` is the operand height before the next instruction; ``stubs`` are the branches that
    need one, as (label, surplus operands, pc of the jump); ``dead_blocks`` counts the blocks opened
    in unreachable code.
    """

    def __init__(
        self,
        output: _Output,
        functions: tuple[LinkedFunction, ...],
        index: int,
        types: tuple[FunctionType, ...],
        type_ids: tuple[int, ...],
    ) -> None:
        self.output = output
        self.functions = functions
        self.function = functions[index]
        self.index = index
        self.types = types
        self.type_ids = type_ids
        self.offset = -1
        self.height = 0
        self.reachable = True
        self.dead_blocks = 0
        self.labels: list[_Label] = []
        self.stubs: list[tuple[_Label, int, int]] = []

    def run(self) -> None:
        """Emit the whole function."""
        results = len(self.function.type.results)
        self._enter()
        self.labels.append(_Label(height=0, results=results, arity=results))
        for instr in body_of(self.function, self.index):
            self.offset = instr.offset
            self._lower(instr)
        assert not self.labels, "the body ends where the function does"
        self._emit_stubs()

    # -- output ---------------------------------------------------------------------------------

    def _emit(self, opcode: int, a: int = 0, b: int = 0) -> int:
        return self.output.emit(Word(opcode, a, b), Origin(self.index, self.offset))

    def _here(self) -> int:
        return len(self.output.words)

    def _patch(self, at: int, target: int) -> None:
        self.output.words[at] = self.output.words[at]._replace(a=target)

    def _pop(self, count: int = 1) -> None:
        self.height -= count
        assert self.height >= self.labels[-1].height, "lowering takes validated code"

    def _push(self, count: int = 1) -> None:
        self.height += count
        limit = self.output.profile.operand_height_max
        if self.height > limit:
            raise ProfileViolation(
                f"P-1: more than {limit} operands",
                self.offset if self.offset >= 0 else None,
                self.index,
                symbol=self.function.symbol,
            )

    # -- the frame of a function ----------------------------------------------------------------

    def _enter(self) -> None:
        """Emit the prologue: fresh locals, then the parameters, the last one first.

        Spec: L-6, L-12, L-15.
        """
        params = len(self.function.type.params)
        count = params + self.function.locals_count
        if uses_bulk_memory(self.function.body):
            count += SCRATCH_LOCALS
        limit = self.output.profile.locals_max
        if count > limit:
            raise ProfileViolation(
                f"P-1: more than {limit} locals, scratch ones for bulk memory included",
                function=self.index,
                symbol=self.function.symbol,
            )
        self._emit(code.ENTER, locals_depth(count))
        for local in reversed(range(params)):
            self._emit(wasm.LOCAL_SET, local)

    # -- one instruction ------------------------------------------------------------------------

    def _lower(self, instr: Instr) -> None:
        opcode = instr.opcode.code
        if not self.reachable:
            self._skip(opcode)
        elif opcode in _CONTROL:
            _CONTROL[opcode](self, instr)
        elif opcode in BULK_MEMORY:
            # Only code that is reached is replaced: dead code must not cost what it would emit.
            scratch = len(self.function.type.params) + self.function.locals_count
            for part in bulk_memory_code(opcode, scratch=scratch):
                self._lower(part)
        elif instr.opcode.polymorphic:
            self._variable(instr)
        else:
            self._pop(len(instr.opcode.pops))
            # Offsets of loads and stores are ``b`` in the binary and ``a`` in a word.
            is_const = opcode in {wasm.I32_CONST, wasm.I64_CONST}
            self._emit(opcode, 0 if is_const else instr.b, instr.a if is_const else 0)
            self._push(len(instr.opcode.pushes))

    def _skip(self, opcode: int) -> None:
        """Pass over unreachable code, watching for the end of the live block around it.

        Spec: L-9.
        """
        if opcode in {wasm.BLOCK, wasm.LOOP, wasm.IF}:
            self.dead_blocks += 1
        elif self.dead_blocks:
            self.dead_blocks -= opcode == wasm.END
        elif opcode == wasm.ELSE:
            self._else(None)
        elif opcode == wasm.END:
            self._end(None)

    def _variable(self, instr: Instr) -> None:
        opcode = instr.opcode.code
        pops, pushes = _VARIABLE_ARITY[opcode]
        self._pop(pops)
        self._emit(opcode, instr.a)
        self._push(pushes)

    # -- structured control ---------------------------------------------------------------------

    def _nop(self, instr: Instr) -> None:
        pass

    def _block(self, instr: Instr) -> None:
        results = 0 if instr.block_type is None else 1
        self.labels.append(_Label(height=self.height, results=results, arity=results))

    def _loop(self, instr: Instr) -> None:
        results = 0 if instr.block_type is None else 1
        label = _Label(height=self.height, results=results, arity=0, target=self._here())
        self.labels.append(label)

    def _if(self, instr: Instr) -> None:
        """Emit the jump over the ``then`` code; its target is filled in later. Spec: L-8."""
        self._pop()
        self._block(instr)
        self.labels[-1].otherwise = self._emit(code.JUMP_UNLESS)

    def _else(self, _: Instr | None) -> None:
        label = self.labels[-1]
        assert label.otherwise is not None
        if self.reachable:
            label.jumps.append(self._emit(code.JUMP))
        self._patch(label.otherwise, self._here())
        label.otherwise = None
        self.height = label.height
        self.reachable = True

    def _end(self, _: Instr | None) -> None:
        label = self.labels.pop()
        if label.otherwise is not None:
            self._patch(label.otherwise, self._here())
            self.reachable = True
        if label.target is None:
            self.reachable = self.reachable or bool(label.jumps) or label.stubbed
            for at in label.jumps:
                self._patch(at, self._here())
            label.target = self._here()
        self.height = label.height + label.results
        if not self.labels and self.reachable:
            self._emit(code.RETURN)

    # -- branches -------------------------------------------------------------------------------

    def _jump_to(self, opcode: int, label: _Label) -> None:
        """Emit a jump to ``label`` from an operand height that already fits."""
        at = self._emit(opcode, label.target or 0)
        if label.target is None:
            label.jumps.append(at)

    def _branch(self, opcode: int, depth: int) -> None:
        """Emit a branch to the label ``depth`` levels up, through a stub if operands must go.

        Spec: L-10.
        """
        label = self.labels[-1 - depth]
        surplus = self.height - label.height - label.arity
        if surplus == 0:
            self._jump_to(opcode, label)
        else:
            label.stubbed = True
            self.stubs.append((label, surplus, self._emit(opcode)))

    def _unwind(self, surplus: int, arity: int) -> None:
        """Emit what drops ``surplus`` operands, from under the one carried if any. Spec: L-10."""
        for _ in range(surplus):
            self._emit(code.DROP_UNDER if arity else wasm.DROP)

    def _br(self, instr: Instr) -> None:
        if instr.a == len(self.labels) - 1:
            self._return(instr)
            return
        label = self.labels[-1 - instr.a]
        self._unwind(self.height - label.height - label.arity, label.arity)
        self._jump_to(code.JUMP, label)
        self.reachable = False

    def _br_if(self, instr: Instr) -> None:
        self._pop()
        self._branch(code.JUMP_IF, instr.a)

    def _br_table(self, instr: Instr) -> None:
        self._pop()
        self._emit(code.JUMP_TABLE, len(instr.labels) - 1)
        for depth in instr.labels:
            self._branch(code.JUMP, depth)
        self.reachable = False

    def _return(self, _: Instr) -> None:
        label = self.labels[0]
        self._unwind(self.height - label.arity, label.arity)
        self._emit(code.RETURN)
        self.reachable = False

    def _emit_stubs(self) -> None:
        """Emit what unwinds, once for each place and number of operands. Spec: L-11."""
        made: dict[tuple[int, int, int], int] = {}
        for label, surplus, at in self.stubs:
            assert label.target is not None
            key = (label.target, surplus, label.arity)
            if key not in made:
                self.offset = self.output.origins[at].offset
                made[key] = self._here()
                self._unwind(surplus, label.arity)
                self._emit(code.JUMP, label.target)
            self._patch(at, made[key])

    # -- calls and traps ------------------------------------------------------------------------

    def _call(self, instr: Instr) -> None:
        callee = self.functions[instr.a]
        self._pop(len(callee.type.params))
        if callee.host is not None:
            self._emit(callee.host)
        else:
            self.output.calls.append((self._emit(code.CALL), instr.a))
        self._push(len(callee.type.results))

    def _call_indirect(self, instr: Instr) -> None:
        kind = self.types[instr.a]
        self._pop(1 + len(kind.params))
        self._emit(code.CALL_INDIRECT, self.type_ids[instr.a])
        self._push(len(kind.results))

    def _unreachable(self, _: Instr) -> None:
        self._emit(code.TRAP, TrapCode.UNREACHABLE)
        self.reachable = False

    def _trap(self, instr: Instr) -> None:
        self._emit(code.TRAP, instr.a)
        self.reachable = False


_CONTROL = {
    wasm.UNREACHABLE: _FunctionLowering._unreachable,
    wasm.NOP: _FunctionLowering._nop,
    wasm.BLOCK: _FunctionLowering._block,
    wasm.LOOP: _FunctionLowering._loop,
    wasm.IF: _FunctionLowering._if,
    wasm.ELSE: _FunctionLowering._else,
    wasm.END: _FunctionLowering._end,
    wasm.BR: _FunctionLowering._br,
    wasm.BR_IF: _FunctionLowering._br_if,
    wasm.BR_TABLE: _FunctionLowering._br_table,
    wasm.RETURN: _FunctionLowering._return,
    wasm.CALL: _FunctionLowering._call,
    wasm.CALL_INDIRECT: _FunctionLowering._call_indirect,
    TRAP.code: _FunctionLowering._trap,
}

_VARIABLE_ARITY: Final = {
    wasm.DROP: (1, 0),
    wasm.SELECT: (3, 1),
    wasm.LOCAL_GET: (0, 1),
    wasm.LOCAL_SET: (1, 0),
    wasm.LOCAL_TEE: (1, 1),
    wasm.GLOBAL_GET: (0, 1),
    wasm.GLOBAL_SET: (1, 0),
}
"""Operands that the polymorphic instructions without control take and leave."""
