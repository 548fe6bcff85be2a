"""The price of a proof: the contract, an EVM that runs it, and the four figures of each step.

Two prices. *Total* is 21,000 + calldata at 16/4 + execution, as the peers' figures are stated.
*Charged* is what Ethereum takes since Prague (EIP-7623): at least 21,000 + calldata at 40/10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median_low
from typing import Any, Final

from bisection.calldata import NO_INSTRUCTION, StepProof
from solidity.artifacts import artifact
from solidity.evm import Address, Evm, open_evm
from solidity.gas import calldata_gas, charged_gas, total_gas
from wasm_interp.instructions import INSTRUCTIONS, Family

FIGURES: Final = ("witness_bytes", "exec_gas", "total_gas", "charged_gas")

_KIND_BY_NAME: Final = (
    ("local.", "local"),
    ("global.", "global"),
    (".const", "constant"),
    (".load", "load"),
    (".store", "store"),
    ("call_indirect", "call_indirect"),
    ("call", "call"),
    ("return", "call"),
    ("channel.", "message"),
    ("db.get", "db get"),
    ("db.put", "db put"),
    ("db.delete", "db delete"),
    ("db.seek", "db seek"),
)
"""The first that is part of an instruction's name."""
_KIND_BY_FAMILY: Final = {
    Family.CONTROL: "control",
    Family.VARIABLE: "control",
    Family.NUMERIC: "arithmetic",
    Family.MEMORY: "memory size",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one step costs. ``witness_bytes`` are those of record, op and witness together."""

    witness_bytes: int
    calldata_gas: int
    exec_gas: int
    total_gas: int
    charged_gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A step and its price: what it does, at which size and place, and the row it counts in."""

    kind: str
    operation: str
    where: str
    price: Price

    @property
    def name(self) -> str:
        """Return what it does and where."""
        return f"{self.operation}, {self.where}"


class Meter:
    """The verifier in an EVM."""

    def __init__(self, evm: Evm, verifier: Address) -> None:
        self._evm = evm
        self._verifier = verifier

    def price(self, proof: StepProof) -> Price:
        """Return what the verification of ``proof`` costs. It must be agreed with."""
        calldata = proof.calldata()
        result = self._evm.call(self._verifier, calldata)
        assert not result.reverted, f"the verifier refuses {proof} with 0x{result.output.hex()}"
        return Price(
            witness_bytes=len(proof.pre_state) + len(proof.op) + len(proof.witness),
            calldata_gas=calldata_gas(calldata),
            exec_gas=result.exec_gas,
            total_gas=total_gas(calldata, result.exec_gas),
            charged_gas=charged_gas(calldata, result.exec_gas),
        )


@contextmanager
def open_meter() -> Iterator[Meter]:
    """Deploy the verifier in py-evm, whose gas is the same on every machine."""
    with open_evm("py-evm") as evm:
        yield Meter(evm, evm.deploy(artifact("OneStepVerifier").creation_code))


def kind_of(proof: StepProof) -> str:
    """Return the kind of step: the row in which a table counts it."""
    if proof.op == NO_INSTRUCTION:
        return "stopped"
    row = INSTRUCTIONS[proof.op[0]]
    for part, kind in _KIND_BY_NAME:
        if part in row.name:
            return kind
    return _KIND_BY_FAMILY[row.family]


def instruction_name(proof: StepProof) -> str:
    """Return the name of the instruction that is proven."""
    return "none" if proof.op == NO_INSTRUCTION else INSTRUCTIONS[proof.op[0]].name


def summary(prices: Iterable[Price]) -> dict[str, Any]:
    """Return how many ``prices`` there are, and the least, median and greatest of each figure.

    The median of an even number is the lower one of the two in the middle: a price that occurred.
    """
    held = list(prices)
    columns = {name: sorted(getattr(price, name) for price in held) for name in FIGURES}
    spread = {
        name: {"min": column[0], "median": median_low(column), "max": column[-1]}
        for name, column in columns.items()
    }
    return {"count": len(held), **spread}
