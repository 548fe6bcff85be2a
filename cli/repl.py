"""`channels repl`: a Python prompt with a reducer, its turns and its runs at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cli.files import hex_bytes, read_messages, read_program
from cli.options import FILE, participants_option, program_options, rows_option
from cli.output import hex_text
from cli.rows import read_genesis
from wasm_interp.errors import InputError

if TYPE_CHECKING:
    from merkle import OrderedMap
    from wasm_interp import Program, Timeline, Turn

HINTS: Final = """\
  program            the reducer: program.reducer_id, program.call(export, args), dis("symbol")
  genesis            the rows at the start: genesis.get(key), genesis.prove_get(key), genesis.root
  log, turns         messages, and what became of each: turns[0].verdict, turns[-1].rows
  run(i)             the run of turns[i], to walk in both directions: run(-1)[100], .forward(),
                     .back(), .forward_to("reduce"), .back_to("db.put"), .state, .here.events
  say(payload)       reduce one more message: say("0104"), say(b"\\x01\\x04", sender=1)
"""


class Session:
    """What the prompt works on: a reducer, genesis rows, and the turns so far."""

    def __init__(self, program: Program, genesis: OrderedMap, participants: int) -> None:
        self.program = program
        self.genesis = genesis
        self.participants = participants
        self.turns: list[Turn] = []

    @property
    def rows(self) -> OrderedMap:
        """The rows after the last turn."""
        return self.turns[-1].rows if self.turns else self.genesis

    def say(self, payload: bytes | str, sender: int | None = None) -> Turn:
        """Reduce one more message; return its turn. Text is hexadecimal."""
        from wasm_interp import LogEntry, reduce

        data = hex_bytes(payload, what="payload") if isinstance(payload, str) else payload
        number = 1 + sum(turn.accepted for turn in self.turns)
        message = LogEntry(sender, data).message(number, participants=self.participants)
        self.turns.append(reduce(self.program, self.rows, message))
        return self.turns[-1]

    def run(self, index: int = -1) -> Timeline:
        """Return the timeline of the message of ``turns[index]``."""
        from wasm_interp import Timeline

        if not -len(self.turns) <= index < len(self.turns):
            raise InputError(f"there is no turn {index}: {len(self.turns)} messages were reduced")
        index = range(len(self.turns))[index]
        before = self.turns[index - 1].rows if index else self.genesis
        return Timeline(self.program.start(before, self.turns[index].message))


def names_for(
    reducer: Path | None,
    messages: Path | None,
    *,
    rows: Path | None,
    participants: int,
    state_bytes_max: int,
    fuel: int,
) -> dict[str, Any]:
    """Return the names that the prompt begins with."""
    import merkle
    import wasm_interp

    names: dict[str, Any] = {"merkle": merkle, "wasm_interp": wasm_interp}
    for package in (merkle, wasm_interp):
        names |= {name: getattr(package, name) for name in package.__all__}
    if reducer is None:
        return names
    program = read_program(reducer, reducer=True, state_bytes_max=state_bytes_max, fuel=fuel)
    session = Session(program, read_genesis(rows, program, reducer=reducer), participants)
    log = list(read_messages(messages)) if messages else []
    for entry in log:
        session.say(entry.payload, entry.sender)
    return names | {
        "session": session,
        "program": program,
        "genesis": session.genesis,
        "log": log,
        "turns": session.turns,
        "run": session.run,
        "say": session.say,
        "dis": lambda symbol=None: wasm_interp.disassemble(program, symbol),
    }


@click.command()
@click.argument("reducer", type=FILE, required=False)
@click.argument("messages", type=FILE, required=False)
@rows_option
@participants_option
@program_options
@click.option("--plain", is_flag=True, help="Use Python's own prompt even if IPython is there.")
def repl(
    reducer: Path | None,
    messages: Path | None,
    rows: Path | None,
    participants: int,
    state_bytes_max: int,
    fuel: int,
    plain: bool,
) -> None:
    """Open a Python prompt with REDUCER loaded and MESSAGES applied.

    The prompt is IPython's where it is installed (extra `repl`). docs/tour.md is a session to
    follow.
    """
    names = names_for(
        reducer,
        messages,
        rows=rows,
        participants=participants,
        state_bytes_max=state_bytes_max,
        fuel=fuel,
    )
    banner = _banner(names)
    if plain or not _open_ipython(banner, names):
        import code

        code.interact(banner=banner, local=names, exitmsg="")


def _banner(names: dict[str, Any]) -> str:
    if "program" not in names:
        return "The packages merkle and wasm_interp are loaded: load(wasm), help(wasm_interp).\n"
    program = names["program"]
    return f"reducer {hex_text(program.reducer_id)}, {len(names['turns'])} turns\n\n{HINTS}"


def _open_ipython(banner: str, names: dict[str, Any]) -> bool:
    """Open IPython's prompt; return whether it is installed."""
    try:
        import IPython
        from traitlets.config import Config
    except ImportError:
        return False
    config = Config()
    config.TerminalInteractiveShell.banner1 = banner
    config.TerminalInteractiveShell.banner2 = ""
    config.TerminalInteractiveShell.confirm_exit = False
    IPython.start_ipython(argv=[], user_ns=names, config=config)
    return True
