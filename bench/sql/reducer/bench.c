/* One statement a message: `op u32 id u16 health`, big-endian. What `python -m bench.sql` measures.
 *
 * bench.wasm: with the flags of examples/build/c.mk, but -fno-sanitize=all; then `channels sql link`. */
#include "channels.h"
#include "sql.h"

enum { GET = 1, ADD = 2, HURT = 3 };

REDUCER(reduce)
int32_t reduce(void) {
    uint8_t message[7];
    if (channel_message_size() != sizeof message) return 1;
    channel_message_read(message, 0, sizeof message);
    int32_t id = (int32_t)((uint32_t)message[1] << 24 | (uint32_t)message[2] << 16 | (uint32_t)message[3] << 8 | message[4]);
    const sql_get_unit_row *row;
    switch (message[0]) {
        case GET: return sql_get_unit(id, &row) == 1 ? 0 : 2;
        case ADD: return sql_add_unit(id) == 1 ? 0 : 3;
        case HURT: return sql_hurt_unit(id, message[5] << 8 | message[6]) == 1 ? 0 : 4;
        default: return 5;
    }
}
