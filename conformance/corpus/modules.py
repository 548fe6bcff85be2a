"""Modules that are accepted: each small enough to read, each for one part of the specification.

What is refused is in `conformance.formats.program.refused`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from conformance.corpus.wasm_text import Func, module

TIC_TAC_TOE: Final = Path(__file__).parent / "tic_tac_toe.wasm"
"""The seed's reducer, as AssemblyScript compiled it: the same file as in ``examples``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A module and what it is about."""

    wasm: bytes
    about: str


HOSTS: Final = (
    ("db", "get", 3),
    ("db", "put", 3),
    ("db", "delete", 4),
    ("db", "seek", 5),
    ("db", "seek_back", 5),
    ("channel", "message_size", 0),
    ("channel", "message_read", 6),
    ("channel", "sender", 0),
    ("channel", "turn", 7),
)
"""All imports, by index: 0 get, 1 put, 2 delete, 3 seek, 4 seek_back, 5 size, 6 read, 7 sender,
8 turn."""

HOST_TYPES: Final = (
    *("-> i32", "->", "i32 -> i32", "i32 i32 i32 i32 -> i32", "i32 i32 -> i32"),
    *("i32 i32 i32 i32 i32 -> i32", "i32 i32 i32 ->", "-> i64", "i32 i32 i32 i32 i32 i32 -> i32"),
)
"""Types for `HOSTS`; 0 is that of ``reduce``, 8 that of the blob form."""


def reducer(body: str, *, locals: tuple[tuple[int, str], ...] = (), data: bytes = b"") -> bytes:
    """Return a reducer of the db form that imports everything and has one page."""
    return module(
        types=HOST_TYPES,
        imports=HOSTS,
        functions=(Func(0, body, locals),),
        memory=(1, 2),
        exports=(("reduce", len(HOSTS)),),
        data=((0, data),) if data else (),
    )


def plain(body: str, *, type_: str = "-> i32", locals: tuple[tuple[int, str], ...] = ()) -> bytes:
    """Return a module of one function, exported as ``run``."""
    return module(
        types=(type_,), functions=(Func(0, body, locals),), memory=(1, None), exports=(("run", 0),)
    )


def _control() -> dict[str, Sample]:
    return {
        "empty_module": Sample(wasm=module(types=()), about="eight bytes: no function at all"),
        "empty_function": Sample(wasm=plain("", type_="->"), about="enter, return"),
        "constant": Sample(wasm=plain("i32.const -1"), about="an i32 is zero-extended (S-2)"),
        "constant_64": Sample(wasm=plain("i64.const -2", type_="-> i64"), about="an i64"),
        "parameters": Sample(
            wasm=plain("local.get 0 local.get 1 i32.sub", type_="i32 i32 -> i32"),
            about="parameters are moved into locals, the last first (L-6)",
        ),
        "locals": Sample(
            wasm=plain("i32.const 7 local.tee 4 local.get 0 i32.add", locals=((5, "i32"),)),
            about="five locals need a tree of depth 1 (L-6)",
        ),
        "if_else": Sample(
            wasm=plain("local.get 0 if:i32 i32.const 1 else i32.const 2 end", type_="i32 -> i32"),
            about="jump_unless and jump (L-8)",
        ),
        "if_without_else": Sample(
            wasm=plain("local.get 0 if unreachable end i32.const 3", type_="i32 -> i32"),
            about="an if without else; trap unreachable (L-7, L-8)",
        ),
        "loop": Sample(
            wasm=plain(
                """block loop local.get 0 i32.eqz br_if 1
                local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end local.get 0""",
                type_="i32 -> i32",
            ),
            about="a loop that counts down (L-10)",
        ),
        "unwinding": Sample(
            wasm=plain(
                """block:i32 i32.const 1 i32.const 2 i32.const 3 local.get 0 br_if 0
                drop drop end""",
                type_="i32 -> i32",
            ),
            about="a branch that leaves two operands behind: a stub with drop_under (L-10, L-11)",
        ),
        "shared_stub": Sample(
            wasm=plain(
                """block i32.const 1 local.get 0 br_if 0 local.get 0 br_if 0 drop end
                i32.const 4""",
                type_="i32 -> i32",
            ),
            about="two branches share one stub (L-11)",
        ),
        "branch_table": Sample(
            wasm=plain(
                """block block block i32.const 9 local.get 0 br_table:0,1,2,0 end
                i32.const 10 return end i32.const 11 return end i32.const 12""",
                type_="i32 -> i32",
            ),
            about="jump_table and a row of jumps, with stubs (L-10)",
        ),
        "unreachable_code": Sample(
            wasm=plain("i32.const 1 return i32.const 2 block br 0 end drop unreachable"),
            about="code behind return is not emitted (L-9)",
        ),
        "recursion": Sample(
            wasm=plain(
                """local.get 0 i32.eqz if:i32 i32.const 0 else
                local.get 0 local.get 0 i32.const 1 i32.sub call 0 i32.add end""",
                type_="i32 -> i32",
            ),
            about="a function that calls itself",
        ),
    }


