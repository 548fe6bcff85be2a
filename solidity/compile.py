"""From contracts to artifacts: the exact input of the compiler, its run in Node, what it made.

The input embeds every source and every setting, names no path of this machine, and makes the same
bytes anywhere. Warnings are errors. An artifact's code and ABI are the compiler's; but to the ABI
of a contract that answers in its fallback, as the verifier does (V-2), the functions of its
interface are added. Not here: reading artifacts (`solidity.artifacts`).

``python -m solidity.compile`` compiles ``contracts/`` and writes ``artifacts/``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from solidity.artifacts import (
    ARTIFACTS,
    INDEX_FILE,
    INPUT_FILE,
    Abi,
    Artifact,
    index_of,
    json_text,
)
from solidity.errors import (
    CompilationError,
    CompilationFailed,
    CompilerUnavailable,
    ContractNameRepeated,
    ContractTooLarge,
    LibraryNotLinked,
)
from solidity.gas import CODE_BYTES_MAX, CREATION_BYTES_MAX

CONTRACTS: Final = Path(__file__).parent / "contracts"
COMPILER: Final = Path(__file__).parent / "compiler"

SOLC_VERSION: Final = "0.8.37"
"""The version that compiler/package.json pins, and that a compiler has to say it is."""

OPTIMIZER_RUNS: Final = 1_000_000
"""The verifier is called often and deployed once."""

EVM_VERSION: Final = "cancun"

SETTINGS: Final[Mapping[str, Any]] = {
    "evmVersion": EVM_VERSION,
    # A hash of the sources in the code would make it depend on comments.
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
    "outputSelection": {
        "*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]},
    },
    "viaIR": True,
}

SECONDS_MAX: Final = 300
INSTALL: Final = "install Node and run `npm ci` in solidity/compiler/"

CALLABLE: Final = frozenset({"constructor", "function", "fallback", "receive"})


@dataclass(frozen=True, slots=True)
class Compilation:
    """What the compiler made: the version that it says it is, and each deployable contract."""

    solc: str
    artifacts: tuple[Artifact, ...]


def standard_input(folder: Path = CONTRACTS) -> str:
    """Return the compiler's input: every source below ``folder``, by its path there, sorted."""
    sources = {
        path.relative_to(folder).as_posix(): {"content": path.read_text(encoding="utf-8")}
        for path in folder.rglob("*.sol")
    }
    return json_text({"language": "Solidity", "settings": SETTINGS, "sources": sources})


def compile_contracts(text: str) -> Compilation:
    """Compile a standard-JSON input.

    Raises `CompilerUnavailable`, `CompilationFailed`, and what `_artifacts` does.
    """
    version, output = _run_solc(text)
    _refuse(output, "error")
    artifacts = _artifacts(output["contracts"])
    # Only now: solc warns of a contract that is too large, which has an error of its own here.
    _refuse(output, "warning")
    return Compilation(version, artifacts)


def _refuse(output: Mapping[str, Any], severity: str) -> None:
    """Raise `CompilationFailed` for the first message of this severity."""
    for entry in output.get("errors", []):
        if entry["severity"] == severity:
            raise CompilationFailed(entry["formattedMessage"].strip())


