"""What every part of the code generator needs: the environment, the choices, the output."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.wasm_interp.generator.encoder import instruction
from tests.wasm_interp.generator.source import Source, chance
from wasm_interp.module import FunctionType, GlobalType
from wasm_interp.opcodes import BY_NAME, ValueType

I = ValueType.I32  # noqa: E741 - the opcode table's short names
L = ValueType.I64
TYPES = (I, L)
COUNTER = 0
"""The global that bounds all loops and calls."""

_FIXED = tuple(row for row in BY_NAME.values() if not row.polymorphic)
LOADS = tuple(row for row in _FIXED if row.width and row.pushes)
STORES = tuple(row for row in _FIXED if row.width and not row.pushes)
NUMERIC = tuple(row for row in _FIXED if not row.width and row.pops and "memory" not in row.name)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a body may refer to. ``table`` has function indices or None; imports come first."""

    types: tuple[FunctionType, ...]
    functions: tuple[FunctionType, ...]
    imported: tuple[tuple[str, str], ...]
    globals: tuple[GlobalType, ...]
    memory_pages: int | None
    table: tuple[int | None, ...] | None
    straight_line: bool = False
    traps: bool = True


@dataclass
class Writer:
    """A body being written: its bytes, the names it used, its locals and open labels."""

    source: Source
    env: Environment
    kind: FunctionType
    locals: tuple[ValueType, ...]
    budget: int
    code: bytearray = field(default_factory=bytearray)
    used: set[str] = field(default_factory=set)
    labels: list[ValueType | None] = field(default_factory=list)

    def emit(self, name: str, *immediates: int | ValueType | None) -> None:
        self.used.add(name)
        self.code += instruction(name, *immediates)

    def const(self, kind: ValueType, value: int) -> None:
        self.emit(f"{kind.text}.const", value)

    def below(self, count: int) -> int:
        return self.source.below(count)

    def chance(self, numerator: int, denominator: int) -> bool:
        return chance(self.source, numerator, denominator)

    def expression(self, kind: ValueType) -> None:
        """Write code that leaves one operand of type ``kind``."""
        raise NotImplementedError

    def depths_of(self, kind: ValueType | None) -> list[int]:
        """Return the depths of the labels that take ``kind``, the innermost first."""
        return [depth for depth, label in enumerate(reversed(self.labels)) if label == kind]
