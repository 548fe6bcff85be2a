"""`channels test`: cases, their differences, exit statuses, and every fault of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.cases import Expectation, Outcome, parse_cases, read_cases, run_case
from cli.test import describe_bytes
from merkle import OrderedMap
from tests.cli.command_line import Channels
from tests.cli.sql_projects import write_project
from tests.wasm_interp.test_turn import COUNTER
from tests.wasm_interp.wat import program_of, wasm_of
from wasm_interp.errors import InputError
from wasm_interp.state import TrapCode

TIC_TAC_TOE = Path(__file__).parents[2] / "examples" / "tic_tac_toe"

PASSING = """
reducer = "reducer.wasm"
rows = "rows.json"
participants = 3

[[case]]
name = "counts accepted messages"
messages = [
  { payload = "0x" },
  { sender = 2, payload = "text:x", status = "refused", code = 1 },
  { payload = "0x616263", status = "trapped", trap = "unreachable" },
  { payload = "0x00", status = "refused" },
  { payload = "text:abc", status = "trapped" },
  { payload = "0x", status = "accepted" },
]
[case.rows]
"text:count" = "0x0200000000000000"
"0xff" = "text:genesis"

[[case]]
name = "starts from genesis"
[case.rows]
"0xff" = "text:genesis"
"""

FAILING = """
[[case]]
name = "three faults"
messages = [
  { payload = "text:hm", status = "accepted" },
  { payload = "0x616263", status = "trapped", trap = "divide by zero" },
  { payload = "text:hm", status = "refused", code = -1 },
  { payload = "0x" },
]
[case.rows]
"text:count" = "0x02"
"text:gone" = "0x"

[[case]]
name = "Nothing is left"
messages = [ { payload = "0x" } ]
rows = {}