def _run_solc(text: str) -> tuple[str, dict[str, Any]]:
    """Return the compiler's version and its output."""
    node = shutil.which("node")
    if node is None:
        raise CompilerUnavailable(f"Node is not here: {INSTALL}")
    if not (COMPILER / "node_modules" / "solc" / "package.json").exists():
        raise CompilerUnavailable(f"npm's solc is not installed: {INSTALL}")
    try:
        done = subprocess.run(
            [node, str(COMPILER / "compile.js")],
            input=text,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        raise CompilationFailed(f"not done in {SECONDS_MAX} s") from None
    if done.returncode != 0:
        raise CompilationFailed((done.stderr.strip().splitlines() or ["no message"])[-1])
    version, _, output = done.stdout.partition("\n")
    if not version.startswith(f"{SOLC_VERSION}+"):
        raise CompilerUnavailable(f"solc is {version}, not {SOLC_VERSION}: {INSTALL}")
    return version, json.loads(output)


def _artifacts(contracts: Mapping[str, Mapping[str, Any]]) -> tuple[Artifact, ...]:
    """Return the deployable contracts by name: not interfaces, abstract ones, nor libraries.

    Raises `ContractNameRepeated`, `LibraryNotLinked`, `ContractTooLarge`.
    """
    found: dict[str, Artifact] = {}
    for source, of_source in sorted(contracts.items()):
        interfaces = contracts.get(_interface_source(source), {})
        for name, contract in of_source.items():
            artifact = _artifact(source, name, contract, interface=interfaces.get(f"I{name}"))
            if artifact is None:
                continue
            if name in found:
                raise ContractNameRepeated(name=name, first=found[name].source, second=source)
            found[name] = artifact
    return tuple(found[name] for name in sorted(found))


def _artifact(
    source: str,
    name: str,
    contract: Mapping[str, Any],
    *,
    interface: Mapping[str, Any] | None,
) -> Artifact | None:
    """Return a contract's artifact, None if nobody could call it.

    ``interface`` is ``I<name>`` in the file `_interface_source`, None if there is none.
    """
    creation = contract["evm"]["bytecode"]["object"]
    runtime = contract["evm"]["deployedBytecode"]["object"]
    # A library of internal functions compiles to a stub that nobody can call.
    if not creation or not any(entry["type"] in CALLABLE for entry in contract["abi"]):
        return None
    if "_" in creation + runtime:
        raise LibraryNotLinked(name)
    artifact = Artifact(
        name=name,
        source=source,
        abi=_whole_abi(contract["abi"], () if interface is None else interface["abi"]),
        creation_code=bytes.fromhex(creation),
        runtime_code=bytes.fromhex(runtime),
    )
    _check_size(name, "runtime code", artifact.runtime_code, CODE_BYTES_MAX)
    _check_size(name, "creation code", artifact.creation_code, CREATION_BYTES_MAX)
    return artifact


def _interface_source(source: str) -> str:
    """Return the path of the file with the interfaces of a file's contracts: ``IName.sol``."""
    path = PurePosixPath(source)
    return path.with_name(f"I{path.name}").as_posix()


def _whole_abi(abi: Sequence[Mapping[str, Any]], interface: Sequence[Mapping[str, Any]]) -> Abi:
    """Return a contract's ABI with what its fallback answers for: functions of its interface.

    The compiler lists functions that are declared, so of a contract that decodes its calldata
    itself it lists none; but callers need its function and the types of its arguments.
    """
    if not any(entry["type"] == "fallback" for entry in abi):
        return tuple(abi)
    answered = [entry for entry in interface if entry["type"] == "function" and entry not in abi]
    return (*abi, *answered)


def _check_size(name: str, what: str, code: bytes, limit: int) -> None:
    if len(code) > limit:
        raise ContractTooLarge(name=name, what=what, size=len(code), limit=limit)


def artifact_files(text: str, compilation: Compilation) -> dict[str, str]:
    """Return the artifacts' files by name: the input, each contract, and the index of all."""
    files = {INPUT_FILE: text}
    for artifact in compilation.artifacts:
        files[f"{artifact.name}.json"] = artifact.as_json_text()
    files[INDEX_FILE] = index_of(text, solc=compilation.solc, artifacts=compilation.artifacts)
    return files


def write_artifacts(files: Mapping[str, str], folder: Path = ARTIFACTS) -> None:
    """Make ``folder`` hold these files and no other artifact."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    """Compile the contracts and write their artifacts; report a refusal as one line or solc's."""
    text = standard_input()
    try:
        compilation = compile_contracts(text)
    except CompilationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write_artifacts(artifact_files(text, compilation))
    for artifact in compilation.artifacts:
        print(f"{artifact.name}: {len(artifact.runtime_code)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
