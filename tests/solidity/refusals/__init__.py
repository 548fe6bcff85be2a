"""Cases that the dispute game's contract refuses, by the name of the error.

A case makes the refused transaction and returns its receipt, with the fields that the error has.
The files of this folder list them as they are imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bisection.game import Phase
from solidity.evm import Evm, Receipt
from tests.solidity.games import Match, Table, a_hash, accept

FALSE = a_hash("a false db_root")

Fields = dict[str, Any]
Case = Callable[[Evm], tuple[Receipt, Fields]]

CASES: dict[str, list[Case]] = {}


def provokes(name: str) -> Callable[[Case], Case]:
    """List a case as one of the error ``name``."""

    def listed(case: Case) -> Case:
        CASES.setdefault(name, []).append(case)
        return case

    return listed


def game_in(evm: Evm, phase: Phase, *, arity: int = 16) -> Match:
    """Return a game about two turns, the claim of which is false, in a phase."""
    match = Match(Table(evm, [b"one", b"longer two"], arity=arity), claim_root=FALSE)
    accept(match.open())
    match.play_to(phase)
    return match
