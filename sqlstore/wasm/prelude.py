"""The words of the language, so that its sources are Python modules which ruff and mypy check.

A source imports from here what it uses; the compiler knows the words by their names and passes
over the import. Nothing here runs: what a word does is an instruction of WebAssembly, named in its
docstring, or a host function (docs/spec/turn.md, T-12 to T-16).

Where a parameter or result is ``i32 | i64`` here, it may be either, the same one throughout.
Not here: how words are compiled (`sqlstore.wasm.words`), syntax (`sqlstore.wasm`).
"""

from __future__ import annotations

from typing import Never, TypeAlias

i32: TypeAlias = int
"""An integer of 32 bits; as a function: the lower half of an i64 (``i32.wrap_i64``)."""

i64: TypeAlias = int
"""An integer of 64 bits; as a function: an i32, sign-extended (``i64.extend_i32_s``)."""


class NotRun(AssertionError):
    """A word of the language was run as Python."""


def u64(value: i32) -> i64:
    """Return an i32, zero-extended (``i64.extend_i32_u``)."""
    raise NotRun


# -- comparisons and arithmetic without a sign of their own in Python ------------------------------


def lt_u(left: i32 | i64, right: i32 | i64) -> i32:
    """Return whether ``left`` is less, both unsigned."""
    raise NotRun


def le_u(left: i32 | i64, right: i32 | i64) -> i32:
    """Return whether ``left`` is less or equal, both unsigned."""
    raise NotRun


def gt_u(left: i32 | i64, right: i32 | i64) -> i32:
    """Return whether ``left`` is greater, both unsigned."""
    raise NotRun


def ge_u(left: i32 | i64, right: i32 | i64) -> i32:
    """Return whether ``left`` is greater or equal, both unsigned."""
    raise NotRun


def div_s(left: i32 | i64, right: i32 | i64) -> i32 | i64:
    """Return the quotient, toward zero. Traps for 0, and for the least integer by -1."""
    raise NotRun


def div_u(left: i32 | i64, right: i32 | i64) -> i32 | i64:
    """Return the quotient of unsigned operands. Traps for 0."""
    raise NotRun


def rem_s(left: i32 | i64, right: i32 | i64) -> i32 | i64:
    """Return the remainder with the sign of ``left``. Traps for 0."""
    raise NotRun


def rem_u(left: i32 | i64, right: i32 | i64) -> i32 | i64:
    """Return the remainder of unsigned operands. Traps for 0."""
    raise NotRun


def shr_u(value: i32 | i64, count: i32 | i64) -> i32 | i64:
    """Return ``value`` shifted right, zeros coming in (``>>`` keeps the sign)."""
    raise NotRun


def rotl(value: i32 | i64, count: i32 | i64) -> i32 | i64:
    """Return ``value`` rotated left."""
    raise NotRun


def clz(value: i32 | i64) -> i32 | i64:
    """Return the number of leading zero bits."""
    raise NotRun


def ctz(value: i32 | i64) -> i32 | i64:
    """Return the number of trailing zero bits."""
    raise NotRun


def popcnt(value: i32 | i64) -> i32 | i64:
    """Return the number of bits that are 1."""
    raise NotRun


# -- memory: ``offset`` is a constant, and does not wrap -------------------------------------------


def load8(address: i32, offset: i32 = 0) -> i32:
    """Return a byte."""
    raise NotRun


def load8_s(address: i32, offset: i32 = 0) -> i32:
    """Return a byte, sign-extended."""
    raise NotRun


def load16(address: i32, offset: i32 = 0) -> i32:
    """Return a little-endian u16."""
    raise NotRun


def load16_s(address: i32, offset: i32 = 0) -> i32:
    """Return a little-endian u16, sign-extended."""
    raise NotRun


def load32(address: i32, offset: i32 = 0) -> i32:
    """Return four bytes, little-endian."""
    raise NotRun


def load64(address: i32, offset: i32 = 0) -> i64:
    """Return eight bytes, little-endian."""
    raise NotRun


def store8(address: i32, value: i32 | i64, offset: i32 = 0) -> None:
    """Write the lowest byte of ``value``."""
    raise NotRun


def store16(address: i32, value: i32 | i64, offset: i32 = 0) -> None:
    """Write the lowest two bytes of ``value``, little-endian."""
    raise NotRun


def store32(address: i32, value: i32 | i64, offset: i32 = 0) -> None:
    """Write the lowest four bytes of ``value``, little-endian."""
    raise NotRun


def store64(address: i32, value: i64, offset: i32 = 0) -> None:
    """Write ``value``, little-endian."""
    raise NotRun


def copy(target: i32, source: i32, count: i32) -> None:
    """Copy ``count`` bytes, which may overlap (``memory.copy``)."""
    raise NotRun


def fill(target: i32, byte: i32, count: i32) -> None:
    """Write ``count`` times ``byte`` (``memory.fill``)."""
    raise NotRun


def memory_size() -> i32:
    """Return the size of memory in pages."""
    raise NotRun


def trap() -> Never:
    """Stop the machine (``unreachable``)."""
    raise NotRun


# -- host functions --------------------------------------------------------------------------------


def db_get(key: i32, key_len: i32, out: i32, out_cap: i32) -> i32:
    """Read the row under a key: its value's length, or -1. Spec: T-12."""
    raise NotRun


def db_put(key: i32, key_len: i32, value: i32, value_len: i32) -> i32:
    """Write a row; return whether it was there. Spec: T-13."""
    raise NotRun


def db_delete(key: i32, key_len: i32) -> i32:
    """Remove a row; return whether it was there. Spec: T-14."""
    raise NotRun


def db_seek(key: i32, key_len: i32, strict: i32, out: i32, out_cap: i32) -> i32:
    """Find the least key from the given one on: its length, or -1. Spec: T-15."""
    raise NotRun


def db_seek_back(key: i32, key_len: i32, strict: i32, out: i32, out_cap: i32) -> i32:
    """Find the greatest key up to the given one: its length, or -1. Spec: T-16."""
    raise NotRun
