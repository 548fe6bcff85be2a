"""Source lines of a module's code: from a source map (version 3) or from DWARF.

1. AssemblyScript writes a source map. Its "generated column" is the byte offset in the module.
2. Clang, zig and rustc write DWARF into custom sections. Its addresses count from the contents of
   the code section. It is read with pyelftools, the extra `dwarf`.
3. Either becomes a `LineTable`, which gives a line for each byte offset; an instruction takes the
   last line that begins at or before it in its function.

Debug information is the author's word, for people, never for the machine.
Not here: finding and reading files (`cli`).

Spec: https://tc39.es/ecma426/; https://yurydelendik.github.io/webassembly-dwarf/.
"""

from __future__ import annotations

import importlib
import io
import posixpath
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from wasm_interp.binary_reader import Reader
from wasm_interp.errors import InputError, Malformed, printable
from wasm_interp.module import ExternKind

if TYPE_CHECKING:
    from wasm_interp.module import Module
    from wasm_interp.program import Program

DEBUG_LINE_BYTES_MAX: Final = 2**20
"""Greatest .debug_line section that is read: each byte of it can become a row."""

DWARF_MISSING: Final = (
    "the module has DWARF, but pyelftools is not installed: "
    "pip install 'event-sourced-channels[dwarf]', or pip install pyelftools"
)

_PREAMBLE_BYTES = 8
_CUSTOM_SECTION = 0
_CODE_SECTION = 10


class FunctionsDiffer(InputError):
    """Two modules that should have the same functions do not."""


@dataclass(frozen=True, slots=True, order=True)
class SourceLine:
    """A line of a file, counting from 1. Line 0 stands for a function without source lines."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, kw_only=True)
class LineTable:
    """Lines by byte offset: ``lines[i]`` holds from ``offsets[i]`` on, None meaning no line.

    ``texts`` are the files' contents, as far as the debug information has them.
    """

    offsets: tuple[int, ...]
    lines: tuple[SourceLine | None, ...]
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rows: Iterable[tuple[int, SourceLine | None]], texts: Mapping[str, str]
    ) -> LineTable:
        """Return the table of (offset, line) pairs: the last line at an offset, if any, holds."""
        found: dict[int, SourceLine | None] = {}
        for offset, line in rows:
            if line or offset not in found:
                found[offset] = line
        ordered = sorted(found.items(), key=lambda row: row[0])
        return cls(
            offsets=tuple(offset for offset, _ in ordered),
            lines=tuple(line for _, line in ordered),
            texts=texts,
        )

    def at(self, offset: int, *, since: int = 0) -> SourceLine | None:
        """Return the line at ``offset``, if it begins at ``since`` or later."""
        index = bisect_right(self.offsets, offset) - 1
        if index < 0 or self.offsets[index] < since:
            return None
        return self.lines[index]

    def by_pc(self, program: Program) -> tuple[SourceLine, ...]:
        """Return the line of each instruction; line 0 of ``<function>`` where there is none.

        An instruction without a line belongs to the line before it in its function; those before
        the first one, which set up the frame, belong to the first.
        """
        module = program.module
        imported = len(module.imported(ExternKind.FUNCTION))
        begins = {imported + i: entry.offset for i, entry in enumerate(module.functions)}
        lines: list[SourceLine] = []
        for function, origins in groupby(program.origins, key=lambda origin: origin.function):
            begin = begins.get(function)
            found = [
                None if begin is None else self.at(origin.offset, since=begin) for origin in origins
            ]
            symbol = printable(program.location(len(lines)).symbol).strip("()")
            nowhere = SourceLine(f"<{symbol}>", 0)
            last = next((line for line in found if line), nowhere)
            for line in found:
                last = line or last
                lines.append(last)
        return tuple(lines)

    def moved(self, before: Module, after: Module) -> LineTable:
        """Return the table for ``after``, which has the functions of ``before``, written anew.

        Behind those it may have others. Linking SQL does that (Q-95): instructions keep their order
        and get other offsets. Raises `FunctionsDiffer`.
        """
        rows: list[tuple[int, SourceLine | None]] = []
        pairs = list(zip(before.functions, after.functions, strict=False))
        if len(pairs) < len(before.functions):
            raise FunctionsDiffer("it has more functions")
        for number, (old, new) in enumerate(pairs):
            if [instr.opcode for instr in old.body] != [instr.opcode for instr in new.body]:
                raise FunctionsDiffer(f"function {number} is another")
            for was, now in zip(old.body, new.body, strict=True):
                rows.append((now.offset, self.at(was.offset, since=old.offset)))
        return LineTable.of(rows, self.texts)

    @cached_property
    def _split(self) -> dict[str, list[str]]:
        return {name: text.splitlines() for name, text in self.texts.items()}

    def text(self, line: SourceLine) -> str | None:
        """Return the text of a line, if the table has it."""
        lines = self._split.get(line.file, [])
        return lines[line.line - 1] if 1 <= line.line <= len(lines) else None

    def __repr__(self) -> str:
        files = {line.file for line in self.lines if line}
        return f"LineTable({len(self.offsets)} rows, {len(files)} files)"


# -- sections --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DebugSections:
    """A module's custom sections by name, the first of each, and where its code section begins."""

    custom: dict[str, bytes]
    code_offset: int

    @property
    def source_map_url(self) -> str | None:
        """Where the module says that its source map is."""
        try:
            return Reader(self.custom["sourceMappingURL"]).name()
        except (KeyError, Malformed):
            return None

    @property
    def has_dwarf(self) -> bool:
        """Whether there is DWARF with line numbers."""
        return ".debug_line" in self.custom and ".debug_info" in self.custom


