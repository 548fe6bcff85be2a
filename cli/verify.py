"""`channels verify`: step vectors put before the Python verifier and the contract on an EVM."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.files import hex_bytes
from cli.options import FILE, json_option
from cli.output import print_fields, print_json
from wasm_interp.errors import InputError

if TYPE_CHECKING:
    from conformance.library import Fixture
    from solidity.evm import Address, Evm

EXIT_FAILED: Final = 1
ADDRESS_BYTES: Final = 20


@click.command()
@click.argument("vector", type=FILE)
@click.option(
    "--evm",
    "evm_name",
    type=click.Choice(["py-evm", "anvil", "pyrevm"]),
    default="py-evm",
    show_default=True,
    help="What runs the contract.",
)
@click.option("--url", help="A running node (with --evm anvil), instead of one of our own.")
@click.option("--chain-id", type=click.IntRange(1), help="The chain that the node must be of.")
@click.option("--address", help="A verifier that is there already, instead of a new one.")
@json_option
def verify(
    vector: Path,
    evm_name: str,
    url: str | None,
    chain_id: int | None,
    address: str | None,
    as_json: bool,
) -> None:
    """Verify every case of a file of step vectors, in Python and with the contract.

    Shows the verdict of both, the gas and the size of the witness. Exit status 1 if a verdict is
    not the one that the vector expects.
    """
    from conformance.library import read_vectors

    if (url is not None or address is not None) and evm_name != "anvil":
        raise InputError("--url and --address are for --evm anvil")
    fixtures = [case for case in read_vectors(vector) if case.format.name == "step"]
    if not fixtures:
        raise InputError(f"{vector}: has no steps; channels vectors check takes other formats")
    failed = 0
    with _open(evm_name, url, chain_id) as evm:
        where = _verifier(evm, address)
        for fixture in fixtures:
            report = _report(fixture, evm, where)
            failed += not report["as_expected"]
            if as_json:
                print_json(report)
            else:
                print_fields(
                    (name.replace("_", " "), _shown(fact)) for name, fact in report.items()
                )
                click.echo()
    if failed:
        if not as_json:
            click.echo(f"error: {failed} of {len(fixtures)} not as expected", err=True)
        sys.exit(EXIT_FAILED)


@contextmanager
def _open(name: str, url: str | None, chain_id: int | None) -> Iterator[Evm]:
    from solidity.evm import CHAIN_ID, open_evm

    with open_evm(name, url=url, chain_id=CHAIN_ID if chain_id is None else chain_id) as evm:
        yield evm


def _verifier(evm: Evm, address: str | None) -> Address:
    """Return where the contract is: at ``address``, or newly deployed."""
    from solidity.artifacts import artifact
    from solidity.errors import NoContract
    from solidity.evm import Address

    if address is None:
        return evm.deploy(artifact("OneStepVerifier").creation_code)
    where = Address(hex_bytes(address, what="--address"))
    if len(where) != ADDRESS_BYTES:
        raise InputError(f"--address has {len(where)} bytes where an address has {ADDRESS_BYTES}")
    if not evm.code(where):
        raise NoContract(where)
    return where


def _report(fixture: Fixture, evm: Evm, where: Address) -> dict[str, object]:
    """Return the verdicts on one case, and what it costs."""
    from conformance.evm import answer_of, calldata_of
    from solidity.gas import charged_gas, total_gas

    asked = fixture.decoded()
    calldata = calldata_of(fixture.function.name, asked)
    result = evm.call(where, calldata)
    found = answer_of(result)
    python = fixture.function.answer(asked)
    return {
        "case": fixture.id,
        "comment": fixture.comment,
        "expected": _verdict(fixture.expected),
        "Python": _verdict(python),
        evm.name: _verdict(found),
        "as_expected": fixture.expected == python == found,
        "witness_bytes": len(asked["witness"]) if "witness" in asked else "",
        "calldata_bytes": len(calldata),
        "exec_gas": result.exec_gas,
        "total_gas": total_gas(calldata, result.exec_gas),
        "charged_gas": charged_gas(calldata, result.exec_gas),
    }


def _shown(fact: object) -> object:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return f"{fact:,}" if isinstance(fact, int) else fact


def _verdict(answer: dict[str, object]) -> str:
    return "accepted" if "output" in answer else f"refused: {answer['error']}"
