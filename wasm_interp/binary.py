"""The decoder: from the bytes of a module to a `Module`.

Here: the preamble, sections and their entries. Types are in `wasm_interp.binary_types`,
instructions in `wasm_interp.binary_code`, symbols in `wasm_interp.name_section`. Not here:
validation (`wasm_interp.validate`), which must follow before anything trusts what was decoded.

Spec: WebAssembly core 1.0, ``binary/modules``; docs/spec/profile.md, P-3, P-4 and P-7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

from wasm_interp.binary_code import read_expression
from wasm_interp.binary_reader import UNEXPECTED_END, Reader
from wasm_interp.binary_types import (
    read_function_type,
    read_global_type,
    read_memory_type,
    read_table_type,
    read_value_type,
)
from wasm_interp.errors import Malformed, ModuleError, ProfileViolation
from wasm_interp.module import (
    DataSegment,
    ElementSegment,
    Export,
    ExternKind,
    Function,
    FunctionType,
    Global,
    Import,
    Limits,
    Module,
)
from wasm_interp.name_section import read_names
from wasm_interp.opcodes import Exclusion, ValueType
from wasm_interp.profile import PROFILE_V1, Profile

MAGIC: Final = b"\x00asm"
VERSION: Final = (1).to_bytes(4, "little")

CUSTOM_SECTION: Final = 0
TAG_SECTION: Final = 13
"""The section of exceptions, outside the profile."""

_TAG_KIND = 4
_FUNCTION_KIND = 0
_ACTIVE, _PASSIVE, _EXPLICIT = 0, 1, 2
_ELEMENT_FLAGS_MAX = 7
_DECLARED_LOCALS_MAX = 2**32 - 1

T = TypeVar("T")


def decode(wasm: bytes, profile: Profile = PROFILE_V1) -> Module:
    """Return the module that ``wasm`` encodes, function bodies flat and constants unsigned.

    Raises `Malformed` where the bytes are not a module, `ProfileViolation` where they are one that
    cannot even be represented in the profile; both name the byte, the function and its symbol.

    Spec: docs/spec/profile.md, P-3.
    """
    decoder = _Decoder(bytes(wasm), profile)
    try:
        return decoder.decode()
    except ModuleError as error:
        error.function = decoder.function
        if decoder.function is not None:
            error.symbol = decoder.symbol(decoder.function)
        raise


class _Decoder:
    """The sections read so far. ``function`` is the index of the function being read, if any."""

    def __init__(self, wasm: bytes, profile: Profile) -> None:
        self.reader = Reader(wasm)
        self.profile = profile
        self.function: int | None = None
        self.types: tuple[FunctionType, ...] = ()
        self.imports: tuple[Import, ...] = ()
        self.type_indices: tuple[int, ...] = ()
        self.functions: tuple[Function, ...] = ()
        self.tables: tuple[Limits, ...] = ()
        self.memories: tuple[Limits, ...] = ()
        self.globals: tuple[Global, ...] = ()
        self.exports: tuple[Export, ...] = ()
        self.start: int | None = None
        self.start_offset = -1
        self.elements: tuple[ElementSegment, ...] = ()
        self.data_count: int | None = None
        self.data: tuple[DataSegment, ...] = ()
        self.names: dict[int, str] = {}

    def decode(self) -> Module:
        self._preamble()
        reader = self.reader
        last_place = -1
        while reader.at < reader.size:
            last_place = self._section(last_place)
        if len(self.functions) != len(self.type_indices):
            raise Malformed("function and code section have inconsistent lengths", reader.at)
        if self.data_count is not None and len(self.data) != self.data_count:
            raise Malformed("data count and data section have inconsistent lengths", reader.at)
        return self._module()

    def symbol(self, function: int) -> str:
        """Return the symbol of a function although decoding stopped before the name section."""
        self.names = self.names or _names_ahead(self.reader)
        return self._module().symbol(function)

    def _module(self) -> Module:
        return Module(
            types=self.types,
            imports=self.imports,
            functions=self.functions,
            tables=self.tables,
            memories=self.memories,
            globals=self.globals,
            exports=self.exports,
            start=self.start,
            start_offset=self.start_offset,
            elements=self.elements,
            data=self.data,
            names=self.names,
            size=self.reader.size,
        )

    def _preamble(self) -> None:
        reader = self.reader
        if reader.take(4) != MAGIC:
            raise Malformed("magic header not detected", 0)
        if reader.take(4) != VERSION:
            raise Malformed("unknown binary version", 4)

    def _section(self, last_place: int) -> int:
        """Read a section. ``last_place`` is where the last one stands in the order of sections."""
        reader = self.reader
        offset = reader.at
        section = reader.byte()
        if section == TAG_SECTION:
            raise ProfileViolation(f"P-4: tag section: {Exclusion.EXCEPTION.value}", offset)
        if section != CUSTOM_SECTION and section not in _SECTIONS:
            raise Malformed("malformed section id", offset)
        if section == CUSTOM_SECTION:
            name, payload = _custom_section(reader)
            if name == "name" and not self.names:
                self.names = read_names(payload)
            return last_place
        if _PLACES[section] <= last_place:
            raise Malformed("unexpected content after last section", offset)
        end = reader.count() + reader.at
        try:
            _SECTIONS[section](self)
        except ProfileViolation as error:
            if error.offset is None or error.offset < end:
                raise
            # What was met is not the section's own: the section lacks its end.
            raise Malformed(UNEXPECTED_END, end) from None
        reader.expect_end(end)
        return _PLACES[section]

    def _vector(self, read_entry: Callable[[], T]) -> tuple[T, ...]:
        return tuple([read_entry() for _ in range(self.reader.count())])

    def _type_section(self) -> None:
        self.types = self._vector(lambda: read_function_type(self.reader))

    def _import_section(self) -> None:
        self.imports = self._vector(self._import)

    def _import(self) -> Import:
        reader = self.reader
        offset = reader.at
        module, name = reader.name(), reader.name()
        kind = self._extern_kind("import")
        type_index, limits, global_type = 0, None, None
        match kind:
            case ExternKind.FUNCTION:
                type_index = reader.u32()
            case ExternKind.TABLE:
                limits = read_table_type(reader)
            case ExternKind.MEMORY:
                limits = read_memory_type(reader)
            case ExternKind.GLOBAL:
                global_type = read_global_type(reader)
        return Import(
            module=module,
            name=name,
            kind=kind,
            type_index=type_index,
            limits=limits,
            global_type=global_type,
            offset=offset,
        )

    def _extern_kind(self, direction: str) -> ExternKind:
        offset = self.reader.at
        kind = self.reader.byte()
        if kind == _TAG_KIND:
            raise ProfileViolation(
                f"P-4: {direction} of a tag: {Exclusion.EXCEPTION.value}", offset
            )
        if kind > _TAG_KIND:
            raise Malformed(f"malformed {direction} kind", offset)
        return ExternKind(kind)

    def _function_section(self) -> None:
        self.type_indices = self._vector(self.reader.u32)

    def _table_section(self) -> None:
        self.tables = self._vector(lambda: read_table_type(self.reader))

    def _memory_section(self) -> None:
        self.memories = self._vector(lambda: read_memory_type(self.reader))

    def _global_section(self) -> None:
        self.globals = self._vector(self._global)

    def _global(self) -> Global:
        offset = self.reader.at
        return Global(
            type=read_global_type(self.reader), init=read_expression(self.reader), offset=offset
        )

    def _export_section(self) -> None:
        self.exports = self._vector(self._export)

    def _export(self) -> Export:
        reader = self.reader
        offset = reader.at
        name = reader.name()
        return Export(
            name=name, kind=self._extern_kind("export"), index=reader.u32(), offset=offset
        )

    def _start_section(self) -> None:
        self.start_offset = self.reader.at
        self.start = self.reader.u32()

    def _element_section(self) -> None:
        self.elements = self._vector(self._element)

    def _element(self) -> ElementSegment:
        reader = self.reader
        offset = reader.at
        flags = reader.u32()
        if flags > _ELEMENT_FLAGS_MAX:
            raise Malformed("malformed elements segment kind", offset)
        if flags not in (_ACTIVE, _EXPLICIT):
            raise ProfileViolation(
                "P-7: an element segment must be active and hold function indices", offset
            )
        table = reader.u32() if flags == _EXPLICIT else 0
        place = read_expression(reader)
        if flags == _EXPLICIT and reader.byte() != _FUNCTION_KIND:
            raise Malformed("malformed element kind", reader.at - 1)
        return ElementSegment(
            table=table, place=place, functions=self._vector(reader.u32), offset=offset
        )

    def _data_count_section(self) -> None:
        self.data_count = self.reader.u32()

    def _code_section(self) -> None:
        imported = sum(entry.kind is ExternKind.FUNCTION for entry in self.imports)
        functions = []
        for position in range(self.reader.count()):
            self.function = imported + position
            functions.append(self._code(position))
        self.functions = tuple(functions)
        self.function = None

    def _code(self, position: int) -> Function:
        reader = self.reader
        end = reader.count() + reader.at
        offset = reader.at
        # More bodies than declared functions are refused at the end, an unknown type by validation.
        type_index = self.type_indices[position] if position < len(self.type_indices) else 0
        params = len(self.types[type_index].params) if type_index < len(self.types) else 0
        local_runs = self._local_runs(params)
        body = read_expression(reader)
        reader.expect_end(end)
        return Function(type_index=type_index, local_runs=local_runs, body=body, offset=offset)

    def _local_runs(self, params: int) -> tuple[tuple[int, ValueType], ...]:
        """Read the runs of declared locals; refuse too many before anything expands them."""
        reader = self.reader
        start = reader.at
        total = 0
        runs = []
        for _ in range(reader.count()):
            count = reader.u32()
            total += count
            if total > _DECLARED_LOCALS_MAX:
                raise Malformed("too many locals", start)
            runs.append((count, read_value_type(reader)))
        if params + total > self.profile.locals_max:
            raise ProfileViolation(
                f"P-1: {params + total} parameters and locals, locals_max is "
                f"{self.profile.locals_max}",
                start,
            )
        return tuple(runs)

    def _data_section(self) -> None:
        start = self.reader.at
        count = self.reader.count()
        if self.data_count not in (None, count):
            raise Malformed("data count and data section have inconsistent lengths", start)
        self.data = tuple([self._data() for _ in range(count)])

    def _data(self) -> DataSegment:
        reader = self.reader
        offset = reader.at
        flags = reader.u32()
        if flags == _PASSIVE:
            raise ProfileViolation(f"P-7: {Exclusion.PASSIVE_SEGMENT.value}", offset)
        if flags not in (_ACTIVE, _EXPLICIT):
            raise Malformed("malformed data segment kind", offset)
        return DataSegment(
            memory=reader.u32() if flags == _EXPLICIT else 0,
            place=read_expression(reader),
            data=reader.take(reader.count()),
            offset=offset,
        )


_SectionReader: TypeAlias = Callable[[_Decoder], None]

_SECTIONS: Final[dict[int, _SectionReader]] = {
    1: _Decoder._type_section,
    2: _Decoder._import_section,
    3: _Decoder._function_section,
    4: _Decoder._table_section,
    5: _Decoder._memory_section,
    6: _Decoder._global_section,
    7: _Decoder._export_section,
    8: _Decoder._start_section,
    9: _Decoder._element_section,
    12: _Decoder._data_count_section,
    10: _Decoder._code_section,
    11: _Decoder._data_section,
}
"""How each section is read, by its id, in the order in which sections must come."""

_PLACES: Final = {section: place for place, section in enumerate(_SECTIONS)}


def _custom_section(reader: Reader) -> tuple[str, bytes]:
    end = reader.count() + reader.at
    name = reader.name()
    return name, reader.take(end - reader.at)


def _names_ahead(reader: Reader) -> dict[int, str]:
    """Find the name section of a module that was refused elsewhere, by walking section headers."""
    ahead = Reader(reader.data, len(MAGIC) + len(VERSION))
    try:
        while ahead.at < ahead.size:
            if ahead.byte() != CUSTOM_SECTION:
                ahead.take(ahead.count())
                continue
            name, payload = _custom_section(ahead)
            if name == "name":
                return read_names(payload)
    except Malformed:
        pass  # No name is better than a second error.
    return {}
