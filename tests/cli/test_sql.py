"""`channels sql`: queries over any turn, plans, and the parts of a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.files import read_program, read_rows
from sqlstore.bindings import LANGUAGES
from tests.cli.command_line import Channels
from tests.cli.sql_projects import QUERIES, write_project
from tests.wasm_interp.wat import wasm_of

GAME = ("game.wasm", "log", "--rows", "rows.json")
EMPTY = '(module (func (export "reduce") (result i32) i32.const 0))'


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> Path:
    write_project(tmp_path)
    return tmp_path


def one_line(err: str, status: int, *, expected: int = 2) -> str:
    """Return the one line of an error."""
    (line,) = err.splitlines()
    assert status == expected
    assert line.startswith("error: ")
    assert line.isprintable()
    return line


# -- query -----------------------------------------------------------------------------------------


def test_a_query_over_the_last_rows(channels: Channels) -> None:
    status, out, err = channels("sql", *GAME, "SELECT * FROM players ORDER BY id")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "id  name  score  mark",
        "--  ----  -----  ------",
        "0   Ann   7.50   0x00ff",
        "1   NULL  2.50   NULL",
        "(2 rows)",
    ]


@pytest.mark.parametrize(("turn", "scores"), [(0, "0.00"), (1, "2.50"), (3, "5.00"), (4, "7.50")])
def test_a_query_over_any_turn(channels: Channels, turn: int, scores: str) -> None:
    """Messages that are refused are no turns."""
    select = "SELECT score FROM players WHERE id = 0"
    status, out, _ = channels("sql", "query", *GAME, select, "--turn", str(turn), "--json")
    assert status == 0
    assert json.loads(out) == {"score": scores}


def test_json_has_no_floats_and_no_name_twice(channels: Channels) -> None:
    select = "SELECT id, mark, score AS id, true AS t, 0.5::double AS d, name FROM players LIMIT 1"
    status, out, _ = channels("sql", *GAME, select, "--json")
    assert status == 0
    row = {"id": 0, "mark": "0x00ff", "id_3": "7.50", "t": True, "d": "0.5", "name": "Ann"}
    assert json.loads(out) == row


def test_a_query_without_rows(channels: Channels) -> None:
    status, out, _ = channels("sql", *GAME, "SELECT id FROM players WHERE false")
    assert (status, out.splitlines()) == (0, ["id", "--", "(0 rows)"])


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("DELETE FROM players", "an ad-hoc query is one SELECT"),
        ("SELECT 1; SELECT 2", "an ad-hoc query is one SELECT"),
        ("", "an ad-hoc query is one SELECT"),
        ("SELECT nothing FROM players", 'Referenced column "nothing" not found'),
        ("SELECT 'a\x1b[2J' FROM FROM", "Parser Error"),
        ("SELECT * FROM read_text('/etc/passwd')", "file system operations are disabled"),
        ("COPY players TO '/tmp/players'", "an ad-hoc query is one SELECT"),
        ("SET threads = 4", "an ad-hoc query is one SELECT"),
        ("SELECT now()", "a timestamp with time zone is not shown: cast it to TIMESTAMP"),
        ("SELECT '\udcff'", "the query is not UTF-8"),
        ("SELECT name::integer FROM players", "Could not convert"),
    ],
)
def test_what_is_no_query_is_one_clear_line(channels: Channels, select: str, says: str) -> None:
    status, out, err = channels("sql", *GAME, select)
    assert says in one_line(err, status)
    assert out == ""


def test_a_turn_that_is_not_there(channels: Channels) -> None:
    status, _, err = channels("sql", *GAME, "SELECT 1", "--turn", "5")
    assert "the log has 4 turns, not 5" in one_line(err, status)


def test_a_reducer_without_sql(channels: Channels, project: Path) -> None:
    (project / "plain.wasm").write_bytes(wasm_of(EMPTY))
    for command in (["query"], []):
        status, _, err = channels("sql", *command, "plain.wasm", "log", "SELECT 1")
        assert "no SQL was linked into this module" in one_line(err, status)
    status, _, err = channels("sql", "explain", "--reducer", "plain.wasm")
    assert "no SQL was linked into this module" in one_line(err, status)


def test_rows_that_are_none_of_the_schema(channels: Channels, project: Path) -> None:
    (project / "rows.json").write_text('{"rows": [{"key": "0x0107", "value": "0x"}]}')
    status, _, err = channels("sql", *GAME, "SELECT 1", "--turn", "0")
    assert "XX001" in one_line(err, status)


# -- explain ---------------------------------------------------------------------------------------


def test_plans_of_all_statements_or_of_one(channels: Channels) -> None:
    status, out, _ = channels("sql", "explain")
    assert status == 0
    assert out.startswith("AddPoints :execrows, at most ")
    assert "\n\nLeaders :many, at most " in out
    status, one, _ = channels("sql", "explain", "Leaders", "--reducer", "game.wasm")
    assert status == 0
    assert one == out[out.index("Leaders") :]


def test_plans_for_programs(channels: Channels) -> None:
    status, out, _ = channels("sql", "explain", "--json")
    assert status == 0
    plans = [json.loads(line) for line in out.splitlines()]
    assert [plan["name"] for plan in plans] == ["AddPoints", "Leaders"]
    assert all(plan["operations_max"] > 0 for plan in plans)


def test_the_code_of_a_statement(channels: Channels) -> None:
    status, out, _ = channels("sql", "explain", "AddPoints", "--code")
    assert status == 0
    assert "def add_points(" in out
    status, line, _ = channels("sql", "explain", "AddPoints", "--code", "--json")
    assert status == 0
    assert json.loads(line)["code"].rstrip() in out


def test_a_statement_that_is_not_there(channels: Channels) -> None:
    status, _, err = channels("sql", "explain", "Nothing")
    assert "there is no statement 'Nothing'" in one_line(err, status)


def test_sql_that_is_refused_has_its_place(channels: Channels, project: Path) -> None:
    (project / "queries.sql").write_text("-- name: Now :one\nSELECT\n  now();\n")
    status, _, err = channels("sql", "explain")
    assert status == 1
    assert err.startswith("error: queries.sql:3:3: 0A000: ")
    assert "\nhint: " in err


def test_a_plan_that_is_refused_has_the_place_of_its_name(
    channels: Channels, project: Path
) -> None:
    text = "/*\n-- name: All :many\n*/\n  -- name: All :many\nSELECT id FROM players;\n"
    (project / "queries.sql").write_text(text)
    status, _, err = channels("sql", "explain")
    assert status == 1
    assert err.startswith("error: queries.sql:4:3: 54000: ")


# -- the parts of a build --------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_bindings_are_written(channels: Channels, project: Path, language: str) -> None:
    assert channels("sql", "bindings", "--lang", language)[0] == 0
    assert channels("sql", "bindings", "--lang", language, "-o", "folder/other")[0] == 0
    text = (project / LANGUAGES[language].file).read_text()
    assert text == (project / "folder" / "other").read_text()
    assert "score + 2.50" in text


def test_genesis_rows_are_those_of_the_statements(channels: Channels, project: Path) -> None:
    status, out, _ = channels("sql", "genesis", "genesis.sql", "-o", "again.json")
    assert status == 0
    program = read_program(project / "game.wasm", reducer=True)
    rows = read_rows(project / "again.json", program)
    assert rows == read_rows(project / "rows.json", program)
    assert out == f"2 rows, db_root 0x{rows.root.hex()}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("INSERT INTO players (id) VALUES (0);" * 2, "23505: "),
        ("INSERT INTO players (id) VALUES ($1);", "genesis.sql:1:34: 42P02: "),
        ("INSERT INTO players (id) VALUES (0", "genesis.sql:1:"),
        ("INSERT INTO gods VALUES (0);", "genesis.sql:1:13: 42P01: "),
    ],
)
def test_statements_that_fail_make_no_rows(
    channels: Channels, project: Path, text: str, says: str
) -> None:
    (project / "genesis.sql").write_text(text)
    (project / "rows.json").unlink()
    status, _, err = channels("sql", "genesis", "genesis.sql")
    assert status == 1
    assert says in err.splitlines()[0]
    assert not (project / "rows.json").exists()


def test_an_empty_script_makes_no_rows(channels: Channels, project: Path) -> None:
    (project / "genesis.sql").write_text("-- nothing yet\n")
    status, out, _ = channels("sql", "genesis", "genesis.sql")
    assert (status, out[:7]) == (0, "0 rows,")
    program = read_program(project / "game.wasm", reducer=True)
    assert len(read_rows(project / "rows.json", program)) == 0


def test_a_module_is_linked(channels: Channels, project: Path) -> None:
    assert channels("sql", "link", "module.wasm", "-o", "again.wasm")[0] == 0
    assert (project / "again.wasm").read_bytes() == (project / "game.wasm").read_bytes()


def test_a_statement_that_is_imported_and_not_there(channels: Channels, project: Path) -> None:
    (project / "queries.sql").write_text(QUERIES.replace("AddPoints", "Add"))
    status, _, err = channels("sql", "link", "module.wasm", "-o", "again.wasm")
    assert "sql.add_points is no statement of queries.sql" in one_line(err, status, expected=1)
    assert not (project / "again.wasm").exists()


def test_a_module_that_is_no_reducer_is_not_written(channels: Channels, project: Path) -> None:
    (project / "plain.wasm").write_bytes(wasm_of("(module (memory 1))"))
    status, _, err = channels("sql", "link", "plain.wasm", "-o", "again.wasm")
    assert "in plain.wasm, linked" in one_line(err, status, expected=1)
    assert not (project / "again.wasm").exists()


@pytest.mark.parametrize("name", ["schema.sql", "queries.sql"])
def test_sources_that_are_no_text(channels: Channels, project: Path, name: str) -> None:
    (project / name).write_bytes(b"-- \xff\n")
    status, _, err = channels("sql", "explain")
    assert f"{name}: not UTF-8 at byte 3" in one_line(err, status)


def test_a_file_that_cannot_be_written(channels: Channels, project: Path) -> None:
    status, _, err = channels("sql", "genesis", "genesis.sql", "-o", "schema.sql/rows.json")
    assert "schema.sql" in one_line(err, status)


def test_help_lists_the_commands(channels: Channels) -> None:
    status, out, _ = channels("sql", "--help")
    assert status == 0
    assert all(f"  {name} " in out for name in ("query", "explain", "bindings", "genesis", "link"))


# -- verify ----------------------------------------------------------------------------------------


def test_a_reducer_is_held_to_the_sql_that_it_carries(channels: Channels, project: Path) -> None:
    status, out, err = channels("sql", "verify", "game.wasm")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "game.wasm: what it has is what its SQL says",
        "in it: add_points",
        "not in it: leaders",
    ]
    game = (project / "game.wasm").read_bytes()
    (project / "game.wasm").write_bytes(game.replace(b"score + 2.50", b"score + 9.99"))
    status, out, err = channels("sql", "verify", "game.wasm")
    assert out == ""
    assert "Q-97" in one_line(err, status, expected=1)
