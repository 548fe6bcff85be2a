/* Tic-Tac-Toe over rows. Rows, message and statuses: ../README.md. */
#include "channels.h"

enum { ACCEPTED, TOO_SHORT, NO_MOVE, GAME_OVER, OCCUPIED, NOBODY_NEXT };
enum { MOVE = 1, CELLS = 9, DRAW = 3 };

static const uint8_t LINES[8][3] = {
    {0, 1, 2}, {3, 4, 5}, {6, 7, 8}, /* rows */
    {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, /* columns */
    {0, 4, 8}, {2, 4, 6},            /* diagonals */
};

static uint8_t cell_key[5] = "cell"; /* and the index, where the terminator is */
static const uint8_t NEXT[] = {'n', 'e', 'x', 't'};
static const uint8_t WINNER[] = {'w', 'i', 'n', 'n', 'e', 'r'};

/* Return the byte of a row: 0 if it is absent, or not one byte long. */
static uint8_t read(const void *key, uint32_t key_length) {
    uint8_t value = 0;
    db_get(key, key_length, &value, 1);
    return value;
}

static void write(const void *key, uint32_t key_length, uint8_t value) {
    db_put(key, key_length, &value, 1);
}

static uint8_t read_cell(uint8_t index) {
    cell_key[4] = index;
    return read(cell_key, sizeof cell_key);
}

/* Return who has a line, DRAW if all cells are taken, else 0. */
static uint8_t winner(const uint8_t board[CELLS]) {
    for (int i = 0; i < 8; i++) {
        uint8_t player = board[LINES[i][0]];
        if (player && player == board[LINES[i][1]] && player == board[LINES[i][2]]) return player;
    }
    for (int i = 0; i < CELLS; i++)
        if (!board[i]) return 0;
    return DRAW;
}

REDUCER(reduce)
int32_t reduce(void) {
    uint8_t message[2], board[CELLS];
    if (channel_message_size() < sizeof message) return TOO_SHORT;
    channel_message_read(message, 0, sizeof message);
    uint8_t at = message[1];
    if (message[0] != MOVE || at >= CELLS) return NO_MOVE;
    if (read(WINNER, sizeof WINNER)) return GAME_OVER;
    for (uint8_t i = 0; i < CELLS; i++) board[i] = read_cell(i);
    if (board[at]) return OCCUPIED;
    uint8_t player = read(NEXT, sizeof NEXT);
    if (player != 1 && player != 2) return NOBODY_NEXT;

    board[at] = player;
    cell_key[4] = at;
    write(cell_key, sizeof cell_key, player);
    uint8_t won = winner(board);
    if (won) write(WINNER, sizeof WINNER, won);
    else write(NEXT, sizeof NEXT, 3 - player);
    return ACCEPTED;
}
