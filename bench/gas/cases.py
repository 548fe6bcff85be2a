"""The cases that are priced: plain steps of every size, rows among 10,000, the worst of all.

Not here: how they are made (`plain`, `rows`), what is told of them (`bench.gas.__main__`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.gas import plain, rows
from bench.gas.machines import LARGE, SIZES, Bench, Size
from bench.gas.meter import Meter, Priced, kind_of
from bisection.witness import prove_step
from merkle.proof_bytes import encode_get, encode_seek
from wasm_interp import Machine

EVENLY: Final = 5
DEEPEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The prices by group."""

    plain: list[Priced]
    messages: list[Priced]
    rows: dict[Size, list[Priced]]
    worst: list[Priced]

    def among_rows(self) -> list[Priced]:
        """Return the prices of rows among 10,000, of all sizes."""
        return [one for prices in self.rows.values() for one in prices]

    def ordinary(self) -> list[Priced]:
        """Return all but the search for the worst."""
        return [*self.plain, *self.messages, *self.among_rows()]


def price_all(meter: Meter) -> Cases:
    """Price every case. Takes minutes."""
    cases = Cases(plain=[], messages=[], rows={}, worst=[])
    sample = list(sample_keys())
    for size in SIZES:
        bench = Bench(size)
        cases.plain.extend(priced(meter, plain.steps(bench), where=size.name))
        cases.messages.extend(priced(meter, plain.messages(bench), where=size.name))
        cases.rows[size] = [
            one
            for key in sample
            for place in rows.PLACES
            for one in priced(
                meter, rows.steps(bench, key, place=place), where=f"{place}, {size.name}"
            )
        ]
        if size is LARGE:
            cases.worst.extend(priced(meter, rows.worst(bench), where=size.name))
            cases.worst.extend(priced(meter, rows.long_values(bench), where=size.name))
    return cases


def priced(meter: Meter, steps: Iterable[tuple[str, Machine]], *, where: str) -> Iterator[Priced]:
    """Prove and price the next step of every machine."""
    for name, machine in steps:
        proof = prove_step(machine)
        price = meter.price(proof)
        yield Priced(kind=kind_of(proof), operation=name, where=where, price=price)


def sample_keys() -> Iterator[bytes]:
    """Yield keys of the 10,000: those with the longest proofs of each kind, and some evenly."""
    held, keys = rows.ten_thousand(), rows.all_keys()
    lengths = (
        lambda key: len(encode_get(held.prove_get(key))),
        lambda key: len(encode_seek(held.prove_seek(key, True))),
        lambda key: len(encode_seek(held.prove_seek_back(key, True))),
    )
    chosen = [key for length in lengths for key in sorted(keys, key=length)[-DEEPEST:]]
    yield from dict.fromkeys((*chosen, *keys[:: len(keys) // EVENLY]))
