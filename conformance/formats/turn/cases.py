"""The cases of turns: messages that are accepted, refused and trapped, in one log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.corpus.chance import Chance
from conformance.corpus.modules import samples, tic_tac_toe
from conformance.format import BugType, Case, Flag, Generator, VectorSet
from wasm_interp.abi import STATE_BYTES_DEFAULT, state_rows

NORMAL: Final = Flag("normal", BugType.BASIC, "A log of messages.")
NOT_A_TURN: Final = Flag(
    "not_a_turn",
    BugType.MISSING_CHECK,
    "A message that is refused or traps changes no row and does not count (T-6, T-7).",
)
FUEL: Final = Flag("fuel", BugType.ARITHMETIC, "A message that runs out of fuel (S-12, T-6).")
CHUNKS: Final = Flag(
    "chunks", BugType.EDGE_CASE, "A state at a boundary of 1,024 bytes (T-23, T-24)."
)
SHRINKS: Final = Flag(
    "rows_go",
    BugType.EDGE_CASE,
    "The root after a row was removed is that of the rows left (M-18).",
)


def log_of(
    wasm: bytes,
    payloads: Sequence[bytes],
    *,
    rows: dict[bytes, bytes] | None = None,
    senders: Sequence[int] = (0, 1),
    fuel: int = 100_000,
    state_bytes_max: int = STATE_BYTES_DEFAULT,
) -> dict[str, Any]:
    """Return the input of ``replay``: the senders take turns, whatever becomes of a message."""
    return {
        "wasm": wasm,
        "state_bytes_max": state_bytes_max,
        "fuel": fuel,
        "rows": [{"key": key, "value": value} for key, value in sorted((rows or {}).items())],
        "messages": [
            {"sender": senders[i % len(senders)], "payload": payload}
            for i, payload in enumerate(payloads)
        ],
    }


def _small_cases(kind: VectorSet) -> Iterator[Case]:
    counter, diary, traps = (samples()[name].wasm for name in ("counter", "diary", "traps"))
    start = samples()["start_then_reduce"].wasm
    many = [b"\1", b"\5", b"\xff", b"", b"\2"]
    words = [b"beta", b"alpha", b"a", b"gamma", b"alpha", b"", b"x" * 80, b"x" * 81, b"beta"]
    given = {b"\0": b"", b"\xff" * 80: bytes(64), b"be": b"e", b"n": bytes(8)}
    for name, asked, flags, comment in (
        ("no_messages", log_of(counter, [], rows=given), (NORMAL,), "the genesis rows, unchanged"),
        ("counter", log_of(counter, many), (NORMAL, NOT_A_TURN), "two of five are no turn"),
        ("counter_over_rows", log_of(counter, many, rows=given), (NORMAL,), "over genesis rows"),
        ("senders", log_of(diary, words, senders=(7, 2**32 - 1)), (SHRINKS,), "other senders"),
        ("diary", log_of(diary, words, rows=given), (SHRINKS, NOT_A_TURN), "rows come and go"),
        (
            "every_trap",
            log_of(traps, [bytes([n]) for n in range(11)], fuel=2_000),
            (NOT_A_TURN, FUEL),
            "one message for each trap, and one that loops",
        ),
        ("no_fuel", log_of(counter, [b"\1"], fuel=0), (FUEL,), "no step is taken but the trap"),
        ("fuel_enough", log_of(counter, [b"\1"], fuel=2_643), (FUEL,), "exactly what it costs"),
        ("fuel_one_short", log_of(counter, [b"\1"], fuel=2_642), (FUEL,), "one too little"),
        ("refuses_all", log_of(start, [b"", b"a"]), (NOT_A_TURN,), "every message is refused"),
    ):
        if kind is VectorSet.FULL or name not in _FULL_ONLY:
            yield Case(name=name, function="replay", input=asked, comment=comment, flags=flags)


_FULL_ONLY: Final = frozenset({"senders", "counter_over_rows"})


def _blob_cases(kind: VectorSet) -> Iterator[Case]:
    chance = Chance("blobs")
    sizes = [0, 1, 1_024, 1_025]
    if kind is VectorSet.FULL:
        sizes += [1_023, 2_047, 2_048, 2_049, 3_000]
    for size in sizes:
        yield Case(
            name=f"bytes_{size}",
            function="blob_rows",
            input={"blob": chance.bytes(size)},
            comment=f"a state of {size} bytes",
            flags=(CHUNKS,),
        )
    for name in ("append", "append_alloc", "append_new_pin")[: 1 if kind is VectorSet.SMOKE else 3]:
        yield Case(
            name=name,
            function="replay",
            input=log_of(samples()[name].wasm, [b"abc", b"", b"defgh"]),
            comment=samples()[name].about,
            flags=(NORMAL, NOT_A_TURN),
        )
    lengths = {"across_chunks": [1_023, 1, 1]}
    if kind is VectorSet.FULL:
        lengths["beyond_the_greatest"] = [1_023, 1, 1, 1_023, 2_047, 2]
    for name, sizes in lengths.items():
        chance = Chance(name)
        yield Case(
            name=name,
            function="replay",
            input=log_of(samples()["append"].wasm, [chance.bytes(size) for size in sizes]),
            comment="a state that grows from chunk to chunk; beyond the greatest it traps",
            flags=(CHUNKS,),
        )


GAMES: Final = {
    "x_wins": "0104 0100 0102 0101 0106",
    "refused": "0104 0104 0109 ff 01 0100",
    "draw": "0100 0101 0102 0104 0103 0105 0107 0106 0108 0100",
}


def _game_cases(kind: VectorSet) -> Iterator[Case]:
    rows = dict(state_rows(bytes.fromhex("0000000000000000000100")))
    for name, moves in GAMES.items():
        if kind is VectorSet.SMOKE and name == "draw":
            continue
        payloads = [bytes.fromhex(move) for move in moves.split()]
        yield Case(
            name=f"tic_tac_toe_{name}",
            function="replay",
            input=log_of(tic_tac_toe().wasm, payloads, rows=rows),
            comment="the seed's game",
            flags=(NORMAL,),
        )


GENERATORS: Final[tuple[Generator, ...]] = (_small_cases, _blob_cases, _game_cases)
