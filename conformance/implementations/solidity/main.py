"""The contract as an implementation of the protocol: it answers ``step`` through an anvil node.

    channels vectors consume -k step --bin "python -m conformance.implementations.solidity.main"

A worked example of a thin adapter: JSON lines in, one call of the contract each, JSON lines out.
An EVM's name may be given (py-evm, anvil, pyrevm); `channels vectors check --evm` does the same
without a process between, and plays the transcripts of the format ``game``, too.

Spec: docs/vectors.md.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from conformance.evm import CONTRACT, FORMAT, Call, calldata_of, open_verifier
from conformance.formats import FORMATS
from merkle.errors import ChannelsError


def answer(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to one request."""
    function = FORMATS[FORMAT].function(asked["function"]) if asked["format"] == FORMAT else None
    if function is None:
        return {"id": asked["id"], "skip": f"the contract answers {FORMAT} only"}
    fields = function.input.decode(asked["input"], at=asked["id"])
    return {"id": asked["id"], **call(calldata_of(function.name, fields))}


def main() -> int:
    """Answer requests until standard input ends; return the exit status."""
    name = sys.argv[1] if len(sys.argv) > 1 else "anvil"
    try:
        with open_verifier(name) as call:
            for line in sys.stdin:
                asked = json.loads(line)
                hello = {"implementation": CONTRACT, "version": name, "formats": [FORMAT]}
                print(json.dumps(hello if "protocol" in asked else answer(call, asked)), flush=True)
    except ChannelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
