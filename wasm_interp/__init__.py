"""The reference machine: WebAssembly modules of profile v1, linked, lowered, run step by step.

- `load`: bytes to `Program`; refusals are `ModuleError`.
- `Program`: code and genesis; ``start`` and ``call`` make machines, ``reducer_id`` names a reducer.
- `Machine`: ``step``, ``run``, ``state``; `State` is the packed record and its hash.
- `Message`, `reduce`, `replay`, `Turn`: what messages do to rows.
- `Trace`, `Step`: every step, with what it read and wrote. `Timeline`: the same, back and forth.
- `disassemble`: the lowered code. `profile_log`, `profile_turn`: what messages cost.

Not here: SQL, signatures, channels, an EVM.

Spec: docs/spec/README.md.
"""

from merkle import OrderedMap
from wasm_interp.abi import Form, state_rows
from wasm_interp.disassembly import disassemble
from wasm_interp.errors import (
    InputError,
    Invalid,
    LinkError,
    Malformed,
    ModuleError,
    ProfileViolation,
)
from wasm_interp.link import load
from wasm_interp.machine import Machine
from wasm_interp.message import Message
from wasm_interp.profile import PROFILE_V1, Profile
from wasm_interp.profiling import profile_log, profile_turn
from wasm_interp.program import Program
from wasm_interp.state import State, Status, TrapCode
from wasm_interp.timeline import Timeline
from wasm_interp.trace import Step, Trace
from wasm_interp.turn import LogEntry, Turn, reduce, replay

__all__ = [
    "PROFILE_V1",
    "Form",
    "InputError",
    "Invalid",
    "LinkError",
    "LogEntry",
    "Machine",
    "Malformed",
    "Message",
    "ModuleError",
    "OrderedMap",
    "Profile",
    "ProfileViolation",
    "Program",
    "State",
    "Status",
    "Step",
    "Timeline",
    "Trace",
    "TrapCode",
    "Turn",
    "disassemble",
    "load",
    "profile_log",
    "profile_turn",
    "reduce",
    "replay",
    "state_rows",
]
