"""What Solidity takes from Python: errors, codes, limits and places, as the compiler reads them."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import product

import pytest

from bisection.calldata import SELECTOR, SIGNATURE
from merkle import keccak256
from solidity.artifacts import artifact
from tools.generate import ROOT
from tools.solidity import ERRORS, GAME_ERRORS, SOLIDITY, SOLIDITY_TYPES, camel_case
from wasm_interp.instructions import INSTRUCTIONS, U32, U64, Family, Word, is_valid
from wasm_interp.opcodes import BY_NAME, ValueType
from wasm_interp.profile import PROFILE_V1
from wasm_interp.state import State, Status, TrapCode

CONSTANT = re.compile(r"uint256 internal constant (\w+) = (\w+);")


def constants(file: str) -> dict[str, int]:
    text = (ROOT / "solidity" / "contracts" / file).read_text(encoding="utf-8")
    return {name: int(value, 0) for name, value in CONSTANT.findall(text)}


OPCODES = constants("Opcodes.sol")
LAYOUT = constants("RecordLayout.sol")


def members(name: str) -> set[int]:
    return {code for code in range(256) if OPCODES[name] >> code & 1}


def test_generated_files_are_what_the_generator_gives() -> None:
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in SOLIDITY}
    assert texts == {file: make() for file, make in SOLIDITY.items()}


def test_the_verifier_reverts_with_the_errors_of_python_and_no_others() -> None:
    reverted = {
        entry["name"]: [(item["name"], item["type"]) for item in entry["inputs"]]
        for entry in artifact("OneStepVerifier").abi
        if entry["type"] == "error"
    }
    assert reverted == {
        error.__name__: [
            (camel_case(field.name), SOLIDITY_TYPES[str(field.type)])
            for field in fields(error)  # type: ignore[arg-type]
        ]
        for error in ERRORS
    }


def test_no_two_errors_have_one_selector() -> None:
    errors = (*ERRORS, *GAME_ERRORS)
    signatures = {
        f"{error.__name__}({','.join(SOLIDITY_TYPES[str(field.type)] for field in fields(error))})"  # type: ignore[arg-type]
        for error in errors
    }
    selectors = {keccak256(signature.encode())[:4] for signature in signatures}
    assert len(selectors) == len(signatures) == len(errors)


def test_the_interface_has_the_selector_of_python() -> None:
    text = (ROOT / "solidity" / "contracts" / "IOneStepVerifier.sol").read_text(encoding="utf-8")
    found = re.search(r"function (\w+)\(([^)]*)\)", text)
    assert found is not None
    types = ",".join(parameter.split()[0] for parameter in found[2].split(","))
    assert f"{found[1]}({types})".encode() == SIGNATURE
    assert keccak256(SIGNATURE)[:4] == SELECTOR


def test_each_instruction_is_a_constant() -> None:
    for row in INSTRUCTIONS.values():
        assert OPCODES[row.name.upper().replace(".", "_")] == row.code


@pytest.mark.parametrize("family", Family)
def test_families_hold_their_codes(family: Family) -> None:
    assert members(family.name) == {c for c, row in INSTRUCTIONS.items() if row.family is family}


def test_every_code_is_in_one_family() -> None:
    assert members("ALL") == set(INSTRUCTIONS)
    assert sum(OPCODES[family.name] for family in Family) == OPCODES["ALL"]


def is_valid_as_in_solidity(word: bytes) -> bool:
    """Answer as `Opcodes.isValid` does, from the constants that it uses."""
    code, a, b = word[0], int.from_bytes(word[4:8], "big"), int.from_bytes(word[8:], "big")
    small = {"ENTER": "ENTER_A_MAX", "HALT": "HALT_A_MAX", "TRAP": "TRAP_A_MAX"}
    a_max = {OPCODES[name]: OPCODES[limit] for name, limit in small.items()}
    return (
        code in members("ALL")
        and word[1:4] == bytes(3)
        and (a == 0 or code in members("A_U32") or a <= a_max.get(code, 0))
        and (b == 0 or code in members("B_U64") or (code in members("B_U32") and b <= U32))
        and (code != OPCODES["TRAP"] or a != 0)
    )


def test_the_sets_of_immediates_say_which_words_are_valid() -> None:
    for code, a, b in product(range(256), (0, 1, 2, 8, 9, 14, 15, U32), (0, 1, U32, U32 + 1, U64)):
        word = Word(code, a, b)
        assert is_valid_as_in_solidity(word.encode()) == is_valid(word), word


def test_operands_and_widths_are_those_of_the_rows() -> None:
    for code, row in INSTRUCTIONS.items():
        operands = BY_NAME[row.name].pops if row.family is Family.NUMERIC else ()
        assert (code in members("BINARY")) == (len(operands) == 2), row.name
        assert (code in members("I64_OPERANDS")) == (ValueType.I64 in operands), row.name
        if "width" in row.params:
            place = 4 * (code - OPCODES["ACCESS_FIRST"])
            assert OPCODES["ACCESS_WIDTHS"] >> place & 15 == row.params["width"], row.name
            assert (code in members("STORE")) == ("store" in row.name), row.name
            assert (code in members("LOAD_SIGNED")) == row.name.endswith("_s"), row.name
            signed_i64 = row.name.startswith("i64") and row.name.endswith("_s")
            assert (code in members("LOAD_SIGNED_I64")) == signed_i64, row.name


def test_statuses_and_trap_codes_are_those_of_the_record() -> None:
    assert constants("Statuses.sol") == {status.name: status.value for status in Status}
    assert constants("TrapCodes.sol") == {code.name: code.value for code in TrapCode}


def test_limits_are_those_of_the_profile() -> None:
    limits = constants("Limits.sol")
    assert limits["KEY_MAX"] == PROFILE_V1.key_bytes_max
    assert limits["VALUE_MAX"] == PROFILE_V1.value_bytes_max
    assert limits["CALL_DEPTH_MAX"] == PROFILE_V1.call_depth_max
    assert limits["MESSAGE_MAX"] == PROFILE_V1.message_bytes_max
    assert limits["READ_MAX"] == PROFILE_V1.message_read_bytes_max


def test_places_in_the_header_are_those_that_states_encode_to() -> None:
    roots = {field.name: bytes(32) for field in fields(State) if field.type == "Hash32"}
    numbers = [name for name in State.__slots__ if name not in roots]
    assert len(numbers) + 1 == sum(name.endswith("_SHIFT") for name in LAYOUT)
    values = {name: index + 1 for index, name in enumerate(numbers)}
    state = State(**{**values, **roots})  # type: ignore[arg-type]
    header = int.from_bytes(state.encode()[:32], "big")
    for name, value in values.items():
        shift, mask = LAYOUT[f"{name.upper()}_SHIFT"], LAYOUT[f"{name.upper()}_MASK"]
        assert header >> shift & mask == value, name
    assert header >> LAYOUT["VERSION_SHIFT"] & LAYOUT["VERSION_MASK"] == LAYOUT["RECORD_VERSION"]
    assert len(state.encode()) == LAYOUT["RECORD_BYTES"]
