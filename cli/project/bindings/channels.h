/* Host functions for reducers in C: db_* (the rows) and channel_* (the message).
 *
 * A buffer is an address and a length in bytes. Nothing here allocates. A length beyond a limit, or
 * a buffer that is not wholly inside memory, ends the message with a trap, and the rows stay as they
 * were.
 *
 * A reducer defines REDUCER(reduce), `int32_t reduce(void)`. Result 0 accepts the message and keeps
 * the rows it wrote; any other number refuses it, is reported, and leaves the rows unchanged.
 */
#ifndef CHANNELS_H
#define CHANNELS_H

#include <stdint.h>

enum {
    DB_KEY_BYTES_MAX = 80,            /* the least is 1 */
    DB_VALUE_BYTES_MAX = 1024,        /* a value may be empty */
    CHANNEL_MESSAGE_BYTES_MAX = 4096, /* of a payload */
    CHANNEL_READ_BYTES_MAX = 1024,    /* of one channel_message_read */
    DB_ABSENT = -1                    /* what db_get, db_seek and db_seek_back return for no row */
};

#define CHANNELS_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

/* Export the function of this name: `REDUCER(reduce) int32_t reduce(void) { … }`. */
#define REDUCER(name) __attribute__((export_name(#name)))

/* The rows: an ordered map from keys to values. Keys compare byte by byte, a prefix first. */

/* Copy the value of the row `key` to `out`, if it has at most `out_capacity` bytes; a longer one is
 * not copied at all. Return its length either way, or DB_ABSENT. */
CHANNELS_IMPORT("db", "get")
int32_t db_get(const void *key, uint32_t key_length, void *out, uint32_t out_capacity);

/* Set the row `key` to `value`. Return 1 if it was there before, else 0. */
CHANNELS_IMPORT("db", "put")
int32_t db_put(const void *key, uint32_t key_length, const void *value, uint32_t value_length);

/* Remove the row `key`. Return 1 if it was there, else 0. */
CHANNELS_IMPORT("db", "delete")
int32_t db_delete(const void *key, uint32_t key_length);

/* Copy the least key >= `key` (with `strict` not 0: > `key`) to `out`, if it has at most
 * `out_capacity` bytes. Return its length, or DB_ABSENT. `key` may be empty here. */
CHANNELS_IMPORT("db", "seek")
int32_t db_seek(const void *key, uint32_t key_length, int32_t strict, void *out,
                uint32_t out_capacity);

/* As db_seek, with the greatest key <= `key` (with `strict` not 0: < `key`). */
CHANNELS_IMPORT("db", "seek_back")
int32_t db_seek_back(const void *key, uint32_t key_length, int32_t strict, void *out,
                     uint32_t out_capacity);

/* The message that is being applied. */

/* Return the length of the payload, in bytes: 0 to CHANNEL_MESSAGE_BYTES_MAX. */
CHANNELS_IMPORT("channel", "message_size")
uint32_t channel_message_size(void);

/* Copy `length` bytes of the payload, from `offset` on, to `out`. Traps if `length` is above
 * CHANNEL_READ_BYTES_MAX or the payload ends before: compare with channel_message_size() first. */
CHANNELS_IMPORT("channel", "message_read")
void channel_message_read(void *out, uint32_t offset, uint32_t length);

/* Return who sent the message: the index of a participant, from 0. The channel has checked it. */
CHANNELS_IMPORT("channel", "sender")
uint32_t channel_sender(void);

/* Return the message's turn: 1 for the first. A refused message is not a turn. */
CHANNELS_IMPORT("channel", "turn")
uint64_t channel_turn(void);

#endif
