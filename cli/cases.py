"""Test cases of a reducer's author: reading them, running them, and what differs.

Values in, values out: `parse_cases` takes a file's parsed contents, `run_case` one case.

Not here: finding files and printing (`cli.test`). Format: docs/formats.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.files import hex_bytes, parse_json, read_bytes
from cli.tables import Rows, TableDifference, compare_tables, read_tables
from merkle import ChannelsError, OrderedMap
from wasm_interp.abi import Form, state_rows
from wasm_interp.errors import InputError
from wasm_interp.message import PAYLOAD_MAX
from wasm_interp.program import Program
from wasm_interp.state import Status, TrapCode
from wasm_interp.turn import LogEntry, Turn, reduce

if TYPE_CHECKING:
    from sqlstore.schema import Schema

CASES_FILE_BYTES_MAX: Final = 16 * 2**20
TEXT_PREFIX: Final = "text:"


class Outcome(Enum):
    """What can become of a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TRAPPED = "trapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What should become of a message; ``code`` and ``trap`` may be left open."""

    outcome: Outcome = Outcome.ACCEPTED
    code: int | None = None
    trap: TrapCode | None = None

    def met(self, turn: Turn) -> bool:
        """Return whether ``turn`` is as expected."""
        if outcome_of(turn) is not self.outcome:
            return False
        return self.code in {None, turn.result} and self.trap in {None, turn.trap}

    def __str__(self) -> str:
        if self.code is not None:
            return f"refused with {self.code}"
        if self.trap is not None:
            return f"trapped: {self.trap.text}"
        return self.outcome.value


@dataclass(frozen=True, slots=True)
class CaseMessage:
    """A message and what should become of it."""

    entry: LogEntry
    expected: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Messages from genesis on.

    ``rows`` are all rows afterwards, or None if they are left open. ``tables`` are all rows of the
    SQL tables that it names, as the file has them.
    """

    name: str
    messages: tuple[CaseMessage, ...] = ()
    rows: Mapping[bytes, bytes] | None = None
    tables: Mapping[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """A file of cases; paths are as written there."""

    reducer: str | None = None
    rows: str | None = None
    participants: int = 2
    cases: tuple[Case, ...] = ()


# -- running ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDifference:
    """Message ``number``, counting from 1, did not become what was expected."""

    number: int
    expected: Expectation
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """A row is missing (``actual`` None), unexpected (``expected`` None) or has another value."""

    key: bytes
    expected: bytes | None
    actual: bytes | None

    @property
    def kind(self) -> str:
        """One word for it."""
        if self.actual is None:
            return "missing"
        return "unexpected" if self.expected is None else "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What a case came to: each message's turn, and all differences."""

    case: Case
    turns: tuple[Turn, ...]
    messages: tuple[MessageDifference, ...]
    rows: tuple[RowDifference, ...]
    tables: tuple[TableDifference, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.messages and not self.rows and not self.tables

    @property
    def steps(self) -> int:
        """Steps of all messages."""
        return sum(turn.steps for turn in self.turns)

    @property
    def fuel_used(self) -> int:
        """Fuel of all messages."""
        return sum(turn.fuel_used for turn in self.turns)

    def __repr__(self) -> str:
        count = len(self.messages) + len(self.rows) + len(self.tables)
        return f"CaseResult({self.case.name}: {'passed' if self.passed else f'{count} differ'})"


def run_case(
    program: Program,
    genesis: OrderedMap,
    case: Case,
    *,
    participants: int = 2,
    schema: Schema | None = None,
) -> CaseResult:
    """Apply a case's messages to ``genesis``, all of them whatever differs, and compare.

    ``schema`` is that of the reducer, for cases with tables. Raises `InputError` for tables that
    it does not have, `CorruptedData` for rows that are none of its.
    """
    tables = read_tables(schema, case.tables, what=f"'{_shown(case.name)}'") if case.tables else {}
    rows = genesis
    turns: list[Turn] = []
    for message in case.messages:
        number = 1 + sum(turn.accepted for turn in turns)
        turns.append(
            reduce(program, rows, message.entry.message(number, participants=participants))
        )
        rows = turns[-1].rows
    return CaseResult(
        case=case,
        turns=tuple(turns),
        messages=tuple(
            MessageDifference(number=number, expected=message.expected, turn=turn)
            for number, (message, turn) in enumerate(zip(case.messages, turns, strict=True), 1)
            if not message.expected.met(turn)
        ),
        rows=() if case.rows is None else tuple(compare_rows(case.rows, dict(rows.items()))),
        tables=tuple(compare_tables(schema, tables, rows)) if schema and tables else (),
    )


def outcome_of(turn: Turn) -> Outcome:
    """Return what became of a message."""
    if turn.accepted:
        return Outcome.ACCEPTED
    return Outcome.REFUSED if turn.status is Status.HALTED else Outcome.TRAPPED


def compare_rows(
    expected: Mapping[bytes, bytes], actual: Mapping[bytes, bytes]
) -> Iterator[RowDifference]:
    """Yield the differences in the order of keys."""
    for key in sorted(expected.keys() | actual.keys()):
        if expected.get(key) != actual.get(key):
            yield RowDifference(key=key, expected=expected.get(key), actual=actual.get(key))


# -- reading ---------------------------------------------------------------------------------------


def read_cases(path: Path) -> Cases:
    """Return the cases of a file: JSON if its name ends so, else TOML. Raises `InputError`."""
    data = read_bytes(path, limit=CASES_FILE_BYTES_MAX)
    if path.suffix == ".json":
        return parse_cases(parse_json(data, what=str(path)), what=str(path))
    try:
        contents = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8") from None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{path}: not valid TOML: {reason}") from None
    return parse_cases(contents, what=str(path))


