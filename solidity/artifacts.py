"""Artifacts: what the contracts compile to, as files beside this one, and their index.

``artifacts/`` holds the compiler's exact input (``input.json``), one file for each deployable
contract, and ``index.json`` with the compiler's version and the SHA-256 of everything. All are
JSON with sorted keys, code in lower-case hexadecimal. `channels contracts verify` makes them anew
and compares. Not here: making them (`solidity.compile`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from solidity.errors import ArtifactNotFound, ArtifactsStale

ARTIFACTS: Final = Path(__file__).parent / "artifacts"
INDEX_FILE: Final = "index.json"
INPUT_FILE: Final = "input.json"

Abi = tuple[Mapping[str, Any], ...]
"""A contract's interface in the compiler's form: functions, errors, events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A deployable contract. ``runtime_code`` has zeros where immutables will stand."""

    name: str
    source: str
    abi: Abi
    creation_code: bytes
    runtime_code: bytes

    def __repr__(self) -> str:
        return f"Artifact({self.name}, {len(self.runtime_code)} bytes)"

    def as_json_text(self) -> str:
        """Return the artifact's file."""
        return json_text(
            {
                "abi": list(self.abi),
                "creationCode": f"0x{self.creation_code.hex()}",
                "name": self.name,
                "runtimeCode": f"0x{self.runtime_code.hex()}",
                "source": self.source,
            }
        )


def json_text(value: object) -> str:
    """Return a file's one form: sorted keys, two spaces, a newline at the end, ASCII only."""
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def digest(data: bytes) -> str:
    """Return the SHA-256 of ``data``, as the index shows it."""
    return f"0x{sha256(data).hexdigest()}"


def index_of(text: str, *, solc: str, artifacts: Iterable[Artifact]) -> str:
    """Return the index: the compiler's version, and sizes and hashes of all there is."""
    return json_text(
        {
            "contracts": {artifact.name: _entry(artifact) for artifact in artifacts},
            "input": {"file": INPUT_FILE, "sha256": digest(text.encode())},
            "solc": solc,
        }
    )


def _entry(artifact: Artifact) -> dict[str, Any]:
    abi = json.dumps(list(artifact.abi), separators=(",", ":"), sort_keys=True)
    return {
        "abi": {"sha256": digest(abi.encode())},
        "creationCode": _code_entry(artifact.creation_code),
        "file": f"{artifact.name}.json",
        "runtimeCode": _code_entry(artifact.runtime_code),
        "source": artifact.source,
    }


def _code_entry(code: bytes) -> dict[str, Any]:
    return {"bytes": len(code), "sha256": digest(code)}


def index(folder: Path = ARTIFACTS) -> dict[str, Any]:
    """Return the index of the artifacts. Raises `ArtifactsStale` if there is none."""
    try:
        contents = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactsStale("there are no artifacts") from None
    except ValueError:
        contents = None
    if not isinstance(contents, dict):
        raise ArtifactsStale(f"{INDEX_FILE} is not an index")
    return contents


@cache
def artifact(name: str) -> Artifact:
    """Return the contract ``name``. Raises `ArtifactNotFound`, which names those that there are."""
    known = index()["contracts"]
    if name not in known:
        raise ArtifactNotFound(name=name, known=", ".join(known) or "none")
    fields = json.loads((ARTIFACTS / known[name]["file"]).read_text(encoding="utf-8"))
    return Artifact(
        name=fields["name"],
        source=fields["source"],
        abi=tuple(fields["abi"]),
        creation_code=bytes.fromhex(fields["creationCode"][2:]),
        runtime_code=bytes.fromhex(fields["runtimeCode"][2:]),
    )
