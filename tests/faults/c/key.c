/* A key that is too long. */
#include "channels.h"

static const uint8_t KEY[DB_KEY_BYTES_MAX + 1];

REDUCER(reduce) int32_t reduce(void) { return db_put(KEY, sizeof KEY, KEY, 1); }
