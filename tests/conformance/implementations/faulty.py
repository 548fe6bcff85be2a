"""Answers the protocol, but for what its argument says: hangs, dies, prints junk, floods.

A fault happens at cases whose id contains the second argument. All others are answered rightly if
they are of ``word_tree/depth``, else skipped. It is started often: it imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

FAULT, AT = sys.argv[1], sys.argv[2]


def say(value: object) -> None:
    print(json.dumps(value), flush=True)


def right(asked: dict) -> dict:
    if asked["function"] != "depth":
        return {"id": asked["id"], "skip": "not here"}
    depth = max(asked["input"].get("leaf_count", 0) - 1, 0).bit_length()
    if depth > 32:
        return {"id": asked["id"], "error": "ProofError.DepthOutOfRange"}
    return {"id": asked["id"], "output": depth}


def fail(asked: dict) -> None:
    answer = right(asked)
    match FAULT:
        case "hang":
            time.sleep(600)
        case "die":
            print("something went wrong", file=sys.stderr, flush=True)
            os._exit(3)
        case "signal":
            os.abort()
        case "close":
            os.close(1)
            time.sleep(600)
        case "empty":
            print(flush=True)
        case "text":
            print("Segmentation fault", flush=True)
        case "bytes":
            sys.stdout.buffer.write(b"\xff\xfe\x00\n")
            sys.stdout.flush()
        case "nested":
            print("[" * 100_000, flush=True)
        case "number":
            say(7)
        case "other_id":
            say({**answer, "id": "word_tree/depth/other"})
        case "no_answer":
            say({"id": asked["id"]})
        case "two_answers":
            say({**answer, "error": "ProofError.RootMismatch", "output": 1})
        case "two_lines":
            print(f"{json.dumps(answer)}\n{json.dumps(answer)}", flush=True)
        case "late_line":
            say(answer)
            time.sleep(0.3)
            say({"late": True})
        case "flood":
            while True:
                sys.stdout.write("x" * 65_536)
        case "flood_of_lines":
            while True:
                sys.stdout.write('{"a":1}\n' * 8_192)
        case "stderr":
            sys.stderr.write("e" * 5_000_000 + "the end\n")
            say(answer)
        case "stderr_and_die":
            sys.stderr.write("e" * 5_000_000 + "the end\n")
            sys.stderr.flush()
            os._exit(4)
        case "grandchild":
            # It holds the pipes; whoever waits for their end waits for it.
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            os._exit(5)
        case "wrong":
            say({"id": asked["id"], "output": "0x00"})
        case "unknown_error":
            say({"id": asked["id"], "error": "Error.Unheard"})
        case "skip":
            say({"id": asked["id"], "skip": "not today"})
        case "wide_skip":
            say({"id": asked["id"], "skip": "\x1b[31mred"})


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if "protocol" in asked:
            say({"implementation": "faulty", "version": "1", "formats": ["word_tree"], "more": 1})
        elif AT in asked["id"]:
            fail(asked)
        else:
            say(right(asked))


if __name__ == "__main__":
    main()
