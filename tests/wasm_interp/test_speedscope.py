"""Flame graphs are files that speedscope reads: the structure of its schema, sums that fit."""

from __future__ import annotations

import json
from typing import Any

from merkle import OrderedMap
from tests.wasm_interp.test_profiling import RECURSIVE
from tests.wasm_interp.wat import program_of
from wasm_interp import Message
from wasm_interp.profiling import profile_turn
from wasm_interp.source_lines import SourceLine
from wasm_interp.speedscope import SCHEMA, speedscope


def check_structure(data: dict[str, Any]) -> None:
    """Check what https://www.speedscope.app/file-format-schema.json asks of sampled profiles."""
    assert data["$schema"] == "https://www.speedscope.app/file-format-schema.json" == SCHEMA
    assert set(data) <= {
        *("$schema", "shared", "profiles", "name", "activeProfileIndex", "exporter")
    }
    assert isinstance(data["name"], str)
    assert isinstance(data["exporter"], str)
    assert 0 <= data["activeProfileIndex"] < len(data["profiles"])
    frames = data["shared"]["frames"]
    for frame in frames:
        assert {"name"} <= set(frame) <= {"name", "file", "line", "col"}
        assert isinstance(frame["name"], str)
        assert frame.get("line", 1) >= 1
    for profile in data["profiles"]:
        assert set(profile) == {
            *("type", "name", "unit", "startValue", "endValue", "samples", "weights")
        }
        assert profile["type"] == "sampled"
        assert profile["unit"] in {
            *("bytes", "microseconds", "milliseconds", "nanoseconds", "none", "seconds")
        }
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(0 <= at < len(frames) for sample in profile["samples"] for at in sample)
        assert all(sample for sample in profile["samples"])
        assert all(type(weight) is int and weight > 0 for weight in profile["weights"])
        assert profile["endValue"] - profile["startValue"] == sum(profile["weights"])


def test_a_flame_graph_has_the_structure_and_the_sums_of_its_profile() -> None:
    program = program_of(RECURSIVE)
    turn, profile = profile_turn(program, OrderedMap(), Message(turn=1))
    data = speedscope(program, [("message 1", profile)], name="reducer")
    assert json.loads(json.dumps(data)) == data
    check_structure(data)
    (graph,) = data["profiles"]
    assert graph["endValue"] == turn.fuel_used
    names = [[data["shared"]["frames"][at]["name"] for at in path] for path in graph["samples"]]
    assert ["start", "twice"] in names
    assert ["reduce", "even", "db.put"] in names
    assert names[-1] == ["(halt)"]


def test_functions_are_shown_with_where_they_begin() -> None:
    program = program_of(RECURSIVE)
    lines = [SourceLine("r.ts", 7)] * len(program.words)
    _, profile = profile_turn(program, OrderedMap(), Message(turn=1), lines=lines)
    data = speedscope(program, [("message 1", profile)], name="reducer", lines=lines)
    check_structure(data)
    frames = {frame["name"]: frame for frame in data["shared"]["frames"]}
    assert frames["even"] == {"name": "even", "file": "r.ts", "line": 7}
    assert frames["db.put"] == {"name": "db.put"}
    nowhere = [SourceLine("<even>", 0)] * len(program.words)
    data = speedscope(program, [("message 1", profile)], name="reducer", lines=nowhere)
    assert all("file" not in frame for frame in data["shared"]["frames"])
