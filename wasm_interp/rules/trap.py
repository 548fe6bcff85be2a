"""How a rule says that its instruction traps."""

from __future__ import annotations

from wasm_interp.state import TrapCode


class Trap(Exception):
    """A check of a rule failed. The machine makes it a state; it never leaves the machine."""

    __slots__ = ("code",)

    def __init__(self, code: TrapCode) -> None:
        super().__init__(code)
        self.code = code