def parse_cases(contents: object, *, what: str) -> Cases:
    """Return the cases that parsed TOML or JSON spells; ``what`` names it in errors."""
    fields = _fields(contents, {"reducer", "rows", "participants", "case"}, what=what)
    for name in ("reducer", "rows"):
        if name in fields and not (isinstance(fields[name], str) and fields[name].strip()):
            raise InputError(f"{what}: '{name}' must be the name of a file")
    entries = _list(fields, "case", what=what)
    if not entries:
        raise InputError(f"{what}: there is no case: write one as [[case]]")
    cases = tuple(_case(entry, what=f"{what}: case {i}") for i, entry in enumerate(entries, 1))
    names: set[str] = set()
    for case in cases:
        if case.name in names:
            raise InputError(f"{what}: two cases have the name '{_shown(case.name)}'")
        names.add(case.name)
    return Cases(
        reducer=fields.get("reducer"),
        rows=fields.get("rows"),
        participants=_integer(fields, "participants", range(1, 2**32), what=what) or 2,
        cases=cases,
    )


def check_something(cases: Cases, *, what: str) -> None:
    """Raise `InputError` if a case has neither messages nor rows: it would pass unseen."""
    for case in cases.cases:
        if not case.messages and case.rows is None and not case.tables:
            raise InputError(
                f"{what}: '{_shown(case.name)}' has neither messages nor rows: nothing to check"
            )


def check_rows(cases: Cases, program: Program, *, what: str) -> None:
    """Raise `InputError` if a case expects the state of a blob that ``program`` does not have."""
    prefix = state_rows(b"\0")[0][0][:-2]
    if program.form is Form.BLOB:
        return
    for case in cases.cases:
        if any(key.startswith(prefix) for key in case.rows or ()):
            raise InputError(
                f"{what}: '{_shown(case.name)}' expects a state, but the reducer is of the db form"
            )


def _case(entry: object, *, what: str) -> Case:
    fields = _fields(entry, {"name", "messages", "rows", "blob", "tables"}, what=what)
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{what}: 'name' must be a text")
    what = f"{what} ('{_shown(name)}')"
    messages = _list(fields, "messages", what=what)
    return Case(
        name=name,
        messages=tuple(
            _message(message, what=f"{what}, message {i}") for i, message in enumerate(messages, 1)
        ),
        rows=_rows(fields, what=what),
        tables=_tables(fields, what=what),
    )


def _message(entry: object, *, what: str) -> CaseMessage:
    fields = _fields(entry, {"sender", "payload", "status", "code", "trap"}, what=what)
    if "payload" not in fields:
        raise InputError(f"{what}: 'payload' is missing")
    payload = _bytes(fields["payload"], what=f"{what}: payload")
    if len(payload) > PAYLOAD_MAX:
        raise InputError(f"{what}: payload has {len(payload)} bytes, more than {PAYLOAD_MAX} (P-1)")
    sender = _integer(fields, "sender", range(2**32), what=what)
    return CaseMessage(LogEntry(sender, payload), _expectation(fields, what=what))