def _memory() -> dict[str, Sample]:
    return {
        "memory": Sample(
            wasm=plain(
                """i32.const 0 i64.const 0x0102030405060708 i64.store offset=30
                i32.const 1 i32.load offset=31 i32.const 33 i32.load8_s i32.xor"""
            ),
            about="an access across two leaves; little-endian (I-5)",
        ),
        "data": Sample(
            wasm=module(
                types=("-> i32",),
                functions=(Func(0, "i32.const 100 i32.load"),),
                memory=(1, 1),
                exports=(("run", 0),),
                data=((100, b"channels"), (65_528, bytes(range(1, 9)))),
            ),
            about="data at the end of memory (L-3)",
        ),
        "grow": Sample(
            wasm=plain(
                "i32.const 2 memory.grow memory.size i32.add i32.const 9 memory.grow i32.add"
            ),
            about="the memory tree is deepened (I-6, S-5)",
        ),
        "bulk": Sample(
            wasm=plain(
                """i32.const 64 i32.const 171 i32.const 19 memory.fill
                i32.const 70 i32.const 64 i32.const 13 memory.copy i32.const 80 i32.load"""
            ),
            about="memory.fill and memory.copy are generated code (L-12, L-13)",
        ),
    }


def _globals_and_tables() -> dict[str, Sample]:
    return {
        "globals": Sample(
            wasm=module(
                types=("-> i64",),
                functions=(Func(0, "global.get 4 i64.const 1 i64.add global.set 4 global.get 4"),),
                globals=(*(("i32", -1),) * 4, ("i64", -1)),
                exports=(("run", 0),),
            ),
            about="five globals need a tree of depth 1",
        ),
        "start_function": Sample(
            wasm=module(
                types=("->", "-> i32"),
                functions=(
                    Func(0, "global.get 0 i32.const 5 i32.add global.set 0"),
                    Func(1, "global.get 0"),
                ),
                globals=(("i32", 37),),
                exports=(("run", 1),),
                start=0,
            ),
            about="the start function runs first (T-4)",
        ),
        "table": Sample(
            wasm=module(
                types=("-> i32", "-> i64", "-> i32", "i32 -> i32"),
                functions=(
                    Func(0, "i32.const 1"),
                    Func(1, "i64.const 2"),
                    Func(2, "i32.const 3"),
                    Func(3, "local.get 0 call_indirect 2"),
                ),
                table=(6, 6),
                elements=((1, (0, 1)), (4, (2,))),
                exports=(("run", 3),),
            ),
            about="canonical type ids, null entries (L-4, S-4)",
        ),
        "thunks": Sample(
            wasm=module(
                types=("-> i32", "i32 i32 i32 ->"),
                imports=(("channel", "sender", 0), ("channel", "message_read", 1)),
                functions=(Func(0, "i32.const 0 call_indirect 0"),),
                table=(2, None),
                memory=(1, None),
                elements=((0, (0, 1)),),
                exports=(("run", 2), ("sender", 0)),
            ),
            about="host functions that are exported or in the table have code (L-2)",
        ),
    }


_COUNTER: Final = """
    ;; The row "n" holds a count; the message's first byte is added; 0xff is refused with 7.
    i32.const 64 i32.const 0 i32.const 1 call 6
    i32.const 64 i32.load8_u i32.const 255 i32.eq if i32.const 7 return end
    i32.const 0 i32.const 1 i32.const 32 i32.const 8 call 0 drop
    i32.const 32
    i32.const 32 i64.load i32.const 64 i64.load8_u i64.add i64.store
    i32.const 0 i32.const 1 i32.const 32 i32.const 8 call 1 drop
    i32.const 0
"""

