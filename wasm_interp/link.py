"""Linking: a module, its host imports and generated functions become a `Program`.

`load` is the way in: bytes to program, every check included.

Spec: docs/spec/lowering.md, docs/spec/turn.md. Not here: what the entry stub says
(`wasm_interp.abi`), how code is flattened (`wasm_interp.lower`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from merkle import keccak256
from wasm_interp.abi import (
    BARE,
    REDUCE,
    STATE_BYTES_DEFAULT,
    Entry,
    Form,
    GeneratedFunction,
    entry_of,
)
from wasm_interp.assemble import assemble
from wasm_interp.binary import decode
from wasm_interp.commitments import padded
from wasm_interp.errors import InputError, LinkError, NotAReducer
from wasm_interp.host import HOST_FUNCTIONS, HOST_TYPES
from wasm_interp.lower import LinkedFunction, Lowered, canonical_type_ids, lower
from wasm_interp.module import ExternKind, Instr, Limits, Module
from wasm_interp.opcodes import BY_NAME
from wasm_interp.profile import PAGE_BYTES, PROFILE_V1, Profile
from wasm_interp.program import Function, Program
from wasm_interp.validate import check_imports, validate

_END: Final = Instr(opcode=BY_NAME["end"])


def load(
    wasm: bytes,
    *,
    reducer: bool | None = None,
    state_bytes_max: int = STATE_BYTES_DEFAULT,
    fuel: int | None = None,
    profile: Profile = PROFILE_V1,
) -> Program:
    """Return the program of the module ``wasm``: decoded, validated, linked, lowered.

    A module with the reducer ABI is linked as a reducer; it must have the ABI if ``reducer`` is
    True, and is linked as a bare module if it is False.
    ``state_bytes_max`` bounds the state of the blob form, ``fuel`` (default: the profile's) is what
    each message gets; both are part of the reducer id.
    Raises `Malformed`, `ProfileViolation`, `Invalid`, `LinkError`, `InputError`.
    """
    assert profile.runs_as(PROFILE_V1), "the machine's own limits are those of profile v1"
    fuel = profile.fuel_max if fuel is None else fuel
    if not 0 <= fuel <= profile.fuel_max:
        raise InputError(f"fuel must be 0 to {profile.fuel_max}, not {fuel} (P-1)")
    module = decode(wasm, profile)
    validate(module, profile)
    check_imports(module, HOST_TYPES)
    entry = BARE if reducer is False else _entry(module, state_bytes_max, required=bool(reducer))
    return _link(module, wasm, entry, state_bytes_max=state_bytes_max, fuel=fuel, profile=profile)


def _entry(module: Module, state_bytes_max: int, *, required: bool) -> Entry:
    try:
        return entry_of(module, state_bytes_max=state_bytes_max)
    except NotAReducer:
        if required:
            raise
        # P-12: any module in the profile can be called.
        return BARE


def _link(
    module: Module,
    wasm: bytes,
    entry: Entry,
    *,
    state_bytes_max: int,
    fuel: int,
    profile: Profile,
) -> Program:
    linked = _link_functions(module, entry.functions)
    lowered = lower(linked, types=module.types, profile=profile)
    functions = tuple(
        Function(index=index, symbol=function.symbol, type=function.type, pc=pc)
        for index, (function, pc) in enumerate(zip(linked, lowered.function_pcs, strict=True))
    )
    exports = {
        export.name: functions[export.index]
        for export in module.exports
        if export.kind is ExternKind.FUNCTION
    }
    memory = _Memory.of(module, extra_pages=entry.pages, profile=profile)
    return Program(
        linked=linked,
        words=lowered.words,
        origins=lowered.origins,
        functions=functions,
        exports=exports,
        exported_globals={
            export.name: export.index
            for export in module.exports
            if export.kind is ExternKind.GLOBAL
        },
        memory=memory.image,
        memory_max=memory.pages_max,
        globals=padded([entry.init[0].a for entry in module.globals]),
        table=_table(module, lowered),
        start_pc=None if module.start is None else functions[module.start].pc,
        form=entry.form,
        entry_pc=_entry_pc(entry.form, module, functions),
        state_bytes_max=state_bytes_max if entry.form is Form.BLOB else None,
        fuel=fuel,
        profile=profile,
        wasm_hash=keccak256(wasm),
        module=module,
    )


def _entry_pc(form: Form | None, module: Module, functions: Sequence[Function]) -> int | None:
    """Return where a reducer begins. Found by index: names in a module are its author's choice.

    Spec: T-5.
    """
    match form:
        case None:
            return None
        case Form.DB:
            exported = (entry for entry in module.exports if entry.name == REDUCE)
            return functions[next(exported).index].pc
        case Form.BLOB:
            return functions[len(module.imported(ExternKind.FUNCTION)) + len(module.functions)].pc


def _link_functions(
    module: Module, generated: Sequence[GeneratedFunction]
) -> tuple[LinkedFunction, ...]:
    """Return the linked index space: imports, definitions, generated, then what these call.

    The module's own indices stay as they are. Spec: L-1, L-2.
    """
    needs_pc = {export.index for export in module.exports if export.kind is ExternKind.FUNCTION}
    needs_pc |= {index for segment in module.elements for index in segment.functions}
    needs_pc |= set() if module.start is None else {module.start}
    imports = module.imported(ExternKind.FUNCTION)
    symbols = module.symbols()
    linked = [
        LinkedFunction(
            symbol=symbols[index],
            type=module.types[entry.type_index],
            host=HOST_FUNCTIONS[entry.module, entry.name][1],
            needs_pc=index in needs_pc,
        )
        for index, entry in enumerate(imports)
    ]
    linked += [
        LinkedFunction(
            symbol=symbols.get(len(imports) + index, f"${len(imports) + index}"),
            type=module.types[entry.type_index],
            locals_count=entry.locals_count,
            body=entry.body,
        )
        for index, entry in enumerate(module.functions)
    ]
    return (*linked, *_link_generated(module, generated, first=len(linked)))


def _link_generated(
    module: Module, generated: Sequence[GeneratedFunction], *, first: int
) -> list[LinkedFunction]:
    """Assemble generated functions, with the host functions that they call behind them."""
    if not generated:
        return []
    names = {
        f"${export.name}": export.index
        for export in module.exports
        if export.kind is ExternKind.FUNCTION
    }
    names |= {f"${entry.symbol.split(':')[-1]}": first + i for i, entry in enumerate(generated)}
    first_host = first + len(generated)
    names |= {f"${'.'.join(name)}": first_host + i for i, name in enumerate(HOST_FUNCTIONS)}
    functions = [
        LinkedFunction(
            symbol=entry.symbol,
            type=entry.type,
            locals_count=len(entry.locals),
            body=(
                *assemble(
                    entry.text,
                    locals={name: i for i, name in enumerate(entry.params + entry.locals)},
                    functions=names,
                ),
                _END,
            ),
        )
        for entry in generated
    ]
    hosts = [
        LinkedFunction(symbol=".".join(name), type=kind, host=code)
        for name, (kind, code) in HOST_FUNCTIONS.items()
    ]
    return functions + hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """The initial memory and the most pages that it may grow to."""

    image: bytes
    pages_max: int

    @classmethod
    def of(cls, module: Module, *, extra_pages: int, profile: Profile) -> _Memory:
        """Return the memory with its data, ``extra_pages`` above the module's own.

        Spec: L-3, P-10.
        """
        limits = module.memories[0] if module.memories else Limits(0, 0)
        pages = limits.minimum + extra_pages
        limit = profile.memory_pages_max
        assert pages <= limit, "validation and the entry's room have been checked"
        maximum = limit if limits.maximum is None else limits.maximum + extra_pages
        image = bytearray(pages * PAGE_BYTES)
        for segment in module.data:
            at = segment.place[0].a
            # Data belongs to the module's own pages, not to those that linking added.
            if at + len(segment.data) > limits.minimum * PAGE_BYTES:
                raise LinkError("P-10: data segment does not fit memory", segment.offset)
            image[at : at + len(segment.data)] = segment.data
        return cls(image=bytes(image), pages_max=min(maximum, limit))


def _table(module: Module, lowered: Lowered) -> tuple[int, ...]:
    """Return the table's entries. Spec: S-4, L-3, L-4."""
    length = module.tables[0].minimum if module.tables else 0
    entries = [0] * length
    ids = canonical_type_ids(module.types)
    types = module.function_types()
    type_of = {kind: ids[index] for index, kind in enumerate(module.types)}
    for segment in module.elements:
        at = segment.place[0].a
        if at + len(segment.functions) > length:
            raise LinkError("P-10: elements segment does not fit table", segment.offset)
        for i, index in enumerate(segment.functions):
            type_id = type_of[types[index]]
            entries[at + i] = type_id << 32 | lowered.function_pcs[index]
    return tuple(entries)
