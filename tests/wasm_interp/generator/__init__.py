"""A generator of valid in-profile modules as binaries, and strategies made from it.

`generate` makes one `GeneratedModule` from a `Source` of choices. Every module terminates: global 0
counts down at every loop head and function entry.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.wasm_interp.generator.module import FULL, GeneratedModule, Options, generate
from tests.wasm_interp.generator.source import DrawnSource, SeededSource

__all__ = ["FULL", "GeneratedModule", "Options", "modules", "seeded_module"]


@st.composite
def _composite(draw: st.DrawFn, options: Options) -> GeneratedModule:
    return generate(DrawnSource(draw), options)


def modules(options: Options = FULL) -> st.SearchStrategy[GeneratedModule]:
    """Return a strategy of generated modules."""
    return _composite(options)


def seeded_module(seed: int, options: Options = FULL) -> GeneratedModule:
    """Return the module of ``seed``: the same one every time."""
    return generate(SeededSource(seed), options)
