/* A division by what the message says, which is zero: undefined in C, and so a trap of -fsanitize. */
#include "channels.h"

__attribute__((noinline)) static uint32_t share(volatile uint32_t *parts) { return 100 / *parts; }

REDUCER(reduce) int32_t reduce(void) {
    volatile uint32_t parts = channel_message_size();
    return share(&parts);
}
