"""Operands as Python expressions that have not been evaluated yet.

A `Value` is an expression without side effects. Arithmetic that commutes with reduction modulo
``2**n`` is left unreduced ("raw") as long as its range stays small: the mask is applied once, where
the value is used by something that needs it. Ranges also show where no mask is needed at all.

Not here: which instruction makes which expression (`wasm_interp.compiled.numeric`), when an
expression must be evaluated (`wasm_interp.compiled.operands`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wasm_interp.rules.integer import mask

OR, XOR, AND, SHIFT, SUM, PRODUCT, UNARY, ATOM = range(1, 9)
"""How tightly Python's operators bind; a comparison or conditional expression binds at 0."""
LOOSE: Final = 0

ALIGNED: Final = 64
"""The alignment of zero, in bits."""

NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One operand.

    ``raw`` is an expression congruent to the operand modulo ``2**n``, in ``low … high``; ``n`` is 0
    where the type is not known, and then ``raw`` is the operand itself. ``prec`` is how tightly
    ``raw`` binds. ``reads`` are the names whose change would change it; ``traps`` tells whether
    evaluating it can fail. ``aligned`` is how many low bits are surely zero. ``test`` and
    ``negated`` are conditions as good as the operand being nonzero, and zero.
    """

    raw: str
    prec: int = ATOM
    low: int = 0
    high: int
    n: int = 0
    reads: frozenset[str] = NOTHING
    traps: bool = False
    aligned: int = 0
    const: int | None = None
    test: str = ""
    negated: str = ""

    @property
    def text(self) -> str:
        """The operand itself, as an expression that binds as `text_prec` tells."""
        if self.n == 0 or (self.low >= 0 and self.high <= mask(self.n)):
            return self.raw
        return f"{self.at(AND)} & {hexadecimal(mask(self.n))}"

    @property
    def text_prec(self) -> int:
        """How tightly `text` binds."""
        return self.prec if self.text is self.raw else AND

    @property
    def is_name(self) -> bool:
        """Whether the operand is a variable or a constant: free to use twice."""
        return self.raw.isidentifier() or self.const is not None

    def at(self, prec: int) -> str:
        """Return ``raw``, in parentheses unless it binds as tightly as ``prec``."""
        return self.raw if self.prec >= prec else f"({self.raw})"

    def masked_at(self, prec: int) -> str:
        """Return the operand itself, in parentheses unless it binds as tightly as ``prec``."""
        text = self.text
        return text if self.text_prec >= prec else f"({text})"

    def masked(self) -> Value:
        """Return the same operand with ``raw`` reduced to its range."""
        text = self.text
        if text is self.raw:
            return self
        return Value(
            raw=text,
            prec=AND,
            high=mask(self.n),
            n=self.n,
            reads=self.reads,
            traps=self.traps,
            aligned=min(self.aligned, self.n),
        )

    def of_width(self, n: int) -> Value:
        """Return the operand as one of type ``n``: what validation says of it."""
        if self.n == n:
            return self
        assert self.n == 0, "validated code does not mix types"
        return Value(
            raw=self.raw,
            prec=self.prec,
            low=self.low,
            high=min(self.high, mask(n)),
            n=n,
            reads=self.reads,
            traps=self.traps,
            aligned=self.aligned,
            const=self.const,
            test=self.test,
            negated=self.negated,
        )

    @property
    def condition(self) -> str:
        """A condition that holds where the operand is not zero, fit to stand in a larger one."""
        if not self.test and self.prec == LOOSE:
            return f"({self.text})"
        return self.test or self.text

    @property
    def negation(self) -> str:
        """A condition that holds where the operand is zero."""
        return self.negated or f"not {self.masked_at(OR)}"


def name(text: str, *, high: int = mask(64), n: int = 0, aligned: int = 0) -> Value:
    """Return the value of a variable."""
    return Value(raw=text, high=high, n=n, reads=frozenset((text,)), aligned=aligned)


def constant(value: int, n: int) -> Value:
    """Return a constant, unsigned."""
    zeros = (value & -value).bit_length() - 1 if value else ALIGNED
    shown = str(value) if value < 1 << 16 else hexadecimal(value)
    return Value(raw=shown, low=value, high=value, n=n, aligned=zeros, const=value)


def boolean(test: str, negated: str, *operands: Value, n: int = 32) -> Value:
    """Return the i32 of a condition: 1 or 0."""
    return Value(
        raw=f"1 if {test} else 0",
        prec=LOOSE,
        high=1,
        n=n,
        reads=reads_of(*operands),
        traps=any(operand.traps for operand in operands),
        test=test,
        negated=negated,
    )


def made(
    raw: str,
    prec: int,
    *operands: Value,
    n: int,
    low: int = 0,
    high: int | None = None,
    aligned: int = 0,
    traps: bool = False,
) -> Value:
    """Return an expression over ``operands``; ``high`` None means the whole range of ``n``."""
    return Value(
        raw=raw,
        prec=prec,
        low=low,
        high=mask(n) if high is None else high,
        n=n,
        reads=reads_of(*operands),
        traps=traps or any(operand.traps for operand in operands),
        aligned=aligned,
    )


def reads_of(*operands: Value) -> frozenset[str]:
    """Return what any of ``operands`` reads."""
    return NOTHING.union(*(operand.reads for operand in operands))


def hexadecimal(value: int) -> str:
    """Write a number as people read bit patterns."""
    return f"0x{value:X}"
