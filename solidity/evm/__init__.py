"""EVMs behind one protocol: py-evm in this process, an anvil node, and pyrevm for development.

The back ends are imported when they are opened: py-evm alone takes half a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from solidity.errors import EvmUnavailable, UnknownEvm
from solidity.evm.protocol import (
    CALLER,
    CHAIN_ID,
    DEPLOYER,
    GAS_MAX,
    Address,
    CallResult,
    Evm,
    Log,
    MinedLog,
    Receipt,
)

if TYPE_CHECKING:
    from solidity.evm.anvil import Anvil
    from solidity.evm.py_evm import PyEvm
    from solidity.evm.pyrevm import Pyrevm

__all__ = [
    "CALLER",
    "CHAIN_ID",
    "DEPLOYER",
    "EVM_NAMES",
    "GAS_MAX",
    "Address",
    "CallResult",
    "Evm",
    "Log",
    "MinedLog",
    "Receipt",
    "open_evm",
]

EVM_NAMES: Final = ("py-evm", "anvil", "pyrevm")


@contextmanager
def open_evm(
    name: str = "py-evm", *, chain_id: int = CHAIN_ID, url: str | None = None
) -> Iterator[Evm]:
    """Open an EVM and close it in the end. ``url`` is a running node's, for anvil alone.

    Raises `UnknownEvm`, `EvmUnavailable`; of a node `NodeFailed`, `WrongChain`.
    """
    evm = _open(name, chain_id=chain_id, url=url)
    try:
        yield evm
    finally:
        evm.close()


def _open(name: str, *, chain_id: int, url: str | None) -> Evm:
    match name:
        case "py-evm":
            return _py_evm(chain_id)
        case "anvil":
            return _anvil(chain_id, url)
        case "pyrevm":
            return _pyrevm(chain_id)
        case _:
            raise UnknownEvm(name=name, known=", ".join(EVM_NAMES))


def _py_evm(chain_id: int) -> PyEvm:
    try:
        from solidity.evm.py_evm import PyEvm
    except ImportError as error:
        what = f"pip install 'event-sourced-channels[evm]' ({error})"
        raise EvmUnavailable(name="py-evm", what=what) from None
    return PyEvm(chain_id=chain_id)


def _anvil(chain_id: int, url: str | None) -> Anvil:
    from solidity.evm.anvil import Anvil

    return Anvil.start(chain_id=chain_id) if url is None else Anvil.connect(url, chain_id=chain_id)


def _pyrevm(chain_id: int) -> Pyrevm:
    try:
        from solidity.evm.pyrevm import Pyrevm
    except ImportError as error:
        what = f"pip install pyrevm==0.3.7 ({error})"
        raise EvmUnavailable(name="pyrevm", what=what) from None
    return Pyrevm(chain_id=chain_id)
