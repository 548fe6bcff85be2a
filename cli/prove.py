"""`channels prove`: the proof of one step, as a vector that any implementation can check."""

from __future__ import annotations

from pathlib import Path

import click

from cli.files import read_program
from cli.machines import machine_at_turn
from cli.options import (
    messages_argument,
    module_argument,
    participants_option,
    program_options,
    rows_option,
)
from cli.rows import read_genesis
from wasm_interp.errors import InputError
from wasm_interp.machine import Tier
from wasm_interp.profile import PROFILE_V1


@click.command()
@module_argument("reducer")
@messages_argument
@rows_option
@participants_option
@click.option(
    "--turn",
    type=click.IntRange(1),
    required=True,
    help="The turn whose message is being reduced, counting from 1.",
)
@click.option(
    "--step",
    type=click.IntRange(0, PROFILE_V1.fuel_max + 1),
    required=True,
    help="Which step of it to prove: the state before it is reached after so many steps.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write the vector to; standard output by default.",
)
@program_options
def prove(
    reducer: Path,
    messages: Path,
    rows: Path | None,
    participants: int,
    turn: int,
    step: int,
    out: Path | None,
    state_bytes_max: int,
    fuel: int,
) -> None:
    """Prove one step of the message of MESSAGES that makes a turn; write it as a vector.

    What the step is goes to standard error. A machine that has stopped steps to itself, so there
    is no last step. `channels verify` verifies what is written, in Python and on an EVM.
    """
    # Imported here so that `--help` does not wait for the vectors.
    from bisection.witness import prove_step
    from conformance.corpus.steps import RUN, StepCase
    from conformance.fill import file_of
    from conformance.formats.step import STEP
    from conformance.formats.step.cases import case_of

    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    machine = machine_at_turn(
        program,
        read_genesis(rows, program, reducer=reducer),
        messages,
        participants=participants,
        turn=turn,
    )
    machine.run(step, tier=Tier.COMPILED)
    proof = prove_step(machine)
    what = f"turn {turn}, step {step}: {program.text(machine.word())} at {machine.backtrace()[0]}"
    if not machine.running:
        what = f"turn {turn}, step {step}: the machine has stopped, and steps to itself"
    case = StepCase(name=f"turn_{turn}_step_{step}", proof=proof, comment=what, flags=(RUN,))
    text = file_of(STEP, case_of(case))
    click.echo(f"{what}; witness of {len(proof.witness)} bytes", err=True)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="ascii")
    except OSError as error:
        raise InputError(f"{out}: {error.strerror or error}") from error
