"""`channels snapshot`: rows out of a log and back, with their root."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.files import read_program, read_rows
from merkle import OrderedMap
from tests.cli.command_line import Channels
from tests.cli.sql_projects import write_project
from tests.languages import EXAMPLES

GAME = ("game.wasm", "log", "--rows", "rows.json")
AUCTION = EXAMPLES / "auction"


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> Path:
    write_project(tmp_path)
    return tmp_path


def exported(channels: Channels, *options: str) -> list[str]:
    """Return the lines of the snapshot that is exported to the file `snapshot`."""
    status, out, err = channels("snapshot", "export", *GAME, *options, "-o", "snapshot")
    assert (status, err) == (0, "")
    lines = Path("snapshot").read_text(encoding="utf-8").splitlines()
    root = json.loads(lines[0])["root"]
    assert out == f"snapshot: {len(lines) - 1} rows, db_root {root}\n"
    return lines


def imported(channels: Channels, *options: str) -> OrderedMap:
    """Return the rows that are imported from the file `snapshot`."""
    command = ("snapshot", "import", "game.wasm", "snapshot", *options, "-o", "again.json")
    status, _, err = channels(*command)
    assert (status, err) == (0, "")
    return read_rows(Path("again.json"), read_program(Path("game.wasm"), reducer=True))


def refused(channels: Channels, *options: str, status: int = 2) -> str:
    """Return the one line with which the file `snapshot` is refused; no rows are written."""
    found, out, err = channels(
        "snapshot", "import", "game.wasm", "snapshot", *options, "-o", "again.json"
    )
    assert (found, out) == (status, "")
    assert not Path("again.json").exists()
    (line,) = err.splitlines()
    assert line.startswith("error: ")
    assert "snapshot:" in line or line.endswith("; in snapshot")
    assert line.isprintable()
    return line


def test_rows_of_any_turn_come_back_with_their_root(channels: Channels) -> None:
    for turn, score in (("0", "0.00"), ("2", "2.50"), ("4", "7.50")):
        lines = exported(channels, "--turn", turn)
        first = {"table": "players", "row": {"id": 0, "name": "Ann", "score": score}}
        first["row"]["mark"] = "0x00ff"  # type: ignore[index]
        assert json.loads(lines[1]) == first
        root = json.loads(lines[0])["root"]
        assert f"0x{imported(channels, '--root', root).root.hex()}" == root
    assert exported(channels) == exported(channels, "--turn", "4")


def test_a_game_goes_on_from_a_snapshot(channels: Channels) -> None:
    """Who has the rows of turn 3 needs nothing of the log before."""
    exported(channels, "--turn", "3")
    imported(channels)
    Path("rest").write_text("".join(Path("log").read_text().splitlines(keepends=True)[4:]))
    _, whole, _ = channels("run", *GAME, "--json")
    _, rest, _ = channels("run", "game.wasm", "rest", "--rows", "again.json", "--json")
    roots = [[json.loads(line)["db_root"] for line in out.splitlines()] for out in (whole, rest)]
    assert roots[0][4:] == roots[1]


def test_a_reducer_without_sql_has_keys_and_values(channels: Channels, tmp_path: Path) -> None:
    wasm = str(AUCTION / "auction.wasm")
    log = (str(AUCTION / "messages.jsonl"), "--rows", str(AUCTION / "rows.json"))
    assert channels("snapshot", "export", wasm, *log, "-o", "snapshot")[0] == 0
    lines = (tmp_path / "snapshot").read_text().splitlines()
    assert json.loads(lines[0])["schema"] is None
    assert all(json.loads(line).keys() == {"key", "value"} for line in lines[1:])
    assert channels("snapshot", "import", wasm, "snapshot", "-o", "again.json")[0] == 0
    rows = read_rows(tmp_path / "again.json", read_program(Path(wasm), reducer=True))
    expected = json.loads((AUCTION / "expected.json").read_text())["messages.jsonl"]["db_root"]
    assert f"0x{rows.root.hex()}" == expected


def test_a_row_that_was_changed(channels: Channels, tmp_path: Path) -> None:
    lines = exported(channels)
    (tmp_path / "snapshot").write_text("\n".join(lines).replace("7.50", "8.00"))
    assert "the rows have the root 0x" in refused(channels)


def test_a_constraint_that_is_broken(channels: Channels, tmp_path: Path) -> None:
    lines = exported(channels)
    (tmp_path / "snapshot").write_text("\n".join(lines).replace("7.50", "10.00"))
    assert "23514" in refused(channels, status=1)


def test_another_root_than_expected(channels: Channels) -> None:
    exported(channels)
    assert "the snapshot is of the root 0x" in refused(channels, "--root", "0x" + "00" * 32)


@pytest.mark.parametrize(
    ("root", "says"), [("0x00", "--root has 1 bytes, not 32"), ("zz", "--root is not")]
)
def test_a_root_that_is_none(channels: Channels, root: str, says: str) -> None:
    exported(channels)
    status, _, err = channels(
        "snapshot", "import", "game.wasm", "snapshot", "--root", root, "-o", "again.json"
    )
    assert (status, says in err) == (2, True)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "snapshot:1: not the head"),
        (b"\xff\xfe\n", "not a text file in UTF-8"),
        (b"{}\n", "snapshot:1: not the head"),
        (b"{" * 100_000, "snapshot:1: more than 65536 characters"),
        (b"\x1b[2J\n", "snapshot:1: not valid JSON"),
        (bytes(1000), "snapshot:1: not valid JSON"),
    ],
)
def test_a_hostile_file_is_one_clear_line(
    channels: Channels, tmp_path: Path, data: bytes, says: str
) -> None:
    (tmp_path / "snapshot").write_bytes(data)
    assert says in refused(channels)


def test_a_snapshot_of_another_schema(channels: Channels) -> None:
    exported(channels)
    status, _, err = channels(
        "snapshot", "import", str(AUCTION / "auction.wasm"), "snapshot", "-o", "again.json"
    )
    assert (status, "made with another schema" in err) == (2, True)


def test_a_turn_that_is_not_there(channels: Channels) -> None:
    status, _, err = channels("snapshot", "export", *GAME, "--turn", "9", "-o", "snapshot")
    assert (status, "the log has 4 turns, not 9" in err) == (2, True)
