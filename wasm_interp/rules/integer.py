"""Integer arithmetic, generic over the width ``n`` in bits (32 or 64).

Names are those of the WebAssembly specification (``iadd``, ``idiv_s`` …). Operands and results are
unsigned, in ``range(2**n)``; comparisons give 0 or 1.

Spec: I-4; WebAssembly core, "Integer operations". Mirror: ``Numeric.sol``.
"""

from __future__ import annotations

from wasm_interp.rules.trap import Trap
from wasm_interp.state import TrapCode


def mask(n: int) -> int:
    """Return the greatest unsigned integer of ``n`` bits."""
    return (1 << n) - 1


def signed(value: int, n: int) -> int:
    """Return the two's-complement reading of ``value``, in ``range(-2**(n-1), 2**(n-1))``."""
    return (value ^ (1 << n - 1)) - (1 << n - 1)


def iadd(lhs: int, rhs: int, n: int) -> int:
    """Add modulo ``2**n``."""
    return lhs + rhs & mask(n)


def isub(lhs: int, rhs: int, n: int) -> int:
    """Subtract modulo ``2**n``."""
    return lhs - rhs & mask(n)


def imul(lhs: int, rhs: int, n: int) -> int:
    """Multiply modulo ``2**n``."""
    return lhs * rhs & mask(n)


def idiv_u(lhs: int, rhs: int, n: int) -> int:
    """Divide, rounding toward zero. Traps: `DIVIDE_BY_ZERO`."""
    if rhs == 0:
        raise Trap(TrapCode.DIVIDE_BY_ZERO)
    return lhs // rhs


def idiv_s(lhs: int, rhs: int, n: int) -> int:
    """Divide two's-complement operands, rounding toward zero.

    Traps: `DIVIDE_BY_ZERO`, then `INTEGER_OVERFLOW` for ``-2**(n-1) / -1``.
    """
    if rhs == 0:
        raise Trap(TrapCode.DIVIDE_BY_ZERO)
    dividend = signed(lhs, n)
    divisor = signed(rhs, n)
    if divisor == -1 and lhs == 1 << n - 1:
        raise Trap(TrapCode.INTEGER_OVERFLOW)
    # Python rounds toward minus infinity, so the magnitudes are divided and the sign is put back.
    magnitude = abs(dividend) // abs(divisor)
    quotient = magnitude if (dividend < 0) == (divisor < 0) else -magnitude
    return quotient & mask(n)


def irem_u(lhs: int, rhs: int, n: int) -> int:
    """Take the remainder of `idiv_u`. Traps: `DIVIDE_BY_ZERO`."""
    if rhs == 0:
        raise Trap(TrapCode.DIVIDE_BY_ZERO)
    return lhs % rhs


def irem_s(lhs: int, rhs: int, n: int) -> int:
    """Take the remainder of `idiv_s`, with the dividend's sign; ``-2**(n-1) % -1`` is 0.

    Traps: `DIVIDE_BY_ZERO`.
    """
    if rhs == 0:
        raise Trap(TrapCode.DIVIDE_BY_ZERO)
    dividend = signed(lhs, n)
    magnitude = abs(dividend) % abs(signed(rhs, n))
    remainder = -magnitude if dividend < 0 else magnitude
    return remainder & mask(n)


def iand(lhs: int, rhs: int, n: int) -> int:
    """Return the bitwise and."""
    return lhs & rhs


def ior(lhs: int, rhs: int, n: int) -> int:
    """Return the bitwise or."""
    return lhs | rhs


def ixor(lhs: int, rhs: int, n: int) -> int:
    """Return the bitwise exclusive or."""
    return lhs ^ rhs


def ishl(lhs: int, rhs: int, n: int) -> int:
    """Shift left by ``rhs`` modulo ``n``."""
    return lhs << (rhs & n - 1) & mask(n)


def ishr_u(lhs: int, rhs: int, n: int) -> int:
    """Shift right by ``rhs`` modulo ``n``, filling with zeros."""
    return lhs >> (rhs & n - 1)


def ishr_s(lhs: int, rhs: int, n: int) -> int:
    """Shift right by ``rhs`` modulo ``n``, filling with the sign."""
    return signed(lhs, n) >> (rhs & n - 1) & mask(n)


def irotl(lhs: int, rhs: int, n: int) -> int:
    """Rotate left by ``rhs`` modulo ``n``."""
    return (lhs << (rhs & n - 1) | lhs >> (n - (rhs & n - 1))) & mask(n)


def irotr(lhs: int, rhs: int, n: int) -> int:
    """Rotate right by ``rhs`` modulo ``n``."""
    return (lhs >> (rhs & n - 1) | lhs << (n - (rhs & n - 1))) & mask(n)


def iclz(value: int, n: int) -> int:
    """Count leading zeros; ``n`` for 0."""
    return n - value.bit_length()


def ictz(value: int, n: int) -> int:
    """Count trailing zeros; ``n`` for 0."""
    return (value & -value).bit_length() - 1 if value else n


def ipopcnt(value: int, n: int) -> int:
    """Count ones."""
    return value.bit_count()


def ieqz(value: int, n: int) -> int:
    """Return 1 for 0."""
    return 0 if value else 1


def ieq(lhs: int, rhs: int, n: int) -> int:
    """Compare for equality."""
    return 1 if lhs == rhs else 0


def ine(lhs: int, rhs: int, n: int) -> int:
    """Compare for difference."""
    return 1 if lhs != rhs else 0


def ilt_u(lhs: int, rhs: int, n: int) -> int:
    """Compare as unsigned: less than."""
    return 1 if lhs < rhs else 0


def igt_u(lhs: int, rhs: int, n: int) -> int:
    """Compare as unsigned: greater than."""
    return 1 if lhs > rhs else 0


def ile_u(lhs: int, rhs: int, n: int) -> int:
    """Compare as unsigned: at most."""
    return 1 if lhs <= rhs else 0


def ige_u(lhs: int, rhs: int, n: int) -> int:
    """Compare as unsigned: at least."""
    return 1 if lhs >= rhs else 0


def ilt_s(lhs: int, rhs: int, n: int) -> int:
    """Compare as two's complement: less than."""
    return 1 if signed(lhs, n) < signed(rhs, n) else 0


def igt_s(lhs: int, rhs: int, n: int) -> int:
    """Compare as two's complement: greater than."""
    return 1 if signed(lhs, n) > signed(rhs, n) else 0


def ile_s(lhs: int, rhs: int, n: int) -> int:
    """Compare as two's complement: at most."""
    return 1 if signed(lhs, n) <= signed(rhs, n) else 0


def ige_s(lhs: int, rhs: int, n: int) -> int:
    """Compare as two's complement: at least."""
    return 1 if signed(lhs, n) >= signed(rhs, n) else 0


def sign_extend(value: int, n: int, source_bits: int) -> int:
    """Extend the low ``source_bits`` of ``value`` by their sign to ``n`` bits."""
    return signed(value & mask(source_bits), source_bits) & mask(n)


def wrap(value: int, n: int) -> int:
    """Keep the low ``n`` bits."""
    return value & mask(n)


def extend_u(value: int, n: int) -> int:
    """Extend by zeros: on the machine's stack an i32 is a u64 already."""
    return value
