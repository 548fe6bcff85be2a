"""A game of Tic-Tac-Toe, every step of it proven and priced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.gas.meter import Meter, Priced, instruction_name, kind_of
from bisection.witness import prove_steps
from cli.files import read_messages, read_program, read_rows
from wasm_interp import replay

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "tic_tac_toe"
LOG: Final = "x_wins"


def steps(meter: Meter) -> Iterator[Priced]:
    """Yield the price of every step of the game, turn by turn."""
    program = read_program(EXAMPLE / "tic_tac_toe.wasm", reducer=True)
    rows = read_rows(EXAMPLE / "rows.json", program)
    for turn in replay(program, rows, read_messages(EXAMPLE / f"{LOG}.jsonl")):
        machine = program.start(rows, turn.message)
        for proof in prove_steps(machine):
            yield Priced(
                kind=kind_of(proof),
                operation=instruction_name(proof),
                where=f"turn {turn.message.turn}",
                price=meter.price(proof),
            )
        rows = turn.rows
