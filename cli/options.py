"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wasm_interp.abi import STATE_BYTES_DEFAULT
from wasm_interp.machine import Tier
from wasm_interp.profile import PROFILE_V1

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def module_argument(name: str = "module") -> Callable[[F], F]:
    """Return the argument for a file with a WebAssembly module."""
    return click.argument(name, type=FILE)


def messages_argument(function: F) -> F:
    """Add the argument for a log of messages."""
    return click.argument("messages", type=FILE)(function)


def rows_option(function: F) -> F:
    """Add the option for genesis rows."""
    return click.option("--rows", type=FILE, help="Genesis rows, a JSON file.")(function)


def json_option(function: F) -> F:
    """Add the switch for machine-readable output."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def output_option(
    text: str, *, default: Path | None = None, required: bool = False
) -> Callable[[F], F]:
    """Return what adds the option for the file to write; ``text`` is its help."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        default=default,
        show_default=default is not None,
        required=required,
        help=text,
    )


def turn_option(function: F) -> F:
    """Add the option for the turn after which rows are looked at."""
    return click.option(
        "--turn", type=click.IntRange(0), help="After this turn; without it after the last."
    )(function)


def program_options(function: F) -> F:
    """Add the options that are part of a reducer id."""
    function = click.option(
        "--state-max",
        "state_bytes_max",
        type=int,
        default=STATE_BYTES_DEFAULT,
        show_default=True,
        help="Greatest state of a reducer of the blob form, in bytes; part of the reducer id.",
    )(function)
    return click.option(
        "--fuel",
        type=int,
        default=PROFILE_V1.fuel_max,
        show_default=True,
        help="Fuel for each message; part of the reducer id.",
    )(function)


def participants_option(function: F) -> F:
    """Add the number of participants, by whose order a sender is taken where a log names none."""
    return click.option(
        "--participants",
        type=click.IntRange(1),
        default=2,
        show_default=True,
        help="Number of participants, who take turns where a log names no sender.",
    )(function)


def tier_option(default: Tier) -> Callable[[F], F]:
    """Return what adds the choice of what takes the steps."""
    return click.option(
        "--tier",
        type=click.Choice([tier.value for tier in Tier]),
        default=default.value,
        show_default=True,
        callback=lambda _context, _option, value: Tier(value),
        help="What takes the steps. The result is the same; compiled is faster, native "
        "(extra `native`) the fastest for whole turns.",
    )
