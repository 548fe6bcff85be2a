"""Does not answer the handshake as it should: how, its argument says."""

from __future__ import annotations

import sys
import time

match sys.argv[1]:
    case "silent":
        time.sleep(600)
    case "junk":
        print("hello, world", flush=True)
    case "fields":
        print('{"implementation": "mine"}', flush=True)
    case "end":
        print("no such option", file=sys.stderr)
        sys.exit(2)
