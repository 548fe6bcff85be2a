"""Write the generated parts of the repository anew: tables in docs/spec, golden files in tests,
and the contracts' constants and errors.

``python -m tools.generate`` writes; ``--check`` only says whether something would change. A clean
tree stays clean.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.gas.golden import GAS
from tools.golden import GOLDEN
from tools.solidity import SOLIDITY
from wasm_interp.instructions import INSTRUCTIONS
from wasm_interp.opcodes import OPCODES, Immediate, Opcode

ROOT: Final = Path(__file__).parent.parent


def instruction_rows() -> Iterator[str]:
    """Yield the table of docs/spec/instructions.md."""
    yield "| code | instruction | a up to | b up to | rule | fuel |"
    yield "|---|---|---|---|---|---|"
    for row in INSTRUCTIONS.values():
        module = row.rule.__module__.removeprefix("wasm_interp.rules.")
        params = ", ".join(f"{name}={value}" for name, value in row.params.items())
        rule = f"`{module}.{row.rule.__name__}`" + (f" ({params})" if params else "")
        limits = " | ".join(_limit(limit) for limit in (row.a_max, row.b_max))
        yield f"| 0x{row.code:02x} | `{row.name}` | {limits} | {rule} | {row.fuel} |"


def _limit(limit: int) -> str:
    names = {0: "", 2**32 - 1: "2^32 - 1", 2**64 - 1: "2^64 - 1"}
    return names.get(limit, str(limit))


def opcode_rows() -> Iterator[str]:
    """Yield the table of WebAssembly's bytes."""
    yield "| byte | instruction | immediates | type | |"
    yield "|---|---|---|---|---|"
    reserved = [row for row in OPCODES.values() if row.reserved]
    for row in OPCODES.values():
        if row.reserved:
            continue
        immediate = "" if row.immediate is Immediate.NONE else row.immediate.value
        note = row.excluded.value if row.excluded else ""
        yield f"| {_byte(row)} | `{row.name}` | {immediate} | {_type(row)} | {note} |"
    yield ""
    yield "Reserved: " + ", ".join(_byte(row) for row in reserved) + "."


def _byte(row: Opcode) -> str:
    if row.code > 0xFF:
        return f"0xfc {row.code & 0xFF}"
    return f"0x{row.code:02x}"


def _type(row: Opcode) -> str:
    if row.polymorphic or row.excluded:
        return ""
    sides = (" ".join(kind.text for kind in side) for side in (row.pops, row.pushes))
    return "`{} -> {}`".format(*sides)


TABLES: Final[dict[str, tuple[str, Callable[[], Iterator[str]]]]] = {
    "instructions": ("docs/spec/instructions.md", instruction_rows),
    "opcodes": ("docs/spec/instructions.md", opcode_rows),
}


def generated() -> dict[Path, str]:
    """Return the whole text of every file that is generated or has a generated part."""
    texts: dict[Path, str] = {}
    for name, (file, rows) in TABLES.items():
        path = ROOT / file
        text = texts.get(path) or path.read_text(encoding="utf-8")
        part = re.compile(f"(<!-- generated: {name} -->\n).*?(<!-- end generated -->)", re.DOTALL)
        table = "\n".join(rows())
        texts[path], count = part.subn(lambda found, t=table: f"{found[1]}{t}\n{found[2]}", text)
        assert count == 1, f"{file} has no part '{name}'"
    for file, make in (GOLDEN | SOLIDITY | GAS).items():
        texts[ROOT / file] = make()
    return texts


def stale() -> list[Path]:
    """Return the files that are not what the code says they should be."""
    return [
        path
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write what is stale, or with ``--check`` name it; return the exit status."""
    changed = stale()
    for path in changed:
        print(path.relative_to(ROOT))
    if "--check" in sys.argv[1:]:
        return 1 if changed else 0
    texts = generated()
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
