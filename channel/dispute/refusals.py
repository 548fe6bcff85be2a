"""Why the contract refused: its custom errors as the twin's, which have the same names and fields.

Spec: docs/spec/game.md; docs/spec/verifier.md, V-4 to V-8. Mirror: ``Errors.sol``.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from bisection import errors as verifier_errors
from bisection import game_errors
from channel import errors as channel_errors
from channel.dispute.errors import RevertUnexplained
from merkle import errors as proof_errors
from merkle.errors import ChannelsError
from solidity.abi import Revert, decode_revert
from solidity.artifacts import artifact
from wasm_interp import errors as record_errors

if TYPE_CHECKING:
    from solidity.artifacts import Abi

MANAGER: Final = "ProofManager"
VERIFIER: Final = "OneStepVerifier"

_MODULES: Final[tuple[ModuleType, ...]] = (
    *(verifier_errors, game_errors, channel_errors, proof_errors, record_errors),
)


@cache
def manager_abi() -> Abi:
    """Return the manager's interface, and the errors of the verifier that it passes on (G-13)."""
    errors = (entry for entry in artifact(VERIFIER).abi if entry["type"] == "error")
    return (*artifact(MANAGER).abi, *errors)


@cache
def error_classes() -> dict[str, type[ChannelsError]]:
    """Return the classes of what the manager can revert with, by name."""
    known = {
        name: found
        for module in _MODULES
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, ChannelsError)
    }
    named = {entry["name"] for entry in manager_abi() if entry["type"] == "error"}
    return {name: known[name] for name in named}


def refusal_of(output: bytes) -> ChannelsError:
    """Return why the manager reverted with ``output``. Any bytes are taken.

    What is no error of its own in its one encoding is a `RevertUnexplained`.
    """
    revert = decode_revert(manager_abi(), output)
    kind = error_classes().get(revert.name)
    if kind is None:
        return RevertUnexplained(length=len(output))
    return _error(kind, revert)


def _error(kind: type[ChannelsError], revert: Revert) -> ChannelsError:
    """Return the error: its fields are in the same order, under names of either language."""
    makes: Any = kind
    # An error without fields is no dataclass.
    names = tuple(field.name for field in fields(makes)) if is_dataclass(kind) else ()
    error: ChannelsError = makes(**dict(zip(names, revert.fields.values(), strict=True)))
    return error
