/* An allocator that grows memory until there is no more. */
#include "channels.h"

__attribute__((noinline)) static void *allocate(uint32_t pages) {
    int32_t before = __builtin_wasm_memory_grow(0, pages);
    if (before < 0) __builtin_trap();
    return (void *)(before * 65536);
}

REDUCER(reduce) int32_t reduce(void) {
    for (;;) *(volatile uint32_t *)allocate(16) = 1;
}
