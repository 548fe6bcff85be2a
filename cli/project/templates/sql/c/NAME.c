/* A score keeper: one row a player, and points that their messages add.
 *
 * Tables: schema.sql. Statements: queries.sql. Message and refusals: README.md. */
#include "channels.h"
#include "sql.h"

/* Why a message is refused; 0 accepts it. */
enum {
    ACCEPTED = 0,
    NOT_TWO_BYTES = 1,
    UNKNOWN_OPERATION = 2,
    POINTS_OUT_OF_RANGE = 3,
    SCORE_TOO_HIGH = 4,
    NO_PLAYER = 5,
    FAILED = 9
};

enum { ADD = 1, POINTS_MAX = 100 };

/* Apply the message in hand to the rows: what the channel calls, once a message. */
REDUCER(reduce)
int32_t reduce(void) {
    uint8_t message[2];
    if (channel_message_size() != sizeof message) return NOT_TWO_BYTES;
    channel_message_read(message, 0, sizeof message);
    uint8_t points = message[1];
    if (message[0] != ADD) return UNKNOWN_OPERATION;
    if (points == 0 || points > POINTS_MAX) return POINTS_OUT_OF_RANGE;

    /* Negative: the statement has failed with that SQLSTATE, and changed nothing. */
    int32_t changed = sql_add_points(points, (int32_t)channel_sender());
    if (changed == -SQL_CHECK_VIOLATION) return SCORE_TOO_HIGH;
    if (changed < 0) return FAILED;
    return changed == 1 ? ACCEPTED : NO_PLAYER;
}