def _expectation(fields: dict[str, Any], *, what: str) -> Expectation:
    status = fields.get("status", Outcome.ACCEPTED.value)
    known = [outcome.value for outcome in Outcome]
    if status not in known:
        raise InputError(f"{what}: 'status' must be one of: {', '.join(known)}")
    outcome = Outcome(status)
    for name, of in (("code", Outcome.REFUSED), ("trap", Outcome.TRAPPED)):
        if name in fields and outcome is not of:
            raise InputError(f"{what}: '{name}' goes with status '{of.value}', not '{status}'")
    code = _integer(fields, "code", range(-(2**31), 2**32), what=what)
    if code == 0:
        raise InputError(f"{what}: code 0 accepts a message (T-6)")
    return Expectation(
        outcome=outcome,
        code=None if code is None else code % 2**32,
        trap=_trap(fields, what=what),
    )


def _trap(fields: dict[str, Any], *, what: str) -> TrapCode | None:
    if "trap" not in fields:
        return None
    names = {code.name.lower(): code for code in TrapCode if code}
    trap = fields["trap"]
    if not isinstance(trap, str) or trap.replace(" ", "_") not in names:
        raise InputError(f"{what}: 'trap' must be one of: {', '.join(names)}")
    return names[trap.replace(" ", "_")]


def _rows(fields: dict[str, Any], *, what: str) -> dict[bytes, bytes] | None:
    """Return the rows that are expected, those of a blob included."""
    if "rows" not in fields and "blob" not in fields:
        return None
    rows = fields.get("rows", {})
    if not isinstance(rows, dict):
        raise InputError(f"{what}: 'rows' must be a table of keys and values")
    found: dict[bytes, bytes] = {}
    for name, value in rows.items():
        key = _bytes(name, what=f"{what}, rows: key '{_shown(name)}'")
        if key in found:
            raise InputError(f"{what}, rows: '{_shown(name)}' is the key of another row, too")
        found[key] = _bytes(value, what=f"{what}, rows: value of '{_shown(name)}'")
    if "blob" in fields:
        state = dict(state_rows(_bytes(fields["blob"], what=f"{what}: blob")))
        if state.keys() & found.keys():
            raise InputError(f"{what}: 'rows' and 'blob' hold the same key")
        found |= state
    try:
        OrderedMap.from_rows(found.items())
    except ChannelsError as error:
        raise InputError(f"{what}, rows: {error}") from error
    return found


def _tables(fields: dict[str, Any], *, what: str) -> dict[str, Rows]:
    """Return the tables that are expected; the names and values in them are checked later."""
    tables = fields.get("tables", {})
    if not isinstance(tables, dict):
        raise InputError(f"{what}: 'tables' must be a table of lists of rows")
    for name, rows in tables.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InputError(f"{what}, tables: '{_shown(name)}' must be a list of rows")
    return tables


def _bytes(text: object, *, what: str) -> bytes:
    """Return the bytes that ``text`` spells: ``0x…``, or ``text:`` and text in UTF-8."""
    if isinstance(text, str) and text.startswith(TEXT_PREFIX):
        try:
            return text.removeprefix(TEXT_PREFIX).encode("utf-8")
        except UnicodeEncodeError:
            raise InputError(f"{what} is not a text in UTF-8") from None
    if isinstance(text, str) and not text.startswith("0x"):
        raise InputError(f"{what} must begin with '0x' or '{TEXT_PREFIX}'")
    return hex_bytes(text, what=what)


def _fields(value: object, allowed: set[str], *, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{what} must be a table of fields")
    unknown = sorted(set(value) - allowed)
    if unknown:
        known = ", ".join(sorted(allowed))
        raise InputError(f"{what}: unknown field '{_shown(unknown[0])}'; known are: {known}")
    return value


def _list(fields: dict[str, Any], name: str, *, what: str) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        hint = ": write [[case]], not [case]" if name == "case" else ""
        raise InputError(f"{what}: '{name}' must be a list{hint}")
    return value


def _integer(fields: dict[str, Any], name: str, allowed: range, *, what: str) -> int | None:
    value = fields.get(name)
    if name in fields and (type(value) is not int or value not in allowed):
        raise InputError(
            f"{what}: '{name}' must be an integer from {allowed.start} to {allowed.stop - 1}"
        )
    return value


def _shown(text: str) -> str:
    """Return a text of the file fit for one line of an error."""
    text = text if len(text) <= 60 else text[:59] + "…"
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
