"""A node that runs already: the right chain and contract, and one clear error for the rest."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from solidity.errors import AnswerMalformed, EvmError, NoContract, NodeFailed, WrongChain
from solidity.evm import Address, open_evm
from solidity.evm.anvil import Anvil
from solidity.evm.rpc import ANSWER_BYTES_MAX, JsonRpc, field, from_hex, items, to_int
from tests.solidity.assembly import contract
from tests.solidity.evms import ALICE, evm_or_skip

NOBODY = Address(b"\x99" * 20)


@contextmanager
def node_that_answers(*answers: bytes) -> Iterator[str]:
    """Serve the answers in turn, the last one for ever; give the address."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: a client that has heard enough hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def result(value: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


def test_a_running_node_is_used_and_left_running() -> None:
    with evm_or_skip("anvil") as own:
        assert isinstance(own, Anvil)
        address = own.deploy(contract("42 0 MSTORE 32 0 RETURN"))
        with open_evm("anvil", url=own._rpc.url) as other:
            assert other.call(address, b"") == own.call(address, b"")
            before = other.timestamp()
            other.advance(60)
            assert own.timestamp() == before + 60
            with pytest.raises(NoContract, match=f"no contract at 0x{NOBODY.hex()}"):
                other.call(NOBODY, b"\1\2\3\4")
        assert not own.send(address, b"", sender=ALICE).reverted


def test_a_wrong_chain_is_one_clear_error() -> None:
    with node_that_answers(result("0x1")) as url, pytest.raises(WrongChain) as wrong:
        open_evm("anvil", url=url).__enter__()
    assert str(wrong.value) == "chain 1, not 31337"


def test_a_dead_node_is_one_clear_error() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(NodeFailed, match=f"the node at http://127.0.0.1:{port}: Connection refu"):
        open_evm("anvil", url=f"http://127.0.0.1:{port}").__enter__()


def test_a_node_that_hangs_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rpc = JsonRpc(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds_max=0.2)
        begin = time.monotonic()
        with pytest.raises(NodeFailed, match=r"no answer in 0\.2 s"):
            rpc("eth_chainId")
        rpc.close()
    assert time.monotonic() - begin < 5


def test_a_node_that_trickles_is_given_up() -> None:
    def trickle(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            try:
                for _ in range(100):
                    connection.sendall(b" ")
                    time.sleep(0.05)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,), daemon=True)
        thread.start()
        rpc = JsonRpc(f"http://127.0.0.1:{listener.getsockname()[1]}", seconds_max=0.3)
        begin = time.monotonic()
        with pytest.raises(NodeFailed, match=r"no answer in 0\.3 s"):
            rpc("eth_chainId")
        assert time.monotonic() - begin < 2
        thread.join()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "the answer is not JSON"),
        (b"<html>", "the answer is not JSON"),
        (b"[" * 100_000, "the answer is not JSON"),
        (b"\xff\xfe", "the answer is not JSON"),
        (b"[]", "the answer is no JSON-RPC"),
        (b"{}", "the answer is no JSON-RPC"),
        (
            b'{"error": {"code": -32601, "message": "no \\u001b[31msuch\\nmethod"}}',
            "eth_chainId: no",
        ),
        (b'{"error": "busy"}', "eth_chainId: busy"),
        (b" " * (ANSWER_BYTES_MAX + 1), "more than 67108864 bytes"),
    ],
)
def test_an_answer_that_is_none_is_one_clear_error(answer: bytes, said: str) -> None:
    with node_that_answers(answer) as url, pytest.raises(NodeFailed) as failed:
        open_evm("anvil", url=url).__enter__()
    assert said in str(failed.value)
    assert str(failed.value).isprintable()


@pytest.mark.parametrize("value", [None, 1, "1", "0x", "0xg1", "0x" + "1" * 65, [], {}, "\x1b[2J"])
def test_a_value_of_another_form_is_refused(value: object) -> None:
    with node_that_answers(result(value)) as url, pytest.raises(AnswerMalformed) as refused:
        open_evm("anvil", url=url).__enter__()
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("value", [None, 7, "", "0x", [], {}, {"output": 7}, {"gasUsed": "0x"}])
def test_hostile_traces_never_raise_anything_else(value: object) -> None:
    # A node that has code everywhere and then answers a call with anything.
    with (
        node_that_answers(result("0x7a69"), result("0x00"), result(value)) as url,
        open_evm("anvil", url=url) as evm,
        pytest.raises(EvmError),
    ):
        evm.call(ALICE, b"")


def test_what_a_node_spells_is_read_strictly() -> None:
    assert (from_hex("0x"), from_hex("0x00Ff"), to_int("0xfF")) == (b"", b"\x00\xff", 255)
    assert (field({"a": 1}, "a"), items([1])) == (1, [1])
    for refused in ("0x1", "0x0g", "00", 5, None):
        with pytest.raises(AnswerMalformed, match="where bytes in hexadecimal should be"):
            from_hex(refused)
    with pytest.raises(AnswerMalformed, match="where an object with the field 'a' should be"):
        field([], "a")
    with pytest.raises(AnswerMalformed, match="where a list should be"):
        items({})


@pytest.mark.parametrize(
    "url", ["", "localhost:8545", "ftp://x", "http://", "http://[", "http://a:b"]
)
def test_what_is_no_address_of_a_node_is_refused(url: str) -> None:
    with pytest.raises(NodeFailed):
        open_evm("anvil", url=url).__enter__()


def test_a_transaction_that_is_never_mined_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solidity.evm.anvil.RECEIPT_SECONDS_MAX", 0.1)
    answers = [result("0x7a69"), result("0x00"), result("0xabcd"), result(None)]
    with (
        node_that_answers(*answers) as url,
        open_evm("anvil", url=url) as evm,
        pytest.raises(NodeFailed, match=r"no receipt of transaction 0xabcd in 0\.1 s"),
    ):
        evm.send(ALICE, b"\1", sender=ALICE)


def test_an_anvil_that_does_not_start_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    broken = tmp_path / ".bin" / "anvil"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setattr("solidity.evm.anvil.NODE_MODULES", tmp_path)
    with pytest.raises(NodeFailed, match="anvil ended at once, with exit status 7"):
        open_evm("anvil").__enter__()
