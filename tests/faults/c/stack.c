/* Frames that are too large for the stack: it would leave memory at the bottom. */
#include "channels.h"

__attribute__((noinline)) static uint32_t descend(uint32_t depth) {
    volatile uint8_t frame[1024];
    frame[depth % sizeof frame] = 1;
    return descend(depth + 1) + frame[depth % 7];
}

REDUCER(reduce) int32_t reduce(void) { return descend(channel_message_size()); }
