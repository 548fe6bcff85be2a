//! A tactics game on a board of 5 by 5, for two players with three units each.
//!
//! Rows, messages and refusals: README.md.

const std = @import("std");
const channels = @import("channels");
const channel = channels.channel;
const db = channels.db;

const side = 5;
const players = 2;
const nobody = 0xff;

/// What a unit of each kind can do: steps a turn, distance and damage of its attack.
const Kind = struct { speed: u8, range: u8, damage: u8 };
const kinds = [_]Kind{
    .{ .speed = 1, .range = 1, .damage = 3 }, // knight
    .{ .speed = 1, .range = 3, .damage = 2 }, // archer
    .{ .speed = 3, .range = 1, .damage = 1 }, // scout
};

const Status = enum(u32) {
    accepted = 0,
    malformed = 1,
    unknown_order = 2,
    game_over = 3,
    not_your_turn = 4,
    no_such_unit = 5,
    off_the_board = 6,
    out_of_reach = 7,
    no_enemy_there = 8,
};

const Order = enum(u8) { move = 1, attack = 2, resign = 3 };

pub const panic = std.debug.no_panic;

export fn reduce() u32 {
    return @backingInt(apply());
}

fn apply() Status {
    var buffer: [4]u8 = undefined;
    const message = channel.message(&buffer) orelse return .malformed;
    if (message.len == 0) return .malformed;
    const order = std.enums.fromInt(Order, message[0]) orelse return .unknown_order;
    if (message.len != @as(usize, if (order == .resign) 1 else 4)) return .malformed;

    const game = Game.read();
    if (game.winner != nobody) return .game_over;
    if (channel.sender() != game.next) return .not_your_turn;
    if (order == .resign) return game.won(1 - game.next);

    var unit = Unit.read(message[1]) orelse return .no_such_unit;
    if (unit.player != game.next) return .no_such_unit;
    if (message[2] >= side or message[3] >= side) return .off_the_board;
    const target = Square{ .x = message[2], .y = message[3] };
    return switch (order) {
        .move => move(game, &unit, target),
        .attack => attack(game, unit, target),
        .resign => unreachable,
    };
}

/// Walk to a free square, around whoever stands in the way.
fn move(game: Game, unit: *Unit, target: Square) Status {
    var taken: Squares = 0;
    var units = Unit.all;
    while (units.next()) |other| taken |= other.at.bit();
    var reached = unit.at.bit();
    for (0..unit.kind().speed) |_| reached |= neighbours(reached) & ~taken;
    if (target.bit() & reached & ~taken == 0) return .out_of_reach;
    unit.at = target;
    unit.write();
    return game.goesOn();
}

/// Hit the enemy on a square. Whoever loses the last unit loses the game.
fn attack(game: Game, unit: Unit, target: Square) Status {
    var enemies: usize = 0;
    var hit: ?Unit = null;
    var units = Unit.all;
    while (units.next()) |other| {
        if (other.player == unit.player) continue;
        enemies += 1;
        if (other.at.bit() == target.bit()) hit = other;
    }
    var enemy = hit orelse return .no_enemy_there;
    if (unit.at.distance(target) > unit.kind().range) return .out_of_reach;
    enemy.life -|= unit.kind().damage;
    if (enemy.life > 0) {
        enemy.write();
    } else {
        enemy.remove();
        if (enemies == 1) return game.won(unit.player);
    }
    return game.goesOn();
}

/// The row `game`.
const Game = struct {
    next: u8,
    winner: u8,

    fn read() Game {
        const row = db.getArray(2, "game") orelse return .{ .next = 0, .winner = nobody };
        return .{ .next = row[0], .winner = row[1] };
    }

    fn goesOn(game: Game) Status {
        _ = db.put("game", &.{ (game.next + 1) % players, nobody });
        return .accepted;
    }

    fn won(game: Game, player: u8) Status {
        _ = db.put("game", &.{ game.next, player });
        return .accepted;
    }
};

/// A row `unit`, and the number in its key. A unit without life has no row.
const Unit = struct {
    number: u8,
    player: u8,
    kind_number: u8,
    life: u8,
    at: Square,

    const prefix = "unit";
    const Key = [prefix.len + 1]u8;

    /// All units, in the order of their numbers.
    const all = Iterator{ .after = keyOf(0), .strict = false };

    const Iterator = struct {
        after: Key,
        strict: bool,

        fn next(iterator: *Iterator) ?Unit {
            var buffer: [channels.key_bytes_max]u8 = undefined;
            const found = if (iterator.strict)
                db.seekAfter(&iterator.after, &buffer)
            else
                db.seek(&iterator.after, &buffer);
            const key = found orelse return null;
            if (key.len != @sizeOf(Key) or !std.mem.startsWith(u8, key, prefix)) return null;
            iterator.* = .{ .after = key[0..@sizeOf(Key)].*, .strict = true };
            return read(key[prefix.len]);
        }
    };

    fn keyOf(number: u8) Key {
        return prefix.* ++ .{number};
    }

    fn read(number: u8) ?Unit {
        const row = db.getArray(5, &keyOf(number)) orelse return null;
        const at = Square{ .x = row[3], .y = row[4] };
        return .{ .number = number, .player = row[0], .kind_number = row[1], .life = row[2], .at = at };
    }

    fn write(unit: Unit) void {
        const row = [_]u8{ unit.player, unit.kind_number, unit.life, unit.at.x, unit.at.y };
        _ = db.put(&keyOf(unit.number), &row);
    }

    fn remove(unit: Unit) void {
        _ = db.delete(&keyOf(unit.number));
    }

    fn kind(unit: Unit) Kind {
        return kinds[unit.kind_number];
    }
};

/// A set of squares, one bit each, row by row.
const Squares = u25;

const Square = struct {
    x: u8,
    y: u8,

    fn bit(square: Square) Squares {
        return @as(Squares, 1) << @intCast(square.y * side + square.x);
    }

    /// Return the number of steps between two squares, none of them diagonal.
    fn distance(a: Square, b: Square) u8 {
        return @max(a.x, b.x) - @min(a.x, b.x) + @max(a.y, b.y) - @min(a.y, b.y);
    }
};

/// Return the squares one step from any of `squares`.
fn neighbours(squares: Squares) Squares {
    const left_column: Squares = 0b00001_00001_00001_00001_00001;
    const right_column = left_column << (side - 1);
    const sideways = ((squares & ~right_column) << 1) | ((squares & ~left_column) >> 1);
    return sideways | (squares << side) | (squares >> side);
}
