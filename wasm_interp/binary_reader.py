"""A cursor over the bytes of a module: the primitives of the binary format.

Here: bytes, LEB128 integers, counts, names. Not here: what they mean (`wasm_interp.binary_types`,
`wasm_interp.binary_code`, `wasm_interp.binary`).

Reading is bounded by the end of the module, not by the end of a section or body: the decoder of the
specification reads on and then compares sizes, and the suite's error words follow from that. Every
caller that reads something with a size checks afterwards that it was met.
"""

from __future__ import annotations

from typing import Final

from wasm_interp.errors import Malformed

UNEXPECTED_END: Final = "unexpected end of section or function"
TOO_LONG: Final = "integer representation too long"
TOO_LARGE: Final = "integer too large"

_U32_BYTES_MAX = 5


class Reader:
    """A position ``at`` in ``data``. Methods advance it; all of them may raise `Malformed`."""

    __slots__ = ("at", "data", "size")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at
        self.size = len(data)

    def byte(self) -> int:
        """Read one byte."""
        at = self.at
        if at >= self.size:
            raise Malformed(UNEXPECTED_END, self.size)
        self.at = at + 1
        return self.data[at]

    def take(self, count: int) -> bytes:
        """Read ``count`` bytes; a negative count is more than there is, too."""
        end = self.at + count
        if count < 0 or end > self.size:
            raise Malformed(UNEXPECTED_END, self.size)
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def u32(self) -> int:
        """Read an unsigned LEB128 of 32 bits."""
        at = self.at
        if at < self.size and (value := self.data[at]) < 0x80:
            self.at = at + 1
            return value
        return self._unsigned(32)

    def u32_or_larger(self) -> int:
        """Read a u32 for which the validator, not the decoder, refuses larger values.

        Later specifications have 64-bit memories, so that their suite calls an offset or a size of
        2^32 or more invalid, not malformed. What is accepted in the end is a u32 all the same.
        """
        start = self.at
        value = self._unsigned(64)
        if value < 2**32 and self.at - start > _U32_BYTES_MAX:
            raise Malformed(TOO_LONG, start)
        return value

    def _unsigned(self, bits: int) -> int:
        start = self.at
        value = shift = 0
        while shift < bits:
            byte = self.byte()
            room = bits - shift
            if room < 7 and (byte & 0x7F) >> room:
                raise Malformed(TOO_LARGE, start)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise Malformed(TOO_LONG, start)

    def signed(self, bits: int) -> int:
        """Read a signed LEB128 of ``bits`` bits, as a signed integer."""
        start = self.at
        value = shift = 0
        while shift < bits:
            byte = self.byte()
            room = bits - shift
            if room < 7:
                # The sign bit and all bits beyond it must agree.
                signs = (0x7F << (room - 1)) & 0x7F
                if byte & signs not in (0, signs):
                    raise Malformed(TOO_LARGE, start)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value
        raise Malformed(TOO_LONG, start)

    def count(self) -> int:
        """Read the number of elements, or bytes, that follow.

        Each takes a byte at least, so that a count beyond the rest of the module is refused before
        anything is allocated for it.
        """
        start = self.at
        value = self.u32()
        if value > self.size - start:
            raise Malformed("length out of bounds", start)
        return value

    def name(self) -> str:
        """Read a name: a count and that many bytes of UTF-8."""
        size = self.count()
        start = self.at
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("malformed UTF-8 encoding", start + error.start) from None

    def expect_end(self, end: int) -> None:
        """Check that a section or body that ends at ``end`` was read exactly."""
        if self.at != end:
            raise Malformed("section size mismatch", min(self.at, end))
