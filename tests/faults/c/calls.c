/* Frames that need no stack in memory, but too many of them. */
#include "channels.h"

static int32_t (*volatile next)(uint32_t);

__attribute__((noinline)) static int32_t descend(uint32_t depth) {
    return next(depth + 1) ^ depth;
}

REDUCER(reduce) int32_t reduce(void) {
    next = descend;
    return descend(channel_message_size());
}
