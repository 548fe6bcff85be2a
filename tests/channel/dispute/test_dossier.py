"""What a side keeps on disk: it is what it was, or refused; and what of it a player accepts."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bisection.game import Side
from bisection.game_errors import ClaimNotLater, ReducerIdMismatch
from channel.dispute import dossier as module
from channel.dispute.cases import PlayedChannel, demo_key, played
from channel.dispute.dossier import Dossier, SignedPayload, contents_hash
from channel.dispute.driver import honest_player
from channel.dispute.errors import (
    BaseNotKept,
    CaseNotDisputable,
    ClaimNotReached,
    DossierMalformed,
)
from channel.dispute.retelling import retold
from channel.errors import SignatureCountMismatch, SignatureMismatch
from channel.signatures import sign_message
from merkle import OrderedMap
from merkle.errors import ChannelsError
from tests.channel.dispute.tables import a_case, accepting_reducer
from wasm_interp.message import PAYLOAD_MAX


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
    assert (knowledge.base, len(knowledge.rows)) == (0, 4)
    assert knowledge.root(3) == channel().true_root
    assert knowledge.participants == channel().fixed.participants
    assert knowledge.log_root(4) is None
    assert [knowledge.log_root(turn) for turn in range(4)] == [log.root for log in channel().logs]


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
    assert dossier(forged).signed_after(1) == forged - 1
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
    assert broken.signed_after(1) == 2


def test_another_program_rows_or_too_few_messages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReducerIdMismatch):
        replace(dossier(), program=accepting_reducer(2))
    with pytest.raises(CaseNotDisputable):
        replace(dossier(), rows=OrderedMap(), rows_turn=1)
    with pytest.raises(CaseNotDisputable):
        replace(dossier(), rows=OrderedMap()).knowledge()
    for rows_turn in (-1, 2):
        with pytest.raises(CaseNotDisputable):
            replace(dossier(), rows_turn=rows_turn)
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
    with pytest.raises(DossierMalformed, match="one form"):
        read_changed(tmp_path, sealed(fields))


def sealed(fields: Any) -> str:
    """Return a file of ``fields`` with the hash that it must have, as whoever damages it may."""
    contents = {name: value for name, value in fields.items() if name != "hash"}
    return json.dumps({**contents, "hash": contents_hash(contents)})


def test_damage_is_seen_by_the_hash(tmp_path: Path) -> None:
    """A byte that nothing else checks, as of a message before the base, counts all the same."""
    path = tmp_path / "dossier.json"
    fields = written(path)
    for turn, column in ((0, 0), (0, 1), (1, 0), (2, 1)):
        changed = json.loads(json.dumps(fields))
        text = changed["messages"][turn][column]
        changed["messages"][turn][column] = ("1" if text[0] != "1" else "2") + text[1:]
        with pytest.raises(DossierMalformed, match="hash"):
            read_changed(tmp_path, json.dumps(changed))
    text = path.read_text()
    rng = random.Random(8)
    for _ in range(200):
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.randrange(1, 200))
        for damaged in (text[:start], text[:start] + text[end:], text[:end] + text[start:]):
            with pytest.raises(DossierMalformed):
                read_changed(tmp_path, damaged)


def test_both_states_are_signed() -> None:
    disputed = dossier().disputed
    for changed in (
        replace(disputed, claim_signature=disputed.base_signatures[0]),
        replace(disputed, base_signatures=disputed.base_signatures[::-1]),
        replace(disputed, claim=replace(disputed.claim, log_root=disputed.base.log_root)),
        replace(disputed, base=replace(disputed.base, log_root=disputed.claim.log_root)),
    ):
        with pytest.raises(SignatureMismatch):
            replace(dossier(), disputed=changed)
    with pytest.raises(SignatureCountMismatch):
        replace(dossier(), disputed=replace(disputed, base_signatures=()))
    with pytest.raises(ClaimNotLater):
        replace(dossier(), disputed=replace(disputed, claim=disputed.base))


@pytest.mark.parametrize("kept", [1, 2])
def test_an_asserter_keeps_every_message(kept: int) -> None:
    cut = dossier(known=kept)
    with pytest.raises(ClaimNotReached) as raised:
        honest_player(cut, Side.ASSERTER)
    assert (raised.value.turn, raised.value.messages) == (3, kept)
    assert cut.knowledge().point(kept) is not None


def test_no_rows_are_kept_of_a_base_before_those_kept() -> None:
    late = channel().dossier(dossier().disputed.claim.db_root, rows_turn=1)
    assert late.knowledge(base=1).point(3) == dossier().knowledge(base=0).point(3)
    with pytest.raises(BaseNotKept) as raised:
        late.knowledge(base=0)
    assert raised.value.turn == 0


def test_a_base_after_the_messages_kept_is_named() -> None:
    cut = dossier(known=2)
    with pytest.raises(BaseNotKept) as raised:
        cut.knowledge(base=3)
    assert raised.value.turn == 3


def test_a_message_that_is_too_long_is_none_whoever_signed_it() -> None:
    whole = dossier()
    long = bytes(PAYLOAD_MAX + 1)
    signature = sign_message(
        demo_key(1),
        channel_id=whole.fixed.channel_id(),
        turn=2,
        previous_log_root=whole.log(1).root,
        payload=long,
    )
    changed = replace(whole, messages=(whole.messages[0], SignedPayload(long, signature)))
    assert changed.signed_after(1) == 1
    assert changed.knowledge().point(2) is None


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
    path.write_text(sealed(fields) if key != "hash" else json.dumps(fields))
    try:
        changed = Dossier.read(path, dossier().program)
    except ChannelsError:
        return
    changed.write(path)
    contents = {name: value for name, value in fields.items() if name != "hash"}
    assert json.loads(path.read_text()) == {**contents, "hash": contents_hash(contents)}
