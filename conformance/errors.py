"""Errors of vector files and of implementations under test, and the closed codes in vectors.

A code is ``Family.Class``: the name of an error class under the family that says whose fault it is.
Consumers match codes, never sentences. What a class inherits from one that has a code has that
code, too (`NotAReducer` is ``ModuleError.LinkError``): the specification tells no more apart.

Not here: the errors themselves (`merkle.errors`, `wasm_interp.errors`, `bisection.errors`,
`bisection.game_errors`, `channel.errors`).
"""

from __future__ import annotations

from typing import Final

from bisection.errors import VerifierError
from bisection.game_errors import GameError
from channel.errors import ChannelError
from merkle.errors import ChannelsError, ProofError
from wasm_interp.errors import InputError, MessageError, ModuleError, RecordError


class MalformedVector(InputError):
    """A file of vectors, or one case of it, is not what its format asks for."""


class ImplementationUnusable(InputError):
    """An implementation under test does not start, or does not answer the handshake."""


class ExecutorFailed(InputError):
    """What the work was to run on is not there, or has gone."""


FAMILIES: Final = (
    *(ModuleError, RecordError, MessageError, VerifierError, ProofError),
    *(GameError, ChannelError),
)


def _codes() -> dict[type[ChannelsError], str]:
    return {
        cause: f"{family.__name__}.{cause.__name__}"
        for family in FAMILIES
        for cause in family.__subclasses__()
        # Those of other modules are no answers of the reference: of a driver, of tests.
        if cause.__module__ == family.__module__ and cause not in FAMILIES
    }


CODES: Final = _codes()
"""Every code that a vector may expect, by class."""


def code_of(cause: type[ChannelsError]) -> str | None:
    """Return the code of an error class, or None if vectors know none for it."""
    return next((CODES[base] for base in cause.__mro__ if base in CODES), None)
