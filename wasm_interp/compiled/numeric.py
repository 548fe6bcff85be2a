"""Numeric instructions as Python expressions: one small function an instruction.

Each takes the operands and the width ``n`` of the instruction's operand type and returns the
result's expression. They say what `wasm_interp.rules.integer` says, in forms that CPython runs
fast; tests hold one to the other. Instructions without a fast form call the rule itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from wasm_interp.compiled.values import (
    AND,
    ATOM,
    OR,
    PRODUCT,
    SHIFT,
    SUM,
    XOR,
    Value,
    boolean,
    constant,
    hexadecimal,
    made,
)
from wasm_interp.rules import integer
from wasm_interp.rules.integer import mask

Unary: TypeAlias = Callable[[Value, int], Value]
Binary: TypeAlias = Callable[[Value, Value, int], Value]


def small(value: Value, n: int) -> Value:
    """Return ``value`` masked if its range has grown beyond twice the width."""
    fits = -(1 << 2 * n) < value.low and value.high < 1 << 2 * n
    return value if fits else value.masked()


def natural(value: Value) -> Value:
    """Return ``value`` masked if it may be negative."""
    return value if value.low >= 0 else value.masked()


def _bits(*values: Value) -> int:
    return max(value.high.bit_length() for value in values)


# -- arithmetic --------------------------------------------------------------------------------


def add(lhs: Value, rhs: Value, n: int) -> Value:
    """Add; a constant that is negative as two's complement is subtracted."""
    if rhs.const is not None and rhs.const >> n - 1:
        return sub(lhs, constant((1 << n) - rhs.const, n), n)
    return made(
        f"{lhs.at(SUM)} + {rhs.at(PRODUCT)}",
        SUM,
        *(lhs, rhs),
        n=n,
        low=lhs.low + rhs.low,
        high=lhs.high + rhs.high,
        aligned=min(lhs.aligned, rhs.aligned),
    )


def sub(lhs: Value, rhs: Value, n: int) -> Value:
    """Subtract."""
    return made(
        f"{lhs.at(SUM)} - {rhs.at(PRODUCT)}",
        SUM,
        *(lhs, rhs),
        n=n,
        low=lhs.low - rhs.high,
        high=lhs.high - rhs.low,
        aligned=min(lhs.aligned, rhs.aligned),
    )


def mul(lhs: Value, rhs: Value, n: int) -> Value:
    """Multiply."""
    # A product of masked operands has twice their bits: as far as a value may grow.
    lhs, rhs = lhs.masked(), rhs.masked()
    return made(
        f"{lhs.at(PRODUCT)} * {rhs.at(PRODUCT + 1)}",
        PRODUCT,
        *(lhs, rhs),
        n=n,
        high=lhs.high * rhs.high,
        aligned=min(lhs.aligned + rhs.aligned, n),
    )


def div_u(lhs: Value, rhs: Value, n: int) -> Value:
    """Divide; Python raises for a zero divisor."""
    text = f"{lhs.masked_at(PRODUCT)} // {rhs.masked_at(PRODUCT + 1)}"
    # An operand that may be below zero is as great as its type when it is masked.
    high = lhs.masked().high
    return made(text, PRODUCT, lhs, rhs, n=n, high=high, traps=not rhs.const)


def rem_u(lhs: Value, rhs: Value, n: int) -> Value:
    """Take the remainder; Python raises for a zero divisor."""
    text = f"{lhs.masked_at(PRODUCT)} % {rhs.masked_at(PRODUCT + 1)}"
    high = rhs.masked().high
    return made(text, PRODUCT, lhs, rhs, n=n, high=high, traps=not rhs.const)


def _by_rule(rule: str, *, traps: bool) -> Binary:
    def emit(lhs: Value, rhs: Value, n: int) -> Value:
        return made(f"{rule}({lhs.text}, {rhs.text}, {n})", ATOM, lhs, rhs, n=n, traps=traps)

    return emit


# -- bits --------------------------------------------------------------------------------------


def and_(lhs: Value, rhs: Value, n: int) -> Value:
    """Bitwise and: a mask in itself if one side is within the width."""
    if rhs.low < 0 or rhs.high > mask(n):
        lhs = lhs.masked()
    high = min(side.high for side in (lhs, rhs) if side.low >= 0 and side.high <= mask(n))
    text = f"{lhs.at(AND)} & {rhs.at(AND + 1)}"
    aligned = max(lhs.aligned, rhs.aligned)
    return made(text, AND, lhs, rhs, n=n, high=high, aligned=aligned)


def or_(lhs: Value, rhs: Value, n: int) -> Value:
    """Bitwise or."""
    lhs, rhs = natural(lhs), natural(rhs)
    text = f"{lhs.at(OR)} | {rhs.at(OR + 1)}"
    aligned = min(lhs.aligned, rhs.aligned)
    return made(text, OR, lhs, rhs, n=n, high=mask(_bits(lhs, rhs)), aligned=aligned)