_DIARY: Final = """
    ;; The payload is a key: put with the sender and the turn as value, or, if it is there, deleted.
    call 5 local.set 0
    i32.const 128 i32.const 0 local.get 0 call 6
    i32.const 256 call 7 i32.store8
    i32.const 257 call 8 i64.store
    i32.const 128 local.get 0 i32.const 512 i32.const 64 call 0
    i32.const -1 i32.eq if
      i32.const 128 local.get 0 i32.const 256 i32.const 9 call 1 drop
    else
      i32.const 128 local.get 0 call 2 drop
    end
    ;; What stands before and behind goes into memory, so that a proof of it is part of the run.
    i32.const 128 local.get 0 i32.const 1 i32.const 1024 i32.const 80 call 3 drop
    i32.const 128 local.get 0 i32.const 1 i32.const 1152 i32.const 80 call 4 drop
    i32.const 0
"""

_TRAPS: Final = """
    ;; The first byte of the payload says how to trap; 0 is accepted.
    i32.const 0 i32.const 0 i32.const 1 call 6
    block block block block block block block block block block
      i32.const 0 i32.load8_u br_table:0,1,2,3,4,5,6,7,8,9
    end i32.const 0 return
    end unreachable
    end i32.const 1 i32.const 0 i32.div_s return
    end i32.const -2147483648 i32.const -1 i32.div_s return
    end i32.const 65533 i32.load return
    end i32.const 0 i32.const 0 i32.const 0 i32.const 0 call 0 return
    end i32.const 0 i32.const 1 i32.const 0 i32.const 1025 call 1 return
    end i32.const 0 i32.const 0 i32.const 2 call 6 i32.const 0 return
    end i32.const 0 i32.const 0 i32.const 1025 call 6 i32.const 0 return
    end loop br 0 end
    i32.const 1
"""

_BLOB: Final = """
    ;; The new state is the old one with the message behind it; an empty message is refused.
    local.get 3 i32.eqz if i32.const 3 return end
    i32.const 1024 local.get 0 local.get 1 memory.copy
    i32.const 1024 local.get 1 i32.add local.get 2 local.get 3 memory.copy
    local.get 4 i32.const 1024 i32.store
    local.get 5 local.get 1 local.get 3 i32.add i32.store
    i32.const 0
"""


def _reducers() -> dict[str, Sample]:
    return {
        "counter": Sample(wasm=reducer(_COUNTER, data=b"n"), about="a count in one row"),
        "diary": Sample(
            wasm=reducer(_DIARY, locals=((1, "i32"),)), about="rows that come and go, and seeks"
        ),
        "traps": Sample(wasm=reducer(_TRAPS), about="traps of every kind that a message may cause"),
        "append": Sample(
            wasm=module(
                types=HOST_TYPES,
                functions=(Func(8, _BLOB),),
                memory=(2, None),
                exports=(("reduce", 0),),
            ),
            about="the blob form without allocator: pages added above the module's own (T-22)",
        ),
        "append_alloc": Sample(
            wasm=module(
                types=HOST_TYPES,
                functions=(Func(8, _BLOB), Func(2, "i32.const 32768")),
                memory=(2, 2),
                exports=(("reduce", 0), ("alloc", 1)),
            ),
            about="the blob form with an exported alloc (T-22)",
        ),
        "append_new_pin": Sample(
            wasm=module(
                types=HOST_TYPES,
                functions=(
                    Func(8, _BLOB),
                    Func(4, "i32.const 32768"),
                    Func(2, "local.get 0"),
                ),
                memory=(2, 2),
                exports=(("reduce", 0), ("__new", 1), ("__pin", 2)),
            ),
            about="the blob form with AssemblyScript's __new and __pin (T-22)",
        ),
        "start_then_reduce": Sample(
            wasm=module(
                types=("->", "-> i32"),
                functions=(Func(0, "i32.const 4 global.set 0"), Func(1, "global.get 0")),
                globals=(("i32", 0),),
                exports=(("reduce", 1),),
                start=0,
            ),
            about="a start function before reduce; every message is refused with 4",
        ),
    }


@cache
def samples() -> dict[str, Sample]:
    """Return all small modules by name."""
    return {**_control(), **_memory(), **_globals_and_tables(), **_reducers()}


@cache
def tic_tac_toe() -> Sample:
    """Return the seed's reducer."""
    return Sample(wasm=TIC_TAC_TOE.read_bytes(), about="the seed's Tic-Tac-Toe, blob form")
