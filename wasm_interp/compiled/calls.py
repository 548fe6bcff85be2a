"""Which functions can recurse, and how deep calls go before someone checks.

Call depth is checked where a function that can call itself again begins; all others go at most as
deep as the program's text allows. So most calls check nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wasm_interp import opcodes as wasm
from wasm_interp.lower import canonical_type_ids

if TYPE_CHECKING:
    from wasm_interp.program import Program


@dataclass(frozen=True, slots=True)
class CallDepths:
    """``recursive`` functions check; ``headroom`` is how many frames a function may push unseen."""

    recursive: frozenset[int]
    headroom: tuple[int, ...]


def call_depths(program: Program) -> CallDepths:
    """Return the depths of all functions of ``program``."""
    callees = _callees(program)
    order, recursive = _components(callees)
    headroom = [0] * len(callees)
    # Callees come before callers in this order, except within a component.
    for function in order:
        deepest = 0
        for callee in callees[function]:
            deepest = max(deepest, 1 + (0 if callee in recursive else headroom[callee]))
        headroom[function] = deepest
    return CallDepths(recursive=recursive, headroom=tuple(headroom))


def _callees(program: Program) -> list[set[int]]:
    """Return which functions with code each function may call."""
    ids = canonical_type_ids(program.module.types)
    by_pc = {function.pc: function.index for function in program.functions if function.pc}
    in_table: dict[int, set[int]] = {}
    for entry in program.table:
        if entry:
            in_table.setdefault(entry >> 32, set()).add(by_pc[entry & 0xFFFFFFFF])
    callees: list[set[int]] = []
    for function in program.linked:
        found: set[int] = set()
        for instr in function.body:
            if instr.opcode.code == wasm.CALL and program.linked[instr.a].host is None:
                found.add(instr.a)
            elif instr.opcode.code == wasm.CALL_INDIRECT:
                found |= in_table.get(ids[instr.a], set())
        callees.append(found)
    return callees


def _components(callees: list[set[int]]) -> tuple[list[int], frozenset[int]]:
    """Return functions with callees before callers, and those on a cycle: Tarjan's algorithm."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    order: list[int] = []
    recursive: set[int] = set()
    for root in range(len(callees)):
        if root in number:
            continue
        pending = [(root, iter(callees[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while pending:
            function, rest = pending[-1]
            for callee in rest:
                if callee not in number:
                    number[callee] = low[callee] = len(number)
                    stack.append(callee)
                    on_stack.add(callee)
                    pending.append((callee, iter(callees[callee])))
                    break
                if callee in on_stack:
                    low[function] = min(low[function], number[callee])
            else:
                pending.pop()
                if pending:
                    above = pending[-1][0]
                    low[above] = min(low[above], low[function])
                if low[function] == number[function]:
                    component = _cut(stack, function)
                    on_stack -= set(component)
                    order += component
                    if len(component) > 1 or function in callees[function]:
                        recursive |= set(component)
    return order, frozenset(recursive)


def _cut(stack: list[int], function: int) -> list[int]:
    """Pop a component, of which ``function`` was met first."""
    component = [stack.pop()]
    while component[-1] != function:
        component.append(stack.pop())
    return component
