"""`channels vectors`: fill conformance vectors, check them, drive an implementation with them.

Guide: docs/vectors.md.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cli.options import json_option
from cli.output import Table, print_json, spinner
from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from conformance.library import Fixture
    from conformance.results import Result
    from conformance.runners import Runner

F = TypeVar("F", bound=Callable[..., Any])

SETS: Final = ("smoke", "full")
FAILURES_SHOWN_MAX: Final = 20
EXIT_FAILED: Final = 1


@click.group()
def vectors() -> None:
    """Fill conformance vectors, check them, and drive implementations with them."""


def executor_option(function: F) -> F:
    """Add the choice of what the work runs on."""
    return click.option(
        "--executor",
        default="processes",
        show_default=True,
        help="What the work runs on: processes[:N], threads[:N], inline, dask[:ADDRESS].",
    )(function)


def selection_options(function: F) -> F:
    """Add which cases are run, and where the results go."""
    for option in (
        click.argument("path", type=click.Path(exists=True, path_type=Path), required=False),
        click.option("-k", "expression", default="", help='E.g. "word_tree and not flag:order".'),
        click.option("--shard", default="1/1", help="One share of the cases, as 2/5."),
        click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="XML file."),
    ):
        function = option(function)
    return function


# -- fill ------------------------------------------------------------------------------------------


@vectors.command()
@click.option("--set", "kind", type=click.Choice(SETS), default="smoke", show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; vectors/SET by default.",
)
@click.option("--format", "formats", multiple=True, help="Only this format; may be repeated.")
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 if a file would change.")
@executor_option
@json_option
def fill(
    kind: str,
    out: Path | None,
    formats: tuple[str, ...],
    check: bool,
    executor: str,
    as_json: bool,
) -> None:
    """Ask the reference every case of a set, and write what it answers: the same bytes anywhere."""
    from conformance.fill import fill as fill_set
    from conformance.fill import stale_files, write_files
    from conformance.format import VectorSet
    from conformance.formats import FORMATS

    for name in formats:
        if name not in FORMATS:
            known = ", ".join(FORMATS)
            raise InputError(f"'{printable(name)}' is no format; there is: {known}")
    folder = out or Path("vectors") / kind
    with spinner("filling"), _executor(executor) as running:
        texts = fill_set(running, VectorSet(kind), formats)
    changed = stale_files(texts, folder) if check else write_files(texts, folder)
    _print_filled(texts, folder, changed, check=check, as_json=as_json)
    sys.exit(EXIT_FAILED if check and changed else 0)


def _print_filled(
    texts: dict[str, str], folder: Path, changed: Sequence[str], *, check: bool, as_json: bool
) -> None:
    from conformance.json_text import parse_json
    from conformance.library import INDEX

    index = parse_json(texts[INDEX], what=INDEX)
    cases = sum(entry["cases"] for entry in index["files"].values())
    size = sum(len(text) for text in texts.values())
    facts = {"folder": str(folder), "files": len(texts), "cases": cases, "bytes": size}
    facts |= {"root": index["root"], "changed": list(changed)}
    if as_json:
        print_json(facts)
        return
    for name in changed:
        click.echo(f"{'would change' if check else 'wrote'}  {folder / name}")
    click.echo(f"{cases} cases in {len(texts)} files, {size:,} bytes; root {index['root']}")


@vectors.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("schemas"),
    show_default=True,
    help="Folder to write to.",
)
def schemas(out: Path) -> None:
    """Write the JSON Schema of every format, of the index, and of the errors."""
    from conformance.fill import write_files
    from conformance.publish import schema_texts

    for name in write_files(schema_texts(), out):
        click.echo(f"wrote  {out / name}")


# -- check, consume --------------------------------------------------------------------------------


@vectors.command()
@selection_options
@click.option(
    "--evm",
    "evms",
    help="Ask the contracts, too, what they answer (steps, games), on py-evm,anvil,pyrevm.",
)
@executor_option
@json_option
def check(
    path: Path | None,
    expression: str,
    shard: str,
    junit: Path | None,
    evms: str | None,
    executor: str,
    as_json: bool,
) -> None:
    """Check vectors (a folder or a file; the smoke set by default): schema, hashes, every answer.

    With --evm the contracts are asked the cases of the formats `step` and `game` that they answer.
    Exit status 1 if an answer, of the reference or of the contracts, is not that of the vectors.
    """
    from conformance.evm import EvmRunner, is_answered
    from conformance.runners import PythonRunner

    fixtures = _selected(path, expression, shard)
    answered = [fixture for fixture in fixtures if is_answered(fixture)]
    runs: list[tuple[str, Runner, Sequence[Fixture]]] = [("python", PythonRunner(), fixtures)]
    for name in filter(None, (evms or "").split(",")):
        _check_evm(name)
        runs.append((name, EvmRunner(name), answered))
    with _executor(executor) as running:
        found = [(name, _run(running, runner, chosen)) for name, runner, chosen in runs]
    _report(found, junit=junit, as_json=as_json)


def _check_evm(name: str) -> None:
    """Find out before the work that an EVM is not to be had. Raises `EvmError`."""
    from conformance.evm import open_verifier

    with open_verifier(name):
        pass


@vectors.command()
@selection_options
@click.option("--bin", "command", required=True, help="The implementation: a command line.")
@click.option("--jobs", type=click.IntRange(1, 256), help="The same as --executor processes:N.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(0.01, 3_600),
    default=10.0,
    show_default=True,
    help="Seconds for one case.",
)
@click.option(
    "--failures",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("vector-failures"),
    show_default=True,
    help="Folder for what one needs to see a failure again.",
)
@executor_option
@json_option
def consume(
    path: Path | None,
    expression: str,
    shard: str,
    junit: Path | None,
    command: str,
    jobs: int | None,
    seconds: float,
    failures: Path,
    executor: str,
    as_json: bool,
) -> None:
    """Ask an implementation every case (of the smoke set by default) and compare its answers.

    The implementation reads and writes JSON lines (docs/vectors.md). One that hangs, dies or prints
    junk loses the case in question and is started anew. Exit status 1 if any case fails.
    """
    from conformance.child import ChildRunner, try_implementation

    words = _split(command)
    fixtures = _selected(path, expression, shard)
    said = try_implementation(words)
    runner = ChildRunner(tuple(words), said.formats, seconds)
    with _executor(f"processes:{jobs}" if jobs else executor) as running:
        results = _run(running, runner, fixtures)
    _write_failures(results, fixtures, failures, words)
    if not as_json:
        click.echo(f"{printable(said.implementation)} {printable(said.version)}")
    _report([(said.implementation, results)], junit=junit, as_json=as_json)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"--bin: {error}") from None
    if not words:
        raise InputError("--bin names no program")
    return words


# -- what both share -------------------------------------------------------------------------------


@contextmanager
def _executor(name: str) -> Iterator[Executor]:
    from conformance.executors import open_executor

    with open_executor(name) as running:
        yield running


def _selected(path: Path | None, expression: str, shard: str) -> list[Fixture]:
    from conformance.library import SMOKE, read_vectors
    from conformance.selection import select

    return select(read_vectors(path or SMOKE), expression, shard)


def _run(executor: Executor, runner: Runner, fixtures: Sequence[Fixture]) -> list[Result]:
    from conformance.runners import run_cases

    results = run_cases(executor, runner, fixtures)
    if not fixtures or not sys.stderr.isatty() or sys.stdout.isatty():
        return list(results)
    with click.progressbar(results, length=len(fixtures), label="cases", file=sys.stderr) as bar:
        return list(bar)


def _write_failures(
    results: Sequence[Result], fixtures: Sequence[Fixture], folder: Path, command: Sequence[str]
) -> None:
    from conformance.reports import remove_reproduction, write_reproduction

    for result, fixture in zip(results, fixtures, strict=True):
        if result.outcome.failed:
            write_reproduction(result, folder, asked=fixture.input, command=command)
        else:
            remove_reproduction(result.id, folder)
    if any(result.outcome.failed for result in results):
        click.echo(f"failures are in {folder}", err=True)


def _report(
    found: Sequence[tuple[str, Sequence[Result]]], *, junit: Path | None, as_json: bool
) -> None:
    """Print results, write the JUnit file, and exit with 1 if a case failed."""
    for name, results in found:
        if as_json:
            for result in results:
                print_json(_as_json(name, result))
        else:
            _print_failures(name, results)
    if not as_json:
        _print_summary(found)
    if junit is not None:
        _write_junit(found, junit)
    failed = any(result.outcome.failed for _, results in found for result in results)
    sys.exit(EXIT_FAILED if failed else 0)


def _as_json(name: str, result: Result) -> dict[str, object]:
    return {
        "by": name,
        "case": result.id,
        "outcome": result.outcome.value,
        "detail": result.detail,
        "expected": result.expected,
        "actual": result.actual,
        "milliseconds": round(result.milliseconds, 3),
    }


def _print_failures(name: str, results: Sequence[Result]) -> None:
    failed = [result for result in results if result.outcome.failed]
    for result in failed[:FAILURES_SHOWN_MAX]:
        what = f"{result.outcome.value}: {printable(result.detail)}"
        click.echo(f"FAIL  {result.id}  ({printable(name)})  {what}")
    if len(failed) > FAILURES_SHOWN_MAX:
        click.echo(f"… and {len(failed) - FAILURES_SHOWN_MAX} more")


def _print_summary(found: Sequence[tuple[str, Sequence[Result]]]) -> None:
    from conformance.results import summary, total

    rows = []
    for name, results in found:
        counts = summary(results)
        rows += [(printable(name), count) for count in (*counts, total(counts))]
    width = max(len(count.function) for _, count in rows)
    by = max(len("by"), *(len(name) for name, _ in rows))
    table = Table(
        [
            ("by", by),
            ("function", width),
            ("cases", 7),
            ("passed", 7),
            ("failed", 7),
            ("skipped", 7),
        ]
    )
    for name, count in rows:
        cells = (count.cases, count.passed, count.failed, count.skipped)
        table.print_row([name, count.function, *cells])


def _write_junit(found: Sequence[tuple[str, Sequence[Result]]], path: Path) -> None:
    from conformance.reports import junit

    try:
        path.write_text(junit(found), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
