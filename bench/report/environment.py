"""What a bench ran on: machine, versions, date. Nothing here names a person or a host."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = ("py-evm", "pyrevm", "pywasm", "wasmtime", "safe-pysha3")
SOLC_LOCK: Final = Path(__file__).parents[2] / "solidity" / "compiler" / "package-lock.json"
GIB: Final = 2**30
ABSENT: Final = "not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where and when figures were measured. ``versions`` are of what is measured or compared."""

    date: str
    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str
    versions: dict[str, str]

    @classmethod
    def here(cls) -> Environment:
        """Return this machine's, now."""
        return cls(
            date=datetime.now(UTC).date().isoformat(),
            processor=_processor(),
            cores=os.cpu_count() or 1,
            memory_gib=_memory_gib(),
            system=f"{platform.system()} {platform.machine()}",
            python=f"{platform.python_implementation()} {platform.python_version()}",
            versions=_versions(),
        )

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        return asdict(self)

    def sentence(self) -> str:
        """Return the line that stands above figures."""
        versions = ", ".join(
            f"{name} {version}" for name, version in self.versions.items() if version != ABSENT
        )
        return (
            f"Measured {self.date}: {self.processor}, {self.cores} cores, {self.memory_gib} GiB, "
            f"{self.system}; {self.python}; {versions}."
        )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def _memory_gib() -> int:
    """Return the memory in GiB, rounded: machines of one size report a little less or more."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB)


def _versions() -> dict[str, str]:
    versions = {"solc": _solc(), "wabt": _wabt()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = ABSENT
    return versions


def _solc() -> str:
    """Return the compiler's version: the one that is pinned, whether installed or not."""
    try:
        lock = json.loads(SOLC_LOCK.read_text(encoding="utf-8"))
    except OSError:
        return ABSENT
    return str(lock["packages"]["node_modules/solc"]["version"])


def _wabt() -> str:
    if shutil.which("wasm-interp") is None:
        return ABSENT
    done = subprocess.run(["wasm-interp", "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or ABSENT
