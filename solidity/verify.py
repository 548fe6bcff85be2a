"""Are the artifacts what the sources compile to? What can be told with, and without, the compiler.

Not here: compiling (`solidity.compile`), printing (`cli.contracts`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from solidity.artifacts import ARTIFACTS, INDEX_FILE, INPUT_FILE, index
from solidity.compile import CONTRACTS, artifact_files, compile_contracts, standard_input
from solidity.errors import ArtifactsStale

PARTS: Final = ("abi", "creationCode", "runtimeCode")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a contract's artifact is, byte for byte, what its source compiles to.

    ``difference`` names the first part that is not; it is empty if all are.
    """

    name: str
    difference: str = ""


def check_sources(*, contracts: Path = CONTRACTS, artifacts: Path = ARTIFACTS) -> str:
    """Return the compiler's input if the artifacts were made from it; needs no compiler.

    Raises `ArtifactsStale`.
    """
    kept = _read(artifacts / INPUT_FILE)
    if kept is None:
        raise ArtifactsStale(f"there is no {INPUT_FILE}")
    if kept != standard_input(contracts):
        raise ArtifactsStale("the sources or settings are not those of the artifacts")
    return kept


def verify(*, contracts: Path = CONTRACTS, artifacts: Path = ARTIFACTS) -> tuple[Verdict, ...]:
    """Compile anew and compare every artifact, byte for byte.

    Raises `ArtifactsStale` if sources, compiler or set of contracts are others than the index
    says, and what `compile_contracts` raises: `CompilerUnavailable` where there is no compiler.
    """
    text = check_sources(contracts=contracts, artifacts=artifacts)
    compilation = compile_contracts(text)
    files = artifact_files(text, compilation)
    kept = index(artifacts)
    if kept.get("solc") != compilation.solc:
        raise ArtifactsStale(f"made by solc {kept.get('solc')}, not {compilation.solc}")
    verdicts = tuple(
        Verdict(made.name, _difference(files[f"{made.name}.json"], artifacts / f"{made.name}.json"))
        for made in compilation.artifacts
    )
    _check_folder(files, verdicts, artifacts)
    return verdicts


def _check_folder(files: dict[str, str], verdicts: tuple[Verdict, ...], folder: Path) -> None:
    """Refuse files that are of no contract, and an index that differs although no contract does."""
    for path in sorted(folder.glob("*.json")):
        if path.name not in files:
            raise ArtifactsStale(f"{path.name} is of no contract")
    differ = any(verdict.difference for verdict in verdicts)
    if not differ and _read(folder / INDEX_FILE) != files[INDEX_FILE]:
        raise ArtifactsStale(f"{INDEX_FILE} is not that of the artifacts")


def _difference(made: str, path: Path) -> str:
    """Return the first part of an artifact that differs, "" if none does."""
    kept = _read(path)
    if kept is None:
        return f"{path.name} is missing"
    return "" if kept == made else next(_differences(made, kept))


def _differences(made: str, kept: str) -> Iterator[str]:
    try:
        fields = json.loads(kept)
        expected = json.loads(made)
        for part in PARTS:
            if fields[part] != expected[part]:
                yield f"{part} differs"
    except (ValueError, KeyError, TypeError, RecursionError):
        yield "not an artifact"
    yield "written in another form"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return ""
