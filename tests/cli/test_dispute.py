"""`channels dispute`: a game is played and told, whoever cheats."""

from __future__ import annotations

import json
import multiprocessing
import re
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from bisection.game import Side
from channel.dispute import CHEATS
from channel.dispute.retelling import Retold
from cli.dispute import processes
from cli.dispute.case import turn_range
from cli.dispute.processes import Answer, RemoteDriver, SideFailed
from merkle import Hash32
from solidity.errors import EvmUnavailable
from solidity.evm.anvil import find_anvil
from tests.cli.command_line import Channels
from tests.cli.disputes import (
    CASE,
    HOSTILE,
    LOG,
    REDUCER,
    ROWS,
    WRITES_THE_CELL,
    Reader,
    hostile_module,
    told,
)
from wasm_interp.errors import InputError

ROOT = Path(__file__).parents[2]
IN_BRIEF = (
    *("wrong-result", "forged-message", "garbage-proof", "stall-challenger"),
    *("another-history", "equivocation"),
)

# -- what is told ----------------------------------------------------------------------------------


def test_a_dispute_on_a_terminal(channels: Channels) -> None:
    status, out, err = channels("dispute", *LOG, *WRITES_THE_CELL)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == [
        "A  Alice asserts the state after turn 5",
        "C  Bob challenges it; turn 0 is agreed upon",
        "Alice cheats: posts a run that is true up to a step, and invented from there",
    ]
    calls = [line.split()[2] for line in lines if line[5:6] in {"A", "C"}]
    assert calls[:4] == ["open", "postTurns", "chooseTurns", "openTurn"]
    assert calls[-1] == "proveStep"
    assert calls[4:-1] == ["postSteps", "chooseSteps"] * 6
    assert "step 154 of turn 5, at pc 66 in reduce (byte 0xb8)" in lines
    assert " >      66  0x0000b8  i32.store8 0" in lines
    assert "   w memory at 65542: 0x00 -> 0x01" in lines
    assert "   leaf 2048 of the memory tree, of depth 12" in lines
    assert lines[-1].startswith("verdict: Bob (challenger, honest) wins 0.2 ether: step 154")


def test_a_dispute_as_json(channels: Channels) -> None:
    found = told(channels, *WRITES_THE_CELL)
    assert found["verdict"]["winner"] == "challenger"
    assert found["verdict"]["honest_won"] is True
    assert found["verdict"]["pot"] == str(2 * 10**17)
    assert (found["asserter"]["strategy"], found["challenger"]["strategy"]) == (
        "wrong-midpoint",
        "honest",
    )
    entries = found["entries"]
    assert [entry["index"] for entry in entries] == list(range(len(entries)))
    both = [found[side]["totals"]["charged_gas"] for side in ("asserter", "challenger")]
    assert sum(both) == sum(entry["charged_gas"] for entry in entries)
    # Each side has taken twelve seconds for each of its moves, and the opening none.
    left = [entries[-1][f"{side}_clock"] for side in ("asserter", "challenger")]
    assert left == [86_400 - 12 * 8, 86_400 - 12 * 8]


def test_rounds_lead_from_all_turns_to_one_step(channels: Channels) -> None:
    found = told(channels, *WRITES_THE_CELL)
    rounds = found["rounds"]
    assert [each["level"] for each in rounds] == ["turns", *["steps"] * 6]
    assert [each["turn"] for each in rounds] == [None, *[5] * 6]
    for each, after in pairwise(rounds):
        accepted, disputed = each["points"][each["chosen"] : each["chosen"] + 2]
        assert (accepted["standing"], disputed["standing"]) == ("agrees", "differs")
        ends = [after["points"][0], after["points"][-1]]
        if after["level"] == each["level"]:
            assert [accepted, disputed] == ends
        else:
            assert ends == [found["opened"]["start"], found["opened"]["end"]]
    last = rounds[-1]["points"][rounds[-1]["chosen"] :][:2]
    assert [point["at"] for point in last] == [154, 155]
    deciding = found["deciding"]
    assert (last[0]["true"], last[1]["true"]) == (deciding["pre_state"], deciding["post_state"])
    assert last[1]["posted"] == deciding["claimed"] != deciding["post_state"]


