"""Hints: what to change when a module is refused, a flag of its compiler or a line of its source.

Which compiler made the module is guessed from its custom sections; where they say nothing, the hint
is one for each language. A hint is advice: nothing here decides whether a module is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wasm_interp.binary_reader import Reader
from wasm_interp.errors import Malformed, ModuleError
from wasm_interp.name_section import read_names

SECTIONS_MAX: Final = 1_000
"""Sections that are looked at; a module has about a dozen."""

NAMES_BYTES_MAX: Final = 4_096
"""Bytes in which names of imports are looked for; imports stand at the beginning."""


class Language(Enum):
    """A language that reducers are written in."""

    ASSEMBLYSCRIPT = "AssemblyScript"
    C = "C"
    RUST = "Rust"
    ZIG = "Zig"


Advice = str | Mapping[Language, str]
"""A hint for everyone, or one for each language."""

_AS, _C, _RUST, _ZIG = Language

_ABORT: Final = (
    "AssemblyScript: add `--use abort=`: a failing assert, or a missing key in a Map, traps instead"
)
_RANDOM: Final = (
    "AssemblyScript: remove Math.random: take randomness from the messages, by commit and reveal"
)
_PRINT: Final = "AssemblyScript: remove trace() and console.log(): a reducer has no output but rows"
_TEXT: Final = "this is the text form: convert it with wat2wasm"
_NATIVE: Final = "this is a native program or library: compile it for WebAssembly"
_COMPONENT: Final = "this is a component: build a core module, with Rust for wasm32-unknown-unknown"
_OBJECT: Final = "this is an object file: link it (leave out `-c`, or run wasm-ld on it)"
_LINK: Final = "its statements are not linked yet: run `channels build`, or `channels sql link`"
_INTEGERS: Final = {
    _AS: "count in i32, i64 or u64; `number`, and what Math gives, is f64",
    _C: "count in integers instead of float and double, for example in hundredths",
    _RUST: "count in integers instead of f32 and f64, also in what is given to format!",
    _ZIG: "count in integers instead of f32 and f64, also in what is given to std.fmt",
}
_INSTRUCTION_SET: Final = {
    _AS: "add `--disable bulk-memory,sign-extension,nontrapping-f2i,mutable-globals`, and remove "
    "`--enable`",
    _C: "add `-mcpu=mvp+bulk_memory`",
    _RUST: "add `-C target-cpu=mvp`",
    _ZIG: "add `-mcpu=mvp+bulk_memory`",
}
_THREADS: Final = {
    _AS: "remove `--sharedMemory` and `--enable threads`",
    _C: "remove `-pthread` and `-Wl,--shared-memory`",
    _RUST: "remove `-C target-feature=+atomics`",
    _ZIG: "remove `--shared-memory`",
}
_FREESTANDING: Final = {
    _AS: "remove the WASI shim: a reducer has no files, no clock and no console",
    _C: "build with `--target=wasm32-freestanding -nostdlib`, without stdio and malloc",
    _RUST: "build with `--target wasm32-unknown-unknown` instead of wasm32-wasi",
    _ZIG: "build with `-target wasm32-freestanding` instead of wasm32-wasi",
}
_DECLARE: Final = {
    _AS: "take host functions from channels.ts; define what else is `declare`d",
    _C: "take host functions from channels.h; define the others (memcpy and memset: "
    "`-mcpu=mvp+bulk_memory`)",
    _RUST: "take host functions from channels.rs; a block `extern` needs "
    '`#[link(wasm_import_module = "db")]`',
    _ZIG: 'take host functions from channels.zig: `extern "db" fn …`',
}
_OWN_MEMORY: Final = {
    _AS: "remove `--importMemory` and `--importTable`",
    _C: "remove `-Wl,--import-memory`, `-Wl,--import-table`, `-shared` and `-fPIC`",
    _RUST: "remove `-C link-arg=--import-memory`, `--import-table` and `-C relocation-model=pic`",
    _ZIG: "remove `--import-memory`, `--import-table` and `-fPIC`",
}
_LESS_MEMORY: Final = {
    _AS: "set `--initialMemory` and `--maximumMemory` to 256 pages at most",
    _C: "make static arrays and `-Wl,-z,stack-size=` smaller: 16 MiB in all",
    _RUST: "make statics and `-C link-arg=-zstack-size=` smaller: 16 MiB in all",
    _ZIG: "make globals, `--stack` and `--initial-memory=` smaller: 16 MiB in all",
}
_EXPORT: Final = {
    _AS: "add `export function reduce(): i32` to the file that asc is given",
    _C: "write `REDUCER(reduce) int32_t reduce(void)`, or add `-Wl,--export=reduce`",
    _RUST: 'write `#[no_mangle] pub extern "C" fn reduce() -> u32` and `--crate-type cdylib`',
    _ZIG: "write `export fn reduce() u32` and add `--export=reduce`",
}
_ABI: Final = {
    _AS: "declare it `export function reduce(): i32`",
    _C: "declare it `int32_t reduce(void)`",
    _RUST: 'declare it `pub extern "C" fn reduce() -> u32`',
    _ZIG: "declare it `export fn reduce() u32`",
}

_FOR_RULES: Final[tuple[tuple[str, Advice], ...]] = (
    (r"P-8: import env\.abort ", _ABORT),
    (r"P-8: import env\.seed ", _RANDOM),
    (r"P-8: import env\.(trace|console\.\w+) ", _PRINT),
    (r"P-8: import env\.__linear_memory ", _OBJECT),
    (r"P-8: import wasi_", _FREESTANDING),
    (r"P-8: import sql\.", _LINK),
    (r"P-8: import \S+ is a (memory|table|global)", _OWN_MEMORY),
    (r"P-8: import ", _DECLARE),
    (r"P-4: .*floating point", _INTEGERS),
    (r"P-[67]: .*shared|P-4: .*shared|P-7: passive", _THREADS),
    (r"P-[456789]: |zero byte expected|malformed block type", _INSTRUCTION_SET),
    (r"P-1: .*(memory|memory_pages_max)", _LESS_MEMORY),
    (r"T-20: .*no function is exported", _EXPORT),
    (r"T-20: ('reduce' has type|.* needs a memory)", _ABI),
)

_BRING_FLOATS: Final[Mapping[bytes, Advice]] = {
    b"\x03env\x05trace": _PRINT,
    b"\x03env\x04seed": _RANDOM,
    b"\x16wasi_snapshot_preview1": _FREESTANDING,
}
"""Imports, as they stand in a module: the name's length, the name."""


