/* An index beyond the end of an array. */
#include "channels.h"

static volatile uint8_t cells[9];

__attribute__((noinline)) static uint8_t take(uint32_t index) { return cells[index]; }

REDUCER(reduce) int32_t reduce(void) { return take(channel_message_size() + sizeof cells); }
