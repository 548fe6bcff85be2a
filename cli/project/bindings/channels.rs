//! What a reducer may ask of its channel: the rows (`db`), and the message in hand (`channel`).
//!
//! ```ignore
//! mod channels;
//! use channels::{channel, db};
//! ```
//!
//! Nothing here allocates, panics or uses floats. A call that breaks a limit traps: the machine
//! stops, the message is refused, and the rows stay as they were.
//!
//! A reducer exports `extern "C" fn reduce() -> u32`. Result 0 accepts the message and keeps the rows
//! that it wrote; any other number refuses it, is reported, and leaves the rows unchanged.

#![allow(dead_code)]

/// The greatest length of a key; the least is 1.
pub const KEY_BYTES_MAX: usize = 80;
/// The greatest length of a value; it may be empty.
pub const VALUE_BYTES_MAX: usize = 1024;
/// The greatest length of a message's payload.
pub const MESSAGE_BYTES_MAX: usize = 4096;
/// The greatest length that the host copies at once; `channel::message_read` repeats it.
pub const READ_BYTES_MAX: usize = 1024;

/// The rows: an ordered map from keys to values. Keys compare byte by byte, a prefix first.
///
/// The `out` of a function receives a value or a key, and the slice that is returned is the part of
/// `out` that it fills. One that is longer than `out` traps: give it `VALUE_BYTES_MAX` or
/// `KEY_BYTES_MAX` bytes where the length is not known, or ask `size` first.
pub mod db {
    mod host {
        #[link(wasm_import_module = "db")]
        extern "C" {
            pub fn get(key: *const u8, key_len: usize, out: *mut u8, out_cap: usize) -> i32;
            pub fn put(key: *const u8, key_len: usize, value: *const u8, value_len: usize) -> i32;
            pub fn delete(key: *const u8, key_len: usize) -> i32;
            pub fn seek(
                key: *const u8,
                key_len: usize,
                strict: i32,
                out: *mut u8,
                out_cap: usize,
            ) -> i32;
            pub fn seek_back(
                key: *const u8,
                key_len: usize,
                strict: i32,
                out: *mut u8,
                out_cap: usize,
            ) -> i32;
        }
    }

    /// Return the value of the row `key`, read into `out`; `None` if there is no such row.
    pub fn get<'a>(key: &[u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        let length = unsafe { host::get(key.as_ptr(), key.len(), out.as_mut_ptr(), out.len()) };
        filled(out, length)
    }

    /// Return the value of the row `key` if it has exactly `N` bytes; `None` if it has another length
    /// or there is no such row.
    pub fn get_array<const N: usize>(key: &[u8]) -> Option<[u8; N]> {
        let mut out = [0; N];
        let length = unsafe { host::get(key.as_ptr(), key.len(), out.as_mut_ptr(), N) };
        (length == N as i32).then_some(out)
    }

    /// Return the length of the value of the row `key`, without reading it.
    pub fn size(key: &[u8]) -> Option<usize> {
        let length = unsafe { host::get(key.as_ptr(), key.len(), core::ptr::null_mut(), 0) };
        usize::try_from(length).ok()
    }

    /// Set the row `key`; return whether it was there before.
    pub fn put(key: &[u8], value: &[u8]) -> bool {
        unsafe { host::put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) != 0 }
    }

    /// Remove the row `key`; return whether it was there.
    pub fn delete(key: &[u8]) -> bool {
        unsafe { host::delete(key.as_ptr(), key.len()) != 0 }
    }

    /// Return the least key that is at least `key`, read into `out`; `None` if there is none.
    /// An empty `key` stands before all keys.
    pub fn seek<'a>(key: &[u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        forward(key, 0, out)
    }

    /// Return the least key after `key`: `seek`, without `key` itself.
    pub fn seek_after<'a>(key: &[u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        forward(key, 1, out)
    }

    /// Return the greatest key that is at most `key`, read into `out`; `None` if there is none.
    pub fn seek_back<'a>(key: &[u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        backward(key, 0, out)
    }

    /// Return the greatest key before `key`: `seek_back`, without `key` itself.
    pub fn seek_before<'a>(key: &[u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        backward(key, 1, out)
    }

    fn forward<'a>(key: &[u8], strict: i32, out: &'a mut [u8]) -> Option<&'a [u8]> {
        let (at, room) = (out.as_mut_ptr(), out.len());
        let length = unsafe { host::seek(key.as_ptr(), key.len(), strict, at, room) };
        filled(out, length)
    }

    fn backward<'a>(key: &[u8], strict: i32, out: &'a mut [u8]) -> Option<&'a [u8]> {
        let (at, room) = (out.as_mut_ptr(), out.len());
        let length = unsafe { host::seek_back(key.as_ptr(), key.len(), strict, at, room) };
        filled(out, length)
    }

    fn filled(out: &[u8], length: i32) -> Option<&[u8]> {
        let length = usize::try_from(length).ok()?;
        match out.get(..length) {
            None => longer_than_the_buffer(),
            part => part,
        }
    }

    /// Trap. It has a function of its own so that the report of the trap names it.
    #[inline(never)]
    fn longer_than_the_buffer() -> ! {
        core::arch::wasm32::unreachable()
    }
}

/// The message in hand: its payload, who sent it, and which turn it is for.
pub mod channel {
    mod host {
        #[link(wasm_import_module = "channel")]
        extern "C" {
            pub fn message_size() -> usize;
            pub fn message_read(out: *mut u8, offset: usize, len: usize);
            pub fn sender() -> u32;
            pub fn turn() -> u64;
        }
    }

    /// Return the length of the payload: 0 to `MESSAGE_BYTES_MAX`.
    pub fn message_size() -> usize {
        unsafe { host::message_size() }
    }

    /// Fill `out` with the payload's bytes from `offset` on, in as many host calls as it takes.
    /// Traps if the payload ends before `offset + out.len()`.
    pub fn message_read(offset: usize, out: &mut [u8]) {
        let mut at = offset;
        for part in out.chunks_mut(super::READ_BYTES_MAX) {
            unsafe { host::message_read(part.as_mut_ptr(), at, part.len()) };
            at = at.wrapping_add(part.len());
        }
    }

    /// Return the payload, read into `out`; `None` if it is longer than `out`.
    pub fn message(out: &mut [u8]) -> Option<&[u8]> {
        let part = out.get_mut(..message_size())?;
        message_read(0, part);
        Some(part)
    }

    /// Return who sent the message: the index of a participant, from 0. The channel has checked it.
    pub fn sender() -> u32 {
        unsafe { host::sender() }
    }

    /// Return the message's turn: 1 for the first. A refused message is not a turn.
    pub fn turn() -> u64 {
        unsafe { host::turn() }
    }
}
