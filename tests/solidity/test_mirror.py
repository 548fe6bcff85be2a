"""solidity/MIRROR.md says the truth: twins have the same functions in the same order.

The table of that file is what is checked here; a row has a contract, its Python files, and the
functions that stand on one side only.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.generate import ROOT
from tools.solidity import SOLIDITY

CONTRACTS = ROOT / "solidity" / "contracts"
LINES_MAX = 500
COLUMNS_MAX = 100


@dataclass(frozen=True)
class Row:
    contract: str
    python: tuple[str, ...]
    only_in_solidity: frozenset[str]
    only_in_python: frozenset[str]

    def __str__(self) -> str:
        return self.contract


def names_in(cell: str) -> frozenset[str]:
    """Return the functions that a cell names: ```a`, `b`: reason; `c`: reason``."""
    names: set[str] = set()
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        listed, colon, reason = part.partition(":")
        assert colon, f"'{part}' has no reason"
        assert reason.strip(), f"'{part}' has no reason"
        assert re.fullmatch(r"`\w+`(, `\w+`)*", listed), f"'{listed}' is no list of functions"
        names.update(re.findall(r"`(\w+)`", listed))
    return frozenset(names)


def rows() -> list[Row]:
    text = (ROOT / "solidity" / "MIRROR.md").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        if line.startswith("| `"):
            contract, python, solidity_only, python_only = line.strip().strip("|").split("|")
            found.append(
                Row(
                    contract.strip().strip("`"),
                    tuple(re.findall(r"`([^`]+)`", python)),
                    names_in(solidity_only),
                    names_in(python_only),
                )
            )
    return found


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() or "_" for part in rest)


def python_functions(twin: str) -> list[str]:
    """Return the public functions of a file, or the public methods of ``file:Class``."""
    file, _, name = twin.partition(":")
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    if name:
        [body] = [n.body for n in body if isinstance(n, ast.ClassDef) and n.name == name]
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    return [function for function in functions if not function.startswith("_")]


def solidity_functions(contract: str) -> list[str]:
    text = (CONTRACTS / contract).read_text(encoding="utf-8")
    return re.findall(r"^    function ([a-zA-Z]\w*)\(", text, re.MULTILINE)


@pytest.mark.parametrize("row", rows(), ids=str)
def test_twins_have_the_same_functions_in_the_same_order(row: Row) -> None:
    ours = [name for name in solidity_functions(row.contract) if name not in row.only_in_solidity]
    twins = [name for twin in row.python for name in python_functions(twin)]
    assert ours == [camel_case(name) for name in twins if name not in row.only_in_python]
    assert ours or row.only_in_solidity


@pytest.mark.parametrize("row", rows(), ids=str)
def test_what_stands_on_one_side_only_stands_there(row: Row) -> None:
    twins = {name for twin in row.python for name in python_functions(twin)}
    assert row.only_in_solidity <= set(solidity_functions(row.contract))
    assert row.only_in_python <= twins


def test_every_contract_written_by_hand_has_a_row() -> None:
    written = {path.name for path in CONTRACTS.glob("*.sol")}
    generated = {Path(file).name for file in SOLIDITY}
    interfaces = {name for name in written if re.match(r"I[A-Z]", name)}
    listed = [row.contract for row in rows()]
    assert len(listed) == len(set(listed))
    assert set(listed) == written - generated - interfaces


def test_generated_contracts_are_named_as_such() -> None:
    text = (ROOT / "solidity" / "MIRROR.md").read_text(encoding="utf-8")
    assert [Path(file).name for file in SOLIDITY if f"`{Path(file).name}`" not in text] == []


def mirrors_named_in(path: Path) -> set[str]:
    return set(re.findall(r"``(\w+\.sol(?::\w+)?)``", path.read_text(encoding="utf-8")))


def is_there(mirror: str) -> bool:
    file, _, name = mirror.partition(":")
    path = CONTRACTS / file
    kinds = "function|struct|library|contract|constant|error"
    return path.exists() and (
        not name or bool(re.search(rf"\b({kinds}) {name}\b", path.read_text(encoding="utf-8")))
    )


def test_what_docstrings_name_as_their_mirror_is_there() -> None:
    missing = {}
    for folder in ("merkle", "wasm_interp", "bisection"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            lost = {name for name in mirrors_named_in(path) if not is_there(name)}
            if lost:
                missing[path.relative_to(ROOT).as_posix()] = lost
    assert missing == {}


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.sol")), ids=lambda path: path.name)
def test_contracts_are_short_and_fit_the_page(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LINES_MAX
    # Sets of codes and summaries of errors are as long as they are.
    if f"solidity/contracts/{path.name}" not in SOLIDITY:
        assert [line for line in lines if len(line) > COLUMNS_MAX] == []
