"""A function's compiled source as people read it, with the places it comes from beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wasm_interp.errors import InputError, printable

if TYPE_CHECKING:
    from wasm_interp.program import Program

COMMENT_COLUMN: Final = 64
LEGEND: Final = "# l: locals, t: operands that wait, g: globals, fuel: steps left, d: calls left"


def compiled_source(program: Program, symbol: str) -> str:
    """Return the Python source of the function called ``symbol``.

    A comment says from which byte of the module a line comes, where that changes: the place from
    which the stepper would take over. Raises `InputError` if there is no such function.
    """
    found = [entry for entry in program.functions if entry.pc and entry.symbol == symbol]
    if not found:
        raise InputError(f"no function is called '{printable(symbol)}'")
    compiled = program.compiled
    lines: list[str] = []
    for entry in found:
        function = compiled.function(entry.index)
        if lines:
            lines.append("")
        head = f"# {printable(entry.symbol)} {entry.type}, pc {entry.pc}"
        if function is None:
            lines.append(f"{head}: not compiled, the stepper runs it")
            continue
        text = function.text
        lines += [
            head,
            LEGEND,
        ]
        said = -1
        # The first line and the last only make the shared names.
        for number, line in enumerate(text.lines[1:-1], 2):
            site = text.sites.get(number)
            offset = program.location(site.restart.pc).offset if site else -1
            said, comment = _comment(said, offset)
            indented = line[1:].replace(" ", "    ", len(line[1:]) - len(line[1:].lstrip()))
            lines.append(f"{indented:{COMMENT_COLUMN if comment else 0}}{comment}")
    return "\n".join(lines)


def _comment(said: int, offset: int) -> tuple[int, str]:
    if offset in {-1, said}:
        return said, ""
    return offset, f"  # 0x{offset:x}"