def test_points_of_turns_have_a_log_and_rows(channels: Channels) -> None:
    found = told(channels, "--cheat", "equivocation")
    (first,) = found["rounds"]
    assert (first["level"], len(first["points"])) == ("turns", 6)
    for point in first["points"]:
        same = point["posted"] == point["true"]
        assert point["posted"].keys() == {"log_root", "db_root"}
        # The message of turn 3 is another one, so that every log from there on is another.
        assert same == (point["posted"]["log_root"] == point["true"]["log_root"])
        assert same == (point["at"] < 3)
    opening = found["opening"]
    assert opening["claim_log_root"] == first["points"][-1]["posted"]["log_root"]
    assert opening["base_log_root"] == first["points"][0]["posted"]["log_root"]
    # The challenger accepts what is false before its own turn, and that cannot be opened.
    assert first["points"][first["chosen"]]["at"] == 3
    assert first["points"][first["chosen"]]["standing"] == "differs"
    refused = {entry["refusal_name"] for entry in found["entries"] if entry["refusal_name"]}
    assert refused == {"SignatureMismatch"}


def test_a_history_that_does_not_extend_the_base_is_shown(channels: Channels) -> None:
    status, out, err = channels("dispute", *LOG, "--turn", "5", "--cheat", "another-history")
    assert (status, err) == (0, "")
    assert "refused with RootMismatch" in out
    assert "all it had to send was refused with RootMismatch" in out.splitlines()[-1]
    status, _, err = channels("dispute", *LOG, "--cheat", "another-history")
    assert (status, err) == (
        1,
        "error: no message comes before turn 0: let a later turn be the base\n",
    )


def test_the_step_that_decides_is_taken_apart(channels: Channels) -> None:
    deciding = told(channels, *WRITES_THE_CELL)["deciding"]
    assert (deciding["step"], deciding["pc"], deciding["symbol"]) == (154, 66, "reduce")
    assert [line["pc"] for line in deciding["listing"] if line["here"]] == [66]
    assert [line["pc"] for line in deciding["listing"]] == list(range(61, 72))
    assert [touch["effect"] for touch in deciding["touched"]] == ["read", "written"]
    changed = {entry["field"] for entry in deciding["diff"]}
    assert changed == {"pc", "fuel", "stack", "memory_root"}
    (leaf,) = deciding["leaves"]
    assert (leaf["tree"], leaf["index"], len(leaf["levels"])) == ("memory", 2048, 12)
    roots = {entry["field"]: entry for entry in deciding["diff"]}["memory_root"]
    assert (roots["before"], roots["after"]) == (leaf["root_before"], leaf["root_after"])


@pytest.mark.parametrize("name", IN_BRIEF)
def test_the_side_that_cheats_loses(channels: Channels, name: str) -> None:
    check_cheat(channels, name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(CHEATS.keys() - set(IN_BRIEF)))
def test_each_other_side_that_cheats_loses(channels: Channels, name: str) -> None:
    check_cheat(channels, name)


def check_cheat(channels: Channels, name: str) -> None:
    # Another history of what all have agreed upon needs a turn that they have.
    turns = ["--turn", "3-5"] if CHEATS[name].retells is Retold.BASE else []
    status, out, err = channels("dispute", *LOG, *turns, "--cheat", name, "--html", "page.html")
    assert (status, err) == (0, "")
    honest = CHEATS[name].side.other.value
    assert f"({honest}, honest) wins" in out
    Reader().read(Path("page.html").read_text())


def test_a_true_claim_whose_message_was_not_known(channels: Channels) -> None:
    found = told(channels, "--cheat", "forged-message")
    assert found["deciding"] is None
    assert found["opened"] is None
    assert {entry["refusal_name"] for entry in found["entries"]} == {None, "SignatureMismatch"}
    assert "SignatureMismatch" in found["verdict"]["reason"]


