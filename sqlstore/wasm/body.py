"""A function that is being compiled: its locals, its code, and which blocks are open.

Not here: what a source means (`sqlstore.wasm.statements`, `sqlstore.wasm.expressions`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sqlstore.wasm.errors import LanguageError
from sqlstore.wasm.source import Declaration
from wasm_interp.encode import as_unsigned
from wasm_interp.module import FunctionType, Instr
from wasm_interp.opcodes import BY_NAME, LOCAL_SET, Opcode, ValueType

RANGES: Final = {
    ValueType.I32: range(-(2**31), 2**32),
    ValueType.I64: range(-(2**63), 2**64),
}
"""What a literal may be: signed or unsigned."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A function that may be called: its place in the program, and its type."""

    place: int
    type: FunctionType


class Body:
    """The code of one function so far. Labels are named by the number of blocks around them."""

    def __init__(
        self, function: Declaration, *, callees: Mapping[str, Callee], constants: Mapping[str, int]
    ) -> None:
        self.function = function
        self.callees = callees
        self.constants = constants
        self.code: list[Instr] = []
        self.open_blocks = 0
        self.locals: dict[str, tuple[int, ValueType]] = {}
        self._types: list[ValueType] = []
        for name, kind in function.params:
            self.declare(function.node, name, kind)

    # -- locals -----------------------------------------------------------------------------------

    def declare(self, node: ast.AST, name: str, kind: ValueType) -> None:
        """Make ``name`` a local of type ``kind``, which it may be already."""
        _, known = self.locals.setdefault(name, (len(self._types), kind))
        if len(self.locals) > len(self._types):
            self._types.append(kind)
        if known is not kind:
            raise self.error(node, f"'{name}' is {known.text}, not {kind.text}")

    def hidden_local(self, kind: ValueType) -> str:
        """Return the name of a new local, one that no source can have."""
        name = f"#{len(self._types)}"
        self.declare(self.function.node, name, kind)
        return name

    def local_runs(self) -> tuple[tuple[int, ValueType], ...]:
        """Return the locals that are not parameters, as (count, type)."""
        declared = self._types[len(self.function.params) :]
        return tuple((len(list(run)), kind) for kind, run in groupby(declared))

    # -- code -------------------------------------------------------------------------------------

    def emit(self, opcode: Opcode, a: int = 0, b: int = 0) -> None:
        """Append an instruction."""
        self.code.append(Instr(opcode=opcode, a=a, b=b))

    def emit_named(self, name: str, a: int = 0) -> None:
        """Append the instruction that the text format calls ``name``."""
        self.emit(BY_NAME[name], a)

    def get(self, name: str) -> None:
        """Append what pushes the local ``name``.

        Right behind its ``local.set`` that becomes a ``local.tee``: one step less, the same value.
        No branch leads between the two, because every label ends a block, by an instruction.
        """
        index, _ = self.locals[name]
        last = self.code[-1] if self.code else None
        if last and last.opcode.code == LOCAL_SET and last.a == index:
            self.code[-1] = Instr(opcode=BY_NAME["local.tee"], a=index)
        else:
            self.emit_named("local.get", index)

    def set(self, name: str) -> None:
        """Append what pops the local ``name``."""
        self.emit_named("local.set", self.locals[name][0])

    def const(self, node: ast.AST, value: int, kind: ValueType) -> None:
        """Append what pushes ``value``."""
        if value not in RANGES[kind]:
            raise self.error(node, f"{value} is no {kind.text}")
        self.emit_named(f"{kind.text}.const", as_unsigned(value, kind))

    # -- blocks -----------------------------------------------------------------------------------

    def open(self, name: str, result: ValueType | None = None) -> int:
        """Append ``block``, ``loop`` or ``if``; return the label's name, to branch to."""
        self.code.append(Instr(opcode=BY_NAME[name], block_type=result))
        self.open_blocks += 1
        return self.open_blocks

    def close(self) -> None:
        """Append the ``end`` of the innermost block."""
        self.emit_named("end")
        self.open_blocks -= 1

    def branch(self, name: str, label: int) -> None:
        """Append ``br`` or ``br_if`` to ``label``."""
        self.emit_named(name, self.open_blocks - label)

    def error(self, node: ast.AST, reason: str) -> LanguageError:
        """Return the error of what stands at ``node``."""
        return LanguageError(self.function.source, getattr(node, "lineno", 0), reason)
