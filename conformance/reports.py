"""What is left of a run: a folder for each failure, and a JUnit file.

Not here: what is printed (`cli.vectors`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from conformance.child import HANDSHAKE
from conformance.json_text import canonical_json, file_text
from conformance.results import Outcome, Result, summary, total
from wasm_interp.errors import InputError

FILES: Final = (
    "input.json",
    "expected.json",
    "actual.json",
    "stderr.txt",
    "command.txt",
    "request.jsonl",
)


def write_reproduction(
    result: Result, folder: Path, *, asked: Mapping[str, object], command: Sequence[str]
) -> Path:
    """Write what one needs to see a failure again; return the folder, named after the case.

    Raises `InputError`. Case ids are checked when they are read, so that none leaves ``folder``.
    """
    at = folder.joinpath(*result.id.split("/"))
    # Alone, the lines of this file give the same answer again.
    request = f"{canonical_json(HANDSHAKE)}\n{result.request}\n"
    texts = {
        "input.json": file_text(asked),
        "expected.json": file_text(result.expected),
        "actual.json": file_text(
            {"outcome": result.outcome.value, "detail": result.detail} | {"answer": result.actual}
        ),
        "stderr.txt": result.stderr,
        "command.txt": f"{shlex.join(command)} < request.jsonl\n",
        "request.jsonl": request,
    }
    assert tuple(texts) == FILES
    try:
        at.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (at / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{error.filename or at}: {error.strerror or error}") from None
    return at


def remove_reproduction(case_id: str, folder: Path) -> None:
    """Remove what an earlier run left of a case that passes now; other files stay."""
    at = folder.joinpath(*case_id.split("/"))
    if not at.is_dir():
        return
    try:
        for name in FILES:
            (at / name).unlink(missing_ok=True)
        at.rmdir()
    except OSError:
        # Something else is in it: it is its owner's.
        return


def junit(found: Iterable[tuple[str, Sequence[Result]]]) -> str:
    """Return results as JUnit's XML: a test suite for each implementation, a test case a vector."""
    suites = Xml.Element("testsuites")
    for name, results in found:
        counts = total(summary(results))
        suite = Xml.SubElement(
            suites,
            "testsuite",
            name=_legal(name),
            tests=str(counts.cases),
            failures=str(counts.failed),
            errors="0",
            skipped=str(counts.skipped),
            time=_seconds(sum(result.milliseconds for result in results)),
        )
        for result in results:
            _test_case(suite, result)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _test_case(suite: Xml.Element, result: Result) -> None:
    where, _, name = result.id.rpartition("/")
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=where.replace("/", "."),
        name=name,
        time=_seconds(result.milliseconds),
    )
    if result.outcome is Outcome.SKIPPED:
        Xml.SubElement(case, "skipped", message=_legal(result.detail))
    elif result.outcome.failed:
        message = _legal(result.detail)
        failure = Xml.SubElement(case, "failure", type=result.outcome.value, message=message)
        failure.text = _legal(result.stderr)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1_000:.3f}"


def _legal(text: str) -> str:
    """Return ``text`` with what XML cannot hold replaced: an implementation prints anything."""
    return "".join(
        character
        if character in "\t\n"
        or (
            (character >= " " and not 0xD800 <= ord(character) <= 0xDFFF)
            and ord(character) not in {0xFFFE, 0xFFFF}
        )
        else "\ufffd"
        for character in text
    )