def xor(lhs: Value, rhs: Value, n: int) -> Value:
    """Bitwise exclusive or."""
    lhs, rhs = natural(lhs), natural(rhs)
    text = f"{lhs.at(XOR)} ^ {rhs.at(XOR + 1)}"
    aligned = min(lhs.aligned, rhs.aligned)
    return made(text, XOR, lhs, rhs, n=n, high=mask(_bits(lhs, rhs)), aligned=aligned)


def amount(rhs: Value, n: int) -> tuple[str, int | None]:
    """Return a shift's amount modulo ``n``: as text that binds like a sum, and as a constant."""
    if rhs.const is not None:
        return str(rhs.const % n), rhs.const % n
    if rhs.low >= 0 and rhs.high < n:
        return rhs.at(SUM), None
    return f"({rhs.at(AND)} & {n - 1})", None


def shl(lhs: Value, rhs: Value, n: int) -> Value:
    """Shift left."""
    text, by = amount(rhs, n)
    if by == 0:
        return lhs
    if by is None or lhs.high.bit_length() + by > 2 * n:
        lhs = lhs.masked()
    most = n - 1 if by is None else by
    return made(
        f"{lhs.at(SHIFT)} << {text}",
        SHIFT,
        *(lhs, rhs),
        n=n,
        # A variable amount may be 0: then a positive operand grows no further than itself.
        low=lhs.low << most if by is not None else min(lhs.low << most, 0),
        high=lhs.high << most,
        aligned=min(lhs.aligned + (by or 0), n),
    )


def shr_u(lhs: Value, rhs: Value, n: int) -> Value:
    """Shift right, filling with zeros."""
    text, by = amount(rhs, n)
    if by == 0:
        return lhs
    high = lhs.masked().high
    return made(f"{lhs.masked_at(SHIFT)} >> {text}", SHIFT, lhs, rhs, n=n, high=high >> (by or 0))


def shr_s(lhs: Value, rhs: Value, n: int) -> Value:
    """Shift right, filling with the sign."""
    text, by = amount(rhs, n)
    signed = sign_extended(lhs, n)
    least, most = signed.low >> (by or 0), signed.high >> (by or 0)
    if by is None:
        least = min(least, 0)
    return made(f"{signed.at(SHIFT)} >> {text}", SHIFT, lhs, rhs, n=n, low=least, high=most)


def doubled(value: Value, n: int) -> Value:
    """Return ``value`` written twice side by side: every rotation is a part of that."""
    value = value.masked()
    text = f"{value.at(PRODUCT)} * {hexadecimal(1 << n | 1)}"
    return made(text, PRODUCT, value, n=n, high=mask(2 * n))


def rotl(lhs: Value, rhs: Value, n: int) -> Value:
    """Rotate left; for a constant amount, ``lhs`` is `doubled`."""
    if rhs.const is None:
        return made(f"irotl({lhs.text}, {rhs.text}, {n})", ATOM, lhs, rhs, n=n)
    by = rhs.const % n
    return made(f"{lhs.at(SHIFT)} >> {n - by}", SHIFT, lhs, n=n, high=mask(n + by))


def rotr(lhs: Value, rhs: Value, n: int) -> Value:
    """Rotate right; for a constant amount, ``lhs`` is `doubled`."""
    if rhs.const is not None:
        return rotl(lhs, constant(-rhs.const % n, n), n)
    return made(f"irotr({lhs.text}, {rhs.text}, {n})", ATOM, lhs, rhs, n=n)


# -- comparisons -------------------------------------------------------------------------------


def _compare(operator: str, opposite: str) -> Binary:
    def emit(lhs: Value, rhs: Value, n: int) -> Value:
        one, two = lhs.masked_at(OR), rhs.masked_at(OR)
        return boolean(f"{one} {operator} {two}", f"{one} {opposite} {two}", lhs, rhs)

    return emit


def _compare_signed(operator: str, opposite: str) -> Binary:
    def emit(lhs: Value, rhs: Value, n: int) -> Value:
        sign = 1 << n - 1
        if not _may_be_negative(lhs, n) and not _may_be_negative(rhs, n):
            return _compare(operator, opposite)(lhs, rhs, n)
        if rhs.const is not None and rhs.const < sign:
            return _against_constant(lhs, rhs, n, operator)
        one, two = _flipped(lhs, n), _flipped(rhs, n)
        return boolean(f"{one} {operator} {two}", f"{one} {opposite} {two}", lhs, rhs)

    return emit


def _may_be_negative(value: Value, n: int) -> bool:
    return value.low < 0 or value.high >= 1 << n - 1


def _flipped(value: Value, n: int) -> str:
    """Return the operand with its sign bit flipped: in unsigned order, as signed ones are."""
    sign = 1 << n - 1
    if value.const is not None:
        return hexadecimal(value.const ^ sign)
    return f"{value.masked_at(XOR)} ^ {hexadecimal(sign)}"


