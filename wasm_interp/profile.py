"""Profile v1: every limit of the system in one place, and the hash that pins them.

Code that checks modules against the profile is in `wasm_interp.validate` and `wasm_interp.link`;
here are only the numbers.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import Final

from merkle import Hash32, keccak256
from merkle.key_bits import KEY_BYTES_MAX, VALUE_BYTES_MAX

PAGE_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The limits of a profile, all part of every reducer id (docs/spec/profile.md, P-1)."""

    semantics_version: int = 1
    memory_pages_max: int = 256
    table_entries_max: int = 4_096
    code_instructions_max: int = 2**20
    locals_max: int = 1_024
    params_max: int = 32
    globals_max: int = 1_024
    call_depth_max: int = 1_024
    operand_height_max: int = 1_024
    key_bytes_max: int = 80
    value_bytes_max: int = 1_024
    message_bytes_max: int = 4_096
    message_read_bytes_max: int = 1_024
    fuel_max: int = 2**24 - 1

    def encode(self) -> bytes:
        """Return the canonical bytes: a tag, then each limit as u32 in the order of the fields."""
        return b"channels/profile/v1" + b"".join(
            int(value).to_bytes(4, "big") for value in astuple(self)
        )

    def hash(self) -> Hash32:
        """Return the profile hash, part of every reducer id. Spec: P-2."""
        return keccak256(self.encode())

    def runs_as(self, other: Profile) -> bool:
        """Return whether a machine under this profile runs as under ``other``.

        A profile may accept fewer modules; what a step does, it cannot change.
        """
        semantic = (
            *("semantics_version", "call_depth_max", "key_bytes_max", "value_bytes_max"),
            *("message_bytes_max", "message_read_bytes_max", "fuel_max"),
        )
        same = all(getattr(self, name) == getattr(other, name) for name in semantic)
        return same and self.locals_max <= other.locals_max

    def rows(self) -> list[tuple[str, int]]:
        """Return (name, limit) pairs, for people to read."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


PROFILE_V1: Final = Profile()

# The map checks the same limits, and may not import from here.
assert PROFILE_V1.key_bytes_max == KEY_BYTES_MAX
assert PROFILE_V1.value_bytes_max == VALUE_BYTES_MAX
