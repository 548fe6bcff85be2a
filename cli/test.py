"""`channels test`: the author's cases, and readable differences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.cases import (
    Case,
    CaseResult,
    Cases,
    MessageDifference,
    RowDifference,
    check_rows,
    check_something,
    outcome_of,
    read_cases,
    run_case,
)
from cli.files import read_program
from cli.options import FILE, json_option, program_options
from cli.output import hex_text, print_json, progress
from cli.rows import read_genesis
from wasm_interp.errors import InputError, printable
from wasm_interp.state import Status, TrapCode
from wasm_interp.turn import Turn

if TYPE_CHECKING:
    from sqlstore.schema import Schema

CASES_NAMES: Final = ("cases.toml", "cases.json")
SHOWN_BYTES_MAX: Final = 32
"""A longer value is shown in part: where it differs, if that is the point."""

EXIT_FAILED: Final = 1


@click.command()
@click.argument("reducer_or_cases", type=FILE)
@click.option("--cases", "cases_path", type=FILE, help="The cases, a TOML or JSON file.")
@click.option("-k", "pattern", help="Run only cases whose names contain this, in any case.")
@program_options
@json_option
def test(
    reducer_or_cases: Path,
    cases_path: Path | None,
    pattern: str | None,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Run a reducer's test cases: messages from genesis, with the status and rows expected.

    REDUCER_OR_CASES is a module, whose cases are in --cases, or in cases.toml or cases.json beside
    it; or a file of cases that names its reducer. Exit status 1 if a case failed, 2 if a file
    cannot be read.
    """
    reducer, cases_path = _find(reducer_or_cases, cases_path)
    cases = read_cases(cases_path)
    reducer = reducer or _named(cases, cases_path)
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    check_something(cases, what=str(cases_path))
    check_rows(cases, program, what=str(cases_path))
    rows = cases_path.parent / cases.rows if cases.rows else None
    genesis = read_genesis(rows, program, reducer=reducer)
    chosen = _chosen(cases, pattern)
    schema = _schema(reducer) if any(case.tables for case in chosen) else None
    failed = 0
    if not as_json:
        click.echo(f"reducer {hex_text(program.reducer_id)}\n")
    for case in progress(chosen, label="testing"):
        result = run_case(program, genesis, case, participants=cases.participants, schema=schema)
        failed += not result.passed
        if as_json:
            print_json(report(result))
        else:
            click.echo("\n".join(describe(result)))
    if not as_json:
        left_out = len(cases.cases) - len(chosen)
        others = f", {left_out} not run" if left_out else ""
        click.echo(f"\n{len(chosen) - failed} passed, {failed} failed{others}")
    if failed:
        sys.exit(EXIT_FAILED)


def _find(given: Path, cases_path: Path | None) -> tuple[Path | None, Path]:
    """Return the reducer, if the command line names it, and the cases."""
    if given.suffix in {".toml", ".json"}:
        if cases_path is not None:
            raise InputError(f"{given} and {cases_path}: only one file of cases can be run")
        return None, given
    if cases_path is not None:
        return given, cases_path
    beside = [given.parent / name for name in CASES_NAMES]
    for path in beside:
        if path.is_file():
            return given, path
    raise InputError(f"there is no {beside[0]} or {beside[1].name}; name the cases with --cases")


def _named(cases: Cases, path: Path) -> Path:
    if cases.reducer is None:
        raise InputError(f'{path}: names no reducer: add reducer = "FILE.wasm", or give a module')
    return path.parent / cases.reducer


def _schema(reducer: Path) -> Schema | None:
    """Return the schema that the reducer carries, if any."""
    from cli.sql.project import sources_of_module

    sources = sources_of_module(reducer)
    return None if sources is None else sources.read_schema()


def _chosen(cases: Cases, pattern: str | None) -> tuple[Case, ...]:
    if pattern is None:
        return cases.cases
    chosen = tuple(case for case in cases.cases if pattern.lower() in case.name.lower())
    if not chosen:
        raise InputError(f"no case's name contains '{pattern}'")
    return chosen


# -- for programs ----------------------------------------------------------------------------------


