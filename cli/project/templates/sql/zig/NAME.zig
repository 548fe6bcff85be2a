//! A score keeper: one row a player, and points that their messages add.
//!
//! Tables: schema.sql. Statements: queries.sql. Message and refusals: README.md.

const std = @import("std");
const channels = @import("channels");
const sql = @import("sql");
const channel = channels.channel;

const add = 1;
const points_max = 100;

/// Why a message is refused. 0 is kept for "accepted".
const Refusal = enum(u32) {
    none = 0,
    not_two_bytes = 1,
    unknown_operation = 2,
    points_out_of_range = 3,
    score_too_high = 4,
    no_player = 5,
    failed = 9,
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

    // A statement that fails has changed nothing.
    const changed = sql.addPoints(points, @bitCast(channel.sender())) catch |failure| return switch (failure) {
        error.CheckViolation => .score_too_high,
        else => .failed,
    };
    return if (changed == 1) .none else .no_player;
}