def test_a_message_that_the_reducer_refuses_has_no_true_root(channels: Channels) -> None:
    found = told(channels, "--cheat", "refused-message")
    assert found["opening"]["true_root"] is None
    claimed = found["rounds"][0]["points"][-1]
    assert (claimed["at"], claimed["true"], claimed["standing"]) == (5, None, "not_known")


def test_cheats_are_listed(channels: Channels) -> None:
    status, out, err = channels("dispute", "--list-cheats")
    assert (status, err) == (0, "")
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert listed == list(CHEATS)


# -- what may be disputed --------------------------------------------------------------------------


def test_one_turn_alone_is_opened_at_once(channels: Channels) -> None:
    found = told(channels, "--turn", "3", "--arity", "64")
    assert (found["opening"]["base_turn"], found["opening"]["claim_turn"]) == (2, 3)
    assert [entry["kind"] for entry in found["entries"]][:2] == ["open", "openTurn"]
    assert {each["level"] for each in found["rounds"]} == {"steps"}


def test_a_range_of_turns(channels: Channels) -> None:
    found = told(channels, "--turn", "2-4", "--cheat", "false-challenge")
    assert (found["opening"]["base_turn"], found["opening"]["claim_turn"]) == (1, 4)
    assert found["verdict"]["winner"] == "asserter"


def test_turns_are_those_in_the_log() -> None:
    assert turn_range("", last=5) == (1, 5)
    assert turn_range("5", last=5) == (5, 5)
    assert turn_range("2-5", last=5) == (2, 5)
    for wrong in ("0", "6", "3-2", "2-9", "a", "1-", "-1", "1-2-3", "9" * 11, "\u0663"):
        with pytest.raises(InputError, match="--turn"):
            turn_range(wrong, last=5)


def test_messages_that_are_refused_are_no_turns(channels: Channels) -> None:
    status, out, _ = channels("dispute", REDUCER, str(CASE / "refused.jsonl"), *ROWS, "--json")
    assert status == 0
    # Of its 17 messages five are accepted, each from the participant whose turn it is.
    assert json.loads(out)["opening"]["claim_turn"] == 5


@pytest.mark.parametrize(
    ("log", "options", "says"),
    [
        ("0104\n", ["--cheat", "kindness"], "'kindness' is no cheat"),
        ("0104\n", ["--cheat", "\x1b[31m"], "is no cheat"),
        ("0104\n", ["--processes"], "--processes is for --evm anvil"),
        ("0104\n", ["--turn", "2"], "--turn 2 is not in the log, which has turns 1 to 1"),
        ("0104\n", ["--turn", "x"], "--turn must be a turn"),
        ("0104\n", ["--participants", "1"], "2 to 255 participants"),
        ("0104\n", ["--participants", "256"], "2 to 255 participants"),
        ("ff\n", [], "no message of the log is accepted"),
        ("\n", [], "there is no message"),
        ("0104\n", ["--html", "missing/page.html"], "missing/page.html: No such file"),
    ],
)
def test_bad_options_are_one_clear_line(
    channels: Channels, tmp_path: Path, log: str, options: list[str], says: str
) -> None:
    (tmp_path / "log").write_text(log)
    status, _, err = channels("dispute", REDUCER, "log", *ROWS, *options)
    assert status == 2
    (line,) = err.splitlines()
    assert line.startswith("error: ")
    assert says in line
    assert line.isprintable()


def test_a_sender_whose_turn_it_is_not(channels: Channels, tmp_path: Path) -> None:
    # This reducer accepts whoever sends: only the channel asks whose turn it is.
    (tmp_path / "reducer.wasm").write_bytes(hostile_module())
    (tmp_path / "log").write_text('{"sender": 1, "payload": "0x00"}\n')
    status, _, err = channels("dispute", "reducer.wasm", "log")
    assert status == 2
    assert "accepted from participant 1, but turn 1 is participant 0's (C-3)" in err


