"""Snapshots: what is exported comes back with its root, and what is not one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merkle import ChannelsError, Hash32, OrderedMap
from sqlstore.contents import Contents, write_contents
from sqlstore.errors import CheckViolation, CorruptedData, UniqueViolation
from sqlstore.snapshot import LINE_CHARACTERS_MAX, export_snapshot, import_snapshot
from tests.sqlstore.databases import SCHEMA, contents
from tests.sqlstore.test_contents import GOOD
from wasm_interp.errors import InputError

ROWS = write_contents(SCHEMA, GOOD)
LINES = list(export_snapshot(SCHEMA, ROWS))


@given(contents())
def test_a_snapshot_comes_back_with_its_root(found: Contents) -> None:
    rows = write_contents(SCHEMA, found)
    lines = list(export_snapshot(SCHEMA, rows))
    back = import_snapshot(SCHEMA, lines, root=rows.root)
    assert back == rows
    assert list(export_snapshot(SCHEMA, back)) == lines


def test_what_a_snapshot_looks_like() -> None:
    head, *rest = map(json.loads, LINES)
    assert head["format"] == "channels-snapshot/1"
    assert head["root"] == f"0x{ROWS.root.hex()}"
    unit = {"id": 1, "owner": 0, "kind": "guard", "x": 3, "y": 4}
    assert rest == [
        {"table": "kinds", "row": {"name": "guard", "cost": "1.00"}},
        {"table": "kinds", "row": {"name": "rider", "cost": "2.50"}},
        {"table": "units", "row": unit | {"alive": True, "note": None, "secret": "0x00"}},
        {"sequence": "units", "last": 1},
    ]


def test_rows_without_a_schema_are_keys_and_values() -> None:
    rows = OrderedMap.from_rows([(b"a", b""), (b"\1", b"b")])
    lines = list(export_snapshot(None, rows))
    assert [json.loads(line) for line in lines[1:]] == [
        {"key": "0x01", "value": "0x62"},
        {"key": "0x61", "value": "0x"},
    ]
    assert import_snapshot(None, lines) == rows


def test_rows_that_are_none_of_the_schema_are_not_exported() -> None:
    with pytest.raises(CorruptedData):
        list(export_snapshot(SCHEMA, ROWS.put(b"\1\7", b"")))


def edited(line: int, **changes: object) -> Callable[[list[str]], list[str]]:
    """Return what changes fields of a line, or of its row."""

    def edit(lines: list[str]) -> list[str]:
        fields = json.loads(lines[line])
        target = fields["row"] if "row" in fields and "row" not in changes else fields
        target.update(changes)
        return [*lines[:line], json.dumps(fields), *lines[line + 1 :]]

    return edit


def replaced(line: int, *texts: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:line], *texts, *lines[line + 1 :]]


def added(text: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines, text]


ZERO = f"0x{bytes(32).hex()}"

HOSTILE = {
    "nothing": (lambda lines: [], "snapshot:1: not the head"),
    "no head": (lambda lines: lines[1:], "snapshot:1: not the head"),
    "another format": (edited(0, format="channels-snapshot/2"), "snapshot:1: not the head"),
    "one field more": (edited(0, more=1), "snapshot:1: not the head"),
    "another schema": (edited(0, schema=ZERO), "another schema"),
    "no schema": (edited(0, schema=None), "another schema"),
    "a root of 31 bytes": (edited(0, root="0x" + "00" * 31), "root is not of 32 bytes"),
    "a root that is no text": (edited(0, root=1), "root is not hexadecimal"),
    "another root": (edited(0, root=ZERO), "the rows have the root"),
    "a row less": (replaced(2), "the rows have the root"),
    "a row changed": (edited(1, cost="9.00"), "the rows have the root"),
    "a sequence less": (replaced(4), "the rows have the root"),
    "not JSON": (replaced(1, "{"), "snapshot:2: not valid JSON"),
    "a list": (replaced(1, "[]"), "snapshot:2: not a JSON object"),
    "deep": (replaced(1, "[" * 60_000), "snapshot:2: not valid JSON"),
    "long": (replaced(1, '"' + "a" * LINE_CHARACTERS_MAX), "snapshot:2: more than"),
    "an endless number": (replaced(1, "1" * 60_000), "snapshot:2: not valid JSON"),
    "a float": (edited(3, x=1.5), "snapshot:4: not valid JSON: 1.5 is not an integer"),
    "infinity": (replaced(3, '{"sequence":"units","last":Infinity}'), "snapshot:4: not valid JSON"),
    "a name twice": (replaced(4, '{"sequence":"units","last":1,"last":1}'), "a name is repeated"),
    "no table": (edited(1, table="gods", row={}), "snapshot:2: there is no table 'gods'"),
    "a column less": (
        edited(1, row={"name": "guard"}),
        "snapshot:2: a row of kinds has the columns",
    ),
    "a column more": (edited(1, more=1), "snapshot:2: a row of kinds has the columns"),
    "a value of another type": (edited(1, cost=1), "snapshot:2: cost: 1 is no numeric(10,2)"),
    "a key of the schema's": (added('{"key":"0x01","value":"0x"}'), "is one of the schema's"),
    "a key twice": (lambda lines: [*lines, *['{"key":"0x02","value":"0x"}'] * 2], "stands twice"),
    "no key": (added('{"key":"0x","value":"0x"}'), ""),
    "no hexadecimal": (added('{"key":"zz","value":"0x"}'), "snapshot:6: key is not hexadecimal"),
    "spaces": (added('{"key":"0x0 2","value":"0x"}'), "snapshot:6: key is not hexadecimal"),
    "something else": (added('{"keys":"0x02"}'), "snapshot:6: neither a row, a sequence nor a key"),
    "a sequence of no identity": (edited(4, sequence="kinds"), "no sequence of kinds"),
    "a sequence at 0": (edited(4, last=0), "can have given 0"),
    "a sequence too far": (edited(4, last=2**31), "can have given 2147483648"),
    "a sequence that is true": (edited(4, last=True), "can have given True"),
    "a sequence twice": (added(LINES[4]), "stands twice"),
    "a head again": (added(LINES[0]), "snapshot:6: neither a row"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_snapshot_is_one_clear_line(name: str) -> None:
    change, says = HOSTILE[name]
    with pytest.raises(ChannelsError) as caught:
        import_snapshot(SCHEMA, change(LINES))
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_names_in_a_snapshot_do_not_reach_a_terminal() -> None:
    with pytest.raises(InputError) as caught:
        import_snapshot(SCHEMA, edited(1, table="\x1b[2J", row={})(LINES))
    assert "\x1b" not in str(caught.value)


def test_a_constraint_that_is_broken_is_its_error() -> None:
    with pytest.raises(CheckViolation):
        import_snapshot(SCHEMA, edited(1, cost="0.00")(LINES))
    with pytest.raises(UniqueViolation):
        import_snapshot(SCHEMA, added(LINES[1])(LINES))


def test_the_root_that_is_expected_wins_over_the_one_that_is_claimed() -> None:
    assert import_snapshot(SCHEMA, LINES, root=ROWS.root) == ROWS
    with pytest.raises(InputError, match="the snapshot is of the root 0x"):
        import_snapshot(SCHEMA, LINES, root=Hash32(bytes(32)))


@given(st.lists(st.text(max_size=20), max_size=4))
def test_any_text_is_refused_or_a_snapshot(lines: list[str]) -> None:
    with pytest.raises(ChannelsError):
        import_snapshot(SCHEMA, [LINES[0], *lines])
