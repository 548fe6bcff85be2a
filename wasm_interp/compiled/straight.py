"""Instructions without control: variables, memory, calls.

Numeric ones are in `wasm_interp.compiled.numeric`, structured control in
`wasm_interp.compiled.function`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasm_interp import instructions as code
from wasm_interp import opcodes as wasm
from wasm_interp.assemble import TRAP
from wasm_interp.compiled import numeric
from wasm_interp.compiled.operands import Operands
from wasm_interp.compiled.source import Site
from wasm_interp.compiled.values import (
    ATOM,
    LOOSE,
    OR,
    SHIFT,
    SUM,
    Value,
    constant,
    made,
    name,
)
from wasm_interp.rules.integer import mask

if TYPE_CHECKING:
    from wasm_interp.instructions import Word
    from wasm_interp.lower import LinkedFunction
    from wasm_interp.module import FunctionType, Instr
    from wasm_interp.opcodes import ValueType
    from wasm_interp.program import Program

MEMORY = frozenset(("mem",))
TEXT_MAX = 300
"""The longest expression, in characters: CPython refuses what is nested too deeply."""
VIEWS = {2: "m2", 4: "m4", 8: "m8"}
"""Views of memory by the width of their items."""


def bits(kind: ValueType) -> int:
    """Return the width of a type."""
    return 32 if kind is wasm.ValueType.I32 else 64


class Straight(Operands):
    """A function's instructions one after the other; ``cells`` are the shared names it uses."""

    def __init__(self, program: Program, index: int) -> None:
        super().__init__()
        self.program = program
        self.function: LinkedFunction = program.linked[index]
        self.pc = program.functions[index].pc
        self.cells: set[str] = {"fuel"}
        self.assigned: set[str] = {"fuel"}

    def take(self, opcode: int, *, spend: int = 1) -> Word:
        """Return the lowered instruction here, which must be ``opcode``, and go on behind it."""
        word = self.program.words[self.pc]
        assert word.code == opcode, f"pc {self.pc}: the compiler and lowering disagree"
        self.pc += 1
        self.spend(spend)
        return word

    def straight(self, instr: Instr) -> None:
        """Compile an instruction that is no control."""
        self.held.clear()
        opcode = instr.opcode
        special = _SPECIAL.get(opcode.code)
        if special is not None:
            special(self, instr)
        elif opcode.width:
            self.take(opcode.code)
            (self.load if opcode.pushes else self.store)(instr)
        elif opcode.name in numeric.BINARY:
            self.take(opcode.code)
            self._binary(opcode)
        else:
            self.take(opcode.code)
            n = bits(opcode.pops[0])
            self.push(numeric.UNARY[opcode.name](numeric.small(self.pop(n), n), n))
        if self.stack and len(self.stack[-1].raw) > TEXT_MAX:
            self.push(self.bound(self.pop().masked()))

    def _binary(self, opcode: wasm.Opcode) -> None:
        n = bits(opcode.pops[0])
        rhs = numeric.small(self.pop(n), n)
        lhs = numeric.small(self.pop(n), n)
        if opcode.name in numeric.ROTATIONS and rhs.const is not None:
            lhs = self._doubled(lhs, n)
        self.push(numeric.BINARY[opcode.name](lhs, rhs, n))

    def _doubled(self, value: Value, n: int) -> Value:
        """Return ``value`` doubled. A local's double is kept: it is often rotated again."""
        if not (value.is_name and value.raw[0] == "l"):
            return numeric.doubled(value, n)
        key = f"double of {value.raw}"
        if key not in self.bounds:
            variable = self.fresh()
            self.emit(f"{variable} = {numeric.doubled(value, n).raw}")
            self.bounds[key] = name(variable, high=mask(2 * n), n=n)
        return self.bounds[key]

    # -- variables ------------------------------------------------------------------------------

    def _const(self, instr: Instr) -> None:
        word = self.take(instr.opcode.code)
        self.push(constant(word.b, bits(instr.opcode.pushes[0])))

    def _drop(self, _: Instr) -> None:
        self.take(wasm.DROP)
        if self.stack[-1].traps:
            self.emit(self.stack[-1].text)
        self.pop()

    def _select(self, _: Instr) -> None:
        self.take(wasm.SELECT)
        condition = self.pop(32)
        if any(value.traps for value in self.stack[-2:]):
            # Only one of the two will be evaluated, but both must be able to trap.
            self.spill()
        second, first = self.pop().masked(), self.pop().masked()
        self.push(self.selected(condition, first, second))

    def selected(self, condition: Value, first: Value, second: Value) -> Value:
        """Return ``first`` where ``condition`` holds, else ``second``."""
        one, two = first.masked_at(OR), second.masked_at(OR)
        return made(
            f"{one} if {condition.condition} else {two}",
            LOOSE,
            *(first, second, condition),
            n=first.n or second.n,
            high=max(first.high, second.high),
        )

    def local(self, index: int) -> Value:
        """Return the value of a local."""
        variable = f"l{index}"
        return self.bounds.get(variable) or name(variable)

    def _local_get(self, instr: Instr) -> None:
        self.take(wasm.LOCAL_GET)
        self.push(self.local(instr.a))

    def _local_set(self, instr: Instr) -> None:
        self.take(wasm.LOCAL_SET)
        self.set_local(instr.a)
        self.checkpoint()

    def _local_tee(self, instr: Instr) -> None:
        self.take(wasm.LOCAL_TEE)
        self.set_local(instr.a)
        self.push(self.local(instr.a))
        self.checkpoint()

    def set_local(self, index: int) -> None:
        """Pop into a local."""
        variable, value = f"l{index}", self.pop()
        self.spill(reading=frozenset((variable,)))
        if value.text != variable:
            self.emit(f"{variable} = {value.text}")
        self.bounds.pop(f"double of {variable}", None)
        self.bounds[variable] = name(
            variable, high=value.masked().high, n=value.n, aligned=value.aligned
        )

    def _global_get(self, instr: Instr) -> None:
        self.take(wasm.GLOBAL_GET)
        self.cells.add(f"g{instr.a}")
        self.push(name(f"g{instr.a}"))

    def _global_set(self, instr: Instr) -> None:
        self.take(wasm.GLOBAL_SET)
        variable, value = f"g{instr.a}", self.pop()
        self.spill(reading=frozenset((variable,)))
        self.cells.add(variable)
        self.assigned.add(variable)
        self.emit(f"{variable} = {value.text}")
        self.checkpoint()

    # -- memory ---------------------------------------------------------------------------------

    def _address(self, instr: Instr, width: int) -> tuple[Value, str, str]:
        """Pop a base; return it with the address, and the condition that it is not aligned.

        The condition is empty where the address is surely aligned.
        """
        base = self.pop(32).masked()
        exponent = width.bit_length() - 1
        offset = instr.b
        if width == 1 or (base.aligned >= exponent and offset % width == 0):
            return base, _plus(base, offset), ""
        base = self.bound(base)
        tested = base.raw if offset % width == 0 else f"({_plus(base, offset)})"
        return base, _plus(base, offset), f"{tested} & {width - 1}"

    def load(self, instr: Instr) -> None:
        """Read memory; signed loads extend."""
        row = instr.opcode
        width, n = row.width, bits(row.pushes[0])
        base, address, unaligned = self._address(instr, width)
        self.cells.add("mem" if width == 1 else VIEWS[width])
        if width == 1:
            text, prec = f"mem[{address}]", ATOM
        else:
            text, prec = f"{VIEWS[width]}[{address} >> {width.bit_length() - 1}]", ATOM
        if unaligned:
            self.cells.add(f"load{width}")
            text, prec = f"({text} if not {unaligned} else load{width}({address}))", ATOM
        memory = Value(raw="", high=0, reads=MEMORY)
        value = made(text, prec, base, memory, n=n, high=mask(8 * width), traps=True)
        if row.name.endswith("_s"):
            signed = numeric.sign_extended(value, 8 * width)
            value = made(
                signed.raw, signed.prec, value, n=n, low=signed.low, high=signed.high, traps=True
            )
        self.push(value)

    def store(self, instr: Instr) -> None:
        """Write memory."""
        width = instr.opcode.width
        value = self.pop(bits(instr.opcode.pops[1]))
        self.spill()
        text = self._low_bytes(value, width)
        _, address, unaligned = self._address(instr, width)
        if width == 1:
            self.cells.add("mem")
            self.emit(f"mem[{address}] = {text}")
        else:
            view = VIEWS[width]
            self.cells.add(view)
            aligned = f"{view}[{address} >> {width.bit_length() - 1}] = {text}"
            if unaligned:
                self.cells.add(f"store{width}")
                self.emit(f"if {unaligned}: store{width}({address}, {text})")
                self.emit(f"else: {aligned}")
            else:
                self.emit(aligned)
        self.checkpoint()

    def _low_bytes(self, value: Value, width: int) -> str:
        if 8 * width == value.n or (value.low >= 0 and value.high <= mask(8 * width)):
            return value.text
        return numeric.and_(value, constant(mask(8 * width), value.n), value.n).text

    def _memory_size(self, _: Instr) -> None:
        self.take(wasm.MEMORY_SIZE)
        self.cells.add("mem")
        memory = Value(raw="", high=0, reads=MEMORY)
        self.push(made("len(mem) >> 16", SHIFT, memory, n=32, high=1 << 16))

    def _memory_grow(self, _: Instr) -> None:
        self.take(wasm.MEMORY_GROW)
        delta = self.pop(32)
        self.spill(reading=MEMORY)
        self.cells.add("grow")
        self._result(f"grow({delta.text})", 32)

    # -- calls ----------------------------------------------------------------------------------

    def _call(self, instr: Instr) -> None:
        callee = self.program.linked[instr.a]
        if callee.host is not None:
            self._host(callee.host, callee.type)
            return
        self.take(code.CALL)
        self.cells.add(f"f{instr.a}")
        self._call_python(f"f{instr.a}", callee.type)

    def _call_indirect(self, instr: Instr) -> None:
        word = self.take(code.CALL_INDIRECT)
        kind = self.program.module.types[instr.a]
        index = self.pop(32)
        self.cells.add(f"table{word.a}")
        self._call_python(f"table{word.a}[{index.text}]", kind)

    def _arguments(self, kind: FunctionType) -> list[str]:
        values = [self.pop(bits(one)) for one in reversed(kind.params)]
        return [value.text for value in reversed(values)]

    def _call_python(self, target: str, kind: FunctionType) -> None:
        arguments = self._arguments(kind)
        changed = (name for value in self.stack for name in value.reads if name[0] in "gm")
        self.spill(reading=frozenset(changed))
        before = self.site
        kept = tuple(self.stack)
        self.site = Site(before.restart, return_pc=self.pc, kept=kept, mark=self.mark())
        call = f"{target}({', '.join([*arguments, 'd - 1'])})"
        self._result(call, bits(kind.results[0]) if kind.results else 0)

    def _host(self, opcode: int, kind: FunctionType) -> None:
        self.take(opcode)
        arguments = self._arguments(kind)
        self.spill(reading=MEMORY)
        helper = f"host_{opcode:02x}"
        self.cells.add(helper)
        text = f"{helper}({', '.join(arguments)})"
        self._result(text, bits(kind.results[0]) if kind.results else 0)

    def _result(self, call: str, n: int) -> None:
        """Emit a call; its result, of width ``n`` if there is one, becomes the operand on top."""
        if n:
            variable = self.fresh()
            self.emit(f"{variable} = {call}")
            self.push(name(variable, high=mask(n), n=n))
        else:
            self.emit(call)
        self.checkpoint()

    def _trap(self, instr: Instr) -> None:
        """The stepper is what traps."""
        self.take(code.TRAP)
        self.spill()
        self.emit("raise Pause")


def _plus(base: Value, offset: int) -> str:
    if base.const is not None:
        return str(base.const + offset)
    return f"{base.at(SUM)} + {offset}" if offset else base.at(SUM)


_SPECIAL = {
    wasm.I32_CONST: Straight._const,
    wasm.I64_CONST: Straight._const,
    wasm.DROP: Straight._drop,
    wasm.SELECT: Straight._select,
    wasm.LOCAL_GET: Straight._local_get,
    wasm.LOCAL_SET: Straight._local_set,
    wasm.LOCAL_TEE: Straight._local_tee,
    wasm.GLOBAL_GET: Straight._global_get,
    wasm.GLOBAL_SET: Straight._global_set,
    wasm.MEMORY_SIZE: Straight._memory_size,
    wasm.MEMORY_GROW: Straight._memory_grow,
    wasm.CALL: Straight._call,
    wasm.CALL_INDIRECT: Straight._call_indirect,
    wasm.UNREACHABLE: Straight._trap,
    TRAP.code: Straight._trap,
}
