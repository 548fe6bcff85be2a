"""The fast loop of the stepper, generated from the text of the rules.

1. The machine's attributes become local variables; a rule's parameters become the immediates; its
   constants and the small helper functions of its module are put in place.
2. Instructions whose text comes out the same share one *dispatch number*. Numbers are looked up
   in a tree of comparisons, the frequent ones near its root.
3. Rules that need more of the machine than the loop keeps at hand (host functions, halt,
   memory.grow) leave the loop: the caller takes that step with `Machine.step`.

So the rules stay the one place that says what an instruction does. Tests hold the loop to `step`.
Not here: compiling programs (that is the fast tier); this loop interprets.
"""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import linecache
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wasm_interp.instructions import INSTRUCTIONS, INVALID, Instruction, Shape
from wasm_interp.rules.trap import Trap
from wasm_interp.state import Status, TrapCode

if TYPE_CHECKING:
    from wasm_interp.machine import Machine

SOURCE_NAME: Final = "<stepper generated from wasm_interp.rules>"

HOISTED: Final = {
    "pc": "pc",
    "stack": "stack",
    "locals": "local_values",
    "frames": "frames",
    "globals": "global_values",
    "memory": "memory",
    "dirty": "dirty",
    "table": "table",
}
"""Attributes of the machine, and the local variable that stands for each in the loop."""

WEIGHTS: Final = {
    **{"local.get": 300, "i32.const": 130, "local.set": 70, "local.tee": 50, "i32.add": 80},
    **{"jump_if": 40, "jump_unless": 40, "jump": 30, "i32.load": 30, "i32.load8_u": 20},
    **{"i32.store": 20, "i32.store8": 12, "i32.and": 20, "i32.shl": 15, "i32.shr_u": 12},
    **{"i32.or": 15, "i32.xor": 15, "i32.sub": 12, "i32.eq": 10, "i32.ne": 10, "i32.eqz": 12},
    **{"i32.lt_u": 8, "i32.lt_s": 8, "i32.rotl": 8, "call": 8, "return": 8, "enter": 8},
    **{"drop": 5, "select": 5, "global.get": 5, "global.set": 5, "i32.mul": 5, "jump_table": 5},
}
"""How often instructions are met, roughly; others weigh 1. It bears on speed only."""
assert WEIGHTS.keys() <= {row.name for row in INSTRUCTIONS.values()}, "a weight has no instruction"


class _Leave(Exception):
    """A rule cannot be put into the loop."""


