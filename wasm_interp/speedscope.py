"""Flame graphs: profiles in speedscope's file format, for https://www.speedscope.app and others.

A call path becomes one sample, weighed by its own fuel, in the order in which paths were first met.

Not here: how profiles are made (`wasm_interp.profiling`).
Spec: https://www.speedscope.app/file-format-schema.json
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wasm_interp.profiling import function_name

if TYPE_CHECKING:
    from wasm_interp.costs import CostProfile
    from wasm_interp.program import Program
    from wasm_interp.source_lines import SourceLine

SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"


def speedscope(
    program: Program,
    profiles: Sequence[tuple[str, CostProfile]],
    *,
    name: str,
    lines: Sequence[SourceLine] = (),
) -> dict[str, Any]:
    """Return a file of named ``profiles`` as JSON-able data; ``name`` is the file's title.

    With ``lines``, the source line of each pc, functions are shown with where they begin.
    """
    keys = sorted({key for _, profile in profiles for path in profile.paths for key in path})
    index = {key: at for at, key in enumerate(keys)}
    return {
        "$schema": SCHEMA,
        "exporter": "channels profile",
        "name": name,
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(program, key, lines) for key in keys]},
        "profiles": [_sampled(title, profile, index) for title, profile in profiles],
    }


def _frame(program: Program, key: int, lines: Sequence[SourceLine]) -> dict[str, Any]:
    frame: dict[str, Any] = {"name": function_name(program, key)}
    pc = program.functions[key].pc if key >= 0 else 0
    if pc and lines and lines[pc].line:
        frame |= {"file": lines[pc].file, "line": lines[pc].line}
    return frame


def _sampled(title: str, profile: CostProfile, index: Mapping[int, int]) -> dict[str, Any]:
    weighed = [(path, costs.fuel) for path, costs in profile.paths.items() if costs.fuel]
    return {
        "type": "sampled",
        "name": title,
        "unit": "none",
        "startValue": 0,
        "endValue": sum(fuel for _, fuel in weighed),
        "samples": [[index[key] for key in path] for path, _ in weighed],
        "weights": [fuel for _, fuel in weighed],
    }
