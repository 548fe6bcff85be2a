/* A dice game for two: commit, reveal, roll. Rows, messages and statuses: README.md. */
#include "channels.h"

enum {
    ACCEPTED,
    NO_MESSAGE,
    NO_PLAYER,
    GAME_OVER,
    ALREADY_COMMITTED,
    COMMIT_FIRST,
    ALREADY_REVEALED,
    WRONG_REVEAL
};
enum { COMMIT = 1, REVEAL = 2 };
enum { PLAYERS = 2, DICE = 2, WINS_NEEDED = 3, HASH_BYTES = 32, SEED_BYTES = 32 };

/* -- bytes ------------------------------------------------------------------------------------- */

static void copy(uint8_t *to, const uint8_t *from, uint32_t length) {
    __builtin_memcpy(to, from, length);
}

static int equal(const uint8_t *left, const uint8_t *right, uint32_t length) {
    for (uint32_t i = 0; i < length; i++)
        if (left[i] != right[i]) return 0;
    return 1;
}

static uint32_t load_u32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void store_u32(uint8_t *to, uint32_t value) {
    to[0] = value >> 24;
    to[1] = value >> 16;
    to[2] = value >> 8;
    to[3] = value;
}

/* -- SHA-256 (FIPS 180-4) ---------------------------------------------------------------------- */

static const uint32_t ROUND_CONSTANTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, uint32_t by) { return word >> by | word << (32 - by); }

static void compress(uint32_t state[8], const uint8_t block[64]) {
    uint32_t w[64], s[8];
    for (uint32_t i = 0; i < 16; i++) w[i] = load_u32(block + 4 * i);
    for (uint32_t i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    for (uint32_t i = 0; i < 8; i++) s[i] = state[i];
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                      ((e & s[5]) ^ (~e & s[6])) + ROUND_CONSTANTS[i] + w[i];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        for (uint32_t j = 7; j > 0; j--) s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (uint32_t i = 0; i < 8; i++) state[i] += s[i];
}

/* Write the hash of `length` bytes, at most 119, to `out`. */
static void sha256(const uint8_t *data, uint32_t length, uint8_t out[HASH_BYTES]) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t padded[128] = {0};
    uint32_t blocks = (length + 8) / 64 + 1;
    copy(padded, data, length);
    padded[length] = 0x80;
    store_u32(padded + 64 * blocks - 4, 8 * length);
    for (uint32_t i = 0; i < blocks; i++) compress(state, padded + 64 * i);
    for (uint32_t i = 0; i < 8; i++) store_u32(out + 4 * i, state[i]);
}

/* -- rows -------------------------------------------------------------------------------------- */

static uint8_t commit_key[7] = "commit"; /* and the player, where the terminator is */
static uint8_t seed_key[5] = "seed";
static uint8_t wins_key[5] = "wins";
static const uint8_t ROUND[] = {'r', 'o', 'u', 'n', 'd'};
static const uint8_t DICE_ROW[] = {'d', 'i', 'c', 'e'};
static const uint8_t WINNER[] = {'w', 'i', 'n', 'n', 'e', 'r'};

/* Return the round being played: 0 for the first. */
static uint32_t read_round(void) {
    uint8_t value[4] = {0};
    db_get(ROUND, sizeof ROUND, value, sizeof value);
    return load_u32(value);
}

static uint8_t read_wins(uint8_t player) {
    uint8_t value = 0;
    wins_key[4] = player;
    db_get(wins_key, sizeof wins_key, &value, 1);
    return value;
}

/* Copy `player`'s commitment to `out`; return whether there is one. */
static int read_commit(uint8_t player, uint8_t out[HASH_BYTES]) {
    commit_key[6] = player;
    return db_get(commit_key, sizeof commit_key, out, HASH_BYTES) == HASH_BYTES;
}

/* Copy `player`'s seed to `out`; return whether it is revealed. */
static int read_seed(uint8_t player, uint8_t out[SEED_BYTES]) {
    seed_key[4] = player;
    return db_get(seed_key, sizeof seed_key, out, SEED_BYTES) == SEED_BYTES;
}

/* -- the game ---------------------------------------------------------------------------------- */

