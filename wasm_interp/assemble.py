"""A small assembler for code that this project generates: stubs, and what replaces bulk memory.

Text is a flat sequence of the text format's instructions. Names that start with ``$`` are locals,
functions and labels; a label stands after ``block``, ``loop`` or ``if``. One word is ours: ``trap``
with the name of a trap code, for checks that fail.

Not here: the text format at large, which is a development tool's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from wasm_interp import opcodes as wasm
from wasm_interp.module import Instr
from wasm_interp.opcodes import BY_NAME, Immediate, Opcode
from wasm_interp.state import TrapCode

TRAP: Final = Opcode(code=0x100, name="trap", polymorphic=True)
"""Not a byte of WebAssembly: lowering makes it the instruction ``trap``, ``a`` being the code."""


def assemble(
    text: str,
    *,
    locals: Mapping[str, int],
    functions: Mapping[str, int] | None = None,
) -> tuple[Instr, ...]:
    """Return the instructions that ``text`` spells, ``end`` of the function not added."""
    return tuple(_Assembler(text, locals, functions or {}).instructions())


class _Assembler:
    def __init__(self, text: str, locals_: Mapping[str, int], functions: Mapping[str, int]) -> None:
        lines = (line.split(";;")[0] for line in text.splitlines())
        self.words = [word for line in lines for word in line.split()]
        self.at = 0
        self.locals = locals_
        self.functions = functions
        self.labels: list[str] = []

    def instructions(self) -> Iterator[Instr]:
        while self.at < len(self.words):
            name = self._take()
            if name == "trap":
                code = TrapCode[self._take().upper()]
                yield Instr(opcode=TRAP, a=code)
                continue
            row = BY_NAME[name]
            if row.code == wasm.END:
                self.labels.pop()
            a, b = self._immediates(row)
            yield Instr(opcode=row, a=a, b=b)
        assert not self.labels, "a block of generated code is not closed"

    def _take(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def _immediates(self, row: Opcode) -> tuple[int, int]:
        """Return ``a`` and ``b``; a constant is masked to its unsigned form."""
        readers: dict[Immediate, Callable[[], int]] = {
            Immediate.LOCAL: lambda: self.locals[self._take()],
            Immediate.GLOBAL: lambda: int(self._take(), 0),
            Immediate.FUNCTION: lambda: self.functions[self._take()],
            Immediate.LABEL: self._label_depth,
            Immediate.I32: lambda: int(self._take(), 0) & 0xFFFFFFFF,
            Immediate.I64: lambda: int(self._take(), 0) & 0xFFFFFFFFFFFFFFFF,
        }
        if row.immediate is Immediate.BLOCK_TYPE:
            self.labels.append(self._take() if self._next_is_name() else "")
        elif row.immediate is Immediate.MEMARG:
            return 0, self._offset()
        elif row.immediate in readers:
            return readers[row.immediate](), 0
        return 0, 0

    def _next_is_name(self) -> bool:
        return self.at < len(self.words) and self.words[self.at].startswith("$")

    def _label_depth(self) -> int:
        label = self._take()
        return next(i for i, name in enumerate(reversed(self.labels)) if name == label)

    def _offset(self) -> int:
        if self.at < len(self.words) and self.words[self.at].startswith("offset="):
            return int(self._take()[len("offset=") :], 0)
        return 0
