//! Tic-Tac-Toe over rows. Rows, message and statuses: ../README.md.

const std = @import("std");
const channels = @import("channels");
const channel = channels.channel;
const db = channels.db;

const move = 1;
const cells = 9;
const draw = 3;

const next = "next";
const winner = "winner";

const lines = [_][3]u8{
    .{ 0, 1, 2 }, .{ 3, 4, 5 }, .{ 6, 7, 8 }, // rows
    .{ 0, 3, 6 }, .{ 1, 4, 7 }, .{ 2, 5, 8 }, // columns
    .{ 0, 4, 8 }, .{ 2, 4, 6 }, // diagonals
};

const Status = enum(u32) {
    accepted = 0,
    too_short = 1,
    no_move = 2,
    game_over = 3,
    occupied = 4,
    nobody_next = 5,
};

pub const panic = std.debug.no_panic;

export fn reduce() u32 {
    return @backingInt(apply());
}

fn apply() Status {
    var message: [2]u8 = undefined;
    if (channel.messageSize() < message.len) return .too_short;
    channel.messageRead(0, &message);
    const at = message[1];
    if (message[0] != move or at >= cells) return .no_move;
    if (read(winner) != 0) return .game_over;
    var board: [cells]u8 = undefined;
    for (&board, 0..) |*cell, index| cell.* = read(&cellKey(@intCast(index)));
    if (board[at] != 0) return .occupied;
    const player = read(next);
    if (player != 1 and player != 2) return .nobody_next;

    board[at] = player;
    write(&cellKey(at), player);
    const won = winnerOf(&board);
    if (won != 0) write(winner, won) else write(next, 3 - player);
    return .accepted;
}

fn cellKey(index: u8) [5]u8 {
    return "cell".* ++ .{index};
}

/// Return the byte of a row: 0 if it is absent, or not one byte long.
fn read(key: []const u8) u8 {
    const value = db.getArray(1, key) orelse return 0;
    return value[0];
}

fn write(key: []const u8, value: u8) void {
    _ = db.put(key, &.{value});
}

/// Return who has a line, `draw` if all cells are taken, else 0.
fn winnerOf(board: *const [cells]u8) u8 {
    for (lines) |line| {
        const player = board[line[0]];
        if (player != 0 and player == board[line[1]] and player == board[line[2]]) return player;
    }
    for (board) |cell| if (cell == 0) return 0;
    return draw;
}