def debug_sections(wasm: bytes) -> DebugSections:
    """Return the custom sections of a module that decodes."""
    reader = Reader(wasm, _PREAMBLE_BYTES)
    custom: dict[str, bytes] = {}
    code_offset = 0
    while reader.at < reader.size:
        section = reader.byte()
        end = reader.count() + reader.at
        if section == _CODE_SECTION:
            code_offset = reader.at
        if section == _CUSTOM_SECTION:
            name = reader.name()
            custom.setdefault(name, wasm[reader.at : end])
        reader.at = end
    return DebugSections(custom=custom, code_offset=code_offset)


# -- source maps -----------------------------------------------------------------------------------

_DIGITS: Final = {
    digit: value
    for value, digit in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
}
_VLQ_DIGITS_MAX = 7


def read_source_map(data: object, *, what: str) -> LineTable:
    """Return the table of a source map, given as parsed JSON; ``what`` names it in errors.

    Raises `InputError` for anything but version 3 with mappings of its own.
    """
    if not isinstance(data, dict) or data.get("version") != 3:
        raise InputError(f"{what}: not a source map of version 3")
    if "sections" in data:
        raise InputError(f"{what}: source maps in sections are not read")
    files = _strings(data.get("sources"), what=f"{what}: 'sources'")
    mappings = data.get("mappings")
    if not isinstance(mappings, str):
        raise InputError(f"{what}: 'mappings' must be a string")
    contents = data.get("sourcesContent")
    texts = dict(zip(files, contents, strict=False)) if isinstance(contents, list) else {}
    return LineTable.of(
        _mapped(mappings, files, what=what),
        {name: text for name, text in texts.items() if isinstance(text, str)},
    )


