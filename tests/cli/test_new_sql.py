"""`channels new --sql`: a project of each language builds, tests and runs as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.files import read_program, read_rows
from cli.new import LANGUAGES, create, project_files
from sqlstore.bind import read_schema
from sqlstore.contents import read_contents
from tests import languages
from tests.languages import BINDINGS, ROOT
from tests.test_project_new import CHANNELS, LOG_STATUSES, compilers
from wasm_interp.errors import InputError

GENERATED = {"assemblyscript": "sql.ts", "c": "sql.h", "rust": "sql.rs", "zig": "sql.zig"}


@pytest.fixture
def in_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.usefixtures("in_the_path")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_project_builds_tests_and_runs(language: str, tmp_path: Path) -> None:
    variables = [*compilers(language), CHANNELS]
    done = languages.channels("new", "score-keeper", "--lang", language, "--sql", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "score-keeper"
    languages.make("test", *variables, cwd=project)
    languages.make("run", *variables, cwd=project)
    program = read_program(project / "score-keeper.wasm", reducer=True)
    genesis = read_rows(project / "rows.json", program)
    turns = languages.turns_of(
        project / "score-keeper.wasm", project / "messages.jsonl", rows=project / "rows.json"
    )
    assert languages.statuses(turns) == LOG_STATUSES
    schema = read_schema((project / "schema.sql").read_text())
    assert read_contents(schema, genesis).tables == {"players": ((0, 0), (1, 0), (2, 0))}
    assert read_contents(schema, turns[-1].rows).tables == {"players": ((0, 10), (1, 100), (2, 0))}


@pytest.mark.usefixtures("in_the_path")
def test_make_builds_anew_when_a_statement_changes_and_not_otherwise(tmp_path: Path) -> None:
    project = create("again", "c", parent=tmp_path, sql=True)
    variables = [*compilers("c"), CHANNELS]
    languages.make(*variables, cwd=project)
    built = (project / "again.wasm").stat().st_mtime_ns
    languages.make(*variables, cwd=project)
    assert (project / "again.wasm").stat().st_mtime_ns == built
    queries = project / "queries.sql"
    queries.write_text(queries.read_text().replace("score + ", "score + 1 + "))
    languages.make(*variables, cwd=project)
    done = languages.channels("test", "again.wasm", cwd=project)
    assert done.returncode == 1
    assert "a row of players is different" in done.stdout
    assert "expected  id = 0, score = 10\n        actual    id = 0, score = 12" in done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_is_filled_in_and_the_bindings_are_the_packages(language: str) -> None:
    files = project_files("mine", language, sql=True)
    assert not [name for name, text in files.items() if "NAME" in name + text]
    bindings = LANGUAGES[language].bindings
    assert files[bindings] == (BINDINGS / bindings).read_text(encoding="utf-8")
    plain = project_files("mine", language)
    assert files.keys() - plain.keys() == {"schema.sql", "queries.sql", "genesis.sql"}
    assert plain.keys() <= files.keys()
    assert GENERATED[language] not in files


def test_the_name_of_the_bindings_cannot_be_a_projects(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name of bindings"):
        create("sql", "c", parent=tmp_path, sql=True)


def test_the_log_is_that_of_the_plain_template() -> None:
    files = project_files("mine", "c", sql=True)
    assert files["messages.jsonl"] == project_files("mine", "c")["messages.jsonl"]
    assert all(json.loads(line) for line in files["messages.jsonl"].splitlines())
