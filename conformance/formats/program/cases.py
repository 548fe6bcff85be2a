"""The cases of programs: modules that are accepted, and those that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.corpus.modules import HOST_TYPES, plain, samples, tic_tac_toe
from conformance.corpus.wasm_text import Func, module
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from conformance.formats.program.refused import EXCLUDED, RESERVED, refused
from wasm_interp.abi import STATE_BYTES_DEFAULT, STATE_BYTES_LIMIT
from wasm_interp.errors import LinkError
from wasm_interp.profile import PROFILE_V1

NORMAL: Final = Flag("normal", BugType.BASIC, "A module that is accepted.")
IN_ID: Final = Flag(
    "in_reducer_id",
    BugType.MISSING_CHECK,
    "What is part of the reducer id beside the module: fuel, the greatest state (T-23, T-30).",
)
NOT_IN_ID: Final = Flag(
    "not_in_reducer_id",
    BugType.EDGE_CASE,
    "The greatest state means nothing to a reducer of the db form: the id is the same.",
)
AT_LIMIT: Final = Flag(
    "at_limit", BugType.WRONG_CHECK, "Exactly as much as a limit of the profile allows (P-1)."
)
NO_REDUCER: Final = Flag(
    "no_reducer", BugType.MISSING_CHECK, "In the profile, but without the reducer ABI (T-20, T-22)."
)


def asked(wasm: bytes, **changes: Any) -> dict[str, Any]:
    """Return the input of ``load``: a reducer with the default options."""
    defaults = {"state_bytes_max": STATE_BYTES_DEFAULT, "fuel": PROFILE_V1.fuel_max}
    return {"wasm": wasm, "reducer": True, **defaults, **changes}


_FULL_ONLY: Final = frozenset({"append", "append_alloc", "append_new_pin", "traps"})
"""The stub of the blob form, large, which the seed's game has, too."""


def _accepted_cases(kind: VectorSet) -> Iterator[Case]:
    for name, sample in samples().items():
        if kind is VectorSet.SMOKE and name in _FULL_ONLY:
            continue
        # What exports `run` is called, what exports `reduce` is a reducer.
        reducer = b"reduce" in sample.wasm
        yield Case(
            name=name,
            function="load",
            input=asked(sample.wasm, reducer=reducer),
            comment=sample.about,
            flags=(NORMAL,),
        )
    sample = tic_tac_toe()
    yield Case(
        name="tic_tac_toe",
        function="load",
        input=asked(sample.wasm),
        comment=sample.about,
        flags=(NORMAL,),
    )
    yield Case(
        name="reducer_as_bare_module",
        function="load",
        input=asked(samples()["counter"].wasm, reducer=False),
        comment="a reducer that is not linked as one (P-12)",
        flags=(NORMAL,),
    )


def _option_cases(kind: VectorSet) -> Iterator[Case]:
    counter, append = samples()["counter"].wasm, samples()["append"].wasm
    for name, wasm, changes, flag in (
        ("fuel_0", counter, {"fuel": 0}, IN_ID),
        ("fuel_1000000", counter, {"fuel": 1_000_000}, IN_ID),
        ("state_8192", append, {"state_bytes_max": 8_192}, IN_ID),
        ("state_greatest", append, {"state_bytes_max": STATE_BYTES_LIMIT}, IN_ID),
        ("state_of_db_form", counter, {"state_bytes_max": 8_192}, NOT_IN_ID),
    ):
        if kind is VectorSet.SMOKE and (wasm is append or name == "fuel_0"):
            continue
        yield Case(
            name=name,
            function="load",
            input=asked(wasm, **changes),
            comment="another option",
            flags=(flag,),
        )


def _limit_cases(kind: VectorSet) -> Iterator[Case]:
    """Yield modules that stand exactly at a limit. What is beyond it, `refused` has."""
    params = " ".join(["i32"] * PROFILE_V1.params_max)
    locals_max = PROFILE_V1.locals_max
    entries: list[tuple[str, bytes]] = [
        ("params", plain("", type_=f"{params} ->")),
        ("locals", plain("", type_="->", locals=((locals_max, "i64"),))),
        ("locals_and_params", plain("", type_="i32 ->", locals=((locals_max - 1, "i64"),))),
        ("memory", module(memory=(256, 256))),
        ("memory_without_maximum", module(memory=(1, None))),
        ("table", module(table=(4_096, None))),
        ("data_at_the_end", module(memory=(1, None), data=((65_535, b"\1"),))),
        ("empty_data_at_the_end", module(memory=(1, None), data=((65_536, b""),))),
    ]
    if kind is VectorSet.FULL:
        height = PROFILE_V1.operand_height_max
        operands = "i32.const 1 " * height + "drop " * height
        entries += [
            ("globals", module(globals=(("i64", 7),) * PROFILE_V1.globals_max)),
            ("operand_height", plain(operands, type_="->")),
        ]
    for name, wasm in entries:
        yield Case(
            name=f"at_limit_{name}",
            function="load",
            input=asked(wasm, reducer=False),
            comment=f"as many as allowed: {name}",
            flags=(AT_LIMIT,),
        )


_LARGE: Final = frozenset({"outside_globals", "outside_operand_height"})


def _refused_cases(kind: VectorSet) -> Iterator[Case]:
    for number, entry in enumerate(refused()):
        if kind is VectorSet.SMOKE and (
            entry.name in _LARGE or (entry.flag in {EXCLUDED, RESERVED} and number % 12)
        ):
            continue
        yield Case(
            name=entry.name,
            function="load",
            input=asked(entry.wasm, reducer=False),
            comment=entry.why,
            flags=(entry.flag,),
            error=entry.error,
        )
    body = Func(0, "i32.const 0")
    blob = Func(0, "i32.const 0")
    for name, wasm, comment in (
        ("no_reduce", plain("i32.const 0"), "nothing is exported as reduce"),
        (
            "reduce_of_another_type",
            module(types=("i32 -> i32",), functions=(body,), exports=(("reduce", 0),)),
            "reduce takes one parameter",
        ),
        (
            "reduce_without_result",
            module(types=("->",), functions=(Func(0, ""),), exports=(("reduce", 0),)),
            "reduce has no result",
        ),
        (
            "blob_without_memory",
            module(types=(HOST_TYPES[8],), functions=(blob,), exports=(("reduce", 0),)),
            "the blob form without a memory",
        ),
        (
            "blob_without_room",
            module(
                types=(HOST_TYPES[8],),
                functions=(blob,),
                memory=(256, 256),
                exports=(("reduce", 0),),
            ),
            "no page is left for the buffers",
        ),
    ):
        yield Case(
            name=name,
            function="load",
            input=asked(wasm),
            comment=comment,
            flags=(NO_REDUCER,),
            error=LinkError,
        )


GENERATORS: Final[tuple[Generator, ...]] = (
    _accepted_cases,
    _option_cases,
    _limit_cases,
    _refused_cases,
)
