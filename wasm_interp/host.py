"""The host functions that a module may import: their names, types and instructions.

What they do is in `wasm_interp.rules.host`. Spec: docs/spec/turn.md, T-10 and on.
"""

from __future__ import annotations

from typing import Final

from wasm_interp import instructions as code
from wasm_interp.module import FunctionType
from wasm_interp.opcodes import ValueType

_I: Final = ValueType.I32
_L: Final = ValueType.I64

HOST_FUNCTIONS: Final[dict[tuple[str, str], tuple[FunctionType, int]]] = {
    ("db", "get"): (FunctionType((_I, _I, _I, _I), (_I,)), code.DB_GET),
    ("db", "put"): (FunctionType((_I, _I, _I, _I), (_I,)), code.DB_PUT),
    ("db", "delete"): (FunctionType((_I, _I), (_I,)), code.DB_DELETE),
    ("db", "seek"): (FunctionType((_I, _I, _I, _I, _I), (_I,)), code.DB_SEEK),
    ("db", "seek_back"): (FunctionType((_I, _I, _I, _I, _I), (_I,)), code.DB_SEEK_BACK),
    ("channel", "message_size"): (FunctionType((), (_I,)), code.CHANNEL_MESSAGE_SIZE),
    ("channel", "message_read"): (FunctionType((_I, _I, _I), ()), code.CHANNEL_MESSAGE_READ),
    ("channel", "sender"): (FunctionType((), (_I,)), code.CHANNEL_SENDER),
    ("channel", "turn"): (FunctionType((), (_L,)), code.CHANNEL_TURN),
}
"""Type and instruction code by module and name."""

HOST_TYPES: Final = {name: kind for name, (kind, _) in HOST_FUNCTIONS.items()}
"""Types alone, for the check of imports (P-8)."""
