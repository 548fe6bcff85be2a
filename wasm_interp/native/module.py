"""The module that the native tier runs for a program: its sections.

Not here: the bodies (`wasm_interp.native.instrument`).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from wasm_interp import encode
from wasm_interp.encode import name, section, unsigned, vector
from wasm_interp.host import HOST_FUNCTIONS
from wasm_interp.module import ExternKind
from wasm_interp.native.instrument import END, Layout, function_code
from wasm_interp.opcodes import ValueType
from wasm_interp.profile import PAGE_BYTES

if TYPE_CHECKING:
    from wasm_interp.module import FunctionType
    from wasm_interp.program import Program

HOST_MODULE: Final = "host"
MEMORY: Final = "memory"
FUEL: Final = "fuel"
DEPTH: Final = "depth"

_MUTABLE: Final = b"\1"
_FUNCTION_KIND, _MEMORY_KIND, _GLOBAL_KIND = b"\0", b"\2", b"\3"
_ACTIVE: Final = b"\0"


def function_name(index: int) -> str:
    """Return the name under which the linked function ``index`` is exported."""
    return f"f{index}"


def global_name(index: int) -> str:
    """Return the name under which the global ``index`` is exported."""
    return f"g{index}"


def entries(program: Program) -> tuple[int, ...]:
    """Return the linked functions that a run may begin with, or go on with."""
    pcs = {each.pc for each in program.exports.values()} | {program.start_pc, program.entry_pc}
    return tuple(each.index for each in program.functions if each.pc and each.pc in pcs)


def native_binary(program: Program) -> bytes:
    """Return the module for ``program``."""
    return _Writer(program).write()


class _Writer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.hosts = list(HOST_FUNCTIONS.values())
        host_at = {code: at for at, (_, code) in enumerate(self.hosts)}
        linked = program.linked
        self.bodies = [each.index for each in program.functions if each.pc]
        self.body_at = {index: len(self.hosts) + at for at, index in enumerate(self.bodies)}
        functions = {
            index: self.body_at[index] if each.host is None else host_at[each.host]
            for index, each in enumerate(linked)
        }
        own = program.module.types
        called = [linked[index].type for index in self.bodies] + [kind for kind, _ in self.hosts]
        # The module's types keep their indices: call_indirect names them.
        self.types = (*own, *dict.fromkeys(kind for kind in called if kind not in own))
        self.type_at: dict[FunctionType, int] = {}
        for index, kind in enumerate(self.types):
            self.type_at.setdefault(kind, index)
        globals_count = len(program.module.globals)
        self.layout = Layout(
            linked=linked,
            types=own,
            functions=functions,
            fuel=globals_count,
            depth=globals_count + 1,
            memory_max=program.memory_max,
        )

    def write(self) -> bytes:
        program = self.program
        pages = len(program.memory) // PAGE_BYTES
        length = unsigned(len(program.table))
        imports = (
            name(HOST_MODULE) + name(str(code)) + _FUNCTION_KIND + unsigned(self.type_at[kind])
            for kind, code in self.hosts
        )
        types = (self.type_at[program.linked[index].type] for index in self.bodies)
        memory = b"\1" + unsigned(pages) + unsigned(program.memory_max)
        return b"".join(
            [
                encode.MAGIC,
                section(1, vector(map(encode.function_type, self.types))),
                section(2, vector(imports)),
                section(3, vector(map(unsigned, types))),
                section(4, vector([b"\x70\1" + length + length])),
                section(5, vector([memory])),
                section(6, vector(self._globals())),
                section(7, vector(self._exports())),
                section(9, vector(self._elements())),
                section(10, vector(function_code(self.layout, *each) for each in self._locals())),
                section(11, vector(self._data())),
            ]
        )

    def _globals(self) -> list[bytes]:
        own = [(each.type.value_type, each.init[0].a) for each in self.program.module.globals]
        counters = [(ValueType.I64, 0), (ValueType.I32, 0)]
        return [
            bytes([kind]) + _MUTABLE + encode.const(kind, value) + END
            for kind, value in (*own, *counters)
        ]

    def _exports(self) -> list[bytes]:
        own = range(self.layout.fuel)
        return [
            name(MEMORY) + _MEMORY_KIND + unsigned(0),
            name(FUEL) + _GLOBAL_KIND + unsigned(self.layout.fuel),
            name(DEPTH) + _GLOBAL_KIND + unsigned(self.layout.depth),
            *(name(global_name(at)) + _GLOBAL_KIND + unsigned(at) for at in own),
            *(
                name(function_name(index)) + _FUNCTION_KIND + unsigned(self.body_at[index])
                for index in entries(self.program)
            ),
        ]

    def _elements(self) -> list[bytes]:
        """Return the table's entries, a segment for each run of them."""
        by_pc = {self.program.functions[index].pc: index for index in self.bodies}
        placed = [(at, entry & 0xFFFFFFFF) for at, entry in enumerate(self.program.table) if entry]
        segments = []
        for _, run in groupby(enumerate(placed), key=lambda each: each[1][0] - each[0]):
            items = [item for _, item in run]
            place = encode.const(ValueType.I32, items[0][0]) + END
            indices = (unsigned(self.body_at[by_pc[pc]]) for _, pc in items)
            segments.append(_ACTIVE + place + vector(indices))
        return segments

    def _locals(self) -> list[tuple[int, tuple[tuple[int, ValueType], ...]]]:
        """Return each function that has a body, with its declared locals' types."""
        module = self.program.module
        first = len(module.imported(ExternKind.FUNCTION))
        found = []
        for index in self.bodies:
            function = self.program.linked[index]
            if first <= index < first + len(module.functions):
                runs = module.functions[index - first].local_runs
            else:
                # A generated function or a thunk: all locals of generated code are i32.
                runs = ((function.locals_count, ValueType.I32),)
            found.append((index, runs))
        return found

    def _data(self) -> list[bytes]:
        """Return the initial memory without the zeros behind its last byte, if there is any."""
        image = self.program.memory.rstrip(b"\0")
        if not image:
            return []
        skipped = len(image) - len(image.lstrip(b"\0"))
        place = encode.const(ValueType.I32, skipped) + END
        data = image[skipped:]
        return [_ACTIVE + place + unsigned(len(data)) + data]