def _against_constant(lhs: Value, rhs: Value, n: int, operator: str) -> Value:
    """Compare with a constant that is not negative: what is in its range is above it."""
    one, sign = lhs.masked_at(OR), hexadecimal(1 << n - 1)
    relation = "<" if operator in {">", "<="} else "<="
    above = f"{rhs.raw} {relation} {one} < {sign}"
    if rhs.const == 0 and relation == "<=":
        above, below = f"{one} < {sign}", f"{one} >= {sign}"
    else:
        below = f"not {above}"
    test, negated = (above, below) if operator in {">", ">="} else (below, above)
    return boolean(test, negated, lhs, rhs)


def eqz(value: Value, n: int) -> Value:
    """Test for zero."""
    return boolean(value.negation, value.condition, value)


# -- conversions and counts --------------------------------------------------------------------


def sign_extended(value: Value, source_bits: int) -> Value:
    """Return the two's-complement reading of the low ``source_bits``, as a raw value."""
    sign = 1 << source_bits - 1
    if value.low >= 0 and value.high < sign:
        return value
    if 0 <= value.low <= value.high < 2 * sign:
        low = value.at(XOR)
    else:
        low = f"{value.at(AND)} & {hexadecimal(2 * sign - 1)}"
    text = f"({low} ^ {hexadecimal(sign)}) - {hexadecimal(sign)}"
    return made(text, SUM, value, n=value.n, low=-sign, high=sign - 1)


def _sign_extend(n: int, source_bits: int) -> Unary:
    def emit(value: Value, _: int) -> Value:
        result = sign_extended(value, source_bits)
        return made(result.raw, result.prec, value, n=n, low=result.low, high=result.high)

    return emit


def wrap(value: Value, n: int) -> Value:
    """Keep the low 32 bits: whoever needs them masks."""
    low, high, aligned = value.low, value.high, min(value.aligned, 32)
    if value.const is not None:
        return constant(value.const & mask(32), 32)
    return made(value.raw, value.prec, value, n=32, low=low, high=high, aligned=aligned)


def extend_u(value: Value, n: int) -> Value:
    """Extend an i32 by zeros."""
    if value.const is not None:
        return constant(value.const, 64)
    value = value.masked()
    return made(value.raw, value.prec, value, n=64, high=value.high, aligned=value.aligned)


def clz(value: Value, n: int) -> Value:
    """Count leading zeros."""
    text = f"{n} - {value.masked_at(ATOM + 1)}.bit_length()"
    return made(text, SUM, value, n=n, high=n)


def ctz(value: Value, n: int) -> Value:
    """Count trailing zeros."""
    return made(f"ictz({value.text}, {n})", ATOM, value, n=n, high=n)


def popcnt(value: Value, n: int) -> Value:
    """Count ones."""
    return made(f"{value.masked_at(ATOM + 1)}.bit_count()", ATOM, value, n=n, high=n)


# -- the tables --------------------------------------------------------------------------------

_UNARY: Final[dict[str, Unary]] = {"clz": clz, "ctz": ctz, "popcnt": popcnt, "eqz": eqz}

_BINARY: Final[dict[str, Binary]] = {
    **{"add": add, "sub": sub, "mul": mul, "div_u": div_u, "rem_u": rem_u},
    **{"div_s": _by_rule("idiv_s", traps=True), "rem_s": _by_rule("irem_s", traps=True)},
    **{"and": and_, "or": or_, "xor": xor, "shl": shl, "shr_u": shr_u, "shr_s": shr_s},
    **{"rotl": rotl, "rotr": rotr},
    **{"eq": _compare("==", "!="), "ne": _compare("!=", "==")},
    **{"lt_u": _compare("<", ">="), "gt_u": _compare(">", "<=")},
    **{"le_u": _compare("<=", ">"), "ge_u": _compare(">=", "<")},
    **{"lt_s": _compare_signed("<", ">="), "gt_s": _compare_signed(">", "<=")},
    **{"le_s": _compare_signed("<=", ">"), "ge_s": _compare_signed(">=", "<")},
}

UNARY: Final[dict[str, Unary]] = {
    **{f"{kind}.{name}": emit for kind in ("i32", "i64") for name, emit in _UNARY.items()},
    **{"i32.wrap_i64": wrap, "i64.extend_i32_u": extend_u},
    "i64.extend_i32_s": _sign_extend(64, 32),
    **{f"i32.extend{bits}_s": _sign_extend(32, bits) for bits in (8, 16)},
    **{f"i64.extend{bits}_s": _sign_extend(64, bits) for bits in (8, 16, 32)},
}
"""Instructions of one operand, by name."""

BINARY: Final[dict[str, Binary]] = {
    f"{kind}.{name}": emit for kind in ("i32", "i64") for name, emit in _BINARY.items()
}
"""Instructions of two operands, by name."""

ROTATIONS: Final = frozenset(
    f"{kind}.{name}" for kind in ("i32", "i64") for name in ("rotl", "rotr")
)
"""Instructions whose first operand is doubled if the amount is a constant."""

_RULES = (integer.idiv_s, integer.irem_s, integer.ictz, integer.irotl, integer.irotr)
HELPERS: Final = {rule.__name__: rule for rule in _RULES}
"""Rules that generated code calls."""
