"""The validator: whether a decoded module is well-typed, and within the limits of the profile.

Here: everything but function bodies, which `wasm_interp.validate_code` checks. Of the profile: P-1
except call depth and lowered code, P-5, P-6 and P-9; `check_imports` is P-8, for the linker to call
with the functions that it knows. Not here: whether segments fit (P-10) and the reducer ABI (P-12),
which the linker checks.

Spec: WebAssembly core 1.0, ``valid``; docs/spec/profile.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wasm_interp.errors import Invalid, ProfileViolation, printable
from wasm_interp.module import ExternKind, FunctionType, GlobalType, Instr, Limits, Module
from wasm_interp.opcodes import BY_NAME, GLOBAL_GET, I32_CONST, I64_CONST, ValueType
from wasm_interp.profile import PROFILE_V1, Profile
from wasm_interp.validate_code import Context, check_body

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEMORY_PAGES_MAX: Final = 65_536
"""What WebAssembly allows. The profile allows less."""

TABLE_ENTRIES_MAX: Final = 2**32 - 1

_CONST_TYPES = {I32_CONST: ValueType.I32, I64_CONST: ValueType.I64}

_EXTENDED_CONSTANTS = {
    BY_NAME[f"{kind.text}.{operator}"].code
    for kind in ValueType
    for operator in ("add", "sub", "mul")
}
"""What later specifications allow in constant expressions besides const and global.get."""


def validate(module: Module, profile: Profile = PROFILE_V1) -> None:
    """Check ``module`` against WebAssembly's rules and the profile's limits.

    Imports of functions are accepted whatever they are called: see `check_imports`.
    Raises `Invalid` where the module is not valid WebAssembly, `ProfileViolation` where it is valid
    but outside the profile; both name the function, the byte and the symbol, where there is one.
    """
    _check_types(module.types, profile)
    context = _context(module, profile)
    _check_memories_and_tables(module, profile)
    _check_globals(module, context)
    _check_exports(module, context)
    _check_start(module, context)
    _check_segments(module, context)
    for position, function in enumerate(module.functions):
        check_body(context, context.imported_functions + position, function)


def check_imports(module: Module, host_types: Mapping[tuple[str, str], FunctionType]) -> None:
    """Check that ``module`` imports only functions of ``host_types``, with their exact types.

    ``host_types`` maps (module, name) to a type. The module must be validated already.
    Raises `ProfileViolation`.

    Spec: docs/spec/profile.md, P-8.
    """
    function = -1
    for entry in module.imports:
        what = printable(f"{entry.module}.{entry.name}")
        if entry.kind is not ExternKind.FUNCTION:
            kind = entry.kind.name.lower()
            raise ProfileViolation(
                f"P-8: import {what} is a {kind}: only functions are imported", entry.offset
            )
        function += 1
        expected = host_types.get((entry.module, entry.name))
        if expected is None:
            raise ProfileViolation(
                f"P-8: import {what} is not a host function", entry.offset, function, symbol=what
            )
        found = module.types[entry.type_index]
        if found != expected:
            raise ProfileViolation(
                f"P-8: import {what} must have type {expected}, not {found}",
                entry.offset,
                function,
                symbol=what,
            )


def _check_types(types: Sequence[FunctionType], profile: Profile) -> None:
    for index, kind in enumerate(types):
        if len(kind.params) > profile.params_max:
            raise ProfileViolation(
                f"P-1: type {index} has {len(kind.params)} parameters, params_max is "
                f"{profile.params_max}"
            )
        if len(kind.results) > 1:
            raise ProfileViolation(f"P-5: type {index} has {len(kind.results)} results")


def _context(module: Module, profile: Profile) -> Context:
    """Resolve the index spaces, imports first. Raises `Invalid` for a type index out of range."""
    imported = module.imported(ExternKind.FUNCTION)
    uses = [(entry.type_index, entry.offset) for entry in imported]
    uses += [(function.type_index, function.offset) for function in module.functions]
    function_types = []
    for index, (type_index, offset) in enumerate(uses):
        if type_index >= len(module.types):
            symbol = module.symbol(index)
            raise Invalid(f"unknown type {type_index}", offset, index, symbol=symbol)
        function_types.append(module.types[type_index])
    return Context(
        module=module,
        profile=profile,
        imported_functions=len(imported),
        function_types=tuple(function_types),
        global_types=_global_types(module),
        memories=len(module.imported(ExternKind.MEMORY)) + len(module.memories),
        tables=len(module.imported(ExternKind.TABLE)) + len(module.tables),
    )


def _global_types(module: Module) -> tuple[GlobalType, ...]:
    imported = [entry.global_type for entry in module.imported(ExternKind.GLOBAL)]
    defined = [entry.type for entry in module.globals]
    return tuple(kind for kind in imported + defined if kind is not None)


def _check_memories_and_tables(module: Module, profile: Profile) -> None:
    memories = _with_imports(module, ExternKind.MEMORY, module.memories)
    tables = _with_imports(module, ExternKind.TABLE, module.tables)
    for limits, offset in memories:
        _check_range(limits, offset, MEMORY_PAGES_MAX, "memory size", "65536 pages (4GiB)")
    for limits, offset in tables:
        _check_range(limits, offset, TABLE_ENTRIES_MAX, "table size", "2^32-1")
    for kind, found in (("memories", memories), ("tables", tables)):
        if len(found) > 1:
            raise ProfileViolation(f"P-6: multiple {kind}", found[1][1])
    for limits, offset in memories:
        _check_limit(profile, "memory_pages_max", limits.minimum, "initial pages", offset)
        _check_limit(profile, "memory_pages_max", limits.maximum or 0, "maximum pages", offset)
    for limits, offset in tables:
        # Tables do not grow, so that a declared maximum means nothing.
        _check_limit(profile, "table_entries_max", limits.minimum, "table entries", offset)


def _with_imports(
    module: Module, kind: ExternKind, defined: Sequence[Limits]
) -> list[tuple[Limits, int | None]]:
    """List the limits of a kind, imports first, with the offsets that are known."""
    found: list[tuple[Limits, int | None]] = [
        (entry.limits, entry.offset) for entry in module.imported(kind) if entry.limits is not None
    ]
    return found + [(limits, None) for limits in defined]


def _check_range(limits: Limits, offset: int | None, most: int, what: str, most_text: str) -> None:
    if max(limits.minimum, limits.maximum or 0) > most:
        raise Invalid(f"{what} must be at most {most_text}", offset)
    if limits.maximum is not None and limits.minimum > limits.maximum:
        raise Invalid("size minimum must not be greater than maximum", offset)


def _check_limit(
    profile: Profile, limit: str, value: int, what: str, offset: int | None = None
) -> None:
    most = getattr(profile, limit)
    if value > most:
        raise ProfileViolation(f"P-1: {value} {what}, {limit} is {most}", offset)


def _check_globals(module: Module, context: Context) -> None:
    _check_limit(context.profile, "globals_max", len(context.global_types), "globals")
    imported = len(context.global_types) - len(module.globals)
    for position, entry in enumerate(module.globals):
        # Only globals before this one have a value when it is initialized.
        visible = context.global_types[: imported + position]
        _check_constant(entry.init, entry.type.value_type, visible, imported)


def _check_constant(
    init: Sequence[Instr],
    expected: ValueType,
    visible_globals: Sequence[GlobalType],
    imported_globals: int,
) -> None:
    """Check a constant expression: validity first, then P-9, that it is not an extended one."""
    kinds: list[ValueType] = []
    extended: Instr | None = None
    for instr in init[:-1]:
        code = instr.opcode.code
        if code in _CONST_TYPES:
            kinds.append(_CONST_TYPES[code])
        elif code == GLOBAL_GET:
            if instr.a >= len(visible_globals):
                raise Invalid(f"unknown global {instr.a}", instr.offset)
            if visible_globals[instr.a].mutable:
                raise Invalid("constant expression required", instr.offset)
            kinds.append(visible_globals[instr.a].value_type)
            if instr.a >= imported_globals:
                extended = instr
        elif code in _EXTENDED_CONSTANTS:
            if tuple(kinds[-2:]) != instr.opcode.pops:
                raise Invalid("type mismatch in a constant expression", instr.offset)
            kinds.pop()
            extended = instr
        else:
            raise Invalid("constant expression required", instr.offset)
    if kinds != [expected]:
        raise Invalid(f"type mismatch: {expected.text} expected", init[-1].offset)
    if extended is not None:
        raise ProfileViolation(
            f"P-9: {extended.opcode.name} in a constant expression", extended.offset
        )


def _check_exports(module: Module, context: Context) -> None:
    spaces = {
        ExternKind.FUNCTION: ("function", len(context.function_types)),
        ExternKind.TABLE: ("table", context.tables),
        ExternKind.MEMORY: ("memory", context.memories),
        ExternKind.GLOBAL: ("global", len(context.global_types)),
    }
    names = set()
    for entry in module.exports:
        kind, count = spaces[entry.kind]
        if entry.index >= count:
            raise Invalid(f"unknown {kind} {entry.index}", entry.offset)
        if entry.name in names:
            raise Invalid(f"duplicate export name: {printable(entry.name)}", entry.offset)
        names.add(entry.name)


def _check_start(module: Module, context: Context) -> None:
    start, offset = module.start, module.start_offset
    if start is None:
        return
    if start >= len(context.function_types):
        raise Invalid(f"unknown function {start}", offset)
    if context.function_types[start] != FunctionType((), ()):
        symbol = module.symbol(start)
        raise Invalid(
            "start function must have no parameters and no results", offset, start, symbol=symbol
        )


def _check_segments(module: Module, context: Context) -> None:
    visible = context.global_types
    imported = len(visible) - len(module.globals)
    for element in module.elements:
        if element.table >= context.tables:
            raise Invalid(f"unknown table {element.table}", element.offset)
        _check_constant(element.place, ValueType.I32, visible, imported)
        for function in element.functions:
            if function >= len(context.function_types):
                raise Invalid(f"unknown function {function}", element.offset)
    for data in module.data:
        if data.memory >= context.memories:
            raise Invalid(f"unknown memory {data.memory}", data.offset)
        _check_constant(data.place, ValueType.I32, visible, imported)
