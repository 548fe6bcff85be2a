"""Sentences of errors, and what contracts are told of them."""

from __future__ import annotations

import dataclasses

import pytest

from channel import errors
from channel.errors import CONTRACT_ERRORS, ChannelError

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, ChannelError) and "sentence" in vars(found)
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_sentences_name_every_fact(error: type[ChannelError]) -> None:
    assert dataclasses.is_dataclass(error)
    facts = {field.name: f"<{field.name}>" for field in dataclasses.fields(error)}
    shown = str(error(**facts))
    assert all(fact in shown for fact in facts.values())


def test_contracts_have_errors_of_this_file_once_each() -> None:
    assert len(set(CONTRACT_ERRORS)) == len(CONTRACT_ERRORS)
    assert set(CONTRACT_ERRORS) < set(CLASSES)
