"""`channels profile`: what messages cost, by function, line or instruction, and a flame graph."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from cli.files import (
    MODULE_BYTES_MAX,
    parse_json,
    read_bytes,
    read_messages,
    read_module,
    read_program,
)
from cli.options import (
    FILE,
    json_option,
    messages_argument,
    module_argument,
    participants_option,
    program_options,
    rows_option,
)
from cli.output import Table, hex_text, print_json, spinner
from cli.rows import read_genesis
from wasm_interp.costs import CostEntry, CostProfile, Costs
from wasm_interp.errors import InputError, printable
from wasm_interp.machine import Machine
from wasm_interp.profiling import profile_log
from wasm_interp.program import Program
from wasm_interp.source_lines import (
    FunctionsDiffer,
    LineTable,
    SourceLine,
    debug_sections,
    read_dwarf,
    read_source_map,
)
from wasm_interp.speedscope import speedscope
from wasm_interp.state import Status
from wasm_interp.turn import Turn

SOURCE_MAP_BYTES_MAX: Final = 8 * 2**20
SOURCE_FILE_BYTES_MAX: Final = 16 * 2**20
GRAPHS_MAX: Final = 100
"""Messages that get a graph of their own; all of them are in the first one."""

NO_LINES: Final = (
    "no source map and no DWARF: build with --sourceMap (AssemblyScript; keep FILE.wasm.map beside "
    "FILE.wasm) or with -g (clang, zig, rustc), or take --by function"
)
UNLINKED: Final = ".build/module.wasm"
NO_UNLINKED: Final = (
    f"linking SQL moves code and drops its lines, and there is no {UNLINKED} beside it: name the "
    "module before linking with --unlinked, or take --by function"
)


@click.command()
@module_argument("reducer")
@messages_argument
@rows_option
@participants_option
@click.option(
    "--line",
    "number",
    type=click.IntRange(1),
    help="Which message of the log to profile, counting from 1; all of them by default.",
)
@click.option(
    "--by",
    type=click.Choice(["function", "line", "instruction"]),
    default="function",
    show_default=True,
    help="What to count costs on.",
)
@click.option("--source-map", "source_map", type=FILE, help="The module's source map.")
@click.option(
    "--unlinked",
    type=FILE,
    help="The module before its SQL was linked, which has the lines; by default .build/module.wasm"
    " beside REDUCER, where `channels build` leaves it.",
)
@click.option(
    "--top", type=click.IntRange(1), default=40, show_default=True, help="Greatest rows to show."
)
@click.option(
    "--speedscope",
    "graph_path",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a flame graph for https://www.speedscope.app to this file.",
)
@program_options
@json_option
def profile(
    reducer: Path,
    messages: Path,
    rows: Path | None,
    participants: int,
    number: int | None,
    by: str,
    source_map: Path | None,
    unlinked: Path | None,
    top: int,
    graph_path: Path | None,
    state_bytes_max: int,
    fuel: int,
    as_json: bool,
) -> None:
    """Show what MESSAGES cost in REDUCER: steps, fuel, row operations, message bytes.

    Own costs are what a function, line or instruction does itself; total costs include what it
    calls, recursion counted once. The table is sorted by total fuel.
    """
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    genesis = read_genesis(rows, program, reducer=reducer)
    log = list(read_messages(messages))
    if not log:
        raise InputError(f"{messages}: there is no message")
    if number is not None and number > len(log):
        raise InputError(f"{messages}: there is no message {number}, only {len(log)}")
    source = None
    if by == "line":
        source = find_source(reducer, source_map, program, unlinked=unlinked)
    lines = source.by_pc if source else None
    graph = _Graph(wanted=graph_path is not None)
    turns: list[tuple[int, Turn, Costs]] = []
    with _Progress(1 if number else len(log), fuel=program.fuel) as bar:
        for index, turn, costs in profile_log(
            *(program, genesis, log),
            participants=participants,
            only=number,
            lines=lines,
            tick=bar.tick,
        ):
            bar.message_done()
            graph.add(f"message {index}, {turn.verdict}", costs)
            turns.append((index, turn, costs.costs))
    if graph_path is not None:
        title = f"{reducer.name}, {messages.name}"
        _write(graph_path, speedscope(program, graph.profiles(), name=title, lines=lines or ()))
    entries = graph.total.functions if by == "function" else graph.total.places
    if as_json:
        found = [_entry_json(entry) for entry in entries]
        messages_found = [_message_json(*message) for message in turns]
        print_json({"by": by, "messages": messages_found, "entries": found})
        return
    _print_messages(turns)
    click.echo()
    _print_entries(by, entries[:top], whole=graph.total.costs, source=source)
    if len(entries) > top:
        click.echo(f"… and {len(entries) - top} more (--top)")


class _Graph:
    """The sum of all messages' profiles and, if a graph is wanted, the first ones themselves."""

    def __init__(self, *, wanted: bool) -> None:
        self.total = CostProfile(paths={})
        self.each: list[tuple[str, CostProfile]] = []
        self.room = GRAPHS_MAX if wanted else 0

    def add(self, title: str, profile: CostProfile) -> None:
        """Take one message's profile."""
        self.total += profile
        if len(self.each) < self.room:
            self.each.append((title, profile))

    def profiles(self) -> list[tuple[str, CostProfile]]:
        """Return what the graph shows: all messages together first, if they are several."""
        together = [] if len(self.each) == 1 else [("all messages", self.total)]
        return together + self.each


