"""The cases of state hashes: small programs at every step, larger ones here and there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.corpus.modules import samples, tic_tac_toe
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from wasm_interp.abi import STATE_BYTES_DEFAULT, state_rows

NORMAL: Final = Flag("normal", BugType.BASIC, "A run that halts.")
TRAPPED: Final = Flag(
    "trapped",
    BugType.EDGE_CASE,
    "A run that traps: only status, trap code and fuel change (S-9).",
)
FUEL: Final = Flag(
    "fuel", BugType.ARITHMETIC, "A run that ends, or just does not end, for want of fuel (S-12)."
)
STAYS: Final = Flag(
    "stays", BugType.EDGE_CASE, "More steps than the run has: the state stays (S-8)."
)

FUEL_GIVEN: Final = 100_000

CALLS: Final[tuple[tuple[str, str, tuple[int, ...], int], ...]] = (
    # name, module, arguments, steps
    ("empty_function", "empty_function", (), 3),
    ("constant", "constant", (), 4),
    ("parameters", "parameters", (5, 7), 8),
    ("if_taken", "if_else", (1,), 8),
    ("if_not_taken", "if_else", (0,), 8),
    ("loop", "loop", (2,), 24),
    ("unwinding", "unwinding", (1,), 12),
    ("branch_table_0", "branch_table", (0,), 12),
    ("branch_table_beyond", "branch_table", (4_294_967_295,), 12),
    ("recursion", "recursion", (2,), 34),
    ("memory", "memory", (), 12),
    ("data", "data", (), 6),
    ("grow", "grow", (), 10),
    ("globals", "globals", (), 8),
    ("start_function", "start_function", (), 10),
    ("call_indirect", "table", (1,), 9),
    ("thunk", "thunks", (), 8),
)
TRAPS: Final[tuple[tuple[str, str, tuple[int, ...]], ...]] = (
    ("unreachable", "if_without_else", (1,)),
    ("null_entry", "table", (0,)),
    ("type_mismatch", "table", (2,)),
    ("beyond_table", "table", (6,)),
)


_FULL_ONLY: Final = frozenset(
    {"constant", "empty_function", "if_not_taken", "branch_table_0", "data", "globals"}
)


def _asked(kind: VectorSet, name: str, count: int) -> Iterator[tuple[str, list[int]]]:
    """Yield names and steps for a run of ``count`` steps: a few, and in the full set all of them.

    Of a long run, a step now and then and the two behind it.
    """
    yield name, [count // 2, count + 2]
    if kind is VectorSet.FULL:
        every = 1 if count < 100 else 20
        yield f"{name}_every_step", [step for step in range(count + 3) if step % every < 3]


def _call_cases(kind: VectorSet) -> Iterator[Case]:
    for name, module, args, count in CALLS:
        if kind is VectorSet.SMOKE and name in _FULL_ONLY:
            continue
        for case, steps in _asked(kind, name, count):
            yield _call(case, module, args, steps, flags=(NORMAL, STAYS))
    for name, module, args in TRAPS:
        for case, steps in _asked(kind, name, 9):
            yield _call(case, module, args, steps, flags=(TRAPPED, STAYS))
    yield _call("call_depth", "recursion", (2_000,), [10_000, 12_000], flags=(TRAPPED,))
    for case, steps in _asked(kind, "bulk_memory", 247):
        yield _call(case, "bulk", (), steps, flags=(NORMAL,))
    for fuel in (0, 1, 2, 7, 8):
        steps = [fuel, fuel + 1]
        yield _call(f"fuel_{fuel}", "parameters", (5, 7), steps, flags=(FUEL,), fuel=fuel)


def _call(
    name: str,
    module: str,
    args: tuple[int, ...],
    steps: Sequence[int],
    *,
    flags: tuple[Flag, ...],
    fuel: int = FUEL_GIVEN,
) -> Case:
    sample = samples()[module]
    return Case(
        name=name,
        function="call",
        input={
            "wasm": sample.wasm,
            "export": "run",
            "args": args,
            "fuel": fuel,
            "steps": list(steps),
        },
        comment=sample.about,
        flags=flags,
    )


def reducing(
    wasm: bytes,
    *,
    payload: bytes,
    turn: int = 1,
    sender: int = 0,
    rows: dict[bytes, bytes] | None = None,
    fuel: int = FUEL_GIVEN,
    state_bytes_max: int = STATE_BYTES_DEFAULT,
) -> dict[str, Any]:
    """Return the input of ``reduce`` but its steps."""
    return {
        "wasm": wasm,
        "state_bytes_max": state_bytes_max,
        "fuel": fuel,
        "rows": [{"key": key, "value": value} for key, value in sorted((rows or {}).items())],
        "message": {"turn": turn, "sender": sender, "payload": payload},
    }


DIARY_ROWS: Final = {b"alpha": b"1", b"beta": b"2", b"gamma": b"3", b"al": b""}


def _reduce_cases(kind: VectorSet) -> Iterator[Case]:
    counter, diary, traps, append = (
        samples()[name].wasm for name in ("counter", "diary", "traps", "append")
    )
    for name, asked, flag, count in (
        ("counter_first", reducing(counter, payload=b"\5"), NORMAL, 40),
        ("counter_refuses", reducing(counter, payload=b"\xff"), NORMAL, 20),
        ("message_too_short", reducing(counter, payload=b""), TRAPPED, 10),
        ("diary_put", reducing(diary, payload=b"beta2", rows=DIARY_ROWS), NORMAL, 50),
        ("diary_delete", reducing(diary, payload=b"beta", rows=DIARY_ROWS), NORMAL, 50),
        ("diary_first_row", reducing(diary, payload=b"a", turn=2**64 - 1), NORMAL, 50),
        ("key_too_long", reducing(diary, payload=bytes(81)), TRAPPED, 20),
        *((f"trap_{n}", reducing(traps, payload=bytes([n])), TRAPPED, 15) for n in range(1, 9)),
        ("fuel_in_surcharge", reducing(counter, payload=b"\5", fuel=2_000), FUEL, 30),
        ("append", reducing(append, payload=b"xyz", rows=dict(state_rows(b"abc"))), NORMAL, 400),
    ):
        if kind is VectorSet.SMOKE and name[:5] == "trap_":
            continue
        for case, steps in _asked(kind, name, count):
            yield Case(
                name=case,
                function="reduce",
                input={**asked, "steps": steps},
                comment="a message to a small reducer",
                flags=(flag,),
            )
    yield from _game_cases(kind)


def _game_cases(kind: VectorSet) -> Iterator[Case]:
    """Yield the first move of the seed's Tic-Tac-Toe."""
    blob = bytes.fromhex("0000000000000000000100")
    asked = reducing(tic_tac_toe().wasm, payload=bytes.fromhex("0104"), rows=dict(state_rows(blob)))
    for every in (400,) if kind is VectorSet.SMOKE else (400, 7):
        yield Case(
            name=f"tic_tac_toe_every_{every}",
            function="reduce",
            input={**asked, "steps": [*range(0, 1_200, every), 100_000]},
            comment="the first move of the seed's game, to its end",
            flags=(NORMAL,),
        )


GENERATORS: Final[tuple[Generator, ...]] = (_call_cases, _reduce_cases)
