"""Whole modules: types, globals, memory, table, segments and functions, encoded as a binary."""

from __future__ import annotations

from dataclasses import dataclass

from tests.wasm_interp.generator import encoder
from tests.wasm_interp.generator.code import Body
from tests.wasm_interp.generator.encoder import section, unsigned, vector
from tests.wasm_interp.generator.source import Source, chance, edge_integer, pick
from tests.wasm_interp.generator.writer import TYPES, Environment, I
from wasm_interp.host import HOST_FUNCTIONS
from wasm_interp.module import FunctionType, GlobalType
from wasm_interp.opcodes import ValueType

NOTHING = FunctionType((), ())
_KINDS = {"function": 0, "memory": 2, "global": 3}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What modules to make. ``straight_line`` leaves out all control; ``traps`` asks for some."""

    functions_max: int = 5
    budget: int = 50
    counter_max: int = 60
    host: bool = False
    straight_line: bool = False
    traps: bool = True


FULL = Options()


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call of an export, to be made on a fresh instance."""

    export: str
    args: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GeneratedModule:
    """A binary with what is known of it. ``globals`` counts exported globals ``g0 …``."""

    wasm: bytes
    used: frozenset[str]
    calls: tuple[Call, ...]
    globals: int
    has_memory: bool
    starts: bool

    def __repr__(self) -> str:
        return f"GeneratedModule({self.calls}, wasm=bytes.fromhex('{self.wasm.hex()}'))"


def generate(source: Source, options: Options) -> GeneratedModule:
    """Make one module."""
    return _ModuleWriter(source, options).write()


