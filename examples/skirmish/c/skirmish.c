/* Skirmish over SQL tables. Schema, statements, messages and refusals: ../README.md. */
#include "channels.h"
#include "sql.h"

enum {
    ACCEPTED, NO_MESSAGE, NO_SUCH, TOO_POOR, TAKEN, OFF_BOARD, TOO_FAR, NO_PLAYER, FAILED = 9
};
enum { SPAWN = 1, MOVE = 2, ATTACK = 3, PLAYERS = 2, NAME_BYTES_MAX = 12 };

static uint8_t message[3 + NAME_BYTES_MAX];

static int32_t load_u32(const uint8_t *from) {
    return (int32_t)((uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3]);
}

/* Return why a unit cannot stand on a field, for the result of the statement that puts it there. */
static int32_t placed(int32_t result) {
    switch (result) {
        case 1: return ACCEPTED;
        case -SQL_UNIQUE_VIOLATION: return TAKEN;
        case -SQL_CHECK_VIOLATION: return OFF_BOARD;
        default: return FAILED;
    }
}

static int32_t pay(int32_t player, int32_t amount) {
    int32_t result = sql_pay(amount, player);
    if (result == -SQL_CHECK_VIOLATION) return TOO_POOR;
    return result == 1 ? ACCEPTED : FAILED;
}

static int32_t spawn(int32_t player, int32_t x, int32_t y, const uint8_t *name, uint32_t length) {
    const sql_cost_row *kind;
    if (sql_cost(name, length, &kind) <= 0) return NO_SUCH; /* what is not UTF-8 is no name, too */
    int32_t refused = pay(player, kind->cost);
    return refused ? refused : placed(sql_spawn(player, x, y, name, length));
}

static int32_t move(int32_t player, int32_t unit, int32_t x, int32_t y) {
    const sql_steps_to_row *way;
    int32_t found = sql_steps_to(x, y, unit, player, &way);
    if (found <= 0) return found ? FAILED : NO_SUCH;
    if (way->steps > way->speed) return TOO_FAR;
    return placed(sql_move_unit(x, y, unit));
}

static int32_t kill(int32_t player, int32_t unit, int32_t reward) {
    if (sql_kill(unit) != 1 || sql_count_kill(player) != 0) return FAILED;
    return pay(player, -reward);
}

static int32_t attack(int32_t player, int32_t unit) {
    const sql_target_row *target;
    int32_t found = sql_target(unit, player, &target);
    if (found <= 0) return found ? FAILED : NO_SUCH;
    /* The row is gone with the next call. */
    int32_t health = target->health, reward = target->reward;

    const sql_in_reach_row *const *units;
    int32_t count = sql_in_reach(player, unit, &units);
    if (count <= 0) return count ? FAILED : TOO_FAR;
    int32_t strength = 0, used = 0;
    while (used < count && strength < health) strength += units[used++]->strength;

    int32_t refused = pay(player, used);
    if (refused) return refused;
    if (strength >= health) return kill(player, unit, reward);
    return sql_hurt(strength, unit) == 1 ? ACCEPTED : FAILED;
}

static int32_t apply(int32_t player, uint32_t size) {
    uint8_t kind = size ? message[0] : 0;
    if (kind == SPAWN && size > 3) return spawn(player, message[1], message[2], message + 3, size - 3);
    if (kind == MOVE && size == 7) return move(player, load_u32(message + 1), message[5], message[6]);
    if (kind == ATTACK && size == 5) return attack(player, load_u32(message + 1));
    return NO_MESSAGE;
}

REDUCER(reduce)
int32_t reduce(void) {
    uint32_t size = channel_message_size();
    if (size > sizeof message) return NO_MESSAGE;
    channel_message_read(message, 0, size);
    if (channel_sender() >= PLAYERS) return NO_PLAYER;
    int32_t player = (int32_t)channel_sender();
    int32_t refused = apply(player, size);
    if (refused) return refused;
    return sql_earn(player) == 1 ? ACCEPTED : FAILED;
}