class _Progress:
    """A bar on standard error, if that is a terminal: the fuel of all messages is its length."""

    def __init__(self, messages: int, *, fuel: int) -> None:
        self.fuel = fuel
        self.shown = 0
        self.bar = None
        if sys.stderr.isatty():
            self.bar = click.progressbar(length=messages * fuel, label="profiling", file=sys.stderr)

    def __enter__(self) -> _Progress:
        if self.bar:
            self.bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.__exit__(None, None, None)

    def tick(self, machine: Machine) -> None:
        """Show how much fuel the message has taken so far."""
        self._show(self.fuel - machine.fuel)

    def message_done(self) -> None:
        """Count a message whole, whatever it took."""
        self._show(self.fuel)
        self.shown = 0

    def _show(self, spent: int) -> None:
        if self.bar:
            self.bar.update(spent - self.shown)
        self.shown = spent


def _write(path: Path, data: object) -> None:
    try:
        path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


# -- source lines ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Source:
    """Lines of a module's code, and their texts.

    Debug information may name any file: only those below ``folders`` are opened.
    """

    table: LineTable
    by_pc: tuple[SourceLine, ...]
    folders: tuple[Path, ...]
    _files: dict[str, list[str]] = field(default_factory=dict)

    def text(self, line: SourceLine) -> str:
        """Return the text of a line, or nothing if it is not at hand."""
        text = self.table.text(line)
        if text is None and line.line:
            if line.file not in self._files:
                self._files[line.file] = self._read(line.file)
            lines = self._files[line.file]
            text = lines[line.line - 1] if line.line <= len(lines) else None
        return printable((text or "").strip().expandtabs())

    def _read(self, name: str) -> list[str]:
        for path in [_below(folder, name) for folder in self.folders]:
            if path is not None:
                try:
                    data = read_bytes(path, limit=SOURCE_FILE_BYTES_MAX)
                except InputError:
                    continue  # A file too large or not readable is as good as none.
                return data.decode("utf-8", errors="replace").splitlines()
        return []


