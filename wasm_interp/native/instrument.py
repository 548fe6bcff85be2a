"""A program as a WebAssembly module that counts our fuel: bodies are written anew with charges.

1. Costs are those of the lowered code (docs/spec/lowering.md): the walk here follows that of
   `wasm_interp.lower`, operand heights and unreachable code included.
2. Straight code is charged at its end, before control leaves it. Fuel is checked where functions
   and loops begin; running out, like any other trap, only has to stop the run: it is repeated
   elsewhere. Only what a run that halts has used must be exact.
3. The function's own label is a block around its code, because the instruction `return` behind that
   costs one.

Not here: running (`wasm_interp.native.runner`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wasm_interp import opcodes as wasm
from wasm_interp.assemble import TRAP
from wasm_interp.bulk_memory import BULK_MEMORY, bulk_memory_code
from wasm_interp.encode import block_type, const, instruction, local_runs, unsigned
from wasm_interp.lower import body_of
from wasm_interp.opcodes import MEMORY_COPY, ValueType
from wasm_interp.profile import PROFILE_V1

if TYPE_CHECKING:
    from wasm_interp.lower import LinkedFunction
    from wasm_interp.module import FunctionType, Instr

END: Final = b"\x0b"
UNREACHABLE: Final = b"\x00"
_ELSE: Final = b"\x05"
_RETURN: Final = b"\x0f"
_EMPTY: Final = block_type(None)
_BLOCK: Final = b"\x02"
_IF: Final = b"\x04"
_BR: Final = b"\x0c"
_BR_TABLE: Final = b"\x0e"
_I, _L = ValueType.I32, ValueType.I64

_SCRATCH: Final = ((5, _I), (1, _L), (3, _I))
"""Locals behind the function's own: a condition; three of memory.copy; three of memory.fill, the
second of which is an i64; two of memory.grow."""
_COPY_AT, _FILL_AT, _GROW_AT = 1, 4, 7

_OPERANDS: Final = {
    wasm.DROP: (1, 0),
    wasm.SELECT: (3, 1),
    wasm.LOCAL_GET: (0, 1),
    wasm.LOCAL_SET: (1, 0),
    wasm.LOCAL_TEE: (1, 1),
    wasm.GLOBAL_GET: (0, 1),
    wasm.GLOBAL_SET: (1, 0),
}
"""Operands that polymorphic instructions without control take and leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are in the module that is written.

    ``functions`` maps a linked index to ours: the host's function itself for a host function;
    ``fuel`` and ``depth`` are the indices of the counters among the globals.
    """

    linked: tuple[LinkedFunction, ...]
    types: tuple[FunctionType, ...]
    functions: dict[int, int]
    fuel: int
    depth: int
    memory_max: int


@dataclass(slots=True)
class _Label:
    """An open block as in `wasm_interp.lower`: ``targeted`` if a branch makes its end reachable."""

    height: int
    results: int
    arity: int
    is_loop: bool = False
    is_plain_if: bool = False
    targeted: bool = False


def function_code(layout: Layout, index: int, declared: tuple[tuple[int, ValueType], ...]) -> bytes:
    """Return the linked function ``index``, or its thunk, as an entry of the code section."""
    code = _Body(layout, index).write()
    entry = local_runs((*declared, *_SCRATCH)) + code
    return unsigned(len(entry)) + entry


class _Body:
    """The walk over one function. ``cost`` is what straight code has used and not been charged."""

    def __init__(self, layout: Layout, index: int) -> None:
        self.layout = layout
        self.index = index
        self.function = layout.linked[index]
        self.scratch = len(self.function.type.params) + self.function.locals_count
        self.out = bytearray()
        self.labels: list[_Label] = []
        self.height = 0
        self.cost = 0
        self.reachable = True
        self.dead_blocks = 0
        fuel = unsigned(layout.fuel)
        self.take_fuel, self.put_fuel = b"\x23" + fuel, b"\x24" + fuel

    def write(self) -> bytes:
        """Return the expression, its last ``end`` included."""
        kind = self.function.type
        results = len(kind.results)
        self._check_fuel()
        self.cost = 1 + len(kind.params)
        self.labels.append(_Label(height=0, results=results, arity=results))
        self.out += _BLOCK + block_type(kind.results[0] if results else None)
        for instr in body_of(self.function, self.index):
            self._instr(instr)
        assert not self.labels, "the body ends where the function does"
        if self.reachable:
            self._charge(1)
        return bytes(self.out + END)

    # -- fuel and depth ---------------------------------------------------------------------------

    def _charge(self, amount: int) -> None:
        if amount:
            self.out += self.take_fuel + const(_L, amount) + b"\x7d" + self.put_fuel

    def _settle(self, more: int = 0) -> None:
        """Charge what straight code has cost, and ``more``."""
        self._charge(self.cost + more)
        self.cost = 0

    def _check_fuel(self) -> None:
        self.out += self.take_fuel + const(_L, 0) + b"\x53"
        self.out += _IF + _EMPTY + UNREACHABLE + END

    def _deeper(self) -> None:
        """Count a frame, or stop at the limit. Spec: I-8."""
        depth = unsigned(self.layout.depth)
        self.out += b"\x23" + depth + const(_I, PROFILE_V1.call_depth_max) + b"\x4f"
        self.out += _IF + _EMPTY + UNREACHABLE + END
        self._add_to_depth(1)

    def _add_to_depth(self, amount: int) -> None:
        depth = unsigned(self.layout.depth)
        self.out += b"\x23" + depth + const(_I, amount) + b"\x6a\x24" + depth

    # -- one instruction --------------------------------------------------------------------------

    def _instr(self, instr: Instr) -> None:
        opcode = instr.opcode.code
        if not self.reachable:
            self._skip(opcode, instr)
        elif opcode in _CONTROL:
            _CONTROL[opcode](self, instr)
        elif opcode in BULK_MEMORY:
            at = _COPY_AT if opcode == MEMORY_COPY else _FILL_AT
            for part in bulk_memory_code(opcode, scratch=self.scratch + at):
                self._instr(part)
        else:
            row = instr.opcode
            pops, pushes = _OPERANDS.get(opcode, (len(row.pops), len(row.pushes)))
            self.height += pushes - pops
            self.cost += 1
            if opcode == wasm.BY_NAME["memory.grow"].code:
                self._grow(instr)
            else:
                self.out += instruction(instr)

    def _grow(self, instr: Instr) -> None:
        """Grow memory; stop if it does not grow although it may: the node has no room."""
        delta, before = (unsigned(self.scratch + _GROW_AT + i) for i in range(2))
        self.out += b"\x22" + delta + instruction(instr) + b"\x22" + before
        self.out += const(_I, -1) + b"\x46" + _IF + _EMPTY
        self.out += b"\x3f\0\xad\x20" + delta + b"\xad\x7c" + const(_L, self.layout.memory_max)
        self.out += b"\x58" + _IF + _EMPTY + UNREACHABLE + END + END + b"\x20" + before

    def _skip(self, opcode: int, instr: Instr) -> None:
        """Leave out unreachable code. Spec: L-9."""
        if opcode in {wasm.BLOCK, wasm.LOOP, wasm.IF}:
            self.dead_blocks += 1
        elif self.dead_blocks:
            self.dead_blocks -= opcode == wasm.END
        elif opcode == wasm.ELSE:
            self._else(instr)
        elif opcode == wasm.END:
            self._end(instr)

    def _stop(self) -> None:
        """What follows cannot be reached; nothing is written before the block's end."""
        self.out += UNREACHABLE
        self.cost = 0
        self.reachable = False

    # -- structured control -----------------------------------------------------------------------

    def _nop(self, _: Instr) -> None:
        pass

    def _block(self, instr: Instr) -> None:
        results = 0 if instr.block_type is None else 1
        self.labels.append(_Label(height=self.height, results=results, arity=results))
        self.out += instruction(instr)

    def _loop(self, instr: Instr) -> None:
        self._settle()
        self._block(instr)
        self.labels[-1].arity = 0
        self.labels[-1].is_loop = True
        self._check_fuel()

    def _if(self, instr: Instr) -> None:
        self.height -= 1
        self._settle(1)
        self._block(instr)
        self.labels[-1].is_plain_if = True

    def _else(self, _: Instr) -> None:
        label = self.labels[-1]
        label.is_plain_if = False
        if self.reachable:
            label.targeted = True
            self._settle(1)
        self.out += _ELSE
        self.height = label.height
        self.reachable = True

    def _end(self, _: Instr) -> None:
        label = self.labels.pop()
        if self.reachable:
            self._settle()
        self.out += END
        self.height = label.height + label.results
        if label.is_plain_if or (label.targeted and not label.is_loop):
            self.reachable = True
        if not self.reachable:
            self._stop()

    # -- branches ---------------------------------------------------------------------------------

    def _stub_cost(self, depth: int) -> int:
        """Return what the stub of a branch costs, 0 if it needs none; it reaches its label."""
        label = self.labels[-1 - depth]
        label.targeted = True
        surplus = self.height - label.height - label.arity
        return surplus + 1 if surplus else 0

    def _br(self, instr: Instr) -> None:
        if instr.a == len(self.labels) - 1:
            self._return(instr)
            return
        label = self.labels[-1 - instr.a]
        label.targeted = True
        self._settle(self.height - label.height - label.arity + 1)
        self.out += instruction(instr)
        self._stop()

    def _br_if(self, instr: Instr) -> None:
        self.height -= 1
        self._settle(1)
        extra = self._stub_cost(instr.a)
        if extra:
            condition = unsigned(self.scratch)
            self.out += b"\x22" + condition + _IF + _EMPTY
            self._charge(extra)
            self.out += END + b"\x20" + condition
        self.out += instruction(instr)

    def _br_table(self, instr: Instr) -> None:
        self.height -= 1
        costs = [self._stub_cost(depth) for depth in instr.labels]
        least = min(costs)
        self._settle(2 + least)
        if max(costs) > least:
            self._charge_by_target([cost - least for cost in costs])
        self.out += instruction(instr)
        self._stop()

    def _charge_by_target(self, costs: list[int]) -> None:
        """Charge by the index on top, which stays: a switch of its own, a block for each cost."""
        at = unsigned(self.scratch)
        kinds = sorted(set(costs))
        *rows, default = (unsigned(kinds.index(cost)) for cost in costs)
        self.out += b"\x21" + at + (_BLOCK + _EMPTY) * (len(kinds) + 1) + b"\x20" + at
        self.out += _BR_TABLE + unsigned(len(rows)) + b"".join(rows) + default
        for i, cost in enumerate(kinds):
            self.out += END
            self._charge(cost)
            self.out += _BR + unsigned(len(kinds) - 1 - i)
        self.out += END + b"\x20" + at

    def _return(self, _: Instr) -> None:
        self._settle(self.height - self.labels[0].arity + 1)
        self.out += _RETURN
        self._stop()

    # -- calls and traps --------------------------------------------------------------------------

    def _call(self, instr: Instr) -> None:
        callee = self.layout.linked[instr.a]
        self.cost += 1
        self.height += len(callee.type.results) - len(callee.type.params)
        if callee.host is None:
            self._deeper()
        self.out += b"\x10" + unsigned(self.layout.functions[instr.a])
        if callee.host is None:
            self._add_to_depth(-1)

    def _call_indirect(self, instr: Instr) -> None:
        kind = self.layout.types[instr.a]
        self.cost += 1
        self.height += len(kind.results) - len(kind.params) - 1
        self._deeper()
        self.out += instruction(instr)
        self._add_to_depth(-1)

    def _trap(self, _: Instr) -> None:
        self._stop()


_CONTROL: Final = {
    wasm.UNREACHABLE: _Body._trap,
    wasm.NOP: _Body._nop,
    wasm.BLOCK: _Body._block,
    wasm.LOOP: _Body._loop,
    wasm.IF: _Body._if,
    wasm.ELSE: _Body._else,
    wasm.END: _Body._end,
    wasm.BR: _Body._br,
    wasm.BR_IF: _Body._br_if,
    wasm.BR_TABLE: _Body._br_table,
    wasm.RETURN: _Body._return,
    wasm.CALL: _Body._call,
    wasm.CALL_INDIRECT: _Body._call_indirect,
    TRAP.code: _Body._trap,
}
