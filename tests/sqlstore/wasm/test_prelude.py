"""The words that Python's tools know are those that the compiler knows, with the same types."""

from __future__ import annotations

import ast
import inspect

import pytest

from sqlstore.wasm import prelude, words
from tests.sqlstore.wasm.programs import program_of
from wasm_interp.host import HOST_TYPES
from wasm_interp.module import FunctionType
from wasm_interp.opcodes import ValueType

FUNCTIONS = {
    node.name: node
    for node in ast.parse(inspect.getsource(prelude)).body
    if isinstance(node, ast.FunctionDef)
}
I32, I64 = ValueType.I32, ValueType.I64


def annotated(name: str, kind: ValueType) -> FunctionType:
    """Return the type that the prelude gives a word, ``kind`` standing for either type."""
    node = FUNCTIONS[name]
    kinds = {"i32": (I32,), "i64": (I64,), "i32 | i64": (kind,), "None": (), "Never": ()}
    params = [kinds[ast.unparse(each.annotation)][0] for each in node.args.args if each.annotation]
    assert node.returns is not None
    return FunctionType(tuple(params), kinds[ast.unparse(node.returns)])


def test_the_names_are_the_same() -> None:
    assert set(FUNCTIONS) | set(words.TYPES) == words.WORDS
    assert set(words.CONVERSIONS) == {*words.TYPES, "u64"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("kind", list(ValueType))
def test_a_word_takes_and_gives_what_the_prelude_says(name: str, kind: ValueType) -> None:
    if name in words.STORES and kind not in words.STORES[name]:
        pytest.skip("there is no such store")
    type_ = annotated(name, kind)
    params = ", ".join(f"p{at}: {each.text}" for at, each in enumerate(type_.params))
    given = [f"p{at}" for at, _ in enumerate(type_.params)]
    if FUNCTIONS[name].args.defaults:
        given[-1] = "offset=5"
    result = type_.results[0].text if type_.results else "None"
    called = f"{name}({', '.join(given)})"
    body = f"return {called}" if type_.results else called
    program = program_of(f"def f({params}) -> {result}:\n    {body}\n")
    assert program.exports["f"].type == type_


def test_host_functions_have_the_hosts_types() -> None:
    for word, host in words.HOST_WORDS.items():
        assert annotated(word, I32) == HOST_TYPES[host]


def test_a_word_does_not_run_as_python() -> None:
    with pytest.raises(prelude.NotRun):
        prelude.load8(0)