def hint(error: ModuleError, wasm: bytes) -> str | None:
    """Return what to change so that ``wasm`` is not refused with ``error``, if that is known."""
    if error.rule == "magic header not detected":
        return _not_a_module(wasm)
    if error.rule == "unknown binary version":
        return _COMPONENT
    advice = next((text for rule, text in _FOR_RULES if re.match(rule, error.rule)), None)
    if advice is None:
        return None
    facts = _Facts.of(wasm)
    if facts.is_object:
        return _OBJECT
    if advice is _INTEGERS:
        advice = facts.source_of_floats or advice
    text = advice if isinstance(advice, str) else _for_language(advice, facts.language)
    if advice is _INTEGERS and error.function is None and (owner := facts.owner(error.offset)):
        return f"it is in the type of {owner}; {text}"
    return text


def _not_a_module(wasm: bytes) -> str | None:
    if wasm.lstrip()[:1] in (b"(", b";"):
        return _TEXT
    if wasm.startswith((b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe")):
        return _NATIVE
    return None


def _for_language(advice: Mapping[Language, str], language: Language | None) -> str:
    if language is not None:
        return f"{language.value}: {advice[language]}"
    return ". ".join(f"{each.value}: {text}" for each, text in advice.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What can be read of a module, even of a broken one."""

    sections: Mapping[int, int]
    custom: Mapping[str, bytes]
    wasm: bytes

    @classmethod
    def of(cls, wasm: bytes) -> _Facts:
        """Look through the sections of ``wasm``, as far as they can be told apart."""
        found: dict[int, int] = {}
        custom: dict[str, bytes] = {}
        reader = Reader(wasm, 8)
        try:
            for _ in range(SECTIONS_MAX):
                kind = reader.byte()
                size = reader.count()
                found.setdefault(kind, reader.at)
                payload = Reader(reader.take(size))
                if kind == 0:
                    custom.setdefault(payload.name(), payload.take(payload.size - payload.at))
        except Malformed:
            pass  # the end, or where it is broken
        return cls(sections=found, custom=custom, wasm=wasm)

    @property
    def is_object(self) -> bool:
        """Whether the module is not linked yet."""
        return "linking" in self.custom

    @property
    def source_of_floats(self) -> Advice | None:
        """What to do about an import that brings floats along: its check comes after theirs."""
        beginning = self.wasm[:NAMES_BYTES_MAX]
        return next((text for name, text in _BRING_FLOATS.items() if name in beginning), None)

    @property
    def language(self) -> Language | None:
        """The language that the module seems to be written in.

        zig names C99, as its C back end does, and no compiler; asc names nothing, but its functions
        are called ``file/function``.
        """
        producers = self.custom.get("producers", b"")
        for mark, language in ((b"Rust", _RUST), (b"clang", _C), (b"C99", _ZIG)):
            if mark in producers:
                return language
        names = read_names(self.custom.get("name", b""))
        if any("/" in name for name in names.values()):
            return _AS
        return None

    def owner(self, offset: int | None) -> str | None:
        """Return a function, by name or number, whose type has the byte at ``offset``."""
        try:
            index = next(i for i, end in enumerate(self._type_ends()) if offset and offset < end)
            function = next(i for i, kind in enumerate(self._function_types()) if kind == index)
        except (StopIteration, Malformed):
            return None
        name = read_names(self.custom.get("name", b"")).get(function)
        return f"function {function}" + (f" ({name})" if name else "")

    def _type_ends(self) -> Iterator[int]:
        """Yield where each function type ends."""
        return self._entries(1, lambda reader: (reader.byte(), _skip(reader), _skip(reader))[2])

    def _function_types(self) -> Iterator[int]:
        """Yield each function's type index, imports first."""
        yield from self._entries(2, _imported_type)
        yield from self._entries(3, Reader.u32)

    def _entries(self, kind: int, read: Callable[[Reader], int]) -> Iterator[int]:
        """Yield what ``read`` makes of each entry of a section; nothing if there is no such."""
        if kind in self.sections:
            reader = Reader(self.wasm, self.sections[kind])
            for _ in range(reader.count()):
                yield read(reader)


def _skip(reader: Reader) -> int:
    """Pass over a vector of bytes; return where it ends."""
    reader.take(reader.count())
    return reader.at


def _imported_type(reader: Reader) -> int:
    """Read an import of a function and return its type index. Raises `Malformed` for another."""
    reader.name()
    reader.name()
    if reader.byte() != 0:
        raise Malformed("not a function", reader.at)
    return reader.u32()