def _below(folder: Path, name: str) -> Path | None:
    """Return the file ``name`` if there is one in ``folder`` or below it, links followed."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        return None  # No such name can be: too long, a loop of links, a null byte.


def find_source(
    module: Path, source_map: Path | None, program: Program, *, unlinked: Path | None = None
) -> Source:
    """Return the source lines of a module.

    They are in the source map that is given, that the module names, or FILE.wasm.map beside it;
    else in its DWARF. Of a reducer with SQL all that is about the module before linking, which is
    ``unlinked``, or `.build/module.wasm` beside it. Raises `InputError` if there are none.
    """
    folders: tuple[Path, ...] = (module.parent.resolve(), Path.cwd().resolve())
    if unlinked is None and _has_sql(module):
        unlinked = module.parent / UNLINKED
        if not unlinked.is_file():
            raise InputError(f"{module}: {NO_UNLINKED}")
    if unlinked is None:
        table = _line_table(module, source_map)
    else:
        before = read_module(unlinked)
        try:
            table = _line_table(unlinked, source_map).moved(before, program.module)
        except FunctionsDiffer as error:
            raise InputError(f"{unlinked}: not what {module} was linked from: {error}") from error
        folders = (*folders, unlinked.parent.resolve())
    return Source(table=table, by_pc=table.by_pc(program), folders=folders)


def _has_sql(module: Path) -> bool:
    from sqlstore.wasm.sections import has_sql

    return has_sql(read_bytes(module, limit=MODULE_BYTES_MAX))


def _line_table(module: Path, source_map: Path | None) -> LineTable:
    sections = debug_sections(read_bytes(module, limit=MODULE_BYTES_MAX))
    names = [sections.source_map_url or "", f"{module.name}.map"]
    beside = [path for path in (_below(module.parent.resolve(), name) for name in names) if path]
    found = [source_map] if source_map else beside
    if found:
        data = read_bytes(found[0], limit=SOURCE_MAP_BYTES_MAX)
        return read_source_map(parse_json(data, what=str(found[0])), what=str(found[0]))
    if sections.has_dwarf:
        with spinner("reading DWARF"):
            return read_dwarf(sections)
    raise InputError(f"{module}: {NO_LINES}")


# -- for programs ----------------------------------------------------------------------------------


def _costs_json(costs: Costs) -> dict[str, int]:
    return {
        "steps": costs.steps,
        "fuel": costs.fuel,
        "gets": costs.gets,
        "puts": costs.puts,
        "deletes": costs.deletes,
        "seeks": costs.seeks,
        "message_bytes": costs.message_bytes,
    }


def _message_json(index: int, turn: Turn, costs: Costs) -> dict[str, object]:
    return {
        "message": index,
        "turn": turn.message.turn,
        "sender": turn.message.sender,
        "payload": hex_text(turn.message.payload),
        "accepted": turn.accepted,
        "status": turn.status.name.lower(),
        "result": turn.result,
        "trap": turn.trap.name.lower(),
        "stopped_at": str(turn.stopped_at),
        "costs": _costs_json(costs),
    }


def _entry_json(entry: CostEntry) -> dict[str, object]:
    place: dict[str, object] = {"name": entry.name}
    if isinstance(entry.key, SourceLine):
        place |= {"file": entry.key.file, "line": entry.key.line or None}
    return place | {
        "calls": entry.calls,
        "own": _costs_json(entry.own),
        "total": _costs_json(entry.total),
    }


# -- for people ------------------------------------------------------------------------------------

_NUMBER: Final = 11


def _message_cells(index: int, turn: Turn, costs: Costs) -> list[object]:
    halted = turn.status is Status.HALTED
    where = "" if halted else f", at {printable(str(turn.stopped_at))}"
    return [
        *(index, turn.message.turn, turn.message.sender, costs.steps, costs.fuel),
        *(costs.gets, costs.puts, costs.deletes, costs.seeks, costs.message_bytes),
        f"{turn.verdict}{where}",
    ]


def _print_messages(turns: Sequence[tuple[int, Turn, Costs]]) -> None:
    columns = [("line", 4), ("turn", 4), ("from", 4), ("steps", _NUMBER), ("fuel", _NUMBER)]
    operations = [("gets", 6), ("puts", 6), ("deletes", 7), ("seeks", 6), ("bytes", 6)]
    table = Table([*columns, *operations, ("status", 0)])
    for message in turns:
        table.print_row(_message_cells(*message))


def _print_entries(
    by: str, entries: Sequence[CostEntry], *, whole: Costs, source: Source | None
) -> None:
    columns = [("total fuel", _NUMBER), ("%", 6), ("own fuel", _NUMBER), ("%", 6)]
    counts = [("own steps", _NUMBER), ("calls", 8), ("rows", 6), ("bytes", 6)]
    names = [(by, 0)] if source is None else [(by, _width(entries)), ("source", 0)]
    table = Table([*columns, *counts, *names])
    for entry in entries:
        text = []
        if source is not None:
            assert isinstance(entry.key, SourceLine)
            text = [source.text(entry.key)]
        table.print_row(
            [
                *(entry.total.fuel, _percent(entry.total.fuel, whole.fuel)),
                *(entry.own.fuel, _percent(entry.own.fuel, whole.fuel)),
                *(entry.own.steps, entry.calls),
                *(entry.total.row_operations, entry.total.message_bytes),
                *(_name(entry), *text),
            ]
        )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else ""


def _width(entries: Sequence[CostEntry]) -> int:
    return max((len(_name(entry)) for entry in entries), default=0)


def _name(entry: CostEntry) -> str:
    """Return an entry's name; a line's file as seen from here, if it is below."""
    if isinstance(entry.key, SourceLine):
        path = Path(entry.key.file)
        if path.is_absolute() and path.is_relative_to(Path.cwd()):
            return str(SourceLine(str(path.relative_to(Path.cwd())), entry.key.line))
    return entry.name
