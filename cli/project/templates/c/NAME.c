/* A score keeper: one row a sender, and points that its messages add.
 *
 * Rows, message and refusals: README.md. */
#include "channels.h"

/* Why a message is refused; 0 accepts it. */
enum {
    ACCEPTED = 0,
    NOT_TWO_BYTES = 1,
    UNKNOWN_OPERATION = 2,
    POINTS_OUT_OF_RANGE = 3,
    SCORE_TOO_HIGH = 4
};

enum { ADD = 1, POINTS_MAX = 100, SCORE_MAX = 1000 };

static uint32_t load_u32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void store_u32(uint8_t *to, uint32_t value) {
    to[0] = value >> 24;
    to[1] = value >> 16;
    to[2] = value >> 8;
    to[3] = value;
}

/* Apply the message in hand to the rows: what the channel calls, once a message. */
REDUCER(reduce)
int32_t reduce(void) {
    uint8_t message[2];
    if (channel_message_size() != sizeof message) return NOT_TWO_BYTES;
    channel_message_read(message, 0, sizeof message);
    uint8_t points = message[1];
    if (message[0] != ADD) return UNKNOWN_OPERATION;
    if (points == 0 || points > POINTS_MAX) return POINTS_OUT_OF_RANGE;

    uint8_t key[9] = {'s', 'c', 'o', 'r', 'e'}, value[4] = {0};
    store_u32(key + 5, channel_sender());
    db_get(key, sizeof key, value, sizeof value); /* an absent row leaves the zeros */
    uint32_t score = load_u32(value) + points;
    if (score > SCORE_MAX) return SCORE_TOO_HIGH;
    store_u32(value, score);
    db_put(key, sizeof key, value, sizeof value);
    return ACCEPTED;
}
