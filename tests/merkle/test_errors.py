"""Sentences of errors."""

import dataclasses

import pytest

from merkle import errors
from merkle.errors import ChannelsError

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, ChannelsError) and "sentence" in vars(found)
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_sentences_name_every_fact(error: type[ChannelsError]) -> None:
    assert dataclasses.is_dataclass(error)
    facts = {field.name: f"<{field.name}>" for field in dataclasses.fields(error)}
    shown = str(error(**facts))
    assert all(fact in shown for fact in facts.values())


def test_bytes_are_shown_in_hex() -> None:
    error = errors.RootMismatch(expected=b"\1\2", actual=b"")
    assert str(error) == "proof folds to 0x, not to the root 0x0102"


def test_every_error_of_proofs_is_one() -> None:
    others = {errors.UnknownKeccakBackend}
    assert all(issubclass(error, errors.ProofError) for error in set(CLASSES) - others)