[[case]]
name = "fine"
rows = {}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a reducer and genesis rows."""
    (tmp_path / "reducer.wasm").write_bytes(wasm_of(COUNTER))
    rows = {"rows": [{"key": "0xff", "value": "0x" + b"genesis".hex()}]}
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    return tmp_path


# -- running -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args", [("cases.toml",), ("reducer.wasm",), ("reducer.wasm", "--cases", "cases.toml")]
)
def test_passing_cases_exit_with_0(channels: Channels, folder: Path, args: tuple[str]) -> None:
    (folder / "cases.toml").write_text(PASSING)
    status, out, _ = channels("test", *args)
    assert status == 0, out
    assert "ok    counts accepted messages  (6 messages, " in out
    assert out.endswith("\n2 passed, 0 failed\n")


def test_json_cases_beside_the_reducer_are_found(channels: Channels, folder: Path) -> None:
    case = {"name": "one", "messages": [{"payload": "0x"}]}
    (folder / "cases.json").write_text(json.dumps({"case": [case]}))
    assert channels("test", "reducer.wasm")[0] == 0


def test_the_command_lines_reducer_wins(channels: Channels, folder: Path) -> None:
    (folder / "cases.toml").write_text(PASSING.replace("reducer.wasm", "absent.wasm"))
    assert channels("test", "cases.toml")[0] == 2
    assert channels("test", "reducer.wasm")[0] == 0


def test_differences_are_told_and_exit_with_1(channels: Channels, folder: Path) -> None:
    (folder / "cases.toml").write_text(FAILING)
    status, out, _ = channels("test", "reducer.wasm")
    assert status == 1
    for words in (
        'message 1 from 0, payload 0x686d "hm":\n'
        "        expected  accepted\n        actual    refused with 2\n",
        'message 2 from 0, payload 0x616263 "abc":\n        expected  trapped: divide by zero\n'
        "        actual    trapped: unreachable, at pc ",
        "expected  refused with 4294967295\n        actual    refused with 2\n",
        'row 0x636f756e74 "count" is different:\n        expected  0x02\n'
        "        actual    0x0100000000000000\n",
        'row 0x676f6e65 "gone" is missing:\n        expected  0x\n',
        'row 0x636f756e74 "count" is unexpected:\n        actual    0x0100000000000000\n',
        "1 passed, 2 failed\n",
    ):
        assert words in out
    assert " in reduce (byte 0x" in out


def test_a_pattern_chooses_cases(channels: Channels, folder: Path) -> None:
    (folder / "cases.toml").write_text(FAILING)
    status, out, _ = channels("test", "reducer.wasm", "-k", "nothing")
    assert status == 1
    assert out.endswith("0 passed, 1 failed, 2 not run\n")
    status, _, err = channels("test", "reducer.wasm", "-k", "zz")
    assert (status, err) == (2, "error: no case's name contains 'zz'\n")


def test_json_has_every_message_and_row(channels: Channels, folder: Path) -> None:
    (folder / "cases.toml").write_text(FAILING)
    status, out, _ = channels("test", "reducer.wasm", "--json")
    assert status == 1
    first, _, last = map(json.loads, out.splitlines())
    assert first["passed"] is False
    assert [message["passed"] for message in first["messages"]] == [False, False, False, True]
    message = first["messages"][1]
    assert message["expected"] == {"status": "trapped", "code": None, "trap": "divide_by_zero"}
    assert message["actual"] == {"status": "trapped", "code": None, "trap": "unreachable"}
    assert first["rows"][1] == {
        **{"row": "missing", "key": "0x676f6e65"},
        **{"expected": "0x", "actual": None},
    }
    assert last == {
        **{"case": "fine", "passed": True, "steps": 0, "fuel_used": 0},
        **{"messages": [], "rows": [], "tables": []},
    }


def test_long_values_are_shown_where_they_differ(channels: Channels, tmp_path: Path) -> None:
    expected = bytes(2000)
    expected = expected[:1500] + b"\xff" * 500
    cases = {"case": [{"name": "state", "blob": "0x" + expected.hex()}], "rows": "rows.json"}
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    actual = bytearray(expected)
    actual[1000] = 0x41
    (tmp_path / "rows.json").write_text(json.dumps({"blob": "0x" + actual.hex()}))
    reducer = str(TIC_TAC_TOE / "tic_tac_toe.wasm")
    status, out, _ = channels("test", reducer, "--cases", "cases.json")
    assert status == 1
    assert "(bytes 992 to 1023 of 1024)" in out
    assert "0x…000000000000000041000000" in out


def test_bytes_that_are_no_text_are_shown_as_hex_alone() -> None:
    assert describe_bytes(b"\xff") == "0xff"
    assert describe_bytes(b"a\n") == "0x610a"
    assert describe_bytes("ü".encode()) == '0xc3bc "ü"'


def test_the_seeds_game_is_tested_by_its_state(channels: Channels, tmp_path: Path) -> None:
    cases = {
        "reducer": str(TIC_TAC_TOE / "tic_tac_toe.wasm"),
        "rows": str(TIC_TAC_TOE / "rows.json"),
        "case": [
            {
                "name": "a first move",
                "messages": [
                    {"payload": "0x0104"},
                    {"payload": "0x0104", "status": "refused", "code": 4},
                ],
                "blob": "0x0000000001000000000200",
            }
        ],
    }
    (tmp_path / "c.json").write_text(json.dumps(cases))
    status, out, err = channels("test", "c.json")
    assert status == 0, out + err


def test_a_case_is_one_python_call() -> None:
    (case,) = parse_cases({"case": [{"name": "a", "rows": {}}]}, what="here").cases
    program = program_of(COUNTER)
    result = run_case(program, OrderedMap(), case)
    assert result.passed
    assert repr(result) == "CaseResult(a: passed)"
    result = run_case(program, OrderedMap.from_rows([(b"a", b"b")]), case)
    assert repr(result) == "CaseResult(a: 1 differ)"
    assert [row.kind for row in result.rows] == ["unexpected"]
    expected = Expectation(outcome=Outcome.TRAPPED, trap=TrapCode.KEY_LENGTH)
    assert str(expected) == "trapped: key length"


# -- faults --------------------------------------------------------------------------------------


def one_message(message: object) -> dict[str, object]:
    return {"case": [{"name": "a", "messages": [{"payload": "0x"}, message]}]}


def one_case(**fields: object) -> dict[str, object]:
    return {"case": [{"name": "a"} | fields]}


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([], "here must be a table of fields"),
        ({}, "here: there is no case: write one as [[case]]"),
        ({"case": {}}, "here: 'case' must be a list: write [[case]], not [case]"),
        ({"cases": []}, "here: unknown field 'cases'; known are: case, participants, reducer"),
        ({"reducer": 1}, "here: 'reducer' must be the name of a file"),
        ({"rows": ""}, "here: 'rows' must be the name of a file"),
        ({"participants": 0, "case": [{"name": "a"}]}, "'participants' must be an integer from 1"),
        ({"participants": True, "case": [{"name": "a"}]}, "'participants' must be an integer"),
        ({"case": ["a"]}, "here: case 1 must be a table of fields"),
        ({"case": [{}]}, "here: case 1: 'name' must be a text"),
        ({"case": [{"name": "a"}, {"name": "a"}]}, "here: two cases have the name 'a'"),
        (one_case(nmae=1), "here: case 1: unknown field 'nmae'"),
        (one_case(messages={}), "here: case 1 ('a'): 'messages' must be a list"),
        (one_case(rows=[]), "here: case 1 ('a'): 'rows' must be a table"),
        (one_case(rows={"winner": "0x"}), "rows: key 'winner' must begin with '0x' or 'text:'"),
        (one_case(rows={"0x1": "0x"}), "rows: key '0x1' is not an even number of hexadecimal"),
        (one_case(rows={"0x01": 7}), "rows: value of '0x01' must be a string of hexadecimal"),
        (one_case(rows={"0x61": "0x", "text:a": "0x"}), "'text:a' is the key of another row, too"),
        (one_case(rows={"0x": "0x"}), "rows: "),
        (one_case(rows={"text:\ud800": "0x"}), "is not a text in UTF-8"),
        (one_case(blob=1), "here: case 1 ('a'): blob must be a string"),
        (one_case(blob="0x00", rows={"0x00737461746500" + "00": "0x"}), "hold the same key"),
        (one_message(1), "here: case 1 ('a'), message 2 must be a table of fields"),
        (one_message({}), "message 2: 'payload' is missing"),
        (one_message({"payload": "0x", "from": 1}), "message 2: unknown field 'from'"),
        (one_message({"payload": 1}), "message 2: payload must be a string"),
        (one_message({"payload": "0x" + "00" * 4097}), "4097 bytes, more than 4096 (P-1)"),
        (one_message({"payload": "0x", "sender": -1}), "'sender' must be an integer from 0 to"),
        (one_message({"payload": "0x", "status": "ok"}), "one of: accepted, refused, trapped"),
        (one_message({"payload": "0x", "status": []}), "one of: accepted, refused, trapped"),
        (one_message({"payload": "0x", "code": 4}), "'code' goes with status 'refused'"),
        (one_message({"payload": "0x", "trap": "x"}), "'trap' goes with status 'trapped'"),
        (one_message({"payload": "0x", "status": "refused", "code": 0}), "code 0 accepts"),
        (one_message({"payload": "0x", "status": "refused", "code": 2**32}), "'code' must be"),
        (one_message({"payload": "0x", "status": "trapped", "trap": "x"}), "one of: out_of_fuel"),
        (one_message({"payload": "0x", "status": "trapped", "trap": 3}), "one of: out_of_fuel"),
    ],
)
def test_a_fault_is_one_line_with_its_place(contents: object, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_cases(contents, what="here")
    line = str(caught.value)
    assert words in line
    assert line.startswith("here")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("c.toml", b"case = ", "not valid TOML: Invalid value (at end of document)"),
        ("c.toml", b"a = " + b"[" * 100_000, "not valid TOML: nested too deeply"),
        ("c.toml", b'a = "\xff"', "not a text file in UTF-8"),
        ("c.toml", b"a = 1" + b"0" * 5000, "not valid TOML"),
        ("c.json", b"{", "not valid JSON"),
        ("c.json", b'{"a": 1, "a": 2}', "not valid JSON: a name is repeated"),
    ],
)
def test_a_file_that_cannot_be_parsed_says_so(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_cases(tmp_path / name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("reducer.wasm",), "there is no cases.toml or cases.json; name the cases with --cases"),
        (("named.toml",), 'names no reducer: add reducer = "FILE.wasm", or give a module'),
        (("named.toml", "--cases", "named.toml"), "only one file of cases can be run"),
        (("absent.wasm",), "does not exist"),
        (("reducer.wasm", "--cases", "rowless.toml"), "absent.json"),
        (("reducer.wasm", "--cases", "state.toml"), "'s' expects a state, but the reducer is of"),
    ],
)
def test_a_fault_of_the_command_line_exits_with_2(
    channels: Channels, folder: Path, args: tuple[str, ...], words: str
) -> None:
    (folder / "named.toml").write_text('[[case]]\nname = "a"\n')
    (folder / "rowless.toml").write_text('rows = "absent.json"\n[[case]]\nname = "a"\nrows = {}\n')
    (folder / "state.toml").write_text('[[case]]\nname = "s"\nblob = "0x00"\n')
    status, _, err = channels("test", *args)
    assert status == 2
    assert words in err.splitlines()[-1]


def test_a_module_that_is_no_reducer_is_refused(channels: Channels, folder: Path) -> None:
    (folder / "cases.toml").write_text(FAILING)
    (folder / "m.wasm").write_bytes(wasm_of("(module)"))
    status, _, err = channels("test", "m.wasm")
    assert status == 1
    assert "T-20" in err


def test_a_case_that_checks_nothing_is_refused(channels: Channels, tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_text('[[case]]\nname = "nothing"\n')
    reducer = str(TIC_TAC_TOE / "tic_tac_toe.wasm")
    status, _, err = channels("test", reducer, "--cases", "cases.toml")
    assert status == 2
    assert "'nothing' has neither messages nor rows: nothing to check" in err


# -- tables ----------------------------------------------------------------------------------------

TABLES = """
rows = "rows.json"
[[case]]
name = "scores"
messages = [{ sender = 0, payload = "0x" }]
[case.tables]
"""


def tables_case(folder: Path, rows: str) -> None:
    write_project(folder)
    (folder / "cases.toml").write_text(TABLES + rows)


ANN = '{ id = 0, name = "Ann", score = "2.50", mark = "0x00ff" }'


def test_tables_that_are_as_expected(channels: Channels, tmp_path: Path) -> None:
    """A column that is left out is NULL."""
    tables_case(tmp_path, f'players = [{{ id = 1, score = "0.00" }}, {ANN}]')
    status, out, err = channels("test", "game.wasm", "--cases", "cases.toml")
    assert (status, err) == (0, "")
    assert "1 passed, 0 failed" in out


def test_differences_of_tables_are_by_primary_key(channels: Channels, tmp_path: Path) -> None:
    tables_case(tmp_path, f'players = [{{ id = 7, score = "0.00" }}, {ANN.replace("Ann", "Bo")}]')
    status, out, _ = channels("test", "game.wasm", "--cases", "cases.toml")
    assert status == 1
    assert out.splitlines()[3:-2] == [
        "      a row of players is different:",
        '        expected  id = 0, name = "Bo", score = "2.50", mark = "0x00ff"',
        '        actual    id = 0, name = "Ann", score = "2.50", mark = "0x00ff"',
        "      a row of players is unexpected:",
        '        actual    id = 1, name = null, score = "0.00", mark = null',
        "      a row of players is missing:",
        '        expected  id = 7, name = null, score = "0.00", mark = null',
    ]
    _, out, _ = channels("test", "game.wasm", "--cases", "cases.toml", "--json")
    (report,) = map(json.loads, out.splitlines())
    assert [row["row"] for row in report["tables"]] == ["different", "unexpected", "missing"]
    assert report["tables"][2]["expected"] == {"id": 7, "name": None, "score": "0.00", "mark": None}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("gods = []", "'scores', tables: there is no table 'gods'"),
        ("players = 1", "'players' must be a list of rows"),
        ("players = [1]", "'players' must be a list of rows"),
        ("players = [{ id = 0, god = 1 }]", "row 1: there is no column 'god'"),
        ("players = [{ id = 0, score = 2.5 }]", "row 1: score: 2.5 is no numeric(6,2)"),
        (f"players = [{ANN}, {ANN}]", "row 2 has the primary key of another"),
        ('players = [{ id = 0, name = "\\u0000" }]', "row 1: name: "),
    ],
)
def test_tables_that_cannot_be_are_one_clear_line(
    channels: Channels, tmp_path: Path, rows: str, says: str
) -> None:
    tables_case(tmp_path, rows)
    status, _, err = channels("test", "game.wasm", "--cases", "cases.toml")
    (line,) = err.splitlines()
    assert (status, says in line, line.isprintable()) == (2, True, True), line


def test_tables_of_a_reducer_without_sql(channels: Channels, folder: Path) -> None:
    (folder / "cases.toml").write_text(TABLES + "players = []")
    status, _, err = channels("test", "reducer.wasm", "--cases", "cases.toml")
    assert (status, "'tables' are for reducers with SQL" in err) == (2, True)
