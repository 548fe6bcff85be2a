"""Function bodies: a type-directed generator of code with every instruction of the profile.

`expression` emits code that leaves one operand of a type, `statement` code that leaves none. Code
after an unconditional branch goes on in the same way, which is valid because the operand stack is
polymorphic there; `dead_noise` adds what only that makes valid. *Surplus* operands under the
carried ones are what branches must unwind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.wasm_interp.generator.dead import DeadCode
from tests.wasm_interp.generator.source import edge_integer, pick, pick_weighted
from tests.wasm_interp.generator.writer import COUNTER, LOADS, NUMERIC, STORES, TYPES, I, L
from wasm_interp.module import FunctionType
from wasm_interp.opcodes import ValueType

_DIVISIONS = {"div_s", "div_u", "rem_s", "rem_u"}


class Body(DeadCode):
    """A body being written."""

    # -- whole bodies -----------------------------------------------------------------------------

    def write(self) -> bytes:
        """Write the whole body, its end included."""
        result = self.kind.results[0] if self.kind.results else None
        self.labels = [result]
        self.count_down()
        self.sequence(result, 1 + self.below(4))
        self.emit("end")
        return bytes(self.code)

    def count_down(self) -> None:
        """Take 1 from the counter; if it is 0, trap or leave the function."""
        self.emit("global.get", COUNTER)
        self.emit("i32.eqz")
        if not self.env.straight_line:
            self.emit("if", None)
            if self.kind.results:
                self.const(self.kind.results[0], edge_integer(self.source, 8))
            self.emit("unreachable" if self.env.traps and self.chance(1, 8) else "return")
            self.emit("end")
        else:
            self.emit("drop")
        self.emit("global.get", COUNTER)
        self.const(I, 1)
        self.emit("i32.sub")
        self.emit("global.set", COUNTER)

    def sequence(self, result: ValueType | None, statements: int) -> None:
        """Write a block's inside: statements, then its result, perhaps over surplus operands."""
        surplus = [pick(self.source, TYPES) for _ in range(self.below(4))] if self.below(4) else []
        for kind in surplus:
            self.expression(kind)
        for _ in range(statements):
            self.statement()
        if surplus and not self.env.straight_line and self.chance(1, 2):
            # Leave the surplus to the branch that ends the block.
            if result is not None:
                self.expression(result)
            self.jump_out(result)
            self.dead_noise()
            if self.chance(1, 2) and result is not None:
                self.expression(result)
            return
        for _ in surplus:
            self.emit("drop")
        if result is not None:
            self.expression(result)

    def jump_out(self, result: ValueType | None) -> None:
        """Branch with the operand on top to some label that takes it: br, br_table, return."""
        depths = self.depths_of(result)
        depths = [depth for depth in depths if depth == 0] or depths
        if not depths or self.chance(1, 8):
            if self.labels[0] == result:
                self.emit("return")
            else:
                self.emit("unreachable")
        elif self.chance(1, 4):
            self.table_branch(self.depths_of(result))
        else:
            self.emit("br", pick(self.source, depths))

    # -- statements -------------------------------------------------------------------------------

    def statement(self) -> None:
        self.budget -= 1
        choices = [(3, self.set_local), (2, self.drop_expression), (1, self.nop)]
        if any(entry.mutable for entry in self.env.globals[1:]):
            choices.append((2, self.set_global))
        if self.env.memory_pages is not None:
            choices += [(4, self.store)]
            if not self.env.straight_line:
                choices += [(1, self.copy), (1, self.fill)]
        if not self.env.straight_line:
            choices += self._control_statements()
        pick_weighted(self.source, choices)()

    def _control_statements(self) -> list[tuple[int, Callable[[], None]]]:
        choices: list[tuple[int, Callable[[], None]]] = []
        if self.budget > 0:
            choices += [(2, self.if_statement), (2, self.block_statement), (2, self.loop_statement)]
            choices += [(1, self.guarded_jump)]
            if self.callees(None):
                choices.append((2, self.call_statement))
            if self.indirect_types(None):
                choices.append((2, self.indirect_statement))
        if self.depths_of(None):
            choices.append((2, self.branch_if))
        if self.chance(1, 24):
            choices.append((4, self.jump_anywhere))
        return choices

    def nop(self) -> None:
        self.emit("nop")

    def set_local(self) -> None:
        if not self.locals:
            return self.nop()
        index = self.below(len(self.locals))
        self.expression(self.locals[index])
        return self.emit("local.set", index)

    def set_global(self) -> None:
        indices = [i for i, entry in enumerate(self.env.globals) if i and entry.mutable]
        index = pick(self.source, indices)
        self.expression(self.env.globals[index].value_type)
        self.emit("global.set", index)

    def drop_expression(self) -> None:
        self.expression(pick(self.source, TYPES))
        self.emit("drop")

    def store(self) -> None:
        row = pick(self.source, STORES)
        self.address()
        self.expression(row.pops[1])
        self.emit(row.name, self.alignment(row), self.offset())

    def copy(self) -> None:
        self.address()
        self.address()
        self.length()
        self.emit("memory.copy")

    def fill(self) -> None:
        self.address()
        self.expression(I)
        self.length()
        self.emit("memory.fill")

    def block_statement(self) -> None:
        self.block("block", None)

    def loop_statement(self) -> None:
        self.block("loop", None)

    def if_statement(self) -> None:
        self.expression(I)
        self.emit("if", None)
        self.inside(None, None)
        if self.chance(1, 2):
            self.emit("else")
            self.inside(None, None)
        self.emit("end")

    def guarded_jump(self) -> None:
        self.expression(I)
        self.emit("if", None)
        self.labels.append(None)
        self.jump_anywhere()
        self.labels.pop()
        self.emit("end")

    def jump_anywhere(self) -> None:
        """Branch to any label, with what it takes; then some dead code."""
        kind = pick(self.source, self.labels)
        for _ in range(self.below(3)):
            self.expression(pick(self.source, TYPES))
        if kind is not None:
            self.expression(kind)
        if self.chance(1, 3):
            self.table_branch(self.depths_of(kind))
        elif self.chance(1, 4) and kind == self.labels[0]:
            self.emit("return")
        elif self.env.traps and self.chance(1, 16):
            self.emit("unreachable")
        else:
            self.emit("br", pick(self.source, self.depths_of(kind)))
        self.dead_noise()

    def table_branch(self, depths: Sequence[int]) -> None:
        count = pick(self.source, (1, 2, 3, 0, 8, 33))
        self.expression(I)
        if count and self.chance(3, 4):
            self.const(I, count + 1)
            self.emit("i32.rem_u")
        self.emit("br_table", *(pick(self.source, depths) for _ in range(count + 1)))

    def branch_if(self) -> None:
        self.expression(I)
        self.emit("br_if", pick(self.source, self.depths_of(None)))

    def call_statement(self) -> None:
        self.call(pick(self.source, self.callees(None)))

    def indirect_statement(self) -> None:
        self.call_indirect(pick(self.source, self.indirect_types(None)))

    # -- blocks -----------------------------------------------------------------------------------

    def block(self, opener: str, result: ValueType | None) -> None:
        self.emit(opener, result)
        self.inside(None if opener == "loop" else result, result, is_loop=opener == "loop")
        self.emit("end")

    def inside(
        self, label: ValueType | None, result: ValueType | None, *, is_loop: bool = False
    ) -> None:
        self.labels.append(label)
        if is_loop:
            self.count_down()
        statements = self.below(3) if self.budget > 0 else 0
        if is_loop and self.chance(3, 4):
            self.back_edge(statements)
            statements = 0
        self.sequence(result, statements)
        self.labels.pop()

    def back_edge(self, statements: int) -> None:
        """Write statements and a conditional branch to the loop's head, over surplus operands."""
        for _ in range(statements):
            self.statement()
        surplus = self.below(3)
        for _ in range(surplus):
            self.expression(pick(self.source, TYPES))
        self.expression(I)
        self.emit("br_if", 0)
        for _ in range(surplus):
            self.emit("drop")

    # -- expressions ------------------------------------------------------------------------------

    def expression(self, kind: ValueType) -> None:
        """Write code that leaves one operand of type ``kind``."""
        self.budget -= 1
        if self.budget <= 0 or self.below(5) == 0:
            self.leaf(kind)
            return
        choices = [(12, self.numeric), (1, self.select), (1, self.tee), (2, self.leaf)]
        if self.env.memory_pages is not None:
            choices += [(3, self.load), (1, self.memory_size)]
            choices += [] if self.env.straight_line else [(1, self.memory_grow)]
        if not self.env.straight_line:
            choices += [(1, self.block_result), (1, self.loop_result), (1, self.if_result)]
            if self.depths_of(kind):
                choices.append((2, self.branch_if_with))
            if self.callees(kind):
                choices.append((2, self.call_with))
            if self.indirect_types(kind):
                choices.append((2, self.indirect_with))
            if self.chance(1, 32):
                choices.append((20, self.diverge))
        pick_weighted(self.source, choices)(kind)

    def leaf(self, kind: ValueType) -> None:
        indices = [i for i, local in enumerate(self.locals) if local is kind]
        if indices and self.chance(1, 2):
            self.emit("local.get", pick(self.source, indices))
            return
        indices = [i for i, entry in enumerate(self.env.globals) if entry.value_type is kind]
        if indices and self.chance(1, 6):
            self.emit("global.get", pick(self.source, indices))
            return
        self.const(kind, edge_integer(self.source, 32 if kind is I else 64))

    def numeric(self, kind: ValueType) -> None:
        row = pick(self.source, [row for row in NUMERIC if row.pushes == (kind,)])
        operator = row.name.split(".")[1]
        if operator in _DIVISIONS and self.chance(1, 24):
            bits = 32 if kind is I else 64
            self.const(kind, 1 << (bits - 1))
            self.const(kind, -1 if self.env.traps or operator != "div_s" else -2)
        else:
            for operand in row.pops:
                self.expression(operand)
            if operator in _DIVISIONS and (not self.env.traps or self.chance(15, 16)):
                # No zero; and for a signed division no -1.
                self.const(kind, 0x7F)
                self.emit(f"{kind.text}.and")
                self.const(kind, 1)
                self.emit(f"{kind.text}.or")
        self.emit(row.name)

    def select(self, kind: ValueType) -> None:
        self.expression(kind)
        self.expression(kind)
        self.expression(I)
        self.emit("select")

    def tee(self, kind: ValueType) -> None:
        self.expression(kind)
        indices = [i for i, local in enumerate(self.locals) if local is kind]
        if indices:
            self.emit("local.tee", pick(self.source, indices))

    def load(self, kind: ValueType) -> None:
        row = pick(self.source, [row for row in LOADS if row.pushes == (kind,)])
        self.address()
        self.emit(row.name, self.alignment(row), self.offset())

    def memory_size(self, kind: ValueType) -> None:
        self.emit("memory.size")
        self.convert(I, kind)

    def memory_grow(self, kind: ValueType) -> None:
        match self.below(8):
            case 7:
                self.expression(I)
                self.const(I, 3)
                self.emit("i32.and")
            case 6:
                self.const(I, pick(self.source, (257, 65_536, -1, 0x80000000)))
            case small:
                self.const(I, (1, 0, 1, 2, 1, 0)[small])
        self.emit("memory.grow")
        self.convert(I, kind)

    def convert(self, source: ValueType, target: ValueType) -> None:
        if source is not target:
            extend = pick(self.source, ("i64.extend_i32_u", "i64.extend_i32_s"))
            self.emit(extend if target is L else "i32.wrap_i64")

    def block_result(self, kind: ValueType) -> None:
        self.block("block", kind)

    def loop_result(self, kind: ValueType) -> None:
        self.block("loop", kind)

    def if_result(self, kind: ValueType) -> None:
        self.expression(I)
        self.emit("if", kind)
        self.inside(kind, kind)
        self.emit("else")
        self.inside(kind, kind)
        self.emit("end")

    def branch_if_with(self, kind: ValueType) -> None:
        self.expression(kind)
        self.expression(I)
        self.emit("br_if", pick(self.source, self.depths_of(kind)))

    def call_with(self, kind: ValueType) -> None:
        self.call(pick(self.source, self.callees(kind)))

    def indirect_with(self, kind: ValueType) -> None:
        self.call_indirect(pick(self.source, self.indirect_types(kind)))

    def diverge(self, kind: ValueType) -> None:
        """Branch away where an operand is due: what follows is dead, and takes any operand."""
        self.jump_anywhere()
        if self.chance(1, 2):
            self.expression(kind)

    # -- calls ------------------------------------------------------------------------------------

    def callees(self, result: ValueType | None) -> list[int]:
        results = () if result is None else (result,)
        return [i for i, kind in enumerate(self.env.functions) if kind.results == results]

    def indirect_types(self, result: ValueType | None) -> list[int]:
        """Return the types to call indirectly: those of entries, or, if traps may be, any."""
        results = () if result is None else (result,)
        types = [i for i, kind in enumerate(self.env.types) if kind.results == results]
        fitting = [i for i in types if self.fitting_entries(self.env.types[i])]
        # A choice that is the same when asked again at the same place.
        any_type = self.env.traps and self.env.table is not None and len(self.code) % 8 == 0
        return fitting or (types if any_type else [])

    def fitting_entries(self, kind: FunctionType) -> list[int]:
        entries = enumerate(self.env.table or ())
        return [at for at, f in entries if f is not None and self.env.functions[f] == kind]

    def call(self, index: int) -> None:
        if index < len(self.env.imported):
            self.host_arguments(*self.env.imported[index])
        else:
            for param in self.env.functions[index].params:
                self.expression(param)
        self.emit("call", index)

    def call_indirect(self, type_index: int) -> None:
        assert self.env.table is not None
        kind = self.env.types[type_index]
        for param in kind.params:
            self.expression(param)
        fitting = self.fitting_entries(kind)
        if fitting and (not self.env.traps or self.chance(15, 16)):
            self.const(I, pick(self.source, fitting))
        elif self.chance(1, 4):
            self.expression(I)
        else:
            self.const(I, self.below(len(self.env.table) + 2))
        self.emit("call_indirect", type_index, 0)
