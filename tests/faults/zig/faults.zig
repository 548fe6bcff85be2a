//! Every way in which a message can go wrong without being refused. Its first byte says which.

const std = @import("std");
const channels = @import("channels");
const channel = channels.channel;
const db = channels.db;

pub const panic = std.debug.no_panic;

const refused = 7;

export fn reduce() u32 {
    var buffer: [8]u8 = undefined;
    const message = channel.message(&buffer) orelse &.{};
    _ = db.put("row", message); // what a trap must take back
    if (message.len < 2) return 0;
    const n = message[1];
    return switch (message[0]) {
        1 => giveUp(n),
        2 => abort(n),
        3 => overflow(n),
        4 => outOfRange(message, n),
        5 => divide(n),
        6 => recurse(n),
        7 => recurseWithArrays(n),
        8 => spin(),
        9 => readIntoTooSmall(),
        10 => @intFromBool(db.put("", "an empty key")),
        11 => @intFromBool(db.put("long", &@as([1025]u8, @splat(0)))),
        12 => readPastTheEnd(),
        13 => wildPointer(),
        14 => callIndirectly(n),
        15 => allocate(n),
        else => 0,
    };
}

// Functions that only trap would become one function, with the name of any of them.

noinline fn giveUp(n: u8) u32 {
    if (n > 3) @panic("nothing to be done");
    return n;
}

noinline fn abort(n: u8) u32 {
    if (n > 4) @trap();
    return n;
}

noinline fn overflow(n: u8) u32 {
    return n + 0xff;
}

noinline fn outOfRange(message: []const u8, n: u8) u32 {
    return message[n];
}

noinline fn divide(n: u8) u32 {
    return 100 / @as(u32, n);
}

/// Frames without anything in memory: calls become too deep.
noinline fn recurse(n: u8) u32 {
    const deeper = recurse(n +% 1);
    return deeper ^ channel.sender();
}

/// Frames of a kilobyte: the stack in memory runs over its end first.
noinline fn recurseWithArrays(n: u8) u32 {
    var array: [1024]u8 = @splat(n);
    channel.messageRead(0, array[0..2]);
    const deeper = recurseWithArrays(array[1]);
    return deeper ^ array[n];
}

noinline fn spin() u32 {
    while (true) {}
}

noinline fn readIntoTooSmall() u32 {
    var none: [0]u8 = .{};
    const value = db.get("row", &none) orelse return 0;
    return value.len;
}

noinline fn readPastTheEnd() u32 {
    var byte: [1]u8 = undefined;
    channel.messageRead(4096, &byte);
    return byte[0];
}

noinline fn wildPointer() u32 {
    const pointer: *volatile u32 = @ptrFromInt(0xffff_fff0);
    return pointer.*;
}

/// Call a function through a pointer that names none.
noinline fn callIndirectly(n: u8) u32 {
    const function: *const fn () u32 = @ptrFromInt(@as(usize, n));
    return function();
}

/// Take `n` times 64 KiB from the allocator of std, which grows memory. What it gives is filled, at
/// the price of fuel, with what stands for `undefined`.
noinline fn allocate(n: u8) u32 {
    const bytes = std.heap.wasm_allocator.alloc(u8, @as(usize, n) << 16) catch return refused;
    bytes[bytes.len - 1] = 0x5a;
    _ = db.put("row", bytes[bytes.len - 1 ..]);
    return 0;
}
