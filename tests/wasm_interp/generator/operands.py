"""Operands that want care: addresses, lengths, offsets, and the buffers of host functions."""

from __future__ import annotations

from tests.wasm_interp.generator.source import pick
from tests.wasm_interp.generator.writer import I, Writer
from wasm_interp.opcodes import Opcode


class Operands(Writer):
    """Writes operands that are mostly in bounds, and at times just beyond them."""

    # -- memory -----------------------------------------------------------------------------------

    def address(self) -> None:
        """Write an address: near 0, at borders of pages, at the end, or anything."""
        pages = self.env.memory_pages or 0
        near_end = self.env.traps and self.chance(1, 10)
        match self.below(10):
            case 0 | 1 | 2 | 3:
                self.const(I, self.below(72))
            case 4 | 5 | 6:
                self.expression(I)
                self.const(I, 0xFFF if pages else 0)
                self.emit("i32.and")
            case 7 if pages > 1 or near_end:
                self.const(I, pages // 2 * 65_536 - self.below(12) if pages > 1 else 0)
            case 8 if pages:
                # The last bytes of memory as it is now.
                self.emit("memory.size")
                self.const(I, 16)
                self.emit("i32.shl")
                farther = 12 if self.env.traps else 400
                self.const(I, self.below(12) if near_end else farther + self.below(60))
                self.emit("i32.sub")
            case 9 if near_end:
                self.expression(I)
            case _:
                self.const(I, self.below(4096))

    def length(self) -> None:
        """Write the length of a bulk instruction."""
        match self.below(10):
            case 8:
                self.expression(I)
                self.const(I, 0x3F)
                self.emit("i32.and")
            case 9 if self.env.traps and self.chance(1, 4):
                self.const(I, pick(self.source, (0, 4_000, -1, 1 << 31, 65_536)))
            case _:
                self.const(I, self.below(33))

    def offset(self) -> int:
        if self.chance(1, 4):
            rare = (65_535, 65_536, 0xFFFFFFFF, 0xFFFFFFF8) if self.env.traps else (255,)
            return pick(self.source, rare) if self.chance(1, 12) else self.below(300)
        return 0

    def alignment(self, row: Opcode) -> int:
        return self.below(row.width.bit_length())

    # -- host functions ----------------------------------------------------------------------------

    def host_arguments(self, module: str, name: str) -> None:
        """Write the arguments of a host function: buffers that fit, most of them."""
        match name:
            case "get":
                self.buffer(80, least=1)
                self.buffer(1_024)
            case "put":
                self.buffer(80, least=1)
                self.buffer(1_024)
            case "delete":
                self.buffer(80, least=1)
            case "seek" | "seek_back":
                self.buffer(80)
                self.const(I, self.below(3))
                self.buffer(80)
            case "message_read":
                self.address()
                self.const(I, self.below(4) if self.chance(7, 8) else self.below(70))
                self.const(I, self.below(8) if self.chance(7, 8) else 1_020 + self.below(8))

    def buffer(self, limit: int, *, least: int = 0) -> None:
        """Write an address and a length, mostly small, at times at or beyond ``limit``."""
        if self.chance(1, 6):
            self.address()
        else:
            self.const(I, self.below(12))
        match self.below(12):
            case 11:
                self.const(I, limit + self.below(2))
            case 10:
                self.const(I, pick(self.source, (0, -1, 1 << 16, 1 << 31)))
            case 9:
                self.expression(I)
            case _:
                self.const(I, least + self.below(3))
