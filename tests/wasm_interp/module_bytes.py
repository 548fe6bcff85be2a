"""Modules byte by byte, for tests of what `wat2wasm` would not write."""

from __future__ import annotations

from typing import Final

PREAMBLE: Final = b"\x00asm\x01\x00\x00\x00"


def leb(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def section(number: int, payload: bytes) -> bytes:
    return bytes([number]) + leb(len(payload)) + payload


def module_of(*sections: bytes) -> bytes:
    return PREAMBLE + b"".join(sections)


TYPES = section(1, b"\x01\x60\x00\x00")
FUNCTIONS = section(3, b"\x01\x00")
MEMORY = section(5, b"\x01\x00\x00")
TABLE = section(4, b"\x01\x70\x00\x00")


def code_section(body: bytes, declared: bytes = b"\x00") -> bytes:
    code = declared + body
    return section(10, b"\x01" + leb(len(code)) + code)


def with_body(body: bytes, declared: bytes = b"\x00") -> bytes:
    return module_of(TYPES, FUNCTIONS, code_section(body, declared))


BODY_START = len(with_body(b"")) - 1
"""The offset of the locals of the only function; its first instruction is one byte further."""
