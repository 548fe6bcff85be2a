"""The bindings of Rust and Zig at their edges: empty keys and values, full ones, short buffers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.files import read_program
from cli.new import create
from merkle import OrderedMap
from tests import languages
from wasm_interp import Message, Turn, reduce

RUST = """\
#![no_std]
mod channels;
use channels::{channel, db};

#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    let mut buffer = [0; 64];
    let message = channel::message(&mut buffer).unwrap();
    let (mut key, mut value) = ([0u8; 80], [0u8; 1024]);
    match message[0] {
        0 => db::put(b"a", &[]) as u32,
        1 => db::put(b"a", &value) as u32,
        2 => db::size(b"a").map_or(1, |length| 100 + length as u32),
        3 => db::get(b"a", &mut []).map_or(1, |found| 100 + found.len() as u32),
        4 => db::get(b"a", &mut value).map_or(1, |found| 100 + found.len() as u32),
        5 => db::get_array::<0>(b"a").map_or(1, |_| 2),
        6 => db::seek(&[], &mut key).map_or(1, |found| 100 + found.len() as u32),
        7 => db::seek_back(&[], &mut key).map_or(1, |_| 2),
        8 => db::get(&[], &mut value).map_or(1, |_| 2),
        9 => {
            channel::message_read(message.len(), &mut []);
            7
        }
        _ => (channel::turn() >> 32) as u32,
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
"""

ZIG = """\
const std = @import("std");
const channels = @import("channels");
const channel = channels.channel;
const db = channels.db;

pub const panic = std.debug.no_panic;

var key: [80]u8 = undefined;
var value = std.mem.zeroes([1024]u8);

fn length(found: ?[]u8) u32 {
    return if (found) |part| 100 + @as(u32, @intCast(part.len)) else 1;
}

export fn reduce() u32 {
    var buffer: [64]u8 = undefined;
    const message = channel.message(&buffer) orelse @panic("too long");
    return switch (message[0]) {
        0 => @intFromBool(db.put("a", &.{})),
        1 => @intFromBool(db.put("a", &value)),
        2 => if (db.size("a")) |size| 100 + @as(u32, @intCast(size)) else 1,
        3 => length(db.get("a", &.{})),
        4 => length(db.get("a", &value)),
        5 => if (db.getArray(0, "a") == null) 1 else 2,
        6 => length(db.seek(&.{}, &key)),
        7 => if (db.seekBack(&.{}, &key) == null) 1 else 2,
        8 => length(db.get(&.{}, &value)),
        9 => read: {
            channel.messageRead(message.len, key[0..0]);
            break :read 7;
        },
        else => @truncate(channel.turn() >> 32),
    };
}
"""

EMPTY, FULL = OrderedMap.from_rows([(b"a", b"")]), OrderedMap.from_rows([(b"a", bytes(1024))])
CASES = [
    (OrderedMap(), 0, "accepted"),  # put: a value may be empty
    (EMPTY, 0, "refused with 1"),  # put: the row was there
    (EMPTY, 1, "refused with 1"),
    (OrderedMap(), 2, "refused with 1"),  # size: no row
    (EMPTY, 2, "refused with 100"),
    (FULL, 2, "refused with 1124"),
    (OrderedMap(), 3, "refused with 1"),  # get into no buffer
    (EMPTY, 3, "refused with 100"),
    (FULL, 3, "trapped: unreachable"),  # the row is longer than the buffer
    (FULL, 4, "refused with 1124"),
    (OrderedMap(), 5, "refused with 1"),  # get an array of no bytes
    (EMPTY, 5, "refused with 2"),
    (FULL, 5, "refused with 1"),
    (OrderedMap(), 6, "refused with 1"),  # seek from the empty key
    (FULL, 6, "refused with 101"),
    (FULL, 7, "refused with 1"),  # nothing is before the empty key
    (FULL, 8, "trapped: key length"),  # no row has the empty key
    (FULL, 9, "refused with 7"),  # read nothing at the message's end
    (FULL, 10, "refused with 4294967295"),  # the turn has 64 bits
]


def build(language: str, source: str, folder: Path) -> Path:
    """Return the module that a new project makes of ``source``."""
    if language == "rust":
        if not Path("/usr/bin/rustc").exists() or shutil.which("wasm-ld-14") is None:
            languages.missing("no Rust: apt-get install rustc libstd-rust-dev-wasm32 lld-14")
    else:
        languages.zig()
    project = create("edges", language, parent=folder)
    next(project.glob("edges.*")).write_text(source)
    python = f"ZIG={languages.ZIG_CC[0]} -m ziglang"
    languages.make(*([python] if language == "zig" else []), cwd=project)
    return project / "edges.wasm"


@pytest.mark.parametrize(
    ("language", "source"), [("rust", RUST), ("zig", ZIG)], ids=["rust", "zig"]
)
def test_bindings_are_right_at_their_edges(language: str, source: str, tmp_path: Path) -> None:
    program = read_program(build(language, source, tmp_path), reducer=True)

    def outcome(rows: OrderedMap, operation: int) -> Turn:
        return reduce(program, rows, Message(turn=2**64 - 1, sender=0, payload=bytes([operation])))

    found = [(operation, outcome(rows, operation).verdict) for rows, operation, _ in CASES]
    assert found == [(operation, verdict) for _, operation, verdict in CASES]
    too_short = outcome(FULL, 3).stopped_at.symbol.lower().replace("_", "")
    assert "longerthanthebuffer" in too_short
