"""JSON-RPC over one kept connection: a request, an answer, and one clear error for all else."""

from __future__ import annotations

import http.client
import json
import re
import time
from typing import Any, Final
from urllib.parse import urlsplit

from solidity.errors import AnswerMalformed, NodeFailed
from wasm_interp.errors import printable

ANSWER_SECONDS_MAX: Final = 30.0
ANSWER_BYTES_MAX: Final = 64 * 2**20
CHUNK_BYTES: Final = 2**16
SHOWN_CHARACTERS_MAX: Final = 80

_HEX: Final = re.compile(r"0x[0-9a-fA-F]*")


class JsonRpc:
    """A node's methods: ``rpc("eth_chainId")``. Raises `NodeFailed`."""

    def __init__(self, url: str, *, seconds_max: float = ANSWER_SECONDS_MAX) -> None:
        self.url: Final = url
        self._seconds_max = seconds_max
        self._connection, self._path = _connection(url, seconds_max)
        self._id = 0

    def __call__(self, method: str, *params: Any) -> Any:
        """Call a method and return its result."""
        self._id += 1
        request = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        answer = self._post(json.dumps(request).encode())
        try:
            fields = json.loads(answer)
        except (ValueError, RecursionError):
            raise self._failure(f"{method}: the answer is not JSON") from None
        if not isinstance(fields, dict) or not fields.keys() & {"result", "error"}:
            raise self._failure(f"{method}: the answer is no JSON-RPC")
        if error := fields.get("error"):
            said = error.get("message", error) if isinstance(error, dict) else error
            raise self._failure(f"{method}: {printable(str(said))}")
        return fields.get("result")

    def close(self) -> None:
        """Close the connection; another call opens it anew."""
        self._connection.close()

    def _post(self, body: bytes) -> bytes:
        deadline = time.monotonic() + self._seconds_max
        try:
            self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            answer = bytearray()
            while chunk := response.read1(CHUNK_BYTES):
                answer += chunk
                if len(answer) > ANSWER_BYTES_MAX:
                    raise http.client.HTTPException(f"more than {ANSWER_BYTES_MAX} bytes")
                # The connection's own limit is on silence: this one is on a node that trickles.
                if time.monotonic() > deadline:
                    raise TimeoutError
            # Read to its end, it leaves the connection open for the next request.
            response.close()
        except TimeoutError:
            self._connection.close()
            raise self._failure(f"no answer in {self._seconds_max:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            said = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise self._failure(printable(said)) from None
        return bytes(answer)

    def _failure(self, what: str) -> NodeFailed:
        return NodeFailed(url=self.url, what=what)


def _connection(url: str, seconds_max: float) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            raise ValueError("not an address of the form http://host:port")
        connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=seconds_max)
    except (ValueError, http.client.HTTPException) as error:
        raise NodeFailed(url=printable(url), what=str(error)) from None
    return connection, parts.path or "/"


def to_hex(data: bytes) -> str:
    """Return bytes as nodes take them."""
    return f"0x{data.hex()}"


def from_hex(value: object) -> bytes:
    """Return the bytes that a node spells. Raises `AnswerMalformed`."""
    if isinstance(value, str) and _HEX.fullmatch(value) and len(value) % 2 == 0:
        return bytes.fromhex(value[2:])
    raise _malformed(value, "bytes in hexadecimal")


def to_int(value: object) -> int:
    """Return the integer, of up to 256 bits, that a node spells. Raises `AnswerMalformed`."""
    if isinstance(value, str) and 3 <= len(value) <= 66 and _HEX.fullmatch(value):
        return int(value, 16)
    raise _malformed(value, "an integer in hexadecimal")


def field(value: object, name: str) -> Any:
    """Return a field of an object that a node gives. Raises `AnswerMalformed`."""
    if isinstance(value, dict) and name in value:
        return value[name]
    raise _malformed(value, f"an object with the field '{name}'")


def items(value: object) -> list[Any]:
    """Return the items of a list that a node gives. Raises `AnswerMalformed`."""
    if isinstance(value, list):
        return value
    raise _malformed(value, "a list")


def _malformed(value: object, what: str) -> AnswerMalformed:
    return AnswerMalformed(value=printable(repr(value)[:SHOWN_CHARACTERS_MAX]), what=what)
