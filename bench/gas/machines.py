"""Machines that stand before one instruction, of any size that the profile allows.

One program of a size holds every instruction, so that its trees are made once. No leaf that a proof
shows is zero: zero bytes are cheap, and a bench looks for the dear. Far from there code and memory
are zero, to have their trees at once: of those only hashes are shown, as dear as any others.
Contents come from SHAKE-256, so they are the same everywhere.

Not here: which instructions with which operands (`plain`, `rows`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import shake_256
from typing import Final

from merkle import OrderedMap
from wasm_interp import Machine, Message, Program, load
from wasm_interp import instructions as ins
from wasm_interp.commitments import LEAF_BYTES
from wasm_interp.instructions import INSTRUCTIONS, Word
from wasm_interp.profile import PAGE_BYTES, PROFILE_V1

CODE: Final = {row.name: code for code, row in INSTRUCTIONS.items()}
FILLER: Final = Word(CODE["i64.const"], b=0x1112_1314_1516_1718)
"""What stands beside an instruction in its leaf: of all words, one with few zero bytes."""

MODULE: Final = b"\0asm\1\0\0\0"
TYPE_ID: Final = 0x0102_0304
FUEL: Final = PROFILE_V1.fuel_max
VALUE_I32: Final = 0xF1F2_F3F4
VALUE_I64: Final = 0xF1F2_F3F4_F5F6_F7F8
MESSAGE: Final = Message(turn=2**56 + 1, sender=2**24 + 1, payload=b"\x5a" * 4_096)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a program is. Counts; ``pages`` are of memory."""

    name: str
    instructions: int
    pages: int
    locals: int
    globals: int
    table: int

    @property
    def offset(self) -> int:
        """The offset of every load and store; their bases are operands."""
        return 0x1111 if self.pages == 1 else 0x11_1111


def sized(*, large_code: bool, large_memory: bool) -> Size:
    """Return a usual size (2,048 instructions, one page), or the greatest, of code and memory."""
    return Size(
        name=f"code depth {19 if large_code else 10}, memory depth {19 if large_memory else 11}",
        instructions=PROFILE_V1.code_instructions_max if large_code else 2_048,
        pages=PROFILE_V1.memory_pages_max if large_memory else 1,
        locals=PROFILE_V1.locals_max if large_code else 4,
        globals=PROFILE_V1.globals_max if large_code else 8,
        table=PROFILE_V1.table_entries_max if large_code else 16,
    )


USUAL: Final = sized(large_code=False, large_memory=False)
LARGE: Final = sized(large_code=True, large_memory=True)
SIZES: Final = (
    USUAL,
    sized(large_code=False, large_memory=True),
    sized(large_code=True, large_memory=False),
    LARGE,
)


def filling(label: str, count: int) -> bytes:
    """Return ``count`` bytes, none of them zero."""
    return shake_256(label.encode()).digest(count).replace(b"\0", b"\1")


def _numbers(label: str, count: int) -> list[int]:
    data = filling(label, 8 * count)
    return [int.from_bytes(data[at : at + 8], "big") for at in range(0, 8 * count, 8)]


class Bench:
    """A program of one size, and machines of it."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._across: dict[int, int] = {}
        words = self._words()
        # Behind the middle, so that pc has as many bytes as it can.
        first = size.instructions // 2 + 0x111
        self._pcs = {name: first + 2 * at for at, name in enumerate(words)}
        code = [Word(ins.INVALID)] * size.instructions
        code[first - 1 : first + 2 * len(words)] = [FILLER] * (2 * len(words) + 1)
        for name, word in words.items():
            code[self._pcs[name]] = word
        self.program: Program = replace(
            load(MODULE),
            words=tuple(code),
            memory=filling("memory", PAGE_BYTES).center(size.pages * PAGE_BYTES, b"\0"),
            memory_max=PROFILE_V1.memory_pages_max,
            globals=tuple(_numbers("globals", size.globals)),
            table=(0, *(TYPE_ID << 32 | pc for pc in range(1, size.table))),
        )

    def _words(self) -> dict[str, Word]:
        words = {}
        immediates = {
            "local.get": self.size.locals - 1,
            "local.set": self.size.locals - 1,
            "local.tee": self.size.locals - 1,
            "global.get": self.size.globals - 1,
            "global.set": self.size.globals - 1,
            "call_indirect": TYPE_ID,
            "jump_table": 0x0F0F,
            "enter": ins.LOCALS_DEPTH_MAX,
            "halt": 1,
            "trap": 3,
        }
        for code, row in INSTRUCTIONS.items():
            # What is left are targets, which may be any instruction, and offsets.
            other = self.size.offset if "width" in row.params else 0x0101
            a = immediates.get(row.name, other if row.a_max else 0)
            b = VALUE_I64 & row.b_max
            words[row.name] = Word(code, a, b)
        words["halt 0"] = Word(ins.HALT, 0)
        return words

    def standing(
        self,
        instruction: str,
        operands: Sequence[int] = (),
        *,
        rows: OrderedMap | None = None,
        memory: Mapping[int, bytes] | None = None,
        message: Message = MESSAGE,
    ) -> Machine:
        """Return a machine about to execute ``instruction``, with ``operands`` above two others.

        ``memory`` is written first, in its order: bytes by address.
        """
        machine = Machine(
            self.program,
            pc=self._pcs[instruction],
            stack=[VALUE_I64, VALUE_I64, *operands],
            return_pcs=[1, 0x0102],
            rows=OrderedMap() if rows is None else rows,
            message=message,
            fuel=FUEL,
        )
        machine.locals = _numbers("locals", self.size.locals)
        machine.frames[-1] = (0x010203, _numbers("caller", self.size.locals))
        for address, data in (memory or {}).items():
            machine.memory[address : address + len(data)] = data
            last = (address + len(data) - 1) // LEAF_BYTES
            machine.dirty.update(range(address // LEAF_BYTES, last + 1))
        return machine

    @property
    def middle(self) -> int:
        """The address in the middle of memory: what crosses it shares no subtree."""
        return self.size.pages * PAGE_BYTES // 2

    def across(self, length: int) -> int:
        """Return where ``length`` bytes across the middle need the longest proof."""
        if length not in self._across:
            self._across[length] = self._search_across(length)
        return self._across[length]

    def _search_across(self, length: int) -> int:
        tree = self.program.memory_tree
        # What counts is which leaves are touched: one address for each such run is enough.
        runs = {
            (address // LEAF_BYTES, (address + length - 1) // LEAF_BYTES): address
            for address in range(self.middle - length + 1, self.middle)
        }

        def proof_words(run: tuple[int, int]) -> int:
            first, last = run
            window = tree.window(first, last - first + 1)
            return len(window.leaves) + len(window.siblings)

        # One byte crosses nothing: for it, every place is as good.
        return runs[max(runs, key=proof_words)] if runs else self.middle
