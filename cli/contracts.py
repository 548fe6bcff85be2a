"""`channels contracts`: the contracts' artifacts, and whether they are what the sources give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import json_option
from cli.output import Table, print_json, spinner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solidity.verify import Verdict

SHA256_CHARACTERS = 66


@click.group()
def contracts() -> None:
    """Show the contracts' artifacts, or compile them anew and compare."""


@contracts.command("list")
@json_option
def list_contracts(as_json: bool) -> None:
    """List every deployable contract: sizes in bytes and the SHA-256 of its runtime code."""
    from solidity.artifacts import index

    found = index()
    if as_json:
        print_json(found)
        return
    width = max(map(len, ("contract", *found["contracts"])))
    table = Table(
        [("contract", width), ("runtime", 7), ("creation", 8), ("sha256", SHA256_CHARACTERS)]
    )
    for name, entry in found["contracts"].items():
        runtime, creation = entry["runtimeCode"], entry["creationCode"]
        table.print_row([name, runtime["bytes"], creation["bytes"], runtime["sha256"]])
    click.echo(f"solc {found['solc']}")


@contracts.command()
@json_option
def verify(as_json: bool) -> None:
    """Compile the sources anew and compare every artifact, byte for byte.

    Needs Node and solc from npm; without them nothing is verified, which is said, and is no
    failure. Exit status 1 if anything differs.
    """
    from solidity.errors import ArtifactsStale, CompilerUnavailable
    from solidity.verify import verify as verify_artifacts

    try:
        with spinner("compiling"):
            verdicts = verify_artifacts()
    except CompilerUnavailable as missing:
        _report_skipped(str(missing), as_json=as_json)
        return
    different = [verdict for verdict in verdicts if verdict.difference]
    _report(verdicts, as_json=as_json)
    if different:
        first = different[0]
        raise ArtifactsStale(f"{first.name} is not what its source compiles to")


def _report_skipped(reason: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"status": "skipped", "reason": reason, "contracts": []})
    else:
        click.echo(f"skipped, not verified: {reason}")


def _report(verdicts: Sequence[Verdict], *, as_json: bool) -> None:
    if as_json:
        failed = any(verdict.difference for verdict in verdicts)
        named = [{"name": found.name, "difference": found.difference or None} for found in verdicts]
        print_json({"status": "different" if failed else "verified", "contracts": named})
        return
    width = max((len(verdict.name) for verdict in verdicts), default=0)
    for verdict in verdicts:
        click.echo(f"{verdict.name:<{width}}  {verdict.difference or 'OK'}")