@pytest.mark.parametrize("arity", ["1", "65"])
def test_an_arity_that_no_deployment_has(channels: Channels, arity: str) -> None:
    status, _, err = channels("dispute", *LOG, "--arity", arity)
    assert (status, "is not in the range" in err) == (2, True)


def anvil_or_skip() -> None:
    try:
        find_anvil()
    except EvmUnavailable as missing:
        pytest.skip(str(missing))


def test_two_processes_play_it_on_a_node(channels: Channels) -> None:
    anvil_or_skip()
    options = [*WRITES_THE_CELL, "--turn", "5", "--arity", "64"]
    apart = told(channels, *options, "--evm", "anvil", "--processes")
    here = told(channels, *options)
    assert apart["chain"]["evm"] == "anvil"
    for part in ("opening", "rounds", "opened", "deciding", "verdict"):
        assert apart[part] == here[part]
    moves = ("kind", "side", "charged_gas", "asserter_clock", "challenger_clock", "refusal")
    for ours, theirs in zip(apart["entries"], here["entries"], strict=True):
        assert [ours[name] for name in moves] == [theirs[name] for name in moves]


@pytest.mark.nightly
def test_a_cheat_in_a_process_of_its_own_is_refused_by_name(channels: Channels) -> None:
    anvil_or_skip()
    found = told(channels, "--cheat", "forged-message", "--evm", "anvil", "--processes")
    assert "SignatureMismatch" in {entry["refusal_name"] for entry in found["entries"]}
    assert found["verdict"]["winner"] == "challenger"


def test_a_terminal_gets_no_control_characters(channels: Channels, tmp_path: Path) -> None:
    wasm = hostile_module().replace(HOSTILE.encode(), ("\x1b[2J" + "y" * 60)[:39].encode())
    (tmp_path / "reducer.wasm").write_bytes(wasm)
    (tmp_path / "log").write_text("00\n")
    _, out, _ = channels("dispute", "reducer.wasm", "log", "--step", "9", "--arity", "64")
    assert "\x1b" not in out
    assert "[2Jyyy" in out


# -- processes -------------------------------------------------------------------------------------


def remote() -> tuple[RemoteDriver, Connection]:
    """Return the driver of a side, and the end of the pipe that its process would have."""
    ours, theirs = multiprocessing.Pipe()
    nothing: Any = None
    driver = RemoteDriver(
        manager=nothing,
        game_id=Hash32(bytes(32)),
        side=Side.ASSERTER,
        player=nothing,
        connection=ours,
    )
    return driver, theirs


def test_a_side_that_waits_sends_nothing() -> None:
    driver, theirs = remote()
    theirs.send(Answer())
    assert driver.act() is None
    assert theirs.recv() == "act"


def test_a_process_that_has_ended_is_one_clear_error() -> None:
    driver, theirs = remote()
    theirs.close()
    with pytest.raises(SideFailed, match="the process of the asserter has ended"):
        driver.act()


def test_a_side_that_cannot_go_on_says_why() -> None:
    driver, theirs = remote()
    theirs.send(Answer(failure="the node is gone"))
    with pytest.raises(SideFailed, match="the asserter cannot go on: the node is gone"):
        driver.act()


def test_a_side_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "ANSWER_SECONDS_MAX", 0)
    driver, _theirs = remote()
    with pytest.raises(SideFailed, match="has not answered in 0 seconds"):
        driver.act()


# -- the documents ---------------------------------------------------------------------------------

GAS = re.compile(r"\d+(,\d{3})+( gas| bytes of calldata|(?=  \w))")


def test_the_documented_transcript_is_what_the_command_prints(channels: Channels) -> None:
    """Compare all but the gas, which is the contracts' affair and has golden files of its own."""
    options = ["--turn", "5", *WRITES_THE_CELL, "--arity", "64"]
    status, out, _ = channels("dispute", *LOG, *options)
    assert status == 0
    documented = (ROOT / "docs" / "disputes.md").read_text(encoding="utf-8")
    indented = "\n".join(f"    {line}".rstrip() for line in out.splitlines())
    assert GAS.sub("N", indented) in GAS.sub("N", documented)
