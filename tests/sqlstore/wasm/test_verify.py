"""A linked module's statements against the SQL that it carries: whatever is changed is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlstore.wasm.append import SYMBOL_PREFIX
from sqlstore.wasm.errors import AlreadyLinked, LinkedCodeDiffers, SqlMissing
from sqlstore.wasm.link import link
from sqlstore.wasm.sections import sql_section
from sqlstore.wasm.verify import verify_linked
from tests.sqlstore.wasm.test_link import BODY, IMPORTS, QUERIES, SCHEMA, WAT, linked
from tests.wasm_interp.wat import wasm_of
from wasm_interp.binary import decode
from wasm_interp.encode import encode
from wasm_interp.module import ExternKind, Instr, Module
from wasm_interp.opcodes import CALL


def there(wasm: bytes) -> list[str]:
    return [name for name, found in verify_linked(wasm).items() if found]


def rewritten(module: Module) -> bytes:
    return encode(module) + sql_section(SCHEMA, QUERIES)


def test_the_statements_of_a_linked_module_are_named() -> None:
    # `upper` and `lower` of the runtime are in it, too: the first is no statement.
    assert there(linked()) == ["add_unit", "return", "lower"]
    assert verify_linked(linked())["unused"] is False


def test_a_statement_is_told_from_a_function_of_the_runtime_of_its_name() -> None:
    """`Return` needs nothing of `Lower`; here it needs the runtime's function of that name."""
    queries = QUERIES.replace("upper(name)", "lower(name)")
    body = (
        BODY[: BODY.index('  (func (export "lower")')] + BODY[BODY.index('  (func (export "red') :]
    )
    imports = "".join(line for line in IMPORTS.splitlines(True) if '"lower"' not in line)
    wasm = link(wasm_of(f"(module {imports} {body})"), schema=SCHEMA, queries=queries)
    assert f"{SYMBOL_PREFIX}lower" in decode(wasm).names.values()
    assert there(wasm) == ["add_unit", "return"]


def test_every_changed_instruction_of_a_statement_is_seen() -> None:
    module = decode(linked())
    own = len(decode(wasm_of(WAT)).functions)
    seen = set()
    for at in range(own, len(module.functions)):
        function = module.functions[at]
        for place, instr in enumerate(function.body):
            if (changed := _changed(instr, module)) is None:
                continue
            body = (*function.body[:place], changed, *function.body[place + 1 :])
            functions = list(module.functions)
            functions[at] = replace(function, body=body)
            with pytest.raises(LinkedCodeDiffers):
                verify_linked(rewritten(replace(module, functions=tuple(functions))))
            seen.add(instr.opcode.name)
    assert seen == {"i32.const", "call"}


def _changed(instr: Instr, module: Module) -> Instr | None:
    """Return an instruction that is valid in the same place and does something else."""
    if instr.opcode.name == "i32.const":
        return replace(instr, a=instr.a ^ 1)
    if instr.opcode.code == CALL:
        types = module.function_types()
        others = (index for index, one in enumerate(types) if one == types[instr.a])
        return next((replace(instr, a=index) for index in others if index != instr.a), None)
    return None


def test_a_function_too_many_or_too_few_is_seen() -> None:
    module = decode(linked())
    imported = len(module.imported(ExternKind.FUNCTION))
    last = imported + len(module.functions)
    more = replace(
        module,
        functions=(*module.functions, module.functions[-1]),
        names={**module.names, last: f"{SYMBOL_PREFIX}more"},
    )
    fewer = replace(module, names={**module.names, last - 1: "own"})
    for changed in (more, fewer):
        with pytest.raises(LinkedCodeDiffers):
            verify_linked(rewritten(changed))


def test_what_is_not_named_is_no_statement() -> None:
    assert there(rewritten(replace(decode(linked()), names={}))) == []


def test_other_sql_than_was_compiled_is_seen() -> None:
    other = QUERIES.replace("upper(name)", "lower(name)")
    with pytest.raises(LinkedCodeDiffers):
        verify_linked(encode(decode(linked())) + sql_section(SCHEMA, other))


def test_a_module_without_sql_and_one_that_has_it_already_are_refused() -> None:
    with pytest.raises(SqlMissing):
        verify_linked(wasm_of(WAT))
    with pytest.raises(AlreadyLinked):
        link(linked(), schema=SCHEMA, queries=QUERIES)
