"""Artifacts are what the sources compile to; the compiler's input is exact; refusals are named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from bisection.calldata import StepProof
from merkle import Hash32
from solidity.abi import encode_call, selector
from solidity.artifacts import (
    ARTIFACTS,
    INDEX_FILE,
    INPUT_FILE,
    Artifact,
    artifact,
    digest,
    index,
    json_text,
)
from solidity.compile import (
    COMPILER,
    CONTRACTS,
    SOLC_VERSION,
    artifact_files,
    compile_contracts,
    main,
    standard_input,
    write_artifacts,
)
from solidity.errors import (
    ArtifactNotFound,
    ArtifactsStale,
    CompilationFailed,
    CompilerUnavailable,
    ContractNameRepeated,
    ContractTooLarge,
    LibraryNotLinked,
)
from solidity.gas import CODE_BYTES_MAX, CREATION_BYTES_MAX
from solidity.verify import check_sources, verify
from tests.languages import ROOT, missing, run
from tests.solidity.evms import CONTRACTS as PROBES
from tests.solidity.evms import compiled, evm_or_skip

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n"
ANSWER = HEAD + (
    "contract Answer { function answer() external pure returns (uint256) { return 42; } }\n"
)


@cache
def answer_files() -> dict[str, str]:
    """Return the artifacts of one small contract; without a compiler skip the test."""
    compiled()
    answer = {"Answer.sol": {"content": ANSWER}}
    text = json_text(json.loads(standard_input(PROBES)) | {"sources": answer})
    return artifact_files(text, compile_contracts(text))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a folder with one small contract, whose compiler is here."""
    answer_files()
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "Answer.sol").write_text(ANSWER)
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a folder with the artifacts of ``sources``."""
    folder = tmp_path / "artifacts"
    write_artifacts(answer_files(), folder)
    return folder


def test_artifacts_were_made_from_these_very_sources() -> None:
    # Needs no compiler: the input embeds the sources.
    check_sources()


def test_artifacts_are_what_the_sources_compile_to() -> None:
    try:
        verdicts = verify()
    except CompilerUnavailable as error:
        missing(str(error))
    assert verdicts
    assert [verdict for verdict in verdicts if verdict.difference] == []


def test_the_index_has_size_and_hash_of_everything() -> None:
    found = index()
    text = (ARTIFACTS / INPUT_FILE).read_bytes()
    assert found["input"] == {"file": INPUT_FILE, "sha256": f"0x{sha256(text).hexdigest()}"}
    assert found["solc"].startswith(f"{SOLC_VERSION}+commit.")
    assert {path.name for path in ARTIFACTS.iterdir()} == {
        *(INDEX_FILE, INPUT_FILE),
        *(entry["file"] for entry in found["contracts"].values()),
    }
    for name, entry in found["contracts"].items():
        one = artifact(name)
        assert (one.name, one.source) == (name, entry["source"])
        for code, kept in [(one.creation_code, "creationCode"), (one.runtime_code, "runtimeCode")]:
            assert entry[kept] == {"bytes": len(code), "sha256": digest(code)}
        abi = json.dumps(list(one.abi), separators=(",", ":"), sort_keys=True)
        assert entry["abi"] == {"sha256": digest(abi.encode())}
        assert 0 < len(one.runtime_code) <= CODE_BYTES_MAX
        assert len(one.creation_code) <= CREATION_BYTES_MAX


def test_every_file_has_the_one_form() -> None:
    for path in ARTIFACTS.iterdir():
        data = path.read_bytes()
        contents = json.loads(data)
        assert data.decode("ascii") == json.dumps(contents, indent=2, sort_keys=True) + "\n"


def test_the_input_names_no_path_and_pins_every_setting() -> None:
    found = json.loads((ARTIFACTS / INPUT_FILE).read_text())
    assert found["settings"] == {
        "evmVersion": "cancun",
        "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
        "optimizer": {"enabled": True, "runs": found["settings"]["optimizer"]["runs"]},
        "outputSelection": {
            "*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}
        },
        "viaIR": True,
    }
    names = {path.relative_to(CONTRACTS).as_posix() for path in CONTRACTS.rglob("*.sol")}
    assert set(found["sources"]) == names
    assert list(found["sources"]) == sorted(names)
    assert str(ROOT) not in json.dumps(found)


def test_an_artifact_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ArtifactNotFound, match="no contract 'Nothing'; known are: ") as refused:
        artifact("Nothing")
    assert refused.value.known == ", ".join(sorted(index()["contracts"]))


def test_compiling_twice_in_other_folders_gives_the_same_bytes(
    sources: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(sources, copy)
    assert standard_input(copy) == standard_input(sources)
    text = standard_input(copy)
    assert artifact_files(text, compile_contracts(text)) == answer_files()
    assert set(answer_files()) == {INDEX_FILE, INPUT_FILE, "Answer.json"}


def test_libraries_interfaces_and_abstract_contracts_are_no_artifacts() -> None:
    probe = compiled()["Probe"]
    assert list(compiled()) == ["Probe"]
    assert repr(probe) == f"Artifact(Probe, {len(probe.runtime_code)} bytes)"
    assert probe.source == "Probe.sol"


def test_code_has_no_metadata_and_does_not_depend_on_comments(sources: Path) -> None:
    (sources / "Answer.sol").write_text(ANSWER + "// Changed.\n")
    (changed,) = compile_contracts(standard_input(sources)).artifacts
    assert changed.as_json_text() == answer_files()["Answer.json"]


def test_a_compiled_contract_runs(sources: Path) -> None:
    (answer,) = compile_contracts(standard_input(sources)).artifacts
    with evm_or_skip("py-evm") as evm:
        at = evm.deploy(answer.creation_code)
        assert evm.code(at) == answer.runtime_code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}contract Broken {{", "ParserError: Function, variable"),
        (f"{HEAD}contract C {{ function f() public pure {{ int x; }} }}", "Warning: Unused local"),
        ("pragma solidity 0.8.37;\n", "Warning: SPDX license identifier not provided"),
        (f'{HEAD}import "/etc/passwd";', 'Error: Source "/etc/passwd" not found'),
        (f'{HEAD}import "./Nowhere.sol";', 'Error: Source "Nowhere.sol" not found'),
        (HEAD.replace("0.8.37", "0.8.36"), "Source file requires different compiler version"),
    ],
)
def test_errors_and_warnings_are_refused_with_the_compilers_words(
    sources: Path, text: str, said: str
) -> None:
    (sources / "Other.sol").write_text(text)
    with pytest.raises(CompilationFailed) as refused:
        compile_contracts(standard_input(sources))
    assert str(refused.value).startswith("solc: ")
    assert said in str(refused.value)
    assert "Other.sol" in str(refused.value)


def test_a_library_that_would_have_to_be_deployed_is_refused(sources: Path) -> None:
    (sources / "Linked.sol").write_text(
        f"{HEAD}library L {{ function f() external pure returns (uint256) {{ return 1; }} }}\n"
        "contract Linked { function g() external pure returns (uint256) { return L.f(); } }\n"
    )
    with pytest.raises(LibraryNotLinked, match="Linked refers to a library"):
        compile_contracts(standard_input(sources))


def test_two_contracts_of_one_name_are_refused(sources: Path) -> None:
    (sources / "below").mkdir()
    (sources / "below" / "Answer.sol").write_text(ANSWER)
    with pytest.raises(ContractNameRepeated, match=r"in Answer\.sol and in below/Answer\.sol"):
        compile_contracts(standard_input(sources))


def test_no_node_and_no_solc_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = standard_input(PROBES)
    if shutil.which("node") is not None:
        monkeypatch.setattr("solidity.compile.COMPILER", tmp_path)
        with pytest.raises(CompilerUnavailable, match="npm's solc is not installed: install Node"):
            compile_contracts(text)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerUnavailable, match="Node is not here: install Node and run `npm"):
        compile_contracts(text)


def _compiler_that_says(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("node") is None:
        missing("no Node")
    (folder / "node_modules" / "solc").mkdir(parents=True)
    (folder / "node_modules" / "solc" / "package.json").write_text("{}")
    (folder / "compile.js").write_text(script)
    monkeypatch.setattr("solidity.compile.COMPILER", folder)


@pytest.mark.parametrize(
    ("creation_bytes", "runtime_bytes", "what"),
    [
        (CREATION_BYTES_MAX, CODE_BYTES_MAX, None),
        (CREATION_BYTES_MAX + 1, 1, "creation code of 49153 bytes, more than the 49152 "),
        (1, CODE_BYTES_MAX + 1, "runtime code of 24577 bytes, more than the 24576 "),
    ],
)
def test_what_no_chain_takes_is_refused_when_it_is_compiled(
    creation_bytes: int,
    runtime_bytes: int,
    what: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # solc itself takes half a minute for a contract of this size.
    codes = {
        "bytecode": {"object": "00" * creation_bytes},
        "deployedBytecode": {"object": "00" * runtime_bytes},
    }
    output = {"contracts": {"A.sol": {"A": {"abi": [{"type": "fallback"}], "evm": codes}}}}
    script = f"console.log('{SOLC_VERSION}+commit.1\\n' + `{json.dumps(output)}`)"
    _compiler_that_says(tmp_path, script, monkeypatch)
    if what is None:
        (large,) = compile_contracts(standard_input(PROBES)).artifacts
        assert len(large.runtime_code) == runtime_bytes
        return
    with pytest.raises(ContractTooLarge, match=f"A: {what}"):
        compile_contracts(standard_input(PROBES))


def test_what_a_fallback_answers_is_in_the_abi(tmp_path: Path) -> None:
    compiled()
    interface = "interface IAsked { function answer() external pure returns (uint256); }\n"
    body = "fallback() external { assembly { mstore(0, 42) return(0, 32) } }"
    (tmp_path / "IAsked.sol").write_text(f"{HEAD}{interface}")
    (tmp_path / "Asked.sol").write_text(f"{HEAD}contract Asked {{ {body} }}\n")
    (asked,) = compile_contracts(standard_input(tmp_path)).artifacts
    assert [entry["type"] for entry in asked.abi] == ["fallback", "function"]
    assert encode_call(asked.abi, "answer") == selector("answer()")


def test_a_contract_without_a_fallback_has_the_functions_that_it_declares(tmp_path: Path) -> None:
    compiled()
    interface = "interface IAnswer { function question() external pure returns (uint256); }\n"
    (tmp_path / "IAnswer.sol").write_text(f"{HEAD}{interface}")
    (tmp_path / "Answer.sol").write_text(ANSWER)
    (answer,) = compile_contracts(standard_input(tmp_path)).artifacts
    assert [entry["name"] for entry in answer.abi] == ["answer"]


def test_an_encoder_of_the_verifier_s_abi_makes_its_canonical_call() -> None:
    proof = StepProof(
        pre_state=bytes(range(256)) + bytes(64),
        op=bytes(range(16)),
        witness=b"w" * 33,
        post_state=Hash32(b"\7" * 32),
    )
    arguments = (proof.pre_state, proof.op, proof.witness, proof.post_state)
    abi = artifact("OneStepVerifier").abi
    assert encode_call(abi, "oneStepVerify", *arguments) == proof.calldata()


def test_another_solc_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _compiler_that_says(tmp_path, 'console.log("0.8.3+commit.1\\n{}")', monkeypatch)
    with pytest.raises(CompilerUnavailable, match=r"solc is 0\.8\.3\+commit\.1, not 0\.8\.37"):
        compile_contracts(standard_input(PROBES))


def test_a_compiler_that_breaks_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _compiler_that_says(tmp_path, 'console.error("out of memory"); process.exit(3)', monkeypatch)
    with pytest.raises(CompilationFailed, match="solc: out of memory"):
        compile_contracts(standard_input(PROBES))


def test_a_compiler_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _compiler_that_says(tmp_path, "setInterval(() => {}, 1000)", monkeypatch)
    monkeypatch.setattr("solidity.compile.SECONDS_MAX", 0.5)
    with pytest.raises(CompilationFailed, match=r"not done in 0\.5 s"):
        compile_contracts(standard_input(PROBES))


def test_written_artifacts_verify(sources: Path, made: Path) -> None:
    (verdict,) = verify(contracts=sources, artifacts=made)
    assert (verdict.name, verdict.difference) == ("Answer", "")


def test_writing_takes_away_what_is_of_no_contract(made: Path) -> None:
    (made / "Gone.json").write_text("{}\n")
    write_artifacts(answer_files(), made)
    assert not (made / "Gone.json").exists()


@pytest.mark.parametrize("change", ["// A comment.\n", "\n", " "])
def test_stale_sources_are_told_without_a_compiler(
    sources: Path, made: Path, change: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check_sources(contracts=sources, artifacts=made)
    (sources / "Answer.sol").write_text(ANSWER + change)
    with pytest.raises(ArtifactsStale, match="the sources or settings are not those of the arti"):
        check_sources(contracts=sources, artifacts=made)
    (sources / "Answer.sol").write_text(ANSWER)
    (sources / "Another.sol").write_text(HEAD)
    with pytest.raises(ArtifactsStale, match="run `make contracts`"):
        verify(contracts=sources, artifacts=made)
    (made / INPUT_FILE).unlink()
    with pytest.raises(ArtifactsStale, match=r"there is no input\.json: run"):
        check_sources(contracts=sources, artifacts=made)


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('"runtimeCode": "0x', '"runtimeCode": "0x00', "runtimeCode differs"),
        ('"creationCode": "0x', '"creationCode": "0x00', "creationCode differs"),
        ('"name": "answer"', '"name": "question"', "abi differs"),
        ('"creationCode"', '"other"', "not an artifact"),
        ("{", "[", "not an artifact"),
        ("0x", "0X", "creationCode differs"),
        ("\n  ", "\n ", "written in another form"),
        ('"source": "Answer.sol"', '"source": "answer.sol"', "written in another form"),
    ],
)
def test_any_change_to_an_artifact_is_found(
    sources: Path, made: Path, old: str, new: str, difference: str
) -> None:
    path = made / "Answer.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    (verdict,) = verify(contracts=sources, artifacts=made)
    assert (verdict.name, verdict.difference) == ("Answer", difference)


def test_a_missing_artifact_is_found(sources: Path, made: Path) -> None:
    (made / "Answer.json").unlink()
    (verdict,) = verify(contracts=sources, artifacts=made)
    assert verdict.difference == "Answer.json is missing"
    (made / "Answer.json").write_bytes(b"\xff\xfe")
    (verdict,) = verify(contracts=sources, artifacts=made)
    assert verdict.difference == "not an artifact"


def test_a_changed_index_is_found(sources: Path, made: Path) -> None:
    path = made / INDEX_FILE
    text = path.read_text()
    path.write_text(text.replace('"bytes": ', '"bytes": 1', 1))
    with pytest.raises(ArtifactsStale, match=r"index\.json is not that of the artifacts"):
        verify(contracts=sources, artifacts=made)
    path.write_text(text.replace("0.8.37", "0.8.36"))
    with pytest.raises(ArtifactsStale, match=r"made by solc 0\.8\.36\+commit.*, not 0\.8\.37"):
        verify(contracts=sources, artifacts=made)
    path.write_text("[")
    with pytest.raises(ArtifactsStale, match=r"index\.json is not an index"):
        verify(contracts=sources, artifacts=made)
    path.unlink()
    with pytest.raises(ArtifactsStale, match="there are no artifacts"):
        verify(contracts=sources, artifacts=made)


def test_a_file_of_no_contract_is_found(sources: Path, made: Path) -> None:
    (made / "Gone.json").write_text("{}\n")
    with pytest.raises(ArtifactsStale, match=r"Gone\.json is of no contract"):
        verify(contracts=sources, artifacts=made)


def test_the_command_that_compiles_reports_a_refusal_in_the_compilers_words(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (sources / "Broken.sol").write_text("contract")
    text = standard_input(sources)
    monkeypatch.setattr("solidity.compile.standard_input", lambda: text)
    assert main() == 1
    assert "error: solc: ParserError: " in capsys.readouterr().err


def test_the_lock_pins_the_compiler_and_names_no_registry() -> None:
    lock = json.loads((COMPILER / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/solc"]["version"] == SOLC_VERSION
    assert lock["packages"]["node_modules/@foundry-rs/anvil-linux-amd64"]["version"] == "1.7.1"
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, f"{name}: the lock names a registry"
        assert not name or entry["integrity"].startswith("sha512-"), name


def test_a_wheel_holds_sources_and_artifacts_and_no_node_modules(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("bench/", "tests/", "examples/")):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    (tree / "solidity" / "compiler" / "node_modules").mkdir()
    (tree / "solidity" / "compiler" / "node_modules" / "stray.js").write_text("")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=tree)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for path in [*ARTIFACTS.iterdir(), *CONTRACTS.rglob("*.sol"), COMPILER / "compile.js"]:
        assert path.relative_to(ROOT).as_posix() in held
    assert {"solidity/compiler/package.json", "solidity/compiler/package-lock.json"} <= held
    assert not [name for name in held if "node_modules" in name]


def test_an_artifact_is_a_value() -> None:
    fields = {"name": "A", "source": "A.sol", "creation_code": b"\1", "runtime_code": b"\2"}
    one = Artifact(abi=(), **fields)
    assert one == Artifact(abi=(), **fields)
    assert json.loads(one.as_json_text()) == {
        **{"abi": [], "creationCode": "0x01", "name": "A", "runtimeCode": "0x02"},
        "source": "A.sol",
    }
