"""Keccak-256 on both implementations, and the choice between them."""

import os
import subprocess
import sys

import pytest

from merkle import hashing
from merkle.errors import UnknownKeccakBackend, WordLengthMismatch

VECTORS = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    b"testing": "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02",
    bytes(64): "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5",
}

# M-2, in the order of its table. Raw bytes are never where a node's hash is expected.
PREIMAGE_LENGTHS = {
    "stack link": 32 + 8,
    "message": 8 + 4 + 4 + 32,
    "word-tree node": 32 + 32,
    "map leaf": 1 + 32 + 32,
    "map branch": 1 + 2 + 32 + 32,
    "frame link": 32 + 32 + 4 + 1,
    "machine record": 320,
    "genesis": len("channels/genesis/v1") + 13 + 9 * 32,
}


@pytest.mark.parametrize("name", ["pysha3", "pycryptodome"])
@pytest.mark.parametrize("data", VECTORS)
def test_known_vectors_hold_on_both_backends(name: str, data: bytes) -> None:
    assert hashing.load_backend(name)(data).hex() == VECTORS[data]


def test_both_backends_agree_around_the_rate_of_the_sponge() -> None:
    one, other = hashing.load_backend("pysha3"), hashing.load_backend("pycryptodome")
    for length in (1, 31, 40, 48, 64, 65, 67, 69, 135, 136, 137, 271, 272, 273, 320, 340):
        assert one(b"\xa5" * length) == other(b"\xa5" * length)


def test_module_hash_is_keccak_and_not_sha3() -> None:
    assert hashing.keccak256(b"").hex() == VECTORS[b""]
    assert hashing.backend_name() in {"pysha3", "pycryptodome"}


def test_lengths_of_preimages_are_those_of_the_specification() -> None:
    assert list(PREIMAGE_LENGTHS.values()) == [40, 48, 64, 65, 67, 69, 320, 320]


def test_every_preimage_length_is_distinct_but_of_record_and_genesis() -> None:
    # A genesis starts with "channels/…", a record with its status 0, 1 or 2 (S-13).
    lengths = {kind: n for kind, n in PREIMAGE_LENGTHS.items() if kind != "genesis"}
    assert len(set(lengths.values())) == len(lengths)
    assert b"channels/genesis/v1"[0] not in {0, 1, 2}


@pytest.mark.parametrize("name", ["pysha3", "pycryptodome"])
def test_environment_overrides_the_backend(name: str) -> None:
    script = (
        "from merkle import backend_name, keccak256; print(backend_name(), keccak256(b'').hex())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "CHANNELS_KECCAK": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [name, VECTORS[b""]]


def test_backend_falls_back_when_pysha3_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHANNELS_KECCAK", raising=False)
    assert hashing.select_backend()[0] == "pysha3"
    monkeypatch.setitem(sys.modules, "sha3", None)
    name, keccak256 = hashing.select_backend()
    assert name == "pycryptodome"
    assert keccak256(b"abc").hex() == VECTORS[b"abc"]


def test_unknown_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANNELS_KECCAK", "md5")
    with pytest.raises(UnknownKeccakBackend, match="CHANNELS_KECCAK=md5 is none of"):
        hashing.select_backend()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_words_of_another_length_are_refused(length: int) -> None:
    hashing.check_word(bytes(32))
    with pytest.raises(WordLengthMismatch, match=f"word of {length} bytes"):
        hashing.check_word(bytes(length))
