"""What cases are made from is what it seems: proofs, modules, chance, steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.corpus import proofs
from conformance.corpus.chance import Chance
from conformance.corpus.modules import TIC_TAC_TOE, samples
from conformance.corpus.steps import machines
from conformance.corpus.wasm_text import code
from conformance.corpus.wrong_steps import GENERATORS
from conformance.format import VectorSet
from conformance.formats.ordered_map.cases import deep_rows, map_of
from conformance.formats.program.refused import refused
from merkle.proof_bytes import encode_delete, encode_get, encode_put, encode_seek
from wasm_interp.instructions import INSTRUCTIONS
from wasm_interp.link import load

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["empty", "one_row", "words", "longest", "random"])
def test_two_writers_of_proofs_write_the_same(name: str) -> None:
    rows = map_of(name)
    for key in (*(row.key for row in rows.items()), b"aa", b"\xff\xff", b"m"):
        get, put, delete = rows.prove_get(key), rows.prove_put(key), rows.prove_delete(key)
        assert proofs.encode_row_proof(get) == encode_get(get)
        assert proofs.encode_row_proof(put) == encode_put(put)
        assert proofs.encode_row_proof(delete) == encode_delete(delete)
        for strict in (False, True):
            for proof in (rows.prove_seek(key, strict), rows.prove_seek_back(key, strict)):
                assert proofs.encode_seek_proof(proof) == encode_seek(proof)


def test_the_deepest_path_has_as_many_branches_as_there_can_be() -> None:
    rows = map_of("deep")
    assert len(rows) == len(list(deep_rows())) == 720
    assert len(proofs.path_of(rows, b"\xff" * 80).branches) == 719


def test_the_seed_s_reducer_is_the_example() -> None:
    example = ROOT / "examples" / "tic_tac_toe" / "tic_tac_toe.wasm"
    assert example.read_bytes() == TIC_TAC_TOE.read_bytes()


@pytest.mark.parametrize("name", samples())
def test_a_sample_is_valid_webassembly_for_others_too(name: str) -> None:
    wasmtime = pytest.importorskip("wasmtime", reason="wasmtime (extra `text`) is not installed")
    wasmtime.Module.validate(wasmtime.Engine(), samples()[name].wasm)
    assert load(samples()[name].wasm).words


def test_what_is_malformed_or_invalid_is_so_for_others_too() -> None:
    wasmtime = pytest.importorskip("wasmtime", reason="wasmtime (extra `text`) is not installed")
    # Later specifications made these valid: there they are read otherwise.
    later = {"malformed_memory_size_byte", "malformed_limits", "malformed_data_count"}
    for entry in refused():
        kind = entry.name.split("_")[0]
        if kind not in {"malformed", "invalid"} or entry.name in later or "opcode" in entry.name:
            continue
        with pytest.raises(wasmtime.WasmtimeError):
            wasmtime.Module.validate(wasmtime.Engine(), entry.wasm)


def test_instructions_are_written_as_the_text_format_has_them() -> None:
    assert code("i32.const -1 i64.const 128 drop").hex() == "417f4280011a"
    assert code("block:i32 br_table:0,1 end").hex() == "027f0e0100010b"
    assert code("i32.load offset=300 memory.copy memory.fill").hex() == "2800ac02fc0a0000fc0b00"
    assert code("call_indirect 3 raw:0b45 ;; nothing").hex() == "1103000b45"


def test_chance_is_the_same_everywhere() -> None:
    chance = Chance("seed")
    assert chance.bytes(5).hex() == "1d28e2a636"
    assert [chance.below(10) for _ in range(5)] == [6, 2, 1, 7, 2]


def test_a_machine_stands_before_every_instruction() -> None:
    stands = {machine.word().code for machine in machines().values() if machine.word()}
    assert stands == INSTRUCTIONS.keys()


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.__name__)
def test_a_wrong_step_says_what_is_wrong(generator: object) -> None:
    for case in generator(VectorSet.FULL):  # type: ignore[operator]
        assert case.error is not None
        assert case.comment
