"""The native tier: whole runs in wasmtime, with our fuel. Optional: the extra ``native``.

- `encoder`: the binary format; `module`: the sections; `instrument`: bodies that count fuel;
- `runner`: a machine at its beginning, run to its halt.

A run that does not halt (a trap, no fuel left) is left to another tier, which gives the exact state
in which it stops. What the tier is for: docs/tiers.md.
"""

from wasm_interp.native.runner import NativeTierMissing, run_native

__all__ = ["NativeTierMissing", "run_native"]