def _strings(value: object, *, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise InputError(f"{what} must be a list of strings")
    return [printable(entry) for entry in value]


def _mapped(
    mappings: str, files: list[str], *, what: str
) -> Iterator[tuple[int, SourceLine | None]]:
    """Yield (offset, line) pairs. A module is one generated line: what follows it is not code."""
    column = source = line = 0
    lines: dict[tuple[int, int], SourceLine] = {}
    for number, segment in enumerate(mappings.split(";", 1)[0].split(",")):
        if not segment:
            continue
        fields = _vlq(segment)
        if fields is None or len(fields) not in {1, 4, 5}:
            raise InputError(f"{what}: mapping {number} is broken: '{printable(segment)}'")
        column += fields[0]
        if len(fields) == 1:
            yield column, None
            continue
        source += fields[1]
        line += fields[2]
        if column < 0 or line < 0 or not 0 <= source < len(files):
            raise InputError(f"{what}: mapping {number} points outside the sources")
        key = (source, line)
        yield column, lines.setdefault(key, SourceLine(files[source], line + 1))


def _vlq(segment: str) -> list[int] | None:
    """Return the numbers of a segment: base 64, five bits a digit, the sign in the lowest bit."""
    numbers = []
    value = digits = 0
    for character in segment:
        digit = _DIGITS.get(character)
        if digit is None or digits == _VLQ_DIGITS_MAX:
            return None
        value |= (digit & 31) << 5 * digits
        digits += 1
        if digit < 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = digits = 0
    return None if digits else numbers


# -- DWARF -----------------------------------------------------------------------------------------


def read_dwarf(sections: DebugSections) -> LineTable:
    """Return the table of a module's DWARF, which it must have.

    Raises `InputError` if pyelftools is not there, or the sections are too large or broken.
    """
    size = len(sections.custom[".debug_line"])
    if size > DEBUG_LINE_BYTES_MAX:
        raise InputError(f".debug_line: {size} bytes are more than {DEBUG_LINE_BYTES_MAX}")
    try:
        library = importlib.import_module("elftools.dwarf.dwarfinfo")
    except ImportError:
        raise InputError(DWARF_MISSING) from None
    try:
        return LineTable.of(_dwarf_rows(library, sections), {})
    except MemoryError:
        raise
    except Exception as error:
        # The library trusts what it reads: broken sections end in errors of any class.
        raise InputError(f"the module's DWARF is broken: {error!r:.200}") from error


def _dwarf_rows(library: Any, sections: DebugSections) -> Iterator[tuple[int, SourceLine | None]]:
    info = _dwarf_info(library, sections)
    seen = set()
    size = 0
    for unit in info.iter_CUs():
        top = unit.get_top_DIE()
        program = info.line_program_for_CU(unit)
        if program is None or program.program_start_offset in seen:
            continue
        seen.add(program.program_start_offset)
        # Programs that overlap would be read again and again: rows without bound.
        size += program.program_end_offset - program.program_start_offset
        if size > len(sections.custom[".debug_line"]):
            raise ValueError("line programs overlap")
        folder = top.attributes.get("DW_AT_comp_dir")
        files = _Files(program.header, _text(folder.value) if folder else "")
        yield from _sequences(program.get_entries(), files, sections.code_offset)


def _dwarf_info(library: Any, sections: DebugSections) -> Any:
    """Return pyelftools' view of the sections, which it knows by ELF's names."""
    names = {
        *("debug_info", "debug_aranges", "debug_abbrev", "debug_frame", "eh_frame", "debug_str"),
        *("debug_loc", "debug_ranges", "debug_line", "debug_pubtypes", "debug_pubnames"),
        *("debug_addr", "debug_str_offsets", "debug_line_str", "debug_loclists", "debug_rnglists"),
        *("debug_sup", "gnu_debugaltlink", "debug_types"),
    }
    descriptors = {}
    for name in names:
        data = sections.custom.get(f".{name}")
        descriptors[f"{name}_sec"] = (
            None
            if data is None
            else library.DebugSectionDescriptor(
                stream=io.BytesIO(data), name=name, global_offset=0, size=len(data), address=0
            )
        )
    config = library.DwarfConfig(little_endian=True, default_address_size=4, machine_arch="wasm")
    return library.DWARFInfo(config=config, **descriptors)


def _sequences(
    entries: Iterable[Any], files: _Files, code_offset: int
) -> Iterator[tuple[int, SourceLine | None]]:
    """Yield (offset, line) pairs of sequences of code that was kept; line 0 is no line."""
    kept: bool | None = None
    for state in (entry.state for entry in entries if entry.state is not None):
        if kept is None:
            kept = 0 < state.address < _TOMBSTONES_FROM
        if kept:
            has_line = state.line > 0 and not state.end_sequence
            line = files.line(state.file, state.line) if has_line else None
            yield code_offset + state.address, line
        if state.end_sequence:
            kept = None


_TOMBSTONES_FROM = 0xFFFFFFFE
"""Linkers move code that they left out to the last two addresses, or to address 0."""


class _Files:
    """Names of a line program's files, by the numbers that its rows have."""

    def __init__(self, header: Any, folder: str) -> None:
        self.entries = header["file_entry"]
        self.folders = [_text(name) for name in header["include_directory"]]
        self.folder = folder
        # Version 5 counts from 0, and its first folder is that of the compilation.
        self.first = 0 if header["version"] >= 5 else 1
        self.lines: dict[tuple[int, int], SourceLine] = {}

    def line(self, file: int, line: int) -> SourceLine | None:
        """Return a line by its file's number."""
        key = (file, line)
        if key not in self.lines:
            index = file - self.first
            if not 0 <= index < len(self.entries):
                return None
            self.lines[key] = SourceLine(self._name(self.entries[index]), line)
        return self.lines[key]

    def _name(self, entry: Any) -> str:
        index = (entry.dir_index or 0) - self.first
        folder = self.folders[index] if 0 <= index < len(self.folders) else ""
        path = posixpath.join(self.folder, folder, _text(entry.name))
        return printable(posixpath.normpath(path))


def _text(name: bytes) -> str:
    return name.decode("utf-8", errors="replace")
