"""A module as data: what the decoder yields and the validator, the linker and lowering read.

Function bodies stay flat, as in the binary: a tuple of `Instr` ending with ``end``. Nothing here
checks anything. Not here: programs, which are what linking makes of a module
(`wasm_interp.program`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from wasm_interp.errors import printable
from wasm_interp.opcodes import Opcode, ValueType


@dataclass(frozen=True, slots=True)
class FunctionType:
    """Parameter and result types. A text form is ``(i32 i64) -> (i32)``."""

    params: tuple[ValueType, ...]
    results: tuple[ValueType, ...]

    def __str__(self) -> str:
        sides = (" ".join(kind.text for kind in side) for side in (self.params, self.results))
        return "({}) -> ({})".format(*sides)


@dataclass(frozen=True, slots=True)
class Limits:
    """A minimum and, if declared, a maximum: pages of a memory, entries of a table."""

    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instr:
    """One instruction of a body.

    ``a`` and ``b`` are its immediates in binary order (constants as unsigned integers); a block's
    type is ``block_type`` (None where the block has no result); ``labels`` are br_table's targets,
    the default last. ``offset`` is the byte offset of the opcode in the module, or -1 if generated.
    """

    opcode: Opcode
    a: int = 0
    b: int = 0
    labels: tuple[int, ...] = ()
    block_type: ValueType | None = None
    offset: int = -1


class ExternKind(Enum):
    """What an import or export refers to. Spec: ``externtype``."""

    FUNCTION = 0
    TABLE = 1
    MEMORY = 2
    GLOBAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalType:
    """The type of a global."""

    value_type: ValueType
    mutable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import. ``type_index`` is set for functions, the fitting other field for the rest."""

    module: str
    name: str
    kind: ExternKind
    type_index: int = 0
    limits: Limits | None = None
    global_type: GlobalType | None = None
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export: ``index`` counts imports first."""

    name: str
    kind: ExternKind
    index: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function defined in the module.

    ``local_runs`` are the declared locals, parameters excluded, as (count, type) like the binary
    has them: expanded, they could be a thousand times the module's size. ``offset`` is where the
    body begins in the module, -1 if generated.
    """

    type_index: int
    local_runs: tuple[tuple[int, ValueType], ...]
    body: tuple[Instr, ...]
    offset: int = -1

    @property
    def locals_count(self) -> int:
        """The number of declared locals."""
        return sum(count for count, _ in self.local_runs)

    @property
    def locals(self) -> tuple[ValueType, ...]:
        """The declared locals' types, one entry each."""
        return tuple(kind for count, kind in self.local_runs for _ in range(count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Global:
    """A global defined in the module, with its constant expression."""

    type: GlobalType
    init: tuple[Instr, ...]
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementSegment:
    """An active element segment of function indices."""

    table: int
    place: tuple[Instr, ...]
    functions: tuple[int, ...]
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSegment:
    """An active data segment."""

    memory: int
    place: tuple[Instr, ...]
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A decoded module. Indices of functions and globals count imports first.

    ``names`` are those of the name section by function index; ``size`` is the module's in bytes.
    """

    types: tuple[FunctionType, ...] = ()
    imports: tuple[Import, ...] = ()
    functions: tuple[Function, ...] = ()
    tables: tuple[Limits, ...] = ()
    memories: tuple[Limits, ...] = ()
    globals: tuple[Global, ...] = ()
    exports: tuple[Export, ...] = ()
    start: int | None = None
    start_offset: int = -1
    elements: tuple[ElementSegment, ...] = ()
    data: tuple[DataSegment, ...] = ()
    names: dict[int, str] = field(default_factory=dict)
    size: int = 0

    def imported(self, kind: ExternKind) -> tuple[Import, ...]:
        """Return the imports of one kind, in index order."""
        return tuple(entry for entry in self.imports if entry.kind is kind)

    def function_types(self) -> list[FunctionType]:
        """Return the type of every function, imported ones first."""
        indices = [entry.type_index for entry in self.imported(ExternKind.FUNCTION)]
        indices += [entry.type_index for entry in self.functions]
        return [self.types[index] for index in indices]

    def symbols(self) -> dict[int, str]:
        """Return a printable name of every function that has one: name section, import, export."""
        found: dict[int, str] = {}
        for export in reversed(self.exports):
            if export.kind is ExternKind.FUNCTION:
                found[export.index] = printable(export.name)
        for index, entry in enumerate(self.imported(ExternKind.FUNCTION)):
            found[index] = printable(f"{entry.module}.{entry.name}")
        return found | self.names

    def symbol(self, index: int) -> str:
        """Return the name of function ``index``, or its index if it has none.

        This looks through the whole module: for many functions take `symbols` once.
        """
        return self.symbols().get(index, f"${index}")
