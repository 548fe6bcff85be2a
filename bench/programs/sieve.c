// Linear memory: the sieve of Eratosthenes, one byte a number.
//
// run(n) is the sum, modulo 2^32, of prime * rank over the primes below n, where 2 has rank 1: a wrong,
// missing or extra prime changes it. It is -1 for n > 65,536, which the sieve does not hold.

typedef unsigned char u8;
typedef unsigned int u32;

enum { LIMIT_COUNT = 65536 };

static u8 is_composite[LIMIT_COUNT];

int run(int n) {
  u32 limit = (u32)n;
  if (limit > LIMIT_COUNT) return -1;

  // An instance may be called again: what an earlier run left behind is cleared.
  for (u32 i = 0; i < limit; i++) is_composite[i] = 0;

  u32 checksum = 0;
  u32 rank = 0;
  for (u32 candidate = 2; candidate < limit; candidate++) {
    if (is_composite[candidate]) continue;
    rank++;
    checksum += candidate * rank;
    if (candidate >= 256) continue; // its square is beyond LIMIT_COUNT
    for (u32 multiple = candidate * candidate; multiple < limit; multiple += candidate) {
      is_composite[multiple] = 1;
    }
  }
  return (int)checksum;
}
