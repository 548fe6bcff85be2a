"""The command: options, and what is done with them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cli.files import read_program
from cli.machines import read_log
from cli.options import (
    json_option,
    messages_argument,
    module_argument,
    participants_option,
    program_options,
    rows_option,
)
from cli.output import print_json
from cli.rows import read_genesis
from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from bisection.arena import Times
    from bisection.game import Game
    from channel.dispute import Cheat, DisputeCase, DisputeReport
    from channel.dispute.report import Entry
    from cli.dispute.story import Story
    from merkle import OrderedMap
    from solidity.evm import Evm
    from wasm_interp.program import Program

EXIT_DISHONEST_WON: Final = 1
CHEAT_DEFAULT: Final = "wrong-midpoint"
PARTICIPANTS_MAX: Final = 255
BLOCK_SECONDS: Final = 12
"""How long a side takes for each of its moves: until the next block of Ethereum."""


def list_cheats(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print every cheat with what it does, and end."""
    if not wanted or context.resilient_parsing:
        return
    from channel.dispute import CHEATS

    width = max(len(name) for name in CHEATS)
    side = None
    for cheat in CHEATS.values():
        if cheat.side is not side:
            side = cheat.side
            click.echo(f"the {side.value} cheats, the {side.other.value} is honest:")
        click.echo(f"  {cheat.name:<{width}}  {cheat.description}")
    context.exit()


@click.command()
@module_argument("reducer")
@messages_argument
@rows_option
@participants_option
@click.option(
    "--turn",
    "turns",
    default="",
    metavar="N|M-N",
    help="Which turns are claimed; all of the log by default. Those before are agreed upon.",
)
@click.option(
    "--cheat",
    "cheat_name",
    default=CHEAT_DEFAULT,
    show_default=True,
    metavar="NAME",
    help="How one of the sides cheats.",
)
@click.option(
    "--list-cheats",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_cheats,
    help="Show all cheats.",
)
@click.option(
    "--step",
    type=click.IntRange(1, 2**24),
    help="The first step of the turn whose state is a lie; the cheat's own choice by default.",
)
@click.option("--seed", type=int, default=0, help="What a cheat's random choices come from.")
@click.option(
    "--arity",
    type=click.IntRange(2, 64),
    default=16,
    show_default=True,
    help="Into how many segments a stretch is cut in each round.",
)
@click.option(
    "--evm",
    "evm_name",
    type=click.Choice(["py-evm", "anvil", "pyrevm"]),
    default="py-evm",
    show_default=True,
    help="What runs the contracts.",
)
@click.option(
    "--processes",
    is_flag=True,
    help="Run each side in a process of its own, with nothing but its dossier and the chain "
    "(--evm anvil).",
)
@click.option(
    "--html",
    "html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one page that shows all of it, with nothing to fetch.",
)
@program_options
@json_option
def dispute(
    reducer: Path,
    messages: Path,
    rows: Path | None,
    participants: int,
    turns: str,
    cheat_name: str,
    step: int | None,
    seed: int,
    arity: int,
    evm_name: str,
    processes: bool,
    html: Path | None,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Play a whole dispute about the turns of MESSAGES on an EVM, and show it.

    One side cheats, the other is honest; each move is a transaction. Keys are those of a
    demonstration. Exit status 1 if the side that cheats wins, which none should.
    """
    from channel.dispute import CHEATS
    from channel.dispute.cheats import cheat_of

    if processes and evm_name != "anvil":
        raise InputError("--processes is for --evm anvil: two processes need a chain to meet on")
    if not 2 <= participants <= PARTICIPANTS_MAX:
        raise InputError(f"a channel has 2 to {PARTICIPANTS_MAX} participants (C-2)")
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    genesis = read_genesis(rows, program, reducer=reducer)
    case = _case(program, genesis, messages, participants=participants, turns=turns)
    if cheat_name not in CHEATS:
        raise InputError(f"'{printable(cheat_name)}' is no cheat; --list-cheats shows all")
    cheat = CHEATS[cheat_name]
    assert cheat_of(cheat.name, cheat.side) is cheat
    story = _played(
        case,
        cheat,
        evm_name=evm_name,
        processes=processes,
        step=step,
        seed=seed,
        arity=arity,
        quiet=as_json,
    )
    _show(story, html=html, as_json=as_json)
    sys.exit(0 if story.honest_won else EXIT_DISHONEST_WON)


def _case(
    program: Program, genesis: OrderedMap, messages: Path, *, participants: int, turns: str
) -> DisputeCase:
    from cli.dispute.case import dispute_case

    return dispute_case(
        program,
        genesis,
        read_log(messages),
        participants=participants,
        turns=turns,
    )


def _played(
    case: DisputeCase,
    cheat: Cheat,
    *,
    evm_name: str,
    processes: bool,
    arity: int,
    quiet: bool,
    **options: Any,
) -> Story:
    """Play the dispute, line by line unless ``quiet``; return its story."""
    from channel.dispute import Manager
    from channel.dispute.cases import played
    from cli.dispute.processes import play_in_processes
    from cli.dispute.story import Truth, story_of
    from cli.dispute.terminal import Lines
    from solidity.evm import open_evm

    told: Callable[[Entry], None] | None = None
    if not quiet:
        told = Lines(case, cheat).print_entry
    with open_evm(evm_name) as evm:
        play = play_in_processes if processes else _play_here
        report = play(case, cheat, evm=evm, arity=arity, times=by_blocks, told=told, **options)
        manager = Manager.at(evm, report.chain.manager)
        events = manager.events(report.opening.game_id)
    channel = played(case, chain_id=report.chain.chain_id)
    knowledge = channel.dossier(report.opening.claim_root).knowledge(accept_all=True)
    truth = Truth(knowledge, report)
    return story_of(report, events, truth, case.program, cheat=cheat.description)


def _play_here(
    case: DisputeCase,
    cheat: Cheat,
    *,
    evm: Evm,
    arity: int,
    step: int | None,
    seed: int,
    times: Times,
    told: Callable[[Entry], None] | None,
) -> DisputeReport:
    """Play both sides in this process."""
    from bisection.game import Side
    from channel.dispute import HONEST, play_on_chain

    return play_on_chain(
        case,
        evm=evm,
        asserter=cheat.name if cheat.side is Side.ASSERTER else HONEST,
        challenger=cheat.name if cheat.side is Side.CHALLENGER else HONEST,
        arity=arity,
        step=step,
        seed=seed,
        times=times,
        told=told,
    )


def by_blocks(game: Game) -> Iterable[int]:
    """Ask a block after the last move, in the last second of the side to move, and after it."""
    from bisection.game import deadline

    due = deadline(game)
    return (min(game.moved + BLOCK_SECONDS, due), due, due + 1)


def _show(story: Story, *, html: Path | None, as_json: bool) -> None:
    from cli.dispute.as_json import story_json
    from cli.dispute.page import page
    from cli.dispute.terminal import print_story

    if html is not None:
        try:
            html.write_text(page(story), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{html}: {error.strerror or error}") from error
    if as_json:
        print_json(story_json(story))
        return
    print_story(story)
    if html is not None:
        click.echo(f"\nwritten to {html}")