/* Write what a commitment must be: the hash of u32 round, u32 player, seed. */
static void commitment(uint32_t round, uint32_t player, const uint8_t *seed, uint8_t *out) {
    uint8_t preimage[8 + SEED_BYTES];
    store_u32(preimage, round);
    store_u32(preimage + 4, player);
    copy(preimage + 8, seed, SEED_BYTES);
    sha256(preimage, sizeof preimage, out);
}

/* Fill `dice` with `count` fair dice, 1 to 6, that follow from both seeds.
 *
 * The random bytes are the hash of the seeds, then the hash of that hash, and so on. Bytes from 252
 * on are passed over: 252 is the greatest multiple of 6 in a byte, so every face is as likely. */
static void roll(const uint8_t seeds[PLAYERS * SEED_BYTES], uint8_t *dice, uint32_t count) {
    uint8_t random[HASH_BYTES], next[HASH_BYTES];
    sha256(seeds, PLAYERS * SEED_BYTES, random);
    for (uint32_t thrown = 0, at = 0; thrown < count; at++) {
        if (at == HASH_BYTES) {
            sha256(random, HASH_BYTES, next);
            copy(random, next, HASH_BYTES);
            at = 0;
        }
        if (random[at] < 252) dice[thrown++] = random[at] % 6 + 1;
    }
}

/* Both seeds are known: roll, count the win, and begin the next round or end the game. */
static void finish_round(uint32_t round, const uint8_t seeds[PLAYERS * SEED_BYTES]) {
    uint8_t dice[PLAYERS * DICE], next_round[4];
    roll(seeds, dice, sizeof dice);
    db_put(DICE_ROW, sizeof DICE_ROW, dice, sizeof dice);
    for (uint8_t player = 0; player < PLAYERS; player++) {
        commit_key[6] = seed_key[4] = player;
        db_delete(commit_key, sizeof commit_key);
        db_delete(seed_key, sizeof seed_key);
    }
    store_u32(next_round, round + 1);
    db_put(ROUND, sizeof ROUND, next_round, sizeof next_round);

    int lead = dice[0] + dice[1] - dice[2] - dice[3];
    if (lead == 0) return;
    uint8_t winner = lead < 0;
    uint8_t wins = read_wins(winner) + 1;
    db_put(wins_key, sizeof wins_key, &wins, 1);
    if (wins == WINS_NEEDED) db_put(WINNER, sizeof WINNER, &winner, 1);
}

static int32_t commit(uint8_t player, const uint8_t hash[HASH_BYTES]) {
    uint8_t old[HASH_BYTES];
    if (read_commit(player, old)) return ALREADY_COMMITTED;
    db_put(commit_key, sizeof commit_key, hash, HASH_BYTES);
    return ACCEPTED;
}

static int32_t reveal(uint8_t player, const uint8_t seed[SEED_BYTES]) {
    uint8_t hash[HASH_BYTES], expected[HASH_BYTES], seeds[PLAYERS * SEED_BYTES];
    uint8_t other = 1 - player;
    uint32_t round = read_round();
    if (!read_commit(other, hash) || !read_commit(player, hash)) return COMMIT_FIRST;
    if (read_seed(player, seeds + player * SEED_BYTES)) return ALREADY_REVEALED;
    commitment(round, player, seed, expected);
    if (!equal(hash, expected, HASH_BYTES)) return WRONG_REVEAL;

    copy(seeds + player * SEED_BYTES, seed, SEED_BYTES);
    if (read_seed(other, seeds + other * SEED_BYTES)) {
        finish_round(round, seeds);
    } else {
        seed_key[4] = player;
        db_put(seed_key, sizeof seed_key, seed, SEED_BYTES);
    }
    return ACCEPTED;
}

REDUCER(reduce)
int32_t reduce(void) {
    uint8_t message[1 + HASH_BYTES], winner;
    if (channel_message_size() != sizeof message) return NO_MESSAGE;
    channel_message_read(message, 0, sizeof message);
    if (message[0] != COMMIT && message[0] != REVEAL) return NO_MESSAGE;
    uint32_t sender = channel_sender();
    if (sender >= PLAYERS) return NO_PLAYER;
    if (db_get(WINNER, sizeof WINNER, &winner, 1) != DB_ABSENT) return GAME_OVER;
    if (message[0] == COMMIT) return commit(sender, message + 1);
    return reveal(sender, message + 1);
}