class _ModuleWriter:
    def __init__(self, source: Source, options: Options) -> None:
        self.source = source
        self.options = options
        self.imports = self._imports()
        self.types = [self._type() for _ in range(1 + self.below(4))]
        self.types += [HOST_FUNCTIONS[name][0] for name in self.imports]
        self.starts = not options.straight_line and chance(source, 1, 6)
        if self.starts or self.below(2):
            self.types.append(NOTHING)
        if self.below(2):
            # Equal types under several indices are one type.
            self.types.append(pick(source, self.types))
        count = 1 + self.below(options.functions_max)
        self.defined = [self.below(len(self.types)) for _ in range(count)]
        if self.starts:
            self.defined.append(self.types.index(NOTHING))
        self.globals = [GlobalType(value_type=I, mutable=True)] + [
            GlobalType(value_type=pick(source, TYPES), mutable=bool(self.below(3)))
            for _ in range(self.below(5))
        ]
        pages = (1, 1, 2, 3, 1, 0 if options.traps else 1, None)
        self.pages = pick(source, pages) if not options.host else 1
        self.pages_max = self._pages_max()
        self.table, self.segments = self._table()

    def below(self, count: int) -> int:
        return self.source.below(count)

    # -- choices ----------------------------------------------------------------------------------

    def _imports(self) -> list[tuple[str, str]]:
        return list(HOST_FUNCTIONS) if self.options.host else []

    def _type(self) -> FunctionType:
        params = tuple(pick(self.source, TYPES) for _ in range(self.below(5)))
        result = pick(self.source, (I, ValueType.I64, None, I))
        return FunctionType(params, () if result is None else (result,))

    def _pages_max(self) -> int | None:
        if self.pages is None or not self.below(3):
            return None
        return self.pages + pick(self.source, (0, 1, 2, 5))

    def _table(self) -> tuple[list[int | None] | None, list[tuple[int, list[int]]]]:
        if self.options.straight_line or not self.below(4):
            return None, []
        table: list[int | None] = [None] * self.below(10)
        segments = []
        for _ in range(1 + self.below(3)):
            at = self.below(len(table) + 1)
            count = self.below(len(table) - at + 1)
            functions = [self.below(len(self._functions())) for _ in range(count)]
            table[at : at + count] = functions
            segments.append((at, functions))
        return table, segments

    def _functions(self) -> list[FunctionType]:
        imported = [HOST_FUNCTIONS[name][0] for name in self.imports]
        return imported + [self.types[index] for index in self.defined]

    def _data(self) -> list[tuple[int, bytes]]:
        if not self.pages:
            return []
        size = self.pages * 65_536
        segments = []
        for _ in range(self.below(4)):
            length = self.below(20)
            at = pick(self.source, (0, self.below(64), size - length, 65_536 - length // 2))
            data = bytes(self.below(256) for _ in range(length))
            segments.append((min(at, size - length), data))
        return segments

    # -- the binary -------------------------------------------------------------------------------

    def write(self) -> GeneratedModule:
        functions = self._functions()
        env = Environment(
            types=tuple(self.types),
            functions=tuple(functions),
            imported=tuple(self.imports),
            globals=tuple(self.globals),
            memory_pages=self.pages,
            table=None if self.table is None else tuple(self.table),
            straight_line=self.options.straight_line,
            traps=self.options.traps,
        )
        used: set[str] = set()
        bodies = [self._body(env, index, used) for index in self.defined]
        data = self._data()
        parts = [
            encoder.MAGIC,
            section(1, vector(encoder.function_type(t.params, t.results) for t in self.types)),
            self._import_section(),
            section(3, vector(unsigned(index) for index in self.defined)),
            self._table_section(),
            self._memory_section(),
            section(6, vector(self._global(i) for i in range(len(self.globals)))),
            section(7, vector(self._exports(len(functions)))),
            section(8, unsigned(len(functions) - 1)) if self.starts else b"",
            section(9, vector(self._element(at, each) for at, each in self.segments)),
            section(12, unsigned(len(data))) if self.below(2) else b"",
            section(10, vector(unsigned(len(body)) + body for body in bodies)),
            section(11, vector(self._datum(at, each) for at, each in data)),
        ]
        if self.table is None:
            parts[9] = b""
        return GeneratedModule(
            wasm=b"".join(parts),
            used=frozenset(used),
            calls=tuple(self._call(index) for index in range(len(functions))[len(self.imports) :]),
            globals=len(self.globals),
            has_memory=self.pages is not None,
            starts=self.starts,
        )

    def _body(self, env: Environment, type_index: int, used: set[str]) -> bytes:
        kind = self.types[type_index]
        groups = [
            (pick(self.source, (1, 2, 3, 1, 0, 20)), pick(self.source, TYPES))
            for _ in range(self.below(4))
        ]
        declared = tuple(entry for count, entry in groups for _ in range(count))
        body = Body(
            source=self.source,
            env=env,
            kind=kind,
            locals=kind.params + declared,
            budget=5 + self.below(self.options.budget),
        )
        code = body.write()
        used |= body.used
        return vector(unsigned(count) + bytes([entry]) for count, entry in groups) + code

    def _import_section(self) -> bytes:
        if not self.imports:
            return b""
        return section(
            2,
            vector(
                encoder.name(module)
                + encoder.name(name)
                + b"\0"
                + unsigned(self.types.index(HOST_FUNCTIONS[module, name][0]))
                for module, name in self.imports
            ),
        )

    def _table_section(self) -> bytes:
        if self.table is None:
            return b""
        maximum = pick(self.source, (None, len(self.table), len(self.table) + 3))
        return section(4, vector([b"\x70" + encoder.limits(len(self.table), maximum)]))

    def _memory_section(self) -> bytes:
        if self.pages is None:
            return b""
        return section(5, vector([encoder.limits(self.pages, self.pages_max)]))

    def _global(self, index: int) -> bytes:
        entry = self.globals[index]
        if index == 0:
            value = self.options.counter_max >> self.below(4)
        else:
            value = edge_integer(self.source, 32 if entry.value_type is I else 64)
        init = encoder.const(entry.value_type, value) + b"\x0b"
        return bytes([entry.value_type, entry.mutable]) + init

    def _exports(self, functions: int) -> list[bytes]:
        exports = [(f"f{i}", "function", i) for i in range(functions)]
        exports += [(f"g{i}", "global", i) for i in range(len(self.globals))]
        if self.pages is not None:
            exports.append(("m", "memory", 0))
        return [encoder.name(name) + bytes([_KINDS[k]]) + unsigned(i) for name, k, i in exports]

    def _element(self, at: int, functions: list[int]) -> bytes:
        place = encoder.const(I, at) + b"\x0b"
        indices = vector(unsigned(index) for index in functions)
        if self.below(3):
            return b"\0" + place + indices
        return b"\2\0" + place + b"\0" + indices

    def _datum(self, at: int, data: bytes) -> bytes:
        flags = b"\0" if self.below(3) else b"\2\0"
        place = encoder.const(I, at) + b"\x0b"
        return flags + place + unsigned(len(data)) + data

    def _call(self, index: int) -> Call:
        kind = self._functions()[index]
        args = tuple(edge_integer(self.source, 32 if t is I else 64) for t in kind.params)
        return Call(export=f"f{index}", args=args)
