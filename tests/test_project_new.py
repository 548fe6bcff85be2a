"""`channels new`: a project of each language builds, tests and runs as it is."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from cli.new import LANGUAGES, create, project_files
from tests import languages
from tests.languages import BINDINGS, ROOT, missing
from wasm_interp.errors import InputError

CHANNELS = f"CHANNELS={sys.executable} -m cli.main"
LOG_STATUSES = [0, 0, 3, 0, 1]


def compilers(language: str) -> list[str]:
    """Return make's variables for a language's compiler, or skip the test."""
    match language:
        case "assemblyscript":
            return [f"ASC={languages.asc()}"]
        case "c":
            languages.zig()
            return [f"CC_WASM={' '.join(languages.ZIG_CC)}"]
        case "zig":
            languages.zig()
            return [f"ZIG={sys.executable} -m ziglang"]
        case _:
            rustc = Path("/usr/bin/rustc")
            if not rustc.exists() or shutil.which("wasm-ld-14") is None:
                missing("no Rust: apt-get install rustc libstd-rust-dev-wasm32 lld-14")
            return []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_project_builds_tests_and_runs(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = [*compilers(language), CHANNELS]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = languages.channels("new", "score-keeper", "--lang", language, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-3:] == ["  cd score-keeper", "  make test", "  make run"]
    project = tmp_path / "score-keeper"
    languages.make("test", *variables, cwd=project)
    languages.make("run", *variables, cwd=project)
    turns = languages.turns_of(project / "score-keeper.wasm", project / "messages.jsonl")
    assert languages.statuses(turns) == LOG_STATUSES
    assert [value for _, value in turns[-1].rows.items()] == [b"\0\0\0\x0a", b"\0\0\0\x64"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_reducer_fails_its_tests(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = compilers(language)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    project = create("broken", language, parent=tmp_path)
    (source,) = project.glob("broken.*")
    text = source.read_text()
    assert "100" in text
    source.write_text(text.replace("100", "99", 1))
    languages.make(*variables, cwd=project)
    done = languages.channels("test", "broken.wasm", cwd=project)
    assert done.returncode == 1, done.stderr
    assert "points add up" in done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_is_filled_in_and_the_bindings_are_the_packages(language: str) -> None:
    files = project_files("mine", language)
    assert not [name for name, text in files.items() if "NAME" in name + text]
    bindings = LANGUAGES[language].bindings
    assert files[bindings] == (BINDINGS / bindings).read_text(encoding="utf-8")
    common = {"Makefile", "README.md", "cases.toml", "messages.jsonl", ".gitignore"}
    assert common <= files.keys()


def test_bindings_are_in_the_repository_once() -> None:
    names = {language.bindings for language in LANGUAGES.values()}
    found = [
        path
        for name in names
        for path in ROOT.rglob(name)
        if not {".venv", "node_modules", "build", "dist"} & set(path.parts)
    ]
    assert sorted(found) == sorted(BINDINGS / name for name in names)


def test_the_assemblyscript_project_pins_the_compiler() -> None:
    files = project_files("mine", "assemblyscript")
    lock = json.loads(files["package-lock.json"])["packages"]
    version = languages.ASSEMBLYSCRIPT_VERSION
    assert json.loads(files["package.json"])["devDependencies"] == {"assemblyscript": version}
    assert lock["node_modules/assemblyscript"]["version"] == version
    for name, entry in lock.items():
        assert "resolved" not in entry, f"{name}: the lock names a registry"
        assert not name or entry["integrity"].startswith("sha512-"), name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-x", "a/b", "a b", "é", "a\n", "x" * 65, "channels", "Channels"]
)
def test_a_name_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        create(name, "c", parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    done = languages.channels("new", "mine", "--lang", "c", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: mine is there already\n")
    assert (tmp_path / "mine").read_text() == "precious"


def test_an_unknown_language_is_a_usage_error(tmp_path: Path) -> None:
    done = languages.channels("new", "mine", "--lang", "cobol", cwd=tmp_path)
    assert done.returncode == 2
    assert "'cobol' is not one of 'assemblyscript', 'c', 'rust', 'zig'" in done.stderr


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        create("mine", "c", parent=tmp_path / "absent")


def test_templates_and_bindings_are_in_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    languages.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("cli/project/")}
    project = ROOT / "cli" / "project"
    files = {path.relative_to(ROOT).as_posix() for path in project.rglob("*") if path.is_file()}
    assert packed == files
