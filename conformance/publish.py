"""What is published beside the vectors: schemas, the generated part of each README, the smoke set.

``python -m conformance.publish`` writes all of it into this package; ``--check`` only says what
would change. `channels vectors fill` and `channels vectors schemas` write the same elsewhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from conformance.errors import CODES
from conformance.executors import InlineExecutor
from conformance.fill import fill, stale_files, write_files
from conformance.format import Flag, Format, Function, VectorSet
from conformance.formats import FORMATS
from conformance.json_text import file_text
from conformance.library import SMOKE, file_schema, index_schema
from conformance.shapes import ListOf, Nullable, Record, Schema, Shape

PACKAGE: Final = Path(__file__).parent
SCHEMAS: Final = PACKAGE / "schemas"
ERRORS_VERSION: Final = "1.1.0"

_GENERATED: Final = re.compile(
    r"(<!-- generated: functions -->\n).*?(<!-- end generated -->)", re.DOTALL
)


def schema_texts() -> dict[str, str]:
    """Return every schema by file name: of each format, of the index, of the errors."""
    schemas = {f"{made.name}.json": file_schema(made) for made in FORMATS.values()}
    schemas |= {"index.json": index_schema(), "errors.json": errors_schema()}
    return {name: file_text(schema) for name, schema in sorted(schemas.items())}


def errors_schema() -> Schema:
    """Return the closed list of codes, each with what its class says."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:channels:vectors:errors:{ERRORS_VERSION}",
        "title": "Errors that a vector may expect",
        "oneOf": [
            {"const": code, "description": (cause.__doc__ or "").split("\n", 1)[0]}
            for cause, code in sorted(CODES.items(), key=lambda pair: pair[1])
        ],
    }


# -- READMEs ---------------------------------------------------------------------------------------


def readme_path(made: Format) -> Path:
    """Return where the README of a format is."""
    return PACKAGE / "formats" / made.name / "README.md"


def readme_text(made: Format) -> str:
    """Return a format's README, its generated part brought up to date."""
    text = readme_path(made).read_text(encoding="utf-8")
    part = "\n".join(_functions(made))
    text, count = _GENERATED.subn(lambda found: f"{found[1]}{part}\n{found[2]}", text)
    assert count == 1, f"{readme_path(made)} has no generated part"
    return text


def _functions(made: Format) -> Iterator[str]:
    yield f"Version {made.version}. Schema: [{made.name}.json](../../schemas/{made.name}.json)."
    for function in made.functions:
        yield from ("", f"### `{function.name}`", "", function.comment)
        yield from ("", f"Rules: {', '.join(_ranges(function.rules))}.")
        yield from ("", "| | field | value |", "|---|---|---|")
        yield from _rows("input", function.input)
        yield from _rows("output", function.output)
        yield from _errors(function)
    yield from ("", "### Flags", "", "| flag | kind of mistake | |", "|---|---|---|")
    for flag in sorted(set(_flags(made)), key=lambda flag: flag.name):
        yield f"| `{flag.name}` | {flag.bug_type.value} | {flag.description} |"


def _ranges(rules: Sequence[str]) -> Iterator[str]:
    """Yield rules, three and more that follow one another as a range: ``T-10 to T-26``."""
    runs: list[list[str]] = []
    for rule in rules:
        letter, number = rule.split("-")
        if runs and runs[-1][-1] == f"{letter}-{int(number) - 1}":
            runs[-1].append(rule)
        else:
            runs.append([rule])
    for run in runs:
        if len(run) > 2:
            yield f"{run[0]} to {run[-1]}"
        else:
            yield from run


def _rows(side: str, shape: Shape, path: str = "") -> Iterator[str]:
    """Yield the rows of a table: one for each field, those of records in records included."""
    inner, suffix = shape, ""
    while isinstance(inner, ListOf | Nullable):
        suffix += "[]" if isinstance(inner, ListOf) else "?"
        inner = inner.of
    if not isinstance(inner, Record):
        yield f"| {side} | {_field(path)} | {shape.describe()} |"
        return
    if path or suffix:
        what = "list of objects" if "[]" in suffix else "object"
        yield f"| {side} | {_field(path)} | {what}{', or null' * ('?' in suffix)} |"
    for name, of in inner.fields.items():
        yield from _rows(side, of, f"{path}{'[]' * ('[]' in suffix)}.{name}".lstrip("."))


def _field(path: str) -> str:
    return f"`{path}`" if path else ""


def _errors(function: Function) -> Iterator[str]:
    if function.codes:
        yield f"| error | | {', '.join(f'`{code}`' for code in function.codes)} |"


def _flags(made: Format) -> Iterator[Flag]:
    for generator in made.generators:
        for case in generator(VectorSet.FULL):
            yield from case.flags


# -- all of it -------------------------------------------------------------------------------------


def stale() -> list[Path]:
    """Return the published files that are not what the code says."""
    changed = [SCHEMAS / name for name in stale_files(schema_texts(), SCHEMAS)]
    changed += [
        readme_path(made)
        for made in FORMATS.values()
        if readme_path(made).read_text(encoding="utf-8") != readme_text(made)
    ]
    return changed + [SMOKE / name for name in stale_files(_smoke(), SMOKE)]


def publish() -> list[Path]:
    """Write everything; return what changed."""
    changed = stale()
    write_files(schema_texts(), SCHEMAS)
    for made in FORMATS.values():
        readme_path(made).write_text(readme_text(made), encoding="utf-8")
    write_files(_smoke(), SMOKE)
    return changed


def _smoke() -> dict[str, str]:
    return fill(InlineExecutor(), VectorSet.SMOKE)


def main() -> int:
    """Write what is stale, or with ``--check`` name it; return the exit status."""
    checking = "--check" in sys.argv[1:]
    changed = stale() if checking else publish()
    for path in changed:
        print(path.relative_to(PACKAGE.parent))
    return 1 if checking and changed else 0


if __name__ == "__main__":
    sys.exit(main())
