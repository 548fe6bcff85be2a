"""Programs: from the bytes of a module to lowered code, genesis and reducer id, or a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from conformance.format import Format, Function
from conformance.formats.program import cases
from conformance.shapes import HASH, U8, U16, U32, Boolean, Bytes, Choice, Nullable, Number, Record
from merkle import ZERO_HASH
from wasm_interp.abi import STATE_BYTES_LIMIT, Form
from wasm_interp.errors import Invalid, LinkError, Malformed, ProfileViolation
from wasm_interp.link import load
from wasm_interp.lower import HALT_WITH_RESULT
from wasm_interp.machine import Machine
from wasm_interp.profile import PROFILE_V1
from wasm_interp.program import EMPTY_ROWS, NO_MESSAGE

WASM: Final = Bytes()
STATE_BYTES_MAX: Final = Number(STATE_BYTES_LIMIT)
FUEL: Final = Number(PROFILE_V1.fuel_max)

REDUCER: Final = Record(
    {
        "form": Choice(tuple(form.value for form in Form)),
        "entry_pc": U32,
        "genesis_hash": HASH,
        "reducer_id": HASH,
    }
)
PROGRAM: Final = Record(
    {
        "code": Bytes(),
        "code_root": HASH,
        "code_depth": U8,
        "memory_pages": U16,
        "memory_max": U16,
        "memory_root": HASH,
        "memory_depth": U8,
        "globals_root": HASH,
        "globals_depth": U8,
        "table_length": U16,
        "table_root": HASH,
        "table_depth": U8,
        "start_pc": Nullable(U32),
        "reducer": Nullable(REDUCER),
    }
)


def load_(*, wasm: bytes, reducer: bool, state_bytes_max: int, fuel: int) -> dict[str, Any]:
    """Return what a module becomes."""
    program = load(wasm, reducer=reducer, state_bytes_max=state_bytes_max, fuel=fuel)
    # Roots and sizes are the same wherever a machine stands: at pc 0, if there is no entry.
    state = Machine(
        program,
        pc=0 if program.entry_pc is None else program.entry_pc,
        return_pcs=[HALT_WITH_RESULT],
        rows=EMPTY_ROWS,
        message=NO_MESSAGE,
        fuel=fuel,
    ).state()
    made = None
    if program.form is not None:
        genesis = replace(program.start().state(), db_root=ZERO_HASH, message=ZERO_HASH)
        made = {
            "form": program.form.value,
            "entry_pc": program.entry_pc,
            "genesis_hash": genesis.hash(),
            "reducer_id": program.reducer_id,
        }
    same = PROGRAM.fields.keys() - {"code", "start_pc", "reducer"}
    return {
        "code": b"".join(word.encode() for word in program.words),
        "start_pc": program.start_pc,
        "reducer": made,
        **{name: getattr(state, name) for name in same},
    }


PROGRAM_FORMAT: Final = Format(
    name="program",
    version="1.0.0",
    title="Program",
    functions=(
        Function(
            name="load",
            comment="A module to lowered code, genesis and reducer id, or why it is refused.",
            rules=(
                *(f"P-{n}" for n in range(1, 14)),
                *(f"L-{n}" for n in range(1, 16)),
                *("S-4", "S-5", "S-6", "T-4", "T-5", "T-20", "T-21", "T-22", "T-30"),
            ),
            input=Record(
                {
                    "wasm": WASM,
                    "reducer": Boolean(),
                    "state_bytes_max": STATE_BYTES_MAX,
                    "fuel": FUEL,
                }
            ),
            output=PROGRAM,
            run=load_,
            errors=(Malformed, Invalid, ProfileViolation, LinkError),
        ),
    ),
    generators=cases.GENERATORS,
)
