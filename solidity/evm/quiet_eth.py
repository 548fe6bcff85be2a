"""Imports py-evm's package and puts CPython's recursion limit back, which that import raises.

It raises it for good, and so far that hostile JSON, whose parser stops at the limit, would overflow
the stack. `solidity.evm.py_evm` imports this first, and raises the limit itself while it runs a
message, which is when it is needed.
"""

from __future__ import annotations

import sys
from typing import Final

_LIMIT: Final = sys.getrecursionlimit()

import eth  # noqa: E402, F401 - between the two lines that guard it

sys.setrecursionlimit(_LIMIT)
