"""Keccak-256: the only hash, and the only file that calls an implementation of it.

The implementation is chosen once, at import: safe-pysha3 (C, about 0.6 microseconds a call), else
pycryptodome through eth-hash (about 4 microseconds). The environment variable ``CHANNELS_KECCAK``
(``pysha3`` or ``pycryptodome``) overrides the choice, so that tests can compare the two.

Not here: what is hashed (the other files of this package).

Spec: ``docs/spec/merkle.md`` M-1.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, NewType

from merkle.errors import UnknownKeccakBackend, WordLengthMismatch

Hash32 = NewType("Hash32", bytes)

HASH_BYTES: Final = 32
ZERO_HASH: Final = Hash32(bytes(HASH_BYTES))

_ENVIRONMENT_VARIABLE: Final = "CHANNELS_KECCAK"

Keccak = Callable[[bytes], Hash32]


def load_backend(name: str) -> Keccak:
    """Return the Keccak-256 of the implementation ``name``.

    Raises `UnknownKeccakBackend`, or `ImportError` when it is not installed.

    Spec: M-1.
    """
    match name:
        case "pysha3":
            return _load_pysha3()
        case "pycryptodome":
            return _load_pycryptodome()
        case _:
            raise UnknownKeccakBackend(name=name)


def _load_pysha3() -> Keccak:
    from sha3 import keccak_256

    def keccak256(data: bytes) -> Hash32:
        """Return the Keccak-256 of ``data``. Spec: M-1."""
        # An annotation and no call of Hash32: this line runs a dozen times for every step.
        digest: Hash32 = keccak_256(data).digest()
        return digest

    return keccak256


def _load_pycryptodome() -> Keccak:
    from eth_hash.backends.pycryptodome import backend

    hasher = backend.keccak256

    def keccak256(data: bytes) -> Hash32:
        """Return the Keccak-256 of ``data``. Spec: M-1."""
        return Hash32(hasher(data))

    return keccak256


def select_backend() -> tuple[str, Keccak]:
    """Return name and function of the implementation to use.

    Raises `UnknownKeccakBackend` when the environment names one that does not exist.

    Spec: M-1.
    """
    asked = os.environ.get(_ENVIRONMENT_VARIABLE)
    if asked:
        return asked, load_backend(asked)
    try:
        return "pysha3", load_backend("pysha3")
    except ImportError:
        return "pycryptodome", load_backend("pycryptodome")


_selected_name, keccak256 = select_backend()


def backend_name() -> str:
    """Return the name of the implementation in use: ``pysha3`` or ``pycryptodome``."""
    return _selected_name


def check_word(word: bytes) -> None:
    """Refuse a word that is not of 32 bytes.

    Words are concatenated to be hashed, so 31 and 33 bytes would pass for 32 and 32.
    Raises `WordLengthMismatch`.

    Spec: M-33. Mirror: none, Solidity's ``bytes32`` cannot be of another length.
    """
    if len(word) != HASH_BYTES:
        raise WordLengthMismatch(actual=len(word))


def short_hex(word: bytes) -> str:
    """Return the first bytes of ``word`` for a repr: ``0x1234abcd…``."""
    return f"0x{word[:4].hex()}…"