@cache
def _module_source(module: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a rules module by name."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _body(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return a copy of a function's statements, the docstring left out."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return copy.deepcopy(body)


class _Substitute(ast.NodeTransformer):
    """Replace names by expressions."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.values.get(node.id, node))


class _Inline(ast.NodeTransformer):
    """Put helpers, constants and hoisted attributes in place. Raises `_Leave` for anything else."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        target = self.scope.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if not callable(target) or isinstance(target, type):
            return node
        function = _module_source(target.__module__)[target.__name__]
        body = _body(function)
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            raise _Leave
        names = [parameter.arg for parameter in function.args.args]
        for name, argument in zip(names, node.args, strict=True):
            # An argument put in place twice would be computed twice: a pop must not be.
            pure = not any(isinstance(part, ast.Call) for part in ast.walk(argument))
            assert pure or _uses(body, name) == 1, "a helper uses a computed argument twice"
        inlined = _Substitute(dict(zip(names, node.args, strict=True))).visit(body[0].value)
        scope = vars(importlib.import_module(target.__module__))
        result: ast.expr = _Inline(scope).visit(inlined)
        return result

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        text = ast.unparse(node)
        if text in _SHORTCUTS:
            return ast.Name(_SHORTCUTS[text], node.ctx)
        if isinstance(node.value, ast.Name) and node.value.id == "m":
            if node.attr not in HOISTED:
                raise _Leave
            return ast.Name(HOISTED[node.attr], node.ctx)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.scope.get(node.id)
        return ast.Constant(value) if isinstance(value, int) else node


_SHORTCUTS: Final = {
    "m.stack.append": "push",
    "m.stack.pop": "pop",
    "m.dirty.add": "mark",
    "m.frames.append": "push_frame",
    "m.frames.pop": "pop_frame",
    "int.from_bytes": "from_bytes",
}
"""Bound methods that the loop looks up once."""


def _inline(statements: list[ast.stmt], row: Instruction, values: dict[str, str]) -> str:
    """Return ``statements`` of ``row``'s rule as text, with ``values`` for its parameters."""
    scope = vars(importlib.import_module(row.rule.__module__))
    constants: dict[str, ast.expr] = {name: ast.Constant(n) for name, n in row.params.items()}
    replace = {name: ast.parse(text, mode="eval").body for name, text in values.items()}
    lines = []
    for statement in statements:
        changed = _Substitute(constants | replace).visit(statement)
        changed = _Inline(scope).visit(changed)
        lines.append(ast.unparse(ast.fix_missing_locations(changed)))
    return "\n".join(lines)


def _uses(statements: list[ast.stmt], name: str) -> int:
    """Return how often ``name`` stands in ``statements``."""
    return sum(
        isinstance(node, ast.Name) and node.id == name
        for statement in statements
        for node in ast.walk(statement)
    )


def _numeric_text(row: Instruction, function: ast.FunctionDef) -> str:
    """Return the loop's text of a numeric rule: in place if it is one expression, else a call."""
    body = _body(function)
    operands = [p.arg for p in function.args.args if p.arg not in row.params]
    pops = ["rhs = pop()"] if row.shape is Shape.BINARY else []
    if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
        statements: list[ast.stmt] = [ast.Expr(body[0].value)]
        values = {operands[0]: "stack[-1]"}
        if _uses(statements, operands[0]) > 1:
            pops.append(f"{operands[0]} = stack[-1]")
            values = {}
        return "\n".join([*pops, f"stack[-1] = {_inline(statements, row, values)}", "pc += 1"])
    # A rule that may trap must find its operands in place when it does.
    arguments = ", ".join(f"stack[-{len(operands) - i}]" for i in range(len(operands)))
    constants = ", ".join(str(n) for n in row.params.values())
    lines = [f"result = {row.rule.__name__}({arguments}, {constants})"]
    lines += ["pop()"] if row.shape is Shape.BINARY else []
    return "\n".join([*lines, "stack[-1] = result", "pc += 1"])


def _machine_text(row: Instruction, function: ast.FunctionDef) -> str:
    """Return the loop's text of a machine rule. Raises `_Leave`."""
    body = _body(function)
    parameters = [p.arg for p in function.args.args if p.arg not in row.params and p.arg != "m"]
    assert len(parameters) <= 1, "a rule takes one of a word's two immediates"
    immediate = "imm_a[pc]" if row.a_max else "imm_b[pc]"
    values, lines = {}, []
    for name in parameters:
        # What is used more than once is looked up once.
        if _uses(body, name) > 1:
            lines.append(f"{name} = {immediate}")
        else:
            values[name] = immediate
    lines.append(_inline(body, row, values))
    return "\n".join([*lines, "pc += 1"] if row.shape is Shape.ADVANCE else lines)


LEAVE: Final = "done = limit - left\nbreak"
"""What stands in the loop for a rule that cannot be put there."""


def _text(row: Instruction) -> str:
    """Return what stands in the loop for ``row``: its rule, or `LEAVE`."""
    function = _module_source(row.rule.__module__)[row.rule.__name__]
    try:
        if row.shape in {Shape.UNARY, Shape.BINARY}:
            return _numeric_text(row, function)
        return _machine_text(row, function)
    except _Leave:
        return LEAVE


@cache
def _bodies() -> tuple[tuple[str, float, tuple[int, ...]], ...]:
    """Return (text, weight, codes) for each dispatch number, the heaviest first."""
    weight: dict[str, float] = {LEAVE: 1}
    codes: dict[str, list[int]] = {LEAVE: [INVALID]}
    for code, row in INSTRUCTIONS.items():
        text = _text(row)
        weight[text] = weight.get(text, 0) + WEIGHTS.get(row.name, 1)
        codes.setdefault(text, []).append(code)
    order = sorted(codes, key=lambda text: (-weight[text], codes[text]))
    return tuple((text, weight[text], tuple(codes[text])) for text in order)


@cache
def dispatch_numbers() -> dict[int, int]:
    """Return the dispatch number of every instruction code, `INVALID` included."""
    return {code: at for at, (_, _, codes) in enumerate(_bodies()) for code in codes}


def _tree(low: int, high: int, indent: int) -> Iterator[str]:
    """Yield the comparisons that lead to the bodies of dispatch numbers ``low … high - 1``."""
    bodies = _bodies()
    pad = "    " * indent
    if high - low == 1:
        text, _, codes = bodies[low]
        names = ", ".join(INSTRUCTIONS[code].name for code in codes if code in INSTRUCTIONS)
        yield f"{pad}# {names}"
        yield from (pad + line for line in text.splitlines())
        return
    # Cut where the two sides weigh most alike.
    half = sum(weight for _, weight, _ in bodies[low:high]) / 2
    middle, left = low + 1, bodies[low][1]
    while middle < high - 1 and left + bodies[middle][1] <= half:
        left += bodies[middle][1]
        middle += 1
    yield f"{pad}if number < {middle}:" if middle - low > 1 else f"{pad}if number == {low}:"
    yield from _tree(low, middle, indent + 1)
    yield f"{pad}else:"
    yield from _tree(middle, high, indent + 1)


_HEAD: Final = """\
def run_plain_steps(m, limit):
    numbers, imm_a, imm_b = m.program.dispatch
    pc, local_values = m.pc, m.locals
    stack, frames, global_values = m.stack, m.frames, m.globals
    memory, dirty, table = m.memory, m.dirty, m.table
    push, pop, mark = stack.append, stack.pop, dirty.add
    push_frame, pop_frame, from_bytes = frames.append, frames.pop, int.from_bytes
    done = limit
    try:
        for left in range(limit, 0, -1):
            number = numbers[pc]
"""

_TAIL: Final = """\
    except Trap as trap:
        done = limit - left + 1
        m.status, m.trap = Status.TRAPPED, trap.code
    m.pc, m.locals = pc, local_values
    m.fuel -= done
    m.steps += done
"""


@cache
def source() -> str:
    """Return the text of the loop."""
    return _HEAD + "\n".join(_tree(0, len(_bodies()), 3)) + "\n" + _TAIL


def compiled_loop(text: str, *, name: str, file: str) -> Callable[..., None]:
    """Return the loop called ``name`` of ``text``, which is `source` or made from it."""
    scope: dict[str, Any] = {"Trap": Trap, "TrapCode": TrapCode, "Status": Status}
    for row in INSTRUCTIONS.values():
        scope[row.rule.__name__] = row.rule
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)
    loop: Callable[..., None] = scope[name]
    return loop


@cache
def _compiled() -> Callable[..., None]:
    return compiled_loop(source(), name="run_plain_steps", file=SOURCE_NAME)


def run_plain_steps(m: Machine, limit: int) -> None:
    """Take up to ``limit`` steps, stopping before one that the loop cannot take.

    ``m`` is running, and ``limit`` is at most its fuel: each of these steps costs 1.
    """
    if m.pc <= len(m.program.words):
        _compiled()(m, limit)
