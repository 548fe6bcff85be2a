/* A loop without an end. */
#include "channels.h"

static volatile uint32_t ticks;

__attribute__((noinline)) static void wait(void) {
    while (ticks != 1) ticks += 2;
}

REDUCER(reduce) int32_t reduce(void) {
    wait();
    return 0;
}
