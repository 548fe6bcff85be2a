// 32-bit arithmetic: SHA-256 (FIPS 180-4) over a buffer.
//
// run(n) fills a buffer with n bytes of a fixed pattern, byte i being the top byte of i * 2654435761
// modulo 2^32, and returns the exclusive or of the eight words of their digest. It is -1 for n > 32,768,
// which the buffer does not hold.

typedef unsigned char u8;
typedef unsigned int u32;

enum { BUFFER_SIZE = 32768, BLOCK_SIZE = 64, LENGTH_SIZE = 8 };

static u8 buffer[BUFFER_SIZE + BLOCK_SIZE + LENGTH_SIZE]; // the message and at most 72 bytes of padding
static u32 schedule[64];

static const u32 ROUND_CONSTANTS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 rotate_right(u32 x, u32 count) { return (x >> count) | (x << (32 - count)); }

static u32 load_big_endian(const u8 *p) {
  return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | (u32)p[3];
}

static void store_big_endian(u8 *p, u32 x) {
  p[0] = (u8)(x >> 24);
  p[1] = (u8)(x >> 16);
  p[2] = (u8)(x >> 8);
  p[3] = (u8)x;
}

__attribute__((noinline)) static void compress(u32 *digest, const u8 *block) {
  for (u32 i = 0; i < 16; i++) schedule[i] = load_big_endian(block + 4 * i);
  for (u32 i = 16; i < 64; i++) {
    u32 x = schedule[i - 15];
    u32 y = schedule[i - 2];
    u32 s0 = rotate_right(x, 7) ^ rotate_right(x, 18) ^ (x >> 3);
    u32 s1 = rotate_right(y, 17) ^ rotate_right(y, 19) ^ (y >> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }

  u32 a = digest[0], b = digest[1], c = digest[2], d = digest[3];
  u32 e = digest[4], f = digest[5], g = digest[6], h = digest[7];
  for (u32 i = 0; i < 64; i++) {
    u32 s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
    u32 choice = (e & f) ^ (~e & g);
    u32 t1 = h + s1 + choice + ROUND_CONSTANTS[i] + schedule[i];
    u32 s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
    u32 majority = (a & b) ^ (a & c) ^ (b & c);
    u32 t2 = s0 + majority;
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  digest[0] += a;
  digest[1] += b;
  digest[2] += c;
  digest[3] += d;
  digest[4] += e;
  digest[5] += f;
  digest[6] += g;
  digest[7] += h;
}

int run(int n) {
  u32 size = (u32)n;
  if (size > BUFFER_SIZE) return -1;
  for (u32 i = 0; i < size; i++) buffer[i] = (u8)((i * 2654435761u) >> 24);

  // The padding: 0x80, zeros, and the length in bits, which fits 32 bits here.
  u32 padded_size = (size + 1 + LENGTH_SIZE + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
  for (u32 i = size; i < padded_size; i++) buffer[i] = 0;
  buffer[size] = 0x80;
  store_big_endian(buffer + padded_size - 4, size * 8);

  u32 digest[8] = {
      0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  };
  for (u32 i = 0; i < padded_size; i += BLOCK_SIZE) compress(digest, buffer + i);

  u32 checksum = 0;
  for (u32 i = 0; i < 8; i++) checksum ^= digest[i];
  return (int)checksum;
}