def report(result: CaseResult) -> dict[str, object]:
    """Return a result as JSON-able data."""
    differing = {difference.number for difference in result.messages}
    pairs = zip(result.case.messages, result.turns, strict=True)
    return {
        "case": result.case.name,
        "passed": result.passed,
        "steps": result.steps,
        "fuel_used": result.fuel_used,
        "messages": [
            {
                "message": number,
                "turn": turn.message.turn,
                "sender": turn.message.sender,
                "payload": hex_text(turn.message.payload),
                "passed": number not in differing,
                "expected": {
                    "status": message.expected.outcome.value,
                    "code": message.expected.code,
                    "trap": _trap_name(message.expected.trap),
                },
                "actual": {
                    "status": outcome_of(turn).value,
                    "code": turn.result if turn.status is Status.HALTED else None,
                    "trap": _trap_name(turn.trap or None),
                },
                "stopped_at": str(turn.stopped_at),
            }
            for number, (message, turn) in enumerate(pairs, 1)
        ],
        "rows": [
            {
                "row": difference.kind,
                "key": hex_text(difference.key),
                "expected": _hex_or_none(difference.expected),
                "actual": _hex_or_none(difference.actual),
            }
            for difference in result.rows
        ],
        "tables": [difference.report() for difference in result.tables],
    }


def _trap_name(trap: TrapCode | None) -> str | None:
    return None if trap is None else trap.name.lower()


def _hex_or_none(data: bytes | None) -> str | None:
    return None if data is None else hex_text(data)


# -- for people ------------------------------------------------------------------------------------


def describe(result: CaseResult) -> Iterator[str]:
    """Yield a result's lines: one if it passed, else one or two for each difference."""
    count = len(result.turns)
    sizes = f"{count} message{'s' * (count != 1)}, {result.steps} steps, {result.fuel_used} fuel"
    verdict = "ok  " if result.passed else "FAIL"
    yield f"{verdict}  {printable(result.case.name)}  ({sizes})"
    for message in result.messages:
        yield from _message_lines(message)
    for row in result.rows:
        yield from _row_lines(row)
    for table in result.tables:
        yield from table.lines()


def _message_lines(difference: MessageDifference) -> Iterator[str]:
    turn = difference.turn
    message = turn.message
    payload = describe_bytes(message.payload)
    yield f"      message {difference.number} from {message.sender}, payload {payload}:"
    yield f"        expected  {difference.expected}"
    yield f"        actual    {_actual(turn)}"


def _actual(turn: Turn) -> str:
    if turn.status is Status.HALTED:
        return turn.verdict
    # A message that halted stands at the program's end, which tells nobody anything.
    location = turn.stopped_at
    return f"{turn.verdict}, at {printable(str(location))}"


def _row_lines(difference: RowDifference) -> Iterator[str]:
    expected, actual = difference.expected, difference.actual
    yield f"      row {describe_bytes(difference.key)} is {difference.kind}:"
    first = _first_difference(expected, actual)
    if expected is not None:
        yield f"        expected  {describe_bytes(expected, around=first)}"
    if actual is not None:
        yield f"        actual    {describe_bytes(actual, around=first)}"


def _first_difference(one: bytes | None, other: bytes | None) -> int:
    """Return the index of the first byte that differs; 0 if there is only one value."""
    if one is None or other is None:
        return 0
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def describe_bytes(data: bytes, *, around: int = 0) -> str:
    """Return bytes as hex, with the text that they are, if they are one.

    Of a long value, show the part at ``around``.
    """
    if len(data) <= SHOWN_BYTES_MAX:
        return hex_text(data) + _quoted(data)
    begin = max(0, min(around - SHOWN_BYTES_MAX // 4, len(data) - SHOWN_BYTES_MAX))
    end = begin + SHOWN_BYTES_MAX
    part = data[begin:end]
    shown = f"{'…' * (begin > 0)}{part.hex()}{'…' * (end < len(data))}"
    return f"0x{shown}{_quoted(part)} (bytes {begin} to {end - 1} of {len(data)})"


def _quoted(data: bytes) -> str:
    """Return a space and printable text in quotes; nothing if ``data`` is no such text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return f' "{text}"' if text and text.isprintable() else ""
