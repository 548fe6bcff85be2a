//! A score keeper: one row a sender, and points that its messages add.
//!
//! Rows, message and refusals: README.md.

const std = @import("std");
const channels = @import("channels");
const channel = channels.channel;
const db = channels.db;

const add = 1;
const points_max = 100;
const score_max = 1_000;

/// Why a message is refused. 0 is kept for "accepted".
const Refusal = enum(u32) {
    none = 0,
    not_two_bytes = 1,
    unknown_operation = 2,
    points_out_of_range = 3,
    score_too_high = 4,
};

/// A panic (an overflow, an index out of range) traps, so that the message is refused.
pub const panic = std.debug.no_panic;

/// Apply the message in hand to the rows: what the channel calls, once a message.
export fn reduce() u32 {
    return @intFromEnum(apply());
}

fn apply() Refusal {
    var buffer: [2]u8 = undefined;
    const message = channel.message(&buffer) orelse return .not_two_bytes;
    if (message.len != 2) return .not_two_bytes;
    if (message[0] != add) return .unknown_operation;
    const points = message[1];
    if (points == 0 or points > points_max) return .points_out_of_range;

    const key = scoreKey(channel.sender());
    const score = readScore(&key) + points;
    if (score > score_max) return .score_too_high;
    var value: [4]u8 = undefined;
    std.mem.writeInt(u32, &value, score, .big);
    _ = db.put(&key, &value);
    return .none;
}

/// Return the key of a sender's row: `score`, and the sender in four bytes, the highest first.
fn scoreKey(sender: u32) [9]u8 {
    var key = "score\x00\x00\x00\x00".*;
    std.mem.writeInt(u32, key[5..9], sender, .big);
    return key;
}

/// Return the points in a row: 0 if it is not there.
fn readScore(key: []const u8) u32 {
    const score = db.getArray(4, key) orelse return 0;
    return std.mem.readInt(u32, &score, .big);
}
