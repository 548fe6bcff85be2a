"""The benchmark programs and what they must return, computed independently in Python.

In this file: name, default size and reference of each program; run as a script, it compares them in
wasmtime. Not in this file: how the programs are built (`build.sh`), how fast they are (`peers.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor
from pathlib import Path
from typing import TYPE_CHECKING

import wasmtime

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent
JSON_TEXT = (FOLDER / "json_text.json").read_bytes()

SIEVE_LIMIT = 65536
SHA256_LIMIT_BYTES = 32768

TOKEN = re.compile(rb'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[-+.0-9eE]+|true|false|null')


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A module whose ``export`` maps a size to a checksum, i32 both, as ``reference`` does."""

    name: str
    default_n: int
    samples: tuple[int, ...]
    reference: Callable[[int], int]
    export: str = "run"

    def wasm(self) -> bytes:
        return (FOLDER / f"{self.name}.wasm").read_bytes()


def signed(value: int) -> int:
    """Return the i32 that has the lower 32 bits of ``value``."""
    value %= 2**32
    return value - 2**32 if value >= 2**31 else value


def fib(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return signed(a)


def sieve(n: int) -> int:
    if not 0 <= n <= SIEVE_LIMIT:
        return -1
    candidates = range(2, n)
    primes = [p for p in candidates if all(p % d for d in range(2, int(p**0.5) + 1))]
    return signed(sum(prime * rank for rank, prime in enumerate(primes, 1)))


def sha256(n: int) -> int:
    if not 0 <= n <= SHA256_LIMIT_BYTES:
        return -1
    pattern = bytes((i * 2654435761 % 2**32) >> 24 for i in range(n))
    return signed(reduce(xor, struct.unpack(">8I", hashlib.sha256(pattern).digest())))


def json_tokens(n: int) -> int:
    checksum = 2166136261
    for _ in range(n):
        for token in TOKEN.finditer(JSON_TEXT):
            checksum = (checksum ^ token[0][0] ^ token.start() << 8) * 16777619 % 2**32
    return checksum % 2**31


PROGRAMS = (
    Program(name="fib", default_n=23, samples=(0, 1, 2, 3, 10, 20), reference=fib),
    Program(
        name="sieve",
        default_n=32_000,
        samples=(0, 1, 2, 3, 4, 100, 65_026, 65_536, 65_537, -1),
        reference=sieve,
    ),
    Program(
        name="sha256",
        default_n=8_000,
        samples=(0, 1, 55, 56, 63, 64, 65, 119, 120, 32_768, 32_769, -1),
        reference=sha256,
    ),
    Program(name="json", default_n=10, samples=(0, 1, 2, 17), reference=json_tokens),
)

# Texts that a validator is likely to get wrong. Spaces after or before it make it as long
# as the embedded one.
JSON_SAMPLES = (
    *(b"", b"0", b"-0", b"-", b"01", b"1.", b".5", b"1.5e", b"1e+", b"1E-2", b"+1", b"0x1", b"1 2"),
    *(b"true", b"tru", b"truee", b"nul", b"True", b"NaN", b"-Infinity", b"[1,]", b"[,1]", b"[1 2]"),
    *(b"[]", b"[ ]", b"{}", b"{ }", b"{,}", b'{"a":1,}', b'{"a"}', b'{"a" 1}', b'{"a":}', b"{1:2}"),
    *(
        b"[}",
        b"{]",
        b"[]]",
        b"]",
        b"[",
        b'{"a":1',
        b'"',
        b'"a',
        b'"\\x"',
        b'"\\u12g4"',
        b'"\\u12F4"',
    ),
    *(b'"\n"', b'"\x1f"', b'"\x7f"', b'"\t"', b"\x0b1", b"\xa01", b'"a" "b"', b'"a",', b"[1e5,-2]"),
    *(
        b"[" * 32 + b"]" * 32,
        b"\r\n\t 1",
        b'{"a":[{"b":[]}]}',
        b"[0,-0.0]",
        b"[00]",
        b"'a'",
        b"/**/1",
    ),
)


def is_json(text: bytes) -> bool:
    """Say whether ``text`` is RFC 8259 JSON; Python's own extension, NaN and Infinity, is not."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(text.decode("ascii"), parse_constant=refuse)
    except ValueError:
        return False
    return True


class Instance:
    """One instance of a program in wasmtime."""

    def __init__(self, program: Program) -> None:
        engine = wasmtime.Engine()
        self._store = wasmtime.Store(engine)
        module = wasmtime.Module(engine, program.wasm())
        self._exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._export = program.export

    def run(self, n: int) -> int:
        function = self._exports[self._export]
        assert isinstance(function, wasmtime.Func)
        result = function(self._store, n)
        assert isinstance(result, int)
        return result

    def replace(self, old: bytes, new: bytes) -> None:
        """Write ``new`` over the only place in memory that holds ``old``, which is as long."""
        memory = self._exports["memory"]
        assert isinstance(memory, wasmtime.Memory)
        content = bytes(memory.read(self._store))
        assert content.count(old) == 1
        assert len(old) == len(new)
        memory.write(self._store, new, content.index(old))


def mismatches(program: Program) -> list[str]:
    """Return one line for every size at which ``program`` is not its reference."""
    instance = Instance(program)
    return [
        f"{program.name}({n}): {result}, not {expected}"
        for n in (*program.samples, program.default_n)
        if (result := instance.run(n)) != (expected := program.reference(n))
    ]


def json_mismatches() -> list[str]:
    """Return one line for every text of which the program ``json`` says the wrong thing.

    The texts are `JSON_SAMPLES` and the embedded one with one byte changed, at every offset.
    """
    program = next(program for program in PROGRAMS if program.name == "json")
    length = len(JSON_TEXT)
    texts = [pad(sample, length) for sample in JSON_SAMPLES for pad in (bytes.ljust, bytes.rjust)]
    for i in range(length):
        for flip in (0x01, 0x40):
            changed = bytes((JSON_TEXT[i] ^ flip,))
            texts.append(JSON_TEXT[:i] + changed + JSON_TEXT[i + 1 :])
    instance = Instance(program)
    held = JSON_TEXT
    lines = []
    for text in texts:
        instance.replace(held, text)
        held = text
        if (instance.run(1) >= 0) != is_json(text):
            lines.append(f"json: wrong about {text.rstrip()!r}")
    return lines


def main() -> None:
    """Compare every program with its reference; exit with the differences, if any."""
    lines = [line for program in PROGRAMS for line in mismatches(program)]
    lines += json_mismatches()
    if lines:
        raise SystemExit("\n".join(lines))
    print(f"{len(PROGRAMS)} programs agree with their references")


if __name__ == "__main__":
    main()
