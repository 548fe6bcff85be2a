"""`channels wast`: scripts of the official WebAssembly test suite, and what they come to."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.files import read_bytes
from cli.options import FILE, json_option, tier_option
from cli.output import Table, print_json, progress
from wasm_interp.machine import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasm_interp.script.report import Report

SCRIPT_BYTES_MAX: Final = 16 * 2**20

EXIT_PASSED, EXIT_FAILED, EXIT_USAGE = 0, 1, 2

_COUNTS = ("passed", "failed", "refused", "skipped")


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@tier_option(Tier.COMPILED)
@json_option
@click.option("--verbose", "-v", is_flag=True, help="List what was refused or skipped, too.")
def wast(files: tuple[Path, ...], tier: Tier, as_json: bool, verbose: bool) -> None:
    """Run test scripts (.wast) of the WebAssembly suite; count the verdicts of their assertions.

    Refused: not in the profile, with the modules that are not. Skipped: about the text format, or
    decided by a limit of the profile. Exit status 1 if anything failed, 2 for an unreadable script.
    """
    reports = [_run(path, tier) for path in progress(files, label="scripts")]
    if as_json:
        print_json([report.as_json() for report in reports])
    else:
        _print_reports(reports, verbose=verbose)
    _print_obstacles(reports)
    sys.exit(_exit_status(reports))


def _run(path: Path, tier: Tier) -> Report:
    from wasm_interp.script.report import Report
    from wasm_interp.script.runner import run_script

    data = read_bytes(path, limit=SCRIPT_BYTES_MAX)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Report(file=str(path), error=f"line {line}: not UTF-8")
    return run_script(text, file=str(path), tier=tier)


def _print_reports(reports: Sequence[Report], *, verbose: bool) -> None:
    names = [Path(report.file).name for report in reports]
    width = max(map(len, (*names, "total")))
    table = Table([("file", width), *((name, 7) for name in _COUNTS)])
    for name, report in zip(names, reports, strict=True):
        table.print_row([name, *(getattr(report, count) for count in _COUNTS)])
    if len(reports) > 1:
        totals = [sum(getattr(report, count) for report in reports) for count in _COUNTS]
        table.print_row(["total", *totals])
    for report in reports:
        _print_details(report, verbose=verbose)
    _print_kinds(reports)


def _print_details(report: Report, *, verbose: bool) -> None:
    for entry in report.details:
        if verbose or entry.verdict.value == "failed":
            what = f"{entry.command} {entry.verdict.value}: {entry.reason}"
            click.echo(_printable(f"{report.file}:{entry.line}: {what}"))
    if verbose:
        for mismatch in report.message_mismatches:
            what = f"'{mismatch.expected}' expected, '{mismatch.actual}' said"
            where = f"{report.file}:{mismatch.line}: {mismatch.command}"
            click.echo(_printable(f"{where} passed in other words: {what}"))


def _print_kinds(reports: Sequence[Report]) -> None:
    """Say in one line for each verdict why things did not run."""
    for verdict in ("refused", "skipped"):
        kinds = Counter(
            entry.kind
            for report in reports
            for entry in report.details
            if entry.verdict.value == verdict
        )
        if kinds:
            shown = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
            click.echo(f"{verdict}: {shown}")


def _print_obstacles(reports: Sequence[Report]) -> None:
    """Print on standard error what kept scripts, or their modules, from being read."""
    for report in reports:
        if report.error is not None:
            click.echo(_printable(f"error: {report.file}: {report.error}"), err=True)
    for need in sorted({report.needs for report in reports if report.needs is not None}):
        click.echo(f"error: {need}", err=True)


def _printable(text: str) -> str:
    """Return ``text`` fit for a terminal: scripts name their exports as wildly as they can."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _exit_status(reports: Sequence[Report]) -> int:
    if any(report.error is not None or report.needs is not None for report in reports):
        return EXIT_USAGE
    return EXIT_FAILED if any(report.failed for report in reports) else EXIT_PASSED
