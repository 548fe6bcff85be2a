// Host functions for reducers in AssemblyScript: `db` (the rows) and `channel` (the message).
//
//   import { db, channel } from "./channels";
//
// A buffer is an address and a length in bytes; `memory.data(80)` is one that needs no allocator.
// Nothing here allocates, and nothing throws: a length beyond a limit, or a buffer that is not
// wholly inside memory, ends the message with a trap, and the rows stay as they were.
//
// A reducer exports `function reduce(): i32`. Result 0 accepts the message and keeps the rows it
// wrote; any other number refuses it, is reported, and leaves the rows unchanged.

/** Greatest length of a key, in bytes; the least is 1. */
export const KEY_BYTES_MAX: i32 = 80;

/** Greatest length of a value, in bytes; it may be empty. */
export const VALUE_BYTES_MAX: i32 = 1024;

/** Greatest length of a message, in bytes. */
export const MESSAGE_BYTES_MAX: i32 = 4096;

/** Greatest length that one `channel.messageRead` copies, in bytes. */
export const READ_BYTES_MAX: i32 = 1024;

/** What `db.get`, `db.seek` and `db.seekBack` return if there is no such row. */
export const ABSENT: i32 = -1;

/** The rows: an ordered map from keys to values. Keys compare byte by byte, a prefix first. */
export namespace db {
  /**
   * Copy the value of the row `key` to `out`, if it has at most `outCapacity` bytes; a longer one
   * is not copied at all. Return its length either way, or `ABSENT`.
   */
  // @ts-ignore: decorator
  @external("db", "get")
  export declare function get(key: usize, keyLength: i32, out: usize, outCapacity: i32): i32;

  /** Set the row `key` to `value`. Return 1 if it was there before, else 0. */
  // @ts-ignore: decorator
  @external("db", "put")
  export declare function put(key: usize, keyLength: i32, value: usize, valueLength: i32): i32;

  /** Remove the row `key`. Return 1 if it was there, else 0. */
  // @ts-ignore: decorator
  @external("db", "delete")
  export declare function remove(key: usize, keyLength: i32): i32;

  /**
   * Copy the least key >= `key` (with `strict` not 0: > `key`) to `out`, if it has at most
   * `outCapacity` bytes. Return its length, or `ABSENT`. `key` may be empty here.
   */
  // @ts-ignore: decorator
  @external("db", "seek")
  export declare function seek(
    key: usize, keyLength: i32, strict: i32, out: usize, outCapacity: i32
  ): i32;

  /** As `seek`, with the greatest key <= `key` (with `strict` not 0: < `key`). */
  // @ts-ignore: decorator
  @external("db", "seek_back")
  export declare function seekBack(
    key: usize, keyLength: i32, strict: i32, out: usize, outCapacity: i32
  ): i32;
}

/** The message that is being applied. */
export namespace channel {
  /** Return the length of the message's payload, in bytes: 0 to `MESSAGE_BYTES_MAX`. */
  // @ts-ignore: decorator
  @external("channel", "message_size")
  export declare function messageSize(): i32;

  /**
   * Copy `length` bytes of the payload, from `offset` on, to `out`. Traps if `length` is above
   * `READ_BYTES_MAX` or the payload ends before: compare with `messageSize()` first.
   */
  // @ts-ignore: decorator
  @external("channel", "message_read")
  export declare function messageRead(out: usize, offset: i32, length: i32): void;

  /** Return who sent the message: the index of a participant, from 0. The channel has checked it. */
  // @ts-ignore: decorator
  @external("channel", "sender")
  export declare function sender(): u32;

  /** Return the message's turn: 1 for the first. A refused message is not a turn. */
  // @ts-ignore: decorator
  @external("channel", "turn")
  export declare function turn(): u64;
}
