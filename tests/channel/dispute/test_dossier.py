"""What a side keeps on disk: it is what it was, or refused; and what of it a player accepts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bisection.game_errors import ReducerIdMismatch
from channel.dispute import dossier as module
from channel.dispute.cases import PlayedChannel, played
from channel.dispute.dossier import Dossier, SignedPayload
from channel.dispute.errors import CaseNotDisputable, DossierMalformed
from channel.dispute.retelling import retold
from merkle import OrderedMap
from merkle.errors import ChannelsError
from tests.channel.dispute.tables import a_case, accepting_reducer


@cache
def channel(forged: int | None = None) -> PlayedChannel:
    return played(a_case(participants=3, base=1), chain_id=31_337, forged=forged)


def dossier(forged: int | None = None, known: int | None = None) -> Dossier:
    truth = channel().true_root
    assert truth is not None
    return channel(forged).dossier(truth, known=known)


def written(path: Path) -> Any:
    dossier().write(path)
    return json.loads(path.read_text())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "dossier.json"
    dossier().write(path)
    again = Dossier.read(path, dossier().program)
    assert (again.disputed, again.messages) == (dossier().disputed, dossier().messages)
    assert list(again.rows.items()) == list(dossier().rows.items())
    assert again.show(2) == dossier().show(2)
    assert [one.name for one in tmp_path.iterdir()] == ["dossier.json"]


def test_all_that_follows_from_a_dossier_is_known() -> None:
    knowledge = dossier().knowledge()
    assert (knowledge.base, len(knowledge.rows)) == (1, 3)
    assert knowledge.root(3) == channel().true_root
    assert knowledge.participants == channel().fixed.participants
    assert knowledge.log_root(0) is None
    assert [knowledge.log_root(turn) for turn in (1, 2, 3)] == [
        log.root for log in channel().logs[1:]
    ]


def test_messages_of_another_history_of_the_base_are_none_of_this_dispute() -> None:
    other = retold(channel(), turn=1).messages
    assert other[0] != dossier().messages[0]
    with pytest.raises(CaseNotDisputable, match="not those of the base"):
        replace(dossier(), messages=other).knowledge()
    assert replace(dossier(), messages=other).knowledge(accept_all=True).root(3) is not None


def test_a_message_before_the_base_needs_no_signature_any_more() -> None:
    """All have signed the state after it: that counts for everything before."""
    unsigned = SignedPayload(dossier().messages[0].payload, b"")
    known = replace(dossier(), messages=(unsigned, *dossier().messages[1:])).knowledge()
    assert known.point(3) == dossier().knowledge().point(3) is not None


@pytest.mark.parametrize("forged", [2, 3])
def test_nothing_is_accepted_from_a_forged_message_on(forged: int) -> None:
    assert dossier(forged).signed == forged - 1
    knowledge = dossier(forged).knowledge()
    assert knowledge.root(forged - 1) is not None
    assert knowledge.root(forged) is None
    assert dossier(forged).knowledge(accept_all=True).root(3) is not None


def test_nothing_is_known_of_what_was_not_sent() -> None:
    assert dossier(known=2).knowledge().root(3) is None
    assert dossier(known=2).knowledge().root(2) is not None


def test_a_malformed_signature_is_nobodys() -> None:
    broken = replace(
        dossier(), messages=(*dossier().messages[:2], SignedPayload(b"three", b"short"))
    )
    assert broken.signed == 2


def test_another_program_rows_or_too_few_messages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReducerIdMismatch):
        replace(dossier(), program=accepting_reducer(2))
    with pytest.raises(CaseNotDisputable):
        replace(dossier(), rows=OrderedMap())
    with pytest.raises(CaseNotDisputable):
        replace(dossier(), messages=())
    path = tmp_path / "dossier.json"
    dossier().write(path)
    with pytest.raises(ReducerIdMismatch):
        Dossier.read(path, accepting_reducer(2))


def read_changed(tmp_path: Path, text: str) -> Dossier:
    path = tmp_path / "changed.json"
    path.write_text(text)
    return Dossier.read(path, dossier().program)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "{",
            "[]",
            "null",
            "7",
            "{}",
            '"text"',
            "[" * 100_000,
            '{"version": 1, "version": 1}',
        ),
        '{"version": NaN}',
    ],
)
def test_what_is_no_dossier_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DossierMalformed):
        read_changed(tmp_path, text)


def test_a_file_that_is_not_there_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DossierMalformed):
        Dossier.read(tmp_path / "none", dossier().program)
    path = tmp_path / "dossier.json"
    dossier().write(path)
    monkeypatch.setattr(module, "FILE_BYTES_MAX", 10)
    with pytest.raises(DossierMalformed):
        Dossier.read(path, dossier().program)


def test_other_forms_of_the_same_are_refused(tmp_path: Path) -> None:
    fields = written(tmp_path / "dossier.json")
    fields["claim_signature"] = fields["claim_signature"].upper()
    with pytest.raises(DossierMalformed):
        read_changed(tmp_path, json.dumps(fields))


VALUES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.just([]), st.just({})),
    *(st.just("00"), st.just("zz"), st.just([1]), st.just([["00"]]), st.just([[1, 2]])),
    *(st.floats(), st.just([["00", "00", "00"]]), st.just(2**300), st.just(-1)),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=VALUES)
def test_a_changed_file_is_refused_by_name_or_is_another_dossier(
    tmp_path: Path, data: st.DataObject, value: Any
) -> None:
    fields = written(tmp_path / "dossier.json")
    places = [(fields, key) for key in fields]
    places += [(fields[part], key) for part in ("fixed", "base", "claim") for key in fields[part]]
    places += [(fields["messages"], at) for at in range(3)]
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = value
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(fields))
    try:
        changed = Dossier.read(path, dossier().program)
    except ChannelsError:
        return
    changed.write(path)
    assert json.loads(path.read_text()) == fields
