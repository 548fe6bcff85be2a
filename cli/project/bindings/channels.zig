//! What a reducer may ask of its channel: the rows (`db`), and the message in hand (`channel`).
//!
//!     const channels = @import("channels");
//!     const db = channels.db;
//!     const channel = channels.channel;
//!
//! Nothing here allocates or uses floats. A call that breaks a limit traps: the machine stops, the
//! message is refused, and the rows stay as they were.
//!
//! A reducer exports `fn reduce() u32`. Result 0 accepts the message and keeps the rows that it
//! wrote; any other number refuses it, is reported, and leaves the rows unchanged.

/// The greatest length of a key; the least is 1.
pub const key_bytes_max = 80;
/// The greatest length of a value; it may be empty.
pub const value_bytes_max = 1024;
/// The greatest length of a message's payload.
pub const message_bytes_max = 4096;
/// The greatest length that the host copies at once; `channel.messageRead` repeats it.
pub const read_bytes_max = 1024;

/// The rows: an ordered map from keys to values. Keys compare byte by byte, a prefix first.
///
/// The `out` of a function receives a value or a key, and the slice that is returned is the part of
/// `out` that it fills. One that is longer than `out` traps: give it `value_bytes_max` or
/// `key_bytes_max` bytes where the length is not known, or ask `size` first.
pub const db = struct {
    const host = struct {
        extern "db" fn get(key: [*]const u8, key_len: usize, out: [*]u8, out_cap: usize) i32;
        extern "db" fn put(
            key: [*]const u8,
            key_len: usize,
            value: [*]const u8,
            value_len: usize,
        ) i32;
        extern "db" fn delete(key: [*]const u8, key_len: usize) i32;
        extern "db" fn seek(
            key: [*]const u8,
            key_len: usize,
            strict: i32,
            out: [*]u8,
            out_cap: usize,
        ) i32;
        extern "db" fn seek_back(
            key: [*]const u8,
            key_len: usize,
            strict: i32,
            out: [*]u8,
            out_cap: usize,
        ) i32;
    };

    /// Return the value of the row `key`, read into `out`; null if there is no such row.
    pub fn get(key: []const u8, out: []u8) ?[]u8 {
        return filled(out, host.get(key.ptr, key.len, out.ptr, out.len));
    }

    /// Return the value of the row `key` if it has exactly `n` bytes; null if it has another length or
    /// there is no such row.
    pub fn getArray(comptime n: usize, key: []const u8) ?[n]u8 {
        var out: [n]u8 = undefined;
        const length = host.get(key.ptr, key.len, &out, n);
        return if (length == n) out else null;
    }

    /// Return the length of the value of the row `key`, without reading it.
    pub fn size(key: []const u8) ?usize {
        var nothing: [0]u8 = .{};
        const length = host.get(key.ptr, key.len, &nothing, 0);
        return if (length < 0) null else @intCast(length);
    }

    /// Set the row `key`; return whether it was there before.
    pub fn put(key: []const u8, value: []const u8) bool {
        return host.put(key.ptr, key.len, value.ptr, value.len) != 0;
    }

    /// Remove the row `key`; return whether it was there.
    pub fn delete(key: []const u8) bool {
        return host.delete(key.ptr, key.len) != 0;
    }

    /// Return the least key that is at least `key`, read into `out`; null if there is none.
    /// An empty `key` stands before all keys.
    pub fn seek(key: []const u8, out: []u8) ?[]u8 {
        return filled(out, host.seek(key.ptr, key.len, 0, out.ptr, out.len));
    }

    /// Return the least key after `key`: `seek`, without `key` itself.
    pub fn seekAfter(key: []const u8, out: []u8) ?[]u8 {
        return filled(out, host.seek(key.ptr, key.len, 1, out.ptr, out.len));
    }

    /// Return the greatest key that is at most `key`, read into `out`; null if there is none.
    pub fn seekBack(key: []const u8, out: []u8) ?[]u8 {
        return filled(out, host.seek_back(key.ptr, key.len, 0, out.ptr, out.len));
    }

    /// Return the greatest key before `key`: `seekBack`, without `key` itself.
    pub fn seekBefore(key: []const u8, out: []u8) ?[]u8 {
        return filled(out, host.seek_back(key.ptr, key.len, 1, out.ptr, out.len));
    }

    fn filled(out: []u8, length: i32) ?[]u8 {
        if (length < 0) return null;
        if (length > out.len) longerThanTheBuffer();
        return out[0..@intCast(length)];
    }
};

/// The message in hand: its payload, who sent it, and which turn it is for.
pub const channel = struct {
    const host = struct {
        extern "channel" fn message_size() usize;
        extern "channel" fn message_read(out: [*]u8, offset: usize, len: usize) void;
        extern "channel" fn sender() u32;
        extern "channel" fn turn() u64;
    };

    /// Return the length of the payload: 0 to `message_bytes_max`.
    pub fn messageSize() usize {
        return host.message_size();
    }

    /// Fill `out` with the payload's bytes from `offset` on, in as many host calls as it takes.
    /// Traps if the payload ends before `offset + out.len`.
    pub fn messageRead(offset: usize, out: []u8) void {
        var at: usize = 0;
        while (at < out.len) {
            const part = @min(out.len - at, read_bytes_max);
            host.message_read(out.ptr + at, offset + at, part);
            at += part;
        }
    }

    /// Return the payload, read into `out`; null if it is longer than `out`.
    pub fn message(out: []u8) ?[]u8 {
        const length = messageSize();
        if (length > out.len) return null;
        messageRead(0, out[0..length]);
        return out[0..length];
    }

    /// Return who sent the message: the index of a participant, from 0. The channel has checked it.
    pub fn sender() u32 {
        return host.sender();
    }

    /// Return the message's turn: 1 for the first. A refused message is not a turn.
    pub fn turn() u64 {
        return host.turn();
    }
};

/// Trap. It is a function of its own so that the report of the trap names it.
noinline fn longerThanTheBuffer() noreturn {
    @trap();
}
